"""The pack bench over the store: one order at a time, each piece on the disk before it is shown. Scans are taken one after the other,
and the order is read anew at each, so that a cancel which came meanwhile stops the next piece."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import msgspec

from app.changes import ORDERS, ChangeReport, Changes
from app.orders import packing as machine
from app.orders import rules
from app.orders.packing import Packing, Scan, Step, Verdict
from app.orders.scanning import ScannerSetup, readings, stripped
from app.store import DueWish, ListingQuery, Store, StoredOrder

T = TypeVar("T")


class Told(msgspec.Struct, frozen=True):
    """What the bench says after a scan. `packing` and `stored`: the order that it is about, None when there is none; `line`: the place
    of the line; `code` and `title`: what was scanned, as far as we know it; `finished`: the parcel was closed by this very scan."""

    verdict: Verdict
    packing: Packing | None = None
    stored: StoredOrder | None = None
    line: int = -1
    code: str = ""
    title: str = ""
    finished: bool = False


class Bench:
    """`Bench(store, changes)`; `scan(text)`, `by_hand()`, `undo()`, `start_over()`, `put_aside()`, `look()`."""

    def __init__(self, store: Store, changes: Changes | None = None) -> None:
        self._store, self._changes = store, changes
        self._one = asyncio.Lock()
        self._open = 0
        self._asked = 0  # another order that was scanned while one is half packed: a second scan goes over to it
        self.setup = ScannerSetup()

    @property
    def order_id(self) -> int:
        """The order in front; 0 for none."""
        return self._open

    # -- scans ---------------------------------------------------------------------------------------------------------
    async def scan(self, text: str) -> Told:
        """A burst of the scanner, or a code typed by hand. Raises StoreError."""
        return await self._alone(lambda: self._scan(stripped(text, self.setup)))

    async def open(self, order_id: int) -> Told:
        """Put an order on the bench."""
        return await self._alone(lambda: self._to(order_id))

    async def by_hand(self, place: int | None = None) -> Told:
        """One piece of the current line (or of that place) without its code."""
        return await self._alone(lambda: self._hand(place))

    async def undo(self) -> Told:
        return await self._alone(self._undo)

    async def start_over(self) -> Told:
        """All pieces out again."""
        return await self._alone(self._start_over)

    async def put_aside(self) -> Told:
        """The order leaves the bench. One that is stopped loses its pieces; any other keeps them for later."""
        return await self._alone(self._aside)

    async def look(self) -> Told:
        """The order in front as it is now: a cancel may have come."""
        return await self._alone(self._look)

    # -- inside --------------------------------------------------------------------------------------------------------
    async def _alone(self, work: Callable[[], Awaitable[T]]) -> T:
        async with self._one:
            return await work()

    async def _scan(self, code: str) -> Told:
        if not code:
            return await self._look()
        read = readings(code)
        stored = await self._store.orders.get(self._open) if self._open else None
        if stored is None:
            found = await self._store.packing.find(read)
            return await self._choose(found) if found else await self._unknown(code, read)
        why = _refusal(stored)
        packing = await self._packing(stored)
        if why is None and packing.strays:
            why = Verdict.CHANGED
        if why is None:
            known = await self._store.packing.known(read)
            step = machine.scan(packing, code, known.__contains__)
            if step.scan is not None:
                return await self._keep(stored, step)
        else:
            step = Step(packing, why, code=code)
        found = await self._store.packing.find(read)
        if self._open in found:
            return Told(why or Verdict.OPENED, packing, stored)
        if found and (why is not None or not packing.scans or self._asked in found):
            return await self._choose(found)
        if found:
            self._asked = found[0]
            return Told(Verdict.OTHER_ORDER, packing, stored, code=code)
        if why is Verdict.ALREADY_PACKED:
            step = machine.scan(packing, code)
            verdict = Verdict.TOO_MANY if step.line >= 0 else why
            return Told(verdict, packing, stored, step.line, code)
        title = await self._title(read) if step.verdict is Verdict.WRONG else ""
        return Told(step.verdict, packing, stored, step.line, step.code, title)

    async def _unknown(self, code: str, read: Sequence[str]) -> Told:
        """No order is open, and the code is none's."""
        known = await self._store.packing.known(read)
        title = await self._title(read) if known else ""
        return Told(Verdict.NOTHING if known else Verdict.UNKNOWN, code=code, title=title)

    async def _choose(self, found: Sequence[int]) -> Told:
        """Of several orders with one number the one that can be packed; of a parcel of several the next that is not."""
        rows = await self._store.orders.get_many(found)
        rows = [one for one in rows if one.superseded_by not in found]
        able = [one for one in rows if _refusal(one) is None]
        if len({one.account_id for one in able}) > 1:
            return Told(Verdict.AMBIGUOUS, code=able[0].order.number)
        return await self._to((able[-1] if able else rows[0]).id)

    async def _to(self, order_id: int) -> Told:
        stored = await self._store.orders.get(order_id)
        if stored is None:
            return Told(Verdict.UNKNOWN)
        self._open, self._asked = order_id, 0
        return await self._show(stored)

    async def _show(self, stored: StoredOrder) -> Told:
        packing, why = await self._packing(stored), _refusal(stored)
        if why is None and packing.strays:
            why = Verdict.CHANGED
        if why is None and packing.complete:  # killed between the last piece and the end
            return await self._finish(stored, packing, -1, "")
        return Told(why or Verdict.OPENED, packing, stored)

    async def _look(self) -> Told:
        stored = await self._store.orders.get(self._open) if self._open else None
        return Told(Verdict.NOTHING) if stored is None else await self._show(stored)

    async def _packing(self, stored: StoredOrder) -> Packing:
        rows = await self._store.packing.scans(stored.id)
        skus = sorted({one.sku for one in stored.order.lines if one.sku})
        shelves = {one.sku: one.shelf for one in await self._store.products.get_many(skus)}
        codes = await self._store.packing.codes(skus)
        return machine.begin(stored.id, stored.order, [Scan(*row) for row in rows], shelves, codes)

    async def _keep(self, stored: StoredOrder, step: Step) -> Told:
        scan = step.scan
        if scan is not None:
            await self._store.packing.add(stored.id, scan.code, scan.line)
        self._asked = 0
        title = step.packing.lines[step.line].title
        if step.verdict is Verdict.COMPLETE:
            told = await self._finish(stored, step.packing, step.line, step.code)
            return msgspec.structs.replace(told, title=title)
        return Told(step.verdict, step.packing, stored, step.line, step.code, title)

    async def _finish(self, stored: StoredOrder, packing: Packing, line: int, code: str) -> Told:
        kept = rules.read(await self._store.settings.get(rules.SETTING))
        wishes = [DueWish(one.document, one.printer, one.copies) for one in rules.of_event(kept, "packed")]
        done = await self._store.packing.finish(stored.id, len(packing.scans), wishes)
        again = await self._store.orders.get(stored.id) or stored
        if not done:  # a cancel came in this very moment
            return Told(_refusal(again) or Verdict.CHANGED, packing, again, line, code)
        if self._changes is not None:
            self._changes.publish(ChangeReport(ORDERS, frozenset({stored.id}), "user"))
        return Told(Verdict.COMPLETE, packing, again, line, code, finished=True)

    async def _hand(self, place: int | None) -> Told:
        stored = await self._store.orders.get(self._open) if self._open else None
        if stored is None:
            return Told(Verdict.NOTHING)
        packing, why = await self._packing(stored), _refusal(stored)
        if why is not None or packing.strays:
            return Told(why or Verdict.CHANGED, packing, stored)
        step = machine.by_hand(packing, place)
        if step.scan is not None:
            return await self._keep(stored, step)
        return Told(step.verdict, packing, stored, step.line)

    async def _undo(self) -> Told:
        stored = await self._store.orders.get(self._open) if self._open else None
        if stored is None:
            return Told(Verdict.NOTHING)
        packing, why = await self._packing(stored), _refusal(stored)
        if why is not None:
            return Told(why, packing, stored)
        step = machine.undo(packing)
        if step.verdict is Verdict.UNDONE:
            await self._store.packing.undo(stored.id)
        return Told(step.verdict, step.packing, stored, step.line, step.code)

    async def _start_over(self) -> Told:
        stored = await self._store.orders.get(self._open) if self._open else None
        if stored is None:
            return Told(Verdict.NOTHING)
        if _refusal(stored) is None:
            await self._store.packing.clear(stored.id)
        return await self._show(stored)

    async def _aside(self) -> Told:
        stored = await self._store.orders.get(self._open) if self._open else None
        self._open = self._asked = 0
        if stored is not None and _refusal(stored) in machine.STOPPED:
            await self._store.packing.clear(stored.id, "aside")
        return Told(Verdict.NOTHING)

    async def _title(self, read: Sequence[str]) -> str:
        for code in read:
            for query in (ListingQuery(barcode=code, limit=1), ListingQuery(sku=code, limit=1)):
                for row in await self._store.listings.query(query):
                    return row.title
        return ""


def _refusal(stored: StoredOrder) -> Verdict | None:
    return machine.refusal(stored.order, stored.local_state, stored.superseded_by is not None)
