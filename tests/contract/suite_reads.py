"""Reading: the connection test, orders and listings equal to the fake's truth, and nothing lost while records move."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from app.contracts import OutcomeState, ProbeResult
from app.contracts.results import Page
from app.model import Listing, Order, OrderStatus, Window, parse_iso
from tests.contract.checks import check
from tests.contract.rig import Rig, orders_of

#: Truth is told to the second by some vendors.
SAME_INSTANT = timedelta(seconds=1)
TURKISH = set("çğıöşüÇĞİÖŞÜ")


@check("probe")
async def connection_test(rig: Rig) -> None:
    rig.reset(orders=5)
    found = await rig.provider().probe()
    assert isinstance(found, ProbeResult)
    assert rig.calls() <= 4, "a connection test is cheap"


@check("order_source")
async def empty_account_has_no_orders(rig: Rig) -> None:
    pages = await rig.pull(rig.provider(), rig.beginning())
    assert all(not page.items and not page.rejects for page in pages)


@check("listing_source")
async def empty_account_has_no_listings(rig: Rig) -> None:
    assert await rig.listings(rig.provider()) == {}


@check("order_source")
async def one_order(rig: Rig) -> None:
    rig.reset(orders=1)
    while not rig.truth("orders"):  # an account with several markets may have put its first one elsewhere
        rig.post("orders", {"count": 1})
    rig.advance(rig.peculiar.visible_after_s)
    provider = rig.provider()
    found = orders_of(await rig.pull(provider, rig.beginning()))
    same_orders(found, rig.truth("orders"))
    one = next(iter(found.values()))
    again = await provider.order(one.number)
    assert one in again
    assert await provider.order("1999999999") == ()


@check("order_source")
async def all_fields_of_forty_orders(rig: Rig) -> None:
    rig.reset(orders=40, seed=3)
    rig.advance(rig.peculiar.visible_after_s)
    found = orders_of(await rig.pull(rig.provider(), rig.beginning()))
    truth = rig.truth("orders")
    same_orders(found, truth)
    assert any(TURKISH & set(one.buyer.name) for one in found.values()), "Turkish letters did not survive"
    assert OrderStatus.UNKNOWN not in {one.status for one in found.values()}


def same_orders(found: dict[str, Order], truth: list[dict[str, Any]]) -> None:
    assert set(found) == {row["remote_id"] for row in truth}
    for row in truth:
        one = found[row["remote_id"]]
        assert one.number == row["number"]
        assert abs(one.placed_at - parse_iso(row["placed_at"])) <= SAME_INSTANT, row
        assert abs(one.updated_at - parse_iso(row["updated_at"])) <= SAME_INSTANT, row
        if row["buyer"]:
            assert one.buyer.name == row["buyer"]
        if row["total"] is not None:
            assert one.total.amount == Decimal(row["total"]), row
            assert one.total.currency == row["currency"]
        lines = {line.remote_id: (line.sku, line.quantity) for line in one.lines}
        assert lines == {line["remote_id"]: (line["sku"], line["quantity"]) for line in row["lines"]}
        assert all(line.unit_price.money.currency == row["currency"] for line in one.lines)


@check("order_source", each=(1, 2, 3))
async def many_pages_with_moving_records(rig: Rig, seed: int) -> None:
    """350 orders; between two pages buyers order and orders change. Nothing known at the start and nothing that moved may
    be missing after the next pull, and no page may promise more than it delivered."""
    rig.reset(orders=350, seed=seed)
    rig.advance(rig.peculiar.visible_after_s)
    provider, at_start = rig.provider(), {row["remote_id"] for row in rig.truth("orders")}
    rig.post("between", [{"new": 1 + n % 2, "touch": 4, "seed": seed * 100 + n} for n in range(40)])
    first_until = rig.now()
    first = await rig.pull(provider, rig.beginning(), first_until)
    known = at_start | {row["remote_id"] for row in rig.truth("orders")}
    assert at_start < known, "nothing moved during the pull"
    rig.advance(rig.peculiar.visible_after_s)
    since, second_until = first_until - timedelta(seconds=rig.subject.manifest.lag_s), rig.now()
    second = await rig.pull(provider, since, second_until)
    truth = rig.truth("orders")  # steps that were left over move records during this pull, too
    assert not any(page.rejects for page in (*first, *second))
    found = orders_of(first) | orders_of(second)
    assert not known - set(found), "an order is missing"
    for row in truth:
        if parse_iso(row["updated_at"]) < second_until - timedelta(seconds=rig.peculiar.visible_after_s):
            assert abs(found[row["remote_id"]].updated_at - parse_iso(row["updated_at"])) <= SAME_INSTANT, row
    promises_kept(first, truth)
    promises_kept(second, [row for row in truth if parse_iso(row["updated_at"]) >= since])


def promises_kept(pages: list[Page[Order]], truth: list[dict[str, Any]]) -> None:
    """`covered_until` never goes past something that was not delivered yet."""
    delivered: set[str] = set()
    for page in pages:
        delivered |= {one.remote_id for one in page.items}
        if page.covered_until is not None:
            covered = {r["remote_id"] for r in truth if parse_iso(r["updated_at"]) < page.covered_until - SAME_INSTANT}
            assert covered <= delivered, f"covered until {page.covered_until}, yet missing: {covered - delivered}"


@check("order_source")
async def incremental_pull_brings_what_changed(rig: Rig) -> None:
    rig.reset(orders=60)
    rig.advance(3 * 3600)
    provider, since = rig.provider(), rig.now()
    rig.advance(5)
    touched = set(rig.post("touch", {"count": 12, "seed": 5})["remote_ids"]) & {
        r["remote_id"] for r in rig.truth("orders")
    }
    new = set(rig.post("orders", {"count": 6})["remote_ids"]) & {r["remote_id"] for r in rig.truth("orders")}
    assert touched
    rig.advance(rig.peculiar.visible_after_s)
    found = set(orders_of(await rig.pull(provider, since)))
    assert touched | new <= found
    assert len(found) < len(rig.truth("orders")), "a narrow window must not bring everything"


@check("order_source")
async def a_cancelled_order_is_told(rig: Rig) -> None:
    rig.reset(orders=20)
    rig.advance(60)
    provider, since = rig.provider(), rig.now()
    victim = rig.truth("orders")[-1]["remote_id"]
    rig.post("cancel", {"remote_id": victim})
    rig.advance(rig.peculiar.visible_after_s)
    found = orders_of(await rig.pull(provider, since - timedelta(seconds=60)))
    assert found[victim].status is OrderStatus.CANCELLED


@check("order_source")
async def one_malformed_order_among_good_ones(rig: Rig) -> None:
    rig.reset(orders=25)
    rig.advance(rig.peculiar.visible_after_s)
    truth = {row["remote_id"] for row in rig.truth("orders")}
    bad = sorted(truth)[len(truth) // 2]
    rig.post("damage", {"remote_id": bad})
    rig.advance(rig.peculiar.visible_after_s)
    pages = await rig.pull(rig.provider(), rig.beginning())
    rejects = [one for page in pages for one in page.rejects]
    assert [one.remote_id for one in rejects] == [bad]
    assert rejects[0].raw, "the raw text is kept"
    assert rejects[0].message.code.startswith("answer."), rejects[0].message
    assert set(orders_of(pages)) == truth - {bad}


@check("listing_source")
async def listings_equal_the_truth(rig: Rig) -> None:
    rig.reset(listings=130)
    found, truth = await rig.listings(rig.provider()), rig.truth("listings")
    assert set(found) == {row["remote_id"] for row in truth}
    for row in truth:
        same_listing(found[row["remote_id"]], row)
    assert any(TURKISH & set(one.title) for one in found.values())


def same_listing(one: Listing, row: dict[str, Any]) -> None:
    assert (one.sku, one.stock) == (row["sku"], row["stock"])
    assert one.title.startswith(row["title"]), "a variation may add its options"
    assert one.barcode == (row["barcode"] or "")
    if not row["price"]:
        assert one.price is None
        return
    assert one.price is not None
    assert (one.price.amount, one.price.currency) == (Decimal(row["price"]), row["currency"])
    # A crossed-out price that is no higher than the price may be told or left out.
    crossed = Decimal(row["list_price"]) if row["list_price"] is not None else Decimal(row["price"])
    assert (one.list_price.amount if one.list_price is not None else one.price.amount) == crossed


@check("order_source", "label_source")
async def labels(rig: Rig) -> None:
    """A label is bytes of the format that it says, or none for this order; telling an order twice gives the same."""
    rig.reset(orders=40)
    rig.advance(rig.peculiar.visible_after_s)
    provider = rig.provider()
    magic = {"pdf": b"%PDF", "zpl": b"^XA", "png": b"\x89PNG", "epl": b"N"}
    orders = orders_of(await rig.pull(provider, rig.beginning()))
    got = 0
    for order in [one for one in orders.values() if one.status is OrderStatus.OPEN][:15]:
        for label in await provider.label(order):
            got += 1
            assert label.data.lstrip().startswith(magic[label.format.value]), label.data[:20]
    assert got, "none of the open orders has a label"


@check("claims")
async def claims(rig: Rig) -> None:
    rig.reset(orders=120)
    provider = rig.provider()
    numbers = {row["number"] for row in rig.truth("orders")}

    async def pull() -> dict[str, Any]:
        window = Window(rig.now() - timedelta(days=10), rig.now())
        found = {}
        async for page in provider.claims(window):
            assert not page.rejects
            found |= {one.remote_id: one for one in page.items}
        return found

    before = await pull()
    assert before
    assert all(one.order_number in numbers and one.status and one.lines for one in before.values())
    chosen = next(iter(before.values()))
    outcome = await provider.accept_claim(chosen)
    assert outcome.state is OutcomeState.DONE, outcome
    after = (await pull())[chosen.remote_id]
    assert after.status != chosen.status
    assert (await provider.accept_claim(after)).state is OutcomeState.DONE, "accepting twice is harmless"
