"""Probing by the clock under a virtual network and a real store: one probe an account, spread, silent where nothing can be
learnt, a failure confirmed soon, one word about a network that is gone."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.changes import HEALTH, ChangeReport, Changes
from app.contracts import Message, ProbeResult, fail
from app.contracts.catalogue import Catalogue, providers_root
from app.jobs import probing
from app.jobs.probing import Probing
from app.jobs.runner import Result, Runner
from app.jobs.scheduler import Scheduler
from app.store import ConnectionRow, Store
from tests.support.waiting import until

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass
class Call:
    connection_id: int
    at: float
    duration_ms: float = 100.0
    outcome: str = "ok"
    operation: str = "orders"
    status: int = 200
    probe: bool = False


@dataclass
class Vendor:
    """Answers probes. `wrong`: what a connection's probe ends with."""

    wrong: dict[int, Message] = field(default_factory=dict)
    found: ProbeResult = field(default_factory=ProbeResult)
    asked: list[int] = field(default_factory=list)


class FakeLinks:
    """As `Links`, over the vendor; `hosts` by connection."""

    def __init__(self, catalogue: Catalogue, vendor: Vendor) -> None:
        self._catalogue, self._vendor = catalogue, vendor
        self.hosts: dict[int, str] = {}

    def manifest(self, integration: str) -> Any:
        return self._catalogue.manifest(integration)

    def explained(self, row: ConnectionRow, message: Message) -> Message:
        return message

    async def get(self, identity: int) -> Any:
        async def probe() -> ProbeResult:
            self._vendor.asked.append(identity)
            if identity in self._vendor.wrong:
                raise fail(self._vendor.wrong[identity])
            return self._vendor.found

        url = f"https://{self.hosts.get(identity, 'api.test')}"
        return SimpleNamespace(
            provider=None, prober=SimpleNamespace(probe=probe), account=SimpleNamespace(urls={"api": url})
        )


@dataclass
class Rig:
    store: Store
    vendor: Vendor
    links: FakeLinks
    probing: Probing
    clock: Scheduler
    changes: list[ChangeReport]
    now: list[datetime]
    on: list[bool]

    async def add(self, name: str, integration: str = "woocommerce", account: str = "") -> ConnectionRow:
        account = account or f"account {name}"
        if await self.store.accounts.get(account) is None:
            await self.store.accounts.add(account, integration, "live")
        row = await self.store.connections.add(name, integration, account, "live")
        self.probing.plan(row, lambda: self.probing.look(row))
        return row

    async def row(self, identity: int) -> ConnectionRow:
        found = await self.store.connections.get(identity)
        assert found is not None
        return found

    def later(self, **span: float) -> None:
        """Both clocks go on; what was asked long ago counts no more."""
        self.now[0] += timedelta(**span)
        passed = timedelta(**span).total_seconds()
        self.probing._asked = {account: at - passed for account, at in self.probing._asked.items()}


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    now, on, told = [NOW], [True], []
    store = await Store.open(tmp_path / "store.sqlite", now=lambda: now[0])
    changes, vendor = Changes(), Vendor()
    changes.listen(told.append)
    links: Any = FakeLinks(Catalogue(providers_root(), with_plugins=False), vendor)
    runner = Runner(store, changes, lambda: now[0])

    async def probe(row: ConnectionRow) -> object:
        return await made.ask(row, lambda: links.get(row.id))

    made = Probing(store, links, runner, changes, lambda: now[0], probe, random.Random(3))
    made.online = lambda: on[0]
    clock = made.clock = Scheduler(clock=asyncio.get_running_loop().time, rng=random.Random(3))
    yield Rig(store, vendor, links, made, clock, told, now, on)
    made.close()
    await clock.close()
    await store.close()


async def test_129_are_spread_over_the_minute_and_never_a_herd(rig: Rig) -> None:
    for n in range(129):
        row = ConnectionRow(n + 1, f"c{n}", "woocommerce", f"a{n}", "live", {}, None, False, NOW)
        rig.probing.plan(row, lambda: asyncio.sleep(0))
    due = sorted(rig.clock.next_due().values())
    assert due[0] >= 0.9
    assert due[-1] <= 62
    seconds = [int(at) for at in due]
    assert max(seconds.count(one) for one in set(seconds)) <= 4
    assert max(b - a for a, b in pairwise(due)) < 2


