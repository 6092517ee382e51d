"""N11's seller API: REST for packages, products and tasks, and what is left of SOAP for returns. Prices and stock go in tasks whose
results come later. Must never set a package to anything but Picking: the rest is the carrier's to tell.

Source of the facts: reference/marketplaces-tr.md, "## N11".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from app.contracts import (
    NOT_SENT,
    Kind,
    Message,
    Outcome,
    OutcomeState,
    Page,
    ProbeResult,
    ProviderError,
    Receipt,
    fail,
)
from app.kit import Call, Reply, decode_json, each_alone, send
from app.model import Claim, Listing, Order, OrderStatus, PriceChange, ShipmentNotice, StockChange, Window
from providers.marketplaces import n11_calls as calls
from providers.marketplaces import n11_soap as soap
from providers.marketplaces.n11_goods import confirm_refusal, parse_batch, parse_listings, parse_ticket
from providers.marketplaces.n11_publishing import N11Publishing
from providers.marketplaces.n11_wire import TOLD, parse_orders

C = TypeVar("C", PriceChange, StockChange)

#: Claims are found by the day they were opened, yet their state changes for weeks.
CLAIM_AGE = timedelta(days=30)
#: What the vendor answers when it does not want to, as opposed to a failure on the way.
REFUSALS = frozenset({400, 404, 409, 422})


class N11(N11Publishing):
    """One seller's connection."""

    async def _soap(self, call: Call) -> Reply:
        return await send(self.http, call, errors=soap.n11_soap_errors)

    async def _pages(self, call: Call) -> AsyncIterator[calls.PageWire]:
        walk = calls.Walk(call)
        while walk.call is not None:
            yield walk.take(await self._send(walk.call))

    async def probe(self) -> ProbeResult:
        """Proves both keys."""
        decode_json(await self._send(calls.probe_request()), calls.PageWire)
        return ProbeResult()

    # -- orders ----------------------------------------------------------------------------------------------------------
    async def orders(self, window: Window) -> AsyncIterator[Page[Order]]:
        """Packages by modification time. Newest first, so the cursor moves only when a window has been read to its end; a package
        that changes meanwhile belongs to the next window."""
        for piece in window.split(calls.WIDEST):
            async for found in self._pages(calls.orders_request(piece, self.account.now())):
                yield parse_orders(found)

    async def order(self, number: str) -> tuple[Order, ...]:
        """All packages of an order number; without dates first, then further back (what N11 does without dates is unconfirmed)."""
        now = self.account.now()
        spans = [calls.span(one, now) for one in Window(now - calls.SEARCH, now).split(calls.WIDEST)]
        for dates in ({}, *reversed(spans)):
            found = await self._all(calls.order_request(number, dates))
            if found:
                return tuple(one for one in found if one.number == number)
        return ()

    async def _all(self, call: Call) -> list[Order]:
        found: list[Order] = []
        async for one in self._pages(call):
            page = parse_orders(one)
            if page.rejects and not page.items:
                raise fail(page.rejects[0].message.about(operation=call.operation))
            found += page.items
        return found

    # -- listings, prices, stock -----------------------------------------------------------------------------------------
    async def listings(self, since: datetime | None) -> AsyncIterator[Page[Listing]]:
        """All products; the list knows no 'changed since'."""
        del since
        async for found in self._pages(calls.listings_request()):
            yield parse_listings(found)

    async def set_prices(self, changes: Sequence[PriceChange]) -> Receipt:
        """Accepted for later: ask with the ticket. Prices hold VAT, two decimals."""
        return await self._task(changes, calls.refused_price, calls.set_prices_request)

    async def set_stocks(self, changes: Sequence[StockChange]) -> Receipt:
        """Accepted for later: ask with the ticket."""
        return await self._task(changes, calls.refused_stock, calls.set_stocks_request)

    async def _task(
        self, changes: Sequence[C], refused: Callable[[C], Message | None], request: Callable[[Sequence[C]], Call]
    ) -> Receipt:
        wrong = {c.key: message for c in changes if (message := refused(c)) is not None}
        good = [c for c in changes if c.key not in wrong]
        bad: tuple[Outcome, ...] = tuple(Outcome(key, OutcomeState.REFUSED, message) for key, message in wrong.items())
        if not good:
            return Receipt(bad)
        sent: Receipt = parse_ticket(await self._send(request(good)), [c.key for c in good])
        return Receipt((*sent.outcomes, *bad), sent.ticket)

    async def batch_result(self, ticket: str, items: Sequence[PriceChange] | Sequence[StockChange]) -> Receipt:
        """A task that N11 has forgotten leaves its items unknown, and they are sent again."""
        try:
            reply = await self._send(calls.batch_request(ticket))
        except ProviderError as error:
            if error.message.code != "item.not_found":
                raise
            return Receipt(tuple(Outcome(i.key, OutcomeState.UNKNOWN, error.message) for i in items), ticket)
        return parse_batch(reply, ticket, items)

    # -- shipping --------------------------------------------------------------------------------------------------------
    async def confirm_shipments(self, notices: Sequence[ShipmentNotice]) -> Receipt:
        """Sets lines to Picking. N11's carriers bring the tracking number: there is no call to tell one."""
        return await each_alone(notices, self._confirm)

    async def _confirm(self, notice: ShipmentNotice) -> Outcome:
        """Raises when nothing is known to have been sent."""
        done = Outcome(notice.key, OutcomeState.DONE, remote_ref=notice.order_id)
        if notice.extra.get("status", "") in TOLD:
            return done
        lines = [line.remote_id for line in notice.lines] or [x for x in notice.extra.get("lines", "").split(",") if x]
        if not lines:
            package = await self._package(notice)
            if package is None:
                return Outcome(notice.key, OutcomeState.REFUSED, Message("item.not_found", {"order": notice.order_id}))
            if package.extra.get("status", "") in TOLD:
                return done
            lines = [x for x in package.extra.get("lines", "").split(",") if x]
        try:
            refused = confirm_refusal(await self._send(calls.picking_request(lines)))
        except ProviderError as error:
            if error.message.status not in REFUSALS:
                raise
            refused = error.message
        if refused is None:
            return done
        # Refused: because it was told before, or because the package was cancelled or split. Its state knows.
        package = await self._package(notice)
        if package is not None and package.extra.get("status", "") in TOLD:
            return done
        if package is not None and package.status is OrderStatus.CANCELLED:
            refused = msgspec.structs.replace(refused, code="item.conflict")
        return Outcome(notice.key, OutcomeState.REFUSED, refused)

    async def _package(self, notice: ShipmentNotice) -> Order | None:
        """The package as it is now; one of location-based delivery has no id and is looked up by its order's number."""
        package_id = notice.extra.get("packageId", "") or (
            notice.order_id if notice.order_id != notice.order_number else ""
        )
        call = calls.package_request(package_id) if package_id else calls.order_request(notice.order_number, {})
        found = await self._all(call)
        return next((one for one in found if one.remote_id == notice.order_id), None)

    # -- returns ---------------------------------------------------------------------------------------------------------
    async def claims(self, window: Window) -> AsyncIterator[Page[Claim]]:
        """Returns asked for within the window or up to 30 days before it, with their state of now."""
        async for page in self._claims(Window(window.since - CLAIM_AGE, window.until), "ALL"):
            yield page

    async def _claims(self, window: Window, state: str) -> AsyncIterator[Page[Claim]]:
        """Until a page is not full: what N11 says of its pages is not documented."""
        number, seen = 0, set[str]()
        while True:
            page = soap.parse_claims(await self._soap(soap.claims_request(self.account, window, number, state)))
            yield page
            ids = {one.remote_id for one in page.items} | {one.remote_id for one in page.rejects}
            if len(page.items) + len(page.rejects) < soap.CLAIM_SIZE:
                return
            if ids <= seen:
                raise fail(Message("answer.unexpected", {"operation": "claims", "reason": "a page follows itself"}))
            seen |= ids
            number += 1

    async def accept_claim(self, claim: Claim) -> Outcome:
        """Approves the return; approving twice is harmless."""
        done = Outcome(claim.remote_id, OutcomeState.DONE)
        if claim.status in soap.ACCEPTED:
            return done
        try:
            await self._soap(soap.accept_claim_request(self.account, claim.remote_id))
        except ProviderError as error:
            if error.message.code in NOT_SENT:
                raise
            if error.message.kind is not Kind.YOURS:
                return Outcome(claim.remote_id, OutcomeState.UNKNOWN, error.message)
            if await self._is_accepted(claim):
                return done
            return Outcome(claim.remote_id, OutcomeState.REFUSED, error.message)
        return done

    async def _is_accepted(self, claim: Claim) -> bool:
        around = Window(claim.opened_at - timedelta(days=1), claim.opened_at + timedelta(days=1))
        async for page in self._claims(around, "ALL"):
            if any(one.remote_id == claim.remote_id and one.status in soap.ACCEPTED for one in page.items):
                return True
        return False
