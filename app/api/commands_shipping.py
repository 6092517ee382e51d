"""The commands of shipping: `ship`, `shipment …`, `track`. Importing this adds them to `COMMANDS`. A parcel is a row of the
outbox before anybody is asked; a refusal names its field and leaves the order as it was."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from app.api.answers import Answer, message_data, sentence
from app.api.asking import Usage, chosen, failed, iso, words_of
from app.api.commands import COMMANDS, orders_by_text
from app.api.shipping_asks import StandIn, down_of, options_of, tell_prices
from app.api.shipping_words import draft_lines, parcel_line, problem_sentence, rule_data, rule_line
from app.console import Console, utc_now
from app.formats.numbers import read_number
from app.formats.words import Words
from app.model import Payer
from app.printing.parcel_labels import make_parcel_labels
from app.printing.trouble import LabelTrouble
from app.shipping.abroad import FACTS, PARCEL_OPTIONS, FactError
from app.shipping.address import ABROAD_FIELDS, FIELDS
from app.shipping.choosing import BOUNDS, WEIGHTS, Rule
from app.shipping.desk import Draft, ShippingDesk, Wanted
from app.shipping.standby import instead
from app.store import ParcelDetail, ParcelQuery, ParcelRow
from app.store.connections import ConnectionRow
from app.store.parcel_query import VIEWS


def desk_of(console: Console) -> ShippingDesk:
    def hurry(connection_id: int) -> None:
        if console.engine.scheduler is not None:
            console.engine.scheduler.hurry("send", connection_id)

    return ShippingDesk(console.store, console.catalogue, console.changes, hurry, down_of(console.network))


# -- ship -------------------------------------------------------------------------------------------------------------
async def ship(console: Console, args: dict[str, Any]) -> Answer:
    """`ship ORDER… --carrier NAME`: checks, wishes, asks the carrier, and writes the labels. `--prices`: only what it would cost."""
    words, answer, desk = words_of(args), Answer(), desk_of(console)
    carrier = await _carrier(console, desk, args.get("carrier") or "", words)
    ids, missing = await orders_by_text(console, args["orders"])
    for text in missing:
        answer.exit = 1
        answer.say(words("cli.no_order", number=text))
    await _correct(desk, ids, args.get("set") or {}, words)
    wanted = _wanted(ids, carrier, args, words)
    drafts = await desk.drafts(wanted)
    if args.get("fix"):
        drafts = await _fixed(desk, drafts)
    if args.get("prices"):
        await tell_prices(console, desk, drafts, answer, words)
        return answer
    stand_in = StandIn(console, desk, args, answer, words)
    parcels: list[int] = []
    refused: list[dict[str, Any]] = []
    for one in drafts:
        draft = await stand_in.settle(one)
        if draft is None:
            answer.exit = 1
            other = one.other.name if one.other is not None else ""
            refused.append({**_refused(words, one, "down"), "other": other, "message": message_data(one.down)})
            continue
        taken = draft.refusal == "in_parcel"
        again = await _refused_before(console, draft) if taken and not args.get("instead") else None
        if again is not None:
            sent = await desk.again(again, options_of(args.get("set") or {}), args.get("weight_g") or 0)
        else:
            sent = await (instead(desk, console.store, draft) if taken and args.get("instead") else desk.send(draft))
        if sent.parcel:
            parcels.append(sent.parcel)
        for line in draft_lines(words, sent.draft, sent.refusal):
            answer.say(line)
        if not sent.parcel:
            answer.exit = 1
            refused.append(_refused(words, sent.draft, sent.refusal))
    await _carry(console, parcels, float(args.get("patience") or 0), answer, words)
    answer.data = {"parcels": [], "refused": refused, "labels": None}
    await _say_parcels(console, parcels, answer, words)
    await stand_in.hint(await console.store.parcels.get_many(parcels))
    if args.get("out") and parcels:
        await _labels(console, parcels, args["out"], answer, words)
    answer.data["parcels"] = await _data(console, parcels)
    return answer


async def _carrier(console: Console, desk: ShippingDesk, name: str, words: Words) -> int:
    """The connection's id, 0 for "by the rules"."""
    if not name:
        return 0
    row = await console.store.connections.by_name(name)
    if row is None:
        raise Usage(words("cli.no_connection", name=name))
    if row.id not in {one.id for one in await desk.carriers()}:
        raise Usage(words("parcels.cli.no_carrier", name=name))
    return row.id


