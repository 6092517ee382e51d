"""What the WooCommerce tests share: an account, replies, the reference's example order."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx

from app.contracts import Account, Secret
from app.kit import MemoryTokens, Reply
from providers.shops.woocommerce import WooCommerce

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def account(base: str = "https://dukkan.example", **settings: str) -> Account:
    return Account(
        id="woo-1",
        integration="woocommerce",
        environment="live",
        urls={"api": base},
        tokens=MemoryTokens(),
        now=lambda: NOW,
        nonce=lambda: "n" * 32,
        settings=settings,
        secrets={"consumer_key": Secret("ck_anahtar"), "consumer_secret": Secret("cs_sır&=")},
    )


def reply(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    body = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
    return Reply(status, headers or {"content-type": "application/json"}, body, "test")


def counted(data: Any, total: int, pages: int) -> tuple[int, Any, dict[str, str]]:
    return 200, data, {"x-wp-total": str(total), "x-wp-totalpages": str(pages)}


class Script:
    """A transport that answers from a list, in order, and keeps the requests."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        status, data, headers = answer if isinstance(answer, tuple) else (200, answer, {})
        if isinstance(data, bytes):
            return httpx.Response(status, content=data, headers=headers)
        return httpx.Response(status, json=data, headers=headers)

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(r.content) if r.content else None for r in self.requests]

    @property
    def paths(self) -> list[str]:
        return [f"{r.method} {r.url.path.removeprefix('/wp-json/wc/v3')}" for r in self.requests]


def scripted(*answers: Any, base: str = "https://dukkan.example", **settings: str) -> tuple[WooCommerce, Script]:
    script = Script(*answers)
    http = httpx.AsyncClient(transport=httpx.MockTransport(script), base_url=base)
    return WooCommerce(http, account(base, **settings)), script


def error(code: str, status: int, message: str = "Olmadı.", data: Any = None) -> tuple[int, Any, dict[str, str]]:
    return status, {"code": code, "message": message, "data": data or {"status": status}}, {}


ORDER: dict[str, Any] = json.loads("""
{"id":1204,"number":"1204","status":"processing","currency":"TRY","date_created_gmt":"2026-11-20T06:10:00",
"date_created":"2026-11-20T09:10:00","date_modified":"2026-11-20T09:11:00","date_modified_gmt":"2026-11-20T06:11:00",
"total":"749.90","total_tax":"62.50","prices_include_tax":true,"payment_method":"cod",
"billing":{"first_name":"Deniz","last_name":"Ak","email":"d@example.com","phone":"5550000000"},
"shipping":{"first_name":"Deniz","last_name":"Ak","address_1":"Gül Sk. 4/2","city":"Konak","state":"TR35","postcode":"35000",
"country":"TR"},
"line_items":[{"id":88,"product_id":41,"variation_id":45,"sku":"KZK-M","name":"Kazak","quantity":1,"subtotal":"687.40",
"total":"687.40","total_tax":"62.50","price":687.4}],
"shipping_lines":[{"method_id":"flat_rate","method_title":"Kargo","total":"0.00"}]}
""")


def order(number: int, modified: str, **changes: Any) -> dict[str, Any]:
    """A minimal order changed at `modified` (HH:MM:SS)."""
    made = {"id": number, "number": str(number), "date_modified_gmt": f"2026-11-20T{modified}"}
    return {**ORDER, **made, "date_created_gmt": f"2026-11-19T{modified}", **changes}
