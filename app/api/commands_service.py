"""The commands of daily service: buyers' questions and answers, invoice links, splits, box counts, orders that wait for a yes.
Importing this adds them to `COMMANDS`. Each write leaves an audit entry, however it ended. What a channel did not clearly take is never called done, and nothing is sent for an order that could be two."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from app.api.answers import Answer, message_data, sentence
from app.api.asking import Usage, chosen, failed, iso, parse_since, words_of
from app.api.commands import COMMANDS
from app.console import Console, utc_now
from app.contracts import Outcome, OutcomeState, Page
from app.formats.words import Words
from app.jobs.links import Link
from app.jobs.runner import Handle, Result
from app.model import Order, OrderLine, OrderStatus, Question, QuestionStatus, Window
from app.store import StoredOrder
from app.store.audit import Action, Detail, may_stand
from app.store.audit import Outcome as Ended
from app.store.connections import ConnectionRow

KIND = "service"  # of the jobs
LONGEST_DAYS = 90
Write = Callable[[Any], Awaitable[Outcome]]
_ENDS = {"done": Ended.DONE, "refused": Ended.REFUSED}  # anything else did not go through, as far as anybody knows


def can(console: Console, row: ConnectionRow, capability: str) -> bool:
    return capability in console.catalogue.manifest(row.integration).capabilities and row.switches.get(capability, True)


def _cannot(words: Words, name: str, capability: str) -> Answer:
    told = words("service.cannot", name=name, what=words(f"service.what.{capability}"))
    return Answer(1, {"error": "cannot"}, [told])


# -- questions -----------------------------------------------------------------------------------------------------------
async def questions(console: Console, args: dict[str, Any]) -> Answer:
    """Of one connection, or of all that have them."""
    words, rows = words_of(args), await chosen(console, args)
    able = [row for row in rows if can(console, row, "questions")]
    if args.get("name") and not able:
        return _cannot(words, rows[0].name, "questions")
    days = int(args.get("days") or 14)
    if not 1 <= days <= LONGEST_DAYS:
        raise Usage(words("service.days", most=LONGEST_DAYS))
    answer = Answer(data=[])
    window = Window(utc_now() - timedelta(days=days), utc_now())
    for row in able:
        found, result = await _read_questions(console, row, window)
        shown = [one for one in found if not args.get("open") or one.status is QuestionStatus.OPEN]
        for one in shown:
            answer.data.append(_question_data(row.name, one))
            day = words.figures.date_short(one.asked_at.astimezone().date())
            state = words(f"service.question.{one.status}")
            answer.say(f"{one.remote_id:>10}  {state:<16} {day:<8} {row.name} · {one.product[:40]}: {one.text}")
        if result.counts.get("rejected"):
            answer.say(words("cli.rejected", name=row.name, count=result.counts["rejected"]))
        failed(answer, words, result, row)
    answer.say(words("service.count_questions", count=len(answer.data)))
    return answer


async def _read_questions(console: Console, row: ConnectionRow, window: Window) -> tuple[list[Question], Result]:
    """Each question once, oldest first; what came before a failure is kept."""
    found: dict[str, Question] = {}

    async def work(handle: Handle) -> Result:
        result, link = Result(), await console.links.get(row.id)
        page: Page[Question]
        async for page in link.provider.questions(window):
            found.update((one.remote_id, one) for one in page.items)
            if page.rejects:
                result.add("rejected", len(page.rejects))
        await console.engine.runner.told(row.id, None)
        return result

    result = await _run(console, row, work)
    return sorted(found.values(), key=lambda one: one.asked_at), result


def _question_data(connection: str, one: Question) -> dict[str, Any]:
    return {
        "connection": connection, "id": one.remote_id, "status": str(one.status), "vendor_status": one.vendor_status,
        "asked_at": iso(one.asked_at), "buyer": one.buyer, "product": one.product, "product_id": one.product_id,
        "text": one.text, "answer": one.answer, "answered_at": iso(one.answered_at), "url": one.url,
        "refused_answer": one.refused_answer, "refused_reason": one.refused_reason,
    }  # fmt: skip


async def answer(console: Console, args: dict[str, Any]) -> Answer:
    words = words_of(args)
    (row,) = await chosen(console, args)
    if not can(console, row, "questions"):
        return _cannot(words, row.name, "questions")
    question, text = str(args["question"]), str(args["text"])

    async def write(provider: Any) -> Outcome:
        outcome: Outcome = await provider.answer(question, text)
        return outcome

    told = words("service.answered", name=row.name, question=question)
    note = Note(Action.SERVICE_ANSWERED, ("question", question if may_stand(question) else ""), {})
    return await _written(console, row, {"question": question}, write, told, words, note)


# -- orders --------------------------------------------------------------------------------------------------------------
async def _meant(
    console: Console, args: dict[str, Any], capability: str, words: Words
) -> tuple[ConnectionRow, StoredOrder] | Answer:
    """The one order that is meant, and a connection of its account that can do this."""
    text = str(args["order"])
    stored = await console.store.orders.get_many(await console.store.orders.find(text))
    if not stored:
        return Answer(1, {"error": "no_order"}, [words("cli.no_order", number=text)])
    alive = [one for one in stored if one.order.status is not OrderStatus.CANCELLED] or stored
    if len(alive) > 1:
        ids = [one.order.remote_id for one in alive]
        return Answer(
            1, {"error": "several", "orders": ids}, [words("service.several", number=text, ids=", ".join(ids))]
        )
    (one,) = alive
    rows = await console.store.connections.list()
    own = next((row for row in rows if row.id == one.connection_id), None)
    account = await _account_of(console, one.connection_id)
    able = [row for row in rows if row.account_id == account and can(console, row, capability)]
    if not able:
        return _cannot(words, own.name if own is not None else text, capability)
    return next((row for row in able if row.id == one.connection_id), able[0]), one


async def _account_of(console: Console, connection_id: int) -> str:
    row = await console.store.connections.get(connection_id)
    return row.account_id if row is not None else ""


async def invoice_link(console: Console, args: dict[str, Any]) -> Answer:
    words = words_of(args)
    issued = parse_since(args["date"], words) if args.get("date") else None
    found = await _meant(console, args, "invoice_links", words)
    if isinstance(found, Answer):
        return found
    row, order = found[0], found[1].order

    async def write(provider: Any) -> Outcome:
        outcome: Outcome = await provider.send_invoice_link(order, args["url"], args.get("number") or "", issued)
        return outcome

    told = words("service.linked", name=row.name, number=order.number)
    answer = await _written(console, row, _named(order), write, told, words, _about(Action.SERVICE_LINKED, found[1]))
    await console.store.invoices.put(
        found[1].id, str(args["url"]), str(args.get("number") or ""), issued, answer.data["state"]
    )
    return answer


async def boxes(console: Console, args: dict[str, Any]) -> Answer:
    words, count = words_of(args), int(args["count"])
    desi = _desi(str(args["desi"]), words)
    found = await _meant(console, args, "box_info", words)
    if isinstance(found, Answer):
        return found
    row, order = found[0], found[1].order

    async def write(provider: Any) -> Outcome:
        outcome: Outcome = await provider.set_box_info(order, count, desi)
        return outcome

    told = words("service.boxed", name=row.name, number=order.number, count=count, desi=desi)
    note = _about(Action.SERVICE_BOXES, found[1], count=count)
    return await _written(console, row, _named(order), write, told, words, note)


def _desi(text: str, words: Words) -> Decimal:
    """'3.5' or '3,5'. Raises Usage for what is no number above zero."""
    try:
        value = Decimal(text.replace(",", "."))
    except InvalidOperation:
        value = Decimal(0)
    if not value.is_finite() or value <= 0:
        raise Usage(words("service.bad_desi", text=text))
    return value


async def split(console: Console, args: dict[str, Any]) -> Answer:
    words, into = words_of(args), int(args.get("into") or 0)
    found = await _meant(console, args, "package_splits", words)
    if isinstance(found, Answer):
        return found
    row, order = found[0], found[1].order
    lines = [line for line in order.lines if not line.cancelled]
    shares = [share(text, lines, words) for text in args.get("shares") or ()]
    named = args.get("groups") or []
    if not shares and not into and not named:
        raise Usage(words("service.split_what", lines=shown_lines(lines)))
    if into and not named:
        shares = shares or [(line.remote_id, line.quantity) for line in lines]
        groups = spread(shares, into)
        if not groups:
            raise Usage(words("service.too_few", count=sum(pieces for _, pieces in shares), into=into))
    else:
        groups = named or [shares]

    async def write(provider: Any) -> Outcome:
        outcome: Outcome = await provider.split(order, groups)
        return outcome

    told = words("service.split", name=row.name, number=order.number)
    data = {**_named(order), "groups": [[list(share) for share in group] for group in groups]}
    note = _about(Action.SERVICE_SPLIT, found[1], count=len(groups))
    answer = await _written(console, row, data, write, told, words, note)
    if not answer.exit and console.engine.scheduler is not None:
        console.engine.scheduler.hurry("orders", row.id)  # the new packages have ids of their own
    return answer


def shown_lines(lines: Sequence[OrderLine]) -> str:
    return "; ".join(f"{x.remote_id} · {x.sku or x.barcode} · {x.quantity} × {x.title[:40]}" for x in lines)


def _line(name: str, lines: Sequence[OrderLine], words: Words) -> str:
    """The id of the one line of that id, SKU or barcode. Raises Usage."""
    for key in ("remote_id", "sku", "barcode"):
        found = [line for line in lines if getattr(line, key) == name]
        if len(found) == 1:
            return found[0].remote_id
    raise Usage(words("service.no_line", text=name, lines=shown_lines(lines)))


def share(text: str, lines: Sequence[OrderLine], words: Words) -> tuple[str, int]:
    """'LINE:QTY', where LINE is the line's id, its SKU or its barcode. Raises Usage."""
    name, _, pieces = text.rpartition(":")
    if not name or not (pieces.isascii() and pieces.isdigit()) or not 0 < len(pieces) < 7 or int(pieces) < 1:
        raise Usage(words("service.bad_share", text=text))
    return _line(name, lines, words), int(pieces)


