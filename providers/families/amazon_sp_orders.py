"""Orders of Amazon, API 2026-01-01 (v0 reads end on 27 March 2027): requests, and the way to our model.

Personal data need restricted roles; without them Amazon leaves the fields out, and an order must be readable all the same.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec

from app.contracts import Account, Page
from app.kit import Call, Reply, decode_json, named, read_lenient, segment, tracking_number, with_params
from app.model import (
    Address,
    Buyer,
    Money,
    Order,
    OrderLine,
    OrderStatus,
    Price,
    Window,
    clean,
    fold,
    iso_z,
    parse_iso,
    phone_e164,
)
from providers.families.amazon_sp_base import Site
from providers.families.amazon_sp_wire import (
    WireAddress,
    WireBreakdown,
    WireBuyer,
    WireLine,
    WireOne,
    WireOrder,
    WireSearch,
    WireTax,
)

ORDERS = "/orders/2026-01-01/orders"
#: What everybody may read, and what needs a restricted role.
OPEN_DATA = ("PROCEEDS", "CANCELLATION", "FULFILLMENT", "PACKAGES", "PAYMENT")
PERSONAL_DATA = ("BUYER", "RECIPIENT", "TAX")
#: `lastUpdatedBefore` must lie at least two minutes before the request.
SETTLED = timedelta(minutes=2)
#: The bucket of searchOrders refills once in three minutes and six countries may share it: a following page may queue for
#: long, and failing it would start a long import anew every time.
PAGE_PATIENCE_S = 600.0


#: Optional because a role or a pending payment can take them away; odd ones must not be missed all the same.
FIRM = frozenset({
    "fulfillment", "fulfilledBy", "packages", "packageStatus", "proceeds", "grandTotal", "breakdowns", "subtotal", "price",
    "unitPrice", "cancellation", "cancellationRequest", "cancellationExecution", "shipping", "shippingConstraints",
    "cashOnDelivery", "payment", "paymentExecutions", "paymentMethod", "recipient", "deliveryAddress", "sellerSku",
    "marketplaceId",
})  # fmt: skip


def included(personal: bool) -> str:
    return ",".join((*PERSONAL_DATA, *OPEN_DATA) if personal else OPEN_DATA)


def orders_request(account: Account, window: Window, now: datetime, *, personal: bool = True) -> Call:
    """The first page. Both bounds are inclusive and sent in whole seconds: since is rounded down, until up, so that windows
    overlap rather than leave a gap. An end that is too young is left out; Amazon then takes its own and tells it."""
    last = now - SETTLED
    params = [
        ("lastUpdatedAfter", iso_z(min(window.since, last))),
        ("marketplaceIds", account.params["marketplace_id"]),
        ("maxResultsPerPage", "100"),
        ("includedData", included(personal)),
    ]
    until = window.until + timedelta(seconds=1)
    if until < last:
        params.insert(1, ("lastUpdatedBefore", iso_z(until)))
    return Call("GET", ORDERS, "orders", tuple(params), group="orders_search")


def next_orders(call: Call, reply: Reply) -> Call | None:
    """The following page: the same parameters with the token (valid for 24 hours)."""
    token = _token(decode_json(reply, WireSearch))
    if not token:
        return None
    return msgspec.structs.replace(with_params(call, paginationToken=token), deadline_s=PAGE_PATIENCE_S)


def order_request(account: Account, order_id: str, *, personal: bool = True) -> Call:
    params = (("includedData", included(personal)),)
    return Call("GET", f"{ORDERS}/{segment(order_id)}", "order", params, group="order_get")


# -- parsers -------------------------------------------------------------------------------------------------------------
def parse_orders(reply: Reply, site: Site) -> Page[Order]:
    """One page. The last one tells how far it reaches (`lastUpdatedBefore`); before it nothing may be said, because the
    documents promise no order of the records."""
    found = decode_json(reply, WireSearch)
    items, rejects = read_lenient(found.orders, WireOrder, lambda wire: order_of(wire, site), _id_of, firm=FIRM)
    covered = parse_iso(found.last_updated_before) if found.last_updated_before and not _token(found) else None
    return Page(items, rejects, covered)


def wire_order(reply: Reply) -> WireOrder:
    """The order of a getOrder answer as told. Raises OursError naming the field."""
    one = decode_json(reply, WireOne)
    return decode_json(msgspec.structs.replace(reply, body=bytes(one.order)), WireOrder)


def parse_order(reply: Reply, site: Site) -> Order:
    """The order of a getOrder answer. Raises OursError naming the field."""
    return order_of(wire_order(reply), site)


def _token(found: WireSearch) -> str:
    return (found.pagination.next_token if found.pagination else None) or ""


def _id_of(record: Any) -> str:
    return str(record["orderId"])


_STATUSES = {
    "PENDING_AVAILABILITY": OrderStatus.PENDING,
    "PENDING": OrderStatus.PENDING,
    "UNSHIPPED": OrderStatus.OPEN,
    "PARTIALLY_SHIPPED": OrderStatus.PARTIALLY_SHIPPED,
    "SHIPPED": OrderStatus.SHIPPED,
    "CANCELLED": OrderStatus.CANCELLED,
    "UNFULFILLABLE": OrderStatus.CANCELLED,  # Amazon's own parcel that will never leave: nothing to pack, nothing to wait for
}


def order_of(wire: WireOrder, site: Site) -> Order:
    """A pending order has no totals, no prices and no address yet: it is `unpriced`, zero in the marketplace's currency."""
    marketplace = wire.sales_channel.marketplace_id or site.marketplace
    home = msgspec.structs.replace(site, marketplace=marketplace)
    state = wire.fulfillment
    status = _status(wire)
    told = wire.proceeds.grand_total if wire.proceeds else None
    total = told.money() if told is not None else site.zero()
    shipping, discount = _sums(wire, "SHIPPING"), _sums(wire, "DISCOUNT")
    cancelled = status is OrderStatus.CANCELLED
    latest = state.ship_by_window.latest_date_time if state and state.ship_by_window else None
    sent = [package for package in wire.packages if tracking_number(package.tracking_number or "")] or wire.packages
    ship_by = None
    if latest:
        with named("fulfillment.shipByWindow.latestDateTime"):
            ship_by = parse_iso(latest)
    return Order(
        remote_id=wire.order_id,
        number=wire.order_id,
        status=status,
        vendor_status=state.fulfillment_status if state else "",
        placed_at=parse_iso(wire.created_time),
        updated_at=parse_iso(wire.last_updated_time),
        total=total,
        lines=tuple(_line(item, home) for item in wire.order_items),
        buyer=_buyer(wire.buyer),
        ship_to=_address(wire.recipient.delivery_address) if wire.recipient else Address(),
        bill_to=_bill_to(wire.tax),
        ship_by=ship_by,
        shipping=shipping,
        discount=abs_money(discount),
        note=_note(wire),
        carrier=clean(sent[-1].carrier or "", 80) if sent else "",
        tracking_number=tracking_number(sent[-1].tracking_number or "") if sent else "",
        cash_on_delivery=_cash_on_delivery(wire),
        fulfilled_by_channel=bool(state and state.fulfilled_by == "AMAZON"),
        cancel_asked=not cancelled and any(_cancel_asked(item) for item in wire.order_items),
        unpriced=told is None,
        extra=_extra(wire, marketplace),
    )


