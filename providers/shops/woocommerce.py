"""WooCommerce's REST API v3 against any shop address. Orders are walked by their time of change; prices and stock go in batches;
publishing stands in woocommerce_publishing.py.

Must never follow a redirect to another host (the pipeline's guard sees to it), nor mail a buyer the same note twice.
Source of the facts: reference/ecommerce-social-pos-fulfilment.md, "## WooCommerce".
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from app.contracts import (
    Message,
    Outcome,
    OutcomeState,
    Page,
    ProbeResult,
    ProviderError,
    Receipt,
    fail,
)
from app.kit import maybe
from app.model import Listing, Order, PriceChange, ShipmentNotice, StockChange, Window
from providers.shops import woocommerce_calls as calls
from providers.shops.woocommerce_base import ABOUT_ITEMS, MOST, Batch
from providers.shops.woocommerce_goods import (
    Item,
    Parent,
    Shop,
    parse_products,
    parse_typed,
    parse_variations,
    price_item,
    stock_item,
)
from providers.shops.woocommerce_notices import Known, note_text, parse_completed, parse_known, parse_notes, refusal
from providers.shops.woocommerce_publishing import WooCommercePublishing
from providers.shops.woocommerce_wire import parse_orders

C = TypeVar("C", PriceChange, StockChange)
BY_DATE = "orders_by_date"  # in the account's notebook: since when
LEARNT_FOR = timedelta(days=30)


class WooCommerce(WooCommercePublishing):
    """One shop."""

    @property
    def _by_date(self) -> bool:
        """Whether this shop cannot order by the time of change, as it was learnt: for a month, then it may be a newer one."""
        learnt = maybe(datetime.fromisoformat, self.account.learnt.get(BY_DATE))
        return learnt is not None and timedelta(0) <= self.account.now() - learnt < LEARNT_FOR

    def _learn_by_date(self) -> None:
        self.account.learnt[BY_DATE] = self.account.now().isoformat()

    async def probe(self) -> ProbeResult:
        """Proves the right to read orders; counts those to be packed."""
        reply = await self._send(calls.probe_request())
        typed, count = parse_typed(reply), calls.number(reply, "x-wp-total")
        facts = {"currency": typed.currency} if typed.currency else {}
        if typed.prices_include_tax is not None:
            facts["prices_include_tax"] = "yes" if typed.prices_include_tax else "no"
        return ProbeResult(facts, server_orders=count if count >= 0 else None)

    # -- orders ----------------------------------------------------------------------------------------------------------
    async def orders(self, window: Window) -> AsyncIterator[Page[Order]]:
        """Oldest change first. An order that changes meanwhile comes again at the end, or belongs to the next window."""
        place: calls.Place | None = calls.first_place(window, by_date=self._by_date)
        total: int | None = None
        while place is not None:
            try:
                reply = await self._send(calls.orders_request(window, place))
            except ProviderError as error:
                if self._by_date or error.message.vendor_code != "rest_invalid_param":
                    raise
                self._learn_by_date()
                place = calls.first_place(window, by_date=True)
                continue
            read = parse_orders(reply)
            if not (read.by_created if place.by_date else read.by_modified):
                if place.by_date:
                    raise fail(
                        Message("answer.unexpected", {"operation": "orders", "reason": "orders are not in order"})
                    )
                self._learn_by_date()  # an old shop, or a plugin, that takes the parameter and does not heed it
                place = calls.first_place(window, by_date=True)
                continue
            if total is None:
                told = calls.number(reply, "x-wp-total")
                total = told if told >= 0 else None
            covered = None if place.by_date or read.last_modified is None else min(read.last_modified, window.until)
            yield msgspec.structs.replace(read.page, covered_until=covered, total=total)
            place = calls.next_place(window, place, reply, read)

    async def order(self, number: str) -> tuple[Order, ...]:
        """By id, and by the shop's own numbering where a plugin has one."""
        typed = number.strip().removeprefix("#")
        requests = [calls.search_request(typed)]
        if typed.isascii() and typed.isdigit():
            requests.insert(0, calls.order_request(typed))
        for call in requests:
            page = parse_orders(await self._send(call)).page
            found = tuple(o for o in page.items if typed in (o.number, o.remote_id))
            if found:
                return found
            if page.rejects:  # it may be the one that was asked for
                raise fail(page.rejects[0].message)
        return ()

    # -- listings --------------------------------------------------------------------------------------------------------
    async def listings(self, since: datetime | None) -> AsyncIterator[Page[Listing]]:
        """All of them: a product's time of change does not move when a variation's stock or a sale's begin does."""
        del since
        shop = await self._shop()
        page, total = 1, -1
        while True:
            reply = await self._send(calls.products_request(page))
            found, parents = parse_products(reply, shop)
            yield found
            for first in range(0, len(parents), 2):
                for variations in await self._of_two(shop, parents[first : first + 2]):
                    yield variations
            now, pages = calls.number(reply, "x-wp-total"), calls.number(reply, "x-wp-totalpages")
            if 0 <= now < total and page > 1:
                page -= 1  # something was deleted, what follows moved up: look at the page before once more
            elif (page >= pages) if pages >= 0 else (len(found.items) + len(found.rejects) + len(parents) == 0):
                return
            else:
                page += 1
            total = now

    async def _of_two(self, shop: Shop, parents: Sequence[Parent]) -> list[Page[Listing]]:
        """The variations of one or two products: a small host likes no more than two calls at once."""
        if len(parents) == 1:
            return await self._variations(shop, parents[0])
        other = asyncio.ensure_future(self._variations(shop, parents[1]))
        try:
            return [*await self._variations(shop, parents[0]), *await other]
        except BaseException:
            other.cancel()
            await asyncio.gather(other, return_exceptions=True)
            raise

    async def _variations(self, shop: Shop, parent: Parent) -> list[Page[Listing]]:
        found: list[Page[Listing]] = []
        while True:
            reply = await self._send(calls.variations_request(parent.id, len(found) + 1))
            found.append(parse_variations(reply, shop, parent))
            pages = calls.number(reply, "x-wp-totalpages")
            size = len(found[-1].items) + len(found[-1].rejects)
            if (len(found) >= pages) if pages >= 0 else size == 0:
                return found

    # -- prices and stock ------------------------------------------------------------------------------------------------
    async def set_prices(self, changes: Sequence[PriceChange]) -> Receipt:
        """Prices as the shop types them (with or without VAT: the listing's `vat` says which)."""
        return await self._write("set_prices", changes, price_item)

    async def set_stocks(self, changes: Sequence[StockChange]) -> Receipt:
        return await self._write("set_stocks", changes, stock_item)

    async def _write(self, operation: str, changes: Sequence[C], item_of: Callable[[C], Item | Message]) -> Receipt:
        outcomes: dict[str, Outcome] = {}
        groups: dict[str, list[tuple[str, Item]]] = {}
        for change in changes:
            made = item_of(change)
            if isinstance(made, Message):
                outcomes[change.key] = Outcome(change.key, OutcomeState.REFUSED, made)
            else:
                groups.setdefault(change.listing.extra.get("product", ""), []).append((change.key, made))
        outcomes |= await self._in_batches(operation, [Batch(product, rows) for product, rows in groups.items()])
        return Receipt(tuple(outcomes[c.key] for c in changes))

    # -- shipping --------------------------------------------------------------------------------------------------------
    async def confirm_shipments(self, notices: Sequence[ShipmentNotice]) -> Receipt:
        """Completes the orders and leaves the buyer a note with carrier and number. Harmless when repeated: the notes are looked at
        before one is written. A part of an order only gets its note, for WooCommerce cannot complete a part."""
        outcomes: dict[str, Outcome] = {}
        for first in range(0, len(notices), MOST):
            batch = notices[first : first + MOST]
            try:
                outcomes |= await self._confirm(batch)
            except ProviderError as error:
                if not outcomes:
                    raise
                outcomes |= {n.key: Outcome(n.key, OutcomeState.UNKNOWN, error.message) for n in notices[first:]}
                break
        return Receipt(tuple(outcomes[n.key] for n in notices))

    async def _confirm(self, notices: Sequence[ShipmentNotice]) -> dict[str, Outcome]:
        known = parse_known(await self._send(calls.states_request([n.order_id for n in notices])))
        outcomes: dict[str, Outcome] = {}
        for notice in notices:
            wrong = refusal(notice, known.get(notice.order_id))
            if wrong is not None:
                outcomes[notice.key] = Outcome(notice.key, OutcomeState.REFUSED, wrong)
        waiting = [n for n in notices if n.key not in outcomes]
        outcomes |= await self._complete(waiting, known)
        for notice in waiting:
            if notice.key not in outcomes:
                outcomes[notice.key] = await self._note(notice)
        return outcomes

    async def _complete(self, notices: Sequence[ShipmentNotice], known: dict[str, Known]) -> dict[str, Outcome]:
        """Of those orders that are whole and not completed yet: what did not go well."""
        due = [n for n in notices if known[n.order_id].to_complete(n)]
        if not due:
            return {}
        reply = await self._send(calls.complete_request([int(n.order_id) for n in due]))
        results = parse_completed(reply, [n.order_id for n in due])
        return {n.key: msgspec.structs.replace(r, key=n.key) for n in due if (r := results[n.order_id]) is not None}

    async def _note(self, notice: ShipmentNotice) -> Outcome:
        text = note_text(notice)
        try:
            if text and text not in parse_notes(await self._send(calls.notes_request(notice.order_id))):
                await self._send(calls.note_request(notice.order_id, text))
        except ProviderError as error:
            # The order may be completed by now: the whole of it is done again later, and the notes are looked at first.
            state = OutcomeState.REFUSED if error.message.code in ABOUT_ITEMS else OutcomeState.UNKNOWN
            return Outcome(notice.key, state, error.message)
        return Outcome(notice.key, OutcomeState.DONE, remote_ref=notice.order_id)
