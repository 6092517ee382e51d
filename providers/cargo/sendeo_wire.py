"""Sendeo's answers: the envelope, business errors under HTTP 500, labels, states and moves. Pure.

Must never take an error that we do not know for "no such delivery": the caller would create it a second time.
Source of the facts: reference/cargo.md, "## Sendeo".
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

import msgspec

from app.contracts import Account, Message, Secret, Token, fail
from app.kit import Reply, decode_json, http_errors, looks_like_html, maybe, tracking_number
from app.model import Label, LabelFormat, Money, Shipment, ShipmentStatus, TrackingEvent, TrackingReport, clean, fold

ISTANBUL = ZoneInfo("Europe/Istanbul")  # the planned date says +03:00
TOKEN_LIFE = timedelta(hours=20)
UNKNOWN, COLLECTED = "702", "703"
#: StatusCode → (standard code, field of the request).
ERRORS: dict[str, tuple[str, str]] = {
    "102": ("item.refused", "reference"),
    "103": ("request.refused", ""),
    "104": ("item.refused", "parcels"),
    **dict.fromkeys(("105", "410", "411"), ("item.refused", "cash_on_delivery")),
    **dict.fromkeys([str(code) for code in range(201, 208)], ("address.refused", "")),
    **dict.fromkeys([str(code) for code in range(301, 308)], ("request.refused", "")),
    "401": ("auth.refused", "sifre"),
    "701": ("request.refused", "reference"),
    UNKNOWN: ("item.not_found", "reference"),
    COLLECTED: ("item.conflict", ""),
}
STATES: dict[str, ShipmentStatus] = {
    "101": ShipmentStatus.CREATED,
    "102": ShipmentStatus.ACCEPTED,
    **dict.fromkeys([str(code) for code in range(103, 109)], ShipmentStatus.IN_TRANSIT),
    "109": ShipmentStatus.OUT_FOR_DELIVERY,
    "111": ShipmentStatus.DELIVERED,
    **dict.fromkeys(("112", "113", "114", "115", "117", "118", "120", "130", "143"), ShipmentStatus.PROBLEM),
    "119": ShipmentStatus.IN_TRANSIT,
    "126": ShipmentStatus.IN_TRANSIT,
    **dict.fromkeys(("131", "134", "135", "136"), ShipmentStatus.PROBLEM),  # on its way back, or asked to be
    "133": ShipmentStatus.CANCELLED,
    "138": ShipmentStatus.ACCEPTED,
    "139": ShipmentStatus.CANCELLED,
    "140": ShipmentStatus.CREATED,  # the courier is on the way to collect: nothing was handed over
    "151": ShipmentStatus.RETURNED,
}
#: Folded words of a refused address and the field that they are about, the first that fits.
_ADDRESS = (
    ("ilce", "district"), ("district", "district"), ("sehir", "city"), ("city", "city"), ("telefon", "phone"), ("gsm", "phone"),
    ("phone", "phone"), ("e-posta", "email"), ("mail", "email"), ("adres", "street"), ("address", "street"), ("adi", "name"), ("ad ", "name"),
)  # fmt: skip
_CITY = re.compile(r"\bil[ia]?\b")
_IP = re.compile(r"\bip\b")
_DATE = re.compile(r"(\d{2})/(\d{2})/(\d{4}) (\d{2}):(\d{2}):(\d{2})")
_MOST_ERROR = 65_536

Fields = Mapping[str, msgspec.Raw]


# -- reading -------------------------------------------------------------------------------------------------------------
def fields_of(raw: bytes | msgspec.Raw) -> Fields:
    """An object by its names in small letters: Sendeo writes them as it likes. Raises msgspec.DecodeError for what is none."""
    try:
        found = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except (UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from error
    return {name.casefold(): value for name, value in found.items()}


def exact(fields: Fields, *names: str) -> str:
    """The first plain value among these names as text, as it came; numbers may stand in quotes. '' for none."""
    for name in names:
        text = bytes(fields.get(name, b"null")).decode("utf-8", "replace").strip()
        if text.startswith('"'):
            text = maybe(lambda raw: str(msgspec.json.decode(raw)), text.encode()) or ""
        elif text == "null" or text[:1] in ("[", "{"):
            continue
        if text:
            return text
    return ""


def said(fields: Fields, *names: str) -> str:
    return exact(fields, *names).strip()


def result_of(reply: Reply) -> msgspec.Raw:
    """The `result` of the envelope. Raises OursError when there is none."""
    fields = {name.casefold(): value for name, value in decode_json(reply, dict[str, msgspec.Raw]).items()}
    found = fields.get("result")
    if found is None or bytes(found) == b"null":
        raise fail(Message("answer.field_missing", {"field": "result", "operation": reply.operation}, field="result"))
    return found


def _records(reply: Reply) -> list[Fields]:
    """Raises OursError for a result that is no list of objects."""
    inner = msgspec.structs.replace(reply, body=bytes(result_of(reply)))
    return [{name.casefold(): value for name, value in row.items()} for row in decode_json(inner, list[dict[str, msgspec.Raw]])]  # fmt: skip


def record_of(reply: Reply) -> Fields:
    """Raises OursError for a result that is no object."""
    inner = msgspec.structs.replace(reply, body=bytes(result_of(reply)))
    return {name.casefold(): value for name, value in decode_json(inner, dict[str, msgspec.Raw]).items()}


# -- errors --------------------------------------------------------------------------------------------------------------
def sendeo_errors(reply: Reply) -> Message | None:
    """The envelope's StatusCode says what is wrong; the HTTP status is 500 for what the merchant can mend, too. Of a body that is
    no envelope the status speaks."""
    wrong = http_errors(reply)
    if looks_like_html(reply) or not reply.body.strip() or (wrong is not None and len(reply.body) > _MOST_ERROR):
        return wrong
    try:
        fields = fields_of(reply.body)
    except msgspec.DecodeError:
        return wrong
    code = said(fields, "statuscode")
    if wrong is None and code in ("", "0", "200"):
        return None
    text = clean(said(fields, "exceptiondescription", "exceptionmessage", "innerexceptionmessage"), 300)
    standard, field = _standard(reply, wrong, code, fold(text))
    base = wrong or Message("request.refused", status=reply.status)
    if standard == "address.refused" and not field:
        field = _address_field(fold(text))
    if standard in ("auth.refused", "auth.expired") and reply.operation == "token":
        field = "sifre"
    params = {"field": field} if field else {}
    return msgspec.structs.replace(base, code=standard, params=params, vendor_code=code or base.vendor_code, vendor_text=text or base.vendor_text, field=field)  # fmt: skip


def _standard(reply: Reply, wrong: Message | None, code: str, words: str) -> tuple[str, str]:
    if _IP.search(words):
        return "auth.ip_not_allowed", ""
    if "hesab" in words and ("kapali" in words or "pasif" in words):
        return "auth.suspended", ""
    if code in ERRORS:
        return ERRORS[code]
    if wrong is not None and reply.status < 500:
        return wrong.code, wrong.field
    business = (
        code.isascii() and code.isdigit() and 100 <= int(code) < 1000 and int(code) not in (200, 500, 502, 503, 504)
    )
    return ("item.refused" if business else "server.error"), ""


def _address_field(words: str) -> str:
    found = next((field for word, field in _ADDRESS if word in words), "")
    return found or ("city" if _CITY.search(words) else "")


def is_answer(status: int, body: bytes) -> bool:
    """Whether an HTTP 500 is Sendeo's word about a parcel or a user, and no breakdown."""
    if status != 500 or len(body) > _MOST_ERROR:
        return False
    try:
        wrong = sendeo_errors(Reply(status, {}, body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return wrong is not None and not wrong.code.startswith("server.")


def is_unknown(wrong: Message) -> bool:
    """Sendeo says that it has no such delivery; every other refusal says nothing."""
    return wrong.vendor_code == UNKNOWN


# -- the token -----------------------------------------------------------------------------------------------------------
def read_token(account: Account, reply: Reply) -> Token:
    """Lives 20 hours; the answer does not say so. Raises ProviderError."""
    wrong = sendeo_errors(reply)
    if wrong is not None:
        raise fail(wrong.about(operation="token"))
    access = said(record_of(reply), "token")
    if not access:
        raise fail(Message("answer.field_missing", {"field": "Token", "operation": "token"}, field="Token"))
    return Token(Secret(access), account.now() + TOKEN_LIFE)


def check_districts(reply: Reply) -> None:
    """Raises OursError when the list of districts is none."""
    rows = _records(reply)
    if not rows or not said(rows[0], "districtid", "id", "districid"):
        field = "DistrictId"
        raise fail(Message("answer.field_missing", {"field": field, "operation": reply.operation}, field=field))


def was_cancelled(reply: Reply) -> bool:
    """Raises OursError when the answer does not say."""
    told = said(record_of(reply), "issuccess")
    if told.casefold() not in ("true", "false"):
        field = "IsSuccess"
        raise fail(Message("answer.field_missing", {"field": field, "operation": reply.operation}, field=field))
    return told.casefold() == "true"


# -- deliveries ----------------------------------------------------------------------------------------------------------
def parse_labels(reply: Reply, reference: str) -> Shipment:
    """A delivery with its labels: one a piece, or one for all; as they came. Raises OursError without a tracking number."""
    found = record_of(reply)
    number = tracking_number(said(found, "trackingnumber", "trackingno"))
    if not number:
        field = "TrackingNumber"
        raise fail(Message("answer.field_missing", {"field": field, "operation": reply.operation}, field=field))
    texts = _texts(found, "barcodezpls") or _texts(found, "barcodezpl")
    labels = tuple(Label(LabelFormat.ZPL, _zpl(text)) for text in texts)
    numbers = [text.strip() for text in _texts(found, "barcodenumbers")]
    barcode = next(filter(None, numbers), "")
    return Shipment(reference, ShipmentStatus.CREATED, number, _https(said(found, "trackingurl")), "", barcode, labels)


def _texts(fields: Fields, name: str) -> list[str]:
    """A text, or the texts of a list; none when one of them is no text."""
    found = maybe(lambda raw: msgspec.json.decode(raw, type=list[str] | str | None), fields.get(name))
    rows = found if isinstance(found, list) else [found] if found else []
    return rows if all(one.strip() for one in rows) else []


def _zpl(text: str) -> bytes:
    """Plain, or in base64 where the carrier packed it."""
    if "^" not in text:
        try:
            packed = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            packed = b""
        if b"^XA" in packed.upper():
            return packed
    return text.encode()


def _https(url: str) -> str:
    return url if url.startswith("https://") else ""


def parse_list(reply: Reply) -> dict[str, Fields]:
    """Records by our reference. Raises OursError for one without a reference or a state: it may be the one that was asked for."""
    found: dict[str, Fields] = {}
    for row in _records(reply):
        reference = said(row, "referenceno", "customerreferenceno")
        if not reference or not said(row, "state"):
            field = "State" if reference else "ReferenceNo"
            raise fail(Message("answer.field_missing", {"field": field, "operation": reply.operation}, field=field))
        before = found.get(reference)
        if before is None or status_of(before) is ShipmentStatus.CANCELLED:
            found[reference] = row
    return found


def status_of(fields: Fields) -> ShipmentStatus:
    return STATES.get(said(fields, "state"), ShipmentStatus.UNKNOWN)


def to_shipment(reference: str, fields: Fields) -> Shipment:
    """The price holds VAT."""
    return Shipment(
        reference=reference,
        status=status_of(fields),
        tracking_number=tracking_number(said(fields, "trackingno", "trackingnumber")),
        tracking_url=_https(said(fields, "trackingurl")),
        vendor_status=said(fields, "state"),
        price=_money(said(fields, "cargoamount")),
    )


def _money(text: str) -> Money | None:
    try:
        amount = Decimal(text.replace(",", "."))
        return Money.of(amount, "TRY") if amount > 0 else None
    except (InvalidOperation, ValueError):
        return None


def to_report(reply: Reply, reference: str) -> TrackingReport:
    """Raises OursError for an answer without a state."""
    found = record_of(reply)
    if not said(found, "state"):
        raise fail(Message("answer.field_missing", {"field": "State", "operation": reply.operation}, field="State"))
    status = status_of(found)
    rows = (
        maybe(lambda raw: msgspec.json.decode(raw, type=list[msgspec.Raw] | None), found.get("statushistories")) or []
    )
    events = [event for event in map(_event, rows) if event is not None]
    ended = next((one.at for one in reversed(events) if one.status is ShipmentStatus.DELIVERED), None)
    return TrackingReport(
        reference=reference,
        status=status,
        tracking_number=tracking_number(said(found, "trackingno", "trackingnumber")),
        vendor_status=said(found, "state"),
        events=tuple(sorted(events, key=lambda event: event.at)),
        delivered_at=(ended or instant(said(found, "updatedate"))) if status is ShipmentStatus.DELIVERED else None,
        tracking_url=_https(said(found, "trackingurl")),
    )


def _event(raw: msgspec.Raw) -> TrackingEvent | None:
    """None for what has no instant, or is no object."""
    try:
        row = fields_of(raw)
    except msgspec.DecodeError:
        return None
    at = instant(said(row, "statusdate"))
    if at is None:
        return None
    name, more = clean(said(row, "status"), 200), clean(said(row, "description"), 300)
    text = f"{name}: {more}" if name and more and more != name else name or more
    return TrackingEvent(at, STATES.get(said(row, "statusid"), ShipmentStatus.UNKNOWN), text)


def instant(text: str) -> datetime | None:
    """UTC instant of `dd/MM/yyyy HH:mm:ss` in Turkish local time; None for anything else."""
    found = _DATE.fullmatch(text)
    return maybe(_utc, tuple(int(part) for part in found.groups())) if found is not None else None


def _utc(told: tuple[int, ...]) -> datetime:
    day, month, year, hour, minute, second = told
    return datetime(year, month, day, hour, minute, second, tzinfo=ISTANBUL).astimezone(UTC)
