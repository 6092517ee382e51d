"""A Shopify shop through the GraphQL Admin API: orders (till sales included), listings, prices, stock, shipments.

Must never read a throttled or denied answer as an empty page, and never tell the shop of a shipment that it knows already.
Source of the facts: reference/ecommerce-social-pos-fulfilment.md, "## Shopify"; official schema 2026-10.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

import msgspec

from app.contracts import (
    Account,
    Kind,
    Message,
    Outcome,
    OutcomeState,
    Page,
    ProbeResult,
    ProviderError,
    Receipt,
    Reject,
    fail,
)
from app.kit import Call, HeaderAuth, Reply, TokenAuth, httpx, in_header, send
from app.model import Listing, Order, PriceChange, ShipmentNotice, StockChange, Window
from providers.shops import shopify_queries as queries
from providers.shops import shopify_writes as writes
from providers.shops.shopify_errors import as_refusal, read_token, shopify_errors, shopify_throttled
from providers.shops.shopify_goods import parse_listings, parse_probe
from providers.shops.shopify_wire import (
    RawNodes,
    last_change,
    more_lines,
    order_nodes,
    parse_orders,
    unfinished_lines,
)

TOKEN_HEADER = "x-shopify-access-token"  # noqa: S105 - a header's name
LEAST_PAGE = 5
#: Shopify's cursors and times hold whole seconds: what shares the last second may lie on either side of a cut.
OVERLAP = timedelta(seconds=1)
#: Nothing reached the vendor, or it certainly did not act.
NOT_ACTED = frozenset(
    {
        "net.unreachable",
        "net.offline",
        "net.tls",
        "breaker.open",
        "rate.limited",
        "rate.daily",
        "config.host_not_allowed",
    }
)


class Tally:
    """Outcomes of one write of several calls. Before anything was sent an error is raised; afterwards every item gets its
    outcome, and what was not reached is unknown: it goes again, which is harmless here."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self.sent = False
        self.broken: Message | None = None

    def done(self, key: str, remote_ref: str = "") -> None:
        self.outcomes[key] = Outcome(key, OutcomeState.DONE, remote_ref=remote_ref)

    def refused(self, key: str, message: Message) -> None:
        self.outcomes[key] = Outcome(key, OutcomeState.REFUSED, message)

    def failed(self, error: ProviderError, *, acted: bool) -> None:
        """`acted`: the call that failed was a write, and the shop may have carried it out."""
        message = error.message
        if not self.sent and not (acted and message.code not in NOT_ACTED and message.kind is not Kind.YOURS):
            raise error
        self.broken = message

    def receipt(self, keys: Sequence[str]) -> Receipt:
        unknown = self.broken or Message("answer.unexpected", {"reason": "the item was not reached"})
        return Receipt(tuple(self.outcomes.get(k) or Outcome(k, OutcomeState.UNKNOWN, unknown) for k in keys))


