"""What is told where and when: channels by severity, quiet hours. Pure; instants come in the merchant's own zone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, time, timedelta

import msgspec

from app.monitor.alerting.rules import AlertError, Severity
from app.store.alerts import AlertBody, AlertRow, Notice

_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)", re.ASCII)


class Channel(msgspec.Struct, frozen=True):
    """Where alerts are told. `least`: those at least so grave. `settings`: what is no secret."""

    name: str
    on: bool
    least: Severity
    settings: dict[str, str] = {}


class Quiet(msgspec.Struct, frozen=True):
    """Hours of the merchant's clock in which only critical alerts are told; from 22:00 to 08:00 goes over midnight."""

    on: bool = False
    since: str = "22:00"
    until: str = "08:00"

    def end(self, now: datetime) -> datetime | None:
        """When the quiet that `now` (with its zone) falls into ends; None outside of it."""
        first, last = clock(self.since), clock(self.until)
        if not self.on or first == last:
            return None
        today = now.timetz().replace(tzinfo=None)
        inside = first <= today < last if first < last else today >= first or today < last
        if not inside:
            return None
        day = now.date() + timedelta(days=1) if first > last and today >= first else now.date()
        return datetime.combine(day, last, now.tzinfo)


def clock(text: str) -> time:
    """ "22:00", "8.30". Raises AlertError."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise AlertError("alerts.bad_clock", text=text)
    return time(int(found[1]), int(found[2]))


def notices(
    event: str, body: AlertBody, row: AlertRow | None, channels: Iterable[Channel], quiet: Quiet, now: datetime
) -> tuple[Notice, ...]:
    """The tellings of an event on the channels that keep what they tell. What is snoozed is not told; in quiet hours all
    but the critical waits for their end."""
    if row is not None and row.rests(now):
        return ()
    severity = Severity(body.severity)
    end = None if severity is Severity.CRITICAL else quiet.end(now)
    return tuple(
        Notice(one.name, event, end or now)
        for one in channels
        if one.on and one.name != "desktop" and severity.reaches(one.least)
    )


def shows(body: AlertBody, desktop: Channel | None, quiet: Quiet, now: datetime) -> bool:
    """Whether the desktop shows it at this moment. What it does not show stands in the list all the same."""
    severity = Severity(body.severity)
    loud = severity is Severity.CRITICAL or quiet.end(now) is None
    return desktop is not None and desktop.on and severity.reaches(desktop.least) and loud
