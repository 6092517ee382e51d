"""Slower and worse than usual, and what will run out: from facts to conditions, and the whole way from samples to words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alert_making import NOW, Clock, facts, one, row, rules

from app.api.answers import sentence
from app.contracts.catalogue import Catalogue, providers_root
from app.formats.words import Words
from app.http import Sample, SampleClass
from app.http.limiter import Quota
from app.monitor.alerting import texts
from app.monitor.alerting.correlate import tie
from app.monitor.alerting.desk import AlertDesk
from app.monitor.alerting.facts import Facts, QuotaFacts, Sight
from app.monitor.alerting.judge import judge
from app.monitor.anomaly import Compared
from app.monitor.forecast import Foresight
from app.monitor.health import Health
from app.monitor.keys import KeyWatch
from app.store import AlertBody, AlertRow, Store
from app.store.process import DISK
from tests.app.http.loopback import networking

DAY = timedelta(days=1)
OPEN = frozenset({("unusual_speed", "connection:1")})


def told(found: Facts, **changes: dict[str, object]) -> list[tuple[str, str, dict[str, int]]]:
    return [(body.rule, body.subject, body.figures) for body in judge(found, rules(**changes))]


def test_slower_than_usual_at_the_edge_or_at_the_share_whichever_is_farther() -> None:
    def speed(now: int, **changes: dict[str, object]) -> list[dict[str, int]]:
        return [figures for _, _, figures in told(facts(one(speed=Compared(now, 200, 280))), **changes)]

    assert speed(300) == []  # beyond the band, and only half as much again
    assert speed(301) == [{"value": 301, "limit": 300, "usual": 200}]
    assert speed(301, unusual_speed={"threshold": 200}) == []
    assert speed(281, unusual_speed={"threshold": 110}) == [{"value": 281, "limit": 280, "usual": 200}]


def test_it_ends_half_of_the_way_back_and_rests_with_its_connection() -> None:
    assert told(facts(one(speed=Compared(260, 200, 280)), on=OPEN))[0][2]["limit"] == 300
    assert told(facts(one(speed=Compared(250, 200, 280)), on=OPEN)) == []
    assert told(facts(one(speed=Compared(260, 200, 280)))) == []
    assert told(facts(one(state="paused", speed=Compared(900, 200, 280)))) == []


def test_more_failures_than_usual() -> None:
    found = facts(one(wrong=Compared(1200, 50, 450)), one(2, wrong=Compared(1000, 50, 450)), one(3))
    assert told(found) == [("unusual_errors", "connection:1", {"value": 1200, "limit": 1000, "usual": 50})]
    always = facts(one(wrong=Compared(1200, 1100, 1500)))  # it fails like this every day
    assert told(always) == []


def test_once_the_goal_is_missed_that_says_it() -> None:
    found = facts(one(speed=Compared(6000, 200, 280), p95_ms=9000.0, goal_ms=5000))
    in_force = rules()
    tied = tie(judge(found, in_force), found, in_force)
    assert [body.rule for body in tied.on] == ["slow"]
    assert tied.holds(row(7, AlertBody("unusual_speed", "connection:1", "low", (1,), ("Shop 1",))))
    silent = rules(slow={"on": False})
    assert [body.rule for body in tie(judge(found, silent), found, silent).on] == ["unusual_speed"]
    dead = facts(one(state="unhealthy", blame="theirs", speed=Compared(6000, 200, 280), wrong=Compared(9999, 0, 400)))
    assert [body.rule for body in tie(judge(dead, in_force), dead, in_force).on] == ["connection_down"]


def test_a_quota_that_will_be_used_up() -> None:
    pair = ((1, "Shop 1"), (2, "Shop 2"))
    soon = QuotaFacts("a", "default", pair, NOW + timedelta(seconds=7199), 7199)
    later = QuotaFacts("b", "default", pair, NOW + timedelta(seconds=7201), 7201)
    assert told(facts(quotas=(soon, later))) == [
        (
            "quota_ends",
            "quota:a:default",
            {"value": 6900, "limit": 7200, "at": int((NOW + timedelta(hours=2)).timestamp())},
        ),
    ]


def test_a_disk_that_will_be_full() -> None:
    assert told(facts(disk_full_at=NOW + DAY * 7, disk_days=7))[0][::2] == (
        "disk_fills",
        {"value": 7, "limit": 7, "at": int((NOW + DAY * 7).timestamp()) // 86_400 * 86_400},
    )
    assert told(facts(disk_full_at=NOW + DAY * 8, disk_days=8)) == []


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_words_name_the_hour(language: str) -> None:
    words = Words.load(language)
    at = NOW + timedelta(hours=1, minutes=40)
    body = AlertBody("quota_ends", "quota:a:x", "medium", (1,), ("Nar",), {"value": 6000, "limit": 7200, "at": int(at.timestamp())})  # fmt: skip
    assert f"{at.astimezone():%H:%M}" in texts.text(words, body, sentence)
    full = AlertBody("disk_fills", "", "medium", figures={"value": 5, "limit": 7, "at": int((NOW + DAY * 5).timestamp())})  # fmt: skip
    assert "29 " in texts.text(words, full, sentence)
    slow = AlertBody("unusual_speed", "connection:1", "low", (1,), ("Nar",), {"value": 900, "limit": 300, "usual": 200})  # fmt: skip
    told = texts.text(words, slow, sentence)
    assert all(f"{one} ms" in told for one in (900, 300, 200))
    wrong = AlertBody("unusual_errors", "connection:1", "low", (1,), ("Nar",), {"value": 2500, "limit": 1000, "usual": 50})  # fmt: skip
    assert "25" in texts.text(words, wrong, sentence)
    assert "Nar" in texts.title(words, wrong)


# -- from a real store ---------------------------------------------------------------------------------------------
class Place:
    def __init__(self, store: Store, clock: Clock, sight: Sight, connection: int) -> None:
        self.store, self.clock, self.sight, self.connection = store, clock, sight, connection

    async def calls(self, count: int, ms: float, outcome: SampleClass = SampleClass.OK) -> None:
        at = self.clock().timestamp()
        await self.store.samples.add([Sample(self.connection, "acc", "orders", outcome, 200, at - 1 - n, ms, 10) for n in range(count)])  # fmt: skip


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    clock, left = Clock(NOW - DAY * 28 + timedelta(minutes=30)), {"now": 900.0}
    store = await Store.open(tmp_path / "store.sqlite", now=clock)
    await store.accounts.add("acc", "trendyol", "live")
    connection = await store.connections.add("Dükkân", "trendyol", "acc", "live")
    catalogue = Catalogue(providers_root())

    def quotas(account: str) -> Sequence[Quota]:
        left["now"] -= 50
        return [Quota("api.test", "default", 5000.0, left["now"], 0.0, None)]

    async with networking() as network:
        health, keys = Health(store, catalogue, network, clock), KeyWatch(store, None, catalogue, clock)
        foresight = Foresight(store, clock, quotas)
        sight = Sight(store, catalogue, health, keys, None, tmp_path, clock, lambda: True, foresight)
        yield Place(store, clock, sight, connection.id)
    await store.close()


async def test_a_low_alert_opens_before_the_goal_is_missed_and_ends_by_itself(place: Place) -> None:
    nobody: Any = None
    desk = AlertDesk(place.store, nobody, place.sight, nobody, place.clock)

    async def minutes(count: int, ms: float) -> list[AlertRow]:
        for _ in range(count * 2):
            place.clock.on(seconds=30)
            await place.calls(1, ms)
            await desk.look()
        return [one for one in await place.store.alerts.list() if one.rule in ("unusual_speed", "slow")]

    for _ in range(28):
        await place.calls(20, 200)
        place.clock.on(days=1)
    await place.calls(20, 200)
    assert await minutes(5, 900) == []
    (one,) = await minutes(18, 900)  # half of a quarter of an hour, and ten minutes to hold
    assert (one.rule, one.body.severity, one.body.names) == ("unusual_speed", "low", ("Dükkân",))
    assert (850 < one.body.figures["value"] < 950, one.body.figures["usual"] < 220) == (True, True)
    assert one.body.figures["limit"] < 5000  # far from the goal
    (still,) = await minutes(20, 240)  # not yet half of the way back for long enough
    assert still.id == one.id
    assert await minutes(6, 200) == []
    (ended, *_) = [row for row in await place.store.alerts.list(open_only=False) if row.rule == "unusual_speed"]
    assert ended.ended_at is not None


async def test_the_whole_way_from_samples(place: Place) -> None:
    for day in range(28):
        await place.calls(20, 200 + day)
        await place.store.process.add(place.clock(), {DISK: 30_000 - 1000 * day})
        place.clock.on(days=1)
    await place.calls(14, 850)
    await place.calls(6, 850, SampleClass.CLIENT_ERROR)
    first = (await place.sight.look()).connections[0]
    assert first.speed is not None
    assert first.wrong is not None
    assert 800 < first.speed.now < 900
    assert 200 < first.speed.usual < 230
    assert first.speed.most < 350
    assert (first.wrong.now, first.wrong.usual) == (3000, 0)
    for _ in range(6):
        place.clock.on(minutes=1)
        found = await place.sight.look()
    assert {body.rule for body in judge(found, rules())} >= {
        "unusual_speed",
        "unusual_errors",
        "quota_ends",
        "disk_fills",
    }
    (quota,) = found.quotas
    assert (quota.account_id, quota.connections) == ("acc", ((place.connection, "Dükkân"),))
    assert 0 < quota.left_s <= 900
    assert found.disk_days in (1, 2, 3)
    night = place.clock
    night.on(hours=5)  # at an hour in which nothing was ever called there is no habit
    await place.calls(20, 5000)
    assert (await place.sight.look()).connections[0].speed is None
