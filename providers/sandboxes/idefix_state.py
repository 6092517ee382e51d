"""What idefix keeps of one seller: products, batches, shipments, claims. No HTTP in here.

Source: reference/marketplaces-tr.md, "## D&R (dr.com.tr) and idefix". The unit is the shipment; an order may have several.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from providers.sandboxes.exact import DAY, HOUR
from providers.sandboxes.kit import SandboxClock
from providers.sandboxes.people import Person, good, person
from providers.sandboxes.shop import BaseShop, Batch

CREATED, READY, PICKING, INVOICED = "created", "shipment_ready", "shipment_picking", "shipment_invoiced"
IN_CARGO, DELIVERED, APPROVED = "shipment_in_cargo", "shipment_delivered", "shipment_approved"
CANCELLED, UNSUPPLIED, SPLIT, UNDELIVERED = (
    "shipment_cancelled",
    "shipment_unsupplied",
    "shipment_split",
    "shipment_undeliver",
)
CHAIN = (CREATED, READY, PICKING, INVOICED, IN_CARGO, DELIVERED, APPROVED)
STATES = (*CHAIN, CANCELLED, UNSUPPLIED, SPLIT, UNDELIVERED)
CLAIM_READY, CLAIM_CARGO, CLAIM_HERE = "ready", "in_cargo", "waiting_vendor_approve"
CLAIM_OK, CLAIM_ASKED = "approved", "vendor_decline_request"
CARRIERS = ("Yurtiçi Kargo", "Aras Kargo", "Sürat Kargo")
#: How long a batch is worked on (a guess; no document tells).
BATCH_S = 30


@dataclass(slots=True)
class Item:
    """A product; the barcode is the key. `compare` 0: nothing is crossed out."""

    barcode: str
    sku: str
    main_id: str
    title: str
    price: int
    compare: int
    stock: int
    vat: int
    status: str = "ready_for_sale"


@dataclass(slots=True)
class Line:
    """`unit`: the price of one piece; `discount`: the seller's, of the whole line."""

    id: int
    item: Item
    quantity: int
    unit: int
    discount: int

    @property
    def due(self) -> int:
        return self.unit * self.quantity - self.discount


@dataclass(slots=True)
class Shipment:
    id: int
    number: str
    placed: int
    updated: int
    buyer: Person
    lines: list[Line]
    carrier: int
    status: str = READY
    company: bool = False
    tracking: str = ""
    url: str = ""
    invoice_number: str = ""
    invoice_link: str = ""
    boxes: tuple[int, int] | None = None
    damaged: bool = False

    @property
    def total(self) -> int:
        return sum(line.due for line in self.lines)


@dataclass(slots=True)
class Claim:
    """`states`: of each line, by the id that the claim gives it."""

    id: int
    shipment: Shipment
    opened: int
    updated: int
    lines: dict[int, Line]
    states: dict[int, str]


@dataclass(slots=True)
class Records:
    items: dict[str, Item] = field(default_factory=dict)
    shipments: dict[int, Shipment] = field(default_factory=dict)
    batches: dict[str, Batch] = field(default_factory=dict)
    claims: dict[int, Claim] = field(default_factory=dict)


class Shop(BaseShop):
    def __init__(self, clock: SandboxClock, seed: int) -> None:
        super().__init__(clock, seed)
        self.records = Records()
        self.pool: list[Item] = []  # what buyers order from; equals the items when there are any

    # -- records -------------------------------------------------------------------------------------------------
    def add_items(self, count: int) -> list[Item]:
        made: list[Item] = []
        for i in range(1, count + 1):
            one = good(self.rng, i)
            compare = one.list_price_kurus if one.list_price_kurus > one.price_kurus else 0
            made.append(
                Item(
                    one.barcode, one.sku, f"ANA-{(i + 1) // 2:05d}", one.title, one.price_kurus, compare, one.stock, one.vat_percent,
                    "missing_info" if i % 40 == 0 else "ready_for_sale",
                )
            )  # fmt: skip
        return made

    def fill(self, orders: int, listings: int) -> None:
        """Orders spread evenly over the last 28 days; the older the further along."""
        made = self.add_items(listings)
        self.records.items = {one.barcode: one for one in made}
        self.pool = made or self.add_items(60)
        for placed in self.past(orders):
            self._age(self.place(placed))
        done = [one for one in self.records.shipments.values() if one.status in (DELIVERED, APPROVED)]
        cycle = (CLAIM_HERE, CLAIM_CARGO, CLAIM_READY)
        for n, one in enumerate(reversed(done[::5])):
            self.add_claim(one, cycle[n % 3])

    def place(self, placed: int) -> Shipment:
        n, rng = self.next_number(), self.rng
        chosen = rng.sample(self.pool, min(rng.choice((1, 1, 1, 2, 3)), len(self.pool)))
        lines = [
            Line(
                60_000_000 + n * 10 + k,
                one,
                rng.choice((1, 1, 1, 2, 3)),
                one.price,
                rng.choice((0, 0, 0, 500)) if one.price > 2000 else 0,
            )
            for k, one in enumerate(chosen)
        ]
        made = Shipment(
            3_000_000 + n, f"IDE{8_000_000 + n}", placed, placed, person(rng), lines, rng.randrange(len(CARRIERS)),
            CREATED if self.on("not_ready") else READY, rng.random() < 0.1,
        )  # fmt: skip
        self.records.shipments[made.id] = made
        return made

    def _age(self, one: Shipment) -> None:
        now, rng = self.now(), self.rng
        at = one.placed + rng.randint(1, 20) * HOUR
        if at > now:
            return
        if rng.random() < 0.05:
            self.move(one, CANCELLED, at)
            return
        for status in CHAIN[2:]:
            self.move(one, status, at)
            at += rng.randint(5 * DAY, 9 * DAY) if status == DELIVERED else rng.randint(HOUR, 40 * HOUR)
            if at > now:
                break

    def move(self, one: Shipment, status: str, at: int) -> None:
        one.status, one.updated = status, at
        if status == IN_CARGO and not one.tracking:
            one.tracking = f"88{one.id}"
            one.url = f"https://kargo.example.invalid/{one.tracking}"

    def derive(self, origin: Shipment, lines: list[Line]) -> Shipment:
        """The same order's further shipment, with an id of its own."""
        made = replace(origin, id=3_000_000 + self.next_number(), lines=lines, updated=self.now())
        self.records.shipments[made.id] = made
        return made

    def add_claim(self, one: Shipment, state: str) -> Claim:
        at = min(self.now(), one.updated + DAY)
        lines = {70_000_000 + self.next_number(): line for line in one.lines}
        made = Claim(200 + self.next_number(), one, at, at, lines, dict.fromkeys(lines, state))
        self.records.claims[made.id] = made
        return made

    def settle(self) -> None:
        self.finish(self.records.batches.values(), BATCH_S)
