"""Labels of parcels as a file: our own where the carrier gives none, the carrier's documents as they came otherwise.

A carrier's PDF pages are put behind each other unscaled; its ZPL and EPL are written beside the PDF, the ZPL after the safety
filter. One label that cannot be printed stops all before anything is written: a stack with a hole is packed wrong.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

import msgspec

from app.contracts.messages import ProviderError
from app.formats.words import Words
from app.formats.zpl import only_formats
from app.model import Address, Label, LabelFormat, clean
from app.platform.files import save_atomically
from app.printing import drawing
from app.printing.data import LabelData, LabelWords
from app.printing.trouble import LabelTrouble
from app.store import ParcelRow, Store, StoredOrder, StoreFull, StoreReadOnly
from app.store.audit import Action, counted

log = logging.getLogger(__name__)
_IN_PDF = (LabelFormat.PDF, LabelFormat.PNG)


class MadeLabels(msgspec.Struct, frozen=True):
    """`path` None: nothing of it fits into a PDF. `beside`: files with a printer's own language. `without`: parcels whose
    label is not here yet."""

    path: Path | None
    pages: int = 0
    beside: tuple[Path, ...] = ()
    without: tuple[int, ...] = ()


async def make_parcel_labels(
    store: Store, ids: Sequence[int], out: str | Path, words: Words, executor: Executor | None = None
) -> MadeLabels:
    """Write the labels of these parcels in the order given. Raises LabelTrouble, OSError; journal rows only after the file is
    on disk."""
    path, rows = Path(out), await store.parcels.get_many(ids)
    parts: list[tuple[str, bytes | Label]] = []
    beside: dict[Path, bytes] = {}
    without, printed = [], []
    sender = str(await store.settings.get("sender") or "")
    for row in rows:
        kept = await store.parcels.labels(row.id)
        if row.state == "waiting" or (not kept and not row.own_label):
            without.append(row.id)
            continue
        printed.append(row)
        if kept:
            parts += [(row.reference, one.label) for one in kept if one.label.format in _IN_PDF]
            for n, one in enumerate(kept, 1):
                if one.label.format not in _IN_PDF:
                    tail = f"-{n}" if len(kept) > 1 else ""
                    file = path.with_name(f"{path.stem}-{row.reference}{tail}.{one.label.format}")
                    beside[file] = await asyncio.to_thread(_printable, row.reference, one.label)
        else:
            parts.append((row.reference, await _own(store, row, sender, words, executor)))
    loop = asyncio.get_running_loop()
    data, pages = await loop.run_in_executor(executor, drawing.bundle, parts) if parts else (b"", 0)
    files = {**({path: data} if data else {}), **beside}
    for file, content in files.items():
        await asyncio.to_thread(_write, file, content)
    await _journal(store, printed, files, path)
    return MadeLabels(path if data else None, pages, tuple(beside), tuple(without))


async def _own(store: Store, row: ParcelRow, sender: str, words: Words, executor: Executor | None) -> bytes:
    detail = await store.parcels.detail(row.id)
    orders = await store.orders.get_many(detail.orders if detail else ())
    own = await store.addresses.get_many([one.id for one in orders])
    names = {one.id: one.name for one in await store.connections.list(removed=True)}
    labels = labels_of(row, orders, own, names, sender, words)
    named = LabelWords(**{name: words(f"print.label.{name}") for name in LabelWords.__struct_fields__})
    return await asyncio.get_running_loop().run_in_executor(executor, drawing.labels, labels, named)


def labels_of(
    row: ParcelRow, orders: Sequence[StoredOrder], own: dict[int, Address], names: dict[int, str], sender: str, words: Words
) -> list[LabelData]:  # fmt: skip
    """Our own label, one a piece; the carrier scans the parcel's barcode, else our reference. Pure."""
    to = own.get(orders[0].id, orders[0].order.ship_to) if orders else Address(name=row.receiver, city=row.city)
    name = to.name or to.company
    items = ", ".join(f"{x.quantity} × {x.title}" for one in orders for x in one.order.lines if not x.cancelled)
    data = LabelData(
        name=clean(f"{name} ({to.company})" if to.company and to.company != name else name, 200),
        street=clean(to.street, 500),
        district=clean(to.district, 80),
        city=clean(to.city or to.state, 80),
        postcode=clean(to.postcode, 12),
        country="" if to.country == "TR" else clean(to.country, 12),
        phone=clean(to.phone, 24),
        order_number=clean(row.numbers, 60),
        channel=clean(names.get(orders[0].connection_id, "") if orders else "", 60),
        code=row.barcode or row.reference,
        carrier=clean(row.carrier, 60),
        sender=clean(sender, 200),
        cash_on_delivery=words.figures.money(row.cod.amount, row.cod.currency) if row.cod else "",
        items=clean(items, 300),
        reprint=row.print_count,
    )
    if row.pieces == 1:
        return [data]
    pieces = [words("parcels.piece", number=n, count=row.pieces) for n in range(1, row.pieces + 1)]
    return [msgspec.structs.replace(data, carrier=clean(f"{row.carrier} · {text}", 80)) for text in pieces]


def _printable(reference: str, label: Label) -> bytes:
    """A label in a printer's own language. Raises LabelTrouble for ZPL that would do more than print."""
    if label.format is not LabelFormat.ZPL:
        return label.data
    try:
        return only_formats(label.data)
    except ProviderError as error:
        raise LabelTrouble(reference, error.message) from error


async def _journal(store: Store, rows: Sequence[ParcelRow], files: dict[Path, bytes], path: Path) -> None:
    if not rows:
        return
    digest = hashlib.sha256(files.get(path, b"")).hexdigest()
    try:
        for row in rows:
            detail = await store.parcels.detail(row.id)
            orders = list(detail.orders) if detail else []
            await store.prints.add_many(orders, "label", str(path), digest)
            await store.orders.set_local(orders, printed=True)
        await store.parcels.note_printed([row.id for row in rows])
        await store.audit.note(
            Action.DOCUMENT_PRINTED, subject=("document", "label"), details=counted(r.id for r in rows)
        )
    except (StoreFull, StoreReadOnly) as error:
        # The parcel goes out today: printing goes on while the disk is full. The copy is not counted.
        log.warning("%d printed labels could not be noted: %s", len(rows), error.key)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_atomically(path, data, keep_previous=False)
