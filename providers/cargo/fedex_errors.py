"""What FedEx says no with: its dotted codes, else its words. Pure.

Must never take an error that we do not know for "no such shipment": the caller would create it a second time.
Source of the facts: specs/fedex/*.json; reference/cargo.md, "## FedEx", errors.
"""

from __future__ import annotations

import re

import msgspec

from app.contracts import Message
from app.kit import Reply, http_errors, looks_like_html
from app.model import clean, fold

#: FedEx' code → (standard code, field).
ERRORS: dict[str, tuple[str, str]] = {
    "NOT.AUTHORIZED.ERROR": ("auth.refused", ""),
    "LOGIN.REAUTHENTICATE.ERROR": ("auth.refused", ""),
    "FORBIDDEN.ERROR": ("auth.forbidden", ""),
    "SHIPMENT.USER.UNAUTHORIZED": ("auth.forbidden", ""),
    "UNAUTHORIZED.USAGE": ("auth.forbidden", ""),
    "ACCOUNTNUMBER.REGISTRATION.REQUIRED": ("auth.refused", "account_number"),
    "ACCOUNT.NUMBER.MISMATCH": ("auth.refused", "account_number"),
    "NOT.FOUND.ERROR": ("config.wrong_url", ""),
    "INTERNAL.SERVER.ERROR": ("server.error", ""),
    "SERVICE.UNAVAILABLE.ERROR": ("server.unavailable", ""),
}
#: Projects, by the name of what must be switched on for them at developer.fedex.com.
PRODUCTS = {"create": "Ship API", "cancel": "Ship API", "track": "Track API", "find": "Track API", "probe": "Track API", "rates": "Rates API"}  # fmt: skip
#: Parts of a code (or folded words of its text) and the field that they are about, the first that fits.
_FIELDS = (
    ("POSTALCODE", "postcode"), ("POSTAL", "postcode"), ("STATEORPROVINCE", "state"), ("STATE", "state"), ("CITY", "city"),
    ("STREET", "street"), ("PHONE", "phone"), ("PERSONNAME", "name"), ("CONTACTNAME", "name"), ("COMPANYNAME", "company"),
    ("COUNTRY", "country"), ("ADDRESS", "street"),
)  # fmt: skip
_GOODS = (
    ("WEIGHT", "parcels"), ("DIMENSION", "parcels"), ("PACKAGECOUNT", "parcels"), ("CUSTOMSVALUE", "declared_value"), ("COMMODIT", "declared_value"),
    ("HARMONIZED", "hs_code"), ("SERVICE", "service"), ("CURRENCY", "currency"), ("REFERENCE", "reference"),
)  # fmt: skip
_SENDERS = {"street": "sender_street", "city": "sender_city", "postcode": "sender_postcode", "phone": "sender_phone", "name": "sender_name", "company": "sender_company", "country": "sender_country"}  # fmt: skip
_IP = re.compile(r"\bip\b|\b\d{1,3}(?:\.\d{1,3}){3}\b")  # the word, or an address
_CLOSED = ("closed", "inactive", "suspended", "not active", "deactivated", "kapali", "pasif")
_MOST_ERROR = 65_536


class Problem(msgspec.Struct):
    """One of FedEx' complaints, of a whole answer or of one piece inside."""

    code: str = ""
    message: str = ""


class _Refusal(msgspec.Struct):
    errors: list[Problem]


# -- errors --------------------------------------------------------------------------------------------------------------
def fedex_errors(reply: Reply) -> Message | None:
    """By FedEx' dotted code, else by its words. Of a body that is none of its errors the status speaks; a 404 without one of them says
    nothing about a shipment."""
    wrong = http_errors(reply)
    if wrong is None or reply.status < 400 or looks_like_html(reply):
        return wrong
    told = _told(reply)
    if told is None:
        if reply.status != 404:
            return wrong
        return msgspec.structs.replace(wrong, code="config.wrong_url" if _is_whole(reply.body) else "answer.unreadable")
    return message_of(reply.operation, told, wrong)


def _is_whole(body: bytes) -> bool:
    """Nothing, or JSON of whatever kind: no half of an answer."""
    try:
        msgspec.json.decode(body or b"null", type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _told(reply: Reply) -> Problem | None:
    if len(reply.body) > _MOST_ERROR:
        return None
    try:
        rows = msgspec.json.decode(reply.body, type=_Refusal).errors
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return rows[0] if rows else None


def message_of(operation: str, told: Problem, wrong: Message) -> Message:
    code, text = clean(told.code, 80), clean(told.message, 300)
    standard, field = _standard(operation, code, fold(text), wrong)
    params = {"field": field} if field else {}
    if standard == "auth.forbidden":
        params["product"] = PRODUCTS.get(operation, operation)
    return msgspec.structs.replace(wrong, code=standard, params=params, vendor_code=code or wrong.vendor_code, vendor_text=text, field=field)  # fmt: skip


def _standard(operation: str, code: str, words: str, wrong: Message) -> tuple[str, str]:
    if wrong.code == "rate.limited":
        return wrong.code, ""
    if _IP.search(words):
        return "auth.ip_not_allowed", ""
    if "account" in words and any(one in words for one in _CLOSED):
        return "auth.suspended", ""
    if code in ERRORS:
        return ERRORS[code]
    if _says_none(code):
        return "item.not_found", ""
    if wrong.status >= 500 or wrong.status in (401, 403):
        return wrong.code, ""
    if code.startswith(("ACCOUNTNUMBER.", "ACCOUNT.")):
        return "auth.refused", "account_number"
    if operation == "cancel":
        return "item.conflict", ""
    if operation not in ("create", "rates"):
        return "request.refused", ""
    return _refused_field(code.upper(), words)


def _refused_field(code: str, words: str) -> tuple[str, str]:
    """By the code, and where it names nothing by the text."""
    plain = words.upper().replace(" ", "")
    for text in (code.replace(".", ""), plain):
        field = next((field for part, field in _FIELDS if part in text), "")
        goods = next((field for part, field in _GOODS if part in text), "")
        if field and ("SHIPPER" in text or "ORIGIN" in text) and field in _SENDERS:
            return "config.field", _SENDERS[field]
        if field and not goods:
            return "address.refused", field
        if goods:
            return "item.refused", goods
    return "item.refused", ""


def _says_none(code: str) -> bool:
    """TRACKING.TRACKINGNUMBER.NOTFOUND, TRACKING.DATA.NOTFOUND and their sisters."""
    return code.startswith("TRACKING.") and code.endswith("NOTFOUND")


def is_unknown(wrong: Message) -> bool:
    """FedEx says that it has no such record."""
    return wrong.code == "item.not_found"
