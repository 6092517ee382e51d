"""A console wired to one rehearsal server, without a vault: what the jobs do, seen from the store and from the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from app.console import Console, RehearsalKeys, assemble, utc_now
from app.jobs.connect import Wish
from app.store import Store
from app.store.connections import ConnectionRow
from app.store.workspace import Workspace, WorkspaceKind
from tests.support.serving import serve


@dataclass
class Bench:
    console: Console
    row: ConnectionRow
    control: httpx.Client
    address: str

    def truth(self, what: str) -> dict[str, Any]:
        key = {"orders": "remote_id", "listings": "sku"}[what]
        return {one[key]: one for one in self.control.get(f"/_control/{what}").json()}

    def fault(self, **fault: Any) -> None:
        assert self.control.post("/_control/faults", json=fault).status_code == 200

    def calls(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control.get("/_control/calls").json()
        return found

    async def remote_ids(self) -> set[str]:
        from app.store.order_query import OrderQuery

        rows = await self.console.store.orders.query(OrderQuery(limit=10_000, superseded=True))
        assert len(rows) == len({r.remote_id for r in rows})
        return {r.remote_id for r in rows}


def build(integration: str, module: str, *, orders: int, listings: int):
    @pytest.fixture
    async def bench(tmp_path):
        import importlib

        sandbox = importlib.import_module(f"providers.sandboxes.{module}").create(
            seed=4, orders=orders, listings=listings
        )
        with serve(sandbox.app) as address, httpx.Client(base_url=address) as control:
            workspace = Workspace(tmp_path / "ws")
            workspace.prepare(WorkspaceKind.REHEARSAL)
            store = await Store.open(workspace.store, now=utc_now)
            console = assemble(workspace, workspace.acquire(), store, RehearsalKeys(), None)
            held = {k: v for k, v in control.get("/_control/credentials").json().items() if v}
            row = await console.connecting.save(Wish(integration, "Mağaza", "live", held, address), utc_now())
            try:
                yield Bench(console, row, control, address)
            finally:
                await console.close()

    return bench


woo = build("woocommerce", "woocommerce", orders=120, listings=15)
trendyol = build("trendyol", "trendyol", orders=40, listings=60)
