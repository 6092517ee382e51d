"""The jobs against real rehearsal servers: pulls that lose nothing, writes that settle item by item, trouble told in words."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise

from app.changes import ORDERS
from app.console import utc_now
from app.model import Money, ShipmentNotice
from app.monitor.health import Blame, State
from app.store.listing_query import ListingQuery
from app.store.order_query import OrderQuery
from app.store.outbox import OutboxFilter
from tests.support.waiting import until


async def test_a_pull_stores_all_moves_its_cursor_and_tells_the_views(woo):
    told = []
    woo.console.changes.listen(told.append)
    result = await woo.console.engine.sync_orders(woo.row)
    assert result.outcome == "done"
    assert result.counts["new"] == 120
    assert await woo.remote_ids() == set(woo.truth("orders"))
    assert {r.table for r in told} >= {ORDERS, "jobs", "connections", "health"}
    cursor = await woo.console.store.cursors.get(woo.row.id, "orders")
    assert cursor is not None
    assert utc_now() - cursor < timedelta(minutes=1)
    (job,) = await woo.console.store.jobs.recent(1)
    assert (job.kind, job.state, job.outcome) == ("orders", "ended", "done")


async def test_the_second_pull_takes_only_what_changed(woo):
    await woo.console.engine.sync_orders(woo.row)
    await asyncio.sleep(1.1)
    woo.control.post("/_control/orders", json={"count": 4})
    touched = woo.control.post("/_control/touch", json={"count": 3, "seed": 5}).json()["remote_ids"]
    result = await woo.console.engine.sync_orders(woo.row)
    assert result.counts["new"] == 4
    assert result.counts["changed"] >= 1
    assert set(touched) <= await woo.remote_ids()


async def test_records_that_move_between_pages_are_not_lost(woo):
    for seed in range(5):
        # One step: it is acted out after the first page of this pull, so that nothing is left over for the last one.
        woo.control.post("/_control/between", json=[{"new": 1, "touch": 2, "seed": seed}])
        assert (await woo.console.engine.sync_orders(woo.row)).outcome == "done"
    await asyncio.sleep(1.1)
    await woo.console.engine.sync_orders(woo.row)
    assert await woo.remote_ids() == set(woo.truth("orders"))


async def test_a_failed_page_moves_no_cursor_and_the_next_pull_heals(woo):
    woo.fault(kind="status", status=422, path="/orders", skip=1, count=1, body='{"code":"x","message":"no"}')
    result = await woo.console.engine.sync_orders(woo.row)
    assert result.outcome == "failed"
    assert result.message is not None
    assert result.message.params["connection"] == "Mağaza"
    cursor = await woo.console.store.cursors.get(woo.row.id, "orders")
    assert cursor is None or cursor < utc_now() - timedelta(minutes=1)
    assert (await woo.console.engine.sync_orders(woo.row)).outcome == "done"
    assert await woo.remote_ids() == set(woo.truth("orders"))


async def test_a_short_trouble_is_not_even_noticed(woo):
    woo.fault(kind="status", status=503, path="/orders", count=1)
    woo.fault(kind="drop", path="/orders", skip=1, count=1)
    result = await woo.console.engine.sync_orders(woo.row)
    assert result.outcome == "done"
    assert await woo.remote_ids() == set(woo.truth("orders"))


async def test_one_unreadable_order_waits_for_attention_and_heals(woo):
    bad = next(iter(woo.truth("orders")))
    woo.control.post("/_control/damage", json={"remote_id": bad})
    result = await woo.console.engine.sync_orders(woo.row)
    assert (result.outcome, result.counts["rejected"], result.counts["new"]) == ("partly", 1, 119)
    (waiting,) = await woo.console.store.attention.list()
    assert waiting.remote_id == bad
    assert bad in waiting.raw


async def test_html_instead_of_json_is_told_with_blame(woo):
    woo.fault(kind="html", count=-1)
    result, found = await woo.console.engine.probe(woo.row)
    assert found is None
    assert result.outcome == "failed"
    row = await woo.console.store.connections.get(woo.row.id)
    report = await woo.console.health.report(row)
    assert report.state is State.UNHEALTHY
    assert report.blame in (Blame.THEIRS, Blame.YOURS)
    woo.control.delete("/_control/faults")
    woo.console.network.reset_breaker(woo.row.id)
    assert (await woo.console.engine.probe(woo.row))[0].outcome == "done"
    row = await woo.console.store.connections.get(woo.row.id)
    assert (await woo.console.health.report(row)).state in (State.HEALTHY, State.DEGRADED)


async def test_what_the_user_owns_survives_a_pull(woo):
    await woo.console.engine.sync_orders(woo.row)
    first = (await woo.console.store.orders.query(OrderQuery(limit=1)))[0]
    await woo.console.store.orders.set_local([first.id], state="packed", note="hediye", printed=True)
    await asyncio.sleep(1.1)
    woo.control.post("/_control/touch", json={"count": 120, "seed": 1})
    await woo.console.engine.sync_orders(woo.row)
    stored = await woo.console.store.orders.get(first.id)
    assert (stored.local_state, stored.note, stored.print_count) == ("packed", "hediye", 1)


async def test_prices_go_out_in_batches_and_settle_one_by_one(woo):
    await woo.console.engine.sync_listings(woo.row)
    rows = await woo.console.store.listings.query(ListingQuery(limit=100))
    refused = rows[0].sku
    woo.control.post("/_control/switch", json={"feature": f"refuse_sku:{refused}", "on": True})
    for one in rows:
        await woo.console.store.listings.want_price(one.id, Money.of("123.45", one.currency))
    result = await woo.console.engine.settle_all(woo.row, patience_s=10)
    assert result.counts.get("refused") == 1
    assert result.counts.get("done") == len(rows) - 1
    goods = woo.truth("listings")
    assert all((goods[r.sku]["price"] == "123.45") is (r.sku != refused) for r in rows)
    (loser,) = await woo.console.store.outbox.query(OutboxFilter(states=("refused",)))
    assert loser.message is not None


async def test_the_last_wish_wins_and_only_one_goes_out(woo):
    await woo.console.engine.sync_listings(woo.row)
    one = (await woo.console.store.listings.query(ListingQuery(limit=1)))[0]
    for amount in ("10", "11", "12.50"):
        await woo.console.store.listings.want_price(one.id, Money.of(amount, one.currency))
    await woo.console.engine.settle_all(woo.row, patience_s=10)
    assert woo.truth("listings")[one.sku]["price"] == "12.50"
    counters = woo.control.get("/_control/state").json()["counters"]
    assert counters[f"write:{one.sku}"] == 1


async def test_an_answer_that_was_lost_is_sent_again_and_ends_right(woo):
    await woo.console.engine.sync_listings(woo.row)
    one = (await woo.console.store.listings.query(ListingQuery(limit=1)))[0]
    await woo.console.store.listings.want_stock(one.id, 33)
    woo.fault(kind="drop_after", method="POST", path="/products", count=1)
    await woo.console.engine.settle_all(woo.row, patience_s=10)
    await asyncio.sleep(0)
    for row in await woo.console.store.outbox.query(OutboxFilter(states=("queued",))):
        await woo.console.store.outbox.release([row.key], utc_now() - timedelta(seconds=1))
    await woo.console.engine.settle_all(woo.row, patience_s=10)
    assert await woo.console.store.outbox.counts() == {"done": 1}
    assert woo.truth("listings")[one.sku]["stock"] == 33


async def test_a_wrong_key_parks_the_queue_and_loses_nothing(woo):
    await woo.console.engine.sync_listings(woo.row)
    one = (await woo.console.store.listings.query(ListingQuery(limit=1)))[0]
    await woo.console.store.listings.want_price(one.id, Money.of("77", one.currency))
    woo.fault(
        kind="status", status=401, count=-1, body='{"code":"woocommerce_rest_authentication_error","message":"x"}'
    )
    result = await woo.console.engine.settle_all(woo.row, patience_s=2)
    assert result.message is not None
    assert result.message.code.startswith("auth.")
    assert await woo.console.store.outbox.counts() == {"queued": 1}
    before = len(woo.calls())
    await woo.console.engine.settle_all(woo.row, patience_s=2)
    assert len(woo.calls()) == before, "a refused key is not tried again at once"


async def test_a_shipment_notice_goes_out_once(woo):
    await woo.console.engine.sync_orders(woo.row)
    one = next(r for r in await woo.console.store.orders.query(OrderQuery(limit=500)) if r.status == "open")
    stored = await woo.console.store.orders.get(one.id)
    import msgspec

    notice = ShipmentNotice("", stored.order.remote_id, stored.order.number, "Yurtiçi Kargo", "123456789", extra=stored.order.extra)  # fmt: skip
    await woo.console.store.outbox.enqueue(woo.row.id, "shipment", one.id, msgspec.json.encode(notice))
    woo.fault(kind="drop_after", method="PUT", count=1)
    woo.fault(kind="drop_after", method="POST", count=1)
    for _ in range(4):
        await woo.console.engine.settle_all(woo.row, patience_s=5)
        for row in await woo.console.store.outbox.unknown(woo.row.id):
            await woo.console.store.outbox.release([row.key], utc_now() - timedelta(seconds=1))
    assert await woo.console.store.outbox.counts() == {"done": 1}
    order = woo.truth("orders")[stored.order.remote_id]
    assert order["status"] == "completed"


async def test_later_results_are_asked_for_until_each_item_is_settled(trendyol):
    await trendyol.console.engine.sync_listings(trendyol.row)
    rows = await trendyol.console.store.listings.query(ListingQuery(limit=30))
    assert len(rows) == 30
    for one in rows:
        await trendyol.console.store.listings.want_stock(one.id, 9)
    result = await trendyol.console.engine.settle_all(trendyol.row, patience_s=30)
    assert result.counts.get("done") == 30
    goods = trendyol.truth("listings")
    assert all(goods[r.sku]["stock"] == 9 for r in rows)


async def test_trendyol_orders_in_windows_of_two_weeks(trendyol):
    result = await trendyol.console.engine.sync_orders(trendyol.row)
    assert result.outcome == "done"
    assert await trendyol.remote_ids() == set(trendyol.truth("orders"))


async def test_a_job_can_be_cancelled_and_keeps_what_it_has(woo):
    woo.fault(kind="slow", seconds=20, path="/orders", skip=1, count=-1)
    task = asyncio.ensure_future(woo.console.engine.sync_orders(woo.row))

    async def first_page() -> bool:
        return len(await woo.remote_ids()) >= 100

    await until(first_page, "the first page is kept")
    (job,) = await woo.console.store.jobs.recent(1)
    assert woo.console.engine.runner.cancel(job.id)
    result = await asyncio.wait_for(task, 15)
    assert result.outcome == "cancelled"
    assert len(await woo.remote_ids()) == 100
    assert not woo.console.engine.runner.cancel(job.id)


async def test_one_account_one_lane(woo):
    second = await woo.console.store.connections.add("ikinci", "woocommerce", woo.row.account_id, "live")
    woo.fault(kind="slow", seconds=0.3, path="/orders", count=-1)
    for engine_job in await asyncio.gather(
        woo.console.engine.sync_orders(woo.row), woo.console.engine.sync_orders(second)
    ):
        assert engine_job.outcome == "done"
    at = sorted(c["at"] for c in woo.calls())
    assert all(b - a > 0.2 for a, b in pairwise(at)), "two pulls of one account ran at once"


async def test_the_clock_pulls_sends_and_probes_by_itself(woo):
    await woo.console.engine.start()

    async def pulled() -> bool:
        woo.console.engine.scheduler.hurry("orders", woo.row.id)
        woo.console.engine.scheduler.hurry("listings", woo.row.id)
        return len(await woo.remote_ids()) == 120 and bool(await woo.console.store.listings.count(ListingQuery()))

    await until(pulled, "orders and listings")
    one = (await woo.console.store.listings.query(ListingQuery(limit=1)))[0]
    await woo.console.store.listings.want_price(one.id, Money.of("55.50", one.currency))
    woo.console.engine.scheduler.hurry("send", woo.row.id)

    async def sent() -> int:
        return (await woo.console.store.outbox.counts()).get("done", 0)

    await until(sent, "the price is sent")
    assert woo.truth("listings")[one.sku]["price"] == "55.50"
    probes = [j for j in await woo.console.store.jobs.recent(50) if j.kind == "probe"]
    woo.console.engine.scheduler.hurry("probe", woo.row.id)
    await asyncio.sleep(0.3)
    again = [j for j in await woo.console.store.jobs.recent(50) if j.kind == "probe"]
    assert len(again) == len(probes), "a good real call within the interval is the probe"
    await woo.console.store.connections.set_paused(woo.row.id, True)
    woo.console.engine.schedule(await woo.console.store.connections.get(woo.row.id))
    assert {key for key in woo.console.engine.scheduler.next_due() if key[1]} == set()
