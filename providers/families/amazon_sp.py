"""Amazon's Selling Partner API: one client for Amazon TR, US, UK, DE, FR, IT, ES and IN; a connection is one marketplace.

Orders come from API 2026-01-01, listings from Listings Items 2021-08-01; few changes go as patches, many as one feed;
parcels are confirmed through v0. Must never mix two marketplaces of one account, nor call a change done that Amazon only took.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import msgspec

from app.contracts import Account, Kind, Message, Outcome, OutcomeState, Page, ProbeResult, ProviderError, Receipt, fail
from app.kit import Call, Classifier, Reply, httpx, pages, plausible, send
from app.model import Listing, Order, PriceChange, SettlementLine, ShipmentNotice, StockChange, Window
from providers.families import amazon_sp_feeds as feeds
from providers.families import amazon_sp_finances as finances
from providers.families import amazon_sp_listings as goods
from providers.families import amazon_sp_orders as sales
from providers.families import amazon_sp_shipments as parcels
from providers.families import amazon_sp_writes as writes
from providers.families.amazon_sp_base import Site, amazon_errors, lwa_auth, site_of, store_errors
from providers.families.amazon_sp_wire import WireOrder

_ORDER_NUMBER = re.compile(r"[0-9A-Z]{3}-[0-9]{7}-[0-9]{7}", re.ASCII)
#: Answers that are about the one item, not about the connection.
_ITEM_CODES = frozenset({"request.refused", "item.refused", "item.not_found", "item.conflict", "item.duplicate"})


class AmazonSP:
    """`account.params`: marketplace_id, currency, country, language. `account.urls`: api, token."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.account = http, account
        self._auth = lwa_auth(account)
        self._personal = True  # until Amazon refuses a page for the personal data in it; a new link tries anew

    @property
    def site(self) -> Site:
        return site_of(self.account)

    async def _send(self, call: Call) -> Reply:
        return await send(self.http, call, auth=self._auth, errors=amazon_errors)

    async def _file(self, call: Call, errors: Classifier = store_errors) -> Reply:
        """A signed address of the document store: no key may go there."""
        return await send(self.http, call, auth=None, errors=errors)

    # -- reading -----------------------------------------------------------------------------------------------------------
    async def probe(self) -> ProbeResult:
        """One listings search of one record. It proves key, seller id and marketplace; whether the app may read orders
        shows with the first pull only (searchOrders may be called once in three minutes)."""
        reply = await self._send(goods.probe_request(self.account))
        found = goods.parse_probe(reply)
        return ProbeResult({"listings": str(found), "currency": self.site.currency})

    async def orders(self, window: Window) -> AsyncIterator[Page[Order]]:
        """Orders of this marketplace changed within the window, FBA ones too. Amazon serves a change about two minutes
        later, and an order that changes while its page is due may come with the next window: the lag must exceed both.
        Personal data that the app has no role for are missing in the orders; should Amazon refuse the page because of
        them, it is asked for again without."""
        first = sales.orders_request(self.account, window, self.account.now(), personal=self._personal)
        try:
            reply = await self._send(first)
        except ProviderError as error:
            if error.message.code != "auth.forbidden" or not self._personal:
                raise
            first = sales.orders_request(self.account, window, self.account.now(), personal=False)
            reply = await self._send(first)
            self._personal = False
        yield sales.parse_orders(reply, self.site)
        following = sales.next_orders(first, reply)
        if following is None:
            return
        async for reply in pages(self.http, following, sales.next_orders, auth=self._auth, errors=amazon_errors):
            yield sales.parse_orders(reply, self.site)

    async def order(self, number: str) -> tuple[Order, ...]:
        """By Amazon's number (3-7-7). An order of another marketplace of the account belongs to that connection: empty."""
        number = number.strip()
        if not _ORDER_NUMBER.fullmatch(number):
            return ()
        try:
            wire = await self._order(number)
        except ProviderError as error:
            if error.message.code == "item.not_found":
                return ()
            raise
        try:
            found = sales.order_of(wire, self.site)
            plausible(found)
        except (ValueError, ArithmeticError) as error:
            raise fail(Message("answer.unreadable", {"operation": "order", "reason": str(error)[:120]})) from error
        return (found,) if found.extra["marketplace_id"] == self.site.marketplace else ()

    async def _order(self, number: str) -> WireOrder:
        return sales.wire_order(await self._send(sales.order_request(self.account, number, personal=self._personal)))

    async def listings(self, since: datetime | None) -> AsyncIterator[Page[Listing]]:
        """All listings by date of creation, or those changed since by date of change. The search shows 1,000 at most, so
        a run that ends there goes on from its newest date (overlapping by a second): gaps are not possible unless
        a listing is deleted while its run is paged. More than 1,000 listings of one second cannot be shown; that comes as
        a reject. Amazon does not promise that its own warehouse stock moves the date of change."""
        run = goods.Run(since)
        while True:
            async for leaf in self._run(run, by_change=since is not None):
                yield leaf.page
            lost = run.lost(self.site)
            if lost is not None:
                yield Page((), (lost,))
            bound = run.next_bound()
            if bound is None:
                return
            run = goods.Run(bound)

    async def _run(self, run: goods.Run, *, by_change: bool) -> AsyncIterator[goods.Leaf]:
        if by_change:
            call = goods.listings_request(self.account, updated_since=run.bound)
        else:
            call = goods.listings_request(self.account, created_since=run.bound)
        async for reply in pages(self.http, call, goods.next_listings, auth=self._auth, errors=amazon_errors):
            leaf = goods.parse_listings(reply, self.site, by_change=by_change)
            run.count(leaf)
            yield leaf

    # -- prices and stocks -------------------------------------------------------------------------------------------------
    async def set_prices(self, changes: Sequence[PriceChange]) -> Receipt:
        """Prices with tax as the marketplace shows them. Accepted ones are pending: ask with the ticket."""
        return await self._write(changes, "set_prices")

    async def set_stocks(self, changes: Sequence[StockChange]) -> Receipt:
        """Pieces that the merchant ships himself; a listing in Amazon's warehouse is refused here."""
        return await self._write(changes, "set_stocks")

    async def _write(self, changes: Sequence[writes.Change], operation: str) -> Receipt:
        site = self.site
        refused = {c.key: found for c in changes if (found := writes.refusal(site, c)) is not None}
        ready = [change for change in changes if change.key not in refused]
        outcomes = tuple(Outcome(key, OutcomeState.REFUSED, message) for key, message in refused.items())
        if not ready:
            return Receipt(outcomes)
        sent = await (self._patch(ready) if len(ready) <= writes.MOST_PATCHES else self._feed(ready, operation))
        return msgspec.structs.replace(sent, outcomes=(*outcomes, *sent.outcomes))

    async def _patch(self, changes: Sequence[writes.Change]) -> Receipt:
        ticket = writes.patch_ticket(self.account.now(), self.account.nonce())
        outcomes: list[Outcome] = []
        for number, change in enumerate(changes):
            try:
                reply = await self._send(writes.patch_request(self.account, self.site, change))
                outcomes.append(writes.parse_submission(reply, change))
            except ProviderError as error:
                if error.message.code in _ITEM_CODES:
                    outcomes.append(Outcome(change.key, OutcomeState.REFUSED, error.message))
                    continue
                if not outcomes and _nothing_sent(error.message):
                    raise
                # Absolute values: whoever asks again after an "unknown" does no harm.
                outcomes += [Outcome(c.key, OutcomeState.UNKNOWN, error.message) for c in changes[number:]]
                break
        return _receipt(outcomes, ticket)

    async def _feed(self, changes: Sequence[writes.Change], operation: str) -> Receipt:
        """Document, upload, feed. Until the last step nothing has an effect, so an error before it is simply raised."""
        body = feeds.feed_body(self.site, changes)
        document = feeds.parse_new_document(await self._send(feeds.feed_document_request(self.account, operation)))
        await self._file(feeds.feed_upload_request(self.account, document.url, body, operation))
        try:
            reply = await self._send(feeds.create_feed_request(self.account, document.feed_document_id, operation))
            ticket = f"feed:{feeds.parse_new_feed(reply)}"
        except ProviderError as error:
            if _nothing_sent(error.message):
                raise
            return Receipt(tuple(Outcome(c.key, OutcomeState.UNKNOWN, error.message) for c in changes))
        return Receipt(tuple(Outcome(change.key, OutcomeState.PENDING) for change in changes), ticket)

    async def batch_result(self, ticket: str, items: Sequence[PriceChange] | Sequence[StockChange]) -> Receipt:
        """Patches are read back listing by listing, a feed by its report. Errors raise: asking again is free."""
        kind, _, rest = ticket.partition(":")
        if kind == "patch":
            return _receipt(await self._patches_shown(rest, items), ticket)
        if kind == "feed" and rest:
            return _receipt(await self._feed_result(rest, items), ticket)
        raise fail(Message("bug", {"operation": "batch_result", "reason": f"no such ticket: {ticket[:40]}"}))

    async def _patches_shown(self, rest: str, items: Sequence[writes.Change]) -> list[Outcome]:
        sent_at = datetime.fromtimestamp(int(rest.partition(":")[0]), UTC)
        outcomes = []
        for change in items:
            try:
                reply = await self._send(goods.listing_request(self.account, change.listing.sku))
            except ProviderError as error:
                if error.message.code != "item.not_found":
                    raise
                outcomes.append(Outcome(change.key, OutcomeState.REFUSED, error.message))
                continue
            shown = goods.parse_item(reply, self.site)
            outcomes.append(writes.judge_patch(change, shown, sent_at, self.account.now()))
        return outcomes

    async def _feed_result(self, feed_id: str, items: Sequence[writes.Change]) -> list[Outcome]:
        feed = feeds.parse_feed(await self._send(feeds.feed_request(self.account, feed_id)))
        if feed.processing_status in ("IN_QUEUE", "IN_PROGRESS"):
            return [Outcome(change.key, OutcomeState.PENDING) for change in items]
        if not feed.result_feed_document_id:
            return list(feeds.stopped(feed, items))
        reply = await self._send(feeds.feed_result_request(self.account, feed.result_feed_document_id))
        file = await self._file(feeds.feed_download_request(self.account, feeds.parse_document(reply).url))
        whole = feed.processing_status == "DONE"
        return list(feeds.feed_outcomes(feeds.parse_report(file), items, whole=whole))

    # -- payouts -----------------------------------------------------------------------------------------------------------
    async def settlements(self, window: Window) -> AsyncIterator[Page[SettlementLine]]:
        """Transactions posted within the window. Orders of the last 48 hours may be missing; the next pulls bring them."""
        first = finances.transactions_request(self.account, window, self.site)
        async for reply in pages(self.http, first, finances.next_transactions, auth=self._auth, errors=amazon_errors):
            yield finances.parse_transactions(reply, self.site, window)

    # -- parcels -----------------------------------------------------------------------------------------------------------
    async def confirm_shipments(self, notices: Sequence[ShipmentNotice]) -> Receipt:
        """One call per parcel, and one look at the order where the lines are not named or Amazon objects."""
        outcomes: list[Outcome] = []
        for number, notice in enumerate(notices):
            try:
                outcomes.append(await self._confirm(notice))
            except ProviderError as error:
                if error.message.code in _ITEM_CODES:
                    outcomes.append(Outcome(notice.key, OutcomeState.REFUSED, error.message))
                    continue
                if not outcomes and _nothing_sent(error.message):
                    raise
                outcomes += [Outcome(n.key, OutcomeState.UNKNOWN, error.message) for n in notices[number:]]
                break
        return Receipt(tuple(outcomes))

    async def _confirm(self, notice: ShipmentNotice) -> Outcome:
        done = Outcome(notice.key, OutcomeState.DONE, remote_ref=parcels.package_reference(notice.key))
        missing = parcels.notice_refusal(notice)
        if missing is not None:
            return Outcome(notice.key, OutcomeState.REFUSED, missing)
        lines = notice.lines
        if not lines:
            order = await self._order(notice.order_id)
            if parcels.has_parcel(order, notice):
                return done
            lines = parcels.open_lines(order)
        if not lines:
            message = Message("item.conflict", {"reason": "nothing of this order is left to ship"})
            return Outcome(notice.key, OutcomeState.REFUSED, message)
        try:
            await self._send(parcels.confirm_request(self.account, notice, lines, self.account.now()))
        except ProviderError as error:
            # No document says with which words Amazon refuses a parcel that it has: the order tells.
            if error.message.code in _ITEM_CODES and parcels.has_parcel(await self._order(notice.order_id), notice):
                return done
            raise
        return done


def _receipt(outcomes: Sequence[Outcome], ticket: str) -> Receipt:
    pending = any(one.state is OutcomeState.PENDING for one in outcomes)
    return Receipt(tuple(outcomes), ticket if pending else "")


def _nothing_sent(message: Message) -> bool:
    """Whether the vendor certainly did not act: a refusal of the caller, a throttle, or a call that never left."""
    return message.kind is Kind.YOURS or message.code == "rate.limited" or message.params.get("sent") == "no"
