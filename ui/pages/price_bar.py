"""The bar under the prices: how much waits, is on its way or was refused, and the one button that sends. And the list of
refused lines with their reasons. Nothing is sent from anywhere else on the page."""

from __future__ import annotations

from typing import Any

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.api.answers import sentence
from app.model import PriceChange, StockChange
from app.store import ConnectionRow, OutboxRow, StoredListing
from ui.pages.price_questions import shown
from ui.pages.price_rows import without_name
from ui.tables import Channel, Column, DenseTable, Kind, WindowedTableModel, fixed_rows
from ui.theme import COMPACT
from ui.widgets import Button, DialogFrame, StateIcon, Text
from ui.widgets.base import line
from ui.words import figures, t, words


class Figure(QWidget):
    """`Figure(label, state, link)`: one figure with its label, and a link behind it or none; signal `asked`."""

    asked = Signal()

    def __init__(self, label: str, state: str = "", link: str = "") -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        self._label = label
        column.addWidget(Text(label, "small", "text_2"))
        low = QHBoxLayout()
        low.setSpacing(4)
        self._icon = StateIcon(state or "info", 14)
        self._icon.setVisible(bool(state))
        low.addWidget(self._icon)
        self._value = Text("0", "strong_t")
        self._value.setFixedHeight(24)  # as high as a link, so that all figures stand on one line
        low.addWidget(self._value)
        self._link = Button(link, "link", small=True)
        self._link.setAccessibleDescription(label)
        self._link.clicked.connect(self.asked)
        self._link.setVisible(bool(link))
        low.addWidget(self._link)
        low.addStretch(1)
        column.addLayout(low)
        self._has_state = bool(state)

    def show_count(self, count: int) -> None:
        self._value.setText(figures().number(count))
        self._icon.setVisible(self._has_state and count > 0)
        self._link.setVisible(bool(self._link.text()) and count > 0)
        self.setAccessibleName(f"{self._label}: {count}")

    def show_text(self, text: str) -> None:
        """A figure that is no count."""
        self._value.setText(text)
        self.setAccessibleName(f"{self._label}: {text}")


class SendBar(QFrame):
    """`SendBar()`; `show_counts(counts, refused, frozen)`. Signals `send_asked`, `refused_asked`."""

    send_asked = Signal()
    refused_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("box", "planbar")
        self.setFixedHeight(60)
        self.setAccessibleName(t("prices.bar.name"))
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 8, 20, 8)
        row.setSpacing(20)
        self.queued = Figure(t("prices.bar.queued"))
        self.sent = Figure(t("prices.bar.sent"))
        self.refused = Figure(t("prices.bar.refused"), "unhealthy", t("common.show"))
        self.unknown = Figure(t("prices.bar.unknown"))
        self.refused.asked.connect(self.refused_asked)
        row.addWidget(self.queued)
        row.addWidget(line("vline"))
        for one in (self.sent, self.refused, self.unknown):
            row.addWidget(one)
        row.addStretch(1)
        self.send = Button(t("prices.send", count=0), "primary", "paper-plane-tilt", "Ctrl+Return")
        self.send.clicked.connect(self.send_asked)
        row.addWidget(self.send)
        self._busy = False
        self._shown: tuple[dict[str, int], int, bool] = ({}, 0, False)
        self.show_counts({}, 0, False)

    def set_busy(self, busy: bool) -> None:
        """While a sending runs the button rests."""
        self._busy = busy
        self.show_counts(*self._shown)

    def show_counts(self, counts: dict[str, int], refused: int, frozen: bool) -> None:
        """`counts` of the outbox by state; `refused`: lines whose wish still stands."""
        self._shown = (counts, refused, frozen)
        queued, unknown = counts.get("queued", 0), counts.get("unknown", 0)
        self.queued.show_count(queued)
        self.sent.show_count(counts.get("sending", 0) + counts.get("pending", 0))
        self.refused.show_count(refused)
        self.unknown.show_count(unknown)
        self.unknown.setVisible(unknown > 0)
        self.send.setText(t("prices.send", count=queued))
        reason = ""
        if frozen:
            reason = t("prices.bar.frozen")
        elif self._busy:
            reason = t("prices.bar.busy")
        elif not queued:
            reason = t("prices.bar.nothing")
        self.send.disable(reason)


