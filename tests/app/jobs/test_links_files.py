"""A connection that exchanges files: no address of the vendor's, only hosts that the merchant typed, and work that goes elsewhere."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.contracts import Secret
from app.contracts.catalogue import Catalogue, providers_root
from app.http.pipeline import Network
from app.http.samples import SampleRing
from app.jobs.links import Links, addresses, typed_hosts
from app.kit import MemoryTokens
from app.store import Store
from app.store.connections import ConnectionRow

NOW = datetime(2026, 11, 24, tzinfo=UTC)
CATALOGUE = Catalogue(providers_root(), with_plugins=False)


class NoKeys:
    async def get(self, entry_id: str) -> dict[str, Secret]:
        return {}

    async def put(self, entry_id: str, values: Any) -> None: ...

    async def drop(self, entry_id: str) -> None: ...

    def tokens(self, entry_id: str) -> MemoryTokens:
        return MemoryTokens()


def test_no_address_is_needed_and_one_typed_by_hand_is_taken() -> None:
    boyner = CATALOGUE.manifest("boyner")
    assert addresses(boyner, "live", {}, {}) == {"api": ""}
    assert addresses(boyner, "rehearsal", {}, {"api": "http://127.0.0.1:9"}) == {"api": "http://127.0.0.1:9"}


@pytest.mark.parametrize(
    ("held", "hosts"),
    [
        ({"order_url": Secret("https://Panel.Example.com/a.csv?key=1")}, {"panel.example.com"}),
        ({"order_url": Secret("panel.example.com")}, set()), ({}, set()), ({"password": Secret("https://x.example")}, set()),
    ],
)  # fmt: skip
def test_only_addresses_that_were_typed_may_be_called(held: dict[str, Secret], hosts: set[str]) -> None:
    assert typed_hosts(CATALOGUE.manifest("boyner"), {}, held) == hosts
    assert typed_hosts(CATALOGUE.manifest("trendyol"), {"order_url": "https://x.example"}, {}) == set()


async def test_the_worker_that_was_wired_is_the_providers(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "store.sqlite", now=lambda: NOW)
    network = Network(on_sample=SampleRing())
    try:
        links = Links(store, NoKeys(), CATALOGUE, network, lambda: NOW)
        called: list[str] = []

        async def compute(work: Any, /, *args: object) -> Any:
            called.append(work.__name__)
            return await asyncio.to_thread(work, *args)

        links.compute = compute
        row = ConnectionRow(0, "Boyner", "boyner", "a", "live", {}, None, False, NOW)
        link = links.make(row, {"folder": str(tmp_path)}, {}, {}, tokens=MemoryTokens())
        reading = await link.provider.read_file("a.csv", b"Barkod;Stok\n" + b"1;2\n" * 9000, NOW)
        assert (called, reading.rows) == (["read_sheet"], 9000)
    finally:
        await network.close()
        await store.close()


async def test_a_sheet_goes_to_the_worker_process_and_back() -> None:
    from app.contracts import YoursError
    from app.kit.sheet_orders import read_sheet
    from app.platform.worker import Worker
    from providers.families.sheets_out import sheet_bytes

    worker, loop = Worker(), asyncio.get_running_loop()
    try:
        data = (
            "Sipariş No;Adet;Barkod;Tarih\n" + "".join(f"{n};1;869{n};24.11.2026\n" for n in range(50)) + "x;iki;1;\n"
        ).encode()
        reading = await loop.run_in_executor(worker.executor(), read_sheet, data, "x.csv", NOW)
        assert (len(reading.orders), len(reading.rejects)) == (50, 1)
        with pytest.raises(YoursError) as caught:  # an error keeps its message on the way
            await loop.run_in_executor(worker.executor(), sheet_bytes, "yok", "price", (), "xlsx", [])
        assert caught.value.message.field == "template"
    finally:
        worker.close()
