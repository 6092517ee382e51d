"""A stateful fake of Amazon's Selling Partner API: one seller account with eight marketplaces.

Written from `marketplaces-intl-1.md`, section "Amazon Selling Partner API", and the official models (amzn/
selling-partner-api-models 34dc93f): orders_2026-01-01, ordersV0, listingsItems_2021-08-01, feeds_2021-06-30,
reports_2021-06-30, finances_2024-06-19, fbaInventory, sellers, tokens_2021-03-01, schemas/listings-feed-*-v2. It must never learn from a client.
"""

from __future__ import annotations

import random
from typing import Any, ClassVar

from starlette.routing import BaseRoute, Route

from . import amazon_sp_catalogue as catalogue
from .amazon_sp_documents import STORE, DocumentStore, FeedsDesk
from .amazon_sp_finances import FinancesDesk
from .amazon_sp_gate import Gate
from .amazon_sp_listings import ListingsDesk
from .amazon_sp_orders import OrdersDesk
from .amazon_sp_orders_v0 import OrdersV0Desk
from .amazon_sp_records import CANCELLED, CREDENTIALS, Account, Order, decimal_text, iso
from .amazon_sp_reports import ReportsDesk
from .kit import Handler, Sandbox

#: ignore_writes   listing writes are ACCEPTED and never applied
#: apply_70        of ten accepted listing writes, seven are applied
#: instant         accepted writes, feeds and reports are done at once instead of seconds later
#: accept_unknown  patches and deletes of a sku that does not exist are ACCEPTED and do nothing, by call and by feed, as
#:                 amzn/selling-partner-api-models#2797 and #4402 report of the real API; off: 404, or an issue in a feed
#: empty_orders    order searches find nothing
#: no_recipient    the role for ship-to addresses is missing: no recipient block, no restricted token for it
#: no_lag          order searches serve what changed in the last two minutes too (the vendor's delay is off)
#: revoke_refresh  the merchant has withdrawn the authorisation: invalid_grant
#: fast_limits     usage plans times 1000
#: region_eu       this is the EU endpoint: US marketplaces are refused and their records are not here
#: region_na       this is the NA endpoint: only US
#: gzip_documents  result documents are compressed (compressionAlgorithm GZIP)
#: finance_lag     transactions of the last 48 hours are not served yet
FEATURES = frozenset({
    "ignore_writes", "apply_70", "instant", "empty_orders", "no_recipient", "no_lag", "revoke_refresh", "fast_limits",
    "accept_unknown", "region_eu", "region_na", "gzip_documents", "finance_lag",
})  # fmt: skip