def spread(shares: Sequence[tuple[str, int]], into: int) -> list[list[tuple[str, int]]]:
    """The pieces over so many packages, as evenly as they go and like beside like; [] when there are too few. Pure."""
    pieces = [line for line, count in shares for _ in range(count)]
    if into < 1 or len(pieces) < into:
        return []
    least, more = divmod(len(pieces), into)
    groups, at = [], 0
    for number in range(into):
        size = least + (number < more)
        counts: dict[str, int] = {}
        for line in pieces[at : at + size]:
            counts[line] = counts.get(line, 0) + 1
        groups.append([*counts.items()])
        at += size
    return groups


async def accept(console: Console, args: dict[str, Any]) -> Answer:
    """Each order by itself: one that is refused does not keep the others from being taken."""
    words, orders = words_of(args), [str(one) for one in args["orders"]]
    named, refuse = list(args.get("lines") or ()), bool(args.get("refuse"))
    if named and (refuse or len(orders) != 1):
        raise Usage(words("service.accept_one"))
    whole = Answer(data=[])
    for text in orders:
        one = await _accept(console, text, named, refuse, words)
        whole.exit = max(whole.exit, one.exit)
        whole.data.append(one.data)
        whole.lines += one.lines
    return whole


async def _accept(console: Console, text: str, named: Sequence[str], refuse: bool, words: Words) -> Answer:
    found = await _meant(console, {"order": text}, "order_acceptance", words)
    if isinstance(found, Answer):
        return found
    row, order = found[0], found[1].order
    lines = [] if refuse else [_line(one, order.lines, words) for one in named] or None

    async def write(provider: Any) -> Outcome:
        outcome: Outcome = await provider.accept(order, lines)
        return outcome

    taken = len(order.lines) if lines is None else len(set(lines))
    key = "refused" if refuse else "accepted" if taken == len(order.lines) else "accepted_partly"
    told = words(f"service.{key}", name=row.name, number=order.number, **_counts(key, taken, order))
    note = _about(Action.SERVICE_ACCEPTED, found[1], lines=len(order.lines), taken=taken)
    answer = await _written(console, row, _named(order) | {"lines": lines}, write, told, words, note)
    if not answer.exit and console.engine.scheduler is not None:
        console.engine.scheduler.hurry("orders", row.id)  # it may be shipped once the buyer was charged
    return answer