def _wanted(ids: Sequence[int], carrier: int, args: dict[str, Any], words: Words) -> list[Wanted]:
    pieces, weight = args.get("pieces") or 1, args.get("weight_g") or 0
    desi = _figure(args["desi"], words) if args.get("desi") else Decimal(0)
    if not 1 <= pieces <= 99 or weight < 0 or desi < 0:
        raise Usage(words("parcels.refusal.measures"))
    payer = Payer.RECEIVER if args.get("receiver_pays") else Payer.SENDER
    groups = [tuple(ids)] if args.get("together") and ids else [(i,) for i in ids]
    options = options_of(args.get("set") or {}) | ({"cod_method": "card"} if args.get("card") else {})
    cash = args.get("cod")
    return [
        Wanted(
            group, carrier, pieces, desi, weight, cash, payer, args.get("note") or "", bool(args.get("second")), options
        )
        for group in groups
    ]


def _figure(text: str, words: Words) -> Decimal:
    """A measure or an amount as people type it: 2.5 or 2,5. Raises Usage for anything else, and for what two countries read
    differently (1.234)."""
    value = read_number(text).value
    if value is None or not 0 <= value < 10**9:
        raise Usage(words("parcels.cli.bad_figure", text=text))
    return value


async def _correct(desk: ShippingDesk, ids: Sequence[int], changes: dict[str, str], words: Words) -> None:
    if not changes:
        return
    if len(ids) != 1:
        raise Usage(words("parcels.cli.set_one"))
    known = (*FIELDS, *ABROAD_FIELDS, *FACTS, *PARCEL_OPTIONS)
    wrong = [name for name in changes if name.partition(":")[0] not in (FACTS if ":" in name else known)]
    if wrong:
        raise Usage(words("parcels.cli.set_field", field=wrong[0], fields=", ".join(known)))
    address = {name: value for name, value in changes.items() if name in FIELDS or name in ABROAD_FIELDS}
    if address:
        await desk.correct(ids[0], address)
    try:
        await desk.remember(await _facts(desk, ids[0], changes))
    except FactError as error:
        raise Usage(words(f"parcels.problem.bad_{error.field}")) from error


async def _facts(desk: ShippingDesk, order_id: int, changes: dict[str, str]) -> dict[str, dict[str, str]]:
    """`hs_code=691200` for every article of the order, `hs_code:SKU=691200` for one of them."""
    found: dict[str, dict[str, str]] = {}
    for name, value in changes.items():
        field, mark, key = name.partition(":")
        if field in FACTS:
            for one in [key] if mark else {one.key for one in await desk.articles((order_id,))}:
                found.setdefault(one, {})[field] = value
    return found


async def _fixed(desk: ShippingDesk, drafts: Sequence[Draft]) -> list[Draft]:
    """With every proposal taken."""
    made = []
    for draft in drafts:
        changes = {field: value for one in draft.problems for field, value in one.proposal.items()}
        if changes and not draft.refusal:
            for order_id in draft.wanted.orders:
                await desk.correct(order_id, changes)
            draft = (await desk.drafts([draft.wanted]))[0]
        made.append(draft)
    return made


