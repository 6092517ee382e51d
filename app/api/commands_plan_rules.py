"""The commands about what holds for all plans: the guards, saved formulas, the freeze of outgoing changes. Importing this adds them to
`COMMANDS`."""

from __future__ import annotations

from typing import Any

import msgspec

from app.api.answers import Answer
from app.api.asking import Usage, chosen, iso, words_of
from app.api.commands import COMMANDS
from app.api.commands_plans import checked_formula, plans_of
from app.changes import OUTBOX, ChangeReport
from app.console import Console
from app.formats.numbers import read_number

_MOST_NAME = 80


async def plan_guards(console: Console, args: dict[str, Any]) -> Answer:
    """Show the limits, or set what is given."""
    words, plans, answer = words_of(args), plans_of(console), Answer()
    guards = await plans.guards()
    if (jump := args.get("jump")) is not None:
        found = read_number(str(jump).replace("%", "").strip()).value
        if found is None or not 0 < found <= 1_000_000:
            raise Usage(words("plan.bad_jump", text=str(jump)))
        guards = msgspec.structs.replace(guards, jump_percent=found)
    if (cap := args.get("daily_cap")) is not None:
        guards = msgspec.structs.replace(guards, daily_cap=max(0, int(cap)))
    await plans.set_guards(guards)
    answer.data = msgspec.to_builtins(guards)
    jump_words = words("common.no_value") if guards.jump_percent is None else words.figures.percent(guards.jump_percent)
    answer.say(words("plan.guards_jump", percent=jump_words))
    answer.say(words("plan.guards_cap", count=guards.daily_cap) if guards.daily_cap else words("plan.guards_no_cap"))
    return answer


async def recipe_save(console: Console, args: dict[str, Any]) -> Answer:
    words, name = words_of(args), " ".join(str(args["recipe_name"]).split())
    if not 0 < len(name) <= _MOST_NAME:
        raise Usage(words("plan.bad_recipe_name"))
    formula = await checked_formula(console, {"formula": args["formula"]}, words)
    if isinstance(formula, Answer):
        return formula
    await console.store.plans.save_recipe(name, formula.text.strip())
    return Answer(0, {"name": name, "formula": formula.text.strip()}, [words("plan.recipe_saved", name=name)])


async def recipe_list(console: Console, args: dict[str, Any]) -> Answer:
    words, answer = words_of(args), Answer(data=[])
    for one in await console.store.plans.recipes():
        answer.data.append({"name": one.name, "formula": one.formula, "saved_at": iso(one.saved_at)})
        answer.say(f"{one.name:<30} {one.formula}")
    if not answer.data:
        answer.say(words("plan.no_recipes"))
    return answer


async def freeze(console: Console, args: dict[str, Any]) -> Answer:
    """`freeze [N]` and `unfreeze [N]`: what waits stays in the outbox; reading goes on. The audit log has it."""
    words, on = words_of(args), bool(args["on"])
    row = (await chosen(console, args))[0] if args.get("name") else None
    outbox = console.store.outbox
    await (outbox.freeze if on else outbox.unfreeze)(row.id if row else None)
    console.changes.publish(ChangeReport(OUTBOX, source="user"))
    frozen = await outbox.frozen()
    names = {one.id: one.name for one in await console.store.connections.list()}
    answer = Answer(0, {"all": 0 in frozen, "connections": sorted(names[one] for one in frozen if one in names)})
    key = ("frozen" if on else "unfrozen") + ("_one" if row else "_all")
    answer.say(words(f"plan.{key}", name=row.name if row else ""))
    if not on and row is not None and 0 in frozen:
        answer.exit = 1
        answer.say(words("plan.frozen_all"))
    if not on and console.engine.scheduler is not None:
        for one in [row.id] if row else list(names):
            console.engine.scheduler.hurry("send", one)
    return answer


COMMANDS.update({"plan_guards": plan_guards, "recipe_save": recipe_save, "recipe_list": recipe_list, "freeze": freeze})
