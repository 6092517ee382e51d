"""Parcels, drafts and problems of addresses as sentences, the same for the terminal and the window."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.formats.words import Words
from app.shipping.address import FieldProblem
from app.shipping.choosing import BOUNDS, WEIGHTS, Rule
from app.shipping.desk import Draft
from app.store import ParcelRow


def field_words(words: Words, field: str) -> str:
    """What a field of an address is called; one that we do not know keeps its name."""
    key = f"parcels.field.{field}"
    return words(key) if words.has(key) else field


def problem_sentence(words: Words, one: FieldProblem) -> str:
    """Phone: it is no Turkish number. Perhaps: …"""
    text = words(f"parcels.problem.{one.why}", rule=one.rule)
    told = f"{field_words(words, one.field)}: {text}"
    proposed = proposal_words(words, one)
    return f"{told} {words('parcels.perhaps', text=proposed)}" if proposed else told


def proposal_words(words: Words, one: FieldProblem) -> str:
    """City İstanbul, district Kadıköy."""
    return ", ".join(f"{field_words(words, field)} “{value}”" for field, value in one.proposal.items() if value)


def refusal_words(words: Words, refusal: str) -> str:
    """Why a draft was not sent."""
    key = f"parcels.refusal.{refusal}"
    return words(key) if words.has(key) else refusal


def draft_lines(words: Words, draft: Draft, refusal: str) -> list[str]:
    """What stands in a parcel's way, a line each; doubtful things too when it went."""
    head = draft.numbers or "?"
    lines = [] if refusal in ("", "address") else [f"{head}: {refusal_words(words, refusal)}"]
    lines += [f"{head}: {problem_sentence(words, one)}" for one in draft.problems]
    if draft.cancel_asked:
        lines.append(f"{head}: {words('parcels.cancel_asked')}")
    return lines


def state_words(words: Words, row: ParcelRow) -> str:
    """Where it is, or what hinders it."""
    if row.write_state in ("refused", "unknown", "queued", "sending"):
        return words(f"parcels.write.{row.write_kind}_{row.write_state}")
    return words(f"parcels.state.{row.state}")


def parcel_line(words: Words, row: ParcelRow, now: datetime) -> str:
    """One parcel in a line."""
    number = row.tracking_number or row.reference
    at = words.figures.when(row.changed_at.astimezone(now.tzinfo), now)
    parts = [row.numbers, row.carrier, number, state_words(words, row), row.receiver, row.city, at]
    return " · ".join(part for part in parts if part)


def rule_data(one: Rule, names: dict[int, str]) -> dict[str, Any]:
    return {
        "carrier": names.get(one.carrier, ""), "channel": names.get(one.channel, ""), "city": one.city, "own": one.own, "on": one.on,
        **{name: str(value) for name in BOUNDS if (value := getattr(one, name)) is not None},
        **{name: value for name in WEIGHTS if (value := getattr(one, name)) is not None},
    }  # fmt: skip


def rule_line(words: Words, number: int, one: Rule, names: dict[int, str]) -> str:
    """1. Yurtiçi – city İzmir, at most 10 desi."""
    told = []
    for name, value in rule_data(one, names).items():
        if name in BOUNDS or name in WEIGHTS:
            value = words.figures.number(getattr(one, name))
        if name == "own" and value:
            told.append(words("parcels.rule.own"))
        elif name not in ("own", "on", "carrier") and value:
            told.append(words(f"parcels.rule.{name}", value=value))
    if not one.on:
        told.append(words("parcels.rule.off"))
    return f"{number}. {names.get(one.carrier, '?')} – {', '.join(told) or words('parcels.rule.any')}"
