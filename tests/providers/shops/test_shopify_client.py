"""The Shopify client's own decisions, on a transport that answers from a list: paging, splitting, what is unknown."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from app.contracts import Message, OursError, OutcomeState, ProviderError, TheirsError, YoursError, fail
from app.model import ListingRef, Money, PriceChange, ShipmentNotice, StockChange, Window
from providers.shops.shopify import Shopify
from providers.shops.shopify_queries import order_request, orders_request, token_request
from tests.providers.shops.shopify_support import NOW, account, line, listings, order, orders, variant

WINDOW = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 24, 8, 30, 0, 5, tzinfo=UTC))
Answer = Any


class Script:
    """Answers in turn; keeps what was asked. An exception in the list is raised."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(json.loads(request.content))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def variables(self, name: str) -> list[Any]:
        return [one["variables"].get(name) for one in self.asked]


def client(script: Callable[[httpx.Request], httpx.Response], **settings: str) -> Shopify:
    acct = account(settings=settings)
    return Shopify(httpx.AsyncClient(transport=httpx.MockTransport(script), base_url=acct.base_url), acct)


def at(second: int, number: int, **changes: Any) -> dict[str, Any]:
    return order(number, updatedAt=f"2026-11-20T09:20:{second:02d}Z", **changes)


async def read(shop: Shopify) -> list[Any]:
    return [page async for page in shop.orders(WINDOW)]


# -- orders --------------------------------------------------------------------------------------------------------------
async def test_each_page_starts_a_second_before_the_last_one_ended() -> None:
    script = Script(orders(at(1, 1), at(5, 2), more="c1"), orders(at(5, 2), at(9, 3)))
    pages = await read(client(script))
    assert [[o.remote_id[-1] for o in page.items] for page in pages] == [["1", "2"], ["3"]]
    assert pages[0].covered_until == datetime(2026, 11, 20, 9, 20, 5, tzinfo=UTC)
    assert script.variables("query") == [
        "updated_at:>='2026-11-01T00:00:00Z' AND updated_at:<'2026-11-24T08:30:01Z'",
        "updated_at:>='2026-11-20T09:20:04Z' AND updated_at:<'2026-11-24T08:30:01Z'",
    ]
    assert script.variables("after") == [None, None]


async def test_a_crowded_second_goes_on_by_cursor() -> None:
    script = Script(
        orders(at(5, 1), more="c1"), orders(at(5, 1), more="c2"), orders(at(5, 2), more="c3"), orders(at(9, 3))
    )
    pages = await read(client(script))
    assert script.variables("after") == [None, None, "c2", "c3"]
    assert {o.remote_id[-1] for page in pages for o in page.items} == {"1", "2", "3"}


async def test_a_record_that_changed_between_two_pages_is_told_again() -> None:
    script = Script(orders(at(1, 1), at(5, 2), more="c1"), orders(at(5, 2, note="yeni")))
    pages = await read(client(script))
    assert pages[1].items[0].note == "yeni"


async def test_a_reject_in_the_overlap_is_told_once() -> None:
    bad = at(5, 2, name=None)
    pages = await read(client(Script(orders(at(1, 1), bad, more="c1"), orders(bad, at(9, 3)))))
    assert [len(page.rejects) for page in pages] == [1, 0]


async def test_a_page_that_follows_itself_is_an_error() -> None:
    stuck = orders(at(5, 1), more="c1")
    with pytest.raises(OursError):
        await read(client(Script(stuck, stuck, stuck, stuck)))
    with pytest.raises(OursError):
        await read(client(Script({"data": {"orders": {"pageInfo": {"hasNextPage": True}, "nodes": []}}})))


async def test_a_query_that_is_too_dear_shrinks() -> None:
    dear = {"errors": [{"message": "too dear", "extensions": {"code": "MAX_COST_EXCEEDED"}}]}
    script = Script(dear, dear, orders(at(1, 1)))
    assert len(await read(client(script))) == 1
    assert script.variables("first") == [50, 25, 12]
    with pytest.raises(OursError):
        await read(client(Script(*[dear] * 9)))


async def test_a_throttled_page_is_never_the_last_one() -> None:
    slow = {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]}
    shop = client(Script(orders(at(1, 1), more="c1"), slow))
    pages = shop.orders(WINDOW)
    assert len((await anext(pages)).items) == 1
    with pytest.raises(TheirsError) as caught:
        await anext(pages)
    assert caught.value.message.code == "rate.limited"


