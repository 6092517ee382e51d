"""Servers written by a stranger, from the vendors' documents alone, and the program driven only through its command line.

Several of these were defects that the stranger found; each is repaired and kept here.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.serving import serve

pytestmark = [pytest.mark.faults, pytest.mark.deep, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]
HOUR_MS = 3_600_000
KEY, SECRET = "anahtar-12345678", "gizli-12345678"
CK, CS = "ck_" + "a1" * 20, "cs_" + "b2" * 20


class Desk:
    """One workspace, driven like a merchant's terminal: `run` gives exit code and everything that was printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.password, self.secrets = folder / "password", folder / "secrets.json"
        self.password.write_text("dogru-at-pil-zimba-9", encoding="utf-8")

    def command(self, *words: str) -> list[str]:
        return [
            *(sys.executable, "-m", "app.cli", *words),
            *("--workspace", str(self.folder / "ws"), "--unlock-from", str(self.password)),
        ]

    def run(self, *words: str, lang: str = "en") -> tuple[int, str]:
        env = {**os.environ, "PAXZAR_LANG": lang, "PYTHONIOENCODING": "utf-8"}
        done = subprocess.run(
            self.command(*words), cwd=ROOT, env=env, capture_output=True, encoding="utf-8", timeout=100, check=False
        )
        told = done.stdout + done.stderr
        assert "Traceback" not in told, told
        assert not any(secret in told for secret in (KEY, SECRET, CK, CS)), "a secret was printed"
        return done.returncode, told

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command(*words), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ}
        )

    def connect(self, integration: str, secrets: dict[str, str], address: str, **settings: str) -> None:
        self.secrets.write_text(json.dumps(secrets), encoding="utf-8")
        pairs = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
        files = ("--base-url", address, "--secrets-from", str(self.secrets))
        code, told = self.run("connect", integration, "--name", "Dükkan", *pairs, *files)
        assert code == 0, told

    def orders(self) -> dict[str, dict[str, Any]]:
        """By remote id. Asserts that none is stored twice."""
        _, told = self.run("orders", "--json", "--limit", "100000")
        rows = json.loads(told)
        found = {row["remote_id"]: row for row in rows}
        assert len(found) == len(rows)
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


