"""The lines of one order or payout, as the channel told them, with the channel's own words beside ours."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from app.store import OrderPayout, PayoutRow
from ui.pages.payouts_model import COLUMNS, Row, money_words
from ui.tables import DenseTable, WindowedTableModel
from ui.widgets import DialogFrame, EmptyState, Text
from ui.words import t


class LinesDialog(DialogFrame):
    """`rows` are the lines as tuples of COLUMNS["lines"]."""

    def __init__(self, parent: QWidget, one: OrderPayout | PayoutRow, rows: Sequence[Row]) -> None:
        number = one.order_number if isinstance(one, OrderPayout) else one.payout_id
        what = "order" if isinstance(one, OrderPayout) else "payout"
        super().__init__(
            parent, t(f"payouts.page.details_of_{what}", number=number), one.channel, t("common.close"), width=820
        )
        self.cancel.hide()
        self._rows = list(rows)
        self.model = WindowedTableModel(COLUMNS["lines"], self._fetch, self._count, parent=self)
        self.table = DenseTable(self.model, t("payouts.page.details"))
        self.table.setMinimumHeight(280)
        self.table.set_empty(EmptyState("wallet", t("payouts.page.no_lines")))
        self.model.set_filter("all")
        self.body.addWidget(self.table, 1)
        if isinstance(one, OrderPayout) and one.expected is not None:
            told = {
                "expected": one.expected, "paid": one.paid, "difference": one.difference or 0, "waiting": one.waiting,
            }  # fmt: skip
            sums = {name: money_words(micros, one.currency) for name, micros in told.items()}
            self.body.addWidget(Text(t("payouts.page.sums", **sums), "body_t", wrap=True))
            self.body.addWidget(Text(t("payouts.page.how"), "body", "text_2", wrap=True))

    async def _fetch(self, offset: int, limit: int, _sort: object, _filter: object) -> Sequence[Row]:
        return self._rows[offset : offset + limit]

    async def _count(self, _filter: object) -> int:
        return len(self._rows)
