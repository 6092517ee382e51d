"""The fake WooCommerce site against the sentences of reference/ecommerce-social-pos-fulfilment.md, over a real socket."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import httpx
import pytest

from providers.sandboxes.woocommerce import WooCommerceSandbox, create
from tests.support.serving import serve

V3 = "/wp-json/wc/v3"
ORDERS = V3 + "/orders"
PRODUCTS = V3 + "/products"
HTTPS = {"x-forwarded-proto": "https"}


class Rig:
    def __init__(self, box: WooCommerceSandbox, base: str) -> None:
        self.box, self.base = box, base
        self.key, self.secret = box.credentials["consumer_key"], box.credentials["consumer_secret"]
        self.bare = httpx.Client(base_url=base, trust_env=False)
        self.http = httpx.Client(base_url=base, trust_env=False, auth=(self.key, self.secret), headers=HTTPS)

    def close(self) -> None:
        self.bare.close()
        self.http.close()

    def get(self, path: str, **params: Any) -> Any:
        reply = self.http.get(path, params=params)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def control(self, path: str, body: Any) -> None:
        assert self.bare.post(f"/_control/{path}", json=body).status_code == 200

    def switch(self, feature: str, on: bool = True) -> None:
        self.control("switch", {"feature": feature, "on": on})

    def signed(self, method: str, url: str, algorithm: str = "HMAC-SHA256", **changes: str) -> dict[str, str]:
        """The query of a signed call, by RFC 5849 and on its own: the sandbox's code has no part in it."""
        oauth = {
            "oauth_consumer_key": self.key, "oauth_timestamp": str(int(time.time())), "oauth_nonce": uuid.uuid4().hex,
            "oauth_signature_method": algorithm,
        } | changes  # fmt: skip
        split = urlsplit(self.base + url)
        pairs = [*parse_qsl(split.query, keep_blank_values=True), *oauth.items()]
        words = sorted((quote(k, safe="~"), quote(v, safe="~")) for k, v in pairs)
        text = "&".join("=".join(word) for word in words)
        address = f"{split.scheme}://{split.netloc}{split.path}"
        message = "&".join((method, quote(address, safe="~"), quote(text, safe="~")))
        kind = hashlib.sha1 if algorithm == "HMAC-SHA1" else hashlib.sha256
        mac = hmac.new((self.secret + "&").encode(), message.encode(), kind)
        return oauth | {"oauth_signature": base64.b64encode(mac.digest()).decode()}

    def send_signed(self, method: str, url: str, algorithm: str = "HMAC-SHA256", **changes: str) -> httpx.Response:
        query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)) | self.signed(
            method, url, algorithm, **changes
        )
        return self.bare.request(method, urlsplit(url).path, params=query, json=None if method == "GET" else {})


@pytest.fixture
def rig() -> Iterator[Rig]:
    box = create(orders=45, listings=30)
    assert isinstance(box, WooCommerceSandbox)
    with serve(box.app) as base:
        rig = Rig(box, base)
        yield rig
        rig.close()


def code(reply: httpx.Response) -> str:
    data = reply.json()
    assert {"code", "message", "data"} == set(data)
    assert data["data"]["status"] == reply.status_code
    return str(data["code"])


# -- the door ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("algorithm", ["HMAC-SHA1", "HMAC-SHA256"])
def test_http_takes_one_legged_oauth(rig: Rig, algorithm: str) -> None:
    for url in (
        ORDERS,
        ORDERS + "?search=%C5%9Fule%20%26+x&status=any&_fields=id,number",
        "/?rest_route=/wc/v3/orders&per_page=3",
    ):
        assert rig.send_signed("GET", url, algorithm).status_code == 200, url
    number = rig.box.truth_orders()[0]["remote_id"]
    assert rig.send_signed("PUT", f"{ORDERS}/{number}", algorithm).status_code == 200


def test_oauth_may_come_as_a_header(rig: Rig) -> None:
    words = rig.signed("GET", ORDERS)
    header = "OAuth " + ", ".join(f'{k}="{quote(v, safe="")}"' for k, v in words.items())
    assert rig.bare.get(ORDERS, headers={"authorization": header}).status_code == 200


