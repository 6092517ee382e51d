"""The Pazarama client over a scripted transport: what it asks after what, and what it makes of refusals and lost answers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.contracts import OursError, Outcome, OutcomeState, Page, ProviderError, TheirsError, YoursError
from app.model import Claim, ListingRef, Money, PriceChange, ShipmentNotice, ShippedLine, StockChange, Window
from tests.providers.marketplaces.pazarama_support import (
    DELIVERIES,
    GUID,
    NOW,
    Script,
    item,
    no,
    ok,
    order,
    refund,
    refunds,
    scripted,
)


async def every(pages: AsyncIterator[Page[Any]]) -> list[Any]:
    return [one async for found in pages for one in found.items]


def bodies(script: Script) -> list[Any]:
    return [json.loads(request.content) if request.content else None for request in script.requests]


RECENT = Window(NOW - timedelta(days=6), NOW)


class TestReading:
    async def test_a_window_reaches_back_and_is_cut(self) -> None:
        client, script = await scripted(ok([]), ok([]))
        assert await every(client.orders(RECENT)) == []
        asked = bodies(script)
        assert asked[0]["startDate"] == "2026-10-03T12:00"
        assert asked[0]["endDate"] == asked[1]["startDate"]
        assert asked[1]["endDate"] == "2026-11-23T12:00"
        assert script.requests[0].headers["authorization"] == "Bearer jeton"

    async def test_only_what_changed_is_told_and_a_full_page_goes_on(self) -> None:
        old = {"orderDate": "2026-10-05 10:00", "items": [item(1, 11, orderItemStatusHistory=None)]}
        rows = [order(orderId=f"eski-{n}", **old) for n in range(100)]
        client, script = await scripted(ok([*rows, order(orderId="yeni")]), ok([]), ok([order(orderId="sonra")]))
        assert [one.remote_id for one in await every(client.orders(RECENT))] == ["yeni", "sonra"]
        assert [body["pageNumber"] for body in bodies(script)] == [1, 2, 1]

    async def test_what_looks_different_from_the_last_pull_is_news(self) -> None:
        quiet = order(orderId="a", orderDate="2026-10-05 10:00", items=[item(1, 12, orderItemStatusHistory=None)])
        moved = {**quiet, "orderStatus": 6, "items": [item(1, 6, orderItemStatusHistory=None)]}
        late = {**quiet, "orderId": "b"}
        client, script = await scripted(ok([quiet]), ok([]), ok([moved, late]), ok([]), ok([moved, late]), ok([]))
        assert await every(client.orders(RECENT)) == []
        assert [one.remote_id for one in await every(client.orders(RECENT))] == ["a", "b"]
        assert await every(client.orders(RECENT)) == []
        assert not script.answers

    async def test_a_pull_that_broke_leaves_the_memory_alone(self) -> None:
        quiet = order(orderDate="2026-10-05 10:00", items=[item(1, 12, orderItemStatusHistory=None)])
        client, _ = await scripted(ok([]), ok([]), ok([quiet]), (503, b""), ok([quiet]), ok([]))
        assert await every(client.orders(RECENT)) == []
        for _ in range(2):
            found = []
            try:
                async for page in client.orders(RECENT):
                    found += page.items
            except TheirsError:
                pass
            assert [one.remote_id for one in found] == [GUID]

    async def test_an_order_by_its_number(self) -> None:
        client, script = await scripted(ok([order(), order(orderNumber=7000000011)]), ok([]))
        assert [one.number for one in await client.order("700000001")] == ["700000001"]
        assert await client.order("1") == ()
        assert bodies(script)[0]["orderNumber"] == 700000001
        assert await client.order("A-1") == await client.order("²") == ()
        assert len(script.requests) == 2
        client, _ = await scripted(ok([order(items=[])]))
        with pytest.raises(OursError, match="items"):
            await client.order("700000001")

    async def test_probe_and_listings(self) -> None:
        client, script = await scripted(
            ok({"sellerProducts": [], "nextCursor": None}),
            ok({"sellerProducts": [{"name": "A", "code": "1", "salePrice": 5}], "nextCursor": "c"}),
            ok({"sellerProducts": [{"name": "B", "code": "2", "salePrice": 5}], "nextCursor": ""}),
        )
        await client.probe()
        assert [one.remote_id for one in await every(client.listings(None))] == ["1", "2"]
        assert script.requests[2].url.params["Cursor"] == "c"

    async def test_an_old_token_is_renewed_once(self) -> None:
        grant = ok({"accessToken": "yeni", "expiresIn": 3600})
        client, script = await scripted((401, b""), grant, ok({"sellerProducts": []}))
        await client.probe()
        assert script.requests[1].url.path == "/connect/token"
        assert script.requests[2].headers["authorization"] == "Bearer yeni"
        client, script = await scripted((401, b""), (400, no("invalid_token")))
        with pytest.raises(YoursError, match=r"auth\.refused"):
            await client.probe()


def stock(key: str, count: int = 1) -> StockChange:
    return StockChange(key, ListingRef(key, ""), count)


class TestBatches:
    async def test_what_cannot_be_sent_is_refused_alone(self) -> None:
        client, script = await scripted(ok("g-1"))
        receipt = await client.set_stocks([stock("1"), stock("2", -1)])
        assert [(one.key, one.state) for one in receipt.outcomes] == [
            ("1", OutcomeState.PENDING),
            ("2", OutcomeState.REFUSED),
        ]
        assert receipt.ticket == "g-1"
        assert bodies(script)[0] == {"items": [{"code": "1", "stockCount": 1}]}
        bad = PriceChange("p", ListingRef("1", ""), Money.of("5", "USD"))
        receipt = await client.set_prices([bad])
        assert (receipt.outcomes[0].state, receipt.ticket) == (OutcomeState.REFUSED, "")
        assert len(script.requests) == 1

    async def test_taken_without_an_id_is_unknown(self) -> None:
        client, _ = await scripted(ok(None))
        (outcome,) = (await client.set_stocks([stock("1")])).outcomes
        assert outcome.state is OutcomeState.UNKNOWN
        assert outcome.message is not None

    async def test_a_forgotten_batch(self) -> None:
        client, _ = await scripted(no("batch_not_found"), (503, b""), ok([{"code": "1", "stock": {"status": 0}}]))
        (outcome,) = (await client.batch_result("g", [stock("1")])).outcomes
        assert outcome.state is OutcomeState.UNKNOWN
        with pytest.raises(TheirsError):
            await client.batch_result("g", [stock("1")])
        assert (await client.batch_result("g", [stock("1")])).outcomes[0].state is OutcomeState.DONE


def notice(**changes: Any) -> ShipmentNotice:
    told = {"carrier": "Sürat Kargo", "tracking_number": "734512", "tracking_url": "https://t", **changes}
    return ShipmentNotice("n1", GUID, "700000001", **told)


async def confirmed(*answers: Any, **changes: Any) -> tuple[Outcome, list[Any]]:
    client, script = await scripted(*answers)
    (outcome,) = (await client.confirm_shipments([notice(**changes)])).outcomes
    assert not script.answers, "fewer calls than expected"
    return outcome, [body["item"] for body in bodies(script) if body and "item" in body]


class TestShipping:
    async def test_preparing_then_shipped(self) -> None:
        outcome, told = await confirmed(ok([order()]), ok(DELIVERIES), ok(None), ok(None))
        assert outcome.state is OutcomeState.DONE
        assert [one["status"] for one in told] == [12, 5]
        assert (told[1]["cargoCompanyId"], told[1]["shippingTrackingNumber"]) == ("g-surat", "734512")

    async def test_a_contracted_carrier_tells_the_rest(self) -> None:
        row = order(items=[item(1, 3, deliveryType=2), item(2, 12, deliveryType=2)])
        outcome, told = await confirmed(ok([row]), ok(DELIVERIES), ok(None), carrier="", tracking_number="")
        assert outcome.state is OutcomeState.DONE
        assert [(one["orderItemId"], one["status"]) for one in told] == [("i-1", 12)]

    async def test_a_courier_needs_no_carrier(self) -> None:
        outcome, told = await confirmed(
            ok([order(items=[item(1, 12, deliveryType=3)])]), ok(DELIVERIES), ok(None), carrier=""
        )
        assert outcome.state is OutcomeState.DONE
        assert (told[0]["status"], told[0]["deliveryType"], told[0]["cargoCompanyId"]) == (5, 3, "")

    async def test_what_was_told_is_not_told_again(self) -> None:
        outcome, told = await confirmed(ok([order(5)]))
        assert (outcome.state, told) == (OutcomeState.DONE, [])
        row = order(items=[item(1, 5), item(2, 12), item(3, 6)])
        outcome, told = await confirmed(ok([row]), ok(DELIVERIES), ok(None))
        assert [one["orderItemId"] for one in told] == ["i-2"]
        outcome, told = await confirmed(ok([row]), lines=(ShippedLine("i-1", 1),))
        assert (outcome.state, told) == (OutcomeState.DONE, [])

    @pytest.mark.parametrize(
        ("rows", "changes", "code", "field"),
        [
            ([], {}, "item.not_found", ""),
            ([order(6)], {}, "item.conflict", ""),
            ([order(18)], {}, "item.conflict", ""),
            ([order()], {"carrier": "Aras Kargo"}, "item.refused", "carrier"),
            ([order()], {"tracking_number": ""}, "item.refused", "tracking_number"),
        ],
    )
    async def test_refused_before_anything_is_sent(
        self, rows: list[Any], changes: dict[str, Any], code: str, field: str
    ) -> None:
        answers = [ok(rows), *([ok(DELIVERIES)] if field else [])]
        outcome, told = await confirmed(*answers, **changes)
        assert (outcome.state, told) == (OutcomeState.REFUSED, [])
        assert outcome.message is not None
        assert (outcome.message.code, outcome.message.field) == (code, field)
        if field:
            assert outcome.message.params["known"] == "Sürat Kargo, Yurtiçi Kargo"

    async def test_a_refusal_is_looked_at(self) -> None:
        """Somebody was quicker; or the buyer cancelled; or Pazarama just does not want it."""
        quicker = (ok([order(12)]), ok(DELIVERIES), no("invalid_status"), ok([order(5)]))
        assert (await confirmed(*quicker))[0].state is OutcomeState.DONE
        ahead = (ok([order()]), ok(DELIVERIES), no("invalid_status"), ok([order(12)]), ok(None))
        assert (await confirmed(*ahead))[0].state is OutcomeState.DONE
        gone = await confirmed(ok([order()]), ok(DELIVERIES), no("x"), ok([order(6)]))
        assert gone[0].message is not None
        assert gone[0].message.code == "item.conflict"
        plain = await confirmed(ok([order(12)]), ok(DELIVERIES), no("cargo_company", "Geçersiz"), ok([order(12)]))
        assert plain[0].state is OutcomeState.REFUSED
        assert plain[0].message is not None
        assert plain[0].message.vendor_text == "Geçersiz"

    async def test_lost_answers(self) -> None:
        client, script = await scripted(ok([order()]), ok(DELIVERIES), (500, b""))
        with pytest.raises(TheirsError):
            await client.confirm_shipments([notice()])
        script.answers = [ok([order()]), ok(None), (500, b"")]
        receipt = await client.confirm_shipments([notice(), notice()])
        assert [one.state for one in receipt.outcomes] == [OutcomeState.UNKNOWN] * 2
        script.answers = [ok([order(5)]), (503, b"")]
        receipt = await client.confirm_shipments([notice(), notice()])
        assert [one.state for one in receipt.outcomes] == [OutcomeState.DONE, OutcomeState.UNKNOWN]


def claim(status: str = "1 Onay Bekliyor") -> Claim:
    return Claim("r-1", "700000001", status, NOW - timedelta(days=2))


class TestClaims:
    async def test_list(self) -> None:
        rows = [refund(refundId=f"r-{n}") for n in range(100)]
        client, script = await scripted(refunds(*rows), refunds(), refunds(refund(refundId="son")))
        assert len(await every(client.claims(Window(NOW - timedelta(days=10), NOW)))) == 101
        assert [body["pageNumber"] for body in bodies(script)] == [1, 2, 1]
        assert bodies(script)[0]["requestStartDate"] == "2026-10-14"

    async def test_accept(self) -> None:
        client, script = await scripted(ok(None))
        assert (await client.accept_claim(claim())).state is OutcomeState.DONE
        assert (await client.accept_claim(claim("6 Otomatik"))).state is OutcomeState.DONE
        assert len(script.requests) == 1

    async def test_accept_refused(self) -> None:
        client, script = await scripted(no("refund_status"), refunds(refund(refundStatus=2)))
        assert (await client.accept_claim(claim())).state is OutcomeState.DONE
        script.answers = [no("refund_status"), refunds(refund(refundStatus=3))]
        assert (await client.accept_claim(claim())).state is OutcomeState.REFUSED

    async def test_accept_lost(self) -> None:
        client, script = await scripted((500, b""))
        assert (await client.accept_claim(claim())).state is OutcomeState.UNKNOWN
        script.answers = [(429, b"")]
        with pytest.raises(ProviderError, match=r"rate\.limited"):
            await client.accept_claim(claim())


async def test_the_connection_itself_breaks() -> None:
    client, _ = await scripted(httpx.ConnectError("weg"))
    with pytest.raises(httpx.ConnectError):  # the pipeline makes a message of it, not the client
        await client.probe()
