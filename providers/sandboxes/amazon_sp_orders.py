"""Orders 2026-01-01 of the Amazon SP-API fake: searchOrders and getOrder (model orders_2026-01-01.json).

A page token pins its window: an order that changes while pages are read leaves the window, it is never served twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from .amazon_sp_gate import Query, SpError, denied, invalid, reply
from .amazon_sp_records import (
    CANCELLED,
    SHIPPED,
    STATUSES,
    TR,
    Account,
    Line,
    Marketplace,
    Order,
    Package,
    decimal_text,
    iso,
)

#: "The getOrders operation has a systematic delay": what changed in the last two minutes is not served yet.
DELAY = timedelta(minutes=2)
TOKEN_LIFE = timedelta(hours=24)
OLDEST = timedelta(days=730)
INCLUDED = (
    "BUYER", "RECIPIENT", "PROCEEDS", "EXPENSE", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES", "TAX",
    "PAYMENT", "FULFILLMENT_ORDERS",
)  # fmt: skip
_SEARCH = (
    "createdAfter", "createdBefore", "lastUpdatedAfter", "lastUpdatedBefore", "fulfillmentStatuses", "marketplaceIds",
    "fulfilledBy", "maxResultsPerPage", "paginationToken", "includedData",
)  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """Where the next page begins, and for which search."""

    search: tuple[tuple[str, str], ...]
    issued: datetime
    before: datetime
    position: tuple[datetime, str]


@dataclass(frozen=True)
class Window:
    """`field` is `created` or `updated`; both ends count as inside ("at or after", "at or before")."""

    field: str
    after: datetime
    before: datetime


def window_of(account: Account, created: tuple[datetime | None, datetime | None], updated: tuple[datetime | None, datetime | None]) -> Window:  # fmt: skip
    """Exactly one kind of window; an explicit end must be two minutes old and not before its beginning."""
    name, (after, before), (other_after, other_before) = (
        ("created", created, updated) if created[0] else ("updated", updated, created)
    )
    if after is None:
        raise invalid("Exactly one of createdAfter and lastUpdatedAfter must be provided.")
    if other_after or other_before:
        raise invalid("Created and last updated dates cannot be used together.")
    now = account.now()
    if before is None:
        return Window(name, after, max(after, now if account.on("no_lag") else now - DELAY))
    if before < after:
        raise invalid("The before date must be equal to or after the after date.")
    if before > now - DELAY:
        raise invalid("The before date must be at least two minutes before the time of the request.")
    return Window(name, after, before)


def served_marketplaces(account: Account, wanted: Iterable[str]) -> set[str]:
    """400 for an id that no marketplace has, 403 for one of another region or where the seller does not sell."""
    mine = {one.marketplace_id for one in account.visible()}
    for one in wanted:
        if not one.isalnum() or not one.isascii() or not 10 <= len(one) <= 16:
            raise invalid(f"Invalid marketplace id: {one}")
        if one not in mine:
            raise denied(f"The seller has no access to marketplace {one} at this endpoint.")
    return set(wanted) or mine


def in_window(account: Account, window: Window) -> list[tuple[tuple[datetime, str], Order]]:
    if account.on("empty_orders"):
        return []
    oldest = account.now() - OLDEST
    found = []
    for order in account.visible_orders():
        moment: datetime = getattr(order, window.field)
        if window.after <= moment <= window.before and order.created >= oldest:
            found.append(((moment, order.order_id), order))
    return sorted(found, key=lambda row: row[0])


@dataclass
class OrdersDesk:
    account: Account
    page_served: Callable[[], None]
    marks: dict[str, Mark] = field(default_factory=dict)

    async def search(self, request: Request) -> Response:
        query = Query(request, _SEARCH)
        window = window_of(
            self.account,
            (query.instant("createdAfter"), query.instant("createdBefore")),
            (query.instant("lastUpdatedAfter"), query.instant("lastUpdatedBefore")),
        )
        marketplaces = served_marketplaces(self.account, query.csv("marketplaceIds", limit=50))
        statuses = query.csv("fulfillmentStatuses", STATUSES)
        fulfilled_by = query.csv("fulfilledBy", ("MERCHANT", "AMAZON"))
        included = query.csv("includedData", INCLUDED)
        size = query.number("maxResultsPerPage", 100, 100)
        # The model lets only these two change between the pages of one search.
        free = ("maxResultsPerPage", "includedData", "paginationToken")
        search = tuple(sorted((k, v) for k, v in query.values.items() if k not in free))
        mark = None
        if "paginationToken" in query.values:
            mark = self._mark(query.text("paginationToken"), search)
            window = Window(window.field, window.after, mark.before)
        rows = [
            (position, order)
            for position, order in in_window(self.account, window)
            if order.marketplace_id in marketplaces
            and (not statuses or order.status in statuses)
            and (not fulfilled_by or ("AMAZON" if order.amazon else "MERCHANT") in fulfilled_by)
            and (mark is None or position > mark.position)
        ]
        page = rows[:size]
        answer: dict[str, Any] = {
            "orders": [order_wire(self.account, order, included) for _, order in page],
            ("createdBefore" if window.field == "created" else "lastUpdatedBefore"): iso(window.before),
        }
        if len(rows) > size:
            token = f"pt.{self.account.seed}.{len(self.marks) + 1:08x}"
            self.marks[token] = Mark(search, self.account.now(), window.before, page[-1][0])
            answer["pagination"] = {"nextToken": token}
        self.page_served()
        return reply(answer)

    def _mark(self, token: str, search: tuple[tuple[str, str], ...]) -> Mark:
        mark = self.marks.get(token)
        if mark is None or self.account.now() - mark.issued > TOKEN_LIFE:
            raise invalid("The pagination token is invalid or has expired.")
        if mark.search != search:
            raise invalid("The pagination token belongs to a request with other parameters.")
        return mark

    async def get(self, request: Request) -> Response:
        included = Query(request, ("includedData",)).csv("includedData", INCLUDED)
        wanted = request.path_params["order_id"]
        for order in self.account.visible_orders():
            if order.order_id == wanted:
                return reply({"order": order_wire(self.account, order, included)})
        raise SpError(404, "NotFound", f"Order {wanted} was not found.")


def money(minor: int, market: Marketplace) -> dict[str, str]:
    return {"amount": decimal_text(minor), "currencyCode": market.currency}


def order_wire(account: Account, order: Order, included: Iterable[str]) -> dict[str, Any]:
    """One `Order` of the model with the requested data sets only. Pending orders have no money, buyer or address."""
    wanted, market = set(included), order.market
    wire: dict[str, Any] = {
        "orderId": order.order_id,
        "createdTime": iso(order.created),
        "lastUpdatedTime": iso(order.updated),
        "programs": ["AMAZON_BUSINESS"] if order.business else [],
        "salesChannel": {
            "channelName": "AMAZON",
            "marketplaceId": order.marketplace_id,
            "marketplaceName": market.name,
        },
        "orderItems": [_item(order, index, line, wanted) for index, line in enumerate(order.lines)],
    }
    if "BUYER" in wanted and order.priced:
        wire["buyer"] = _buyer(order)
    if "RECIPIENT" in wanted and order.priced and order.status != CANCELLED and not account.on("no_recipient"):
        wire["recipient"] = {"deliveryAddress": _address(order)}
    if "PROCEEDS" in wanted and order.priced:
        breakdowns = [{"type": "ITEM", "subtotal": money(order.total - order.shipping, market)}]
        if order.shipping:
            breakdowns.append({"type": "SHIPPING", "subtotal": money(order.shipping, market)})
        wire["proceeds"] = {"grandTotal": money(order.total, market), "breakdowns": breakdowns}
    if "FULFILLMENT" in wanted:
        wire["fulfillment"] = _fulfillment(order)
    if "PACKAGES" in wanted and order.packages:
        wire["packages"] = [_package(package) for package in order.packages]
    if "TAX" in wanted and order.priced and order.marketplace_id == TR:
        wire["tax"] = _tax(order)
    if "PAYMENT" in wanted and order.priced:
        execution = {"paymentMethod": "CreditCard", "paymentAmount": money(order.total, market)}
        wire["payment"] = {"paymentExecutions": [execution]}
    if order.damaged:
        wire["orderItems"][0]["quantityOrdered"] = {"adet": "iki"}
    return wire


def _item(order: Order, index: int, line: Line, wanted: set[str]) -> dict[str, Any]:
    market = order.market
    product: dict[str, Any] = {"asin": line.asin, "title": line.title, "sellerSku": line.sku}
    product["condition"] = {"conditionType": "NEW", "conditionSubtype": "NEW"}
    item: dict[str, Any] = {"orderItemId": line.item_id, "quantityOrdered": line.quantity, "product": product}
    if order.priced:
        product["price"] = {"unitPrice": money(line.unit, market)}
        if order.business:
            product["price"]["priceDesignation"] = "BUSINESS_PRICE"
    if "PROCEEDS" in wanted and order.priced:
        goods, shipping = line.unit * line.quantity, order.shipping if index == 0 else 0
        breakdowns = [{"type": "ITEM", "subtotal": money(goods, market)}]
        if shipping:
            breakdowns.append({"type": "SHIPPING", "subtotal": money(shipping, market)})
        item["proceeds"] = {"proceedsTotal": money(goods + shipping, market), "breakdowns": breakdowns}
    if "CANCELLATION" in wanted and (order.cancelled_by or order.cancel_request):
        reason = "BUYER_CANCELED" if order.cancelled_by in ("", "BUYER") else "NO_INVENTORY"
        item["cancellation"] = {}
        if order.cancel_request or order.cancelled_by == "BUYER":
            item["cancellation"]["cancellationRequest"] = {"requester": "BUYER", "cancelReason": reason}
        if order.cancelled_by:
            item["cancellation"]["cancellationExecution"] = {"cancelledBy": order.cancelled_by, "cancelReason": reason}
    if "FULFILLMENT" in wanted:
        left = 0 if order.status == CANCELLED else line.quantity - line.shipped
        item["fulfillment"] = {"quantityFulfilled": line.shipped, "quantityUnfulfilled": left}
    if "TAX" in wanted and order.priced:
        item["tax"] = {"taxCollections": []}
    return item


def _buyer(order: Order) -> dict[str, str]:
    buyer = {"buyerName": f"{order.buyer.first} {order.buyer.last}"}
    if not order.amazon:  # the model: only for merchant-fulfilled orders
        buyer["buyerEmail"] = f"{order.order_id.replace('-', '')}@marketplace.{order.market.domain[4:]}"
    if order.business:
        buyer["buyerCompanyName"] = f"{order.buyer.last} Ltd. Şti."
        buyer["buyerPurchaseOrderNumber"] = f"PO-{order.order_id[-4:]}"
    return buyer


def _address(order: Order) -> dict[str, str]:
    buyer, market = order.buyer, order.market
    city, postcode, street = market.place
    address = {
        "city": city or buyer.city,
        "postalCode": postcode or buyer.postcode,
        "countryCode": market.country,
        "addressType": "COMMERCIAL" if order.business else "RESIDENTIAL",
    }
    if not city:
        address |= {"districtOrCounty": buyer.district, "stateOrRegion": buyer.city}
    if order.amazon:  # Amazon delivers these itself: no name, street or phone for the seller
        return address
    address |= {
        "name": f"{buyer.first} {buyer.last}",
        "addressLine1": buyer.street if not city else f"{street} {order.order_id[-2:]}",
    }
    if order.address_note:
        address["addressLine2"] = order.address_note
    if order.business:
        address["companyName"] = f"{buyer.last} Ltd. Şti."
    if order.status != SHIPPED:  # the model: the phone disappears after delivery
        address["phone"] = f"+90 {buyer.phone}" if not city else f"+{buyer.phone}"
    return address


def _fulfillment(order: Order) -> dict[str, Any]:
    day = timedelta(days=1)
    wire: dict[str, Any] = {
        "fulfillmentStatus": order.status,
        "fulfilledBy": "AMAZON" if order.amazon else "MERCHANT",
        "fulfillmentServiceLevel": "STANDARD",
    }
    if not order.amazon:
        wire["shipByWindow"] = _range(order.created, order.created + 2 * day)
        if order.priced and order.status != CANCELLED:
            wire["deliverByWindow"] = _range(order.created + 3 * day, order.created + 6 * day)
    return wire


def _range(earliest: datetime, latest: datetime) -> dict[str, str]:
    return {"earliestDateTime": iso(earliest), "latestDateTime": iso(latest)}


def _package(package: Package) -> dict[str, Any]:
    wire = {
        "packageReferenceId": package.reference,
        "createdTime": iso(package.created),
        "packageStatus": {"status": "SHIPPED"},
        "carrier": package.carrier,
        "shipTime": iso(package.ship_time),
        "trackingNumber": package.tracking,
        "packageItems": [{"orderItemId": item_id, "quantity": quantity} for item_id, quantity in package.items],
    }
    return wire | ({"shippingService": package.service} if package.service else {})


def _tax(order: Order) -> dict[str, Any]:
    """Türkiye only: what the buyer wants to be invoiced as, and a company's registration."""
    if not order.business:
        return {"taxInvoicing": {"buyerInvoicePreference": "INDIVIDUAL"}}
    registration = {
        "entityType": "BUYER",
        "legalName": f"{order.buyer.last} Ltd. Şti.",
        "taxRegistrationType": "BUSINESS",
        "taxRegistrationNumber": order.order_id.replace("-", "")[-10:],
        "taxRegistrationAttributes": [{"key": "TAX_OFFICE", "value": f"{order.buyer.district} V.D."}],
    }
    return {"taxRegistrations": [registration], "taxInvoicing": {"buyerInvoicePreference": "BUSINESS"}}
