"""WooCommerce's orders as they come over the wire, and the orders made of them. Pure, and lean: a page of 100 is read in a few
milliseconds. Must never use a date of the site's local clock (`date_created`): only the `_gmt` ones are instants.

Source of the facts: reference/ecommerce-social-pos-fulfilment.md, "## WooCommerce".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

import msgspec

from app.contracts import Page
from app.kit import Reply, decode_json, known, phone_text, read_lenient
from app.model import (
    Address,
    Buyer,
    Money,
    Order,
    OrderLine,
    OrderStatus,
    Price,
    clean,
    currency_code,
    fold,
)

#: What is asked for; everything else of an order stays at the shop.
ORDER_FIELDS = (
    "id,number,status,currency,date_created_gmt,date_modified_gmt,discount_total,discount_tax,shipping_total,"
    "shipping_tax,total,customer_id,customer_note,payment_method,billing,shipping,line_items,tax_lines"
)

#: `completed` is WooCommerce's word for sent. `failed` means the payment failed.
STATUSES = {
    "pending": OrderStatus.PENDING,
    "on-hold": OrderStatus.PENDING,
    "processing": OrderStatus.OPEN,
    "completed": OrderStatus.SHIPPED,
    "cancelled": OrderStatus.CANCELLED,
    "failed": OrderStatus.CANCELLED,
    "trash": OrderStatus.CANCELLED,
    "refunded": OrderStatus.RETURNED,
}
#: A buyer is still typing: no order yet.
DRAFTS = frozenset({"checkout-draft", "auto-draft"})

#: WooCommerce names a Turkish province by its plate number (TR35) in `state`, and puts the district into `city`.
PROVINCES = (  # noqa: SIM905 - 81 quoted names would hide their order
    "Adana Adıyaman Afyonkarahisar Ağrı Amasya Ankara Antalya Artvin Aydın Balıkesir Bilecik Bingöl Bitlis Bolu Burdur Bursa "
    "Çanakkale Çankırı Çorum Denizli Diyarbakır Edirne Elazığ Erzincan Erzurum Eskişehir Gaziantep Giresun Gümüşhane Hakkari "
    "Hatay Isparta Mersin İstanbul İzmir Kars Kastamonu Kayseri Kırklareli Kırşehir Kocaeli Konya Kütahya Malatya Manisa "
    "Kahramanmaraş Mardin Muğla Muş Nevşehir Niğde Ordu Rize Sakarya Samsun Siirt Sinop Sivas Tekirdağ Tokat Trabzon Tunceli "
    "Şanlıurfa Uşak Van Yozgat Zonguldak Aksaray Bayburt Karaman Kırıkkale Batman Şırnak Bartın Ardahan Iğdır Yalova Karabük "
    "Kilis Osmaniye Düzce"
).split()
_STATES = {f"TR{n:02}": name for n, name in enumerate(PROVINCES, 1)}

#: Parts with a default that must not be missed: where it goes, and whether cash is taken at the door.
FIRM = frozenset({"shipping", "payment_method"})
PIECES = {"quantity": "name"}
_SIX = Decimal("0.000001")
_HALF_CENT = Decimal("0.006")
_LEAST_TAXED = Decimal(3)
_OPENING = re.compile(rb"[\[{]")


class AddressWire(msgspec.Struct):
    first_name: str = ""
    last_name: str = ""
    company: str | None = ""
    address_1: str = ""
    address_2: str | None = ""
    city: str = ""
    state: str | None = ""
    postcode: str | None = ""
    country: str | None = ""
    email: str | None = ""
    phone: str | None = ""


class TaxWire(msgspec.Struct):
    rate_id: int | None = None
    rate_percent: Decimal | None = None


class LineWire(msgspec.Struct):
    id: int
    name: str
    quantity: int
    total: Decimal  # without VAT
    total_tax: Decimal
    product_id: int = 0
    variation_id: int = 0
    sku: str | None = ""


class OrderWire(msgspec.Struct):
    id: int
    number: str
    status: str
    currency: str
    date_created_gmt: str
    date_modified_gmt: str
    total: Decimal
    line_items: list[LineWire]
    billing: AddressWire
    discount_total: Decimal = Decimal(0)
    discount_tax: Decimal = Decimal(0)
    shipping_total: Decimal = Decimal(0)
    shipping_tax: Decimal = Decimal(0)
    customer_id: int = 0
    customer_note: str | None = ""
    payment_method: str | None = ""
    shipping: AddressWire | None = None
    tax_lines: list[TaxWire] = []


class MarksWire(msgspec.Struct):
    """When a record was made and changed, as far as it can be read."""

    id: int = 0
    date_created_gmt: str = ""
    date_modified_gmt: str = ""


class Read(msgspec.Struct, frozen=True):
    """One page of orders and what is needed to go on: the last record's instants, the ids, whether the order was kept."""

    page: Page[Order]
    ids: tuple[str, ...]
    last_created: datetime | None
    last_modified: datetime | None
    by_created: bool
    by_modified: bool


