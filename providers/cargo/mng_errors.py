"""What DHL eCommerce Türkiye (MNG Kargo) says no with: its own errors, its gateway's, and ProblemDetails. Pure.

Must never take an error that we do not know for "no such order": the caller would create it a second time.
Source of the facts: reference/cargo.md, "## MNG Kargo (DHL eCommerce Türkiye)", errors.
"""

from __future__ import annotations

import re

import msgspec

from app.contracts import Message
from app.kit import Reply, http_errors, looks_like_html
from app.model import clean, fold

NO_BRANCH_YET = "20001"
#: Vendor code → (standard code, field).
ERRORS: dict[str, tuple[str, str]] = {
    NO_BRANCH_YET: ("item.refused", "district"),
    "20013": ("auth.refused", "client_id"),  # keys of the other environment, told as HTTP 500
    "26056": ("address.refused", "tax_number"),
}
#: What is asked for by each operation, by the name of its product at the portal.
PRODUCTS = {
    "token": "Identity", "create": "Standard Command", "cancel": "Standard Command", "find": "Standard Query",
    "track": "Standard Query", "probe": "Standard Query", "label": "Barcode Command", "cancel_label": "Barcode Command",
    "places": "CBS Info",
}  # fmt: skip
_IP = re.compile(r"\bip\b")
_NOTHING = msgspec.Raw(b"null")


class _Error(msgspec.Struct):
    """Some answers spell the names with capitals."""

    code: msgspec.Raw = _NOTHING
    message: msgspec.Raw = _NOTHING
    description: msgspec.Raw = _NOTHING
    code2: msgspec.Raw = msgspec.field(name="Code", default=_NOTHING)
    message2: msgspec.Raw = msgspec.field(name="Message", default=_NOTHING)
    description2: msgspec.Raw = msgspec.field(name="Description", default=_NOTHING)


class _Trouble(msgspec.Struct, rename="camel"):
    """The API's own error, the gateway's, or ProblemDetails."""

    error: _Error | None = None
    http_message: msgspec.Raw = _NOTHING
    more_information: msgspec.Raw = _NOTHING
    title: msgspec.Raw = _NOTHING
    detail: msgspec.Raw = _NOTHING


def said(raw: msgspec.Raw) -> str:
    """A plain value as text, without the spaces round it; '' for none, and for an object or a list where a value was due."""
    return exact(raw).strip()


def exact(raw: msgspec.Raw) -> str:
    """The same with its spaces."""
    text = bytes(raw).decode("utf-8", "replace").strip()
    if text.startswith('"'):
        return str(msgspec.json.decode(text.encode()))
    return "" if text in ("null", "") or text[0] in "[{" else text


def mng_errors(reply: Reply) -> Message | None:
    """By the vendor's code first: refusals for what the merchant can mend come with any status, 500 among them. Raises
    msgspec.DecodeError for a body that is none of the three shapes: then the status speaks."""
    wrong = http_errors(reply)
    if wrong is None or reply.status < 400 or looks_like_html(reply) or not reply.body.strip():
        return wrong
    try:
        found = msgspec.json.decode(reply.body, type=_Trouble)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if reply.status != 404:
            raise
        # "There is none" is what the API says itself: half an answer is no word of its own.
        return Message("answer.unreadable", status=reply.status)
    error = found.error or _Error()
    code = said(error.code) or said(error.code2)
    text = _first(error.description, error.description2, error.message, error.message2, found.more_information, found.detail, found.http_message, found.title)  # fmt: skip
    standard, field = ERRORS.get(code, ("", ""))
    return _message(reply, wrong, standard or _by_words(reply, wrong, code, fold(text)), code, text, field)


def _by_words(reply: Reply, wrong: Message, code: str, words: str) -> str:
    if wrong.code == "rate.limited":
        return wrong.code
    if _IP.search(words):
        return "auth.ip_not_allowed"
    if "hesab" in words and "kapali" in words:
        return "auth.suspended"
    if reply.status in (401, 403) and "subscription" in words:
        return "auth.forbidden"
    if reply.status == 404:
        # A record that is not there is told by the API itself; the gateway tells of paths that are not.
        return "item.not_found" if code else "config.wrong_url"
    if reply.status in (400, 409, 422) and code:
        return "item.refused"
    return wrong.code


def _message(reply: Reply, wrong: Message, standard: str, code: str, text: str, field: str) -> Message:
    params = {"field": field} if field else {}
    if standard == "auth.forbidden":
        field = "client_id"
        params = {"product": PRODUCTS.get(reply.operation, reply.operation)}
    elif standard == "auth.refused" and reply.operation == "token" and not field:
        field = "password" if code else "client_secret"  # the gateway speaks of its own keys, the API of the customer
    text = clean(text, 300) or wrong.vendor_text
    return msgspec.structs.replace(wrong, code=standard, params=params, vendor_code=code or wrong.vendor_code, vendor_text=text, field=field)  # fmt: skip


def _first(*raws: msgspec.Raw) -> str:
    return next((text for text in map(said, raws) if text), "")


def is_answer(status: int, body: bytes) -> bool:
    """Whether an HTTP 500 is the API's own word about a key or a parcel, and no breakdown."""
    if status != 500 or len(body) > 65_536:
        return False
    reply = Reply(status, {}, body)
    try:
        wrong = mng_errors(reply)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return wrong is not None and not wrong.code.startswith("server.")


def is_unknown(wrong: Message) -> bool:
    """The carrier says that it has no such record; every other 404 says nothing."""
    return wrong.code == "item.not_found" and wrong.vendor_code not in ("", "404")


def is_refusal(wrong: Message) -> bool:
    """Of these data, as opposed to the key or the way."""
    return wrong.code in ("item.refused", "address.refused", "request.refused", "item.conflict")
