"""What TNT ExpressConnect says no with: run-time and parse errors, its table of numbers, and the other services' own shapes. Pure.

Must never take an error that we do not know for "no such consignment". Source of the facts: TNT's guide Shipping v3.8, chapter 8.2
(numbers), Tracking V3.1, chapter 5; specs/tnt (XSDs); reference/cargo.md, "## TNT".
"""

from __future__ import annotations

import re

import msgspec

from app.contracts import Message
from app.kit import (
    Element,
    Reply,
    child,
    children,
    descendant,
    http_errors,
    local_name,
    looks_like_html,
    read_xml,
    text_of,
)
from app.model import clean, fold

#: First and last number of the shipping service → (standard code, field), the first that fits.
_RANGES: tuple[tuple[int, int, str, str], ...] = (
    (1, 2, "server.error", ""), (101, 102, "server.error", ""), (243, 243, "server.error", ""), (582, 584, "server.error", ""),
    (103, 106, "item.refused", "parcels"), (107, 107, "item.refused", "weight"), (118, 118, "item.refused", "payer"),
    (200, 200, "config.field", "username"), (201, 201, "config.field", "sender_company"), (202, 202, "config.field", "sender_street"),
    (203, 203, "config.field", "sender_city"), (204, 204, "config.field", "sender_postcode"), (205, 206, "config.field", "sender_country"),
    (207, 207, "config.field", "account_number"), (208, 208, "config.field", "sender_name"), (209, 212, "config.field", "sender_phone"),
    (213, 213, "config.field", "sender_city"), (214, 214, "config.field", "account_number"), (215, 226, "config.field", "sender_street"),
    (227, 227, "config.field", "account_number"), (228, 242, "item.refused", "ship_date"), (247, 247, "item.refused", "ship_date"),
    (300, 300, "item.refused", "reference"), (301, 301, "address.refused", "name"), (302, 302, "address.refused", "street"),
    (303, 303, "address.refused", "city"), (304, 304, "address.refused", "postcode"), (305, 306, "address.refused", "country"),
    (307, 307, "address.refused", "name"), (308, 311, "address.refused", "phone"), (312, 312, "address.refused", "city"),
    (325, 325, "item.refused", "service"), (329, 330, "config.field", "payer_account"), (331, 333, "item.refused", "parcels"),
    (334, 336, "item.refused", "weight"), (337, 339, "item.refused", "parcels"), (340, 342, "item.refused", "declared_value"),
    (400, 412, "item.refused", "parcels"), (413, 415, "item.refused", "weight"), (500, 512, "item.refused", "content"),
    (521, 521, "config.field", "sender_postcode"), (524, 524, "address.refused", "postcode"), (540, 542, "config.field", "sender_city"),
    (544, 544, "config.field", "sender_postcode"), (546, 550, "config.field", "sender_postcode"), (551, 551, "config.field", "sender_country"),
    (552, 552, "config.field", "sender_street"), (553, 553, "config.field", "sender_postcode"), (554, 556, "address.refused", "city"),
    (558, 558, "address.refused", "postcode"), (560, 564, "address.refused", "postcode"), (565, 565, "address.refused", "country"),
    (566, 566, "address.refused", "street"), (567, 567, "address.refused", "postcode"), (600, 600, "config.field", "sender_email"),
    (602, 602, "item.refused", "email"), (604, 604, "config.field", "account_number"), (605, 605, "config.field", "payer_account"),
    (618, 620, "config.field", "sender_street"), (621, 621, "config.field", "sender_postcode"),
)  # fmt: skip
#: Of the tracking service (four digits).
_TRACKING = {
    "0001": ("server.error", ""), "7001": ("config.field", "account_number"), "7002": ("config.field", "account_country"),
    "7004": ("config.field", "account_number"),
}  # fmt: skip
#: Folded words → (standard code, field), the first that fits: before the numbers, and after them.
_FIRST = (
    (re.compile(r"\bip( address)?\b"), "auth.ip_not_allowed", ""),
    (re.compile(r"account.*\b(closed|inactive|not active|blocked|suspended|terminated)\b"), "auth.suspended", ""),
    (re.compile(r"not allowed to use"), "auth.forbidden", ""),
    (re.compile(r"\blog ?in\b|password|user ?id|authenticat|credential"), "auth.refused", "password"),
)
_LAST = (
    (re.compile(r"account"), "config.field", "account_number"),
    (re.compile(r"post ?code"), "address.refused", "postcode"),
    (re.compile(r"\btown\b|\bcity\b"), "address.refused", "city"),
    (re.compile(r"country"), "address.refused", "country"),
    (re.compile(r"weight"), "item.refused", "weight"),
    (re.compile(r"has failed|not available|system error|try again"), "server.error", ""),
)
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_SPEAKS = (b"error", b"Error", b"ERROR", b"brokenRule")


