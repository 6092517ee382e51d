"""Aras Kargo's answers: result codes, the orders it knows, labels, and rows of its query service. Pure.

Must never take an error that we do not know for "no such shipment": the caller would create it a second time.
Source of the facts: reference/cargo.md, "## Aras Kargo"; how the query service refuses is written nowhere: its words decide.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from app.contracts import Message, ProviderError, fail
from app.kit import (
    Element,
    Reply,
    child,
    children,
    descendant,
    local_name,
    looks_like_html,
    parse_xml,
    soap_body,
    soap_errors,
    text_of,
    tracking_number,
)
from app.model import Label, LabelFormat, Shipment, ShipmentStatus, TrackingEvent, TrackingReport, clean, fold

ISTANBUL = ZoneInfo("Europe/Istanbul")  # not written anywhere, but a domestic carrier's times are no other
TRACKING_URL = "https://kargotakip.araskargo.com.tr/mainpage.aspx?code="
LABEL_MM = 100  # reference/labels-and-printing.md
#: Codes of SetOrder that say: this one is here already, or has been.
THERE = frozenset({"60020", "70027", "70030", "70031", "70035"})

#: ResultCode → (standard code, field of the request).
ERRORS: dict[str, tuple[str, str]] = {
    "935": ("address.refused", "phone"),
    "936": ("server.error", ""),
    "937": ("item.refused", "reference"),
    "938": ("address.refused", "street"),
    "939": ("address.refused", "name"),
    "940": ("address.refused", "city"),
    "941": ("address.refused", "district"),
    "942": ("item.refused", "payer"),
    **dict.fromkeys(("1000", "-2"), ("auth.refused", "order_password")),
    **dict.fromkeys(("1001", "1002", "1006"), ("auth.forbidden", "")),  # the account is not set up for it
    **dict.fromkeys(("60020", "999"), ("item.conflict", "")),  # the waybill is cut
    "60021": ("request.refused", ""),
    **dict.fromkeys([str(code) for code in range(70020, 70031)], ("item.refused", "parcels")),
    **dict.fromkeys(("70027", "70030", "70031", "70035"), ("item.duplicate", "reference")),
    "-1": ("item.not_found", "reference"),
}
STATES = {
    "1": ShipmentStatus.ACCEPTED,
    "2": ShipmentStatus.IN_TRANSIT,
    "3": ShipmentStatus.IN_TRANSIT,
    "4": ShipmentStatus.OUT_FOR_DELIVERY,
    "5": ShipmentStatus.PROBLEM,  # delivered in part
    "6": ShipmentStatus.DELIVERED,
    "7": ShipmentStatus.IN_TRANSIT,
}
#: Reasons for "not today" that mend themselves: mobile day, holiday, will collect, not today, customs, locker, scheduled, public event.
_WAITS = frozenset({"MD", "TL", "ŞA", "TG", "KG", "PR", "TT", "TO"})
_IP = re.compile(r"\bip\b")
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_MARKUP = re.compile(r"<[^>]{0,200}>")


class Result(msgspec.Struct, frozen=True):
    code: str
    text: str = ""


# -- the whole answer ----------------------------------------------------------------------------------------------------
def aras_errors(reply: Reply) -> Message | None:
    """What concerns the whole call: a barred address, a fault, a page. Result codes are read by who asked for them."""
    wrong = soap_errors(reply)
    if reply.status == 403:
        words = clean(_MARKUP.sub(" ", reply.body[:4000].decode("utf-8", "replace")), 300)
        if looks_like_html(reply) or _IP.search(fold(words)):
            return _barred(words, reply.status, wrong.vendor_code if wrong else "")
    if wrong is not None:
        return _of_fault(wrong) if wrong.code == "server.error" and wrong.vendor_text else wrong
    if looks_like_html(reply) or not reply.body.strip():
        return Message("server.html" if reply.body.strip() else "answer.unreadable", status=reply.status)
    return None


def _barred(text: str, status: int, vendor_code: str = "") -> Message:
    """Our address is not on the carrier's list; it is told where the carrier names it."""
    found = _ADDRESS.search(text)
    return Message("auth.ip_not_allowed", {"address": found[0]} if found else {}, vendor_code, text, status)


def _of_fault(wrong: Message) -> Message:
    """A fault of the query service, by its words."""
    words = fold(wrong.vendor_text)
    if _IP.search(words):
        return _barred(wrong.vendor_text, wrong.status, wrong.vendor_code)
    for word, field in (("musteri kod", "customer_code"), ("sifre", "query_password"), ("password", "query_password")):
        if word in words:
            return msgspec.structs.replace(wrong, code="auth.refused", params={"field": field}, field=field)
    if _closed(words):
        return msgspec.structs.replace(wrong, code="auth.suspended")
    return wrong


