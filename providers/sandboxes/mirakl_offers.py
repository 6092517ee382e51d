"""Offers of a Mirakl instance: OF21, OF22, OF24 and OF61. What the files of OF01, STO01 and PRI01 do is next door in mirakl_imports.

Source: the seller OpenAPI document. OF24 takes a whole offer: every field that is not sent falls back to its default.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from providers.sandboxes.exact import DAY, number
from providers.sandboxes.mirakl_imports import Instance
from providers.sandboxes.mirakl_offer_files import OfferChange, queue_offers
from providers.sandboxes.mirakl_records import CHANNELS, CURRENCY, Offer, Price
from providers.sandboxes.mirakl_rules import check_body
from providers.sandboxes.mirakl_state import Shop
from providers.sandboxes.mirakl_wire import Answer, Call, coded, instant, iso, kurus_of, maybe, missing, offset_page

STATES = (("11", "Yeni"), ("10", "Yenilenmiş"))
SHIPPING_KURUS = 4990


def list_offers(shop: Shop, call: Call) -> Answer:
    """OF21: by total price unless told otherwise."""
    args = call.args
    rows = [
        one
        for one in shop.offers.values()
        if not shop.on("empty_offers")
        and args.get("sku", one.sku) == one.sku
        and args.get("product_id", one.product.sku) == one.product.sku
        and one.state in args.get("offer_state_codes", [one.state])
        and not args.get("favorite", False)
    ]
    if args.get("sort") == "productTitle":
        rows.sort(key=lambda one: (one.product.title, one.prices[""].current(call.now), one.id))
    else:
        rows.sort(key=lambda one: (one.prices[""].current(call.now), one.id))
    if args.get("order") == "desc":
        rows.reverse()
    page = [offer_row(one, call.now, args.get("pricing_channel_code")) for one in offset_page(call, rows)]
    return Answer({"offers": page, "total_count": len(rows)})


def one_offer(shop: Shop, call: Call) -> Answer:
    """OF22, by the offer's number."""
    found = next((one for one in shop.offers.values() if str(one.id) == call.path["offer"]), None)
    if found is None:
        raise missing("Offer", call.path["offer"])
    return Answer(offer_row(found, call.now, call.args.get("pricing_channel_code")))


def offer_states(shop: Shop, call: Call) -> Answer:
    rows = [{"code": code, "label": label} for code, label in STATES if call.args.get("active", True)]
    return Answer({"offer_states": rows, "total_count": len(rows)})


def offer_row(one: Offer, now: int, channel: str | None) -> dict[str, Any]:
    """`price` is today's; the discount stands beside it whether it is in force or not."""
    inactive = one.inactive(now)
    plain = one.prices[""]
    applied = one.prices.get(channel or "", plain)
    discount: dict[str, Any] | None = None
    if plain.discount is not None:
        discount = {
            "discount_price": number(plain.discount), "end_date": maybe(plain.end), "origin_price": number(plain.origin), "ranges": [],
            "start_date": maybe(plain.start),
        }  # fmt: skip
    return {
        "active": not inactive, "all_prices": [_price_row(code, price, now) for code, price in sorted(one.prices.items())],
        "allow_quote_requests": one.quotable, "applicable_pricing": _price_row(channel or "", applied, now),
        "available_end_date": maybe(one.available_to), "available_start_date": maybe(one.available_from),
        "category_code": one.product.category[0], "category_label": one.product.category[1], "channels": [code for code, _ in CHANNELS],
        "currency_iso_code": CURRENCY, "description": one.description, "discount": discount, "favorite_rank": None,
        "fulfillment": {"center": {"code": "DEFAULT"}}, "inactivity_reasons": inactive, "internal_description": one.internal or None,
        "leadtime_to_ship": max(one.leadtime, 1), "logistic_class": {"code": one.logistic, "label": "Standart"},
        "max_order_quantity": one.max_order, "min_order_quantity": one.min_order, "min_quantity_alert": one.min_alert,
        "min_shipping_price": number(SHIPPING_KURUS), "min_shipping_price_additional": 0, "min_shipping_type": "STD",
        "min_shipping_zone": "TR", "msrp": None,
        "offer_additional_fields": [{"code": code, "type": "STRING", "value": value} for code, value in one.fields.items()],
        "offer_id": one.id, "package_quantity": one.package, "price": number(applied.current(now)),
        "price_additional_info": one.price_info or None, "product_brand": "Örnek", "product_description": None,
        "product_references": [{"reference": one.product.ean, "reference_type": "EAN"}], "product_sku": one.product.sku,
        "product_tax_code": None, "product_title": one.product.title, "quantity": one.quantity,
        "shipping_deadline": iso(now + one.leadtime * DAY), "shop_sku": one.sku, "state_code": one.state,
        "total_price": number(applied.current(now) + SHIPPING_KURUS),
    }  # fmt: skip