def tnt_errors(reply: Reply) -> Message | None:
    """What is wrong with the whole answer. Errors in the result of a shipment are read with it: part of it may be done."""
    wrong = http_errors(reply)
    barred = _ADDRESS.search(reply.body[:4000].decode("utf-8", "replace")) if reply.status == 403 else None
    if barred is not None:
        return Message("auth.ip_not_allowed", {"address": barred[0]}, "403", barred[0], 403)
    if reply.status == 401:
        return Message(
            "auth.refused", {"field": "password"}, "401", wrong.vendor_text if wrong else "", 401, "password"
        )
    if looks_like_html(reply) or not any(mark in reply.body for mark in _SPEAKS):
        return wrong
    if not reply.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return wrong
    if wrong is not None and wrong.status == 429:
        return wrong
    found = _spoken(read_xml(reply))
    if found is None:
        return wrong
    return msgspec.structs.replace(found, status=reply.status)


def _spoken(root: Element) -> Message | None:
    name = local_name(root)
    for kind in ("runtime_error", "parse_error"):  # of the shipping service
        one = root if name == kind else child(root, kind)
        if one is not None:
            text = f"{text_of(one, 'error_reason')} {text_of(one, 'error_srcText')}".strip()
            return of_words("", text, "server.error" if kind == "runtime_error" else "request.refused")
    if name in ("TrackResponse", "TrackRequest"):
        one = child(root, "Error")
        return of_number(text_of(one, "Code"), text_of(one, "Message")) if one is not None else None
    if name == "document" and child(root, "CREATE") is None and child(root, "priceResponse") is None:
        return _pricing(child(root, "errors"))
    if name in ("labelResponse", "errors"):
        return _label(root)
    return None


def _pricing(errors: Element | None) -> Message | None:
    if errors is None:
        return None
    rules = [one for one in children(errors, "brokenRule") if text_of(one, "messageType") in ("", "E")]
    told = next((one for one in rules if text_of(one, "description") or text_of(one, "code")), None)
    if told is not None:
        return of_words(text_of(told, "code"), text_of(told, "description"), "item.refused")
    for kind, usual in (("runtimeError", "server.error"), ("parseError", "request.refused")):
        one = child(errors, kind)
        if text_of(one, "errorReason"):
            return of_words("", f"{text_of(one, 'errorReason')} {text_of(one, 'errorSrcText')}".strip(), usual)
    return None


def _label(root: Element) -> Message | None:
    told = descendant(root, "brokenRules")
    text = text_of(told, "errorDescription") or text_of(told, "errorMessage")  # clients disagree
    if text or text_of(told, "errorCode"):
        return of_words(text_of(told, "errorCode"), text, "item.refused")
    one = next((e for e in root.iter("{*}errorReason", "{*}faultReason") if text_of(e)), None)
    return of_words("", text_of(one), "request.refused") if one is not None else None


def of_number(code: str, text: str) -> Message:
    """What a number of TNT's table means; one that is not in it by its words."""
    for known, standard, field in _FIRST:
        if known.search(fold(text)):
            return _message(standard, field, code, text)
    if code in _TRACKING:
        return _message(*_TRACKING[code], code, text)
    number = int(code) if code.isascii() and code.isdigit() and len(code) <= 3 else 0
    for first, last, standard, field in _RANGES:
        if first <= number <= last:
            return _message(standard, field, code, text)
    return of_words(code, text, "item.refused")


def of_words(code: str, text: str, usual: str) -> Message:
    """What a sentence means, else `usual`."""
    words = fold(text)
    for known, standard, field in (*_FIRST, *_LAST):
        if known.search(words):
            return _message(standard, field, code, text)
    return _message(usual, "", code, text)


def _message(standard: str, field: str, code: str, text: str) -> Message:
    text = clean(text, 300)
    params = {"field": field} if field else {}
    if standard == "config.field":
        params |= {"why": "pattern"}
    elif standard == "auth.ip_not_allowed":
        address = _ADDRESS.search(text)
        params = {"address": address[0]} if address else {}
    return Message(standard, params, clean(code, 40), text, field=field)
