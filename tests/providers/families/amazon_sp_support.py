"""What the Amazon tests share: accounts of two marketplaces, replies, records, a scripted server, a client with a control room."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from app.contracts import Account, Secret
from app.kit import MemoryTokens, Reply
from app.model import ListingRef, Money, PriceChange, ShipmentNotice, StockChange
from providers.families.amazon_sp import AmazonSP
from providers.families.amazon_sp_base import site_of
from providers.sandboxes.amazon_sp import create
from tests.support.serving import serve

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TR, DE, US, GB = "A33AVAJ2PDY3EV", "A1PA6795UKMFR9", "ATVPDKIKX0DER", "A1F83G8C2ARO7P"
PLACES = {
    TR: {"marketplace_id": TR, "currency": "TRY", "country": "TR", "language": "tr_TR"},
    DE: {"marketplace_id": DE, "currency": "EUR", "country": "DE", "language": "de_DE"},
    US: {"marketplace_id": US, "currency": "USD", "country": "US", "language": "en_US"},
    GB: {"marketplace_id": GB, "currency": "GBP", "country": "GB", "language": "en_GB"},
}
KEYS = {
    "lwa_client_id": "amzn1.application-oa2-client.0",
    "lwa_client_secret": "amzn1.oa2-cs.v1.geheim",
    "refresh_token": "Atzr|IwEBI-yenile",
    "seller_id": "A2SATICI",
}


def account(marketplace: str = TR, base: str = "https://sellingpartnerapi-eu.amazon.com", *, now: Any = None, keys: dict[str, str] | None = None, tokens: Any = None) -> Account:  # fmt: skip
    held = keys if keys is not None else KEYS
    secret = ("lwa_client_secret", "refresh_token")
    live = base.endswith("amazon.com")
    return Account(
        id="amazon-eu",
        integration="amazon",
        environment="live",
        urls={"api": base, "token": "https://api.amazon.com/auth/o2/token" if live else f"{base}/auth/o2/token"},
        tokens=tokens or MemoryTokens(),
        now=now or (lambda: NOW),
        nonce=lambda: "abcdef0123456789",
        settings={k: v for k, v in held.items() if k not in secret},
        secrets={k: Secret(v) for k, v in held.items() if k in secret},
        params=PLACES[marketplace],
    )


SITE = site_of(account())


def reply(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    body = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
    return Reply(status, headers or {"content-type": "application/json"}, body, "test")


def errors(code: str, message: str = "Olmadı.", details: str | None = "") -> dict[str, Any]:
    return {"errors": [{"code": code, "message": message, "details": details}]}


def ref(sku: str = "SKU-1", **extra: str) -> ListingRef:
    return ListingRef(SITE.listing_id(sku), sku, "", extra)


def price(amount: str = "199.90", sku: str = "SKU-1", key: str = "p1", currency: str = "TRY", **extra: str) -> PriceChange:  # fmt: skip
    return PriceChange(key, ref(sku, **extra), Money.of(amount, currency))


def stock(quantity: int = 7, sku: str = "SKU-1", key: str = "s1", was: int | None = None, **extra: str) -> StockChange:
    return StockChange(key, ref(sku, **extra), quantity, was)


def notice(key: str = "n1", order_id: str = "402-1234567-7654321", **more: Any) -> ShipmentNotice:
    values: dict[str, Any] = {"carrier": "Yurtiçi Kargo", "tracking_number": "YK123"} | more
    return ShipmentNotice(key, order_id, **values)


REFERENCE = {
    "orderId": "402-1234567-7654321",
    "createdTime": "2026-11-20T09:10:11Z",
    "lastUpdatedTime": "2026-11-20T09:40:00Z",
    "salesChannel": {"channelName": "AMAZON", "marketplaceId": TR, "marketplaceName": "Amazon.com.tr"},
    "fulfillment": {"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "MERCHANT"},
    "proceeds": {"grandTotal": {"amount": "399.80", "currencyCode": "TRY"}},
    "recipient": {"deliveryAddress": {"name": "Ayşe D.", "addressLine1": "Örnek Sk. 5", "city": "Ankara", "postalCode": "06000", "countryCode": "TR"}},
    "orderItems": [
        {
            "orderItemId": "60123456789012",
            "quantityOrdered": 2,
            "product": {"asin": "B0TEST0001", "sellerSku": "SKU-1", "title": "Kupa", "price": {"unitPrice": {"amount": "199.90", "currencyCode": "TRY"}}},
            "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": 2},
        }
    ],
}  # fmt: skip


def order(**changes: Any) -> Any:
    """The reference's example order with changes; a line's changes under `line`."""
    line = {**REFERENCE["orderItems"][0], **changes.pop("line", {})}  # type: ignore[index]
    return {**REFERENCE, "orderItems": [line], **changes}


def item(sku: str = "SKU-1", **changes: Any) -> dict[str, Any]:
    """A listing of Amazon.com.tr as getListingsItem tells it."""
    summary = {
        "marketplaceId": TR, "asin": "B0TEST0001", "productType": "HOME", "conditionType": "new_new",
        "status": ["BUYABLE", "DISCOVERABLE"], "itemName": "Işıklı Kupa", "createdDate": "2025-10-20T08:02:35Z",
        "lastUpdatedDate": "2026-11-22T07:10:57Z",
    }  # fmt: skip
    whole: dict[str, Any] = {
        "sku": sku,
        "summaries": [summary],
        "offers": [{"marketplaceId": TR, "offerType": "B2C", "price": {"currencyCode": "TRY", "amount": "199.90"}}],
        "fulfillmentAvailability": [{"fulfillmentChannelCode": "DEFAULT", "quantity": 5}],
        "issues": [],
    }
    return whole | changes


def offer(**more: Any) -> dict[str, Any]:
    """A purchasable_offer instance of Amazon.com.tr."""
    return {"marketplace_id": TR, "currency": "TRY", "audience": "ALL", "our_price": [{"schedule": [{"value_with_tax": 249.9}]}]} | more  # fmt: skip


class Script:
    """A transport that answers the token and then from a list, in order, and keeps the requests beside the token's."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/auth/o2/token"):
            return httpx.Response(200, json={"access_token": "Atza|1", "token_type": "bearer", "expires_in": 3600})
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, data = answer if isinstance(answer, tuple) else (200, answer)
        if data is None or isinstance(data, bytes):
            return httpx.Response(status, content=data or b"")
        return httpx.Response(status, json=data)

    @property
    def said(self) -> list[str]:
        return [f"{r.method} {r.url.path}" for r in self.requests]

    def body(self, index: int) -> Any:
        return json.loads(self.requests[index].content)


