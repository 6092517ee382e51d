"""What the idefix tests share: an account of either kind, a scripted transport, a shipment with the fields that the reference and
the digests name."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import httpx

from app.contracts import Account, Secret
from app.kit import MemoryTokens
from providers.marketplaces.idefix import Idefix

BASE = "https://merchantapi.idefix.example"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def account(secret: str = "sir-1") -> Account:
    secrets = {"api_key": Secret("anahtar-1"), **({"api_secret": Secret(secret)} if secret else {})}
    return Account(
        id="d_r-1", integration="d_r", environment="live",
        urls={"api": BASE, "orders": f"{BASE}/oms", "products": f"{BASE}/pim/"}, tokens=MemoryTokens(),
        now=lambda: NOW, nonce=lambda: "n" * 32, settings={"vendor_id": "123/4"}, secrets=secrets,
    )  # fmt: skip


class Script:
    """Answers from a list, in order; keeps the requests and what key each was sent with. An answer is data, bytes, or (status,
    either)."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.keys: list[str] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.keys.append(request.headers["x-api-key"])
        answer = self.answers.pop(0)
        status, data = answer if isinstance(answer, tuple) else (200, answer)
        if isinstance(data, bytes):
            return httpx.Response(status, content=data)
        return httpx.Response(status, json=data)

    def asked(self, number: int) -> dict[str, str]:
        return dict(self.requests[number].url.params)


def scripted(*answers: Any, secret: str = "sir-1") -> tuple[Idefix, Script]:
    script = Script(*answers)
    return Idefix(httpx.AsyncClient(transport=httpx.MockTransport(script), base_url=BASE), account(secret)), script


LINE: dict[str, Any] = {
    "id": 60000190, "merchantSku": "PX-00026", "barcode": "8690000000265", "productName": "Işıklı Ayna", "quantity": 2,
    "price": 264.00, "totalPrice": 528.00, "vendorDiscount": 28.00, "platformDiscount": 0.0, "discountedTotalPrice": 500.00,
    "commissionAmount": 118.80, "vatRate": 20, "itemStatus": "shipment_ready",
}  # fmt: skip

SHIPMENT: dict[str, Any] = {
    "id": 3000019, "orderNumber": "IDE8000019", "orderDate": "2026-11-09T13:16:42+03:00",
    "createdAt": "2026-11-09T13:16:42+03:00", "updatedAt": "2026-11-21T02:12:09+03:00", "status": "shipment_ready",
    "statusUpdatedAt": "2026-11-20T02:12:09+03:00", "customerContactName": "Doğan Kılıç", "customerContactMail": "d@example.com",
    "customerId": 19, "totalPrice": 528.00, "totalDiscount": 28.00, "discountedTotalPrice": 500.00,
    "shippingAddress": {"fullName": "Doğan Kılıç", "address1": "Fatih Sk. 1", "county": "Haliliye", "city": "Şanlıurfa",
                        "neighborhood": "Merkez Mah.", "postalCode": "63050", "phone": "5316153078"},
    "invoiceAddress": {"fullName": "Doğan Kılıç", "address1": "Fatih Sk. 1", "isCommercial": " "},
    "cargoCompany": "Aras Kargo", "cargoProfileName": "Aras Kargo Anlaşmalı", "cargoTrackingNumber": "883000019",
    "cargoKey": "CLM3000019", "cargoTrackingUrl": "https://k", "lastShipmentDate": "2026-11-11T13:16:42+03:00",
    "items": [LINE],
}  # fmt: skip


def shipment(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(SHIPMENT), **changes}


def page(*rows: Any, pages: int | None = 1, total: int | None = None) -> dict[str, Any]:
    told: dict[str, Any] = {"items": list(rows), "totalCount": len(rows) if total is None else total, "currentPage": 1}
    return told if pages is None else {**told, "pageCount": pages}


def claim(*states: str, **changes: Any) -> dict[str, Any]:
    lines = [
        {"id": 70 + n, "orderLineId": 60, "barcode": "869", "customerReason": "Modelini beğenmedim", "state": state}
        for n, state in enumerate(states)
    ]
    return {
        "id": 247, "orderNumber": "IDE8", "createdAt": "2026/11/20 10:00:00", "cargoTrackingNumber": "91247", "items": lines,
        **changes,
    }  # fmt: skip