def test_wrong_signatures_old_timestamps_and_used_nonces_are_refused(rig: Rig) -> None:
    cases: list[dict[str, str]] = [
        {"oauth_timestamp": str(int(time.time()) - 15 * 60 - 5)},
        {"oauth_timestamp": str(int(time.time()) + 15 * 60 + 60)},
        {"oauth_timestamp": "soon"}, {"oauth_nonce": "short"}, {"oauth_consumer_key": "ck_wrong"},
    ]  # fmt: skip
    for changes in cases:
        reply = rig.send_signed("GET", ORDERS, **changes)
        assert (reply.status_code, code(reply)) == (401, "woocommerce_rest_authentication_error"), changes
    assert rig.send_signed("GET", ORDERS, oauth_timestamp=str(int(time.time()) - 14 * 60)).status_code == 200
    words = rig.signed("GET", ORDERS)
    assert rig.bare.get(ORDERS, params=words | {"per_page": "5"}).status_code == 401  # not what was signed
    assert rig.bare.post(ORDERS + "/batch", params=words, json={}).status_code == 401
    assert rig.bare.get(ORDERS, params=words).status_code == 200
    again = rig.bare.get(ORDERS, params=words)
    assert (again.status_code, "nonce" in again.json()["message"]) == (401, True)
    assert rig.bare.get(ORDERS, params={k: v for k, v in words.items() if k != "oauth_nonce"}).status_code == 401
    assert rig.bare.get(ORDERS, params=words | {"oauth_signature_method": "PLAINTEXT"}).status_code == 401


def test_a_moved_sandbox_clock_does_not_spoil_oauth_unless_told(rig: Rig) -> None:
    rig.control("clock", {"advance": 7200})
    assert rig.send_signed("GET", ORDERS).status_code == 200
    rig.switch("skewed_clock")
    assert rig.send_signed("GET", ORDERS).status_code == 401


def test_basic_and_keys_in_query_only_over_https(rig: Rig) -> None:
    basic, query = (rig.key, rig.secret), {"consumer_key": rig.key, "consumer_secret": rig.secret}
    for reply in (rig.bare.get(ORDERS, auth=basic), rig.bare.get(ORDERS, params=query), rig.bare.get(ORDERS)):
        assert (reply.status_code, code(reply)) == (401, "woocommerce_rest_cannot_view")
    assert rig.bare.get(ORDERS, auth=basic, headers=HTTPS).status_code == 200
    rig.switch("https")
    assert rig.bare.get(ORDERS, auth=basic).status_code == 200
    assert rig.bare.get(ORDERS, params=query).status_code == 200
    for wrong in ((rig.key, "cs_wrong"), ("ck_wrong", rig.secret)):
        reply = rig.bare.get(ORDERS, auth=wrong)
        assert (reply.status_code, code(reply)) == (401, "woocommerce_rest_authentication_error")
    rig.switch("strip_authorization")
    stripped = rig.bare.get(ORDERS, auth=basic)
    assert (stripped.status_code, stripped.json()["message"]) == (401, "Consumer key is missing.")
    assert rig.bare.get(ORDERS, params=query).status_code == 200


def test_a_read_only_key_cannot_write(rig: Rig) -> None:
    rig.switch("read_only")
    first = rig.get(ORDERS)[0]
    reply = rig.http.put(f"{ORDERS}/{first['id']}", json={"status": "completed"})
    assert (reply.status_code, code(reply)) == (403, "woocommerce_rest_cannot_edit")
    assert rig.http.post(PRODUCTS + "/batch", json={"update": []}).status_code == 403
    assert rig.get(f"{ORDERS}/{first['id']}") == first


def test_routes_permalinks_and_the_index(rig: Rig) -> None:
    reply = rig.http.get(V3 + "/nothing")
    assert (reply.status_code, code(reply)) == (404, "rest_no_route")
    assert rig.bare.get("/wp-json/").json()["url"] == rig.base
    assert rig.http.get(ORDERS + "/").status_code == 200
    rig.switch("pretty_permalinks", False)
    assert rig.http.get(ORDERS).headers["content-type"].startswith("text/html")
    assert len(rig.get("/", rest_route="/wc/v3/orders", per_page=4)) == 4
    assert "html" in rig.http.get("/").text


