"""`carrier-rules list` and `carrier-rules set`: the merchant's rules for choosing a carrier, as JSON out and in. A list with one wrong
rule changes nothing. Importing this adds them to `COMMANDS`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.api.answers import Answer
from app.api.asking import Usage, words_of
from app.api.commands import COMMANDS
from app.api.commands_shipping import desk_of
from app.api.shipping_words import rule_data, rule_line
from app.console import Console
from app.formats.numbers import read_number
from app.formats.words import Words
from app.shipping.choosing import BOUNDS, WEIGHTS, Rule
from app.shipping.places import Places

_MOST = Decimal(10**9)
_MOST_RULES = 500


async def carrier_rules_list(console: Console, args: dict[str, Any]) -> Answer:
    """In their order: the first that fits is taken."""
    words, answer = words_of(args), Answer()
    rules = await desk_of(console).choice_rules()
    names = {row.id: row.name for row in await console.store.connections.list(removed=True)}
    answer.data = [rule_data(one, names) for one in rules]
    for number, one in enumerate(rules, 1):
        answer.say(rule_line(words, number, one, names))
    if not rules:
        answer.say(words("parcels.cli.no_rules"))
    return answer


async def carrier_rules_set(console: Console, args: dict[str, Any]) -> Answer:
    """The whole list, as `list --json` gives it."""
    words, desk = words_of(args), desk_of(console)
    given = args.get("rules")
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given) or len(given) > _MOST_RULES:
        raise Usage(words("parcels.rules.json"))
    names = {row.name: row.id for row in await console.store.connections.list()}
    carriers = {row.name for row in await desk.carriers()}
    rules = [_read(one, number, names, carriers, words) for number, one in enumerate(given, 1)]
    await desk.set_choice_rules(rules)
    return await carrier_rules_list(console, args)


def _read(given: dict[str, Any], number: int, names: dict[str, int], carriers: set[str], words: Words) -> Rule:
    def wrong(field: str) -> Usage:
        return Usage(words("parcels.rules.wrong", number=number, field=field, value=str(given.get(field, ""))[:80]))

    for field in given:
        if field not in ("carrier", "channel", "city", "own", "on", *BOUNDS, *WEIGHTS):
            raise wrong(field)
    carrier, channel, city = given.get("carrier"), given.get("channel") or "", given.get("city") or ""
    if carrier not in carriers:
        raise wrong("carrier")
    if channel and channel not in names:
        raise wrong("channel")
    if not isinstance(city, str) or (city and Places.load().province(city) is None):
        raise wrong("city")
    values: dict[str, Any] = {}
    for field in (*BOUNDS, *WEIGHTS):
        told = given.get(field)
        if told is None or told == "":
            continue
        value = read_number(str(told)).value if isinstance(told, (str, int)) and not isinstance(told, bool) else None
        if value is None or not 0 <= value < _MOST or (field in WEIGHTS and value != int(value)):
            raise wrong(field)
        values[field] = int(value) if field in WEIGHTS else value
    for field in ("own", "on"):
        if field in given and not isinstance(given[field], bool):
            raise wrong(field)
    return Rule(
        names[carrier], names.get(channel, 0), city, given.get("own", False), on=given.get("on", True), **values
    )


COMMANDS.update({"carrier_rules_list": carrier_rules_list, "carrier_rules_set": carrier_rules_set})
