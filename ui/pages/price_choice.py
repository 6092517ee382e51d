"""Which listings a bulk change is about: the ticked ones, or all that the filter shows, on channels that take prices. Reads only."""

from __future__ import annotations

from app.pricing.plan import SLICE, Choice
from app.store import ListingQuery, Store
from ui.pages.plan_preview import Scope
from ui.pages.price_rows import PriceFilter, PriceSource
from ui.tables.ticks import Ticks


async def scope_of(store: Store, source: PriceSource, wanted: PriceFilter, ticks: Ticks, total: int) -> Scope:
    """`total`: how many rows the filter has. Raises StoreError."""
    await source.load_connections()
    rows = source.connections
    able = frozenset(one for one in rows if not source.lock(one, "price"))
    asked = [row for row in rows.values() if wanted.connection_id in (None, row.id)]
    left_out = tuple(row.name for row in asked if row.id not in able)
    query = ListingQuery(search=wanted.search, connection_id=wanted.connection_id, wanted_only=wanted.view == "waiting")
    ticked = ticks.count(total) > 0
    ids: tuple[int, ...] = ()
    if ticked and not ticks.all:
        ids = tuple(sorted(int(str(key)) for key in ticks.odd))
    elif wanted.view == "refused":
        ids = await source.refused_ids(wanted)
        ids = tuple(one for one in ids if one not in ticks.odd)
    elif ticks.odd:
        ids = await _all_but(store, query, ticks)
    count = ticks.count(total) if ticked else total
    return Scope(Choice(query, ids, able), count, ticked, left_out, rows)


async def _all_but(store: Store, query: ListingQuery, ticks: Ticks) -> tuple[int, ...]:
    """All of a filter but those whose tick was taken away."""
    if query.search:
        await store.listings.index.ready()
    found: list[int] = []
    after = 0
    while bases := await store.plans.bases(query, after, SLICE):
        after = int(bases[-1][0])
        found += [int(base[0]) for base in bases if ticks.has(base[0])]
    return tuple(found)