def test_put_may_be_blocked_and_post_may_stand_for_it(rig: Rig) -> None:
    rig.switch("block_put")
    path = f"{ORDERS}/{rig.box.truth_orders()[0]['remote_id']}"
    assert rig.http.put(path, json={"customer_note": "a"}).status_code == 501
    assert (
        rig.http.post(path, params={"_method": "PUT"}, json={"customer_note": "ğüşİı"}).json()["customer_note"]
        == "ğüşİı"
    )
    assert rig.http.post(path, json={"customer_note": "b"}).json()["customer_note"] == "b"


# -- orders --------------------------------------------------------------------------------------------------------
def test_orders_page_with_totals_and_links(rig: Rig) -> None:
    truth = {row["remote_id"]: row for row in rig.box.truth_orders()}
    seen: list[Any] = []
    url: str | None = f"{ORDERS}?per_page=20&orderby=date&order=asc&status=any"
    pages = 0
    while url:
        reply = rig.http.get(url)
        assert (reply.headers["x-wp-total"], reply.headers["x-wp-totalpages"]) == ("45", "3")
        seen += reply.json()
        pages += 1
        url = reply.links.get("next", {}).get("url")
        url = url.replace("https://", "http://") if url else None
    assert pages == 3
    assert [str(row["id"]) for row in seen] == sorted(truth, key=lambda k: (truth[k]["placed_at"], int(k)))
    for row in seen:
        wanted = truth[str(row["id"])]
        assert (row["total"], row["status"], row["number"]) == (wanted["total"], wanted["status"], wanted["number"])
        parts = [Decimal(x["total"]) + Decimal(x["total_tax"]) for x in row["line_items"] + row["shipping_lines"]]
        assert sum(parts) == Decimal(row["total"])
        assert [(x["sku"], x["quantity"], x["price"]) for x in row["line_items"]] == [
            (x["sku"], x["quantity"], x["unit_price"]) for x in wanted["lines"]
        ]
        assert datetime.fromisoformat(row["date_created_gmt"]).replace(tzinfo=UTC).isoformat() == wanted["placed_at"]
    assert rig.get(ORDERS, page=9, per_page=20) == []
    assert len(rig.get(ORDERS)) == 10


def test_local_dates_are_three_hours_ahead_of_gmt(rig: Rig) -> None:
    for row in rig.get(ORDERS, per_page=100):
        for name in ("date_created", "date_modified", "date_paid"):
            if row[name] is None:
                assert row[f"{name}_gmt"] is None
                continue
            gap = datetime.fromisoformat(row[name]) - datetime.fromisoformat(row[f"{name}_gmt"])
            assert gap == timedelta(hours=3)


def test_date_filters_know_their_zone(rig: Rig) -> None:
    rows = rig.get(ORDERS, per_page=100, orderby="date", order="asc")
    middle = rows[20]
    later = [row["id"] for row in rows[21:]]

    def after(name: str, value: str, **more: str) -> list[int]:
        found = rig.get(ORDERS, per_page=100, orderby="date", order="asc", **{name: value}, **more)
        return [row["id"] for row in found]

    assert after("after", middle["date_created"]) == later
    assert after("after", middle["date_created_gmt"], dates_are_gmt="true") == later
    assert after("after", middle["date_created_gmt"] + "Z") == later
    assert after("before", middle["date_created"]) == [row["id"] for row in rows[:20]]
    edge = sorted(row["date_modified_gmt"] for row in rows)[10]
    assert set(after("modified_after", edge, dates_are_gmt="true")) == {
        r["id"] for r in rows if r["date_modified_gmt"] > edge
    }
    assert set(after("modified_before", edge, dates_are_gmt="true")) == {
        r["id"] for r in rows if r["date_modified_gmt"] < edge
    }
    assert rig.http.get(ORDERS, params={"after": "yesterday"}).status_code == 400


