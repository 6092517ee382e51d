"""The commands of the headless program, each `(console, args) -> Answer`. The command line and the hand-over both call these."""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from app.api.answers import Answer, message_data, sentence
from app.api.asking import Usage, chosen, failed, iso, parse_since, words_of
from app.api.commands_health import health
from app.api.commands_writes import outbox, set_value
from app.api.key_words import key_sentence, keys_data
from app.console import Console, utc_now
from app.contracts import Message, ProviderError, Secret
from app.contracts.catalogue import UnknownIntegration
from app.formats.words import Words
from app.jobs.connect import Wish
from app.model import Money
from app.monitor.keys import KeyStanding
from app.store.connections import ConnectionRow
from app.store.errors import StoreError
from app.store.listing_query import ListingQuery
from app.store.order_query import OrderQuery
from app.vault import VaultError

__all__ = [
    "COMMANDS", "PAGE", "Command", "Usage", "chosen", "connection_data", "failed", "iso", "parse_since",
    "run_command", "words_of",
]  # fmt: skip
Command = Callable[[Console, dict[str, Any]], Awaitable[Answer]]
PAGE = 500


# -- connections -------------------------------------------------------------------------------------------------
async def connect(console: Console, args: dict[str, Any]) -> Answer:
    words, answer = words_of(args), Answer()
    try:
        entry = console.catalogue.resolve(args["integration"])
    except UnknownIntegration as error:
        raise Usage(words("cli.no_integration", name=args["integration"])) from error
    if not entry.readiness.connectable:
        answer.exit = 1
        answer.say(words(f"cli.not_connectable.{entry.readiness}", name=entry.name))
        return answer
    account = ""
    if args.get("account"):
        account = await _account_id(console, args["account"], words)
    wish = Wish(
        entry.id, args["name"], args.get("env") or "live", {**args.get("set", {}), **args.get("secrets", {})},
        args.get("base_url") or "", account, args.get("switches", {}), args.get("own_rate"), bool(args.get("again")),
    )  # fmt: skip
    try:
        found = await console.connecting.attempt(wish, utc_now()) if args.get("test") else None
        row = await console.connecting.save(wish, utc_now())
    except ProviderError as error:
        answer.exit, answer.data = 1, {"message": message_data(error.message)}
        answer.say(sentence(words, error.message, wish.name))
        if error.message.code == "config.same_account":
            answer.say(words("cli.same_account", other=error.message.params["other"]))
        answer.say(words("cli.not_kept", name=wish.name))
        return answer
    console.engine.schedule(row)
    answer.data = connection_data(console, row)
    if found is None:
        answer.say(words("cli.connected", name=row.name, integration=entry.name))
    else:
        answer.say(words("cli.connected_tested", name=row.name, integration=entry.name))
        answer.data["warnings"] = _warn(answer, words, found.warnings, row.name)
    return answer


def _warn(answer: Answer, words: Words, warnings: Sequence[Message], connection: str) -> list[dict[str, Any] | None]:
    """What a connection test found doubtful (a permission that the key lacks …), told and as data."""
    for one in warnings:
        answer.say(sentence(words, one, connection))
    return [message_data(one) for one in warnings]


async def _account_id(console: Console, text: str, words: Words) -> str:
    """An account by its id, or by the name of a connection that uses it."""
    for row in await console.store.connections.list():
        if text in (row.name, row.account_id):
            return row.account_id
    raise Usage(words("cli.no_account", name=text))


def connection_data(console: Console, row: ConnectionRow, keys: KeyStanding | None = None) -> dict[str, Any]:
    return {
        "id": row.id, "name": row.name, "integration": row.integration, "account": row.account_id, "env": row.environment,
        "paused": row.paused, "switches": row.switches, "own_rate": row.own_rate,
        "capabilities": list(console.catalogue.manifest(row.integration).capabilities),
        "last_ok_at": iso(row.last_ok_at), "last_error": message_data(row.last_error), "keys": keys_data(keys),
    }  # fmt: skip


async def connections(console: Console, args: dict[str, Any]) -> Answer:
    words, rows = words_of(args), await console.store.connections.list()
    standings = await console.key_watch.all()
    answer = Answer(data=[connection_data(console, row, standings.get(row.account_id)) for row in rows])
    for row in rows:
        answer.say(
            f"{row.name:<28} {row.integration:<20} {row.environment:<10} {words('cli.paused') if row.paused else ''}"
        )
        one = standings.get(row.account_id)
        if one is not None and one.asks:
            answer.say(f"  {key_sentence(words, one)}")
    if not rows:
        answer.say(words("cli.no_connections"))
    return answer


async def _settle_keys(console: Console, row: ConnectionRow, answer: Answer, words: Words) -> None:
    """New keys that an earlier try could not prove are tried first."""
    try:
        if await console.connecting.settle_renewal(row) is not None:
            answer.say(words("keys.cli.renewed", name=row.name))
    except ProviderError as error:
        answer.exit = 1
        answer.say(sentence(words, error.message, row.name))


