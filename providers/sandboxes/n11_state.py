"""What N11 keeps of one seller: products, tasks, shipment packages, return claims. No HTTP in here.

Source: reference/marketplaces-tr.md, "## N11". A package is the unit; a partial cancel changes its id and its campaign code, and a returned
package still reads Delivered. Money in kuruş with VAT, instants in epoch ms UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from providers.sandboxes.kit import SandboxClock
from providers.sandboxes.n11_wire import DAY_MS, HOUR_MS
from providers.sandboxes.people import COLOURS, Person, good, person
from providers.sandboxes.shop import BaseShop

CHAIN = ("Created", "Picking", "Shipped", "Delivered")
STATUSES = (*CHAIN, "Cancelled", "Unpacked", "UnSupplied")
CARRIERS = ((341, "Sürat Kargo"), (344, "Yurtiçi Kargo"), (345, "Aras Kargo"), (342, "PTT Kargo"))
TASK_MS = 60_000  # longest processing of a task that nobody asks for


@dataclass(slots=True)
class Item:
    id: int
    main_id: str
    sku: str
    barcode: str
    title: str
    sale: int
    list_price: int
    quantity: int
    vat: int
    colour: str
    currency: str = "TL"
    status: str = "Active"
    brand: str = "Örnek"
    category: int = 1000722
    description: str = ""
    images: tuple[str, ...] = ()
    attributes: list[dict[str, Any]] = field(
        default_factory=list
    )  # rows as the product query tells them; none: only the colour
    preparing: int = 1
    template: str = "Standart Kargo"
    most: int = 0  # maxPurchaseQuantity, 0 for none

    @property
    def sale_status(self) -> str:
        return "On_Sale" if self.quantity > 0 else "Out_Of_Stock"


@dataclass(slots=True)
class Line:
    """`unit` is the price of one piece before discounts; both discounts are for one piece."""

    id: int
    sku: str
    barcode: str
    title: str
    colour: str
    product_id: int
    quantity: int
    unit: int
    seller_discount: int
    mall_discount: int
    vat: int
    status: str = "Created"

    @property
    def to_invoice(self) -> int:
        return (self.unit - self.seller_discount) * self.quantity


@dataclass(slots=True)
class Package:
    id: int
    number: str
    customer_id: int
    buyer: Person
    placed: int
    modified: int
    lines: list[Line]
    carrier: int  # index into CARRIERS
    campaign: str  # cargoTrackingNumber, the code for the seller's label
    status: str = "Created"
    histories: list[tuple[int, str]] = field(default_factory=list)
    sender_number: str = ""  # cargoSenderNumber, the real tracking number
    commercial: bool = False
    damaged: bool = False
    invoice: dict[str, str] | None = None

    @property
    def total(self) -> int:
        return sum(line.to_invoice for line in self.lines)


@dataclass(slots=True)
class Task:
    id: int
    created: int
    results: list[dict[str, Any]]
    pending: list[tuple[Item, dict[str, Any]]]
    polls: int = 0
    done: bool = False
    kind: str = "SKU_UPDATE"


@dataclass(slots=True)
class Claim:
    id: int
    package: Package
    line: Line
    created: int
    status: str = "REQUESTED"
    note: str = ""


class Shop(BaseShop):
    """`now` and all instants in here are epoch ms."""

    def __init__(self, clock: SandboxClock, seed: int) -> None:
        super().__init__(clock, seed)
        self.items: dict[str, Item] = {}  # by stockCode
        self.pool: list[Item] = []  # what buyers order from; equals `items` when there are any
        self.packages: dict[int, Package] = {}
        self.tasks: dict[int, Task] = {}
        self.claims: dict[int, Claim] = {}
        self.polls_before_result = 1

    # -- small services ------------------------------------------------------------------------------------------
    def now(self) -> int:
        return int(self.clock.timestamp() * 1000)

    @property
    def shift(self) -> int:
        """What the wire's epochs are ahead of the truth by: 3 h under the switch `shifted_epochs`, else nothing."""
        return 3 * HOUR_MS if self.on("shifted_epochs") else 0

    # -- records -------------------------------------------------------------------------------------------------
    def add_items(self, count: int) -> list[Item]:
        made: list[Item] = []
        left, main = 0, ""
        for i in range(1, count + 1):
            one = good(self.rng, i)
            if left == 0:
                left, main = self.rng.choice((1, 1, 2, 3)), f"ANA-{i:05d}"
            left -= 1
            made.append(
                Item(
                    420_000_000 + i, main, one.sku, one.barcode, one.title, one.price_kurus, one.list_price_kurus, one.stock,
                    one.vat_percent, self.rng.choice(COLOURS), status="Suspended" if i % 40 == 0 else "Active",
                )
            )  # fmt: skip
        return made

    def fill(self, orders: int, listings: int) -> None:
        """Orders spread evenly over the last 28 days; the older the further along."""
        made = self.add_items(listings)
        self.items = {one.sku: one for one in made}
        self.pool = made or self.add_items(60)
        for placed in self.past(orders, 28 * DAY_MS):
            self._age(self.place(placed))
        for package in [one for one in self.packages.values() if one.status == "Delivered"][::6]:
            self.add_claim(package)

    def place(self, placed: int) -> Package:
        n = self.next_number()
        rng = self.rng
        chosen = rng.sample(self.pool, min(rng.choice((1, 1, 1, 2, 3)), len(self.pool)))
        lines = [self._line(n * 10 + k, one) for k, one in enumerate(chosen)]
        package = Package(
            510_000_000 + n, str(204_000_000_000 + n), 31_000_000 + n, person(rng), placed, placed, lines,
            rng.randrange(len(CARRIERS)), str(9_990_000_000_000 + n), histories=[(placed, "Created")],
            commercial=rng.random() < 0.1,
        )  # fmt: skip
        self.packages[package.id] = package
        return package

    def _line(self, n: int, item: Item) -> Line:
        rng = self.rng
        seller = rng.choice((0, 0, 500, 1000)) if item.list_price > 2000 else 0
        return Line(
            610_000_000 + n, item.sku, item.barcode, item.title, item.colour, item.id, rng.choice((1, 1, 1, 2, 3)), item.list_price,
            seller, rng.choice((0, 0, 0, 250)), item.vat,
        )  # fmt: skip

    def _age(self, package: Package) -> None:
        now, at = self.now(), package.placed
        if self.rng.random() < 0.05:
            self.set_status(package, "Cancelled", min(now, at + self.rng.randint(1, 6) * HOUR_MS))
            return
        for status in CHAIN[1:]:
            at += self.rng.randint(2 * HOUR_MS, 60 * HOUR_MS)
            if at > now:
                break
            self.set_status(package, status, at)

    def set_status(self, package: Package, status: str, at: int) -> None:
        """The package and all its lines. Once shipped, the carrier has given its number."""
        if status != package.status:
            package.histories.append((at, status))
        package.status, package.modified = status, at
        if status == "Shipped":
            package.sender_number = f"7{package.campaign}"
        for line in package.lines:
            line.status = status

    def derive(self, origin: Package, lines: list[Line]) -> Package:
        """A new package that takes `lines` from `origin`, with an own id and an own campaign code."""
        n, now = self.next_number(), self.now()
        package = replace(
            origin, id=510_000_000 + n, campaign=str(9_990_000_000_000 + n), lines=lines, modified=now,
            histories=[*origin.histories, (now, origin.status)],
        )  # fmt: skip
        self.packages[package.id] = package
        return package

    def add_claim(self, package: Package, created: int | None = None) -> Claim:
        at = min(self.now(), package.modified + DAY_MS) if created is None else created
        claim = Claim(880_000 + self.next_number(), package, package.lines[0], at)
        self.claims[claim.id] = claim
        return claim

    # -- tasks ---------------------------------------------------------------------------------------------------
    def settle(self) -> None:
        """Tasks that had time enough are processed; with `late_writes` only now are their rows applied."""
        for task in self.tasks.values():
            waited = self.now() - task.created >= TASK_MS or task.polls > self.polls_before_result
            slow = self.on("tasks_hang") or (self.on("slow_products") and task.kind != "SKU_UPDATE")
            if not task.done and waited and not slow:
                task.done = True
                self.carry_out(task.pending)
