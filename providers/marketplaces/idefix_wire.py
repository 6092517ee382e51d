"""idefix's shipments and returns as they come over the wire, and ours made of them. Pure.
Must never trust the spelling of a status word, nor let a missing amount pass as a zero.

Source of the facts: reference/marketplaces-tr.md, "## D&R (dr.com.tr) and idefix", and public digests of developer.idefix.com.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

import msgspec

from app.contracts import Message, Page, fail
from app.kit import (
    Reply,
    decode_json,
    known,
    maybe,
    named,
    phone_text,
    read_lenient,
    segment,
    tracking_number,
    with_quarter,
)
from app.model import (
    Address,
    Buyer,
    Claim,
    Money,
    Order,
    OrderLine,
    OrderStatus,
    Price,
    clean,
    fold,
    parse_iso,
)
from providers.marketplaces.idefix_calls import ZONE

#: By their plain form. A split shipment lives on under other ids.
STATUSES = {
    "created": OrderStatus.PENDING,  # not yet to be prepared
    "ready": OrderStatus.OPEN,
    "picking": OrderStatus.OPEN,
    "invoiced": OrderStatus.OPEN,
    "incargo": OrderStatus.SHIPPED,
    "undeliver": OrderStatus.SHIPPED,  # on its way back
    "undelivered": OrderStatus.SHIPPED,
    "delivered": OrderStatus.DELIVERED,
    "approved": OrderStatus.DELIVERED,  # and the payout begins
    "returned": OrderStatus.RETURNED,
    "cancelled": OrderStatus.CANCELLED,
    "canceled": OrderStatus.CANCELLED,
    "unsupplied": OrderStatus.CANCELLED,
    "split": OrderStatus.CANCELLED,
}
ACCEPTED = frozenset({"approved"})
#: States of a returned line that somebody has decided, or is about to.
DECIDED = frozenset({"approved", "decline", "declined", "vendordeclinerequest"})
ARRIVED = "waitingvendorapprove"
#: Optional, yet without them the buyer would be charged something else.
FIRM = frozenset({"discountedTotalPrice", "totalPrice", "vendorDiscount"})
_UNIT = Decimal("0.0001")
#: Word in a carrier's name, and where its parcels are looked up (reference/cargo.md); others have a front page only.
PAGES = (
    ("yurtici", "https://www.yurticikargo.com/tr/online-servisler/gonderi-sorgula?code={}"),
    ("aras", "https://kargotakip.araskargo.com.tr/mainpage.aspx?code={}"),
    ("ptt", "https://gonderitakip.ptt.gov.tr/Track/Verify?q={}"),
    ("surat", "https://www.suratkargo.com.tr"),
    ("mng", "https://www.mngkargo.com.tr"),
    ("sendeo", "https://www.sendeo.com.tr"),
    ("hepsijet", "https://www.hepsijet.com"),
    ("kolay", "https://kolaygelsin.com"),
    ("ups", "https://www.ups.com"),
    ("horoz", "https://www.horoz.com.tr"),
)


class AddressWire(msgspec.Struct, rename="camel"):
    full_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    address1: str | None = None
    county: str | None = None
    city: str | None = None
    neighborhood: str | None = None
    postal_code: str | None = None
    phone: str | None = None
    is_commercial: str | int | bool | None = None
    is_like_commercial: str | int | bool | None = None
    company: str | None = None
    tax_number: str | None = None
    tax_office: str | None = None
    identity_number: str | None = None


class LineWire(msgspec.Struct, rename="camel"):
    id: int | str
    quantity: int
    price: Decimal
    merchant_sku: str | None = None
    barcode: str | None = None
    product_name: str | None = None
    vendor_discount: Decimal | None = None
    discounted_total_price: Decimal | None = None
    vat_rate: Decimal | None = None
    item_status: str | None = None


class ShipmentWire(msgspec.Struct, rename="camel"):
    id: int | str
    order_number: str
    order_date: str
    status: str
    items: list[LineWire]
    created_at: str | None = None
    updated_at: str | None = None
    status_updated_at: str | None = None
    total_price: Decimal | None = None
    total_discount: Decimal | None = None
    discounted_total_price: Decimal | None = None
    customer_id: int | str | None = None
    customer_contact_name: str | None = None
    customer_contact_mail: str | None = None
    shipping_address: AddressWire | None = None
    invoice_address: AddressWire | None = None
    cargo_company: str | None = None
    cargo_profile_name: str | None = None
    cargo_tracking_number: str | int | None = None
    cargo_key: str | int | None = None
    cargo_tracking_url: str | None = None
    last_shipment_date: str | None = None


class ListWire(msgspec.Struct, rename="camel"):
    items: list[msgspec.Raw]
    total_count: int | None = None
    page_count: int | None = None


@lru_cache(maxsize=1024)
def plain(word: str) -> str:
    """A status word without its accidents: `shipment_in-cargo` → `incargo`."""
    return fold(word).replace("-", "_").replace(" ", "_").removeprefix("shipment_").replace("_", "")


def record_id(record: Mapping[str, object]) -> str:
    found = record.get("id")
    return "" if found is None else str(found)


def instant(text: str) -> datetime:
    """With an offset, or Turkish wall-clock time in either of the vendor's forms."""
    return parse_iso(text.replace("/", "-"), ZONE)


