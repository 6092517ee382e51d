"""The records of one Trendyol seller: plain data, no rules and no HTTP. Money in kuruş with VAT, instants in epoch ms (true UTC).

Source: reference/marketplaces-tr.md, "## Trendyol". A package is the unit, not the order; its id changes on split and unsupplied.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from providers.sandboxes.people import Person
from providers.sandboxes.trendyol_wire import DAY_MS

CHAIN = ("Created", "Picking", "Invoiced", "Shipped", "Delivered")
STATUSES = (
    "Awaiting", "Created", "Picking", "Invoiced", "Shipped", "AtCollectionPoint", "Delivered", "UnDelivered", "Returned",
    "Cancelled", "UnSupplied", "UnPacked", "Repack", "Verified",
)  # fmt: skip
#: What a seller may still change: split, cancel, hand to another carrier.
OPEN = ("Created", "Picking", "Invoiced")
#: Provider code -> (id, display name). Codes and ids from the reference, names from the vendor's list of shipment providers.
CARRIERS = {
    "SENDEOMP": (38, "Sendeo Marketplace"), "KOLAYGELSINMP": (38, "Kolay Gelsin Marketplace"), "BORMP": (30, "Borusan Marketplace"),
    "DHLECOMMP": (10, "DHL eCommerce Marketplace"), "PTTMP": (19, "PTT Kargo Marketplace"), "SURATMP": (9, "Sürat Kargo Marketplace"),
    "TEXMP": (17, "Trendyol Express Marketplace"), "HOROZMP": (6, "Horoz Kargo Marketplace"), "CEVAMP": (20, "CEVA Marketplace"),
    "YKMP": (4, "Yurtiçi Kargo Marketplace"), "ARASMP": (7, "Aras Kargo Marketplace"),
}  # fmt: skip
TEX = CARRIERS["TEXMP"][1]
#: UPS packages exist (common label, campaign prefix 729), but its code has no id in the documented list.
UPS = "UPS Kargo Marketplace"
PREFIX = {"YKMP": 725, "ARASMP": 726, "SURATMP": 727, "DHLECOMMP": 728, "UPSMP": 729, "TEXMP": 733, "PTTMP": 734, "HOROZMP": 884}  # fmt: skip
#: Campaign prefix of an alternative delivery.
ALTERNATIVE = 732
LABELLED = (TEX, CARRIERS["ARASMP"][1], UPS)


@dataclass(slots=True)
class Item:
    """One barcode of the seller. `attributes`: rows {attributeId, attributeName, attributeValueId or None, attributeValue}."""

    content_id: int
    variant_id: int
    main_id: str
    sku: str
    barcode: str
    title: str
    sale: int
    list_price: int
    quantity: int
    vat: int
    colour: str
    created: int
    modified: int
    stock_modified: int
    approved: bool = True
    archived: bool = False
    locked: bool = False
    blacklisted: bool = False
    archived_at: int = 0
    brand: int = 1
    category: int = 411
    description: str = ""
    images: tuple[str, ...] = ()
    attributes: list[dict[str, Any]] = field(default_factory=list)
    weight: str = "1"
    more: dict[str, Any] = field(default_factory=dict)  # deliveryOption, lotNumber, addresses … as they were sent
    rejected: str = ""  # why the vendor refused it; only of an unapproved one
    due: int = 0  # when the vendor decides on an unapproved one; 0: never by itself

    @property
    def on_sale(self) -> bool:
        return self.approved and not (self.archived or self.locked or self.blacklisted) and self.quantity > 0


@dataclass(slots=True)
class Line:
    """`unit` is the gross price of one piece, the discounts and the labour cost too are for one piece; all with VAT."""

    id: int
    sku: str
    barcode: str
    title: str
    colour: str
    content_id: int
    quantity: int
    unit: int
    seller_discount: int
    ty_discount: int
    vat: int
    status: str
    labor: int = 0


@dataclass(slots=True)
class Package:
    id: int
    number: str
    customer_id: int
    buyer: Person
    placed: int
    modified: int
    status: str
    lines: list[Line]
    carrier: str
    tracking: int
    histories: list[tuple[int, str]]
    created_by: str = "order-creation"
    origins: list[int] = field(default_factory=list)
    micro: bool = False
    commercial: bool = False
    cod: bool = False
    invoice_number: str = ""
    invoice_link: str = ""
    boxes: int = 1
    deci: str = "1"
    carrier_changed: int = 0
    damaged: bool = False
    warehouse: int = 1
    extended_days: int = 0
    alternative: str = ""  # what was told of an alternative delivery: a link or a phone number
    digital_code: str = ""
    by_service: bool = False
    visible_from: int = 0  # a package of a split may take a while to show

    @property
    def total(self) -> int:
        """What is to be invoiced: gross less the seller's discount."""
        return sum((line.unit - line.seller_discount) * line.quantity for line in self.lines)

    @property
    def agreed(self) -> int:
        """Until when the seller has promised to deliver."""
        return self.placed + (3 + self.extended_days) * DAY_MS

    @property
    def delivered_at(self) -> int | None:
        return next((at for at, status in self.histories if status == "Delivered"), None)


@dataclass(slots=True)
class Batch:
    """`status_told`: whether the batch itself has a status; a stock/price batch has none."""

    id: str
    kind: str
    created: int
    results: list[dict[str, Any]]
    failed: int
    status_told: bool = False
    polls: int = 0


@dataclass(slots=True)
class ClaimItem:
    """One piece that comes back. `audit`: (instant, previous status, new status, who)."""

    id: str
    line: Line
    status: str
    waiting_since: int = 0
    accepted_at: int = 0
    auto: bool = False
    issue: tuple[int, str] = (0, "")  # reason id and the seller's words
    files: int = 0
    audit: list[tuple[int, str, str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Claim:
    id: str
    package: Package
    items: list[ClaimItem]
    reason: tuple[int, str, str]
    claimed: int
    modified: int

    @property
    def item_id(self) -> str:
        return self.items[0].id

    @property
    def status(self) -> str:
        return self.items[0].status


@dataclass(slots=True)
class Question:
    id: int
    text: str
    asked: int
    customer_id: int
    product: str
    barcode: str = ""
    status: str = "WAITING_FOR_ANSWER"
    answer: str = ""
    answered: int = 0
    rejected_at: int = 0
    reason: str = ""


@dataclass(slots=True)
class Hook:
    id: str
    created: int
    url: str
    kind: str
    username: str
    secret: str  # the password or the API key; never told back
    statuses: list[str]
    modified: int | None = None
    active: bool = True
