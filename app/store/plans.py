"""Plans: bulk changes of prices that are stored and looked at before anything is sent. A plan only ever reaches a vendor through the
outbox, and no line does that was not stored, or that waits for somebody's eye."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.model import ListingRef, Money, PriceChange, from_epoch_ms, to_epoch_ms
from app.store import audit, outbox, plan_query, sheet_match
from app.store.db import Database
from app.store.errors import StoreError
from app.store.listing_query import ListingQuery
from app.store.plan_query import PlanLineRow, PlanRow, Progress
from app.store.rows import insert_many, json_text

_encode = msgspec.json.Encoder().encode
_LINE = (
    "INSERT INTO plan_lines(plan_id, position, listing_id, connection_id, currency, old_micros, new_micros, old_list_micros,"
    " new_list_micros, hold, outcome)"
)
_OUTBOX = "INSERT INTO outbox(key, connection_id, account_id, kind, subject, payload, state, attempts, not_before, created_at, plan)"
_LEFT_MS = 3_600_000  # a plan that is still being built after an hour was left by a program that ended

#: listing id, connection id, currency, old, new, old list, new list (micros or None), hold, outcome.
Line = tuple[int, int, str, int | None, int | None, int | None, int | None, str, str]


class NewPlan(msgspec.Struct, frozen=True):
    """`kind` formula, sheet or undo; `title` what it was made from; `guards` JSON."""

    kind: str
    title: str
    connection_id: int | None = None
    filter: str = ""
    undo_of: int | None = None
    guards: str = "{}"


class Queued(msgspec.Struct, frozen=True):
    """What a step of applying did: listings by connection that were queued, lines by why they were not, the position reached;
    `over`: nothing is left that may go now."""

    queued: dict[int, list[int]]
    left: dict[str, int]
    reached: int
    over: bool


class _Handle(msgspec.Struct):
    """What a price change needs of a listing's document."""

    remote_id: str
    sku: str
    list_price: Money | None = None
    barcode: str = ""
    extra: dict[str, str] = {}


_handle = msgspec.json.Decoder(_Handle)


class Recipe(msgspec.Struct, frozen=True):
    name: str
    formula: str
    saved_at: datetime


