"""What the Trendyol tests share: an account, replies, the specification's example package in both shapes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx

from app.contracts import Account, Secret
from app.kit import MemoryTokens, Reply
from providers.marketplaces.trendyol import Trendyol

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def account(base: str = "https://apigw.trendyol.com", **settings: str) -> Account:
    return Account(
        id="trendyol-1",
        integration="trendyol",
        environment="live",
        urls={"api": base},
        tokens=MemoryTokens(),
        now=lambda: NOW,
        nonce=lambda: "n" * 32,
        settings={"seller_id": "2738", "integrator_name": "SelfIntegration", **settings},
        secrets={"api_key": Secret("key"), "api_secret": Secret("secret")},
    )


def reply(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    body = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
    return Reply(status, headers or {"content-type": "application/json"}, body, "test")


class Script:
    """A transport that answers from a list, in order, and keeps the requests."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, data = answer if isinstance(answer, tuple) else (200, answer)
        if data is None:
            return httpx.Response(status)
        return httpx.Response(status, json=data)

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(r.content) if r.content else None for r in self.requests]

    @property
    def paths(self) -> list[str]:
        return [f"{r.method} {r.url.path}" for r in self.requests]


def scripted(*answers: Any, base: str = "https://apigw.trendyol.com") -> tuple[Trendyol, Script]:
    script = Script(*answers)
    http = httpx.AsyncClient(transport=httpx.MockTransport(script), base_url=base)
    return Trendyol(http, account(base)), script


V1: dict[str, Any] = json.loads("""
{"id":700000001,"orderNumber":"9000000001",
"grossAmount":250.00,"totalDiscount":30.00,"totalTyDiscount":0.00,"totalPrice":220.00,"currencyCode":"TRY",
"customerFirstName":"Ayşe","customerLastName":"Örnek","orderDate":1795432200000,"lastModifiedDate":1795421700000,
"status":"Created","shipmentPackageStatus":"Created","cargoTrackingNumber":7330000000000001,
"cargoProviderName":"Trendyol Express Marketplace",
"shipmentAddress":{"fullName":"Ayşe Örnek","address1":"Deneme Sk. 1","city":"Ankara","district":"Çankaya",
"postalCode":"06000","countryCode":"TR","phone":"5550000000"},
"invoiceAddress":{"fullName":"Ayşe Örnek","city":"Ankara","district":"Çankaya","countryCode":"TR","taxOffice":"",
"taxNumber":"","eInvoiceAvailable":false},
"lines":[{"id":800000001,"barcode":"8690000000011","merchantSku":"PX-KUPA-01","productName":"Seramik Kupa","quantity":1,
"amount":250.00,"discount":30.00,"tyDiscount":0.00,"price":220.00,"vatBaseAmount":20,"orderLineItemStatusName":"Created"}],
"packageHistories":[{"createdDate":1795421400000,"status":"Created"}]}
""")

V2: dict[str, Any] = json.loads("""
{"shipmentPackageId":3330111111,"orderNumber":"10654411111","packageGrossAmount":1497.00,"packageSellerDiscount":0.30,
"packageTyDiscount":0.00,"packageTotalDiscount":0.30,"packageTotalPrice":1496.70,"currencyCode":"TRY",
"customerFirstName":"Işıl","customerLastName":"İnce","customerEmail":"pf+1@trendyolmail.com","customerId":888888888,
"identityNumber":"11111111111","taxNumber":null,"orderDate":1762253333685,"lastModifiedDate":1762865408581,
"agreedDeliveryDate":1762376340000,"status":"Picking","shipmentPackageStatus":"Picking",
"cargoTrackingNumber":72602420957047272632,"cargoSenderNumber":"210090111111","cargoTrackingLink":"https://t.example/?id=1",
"cargoProviderName":"Aras Kargo Marketplace","whoPays":1,"isCod":true,"micro":true,"commercial":true,"fastDelivery":true,
"createdBy":"split","originPackageIds":[3330111110],
"shipmentAddress":{"firstName":"Işıl","lastName":"İnce","address1":"Büyükdere Cd. 5","address2":"D:3","city":"İstanbul",
"district":"Sarıyer","neighborhood":"Maslak Mahallesi","postalCode":"34200","countryCode":"TR","phone":"0532 123 45 67"},
"invoiceAddress":{"fullName":"Ince Ltd","company":"İnce Ticaret Ltd. Şti.","city":"İstanbul","countryCode":"TR",
"taxOffice":"Sarıyer","taxNumber":"4810000000"},
"lines":[{"lineId":4765111111,"quantity":3,"stockCode":"TEPSİ-1","productName":"Tepsi","lineGrossAmount":499.00,
"lineUnitPrice":498.90,"vatRate":20.00,"barcode":"8683772071724","orderLineItemStatusName":"Picking","contentId":1239111111},
{"lineId":4765111112,"quantity":1,"stockCode":"X","productName":"İptal","lineUnitPrice":1,"vatRate":1,
"orderLineItemStatusName":"Cancelled"}]}
""")