def more(*rows: Any, cursor: str = "") -> dict[str, Any]:
    info = {"hasNextPage": bool(cursor), "endCursor": cursor or None}
    return {"data": {"order": {"lineItems": {"pageInfo": info, "nodes": list(rows)}}}}


async def test_big_orders_are_read_to_their_last_line() -> None:
    script = Script(orders(at(1, 1, more="l1")), more(line(2), cursor="l2"), more(line(3)))
    [page] = await read(client(script))
    assert [x.remote_id[-1] for x in page.items[0].lines] == ["1", "2", "3"]
    assert script.variables("after")[1:] == ["l1", "l2"]
    with pytest.raises(OursError):
        await read(client(Script(orders(at(1, 1, more="l1")), {"data": {"order": None}})))


async def test_an_order_by_its_number() -> None:
    near = order(2, name="#10421")
    assert [o.remote_id[-1] for o in await client(Script(orders(order(1), near))).order(" 1042")] == ["1"]
    assert await client(Script(orders(near))).order("#1042") == ()
    gid = "gid://shopify/Order/2"
    script = Script(orders(near))
    assert [o.remote_id for o in await client(script).order(gid)] == [gid]
    assert script.variables("query") == ["id:'2'"]
    with pytest.raises(OursError):
        await client(Script(orders(order(1, name=None)))).order("1042")


def test_a_typed_number_stays_a_number() -> None:
    body = json.loads(order_request(account(), "#x' OR name:*").body or b"")
    assert body["variables"]["query"] == r"name:'x\' OR name:*' OR name:'#x\' OR name:*'"


# -- listings ------------------------------------------------------------------------------------------------------------
async def test_listings_page_by_page() -> None:
    script = Script(listings(variant(1), more="c1"), listings(variant(2)))
    pages = [page async for page in client(script).listings(datetime(2026, 11, 1, tzinfo=UTC))]
    assert [len(page.items) for page in pages] == [1, 1]
    assert script.variables("after") == [None, "c1"]
    assert script.variables("query")[0] == "updated_at:>='2026-11-01T00:00:00Z'"
    with pytest.raises(OursError):
        _ = [page async for page in client(Script(*[listings(variant(1), more="c1")] * 3)).listings(None)]


# -- signing in ----------------------------------------------------------------------------------------------------------
def test_credentials_that_are_missing() -> None:
    for held, settings, field in (({}, {}, "access_token"), ({}, {"client_id": "a"}, "client_secret")):
        with pytest.raises(YoursError) as caught:
            Shopify(httpx.AsyncClient(), account(secrets=held, settings=settings))
        assert caught.value.message.field == field


def test_addresses_move_with_the_account() -> None:
    assert str(token_request(account("http://127.0.0.1:9/")).url) == "http://127.0.0.1:9/admin/oauth/access_token"
    assert str(token_request(account(urls={"token": "http://h/t"})).url) == "http://h/t"
    assert orders_request(account(params={"api_version": "2027-01"}), WINDOW).path == "/admin/api/2027-01/graphql.json"


async def test_a_day_old_token_is_replaced_once() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("access_token"):
            return httpx.Response(200, json={"access_token": f"t{len(seen)}", "expires_in": 86399})
        seen.append(request.headers["x-shopify-access-token"])
        return httpx.Response(200, json=orders()) if len(seen) > 1 else httpx.Response(401, json={"errors": "bad"})

    acct = account(secrets={"client_id": "c", "client_secret": "s"})
    from datetime import timedelta

    from app.contracts import Secret, Token

    await acct.tokens.put("shopify", Token(Secret("old"), NOW + timedelta(hours=1)))
    shop = Shopify(httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url=acct.base_url), acct)
    await read(shop)
    assert seen == ["old", "t1"]


# -- prices --------------------------------------------------------------------------------------------------------------
CURRENCY = {"data": {"shop": {"currencyCode": "TRY"}}}


def price(key: str, variant_id: str = "v1", product: str = "p1", currency: str = "TRY") -> PriceChange:
    extra = {"product_id": product} if product else {}
    return PriceChange(key, ListingRef(variant_id, key, extra=extra), Money.of("10", currency))


def priced(*errors: tuple[list[str], str]) -> dict[str, Any]:
    rows = [{"field": field, "message": "olmaz", "code": code} for field, code in errors]
    return {"data": {"productVariantsBulkUpdate": {"userErrors": rows}}}


