"""From stored orders to a PDF file: reads the store, draws in the worker, writes atomically, keeps the journal."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from app.formats.words import Words
from app.platform.files import save_atomically
from app.printing import drawing
from app.printing.gathering import PrintWish, gather
from app.store import Printer, Store, StoreFull, StoreReadOnly
from app.store.audit import Action, counted

log = logging.getLogger(__name__)

Kind = Literal["label", "slip", "pick", "handover", "shelf"]
#: A file has no printer: bars in dots of the usual label printer, for whatever prints it.
FILE = Printer("", "file", "")


async def make_document(
    store: Store, ids: Sequence[int], kind: Kind, out: str | Path, words: Words, executor: Executor | None = None, *,
    paper: str = "", first: int = 1, day: str = "", carrier: str = "", now: datetime | None = None,
) -> tuple[Path, int]:  # fmt: skip
    """Write one PDF of the orders in the order given (`handover`: of the day's parcels); returns its path and pages. Raises KeyError
    for an unknown id, PrintTrouble, OSError when the file cannot be written. Each order gets a journal row only after the file
    is on disk."""
    wish = PrintWish(kind, tuple(ids), FILE, paper, first, again=True, anyway=True, day=day, carrier=carrier)
    gathered = await gather(store, wish, words, now or datetime.now(UTC))
    loop = asyncio.get_running_loop()
    data, pages = await loop.run_in_executor(executor, drawing.proof, gathered.work)
    path = Path(out)
    await asyncio.to_thread(_write, path, data)
    digest = hashlib.sha256(data).hexdigest()
    try:
        if kind in ("handover", "shelf"):
            await store.prints.add(None, kind, str(path), digest)
        else:
            about = list(dict.fromkeys(i for one in gathered.orders for i in one))  # those in one parcel with them, too
            await store.prints.add_many(about, kind, str(path), digest)
        await store.audit.note(Action.DOCUMENT_PRINTED, subject=("document", kind), details=counted(ids))
        if kind == "label":
            await store.orders.set_local(about, printed=True)
    except (StoreFull, StoreReadOnly) as error:
        # The parcel goes out today: printing goes on while the disk is full. The copy is not counted.
        log.warning("%d printed documents could not be noted: %s", len(ids), error.key)
    return path, pages


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_atomically(path, data, keep_previous=False)