def test_other_filters(rig: Rig) -> None:
    rows = rig.get(ORDERS, per_page=100)
    some = [rows[3]["id"], rows[1]["id"]]
    assert [r["id"] for r in rig.get(ORDERS, include=f"{some[0]},{some[1]}", orderby="include", order="asc")] == some
    assert not set(some) & {r["id"] for r in rig.get(ORDERS, exclude=f"{some[0]},{some[1]}", per_page=100)}
    wanted = {r["id"] for r in rows if r["status"] in ("completed", "on-hold")}
    assert {r["id"] for r in rig.get(ORDERS, status="completed,on-hold", per_page=100)} == wanted
    double = rig.http.get(ORDERS + "?status[]=completed&status[]=on-hold&per_page=100").json()
    assert {r["id"] for r in double} == wanted
    name = rows[0]["billing"]["last_name"]
    assert {r["id"] for r in rig.get(ORDERS, search=name, per_page=100)} >= {
        r["id"] for r in rows if r["billing"]["last_name"] == name
    }
    item = rows[0]["line_items"][0]["product_id"]
    assert {r["id"] for r in rig.get(ORDERS, product=item, per_page=100)} == {
        r["id"] for r in rows if item in {x["product_id"] for x in r["line_items"]}
    }
    assert [r["id"] for r in rig.get(ORDERS, offset=5)] == [r["id"] for r in rows[5:15]]
    assert rig.get(ORDERS, dp=0, per_page=1)[0]["total"] == str(
        Decimal(rows[0]["total"]).quantize(Decimal(1), "ROUND_HALF_UP")
    )


def test_fields_trim_the_reply(rig: Rig) -> None:
    assert set(rig.get(ORDERS, per_page=1, _fields="id")[0]) == {"id"}
    row = rig.get(ORDERS, per_page=1, _fields="id,billing.email,line_items")[0]
    assert (set(row), set(row["billing"])) == ({"id", "billing", "line_items"}, {"email"})


def test_bad_parameters_are_named(rig: Rig) -> None:
    for params in (
        {"per_page": 101}, {"per_page": 0}, {"page": 0}, {"page": "x"}, {"orderby": "total"}, {"order": "up"}, {"status": "gone"},
    ):  # fmt: skip
        reply = rig.http.get(ORDERS, params=params)
        assert (reply.status_code, code(reply)) == (400, "rest_invalid_param"), params
        assert list(reply.json()["data"]["params"]) == list(params)
    assert rig.http.get(ORDERS, params={"orderby": "modified"}).status_code == 200
    rig.switch("orderby_modified", False)
    assert code(rig.http.get(ORDERS, params={"orderby": "modified"})) == "rest_invalid_param"


def test_an_order_is_changed_and_its_modification_moves(rig: Rig) -> None:
    old = rig.get(ORDERS, per_page=100, orderby="date", order="asc", status="processing")[0]
    path = f"{ORDERS}/{old['id']}"
    new = rig.http.put(path, json={"status": "completed", "meta_data": [{"key": "_kargo", "value": "733"}]}).json()
    assert (new["status"], new["meta_data"][0]["value"]) == ("completed", "733")
    assert new["date_completed_gmt"] == new["date_modified_gmt"] > old["date_modified_gmt"]
    assert rig.get(path) == new
    assert code(rig.http.put(path, json={"status": "shipped"})) == "rest_invalid_param"
    assert code(rig.http.put(f"{ORDERS}/999999", json={})) == "woocommerce_rest_shop_order_invalid_id"
    assert code(rig.http.get(f"{ORDERS}/999999")) == "woocommerce_rest_shop_order_invalid_id"
    assert rig.http.put(path, content=b"{").status_code == 400
    assert rig.box.counters()[f"order:{old['id']}"] == 1
    assert rig.http.delete(path).status_code == 200
    assert old["id"] not in {r["id"] for r in rig.get(ORDERS, per_page=100)}
    assert [r["id"] for r in rig.get(ORDERS, status="trash")] == [old["id"]]


def test_notes_and_refunds(rig: Rig) -> None:
    order = next(r for r in rig.get(ORDERS, per_page=100) if Decimal(r["total"]) > 60)
    path = f"{ORDERS}/{order['id']}"
    note = rig.http.post(path + "/notes", json={"note": "Kargoya verildi: 733", "customer_note": True})
    assert (note.status_code, note.json()["customer_note"]) == (201, True)
    assert [n["note"] for n in rig.get(path + "/notes")] == ["Kargoya verildi: 733"]
    assert code(rig.http.post(path + "/notes", json={})) == "rest_missing_callback_param"
    line = order["line_items"][0]
    body = {
        "amount": "30.00",
        "reason": "Kırık",
        "line_items": [{"id": line["id"], "quantity": 1, "refund_total": 30.5}],
        "api_refund": False,
    }
    made = rig.http.post(path + "/refunds", json=body)
    assert (made.status_code, made.json()["refunded_payment"]) == (201, False)
    assert rig.get(path)["refunds"] == [{"id": made.json()["id"], "reason": "Kırık", "total": "-30.00"}]
    assert rig.box.counters()["gateway_refunds"] == 0
    rest = str(Decimal(order["total"]) - 30)
    assert rig.http.post(path + "/refunds", json={"amount": order["total"]}).status_code == 400
    assert rig.http.post(path + "/refunds", json={"amount": rest}).status_code == 201
    assert rig.box.counters()["gateway_refunds"] == 1  # the vendor's default
    assert rig.get(path)["status"] == "refunded"
    assert len(rig.get(path + "/refunds")) == 2


