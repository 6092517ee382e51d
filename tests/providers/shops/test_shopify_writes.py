"""Shopify's writes as they are planned, and what the answers mean per item. No network."""

from __future__ import annotations

from typing import Any

import pytest

from app.contracts import Message, Outcome, OutcomeState, YoursError
from app.kit import Reply
from app.model import (
    ListingRef,
    Money,
    PriceChange,
    ShipmentNotice,
    ShippedLine,
    StockChange,
)
from providers.shops.shopify_errors import UserError, as_refusal
from providers.shops.shopify_writes import (
    StockOf,
    StockRow,
    by_product,
    parse_place,
    parse_products,
    parse_stock,
    parse_to_ship,
    price_problem,
    price_row,
    shipment_plan,
    stock_row,
)
from tests.providers.shops.shopify_support import (
    reply,
)

REF = ListingRef("gid://shopify/ProductVariant/9", "KZK-M", "", {"product_id": "gid://shopify/Product/3"})


# -- writes --------------------------------------------------------------------------------------------------------------
def change(price: str, list_price: str | None = None, was: str | None = None, currency: str = "TRY") -> PriceChange:
    text = {k: Money.of(v, "TRY") if v else None for k, v in (("l", list_price), ("w", was))}
    return PriceChange("k", REF, Money.of(price, currency), text["l"], text["w"])


@pytest.mark.parametrize(
    ("made", "row"),
    [
        (change("10.5"), {"price": "10.50"}),
        (change("10.5", "20"), {"price": "10.50", "compareAtPrice": "20.00"}),
        (change("20", "20"), {"price": "20.00", "compareAtPrice": None}),
        (change("20", None, "25"), {"price": "20.00"}),
        (change("30", None, "25"), {"price": "30.00", "compareAtPrice": None}),
    ],
)
def test_the_compare_at_rule(made: PriceChange, row: dict[str, str | None]) -> None:
    assert price_row(made) == {"id": REF.remote_id, **row}
    assert price_problem(made, "TRY") is None


def test_what_shopify_would_not_notice() -> None:
    wrong = price_problem(change("10", currency="EUR"), "TRY")
    assert wrong is not None
    assert wrong.field == "price"
    below = price_problem(change("10", "9.99"), "TRY")
    assert below is not None
    assert below.field == "list_price"


def test_prices_go_by_product() -> None:
    other = PriceChange("k2", ListingRef("v2", "S"), Money.of("1", "TRY"))
    lost = PriceChange("k3", ListingRef("v3", "S"), Money.of("1", "TRY"))
    groups = by_product([change("1"), other, lost, change("2")], {"v2": "p2"})
    assert {k: len(v) for k, v in groups.items()} == {"gid://shopify/Product/3": 2, "p2": 1, "": 1}
    nodes = {"data": {"nodes": [{"id": "v2", "product": {"id": "p2"}}, None, {}]}}
    assert parse_products(reply(nodes)) == {"v2": "p2"}


def test_the_location_is_the_oldest_that_serves_online_orders() -> None:
    def places(*rows: tuple[int, bool, bool]) -> Reply:
        nodes = [{"id": f"gid://shopify/Location/{n}", "isActive": a, "fulfillsOnlineOrders": o} for n, a, o in rows]
        return reply({"data": {"shop": {"currencyCode": "TRY"}, "locations": {"nodes": nodes}}})

    assert parse_place(places((99, True, True), (100, True, True), (7, True, False), (8, False, True))).endswith("/99")
    assert parse_place(places((7, True, False))).endswith("/7")
    with pytest.raises(YoursError) as caught:
        parse_place(places((8, False, True)))
    assert caught.value.message.field == "location"


def stock_of(total: int | None, here: int | None, tracked: bool = True) -> StockOf | None:
    level = None if here is None else {"quantities": [{"quantity": here}]}
    node = {
        "id": "v",
        "inventoryQuantity": total,
        "inventoryItem": {"id": "i", "tracked": tracked, "inventoryLevel": level},
    }
    return parse_stock(reply({"data": {"nodes": [node, None, {}]}})).get("v")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (stock_of(5, 5), 10),
        (stock_of(None, None), 10),
        (stock_of(8, 5), 7),
        (stock_of(4, 5), 11),
        (stock_of(20, 5), "quantity"),
        (stock_of(5, 5, tracked=False), "tracked"),
        (None, ""),
    ],
)
def test_the_whole_shop_sells_what_was_asked(found: StockOf | None, expected: int | str) -> None:
    row = stock_row(StockChange("k", REF, 10), found)
    if isinstance(expected, int):
        assert row == StockRow("k", "i", expected)
    else:
        assert isinstance(row, Message)
        assert row.field == expected


