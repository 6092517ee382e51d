"""The records of the fake Shopify and how they move: orders, stock at item and location, products. No GraphQL here.

Money is whole kuruş, VAT included (`taxesIncluded`), instants are aware UTC cut to the second as the vendor stores
them. Nothing here may answer a request: views and writes do that.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.sandboxes.kit import SandboxClock
from providers.sandboxes.people import Person, good, person


@dataclass
class Place:
    id: int
    name: str
    city: str
    active: bool = True
    online: bool = True


@dataclass
class Level:
    item_id: int
    place_id: int
    available: int
    committed: int
    updated: datetime


@dataclass
class Variant:
    id: int
    product_id: int
    item_id: int
    sku: str
    barcode: str
    title: str
    price: int
    compare: int | None
    vat: int
    updated: datetime
    cost: str | None = None
    tracked: bool = True
    policy: str = "DENY"
    taxable: bool = True
    options: list[tuple[str, str]] = field(default_factory=list)  # name and value; none: told by `title`


@dataclass
class Picture:
    """`source` is the address that it was fetched from."""

    id: int
    source: str
    alt: str
    created: datetime


@dataclass
class Product:
    id: int
    title: str
    status: str
    created: datetime
    updated: datetime
    tags: list[str] = field(default_factory=list)
    description: str = ""
    vendor: str = "Paxzar Deneme"
    kind: str = "Ev"
    handle: str = ""
    category: str = ""  # gid of a taxonomy category
    pictures: list[Picture] = field(default_factory=list)
    options: dict[str, list[str]] = field(default_factory=dict)  # name -> values; none: told by the variants
    publications: set[int] | None = None  # where it is for sale; None: everywhere, as what was there from the start
    published: datetime | None = None

    @property
    def address(self) -> str:
        return self.handle or f"urun-{self.id}"


@dataclass
class Line:
    id: int
    variant_id: int
    sku: str
    title: str
    variant_title: str
    quantity: int
    price: int
    vat: int
    removed: int = 0  # refunded or cancelled pieces
    shipped: int = 0


@dataclass
class FoLine:
    id: int
    line_id: int
    total: int
    remaining: int


@dataclass
class FulfillmentOrder:
    id: int
    order_id: int
    place_id: int
    lines: list[FoLine]
    created: datetime
    updated: datetime
    status: str = "OPEN"


@dataclass
class Shipment:
    id: int
    order_id: int
    number: int
    place_id: int
    parts: list[tuple[int, int, int]]  # fulfilment order id, its line id, pieces
    tracking: list[dict[str, str | None]]
    created: datetime
    updated: datetime
    status: str = "SUCCESS"
    events: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Refund:
    id: int
    order_id: int
    created: datetime
    note: str
    amount: int
    parts: list[tuple[int, int, str, int | None]]  # line id, pieces, restock type, location


@dataclass
class Order:
    id: int
    number: int
    created: datetime
    updated: datetime
    lines: list[Line]
    shipping: int
    buyer: Person | None
    financial: str
    source: str = "web"
    place_id: int | None = None
    gateway: str = "iyzico"
    note: str | None = None
    tags: list[str] = field(default_factory=list)
    attributes: list[dict[str, str]] = field(default_factory=list)
    tax_number: str | None = None
    cancelled: datetime | None = None
    cancel_reason: str | None = None
    staff_note: str | None = None
    refunds: list[Refund] = field(default_factory=list)
    damaged: bool = False

    @property
    def name(self) -> str:
        return f"#{self.number}"

    @property
    def refunded(self) -> int:
        return sum(refund.amount for refund in self.refunds)

    @property
    def goods(self) -> int:
        return sum(line.price * line.quantity for line in self.lines)

    @property
    def total(self) -> int:
        return self.goods + self.shipping

    @property
    def current_goods(self) -> int:
        return sum(line.price * (line.quantity - line.removed) for line in self.lines)

    @property
    def fulfilment(self) -> str:
        open_pieces = sum(max(0, line.quantity - line.removed - line.shipped) for line in self.lines)
        if any(line.shipped for line in self.lines):
            return "PARTIALLY_FULFILLED" if open_pieces else "FULFILLED"
        return "UNFULFILLED"


class Store:
    """One shop. Deterministic for one seed, apart from instants, which lie before the sandbox clock's now."""

    def __init__(self, clock: SandboxClock, seed: int, orders: int, listings: int) -> None:
        self.clock, self.rng = clock, random.Random(seed)
        self.serial = 5_550_000 + seed * 1000
        self.order_number = 1000
        self.places: dict[int, Place] = {}
        self.levels: dict[tuple[int, int], Level] = {}
        self.products: dict[int, Product] = {}
        self.variants: dict[int, Variant] = {}
        self.orders: dict[int, Order] = {}
        self.fulfilment_orders: dict[int, FulfillmentOrder] = {}
        self.shipments: dict[int, Shipment] = {}
        self.metafields: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.webhooks: dict[int, dict[str, Any]] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.operations: dict[int, dict[str, Any]] = {}  # of productSet that does not wait
        for name, city, active, online in (
            ("Ana Depo", "İstanbul", True, True), ("Kadıköy Mağaza", "İstanbul", True, False),
            ("Eskişehir Depo", "Eskişehir", True, True), ("Kapanan Şube", "İzmir", False, False),
        ):  # fmt: skip
            place = Place(self.next_id(), name, city, active, online)
            self.places[place.id] = place
        self.main, self.shop_floor, self.second, self.closed = self.places.values()
        self._stock_shelves(listings)
        ages = sorted((self.rng.randint(10, 20 * 24 * 60) for _ in range(orders)), reverse=True)
        for age in ages:
            self.new_order(self.now() - timedelta(minutes=age))

    def next_id(self) -> int:
        self.serial += 1
        return self.serial

    def now(self) -> datetime:
        return self.clock.now().astimezone(UTC).replace(microsecond=0)

    def _stock_shelves(self, count: int) -> None:
        index = 0
        while index < count:
            then = self.now() - timedelta(days=self.rng.randint(30, 300))
            size = min(self.rng.choice((1, 1, 3)), count - index)
            product = Product(self.next_id(), "", self.rng.choice(("ACTIVE", "ACTIVE", "ACTIVE", "DRAFT")), then, then)
            self.products[product.id] = product
            for position in range(size):
                index += 1
                one = good(self.rng, index)
                product.title = product.title or one.title
                title = ("S", "M", "L")[position] if size > 1 else "Default Title"
                compare = one.list_price_kurus if one.list_price_kurus > one.price_kurus else None
                variant = Variant(
                    self.next_id(), product.id, self.next_id(), one.sku, one.barcode, title,
                    one.price_kurus, compare, one.vat_percent, then,
                )  # fmt: skip
                self.variants[variant.id] = variant
                self._level(variant.item_id, self.main.id, one.stock)
                self._level(variant.item_id, self.shop_floor.id, self.rng.randint(0, 9))
                if index % 3 == 0:
                    self._level(variant.item_id, self.second.id, self.rng.randint(1, 20))

    def _level(self, item_id: int, place_id: int, available: int) -> Level:
        level = Level(item_id, place_id, available, 0, self.now())
        self.levels[item_id, place_id] = level
        return level

    def activate(self, item_id: int, place_id: int, available: int) -> Level:
        return self.levels.get((item_id, place_id)) or self._level(item_id, place_id, available)

    # -- look-ups ---------------------------------------------------------------------------------------------
    def variant_of_item(self, item_id: int) -> Variant | None:
        return next((v for v in self.variants.values() if v.item_id == item_id), None)

    def variants_of(self, product_id: int) -> list[Variant]:
        return [v for v in self.variants.values() if v.product_id == product_id]

    def levels_of(self, item_id: int) -> list[Level]:
        return [level for (item, _), level in self.levels.items() if item == item_id]

    def stock(self, variant: Variant) -> int:
        return sum(level.available for level in self.levels_of(variant.item_id) if self.places[level.place_id].active)

    def line(self, order: Order, line_id: int) -> Line:
        return next(line for line in order.lines if line.id == line_id)

    # -- life -------------------------------------------------------------------------------------------------
    def new_order(self, created: datetime) -> Order:
        if not self.variants:
            self._stock_shelves(6)
        self.order_number += 1
        pos = self.order_number % 5 == 0
        order_id = self.next_id()
        chosen = self.rng.sample(list(self.variants.values()), min(self.rng.choice((1, 1, 2, 3)), len(self.variants)))
        lines = []
        for variant in chosen:
            title = self.products[variant.product_id].title
            quantity = self.rng.choice((1, 1, 1, 2, 3))
            lines.append(
                Line(
                    self.next_id(), variant.id, variant.sku, title, variant.title, quantity, variant.price, variant.vat
                )
            )
        buyer = None if pos else person(self.rng)
        order = Order(
            order_id, self.order_number, created, created, lines, 0 if pos else self.rng.choice((0, 3990, 4990)), buyer,
            "PAID" if pos else self.rng.choice(("PAID", "PAID", "PAID", "PENDING", "AUTHORIZED")),
            "pos" if pos else "web", self.shop_floor.id if pos else None, "cash" if pos else "iyzico",
        )  # fmt: skip
        if order.financial == "PENDING":
            order.gateway = "Kapıda Ödeme"
        if not pos and self.order_number % 4 == 0:
            order.note, order.tax_number = "Hediye paketi rica ederim, teşekkürler – İyi çalışmalar", "10000000146"
        self.orders[order.id] = order
        self._reserve(order, chosen)
        return order

    def _reserve(self, order: Order, chosen: list[Variant]) -> None:
        by_place: dict[int, list[FoLine]] = {}
        for variant, line in zip(chosen, order.lines, strict=True):
            place = self.shop_floor if order.source == "pos" else self.main
            second = self.levels.get((variant.item_id, self.second.id))
            if order.source != "pos" and second is not None and line.id % 2:
                place = self.second
            level = self.activate(variant.item_id, place.id, 0)
            level.available -= line.quantity
            level.updated = order.created
            if order.source == "pos":
                line.shipped = line.quantity
            else:
                level.committed += line.quantity
            remaining = 0 if order.source == "pos" else line.quantity
            by_place.setdefault(place.id, []).append(FoLine(self.next_id(), line.id, line.quantity, remaining))
        for place_id, parts in by_place.items():
            number = FulfillmentOrder(self.next_id(), order.id, place_id, parts, order.created, order.created)
            self.fulfilment_orders[number.id] = number
            if order.source == "pos":
                number.status = "CLOSED"
                pieces = [(number.id, part.id, part.total) for part in parts]
                done = Shipment(self.next_id(), order.id, 1, place_id, pieces, [], order.created, order.created)
                self.shipments[done.id] = done

    def fulfilment_orders_of(self, order_id: int) -> list[FulfillmentOrder]:
        return [one for one in self.fulfilment_orders.values() if one.order_id == order_id]

    def shipments_of(self, order_id: int) -> list[Shipment]:
        return [one for one in self.shipments.values() if one.order_id == order_id]

    def touch(self, order: Order) -> None:
        order.updated = self.now()

    def cancel(self, order: Order, reason: str, *, restock: bool, refund: bool, staff_note: str | None = None) -> None:
        """Cancel now: open fulfilment orders close, stock returns on `restock`, money goes back on `refund`."""
        order.cancelled, order.cancel_reason, order.staff_note = self.now(), reason, staff_note
        for part in self.fulfilment_orders_of(order.id):
            if part.status in ("CLOSED", "CANCELLED"):
                continue
            for piece in part.lines:
                line = self.line(order, piece.line_id)
                level = self.level_of_line(line, part.place_id)
                if level is not None:
                    level.committed -= piece.remaining
                    level.available += piece.remaining if restock else 0
                line.removed += piece.remaining
                piece.remaining = 0
            part.status, part.updated = "CLOSED", self.now()
        if order.financial in ("AUTHORIZED", "PENDING"):
            order.financial = "VOIDED"
        elif refund and order.refunded < order.total:
            amount = order.total - order.refunded
            order.refunds.append(Refund(self.next_id(), order.id, self.now(), "", amount, []))
            order.financial = "REFUNDED"
        self.touch(order)

    def level_of_line(self, line: Line, place_id: int) -> Level | None:
        variant = self.variants.get(line.variant_id)
        return self.levels.get((variant.item_id, place_id)) if variant else None

    def settle(self) -> None:
        """Let the asynchronous work that is due by now happen. Called before each request."""
        for job in self.jobs.values():
            if not job["done"] and self.clock.timestamp() >= job["due"]:
                job["done"] = True
                job["act"]()