def to_address(wire: AddressWire | None) -> Address:
    """The county is the ilçe; the mahalle belongs to the street."""
    if wire is None:
        return Address()
    street, quarter = clean(wire.address1 or ""), known(wire.neighborhood or "", 2000)
    street = with_quarter(street, quarter)
    phone = wire.phone or ""
    return Address(
        name=clean(wire.full_name or f"{wire.first_name or ''} {wire.last_name or ''}"),
        street=street,
        district=known(wire.county or "", 2000),
        city=known(wire.city or "", 2000),
        postcode=known(wire.postal_code or "", 20),
        country="TR",
        phone=phone_text(phone),
    )


def bill_to(wire: AddressWire | None) -> Address | None:
    """A company's invoice where idefix says so ("1"; a blank is a person's)."""
    if wire is None:
        return None
    firm = any(str(one).strip() in ("1", "True") for one in (wire.is_commercial, wire.is_like_commercial))
    found = to_address(wire)
    return msgspec.structs.replace(
        found,
        company=clean(wire.company or "") or found.name if firm else "",
        tax_office=clean(wire.tax_office or "") if firm else "",
        tax_number=clean((wire.tax_number if firm else None) or wire.identity_number or "", 40),
    )


def to_line(wire: LineWire) -> OrderLine:
    """The unit price is the price less the seller's own discount, VAT included."""
    paid = wire.price
    if wire.quantity > 0:
        if wire.vendor_discount is not None:
            paid = wire.price - wire.vendor_discount / wire.quantity
        elif wire.discounted_total_price is not None:
            paid = wire.discounted_total_price / wire.quantity
        paid = wire.price if paid == wire.price else paid.quantize(_UNIT, ROUND_HALF_UP)
    barcode = known(wire.barcode or "", 80)
    return OrderLine(
        remote_id=str(wire.id),
        sku=known(wire.merchant_sku or "", 120) or barcode,
        title=known(wire.product_name or "", 2000),
        quantity=wire.quantity,
        unit_price=Price(Money.of(paid, "TRY")),
        barcode=barcode,
        vat_rate=wire.vat_rate,
        listing_id=barcode,
        cancelled=STATUSES.get(plain(wire.item_status or "")) is OrderStatus.CANCELLED,
    )


def _total(wire: ShipmentWire) -> Money:
    """What the buyer pays; the sum of what its lines cost where the shipment does not tell (older clients know no total)."""
    told = wire.discounted_total_price if wire.discounted_total_price is not None else wire.total_price
    if told is None:
        costs = [
            one.discounted_total_price if one.discounted_total_price is not None else one.price * one.quantity
            for one in wire.items
        ]
        told = sum(costs, Decimal(0))
    return Money.of(told, "TRY")


