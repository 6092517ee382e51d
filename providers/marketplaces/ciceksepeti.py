"""ÇiçekSepeti's seller API. One row an order item, lists by date of creation only, prices and stock in batches whose results come
later, and a waiting time before every call. Must never take a list by creation for one of changes.

Source of the facts: reference/marketplaces-tr.md, "## ÇiçekSepeti".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

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
from app.kit import Call, HeaderAuth, Reply, decode_json, each_alone, httpx, send
from app.model import Claim, Listing, Order, PriceChange, ShipmentNotice, StockChange, Window
from providers.marketplaces import ciceksepeti_calls as calls
from providers.marketplaces import ciceksepeti_claims as returns
from providers.marketplaces import ciceksepeti_errors as errors
from providers.marketplaces import ciceksepeti_shipping as shipping
from providers.marketplaces.ciceksepeti_goods import ProductsWire, parse_batch, parse_listings, parse_ticket
from providers.marketplaces.ciceksepeti_walk import Rows, Walk

C = TypeVar("C", PriceChange, StockChange)

#: What the vendor answers when it does not want to, as opposed to a failure on the way.
REFUSALS = frozenset({400, 404, 409, 422})


class Ciceksepeti:
    """One seller's connection. The account holds `api_key`, `seller_id` and perhaps `integrator_name`."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.account = http, account
        self._auth = HeaderAuth({"x-api-key": account.secret("api_key"), "user-agent": calls.user_agent(account)})
        self._sizes, self._sorts = calls.Variants(calls.PAGE_SIZES), calls.Variants(calls.SORTS)
        self._batches = calls.Rested(calls.BATCH_S)

    throttling = staticmethod(errors.throttling)

    async def _send(self, call: Call) -> Reply:
        return await send(self.http, call, auth=self._auth, errors=errors.ciceksepeti_errors)

    async def probe(self) -> ProbeResult:
        """Proves the key. Each test asks in another order of sorting, because the same question waits ten minutes."""
        reply = await self._send(calls.probe_request(self._sorts.next(self.account.now())))
        total = decode_json(reply, ProductsWire).total_count
        facts = {"seller_id": self.account.setting("seller_id")}
        return ProbeResult(facts if total is None else {**facts, "listings": str(total)})

    # -- orders ----------------------------------------------------------------------------------------------------------
    async def orders(self, window: Window) -> AsyncIterator[Page[Order]]:
        """Orders that changed within the window, and some before it. The list knows dates of creation only: what was placed up to
        38 days earlier is read again, active and cancelled items, and chosen by the items' own dates of change (those in whole
        minutes). Older orders are told when the list of cancellations and returns names them; other changes of theirs are not
        noticed. So no page alone covers anything."""
        since = calls.to_minute(window.since) - calls.ZONE_DOUBT
        named: list[str] = []
        async for cancelled in self._cancelled(Window(since, window.until), "orders"):
            named += returns.order_numbers(cancelled.items)
            if cancelled.rejects:
                yield Page((), cancelled.rejects)
        told, bad, patient = set[str](), set[str](), False
        for piece in Window(since - calls.AGE, window.until).split(calls.WIDEST):
            rows = Rows()
            for active in (True, False):
                await self._gather(rows, piece, active=active, patient=patient)
                patient = True
            page = rows.page(since)
            rejects = tuple(one for one in page.rejects if one.remote_id not in bad)  # pieces overlap
            told.update(one.remote_id for one in page.items)
            bad.update(one.remote_id for one in rejects if one.remote_id)
            yield Page(page.items, rejects)
        for number in dict.fromkeys(named):
            if number not in told and number not in bad:
                yield await self._order(number, "orders")

    async def _gather(self, rows: Rows, piece: Window, *, active: bool, patient: bool) -> None:
        now, walk = self.account.now(), Walk(calls.ORDER_SIZE)
        while walk.page is not None:
            wait = patient or walk.steps > 0
            call = calls.orders_request(piece, walk.page, now, active=active, again=walk.again, patient=wait)
            count, total = rows.add(await self._send(call))
            walk.take(count, total)

    async def _cancelled(self, window: Window, operation: str) -> AsyncIterator[Page[returns.CancelledWire]]:
        patient = False
        for piece in window.split(calls.CANCELLED_WIDEST):
            now, walk = self.account.now(), Walk(calls.ORDER_SIZE)
            while walk.page is not None:
                call = calls.cancelled_request(piece, walk.page, now, operation, patient=patient)
                page, count = returns.parse_cancelled(await self._send(call))
                walk.take(count, None)
                patient = True
                yield page

    async def _order(self, number: str, operation: str) -> Page[Order]:
        """Both lists: whether a number brings cancelled items without being asked for them is not documented."""
        rows = Rows()
        if not (number.isascii() and number.isdigit()) or len(number) > 18:
            return Page(())
        for active in (True, False):
            rows.add(await self._send(calls.order_request(number, operation, self.account.now(), active=active)))
        return rows.page()

    async def order(self, number: str) -> tuple[Order, ...]:
        """The order of that number. Raises when ÇiçekSepeti has it and it cannot be read."""
        return await self._readable(number, "order")

    async def _readable(self, number: str, operation: str) -> tuple[Order, ...]:
        page = await self._order(number, operation)
        if page.rejects and not page.items:
            raise fail(page.rejects[0].message.about(operation=operation))
        return page.items

    # -- listings, prices, stock -----------------------------------------------------------------------------------------
    async def listings(self, since: datetime | None) -> AsyncIterator[Page[Listing]]:
        """All products; the list knows no 'changed since'. Products cannot be deleted, so the pages only grow at their end."""
        del since
        variant, number, seen = self._sizes.next(self.account.now()), 1, 0
        while True:
            page, count = parse_listings(await self._send(calls.listings_request(number, variant)))
            seen += count
            yield page
            if not count or (page.total is not None and seen >= page.total):
                return
            if page.total is None and count < calls.LISTING_SIZE - variant:
                return
            number += 1

    async def set_prices(self, changes: Sequence[PriceChange]) -> Receipt:
        """Accepted for later: ask with the ticket. Prices hold VAT, in TRY."""
        return await self._write(changes, calls.refused_price, calls.set_prices_request)

    async def set_stocks(self, changes: Sequence[StockChange]) -> Receipt:
        """Accepted for later: ask with the ticket."""
        return await self._write(changes, calls.refused_stock, calls.set_stocks_request)

    async def _write(
        self, changes: Sequence[C], refused: Callable[[C], Message | None], request: Callable[[Sequence[C]], Call]
    ) -> Receipt:
        wrong = {c.key: refused(c) for c in changes}
        good = [c for c in changes if wrong[c.key] is None]
        ticket: str = parse_ticket(await self._send(request(good))) if good else ""
        state = {True: OutcomeState.PENDING, False: OutcomeState.REFUSED}
        return Receipt(tuple(Outcome(key, state[message is None], message) for key, message in wrong.items()), ticket)

    async def batch_result(self, ticket: str, items: Sequence[PriceChange] | Sequence[StockChange]) -> Receipt:
        """A batch may be asked for once a minute: before that it is still pending. A forgotten one leaves its items unknown."""
        now = self.account.now()
        if not self._batches.may(ticket, now):
            return Receipt(tuple(Outcome(i.key, OutcomeState.PENDING) for i in items), ticket)
        try:
            reply = await self._send(calls.batch_request(ticket))
        except ProviderError as error:
            if error.message.code != "item.not_found":
                raise
            return Receipt(tuple(Outcome(i.key, OutcomeState.UNKNOWN, error.message) for i in items), ticket)
        self._batches.note(ticket, now)
        return parse_batch(reply, ticket, items)

    # -- shipping --------------------------------------------------------------------------------------------------------
    async def confirm_shipments(self, notices: Sequence[ShipmentNotice]) -> Receipt:
        """By the order's own cargo model: with the vendor's carriers a code for the label is made (the reference of the outcome) and
        the merchant's number goes nowhere; with a contract of the merchant's, carrier and number are told."""
        return await each_alone(notices, self._confirm)

    async def _confirm(self, notice: ShipmentNotice) -> Outcome:
        """Raises when nothing is known to have been sent."""
        extra: Mapping[str, str] = notice.extra
        due, told = shipping.to_tell(notice, extra)
        if not due and not told:  # nothing is known of it yet
            order = await self._find(notice)
            due, extra = shipping.to_tell(notice, order.extra)[0] if order else [], order.extra if order else extra
            if not due:
                return shipping.judged(notice, order)
        if not due:
            return Outcome(notice.key, OutcomeState.DONE, remote_ref=notice.order_id)
        model = extra.get("model", "")
        code, refused = await self._tell(model, due, notice)
        if refused is not None and errors.is_other_model(refused):
            code, refused = await self._tell(shipping.OTHER.get(model, shipping.OWN), due, notice)
        if refused is None:
            return Outcome(notice.key, OutcomeState.DONE, remote_ref=code or notice.order_id)
        return shipping.judged(notice, await self._find(notice), refused)

    async def _tell(self, model: str, items: list[str], notice: ShipmentNotice) -> tuple[str, Message | None]:
        call = shipping.confirm_request(model, items, notice)
        if isinstance(call, Message):
            return "", call
        try:
            return shipping.parse_confirmed(await self._send(call))
        except ProviderError as error:
            if error.message.status not in REFUSALS:
                raise
            return "", error.message

    async def _find(self, notice: ShipmentNotice) -> Order | None:
        return next(iter(await self._readable(notice.order_id, "confirm_shipments")), None)

    # -- returns ---------------------------------------------------------------------------------------------------------
    async def claims(self, window: Window) -> AsyncIterator[Page[Claim]]:
        """Returns asked for within the window or up to 30 days before it, with their state of now; those that wait for the seller
        first."""
        asked = Window(window.since - returns.CLAIM_AGE, window.until)
        orders: dict[str, Order | None] = {}
        async for page in self._cancelled(asked, "claims"):
            rows = [row for row in page.items if returns.is_return(row)]
            for number in returns.order_numbers(rows):
                if number not in orders:
                    orders[number] = next(iter((await self._order(number, "claims")).items), None)
            found = [returns.to_claim(row, orders[str(row.order_id)], asked) for row in rows]
            yield Page(tuple(sorted(found, key=returns.waits_for_seller)), page.rejects)

    async def accept_claim(self, claim: Claim) -> Outcome:
        """Accepts the return (an exchange makes the order a new one again); accepting twice is harmless. The vendor takes it only
        while the parcel is with the seller."""
        done = Outcome(claim.remote_id, OutcomeState.DONE)
        if returns.is_decided(claim.status):
            return done
        try:
            refused = returns.parse_accepted(await self._send(calls.accept_claim_request(claim.remote_id)))
        except ProviderError as error:
            if error.message.code in NOT_SENT:
                raise
            if error.message.kind is not Kind.YOURS:
                return Outcome(claim.remote_id, OutcomeState.UNKNOWN, error.message)
            refused = error.message
        if refused is None or await self._is_decided(claim):
            return done
        return Outcome(claim.remote_id, OutcomeState.REFUSED, refused)

    async def _is_decided(self, claim: Claim) -> bool:
        now = self.account.now()
        async for page in self._cancelled(Window(min(claim.opened_at, now) - returns.CLAIM_AGE, now), "accept_claim"):
            for row in page.items:
                if str(row.order_item_id) == claim.remote_id and returns.is_decided(returns.status_of(row)):
                    return True
        return False
