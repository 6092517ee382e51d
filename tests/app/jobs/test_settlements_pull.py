"""The daily pull of payout lines: windows, the cursor, looking again at what was not paid, once a day."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from app.changes import SETTLEMENTS, ChangeReport, Changes
from app.contracts import Message, Page, Reject, fail
from app.contracts.catalogue import Catalogue, providers_root
from app.jobs.engine import PAYOUTS_LOOK_S, Engine
from app.jobs.links import Link
from app.jobs.pulls import Pulls
from app.jobs.runner import Result
from app.jobs.scheduler import Scheduler
from app.model import Money, SettlementKind, SettlementLine, Window
from app.store import PayoutQuery, Store

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class Clock:
    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


class Channel:
    """A provider that tells what it is given, and remembers which windows it was asked for."""

    def __init__(self) -> None:
        self.lines: list[SettlementLine] = []
        self.rejects: tuple[Reject, ...] = ()
        self.asked: list[Window] = []
        self.broken_after: int | None = None

    async def settlements(self, window: Window) -> AsyncIterator[Page[SettlementLine]]:
        self.asked.append(window)
        if self.broken_after is not None and len(self.asked) > self.broken_after:
            raise fail(Message("server.error"))
        found = tuple(one for one in self.lines if window.since <= one.booked_at < window.until)
        yield Page(found, self.rejects)


class Bench:
    def __init__(self, store: Store, clock: Clock, connection: Any) -> None:
        self.store, self.clock, self.row = store, clock, connection
        self.channel, self.changes = Channel(), Changes()
        self.reports: list[ChangeReport] = []
        self.changes.listen(self.reports.append)
        self.pulls = Pulls(store, self.changes, clock)
        self.manifest = Catalogue(providers_root(), with_plugins=False).manifest("trendyol")
        self.skew = 0.0

    @property
    def link(self) -> Link:
        return Link(self.row, self.manifest, None, self.channel, None, lambda: self.skew)  # type: ignore[arg-type]

    async def pull(self, since: datetime | None = None) -> Result:
        async def progress(_done: int, _total: int | None) -> None:
            return None

        return await self.pulls.settlements(self.link, SimpleNamespace(progress=progress), since)  # type: ignore[arg-type]

    async def cursor(self) -> datetime | None:
        return await self.store.cursors.get(self.row.id, "settlements")


def line(remote_id: str, days_ago: float, **more: Any) -> SettlementLine:
    return SettlementLine(remote_id, SettlementKind.SALE, Money(Decimal(100), "TRY"), NOW - days_ago * DAY, order_number=remote_id, **more)  # fmt: skip


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    clock = Clock()
    store = await Store.open(tmp_path / "store.sqlite", now=clock)
    await store.accounts.add("acc", "trendyol", "live")
    row = await store.connections.add("Şık Dükkân", "trendyol", "acc", "live", {})
    yield Bench(store, clock, row)
    await store.close()


async def test_the_first_pull_goes_back_as_far_as_the_manifest_allows(bench: Bench) -> None:
    bench.channel.lines = [line("old", 88), line("new", 1, paid=True), line("older", 95)]
    result = await bench.pull()
    assert (result.outcome, result.counts["new"]) == ("done", 2)
    assert bench.channel.asked[0].since == NOW - 89 * DAY
    assert bench.channel.asked[-1].until == NOW
    widest = timedelta(hours=bench.manifest.widest_window_h)
    assert all(one.until - one.since <= widest for one in bench.channel.asked)
    pieces = bench.channel.asked
    assert all(one.until == after.since for one, after in pairwise(pieces))
    assert await bench.cursor() == NOW
    assert {one.table for one in bench.reports} == {SETTLEMENTS}


async def test_what_was_not_paid_is_looked_at_again_and_gets_its_payout(bench: Bench) -> None:
    bench.channel.lines = [line("a", 30), line("b", 20, paid=True)]
    await bench.pull()
    bench.clock.at = NOW + DAY
    bench.channel.asked.clear()
    bench.channel.lines[0] = line("a", 30, paid=True, payout_id="P1")
    result = await bench.pull()
    assert bench.channel.asked[0].since == NOW - 30 * DAY
    assert (result.counts["changed"], result.counts["same"]) == (1, 1)
    bench.channel.asked.clear()
    bench.clock.at = NOW + 2 * DAY
    await bench.pull()
    assert bench.channel.asked[0].since == NOW + DAY - timedelta(seconds=bench.manifest.lag_s)
    rows = await bench.store.settlements.by_payout(PayoutQuery())
    assert [one.payout_id for one in rows] == ["P1"]


async def test_a_line_that_is_never_paid_is_given_up_some_day(bench: Bench) -> None:
    bench.channel.lines = [line("a", 30)]
    await bench.pull()
    bench.clock.at = NOW + 80 * DAY
    bench.channel.asked.clear()
    await bench.pull()
    assert bench.channel.asked[0].since == NOW - timedelta(seconds=bench.manifest.lag_s)


async def test_a_failed_window_moves_no_cursor_past_it(bench: Bench) -> None:
    bench.channel.lines = [line("old", 85), line("new", 1)]
    bench.channel.broken_after = 2
    with pytest.raises(Exception, match=r"server\.error"):
        await bench.pull()
    reached = bench.channel.asked[1].until
    assert await bench.cursor() == reached
    assert await bench.store.settlements.count_lines() == 1
    bench.channel.broken_after = None
    await bench.pull()
    assert await bench.store.settlements.count_lines() == 2
    assert await bench.cursor() == NOW


async def test_asked_for_by_hand_leaves_the_cursor_where_it_must_be(bench: Bench) -> None:
    bench.channel.lines = [line("old", 60), line("new", 1)]
    await bench.pull(NOW - 5 * DAY)
    assert await bench.cursor() is None
    await bench.pull()
    assert await bench.store.settlements.count_lines() == 2
    bench.clock.at = NOW + DAY
    await bench.pull(NOW - 80 * DAY)
    assert await bench.cursor() == NOW + DAY


async def test_a_clock_that_was_ahead_is_forgotten(bench: Bench) -> None:
    await bench.store.cursors.set(bench.row.id, "settlements", NOW + 30 * DAY)
    bench.channel.lines = [line("a", 3)]
    assert (await bench.pull()).counts["new"] == 1
    assert await bench.cursor() == NOW


async def test_one_unreadable_line_waits_for_attention(bench: Bench) -> None:
    bench.channel.lines = [line("a", 3)]
    bench.channel.rejects = (Reject("bad", '{"id":"bad"}', Message("answer.field_missing", {"field": "debt"})),)
    result = await bench.pull(NOW - 5 * DAY)
    assert (result.outcome, result.counts["new"], result.counts["rejected"]) == ("partly", 1, 1)
    assert [one.stream for one in await bench.store.attention.list()] == ["settlements"]


async def test_without_a_widest_window_a_month_at_a_time(bench: Bench) -> None:
    bench.manifest = msgspec.structs.replace(bench.manifest, widest_window_h=0, history_days=0)
    await bench.pull()
    assert [one.until - one.since for one in bench.channel.asked] == [30 * DAY] * 3


async def test_once_a_day_however_often_the_program_starts(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = Catalogue(providers_root(), with_plugins=False)
    links = SimpleNamespace(manifest=catalogue.manifest)
    engine = Engine(bench.store, links, bench.changes, SimpleNamespace(), bench.clock)  # type: ignore[arg-type]
    asked: list[str] = []

    async def pulled(row: Any, *, asked_by: str) -> Result:
        asked.append(asked_by)
        return Result()

    monkeypatch.setattr(engine, "sync_settlements", pulled)
    engine.scheduler = Scheduler(clock=lambda: 0.0, rng=random.Random(1))
    engine.schedule(bench.row)
    assert ("settlements", bench.row.id) in engine.scheduler.next_due()
    assert engine.scheduler._tasks["settlements", bench.row.id].interval_s == PAYOUTS_LOOK_S
    await engine._settlements_if_due(bench.row)
    await bench.store.cursors.set(bench.row.id, "settlements", NOW - timedelta(hours=19))
    await engine._settlements_if_due(bench.row)
    assert asked == ["clock"]
    await bench.store.cursors.set(bench.row.id, "settlements", NOW - timedelta(hours=21))
    await engine._settlements_if_due(bench.row)
    await bench.store.cursors.set(bench.row.id, "settlements", NOW + timedelta(hours=21))
    await engine._settlements_if_due(bench.row)
    assert asked == ["clock"] * 3


async def test_a_switch_that_is_off_stops_it(bench: Bench) -> None:
    catalogue = Catalogue(providers_root(), with_plugins=False)
    engine = Engine(bench.store, SimpleNamespace(manifest=catalogue.manifest), bench.changes, SimpleNamespace(), bench.clock)  # type: ignore[arg-type]  # fmt: skip
    engine.scheduler = Scheduler(clock=lambda: 0.0, rng=random.Random(1))
    off = await bench.store.connections.add("Kapalı", "trendyol", "acc", "live", {"settlements": False})
    engine.schedule(off)
    assert ("settlements", off.id) not in engine.scheduler.next_due()


async def test_against_the_rehearsal_server(trendyol: Any) -> None:
    engine, store = trendyol.console.engine, trendyol.console.store
    trendyol.control.post("/_control/limits", json={"on": False})
    result = await engine.sync_settlements(trendyol.row, since=datetime.now(UTC) - timedelta(days=13))
    assert result.outcome == "done", result.message
    assert result.counts["new"] > 0
    again = await engine.sync_settlements(trendyol.row, since=datetime.now(UTC) - timedelta(days=13))
    assert (again.counts.get("new"), again.counts.get("changed")) == (0, 0)
    (job, *_) = await store.jobs.recent(1)
    assert (job.kind, job.state, job.outcome) == ("settlements", "ended", "done")
    rows = await store.settlements.by_month(PayoutQuery(limit=1000))
    assert sum(one.sums.commission for one in rows) < 0 < sum(one.sums.sale for one in rows)
