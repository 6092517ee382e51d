"""A bare HTTP client at the fake Trendyol, and the fake's own state beside it. No client of ours in here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import httpx

from providers.sandboxes.trendyol import TrendyolSandbox, create
from tests.support.serving import serve

PACKS = "/integration/order/sellers/2738/shipment-packages"
STOCK = "/integration/inventory/sellers/2738/products/price-and-inventory"
PRODUCTS = "/integration/product/sellers/2738/products"


class Rig:
    def __init__(self, box: TrendyolSandbox, http: httpx.Client) -> None:
        self.box, self.http = box, http

    def get(self, path: str, **params: Any) -> Any:
        reply = self.http.get(path, params=params)
        assert reply.status_code == 200, reply.text
        return json.loads(reply.content, parse_float=Decimal)

    def control(self, path: str, body: Any) -> None:
        assert self.http.post(f"/_control/{path}", json=body).status_code == 200

    @property
    def now(self) -> int:
        return self.box.shop.now()

    def new(self) -> Any:
        """One new package that is not waiting for payment."""
        while True:
            package = self.box.shop.packages[int(self.box.add_orders(1)[0])]
            if package.status == "Created":
                return package

    def put(self, package: Any, suffix: str, body: Any, method: str = "PUT") -> httpx.Response:
        return self.http.request(method, f"{PACKS}/{package.id}{suffix}", json=body)

    def move(self, package: Any, status: str, **params: str) -> httpx.Response:
        lines = [{"lineId": line.id, "quantity": line.quantity} for line in package.lines]
        return self.put(package, "", {"lines": lines, "params": params, "status": status})

    def push(self, *items: dict[str, Any]) -> httpx.Response:
        return self.http.post(STOCK, json={"items": list(items)})

    def result(self, reply: httpx.Response) -> Any:
        assert reply.status_code == 200, reply.text
        path = f"{PRODUCTS}/batch-requests/{reply.json()['batchRequestId']}"
        self.get(path)
        return self.get(path)

    def on(self, feature: str, on: bool = True) -> None:
        self.control("switch", {"feature": feature, "on": on})

    def later(self, seconds: float) -> None:
        self.control("clock", {"advance": seconds})

    def shipped_by(self, carrier: str, status: str = "Created") -> Any:
        """A new package with this carrier (display name), moved on to `status`."""
        package = self.new()
        package.carrier = carrier
        self.box.shop.set_status(package, status)
        return package


@contextmanager
def rigged(orders: int = 60, listings: int = 45) -> Iterator[Rig]:
    box = create(orders=orders, listings=listings)
    assert isinstance(box, TrendyolSandbox)
    auth = (box.credentials["api_key"], box.credentials["api_secret"])
    agent = f"{box.credentials['seller_id']} - {box.credentials['integrator_name']}"
    with (
        serve(box.app) as base,
        httpx.Client(base_url=base, auth=auth, headers={"user-agent": agent}, trust_env=False) as http,
    ):
        yield Rig(box, http)


def error(reply: httpx.Response) -> dict[str, str]:
    data = reply.json()
    assert set(data) == {"timestamp", "exception", "errors"}
    first: dict[str, str] = data["errors"][0]
    return first | {"exception": data["exception"]}