async def test_a_vendor_s_least_interval_is_kept(rig: Rig) -> None:
    row = await rig.add("DE", "trendyol")
    assert rig.probing.interval_s(row) == 300
    await rig.probing.look(row)
    rig.later(seconds=200)
    await rig.probing.look(row)
    assert rig.vendor.asked == [row.id]


async def test_a_good_real_call_is_the_probe(rig: Rig) -> None:
    row = await rig.add("A")
    await rig.store.samples.add([Call(row.id, (NOW - timedelta(seconds=40)).timestamp())])
    await rig.probing.look(row)
    assert rig.vendor.asked == []
    rig.later(seconds=30)
    await rig.probing.look(row)
    assert rig.vendor.asked == [row.id]
    rig.later(seconds=61)
    await rig.store.samples.add([Call(row.id, (rig.now[0] - timedelta(seconds=5)).timestamp(), outcome="timeout")])
    await rig.probing.look(row)
    assert len(rig.vendor.asked) == 2, "a failed call proves nothing"


async def test_one_probe_serves_the_account_even_while_it_is_under_way(rig: Rig) -> None:
    rows = [await rig.add(f"DE{n}", "woocommerce", "shared") for n in range(6)]
    await asyncio.gather(*(rig.probing.look(row) for row in rows))
    assert len(rig.vendor.asked) == 1
    seen = [(await rig.row(row.id)).last_ok_at for row in rows]
    assert seen == [NOW] * 6, "its answer counts for all of them"
    rig.later(seconds=61)
    for row in rows:
        rig.vendor.wrong[row.id] = Message("auth.refused")
    await asyncio.gather(*(rig.probing.look(row) for row in rows))
    assert len(rig.vendor.asked) == 2
    errors = [(await rig.row(row.id)).last_error for row in rows]
    assert {error.code for error in errors if error is not None} == {"auth.refused"}
    assert all(errors), "one key, one account"
    assert errors[5] is not None
    assert errors[5].params["connection"] == "DE5"


async def test_a_server_s_trouble_is_told_only_of_those_at_its_address(rig: Rig) -> None:
    one, _same, other, working = [
        await rig.add(n, "woocommerce", "shared") for n in ("one", "same", "other", "working")
    ]
    rig.links.hosts = {other.id: "elsewhere.test"}
    await rig.store.samples.add([Call(working.id, NOW.timestamp() - 55)])
    rig.vendor.wrong[one.id] = Message("server.error")
    await rig.probing._probe(one)
    found = {row.name: row.last_error is not None for row in await rig.store.connections.list()}
    assert found == {"one": True, "same": True, "other": False, "working": False}


async def test_a_sister_in_trouble_of_her_own_is_asked_herself(rig: Rig) -> None:
    one, two = [await rig.add(n, "woocommerce", "shared") for n in ("one", "two")]
    await rig.probing.heard(two, Result("failed", message=Message("auth.forbidden")))
    await rig.store.connections.note_error(two.id, Message("auth.forbidden"), NOW)
    await rig.probing.look(one)
    assert (await rig.row(two.id)).last_ok_at is None, "another's good answer heals nobody"
    await rig.store.samples.add([Call(one.id, NOW.timestamp())])
    rig.later(seconds=50)
    await rig.store.samples.add([Call(one.id, rig.now[0].timestamp())])
    await rig.probing.look(two)
    assert rig.vendor.asked == [one.id], "the account was asked a moment ago"
    rig.later(seconds=61)
    await rig.store.samples.add([Call(one.id, rig.now[0].timestamp())])
    await rig.probing.look(two)
    assert rig.vendor.asked == [one.id, two.id]
    assert await rig.store.troubles.all() == {}