def _closed(words: str) -> bool:
    return "hesab" in words and any(word in words for word in ("kapali", "pasif", "aktif degil"))


def _result(reply: Reply, name: str) -> Element:
    """The element with the answer. Raises OursError when there is none: silence is no yes."""
    found = child(soap_body(reply), name)
    if found is None:
        raise fail(Message("answer.field_missing", {"field": name, "operation": reply.operation}, field=name))
    return found


def _said(element: Element, operation: str) -> Result:
    """ResultCode and ResultMessage, or the bare number that some answers are. Raises OursError without either."""
    code = text_of(element, "ResultCode") or ("" if len(element) else text_of(element))
    if not code:
        raise fail(Message("answer.field_missing", {"field": "ResultCode", "operation": operation}, field="ResultCode"))
    return Result(code, clean(text_of(element, "ResultMessage"), 300))


def result_error(result: Result) -> Message | None:
    """None for 0, which is well everywhere."""
    if result.code == "0":
        return None
    words = fold(result.text)
    if _IP.search(words):
        return _barred(result.text, 0, result.code)
    code, field = ERRORS.get(result.code, ("auth.forbidden" if "yetki" in words else "item.refused", ""))
    if code == "auth.forbidden" and _closed(words):
        code = "auth.suspended"
    return Message(code, {"field": field} if field else {}, result.code, result.text, field=field)


# -- orders --------------------------------------------------------------------------------------------------------------
def parse_created(reply: Reply, code: str) -> Result:
    """What SetOrder says of our order. Raises OursError when it does not speak of it."""
    element = _result(reply, "SetOrderResult")
    rows = children(element, "OrderResultInfo")
    mine = [one for one in rows if text_of(one, "IntegrationCode") == code]
    if not mine and len(rows) == 1 and not text_of(rows[0], "IntegrationCode"):
        mine = rows  # the document names no IntegrationCode in the answer, and we sent one order
    if not mine:
        field = "IntegrationCode"
        raise fail(Message("answer.field_missing", {"field": field, "operation": reply.operation}, field=field))
    return _said(mine[0], reply.operation)


def parse_order(reply: Reply, code: str) -> tuple[str, ...] | None:
    """The barcodes of the order's pieces, () when it names none; None when the service does not know the code."""
    element = _result(reply, "GetOrderWithIntegrationCodeResult")
    for one in element.iter("{*}IntegrationCode"):
        parent = one.getparent()
        if text_of(one) == code and parent is not None:
            return tuple(text for piece in parent.iter("{*}BarcodeNumber") if (text := text_of(piece)))
    result = _said(element, reply.operation)
    wrong = result_error(result)
    if wrong is not None and wrong.code != "item.not_found":
        raise fail(wrong.about(operation=reply.operation))
    return None


def parse_cancelled(reply: Reply) -> Result:
    """0 and 1 are well."""
    result = _said(_result(reply, "CancelDispatchResult"), reply.operation)
    return msgspec.structs.replace(result, code="0") if result.code == "1" else result


# -- labels --------------------------------------------------------------------------------------------------------------
def label_error(reply: Reply) -> Message | None:
    element = _result(reply, "GetArasBarcodeResult")
    code = text_of(element, "ResultCode")
    return result_error(Result(code, clean(text_of(element, "ResultMessage"), 300))) if code else None


def parse_labels(reply: Reply, wanted: LabelFormat) -> tuple[Label, ...]:
    """The carrier's label in that language, bytes as they came; () when it gives none."""
    wrong = label_error(reply)
    if wrong is not None:
        raise fail(wrong.about(operation=reply.operation))
    held = descendant(_result(reply, "GetArasBarcodeResult"), "ZebraZpl" if wanted is LabelFormat.ZPL else "ZebraPdf")
    text = (held.text or "") if held is not None else ""
    if not text.strip():
        return ()
    if wanted is LabelFormat.ZPL and "^XA" in text:
        return (Label(wanted, text.encode(), LABEL_MM, LABEL_MM, 203),)
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise fail(Message("label.broken", {"why": "cut", "operation": reply.operation})) from error
    return (Label(wanted, data, LABEL_MM, LABEL_MM, 203 if wanted is LabelFormat.ZPL else 0),)


