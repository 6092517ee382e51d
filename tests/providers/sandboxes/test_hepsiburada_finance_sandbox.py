"""The accounting records of the fake Hepsiburada against the vendor's document, over a real socket, with a bare HTTP client."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import httpx
import pytest

from providers.sandboxes.hepsiburada import DEVELOPER, MERCHANT, SERVICE_KEY, HepsiburadaSandbox, create
from tests.support.serving import serve

PATH = f"/transactions/merchantid/{MERCHANT}"
ISTANBUL = timezone(timedelta(hours=3))
FIELDS = {
    "id", "transactionType", "status", "sku", "packageNumber", "orderNumber", "invoiceNumber", "orderItemNumber", "quantity", "amount",
    "taxAmount", "netAmount", "orderDate", "invoiceDate", "dueDate", "paymentDate", "invoiceExplanation", "merchantId", "isInvoice",
    "isIncome", "transactionTypeCategory", "productName",
}  # fmt: skip


class Rig:
    def __init__(self, box: HepsiburadaSandbox, http: httpx.Client) -> None:
        self.box, self.http = box, http

    def ask(self, **params: Any) -> httpx.Response:
        return self.http.get(PATH, params={"Offset": 0, "Limit": 100} | params)

    def rows(self, **params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            reply = self.ask(Offset=len(found), **{"RecordDateStart": wall(0), "RecordDateEnd": wall(4e9)} | params)
            assert reply.status_code == 200, reply.text
            body = json.loads(reply.content, parse_float=Decimal)
            found += body["items"]
            if len(found) >= body["count"]:
                return found


def wall(at: float) -> str:
    return datetime.fromtimestamp(at, ISTANBUL).strftime("%Y-%m-%dT%H:%M:%S")


@pytest.fixture
def rig() -> Iterator[Rig]:
    box = create(orders=120)
    assert isinstance(box, HepsiburadaSandbox)
    with (
        serve(box.app) as base,
        httpx.Client(
            base_url=base, auth=(MERCHANT, SERVICE_KEY), headers={"user-agent": DEVELOPER}, trust_env=False
        ) as http,
    ):
        yield Rig(box, http)


def test_records_come_with_the_delivery_each_once(rig: Rig) -> None:
    rows = rig.rows()
    assert all(set(one) == FIELDS for one in rows)
    assert len({one["id"] for one in rows}) == len(rows) > 100
    delivered = [one for one in rig.box.shop.packages.values() if one.status == "Delivered"]
    lines = [line for one in delivered for _, line in one.parts if line.status != "Cancelled"]
    kinds = Counter(one["transactionType"] for one in rows)
    assert (kinds["Payment"], kinds["Commission"]) == (len(lines), len(lines))
    assert kinds["DeliveryProcessingFee"] == len(delivered)
    paid = sum(one["amount"]["value"] for one in rows if one["transactionType"] == "Payment")
    assert paid == Decimal(sum(line.unit * line.quantity for line in lines)) / 100
    assert {one["isIncome"] for one in rows if one["transactionType"] == "Commission"} == {False}
    before = len(rows)
    package = next(one for one in rig.box.shop.packages.values() if one.status == "InTransit")
    rig.box.shop.move(package, "Delivered", rig.box.shop.now())
    assert len(rig.rows()) > before
    assert {one["status"] for one in rig.rows(PackageNumber=package.number)} == {"WillBePaid"}


def test_a_record_is_paid_when_it_falls_due(rig: Rig) -> None:
    waiting = rig.rows(Status="WillBePaid")
    assert waiting
    assert all(one["paymentDate"] is None for one in waiting)
    assert all(one["paymentDate"] == one["dueDate"] for one in rig.rows(Status="Paid"))
    rig.http.post("/_control/clock", json={"advance": 15 * 86_400})
    assert rig.rows(Status="WillBePaid") == []
    assert {one["id"] for one in waiting} <= {one["id"] for one in rig.rows(Status="Paid")}


def test_an_accepted_return_takes_back_and_refunds_the_commission(rig: Rig) -> None:
    claim = next(one for one in rig.box.shop.claims.values() if one.status == "AwaitingAction")
    reply = rig.http.post(
        f"/claims/number/{claim.number}/accept",
        json={"FinalizedWith": "Refund", "InvoiceLink": "", "AcceptionReason": ""},
    )
    assert reply.status_code == 204
    rows = {one["transactionType"]: one for one in rig.rows(TransactionTypes="Return,CommissionRefund")}
    assert set(rows) == {"Return", "CommissionRefund"}
    assert (rows["Return"]["isIncome"], rows["CommissionRefund"]["isIncome"]) == (False, True)
    assert rows["Return"]["amount"] == {"value": Decimal(claim.line.unit * claim.line.quantity) / 100, "currencyCode": "TRY"}  # fmt: skip


def test_one_span_or_a_number_is_required_and_limit_is_at_most_100(rig: Rig) -> None:
    span = {"DueDateStart": "2026-01-01", "DueDateEnd": "2027-01-01"}
    refused: list[dict[str, Any]] = [
        {}, {"RecordDateStart": wall(0)}, {"Limit": 101} | span, {"Limit": 0} | span, {"Limit": ""} | span, {"Offset": ""} | span,
        {"Offset": -1} | span, {"TransactionTypes": "Sale"} | span, {"Status": "Unpaid"} | span, {"begindate": "2026-01-01"} | span,
        {"DueDateStart": "01.01.2026", "DueDateEnd": "2027-01-01"},
    ]  # fmt: skip
    for params in refused:
        reply = rig.ask(**params)
        assert reply.status_code == 400, params
        assert set(reply.json()) == {"type", "title", "status", "detail", "instance", "errors"}
    order = rig.rows()[0]["orderNumber"]
    assert {one["orderNumber"] for one in rig.ask(OrderNumber=order).json()["items"]} == {order}
    assert rig.ask(**span, TransactionTypes="Commission, Payment", Limit=5).json()["items"]
    lower = {"dueDateStart": "2026-01-01", "dueDateEnd": "2027-01-01T00:00:00+03:00", "transactiontypes": "Stoppage"}
    assert rig.ask(**lower).json() == {"count": 0, "items": []}


def test_a_span_looks_at_its_own_date(rig: Rig) -> None:
    rows = rig.rows()
    for name, field in (("DueDate", "dueDate"), ("PaymentDate", "paymentDate"), ("OrderDate", "orderDate")):
        days = sorted(one[field] for one in rows if one[field] is not None)
        low, high = days[len(days) // 4], days[3 * len(days) // 4]
        within = [one for one in rows if one[field] is not None and low <= one[field] <= high]
        span = {"RecordDateStart": "", "RecordDateEnd": "", f"{name}Start": low, f"{name}End": high}
        assert {one["id"] for one in rig.rows(**span)} == {one["id"] for one in within}
        assert 0 < len(within) < len(rows)


def test_the_door_has_the_documents_bodies(rig: Rig) -> None:
    for reply, status in (
        (rig.http.get(PATH, auth=(MERCHANT, "yanlış")), 401),
        (rig.http.get(PATH, headers={"user-agent": "baska"}), 403),
        (rig.http.get(PATH.replace(MERCHANT, MERCHANT[:-1] + "9")), 403),
    ):
        assert reply.status_code == status
        assert set(reply.json()) == {"errorMessage", "exceptionCode"}
    assert rig.http.get(PATH.replace("merchantid", "merchantId")).status_code == 400