class Plans:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    # -- what new prices are computed from

    async def bases(self, q: ListingQuery, after: int = 0, limit: int = 1000) -> list[tuple[Any, ...]]:
        """The next listings after an id, in the shape of `Base` (as plain tuples: there may be 100,000)."""
        return plan_query.unpack(await self._db.read(lambda conn: plan_query.bases(conn, q, after, limit)))

    async def bases_of(self, ids: Sequence[int]) -> list[tuple[Any, ...]]:
        """Those of chosen listings, in the order of ids."""
        return plan_query.unpack(await self._db.read(lambda conn: plan_query.bases_of(conn, ids)))

    async def match(self, keys: Sequence[sheet_match.Key], connections: Sequence[int]) -> list[sheet_match.Hit]:
        """The listings that rows of a sheet mean."""
        return await self._db.read(lambda conn: sheet_match.match(conn, keys, connections))

    async def near(self, keys: Sequence[str], connections: Sequence[int]) -> dict[str, str]:
        """Suggestions for SKUs that no listing has: folded SKU → a listing's."""
        return await self._db.read(lambda conn: sheet_match.near(conn, keys, connections))

    async def names(self, ids: Sequence[int]) -> list[sheet_match.Named]:
        """What listings are called, for a sheet that leaves the program."""
        return await self._db.read(lambda conn: sheet_match.names(conn, ids))

    # -- making

    async def begin(self, new: NewPlan) -> int:
        """An empty plan that nobody sees yet; returns its id. Forgets those that a program left unfinished."""
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> int:
            for (left,) in conn.execute(
                "SELECT id FROM plans WHERE state = 'building' AND created_at < ?", (at - _LEFT_MS,)
            ).fetchall():
                _drop(conn, left)
            made = conn.execute(
                "INSERT INTO plans(kind, title, connection_id, filter, undo_of, state, guards, created_at)"
                " VALUES (?, ?, ?, ?, ?, 'building', ?, ?)",
                (new.kind, new.title, new.connection_id, new.filter, new.undo_of, new.guards, at),
            )
            return int(made.lastrowid or 0)

        return await self._db.write(job)

    async def add(self, plan_id: int, first: int, lines: Sequence[Line]) -> None:
        """Lines of a plan that is being built, at positions from `first` (from 1) on."""
        rows = [(plan_id, at, *line) for at, line in enumerate(lines, first)]
        if rows:
            await self._db.write(lambda conn: insert_many(conn, _LINE, rows))

    async def finish(self, plan_id: int, totals: str) -> None:
        """The plan is whole. `totals` JSON."""
        await self._db.write(
            lambda conn: conn.execute("UPDATE plans SET state = 'ready', totals = ? WHERE id = ?", (totals, plan_id))
        )

    async def drop(self, plan_id: int) -> None:
        """Forget a plan of which nothing was queued. Raises StoreError `store.plan_sent`."""

        def job(conn: sqlite3.Connection) -> None:
            sent = conn.execute("SELECT 1 FROM plan_lines WHERE plan_id = ? AND intent_key <> '' LIMIT 1", (plan_id,))
            if sent.fetchone():
                raise StoreError("store.plan_sent", plan=str(plan_id))
            _drop(conn, plan_id)

        await self._db.write(job)

    # -- looking

    async def get(self, plan_id: int) -> PlanRow:
        """Raises StoreError `store.no_plan`."""
        found = await self._db.read(lambda conn: plan_query.plan(conn, plan_id))
        if found is None:
            raise StoreError("store.no_plan", plan=str(plan_id))
        return found

    async def lines(
        self, plan_id: int, *, states: Sequence[str] = (), after: int = 0, limit: int = 200, positions: Sequence[int] = (), skip: int = 0
    ) -> list[PlanLineRow]:  # fmt: skip
        """In the order of positions, after one, without the first `skip` of them; `states` as in `plan_query.STATES`. Empty: any."""
        return await self._db.read(lambda conn: plan_query.lines(conn, plan_id, states, after, limit, positions, skip))

    async def progress(self, plan_id: int) -> list[Progress]:
        """Lines by connection and state."""
        return await self._db.read(lambda conn: plan_query.progress(conn, plan_id))

    # -- releasing, sending

    async def release(self, plan_id: int, positions: Sequence[int] | None = None) -> int:
        """Let held lines go at the next apply, all of them or those at `positions`; returns how many, with one entry in the
        audit log in the same transaction. Lines without a new price, and ones that are out of bounds, stay."""
        at = to_epoch_ms(self._now())
        chosen = None if positions is None else json_text(list(positions))

        def job(conn: sqlite3.Connection) -> int:
            found = [
                row[0]
                for row in conn.execute(
                    "UPDATE plan_lines SET released_at = ?1 WHERE plan_id = ?2 AND hold <> '' AND released_at IS NULL"
                    " AND new_micros IS NOT NULL AND outcome = '' AND (?3 IS NULL OR position IN (SELECT value FROM json_each(?3)))"
                    " RETURNING listing_id",
                    (at, plan_id, chosen),
                )
            ]
            if found:
                details = {**audit.counted(sorted(found)), "released": True}
                entry = audit.Entry(audit.Action.PRICE_WISHED, None, ("plan", plan_id), details=details)
                audit.append(conn, at, *entry.columns())
            return len(found)

        return await self._db.write(job)

    async def queued_since(self, since: datetime) -> int:
        """Lines queued since then, by all plans but those that take one back."""
        query = "SELECT count(*) FROM plan_lines l JOIN plans p ON p.id = l.plan_id WHERE l.queued_at >= ? AND p.kind <> 'undo'"
        at = to_epoch_ms(since)
        return await self._db.read(lambda conn: int(conn.execute(query, (at,)).fetchone()[0]))

    async def queue_some(self, plan_id: int, after: int, limit: int) -> Queued:
        """Queue up to `limit` of the lines that may go, after a position, in one transaction: outbox row, the listing's wish and
        the line's key. A line whose listing has another price by now than the plan showed is never sent."""
        at = to_epoch_ms(self._now())
        return await self._db.write(lambda conn: _queue_some(conn, plan_id, after, limit, at))

    async def sent_lines(self, plan_id: int, after: int, limit: int) -> list[tuple[Any, ...]]:
        """What taking a plan back looks at: position, listing id, connection id, currency, old, new, old list, new list, key,
        state, the channel's price, its list price, key of the listing's open price wish."""
        query = (
            "SELECT l.position, l.listing_id, l.connection_id, l.currency, l.old_micros, l.new_micros, l.old_list_micros,"
            " l.new_list_micros, l.intent_key, coalesce(o.state, 'over'), g.price_micros, g.list_price_micros, g.price_key"
            " FROM plan_lines l JOIN listings g ON g.id = l.listing_id LEFT JOIN outbox o ON o.key = l.intent_key"
            " WHERE l.plan_id = ? AND l.position > ? AND l.intent_key <> '' ORDER BY l.position LIMIT ?"
        )
        return await self._db.read(lambda conn: conn.execute(query, (plan_id, after, limit)).fetchall())

    # -- recipes

    async def save_recipe(self, name: str, formula: str) -> None:
        """Keep a formula under a name; one of that name is replaced."""
        at = to_epoch_ms(self._now())
        query = (
            "INSERT INTO recipes(name, formula, saved_at) VALUES (?, ?, ?)"
            " ON CONFLICT(name) DO UPDATE SET formula = excluded.formula, saved_at = excluded.saved_at"
        )
        await self._db.write(lambda conn: conn.execute(query, (name, formula, at)).rowcount)

    async def recipes(self) -> list[Recipe]:
        query = "SELECT name, formula, saved_at FROM recipes ORDER BY name"
        return await self._db.read(
            lambda conn: [Recipe(name, text, from_epoch_ms(at)) for name, text, at in conn.execute(query)]
        )

    async def drop_recipe(self, name: str) -> bool:
        query = "DELETE FROM recipes WHERE name = ?"
        return await self._db.write(lambda conn: conn.execute(query, (name,)).rowcount > 0)

    async def list(self, *, limit: int = 100, offset: int = 0) -> list[PlanRow]:
        """Newest first."""
        return await self._db.read(lambda conn: plan_query.plans(conn, limit, offset))


