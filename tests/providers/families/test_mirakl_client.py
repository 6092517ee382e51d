"""The Mirakl client against a scripted operator: what is asked when, and what is said when the answer is odd."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import msgspec
import pytest

from app.contracts import (
    Message,
    OursError,
    OutcomeState,
    ProviderError,
    TheirsError,
    YoursError,
    capabilities_of,
    fail,
)
from app.model import Claim, Order, Window, parse_iso
from providers.families.mirakl import MOST_IN_PIECE, Mirakl
from providers.families.mirakl_orders import parse_found
from tests.providers.families.mirakl_support import (
    KEY,
    NOW,
    Operator,
    line,
    notice,
    offer,
    order,
    price,
    price_change,
    reply,
    stock_change,
)

DONE, BAD, LATER, LOST = OutcomeState.DONE, OutcomeState.REFUSED, OutcomeState.PENDING, OutcomeState.UNKNOWN
ORDERS, OFFERS, ACCOUNT, CARRIERS = (
    "GET /api/orders",
    "GET /api/offers",
    "GET /api/account",
    "GET /api/shipping/carriers",
)
TRACKING, SHIP = "PUT /api/orders/K0000001-A/tracking", "PUT /api/orders/K0000001-A/ship"
SHOP = {"shop_name": "Deneme", "shop_state": "OPEN", "currency_iso_code": "TRY"}
NONE = {"orders": [], "total_count": 0}


def test_what_it_can() -> None:
    assert capabilities_of(Mirakl) == {
        "probe", "order_source", "listing_source", "price_sink", "stock_sink", "batch_results", "shipment_sink", "claims",
        "settlements", "order_acceptance",
    }  # fmt: skip


# -- the connection test -------------------------------------------------------------------------------------------------
async def test_the_shop_is_asked_for_once_a_day() -> None:
    there = Operator({ORDERS: {"orders": [], "total_count": 4}, ACCOUNT: SHOP})
    client = there.client()
    found = await client.probe()
    assert (found.facts, found.server_orders, found.warnings) == ({"shop_name": "Deneme", "currency": "TRY"}, 4, ())
    assert (await client.probe()) == found
    assert there.paths() == [ORDERS, ACCOUNT, ORDERS]
    assert there.asked[0].headers["authorization"] == KEY
    assert KEY not in str(client.account.learnt)
    client.account.learnt["shop_at"] = "2026-11-23T08:59:00Z"
    await client.probe()
    client.account.learnt["shop"] = "["
    await client.probe()
    assert there.paths().count(ACCOUNT) == 3


async def test_a_shop_that_is_shut_and_a_user_without_the_right_to_look() -> None:
    shut = await Operator({ORDERS: NONE, ACCOUNT: {**SHOP, "shop_state": "SUSPENDED"}}).client().probe()
    assert [(one.code, one.vendor_code) for one in shut.warnings] == [("auth.suspended", "SUSPENDED")]
    there = Operator({ORDERS: NONE, ACCOUNT: (403, {"message": "no"})})
    client = there.client()
    assert [one.code for one in (await client.probe()).warnings] == ["auth.forbidden"]
    assert (await client.probe()).warnings == ()
    broken = Operator({ORDERS: NONE, ACCOUNT: (500, {})})
    client = broken.client()
    for _ in range(2):
        assert [one.code for one in (await client.probe()).warnings] == ["server.error"]
    assert broken.paths().count(ACCOUNT) == 2


# -- orders --------------------------------------------------------------------------------------------------------------
class Shop:
    """Orders by the instant of their change; answers OR11 by the span that is asked for."""

    def __init__(self, changed: Sequence[datetime]) -> None:
        self.rows = [order(order_id=f"K{n}-A", last_updated_date=at.isoformat()) for n, at in enumerate(changed)]

    def __call__(self, request: httpx.Request) -> Any:
        given = {k: v[0] for k, v in parse_qs(request.url.query.decode()).items()}
        since, until = parse_iso(given["start_update_date"]), parse_iso(given["end_update_date"])
        fit = [row for row in self.rows if since <= parse_iso(row["last_updated_date"]) <= until]
        begin = int(given["offset"])
        return {"orders": fit[begin : begin + int(given["max"])], "total_count": len(fit)}


async def test_a_long_import_is_read_in_pieces_oldest_first() -> None:
    start = NOW - timedelta(days=800)
    count = 3 * MOST_IN_PIECE
    there = Shop([start + timedelta(days=750) * n / count for n in range(count)])
    pages = [one async for one in Operator({ORDERS: there}).client().orders(Window(start, NOW))]
    found = [one for page in pages for one in page.items]
    assert {one.remote_id for one in found} == {f"K{n}-A" for n in range(count)}
    covered = [page.covered_until for page in pages if page.covered_until is not None]
    assert len(covered) > 2
    assert covered == sorted(covered)
    assert covered[-1] == NOW
    assert {page.total for page in pages} == {count}
    told: set[str] = set()
    for page in pages:
        told |= {one.remote_id for one in page.items}
        if page.covered_until is not None:
            due = {row["order_id"] for row in there.rows if parse_iso(row["last_updated_date"]) < page.covered_until}
            assert due <= told


async def test_many_orders_of_one_instant_are_read_as_they_come() -> None:
    there = Operator({ORDERS: Shop([NOW - timedelta(minutes=30)] * (MOST_IN_PIECE + 50))})
    pages = [one async for one in there.client().orders(Window(NOW - timedelta(hours=3), NOW))]
    assert len({one.remote_id for page in pages for one in page.items}) == MOST_IN_PIECE + 50


async def test_one_order() -> None:
    there = Operator({ORDERS: {"orders": [order()], "total_count": 1}})
    client = there.client()
    assert [one.number for one in await client.order("K0000001")] == ["K0000001-A"]
    assert await client.order(" , ") == ()
    assert len(there.asked) == 1, "without an id Mirakl would tell all orders"
    with pytest.raises(OursError):
        await Operator({ORDERS: {"orders": [order(order_lines=None)], "total_count": 1}}).client().order("K1-A")


# -- offers --------------------------------------------------------------------------------------------------------------
async def test_a_list_of_offers_that_came_short_is_read_again() -> None:
    short = {"offers": [offer("A")], "total_count": 1}
    calls = 0

    def answer(request: httpx.Request) -> Any:
        nonlocal calls
        calls += 1
        rows = {1: ["A", "B"], 2: ["B", "A"], 3: ["A", "B", "C"]}[calls]  # C and A changed places meanwhile
        return {
            "offers": [offer(sku, offer_id=ord(sku)) for sku in rows],
            "total_count": 3,
        }

    found = [one.sku async for page in Operator({OFFERS: answer}).client().listings(None) for one in page.items]
    assert set(found) == {"A", "B", "C"}
    assert calls == 3
    assert [one.total async for one in Operator({OFFERS: short}).client().listings(NOW)] == [1]


async def test_a_list_of_offers_that_never_gets_complete_is_an_error() -> None:
    """Offers change places: the first page comes twice, and the third offer never."""
    same = {"offers": [offer("A", offer_id=1), offer("B", offer_id=2)], "total_count": 3}
    with pytest.raises(OursError, match="keeps moving"):
        [one async for one in Operator({OFFERS: same}).client().listings(None)]


async def test_prices_are_sent_with_all_others_of_the_offer() -> None:
    two = offer("PX-1", price("50"), price("60", channel_code="APP", context={"channel_codes": ["APP"]}))

    def answer(request: httpx.Request) -> Any:
        wanted = parse_qs(request.url.query.decode())["sku"][0]
        return {"offers": [two] if wanted == "PX-1" else [], "total_count": 1 if wanted == "PX-1" else 0}

    there = Operator({OFFERS: answer, "POST /api/offers/pricing/imports": (201, {"import_id": "i1"})})
    changes = [price_change("48", "a"), price_change("48", "b", "YOK"), price_change("49", "c")]
    receipt = await there.client().set_prices(changes)
    assert [(one.key, one.state) for one in receipt.outcomes] == [("a", LATER), ("b", BAD), ("c", LATER)]
    assert receipt.ticket == "price:2:i1"
    body = there.asked[-1].content.decode()
    assert '"PX-1";"49";"";"";"";""' in body
    assert '"PX-1";"60.0";"";"APP";"";""' in body
    assert '"48"' not in body


async def test_many_prices_are_read_from_the_whole_list_and_nothing_good_is_nothing_sent() -> None:
    rows = [offer(f"S{n}", offer_id=n) for n in range(12)]
    there = Operator(
        {OFFERS: {"offers": rows, "total_count": 12}, "POST /api/offers/pricing/imports": (201, {"import_id": "i"})}
    )
    receipt = await there.client().set_prices([price_change("9", f"k{n}", f"S{n}") for n in range(12)])
    assert receipt.ticket == "price:12:i"
    assert there.paths() == [OFFERS, "POST /api/offers/pricing/imports"]
    silent = Operator({OFFERS: {"offers": rows, "total_count": 12}})
    refused = await silent.client().set_prices([price_change("9", currency="EUR", sku="S1")])
    assert ([one.state for one in refused.outcomes], refused.ticket) == ([BAD], "")


async def test_stock_of_several_warehouses_is_refused() -> None:
    there = Operator({"POST /api/offers/stock/imports": (201, {"import_id": "i"})})
    changes = [
        stock_change(1, "a"),
        stock_change(1, "b", "W", warehouses="X,Y"),
        stock_change(-1, "c", "Z"),
        stock_change(2, "d"),
    ]
    receipt = await there.client().set_stocks(changes)
    assert [one.state for one in receipt.outcomes] == [LATER, BAD, BAD, LATER]
    reasons = [one.message.params["reason"] for one in receipt.outcomes if one.message is not None]
    assert reasons == ["several_warehouses", "quantity"]
    assert receipt.ticket == "stock:1:i"
    assert (await there.client().set_stocks(changes[1:3])).ticket == ""


async def test_results() -> None:
    status = {
        "import_id": "i",
        "status": "COMPLETE",
        "has_error_report": True,
        "lines_in_error": 1,
        "lines_in_success": 1,
    }
    report = b'"line-number";"error-message";"offer-sku"\n"2";"kapali";"B"\n'
    there = Operator({
        "GET /api/offers/stock/imports/i/status": status, "GET /api/offers/stock/imports/i/error_report": report,
        "GET /api/offers/pricing/imports": {"data": [{**status, "has_error_report": False, "lines_in_error": 0}]},
        "GET /api/offers/stock/imports/gone/status": (404, {"message": "yok"}),
        "GET /api/offers/stock/imports/down/status": (500, {}),
    })  # fmt: skip
    changes, client = [stock_change(1, "a", "A"), stock_change(1, "b", "B")], there.client()
    assert [one.state for one in (await client.batch_result("stock:2:i", changes)).outcomes] == [DONE, BAD]
    assert [one.state for one in (await client.batch_result("price:1:i", changes[:1])).outcomes] == [DONE]
    assert [one.state for one in (await client.batch_result("stock:2:gone", changes)).outcomes] == [LOST, LOST]
    with pytest.raises(TheirsError):
        await client.batch_result("stock:2:down", changes)


# -- acceptance ----------------------------------------------------------------------------------------------------------
TAKE = "PUT /api/orders/K1-A/accept"
INVALID = (400, {"errors": [{"code": "ORDER_INVALID_STATE", "message": "wrong state"}]})


def waiting(state: str = "WAITING_ACCEPTANCE", *lines: str) -> Any:
    rows = [line(order_line_id=f"L{n}", order_line_state=one) for n, one in enumerate(lines or (state, state))]
    return order(order_id="K1-A", order_state=state, order_lines=rows)


def stored() -> Order:
    return parse_found(reply({"orders": [waiting()], "total_count": 1})).items[0]


def desk(answer: Any, now: Any = None) -> Operator:
    found = {"orders": [now] if now is not None else [], "total_count": int(now is not None)}
    return Operator({TAKE: answer, ORDERS: found})


async def test_every_line_is_decided_in_one_call() -> None:
    there = desk((204, None))
    client = there.client()
    for lines in (None, ["L1"], []):
        assert (await client.accept(stored(), lines)).state is DONE
    told = [json.loads(one.content)["order_lines"] for one in there.asked]
    assert [[one["accepted"] for one in rows] for rows in told] == [[True, True], [False, True], [False, False]]
    assert {one["id"] for rows in told for one in rows} == {"L0", "L1"}
    strange = await client.accept(stored(), ["L9"])
    assert (strange.state, strange.message and strange.message.params["reason"]) == (BAD, "accept_line")
    bare = await client.accept(msgspec.structs.replace(stored(), lines=()))
    assert bare.state is BAD
    assert len(there.asked) == 3


@pytest.mark.parametrize(
    ("now", "lines", "state", "code"),
    [
        (waiting("SHIPPING"), None, DONE, ""),
        (waiting("WAITING_DEBIT", "WAITING_DEBIT", "REFUSED"), ["L0"], DONE, ""),
        (waiting("REFUSED"), [], DONE, ""),
        (waiting("REFUSED"), None, BAD, "item.refused"),
        (waiting("SHIPPING"), [], BAD, "item.refused"),
        (waiting(), None, BAD, "item.conflict"),
        (None, None, BAD, "item.conflict"),
    ],
)
async def test_a_refusal_is_looked_up(now: Any, lines: list[str] | None, state: OutcomeState, code: str) -> None:
    outcome = await desk(INVALID, now).client().accept(stored(), lines)
    assert (outcome.state, outcome.message.code if outcome.message else "") == (state, code)


async def test_a_lost_answer_is_looked_up_and_what_was_never_sent_raises() -> None:
    def cut(request: httpx.Request) -> Any:
        raise fail(Message("net.cut", {"sent": "yes"}))

    assert (await desk(cut, waiting("SHIPPING")).client().accept(stored())).state is DONE
    unseen = await desk(cut, waiting()).client().accept(stored())
    assert (unseen.state, unseen.message and unseen.message.code) == (LOST, "net.cut")
    dark = desk(cut)
    dark.answers[ORDERS] = (503, {})
    assert (await dark.client().accept(stored())).state is LOST
    with pytest.raises(ProviderError, match=r"auth\.forbidden"):
        await desk((403, {}), waiting()).client().accept(stored())
    down = desk(INVALID)
    down.answers[ORDERS] = (503, {})
    outcome = await down.client().accept(stored())
    assert (outcome.state, outcome.message and outcome.message.code) == (BAD, "item.conflict")


# -- shipping ------------------------------------------------------------------------------------------------------------
LIST = {"carriers": [{"code": "YURTICI", "label": "Yurtiçi Kargo", "standard_code": None, "tracking_url": None}]}


def ways(ship: Any = (204, None), tracking: Any = (204, None), state: str = "SHIPPING") -> Operator:
    found = {"orders": [order(order_state=state)], "total_count": 1}
    return Operator({CARRIERS: LIST, TRACKING: tracking, SHIP: ship, ORDERS: found})


async def confirmed(there: Operator, **more: Any) -> OutcomeState:
    (outcome,) = (await there.client().confirm_shipments([notice(**more)])).outcomes
    return outcome.state


async def test_a_confirmation_tells_the_number_and_then_that_it_left() -> None:
    there = ways()
    client = there.client()
    receipt = await client.confirm_shipments([notice("n1"), notice("n2")])
    assert [one.state for one in receipt.outcomes] == [DONE, DONE]
    assert there.paths() == [CARRIERS, TRACKING, SHIP, TRACKING, SHIP]
    bare = ways()
    assert await confirmed(bare, carrier="", number="") is DONE
    assert bare.paths() == [SHIP]
    assert await confirmed(ways(), carrier="") is BAD


async def test_refused_because_it_left_already_or_because_it_may_not() -> None:
    no = (400, {"errors": [{"code": "ORDER_INVALID_STATE", "message": "wrong state"}]})
    assert await confirmed(ways(ship=no, state="SHIPPED")) is DONE
    assert await confirmed(ways(tracking=no, state="RECEIVED")) is DONE
    assert await confirmed(ways(ship=no, state="WAITING_ACCEPTANCE")) is BAD
    other = ways(ship=no)
    other.answers[ORDERS] = {"orders": [order(order_id="X", order_state="SHIPPED")], "total_count": 1}
    assert await confirmed(other) is BAD


async def test_what_is_lost_on_the_way() -> None:
    assert await confirmed(ways(ship=(500, {}))) is LOST
    with pytest.raises(TheirsError):
        await confirmed(ways(tracking=(503, {})))
    no = (400, {"message": "x"})
    blind = ways(ship=no)
    blind.answers[ORDERS] = (500, {})
    assert await confirmed(blind) is LOST, "something was told: no exception any more"
    late = ways()
    late.answers["PUT /api/orders/B/tracking"] = (503, {})
    receipt = await late.client().confirm_shipments([notice("n1"), notice("n2", "B"), notice("n3", "C")])
    assert [one.state for one in receipt.outcomes] == [DONE, LOST, LOST]


# -- returns and money ---------------------------------------------------------------------------------------------------
RETURN = {"id": "r1", "state": "WAITING_ACCEPTANCE", "order_id": "K1-A", "date_created": "2026-11-20T07:15:00Z",
          "return_lines": [{"order_line_id": "L", "quantity": 1}]}  # fmt: skip
ACCEPT, RETURNS = "PUT /api/returns/accept", "GET /api/returns"
WINDOW = Window(NOW - timedelta(days=2), NOW)


def claim(status: str = "WAITING_ACCEPTANCE") -> Claim:
    return Claim("r1", "K1-A", status, NOW)


async def test_accepting_a_return() -> None:
    good = Operator({ACCEPT: {"return_success": [{"id": "r1"}], "return_errors": []}})
    assert (await good.client().accept_claim(claim())).state is DONE
    assert (await Operator({}).client().accept_claim(claim("IN_PROGRESS"))).state is DONE
    refusal = {"return_success": [], "return_errors": [{"id": "r1", "message": "state"}]}
    twice = Operator({ACCEPT: refusal, RETURNS: {"data": [{**RETURN, "state": "RECEIVED"}]}})
    assert (await twice.client().accept_claim(claim())).state is DONE
    late = Operator({ACCEPT: refusal, RETURNS: {"data": [{**RETURN, "state": "CANCELED"}]}})
    outcome = await late.client().accept_claim(claim())
    assert (outcome.state, outcome.message and outcome.message.vendor_text) == (BAD, "state")
    with pytest.raises(YoursError):
        await Operator({ACCEPT: (403, {})}).client().accept_claim(claim())


async def test_lists_by_token() -> None:
    def answer(request: httpx.Request) -> Any:
        token = parse_qs(request.url.query.decode()).get("page_token", [""])[0]
        return {"data": [{**RETURN, "id": token or "r0"}], "next_page_token": {"": "r1", "r1": "r2"}.get(token)}

    found = [one async for page in Operator({RETURNS: answer}).client().claims(WINDOW) for one in page.items]
    assert [one.remote_id for one in found] == ["r0", "r1", "r2"]
    rows = [
        {"id": "t", "type": "PAYMENT", "currency_iso_code": "TRY", "date_created": "2026-11-23T00:00:00Z", "amount": -5}
    ]
    there = Operator({"GET /api/sellerpayment/transactions_logs": {"data": rows}})
    assert [one.vendor_kind async for page in there.client().settlements(WINDOW) for one in page.items] == ["PAYMENT"]
