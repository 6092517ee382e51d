"""Amazon's transactions as payout lines: taken apart by kind, never beyond their own total, each once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from app.contracts import ProviderError
from app.model import Money, SettlementKind, Window
from providers.families.amazon_sp import AmazonSP
from providers.families.amazon_sp_base import site_of
from providers.families.amazon_sp_finances import kind_of, parse_transactions
from tests.providers.families.amazon_sp_support import DE, NOW, TR, US, account, reply

WINDOW = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC))


def part(name: str, amount: float | str, *inner: Any, currency: str = "TRY") -> dict[str, Any]:
    return {"breakdownType": name, "breakdownAmount": {"currencyAmount": amount, "currencyCode": currency}, "breakdowns": list(inner)}  # fmt: skip


def ids(**named: str) -> list[dict[str, str]]:
    return [{"relatedIdentifierName": k, "relatedIdentifierValue": v} for k, v in named.items()]


def transaction(total: float, *parts: Any, **more: Any) -> dict[str, Any]:
    return {
        "sellingPartnerMetadata": {"sellingPartnerId": "A2", "accountType": "Standard Orders", "marketplaceId": TR},
        "relatedIdentifiers": ids(ORDER_ID="402-1234567-7654321", FINANCIAL_EVENT_GROUP_ID="G1"),
        "transactionType": "Shipment", "transactionId": "T1", "transactionStatus": "RELEASED", "description": "Order Payment",
        "postedDate": "2026-11-10T09:30:00.120Z", "totalAmount": {"currencyAmount": total, "currencyCode": "TRY"},
        "breakdowns": list(parts), **more,
    }  # fmt: skip


def lines(*rows: Any, marketplace: str = TR, window: Window = WINDOW) -> Any:
    page = parse_transactions(reply({"payload": {"transactions": list(rows)}}), site_of(account(marketplace)), window)
    assert page.rejects == ()
    return page.items


def test_an_order_is_taken_apart_by_kind() -> None:
    found = lines(transaction(
        318.21,
        part("Sales", 399.8, part("Product Charges", 369.8, part("Principal", 369.8)), part("Shipping", 30)),
        part("Expenses", -81.59, part("Amazon Fees", -59.97, part("Commission", -59.97)), part("FBA Fees", -20, part("FBA Fulfillment Fee", -20)),
             part("Closing Fee", -1.12), part("Marketplace Tax Withheld", -0.5)),
    ))  # fmt: skip
    assert {one.kind: one.amount.amount for one in found} == {
        SettlementKind.SALE: Decimal("399.8"), SettlementKind.COMMISSION: Decimal("-59.97"), SettlementKind.CARGO: Decimal(-20),
        SettlementKind.SERVICE_FEE: Decimal("-1.12"), SettlementKind.WITHHOLDING: Decimal("-0.5"),
    }  # fmt: skip
    assert {one.remote_id for one in found} == {f"T1:{one.kind}" for one in found}
    sale = next(one for one in found if one.kind is SettlementKind.SALE)
    assert (sale.order_number, sale.payout_id, sale.vendor_kind, sale.paid) == (
        "402-1234567-7654321",
        "G1",
        "Shipment",
        False,
    )
    assert sale.booked_at == datetime(2026, 11, 10, 9, 30, 0, 120000, tzinfo=UTC)


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (part("Sales", 399.8),),  # does not come to the total
        (part("Sales", 318.21, currency="USD"),),
        ({"breakdownType": "Sales"},),
    ],
    ids=["none", "another-sum", "another-currency", "no-amount"],
)
def test_parts_that_do_not_fit_are_left_together(parts: tuple[Any, ...]) -> None:
    (one,) = lines(transaction(318.21, *parts))
    assert (one.remote_id, one.kind, one.amount) == ("T1", SettlementKind.SALE, Money.of("318.21", "TRY"))


def test_the_wrapped_list_of_the_models_example() -> None:
    wrapped = {"breakdowns": [part("Sales", 100), part("Commission", -15)]}
    found = lines(transaction(85, breakdowns=wrapped))
    assert [(one.kind, one.amount.amount) for one in found] == [
        (SettlementKind.SALE, 100),
        (SettlementKind.COMMISSION, -15),
    ]


@pytest.mark.parametrize(
    ("told", "kind"),
    [("Shipment", "sale"), ("Refund", "return"), ("Transfer", "payment"), ("ServiceFee", "service_fee"), ("Adjustment", "other"),
     ("GuaranteeClaim", "return"), ("", "other")],
)  # fmt: skip
def test_types(told: str, kind: str) -> None:
    assert kind_of(told) == kind


def test_a_refund_gives_commission_back() -> None:
    found = lines(
        transaction(
            -85, part("Refunds", -100, part("Principal", -100)), part("Commission", 15), transactionType="Refund"
        )
    )
    assert {one.kind: int(one.amount.amount) for one in found} == {
        SettlementKind.RETURN: -100,
        SettlementKind.COMMISSION: 15,
    }


def test_a_transfer_stays_one_line() -> None:
    (one,) = lines(
        transaction(
            -85, part("Service Fee", -85), transactionType="Transfer", relatedIdentifiers=ids(DISBURSEMENT_ID="D1")
        )
    )
    assert (one.kind, one.amount.amount, one.payout_id, one.order_number) == (SettlementKind.PAYMENT, -85, "D1", "")


def test_a_release_is_not_counted_beside_what_it_releases() -> None:
    held = transaction(50, transactionStatus="DEFERRED", contexts=[
        {"contextType": "DeferredContext", "deferralReason": "DD7", "maturityDate": "2026-11-17T00:00:00Z"}])  # fmt: skip
    release = transaction(50, transactionId="T2", relatedIdentifiers=ids(ORDER_ID="1", DEFERRED_TRANSACTION_ID="T1"))
    (one,) = lines(held, release)
    assert (one.remote_id, one.due_at) == ("T1", datetime(2026, 11, 17, tzinfo=UTC))


def test_without_an_id_the_same_transaction_is_the_same_line() -> None:
    row = transaction(50, transactionId=None)
    first, again = lines(row)[0].remote_id, lines(row)[0].remote_id
    assert first == again
    assert first != lines(transaction(51, transactionId=None))[0].remote_id


def test_in_the_united_states_rows_are_chosen_by_their_marketplace() -> None:
    mine = transaction(5, marketplaceDetails={"marketplaceId": US})
    other = transaction(6, transactionId="T2", marketplaceDetails={"marketplaceId": "A2EUQ1WTGCTBG2"})
    nowhere = transaction(7, transactionId="T3", sellingPartnerMetadata=None)
    assert [int(one.amount.amount) for one in lines(mine, other, nowhere, marketplace=US)] == [5, 7]
    assert [int(one.amount.amount) for one in lines(mine, other, marketplace=DE)] == [5, 6]


def test_one_odd_row_is_a_reject_and_the_rest_is_kept() -> None:
    rows = [transaction(1), {**transaction(2), "transactionId": "T2", "postedDate": None}, {**transaction(3), "transactionId": "T3", "totalAmount": {"currencyAmount": 3, "currencyCode": "LIRA"}}]  # fmt: skip
    page = parse_transactions(reply({"payload": {"transactions": rows}}), site_of(account()), WINDOW)
    assert [one.remote_id for one in page.items] == ["T1"]
    assert [one.remote_id for one in page.rejects] == ["T2", "T3"]


def test_only_the_window() -> None:
    row = transaction(1)
    assert lines(row, window=Window(WINDOW.since, WINDOW.since + timedelta(days=1))) == ()


async def test_the_client_walks_the_pages() -> None:
    asked: list[dict[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": "Atza|1", "expires_in": 3600})
        assert request.headers["x-amz-access-token"] == "Atza|1"
        asked.append(dict(request.url.params))
        if "nextToken" in asked[-1]:
            return httpx.Response(200, json={"payload": {"transactions": [transaction(2, transactionId="T2")]}})
        return httpx.Response(200, json={"payload": {"transactions": [transaction(1)], "nextToken": "n1"}})

    mine = account(now=lambda: NOW)
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url=mine.urls["api"]) as http:
        pages = [page async for page in AmazonSP(http, mine).settlements(WINDOW)]
    assert [one.remote_id for page in pages for one in page.items] == ["T1", "T2"]
    assert asked[0] == {
        "postedAfter": "2026-11-01T00:00:00Z",
        "postedBefore": "2026-11-20T00:00:00Z",
        "marketplaceId": TR,
    }
    assert asked[1] == {**asked[0], "nextToken": "n1"}


async def test_a_page_that_fails_is_not_the_last_one() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": "Atza|1", "expires_in": 3600})
        if "nextToken" in request.url.params:
            return httpx.Response(
                403, json={"errors": [{"code": "Unauthorized", "message": "Access to requested resource is denied."}]}
            )
        return httpx.Response(200, json={"payload": {"transactions": [], "nextToken": "n1"}})

    mine = account(now=lambda: NOW)
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url=mine.urls["api"]) as http:
        with pytest.raises(ProviderError, match=r"auth\.forbidden"):
            [page async for page in AmazonSP(http, mine).settlements(WINDOW)]
