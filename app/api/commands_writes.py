"""The commands that tell a vendor something: prices and stock are queued, the outbox is shown and drained. Nothing is sent from
here that is not a row of the outbox first; a drain that leaves work does not call itself done."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from app.api.answers import Answer, clock_time, message_data, sentence
from app.api.asking import Usage, chosen, failed, iso, shown_value, typed_value, words_of
from app.console import Console, utc_now
from app.formats.words import Words
from app.model import Money
from app.pricing.typed import Doubt, change_percent, channel_value, crossed_price, doubts
from app.store import StoredListing
from app.store.connections import ConnectionRow
from app.store.listing_query import ListingQuery, ListingRow
from app.store.outbox import OutboxFilter, OutboxRow
from app.store.publishing import PRODUCT


async def _meant(
    console: Console, row: ConnectionRow, text: str, by: str, answer: Answer, words: Words
) -> list[ListingRow]:
    """The listings that `text` names: those with the SKU, or the only one with the barcode or the channel's id. What could
    be two things is told and left alone; empty then."""
    listings = console.store.listings
    keys = {
        "sku": ListingQuery(connection_id=row.id, sku=text),
        "barcode": ListingQuery(connection_id=row.id, barcode=text),
        "id": ListingQuery(connection_id=row.id, remote_id=text),
    }
    found = {name: await listings.query(query) for name, query in keys.items() if by in ("auto", name)}
    named = {one.id: one for rows in found.values() for one in rows}
    by_sku = found.get("sku", [])
    if by_sku and len(by_sku) == len(named):
        return by_sku
    if len(named) == 1:
        return list(named.values())
    if named:
        answer.say(words("cli.ambiguous_listing", name=row.name, text=text, count=len(named)))
        for way, rows in found.items():
            for one in rows[:5]:
                answer.say(
                    f"  --by {way}: {one.sku or '–'} · {one.barcode or '–'} · {one.remote_id} · {one.title[:60]}"
                )
        return []
    answer.say(words("cli.no_sku", name=row.name, sku=text))
    similar = await listings.by_sku(row.id, text)
    if similar:
        answer.say(words("cli.similar_sku", skus=", ".join(one.sku for one in similar[:5])))
    return []


class _Wish(NamedTuple):
    """What is wanted of one listing, and what must be asked first, in words. `list_price` None: leave it."""

    stored: StoredListing
    value: Decimal
    currency: str
    list_price: Decimal | None
    questions: list[str]  # asked before anything is queued
    notes: list[str]  # told, for nobody sits there to answer a script


def _wish(kind: str, stored: StoredListing, args: dict[str, Any], words: Words) -> _Wish:
    """Raises Usage for what cannot be taken."""
    listing, list_price, crossed = stored.listing, None, None
    currency = listing.price.currency if listing.price is not None else "TRY"
    value, old = typed_value(kind, args["value"], words, currency), channel_value(stored, kind)
    if kind == "price" and args.get("list_price"):
        list_price = typed_value(kind, args["list_price"], words, currency)
    elif kind == "price":
        crossed = crossed_price(stored)
    found = doubts(kind, old, value, crossed)
    if Doubt.LIST in found:
        list_price = value
    name = listing.sku or listing.title or listing.remote_id
    params = {
        "name": name,
        "old": shown_value(words, kind, old, currency),
        "new": shown_value(words, kind, value, currency),
    }
    free = kind == "price" and Doubt.ZERO in found
    questions = [_question(words, params)] if free else []
    notes = [_note(words, doubt, params, old, value) for doubt in found if doubt is not Doubt.ZERO]
    return _Wish(stored, value, currency, list_price, questions, notes)


def _question(words: Words, params: dict[str, str]) -> str:
    """The window's question about a price of zero, on one line."""
    return f"{words('prices.ask.zero_price', **params)} {words('prices.ask.zero_price_text', **params)}"


def _note(words: Words, doubt: Doubt, params: dict[str, str], old: Decimal | None, new: Decimal) -> str:
    percent = words.figures.percent(change_percent(old, new), signed=True) if old else ""
    return words(f"cli.note.{doubt}", **params, percent=percent)


async def _queue(console: Console, kind: str, wish: _Wish) -> tuple[int, str]:
    """The outbox row's id, and the value as data."""
    if kind == "stock":
        return await console.store.listings.want_stock(wish.stored.id, int(wish.value)), str(int(wish.value))
    price, crossed = Money(wish.value, wish.currency), wish.list_price
    raised = None if crossed is None else Money(crossed, wish.currency)
    return await console.store.listings.want_price(wish.stored.id, price, raised), f"{price.text()} {wish.currency}"


