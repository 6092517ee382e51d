"""A workspace full of made-up orders and listings, written through the store itself, for the benches of the window."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from app.console import open_vault, utc_now
from app.contracts import Page, Secret
from app.model import Address, Buyer, Listing, Money, Order, OrderLine, OrderStatus, Price
from app.store import Store
from app.store.workspace import Workspace, WorkspaceKind

CITIES = ("Ankara", "İstanbul", "İzmir", "Şanlıurfa", "Muğla", "Iğdır", "Eskişehir")
NAMES = ("Ayşe Yılmaz", "Mehmet Işık", "Çağrı Öztürk", "İpek Şahin", "Ömer Güneş", "Şule Kılıç")
PAGE = 500


def orders(count: int) -> Iterator[Order]:
    rng = random.Random(11)
    now = datetime.now(UTC)
    for i in range(count):
        price = Money(Decimal(rng.randint(2_000, 200_000)) / 100, "TRY")
        line = OrderLine(f"l{i}", f"PX-{i % 5000:05d}", f"Seramik Kupa {i % 5000}", 1 + i % 3, Price(price))
        placed = now - timedelta(minutes=i * 3 + rng.randint(0, 2))
        status = OrderStatus.OPEN if i < 300 else OrderStatus.DELIVERED
        yield Order(
            remote_id=f"r{i}", number=f"{9_000_000_000 + i}", status=status, vendor_status="x", placed_at=placed,
            updated_at=placed, total=price * (1 + i % 3), lines=(line,), buyer=Buyer(NAMES[i % 6], f"+90532{i % 10**7:07d}"),
            ship_to=Address(name=NAMES[i % 6], street="Gül Sk. 4", district="Merkez", city=CITIES[i % 7], country="TR"),
            ship_by=now + timedelta(hours=i % 48) if i < 300 else None,
        )  # fmt: skip


def listings(count: int) -> Iterator[Listing]:
    for i in range(count):
        price = Money(Decimal(2_000 + i % 90_000) / 100, "TRY")
        yield Listing(
            remote_id=f"g{i}", sku=f"PX-{i:05d}", title=f"Pamuklu Gömlek Açık Mavi {i}", price=price, list_price=price,
            stock=i % 60, barcode=f"869{i:010d}",
        )  # fmt: skip


async def _fill(folder: Path, password: str, order_count: int, listing_count: int) -> None:
    workspace = Workspace(folder)
    workspace.prepare(WorkspaceKind.LIVE)
    with workspace.acquire():
        vault = await open_vault(workspace.vault, Secret(password), None)
        await vault.put("trendyol-1", {"api_key": "bench-key-0001", "api_secret": "bench-secret-0001"})
        await vault.lock()
        store = await Store.open(workspace.store, now=utc_now)
        await store.accounts.add(
            "trendyol-1", "trendyol", "live", "Mağaza", {"seller_id": "1"}, {"api": "http://127.0.0.1:9"}
        )
        row = await store.connections.add("Mağaza", "trendyol", "trendyol-1", "live")
        pages: list[Order] = []
        for order in orders(order_count):
            pages.append(order)
            if len(pages) == PAGE:
                await store.orders.apply_page(row.id, "trendyol-1", Page(tuple(pages)), now=utc_now())
                pages = []
        goods: list[Listing] = []
        for listing in listings(listing_count):
            goods.append(listing)
            if len(goods) == PAGE:
                await store.listings.apply_page(row.id, "trendyol-1", Page(tuple(goods)), now=utc_now())
                goods = []
        await store.close()


def fill_workspace(folder: Path, password: str, *, orders: int, listings: int) -> None:
    """Counts are rounded down to whole pages of 500."""
    import os

    os.environ["PAXZAR_TEST_PROFILE"] = "1"  # a bench of the window is no bench of the key derivation
    asyncio.run(_fill(folder, password, orders, listings))
