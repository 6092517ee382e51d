"""A page's desk for tests: a real store in a folder, the real engine and catalogue, memory keys, and ways to wait for Qt and
the store together. Knows no vendor; a fake server is handed in by its address."""

from __future__ import annotations

import asyncio
import random
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QDialog

from app.changes import LISTINGS, ChangeReport, Changes
from app.console import RehearsalKeys, utc_now
from app.contracts import Page as Records
from app.contracts.catalogue import Catalogue, providers_root
from app.http.pipeline import Network
from app.http.samples import SampleRing
from app.jobs.connect import Connecting
from app.jobs.engine import Engine
from app.jobs.links import Links
from app.model import Listing, Money
from app.monitor.health import Health
from app.platform.worker import Worker
from app.store import ConnectionRow, Store
from tests.support import waiting
from ui.kit import Operations, Registry, UndoStack, spawner
from ui.services import Page, Services

NOW = datetime.now(UTC)  # fake servers refuse a clock that is a quarter of an hour off


def listing(number: int, price: str | None = "1249.90", **more: Any) -> Listing:
    """A listing by number; prices in lira."""
    fields: dict[str, Any] = {
        "remote_id": f"r{number}", "sku": f"NC-{number:04d}", "title": f"Pamuklu Nevresim {number}", "stock": 41,
        "barcode": f"86900000{number:05d}", "price": None if price is None else Money(Decimal(price), "TRY"),
    }  # fmt: skip
    if "list_price" in more and more["list_price"] is not None:
        more["list_price"] = Money(Decimal(more["list_price"]), "TRY")
    return Listing(**{**fields, **more})


@dataclass
class Desk:
    """What a test holds in its hands."""

    services: Services
    keys: RehearsalKeys
    links: Links
    said: list[tuple[str, str, str]] = field(default_factory=list)
    reports: list[ChangeReport] = field(default_factory=list)
    pages: list[Any] = field(default_factory=list)
    stops: list[Callable[[], None]] = field(default_factory=list)

    @property
    def page(self) -> Any:
        """The page shown last."""
        return self.pages[-1]

    @property
    def store(self) -> Store:
        return self.services.store

    async def connection(self, name: str = "Ana mağaza", integration: str = "trendyol", **more: Any) -> ConnectionRow:
        account = f"{integration}-{zlib.crc32(name.encode()):08x}"  # as the program makes them: no name in an id
        family = self.services.catalogue.manifest(integration).family
        await self.store.accounts.add(account, family, more.get("environment", "live"), name)
        return await self.store.connections.add(name, integration, account, more.pop("environment", "live"), **more)

    async def pull(self, row: ConnectionRow, *listings: Listing) -> None:
        """What a pull does: the rows, then the report."""
        await self.store.listings.apply_page(row.id, row.account_id, Records(tuple(listings)), now=NOW)
        self.services.changes.publish(ChangeReport(LISTINGS, source="pull"))

    def show(self, page: Page, width: int = 1400, height: int = 800) -> None:
        self.pages.append(page)
        page.said.connect(lambda *words: self.said.append(words))
        self.stops.append(self.services.changes.listen(page.changed))
        page.resize(width, height)
        page.show()


async def until(done: Callable[[], Any], what: str = "", seconds: float = waiting.PATIENCE_S) -> Any:
    """`waiting.until`, with Qt's events between two looks."""
    return await waiting.until(done, what, seconds, between=QApplication.processEvents)


async def dialog(kind: type[QDialog] = QDialog) -> Any:
    """The dialog that opens next."""

    def open_one() -> QDialog | None:
        found = [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]
        return found[0] if found else None

    return await until(open_one, f"a {kind.__name__}")


async def tasks_end() -> None:
    """What the page started must not outlive the store: wait a moment, then cancel, and what those started at their end."""
    running = list(spawner()._running)
    if running:
        await asyncio.wait(running, timeout=0.3)
    while running := list(spawner()._running):
        for task in running:
            task.cancel()
        _, late = await asyncio.wait(running, timeout=waiting.PATIENCE_S)
        assert not late, f"still running: {late}"


@asynccontextmanager
async def open_desk(folder: Path, *, rehearsal: bool = False, root: Path | None = None) -> AsyncIterator[Desk]:
    """A desk with an empty store; closed in the program's own order."""
    store = await Store.open(folder / "store.db", now=utc_now)
    catalogue, changes, ring = Catalogue(root or providers_root(), with_plugins=False), Changes(), SampleRing()
    network = Network(on_sample=ring, rng=random.Random(7))
    keys = RehearsalKeys()
    links = Links(store, keys, catalogue, network, utc_now)
    engine = Engine(store, links, changes, ring, utc_now)
    worker = Worker()
    services = Services(
        store, engine, Connecting(store, keys, catalogue, links, changes), catalogue,
        Health(store, catalogue, network, utc_now), network, changes, worker, utc_now, rehearsal,
        Registry(), Operations(), UndoStack(),
    )  # fmt: skip
    desk = Desk(services, keys, links)
    changes.listen(desk.reports.append)
    try:
        yield desk
        left = [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()]
        assert not left, f"a dialog was left open: {left}"
    finally:
        for stop in desk.stops:
            stop()
        await tasks_end()
        for page in desk.pages:  # now, or each later test would polish all the widgets of the earlier ones
            page.hide()
            page.deleteLater()
        QApplication.sendPostedEvents(None, int(QEvent.Type.DeferredDelete.value))
        await engine.close()
        await network.close()
        worker.close()
        await store.close()
