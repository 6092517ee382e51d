"""How keys stand, in words and as JSON: the same for the terminal, the Connections page and Today."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.formats.words import Words
from app.monitor.keys import KeyStanding, KeyState


def _day(words: Words, at: datetime | None) -> str:
    return "" if at is None else words.figures.date_short(at.astimezone(), year=True)


def key_sentence(words: Words, one: KeyStanding) -> str:
    """ "Key 34 days old; time for a new one", "The certificate ends in 9 days"."""
    if one.state is KeyState.ENDING:
        return words(f"keys.state.ending_{one.ends_by}", count=one.days_left)
    if one.state is KeyState.EXPIRED:
        return words(f"keys.state.expired_{one.ends_by}", date=_day(words, one.ends_at))
    return words(f"keys.state.{one.state}", count=one.age_days, date=_day(words, one.snoozed_until))


def key_short(words: Words, one: KeyStanding) -> str:
    """For a card's fact: "12 days", "due (34 d)", "9 days left", "ended"."""
    if one.state is KeyState.EXPIRED:
        return words("keys.short.expired")
    if one.state is KeyState.ENDING:
        return words("keys.short.left", count=one.days_left)
    return words(f"keys.short.{'due' if one.state is KeyState.DUE else 'days'}", count=one.age_days)


def key_details(words: Words, one: KeyStanding) -> str:
    """What the settings of a connection say: how it stands, how often a new one is asked for, when it ends."""
    parts = [key_sentence(words, one), words("keys.card.rotation", count=one.rotation_days)]
    if one.state is KeyState.SNOOZED:
        parts = parts[:1]
    if one.ends_at is not None and one.state in (KeyState.FRESH, KeyState.DUE, KeyState.SNOOZED):
        parts.append(words("keys.card.ends", date=_day(words, one.ends_at)))
    first, *rest = parts
    return " ".join([first if first.endswith(".") else f"{first}.", *rest])


def trouble_words(words: Words, one: KeyStanding, name: str) -> tuple[str, str]:
    """(title, text) for Today's list. For a standing that `asks`."""
    title = words(f"keys.today.{one.state}", name=name, what=key_sentence(words, one))
    return title, words(f"keys.today.{one.state}_text", count=one.age_days, date=_day(words, one.ends_at))


def keys_data(one: KeyStanding | None) -> dict[str, Any] | None:
    """As JSON; instants in ISO, UTC."""
    if one is None:
        return None
    return {
        "state": str(one.state), "changed_at": one.changed_at.isoformat(), "age_days": one.age_days,
        "rotation_days": one.rotation_days, "rotate_at": one.rotate_at.isoformat(),
        "ends_at": None if one.ends_at is None else one.ends_at.isoformat(), "ends_by": one.ends_by or None,
        "days_left": one.days_left, "waiting": one.waiting,
        "snoozed_until": None if one.snoozed_until is None else one.snoozed_until.isoformat(),
    }  # fmt: skip
