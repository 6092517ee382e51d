"""What is asked of Shopify's GraphQL Admin API: the documents and the calls that carry them. Pure; every document is
validated against the official schema 2026-10 in the spec test. A single query may not cost above 1,000 points.

Source of the facts: reference/ecommerce-social-pos-fulfilment.md, "## Shopify", and the schema's own descriptions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from app.contracts import Account
from app.kit import Call, graphql_call, httpx
from app.model import ShipmentNotice, Window, iso_z

API_VERSION = "2026-10"
ORDERS_PAGE = 50
LINES_PAGE = 10  # nested lines an order; an order with more is read on with `lines_request`
MORE_LINES_PAGE = 100
LISTINGS_PAGE = 100
LOOKUP_SIZE = 100  # variants read before a write
WRITE_SIZE = 250  # Shopify's cap for input arrays

# No `customer`: it needs the scope read_customers, which a shipping desk has no use for.
_LINE = """
  id sku title variantTitle quantity currentQuantity
  discountedUnitPriceAfterAllDiscountsSet { shopMoney { amount currencyCode } }
  taxLines(first: 3) { rate }
  variant { id barcode }
"""
_LINES = "pageInfo { hasNextPage endCursor } nodes {" + _LINE + "}"
_ADDRESS = "name company address1 address2 city province zip countryCodeV2 phone"
_ORDER = f"""
  id legacyResourceId name createdAt updatedAt cancelledAt displayFinancialStatus displayFulfillmentStatus
  returnStatus sourceName taxesIncluded email phone note paymentGatewayNames
  currentTotalPriceSet {{ shopMoney {{ amount currencyCode }} }}
  currentShippingPriceSet {{ shopMoney {{ amount currencyCode }} }}
  currentTotalDiscountsSet {{ shopMoney {{ amount currencyCode }} }}
  shippingAddress {{ {_ADDRESS} }}
  billingAddress {{ {_ADDRESS} }}
  fulfillments(first: 3) {{ displayStatus trackingInfo(first: 1) {{ company number }} }}
  lineItems(first: {LINES_PAGE}) {{ {_LINES} }}
"""
ORDERS = f"""query Orders($first: Int!, $after: String, $query: String!) {{
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    pageInfo {{ hasNextPage endCursor }} nodes {{ {_ORDER} }}
  }}
}}"""
ORDER_LINES = f"""query OrderLines($id: ID!, $first: Int!, $after: String) {{
  order(id: $id) {{ lineItems(first: $first, after: $after) {{ {_LINES} }} }}
}}"""
LISTINGS = """query Listings($first: Int!, $after: String, $query: String) {
  shop { currencyCode taxesIncluded }
  productVariants(first: $first, after: $after, query: $query, sortKey: ID) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id sku barcode title price compareAtPrice inventoryQuantity updatedAt
      product { id title status onlineStoreUrl }
      inventoryItem { id tracked }
    }
  }
}"""
PROBE = """query Probe($open: String!) {
  shop { name myshopifyDomain currencyCode ianaTimezone taxesIncluded plan { publicDisplayName } }
  currentAppInstallation { accessScopes { handle } }
  ordersCount(query: $open) { count precision }
}"""
PLACES = """query Places {
  shop { currencyCode }
  locations(first: 50) { nodes { id isActive fulfillsOnlineOrders } }
}"""
CURRENCY = "query Currency { shop { currencyCode } }"
PRODUCTS_OF = """query ProductsOf($ids: [ID!]!) {
  nodes(ids: $ids) { ... on ProductVariant { id product { id } } }
}"""
STOCK_OF = """query StockOf($ids: [ID!]!, $location: ID!) {
  nodes(ids: $ids) {
    ... on ProductVariant {
      id inventoryQuantity
      inventoryItem {
        id tracked inventoryLevel(locationId: $location) { quantities(names: ["available"]) { quantity } }
      }
    }
  }
}"""
SET_PRICES = """mutation SetPrices($product: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(productId: $product, variants: $variants, allowPartialUpdates: true) {
    userErrors { field message code }
  }
}"""
SET_STOCKS = """mutation SetStocks($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) { userErrors { field message code } }
}"""
TO_SHIP = """query ToShip($id: ID!) {
  order(id: $id) {
    fulfillments(first: 20) { id status trackingInfo(first: 5) { number } }
    fulfillmentOrders(first: 10) {
      nodes {
        id status supportedActions { action } assignedLocation { name location { id } }
        lineItems(first: 100) { nodes { id remainingQuantity lineItem { id } } }
      }
    }
  }
}"""
SHIP = """mutation Ship($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) { fulfillment { id } userErrors { field message } }
}"""
#: Orders that wait for the merchant: the silence detector's figure.
OPEN_ORDERS = "status:open AND fulfillment_status:unfulfilled"


def api_path(account: Account) -> str:
    return f"/admin/api/{account.params.get('api_version') or API_VERSION}/graphql.json"


def _call(
    account: Account, operation: str, document: str, variables: dict[str, Any], group: str, repeatable: bool | None = None
) -> Call:  # fmt: skip
    return graphql_call(api_path(account), operation, document, variables, group=group, repeatable=repeatable)


def token_request(account: Account) -> httpx.Request:
    """Client credentials grant; the answer's token lives about a day and has no refresh token."""
    url = account.urls.get("token") or f"{account.base_url.rstrip('/')}/admin/oauth/access_token"
    body = {
        "grant_type": "client_credentials",
        "client_id": account.setting("client_id") or account.secret("client_id"),
        "client_secret": account.secret("client_secret"),
    }
    extensions = {"operation": "token", "group": "default", "repeatable": True}
    return httpx.Request("POST", url, json=body, headers={"accept": "application/json"}, extensions=extensions)


