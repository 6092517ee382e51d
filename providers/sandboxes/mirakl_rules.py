"""What a request to a Mirakl instance may hold, in our own words: query parameters and bodies of each operation, and its pace.

Source: the seller OpenAPI document and mirakl-rate-limits.yml (both August 2026). STRICTER THAN THE VENDOR: unknown parameters and
unknown body fields are refused with 400 here, where the platform probably ignores them; a misspelt filter must not pass unseen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from providers.sandboxes.exact import is_int
from providers.sandboxes.mirakl_wire import Fault, Refusal, bad, instant, is_number

ORDER_STATES = (
    "STAGING", "WAITING_ACCEPTANCE", "WAITING_DEBIT", "WAITING_DEBIT_PAYMENT", "SHIPPING", "SHIPPED", "TO_COLLECT", "RECEIVED",
    "CLOSED", "REFUSED", "CANCELED",
)  # fmt: skip
WORKFLOWS = ("PAY_ON_ACCEPTANCE", "PAY_ON_DELIVERY", "PAY_ON_DUE_DATE", "PAY_ON_SHIPMENT", "NO_CUSTOMER_PAYMENT_CONFIRMATION")  # fmt: skip
RETURN_STATES = ("WAITING_ACCEPTANCE", "IN_PROGRESS", "REFUSED", "RECEIVED", "NO_RECEPTION", "CLOSED", "CANCELED")
REJECTIONS = ("RETURN_REJECTION_NOT_ELIGIBLE", "RETURN_REJECTION_NOT_NEEDED", "RETURN_REJECTION_WINDOW_CLOSED")
ENTITIES = ("MMP_ORDER", "MMP_OFFER", "MPS_ORDER", "MPS_SERVICE", "SELLER_OPERATOR")
RECIPIENTS = ("OPERATOR", "SHOP", "CUSTOMER")
TAX_MODES = ("TAX_INCLUDED", "TAX_EXCLUDED")
IMPORT_STATES = ("WAITING_SYNCHRONIZATION_PRODUCT", "WAITING", "RUNNING", "COMPLETE", "FAILED")
_ORIGINS = ("API", "FTP", "SFTP", "HTTP", "HTTPS", "FRONT", "PENDING_OFFERS")
_PAYMENTS = ("PENDING", "PAYABLE", "PAID", "NOT_APPLICABLE", "RESERVE")

#: word · int · flag · when (ISO instant) · words (comma list of at most 100) · many (repeatable) · a tuple: one of these ·
#: a tuple in a list: repeatable, each one of these · a tuple in a set: comma list, each one of these.
Kind = str | tuple[str, ...] | list[tuple[str, ...]] | frozenset[str]
_OFFSET: dict[str, Kind] = {"offset": "int", "max": "int", "order": ("asc", "desc")}
_SEEK: dict[str, Kind] = {"limit": "int", "page_token": "word", "order": ("asc", "desc")}
PARAMS: dict[str, dict[str, Kind]] = {
    "OR11": {
        "order_ids": "words", "order_references_for_customer": "words", "order_references_for_seller": "words",
        "order_state_codes": frozenset(ORDER_STATES), "channel_codes": "words", "only_null_channel": "flag", "start_date": "when",
        "end_date": "when", "start_update_date": "when", "end_update_date": "when", "customer_debited": "flag",
        "payment_workflow": WORKFLOWS, "has_incident": "flag", "fulfillment_center_code": "many", "order_tax_mode": TAX_MODES,
        "paginate": "flag", "sort": ("dateCreated",), **_OFFSET,
    },
    "OR72": {"order_ids": "words"},
    "OR73": {"order_ids": "words", "document_ids": "words", "document_codes": "words"},
    "DO01": {"entities": "words"},
    "OF21": {
        "offer_state_codes": "words", "sku": "word", "product_id": "word", "favorite": "flag", "pricing_channel_code": "word",
        "pricing_customer_organization_id": "word", "sort": ("totalPrice", "price", "productTitle"), **_OFFSET,
    },
    "OF22": {"pricing_channel_code": "word", "pricing_customer_organization_id": "word"},
    "OF61": {"active": "flag"},
    "PRI02": {
        "import_id": "many", "start_date": "when", "end_date": "when", "status": IMPORT_STATES[1:], "origins": [_ORIGINS],
        "sort": ("dateCreated",), **_SEEK,
    },
    "RT11": {
        "return_id": "many", "return_state": [RETURN_STATES], "return_creation_date_from": "when", "return_creation_date_to": "when",
        "return_last_updated_from": "when", "return_last_updated_to": "when", "order_commercial_id": "many", "order_line_id": "many",
        "return_rma": "many", "customer_id": "many", "sort": ("date_created",), **_SEEK,
    },
    "M11": {
        "entity_type": ENTITIES, "entity_id": "words", "updated_since": "when", "with_messages": "flag", "channel_codes": "words",
        **_SEEK,
    },
    "TL02": {
        "date_created_from": "when", "date_created_to": "when", "transaction_date_from": "when", "transaction_date_to": "when",
        "last_updated_from": "when", "payment_state": [_PAYMENTS], "transaction_type": "many", "accounting_document_number": "word",
        "order_id": "many", "order_line_id": "many", "seller_billing_cycle_id": "many", "sort": ("dateCreated", "lastUpdated"), **_SEEK,
    },
    "H11": {"hierarchy": "word", "max_level": "int"},
    "PM11": {"hierarchy": "word", "max_level": "int", "all_operator_attributes": "flag", "with_roles": "flag"},
    "P31": {"product_references": "words", "products": "words"},
}  # fmt: skip
_EVERYWHERE: dict[str, Kind] = {"shop_id": "int", "locale": "word"}


def read_query(operation: str, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The checked parameters by name; 400 for an unknown one, a repeated single one or a value of the wrong type."""
    known = {**PARAMS.get(operation, {}), **_EVERYWHERE}
    found: dict[str, Any] = {}
    for name, text in pairs:
        kind = known.get(name)
        if kind is None:
            raise bad(f"Unknown parameter [{name}]")
        value = _value(name, kind, text)
        if kind == "many" or isinstance(kind, list):
            found.setdefault(name, []).append(value)
        elif name in found:
            raise bad(f"Parameter [{name}] was given twice")
        else:
            found[name] = value
    if found.get("max", 1) not in range(1, 101):
        raise bad("max must be between 1 and 100")
    if found.get("offset", 0) < 0 or found.get("limit", 1) < 1:
        raise bad("offset and limit must not be negative")
    return found


