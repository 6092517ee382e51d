"""The Amazon client against the fake server, over a loopback socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.contracts import Limit, OutcomeState, ProviderError, Receipt
from app.http.pipeline import Network
from app.http.policy import Policy
from app.http.samples import SampleRing
from app.model import (  # fmt: skip
    Listing,
    ListingRef,
    Money,
    Order,
    OrderStatus,
    PriceChange,
    ShipmentNotice,
    ShippedLine,
    StockChange,
    Window,
)
from providers.families.amazon_sp import AmazonSP
from providers.families.amazon_sp_shipments import package_reference
from tests.providers.families.amazon_sp_support import DE, TR, US, World, account, world


@pytest.fixture
async def start() -> AsyncIterator[Callable[..., World]]:
    """`start(marketplace, orders=…, listings=…)` serves a fake; everything is closed after the test."""
    with ExitStack() as stack:
        places: list[World] = []

        def begin(*args: Any, **sizes: Any) -> World:
            places.append(stack.enter_context(world(*args, **sizes)))
            return places[-1]

        yield begin
        for place in places:
            await place.http.aclose()


async def pull(place: World, days: float = 300) -> tuple[dict[str, Order], list[Any]]:
    now = place.account.now()
    orders: dict[str, Order] = {}
    rejects: list[Any] = []
    async for page in place.client.orders(Window(now - timedelta(days=days), now)):
        orders |= {one.remote_id: one for one in page.items}
        rejects += page.rejects
    return orders, rejects


async def shelf(place: World, since: datetime | None = None) -> dict[str, Listing]:
    return {one.remote_id: one async for page in place.client.listings(since) for one in page.items}


async def settled(place: World, receipt: Receipt, changes: Any) -> Receipt:
    """The batch's result; the clocks are moved on instead of waiting."""
    ticket = receipt.ticket
    for _ in range(8):
        result = await place.client.batch_result(ticket, changes)
        if all(one.state is not OutcomeState.PENDING for one in result.outcomes):
            return result
        place.later(10)
    raise AssertionError(f"the batch never ends: {result}")


def ref(listing: Listing) -> ListingRef:
    return ListingRef(listing.remote_id, listing.sku, listing.barcode, listing.extra)


def own(listings: dict[str, Listing]) -> list[Listing]:
    return [one for one in listings.values() if one.stock is not None and one.price is not None]


# -- reading ---------------------------------------------------------------------------------------------------------------
async def test_the_probe_proves_the_key(start: Callable[..., World]) -> None:
    place = start(listings=80)
    result = await place.client.probe()
    assert result.facts == {"listings": str(len(place.truth("listings"))), "currency": "TRY"}
    assert place.paths() == ["POST /auth/o2/token", "GET /listings/2021-08-01/items/" + place.keys["seller_id"]]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("lwa_client_secret", "amzn1.oa2-cs.v1.falsch-falsch", "auth.refused"),
        ("refresh_token", "Atzr|falsch-falsch", "auth.expired"),
        ("seller_id", "A9BASKASI", "auth.forbidden"),
    ],
)
async def test_wrong_keys_are_refused(start: Callable[..., World], field: str, value: str, code: str) -> None:
    place = start(listings=5, wrong={field: value})
    with pytest.raises(ProviderError) as caught:
        await place.client.probe()
    assert caught.value.message.code == code
    assert value not in str(caught.value.message)


async def test_a_revoked_authorisation_is_told(start: Callable[..., World]) -> None:
    place = start(listings=5)
    await place.client.probe()
    place.switch("revoke_refresh")
    place.later(3700)
    with pytest.raises(ProviderError) as caught:
        await place.client.probe()
    assert caught.value.message.code == "auth.expired"


@pytest.mark.parametrize("marketplace", [TR, DE, US])
async def test_every_order_of_the_marketplace(start: Callable[..., World], marketplace: str) -> None:
    place = start(marketplace, orders=150)
    orders, rejects = await pull(place)
    truth = place.truth("orders")
    assert set(orders) == set(truth) != set()
    assert rejects == []
    for key, row in truth.items():
        found = orders[key]
        assert found.vendor_status == row["status"]
        assert found.updated_at == datetime.fromisoformat(row["updated_at"])
        assert found.fulfilled_by_channel == (row["fulfilled_by"] == "AMAZON")
        lines = {line.remote_id: line for line in found.lines}
        assert set(lines) == {line["remote_id"] for line in row["lines"]}
        if found.status is OrderStatus.PENDING:
            assert found.total.amount == 0
            continue
        assert found.total == Money.of(row["total"], row["currency"])
        for line in row["lines"]:
            told = lines[line["remote_id"]]
            assert (told.sku, told.quantity, told.unit_price.money) == (line["sku"], line["quantity"], Money.of(line["unit_price"], row["currency"]))  # fmt: skip
    assert {OrderStatus.PENDING, OrderStatus.OPEN} & {one.status for one in orders.values()}


