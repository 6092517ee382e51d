"""The score and its parts, whose fault in words, the program's own figures, and health read for many at once."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.health_words import request_lines, score_words, target_words, whose_fault
from app.contracts import Message
from app.contracts.catalogue import Catalogue, providers_root
from app.contracts.manifest import availability_target
from app.formats.words import Words
from app.http.pipeline import Network
from app.http.samples import Sample, SampleClass, SampleRing
from app.monitor.health import Blame, Health, HealthReport, State, blame_of
from app.monitor.process import ProcessMeter, Recorder
from app.monitor.score import MOST, score
from app.store import ConnectionRow, Store

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


# -- the score -------------------------------------------------------------------------------------------------------
def made(**changes: Any) -> Any:
    given = {
        "state": "healthy", "availability": 1.0, "target": 0.999, "p95_ms": 400.0, "goal_ms": 5000, "calls": 1000,
        "errors": {}, "last_ok_at": NOW, "now": NOW,
    }  # fmt: skip
    return score(**{**given, **changes})


def test_all_well_is_a_hundred_and_every_part_is_shown() -> None:
    found = made()
    assert found.total == 100
    assert [(part.name, part.points, part.most) for part in found.parts] == [(n, m, m) for n, m in MOST.items()]
    assert sum(MOST.values()) == 100


@pytest.mark.parametrize(
    ("changes", "total"),
    [
        ({"state": "unhealthy"}, 70), ({"state": "degraded"}, 85), ({"availability": 0.974}, 85), ({"availability": 0.5}, 70),
        ({"p95_ms": 7500.0}, 90), ({"p95_ms": 99_000.0}, 80), ({"errors": {"auth": 50}}, 95),
        ({"errors": {"timeout": 900}}, 100), ({"last_ok_at": NOW - timedelta(days=9)}, 90), ({"availability": 0.9989}, 99),
    ],
)  # fmt: skip
def test_each_part_takes_its_own_points(changes: dict[str, Any], total: int) -> None:
    assert made(**changes).total == total


def test_what_cannot_be_told_is_left_out() -> None:
    found = made(availability=None, p95_ms=None, calls=0, last_ok_at=None)
    assert ([part.name for part in found.parts], found.total) == (["now"], 100)
    assert made(state="paused") is None
    assert made(state="unknown") is None


@given(
    st.sampled_from(["healthy", "degraded", "unhealthy", "offline"]),
    st.none() | st.floats(0, 1),
    st.none() | st.floats(0, 1e7),
    st.dictionaries(st.sampled_from(["auth", "throttled", "timeout"]), st.integers(0, 1000)),
    st.none() | st.datetimes(timezones=st.just(UTC)),
)
def test_a_score_is_between_nothing_and_a_hundred(
    state: str, availability: float | None, p95: float | None, errors: dict[str, int], last: datetime | None
) -> None:
    found = made(state=state, availability=availability, p95_ms=p95, errors=errors, last_ok_at=last)
    assert 0 <= found.total <= 100
    assert all(0 <= part.points <= part.most for part in found.parts)


def test_targets_by_environment() -> None:
    assert [availability_target(one) for one in ("live", "sandbox", "rehearsal", "test")] == [0.999, 0.995, 0.99, 0.995]


# -- blame -----------------------------------------------------------------------------------------------------------
REPORT = HealthReport(
    connection="Mağaza", connection_id=1, integration="trendyol", category="marketplace-tr", state=State.UNHEALTHY,
    blame=Blame.THEIRS, message=Message("server.error"), goal_ms=5000, p50_ms=None, p95_ms=None, p99_ms=None, calls_24h=40,
    errors_24h={"timeout": 3, "server_error": 4, "throttled": 9}, availability_24h=0.8, availability_30d=0.9985,
    last_ok_at=None, last_error_at=NOW, breaker="closed", trouble_since=NOW - 10 * MINUTE, confirmed_at=NOW - 9 * MINUTE,
)  # fmt: skip


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize(
    ("state", "blame", "code", "tr", "en"),
    [
        (State.OFFLINE, Blame.INTERNET, "net.offline", "Sizin internetiniz", "Your internet"),
        (State.UNHEALTHY, Blame.THEIRS, "server.error", "40 çağrıdan 7 tanesi", "7 of 40 calls failed"),
        (State.DEGRADED, Blame.THEIRS, "server.slow", "hedefinden yavaş", "slower than its goal"),
        (State.DEGRADED, Blame.LIMIT, "rate.limited", "9 tanesini geri çevirdi", "held back 9 of 40"),
        (State.UNHEALTHY, Blame.KEY, "auth.refused", "Sizin anahtarınız: Trendyol", "Your key: Trendyol"),
        (State.UNHEALTHY, Blame.YOURS, "config.field", "Sizin tarafınız", "Your side"),
        (State.UNHEALTHY, Blame.OURS, "answer.unreadable", "Bizim hatamız: Paxzar", "Our bug: Paxzar"),
        (State.DEGRADED, Blame.OURS, "orders.missing", "Bizim hatamız gibi", "Our bug, it seems"),
        (State.DEGRADED, Blame.NONE, "orders.silent", "kimsenin hatası değil", "Nobody's fault"),
    ],
)
def test_one_sentence_says_whose_fault(language: str, state: State, blame: Blame, code: str, tr: str, en: str) -> None:
    report = msgspec.structs.replace(REPORT, state=state, blame=blame, message=Message(code))
    said = whose_fault(Words.load(language), report, "Trendyol", NOW)
    assert {"tr": tr, "en": en}[language] in said
    assert "{" not in said
    assert "⟦" not in said
    assert blame_of(Message(code)) is blame


def test_since_when_and_whether_it_is_confirmed() -> None:
    words = Words.load("en")
    clock = words.figures.time((NOW - 10 * MINUTE).astimezone())
    assert f"In trouble since {clock}. A second call confirmed it at" in whose_fault(words, REPORT, "Trendyol", NOW)
    suspected = msgspec.structs.replace(REPORT, confirmed_at=None)
    assert "looked at again within two minutes" in whose_fault(words, suspected, "Trendyol", NOW)
    unknown = msgspec.structs.replace(suspected, trouble_since=None)
    assert "since" not in whose_fault(words, unknown, "Trendyol", NOW)
    for calm in (State.HEALTHY, State.PAUSED, State.UNKNOWN):
        assert whose_fault(words, msgspec.structs.replace(REPORT, state=calm), "Trendyol", NOW) == ""


def test_a_missed_target_is_not_rounded_away() -> None:
    words = Words.load("en")
    assert "99.85%, target 99.9%: missed" in target_words(words, REPORT)
    near = msgspec.structs.replace(REPORT, availability_30d=0.999999)
    assert "99.99%, target 99.9%: met" in target_words(words, near)
    assert "target is 99%" in target_words(words, msgspec.structs.replace(REPORT, availability_30d=None, target=0.99))
    assert score_words(words, made(state="degraded")) == (
        "Health score 85 of 100: now 15/30, availability 30/30, response time 20/20, refusals 10/10, last good call 10/10"
    )
    assert score_words(words, None) == ""


# -- health over a store ---------------------------------------------------------------------------------------------
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
class Desk:
    store: Store
    health: Health
    network: Network
    rows: list[ConnectionRow]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    store = await Store.open(tmp_path / "store.sqlite", now=lambda: NOW)
    await store.accounts.add("acc", "trendyol", "live")
    rows = [await store.connections.add(f"M{n}", "trendyol", "acc", "live") for n in range(40)]
    network = Network(on_sample=SampleRing())
    health = Health(store, Catalogue(providers_root(), with_plugins=False), network, lambda: NOW)
    yield Desk(store, health, network, rows)
    await network.close()
    await store.close()


async def test_all_are_read_in_lots_and_each_has_its_own_figures(desk: Desk) -> None:
    calls = [Call(row.id, (NOW - MINUTE * k).timestamp(), 100.0 * row.id) for row in desk.rows for k in range(1, 4)]
    calls += [Call(1, (NOW - timedelta(days=6)).timestamp(), outcome="timeout", status=0)]
    await desk.store.samples.add(calls)
    for row in desk.rows:
        await desk.store.connections.note_ok(row.id, NOW)
    reports = await desk.health.all()
    assert [report.connection_id for report in reports] == [row.id for row in desk.rows]
    assert [report.p50_ms for report in reports] == [pytest.approx(100 * row.id, rel=0.06) for row in desk.rows]
    first = reports[0]
    assert (first.availability_24h, first.availability_7d, first.availability_30d) == (1.0, 0.75, 0.75)
    assert first.misses_target
    assert first.score is not None
    assert first.score.total < 75
    assert reports[1].score is not None
    assert reports[1].score.total == 100
    assert (await desk.health.report((await desk.store.connections.list())[0])) == first


async def test_off_the_network_everybody_rests_and_nobody_is_blamed(desk: Desk) -> None:
    await desk.store.connections.set_paused(desk.rows[0].id, True)
    desk.health.resting = lambda identity: identity != desk.rows[1].id
    reports = await desk.health.all()
    assert [one.state for one in reports[:3]] == [State.PAUSED, State.UNKNOWN, State.OFFLINE]
    assert {one.blame for one in reports[2:]} == {Blame.INTERNET}


async def test_trouble_shows_while_it_lasts(desk: Desk) -> None:
    row = desk.rows[0]
    await desk.store.connections.note_error(row.id, Message("server.error"), NOW)
    await desk.store.troubles.failed(row.id)
    report = (await desk.health.all())[0]
    assert (report.state, report.trouble_since, report.confirmed_at) == (State.UNHEALTHY, NOW, None)
    await desk.store.connections.note_ok(row.id, NOW + MINUTE)
    report = (await desk.health.all())[0]
    assert (report.state, report.trouble_since) == (State.HEALTHY, None)


async def test_evidence_is_what_the_store_has_and_what_is_not_written_yet(desk: Desk) -> None:
    row = desk.rows[0]
    at = NOW.timestamp() - 60
    ring = desk.network.samples
    for n in range(3):
        ring.add(Sample(row.id, "acc", "orders", SampleClass.OK, 200, at + n, 120.0, 999))
    await desk.store.samples.add(ring.drain())
    ring.add(Sample(row.id, "acc", "orders", SampleClass.SERVER_ERROR, 503, at + 9, 812.3, 10, probe=True))
    found = await desk.health.evidence(row)
    assert [(one.outcome, one.status) for one in found] == [("server_error", 503)] + [("ok", 200)] * 3
    assert len(await desk.health.evidence(row, 2)) == 2
    lines = request_lines(Words.load("en"), found)
    assert "503" in lines[0]
    assert "812 ms" in lines[0]
    assert "(probe)" in lines[0]
    kept = {"at", "operation", "outcome", "status", "duration_ms", "probe", "alternate"}
    assert set(msgspec.structs.asdict(found[0])) == kept


# -- the program's own figures ---------------------------------------------------------------------------------------
def test_the_meter_measures_this_process() -> None:
    received, at = [1000], [0.0]
    meter = ProcessMeter(lambda: received[0], lambda: at[0])
    first = meter.read()
    assert set(first) == {"memory", "threads"}
    assert first["memory"] > 10_000_000
    end = os.times().user + os.times().system + 0.2
    while os.times().user + os.times().system < end:
        sum(range(1000))
    received[0], at[0] = 4500, 1.0
    second = meter.read()
    assert second["cpu"] >= 150  # thousandths of a core over that second
    assert (second["received"], set(second)) == (3500, {"memory", "threads", "cpu", "received"})


async def test_the_recorder_writes_the_program_and_the_business(desk: Desk) -> None:
    recorder = Recorder(desk.store, ProcessMeter(lambda: 0), lambda: NOW)
    await recorder.once(0.0)
    await recorder.once(30.0)
    (memory,) = await desk.store.process.series("memory", NOW - MINUTE, NOW + MINUTE, 1)
    (cpu,) = await desk.store.process.series("cpu", NOW - MINUTE, NOW + MINUTE, 1)
    assert (memory.count, cpu.count) == (2, 1)


async def test_a_full_disk_costs_figures_and_stops_nobody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from app.store import StoreFull

    async def full(*_: object) -> None:
        raise StoreFull("store.full")

    monkeypatch.setattr(desk.store.process, "add", full)
    await Recorder(desk.store, ProcessMeter(lambda: 0), lambda: NOW).once(0.0)
    assert "store.full" in caplog.text
