"""What UPS says no with: its own codes, its words, and lists that may stand without brackets. Pure.

Must never take an error that we do not know for "no such shipment": the caller would create it a second time.
Source of the facts: specs/ups/*.yaml; reference/cargo.md, "## UPS (global REST)", errors.
"""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from app.contracts import Message
from app.kit import Reply, http_errors, looks_like_html
from app.model import clean, fold

W = TypeVar("W")
_NOTHING = msgspec.Raw(b"null")
#: UPS' code → (standard code, field). Only these are known from the reference; the words of the others are looked at.
ERRORS: dict[str, tuple[str, str]] = {
    "250002": ("auth.refused", "client_secret"),
    "250003": ("auth.refused", "client_id"),
    "10429": ("rate.limited", ""),
}
#: Folded words of a refusal and the field that they are about, the first that fits. Of the sender: a field of the connection.
_SENDER = (
    ("account", "account_number"), ("number", "account_number"), ("postal", "sender_postcode"), ("city", "sender_city"),
    ("phone", "sender_phone"), ("address", "sender_street"), ("name", "sender_name"),
)  # fmt: skip
_RECEIVER = (
    ("postal", "postcode"), ("state", "state"), ("province", "state"), ("city", "city"), ("phone", "phone"), ("country", "country"),
    ("address", "street"), ("attention", "name"), ("name", "name"), ("district", "district"),
)  # fmt: skip
_GOODS = (("weight", "parcels"), ("dimension", "parcels"), ("length", "parcels"), ("package", "parcels"), ("service", "service"), ("description", "content"), ("commodity", "hs_code"), ("invoice", "declared_value"))  # fmt: skip
_IP = re.compile(r"\bip\b|\b\d{1,3}(?:\.\d{1,3}){3}\b")  # the word, or an address
_CLOSED = ("closed", "inactive", "suspended", "not active", "deactivated", "kapali", "pasif")
_NONE = ("not found", "not be found", "no shipment", "no label", "no tracking information", "does not exist", "cannot be found", "unable to locate", "bulunamadi")  # fmt: skip
_VOIDED = ("already been voided", "already voided", "been cancelled", "been canceled", "previously voided")
_MOST_ERROR = 65_536


class _Problem(msgspec.Struct):
    code: str | int = ""
    message: str = ""


class _Problems(msgspec.Struct):
    errors: msgspec.Raw = _NOTHING


class _Refusal(msgspec.Struct):
    response: _Problems


def many_of(raw: msgspec.Raw, shape: type[W]) -> list[W]:
    """A list; a single one may stand without its brackets. Raises msgspec.DecodeError."""
    text = bytes(raw).strip()
    if text in (b"", b"null"):
        return []
    if text.startswith(b"["):
        found: list[W] = msgspec.json.decode(text, type=list[shape])  # type: ignore[valid-type]
        return found
    return [msgspec.json.decode(text, type=shape)]


# -- errors --------------------------------------------------------------------------------------------------------------
def ups_errors(reply: Reply) -> Message | None:
    """By UPS' own code, else by its words. Of a body that is none of its errors the status speaks; a 404 without one of them says
    nothing about a shipment."""
    wrong = http_errors(reply)
    if wrong is None or reply.status < 400 or looks_like_html(reply):
        return wrong
    told = _told(reply)
    if told is None:
        if reply.status != 404:
            return wrong
        return msgspec.structs.replace(wrong, code="config.wrong_url" if _is_whole(reply.body) else "answer.unreadable")
    code, text = clean(str(told.code), 40), clean(told.message, 300)
    standard, field = ERRORS.get(code, ("", ""))
    if not standard:
        standard, field = _by_words(reply, wrong, fold(text))
    if reply.operation == "token" and standard == "auth.refused":
        field = field or "client_secret"
    params = {"field": field} if field else {}
    return msgspec.structs.replace(
        wrong, code=standard, params=params, vendor_code=code or wrong.vendor_code, vendor_text=text, field=field
    )


def _is_whole(body: bytes) -> bool:
    """Nothing, or JSON of whatever kind: no half of an answer."""
    try:
        msgspec.json.decode(body or b"null", type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _told(reply: Reply) -> _Problem | None:
    if len(reply.body) > _MOST_ERROR:
        return None
    try:
        found = msgspec.json.decode(reply.body, type=_Refusal)
        rows = many_of(found.response.errors, _Problem)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return rows[0] if rows else None


def _by_words(reply: Reply, wrong: Message, words: str) -> tuple[str, str]:
    if wrong.code == "rate.limited" or reply.status >= 500:
        return wrong.code, ""
    if _IP.search(words):
        return "auth.ip_not_allowed", ""
    if "account" in words and any(one in words for one in _CLOSED):
        return "auth.suspended", ""
    if reply.status == 401:
        return "auth.refused", ""
    if "shipper" in words or "shipfrom" in words or "ship from" in words:
        field = next((field for word, field in _SENDER if word in words), "")
        return ("auth.refused", field) if field == "account_number" else ("config.field", field or "sender_street")
    if reply.status == 403 and "blocked merchant" in words:
        return "auth.suspended", ""
    if reply.status == 403:
        return "auth.forbidden", ""
    if reply.operation == "cancel":
        return ("item.not_found" if any(one in words for one in _NONE) else "item.conflict"), ""
    if reply.status == 404 or (reply.operation == "label" and any(one in words for one in _NONE)):
        return "item.not_found", ""
    if reply.operation not in ("create", "rates"):
        return "request.refused", ""
    field = next((field for word, field in _RECEIVER if word in words), "")
    goods = next((field for word, field in _GOODS if word in words), "")
    to = "shipto" in words or "ship to" in words or "consignee" in words or "destination" in words
    return ("address.refused", field) if field and (to or not goods) else ("item.refused", goods)


def is_unknown(wrong: Message) -> bool:
    """UPS says that it has no such record."""
    return wrong.code == "item.not_found"


def was_voided(wrong: Message) -> bool:
    """A refusal to void what is void already."""
    words = fold(wrong.vendor_text)
    return any(one in words for one in _VOIDED)