class Trendyol:
    """The order stream, one product and the price call, as the documents tell them."""

    def __init__(self) -> None:
        self.clock_s = 0.0  # how far the vendor's clock is from ours
        self.packages: list[str] = []  # raw JSON, so that it can be as odd as Java makes it
        self.times: list[int] = []
        self.pause_s, self.status, self.sent = 0.0, 200, list[dict[str, Any]]()
        seller = "/integration/{area}/sellers/123456"
        self.app = Starlette(
            routes=[
                Route(f"{seller}/orders/stream", self.stream),
                Route(f"{seller}/products/approved/inventory-and-price", self.prices),
                Route(f"{seller}/products/approved", self.titles),
                Route(f"{seller}/products/price-and-inventory", self.write, methods=["POST"]),
                Route(f"{seller}/products/batch-requests/1", self.batch),
            ]
        )

    def now(self) -> int:
        return int((time.time() + self.clock_s) * 1000)

    def add(
        self, number: int, *, ago_ms: int = HOUR_MS, name: str = "Kupa", total: str = "10.10", **changes: str
    ) -> None:
        at = self.now() - ago_ms
        buyer, status = changes.get("buyer", "Ayşe Örnek"), changes.get("status", "Created")
        address = f'{{"fullName":"{buyer}","address1":"{changes.get("street", "Gül Sk. 1")}","city":"Ankara","countryCode":"TR"}}'
        self.times.append(at)
        self.packages.append(
            f'{{"id":{number},"orderNumber":"9{number:09d}","grossAmount":{total},"totalDiscount":0,"totalPrice":{total},'
            f'"currencyCode":"TRY","customerFirstName":"{buyer}","customerLastName":"","orderDate":{at + 3 * HOUR_MS},'
            f'"lastModifiedDate":{at},"status":"{status}","shipmentPackageStatus":"{status}","isCod":null,'
            f'"cargoTrackingNumber":9223372036854775807,"fieldOf2027":[{{}}],"shipmentAddress":{address},"invoiceAddress":{{}},'
            f'"lines":[{{"id":{number},"barcode":"869","merchantSku":"PX-İ","productName":"{name}","quantity":1,'
            f'"amount":{total},"discount":0,"price":{total},"vatBaseAmount":20}}]}}'
        )

    def answer(self, body: str) -> Response:
        headers = {"date": formatdate(time.time() + self.clock_s, usegmt=True)}
        return Response(body.encode(), self.status, headers, "application/json")

    async def stream(self, request: Request) -> Response:
        token = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {token}":
            return JSONResponse({"errors": [{"key": "ClientApiAuthenticationException", "message": "Yetkisiz"}]}, 401)
        await asyncio.sleep(self.pause_s)
        told = request.query_params
        start, end = int(told["lastModifiedStartDate"]), int(told["lastModifiedEndDate"])
        if end - start > 14 * 24 * HOUR_MS:
            return JSONResponse({"errors": ["En fazla 14 gün"]}, 400)
        rows = [raw for at, raw in sorted(zip(self.times, self.packages, strict=True)) if start <= at <= end]
        size, first = int(told["size"]), int(told.get("nextCursor") or 0)
        after = f'"{first + size}"' if first + size < len(rows) else "null"
        page = ",".join(rows[first : first + size])
        more = "true" if after != "null" else "false"
        return self.answer(f'{{"content":[{page}],"size":{size},"hasMore":{more},"nextCursor":{after}}}')

    async def prices(self, request: Request) -> Response:
        shapes = [
            {"barcode": code, "stockCode": sku, "salePrice": 1249.9, "listPrice": 1249.9, "quantity": 5, "variantId": n}
            for n, (code, sku) in enumerate([("8690000000011", "PX-KUPA"), ("8690000000012", "PX-KILIT")])
        ]
        found = [{"contentId": n, "variants": [shape]} for n, shape in enumerate(shapes)]
        return self.answer(json.dumps({"totalElements": 2, "totalPages": 1, "page": 0, "content": found}))

    async def titles(self, request: Request) -> Response:
        return self.answer('{"totalElements":0,"totalPages":0,"page":0,"content":[]}')

    async def write(self, request: Request) -> Response:
        self.sent.extend((await request.json())["items"])
        return self.answer('{"batchRequestId":"1"}')

    async def batch(self, request: Request) -> Response:
        def told(item: dict[str, Any]) -> dict[str, Any]:
            locked = item["barcode"].endswith("2")
            reasons = ["Ürün kilitli olduğu için güncellenemez."] if locked else []
            return {"requestItem": item, "status": "FAILED" if locked else "SUCCESS", "failureReasons": reasons}

        return self.answer(json.dumps({"batchRequestId": "1", "items": [told(item) for item in self.sent]}))


@pytest.fixture
def trendyol(desk: Desk) -> Iterator[Trendyol]:
    shop = Trendyol()
    with serve(shop.app) as address:
        desk.connect("trendyol", {"api_key": KEY, "api_secret": SECRET}, address, seller_id="123456")
        yield shop


def test_a_computer_whose_clock_is_an_hour_fast_loses_no_order(desk: Desk, trendyol: Trendyol) -> None:
    trendyol.clock_s = -3600  # Windows without the Turkish time change of 2016: an hour off, and nobody notices
    trendyol.add(1)
    desk.run("sync", "Dükkan", "--orders")
    trendyol.add(2, ago_ms=0)
    desk.run("sync", "Dükkan", "--orders")
    assert set(desk.orders()) == {"1", "2"}


def test_half_an_emoji_in_one_record_does_not_take_the_page_with_it(desk: Desk, trendyol: Trendyol) -> None:
    trendyol.add(1, name="Kupa \\ud83d")  # what Java leaves when it cuts a title in the middle of an emoji
    trendyol.add(2)
    desk.run("sync", "Dükkan", "--orders")
    assert "2" in desk.orders()


def test_the_noise_of_a_double_does_not_cost_the_order(desk: Desk, trendyol: Trendyol) -> None:
    trendyol.add(1, total="279.97999999999996")
    desk.run("sync", "Dükkan", "--orders")
    assert desk.orders()["1"]["total"] == "279.98"


