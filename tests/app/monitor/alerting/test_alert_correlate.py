"""What has one cause is one alert."""

from __future__ import annotations

import msgspec
from alert_making import DOWN, REFUSED, UNREACHED, facts, one, row, rules

from app.contracts import Message
from app.monitor.alerting.correlate import Tied, tie
from app.monitor.alerting.facts import Facts, Waiting
from app.monitor.alerting.judge import judge
from app.store.alerts import AlertBody


def tied(found: Facts, **changes: dict[str, object]) -> Tied:
    known = rules(**changes)
    return tie(judge(found, known), found, known)


def told(found: Facts, **changes: dict[str, object]) -> list[tuple[str, str, int]]:
    return [(body.rule, body.subject, len(body.connections)) for body in tied(found, **changes).on]


def test_twenty_failing_connections_with_no_network_are_one_alert() -> None:
    offline = [one(n, "offline", "internet", Message("net.offline"), pull_age_s=99_999) for n in range(1, 21)]
    assert told(facts(*offline, route=False)) == [("offline", "", 20)]
    # The router is on and the provider's line is dead: calls fail as unreachable, and there is a route.
    unreached = [one(n, "unhealthy", "theirs", UNREACHED, pull_age_s=99_999) for n in range(1, 21)]
    assert told(facts(*unreached)) == [("offline", "", 20)]


def test_one_that_works_means_that_there_is_a_network() -> None:
    unreached = [one(n, "unhealthy", "theirs", UNREACHED) for n in range(1, 4)]
    assert [rule for rule, _, _ in told(facts(*unreached, one(9)))] == ["connection_down"] * 3
    assert [rule for rule, _, _ in told(facts(*unreached[:2]))] == ["connection_down"] * 2  # two may be two vendors
    assert told(facts(*unreached[:2], route=False)) == [("offline", "", 2)]  # not without a way out


def test_offline_silences_the_rest_also_when_it_is_not_told() -> None:
    found = facts(one(1, "offline", "internet", Message("net.offline"), pull_age_s=99_999), route=False)
    assert told(found, offline={"on": False}) == []


def test_a_refused_key_is_one_alert_an_account() -> None:
    same = [one(n, "unhealthy", "key", REFUSED, account_id="amazon", integration=f"amazon{n}") for n in range(1, 7)]
    found = tied(facts(*same, one(9, "unhealthy", "key", REFUSED)))
    assert [(body.subject, body.names) for body in found.on] == [
        ("account:amazon", tuple(f"Shop {n}" for n in range(1, 7))),
        ("account:acc9", ("Shop 9",)),
    ]


def test_a_vendor_that_is_down_is_one_alert() -> None:
    shops = [one(n, "unhealthy", "theirs", DOWN, integration="trendyol") for n in (1, 2)]
    assert told(facts(*shops, one(3))) == [("connection_down", "integration:trendyol", 2)]


def test_what_only_follows_from_a_dead_connection_is_not_told() -> None:
    late = {"pull_age_s": 99_999, "availability": 0.5, "failures": 99, "p95_ms": 9000.0, "goal_ms": 5000}
    found = facts(one(1, "unhealthy", "key", REFUSED, **late), one(2, **late), waiting=(Waiting(1, "queued", 3, 9999),))
    assert told(found) == [
        ("key_refused", "account:acc1", 1),
        ("slow", "connection:2", 1),
        ("availability", "connection:2", 1),
        ("pull_late", "connection:2", 1),
    ]
    assert ("pull_late", "connection:1", 1) not in told(found, key_refused={"on": False})


def test_what_a_graver_one_covers_is_left_as_it_is() -> None:
    found = tied(facts(one(1, "unhealthy", "key", REFUSED), one(2)))
    late = AlertBody("pull_late", "connection:1", "medium", (1,), ("Shop 1",))
    assert found.holds(row(1, late))
    assert not found.holds(row(2, msgspec.structs.replace(late, subject="connection:2", connections=(2,))))
    assert not found.holds(row(3, AlertBody("disk_low", "", "high")))
    assert not found.holds(row(4, AlertBody("connection_down", "connection:1", "high", (1,))))  # it is the key now
    offline = tied(facts(one(1, "offline", "internet", Message("net.offline")), route=False))
    assert offline.holds(row(5, AlertBody("key_refused", "account:acc1", "critical", (1,))))