def _status(wire: WireOrder) -> OrderStatus:
    if wire.fulfillment is None:
        return OrderStatus.UNKNOWN
    status = _STATUSES.get(wire.fulfillment.fulfillment_status, OrderStatus.UNKNOWN)
    parcels = [package.package_status for package in wire.packages if package.package_status]
    if status is OrderStatus.SHIPPED and parcels and len(parcels) == len(wire.packages):
        if all(parcel.status == "DELIVERED" for parcel in parcels):
            return OrderStatus.DELIVERED
        if all(parcel.detailed_status == "RETURNED_TO_SELLER" for parcel in parcels):
            return OrderStatus.RETURNED
    return status


def _line(item: WireLine, site: Site) -> OrderLine:
    sku = item.product.seller_sku
    return OrderLine(
        remote_id=item.order_item_id,
        sku=sku,
        title=clean(item.product.title, 500),
        quantity=item.quantity_ordered,
        unit_price=Price(_unit_price(item, site), site.vat),
        listing_id=site.listing_id(sku) if sku else "",
        cancelled=bool(item.cancellation and item.cancellation.cancellation_execution is not None),
    )


def _unit_price(item: WireLine, site: Site) -> Money:
    """Per piece, after the seller's discount. US prices stay without tax (the buyer pays the sum of the breakdown)."""
    pieces = item.quantity_ordered
    lines = item.proceeds.breakdowns if item.proceeds else []
    goods = next((one.subtotal.money() for one in lines if one.type == "ITEM"), None)
    stated = item.product.price.unit_price.money() if item.product.price and item.product.price.unit_price else None
    if stated is None:
        stated = _share(goods, pieces) if goods is not None and pieces > 0 else site.zero()
    off = [_discount_on_goods(one) for one in lines if one.type == "DISCOUNT"]
    if off and pieces > 0:
        # The documents do not say with which sign a discount comes: it always lowers the price.
        return stated - _share(sum(off[1:], off[0]), pieces)
    return stated


