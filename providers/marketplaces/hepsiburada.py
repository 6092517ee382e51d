"""Hepsiburada's seller API. Four kinds of lists tell which orders changed; the order's detail is the record. Prices and stock go
up in uploads whose results come later. Must never pack a line twice, nor take a list that moved for a complete one.

Source of the facts: reference/marketplaces-tr.md, "## Hepsiburada".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
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
    Reject,
    fail,
)
from app.kit import Call, Classifier, each_alone, httpx, pages
from app.model import (
    Claim,
    Label,
    Listing,
    Order,
    OrderStatus,
    PriceChange,
    SettlementLine,
    ShipmentNotice,
    StockChange,
    Window,
)
from providers.marketplaces import hepsiburada_calls as calls
from providers.marketplaces.hepsiburada_claims import DECIDED, claim_numbers, parse_claims, parse_labels, with_lines
from providers.marketplaces.hepsiburada_goods import (
    Names,
    parse_batch,
    parse_listings,
    parse_ticket,
    titles_following,
)
from providers.marketplaces.hepsiburada_lists import Sighting, Walk, row_id, rows_of, sightings
from providers.marketplaces.hepsiburada_money import days_of, parse_records, records_following
from providers.marketplaces.hepsiburada_publishing import HepsiburadaPublishing
from providers.marketplaces.hepsiburada_shipping import (
    PackageWire,
    is_open,
    is_told,
    own_carrier,
    packages_of,
    pairs,
    parse_package,
    parse_packed,
    to_pack,
)
from providers.marketplaces.hepsiburada_wire import parse_order

C = TypeVar("C", PriceChange, StockChange)

#: Orders told at once: what came before a failure is kept.
CHUNK = 25
#: Claims are found by the day they were opened, yet their state changes for weeks.
CLAIM_AGE = timedelta(days=30)
#: What the vendor answers when it does not want to, as opposed to a failure on the way.
REFUSALS = frozenset({400, 404, 409, 422})


class Hepsiburada(HepsiburadaPublishing):
    """One merchant's connection."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        super().__init__(http, account)
        self._open: dict[str, int] = {}  # open lines as the last complete pull found them: row id, hash of the row

    async def _walk(self, call: Call, errors: Classifier = calls.found_or_absent) -> AsyncIterator[list[msgspec.Raw]]:
        """The rows of a list, each once, a page at a time. Hepsiburada's own 404 is an empty list (unconfirmed)."""
        walk = Walk(call)
        while walk.call is not None:
            reply = await self._send(walk.call, errors)
            if calls.says_empty(reply):
                return
            yield walk.take(reply)

    async def probe(self) -> ProbeResult:
        """Proves key, merchant id and developer user at once."""
        rows_of(await self._send(calls.probe_request(self.account)))  # a page of listings, or it was not Hepsiburada
        return ProbeResult({"merchant_id": self.account.setting("merchant_id")})

    # -- orders ----------------------------------------------------------------------------------------------------------
    async def orders(self, window: Window) -> AsyncIterator[Page[Order]]:
        """Orders that changed within the window, oldest piece first. No list is by modification: the open, the unpaid and the
        cancelled lines are read whole and chosen by their dates, packages are asked for piece by piece; each order found is read
        as a whole, once, after the window's end, so what changes later belongs to the next window."""
        current: list[Sighting] = []
        rows: dict[str, int] = {}
        async for raws in self._walk(calls.open_lines_request(self.account), calls.hepsiburada_errors):
            # Whether a line's date moves when its order is paid for days later is not told, so a line that was not here the
            # last time, or not like this, is news whatever its date says.
            for raw in raws:
                id_, mark = row_id(raw), hash(bytes(raw))
                rows[id_] = mark
                seen, rejects = sightings([raw], "laststatusupdatedate" if self._open.get(id_) == mark else "")
                current += seen
                if rejects:
                    yield Page((), tuple(rejects))
        for call, field in (
            (calls.cancelled_request(self.account), "canceldate"),
            (calls.unpaid_request(self.account), "orderdate"),
        ):
            async for raws in self._walk(call):
                seen, rejects = sightings(raws, field)
                current += seen
                if rejects:
                    yield Page((), tuple(rejects))
        told: set[str] = set()
        for piece in window.split(calls.PIECE):
            numbers = dict.fromkeys(s.number for s in current if _falls(s, piece, window))
            async for page in self._packed(piece, numbers):
                yield page
            async for page in self._read(number for number in numbers if number not in told):
                yield page
            told.update(numbers)
            yield Page((), covered_until=piece.until)
        self._open = rows

    async def _packed(self, piece: Window, numbers: dict[str, None]) -> AsyncIterator[Page[Order]]:
        """Adds the orders whose packages were made or moved within the piece; yields the rows that name no order."""
        requests = [
            calls.packages_request(self.account, piece),
            *(calls.packages_in_state_request(self.account, state, piece) for state in calls.STATES),
        ]
        for call in requests:
            async for raws in self._walk(call):
                seen, rejects = sightings(raws)
                numbers.update(dict.fromkeys(s.number for s in seen))
                if rejects:
                    yield Page((), tuple(rejects))

    async def _read(self, numbers: Iterable[str]) -> AsyncIterator[Page[Order]]:
        found: list[Order] = []
        rejects: list[Reject] = []
        for number in numbers:
            page = await self._order(number, "orders")
            found += page.items
            rejects += page.rejects
            if len(found) + len(rejects) >= CHUNK:
                yield Page(tuple(found), tuple(rejects))
                found, rejects = [], []
        if found or rejects:
            yield Page(tuple(found), tuple(rejects))

    async def _order(self, number: str, operation: str) -> Page[Order]:
        """An order that Hepsiburada does not know (any more) is left out: a list of unpaid ones may name it."""
        reply = await self._send(calls.order_request(self.account, number, operation), calls.found_or_absent)
        return Page(()) if calls.says_empty(reply) else parse_order(reply, number)

    async def order(self, number: str) -> tuple[Order, ...]:
        """The order of that number. Raises when Hepsiburada has it and it cannot be read."""
        page = await self._order(number, "order")
        if page.rejects:
            raise fail(page.rejects[0].message.about(operation="order"))
        return page.items

    # -- listings, prices, stock -----------------------------------------------------------------------------------------
    async def listings(self, since: datetime | None) -> AsyncIterator[Page[Listing]]:
        """All listings; names come from the catalogue, which is read first. (The filter on changes is not documented well enough
        to leave a listing out by it.)"""
        del since
        names = Names()
        first = calls.titles_request(self.account)
        async for reply in pages(self.http, first, titles_following, auth=self._auth, errors=calls.catalogue_errors):
            names.add(reply)
        async for raws in self._walk(calls.listings_request(self.account)):
            yield parse_listings(raws, names)

    async def set_prices(self, changes: Sequence[PriceChange]) -> Receipt:
        """Accepted for later: ask with the ticket. Prices hold VAT, in TRY. There is no crossed-out price to set."""
        return await self._upload(changes, "price", calls.refused_price, calls.set_prices_request)

    async def set_stocks(self, changes: Sequence[StockChange]) -> Receipt:
        """Accepted for later: ask with the ticket."""
        return await self._upload(changes, "stock", calls.refused_stock, calls.set_stocks_request)

    async def _upload(
        self,
        changes: Sequence[C],
        kind: str,
        refused: Callable[[C], Message | None],
        request: Callable[[Account, Sequence[C]], Call],
    ) -> Receipt:
        wrong = {c.key: message for c in changes if (message := refused(c)) is not None}
        good = [c for c in changes if c.key not in wrong]
        ticket = parse_ticket(await self._send(request(self.account, good)), kind) if good else ""
        outcomes = (
            Outcome(c.key, OutcomeState.REFUSED, wrong[c.key])
            if c.key in wrong
            else Outcome(c.key, OutcomeState.PENDING)
            for c in changes
        )
        return Receipt(tuple(outcomes), ticket)

    async def batch_result(self, ticket: str, items: Sequence[PriceChange] | Sequence[StockChange]) -> Receipt:
        """Results are kept for a day; a forgotten upload leaves its items unknown, and they are sent again."""
        kind, _, upload = ticket.partition(":")
        try:
            reply = await self._send(calls.batch_request(self.account, kind, upload))
        except ProviderError as error:
            if error.message.code != "item.not_found":
                raise
            return Receipt(tuple(Outcome(i.key, OutcomeState.UNKNOWN, error.message) for i in items), ticket)
        return parse_batch(reply, ticket, items)

    # -- shipping --------------------------------------------------------------------------------------------------------
    async def confirm_shipments(self, notices: Sequence[ShipmentNotice]) -> Receipt:
        """Packs the lines (that is how Hepsiburada is told), and tells an own carrier's tracking number."""
        return await each_alone(notices, self._confirm)

    async def _confirm(self, notice: ShipmentNotice) -> Outcome:
        """Raises when nothing is known to have been sent."""
        extra: Mapping[str, str] = notice.extra
        lines, packages, fresh = to_pack(notice, extra), packages_of(notice, extra), False
        if not lines and not packages:
            lines, packages, refusal = await self._look(notice)
            if refusal is not None:
                return Outcome(notice.key, OutcomeState.REFUSED, refusal)
        if lines:
            try:
                made = parse_packed(await self._send(calls.pack_request(self.account, lines)))
                packages, fresh = [*packages, made], True
            except ProviderError as error:
                if error.message.status not in REFUSALS:
                    raise
                # Refused: because it was packed before, or because the buyer cancelled. The order knows.
                still, packages, refusal = await self._look(notice)
                if refusal is not None or {line for line, _ in still} & {line for line, _ in lines} or not packages:
                    return Outcome(notice.key, OutcomeState.REFUSED, refusal or error.message)
        if own_carrier(notice, extra):
            for package in packages:
                outcome = await self._tell(notice, package, fresh=fresh)
                if outcome.state is not OutcomeState.DONE:
                    return outcome
        return Outcome(notice.key, OutcomeState.DONE, remote_ref=",".join(packages))

    async def _look(self, notice: ShipmentNotice) -> tuple[list[tuple[str, int]], list[str], Message | None]:
        """Lines still to pack and packages of the notice as they are now; or why there is nothing to ship."""
        found = await self.order(notice.order_id)
        if not found:
            return [], [], Message("item.not_found", {"order": notice.order_id})
        extra = found[0].extra
        lines, packages = to_pack(notice, extra), packages_of(notice, extra)
        if found[0].status is OrderStatus.CANCELLED or not (lines or packages):
            return [], [], Message("item.conflict", {"order": notice.order_id, "status": found[0].vendor_status})
        return lines, packages, None

    async def _tell(self, notice: ShipmentNotice, package: str, *, fresh: bool) -> Outcome:
        """`fresh`: packed just now, so nobody can have told before. A package of one of Hepsiburada's own carriers takes no number
        (409): packing was all there is to tell."""
        done = Outcome(notice.key, OutcomeState.DONE)
        try:
            if not fresh and is_told(await self._package(package), notice.tracking_number):
                return done
            await self._send(calls.in_transit_request(self.account, package, notice, self.account.now()))
        except ProviderError as error:
            if error.message.status not in REFUSALS:
                return Outcome(notice.key, OutcomeState.UNKNOWN, error.message)
            found = await self._package(package)
            waits = error.message.status == 409 and is_open(found)
            if not waits and not is_told(found, notice.tracking_number):
                return Outcome(notice.key, OutcomeState.REFUSED, error.message)
        return done

    async def _package(self, package: str) -> PackageWire:
        return parse_package(await self._send(calls.package_request(self.account, package, "confirm_shipments")))

    async def label(self, order: Order) -> tuple[Label, ...]:
        """Hepsiburada's own labels of all packages of the order; none before it is packed, and none where it answers 400 or 404."""
        packages = dict.fromkeys(pairs(order.extra.get("packed", "")).values())
        if not packages:  # packed after we read it
            for one in await self.order(order.number):
                packages = dict.fromkeys(pairs(one.extra.get("packed", "")).values())
        found: list[Label] = []
        for package in packages:
            try:
                found += parse_labels(await self._send(calls.label_request(self.account, package)))
            except ProviderError as error:
                if error.message.code not in ("request.refused", "item.not_found"):
                    raise
        return tuple(found)

    # -- returns ---------------------------------------------------------------------------------------------------------
    async def claims(self, window: Window) -> AsyncIterator[Page[Claim]]:
        """Claims opened within the window or up to 30 days before it, with their state of now."""
        wide = Window(window.since - CLAIM_AGE, window.until)
        orders: dict[str, Order | None] = {}
        async for raws in self._walk(calls.claims_request(self.account, wide)):
            page = parse_claims(raws)
            for number in {claim.order_number for claim in page.items} - orders.keys():
                orders[number] = next(iter((await self._order(number, "claims")).items), None)
            yield Page(tuple(with_lines(c, orders[c.order_number]) for c in page.items), page.rejects)

    async def accept_claim(self, claim: Claim) -> Outcome:
        """Accepts it with the money back; accepting twice is harmless."""
        if claim.status in DECIDED:
            return Outcome(claim.remote_id, OutcomeState.DONE)
        try:
            await self._send(calls.accept_claim_request(self.account, claim.remote_id))
        except ProviderError as error:
            if error.message.code in NOT_SENT:
                raise
            if error.message.status in REFUSALS and await self._is_decided(claim.remote_id):
                return Outcome(claim.remote_id, OutcomeState.DONE)
            state = OutcomeState.REFUSED if error.message.kind is Kind.YOURS else OutcomeState.UNKNOWN
            return Outcome(claim.remote_id, state, error.message)
        return Outcome(claim.remote_id, OutcomeState.DONE)

    async def _is_decided(self, number: str) -> bool:
        for state in DECIDED:
            async for raws in self._walk(calls.claims_in_state_request(self.account, state)):
                if number in claim_numbers(raws):
                    return True
        return False

    # -- payouts ---------------------------------------------------------------------------------------------------------
    async def settlements(self, window: Window) -> AsyncIterator[Page[SettlementLine]]:
        """Accounting records made within the window. They come into being when an order was delivered."""
        for day in days_of(window):
            call = calls.settlements_request(self.account, day)
            async for reply in pages(
                self.http, call, records_following, auth=self._auth, errors=calls.hepsiburada_errors
            ):
                yield parse_records(reply, day)


def _falls(seen: Sighting, piece: Window, window: Window) -> bool:
    """Whether the order's change lies in this piece. A list that tells no date brings its orders with the first one; a date is told
    to the second at best, so the edges are soft."""
    if seen.at is None:
        return piece.since == window.since
    return piece.since - timedelta(seconds=1) <= seen.at < piece.until
