"""What Trendyol's seller published, as the control room tells it.

Source: reference/marketplaces-tr.md, "## Trendyol", "List products" (Create, updates); the services themselves are trendyol_categories,
trendyol_products and trendyol_rules. A product that waits for the vendor's approval (ten minutes) is told here, but is no listing yet.
"""

from __future__ import annotations

from typing import Any

from providers.sandboxes.trendyol_categories import BRANDS
from providers.sandboxes.trendyol_records import Item
from providers.sandboxes.trendyol_state import Shop
from providers.sandboxes.trendyol_wire import decimal_text


def products_truth(shop: Shop) -> list[dict[str, Any]]:
    """`state`: approved, waiting or rejected. The words of an attribute with several values are joined by ", "."""
    shop.settle_products()
    return [_row(item) for item in (*shop.items.values(), *shop.pending.values())]


def _row(item: Item) -> dict[str, Any]:
    words: dict[str, str] = {}
    for told in item.attributes:
        key, word = str(told["attributeId"]), str(told["attributeValue"])
        words[key] = f"{words[key]}, {word}" if key in words else word
    return {
        "sku": item.sku, "barcode": item.barcode, "title": item.title, "category_id": str(item.category), "brand": BRANDS[item.brand],
        "attributes": words, "images": list(item.images), "price": decimal_text(item.sale),
        "list_price": decimal_text(item.list_price), "quantity": item.quantity, "vat_rate": str(item.vat), "remote_id": item.barcode,
        "description": item.description, "state": "rejected" if item.rejected else "approved" if item.approved else "waiting",
    }  # fmt: skip
