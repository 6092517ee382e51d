"""PTT Kargo's answers: results of an upload, of a deletion, and the way of a parcel. Pure.

Must never take an error that we do not know for "no such shipment": the caller would create it a second time. PTT documents one
code, 1 for success; what else it means stands in its Turkish sentence, which is read here. Source: reference/cargo.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from app.contracts import Message, fail
from app.kit import (
    Element,
    Reply,
    child,
    children,
    looks_like_html,
    read_xml,
    soap_body,
    soap_errors,
    text_of,
    tracking_number,
)
from app.model import Shipment, ShipmentStatus, TrackingEvent, TrackingReport, clean, fold
from providers.cargo.ptt_calls import TRACKING
from providers.cargo.ptt_states import STATES

ISTANBUL = ZoneInfo("Europe/Istanbul")  # not written anywhere, but a domestic carrier's times are no other
TRACKING_URL = "https://gonderitakip.ptt.gov.tr/Track/Verify?q="
DONE = "1"
_IP = re.compile(r"\bip\b")
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_MARKUP = re.compile(r"<[^>]{0,200}>")
_UNKNOWN = ("bulunama", "bulunma", "kaydi yok", "kayit yok")
_USED = ("kullanil", "mevcut", "kayitli", "tekrar", "mukerrer")
_ACCEPTED = ("kabul", "islem gor")
#: Folded words of a refusal → (standard code, field), the first that fits.
_WORDS: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(words), code, field)
    for words, code, field in (
        (r"\bsifre", "auth.refused", "password"),
        (r"\bbarkod.*\barali[kg]", "config.field", "barcode_from"),
        (r"\bbarkod.*\bkontrol", "item.refused", "barcode"),
        (r"ilce", "address.refused", "district"),
        (r"telefon|\bsms|alicisms|alicitel", "address.refused", "phone"),
        (r"\balici ?ad", "address.refused", "name"),
        (r"\balici ?il(?:i|adi|)\b", "address.refused", "city"),
        (r"adres", "address.refused", "street"),
        (r"\bagirlik", "item.refused", "weight"),
        (r"\bdesi\b|\ben\b|\bboy\b|\byukseklik", "item.refused", "parcels"),
        (r"\bposta cek|\brezerve", "item.refused", "postal_cheque_account"),
        (r"\bodeme|\bek ?hizmet", "item.refused", "cash_on_delivery"),
    )
)


class Result(msgspec.Struct, frozen=True):
    """What PTT says of one parcel, or of the whole file when it says nothing of the parcel. `used`: what was there before:
    file, barcode, reference, ''."""

    code: str
    text: str
    used: str = ""

    @property
    def done(self) -> bool:
        return self.code == DONE


class Way(msgspec.Struct, frozen=True):
    """One parcel as the tracking service tells it."""

    barcode: str
    receiver: str = ""
    moves: tuple[tuple[str, TrackingEvent], ...] = ()  # code and event, the oldest first; UNKNOWN: says nothing

    @property
    def code(self) -> str:
        """Of the last movement that says where the parcel is."""
        told = [code for code, event in self.moves if event.status is not ShipmentStatus.UNKNOWN]
        return told[-1] if told else ""

    @property
    def status(self) -> ShipmentStatus:
        """PTT knows it, so that it is at least created."""
        if not self.moves:
            return ShipmentStatus.CREATED
        return STATES.get(self.code, ShipmentStatus.UNKNOWN)


# -- the whole answer ----------------------------------------------------------------------------------------------------
def ptt_errors(reply: Reply) -> Message | None:
    """Faults, pages and a barred address. Result codes are read by who asked for them."""
    wrong = soap_errors(reply)
    if reply.status == 403:
        words = clean(_MARKUP.sub(" ", reply.body[:4000].decode("utf-8", "replace")), 300)
        if looks_like_html(reply) or _IP.search(fold(words)):
            return _barred(words, reply.status, wrong.vendor_code if wrong else "")
    if wrong is not None:
        barred = wrong.code == "server.error" and _IP.search(fold(wrong.vendor_text))
        return _barred(wrong.vendor_text, wrong.status, wrong.vendor_code) if barred else wrong
    if looks_like_html(reply) or not reply.body.strip():
        return Message("server.html" if reply.body.strip() else "answer.unreadable", status=reply.status)
    return None


def other_namespace(message: Message) -> bool:
    """Whether a fault says that the service does not know an element of that namespace."""
    words = fold(message.vendor_text)
    return message.code == "server.error" and any(
        one in words for one in ("endpoint reference", "namespace", *TRACKING)
    )


def parse_namespace(reply: Reply) -> str:
    """The namespace of a WSDL; only one of the two that are known. Raises OursError for any other."""
    found = read_xml(reply).get("targetNamespace", "")
    if found not in TRACKING:
        told = {"operation": reply.operation, "reason": clean(f"targetNamespace {found}", 120)}
        raise fail(Message("answer.unexpected", told))
    return found


def _barred(text: str, status: int = 0, vendor_code: str = "") -> Message:
    """Our address is not on the carrier's list; it is told where the carrier names it."""
    found = _ADDRESS.search(text)
    return Message("auth.ip_not_allowed", {"address": found[0]} if found else {}, vendor_code, text, status)


