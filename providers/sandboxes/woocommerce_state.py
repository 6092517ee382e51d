"""What a WooCommerce site keeps: orders, products, variations, notes, refunds, webhooks. Money in kuruş with VAT unless said.

Source: reference/ecommerce-social-pos-fulfilment.md, "## WooCommerce", "Order fields" and "Products". Instants are epoch seconds.
Every change of an order must go through `changed`, or a page rendered beforehand would lie.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from providers.sandboxes.kit import SandboxClock
from providers.sandboxes.people import Person, good, person

DAY = 86_400
STATUSES = ("pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed")
LISTED = (*STATUSES, "trash", "checkout-draft")
SIZES = ("S", "M", "L")


@dataclass(slots=True)
class Product:
    """A product or, with `parent`, a variation. A variable product has no price and no stock of its own."""

    id: int
    parent: int
    type: str
    name: str
    sku: str
    gtin: str
    regular: int | None
    sale: int | None
    manage: bool
    stock: int | None
    vat: int
    created: int
    modified: int
    stock_status: str = "instock"
    backorders: str = "no"
    status: str = "publish"
    weight: str = ""
    sale_from: int | None = None
    sale_to: int | None = None
    size: str = ""
    children: list[int] = field(default_factory=list)
    description: str = ""
    short: str = ""
    tax_class: str = ""  # "" is the standard rate
    categories: list[int] = field(default_factory=list)
    brands: list[int] = field(default_factory=list)
    images: list[dict[str, Any]] = field(default_factory=list)  # {id, src} with `src` as it was sent
    attributes: list[dict[str, Any]] = field(default_factory=list)  # {id, name, position, visible, variation, options}
    picks: list[dict[str, Any]] = field(default_factory=list)  # of a variation: {id, name, option}

    def price(self, now: int) -> int | None:
        started = self.sale_from is None or self.sale_from <= now
        running = self.sale_to is None or now <= self.sale_to
        return self.sale if self.sale is not None and started and running else self.regular

    def settle_stock(self) -> None:
        if not self.manage:
            self.stock = None
        elif self.stock is None or self.stock <= 0:
            self.stock = self.stock or 0
            self.stock_status = "outofstock" if self.backorders == "no" else "onbackorder"
        else:
            self.stock_status = "instock"


@dataclass(slots=True)
class Term:
    """A category, a brand or one value of a global attribute."""

    id: int
    name: str
    slug: str
    parent: int = 0


@dataclass(slots=True)
class Line:
    """`unit` is the price of one piece without VAT, `tax` the VAT of the whole line."""

    id: int
    product: int
    variation: int
    name: str
    sku: str
    quantity: int
    unit: int
    tax: int


@dataclass(slots=True)
class Order:
    id: int
    status: str
    created: int
    modified: int
    buyer: Person
    lines: list[Line]
    shipping: int  # without VAT
    shipping_tax: int
    method: tuple[str, str]
    customer: int
    paid: int | None = None
    completed: int | None = None
    customer_note: str = ""
    transaction: str = ""
    billing: dict[str, str] = field(default_factory=dict)  # what a writer changed
    delivery: dict[str, str] = field(default_factory=dict)
    meta: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    refunds: list[dict[str, Any]] = field(default_factory=list)
    damaged: bool = False

    @property
    def total(self) -> int:
        return sum(line.unit * line.quantity + line.tax for line in self.lines) + self.shipping + self.shipping_tax


class Site:
    """One shop's records and the switches that bend the server. No HTTP in here."""

    def __init__(self, clock: SandboxClock, seed: int) -> None:
        self.clock = clock
        self.rng = random.Random(seed)
        self.products: dict[int, Product] = {}  # variations too
        self.pool: list[Product] = []
        self.orders: dict[int, Order] = {}
        self.webhooks: dict[int, dict[str, Any]] = {}
        self.categories: dict[int, Term] = {}
        self.brands: dict[int, Term] = {}
        self.attributes: dict[int, Term] = {}  # the shop's global attributes
        self.terms: dict[int, dict[int, Term]] = {}  # attribute -> its values
        self.images: dict[int, str] = {}  # media id -> the address that it was fetched from
        self.last_term = 0
        self.switches: dict[str, bool] = {"orderby_modified": True, "pretty_permalinks": True, "admin_key": True}
        self.counts: Counter[str] = Counter()
        self.sorted: dict[Any, list[Order]] = {}  # a filter -> its orders, until something changes
        self.pages: dict[tuple[str, str, int], list[bytes]] = {}  # order field, _fields, page size -> pages
        self.pages_total = 0
        self.pages_oldest = (0, 0)  # earliest created and modified among the orders of `pages`
        self._last_id = 10
        self._share = 0

    def now(self) -> int:
        return int(self.clock.timestamp())

    def on(self, feature: str) -> bool:
        return self.switches.get(feature, False)

    def next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def may_apply(self) -> bool:
        """False when a switch says that this write is to be acknowledged and forgotten."""
        if self.on("ignore_writes"):
            return False
        for feature, on in self.switches.items():
            match = re.fullmatch(r"apply_(\d+)", feature)
            if on and match:
                percent = min(100, int(match[1]))
                self._share += 1
                return self._share * percent // 100 > (self._share - 1) * percent // 100
        return True

    def wrote(self, sku: str = "") -> None:
        self.counts["writes_applied"] += 1
        if sku:
            self.counts[f"write:{sku}"] += 1

    def forget_pages(self) -> None:
        self.sorted.clear()
        self.pages.clear()

    def changed(self, order: Order, at: int | None = None) -> None:
        order.modified = self.now() if at is None else at
        self.forget_pages()

    def set_status(self, order: Order, status: str, at: int | None = None) -> None:
        moment = self.now() if at is None else at
        order.status = status
        if status in ("processing", "completed") and order.paid is None:
            order.paid = moment
        order.completed = moment if status == "completed" else None
        self.changed(order, moment)

    # -- records -------------------------------------------------------------------------------------------------
    def add_products(self, count: int) -> None:
        """`count` sellable rows: simple products, every fourth a variable one with up to three variations."""
        at = self.now() - 60 * DAY
        pool: list[Product] = []
        i = group = 0
        while i < count:
            i, group, at = i + 1, group + 1, at + 7
            title = good(self.rng, i).title
            if group % 4:
                pool.append(self._sellable(i, 0, "simple", title, at, ""))
                continue
            parent = Product(
                self.next_id(), 0, "variable", title, f"ANA-{i:05d}", "", None, None, False, None, 20, at, at
            )
            self.products[parent.id] = parent
            sizes = SIZES[: count - i + 1]
            for k, size in enumerate(sizes):
                child = self._sellable(i + k, parent.id, "variation", title, at, size)
                parent.children.append(child.id)
                pool.append(child)
            i += len(sizes) - 1
        if pool:
            self.pool = pool

    def _sellable(self, index: int, parent: int, kind: str, title: str, at: int, size: str) -> Product:
        one = good(self.rng, index)
        managed = self.rng.random() < 0.9
        reduced = one.list_price_kurus > one.price_kurus
        product = Product(
            self.next_id(), parent, kind, title, one.sku, one.barcode, one.list_price_kurus, one.price_kurus if reduced else None,
            managed, one.stock if managed else None, one.vat_percent, at, at, size=size,
        )  # fmt: skip
        product.settle_stock()
        self.products[product.id] = product
        return product

    def fill(self, orders: int, listings: int) -> None:
        """Orders spread evenly over the last 28 days; the older the further along."""
        self.add_products(listings)
        if not self.pool:
            kept = dict(self.products)
            self.add_products(40)
            self.products = kept
        now, span = self.now(), 28 * DAY
        self._last_id += 1000
        for i in range(orders):
            self.place(now - span + span * (2 * i + 1) // (2 * orders), aged=True)

    def place(self, created: int, *, aged: bool = False) -> Order:
        rng = self.rng
        number = self.next_id()
        lines = [
            self._line(rng.choice(self.pool), rng.choice((1, 1, 1, 2, 3))) for _ in range(rng.choice((1, 1, 1, 2, 3)))
        ]
        method = rng.choice((("cod", "Kapıda ödeme"), ("bacs", "Havale/EFT"), ("iyzico", "Kredi kartı")))
        free = rng.random() < 0.5
        order = Order(
            number, "processing", created, created, person(rng), lines, 0 if free else 4158, 0 if free else 832, method, rng.choice((0, 7)),
            paid=created,
        )  # fmt: skip
        if rng.random() < 0.08:
            order.status, order.paid = "on-hold", None
        if rng.random() < 0.2:
            order.customer_note = "Lütfen kapıyı çalmayın, bebek uyuyor. Teşekkürler!"
        self.orders[number] = order
        if aged:
            moved = min(self.now(), created + rng.randint(3600, 5 * DAY))
            if rng.random() < 0.05:
                self.set_status(order, "cancelled", moved)
            elif moved < self.now() - DAY:
                self.set_status(order, "completed", moved)
        self.forget_pages()
        return order

    def _line(self, product: Product, quantity: int) -> Line:
        gross = product.price(self.now()) or 0
        unit = (gross * 200 + 100 + product.vat) // (2 * (100 + product.vat))  # gross / (1 + VAT), half up
        first = product.parent or product.id
        return Line(
            self.next_id(), first, product.id if product.parent else 0, product.name, product.sku, quantity, unit,
            (gross - unit) * quantity,
        )  # fmt: skip
