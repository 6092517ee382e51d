"""The commands about bulk changes of prices: a plan is made and shown, held lines are released, what may go is queued, a plan is taken
back. Importing this adds them to `COMMANDS`. No command sends anything itself: the outbox does."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from app.api.answers import Answer, message_data, sentence
from app.api.asking import Usage, chosen, iso, words_of
from app.api.commands import COMMANDS, PAGE
from app.changes import LISTINGS, OUTBOX, ChangeReport
from app.console import Console, utc_now
from app.contracts.catalogue import Catalogue
from app.formats.numbers import read_number
from app.formats.words import Words
from app.model import Money
from app.pricing.formula import Formula, FormulaError, compile_formula
from app.pricing.guards import Extreme, Totals
from app.pricing.plan import Choice, Plans
from app.pricing.undo import take_back
from app.store import ListingQuery, PlanLineRow, PlanRow, Progress
from app.store.connections import ConnectionRow
from app.store.plans import totals_by_state

SHOWN = 20  # lines of a terminal
EXAMPLES = 8


def plans_of(console: Console) -> Plans:
    return Plans(console.store, utc_now)


def formula_trouble(words: Words, error: FormulaError, text: str) -> list[str]:
    """The formula, a mark under the character, and the sentence."""
    line = " ".join(text.split("\n")) if "\n" in text else text
    at, first = error.at, max(0, error.at - 60)
    cut = line[first : first + 100]
    mark = " " * (at - first) + "^" * max(1, min(error.length, len(cut) - (at - first)))
    return [f"  {cut}", f"  {mark}", words(f"formula.error.{error.key}", **error.params, at=at + 1)]


async def checked_formula(console: Console, args: dict[str, Any], words: Words) -> Formula | Answer:
    text = args.get("formula") or ""
    if name := args.get("recipe"):
        found = {one.name: one.formula for one in await console.store.plans.recipes()}
        if name not in found:
            raise Usage(words("plan.no_recipe", name=name, names=", ".join(found) or "–"))
        text = found[name]
    try:
        return compile_formula(text)
    except FormulaError as error:
        data = {"error": error.key, "at": error.at, "length": error.length, "params": error.params}
        return Answer(2, data, formula_trouble(words, error, text))


def takes_prices(catalogue: Catalogue, row: ConnectionRow) -> bool:
    """Whether its channel takes prices, and the merchant lets it."""
    return "price_sink" in catalogue.manifest(row.integration).capabilities and row.switches.get("price_sink", True)


async def plan_new(console: Console, args: dict[str, Any]) -> Answer:
    """`plan new`: compute, judge, store, show. Nothing is queued."""
    words = words_of(args)
    formula = await checked_formula(console, args, words)
    if isinstance(formula, Answer):
        return formula
    rows = await chosen(console, args)
    able = [row for row in rows if takes_prices(console.catalogue, row)]
    answer = Answer()
    for row in rows:
        if row not in able:
            answer.say(words("cli.cannot_write", name=row.name, what=words("cli.what.price")))
    if not able:
        answer.exit = 1
        answer.data = {"error": "no_channel"}
        return answer
    plans, share = plans_of(console), _share(args.get("commission"), words)
    shares = {row.id: share for row in able} if share is not None else {}
    query = ListingQuery(search=args.get("filter") or "", connection_id=able[0].id if args.get("name") else None)
    choice = Choice(query, writable=frozenset(row.id for row in able))
    plan_id = await plans.make(formula, choice, await plans.guards(), shares)
    return await show_plan(console, plan_id, words, answer, {"examples": EXAMPLES})


def _share(text: str | None, words: Words) -> Decimal | None:
    """A commission as typed ('21%', '%21', '21') as a share. Raises Usage."""
    if not text:
        return None
    found = read_number(text.replace("%", "").strip()).value
    if found is None or not 0 <= found < 100:
        raise Usage(words("plan.bad_commission", text=text))
    return found / 100


async def plan_list(console: Console, args: dict[str, Any]) -> Answer:
    words, answer = words_of(args), Answer(data=[])
    for plan in await console.store.plans.list(limit=args.get("limit") or SHOWN):
        counts = dict(totals_by_state(await console.store.plans.progress(plan.id)))
        answer.data.append({**_plan_data(plan), "states": counts})
        at = words.figures.when(plan.created_at.astimezone(), utc_now().astimezone())
        told = ", ".join(f"{_state_words(words, state)} {count}" for state, count in counts.items())
        answer.say(f"{plan.id:>5}  {at:<12} {_title(words, plan)[:50]:<50} {told}")
    if not answer.data:
        answer.say(words("plan.none"))
    return answer


async def plan_show(console: Console, args: dict[str, Any]) -> Answer:
    words = words_of(args)
    return await show_plan(console, int(args["id"]), words, Answer(), args)


async def show_plan(console: Console, plan_id: int, words: Words, answer: Answer, args: dict[str, Any]) -> Answer:
    """A plan's totals, its way per connection, and lines of it."""
    plan = await console.store.plans.get(plan_id)
    totals, progress = msgspec.json.decode(plan.totals, type=Totals), await console.store.plans.progress(plan_id)
    counts = totals_by_state(progress)
    answer.data = {
        **_plan_data(plan), "totals": msgspec.to_builtins(totals), "states": dict(counts),
        "guards": msgspec.json.decode(plan.guards),
        "connections": [_progress_data(one) for one in progress],
    }  # fmt: skip
    answer.say(words("plan.head", number=plan.id, title=_title(words, plan)))
    await _totals(console, plan, totals, words, answer)
    if plan.state == "applied":
        for one in progress:
            answer.say(_progress_words(words, one))
    states = ("held", "blocked") if args.get("held") else ()
    limit = args.get("examples") or args.get("limit") or 0
    if args.get("examples") is None:
        lines: list[PlanLineRow] = []
        answer.data["lines"], shown = [], limit or SHOWN
        while page := await _page(console, plan_id, states, lines, limit):
            lines += page
            answer.data["lines"] += [_line_data(one) for one in page]
    else:
        lines, shown = await console.store.plans.lines(plan_id, limit=limit), limit
    for line in lines[:shown]:
        answer.say("  " + _line_words(words, line))
    if args.get("examples") is None and len(lines) > shown:
        answer.say(words("plan.more", count=len(lines) - shown))
    if counts.get("ready"):
        answer.say(words("plan.hint_apply", count=counts["ready"], number=plan.id))
    if counts.get("held"):
        answer.say(words("plan.hint_held", count=counts["held"], number=plan.id))
    return answer


