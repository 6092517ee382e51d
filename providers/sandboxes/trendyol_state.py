"""What Trendyol keeps of one seller and what happens to it by itself. Money in kuruş, instants in epoch ms UTC.

Source: reference/marketplaces-tr.md, "## Trendyol". A package is the unit, not the order; its id changes on split and unsupplied.
"""

from __future__ import annotations

import random
import re
from collections import Counter

from providers.sandboxes.kit import SandboxClock
from providers.sandboxes.people import COLOURS, ean13, good, person
from providers.sandboxes.trendyol_records import (
    ALTERNATIVE,
    CARRIERS,
    CHAIN,
    PREFIX,
    UPS,
    Batch,
    Claim,
    ClaimItem,
    Hook,
    Item,
    Line,
    Package,
    Question,
)
from providers.sandboxes.trendyol_wire import DAY_MS, HOUR_MS, MINUTE_MS

#: How long the vendor takes to look at an answer, at a new product and at an approved return that it suspects. Guesses.
ANSWER_MS = 10 * MINUTE_MS
APPROVAL_MS = 10 * MINUTE_MS
FRAUD_MS = HOUR_MS


class Shop:
    """One seller's records and the switches that bend the server. No HTTP in here."""

    def __init__(self, clock: SandboxClock, seller: int, seed: int) -> None:
        self.clock, self.seller = clock, seller
        self.rng = random.Random(seed)
        self.items: dict[str, Item] = {}
        self.pending: dict[str, Item] = {}  # created, not approved (yet)
        self.pool: list[Item] = []  # what buyers order from; equals `items` when there are any
        self.packages: dict[int, Package] = {}
        self.batches: dict[str, Batch] = {}
        self.bodies: dict[bytes, int] = {}  # digest of a stock/price body -> when it was taken
        self.claims: dict[str, Claim] = {}
        self.questions: dict[int, Question] = {}
        self.webhooks: dict[str, Hook] = {}
        self.labels: dict[int, tuple[int, int]] = {}  # cargo tracking number -> boxes asked for, when
        self.forgetful = False  # while a call runs whose capability is switched off: say yes, do nothing
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
        if self.forgetful or self.on("ignore_writes"):
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
            item.locked, item.archived, item.archived_at = i % 40 == 0, i % 41 == 0, at
            item.attributes = [
                {"attributeId": 47, "attributeName": "Renk", "attributeValueId": None, "attributeValue": item.colour}
            ]
            item.images = (f"https://cdn.example.invalid/{content}.jpg",)
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
            created_by, [origin.id], origin.micro, origin.commercial, origin.cod, warehouse=origin.warehouse,
            visible_from=now + MINUTE_MS if self.on("slow_split") else 0,
        )  # fmt: skip
        for line in lines:
            line.status = package.status
        self.packages[package.id] = package
        return package

    def new_tracking(self, package: Package, code: str = "") -> None:
        """A tracking number of another carrier's (`code`) or, without one, of an alternative delivery's campaign."""
        prefix = PREFIX.get(code, 729) if code else ALTERNATIVE
        package.tracking = prefix * 10**13 + self.next_number()

    def add_claim(self, package: Package, status: str = "WaitingInAction", claimed: int | None = None) -> Claim:
        """The buyer wants to give back one piece of each line. `claimed` is also when the parcel reached the seller."""
        n = self.next_number()
        at = max(package.modified, self.now() - 20 * HOUR_MS) if claimed is None else claimed
        reason = self.rng.choice(
            (
                (501, "Bedeni küçük geldi", "UNFIT"),
                (301, "Kusurlu ürün gönderildi", "DEFECT"),
                (401, "Vazgeçtim", "ABANDON"),
            )
        )
        items = [
            ClaimItem(f"{n:08x}-17e3-4000-8{k:03d}-{self.seller:012d}", line, "", at)
            for k, line in enumerate(package.lines)
        ]
        claim = Claim(f"{n:08x}-c1a1-4000-8000-{self.seller:012d}", package, items, reason, at, at)
        for item in items:
            self.set_claim(claim, item, status, "Seller Center Orders BFF", at)
        self.claims[claim.id] = claim
        return claim

    def set_claim(self, claim: Claim, item: ClaimItem, status: str, who: str, at: int | None = None) -> None:
        now = self.now() if at is None else at
        item.audit.append((now, item.status, status, who))
        item.status = status
        claim.modified = now
        if status == "WaitingInAction":
            item.waiting_since = now
        if status == "Accepted":
            item.accepted_at = now

    def settle_claims(self) -> None:
        """Unanswered claims are accepted by the vendor after 48 hours; what was held for a fraud check is let go."""
        now = self.now()
        for claim in self.claims.values():
            for item in claim.items:
                if item.status == "WaitingInAction" and now - item.waiting_since > 48 * HOUR_MS:
                    self.set_claim(claim, item, "Accepted", "System", item.waiting_since + 48 * HOUR_MS)
                    item.auto = True
                elif item.status == "WaitingFraudCheck" and now - claim.modified > FRAUD_MS:
                    self.set_claim(claim, item, "Accepted", "System")

    def ask(self, text: str, item: Item | None = None) -> Question:
        n = 90_000_000 + self.next_number()
        title, barcode = (item.title, item.barcode) if item else ("", "")
        question = Question(n, text, self.now() - HOUR_MS, 40_000_001, title, barcode)
        self.questions[n] = question
        return question

    def settle_questions(self) -> None:
        """The vendor reads every answer before it is shown: it lets it through or, with `answers_rejected`, refuses it."""
        now = self.now()
        for question in self.questions.values():
            if question.status != "WAITING_FOR_APPROVE" or now - question.answered <= ANSWER_MS:
                continue
            if self.on("answers_rejected"):
                question.status, question.rejected_at = "REJECTED", now
                question.reason = "Cevap iletişim bilgisi içeriyor"
            else:
                question.status = "ANSWERED"

    def settle_products(self) -> None:
        """The vendor approves a new product after a while, or refuses it with `products_rejected`."""
        now = self.now()
        for item in [item for item in self.pending.values() if 0 < item.due <= now and not item.rejected]:
            if self.on("products_rejected"):
                item.rejected = "Görsel kalitesi yetersiz"
            else:
                self.approve(item)

    def approve(self, item: Item) -> None:
        """An approved product joins the content of its model that has the same slicing values (colour), or opens one."""
        del self.pending[item.barcode]
        same = next((i for i in self.items.values() if i.main_id == item.main_id and i.colour == item.colour), None)
        n = self.next_number()
        item.content_id = same.content_id if same else 300_500_000 + n
        item.variant_id = 500_500_000 + n
        item.approved, item.modified = True, self.now()
        self.items[item.barcode] = item


def unlisted_barcode(index: int) -> str:
    """A barcode that no listing has, for tests."""
    return ean13(900_000_000 - index)
