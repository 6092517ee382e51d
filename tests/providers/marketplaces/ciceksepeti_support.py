"""What the ÇiçekSepeti tests share: an account, the reference's example row, and a client on a scripted transport."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec

from app.contracts import Account, Secret
from app.kit import MemoryTokens, Reply
from providers.marketplaces.ciceksepeti import Ciceksepeti

BASE = "https://apis.ciceksepeti.example"
NOW = datetime(2026, 11, 23, 9, 0, 17, tzinfo=UTC)


def account(**settings: str) -> Account:
    return Account(
        id="cs-1", integration="ciceksepeti", environment="live", urls={"api": BASE}, tokens=MemoryTokens(), now=lambda: NOW,
        nonce=lambda: "n", settings={"seller_id": "123456", **settings}, secrets={"api_key": Secret("anahtar-1")},
    )  # fmt: skip


class Script:
    """Answers from a list, in order; keeps the requests. An answer is data, or (status, data)."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        status, data = answer if isinstance(answer, tuple) else (200, answer)
        return httpx.Response(status, json=data)

    def bodies(self) -> list[Any]:
        return [msgspec.json.decode(one.content) for one in self.requests]

    def paths(self) -> list[str]:
        return [one.url.path.removeprefix("/api/v1") for one in self.requests]


def scripted(*answers: Any, **settings: str) -> tuple[Ciceksepeti, Script]:
    script = Script(*answers)
    return Ciceksepeti(
        httpx.AsyncClient(transport=httpx.MockTransport(script), base_url=BASE), account(**settings)
    ), script


def reply(data: Any, status: int = 200, operation: str = "x") -> Reply:
    return Reply(status, {"content-type": "application/json"}, msgspec.json.encode(data), operation)


ROW: dict[str, Any] = {
    "orderId": 40000001, "orderItemId": 50000001, "orderCreateDate": "20/11/2026", "orderCreateTime": "10:15",
    "orderModifyDate": "21/11/2026", "orderModifyTime": "08:05", "code": "PX-KUPA-01", "productCode": "kcm000001",
    "barcode": "8690000000011", "name": "Seramik Kupa", "quantity": 1, "itemPrice": 220.0, "totalPrice": 220.0, "discount": 0.0,
    "invoicePrice": 220.0, "tax": 20, "orderItemStatusId": 1, "orderProductStatus": "Yeni", "isOrderStatusActive": True,
    "cargoModelType": 1, "cargoCompany": "MNG", "partialNumber": None, "receiverName": "Ayşe Örnek",
    "receiverPhone": "5550000000", "receiverAddress": "Deneme Sk. 1", "receiverCity": "Ankara", "receiverDistrict": "Çankaya",
    "receiverRegion": "Deneme Mah.", "senderName": "Ali Örnek", "senderCity": "İzmir", "senderTaxNumber": "",
    "senderTaxOfficeName": "", "invoiceEmail": "x@example.com", "cardMessage": "",
}  # fmt: skip
CANCELLED: dict[str, Any] = {
    "orderId": 40000001, "orderItemId": 50000001, "orderItemStatus": "İade Tedarikçide", "orderItemCancelStatus": None,
    "cancelReason": "İade Sebepleri", "subCancelReason": "Beğenmedim", "cancelType": 2, "shipmentNumber": "975",
}  # fmt: skip


def row(**changes: Any) -> dict[str, Any]:
    return {**ROW, **changes}


def orders(*rows: Any, count: int | None = None) -> dict[str, Any]:
    return {"orderListCount": len(rows) if count is None else count, "supplierOrderListWithBranch": list(rows)}


def cancelled(*rows: Any) -> dict[str, Any]:
    return {"orderItemList": list(rows)}