# -- the way -------------------------------------------------------------------------------------------------------------
def parse_rows(reply: Reply) -> list[dict[str, str]]:
    """Rows of a question, by column. They stand in elements named Collection, as XML or as the text of XML."""
    element = _result(reply, "GetQueryXMLResult")
    text = (element.text or "").strip()
    if text.startswith("<"):
        try:
            element = parse_xml(text.encode())
        except ProviderError as error:
            raise fail(error.message.about(operation=reply.operation)) from error
    elif not len(element) and text:
        reason = clean(text, 100)
        raise fail(Message("answer.unreadable", {"operation": reply.operation, "reason": reason}))
    return [
        {local_name(one): (one.text or "").strip() for one in row}
        for row in element.iter("{*}Collection")
        if len(row)
    ]  # fmt: skip


def by_code(rows: Iterable[Mapping[str, str]]) -> dict[str, list[Mapping[str, str]]]:
    """A shipment may have several rows: forwarded and returned ones have one of their own."""
    found: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        code = row.get("MUSTERI_OZEL_KODU", "")
        if code:
            found.setdefault(code, []).append(row)
    return found


def _status(row: Mapping[str, str]) -> ShipmentStatus:
    status = STATES.get(row.get("DURUM_KODU", ""), ShipmentStatus.UNKNOWN)
    if row.get("TIP_KODU") == "3":  # on its way back, or back
        return ShipmentStatus.RETURNED if status is ShipmentStatus.DELIVERED else ShipmentStatus.PROBLEM
    waits = row.get("DEVIR_KODU", "")
    if waits and waits not in _WAITS and status is not ShipmentStatus.DELIVERED:
        return ShipmentStatus.PROBLEM
    return status


def _decisive(rows: list[Mapping[str, str]]) -> Mapping[str, str]:
    """The row of a return outranks the others, then the one in which something happened last."""
    past = datetime.min.replace(tzinfo=UTC)
    return max(rows, key=lambda row: (row.get("TIP_KODU") == "3", _instant(row.get("ISLEM_TARIHI", "")) or past))


def to_report(reference: str, rows: list[Mapping[str, str]]) -> TrackingReport:
    row = _decisive(rows)
    status = _status(row)
    delivered = _instant(row.get("TESLIM_TARIHI", ""), row.get("TESLIM_SAATI", ""))
    events = {event for one in rows for event in _events(one)}
    number = tracking_number(row.get("KARGO_TAKIP_NO", ""))
    return TrackingReport(
        reference=reference,
        status=status,
        tracking_number=number,
        vendor_status=f"{row.get('TIP_KODU', '')}/{row.get('DURUM_KODU', '')}".strip("/"),
        events=tuple(sorted(events, key=lambda event: event.at)),
        delivered_at=delivered if status is ShipmentStatus.DELIVERED else None,
        signed_by=clean(row.get("TESLIM_ALAN", ""), 200),
        tracking_url=TRACKING_URL + number if number.isdigit() else "",
    )


def _events(row: Mapping[str, str]) -> Iterable[TrackingEvent]:
    """The departure, and what happened last: kind 39 tells no more, so that the history grows from question to question."""
    left = _instant(row.get("CIKIS_TARIH", ""), row.get("CIKIS_SAATI", ""))
    last = _instant(row.get("ISLEM_TARIHI", ""))
    place = clean(row.get("CIKIS_SUBE", ""), 100)
    if left is not None and (last is None or last > left):
        yield TrackingEvent(left, ShipmentStatus.ACCEPTED, "", place)
    if last is not None:
        there = clean(row.get("VARIS_SUBE", ""), 100) if row.get("DURUM_KODU") in ("3", "4", "5", "6") else place
        reason = row.get("IADE_NEDENI") or row.get("DEVIR_NEDENI", "")
        text = ": ".join(filter(None, (clean(row.get("DURUMU", ""), 200), clean(reason, 200))))
        yield TrackingEvent(last, _status(row), text, there)


def to_shipment(
    reference: str, code: str, barcodes: tuple[str, ...], rows: list[Mapping[str, str]], labels: tuple[Label, ...] = ()
) -> Shipment:
    """The tracking number appears once the branch has cut the waybill. The charge is told without VAT and therefore left out."""
    report = to_report(reference, rows) if rows else None
    return Shipment(
        reference=reference,
        status=report.status if report else ShipmentStatus.CREATED,
        tracking_number=report.tracking_number if report else "",
        tracking_url=report.tracking_url if report else "",
        vendor_status=report.vendor_status if report else "",
        barcode=" ".join(barcodes),
        labels=labels,
        extra={"integration_code": code},
    )


def _instant(day: str, time: str = "") -> datetime | None:
    """UTC instant of `dd.MM.yyyy` and `HH:mm[:ss]` in Turkish local time, in one text or in two; without a time midnight."""
    found = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?)?", f"{day.strip()} {time.strip()}".strip())  # fmt: skip
    if found is None:
        return None
    d, m, y, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        return datetime(y, m, d, hour, minute, second, tzinfo=ISTANBUL).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
