"""Pazarama's seller API. Orders are listed by the day they were placed, so weeks of them are read again to see what changed.
Prices and stock go in batches whose results come later. Must never tell a carrier twice for one item.

Source of the facts: reference/marketplaces-tr.md, "## Pazarama".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
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
from app.kit import Call, Reply, TokenAuth, bearer, decode_json, httpx, pages, send
from app.model import Claim, Listing, Order, PriceChange, ShipmentNotice, StockChange, Window
from providers.marketplaces import pazarama_calls as calls
from providers.marketplaces.pazarama_goods import (
    Deliveries,
    Part,
    claim_rows,
    is_accepted,
    parse_batch,
    parse_claims,
    parse_deliveries,
    parse_listings,
    parse_ticket,
    parts_of,
)
from providers.marketplaces.pazarama_wire import PREPARING, RECEIVED, changed_at, parse_orders

C = TypeVar("C", PriceChange, StockChange)

#: What the vendor says when it does not want to, as opposed to a failure on the way.
REFUSALS = frozenset({"request.refused", "item.refused", "item.not_found", "item.conflict"})
DELIVERIES_AGE = timedelta(hours=1)
MINUTE = timedelta(minutes=1)  # an order's own date is cut to it
CARGO = 1  # a delivery type; the others have no carrier to name


class Pazarama:
    """One seller's connection. The account holds `client_id` and `client_secret`."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.account = http, account
        self._auth = TokenAuth(
            store=account.tokens,
            name="pazarama",
            now=account.now,
            fetch=lambda _: calls.token_request(account),
            read=lambda reply: calls.read_token(account, reply),
            place=bearer,
            renew_on=frozenset({401}),
        )
        self._known: frozenset[int] | None = None  # hashes of the orders as the last complete pull found them
        self._deliveries: tuple[datetime, Deliveries] | None = None

    async def _send(self, call: Call) -> Reply:
        return await send(self.http, call, auth=self._auth, errors=calls.pazarama_errors)

    async def probe(self) -> ProbeResult:
        """Proves id and secret, and that the token opens the API."""
        decode_json(await self._send(calls.probe_request()), calls.ListWire)
        return ProbeResult()

    # -- orders ----------------------------------------------------------------------------------------------------------
    async def orders(self, window: Window) -> AsyncIterator[Page[Order]]:
        """Orders that changed within the window or later. The list is by the day of the order only, and in an order that nobody
        documents: all of the last weeks are read and chosen by their items' histories, and what looks different from the last
        pull is told whatever its history says. So the cursor moves only when a window has been read to its end."""
        seen: set[int] = set()
        for piece in Window(window.since - calls.ORDER_AGE, window.until).split(calls.PIECE):
            walk = calls.Walk(calls.orders_request(piece))
            while walk.call is not None:
                raws = calls.rows_of(await self._send(walk.call))
                walk.take(len(raws))
                yield parse_orders([raw for raw in raws if self._is_news(raw, window.since, seen)])
        self._known = frozenset(seen)

    def _is_news(self, raw: msgspec.Raw, since: datetime, seen: set[int]) -> bool:
        mark = hash(bytes(raw))
        seen.add(mark)
        changed = changed_at(raw)
        if changed is None or changed > since - MINUTE:
            return True
        return self._known is not None and mark not in self._known

    async def order(self, number: str) -> tuple[Order, ...]:
        """The order of that number, of the last half year. Raises when Pazarama has it and it cannot be read."""
        return await self._order(number, "order")

    async def _order(self, number: str, operation: str) -> tuple[Order, ...]:
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            return ()  # numbers are all that Pazarama counts orders by
        found = parse_orders(calls.rows_of(await self._send(calls.order_request(int(number), operation))))
        if found.rejects and not found.items:
            raise fail(found.rejects[0].message.about(operation=operation))
        return tuple(one for one in found.items if one.number == number)

    # -- listings, prices, stock -----------------------------------------------------------------------------------------
    async def listings(self, since: datetime | None) -> AsyncIterator[Page[Listing]]:
        """All approved products. Those that wait for approval or were refused are not listed here."""
        del since
        first, following = calls.listings_request(), calls.listings_following
        async for reply in pages(self.http, first, following, auth=self._auth, errors=calls.pazarama_errors):
            yield parse_listings(reply)

    async def set_prices(self, changes: Sequence[PriceChange]) -> Receipt:
        """Accepted for later: ask with the ticket. Prices hold VAT, in TRY, two decimals."""
        return await self._batch(changes, calls.refused_price, calls.set_prices_request)

    async def set_stocks(self, changes: Sequence[StockChange]) -> Receipt:
        """Accepted for later: ask with the ticket."""
        return await self._batch(changes, calls.refused_stock, calls.set_stocks_request)

    async def _batch(
        self, changes: Sequence[C], refused: Callable[[C], Message | None], request: Callable[[Sequence[C]], Call]
    ) -> Receipt:
        wrong = {c.key: message for c in changes if (message := refused(c)) is not None}
        good = [c for c in changes if c.key not in wrong]
        ticket = parse_ticket(await self._send(request(good))) if good else ""
        lost = None if ticket else Message("answer.field_missing", {"field": "data"}, field="data")
        outcomes = (
            Outcome(c.key, OutcomeState.REFUSED, wrong[c.key])
            if c.key in wrong
            else Outcome(c.key, OutcomeState.PENDING if ticket else OutcomeState.UNKNOWN, lost)
            for c in changes
        )
        return Receipt(tuple(outcomes), ticket)

    async def batch_result(self, ticket: str, items: Sequence[PriceChange] | Sequence[StockChange]) -> Receipt:
        """A batch that Pazarama has forgotten leaves its items unknown, and they are sent again."""
        try:
            reply = await self._send(calls.batch_request(ticket))
        except ProviderError as error:
            if error.message.code not in REFUSALS:
                raise
            return Receipt(tuple(Outcome(i.key, OutcomeState.UNKNOWN, error.message) for i in items), ticket)
        return parse_batch(reply, ticket, items)

    # -- shipping --------------------------------------------------------------------------------------------------------
    async def confirm_shipments(self, notices: Sequence[ShipmentNotice]) -> Receipt:
        """Sets items to "preparing" and then, where the carrier is the seller's own, to "shipped" with its number. Pazarama's
        contracted carriers tell the rest themselves."""
        outcomes: list[Outcome] = []
        for notice in notices:
            told: list[str] = []
            try:
                outcomes.append(await self._confirm(notice, told))
            except ProviderError as error:
                if not outcomes and not told:
                    raise
                rest = notices[len(outcomes) :]
                outcomes += [Outcome(n.key, OutcomeState.UNKNOWN, error.message) for n in rest]
                break
        return Receipt(tuple(outcomes))

    async def _confirm(self, notice: ShipmentNotice, told: list[str]) -> Outcome:
        """Looks first: what was told before is not told again. `told` collects what this call has told."""
        parts, refusal = await self._parts(notice)
        plan = await self._plan(parts, notice) if refusal is None else refusal
        if isinstance(plan, Message):
            return Outcome(notice.key, OutcomeState.REFUSED, plan)
        for call, part in plan:
            try:
                await self._send(call)
                told.append(part.item)
            except ProviderError as error:
                if error.message.code not in REFUSALS:
                    raise
                # Refused: because somebody was quicker, or because the buyer cancelled. The order knows.
                again, refusal = await self._parts(notice)
                now = next((one for one in again if one.item == part.item), None)
                if now is None or now.status in (part.status, RECEIVED):
                    return Outcome(notice.key, OutcomeState.REFUSED, refusal or error.message)
        return Outcome(notice.key, OutcomeState.DONE, remote_ref=notice.order_id)

    async def _parts(self, notice: ShipmentNotice) -> tuple[list[Part], Message | None]:
        found = await self._order(notice.order_number, "confirm_shipments")
        order = next((one for one in found if one.remote_id == notice.order_id), None)
        if order is None:
            return [], Message("item.not_found", {"order": notice.order_number or notice.order_id})
        return parts_of(order, notice)

    async def _plan(self, parts: Sequence[Part], notice: ShipmentNotice) -> list[tuple[Call, Part]] | Message:
        """What is still to be told, each call with the item as it is before it; or why it cannot be told."""
        due = [part for part in parts if part.is_open]
        if not due:
            return []
        number, ways = int(notice.order_number), await self._ways()
        company = ways.company(notice.carrier)
        plan: list[tuple[Call, Part]] = []
        for part in due:
            if part.status == RECEIVED:
                plan.append((calls.preparing_request(number, part.item), part))
            if part.delivery in ways.contracted:
                continue
            if part.delivery == CARGO and not (company and notice.tracking_number):
                field = "tracking_number" if company else "carrier"
                known = ", ".join(sorted(ways.companies))
                return Message("item.refused", {"reason": field, "known": known}, field=field)
            ready = msgspec.structs.replace(part, status=PREPARING)
            plan.append((
                calls.shipped_request(
                    number, part.item, part.delivery, company, notice.tracking_number, notice.tracking_url
                ),
                ready,
            ))  # fmt: skip
        return plan

    async def _ways(self) -> Deliveries:
        now = self.account.now()
        if self._deliveries is None or abs(now - self._deliveries[0]) > DELIVERIES_AGE:
            self._deliveries = now, parse_deliveries(await self._send(calls.deliveries_request()))
        return self._deliveries[1]

    # -- returns ---------------------------------------------------------------------------------------------------------
    async def claims(self, window: Window) -> AsyncIterator[Page[Claim]]:
        """Returns asked for within the window or up to 30 days before it, with their state of now."""
        async for page in self._claims(Window(window.since - calls.CLAIM_AGE, window.until)):
            yield page

    async def _claims(self, window: Window) -> AsyncIterator[Page[Claim]]:
        for piece in window.split(calls.PIECE):
            walk = calls.Walk(calls.claims_request(piece))
            while walk.call is not None:
                raws = claim_rows(await self._send(walk.call))
                walk.take(len(raws))
                yield parse_claims(raws)

    async def accept_claim(self, claim: Claim) -> Outcome:
        """Approves the return; approving twice is harmless."""
        done = Outcome(claim.remote_id, OutcomeState.DONE)
        if is_accepted(claim):
            return done
        try:
            await self._send(calls.accept_claim_request(claim.remote_id))
        except ProviderError as error:
            if error.message.code in NOT_SENT:
                raise
            if error.message.kind is not Kind.YOURS:
                return Outcome(claim.remote_id, OutcomeState.UNKNOWN, error.message)
            if await self._was_accepted(claim):
                return done
            return Outcome(claim.remote_id, OutcomeState.REFUSED, error.message)
        return done

    async def _was_accepted(self, claim: Claim) -> bool:
        around = Window(claim.opened_at - timedelta(days=1), claim.opened_at + timedelta(days=1))
        async for page in self._claims(around):
            if any(one.remote_id == claim.remote_id and is_accepted(one) for one in page.items):
                return True
        return False
