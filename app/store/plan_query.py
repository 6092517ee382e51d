"""Reading for plans: the listings that a bulk change is computed from, and stored plans with where each line is now. Nothing here
writes. A sent line's state comes from its outbox row alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from app.contracts.messages import Message
from app.model import Money, from_epoch_ms
from app.store import listing_query
from app.store.listing_query import ListingQuery
from app.store.rows import json_text, read_message, when

#: Where a line is: `blocked` no new price · `held` waits for a release · `ready` goes at the next apply · then the outbox row's
#: state (queued, sending, pending, done, refused, unknown, superseded) · `over` settled, its outbox row tidied away ·
#: changed, gone, not_ours …: never sent, and why.
STATES = (
    "blocked", "held", "ready", "queued", "sending", "pending", "done", "refused", "unknown", "superseded", "over",
)  # fmt: skip
#: On the way or waiting: not yet at an end.
OPEN = ("queued", "sending", "pending", "unknown")
_STATE = (
    "CASE WHEN l.outcome <> '' THEN l.outcome WHEN l.intent_key <> '' THEN coalesce(o.state, 'over')"
    " WHEN l.new_micros IS NULL THEN 'blocked' WHEN l.hold <> '' AND l.released_at IS NULL THEN 'held' ELSE 'ready' END"
)


class Base(NamedTuple):
    """What a new price is computed from: whole numbers of the store (micros, pieces, thousandths of desi, hundredths of a per
    cent). `price` and `list_price` are the wanted ones where a wish is open, else the channel's. `other_currency`: the
    product's amounts are in another currency than the listing and not given."""

    listing_id: int
    connection_id: int
    currency: str
    price: int | None
    list_price: int | None
    stock: int | None
    cost: int | None
    floor: int | None
    ceiling: int | None
    vat_bp: int | None
    desi: int | None
    other_currency: int


# A refused wish is none: the channel keeps its own price.
_PICK = (
    "SELECT l.id, l.connection_id, l.currency, l.sku,"
    " CASE WHEN l.wanted_price_micros IS NOT NULL AND l.price_state <> 'refused'"
    " THEN l.wanted_price_micros ELSE l.price_micros END AS price,"
    " CASE WHEN l.wanted_list_price_micros IS NOT NULL AND l.price_state <> 'refused'"
    " THEN l.wanted_list_price_micros ELSE l.list_price_micros END AS crossed, coalesce(l.wanted_stock, l.stock) AS stock"
)
# One JSON text a slice, not a row a step: with a loop that computes, a step a row is a queue a row for the interpreter's lock.
_PACK = (
    "SELECT json_group_array(json_array(l.id, l.connection_id, l.currency, l.price, l.crossed, l.stock,"
    " iif(p.currency = l.currency, p.cost_micros, NULL), iif(p.currency = l.currency, p.floor_micros, NULL),"
    " iif(p.currency = l.currency, p.ceiling_micros, NULL), p.vat_bp, p.desi_milli,"
    " p.currency <> l.currency AND coalesce(p.cost_micros, p.floor_micros, p.ceiling_micros) IS NOT NULL)) FROM ("
)
_PRODUCT = ") l LEFT JOIN products p ON p.sku = l.sku AND l.sku <> ''"
_Whole = int | None
_bases = msgspec.json.Decoder(
    list[tuple[int, int, str, _Whole, _Whole, _Whole, _Whole, _Whole, _Whole, _Whole, _Whole, int]]
)


def bases(conn: sqlite3.Connection, q: ListingQuery, after: int, limit: int) -> str:
    """The next listings of a query after a listing's id, in the order of ids, for `unpack`. `sort`, `offset` and `limit` of
    the query are not looked at."""
    source, where, values, _ = listing_query._parts(q)
    sql = " ".join((_PACK, _PICK, source, where, "AND l.id > ? ORDER BY l.id LIMIT ?", _PRODUCT))
    return str(conn.execute(sql, [*values, after, limit]).fetchone()[0])


def bases_of(conn: sqlite3.Connection, ids: Sequence[int]) -> str:
    """The same for chosen listings, in the order of their ids."""
    chosen = "FROM listings l WHERE l.id IN (SELECT value FROM json_each(?)) ORDER BY l.id"
    sql = " ".join((_PACK, _PICK, chosen, _PRODUCT))
    return str(conn.execute(sql, (json_text(list(ids)),)).fetchone()[0])


def unpack(text: str) -> list[tuple[Any, ...]]:
    """Rows in the shape of `Base`, as plain tuples: there may be 100,000."""
    return list(_bases.decode(text))


class PlanRow(msgspec.Struct, frozen=True):
    """A plan. `guards` and `totals` are JSON, in the shapes of `app.pricing.guards`. `state`: building, ready, applied (some
    lines were queued); `undone_by` the newest plan that took it back."""

    id: int
    kind: str
    title: str
    connection_id: int | None
    filter: str
    undo_of: int | None
    undone_by: int | None
    state: str
    guards: str
    totals: str
    created_at: datetime
    applied_at: datetime | None


class PlanLineRow(msgspec.Struct, frozen=True):
    """A line with its listing's names. `hold`: codes of why it is or was held; `state`: see STATES; `message` what the channel
    said. Prices VAT as the listing has it."""

    position: int
    listing_id: int
    connection_id: int
    channel: str
    sku: str
    barcode: str
    remote_id: str
    title: str
    old: Money | None
    new: Money | None
    old_list: Money | None
    new_list: Money | None
    hold: tuple[str, ...]
    released: bool
    state: str
    message: Message | None
    intent_key: str


