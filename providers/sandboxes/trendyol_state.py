"""What Trendyol keeps of one seller: packages, listings, batches, claims, questions, webhooks. Money in kuruş, instants in epoch ms UTC.

Source: reference/marketplaces-tr.md, "## Trendyol". A package is the unit, not the order; its id changes on split and unsupplied.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from providers.sandboxes.kit import SandboxClock
from providers.sandboxes.people import COLOURS, Person, ean13, good, person
from providers.sandboxes.trendyol_wire import DAY_MS, HOUR_MS, MINUTE_MS

CHAIN = ("Created", "Picking", "Invoiced", "Shipped", "Delivered")
STATUSES = (
    "Awaiting", "Created", "Picking", "Invoiced", "Shipped", "AtCollectionPoint", "Delivered", "UnDelivered", "Returned",
    "Cancelled", "UnSupplied", "UnPacked", "Repack", "Verified",
)  # fmt: skip
#: Provider code -> (id, display name). The reference gives codes and ids; only TEX's display name is in its example.
CARRIERS = {
    "SENDEOMP": (38, "Sendeo Marketplace"), "KOLAYGELSINMP": (38, "Kolay Gelsin Marketplace"), "BORMP": (30, "Borusan Marketplace"),
    "DHLECOMMP": (10, "DHL eCommerce Marketplace"), "PTTMP": (19, "PTT Kargo Marketplace"), "SURATMP": (9, "Sürat Kargo Marketplace"),
    "TEXMP": (17, "Trendyol Express Marketplace"), "HOROZMP": (6, "Horoz Kargo Marketplace"), "CEVAMP": (20, "CEVA Marketplace"),
    "YKMP": (4, "Yurtiçi Kargo Marketplace"), "ARASMP": (7, "Aras Kargo Marketplace"),
}  # fmt: skip
#: UPS packages exist (common label, campaign prefix 729), but its provider code is not in the documented list.
UPS = "UPS Kargo Marketplace"
PREFIX = {"YKMP": 725, "ARASMP": 726, "SURATMP": 727, "DHLECOMMP": 728, "TEXMP": 733, "PTTMP": 734, "HOROZMP": 884}
LABELLED = (CARRIERS["TEXMP"][1], CARRIERS["ARASMP"][1], UPS)


@dataclass(slots=True)
class Item:
    """One barcode of the seller."""

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

    @property
    def on_sale(self) -> bool:
        return self.approved and not (self.archived or self.locked or self.blacklisted) and self.quantity > 0


@dataclass(slots=True)
class Line:
    """`unit` is the gross price of one piece, the discounts too are for one piece; all with VAT."""

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

    @property
    def total(self) -> int:
        """What is to be invoiced: gross less the seller's discount."""
        return sum((line.unit - line.seller_discount) * line.quantity for line in self.lines)


@dataclass(slots=True)
class Batch:
    id: str
    kind: str
    created: int
    results: list[dict[str, Any]]
    failed: int
    polls: int = 0


