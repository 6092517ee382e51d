"""Builders for the tests of alerts: facts of a connection, a clock, rules in force."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from app.contracts import Message
from app.monitor.alerting.facts import ConnectionFacts, Facts
from app.monitor.alerting.rules import RULES, Rule
from app.store.alerts import AlertBody, AlertRow

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
REFUSED = Message("auth.refused")
UNREACHED = Message("net.unreachable", {"host": "api.shop.test"})
DOWN = Message("server.error", {"host": "api.shop.test"})


class Clock:
    def __init__(self, at: datetime = NOW) -> None:
        self.now = at

    def __call__(self) -> datetime:
        return self.now

    def on(self, **span: float) -> None:
        self.now += timedelta(**span)


def one(number: int = 1, state: str = "healthy", blame: str = "", cause: Message | None = None, **more: Any) -> ConnectionFacts:  # fmt: skip
    plain: dict[str, Any] = {"account_id": f"acc{number}", "integration": f"shop{number}", "environment": "live"}
    return ConnectionFacts(number, f"Shop {number}", state=state, blame=blame, cause=cause, **{**plain, **more})


def facts(*connections: ConnectionFacts, **more: Any) -> Facts:
    return Facts(connections, **more)


def rules(**changes: dict[str, Any]) -> dict[str, Rule]:
    return {name: msgspec.structs.replace(rule, **changes.get(name, {})) for name, rule in RULES.items()}


def row(alert_id: int, body: AlertBody, **more: Any) -> AlertRow:
    return AlertRow(alert_id, body, NOW, NOW, **more)