async def _refused_before(console: Console, draft: Draft) -> ParcelRow | None:
    """The one parcel of these orders that the carrier refused: it is sent again, not made a second time."""
    taken = await console.store.parcels.of_orders(draft.wanted.orders)
    found = {row.id: row for rows in taken.values() for row in rows if (row.state, row.write_state) == ("waiting", "refused")}  # fmt: skip
    return next(iter(found.values())) if len(found) == 1 else None


def _refused(words: Words, draft: Draft, refusal: str) -> dict[str, Any]:
    return {
        "orders": list(draft.wanted.orders), "numbers": draft.numbers, "reason": refusal,
        "problems": [
            {"field": one.field, "why": one.why, "rule": one.rule, "proposal": one.proposal, "blocking": one.blocking,
             "text": problem_sentence(words, one)}
            for one in draft.problems
        ],
    }  # fmt: skip


async def _carry(console: Console, parcels: Sequence[int], patience_s: float, answer: Answer, words: Words) -> None:
    """Ask the carriers now, and wait for answers that were lost on the way as long as the patience lasts."""
    deadline = asyncio.get_running_loop().time() + patience_s
    told: set[int] = set()
    while True:
        rows = await console.store.parcels.get_many(parcels)
        open_rows = [row for row in rows if row.write_state not in ("", "refused") or _owes_label(row)]
        if not open_rows:
            return
        for connection_id in dict.fromkeys(row.connection_id for row in open_rows):
            carrier = await console.store.connections.get(connection_id)
            if carrier is None or not await console.engine.has_work(carrier):
                continue
            result = await console.engine.send(carrier)
            if result.message is not None and result.counts.get("waiting") and connection_id not in told:
                told.add(connection_id)
                answer.say(sentence(words, result.message, carrier.name))
        if asyncio.get_running_loop().time() >= deadline:
            return
        rows = await console.store.parcels.get_many(parcels)
        if any(row.write_state not in ("", "refused") or _owes_label(row) for row in rows):
            await asyncio.sleep(0.5)


def _owes_label(row: ParcelRow) -> bool:
    return row.state == "created" and not row.own_label and not row.has_label and row.label_tries == 0


async def _say_parcels(console: Console, parcels: Sequence[int], answer: Answer, words: Words) -> None:
    now = utc_now().astimezone()
    for row in await console.store.parcels.get_many(parcels):
        answer.say(parcel_line(words, row, now))
        if row.write_state:
            answer.exit = 1  # queued, lost or refused: not done
        if row.message is not None:
            answer.say(f"  {sentence(words, row.message)}")


async def _labels(console: Console, parcels: Sequence[int], out: str, answer: Answer, words: Words) -> None:
    try:
        made = await make_parcel_labels(console.store, parcels, out, words)
    except LabelTrouble as error:
        answer.exit = 1
        answer.say(sentence(words, error.message, error.reference))
        return
    if isinstance(answer.data, dict):
        answer.data["labels"] = {
            "path": str(made.path) if made.path else None, "pages": made.pages, "beside": [str(one) for one in made.beside],
            "without": list(made.without),
        }  # fmt: skip
    if made.path is not None:
        answer.say(words("parcels.cli.labels", count=made.pages, path=str(made.path)))
    for one in made.beside:
        answer.say(words("parcels.cli.label_beside", path=str(one)))
    if made.without:
        answer.exit = 1
        answer.say(words("parcels.cli.without_label", count=len(made.without)))


# -- shipment ------------------------------------------------------------------------------------------------------------
async def shipment_list(console: Console, args: dict[str, Any]) -> Answer:
    words, view = words_of(args), args.get("view") or ""
    if view and view not in (*VIEWS, "cancelled"):
        raise Usage(words("parcels.cli.no_view", view=view, views=", ".join((*VIEWS, "cancelled"))))
    rows = await chosen(console, args)
    query = ParcelQuery(
        view, rows[0].id if args.get("name") else None, args.get("search") or "", 0, args.get("limit") or 1000
    )
    found = await console.store.parcels.query(query)
    answer, now = Answer(data=await _data(console, [row.id for row in found])), utc_now().astimezone()
    for row in found:
        answer.say(parcel_line(words, row, now))
        if row.message is not None:
            answer.say(f"  {sentence(words, row.message)}")
    answer.say(words("parcels.cli.count", count=len(found)))
    return answer


