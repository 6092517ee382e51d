"""What every command needs of what was asked: its words, the connections meant, instants and amounts as people type them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from app.api.answers import Answer, sentence
from app.console import Console
from app.formats.words import Words
from app.jobs.runner import Result
from app.pricing.typed import Trouble, read_value
from app.store.connections import ConnectionRow


class Usage(Exception):
    """Wrong usage: the text goes to the user, the exit code is 2."""


def words_of(args: dict[str, Any]) -> Words:
    return Words.load(args.get("lang") or "tr")


async def chosen(console: Console, args: dict[str, Any]) -> list[ConnectionRow]:
    """The connection named in the arguments, or all. Raises Usage for an unknown name."""
    name = args.get("name")
    if not name:
        return await console.store.connections.list()
    row = await console.store.connections.by_name(name)
    if row is None:
        raise Usage(words_of(args)("cli.no_connection", name=name))
    return [row]


def failed(answer: Answer, words: Words, result: Result, row: ConnectionRow) -> None:
    if result.outcome != "done":
        answer.exit = 1
    if result.message is not None:
        answer.say(sentence(words, result.message, row.name))


def iso(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z") if instant is not None else None


def parse_since(text: str, words: Words) -> datetime:
    """ISO date or instant; without an offset it is the computer's own time. Raises Usage."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as error:
        raise Usage(words("cli.bad_date", text=text)) from error


def shown_value(words: Words, kind: str, value: Decimal | None, currency: str) -> str:
    """A price with its sign, or pieces."""
    if value is None:
        return words("common.no_value")
    return words.figures.money(value, currency) if kind == "price" else words("prices.pieces", count=int(value))


def typed_value(kind: str, text: str, words: Words, currency: str = "TRY") -> Decimal:
    """A price ('1249.90', '1249,90', '1.249,90') or pieces, judged as the window judges it. What two countries read differently
    (1.249) is refused with both readings, never guessed. Raises Usage."""
    trouble, values = read_value(kind, text, currency)
    if trouble is not Trouble.NONE:
        why = Trouble.UNREADABLE if trouble is Trouble.BLANK else trouble
        raise Usage(f"{words(f'prices.trouble.{why}', text=text)} {words(f'prices.trouble.{why}_{kind}_next')}")
    if len(values) > 1:
        one, other = (shown_value(words, kind, value, currency) for value in values)
        raise Usage(words(f"cli.ambiguous.{kind}", text=text, one=one, other=other))
    return values[0]