_COLUMNS = (
    Column("sku", "prices.column.sku", Kind.QUIET, rank=1, width=130, sortable=False),
    Column("title", "prices.column.title", Kind.TEXT, rank=2, width=150, sortable=False),
    Column("channel", "prices.column.channel", Kind.CHANNEL, rank=1, width=140, sortable=False),
    Column("wanted", "prices.column.wanted", Kind.QUIET, rank=1, width=96, sortable=False, align="right"),
    Column("reason", "prices.column.reason", Kind.TEXT, rank=1, width=330, sortable=False),
)
Lines = list[tuple[OutboxRow, StoredListing]]


def wanted_text(row: OutboxRow) -> str:
    """What a line wanted: an amount or pieces."""
    if row.kind == "price":
        price = msgspec.json.decode(row.payload, type=PriceChange).price
        return shown("price", price.amount, price.currency)
    return shown("stock", msgspec.json.decode(row.payload, type=StockChange).quantity, "")  # type: ignore[arg-type]


def _reason(row: OutboxRow) -> str:
    """Why, and what to do."""
    return sentence(words(), without_name(row.message)) if row.message else t("prices.refused.no_reason")


class RefusedDialog(DialogFrame):
    """The refused lines and why. `again`: what was chosen is to be sent once more; else the wishes are withdrawn.

    Accepted, with `picked` the outbox rows that are meant; nothing ticked means all.
    """

    def __init__(self, parent: QWidget, lines: Lines, connections: dict[int, ConnectionRow]) -> None:
        helper = Button(t("prices.refused.withdraw"), icon="trash")
        super().__init__(
            parent,
            t("prices.refused.title", count=len(lines)),
            t("prices.refused.text"),
            t("prices.refused.again"),
            helper=helper,
            cancel=t("common.close"),
            width=900,
        )
        self.again = True
        self._lines = {row.key: row for row, _ in lines}
        self._reasons: dict[str, str] = {}
        rows: list[Any] = []
        for row, stored in lines:
            link = connections.get(row.connection_id)
            self._reasons[row.key] = reason = _reason(row)
            short = row.message.vendor_text if row.message is not None else ""
            channel = Channel(link.integration, link.name) if link else None
            rows.append((row.key, stored.listing.sku, stored.listing.title, channel, wanted_text(row), short or reason))
        self.model = WindowedTableModel(_COLUMNS, *fixed_rows(rows), ticks=True)
        self.table = DenseTable(self.model, t("prices.bar.refused"), density=COMPACT)
        self.table.set_inner_width(1400)
        self.table.setMinimumHeight(min(420, 60 + 28 * len(rows)))
        self.body.addWidget(self.table, 1)
        self.why = Text("", "body", "text_2", wrap=True)
        self.why.setMinimumHeight(36)
        self.body.addWidget(self.why)
        self.table.current_key_changed.connect(lambda key: self.why.setText(self._reasons.get(str(key), "")))
        self.model.modelReset.connect(self._first_row)
        helper.clicked.connect(self._withdraw)
        self.model.ticks_changed.connect(self._tell)
        self._tell()

    def _first_row(self) -> None:
        if self.model.total:
            self.table.setCurrentIndex(self.model.index(0, self.model.section_of("sku")))

    def _tell(self) -> None:
        ticked = self.model.tick_count
        self.foot_note.setText(t("table.ticked", count=ticked) if ticked else t("prices.refused.all_meant"))

    def _withdraw(self) -> None:
        self.again = False
        self.accept()

    @property
    def picked(self) -> list[OutboxRow]:
        """The lines that are meant."""
        if not self.model.tick_count:
            return list(self._lines.values())
        return [row for key, row in self._lines.items() if self.model.ticks.has(key)]
