"""What a Mirakl instance says about itself and the shop: V01, A01, CH11, SH21, H11, PM11, P31. Only reading.

Source: the seller OpenAPI document. V01 asks for no key.
"""

from __future__ import annotations

from typing import Any

from providers.sandboxes.exact import DAY, number
from providers.sandboxes.mirakl_inbox import SHOP_NAME
from providers.sandboxes.mirakl_records import CARRIERS, CATEGORIES, CHANNELS, CURRENCY, SHOP_ID
from providers.sandboxes.mirakl_state import Shop
from providers.sandboxes.mirakl_wire import Answer, Call, bad, iso


def version(shop: Shop, call: Call) -> Answer:
    """V01: "you can ignore the response body"."""
    return Answer({"version": "3.1314"})


def account(shop: Shop, call: Call) -> Answer:
    opened = iso(call.now - 400 * DAY)
    return Answer({
        "applicable_taxes": [], "approval_delay": 3600, "approval_rate": 1, "banner": None, "billing_info": {},
        "channels": [code for code, _ in CHANNELS],
        "contact_informations": {
            "city": "İstanbul", "civility": "Mr", "country": "TUR", "email": "magaza@example.com", "firstname": "Çağrı", "lastname": "Öztürk",
            "phone": "+905550000000", "street1": "Depo Sk. No:1", "zip_code": "34710",
        },
        "currency_iso_code": CURRENCY, "date_created": opened,
        "default_billing_information": {
            "default_language": "tr_TR", "id": "a83c1170-f8cb-45a1-8a4a-affe809d6c64",
            "registration_address": {
                "city": "İstanbul", "country_iso_code": "TUR", "street_1": "Depo Sk. No:1", "street_2": None, "zip_code": "34710",
            },
        },
        "description": "Ev eşyası", "domains": ["PRODUCT"], "evaluations_count": 0, "free_shipping": False, "grade": None,
        "is_professional": True, "kyc": {"reason": None, "status": "APPROVED"}, "last_updated_date": opened, "model": "MARKETPLACE",
        "offers_count": sum(not one.inactive(call.now) for one in shop.offers.values()),
        "orders_count": sum(one.debited is not None for one in shop.orders.values()),
        "payment_details": {
            "paid_balance": number(0), "payable_balance": number(0), "pending_balance": number(sum(one.total for one in shop.orders.values())),
        },
        "payment_method_mandatory": False, "premium": False, "pro_details": {}, "shipping": {"lead_time_to_ship": 2}, "shipping_country": "TUR",
        "shipping_types": ["STD"], "shipping_zones": ["TR"], "shop_additional_fields": [], "shop_id": SHOP_ID, "shop_name": SHOP_NAME,
        "shop_state": "OPEN",
    })  # fmt: skip


def channels(shop: Shop, call: Call) -> Answer:
    return Answer({"channels": [{"code": code, "description": label, "label": label} for code, label in CHANNELS]})


def carriers(shop: Shop, call: Call) -> Answer:
    """SH21, by label."""
    rows = [
        {"code": code, "label": label, "standard_code": standard, "tracking_url": url}
        for code, label, standard, url in sorted(CARRIERS, key=lambda one: one[1])
    ]
    return Answer({"carriers": rows})


def _translated(text: str) -> list[dict[str, str]]:
    return [{"locale": "tr_TR", "value": text}]


def hierarchies(shop: Shop, call: Call) -> Answer:
    """H11: one root and its leaves. The root has no parent; the document calls the field required, so it is empty."""
    rows: list[dict[str, Any]] = [
        {"code": "EV", "label": "Ev", "label_translations": _translated("Ev"), "level": 1, "parent_code": ""}
    ]
    for code, label in CATEGORIES:
        rows.append({
            "code": code, "label": label, "label_translations": _translated(label), "level": 2, "parent_code": "EV",
        })  # fmt: skip
    wanted = call.args.get("hierarchy")
    if wanted is not None:
        rows = [row for row in rows if wanted in (row["code"], row["parent_code"])]
    return Answer({"hierarchies": rows})


def attributes(shop: Shop, call: Call) -> Answer:
    """PM11: three attributes for every category."""
    rows = [
        {
            "code": code, "description": None, "description_translations": [], "hierarchy_code": None, "label": label,
            "label_translations": _translated(label), "required": level == "REQUIRED", "requirement_level": level,
            "roles": [{"parameters": [], "type": role}] if role else [], "type": "TEXT", "type_parameter": "", "type_parameters": [],
            "variant": code == "renk",
        }
        for code, label, level, role in (
            ("ean", "Barkod", "REQUIRED", "UNIQUE_IDENTIFIER"), ("ad", "Ürün adı", "REQUIRED", "TITLE"), ("renk", "Renk", "OPTIONAL", ""),
        )
        if role or not call.args.get("with_roles")
    ]  # fmt: skip
    return Answer({"attributes": rows})


def products(shop: Shop, call: Call) -> Answer:
    """P31: the operator's products by `EAN|869…`, at most 100 references."""
    if ("product_references" in call.args) == ("products" in call.args):
        raise bad("Parameter [product_references] is required")
    asked = [one.partition("|")[::2] for one in call.args.get("product_references", [])]
    asked += [one.partition("|")[::-2] for one in call.args.get("products", [])]
    if any(kind in ("SHOP_SKU", "SKU") or not key for kind, key in asked):
        raise bad("A reference is written as type|value, its type is one of the operator's")
    eans = {key for kind, key in asked if kind == "EAN"}
    rows = [
        {
            "category_code": one.category[0], "category_label": one.category[1], "product_id": one.ean, "product_id_type": "EAN",
            "product_sku": one.sku, "product_title": one.title,
        }
        for one in sorted(shop.products.values(), key=lambda one: one.sku)
        if one.ean in eans
    ]  # fmt: skip
    return Answer({"products": rows, "total_count": len(rows)})
