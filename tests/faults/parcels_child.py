"""The process that gets killed between a carrier's yes and its being written down. Run by test_parcels_killed.py."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import app.jobs.carrying
from app.console import open_console, utc_now
from app.contracts import Page, Secret
from app.jobs.connect import Wish
from app.model import ShipmentRequest
from app.shipping.desk import ShippingDesk, Wanted
from app.store import ParcelQuery
from tests.app.shipping.making import order

COUNT = 12


async def work(folder: Path, address: str, held: dict[str, str], stop_after: int) -> None:
    app.jobs.carrying.LOOK_AFTER_S = 0.1
    console = await open_console(folder, unlock=Secret("a password for tests"))
    store = console.store
    carrier = await store.connections.by_name("Yurtiçi")
    if carrier is None:
        carrier = await console.connecting.save(Wish("yurtici_kargo", "Yurtiçi", "live", held, address), utc_now())
        await store.accounts.add("shop", "woocommerce", "live")
        channel = await store.connections.add("Dükkân", "woocommerce", "shop", "live")
        await store.orders.apply_page(
            channel.id, "shop", Page(tuple(order(str(n)) for n in range(COUNT))), now=utc_now()
        )
        desk = ShippingDesk(store, console.catalogue, console.changes)
        for draft in await desk.drafts([Wanted((n,), carrier.id) for n in range(1, COUNT + 1)]):
            assert (await desk.send(draft)).parcel
    link = await console.engine.links.get(carrier.id)
    real, done = link.provider.create, 0

    async def create(request: ShipmentRequest) -> Any:
        nonlocal done
        made = await real(request)
        done += 1
        if done >= stop_after:
            print(json.dumps({"made": request.reference}), flush=True)
            await asyncio.sleep(60)  # the carrier has it; nothing here knows
        return made

    link.provider.create = create
    print(json.dumps({"ready": True}), flush=True)
    for _ in range(60):
        await console.engine.send(carrier)
        if not set(await store.outbox.counts()) - {"done"}:
            break
        await asyncio.sleep(0.2)
    rows = await store.parcels.query(ParcelQuery(limit=100))
    print(json.dumps({"parcels": {row.reference: row.state for row in rows}}), flush=True)
    await console.close()


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]), int(sys.argv[4])))
