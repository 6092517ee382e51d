"""What DHL Express says no with: problem+json with a number before its sentence, and the gateway's own words. Pure.

Must never take an error that we do not know for "no such shipment". Source of the facts: specs/dhl-express (examples of errors);
reference/cargo.md, "## DHL Express (MyDHL API)", errors.
"""

from __future__ import annotations

import re

import msgspec

from app.contracts import Message
from app.kit import Reply, http_errors, looks_like_html
from app.model import clean, fold

#: Number before the sentence → (standard code, field).
ERRORS: dict[str, tuple[str, str]] = {
    "998": ("item.refused", "ship_date"),
    "999": ("server.error", ""),
    "1504": ("item.not_found", ""),  # no document images
    "7008": ("item.refused", "service"),  # a service that is not sold on this way
    "8003": ("auth.forbidden", "account_number"),  # account not allowed for this service
}
#: Folded words of a sentence → (standard code, field), the first that fits.
_WORDS: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(words), code, field)
    for words, code, field in (
        (r"\bip( address)?\b", "auth.ip_not_allowed", ""),
        (r"account.*\b(closed|inactive|not active|blocked|suspended|terminated)\b", "auth.suspended", ""),
        (r"account.*\b(not found|invalid|not valid|unknown)\b|invalid account", "config.field", "account_number"),
        (r"account.*\bnot allowed\b", "auth.forbidden", "account_number"),
        (r"postal ?code|postcode|zip code", "address.refused", "postcode"),
        (r"city ?name|\bcity\b|\bsuburb\b", "address.refused", "city"),
        (r"county", "address.refused", "district"),
        (r"country ?code|\bcountry\b", "address.refused", "country"),
        (r"phone", "address.refused", "phone"),
        (r"address ?line|street", "address.refused", "street"),
        (r"full ?name|company ?name", "address.refused", "name"),
        (r"email", "item.refused", "email"),
        (r"weight", "item.refused", "weight"),
        (r"dimension|\blength\b|\bwidth\b|\bheight\b", "item.refused", "parcels"),
        (r"product", "item.refused", "service"),
        (r"ship ?(time|ping) ?(stamp|date)|pick-?up date|date", "item.refused", "ship_date"),
    )
)
_NUMBER = re.compile(r"\s*(\d{2,5}):\s*(.*)", re.DOTALL)
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_MOST = 65_536


class _Reason(msgspec.Struct):
    msg: str = ""


class _Problem(msgspec.Struct, rename="camel"):
    detail: str = ""
    title: str = ""
    message: str = ""
    status: str | int = ""
    additional_details: list[str] = []
    reasons: list[_Reason] = []  # the gateway's, for a wrong user


def dhl_errors(reply: Reply) -> Message | None:
    """By the number, then by the words, then by the status. Raises msgspec.DecodeError for a body that is none of the shapes: then
    the status speaks – but never as "there is none"."""
    wrong = http_errors(reply)
    if wrong is None or reply.status < 400 or looks_like_html(reply):
        return wrong
    try:
        found = msgspec.json.decode(reply.body[:_MOST], type=_Problem)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if reply.status != 404:
            raise
        # Half an answer is no word of its own, and anything else is another server's.
        half = reply.body.lstrip().startswith(b"{")
        return msgspec.structs.replace(wrong, code="answer.unreadable" if half else "config.wrong_url")
    reason = found.reasons[0].msg if found.reasons else ""
    told = next(
        (one for one in (found.detail, *found.additional_details, reason, found.message, found.title) if one.strip()),
        "",
    )
    if reply.status in (400, 422) and found.additional_details:
        told = f"{told} {found.additional_details[0]}" if found.additional_details[0] not in told else told
    matched = _NUMBER.fullmatch(told)
    number, sentence = matched.groups() if matched is not None else ("", told)
    standard, field = _standard(reply, wrong, number, fold(sentence))
    return _message(wrong, standard, field, number, clean(sentence, 300))


def _standard(reply: Reply, wrong: Message, number: str, words: str) -> tuple[str, str]:
    if wrong.code == "rate.limited":
        return wrong.code, ""
    if reply.status == 404:
        # What DHL does not have it says in a sentence; a path that is not there is told by the gateway.
        return ("item.not_found", "") if "found" in words and "path" not in words else ("config.wrong_url", "")
    if reply.status == 403 and _ADDRESS.search(words):
        return "auth.ip_not_allowed", ""
    for known, code, field in _WORDS[:2]:
        if known.search(words):
            return code, field
    if number in ERRORS:
        return ERRORS[number]
    if reply.status == 401:
        return "auth.refused", "password"
    if reply.status in (400, 409, 422):
        for known, code, field in _WORDS[2:]:
            if known.search(words):
                return code, field
        return "item.refused", ""
    return wrong.code, ""


def _message(wrong: Message, standard: str, field: str, number: str, text: str) -> Message:
    params = {"field": field} if field else {}
    if standard == "config.field":
        params |= {"why": "pattern", "example": "123456789"}
    elif standard == "auth.ip_not_allowed":
        address = _ADDRESS.search(text)
        params = {"address": address[0]} if address else {}
    return msgspec.structs.replace(
        wrong, code=standard, params=params, vendor_code=number or wrong.vendor_code, vendor_text=text or wrong.vendor_text,
        field=field,
    )  # fmt: skip


def is_unknown(wrong: Message) -> bool:
    """DHL says that it has no such shipment; every other 404 says nothing."""
    return wrong.code == "item.not_found" and wrong.status == 404
