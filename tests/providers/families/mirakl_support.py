"""What the Mirakl tests share: an account, replies, the reference's example order, offers, a scripted operator."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec

from app.contracts import Account, Secret
from app.kit import MemoryTokens, Reply
from app.model import ListingRef, Money, PriceChange, ShipmentNotice, ShippedLine, StockChange
from providers.families.mirakl import Mirakl

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
KEY = "3f6c0000-0000-4000-8000-000000000001"


def account(base: str = "https://koctas.mirakl.net", learnt: dict[str, str] | None = None, **settings: str) -> Account:
    return Account(
        id="a", integration="koctas", environment="live", urls={"api": base}, tokens=MemoryTokens(), now=lambda: NOW,
        nonce=lambda: "n", settings=settings, secrets={"api_key": Secret(KEY)}, learnt=learnt if learnt is not None else {},
    )  # fmt: skip


def reply(data: Any, status: int = 200, operation: str = "test", content_type: str = "application/json") -> Reply:
    body = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
    return Reply(status, {"content-type": content_type}, body, operation)


#: The reference's example of OR11.
ORDER: dict[str, Any] = {
    "order_id": "K0000001-A", "commercial_id": "K0000001", "order_state": "WAITING_ACCEPTANCE",
    "created_date": "2026-11-20T07:15:00Z", "last_updated_date": "2026-11-20T07:16:00Z", "currency_iso_code": "TRY",
    "order_tax_mode": "TAX_INCLUDED", "price": 220.00, "shipping_price": 0.00, "total_price": 220.00,
    "total_commission": 26.40, "shipping_deadline": "2026-11-22T20:59:59Z", "shipping_type_code": "STD", "can_cancel": True,
    "customer": {
        "customer_id": "C1", "firstname": "Ayşe", "lastname": "Örnek",
        "shipping_address": {
            "firstname": "Ayşe", "lastname": "Örnek", "street_1": "Deneme Sk. 1", "zip_code": "06000", "city": "Ankara",
            "country_iso_code": "TUR", "phone": "5550000000",
        },
    },
    "order_lines": [
        {
            "order_line_id": "K0000001-A-1", "order_line_state": "WAITING_ACCEPTANCE", "offer_id": 2001,
            "offer_sku": "PX-KUPA-01", "product_sku": "8690000000011", "product_title": "Seramik Kupa", "quantity": 1,
            "price_unit": 220.00, "price": 220.00, "shipping_price": 0.00, "total_price": 220.00, "commission_fee": 22.00,
            "total_commission": 26.40, "taxes": [],
        }
    ],
}  # fmt: skip


def order(**changes: Any) -> dict[str, Any]:
    return {**deepcopy(ORDER), **changes}


def line(**changes: Any) -> dict[str, Any]:
    return {**deepcopy(ORDER["order_lines"][0]), **changes}


def raws(*records: Any) -> list[msgspec.Raw]:
    return [msgspec.Raw(json.dumps(one, ensure_ascii=False).encode()) for one in records]


def price(amount: str, origin: str = "", discount: str | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "price": float(amount), "unit_origin_price": float(origin or amount),
        "unit_discount_price": float(discount) if discount else None, "discount_start_date": None, "discount_end_date": None,
        "channel_code": None, "context": None,
        "volume_prices": [{"quantity_threshold": 1, "price": float(amount), "unit_origin_price": float(origin or amount), "unit_discount_price": float(discount or amount)}],
        **changes,
    }  # fmt: skip


def offer(sku: str = "PX-1", *prices: dict[str, Any], **changes: Any) -> dict[str, Any]:
    told = list(prices) or [price("100.50")]
    return {
        "offer_id": 3000001, "shop_sku": sku, "currency_iso_code": "TRY", "quantity": 7, "active": True,
        "product_title": "Çaydanlık Işık", "product_sku": "MKP1", "product_references": [{"reference_type": "EAN", "reference": "8690000000011"}],
        "price": told[0]["price"], "all_prices": told, "applicable_pricing": told[0], "discount": None, **changes,
    }  # fmt: skip


def ref(sku: str = "PX-1", **extra: str) -> ListingRef:
    return ListingRef(sku, sku, "8690000000011", extra)


def price_change(
    amount: str, key: str = "p", sku: str = "PX-1", listed: str = "", currency: str = "TRY"
) -> PriceChange:
    return PriceChange(key, ref(sku), Money.of(amount, currency), Money.of(listed, currency) if listed else None)


def stock_change(quantity: int, key: str = "s", sku: str = "PX-1", **extra: str) -> StockChange:
    return StockChange(key, ref(sku, **extra), quantity)


def notice(key: str = "n", order_id: str = "K0000001-A", carrier: str = "Yurtiçi Kargo", number: str = "7345", lines: tuple[ShippedLine, ...] = (), **more: Any) -> ShipmentNotice:  # fmt: skip
    return ShipmentNotice(key, order_id, order_id, carrier, number, lines=lines, **more)


class Operator:
    """A scripted operator: `answers` maps "METHOD /path" to a function of the request, a pair (status, body) or a body."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        found = self.answers[f"{request.method} {request.url.path}"]
        found = found(request) if isinstance(found, Callable) else found
        status, body = found if isinstance(found, tuple) else (200, found)
        if status == 0:
            raise httpx.ReadError("cut", request=request)
        if isinstance(body, bytes):
            return httpx.Response(status, content=body, headers={"content-type": "text/csv"})
        return httpx.Response(status, json=body) if body is not None else httpx.Response(status)

    def client(self, **settings: str) -> Mirakl:
        http = httpx.AsyncClient(base_url="https://koctas.mirakl.net", transport=httpx.MockTransport(self))
        return Mirakl(http, account(learnt={}, **settings))

    def paths(self) -> list[str]:
        return [f"{one.method} {one.url.path}" for one in self.asked]
