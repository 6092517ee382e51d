"""An account, a request and answers of Yurtiçi Kargo for tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.contracts import Account, Secret
from app.kit import MemoryTokens, Reply
from app.model import Address, Parcel, ShipmentRequest

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
KEYS = {
    "username": "YKTEST", "password": "YK", "language": "TR", "receiver_username": "ALICI", "receiver_password": "A1",
    "cod_cash_username": "NAKIT", "cod_cash_password": "N1", "cod_card_username": "KART", "cod_card_password": "K1",
}  # fmt: skip
RECEIVER = Address(
    "Elif Örnek", "", "Gül Mah. Lale Sok. No:4 D:2", "Bornova", "İzmir", "", "35000", "TR", "0555 111 22 33"
)
REQUEST = ShipmentRequest(
    "2026112400017", RECEIVER, (Parcel(1200, 200, 100, 300), Parcel(500)), order_number="#1042", invoice_number="F2026000123",
    content="Kazak", note="Zili çalın",
)  # fmt: skip
RESULTS = {
    "createShipment": "ShippingOrderResultVO",
    "cancelShipment": "ShippingOrderResultVO",
    "queryShipment": "ShippingDeliveryVO",
}


def account(base_url: str = "https://ws.yurticikargo.com", keys: Mapping[str, str] | None = None) -> Account:
    held = KEYS if keys is None else keys
    return Account(
        id="yk", integration="yurtici_kargo", environment="live", urls={"api": base_url}, tokens=MemoryTokens(),
        now=lambda: NOW, nonce=lambda: "0123456789abcdef0123", settings={k: v for k, v in held.items() if "password" not in k},
        secrets={k: Secret(v) for k, v in held.items() if "password" in k},
    )  # fmt: skip


def request(**changes: Any) -> ShipmentRequest:
    """The good request with other fields; `to_…` ones change the receiver."""
    to = {k.removeprefix("to_"): v for k, v in changes.items() if k.startswith("to_")}
    rest = {k: v for k, v in changes.items() if not k.startswith("to_")}
    return msgspec.structs.replace(REQUEST, receiver=msgspec.structs.replace(RECEIVER, **to), **rest)


def answer(operation: str, inner: str, flag: str = "0", text: str = "Başarılı") -> bytes:
    head = f"<outFlag>{flag}</outFlag><outResult>{text}</outResult>" if flag else ""
    body = f"<{RESULTS[operation]}>{head}{inner}</{RESULTS[operation]}>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<n:{operation}Response xmlns:n="http://yurticikargo.com.tr/ShippingOrderDispatcherServices">{body}</n:{operation}Response>'
        "</s:Body></s:Envelope>"
    ).encode()


def detail(name: str, key: str = "2026112400017", **fields: str) -> str:
    rows = "".join(f"<{k}>{v}</{k}>" for k, v in {"cargoKey": key, **fields}.items())
    return f"<{name}>{rows}</{name}>"


def created(key: str = "2026112400017", **fields: str) -> bytes:
    return answer(
        "createShipment",
        detail("shippingOrderDetailVO", key, **fields),
        "1" if fields.get("errCode", "0") != "0" else "0",
    )


def queried(*details: str) -> bytes:
    return answer("queryShipment", "".join(details))


def state(key: str = "2026112400017", item: str = "", **fields: str) -> str:
    inner = f"<shippingDeliveryItemDetailVO>{item}</shippingDeliveryItemDetailVO>" if item else ""
    return detail("shippingDeliveryDetailVO", key, **fields).replace(
        "</shippingDeliveryDetailVO>", f"{inner}</shippingDeliveryDetailVO>"
    )


def cancelled(key: str = "2026112400017", **fields: str) -> bytes:
    return answer("cancelShipment", detail("shippingCancelDetailVO", key, **fields))


def reply(body: bytes, status: int = 200) -> Reply:
    return Reply(status, {"content-type": "text/xml; charset=utf-8"}, body, "find")