@dataclass(slots=True)
class Claim:
    id: str
    package: Package
    line: Line
    item_id: str
    status: str
    reason: tuple[int, str, str]
    claimed: int
    auto: bool = False
    audit: list[tuple[int, str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Question:
    id: int
    text: str
    asked: int
    customer_id: int
    product: str
    status: str = "WAITING_FOR_ANSWER"
    answer: str = ""
    answered: int = 0


class Shop:
    """One seller's records and the switches that bend the server. No HTTP in here."""

    def __init__(self, clock: SandboxClock, seller: int, seed: int) -> None:
        self.clock, self.seller = clock, seller
        self.rng = random.Random(seed)
        self.items: dict[str, Item] = {}
        self.pool: list[Item] = []  # what buyers order from; equals `items` when there are any
        self.packages: dict[int, Package] = {}
        self.batches: dict[str, Batch] = {}
        self.bodies: dict[bytes, int] = {}  # digest of a stock/price body -> when it was taken
        self.claims: dict[str, Claim] = {}
        self.questions: dict[int, Question] = {}
        self.webhooks: dict[str, dict[str, Any]] = {}
        self.labels: dict[int, int] = {}  # cargo tracking number -> boxes asked for
        self.switches: dict[str, bool] = {}
        self.counts: Counter[str] = Counter()
        self.polls_before_result = 1
        self._numbers = 0
        self._share = 0

    # -- small services ------------------------------------------------------------------------------------------
    def now(self) -> int:
        return int(self.clock.timestamp() * 1000)

    def on(self, feature: str) -> bool:
        return self.switches.get(feature, False)

    def next_number(self) -> int:
        self._numbers += 1
        return self._numbers

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

    # -- records -------------------------------------------------------------------------------------------------
    def add_items(self, count: int) -> None:
        """Contents of one to three variants; some locked or archived, all approved."""
        base = self.now() - 80 * DAY_MS
        made: list[Item] = []
        content, left, title, main = 0, 0, "", ""
        for i in range(1, count + 1):
            one = good(self.rng, i)
            if left == 0:
                content, left, title, main = 300_000_000 + i, self.rng.choice((1, 1, 2, 3)), one.title, f"ANA-{i:05d}"
            left -= 1
            at = base + i * MINUTE_MS
            item = Item(
                content, 500_000_000 + i, main, one.sku, one.barcode, title, one.price_kurus, one.list_price_kurus,
                one.stock, one.vat_percent, self.rng.choice(COLOURS), at, at, at,
            )  # fmt: skip
            item.locked, item.archived = i % 40 == 0, i % 41 == 0
            made.append(item)
        if made:
            self.items = {item.barcode: item for item in made}
            self.pool = made

    def fill(self, orders: int, listings: int) -> None:
        """Orders spread evenly over the last 28 days; the older the further along."""
        self.add_items(listings)
        if not self.pool:
            kept = self.items
            self.add_items(60)
            self.items = kept
        now, span = self.now(), 28 * DAY_MS
        for i in range(orders):
            placed = now - span + span * (2 * i + 1) // (2 * orders)
            self.place(placed, aged=True)
        for package in list(self.packages.values()):
            if package.status == "Delivered" and package.id % 6 == 0:
                self.add_claim(package)
        for item in self.pool[: min(listings, 200) : 10]:
            self.ask(f"{item.title} kaç günde kargoya verilir? Ölçüsü nedir?", item)

    def place(self, placed: int, *, aged: bool = False) -> Package:
        """One package placed at `placed`; `aged` lets it have moved on, as far as its age allows."""
        n = self.next_number()
        rng = self.rng
        carrier = rng.choice(("TEXMP", "TEXMP", "ARASMP", "YKMP", "SURATMP", "PTTMP", "UPS"))
        status = "Awaiting" if not aged and rng.random() < 0.03 else "Created"
        lines = [self._line(n * 10 + k, rng.choice(self.pool)) for k in range(rng.choice((1, 1, 1, 2, 3)))]
        package = Package(
            700_000_000 + n, str(9_000_000_000 + n), 40_000_000 + rng.randint(1, 999_999), person(rng), placed, placed,
            status, lines, UPS if carrier == "UPS" else CARRIERS[carrier][1], PREFIX.get(carrier, 729) * 10**13 + n,
            [(placed, status)], micro=rng.random() < 0.02, commercial=rng.random() < 0.1,
        )  # fmt: skip
        self.set_status(package, status, placed)
        if aged:
            self._age(package)
        self.packages[package.id] = package
        return package

    def _line(self, number: int, item: Item) -> Line:
        rng = self.rng
        seller = rng.choice((0, 0, 500, 1000)) if item.list_price > 2000 else 0
        ty = rng.choice((0, 0, 0, 250))
        return Line(
            800_000_000 + number, item.sku, item.barcode, item.title, item.colour, item.content_id, rng.choice((1, 1, 1, 2, 3)),
            item.list_price, seller, ty, item.vat, "Created",
        )  # fmt: skip

    def _age(self, package: Package) -> None:
        now, at = self.now(), package.placed
        if self.rng.random() < 0.04:
            at = min(now, at + self.rng.randint(1, 6) * HOUR_MS)
            self.set_status(package, "Cancelled", at)
            return
        for status in CHAIN[1:]:
            at += self.rng.randint(2 * HOUR_MS, 60 * HOUR_MS)
            if at > now:
                break
            self.set_status(package, status, at)

    def set_status(self, package: Package, status: str, at: int | None = None) -> None:
        if status != package.status:
            package.histories.append((self.now() if at is None else at, status))
        package.status = status
        for line in package.lines:
            line.status = status
        self.touch(package, at)

    def touch(self, package: Package, at: int | None = None) -> None:
        package.modified = self.now() if at is None else at

    def derive(self, origin: Package, lines: list[Line], created_by: str) -> Package:
        """A new package that takes `lines` from `origin`, with an own id and tracking number."""
        n = self.next_number()
        now = self.now()
        package = Package(
            700_000_000 + n, origin.number, origin.customer_id, origin.buyer, origin.placed, now, origin.status, lines,
            origin.carrier, origin.tracking // 10**13 * 10**13 + n, [*origin.histories, (now, origin.status)],
            created_by, [origin.id], origin.micro, origin.commercial, origin.cod,
        )  # fmt: skip
        for line in lines:
            line.status = package.status
        self.packages[package.id] = package
        return package

    def add_claim(self, package: Package, status: str = "WaitingInAction", claimed: int | None = None) -> Claim:
        n = self.next_number()
        at = max(package.modified, self.now() - 20 * HOUR_MS) if claimed is None else claimed
        reason = self.rng.choice(
            ((401, "Beden/Ebat uymadı", "SIZE"), (402, "Kusurlu ürün", "DEFECT"), (403, "Vazgeçtim", "DISLIKE"))
        )
        key = f"{n:08x}-c1a1-4000-8000-{self.seller:012d}"
        claim = Claim(key, package, package.lines[0], f"{n:08x}-17e3-4000-8000-{self.seller:012d}", status, reason, at)
        claim.audit.append((at, "", status))
        self.claims[key] = claim
        return claim

    def ask(self, text: str, item: Item | None = None) -> Question:
        n = 90_000_000 + self.next_number()
        question = Question(n, text, self.now() - HOUR_MS, 40_000_001, item.title if item else "")
        self.questions[n] = question
        return question

    def settle_claims(self) -> None:
        """Unanswered claims are accepted by the vendor after 48 hours."""
        now = self.now()
        for claim in self.claims.values():
            if claim.status == "WaitingInAction" and now - claim.claimed > 48 * HOUR_MS:
                claim.audit.append((now, claim.status, "Accepted"))
                claim.status, claim.auto = "Accepted", True


def unlisted_barcode(index: int) -> str:
    """A barcode that no listing has, for tests."""
    return ean13(900_000_000 - index)