def _drop(conn: sqlite3.Connection, plan_id: int) -> None:
    conn.execute("DELETE FROM plan_lines WHERE plan_id = ?", (plan_id,))
    conn.execute("DELETE FROM plans WHERE id = ?", (plan_id,))


_NEXT = (
    "SELECT l.position, l.listing_id, l.connection_id, c.account_id, c.removed_at IS NOT NULL, l.currency, l.old_micros,"
    " l.new_micros, l.new_list_micros, g.currency,"
    " CASE WHEN g.wanted_price_micros IS NOT NULL AND g.price_state <> 'refused'"
    " THEN g.wanted_price_micros ELSE g.price_micros END, d.document"
    " FROM plan_lines l JOIN listings g ON g.id = l.listing_id JOIN listing_documents d ON d.listing_id = l.listing_id"
    " JOIN connections c ON c.id = l.connection_id"
    " WHERE l.plan_id = ? AND l.position > ? AND l.intent_key = '' AND l.outcome = '' AND l.new_micros IS NOT NULL"
    " AND (l.hold = '' OR l.released_at IS NOT NULL) ORDER BY l.position LIMIT ?"
)


def _queue_some(conn: sqlite3.Connection, plan_id: int, after: int, limit: int, at: int) -> Queued:
    if conn.execute("SELECT 1 FROM plans WHERE id = ? AND state <> 'building'", (plan_id,)).fetchone() is None:
        raise StoreError("store.no_plan", plan=str(plan_id))
    found = conn.execute(_NEXT, (plan_id, after, limit)).fetchall()
    intents: list[tuple[Any, ...]] = []
    wishes: list[tuple[Any, ...]] = []
    left: dict[str, list[int]] = {}
    queued: dict[int, list[int]] = {}
    made = Money.from_micros
    for (
        position,
        listing_id,
        connection_id,
        account,
        removed,
        currency,
        old,
        new,
        new_list,
        now_in,
        now_at,
        doc,
    ) in found:
        if removed:
            left.setdefault("gone", []).append(position)
            continue
        if now_at != old or now_in != currency:
            left.setdefault("changed", []).append(position)
            continue
        key, handle = outbox.new_key(), _handle.decode(doc)
        crossed = None if new_list is None else made(new_list, currency)
        change = PriceChange(
            key, ListingRef(handle.remote_id, handle.sku, handle.barcode, handle.extra), made(new, currency), crossed, handle.list_price
        )  # fmt: skip
        intents.append(
            (key, connection_id, account, "price", listing_id, _encode(change), outbox.QUEUED, 0, 0, at, str(plan_id))
        )
        wishes.append((listing_id, position, key, new, new_list, currency))
        queued.setdefault(connection_id, []).append(listing_id)
    for why, positions in left.items():
        conn.execute(
            "UPDATE plan_lines SET outcome = ? WHERE plan_id = ? AND position IN (SELECT value FROM json_each(?))",
            (why, plan_id, json_text(positions)),
        )
    if wishes:
        _wish(conn, plan_id, intents, wishes, at)
    return Queued(
        queued, {why: len(all_) for why, all_ in left.items()}, found[-1][0] if found else after, len(found) < limit
    )