async def probe(console: Console, args: dict[str, Any]) -> Answer:
    words, answer = words_of(args), Answer(data=[])
    for row in await chosen(console, args):
        await _settle_keys(console, row, answer, words)
        result, found = await console.engine.probe(row)
        if result.outcome == "done":
            answer.say(words("cli.probe_ok", name=row.name))
        answer.data.append({
            "connection": row.name, "ok": result.outcome == "done", "facts": found.facts if found else {},
            "warnings": _warn(answer, words, found.warnings if found else (), row.name),
            "message": message_data(result.message),
        })  # fmt: skip
        failed(answer, words, result, row)
    return answer


async def sync(console: Console, args: dict[str, Any]) -> Answer:
    words, answer = words_of(args), Answer(data=[])
    since = parse_since(args["since"], words) if args.get("since") else None
    want_orders, want_listings = bool(args.get("orders")), bool(args.get("listings"))
    both = want_orders == want_listings
    for row in await chosen(console, args):
        if row.paused and not args.get("name"):
            continue
        has = console.catalogue.manifest(row.integration).capabilities
        for kind, wanted in (("orders", both or want_orders), ("listings", both or want_listings)):
            capability = {"orders": "order_source", "listings": "listing_source"}[kind]
            if not wanted or capability not in has or not row.switches.get(capability, True):
                continue
            if kind == "orders":
                result = await console.engine.sync_orders(row, since=since)
            else:
                result = await console.engine.sync_listings(row, full=bool(args.get("full")))
            answer.data.append({
                "connection": row.name, "kind": kind, "outcome": result.outcome, **result.counts,
                "message": message_data(result.message),
            })  # fmt: skip
            if result.outcome != "failed" or any(result.counts.values()):  # "0 new" before a failure says nothing
                counts = {name: result.counts.get(name, 0) for name in ("new", "changed", "same")}
                answer.say(words(f"cli.synced.{kind}", name=row.name, **counts))
            if result.counts.get("rejected"):
                answer.say(words("cli.rejected", name=row.name, count=result.counts["rejected"]))
                for waiting in (await console.store.attention.list(connection_id=row.id))[:5]:
                    answer.say(f"  {waiting.remote_id or '?'}: {sentence(words, waiting.message)}")
            failed(answer, words, result, row)
    return answer


# -- orders and listings -----------------------------------------------------------------------------------------
async def orders(console: Console, args: dict[str, Any]) -> Answer:
    words, rows = words_of(args), await chosen(console, args)
    names = {row.id: row.name for row in await console.store.connections.list(removed=True)}
    wanted = tuple(args["status"].split(",")) if args.get("status") else ()
    query = OrderQuery(
        search=args.get("search") or "",
        connection_id=rows[0].id if args.get("name") else None,
        statuses=wanted,
    )
    limit, answer = args.get("limit") or 0, Answer(data=[])
    offset = 0
    while True:
        size = min(PAGE, limit - offset) if limit else PAGE
        rows_here = await console.store.orders.query(msgspec.structs.replace(query, offset=offset, limit=size))
        page = await console.store.orders.get_many([row.id for row in rows_here])
        for stored in page:
            answer.data.append(order_data(stored, names.get(stored.connection_id, "")))
        offset += len(page)
        if len(page) < PAGE or (limit and offset >= limit):
            break
    for one in answer.data:
        answer.say(f"{one['id']:>6} {one['number']:<18} {one['status']:<10} {one['buyer'][:24]:<24} {one['city'][:14]:<14} {one['total'] or '—':>12} {one['currency']} {one['connection']}")  # fmt: skip
    answer.say(words("cli.count_orders", count=len(answer.data)))
    return answer


def order_data(stored: Any, connection: str) -> dict[str, Any]:
    order = stored.order
    return {
        "id": stored.id, "connection": connection, "remote_id": order.remote_id, "number": order.number,
        "status": str(order.status), "vendor_status": order.vendor_status, "local_state": str(stored.local_state),
        "buyer": order.buyer.name or order.ship_to.name, "city": order.ship_to.city,
        "total": None if order.unpriced else order.total.text(),
        "currency": order.total.currency, "placed_at": iso(order.placed_at), "updated_at": iso(order.updated_at),
        "ship_by": iso(order.ship_by), "carrier": order.carrier, "tracking_number": order.tracking_number,
        "cash_on_delivery": order.cash_on_delivery, "address": order.ship_to.street, "phone": order.ship_to.phone,
        "district": order.ship_to.district, "note": stored.note,
        "lines": [
            {"remote_id": x.remote_id, "sku": x.sku, "barcode": x.barcode, "title": x.title, "quantity": x.quantity,
             "unit_price": None if order.unpriced else x.unit_price.money.text(), "vat": str(x.unit_price.vat),
             "vat_rate": str(x.vat_rate) if x.vat_rate is not None else None}
            for x in order.lines
        ],
    }  # fmt: skip


