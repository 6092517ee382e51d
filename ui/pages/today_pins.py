"""The charts that a merchant has pinned to Today: compact, each a way to the whole chart on Health. They read the store and change
nothing but the list of pins; one whose connection is gone is not shown."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QMenu, QWidget

from app.store import ConnectionRow
from ui.charts.data import SPANS, ChartData
from ui.charts.trend import TrendChart
from ui.kit import show_menu, spawn
from ui.pages.health_figures import window
from ui.pages.health_pins import Pin, read_pins, toggle_pin, write_pins
from ui.pages.health_series import Subject, load, title_words
from ui.services import Services
from ui.widgets import Button, Card, CutText, IconButton
from ui.words import t

#: Points of a compact chart: it is about three hundred pixels wide.
POINTS = 120


class PinCard(Card):
    """`PinCard(pin, title)`; `show_data(data)`. Signals `opened()`, `span_chosen(name)`, `unpin_asked()`."""

    opened = Signal()
    span_chosen = Signal(str)
    unpin_asked = Signal()

    def __init__(self, pin: Pin, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.pin = pin
        self.body.setContentsMargins(14, 8, 14, 8)
        self.body.setSpacing(2)
        self.title = CutText(title, "card")
        self.span_button = Button("", "quiet", small=True, trailing="caret-down")
        self.span_button.clicked.connect(self._open_spans)
        self.open_button = IconButton("arrow-square-out", t("today.open_chart"), "quiet", small=True)
        self.open_button.clicked.connect(self.opened)
        self.unpin = IconButton("push-pin-slash", t("chart.unpin"), "quiet", small=True)
        self.unpin.clicked.connect(self.unpin_asked)
        self.head.setContentsMargins(0, 0, 0, 0)
        self.head.addWidget(self.title, 1)
        for button in (self.span_button, self.open_button, self.unpin):
            button.setAccessibleDescription(title)
            self.head.addWidget(button)
        self.body.addLayout(self.head)
        self.values = CutText("", "small", "text_2")
        self.body.addWidget(self.values)
        self.chart = TrendChart(title)
        self.chart.opened.connect(self.opened)
        self.chart.pointed.connect(self._pointed)
        self.body.addWidget(self.chart, 1)
        self.setAccessibleName(title)
        self.setMinimumHeight(172)
        self._latest = ""
        self.show_span(pin)

    def show_span(self, pin: Pin) -> None:
        """The same chart over another span."""
        self.pin = pin
        span = t(f"chart.span_{pin.span}")
        self.span_button.setText(span)
        self.span_button.setAccessibleName(t("today.pin_span", span=span))

    def show_data(self, data: ChartData | None) -> None:
        """Its figures; None: there are none."""
        if data is None:
            self.chart.show_words(t("today.no_figures"))
            self._latest = ""
        else:
            self.chart.show_data(data)
            ends = self.chart.ends()
            self._latest = " · ".join(f"{line.name} {data.value_words(line, last)}" for line, last in ends)
        if self.chart.at < 0:
            self.values.setText(self._latest)

    def _pointed(self, words: str) -> None:
        self.values.setText(words or self._latest)

    def _open_spans(self) -> None:
        menu = QMenu(self)
        for name in SPANS:
            self._offer(menu, name)
        show_menu(menu, self.span_button.mapToGlobal(QPoint(0, self.span_button.height() + 2)))

    def _offer(self, menu: QMenu, span: str) -> None:
        entry = menu.addAction(t(f"chart.span_{span}"), lambda: self.span_chosen.emit(span))
        entry.setCheckable(True)
        entry.setChecked(span == self.pin.span)


class PinBoard(QWidget):
    """`PinBoard(services)`; `await refresh()`. Hidden while nothing is pinned. Signals `go(page, request)`, `said(…)`."""

    go = Signal(str, object)
    said = Signal(str, str, str)

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._across = 2
        self.cards: list[PinCard] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(12)
        self.setAccessibleName(t("today.pins"))
        self.hide()

    def set_across(self, count: int) -> None:
        """How many stand beside each other."""
        if count != self._across:
            self._across = count
            self._lay_out()

    def _lay_out(self) -> None:
        for place, card in enumerate(self.cards):
            self._grid.addWidget(card, place // self._across, place % self._across)
        for column in range(3):
            self._grid.setColumnStretch(column, 1 if column < self._across and self.cards else 0)

    async def refresh(self) -> None:
        """Reads the pins and their figures anew. Raises StoreError."""
        rows = {row.id: row for row in await self._services.store.connections.list()}
        pins = await read_pins(self._services.store)
        shown = [pin for pin in pins if not pin.subject.connection or pin.subject.connection in rows]
        self._arrange(shown, rows)
        for card in list(self.cards):
            await self._fill(card, rows.get(card.pin.subject.connection))

    def _arrange(self, pins: list[Pin], rows: dict[int, ConnectionRow]) -> None:
        kept: dict[Subject, PinCard] = {card.pin.subject: card for card in self.cards}
        wanted = {pin.subject for pin in pins}
        for subject, card in kept.items():
            if subject not in wanted:
                self._grid.removeWidget(card)
                card.hide()
                card.deleteLater()
        self.cards = [kept.get(pin.subject) or self._made(pin, rows) for pin in pins]
        for card, pin in zip(self.cards, pins, strict=True):
            if card.pin != pin:
                card.show_span(pin)
        self._lay_out()
        self.setVisible(bool(self.cards))

    def _made(self, pin: Pin, rows: dict[int, ConnectionRow]) -> PinCard:
        row = rows.get(pin.subject.connection)
        card = PinCard(pin, title_words(pin.subject, "" if row is None else row.name))
        card.opened.connect(lambda: self._open(card))
        card.span_chosen.connect(lambda span: spawn(self._change(card, span), "pin span"))
        card.unpin_asked.connect(lambda: spawn(self._unpin(card), "pin"))
        return card

    async def _fill(self, card: PinCard, row: ConnectionRow | None) -> None:
        pin = card.pin
        since, until = window(pin.span, self._services.now())
        data = await load(self._services, pin.subject, since, until, POINTS, row)
        if card in self.cards and card.pin == pin:
            card.show_data(data)

    def _open(self, card: PinCard) -> None:
        request: dict[str, object] = {"chart": card.pin}
        if card.pin.subject.connection:
            request["connection"] = card.pin.subject.connection
        self.go.emit("health", request)

    async def _change(self, card: PinCard, span: str) -> None:
        changed = Pin(card.pin.subject, span)
        pins = await read_pins(self._services.store)
        await write_pins(self._services.store, [changed if one.subject == changed.subject else one for one in pins])
        await self.refresh()

    async def _unpin(self, card: PinCard) -> None:
        place = self.cards.index(card) if card in self.cards else 0
        if await toggle_pin(self._services.store, card.pin) is False:
            self.said.emit("healthy", card.title.text(), t("health.unpinned"))
        await self.refresh()
        if self.cards:  # the keyboard must not fall out of the board
            self.cards[min(place, len(self.cards) - 1)].unpin.setFocus(Qt.FocusReason.OtherFocusReason)
