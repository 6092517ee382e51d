"""What the Amazon SP-API fake remembers: one seller account, its orders, listings, switches and counters.

Money is kept in minor units (cents) here and leaves as a decimal string. Nothing here knows HTTP.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from .kit import SandboxClock
from .people import Good, Person, good, person

CREDENTIALS = {
    "lwa_client_id": "amzn1.application-oa2-client.0rehearsal0000000000000000000000",
    "lwa_client_secret": "amzn1.oa2-cs.v1.rehearsal-client-secret",
    "refresh_token": "Atzr|IwEBIrehearsalRefreshToken",
    "seller_id": "A2REHEARSAL0TR",
}


@dataclass(frozen=True)
class Marketplace:
    marketplace_id: str
    country: str
    name: str
    currency: str
    language: str
    domain: str
    region: str
    place: tuple[str, str, str]  # city, postcode, street of an invented address there; empty city: people's own


_ALL = (
    Marketplace("A33AVAJ2PDY3EV", "TR", "Amazon.com.tr", "TRY", "tr_TR", "www.amazon.com.tr", "eu", ("", "", "")),
    Marketplace("A1PA6795UKMFR9", "DE", "Amazon.de", "EUR", "de_DE", "www.amazon.de", "eu", ("Köln", "50667", "Äußere Straße")),
    Marketplace("A13V1IB3VIYZZH", "FR", "Amazon.fr", "EUR", "fr_FR", "www.amazon.fr", "eu", ("Besançon", "25000", "Rue de l'Église")),
    Marketplace("APJ6JRA9NG5V4", "IT", "Amazon.it", "EUR", "it_IT", "www.amazon.it", "eu", ("Forlì", "47121", "Via Libertà")),
    Marketplace("A1RKKUPIHCS9HS", "ES", "Amazon.es", "EUR", "es_ES", "www.amazon.es", "eu", ("Logroño", "26001", "Calle Peñón")),
    Marketplace("A1F83G8C2ARO7P", "GB", "Amazon.co.uk", "GBP", "en_GB", "www.amazon.co.uk", "eu", ("Leeds", "LS1 4AP", "Park Row")),
    Marketplace("A21TJRUUN4KGV", "IN", "Amazon.in", "INR", "en_IN", "www.amazon.in", "eu", ("Pune", "411001", "MG Road")),
    Marketplace("ATVPDKIKX0DER", "US", "Amazon.com", "USD", "en_US", "www.amazon.com", "na", ("Seattle", "98101", "Pike Street")),
)  # fmt: skip
MARKETPLACES = {one.marketplace_id: one for one in _ALL}
TR, DE, FR, IT, ES, UK, IN, US = MARKETPLACES
#: Marketplace of the n-th generated record: mostly Türkiye, every other one regularly.
_MIX = (TR, DE, TR, UK, TR, FR, TR, IT, ES, TR, IN, US)

PENDING, UNSHIPPED, PARTIALLY, SHIPPED, CANCELLED = "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED"
STATUSES = ("PENDING_AVAILABILITY", PENDING, UNSHIPPED, PARTIALLY, SHIPPED, CANCELLED, "UNFULFILLABLE")


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def instant_of(text: object) -> datetime | None:
    """ISO 8601 with a zone → aware UTC; None for anything else."""
    if not isinstance(text, str) or "T" not in text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else None


def decimal_text(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


@dataclass
class Line:
    item_id: str
    asin: str
    sku: str
    title: str
    quantity: int
    unit: int  # minor units, tax included as the buyer pays it
    shipped: int = 0


@dataclass
class Package:
    reference: str
    carrier: str
    service: str
    tracking: str
    created: datetime
    ship_time: datetime
    items: list[tuple[str, int]]


@dataclass
class Order:
    order_id: str
    marketplace_id: str
    created: datetime
    updated: datetime
    status: str
    amazon: bool
    buyer: Person
    business: bool
    shipping: int  # minor units
    lines: list[Line]
    packages: list[Package] = field(default_factory=list)
    address_note: str = ""
    cancelled_by: str = ""
    cancel_request: bool = False
    damaged: bool = False

    @property
    def market(self) -> Marketplace:
        return MARKETPLACES[self.marketplace_id]

    @property
    def total(self) -> int:
        return self.shipping + sum(line.unit * line.quantity for line in self.lines)

    @property
    def priced(self) -> bool:
        """A pending order has no totals, no buyer and no address yet."""
        return self.status not in (PENDING, "PENDING_AVAILABILITY")


Values = list[dict[str, Any]]


@dataclass
class Listing:
    """`attributes` is what the seller submitted, by attribute name; numbers with a point are Decimals."""

    sku: str
    asin: str
    product_type: str
    marketplaces: dict[str, datetime]  # marketplace id → listed since
    attributes: dict[str, Values]
    updated: datetime
    issues: list[dict[str, Any]] = field(default_factory=list)

    @property
    def created(self) -> datetime:
        return min(self.marketplaces.values())

    def text(self, name: str, marketplace_id: str) -> str:
        entries = self.attributes.get(name, [])
        own = [one for one in entries if one.get("marketplace_id", marketplace_id) == marketplace_id]
        return str(own[0].get("value", "")) if own else ""

    def price(self, marketplace_id: str) -> Decimal | None:
        """Consumer price with tax, as submitted."""
        for offer in self.attributes.get("purchasable_offer", []):
            if offer.get("marketplace_id") == marketplace_id and offer.get("audience", "ALL") == "ALL":
                return Decimal(offer["our_price"][0]["schedule"][0]["value_with_tax"])
        return None

    def list_price(self, marketplace_id: str) -> Decimal | None:
        for one in self.attributes.get("list_price", []):
            if one.get("marketplace_id") == marketplace_id:
                return Decimal(one["value_with_tax"] if "value_with_tax" in one else one["value"])
        return None

    @property
    def fba(self) -> bool:
        entries = self.attributes.get("fulfillment_availability", [])
        return any(one["fulfillment_channel_code"] != "DEFAULT" for one in entries)

    @property
    def quantity(self) -> int | None:
        """The seller's own stock; None where Amazon holds it."""
        for one in self.attributes.get("fulfillment_availability", []):
            if one["fulfillment_channel_code"] == "DEFAULT":
                found: int = one.get("quantity", 0)
                return found
        return None

    def statuses(self, marketplace_id: str) -> list[str]:
        buyable = self.price(marketplace_id) is not None and (self.fba or (self.quantity or 0) > 0)
        return ["BUYABLE", "DISCOVERABLE"] if buyable else ["DISCOVERABLE"]