class Progress(msgspec.Struct, frozen=True):
    """Lines of a plan on one connection by state; `first_at` when the first was sent, `last_at` when the last was settled."""

    connection_id: int
    channel: str
    counts: dict[str, int]
    first_at: datetime | None
    last_at: datetime | None

    def seconds_left(self) -> int | None:
        """Until all that is queued is settled, at the pace so far; None while there is none."""
        left = sum(self.counts.get(state, 0) for state in OPEN)
        settled = self.counts.get("done", 0) + self.counts.get("refused", 0)
        if not left or not settled or self.first_at is None or self.last_at is None:
            return None
        took = (self.last_at - self.first_at).total_seconds()
        return round(took / settled * left) if took > 0 else None


_PLANS = (
    "SELECT p.id, p.kind, p.title, p.connection_id, p.filter, p.undo_of,"
    " (SELECT max(u.id) FROM plans u WHERE u.undo_of = p.id AND u.state = 'applied'), p.state, p.guards, p.totals, p.created_at,"
    " p.applied_at FROM plans p"
)
_LINES = (
    "SELECT l.position, l.listing_id, l.connection_id, c.name, g.sku, g.barcode, g.remote_id, g.title, l.currency, l.old_micros,"
    " l.new_micros, l.old_list_micros, l.new_list_micros, l.hold, l.released_at IS NOT NULL,"
)
_FROM = (
    "FROM plan_lines l JOIN listings g ON g.id = l.listing_id JOIN connections c ON c.id = l.connection_id"
    " LEFT JOIN outbox o ON o.key = l.intent_key AND l.intent_key <> ''"
)


def plans(conn: sqlite3.Connection, limit: int, offset: int) -> list[PlanRow]:
    """Newest first; unfinished ones are left out."""
    sql = " ".join((_PLANS, "WHERE p.state <> 'building' ORDER BY p.id DESC LIMIT ? OFFSET ?"))
    return [_plan(row) for row in conn.execute(sql, (limit, offset))]


def plan(conn: sqlite3.Connection, plan_id: int) -> PlanRow | None:
    row = conn.execute(" ".join((_PLANS, "WHERE p.id = ? AND p.state <> 'building'")), (plan_id,)).fetchone()
    return None if row is None else _plan(row)


def lines(
    conn: sqlite3.Connection, plan_id: int, states: Sequence[str], after: int, limit: int, positions: Sequence[int], skip: int = 0
) -> list[PlanLineRow]:  # fmt: skip
    """In the order of positions, after one, without the first `skip` of them. Empty `states`, `positions`: any."""
    sql = " ".join((
        _LINES, _STATE, ", o.message, l.intent_key", _FROM, "WHERE l.plan_id = ?1 AND l.position > ?2 AND (?3 = '[]' OR",
        _STATE, "IN (SELECT value FROM json_each(?3)))",
        "AND (?4 = '[]' OR l.position IN (SELECT value FROM json_each(?4))) ORDER BY l.position LIMIT ?5 OFFSET ?6",
    ))  # fmt: skip
    values = (plan_id, after, json_text(list(states)), json_text(list(positions)), limit, skip)
    return [_line(row) for row in conn.execute(sql, values)]


def progress(conn: sqlite3.Connection, plan_id: int) -> list[Progress]:
    """By connection, in the order of their names."""
    sql = " ".join((
        "SELECT l.connection_id, c.name,", _STATE, "AS where_it_is, count(*), min(o.sent_at), max(o.settled_at)",
        "FROM plan_lines l JOIN connections c ON c.id = l.connection_id",
        "LEFT JOIN outbox o ON o.key = l.intent_key AND l.intent_key <> ''",
        "WHERE l.plan_id = ? GROUP BY l.connection_id, c.name, where_it_is ORDER BY c.name, l.connection_id",
    ))  # fmt: skip
    found: dict[int, tuple[str, dict[str, int], list[int], list[int]]] = {}
    for connection_id, name, state, count, first, last in conn.execute(sql, (plan_id,)):
        _, counts, firsts, lasts = found.setdefault(connection_id, (name, {}, [], []))
        counts[state] = count
        firsts += [first] if first is not None else []
        lasts += [last] if last is not None else []
    return [
        Progress(one, name, counts, when(min(firsts, default=None)), when(max(lasts, default=None)))
        for one, (name, counts, firsts, lasts) in found.items()
    ]


def _plan(row: tuple[Any, ...]) -> PlanRow:
    return PlanRow(*(*row[:10], from_epoch_ms(row[10]), when(row[11])))


def _line(row: tuple[Any, ...]) -> PlanLineRow:
    money = [None if micros is None else Money.from_micros(micros, row[8]) for micros in row[9:13]]
    names = {"sku": row[4], "barcode": row[5], "remote_id": row[6], "title": row[7]}
    return PlanLineRow(
        position=row[0], listing_id=row[1], connection_id=row[2], channel=row[3], **names, old=money[0], new=money[1],
        old_list=money[2], new_list=money[3], hold=tuple(row[13].split()), released=bool(row[14]), state=row[15],
        message=read_message(row[16]), intent_key=row[17],
    )  # fmt: skip
