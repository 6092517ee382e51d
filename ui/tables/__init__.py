"""All grids of the window: one model, one view, painted cells.

How to use it:

    columns = (
        Column("channel", "orders.channel", Kind.CHANNEL, rank=1, width=130),
        Column("number", "orders.number", Kind.CODE, rank=1, width=150),
        Column("total", "orders.total", Kind.MONEY, rank=2, width=110),
        Column("state", "orders.state", Kind.STATUS, rank=1, width=120),
    )
    model = WindowedTableModel(columns, fetch, count, ticks=True)
    table = DenseTable(model, t("nav.orders"))
    table.set_empty(EmptyState(...))
    await model.reload()

- `async fetch(offset, limit, sort, filter)` returns rows: `(key, value per column…)`; values by kind are in
  `ui.tables.columns` (`Channel`, `Status`, `Diff`, `Progress`, `TwoLine`, `Deadline`, `Spark`, `Strip`, `Tinted`,
  `(Decimal, currency)` for money). A `Group` in place of a row is a heading over all columns.
- `model.set_filter(anything)` and a click on a header load anew; after a change report call `await model.refresh()`
  (through a `Burst`): selection, place, ticks and an open editor stay, changed cells flash for a second.
- `table.opened(key)` Enter or double click; `table.edited(key, column, text)` F2; `model.ticks_changed`, `model.ticks`
  (`all` + `odd`), `model.tick_count`; `await model.ticked_rows()`.
- A short list that is in memory anyway: `WindowedTableModel(columns, *fixed_rows(rows))`.
"""

from ui.tables.columns import (
    Channel,
    Column,
    Deadline,
    Diff,
    Group,
    Kind,
    Progress,
    Spark,
    Status,
    Strip,
    Tinted,
    TwoLine,
    copy_text,
    text_of,
)
from ui.tables.delegates import DELEGATES, CellDelegate
from ui.tables.editing import CellEditor
from ui.tables.model import KEY_ROLE, VALUE_ROLE, WindowedTableModel
from ui.tables.sources import fixed_rows
from ui.tables.ticks import Ticks
from ui.tables.view import DenseTable, rank_limit

__all__ = [
    "DELEGATES",
    "KEY_ROLE",
    "VALUE_ROLE",
    "CellDelegate",
    "CellEditor",
    "Channel",
    "Column",
    "Deadline",
    "DenseTable",
    "Diff",
    "Group",
    "Kind",
    "Progress",
    "Spark",
    "Status",
    "Strip",
    "Ticks",
    "Tinted",
    "TwoLine",
    "WindowedTableModel",
    "copy_text",
    "fixed_rows",
    "rank_limit",
    "text_of",
]
