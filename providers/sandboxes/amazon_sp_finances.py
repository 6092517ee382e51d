"""Finances 2024-06-19 of the Amazon SP-API fake: listTransactions (model finances_2024-06-19.json). The model's balances and summary
are not served.

A transaction is posted when its order ships. Invented: the referral fee, which orders are refunded or deferred, periods of 14 days that
end with a `Transfer` to the bank (a negative amount), and pages of 100; the model says that a page may be empty, so the second one is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from .amazon_sp_gate import Query, invalid
from .amazon_sp_orders import DELAY, served_marketplaces
from .amazon_sp_records import MARKETPLACES, SHIPPED, Account, Line, Order, iso
from .exact import number, render

PAGE = 100
WIDEST = timedelta(days=180)
TOKEN_LIFE = timedelta(hours=24)
#: "Financial events might not include orders from the last 48 hours": so under the switch `finance_lag`.
LAG = timedelta(hours=48)
MATURITY = timedelta(days=7)
REFUND_AFTER = timedelta(hours=1)
PERIOD = timedelta(days=14)
#: The first settlement period of every seller begins here.
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
REFERRAL = 15
STATUSES = ("DEFERRED", "RELEASED", "DEFERRED_RELEASED")
NAMES = ("FINANCIAL_EVENT_GROUP_ID", "ORDER_ID")
_KNOWN = (
    "postedAfter", "postedBefore", "marketplaceId", "transactionStatus", "relatedIdentifierName", "relatedIdentifierValue", "nextToken",
)  # fmt: skip


@dataclass(frozen=True)
class Transaction:
    """Amounts are minor units of the marketplace's currency, signed from the seller's side. `order` is None for a transfer."""

    id: str
    kind: str  # Shipment, Refund, Transfer
    posted: datetime
    marketplace_id: str
    amount: int
    order: Order | None
    matures: datetime | None  # until then the money of a shipment to a firm is held back

    def status(self, now: datetime) -> str:
        if self.matures is None:
            return "RELEASED"
        return "DEFERRED" if now < self.matures else "DEFERRED_RELEASED"

    @property
    def period(self) -> int:
        return (self.posted - _EPOCH) // PERIOD


@dataclass(frozen=True)
class Mark:
    """Where the next page begins, for which question; `pages` were served before it."""

    asked: tuple[tuple[str, str], ...]
    issued: datetime
    before: datetime
    position: tuple[datetime, str]
    pages: int


@dataclass
class FinancesDesk:
    account: Account
    page_served: Callable[[], None]
    posted: dict[str, datetime] = field(default_factory=dict)  # order id → when it shipped
    marks: dict[str, Mark] = field(default_factory=dict)

    def settle(self) -> None:
        """What has shipped since is posted with the instant of its last change; later changes do not move it."""
        for order in self.account.orders.values():
            if order.status == SHIPPED and order.order_id not in self.posted:
                self.posted[order.order_id] = order.packages[-1].created if order.packages else order.updated

    async def transactions(self, request: Request) -> Response:
        query = Query(request, _KNOWN)
        now = self.account.now()
        after, before = query.instant("postedAfter"), query.instant("postedBefore")
        name, value = query.text("relatedIdentifierName"), query.text("relatedIdentifierValue")
        if bool(name) != bool(value):
            raise invalid("relatedIdentifierName and relatedIdentifierValue go together.")
        if name and name not in NAMES:
            raise invalid("relatedIdentifierName cannot be used as a filter.")
        if after is None and not name:
            raise invalid("Start date cannot be null", "Start date cannot be null")
        latest = now - DELAY
        if after is not None and after > latest:
            raise invalid("postedAfter must be more than two minutes before the time of the request.")
        if before is not None and before > latest:
            raise invalid("postedBefore must be more than two minutes before the time of the request.")
        if before is not None and after is not None and before <= after:
            raise invalid("postedBefore must be later than postedAfter.")
        status = query.text("transactionStatus")
        if status and status not in STATUSES:
            raise invalid("Invalid value for parameter transactionStatus.")
        wanted = query.text("marketplaceId")
        places = served_marketplaces(self.account, [wanted] if wanted else [])
        asked = tuple(sorted((k, v) for k, v in query.values.items() if k != "nextToken"))
        mark = self._mark(query.text("nextToken"), asked) if "nextToken" in query.values else None
        end = mark.before if mark is not None else before or latest
        if mark is not None and mark.pages == 1:
            return self._page([], True, Mark(asked, now, end, mark.position, 2), now)
        if after is not None and end - after > WIDEST:
            return self._page([], False, None, now)
        rows = [
            one
            for one in self._all(now)
            if one.marketplace_id in places
            and (after is None or after <= one.posted)
            and one.posted < end
            and (not status or one.status(now) == status)
            and (not name or (name, value) in self._related(one))
            and (mark is None or (one.posted, one.id) > mark.position)
        ]
        page, pages = rows[:PAGE], mark.pages if mark is not None else 0
        more = len(rows) > PAGE
        following = Mark(asked, now, end, (page[-1].posted, page[-1].id), pages + 1) if more else None
        return self._page(page, more, following, now)

    def _mark(self, token: str, asked: tuple[tuple[str, str], ...]) -> Mark:
        mark = self.marks.get(token)
        if mark is None or self.account.now() - mark.issued > TOKEN_LIFE:
            raise invalid("The next token is invalid or has expired.")
        if mark.asked != asked:
            raise invalid("The next token belongs to a request with other parameters.")
        return mark

    def _page(self, rows: Iterable[Transaction], more: bool, mark: Mark | None, now: datetime) -> Response:
        payload: dict[str, Any] = {"transactions": [self._wire(one, now) for one in rows]}
        if more and mark is not None:
            token = hashlib.sha256(f"finances:{self.account.epoch}:{len(self.marks)}".encode()).hexdigest()
            self.marks[token] = mark
            payload["nextToken"] = token
        self.page_served()
        return Response(render({"payload": payload}), media_type="application/json")

    # -- what happened -------------------------------------------------------------------------------------------
    def _all(self, now: datetime) -> list[Transaction]:
        newest = now - LAG if self.account.on("finance_lag") else now
        found: list[Transaction] = []
        for order in self.account.visible_orders():
            posted = self.posted.get(order.order_id)
            if posted is None or posted > newest:
                continue
            matures = posted + MATURITY if order.business else None
            net = order.total - _fee(order.total)
            found.append(
                Transaction(_id("S", order.order_id), "Shipment", posted, order.marketplace_id, net, order, matures)
            )
            back = posted + REFUND_AFTER
            if int(order.order_id[-3:]) % 9 == 0 and back <= newest:
                line = order.lines[0]
                found.append(Transaction(
                    _id("R", order.order_id), "Refund", back, order.marketplace_id, -(line.unit - _fee(line.unit)), order, None
                ))  # fmt: skip
        found += self._transfers(found, now)
        return sorted(found, key=lambda one: (one.posted, one.id))

    def _transfers(self, rows: list[Transaction], now: datetime) -> list[Transaction]:
        """One at the end of each period and marketplace that had something to pay."""
        sums: dict[tuple[int, str], int] = {}
        for one in rows:
            sums[one.period, one.marketplace_id] = sums.get((one.period, one.marketplace_id), 0) + one.amount
        return [
            Transaction(_id("T", f"{period}:{place}"), "Transfer", end, place, -total, None, None)
            for (period, place), total in sums.items()
            if total > 0 and (end := _EPOCH + (period + 1) * PERIOD - timedelta(seconds=1)) <= now
        ]

    # -- shapes --------------------------------------------------------------------------------------------------
    def _related(self, one: Transaction) -> list[tuple[str, str]]:
        group = ("FINANCIAL_EVENT_GROUP_ID", _id("G", f"{one.period}:{one.marketplace_id}"))
        if one.order is None:
            return [group, ("SETTLEMENT_ID", str(11_000_000_000 + one.period)), ("DISBURSEMENT_ID", one.id[:16])]
        found = [group, ("ORDER_ID", one.order.order_id)]
        if one.kind == "Refund":
            found.append(("REFUND_ID", one.id[:12]))
        return found

    def _wire(self, one: Transaction, now: datetime) -> dict[str, Any]:
        place = MARKETPLACES[one.marketplace_id]
        order = one.order
        wire: dict[str, Any] = {
            "sellingPartnerMetadata": {
                "sellingPartnerId": "A2REHEARSAL0TR", "accountType": "Standard Orders", "marketplaceId": place.marketplace_id,
            },
            "relatedIdentifiers": [
                {"relatedIdentifierName": name, "relatedIdentifierValue": value} for name, value in self._related(one)
            ],
            "transactionType": one.kind, "transactionId": one.id, "transactionStatus": one.status(now),
            "description": {"Shipment": "Order Payment", "Refund": "Refund Order", "Transfer": "Transfer to bank"}[one.kind],
            "postedDate": iso(one.posted), "totalAmount": _money(one.amount, place.currency),
            "marketplaceDetails": {"marketplaceId": place.marketplace_id, "marketplaceName": place.name},
            "breakdowns": [], "items": [], "contexts": [],
        }  # fmt: skip
        if order is None:
            wire["contexts"] = [
                {"contextType": "PaymentsContext", "paymentType": "Disbursement", "paymentMethod": "BANK",
                 "paymentReference": one.id[:10], "paymentDate": iso(one.posted)}
            ]  # fmt: skip
            return wire
        if one.kind == "Refund":
            line = order.lines[0]
            wire["breakdowns"] = _breakdowns(-line.unit, 0, _fee(line.unit), place.currency)
            wire["items"] = [_item(order, line, 1, -1, place.currency)]
            return wire
        goods = sum(line.unit * line.quantity for line in order.lines)
        wire["breakdowns"] = _breakdowns(goods, order.shipping, -_fee(order.total), place.currency)
        wire["items"] = [_item(order, line, line.quantity, 1, place.currency) for line in order.lines]
        if one.matures is not None:
            wire["contexts"] = [
                {"contextType": "DeferredContext", "deferralReason": "B2B", "maturityDate": iso(one.matures)}
            ]
        return wire


def _id(kind: str, text: str) -> str:
    return kind + hashlib.sha256(f"{kind}:{text}".encode()).hexdigest()[:42]


def _fee(minor: int) -> int:
    return minor * REFERRAL // 100


def _money(minor: int, currency: str) -> dict[str, Any]:
    return {"currencyAmount": number(minor), "currencyCode": currency}


def _part(kind: str, minor: int, currency: str, parts: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"breakdownType": kind, "breakdownAmount": _money(minor, currency), "breakdowns": parts or []}


def _breakdowns(goods: int, shipping: int, fee: int, currency: str) -> list[dict[str, Any]]:
    """Their sum is the transaction's total: what the buyer paid, and what Amazon keeps (below zero) or gives back."""
    sales = [_part("Product Charges", goods, currency)]
    if shipping:
        sales.append(_part("Shipping Charges", shipping, currency))
    fees = _part("Amazon Fees", fee, currency, [_part("Commission", fee, currency)])
    return [_part("Sales", goods + shipping, currency, sales), _part("Expenses", fee, currency, [fees])]


def _item(order: Order, line: Line, quantity: int, sign: int, currency: str) -> dict[str, Any]:
    total = sign * line.unit * quantity
    network = "AFN" if order.amazon else "MFN"
    found = {
        "description": line.title, "totalAmount": _money(total, currency), "relatedIdentifiers": [],
        "breakdowns": [_part("Product Charges", total, currency)],
        "contexts": [
            {"contextType": "ProductContext", "asin": line.asin, "sku": line.sku, "quantityShipped": quantity, "fulfillmentNetwork": network}
        ],
    }  # fmt: skip
    if sign < 0:
        found["relatedIdentifiers"] = [
            {
                "itemRelatedIdentifierName": "ORDER_ADJUSTMENT_ITEM_ID",
                "itemRelatedIdentifierValue": f"OAI-{line.item_id}",
            }
        ]
    return found
