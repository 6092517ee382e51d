"""idefix's seller API, by which D&R is reached too. Orders come as shipments, found by their making and by their last change.
Must never take a parcel out of the platform's cargo contract unless the merchant has a tracking number of his own.

Source of the facts: reference/marketplaces-tr.md, "## D&R (dr.com.tr) and idefix".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from app.contracts import (
    NOT_SENT,
    Account,
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
from app.kit import Call, Reply, decode_json, each_alone, httpx, send
from app.model import Claim, Listing, Order, OrderStatus, PriceChange, ShipmentNotice, StockChange, Window
from providers.marketplaces import idefix_calls as calls
from providers.marketplaces.idefix_goods import parse_batch, parse_listings, parse_ticket, product_rows
from providers.marketplaces.idefix_wire import (
    ACCEPTED,
    ARRIVED,
    DECIDED,
    ListWire,
    claim_states,
    parse_claims,
    parse_orders,
    plain,
    shipment_ids,
    tracking_page,
)

C = TypeVar("C", PriceChange, StockChange)

#: What idefix answers when it does not want to, as opposed to a failure on the way.
REFUSALS = frozenset({400, 404, 409, 422})
GONE = (OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.RETURNED)
#: Where the size of product pages that idefix accepts from this account is remembered.
LISTING_SIZE = "listing_size"


class Idefix:
    """One seller's connection. The account holds `vendor_id`, `api_key` and, if it is an older one, `api_secret`."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.account = http, account
        self._auth = calls.KeyAuth(account)

    async def _send(self, call: Call) -> Reply:
        return await send(self.http, call, auth=self._auth, errors=calls.idefix_errors)

    async def _pages(self, call: Call) -> AsyncIterator[ListWire]:
        walk = calls.Walk(call)
        while walk.call is not None:
            found = decode_json(await self._send(walk.call), ListWire)
            walk.take(len(found.items), found.page_count)
            yield found

    async def probe(self) -> ProbeResult:
        """Proves key and vendor id."""
        product_rows(await self._send(calls.probe_request(self.account)))
        return ProbeResult({"vendor_id": self.account.setting("vendor_id")})

    # -- orders ----------------------------------------------------------------------------------------------------------
    async def orders(self, window: Window) -> AsyncIterator[Page[Order]]:
        """Shipments that changed within the window or later, newest first, so the cursor moves only at the end. The filter on
        changes is known from a digest of the documents only: the newest shipments are also asked for by the day they were made,
        as all public clients do, and if the filter has missed one of them, all that were made in the window are."""
        told: set[int] = set()
        ids: set[str] = set()
        latest = Window(max(window.since, window.until - calls.PIECE), window.until)
        made = decode_json(await self._send(calls.created_request(self.account, latest)), ListWire)
        yield parse_orders(made, _news(made, told))
        async for found in self._pages(calls.changed_request(self.account, window.since)):
            ids |= shipment_ids(found.items)
            yield parse_orders(found, _news(found, told))
        if shipment_ids(made.items) <= ids:
            return
        for piece in window.split(calls.PIECE):
            async for found in self._pages(calls.created_request(self.account, piece)):
                yield parse_orders(found, _news(found, told))

    async def order(self, number: str) -> tuple[Order, ...]:
        """All shipments of an order number."""
        found = await self._all(calls.order_request(self.account, number))
        return tuple(one for one in found if one.number == number)

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
        """All products; the list knows no 'changed since'. Some accounts are refused large pages."""
        del since
        known = self.account.learnt.get(LISTING_SIZE, "")
        sizes = [size for size in calls.LISTING_SIZES if not known.isdigit() or size <= int(known)]
        for size in sizes or calls.LISTING_SIZES[-1:]:
            walk, begun = calls.Walk(calls.listings_request(self.account, size)), False
            try:
                while walk.call is not None:
                    raws = product_rows(await self._send(walk.call))
                    if not begun and size != calls.LISTING_SIZES[0]:
                        self.account.learnt[LISTING_SIZE] = str(size)
                    begun = True
                    walk.take(len(raws))
                    yield parse_listings(raws)
                return
            except ProviderError as error:
                if begun or error.message.status not in (400, 422) or size == calls.LISTING_SIZES[-1]:
                    raise

    async def set_prices(self, changes: Sequence[PriceChange]) -> Receipt:
        """Accepted for later: ask with the ticket. Prices hold VAT, in TRY, two decimals."""
        return await self._upload(changes, calls.refused_price, calls.set_prices_request)

    async def set_stocks(self, changes: Sequence[StockChange]) -> Receipt:
        """Accepted for later: ask with the ticket."""
        return await self._upload(changes, calls.refused_stock, calls.set_stocks_request)

    async def _upload(
        self,
        changes: Sequence[C],
        refused: Callable[[C], Message | None],
        request: Callable[[Account, Sequence[C]], Call],
    ) -> Receipt:
        wrong = {c.key: message for c in changes if (message := refused(c)) is not None}
        good = [c for c in changes if c.key not in wrong]
        ticket = parse_ticket(await self._send(request(self.account, good))) if good else ""
        lost = None if ticket else Message("answer.field_missing", {"field": "batchRequestId"}, field="batchRequestId")
        outcomes = (
            Outcome(c.key, OutcomeState.REFUSED, wrong[c.key])
            if c.key in wrong
            else Outcome(c.key, OutcomeState.PENDING if ticket else OutcomeState.UNKNOWN, lost)
            for c in changes
        )
        return Receipt(tuple(outcomes), ticket)

    async def batch_result(self, ticket: str, items: Sequence[PriceChange] | Sequence[StockChange]) -> Receipt:
        """An upload that idefix has forgotten leaves its items unknown, and they are sent again."""
        try:
            reply = await self._send(calls.batch_request(self.account, ticket))
        except ProviderError as error:
            if error.message.status not in REFUSALS:
                raise
            return Receipt(tuple(Outcome(i.key, OutcomeState.UNKNOWN, error.message) for i in items), ticket)
        return parse_batch(reply, ticket, items)

    # -- shipping --------------------------------------------------------------------------------------------------------
    async def confirm_shipments(self, notices: Sequence[ShipmentNotice]) -> Receipt:
        """Tells the tracking number of a carrier of the merchant's own; a parcel that goes by the platform's contract is set to
        "picking", and its carrier tells the rest."""
        return await each_alone(notices, self._confirm)

    async def _confirm(self, notice: ShipmentNotice) -> Outcome:
        """Looks first: what was told before is not told again. Raises when nothing is known to have been sent."""
        done = Outcome(notice.key, OutcomeState.DONE, remote_ref=notice.order_id)
        order = await self._shipment(notice)
        refusal = self._why_not(order, notice)
        if refusal is not None or order is None:
            return Outcome(notice.key, OutcomeState.REFUSED, refusal)
        call = self._due(order, notice)
        if call is None:
            return done
        if isinstance(call, Message):
            return Outcome(notice.key, OutcomeState.REFUSED, call)
        try:
            await self._send(call)
        except ProviderError as error:
            if error.message.status not in REFUSALS:
                raise
            # Refused: because somebody was quicker, or because the buyer cancelled. The shipment knows.
            order = await self._shipment(notice)
            refusal = self._why_not(order, notice) or error.message
            if order is None or order.status is OrderStatus.CANCELLED or self._due(order, notice) is not None:
                return Outcome(notice.key, OutcomeState.REFUSED, refusal)
        return done

    async def _shipment(self, notice: ShipmentNotice) -> Order | None:
        found = await self._all(calls.shipment_request(self.account, notice.order_id))
        return next((one for one in found if one.remote_id == notice.order_id), None)

    def _why_not(self, order: Order | None, notice: ShipmentNotice) -> Message | None:
        if order is None:
            return Message("item.not_found", {"order": notice.order_id})
        if order.status is OrderStatus.CANCELLED:
            return Message("item.conflict", {"order": notice.order_id, "status": order.vendor_status})
        named = {line.remote_id: line.quantity for line in notice.lines}
        live = [line for line in order.lines if not line.cancelled]
        if named and any(named.get(line.remote_id, 0) < line.quantity for line in live):
            return Message("item.refused", {"reason": "partial"}, field="lines")  # to split is the portal's affair
        return None

    def _due(self, order: Order, notice: ShipmentNotice) -> Call | Message | None:
        """What is still to be told, None when nothing is; or what is missing for it: idefix wants an address for tracking."""
        if order.status in GONE:
            return None
        number = notice.tracking_number
        if number and number != order.tracking_number:
            url = notice.tracking_url or tracking_page(notice.carrier, number)
            if not url:
                return Message("item.refused", {"reason": "tracking_url"}, field="tracking_url")
            return calls.tracking_request(self.account, order.remote_id, number, url)
        if order.extra.get("status") in ("picking", "invoiced"):
            return None
        return calls.picking_request(self.account, order.remote_id)

    # -- returns ---------------------------------------------------------------------------------------------------------
    async def claims(self, window: Window) -> AsyncIterator[Page[Claim]]:
        """Returns asked for within the window or up to 30 days before it, with their state of now."""
        for piece in Window(window.since - calls.CLAIM_AGE, window.until).split(calls.PIECE):
            async for found in self._pages(calls.claims_request(self.account, piece)):
                yield parse_claims(found)

    async def accept_claim(self, claim: Claim) -> Outcome:
        """Approves every line that nobody has decided; one that idefix still believes on its way is said to have arrived first.
        Approving twice is harmless."""
        done = Outcome(claim.remote_id, OutcomeState.DONE)
        if {plain(one) for one in claim.status.split(", ")} <= ACCEPTED:
            return done
        states = await self._states(claim)
        if not states:
            return Outcome(claim.remote_id, OutcomeState.REFUSED, Message("item.not_found", {"claim": claim.remote_id}))
        open_lines = [line for line, state in states.items() if state not in DECIDED]
        if not open_lines:
            if set(states.values()) & ACCEPTED:
                return done
            told = Message("item.conflict", {"claim": claim.remote_id, "status": ", ".join(set(states.values()))})
            return Outcome(claim.remote_id, OutcomeState.REFUSED, told)
        moving = [line for line in open_lines if states[line] != ARRIVED]
        try:
            if moving:
                await self._send(calls.arrived_request(self.account, claim.remote_id, moving))
            await self._send(calls.approve_request(self.account, claim.remote_id, open_lines))
        except ProviderError as error:
            if error.message.code in NOT_SENT and not moving:
                raise
            if error.message.kind is not Kind.YOURS:
                return Outcome(claim.remote_id, OutcomeState.UNKNOWN, error.message)
            states = await self._states(claim)
            if not all(states.get(line) in ACCEPTED for line in open_lines):
                return Outcome(claim.remote_id, OutcomeState.REFUSED, error.message)
        return done

    async def _states(self, claim: Claim) -> dict[str, str]:
        return claim_states(await self._send(calls.claim_request(self.account, claim.remote_id)), claim.remote_id)


def _news(found: ListWire, told: set[int]) -> list[msgspec.Raw]:
    """The records of a page that were not told in the same state before; they are then."""
    fresh = {hash(bytes(raw)): raw for raw in found.items}
    news = [raw for mark, raw in fresh.items() if mark not in told]
    told.update(fresh)
    return news
