"""Finding a buyer: which orders belong to one person, by what the orders themselves tell. It reads and never writes.

A name alone makes nobody: two buyers may share it. Orders belong together by the channel's own id of the buyer, by the
same e-mail, or by the same name with the same phone or street. What a channel masked (*) says nothing.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from app.contracts.messages import Message
from app.model import Order, clean, digits, fold, from_epoch_ms
from app.store import order_query, search
from app.store.db import Database
from app.store.erasing import is_open
from app.store.order_query import OrderQuery
from app.store.rows import json_text, read_message

_MOST = 1000  # newest orders that one question looks at
_ROUNDS = 3
_LEAST_PHONE = 7
_decode = msgspec.json.Decoder(Order).decode
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_ROWS = (
    "SELECT o.id, o.connection_id, o.account_id, o.remote_id, o.number, o.placed_at, o.status, o.superseded_by,"
    " d.document FROM orders o JOIN order_documents d ON d.order_id = o.id"
    " WHERE o.id IN (SELECT value FROM json_each(?))"
    " AND NOT EXISTS (SELECT 1 FROM erased_orders e WHERE e.account_id = o.account_id AND e.remote_id = o.remote_id)"
)
_NOTICES = (
    "SELECT id, connection_id, account_id, remote_id, raw, message, last_at FROM attention"
    " WHERE stream = 'orders' AND raw <> '' ORDER BY id"
)


class HeldOrder(msgspec.Struct, frozen=True):
    """An order of a person. `open`: it still has to be sent, or nobody knows."""

    id: int
    connection_id: int
    account_id: str
    remote_id: str
    number: str
    placed_at: datetime
    status: str
    open: bool


class Person(msgspec.Struct, frozen=True):
    """One person as the orders tell them, newest order first. `notices`: records of "needs attention" whose raw text
    names them."""

    names: tuple[str, ...]
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    orders: tuple[HeldOrder, ...]
    notices: tuple[int, ...] = ()


class Notice(msgspec.Struct, frozen=True):
    """A record that could not be read, with its raw text."""

    id: int
    connection_id: int
    remote_id: str
    raw: str
    message: Message | None
    at: datetime


class _Traces(msgspec.Struct, frozen=True):
    """What an order tells of people, folded."""

    names: frozenset[str]
    phones: frozenset[str]
    emails: frozenset[str]
    points: frozenset[tuple[str, ...]]


class _Found(msgspec.Struct, frozen=True):
    row: HeldOrder
    order: Order
    traces: _Traces


class People:
    def __init__(self, db: Database, index: search.Index) -> None:
        self._db = db
        self._index = index

    async def find(self, text: str) -> list[Person]:
        """Everybody whose phone, e-mail, name or order number this is, the newest first. One question looks at the
        newest 1,000 orders; after an erasure the next question finds what is left."""
        await self._index.ready()
        return await self._db.read(lambda conn: _find(conn, text))

    async def of_order(self, order_id: int) -> Person | None:
        """The person of an order with all that belongs to them; None for an unknown or an erased order."""
        await self._index.ready()
        return await self._db.read(lambda conn: next(iter(_persons(conn, {order_id}, "")), None))

    async def notices(self, ids: Sequence[int]) -> list[Notice]:
        """The raw records behind `Person.notices`."""
        wanted = set(ids)

        def job(conn: sqlite3.Connection) -> list[Notice]:
            return [
                Notice(row[0], row[1], row[3], row[4], read_message(row[5]), from_epoch_ms(row[6]))
                for row in conn.execute(_NOTICES)
                if row[0] in wanted
            ]

        return await self._db.read(job)


def _find(conn: sqlite3.Connection, text: str) -> list[Person]:
    text = clean(text, 200)
    if not text:
        return []
    numbered = order_query.find(conn, text)
    if numbered:
        return _persons(conn, set(numbered), "")
    seeds = {found.row.id for found in _load(conn, _hits(conn, text)) if _is_meant(found.traces, text)}
    return _persons(conn, seeds, text)


def _persons(conn: sqlite3.Connection, seeds: set[int], text: str) -> list[Person]:
    """The persons of the seeds, with every order that belongs to them; then records that only name what was asked."""
    known = {found.row.id: found for found in _load(conn, seeds)}
    asked: set[str] = set()
    for _ in range(_ROUNDS):
        keys = {key for found in known.values() for key in _keys(found.traces)} - asked
        if not keys:
            break
        asked |= keys
        more = {i for key in keys for i in _hits(conn, key)} - known.keys()
        grown = {**known, **{found.row.id: found for found in _load(conn, more)}}
        joined = [group for group in _groups(grown.values()) if any(one.row.id in seeds for one in group)]
        before, known = len(known), {one.row.id: one for group in joined for one in group}
        if len(known) == before:
            break
    groups = [group for group in _groups(known.values()) if any(one.row.id in seeds for one in group)]
    raws = conn.execute(_NOTICES).fetchall()
    people = [_person(group, raws) for group in groups]
    people.sort(key=lambda one: one.orders[0].placed_at, reverse=True)
    taken = {i for one in people for i in one.notices}
    lone = tuple(row[0] for row in raws if row[0] not in taken and text and _names(row[4], _asked(text)))
    if lone:
        people.append(Person((), (), (), (), lone))
    return people


def _person(group: list[_Found], raws: list[tuple[object, ...]]) -> Person:
    group.sort(key=lambda one: (one.row.placed_at, one.row.id), reverse=True)
    names: dict[str, str] = {}
    phones: dict[str, str] = {}
    emails: dict[str, str] = {}
    for one in group:
        order = one.order
        for name in (order.buyer.name, order.ship_to.name, order.bill_to.name if order.bill_to else ""):
            if name:
                names.setdefault(fold(name), name)
        for phone in (order.buyer.phone, order.ship_to.phone, order.bill_to.phone if order.bill_to else ""):
            if phone:
                phones.setdefault(search.national(digits(phone)), phone)
        if order.buyer.email:
            emails.setdefault(fold(order.buyer.email), order.buyer.email)
    own = {(one.row.account_id, one.row.remote_id) for one in group}
    traces = _Traces(
        frozenset().union(*(one.traces.names for one in group)), frozenset().union(*(one.traces.phones for one in group)),
        frozenset().union(*(one.traces.emails for one in group)), frozenset(),
    )  # fmt: skip
    told = tuple(int(str(row[0])) for row in raws if (row[2], row[3]) in own or _names(str(row[4]), traces))
    return Person(
        tuple(names.values()), tuple(phones.values()), tuple(emails.values()), tuple(one.row for one in group), told
    )


def _names(raw: str, traces: _Traces) -> bool:
    """Whether a raw text names a person: by a phone, an e-mail, or a whole name of two words or more."""
    plain = fold(_ESCAPED.sub(lambda m: chr(int(m[1], 16)), raw))
    if any(email in plain for email in traces.emails):
        return True
    if traces.phones:
        figures = digits(plain)
        if any(phone in figures for phone in traces.phones):
            return True
    words = " ".join(re.findall(r"\w+", plain))
    return any(" " in name and re.search(rf"\b{re.escape(name)}\b", words) for name in traces.names)


def _asked(text: str) -> _Traces:
    """What somebody typed, as traces."""
    folded = fold(text)
    if "@" in text:
        return _Traces(frozenset(), frozenset(), frozenset((folded,)), frozenset())
    number = search.national(digits(text))
    if not folded.strip("0123456789+-/(). ") and len(number) >= _LEAST_PHONE:
        return _Traces(frozenset(), frozenset((number,)), frozenset(), frozenset())
    return _Traces(frozenset((folded,)), frozenset(), frozenset(), frozenset())


def _is_meant(traces: _Traces, text: str) -> bool:
    asked = _asked(text)
    if asked.emails:
        return bool(asked.emails & traces.emails)
    if asked.phones:
        return any(phone.endswith(number) for number in asked.phones for phone in traces.phones)
    terms = set(fold(text).split())
    return any(terms <= set(name.split()) for name in traces.names)


def _keys(traces: _Traces) -> set[str]:
    """What to look for to find more of the same person."""
    return {*traces.names, *traces.phones, *traces.emails}


def _hits(conn: sqlite3.Connection, text: str) -> set[int]:
    if not search.understand(text):
        return set()
    return {row.id for row in order_query.rows(conn, OrderQuery(search=text, superseded=True, limit=_MOST))}


def _load(conn: sqlite3.Connection, ids: Iterable[int]) -> list[_Found]:
    found = []
    for row in conn.execute(_ROWS, (json_text(sorted(ids)),)):
        order = _decode(row[8])
        held = HeldOrder(*(*row[:5], from_epoch_ms(row[5]), row[6], is_open(row[6], row[7])))
        found.append(_Found(held, order, _traces(held.account_id, order)))
    return found


def _traces(account_id: str, order: Order) -> _Traces:
    buyer, places = order.buyer, [order.ship_to, *([order.bill_to] if order.bill_to is not None else [])]
    names = {fold(n) for n in (buyer.name, *(p.name for p in places), *(p.company for p in places)) if _tells(n)}
    phones = {p for n in (buyer.phone, *(p.phone for p in places)) if (p := _phone(n))}
    emails = {fold(buyer.email)} if _tells(buyer.email) else set()
    # Only who bought joins orders: a present's recipient is somebody else, with orders of their own.
    who = fold(buyer.name or order.ship_to.name)
    own = [place for place in places if fold(place.name) in ("", who)]
    points: set[tuple[str, ...]] = {("mail", email) for email in emails}
    if _tells(who):
        points |= {("phone", who, p) for n in (buyer.phone, *(place.phone for place in own)) if (p := _phone(n))}
        points |= {("street", who, fold(f"{p.street} {p.city}")) for p in own if _tells(p.street)}
    if _tells(buyer.remote_id):
        points.add(("id", account_id, buyer.remote_id))
    return _Traces(frozenset(names), frozenset(phones), frozenset(emails), frozenset(points))


def _phone(text: str) -> str:
    """The national digits; "" for a masked or a short one."""
    number = search.national(digits(text)) if _tells(text) else ""
    return number if len(number) >= _LEAST_PHONE else ""


def _tells(text: str) -> bool:
    return bool(text.strip()) and "*" not in text


def _groups(all_found: Iterable[_Found]) -> list[list[_Found]]:
    """Orders that share a point, directly or over others."""
    groups: list[list[_Found]] = []
    by_point: dict[tuple[str, ...], int] = {}
    for found in all_found:
        touched = sorted({by_point[p] for p in found.traces.points if p in by_point})
        home = touched[0] if touched else len(groups)
        if not touched:
            groups.append([])
        groups[home].append(found)
        for other in touched[1:]:
            groups[home] += groups[other]
            groups[other] = []
        for member in groups[home]:
            for point in member.traces.points:
                by_point[point] = home
    return [group for group in groups if group]