async def _page(
    console: Console, plan_id: int, states: tuple[str, ...], before: list[PlanLineRow], limit: int
) -> list[PlanLineRow]:
    """The next lines: all 100,000 of them at once would stall a window that runs the command."""
    most = min(PAGE, limit - len(before)) if limit else PAGE
    after = before[-1].position if before else 0
    return await console.store.plans.lines(plan_id, states=states, after=after, limit=most) if most else []


async def _totals(console: Console, plan: PlanRow, totals: Totals, words: Words, answer: Answer) -> None:
    if plan.kind == "undo":
        answer.say(words("plan.undo_totals", ready=totals.ready, left=totals.blocked))
    else:
        answer.say(
            words("plan.totals", count=totals.looked, lines=totals.lines, same=totals.same, held=totals.held, blocked=totals.blocked)
        )  # fmt: skip
    ids = [one.listing_id for one in (totals.biggest_rise, totals.biggest_fall) if one is not None]
    names = {one.id: one.listing.sku or one.listing.title for one in await console.store.listings.get_many(ids)}
    for key, one in (("rise", totals.biggest_rise), ("fall", totals.biggest_fall)):
        if one is not None:
            answer.say(words(f"plan.biggest_{key}", name=names.get(one.listing_id, ""), **_change_words(words, one)))
    for why, count in sorted(totals.reasons.items()):
        answer.say(f"  {reason_words(words, why)}: {words.figures.number(count)}")


