"""listTransactions of the Amazon SP-API fake, over a real socket, against the sentences and the schema of the vendor's model."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from providers.sandboxes.amazon_sp import create
from tests.providers.sandboxes.test_amazon_sp_sandbox import DE, TR, US, Caller, ago, error, model, strict
from tests.support.serving import serve

PATH = "/finances/2024-06-19/transactions"


@pytest.fixture
def caller() -> Iterator[Caller]:
    with serve(create(orders=400).app) as base:
        found = Caller(base)
        found.switch("fast_limits")
        yield found
        found.http.close()


def pages(caller: Caller, **query: str) -> list[list[dict[str, Any]]]:
    found = []
    while True:
        answer = caller.get(PATH, **query)
        assert answer.status_code == 200, answer.text
        payload = json.loads(answer.content, parse_float=Decimal)["payload"]
        found.append(payload["transactions"])
        if "nextToken" not in payload:
            return found
        query["nextToken"] = payload["nextToken"]


def everything(caller: Caller, **query: str) -> list[dict[str, Any]]:
    return [one for page in pages(caller, **{"postedAfter": ago(days=100)} | query) for one in page]


def related(one: dict[str, Any]) -> dict[str, str]:
    return {pair["relatedIdentifierName"]: pair["relatedIdentifierValue"] for pair in one["relatedIdentifiers"]}


def test_the_answer_fits_the_model(caller: Caller) -> None:
    import jsonschema_rs

    whole = model("models/finances_2024-06-19.json")
    caller.later(20 * 86_400)
    answer = caller.get(PATH, postedAfter=ago(days=100))
    schema = whole["paths"][PATH]["get"]["responses"]["200"]["schema"] | {"definitions": whole["definitions"]}
    body = answer.json()
    assert jsonschema_rs.Draft4Validator(schema, validate_formats=True).is_valid(body)
    bare = copy.deepcopy(body)  # a context is one of several shapes at once: closed, they would exclude each other
    for one in bare["payload"]["transactions"]:
        for holder in [one, *one["items"]]:
            holder.pop("contexts")
    assert jsonschema_rs.Draft4Validator(strict(schema), validate_formats=True).is_valid(bare)
    assert {"x-amzn-requestid", "x-amzn-ratelimit-limit"} <= set(answer.headers)


def test_each_transaction_comes_once_over_pages_of_which_one_is_empty(caller: Caller) -> None:
    found = pages(caller, postedAfter=ago(days=100))
    assert [len(page) for page in found][:2] == [100, 0]
    rows = [one for page in found for one in page]
    assert len({one["transactionId"] for one in rows}) == len(rows) > 100
    assert [one["postedDate"] for one in rows] == sorted(one["postedDate"] for one in rows)
    shipped = {one["remote_id"] for one in caller.truth("orders") if one["status"] == "SHIPPED"}
    assert {related(one)["ORDER_ID"] for one in rows if one["transactionType"] == "Shipment"} == shipped
    assert {one["transactionType"] for one in rows} == {"Shipment", "Refund"}
    for one in rows:
        total = sum(part["breakdownAmount"]["currencyAmount"] for part in one["breakdowns"])
        assert total == one["totalAmount"]["currencyAmount"]


def test_a_page_token_belongs_to_its_question(caller: Caller) -> None:
    after = ago(days=100)
    token = caller.get(PATH, postedAfter=after).json()["payload"]["nextToken"]
    assert caller.get(PATH, postedAfter=after, nextToken=token).status_code == 200
    assert error(caller.get(PATH, postedAfter=ago(days=99), nextToken=token)) == (400, "InvalidInput")
    assert error(caller.get(PATH, postedAfter=after, nextToken="yok")) == (400, "InvalidInput")
    caller.later(25 * 3600)
    caller.token = ""
    assert error(caller.get(PATH, postedAfter=after, nextToken=token)) == (400, "InvalidInput")


def test_the_window_is_the_models(caller: Caller) -> None:
    refused: list[dict[str, str]] = [
        {}, {"postedBefore": ago(days=1)}, {"postedAfter": ago(seconds=30)}, {"postedAfter": "2026-01-01"},
        {"postedAfter": ago(days=2), "postedBefore": ago(seconds=30)}, {"postedAfter": ago(days=2), "postedBefore": ago(days=3)},
        {"postedAfter": ago(days=2), "transactionStatus": "Released"}, {"postedAfter": ago(days=2), "page": "2"},
        {"relatedIdentifierName": "ORDER_ID"}, {"relatedIdentifierName": "REFUND_ID", "relatedIdentifierValue": "1"},
    ]  # fmt: skip
    for query in refused:
        assert error(caller.get(PATH, **query)) == (400, "InvalidInput"), query
    assert caller.get(PATH, **refused[0]).json()["errors"][0]["message"] == "Start date cannot be null"
    wide = caller.get(PATH, postedAfter=ago(days=181), postedBefore=ago(minutes=3))
    assert wide.json() == {"payload": {"transactions": []}}
    rows = everything(caller)
    edge = rows[len(rows) // 2]["postedDate"]
    before = everything(caller, postedBefore=edge)
    after = everything(caller, postedAfter=edge)
    assert all(one["postedDate"] < edge for one in before)
    assert all(one["postedDate"] >= edge for one in after)
    assert len(before) + len(after) == len(rows)


def test_marketplace_order_and_region(caller: Caller) -> None:
    rows = everything(caller, marketplaceId=DE)
    assert {one["totalAmount"]["currencyCode"] for one in rows} == {"EUR"}
    order = related(rows[0])["ORDER_ID"]
    alone = everything(caller, relatedIdentifierName="ORDER_ID", relatedIdentifierValue=order)
    assert {related(one)["ORDER_ID"] for one in alone} == {order}
    without = caller.get(PATH, relatedIdentifierName="ORDER_ID", relatedIdentifierValue=order)
    assert len(without.json()["payload"]["transactions"]) == len(alone)
    caller.switch("region_eu")
    assert error(caller.get(PATH, postedAfter=ago(days=9), marketplaceId=US)) == (403, "Unauthorized")


def test_money_held_back_is_released_later_and_then_paid_out(caller: Caller) -> None:
    rows = everything(caller, transactionStatus="DEFERRED")
    assert rows
    held = rows[0]
    context = next(one for one in held["contexts"] if one["contextType"] == "DeferredContext")
    assert context["maturityDate"] > held["postedDate"]
    caller.later(8 * 86_400)
    caller.token = ""
    again = everything(caller, relatedIdentifierName="ORDER_ID", relatedIdentifierValue=related(held)["ORDER_ID"])
    assert [one["transactionStatus"] for one in again if one["transactionId"] == held["transactionId"]] == ["DEFERRED_RELEASED"]  # fmt: skip
    caller.later(14 * 86_400)
    caller.token = ""
    done = everything(caller)
    transfers = [one for one in done if one["transactionType"] == "Transfer"]
    assert transfers
    group = related(transfers[0])["FINANCIAL_EVENT_GROUP_ID"]
    of_it = everything(caller, relatedIdentifierName="FINANCIAL_EVENT_GROUP_ID", relatedIdentifierValue=group)
    assert sum(one["totalAmount"]["currencyAmount"] for one in of_it) == 0
    assert "DISBURSEMENT_ID" in related(transfers[0])


def test_a_shipment_is_posted_once_and_what_follows_does_not_move_it(caller: Caller) -> None:
    before = {one["transactionId"]: one["postedDate"] for one in everything(caller)}
    caller.control("touch", {"count": 400, "seed": 3})
    caller.later(600)
    now = {one["transactionId"]: one["postedDate"] for one in everything(caller)}
    assert before.items() <= now.items()
    assert len(now) > len(before)


def test_the_last_two_days_may_be_missing(caller: Caller) -> None:
    whole = everything(caller)
    caller.switch("finance_lag")
    edge = (datetime.now(UTC) - timedelta(hours=48)).strftime("%Y-%m-%dT%H:%M:%SZ")
    rows = everything(caller)
    assert {one["transactionId"] for one in rows} == {
        one["transactionId"] for one in whole if one["postedDate"] <= edge
    }
    assert len(rows) < len(whole)


def test_the_door_and_the_usage_plan(caller: Caller) -> None:
    caller.switch("fast_limits", False)
    query = {"postedAfter": ago(days=3), "marketplaceId": TR}
    for _ in range(10):
        assert caller.get(PATH, **query).headers["x-amzn-ratelimit-limit"] == "0.5"
    assert error(caller.get(PATH, **query)) == (429, "QuotaExceeded")
    caller.later(3)
    assert caller.get(PATH, **query).status_code == 200
    without: httpx.Response = caller.call("GET", PATH, headers={"x-amz-access-token": None}, **query)
    assert error(without) == (403, "Unauthorized")


def test_a_page_token_of_before_a_reset_is_dead(caller: Caller) -> None:
    after = ago(days=100)
    token = caller.get(PATH, postedAfter=after).json()["payload"]["nextToken"]
    caller.control("reset", {"orders": 400})
    caller.token = ""
    reply: Callable[..., httpx.Response] = caller.get
    assert error(reply(PATH, postedAfter=after, nextToken=token)) == (400, "InvalidInput")
