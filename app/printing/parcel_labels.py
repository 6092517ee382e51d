"""Labels of parcels as a file: our own where the carrier gives none, the carrier's documents as they came otherwise.

A carrier's PDF pages are put behind each other unscaled; its ZPL and EPL are written beside the PDF, byte for byte.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import logging
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

import msgspec
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader

from app.formats.pdf import new_canvas
from app.formats.words import Words
from app.model import Address, LabelFormat, clean
from app.platform.files import save_atomically
from app.printing.label import LabelData, LabelWords, draw_labels
from app.store import KeptLabel, ParcelRow, Store, StoredOrder, StoreFull, StoreReadOnly
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


class LabelTrouble(Exception):
    """A carrier's document that cannot be read; `parcel` its id."""

    def __init__(self, parcel: int, why: str) -> None:
        super().__init__(why)
        self.parcel, self.why = parcel, why


async def make_parcel_labels(
    store: Store, ids: Sequence[int], out: str | Path, words: Words, executor: Executor | None = None
) -> MadeLabels:
    """Write the labels of these parcels in the order given. Raises LabelTrouble, OSError; journal rows only after the file is
    on disk."""
    path, rows = Path(out), await store.parcels.get_many(ids)
    parts: list[bytes] = []
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
            parts += [_page(row.id, one) for one in kept if one.label.format in _IN_PDF]
            for n, one in enumerate(kept, 1):
                if one.label.format not in _IN_PDF:
                    tail = f"-{n}" if len(kept) > 1 else ""
                    beside[path.with_name(f"{path.stem}-{row.reference}{tail}.{one.label.format}")] = one.label.data
        else:
            parts.append(await _own(store, row, sender, words, executor))
    data, pages = await asyncio.to_thread(_joined, parts)
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
    return await asyncio.get_running_loop().run_in_executor(executor, draw_labels, labels, named)


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


def _page(parcel: int, kept: KeptLabel) -> bytes:
    """A carrier's label as PDF: its own, or its picture at its own size."""
    if kept.label.format is LabelFormat.PDF:
        return kept.label.data
    try:
        picture = ImageReader(io.BytesIO(kept.label.data))
        wide, high = picture.getSize()
    except Exception as error:  # reportlab wraps whatever the picture's reader raises
        raise LabelTrouble(parcel, type(error).__name__) from error
    if not 0 < wide * high <= 50_000_000:
        raise LabelTrouble(parcel, f"{wide}×{high}")
    dpi = kept.label.dpi or 203
    width = kept.label.width_mm or wide / dpi * 25.4
    height = kept.label.height_mm or width * high / wide
    canvas, buffer = new_canvas(width, height, "Paxzar")
    canvas.drawImage(picture, 0, 0, width * mm, height * mm)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _joined(parts: Sequence[bytes]) -> tuple[bytes, int]:
    import pypdfium2  # type: ignore[import-untyped]  # on first use: the program starts without it

    if not parts:
        return b"", 0
    made = pypdfium2.PdfDocument.new()
    try:
        for part in parts:
            try:
                source = pypdfium2.PdfDocument(part)
            except pypdfium2.PdfiumError as error:
                raise LabelTrouble(0, str(error)[:100]) from error
            made.import_pages(source)
            source.close()
        buffer = io.BytesIO()
        made.save(buffer)
        return buffer.getvalue(), len(made)
    finally:
        made.close()


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
