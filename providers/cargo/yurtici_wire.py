"""Yurtiçi Kargo's answers: flags, per-key errors, states and events. Pure.

Must never take an error that we do not know for "no such shipment": the caller would create it a second time.
Source of the facts: reference/cargo.md, "## Yurtiçi Kargo" (results, status codes, errors).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import InvalidOperation
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from app.contracts import Message, fail
from app.kit import (
    Element,
    Reply,
    children,
    descendant,
    looks_like_html,
    read_xml,
    soap_body,
    soap_errors,
    text_of,
)
from app.model import Money, Shipment, ShipmentStatus, TrackingEvent, TrackingReport, clean, fold

ISTANBUL = ZoneInfo("Europe/Istanbul")  # not written anywhere, but a domestic carrier's times are no other
TRACKING_URL = "https://www.yurticikargo.com/tr/online-servisler/gonderi-sorgula?code="
EXISTS, NOT_OURS, CANCELLED_BEFORE, UNEXPECTED = "60020", "82519", "82520", "936"
ONE_MINUTE_S = 60.0

#: errCode → (standard code, field of the request).
ERRORS: dict[str, tuple[str, str]] = {
    EXISTS: ("item.duplicate", "reference"),
    **dict.fromkeys(("80859", "82500"), ("item.refused", "reference")),
    **dict.fromkeys(("60017", "82501"), ("item.refused", "invoice_number")),
    **dict.fromkeys(("60018", "82503"), ("address.refused", "name")),
    **dict.fromkeys(("60019", "82502"), ("address.refused", "street")),
    **dict.fromkeys([str(code) for code in range(82505, 82512)], ("item.refused", "cash_on_delivery")),
    "82512": ("config.field", "payment"),  # the contract of this user is for another way of paying
    **dict.fromkeys(("82513", "82514", "82518"), ("item.refused", "cash_on_delivery")),
    "82515": ("address.refused", "email"),
    "82516": ("address.refused", "phone"),
    "82517": ("item.refused", ""),
    NOT_OURS: ("item.not_found", "reference"),
    CANCELLED_BEFORE: ("item.conflict", ""),
    **dict.fromkeys(("82526", "82527"), ("request.refused", "")),
    UNEXPECTED: ("server.error", ""),
}
STATES = {
    "NOP": ShipmentStatus.CREATED,
    "ISR": ShipmentStatus.ACCEPTED,
    "IND": ShipmentStatus.IN_TRANSIT,
    "DLV": ShipmentStatus.DELIVERED,
    "CNL": ShipmentStatus.CANCELLED,
    "ISC": ShipmentStatus.CANCELLED,
    "BI": ShipmentStatus.PROBLEM,  # the branch took its document back
}
_BY_NUMBER = {"0": "NOP", "1": "IND", "2": "ISR", "3": "CNL", "4": "ISC", "5": "DLV", "6": "BI"}
_TURNED_BACK = frozenset({"0", "1", "2", "3", "10"})  # rejectStatus on its way back; 4, 7, 8 and 11: all goes on
#: Folded words of event names; the carrier publishes no list of event ids.
_EVENTS = (
    ("teslim edildi", ShipmentStatus.DELIVERED),
    ("delivered", ShipmentStatus.DELIVERED),
    ("dagitim", ShipmentStatus.OUT_FOR_DELIVERY),
    ("teslim alindi", ShipmentStatus.ACCEPTED),
    ("iade", ShipmentStatus.PROBLEM),
)
_IP = re.compile(r"\bip\b")
_FLAG = re.compile(rb"[<:]outFlag>\s*(\d+)\s*<")


class Detail(msgspec.Struct, frozen=True):
    """What the carrier says of one key. `code` is '' when nothing is wrong (some answers carry 0, some no code)."""

    key: str
    code: str = ""
    text: str = ""
    state: str = ""
    invoice_key: str = ""
    job_id: str = ""
    told: dict[str, str] = {}  # of the parcel, once the branch has it: its fields by name
    rows: tuple[Element, ...] = ()  # its events


# -- the whole answer ------------------------------------------------------------------------------------------------------
def yurtici_errors(reply: Reply) -> Message | None:
    """Faults and what concerns the whole call: user, address, language. Errors of single keys are told per key."""
    wrong = soap_errors(reply)
    if wrong is not None:
        if wrong.code == "server.error" and _IP.search(fold(wrong.vendor_text)):
            return msgspec.structs.replace(wrong, code="auth.ip_not_allowed")
        return wrong
    if looks_like_html(reply) or not reply.body.strip():
        return Message("server.html" if reply.body.strip() else "answer.unreadable", status=reply.status)
    seen = _FLAG.search(reply.body, max(0, reply.body.find(b"outFlag>") - 1))
    if seen is not None and seen[1] == b"0":  # the usual case: who reads the answer parses it anyway
        return None
    root = read_xml(reply)
    flag = text_of(descendant(root, "outFlag"))
    if flag in ("0", "") or _detail_elements(root):
        return None
    return _of_call(flag, clean(text_of(descendant(root, "outResult")), 300), reply.status)


def _of_call(flag: str, text: str, status: int) -> Message:
    """outFlag 2: unexpected. outFlag 1 without details: the user is wrong, unless the text says otherwise."""
    words = fold(text)
    if _IP.search(words):
        code, field = "auth.ip_not_allowed", ""
    elif flag == "2" or UNEXPECTED in words:
        code, field = "server.error", ""
    elif "dil " in words or "language" in words:
        code, field = "answer.unexpected", "language"
    else:
        code, field = "auth.refused", "password"
    return Message(code, {"reason": text} if code == "answer.unexpected" else {}, flag, text, status, field=field)


def _detail_elements(root: Element) -> list[Element]:
    names = ("shippingOrderDetailVO", "shippingCancelDetailVO", "shippingDeliveryDetailVO")
    return list(root.iter(*(f"{{*}}{name}" for name in names)))


def _texts(element: Element | None) -> dict[str, str]:
    """The texts of the children by local name, the first of each, as they came (`_said` strips): one walk for a dozen questions."""
    if element is None:
        return {}
    pairs = [(one.tag, one.text) for one in element]
    pairs.reverse()  # so that the first of a name stands
    found = {tag: text or "" for tag, text in pairs}
    if "{" in "".join(found):
        found = {tag.rpartition("}")[2]: text or "" for tag, text in pairs}
    return found


def _said(told: Mapping[str, str], name: str) -> str:
    return told.get(name, "").strip()


def parse_details(reply: Reply) -> dict[str, Detail]:
    """By cargoKey. Raises OursError when the answer holds no flag."""
    body = soap_body(reply)
    if descendant(body, "outFlag") is None:
        raise fail(Message("answer.field_missing", {"field": "outFlag", "operation": reply.operation}, field="outFlag"))
    return {found.key: found for found in map(_detail, _detail_elements(body))}


def _detail(element: Element) -> Detail:
    told = _texts(element)
    code = _said(told, "errCode")
    item = next(iter(children(element, "shippingDeliveryItemDetailVO")), None)
    return Detail(
        key=_said(told, "cargoKey"),
        code="" if code == "0" else code,
        text=clean(_said(told, "errMessage"), 300),
        state=_said(told, "operationStatus") or _BY_NUMBER.get(_said(told, "operationCode"), ""),
        invoice_key=_said(told, "invoiceKey"),
        job_id=_said(told, "jobId"),
        told=_texts(item),
        rows=tuple(children(item, "invDocCargoVOArray")) if item is not None else (),
    )


def detail_error(detail: Detail, credential: str = "") -> Message | None:
    """`credential`: the user field of the key set that was used, named when the contract does not fit."""
    if not detail.code:
        return None
    if _asked_too_soon(detail):
        return Message("rate.limited", {}, detail.code, detail.text, retry_after=ONE_MINUTE_S)
    code, field = ERRORS.get(detail.code, ("item.refused", ""))
    if field == "payment":
        field = credential or field
    params = {"field": field} if field else {}
    return Message(code, params, detail.code, detail.text, field=field)


def _asked_too_soon(detail: Detail) -> bool:
    """The same key twice in a minute; the code that comes with it is not documented, the words tell."""
    words = fold(detail.text)
    return "dakika" in words or "minute" in words


# -- shipments -------------------------------------------------------------------------------------------------------------
def status_of(detail: Detail) -> ShipmentStatus:
    rejected = _said(detail.told, "rejectStatus")
    if _said(detail.told, "returnStatus") == "3" or rejected == "9":
        return ShipmentStatus.RETURNED
    status = STATES.get(detail.state, ShipmentStatus.UNKNOWN)
    if rejected in _TURNED_BACK and status is not ShipmentStatus.DELIVERED:
        return ShipmentStatus.PROBLEM
    return status


def _url(told: dict[str, str]) -> str:
    number, url = _said(told, "docId"), _said(told, "trackingUrl")
    return url if url.startswith("https://") else TRACKING_URL + number if number else ""


def to_shipment(reference: str, detail: Detail, payment: str) -> Shipment:
    """The tracking number (docId) appears once the branch has scanned the parcel; until then the key is all there is."""
    amount = _said(detail.told, "totalAmount")
    try:
        price = Money.of(amount.replace(",", "."), "TRY") if amount else None
    except (ValueError, InvalidOperation):
        price = None  # a price that cannot be read must not hide the shipment
    extra = {"invoice_key": detail.invoice_key, "job_id": detail.job_id, "payment": payment}
    return Shipment(
        reference=reference,
        status=status_of(detail) if detail.state else ShipmentStatus.CREATED,
        tracking_number=_said(detail.told, "docId"),
        tracking_url=_url(detail.told),
        vendor_status=detail.state,
        barcode=detail.key,
        price=price,
        extra={k: v for k, v in extra.items() if v},
    )


def to_report(reference: str, detail: Detail) -> TrackingReport:
    told = detail.told
    events = [event for event in map(_event, detail.rows) if event is not None]
    status = status_of(detail)
    delivered = _instant(told.get("deliveryDate", ""), told.get("deliveryTime", ""))
    return TrackingReport(
        reference=reference,
        status=status,
        tracking_number=_said(told, "docId"),
        vendor_status=detail.state,
        events=tuple(sorted(events, key=lambda event: event.at)),
        delivered_at=delivered if status is ShipmentStatus.DELIVERED else None,
        signed_by=clean(_said(told, "receiverInfo"), 200),
        tracking_url=_url(told),
    )


def _event(row: Element) -> TrackingEvent | None:
    told = _texts(row)
    at = _instant(told.get("eventDate", ""), told.get("eventTime", ""))
    if at is None:
        return None
    status, text = _happened(told.get("eventName", ""), told.get("reasonName", ""))
    return TrackingEvent(
        at, status, text, _place(told.get("unitName", ""), told.get("townName", ""), told.get("cityName", ""))
    )


@lru_cache(maxsize=1024)
def _happened(name: str, reason: str) -> tuple[ShipmentStatus, str]:
    """Kept: a carrier has a few dozen events."""
    name, reason = clean(name.strip(), 200), clean(reason.strip(), 200)
    words = fold(name)
    status = next((state for word, state in _EVENTS if word in words), ShipmentStatus.IN_TRANSIT)
    return status, f"{name}: {reason}" if reason else name


@lru_cache(maxsize=4096)
def _place(*parts: str) -> str:
    """Kept: the branches that a parcel passes are those of the parcels before."""
    return ", ".join(filter(None, (clean(one.strip(), 100) for one in parts)))


def _instant(day: str, time: str) -> datetime | None:
    """UTC instant of YYYYMMDD and HHMMSS in Turkish local time; a missing or short time is midnight."""
    day, time = day.strip(), time.strip()
    text = day + (time if len(time) == 6 else "000000")
    if len(text) != 14 or not (text.isascii() and text.isdigit()):
        return None
    try:
        return datetime.fromisoformat(f"{text[:8]}T{text[8:]}").replace(tzinfo=ISTANBUL).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
