"""What a Mirakl instance keeps of one shop: products, offers and their prices, orders, and the switches that bend the server. No HTTP.

Sources: the seller OpenAPI document and reference/marketplaces-tr.md, "Mirakl Marketplace seller API". Money in kuruş with VAT
(TAX_INCLUDED), instants in epoch seconds UTC.
"""

from __future__ import annotations

from collections.abc import Callable

from providers.sandboxes.exact import DAY, HOUR, MINUTE
from providers.sandboxes.kit import SandboxClock
from providers.sandboxes.mirakl_records import (
    CATEGORIES,
    CHANNELS,
    Document,
    Line,
    Offer,
    Order,
    Price,
    Product,
    Return,
    Thread,
)
from providers.sandboxes.people import good, person
from providers.sandboxes.shop import BaseShop

DEBIT_S = 20  # from acceptance to WAITING_DEBIT_PAYMENT, and again to SHIPPING


class Shop(BaseShop):
    """One shop's records. `steps` run before every call: what the platform does by itself when its time has come."""

    def __init__(self, clock: SandboxClock, seed: int) -> None:
        super().__init__(clock, seed)
        self.products: dict[str, Product] = {}  # by the operator's SKU
        self.offers: dict[str, Offer] = {}  # by shop SKU
        self.pool: list[Offer] = []  # what buyers order from; equals `offers` when there are any
        self.orders: dict[str, Order] = {}
        self.documents: dict[int, Document] = {}
        self.returns: dict[str, Return] = {}
        self.threads: dict[str, Thread] = {}
        self.steps: list[Callable[[], None]] = [self.settle]
        self._waiting: set[str] = set()  # orders with a due instant

    # -- small services ----------------------------------------------------------------------------------------
    def uuid(self) -> str:
        digits = f"{self.rng.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"

    # -- goods -------------------------------------------------------------------------------------------------
    def add_offers(self, count: int) -> list[Offer]:
        rng, now, made = self.rng, self.now(), []
        for i in range(1, count + 1):
            one = good(rng, i)
            product = Product(f"MKP{100_000_000 + i}", one.barcode, one.title, rng.choice(CATEGORIES), one.vat_percent)
            self.products[product.sku] = product
            price = Price(one.list_price_kurus)
            if one.price_kurus < one.list_price_kurus:
                price.discount = one.price_kurus
                # Every third discount is over, every third is still to come: its price is no price of today.
                price.start, price.end = (
                    (None, None), (now - 30 * DAY, now - DAY), (now + 3 * DAY, now + 90 * DAY),
                )[i % 3]  # fmt: skip
            offer = Offer(
                3_000_000 + i, one.sku, product, {"": price}, one.stock, leadtime=rng.choice((1, 2, 3)),
                description=f"{one.title}, kutusunda", min_alert=rng.choice((0, 0, 5)), refused_by_operator=i % 29 == 0,
            )  # fmt: skip
            if i % 7 == 0:
                offer.prices["APP"] = Price(price.origin + 500)
            if i % 11 == 0:
                price.volumes = [(10, price.origin - 100)]
            made.append(offer)
        return made

    # -- orders ------------------------------------------------------------------------------------------------
    def fill(self, orders: int, listings: int) -> None:
        """Orders spread evenly over the last 28 days; the older the further along."""
        made = self.add_offers(listings)
        self.offers = {one.sku: one for one in made}
        self.pool = made or self.add_offers(60)
        for i in range(10):  # products of the operator that this shop does not sell yet
            sku = f"MKP{900_000_000 + i}"
            self.products[sku] = Product(sku, f"86900090000{i:02d}", f"Yeni Ürün {i}", CATEGORIES[0], 20)
        now, span = self.now(), 28 * DAY
        for i in range(orders):
            order = self.place(now - span + span * (2 * i + 1) // (2 * orders))
            self._age(order, now)

    def place(self, created: int) -> Order:
        n, rng = self.next_number(), self.rng
        chosen = rng.sample(self.pool, min(rng.choice((1, 1, 1, 2, 3)), len(self.pool)))
        name = f"K{n:07d}"
        lines = [
            Line(f"{name}-A-{k}", k, one, rng.choice((1, 1, 1, 2, 3)), one.prices[""].current(created), rng.choice((0, 0, 2990)))
            for k, one in enumerate(chosen, 1)
        ]  # fmt: skip
        for line in lines:
            line.updated = created
        order = Order(
            f"{name}-A", name, f"C{n}", person(rng), created, created, lines, rng.choice(CHANNELS)[0],
            workflow="PAY_ON_DELIVERY" if n % 13 == 0 else "PAY_ON_ACCEPTANCE", taxed=n % 3 > 0, company=rng.random() < 0.1,
        )  # fmt: skip
        self.orders[order.id] = order
        return order

    def arrive(self) -> Order:
        """A new order now. One of three waits for the shop; the operator accepted and debited the others by itself."""
        order = self.place(self.now())
        if self.on("manual_acceptance") or len(self.orders) % 3 == 0:
            return order
        self.accept(order, order.created)
        self.advance(order, "SHIPPING", order.created)
        return order

    def _age(self, order: Order, now: int) -> None:
        rng, at = self.rng, order.created
        fate = rng.random()
        if now - at > DAY and fate < 0.04:
            self.advance(order, "REFUSED", at + HOUR)
            return
        steps = ["WAITING_DEBIT", "WAITING_DEBIT_PAYMENT", "SHIPPING", "SHIPPED", "RECEIVED", "CLOSED"]
        if fate > 0.96:
            steps.insert(4, "TO_COLLECT")
        for state in steps:
            if state in ("WAITING_DEBIT_PAYMENT", "SHIPPING"):
                at += rng.randint(1, 5) * HOUR
            elif state == "CLOSED":
                at += rng.randint(7 * DAY, 14 * DAY)
            else:
                at += rng.randint(2 * HOUR, 72 * HOUR)
            if at > now:
                break
            if state == "SHIPPING" and 0.04 <= fate < 0.08:
                self.advance(order, "CANCELED", at)
                return
            if state == "WAITING_DEBIT":
                order.accepted = at
            if state == "SHIPPED":
                order.carrier, order.tracking = "SURAT", f"7{order.commercial[1:]}{order.lines[0].index}"
            self.advance(order, state, at)
        if order.state == "WAITING_ACCEPTANCE" and fate > 0.9:
            self.advance(order, "STAGING", order.created)
            self._wait(order, now + HOUR)
        elif order.state in ("WAITING_DEBIT", "WAITING_DEBIT_PAYMENT"):
            self._wait(order, now + 10 * MINUTE)

    def accept(self, order: Order, at: int) -> None:
        """The accepted lines go on; what the buyer pays at the door needs no debit first."""
        order.accepted = at
        if order.workflow == "PAY_ON_ACCEPTANCE":
            self.advance(order, "WAITING_DEBIT", at)
            if not self.on("debit_hangs"):
                self._wait(order, at + DEBIT_S)
        else:
            self.advance(order, "SHIPPING", at)

    def advance(self, order: Order, state: str, at: int) -> None:
        """The order and every line that is still alive."""
        order.state, order.updated, order.due = state, at, None
        self._waiting.discard(order.id)
        if state == "SHIPPING" and order.workflow == "PAY_ON_ACCEPTANCE":
            order.debited = at
        for line in order.lines:
            if line.state in ("REFUSED", "CANCELED", "REFUNDED"):
                continue
            line.state, line.updated = state, at
            if state == "SHIPPED":
                line.shipped = at
            if state == "RECEIVED":
                line.received = at

    def _wait(self, order: Order, due: int) -> None:
        order.due = due
        self._waiting.add(order.id)

    def settle(self) -> None:
        """Orders whose time has come: staging ends, the debit goes through."""
        for one in sorted(self._waiting):
            order = self.orders[one]
            while order.due is not None and order.due <= self.now():
                at = order.due
                if order.state == "STAGING":
                    self.advance(order, "WAITING_ACCEPTANCE", at)
                elif order.state == "WAITING_DEBIT":
                    self.advance(order, "WAITING_DEBIT_PAYMENT", at)
                    self._wait(order, at + DEBIT_S)
                else:
                    self.advance(order, "SHIPPING", at)
