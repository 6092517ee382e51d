"""A client at its fake server over a loopback socket, with the fake's control room, and what the live tests of all vendors check.

For vendors whose fake serves all its hosts. A check in here may be strict for everybody, never lenient for one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.contracts import Account, Message, OutcomeState, Page, ProviderError, Receipt, Secret
from app.kit import MemoryTokens
from app.model import Listing, ListingRef, Money, Order, PriceChange, ShipmentNotice, StockChange, Window
from tests.support.serving import serve

Ends = dict[str, tuple[OutcomeState, Message | None]]


class World:
    """`make` builds the client; `paths` are the addresses beside `api` by purpose, all of them below the fake's."""

    def __init__(
        self, base: str, make: Callable[[httpx.AsyncClient, Account], Any], paths: Mapping[str, str] | Iterable[tuple[str, str]],
        secrets: Sequence[str], wrong: str = "",
    ) -> None:  # fmt: skip
        self.built = (base, make, paths, secrets)
        self.room = httpx.Client(base_url=f"{base}/_control", timeout=30)
        held = self.get("credentials")
        self.ahead = timedelta()
        account = Account(
            id="a", integration="x", environment="live", tokens=MemoryTokens(),
            urls={"api": base} | {purpose: base + path for purpose, path in dict(paths).items()}, now=self.now, nonce=lambda: "n", settings={k: v for k, v in held.items() if k not in secrets},
            secrets={k: Secret(wrong or held[k]) for k in secrets},
        )  # fmt: skip
        self.http = httpx.AsyncClient(base_url=base)
        self.client = make(self.http, account)
        self.rejects: list[Any] = []

    def stranger(self) -> World:
        """The same with a wrong key."""
        return World(*self.built, wrong="yanlisanahtar")

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def close(self) -> None:
        self.room.close()
        await self.http.aclose()

    def get(self, what: str) -> Any:
        return self.room.get(f"/{what}").raise_for_status().json()

    def post(self, what: str, data: Any) -> Any:
        return self.room.post(f"/{what}", json=data).raise_for_status().json()

    def switch(self, feature: str, on: bool = True) -> None:
        """'' is no switch."""
        if feature:
            self.post("switch", {"feature": feature, "on": on})

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

    def truth(self, days: float = 0) -> dict[str, dict[str, Any]]:
        """The fake's orders by remote id; those that changed in so many days, 0: all."""
        since = (self.now() - timedelta(days=days)).isoformat() if days else ""
        return {row["remote_id"]: row for row in self.get("orders") if row["updated_at"] > since}

    async def placed(self) -> Order:
        """An order that came just now, as the client reads it."""
        (key,) = self.post("orders", {"count": 1})["remote_ids"]
        return (await self.orders(1))[key]

    async def confirm(self, notice: ShipmentNotice) -> Any:
        (outcome,) = (await self.client.confirm_shipments([notice])).outcomes
        return outcome

    async def set_prices(self, changes: Sequence[PriceChange]) -> Ends:
        return await self.settled(await self.client.set_prices(changes), changes)

    async def set_stocks(self, changes: Sequence[StockChange]) -> Ends:
        return await self.settled(await self.client.set_stocks(changes), changes)

    async def settled(self, receipt: Receipt, changes: Sequence[PriceChange] | Sequence[StockChange]) -> Ends:
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


def rig(
    create: Callable[..., Any], make: Callable[[httpx.AsyncClient, Account], Any], secrets: Sequence[str], *, orders: int, listings: int,
    limits: bool, paths: Mapping[str, str] | None = None,
) -> tuple[Any, Any]:  # fmt: skip
    """The fixtures `base`, one server a module, and `world`, whose records are new for every test."""

    @pytest.fixture(scope="module")
    def base() -> Iterator[str]:
        with serve(create(seed=3).app) as url:
            yield url

    @pytest.fixture
    async def world(base: str) -> AsyncIterator[World]:
        made = World(base, make, paths or {}, secrets)
        made.post("reset", {"orders": orders, "listings": listings, "seed": 3})
        made.post("limits", {"on": limits})
        yield made
        await made.close()

    return base, world