def _change_words(words: Words, one: Extreme) -> dict[str, str]:
    old, new = (Money.from_micros(micros, one.currency) for micros in (one.old, one.new))
    percent = (new.amount - old.amount) * 100 / old.amount
    return {
        "old": words.figures.money(old.amount, one.currency), "new": words.figures.money(new.amount, one.currency),
        "percent": words.figures.percent(percent, signed=True),
    }  # fmt: skip


def reason_words(words: Words, why: str) -> str:
    """Why a line is held or never goes: `jump`, `missing:cost`."""
    key, _, name = why.partition(":")
    return words(f"plan.why.{key}", name=words(f"formula.variable.{name}")) if name else words(f"plan.why.{key}")


def _state_words(words: Words, state: str) -> str:
    return words(f"plan.why.{state}") if words.has(f"plan.why.{state}") else words(f"plan.state.{state}")


def _title(words: Words, plan: PlanRow) -> str:
    return words("plan.undo_title", number=plan.undo_of, title=plan.title) if plan.kind == "undo" else plan.title


def _line_words(words: Words, line: PlanLineRow) -> str:
    def money(value: Money | None) -> str:
        return words("common.no_value") if value is None else words.figures.money(value.amount, value.currency)

    parts = [f"{line.position:>5}", line.channel, line.sku or line.barcode or line.remote_id]
    parts.append(f"{money(line.old)} → {money(line.new)}")
    if line.new_list is not None:
        parts.append(words("plan.list_too", value=money(line.new_list)))
    if line.hold:
        told = ", ".join(reason_words(words, why) for why in line.hold)
        parts.append(words("plan.released", reasons=told) if line.released else told)
    if line.state not in ("ready", "held", "blocked"):
        parts.append(_state_words(words, line.state))
    if line.message is not None:
        parts.append(sentence(words, line.message))
    return " · ".join(parts)


def _progress_words(words: Words, one: Progress) -> str:
    told = ", ".join(f"{_state_words(words, state)} {count}" for state, count in one.counts.items())
    left = one.seconds_left()
    return f"{one.channel}: {told}" + (f" · {words('plan.left', seconds=left)}" if left is not None else "")


def _plan_data(plan: PlanRow) -> dict[str, Any]:
    return {
        "id": plan.id, "kind": plan.kind, "title": plan.title, "connection_id": plan.connection_id, "filter": plan.filter,
        "undo_of": plan.undo_of, "undone_by": plan.undone_by, "state": plan.state, "created_at": iso(plan.created_at),
        "applied_at": iso(plan.applied_at),
    }  # fmt: skip


def _progress_data(one: Progress) -> dict[str, Any]:
    return {"connection": one.channel, "states": one.counts, "seconds_left": one.seconds_left()}


def _line_data(line: PlanLineRow) -> dict[str, Any]:
    def money(value: Money | None) -> str | None:
        return None if value is None else str(value)

    return {
        "line": line.position, "connection": line.channel, "sku": line.sku, "barcode": line.barcode, "remote_id": line.remote_id,
        "old": money(line.old), "new": money(line.new), "old_list": money(line.old_list), "new_list": money(line.new_list),
        "held_for": list(line.hold), "released": line.released, "state": line.state, "message": message_data(line.message),
    }  # fmt: skip


async def plan_release(console: Console, args: dict[str, Any]) -> Answer:
    words, plan_id = words_of(args), int(args["id"])
    lines = [int(one) for one in args.get("lines") or ()]
    if bool(lines) == bool(args.get("all")):
        raise Usage(words("plan.release_which"))
    await console.store.plans.get(plan_id)
    count = await console.store.plans.release(plan_id, lines or None)
    answer = Answer(int(not count), {"released": count})
    answer.say(words("plan.released_count", count=count, number=plan_id))
    if lines and count < len(lines):
        answer.exit = 1
        answer.say(words("plan.release_less", count=len(lines) - count))
    return answer


