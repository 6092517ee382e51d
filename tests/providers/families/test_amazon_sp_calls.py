"""The Amazon client's conversations before a scripted server: which call follows which answer, and what comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.contracts import Message, ProviderError, fail
from app.model import ShippedLine, Window
from providers.families import amazon_sp_shipments as parcels
from tests.providers.families.amazon_sp_support import DE, NOW, TR, errors, item, notice, order, price, scripted, stock

ACCEPTED = {"sku": "S", "status": "ACCEPTED", "submissionId": "f1", "issues": []}
DOCUMENT = (201, {"feedDocumentId": "d1", "url": "https://store.amazonaws.com/put?sig=1"})
REPORT = {"header": {}, "issues": [], "summary": {"messagesProcessed": 6, "messagesAccepted": 6, "messagesInvalid": 0}}
MANY = [price(sku=f"S{n}", key=f"k{n}") for n in range(6)]
ORDER = {"order": order()}


def lost(code: str, sent: str) -> ProviderError:
    """What the pipeline raises when a call got no answer."""
    return fail(Message(code, {"sent": sent}))


def states(receipt: Any) -> str:
    return "".join(one.state.value[0] for one in receipt.outcomes)


async def failure(waiting: Any) -> Message:
    with pytest.raises(ProviderError) as caught:
        await waiting
    return caught.value.message


# -- signing ---------------------------------------------------------------------------------------------------------------
async def test_every_call_is_signed_and_dated() -> None:
    client, script = scripted({"numberOfResults": 42, "items": []})
    result = await client.probe()
    assert result.facts == {"listings": "42", "currency": "TRY"}
    (request,) = script.requests
    assert request.headers["x-amz-access-token"] == "Atza|1"
    assert request.headers["x-amz-date"] == "20261124T090000Z"
    assert request.headers["user-agent"] == "Paxzar/0.1 (Language=Python)"
    assert request.extensions["operation"] == "probe"
    assert request.extensions["group"] == "listings_search"


# -- orders ----------------------------------------------------------------------------------------------------------------
LAST_DAY = Window(NOW - timedelta(days=1), NOW)


async def test_pages_of_orders_to_the_last_token() -> None:
    client, script = scripted(
        {"orders": [order()], "pagination": {"nextToken": "a"}},
        {"orders": [], "pagination": {"nextToken": "b"}},
        {"orders": [order(orderId="402-0000000-0000002")], "lastUpdatedBefore": "2026-11-24T08:58:00Z"},
    )
    found = [page async for page in client.orders(LAST_DAY)]
    assert [len(page.items) for page in found] == [1, 0, 1]
    assert [page.covered_until is None for page in found] == [True, True, False]
    tokens = [dict(request.url.params).get("paginationToken") for request in script.requests]
    assert (tokens, script.answers) == ([None, "a", "b"], [])


async def test_a_broken_page_is_not_the_last_one() -> None:
    client, _ = scripted({"orders": [order()], "pagination": {"nextToken": "a"}}, (500, errors("InternalFailure")))
    pages = client.orders(LAST_DAY)
    assert len((await anext(pages)).items) == 1
    assert (await failure(anext(pages))).code == "server.error"


async def test_a_first_page_that_fails_is_raised() -> None:
    client, script = scripted((500, errors("InternalFailure")))
    assert (await failure(anext(client.orders(LAST_DAY)))).code == "server.error"
    assert len(script.requests) == 1


async def test_a_role_that_is_missing_does_not_cost_the_page() -> None:
    denied = (403, errors("Unauthorized", "Access to requested resource is denied."))
    client, script = scripted(denied, {"orders": [order()]}, {"orders": []})
    assert [len(page.items) async for page in client.orders(LAST_DAY)] == [1]
    asked = [dict(request.url.params)["includedData"] for request in script.requests]
    assert "BUYER" in asked[0]
    assert asked[-1] == "PROCEEDS,CANCELLATION,FULFILLMENT,PACKAGES,PAYMENT"
    assert [page.items async for page in client.orders(LAST_DAY)] == [()]  # and is not asked for again
    assert (len(asked), len(script.requests)) == (2, 3)


async def test_a_key_without_any_right_is_told() -> None:
    denied = (403, errors("Unauthorized", "Access to requested resource is denied."))
    client, script = scripted(*[denied] * 6)
    assert (await failure(anext(client.orders(LAST_DAY)))).code == "auth.forbidden"
    assert client._personal
    used = len(script.requests)
    assert (await failure(anext(client.orders(LAST_DAY)))).code == "auth.forbidden"
    assert len(script.requests) == 2 * used


async def test_one_order() -> None:
    client, script = scripted(ORDER, (404, errors("NotFound")), (500, errors("InternalFailure")))
    (found,) = await client.order(" 402-1234567-7654321 ")
    assert found.number == "402-1234567-7654321"
    assert await client.order("402-0000000-0000000") == ()
    assert (await failure(client.order("402-0000000-0000000"))).code == "server.error"
    for text in ("", "12345", "402-1234567-765432x", "../402-1234567-7654321"):
        assert await client.order(text) == ()
    assert len(script.requests) == 3


async def test_an_order_of_another_marketplace_is_not_ours() -> None:
    client, _ = scripted({"order": order(salesChannel={"channelName": "AMAZON", "marketplaceId": DE})})
    assert await client.order("402-1234567-7654321") == ()


# -- listings --------------------------------------------------------------------------------------------------------------
def shelf(*skus: str, found: int, token: str = "", day: int = 1) -> dict[str, Any]:
    def one(sku: str) -> dict[str, Any]:
        when = {"createdDate": f"2026-01-{day:02}T00:00:00Z", "lastUpdatedDate": f"2026-02-{day:02}T00:00:00Z"}
        return item(sku, summaries=[{**item()["summaries"][0], **when}])

    more = {"pagination": {"nextToken": token}} if token else {}
    return {"numberOfResults": found, "items": [one(sku) for sku in skus], **more}


async def test_a_search_that_is_cut_goes_on_from_its_newest_date() -> None:
    client, script = scripted(
        shelf("A", "B", found=4, token="t"),
        shelf("C", found=4, day=3),
        shelf("C", "D", found=2, day=3),
    )
    found = [one.sku async for page in client.listings(None) for one in page.items]
    assert found == ["A", "B", "C", "C", "D"]
    asked = [dict(request.url.params) for request in script.requests]
    assert [one.get("createdAfter") for one in asked] == [None, None, "2026-01-03T00:00:00Z"]
    assert [one.get("pageToken") for one in asked] == [None, "t", None]
    assert {(one["sortBy"], one["sortOrder"], one["pageSize"]) for one in asked} == {("createdDate", "ASC", "20")}


async def test_changed_listings_by_date_of_change() -> None:
    client, script = scripted(shelf("A", found=2), shelf("A", "B", found=2))
    since = NOW - timedelta(days=365)
    assert [one.sku async for page in client.listings(since) for one in page.items] == ["A", "A", "B"]
    asked = [dict(request.url.params) for request in script.requests]
    assert [one["lastUpdatedAfter"] for one in asked] == ["2025-11-24T09:00:00Z", "2026-02-01T00:00:00Z"]
    assert {one["sortBy"] for one in asked} == {"lastUpdatedDate"}


async def test_a_second_with_too_many_listings_is_told() -> None:
    crowd = [str(n) for n in range(1000)]
    client, script = scripted(shelf(*crowd, found=1000), shelf(*crowd, found=1000), shelf(found=0))
    pages = [page async for page in client.listings(None)]
    assert [len(page.rejects) for page in pages] == [0, 0, 1, 0]
    assert dict(script.requests[-1].url.params)["createdAfter"] == "2026-01-01T00:00:01Z"


# -- patches ---------------------------------------------------------------------------------------------------------------
async def test_few_changes_go_as_patches() -> None:
    client, script = scripted(ACCEPTED, {"status": "INVALID", "issues": []}, (404, errors("NOT_FOUND")))
    changes = [price(sku="A/1", key="a"), price(sku="B", key="b"), price(sku="C", key="c"), price(key="d", currency="USD")]  # fmt: skip
    receipt = await client.set_prices(changes)
    assert {one.key: one.state.value[0] for one in receipt.outcomes} == {"a": "p", "b": "r", "c": "r", "d": "r"}
    assert receipt.ticket.startswith(f"patch:{int(NOW.timestamp())}:")
    assert [request.method for request in script.requests] == ["PATCH"] * 3
    assert b"/items/A2SATICI/A%2F1?" in script.requests[0].url.raw_path
    assert b'"value_with_tax":199.90' in script.requests[0].content
    assert script.requests[0].extensions["repeatable"] is True


async def test_nothing_to_send() -> None:
    client, script = scripted()
    receipt = await client.set_stocks([stock(channel="AMAZON_EU")])
    assert (states(receipt), receipt.ticket, script.requests) == ("r", "", [])
    assert (await client.set_prices([])).outcomes == ()


async def test_all_refused_leaves_no_ticket() -> None:
    client, _ = scripted({"status": "INVALID"})
    receipt = await client.set_stocks([stock()])
    assert (states(receipt), receipt.ticket) == ("r", "")


@pytest.mark.parametrize("answer", [(401, errors("Unauthorized")), (429, errors("QuotaExceeded")), lost("net.offline", "no")])  # fmt: skip
async def test_a_failure_before_anything_was_sent_is_raised(answer: Any) -> None:
    client, _ = scripted(answer, answer)
    message = await failure(client.set_prices([price()]))
    assert message.code in ("auth.refused", "rate.limited", "net.offline")


@pytest.mark.parametrize("answer", [(503, errors("ServiceUnavailable")), lost("net.timeout", "yes"), lost("net.offline", "no"), (429, errors("QuotaExceeded"))])  # fmt: skip
async def test_a_failure_in_the_middle_leaves_the_rest_unknown(answer: Any) -> None:
    client, _ = scripted(ACCEPTED, answer)
    receipt = await client.set_stocks([stock(key="a"), stock(key="b"), stock(key="c")])
    assert (states(receipt), receipt.ticket != "") == ("puu", True)
    assert [one.key for one in receipt.outcomes] == ["a", "b", "c"]


async def test_a_first_answer_that_is_lost_is_unknown() -> None:
    client, _ = scripted(lost("net.timeout", "yes"))
    assert states(await client.set_prices([price()])) == "u"


async def test_patches_are_read_back() -> None:
    stuck = item(offers=[])
    client, script = scripted(item(), stuck, (404, errors("NOT_FOUND")), (503, errors("ServiceUnavailable")))
    ticket = f"patch:{int(NOW.timestamp())}:n"
    changes = [price(key="a"), price(key="b"), price(key="c")]
    receipt = await client.batch_result(ticket, changes)
    assert (states(receipt), receipt.ticket) == ("dpr", ticket)
    assert {request.extensions["group"] for request in script.requests} == {"listings_get"}
    assert (await failure(client.batch_result(ticket, changes))).code == "server.unavailable"


async def test_an_unknown_ticket_is_a_bug_of_ours() -> None:
    client, script = scripted()
    for ticket in ("", "batch:7", "feed:"):
        assert (await failure(client.batch_result(ticket, MANY))).code == "bug"
    assert script.requests == []


# -- feeds -----------------------------------------------------------------------------------------------------------------
async def test_many_changes_go_as_one_feed() -> None:
    client, script = scripted(DOCUMENT, (200, None), (202, {"feedId": "77"}))
    receipt = await client.set_prices([*MANY, price(key="z", currency="USD")])
    assert (states(receipt), receipt.ticket) == ("rpppppp", "feed:77")
    assert script.said == ["POST /feeds/2021-06-30/documents", "PUT /put", "POST /feeds/2021-06-30/feeds"]
    put = script.requests[1]
    assert str(put.url) == "https://store.amazonaws.com/put?sig=1"
    assert put.headers["content-type"] == "application/json; charset=UTF-8"
    assert not {"x-amz-access-token", "authorization", "x-amz-date"} & set(put.headers)
    assert script.body(2) == {"feedType": "JSON_LISTINGS_FEED", "marketplaceIds": [TR], "inputFeedDocumentId": "d1"}
    assert [one["sku"] for one in script.body(1)["messages"]] == [f"S{n}" for n in range(6)]
    assert [request.extensions["group"] for request in script.requests] == ["feed_document", "feed_upload", "feeds_create"]  # fmt: skip


async def test_a_feed_without_effect_is_raised_and_a_lost_one_unknown() -> None:
    client, script = scripted(DOCUMENT, (403, b"<Error/>"))
    assert (await failure(client.set_prices(MANY))).code == "server.error"
    for answer, code in (((400, errors("InvalidInput")), "request.refused"), ((429, errors("QuotaExceeded")), "rate.limited")):  # fmt: skip
        client, script = scripted(DOCUMENT, (200, None), answer)
        assert (await failure(client.set_prices(MANY))).code == code
    for answer in ((500, errors("InternalFailure")), lost("net.cut", "yes"), (202, {"feed": 1})):
        client, script = scripted(DOCUMENT, (200, None), answer)
        receipt = await client.set_stocks([stock(sku=f"S{n}", key=f"k{n}") for n in range(6)])
        assert (states(receipt), receipt.ticket, script.answers) == ("uuuuuu", "", [])


def feed(status: str, result: str | None = None) -> dict[str, Any]:
    more = {"resultFeedDocumentId": result} if result else {}
    return {"feedId": "77", "feedType": "JSON_LISTINGS_FEED", "createdTime": "2026-11-24T09:00:00Z", "processingStatus": status, **more}  # fmt: skip


@pytest.mark.parametrize(("status", "expected"), [("IN_QUEUE", "p"), ("IN_PROGRESS", "p"), ("CANCELLED", "r"), ("FATAL", "u"), ("DONE", "u")])  # fmt: skip
async def test_a_feed_without_a_report(status: str, expected: str) -> None:
    client, _ = scripted(feed(status))
    receipt = await client.batch_result("feed:77", MANY)
    assert states(receipt) == expected * 6
    assert receipt.ticket == ("feed:77" if expected == "p" else "")


@pytest.mark.parametrize(("status", "expected"), [("DONE", "d"), ("FATAL", "u")])
async def test_a_feed_with_a_report(status: str, expected: str) -> None:
    where = {"feedDocumentId": "r1", "url": "https://store.amazonaws.com/get?sig=2"}
    client, script = scripted(feed(status, "r1"), where, REPORT)
    receipt = await client.batch_result("feed:77", MANY)
    assert states(receipt) == expected * 6
    assert script.said == ["GET /feeds/2021-06-30/feeds/77", "GET /feeds/2021-06-30/documents/r1", "GET /get"]
    assert "x-amz-access-token" not in script.requests[2].headers
    assert [request.extensions["group"] for request in script.requests] == ["feed_get", "feed_result", "feed_download"]


# -- parcels ---------------------------------------------------------------------------------------------------------------
LINES = (ShippedLine("60123456789012", 2),)
HELD = {"order": order(packages=[{"packageReferenceId": parcels.package_reference("n1")}])}
GONE = {"order": order(line={"fulfillment": {"quantityUnfulfilled": 0}})}


async def test_a_parcel_with_its_lines_is_one_call() -> None:
    client, script = scripted((204, None))
    receipt = await client.confirm_shipments([notice(lines=LINES)])
    assert (states(receipt), receipt.outcomes[0].remote_ref) == ("d", parcels.package_reference("n1"))
    assert script.said == ["POST /orders/v0/orders/402-1234567-7654321/shipmentConfirmation"]


async def test_without_lines_the_order_tells_what_is_left() -> None:
    client, script = scripted(ORDER, (204, None))
    assert states(await client.confirm_shipments([notice()])) == "d"
    assert script.body(1)["packageDetail"]["orderItems"] == [{"orderItemId": "60123456789012", "quantity": 2}]


async def test_a_parcel_that_amazon_has_is_done() -> None:
    client, script = scripted(HELD)
    assert states(await client.confirm_shipments([notice()])) == "d"
    client, script = scripted((400, errors("InvalidInput")), HELD)
    assert states(await client.confirm_shipments([notice(lines=LINES)])) == "d"
    assert len(script.requests) == 2


async def test_a_parcel_that_amazon_refuses() -> None:
    client, _ = scripted((400, errors("InvalidInput", "Ship date")), ORDER, GONE, (404, errors("NotFound")))
    receipt = await client.confirm_shipments(
        [notice(lines=LINES), notice("n2"), notice("n3"), notice("n4", tracking_number="")]
    )
    assert [(one.state.value, one.message.code if one.message else "") for one in receipt.outcomes] == [
        ("refused", "request.refused"),
        ("refused", "item.conflict"),
        ("refused", "item.not_found"),
        ("refused", "item.refused"),
    ]
    assert receipt.outcomes[0].message is not None
    assert receipt.outcomes[0].message.vendor_text == "Ship date"


async def test_a_lost_confirmation_is_unknown_and_the_next_too() -> None:
    client, script = scripted((204, None), lost("net.timeout", "yes"))
    told = [notice(f"n{n}", lines=LINES) for n in range(3)]
    assert states(await client.confirm_shipments(told)) == "duu"
    client, script = scripted((429, errors("QuotaExceeded")))
    assert (await failure(client.confirm_shipments(told))).code == "rate.limited"
    client, script = scripted((503, errors("ServiceUnavailable")))
    assert states(await client.confirm_shipments(told)) == "uuu"
    assert len(script.requests) == 1


async def test_a_broken_connection_is_not_swallowed() -> None:
    client, _ = scripted(httpx.ConnectError("x"))
    with pytest.raises(httpx.ConnectError):
        await client.confirm_shipments([notice(lines=LINES)])