def states(receipt: Any) -> dict[str, str]:
    return {o.key: o.state.value for o in receipt.outcomes}


async def test_prices_are_judged_one_by_one() -> None:
    script = Script(
        CURRENCY,
        {"data": {"nodes": [{"id": "v9", "product": {"id": "p2"}}, None]}},
        priced((["variants", "1", "price"], "INVALID_VALUE")),
        priced((["productId"], "PRODUCT_DOES_NOT_EXIST")),
    )
    changes = [price("a"), price("b", "v2"), price("c", "v9", ""), price("d", "v8", ""), price("e", currency="EUR")]
    found = states(await client(script).set_prices(changes))
    assert found == {"a": "done", "b": "refused", "c": "refused", "d": "refused", "e": "refused"}
    assert script.variables("product")[2:] == ["p1", "p2"]


async def test_an_error_before_anything_was_sent_is_raised() -> None:
    for error in (fail(Message("net.unreachable")), fail(Message("auth.refused"))):
        with pytest.raises(ProviderError):
            await client(Script(CURRENCY, error)).set_prices([price("a")])


async def test_a_lost_answer_is_unknown_and_so_is_the_rest() -> None:
    lost = fail(Message("net.cut"))
    found = states(await client(Script(CURRENCY, lost)).set_prices([price("a"), price("b", "v2", "p2")]))
    assert found == {"a": "unknown", "b": "unknown"}
    found = states(
        await client(Script(CURRENCY, priced(), fail(Message("rate.limited")))).set_prices(
            [price("a"), price("b", "v2", "p2")]
        )
    )
    assert found == {"a": "done", "b": "unknown"}


# -- stock ---------------------------------------------------------------------------------------------------------------
PLACES = {
    "data": {
        "locations": {"nodes": [{"id": "gid://shopify/Location/1", "isActive": True, "fulfillsOnlineOrders": True}]}
    }
}


def stock(key: str, quantity: int = 5) -> StockChange:
    return StockChange(key, ListingRef(f"v-{key}", key), quantity)


def levels(*keys: str, **changes: Any) -> dict[str, Any]:
    item = {"tracked": True, "inventoryLevel": {"quantities": [{"quantity": 3}]}, **changes}
    return {
        "data": {
            "nodes": [{"id": f"v-{k}", "inventoryQuantity": 3, "inventoryItem": {"id": f"i-{k}", **item}} for k in keys]
        }
    }


def stocked(*errors: tuple[list[str], str]) -> dict[str, Any]:
    rows = [{"field": field, "message": "olmaz", "code": code} for field, code in errors]
    return {"data": {"inventorySetQuantities": {"userErrors": rows}}}


def rows_of(script: Script) -> list[list[str]]:
    return [[q["inventoryItemId"] for q in v["quantities"]] for v in script.variables("input") if v]


async def test_refused_rows_do_not_hold_up_the_others() -> None:
    bad = ["input", "quantities", "1", "quantity"]
    script = Script(PLACES, levels("a", "b", "c"), stocked((bad, "INVALID_QUANTITY_TOO_HIGH")), stocked())
    receipt = await client(script).set_stocks([stock("a"), stock("b"), stock("c"), stock("d")])
    assert states(receipt) == {"a": "done", "b": "refused", "c": "done", "d": "refused"}
    assert receipt.outcomes[1].message is not None
    assert receipt.outcomes[1].message.field == "quantity"
    assert rows_of(script) == [["i-a", "i-b", "i-c"], ["i-a", "i-c"]]
    assert all(q["changeFromQuantity"] is None for v in script.variables("input") if v for q in v["quantities"])


async def test_an_error_that_names_no_row_is_found_by_halves() -> None:
    script = Script(
        PLACES, levels("a", "b"), stocked(([], "NON_MUTABLE_INVENTORY_ITEM")), stocked(), stocked(([], "X"))
    )
    assert states(await client(script).set_stocks([stock("a"), stock("b")])) == {"a": "done", "b": "refused"}


async def test_a_failed_key_is_replaced_once() -> None:
    failed = stocked(([], "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"))
    script = Script(levels("a"), failed, stocked())
    assert states(await client(script, location_id="gid://shopify/Location/7").set_stocks([stock("a")])) == {
        "a": "done"
    }
    keys = [k for k in script.variables("key") if k]
    assert len(set(keys)) == 2
    assert states(await client(Script(PLACES, levels("a"), failed, failed)).set_stocks([stock("a")])) == {
        "a": "refused"
    }


