"""An account, a request and answers of PTT Kargo for tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

import msgspec

from app.contracts import Account, Secret
from app.kit import MemoryTokens, Reply
from app.model import Address, Parcel, ShipmentRequest
from providers.cargo import ptt_calls as calls

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
KEYS = {
    "customer_id": "903456789", "password": "PttSandbox1", "barcode_from": "275036500001", "barcode_to": "275036599999",
    "postal_cheque_account": "5123456",
}  # fmt: skip
RECEIVER = Address("Elif Örnek", "", "Gül Mah. Lale Sok. 4/2", "BORNOVA", "İZMİR", "", "35000", "TR", "0555 111 22 33")
REFERENCE = "PX-2026-0001"
REQUEST = ShipmentRequest(REFERENCE, RECEIVER, (Parcel(1200, 200, 150, 200),), order_number="#1042", content="Kazak")


def account(base_url: str = "https://pttws.ptt.gov.tr", keys: Mapping[str, str] | None = None) -> Account:
    held = {k: v for k, v in (KEYS if keys is None else keys).items() if v}
    return Account(
        id="ptt", integration="ptt_kargo", environment="live", urls={"api": base_url}, tokens=MemoryTokens(), now=lambda: NOW,
        nonce=lambda: "0123456789abcdef0123", settings={k: v for k, v in held.items() if k != "password"},
        secrets={k: Secret(v) for k, v in held.items() if k == "password"},
    )  # fmt: skip


def request(**changes: Any) -> ShipmentRequest:
    """The good request with other fields; `to_…` ones change the receiver."""
    to = {k.removeprefix("to_"): v for k, v in changes.items() if k.startswith("to_")}
    rest = {k: v for k, v in changes.items() if not k.startswith("to_")}
    return msgspec.structs.replace(REQUEST, receiver=msgspec.structs.replace(RECEIVER, **to), **rest)


def number(turn: int = 0, reference: str = REFERENCE) -> str:
    return calls.barcode(account(), reference, turn)


def fields(**values: str) -> str:
    return "".join(f"<{k}>{escape(v)}</{k}>" for k, v in values.items())


def answer(action: str, inner: str, namespace: str = calls.UPLOAD) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<n:{action}Response xmlns:n="{namespace}"><n:return xmlns="{namespace}/xsd">{inner}</n:return></n:{action}Response>'
        "</s:Body></s:Envelope>"
    ).encode()


def uploaded(barcode: str, code: str = "1", text: str = "https://gonderitakip.ptt.gov.tr/…") -> bytes:
    row = fields(barkod=barcode, donguAciklama=text, donguHataKodu=code)
    return answer("kabulEkle2", f"{fields(aciklama='')}<dongu>{row}</dongu>{fields(hataKodu=code if code == '1' else '10')}")  # fmt: skip


def refused(code: str, text: str) -> bytes:
    return answer("kabulEkle2", fields(aciklama=text, hataKodu=code))


def deleted(code: str = "1", text: str = "Kayıt silindi.") -> bytes:
    return answer("barkodVeriSil", fields(aciklama=text, hataKodu=code))


def move(code: str, day: str = "24/11/2026", time: str = "17:59:47", text: str = "", office: str = "ŞİŞLİ", n: str = "1") -> str:  # fmt: skip
    return f"<dongu>{fields(IKODU=code, IMERK=office, ISAAT=time, ISLEM=text, ITARIH=day, siraNo=n)}</dongu>"


def way(*moves: str, barcode: str = "2750365698456", code: str = "10", receiver: str = "") -> bytes:
    inner = fields(BARNO=barcode, TESALAN=receiver) + "".join(moves) + fields(sonucAciklama="İşlem başarılı.", sonucKodu=code)  # fmt: skip
    return answer("gonderiSorgu_referansNo2", inner, calls.TRACKING[0])


def none(text: str = "Gönderi kaydı bulunamadı.", code: str = "5") -> bytes:
    return answer("gonderiSorgu_referansNo2", fields(BARNO="", sonucAciklama=text, sonucKodu=code), calls.TRACKING[0])


def fault(text: str) -> bytes:
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode>'
        f"<faultstring>{escape(text)}</faultstring></s:Fault></s:Body></s:Envelope>"
    ).encode()


def reply(body: bytes, status: int = 200) -> Reply:
    return Reply(status, {"content-type": "text/xml; charset=utf-8"}, body, "find")
