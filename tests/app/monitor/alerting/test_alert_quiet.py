"""What is told where and when: severity by channel, quiet hours over midnight, what a snooze silences."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from alert_making import NOW, row

from app.monitor.alerting.channels import channels_of
from app.monitor.alerting.quiet import Channel, Quiet, clock, notices, shows
from app.monitor.alerting.rules import AlertError, Severity
from app.store.alerts import AlertBody

ISTANBUL = ZoneInfo("Europe/Istanbul")
NIGHT = Quiet(True, "22:00", "08:00")
HIGH, CRITICAL = AlertBody("disk_low", "", "high"), AlertBody("key_refused", "", "critical")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=ISTANBUL)


@pytest.mark.parametrize(
    ("quiet", "now", "end"),
    [
        (NIGHT, "24T22:00", "25T08:00"),
        (NIGHT, "24T23:59", "25T08:00"),
        (NIGHT, "24T07:59", "24T08:00"),
        (NIGHT, "24T08:00", ""),
        (NIGHT, "24T21:59", ""),
        (Quiet(True, "13:00", "14:30"), "24T13:00", "24T14:30"),
        (Quiet(True, "13:00", "14:30"), "24T14:30", ""),
        (Quiet(True, "09:00", "09:00"), "24T09:00", ""),
        (Quiet(False, "22:00", "08:00"), "24T23:00", ""),
    ],
)
def test_quiet_hours(quiet: Quiet, now: str, end: str) -> None:
    assert quiet.end(at(now)) == (at(end) if end else None)


@pytest.mark.parametrize("text", ["24:00", "9", "9:5", "", "ab:cd"])
def test_what_is_no_hour(text: str) -> None:
    with pytest.raises(AlertError, match=r"alerts\.bad_clock"):
        clock(text)


def test_channels_by_severity_and_quiet_hours() -> None:
    channels = [
        Channel("desktop", True, Severity.LOW), Channel("email", True, Severity.CRITICAL),
        Channel("slack", True, Severity.HIGH), Channel("webhook", False, Severity.LOW),
    ]  # fmt: skip
    day, night = at("24T12:00"), at("24T23:00")
    assert [(n.channel, n.not_before) for n in notices("opened", HIGH, None, channels, NIGHT, day)] == [("slack", day)]
    assert [n.not_before for n in notices("opened", HIGH, None, channels, NIGHT, night)] == [at("25T08:00")]
    assert [(n.channel, n.not_before) for n in notices("opened", CRITICAL, None, channels, NIGHT, night)] == [
        ("email", night), ("slack", night),
    ]  # fmt: skip
    resting = row(1, HIGH, snoozed_until=NOW + timedelta(days=2))
    assert notices("ended", HIGH, resting, channels, NIGHT, NOW.astimezone(ISTANBUL)) == ()


def test_the_screen_is_silent_at_night_but_for_the_critical() -> None:
    desktop = Channel("desktop", True, Severity.MEDIUM)
    low = AlertBody("slow", "", "low")
    assert shows(HIGH, desktop, NIGHT, at("24T12:00"))
    assert not shows(low, desktop, NIGHT, at("24T12:00"))
    assert not shows(HIGH, desktop, NIGHT, at("24T23:00"))
    assert shows(CRITICAL, desktop, NIGHT, at("24T23:00"))
    assert not shows(CRITICAL, None, NIGHT, at("24T12:00"))


def test_only_the_desktop_is_on_from_the_start() -> None:
    assert [name for name, channel in channels_of({}).items() if channel.on] == ["desktop"]
    kept = {"alerts.channel.slack.on": True, "alerts.channel.slack.least": "loud", "alerts.channel.slack.settings": []}
    assert channels_of(kept)["slack"] == Channel("slack", True, Severity.MEDIUM, {})
