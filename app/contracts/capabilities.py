"""What a provider can do: one small protocol a power. Nothing else describes it: the window's offers, the jobs' plans and
the tests' demands all come from here. Methods never sleep, retry, read a clock, or touch the store.

All raise ProviderError (yours, theirs, ours). Writes return one outcome per item and raise only when nothing was sent.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol, runtime_checkable

from app.contracts.results import Outcome, Page, ProbeResult, Receipt
from app.model import (
    Attribute,
    Category,
    Choice,
    Claim,
    InvoiceDraft,
    IssuedInvoice,
    Label,
    LedgerEntry,
    Listing,
    Order,
    PriceChange,
    ProductDraft,
    Question,
    Rate,
    SettlementLine,
    Shipment,
    ShipmentNotice,
    ShipmentRequest,
    StockChange,
    StockLevel,
    TrackingReport,
    Window,
)


@runtime_checkable
class Probe(Protocol):
    """The cheapest call that proves the key."""

    async def probe(self) -> ProbeResult: ...


@runtime_checkable
class OrderSource(Protocol):
    def orders(self, window: Window) -> AsyncIterator[Page[Order]]:
        """Every order modified within the window, oldest change first where the vendor allows. The job splits windows
        that are wider than the manifest says. Twice is fine, never is not."""
        ...

    async def order(self, number: str) -> tuple[Order, ...]:
        """The order(s) behind a number that the merchant types; empty when there is none."""
        ...


@runtime_checkable
class ListingSource(Protocol):
    def listings(self, since: datetime | None) -> AsyncIterator[Page[Listing]]:
        """All listings, or those changed since then where the vendor can tell (else all)."""
        ...


@runtime_checkable
class PriceSink(Protocol):
    async def set_prices(self, changes: Sequence[PriceChange]) -> Receipt:
        """At most the manifest's batch size. Setting the same price twice is harmless."""
        ...


@runtime_checkable
class StockSink(Protocol):
    async def set_stocks(self, changes: Sequence[StockChange]) -> Receipt:
        """At most the manifest's batch size. Absolute quantities: twice is harmless."""
        ...


@runtime_checkable
class BatchResults(Protocol):
    """For vendors that answer later. The job polls; the provider does not."""

    async def batch_result(self, ticket: str, items: Sequence[PriceChange] | Sequence[StockChange]) -> Receipt:
        """Outcomes of a batch. Still PENDING ones are asked for again; the ticket stays the same."""
        ...


@runtime_checkable
class ShipmentSink(Protocol):
    async def confirm_shipments(self, notices: Sequence[ShipmentNotice]) -> Receipt:
        """Tell the channel that orders left. A notice that the channel already has is DONE."""
        ...


@runtime_checkable
class LabelSource(Protocol):
    async def label(self, order: Order) -> tuple[Label, ...]:
        """The channel's own shipping label; empty when it offers none for this order (print your own)."""
        ...


@runtime_checkable
class Carrier(Protocol):
    """A client whose carrier takes a reference twice and learns of a new parcel with a delay says for how long: a class attribute
    `found_after` (timedelta). Until then "not found" proves nothing, see `found_after_of`."""

    async def create(self, request: ShipmentRequest) -> Shipment:
        """Never called twice for one reference unless `find` returned None."""
        ...

    async def find(self, reference: str) -> Shipment | None: ...

    async def cancel(self, reference: str) -> Outcome: ...


@runtime_checkable
class Tracking(Protocol):
    async def track(self, references: Sequence[str]) -> tuple[TrackingReport, ...]:
        """One report per known reference, in any order; unknown ones are left out."""
        ...


@runtime_checkable
class Rates(Protocol):
    async def rates(self, request: ShipmentRequest) -> tuple[Rate, ...]:
        """What the carrier would charge, one a service, cheapest first; empty when it has none for this way. Nothing is booked, and
        the request's reference may be blank."""
        ...


@runtime_checkable
class InvoiceIssuer(Protocol):
    async def issue(self, draft: InvoiceDraft) -> IssuedInvoice: ...

    async def find_invoice(self, uuid: str) -> IssuedInvoice | None: ...

    async def document(self, uuid: str) -> bytes:
        """The invoice as PDF."""
        ...


@runtime_checkable
class Ledger(Protocol):
    async def post(self, entries: Sequence[LedgerEntry]) -> Receipt: ...

    async def find_entry(self, reference: str) -> str | None:
        """The ledger's own id of what we posted under this reference."""
        ...


@runtime_checkable
class ProductFeed(Protocol):
    async def publish(self, listings: Sequence[Listing]) -> Receipt: ...


@runtime_checkable
class Fulfilment(Protocol):
    async def fulfil(self, orders: Sequence[Order]) -> Receipt: ...

    def stock_levels(self) -> AsyncIterator[Page[StockLevel]]: ...


@runtime_checkable
class Claims(Protocol):
    def claims(self, window: Window) -> AsyncIterator[Page[Claim]]: ...

    async def accept_claim(self, claim: Claim) -> Outcome: ...


