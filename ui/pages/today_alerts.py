"""Open alerts among what needs attention on Today: those that no other line there tells already, and channels of alerts
whose last telling failed."""

from __future__ import annotations

from app.api.answers import sentence
from app.monitor.alerting import texts
from app.monitor.alerting.desk import AlertDesk
from app.monitor.alerting.rules import Severity
from ui.notifying import look_of_severity
from ui.pages.today_trouble import Trouble
from ui.services import Services
from ui.words import t, words

#: What the connections' own lines, keys and response times say there anyway.
TOLD_ELSEWHERE = frozenset({"key_refused", "connection_down", "key_ends", "slow"})


async def alert_troubles(services: Services) -> list[Trouble]:
    """One line an alert; a snoozed one rests here too."""
    now, found = services.now(), []
    go: tuple[str, dict[str, object]] = ("settings", {"view": "alerts"})
    rows = sorted(await services.store.alerts.list(), key=lambda row: Severity(row.body.severity).rank)
    for row in rows:
        if row.rule in TOLD_ELSEWHERE or row.rests(now):
            continue
        told = texts.text(words(), row.body, sentence)
        if row.acked_at is not None:
            told = f"{told} ({t('alerts.acked')})"
        title = texts.title(words(), row.body)
        found.append(
            Trouble(
                f"alert-{row.rule}-{row.id}",
                look_of_severity(row.body.severity),
                title,
                told,
                row.opened_at,
                t("common.show"),
                go,
            )
        )
    jobs = services.engine.alerting
    if jobs is None or not isinstance(jobs.desk, AlertDesk):
        return found
    channels = await jobs.desk.channels()
    for name, message in (await services.store.alerts.troubles()).items():
        if channels[name].on:
            title = t("alerts.page.not_told", name=t(f"alerts.channel.{name}"))
            found.append(
                Trouble(f"channel-{name}", "degraded", title, sentence(words(), message), None, t("common.show"), go)
            )
    return found
