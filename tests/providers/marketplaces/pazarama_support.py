"""What the Pazarama tests share: an account, a scripted transport, the reference's example order with the rest of its fields."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from app.contracts import Account, Secret, Token
from app.kit import MemoryTokens
from providers.marketplaces.pazarama import Pazarama

BASE = "https://isortagimapi.pazarama.example"
TOKEN_URL = "https://isortagimgiris.pazarama.example/connect/token"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
GUID = "0a1b0000-0000-4000-8000-000000000001"
ITEM = "0a1b0000-0000-4000-8000-000000000002"


def account(tokens: MemoryTokens | None = None, **settings: str) -> Account:
    return Account(
        id="pazarama-1", integration="pazarama", environment="live", urls={"api": BASE, "token": TOKEN_URL},
        tokens=tokens or MemoryTokens(), now=lambda: NOW, nonce=lambda: "n" * 32,
        settings={"client_id": "istemci-1", **settings}, secrets={"client_secret": Secret("gizli:1")},
    )  # fmt: skip


class Script:
    """Answers from a list, in order; keeps the requests. An answer is data, bytes, or (status, either)."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, data = answer if isinstance(answer, tuple) else (200, answer)
        if isinstance(data, bytes):
            return httpx.Response(status, content=data)
        return httpx.Response(status, json=data)


async def scripted(*answers: Any) -> tuple[Pazarama, Script]:
    """A client with a token at hand."""
    script, tokens = Script(*answers), MemoryTokens()
    await tokens.put("pazarama", Token(Secret("jeton"), NOW + timedelta(hours=1)))
    return Pazarama(httpx.AsyncClient(transport=httpx.MockTransport(script), base_url=BASE), account(tokens)), script


def ok(data: Any) -> dict[str, Any]:
    return {
        "success": True,
        "messageCode": None,
        "message": None,
        "userMessage": None,
        "fromCache": False,
        "data": data,
    }


def no(code: str, text: str = "Olmadı") -> dict[str, Any]:
    return {
        "success": False,
        "messageCode": code,
        "message": text,
        "userMessage": text,
        "fromCache": False,
        "data": None,
    }


def money(kurus: int) -> dict[str, Any]:
    return {
        "currency": "TL",
        "value": kurus / 100,
        "valueInt": kurus,
        "valueString": f"{kurus // 100},{kurus % 100:02}",
    }


ORDER: dict[str, Any] = {
    "orderId": GUID, "orderNumber": 700000001, "orderDate": "2026-11-20 10:15", "orderAmount": 220.0, "shipmentAmount": 0.0,
    "discountAmount": 30.0, "currency": "TL", "paymentType": 1, "orderStatus": 3, "customerName": "Ayşe Örnek",
    "customerEmail": "ayse@example.com", "customerId": "c-7",
    "shipmentAddress": {"nameSurname": "Ayşe Örnek", "cityName": "Ankara", "districtName": "Çankaya",
                        "neighborhoodName": "Deneme", "addressDetail": "Işık Sk. 1", "phoneNumber": "5550000000",
                        "postalCode": "06000"},
    "billingAddress": {"nameSurname": "Ayşe Örnek", "invoiceType": 1, "identityNumber": "11111111110"},
    "items": [{
        "orderItemId": ITEM, "orderItemStatus": 3, "orderItemStatusName": "Siparişiniz Alındı", "deliveryType": 1,
        "orderItemStatusHistory": [{"historyStatus": 3, "historyCreatedDate": "2026-11-20T10:15:00+03:00"}],
        "shipmentCode": "PZR0000001", "quantity": 2, "salePrice": money(12500), "totalPrice": money(25000),
        "discountAmount": money(3000), "taxIncluded": True, "estimatedShippingDate": "2026-11-22 23:59",
        "cargo": {"companyName": None, "trackingNumber": None, "trackingUrl": None},
        "product": {"name": "Seramik Kupa", "code": "8690000000011", "stockCode": "PX-KUPA-01", "vatRate": 20},
    }],
}  # fmt: skip


def order(status: int | None = None, **changes: Any) -> dict[str, Any]:
    made = {**copy.deepcopy(ORDER), **changes}
    if status is not None:
        made["orderStatus"] = status
        for one in made["items"]:
            one["orderItemStatus"] = status
    return made


def item(number: int, status: int, **changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(ORDER["items"][0]), "orderItemId": f"i-{number}", "orderItemStatus": status, **changes}


DELIVERIES = [
    {"deliveryType": 1, "contracted": False, "cargoCompanies": [
        {"id": "g-yurtici", "name": "Yurtiçi Kargo"}, {"id": "g-surat", "name": "Sürat Kargo"}, {"id": None, "name": "X"},
    ]},
    {"deliveryType": 2, "contracted": True, "cargoCompanies": None},
]  # fmt: skip


def refund(**changes: Any) -> dict[str, Any]:
    return {
        "refundId": "r-1", "refundNumber": 300191, "orderNumber": 700000001, "refundType": "Beklediğim gibi değil",
        "refundStatus": 1, "refundStatusName": "Onay Bekliyor", "refundDate": "2026-11-21 09:27", "productCode": "869",
        "quantity": 1, "shipmentCode": 9000300191, "description": None, **changes,
    }  # fmt: skip


def refunds(*rows: Any) -> dict[str, Any]:
    return ok({"responsePage": {"totalCount": len(rows)}, "pageReport": {}, "refundList": list(rows)})