def _price_row(channel: str, price: Price, now: int) -> dict[str, Any]:
    """Within `volume_prices` the document requires a discount price: without a discount it is the price itself (a guess)."""
    reduced = None if price.discount is None else number(price.discount)
    volumes = [(1, price.origin), *price.volumes]
    return {
        "channel_code": channel or None, "context": {"channel_codes": [channel]} if channel else None,
        "discount_end_date": maybe(price.end), "discount_start_date": maybe(price.start), "price": number(price.current(now)),
        "unit_discount_price": reduced, "unit_origin_price": number(price.origin),
        "volume_prices": [
            {
                "price": number(price.current(now) if least == 1 else origin), "quantity_threshold": least,
                "unit_discount_price": reduced if least == 1 and reduced else number(origin), "unit_origin_price": number(origin),
            }
            for least, origin in volumes
        ],
    }  # fmt: skip


# -- OF24 --------------------------------------------------------------------------------------------------------------
def upsert(shop: Instance, call: Call) -> Answer:
    """OF24: the shape is judged at once, the values when the import runs."""
    body = check_body("OF24", call.json())
    changes = [_change(one, f"offers[{n}]") for n, one in enumerate(body["offers"])]
    return queue_offers(shop, call, changes, "NORMAL")


def _change(one: dict[str, Any], where: str) -> OfferChange:
    def money(value: Any, name: str) -> int:
        kurus = kurus_of(value)
        if kurus is None:
            raise coded(400, "VALIDATION_ERROR", "must have at most two decimals", f"{where}.{name}")
        return kurus

    def when(text: str, name: str) -> int | None:
        at = instant(text) if text else None
        if text and at is None:
            raise coded(400, "VALIDATION_ERROR", "must be an ISO 8601 date-time", f"{where}.{name}")
        return at

    discount: dict[str, Any] = one.get("discount", {})
    price = Price(money(one["price"], "price"))
    if "price" in discount:
        price.discount = money(discount["price"], "discount.price")
    price.start = when(discount.get("start_date", ""), "discount.start_date")
    price.end = when(discount.get("end_date", ""), "discount.end_date")
    prices = {"": price}
    for row in one.get("all_prices", []):
        base = Price(money(row.get("unit_origin_price", one["price"]), "all_prices.unit_origin_price"))
        if "unit_discount_price" in row:
            base.discount = money(row["unit_discount_price"], "all_prices.unit_discount_price")
        base.start = when(row.get("discount_start_date", ""), "all_prices.discount_start_date")
        base.end = when(row.get("discount_end_date", ""), "all_prices.discount_end_date")
        volumes: Sequence[dict[str, Any]] = row.get("volume_prices", [])
        base.volumes = [
            (v["quantity_threshold"], money(v["unit_origin_price"], "volume_prices"))
            for v in volumes
            if v["quantity_threshold"] > 1
        ]
        prices[row.get("channel_code", "")] = base
    values: dict[str, Any] = {
        "quantity": one.get("quantity", 0), "state": one["state_code"], "description": one.get("description", ""),
        "internal": one.get("internal_description", ""), "price_info": one.get("price_additional_info", ""),
        "leadtime": one.get("leadtime_to_ship", 2), "min_alert": one.get("min_quantity_alert", 0),
        "min_order": one.get("min_order_quantity", 1), "max_order": one.get("max_order_quantity", 1000),
        "package": one.get("package_quantity", 1), "available_from": when(one.get("available_started", ""), "available_started"),
        "available_to": when(one.get("available_ended", ""), "available_ended"), "quotable": one.get("allow_quote_requests", False),
        "logistic": one.get("logistic_class", "STD"), "prices": prices,
        "fields": {f["code"]: f.get("value") for f in one.get("offer_additional_fields", [])},
    }  # fmt: skip
    return OfferChange(
        one["shop_sku"], one["product_id_type"], one["product_id"], one["update_delete"] == "delete", values
    )