def json_bytes(body: bytes) -> bytes:
    """The JSON of an answer: plugins print warnings, and editors leave a BOM, before it. Empty when there is none."""
    if body[:1] in (b"[", b"{"):
        return body
    for found in list(_OPENING.finditer(body, 0, 20_000))[:60]:
        rest = body[found.start() :]
        try:
            msgspec.json.decode(rest, type=msgspec.Raw)
        except (msgspec.DecodeError, RecursionError):
            continue
        return rest
    return b""


def instant(text: str) -> datetime:
    """A `_gmt` date: UTC, written without a zone."""
    if len(text) == 19:  # as WooCommerce writes it; read with its zone in one step
        return datetime.fromisoformat(text + "+00:00")
    value = datetime.fromisoformat(text)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@lru_cache(maxsize=4096)
def town(country: str, state: str, city: str) -> tuple[str, str, str]:
    """(il, ilçe, state). For Türkiye the il comes as a plate number in `state`; the typed city is then the ilçe."""
    typed, named = clean(city), _STATES.get(state, "")
    if country != "TR" or not named:
        return typed, "", clean(state)
    return named, "" if fold(typed) == fold(named) else typed, ""


def money(value: Decimal, currency: str) -> Money:
    """`Money.of` without looking at the currency again; what is no usable amount goes the long way and is refused there."""
    return Money(value, currency) if value.is_finite() and value.adjusted() < 12 else Money.of(value, currency)


def to_address(wire: AddressWire) -> Address:
    country = wire.country or ""
    city, district, state = town(country, wire.state or "", wire.city)
    phone = wire.phone or ""
    return Address(
        name=clean(f"{wire.first_name} {wire.last_name}"),
        company=clean(wire.company) if wire.company else "",
        street=clean(f"{wire.address_1} {wire.address_2}" if wire.address_2 else wire.address_1),
        district=district,
        city=city,
        state=state,
        postcode=clean(wire.postcode) if wire.postcode else "",
        country=country[:2],
        phone=phone_text(phone, country or "TR") if phone else "",
    )


def same_place(one: AddressWire, other: AddressWire) -> bool:
    """Whether both name the same place and person: most buyers type one address."""
    return (
        one.address_1 == other.address_1
        and one.city == other.city
        and one.first_name == other.first_name
        and one.last_name == other.last_name
        and one.address_2 == other.address_2
        and one.state == other.state
        and one.postcode == other.postcode
        and one.country == other.country
        and one.company == other.company
        and one.phone in ("", None, other.phone)
    )


def vat_rate(line: LineWire, rates: Mapping[int, Decimal]) -> Decimal | None:
    """The rate in per cent: the order's only rate where the shop tells it, else the whole number that the line's own tax proves.
    Nothing where it proves none (no tax, tiny sums, several taxes)."""
    if not line.total_tax or line.total < _LEAST_TAXED:
        return None
    if len(rates) == 1:
        return next(iter(rates.values()))
    whole = (line.total_tax * 100 / line.total).quantize(Decimal(1), ROUND_HALF_UP)
    return whole if abs(line.total * whole / 100 - line.total_tax) <= _HALF_CENT else None