def _value(name: str, kind: Kind, text: str) -> Any:
    wrong = bad(f"Invalid value [{text}] for parameter [{name}]")
    if isinstance(kind, frozenset):
        words = [one.strip() for one in text.split(",")]
        if not set(words) <= kind:
            raise wrong
        return words
    if isinstance(kind, tuple | list):
        allowed = kind if isinstance(kind, tuple) else kind[0]
        if text not in allowed:
            raise wrong
    elif kind == "int":
        if not re.fullmatch(r"-?\d{1,18}", text, re.ASCII):
            raise wrong
        return int(text)
    elif kind == "flag":
        if text not in ("true", "false"):
            raise wrong
        return text == "true"
    elif kind == "when":
        at = instant(text)
        if at is None:
            raise wrong
        return at
    elif kind == "words":
        words = [one.strip() for one in text.split(",") if one.strip()]
        if not words or len(words) > 100:
            raise bad(f"Parameter [{name}] takes 1 to 100 values")
        return words
    elif not text:
        raise wrong
    return text


# -- bodies ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Text:
    """A string of `least` to `most` characters."""

    least: int = 0
    most: int = 2**31 - 1


@dataclass(frozen=True)
class Many:
    """A list of `least` to `most` items."""

    item: Any
    least: int = 0
    most: int = 2**31 - 1


#: In an object a name that ends with `!` is required. A shape is a type word, a Text, a tuple of allowed strings, a Many or
#: an object of shapes.
_UUID = Text(0, 36)
_TAXES = Many({"code": "text", "amount": "number"})
_FEES = Many({"code": "text", "amount": "number"})
_FIELDS = Many({"code!": "text", "type": "text", "value": "any"})
_IDS = {"returns!": Many({"id!": _UUID}, 1, 100)}
_VOLUME = Many({"quantity_threshold!": "int", "unit_origin_price!": "number", "unit_discount_price": "number"})
_OFFER = {
    "shop_sku!": "text", "product_id!": "text", "product_id_type!": "text", "state_code!": "text", "price!": "number",
    "update_delete!": ("", "update", "delete"), "quantity": "int", "description": "text", "internal_description": "text",
    "price_additional_info": "text", "leadtime_to_ship": "int", "logistic_class": "text", "min_quantity_alert": "int",
    "min_order_quantity": "int", "max_order_quantity": "int", "package_quantity": "int", "available_started": "text",
    "available_ended": "text", "allow_quote_requests": "flag", "product_tax_code": "text", "pricing_unit": "text", "msrp": "number",
    "discount": {
        "price": "number", "start_date": "text", "end_date": "text",
        "ranges": Many({"price!": "number", "quantity_threshold!": "int"}),
    },
    "all_prices": Many({
        "channel_code": "text", "unit_origin_price": "number", "unit_discount_price": "number", "discount_start_date": "text",
        "discount_end_date": "text", "volume_prices": _VOLUME,
    }),
    "offer_additional_fields": _FIELDS,
}  # fmt: skip
_LINE_AMOUNT = {
    "order_line_id!": "text", "amount!": "number", "shipping_amount!": "number", "reason_code!": "text", "currency_iso_code": "text",
    "taxes": _TAXES, "shipping_taxes": _TAXES, "fees": _FEES,
}  # fmt: skip
BODIES: dict[str, Any] = {
    "OR21": {"order_lines!": Many({"id!": "text", "accepted!": "flag"}, 1)},
    "OR23": {
        "carrier_code": "text", "carrier_name": "text", "carrier_standard_code": "text", "carrier_url": "text",
        "tracking_number": "text",
    },
    "OR28": {
        "order_tax_mode": TAX_MODES,
        "refunds!": Many({**_LINE_AMOUNT, "quantity": "int", "excluded_from_shipment": "flag"}, 1),
    },
    "OR30": {"order_tax_mode": TAX_MODES, "cancelations!": Many({**_LINE_AMOUNT, "quantity!": "int"}, 1)},
    "OR43": {
        "body!": Text(3, 50_000), "to!": Many(RECIPIENTS, 1),
        "topic!": {"type!": ("FREE_TEXT", "REASON_CODE"), "value!": "text"},
    },
    "OR74": {
        "order_documents!": Many(
            {"file_name!": "text", "type_code!": "text", "entity": {"id!": "text", "type!": ("RETURN",)}}, 1, 50
        ),
    },
    "OF24": {"offers!": Many(_OFFER, 1)},
    "RT21": {"returns!": Many({"id!": "text", "accepted!": "flag", "rejection_reason_code": REJECTIONS}, 1, 100)},
    "RT25": _IDS, "RT27": _IDS, "RT29": _IDS,
    "RT26": {
        "returns!": Many({
            "id!": "text",
            "return_lines!": Many({
                "order_line_id!": "text", "compliant!": "flag", "non_compliance_reason_code": "text",
                "non_compliance_additional_info": Text(0, 2000),
            }, 1, 200),
        }, 1, 100),
    },
    "M12": {
        "body!": Text(3, 50_000), "to!": Many({"type!": RECIPIENTS, "id": "text"}, 1),
        "topic": {"type": ("FREE_TEXT", "REASON_CODE"), "value": "text"},
    },
}  # fmt: skip


