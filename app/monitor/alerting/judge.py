"""From facts to conditions that are on, rule by rule. Pure: no clock, no store. A condition is what an alert would say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import msgspec

from app.contracts import Message
from app.contracts.manifest import availability_target
from app.monitor.alerting.facts import ConnectionFacts, Facts
from app.monitor.alerting.rules import EVENTS, Rule
from app.monitor.anomaly import Compared, outside
from app.monitor.health import Blame, State
from app.store.alerts import AlertBody

LEAST_FAILURES = 3  # a day with fewer failed calls is no bad day, however few calls it had
LATE_PULLS = 3  # a pull is late after so many of its own intervals, if that is longer than the threshold
PENDING_PATIENCE = 8  # a vendor may take so many times longer to tell a result than we may take to send
MOMENT_S = 300  # a forecast is told to five minutes: what moves less is no news
_RESTING = frozenset({State.PAUSED, State.UNKNOWN})


#: What a locked vault leaves open: no key can be looked at, and what does not run then is neither late nor stuck.
_WHILE_LOCKED = frozenset({"key_ends", "pull_late", "outbox_stuck"})


def judge(facts: Facts, rules: Mapping[str, Rule]) -> list[AlertBody]:
    """Every condition that is on now, of rules that are on. Several of one rule and subject are tied together later."""
    unknown = unknown_rules(facts)
    return [
        body
        for name, rule in rules.items()
        if rule.on and name in _JUDGES and name not in unknown
        for body in _JUDGES[name](facts, rule)
    ]


def unknown_rules(facts: Facts) -> frozenset[str]:
    """Rules on which these facts say nothing: their alerts stay as they are."""
    return (_WHILE_LOCKED if facts.keys is None else frozenset()) | (
        frozenset({"disk_low"}) if facts.free_mb is None else frozenset()
    )


def _about(rule: Rule, one: ConnectionFacts, subject: str, value: int | None = None, limit: int = 0) -> AlertBody:
    figures = {} if value is None else {"value": value, "limit": limit}
    cause = one.cause
    if cause is not None:  # goes out by mail and hooks: the vendor's own words may name anybody
        cause = Message(cause.code, cause.params, status=cause.status, field=cause.field)
    return AlertBody(rule.name, subject, rule.severity, (one.id,), (one.name,), figures, cause)


def _own(one: ConnectionFacts) -> str:
    return f"connection:{one.id}"


def _key_refused(facts: Facts, rule: Rule) -> Iterable[AlertBody]:
    for one in facts.connections:
        if one.state == State.UNHEALTHY and one.blame == Blame.KEY:
            yield _about(rule, one, f"account:{one.account_id}")


def _connection_down(facts: Facts, rule: Rule) -> Iterable[AlertBody]:
    """Of a vendor that is down, all its connections are one; trouble on our side is each connection's own."""
    for one in facts.connections:
        if one.state == State.UNHEALTHY and one.blame != Blame.KEY:
            yield _about(rule, one, f"integration:{one.integration}" if one.blame == Blame.THEIRS else _own(one))


def _offline(facts: Facts, rule: Rule) -> Iterable[AlertBody]:
    for one in facts.connections:
        if one.state == State.OFFLINE:
            yield _about(rule, one, "")


def _slow(facts: Facts, rule: Rule) -> Iterable[AlertBody]:
    for one in facts.connections:
        limit = one.goal_ms * rule.threshold // 100
        if one.p95_ms is not None and limit and one.p95_ms > limit and one.state not in _RESTING:
            yield _about(rule, one, _own(one), round(one.p95_ms), limit)


def _unusual(facts: Facts, rule: Rule, one: ConnectionFacts, seen: Compared | None, limit: int) -> Iterable[AlertBody]:
    """What is told is the limit at which it began; the figures say why, whatever else is wrong."""
    was = (rule.name, _own(one)) in facts.on
    if seen is not None and one.state not in _RESTING and outside(seen, limit, was):
        body = _about(rule, one, _own(one), seen.now, limit)
        yield msgspec.structs.replace(body, figures={**body.figures, "usual": seen.usual}, cause=None)


