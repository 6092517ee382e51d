"""Packing one order as a pure machine: its lines, the codes scanned so far, and what the next code means. No clock, no store, no
screen. What must never happen: a wrong piece counted, a piece counted twice, an order complete while one is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from app.model import Order, OrderStatus
from app.orders.scanning import key_of, readings, same

DEAD = (OrderStatus.CANCELLED, OrderStatus.RETURNED)
PACKED = ("packed", "shipped")


class Verdict(StrEnum):
    """What the last scan was. The first three are good news."""

    OPENED = "opened"
    RIGHT = "right"
    COMPLETE = "complete"
    UNDONE = "undone"
    TOO_MANY = "too_many"  # it belongs in, but all of it is in already
    WRONG = "wrong"  # a product that we know, but not of this order
    UNKNOWN = "unknown"  # nothing that we know
    CANCELLED = "cancelled"
    CANCEL_ASKED = "cancel_asked"
    ALREADY_PACKED = "already_packed"
    SUPERSEDED = "superseded"  # another order took its place
    BY_CHANNEL = "by_channel"
    NOT_OPEN = "not_open"  # not to be shipped: not paid yet, delivered, a state that we do not know
    EMPTY = "empty"  # no line to pack
    AMBIGUOUS = "ambiguous"  # the same number at two shops
    CHANGED = "changed"  # the order changed, and what was scanned does not fit it any more
    OTHER_ORDER = "other_order"  # another order was scanned while this one is open
    NOTHING = "nothing"  # nothing to undo, no order open


#: After these nothing goes on: the whole card is red.
STOPPED = frozenset({Verdict.CANCELLED, Verdict.CANCEL_ASKED, Verdict.SUPERSEDED, Verdict.BY_CHANNEL, Verdict.NOT_OPEN})
GOOD = frozenset({Verdict.OPENED, Verdict.RIGHT, Verdict.COMPLETE, Verdict.UNDONE})


class Scan(msgspec.Struct, frozen=True):
    """One counted piece. `line` '' : by its code; else a piece counted by hand on the line of that key."""

    code: str
    line: str = ""


class PackLine(msgspec.Struct, frozen=True):
    """One line that belongs into the parcel. `needed`: pieces; 1 where the channel told no whole number (`odd`: look at the title)."""

    key: str
    sku: str
    barcode: str
    title: str
    needed: int
    shelf: str = ""
    odd: bool = False
    scanned: int = 0
    codes: tuple[str, ...] = ()  # further barcodes of the same product, from the merchant's listings

    @property
    def left(self) -> int:
        return self.needed - self.scanned

    @property
    def done(self) -> bool:
        return self.left <= 0

    def takes(self, code: str) -> bool:
        """Whether a code is this product's: its barcode or SKU, exactly."""
        return any(same(code, one) for one in (self.barcode, self.sku, *self.codes))


class Packing(msgspec.Struct, frozen=True):
    """An order on the bench. `strays`: pieces that were scanned and do not fit it any more, because the channel changed the order."""

    order_id: int
    number: str
    lines: tuple[PackLine, ...]
    scans: tuple[Scan, ...] = ()
    strays: tuple[str, ...] = ()

    @property
    def needed(self) -> int:
        return sum(one.needed for one in self.lines)

    @property
    def scanned(self) -> int:
        return sum(one.scanned for one in self.lines)

    @property
    def complete(self) -> bool:
        return bool(self.lines) and not self.strays and all(one.done for one in self.lines)

    @property
    def current(self) -> int:
        """The line that was begun, else the first that lacks something; -1 when none does."""
        open_ones = [at for at, one in enumerate(self.lines) if not one.done]
        begun = [at for at in open_ones if self.lines[at].scanned]
        return (begun or open_ones or [-1])[0]


class Step(msgspec.Struct, frozen=True):
    """What a scan did. `line`: the place of the line that it is about, -1 for none; `scan`: what is to be kept, None for nothing."""

    packing: Packing
    verdict: Verdict
    line: int = -1
    code: str = ""
    scan: Scan | None = None