def test_a_masked_copy_does_not_wipe_what_was_known(desk: Desk, trendyol: Trendyol) -> None:
    trendyol.add(1)
    desk.run("sync", "Dükkan", "--orders")
    trendyol.packages.clear()
    trendyol.times.clear()
    trendyol.add(1, ago_ms=0, buyer="***", street="***", status="Delivered")
    desk.run("sync", "Dükkan", "--orders")
    kept = desk.orders()["1"]
    assert kept["status"] == "delivered"
    assert (kept["buyer"], kept["address"]) == ("Ayşe Örnek", "Gül Sk. 1")


@pytest.mark.parametrize("typed", ["1.249", "1,249", "0", "0,001"])
def test_an_amount_that_may_be_a_thousandfold_mistake_is_not_sent(desk: Desk, trendyol: Trendyol, typed: str) -> None:
    desk.run("sync", "Dükkan", "--listings")
    code, _ = desk.run("price", "set", "Dükkan", "PX-KUPA", typed, lang="tr")
    desk.run("outbox", "--drain", "--patience", "5")
    assert code != 0
    assert trendyol.sent == []


def test_what_was_refused_is_named_by_sku_with_a_reason_in_words(desk: Desk, trendyol: Trendyol) -> None:
    desk.run("sync", "Dükkan", "--listings")
    desk.run("price", "set", "Dükkan", "PX-KILIT", "1200", "--sure")
    desk.run("stock", "set", "Dükkan", "PX-KUPA", "20001", "--sure")
    code, told = desk.run("outbox", "--drain", "--patience", "20")
    assert code == 1
    assert "kilitli" in told
    assert "PX-KILIT" in told
    assert "PX-KUPA" in told
    assert "item.refused" not in told


def test_amounts_instants_and_long_numbers_arrive_exactly(desk: Desk, trendyol: Trendyol) -> None:
    trendyol.add(1, total="1234567.89")
    assert desk.run("sync", "Dükkan", "--orders")[0] == 0
    found = desk.orders()["1"]
    assert found["total"] == "1234567.89"
    assert found["tracking_number"] == "9223372036854775807"
    assert datetime.fromisoformat(found["placed_at"]).timestamp() * 1000 == pytest.approx(trendyol.times[0], abs=1)
    assert (found["lines"][0]["sku"], found["lines"][0]["vat_rate"]) == ("PX-İ", "20")