def unit_price(line: LineWire, currency: str) -> Price:
    """One piece with VAT (of a line whose pieces are unknown, the whole of it). WooCommerce tells the line without VAT and its VAT apart; six digits are kept, as the store does."""
    gross = line.total + line.total_tax
    if line.quantity > 1:
        gross = gross / line.quantity
        if gross.as_tuple().exponent < -6:  # type: ignore[operator]  # the exponent of a finite number
            gross = gross.quantize(_SIX, ROUND_HALF_UP)
    return Price(money(gross, currency))


def to_line(line: LineWire, currency: str, rates: Mapping[int, Decimal]) -> OrderLine:
    return OrderLine(
        remote_id=str(line.id),
        sku=known(line.sku) if line.sku else "",
        title=known(line.name, 2000),
        quantity=line.quantity,
        unit_price=unit_price(line, currency),
        vat_rate=vat_rate(line, rates),
        listing_id=str(line.variation_id or line.product_id or ""),
    )


def to_order(wire: OrderWire) -> Order | None:
    """One order; None for a basket that is still being typed. Line prices and the total hold VAT."""
    if wire.status in DRAFTS:
        return None
    currency = currency_code(wire.currency)
    billing = wire.billing
    bill_to = to_address(billing)
    ship_to, away = bill_to, wire.shipping
    if away is not None and (away.address_1 or away.city or away.last_name) and not same_place(away, billing):
        ship_to = to_address(away)
        if not ship_to.phone:
            ship_to = msgspec.structs.replace(ship_to, phone=bill_to.phone)
    rates = {t.rate_id or 0: t.rate_percent for t in wire.tax_lines if t.rate_percent is not None}
    discount, shipping = wire.discount_total + wire.discount_tax, wire.shipping_total + wire.shipping_tax
    return Order(
        remote_id=str(wire.id),
        number=wire.number,
        status=STATUSES.get(wire.status, OrderStatus.UNKNOWN),
        vendor_status=wire.status,
        placed_at=instant(wire.date_created_gmt),
        updated_at=instant(wire.date_modified_gmt),
        total=money(wire.total, currency),
        lines=tuple([to_line(line, currency, rates) for line in wire.line_items]),
        buyer=Buyer(bill_to.name, bill_to.phone, billing.email or "", str(wire.customer_id or "")),
        ship_to=ship_to,
        bill_to=bill_to,
        shipping=money(shipping, currency) if shipping else None,
        discount=money(discount, currency) if discount else None,
        note=clean(wire.customer_note) if wire.customer_note else "",
        cash_on_delivery=wire.payment_method == "cod",
    )


def record_id(record: Mapping[str, object]) -> str:
    found = record["id"]
    return str(found) if type(found) is int else ""


def parse_orders(reply: Reply) -> Read:
    """One page of orders."""
    raws = decode_json(reply, list[msgspec.Raw])
    items, rejects = read_lenient(raws, OrderWire, to_order, record_id, firm=FIRM, pieces=PIECES)
    marks = MarksWire()
    if raws:
        try:
            marks = msgspec.json.decode(raws[-1], type=MarksWire)
        except (msgspec.DecodeError, RecursionError):
            marks = MarksWire()
    created, modified = [o.placed_at for o in items], [o.updated_at for o in items]
    return Read(
        Page(items, rejects),
        (*(o.remote_id for o in items), *(r.remote_id for r in rejects if r.remote_id)),
        _last(marks.date_created_gmt, created),
        _last(marks.date_modified_gmt, modified),
        created == sorted(created),
        modified == sorted(modified),
    )


def _last(text: str, read: Iterable[datetime]) -> datetime | None:
    """The last record's instant; that of the newest readable one when it cannot be read itself (earlier is safe)."""
    try:
        return instant(text)
    except ValueError:
        return max(read, default=None)
