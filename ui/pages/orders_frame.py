"""Small parts of the orders page: the number with its channel's dot, the line at the foot, the empty table."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from ui.pages.orders_model import COLUMNS, FOUND_CAP, OrderFilter
from ui.tables import DenseTable, WindowedTableModel
from ui.tables.delegates import CellDelegate, draw_line, small_picture
from ui.theme import metrics, theme
from ui.theme.channels import dot
from ui.theme.style import round_rect
from ui.widgets import Button, CutText, EmptyState, KeyHint, Text
from ui.widgets.buttons import draw_key_hint
from ui.words import figures, t

_DOT = 15  # px that a channel's dot takes before the number
_ITEMS = [c.key for c in COLUMNS].index("items") + 1
_TOTAL = [c.key for c in COLUMNS].index("total") + 1


class NumberDelegate(CellDelegate):
    """The order's number; the channel's dot before it where the channel's own column fell away."""

    def __init__(self, table: DenseTable, section: int, channel: int) -> None:
        super().__init__(table.table_model.column_at(section), table)
        self._table = table
        self._channel = channel

    def paint_value(self, painter: QPainter, box: QRectF, value: Any, selected: bool) -> None:
        del selected
        if self._table.isColumnHidden(self._channel):
            color = dot(value[0], theme())
            mark = small_picture(
                painter,
                "dot",
                color,
                False,
                (8, 8),
                lambda p: round_rect(p, QRectF(0, 0, 8, 8), 4, theme().ink(color), None),
            )
            painter.drawPixmap(QPointF(box.left(), box.center().y() - 4), mark)
            box = box.adjusted(_DOT, 0, 0, 0)
        draw_line(painter, box, value[1], "body_t", "text")


class OrdersTable(DenseTable):
    """The dense table whose number column takes the dot of the channel's, and room for it, when that one fell away."""

    def __init__(self, model: WindowedTableModel, name: str) -> None:
        self._number, self._channel = model.section_of("number"), model.section_of("channel")
        super().__init__(model, name)
        made = NumberDelegate(self, self._number, self._channel)
        self.setItemDelegateForColumn(self._number, made)
        self._delegates[self._number] = made

    def _width(self, section: int) -> int:
        more = _DOT if section == self._number and self.isColumnHidden(self._channel) else 0
        return super()._width(section) + more

    def fit_columns(self) -> None:
        before = self.isColumnHidden(self._channel)
        super().fit_columns()
        if self.isColumnHidden(self._channel) is not before:
            super().fit_columns()


def sum_up(rows: list[Any]) -> str:
    """ "5 ürün · ₺1.933,60"; currencies stand beside each other, never added up."""
    sums: dict[str, Decimal] = {}
    for row in rows:
        if not isinstance(row[_TOTAL], tuple):  # its money is not known yet
            continue
        amount, currency = row[_TOTAL]
        sums[currency] = sums.get(currency, Decimal(0)) + amount
    money = [figures().money(amount, currency) for currency, amount in sums.items()]
    return " · ".join((t("orders.foot.items", count=sum(row[_ITEMS] for row in rows)), *money))


class _Arrows(QWidget):
    """The cap of the two arrow keys together."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(t("keys.up_down"))
        self.setFixedSize(metrics("tiny").horizontalAdvance(t("keys.up_down")) + 10, 18)

    def paintEvent(self, event: object) -> None:
        del event
        draw_key_hint(QPainter(self), QRectF(self.rect()), t("keys.up_down"), "text_3", "btn_border")


class Foot(QFrame):
    """The line at the foot: what is ticked at the left; how many of how many, and the keys, at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("box", "status")
        self.setFixedHeight(28)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 0, 20, 0)
        row.setSpacing(8)
        self.ticked = Text("", "small_strong")
        self.sums = CutText("", "small", "text_2")
        row.addWidget(self.ticked)
        row.addWidget(self.sums, 1)
        self.count = Text("", "small", "text_2")
        row.addWidget(self.count)
        self._keys = QWidget()
        keys = QHBoxLayout(self._keys)
        keys.setContentsMargins(8, 0, 0, 0)
        keys.setSpacing(5)
        keys.addWidget(_Arrows())
        keys.addWidget(Text(t("orders.foot.walk"), "small", "text_2"))
        for hint, words in (("Space", "tick"), ("Return", "open"), ("P", "packed"), ("L", "label")):
            keys.addWidget(KeyHint(hint))
            keys.addWidget(Text(t(f"orders.foot.{words}"), "small", "text_2"))
        row.addWidget(self._keys)

    def show_hints(self, on: bool) -> None:
        """The keys; hidden where there is no room."""
        self._keys.setVisible(on)

    def show_ticked(self, count: int, sums: str = "") -> None:
        """How many are ticked, and what they come to."""
        self.ticked.setText(t("table.ticked", count=count) if count else t("orders.foot.none"))
        self.ticked.set_role("text" if count else "text_2")
        self.sums.setText(sums)

    def show_count(self, shown: int, all_orders: int) -> None:
        """ "42 / 4.812 sipariş"."""
        total = figures().number(all_orders) if all_orders <= FOUND_CAP else f"{figures().number(FOUND_CAP)}+"
        self.count.setText(t("orders.foot.of", shown=shown, total=total))


class NoOrders(EmptyState):
    """Why the table is empty, and what comes next; `run(kind)` does what its one button says."""

    def __init__(self, run: Callable[[str], None]) -> None:
        self.kind = "to_ship"
        self.button = Button(t("orders.empty.to_ship_do"))
        self.button.clicked.connect(lambda: run(self.kind))
        super().__init__("receipt", t("orders.empty.to_ship"), "", self.button)

    def explain(self, wanted: OrderFilter, connections: int, all_orders: int) -> None:
        """Chooses the words for what was asked and what there is."""
        if not connections and not all_orders:
            self.kind = "no_connection"
        elif not wanted.empty:
            self.kind = "filtered"
        elif not all_orders:
            self.kind = "all"
        else:
            self.kind = wanted.view
        self.set_words(t(f"orders.empty.{self.kind}"), t(f"orders.empty.{self.kind}_next", count=all_orders))
        self.button.setText(t(f"orders.empty.{self.kind}_do"))
        self.button.setVisible(self.kind != "all")
