"""What the Hepsiburada tests share: an account with several hosts, and the reference's example order as a detail answer."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import httpx

from app.contracts import Account, Secret
from app.kit import MemoryTokens
from providers.marketplaces.hepsiburada import Hepsiburada
from tests.providers.marketplaces.trendyol_support import Script

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MERCHANT = "3f6c0000-0000-4000-8000-000000000001"
OMS, LISTINGS, CATALOGUE = "https://oms.example", "https://listing.example", "https://mpop.example"


def account() -> Account:
    return Account(
        id="hb-1", integration="hepsiburada", environment="live",
        urls={"api": OMS, "listings": LISTINGS, "catalogue": CATALOGUE},
        tokens=MemoryTokens(), now=lambda: NOW, nonce=lambda: "n" * 32,
        settings={"merchant_id": MERCHANT, "developer_username": "firma_dev"},
        secrets={"service_key": Secret("a1B2c3D4e5F6")},
    )  # fmt: skip


def scripted(*answers: Any) -> tuple[Hepsiburada, Script]:
    script = Script(*answers)
    http = httpx.AsyncClient(transport=httpx.MockTransport(script), base_url=OMS)
    return Hepsiburada(http, account()), script


LINE: dict[str, Any] = {
    "id": "3f6c0000-0000-4000-8000-0000000000a1", "orderId": "o", "orderNumber": "9700000000000000091", "sku": "HBV00000ABCDE",
    "merchantSKU": "PX-KUPA-01", "name": "Seramik Kupa", "quantity": 2, "unitPrice": {"amount": 110.0, "currency": "TRY"},
    "totalPrice": {"amount": 220.0, "currency": "TRY"}, "vat": 36.67, "vatRate": 20, "status": "Open",
    "orderDate": "2026-11-20T10:15:00", "dueDate": "2026-11-21T23:59:59",
    "lastStatusUpdateDate": "2026-11-20T11:00:00.1234567", "packageNumber": None, "cargoCompany": "hepsiJET",
    "customerId": "c-1", "customerName": "Ayşe Örnek",
    "shippingAddress": {"name": "Ayşe Örnek", "address": "Deneme Sk. 1", "town": "Çankaya", "district": "Deneme Mah.",
                        "city": "Ankara", "countryCode": "TR", "phoneNumber": "5550000000", "email": "a@example.com"},
    "invoice": {"turkishIdentityNumber": "11111111110", "taxNumber": "", "taxOffice": "",
                "address": {"name": "Ayşe Örnek", "city": "Ankara"}},
    "merchantDiscount": {"totalPrice": {"amount": 5, "currency": "TRY"}, "unitPrice": {"amount": 2.5, "currency": "TRY"}},
    "productBarcode": "8690000000011",
}  # fmt: skip


def line(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(LINE), **changes}


def detail(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "orderId": "o", "orderNumber": "9700000000000000091", "orderDate": "2026-11-20T10:15:00", "paymentStatus": "Paid",
        "customer": {"customerId": "c-1", "name": "Ayşe Örnek"}, "items": list(lines) or [line()], **changes,
    }  # fmt: skip


def paged(*items: Any, total: int | None = None) -> dict[str, Any]:
    return {"totalCount": len(items) if total is None else total, "limit": 100, "offset": 0, "items": list(items)}


NOT_FOUND = (404, {"statusCode": 404, "code": "NotFound", "message": "Sipariş bulunamadı", "correlationId": "c-9"})
CONFLICT = (
    409,
    {"statusCode": 409, "code": "Conflict", "message": "Packaged durumundaki kalem", "correlationId": "c-9"},
)