def of_words(code: str, text: str) -> Message:
    """What a sentence of PTT's means."""
    words = fold(text)
    if _IP.search(words):
        return _barred(text, vendor_code=code)
    if "sozlesme" in words and any(one in words for one in ("aktif degil", "pasif", "kapali", "sona er", "iptal")):
        return Message("auth.suspended", {}, code, text)
    if "beklenmeyen" in words or "sistem hata" in words:
        return Message("server.error", {}, code, text)
    for known, standard, field in _WORDS:
        if known.search(words):
            params = {"field": field} | ({"why": "pattern"} if standard == "config.field" else {})
            return Message(standard, params, code, text, field=field)
    return Message("item.refused", {}, code, text)


def _return(reply: Reply, field: str) -> Element:
    """The element `return` with that field in it. Raises OursError when there is none: silence is no yes."""
    found = child(soap_body(reply), "return")
    if found is None or not text_of(found, field):
        raise fail(Message("answer.field_missing", {"field": field, "operation": reply.operation}, field=field))
    return found


# -- uploads -------------------------------------------------------------------------------------------------------------
def parse_created(reply: Reply, barcode: str) -> Result:
    """What became of our parcel. Raises OursError when the file is said to be good and our parcel is not spoken of."""
    element = _return(reply, "hataKodu")
    for one in children(element, "dongu"):
        if text_of(one, "barkod") == barcode:
            return _result(text_of(one, "donguHataKodu"), text_of(one, "donguAciklama"))
    whole = _result(text_of(element, "hataKodu"), text_of(element, "aciklama"))
    if whole.done:
        raise fail(Message("answer.field_missing", {"field": "barkod", "operation": reply.operation}, field="barkod"))
    return whole


def parse_cancelled(reply: Reply) -> Result:
    element = _return(reply, "hataKodu")
    return _result(text_of(element, "hataKodu"), text_of(element, "aciklama"))


def _result(code: str, text: str) -> Result:
    text = clean(text, 300)
    words = fold(text)
    used = ""
    if code != DONE and any(one in words for one in _USED):
        used = next((name for word, name in (("dosya", "file"), ("referans", "reference"), ("barkod", "barcode")) if word in words), "")  # fmt: skip
    return Result(code, text, used)


def is_unknown(result: Result) -> bool:
    """PTT has nothing of the kind."""
    words = fold(result.text)
    return not result.done and any(one in words for one in _UNKNOWN)


def too_late(result: Result) -> bool:
    words = fold(result.text)
    return not result.done and not is_unknown(result) and any(one in words for one in _ACCEPTED)


# -- the way -------------------------------------------------------------------------------------------------------------
def parse_way(reply: Reply) -> Way | None:
    """None only when PTT says that it does not know the parcel. Which number means success is disputed: a barcode does."""
    element = _return(reply, "sonucKodu")
    barcode = tracking_number(text_of(element, "BARNO"))
    if barcode:
        return Way(barcode, clean(text_of(element, "TESALAN"), 200), tuple(_moves(children(element, "dongu"))))
    result = Result(text_of(element, "sonucKodu"), clean(text_of(element, "sonucAciklama"), 300))
    if is_unknown(result):
        return None
    raise fail(of_words(result.code, result.text).about(operation=reply.operation))


def _moves(rows: Iterable[Element]) -> list[tuple[str, TrackingEvent]]:
    found = []
    for row in rows:
        code = text_of(row, "IKODU") or text_of(row, "gonderi_durum_id")
        at = _instant(text_of(row, "ITARIH"), text_of(row, "ISAAT"))
        if at is None:
            continue
        number = text_of(row, "siraNo")
        place = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 0
        found.append((at, place, code, _text(text_of(row, "ISLEM")), _text(text_of(row, "IMERK"))))
    found.sort(key=lambda one: one[:2])
    return [(code, TrackingEvent(at, STATES.get(code, ShipmentStatus.UNKNOWN), text, where)) for at, _, code, text, where in found]  # fmt: skip


@lru_cache(maxsize=4096)
def _text(text: str) -> str:
    """Kept: a carrier has a few hundred movements and offices."""
    return clean(text, 200)


def to_shipment(reference: str, way: Way) -> Shipment:
    """The 13 digits are at once what the parcel carries and what its receiver follows it by. PTT's charge is left out: it does
    not say whether VAT is in it."""
    return Shipment(
        reference=reference,
        status=way.status,
        tracking_number=way.barcode,
        tracking_url=TRACKING_URL + way.barcode,
        vendor_status=way.code,
        barcode=way.barcode,
    )


def to_report(reference: str, way: Way) -> TrackingReport:
    status = way.status
    delivered = [event.at for _, event in way.moves if event.status is ShipmentStatus.DELIVERED]
    return TrackingReport(
        reference=reference,
        status=status,
        tracking_number=way.barcode,
        vendor_status=way.code,
        events=tuple(event for _, event in way.moves),
        delivered_at=delivered[-1] if delivered and status is ShipmentStatus.DELIVERED else None,
        signed_by=way.receiver,
        tracking_url=TRACKING_URL + way.barcode,
    )


def _instant(day: str, time: str) -> datetime | None:
    """UTC instant of `dd/MM/yyyy` and `HH:mm[:ss]` in Turkish local time; without a time midnight."""
    found = re.fullmatch(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?: (\d{1,2}):(\d{2})(?::(\d{2}))?)?", f"{day} {time}".strip())  # fmt: skip
    if found is None:
        return None
    d, m, y, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        return datetime(y, m, d, hour, minute, second, tzinfo=ISTANBUL).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