async def test_no_order_is_lost_while_records_move(start: Callable[..., World]) -> None:
    place = start(orders=900)
    place.switch("no_lag")
    before = place.truth("orders")
    assert len(before) > 200
    place.post("between", [{"new": 3, "touch": 25, "seed": 5}, {"touch": 40, "seed": 6}, {"touch": 10, "seed": 8}])
    started = place.account.now()
    orders, _ = await pull(place)
    # What moved while the pages were read comes at the latest with the next window, which overlaps by the lag.
    async for page in place.client.orders(Window(started - timedelta(minutes=10), place.account.now())):
        orders |= {one.remote_id: one for one in page.items}
    truth = place.truth("orders")
    assert set(orders) == set(truth)
    assert len(truth) > len(before)
    assert {k: o.updated_at for k, o in orders.items()} == {k: datetime.fromisoformat(r["updated_at"]) for k, r in truth.items()}  # fmt: skip


async def test_what_is_young_comes_with_the_lag(start: Callable[..., World]) -> None:
    place = start(orders=30)
    old, _ = await pull(place)
    moved = place.post("touch", {"count": 30, "seed": 3})["remote_ids"]
    mine = set(moved) & set(old)
    assert mine
    began = place.account.now()
    place.later(121)
    seen: dict[str, Order] = {}
    async for page in place.client.orders(Window(began - timedelta(minutes=10), place.account.now())):
        seen |= {one.remote_id: one for one in page.items}
        assert page.covered_until is not None
        assert began - timedelta(minutes=1) <= page.covered_until <= place.account.now()
    assert mine <= set(seen)