async def test_the_same_write_has_the_same_key_and_another_one_has_not() -> None:
    keys: list[str] = []
    for quantity in (5, 5, 6):
        script = Script(PLACES, levels("a"), stocked())
        await client(script).set_stocks([stock("a", quantity)])
        keys += [k for k in script.variables("key") if k]
    assert keys[0] == keys[1] != keys[2]


async def test_stock_that_was_lost_on_the_way() -> None:
    script = Script(PLACES, levels("a", "b"), fail(Message("net.timeout")))
    assert states(await client(script).set_stocks([stock("a"), stock("b")])) == {"a": "unknown", "b": "unknown"}
    with pytest.raises(TheirsError):
        await client(Script(PLACES, fail(Message("net.timeout")))).set_stocks([stock("a")])
    many = [stock(str(n)) for n in range(150)]
    script = Script(PLACES, levels(*map(str, range(100))), stocked(), fail(Message("server.error")))
    found = states(await client(script).set_stocks(many))
    assert [list(found.values()).count(s) for s in ("done", "unknown")] == [100, 50]
    bad = stocked(([], "X"))  # the first half is lost, the second is not even sent
    script = Script(PLACES, levels("a", "b"), bad, fail(Message("net.cut")))
    assert states(await client(script).set_stocks([stock("a"), stock("b")])) == {"a": "unknown", "b": "unknown"}


async def test_untracked_goods_send_nothing() -> None:
    script = Script(PLACES, levels("a", tracked=False))
    assert states(await client(script).set_stocks([stock("a")])) == {"a": "refused"}


# -- shipments -----------------------------------------------------------------------------------------------------------
def to_ship(*places: str) -> dict[str, Any]:
    nodes = [
        {
            "id": f"fo-{p}", "status": "OPEN", "supportedActions": [{"action": "CREATE_FULFILLMENT"}],
            "assignedLocation": {"name": "x", "location": {"id": p}}, "lineItems": {"nodes": []},
        }
        for p in places
    ]  # fmt: skip
    return {"data": {"order": {"fulfillments": [], "fulfillmentOrders": {"nodes": nodes}}}}


def shipped(reference: str = "f1", *errors: str) -> dict[str, Any]:
    made = None if errors else {"id": reference}
    rows = [{"field": ["fulfillment"], "message": text} for text in errors]
    return {"data": {"fulfillmentCreate": {"fulfillment": made, "userErrors": rows}}}


def notice(key: str, url: str = "") -> ShipmentNotice:
    return ShipmentNotice(key, f"o-{key}", "#1", "Yurtiçi Kargo", "42", url)


async def test_a_shipment_is_told_once_a_location() -> None:
    script = Script(to_ship("l1", "l2"), shipped("f1"), shipped("f2"))
    receipt = await client(script).confirm_shipments([notice("a", "https://x/42")])
    assert [(o.state, o.remote_ref) for o in receipt.outcomes] == [(OutcomeState.DONE, "f1")]
    body = script.variables("fulfillment")[1]
    assert body["trackingInfo"] == {"company": "Yurtiçi Kargo", "number": "42", "url": "https://x/42"}
    assert body["lineItemsByFulfillmentOrder"] == [{"fulfillmentOrderId": "fo-l1"}]


async def test_shipments_that_fail() -> None:
    script = Script(to_ship("l1"), shipped("", "kapalı"), to_ship("l1"), fail(Message("net.timeout")))
    found = states(await client(script).confirm_shipments([notice("a"), notice("b", "ftp://x"), notice("c")]))
    assert found == {"a": "refused", "b": "unknown", "c": "unknown"}
    with pytest.raises(TheirsError):
        await client(Script(fail(Message("net.timeout")))).confirm_shipments([notice("a")])
    gone = {"data": {"order": None}}
    found = states(
        await client(Script(gone, fail(Message("net.timeout")))).confirm_shipments([notice("a"), notice("b")])
    )
    assert found == {"a": "refused", "b": "unknown"}


async def test_a_shipment_without_tracking() -> None:
    script = Script(to_ship("l1"), shipped())
    await client(script).confirm_shipments([ShipmentNotice("a", "o")])
    assert "trackingInfo" not in script.variables("fulfillment")[1]
