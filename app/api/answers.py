"""What a command gives back, and how messages become sentences. The same for the terminal, the hand-over and tests."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from app.contracts import Message
from app.formats.words import Words


class Answer(msgspec.Struct):
    """`exit`: 0 done, 1 something was refused or failed (`lines` say which and why), 2 wrong usage."""

    exit: int = 0
    data: Any = None
    lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


_FIGURE = re.compile(r"\d{1,9}(\.\d{1,3})?", re.ASCII)


def sentence(words: Words, message: Message, connection: str = "") -> str:
    """Where, what happened, what the vendor says, what to do: one line for a person."""
    params: dict[str, Any] = {
        "field": "", "why": "", "example": "", "url": "", "host": "", "seconds": "", "goal": "", "reason": "", "kept": "",
        "other": "", "vendor": words("message.the_vendor"), "minutes": "…", "until": "", "value": "", "command": "",
        "order": "…", "sku": "…", "pieces": "…",
    }  # fmt: skip
    params.update({k: v for k, v in message.params.items() if v})
    if words.has(message.code):  # store.… and vault.… are whole sentences
        return f"{connection}: {words(message.code, **params)}" if connection else words(message.code, **params)
    code = message.code if words.has(f"message.{message.code}.text") else "bug"
    for name in ("seconds", "goal"):  # written the language's way: 6,2 sn
        if _FIGURE.fullmatch(str(params[name])):
            params[name] = Decimal(params[name])
    params["until"] = clock_time(words, str(params["until"])) or words("message.by_itself")
    if params["why"]:
        params["why"] = words(f"why.{params['why']}") if words.has(f"why.{params['why']}") else params["why"]
    reason = str(params["reason"])
    if words.has(f"why.{reason}"):
        params["reason"] = words(f"why.{reason}")
    parts = [words(f"message.{code}.text", **params)]
    if reason and params["reason"] != reason and params["reason"] not in parts[0]:
        parts.append(f"({params['reason']})")
    parts += _particulars(words, message)
    if message.vendor_text:
        parts.append(words("message.vendor_says", text=message.vendor_text))
    if not (code == "config.field" and not params["example"]):
        parts.append(words(f"message.{code}.next", **params))
    name = message.params.get("connection") or connection
    operation = message.params.get("operation", "")
    if operation and words.has(f"operation.{operation}"):
        operation = words(f"operation.{operation}")
    head = " · ".join(x for x in (name, operation) if x)
    return (f"{head}: " if head else "") + " ".join(parts)


def clock_time(words: Words, instant: str) -> str:
    """An ISO instant as a person reads it here and now (14:32); '' for what is none."""
    try:
        at = datetime.fromisoformat(instant)
    except ValueError:
        return ""
    return words.figures.when(at.astimezone(), datetime.now(UTC).astimezone())


def _particulars(words: Words, message: Message) -> list[str]:
    """What the permission is called that a key lacks, and how wrong a clock is."""
    found = []
    if message.params.get("scope"):
        found.append(words("message.permission", scope=message.params["scope"]))
    skew = message.params.get("skew", "")
    if re.fullmatch(r"-?\d{1,9}", skew, re.ASCII):
        way = "slow" if int(skew) > 0 else "fast"  # the vendor's clock is ahead of a slow one
        found.append(words(f"message.clock_{way}", span=words.figures.left(timedelta(seconds=abs(int(skew))))))
    return found


def message_data(message: Message | None) -> dict[str, Any] | None:
    """A message as JSON data."""
    if message is None:
        return None
    return {
        "code": message.code,
        "kind": str(message.kind),
        "params": message.params,
        "vendor_code": message.vendor_code,
        "vendor_text": message.vendor_text,
        "status": message.status,
        "field": message.field,
    }
