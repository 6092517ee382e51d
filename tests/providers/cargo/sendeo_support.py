"""An account, a request and answers of Sendeo for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.contracts import Account, Secret
from app.kit import MemoryTokens, Reply
from app.model import Address, Parcel, ShipmentRequest

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
KEYS = {"musteri": "ornek-api", "sifre": "gizli-sifre"}
RECEIVER = Address("Elif Örnek", "", "Gül Mah. Lale Sok. 4/2", "Bornova", "İzmir", "", "35000", "TR", "0555 111 22 33")
REQUEST = ShipmentRequest(
    "PX-2026-0001", RECEIVER, (Parcel(1200, 200, 100, 300), Parcel(500)), order_number="#1042", content="Kupa", note="Zili çalın"
)  # fmt: skip
ZPL = "^XA^FO10,10^FDElif^FS^XZ"


def account(base_url: str = "https://api.sendeo.com.tr", keys: Mapping[str, str] | None = None) -> Account:
    held = KEYS if keys is None else keys
    return Account(
        id="sendeo", integration="sendeo", environment="live", urls={"api": base_url}, tokens=MemoryTokens(),
        now=lambda: NOW, nonce=lambda: "0123456789abcdef", settings={k: v for k, v in held.items() if k != "sifre"},
        secrets={"sifre": Secret(held["sifre"])},
    )  # fmt: skip


def request(**changes: Any) -> ShipmentRequest:
    """The good request with other fields; `to_…` ones change the receiver."""
    to = {k.removeprefix("to_"): v for k, v in changes.items() if k.startswith("to_")}
    rest = {k: v for k, v in changes.items() if not k.startswith("to_")}
    return msgspec.structs.replace(REQUEST, receiver=msgspec.structs.replace(RECEIVER, **to), **rest)


def envelope(result: Any = None, code: int | str | None = 200, text: str | None = None) -> dict[str, Any]:
    told = {"exceptionMessage": text, "innerExceptionMessage": None, "exceptionDescription": text}
    return {"RequestId": "0H1", "result": result, "StatusCode": code, **told}


def reply(data: Any, status: int = 200, operation: str = "find") -> Reply:
    body = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
    return Reply(status, {"content-type": "application/json"}, body, operation)


def refusal(code: int | str | None, text: str = "Olmaz", status: int = 500, operation: str = "create") -> Reply:
    return reply(envelope(None, code, text), status, operation)


def labelled(**changes: Any) -> dict[str, Any]:
    return {
        "TrackingNumber": "171999863748", "TrackingUrl": "https://www.sendeo.com.tr/takip?no=171999863748", "Barcode": None,
        "BarcodeZpl": None, "BarcodeZpls": [ZPL, ZPL], "BarcodeNumbers": ["171999863748001", "171999863748002"], **changes,
    }  # fmt: skip


def record(state: int | str = 101, reference: str = "PX-2026-0001", **changes: Any) -> dict[str, Any]:
    """As the list and the tracking tell a delivery."""
    return {
        "TrackingNo": "171999863748", "ReferenceNo": reference, "SendDate": "24/11/2026 12:00:00", "State": state,
        "StateText": "Sipariş Alındı", "UpdateDate": "26/11/2026 00:01:31", "CargoAmount": 89.90, "Quantity": "2",
        "statusHistories": [{"StatusDate": "24/11/2026 12:00:00", "StatusId": 101, "Status": "Sipariş Alındı", "Description": "Sipariş Alındı"}],
        **changes,
    }  # fmt: skip
