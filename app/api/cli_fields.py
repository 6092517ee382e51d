"""Fields of a connection or a channel on the command line: plain ones as KEY=VALUE, secrets from a file or standard input, never as an
argument. Imports nothing heavy: it is read at every start."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import click

from app.formats.words import Words


def pairs(texts: Iterable[str], words: Words) -> dict[str, str]:
    """KEY=VALUE texts as a map, the later of two the same. Wrong usage for what is none."""
    found = {}
    for text in texts:
        key, mark, value = text.partition("=")
        if not mark or not key:
            raise click.UsageError(words("cli.key_value", text=text))
        found[key] = value
    return found


def secrets_of(
    words: Words, read_text: Callable[[str], str], secrets_from: str | None, unlock_from: str | None
) -> dict[str, str]:
    """The JSON object of texts in that file, or on standard input for '-'; {} for no file. Wrong usage for anything else, and when both
    are to come from standard input."""
    if secrets_from == "-" and unlock_from == "-":
        raise click.UsageError(words("cli.one_stdin"))
    if not secrets_from:
        return {}
    try:
        held = json.loads(read_text(secrets_from))
    except json.JSONDecodeError as error:
        raise click.UsageError(words("cli.secrets_json")) from error
    if not isinstance(held, dict) or not all(isinstance(value, str) for value in held.values()):
        raise click.UsageError(words("cli.secrets_json"))
    return held
