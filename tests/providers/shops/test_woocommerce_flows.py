"""WooCommerce's flows against scripted answers: the walk through the orders, listings, writes, notices, signing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest

from app.contracts import OursError, OutcomeState, ProviderError
from app.kit import oauth1_url
from app.model import ListingRef, Money, PriceChange, ShipmentNotice, ShippedLine, StockChange, Vat, Window
from providers.shops import woocommerce_calls as calls
from tests.providers.shops.woocommerce_support import NOW, ORDER, account, counted, error, order, scripted

WINDOW = Window(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))


async def walk(client: Any) -> list[Any]:
    return [page async for page in client.orders(WINDOW)]


def asked(script: Any, key: str) -> list[str]:
    return [r.url.params.get(key, "") for r in script.requests]


class TestWalk:
    async def test_goes_on_behind_the_last_second(self) -> None:
        client, script = scripted(
            counted([order(1, "06:00:00"), order(2, "06:00:05")], 3, 2),
            counted([order(2, "06:00:05"), order(3, "07:00:00")], 2, 1),
        )
        pages = await walk(client)
        assert [[o.remote_id for o in p.items] for p in pages] == [["1", "2"], ["2", "3"]]
        assert asked(script, "modified_after") == ["2026-11-19T23:59:59", "2026-11-20T06:00:04"]
        assert asked(script, "page") == ["", ""]
        assert [p.covered_until.strftime("%H:%M:%S") for p in pages] == ["06:00:05", "07:00:00"]
        assert [p.total for p in pages] == [3, 3]

    async def test_a_page_in_one_second_is_asked_again_without_its_ids(self) -> None:
        client, script = scripted(
            counted([order(1, "06:00:00"), order(2, "06:00:00")], 5, 3),
            counted([order(1, "06:00:00"), order(2, "06:00:00")], 5, 3),
            counted([order(3, "06:00:00"), order(4, "06:00:09")], 3, 2),
            counted([order(4, "06:00:09"), order(5, "06:00:10")], 2, 1),
        )
        found = {o.remote_id for p in await walk(client) for o in p.items}
        assert found == {"1", "2", "3", "4", "5"}
        assert asked(script, "exclude") == ["", "", "1,2", ""]
        assert asked(script, "modified_after")[1:] == [
            "2026-11-20T05:59:59",
            "2026-11-20T05:59:59",
            "2026-11-20T06:00:08",
        ]

    async def test_stops_behind_the_window(self) -> None:
        """A shop that changes orders faster than they are read would be walked for ever."""
        client, script = scripted(
            counted([order(1, "06:00:00"), order(2, "06:00:00", date_modified_gmt="2026-11-21T00:00:00")], 9, 5)
        )
        (page,) = await walk(client)
        assert [o.remote_id for o in page.items] == ["1", "2"]
        assert page.covered_until == WINDOW.until
        assert len(script.requests) == 1

    async def test_too_many_for_an_address_go_page_by_page(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(calls, "MOST_EXCLUDED", 2)
        same = [order(n, "06:00:00") for n in range(1, 8)]
        client, script = scripted(
            counted(same[:2], 7, 4),
            counted(same[:2], 7, 4),
            counted(same[2:4], 5, 3),
            counted(same[4:6], 5, 3),
            counted(same[5:7], 4, 2),  # one has changed and left: the others moved up, so it starts again
            counted(same[2:4], 4, 2),
            counted(same[5:7], 4, 2),
        )
        found = {o.remote_id for p in await walk(client) for o in p.items}
        assert found == {"1", "2", "3", "4", "5", "6", "7"}
        assert asked(script, "page") == ["", "", "", "2", "3", "", "2"]
        assert set(asked(script, "exclude")[2:]) == {"1,2"}

    async def test_an_old_shop_is_walked_by_creation(self) -> None:
        client, script = scripted(
            error("rest_invalid_param", 400), counted([order(1, "06:00:00"), order(2, "05:00:00", date_created_gmt="2026-11-20T09:00:00")], 3, 2),
            counted([order(3, "05:00:00", date_created_gmt="2026-11-20T10:00:00")], 1, 1), counted([], 0, 0),
        )  # fmt: skip
        pages = await walk(client)
        assert [len(p.items) for p in pages] == [2, 1]
        assert {p.covered_until for p in pages} == {None}
        assert asked(script, "orderby") == ["modified", "date", "date"]
        assert asked(script, "after") == ["", "2000-01-01T00:00:00", "2026-11-20T08:59:59"]
        assert len(await walk(client)) == 1  # learnt: the next pull does not ask in vain
        assert asked(script, "orderby")[3:] == ["date"]

    async def test_a_shop_that_does_not_heed_the_order(self) -> None:
        wrong = counted([order(2, "07:00:00"), order(1, "06:00:00")], 2, 1)
        client, script = scripted(wrong, counted([order(1, "06:00:00"), order(2, "07:00:00")], 2, 1))
        assert [len(p.items) for p in await walk(client)] == [2]
        assert asked(script, "orderby") == ["modified", "date"]
        client, _ = scripted(wrong, wrong)
        with pytest.raises(OursError, match="not in order"):
            await walk(client)

    async def test_other_refusals_stay_refusals(self) -> None:
        client, _ = scripted(error("woocommerce_rest_cannot_view", 403))
        with pytest.raises(ProviderError, match=r"auth\.forbidden"):
            await walk(client)

    async def test_without_counting_headers(self) -> None:
        client, script = scripted([order(1, "06:00:00")])
        (page,) = await walk(client)
        assert page.total is None
        assert len(script.requests) == 1

    async def test_unreadable_records_do_not_stop_the_walk(self) -> None:
        bad = {"id": 9, "date_modified_gmt": "2026-11-20T06:30:00"}
        client, script = scripted(counted([bad], 2, 2), counted([order(3, "07:00:00")], 1, 1))
        pages = await walk(client)
        assert [(len(p.items), len(p.rejects)) for p in pages] == [(0, 1), (1, 0)]
        assert asked(script, "modified_after")[1] == "2026-11-20T06:29:59"

    async def test_records_without_any_mark(self) -> None:
        client, script = scripted(
            counted([{"id": 9}], 2, 2), counted([{"x": 1}], 2, 2), counted([order(3, "07:00:00")], 2, 2)
        )
        await walk(client)
        assert asked(script, "exclude") == ["", "9", "9"]
        assert asked(script, "page") == ["", "", "2"]


class TestOneOrder:
    async def test_by_id_then_by_the_shops_number(self) -> None:
        client, script = scripted([ORDER])
        assert [o.remote_id for o in await client.order(" #1204 ")] == ["1204"]
        assert asked(script, "include") == ["1204"]
        client, script = scripted([], [{**ORDER, "number": "77"}, {**ORDER, "number": "770"}])
        assert [o.number for o in await client.order("77")] == ["77"]
        assert asked(script, "search") == ["", "77"]
        client, script = scripted([{**ORDER, "number": "WEB-1"}])
        assert len(await client.order("WEB-1")) == 1

    async def test_none_and_unreadable(self) -> None:
        client, _ = scripted([], [])
        assert await client.order("5") == ()
        client, _ = scripted([{"id": 5}])
        with pytest.raises(OursError):
            await client.order("5")


CURRENCY = {"code": "TRY", "name": "Turkish lira"}
TYPED = [{"currency": "TRY", "prices_include_tax": False}]


def product(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": f"Ürün {number}",
        "type": "simple",
        "status": "publish",
        "price": "5.00",
        "regular_price": "5.00",
        **changes,
    }


async def listed(client: Any) -> dict[str, Any]:
    return {x.remote_id: x async for p in client.listings(None) for x in p.items}


class TestListings:
    async def test_variations_come_with_their_product(self) -> None:
        rows = [
            product(1),
            product(2, type="variable", variations=[21, 22]),
            product(3, type="variable", variations=[31]),
        ]
        client, script = scripted(
            TYPED, CURRENCY, counted(rows, 3, 1), counted([product(21), product(22)], 3, 2), counted([product(23)], 3, 2),
            counted([product(31)], 1, 1),
        )  # fmt: skip
        found = await listed(client)
        assert sorted(found) == ["1", "21", "22", "23", "31"]
        assert found["1"].vat is Vat.EXCLUDED
        assert found["23"].extra["product"] == "2"
        assert sorted(script.paths[3:]) == [
            "GET /products/2/variations", "GET /products/2/variations", "GET /products/3/variations"]  # fmt: skip

    async def test_a_product_that_is_deleted_meanwhile_costs_none(self) -> None:
        client, script = scripted(
            TYPED, CURRENCY, counted([product(1), product(2)], 6, 3), counted([product(4), product(5)], 5, 3),
            counted([product(2), product(3)], 5, 3), counted([product(4), product(5)], 5, 3), counted([product(6)], 5, 3),
        )  # fmt: skip
        # After page 1 the product 1 was deleted: page 2 begins with 4, and 3 has moved to page 1.
        assert sorted(await listed(client)) == ["1", "2", "3", "4", "5", "6"]
        assert asked(script, "page")[2:] == ["1", "2", "1", "2", "3"]

    async def test_no_counting_headers(self) -> None:
        client, script = scripted([], CURRENCY, [product(1)], [])
        assert sorted(await listed(client)) == ["1"]
        assert asked(script, "page")[2:] == ["1", "2"]

    async def test_variations_without_headers(self) -> None:
        rows = [product(2, type="variable", variations=[21])]
        client, _ = scripted([], CURRENCY, counted(rows, 1, 1), [product(21)], [])
        assert sorted(await listed(client)) == ["21"]

    async def test_a_key_that_may_not_read_the_currency(self) -> None:
        client, _ = scripted(TYPED, error("woocommerce_rest_cannot_view", 403), counted([product(1)], 1, 1))
        assert (await listed(client))["1"].price == Money.of("5.00", "TRY")
        client, _ = scripted([], error("woocommerce_rest_cannot_view", 403))
        with pytest.raises(ProviderError, match=r"auth\.forbidden"):
            await listed(client)

    async def test_failed_variations_fail_the_pull(self) -> None:
        rows = [product(2, type="variable", variations=[21]), product(3, type="variable", variations=[31])]
        client, _ = scripted(
            TYPED, CURRENCY, counted(rows, 2, 1), (500, {"code": "x"}, {}), counted([product(31)], 1, 1)
        )
        with pytest.raises(ProviderError, match=r"server\.error"):
            await listed(client)


def stock(key: str, number: str, parent: str = "", quantity: int = 5) -> StockChange:
    return StockChange(key, ListingRef(number, "", extra={"product": parent} if parent else {}), quantity)


def done(*numbers: int) -> dict[str, Any]:
    return {"update": [{"id": n, "stock_quantity": 5} for n in numbers]}


class TestWrites:
    async def test_grouped_by_product(self) -> None:
        client, script = scripted(done(1, 2), done(21))
        receipt = await client.set_stocks(
            [stock("a", "1"), stock("b", "21", "20"), stock("c", "2"), stock("d", "3", quantity=-1)]
        )
        assert [str(o.state) for o in receipt.outcomes] == ["done", "done", "done", "refused"]
        assert [o.key for o in receipt.outcomes] == ["a", "b", "c", "d"]
        assert script.paths == ["POST /products/batch", "POST /products/20/variations/batch"]
        assert script.bodies[0] == {"update": [{"id": 1, "manage_stock": True, "stock_quantity": 5}, {"id": 2, "manage_stock": True, "stock_quantity": 5}]}  # fmt: skip

    async def test_at_most_a_hundred(self) -> None:
        client, script = scripted(done(*range(1, 101)), done(101))
        await client.set_stocks([stock(str(n), str(n)) for n in range(1, 102)])
        assert [len(b["update"]) for b in script.bodies] == [100, 1]

    async def test_halves_find_the_guilty_one(self) -> None:
        client, script = scripted(error("rest_invalid_param", 400), done(1), error("rest_invalid_param", 400))
        receipt = await client.set_stocks([stock("a", "1"), stock("b", "2")])
        assert [str(o.state) for o in receipt.outcomes] == ["done", "refused"]
        assert [len(b["update"]) for b in script.bodies] == [2, 1, 1]

    async def test_a_deleted_parent_costs_its_own_variations_only(self) -> None:
        client, _ = scripted(error("woocommerce_rest_product_invalid_id", 404), done(1))
        receipt = await client.set_stocks([stock("a", "21", "20"), stock("b", "22", "20"), stock("c", "1")])
        assert [str(o.state) for o in receipt.outcomes] == ["refused", "refused", "done"]
        assert receipt.outcomes[0].message is not None
        assert receipt.outcomes[0].message.code == "item.not_found"

    async def test_nothing_sent_raises_and_part_sent_does_not(self) -> None:
        client, _ = scripted((502, {}, {}))
        with pytest.raises(ProviderError):
            await client.set_stocks([stock("a", "1")])
        client, _ = scripted(done(1), (502, {}, {}))
        receipt = await client.set_stocks([stock("a", "1"), stock("b", "21", "20"), stock("c", "31", "30")])
        assert [str(o.state) for o in receipt.outcomes] == ["done", "unknown", "unknown"]

    async def test_prices(self) -> None:
        client, script = scripted({"update": [{"id": 1, "regular_price": "9.90", "sale_price": ""}]})
        receipt = await client.set_prices([PriceChange("p", ListingRef("1", ""), Money.of("9.9", "TRY"))])
        assert receipt.outcomes[0].state is OutcomeState.DONE
        assert script.bodies == [{"update": [{"id": 1, "regular_price": "9.90", "sale_price": ""}]}]


def known(number: int, status: str = "processing", *lines: tuple[int, int]) -> dict[str, Any]:
    return {"id": number, "status": status, "line_items": [{"id": i, "quantity": q} for i, q in lines or [(1, 1)]]}


def notice(number: int, **changes: Any) -> ShipmentNotice:
    base = {"key": f"k{number}", "order_id": str(number), "carrier": "Yurtiçi Kargo", "tracking_number": "123"}
    return ShipmentNotice(**{**base, **changes})


TEXT = "Yurtiçi Kargo: 123"


def completed(*numbers: int) -> dict[str, Any]:
    return {"update": [{"id": n, "status": "completed"} for n in numbers]}


class TestNotices:
    async def test_completed_with_a_note(self) -> None:
        client, script = scripted([known(1)], completed(1), [], (201, {"id": 9}, {}))
        (outcome,) = (await client.confirm_shipments([notice(1)])).outcomes
        assert (outcome.state, outcome.remote_ref) == (OutcomeState.DONE, "1")
        assert script.paths == ["GET /orders", "POST /orders/batch", "GET /orders/1/notes", "POST /orders/1/notes"]
        assert script.bodies[1] == {"update": [{"id": 1, "status": "completed"}]}
        assert script.bodies[3] == {"note": TEXT, "customer_note": True}

    async def test_again_is_harmless(self) -> None:
        client, script = scripted([known(1, "completed")], [{"id": 9, "note": f"<p>{TEXT}</p>"}])
        (outcome,) = (await client.confirm_shipments([notice(1)])).outcomes
        assert outcome.state is OutcomeState.DONE
        assert script.paths == ["GET /orders", "GET /orders/1/notes"]

    async def test_nothing_to_write_down(self) -> None:
        client, script = scripted([known(1)], completed(1))
        await client.confirm_shipments([notice(1, carrier="", tracking_number="")])
        assert len(script.requests) == 2

    @pytest.mark.parametrize(
        ("lines", "complete"),
        [(((1, 2), (2, 1)), True), (((1, 2),), False), (((1, 1), (2, 1)), False)],
    )
    async def test_a_part_is_not_completed(self, lines: Any, complete: bool) -> None:
        answers: list[Any] = [
            [known(1, "processing", (1, 2), (2, 1))],
            *([completed(1)] if complete else []),
            [],
            (201, {}, {}),
        ]
        client, script = scripted(*answers)
        await client.confirm_shipments([notice(1, lines=tuple(ShippedLine(str(i), q) for i, q in lines))])
        assert ("POST /orders/batch" in script.paths) is complete
        assert script.paths[-1] == "POST /orders/1/notes"

    async def test_cancelled_missing_and_refused_orders(self) -> None:
        answer = {
            "update": [
                {"id": 3, "error": {"code": "woocommerce_rest_shop_order_invalid_id"}},
                {"id": 5, "status": "processing"},
            ]
        }
        client, _ = scripted([known(1, "cancelled"), known(3), known(4), known(5)], answer)
        outcomes = (await client.confirm_shipments([notice(n) for n in range(1, 6)])).outcomes
        assert [(o.key, str(o.state), o.message.code if o.message else "") for o in outcomes] == [
            ("k1", "refused", "item.conflict"), ("k2", "refused", "item.not_found"), ("k3", "refused", "item.not_found"),
            ("k4", "unknown", "answer.unexpected"), ("k5", "refused", "item.refused")]  # fmt: skip

    @pytest.mark.parametrize(("status", "state"), [(502, OutcomeState.UNKNOWN), (400, OutcomeState.REFUSED)])
    async def test_a_note_that_fails(self, status: int, state: OutcomeState) -> None:
        client, _ = scripted([known(1)], completed(1), [], (status, {}, {}))
        assert (await client.confirm_shipments([notice(1)])).outcomes[0].state is state

    async def test_nothing_sent_raises_and_part_sent_does_not(self) -> None:
        client, _ = scripted((401, {}, {}))
        with pytest.raises(ProviderError):
            await client.confirm_shipments([notice(1)])
        many = [notice(n, carrier="", tracking_number="") for n in range(1, 102)]
        client, _ = scripted([known(n, "completed") for n in range(1, 101)], (502, {}, {}))
        outcomes = (await client.confirm_shipments(many)).outcomes
        assert [str(o.state) for o in outcomes[-2:]] == ["done", "unknown"]


class TestSigning:
    async def test_basic_over_https(self) -> None:
        client, script = scripted([{"id": 1, "currency": "TRY", "prices_include_tax": True}])
        found = await client.probe()
        assert found.facts == {"currency": "TRY", "prices_include_tax": "yes"}
        assert found.server_orders is None
        assert script.requests[0].headers["authorization"].startswith("Basic ")
        assert "consumer_key" not in str(script.requests[0].url)

    async def test_keys_in_the_query_when_the_merchant_says_so(self) -> None:
        client, script = scripted(counted([], 0, 0), keys_in_query="yes")
        assert (await client.probe()).server_orders == 0
        asked = dict(parse_qsl(script.requests[0].url.query.decode()))
        assert (asked["consumer_key"], asked["consumer_secret"]) == ("ck_anahtar", "cs_sır&=")
        assert "authorization" not in script.requests[0].headers
        client, script = scripted({"code": "TRY"}, keys_in_query="yes")
        await client._send(calls.currency_request())
        assert script.requests[0].url.query.startswith(b"consumer_key=")

    @pytest.mark.parametrize("query", ["no", "yes"])
    async def test_oauth_over_http_and_never_the_secret(self, query: str) -> None:
        base = "http://dukkan.example/magaza"
        client, script = scripted(counted([], 0, 0), base=base, keys_in_query=query)
        await client.probe()
        url = str(script.requests[0].url)
        bare = f"{base}{calls.probe_request().url}"
        assert url == oauth1_url(bare, "GET", "ck_anahtar", "cs_sır&=", NOW, "n" * 32)
        assert "cs_s" not in url
        assert "authorization" not in script.requests[0].headers
        assert account(base).nonce() == "n" * 32

    async def test_what_stands_before_the_answer(self) -> None:
        client, _ = scripted((200, b'\xef\xbb\xbf<b>Warning</b>\n[{"id":1,"currency":"TRY"}]', {}))
        assert (await client.probe()).facts == {"currency": "TRY"}
