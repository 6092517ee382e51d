"""From facts to conditions: each rule on and off at its threshold."""

from __future__ import annotations

import pytest
from alert_making import DOWN, REFUSED, facts, one, rules

from app.monitor.alerting.facts import Facts, KeyFacts, Waiting
from app.monitor.alerting.judge import judge, unknown_rules


def told(found: Facts, **changes: dict[str, object]) -> list[tuple[str, str, dict[str, int]]]:
    return [(body.rule, body.subject, body.figures) for body in judge(found, rules(**changes))]


def test_all_well_is_silent() -> None:
    well = one(availability=1.0, p95_ms=400.0, goal_ms=5000, pull_age_s=100, pull_every_s=300)
    assert told(facts(well, one(2, "paused", pull_age_s=10**9), one(3, "unknown"), free_mb=50_000)) == []


def test_whose_fault_decides_what_a_dead_connection_is_about() -> None:
    found = told(
        facts(
            one(1, "unhealthy", "key", REFUSED),
            one(2, "unhealthy", "theirs", DOWN),
            one(3, "unhealthy", "yours"),
            one(4, "degraded", "limit"),
        )
    )
    assert found == [
        ("key_refused", "account:acc1", {}),
        ("connection_down", "integration:shop2", {}),
        ("connection_down", "connection:3", {}),
    ]


@pytest.mark.parametrize(("p95", "percent", "on"), [(5001.0, 100, True), (5000.0, 100, False), (5001.0, 120, False), (None, 100, False)])  # fmt: skip
def test_slow_is_a_share_of_the_goal(p95: float | None, percent: int, on: bool) -> None:
    found = told(facts(one(p95_ms=p95, goal_ms=5000)), slow={"threshold": percent})
    assert found == ([("slow", "connection:1", {"value": 5001, "limit": 5000})] if on else [])


def test_availability_has_a_target_an_environment() -> None:
    share = {"availability": 0.992, "failures": 8}
    assert told(facts(one(**share))) == [("availability", "connection:1", {"value": 9920, "limit": 9990})]
    assert told(facts(one(environment="sandbox", **share)))[0][2]["limit"] == 9950
    assert told(facts(one(environment="rehearsal", **share))) == []  # 99.2 % is above 99.0 %
    assert told(facts(one(environment="rehearsal", **share)), availability={"threshold": 9930}) == []
    assert told(facts(one(availability=0.9, failures=2))) == []  # two failed calls are no bad day
    assert told(facts(one(availability=None, failures=9))) == []


def test_keys_that_end() -> None:
    pair = ((1, "Shop 1"), (2, "Shop 2"))
    found = facts(keys=(KeyFacts("a", pair, 8), KeyFacts("b", pair, 7), KeyFacts("c", pair, -2)))
    assert [(subject, figures["value"]) for _, subject, figures in told(found)] == [("account:b", 7), ("account:c", -2)]
    locked = facts(one(pull_age_s=99_999), keys=None, waiting=(Waiting(1, "queued", 1, 9999),))
    assert told(locked) == []  # nothing runs while the vault is locked: neither late nor stuck
    assert unknown_rules(locked) == {"key_ends", "pull_late", "outbox_stuck", "disk_low"}
    assert unknown_rules(facts(free_mb=9)) == frozenset()


def test_writes_that_are_stuck_and_results_that_may_take_longer() -> None:
    waiting = (Waiting(1, "queued", 4, 901), Waiting(1, "unknown", 1, 1000), Waiting(2, "pending", 2, 7000), Waiting(9, "queued", 1, 9999))  # fmt: skip
    found = told(facts(one(1), one(2), waiting=waiting))
    assert found == [("outbox_stuck", "connection:1", {"value": 1000, "limit": 900, "count": 5})]
    assert told(facts(one(2), waiting=(Waiting(2, "pending", 2, 7201),)))[0][1] == "connection:2"


def test_a_pull_is_late_by_its_own_interval_if_that_is_longer() -> None:
    assert told(facts(one(pull_age_s=3601, pull_every_s=300)))[0] == (
        "pull_late", "connection:1", {"value": 3601, "limit": 3600},
    )  # fmt: skip
    assert told(facts(one(pull_age_s=5000, pull_every_s=1800))) == []
    assert told(facts(one(state="paused", pull_age_s=9000))) == []


def test_disk_and_security_events() -> None:
    found = facts(free_mb=999, failed_unlocks=5, events={"refused_host": 3, "wrong_token": 4})
    assert [rule for rule, _, _ in told(found)] == ["disk_low", "failed_unlocks", "refused_hosts"]
    assert [rule for rule, _, _ in told(found, wrong_tokens={"threshold": 4}, disk_low={"on": False})] == [
        "failed_unlocks", "refused_hosts", "wrong_tokens",
    ]  # fmt: skip
