"""The fake Mirakl against the sentences of Mirakl's seller document and the reference, over a real socket, with a bare HTTP client."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from providers.sandboxes.mirakl import API_KEY, MiraklSandbox, create
from providers.sandboxes.mirakl_records import Offer, Order, Price
from tests.support.serving import serve

STOCK, PRICES, OFFERS = "/api/offers/stock/imports", "/api/offers/pricing/imports", "/api/offers/imports"


class Rig:
    def __init__(self, box: MiraklSandbox, http: httpx.Client) -> None:
        self.box, self.http = box, http

    def get(self, path: str, **params: Any) -> Any:
        reply = self.http.get(f"/api/{path}", params=params)
        assert reply.status_code == 200, reply.text
        return json.loads(reply.content, parse_float=Decimal)

    def put(self, path: str, body: Any = None) -> httpx.Response:
        return self.http.put(f"/api/{path}", json=body)

    def refused(self, reply: httpx.Response, status: int) -> Any:
        assert reply.status_code == status, reply.text
        return reply.json()

    def switch(self, feature: str, on: bool = True) -> None:
        assert self.http.post("/_control/switch", json={"feature": feature, "on": on}).status_code == 200

    def wait(self, seconds: float) -> None:
        self.http.post("/_control/clock", json={"advance": seconds})

    def send(self, path: str, text: str | bytes, **fields: str) -> str:
        data = text.encode() if isinstance(text, str) else text
        reply = self.http.post(path, files={"file": ("import.csv", data, "text/csv")}, data=fields)
        assert reply.status_code == 201, reply.text
        return str(reply.json()["import_id"])

    def stock(self, text: str) -> tuple[str, Any]:
        """A stock file, and its state when it has run."""
        key = self.send(STOCK, text)
        self.wait(200)
        return key, self.get(f"offers/stock/imports/{key}/status")

    def prices(self, text: str) -> tuple[str, Any]:
        key = self.send(PRICES, text)
        self.wait(200)
        (row,) = self.get("offers/pricing/imports", import_id=key)["data"]
        return key, row

    def offers(self, text: str, mode: str = "NORMAL") -> tuple[str, Any]:
        key = self.send(OFFERS, text, import_mode=mode)
        self.wait(200)
        return key, self.get(f"offers/imports/{key}")

    def report(self, path: str) -> list[list[str]]:
        reply = self.http.get(f"/api/{path}/error_report")
        assert reply.status_code == 200, reply.text
        return list(csv.reader(io.StringIO(reply.text), delimiter=";"))

    def new(self, state: str) -> Order:
        """A fresh order in WAITING_ACCEPTANCE or SHIPPING."""
        for _ in range(6):
            one = self.box.shop.orders[self.box.add_orders(1)[0]]
            if one.state == state:
                return one
        raise AssertionError(f"no order in {state}")

    def row(self, order_id: str) -> Any:
        (one,) = self.get("orders", order_ids=order_id)["orders"]
        return one

    def offer(self, sku: str) -> Any:
        (one,) = self.get("offers", sku=sku)["offers"]
        return one

    @property
    def skus(self) -> list[str]:
        return list(self.box.shop.offers)


@pytest.fixture
def rig() -> Iterator[Rig]:
    box = create(orders=80, listings=45)
    assert isinstance(box, MiraklSandbox)
    with (
        serve(box.app) as base,
        httpx.Client(base_url=base, headers={"authorization": API_KEY}, trust_env=False) as http,
    ):
        yield Rig(box, http)


# -- the door ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("key", ["", "yok", f"Bearer {API_KEY}", f"{API_KEY} x"])
def test_the_key_stands_alone(rig: Rig, key: str) -> None:
    reply = rig.http.get("/api/orders", headers={"authorization": key})
    assert rig.refused(reply, 401) == {"status": 401, "message": "Unauthorized"}
    assert rig.http.get("/api/yok", headers={"authorization": key}).status_code == 401
    assert rig.http.get("/api/version", headers={"authorization": key}).status_code == 200, "V01 asks for no key"


def test_unknown_paths_shops_and_parameters(rig: Rig) -> None:
    assert rig.refused(rig.http.get("/api/yok"), 404) == {"status": 404, "message": "Not Found"}
    assert rig.get("orders", shop_id=2001, max=1)["total_count"] == 80
    rig.refused(rig.http.get("/api/orders?shop_id=7"), 403)
    for query in (
        "shop_id=x", "foo=1", "max=0", "max=101", "offset=-1", "max=1&max=2", "start_update_date=2026-11-20",
        "start_update_date=2026-11-20T07:15:00", "order_state_codes=SHIPPING,OPEN", "customer_debited=1", "sort=price", "order_ids=",
        "order_ids=" + ",".join("x" * 101), "payment_workflow=CASH",
    ):  # fmt: skip
        body = rig.refused(rig.http.get(f"/api/orders?{query}"), 400)
        assert set(body) == {"status", "message"}, query


def test_a_read_only_key(rig: Rig) -> None:
    rig.switch("read_only_key")
    one = rig.new("SHIPPING")
    rig.refused(rig.put(f"orders/{one.id}/ship"), 403)
    assert rig.row(one.id)["order_state"] == "SHIPPING"


def test_the_pace_of_lists_and_files(rig: Rig) -> None:
    rig.box.burst = 2
    assert [rig.http.get("/api/orders").status_code for _ in range(3)] == [200, 200, 429]
    late = rig.http.get("/api/orders")
    assert rig.refused(late, 429) == {"status": 429, "message": "Too Many Requests"}
    assert 50 <= int(late.headers["retry-after"]) <= 61
    assert rig.http.get("/api/orders?offset=10").status_code == 200, "further pages are page displays"
    assert rig.http.get("/api/orders?order_ids=K0000001-A").status_code == 200
    rig.wait(61)
    assert rig.http.get("/api/orders").status_code == 200
    replies = [rig.http.get(f"{STOCK}/yok/status").status_code for _ in range(3)]
    assert replies == [404, 404, 429]
    rig.wait(16)
    assert rig.http.get(f"{STOCK}/yok/status").status_code == 404, "one every 15 seconds"
    rig.http.post("/_control/limits", json={"on": False})
    assert {rig.http.get("/api/orders").status_code for _ in range(4)} == {200}


def test_the_transaction_log_has_two_windows(rig: Rig) -> None:
    path = "/api/sellerpayment/transactions_logs?limit=1"
    assert [rig.http.get(path).status_code for _ in range(21)] == [200] * 20 + [429]
    for _ in range(2):
        rig.wait(61)
        assert [rig.http.get(path).status_code for _ in range(20)] == [200] * 20
    rig.wait(61)
    late = rig.http.get(path)
    assert late.status_code == 429, "60 an hour"
    assert 3000 < int(late.headers["retry-after"]) <= 3600


# -- reading orders ------------------------------------------------------------------------------------------------
def test_pages_are_ten_long_and_by_creation(rig: Rig) -> None:
    first = rig.get("orders")
    assert (len(first["orders"]), first["total_count"]) == (10, 80)
    rows = [row for n in range(4) for row in rig.get("orders", max=25, offset=25 * n)["orders"]]
    assert [row["order_id"] for row in rows] == [one.id for one in rig.box.shop.orders.values()]
    assert rig.get("orders", order="desc", max=1)["orders"][0]["order_id"] == rows[-1]["order_id"]
    assert len(rig.get("orders", paginate="false")["orders"]) == 80
    truth = {row["remote_id"]: row for row in rig.http.get("/_control/orders").json()}
    for row in rows:
        told = truth[row["order_id"]]
        assert row["total_price"] == Decimal(told["total"])
        assert (
            row["total_price"]
            == row["price"] + row["shipping_price"]
            == sum(x["total_price"] for x in row["order_lines"])
        )
        assert [line["offer_sku"] for line in row["order_lines"]] == [line["sku"] for line in told["lines"]]
        assert (row["last_updated_date"], row["order_state"]) == (told["updated_at"], told["status"])


def test_filters(rig: Rig) -> None:
    orders = list(rig.box.shop.orders.values())
    ids = [row["order_id"] for row in rig.get("orders", order_ids=f"{orders[3].id},{orders[9].id},YOK")["orders"]]
    assert ids == [orders[3].id, orders[9].id]
    states = {row["order_state"] for row in rig.get("orders", order_state_codes="SHIPPING,SHIPPED", max=100)["orders"]}
    assert states == {"SHIPPING", "SHIPPED"}
    web = rig.get("orders", channel_codes="WEB", max=100)["total_count"]
    assert web + rig.get("orders", channel_codes="APP", max=100)["total_count"] == 80
    assert 0 < web < 80
    assert rig.get("orders", only_null_channel="true", channel_codes="WEB")["total_count"] == 0
    assert (
        rig.get("orders", order_references_for_customer=orders[5].commercial)["orders"][0]["order_id"] == orders[5].id
    )
    assert rig.get("orders", has_incident="true")["total_count"] == 0
    assert rig.get("orders", order_tax_mode="TAX_EXCLUDED")["total_count"] == 0
    since = (datetime.now(UTC) - timedelta(days=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    young = rig.get("orders", start_date=since, max=100)["total_count"]
    assert young == sum(1 for one in orders if one.created >= rig.box.shop.now() - 5 * 86_400)
    assert rig.get("orders", end_date=since, max=100)["total_count"] == 80 - young
    debited = rig.get("orders", customer_debited="true", max=100)["orders"]
    assert debited
    assert all(row["customer_debited_date"] for row in debited)


def test_changed_since_reaches_a_little_further_back(rig: Rig) -> None:
    rig.wait(7200)
    rig.get("orders")  # what waits for its time has moved on
    rig.wait(120)
    moment = datetime.fromtimestamp(rig.box.shop.now(), UTC)
    touched = set(rig.box.touch_orders(7, seed=3))

    def changed(at: datetime) -> set[str]:
        asked = at.astimezone().isoformat(timespec="seconds")  # an offset other than Z is fine, too
        return {row["order_id"] for row in rig.get("orders", start_update_date=asked, max=100)["orders"]}

    assert changed(moment) == touched
    assert changed(moment + timedelta(seconds=59)) == touched, "the safety delta"
    assert changed(moment + timedelta(seconds=70)) == set()
    until = (moment - timedelta(seconds=5)).isoformat(timespec="seconds")
    assert not touched & {row["order_id"] for row in rig.get("orders", end_update_date=until, max=100)["orders"]}


def test_addresses_are_hidden_until_the_debit(rig: Rig) -> None:
    waiting = rig.new("WAITING_ACCEPTANCE")
    customer = rig.row(waiting.id)["customer"]
    assert (customer["billing_address"], customer["shipping_address"]) == (None, None)
    assert customer["firstname"] == waiting.buyer.first, "the name is there from the beginning"
    shown = rig.row(rig.new("SHIPPING").id)["customer"]
    assert shown["shipping_address"]["country_iso_code"] == "TUR"
    assert shown["billing_address"]["street_1"]
    assert set(shown["shipping_address"]) == set(shown["billing_address"]) | {"additional_info"}


# -- acceptance ----------------------------------------------------------------------------------------------------
def decide(order: Order, *accepted: bool) -> dict[str, Any]:
    return {"order_lines": [{"id": line.id, "accepted": yes} for line, yes in zip(order.lines, accepted, strict=True)]}


def several(rig: Rig, least: int = 2) -> Order:
    rig.switch("manual_acceptance")
    for _ in range(60):
        one = rig.box.shop.orders[rig.box.add_orders(1)[0]]
        if len(one.lines) >= least and one.workflow == "PAY_ON_ACCEPTANCE":
            return one
    raise AssertionError("no order with several lines")


def test_accepted_debited_shippable(rig: Rig) -> None:
    one = several(rig)
    assert rig.put(f"orders/{one.id}/accept", decide(one, *(True for _ in one.lines))).status_code == 204
    states = []
    for _ in range(3):
        states.append(rig.row(one.id)["order_state"])
        rig.refused(rig.put(f"orders/{one.id}/ship"), 400) if states[-1] != "SHIPPING" else None
        rig.wait(21)
    assert states == ["WAITING_DEBIT", "WAITING_DEBIT_PAYMENT", "SHIPPING"]
    assert rig.row(one.id)["customer_debited_date"]
    assert rig.refused(rig.put(f"orders/{one.id}/accept", decide(one, *(True for _ in one.lines))), 400)["errors"][0][
        "code"
    ] == ("ORDER_INVALID_STATE")


def test_a_debit_that_does_not_come(rig: Rig) -> None:
    rig.switch("debit_hangs")
    one = several(rig)
    rig.put(f"orders/{one.id}/accept", decide(one, *(True for _ in one.lines)))
    rig.wait(3600)
    assert rig.row(one.id)["order_state"] == "WAITING_DEBIT"


def test_lines_are_refused_one_by_one(rig: Rig) -> None:
    one = several(rig)
    assert rig.put(f"orders/{one.id}/accept", decide(one, True, *(False for _ in one.lines[1:]))).status_code == 204
    rig.wait(60)
    states = [line["order_line_state"] for line in rig.row(one.id)["order_lines"]]
    assert states == ["SHIPPING", *["REFUSED" for _ in one.lines[1:]]]
    other = several(rig)
    rig.put(f"orders/{other.id}/accept", decide(other, *(False for _ in other.lines)))
    assert rig.row(other.id)["order_state"] == "REFUSED"
    assert rig.row(other.id)["customer"]["shipping_address"] is None


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        (lambda rows: rows[:-1], 400, "ORDER_LINE_ACCEPTANCE_DECISION_MISSING"),
        (lambda rows: [*rows, rows[0]], 400, "ORDER_LINE_DUPLICATE_ID"),
        (lambda rows: [*rows, {"id": "YOK", "accepted": True}], 404, "ORDER_LINE_NOT_FOUND"),
        (lambda rows: [{"id": one["id"]} for one in rows], 400, "VALIDATION_ERROR"),
        (lambda rows: [{**one, "accepted": "true"} for one in rows], 400, "VALIDATION_ERROR"),
        (lambda rows: [{**one, "note": "x"} for one in rows], 400, "VALIDATION_ERROR"),
        (lambda rows: [], 400, "VALIDATION_ERROR"),
        (lambda rows: "x", 400, "VALIDATION_ERROR"),
    ],
    ids=["missing", "twice", "strange", "undecided", "word", "unknown-field", "empty", "no-list"],
)
def test_acceptance_names_what_is_wrong(rig: Rig, change: Any, status: int, code: str) -> None:
    one = several(rig)
    rows = decide(one, *(True for _ in one.lines))["order_lines"]
    body = rig.refused(rig.put(f"orders/{one.id}/accept", {"order_lines": change(rows)}), status)
    assert body["errors"][0]["code"] == code
    assert set(body["errors"][0]) == {"code", "field", "message"}
    assert rig.row(one.id)["order_state"] == "WAITING_ACCEPTANCE"


def test_partial_acceptance_may_be_off(rig: Rig) -> None:
    rig.switch("no_partial_acceptance")
    one = several(rig)
    body = rig.refused(rig.put(f"orders/{one.id}/accept", decide(one, True, *(False for _ in one.lines[1:]))), 400)
    assert body["errors"][0]["code"] == "ORDER_PARTIAL_ACCEPTANCE_DISABLED"
    assert (
        rig.refused(rig.put("orders/YOK/accept", decide(one, *(True for _ in one.lines))), 404)["errors"][0]["code"]
        == "ORDER_NOT_FOUND"
    )


# -- shipping ------------------------------------------------------------------------------------------------------
def test_tracking_then_ship(rig: Rig) -> None:
    one = rig.new("SHIPPING")
    assert (
        rig.put(f"orders/{one.id}/tracking", {"carrier_code": "SURAT", "tracking_number": "734512098765"}).status_code
        == 204
    )
    row = rig.row(one.id)
    assert (row["order_state"], row["shipping_company"], row["shipping_tracking"]) == (
        "SHIPPING",
        "Sürat Kargo",
        "734512098765",
    )
    assert row["shipping_tracking_url"].endswith("kod=734512098765"), "computed for a registered carrier"
    assert rig.put(f"orders/{one.id}/ship").status_code == 204
    row = rig.row(one.id)
    assert row["order_state"] == "SHIPPED"
    assert all(line["shipped_date"] for line in row["order_lines"])
    assert rig.refused(rig.put(f"orders/{one.id}/ship"), 400)["status"] == 400, "twice is told"
    assert rig.box.counters()["shipments"] == 1
    rig.refused(rig.put("orders/YOK/ship"), 404)


def test_carriers_known_and_unknown(rig: Rig) -> None:
    one = rig.new("SHIPPING")
    rows = rig.get("shipping/carriers")["carriers"]
    assert [row["label"] for row in rows] == sorted(row["label"] for row in rows)
    for body in (
        {}, {"carrier_code": "YOK", "tracking_number": "1"}, {"carrier_code": "SURAT"}, {"tracking_number": "1"},
        {"carrier_name": "Kurye", "tracking_number": 1}, {"carrier": "Kurye"},
    ):  # fmt: skip
        rig.refused(rig.put(f"orders/{one.id}/tracking", body), 400)
    assert rig.put(f"orders/{one.id}/tracking", {"carrier_code": "HOROZ"}).status_code == 204, (
        "no tracking page, no number needed"
    )
    given = {"carrier_name": "Işık Kurye", "carrier_url": "https://kurye.example/1", "tracking_number": "9"}
    assert rig.put(f"orders/{one.id}/tracking", given).status_code == 204
    row = rig.row(one.id)
    assert (row["shipping_carrier_code"], row["shipping_company"]) == (None, "Işık Kurye")
    assert row["shipping_tracking_url"] == "https://kurye.example/1"
    waiting = rig.new("WAITING_ACCEPTANCE")
    rig.refused(rig.put(f"orders/{waiting.id}/tracking", given), 400)


def test_cancel_while_it_may_be(rig: Rig) -> None:
    one = rig.new("SHIPPING")
    assert rig.row(one.id)["can_cancel"] is True
    assert rig.put(f"orders/{one.id}/cancel").status_code == 204
    assert (rig.row(one.id)["order_state"], rig.row(one.id)["can_cancel"]) == ("CANCELED", False)
    rig.refused(rig.put(f"orders/{one.id}/cancel"), 400)


# -- refunds -------------------------------------------------------------------------------------------------------
def refund_of(order: Order, kurus: int, **more: Any) -> dict[str, Any]:
    """In kuruş, of the first line."""
    line = order.lines[0]
    taxes = [{"code": f"KDV{line.offer.product.vat}", "amount": 0.1}] if order.taxed else []
    row = {
        "order_line_id": line.id, "amount": kurus / 100, "shipping_amount": 0, "reason_code": "16", "quantity": 1,
        "currency_iso_code": "TRY", "taxes": taxes, **more,
    }  # fmt: skip
    return {"order_tax_mode": "TAX_INCLUDED", "refunds": [row]}


def test_refunds_up_to_what_was_paid(rig: Rig) -> None:
    one = next(
        one for one in rig.box.shop.orders.values() if one.state == "CLOSED" and one.taxed and not one.lines[0].shipping
    )
    price = one.lines[0].price
    (made,) = rig.put("orders/refund", refund_of(one, 150)).json()["refunds"]
    assert made["refund_id"]
    assert made["order_refund_id"]
    line = rig.row(one.id)["order_lines"][0]
    assert (line["refunds"][0]["amount"], line["refunds"][0]["reason_code"], line["can_refund"]) == (
        Decimal("1.5"),
        "16",
        False,
    )
    rig.refused(rig.put("orders/refund", refund_of(one, price)), 400)
    assert rig.put("orders/refund", refund_of(one, price - 150)).status_code == 200
    assert rig.row(one.id)["order_lines"][0]["order_line_state"] == "REFUNDED"
    assert rig.box.counters()["refunds"] == 2


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"reason_code": "34"}, 400), ({"reason_code": "17"}, 400), ({"taxes": []}, 400), ({"amount": 1.005}, 400), ({"amount": -1}, 400),
        ({"amount": 0}, 400), ({"amount": "1.00"}, 400), ({"currency_iso_code": "EUR"}, 400), ({"order_line_id": "YOK"}, 404),
        ({"quantity": 99}, 400), ({"shipping_amount": None}, 400),
    ],
    ids=[
        "other-kind", "operators-reason", "no-taxes", "thousandths", "negative", "nothing", "text", "currency", "unknown-line",
        "too-many", "missing",
    ],
)  # fmt: skip
def test_refunds_that_are_refused(rig: Rig, more: dict[str, Any], status: int) -> None:
    one = next(one for one in rig.box.shop.orders.values() if one.state == "CLOSED" and one.taxed)
    rig.refused(rig.put("orders/refund", refund_of(one, 100, **more)), status)
    assert rig.row(one.id)["order_lines"][0]["refunds"] == []


def test_all_refunds_of_a_call_or_none(rig: Rig) -> None:
    one = next(one for one in rig.box.shop.orders.values() if one.state == "CLOSED")
    good, bad = refund_of(one, 100)["refunds"][0], refund_of(one, 100, reason_code="YOK")["refunds"][0]
    rig.refused(rig.put("orders/refund", {"refunds": [good, bad]}), 400)
    assert rig.row(one.id)["order_lines"][0]["refunds"] == []


def test_pieces_are_called_off(rig: Rig) -> None:
    one = rig.new("SHIPPING")
    line = one.lines[0]
    line.quantity, line.shipping, one.taxed = 3, 0, False
    row = {
        "order_line_id": line.id,
        "amount": line.unit / 100,
        "shipping_amount": 0,
        "reason_code": "35",
        "quantity": 1,
    }
    assert rig.put("orders/cancel", {"cancelations": [row]}).status_code == 200
    shown = rig.row(one.id)["order_lines"][0]
    assert (shown["quantity"], shown["cancelations"][0]["quantity"]) == (2, 1)
    rig.refused(rig.put("orders/cancel", {"cancelations": [{**row, "quantity": 5}]}), 400)
    rig.put(f"orders/{one.id}/ship")
    rig.refused(rig.put("orders/cancel", {"cancelations": [row]}), 400)


# -- documents -----------------------------------------------------------------------------------------------------
def send(rig: Rig, order_id: str, files: list[tuple[str, bytes]], *rows: tuple[str, str]) -> httpx.Response:
    listed = {"order_documents": [{"file_name": name, "type_code": code} for name, code in rows]}
    parts: list[Any] = [("files", (name, data)) for name, data in files]
    parts.append(("order_documents", (None, json.dumps(listed), "application/json")))
    return rig.http.post(f"/api/orders/{order_id}/documents", files=parts)


def test_an_invoice_goes_up_and_comes_down(rig: Rig) -> None:
    one = rig.new("SHIPPING")
    data = b"%PDF-1.4\r\n\xff\x00\r\n\n%%EOF\n"
    reply = send(rig, one.id, [("fatura.pdf", data)], ("fatura.pdf", "CUSTOMER_INVOICE"))
    assert reply.json() == {"errors_count": 0, "order_documents": []}
    assert rig.row(one.id)["has_invoice"] is True
    rows = rig.get("orders/documents", order_ids=f"{one.id},YOK")["order_documents"]
    mine = next(row for row in rows if row["type"] == "CUSTOMER_INVOICE")
    assert (mine["file_name"], mine["file_size"], mine["order_id"]) == ("fatura.pdf", len(data), one.id)
    assert rig.http.get(f"/api/orders/documents/download?document_ids={mine['id']}").content == data
    packed = rig.http.get(f"/api/orders/documents/download?order_ids={one.id}&document_codes=CUSTOMER_INVOICE").content
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.namelist() == [f"{one.id}/fatura.pdf"], "by order it is always a ZIP"
        assert archive.read(f"{one.id}/fatura.pdf") == data
    assert rig.http.delete(f"/api/orders/documents/{mine['id']}").status_code == 204
    rig.refused(rig.http.get(f"/api/orders/documents/download?document_ids={mine['id']}"), 404)


def test_only_the_faulty_documents_are_named(rig: Rig) -> None:
    one = rig.new("SHIPPING")
    files = [("a.pdf", b"x"), ("b.exe", b"x"), ("fatura ş.pdf", b"x")]
    rows = [
        ("a.pdf", "CUSTOMER_INVOICE"),
        ("b.exe", "OTHER"),
        ("c.pdf", "OTHER"),
        ("a.pdf", "SYSTEM_DELIVERY_BILL"),
        ("a.pdf", "YOK"),
    ]
    body = send(rig, one.id, files, *rows, ("fatura ş.pdf", "OTHER")).json()
    assert body["errors_count"] == len(body["order_documents"]) == 5
    assert [row["input"]["file_name"] for row in body["order_documents"]] == [
        "b.exe",
        "c.pdf",
        "a.pdf",
        "a.pdf",
        "fatura ş.pdf",
    ]
    assert send(rig, one.id, [("a.pdf", b"x")], ("a.pdf", "OTHER")).json()["errors_count"] == 1, "names are distinct"
    rig.refused(rig.http.post(f"/api/orders/{one.id}/documents", json={}), 415)


def test_the_operators_bill_stays(rig: Rig) -> None:
    bill = next(iter(rig.box.shop.documents.values()))
    assert bill.type == "SYSTEM_DELIVERY_BILL"
    assert rig.http.get(f"/api/orders/documents/download?document_ids={bill.id}").content.startswith(b"%PDF")
    rig.refused(rig.http.delete(f"/api/orders/documents/{bill.id}"), 403)
    rig.refused(rig.http.get("/api/orders/documents/download"), 400)


# -- offers --------------------------------------------------------------------------------------------------------
def test_offers_and_todays_price(rig: Rig) -> None:
    first = rig.get("offers", max=30)
    rows = first["offers"] + rig.get("offers", max=30, offset=30)["offers"]
    assert (first["total_count"], len({row["offer_id"] for row in rows})) == (45, 45)
    assert [row["total_price"] for row in rows] == sorted(row["total_price"] for row in rows)
    truth = {row["sku"]: row for row in rig.http.get("/_control/listings").json()}
    told_twice = 0
    for row in rows:
        told = truth[row["shop_sku"]]
        assert (row["price"], row["quantity"], str(row["offer_id"])) == (
            Decimal(told["price"]),
            told["stock"],
            told["offer_id"],
        )
        assert row["product_references"] == [{"reference": told["barcode"], "reference_type": "EAN"}]
        assert row["active"] is not bool(row["inactivity_reasons"])
        if row["discount"] and told["list_price"] is None:
            told_twice += 1
            assert row["price"] == row["discount"]["origin_price"], "a discount that is not in force is no price"
    assert told_twice
    channel = next(row for row in rows if len(row["all_prices"]) > 1)
    other = rig.get("offers", sku=channel["shop_sku"], pricing_channel_code="APP")["offers"][0]
    assert other["price"] > channel["all_prices"][0]["unit_origin_price"]


def test_a_stock_file_runs_later(rig: Rig) -> None:
    a, b = rig.skus[:2]
    before = rig.offer(a)["quantity"]
    key = rig.send(
        STOCK, f'"offer-sku";"quantity";"warehouse-code";"update-delete"\n"{a}";"{before + 7}";"";""\n"{b}";"3";"";""\n'
    )
    states = []
    for _ in range(3):
        assert rig.offer(a)["quantity"] == before
        states.append(rig.get(f"offers/stock/imports/{key}/status")["status"])
    assert states == ["WAITING", "RUNNING", "COMPLETE"]
    assert (rig.offer(a)["quantity"], rig.offer(b)["quantity"]) == (before + 7, 3)
    rig.refused(rig.http.get(f"{STOCK}/{key}/error_report"), 404)
    rig.refused(rig.http.get(f"{STOCK}/yok/status"), 404)
    rig.refused(rig.http.get(f"{PRICES}/{key}/error_report"), 404)


def test_faulty_stock_lines_come_back(rig: Rig) -> None:
    a, b, c = rig.skus[:3]
    rig.switch(f"refuse_sku:{c}")
    kept = rig.offer(b)["quantity"]
    key, state = rig.stock(f"offer-sku;quantity\n{a};11\n{b};x\nYOK;1\n{c};1\n{a};12\n{b};-1\n")
    assert (state["status"], state["lines_in_success"], state["lines_in_error"], state["has_error_report"]) == (
        "COMPLETE",
        1,
        5,
        True,
    )
    assert (rig.offer(a)["quantity"], rig.offer(b)["quantity"]) == (11, kept)
    report = rig.report(f"offers/stock/imports/{key}")
    assert report[0][2:] == ["offer-sku", "quantity"]
    assert [(row[0], row[2]) for row in report[1:]] == [("3", b), ("4", "YOK"), ("5", c), ("6", a), ("7", b)]
    assert all(row[1] for row in report[1:]), "each with a reason"
    mended = "\n".join(";".join(row) for row in report).replace(";x", ";5")
    _, again = rig.stock(mended)
    assert (again["status"], rig.offer(b)["quantity"]) == ("COMPLETE", 5), "the report can be sent again"


@pytest.mark.parametrize(
    "data", [b"\xff\xfe", b"offer-sku,quantity\nA,1\n", b"offer-sku;quantity\nA\n", b"offer-sku;qty\nA;1\n", b"sku;quantity\nA;1\n"]
)  # fmt: skip
def test_a_file_that_cannot_be_read_fails_whole(rig: Rig, data: bytes) -> None:
    key = rig.send(STOCK, data)
    rig.wait(200)
    state = rig.get(f"offers/stock/imports/{key}/status")
    assert (state["status"], state["lines_in_success"], state["has_error_report"]) == ("FAILED", 0, False)


def test_the_form_of_an_import(rig: Rig) -> None:
    for reply in (
        rig.http.post(STOCK, files={"csv": ("a.csv", b"offer-sku;quantity\n")}), rig.http.post(STOCK, files={"file": ("a.csv", b"")}),
        rig.http.post(STOCK, files={"file": ("a.csv", b"x")}, data={"mode": "x"}), rig.http.post(OFFERS, files={"file": ("a.csv", b"x")}),
    ):  # fmt: skip
        rig.refused(reply, 400)
    rig.refused(rig.http.post(STOCK, content=b"offer-sku;quantity\n", headers={"content-type": "text/csv"}), 415)


def test_a_price_file_replaces_all_prices_of_its_offers(rig: Rig) -> None:
    shop = rig.box.shop
    rich = next(one for one in shop.offers.values() if one.id == 3_000_007)
    rich.prices[""].volumes = [(5, 100)]
    rich.prices[""].discount = 50
    assert set(rich.prices) == {"", "APP"}
    _, state = rig.prices(
        f"offer-sku;price;discount-price;discount-start-date;discount-end-date\n{rich.sku};120.50;;;\n"
    )
    assert (state["status"], state["offers_updated"], state["lines_in_success"]) == ("COMPLETE", 1, 1)
    assert shop.offers[rich.sku].prices == {"": Price(12050)}, "channel price, volume price and discount are gone"
    row = rig.offer(rich.sku)
    assert (row["price"], row["discount"], len(row["all_prices"])) == (Decimal("120.5"), None, 1)


def test_a_discount_with_and_without_a_period(rig: Rig) -> None:
    a, b, c = rig.skus[:3]
    rig.prices(
        "offer-sku;price;discount-price;discount-start-date;discount-end-date\n"
        f"{a};100.00;80.25;;\n{b};100;80;2020-01-01;2020-02-01\n{c};100;80;2020-01-01T00:00:00Z;2099-01-01T00:00:00Z\n"
    )
    assert [rig.offer(sku)["price"] for sku in (a, b, c)] == [Decimal("80.25"), Decimal(100), Decimal(80)]
    assert rig.offer(a)["discount"]["origin_price"] == 100
    rig.switch("discount_period_required")
    _, state = rig.prices(f"offer-sku;price;discount-price\n{a};100.00;70\n")
    assert (state["lines_in_error"], rig.offer(a)["price"]) == (1, Decimal("80.25"))


def test_an_offers_prices_stand_or_fall_together(rig: Rig) -> None:
    a, b = rig.skus[:2]
    was = rig.offer(a)["price"]
    key, state = rig.prices(f"offer-sku;price;channels\n{a};10;\n{a};0;APP\n{b};20;\nYOK;5;\n")
    assert (state["offers_updated"], state["offers_in_error"], state["lines_in_error"]) == (1, 2, 2)
    assert (rig.offer(a)["price"], rig.offer(b)["price"]) == (was, 20)
    report = rig.report(f"offers/pricing/imports/{key}")
    assert [(row[0], bool(row[1]), row[2]) for row in report[1:]] == [
        ("2", False, a),
        ("3", True, a),
        ("5", True, "YOK"),
    ]
    for line in (f"{a};1.005", f"{a};1,50", f"{a};-1", f"{a};", f"{a};1;2", f"{a};1\n{a};2"):
        columns = "offer-sku;price;discount-price" if line.count(";") == 2 and "\n" not in line else "offer-sku;price"
        _, state = rig.prices(f"{columns}\n{line}\n")
        assert (state["status"], state["offers_in_error"]) == ("COMPLETE", 1), line


def test_price_imports_are_listed_newest_first(rig: Rig) -> None:
    keys = []
    for n in range(3):
        keys.append(rig.send(PRICES, f"offer-sku;price\n{rig.skus[0]};{n + 1}\n"))
        rig.wait(61)
    first = rig.get("offers/pricing/imports", limit=2)
    assert [row["import_id"] for row in first["data"]] == [keys[2], keys[1]]
    last = rig.get("offers/pricing/imports", limit=2, page_token=first["next_page_token"])
    assert [row["import_id"] for row in last["data"]] == [keys[0]]
    assert "next_page_token" not in last
    assert rig.get("offers/pricing/imports", import_id="yok")["data"] == []
    rig.refused(rig.http.get("/api/offers/pricing/imports?page_token=x"), 400)
    rig.wait(200)
    assert rig.offer(rig.skus[0])["price"] == 3, "they ran in the order in which they came"


def full(one: Offer, **more: Any) -> dict[str, Any]:
    return {
        "shop_sku": one.sku, "product_id": one.product.ean, "product_id_type": "EAN", "state_code": "11", "price": 99.9,
        "update_delete": "update", **more,
    }  # fmt: skip


def test_unsent_fields_fall_back(rig: Rig) -> None:
    one = rig.box.shop.offers[rig.skus[0]]
    one.quantity, one.min_alert, one.leadtime = 8, 5, 3
    reply = rig.http.post("/api/offers", json={"offers": [full(one)]})
    assert reply.status_code == 201
    assert reply.headers["location"] == f"/api/offers/imports/{reply.json()['import_id']}"
    assert rig.offer(one.sku)["quantity"] == 8, "not yet"
    rig.wait(200)
    row = rig.offer(one.sku)
    assert (row["price"], row["quantity"], row["description"], row["min_quantity_alert"], row["leadtime_to_ship"]) == (
        Decimal("99.9"), 0, "", 0, 2,
    )  # fmt: skip
    assert row["offer_id"] == one.id
    state = rig.get(f"offers/imports/{reply.json()['import_id']}")
    assert (state["status"], state["offer_updated"], state["offer_inserted"]) == ("COMPLETE", 1, 0)


def test_offers_come_and_go(rig: Rig) -> None:
    shop = rig.box.shop
    new = next(one for one in shop.products.values() if one.title.startswith("Yeni"))
    row = {**full(shop.offers[rig.skus[0]]), "shop_sku": "YENI-1", "product_id": new.ean, "quantity": 4}
    reply = rig.http.post("/api/offers", json={"offers": [row, full(shop.offers[rig.skus[1]], update_delete="delete")]})
    gone = rig.skus[1]
    rig.wait(200)
    state = rig.get(f"offers/imports/{reply.json()['import_id']}")
    assert (state["offer_inserted"], state["offer_deleted"], state["lines_read"]) == (1, 1, 2)
    assert rig.offer("YENI-1")["product_title"] == new.title
    assert rig.get("offers", sku=gone)["total_count"] == 0


@pytest.mark.parametrize(
    "more",
    [
        {"price": "99"}, {"price": None}, {"price": 1.005}, {"quantity": 1.5}, {"update_delete": "x"}, {"stock": 1}, {"available_started": "x"},
        {"discount": {"price": "1"}}, {"all_prices": [{"volume_prices": [{"quantity_threshold": 2}]}]},
    ],
)  # fmt: skip
def test_an_upsert_of_the_wrong_shape(rig: Rig, more: dict[str, Any]) -> None:
    one = rig.box.shop.offers[rig.skus[0]]
    body = rig.refused(rig.http.post("/api/offers", json={"offers": [full(one, **more)]}), 400)
    assert body["errors"][0]["field"].startswith("offers[0].")


def test_an_upsert_of_the_wrong_value(rig: Rig) -> None:
    one, other = (rig.box.shop.offers[sku] for sku in rig.skus[:2])
    rows = [
        full(one, product_id="YOK"),
        full(one, product_id=other.product.ean),
        full(one, state_code="7"),
        full(one, price=0),
    ]
    key = str(rig.http.post("/api/offers", json={"offers": rows}).json()["import_id"])
    rig.wait(200)
    state = rig.get(f"offers/imports/{key}")
    assert (state["lines_in_error"], state["has_error_report"]) == (4, True)
    assert len(rig.report(f"offers/imports/{key}")) == 5
    assert rig.refused(rig.http.post("/api/offers", content=b"{"), 415)
    rig.refused(rig.http.post("/api/offers", content=b"{", headers={"content-type": "application/json"}), 400)


def test_an_offer_file(rig: Rig) -> None:
    a, b = rig.skus[:2]
    key, state = rig.offers(f"sku;price;quantity;leadtime-to-ship\n{a};10.50;5;4\n{b};x;1;1\n")
    assert (state["lines_read"], state["lines_in_success"], state["lines_in_error"], state["mode"]) == (
        2,
        1,
        1,
        "NORMAL",
    )
    row = rig.offer(a)
    assert (row["price"], row["quantity"], row["leadtime_to_ship"], row["description"]) == (Decimal("10.5"), 5, 4, "")
    assert rig.report(f"offers/imports/{key}")[1][0] == "3"
    _, state = rig.offers(f"sku;price;quantity\n{a};11;5\n", "REPLACE")
    assert (state["offer_deleted"], rig.get("offers")["total_count"]) == (44, 1), (
        "REPLACE deletes what the file does not name"
    )
    rig.refused(rig.http.post(OFFERS, files={"file": ("a", b"x")}, data={"import_mode": "PARTIAL_UPDATE"}), 400)


def test_the_same_offer_import_twice_is_one(rig: Rig) -> None:
    text = f"sku;price\n{rig.skus[0]};10\n"
    first = rig.send(OFFERS, text, import_mode="NORMAL")
    assert rig.send(OFFERS, text, import_mode="NORMAL") == first
    assert rig.send(STOCK, "offer-sku;quantity\n") != rig.send(STOCK, "offer-sku;quantity\n")


def test_writes_can_be_lost(rig: Rig) -> None:
    a = rig.skus[0]
    was = rig.offer(a)["quantity"]
    rig.switch("ignore_writes")
    _, state = rig.stock(f"offer-sku;quantity\n{a};{was + 1}\n")
    assert (state["status"], state["lines_in_success"], rig.offer(a)["quantity"]) == ("COMPLETE", 1, was)
    one = rig.new("SHIPPING")
    assert rig.put(f"orders/{one.id}/ship").status_code == 204
    assert rig.row(one.id)["order_state"] == "SHIPPING"
    rig.switch("ignore_writes", False)
    rig.switch("apply_50")
    rig.stock("offer-sku;quantity\n" + "".join(f"{sku};77\n" for sku in rig.skus[:10]))
    assert sum(rig.box.shop.offers[sku].quantity == 77 for sku in rig.skus[:10]) == 5
    rig.switch("imports_hang")
    key, state = rig.stock(f"offer-sku;quantity\n{a};1\n")
    assert state["status"] == "WAITING"
    assert rig.get(f"offers/stock/imports/{key}/status")["status"] == "WAITING"
    assert rig.http.post("/_control/switch", json={"feature": "apply_50", "on": False}).status_code == 200
    with pytest.raises(KeyError):
        rig.box.switch("yok", True)


# -- returns, messages, money --------------------------------------------------------------------------------------
def test_a_return_goes_its_way(rig: Rig) -> None:
    rows = rig.get("returns", return_state="WAITING_ACCEPTANCE")["data"]
    assert rows
    one, order = rows[0], rig.row(rows[0]["order_id"])
    assert one["return_lines"][0]["order_line_id"] in {line["order_line_id"] for line in order["order_lines"]}
    key = one["id"]

    def act(name: str, **more: Any) -> Any:
        return rig.put(f"returns/{name}", {"returns": [{"id": key, **more}]}).json()

    def state() -> str:
        return str(rig.get("returns", return_id=key)["data"][0]["state"])

    assert act("receive")["return_errors"][0]["id"] == key, "not yet accepted"
    assert act("accept", accepted=True) == {"return_errors": [], "return_success": [{"id": key}]}
    assert state() == "IN_PROGRESS"
    assert act("accept", accepted=True)["return_success"] == []
    act("receive")
    assert state() == "RECEIVED"
    line = one["return_lines"][0]["order_line_id"]
    assert act("compliance", return_lines=[{"order_line_id": line, "compliant": False}])["return_errors"]
    act("compliance", return_lines=[{"order_line_id": line, "compliant": True}])
    assert rig.get("returns", return_id=key)["data"][0]["return_lines"][0]["compliance"][0]["compliant"] is True
    act("close")
    assert (state(), rig.row(one["order_id"])["order_lines"][0]["refunds"]) == ("CLOSED", []), "no money moved"


def test_a_return_is_refused_with_a_reason(rig: Rig) -> None:
    key = rig.get("returns", return_state="WAITING_ACCEPTANCE")["data"][0]["id"]
    body = {"id": key, "accepted": False}
    assert rig.put("returns/accept", {"returns": [body]}).json()["return_errors"]
    rig.refused(rig.put("returns/accept", {"returns": [{**body, "rejection_reason_code": "NO"}]}), 400)
    rig.refused(rig.put("returns/accept", {"returns": []}), 400)
    rig.refused(rig.put("returns/accept", {"returns": [body] * 101}), 400)
    good = {**body, "rejection_reason_code": "RETURN_REJECTION_WINDOW_CLOSED"}
    both = rig.put("returns/accept", {"returns": [good, {"id": "yok", "accepted": True}]}).json()
    assert (both["return_success"], both["return_errors"][0]["id"]) == ([{"id": key}], "yok")
    assert rig.get("returns", return_id=key)["data"][0]["rejection_reason_code"] == "RETURN_REJECTION_WINDOW_CLOSED"


def test_returns_page_by_token_and_filter_by_time(rig: Rig) -> None:
    rig.http.post("/_control/limits", json={"on": False})
    everything = [row["id"] for row in rig.get("returns")["data"]]
    seen, token = [], {}
    while True:
        page = rig.get("returns", limit=2, **token)
        seen += [row["id"] for row in page["data"]]
        if "next_page_token" not in page:
            break
        token = {"page_token": page["next_page_token"]}
    assert (seen, len(seen) > 4) == (everything, True)
    assert [row["id"] for row in rig.get("returns", limit=2, page_token=page["previous_page_token"])["data"]] != seen[
        -2:
    ]
    since = (datetime.now(UTC) - timedelta(days=4)).strftime("%Y-%m-%dT%H:%M:%SZ")
    late = rig.get("returns", return_last_updated_from=since)["data"]
    assert 0 < len(late) < len(everything)
    assert all(row["last_updated"] >= since for row in late)
    rig.refused(rig.http.get("/api/returns?limit=101"), 400)
    rig.refused(rig.http.get("/api/returns?return_state=OPEN"), 400)


def test_questions_and_answers(rig: Rig) -> None:
    questions = rig.get("inbox/threads", entity_type="MMP_OFFER")["data"]
    assert questions
    assert "messages" not in questions[0]
    one = questions[0]
    assert one["metadata"]["shop_reply_needed_since"]
    body = {"body": "Otuz santim.", "to": [{"type": "CUSTOMER"}]}
    parts: Any = [("message_input", (None, json.dumps(body), "application/json"))]
    assert rig.http.post(f"/api/inbox/threads/{one['id']}/message", files=parts).status_code == 201
    after = rig.get(f"inbox/threads/{one['id']}")
    assert (after["metadata"]["shop_reply_needed_since"], after["messages"][-1]["body"]) == (None, "Otuz santim.")
    assert after["messages"][-1]["from"]["type"] == "SHOP_USER"
    newest = rig.get("inbox/threads", with_messages="true", limit=1)["data"][0]
    assert (newest["id"], len(newest["messages"])) == (one["id"], 2)
    short: Any = [("message_input", (None, json.dumps({**body, "body": "ok"}), "application/json"))]
    rig.refused(rig.http.post(f"/api/inbox/threads/{one['id']}/message", files=short), 400)
    rig.refused(rig.http.post("/api/inbox/threads/yok/message", files=parts), 404)
    rig.refused(rig.http.get("/api/inbox/threads?entity_id=1"), 400)
    order = next(iter(rig.box.shop.orders))
    assert all(
        row["entities"][0]["id"] == order
        for row in rig.get("inbox/threads", entity_type="MMP_ORDER", entity_id=order)["data"]
    )


def test_the_transaction_log_adds_up(rig: Rig) -> None:
    rows = rig.get("sellerpayment/transactions_logs", limit=2000, order="asc")["data"]
    running = Decimal(0)
    for row in rows:
        running += row["amount"]
        assert (row["balance"], row["amount"]) == (running, row["amount_credited"] - row["amount_debited"])
    assert len({row["id"] for row in rows}) == len(rows)
    kinds = {row["type"] for row in rows}
    assert {"ORDER_AMOUNT", "COMMISSION_FEE", "COMMISSION_VAT", "PAYMENT"} <= kinds
    assert {row["payment_state"] for row in rows} == {"PENDING", "PAYABLE", "PAID", "NOT_APPLICABLE"}
    order = next(one for one in rig.box.shop.orders.values() if one.state == "CLOSED" and one.debited)
    mine = rig.get("sellerpayment/transactions_logs", order_id=order.id, transaction_type="ORDER_AMOUNT")["data"]
    assert sum(row["amount"] for row in mine) == Decimal(sum(line.price for line in order.lines)) / 100
    since = (datetime.now(UTC) - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    late = rig.get("sellerpayment/transactions_logs", date_created_from=since)["data"]
    assert all(row["date_created"] >= since for row in late)
    assert [row["date_created"] for row in late] == sorted((row["date_created"] for row in late), reverse=True)


# -- the control room ----------------------------------------------------------------------------------------------
def test_orders_move_between_two_pages(rig: Rig) -> None:
    rig.http.post("/_control/between", json=[{"new": 2, "touch": 3, "seed": 5}])
    first = rig.get("orders", max=50)
    assert (first["total_count"], rig.get("orders", max=50, offset=50)["total_count"]) == (80, 82)


def test_damage_cancel_and_repeatable_seeds(rig: Rig) -> None:
    one = next(one.id for one in rig.box.shop.orders.values() if one.state == "CLOSED")
    rig.http.post("/_control/damage", json={"remote_id": one})
    assert isinstance(rig.row(one)["order_lines"], str)
    rig.http.post("/_control/cancel", json={"remote_id": one})
    assert rig.row(one)["order_state"] == "CANCELED"
    rig.switch("empty_orders")
    assert rig.get("orders")["total_count"] == 0
    a, b = (create(seed=4, orders=20, listings=9) for _ in range(2))
    assert [row["lines"] for row in a.truth_orders()] == [row["lines"] for row in b.truth_orders()]
    assert a.truth_listings() == b.truth_listings()
    assert [row["lines"] for row in create(seed=5, orders=20).truth_orders()] != [
        row["lines"] for row in a.truth_orders()
    ]


def test_each_kind_of_record_can_be_switched_off(rig: Rig) -> None:
    """So that a contract check that reads it can be seen to fail."""
    bill = next(iter(rig.box.shop.documents.values())).order_id
    lists = {
        "empty_orders": ("orders", "orders", {}), "empty_offers": ("offers", "offers", {}), "empty_returns": ("returns", "data", {}),
        "empty_log": ("sellerpayment/transactions_logs", "data", {}),
        "no_documents": ("orders/documents", "order_documents", {"order_ids": bill}),
    }  # fmt: skip
    for feature, (path, name, params) in lists.items():
        assert rig.get(path, **params)[name]
        rig.switch(feature)
        assert rig.get(path, **params)[name] == [], feature


def test_every_state_of_an_order_is_the_documents(rig: Rig) -> None:
    states = {row["status"] for seed in range(3) for row in create(seed=seed, orders=300).truth_orders()}
    assert states == {
        "STAGING", "WAITING_ACCEPTANCE", "WAITING_DEBIT", "WAITING_DEBIT_PAYMENT", "SHIPPING", "SHIPPED", "TO_COLLECT", "RECEIVED", "CLOSED",
        "REFUSED", "CANCELED",
    }  # fmt: skip
