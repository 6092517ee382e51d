"""An account, a request and answers of DHL Express for tests."""

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

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday, noon in İstanbul
KEYS = {
    "username": "ornek-api", "password": "gizli-sifre", "account_number": "123456789", "sender_name": "Ayşe Yılmaz",
    "sender_company": "Örnek Ticaret", "sender_phone": "0532 111 22 33", "sender_street": "Gül Mah. Lale Sok. 4 Şişli",
    "sender_city": "İstanbul", "sender_postcode": "34394", "sender_country": "TR",
}  # fmt: skip
RECEIVER = Address(
    "Elif Örnek", "", "Çiçek Mah. Şehit Ömer Sok. No:4 D:2", "Bornova", "İzmir", "", "35040", "TR", "0555 111 22 33"
)
ABROAD = Address("Jürgen Groß", "Groß GmbH", "Unter den Linden 7", "", "Berlin", "", "10117", "DE", "+49 30 1234567")
REQUEST = ShipmentRequest("PX-2026-0001", RECEIVER, (Parcel(1200, 200, 100, 150), Parcel(500)), order_number="#1042", content="Ahşap Işıldak")  # fmt: skip
EXPORT = {"declared_value": "149.90", "currency": "EUR", "hs_code": "4420.19", "quantity": "2"}
PDF, ZPL = b"%PDF-1.4 elif", b"^XA^FO10,10^FDElif^FS^XZ"


def account(
    base_url: str = "https://express.api.dhl.com", keys: Mapping[str, str] | None = None, **changes: str
) -> Account:
    held = {**KEYS, **(keys or {}), **changes}
    return Account(
        id="dhl", integration="dhl_kargo", environment="live", urls={"api": base_url}, tokens=MemoryTokens(), now=lambda: NOW,
        nonce=lambda: "0123456789abcdef", settings={k: v for k, v in held.items() if k != "password"},
        secrets={"password": Secret(held["password"])},
    )  # fmt: skip


def request(**changes: Any) -> ShipmentRequest:
    """The good request with other fields; `to_…` ones change the receiver."""
    to = {k.removeprefix("to_"): v for k, v in changes.items() if k.startswith("to_")}
    rest = {k: v for k, v in changes.items() if not k.startswith("to_")}
    base = msgspec.structs.replace(REQUEST, **rest)
    return msgspec.structs.replace(base, receiver=msgspec.structs.replace(base.receiver, **to))


def reply(data: Any, status: int = 200, operation: str = "find") -> Reply:
    body = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
    return Reply(status, {"content-type": "application/json"}, body, operation)


def problem(status: int, detail: str, **more: Any) -> dict[str, Any]:
    return {
        "instance": "/expressapi/x",
        "detail": detail,
        "title": "Bad request",
        "message": "Bad request",
        "status": str(status),
        **more,
    }


def made(**changes: Any) -> dict[str, Any]:
    pieces = [{"referenceNumber": n, "trackingNumber": f"JD01460000461723077{n}"} for n in (1, 2)]
    label = {"imageFormat": "PDF", "content": base64.b64encode(PDF).decode(), "typeCode": "label"}
    return {"shipmentTrackingNumber": "5374534546", "packages": pieces, "documents": [label], **changes}


def event(code: str, day: str, time: str = "10:00:00", **more: Any) -> dict[str, Any]:
    area = [{"code": "IST", "description": "ISTANBUL-TR"}]
    return {"date": day, "time": time, "typeCode": code, "description": f"Event {code}", "serviceArea": area, **more}


def tracked(*events: dict[str, Any], reference: str = "PX-2026-0001", **changes: Any) -> dict[str, Any]:
    one = {
        "shipmentTrackingNumber": "5374534546", "status": "Success", "shipmentTimestamp": "2026-11-24T12:15:00", "productCode": "N",
        "shipperReferences": [{"value": reference, "typeCode": "CU"}], "events": list(events),
        "pieces": [{"number": n, "trackingNumber": f"JD01460000461723077{n}", "events": []} for n in (1, 2)], **changes,
    }  # fmt: skip
    return {"shipments": [one]}
