"""Publishing as a person does it, in the window and on the command line alike: what a channel asks is read and kept, drafts are
planned from what is known, and what is ready becomes intents. No channel is told anything from here but through the outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec

from app.changes import OUTBOX, ChangeReport, Changes
from app.contracts import Message, ProviderError
from app.contracts.catalogue import Catalogue
from app.contracts.manifest import PublishingRules
from app.jobs.engine import Engine
from app.model import Attribute, AttributeValue, Category, Choice, ProductDraft, Vat
from app.publishing import Asked, Known, Planned, plan
from app.store import ConnectionRow, ListingQuery, OutboxFilter, Store, StoredListing
from app.store.audit import Action
from app.store.publishing import PRODUCT, own_key

CAPABILITY = "product_publishing"
JOB = "publishing"  # the kind of the jobs that ask a channel
FRESH = timedelta(days=7)
SLICE = 500  # drafts that are queued in one transaction
_MOST_LINES = 100_000
_draft = msgspec.json.Decoder(ProductDraft)


class Line(NamedTuple):
    """What became of one draft. `message`: why it was refused, or what it waits for."""

    sku: str
    title: str
    state: str
    message: Message | None
    remote_ref: str


class PublishingDesk:
    """`PublishingDesk(store, engine, catalogue, changes, now)`. What asks a channel raises ProviderError."""

    def __init__(
        self, store: Store, engine: Engine, catalogue: Catalogue, changes: Changes, now: Callable[[], datetime]
    ) -> None:
        self._store, self._engine, self._catalogue, self._changes, self.now = store, engine, catalogue, changes, now
        self._kept = store.publishing
        self._unfound: dict[int, set[str]] = {}  # brands that a channel was asked for and does not have by that name

    def can(self, row: ConnectionRow) -> bool:
        """Whether products can be published there: the client knows how, and the merchant's switch is on."""
        entry = self._catalogue.entries.get(row.integration)
        return entry is not None and CAPABILITY in entry.capabilities and row.switches.get(CAPABILITY, True)

    async def able(self) -> list[ConnectionRow]:
        """Connections that products can be published on, in their order."""
        return [row for row in await self._store.connections.list() if self.can(row)]

    def rules(self, row: ConnectionRow) -> PublishingRules:
        return self._catalogue.manifest(row.integration).publishing

    # -- what a channel asks -----------------------------------------------------------------------------------------
    async def tree(self, row: ConnectionRow, *, refresh: bool = False) -> None:
        """Have the channel's categories in the store: read when they never were, are older than a week, or are asked for anew.
        Old ones are better than none: they stay when the channel does not answer, unless they were asked for anew."""
        at = await self._kept.categories_at(row.id)
        if at is not None and not refresh and self._fresh(at):
            return

        async def question(provider: Any) -> list[Category]:
            return [one async for page in provider.categories() for one in page.items]

        try:
            found = await self._engine.ask(row, JOB, CAPABILITY, question)
        except ProviderError:
            if at is None or refresh:
                raise
            return
        await self._kept.keep_categories(row.id, found)

    async def attributes(
        self, row: ConnectionRow, ids: Iterable[str], *, refresh: bool = False
    ) -> dict[str, tuple[Attribute, ...]]:
        """By category id; read by the same rule as the tree."""
        wanted = sorted({one for one in ids if one})
        kept = await self._kept.attributes(row.id, wanted)
        found = {one: attributes for one, (_, attributes) in kept.items()}
        for one in wanted:
            if one in kept and not refresh and self._fresh(kept[one][0]):
                continue
            try:
                found[one] = await self._engine.ask(row, JOB, CAPABILITY, partial(_attributes, one))
            except ProviderError:
                if one not in kept or refresh:
                    raise
                continue
            await self._kept.keep_attributes(row.id, one, found[one])
        return found

    async def brands(self, row: ConnectionRow, name: str) -> tuple[Choice, ...]:
        """The channel's brands that match a name."""
        found: tuple[Choice, ...] = await self._engine.ask(
            row, JOB, CAPABILITY, lambda provider: provider.brands(name.strip())
        )
        return found

    def _fresh(self, at: datetime) -> bool:
        return bool(timedelta(0) <= self.now() - at < FRESH)

    async def _learn_brands(self, row: ConnectionRow, names: Iterable[str], known: Iterable[str]) -> bool:
        """Brands that the channel has by the very name, or takes as text, need no asking. Whether any was learnt."""
        unfound, learnt = self._unfound.setdefault(row.id, set()), False
        open_ = {own_key(name): name for name in names if own_key(name)}
        for key, name in sorted(open_.items()):
            if key in unfound or key in known:
                continue
            same = [one for one in await self.brands(row, name) if own_key(one.name) == key]
            if len(same) == 1:
                await self._kept.map_brand(row.id, name, same[0])
                learnt = True
            else:
                unfound.add(key)
        return learnt

    # -- planning ------------------------------------------------------------------------------------------------------
    async def asked(self, row: ConnectionRow, known: Sequence[Known]) -> Asked:
        """What the channel asks of these products, and what was answered before."""
        await self.tree(row)
        memory = await self._kept.memory(row.id)
        contents = [one.content for one in known if one.content is not None]
        if await self._learn_brands(row, (one.brand for one in contents), memory.brands):
            memory = await self._kept.memory(row.id)
        own = {own_key(one.content.category if one.content is not None else "") for one in known}
        answers = {memory.categories[key].id for key in own if key in memory.categories}
        found = [await self._kept.category(row.id, one) for one in sorted(answers)]
        categories = {one.id: one for one in found if one is not None}
        attributes = await self.attributes(row, [one.id for one in categories.values() if one.leaf])
        tree = bool(await self._kept.find_categories(row.id, limit=1))
        vat, currency = await self._money(row)
        return Asked(self.rules(row), memory, tree, categories, attributes, vat, currency)

    async def _money(self, row: ConnectionRow) -> tuple[Vat, str]:
        """How the channel's listings are priced, as one of them says."""
        rows = await self._store.listings.query(ListingQuery(connection_id=row.id, limit=1))
        stored = await self._store.listings.get_many([one.id for one in rows])
        listing = stored[0].listing if stored else None
        if listing is None:
            return Vat.INCLUDED, ""
        return listing.vat, listing.price.currency if listing.price is not None else ""

    async def known(self, row: ConnectionRow, skus: Sequence[str], source: int | None = None) -> list[Known]:
        """What the program knows of each SKU. `source`: the connection to copy from; else any other that has it."""
        contents = await self._kept.content(skus)
        products = {one.sku: one for one in await self._store.products.get_many(skus)}
        listings: dict[str, list[StoredListing]] = {}
        for one in await self._kept.listings_of(skus):
            listings.setdefault(one.listing.sku, []).append(one)
        return [
            Known(
                sku, contents.get(sku), products.get(sku),
                next((x for x in listings.get(sku, ()) if x.connection_id == row.id), None),
                _source(listings.get(sku, ()), row.id, source),
            )
            for sku in dict.fromkeys(skus)
        ]  # fmt: skip

    async def plan(self, row: ConnectionRow, skus: Sequence[str], source: int | None = None) -> list[Planned]:
        """Drafts and what is missing, in the order of the SKUs. Nothing is queued."""
        known = await self.known(row, skus, source)
        return plan(known, await self.asked(row, known))

    # -- sending -------------------------------------------------------------------------------------------------------
    async def send(self, row: ConnectionRow, planned: Sequence[Planned]) -> str:
        """Queue those without a problem; returns the name under which the outbox has them, '' when there is none."""
        drafts = [one.draft for one in planned if one.ready]
        if not drafts:
            return ""
        name = f"publish-{uuid4().hex}"
        for first in range(0, len(drafts), SLICE):
            await self._kept.want(row.id, drafts[first : first + SLICE], plan=name)
        await self._store.audit.note(Action.PRODUCT_WISHED, connection_id=row.id, details={"count": len(drafts)})
        self._changes.publish(ChangeReport(OUTBOX, source="user"))
        if self._engine.scheduler is not None:
            self._engine.scheduler.hurry("send", row.id)
        return name

    async def results(self, name: str) -> list[Line]:
        """What became of each draft of a sending, in the order in which they were queued."""
        rows = await self._store.outbox.query(OutboxFilter(kinds=(PRODUCT,), plan=name), 0, _MOST_LINES)
        found = []
        for row in reversed(rows):
            draft = _draft.decode(row.payload)
            found.append(Line(draft.sku, draft.title, row.state, row.message, row.remote_ref))
        return found


def path_of(category: Category) -> str:
    """Clothing › T-shirts."""
    return " › ".join(category.path)


def value_text(attribute: Attribute, value: AttributeValue) -> str:
    """A value as a person reads it."""
    return value.text or next((x.name for x in attribute.choices if x.id == value.choice_id), value.choice_id)


async def _attributes(category_id: str, provider: Any) -> tuple[Attribute, ...]:
    found: tuple[Attribute, ...] = await provider.attributes(category_id)
    return found


def _source(listings: Sequence[StoredListing], target: int, source: int | None) -> StoredListing | None:
    """The listing to copy from: that of the connection meant, else the first of another channel that has a price."""
    others = [one for one in listings if one.connection_id != target and source in (None, one.connection_id)]
    return next((one for one in others if one.listing.price is not None), others[0] if others else None)
