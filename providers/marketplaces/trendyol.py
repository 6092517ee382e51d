"""Trendyol's seller API (apigw). Orders come as shipment packages; prices and stock go in batches of 1,000 whose results come later.

Must never set a package to anything but Picking: Shipped and Delivered are the carrier's to tell.
Source of the facts: reference/marketplaces-tr.md, "## Trendyol".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

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
    fail,
)
from app.kit import BasicAuth, Call, Reply, decode_json, httpx, pages, send
from app.model import (
    Claim,
    Label,
    LabelFormat,
    Listing,
    Order,
    OrderStatus,
    PriceChange,
    SettlementLine,
    ShipmentNotice,
    StockChange,
    Window,
    fold,
)
from providers.marketplaces import trendyol_calls as calls
from providers.marketplaces.trendyol_goods import Join, parse_batch, parse_prices, parse_ticket, parse_titles
from providers.marketplaces.trendyol_money import (
    OTHER_FINANCIALS,
    SETTLEMENTS,
    WAITING,
    parse_claim_items,
    parse_claims,
    parse_settlements,
)
from providers.marketplaces.trendyol_wire import PagedWire, parse_orders, parse_stream

C = TypeVar("C", PriceChange, StockChange)

#: Claims are found by the day they were opened, yet their state changes for weeks.
CLAIM_AGE = timedelta(days=30)
#: The seller has told these, or the carrier has gone past them.
TOLD = frozenset({"Picking", "Invoiced", "Shipped", "AtCollectionPoint", "Delivered", "UnDelivered", "Returned"})
NOT_SENT = frozenset({"rate.limited", "rate.repeated", "breaker.open", "net.unreachable", "net.offline", "net.tls"})


class LabelWire(msgspec.Struct):
    label: str
    format: str = "ZPL"


class LabelsWire(msgspec.Struct):
    data: list[LabelWire] | None = None


def parse_labels(reply: Reply) -> tuple[Label, ...]:
    """One label a box. Trendyol's are ZPL for 100 mm × 130 mm at 8 dots/mm, which is not told in the answer."""
    known = {"ZPL": LabelFormat.ZPL, "EPL": LabelFormat.EPL}
    found = [one for one in decode_json(reply, LabelsWire).data or [] if one.label]
    if any(one.format not in ("EPL",) and not one.label.lstrip().startswith("^XA") for one in found):
        # Anything else would come out of the printer as pages of letters.
        raise fail(Message("answer.unreadable", {"field": "data.label"}, field="data.label"))
    return tuple(Label(known.get(one.format, LabelFormat.ZPL), one.label.encode()) for one in found)


