"""The same figures for Prometheus, written by its own client library from one look at the store. Connections are told by name,
integration and category; nothing else of the merchant's is ever a label.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.monitor.health import HealthReport, State

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_WHO = ("connection", "integration", "category")


@dataclass(frozen=True)
class Figures:
    """`outbox`: rows by state. `alerts`: open ones by severity. `dropped`: samples that found no room."""

    reports: Sequence[HealthReport]
    outbox: Mapping[str, int]
    alerts: Mapping[str, int]
    dropped: int = 0


class _Families(Collector):
    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        yield from _connections(self._figures.reports)
        outbox = GaugeMetricFamily("paxzar_outbox_items", "Writes to vendors, by where they stand.", labels=["state"])
        for state, count in sorted(self._figures.outbox.items()):
            outbox.add_metric([state], count)
        alerts = GaugeMetricFamily("paxzar_alerts_open", "Alerts that are on, by severity.", labels=["severity"])
        for severity, count in sorted(self._figures.alerts.items()):
            alerts.add_metric([severity], count)
        yield outbox
        yield alerts
        yield GaugeMetricFamily("paxzar_samples_dropped", "Samples that nobody drained in time.", self._figures.dropped)


def _connections(reports: Sequence[HealthReport]) -> Iterator[Metric]:
    state = GaugeMetricFamily("paxzar_connection_state", "1 for the state a connection is in.", labels=[*_WHO, "state"])
    response = GaugeMetricFamily(
        "paxzar_connection_response_seconds", "Response time of the last 24 hours.", labels=[*_WHO, "quantile"]
    )
    goal = GaugeMetricFamily("paxzar_connection_goal_seconds", "The response time aimed at.", labels=_WHO)
    share = GaugeMetricFamily(
        "paxzar_connection_availability_ratio", "Share of calls that the vendor answered.", labels=[*_WHO, "window"]
    )
    calls = GaugeMetricFamily("paxzar_connection_calls_24h", "Attempts of the last 24 hours.", labels=_WHO)
    errors = GaugeMetricFamily(
        "paxzar_connection_errors_24h", "Failed attempts of the last 24 hours.", labels=[*_WHO, "outcome"]
    )
    seen = GaugeMetricFamily(
        "paxzar_connection_last_success_timestamp_seconds", "The last call that was answered well.", labels=_WHO
    )
    for one in reports:
        who = [one.connection, one.integration, one.category]
        for word in State:
            state.add_metric([*who, str(word)], float(one.state is word))
        for quantile, value in (("0.5", one.p50_ms), ("0.95", one.p95_ms), ("0.99", one.p99_ms)):
            if value is not None:
                response.add_metric([*who, quantile], value / 1000)
        goal.add_metric(who, one.goal_ms / 1000)
        for window, ratio in (("24h", one.availability_24h), ("30d", one.availability_30d)):
            if ratio is not None:
                share.add_metric([*who, window], ratio)
        calls.add_metric(who, one.calls_24h)
        for outcome, count in sorted(one.errors_24h.items()):
            errors.add_metric([*who, outcome], count)
        if one.last_ok_at is not None:
            seen.add_metric(who, one.last_ok_at.timestamp())
    yield from (state, response, goal, share, calls, errors, seen)


def text(figures: Figures) -> bytes:
    """The exposition format, with the process's own memory and processor time where the system tells them."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(figures))
    ProcessCollector(registry=registry)
    return generate_latest(registry)
