"""An account of the Shopify client for tests, and answers as the API words them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.contracts import Account, Secret
from app.kit import MemoryTokens, Reply

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def account(
    base_url: str = "https://magaza.myshopify.com",
    secrets: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
    **more: Any,
) -> Account:
    held = {"access_token": "shpat_1"} if secrets is None else secrets
    return Account(
        id="shop-1", integration="shopify", environment="live", urls={"api": base_url, **more.pop("urls", {})},
        tokens=MemoryTokens(), now=lambda: NOW, nonce=lambda: "n", settings=dict(settings or {}),
        secrets={k: Secret(v) for k, v in held.items()}, params=more.pop("params", {}),
    )  # fmt: skip


def reply(data: Any, status: int = 200, operation: str = "orders", **headers: str) -> Reply:
    return Reply(status, {k.replace("_", "-"): v for k, v in headers.items()}, msgspec.json.encode(data), operation)


def money(amount: str, currency: str = "TRY") -> dict[str, Any]:
    return {"shopMoney": {"amount": amount, "currencyCode": currency}}


def line(number: int = 77001, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/LineItem/{number}", "sku": "KZK-M-LAC", "title": "Kazak", "variantTitle": "M / Lacivert",
        "quantity": 1, "currentQuantity": 1, "discountedUnitPriceAfterAllDiscountsSet": money("699.90"),
        "taxLines": [{"rate": 0.1}], "variant": {"id": "gid://shopify/ProductVariant/9", "barcode": "8690000000012"},
        **changes,
    }  # fmt: skip


def order(
    number: int = 5550001, lines: list[dict[str, Any]] | None = None, more: str = "", **changes: Any
) -> dict[str, Any]:
    address = {
        "name": "Deniz Ak", "company": None, "address1": "Gül Sk. 4/2", "address2": None, "city": "İzmir", "province": None,
        "zip": "35000", "countryCodeV2": "TR", "phone": "+905550000000",
    }  # fmt: skip
    return {
        "id": f"gid://shopify/Order/{number}", "legacyResourceId": str(number), "name": "#1042",
        "createdAt": "2026-11-20T09:14:03Z", "updatedAt": "2026-11-20T09:20:00Z", "cancelledAt": None,
        "displayFinancialStatus": "PAID", "displayFulfillmentStatus": "UNFULFILLED", "returnStatus": "NO_RETURN",
        "sourceName": "web", "taxesIncluded": True, "email": "d@example.com", "phone": None, "note": None,
        "paymentGatewayNames": ["iyzico"], "currentTotalPriceSet": money("749.90"),
        "currentShippingPriceSet": money("50.0"), "currentTotalDiscountsSet": money("0.0"),
        "shippingAddress": address, "billingAddress": address, "fulfillments": [],
        "lineItems": {
            "pageInfo": {"hasNextPage": bool(more), "endCursor": more or None},
            "nodes": [line()] if lines is None else lines,
        },
        **changes,
    }  # fmt: skip


def orders(*found: Any, more: str = "") -> dict[str, Any]:
    info = {"hasNextPage": bool(more), "endCursor": more or None}
    return {"data": {"orders": {"pageInfo": info, "nodes": list(found)}}}


def variant(number: int = 9, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/ProductVariant/{number}", "sku": "KZK-M", "barcode": "8690000000012", "title": "M",
        "price": "281.90", "compareAtPrice": "331.90", "inventoryQuantity": 7, "updatedAt": "2026-11-20T09:20:00Z",
        "product": {"id": "gid://shopify/Product/3", "title": "Kazak", "status": "ACTIVE", "onlineStoreUrl": None},
        "inventoryItem": {"id": f"gid://shopify/InventoryItem/{number}", "tracked": True}, **changes,
    }  # fmt: skip


def listings(*found: Any, more: str = "", taxes: bool = True) -> dict[str, Any]:
    info = {"hasNextPage": bool(more), "endCursor": more or None}
    shop = {"currencyCode": "TRY", "taxesIncluded": taxes}
    return {"data": {"shop": shop, "productVariants": {"pageInfo": info, "nodes": list(found)}}}


def denied(scope: str, path: list[Any], data: Any = None) -> dict[str, Any]:
    extensions = {"code": "ACCESS_DENIED", "requiredAccess": f"`{scope}` access scope."}
    error = {"message": "Access denied.", "path": path, "extensions": extensions}
    return {"errors": [error], "data": data}
