"""Hepsiburada's accounting records as payout lines, in the shape of its own OpenAPI document."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import httpx
import pytest

from app.contracts import Account, OursError, ProviderError
from app.kit import Reply
from app.model import Money, SettlementKind, Vat, Window
from providers.marketplaces import hepsiburada_calls as calls
from providers.marketplaces.hepsiburada import Hepsiburada
from providers.marketplaces.hepsiburada_money import days_of, kind_of, parse_records, records_following
from tests.providers.marketplaces.hepsiburada_support import MERCHANT, account

FINANCE = "https://finance.example"
WINDOW = Window(datetime(2026, 11, 1, 21, tzinfo=UTC), datetime(2026, 11, 15, 21, tzinfo=UTC))
ROW: dict[str, Any] = {
    "id": "3f6c0000-0000-4000-8000-0000000000f1", "transactionType": "Payment", "status": "WillBePaid", "sku": "HBV1",
    "packageNumber": "5001", "orderNumber": "9700000000000000091", "invoiceNumber": "", "orderItemNumber": "1", "quantity": 2,
    "amount": {"value": 220.5, "currencyCode": "TRY"}, "taxAmount": {"value": 36.75, "currencyCode": "TRY"},
    "netAmount": {"value": 183.75, "currencyCode": "TRY"}, "orderDate": "2026-11-02T10:15:00", "invoiceDate": "2026-11-05T00:00:00",
    "dueDate": "2026-12-01T00:00:00", "paymentDate": None, "invoiceExplanation": None, "merchantId": MERCHANT, "isInvoice": False,
    "isIncome": True, "transactionTypeCategory": "x", "productName": "Şık Çanta",
}  # fmt: skip


DAY = Window(datetime(2026, 11, 4, 21, tzinfo=UTC), datetime(2026, 11, 5, 21, tzinfo=UTC))


def mine() -> Account:
    held = account()
    return dataclasses.replace(held, urls={**held.urls, "finance": FINANCE})


def reply(*rows: Any, count: int | None = None) -> Reply:
    body = {"count": len(rows) if count is None else count, "items": list(rows)}
    return Reply(200, {"content-type": "application/json"}, json.dumps(body).encode(), "settlements")


def only(**changes: Any) -> Any:
    page = parse_records(reply({**ROW, **changes}), DAY)
    assert page.rejects == ()
    return page.items[0]


def test_a_sale() -> None:
    one = only()
    assert (one.kind, one.amount, one.vat, one.paid, one.payout_id) == (
        SettlementKind.SALE, Money(Decimal("220.5"), "TRY"), Vat.INCLUDED, False, "",
    )  # fmt: skip
    assert (one.remote_id, one.order_number, one.vendor_kind) == (ROW["id"], "9700000000000000091", "Payment")
    assert one.booked_at == datetime(2026, 11, 4, 21, tzinfo=UTC)
    assert one.due_at == datetime(2026, 11, 30, 21, tzinfo=UTC)


def test_a_paid_record_names_its_day() -> None:
    one = only(status="Paid", paymentDate="2026-12-02T00:00:00")
    assert (one.paid, one.payout_id, one.due_at) == (True, "2026-12-02", datetime(2026, 12, 1, 21, tzinfo=UTC))


@pytest.mark.parametrize(
    ("told", "income", "value", "kind", "amount"),
    [
        ("Commission", False, 33.1, "commission", "-33.1"),
        ("Commission", False, -33.1, "commission", "-33.1"),
        ("CommissionRefund", True, 33.1, "commission", "33.1"),
        ("Return", False, 220.5, "return", "-220.5"),
        ("Stoppage", False, 2, "withholding", "-2"),
        ("ShipmentCostSharingExpense", False, 40, "cargo", "-40"),
        ("ReturnShipmentCostSharingExpense", False, 40, "cargo", "-40"),
        ("DeliveryProcessingFee", False, 4, "cargo", "-4"),
        ("ReturnProcessingFeeExpense", False, 4, "service_fee", "-4"),
        ("PaymentServiceCostReflection", False, 4, "service_fee", "-4"),
        ("CampaignDiscount", None, -4, "other", "-4"),
        ("TotalPayment", True, 500, "payment", "-500"),
        ("TotalPayment", None, -500, "payment", "-500"),
    ],
)
def test_kinds_and_signs(told: str, income: bool | None, value: float, kind: str, amount: str) -> None:
    one = only(transactionType=told, isIncome=income, amount={"value": value, "currencyCode": "TRY"})
    assert (one.kind, one.amount.amount) == (kind, Decimal(amount))
    assert kind_of(told) == kind


def test_without_a_gross_amount_the_net_one_is_said_to_be_without_vat() -> None:
    one = only(amount=None)
    assert (one.amount.amount, one.vat) == (Decimal("183.75"), Vat.EXCLUDED)


def test_the_day_of_the_record_comes_first_where_it_is_told() -> None:
    assert only(recordDate="2026-11-05T12:00:00").booked_at == datetime(2026, 11, 5, 9, tzinfo=UTC)
    assert only(invoiceDate="2026-11-05T08:00:00").booked_at == datetime(2026, 11, 5, 5, tzinfo=UTC)


def test_a_record_without_a_date_within_the_day_asked_for_is_booked_at_its_beginning() -> None:
    for told in (None, "", "2026-11-06T00:00:00", "2026-11-04T23:59:59", "dün"):
        assert only(invoiceDate=told).booked_at == DAY.since


def test_a_window_is_asked_for_by_turkish_days() -> None:
    window = Window(datetime(2026, 11, 4, 20, 30, tzinfo=UTC), datetime(2026, 11, 6, 6, tzinfo=UTC))
    found = [(one.since, one.until) for one in days_of(window)]
    cuts = [window.since, DAY.since, DAY.until, window.until]
    assert found == list(pairwise(cuts))
    assert all(edge.tzinfo is UTC for pair in found for edge in pair)


def test_odd_records_are_rejects() -> None:
    bare = {**ROW, "id": "x1", "amount": None, "netAmount": None}
    page = parse_records(reply(bare, ROW, {"id": "x3"}), DAY)
    assert [one.remote_id for one in page.items] == [ROW["id"]]
    assert [one.remote_id for one in page.rejects] == ["x1", "x3"]


def test_the_call() -> None:
    call = calls.settlements_request(mine(), WINDOW)
    assert call.path == f"{FINANCE}/transactions/merchantid/{MERCHANT}"
    assert dict(call.params) == {
        "Offset": "0", "Limit": "100", "RecordDateStart": "2026-11-02T00:00:00.000000",
        "RecordDateEnd": "2026-11-15T23:59:59.999999",
    }  # fmt: skip
    assert dict(call.headers)["user-agent"] == "firma_dev"
    assert (call.operation, call.group) == ("settlements", "finance")


def test_pages() -> None:
    call = calls.settlements_request(mine(), WINDOW)
    following = records_following(call, reply(ROW, ROW, count=3))
    assert following is not None
    assert dict(following.params)["Offset"] == "2"
    assert records_following(following, reply(ROW, count=3)) is None
    with pytest.raises(OursError, match=r"answer\.unexpected"):
        records_following(call, reply(count=3))
    assert records_following(call, reply(count=0)) is None


async def test_the_client_walks_the_pages_and_fails_with_the_second() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "finance.example"
        asked.append(request.url.params["Offset"])
        if asked[-1] == "200":
            return httpx.Response(500, json={"errorMessage": "x"})
        rows = [{**ROW, "id": f"r{asked[-1]}-{n}"} for n in range(100)]
        return httpx.Response(200, json={"count": 201, "items": rows})

    got: list[str] = []
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url=FINANCE) as http:
        with pytest.raises(ProviderError, match=r"server\.error"):
            async for page in Hepsiburada(http, mine()).settlements(
                Window(WINDOW.since, WINDOW.since + timedelta(days=1))
            ):
                got += [one.remote_id for one in page.items]
    assert asked == ["0", "100", "200"]
    assert len(set(got)) == 200
