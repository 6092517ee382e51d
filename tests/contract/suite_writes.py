"""Writing: prices and stock are set and read back, one bad item does not cost the others, and twice is once."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from app.contracts import Kind, Outcome, OutcomeState, ProviderError, TheirsError
from app.model import (
    Listing,
    ListingRef,
    ListingStatus,
    Money,
    Order,
    OrderStatus,
    PriceChange,
    ShipmentNotice,
    StockChange,
)
from tests.contract.checks import check, was_lost, was_refused
from tests.contract.rig import Rig, orders_of

TRACKING = "734512098765"
CARRIER = "Sürat Kargo Işık"
Changes = Sequence[PriceChange] | Sequence[StockChange]


def ref(one: Listing) -> ListingRef:
    return ListingRef(one.remote_id, one.sku, one.barcode, dict(one.extra))


def price_changes(chosen: Sequence[Listing], add: Decimal) -> list[PriceChange]:
    return [
        PriceChange(f"p{n}", ref(one), Money(one.price.amount + add, one.price.currency), was_list_price=one.list_price)
        for n, one in enumerate(chosen)
        if one.price is not None
    ]


async def usable(rig: Rig, provider: Any, count: int, least: int = 0) -> list[Listing]:
    """Active listings with a price and a counted stock; at least `least` (else `count`) of them."""
    found = [
        one
        for one in (await rig.listings(provider)).values()
        if one.price is not None and one.stock is not None and one.status is ListingStatus.ACTIVE
    ]
    assert len(found) >= (least or count), f"the fake has {len(found)} usable listings"
    return sorted(found, key=lambda one: one.remote_id)[:count]


def stock_changes(rig: Rig, chosen: Sequence[Listing], quantities: Sequence[int]) -> list[StockChange]:
    """`quantities` are on top of the least that the vendor lets us set."""
    rows = {row["remote_id"]: row for row in rig.truth("listings")}
    return [
        StockChange(f"s{n}", ref(one), quantities[n] + rig.peculiar.least_stock(rows[one.remote_id]), one.stock)
        for n, one in enumerate(chosen)
    ]


async def push(rig: Rig, provider: Any, method: str, changes: Changes) -> dict[str, Outcome]:
    """As the relay does it: wait when told so, then ask for the results until none is pending."""
    for left in (3, 2, 1, 0):
        try:
            receipt = await getattr(provider, method)(changes)
            break
        except TheirsError as error:
            if error.message.retry_after is None or not left:
                raise
            rig.advance(error.message.retry_after + 1)
    outcomes = {one.key: one for one in receipt.outcomes}
    assert len(receipt.outcomes) == len(outcomes)
    assert set(outcomes) == {one.key for one in changes}, "one outcome per item"
    for _ in range(40):
        pending = [one for one in changes if outcomes[one.key].state is OutcomeState.PENDING]
        if not pending:
            return outcomes
        assert receipt.ticket, "pending without a ticket"
        assert "batch_results" in rig.subject.capabilities
        rig.advance(rig.peculiar.settle_s)
        answer = await provider.batch_result(receipt.ticket, pending)
        outcomes |= {one.key: one for one in answer.outcomes}
    raise AssertionError(f"never settled: {outcomes}")


def all_done(outcomes: dict[str, Outcome]) -> None:
    wrong = [one for one in outcomes.values() if one.state is not OutcomeState.DONE]
    assert not wrong, wrong


async def prices_are(rig: Rig, provider: Any, changes: Sequence[PriceChange]) -> None:
    await shown(rig)
    found, truth = await rig.listings(provider), {row["remote_id"]: row for row in rig.truth("listings")}
    for one in changes:
        assert Decimal(truth[one.listing.remote_id]["price"]) == one.price.amount
        assert found[one.listing.remote_id].price == one.price


async def stocks_are(rig: Rig, provider: Any, changes: Sequence[StockChange]) -> None:
    await shown(rig)
    found, truth = await rig.listings(provider), {row["remote_id"]: row for row in rig.truth("listings")}
    for one in changes:
        assert truth[one.listing.remote_id]["stock"] == one.quantity
        assert found[one.listing.remote_id].stock == one.quantity


async def shown(rig: Rig) -> None:
    rig.advance(max(rig.peculiar.visible_after_s, rig.peculiar.settle_s))


@check("listing_source", "price_sink")
async def prices_are_set(rig: Rig) -> None:
    """Up and down, with kuruş, and a crossed-out price of one's own."""
    rig.reset(listings=40)
    provider = rig.provider()
    chosen = await usable(rig, provider, 8)
    up = price_changes(chosen[:4], Decimal("12.35"))
    down = [msgspec.structs.replace(one, key=f"d{one.key}") for one in price_changes(chosen[4:], Decimal("-3.10"))]
    changes = [*up, *down]
    changes[0] = msgspec.structs.replace(
        changes[0], list_price=Money(changes[0].price.amount + 50, changes[0].price.currency)
    )
    all_done(await push(rig, provider, "set_prices", changes))
    await prices_are(rig, provider, changes)
    found = (await rig.listings(provider))[changes[0].listing.remote_id]
    assert found.list_price == (changes[0].list_price if rig.peculiar.crossed_out else None)


