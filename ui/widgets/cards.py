"""Cards: a plain one with a title row, a connection's card, an integration's card in the catalogue."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ui.theme import draw_icon, look_of, theme
from ui.theme.channels import dot
from ui.theme.style import round_rect
from ui.widgets.base import CutText, Text, line, repolish
from ui.widgets.buttons import Button, IconButton
from ui.widgets.chips import Chip, Tag
from ui.words import t


class Card(QFrame):
    """`Card(title, note)`: `body` is the layout to fill, `head` the title row (add a link or segment to its end)."""

    def __init__(
        self, title: str = "", note: str = "", *, padded: bool = True, tone: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("box", "card")
        self.setProperty("tone", tone)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, 1)
        outer.setSpacing(0)
        self.head = QHBoxLayout()
        self.head.setContentsMargins(14, 10, 14, 10)
        self.head.setSpacing(8)
        if title:
            self._title = Text(title, "card")
            self.head.addWidget(self._title)
            self._note = Text(note, "small", "text_2")
            self.head.addWidget(self._note)
            self.head.addStretch(1)
            outer.addLayout(self.head)
            if not padded:
                outer.addWidget(line("line"))
            self.setAccessibleName(title)
        self.body = QVBoxLayout()
        self.body.setSpacing(8)
        top = 0 if title else 12
        self.body.setContentsMargins(*((14, top, 14, 12) if padded else (0, 0, 0, 0)))
        outer.addLayout(self.body, 1)

    def set_title(self, title: str, note: str = "") -> None:
        """Other words in the title row."""
        self._title.setText(title)
        self._note.setText(note)
        self.setAccessibleName(title)

    def set_tone(self, tone: str) -> None:
        """ "" or "danger" (red line) or "quiet" (sunken)."""
        self.setProperty("tone", tone)
        repolish(self)


class Dot(QWidget):
    """A channel's dot of 8 px; its name must stand beside it or in `name`."""

    def __init__(self, integration: str, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._integration = integration
        self.setAccessibleName(name or integration)
        self.setFixedSize(QSize(10, 18))

    def set_integration(self, integration: str) -> None:
        """Another channel's."""
        self._integration = integration
        self.update()

    def paintEvent(self, event: object) -> None:
        del event
        color = theme().ink(dot(self._integration, theme()))
        round_rect(QPainter(self), QRectF(1, self.height() / 2 - 4, 8, 8), 4, color, None)


class StateIcon(QWidget):
    """A state's bare mark of 16 px, its word in the accessible text."""

    def __init__(self, state: str, size: int = 16, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.setFixedSize(QSize(size, size))
        self.set_state(state)

    def set_state(self, state: str) -> None:
        """Another state."""
        self._state = state
        self.setAccessibleName(t(look_of(state).word))
        self.setToolTip(self.accessibleName())
        self.update()

    def paintEvent(self, event: object) -> None:
        del event
        look = look_of(self._state)
        role = f"{look.ink}_mark" if look.ink else "text_2"
        draw_icon(QPainter(self), QRectF(self.rect()), look.icon, role, weight=look.weight)


class ConnectionCard(Card):
    """`ConnectionCard(integration, title, name)`; `show_state(...)`. Signals test_asked, pause_asked, set_up_asked,
    more_asked."""

    test_asked = Signal()
    pause_asked = Signal()
    set_up_asked = Signal()
    more_asked = Signal()

    def __init__(self, integration: str, title: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.body.setSpacing(6)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(Dot(integration, title))
        top.addWidget(Text(title, "card"))
        top.addWidget(CutText(name, "body", "text_2"), 1)
        self._chip = Chip("healthy")
        top.addWidget(self._chip)
        self._top = top
        self.body.addLayout(top)
        self._blame = Text("", "body", "text_2", wrap=True)
        self.body.addWidget(self._blame)
        facts = QHBoxLayout()
        facts.setSpacing(20)
        self._facts: list[Text] = []
        self._labels: list[Text] = []
        for key in ("connection.last_data", "connection.days_30", "connection.key"):
            pair = QHBoxLayout()
            pair.setSpacing(4)
            self._labels.append(Text(t(key), "small", "text_2"))
            pair.addWidget(self._labels[-1])
            value = Text("—", "small_strong")
            pair.addWidget(value)
            self._facts.append(value)
            facts.addLayout(pair)
        facts.addStretch(1)
        self.body.addLayout(facts)
        row = QHBoxLayout()
        row.setSpacing(8)
        self._test = Button(t("connection.test"), small=True)
        self._pause = Button(t("connection.pause"), small=True)
        self._set_up = Button(t("connection.set_up"), small=True)
        self._more = IconButton("dots-three", t("common.more"), "quiet", small=True)
        for button, signal in (
            (self._test, self.test_asked),
            (self._pause, self.pause_asked),
            (self._set_up, self.set_up_asked),
        ):
            button.clicked.connect(signal)
            row.addWidget(button)
        row.addStretch(1)
        self._more.clicked.connect(self.more_asked)
        row.addWidget(self._more)
        self.body.addSpacing(2)
        self.body.addLayout(row)
        self._what = f"{title} {name}".strip()
        self.setAccessibleName(self._what)
        for button in (self._test, self._pause, self._set_up):
            button.setAccessibleDescription(self._what)

    def add_mark(self, widget: QWidget) -> None:
        """A chip more before the state's (Prova)."""
        self._top.insertWidget(self._top.count() - 1, widget)

    def show_state(
        self, state: str, blame: str, last_data: str = "—", days_30: str = "—", key: str = "—", *, paused: bool = False
    ) -> None:
        """The card's contents; all words are ready to show. A fact of "" is not shown."""
        self._chip.set_state(state)
        self._blame.setText(blame)
        look = look_of(state)
        self._blame.set_role("text_2" if state == "healthy" else f"{look.ink or 'offline'}_text")
        for title, value, text in zip(self._labels, self._facts, (last_data, days_30, key), strict=True):
            value.setText(text)
            title.setVisible(bool(text))
            value.setVisible(bool(text))
        self._pause.setText(t("connection.resume" if paused else "connection.pause"))
        self.setAccessibleDescription(blame)


class CatalogueCard(Card):
    """`CatalogueCard(integration, title, tier, works, readiness, note, button)`; signal `asked` by its one button.

    `button` "" shows none (planned, retired).
    """

    asked = Signal()

    def __init__(
        self,
        integration: str,
        title: str,
        tier: str,
        works: Sequence[str],
        readiness: str,
        note: str = "",
        button: Button | None = None,
        parent: QWidget | None = None,
    ) -> None:
        tone = "quiet" if readiness == "retired" else ""
        super().__init__(tone=tone, parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumHeight(118)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(Dot(integration, title))
        name = CutText(title, "card")
        top.addWidget(name, 1)
        if tier:
            top.addWidget(_Medal(tier))
            top.addWidget(Text(t(f"tier.{tier}"), "small", "text_2"))
        self._top = top
        self.body.addLayout(top)
        tags = QHBoxLayout()
        tags.setSpacing(6)
        for word in works:
            tags.addWidget(Tag(word))
        tags.addStretch(1)
        self.body.addLayout(tags)
        self.body.addStretch(1)
        low = QHBoxLayout()
        low.setSpacing(8)
        low.addWidget(Chip(f"readiness.{readiness}"))
        low.addWidget(CutText(note, "small", "text_2"), 1)
        if button is not None:
            button.setAccessibleDescription(title)
            button.clicked.connect(self.asked)
            low.addWidget(button)
        self.body.addLayout(low)
        self.setAccessibleName(title)
        self.setAccessibleDescription(t(f"readiness.{readiness}"))

    def add_mark(self, widget: QWidget) -> None:
        """A button or chip at the right end of the title row."""
        self._top.addWidget(widget)


class _Medal(QWidget):
    def __init__(self, tier: str) -> None:
        super().__init__()
        self._tier = tier
        self.setFixedSize(QSize(14, 18))

    def paintEvent(self, event: object) -> None:
        del event
        draw_icon(QPainter(self), QRectF(self.rect()), "medal", f"tier_{self._tier}", weight="fill")