async def test_the_first_failure_colours_and_the_second_look_confirms(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "DOUBT_S", (0.02, 0.05))
    row = await rig.add("A")
    rig.vendor.wrong[row.id] = Message("server.error")
    await rig.store.samples.add([Call(row.id, NOW.timestamp())])  # good a moment ago: no reason to wait a minute
    await rig.probing.heard(row, Result("failed", message=Message("net.timeout")))
    trouble = (await rig.store.troubles.all())[row.id]
    assert (trouble.since, trouble.confirmed_at) == (NOW, None)
    assert rig.changes[-1] == ChangeReport(HEALTH, frozenset({row.id}), "trouble")
    rig.now[0] += timedelta(seconds=40)
    running = asyncio.ensure_future(rig.clock.run())
    try:

        async def confirmed() -> bool:
            """And the probe's own last words are written: the row's error comes after the trouble."""
            told = (await rig.row(row.id)).last_error
            return (await rig.store.troubles.all())[row.id].confirmed_at is not None and told is not None

        await until(confirmed, "the second look")
        assert rig.vendor.asked == [row.id]
        assert (await rig.store.troubles.all())[row.id].confirmed_at == rig.now[0]
    finally:
        running.cancel()
    assert (await rig.row(row.id)).last_error == Message("server.error", {"connection": "A"})
    del rig.vendor.wrong[row.id]
    await rig.probing._probe(await rig.row(row.id))
    assert await rig.store.troubles.all() == {}
    assert (await rig.row(row.id)).last_ok_at == rig.now[0]


def test_a_doubt_is_settled_within_two_minutes() -> None:
    from app.contracts import DEADLINES_S

    assert probing.DOUBT_S[1] + max(DEADLINES_S.values()) <= 120


@pytest.mark.parametrize("code", ["net.offline", "vault.locked", "store.full"])
async def test_what_says_nothing_about_a_vendor_is_no_trouble(rig: Rig, code: str) -> None:
    row = await rig.add("A")
    await rig.probing.heard(row, Result("failed", message=Message(code)))
    assert await rig.store.troubles.all() == {}


async def test_sending_nothing_proves_nothing(rig: Rig) -> None:
    row = await rig.add("A")
    await rig.probing.heard(row, Result("failed", message=Message("server.error")))
    await rig.probing.heard(row, Result(), proves=False)
    assert list(await rig.store.troubles.all()) == [row.id]
    await rig.probing.heard(row, Result("cancelled"))
    assert list(await rig.store.troubles.all()) == [row.id]
    await rig.probing.heard(row, Result())
    assert await rig.store.troubles.all() == {}


async def test_a_paused_or_removed_connection_is_left_alone(rig: Rig) -> None:
    one, two = await rig.add("one"), await rig.add("two")
    await rig.store.connections.set_paused(one.id, True)
    await rig.store.connections.remove(two.id)
    for row in (one, two):
        await rig.probing.look(row)
    assert rig.vendor.asked == []


