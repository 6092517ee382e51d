"""Bulk changes of prices: from a formula and a choice of listings to a stored plan, and from there into the outbox. Computes in slices
of a few milliseconds; must never send a line that was not stored and shown, or that a guard holds.

Rounding: a new price is rounded half up to the minor unit of the listing's currency, at the very end.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec

from app.model import Money
from app.pricing import guards as guarding
from app.pricing.exact import CONTEXT, LineTrouble, step
from app.pricing.formula import Formula
from app.pricing.guards import Guards, Judge, Totals
from app.pricing.names import SCALES
from app.pricing.quick import quick
from app.store import ListingQuery, NewPlan, Store
from app.store.plans import Line

SLICE = 2_000  # listings read, and lines stored, at once
PART = 500  # listings computed at a stretch: 1 ms where there is a quick way, 3 ms where there is none
QUEUE_SLICE = 500  # lines queued in one transaction
SAMPLE = 50  # lines that a preview keeps to be shown

_AT = {"price": 3, "list_price": 4, "stock": 5, "cost": 6, "min_price": 7, "max_price": 8, "desi": 10}
_ALL = ListingQuery()


class Choice(msgspec.Struct, frozen=True):
    """Which listings: a query, or exactly `ids`; of these only connections in `writable` (None: all)."""

    query: ListingQuery = _ALL
    ids: tuple[int, ...] = ()
    writable: frozenset[int] | None = None


class Preview(msgspec.Struct, frozen=True):
    """What a formula would do: totals, the first lines that change, the first that are held or blocked."""

    totals: Totals
    changes: tuple[Line, ...]
    held: tuple[Line, ...]


class Applied(msgspec.Struct, frozen=True):
    """What applying did: lines queued by connection, lines left by why (changed, gone), lines that wait for another day."""

    queued: dict[int, int]
    left: dict[str, int]
    capped: int


class Computer:
    """One formula over many listings. `shares`: commission by connection (a share: 0.21), where it is known."""

    def __init__(self, formula: Formula, guards: Guards, shares: Mapping[int, Decimal] | None = None) -> None:
        needs = not formula.names.isdisjoint(("cost", "min_price", "max_price"))
        self.judge = Judge(guards, needs_amounts=needs)
        self.formula = formula
        self._shares = shares or {}
        self._micros = {one: int(share.scaleb(6)) for one, share in self._shares.items()}
        self._names = sorted(formula.names)
        self._quick = quick(formula)
        self._step = step(formula.root)
        self._units: dict[str, tuple[int, int]] = {}  # by currency: its minor unit in the column's scale, and in micros

    def lines(self, bases: Sequence[tuple[Any, ...]]) -> list[Line]:
        """The lines of some listings (in the shape of `Base`), without those whose price stays."""
        if self._quick is None:
            found = (self._slow(base) for base in bases)
            return [line for line in found if line is not None]
        whole, rest = self._whole(bases)
        made = self._column(whole) if whole else []
        made += [line for line in map(self._slow, rest) if line is not None]
        if rest:
            made.sort(key=lambda line: line[0])
        return made

    def _whole(self, bases: Sequence[tuple[Any, ...]]) -> tuple[Sequence[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """Listings that have every variable of the formula and a price, and the others."""
        places = [_AT[name] for name in {*self._names, "price"} if name in _AT]
        rates, shares = "vat" in self.formula.names, "commission" in self.formula.names
        if not any(None in [base[at] for base in bases] for at in places) and not rates and not shares:
            return bases, []
        whole: list[tuple[Any, ...]] = []
        rest: list[tuple[Any, ...]] = []
        for base in bases:
            has = all(base[at] is not None for at in places) and not (rates and base[9] is None)
            (whole if has and not (shares and base[1] not in self._micros) else rest).append(base)
        return whole, rest

    def _column(self, bases: Sequence[tuple[Any, ...]]) -> list[Line]:
        columns = {}
        for name in self._names:
            if name == "vat":
                columns[name] = [base[9] * 100 for base in bases]
            elif name == "commission":
                columns[name] = [self._micros[base[1]] for base in bases]
            else:
                at = _AT[name]
                columns[name] = [base[at] for base in bases]
        run, scale, _, _ = self._quick  # type: ignore[misc]
        values = run(columns, len(bases))
        if scale < 6:
            factor = 10 ** (6 - scale)
            values, scale = [value * factor for value in values], 6
        prices: list[int] = []
        currencies = {base[2] for base in bases}
        for currency in currencies:
            if currency not in self._units:
                exponent = Money(Decimal(0), currency).exponent
                self._units[currency] = (10 ** (scale - exponent), 10 ** (6 - exponent))
        if len(currencies) == 1 and min(values) >= 0:
            unit, back = self._units[currencies.pop()]
            half = unit // 2
            prices = [(value + half) // unit * back for value in values]
        else:
            for base, value in zip(bases, values, strict=True):
                unit, back = self._units[base[2]]
                prices.append((value + unit // 2) // unit * back if value >= 0 else -1)
        return self.judge.many(bases, prices)

    def _slow(self, base: tuple[Any, ...]) -> Line | None:
        if base[3] is None:
            return self.judge.blocked(base, guarding.NO_PRICE)
        if base[11] and self.judge.needs_amounts:
            return self.judge.blocked(base, guarding.CURRENCY)
        values: dict[str, Decimal | None] = {}
        for name in self._names:
            raw = base[_AT[name]] if name in _AT else base[9] * 100 if name == "vat" and base[9] is not None else None
            values[name] = self._shares.get(base[1]) if name == "commission" else raw if raw is None else Decimal(raw).scaleb(-SCALES[name])  # fmt: skip
        try:
            value = self._step(values)
        except LineTrouble as trouble:
            return self.judge.blocked(base, trouble.code)
        if value < 0:
            return self.judge.line(base, -1)
        if value > guarding.MOST_MICROS // 1_000_000:
            return self.judge.blocked(base, guarding.LARGE)
        unit = Decimal(1).scaleb(-Money(Decimal(0), base[2]).exponent)
        return self.judge.line(base, int(value.quantize(unit, ROUND_HALF_UP, CONTEXT).scaleb(6)))


async def _computed(computer: Computer, bases: Sequence[tuple[Any, ...]]) -> list[Line]:
    """The lines of a slice, with the loop's turn in between."""
    made: list[Line] = []
    for at in range(0, len(bases), PART):
        made += computer.lines(bases[at : at + PART])
        await asyncio.sleep(0)
    return made


