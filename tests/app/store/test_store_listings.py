"""Listings and what is wanted of them: pulls, wishes, and what the outbox makes of them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from store_making import T0, Clock, listing, minutes, page, shop

from app.contracts import Message, Outcome, OutcomeState
from app.model import ListingStatus, Money, PriceChange, StockChange
from app.store import ListingQuery, ListingRow, Store, StoredListing, StoreError

TRY = "TRY"


def money(text: str, currency: str = TRY) -> Money:
    return Money(Decimal(text), currency)


async def pull(store: Store, connection_id: int, *items: Any, **more: Any) -> Any:
    return await store.listings.apply_page(connection_id, "acc", page(*items), now=T0, **more)


async def row(store: Store, listing_id: int = 1) -> ListingRow:
    return next(r for r in await store.listings.query(ListingQuery()) if r.id == listing_id)


async def stored(store: Store, listing_id: int = 1) -> StoredListing:
    found = await store.listings.get(listing_id)
    assert found is not None
    return found


async def take(store: Store, kind: str = "price") -> list[Any]:
    return await store.outbox.take(1, kind, 100, minutes(1))


async def settle(
    store: Store, taken: list[Any], state: OutcomeState, message: Message | None = None, ticket: str = ""
) -> set[int]:
    return await store.outbox.settle([Outcome(r.key, state, message) for r in taken], ticket=ticket, now=minutes(2))


async def test_pull_rules(store: Store) -> None:
    c = await shop(store)
    first = await pull(store, c.id, listing("1"), listing("2", at=5), cursor=("listings", minutes(1)))
    assert first.new == (1, 2)
    second = await pull(store, c.id, listing("1", price="110"), listing("2", price="1", at=4), listing("3", price=None))
    assert (second.new, second.changed, second.same) == ((3,), (1,), 1)
    assert [r.price_micros for r in await store.listings.query(ListingQuery())] == [110_000_000, 100_000_000, None]
    assert (await stored(store)).listing == listing("1", price="110")
    assert await store.listings.get(99) is None
    assert await store.cursors.get(c.id, "listings") == minutes(1)


async def test_two_countries_of_one_account_keep_their_prices_apart(store: Store) -> None:
    a, b = await shop(store, "A"), await shop(store, "B")
    await pull(store, a.id, listing("1", price="10"))
    await pull(store, b.id, listing("1", price="20"))
    assert [(r.channel, r.price_micros) for r in await store.listings.query(ListingQuery())] == [
        ("A", 10_000_000), ("B", 20_000_000),
    ]  # fmt: skip
    await store.connections.remove(a.id)
    assert [r.channel for r in await store.listings.query(ListingQuery())] == ["B"]


@pytest.mark.parametrize(
    "bad",
    [{"stock": 2**60}, {"list_price": money("1", "EUR")}, {"price": money("0.0000001")}, {"title": "\udcff"}],
)
async def test_a_listing_that_does_not_fit_becomes_a_reject(store: Store, bad: dict[str, Any]) -> None:
    c = await shop(store)
    applied = await pull(store, c.id, listing("1"), msgspec.structs.replace(listing("2"), **bad))
    assert (applied.new, applied.rejected) == ((1,), 1)
    assert [(a.stream, a.remote_id) for a in await store.attention.list()] == [("listings", "2")]


async def test_a_good_version_resolves_the_reject_by_itself(store: Store) -> None:
    c = await shop(store)
    await pull(store, c.id, listing("2", stock=2**60))
    await pull(store, c.id, listing("2", stock=2**60))
    (kept,) = await store.attention.list()
    assert kept.times == 2
    await pull(store, c.id, listing("1"))
    assert await store.attention.count() == 1
    await pull(store, c.id, listing("2"))
    assert await store.attention.count() == 0
    assert [a.resolved_at for a in await store.attention.list(open_only=False)] == [T0]


async def test_search_filter_and_sort(store: Store) -> None:
    c = await shop(store)
    await pull(
        store, c.id, listing("1", title="Isırgan Çayı", sku="0017"), listing("2", price="50", stock=None),
        listing("3", status=ListingStatus.PASSIVE, updated_at=minutes(3)),
    )  # fmt: skip

    async def ids(**what: Any) -> list[int]:
        rows = await store.listings.query(ListingQuery(**what))
        assert await store.listings.count(ListingQuery(**what)) == len(rows)
        return [r.id for r in rows]

    assert await ids(search="ISIRGAN") == [1]
    assert await ids(search="0017") == [1]
    assert await ids(search="8690000002") == [2]
    assert await ids(search="tişört") == [2, 3]
    assert await ids(search="kirmizi 8690000003") == [3]
    assert await ids(status="passive") == [3]
    assert await ids(connection_id=c.id) == [1, 2, 3]
    assert [r.id for r in await store.listings.query(ListingQuery(limit=2, offset=1))] == [2, 3]
    assert await ids(sort="price") == [2, 1, 3]
    assert await ids(search="tisort", sort="title", descending=True) == [3, 2]
    with pytest.raises(ValueError, match="no such order"):
        await ids(sort="x")
    await pull(store, c.id, listing("1", title="Ihlamur", sku="0017"))
    assert await ids(search="isirgan") == []
    assert await ids(search="ihlamur") == [1]
    await store.listings.want_stock(2, 3)
    assert await ids(wanted_only=True) == [2]
    assert await store.integrity() == []


@pytest.mark.parametrize("sort", ["id", "sku", "barcode", "title", "channel", "price", "stock", "status", "updated_at"])
async def test_every_sort_both_ways(store: Store, sort: str) -> None:
    c = await shop(store)
    await pull(store, c.id, *(
        listing(str(n), price=str(n), stock=n, updated_at=minutes(n), status=ListingStatus.ACTIVE) for n in (1, 2, 3)
    ))  # fmt: skip
    assert [r.id for r in await store.listings.query(ListingQuery(sort=sort))] == [1, 2, 3]
    assert [r.id for r in await store.listings.query(ListingQuery(sort=sort, descending=True))] == [3, 2, 1]


async def test_by_sku_is_exact_and_else_suggests(store: Store) -> None:
    c = await shop(store)
    await pull(store, c.id, listing("1", sku="AB 17i"), listing("2", sku="ab17İ"), listing("3", sku="0017"))
    assert [r.id for r in await store.listings.by_sku(c.id, "AB 17i")] == [1]
    assert [r.id for r in await store.listings.by_sku(c.id, "ab17ı")] == [1, 2]
    assert await store.listings.by_sku(c.id, "17") == []
    assert await store.listings.by_sku(c.id + 1, "0017") == []


async def test_a_wish_is_queued_with_the_local_change_and_applied_when_done(store: Store) -> None:
    c = await shop(store)
    await pull(store, c.id, listing("1", extra={"variant": "9"}, list_price=money("150")))
    queued = await store.listings.want_price(1, money("120"), money("160"), plan="p1")
    seen = await row(store)
    assert (seen.price_micros, seen.wanted_price_micros, seen.write_state) == (100_000_000, 120_000_000, "queued")
    (taken,) = await take(store)
    assert (taken.id, taken.kind, taken.subject, taken.plan, taken.attempts) == (queued, "price", 1, "p1", 1)
    change = msgspec.json.decode(taken.payload, type=PriceChange)
    assert (change.key, change.price, change.list_price, change.was_list_price) == (
        taken.key, money("120"), money("160"), money("150"),
    )  # fmt: skip
    assert (change.listing.remote_id, change.listing.sku, change.listing.extra) == ("1", "SKU-1", {"variant": "9"})
    assert (await row(store)).write_state == "sending"
    assert await settle(store, [taken], OutcomeState.PENDING, ticket="t1") == {1}
    assert (await row(store)).write_state == "pending"
    assert [(t, [r.key for r in rows]) for t, rows in await store.outbox.pending_tickets(c.id)] == [("t1", [taken.key])]
    assert await settle(store, [taken], OutcomeState.DONE) == {1}
    seen = await row(store)
    assert (seen.price_micros, seen.list_price_micros, seen.wanted_price_micros, seen.write_state) == (
        120_000_000, 160_000_000, None, "",
    )  # fmt: skip
    one = await stored(store)
    assert (one.listing.price, one.listing.list_price, one.wanted_price) == (money("120"), money("160"), None)
    assert await settle(store, [taken], OutcomeState.REFUSED) == set()  # settled is settled


async def test_a_write_that_the_channel_dropped_comes_to_light(store: Store) -> None:
    c = await shop(store)
    await pull(store, c.id, listing("1"))
    await store.listings.want_price(1, money("120"))
    await settle(store, await take(store), OutcomeState.DONE)
    assert (await row(store)).price_micros == 120_000_000
    # The very same record as before the write: the channel said done and did nothing.
    assert (await pull(store, c.id, listing("1"))).changed == (1,)
    assert (await row(store)).price_micros == 100_000_000


async def test_a_refused_wish_stays_with_its_reason_until_it_is_withdrawn(store: Store) -> None:
    c = await shop(store)
    await pull(store, c.id, listing("1"))
    await store.listings.want_price(1, money("120"))
    reason = Message("item.refused", vendor_text="too high")
    taken = await take(store)
    await settle(store, taken, OutcomeState.REFUSED, reason)
    one = await stored(store)
    assert (one.wanted_price, one.price_state, one.price_message) == (money("120"), "refused", reason)
    gone = await store.outbox.get(taken[0].key)
    assert gone is not None
    assert (gone.state, gone.message, gone.settled_at) == ("refused", reason, minutes(2))
    await store.listings.want_stock(1, 3)
    assert (await row(store)).write_state == "refused"  # of two, the one that needs somebody
    assert [one.id for one in await store.listings.query(ListingQuery(refused=True))] == [(await row(store)).id]
    assert await store.listings.count(ListingQuery(refused=True)) == 1
    assert await store.outbox.withdraw([taken[0].key]) == {1}
    assert (await row(store)).write_state == "queued"
    assert (await row(store)).wanted_price_micros is None


async def test_pulls_do_not_touch_a_wish(store: Store) -> None:
    c = await shop(store)
    await pull(store, c.id, listing("1"))
    await store.listings.want_price(1, money("120"))
    await store.listings.want_stock(1, 9)
    await pull(store, c.id, listing("1", price="105", stock=4))
    seen = await row(store)
    assert (seen.price_micros, seen.stock, seen.wanted_price_micros, seen.wanted_stock) == (
        105_000_000,
        4,
        120_000_000,
        9,
    )


async def test_an_older_intent_that_settles_late_keeps_the_newer_wish(store: Store) -> None:
    c = await shop(store)
    await pull(store, c.id, listing("1"))
    await store.listings.want_price(1, money("120"))
    old = await take(store)
    await store.listings.want_price(1, money("130"))
    assert await take(store) == []  # not before the one on its way is settled
    await settle(store, old, OutcomeState.DONE)
    seen = await row(store)
    assert (seen.price_micros, seen.wanted_price_micros, seen.write_state) == (120_000_000, 130_000_000, "queued")
    (new,) = await take(store)
    await settle(store, [new], OutcomeState.DONE)
    assert (await row(store)).price_micros == 130_000_000


async def test_stock_wish(store: Store) -> None:
    c = await shop(store)
    await pull(store, c.id, listing("1"))
    await store.listings.want_stock(1, 0)
    (taken,) = await take(store, "stock")
    change = msgspec.json.decode(taken.payload, type=StockChange)
    assert (change.quantity, change.was) == (0, 5)
    await settle(store, [taken], OutcomeState.DONE)
    seen = await row(store)
    assert (seen.stock, seen.wanted_stock, seen.price_micros) == (0, None, 100_000_000)
    assert (await stored(store)).listing.stock == 0


async def test_wishes_that_make_no_sense(store: Store) -> None:
    c = await shop(store)
    await pull(store, c.id, listing("1"), listing("2", price=None))
    for price, crossed, key in (
        (money("-1"), None, "store.bad_price"),
        (money("1.0000001"), None, "store.bad_price"),
        (money("5"), money("4"), "store.bad_price"),
        (money("5"), money("9", "EUR"), "store.bad_price"),
        (money("5", "EUR"), None, "store.other_currency"),
    ):
        with pytest.raises(StoreError, match=key):
            await store.listings.want_price(1, price, crossed)
    for quantity in (-1, 2**31):
        with pytest.raises(StoreError, match=r"store\.bad_quantity"):
            await store.listings.want_stock(1, quantity)
    with pytest.raises(StoreError, match=r"store\.no_listing"):
        await store.listings.want_stock(99, 1)
    assert await store.outbox.counts() == {}
    await store.listings.want_price(2, money("5", "EUR"))
    await store.connections.remove(c.id)
    with pytest.raises(StoreError, match=r"store\.no_connection"):
        await store.listings.want_price(1, money("5"))
    assert (await stored(store)).wanted_price is None


async def test_a_crash_between_send_and_answer(store: Store, clock: Clock) -> None:
    c = await shop(store)
    await pull(store, c.id, listing("1"))
    await store.listings.want_price(1, money("120"))
    (first,) = await take(store)
    clock.now += timedelta(minutes=5)
    await store.outbox.recover(clock.now)
    assert (await row(store)).write_state == "queued"
    (again,) = await store.outbox.take(c.id, "price", 9, clock.now)
    assert (again.key, again.attempts) == (first.key, 2)
