"""Trendyol's shipment packages as they come over the wire, and the orders made of them. Pure; both field sets (V1 and V2)
are accepted, because Trendyol sends either. Must never let a missing id or amount pass as a blank or a zero.

Source of the facts: reference/marketplaces-tr.md, "## Trendyol" (package fields, statuses, zones).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

import msgspec

from app.contracts import Message, Page, Reject, fail
from app.kit import Reply, decode_json, named, read_lenient, tracking_number, with_quarter
from app.model import (
    Address,
    Buyer,
    Money,
    Order,
    OrderLine,
    OrderStatus,
    Price,
    clean,
    from_epoch_ms,
    phone_e164,
)

#: `orderDate` is epoch milliseconds already moved to Turkish time; every other instant is true epoch milliseconds.
ORDER_DATE_SHIFT = timedelta(hours=3)

#: UnDelivered is still on its way back (Returned says that it arrived); UnPacked was split and lives on under new ids.
STATUSES = {
    "Awaiting": OrderStatus.PENDING,
    "Created": OrderStatus.OPEN,
    "Picking": OrderStatus.OPEN,
    "Invoiced": OrderStatus.OPEN,
    "Verified": OrderStatus.OPEN,
    "Repack": OrderStatus.OPEN,
    "Shipped": OrderStatus.SHIPPED,
    "AtCollectionPoint": OrderStatus.SHIPPED,
    "UnDelivered": OrderStatus.SHIPPED,
    "Delivered": OrderStatus.DELIVERED,
    "Returned": OrderStatus.RETURNED,
    "Cancelled": OrderStatus.CANCELLED,
    "UnSupplied": OrderStatus.CANCELLED,
    "UnPacked": OrderStatus.CANCELLED,
}
#: Optional for us because either field set may come, yet what they say decides what is packed and what is charged.
FIRM = frozenset({
    "id", "lineId", "shipmentPackageId", "price", "lineUnitPrice", "totalPrice", "packageTotalPrice", "isCod",
    "originPackageIds", "orderLineItemStatusName", "shipmentAddress", "currencyCode",
})  # fmt: skip
PIECES = {"quantity": "productName"}
CANCELLED_LINES = frozenset({"Cancelled", "UnSupplied"})
_NO_RAW = msgspec.Raw(b"null")


class AddressWire(msgspec.Struct, rename="camel"):
    first_name: str | None = None
    last_name: str | None = None
    full_name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    full_address: str | None = None
    city: str | None = None
    district: str | None = None
    neighborhood: str | None = None
    postal_code: str | None = None
    country_code: str | None = None
    phone: str | None = None
    tax_office: str | None = None
    tax_number: str | None = None


class LineWire(msgspec.Struct, rename="camel"):
    quantity: int
    id: int | None = None
    line_id: int | None = None
    barcode: str | None = None
    merchant_sku: str | None = None
    stock_code: str | None = None
    sku: str | None = None
    product_name: str | None = None
    price: Decimal | None = None
    line_unit_price: Decimal | None = None
    vat_base_amount: Decimal | None = None  # a rate in per cent, whatever its name says
    vat_rate: Decimal | None = None
    order_line_item_status_name: str | None = None


class PackageWire(msgspec.Struct, rename="camel"):
    order_number: str
    order_date: int
    last_modified_date: int
    lines: list[LineWire]
    id: int | None = None
    shipment_package_id: int | None = None
    status: str | None = None
    shipment_package_status: str | None = None
    currency_code: str | None = None
    total_price: Decimal | None = None
    package_total_price: Decimal | None = None
    total_discount: Decimal | None = None
    package_seller_discount: Decimal | None = None
    agreed_delivery_date: int | None = None
    customer_first_name: str | None = None
    customer_last_name: str | None = None
    customer_email: str | None = None
    customer_id: int | None = None
    identity_number: str | None = None
    tax_number: str | None = None
    shipment_address: AddressWire | None = None
    invoice_address: AddressWire | None = None
    cargo_tracking_number: msgspec.Raw = _NO_RAW  # a number that may be longer than 64 bit, or text
    cargo_sender_number: msgspec.Raw = _NO_RAW
    cargo_tracking_link: str | None = None
    cargo_provider_name: str | None = None
    origin_package_ids: list[int] | None = None
    who_pays: int | None = None
    is_cod: bool | None = None
    micro: bool | None = None
    commercial: bool | None = None
    fast_delivery: bool | None = None
    invoice_link: str | None = None
    warehouse_id: msgspec.Raw = _NO_RAW


class StreamWire(msgspec.Struct, rename="camel"):
    content: list[msgspec.Raw]
    has_more: bool
    next_cursor: str | None = None


class PagedWire(msgspec.Struct, rename="camel"):
    content: list[msgspec.Raw]
    total_elements: int
    total_pages: int = 0
    page: int = 0
    next_page_token: str | None = None


def told(text: str, limit: int = 2000) -> str:
    """Cleaned text; '' for what Trendyol masks with stars once a package is delivered: a mask is no name."""
    return "" if "**" in text else clean(text, limit)


def raw_text(raw: msgspec.Raw) -> str:
    """The text of a raw JSON string or whole number, which keeps all its digits; '' for anything else."""
    text = bytes(raw).decode()
    if text.startswith('"'):
        return msgspec.json.decode(raw, type=str)
    return text if text.isascii() and text.isdigit() else ""


def need(value: int | Decimal | None, field: str) -> int | Decimal:
    if value is None:
        raise fail(Message("answer.field_missing", {"field": field}, field=field))
    return value


def record_id(record: Mapping[str, object]) -> str:
    """The package id of a record that could not be read."""
    return str(record.get("shipmentPackageId") or record.get("id") or "")


def status_of(package: PackageWire) -> tuple[OrderStatus, str]:
    """Our status and Trendyol's word. The package's own word comes twice; a word that we do not know stays unknown."""
    for word in (package.status, package.shipment_package_status):
        if word in STATUSES:
            return STATUSES[word], word
    return OrderStatus.UNKNOWN, clean(package.status or package.shipment_package_status or "", 40)


def to_address(wire: AddressWire | None) -> Address:
    if wire is None:
        return Address()
    street = told(f"{wire.address1 or ''} {wire.address2 or ''}") or told(wire.full_address or "")
    quarter = clean(wire.neighborhood or "")
    street = with_quarter(street, quarter)
    country = clean(wire.country_code or "", 2)
    phone = wire.phone or ""
    return Address(
        name=told(wire.full_name or f"{wire.first_name or ''} {wire.last_name or ''}"),
        company=clean(wire.company or ""),
        street=street,
        district=clean(wire.district or ""),
        city=clean(wire.city or ""),
        postcode=clean(wire.postal_code or "", 20),
        country=country,
        phone=phone_e164(phone, country or "TR") or told(phone, 40),
        tax_office=clean(wire.tax_office or ""),
        tax_number=clean(wire.tax_number or "", 40),
    )


def to_line(wire: LineWire, currency: str) -> OrderLine:
    new = wire.line_id is not None
    price = wire.line_unit_price if wire.line_unit_price is not None else wire.price
    rate = wire.vat_rate if wire.vat_rate is not None else wire.vat_base_amount
    barcode = clean(wire.barcode or "", 80)
    return OrderLine(
        remote_id=str(need(wire.line_id if new else wire.id, "lines.lineId" if new else "lines.id")),
        sku=clean(wire.stock_code or wire.merchant_sku or wire.sku or "", 120),
        title=clean(wire.product_name or ""),
        quantity=wire.quantity,
        unit_price=Price(Money.of(need(price, "lines.lineUnitPrice" if new else "lines.price"), currency)),
        barcode=barcode,
        vat_rate=rate,
        listing_id=barcode,
        cancelled=wire.order_line_item_status_name in CANCELLED_LINES,
    )


def to_order(wire: PackageWire) -> Order:
    """One shipment package as one order. Prices and the total hold VAT; the total is what the seller invoices."""
    new = wire.shipment_package_id is not None
    package_id = str(need(wire.shipment_package_id if new else wire.id, "shipmentPackageId" if new else "id"))
    currency = wire.currency_code or "TRY"
    total = wire.package_total_price if wire.package_total_price is not None else wire.total_price
    discount = wire.package_seller_discount if wire.package_seller_discount is not None else wire.total_discount
    status, word = status_of(wire)
    ship_to = to_address(wire.shipment_address)
    bill_to = to_address(wire.invoice_address) if wire.invoice_address is not None else None
    if bill_to is not None and not bill_to.tax_number:
        number = clean(wire.tax_number or wire.identity_number or "", 40)
        bill_to = msgspec.structs.replace(bill_to, tax_number=number)
    tracking = tracking_number(raw_text(wire.cargo_tracking_number), 60)
    ship_by = None
    if wire.agreed_delivery_date:
        with named("agreedDeliveryDate"):
            ship_by = from_epoch_ms(wire.agreed_delivery_date)
    carrier = clean(wire.cargo_provider_name or "", 80)
    lines = tuple(to_line(line, currency) for line in wire.lines)
    extra = {
        "status": word,
        "lines": ",".join(f"{line.remote_id}:{line.quantity}" for line in lines if not line.cancelled),
        "cargoTrackingNumber": tracking,
        "cargoProviderName": carrier,
        "cargoTrackingLink": clean(wire.cargo_tracking_link or ""),
        "cargoSenderNumber": clean(raw_text(wire.cargo_sender_number), 60),
        "whoPays": str(wire.who_pays or ""),
        "micro": "yes" if wire.micro else "",
        "commercial": "yes" if wire.commercial else "",
        "fastDelivery": "yes" if wire.fast_delivery else "",
        "invoiceLink": clean(wire.invoice_link or "", 1000),
        "warehouseId": clean(raw_text(wire.warehouse_id), 40),
    }
    return Order(
        remote_id=package_id,
        number=clean(wire.order_number, 60),
        status=status,
        vendor_status=word,
        placed_at=from_epoch_ms(wire.order_date) - ORDER_DATE_SHIFT,
        updated_at=from_epoch_ms(wire.last_modified_date),
        total=Money.of(need(total, "packageTotalPrice" if new else "totalPrice"), currency),
        lines=lines,
        buyer=Buyer(
            name=told(f"{wire.customer_first_name or ''} {wire.customer_last_name or ''}"),
            phone=ship_to.phone,
            email=told(wire.customer_email or "", 200),
            remote_id=str(wire.customer_id or ""),
        ),
        ship_to=ship_to,
        bill_to=bill_to,
        ship_by=ship_by,
        discount=Money.of(discount, currency) if discount else None,
        carrier=carrier,
        tracking_number=tracking,
        cash_on_delivery=bool(wire.is_cod),
        replaces=tuple(str(one) for one in wire.origin_package_ids or ()),
        extra={k: v for k, v in extra.items() if v},
    )


def depot_marked(page: Page[Order], warehouse: str) -> Page[Order]:
    """The page with the packages of that warehouse told as the channel's own to pack. Which number Trendyol's depot has is for the
    merchant to say: no document names a field that marks its packages."""
    if not warehouse:
        return page
    items = tuple(
        msgspec.structs.replace(one, fulfilled_by_channel=True) if one.extra.get("warehouseId") == warehouse else one
        for one in page.items
    )
    return msgspec.structs.replace(page, items=items)


def parse_stream(reply: Reply) -> Page[Order]:
    """One page of the stream. Its order is newest change first, so no page alone covers anything (`covered_until` None)."""
    return Page(*_packages(decode_json(reply, StreamWire).content))


def _packages(raws: list[msgspec.Raw]) -> tuple[tuple[Order, ...], tuple[Reject, ...]]:
    return read_lenient(raws, PackageWire, to_order, record_id, firm=FIRM, pieces=PIECES)


def parse_orders(reply: Reply) -> Page[Order]:
    """One page of the page API."""
    found = decode_json(reply, PagedWire)
    items, rejects = _packages(found.content)
    return Page(items, rejects, total=found.total_elements)