class AmazonSpSandbox(Sandbox):
    """Everything on one host: the LWA token endpoint, the API and the document store. A reset clears the switches."""

    name: ClassVar[str] = "amazon_sp"

    def __init__(self, *, seed: int = 1, orders: int = 0, listings: int = 0) -> None:
        self.account = Account()
        self.gate = Gate(self.account, lambda: self.limits_on)
        self.catalogue = catalogue.Catalogue(self.account)
        self.store = DocumentStore(self.account)
        self.orders = OrdersDesk(self.account, self.page_served)
        self.orders_v0 = OrdersV0Desk(self.account, self.page_served)
        self.listings = ListingsDesk(self.account, self.catalogue)
        self.feeds = FeedsDesk(self.account, self.catalogue, self.store)
        self.reports = ReportsDesk(self.account, self.store)
        self.finances = FinancesDesk(self.account, self.page_served)
        # A feed that ends submits changes, so feeds come before changes; a report shows what both have done.
        self.account.steps = [self.feeds.settle, self.catalogue.settle, self.reports.settle, self.finances.settle]
        super().__init__(seed=seed, orders=orders, listings=listings)

    def routes(self) -> list[BaseRoute]:
        feeds, reports, item = "/feeds/2021-06-30", "/reports/2021-06-30", "/listings/2021-08-01/items/{seller_id}"
        table: list[tuple[str, str, str, Handler]] = [
            (
                "GET",
                "/sellers/v1/marketplaceParticipations",
                "getMarketplaceParticipations",
                self.reports.participations,
            ),
            ("GET", "/orders/2026-01-01/orders", "searchOrders", self.orders.search),
            ("GET", "/orders/2026-01-01/orders/{order_id}", "getOrder", self.orders.get),
            ("GET", "/orders/v0/orders", "v0.getOrders", self.orders_v0.search),
            ("GET", "/orders/v0/orders/{order_id}", "v0.getOrder", self.orders_v0.get),
            ("GET", "/orders/v0/orders/{order_id}/orderItems", "v0.getOrderItems", self.orders_v0.items),
            ("POST", "/orders/v0/orders/{order_id}/shipmentConfirmation", "confirmShipment", self.orders_v0.confirm),
            ("POST", "/tokens/2021-03-01/restrictedDataToken", "createRestrictedDataToken", self.gate.restricted_token),
            ("GET", item, "searchListingsItems", self.listings.search),
            ("GET", item + "/{sku:path}", "getListingsItem", self.listings.get),
            ("PATCH", item + "/{sku:path}", "patchListingsItem", self.listings.patch),
            ("PUT", item + "/{sku:path}", "putListingsItem", self.listings.put),
            ("DELETE", item + "/{sku:path}", "deleteListingsItem", self.listings.delete),
            ("POST", feeds + "/documents", "createFeedDocument", self.feeds.create_document),
            ("GET", feeds + "/documents/{document_id}", "getFeedDocument", self.feeds.get_document),
            ("POST", feeds + "/feeds", "createFeed", self.feeds.create),
            ("GET", feeds + "/feeds", "getFeeds", self.feeds.find),
            ("GET", feeds + "/feeds/{feed_id}", "getFeed", self.feeds.get),
            ("DELETE", feeds + "/feeds/{feed_id}", "cancelFeed", self.feeds.cancel),
            ("POST", reports + "/reports", "createReport", self.reports.create),
            ("GET", reports + "/reports/{report_id}", "getReport", self.reports.get),
            ("DELETE", reports + "/reports/{report_id}", "cancelReport", self.reports.cancel),
            ("GET", reports + "/documents/{document_id}", "getReportDocument", self.reports.get_document),
            ("GET", "/finances/2024-06-19/transactions", "listTransactions", self.finances.transactions),
            ("GET", "/fba/inventory/v1/summaries", "getInventorySummaries", self.reports.inventory),
        ]
        routes: list[BaseRoute] = [
            Route(path, self.gate.guard(operation, handler), methods=[method])
            for method, path, operation, handler in table
        ]
        routes.append(Route("/auth/o2/token", self.gate.lwa_token, methods=["POST"]))
        routes.append(Route(STORE + "/{document_id}", self.store.transfer, methods=["GET", "PUT"]))
        routes.append(Route("/{rest:path}", self.gate.elsewhere, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]))
        return routes

    def reset(self, *, orders: int, listings: int, seed: int) -> None:
        self.seed = seed
        self.credentials = dict(CREDENTIALS)
        self.account.begin(self.clock, seed)
        self.gate.clear()
        self.catalogue.waiting.clear()
        self.catalogue.accepted = 0
        for kept in (self.orders.marks, self.orders_v0.marks, self.listings.marks, self.store.documents,
                     self.feeds.feeds, self.reports.reports, self.reports.fba_marks, self.finances.posted, self.finances.marks):  # fmt: skip
            kept.clear()
        self.catalogue.generate(listings)
        self.account.generate_orders(orders)

    # -- the control room ----------------------------------------------------------------------------------------
    def switch(self, feature: str, on: bool) -> None:
        if feature not in FEATURES:
            raise KeyError(feature)
        (self.account.switches.add if on else self.account.switches.discard)(feature)
        if feature == "fast_limits":
            self.gate.buckets.clear()

    def add_orders(self, count: int) -> list[str]:
        return [self.account.place().order_id for _ in range(count)]

    def touch_orders(self, count: int, seed: int) -> list[str]:
        rng = random.Random(seed)
        orders = self.account.visible_orders()
        chosen = rng.sample(orders, min(count, len(orders)))
        for order in chosen:
            self.account.touch(order, rng)
        return [order.order_id for order in chosen]

    def cancel_order(self, remote_id: str) -> None:
        order = self.account.orders[remote_id]
        order.status, order.cancelled_by, order.updated = CANCELLED, "BUYER", self.account.now()

    def damage_order(self, remote_id: str) -> None:
        self.account.orders[remote_id].damaged = True

    def truth_orders(self) -> list[dict[str, Any]]:
        """What the vendor states: a pending order has no buyer, total (None) or unit price (None) yet."""
        return [_truth(order) for order in self.account.visible_orders()]

    def truth_listings(self) -> list[dict[str, Any]]:
        self.account.settle()
        return catalogue.truth(self.account)

    def truth_shipments(self) -> list[dict[str, Any]]:
        return [
            {
                "reference": order.order_id,
                "tracking_number": package.tracking,
                "status": "SHIPPED",
                "package_reference_id": package.reference,
                "carrier": package.carrier,
                "items": [{"remote_id": item_id, "quantity": quantity} for item_id, quantity in package.items],
            }
            for order in self.account.visible_orders()
            for package in order.packages
        ]

    def counters(self) -> dict[str, int]:
        self.account.settle()
        names = ("tokens_issued", "patches_applied", "feeds_processed", "shipments_confirmed")
        return dict.fromkeys(names, 0) | dict(self.account.counts)


def _truth(order: Order) -> dict[str, Any]:
    return {
        "remote_id": order.order_id,
        "number": order.order_id,
        "status": order.status,
        "placed_at": iso(order.created),
        "updated_at": iso(order.updated),
        "buyer": f"{order.buyer.first} {order.buyer.last}" if order.priced else "",
        "total": decimal_text(order.total) if order.priced else None,
        "currency": order.market.currency,
        "marketplace_id": order.marketplace_id,
        "fulfilled_by": "AMAZON" if order.amazon else "MERCHANT",
        "lines": [
            {
                "remote_id": line.item_id,
                "sku": line.sku,
                "quantity": line.quantity,
                "unit_price": decimal_text(line.unit) if order.priced else None,
            }
            for line in order.lines
        ],
    }


def create(*, seed: int = 1, orders: int = 0, listings: int = 0) -> Sandbox:
    return AmazonSpSandbox(seed=seed, orders=orders, listings=listings)