@pytest.mark.parametrize(
    ("error", "code", "field", "index"),
    [
        (UserError("x", ["variants", "3", "price"], "INVALID"), "item.refused", "price", 3),
        (UserError("x", ["productId"], "PRODUCT_DOES_NOT_EXIST"), "item.not_found", "productId", None),
        (UserError("", None), "item.refused", "", None),
    ],
)
def test_user_errors(error: UserError, code: str, field: str, index: int | None) -> None:
    found = as_refusal(error, {"PRODUCT_DOES_NOT_EXIST": "item.not_found"})
    assert (found.code, found.field, error.index) == (code, field, index)


# -- shipments -----------------------------------------------------------------------------------------------------------
def fulfilment_order(
    number: int, remaining: dict[int, int], status: str = "OPEN", place: int | None = 1
) -> dict[str, Any]:
    actions = [{"action": "CREATE_FULFILLMENT"}] if status == "OPEN" else [{"action": "HOLD"}]
    rows = [
        {"id": f"fl{number}-{k}", "remainingQuantity": q, "lineItem": {"id": f"l{k}"}} for k, q in remaining.items()
    ]
    return {
        "id": f"fo{number}", "status": status, "supportedActions": actions,
        "assignedLocation": {"name": "Depo", "location": None if place is None else {"id": f"loc{place}"}},
        "lineItems": {"nodes": rows},
    }  # fmt: skip


def plan(notice: ShipmentNotice, fos: list[dict[str, Any]], sent: list[dict[str, Any]] | None = None) -> Any:
    data = {"order": {"fulfillments": sent or [], "fulfillmentOrders": {"nodes": fos}}}
    return shipment_plan(notice, parse_to_ship(reply({"data": data})))


SENT = [{"id": "f1", "status": "SUCCESS", "trackingInfo": [{"number": "42"}]}]


def notice(*lines: tuple[str, int], number: str = "42") -> ShipmentNotice:
    return ShipmentNotice("k", "o", "#1", tracking_number=number, lines=tuple(ShippedLine(*one) for one in lines))


def test_all_that_remains_goes_by_location() -> None:
    fos = [fulfilment_order(1, {1: 2}), fulfilment_order(2, {2: 1}), fulfilment_order(3, {3: 1}, place=None)]
    assert plan(notice(), fos) == [[("fo1", []), ("fo2", [])], [("fo3", [])]]


def test_chosen_lines_take_what_remains() -> None:
    fos = [fulfilment_order(1, {1: 2, 2: 5}), fulfilment_order(2, {1: 1})]
    assert plan(notice(("l1", 3)), fos) == [[("fo1", [("fl1-1", 2)]), ("fo2", [("fl2-1", 1)])]]
    short = plan(notice(("l1", 4)), fos)
    assert (short.state, short.message.code) == (OutcomeState.REFUSED, "item.conflict")


@pytest.mark.parametrize(
    ("made", "fos", "sent", "state", "reference"),
    [
        (notice(), [fulfilment_order(1, {1: 0}, "CLOSED")], SENT, OutcomeState.DONE, "f1"),
        (notice(number=""), [fulfilment_order(1, {1: 0}, "CLOSED")], SENT, OutcomeState.DONE, "f1"),
        (notice(("l1", 2)), [fulfilment_order(1, {1: 3})], SENT, OutcomeState.DONE, "f1"),  # told before, answer lost
        (notice(("l1", 2), number="9"), [fulfilment_order(1, {1: 0, 2: 1})], SENT, OutcomeState.DONE, "f1"),
        (notice(), [fulfilment_order(1, {1: 3}, "ON_HOLD")], [], OutcomeState.REFUSED, ""),
        (notice(), [fulfilment_order(1, {1: 3}, "CANCELLED")], [], OutcomeState.REFUSED, ""),
        (notice(), [fulfilment_order(1, {1: 0}, "CLOSED")], [{**SENT[0], "status": "CANCELLED"}], OutcomeState.REFUSED, ""),
    ],
)  # fmt: skip
def test_nothing_to_send(
    made: ShipmentNotice, fos: list[dict[str, Any]], sent: list[dict[str, Any]], state: OutcomeState, reference: str
) -> None:
    found = plan(made, fos, sent)
    assert isinstance(found, Outcome)
    assert (found.state, found.remote_ref) == (state, reference)


def test_an_order_that_is_gone() -> None:
    found = shipment_plan(notice(), parse_to_ship(reply({"data": {"order": None}})))
    assert isinstance(found, Outcome)
    assert found.message is not None
    assert found.message.code == "item.not_found"