def numbered_good(seed: int, index: int) -> Good:
    """The index-th article of the account; every tenth sku holds a slash, a space and a Turkish letter."""
    found = good(random.Random(f"{seed}:good:{index}"), index)
    if index % 10:
        return found
    return Good(f"PX/{index:05d} Şık", found.barcode, found.title, found.price_kurus, found.list_price_kurus, found.stock, found.vat_percent)  # fmt: skip


def marketplace_of(index: int) -> str:
    return _MIX[index % len(_MIX)]


def asin_of(index: int) -> str:
    return f"B0PX{index:06d}"


def local_price(kurus: int, marketplace_id: str) -> int:
    """The same article costs about a tenth in the hard currencies."""
    return kurus if marketplace_id in (TR, IN) else max(99, kurus // 10)


class Account:
    """One seller account. Handlers call `settle` first, so that whatever has become due by the clock has happened."""

    def __init__(self) -> None:
        self.clock = SandboxClock()
        self.seed = 1
        self.epoch = 0
        self.rng = random.Random(1)
        self.switches: set[str] = set()
        self.counts: Counter[str] = Counter()
        self.orders: dict[str, Order] = {}
        self.listings: dict[str, Listing] = {}
        self.steps: list[Callable[[], None]] = []  # what must be looked at as time passes, in order

    def begin(self, clock: SandboxClock, seed: int) -> None:
        self.clock, self.seed, self.rng = clock, seed, random.Random(seed)
        self.epoch += 1  # tokens of before a reset must not open the account of after it
        self.switches.clear()
        self.counts.clear()
        self.orders.clear()
        self.listings.clear()

    def on(self, feature: str) -> bool:
        return feature in self.switches

    def now(self) -> datetime:
        """Whole seconds, as the wire writes instants: a bound never falls inside the second of a record."""
        return self.clock.now().replace(microsecond=0)

    def settle(self) -> None:
        for step in self.steps:
            step()

    def visible(self) -> list[Marketplace]:
        """Marketplaces of the region that this endpoint serves."""
        if self.on("region_eu"):
            return [one for one in _ALL if one.region == "eu"]
        if self.on("region_na"):
            return [one for one in _ALL if one.region == "na"]
        return list(_ALL)

    # -- orders ------------------------------------------------------------------------------------------------
    def generate_orders(self, count: int) -> None:
        """Old enough (10 minutes and more) that none is younger than the vendor's two-minute delay."""
        now, rng = self.now(), self.rng
        for index in range(count):
            created = (
                now - timedelta(minutes=10) - timedelta(seconds=(count - index) * min(600, 1_700_000 // max(1, count)))
            )
            latest = int((now - timedelta(minutes=5) - created).total_seconds())
            order = self._new_order(created, rng.choices(STATUSES[1:6], (10, 45, 5, 30, 10))[0])
            order.updated = created + timedelta(seconds=rng.randint(0, min(latest, 172_800)))
            self._play_out(order)

    def place(self) -> Order:
        """A buyer orders now: pending at first, as every standard order, or already authorised."""
        return self._new_order(self.now(), self.rng.choice((PENDING, UNSHIPPED, UNSHIPPED)))

    def _new_order(self, created: datetime, status: str) -> Order:
        rng = self.rng
        order_id = ""
        while not order_id or order_id in self.orders:
            order_id = f"{rng.choice((171, 302, 402, 403, 404))}-{rng.randint(1_000_000, 9_999_999)}-{rng.randint(1_000_000, 9_999_999)}"
        number = len(self.orders)
        marketplace_id = marketplace_of(number)
        span = max(48, len(self.listings))
        own = [i for i in rng.sample(range(1, span + 1), min(span, 40)) if marketplace_of(i) == marketplace_id]
        lines = []
        for index in (own or [1])[: rng.choice((1, 1, 1, 2, 3))]:
            article = numbered_good(self.seed, index)
            price = local_price(article.price_kurus, marketplace_id)
            item_id = f"{rng.randint(10_000_000_000_000, 99_999_999_999_999)}"
            lines.append(Line(item_id, asin_of(index), article.sku, article.title, rng.choice((1, 1, 1, 2, 3)), price))
        amazon = number % 5 == 4
        shipping = 0 if amazon else rng.choice((0, 0, 2990 if marketplace_id == TR else 399))
        order = Order(
            order_id, marketplace_id, created, created, status, amazon, person(rng), number % 7 == 2, shipping, lines
        )
        self.orders[order_id] = order
        return order

    def _play_out(self, order: Order) -> None:
        """Give a generated order the packages and quantities that its status says."""
        if order.status == PARTIALLY and (order.amazon or sum(line.quantity for line in order.lines) < 2):
            order.status = SHIPPED
        if order.status == CANCELLED:
            order.cancelled_by = self.rng.choice(("BUYER", "MERCHANT"))
        if order.status not in (SHIPPED, PARTIALLY):
            return
        part = order.status == PARTIALLY
        order.lines[0].shipped = 1 if part else order.lines[0].quantity
        for line in order.lines[1:]:
            line.shipped = 0 if part else line.quantity
        if not order.amazon:
            items = [(line.item_id, line.shipped) for line in order.lines if line.shipped]
            tracking = f"{self.rng.randint(10**11, 10**12 - 1)}"
            order.packages.append(
                Package("1", "Yurtici Kargo", "Standart", tracking, order.updated, order.updated, items)
            )

    def touch(self, order: Order, rng: random.Random) -> None:
        """Something about the order changes now."""
        order.updated = self.now()
        if order.status == PENDING:
            order.status = UNSHIPPED
        elif order.amazon and order.status == UNSHIPPED:
            order.status = SHIPPED
            for line in order.lines:
                line.shipped = line.quantity
        elif order.status == UNSHIPPED and rng.random() < 0.5:
            order.address_note = f"Kat {rng.randint(1, 9)}, güvenliğe bırakın"
        elif order.status == UNSHIPPED:
            order.cancel_request = True

    def visible_orders(self) -> list[Order]:
        served = {one.marketplace_id for one in self.visible()}
        return [order for order in self.orders.values() if order.marketplace_id in served]
