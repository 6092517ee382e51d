"""What the N11 tests share: an account, and the reference's example package."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import httpx

from app.contracts import Account, Secret
from app.kit import MemoryTokens, Reply
from providers.marketplaces.n11 import N11

BASE = "https://api.n11.example"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def account() -> Account:
    return Account(
        id="n11-1", integration="n11", environment="live", urls={"api": BASE}, tokens=MemoryTokens(), now=lambda: NOW,
        nonce=lambda: "n" * 32, secrets={"app_key": Secret("anahtar-1"), "app_secret": Secret("gizli<&>1")},
    )  # fmt: skip


class Script:
    """Answers from a list, in order; keeps the requests. An answer is bytes, data, or (status, either)."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        status, data = answer if isinstance(answer, tuple) else (200, answer)
        if isinstance(data, bytes):
            return httpx.Response(status, content=data)
        return httpx.Response(status) if data is None else httpx.Response(status, json=data)


def scripted(*answers: Any) -> tuple[N11, Script]:
    script = Script(*answers)
    return N11(httpx.AsyncClient(transport=httpx.MockTransport(script), base_url=BASE), account()), script


PACKAGE: dict[str, Any] = {
    "id": 510000001, "orderNumber": "204000000001", "shipmentPackageStatus": "Created", "customerfullName": "Ayşe Örnek",
    "customerEmail": "x@example.com", "customerId": 7, "totalAmount": 220.00, "totalDiscountAmount": 30.00,
    "lastModifiedDate": 1795421700000, "agreedDeliveryDate": 1795508100000,
    "packageHistories": [{"createdDate": 1795421700000, "status": "Created"}, {"createdDate": 1795400000000, "status": "x"}],
    "cargoProviderName": "Sürat Kargo", "cargoTrackingNumber": "9990000000001", "cargoSenderNumber": None,
    "taxId": None, "tcIdentityNumber": "11111111110",
    "shippingAddress": {"fullName": "Ayşe Örnek", "address": "Deneme Sk. 1", "district": "Çankaya", "city": "Ankara",
                        "gsm": "5550000000", "postalCode": "06000", "neighborhood": "Deneme Mah."},
    "billingAddress": {"fullName": "İnce Ltd", "address": "A", "district": "B", "city": "C", "tcId": None},
    "lines": [{"orderLineId": 610000001, "stockCode": "PX-KUPA-01", "barcode": "8690000000011", "productName": "Seramik Kupa",
               "quantity": 1, "price": 250.00, "totalSellerDiscountPrice": 30.00, "totalMallDiscountPrice": 0.00,
               "dueAmount": 220.00, "sellerInvoiceAmount": 220.00, "vatRate": 20, "orderItemLineItemStatusName": "Created"}],
}  # fmt: skip


def package(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(PACKAGE), **changes}


def page(*items: Any, total: int | None = None, pages: int = 1) -> dict[str, Any]:
    return {"content": list(items), "totalElements": len(items) if total is None else total, "totalPages": pages}


def soap(inner: str, status: str = "success") -> bytes:
    return (
        '<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body><n:R xmlns:n="http://www.n11.com/ws/schemas">'
        f"<result><status>{status}</status></result>{inner}</n:R></E:Body></E:Envelope>"
    ).encode()


def failure(code: str, text: str = "Olmadı") -> bytes:
    return soap("", "failure").replace(
        b"</status>", f"</status><errorCode>{code}</errorCode><errorMessage>{text}</errorMessage>".encode()
    )


def soap_reply(data: bytes, status: int = 200) -> Reply:
    return Reply(status, {"content-type": "text/xml"}, data, "claims")


def claim(number: int, **fields: str) -> str:
    told = {
        "claimReturnId": str(number), "orderNumber": "204", "orderItemId": "61", "status": "REQUESTED", "quantity": "2",
        "claimReason": "Vazgeçtim", "requestDate": "01/11/2026", **fields,
    }  # fmt: skip
    return "<claimReturn>" + "".join(f"<{k}>{v}</{k}>" for k, v in told.items() if v) + "</claimReturn>"
