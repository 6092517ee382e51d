"""Instants and windows. Inside Paxzar every instant is aware UTC; a vendor's zone lives in its provider only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def from_epoch_ms(value: int) -> datetime:
    """UTC instant of epoch milliseconds (64 bit, may be negative). Raises ValueError outside of years 1–9999."""
    try:
        return _EPOCH + timedelta(milliseconds=value)
    except OverflowError as error:
        raise ValueError(f"no such instant: {value} ms") from error


def to_epoch_ms(instant: datetime) -> int:
    """Whole milliseconds since 1970-01-01 UTC, rounded down. `instant` must be aware."""
    return (aware(instant) - _EPOCH) // _MS


def aware(instant: datetime) -> datetime:
    """`instant` itself; raises ValueError when it has no zone: guessing one loses orders."""
    if instant.tzinfo is None:
        raise ValueError(f"an instant without a zone: {instant}")
    return instant


def parse_iso(text: str, zone: ZoneInfo | None = None) -> datetime:
    """UTC instant of ISO 8601 text. Text without an offset is taken in `zone`; without one it is a ValueError, and so is an
    instant outside of years 1–9999."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        if zone is None:
            raise ValueError(f"an instant without a zone: {text[:40]!r}")
        value = value.replace(tzinfo=zone)
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"no such instant: {text[:40]!r}") from error


def iso_z(instant: datetime) -> str:
    """`2026-11-24T07:20:57Z`: UTC, whole seconds."""
    return aware(instant).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Window(msgspec.Struct, frozen=True):
    """A half-open span [since, until) of modification times, aware UTC."""

    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        if aware(self.since) >= aware(self.until):
            raise ValueError(f"an empty window: {self.since} … {self.until}")

    def split(self, widest: timedelta) -> Iterator[Window]:
        """This window in pieces no wider than `widest`, oldest first, without gaps."""
        since = self.since
        while since < self.until:
            until = min(since + widest, self.until)
            yield Window(since, until)
            since = until
