"""What a buyer may ask for under KVKK and GDPR: a copy of all that is held, and to be forgotten. One use case each, for the
window and the command line alike. The audit log gets ids, never the person."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import Executor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from app.api.audit_sheet import write_sheets
from app.changes import ATTENTION, ORDERS, OUTBOX, PRINTS, ChangeReport, Changes
from app.formats.tables import Sheet
from app.formats.words import Words
from app.jobs.housekeeping import Housekeeping
from app.model import Address, Money
from app.platform.files import save_atomically
from app.store import Action, Erased, Person, Store, StoredOrder
from app.store.audit import counted
from app.store.people import Notice


class Copies(msgspec.Struct, frozen=True):
    """Where the person still is, for the merchant to know: automatic backups made before, and older whole copies in the
    workspace (before a migration, damaged, replaced by a restore)."""

    backups: int
    older: tuple[str, ...]


class Erasure(msgspec.Struct, frozen=True):
    """`documents` deleted; `left` paths of documents that hold them outside of the workspace. `scrubbed`: the text is gone
    from the store's file already (else by itself within a week). `copies`: where it still is."""

    orders: Erased
    documents: int
    left: tuple[str, ...]
    scrubbed: bool
    copies: Copies


async def erase_buyer(
    store: Store, housekeeping: Housekeeping, changes: Changes, person: Person, *, open_too: bool = False
) -> Erasure:
    """Blank the person's orders and unreadable records, delete their documents, clear the file. Orders still to be sent are
    left unless `open_too`, those with something on its way always. Raises StoreError; nothing is half-erased then."""
    done = await store.erasing.erase([one.id for one in person.orders], notices=person.notices, open_too=open_too)
    documents, left = await housekeeping.delete_documents(done.files)
    scrubbed = await housekeeping.scrub()
    ids = frozenset(done.done)
    for table in (ORDERS, PRINTS, ATTENTION, OUTBOX):
        changes.publish(ChangeReport(table, ids if table == ORDERS else frozenset(), "user"))
    return Erasure(done, documents, left, scrubbed, await copies_of(housekeeping))


async def copies_of(housekeeping: Housekeeping) -> Copies:
    """What holds the store as it was."""
    backups = housekeeping.backups
    held = len((await backups.state()).files) if backups is not None else 0
    return Copies(held, await asyncio.to_thread(_older, housekeeping.folder))


def _older(folder: Path) -> tuple[str, ...]:
    marks = (".before-v", ".damaged-", "replaced-")
    return tuple(sorted(name for name in os.listdir(folder) if any(mark in name for mark in marks)))


async def export_buyer(
    store: Store, person: Person, path: Path, words: Words, executor: Executor | None = None
) -> dict[str, Any]:
    """Write all that is held of the person, into JSON or (by the name's ending) a readable XLSX; the data. Raises OSError."""
    data = await person_data(store, person)
    if path.suffix.casefold() == ".xlsx":
        await write_sheets(_sheets(data, words), path, words, executor)
    else:
        text = msgspec.json.format(msgspec.json.encode(data), indent=2)
        await asyncio.to_thread(save_atomically, path, text + b"\n", keep_previous=False)
    await store.audit.note(
        Action.BUYER_EXPORTED, subject=("buyer", "asked"), details=counted(one.id for one in person.orders)
    )
    return data


async def person_data(store: Store, person: Person) -> dict[str, Any]:
    """All that is held, as JSON data. Amounts are texts beside their currency; instants ISO, UTC."""
    names = {row.id: row.name for row in await store.connections.list(removed=True)}
    orders = await store.orders.get_many([one.id for one in person.orders])
    printed = {one.id: await store.prints.of_order(one.id) for one in orders}
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "person": {"names": list(person.names), "phones": list(person.phones), "emails": list(person.emails)},
        "orders": [
            {
                **_order_data(one, names.get(one.connection_id, "")),
                "documents": [{"kind": p.kind, "at": p.at.isoformat(), "path": p.path} for p in printed[one.id]],
            }
            for one in orders
        ],
        "unreadable": [_notice_data(one, names) for one in await store.people.notices(person.notices)],
    }


def _order_data(stored: StoredOrder, channel: str) -> dict[str, Any]:
    order = stored.order
    return {
        "number": order.number, "remote_id": order.remote_id, "channel": channel, "status": str(order.status),
        "channel_status": order.vendor_status, "placed_at": order.placed_at.isoformat(),
        "updated_at": order.updated_at.isoformat(), **_amount("total", order.total),
        "buyer": msgspec.to_builtins(order.buyer), "ship_to": _address(order.ship_to),
        "bill_to": _address(order.bill_to), "buyer_note": order.note, "own_note": stored.note,
        "carrier": order.carrier, "tracking": order.tracking_number, "channel_handles": dict(order.extra),
        "lines": [
            {
                "sku": line.sku, "title": line.title, "quantity": line.quantity,
                **_amount("unit_price", line.unit_price.money),
            }
            for line in order.lines
        ],
    }  # fmt: skip


def _amount(name: str, money: Money) -> dict[str, str]:
    return {name: money.text(), "currency": money.currency}


def _address(to: Address | None) -> dict[str, str] | None:
    if to is None:
        return None
    found: dict[str, str] = msgspec.to_builtins(to)
    return {name: value for name, value in found.items() if value}


def _notice_data(one: Notice, names: dict[int, str]) -> dict[str, Any]:
    return {"channel": names.get(one.connection_id, ""), "at": one.at.isoformat(), "raw": one.raw}


def _sheets(data: dict[str, Any], words: Words) -> list[Sheet]:
    """The same for people who read: who, which orders, which goods."""

    def head(*names: str) -> list[str]:
        return [words(f"privacy.sheet.{name}") for name in names]

    who = [[words(f"privacy.sheet.{kind}"), value] for kind, values in data["person"].items() for value in values]
    who += [[words("privacy.sheet.unreadable"), one["raw"]] for one in data["unreadable"]]
    orders, goods = [], []
    for one in data["orders"]:
        to, bill, buyer = one["ship_to"] or {}, one["bill_to"] or {}, one["buyer"]
        orders.append([
            one["number"], one["channel"], one["placed_at"], one["status"], one["total"], one["currency"], buyer["name"],
            buyer["phone"], buyer["email"], ", ".join(to.values()), ", ".join(bill.values()), one["buyer_note"],
            one["own_note"], one["carrier"], one["tracking"],
        ])  # fmt: skip
        goods += [
            [one["number"], x["sku"], x["title"], x["quantity"], x["unit_price"], x["currency"]] for x in one["lines"]
        ]
    return [
        Sheet(words("privacy.sheet.person"), head("what", "value"), who),
        Sheet(
            words("privacy.sheet.orders"),
            head("number", "channel", "placed_at", "status", "total", "currency", "buyer", "phones", "emails", "ship_to",
                 "bill_to", "buyer_note", "own_note", "carrier", "tracking"),
            orders,
        ),
        Sheet(
            words("privacy.sheet.goods"), head("number", "sku", "title", "quantity", "unit_price", "currency"), goods
        ),
    ]  # fmt: skip
