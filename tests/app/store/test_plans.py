"""Products, plans and recipes in the store: a plan reaches the outbox line by line, once, and only as it was shown."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from store_making import T0, Clock, listing, page, shop

from app.contracts import Message, Outcome, OutcomeState
from app.jobs.relay import change_of
from app.model import Money
from app.pricing.formula import compile_formula
from app.pricing.guards import Guards, Totals
from app.pricing.plan import Choice, Plans
from app.pricing.undo import take_back
from app.store import AuditFilter, ConnectionRow, ListingQuery, OutboxFilter, ProductChange, Store, StoreError
from app.store.plans import NewPlan, totals_by_state

D = Decimal
RAISE = "round_to(price * 1.05; 0.90)"


@pytest.fixture
async def row(store: Store) -> ConnectionRow:
    made = await shop(store)
    goods = [listing(str(n), price=f"{100 + n}.00", extra={"handle": f"h{n}"}) for n in range(1, 8)]
    await store.listings.apply_page(made.id, "acc", page(*goods), now=T0)
    return made


def plans(store: Store, clock: Clock) -> Plans:
    return Plans(store, clock)


async def states(store: Store, plan_id: int) -> dict[str, int]:
    return dict(totals_by_state(await store.plans.progress(plan_id)))


async def send(
    store: Store, row: ConnectionRow, refuse: frozenset[int] = frozenset(), limit: int = 100
) -> list[Decimal]:
    """What the relay does: take, settle as done but for listings in `refuse`; the prices as the vendor got them."""
    taken = await store.outbox.take(row.id, "price", limit, T0 + timedelta(days=9))
    no = Message("item.refused", vendor_text="too cheap")
    await store.outbox.settle(
        [Outcome(one.key, OutcomeState.REFUSED, no) if one.subject in refuse else Outcome(one.key, OutcomeState.DONE) for one in taken],
        now=T0,
    )  # fmt: skip
    return [change_of(one).price.amount for one in taken]


async def make(store: Store, clock: Clock, text: str = RAISE, guards: Guards | None = None, **choice: object) -> int:
    asked = Choice(**choice)  # type: ignore[arg-type]
    return await plans(store, clock).make(compile_formula(text), asked, guards or Guards())


async def test_the_whole_way(store: Store, row: ConnectionRow, clock: Clock) -> None:
    plan_id = await make(store, clock)
    plan = await store.plans.get(plan_id)
    assert (plan.kind, plan.title, plan.state, plan.created_at) == ("formula", RAISE, "ready", T0)
    assert (await store.outbox.counts()) == {}, "nothing is queued by looking"
    lines = await store.plans.lines(plan_id)
    assert [(one.position, one.sku, one.old, one.new, one.state) for one in lines[:2]] == [
        (1, "SKU-1", Money(D("101.00"), "TRY"), Money(D("105.90"), "TRY"), "ready"),
        (2, "SKU-2", Money(D("102.00"), "TRY"), Money(D("106.90"), "TRY"), "ready"),
    ]
    done = await plans(store, clock).apply(plan_id, day_began=T0)
    assert (done.queued, done.left, done.capped) == ({row.id: 7}, {}, 0)
    one = (await store.listings.get(1)) or pytest.fail("no listing")
    assert (one.wanted_price, one.price_state) == (Money(D("105.90"), "TRY"), "queued")
    (entry,) = await store.audit.query(AuditFilter(action="price.wished"))
    assert (entry.connection_id, entry.details["count"]) == (row.id, 7)
    again = await plans(store, clock).apply(plan_id, day_began=T0)
    assert again.queued == {}, "twice is once"
    sent = await send(store, row, refuse=frozenset({3}))
    assert sent[:2] == [D("105.90"), D("106.90")]
    assert await states(store, plan_id) == {"done": 6, "refused": 1}
    (refused,) = await store.plans.lines(plan_id, states=("refused",))
    assert (refused.position, refused.message and refused.message.vendor_text) == (3, "too cheap")
    (progress,) = await store.plans.progress(plan_id)
    assert progress.seconds_left() is None
    found = await store.outbox.query(OutboxFilter(plan=str(plan_id), subject=1))
    assert [b'"handle":"h1"' in one.payload for one in found] == [True], "the provider's handles go along"


async def test_what_changed_since_it_was_shown_is_not_sent(store: Store, row: ConnectionRow, clock: Clock) -> None:
    plan_id = await make(store, clock)
    await store.listings.apply_page(row.id, "acc", page(listing("2", price="150.00", at=5)), now=T0)
    await store.listings.want_price(4, Money(D(99), "TRY"))
    done = await plans(store, clock).apply(plan_id, day_began=T0)
    assert (done.queued, done.left) == ({row.id: 5}, {"changed": 2})
    assert await states(store, plan_id) == {"changed": 2, "queued": 5}
    four = (await store.listings.get(4)) or pytest.fail("no listing")
    assert four.wanted_price == Money(D(99), "TRY")


async def test_a_wish_that_waits_is_what_a_formula_starts_from_and_is_replaced(
    store: Store, row: ConnectionRow, clock: Clock
) -> None:
    await store.listings.want_price(1, Money(D(200), "TRY"))
    plan_id = await make(store, clock, "price + 1", ids=(1,))
    (line,) = await store.plans.lines(plan_id)
    assert (line.old, line.new) == (Money(D("200.00"), "TRY"), Money(D("201.00"), "TRY"))
    await plans(store, clock).apply(plan_id, day_began=T0)
    assert await store.outbox.counts() == {"superseded": 1, "queued": 1}
    await store.listings.want_price(1, Money(D(5), "TRY"))
    assert await states(store, plan_id) == {"superseded": 1}


async def test_a_refused_wish_is_none(store: Store, row: ConnectionRow, clock: Clock) -> None:
    await store.listings.want_price(1, Money(D(200), "TRY"))
    await send(store, row, refuse=frozenset({1}))
    plan_id = await make(store, clock, "price + 1", ids=(1,))
    (line,) = await store.plans.lines(plan_id)
    assert line.old == Money(D("101.00"), "TRY")
    await plans(store, clock).apply(plan_id, day_began=T0)
    assert await send(store, row) == [D(102)]


async def test_held_lines_wait_for_a_release_that_the_audit_log_has(
    store: Store, row: ConnectionRow, clock: Clock
) -> None:
    await store.products.put([ProductChange("SKU-1", cost=D(500)), ProductChange("SKU-2", floor=D(300), currency="TRY"),
                              ProductChange("SKU-3", cost=D(1), currency="EUR")])  # fmt: skip
    plan_id = await make(store, clock, "if stock < 9 then price * 1.1")
    held = {one.position: one.hold for one in await store.plans.lines(plan_id, states=("held",))}
    assert held == {1: ("under_cost",), 2: ("floor",), 3: ("currency",)}
    assert (await plans(store, clock).apply(plan_id, day_began=T0)).queued == {row.id: 4}
    assert await store.plans.release(plan_id, [2, 6]) == 1
    assert await store.plans.release(plan_id, [2]) == 0
    assert (await plans(store, clock).apply(plan_id, day_began=T0)).queued == {row.id: 1}
    assert await store.plans.release(plan_id) == 2
    entries = await store.audit.query(AuditFilter(subject_kind="plan", subject_id=str(plan_id)))
    assert [(one.details["released"], one.details["count"], one.details["ids"]) for one in entries] == [
        (True, 2, [1, 3]),
        (True, 1, [2]),
    ]
    assert (await plans(store, clock).apply(plan_id, day_began=T0)).queued == {row.id: 2}


async def test_a_line_without_a_price_is_never_released(store: Store, row: ConnectionRow, clock: Clock) -> None:
    await store.products.put([ProductChange("SKU-1", cost=D(90))])
    plan_id = await make(store, clock, "cost * 1.5")
    assert await states(store, plan_id) == {"ready": 1, "blocked": 6}
    (blocked, *_) = await store.plans.lines(plan_id, states=("blocked",), limit=1)
    assert (blocked.new, blocked.hold) == (None, ("missing:cost",))
    assert await store.plans.release(plan_id) == 0
    assert (await plans(store, clock).apply(plan_id, day_began=T0)).queued == {row.id: 1}


async def test_the_daily_cap_counts_all_plans_but_those_that_take_back(
    store: Store, row: ConnectionRow, clock: Clock
) -> None:
    desk = plans(store, clock)
    assert await desk.set_guards(Guards(daily_cap=5, jump_percent=D(30)))
    assert await desk.guards() == Guards(daily_cap=5, jump_percent=D(30))
    plan_id = await make(store, clock)
    first = await desk.apply(plan_id, day_began=T0)
    assert (sum(first.queued.values()), first.capped) == (5, 2)
    second = await desk.apply(plan_id, day_began=T0)
    assert (second.queued, second.capped) == ({}, 2)
    await send(store, row)
    undone = await take_back(store, desk, plan_id, yes)
    assert undone.plan_id is not None
    assert (await desk.apply(undone.plan_id, day_began=T0)).queued == {row.id: 5}
    clock.now = T0 + timedelta(days=1)
    assert (await desk.apply(plan_id, day_began=clock.now)).left == {}
    assert (await states(store, plan_id))["queued"] == 2


async def yes(connection_id: int) -> bool:
    return True


async def test_taking_back(store: Store, row: ConnectionRow, clock: Clock) -> None:
    desk = plans(store, clock)
    plan_id = await make(store, clock)
    await desk.apply(plan_id, day_began=T0)
    assert await send(store, row, refuse=frozenset({1}), limit=5)
    (six, *_) = await store.outbox.take(row.id, "price", 1, T0)  # on its way: 6; 7 waits still

    async def read_back(connection_id: int) -> bool:
        assert connection_id == row.id
        await store.listings.apply_page(row.id, "acc", page(listing("2", price="77.00", at=9)), now=T0)
        await store.listings.want_price(3, Money(D(1000), "TRY"))
        return False

    undone = await take_back(store, desk, plan_id, read_back)
    assert (undone.withdrawn, undone.back, undone.never, undone.live) == (1, 2, 1, {row.id: False})
    assert undone.left == {"not_ours": 1, "newer_wish": 1, "on_way": 1}
    assert undone.plan_id is not None
    seven = (await store.listings.get(7)) or pytest.fail("no listing")
    assert seven.wanted_price is None
    lines = await store.plans.lines(undone.plan_id)
    assert {one.listing_id: (one.state, one.new and one.new.amount) for one in lines} == {
        2: ("not_ours", D(102)), 3: ("newer_wish", D(103)), 4: ("ready", D(104)), 5: ("ready", D(105)), 6: ("on_way", D(106)),
    }  # fmt: skip
    assert (await store.plans.get(plan_id)).undone_by is None
    await desk.apply(undone.plan_id, day_began=T0)
    assert (await store.plans.get(plan_id)).undone_by == undone.plan_id
    await store.outbox.settle([Outcome(six.key, OutcomeState.DONE)], now=T0)
    again = await take_back(store, desk, plan_id, yes)
    assert (again.back, again.left) == (1, {"not_ours": 1, "newer_wish": 3}), (
        "what waits to go back is not taken back again"
    )
    four = (await store.listings.get(4)) or pytest.fail("no listing")
    assert four.wanted_price == Money(D("104.00"), "TRY")


async def test_nothing_to_take_back_leaves_no_plan(store: Store, row: ConnectionRow, clock: Clock) -> None:
    plan_id = await make(store, clock)
    await plans(store, clock).apply(plan_id, day_began=T0)
    undone = await take_back(store, plans(store, clock), plan_id, yes)
    assert (undone.plan_id, undone.withdrawn, undone.back) == (None, 7, 0)
    assert [one.id for one in await store.plans.list()] == [plan_id]


async def test_the_crossed_out_price_comes_along_and_goes_back(store: Store, row: ConnectionRow, clock: Clock) -> None:
    goods = [
        listing("1", price="100.00", list_price=Money(D("100.00"), "TRY"), at=1),
        listing("2", price="100.00", list_price=Money(D("102.00"), "TRY"), at=1),
    ]
    await store.listings.apply_page(row.id, "acc", page(*goods), now=T0)
    desk = plans(store, clock)
    plan_id = await make(store, clock, "price * 1.1", ids=(1, 2))
    assert [(one.new_list and one.new_list.amount, one.hold) for one in await store.plans.lines(plan_id)] == [
        (D(110), ()),
        (D(110), ("list",)),
    ]
    await store.plans.release(plan_id)
    await desk.apply(plan_id, day_began=T0)
    await send(store, row)
    one = (await store.listings.get(2)) or pytest.fail("no listing")
    assert (one.listing.price, one.listing.list_price) == (Money(D("110.00"), "TRY"), Money(D("110.00"), "TRY"))
    undone = await take_back(store, desk, plan_id, yes)
    await desk.apply(undone.plan_id or 0, day_began=T0)
    await send(store, row)
    one = (await store.listings.get(2)) or pytest.fail("no listing")
    assert (one.listing.price, one.listing.list_price) == (Money(D("100.00"), "TRY"), Money(D("102.00"), "TRY"))


async def test_a_removed_connection_gets_nothing(store: Store, row: ConnectionRow, clock: Clock) -> None:
    plan_id = await make(store, clock)
    await store.connections.remove(row.id)
    done = await plans(store, clock).apply(plan_id, day_began=T0)
    assert (done.queued, done.left) == ({}, {"gone": 7})


async def test_choices(store: Store, row: ConnectionRow, clock: Clock) -> None:
    other = await shop(store, "Other", "acc2")
    await store.listings.apply_page(other.id, "acc2", page(listing("9")), now=T0)

    async def looked(**choice: object) -> int:
        asked = Choice(**choice)  # type: ignore[arg-type]
        return (await plans(store, clock).preview(compile_formula("price * 2"), asked, Guards())).totals.looked

    assert await looked() == 8
    assert await looked(query=ListingQuery(connection_id=other.id)) == 1
    assert await looked(query=ListingQuery(search="tişört 3")) == 1
    assert await looked(writable=frozenset({row.id})) == 7
    assert await looked(writable=frozenset()) == 0
    assert await looked(ids=(2, 99, 1)) == 2
    seen = await plans(store, clock).preview(compile_formula("price * 1.1"), Choice(), Guards())
    assert (len(seen.changes), seen.held, await store.plans.list()) == (8, (), [])


async def test_a_plan_that_was_cut_off_is_not_there(
    store: Store, row: ConnectionRow, clock: Clock, tmp_path: Path
) -> None:
    cut = await store.plans.begin(NewPlan("formula", "x"))
    await store.plans.add(cut, 1, [(1, row.id, "TRY", 1, 2, None, None, "", "")])
    assert await store.plans.list() == []
    with pytest.raises(StoreError, match=r"store\.no_plan"):
        await store.plans.get(cut)
    with pytest.raises(StoreError, match=r"store\.no_plan"):
        await store.plans.queue_some(cut, 0, 10)
    clock.now = T0 + timedelta(hours=2)
    made = await make(store, clock)
    assert await store.plans.lines(cut) == []
    await store.plans.drop(made)
    assert await store.plans.list() == []
    sent = await make(store, clock)
    await plans(store, clock).apply(sent, day_began=T0)
    with pytest.raises(StoreError, match=r"store\.plan_sent"):
        await store.plans.drop(sent)


async def test_applying_goes_on_after_a_kill(store: Store, row: ConnectionRow, clock: Clock) -> None:
    plan_id = await make(store, clock)
    step = await store.plans.queue_some(plan_id, 0, 3)
    assert (step.queued, step.reached, step.over) == ({row.id: [1, 2, 3]}, 3, False)
    done = await plans(store, clock).apply(plan_id, day_began=T0)
    assert done.queued == {row.id: 4}
    assert await store.outbox.counts() == {"queued": 7}


async def test_two_that_apply_at_once_queue_each_line_once(store: Store, row: ConnectionRow, clock: Clock) -> None:
    plan_id = await make(store, clock)
    both = await asyncio.gather(*(plans(store, clock).apply(plan_id, day_began=T0) for _ in range(3)))
    assert sum(sum(one.queued.values()) for one in both) == 7
    assert await store.outbox.counts() == {"queued": 7}


async def test_a_settled_line_whose_row_was_tidied_away(store: Store, row: ConnectionRow, clock: Clock) -> None:
    plan_id = await make(store, clock)
    await plans(store, clock).apply(plan_id, day_began=T0)
    await send(store, row)
    await store.outbox.prune(T0 + timedelta(days=1))
    assert await states(store, plan_id) == {"over": 7}
    undone = await take_back(store, plans(store, clock), plan_id, yes)
    assert undone.back == 7


async def test_products(store: Store, clock: Clock) -> None:
    await store.products.put([ProductChange("0017", "TRY", D("12.5"), D(20), D(10), D(30), "A-1", D("1.5"))])
    await store.products.put([ProductChange("0017", cost=D("13.25"))])
    one = (await store.products.get("0017")) or pytest.fail("no product")
    assert (one.cost, one.vat_rate, one.floor, one.ceiling, one.shelf, one.desi, one.changed_at) == (
        Money(D("13.25"), "TRY"), D(20), Money(D("10.00"), "TRY"), Money(D("30.00"), "TRY"), "A-1", D("1.5"), T0,
    )  # fmt: skip
    assert await store.products.get("17") is None, "an SKU is equal or not"
    with pytest.raises(StoreError, match=r"store\.product_currency"):
        await store.products.put([ProductChange("0017", "EUR", D(1))])
    await store.products.put([ProductChange("0017", "EUR", D(1), floor=D(1), ceiling=D(2))])
    for bad in (ProductChange(" "), ProductChange("x", cost=D(-1)), ProductChange("x", vat_rate=D(101)), ProductChange("x", vat_rate=D("0.001")),
                ProductChange("x", cost=D("NaN")), ProductChange("x", cost=D("1e999"))):  # fmt: skip
        with pytest.raises(StoreError, match=r"store\.bad_product"):
            await store.products.put([ProductChange("good", cost=D(1)), bad])
    assert await store.products.get("good") is None
    assert [one.sku for one in await store.products.list()] == ["0017"]
    assert await store.products.count() == 1
    assert await store.products.unlisted(["a", "0017"]) == ("a", "0017")


async def test_recipes(store: Store) -> None:
    await store.plans.save_recipe("Zam", "price * 1.1")
    await store.plans.save_recipe("Zam", RAISE)
    assert [(one.name, one.formula, one.saved_at) for one in await store.plans.recipes()] == [("Zam", RAISE, T0)]
    assert await store.plans.drop_recipe("Zam")
    assert not await store.plans.drop_recipe("Zam")


async def test_totals_are_kept(store: Store, row: ConnectionRow, clock: Clock) -> None:
    plan_id = await make(store, clock, guards=Guards(jump_percent=D("4.9")))
    plan = await store.plans.get(plan_id)
    totals = msgspec.json.decode(plan.totals, type=Totals)
    assert (totals.looked, totals.lines, totals.change) == (7, 7, {"TRY": 7 * 4_900_000})
    assert msgspec.json.decode(plan.guards, type=Guards).jump_percent == D("4.9")
