"""The rules as data: what is watched, from which figure on, how grave it is. Every figure may be changed by the merchant;
what is kept in the store are only the differences from here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

import msgspec

KEEP_DAYS = 7  # how long an alert that ended is kept, unless the merchant says otherwise
KEEP_LEAST, KEEP_MOST = 1, 365
PREFIX = "alerts.rule."  # settings: + name + .on, .threshold, .severity


class Severity(StrEnum):
    """From the gravest down."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 is the gravest."""
        return list(Severity).index(self)

    def reaches(self, least: Severity) -> bool:
        """Whether it is at least as grave."""
        return self.rank <= least.rank


class Unit(StrEnum):
    """What a threshold counts."""

    SECONDS = "seconds"
    PERCENT = "percent"  # of the response-time goal, or of the usual response time
    BASIS = "basis"  # hundredths of a percent: 9990 is 99.90 %
    DAYS = "days"
    MEGABYTES = "megabytes"
    TIMES = "times"  # within a day
    PIECES = "pieces"


class Rule(msgspec.Struct, frozen=True):
    """`threshold` in `unit`, within `least`…`most`. `hold_s`: so long it must be so before the alert is on; where
    `holds` is set that is the threshold itself. `clear_s`: so long it must not be so before the alert is off."""

    name: str
    severity: Severity
    unit: Unit
    threshold: int
    least: int
    most: int
    hold_s: int = 0
    clear_s: int = 120
    holds: bool = False
    on: bool = True

    @property
    def wait_s(self) -> int:
        return self.threshold if self.holds else self.hold_s


DAY_S = 86_400
RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        # The first failed call colours a connection at once; the alert is on within 120 s of it (looked at every 30 s).
        Rule("key_refused", Severity.CRITICAL, Unit.SECONDS, 60, 0, DAY_S, holds=True),
        Rule("connection_down", Severity.HIGH, Unit.SECONDS, 60, 0, DAY_S, holds=True),
        Rule("offline", Severity.MEDIUM, Unit.SECONDS, 60, 0, DAY_S, clear_s=60, holds=True),
        Rule("slow", Severity.LOW, Unit.PERCENT, 100, 20, 1000, hold_s=300, clear_s=600),
        # Before a goal is missed: what is not as it always is at this hour. Once on, it ends half of the way back.
        Rule("unusual_speed", Severity.LOW, Unit.PERCENT, 150, 110, 1000, hold_s=600, clear_s=900),
        Rule("unusual_errors", Severity.LOW, Unit.BASIS, 1000, 100, 10_000, hold_s=300, clear_s=900),
        Rule("availability", Severity.MEDIUM, Unit.BASIS, 9990, 5000, 10_000, hold_s=300, clear_s=900),
        Rule("key_ends", Severity.MEDIUM, Unit.DAYS, 7, 0, 365),
        Rule("outbox_stuck", Severity.HIGH, Unit.SECONDS, 900, 60, 7 * DAY_S, hold_s=60),
        Rule("pull_late", Severity.MEDIUM, Unit.SECONDS, 3600, 300, 7 * DAY_S, hold_s=600),
        Rule("disk_low", Severity.HIGH, Unit.MEGABYTES, 1000, 50, 1_000_000, hold_s=60, clear_s=300),
        Rule("disk_fills", Severity.MEDIUM, Unit.DAYS, 7, 1, 90, hold_s=600, clear_s=3600),
        Rule("quota_ends", Severity.MEDIUM, Unit.SECONDS, 7200, 300, DAY_S, hold_s=120, clear_s=600),
        # Of SKUs that are counted here. One with a limit of its own is judged by that.
        Rule("stock_low", Severity.LOW, Unit.PIECES, 2, 0, 100, clear_s=600),
        Rule("stock_short", Severity.HIGH, Unit.PIECES, 1, 1, 1000),
        Rule("failed_unlocks", Severity.CRITICAL, Unit.TIMES, 5, 1, 1000),
        Rule("refused_hosts", Severity.HIGH, Unit.TIMES, 3, 1, 10_000),
        Rule("wrong_tokens", Severity.HIGH, Unit.TIMES, 5, 1, 10_000),
    )
}
#: What the kinds of security events are called by their rules.
EVENTS = {"refused_hosts": "refused_host", "wrong_tokens": "wrong_token"}
EVENTS_WINDOW_S = DAY_S


class AlertError(Exception):
    """A wish that cannot be met. `key` names the words, `params` fill them."""

    def __init__(self, key: str, **params: str) -> None:
        super().__init__(key)
        self.key = key
        self.params = params