def probe_request(account: Account) -> Call:
    return _call(account, "probe", PROBE, {"open": OPEN_ORDERS}, "default")


def window_query(since: datetime, until: datetime) -> str:
    """Search terms of [since, until). Shopify compares whole seconds, so the end is rounded up; a time must be quoted,
    or its colons end the term."""
    if until.microsecond:
        until = until.replace(microsecond=0) + timedelta(seconds=1)
    return f"updated_at:>='{iso_z(since)}' AND updated_at:<'{iso_z(until)}'"


def orders_request(account: Account, window: Window, after: str | None = None, first: int = ORDERS_PAGE) -> Call:
    """Oldest change first."""
    variables = {"first": first, "after": after, "query": window_query(window.since, window.until)}
    return _call(account, "orders", ORDERS, variables, "orders")


def order_request(account: Account, number: str) -> Call:
    """By its name as typed ('#1042' or '1042'), or by its gid."""
    if number.startswith("gid://shopify/Order/"):
        query = f"id:{quoted(number.rpartition('/')[2])}"
    else:
        bare = number.strip().removeprefix("#")
        query = f"name:{quoted(bare)} OR name:{quoted('#' + bare)}"
    return _call(account, "order", ORDERS, {"first": 10, "after": None, "query": query}, "default")


def quoted(text: str) -> str:
    """A search value in quotes, so that spaces, colons and AND/OR in it are only text."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def lines_request(account: Account, order_id: str, after: str) -> Call:
    variables = {"id": order_id, "first": MORE_LINES_PAGE, "after": after}
    return _call(account, "order", ORDER_LINES, variables, "default")


def listings_request(account: Account, since: datetime | None, after: str | None = None) -> Call:
    """By id, which never moves: a variant that changes meanwhile stays at its place."""
    query = None if since is None else f"updated_at:>='{iso_z(since)}'"
    return _call(account, "listings", LISTINGS, {"first": LISTINGS_PAGE, "after": after, "query": query}, "listings")


def currency_request(account: Account) -> Call:
    return _call(account, "set_prices", CURRENCY, {}, "default")


def places_request(account: Account) -> Call:
    return _call(account, "set_stocks", PLACES, {}, "default")


def products_request(account: Account, variant_ids: Sequence[str]) -> Call:
    return _call(account, "set_prices", PRODUCTS_OF, {"ids": list(variant_ids)}, "default")


def stock_request(account: Account, variant_ids: Sequence[str], location: str) -> Call:
    return _call(account, "set_stocks", STOCK_OF, {"ids": list(variant_ids), "location": location}, "listings")


def prices_request(account: Account, product_id: str, variants: Sequence[Mapping[str, Any]]) -> Call:
    """Variants of one product; prices are decimal text in the shop's currency."""
    variables = {"product": product_id, "variants": [dict(v) for v in variants]}
    return _call(account, "set_prices", SET_PRICES, variables, "write", repeatable=True)


def stocks_request(
    account: Account, location: str, rows: Sequence[tuple[str, int]], keys: Sequence[str], attempt: int = 0
) -> Call:
    """Absolute quantities of (inventory item, pieces), all or nothing.

    `changeFromQuantity` is an explicit null, which switches the comparison off: the merchant's figure is the truth, and a
    repeat after a lost answer must not be refused as stale. The idempotency key comes from our own keys and the rows, so
    that the very same write replays and a different one never collides with it.
    """
    spoken = "\n".join((location, *(f"{i} {q}" for i, q in rows), *keys, str(attempt)))
    quantities = [
        {"inventoryItemId": item, "locationId": location, "quantity": quantity, "changeFromQuantity": None}
        for item, quantity in rows
    ]
    body = {"name": "available", "reason": "correction", "quantities": quantities}
    variables = {"input": body, "key": hashlib.sha256(spoken.encode()).hexdigest()[:40]}
    return _call(account, "set_stocks", SET_STOCKS, variables, "write", repeatable=True)


def to_ship_request(account: Account, order_id: str) -> Call:
    return _call(account, "confirm_shipments", TO_SHIP, {"id": order_id}, "default")


def ship_request(
    account: Account, notice: ShipmentNotice, parts: Sequence[tuple[str, Sequence[tuple[str, int]]]]
) -> Call:
    """`parts`: (fulfilment order, [(its line, pieces)]), all of one location; no lines means all that remain."""
    rows: list[dict[str, Any]] = []
    for fulfilment_order, lines in parts:
        row: dict[str, Any] = {"fulfillmentOrderId": fulfilment_order}
        if lines:
            row["fulfillmentOrderLineItems"] = [{"id": line, "quantity": quantity} for line, quantity in lines]
        rows.append(row)
    tracking = {"company": notice.carrier, "number": notice.tracking_number}
    if notice.tracking_url.startswith(("https://", "http://")):  # Shopify refuses what is no address
        tracking["url"] = notice.tracking_url
    told = {k: v for k, v in tracking.items() if v}
    body: dict[str, Any] = {"lineItemsByFulfillmentOrder": rows, "notifyCustomer": True}
    if told:
        body["trackingInfo"] = told
    return _call(account, "confirm_shipments", SHIP, {"fulfillment": body}, "write")