class Shopify:
    """One shop. Credentials: `shop_domain`, and an `access_token` or else `client_id` with `client_secret`."""

    throttling = staticmethod(shopify_throttled)

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.account = http, account
        self._auth = auth_of(account)
        self._currency = ""
        self._place = account.setting("location_id") or account.params.get("location_id", "")

    async def _send(self, call: Call) -> Reply:
        return await send(self.http, call, auth=self._auth, errors=shopify_errors)

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

    # -- writes ----------------------------------------------------------------------------------------------------------
    async def set_prices(self, changes: Sequence[PriceChange]) -> Receipt:
        """One call a product; a refused variant does not hold up the others of its product."""
        if not self._currency:
            self._currency = writes.parse_currency(await self._send(queries.currency_request(self.account)))
        tally = Tally()
        ready: list[PriceChange] = []
        for change in changes:
            wrong = writes.price_problem(change, self._currency)
            if wrong is None:
                ready.append(change)
            else:
                tally.refused(change.key, wrong)
        lost = [c.listing.remote_id for c in ready if not c.listing.extra.get("product_id")]
        products: dict[str, str] = {}
        for ids in writes.chunks(lost, queries.LOOKUP_SIZE):
            products.update(writes.parse_products(await self._send(queries.products_request(self.account, ids))))
        groups = writes.by_product(ready, products)
        for change in groups.pop("", []):
            tally.refused(change.key, Message("item.not_found", {"sku": change.listing.sku}))
        for product, group in groups.items():
            for part in writes.chunks(group, queries.WRITE_SIZE):
                if tally.broken is None:
                    await self._price(product, part, tally)
        return tally.receipt([change.key for change in changes])

    async def _price(self, product: str, part: Sequence[PriceChange], tally: Tally) -> None:
        call = queries.prices_request(self.account, product, [writes.price_row(c) for c in part])
        try:
            errors = writes.parse_price_errors(await self._send(call))
        except ProviderError as error:
            tally.failed(error, acted=True)
            return
        tally.sent = True
        named = writes.split_refused(errors, len(part))
        whole = next((error for error in errors if error.index is None), None)
        for index, change in enumerate(part):
            wrong = named.get(index, whole)
            if wrong is None:
                tally.done(change.key)
            else:
                tally.refused(change.key, as_refusal(wrong, writes.PRICE_WORDS))

    async def set_stocks(self, changes: Sequence[StockChange]) -> Receipt:
        """Sets the pieces that the whole shop sells, at one location; all rows of a call or none, so refused ones are taken
        out and the others go again."""
        if not self._place:
            self._place = writes.parse_place(await self._send(queries.places_request(self.account)))
        tally = Tally()
        for part in writes.chunks(changes, queries.LOOKUP_SIZE):
            if tally.broken is not None:
                break
            ids = [change.listing.remote_id for change in part]
            try:
                found = writes.parse_stock(await self._send(queries.stock_request(self.account, ids, self._place)))
            except ProviderError as error:
                tally.failed(error, acted=False)
                break
            rows: list[writes.StockRow] = []
            for change in part:
                row = writes.stock_row(change, found.get(change.listing.remote_id))
                if isinstance(row, Message):
                    tally.refused(change.key, row)
                else:
                    rows.append(row)
            await self._stock(rows, tally)
        return tally.receipt([change.key for change in changes])

    async def _stock(self, rows: Sequence[writes.StockRow], tally: Tally, attempt: int = 0) -> None:
        if not rows or tally.broken is not None:
            return
        pairs = [(row.item, row.quantity) for row in rows]
        call = queries.stocks_request(self.account, self._place, pairs, [row.key for row in rows], attempt)
        try:
            errors = writes.parse_stock_errors(await self._send(call))
        except ProviderError as error:
            tally.failed(error, acted=True)
            return
        tally.sent = True
        if not errors:
            for row in rows:
                tally.done(row.key)
            return
        if attempt == 0 and any(error.code == "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED" for error in errors):
            await self._stock(rows, tally, attempt + 1)
            return
        named = writes.split_refused(errors, len(rows))
        if not named and len(rows) > 1:  # it does not say which: halves find out
            middle = len(rows) // 2
            await self._stock(rows[:middle], tally)
            await self._stock(rows[middle:], tally)
            return
        for index, row in enumerate(rows):
            if index in named or not named:
                tally.refused(row.key, as_refusal(named.get(index, errors[0]), writes.STOCK_WORDS))
        await self._stock([row for index, row in enumerate(rows) if named and index not in named], tally)

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


def auth_of(account: Account) -> httpx.Auth:
    """A static token of an app made in the admin, else the client credentials grant."""
    static = account.secret("access_token")
    if static:
        return HeaderAuth({TOKEN_HEADER: static})
    if not (account.setting("client_id") or account.secret("client_id")) or not account.secret("client_secret"):
        field = "client_secret" if account.setting("client_id") else "access_token"
        raise fail(Message("config.field", {"field": field, "why": "missing"}, field=field))
    return TokenAuth(
        store=account.tokens,
        name="shopify",
        now=account.now,
        fetch=lambda _: queries.token_request(account),
        read=lambda reply: read_token(account, reply),
        place=in_header(TOKEN_HEADER),
        renew_on=frozenset({401}),  # 403 is a missing scope; a new token has the same
    )


def _without(page: Page[Order], told: dict[str, object]) -> tuple[Page[Order], dict[str, object]]:
    """The page less what the page before it held in the same state, and what this one holds."""
    items = tuple(order for order in page.items if told.get(order.remote_id) != order)
    rejects: tuple[Reject, ...] = tuple(one for one in page.rejects if told.get(one.raw) != one)
    holds: dict[str, object] = {order.remote_id: order for order in page.items}
    holds.update({one.raw: one for one in page.rejects})
    return Page(items, rejects, page.covered_until), holds
