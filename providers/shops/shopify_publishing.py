"""Publishing in a Shopify shop: a product a call by productSet, one that is there by its parts, then onto the online store.
Must never make a second product of an SKU or group: it is looked for by SKU, and made at an address that is always the same.

Source of the facts: see shopify_products.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import msgspec

from app.contracts import Message, Outcome, OutcomeState, Page, ProviderError, Receipt, fail
from app.model import Attribute, Category, Choice, ListingRef, ProductDraft, StockChange
from providers.marketplaces.drafts import joined, lacking, missing
from providers.shops import shopify_products as products
from providers.shops import shopify_queries as queries
from providers.shops import shopify_taxonomy as taxonomy
from providers.shops import shopify_writes as writes
from providers.shops.shopify_base import Tally
from providers.shops.shopify_errors import UserError, as_refusal
from providers.shops.shopify_products import Product
from providers.shops.shopify_sinks import ShopifySinks


class _Job(msgspec.Struct):
    """What one product is told: `product` is its id ('' for a new one), `handle` where a new one is made; `known` the ids of the
    drafts' variants by SKU."""

    handle: str
    members: list[ProductDraft]
    product: str = ""
    found: Product | None = None
    known: dict[str, str] = {}


class _Shelf(msgspec.Struct, frozen=True):
    """Where things go: the stock location and the online store's publications."""

    place: str
    stores: list[str]


