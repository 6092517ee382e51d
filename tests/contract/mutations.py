"""One feature of a fake made wrong, per capability and integration, and the check that must notice. Data and a few defaults.

A new fake is covered by the defaults where it has the usual switches; what is peculiar to its wire stands in OWN.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.contract.bending import Bend
from tests.contract.rig import Subject


@dataclass(frozen=True)
class Mutation:
    """`switch`: of the fake, set after every reset. `bend`: what its answers look like instead. `noticed_by`: the check that
    fails then."""

    name: str
    noticed_by: str
    switch: str = ""
    bend: Bend | None = None

    def __str__(self) -> str:
        return self.name


#: What a refusal of the key looks like to somebody who has not been told: a breakdown.
_NO_REFUSALS = Bend(only=frozenset({400, 401, 403}), status=503, find=b".+", put=b"")

#: Capability → mutations that any fake of our kit can play.
ANY: dict[str, tuple[Mutation, ...]] = {
    "probe": (Mutation("refusals-look-like-breakdowns", "a_wrong_key_is_refused", bend=_NO_REFUSALS),),
    "order_source": (Mutation("no-orders", "one_order", switch="empty_orders"),),
    "price_sink": (Mutation("prices-are-forgotten", "prices_are_set", switch="ignore_writes"),),
    "stock_sink": (Mutation("stock-is-forgotten", "stocks_are_set", switch="ignore_writes"),),
    "shipment_sink": (Mutation("confirmations-are-forgotten", "a_shipment_is_confirmed_once", switch="ignore_writes"),),
    "claims": (Mutation("decisions-are-forgotten", "claims", switch="ignore_writes"),),
    "carrier": (Mutation("shipments-are-forgotten", "a_shipment_is_made_and_found", switch="ignore_writes"),),
    "tracking": (Mutation("no-branch-scans", "parcels_are_tracked", switch="never_accept"),),
    "batch_results": (Mutation("batches-hang", "results_that_come_later", switch="batches_hang"),),
    "questions": (Mutation("answers-are-forgotten", "questions_are_answered", switch="ignore_writes"),),
    "invoice_links": (Mutation("links-are-forgotten", "an_invoice_link_is_told_once", switch="ignore_writes"),),
    "package_splits": (Mutation("splits-are-forgotten", "a_package_is_split", switch="ignore_writes"),),
    "box_info": (Mutation("boxes-are-forgotten", "boxes_are_told", switch="ignore_writes"),),
    "order_acceptance": (Mutation("acceptances-are-forgotten", "an_order_is_accepted", switch="ignore_writes"),),
    "product_publishing": (
        Mutation("products-are-forgotten", "products_are_published_once", switch="ignore_products"),
    ),
}


def _hangs(switch: str) -> tuple[Mutation, ...]:
    return (Mutation("batches-hang", "results_that_come_later", switch=switch),)


def _listings(path: str, find: bytes, put: bytes) -> tuple[Mutation, ...]:
    return (Mutation("stock-figures-are-wrong", "listings_equal_the_truth", bend=Bend(find, put, path=path)),)


def _labels(path: str, find: bytes, put: bytes) -> tuple[Mutation, ...]:
    return (Mutation("labels-are-something-else", "labels", bend=Bend(find, put, path=path)),)


#: Fake (or integration, which goes first) → capability → mutations: those that its wire needs.
OWN: dict[str, dict[str, tuple[Mutation, ...]]] = {
    "trendyol": {
        "listing_source": _listings("/products/approved", rb'"quantity":\d+', b'"quantity":4321'),
        "label_source": _labels("/common-label/", rb"\^XA", b"!XA"),
        "settlements": (Mutation("amounts-are-void", "settlement_lines", bend=Bend(
            rb'"(debt|credit|sellerRevenue)":[\d.]+', rb'"\1":0.00', path="/finance/che/")),),
    },
    "trendyol_express": {
        "label_source": (Mutation("labels-are-something-else", "labels_of_the_account_s_packages", bend=Bend(
            rb"\^XA", b"!XA", path="/common-label/")),),
        "tracking": (Mutation("packages-stand-still", "packages_of_the_account_are_tracked", bend=Bend(
            rb'"Delivered"', b'"Shipped"', path="shipmentPackageIds=")),),
    },
    "hepsiburada": {
        "listing_source": _listings("/listings/", rb'"availableStock":\d+', b'"availableStock":4321'),
        "label_source": _labels("/labels", rb"\^XA", b"!XA"),
        "batch_results": _hangs("uploads_hang"),
        "settlements": (Mutation("amounts-are-void", "settlement_lines", bend=Bend(
            rb'"value":-?[\d.]+', b'"value":0.00', path="/transactions/")),),
    },
    "n11": {
        "listing_source": _listings("/product-query", rb'"quantity":\d+', b'"quantity":4321'),
        "batch_results": _hangs("tasks_hang"),
    },
    "amazon_sp": {
        "listing_source": _listings("/listings/", rb'"quantity":\d+', b'"quantity":4321'),
        # A few changes go one by one; a full batch goes as a feed.
        "batch_results": (Mutation("feeds-hang", "a_full_batch", bend=Bend(
            rb'"processingStatus":"[A-Z_]+"', b'"processingStatus":"IN_PROGRESS"', path="/feeds/")),),
        "shipment_sink": (Mutation("confirmations-are-forgotten", "a_shipment_is_confirmed_once", bend=Bend(
            path="/shipmentConfirmation", status=204, swallow=True)),),
        "settlements": (Mutation("amounts-are-void", "settlement_lines", bend=Bend(
            rb'"currencyAmount":-?[\d.]+', b'"currencyAmount":0.00', path="/finances/")),),
    },
    "ciceksepeti": {
        "listing_source": _listings("/Products", rb'"stockQuantity":\d+', b'"stockQuantity":4321'),
    },
    "pazarama": {
        "listing_source": _listings("/products/approved", rb'"stockCount":\d+', b'"stockCount":4321'),
    },
    "idefix": {
        "listing_source": _listings("/list", rb'"inventoryQuantity":\d+', b'"inventoryQuantity":4321'),
    },
    "mirakl": {
        "listing_source": (Mutation("no-offers", "listings_equal_the_truth", switch="empty_offers"),),
        "batch_results": _hangs("imports_hang"),
        "settlements": (Mutation("no-log", "settlement_lines", switch="empty_log"),),
    },
    "woocommerce": {
        "listing_source": _listings("/products", rb'"stock_quantity":\d+', b'"stock_quantity":4321'),
    },
    "shopify": {
        "listing_source": _listings("/graphql", rb'"inventoryQuantity":\d+', b'"inventoryQuantity":4321'),
    },
    "yurtici": {
        # The refusal stands in the answer, with status 200.
        "probe": (Mutation("everybody-is-let-in", "a_wrong_key_is_refused", bend=Bend(
            b"<outFlag>1</outFlag><outResult>Kullan.*?</outResult>", b"<outFlag>0</outFlag><outResult>Tamam</outResult>")),),
    },
    "aras": {
        # The refusal stands in the answer, with status 200.
        "probe": (Mutation("everybody-is-let-in", "a_wrong_key_is_refused", bend=Bend(
            b"ResultCode>1000<", b"ResultCode>0<", contains="GetOrderWithIntegrationCode")),),
    },
    "ups": {
        "rates": (Mutation("prices-are-void", "prices_are_asked", bend=Bend(
            rb'"MonetaryValue":\s*"[\d.]+"', b'"MonetaryValue":"0.00"', path="/rating/")),),
    },
    "fedex": {
        "rates": (Mutation("prices-are-void", "prices_are_asked", bend=Bend(
            rb'("totalNet\w*"):\s*[\d.]+', rb'\1:0.0', path="/rate/")),),
    },
    "dhl_express": {
        "rates": (Mutation("prices-are-void", "prices_are_asked", bend=Bend(
            rb'"price":\s*[\d.]+', b'"price":0', path="/rates")),),
    },
    "tnt": {
        "rates": (Mutation("prices-are-void", "prices_are_asked", bend=Bend(
            rb"<totalPrice>[\d.]+<", b"<totalPrice>0<", path="/getprice")),),
    },
    "ptt": {
        "probe": (Mutation("everybody-is-let-in", "a_wrong_key_is_refused", bend=Bend(
            "Müşteri numarası veya şifre hatalı".encode(), "Gönderi kaydı bulunamadı".encode())),),
    },
}  # fmt: skip

#: The one of each integration that is played every day, by capability; the others in `bootstrap.py faults`.
EVERY_DAY = ("listing_source", "carrier", "order_source", "probe")


def mutations_of(subject: Subject) -> dict[str, tuple[Mutation, ...]]:
    """Capability → its mutations; () for one that nobody has thought of yet."""
    own = OWN.get(subject.sandbox_name, {}) | OWN.get(subject.id, {})
    return {name: own.get(name, ANY.get(name, ())) for name in subject.manifest.capabilities}


def every(subjects: list[Subject]) -> Iterator[tuple[Subject, str, Mutation]]:
    for subject in subjects:
        for capability, found in mutations_of(subject).items():
            for one in found:
                yield subject, capability, one


def of_the_day(subject: Subject) -> tuple[str, Mutation] | None:
    found = mutations_of(subject)
    return next(((name, found[name][0]) for name in EVERY_DAY if found.get(name)), None)
