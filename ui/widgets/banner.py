"""Banners (top of the content, one at a time by rank) and notes (inside a page). A state in colour, shape and words."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.theme import draw_icon, look_of, theme
from ui.theme.style import RADIUS_FIELD, round_rect
from ui.widgets.base import CutText, Text
from ui.widgets.buttons import Button

BANNER_RANK = ("offline", "frozen", "rehearsal")


class Banner(QWidget):
    """`Banner(state, title, text, action)`: 36 high; signal `action_asked`. States offline, frozen, rehearsal."""

    action_asked = Signal()

    def __init__(
        self,
        state: str,
        title: str,
        text: str = "",
        action: str = "",
        *,
        rounded: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.state = state
        self._rounded = rounded
        self.setFixedHeight(36)
        row = QHBoxLayout(self)
        row.setContentsMargins(12 + 16 + 10, 0, 12, 0)
        row.setSpacing(4)
        self._title = Text(title, "strong", f"{state}_text")
        self._text = CutText(text, "body", f"{state}_text")
        row.addWidget(self._title)
        row.addWidget(self._text, 1)
        self._button = Button(action, small=True)
        self._button.set_tint(f"{state}_text")
        self._button.clicked.connect(self.action_asked)
        row.addWidget(self._button)
        self._button.setVisible(bool(action))  # not before it has a parent: it would be a window of its own
        self.setAccessibleName(f"{title} {text}".strip())

    def set_words(self, title: str, text: str, action: str = "") -> None:
        """Other words (the number of waiting jobs changed)."""
        self._title.setText(title)
        self._text.setText(text)
        self._button.setText(action)
        self._button.setVisible(bool(action))
        self.setAccessibleName(f"{title} {text}".strip())

    @property
    def button(self) -> Button:
        return self._button

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        palette = theme()
        box = QRectF(self.rect())
        line = palette.ink(f"{self.state}_text") if palette.outlined_chips else None
        round_rect(painter, box, RADIUS_FIELD if self._rounded else 0, palette.ink(f"{self.state}_bg"), line)
        look = look_of(self.state)
        draw_icon(painter, QRectF(12, 0, 16, box.height()), look.icon, f"{self.state}_text", weight=look.weight)


class BannerPlace(QWidget):
    """Where banners stand: `put(banner)`, `take(state)`; only the one of the highest rank is shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._banners: dict[str, Banner] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.hide()

    def put(self, banner: Banner) -> None:
        """Adds or replaces the banner of a state."""
        self.take(banner.state)
        self._banners[banner.state] = banner
        self._column.addWidget(banner)
        self._choose()

    def take(self, state: str) -> None:
        """Takes a state's banner away."""
        old = self._banners.pop(state, None)
        if old is not None:
            self._column.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._choose()

    def shown(self) -> str:
        """The state whose banner is shown, or ""."""
        for state in (*BANNER_RANK, *self._banners):
            if state in self._banners:
                return state
        return ""

    def _choose(self) -> None:
        top = self.shown()
        for state, banner in self._banners.items():
            banner.setVisible(state == top)
        self.setVisible(bool(top))


class Note(QWidget):
    """`Note(state, title, text, actions)`: an inline note on a state's background; `button(i)` for its buttons."""

    def __init__(
        self,
        state: str,
        title: str,
        text: str = "",
        actions: tuple[str, ...] = (),
        *,
        icon: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.state = state
        self._icon = icon or look_of(state).icon
        row = QHBoxLayout(self)
        row.setContentsMargins(12 + 16 + 10, 9, 12, 9)
        row.setSpacing(8)
        column = QVBoxLayout()
        column.setSpacing(0)
        self._title = Text(title, "strong", f"{state}_text", wrap=True)
        self._text = Text(text, "body", f"{state}_text", wrap=True)
        column.addWidget(self._title)
        column.addWidget(self._text)
        row.addLayout(column, 1)
        self._title.setVisible(bool(title))  # not before they have a parent: they would be windows of their own
        self._text.setVisible(bool(text))
        self._buttons = [Button(words, small=True) for words in actions]
        for one in self._buttons:
            one.set_tint(f"{state}_text")
            row.addWidget(one)
        self.setAccessibleName(f"{title} {text}".strip())

    def button(self, place: int) -> Button:
        """One of its buttons."""
        return self._buttons[place]

    def set_words(self, title: str, text: str) -> None:
        """Other words."""
        self._title.setText(title)
        self._title.setVisible(bool(title))
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self.setAccessibleName(f"{title} {text}".strip())

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        palette = theme()
        line = palette.ink(f"{self.state}_text") if palette.outlined_chips else None
        round_rect(painter, QRectF(self.rect()), RADIUS_FIELD, palette.ink(f"{self.state}_bg"), line)
        ink = f"{self.state}_text"
        draw_icon(painter, QRectF(12, 10, 16, 16), self._icon, ink, weight="fill")