def rules_of(kept: Mapping[str, Any]) -> dict[str, Rule]:
    """The rules with the merchant's changes (settings by their whole key). What no longer fits is left out."""
    found = {}
    for name, rule in RULES.items():
        on, threshold, severity = (kept.get(f"{PREFIX}{name}.{part}") for part in ("on", "threshold", "severity"))
        if isinstance(on, bool):
            rule = msgspec.structs.replace(rule, on=on)
        if type(threshold) is int and rule.least <= threshold <= rule.most:
            rule = msgspec.structs.replace(rule, threshold=threshold)
        if severity in set(Severity):
            rule = msgspec.structs.replace(rule, severity=Severity(str(severity)))
        found[name] = rule
    return found


_SPAN = re.compile(r"([0-9]{1,9})\s*([a-zü]*)")
_SPANS = {
    "": 1, "s": 1, "sn": 1, "m": 60, "min": 60, "dk": 60, "h": 3600, "sa": 3600, "d": DAY_S, "g": DAY_S, "gün": DAY_S,
}  # fmt: skip


def read_span(text: str) -> int:
    """ "90", "90s", "15m", "2h", "3d", in Turkish "15dk", "2sa", "3g": seconds. Raises AlertError."""
    found = _SPAN.fullmatch(text.strip())
    if found is None or found[2] not in _SPANS:
        raise AlertError("alerts.bad_span", text=text)
    return int(found[1]) * _SPANS[found[2]]


_NUMBER = re.compile(r"%?\s*([0-9]{1,9})\s*([^\W\d_]*|%)")
#: What may stand behind a plain number, by its unit.
_SIGNS = {
    Unit.PERCENT: ("", "%"), Unit.DAYS: ("", "d", "day", "days", "g", "gün"), Unit.MEGABYTES: ("", "MB", "mb"),
    Unit.TIMES: ("",), Unit.PIECES: ("", "pcs", "adet"),
}  # fmt: skip


def read_threshold(rule: Rule, text: str) -> int:
    """A threshold as people type it: a span where it counts seconds, "99.9" or "%99,9" for an availability, else a whole
    number, with its unit or without. Raises AlertError for what is none; the bounds are looked at elsewhere."""
    if rule.unit is Unit.SECONDS:
        return read_span(text)
    if rule.unit is Unit.BASIS:
        try:
            value = Decimal(text.strip().strip("%").strip().replace(",", ".")) * 100
        except InvalidOperation:
            raise AlertError("alerts.bad_number", text=text) from None
        if not value.is_finite() or value != value.to_integral_value():
            raise AlertError("alerts.bad_number", text=text)
        return int(value)
    found = _NUMBER.fullmatch(text.strip())
    if found is None or found[2] not in _SIGNS[rule.unit] or ("%" in text and rule.unit is not Unit.PERCENT):
        raise AlertError("alerts.bad_number", text=text)
    return int(found[1])


def typed_threshold(rule: Rule, language: str = "en") -> str:
    """The rule's threshold as it may be typed: what `read_threshold` reads back."""
    turkish, value = language == "tr", str(rule.threshold)
    if rule.unit in (Unit.BASIS, Unit.PERCENT):
        if rule.unit is Unit.BASIS:
            value = f"{Decimal(rule.threshold) / 100:f}".replace(".", "," if turkish else ".")
        return f"%{value}" if turkish else f"{value}%"
    if rule.unit is not Unit.SECONDS:
        sign = {Unit.DAYS: " g" if turkish else "d", Unit.MEGABYTES: " MB"}.get(rule.unit, "")
        return value + sign
    for letter, word, size in (("d", "g", DAY_S), ("h", "sa", 3600), ("m", "dk", 60)):
        if rule.threshold and rule.threshold % size == 0:
            return f"{rule.threshold // size}{' ' + word if turkish else letter}"
    return f"{rule.threshold}{' sn' if turkish else 's'}"


def checked_rule(name: str, threshold: int | None) -> Rule:
    """The rule of that name. Raises AlertError for an unknown one, or a threshold beyond its bounds."""
    rule = RULES.get(name)
    if rule is None:
        raise AlertError("alerts.no_rule", name=name, names=", ".join(RULES))
    if threshold is not None and not rule.least <= threshold <= rule.most:
        raise AlertError("alerts.bad_threshold", value=str(threshold), least=str(rule.least), most=str(rule.most))
    return rule