@check("listing_source", "stock_sink")
async def stocks_are_set(rig: Rig) -> None:
    rig.reset(listings=40)
    provider = rig.provider()
    chosen = await usable(rig, provider, 4)
    changes = stock_changes(rig, chosen, (0, 7, 1, 999))
    all_done(await push(rig, provider, "set_stocks", changes))
    await stocks_are(rig, provider, changes)


@check("listing_source", "stock_sink", "batch_results")
async def results_that_come_later(rig: Rig) -> None:
    """The first answer claims nothing that is not so; a forgotten ticket leaves its items unknown, never done."""
    rig.reset(listings=30)
    provider = rig.provider()
    chosen = await usable(rig, provider, 3)
    changes = stock_changes(rig, chosen, (31, 32, 33))
    receipt = await provider.set_stocks(changes)
    assert receipt.ticket
    early = {one.key for one in receipt.outcomes if one.state is OutcomeState.DONE}
    truth = {row["remote_id"]: row["stock"] for row in rig.truth("listings")}
    assert all(truth[one.listing.remote_id] == one.quantity for one in changes if one.key in early)
    all_done(await push(rig, provider, "set_stocks", changes))
    await stocks_are(rig, provider, changes)
    rig.reset(listings=30)  # the vendor knows nothing of it any more, and its stock is the old one
    gone = await provider.batch_result(receipt.ticket, changes)
    assert OutcomeState.DONE not in {one.state for one in gone.outcomes}, gone


@check("listing_source", "stock_sink")
async def a_full_batch(rig: Rig) -> None:
    """As many as the manifest says go in one call (here at most 110), over a page's end."""
    most = min(rig.subject.manifest.sizes.stocks or 1, 110)
    rig.reset(listings=160)
    provider = rig.provider()
    chosen = await usable(rig, provider, most, least=min(most, 40))
    changes = stock_changes(rig, chosen, [n % 30 for n in range(most)])
    all_done(await push(rig, provider, "set_stocks", changes))
    await stocks_are(rig, provider, changes)


def _spoil(rig: Rig, one: Listing) -> ListingRef:
    """A listing that the vendor will refuse to change."""
    if rig.peculiar.bad_item:
        rig.switch(f"refuse_sku:{one.sku}")
        return ref(one)
    return msgspec.structs.replace(ref(one), remote_id="YOK-1", sku="YOK-1", barcode="8690000000098")


@check("listing_source", "price_sink")
async def one_refused_price_among_good_ones(rig: Rig) -> None:
    rig.reset(listings=30)
    provider = rig.provider()
    changes = price_changes(await usable(rig, provider, 5), Decimal("7.25"))
    bad = (await rig.listings(provider))[changes[2].listing.remote_id]
    changes[2] = msgspec.structs.replace(changes[2], listing=_spoil(rig, bad))
    one_refused(await push(rig, provider, "set_prices", changes), changes[2].key)
    await prices_are(rig, provider, [*changes[:2], *changes[3:]])


@check("listing_source", "stock_sink")
async def one_refused_stock_among_good_ones(rig: Rig) -> None:
    rig.reset(listings=30)
    provider = rig.provider()
    chosen = await usable(rig, provider, 5)
    changes = stock_changes(rig, chosen, range(40, 45))
    changes[2] = msgspec.structs.replace(changes[2], listing=_spoil(rig, chosen[2]))
    one_refused(await push(rig, provider, "set_stocks", changes), changes[2].key)
    await stocks_are(rig, provider, [*changes[:2], *changes[3:]])


def one_refused(outcomes: dict[str, Outcome], key: str) -> None:
    bad = outcomes.pop(key)
    assert bad.state is OutcomeState.REFUSED, bad
    assert bad.message is not None
    assert bad.message.kind is Kind.YOURS, "a refusal says why"
    all_done(outcomes)


