"""Chips and badges: small painted words with a state's colour and shape. The drawing is shared with the tables."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.theme import draw_icon_at, look_of, metrics, theme
from ui.theme.style import round_rect
from ui.widgets.base import CENTER, LEFT, PaintedButton, draw_ring, draw_text
from ui.words import t

CHIP_HEIGHT = 20
_ICON = 13
_PAD = 6
_GAP = 5


def chip_word(state: str, text: str | None = None) -> str:
    """The chip's word: its own, or the state's."""
    return t(look_of(state).word) if text is None else text


def chip_width(word: str) -> int:
    """How wide a chip with this word is."""
    return _PAD + _ICON + _GAP + metrics("label").horizontalAdvance(word) + 8 + (0 if word else -_GAP)


def draw_chip(
    painter: QPainter, x: float, middle: float, state: str, word: str, *, selected: bool = False, room: float = 1e6
) -> float:
    """A status chip with its left edge at `x`, centred on `middle`. Returns its width."""
    palette = theme()
    look = look_of(state)
    wide = min(float(chip_width(word)), room)
    box = QRectF(x, middle - CHIP_HEIGHT / 2, wide, CHIP_HEIGHT)
    if look.solid:
        ink, fill = "on_critical", palette.ink("critical_bg")
    elif look.ink:
        ink = f"{look.ink}_text"
        fill = palette.ink("surface") if selected and look.ink == "info" else palette.ink(f"{look.ink}_bg")
    else:
        ink, fill = ("text_3" if look.faint and not selected else "text_2"), None
    line = palette.ink(ink) if palette.outlined_chips and fill is not None else None
    if fill is not None:
        round_rect(painter, box, 10, fill, line)
    draw_icon_at(
        painter, round(box.left() + _PAD), round(box.center().y() - _ICON / 2), _ICON, look.icon, ink, look.weight
    )
    if word:
        left = box.left() + _PAD + _ICON + _GAP
        draw_text(painter, QRectF(left, box.top(), box.right() - left - 6 + 1, box.height()), word, "label", ink, LEFT)
    return wide


def badge_width(text: str) -> int:
    """How wide a count badge is."""
    return max(18, metrics("tiny_strong").horizontalAdvance(text) + 12)


def draw_badge(painter: QPainter, right: float, middle: float, text: str, tone: str = "") -> float:
    """A count badge with its right edge at `right`; tone "" grey, "degraded" or "unhealthy". Returns its width."""
    palette = theme()
    wide = badge_width(text)
    box = QRectF(right - wide, middle - 9, wide, 18)
    fill = palette.ink(f"{tone}_bg" if tone else "badge")
    ink = f"{tone}_text" if tone else "text_2"
    round_rect(painter, box, 9, fill, palette.ink(ink) if palette.outlined_chips else None)
    draw_text(painter, box, text, "tiny_strong", ink, CENTER, cut=False)
    return float(wide)


class Chip(QWidget):
    """`Chip(state, text)`: state a name of `ui.theme.LOOKS`; without text the state's own word."""

    def __init__(self, state: str, text: str | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._text = text
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(chip_word(state, text))

    def set_state(self, state: str, text: str | None = None) -> None:
        """Another state."""
        self._state, self._text = state, text
        self.setAccessibleName(chip_word(state, text))
        self.updateGeometry()
        self.update()

    @property
    def state(self) -> str:
        return self._state

    def sizeHint(self) -> QSize:
        return QSize(chip_width(chip_word(self._state, self._text)), CHIP_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        draw_chip(painter, 0, self.height() / 2, self._state, chip_word(self._state, self._text), room=self.width())


class Badge(QWidget):
    """`Badge(count, tone)`: a count in a pill."""

    def __init__(self, text: str, tone: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text, self._tone = text, tone
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(badge_width(self._text), 18)

    def paintEvent(self, event: object) -> None:
        del event
        draw_badge(QPainter(self), self.width(), self.height() / 2, self._text, self._tone)


class Tag(QWidget):
    """`Tag(text)`: an outlined word, for what an integration can do."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = text
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(metrics("small").horizontalAdvance(self._text) + 13, 20)

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        round_rect(painter, QRectF(self.rect()), 4, None, theme().ink("border"))
        draw_text(painter, QRectF(self.rect()), self._text, "small", "text_2", CENTER)


class FilterChip(PaintedButton):
    """`FilterChip(text, removable)`: a filter in force. `clicked` to change it; `removed` by ×, Delete or Backspace."""

    removed = Signal()

    def __init__(self, text: str, *, removable: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._removable = removable
        self.setText(text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        if removable:
            self.setAccessibleDescription(t("common.remove"))

    def sizeHint(self) -> QSize:
        return QSize(metrics("label").horizontalAdvance(self.text()) + 10 + 6 + 12 + 9, 26)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._removable and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
            return
        super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._removable and self.isDown() and event.position().x() > self.width() - 24:
            self.setDown(False)
            self.removed.emit()
            return
        super().mouseReleaseEvent(event)

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        box = QRectF(self.rect())
        palette = theme()
        fill = palette.ink("selected" if self.underMouse() else "accent_soft")
        line = palette.ink("accent_text") if palette.outlined_chips else None
        round_rect(painter, box, 13, fill, line)
        room = box.adjusted(10, 0, -26, 0)
        draw_text(painter, room, self.text(), "label", "accent_text")
        name = "x" if self._removable else "caret-down"
        draw_icon_at(painter, box.right() - 21, box.center().y() - 6, 12, name, "accent_text", "bold")
        if self.hasFocus():
            draw_ring(painter, box, 13)
