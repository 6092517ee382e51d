"""From stored orders to a PDF file: reads the store, draws in the worker, writes atomically, keeps the journal."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, Literal

from app.formats.words import Words
from app.model import Order, clean
from app.platform.files import save_atomically
from app.printing import drawing
from app.printing.data import LabelData, LabelWords, SlipData, SlipLine, SlipWords
from app.store import Store, StoreFull, StoreReadOnly
from app.store.audit import Action, counted

log = logging.getLogger(__name__)

Kind = Literal["label", "slip"]


def label_of(order: Order, channel: str, sender: str, words: Words, copies: int = 0) -> LabelData:
    """What stands on an order's own label. Pure."""
    to = order.ship_to
    name = to.name or order.buyer.name
    cash = ""
    if order.cash_on_delivery:
        cash = words.figures.money(order.total.amount, order.total.currency)
    items = ", ".join(f"{line.quantity} × {line.title}" for line in order.lines if not line.cancelled)
    return LabelData(
        name=clean(f"{name} ({to.company})" if to.company and to.company != name else name, 200),
        street=clean(to.street, 500),
        district=clean(to.district, 80),
        city=clean(to.city or to.state, 80),
        postcode=clean(to.postcode, 12),
        country="" if to.country == "TR" else clean(to.country, 12),
        phone=clean(to.phone or order.buyer.phone, 24),
        order_number=clean(order.number, 60),
        channel=clean(channel, 60),
        code=order.tracking_number or order.number,
        carrier=clean(order.carrier, 60),
        sender=clean(sender, 200),
        cash_on_delivery=cash,
        items=clean(items, 300),
        reprint=copies,
    )


def slip_of(order: Order, channel: str, sender: str, words: Words) -> SlipData:
    """What stands on an order's packing slip. Pure."""
    to, figures = order.ship_to, words.figures
    lines = tuple(
        SlipLine(
            sku=clean(line.sku, 60),
            barcode=clean(line.barcode, 40),
            title=clean(line.title, 300),
            quantity=line.quantity,
            amount=figures.money(line.unit_price.money.amount * line.quantity, line.unit_price.money.currency),
        )
        for line in order.lines
        if not line.cancelled
    )
    address = ", ".join(x for x in (to.street, to.district, to.city, to.postcode, to.country) if x)
    return SlipData(
        order_number=clean(order.number, 60),
        channel=clean(channel, 60),
        placed_at=figures.date(order.placed_at.astimezone()),
        buyer=clean(to.name or order.buyer.name, 200),
        address=clean(address, 600),
        lines=lines,
        total=figures.money(order.total.amount, order.total.currency),
        note=clean(order.note, 800),
        sender=clean(sender, 120),
    )


def _words_for(kind: Kind, words: Words) -> Any:
    if kind == "label":
        return LabelWords(**{name: words(f"print.label.{name}") for name in LabelWords.__struct_fields__})
    return SlipWords(**{name: words(f"print.slip.{name}") for name in SlipWords.__struct_fields__})


async def make_document(
    store: Store, ids: Sequence[int], kind: Kind, out: str | Path, words: Words, executor: Executor | None = None
) -> tuple[Path, int]:
    """Write one PDF of the orders in the order given; returns its path and pages. Raises KeyError for an unknown id, OSError
    when the file cannot be written. Each order gets a journal row only after the file is on disk."""
    names = {row.id: row.name for row in await store.connections.list(removed=True)}
    sender = await store.settings.get("sender") or ""
    stored = await store.orders.get_many(ids)
    if len(stored) != len(ids):
        raise KeyError(next(i for i in ids if i not in {s.id for s in stored}))
    copies = await store.prints.copies(list(ids), kind)
    loop = asyncio.get_running_loop()
    if kind == "label":
        labels = [
            label_of(s.order, names.get(s.connection_id, ""), str(sender), words, copies.get(s.id, 0)) for s in stored
        ]
        data, pages = await loop.run_in_executor(executor, drawing.labels, labels, _words_for(kind, words)), len(labels)
    else:
        slips = [slip_of(s.order, names.get(s.connection_id, ""), str(sender), words) for s in stored]
        data, pages = await loop.run_in_executor(executor, drawing.slips, slips, _words_for(kind, words))
    path = Path(out)
    await asyncio.to_thread(_write, path, data)
    digest = hashlib.sha256(data).hexdigest()
    try:
        await store.prints.add_many(list(ids), kind, str(path), digest)
        await store.audit.note(Action.DOCUMENT_PRINTED, subject=("document", kind), details=counted(ids))
        if kind == "label":
            await store.orders.set_local(list(ids), printed=True)
    except (StoreFull, StoreReadOnly) as error:
        # The parcel goes out today: printing goes on while the disk is full. The copy is not counted.
        log.warning("%d printed documents could not be noted: %s", len(ids), error.key)
    return path, pages


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_atomically(path, data, keep_previous=False)