def to_order(wire: ShipmentWire) -> Order:
    """One shipment as one order. Amounts hold VAT, in lira."""
    if not wire.items:
        raise fail(Message("answer.field_missing", {"field": "items"}, field="items"))
    with named("orderDate"):
        placed = instant(wire.order_date)
    changes = (maybe(instant, one) for one in (wire.updated_at, wire.status_updated_at, wire.created_at))
    word, ship_to = known(wire.status, 40), to_address(wire.shipping_address)
    lines = tuple(to_line(one) for one in wire.items)
    extra = {
        "status": plain(word),
        "cargoKey": clean(str(wire.cargo_key or ""), 60),  # what an own label shows
        "cargoProfile": known(wire.cargo_profile_name or "", 80),
        "cargoTrackingUrl": clean(wire.cargo_tracking_url or "", 500),
    }
    return Order(
        remote_id=str(wire.id),
        number=clean(wire.order_number, 60),
        status=STATUSES.get(plain(word), OrderStatus.UNKNOWN),
        vendor_status=word,
        placed_at=placed,
        updated_at=max((placed, *(one for one in changes if one is not None))),
        total=_total(wire),
        lines=lines,
        buyer=Buyer(
            name=clean(wire.customer_contact_name or "") or ship_to.name,
            phone=ship_to.phone,
            email=clean(wire.customer_contact_mail or "", 200),
            remote_id=str(wire.customer_id or ""),
        ),
        ship_to=ship_to,
        bill_to=bill_to(wire.invoice_address),
        ship_by=maybe(instant, wire.last_shipment_date),
        discount=Money.of(wire.total_discount, "TRY") if wire.total_discount else None,
        carrier=known(wire.cargo_company or wire.cargo_profile_name or "", 80),
        tracking_number=tracking_number(str(wire.cargo_tracking_number or "")),
        extra={k: v for k, v in extra.items() if v},
    )


def parse_orders(found: ListWire, raws: Sequence[msgspec.Raw] | None = None) -> Page[Order]:
    """`raws`: those of the page that are wanted. Newest first, so no page alone covers anything."""
    wanted = found.items if raws is None else raws
    items, rejects = read_lenient(
        wanted, ShipmentWire, to_order, record_id, firm=FIRM, pieces={"quantity": "productName"}
    )
    return Page(items, rejects, total=found.total_count)


class _IdWire(msgspec.Struct):
    id: int | str | None = None


_ids = msgspec.json.Decoder(_IdWire)


def shipment_ids(raws: Sequence[msgspec.Raw]) -> set[str]:
    """Of the records that have a readable one."""
    found = (maybe(_ids.decode, raw) for raw in raws)
    return {str(one.id) for one in found if one is not None and one.id is not None}


def tracking_page(carrier: str, number: str) -> str:
    """The carrier's own page for a parcel; '' for a carrier that we do not know."""
    folded = fold(carrier)
    page = next((page for word, page in PAGES if word in folded), "")
    return page.format(segment(number))


# -- returns -------------------------------------------------------------------------------------------------------------
class ClaimLineWire(msgspec.Struct, rename="camel"):
    id: int | str
    state: str
    order_line_id: int | str | None = None
    barcode: str | None = None
    customer_reason: str | None = None
    customer_note: str | None = None


class ClaimWire(msgspec.Struct, rename="camel"):
    id: int | str
    order_number: str
    created_at: str
    items: list[ClaimLineWire]
    cargo_tracking_number: str | int | None = None


class ClaimsWire(msgspec.Struct):
    items: list[ClaimWire]


def to_claim(wire: ClaimWire) -> Claim:
    """One piece a line: idefix tells no quantity (unconfirmed)."""
    reasons = (clean(one or "", 200) for line in wire.items for one in (line.customer_reason, line.customer_note))
    counts: dict[str, int] = {}
    for line in wire.items:
        key = str(line.order_line_id or line.barcode or line.id)
        counts[key] = counts.get(key, 0) + 1
    return Claim(
        remote_id=str(wire.id),
        order_number=clean(wire.order_number, 60),
        status=", ".join(dict.fromkeys(clean(line.state, 40) for line in wire.items)),
        opened_at=instant(wire.created_at),
        reason="; ".join(one for one in dict.fromkeys(reasons) if one),
        lines=tuple(counts.items()),
        tracking_number=tracking_number(str(wire.cargo_tracking_number or "")),
    )


def parse_claims(found: ListWire) -> Page[Claim]:
    items, rejects = read_lenient(found.items, ClaimWire, to_claim, record_id)
    return Page(items, rejects, total=found.total_count)


def claim_states(reply: Reply, claim: str) -> dict[str, str]:
    """Line id → plain state of one return; empty when idefix does not know it."""
    found = decode_json(reply, ClaimsWire).items
    return {str(line.id): plain(line.state) for one in found if str(one.id) == claim for line in one.items}