# -- checks ------------------------------------------------------------------------------------------------------
def probe(world: World) -> Awaitable[Any]:
    return world.client.probe()


def read_orders(world: World) -> Awaitable[Any]:
    return world.orders()


def read_claims(world: World) -> Awaitable[Any]:
    return anext(world.client.claims(Window(world.now() - timedelta(days=1), world.now())))


async def a_wrong_key_is_refused(world: World, *doings: Callable[[World], Awaitable[Any]]) -> None:
    wrong = world.stranger()
    for doing in doings:
        with pytest.raises(ProviderError, match=r"auth\.refused"):
            await doing(wrong)
    await wrong.close()


def changed_as(one: Order, row: Mapping[str, Any], shift: timedelta = timedelta()) -> bool:
    """The order's last change is the truth's, `shift` later: the same second, told in UTC."""
    return (one.updated_at - shift).isoformat() == datetime.fromisoformat(row["updated_at"]).isoformat()


def equals_the_truth(one: Order, row: Mapping[str, Any], shift: timedelta = timedelta()) -> None:
    total = Money.of(row["total"], row["currency"])
    assert (one.number, one.buyer.name, one.total) == (row["number"], row["buyer"], total)
    assert changed_as(one, row, shift), f"{one.updated_at} is not {row['updated_at']}"


def lines_equal_the_truth(one: Order, row: Mapping[str, Any]) -> None:
    assert [(line.sku, line.quantity) for line in one.lines] == [(x["sku"], x["quantity"]) for x in row["lines"]]


async def all_orders_equal_the_truth(world: World) -> None:
    found, truth = await world.orders(days=60), world.truth()
    assert world.rejects == []
    assert found.keys() == truth.keys()
    for key, row in truth.items():
        equals_the_truth(found[key], row)
        lines_equal_the_truth(found[key], row)


def let_orders_move(world: World, pages: int) -> None:
    """After each of so many pages one comes and 25 change."""
    world.post("between", [{"new": 1, "touch": 25, "seed": n} for n in range(pages)])


async def nothing_is_lost(world: World, pages: int, days: float = 0) -> None:
    """Orders that move while the list is read are told, in the list or in the next one, as they are now."""
    let_orders_move(world, pages)
    found = await world.orders() | await world.orders(days=1)
    truth = world.truth(days)
    assert truth.keys() <= found.keys()
    assert [key for key, row in truth.items() if not changed_as(found[key], row)] == []


async def stocks_are_set(world: World, first: Listing, second: Listing) -> None:
    """7 of the first, none of the second."""
    ends = await world.set_stocks([StockChange("s1", ref(first), 7), StockChange("s2", ref(second), 0)])
    assert {state for state, _ in ends.values()} == {OutcomeState.DONE}


async def prices_and_stock_are_set(
    world: World, first: Listing, second: Listing, *more: PriceChange
) -> tuple[Money, Ends]:
    """The first one's new price; the ends of `more`. A listing that there is not is told so."""
    price = Money.of("9999.90", "TRY")
    prices = [
        PriceChange("p1", ref(first), price, was_list_price=first.list_price),
        PriceChange("p2", ListingRef("yok", "yok"), Money.of("5.00", "TRY")),
        *more,
    ]
    ends = await world.set_prices(prices)
    assert ends["p1"][0] is OutcomeState.DONE
    assert ends["p2"][1] is not None
    assert ends["p2"][1].code == "item.not_found"
    await stocks_are_set(world, first, second)
    return price, ends


#: For a test that arms `fault` at a page of a list.
FAULTS = pytest.mark.parametrize("fault", [{"kind": "status", "status": 500}, {"kind": "html"}, {"kind": "garbage"}])


async def a_failed_page_fails_the_list(world: World, fault: Mapping[str, Any], skip: int, days: float = 29) -> None:
    world.post("faults", {**fault, "skip": skip})
    with pytest.raises(ProviderError) as caught:
        await world.orders(days)
    assert caught.value.message.params["operation"] == "orders"
