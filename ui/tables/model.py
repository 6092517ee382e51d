"""The one table model of all grids. It loads windows of rows through an injected coroutine and keeps a bounded number of
blocks; `multiData` answers all roles of a cell in one call (a view asks Python seven times a cell without it, which
costs a quarter of a second a frame while a thread computes). No object is kept per row of the table."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QModelRoleDataSpan,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from ui.kit.tasks import spawn
from ui.tables.columns import Column, Group, Tinted, text_of
from ui.tables.sources import Count, Fetch, Locate, Row, Sort, Spawn
from ui.tables.ticks import Ticks
from ui.words import t

Index = QModelIndex | QPersistentModelIndex

_Role = Qt.ItemDataRole
VALUE_ROLE = int(_Role.UserRole)
KEY_ROLE = int(_Role.UserRole) + 1
_DISPLAY = int(_Role.DisplayRole)
_TOOLTIP = int(_Role.ToolTipRole)
_SPOKEN = int(_Role.AccessibleTextRole)
_ALIGN = int(_Role.TextAlignmentRole)
_CHECK = int(_Role.CheckStateRole)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

FLASH_MS = 1000


class WindowedTableModel(QAbstractTableModel):
    """`WindowedTableModel(columns, fetch, count, ticks=…, locate=…, block=…, keep=…)`.

    `await fetch(offset, limit, (column key, ascending) or None, filter)` gives rows (key first, then a value per column);
    `await count(filter)` how many there are; `await locate(key, sort, filter)` the place of a key, when the store knows.
    Signals: `loaded(first, last)`, `count_changed(n)`, `ticks_changed()`, `about_to_refresh()`, `refreshed()`,
    `failed(error)`. With `ticks` the first column is the tick column.
    """

    loaded = Signal(int, int)
    count_changed = Signal(int)
    ticks_changed = Signal()
    about_to_refresh = Signal()
    refreshed = Signal()
    failed = Signal(object)

    def __init__(
        self,
        columns: Sequence[Column],
        fetch: Fetch,
        count: Count,
        *,
        ticks: bool = False,
        locate: Locate | None = None,
        block: int = 100,
        keep: int = 12,
        start: Spawn = spawn,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.offset = 1 if ticks else 0
        self.ticks = Ticks()
        self.filter: Any = None
        self.sorting: Sort = None
        self.locate = locate
        self._fetch = fetch
        self._count = count
        self._start = start
        self._size = block
        self._keep = max(2, keep)
        self._total = 0
        self._cache: OrderedDict[int, Sequence[Row]] = OrderedDict()
        self._hot = -1
        self._hot_rows: Sequence[Row] = ()
        self._wanted: OrderedDict[int, None] = OrderedDict()
        self._loading = False
        self._generation = 0
        self._visible = (0, 0)
        self._flashes: set[tuple[Hashable, int]] = set()
        self._calm = QTimer(self)
        self._calm.setSingleShot(True)
        self._calm.setInterval(FLASH_MS)
        self._calm.timeout.connect(self._calm_down)
        self.ready = False

    # -- shape -------------------------------------------------------------------------------------------------
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  (Qt's own signature)
        return 0 if parent.isValid() else self._total

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns) + self.offset

    def column_at(self, section: int) -> Column | None:
        """The column of a section; None for the tick column."""
        place = section - self.offset
        return self.columns[place] if 0 <= place < len(self.columns) else None

    def section_of(self, key: str) -> int:
        """The section of a column's key. Raises KeyError."""
        for place, column in enumerate(self.columns):
            if column.key == key:
                return place + self.offset
        raise KeyError(key)

    # -- rows --------------------------------------------------------------------------------------------------
    @property
    def total(self) -> int:
        """How many rows the filter has."""
        return self._total

    @property
    def cached_rows(self) -> int:
        """How many rows are held now; never more than blocks × block size."""
        return sum(len(rows) for rows in self._cache.values())

    def loaded_ranges(self) -> list[tuple[int, int]]:
        """First and last row of each block that is held."""
        return [(b * self._size, b * self._size + len(rows) - 1) for b, rows in self._cache.items() if rows]

    def row_at(self, row: int) -> Row | None:
        """A row, or None when it is not loaded yet (it is asked for then)."""
        block = row // self._size
        if block != self._hot:
            rows = self._cache.get(block)
            if rows is None:
                if 0 <= row < self._total:
                    self._want(block)
                return None
            self._cache.move_to_end(block)
            self._hot, self._hot_rows = block, rows
        place = row - block * self._size
        return self._hot_rows[place] if 0 <= place < len(self._hot_rows) else None

    def value(self, row: int, section: int) -> Any:
        """The raw value of a cell; None when not loaded."""
        found = self.row_at(row)
        if found is None or isinstance(found, Group) or section < self.offset:
            return None
        return found[section - self.offset + 1]

    def key_at(self, row: int) -> Hashable:
        """The key of a row; None when it is not loaded or a heading."""
        found = self.row_at(row)
        return None if found is None or isinstance(found, Group) else found[0]

    def row_of(self, key: Hashable) -> int | None:
        """Where a key stands, as far as the loaded blocks know."""
        if key is None:
            return None
        for block, rows in self._cache.items():
            for place, row in enumerate(rows):
                if not isinstance(row, Group) and row[0] == key:
                    return block * self._size + place
        return None

    def look_at(self, first: int, last: int) -> None:
        """The view says which rows it shows; a refresh loads those."""
        self._visible = (first, last)

    # -- what Qt asks ------------------------------------------------------------------------------------------
    def _answer(self, found: Row | None, section: int, role: int) -> Any:
        if section < self.offset:
            if found is None or isinstance(found, Group):
                return None
            if role == _CHECK:
                return int((Qt.CheckState.Checked if self.ticks.has(found[0]) else Qt.CheckState.Unchecked).value)
            if role == KEY_ROLE:
                return found[0]
            return t("table.tick_row") if role == _SPOKEN else None
        column = self.columns[section - self.offset]
        if role == _ALIGN:
            return _RIGHT if column.right else _LEFT
        if found is None:
            return None
        if isinstance(found, Group):
            return found.title if role in (_DISPLAY, _SPOKEN) and section == self.offset else None
        value = found[section - self.offset + 1]
        if role == _DISPLAY:
            return text_of(column.kind, value)
        if role in (_TOOLTIP, _SPOKEN):
            text = text_of(column.kind, value)
            if isinstance(value, Tinted) and value.tip:
                text = f"{text}\n{value.tip}" if role == _TOOLTIP else f"{text}, {value.tip}"
            return f"{column.title}: {text}" if role == _SPOKEN and column.title else text
        if role == VALUE_ROLE:
            return value
        if role == KEY_ROLE:
            return found[0]
        return None

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        if not index.isValid():
            return None
        return self._answer(self.row_at(index.row()), index.column(), int(role))

    def multiData(self, index: Index, span: QModelRoleDataSpan) -> None:
        """All roles of a cell in one call; the row is looked up once."""
        if not index.isValid():
            for entry in span:
                entry.clearData()
            return
        found, section = self.row_at(index.row()), index.column()
        for entry in span:
            answer = self._answer(found, section, entry.role())
            if answer is None:
                entry.clearData()
            else:
                entry.setData(answer)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return section + 1 if role == _DISPLAY else None
        column = self.column_at(section)
        if role in (_DISPLAY, _SPOKEN, _TOOLTIP):
            return t("table.tick_column") if column is None else column.title
        if role == _ALIGN and column is not None:
            return _RIGHT if column.right else _LEFT
        return None

    def sort(self, section: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Another order; loads anew."""
        column = self.column_at(section)
        if column is not None and column.sortable:
            self.sorting = (column.key, order == Qt.SortOrder.AscendingOrder)
            self._start(self.reload(), "table sort")

    def set_filter(self, new: Any) -> None:
        """Another filter; ticks go, for they meant rows of the old one."""
        self.filter = new
        self.ticks.everything(False)
        self.ticks_changed.emit()
        self._start(self.reload(), "table filter")

    # -- ticks -------------------------------------------------------------------------------------------------
    def is_ticked(self, row: int) -> bool:
        """Whether a loaded row is ticked."""
        key = self.key_at(row)
        return key is not None and self.ticks.has(key)

    def tick(self, rows: Iterable[int], on: bool) -> None:
        """Ticks or unticks rows; those that are not loaded stay."""
        places = list(rows)
        for row in places:
            key = self.key_at(row)
            if key is not None:
                self.ticks.put(key, on)
        if places:
            self._rows_changed(min(places), max(places))
            self.ticks_changed.emit()

    def tick_all(self, on: bool) -> None:
        """All of the filter, also what was never loaded; or none."""
        self.ticks.everything(on)
        self._rows_changed(0, self._total - 1)
        self.ticks_changed.emit()

    @property
    def tick_count(self) -> int:
        """How many rows are ticked."""
        return self.ticks.count(self._total)

    # -- loading -----------------------------------------------------------------------------------------------
    def _want(self, block: int) -> None:
        self._wanted[block] = None
        self._wanted.move_to_end(block)
        while len(self._wanted) > self._keep:
            self._wanted.popitem(last=False)  # scrolled past: no longer of interest
        if self._loading:
            return
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return  # painted without a loop (a picture in a test): stays blank
        self._loading = True
        self._start(self._load(), "table window")

    async def _load(self) -> None:
        try:
            while self._wanted:
                block, _ = self._wanted.popitem(last=True)
                if block in self._cache:
                    continue
                asked = self._generation
                rows = await self._fetch(block * self._size, self._size, self.sorting, self.filter)
                if asked == self._generation:
                    self._put(block, rows)
        except Exception as error:
            self._wanted.clear()
            self.failed.emit(error)
            raise
        finally:
            self._loading = False

    def _put(self, block: int, rows: Sequence[Row]) -> None:
        self._cache[block] = rows
        self._cache.move_to_end(block)
        while len(self._cache) > self._keep:
            old, _ = self._cache.popitem(last=False)
            if old == self._hot:
                self._hot = -1
        if block == self._hot:
            self._hot = -1
        first = block * self._size
        last = min(self._total, first + len(rows)) - 1
        self._rows_changed(first, last)
        self.loaded.emit(first, last)

    def _rows_changed(self, first: int, last: int) -> None:
        last = min(last, self._total - 1)
        if first <= last:
            self.dataChanged.emit(self.index(first, 0), self.index(last, self.columnCount() - 1))

    async def reload(self) -> None:
        """Everything anew (first load, other filter or order); the old rows stay until the new ones are here."""
        self._generation += 1
        asked = self._generation
        try:
            total = await self._count(self.filter)
            rows = await self._fetch(0, self._size, self.sorting, self.filter) if total else ()
        except Exception as error:
            self.failed.emit(error)
            raise
        if asked != self._generation:
            return
        self.beginResetModel()
        self._cache.clear()
        self._wanted.clear()
        self._flashes.clear()
        self._hot = -1
        self._total = total
        if rows:
            self._cache[0] = rows
        self.ready = True
        self.endResetModel()
        self.count_changed.emit(total)
        if rows:
            self.loaded.emit(0, len(rows) - 1)

    async def refresh(self) -> None:
        """The same rows with today's values: selection, place and ticks stay, changed cells flash once."""
        if not self.ready:
            await self.reload()
            return
        self._generation += 1
        asked = self._generation
        first, last = self._visible
        blocks = range(max(0, first) // self._size, max(first, last) // self._size + 1)
        try:
            total = await self._count(self.filter)
            fresh: dict[int, Sequence[Row]] = {}
            for block in list(blocks)[: self._keep]:
                if block * self._size < total:
                    fresh[block] = await self._fetch(block * self._size, self._size, self.sorting, self.filter)
        except Exception as error:
            self.failed.emit(error)
            raise
        if asked != self._generation:
            return
        self.about_to_refresh.emit()
        known = {r[0]: r for rows in self._cache.values() for r in rows if not isinstance(r, Group)}
        self._resize(total, fresh)
        self._note_changes(known, fresh)
        self._rows_changed(0, total - 1)
        self.refreshed.emit()

    def _resize(self, total: int, fresh: dict[int, Sequence[Row]]) -> None:
        """Rows come or go at the end; what stands where is told by the blocks, and the view finds its row by key."""
        before = self._total
        if total > before:
            self.beginInsertRows(QModelIndex(), before, total - 1)
        elif total < before:
            self.beginRemoveRows(QModelIndex(), total, before - 1)
        self._cache.clear()
        self._hot = -1
        self._cache.update(fresh)
        self._total = total
        if total > before:
            self.endInsertRows()
        elif total < before:
            self.endRemoveRows()
        if total != before:
            self.count_changed.emit(total)

    def _note_changes(self, known: dict[Hashable, Sequence[Any]], fresh: dict[int, Sequence[Row]]) -> None:
        for rows in fresh.values():
            for row in rows:
                old = None if isinstance(row, Group) else known.get(row[0])
                if old is None or old == row:
                    continue
                for place, value in enumerate(row[1:], 1):  # type: ignore[index]
                    if value != old[place]:
                        self._flashes.add((row[0], place - 1 + self.offset))  # type: ignore[index]
        if self._flashes:
            self._calm.start()

    def flashing(self, key: Hashable, section: int) -> bool:
        """Whether a cell was changed by a pull within the last second."""
        return (key, section) in self._flashes

    @property
    def any_flash(self) -> bool:
        """Whether anything flashes at all; lets the paint event skip the question."""
        return bool(self._flashes)

    def _calm_down(self) -> None:
        self._flashes.clear()
        self._rows_changed(0, self._total - 1)

    async def ticked_rows(self, limit: int = 20_000) -> list[Sequence[Any]]:
        """The ticked rows in the table's order, loaded past the cache block by block; at most `limit`."""
        found: list[Sequence[Any]] = []
        wanted = min(self.tick_count, limit)
        for at in range(0, self._total, self._size):
            if len(found) >= wanted:
                break
            block = self._cache.get(at // self._size)
            rows = block if block is not None else await self._fetch(at, self._size, self.sorting, self.filter)
            found += [r for r in rows if not isinstance(r, Group) and self.ticks.has(r[0])]
        return found[:limit]
