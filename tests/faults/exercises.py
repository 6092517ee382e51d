"""What a client is made to do while its answers are mutated: one exercise a capability, so that a new client joins by itself.

An exercise is prepared on the living fake and gives a function that can be run on any client of the integration.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from app.contracts import Outcome, OutcomeState
from app.contracts.results import Page, Reject
from app.model import Category, Order, OrderStatus, Window, parse_iso
from tests.contract.rig import Rig, orders_of
from tests.contract.suite_carrier import request
from tests.contract.suite_publishing import BRAND, drafts
from tests.contract.suite_writes import notice, price_changes, shippable, stock_changes, usable

POLLS = 4


@dataclass
class Got:
    """What one run gave: rows by (kind, key), the key as the store would use it."""

    rows: dict[tuple[str, str], Any] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    pages: list[Page[Any]] = field(default_factory=list)

    async def collect(self, pages: AsyncIterator[Page[Any]]) -> None:
        async for page in pages:
            self.pages.append(page)
            self.rejects += page.rejects
            for item in page.items:
                self.rows[type(item).__name__, item.id if isinstance(item, Category) else item.remote_id] = item

    def add(self, item: Any, key: str) -> None:
        self.rows[type(item).__name__, key] = item


Run = Callable[[Any, Got], Awaitable[None]]
Prepare = Callable[[Rig], Awaitable[Run]]


@dataclass(frozen=True)
class Exercise:
    name: str
    needs: frozenset[str]
    prepare: Prepare
    writes: bool = False


EXERCISES: list[Exercise] = []


def exercise(*needs: str, writes: bool = False) -> Callable[[Prepare], Prepare]:
    def keep(prepare: Prepare) -> Prepare:
        EXERCISES.append(Exercise(prepare.__name__, frozenset(needs), prepare, writes))
        return prepare

    return keep


async def _some_orders(rig: Rig, count: int) -> Window:
    """A short window that holds orders."""
    rig.reset(orders=count, seed=3)
    while not rig.truth("orders"):
        rig.post("orders", {"count": 1})
    rig.advance(rig.peculiar.visible_after_s + 1)
    newest = sorted(parse_iso(row["updated_at"]) for row in rig.truth("orders"))[-8:]
    return Window(max(newest[0] - timedelta(seconds=5), rig.now() - timedelta(days=10)), rig.now())


@exercise("probe")
async def probe(rig: Rig) -> Run:
    rig.reset(orders=3, listings=3)

    async def run(client: Any, got: Got) -> None:
        got.add(await client.probe(), "probe")

    return run


@exercise("order_source")
async def orders(rig: Rig) -> Run:
    window = await _some_orders(rig, 12)

    async def run(client: Any, got: Got) -> None:
        await got.collect(client.orders(window))

    return run


@exercise("order_source")
async def orders_over_pages(rig: Rig) -> Run:
    """As many as fill more than one page: what is done to the cursor must not make a short list of it."""
    size = min(rig.subject.manifest.sizes.orders or 50, 100)
    rig.reset(orders=0)
    since = rig.now() - timedelta(seconds=1)
    rig.post("orders", {"count": size + 3})
    rig.advance(rig.peculiar.visible_after_s + 1)
    window = Window(since, rig.now())

    async def run(client: Any, got: Got) -> None:
        await got.collect(client.orders(window))

    return run


@exercise("order_source")
async def order(rig: Rig) -> Run:
    await _some_orders(rig, 12)
    number = rig.truth("orders")[-1]["number"]

    async def run(client: Any, got: Got) -> None:
        for one in await client.order(number):
            got.add(one, one.remote_id)
            got.pages.append(Page((one,)))

    return run


@exercise("listing_source")
async def listings(rig: Rig) -> Run:
    rig.reset(listings=8, seed=3)

    async def run(client: Any, got: Got) -> None:
        await got.collect(client.listings(None))

    return run


@exercise("order_source", "label_source")
async def labels(rig: Rig) -> Run:
    await _some_orders(rig, 30)
    provider = rig.provider()
    found: list[Order] = []
    for one in orders_of(await rig.pull(provider, rig.beginning())).values():
        if one.status is OrderStatus.OPEN and await provider.label(one):
            found.append(one)
            break

    async def run(client: Any, got: Got) -> None:
        for one in found:
            for number, label in enumerate(await client.label(one)):
                got.add(label, f"{one.remote_id}:{number}")

    return run


@exercise("claims")
async def claims(rig: Rig) -> Run:
    rig.reset(orders=60)
    window = Window(rig.now() - timedelta(days=10), rig.now())

    async def run(client: Any, got: Got) -> None:
        await got.collect(client.claims(window))

    return run


@exercise("settlements")
async def settlements(rig: Rig) -> Run:
    rig.reset(orders=20)
    window = Window(rig.now() - timedelta(days=12), rig.now())

    async def run(client: Any, got: Got) -> None:
        await got.collect(client.settlements(window))

    return run


async def _push(client: Any, method: str, changes: Any, got: Got) -> None:
    receipt = await getattr(client, method)(changes)
    outcomes = {one.key: one for one in receipt.outcomes}
    for _ in range(POLLS):
        pending = [one for one in changes if one.key in outcomes and outcomes[one.key].state is OutcomeState.PENDING]
        if not pending or not hasattr(client, "batch_result"):
            break
        answer = await client.batch_result(receipt.ticket, pending)
        outcomes |= {one.key: one for one in answer.outcomes}
    for key, one in outcomes.items():
        got.add(one, key)


def _pushing(method: str) -> Prepare:
    async def prepare(rig: Rig) -> Run:
        rig.reset(listings=20)
        provider = rig.provider()
        chosen = await usable(rig, provider, 3, least=1)
        if method == "set_prices":
            changes: Any = price_changes(chosen, Decimal("1.15"))
        else:
            changes = stock_changes(rig, chosen, (3, 0, 7))

        async def run(client: Any, got: Got) -> None:
            await _push(client, method, changes, got)

        return run

    prepare.__name__ = method
    return prepare


exercise("listing_source", "price_sink", writes=True)(_pushing("set_prices"))
exercise("listing_source", "stock_sink", writes=True)(_pushing("set_stocks"))


@exercise("order_source", "shipment_sink", writes=True)
async def confirm_shipments(rig: Rig) -> Run:
    told = notice(rig, await shippable(rig, rig.provider()))

    async def run(client: Any, got: Got) -> None:
        for one in (await client.confirm_shipments([told])).outcomes:
            got.add(one, one.key)

    return run


@exercise("carrier", writes=True)
async def carrier(rig: Rig) -> Run:
    asked = request("PX0000000007")

    async def run(client: Any, got: Got) -> None:
        made = await client.create(asked)
        got.add(made, f"made:{made.reference}")
        found = await client.find(asked.reference)
        if found is not None:
            got.add(found, f"found:{found.reference}")
        ended: Outcome = await client.cancel(asked.reference)
        got.add(ended, ended.key)

    return run


@exercise("carrier", "tracking")
async def tracking(rig: Rig) -> Run:
    references = ["PX0000000004", "PX0000000005", "PX0000000006"]
    provider = rig.provider()
    for one in references:
        await provider.create(request(one))
    rig.advance(3 * 24 * 3600)

    async def run(client: Any, got: Got) -> None:
        for one in await client.track(references):
            got.add(one, one.reference)

    return run


@exercise("rates")
async def rates(rig: Rig) -> Run:
    async def run(client: Any, got: Got) -> None:
        for one in await client.rates(request("")):
            got.add(one, one.service)

    return run


@exercise("product_publishing", writes=True)
async def publishing(rig: Rig) -> Run:
    """The tree, what a category asks, a brand, and two products with their later results."""
    wanted = await drafts(rig, rig.provider(), 2)

    async def run(client: Any, got: Got) -> None:
        await got.collect(client.categories())
        for asked in await client.attributes(wanted[0].category_id):
            got.add(asked, f"attribute:{asked.id}")
        for brand in await client.brands(BRAND):
            got.add(brand, f"brand:{brand.name}")
        receipt = await client.publish_products(wanted)
        outcomes = {one.key: one for one in receipt.outcomes}
        for _ in range(POLLS):
            pending = [one for one in wanted if one.key in outcomes and outcomes[one.key].state is OutcomeState.PENDING]
            if not pending:
                break
            outcomes |= {one.key: one for one in (await client.publish_result(receipt.ticket, pending)).outcomes}
        for key, one in outcomes.items():
            got.add(one, key)

    return run