async def _parcels(console: Console, texts: Sequence[str], answer: Answer, words: Words) -> list[ParcelRow]:
    """By reference, tracking or order number; the newest living one of each."""
    found: list[ParcelRow] = []
    for text in texts:
        rows = await console.store.parcels.get_many(await console.store.parcels.find(text))
        living = [row for row in rows if row.state != "cancelled"] or rows
        if not living:
            answer.exit = 1
            answer.say(words("parcels.cli.no_parcel", text=text))
        found += [row for row in living[:1] if row.id not in {one.id for one in found}]
    return found


async def shipment_cancel(console: Console, args: dict[str, Any]) -> Answer:
    words, answer, desk = words_of(args), Answer(), desk_of(console)
    rows = await _parcels(console, args["parcels"], answer, words)
    for row in rows:
        if not await desk.cancel(row):
            answer.exit = 1
            answer.say(words("parcels.cli.too_late", number=row.numbers, state=words(f"parcels.state.{row.state}")))
    ids = [row.id for row in rows]
    await _carry(console, ids, float(args.get("patience") or 0), answer, words)
    answer.data = await _data(console, ids)
    await _say_parcels(console, ids, answer, words)
    return answer


async def shipment_label(console: Console, args: dict[str, Any]) -> Answer:
    words, answer = words_of(args), Answer(data={})
    rows = await _parcels(console, args["parcels"], answer, words)
    for row in rows:
        if not row.own_label and not row.has_label and row.state != "waiting":
            await console.store.parcels.ask_label_again(row.id)
            carrier = await console.store.connections.get(row.connection_id)
            if carrier is not None and carrier.removed_at is None:
                await console.engine.send(carrier)
    if rows:
        await _labels(console, [row.id for row in rows], args["out"], answer, words)
    return answer


async def shipment_rules(console: Console, args: dict[str, Any]) -> Answer:
    """Shows the rules; `add` puts one at the end, `remove` takes number N away."""
    words, answer, desk = words_of(args), Answer(), desk_of(console)
    rules = await desk.choice_rules()
    if args.get("add"):
        rules.append(await _rule(console, desk, args["add"], words))
        await desk.set_choice_rules(rules)
    if args.get("remove"):
        if not 1 <= args["remove"] <= len(rules):
            raise Usage(words("parcels.cli.no_rule", number=args["remove"]))
        del rules[args["remove"] - 1]
        await desk.set_choice_rules(rules)
    names = {row.id: row.name for row in await console.store.connections.list(removed=True)}
    answer.data = [rule_data(one, names) for one in rules]
    for number, one in enumerate(rules, 1):
        answer.say(rule_line(words, number, one, names))
    if not rules:
        answer.say(words("parcels.cli.no_rules"))
    return answer


async def _rule(console: Console, desk: ShippingDesk, text: str, words: Words) -> Rule:
    """`carrier=Yurtiçi,city=İzmir,most_desi=10`."""
    given = dict(part.strip().split("=", 1) for part in text.split(",") if "=" in part)
    known = {"carrier", "channel", "city", "own", *BOUNDS, *WEIGHTS}
    wrong = [name for name in given if name not in known] or ([] if given.get("carrier") else ["carrier"])
    if wrong:
        raise Usage(words("parcels.cli.rule_field", field=wrong[0], fields=", ".join(sorted(known))))
    channel = await console.store.connections.by_name(given["channel"]) if given.get("channel") else None
    if given.get("channel") and channel is None:
        raise Usage(words("cli.no_connection", name=given["channel"]))
    bounds: dict[str, Any] = {name: _figure(given[name], words) for name in BOUNDS if given.get(name)}
    bounds |= {name: int(_figure(given[name], words)) for name in WEIGHTS if given.get(name)}
    carrier = await _carrier(console, desk, given["carrier"], words)
    return Rule(
        carrier, channel.id if channel else 0, given.get("city", ""), given.get("own") in ("yes", "on", "1"), **bounds
    )


