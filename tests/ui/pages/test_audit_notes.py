"""Each thing that a person does leaves one entry in the audit log, whichever way it was done: no gap, no double."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.jobs.connect import Wish
from app.store import AuditFilter
from app.store.audit import ALL
from tests.ui.pages.desk import NOW, Desk, listing, open_desk
from ui.pages.connection_work import ConnectionWork
from ui.pages.price_edit import PriceStep
from ui.theme import Appearance


@pytest.fixture
async def desk(tmp_path: Path, look: Appearance, errors: list[Any]) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as made:
        yield made


async def told(desk: Desk, wanted: AuditFilter = ALL) -> list[tuple[str, Any]]:
    return [(e.action, e.details) for e in reversed(await desk.store.audit.query(wanted))]


async def test_connections(desk: Desk) -> None:
    connecting = desk.services.connecting
    values = {"seller_id": "1234", "api_key": "aB3dE5fG7hJ9", "api_secret": "zY8xW6vU4tS2"}
    row = await connecting.save(Wish("trendyol", "Ana mağaza", values=values), NOW)
    work = ConnectionWork(desk.services)
    await work.pause(row, True)
    await work.pause(row, False)
    await work.change(row, name="Ana mağaza")  # nothing changed: nothing to note
    await work.change(row, name="İkinci", switches={"price_sink": False}, own_rate=(2.0,))
    await work.remove(row)
    assert await told(desk) == [
        ("connection.added", {}), ("connection.paused", {}), ("connection.resumed", {}),
        ("connection.changed", {"name": True, "own_rate": True, "price_sink": False}), ("connection.removed", {}),
    ]  # fmt: skip
    assert {e.connection_id for e in await desk.store.audit.query()} == {row.id}


async def test_prices_and_their_way_back(desk: Desk) -> None:
    row = await desk.connection()
    await desk.pull(row, listing(1))
    before = await desk.store.listings.get(1)
    assert before is not None
    step = PriceStep(desk.services, lambda *_: None, before, "price", Decimal("99.90"), "TRY", None)
    await step.do()
    await step.back()
    stock = PriceStep(desk.services, lambda *_: None, before, "stock", Decimal(7), "TRY", None)
    await stock.do()
    assert await told(desk) == [
        ("price.wished", {"count": 1, "ids": [1]}), ("price.wished", {"count": 1, "ids": [1], "withdrawn": True}),
        ("stock.wished", {"count": 1, "ids": [1]}),
    ]  # fmt: skip


async def test_one_entry_a_connection_for_a_bulk_action(desk: Desk) -> None:
    first, second = await desk.connection(), await desk.connection("İkinci")
    await desk.store.audit.wished("price", [(first.id, n) for n in range(1270)] + [(second.id, 5)])
    await desk.store.audit.wished("price", [])
    found = await told(desk)
    assert [(action, details["count"], len(details["ids"])) for action, details in found] == [
        ("price.wished", 1270, 200), ("price.wished", 1, 1),
    ]  # fmt: skip


async def test_settings_and_freezing(desk: Desk) -> None:
    log = desk.store.audit
    assert await log.choose("ui.scheme", "dark")
    assert not await log.choose("ui.scheme", "dark")
    assert await log.choose("sender", "Ayşe Öz, Moda Cad. 12, Kadıköy")  # what it is stays out of the log
    assert await log.choose("sender", None)
    for _ in range(2):
        await desk.store.outbox.freeze()
    await desk.store.outbox.unfreeze()
    entries = [(e.subject_id, e.details) for e in reversed(await log.query())]
    assert entries == [
        ("ui.scheme", {"value": "dark"}), ("sender", {}), ("sender", {"value": None}),
        ("outbox.frozen", {"value": True}), ("outbox.frozen", {"value": False}),
    ]  # fmt: skip
    assert await desk.store.settings.get("ui.scheme") == "dark"
    assert await log.verify() is None
