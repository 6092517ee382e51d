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
from app.model import Label, LabelFormat
from app.platform.files import save_atomically
from app.printing import drawing
from app.printing.contents import label_words
from app.printing.data import SETUP, Work
from app.printing.gathering import look_of, own_labels
from app.printing.trouble import LabelTrouble
from app.store import ParcelRow, Store, StoreFull, StoreReadOnly
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
            parts.append((row.reference, await _own(store, row, words, executor)))
    loop = asyncio.get_running_loop()
    data, pages = await loop.run_in_executor(executor, drawing.bundle, parts) if parts else (b"", 0)
    files = {**({path: data} if data else {}), **beside}
    for file, content in files.items():
        await asyncio.to_thread(_write, file, content)
    await _journal(store, printed, files, path)
    return MadeLabels(path if data else None, pages, tuple(beside), tuple(without))


async def _own(store: Store, row: ParcelRow, words: Words, executor: Executor | None) -> bytes:
    detail = await store.parcels.detail(row.id)
    labels = await own_labels(store, row, detail.orders if detail else (), words)
    work = Work("label", SETUP, await look_of(store), labels=labels, label_words=label_words(words))
    return (await asyncio.get_running_loop().run_in_executor(executor, drawing.proof, work))[0]


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