def _unusual_speed(facts: Facts, rule: Rule) -> Iterable[AlertBody]:
    for one in facts.connections:
        limit = 0 if one.speed is None else max(one.speed.most, one.speed.usual * rule.threshold // 100)
        yield from _unusual(facts, rule, one, one.speed, limit)


def _unusual_errors(facts: Facts, rule: Rule) -> Iterable[AlertBody]:
    for one in facts.connections:
        limit = 0 if one.wrong is None else max(one.wrong.most, rule.threshold)
        yield from _unusual(facts, rule, one, one.wrong, limit)


def _availability(facts: Facts, rule: Rule) -> Iterable[AlertBody]:
    for one in facts.connections:
        target = rule.threshold  # that of live; a test system is not held to more than its own
        if one.environment != "live":
            target = min(target, round(availability_target(one.environment) * 10_000))
        if one.availability is None or one.failures < LEAST_FAILURES or one.state in _RESTING:
            continue
        share = int(one.availability * 10_000)
        if share < target:
            yield _about(rule, one, _own(one), share, target)


def _key_ends(facts: Facts, rule: Rule) -> Iterable[AlertBody]:
    for one in facts.keys or ():
        if one.days_left <= rule.threshold:
            figures = {"value": one.days_left, "limit": rule.threshold}
            ids, names = tuple(i for i, _ in one.connections), tuple(name for _, name in one.connections)
            yield AlertBody(rule.name, f"account:{one.account_id}", rule.severity, ids, names, figures)


def _outbox_stuck(facts: Facts, rule: Rule) -> Iterable[AlertBody]:
    names = {one.id: one.name for one in facts.connections}
    ages: dict[int, int] = {}
    counts: dict[int, int] = {}
    for one in facts.waiting:
        limit = rule.threshold * (PENDING_PATIENCE if one.state == "pending" else 1)
        if one.age_s > limit and one.connection_id in names:
            ages[one.connection_id] = max(ages.get(one.connection_id, 0), one.age_s)
            counts[one.connection_id] = counts.get(one.connection_id, 0) + one.count
    for connection, age in ages.items():
        figures = {"value": age, "limit": rule.threshold, "count": counts[connection]}
        yield AlertBody(
            rule.name, f"connection:{connection}", rule.severity, (connection,), (names[connection],), figures
        )


def _pull_late(facts: Facts, rule: Rule) -> Iterable[AlertBody]:
    for one in facts.connections:
        limit = max(rule.threshold, LATE_PULLS * one.pull_every_s)
        if one.pull_age_s is not None and one.pull_age_s > limit and one.state != State.PAUSED:
            yield _about(rule, one, _own(one), one.pull_age_s, limit)


def _disk_low(facts: Facts, rule: Rule) -> Iterable[AlertBody]:
    if facts.free_mb is not None and facts.free_mb < rule.threshold:
        yield AlertBody(rule.name, "", rule.severity, figures={"value": facts.free_mb, "limit": rule.threshold})


def _disk_fills(facts: Facts, rule: Rule) -> Iterable[AlertBody]:
    if facts.disk_full_at is not None and facts.disk_days is not None and facts.disk_days <= rule.threshold:
        figures = {"value": facts.disk_days, "limit": rule.threshold, "at": _moment(facts.disk_full_at, 86_400)}
        yield AlertBody(rule.name, "", rule.severity, figures=figures)


def _quota_ends(facts: Facts, rule: Rule) -> Iterable[AlertBody]:
    for one in facts.quotas:
        if one.left_s <= rule.threshold:
            figures = {
                "value": one.left_s // MOMENT_S * MOMENT_S, "limit": rule.threshold, "at": _moment(one.at, MOMENT_S),
            }  # fmt: skip
            ids, names = tuple(i for i, _ in one.connections), tuple(name for _, name in one.connections)
            yield AlertBody(rule.name, f"quota:{one.account_id}:{one.group}", rule.severity, ids, names, figures)


def _moment(at: datetime, to_s: int) -> int:
    """Epoch seconds, to the nearest whole step."""
    return round(at.timestamp() / to_s) * to_s


def _counted(count: int, rule: Rule) -> Iterable[AlertBody]:
    if count >= rule.threshold:
        yield AlertBody(rule.name, "", rule.severity, figures={"value": count, "limit": rule.threshold})


def _failed_unlocks(facts: Facts, rule: Rule) -> Iterable[AlertBody]:
    return _counted(facts.failed_unlocks, rule)


def _security_events(facts: Facts, rule: Rule) -> Iterable[AlertBody]:
    return _counted(facts.events.get(EVENTS[rule.name], 0), rule)


def _stock_low(facts: Facts, rule: Rule) -> Iterable[AlertBody]:
    count = facts.stock.own + sum(skus for left, skus in facts.stock.left.items() if left <= rule.threshold)
    if count:
        figures = {"value": min(facts.stock.left, default=0), "limit": rule.threshold, "count": count}
        yield AlertBody(rule.name, "", rule.severity, figures=figures)


def _stock_short(facts: Facts, rule: Rule) -> Iterable[AlertBody]:
    if facts.stock.pieces >= rule.threshold:
        figures = {"value": facts.stock.pieces, "limit": rule.threshold, "count": facts.stock.orders}
        yield AlertBody(rule.name, "", rule.severity, figures=figures)


_JUDGES: dict[str, Callable[[Facts, Rule], Iterable[AlertBody]]] = {
    "key_refused": _key_refused,
    "connection_down": _connection_down,
    "offline": _offline,
    "slow": _slow,
    "unusual_speed": _unusual_speed,
    "unusual_errors": _unusual_errors,
    "availability": _availability,
    "key_ends": _key_ends,
    "outbox_stuck": _outbox_stuck,
    "pull_late": _pull_late,
    "disk_low": _disk_low,
    "disk_fills": _disk_fills,
    "quota_ends": _quota_ends,
    "stock_low": _stock_low,
    "stock_short": _stock_short,
    "failed_unlocks": _failed_unlocks,
    "refused_hosts": _security_events,
    "wrong_tokens": _security_events,
}
