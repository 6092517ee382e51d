"""An account, a request and answers of DHL eCommerce Türkiye (MNG Kargo) for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.contracts import Account, Secret
from app.kit import MemoryTokens, Reply
from app.model import Address, Parcel, ShipmentRequest
from providers.cargo.mng_calls import Place

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
KEYS = {
    "client_id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "client_secret": "f9e8d7c6b5a4", "customer_number": "123456789",
    "password": "kalici-sifre", "email": "siparis@magaza.example",
}  # fmt: skip
SECRETS = ("client_secret", "password")
BORNOVA = Place(35, "İZMİR", 100, "BORNOVA")
RECEIVER = Address("Elif Örnek", "", "Gül Mah. 4", "Bornova", "İzmir", "", "35000", "TR", "0555 111 22 33")
REQUEST = ShipmentRequest(
    "PX20260001", RECEIVER, (Parcel(1200, 200, 100, 300), Parcel(500)), order_number="#1042", content="Kupa", note="Zili çalın"
)  # fmt: skip
ZPL = "^XA^FO10,10^FDELİF^FS^XZ"


def account(
    base_url: str = "https://api.mngkargo.com.tr", keys: Mapping[str, str] | None = None, **more: str
) -> Account:
    held = {**(KEYS if keys is None else keys), **more}
    return Account(
        id="mng", integration="mng_kargo", environment="live", urls={"api": base_url}, tokens=MemoryTokens(),
        now=lambda: NOW, nonce=lambda: "0123456789ABCDEF0123", settings={k: v for k, v in held.items() if k not in SECRETS},
        secrets={k: Secret(v) for k, v in held.items() if k in SECRETS},
    )  # fmt: skip


def request(**changes: Any) -> ShipmentRequest:
    """The good request with other fields; `to_…` ones change the receiver."""
    to = {k.removeprefix("to_"): v for k, v in changes.items() if k.startswith("to_")}
    rest = {k: v for k, v in changes.items() if not k.startswith("to_")}
    return msgspec.structs.replace(REQUEST, receiver=msgspec.structs.replace(RECEIVER, **to), **rest)


def reply(data: Any, status: int = 200, operation: str = "find") -> Reply:
    body = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
    return Reply(status, {"content-type": "application/json"}, body, operation)


def order(key: str = "PX20260001", **changes: Any) -> dict[str, Any]:
    """As `getorder` tells it."""
    return {
        "order": {"referenceId": key, "isCOD": 0, "codAmount": 0, "billOfLandingId": "", **changes},
        "orderPieceList": [{"barcode": f"{key}_1", "desi": 2, "kg": 1, "content": "Kupa"}],
        "recipient": {"address": "Gül Mah. 4", "fullName": "ELİF ÖRNEK"},
    }


def shipment(**changes: Any) -> dict[str, Any]:
    """As `getshipment` tells it."""
    facts = {"shipmentId": "935351532923", "shipmentStatusCode": 1, "isDelivered": 0, "finalTotal": 122.40, **changes}
    return {"shipment": facts, "shipmentPieceList": [{"barcode": "PX20260001_1"}]}


def barcodes(*texts: str | None) -> list[dict[str, Any]]:
    rows = [{"pieceNumber": n, "value": text, "barcode": f"PX20260001_{n}"} for n, text in enumerate(texts, 1)]
    return [{"referenceId": "PX20260001", "invoiceId": "1", "shipmentId": "935351532923", "barcodes": rows}]


def error(code: str, text: str = "Olmaz") -> dict[str, Any]:
    return {"error": {"code": code, "message": text, "description": text}}
