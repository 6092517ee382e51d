"""The engine's own probes against a real rehearsal server: no job rows, samples with a category, sockets given back, silence
without a network, trouble that begins and ends, the program's figures beside the clock."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from app.console import utc_now
from app.contracts import Message
from app.monitor.health import Blame, State
from tests.support.waiting import PATIENCE_S, until

HOUR = timedelta(hours=1)


async def test_a_probe_by_the_clock_is_a_sample_and_no_job(woo):
    engine, store = woo.console.engine, woo.console.store
    before = len(woo.calls())
    await engine._probe_if_silent(woo.row)
    await engine.flush_samples()
    assert len(woo.calls()) == before + 1
    assert await store.jobs.recent() == []
    (probe,) = await store.samples.series(woo.row.id, utc_now() - HOUR, utc_now(), 1, series="probe")
    assert probe.ok == 1
    (shops,) = await store.samples.category_series("shop", utc_now() - HOUR, utc_now(), 1)
    assert shops.ok >= 1
    assert (await store.connections.get(woo.row.id)).last_ok_at is not None
    await engine._probe_if_silent(woo.row)
    assert len(woo.calls()) == before + 1, "a moment later nothing is asked"
    assert engine.received_bytes > 0


async def test_probes_by_the_clock_give_their_socket_back(woo):
    link = await woo.console.links.get(woo.row.id)
    await link.provider.probe()
    kept = len(woo.console.network._session.connector._conns)
    assert kept == 1
    assert link.prober is not link.provider
    await asyncio.sleep(0.05)
    await link.prober.probe()
    await link.prober.probe()
    assert sum(len(one) for one in woo.console.network._session.connector._conns.values()) <= kept


async def test_trouble_begins_with_the_first_failed_call_and_ends_with_a_good_one(woo):
    engine, store = woo.console.engine, woo.console.store
    woo.fault(kind="status", status=401, count=-1, body='{"code":"woocommerce_rest_cannot_view","message":"no"}')
    assert (await engine.sync_orders(woo.row)).outcome == "failed"
    assert woo.row.id in await store.troubles.all()
    report = await woo.console.health.report(await store.connections.get(woo.row.id))
    assert (report.state, report.blame, report.confirmed_at) == (State.UNHEALTHY, Blame.KEY, None)
    assert report.trouble_since is not None
    woo.control.delete("/_control/faults")
    woo.console.network.reset_breaker(woo.row.id)
    assert (await engine.probe(woo.row))[0].outcome == "done"
    assert await store.troubles.all() == {}


async def test_without_a_network_the_clock_is_silent_and_a_person_is_told(woo):
    engine, store = woo.console.engine, woo.console.store
    engine.probing.online = lambda: False
    engine.probing._local[woo.row.id] = False  # as if the shop lay elsewhere
    before = len(woo.calls())
    result = await engine.sync_orders(woo.row, asked_by="clock")
    assert (result.outcome, result.message) == ("failed", Message("net.offline", {"connection": "Mağaza"}))
    await engine._probe_if_silent(woo.row)
    row = await store.connections.get(woo.row.id)
    assert (len(woo.calls()), row.last_error, await store.jobs.recent()) == (before, None, [])
    report = await woo.console.health.report(row)
    assert (report.state, report.blame) == (State.OFFLINE, Blame.INTERNET)
    assert (await engine.sync_orders(woo.row)).outcome == "done", "who presses the button gets an answer of the network"
    engine.probing.online = lambda: True
    assert (await engine.sync_orders(woo.row, asked_by="clock")).outcome == "done"
    assert (await woo.console.health.report(await store.connections.get(woo.row.id))).state is State.HEALTHY


async def test_while_the_vault_is_locked_nothing_is_probed(woo):
    engine = woo.console.engine
    await engine.hold(Message("vault.locked"), 1)
    before = len(woo.calls())
    await engine._probe_if_silent(woo.row)
    result, found = await engine.probe(woo.row, asked_by="clock")
    assert (result.outcome, found, len(woo.calls())) == ("failed", None, before)
    engine.release()
    await engine._probe_if_silent(woo.row)
    assert len(woo.calls()) == before + 1


async def test_a_probe_under_way_ends_before_the_vault_is_locked(woo):
    engine = woo.console.engine
    woo.fault(kind="delay", seconds=1.0, count=1)
    probing = asyncio.ensure_future(engine._probe_if_silent(woo.row))
    await until(lambda: engine.probing._under_way, "the probe is under way")
    await engine.hold(Message("vault.locked"), PATIENCE_S)
    assert not engine.probing._under_way
    await probing


async def test_the_clock_keeps_the_programs_figures_and_the_business_s(woo):
    engine, store = woo.console.engine, woo.console.store
    await engine.sync_listings(woo.row)
    await engine.start()

    async def written():
        here = utc_now().astimezone()
        (day,) = await store.business.days(woo.row.id, here.date(), here.date(), here.tzinfo)
        found = await store.process.series("memory", here - HOUR, here + HOUR, 1)
        return (day, found) if day.active is not None and found else None

    day, (memory,) = await until(written, "both figures are written")
    assert day.active == len(woo.truth("listings"))
    assert memory.most > 10_000_000
