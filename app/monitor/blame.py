"""Whose fault, in one sentence with its figures: a key of `monitor.blame` and its parameters. Speaks of operations, outcomes,
statuses and times; of no address, no body and no key."""

from __future__ import annotations

from typing import Any

from app.monitor.health import Blame, HealthReport, State
from app.store.samples import DOWN


def blame_words(report: HealthReport, name: str) -> tuple[str, dict[str, Any]] | None:
    """None for a connection that fails nobody. `name`: the integration's."""
    if report.state not in (State.DEGRADED, State.UNHEALTHY, State.OFFLINE):
        return None
    given: dict[str, Any] = {"name": name}
    if report.state is State.OFFLINE:
        return "monitor.blame.internet", given
    down = sum(report.errors_24h.get(outcome, 0) for outcome in DOWN)
    code = report.message.code if report.message is not None else ""
    if code == "server.slow" or (report.blame is Blame.THEIRS and not down):
        return "monitor.blame.slow" if code == "server.slow" else "monitor.blame.theirs_since", given
    if report.blame is Blame.THEIRS:
        return "monitor.blame.theirs", {**given, "failed": down, "count": report.calls_24h}
    if report.blame is Blame.LIMIT:
        held = report.errors_24h.get("throttled", 0)
        return "monitor.blame.limit", {**given, "failed": held, "count": report.calls_24h}
    key = {Blame.KEY: "key", Blame.YOURS: "yours", Blame.OURS: "ours", Blame.NONE: "quiet"}[report.blame]
    if code == "orders.missing":
        key = "missing"
    return f"monitor.blame.{key}", given