def test_order_batch_has_an_error_per_item(rig: Rig) -> None:
    a, b = (row["id"] for row in rig.get(ORDERS, per_page=2))
    body = {
        "update": [{"id": a, "status": "completed"}, {"id": 5, "status": "completed"}, {"id": b, "status": "x"}, "?"],
        "delete": [b],
    }
    reply = rig.http.post(ORDERS + "/batch", json=body)
    assert reply.status_code == 200
    rows = reply.json()["update"]
    assert rows[0]["status"] == "completed"
    assert rows[1]["error"]["code"] == "woocommerce_rest_shop_order_invalid_id"
    assert (rows[1]["id"], rows[1]["error"]["data"]["status"]) == (5, 404)
    assert rows[2]["error"]["code"] == "rest_invalid_param"
    assert "error" in rows[3]
    assert rig.get(f"{ORDERS}/{b}")["status"] == "trash"
    many = {"update": [{"id": a}] * 60, "delete": [b] * 41}
    assert rig.http.post(ORDERS + "/batch", json=many).status_code == 413


def test_orders_move_between_pages_are_damaged_cancelled_hidden(rig: Rig) -> None:
    rig.control("between", [{"new": 2, "touch": 1, "seed": 3}])
    assert rig.http.get(ORDERS).headers["x-wp-total"] == "45"
    assert rig.http.get(ORDERS).headers["x-wp-total"] == "47"
    ids = [row["id"] for row in rig.get(ORDERS, per_page=3)]
    rig.control("damage", {"remote_id": str(ids[0])})
    rig.control("cancel", {"remote_id": str(ids[1])})
    first, second, third = rig.get(ORDERS, per_page=3)
    assert (first["line_items"], second["status"], type(third["line_items"])) == ("bozuk", "cancelled", list)
    before = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    rig.control("clock", {"advance": 10})
    chosen = rig.box.touch_orders(4, seed=8)
    found = rig.get(ORDERS, modified_after=before, dates_are_gmt="true", per_page=100)
    assert set(chosen) <= {str(row["id"]) for row in found}
    rig.switch("empty_orders")
    reply = rig.http.get(ORDERS)
    assert (reply.json(), reply.headers["x-wp-total"]) == ([], "0")


def test_php_warnings_and_byte_order_marks_may_come_first(rig: Rig) -> None:
    clean = rig.http.get(ORDERS).content
    rig.switch("php_warning")
    dirty = rig.http.get(ORDERS).content
    assert dirty.endswith(clean)
    assert b"[" not in dirty[: -len(clean)]
    assert b"{" not in dirty[: -len(clean)]
    rig.switch("php_warning", False)
    rig.switch("bom")
    assert rig.http.get(ORDERS).content == b"\xef\xbb\xbf" + clean
    rig.switch("bom", False)
    rig.switch("line_price_number")
    assert isinstance(rig.get(ORDERS)[0]["line_items"][0]["price"], int | float)


# -- products ------------------------------------------------------------------------------------------------------
def all_products(rig: Rig) -> list[dict[str, Any]]:
    return [row for page in (1, 2) for row in rig.get(PRODUCTS, per_page=100, page=page, orderby="id", order="asc")]


