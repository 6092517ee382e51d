"""Walking Mirakl's offset pages while records move. Pure. Must never take a list that moved for a complete one.

An order that changes leaves the span that is read, and all that stand behind it move up: the next page would begin too late. So
each page begins with the last record of the one before; when it does not, the walk goes back until it does.
"""

from __future__ import annotations

import msgspec

from app.contracts import Message, fail
from app.kit import Call, Reply, decode_json
from providers.families.mirakl_calls import following

MOST_STEPS_BACK = 50


class _Rows(msgspec.Struct):
    total_count: int
    orders: list[msgspec.Raw] | None = None
    offers: list[msgspec.Raw] | None = None


class _Id(msgspec.Struct):
    order_id: str | None = None
    offer_id: int | str | None = None


_ids = msgspec.json.Decoder(_Id)


def _id_of(raw: msgspec.Raw) -> str:
    """The record's id; of one that has none its own text stands in."""
    try:
        found = _ids.decode(raw)
    except msgspec.DecodeError:
        return f"#{hash(bytes(raw))}"
    return str(found.order_id or found.offer_id or f"#{hash(bytes(raw))}")


class Walk:
    """`call` is the next call to make, None after the last page; `take` reads its answer and tells the records that are new, or
    that changed since they were told. `seen` holds what was told: id → hash of its text."""

    def __init__(self, first: Call) -> None:
        self.call: Call | None = first
        self.seen: dict[str, int] = {}
        self.total = 0
        self.first, self._offset, self._chained, self._back = first, 0, False, 0

    def take(self, reply: Reply) -> list[msgspec.Raw]:
        """Raises OursError for an answer that is none, or a list that does not stand still."""
        page = decode_json(reply, _Rows)
        raws = page.orders if page.orders is not None else page.offers
        if raws is None:
            named = "orders" if "orders" in self.first.path else "offers"
            raise fail(Message("answer.field_missing", {"operation": reply.operation, "field": named}, field=named))
        self.total = page.total_count
        ids = [_id_of(raw) for raw in raws]
        if self._offset and (not ids or (self._chained and ids[0] not in self.seen)):
            self._go_back(reply, max(len(ids), 50))
            return []
        if not ids and page.total_count:
            raise fail(Message("answer.unexpected", {"operation": reply.operation, "reason": "a page without records"}))
        new = []
        for id_, raw in zip(ids, raws, strict=True):
            mark = hash(bytes(raw))
            if self.seen.get(id_) != mark:
                new.append(raw)
                self.seen[id_] = mark
        if self._offset + len(ids) >= page.total_count:
            self.call = None
        else:
            self._chained = len(ids) > 1
            self._go(self._offset + (len(ids) - 1 or 1))
        return new

    def _go(self, offset: int) -> None:
        self._offset = offset
        self.call = following(self.first, offset=str(offset))

    def _go_back(self, reply: Reply, by: int) -> None:
        self._back += 1
        if self._back > MOST_STEPS_BACK:
            raise fail(Message("answer.unexpected", {"operation": reply.operation, "reason": "the list keeps moving"}))
        self._go(max(0, self._offset - by))
