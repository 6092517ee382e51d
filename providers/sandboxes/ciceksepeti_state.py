"""What ÇiçekSepeti keeps of one seller: products, batches, orders of items, returns. No HTTP in here.

Source: reference/marketplaces-tr.md, "## ÇiçekSepeti". The item is the unit: it alone has a status, is cancelled, is shipped. The vendor
tells no seconds, so instants of orders are whole minutes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from providers.sandboxes.exact import DAY, HOUR, MINUTE
from providers.sandboxes.kit import SandboxClock
from providers.sandboxes.people import COLOURS, Person, good, person
from providers.sandboxes.shop import BaseShop, Batch

NEW, PREPARING, IN_VEHICLE, SHIPPED, DELIVERED, READY, SENT_BACK = 1, 2, 3, 5, 7, 11, 18
STATUS_WORDS = {
    NEW: "Yeni", PREPARING: "Hazırlanıyor", IN_VEHICLE: "Arabaya Verildi", SHIPPED: "Kargoya Verildi", DELIVERED: "Teslim Edildi",
    READY: "Kargoya Verilecek", SENT_BACK: "Firmaya İade Edildi",
}  # fmt: skip
CHAIN = (NEW, READY, SHIPPED, DELIVERED)
#: cargoBusinessId of the reference.
CARRIERS = {
    1: "MNG", 2: "Yurtiçi", 25: "Sürat", 43: "Aras", 44: "PTT", 45: "UPS", 46: "Horoz", 55: "Ceva", 59: "Sendeo", 116: "kargomSENDE",
    117: "Kolay Gelsin", 118: "Arvato",
}  # fmt: skip
RETURN_BEGUN, RETURN_ON_ITS_WAY, RETURN_HERE, RETURN_WAITS = 20, 21, 22, 23
RETURN_WORDS = {
    RETURN_BEGUN: "İade Süreci Başladı", RETURN_ON_ITS_WAY: "İade Kargoda", RETURN_HERE: "İade Tedarikçide",
    RETURN_WAITS: "İade Tedarikçi Onayı Bekliyor",
}  # fmt: skip
#: How long a batch waits, and is worked on.
PENDING_S, BATCH_S = 20, 45


@dataclass(slots=True)
class Item:
    """A product variant. `list_price` None: nothing is crossed out."""

    code: str
    main_code: str
    sku: str
    barcode: str
    title: str
    sale: int
    list_price: int | None
    stock: int
    vat: int
    colour: str
    created: int
    status: int = 3

    @property
    def shown_status(self) -> int:
        return 7 if self.status == 3 and not self.stock else self.status


@dataclass(slots=True)
class Row:
    """An order item ("alt sipariş"). `unit`: the price of one piece before discounts; the discounts are of the whole row."""

    id: int
    item: Item
    quantity: int
    unit: int
    branch_discount: int
    cs_discount: int
    modified: int
    carrier: int
    status: int = NEW
    active: bool = True
    own: bool = False  # shipped by the seller's own contract
    partial: str = ""
    number: str = ""
    url: str = ""
    cancelled: int = 0
    receiver_name: str = ""
    measures: tuple[int, int] | None = None
    invoice: str = ""

    @property
    def total(self) -> int:
        return self.unit * self.quantity

    @property
    def invoiced(self) -> int:
        return self.total - self.branch_discount


@dataclass(slots=True)
class Order:
    id: int
    placed: int
    receiver: Person
    sender: Person | None
    rows: list[Row]
    company: bool = False
    card: str = ""
    damaged: bool = False

    @property
    def updated(self) -> int:
        return max(row.modified for row in self.rows)

    @property
    def status(self) -> str:
        """What the living row that lags behind most says."""
        living = [row.status for row in self.rows if row.active]
        if not living:
            return "İptal Edildi"
        order = (NEW, PREPARING, READY, IN_VEHICLE, SHIPPED, DELIVERED, SENT_BACK)
        return STATUS_WORDS[next(one for one in order if one in living)]


@dataclass(slots=True)
class Return:
    """`exchange`: the buyer wants another piece, not the money. `decision`: '' until somebody decides."""

    order: Order
    row: Row
    opened: int
    status: int
    exchange: bool
    decision: str = ""
    tracking: str = ""


@dataclass(slots=True)
class Records:
    items: dict[str, Item] = field(default_factory=dict)  # by stockCode
    orders: dict[int, Order] = field(default_factory=dict)
    batches: dict[str, Batch] = field(default_factory=dict)
    returns: dict[int, Return] = field(default_factory=dict)  # by order item


class Shop(BaseShop):
    def __init__(self, clock: SandboxClock, seed: int) -> None:
        super().__init__(clock, seed)
        self.records = Records()
        self.pool: list[Item] = []  # what buyers order from; equals the items when there are any

    def minute(self) -> int:
        return self.now() // MINUTE * MINUTE

    # -- records -------------------------------------------------------------------------------------------------
    def add_items(self, count: int) -> list[Item]:
        made: list[Item] = []
        left, main = 0, ""
        for i in range(1, count + 1):
            one = good(self.rng, i)
            if left == 0:
                left, main = self.rng.choice((1, 1, 2, 3)), f"ANA-{i:05d}"
            left -= 1
            crossed = one.list_price_kurus if one.list_price_kurus > one.price_kurus else None
            made.append(
                Item(
                    f"kcm{i:08d}", main, one.sku, one.barcode, one.title, one.price_kurus, crossed, one.stock, one.vat_percent,
                    self.rng.choice(COLOURS), self.now() - 60 * DAY + i * MINUTE, 5 if i % 40 == 0 else 3,
                )
            )  # fmt: skip
        return made

    def fill(self, orders: int, listings: int) -> None:
        """Orders spread evenly over the last 28 days; the older the further along."""
        made = self.add_items(listings)
        self.records.items = {one.sku: one for one in made}
        self.pool = made or self.add_items(60)
        for placed in self.past(orders):
            self._age(self.place(placed))
        back = [
            (o, o.rows[0]) for o in self.records.orders.values() if o.rows[0].status == DELIVERED and o.rows[0].active
        ][::5]
        cycle = (RETURN_HERE, RETURN_BEGUN, RETURN_ON_ITS_WAY)
        for n, (order, row) in enumerate(reversed(back)):
            self.add_return(order, row, cycle[n % 3], exchange=n % 4 == 3)

    def place(self, placed: int) -> Order:
        """The receiver gets the parcel, the sender pays; they differ in every second order, and now and then no sender is named."""
        n, rng = self.next_number(), self.rng
        placed = placed // MINUTE * MINUTE
        chosen = rng.sample(self.pool, min(rng.choice((1, 1, 1, 2, 3)), len(self.pool)))
        carrier = rng.choice((1, 25, 43))
        rows = []
        for k, one in enumerate(chosen):
            quantity = rng.choice((1, 1, 1, 2, 3))
            off = rng.choice((0, 0, 0, 500)) if one.sale > 2000 else 0
            rows.append(Row(50_000_000 + n * 10 + k, one, quantity, one.sale, off, off // 2, placed, carrier))
        receiver = person(rng)
        sender = None if rng.random() < 0.08 else receiver if rng.random() < 0.5 else person(rng)
        order = Order(
            40_000_000 + n,
            placed,
            receiver,
            sender,
            rows,
            rng.random() < 0.1,
            rng.choice(("", "", "İyi ki doğdun Işıl")),
        )
        self.records.orders[order.id] = order
        return order

    def _age(self, order: Order) -> None:
        now, rng = self.now(), self.rng
        at = order.placed + rng.randint(1, 20) * HOUR
        if at > now:
            return
        fate = rng.random()
        if fate < 0.05:
            self.cancel(order.rows, at)
            return
        if fate < 0.12 and len(order.rows) > 1:
            self.cancel(order.rows[-1:], at)
        living = [row for row in order.rows if row.active]
        for status in CHAIN[1:]:
            self.move(order, living, status, at)
            at += rng.randint(2 * HOUR, 50 * HOUR)
            if at > now:
                break

    def move(self, order: Order, rows: list[Row], status: int, at: int) -> None:
        """By ÇiçekSepeti's own cargo integration: the code comes with 11, the carrier's number with 5."""
        n = self.next_number() if status == READY else 0
        for row in rows:
            row.status, row.modified = status, at // MINUTE * MINUTE
            if status == READY:
                row.partial = f"{7_000_000 + n}-10"
            if status == SHIPPED and not row.number:
                row.number = f"62{row.id}"
                row.url = f"https://kargo.example.invalid/{row.number}"

    def cancel(self, rows: list[Row], at: int) -> None:
        for row in rows:
            row.active, row.cancelled = False, at
            row.modified = at // MINUTE * MINUTE

    def add_return(self, order: Order, row: Row, status: int, *, exchange: bool = False) -> Return:
        made = Return(order, row, min(self.now(), row.modified + DAY), status, exchange, tracking=f"97{row.id}")
        self.records.returns[row.id] = made
        return made

    def found(self, row_id: int) -> tuple[Order, Row] | None:
        order = self.records.orders.get(40_000_000 + (row_id - 50_000_000) // 10)
        return next(((order, row) for row in order.rows if row.id == row_id), None) if order else None

    def is_own(self, row: Row) -> bool:
        """Cargo model 2. The model is the seller's; what is under way keeps the one it began with."""
        return row.own if row.status not in (NEW, PREPARING) else self.on("own_cargo")

    def settle(self) -> None:
        self.finish(self.records.batches.values(), BATCH_S)