def test_products_and_variations_cover_the_truth(rig: Rig) -> None:
    rows: dict[str, dict[str, Any]] = {}
    for product in all_products(rig):
        if product["type"] == "variable":
            assert (product["price"], product["stock_quantity"]) == ("", None)
            variations = rig.get(f"{PRODUCTS}/{product['id']}/variations", per_page=100)
            assert {v["id"] for v in variations} == set(product["variations"])
            rows |= {str(v["id"]): v | {"name": product["name"]} for v in variations}
        else:
            rows[str(product["id"])] = product
    truth = rig.box.truth_listings()
    assert len(truth) == 30 == len(rows)
    assert len({row["sku"] for row in truth}) == 30
    for row in truth:
        got = rows[row["remote_id"]]
        assert (got["sku"], got["price"], got["regular_price"], got["stock_quantity"], got["name"], got["global_unique_id"]) == (
            row["sku"], row["price"], row["list_price"], row["stock"], row["title"], row["barcode"],
        )  # fmt: skip


def test_product_filters(rig: Rig) -> None:
    rows = all_products(rig)
    assert {r["id"] for r in rig.get(PRODUCTS, type="variable", per_page=100)} == {
        r["id"] for r in rows if r["type"] == "variable"
    }
    assert [r["id"] for r in rig.get(PRODUCTS, sku=rows[0]["sku"])] == [rows[0]["id"]]
    out = {r["id"] for r in rows if r["stock_status"] == "outofstock"}
    assert {r["id"] for r in rig.get(PRODUCTS, stock_status="outofstock", per_page=100)} == out
    assert rig.http.get(PRODUCTS, params={"type": "magic"}).status_code == 400
    edge = rows[9]["date_modified_gmt"]
    newer = rig.get(PRODUCTS, modified_after=edge, dates_are_gmt="true", per_page=100)
    assert {r["id"] for r in newer} == {r["id"] for r in rows if r["date_modified_gmt"] > edge}
    assert code(rig.http.get(f"{PRODUCTS}/1")) == "woocommerce_rest_product_invalid_id"


def simple(rig: Rig, managed: bool) -> dict[str, Any]:
    for row in all_products(rig):
        if row["type"] == "simple":
            rig.http.put(f"{PRODUCTS}/{row['id']}", json={"manage_stock": managed})
            return rig.get(f"{PRODUCTS}/{row['id']}")  # type: ignore[no-any-return]
    raise AssertionError("no simple product")


def test_stock_counts_only_where_it_is_managed(rig: Rig) -> None:
    path = f"{PRODUCTS}/{simple(rig, managed=False)['id']}"
    assert rig.http.put(path, json={"stock_quantity": 9}).json()["stock_quantity"] is None
    assert rig.http.put(path, json={"stock_quantity": 9, "manage_stock": True}).json()["stock_quantity"] == 9
    assert rig.http.put(path, json={"stock_quantity": 4}).json()["stock_quantity"] == 4  # it is managed already
    empty = rig.http.put(path, json={"stock_quantity": 0}).json()
    assert (empty["stock_quantity"], empty["stock_status"]) == (0, "outofstock")
    assert rig.http.put(path, json={"stock_quantity": "x"}).status_code == 400


def test_prices_are_strings_and_the_sale_price_wins(rig: Rig) -> None:
    row = simple(rig, managed=True)
    path = f"{PRODUCTS}/{row['id']}"
    assert rig.http.put(path, json={"regular_price": 749.9}).status_code == 400
    assert rig.http.put(path, json={"regular_price": "749,90"}).status_code == 400
    new = rig.http.put(path, json={"regular_price": "749.90", "sale_price": ""}).json()
    assert (new["price"], new["regular_price"], new["sale_price"]) == ("749.90", "749.90", "")
    new = rig.http.put(path, json={"sale_price": "699.00"}).json()
    assert (new["price"], new["regular_price"], new["on_sale"]) == ("699.00", "749.90", True)
    new = rig.http.put(path, json={"date_on_sale_from_gmt": "2099-01-01T00:00:00"}).json()
    assert (new["price"], new["date_on_sale_from"]) == ("749.90", "2099-01-01T03:00:00")
    other = next(r for r in all_products(rig) if r["id"] != row["id"])
    assert code(rig.http.put(path, json={"sku": other["sku"]})) == "woocommerce_product_invalid_sku"


