"""The process that gets killed: opens a workspace, pulls and pushes prices until it dies. Run by test_kill.py."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from decimal import Decimal
from pathlib import Path

from app.console import open_console, utc_now
from app.contracts import Secret
from app.jobs.connect import Wish
from app.model import Money
from app.store.listing_query import ListingQuery


async def work(folder: Path, address: str, secrets: dict[str, str], seed: int, once: bool) -> None:
    began = time.monotonic()
    console = await open_console(folder, unlock=Secret("a password for tests"))
    opened = time.monotonic() - began
    row = await console.store.connections.by_name("shop")
    if row is None:
        row = await console.connecting.save(Wish("woocommerce", "shop", "live", secrets, address), utc_now())
    print(json.dumps({"ready": opened}), flush=True)
    step = 0
    while True:
        await console.engine.sync_orders(row)
        await console.engine.sync_listings(row)
        if once:
            await console.engine.settle_all(row, patience_s=20)
            await console.engine.sync_listings(row, full=True)
            trouble = await console.store.integrity()
            await console.close()
            print(json.dumps({"integrity": trouble}), flush=True)
            return
        for listing in await console.store.listings.query(ListingQuery(limit=5, offset=(seed * 7 + step) % 40)):
            if listing.price_micros is not None:
                amount = Decimal(100 + seed * 50 + step) + Decimal("0.90")
                await console.store.listings.want_price(listing.id, Money(amount, listing.currency))
                print(json.dumps({"sku": listing.sku, "price": f"{amount:.2f}"}), flush=True)
        await console.engine.settle_all(row, patience_s=20)
        step += 1


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]), int(sys.argv[4]), sys.argv[5] == "once"))
