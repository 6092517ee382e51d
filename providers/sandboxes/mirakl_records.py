"""The records of a Mirakl shop and the invented operator's constants. Money in kuruş with VAT (TAX_INCLUDED), instants in epoch
seconds UTC. No behaviour beyond sums.

Source: the seller OpenAPI document (August 2026); carriers, channels and categories are invented, every operator has its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from providers.sandboxes.people import Person

SHOP_ID = 2001
CURRENCY = "TRY"
CHANNELS = (("WEB", "Web sitesi"), ("APP", "Uygulama"))
#: (code, label, standard code, tracking page); `{trackingId}` is filled in by the platform.
CARRIERS = (
    ("ARAS", "Aras Kargo", "ARAS", "https://kargotakip.example/aras?kod={trackingId}"),
    ("HOROZ", "Horoz Lojistik", None, None),
    ("SURAT", "Sürat Kargo", "SURAT", "https://kargotakip.example/surat?kod={trackingId}"),
    ("YURTICI", "Yurtiçi Kargo", "YURTICI", "https://kargotakip.example/yurtici?kod={trackingId}"),
)
CATEGORIES = (("DEKOR", "Dekorasyon"), ("MUTFAK", "Mutfak"), ("TEKSTIL", "Ev Tekstili"), ("AYDINLATMA", "Aydınlatma"))
HIDDEN = ("STAGING", "WAITING_ACCEPTANCE", "WAITING_DEBIT", "WAITING_DEBIT_PAYMENT")  # states without addresses
COMMISSION_PERCENT = 10
COMMISSION_VAT = 20


@dataclass(slots=True)
class Product:
    sku: str  # the operator's
    ean: str
    title: str
    category: tuple[str, str]
    vat: int


@dataclass(slots=True)
class Price:
    """One price of an offer. `volumes`: (threshold above one, origin price)."""

    origin: int
    discount: int | None = None
    start: int | None = None
    end: int | None = None
    volumes: list[tuple[int, int]] = field(default_factory=list)

    def reduced(self, now: int) -> bool:
        """Whether the discount is in force."""
        begun = self.start is None or self.start <= now
        return self.discount is not None and begun and (self.end is None or now < self.end)

    def current(self, now: int) -> int:
        return self.discount if self.discount is not None and self.reduced(now) else self.origin


@dataclass(slots=True)
class Offer:
    """`prices` by channel code; "" is the default price. A new Offer has every field at its default."""

    id: int
    sku: str
    product: Product
    prices: dict[str, Price]
    quantity: int = 0
    state: str = "11"
    description: str = ""
    internal: str = ""
    price_info: str = ""
    leadtime: int = 2
    min_alert: int = 0
    min_order: int = 1
    max_order: int = 1000
    package: int = 1
    available_from: int | None = None
    available_to: int | None = None
    quotable: bool = False
    logistic: str = "STD"
    fields: dict[str, Any] = field(default_factory=dict)
    refused_by_operator: bool = False

    def inactive(self, now: int) -> list[str]:
        reasons = []
        if self.refused_by_operator:
            reasons.append("PRODUCT_STATUS_REJECTED")
        if self.quantity == 0:
            reasons.append("ZERO_QUANTITY")
        elif self.quantity < self.min_order:
            reasons.append("AVAILABLE_QUANTITY_LESS_THAN_MIN_ORDER_QUANTITY")
        early = self.available_from is not None and now < self.available_from
        if early or (self.available_to is not None and now >= self.available_to):
            reasons.append("NOT_IN_AVAILABILITY_PERIOD")
        return reasons


@dataclass(slots=True)
class Money:
    """One refund or cancelation of a line."""

    id: str
    group: str
    amount: int
    shipping: int
    quantity: int
    reason: str
    created: int
    taxes: list[tuple[str, int]]
    shipping_taxes: list[tuple[str, int]]


@dataclass(slots=True)
class Line:
    id: str
    index: int
    offer: Offer
    quantity: int
    unit: int  # one piece, VAT included
    shipping: int
    state: str = "WAITING_ACCEPTANCE"
    updated: int = 0
    shipped: int | None = None
    received: int | None = None
    refunds: list[Money] = field(default_factory=list)
    cancelations: list[Money] = field(default_factory=list)

    @property
    def price(self) -> int:
        return self.unit * self.quantity

    @property
    def total(self) -> int:
        return self.price + self.shipping

    @property
    def commission(self) -> int:
        return self.total * COMMISSION_PERCENT // 100

    @property
    def commission_vat(self) -> int:
        return self.commission * COMMISSION_VAT // 100

    @property
    def refundable(self) -> tuple[int, int]:
        """(goods, shipping) that were not refunded yet."""
        goods = self.price - sum(one.amount for one in self.refunds)
        return goods, self.shipping - sum(one.shipping for one in self.refunds)


@dataclass(slots=True)
class Order:
    id: str
    commercial: str
    customer: str
    buyer: Person
    created: int
    updated: int
    lines: list[Line]
    channel: str
    state: str = "WAITING_ACCEPTANCE"
    workflow: str = "PAY_ON_ACCEPTANCE"
    taxed: bool = True  # the operator sends tax lines
    company: bool = False
    accepted: int | None = None
    debited: int | None = None
    due: int | None = None  # when the platform moves it on by itself
    carrier: str = ""  # a registered carrier's code
    carrier_name: str = ""
    carrier_url: str = ""
    tracking: str = ""
    note: str = ""
    incident: bool = False
    damaged: bool = False

    @property
    def total(self) -> int:
        return sum(one.total for one in self.lines)

    @property
    def cancellable(self) -> bool:
        return self.state in ("WAITING_DEBIT", "WAITING_DEBIT_PAYMENT", "SHIPPING")


@dataclass(slots=True)
class Document:
    """A file on an order. `operator`: put there by the operator, the shop may not delete it."""

    id: int
    order_id: str
    name: str
    type: str
    uploaded: int
    data: bytes
    operator: bool = False


@dataclass(slots=True)
class Return:
    """`lines`: (line, pieces, reason, compliance or None). `rejection` when it was refused."""

    id: str
    order: Order
    lines: list[tuple[Line, int, str]]
    created: int
    updated: int
    state: str = "WAITING_ACCEPTANCE"
    rejection: str | None = None
    compliance: dict[str, dict[str, Any]] = field(default_factory=dict)
    tracking: str = ""


@dataclass(slots=True)
class Message:
    id: str
    created: int
    by_shop: bool
    body: str
    to: list[str]
    files: list[tuple[str, str, bytes]] = field(default_factory=list)  # (id, name, content)


@dataclass(slots=True)
class Thread:
    """`entity`: (type, id, label). `open_since`: the unanswered message that waits for the shop."""

    id: str
    entity: tuple[str, str, str]
    topic: tuple[str, str]
    customer: tuple[str, str]  # id, name
    channel: str
    messages: list[Message]
    open_since: int | None = None

    @property
    def updated(self) -> int:
        return self.messages[-1].created