def _wish(
    conn: sqlite3.Connection, plan_id: int, intents: Sequence[tuple[Any, ...]], wishes: Sequence[tuple[Any, ...]], at: int
) -> None:  # fmt: skip
    """`wishes`: listing id, position, key, new price, new list price, currency."""
    as_json = json_text(wishes)
    # As `outbox.put` and `Listings.want_price` do it for one, a thousand in a few statements.
    conn.execute(
        "UPDATE outbox SET state = 'superseded', settled_at = ?1 WHERE id IN (SELECT o.id FROM json_each(?2) j"
        " JOIN listings g ON g.id = json_extract(j.value, '$[0]')"
        " JOIN outbox o ON o.connection_id = g.connection_id AND o.kind = 'price' AND o.subject = g.id AND o.state = 'queued')",
        (at, as_json),
    )
    insert_many(conn, _OUTBOX, intents)
    conn.execute(
        "UPDATE listings SET wanted_price_micros = json_extract(j.value, '$[3]'),"
        " wanted_list_price_micros = json_extract(j.value, '$[4]'), wanted_currency = json_extract(j.value, '$[5]'),"
        " price_key = json_extract(j.value, '$[2]'), price_state = 'queued', price_message = NULL, changed_at = ?1"
        " FROM json_each(?2) j WHERE listings.id = json_extract(j.value, '$[0]')",
        (at, as_json),
    )
    # By one: joined with the JSON, SQLite reads the whole plan for each of its rows.
    conn.executemany(
        "UPDATE plan_lines SET intent_key = ?, queued_at = ? WHERE plan_id = ? AND position = ?",
        [(wish[2], at, plan_id, wish[1]) for wish in wishes],
    )
    conn.execute("UPDATE plans SET state = 'applied', applied_at = coalesce(applied_at, ?) WHERE id = ?", (at, plan_id))


def totals_by_state(rows: Sequence[Progress]) -> Mapping[str, int]:
    """Lines by state over all connections."""
    found: dict[str, int] = {}
    for row in rows:
        for state, count in row.counts.items():
            found[state] = found.get(state, 0) + count
    return found
