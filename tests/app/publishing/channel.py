"""A small channel that takes products, and an engine on it without any network: what the publishing tests stand on."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from app.api.publishing_desk import PublishingDesk
from app.changes import Changes
from app.contracts import Message, Outcome, OutcomeState, Page, Receipt, fail
from app.contracts.manifest import PublishingRules, Sizes
from app.http.samples import SampleRing
from app.jobs.engine import Engine
from app.jobs.links import Link
from app.model import Attribute, AttributeValue, Category, Choice, Listing, Money, ProductDraft
from app.store import ConnectionRow, Store
from app.store.publishing import own_key

T0 = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SHOES, SHIRTS = Category("10", ("Ayakkabı", "Bot")), Category("20", ("Giyim", "Tişört"))
COLOUR = Attribute("c", "Renk", required=True, varies=True, choices=(Choice("1", "Kırmızı"), Choice("2", "Mavi")))
ORIGIN = Attribute("o", "Menşei", required=True, free=True)
MATERIAL = Attribute("m", "Malzeme", several=True, choices=(Choice("7", "Pamuk"), Choice("8", "Keten")))


class Clock:
    def __init__(self) -> None:
        self.now = T0

    def __call__(self) -> datetime:
        return self.now

    def move(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Channel:
    """`lost`: so many answers are lost after the channel acted. `later`: results come with a ticket, at the second asking."""

    held: dict[str, ProductDraft] = field(default_factory=dict)
    created: Counter[str] = field(default_factory=Counter)
    batches: list[list[ProductDraft]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    lost: int = 0
    later: bool = False
    asked: Counter[str] = field(default_factory=Counter)
    down: bool = False
    #: False: a channel that makes a listing whenever it is told of none, as no channel of the contract may.
    idempotent: bool = True

    async def categories(self) -> AsyncIterator[Page[Category]]:
        self._up("categories")
        yield Page((Category("1", ("Ayakkabı",), leaf=False), SHOES))
        yield Page((SHIRTS,))

    async def attributes(self, category_id: str) -> tuple[Attribute, ...]:
        self._up(f"attributes {category_id}")
        return (COLOUR, ORIGIN, MATERIAL) if category_id == SHIRTS.id else (ORIGIN,)

    async def brands(self, name: str) -> tuple[Choice, ...]:
        self._up(f"brands {name}")
        held = (Choice("b1", "Işık"), Choice("b2", "Işık Tekstil"))
        return tuple(one for one in held if own_key(name) in own_key(one.name))

    async def publish_products(self, drafts: Sequence[ProductDraft]) -> Receipt:
        self._up("publish")
        self.batches.append(list(drafts))
        outcomes = [self._take(one) for one in drafts]
        if self.lost:
            self.lost -= 1
            raise fail(Message("net.cut", {"sent": "yes"}))
        if self.later:
            return Receipt(tuple(Outcome(one.key, OutcomeState.PENDING) for one in drafts), f"t{len(self.batches)}")
        return Receipt(tuple(outcomes))

    async def publish_result(self, ticket: str, drafts: Sequence[ProductDraft]) -> Receipt:
        self._up(f"result {ticket}")
        if self.asked[f"result {ticket}"] == 1:
            return Receipt(tuple(Outcome(one.key, OutcomeState.PENDING) for one in drafts), ticket)
        return Receipt(tuple(self._outcome(one) for one in drafts), ticket)

    async def listings(self, since: datetime | None) -> AsyncIterator[Page[Listing]]:
        self._up("listings")
        yield Page(tuple(
            Listing(f"r-{sku}", sku, one.title, one.price, stock=one.quantity, extra={"handle": sku})
            for sku, one in self.held.items()
        ))  # fmt: skip

    def _up(self, name: str) -> None:
        self.asked[name] += 1
        if self.down:
            raise fail(Message("server.unavailable"))

    def _take(self, draft: ProductDraft) -> Outcome:
        if draft.sku not in self.refused:
            if draft.sku not in self.held or not (self.idempotent or draft.remote_id):
                self.created[draft.sku] += 1
            self.held[draft.sku] = draft
        return self._outcome(draft)

    def _outcome(self, draft: ProductDraft) -> Outcome:
        if draft.sku in self.refused:
            return Outcome(draft.key, OutcomeState.REFUSED, Message("item.refused", vendor_text="Görsel küçük"))
        return Outcome(draft.key, OutcomeState.DONE, remote_ref=f"r-{draft.sku}")


class Links:
    """As much of `app.jobs.links.Links` as the engine uses."""

    def __init__(self, store: Store, channel: Channel, batch: int) -> None:
        self._store, self._channel = store, channel
        self.capabilities = ("listing_source", "product_publishing")
        self.held = SimpleNamespace(
            sizes=Sizes(products=batch), capabilities=self.capabilities, category="marketplace-tr", limits=(), lag_s=0,
            full_listings_every_h=0, publishing=PublishingRules(title=20, barcode=True),
        )  # fmt: skip

    async def get(self, connection_id: int) -> Link:
        row = await self._store.connections.get(connection_id)
        return Link(row, self.held, None, self._channel, None)  # type: ignore[arg-type]

    def manifest(self, _integration: str) -> Any:
        return self.held

    def explained(self, _row: ConnectionRow, message: Message) -> Message:
        return message

    async def keep_learnt(self, _account: str) -> None:
        return None


@dataclass
class Rig:
    store: Store
    engine: Engine
    desk: PublishingDesk
    channel: Channel
    row: ConnectionRow
    other: ConnectionRow
    clock: Clock

    async def listing(self, sku: str, price: str | None = "100.00", **more: Any) -> None:
        """A listing on the other channel."""
        money = None if price is None else Money(Decimal(price), "TRY")
        whole = {"title": f"Ürün {sku}", "stock": 5, "barcode": f"869{sku[-1]}", **more}
        one = Listing(remote_id=f"x-{sku}", sku=sku, price=money, **whole)
        await self.store.listings.apply_page(self.other.id, self.other.account_id, Page((one,)), now=self.clock())

    async def content(self, sku: str, **fields: Any) -> None:
        whole = {"category": "Tişört", "images": ("https://cdn.example/1.jpg",), "attributes": {"renk": "kırmızı"}}
        await self.store.publishing.put_content([(sku, {**whole, **fields})])

    async def answered(self) -> None:
        """What a merchant has answered once for the channel."""
        await self.store.publishing.map_category(self.row.id, "Tişört", SHIRTS)
        await self.store.publishing.map_value(self.row.id, SHIRTS.id, "o", "", [AttributeValue("o", text="Türkiye")])

    async def send(self, *skus: str) -> str:
        name = await self.desk.send(self.row, await self.desk.plan(self.row, skus))
        await self.engine.send(self.row)
        return name


async def make_rig(store: Store, clock: Clock, *, batch: int = 10) -> Rig:
    channel, changes = Channel(), Changes()
    for account in ("acc", "other"):
        await store.accounts.add(account, "trendyol", "live")
    on = {"product_publishing": True, "listing_source": True}
    row = await store.connections.add("Pazar", "trendyol", "acc", "live", on)
    other = await store.connections.add("Dükkân", "woocommerce", "other", "live", {"listing_source": True})
    links = Links(store, channel, batch)
    engine = Engine(store, links, changes, SampleRing(), clock)  # type: ignore[arg-type]
    entry = SimpleNamespace(capabilities=links.capabilities)
    catalogue = SimpleNamespace(entries={"trendyol": entry}, manifest=links.manifest)
    desk = PublishingDesk(store, engine, catalogue, changes, clock)  # type: ignore[arg-type]
    return Rig(store, engine, desk, channel, row, other, clock)
