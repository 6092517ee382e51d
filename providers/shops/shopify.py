"""A Shopify shop through the GraphQL Admin API: orders (till sales included), listings, prices, stock, shipments; publishing stands in
shopify_publishing.py.

Must never read a throttled or denied answer as an empty page, and never tell the shop of a shipment that it knows already.
Source of the facts: reference/ecommerce-social-pos-fulfilment.md, "## Shopify"; official schema 2026-10.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

import msgspec

from app.contracts import (
    Message,
    Outcome,
    Page,
    ProbeResult,
    ProviderError,
    Receipt,
    Reject,
    fail,
)
from app.model import Listing, Order, ShipmentNotice, Window
from providers.shops import shopify_queries as queries
from providers.shops import shopify_writes as writes
from providers.shops.shopify_base import Tally
from providers.shops.shopify_errors import as_refusal, shopify_throttled
from providers.shops.shopify_goods import parse_listings, parse_probe
from providers.shops.shopify_publishing import ShopifyPublishing
from providers.shops.shopify_wire import (
    RawNodes,
    last_change,
    more_lines,
    order_nodes,
    parse_orders,
    unfinished_lines,
)

LEAST_PAGE = 5
#: Shopify's cursors and times hold whole seconds: what shares the last second may lie on either side of a cut.
OVERLAP = timedelta(seconds=1)


class Shopify(ShopifyPublishing):
    """One shop."""

    throttling = staticmethod(shopify_throttled)

    async def probe(self) -> ProbeResult:
        """Proves the token; names the scopes that the app lacks; counts the orders that wait."""
        return parse_probe(await self._send(queries.probe_request(self.account)))

    # -- orders ----------------------------------------------------------------------------------------------------------
    async def orders(self, window: Window) -> AsyncIterator[Page[Order]]:
        """Oldest change first. An order that changes meanwhile leaves for the next window, and none is skipped: each page
        starts a second before the last one ended, by time; within a crowded second it goes on by cursor."""
        since, after, size = window.since, None, queries.ORDERS_PAGE
        told: dict[str, object] = {}
        while True:
            call = queries.orders_request(self.account, Window(since, window.until), after, size)
            try:
                nodes = order_nodes(await self._send(call))
            except ProviderError as error:
                if error.message.vendor_code != "MAX_COST_EXCEEDED" or size <= LEAST_PAGE:
                    raise
                size = max(LEAST_PAGE, size // 2)
                continue
            last = last_change(nodes)
            page = parse_orders(nodes, await self._further(nodes), last)
            fresh, told = _without(page, told)
            yield fresh
            if not nodes.page_info.has_next_page:
                return
            if last is not None and since < last - OVERLAP < window.until:
                since, after = last - OVERLAP, None
                continue
            if nodes.page_info.end_cursor in (None, after):
                raise fail(Message("answer.unexpected", {"operation": "orders", "reason": "a page follows itself"}))
            after = nodes.page_info.end_cursor

    async def _further(self, nodes: RawNodes) -> dict[str, list[msgspec.Raw]]:
        """The lines of big orders that did not fit."""
        found: dict[str, list[msgspec.Raw]] = {}
        for order_id, cursor in unfinished_lines(nodes):
            after: str | None = cursor
            rows = found.setdefault(order_id, [])
            while after is not None:
                more = more_lines(await self._send(queries.lines_request(self.account, order_id, after)))
                if more is None:  # deleted while we read it: half an order is worse than another try
                    raise fail(Message("answer.unexpected", {"operation": "order", "reason": "the order is gone"}))
                rows.extend(more.nodes)
                after = more.page_info.end_cursor if more.page_info.has_next_page else None
        return found

    async def order(self, number: str) -> tuple[Order, ...]:
        """The order of that name; the search is loose, so only exact names count."""
        nodes = order_nodes(await self._send(queries.order_request(self.account, number)))
        page = parse_orders(nodes, await self._further(nodes))
        wanted = number.strip().removeprefix("#")
        found = tuple(o for o in page.items if o.remote_id == number or o.number.removeprefix("#") == wanted)
        if not found and page.rejects:
            raise fail(page.rejects[0].message)
        return found

    # -- listings --------------------------------------------------------------------------------------------------------
    async def listings(self, since: datetime | None) -> AsyncIterator[Page[Listing]]:
        """Variants, by id."""
        after: str | None = None
        while True:
            page, following = parse_listings(await self._send(queries.listings_request(self.account, since, after)))
            yield page
            if following is None:
                return
            if following == after:
                raise fail(Message("answer.unexpected", {"operation": "listings", "reason": "a page follows itself"}))
            after = following

    # -- shipments -------------------------------------------------------------------------------------------------------
    async def confirm_shipments(self, notices: Sequence[ShipmentNotice]) -> Receipt:
        tally = Tally()
        for notice in notices:
            if tally.broken is None:
                await self._ship(notice, tally)
        return tally.receipt([notice.key for notice in notices])

    async def _ship(self, notice: ShipmentNotice, tally: Tally) -> None:
        try:
            order = writes.parse_to_ship(await self._send(queries.to_ship_request(self.account, notice.order_id)))
        except ProviderError as error:
            tally.failed(error, acted=False)
            return
        plan = writes.shipment_plan(notice, order)
        if isinstance(plan, Outcome):
            tally.outcomes[notice.key] = plan
            tally.sent = True  # it is settled: a later failure must not take it back
            return
        made = ""
        for parts in plan:
            try:
                reply = await self._send(queries.ship_request(self.account, notice, parts))
            except ProviderError as error:
                tally.failed(error, acted=True)
                return
            tally.sent = True
            reference, errors = writes.parse_made(reply)
            if errors:
                tally.refused(notice.key, as_refusal(errors[0], {}))
                return
            made = made or reference
        tally.done(notice.key, made)


def _without(page: Page[Order], told: dict[str, object]) -> tuple[Page[Order], dict[str, object]]:
    """The page less what the page before it held in the same state, and what this one holds."""
    items = tuple(order for order in page.items if told.get(order.remote_id) != order)
    rejects: tuple[Reject, ...] = tuple(one for one in page.rejects if told.get(one.raw) != one)
    holds: dict[str, object] = {order.remote_id: order for order in page.items}
    holds.update({one.raw: one for one in page.rejects})
    return Page(items, rejects, page.covered_until), holds
