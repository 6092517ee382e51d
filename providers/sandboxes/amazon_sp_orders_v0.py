"""Orders v0 of the Amazon SP-API fake (model ordersV0.json): the deprecated reads, and confirmShipment, which is not.

A refused confirmation changes nothing; an accepted one counts every unit once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from .amazon_sp_gate import Query, SpError, invalid, json_body, reply
from .amazon_sp_orders import Mark, Window, in_window, served_marketplaces, window_of
from .amazon_sp_records import (
    CANCELLED,
    PARTIALLY,
    SHIPPED,
    TR,
    UNSHIPPED,
    Account,
    Line,
    Order,
    Package,
    decimal_text,
    instant_of,
    iso,
)

_STATUS = {
    "PENDING_AVAILABILITY": "PendingAvailability", "PENDING": "Pending", "UNSHIPPED": "Unshipped",
    "PARTIALLY_SHIPPED": "PartiallyShipped", "SHIPPED": "Shipped", "CANCELLED": "Canceled", "UNFULFILLABLE": "Unfulfillable",
}  # fmt: skip
_SEARCH = (
    "CreatedAfter", "CreatedBefore", "LastUpdatedAfter", "LastUpdatedBefore", "OrderStatuses", "MarketplaceIds",
    "FulfillmentChannels", "MaxResultsPerPage", "NextToken", "AmazonOrderIds",
)  # fmt: skip


@dataclass
class OrdersV0Desk:
    account: Account
    page_served: Callable[[], None]
    marks: dict[str, tuple[Mark, Window, dict[str, str]]] = field(default_factory=dict)

    async def search(self, request: Request) -> Response:
        """getOrders. `NextToken` carries its own filters: the page continues whatever else the call says."""
        query = Query(request, _SEARCH)
        query.required("MarketplaceIds")
        size = query.number("MaxResultsPerPage", 100, 100)
        position = None
        if "NextToken" in query.values:
            if (kept := self.marks.get(query.text("NextToken"))) is None:
                raise invalid("The NextToken is invalid.")
            mark, window, query.values = kept
            position = mark.position
        else:
            window = window_of(
                self.account,
                (query.instant("CreatedAfter"), query.instant("CreatedBefore")),
                (query.instant("LastUpdatedAfter"), query.instant("LastUpdatedBefore")),
            )
        marketplaces = served_marketplaces(self.account, query.csv("MarketplaceIds", limit=50))
        statuses = query.csv("OrderStatuses", (*_STATUS.values(), "InvoiceUnconfirmed"))
        channels = query.csv("FulfillmentChannels", ("AFN", "MFN"))
        ids = query.csv("AmazonOrderIds", limit=50)
        rows = [
            (at, order)
            for at, order in in_window(self.account, window)
            if order.marketplace_id in marketplaces
            and (not statuses or _STATUS[order.status] in statuses)
            and (not channels or ("AFN" if order.amazon else "MFN") in channels)
            and (not ids or order.order_id in ids)
            and (position is None or at > position)
        ]
        page = rows[:size]
        elements: frozenset[str] = request.state.elements
        payload: dict[str, Any] = {
            "Orders": [order_v0(order, elements) for _, order in page],
            ("CreatedBefore" if window.field == "created" else "LastUpdatedBefore"): iso(window.before),
        }
        if len(rows) > size:
            token = f"v0.{self.account.seed}.{len(self.marks) + 1:08x}"
            mark = Mark((), self.account.now(), window.before, page[-1][0])
            self.marks[token] = (mark, window, dict(query.values))
            payload["NextToken"] = token
        self.page_served()
        return reply({"payload": payload})

    async def get(self, request: Request) -> Response:
        return reply({"payload": order_v0(self._order(request, 404), request.state.elements)})

    async def items(self, request: Request) -> Response:
        Query(request, ("NextToken",))
        order = self._order(request, 404)
        rows = [_item(order, index, line) for index, line in enumerate(order.lines)]
        return reply({"payload": {"AmazonOrderId": order.order_id, "OrderItems": rows}})

    def _order(self, request: Request, status: int) -> Order:
        wanted = request.path_params["order_id"]
        for order in self.account.visible_orders():
            if order.order_id == wanted:
                return order
        if status == 404:
            raise SpError(404, "NotFound", f"Order {wanted} was not found.")
        raise invalid(f"The AmazonOrderId {wanted} is invalid.")

    # -- confirmShipment -----------------------------------------------------------------------------------------
    async def confirm(self, request: Request) -> Response:
        body = await json_body(request)
        order = self._order(request, 400)
        detail = body.get("packageDetail")
        if not isinstance(detail, dict):
            raise _wrong_type("packageDetail")
        if body.get("marketplaceId") != order.marketplace_id:
            raise invalid("MarketplaceId is missing or is not the marketplace of the order.")
        if body.get("codCollectionMethod", "DirectPayment") != "DirectPayment":
            raise invalid("CodCollectionMethod is invalid.")
        package = self._package(order, detail)
        if order.amazon or order.status not in (UNSHIPPED, PARTIALLY):
            raise invalid("Failed to create package due to not finding a matching package or order already fulfilled.")
        for item_id, quantity in package.items:
            next(line for line in order.lines if line.item_id == item_id).shipped += quantity
        order.packages.append(package)
        order.status = SHIPPED if all(line.shipped == line.quantity for line in order.lines) else PARTIALLY
        order.updated = self.account.now()
        self.account.counts["shipments_confirmed"] += 1
        return Response(status_code=204)

    def _package(self, order: Order, detail: dict[str, Any]) -> Package:
        reference = detail.get("packageReferenceId")
        if not isinstance(reference, str):
            raise _wrong_type("packageDetail.packageReferenceId")
        if not re.fullmatch(r"[0-9]{1,18}", reference) or int(reference) < 1:
            raise invalid("PackageReferenceId: is invalid, must be a positive numeric value.")
        if any(package.reference == reference for package in order.packages):
            raise invalid(f"PackageReferenceId {reference} has already been confirmed for this order.")
        for name in ("carrierCode", "trackingNumber", "shipDate"):
            if not isinstance(detail.get(name), str) or not detail[name].strip():
                raise invalid(f"{name[0].upper()}{name[1:]} is required.")
        for name in ("carrierName", "shippingMethod", "shipFromSupplySourceId"):
            if not isinstance(detail.get(name, ""), str):
                raise _wrong_type(f"packageDetail.{name}")
        if detail["carrierCode"] == "Other" and not detail.get("carrierName", "").strip():
            raise invalid('CarrierName is required when CarrierCode is "Other".')
        shipped_at = instant_of(detail["shipDate"])
        if shipped_at is None:
            raise _wrong_type("packageDetail.shipDate")
        wanted = detail.get("orderItems")
        if not isinstance(wanted, list) or not wanted:
            raise _wrong_type("packageDetail.orderItems")
        left = {line.item_id: line.quantity - line.shipped for line in order.lines}
        items: list[tuple[str, int]] = []
        for one in wanted:
            item_id, quantity = (one.get("orderItemId"), one.get("quantity")) if isinstance(one, dict) else (None, None)
            if item_id not in left:
                raise invalid(
                    f"OrderItemId {item_id} is invalid, please obtain the value through the getOrderItems API "
                    "or Manage Orders page"
                )
            if type(quantity) is not int or quantity < 1:
                raise _wrong_type("packageDetail.orderItems.quantity")
            left[item_id] -= quantity
            if left[item_id] < 0:
                raise invalid(f"Quantity of OrderItemId {item_id} is more than what is left to ship.")
            items.append((item_id, quantity))
        carrier = detail.get("carrierName") if detail["carrierCode"] == "Other" else detail["carrierCode"]
        service = detail.get("shippingMethod", "")
        return Package(
            reference, str(carrier), service, detail["trackingNumber"], self.account.now(), shipped_at, items
        )


def _wrong_type(name: str) -> SpError:
    return invalid(f"The input you have submitted is not valid. Please check the fields with invalid type [{name}].")


def _money(minor: int, order: Order) -> dict[str, str]:
    return {"CurrencyCode": order.market.currency, "Amount": decimal_text(minor)}


def order_v0(order: Order, elements: frozenset[str]) -> dict[str, Any]:
    """One v0 `Order`. Buyer and address only for a restricted data token that covers them."""
    shipped = sum(line.shipped for line in order.lines)
    quantity = 0 if order.status == CANCELLED else sum(line.quantity for line in order.lines)
    wire: dict[str, Any] = {
        "AmazonOrderId": order.order_id,
        "PurchaseDate": iso(order.created),
        "LastUpdateDate": 0 if order.damaged else iso(order.updated),
        "OrderStatus": _STATUS[order.status],
        "FulfillmentChannel": "AFN" if order.amazon else "MFN",
        "SalesChannel": order.market.name,
        "NumberOfItemsShipped": shipped,
        "NumberOfItemsUnshipped": max(0, quantity - shipped),
        "MarketplaceId": order.marketplace_id,
        "OrderType": "StandardOrder",
        "IsBusinessOrder": order.business,
    }
    if not order.priced:
        return wire
    wire["OrderTotal"] = _money(order.total, order)
    if order.marketplace_id == TR:
        wire["BuyerInvoicePreference"] = "BUSINESS" if order.business else "INDIVIDUAL"
    if "buyerInfo" in elements:
        wire["BuyerInfo"] = {"BuyerName": f"{order.buyer.first} {order.buyer.last}"}
    if "shippingAddress" in elements and order.status != CANCELLED:
        city, postcode, street = order.market.place
        wire["ShippingAddress"] = {
            "City": city or order.buyer.city,
            "PostalCode": postcode or order.buyer.postcode,
            "CountryCode": order.market.country,
        }
        if not order.amazon:
            wire["ShippingAddress"]["Name"] = f"{order.buyer.first} {order.buyer.last}"
            wire["ShippingAddress"]["AddressLine1"] = f"{street} {order.order_id[-2:]}" if city else order.buyer.street
    return wire


def _item(order: Order, index: int, line: Line) -> dict[str, Any]:
    wire: dict[str, Any] = {
        "ASIN": line.asin,
        "SellerSKU": line.sku,
        "OrderItemId": line.item_id,
        "Title": line.title,
        "QuantityOrdered": line.quantity,
        "QuantityShipped": line.shipped,
    }
    if order.priced:
        wire["ItemPrice"] = _money(line.unit * line.quantity, order)  # the line's total, not the unit's price
        if order.shipping and index == 0:
            wire["ShippingPrice"] = _money(order.shipping, order)
    return wire
