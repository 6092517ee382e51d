"""What Hepsiburada keeps of one merchant: listings, uploads, orders of lines, packages, claims, questions. No HTTP in here.

Source: reference/marketplaces-tr.md, "## Hepsiburada". The line is the unit: an order may be partly open, packed and cancelled at once.
Money in kuruş with VAT, instants in whole epoch seconds UTC.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from providers.sandboxes.exact import DAY, HOUR
from providers.sandboxes.kit import SandboxClock
from providers.sandboxes.people import Person, good, person
from providers.sandboxes.shop import BaseShop

#: Short name -> (id, name, whether Hepsiburada's contract pays it). Only "hepsiJET" is in the reference; the rest is invented.
CARRIERS = {
    "HJ": (89, "hepsiJET", True), "AR": (1, "Aras Kargo", True), "YK": (2, "Yurtiçi Kargo", True), "SR": (3, "Sürat Kargo", True),
    "OWN": (99, "Satıcı Kargosu", False),
}  # fmt: skip
OPEN = ("Open", "Unpacked")
#: Longest processing of an upload that nobody asks for, seconds.
UPLOAD_SECONDS = 60


@dataclass(slots=True)
class Listing:
    id: str
    hb_sku: str
    sku: str
    barcode: str
    title: str
    price: int
    base: int  # the middle of the allowed price band
    stock: int
    vat: int
    updated: int
    most: int = 10  # maximumPurchasableQuantity
    dispatch: int = 1
    carriers: list[str] = field(default_factory=lambda: ["HJ"])
    locked: bool = False
    active: bool = True

    @property
    def salable(self) -> bool:
        return self.stock > 0 and self.price > 0 and self.active and not self.locked


@dataclass(slots=True)
class Line:
    """`unit` is the price of one piece. `status`: Open, Packaged, Unpacked, InTransit, Delivered, UnDelivered, Cancelled."""

    id: str
    hb_sku: str
    sku: str
    barcode: str
    title: str
    quantity: int
    unit: int
    vat: int
    carrier: str
    updated: int
    hb_discount: int = 0  # of one piece, paid by Hepsiburada
    status: str = "Open"
    package: str = ""
    reason: int = 0
    cancelled_by: str = ""


@dataclass(slots=True)
class Order:
    id: str
    number: str
    customer: str
    buyer: Person
    placed: int
    lines: list[Line]
    commercial: bool = False
    paid: bool = True
    damaged: bool = False

    @property
    def due(self) -> int:
        return self.placed + 2 * DAY

    @property
    def total(self) -> int:
        return sum(line.unit * line.quantity for line in self.lines)

    @property
    def updated(self) -> int:
        return max(line.updated for line in self.lines)

    @property
    def status(self) -> str:
        """What the line that lags behind most says; cancelled lines only count when there is nothing else."""
        if not self.paid:
            return "PaymentAwaiting"
        states = {line.status for line in self.lines}
        chain = ("Open", "Unpacked", "Packaged", "InTransit", "UnDelivered", "Delivered", "Cancelled")
        return next(one for one in chain if one in states)


@dataclass(slots=True)
class Package:
    """`status`: Open, Unpacked, InTransit, Delivered, UnDelivered, Cancelled. `changed` is when it came about."""

    id: str
    number: str
    barcode: str
    carrier: str
    created: int
    changed: int
    parts: list[tuple[Order, Line]]
    status: str = "Open"
    parcels: int = 1
    deci: str = "1"
    tracking: str = ""
    tracking_url: str = ""
    invoice: dict[str, Any] | None = None


@dataclass(slots=True)
class Upload:
    id: str
    kind: str
    created: int
    total: int
    errors: list[dict[str, Any]]
    bands: list[dict[str, Any]]
    pending: list[tuple[Listing, dict[str, Any]]]
    polls: int = 0
    done: bool = False


@dataclass(slots=True)
class Claim:
    number: str
    order: Order
    line: Line
    claimed: int
    status: str
    status_at: int
    answer: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Issue:
    number: str
    text: str
    asked: int
    product: Listing
    status: str = "WaitingForAnswer"
    answer: str = ""


@dataclass(slots=True)
class Product:
    """What was sent to the catalogue. `attributes`: id -> words; `status`: WAITING, MISSING_INFO, PRE_MATCHED, MATCHED or REJECTED."""

    sku: str
    barcode: str
    title: str
    description: str
    brand: str
    category: int
    group: str
    attributes: dict[str, str]
    images: list[str]
    price: int
    stock: int
    vat: int
    desi: str
    status: str
    sent: int
    faults: list[dict[str, str]] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    hb_sku: str = ""


@dataclass(slots=True)
class Import:
    """A file that was taken. `rows`: the told row of each item without what its product says."""

    id: str
    created: int
    rows: list[dict[str, Any]]
    polls: int = 0
    done: bool = False


class Shop(BaseShop):
    def __init__(self, clock: SandboxClock, merchant: str, seed: int, limits_on: Callable[[], bool]) -> None:
        super().__init__(clock, seed)
        self.merchant, self.limits_on = merchant, limits_on
        self.listings: dict[str, Listing] = {}  # by Hepsiburada SKU
        self.by_sku: dict[str, Listing] = {}  # the same, by merchant SKU
        self.pool: list[Listing] = []  # what buyers order from; equals `listings` when there are any
        self.orders: dict[str, Order] = {}
        self.packages: dict[str, Package] = {}
        self.uploads: dict[str, Upload] = {}
        self.uploaded: dict[int, int] = {}  # local day -> rows taken
        self.claims: dict[str, Claim] = {}
        self.issues: dict[str, Issue] = {}
        self.products: dict[str, Product] = {}  # by merchant SKU; what was published, listed or not
        self.imports: dict[str, Import] = {}
        self.tickets: dict[str, Import] = {}
        self.polls_before_result = 1

    # -- records -------------------------------------------------------------------------------------------------
    def add_listings(self, count: int) -> list[Listing]:
        made = []
        for i in range(1, count + 1):
            one = good(self.rng, i)
            listing = Listing(
                self.guid(0x115), f"HBV{i:010d}", one.sku, one.barcode, one.title, one.price_kurus, one.price_kurus, one.stock,
                one.vat_percent, self.now() - 60 * DAY + i,
            )  # fmt: skip
            listing.locked, listing.active = i % 40 == 0, i % 41 != 0
            if i % 10 == 0:
                listing.carriers = ["OWN"]
            made.append(listing)
        return made

    def fill(self, orders: int, listings: int) -> None:
        """Orders spread evenly over the last 28 days; the older the further along."""
        made = self.add_listings(listings)
        self.listings = {one.hb_sku: one for one in made}
        self.by_sku = {one.sku: one for one in made}
        self.pool = made or self.add_listings(60)
        for placed in self.past(orders):
            self._age(self.place(placed))
        delivered = [p for p in self.packages.values() if p.status == "Delivered"]
        for package in delivered[::6]:
            self.add_claim(*package.parts[0])
        for listing in made[:200:10]:
            issue = Issue(
                str(70_000 + self.next_number()), f"{listing.title} kaç günde gelir?", self.now() - HOUR, listing
            )
            self.issues[issue.number] = issue

    def place(self, placed: int) -> Order:
        n = self.next_number()
        rng = self.rng
        # Order numbers have up to 19 digits: every seventh fits neither a double nor a signed 64-bit integer.
        name = str(9_700_000_000_000_000_000 + n) if n % 7 == 0 else str(4_000_000_000 + n)
        chosen = rng.sample(self.pool, min(rng.choice((1, 1, 1, 2, 3)), len(self.pool)))
        lines = [
            Line(
                self.guid(0x11E), one.hb_sku, one.sku, one.barcode, one.title, rng.choice((1, 1, 1, 2, 3)), one.price, one.vat,
                one.carriers[0], placed, hb_discount=rng.choice((0, 0, 0, 500)) if one.price > 2000 else 0,
            )
            for one in chosen
        ]  # fmt: skip
        order = Order(
            self.guid(0x0DE), name, self.guid(0xC05), person(rng), placed, lines, rng.random() < 0.1,
            not self.on("await_payment"),
        )  # fmt: skip
        self.orders[name] = order
        return order

    def _age(self, order: Order) -> None:
        now, rng = self.now(), self.rng
        at = order.placed + rng.randint(1, 24) * HOUR
        if at > now:
            return
        if rng.random() < 0.05:
            for line in order.lines:
                self.cancel_line(line, "Customer", 0, at)
            return
        package = self.pack([(order, line) for line in order.lines], at)
        for status in ("InTransit", "UnDelivered" if rng.random() < 0.03 else "Delivered"):
            at += rng.randint(2 * HOUR, 60 * HOUR)
            if at > now:
                break
            self.move(package, status, at)

    def parts_of(self, line_id: str) -> tuple[Order, Line] | None:
        for order in self.orders.values():
            for line in order.lines:
                if line.id == line_id:
                    return order, line
        return None

    def split_line(self, order: Order, line: Line, quantity: int) -> None:
        """`line` keeps `quantity` pieces, the others become a line of their own with a new id."""
        if quantity < line.quantity:
            order.lines.append(replace(line, id=self.guid(0x11E), quantity=line.quantity - quantity))
            line.quantity = quantity

    def pack(self, parts: list[tuple[Order, Line]], at: int, **more: Any) -> Package:
        n = self.next_number()
        carrier = more.pop("carrier", "") or parts[0][1].carrier
        package = Package(self.guid(0xAC), str(5_000_000_000 + n), f"HB{n:012d}", carrier, at, at, parts, **more)
        for _, line in parts:
            line.status, line.package, line.carrier, line.updated = "Packaged", package.number, carrier, at
        self.packages[package.number] = package
        self.counts["packages_created"] += 1
        return package

    def move(self, package: Package, status: str, at: int) -> None:
        """A package and its lines change state. Unpacked sets the lines free again."""
        package.status, package.changed = status, at
        if status == "InTransit" and not package.tracking:
            package.tracking = f"TK{package.number}"
            package.tracking_url = f"https://kargo.example.invalid/{package.tracking}"
        for _, line in package.parts:
            if line.status == "Cancelled":
                continue
            line.status, line.updated = status, at
            if status == "Unpacked":
                line.package = ""

    def cancel_line(self, line: Line, by: str, reason: int, at: int) -> None:
        line.status, line.updated, line.cancelled_by, line.reason = "Cancelled", at, by, reason
        package = self.packages.get(line.package)
        if package and all(one.status == "Cancelled" for _, one in package.parts):
            package.status, package.changed = "Cancelled", at

    def add_claim(self, order: Order, line: Line, status: str = "AwaitingAction") -> Claim:
        at = min(self.now(), line.updated + DAY)
        claim = Claim(str(800_000 + self.next_number()), order, line, at, status, at)
        self.claims[claim.number] = claim
        return claim

    # -- uploads -------------------------------------------------------------------------------------------------
    def settle(self) -> None:
        """Uploads that had time enough are finished; with `late_writes` only now are their rows applied."""
        for upload in self.uploads.values():
            waited = self.now() - upload.created >= UPLOAD_SECONDS or upload.polls > self.polls_before_result
            if not upload.done and waited and not self.on("uploads_hang"):
                upload.done = True
                self.apply(upload)
        self.settle_products()

    def settle_products(self) -> None:
        """Files that had time enough are read; the catalogue decides after one more look, or as long again. Nothing happens
        under `slow_products`, no decision under `catalogue_waits`; `products_rejected` makes it a no."""
        if self.on("slow_products"):
            return
        now = self.now()
        for one in (*self.imports.values(), *self.tickets.values()):
            one.done = one.done or now - one.created >= UPLOAD_SECONDS or one.polls > self.polls_before_result
        if self.on("catalogue_waits"):
            return
        looked = {
            row["merchantSku"]
            for one in self.imports.values()
            if one.polls > self.polls_before_result + 1
            for row in one.rows
        }
        for product in self.products.values():
            if product.status == "WAITING" and (product.sku in looked or now - product.sent >= 2 * UPLOAD_SECONDS):
                self.decide(product)

    def decide(self, product: Product) -> None:
        """The product is ready for sale and has a listing; with stock and a price it is salable."""
        if self.on("products_rejected"):
            product.status, product.rejected = "REJECTED", ["Ürün görseli katalog kurallarına uygun değil"]
            return
        product.status, product.hb_sku = "MATCHED", f"HBCV{self.next_number():08d}"
        listing = Listing(
            self.guid(0x115), product.hb_sku, product.sku, product.barcode, product.title, product.price, product.price, product.stock,
            product.vat, self.now(),
        )  # fmt: skip
        self.listings[listing.hb_sku] = self.by_sku[listing.sku] = listing

    def apply(self, upload: Upload) -> None:
        for listing, _ in upload.pending:
            listing.updated = self.now()
        self.carry_out(upload.pending)
