"""Switch, segment and stepper: a yes or no, one of a few, where one stands on a path."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPainterPath
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.theme import density, draw_icon, metrics, theme
from ui.theme.style import RADIUS_FIELD, round_rect
from ui.widgets.base import CENTER, PaintedButton, draw_ring, draw_text
from ui.words import t


class Switch(PaintedButton):
    """`Switch(name)`: on or off; signal `toggled(bool)`. Its name is the words beside it."""

    def __init__(self, name: str, on: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.setCheckable(True)
        self.setChecked(on)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(40, 24)

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        palette = theme()
        box = QRectF(3, 3, 34, 18)
        on, able = self.isChecked(), self.isEnabled()
        if on:
            round_rect(painter, box, 9, palette.ink("accent" if able else "disabled"), None)
        else:
            round_rect(painter, box, 9, palette.ink("surface"), palette.ink("border_strong" if able else "disabled"))
        x = box.right() - 15 if on else box.left() + 4
        side = 12.0 if on else 10.0
        knob = QRectF(x, box.center().y() - side / 2, side, side)
        ink = "on_accent" if on else ("border_strong" if able else "disabled")
        round_rect(painter, knob, side / 2, palette.ink(ink), None)
        if self.hasFocus():
            draw_ring(painter, QRectF(self.rect()), 12)


class Segment(QWidget):
    """`Segment(name, options)`: options as (value, words) or (value, words, icon); signal `chosen(value)`. Arrows walk."""

    chosen = Signal(str)

    def __init__(
        self,
        name: str,
        options: Sequence[tuple[str, ...]],
        value: str = "",
        *,
        small: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._name = name
        self._options = [(o[0], o[1], o[2] if len(o) > 2 else "") for o in options]
        self._value = value or self._options[0][0]
        self._hover = -1
        self._small = small
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._tell()

    @property
    def value(self) -> str:
        return self._value

    def set_value(self, value: str) -> None:
        """Chooses without a signal. Raises ValueError for an unknown value."""
        if value not in [o[0] for o in self._options]:
            raise ValueError(f"no such option: {value!r}")
        self._value = value
        self._tell()
        self.update()

    def _tell(self) -> None:
        words = next(o[1] for o in self._options if o[0] == self._value)
        self.setAccessibleName(f"{self._name}: {words}")

    def _choose(self, value: str) -> None:
        if value != self._value:
            self.set_value(value)
            self.chosen.emit(value)

    def _widths(self) -> list[int]:
        style = "label" if self._small else "medium"
        wide = []
        for _value, words, icon in self._options:
            own = 16 if icon else metrics(style).horizontalAdvance(words)
            wide.append(own + (18 if icon else 24 if not self._small else 18))
        return wide

    def _boxes(self) -> list[QRectF]:
        boxes, x = [], 0.0
        for wide in self._widths():
            boxes.append(QRectF(x, 0, wide, self.height()))
            x += wide
        return boxes

    def sizeHint(self) -> QSize:
        return QSize(sum(self._widths()), density().small if self._small else density().button)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        values = [o[0] for o in self._options]
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}.get(
            Qt.Key(event.key())
        )
        if step is None:
            super().keyPressEvent(event)
            return
        self._choose(values[(values.index(self._value) + step) % len(values)])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for place, box in enumerate(self._boxes()):
            if box.contains(event.position()):
                self._choose(self._options[place][0])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = next((i for i, box in enumerate(self._boxes()) if box.contains(event.position())), -1)
        if over != self._hover:
            self._hover = over
            self.setToolTip(self._options[over][1] if over >= 0 and self._options[over][2] else "")
            self.update()

    def leaveEvent(self, event: object) -> None:
        del event
        self._hover = -1
        self.update()

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        palette = theme()
        box = QRectF(self.rect())
        round_rect(painter, box, RADIUS_FIELD, palette.ink("btn"), None)
        shape = QPainterPath()
        shape.addRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_FIELD, RADIUS_FIELD)
        boxes = self._boxes()
        style = "label" if self._small else "medium"
        for place, (value, words, icon) in enumerate(self._options):
            cell = boxes[place]
            on = value == self._value
            if on or place == self._hover:
                painter.save()
                painter.setClipPath(shape)
                painter.fillRect(cell, palette.ink("accent_soft" if on else "hover"))
                painter.restore()
            ink = ("accent_text" if on else "text_2") if self.isEnabled() else "disabled"
            if icon:
                draw_icon(painter, QRectF(cell.center().x() - 8, 0, 16, cell.height()), icon, ink)
            else:
                chosen = ("small_strong" if self._small else "strong") if on else style
                draw_text(painter, cell, words, chosen, ink, CENTER, cut=False)
            if place:
                painter.fillRect(QRectF(cell.left(), 1, 1, cell.height() - 2), palette.ink("btn_border"))
        round_rect(painter, box, RADIUS_FIELD, None, palette.ink("btn_border"))
        if self.hasFocus():
            draw_ring(painter, box, RADIUS_FIELD)


class Stepper(QWidget):
    """`Stepper(steps, at, vertical)`: steps as words, or (words, note) when vertical; `set_at(n)`: n is the present one.

    Horizontal: an order's path as bars. Vertical: a wizard's steps with numbers, checks and notes.
    """

    def __init__(
        self,
        steps: Sequence[str | tuple[str, str]],
        at: int = 0,
        *,
        vertical: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._steps = [s if isinstance(s, tuple) else (s, "") for s in steps]
        self._at = at
        self._vertical = vertical
        vertical_policy = QSizePolicy.Policy.Fixed
        self.setSizePolicy(QSizePolicy.Policy.Expanding, vertical_policy)
        self.set_at(at)

    @property
    def at(self) -> int:
        return self._at

    def set_at(self, at: int) -> None:
        """The present step; all before it are done."""
        self._at = at
        words = self._steps[min(at, len(self._steps) - 1)][0]
        self.setAccessibleName(t("step.path", name=words))
        parts = [
            f"{name}: {t('step.done' if i < at else 'step.now' if i == at else 'step.todo')}"
            for i, (name, _) in enumerate(self._steps)
        ]
        self.setAccessibleDescription(", ".join(parts))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 57 * len(self._steps) - 18) if self._vertical else QSize(240, 22)

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        (self._down if self._vertical else self._across)(painter)

    def _across(self, painter: QPainter) -> None:
        palette = theme()
        step = self.width() / len(self._steps)
        for place, (name, _) in enumerate(self._steps):
            bar = QRectF(place * step, 0, step - 4, 4)
            round_rect(painter, bar, 2, palette.ink("accent" if place <= self._at else "track"), None)
            now = place == self._at
            box = QRectF(place * step, 7, step - 4, 14)
            draw_text(painter, box, name, "tiny_strong" if now else "tiny", "text" if now else "text_2")

    def _down(self, painter: QPainter) -> None:
        palette = theme()
        for place, (name, note) in enumerate(self._steps):
            y = place * 57.0
            circle = QRectF(0.5, y + 4, 24, 24)
            if place < self._at:
                round_rect(painter, circle, 12, palette.ink("healthy_mark"), None)
                draw_icon(painter, circle.adjusted(5, 5, -5, -5), "check", "surface", weight="bold")
            elif place == self._at:
                round_rect(painter, circle, 12, palette.ink("accent"), None)
                draw_text(painter, circle, str(place + 1), "small_strong", "on_accent", CENTER)
            else:
                round_rect(painter, circle, 12, None, palette.ink("border_strong"))
                draw_text(painter, circle, str(place + 1), "small_strong", "text_2", CENTER)
            room = self.width() - 36
            style = "strong" if place == self._at else "body"
            draw_text(painter, QRectF(36, y, room, 18), name, style, "text" if place <= self._at else "text_2")
            draw_text(painter, QRectF(36, y + 17, room, 16), note, "small", "text_2")
