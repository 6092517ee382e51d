"""The commands of the headless program, each `(console, args) -> Answer`. The command line and the hand-over both call these."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from app.api.answers import Answer, message_data, sentence
from app.console import Console, utc_now
from app.contracts import ProviderError, Secret
from app.contracts.catalogue import UnknownIntegration
from app.formats.numbers import Why, read_number
from app.formats.words import Words
from app.jobs.connect import Wish
from app.jobs.runner import Result
from app.model import Money
from app.store.audit import Action, counted
from app.store.connections import ConnectionRow
from app.store.errors import StoreError
from app.store.listing_query import ListingQuery
from app.store.order_query import OrderQuery
from app.store.outbox import OutboxFilter, OutboxRow

Command = Callable[[Console, dict[str, Any]], Awaitable[Answer]]
PAGE = 500


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
        args.get("base_url") or "", account, args.get("switches", {}), args.get("own_rate"),
    )  # fmt: skip
    try:
        if args.get("test"):
            await console.connecting.attempt(wish, utc_now())
        row = await console.connecting.save(wish, utc_now())
    except ProviderError as error:
        answer.exit, answer.data = 1, {"message": message_data(error.message)}
        answer.say(sentence(words, error.message, wish.name))
        return answer
    await console.store.audit.note(Action.CONNECTION_ADDED, connection_id=row.id, subject=("account", row.account_id))
    console.engine.schedule(row)
    answer.data = connection_data(console, row)
    answer.say(words("cli.connected", name=row.name, integration=entry.name))
    return answer


async def _account_id(console: Console, text: str, words: Words) -> str:
    """An account by its id, or by the name of a connection that uses it."""
    for row in await console.store.connections.list():
        if text in (row.name, row.account_id):
            return row.account_id
    raise Usage(words("cli.no_account", name=text))


def connection_data(console: Console, row: ConnectionRow) -> dict[str, Any]:
    return {
        "id": row.id, "name": row.name, "integration": row.integration, "account": row.account_id, "env": row.environment,
        "paused": row.paused, "switches": row.switches, "own_rate": row.own_rate,
        "capabilities": list(console.catalogue.manifest(row.integration).capabilities),
        "last_ok_at": iso(row.last_ok_at), "last_error": message_data(row.last_error),
    }  # fmt: skip


async def connections(console: Console, args: dict[str, Any]) -> Answer:
    words, rows = words_of(args), await console.store.connections.list()
    answer = Answer(data=[connection_data(console, row) for row in rows])
    for row in rows:
        answer.say(
            f"{row.name:<28} {row.integration:<20} {row.environment:<10} {words('cli.paused') if row.paused else ''}"
        )
    if not rows:
        answer.say(words("cli.no_connections"))
    return answer


async def probe(console: Console, args: dict[str, Any]) -> Answer:
    words, answer = words_of(args), Answer(data=[])
    for row in await chosen(console, args):
        result, found = await console.engine.probe(row)
        answer.data.append({
            "connection": row.name, "ok": result.outcome == "done", "facts": found.facts if found else {},
            "warnings": [message_data(w) for w in (found.warnings if found else ())], "message": message_data(result.message),
        })  # fmt: skip
        if result.outcome == "done":
            answer.say(words("cli.probe_ok", name=row.name))
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
            answer.say(words(f"cli.synced.{kind}", name=row.name, new=result.counts.get("new", 0), changed=result.counts.get("changed", 0), same=result.counts.get("same", 0)))  # fmt: skip
            if result.counts.get("rejected"):
                answer.say(words("cli.rejected", name=row.name, count=result.counts["rejected"]))
                for waiting in (await console.store.attention.list(connection_id=row.id))[:5]:
                    answer.say(f"  {waiting.remote_id or '?'}: {sentence(words, waiting.message)}")
            failed(answer, words, result, row)
    return answer


# -- orders and listings -----------------------------------------------------------------------------------------
def iso(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z") if instant is not None else None


def parse_since(text: str, words: Words) -> datetime:
    """ISO date or instant; without an offset it is the computer's own time. Raises Usage."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as error:
        raise Usage(words("cli.bad_date", text=text)) from error


def parse_amount(text: str, words: Words, currency: str = "TRY") -> Decimal:
    """'1249.90', '1249,90' or '1.249,90'. What two countries read differently (1.249) is refused with both readings, never
    guessed; so are exponents and more decimals than the currency has. Raises Usage."""
    read = read_number(text)
    if read.why is Why.AMBIGUOUS:
        shown = [words.figures.money(choice, currency) for choice in read.choices]
        raise Usage(words("cli.ambiguous_amount", text=text, one=shown[0], other=shown[-1]))
    value = read.value
    if value is None or value < 0 or value > 10**9 or value != Money(value, currency).rounded().amount:
        raise Usage(words("cli.bad_amount", text=text))
    return value


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
        answer.say(f"{one['id']:>6} {one['number']:<18} {one['status']:<10} {one['buyer'][:24]:<24} {one['city'][:14]:<14} {one['total']:>12} {one['currency']} {one['connection']}")  # fmt: skip
    answer.say(words("cli.count_orders", count=len(answer.data)))
    return answer


