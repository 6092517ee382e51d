"""A client at its fake server over a loopback socket, with the fake's control room; for vendors whose fake serves all its hosts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from app.contracts import Account, Message, OutcomeState, Page, Receipt, Secret
from app.kit import MemoryTokens
from app.model import Listing, ListingRef, Order, PriceChange, StockChange, Window


class World:
    """`make` builds the client; `purposes` are the addresses beside `api`, all of them the fake's."""

    def __init__(
        self, base: str, make: Callable[[httpx.AsyncClient, Account], Any], purposes: Sequence[str], secrets: Sequence[str],
        wrong: str = "",
    ) -> None:  # fmt: skip
        self.room = httpx.Client(base_url=f"{base}/_control", timeout=30)
        held = self.get("credentials")
        self.ahead = timedelta()
        account = Account(
            id="a", integration="x", environment="live", urls=dict.fromkeys(("api", *purposes), base), tokens=MemoryTokens(),
            now=self.now, nonce=lambda: "n", settings={k: v for k, v in held.items() if k not in secrets},
            secrets={k: Secret(wrong or held[k]) for k in secrets},
        )  # fmt: skip
        self.http = httpx.AsyncClient(base_url=base)
        self.client = make(self.http, account)
        self.rejects: list[Any] = []

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def close(self) -> None:
        self.room.close()
        await self.http.aclose()

    def get(self, what: str) -> Any:
        return self.room.get(f"/{what}").raise_for_status().json()

    def post(self, what: str, data: Any) -> Any:
        return self.room.post(f"/{what}", json=data).raise_for_status().json()

    def advance(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)
        self.post("clock", {"advance": seconds})

    async def orders(self, days: float = 29) -> dict[str, Order]:
        now = self.now()
        pages: list[Page[Order]] = [p async for p in self.client.orders(Window(now - timedelta(days=days), now))]
        self.rejects = [one for page in pages for one in page.rejects]
        return {one.remote_id: one for page in pages for one in page.items}

    async def listings(self) -> dict[str, Listing]:
        return {x.remote_id: x async for page in self.client.listings(None) for x in page.items}

    async def settled(
        self, receipt: Receipt, changes: Sequence[PriceChange] | Sequence[StockChange]
    ) -> dict[str, tuple[OutcomeState, Message | None]]:
        """Every item's end; the clock is moved on instead of waiting."""
        outcomes = {one.key: one for one in receipt.outcomes}
        for _ in range(20):
            pending = [one for one in changes if outcomes[one.key].state is OutcomeState.PENDING]
            if not pending:
                return {key: (one.state, one.message) for key, one in outcomes.items()}
            self.advance(20)
            outcomes |= {o.key: o for o in (await self.client.batch_result(receipt.ticket, pending)).outcomes}
        raise AssertionError(f"never settled: {outcomes}")


def ref(one: Listing) -> ListingRef:
    return ListingRef(one.remote_id, one.sku, one.barcode, dict(one.extra))