class ShopifyPublishing(ShopifySinks):
    """The capability `product_publishing`."""

    # -- what the shop asks ------------------------------------------------------------------------------------------
    async def categories(self) -> AsyncIterator[Page[Category]]:
        """Shopify's standard taxonomy (in English), some 10,000 of them: its top, then all below each of these."""
        tops: list[str] = []
        async for page in self._categories(None):
            tops += [one.id for one in page.items]
            yield page
        for top in tops:
            async for page in self._categories(top):
                yield page

    async def _categories(self, below: str | None) -> AsyncIterator[Page[Category]]:
        after: str | None = None
        while True:
            reply = await self._send(taxonomy.categories_request(self.account, below, after))
            page, following = taxonomy.parse_categories(reply)
            yield page
            if following is None:
                return
            if following == after:
                raise fail(Message("answer.unexpected", {"operation": "categories", "reason": "a page follows itself"}))
            after = following

    async def attributes(self, category_id: str) -> tuple[Attribute, ...]:
        """Options for variants, in any words; no category asks for one."""
        del category_id
        return taxonomy.options()

    async def brands(self, name: str) -> tuple[Choice, ...]:
        """Shopify's vendor is any text."""
        return (Choice("", name.strip()),) if name.strip() else ()

    # -- publishing --------------------------------------------------------------------------------------------------
    async def publish_products(self, drafts: Sequence[ProductDraft]) -> Receipt:
        """Finished when it returns; Shopify fetches the pictures a little later."""
        currency = await self._its_currency()
        stores = products.parse_storefronts(await self._send(products.publications_request(self.account)))
        shelf, tally = _Shelf(await self._its_place(), stores), Tally()
        good: dict[str, ProductDraft] = {}
        for one in drafts:
            message = products.refused_draft(one, currency)
            if message is None and one.sku in good:
                message = Message("item.duplicate", {"sku": one.sku}, field="sku")
            if message is None:
                good[one.sku] = one
            else:
                tally.refused(one.key, message)
        for job in await self._jobs(list(good.values()), tally):
            if tally.broken is None:
                try:
                    await self._publish(job, shelf, tally)
                except ProviderError as error:  # of a look; what fails in a write is told to the tally at once
                    tally.failed(error, acted=False)
        return tally.receipt([one.key for one in drafts])

    async def publish_result(self, ticket: str, drafts: Sequence[ProductDraft]) -> Receipt:
        """There is nothing to wait for: what was not told at once is not known, and goes again as a look and an update."""
        del ticket
        return Receipt(tuple(missing(one.key) for one in drafts))

    async def _jobs(self, drafts: Sequence[ProductDraft], tally: Tally) -> list[_Job]:
        """One a product, in the order of the drafts."""
        sight = await self._look(drafts)
        jobs: dict[str, _Job] = {}
        grouped: dict[str, str] = {}  # the group's product, where one of its variants is there
        for one in drafts:
            if one.group and one.key in sight:
                grouped.setdefault(one.group, sight[one.key][1])
        for one in drafts:
            variant, product = sight.get(one.key, ("", grouped.get(one.group, "")))
            if one.remote_id and not product:
                tally.refused(one.key, Message("item.not_found", {"sku": one.sku}))
                continue
            handle = products.handle_of(one.group or one.sku)
            job = jobs.setdefault(product or handle, _Job(handle, [], product, known={}))
            job.members.append(one)
            if variant:
                job.known[one.sku] = variant
        return list(jobs.values())

    async def _look(self, drafts: Sequence[ProductDraft]) -> dict[str, tuple[str, str]]:
        """(variant, product) by our key, of those that are there."""
        skus = [one.sku for one in drafts if not one.remote_id]
        by_sku: dict[str, tuple[str, str]] = {}
        for part in writes.chunks(skus, products.LOOKED_UP):
            after: str | None = None
            while True:
                reply = await self._send(products.variants_request(self.account, part, after))
                found, following = products.parse_variants(reply)
                for row in found:
                    if row.sku and row.product is not None:
                        by_sku.setdefault(row.sku, (row.id, row.product.id))  # of several the oldest
                if following is None:
                    break
                if following == after:
                    raise fail(Message("answer.unexpected", {"reason": "a page follows itself"}))
                after = following
        told = {one.key: by_sku[one.sku] for one in drafts if not one.remote_id and one.sku in by_sku}
        known = {one.key: one.remote_id for one in drafts if one.remote_id}
        for ids in writes.chunks(known.values(), queries.LOOKUP_SIZE):
            owners = writes.parse_products(await self._send(queries.products_request(self.account, ids)))
            told |= {key: (id_, owners[id_]) for key, id_ in known.items() if id_ in owners}
        return told

    async def _publish(self, job: _Job, shelf: _Shelf, tally: Tally) -> None:
        if job.product or job.members[0].group:
            look = products.product_request(self.account, id_=job.product, handle=job.handle)
            job.found = products.parse_product(await self._send(look))
        if job.found is None and job.product:  # deleted while we read
            for one in job.members:
                tally.refused(one.key, Message("item.not_found", {"sku": one.sku}))
            return
        if job.found is not None:
            job.product = job.found.id
            there = {row.sku: row.id for row in job.found.variants.nodes if row.sku}
            job.known = {one.sku: there[one.sku] for one in job.members if one.sku in there} | job.known
        if job.product:
            await self._change(job, shelf, tally)
        else:
            await self._create(job, shelf, tally)

    async def _create(self, job: _Job, shelf: _Shelf, tally: Tally) -> None:
        names, message = products.options_of(job.members)
        if message is not None:
            for one in job.members:
                tally.refused(one.key, message)
            return
        product = products.new_input(job.members, names, job.handle, shelf.place)
        call = products.create_request(self.account, job.handle, product, len(job.members))
        try:
            made = products.parse_set(await self._send(call))
        except ProviderError as error:
            tally.failed(error, acted=True)
            return
        tally.sent = True
        if made.errors:
            _refuse(job.members, made.errors, tally)
            return
        ends = {one.key: _end(one, made.variants) for one in job.members}
        await self._show(made.product, ends, shelf, tally)

    async def _change(self, job: _Job, shelf: _Shelf, tally: Tally) -> None:
        """The product's content, its variants' prices, their stock; then variants that it does not have yet. A variant that is told
        without its group has no say in what all variants share."""
        first = job.members[0]
        if first.group or (job.found is not None and len(job.found.variants.nodes) == 1):
            call = products.content_request(self.account, job.product, products.content_of(first))
            try:
                told = products.parse_set(await self._send(call))
            except ProviderError as error:
                tally.failed(error, acted=True)
                return
            tally.sent = True
            if told.errors:
                _refuse(job.members, told.errors, tally)
                return
        old = [one for one in job.members if one.sku in job.known]
        ends = await self._change_variants(job, old)
        ends |= await self._add(job, [one for one in job.members if one.sku not in job.known], shelf)
        tally.sent = True
        await self._show(job.product, ends, shelf, tally)

    async def _change_variants(self, job: _Job, drafts: Sequence[ProductDraft]) -> dict[str, Outcome]:
        priced, ends = Tally(), dict[str, Outcome]()
        priced.sent = True
        if drafts:
            rows = [(one.key, products.changed_row(one, job.known[one.sku])) for one in drafts]
            await self._price(job.product, rows, priced)
        first = {one.key: one for one in priced.receipt([one.key for one in drafts]).outcomes}
        going = [one for one in drafts if first[one.key].state is OutcomeState.DONE]
        changes = [
            StockChange(one.key, ListingRef(job.known[one.sku], one.sku, one.barcode), one.quantity) for one in going
        ]
        try:
            stocked = (await self.set_stocks(changes)).outcomes if changes else ()
        except ProviderError as error:
            stocked = tuple(Outcome(one.key, OutcomeState.UNKNOWN, error.message) for one in going)
        second = {one.key: one for one in stocked}
        for one in drafts:
            parts = [first[one.key], *([second[one.key]] if one.key in second else [])]
            ends[one.key] = joined(one.key, parts, job.known[one.sku])
        return ends

    async def _add(self, job: _Job, drafts: Sequence[ProductDraft], shelf: _Shelf) -> dict[str, Outcome]:
        """More variants for a product that is there; each must answer every option of it."""
        names = job.found.option_names if job.found is not None else []
        ends: dict[str, Outcome] = {}
        ready: list[ProductDraft] = []
        for one in drafts:
            open_ = [name for name in names if name not in products.values_of(one)]
            if open_ or not names:
                message = lacking("attributes") if open_ in ([], [products.NO_OPTION]) else lacking(open_[0])
                ends[one.key] = Outcome(one.key, OutcomeState.REFUSED, message)
            else:
                ready.append(one)
        if not ready:
            return ends
        rows = [products.added_row(one, names, shelf.place) for one in ready]
        try:
            made = products.parse_added(await self._send(products.add_request(self.account, job.product, rows)))
        except ProviderError as error:
            return ends | {one.key: Outcome(one.key, OutcomeState.UNKNOWN, error.message) for one in ready}
        if made.errors:
            refused = Tally()
            _refuse(ready, made.errors, refused)
            return ends | refused.outcomes
        return ends | {one.key: _end(one, made.variants) for one in ready}

    async def _show(self, product: str, ends: dict[str, Outcome], shelf: _Shelf, tally: Tally) -> None:
        """Onto the online store: without it nobody sees the product. What does not come there is not done."""
        errors: list[UserError] = []
        done = [key for key, end in ends.items() if end.state is OutcomeState.DONE]
        if shelf.stores and done:
            try:
                call = products.publish_request(self.account, product, shelf.stores)
                errors = products.parse_published(await self._send(call))
            except ProviderError as error:
                ends = ends | {key: Outcome(key, OutcomeState.UNKNOWN, error.message) for key in done}
        if errors:
            message = as_refusal(errors[0], products.WORDS)
            ends = ends | {key: Outcome(key, OutcomeState.REFUSED, message) for key in done}
        tally.outcomes |= ends


def _end(draft: ProductDraft, variants: dict[str, str]) -> Outcome:
    """Done when the answer tells the variant; else nobody knows."""
    variant = variants.get(draft.sku, "")
    return Outcome(draft.key, OutcomeState.DONE, remote_ref=variant) if variant else missing(draft.key)


def _refuse(drafts: Sequence[ProductDraft], errors: Sequence[UserError], tally: Tally) -> None:
    """All or nothing: what one variant is refused for stops its product; each hears its own reason where it has one."""
    named = writes.split_refused([one for one in errors if "variants" in (one.field or ())], len(drafts))
    for index, one in enumerate(drafts):
        tally.refused(one.key, as_refusal(named.get(index, errors[0]), products.WORDS))