def test_a_variation_is_written_under_its_parent_only(rig: Rig) -> None:
    one, two = rig.get(PRODUCTS, type="variable", per_page=2)
    child = one["variations"][0]
    path = f"{PRODUCTS}/{one['id']}/variations/{child}"
    new = rig.http.put(
        path, json={"regular_price": "10.00", "sale_price": "", "stock_quantity": 3, "manage_stock": True}
    ).json()
    assert (new["price"], new["stock_quantity"]) == ("10.00", 3)
    assert rig.get(path)["stock_quantity"] == 3
    assert rig.http.put(f"{PRODUCTS}/{two['id']}/variations/{child}", json={}).status_code == 404
    assert rig.http.put(f"{PRODUCTS}/{child}", json={}).status_code == 404
    batch = {
        "update": [{"id": child, "regular_price": "11.00"}, {"id": two["variations"][0], "regular_price": "11.00"}]
    }
    rows = rig.http.post(f"{PRODUCTS}/{one['id']}/variations/batch", json=batch).json()["update"]
    assert (rows[0]["regular_price"], rows[1]["error"]["data"]["status"]) == ("11.00", 404)


def test_product_batch_counts_and_limits(rig: Rig) -> None:
    rows = [row for row in all_products(rig) if row["type"] == "simple"][:3]
    update = [{"id": r["id"], "regular_price": "55.00", "sale_price": ""} for r in rows]
    reply = rig.http.post(PRODUCTS + "/batch", json={"update": [*update, {"id": 3}]})
    assert [("error" in one) for one in reply.json()["update"]] == [False, False, False, True]
    counters = rig.box.counters()
    assert (counters["batches_taken"], counters["writes_applied"], counters[f"write:{rows[0]['sku']}"]) == (1, 3, 1)
    assert rig.http.post(PRODUCTS + "/batch", json={"update": [update[0]] * 101}).status_code == 413
    assert rig.http.post(PRODUCTS + "/batch", json={"create": [{"name": 5}]}).json()["create"][0]["error"]


def test_swallowed_shared_and_refused_writes(rig: Rig) -> None:
    rows = [row for row in all_products(rig) if row["type"] == "simple"][:10]
    before = rig.box.truth_listings()
    rig.switch("ignore_writes")
    path = f"{PRODUCTS}/{rows[0]['id']}"
    assert rig.http.put(path, json={"regular_price": "1.00", "sale_price": ""}).json()["price"] == "1.00"
    order = rig.get(ORDERS, status="processing", per_page=1)[0]
    assert rig.http.put(f"{ORDERS}/{order['id']}", json={"status": "completed"}).json()["status"] == "completed"
    assert rig.get(f"{ORDERS}/{order['id']}")["status"] == "processing"
    assert rig.box.truth_listings() == before
    rig.switch("ignore_writes", False)
    rig.switch("apply_70")
    update = [{"id": r["id"], "regular_price": "2.00", "sale_price": ""} for r in rows]
    said = rig.http.post(PRODUCTS + "/batch", json={"update": update}).json()["update"]
    assert {one["price"] for one in said} == {"2.00"}
    assert sum(row["price"] == "2.00" for row in rig.box.truth_listings()) == 7
    rig.switch("apply_70", False)
    rig.switch(f"refuse_sku:{rows[0]['sku']}")
    assert rig.http.put(path, json={"regular_price": "3.00"}).status_code == 403
    with pytest.raises(KeyError):
        rig.box.switch("no such thing", True)


# -- the rest ------------------------------------------------------------------------------------------------------
def test_webhooks_currency_and_status(rig: Rig) -> None:
    base = V3 + "/webhooks"
    body = {"name": "Siparişler", "topic": "order.updated", "delivery_url": "https://h.example.com/", "secret": "gizli"}
    made = rig.http.post(base, json=body)
    assert made.status_code == 201
    assert "gizli" not in made.text
    path = f"{base}/{made.json()['id']}"
    assert (made.json()["resource"], made.json()["event"]) == ("order", "updated")
    assert rig.http.post(base, json=body | {"topic": "order.shipped"}).status_code == 400
    assert rig.http.put(path, json={"status": "paused"}).json()["status"] == "paused"
    assert [hook["id"] for hook in rig.get(base)] == [made.json()["id"]]
    assert rig.http.delete(path).status_code == 501
    assert rig.http.delete(path, params={"force": "true"}).status_code == 200
    assert rig.http.get(path).status_code == 404
    assert rig.get(V3 + "/data/currencies/current")["code"] == "TRY"
    assert set(rig.get(V3 + "/system_status", _fields="environment,settings")) == {"environment", "settings"}
    rig.switch("admin_key", False)
    assert code(rig.http.get(V3 + "/system_status")) == "woocommerce_rest_cannot_view"