def _counts(key: str, taken: int, order: Order) -> dict[str, int]:
    return {"taken": taken, "lines": len(order.lines)} if key == "accepted_partly" else {}


# -- sending -------------------------------------------------------------------------------------------------------------
def _named(order: Order) -> dict[str, Any]:
    return {"order": order.number, "remote_id": order.remote_id}


async def _run(console: Console, row: ConnectionRow, work: Callable[[Handle], Awaitable[Result]]) -> Result:
    return await console.engine.runner.run(KIND, work, connection_id=row.id, account_id=row.account_id, asked_by="user")


class Note(NamedTuple):
    """What the audit log gets of a write, beside the connection and how it ended."""

    action: Action
    subject: tuple[str, str | int]
    details: dict[str, Detail]


def _about(action: Action, stored: StoredOrder, **details: Detail) -> Note:
    return Note(action, ("order", stored.id), dict(details))


async def _written(
    console: Console, row: ConnectionRow, data: dict[str, Any], write: Write, told: str, words: Words, note: Note
) -> Answer:
    """One write as a job with its audit entry, and its outcome as one sentence."""
    outcomes: list[Outcome] = []

    async def work(handle: Handle) -> Result:
        link: Link = await console.links.get(row.id)
        outcome = await write(link.provider)
        outcomes.append(outcome)
        if outcome.state is OutcomeState.DONE:
            await console.engine.runner.told(row.id, None)
            return Result()
        return Result("failed", message=outcome.message)

    result = await _run(console, row, work)
    state = str(outcomes[0].state) if outcomes else "failed"
    ref = outcomes[0].remote_ref if outcomes else ""
    await console.store.audit.note(
        note.action, connection_id=row.id, subject=note.subject, outcome=_ENDS.get(state, Ended.FAILED), details=note.details
    )  # fmt: skip
    answer = Answer(data={"connection": row.name, **data, "state": state, "remote_ref": ref})
    answer.data["message"] = message_data(result.message)
    if state == OutcomeState.DONE:
        answer.say(told)
        return answer
    answer.exit = 1
    why = sentence(words, result.message, row.name) if result.message is not None else ""
    answer.say(f"{words('service.unknown', name=row.name)} {why}".strip() if state == OutcomeState.UNKNOWN else why)
    return answer


COMMANDS.update({
    "questions": questions, "answer": answer, "invoice_link": invoice_link, "split": split, "boxes": boxes,
    "accept": accept,
})  # fmt: skip