# -- track -----------------------------------------------------------------------------------------------------------------
async def track(console: Console, args: dict[str, Any]) -> Answer:
    words, answer = words_of(args), Answer(data=[])
    able = [row for row in await chosen(console, args) if _tracks(console, row)]
    if args.get("name") and not able:
        raise Usage(words("parcels.cli.no_tracking", name=args["name"]))
    now = utc_now().astimezone()
    for row in able:
        result = await console.engine.track(row)
        failed(answer, words, result, row)
        found = await console.store.parcels.query(ParcelQuery("", row.id, "", 0, 500))
        living = [one for one in found if one.state not in ("cancelled", "waiting")]
        answer.data.append({"connection": row.name, "outcome": result.outcome, "parcels": await _data(console, [one.id for one in living], events=True), "message": message_data(result.message)})  # fmt: skip
        for one in living:
            answer.say(parcel_line(words, one, now))
        answer.say(words("parcels.cli.tracked", name=row.name, count=result.counts.get("parcels", 0)))
        if result.counts.get("not_known"):
            answer.say(words("parcels.cli.not_known", name=row.name, count=result.counts["not_known"]))
    if not able:
        answer.say(words("parcels.cli.no_carriers"))
    return answer


def _tracks(console: Console, row: ConnectionRow) -> bool:
    return "tracking" in console.catalogue.manifest(row.integration).capabilities and row.switches.get("tracking", True)


# -- data -------------------------------------------------------------------------------------------------------------------
async def _data(console: Console, ids: Sequence[int], *, events: bool = False) -> list[dict[str, Any]]:
    names = {row.id: row.name for row in await console.store.connections.list(removed=True)}
    found = []
    for one in ids:
        detail = await console.store.parcels.detail(one)
        if detail is not None:
            found.append(parcel_data(detail, names.get(detail.row.connection_id, ""), events=events))
    return found


def parcel_data(detail: ParcelDetail, connection: str, *, events: bool = False) -> dict[str, Any]:
    row = detail.row
    data: dict[str, Any] = {
        "id": row.id, "connection": connection, "carrier": row.carrier, "reference": row.reference, "orders": list(detail.orders),
        "numbers": row.numbers, "state": row.state, "write_kind": row.write_kind, "write_state": row.write_state,
        "message": message_data(row.message), "tracking_number": row.tracking_number, "tracking_url": row.tracking_url,
        "barcode": row.barcode, "vendor_status": row.vendor_status, "pieces": row.pieces, "weight_g": row.weight_g,
        "desi": str(Decimal(row.desi_milli) / 1000), "cash_on_delivery": row.cod.text() if row.cod else None,
        "currency": row.cod.currency if row.cod else None, "created_at": iso(row.created_at),
        "accepted_at": iso(row.accepted_at), "delivered_at": iso(row.delivered_at), "own_label": row.own_label,
        "labels": [
            {"format": str(one.label.format), "size": one.size, "sha256": one.sha256, "width_mm": one.label.width_mm,
             "height_mm": one.label.height_mm, "dpi": one.label.dpi}
            for one in detail.labels
        ],
        "channel_told": list(detail.told),
    }  # fmt: skip
    if events:
        data["events"] = [
            {"at": iso(one.at), "status": str(one.status), "text": one.text, "place": one.place}
            for one in detail.events
        ]
    return data


COMMANDS.update({
    "ship": ship, "shipment_list": shipment_list, "shipment_cancel": shipment_cancel, "shipment_label": shipment_label,
    "shipment_rules": shipment_rules, "track": track,
})  # fmt: skip