# -- pages rendered beforehand -------------------------------------------------------------------------------------
def test_pages_rendered_beforehand_say_the_same_until_something_changes(rig: Rig) -> None:
    asked = [
        {"orderby": field, "order": "asc", "per_page": 20, "page": page, "status": "any", "dates_are_gmt": "true",
         "modified_after": "2001-01-01T00:00:00", "_fields": fields}
        for field in ("date", "modified") for page in (1, 2, 3, 4) for fields in ("", "id,status,date_modified_gmt")
    ]  # fmt: skip
    slow = [rig.http.get(ORDERS, params=one) for one in asked]
    rig.switch("prerender_20")
    assert set(rig.box.site.pages) == {("date", "", 20), ("modified", "", 20)}
    fast = [rig.http.get(ORDERS, params=one) for one in asked]
    assert [r.content for r in fast] == [r.content for r in slow]
    names = ("x-wp-total", "x-wp-totalpages", "link")
    assert [[r.headers.get(n) for n in names] for r in fast] == [[r.headers.get(n) for n in names] for r in slow]
    narrow = rig.get(ORDERS, orderby="date", order="asc", per_page=20, status="completed")
    assert {row["status"] for row in narrow} == {"completed"}
    newest = rig.box.truth_orders()[-1]["updated_at"][:19]
    assert rig.get(ORDERS, orderby="date", order="asc", per_page=20, modified_after=newest, dates_are_gmt="true") == []
    rig.box.add_orders(1)
    assert rig.box.site.pages == {}
    assert rig.http.get(ORDERS, params=asked[0]).headers["x-wp-total"] == "46"


def test_twenty_thousand_orders_page_quickly() -> None:
    box = create(orders=20_000)
    assert isinstance(box, WooCommerceSandbox)
    box.prerender(100)
    assert len(box.site.pages["date", "", 100]) == 200
    with serve(box.app) as base:
        rig = Rig(box, base)
        started = time.perf_counter()
        seen: set[int] = set()
        for page in range(1, 201):
            args = {"orderby": "modified", "order": "asc", "per_page": 100, "page": page}
            reply = rig.http.get(ORDERS, params=args, headers={"accept-encoding": "identity"})
            seen |= {row["id"] for row in json.loads(reply.content)}
        took = time.perf_counter() - started
        rig.close()
    assert len(seen) == 20_000
    assert took < 20  # some 100 ms a page would be the slow road


# -- faults --------------------------------------------------------------------------------------------------------
def test_drop_after_acts_and_cuts_the_socket(rig: Rig) -> None:
    row = simple(rig, managed=True)
    path = f"{PRODUCTS}/{row['id']}"
    rig.control("faults", {"kind": "drop_after", "method": "PUT"})
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        rig.http.put(path, json={"regular_price": "77.00", "sale_price": ""})
    assert rig.get(path)["price"] == "77.00"
    rig.control("faults", {"kind": "drop", "method": "PUT"})
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        rig.http.put(path, json={"regular_price": "78.00"})
    assert rig.get(path)["price"] == "77.00"


def test_cut_garbage_and_reset(rig: Rig) -> None:
    rig.control("faults", {"kind": "cut", "path": "/orders"})
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        rig.get(ORDERS)
    rig.control("faults", {"kind": "garbage", "path": "/orders"})
    with pytest.raises(ValueError):
        json.loads(rig.http.get(ORDERS).content)
    rig.control("reset", {"orders": 0, "listings": 0, "seed": 2})
    assert rig.get(ORDERS) == []
    assert rig.get(PRODUCTS) == []


def test_records_are_the_same_for_the_same_seed() -> None:
    def still(box: Any) -> Any:
        return [{k: v for k, v in row.items() if not k.endswith("_at")} for row in box.truth_orders()]

    assert still(create(seed=4, orders=30, listings=9)) == still(create(seed=4, orders=30, listings=9))
    assert still(create(seed=4, orders=30, listings=9)) != still(create(seed=5, orders=30, listings=9))