def scripted(*answers: Any, marketplace: str = TR) -> tuple[AmazonSP, Script]:
    """A client before a scripted server. Everything must have been asked for in the end: `script.answers` is empty."""
    script = Script(*answers)
    mine = account(marketplace)
    http = httpx.AsyncClient(transport=httpx.MockTransport(script), base_url=mine.base_url)
    return AmazonSP(http, mine), script


class World:
    """A client before the fake server, and the fake's control room. The client's clock follows the fake's."""

    def __init__(self, base: str, marketplace: str = TR, **wrong: str) -> None:
        self.base = base
        self.room = httpx.Client(base_url=f"{base}/_control", trust_env=False, timeout=20)
        self.keys: dict[str, str] = self.get("credentials") | wrong
        self.ahead = timedelta(0)
        self.marketplace = marketplace
        self.account = account(marketplace, base, now=lambda: datetime.now(UTC) + self.ahead, keys=self.keys)
        self.http = httpx.AsyncClient(base_url=base, trust_env=False, timeout=20)
        self.client = AmazonSP(self.http, self.account)

    def get(self, what: str) -> Any:
        return self.room.get(f"/{what}").raise_for_status().json()

    def post(self, what: str, data: Any) -> Any:
        return self.room.post(f"/{what}", json=data).raise_for_status().json()

    def switch(self, feature: str, on: bool = True) -> None:
        self.post("switch", {"feature": feature, "on": on})

    def later(self, seconds: float) -> None:
        self.post("clock", {"advance": seconds})
        self.ahead += timedelta(seconds=seconds)

    def truth(self, what: str) -> dict[str, dict[str, Any]]:
        """The marketplace's records by our remote id."""
        rows = [row for row in self.get(what) if row["marketplace_id"] == self.marketplace]
        return {(row["remote_id"] if what == "orders" else f"{self.marketplace}:{row['sku']}"): row for row in rows}

    def paths(self) -> list[str]:
        return [f"{c['method']} {c['path']}" for c in self.get("calls")]


@contextmanager
def world(marketplace: str = TR, *, limits: bool = False, wrong: dict[str, str] | None = None, **sizes: int) -> Iterator[World]:  # fmt: skip
    with serve(create(**sizes).app) as base:
        found = World(base, marketplace, **(wrong or {}))
        found.post("limits", {"on": limits})
        try:
            yield found
        finally:
            found.room.close()