def check_body(operation: str, data: Any) -> dict[str, Any]:
    """The body without its nulls, which stand for 'not given'; 400 with every complaint at once."""
    faults: list[Fault] = []
    clean = _cleaned(data, BODIES[operation], "", faults)
    if faults:
        raise Refusal(400, faults[0].message, faults)
    checked: dict[str, Any] = clean
    return checked


def _cleaned(value: Any, shape: Any, where: str, faults: list[Fault]) -> Any:
    def wrong(message: str) -> None:
        faults.append(Fault("VALIDATION_ERROR", message, where))

    if isinstance(shape, Mapping):
        if isinstance(value, dict):
            return _object(value, shape, where, faults)
        wrong("must be an object")
    elif isinstance(shape, Many):
        if not isinstance(value, list):
            wrong("must be an array")
        elif not shape.least <= len(value) <= shape.most:
            wrong(f"size must be between {shape.least} and {shape.most}")
        else:
            return [_cleaned(one, shape.item, f"{where}[{n}]", faults) for n, one in enumerate(value)]
    elif isinstance(shape, Text):
        if not isinstance(value, str) or not shape.least <= len(value) <= shape.most:
            wrong(f"size must be between {shape.least} and {shape.most}")
    elif isinstance(shape, tuple):
        if value not in shape:
            wrong(f"must be one of {', '.join(shape)}")
    elif not _is(value, shape):
        wrong(f"must be a {shape}")
    return value


def _object(value: dict[str, Any], shape: Mapping[str, Any], where: str, faults: list[Fault]) -> dict[str, Any]:
    shapes = {name.removesuffix("!"): inner for name, inner in shape.items()}
    given = {name: one for name, one in value.items() if one is not None}
    at = f"{where}." if where else ""
    unknown = [name for name in given if name not in shapes]
    absent = [name[:-1] for name in shape if name.endswith("!") and name[:-1] not in given]
    faults.extend(Fault("VALIDATION_ERROR", f"Unrecognized field [{name}]", at + name) for name in unknown)
    faults.extend(Fault("VALIDATION_ERROR", "must not be null", at + name) for name in absent)
    return {n: _cleaned(one, shapes[n], f"{at}{n}", faults) for n, one in given.items() if n in shapes}


def _is(value: Any, word: str) -> bool:
    if word == "text":
        return isinstance(value, str)
    if word == "flag":
        return isinstance(value, bool)
    if word == "int":
        return is_int(value)
    return word == "any" or is_number(value)


# -- pace --------------------------------------------------------------------------------------------------------------
#: Published "maximum usage" as (calls, seconds). How the platform enforces it is told nowhere: this fake refuses with 429 and
#: Retry-After once BURST calls more than the pace allows have come; TL02 alone has two hard windows.
DAILY, MINUTELY = (1, 86_400), (1, 60)
PACE: dict[str, tuple[int, int]] = {
    "A01": DAILY, "DO01": DAILY, "OF61": DAILY, "SH21": DAILY, "CH11": DAILY, "H11": (1, 3600), "PM11": (1, 3600), "OR11": MINUTELY,
    "OF24": MINUTELY, "OF01": MINUTELY, "OF02": MINUTELY, "OF03": MINUTELY, "STO01": MINUTELY, "STO02": (1, 15), "STO03": MINUTELY,
    "PRI01": MINUTELY, "PRI02": MINUTELY, "PRI03": MINUTELY, "RT11": (1, 300),
}  # fmt: skip
WINDOWS: dict[str, tuple[tuple[int, int], ...]] = {"TL02": ((20, 60), (60, 3600))}
BURST = 10