async def listings(console: Console, args: dict[str, Any]) -> Answer:
    words, rows = words_of(args), await chosen(console, args)
    names = {row.id: row.name for row in await console.store.connections.list(removed=True)}
    query = ListingQuery(search=args.get("search") or "", connection_id=rows[0].id if args.get("name") else None)
    limit, offset, answer = args.get("limit") or 0, 0, Answer(data=[])
    while True:
        size = min(PAGE, limit - offset) if limit else PAGE
        page = await console.store.listings.query(msgspec.structs.replace(query, offset=offset, limit=size))
        for row in page:
            price = Money.from_micros(row.price_micros, row.currency) if row.price_micros is not None else None
            listed = (
                Money.from_micros(row.list_price_micros, row.currency) if row.list_price_micros is not None else None
            )
            answer.data.append({
                "id": row.id, "connection": names.get(row.connection_id, ""), "remote_id": row.remote_id, "sku": row.sku,
                "barcode": row.barcode, "title": row.title, "price": price.text() if price else None,
                "list_price": listed.text() if listed else None, "currency": row.currency, "stock": row.stock,
                "status": str(row.status), "write_state": row.write_state,
            })  # fmt: skip
        offset += len(page)
        if len(page) < PAGE or (limit and offset >= limit):
            break
    for one in answer.data:
        answer.say(f"{one['sku'][:20]:<20} {one['title'][:40]:<40} {one['price'] or '–':>12} {one['currency']} {one['stock'] if one['stock'] is not None else '–':>6} {one['connection']}")  # fmt: skip
    answer.say(words("cli.count_listings", count=len(answer.data)))
    return answer


async def orders_by_text(console: Console, texts: list[str]) -> tuple[list[int], list[str]]:
    """Stored ids of order numbers, remote ids or our ids; and the texts behind which there is none."""
    ids: list[int] = []
    missing = []
    for text in texts:
        found = await console.store.orders.find(text)
        ids += [i for i in found if i not in ids]
        if not found:
            missing.append(text)
    return ids, missing


async def label(console: Console, args: dict[str, Any]) -> Answer:
    """Address labels and packing slips from what the store holds; no network is asked."""
    from app.printing.documents import make_document

    words, answer = words_of(args), Answer()
    ids, missing = await orders_by_text(console, args["orders"])
    for text in missing:
        answer.exit = 1
        answer.say(words("cli.no_order", number=text))
    if not ids:
        return answer
    path, pages = await make_document(console.store, ids, args.get("document") or "label", args["out"], words)
    answer.data = {"path": str(path), "orders": len(ids), "pages": pages}
    answer.say(words("cli.label_done", path=str(path), count=len(ids)))
    return answer


async def fetch(console: Console, args: dict[str, Any]) -> Answer:
    """One order again by its number."""
    words, answer = words_of(args), Answer()
    (row,) = await chosen(console, args)
    result = await console.engine.fetch_order(row, args["number"])
    answer.data = {"outcome": result.outcome, **result.counts, "message": message_data(result.message)}
    if result.outcome == "done":
        answer.say(words("cli.fetched", number=args["number"]))
    failed(answer, words, result, row)
    return answer


#: The commands that may be handed to the owner of the workspace; all others only read.
COMMANDS: dict[str, Command] = {
    "connect": connect, "connections": connections, "probe": probe, "sync": sync, "orders": orders, "listings": listings,
    "set": set_value, "outbox": outbox, "health": health, "label": label, "fetch": fetch,
}  # fmt: skip


async def run_command(console: Console, name: str, args: dict[str, Any]) -> Answer:
    """Run by name; wrong usage becomes exit 2."""
    if "secrets" in args:
        args = {**args, "secrets": {k: v.reveal() if isinstance(v, Secret) else v for k, v in args["secrets"].items()}}
    try:
        return await COMMANDS[name](console, args)
    except Usage as error:
        return Answer(2, {"error": str(error)}, [str(error)])
    except ProviderError as error:
        return Answer(1, {"message": message_data(error.message)}, [sentence(words_of(args), error.message)])
    except StoreError as error:
        return Answer(1, {"message": message_data(error.message)}, [words_of(args)(error.key, **error.params)])
    except VaultError as error:
        return Answer(1, {"error": error.key}, [words_of(args)(error.key, **error.params)])
    except OSError as error:  # a file that the command should have written
        key = "file.full" if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)) else "file.unwritten"
        path = str(error.filename or args.get("out") or "")
        told = words_of(args)(key, path=path, reason=error.strerror or type(error).__name__)
        return Answer(1, {"error": key}, [told])
