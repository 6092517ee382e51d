"""The preview behind the bulk dialog: what was typed, read and computed in slices while the person goes on typing. A newer text
ends an older preview; nothing is stored from here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from decimal import Decimal
from time import perf_counter
from typing import Any, NamedTuple

from PySide6.QtCore import QObject, QTimer

from app.formats.numbers import Why, read_number
from app.pricing.formula import Formula, FormulaError, compile_formula
from app.pricing.guards import Guards
from app.pricing.plan import SAMPLE, Choice, Computer, Plans, Preview
from app.store import ConnectionRow, Store, StoredListing, StoreError
from app.store.plans import Line
from ui.kit import begin

PAUSE_MS = 180
MOST_PERCENT = 1_000_000


class Scope(NamedTuple):
    """Which listings a bulk change is about. `size`: how many; `ticked`: chosen one by one (else all that the filter shows);
    `left_out`: names of connections that take no prices; `connections` by id."""

    choice: Choice
    size: int
    ticked: bool
    left_out: tuple[str, ...]
    connections: Mapping[int, ConnectionRow]


class Typed(NamedTuple):
    """What the dialog holds: the text, the limits, commission by connection."""

    text: str
    guards: Guards
    shares: Mapping[int, Decimal]


class Seen(NamedTuple):
    """A preview. `totals` None while only the first rows are computed; `seconds` it took."""

    formula: Formula
    preview: Preview | None
    changes: tuple[Line, ...]
    held: tuple[Line, ...]
    names: Mapping[int, StoredListing]
    seconds: float


def read_percent(text: str, *, most: Decimal, zero: bool) -> Decimal | None:
    """A percentage as typed ('21', '%21', '21 %'); None for a blank text. Raises ValueError for what is none, or out of bounds."""
    found = read_number(text.replace("%", "").strip())
    if found.why is Why.BLANK:
        return None
    if found.value is None or not 0 <= found.value < most or (found.value == 0 and not zero):
        raise ValueError(text)
    return found.value


async def warm_up() -> None:
    """Builds the parser before the first formula is typed, off the loop."""
    await asyncio.to_thread(compile_formula, "price")


class Previewer(QObject):
    """`Previewer(store, plans, scope, typed, show, fault, failed)`; `touch()` after every key, `close()` at the end.

    `typed()` gives what stands in the dialog, None while it cannot be read; `show(Seen)`, `fault(FormulaError)`,
    `failed(StoreError)` are called on the loop.
    """

    def __init__(
        self,
        store: Store,
        plans: Plans,
        scope: Scope,
        typed: Callable[[], Typed | None],
        show: Callable[[Seen], object],
        fault: Callable[[FormulaError], object],
        failed: Callable[[StoreError], object],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store, self._plans, self._scope = store, plans, scope
        self._typed, self._show, self._fault, self._failed = typed, show, fault, failed
        self._first: list[tuple[Any, ...]] | None = None
        self._names: dict[int, StoredListing] = {}
        self._turn = 0
        self._closed = False
        self._task: asyncio.Task[Any] | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self.now)

    def touch(self) -> None:
        """Something was typed: what is being computed is out of date, the next preview comes after a pause."""
        self._leave()
        if not self._closed:
            self._pause.start()

    def now(self) -> None:
        """Without a pause."""
        self._leave()
        if self._closed:
            return
        self._task = begin(self._run(self._turn), "plan preview")

    def close(self) -> None:
        """No more previews."""
        self._closed = True
        self._leave()

    def _leave(self) -> None:
        """What is being computed is of no use any more."""
        self._pause.stop()
        self._turn += 1
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self, turn: int) -> None:
        typed = self._typed()
        if typed is None or not typed.text.strip():
            return
        try:
            # Off the loop: the first one imports the parser, and a text of a thousand characters takes more than a frame.
            formula = await asyncio.to_thread(compile_formula, typed.text)
        except FormulaError as error:
            if turn == self._turn:
                self._fault(error)
            return
        try:
            await self._look(turn, formula, typed)
        except StoreError as error:
            if turn == self._turn:
                self._failed(error)

    async def _look(self, turn: int, formula: Formula, typed: Typed) -> None:
        began = perf_counter()
        if self._first is None:
            self._first = await self._first_bases()
        if turn != self._turn:
            return
        lines = Computer(formula, typed.guards, typed.shares).lines(self._first)
        changes, held = _parted(lines)
        await self._named([*changes, *held])
        if turn != self._turn:
            return
        self._show(Seen(formula, None, changes, held, self._names, perf_counter() - began))
        whole = await self._plans.preview(formula, self._scope.choice, typed.guards, typed.shares)
        await self._named([*whole.changes, *whole.held])
        if turn == self._turn:
            self._show(Seen(formula, whole, whole.changes, whole.held, self._names, perf_counter() - began))

    async def _first_bases(self) -> list[tuple[Any, ...]]:
        choice = self._scope.choice
        if choice.ids:
            found = await self._store.plans.bases_of(sorted(choice.ids)[:SAMPLE])
        else:
            if choice.query.search:
                await self._store.listings.index.ready()
            found = await self._store.plans.bases(choice.query, 0, SAMPLE)
        return [base for base in found if choice.writable is None or base[1] in choice.writable]

    async def _named(self, lines: list[Line]) -> None:
        """Names of the listings that are shown."""
        missing = [line[0] for line in lines if line[0] not in self._names]
        if missing:
            self._names.update({one.id: one for one in await self._store.listings.get_many(missing)})


def _parted(lines: list[Line]) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    return tuple(one for one in lines if not one[7]), tuple(one for one in lines if one[7])
