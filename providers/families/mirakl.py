"""The Mirakl marketplace platform's seller API: one client for every operator that runs on it (Koçtaş, Teknosa, MediaMarkt …).
Orders are read by modification; prices and stock go up as files whose results come later. Must never wipe a price that it did not
mean to change, nor ship an order that waits for acceptance.

Source of the facts: Mirakl's seller OpenAPI document and reference/marketplaces-tr.md, "## Mirakl Marketplace seller API (MMP)".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

import msgspec

from app.contracts import (
    Message,
    Outcome,
    OutcomeState,
    Page,
    ProviderError,
    Receipt,
    fail,
)
from app.kit import Call, each_alone, pages
from app.model import (
    Claim,
    Listing,
    Order,
    PriceChange,
    SettlementLine,
    ShipmentNotice,
    StockChange,
    Window,
)
from providers.families import mirakl_acceptance as acceptance
from providers.families import mirakl_calls as calls
from providers.families.mirakl_base import Connection
from providers.families.mirakl_imports import ENDED, outcomes_of, parse_import, parse_report, read_ticket, ticket_of
from providers.families.mirakl_money import (
    ACCEPTED,
    parse_accepted,
    parse_claims,
    parse_settlements,
    seek_following,
)
from providers.families.mirakl_offers import OfferWire, parse_listings, parse_offers
from providers.families.mirakl_orders import parse_found, parse_orders
from providers.families.mirakl_prices import Row, columns_of, price_rows
from providers.families.mirakl_shipping import after_refusal, chosen, wrong_notice
from providers.families.mirakl_walk import Walk

#: What the vendor answers when it does not want to, as opposed to a failure on the way.
REFUSALS = frozenset({400, 404, 409, 422})
#: More orders than this are read in pieces of the window, unless they changed at (nearly) one time. Each piece is a list of its own,
#: and Mirakl gives one a minute.
MOST_IN_PIECE = 2_000
SHORTEST_PIECE = timedelta(hours=1)
#: A list of offers that moved while it was read is read again so often.
TRIES = 3


class Mirakl(Connection):
    """One merchant's shop at one operator. The account holds `api_key`, and `shop_id` and `channel_code` where there are several."""

    # -- orders ----------------------------------------------------------------------------------------------------------
    async def orders(self, window: Window) -> AsyncIterator[Page[Order]]:
        """Orders that changed within the window; in order of creation, for Mirakl has no other. So a window that holds many is read
        in pieces, oldest changes first: each piece is covered at its end, and an import that stops goes on from there."""
        pieces, total = [window], 0
        while pieces:
            piece = pieces.pop()
            walk = Walk(calls.orders_request(self.account, piece, patient=total > 0))
            raws = walk.take(await self._send(walk.first))
            total = total or walk.total
            if walk.total > MOST_IN_PIECE and piece.until - piece.since > SHORTEST_PIECE:
                pieces += reversed(list(piece.split((piece.until - piece.since) / 2)))
                continue
            yield parse_orders(raws, total)
            while walk.call is not None:
                yield parse_orders(walk.take(await self._send(walk.call)), total)
            yield Page((), covered_until=piece.until, total=total)

    async def order(self, number: str) -> tuple[Order, ...]:
        """By Mirakl's order id, or by the number that the buyer sees. Raises when it is there and cannot be read."""
        if not number.strip(" ,"):  # asked for without ids, Mirakl would tell all
            return ()
        return await self._order(number, "order")

    async def _order(self, number: str, operation: str) -> tuple[Order, ...]:
        page = parse_found(await self._send(calls.order_request(self.account, number, operation)))
        if page.rejects and not page.items:
            raise fail(page.rejects[0].message.about(operation=operation))
        return page.items

    async def accept(self, order: Order, lines: Sequence[str] | None = None) -> Outcome:
        """OR21. Mirakl charges the buyer then, and only after that may the order be shipped. An answer that was lost, and a refusal,
        are looked up: a decision that Mirakl has is done."""
        key = order.remote_id
        decided = acceptance.decisions(order, lines)
        if isinstance(decided, Message):
            return Outcome(key, OutcomeState.REFUSED, decided)
        try:
            await self._send(calls.accept_request(self.account, key, decided))
        except ProviderError as error:
            refused = error.message.status in REFUSALS
            if not refused and error.message.params.get("sent") != "yes":
                raise
            try:
                now = next((one for one in await self._order(key, "accept") if one.remote_id == key), None)
            except ProviderError:  # the way is still down
                return Outcome(key, OutcomeState.REFUSED if refused else OutcomeState.UNKNOWN, error.message)
            if refused:
                return acceptance.after_refusal(now, key, decided, error.message)
            told = now is not None and acceptance.agreed(now, decided)
            return Outcome(key, OutcomeState.DONE if told else OutcomeState.UNKNOWN, None if told else error.message)
        return Outcome(key, OutcomeState.DONE, remote_ref=key)

    # -- listings, prices, stock -----------------------------------------------------------------------------------------
    async def listings(self, since: datetime | None) -> AsyncIterator[Page[Listing]]:
        """All offers: OF21 has no "changed since"."""
        del since
        async for raws, total in self._offers(calls.offers_request(self.account)):
            yield parse_listings(raws, total)

    async def _offers(self, first: Call) -> AsyncIterator[tuple[list[msgspec.Raw], int]]:
        """Every offer. Their order may change while they are read: as many as Mirakl counts must have come, or it is read anew."""
        seen: set[str] = set()
        for _ in range(TRIES):
            walk = Walk(first)
            while walk.call is not None:
                raws = walk.take(await self._send(walk.call))
                yield raws, walk.total
            seen |= set(walk.seen)
            if len(seen) >= walk.total:
                return
        raise fail(Message("answer.unexpected", {"operation": first.operation, "reason": "the list keeps moving"}))

    async def set_prices(self, changes: Sequence[PriceChange]) -> Receipt:
        """Accepted for later: ask with the ticket. A file replaces all prices of an offer, so they are read first and sent whole."""
        offers = await self._offers_of(frozenset(one.listing.remote_id for one in changes))
        channel, now = self.account.setting("channel_code"), self.account.now()
        refused: dict[str, Message] = {}
        rows: dict[str, list[Row]] = {}
        for one in changes:
            made = price_rows(offers.get(one.listing.remote_id), one, channel, now)
            if isinstance(made, Message):
                refused[one.key] = made
            else:
                rows[one.listing.remote_id] = made  # two wishes for one offer: the last stands for both
        flat = [row for one in rows.values() for row in one]
        call = calls.set_prices_request(self.account, columns_of(flat), flat) if flat else None
        return await self._upload(call, "price", len(flat), [one.key for one in changes], refused)

    async def _offers_of(self, skus: frozenset[str]) -> dict[str, OfferWire]:
        found: dict[str, OfferWire] = {}
        if len(skus) <= calls.MOST_SKU_CALLS:
            for sku in sorted(skus):
                walk = Walk(calls.offer_request(self.account, sku))
                while walk.call is not None:
                    found |= parse_offers(walk.take(await self._send(walk.call)), skus)
            return found
        async for raws, _ in self._offers(calls.offers_request(self.account, "set_prices", for_write=True)):
            found |= parse_offers(raws, skus)
        return found

    async def set_stocks(self, changes: Sequence[StockChange]) -> Receipt:
        """Accepted for later: ask with the ticket. An offer that lies in several warehouses is refused: which one is meant?"""
        refused: dict[str, Message] = {}
        last: dict[str, StockChange] = {}
        for one in changes:
            if one.quantity < 0:
                refused[one.key] = Message("item.refused", {"reason": "quantity"}, field="quantity")
            elif "," in one.listing.extra.get("warehouses", ""):
                refused[one.key] = Message("item.refused", {"reason": "several_warehouses"}, field="quantity")
            else:
                last[one.listing.remote_id] = one
        call = calls.set_stocks_request(self.account, tuple(last.values())) if last else None
        return await self._upload(call, "stock", len(last), [one.key for one in changes], refused)

    async def _upload(
        self, call: Call | None, kind: str, lines: int, keys: Sequence[str], refused: dict[str, Message]
    ) -> Receipt:
        ticket = ticket_of(await self._send(call), kind, lines) if call is not None else ""
        outcomes = (
            Outcome(key, OutcomeState.REFUSED, refused[key]) if key in refused else Outcome(key, OutcomeState.PENDING)
            for key in keys
        )
        return Receipt(tuple(outcomes), ticket)

    async def batch_result(self, ticket: str, items: Sequence[PriceChange] | Sequence[StockChange]) -> Receipt:
        """An import that Mirakl does not know any more leaves its items unknown, and they are sent again."""
        kind, lines, import_id = read_ticket(ticket)
        ask = calls.price_status_request if kind == "price" else calls.stock_status_request
        try:
            found = parse_import(await self._send(ask(self.account, import_id)), kind, import_id)
        except ProviderError as error:
            if error.message.code != "item.not_found":
                raise
            found = None
        refused: dict[str, str] | None = None
        if found is not None and found.status in ENDED and found.has_error_report:
            refused = parse_report(await self._send(calls.error_report_request(self.account, kind, import_id)))
        return Receipt(tuple(outcomes_of(found, refused, lines, items)), ticket)

    # -- shipping --------------------------------------------------------------------------------------------------------
    async def confirm_shipments(self, notices: Sequence[ShipmentNotice]) -> Receipt:
        """Tells carrier and tracking number (OR23), then that the order left (OR24)."""
        return await each_alone(notices, self._confirm)

    async def _confirm(self, notice: ShipmentNotice) -> Outcome:
        """Raises when nothing was told yet."""
        wrong = wrong_notice(notice)
        if wrong is not None:
            return Outcome(notice.key, OutcomeState.REFUSED, wrong)
        if notice.carrier:
            carrier = chosen(await self._carriers(), notice.carrier)
            try:
                await self._send(calls.tracking_request(self.account, notice, carrier))
            except ProviderError as error:
                return await self._refused(notice, error)
        try:
            await self._send(calls.ship_request(self.account, notice.order_id))
        except ProviderError as error:
            try:
                return await self._refused(notice, error)
            except ProviderError as lost:  # something was told already: no exception any more
                return Outcome(notice.key, OutcomeState.UNKNOWN, lost.message)
        return Outcome(notice.key, OutcomeState.DONE)

    async def _refused(self, notice: ShipmentNotice, error: ProviderError) -> Outcome:
        """Raises what is no refusal."""
        if error.message.status not in REFUSALS:
            raise error
        found = await self._order(notice.order_id, "confirm_shipments")
        return after_refusal(notice.key, [one for one in found if one.remote_id == notice.order_id], error.message)

    # -- returns and money -----------------------------------------------------------------------------------------------
    async def claims(self, window: Window) -> AsyncIterator[Page[Claim]]:
        """Returns that changed within the window."""
        first = calls.claims_request(self.account, window)
        async for reply in pages(self.http, first, seek_following, auth=self._auth, errors=calls.mirakl_errors):
            yield parse_claims(reply)

    async def accept_claim(self, claim: Claim) -> Outcome:
        """The buyer may send it back. Money is paid back in the operator's panel, when it has come."""
        if claim.status in ACCEPTED:
            return Outcome(claim.remote_id, OutcomeState.DONE)
        reply = await self._send(calls.accept_claim_request(self.account, claim.remote_id))
        outcome = parse_accepted(reply, claim.remote_id)
        if outcome.state is OutcomeState.DONE:
            return outcome
        now = parse_claims(await self._send(calls.claim_request(self.account, claim.remote_id))).items
        accepted = any(one.remote_id == claim.remote_id and one.status in ACCEPTED for one in now)
        return Outcome(claim.remote_id, OutcomeState.DONE) if accepted else outcome

    async def settlements(self, window: Window) -> AsyncIterator[Page[SettlementLine]]:
        """Lines of the account booked within the window."""
        first = calls.settlements_request(self.account, window)
        async for reply in pages(self.http, first, seek_following, auth=self._auth, errors=calls.mirakl_errors):
            yield parse_settlements(reply, window)