def refusal(order: Order, local_state: str, superseded: bool) -> Verdict | None:
    """Why an order must not be packed (now); None when it may. A cancel weighs most: it may come after the label was printed, and
    after the parcel was closed."""
    if order.status in DEAD:
        return Verdict.CANCELLED
    if superseded:
        return Verdict.SUPERSEDED
    if order.fulfilled_by_channel:
        return Verdict.BY_CHANNEL
    if order.cancel_asked:
        return Verdict.CANCEL_ASKED
    if local_state in PACKED or order.status is OrderStatus.SHIPPED:
        return Verdict.ALREADY_PACKED
    if order.status not in (OrderStatus.OPEN, OrderStatus.PARTIALLY_SHIPPED):
        return Verdict.NOT_OPEN
    return None if any(not line.cancelled for line in order.lines) else Verdict.EMPTY


def begin(
    order_id: int, order: Order, scans: Iterable[Scan] = (), shelves: Mapping[str, str] | None = None,
    codes: Mapping[str, Sequence[str]] | None = None,
) -> Packing:  # fmt: skip
    """The order as it is now with what was scanned before. `shelves`, `codes` (further barcodes): by SKU."""
    lines = []
    for place, line in enumerate(order.lines):
        if line.cancelled:
            continue
        more = tuple(one for one in (codes or {}).get(line.sku, ()) if one and one != line.barcode)
        lines.append(PackLine(
            line.remote_id or f"#{place}", line.sku, line.barcode, line.title, max(1, line.quantity), (shelves or {}).get(line.sku, ""),
            line.quantity < 1, 0, more,
        ))  # fmt: skip
    made = Packing(order_id, order.number, tuple(lines))
    for one in scans:
        made = _replayed(made, one)
    return made


def scan(packing: Packing, code: str, known: Callable[[str], bool] = lambda code: False) -> Step:
    """Count a piece by its code. `known`: whether a code is a product of ours at all; it tells wrong from unknown."""
    full = -1
    for reading in readings(code):
        places = [at for at, one in enumerate(packing.lines) if one.takes(reading)]
        room = [at for at in places if not packing.lines[at].done]
        if room:
            return _counted(packing, room[0], Scan(reading))
        if places and full < 0:
            full = places[0]
    if full >= 0:
        return Step(packing, Verdict.TOO_MANY, full, code)
    wrong = any(known(one) for one in readings(code))
    return Step(packing, Verdict.WRONG if wrong else Verdict.UNKNOWN, -1, code)


def by_hand(packing: Packing, place: int | None = None) -> Step:
    """Count one piece without a code, on a line (the current one): its barcode is torn, or it never had one."""
    at = packing.current if place is None else place
    if not 0 <= at < len(packing.lines):
        return Step(packing, Verdict.NOTHING)
    if packing.lines[at].done:
        return Step(packing, Verdict.TOO_MANY, at)
    return _counted(packing, at, Scan("", packing.lines[at].key))


def undo(packing: Packing) -> Step:
    """Take the last scan back."""
    if not packing.scans:
        return Step(packing, Verdict.NOTHING)
    last = packing.scans[-1]
    empty = tuple(msgspec.structs.replace(one, scanned=0) for one in packing.lines)
    made = Packing(packing.order_id, packing.number, empty)
    for one in packing.scans[:-1]:
        made = _replayed(made, one)
    changed = [at for at, pair in enumerate(zip(packing.lines, made.lines, strict=True)) if pair[0] != pair[1]]
    return Step(made, Verdict.UNDONE, changed[0] if changed else -1, last.code)


def _counted(packing: Packing, at: int, one: Scan) -> Step:
    made = _put(packing, at, one)
    verdict = Verdict.COMPLETE if made.complete else Verdict.RIGHT
    return Step(made, verdict, at, one.code or packing.lines[at].sku, one)


def _replayed(packing: Packing, one: Scan) -> Packing:
    """A scan that was kept, counted again; the channel may have changed the order since."""
    for at, line in enumerate(packing.lines):
        if not line.done and (line.key == one.line if one.line else line.takes(one.code)):
            return _put(packing, at, one)
    return msgspec.structs.replace(packing, scans=(*packing.scans, one), strays=(*packing.strays, one.code or one.line))


def _put(packing: Packing, at: int, one: Scan) -> Packing:
    line = packing.lines[at]
    lines = (*packing.lines[:at], msgspec.structs.replace(line, scanned=line.scanned + 1), *packing.lines[at + 1 :])
    return msgspec.structs.replace(packing, lines=lines, scans=(*packing.scans, one))


__all__ = [
    "GOOD", "PACKED", "STOPPED", "PackLine", "Packing", "Scan", "Step", "Verdict", "begin", "by_hand", "key_of", "refusal", "scan", "undo",
]  # fmt: skip