class Plans:
    """Makes, looks at and applies plans of one store."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now

    async def guards(self) -> Guards:
        """The merchant's limits."""
        kept = await self._store.settings.get(guarding.SETTING)
        return Guards() if kept is None else msgspec.convert(kept, Guards, strict=False)

    async def set_guards(self, guards: Guards) -> bool:
        """Keep them, with an entry in the audit log; whether they were others."""
        return await self._store.audit.choose(guarding.SETTING, msgspec.to_builtins(guards))

    async def _slices(self, choice: Choice) -> AsyncIterator[list[tuple[Any, ...]]]:
        async for bases in self._read(choice):
            if choice.writable is None:
                yield bases
            elif found := [base for base in bases if base[1] in choice.writable]:
                yield found

    async def _read(self, choice: Choice) -> AsyncIterator[list[tuple[Any, ...]]]:
        plans, after = self._store.plans, 0
        if choice.ids:
            ids = sorted(choice.ids)
            for at in range(0, len(ids), SLICE):
                yield await plans.bases_of(ids[at : at + SLICE])
            return
        if choice.query.search:
            await self._store.listings.index.ready()
        # The next slice is read while this one is computed.
        ahead = asyncio.ensure_future(plans.bases(choice.query, after, SLICE))
        try:
            while bases := await ahead:
                ahead = asyncio.ensure_future(plans.bases(choice.query, bases[-1][0], SLICE))
                yield bases
        finally:
            ahead.cancel()

    async def preview(
        self, formula: Formula, choice: Choice, guards: Guards, shares: Mapping[int, Decimal] | None = None
    ) -> Preview:
        """What the formula would do; nothing is stored."""
        computer = Computer(formula, guards, shares)
        changes: list[Line] = []
        held: list[Line] = []
        async for bases in self._slices(choice):
            made = await _computed(computer, bases)
            if len(changes) < SAMPLE:
                changes += [line for line in made if not line[7]][: SAMPLE - len(changes)]
            if len(held) < SAMPLE:
                held += [line for line in made if line[7]][: SAMPLE - len(held)]
        return Preview(computer.judge.totals, tuple(changes), tuple(held))

    async def make(
        self, formula: Formula, choice: Choice, guards: Guards, shares: Mapping[int, Decimal] | None = None
    ) -> int:
        """The same as a stored plan; returns its id. Killed in between, there is no plan."""
        computer = Computer(formula, guards, shares)

        async def lines() -> AsyncIterator[list[Line]]:
            async for bases in self._slices(choice):
                yield await _computed(computer, bases)

        new = NewPlan("formula", formula.text.strip(), choice.query.connection_id, choice.query.search)
        return await self.keep(new, lines(), computer.judge)

    async def keep(self, new: NewPlan, lines: AsyncIterator[list[Line]], judge: Judge) -> int:
        """Store lines from anywhere (a formula, a sheet, the grid) as a plan; returns its id. `judge` has judged them, slice by
        slice; its totals are kept when the last is stored."""
        plans, first = self._store.plans, 1
        text = msgspec.json.encode(judge.guards).decode()
        plan_id = await plans.begin(msgspec.structs.replace(new, guards=text))
        writing: asyncio.Future[None] | None = None
        async for made in lines:
            if writing is not None:
                await writing
            writing = asyncio.ensure_future(plans.add(plan_id, first, made))
            first += len(made)
        if writing is not None:
            await writing
        await plans.finish(plan_id, msgspec.json.encode(judge.totals).decode())
        return plan_id

    async def apply(
        self, plan_id: int, *, day_began: datetime, progress: Callable[[int], object] | None = None
    ) -> Applied:
        """Queue every line that may go. `day_began`: since when today's lines count for the daily cap (which never stops a plan that
        takes another back). Again is harmless: a line is queued once. Raises StoreError `store.no_plan`."""
        plan = await self._store.plans.get(plan_id)
        cap = 0 if plan.kind == "undo" else (await self.guards()).daily_cap
        room = max(0, cap - await self._store.plans.queued_since(day_began)) if cap else None
        queued: dict[int, list[int]] = {}
        left: dict[str, int] = {}
        after, count = 0, 0
        while room is None or room > 0:
            step_ = await self._store.plans.queue_some(plan_id, after, min(QUEUE_SLICE, room or QUEUE_SLICE))
            after = step_.reached
            for one, listings in step_.queued.items():
                queued.setdefault(one, []).extend(listings)
                count += len(listings)
                room = None if room is None else room - len(listings)
            for why, lines in step_.left.items():
                left[why] = left.get(why, 0) + lines
            if progress is not None:
                progress(count)
            if step_.over:
                break
            await asyncio.sleep(0)
        await self._store.audit.wished("price", [(one, listing) for one, all_ in queued.items() for listing in all_])
        capped = 0
        if room == 0:
            rows = await self._store.plans.progress(plan_id)
            capped = sum(row.counts.get("ready", 0) for row in rows)
        return Applied({one: len(all_) for one, all_ in queued.items()}, left, capped)