@check("listing_source", "price_sink", "stock_sink", each=("set_prices", "set_stocks"))
async def a_repeated_push_is_harmless(rig: Rig, method: str) -> None:
    rig.reset(listings=30)
    provider = rig.provider()
    chosen = await usable(rig, provider, 3)
    prices = price_changes(chosen, Decimal("5.00"))
    stocks = stock_changes(rig, chosen, range(12, 15))
    # Both are tried, so that both capabilities stand for what they say.
    for name, changes in (("set_prices", prices), ("set_stocks", stocks)):
        all_done(await push(rig, provider, name, changes))
        if name == method:
            all_done(await push(rig, provider, name, changes))
    await prices_are(rig, provider, prices)
    await stocks_are(rig, provider, stocks)
    counts = rig.counters()
    assert all(counts.get(f"write:{one.sku}", 0) >= 1 for one in chosen)


@check("listing_source", "stock_sink")
async def a_lost_answer_then_again(rig: Rig) -> None:
    """The vendor acted and the answer was lost: the pipeline or the relay sends it again, and the value is right."""
    rig.reset(listings=30)
    provider = rig.provider()
    chosen = await usable(rig, provider, 3)
    changes = stock_changes(rig, chosen, range(21, 24))
    rig.fault("drop_after", 1, **rig.peculiar.write_fault)
    try:
        outcomes = await push(rig, provider, "set_stocks", changes)
    except ProviderError as error:
        was_lost(error)
        outcomes = await push(rig, provider, "set_stocks", changes)
    if any(one.state is OutcomeState.UNKNOWN for one in outcomes.values()):
        outcomes = await push(rig, provider, "set_stocks", changes)
    all_done(outcomes)
    await stocks_are(rig, provider, changes)
    assert any(one["fault"] == "drop_after" for one in rig.get("calls")), "the fault never met a write"


@check("listing_source", "price_sink")
async def a_read_only_key_or_refusal_is_told(rig: Rig) -> None:
    """403 on the write: it raises, or each item is refused; nothing is said to be done."""
    rig.reset(listings=20)
    provider = rig.provider()
    changes = price_changes(await usable(rig, provider, 2), Decimal("2.00"))
    rig.fault("status", -1, status=403, **rig.peculiar.write_fault)
    try:
        outcomes = await push(rig, provider, "set_prices", changes)
    except ProviderError as error:
        was_refused(error)
    else:
        assert {one.state for one in outcomes.values()} == {OutcomeState.REFUSED}, outcomes


# -- shipments -----------------------------------------------------------------------------------------------------------
async def shippable(rig: Rig, provider: Any) -> Order:
    """An order that came just now: nobody has begun to ship it."""
    rig.reset(orders=10)
    rig.post("orders", {"count": 24})
    rig.advance(rig.peculiar.visible_after_s)
    found = orders_of(await rig.pull(provider, rig.beginning()))
    own = [one for one in found.values() if one.status is OrderStatus.OPEN and not one.fulfilled_by_channel]
    assert own, "the fake has no order to ship"
    return max(own, key=lambda one: one.placed_at)


def notice(rig: Rig, order: Order) -> ShipmentNotice:
    return ShipmentNotice(
        "n1", order.remote_id, order.number, CARRIER, TRACKING, shipped_at=rig.now(), extra=dict(order.extra)
    )


def told_once(rig: Rig, order: Order) -> None:
    name = rig.peculiar.confirmed.format(order=order.remote_id)
    assert rig.counters().get(name) == 1, {name: rig.counters().get(name)}
    text = rig.peculiar.shipment_text(rig.sandbox)
    assert text.count(TRACKING) == 1
    assert not rig.peculiar.carrier_word or CARRIER in text, "Turkish letters on the way out"


@check("order_source", "shipment_sink")
async def a_shipment_is_confirmed_once(rig: Rig) -> None:
    provider = rig.provider()
    order = await shippable(rig, provider)
    for _ in range(2):
        receipt = await provider.confirm_shipments([notice(rig, order)])
        assert [one.key for one in receipt.outcomes] == ["n1"]
        all_done({one.key: one for one in receipt.outcomes})
        rig.advance(rig.peculiar.visible_after_s)
    told_once(rig, order)


@check("order_source", "shipment_sink")
async def a_lost_confirmation_then_again(rig: Rig) -> None:
    provider = rig.provider()
    order = await shippable(rig, provider)
    rig.fault("drop_after", 1, **rig.peculiar.confirm_fault)
    state = OutcomeState.UNKNOWN
    for _ in range(3):
        try:
            (outcome,) = (await provider.confirm_shipments([notice(rig, order)])).outcomes
            state = outcome.state
        except TheirsError as error:
            was_lost(error)
            continue
        if state is not OutcomeState.UNKNOWN:
            break
    assert state is OutcomeState.DONE
    assert any(one["fault"] == "drop_after" for one in rig.get("calls")), "the fault never met a confirmation"
    told_once(rig, order)
