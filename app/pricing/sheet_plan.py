"""From a sheet that was read to a stored plan: rows find their listings, prices are judged as a formula's are, lines are stored. Computes in
slices; must never take a price of a row that means two things, nor send anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

import msgspec

from app.contracts import Message
from app.model import Money, fold
from app.pricing.guards import Guards, Judge, Totals
from app.pricing.plan import PART, Plans
from app.pricing.sheet_read import Entry, PriceSheet
from app.store import NewPlan, Store
from app.store.listings import sku_key
from app.store.plans import Line
from app.store.sheet_match import BY_BARCODE, BY_REMOTE_ID, BY_SKU, Hit, Key

MOST_NEAR = 500  # unknown SKUs for which a near one is looked for
_MOST_TOLD = 1_000
_entries = msgspec.json.Decoder(tuple[Entry, ...])
_Wish = tuple[int | None, int | None, str, int]  # price, list price (micros), currency as written, row


class Unknown(msgspec.Struct, frozen=True):
    """A row whose listing nobody knows; `near`: an SKU that differs from it in case, blanks or leading zeros only."""

    row: int
    name: str
    near: str = ""


class SheetPlan(msgspec.Struct, frozen=True):
    """`plan_id` None: no row means a listing. `matched`: listings that rows mean; `rounded`: prices with more digits than their
    currency has, half up; `elsewhere`: rows of connections that were not asked for. `troubles`: the first of `trouble_count`."""

    plan_id: int | None
    matched: int
    totals: Totals
    unknown: tuple[Unknown, ...]
    troubles: tuple[Message, ...]
    trouble_count: int
    rounded: int
    elsewhere: int


async def make_plan(
    store: Store, plans: Plans, sheet: PriceSheet, asked: Mapping[int, str], others: Sequence[str], guards: Guards
) -> SheetPlan:
    """`asked`: connections whose listings are meant, id → name; `others`: names of connections that are not, whose rows are passed by.
    A sheet with doubts must not come here."""
    return await _Making(store, plans, sheet, asked, others, guards).make()


class _Making:
    def __init__(
        self, store: Store, plans: Plans, sheet: PriceSheet, asked: Mapping[int, str], others: Sequence[str], guards: Guards
    ) -> None:  # fmt: skip
        self._store, self._plans, self._sheet = store, plans, sheet
        self._ids = {fold(name): one for one, name in asked.items()}
        self._asked, self._others = list(asked), frozenset(map(fold, others))
        self._judge = Judge(guards)
        self._wishes: dict[int, _Wish] = {}
        self._dropped: set[int] = set()
        self._unknown: list[Unknown] = []
        self._told: list[Message] = list(sheet.troubles)
        self._count = sheet.trouble_count
        self._rounded = self._elsewhere = 0
        self._units: dict[str, int] = {}

    def _trouble(self, row: int, field: str, value: str, why: str) -> None:
        self._count += 1
        if len(self._told) < _MOST_TOLD:
            letters = self._sheet.places.get(field, "")
            told = {
                "field": f"{self._sheet.file} · {letters}{row}",
                "cell": f"{letters}{row}",
                "value": value[:60],
                "why": why,
            }
            self._told.append(Message("sheet.cell", told))

    async def make(self) -> SheetPlan:
        # The next rows are looked up while these are judged.
        ahead: tuple[tuple[Entry, ...], list[Key], asyncio.Future[list[Hit]]] | None = None
        try:
            for part in self._sheet.entries:
                now, ahead = ahead, self._look_up(part)
                if now is not None:
                    await self._take_all(*now)
            if ahead is not None:
                await self._take_all(*ahead)
        finally:
            if ahead is not None:
                ahead[2].cancel()
        await self._look_near()
        plan_id = None
        if self._wishes:
            only = self._asked[0] if len(self._asked) == 1 else None
            plan_id = await self._plans.keep(NewPlan("sheet", self._sheet.file, only), self._lines(), self._judge)
        return SheetPlan(
            plan_id, len(self._wishes), self._judge.totals, tuple(self._unknown), tuple(self._told), self._count,
            self._rounded, self._elsewhere,
        )  # fmt: skip

    # -- rows and their listings

    def _look_up(self, part: bytes) -> tuple[tuple[Entry, ...], list[Key], asyncio.Future[list[Hit]]]:
        entries = _entries.decode(part)
        keys: list[Key] = []
        for at, one in enumerate(entries):
            connection = self._connection(one)
            if connection is not None:
                keys.append((at, connection, one.remote_id, one.sku, one.barcode))
        return entries, keys, asyncio.ensure_future(self._store.plans.match(keys, self._asked))

    async def _take_all(self, entries: Sequence[Entry], keys: Sequence[Key], found: asyncio.Future[list[Hit]]) -> None:
        hits: dict[int, list[Hit]] = {key[0]: [] for key in keys}
        for hit in await found:
            hits[hit[0]].append(hit)
        for at, one in hits.items():
            self._take(entries[at], one)

    def _connection(self, entry: Entry) -> int | None:
        """0: any that was asked for; None: the row is passed by."""
        if not entry.connection:
            return 0
        name = fold(entry.connection)
        if name in self._ids:
            return self._ids[name]
        if name in self._others:
            self._elsewhere += 1
        else:
            self._trouble(entry.row, "connection", entry.connection, "price_connection")
        return None

    def _take(self, entry: Entry, hits: Sequence[Hit]) -> None:
        listing = hits[0][1] if hits else 0
        if (
            hits
            and listing not in self._wishes
            and listing not in self._dropped
            and all(hit[1] == listing for hit in hits)
        ):
            self._wishes[listing] = (entry.price, entry.list_price, entry.currency, entry.row)
            return  # as nearly all rows are
        by: dict[int, dict[int, int]] = {BY_REMOTE_ID: {}, BY_SKU: {}, BY_BARCODE: {}}
        for _, one, connection, how in hits:
            by[how][one] = connection
        exact = by[BY_REMOTE_ID]
        if len(exact) == 1:
            chosen = exact
        elif by[BY_SKU]:
            chosen = by[BY_SKU]
            told = by[BY_BARCODE]
            for connection in {*chosen.values()} & {*told.values()}:
                if not any(one in told for one, at in chosen.items() if at == connection):
                    self._trouble(entry.row, "barcode", f"{entry.sku} / {entry.barcode}", "price_pair")
                    return
        else:
            chosen = by[BY_BARCODE]
        if not chosen:
            self._unknown.append(Unknown(entry.row, entry.name))
        for listing in chosen:
            wish = (entry.price, entry.list_price, entry.currency, entry.row)
            before = self._wishes.get(listing)
            if listing in self._dropped or (before is not None and before[:2] != wish[:2]):
                self._trouble(entry.row, "sku", entry.name, "price_twice")
                if before is not None:
                    self._trouble(before[3], "sku", entry.name, "price_twice")
                    del self._wishes[listing]
                    self._dropped.add(listing)
            elif before is not None:
                self._trouble(entry.row, "sku", entry.name, "sheet_twice")
            else:
                self._wishes[listing] = wish

    async def _look_near(self) -> None:
        some = self._unknown[:MOST_NEAR]
        if some:
            found = await self._store.plans.near([sku_key(one.name) for one in some], self._asked)
            self._unknown[:MOST_NEAR] = [Unknown(one.row, one.name, found.get(sku_key(one.name), "")) for one in some]

    # -- prices

    async def _lines(self) -> AsyncIterator[list[Line]]:
        ids = iter(list(self._wishes))
        read = self._store.plans.bases_of
        ahead = asyncio.ensure_future(read(list(islice(ids, PART))))
        try:
            while bases := await ahead:
                ahead = asyncio.ensure_future(read(list(islice(ids, PART))))
                yield self._judged(bases)
        finally:
            ahead.cancel()

    def _judged(self, bases: Sequence[tuple[Any, ...]]) -> list[Line]:
        plain: list[tuple[Any, ...]] = []
        prices: list[int] = []
        made: list[Line | None] = []
        for base in bases:
            price, crossed, currency, row = self._wishes[base[0]]
            _, _, own, old, old_list, *_ = base
            if currency and currency != own:
                self._trouble(
                    row, "currency" if "currency" in self._sheet.found else "price", currency, "price_currency"
                )
                continue
            new = old if price is None else self._unit(price, own)
            crossed = None if crossed is None else self._unit(crossed, own)
            if crossed == old_list:
                crossed = None
            if new is None or crossed is None:
                plain.append(base)
                prices.append(0 if new is None else new)
            elif crossed < new:
                value = str(Decimal(crossed).scaleb(-6).normalize() + 0)
                self._trouble(row, "list_price", value, "price_list_below")
            else:
                made.append(self._judge.line(base, new, crossed))
        lines = self._judge.many(plain, prices) if plain else []
        lines += [line for line in made if line is not None]
        lines.sort(key=lambda line: line[0])
        return lines

    def _unit(self, micros: int, currency: str) -> int:
        """In the currency's minor unit, half up."""
        if currency not in self._units:
            self._units[currency] = 10 ** (6 - Money(Decimal(0), currency).exponent)
        unit = self._units[currency]
        rounded = (micros + unit // 2) // unit * unit
        self._rounded += rounded != micros
        return rounded