def _discount_on_goods(line: WireBreakdown) -> Money:
    """The part of a discount that falls on the goods, without a sign; all of it where Amazon does not tell the parts."""
    parts = [one.value.money() for one in line.detailed_breakdowns if one.value and one.subtype == "ITEM"]
    if not line.detailed_breakdowns:
        parts = [line.subtotal.money()]
    total = Money(Decimal(0), line.subtotal.currency_code)
    for part in parts:
        total = total + part
    return Money(abs(total.amount), total.currency)


def _share(total: Money, pieces: int) -> Money:
    return Money((total.amount / pieces).quantize(Decimal("0.0001"), ROUND_HALF_UP), total.currency)


def abs_money(money: Money | None) -> Money | None:
    return Money(abs(money.amount), money.currency) if money is not None else None


def _sums(wire: WireOrder, kind: str) -> Money | None:
    """The order's total of one proceeds category, from the order's own breakdown or else from its lines."""
    lines = [one for one in (wire.proceeds.breakdowns if wire.proceeds else []) if one.type == kind]
    if not lines:
        lines = [one for item in wire.order_items if item.proceeds for one in item.proceeds.breakdowns if one.type == kind]  # fmt: skip
    if not lines:
        return None
    amounts = [one.subtotal.money() for one in lines]
    return sum(amounts[1:], amounts[0])


def _buyer(wire: WireBuyer | None) -> Buyer:
    if wire is None:
        return Buyer()
    name = wire.buyer_name or wire.buyer_company_name or ""
    return Buyer(name=clean(name, 200), email=clean(wire.buyer_email or "", 200))


def _address(wire: WireAddress | None) -> Address:
    """In Türkiye `stateOrRegion` is the il; where the city field holds the ilçe, it moves to the district."""
    if wire is None:
        return Address()
    lines = (wire.address_line1, wire.address_line2, wire.address_line3)
    city, state = clean(wire.city or "", 120), clean(wire.state_or_region or "", 120)
    district = clean(wire.district_or_county or wire.municipality or "", 120)
    country = wire.country_code or ""
    if country == "TR" and state and fold(state) != fold(city):
        city, district = state, district or city
    return Address(
        name=clean(wire.name or "", 200),
        company=clean(wire.company_name or "", 200),
        street=", ".join(part for part in (clean(line or "", 300) for line in lines) if part),
        district=district,
        city=city,
        state=state,
        postcode=clean(wire.postal_code or "", 20),
        country=clean(country, 2),
        phone=_phone(wire.phone or "", country),
    )


def _phone(text: str, country: str) -> str:
    return (phone_e164(text) if country == "TR" else "") or clean(text, 40)


def _bill_to(tax: WireTax | None) -> Address | None:
    """The buyer's tax registration: who the invoice goes to, with tax office and number in Türkiye."""
    mine = next((one for one in (tax.tax_registrations if tax else []) if one.entity_type == "BUYER"), None)
    if mine is None:
        return None
    office = next((one.value for one in mine.tax_registration_attributes if one.key == "TAX_OFFICE"), None)
    address = _address(mine.tax_registration_address)
    return msgspec.structs.replace(
        address,
        company=clean(mine.legal_name or "", 200) or address.company,
        tax_office=clean(office or "", 120),
        tax_number=clean(mine.tax_registration_number or "", 40),
    )


def _note(wire: WireOrder) -> str:
    wanted = wire.recipient.delivery_preference if wire.recipient else None
    parts = [wanted.address_instruction, wanted.drop_off_location] if wanted else []
    for item in wire.order_items:
        packing = item.fulfillment.packing if item.fulfillment else None
        parts.append(packing.gift_option.gift_message if packing and packing.gift_option else None)
    return " · ".join(part for part in (clean(one or "", 500) for one in parts) if part)


def _cash_on_delivery(wire: WireOrder) -> bool:
    for item in wire.order_items:
        shipping = item.fulfillment.shipping if item.fulfillment else None
        if shipping and shipping.shipping_constraints and shipping.shipping_constraints.cash_on_delivery:
            return True
    return any(one.payment_method == "CashOnDelivery" for one in (wire.payment.payment_executions if wire.payment else []))  # fmt: skip


def _cancel_asked(item: WireLine) -> bool:
    told = item.cancellation
    return bool(told and told.cancellation_request is not None and told.cancellation_execution is None)


def _extra(wire: WireOrder, marketplace: str) -> dict[str, str]:
    invoicing = wire.tax.tax_invoicing if wire.tax else None
    alias = next((one.alias_id for one in wire.order_aliases if one.alias_type == "SELLER_ORDER_ID"), "")
    told = {
        "marketplace_id": marketplace,
        "seller_order_id": clean(alias, 80),
        "invoice_preference": clean((invoicing.buyer_invoice_preference if invoicing else None) or "", 40),
        "programs": ",".join(clean(one, 40) for one in wire.programs),
    }
    return {key: value for key, value in told.items() if value}
