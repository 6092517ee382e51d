"""An account, a request and answers of UPS for tests."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.contracts import Account, Secret
from app.kit import MemoryTokens, Reply
from app.model import Address, Parcel, ShipmentRequest

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SENDER = {
    "sender_name": "Ayşe Yılmaz", "sender_company": "Örnek Ticaret Ltd. Şti.", "sender_phone": "0532 111 22 33",
    "sender_street": "Gül Mah. Lale Sok. 4", "sender_city": "İstanbul", "sender_postcode": "34394", "sender_country": "TR",
}  # fmt: skip
KEYS = {"client_id": "c" * 24, "client_secret": "s" * 24, "account_number": "a1b2c3", **SENDER}
SECRETS = ("client_secret",)
RECEIVER = Address("Elif Örnek", "", "Gül Mah. Lale Sok. 4/2", "Bornova", "İzmir", "", "35040", "TR", "0555 111 22 33")
ABROAD = Address("Jürgen Weiß", "Weiß GmbH", "Hauptstraße 12", "", "Köln", "", "50667", "DE", "+49 170 1234567")
REQUEST = ShipmentRequest(
    "PX20260001", RECEIVER, (Parcel(1200, 200, 100, 300), Parcel(500)), order_number="#1042", content="2 × Seramik kupa", note="Zili çalın"
)  # fmt: skip
GOODS = {"declared_value": "149.90", "currency": "EUR", "hs_code": "6912 00", "quantity": "2", "made_in": "TR"}
ZPL = "^XA^FO10,10^FDELİF^FS^XZ"
FIRST, SECOND = "1ZA1B2C30400000017", "1ZA1B2C30400000025"


def account(
    base_url: str = "https://onlinetools.ups.com", keys: Mapping[str, str] | None = None, **more: str
) -> Account:
    held = {**(KEYS if keys is None else keys), **more}
    return Account(
        id="ups", integration="ups_kargo", environment="live", urls={"api": base_url}, tokens=MemoryTokens(),
        now=lambda: NOW, nonce=lambda: "0123456789ABCDEF0123456789ABCDEF99", settings={k: v for k, v in held.items() if k not in SECRETS},
        secrets={k: Secret(v) for k, v in held.items() if k in SECRETS},
    )  # fmt: skip


def request(**changes: Any) -> ShipmentRequest:
    """The good request with other fields; `to_…` ones change the receiver."""
    to = {k.removeprefix("to_"): v for k, v in changes.items() if k.startswith("to_")}
    rest = {k: v for k, v in changes.items() if not k.startswith("to_")}
    base = rest.pop("receiver", RECEIVER)
    return msgspec.structs.replace(REQUEST, receiver=msgspec.structs.replace(base, **to), **rest)


def exported(**changes: Any) -> ShipmentRequest:
    """The good request abroad."""
    return request(**{"receiver": ABROAD, "options": GOODS, **changes})


def reply(data: Any, status: int = 200, operation: str = "find") -> Reply:
    body = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
    return Reply(status, {"content-type": "application/json"}, body, operation)


def refusal(code: Any, text: str, status: int = 400, operation: str = "create") -> Reply:
    return reply({"response": {"errors": [{"code": code, "message": text}]}}, status, operation)


def packed(text: str = ZPL) -> str:
    return base64.b64encode(text.encode()).decode()


def image(text: str | None = ZPL, form: str = "ZPL", name: str = "ImageFormat") -> dict[str, Any]:
    return {name: {"Code": form, "Description": form}, "GraphicImage": packed(text) if text is not None else None}


def created(*texts: str | None, form: str = "ZPL", **changes: Any) -> dict[str, Any]:
    numbers = (FIRST, SECOND)
    pieces = [{"TrackingNumber": numbers[n], "ShippingLabel": image(text, form)} for n, text in enumerate(texts)]
    results = {
        "ShipmentIdentificationNumber": FIRST,
        "ShipmentCharges": {"TotalCharges": {"CurrencyCode": "TRY", "MonetaryValue": "1500.00"}},
        "NegotiatedRateCharges": {"TotalCharge": {"CurrencyCode": "TRY", "MonetaryValue": "1122.40"}},
        "PackageResults": pieces,
        **changes,
    }
    return {"ShipmentResponse": {"Response": {"ResponseStatus": {"Code": "1"}}, "ShipmentResults": results}}


def recovered(*texts: str | None, form: str = "ZPL", **changes: Any) -> dict[str, Any]:
    numbers = (FIRST, SECOND)
    rows = [
        {"TrackingNumber": numbers[n], "LabelImage": image(text, form, "LabelImageFormat")}
        for n, text in enumerate(texts)
    ]
    return {"LabelRecoveryResponse": {"ShipmentIdentificationNumber": FIRST, "LabelResults": rows, **changes}}


def activity(kind: str, at: str = "20261124100000", gmt: str = "20261124070000", **more: Any) -> dict[str, Any]:
    return {
        "date": at[:8], "time": at[8:], "gmtDate": gmt[:8], "gmtTime": gmt[8:], "gmtOffset": "+03:00",
        "location": {"address": {"city": "İSTANBUL", "countryCode": "TR", "country": "TR"}},
        "status": {"type": kind, "code": "XX", "statusCode": "003", "description": "Teslim alındı"}, **more,
    }  # fmt: skip


def package(number: str = FIRST, kind: str | None = "M", *moves: dict[str, Any], **more: Any) -> dict[str, Any]:
    state = {"currentStatus": {"type": kind, "code": "003", "description": "x"}} if kind is not None else {}
    return {"trackingNumber": number, **state, "activity": list(moves), **more}


def tracked(*packages: dict[str, Any]) -> dict[str, Any]:
    return {"trackResponse": {"shipment": [{"inquiryNumber": FIRST, "package": list(packages)}]}}
