"""Whole offers of a Mirakl instance that wait in an import: OF01's files, what OF24 queues, and OF02's status.

Source: the seller OpenAPI document, and for two texts of refusals an operator's help page on common import errors; the other texts
are ours. An import writes whole offers: what a line does not say falls back to its default.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from providers.sandboxes.mirakl_imports import Import, Instance, form_file, read_rows, refuse
from providers.sandboxes.mirakl_records import Offer, Price, Product
from providers.sandboxes.mirakl_state import Shop
from providers.sandboxes.mirakl_wire import Answer, Call, Row, bad, instant, iso, kurus_text

OFFER_COLUMNS = (
    "sku", "product-id", "product-id-type", "description", "internal-description", "price", "price-additional-info", "quantity",
    "min-quantity-alert", "state", "available-start-date", "available-end-date", "discount-price", "discount-start-date",
    "discount-end-date", "discount-ranges", "allow-quote-requests", "leadtime-to-ship", "min-order-quantity", "max-order-quantity",
    "package-quantity", "update-delete", "price-ranges", "ecotax", "gift-wrap", "min-quantity-ordered",
)  # fmt: skip


@dataclass(frozen=True)
class OfferChange:
    """A whole offer: `values` are all its fields, those that were not sent at their default."""

    sku: str
    id_type: str
    product: str
    delete: bool
    values: dict[str, Any]


# -- OF01, OF24 --------------------------------------------------------------------------------------------------------
def import_offers(shop: Instance, call: Call) -> Answer:
    """OF01. This fake reads CSV only (XLSX and XML fail as files that cannot be parsed) and has no PARTIAL_UPDATE, which is deprecated."""
    file, others = form_file(call, ("import_mode", "operator_format", "with_products"))
    mode = others.get("import_mode", "")
    if mode not in ("NORMAL", "REPLACE"):
        raise bad("import_mode must be one of NORMAL, REPLACE")
    if not {others.get("operator_format", "false"), others.get("with_products", "false")} <= {"true", "false"}:
        raise bad("operator_format and with_products must be true or false")

    def run(one: Import) -> None:
        _run_offers(shop, one, [_parsed(row) for row in read_rows(one, OFFER_COLUMNS, ("sku", "price"))])

    made = shop.imports.add("OF", call, file.data, run, mode)
    data = {"import_id": int(made.id)}
    if others.get("with_products") == "true":
        data["product_import_id"] = int(made.id) + 1_000_000
    return Answer(data, 201, headers={"location": f"/api/offers/imports/{made.id}"})


def queue_offers(shop: Instance, call: Call, changes: list[OfferChange], mode: str) -> Answer:
    """OF24's import: the same as OF01's, out of JSON."""

    def run(one: Import) -> None:
        one.columns = ("sku",)
        one.read = len(changes)
        _run_offers(shop, one, [(Row(n, {"sku": change.sku}), change) for n, change in enumerate(changes, 1)])

    made = shop.imports.add("OF", call, call.body, run, mode)
    return Answer({"import_id": int(made.id)}, 201, headers={"location": f"/api/offers/imports/{made.id}"})


def _parsed(row: Row) -> tuple[Row, OfferChange | str]:
    """A change, or why there is none."""
    cell = row.cells.get
    price, texts = kurus_text(cell("price", "")), {}
    if price is None:
        return row, "The price must be a number with at most two decimals"
    made = Price(price)
    if cell("discount-price"):
        made.discount = kurus_text(cell("discount-price", ""))
        if made.discount is None:
            return row, "The discount price must be a number with at most two decimals"
    numbers = {}
    for name, column, default in (
        ("quantity", "quantity", 0), ("min_alert", "min-quantity-alert", 0), ("leadtime", "leadtime-to-ship", 2),
        ("min_order", "min-order-quantity", 1), ("max_order", "max-order-quantity", 1000), ("package", "package-quantity", 1),
    ):  # fmt: skip
        text = cell(column, "")
        if text and not (text.isascii() and text.isdigit()):
            return row, f"{column} must be a whole number that is not negative"
        numbers[name] = int(text) if text else default
    dates = {}
    for column in ("available-start-date", "available-end-date", "discount-start-date", "discount-end-date"):
        text = cell(column, "")
        dates[column] = instant(text if "T" in text else f"{text}T00:00:00Z") if text else None
        if text and dates[column] is None:
            return row, f"{column} must be an ISO 8601 date"
    made.start, made.end = dates["discount-start-date"], dates["discount-end-date"]
    texts = {"description": cell("description", ""), "internal": cell("internal-description", "")}
    values = {
        **numbers, **texts, "price_info": cell("price-additional-info", ""), "state": cell("state", "") or "11", "prices": {"": made},
        "available_from": dates["available-start-date"], "available_to": dates["available-end-date"],
        "quotable": cell("allow-quote-requests", "") == "true", "logistic": "STD", "fields": {},
    }  # fmt: skip
    delete = cell("update-delete", "").lower() == "delete"
    return row, OfferChange(row.cells["sku"], cell("product-id-type", ""), cell("product-id", ""), delete, values)


def _run_offers(shop: Shop, one: Import, rows: list[tuple[Row, OfferChange | str]]) -> None:
    kept: set[str] = set()
    for row, change in rows:
        why = change if isinstance(change, str) else _offer_fault(shop, change)
        if why or isinstance(change, str):
            refuse(one, row, why)
            continue
        one.good += 1
        kept.add(change.sku)
        if shop.may_apply():
            _put(shop, one, change)
    if one.mode == "REPLACE" and one.status == "COMPLETE" and not shop.on("ignore_writes"):
        for sku in [sku for sku in shop.offers if sku not in kept]:
            del shop.offers[sku]
            one.deleted += 1


def _product(shop: Shop, change: OfferChange) -> Product | None:
    if change.id_type == "SHOP_SKU":
        return shop.offers[change.product].product if change.product in shop.offers else None
    for one in shop.products.values():
        if change.product == (one.ean if change.id_type == "EAN" else one.sku) and change.id_type in ("EAN", "SKU"):
            return one
    return None


def _offer_fault(shop: Shop, change: OfferChange) -> str:
    old = shop.offers.get(change.sku)
    if not change.sku:
        return "The sku is required"
    if shop.on(f"refuse_sku:{change.sku}"):
        return "The operator refuses this offer"
    if change.delete:
        return "" if old else "The offer does not exist"
    product = _product(shop, change)
    if (change.product or old is None) and product is None:
        return "The product does not exist"
    if old is not None and product is not None and product is not old.product:
        return "The product linked to the new offer is different from the product linked to the existing offer"
    price: Price = change.values["prices"][""]
    if price.origin <= 0 or (price.discount is not None and not 0 < price.discount < price.origin):
        return "The price must be above zero, a discount price below it"
    return "" if change.values["state"] in ("10", "11") else "The state does not exist"


def _put(shop: Shop, one: Import, change: OfferChange) -> None:
    old = shop.offers.get(change.sku)
    shop.wrote(change.sku)
    if change.delete:
        del shop.offers[change.sku]
        one.deleted += 1
        return
    product = _product(shop, change) or (old.product if old else None)
    if product is None:
        raise AssertionError("judged before")
    offer = Offer(old.id if old else 3_500_000 + shop.next_number(), change.sku, product, change.values["prices"])
    for name, value in change.values.items():
        setattr(offer, name, value)
    shop.offers[change.sku] = offer
    one.updated += old is not None
    one.inserted += old is None


def offer_status(shop: Instance, call: Call) -> Answer:
    one = shop.imports.find("OF", call.path["import"])
    shop.imports.polled(one)
    return Answer({
        "date_created": iso(one.created), "has_error_report": bool(one.report), "import_id": int(one.id), "lines_in_error": one.failed,
        "lines_in_pending": 0, "lines_in_success": one.good, "lines_read": one.read, "mode": one.mode, "offer_deleted": one.deleted,
        "offer_inserted": one.inserted, "offer_updated": one.updated, "reason_status": one.reason, "status": one.status, "type": "MIRAKL",
    })  # fmt: skip