async def plan_apply(console: Console, args: dict[str, Any]) -> Answer:
    return await _applied(console, int(args["id"]), words_of(args), Answer(data={}))


async def _applied(console: Console, plan_id: int, words: Words, answer: Answer) -> Answer:
    """Queue what may go; tell what does not."""
    day = utc_now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    done = await plans_of(console).apply(plan_id, day_began=day)
    names = {row.id: row.name for row in await console.store.connections.list(removed=True)}
    counts = totals_by_state(await console.store.plans.progress(plan_id))
    held = counts.get("held", 0)
    answer.data |= {
        "plan": plan_id, "queued": {names.get(one, str(one)): count for one, count in done.queued.items()},
        "left": done.left, "held": held, "capped": done.capped,
    }  # fmt: skip
    for one, count in done.queued.items():
        answer.say(words("plan.queued", name=names.get(one, str(one)), count=count))
        if console.engine.scheduler is not None:
            console.engine.scheduler.hurry("send", one)
    if done.queued:
        for table in (OUTBOX, LISTINGS):
            console.changes.publish(ChangeReport(table, source="plan"))
    else:
        answer.say(words("plan.nothing"))
    for why, count in done.left.items():
        answer.exit = 1
        answer.say(words("plan.not_queued", reason=reason_words(words, why), count=count))
    if done.capped:
        answer.exit = 1
        answer.say(words("plan.capped", count=done.capped, number=plan_id))
    if held:
        answer.say(words("plan.hint_held", count=held, number=plan_id))
    frozen = await console.store.outbox.frozen()
    for one in sorted({0, *done.queued} & frozen):
        answer.say(words("plan.frozen_one", name=names[one]) if one else words("plan.frozen_all"))
    return answer


async def plan_undo(console: Console, args: dict[str, Any]) -> Answer:
    """Withdraw what waits, read the channels back, queue what still carries our price."""
    words, plan_id, answer = words_of(args), int(args["id"]), Answer(data={})
    rows = {row.id: row for row in await console.store.connections.list()}

    async def read_back(connection_id: int) -> bool:
        row = rows.get(connection_id)
        if row is None or "listing_source" not in console.catalogue.manifest(row.integration).capabilities:
            return False
        result = await console.engine.sync_listings(row, full=True)
        return result.outcome == "done"

    undone = await take_back(console.store, plans_of(console), plan_id, read_back)
    names = {row.id: row.name for row in await console.store.connections.list(removed=True)}
    answer.data = {
        "undo_of": plan_id, "withdrawn": undone.withdrawn, "back": undone.back, "not_back": undone.left, "never": undone.never,
        "read_back": {names.get(one, str(one)): live for one, live in undone.live.items()},
    }  # fmt: skip
    if undone.withdrawn:
        answer.say(words("plan.withdrawn", count=undone.withdrawn))
        for table in (OUTBOX, LISTINGS):
            console.changes.publish(ChangeReport(table, source="plan"))
    for one, live in undone.live.items():
        if not live:
            answer.say(words("plan.not_live", name=names.get(one, str(one))))
    if undone.plan_id is None:
        if not undone.withdrawn:
            answer.say(words("plan.nothing_back"))
        return answer
    if undone.back:
        await _applied(console, undone.plan_id, words, answer)
    for why, count in undone.left.items():
        answer.exit = 1
        answer.say(words("plan.not_back", reason=reason_words(words, why), count=count))
    answer.data["plan"] = undone.plan_id
    left = [
        one
        for one in await console.store.plans.lines(undone.plan_id, states=tuple(undone.left), limit=SHOWN)
        if undone.left
    ]
    for line in left:
        answer.say("  " + _line_words(words, line))
    return answer


COMMANDS.update({
    "plan_new": plan_new, "plan_list": plan_list, "plan_show": plan_show, "plan_release": plan_release,
    "plan_apply": plan_apply, "plan_undo": plan_undo,
})  # fmt: skip
