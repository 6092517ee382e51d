"""What Pazarama keeps of one seller: products, batches, orders, refunds, tokens. No HTTP in here.

Source: reference/marketplaces-tr.md, "## Pazarama". An order has no instant of its last change; only the histories of its items tell it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from providers.sandboxes import shop
from providers.sandboxes.exact import DAY, HOUR, MINUTE
from providers.sandboxes.kit import SandboxClock
from providers.sandboxes.people import COLOURS, Person, good, person
from providers.sandboxes.shop import BaseShop

TAKEN, PREPARING, SHIPPED, DELIVERED, UNDELIVERED = 3, 12, 5, 11, 14
CANCELLED, CANCEL_ASKED, NOT_SUPPLIED = 6, 18, 13
BACK_BEGUN, BACK_OK, BACK_REFUSED, BACK_DONE = 7, 8, 9, 10
STATUS_WORDS = {
    TAKEN: "Siparişiniz Alındı", PREPARING: "Siparişiniz Hazırlanıyor", SHIPPED: "Siparişiniz Kargoya Verildi",
    16: "Siparişiniz Mağazada", 19: "Siparişiniz Teslimat Noktasında", DELIVERED: "Teslim Edildi", UNDELIVERED: "Teslim Edilemedi",
    CANCELLED: "Siparişiniz İptal Edildi", CANCEL_ASKED: "İptal Süreci Başlatıldı", NOT_SUPPLIED: "Tedarik Edilemedi",
    BACK_BEGUN: "İade Süreci Başlatıldı", BACK_OK: "İade Onaylandı", BACK_REFUSED: "İade Reddedildi", BACK_DONE: "İade Edildi",
}  # fmt: skip
CHAIN = (TAKEN, PREPARING, SHIPPED, DELIVERED)
#: What may follow by itself, for orders that move while nobody looks.
NEXT = {
    TAKEN: PREPARING,
    PREPARING: SHIPPED,
    SHIPPED: DELIVERED,
    DELIVERED: BACK_BEGUN,
    BACK_BEGUN: BACK_OK,
    BACK_OK: BACK_DONE,
}
CARRIERS = {
    "c0a80000-0000-4000-8000-000000000001": "Yurtiçi Kargo", "c0a80000-0000-4000-8000-000000000002": "Aras Kargo",
    "c0a80000-0000-4000-8000-000000000003": "Sürat Kargo", "c0a80000-0000-4000-8000-000000000004": "PTT Kargo",
}  # fmt: skip
#: How long a batch is worked on.
BATCH_S = 40


@dataclass(slots=True)
class Item:
    """A product; `code` is the barcode and the key. `open`: on sale. `approved`: False is still with Pazarama."""

    id: str
    code: str
    sku: str
    group: str
    title: str
    sale: int
    list_price: int
    stock: int
    vat: int
    colour: str
    created: int
    open: bool = True
    approved: bool = True


@dataclass(slots=True)
class Line:
    """`history`: (status, epoch seconds), oldest first; the last one is where the line stands."""

    id: str
    item: Item
    quantity: int
    unit: int
    history: list[tuple[int, int]]
    package: int
    code: str  # shipmentCode
    carrier: str = ""
    number: str = ""
    url: str = ""
    invoice: str = ""

    @property
    def status(self) -> int:
        return self.history[-1][0]


@dataclass(slots=True)
class Order:
    id: str
    number: int
    placed: int  # whole minutes: the vendor tells no seconds
    buyer: Person
    lines: list[Line]
    discount: int = 0
    company: bool = False
    damaged: bool = False

    @property
    def updated(self) -> int:
        return max(line.history[-1][1] for line in self.lines)

    @property
    def total(self) -> int:
        return sum(line.unit * line.quantity for line in self.lines) - self.discount

    @property
    def status(self) -> int:
        """What the line that lags behind most says; cancelled lines count only when there is nothing else."""
        states = {line.status for line in self.lines}
        order = (
            TAKEN,
            PREPARING,
            CANCEL_ASKED,
            SHIPPED,
            UNDELIVERED,
            DELIVERED,
            BACK_BEGUN,
            BACK_OK,
            BACK_REFUSED,
            BACK_DONE,
        )
        return next((one for one in order if one in states), self.lines[0].status)


@dataclass(slots=True)
class Batch(shop.Batch):
    """`kind`: stock or price."""

    kind: str = field(kw_only=True)


@dataclass(slots=True)
class Refund:
    """A return, or with `cancel` the wish to cancel. `status` 1 waits for the seller."""

    id: str
    number: int
    order: Order
    line: Line
    opened: int
    cancel: bool
    status: int = 1
    reject: int = 0


@dataclass(slots=True)
class Records:
    items: dict[str, Item] = field(default_factory=dict)  # by code
    orders: dict[str, Order] = field(default_factory=dict)
    batches: dict[str, Batch] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    tokens: dict[str, float] = field(default_factory=dict)  # token -> end


class Shop(BaseShop):
    def __init__(self, clock: SandboxClock, seed: int) -> None:
        super().__init__(clock, seed)
        self.records = Records()
        self.pool: list[Item] = []  # what buyers order from; equals the items when there are any

    # -- records -------------------------------------------------------------------------------------------------
    def add_items(self, count: int) -> list[Item]:
        made: list[Item] = []
        left, group = 0, ""
        for i in range(1, count + 1):
            one = good(self.rng, i)
            if left == 0:
                left, group = self.rng.choice((1, 1, 2, 3)), f"GRP{i:05d}"
            left -= 1
            made.append(
                Item(
                    self.guid(0x9D0), one.barcode, one.sku, group, one.title, one.price_kurus, one.list_price_kurus, one.stock,
                    one.vat_percent, self.rng.choice(COLOURS), self.now() - 60 * DAY + i * MINUTE, i % 40 != 0,
                )
            )  # fmt: skip
        return made

    def fill(self, orders: int, listings: int) -> None:
        """Orders spread evenly over the last 28 days; the older the further along."""
        made = self.add_items(listings)
        self.records.items = {one.code: one for one in made}
        self.pool = made or self.add_items(60)
        for placed in self.past(orders):
            self._age(self.place(placed))
        done = [one for one in self.records.orders.values() if one.lines[0].status == DELIVERED]
        for order in done[::5]:
            line = order.lines[0]
            at = min(self.now(), line.history[-1][1] + DAY)
            self.move([line], BACK_BEGUN, at)
            self.add_refund(order, line, at)

    def place(self, placed: int) -> Order:
        n, rng = self.next_number(), self.rng
        placed = placed // MINUTE * MINUTE
        chosen = rng.sample(self.pool, min(rng.choice((1, 1, 1, 2, 3)), len(self.pool)))
        code = f"PZR{n:07d}"
        lines = [
            Line(self.guid(0x11E), one, rng.choice((1, 1, 1, 2, 3)), one.sale, [(TAKEN, placed)], 880_000 + n, code)
            for one in chosen
        ]
        off = rng.choice((0, 0, 0, 500)) if min(one.unit for one in lines) > 2000 else 0
        order = Order(self.guid(0x0DE), 700_000_000 + n, placed, person(rng), lines, off, rng.random() < 0.1)
        self.records.orders[order.id] = order
        return order

    def _age(self, order: Order) -> None:
        now, rng = self.now(), self.rng
        at = order.placed + rng.randint(1, 20) * HOUR
        if at > now:
            return
        fate = rng.random()
        if fate < 0.05:
            self.move(order.lines, CANCELLED, at)
            return
        for status in CHAIN[1:]:
            self.move(order.lines, status, at)
            at += rng.randint(2 * HOUR, 50 * HOUR)
            if at > now:
                break
        if fate < 0.12 and order.status == PREPARING:
            self.move(order.lines[:1], CANCEL_ASKED, now)
            self.add_refund(order, order.lines[0], now, cancel=True)

    def move(self, lines: list[Line], status: int, at: int) -> None:
        for line in lines:
            line.history.append((status, max(at, line.history[-1][1])))
            if status == SHIPPED and not line.number:
                line.carrier, line.number = next(iter(CARRIERS)), f"71{int(line.id[:8], 16):09d}"
                line.url = f"https://kargo.example.invalid/{line.number}"

    def add_refund(self, order: Order, line: Line, at: int, *, cancel: bool = False) -> Refund:
        made = Refund(self.guid(0x4EF), 300_000 + self.next_number(), order, line, at, cancel)
        self.records.refunds[made.id] = made
        return made

    def step(self, order: Order) -> bool:
        """One step along for the lines that lag behind; False for an order at its end."""
        lines = [line for line in order.lines if line.status in NEXT]
        if not lines:
            return False
        least = min((line.status for line in lines), key=list(NEXT).index)
        moving = [line for line in lines if line.status == least]
        self.move(moving, NEXT[least], self.now())
        if NEXT[least] == BACK_BEGUN:
            for line in moving:
                self.add_refund(order, line, self.now())
        for refund in self.records.refunds.values():
            if refund.line in moving and NEXT[least] == BACK_OK:
                refund.status = 6
        return True

    def by_number(self, number: int) -> Order | None:
        return next((one for one in self.records.orders.values() if one.number == number), None)

    def settle(self) -> None:
        self.finish(self.records.batches.values(), BATCH_S)
