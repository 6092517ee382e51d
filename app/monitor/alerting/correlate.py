"""Ties conditions together: what has one cause is one alert. Pure.

No network is one alert, however many connections fail; a refused key is one an account; a vendor that is down is one; and
what only follows from a failing connection (late pulls, waiting writes) is not told beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from app.monitor.alerting.facts import Facts
from app.monitor.alerting.rules import Rule
from app.monitor.health import State
from app.store.alerts import AlertBody, AlertRow

#: Rules whose conditions say that the connection does not work at all; the later ones only follow from that.
ROOTS = ("offline", "key_refused", "connection_down")
FOLLOWERS = frozenset({"slow", "unusual_speed", "unusual_errors", "availability", "outbox_stuck", "pull_late"})
#: So many accounts whose calls do not get through, and none whose calls do, are no network and not as many dead vendors.
LEAST_ALL_DOWN = 3


class Tied(msgspec.Struct, frozen=True):
    """`on`: one condition a rule and subject. `dead`: connections that do not work, by the rule that says so: their
    other alerts stay as they are, neither told anew nor ended."""

    on: tuple[AlertBody, ...]
    dead: dict[str, frozenset[int]]

    def holds(self, row: AlertRow) -> bool:
        """Whether an open alert must be left as it is, because a graver one covers all that it is about."""
        ids = frozenset(row.body.connections)
        if not ids:
            return False
        covering = ROOTS if row.rule in FOLLOWERS else ROOTS[:1] if row.rule in ROOTS[1:] else ()
        if row.rule == "unusual_speed":
            covering = (*covering, "slow")
        return any(ids <= self.dead.get(root, frozenset()) for root in covering)


def tie(bodies: Sequence[AlertBody], facts: Facts, rules: Mapping[str, Rule]) -> Tied:
    """Conditions of one moment, tied together."""
    offline = _offline_ids(facts)
    rule = rules["offline"]
    found = [body for body in bodies if body.rule != "offline"]
    if offline:
        # With the rule switched off nothing is told of it, and the rest is silent all the same.
        names = {one.id: one.name for one in facts.connections}
        if rule.on:
            ids = tuple(sorted(offline))
            told = AlertBody("offline", "", rule.severity, ids, tuple(names[i] for i in ids), {"count": len(ids)})
            found.append(told)
    dead = {"offline": offline}
    for root in ROOTS[1:]:
        found = [one for one in found if one.rule != root or not set(one.connections) <= offline]
        dead[root] = frozenset(i for one in found if one.rule == root for i in one.connections)
    # Also of rules that are switched off: a connection that does not work pulls late for that reason.
    broken = frozenset(one.id for one in facts.connections if one.state == State.UNHEALTHY)
    covered = offline | broken
    kept = [one for one in found if one.rule not in FOLLOWERS or not set(one.connections) <= covered]
    # Slower than usual is the word before the goal is missed: once it is, that says it.
    dead["slow"] = frozenset(i for one in kept if one.rule == "slow" for i in one.connections)
    kept = [one for one in kept if one.rule != "unusual_speed" or not set(one.connections) <= dead["slow"]]
    dead["connection_down"] |= broken
    return Tied(tuple(_merged(kept)), dead)


def _offline_ids(facts: Facts) -> frozenset[int]:
    """Connections that fail because this computer has no way out."""
    told = {one.id for one in facts.connections if one.state == State.OFFLINE}
    failing = [
        one for one in facts.connections if one.state == State.OFFLINE or (one.state == State.UNHEALTHY and _unreached(one.cause))
    ]  # fmt: skip
    working = any(one.state in (State.HEALTHY, State.DEGRADED) for one in facts.connections)
    alone = not working and len({one.account_id for one in failing}) >= LEAST_ALL_DOWN
    if alone or (failing and not facts.route):
        told |= {one.id for one in failing}
    return frozenset(told)


def _unreached(cause: object) -> bool:
    return getattr(cause, "code", "") in ("net.offline", "net.unreachable", "net.timeout", "net.cut")


def _merged(bodies: Iterable[AlertBody]) -> Iterable[AlertBody]:
    lots: dict[tuple[str, str], list[AlertBody]] = {}
    for body in bodies:
        lots.setdefault((body.rule, body.subject), []).append(body)
    for same in lots.values():
        first = same[0]
        if len(same) == 1:
            yield first
            continue
        pairs = dict(pair for one in same for pair in zip(one.connections, one.names, strict=True))
        ids = tuple(sorted(pairs))
        worst = max(same, key=lambda one: one.figures.get("value", 0))
        figures = {**worst.figures, "count": len(ids)} if ids else worst.figures
        yield msgspec.structs.replace(
            first, connections=ids, names=tuple(pairs[i] for i in ids), figures=figures, cause=first.cause
        )
