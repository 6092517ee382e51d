"""Every address of the fake Trendyol: method, path, what it counts against, and the capability that a switch can take away.

Source: reference/marketplaces-tr.md, "## Trendyol", "Operations" and "Rate limits".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from providers.sandboxes import trendyol_catalogue as catalogue
from providers.sandboxes import trendyol_categories as categories
from providers.sandboxes import trendyol_claims as claims
from providers.sandboxes import trendyol_finance as finance
from providers.sandboxes import trendyol_labels as labels
from providers.sandboxes import trendyol_orders as orders
from providers.sandboxes import trendyol_packages as packages
from providers.sandboxes import trendyol_places as places
from providers.sandboxes import trendyol_products as products
from providers.sandboxes import trendyol_questions as questions
from providers.sandboxes import trendyol_splits as splits
from providers.sandboxes import trendyol_webhooks as webhooks
from providers.sandboxes.trendyol_state import Shop
from providers.sandboxes.trendyol_wire import Answer, Call

#: Calls a minute per service; a service that is not here is not limited by the minute.
PER_MINUTE = {
    "orders": 1000, "packages": 300, "splits": 100, "labels": 100, "claims": 1000, "claim-decisions": 5, "products": 2000,
    "product-writes": 1000, "product-deletes": 100, "catalogue": 50, "batches": 1000, "buybox": 1000, "finance": 3000,
    "webhooks": 50,
}  # fmt: skip
#: What no service may do more often than once an hour.
HOURLY = {"addresses"}


@dataclass(frozen=True)
class Endpoint:
    method: str
    path: str
    service: str  # which limit it counts against
    capability: str  # what `no_<capability>` and `closed:<capability>` take away
    act: Callable[[Shop, Call], Answer]
    lists: bool = False  # orders move after it when a test armed `between`


_ORDER = "/integration/order/sellers/{S}"
_PACK = _ORDER + "/shipment-packages/{P}"
_PRODUCT = "/integration/product/sellers/{S}"
_SELLER = "/integration/sellers/{S}"
_QNA = "/integration/qna/sellers/{S}/questions"
_HOOK = "/integration/webhook/sellers/{S}/webhooks"
_CHE = "/integration/finance/che/sellers/{S}"
_INVENTORY = "/integration/inventory/sellers/{S}"
_CATALOGUE = "/integration/product"
_CITIES = "/integration/member/countries/domestic/TR/cities"
ENDPOINTS = (
    Endpoint("GET", _ORDER + "/orders", "orders", "orders", orders.page_list, lists=True),
    Endpoint("GET", _ORDER + "/v2/orders", "orders", "orders", orders.page_list_v2, lists=True),
    Endpoint("GET", _ORDER + "/orders/stream", "orders", "orders", orders.stream_list, lists=True),
    Endpoint("PUT", _PACK, "packages", "status", packages.update_status),
    Endpoint("PUT", _PACK + "/update-tracking-number", "packages", "tracking", packages.update_tracking),
    Endpoint("PUT", _PACK + "/cargo-providers", "splits", "carrier", packages.change_carrier),
    Endpoint("PUT", _PACK + "/box-info", "splits", "box", packages.box_info),
    Endpoint("PUT", _PACK + "/alternative-delivery", "packages", "delivery", packages.alternative_delivery),
    Endpoint("PUT", _PACK + "/manual-invoice-delivery", "packages", "delivery", packages.manual_delivery),
    Endpoint("PUT", _PACK + "/manual-return", "packages", "delivery", packages.manual_return),
    Endpoint("PUT", _PACK + "/delivered-by-service", "splits", "delivery", packages.delivered_by_service),
    Endpoint("PUT", _PACK + "/extended-agreed-delivery-date", "splits", "extension", packages.extend_delivery),
    Endpoint("PUT", _PACK + "/warehouse", "packages", "warehouse", packages.change_warehouse),
    Endpoint("PUT", _PACK + "/labor-costs", "packages", "labor", packages.labor_costs),
    Endpoint("PUT", _PACK + "/items/unsupplied", "splits", "unsupplied", splits.unsupplied),
    Endpoint("POST", _PACK + "/split", "splits", "split", splits.split),
    Endpoint("POST", _PACK + "/multi-split", "splits", "split", splits.multi_split),
    Endpoint("POST", _PACK + "/quantity-split", "splits", "split", splits.quantity_split),
    Endpoint("POST", _PACK + "/split-packages", "splits", "split", splits.split_packages),
    Endpoint("GET", _ORDER + "/claims", "claims", "claims", claims.claims_list, lists=True),
    Endpoint("PUT", _ORDER + "/claims/{C}/items/approve", "claim-decisions", "claims", claims.approve_claim),
    Endpoint("POST", _ORDER + "/claims/{C}/issue", "claim-decisions", "claims", claims.issue_claim),
    Endpoint("GET", _ORDER + "/claims/items/{I}/audit", "claims", "claims", claims.claim_audit),
    Endpoint("GET", "/integration/order/claim-issue-reasons", "claims", "claims", claims.claim_reasons),
    Endpoint("GET", _PRODUCT + "/products", "products", "listings", catalogue.v1_list, lists=True),
    Endpoint("GET", _PRODUCT + "/products/approved", "products", "listings", catalogue.approved_list, lists=True),
    Endpoint(
        "GET",
        _PRODUCT + "/products/approved/inventory-and-price",
        "products",
        "listings",
        catalogue.inventory_list,
        lists=True,
    ),
    Endpoint("GET", _PRODUCT + "/products/unapproved", "products", "listings", catalogue.unapproved_list, lists=True),
    Endpoint("GET", _PRODUCT + "/product/{barcode}", "products", "listings", catalogue.one_product),
    Endpoint("POST", _PRODUCT + "/products/buybox-information", "buybox", "buybox", catalogue.buybox),
    Endpoint("GET", _PRODUCT + "/products/batch-requests/{B}", "batches", "batches", catalogue.batch_result),
    Endpoint("POST", _INVENTORY + "/products/price-and-inventory", "stock", "stock", catalogue.price_and_inventory),
    Endpoint("POST", _PRODUCT + "/v2/products", "product-writes", "publishing", products.create_products),
    Endpoint(
        "POST", _PRODUCT + "/products/content-bulk-update", "product-writes", "publishing", products.update_content
    ),
    Endpoint(
        "POST", _PRODUCT + "/products/variant-bulk-update", "product-writes", "publishing", products.update_variants
    ),
    Endpoint(
        "POST",
        _PRODUCT + "/products/unapproved-bulk-update",
        "product-writes",
        "publishing",
        products.update_unapproved,
    ),
    Endpoint(
        "POST",
        _PRODUCT + "/products/delivery-info-bulk-update",
        "product-writes",
        "publishing",
        products.update_delivery,
    ),
    Endpoint("PUT", _PRODUCT + "/products/archive-state", "product-writes", "publishing", products.archive_products),
    Endpoint("DELETE", _PRODUCT + "/products", "product-deletes", "publishing", products.delete_products),
    Endpoint("GET", _CATALOGUE + "/brands", "catalogue", "catalogue", categories.brands),
    Endpoint("GET", _CATALOGUE + "/brands/by-name", "catalogue", "catalogue", categories.brands_by_name),
    Endpoint("GET", _CATALOGUE + "/product-categories", "catalogue", "catalogue", categories.category_tree),
    Endpoint(
        "GET",
        _CATALOGUE + "/categories/{category}/attributes",
        "catalogue",
        "catalogue",
        categories.category_attributes,
    ),
    Endpoint(
        "GET",
        _CATALOGUE + "/categories/{category}/attributes/{attribute}/values",
        "catalogue",
        "catalogue",
        categories.attribute_values,
    ),
    Endpoint("POST", _SELLER + "/common-label/{T}", "labels", "label", labels.ask_label),
    Endpoint("GET", _SELLER + "/common-label/{T}", "labels", "label", labels.get_label),
    Endpoint("POST", _SELLER + "/seller-invoice-links", "invoices", "invoices", labels.invoice_link),
    Endpoint("POST", _SELLER + "/seller-invoice-links/delete", "invoices", "invoices", labels.delete_invoice_link),
    Endpoint("POST", _SELLER + "/seller-invoice-file", "invoices", "invoices", labels.invoice_file),
    Endpoint("GET", _SELLER + "/addresses", "addresses", "addresses", places.addresses),
    Endpoint("GET", _CITIES, "locations", "locations", places.cities),
    Endpoint("GET", _CITIES + "/{city}/districts", "locations", "locations", places.districts),
    Endpoint(
        "GET", _CITIES + "/{city}/districts/{district}/neighborhoods", "locations", "locations", places.neighborhoods
    ),
    Endpoint("GET", _QNA + "/filter", "questions", "questions", questions.questions_list, lists=True),
    Endpoint("GET", _QNA + "/{Q}", "questions", "questions", questions.one_question),
    Endpoint("POST", _QNA + "/{Q}/answers", "questions", "questions", questions.answer_question),
    Endpoint("GET", _HOOK, "webhooks", "webhooks", webhooks.webhooks_list),
    Endpoint("POST", _HOOK, "webhooks", "webhooks", webhooks.add_webhook),
    Endpoint("PUT", _HOOK + "/{W}", "webhooks", "webhooks", webhooks.change_webhook),
    Endpoint("DELETE", _HOOK + "/{W}", "webhooks", "webhooks", webhooks.delete_webhook),
    Endpoint("PUT", _HOOK + "/{W}/activate", "webhooks", "webhooks", webhooks.activate_webhook),
    Endpoint("PUT", _HOOK + "/{W}/deactivate", "webhooks", "webhooks", webhooks.deactivate_webhook),
    Endpoint("GET", _CHE + "/settlements", "finance", "settlements", finance.settlements, lists=True),
    Endpoint("GET", _CHE + "/otherfinancials", "finance", "settlements", finance.other_financials, lists=True),
)
CAPABILITIES = frozenset(endpoint.capability for endpoint in ENDPOINTS)