@runtime_checkable
class Settlements(Protocol):
    def settlements(self, window: Window) -> AsyncIterator[Page[SettlementLine]]: ...


@runtime_checkable
class Questions(Protocol):
    def questions(self, window: Window) -> AsyncIterator[Page[Question]]:
        """Buyers' questions that were asked within the window, with their state of now."""
        ...

    async def answer(self, question_id: str, text: str) -> Outcome:
        """DONE when the channel has taken the answer, be it for review. The same answer twice is DONE; another one to a
        question that is answered is refused."""
        ...


@runtime_checkable
class InvoiceLinks(Protocol):
    async def send_invoice_link(self, order: Order, url: str, number: str, issued_at: datetime | None) -> Outcome:
        """Tell the channel where the buyer's invoice lies. `number` may be '' and `issued_at` None where the channel does not
        ask for them. The same link twice is DONE."""
        ...


@runtime_checkable
class PackageSplits(Protocol):
    async def split(self, order: Order, groups: Sequence[Sequence[tuple[str, int]]]) -> Outcome:
        """One new package a group of (line id, pieces); what no group names goes together into one more. The new packages come
        as new orders with the next pull. Never sent again unseen: a second split would split what came of the first."""
        ...


@runtime_checkable
class BoxInfo(Protocol):
    async def set_box_info(self, order: Order, boxes: int, desi: Decimal) -> Outcome:
        """Tell the channel how many boxes a package has, and its volumetric weight. Absolute: twice is harmless."""
        ...


@runtime_checkable
class OrderAcceptance(Protocol):
    """For channels where an order waits for the merchant's word before it is charged and may be shipped. Such an order says so:
    its `extra["waits_for"]` is "acceptance"."""

    async def accept(self, order: Order, lines: Sequence[str] | None = None) -> Outcome:
        """Take the whole order, or only the lines of these ids and refuse the others; () refuses it. A decision that the channel
        has already is DONE, another one is refused."""
        ...


@runtime_checkable
class ProductPublishing(Protocol):
    """Make listings out of products, in the channel's own categories. The merchant's choices are remembered by the program."""

    def categories(self) -> AsyncIterator[Page[Category]]:
        """The channel's whole tree (leaves at least); nothing where the channel has none."""
        ...

    async def attributes(self, category_id: str) -> tuple[Attribute, ...]:
        """What this category asks, required ones first, with their choices where the channel tells them."""
        ...

    async def brands(self, name: str) -> tuple[Choice, ...]:
        """The channel's brands that match a name; a single `Choice("", name)` where a brand is free text."""
        ...

    async def publish_products(self, drafts: Sequence[ProductDraft]) -> Receipt:
        """At most the manifest's batch size. A draft without `remote_id` is created; a channel that already has its SKU makes that
        listing equal to the draft, so that twice is harmless. DONE carries the listing's id as `remote_ref` where it is told."""
        ...

    async def publish_result(self, ticket: str, drafts: Sequence[ProductDraft]) -> Receipt:
        """Outcomes of a publishing that the channel finishes later; the same rules as `batch_result`."""
        ...


def found_after_of(client: object) -> timedelta:
    """How long after a parcel was asked for a carrier may not know it yet. A lost answer is believed to be none no sooner."""
    found: timedelta = getattr(client, "found_after", timedelta(0))
    return found


CAPABILITIES: dict[str, type] = {
    "probe": Probe,
    "order_source": OrderSource,
    "listing_source": ListingSource,
    "price_sink": PriceSink,
    "stock_sink": StockSink,
    "batch_results": BatchResults,
    "shipment_sink": ShipmentSink,
    "label_source": LabelSource,
    "carrier": Carrier,
    "tracking": Tracking,
    "rates": Rates,
    "invoice_issuer": InvoiceIssuer,
    "ledger": Ledger,
    "product_feed": ProductFeed,
    "fulfilment": Fulfilment,
    "claims": Claims,
    "settlements": Settlements,
    "questions": Questions,
    "invoice_links": InvoiceLinks,
    "package_splits": PackageSplits,
    "box_info": BoxInfo,
    "order_acceptance": OrderAcceptance,
    "product_publishing": ProductPublishing,
}

#: Capabilities that change something at the vendor: the merchant has a switch for each, off until the first test passed.
WRITES = frozenset({
    "price_sink", "stock_sink", "shipment_sink", "carrier", "invoice_issuer", "ledger", "product_feed", "fulfilment",
    "questions", "invoice_links", "package_splits", "box_info", "order_acceptance",
    "product_publishing",
})  # fmt: skip


def capabilities_of(client: type) -> frozenset[str]:
    """The names of all protocols that the class fulfils."""
    return frozenset(name for name, protocol in CAPABILITIES.items() if _fulfils(client, protocol))


def _fulfils(client: type, protocol: type) -> bool:
    wanted = [n for n, v in vars(protocol).items() if callable(v) and not n.startswith("_")]
    return all(callable(getattr(client, name, None)) for name in wanted)