async def test_windows_of_the_past_are_cut_at_their_end(start: Callable[..., World]) -> None:
    place = start(orders=120)
    place.later(130)
    truth = {k: datetime.fromisoformat(r["updated_at"]) for k, r in place.truth("orders").items()}
    middle = sorted(truth.values())[len(truth) // 2]
    windows = (Window(middle - timedelta(days=400), middle), Window(middle, place.account.now()))
    found = [{one.remote_id async for page in place.client.orders(w) for one in page.items} for w in windows]
    assert found[0] | found[1] == set(truth)
    assert {k for k, at in truth.items() if at < middle} <= found[0] < set(truth)
    assert all(truth[key] <= middle + timedelta(seconds=2) for key in found[0])


async def test_an_order_without_a_role_for_addresses(start: Callable[..., World]) -> None:
    place = start(orders=60)
    place.switch("no_recipient")
    orders, rejects = await pull(place)
    assert set(orders) == set(place.truth("orders"))
    assert rejects == []
    assert {one.ship_to.name for one in orders.values()} == {""}


async def test_one_damaged_order_is_one_reject(start: Callable[..., World]) -> None:
    place = start(orders=60)
    place.later(130)
    victim = sorted(place.truth("orders"))[0]
    place.post("damage", {"remote_id": victim})
    place.later(130)
    orders, rejects = await pull(place)
    assert [one.remote_id for one in rejects] == [victim]
    assert set(orders) == set(place.truth("orders")) - {victim}


async def test_one_order_by_its_number(start: Callable[..., World]) -> None:
    place = start(orders=60)
    mine = sorted(place.truth("orders"))[0]
    (found,) = await place.client.order(mine)
    assert found.remote_id == mine
    assert await place.client.order("404-0000000-0000000") == ()
    other = next(row["remote_id"] for row in place.get("orders") if row["marketplace_id"] != TR)
    assert await place.client.order(other) == ()


async def test_a_cancelled_order(start: Callable[..., World]) -> None:
    place = start(orders=60)
    key = next(k for k, row in place.truth("orders").items() if row["status"] == "UNSHIPPED")
    place.post("cancel", {"remote_id": key})
    (found,) = await place.client.order(key)
    assert found.status is OrderStatus.CANCELLED
    assert not found.cancel_asked


@pytest.mark.parametrize("marketplace", [TR, US])
async def test_every_listing_of_the_marketplace(start: Callable[..., World], marketplace: str) -> None:
    place = start(marketplace, listings=160)
    found, truth = await shelf(place), place.truth("listings")
    assert set(found) == set(truth) != set()
    for key, row in truth.items():
        one = found[key]
        assert (one.sku, one.title, one.barcode, one.stock) == (row["sku"], row["title"], row["barcode"], row["stock"])
        assert one.price == Money.of(row["price"], row["currency"])
        assert one.list_price == (Money.of(row["list_price"], row["currency"]) if row["list_price"] else None)
        assert one.extra["asin"] == row["asin"]


async def test_more_than_a_thousand_listings(start: Callable[..., World]) -> None:
    place = start(listings=3000)
    truth = place.truth("listings")
    assert len(truth) > 1100
    assert set(await shelf(place)) == set(truth)
    assert any("createdAfter" in call["query"] for call in place.get("calls"))


async def test_changed_listings_only(start: Callable[..., World]) -> None:
    place = start(listings=120)
    place.switch("instant")
    everything = await shelf(place)
    chosen = own(everything)[0]
    began = place.account.now() - timedelta(seconds=2)
    await place.client.set_prices([PriceChange("k", ref(chosen), Money.of("77.70", "TRY"))])
    changed = await shelf(place, began)
    assert chosen.remote_id in changed
    assert len(changed) < len(everything)
    assert changed[chosen.remote_id].price == Money.of("77.70", "TRY")


# -- writing ---------------------------------------------------------------------------------------------------------------
async def test_patches_are_done_only_when_they_are_seen(start: Callable[..., World]) -> None:
    place = start(listings=80)
    chosen = own(await shelf(place))[:2]
    slash = next(one for one in own(await shelf(place)) if "/" in one.sku)
    prices = [PriceChange(f"k{n}", ref(one), Money.of(f"{n + 1}12.5", "TRY")) for n, one in enumerate([*chosen, slash])]
    receipt = await place.client.set_prices(prices)
    assert {one.state for one in receipt.outcomes} == {OutcomeState.PENDING}
    early = await place.client.batch_result(receipt.ticket, prices)
    assert {one.state for one in early.outcomes} == {OutcomeState.PENDING}
    assert early.ticket == receipt.ticket
    done = await settled(place, receipt, prices)
    assert {one.state for one in done.outcomes} == {OutcomeState.DONE}
    stocks = [StockChange("s0", ref(chosen[0]), 0, chosen[0].stock), StockChange("s1", ref(slash), 41, slash.stock)]
    receipt = await place.client.set_stocks(stocks)
    assert {one.state for one in (await settled(place, receipt, stocks)).outcomes} == {OutcomeState.DONE}
    now = await shelf(place)
    assert [now[one.listing.remote_id].price for one in prices] == [one.price for one in prices]
    assert (now[chosen[0].remote_id].stock, now[slash.remote_id].stock) == (0, 41)
    assert now[slash.remote_id].title == slash.title


async def test_a_patch_keeps_what_it_does_not_name(start: Callable[..., World]) -> None:
    place = start(listings=80)
    chosen = own(await shelf(place))[0]
    change = PriceChange("k", ref(chosen), Money.of("100", "TRY"), Money.of("150", "TRY"))
    await settled(place, await place.client.set_prices([change]), [change])
    now = (await shelf(place))[chosen.remote_id]
    assert (now.price, now.list_price, now.stock) == (Money.of("100", "TRY"), Money.of("150", "TRY"), chosen.stock)


async def test_patches_are_refused_one_by_one(start: Callable[..., World]) -> None:
    place = start(listings=120)
    listings = await shelf(place)
    good, bad = own(listings)[:2]
    changes = [
        PriceChange("good", ref(good), Money.of("55.50", "TRY")),
        PriceChange("zero", ref(bad), Money.of("0", "TRY")),
        PriceChange("none", ListingRef(f"{TR}:YOK", "YOK"), Money.of("5", "TRY")),
    ]
    receipt = await place.client.set_prices(changes)
    told = {one.key: one for one in receipt.outcomes}
    assert {key: one.state.value for key, one in told.items()} == {"good": "pending", "zero": "refused", "none": "refused"}  # fmt: skip
    assert told["none"].message is not None
    assert told["none"].message.code == "item.not_found"
    assert told["zero"].message is not None
    assert (told["zero"].message.code, told["zero"].message.field) == ("item.refused", "purchasable_offer")
    assert [one.state.value for one in (await settled(place, receipt, changes[:1])).outcomes] == ["done"]
    assert (await shelf(place))[bad.remote_id].price == bad.price


async def test_a_patch_that_amazon_swallows_is_not_called_done(start: Callable[..., World]) -> None:
    place = start(listings=80)
    chosen = own(await shelf(place))[0]
    place.switch("ignore_writes")
    change = PriceChange("k", ref(chosen), Money.of("55.50", "TRY"))
    receipt = await place.client.set_prices([change])
    place.later(600)
    assert [o.state.value for o in (await place.client.batch_result(receipt.ticket, [change])).outcomes] == ["pending"]
    place.later(1300)
    (outcome,) = (await place.client.batch_result(receipt.ticket, [change])).outcomes
    assert outcome.state is OutcomeState.REFUSED
    assert outcome.message is not None
    assert outcome.message.code == "item.conflict"


async def test_an_unknown_sku_that_is_accepted_is_found_out(start: Callable[..., World]) -> None:
    place = start(listings=20)
    place.switch("accept_unknown")
    change = StockChange("k", ListingRef(f"{TR}:YOK", "YOK"), 3)
    receipt = await place.client.set_stocks([change])
    assert [one.state.value for one in receipt.outcomes] == ["pending"]
    assert [o.state.value for o in (await place.client.batch_result(receipt.ticket, [change])).outcomes] == ["refused"]


@pytest.mark.parametrize("zipped", [False, True])
async def test_many_changes_are_one_feed(start: Callable[..., World], zipped: bool) -> None:
    place = start(listings=300)
    place.switch("gzip_documents", zipped)
    chosen = own(await shelf(place))
    assert len(chosen) > 20
    prices = [PriceChange(f"k{n}", ref(one), Money.of(f"{n + 10}.25", "TRY")) for n, one in enumerate(chosen)]
    prices[3] = PriceChange("k3", prices[3].listing, Money.of("0", "TRY"))
    prices.append(PriceChange("gone", ListingRef(f"{TR}:YOK", "YOK"), Money.of("5", "TRY")))
    receipt = await place.client.set_prices(prices)
    assert receipt.ticket.startswith("feed:")
    assert {one.state for one in receipt.outcomes} == {OutcomeState.PENDING}
    told = {one.key: one for one in (await settled(place, receipt, prices)).outcomes}
    assert {key for key, one in told.items() if one.state is OutcomeState.REFUSED} == {"k3", "gone"}
    assert {one.state for key, one in told.items() if key not in ("k3", "gone")} == {OutcomeState.DONE}
    place.later(60)
    now = await shelf(place)
    assert all(now[one.listing.remote_id].price == one.price for one in prices if one.key not in ("k3", "gone"))
    feeds = [path for path in place.paths() if path == "POST /feeds/2021-06-30/feeds"]
    assert len(feeds) == 1


async def test_many_stocks_are_one_feed(start: Callable[..., World]) -> None:
    place = start(listings=120)
    chosen = own(await shelf(place))
    stocks = [StockChange(f"k{n}", ref(one), n, one.stock) for n, one in enumerate(chosen)]
    receipt = await place.client.set_stocks(stocks)
    assert {o.state for o in (await settled(place, receipt, stocks)).outcomes} == {OutcomeState.DONE}
    place.later(60)
    now = await shelf(place)
    assert [now[one.listing.remote_id].stock for one in stocks] == [one.quantity for one in stocks]


async def test_the_same_feed_again_is_harmless(start: Callable[..., World]) -> None:
    place = start(listings=120)
    changes = [PriceChange(f"k{n}", ref(one), Money.of("44.40", "TRY")) for n, one in enumerate(own(await shelf(place)))]  # fmt: skip
    for _ in range(2):
        receipt = await place.client.set_prices(changes)
        assert {o.state for o in (await settled(place, receipt, changes)).outcomes} == {OutcomeState.DONE}


# -- parcels ---------------------------------------------------------------------------------------------------------------
def told(row: dict[str, Any], key: str = "n1", **more: Any) -> ShipmentNotice:
    values = {"carrier": "Yurtiçi Kargo", "tracking_number": f"YK-{key}", "extra": {"marketplace_id": TR}} | more
    return ShipmentNotice(key, row["remote_id"], row["number"], **values)


def to_ship(place: World) -> list[dict[str, Any]]:
    return [row for row in place.truth("orders").values() if row["status"] == "UNSHIPPED" and row["fulfilled_by"] == "MERCHANT"]  # fmt: skip


async def test_parcels_are_confirmed_once(start: Callable[..., World]) -> None:
    place = start(orders=150)
    first, second = to_ship(place)[:2]
    lines = tuple(ShippedLine(line["remote_id"], line["quantity"]) for line in second["lines"])
    notices = [told(first), told(second, "n2", lines=lines)]
    for _ in range(3):
        receipt = await place.client.confirm_shipments(notices)
        assert [one.state.value for one in receipt.outcomes] == ["done", "done"]
    assert place.get("state")["counters"]["shipments_confirmed"] == 2
    (shown,) = await place.client.order(first["remote_id"])
    assert (shown.status, shown.carrier, shown.tracking_number) == (OrderStatus.SHIPPED, "Yurtiçi Kargo", "YK-n1")
    held = {row["reference"]: row["package_reference_id"] for row in place.get("shipments")}
    assert held[first["remote_id"]] == package_reference("n1")


async def test_two_parcels_of_one_order(start: Callable[..., World]) -> None:
    place = start(orders=300)
    row = next(one for one in to_ship(place) if one["lines"][0]["quantity"] > 1)
    line = row["lines"][0]
    part = told(row, "a", lines=(ShippedLine(line["remote_id"], 1),))
    assert [one.state.value for one in (await place.client.confirm_shipments([part])).outcomes] == ["done"]
    (shown,) = await place.client.order(row["remote_id"])
    assert shown.status is OrderStatus.PARTIALLY_SHIPPED
    assert [o.state.value for o in (await place.client.confirm_shipments([told(row, "b")])).outcomes] == ["done"]
    (shown,) = await place.client.order(row["remote_id"])
    assert (shown.status, shown.tracking_number) == (OrderStatus.SHIPPED, "YK-b")
    again = await place.client.confirm_shipments([told(row, "c")])
    assert [(o.state.value, o.message.code if o.message else "") for o in again.outcomes] == [("refused", "item.conflict")]  # fmt: skip


async def test_parcels_are_refused_one_by_one(start: Callable[..., World]) -> None:
    place = start(orders=150)
    row = to_ship(place)[0]
    wrong = ShipmentNotice("x", "404-0000000-0000000", carrier="Aras", tracking_number="1")
    bad = told(row, "y", lines=(ShippedLine("11111111111111", 1),))
    receipt = await place.client.confirm_shipments([wrong, bad, told(row, "z")])
    assert [one.state.value for one in receipt.outcomes] == ["refused", "refused", "done"]


# -- through the pipeline ----------------------------------------------------------------------------------------------------
async def test_through_the_pipeline(start: Callable[..., World]) -> None:
    """Limits of the manifest, the guard and the aiohttp wire: signed addresses and zipped reports pass as well."""
    place = start(listings=60, orders=20, limits=True)
    place.switch("gzip_documents")
    place.switch("instant")
    network = Network(on_sample=SampleRing(), online=lambda: True)
    limits = (Limit(5, 1, "listings_search", 5), Limit(1, 180, "orders_search", 20))
    policy = Policy(1, "a", "Amazon", 10, frozenset({"127.0.0.1"}), limits)
    http = network.client(policy, place.base)
    mine = account(TR, place.base, now=lambda: datetime.now(UTC) + place.ahead, keys=place.keys)
    place.client = AmazonSP(http, mine)
    try:
        listings = await shelf(place)
        assert set(listings) == set(place.truth("listings"))
        assert set((await pull(place))[0]) == set(place.truth("orders"))
        changes = [PriceChange(f"k{n}", ref(one), Money.of("33.30", "TRY")) for n, one in enumerate(own(listings))]
        receipt = await place.client.set_prices(changes)
        done = await settled(place, receipt, changes)
        assert {one.state for one in done.outcomes} == {OutcomeState.DONE}
        groups = {room.group for room in network.head_room("a")}
        assert {"tokens", "orders_search", "listings_search", "feed_document", "feeds_create", "feed_get", "feed_result"} <= groups  # fmt: skip
        place.post("faults", {"kind": "drop_after", "path": "shipmentConfirmation"})
        row = to_ship(place)[0]
        lost = await place.client.confirm_shipments([told(row)])
        assert [one.state.value for one in lost.outcomes] == ["unknown"]
        assert [o.state.value for o in (await place.client.confirm_shipments([told(row)])).outcomes] == ["done"]
        assert place.get("state")["counters"]["shipments_confirmed"] == 1
    finally:
        await network.close()