def test_a_killed_pull_and_two_at_once_leave_every_order_once(desk: Desk, trendyol: Trendyol) -> None:
    for number in range(2000):
        trendyol.add(number, ago_ms=HOUR_MS + number // 3)
    trendyol.pause_s = 0.1
    for seconds in (1.5, 2.0, 2.5):
        child = desk.start("sync", "Dükkan", "--orders")
        time.sleep(seconds)
        child.kill()
        child.wait()
        assert len(desk.orders()) <= 2000
    other = desk.start("sync", "Dükkan", "--orders")
    assert desk.run("sync", "Dükkan", "--orders")[0] == 0
    assert other.wait(60) == 0
    assert len(desk.orders()) == 2000


@pytest.mark.parametrize(
    ("status", "body", "word"),
    [
        (200, "<html><title>Bakım</title></html>", "web page"),
        (429, '{"errors":[{"key":"too.many.requests","message":"Çok fazla istek"}]}', "limit"),
        (200, '{"content":null,"hasMore":false}', "could not read"),
        (400, '{"errors":["Tarih aralığı hatalı"]}', "Tarih aralığı hatalı"),
    ],
)
def test_trouble_is_one_sentence_with_connection_and_operation(
    desk: Desk, trendyol: Trendyol, status: int, body: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def trouble(request: Request) -> Response:
        kind = "text/html" if body.startswith("<") else "application/json"
        return Response(body.encode(), status, media_type=kind)

    trendyol.app.router.routes.insert(0, Route("/integration/order/sellers/123456/orders/stream", trouble))
    code, told = desk.run("sync", "Dükkan", "--orders")
    assert code == 1
    assert "Dükkan · orders: " in told
    assert word in told


def escaped(text: str) -> str:
    return quote(text, safe="~-._")


class WordPress:
    """An older WooCommerce in a folder, over http: OAuth 1.0a checked to the letter, no `orderby=modified`, PHP notices."""

    def __init__(self, count: int) -> None:
        self.count, self.address, self.nonces, self.bad = count, "", set[str](), list[str]()
        self.at = (datetime.now(UTC) - timedelta(hours=50)).strftime("%Y-%m-%dT%H:%M:%S")
        self.app = Starlette(routes=[Route("/shop/wp-json/wc/v3/orders", self.orders)])

    def refuses(self, request: Request) -> str:
        pairs = parse_qsl(request.url.query, keep_blank_values=True)
        told = dict(pairs)
        if told.get("oauth_consumer_key") != CK or "oauth_version" in told:
            return "Consumer key is invalid."
        if told["oauth_nonce"] in self.nonces:
            return "Invalid nonce - nonce has already been used."
        self.nonces.add(told["oauth_nonce"])
        rest = sorted((escaped(k), escaped(v)) for k, v in pairs if k != "oauth_signature")
        joined = "&".join(f"{k}={v}" for k, v in rest)
        base = f"{request.method}&{escaped(self.address + '/wp-json/wc/v3/orders')}&{escaped(joined)}"
        made = hmac.new(f"{CS}&".encode(), base.encode(), hashlib.sha256).digest()
        right = base64.b64encode(made).decode() == told["oauth_signature"]
        return "" if right else "Invalid signature - provided signature does not match."

    def order(self, number: int) -> dict[str, Any]:
        line = {"id": number, "name": "Kazak", "product_id": 41, "variation_id": 0, "quantity": 3, "sku": "A'B\"<ş>"}
        money = {"price": 0.1, "subtotal": "0.25", "subtotal_tax": "0.05", "total": "0.25", "total_tax": "0.05"}
        place = {"first_name": "Deniz", "last_name": "Ak", "city": "Konak", "state": "TR35", "country": "TR"}
        return {
            "id": number, "number": f"PX-2026/{number}", "status": "wc-partial-shipped", "currency": "TRY", "total": "0.30",
            "date_created_gmt": self.at, "date_modified_gmt": self.at, "discount_total": "0.00", "discount_tax": "0.00",
            "shipping_total": "0.00", "shipping_tax": "0.00", "customer_id": 0, "customer_note": None,
            "payment_method": "cod", "billing": place, "shipping": dict.fromkeys(place, ""), "tax_lines": [],
            "line_items": [{**line, **money, "meta_data": [{"id": 1, "key": "x", "value": {"y": [None, 1.5, True]}}]}],
        }  # fmt: skip

    async def orders(self, request: Request) -> Response:
        if reason := self.refuses(request):
            self.bad.append(reason)
            return JSONResponse({"code": "woocommerce_rest_authentication_error", "message": reason, "data": {}}, 401)
        told = request.query_params
        if told.get("orderby", "date") not in {"date", "id", "include", "title", "slug"}:
            data = {"status": 400, "params": {"orderby": "orderby is not one of date, id."}}
            return JSONResponse({"code": "rest_invalid_param", "message": "Geçersiz.", "data": data}, 400)
        if any("Z" in told.get(key, "") for key in ("after", "modified_after", "modified_before")):
            self.bad.append("a zone in a GMT filter: WordPress would shift it to the shop's wall clock")
        skipped = {int(one) for one in told.get("exclude", "").split(",") if one}
        rows = [] if told.get("after", "") >= self.at else [n for n in range(1, self.count + 1) if n not in skipped]
        page, size = int(told.get("page", "1")), int(told.get("per_page", "10"))
        body = json.dumps([self.order(n) for n in rows[(page - 1) * size : page * size]])
        notice = "<br />\n<b>Notice</b>:  Undefined index: x [y] {z} in <b>/home/a.php</b> on line <b>1</b><br />\n"
        return Response((notice + body).encode(), media_type="application/json")


def test_250_orders_of_one_second_in_an_old_shop_in_a_folder_arrive_once(desk: Desk) -> None:
    shop = WordPress(250)
    with serve(shop.app) as address:
        shop.address = f"{address}/shop"
        secrets = {"consumer_key": CK, "consumer_secret": CS}
        desk.connect("woocommerce", secrets, shop.address, store_url=shop.address)
        assert desk.run("sync", "Dükkan", "--orders")[0] == 0
        found = desk.orders()
    assert shop.bad == []
    assert set(found) == {str(n) for n in range(1, 251)}
    one = found["7"]
    assert (one["number"], one["total"], one["status"]) == ("PX-2026/7", "0.30", "unknown")
    assert (one["lines"][0]["unit_price"], one["lines"][0]["quantity"], one["city"]) == ("0.10", 3, "İzmir")
    assert one["placed_at"] == f"{shop.at}Z"