def order_data(stored: Any, connection: str) -> dict[str, Any]:
    order = stored.order
    return {
        "id": stored.id, "connection": connection, "remote_id": order.remote_id, "number": order.number,
        "status": str(order.status), "vendor_status": order.vendor_status, "local_state": str(stored.local_state),
        "buyer": order.buyer.name or order.ship_to.name, "city": order.ship_to.city, "total": order.total.text(),
        "currency": order.total.currency, "placed_at": iso(order.placed_at), "updated_at": iso(order.updated_at),
        "ship_by": iso(order.ship_by), "carrier": order.carrier, "tracking_number": order.tracking_number,
        "cash_on_delivery": order.cash_on_delivery, "address": order.ship_to.street, "phone": order.ship_to.phone,
        "district": order.ship_to.district, "note": stored.note,
        "lines": [
            {"remote_id": x.remote_id, "sku": x.sku, "barcode": x.barcode, "title": x.title, "quantity": x.quantity,
             "unit_price": x.unit_price.money.text(), "vat": str(x.unit_price.vat),
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
    if kind == "price" and parse_amount(args["value"], words) == 0 and not args.get("zero"):
        raise Usage(words("cli.zero_price"))
    if kind == "stock" and not (args["value"].isascii() and args["value"].isdigit() and len(args["value"]) < 8):
        raise Usage(words("cli.bad_count", text=args["value"]))
    found = await console.store.listings.by_sku(row.id, args["sku"])
    if not found or found[0].sku != args["sku"]:
        answer.exit = 1
        answer.say(words("cli.no_sku", name=row.name, sku=args["sku"]))
        if found:
            answer.say(words("cli.similar_sku", skus=", ".join(one.sku for one in found[:5])))
        return answer
    for one in found:
        if kind == "price":
            currency = one.currency or "TRY"
            amount = parse_amount(args["value"], words, currency)
            list_price = parse_amount(args["list_price"], words, currency) if args.get("list_price") else None
            outbox_id = await console.store.listings.want_price(
                one.id, Money(amount, currency), Money(list_price, currency) if list_price is not None else None
            )
            shown = f"{Money(amount, currency).text()} {currency}"
            told = words.figures.money(amount, currency)
        else:
            outbox_id = await console.store.listings.want_stock(one.id, int(args["value"]))
            shown = told = args["value"]
        answer.data.append(
            {"outbox_id": outbox_id, "connection": row.name, "sku": one.sku, "kind": kind, "value": shown}
        )
        answer.say(words("cli.queued", name=row.name, sku=one.sku, value=told))
    wished = Action.PRICE_WISHED if kind == "price" else Action.STOCK_WISHED
    await console.store.audit.note(wished, connection_id=row.id, details=counted(one.id for one in found))
    if console.engine.scheduler is not None:
        console.engine.scheduler.hurry("send", row.id)
    return answer


async def outbox(console: Console, args: dict[str, Any]) -> Answer:
    words, answer = words_of(args), Answer()
    rows = await chosen(console, args)
    drained = []
    if args.get("drain"):
        for row in rows:
            if not await console.engine.has_work(row):
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
    names = {row.id: row.name for row in await console.store.connections.list(removed=True)}
    connection_id = rows[0].id if args.get("name") else None
    entries = await console.store.outbox.query(OutboxFilter(connection_id=connection_id), 0, args.get("limit") or 1000)
    subjects = [e.subject for e in entries if e.subject is not None and e.kind in ("price", "stock")]
    skus = {one.id: one.listing.sku or one.listing.remote_id for one in await console.store.listings.get_many(subjects)}
    items = [outbox_data(entry, names.get(entry.connection_id, ""), skus) for entry in entries]
    counts = await console.store.outbox.counts()
    answer.data = {"counts": counts, "drained": drained, "items": items}
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


def outbox_data(entry: OutboxRow, connection: str, skus: dict[int, str]) -> dict[str, Any]:
    return {
        "sku": skus.get(entry.subject or 0, ""), "not_before": iso(entry.not_before) if entry.state == "queued" else None,
        "id": entry.id, "key": entry.key, "connection": connection, "kind": entry.kind, "subject": entry.subject,
        "state": str(entry.state), "attempts": entry.attempts, "message": message_data(entry.message),
        "created_at": iso(entry.created_at), "settled_at": iso(entry.settled_at),
    }  # fmt: skip


async def health(console: Console, args: dict[str, Any]) -> Answer:
    words, answer = words_of(args), Answer(data=[])
    for row in await chosen(console, args):
        report = await console.health.report(row)
        answer.data.append({
            "connection": report.connection, "integration": report.integration, "state": str(report.state),
            "blame": str(report.blame), "message": message_data(report.message), "goal_ms": report.goal_ms,
            "p50_ms": report.p50_ms, "p95_ms": report.p95_ms, "p99_ms": report.p99_ms, "calls_24h": report.calls_24h,
            "errors_24h": report.errors_24h, "availability_24h": report.availability_24h,
            "availability_30d": report.availability_30d, "last_ok_at": iso(report.last_ok_at), "breaker": report.breaker,
        })  # fmt: skip
        why = sentence(words, report.message) if report.message else ""
        answer.say(f"{report.connection:<28} {words(f'cli.state.{report.state}'):<14} {why}")
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
