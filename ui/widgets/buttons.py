"""Push buttons with icon, words and key hint; square icon buttons. Bevel from the one sheet, contents painted here."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QWidget

from ui.kit.actions import key_words
from ui.theme import density, draw_icon, metrics, theme
from ui.theme.style import RADIUS_BOX, round_rect
from ui.widgets.base import CENTER, LEFT, draw_text

_INK = {"primary": "on_accent", "quiet": "text_2", "danger": "down_text", "link": "accent_text"}
_GAP = 7


def key_hint_width(key: str) -> int:
    """How wide a key's cap is, "Ctrl K" in one cap as on a button; 0 for no key."""
    return metrics("tiny").horizontalAdvance(" ".join(key_words(key))) + 10 if key else 0


def draw_key_hint(painter: QPainter, box: QRectF, text: str, ink: str, line: str) -> None:
    """A key's cap of 18 px height."""
    cap = QRectF(box.left(), box.center().y() - 9, box.width(), 18)
    round_rect(painter, cap, RADIUS_BOX, None, theme().ink(line))
    draw_text(painter, cap, text, "tiny", ink, CENTER, cut=False)


class Button(QPushButton):
    """`Button(text, kind, icon, key, small)`; kind "plain", "primary", "quiet", "danger" or "link".

    `icon` a Phosphor name; `key` a key sequence shown as a hint (binding it is the registry's work). `disable(reason)`
    greys it out and says why in the tool-tip; the primary button is never hidden.
    """

    def __init__(
        self,
        text: str,
        kind: str = "plain",
        icon: str = "",
        key: str = "",
        *,
        small: bool = False,
        trailing: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._icon_name = icon
        self._key = key
        self._small = small
        self._trailing = trailing
        self._tint = ""
        self.setProperty("kind", kind)
        self.setAccessibleName(text)
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def kind(self) -> str:
        return str(self.property("kind"))

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setAccessibleName(text)
        self.updateGeometry()

    def set_icon_name(self, icon: str) -> None:
        """Another Phosphor icon."""
        self._icon_name = icon
        self.updateGeometry()
        self.update()

    def set_key(self, key: str) -> None:
        """Another key as a hint; "" for none."""
        self._key = key
        self.updateGeometry()
        self.update()

    def set_tint(self, role: str) -> None:
        """Words, icon and line in a state's text colour (buttons on a banner or note)."""
        self._tint = role
        self.update()

    def disable(self, reason: str) -> None:
        """Greys the button out with a reason; "" makes it work again."""
        self.setEnabled(not reason)
        self.setToolTip(reason)

    def _styles(self) -> tuple[str, int, int]:
        pad = 4 if self.kind == "link" else 9 if self._small else 12
        return ("label", 14, pad) if self._small else ("medium" if self.kind != "primary" else "strong", 16, pad)

    def sizeHint(self) -> QSize:
        style, size, pad = self._styles()
        width = 2 * pad + metrics(style).horizontalAdvance(self.text()) + 1
        if self._icon_name:
            width += size + (_GAP if self.text() else 0)
        if self._trailing:
            width += 12 + 6
        if self._key:
            width += key_hint_width(self._key) + 8
        height = density().small if self._small else density().button
        return QSize(max(width, height), height)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        if self._tint:
            t = theme()
            fill = t.soft(self._tint, 0.1) if option.state & QStyle.StateFlag.State_MouseOver else None
            round_rect(painter, QRectF(self.rect()), 6, fill, t.ink(self._tint))
        else:
            self.style().drawControl(QStyle.ControlElement.CE_PushButtonBevel, option, painter, self)
        style, size, pad = self._styles()
        ink = self._tint or _INK.get(self.kind, "text")
        if not self.isEnabled():
            ink = "disabled"
        middle = QRectF(self.rect())
        full = self.sizeHint().width() - 2 * pad
        x = max(middle.left() + pad, middle.center().x() - full / 2)
        if self._icon_name:
            weight = "fill" if self.kind == "primary" else "regular"
            if not self.text():
                x = middle.center().x() - size / 2
            draw_icon(painter, QRectF(x, middle.top(), size, middle.height()), self._icon_name, ink, weight=weight)
            x += size + _GAP
        end = middle.right() - pad + 2
        if self.text():
            x += draw_text(painter, QRectF(x, middle.top(), end - x, middle.height()), self.text(), style, ink, LEFT)
        if self._trailing:
            draw_icon(painter, QRectF(x + 6, middle.top(), 12, middle.height()), self._trailing, ink, weight="bold")
        if self._key:
            wide = key_hint_width(self._key)
            box = QRectF(x + 8, middle.top(), wide, middle.height())
            draw_key_hint(painter, box, " ".join(key_words(self._key)), ink, ink)


class IconButton(Button):
    """`IconButton(icon, name)`: square, its name in tool-tip and accessible text."""

    def __init__(
        self, icon: str, name: str, kind: str = "plain", *, small: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__("", kind, icon, small=small, parent=parent)
        self.setAccessibleName(name)
        self.setToolTip(name)

    def set_name(self, name: str) -> None:
        """Another name."""
        self.setAccessibleName(name)
        self.setToolTip(name)

    def sizeHint(self) -> QSize:
        side = density().small if self._small else density().button
        return QSize(side, side)

    def disable(self, reason: str) -> None:
        self.setEnabled(not reason)
        self.setToolTip(reason or self.accessibleName())


class KeyHint(QWidget):
    """A key's cap standing alone ("F1")."""

    def __init__(self, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key = key
        self.setAccessibleName(" ".join(key_words(key)))
        self.setFixedSize(key_hint_width(key), 18)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: object) -> None:
        del event
        draw_key_hint(QPainter(self), QRectF(self.rect()), " ".join(key_words(self._key)), "text_3", "btn_border")