async def set_value(console: Console, args: dict[str, Any]) -> Answer:
    """`price set NAME SKU AMOUNT` and `stock set NAME SKU N`: a local change and an outbox row, in one transaction."""
    words, answer = words_of(args), Answer(data=[])
    (row,) = await chosen(console, args)
    kind = args["kind"]
    capability = {"price": "price_sink", "stock": "stock_sink"}[kind]
    manifest = console.catalogue.manifest(row.integration)
    if capability not in manifest.capabilities or not row.switches.get(capability, True):
        answer.exit = 1
        answer.say(words("cli.cannot_write", name=row.name, what=words(f"cli.what.{kind}")))
        return answer
    typed_value(kind, args["value"], words)  # what nobody could take is told before any listing is looked for
    found = await _meant(console, row, args["sku"], args.get("by") or "auto", answer, words)
    if not found:
        answer.exit = 1
        return answer
    stored = await console.store.listings.get_many([one.id for one in found])
    wishes = [_wish(kind, one, args, words) for one in stored]
    asked = [question for wish in wishes for question in wish.questions]
    if asked and not args.get("sure"):
        raise Usage("\n".join((*asked, words("cli.sure"))))
    for wish in wishes:
        outbox_id, shown = await _queue(console, kind, wish)
        one = wish.stored.listing
        answer.data.append(
            {
                "outbox_id": outbox_id,
                "connection": row.name,
                "sku": one.sku,
                "remote_id": one.remote_id,
                "kind": kind,
                "value": shown,
            }
        )
        told = words.figures.money(wish.value, wish.currency) if kind == "price" else shown
        answer.say(words("cli.queued", name=row.name, sku=one.sku or one.barcode or one.remote_id, value=told))
        for note in wish.notes:
            answer.say(f"  {note}")
    await console.store.audit.wished(kind, [(row.id, one.id) for one in found])
    if console.engine.scheduler is not None:
        console.engine.scheduler.hurry("send", row.id)
    return answer


async def outbox(console: Console, args: dict[str, Any]) -> Answer:
    words, answer = words_of(args), Answer()
    rows = await chosen(console, args)
    drained, left = [], []
    if args.get("drain"):
        for row in rows:
            if not await console.engine.has_work(row):
                left += await _left(console, row, answer, words)
                continue
            result = await console.engine.settle_all(row, patience_s=float(args.get("patience") or 120))
            drained.append(
                {
                    "connection": row.name,
                    "outcome": result.outcome,
                    **result.counts,
                    "message": message_data(result.message),
                }
            )
            answer.say(
                words(
                    "cli.drained",
                    name=row.name,
                    done=result.counts.get("done", 0),
                    refused=result.counts.get("refused", 0),
                )
            )
            failed(answer, words, result, row)
            left += await _left(console, row, answer, words)
    names = {row.id: row.name for row in await console.store.connections.list(removed=True)}
    connection_id = rows[0].id if args.get("name") else None
    entries = await console.store.outbox.query(OutboxFilter(connection_id=connection_id), 0, args.get("limit") or 1000)
    subjects = [e.subject for e in entries if e.subject is not None and e.kind in ("price", "stock")]
    skus = {one.id: one.listing.sku or one.listing.remote_id for one in await console.store.listings.get_many(subjects)}
    published = await console.store.publishing.skus_of([e.subject for e in entries if e.subject and e.kind == PRODUCT])
    items = [
        outbox_data(entry, names.get(entry.connection_id, ""), published if entry.kind == PRODUCT else skus)
        for entry in entries
    ]
    counts = await console.store.outbox.counts()
    answer.data = {"counts": counts, "drained": drained, "left": left, "items": items}
    for entry, item in zip(entries, items, strict=True):
        if entry.state in ("refused", "unknown") or (entry.state == "queued" and entry.message is not None):
            why = sentence(words, entry.message) if entry.message is not None else ""
            what = words(f"cli.what.{entry.kind}") if words.has(f"cli.what.{entry.kind}") else entry.kind
            state = words(f"write.{entry.state}")
            answer.say(f"{item['connection']} · {item['sku'] or entry.subject} · {what} · {state}: {why}")
    answer.say(
        words("cli.outbox", **{k: counts.get(k, 0) for k in ("queued", "pending", "done", "refused", "unknown")})
    )
    return answer


async def _left(console: Console, row: ConnectionRow, answer: Answer, words: Words) -> list[dict[str, Any]]:
    """What a drain could not finish: told with the time at which it goes on, and the command did not succeed."""
    counts = await console.store.outbox.counts(row.id)
    waiting, pending = counts.get("queued", 0), counts.get("pending", 0) + counts.get("sending", 0)
    unknown = counts.get("unknown", 0)
    if not waiting + pending + unknown:
        return []
    answer.exit = 1
    due = await console.store.outbox.next_due(row.id)
    later = due if due is not None and due > utc_now() else None
    if waiting and later is not None:
        at = clock_time(words, later.isoformat())
        answer.say(words("cli.left_waiting", name=row.name, count=waiting, at=at))
    elif waiting:
        answer.say(words("cli.left_held", name=row.name, count=waiting))
    if pending:
        answer.say(words("cli.left_pending", name=row.name, count=pending))
    if unknown:
        answer.say(words("cli.left_unknown", name=row.name, count=unknown))
    return [{"connection": row.name, "queued": waiting, "pending": pending, "unknown": unknown, "next_at": iso(later)}]


def outbox_data(entry: OutboxRow, connection: str, skus: dict[int, str]) -> dict[str, Any]:
    return {
        "sku": skus.get(entry.subject or 0, ""), "not_before": iso(entry.not_before) if entry.state == "queued" else None,
        "id": entry.id, "key": entry.key, "connection": connection, "kind": entry.kind, "subject": entry.subject,
        "state": str(entry.state), "attempts": entry.attempts, "message": message_data(entry.message),
        "created_at": iso(entry.created_at), "settled_at": iso(entry.settled_at),
    }  # fmt: skip