class Trendyol:
    """One seller's connection. The integration account holds `seller_id`, `api_key`, `api_secret`, `integrator_name`."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.account = http, account
        self._auth = BasicAuth(account.secret("api_key"), account.secret("api_secret"))
        self._errors = calls.trendyol_errors(account)

    async def _send(self, call: Call) -> Reply:
        return await send(self.http, call, auth=self._auth, errors=self._errors)

    def _pages(self, call: Call, following: Callable[[Call, Reply], Call | None]) -> AsyncIterator[Reply]:
        return pages(self.http, call, following, auth=self._auth, errors=self._errors)

    async def probe(self) -> ProbeResult:
        """Proves key and seller id; counts the open packages of the last fortnight."""
        now = self.account.now()
        reply = await self._send(calls.probe_request(self.account, Window(now - timedelta(days=14), now)))
        count = decode_json(reply, PagedWire).total_elements
        return ProbeResult({"seller_id": self.account.setting("seller_id")}, server_orders=count)

    # -- orders ----------------------------------------------------------------------------------------------------------
    async def orders(self, window: Window) -> AsyncIterator[Page[Order]]:
        """Packages by modification time. Newest first, so the cursor moves only when a window has been read to its end; a package
        that changes meanwhile belongs to the next window."""
        for piece in window.split(calls.WIDEST):
            async for reply in self._pages(calls.orders_request(self.account, piece), calls.stream_following):
                yield parse_stream(reply)

    async def order(self, number: str) -> tuple[Order, ...]:
        """All packages of an order number: of the last week, else further back as far as Trendyol remembers."""
        return await self._search(lambda window: calls.order_request(self.account, number, window))

    async def _search(self, request: Callable[[Window | None], Call]) -> tuple[Order, ...]:
        now = self.account.now()
        windows: list[Window | None] = [None, *reversed([*Window(now - calls.HISTORY, now).split(calls.WIDEST)])]
        for window in windows:
            page = parse_orders(await self._send(request(window)))
            if page.items:
                return page.items
            if page.rejects:
                raise fail(page.rejects[0].message)
        return ()

    # -- listings, prices, stock -----------------------------------------------------------------------------------------
    async def listings(self, since: datetime | None) -> AsyncIterator[Page[Listing]]:
        """All approved listings; Trendyol's lists know no 'changed since'. Two lists, read side by side and joined by barcode."""
        del since
        join = Join()
        priced = self._pages(calls.prices_request(self.account), calls.products_following)
        titled = self._pages(calls.titles_request(self.account), calls.products_following)
        more = True
        while more:
            prices, titles = await anext(priced, None), await anext(titled, None)
            more = prices is not None or titles is not None
            left = parse_prices(prices, "TRY") if prices is not None else Page(())
            right = parse_titles(titles) if titles is not None else Page(())
            ready = join.add(right.items, left.items) if more else join.rest()
            if ready or left.rejects or right.rejects:
                yield Page(ready, (*left.rejects, *right.rejects))

    async def set_prices(self, changes: Sequence[PriceChange]) -> Receipt:
        """Accepted for later: ask with the ticket. Prices hold VAT, in TRY, two decimals."""
        return await self._batch(changes, calls.refused_price, calls.set_prices_request)

    async def set_stocks(self, changes: Sequence[StockChange]) -> Receipt:
        """Accepted for later: ask with the ticket. At most 20,000 pieces a listing."""
        return await self._batch(changes, calls.refused_stock, calls.set_stocks_request)

    async def _batch(
        self,
        changes: Sequence[C],
        refused: Callable[[C], Message | None],
        request: Callable[[Account, Sequence[C]], Call],
    ) -> Receipt:
        wrong = {c.key: message for c in changes if (message := refused(c)) is not None}
        good = [c for c in changes if c.key not in wrong]
        ticket = parse_ticket(await self._send(request(self.account, good))) if good else ""
        return Receipt(
            tuple(
                Outcome(c.key, OutcomeState.REFUSED, wrong[c.key])
                if c.key in wrong
                else Outcome(c.key, OutcomeState.PENDING)
                for c in changes
            ),
            ticket,
        )

    async def batch_result(self, ticket: str, items: Sequence[PriceChange] | Sequence[StockChange]) -> Receipt:
        """Trendyol keeps results for four hours; a forgotten batch leaves its items unknown, and they are sent again."""
        try:
            reply = await self._send(calls.batch_request(self.account, ticket))
        except ProviderError as error:
            if error.message.code != "item.not_found":
                raise
            return Receipt(tuple(Outcome(i.key, OutcomeState.UNKNOWN, error.message) for i in items), ticket)
        return parse_batch(reply, ticket, items)

    # -- shipping --------------------------------------------------------------------------------------------------------
    async def confirm_shipments(self, notices: Sequence[ShipmentNotice]) -> Receipt:
        """Sets packages to Picking and tells an own tracking number (contracted carriers bring Trendyol's own)."""
        outcomes: list[Outcome] = []
        for notice in notices:
            try:
                outcomes.append(await self._confirm(notice))
            except ProviderError as error:
                if not outcomes:
                    raise
                rest = notices[len(outcomes) :]
                outcomes += [Outcome(n.key, OutcomeState.UNKNOWN, error.message) for n in rest]
                break
        return Receipt(tuple(outcomes))

    async def _confirm(self, notice: ShipmentNotice) -> Outcome:
        """Raises when nothing was sent; a second call lost on its way leaves the notice unknown."""
        if notice.extra.get("status", "") not in TOLD:
            refusal = await self._pick(notice)
            if refusal is not None:
                return Outcome(notice.key, OutcomeState.REFUSED, refusal)
        number = notice.tracking_number
        if not number or number == notice.extra.get("cargoTrackingNumber", ""):
            return Outcome(notice.key, OutcomeState.DONE, remote_ref=notice.order_id)
        try:
            await self._send(calls.tracking_request(self.account, notice.order_id, number))
        except ProviderError as error:
            message = error.message
            if message.status not in (400, 404, 409):
                return Outcome(notice.key, OutcomeState.UNKNOWN, message)
            package = await self._package(notice.order_id)
            if package is None or package.tracking_number != number:
                return Outcome(notice.key, OutcomeState.REFUSED, message)
        return Outcome(notice.key, OutcomeState.DONE, remote_ref=notice.order_id)

    async def _pick(self, notice: ShipmentNotice) -> Message | None:
        """None when the package is at Picking or beyond now."""
        lines = [(int(line.remote_id), line.quantity) for line in notice.lines] or lines_of(
            notice.extra.get("lines", "")
        )
        if not lines:
            package = await self._package(notice.order_id)
            if package is None:
                return Message("item.not_found", {"order": notice.order_id})
            if package.vendor_status in TOLD:
                return None
            lines = lines_of(package.extra.get("lines", ""))
        try:
            await self._send(calls.picking_request(self.account, notice.order_id, lines))
        except ProviderError as error:
            if error.message.status not in (400, 404, 409):
                raise
            # Refused: because it was told before, or because the package was cancelled or split. Its state knows.
            package = await self._package(notice.order_id)
            if package is not None and package.vendor_status in TOLD:
                return None
            code = "item.conflict" if package is not None and package.status is OrderStatus.CANCELLED else ""
            return msgspec.structs.replace(error.message, code=code) if code else error.message
        return None

    async def _package(self, package_id: str) -> Order | None:
        found = await self._search(lambda window: calls.package_request(self.account, package_id, window))
        return next((o for o in found if o.remote_id == package_id), None)

    async def label(self, order: Order) -> tuple[Label, ...]:
        """Trendyol's own ZPL labels (some carriers only); none where it answers 400 or 404: print your own."""
        number = order.extra.get("cargoTrackingNumber", "") or order.tracking_number
        if not number:
            return ()
        for call in (calls.create_label_request(self.account, number), calls.label_request(self.account, number)):
            try:
                reply = await self._send(call)
            except ProviderError as error:
                if error.message.code in ("request.refused", "item.not_found"):
                    return ()
                if error.message.code != "item.conflict" or call.method != "POST":  # 409: it was asked for before
                    raise
        return parse_labels(reply)

    # -- returns and money -----------------------------------------------------------------------------------------------
    async def claims(self, window: Window) -> AsyncIterator[Page[Claim]]:
        """Claims opened within the window or up to 30 days before it, with their state of now."""
        wide = Window(window.since - CLAIM_AGE, window.until)
        async for reply in self._pages(calls.claims_request(self.account, wide), calls.paged_following):
            yield parse_claims(reply)

    async def accept_claim(self, claim: Claim) -> Outcome:
        """Accepts every item of the claim that waits for the seller; accepting twice is harmless."""
        found = parse_claim_items(await self._send(calls.claim_request(self.account, claim.remote_id)))
        waiting = [item for item, state in found if state == WAITING]
        if not found:
            return Outcome(claim.remote_id, OutcomeState.REFUSED, Message("item.not_found", {"claim": claim.remote_id}))
        if not waiting:
            if any(state in ("Accepted", "WaitingFraudCheck") for _, state in found):
                return Outcome(claim.remote_id, OutcomeState.DONE)
            message = Message("item.conflict", {"claim": claim.remote_id, "status": found[0][1]})
            return Outcome(claim.remote_id, OutcomeState.REFUSED, message)
        try:
            await self._send(calls.accept_claim_request(self.account, claim.remote_id, waiting))
        except ProviderError as error:
            if error.message.code in NOT_SENT:
                raise
            state = OutcomeState.REFUSED if error.message.kind is Kind.YOURS else OutcomeState.UNKNOWN
            return Outcome(claim.remote_id, state, error.message)
        return Outcome(claim.remote_id, OutcomeState.DONE)

    async def settlements(self, window: Window) -> AsyncIterator[Page[SettlementLine]]:
        """Every kind of booking, one after the other; Trendyol wants one call a kind and at most 15 days. A kind that it does not know
        (the list differs by storefront) has no rows; the first one, Sale, has to be known."""
        for piece in window.split(timedelta(days=14)):
            for kind in (*SETTLEMENTS, *OTHER_FINANCIALS):
                call = calls.settlements_request(self.account, piece, kind, other=kind in OTHER_FINANCIALS)
                try:
                    async for reply in self._pages(call, calls.paged_following):
                        page = parse_settlements(reply, kind)
                        if page.items or page.rejects:
                            yield page
                except ProviderError as error:
                    message = error.message
                    unknown_kind = message.status == 400 and "transactiontype" in fold(message.vendor_text)
                    if kind == SETTLEMENTS[0] or not unknown_kind:
                        raise


def lines_of(text: str) -> list[tuple[int, int]]:
    """The `lines` handle of an order's `extra` (`id:pieces,id:pieces`)."""
    pairs = [one.split(":") for one in text.split(",") if one]
    return [(int(line), int(quantity)) for line, quantity in pairs]