async def test_a_network_that_is_gone_is_said_once_and_silences_the_rest(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [await rig.add(f"c{n}") for n in range(20)]
    here = await rig.add("bridge")
    rig.links.hosts[here.id] = "127.0.0.1"
    rig.on[0] = False
    rig.changes.clear()
    with caplog.at_level(logging.INFO):
        for row in (*rows, here):
            await rig.probing.look(row)
            assert await rig.probing.rests(row, "orders") is (row is not here)
        assert rig.vendor.asked == [here.id], "this very computer needs no network"
        assert rig.probing.is_resting(rows[0].id)
        assert not rig.probing.is_resting(here.id)
        rig.later(minutes=7)
        rig.on[0] = True
        rig.probing.look_at_network()
        rig.probing.look_at_network()
    assert [one.source for one in rig.changes if one.source in ("offline", "online")] == ["offline", "online"]
    assert len([r for r in caplog.records if "network" in r.message]) == 2
    assert await rig.store.troubles.all() == {}
    assert [(await rig.row(row.id)).last_error for row in rows] == [None] * 20
    assert not rig.probing.is_resting(rows[0].id)
    await rig.probing.look(rows[0])
    assert rig.vendor.asked == [here.id, rows[0].id]


async def test_a_router_without_internet_is_the_merchant_s_own_and_said_once(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [await rig.add(f"c{n}") for n in range(5)]
    for row in rows:
        params = {"host": f"{row.name}.test", "sent": "no"}
        await rig.probing.heard(row, Result("failed", message=Message("net.unreachable", params)))
        assert (rig.probing.offline_since is not None) is (row.name in ("c2", "c3", "c4"))
    assert rig.probing.is_resting(rows[0].id)
    assert not await rig.probing.rests(rows[0]), "somebody must find out when it is back"
    rig.probing.look_at_network()
    await rig.probing.heard(rows[4], Result())
    assert rig.probing.offline_since is None
    assert [one.source for one in rig.changes if one.source in ("offline", "online")] == ["offline", "online"]
    assert len([r for r in caplog.records if "nobody is reached" in r.message]) == 1


async def test_one_vendor_s_hosts_and_lost_answers_are_no_lost_internet(rig: Rig) -> None:
    for n in range(6):
        row = await rig.add(f"c{n}")
        params = {"host": "same.test", "sent": "no"} if n % 2 else {"host": f"{n}.test", "sent": "yes"}
        await rig.probing.heard(row, Result("failed", message=Message("net.timeout", params)))
    assert rig.probing.offline_since is None


async def test_what_waited_for_the_network_comes_later_and_not_all_at_once(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "BACK_S", 0.2)
    hurried: list[tuple[str, int]] = []
    waits: list[float] = []
    real, loop = rig.clock.hurry, asyncio.get_running_loop()
    call_later = loop.call_later

    def hurry(kind: str, identity: int) -> None:
        hurried.append((kind, identity))
        real(kind, identity)

    def later(seconds: float, call: Any, *args: Any, **more: Any) -> Any:
        if call is hurry:  # what is asked of the loop: when a busy machine gets round to it is another matter
            waits.append(seconds)
        return call_later(seconds, call, *args, **more)

    monkeypatch.setattr(rig.clock, "hurry", hurry)
    monkeypatch.setattr(loop, "call_later", later)
    rows = [await rig.add(f"c{n}") for n in range(10)]
    rig.on[0] = False
    for row in rows:
        await rig.probing.rests(row, "orders")
        await rig.probing.rests(row, "orders")
    rig.on[0] = True
    rig.probing.look_at_network()
    assert hurried == []
    await until(lambda: len(hurried) >= len(rows), "all of them")
    assert sorted(hurried) == [("orders", row.id) for row in rows]
    assert max(waits) - min(waits) > 0.05
    assert max(waits) <= 0.2


async def test_the_server_s_own_count_is_remembered(rig: Rig) -> None:
    row = await rig.add("A")
    rig.vendor.found = ProbeResult(server_orders=7)
    await rig.probing._probe(row)
    seen = (await rig.store.troubles.server_orders())[row.id]
    assert (seen.count, seen.missing_since) == (7, NOW)


async def test_good_probes_leave_no_job_and_write_the_last_word_now_and_then(rig: Rig) -> None:
    row = await rig.add("A")
    writes = 0
    real = rig.probing._runner.told

    async def told(*args: Any) -> None:
        nonlocal writes
        writes += 1
        await real(*args)

    rig.probing._runner.told = told  # type: ignore[method-assign]
    for _ in range(15):
        await rig.probing.look(row)
        rig.later(seconds=61)
    assert len(rig.vendor.asked) == 15
    assert writes == 2
    assert await rig.store.jobs.recent() == []


async def test_a_hanging_vendor_holds_up_nobody_else(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [await rig.add(f"c{n}") for n in range(40)]
    at_once, most, gate, full = 0, 0, asyncio.Event(), asyncio.Event()

    async def slow(row: ConnectionRow) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        if at_once == probing.AT_ONCE:
            full.set()
        await gate.wait()
        at_once -= 1

    waiting: Callable[[ConnectionRow], Awaitable[object]] = slow
    monkeypatch.setattr(rig.probing, "_probe", waiting)
    looking = [asyncio.ensure_future(rig.probing.look(row)) for row in rows]
    await full.wait()
    await asyncio.sleep(0.05)
    gate.set()
    await asyncio.gather(*looking)
    assert most == probing.AT_ONCE


async def test_a_bug_is_ours_and_told_as_such(rig: Rig) -> None:
    row = await rig.add("A")

    async def broken() -> Any:
        raise ZeroDivisionError("x")

    result, found = await rig.probing.ask(row, broken)
    assert (result.outcome, found) == ("failed", None)
    assert result.message is not None
    assert (result.message.code, "ZeroDivisionError" in result.message.params["reason"]) == ("bug", True)
