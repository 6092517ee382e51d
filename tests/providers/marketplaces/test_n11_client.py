"""The N11 client over a scripted transport: what it asks after what, and what it makes of refusals and lost answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from app.contracts import OursError, Outcome, OutcomeState, Page, ProviderError, TheirsError, YoursError
from app.model import Claim, ListingRef, Money, PriceChange, ShipmentNotice, ShippedLine, StockChange, Window
from tests.providers.marketplaces.n11_support import NOW, claim, failure, package, page, scripted, soap


async def every(pages: AsyncIterator[Page[Any]]) -> list[Any]:
    return [one async for found in pages for one in found.items]


async def test_orders_go_by_page_and_step_back_when_the_list_shrinks() -> None:
    client, script = scripted(
        page(package(id=1), total=300, pages=3), page(package(id=2), total=298, pages=3),
        page(package(id=1), total=298, pages=3), page(package(id=2), total=298, pages=3),
        page(package(id=3), total=298, pages=3),
    )  # fmt: skip
    found = await every(client.orders(Window(NOW - timedelta(days=9), NOW - timedelta(days=8))))
    assert [one.remote_id for one in found] == ["1", "2", "1", "2", "3"]
    assert [r.url.params["page"] for r in script.requests] == ["0", "1", "0", "1", "2"]
    assert script.requests[0].headers["appkey"] == "anahtar-1"
    assert script.requests[0].headers["appsecret"] == "gizli<&>1"
    assert "authorization" not in script.requests[0].headers


async def test_a_wide_window_goes_in_pieces() -> None:
    client, script = scripted(page(), page(), page())
    assert await every(client.orders(Window(NOW - timedelta(days=30), NOW))) == []
    assert len(script.requests) == 3


async def test_an_order_by_its_number() -> None:
    client, script = scripted(page(), page(), page(package(), package(orderNumber="2040000000011")))
    (order,) = await client.order("204000000001")
    assert order.remote_id == "510000001"
    assert ["startDate" in r.url.params for r in script.requests] == [False, True, True]
    client, script = scripted(*[page()] * 7)
    assert await client.order("1") == ()
    client, _ = scripted(page(package(lines=None)))
    with pytest.raises(OursError, match="lines"):
        await client.order("204000000001")


async def test_probe_and_listings() -> None:
    client, _ = scripted(
        page(),
        page({"stockCode": "A", "title": "T"}, total=2, pages=2),
        page({"stockCode": "B", "title": "T"}, total=2, pages=2),
    )
    assert (await client.probe()).facts == {}
    assert [one.remote_id for one in await every(client.listings(None))] == ["A", "B"]
    client, _ = scripted((403, b"Authentication failed"))
    with pytest.raises(YoursError, match=r"auth\.refused"):
        await client.probe()


CHANGES = (
    PriceChange("p1", ListingRef("PX-1", "PX-1"), Money.of("5.00", "TRY")),
    PriceChange("p2", ListingRef("PX-2", "PX-2"), Money.of("5.00", "GBP")),
)


async def test_tasks() -> None:
    client, script = scripted({"id": 7, "status": "IN_QUEUE"})
    receipt = await client.set_prices(CHANGES)
    assert {one.key: one.state for one in receipt.outcomes} == {"p1": OutcomeState.PENDING, "p2": OutcomeState.REFUSED}
    assert receipt.ticket == "7"
    assert (await client.set_prices(CHANGES[1:])).outcomes[0].state is OutcomeState.REFUSED
    assert len(script.requests) == 1


async def test_a_forgotten_task() -> None:
    client, _ = scripted((404, {"@type": "SellerApiNotFoundException", "message": "Task bulunamadı"}), (500, None))
    changes = [StockChange("s", ListingRef("PX-1", ""), 1)]
    assert (await client.batch_result("7", changes)).outcomes[0].state is OutcomeState.UNKNOWN
    with pytest.raises(TheirsError):
        await client.batch_result("7", changes)


def notice(**changes: Any) -> ShipmentNotice:
    extra = {"lines": "610000001", "status": "created", "packageId": "510000001"}
    return ShipmentNotice(
        **{"key": "n", "order_id": "510000001", "order_number": "204000000001", "extra": extra, **changes}
    )


REFUSED = {"content": [{"lineId": 610000001, "status": "FAIL", "reasons": ["Picking yapılamaz"]}]}
TAKEN = {"content": [{"lineId": 610000001, "status": "SUCCESS"}]}


class TestShipments:
    async def outcome(self, one: ShipmentNotice, *answers: Any) -> tuple[Outcome, list[str]]:
        client, script = scripted(*answers)
        (outcome,) = (await client.confirm_shipments([one])).outcomes
        assert script.answers == []
        return outcome, [r.method for r in script.requests]

    async def test_picking(self) -> None:
        assert await self.outcome(notice(), TAKEN) == (Outcome("n", OutcomeState.DONE, remote_ref="510000001"), ["PUT"])
        outcome, methods = await self.outcome(notice(extra={"status": "shipped"}))
        assert (outcome.state, methods) == (OutcomeState.DONE, [])

    @pytest.mark.parametrize("refusal", [REFUSED, (400, {"message": "Olmaz"})])
    @pytest.mark.parametrize(
        ("now", "state", "code"),
        [
            (page(package(shipmentPackageStatus="Picking")), OutcomeState.DONE, ""),
            (page(package(shipmentPackageStatus="Cancelled")), OutcomeState.REFUSED, "item.conflict"),
            (page(package()), OutcomeState.REFUSED, "re"),
            (page(), OutcomeState.REFUSED, "re"),
        ],
    )
    async def test_refused(self, refusal: Any, now: Any, state: OutcomeState, code: str) -> None:
        outcome, _ = await self.outcome(notice(), refusal, now)
        assert outcome.state is state
        told = outcome.message.code if outcome.message else ""
        assert code in told

    async def test_without_handles_the_package_is_looked_up(self) -> None:
        bare = notice(extra={})
        assert (await self.outcome(bare, page(package()), TAKEN))[0].state is OutcomeState.DONE
        assert (await self.outcome(bare, page(package(shipmentPackageStatus="Shipped"))))[0].state is OutcomeState.DONE
        assert (await self.outcome(bare, page()))[0].state is OutcomeState.REFUSED

    async def test_a_package_without_an_id(self) -> None:
        one = notice(order_id="204000000001", extra={})
        client, script = scripted(page(package(id=None)), TAKEN)
        (outcome,) = (await client.confirm_shipments([one])).outcomes
        assert outcome.state is OutcomeState.DONE
        assert script.requests[0].url.params["orderNumber"] == "204000000001"

    async def test_some_lines(self) -> None:
        client, script = scripted(TAKEN)
        await client.confirm_shipments([notice(lines=(ShippedLine("5", 1),))])
        assert b'[{"lineId":5}]' in script.requests[0].content

    async def test_a_broken_lot(self) -> None:
        client, _ = scripted(TAKEN, (503, None))
        states = [
            o.state for o in (await client.confirm_shipments([notice(), notice(key="m"), notice(key="o")])).outcomes
        ]
        assert states == [OutcomeState.DONE, OutcomeState.UNKNOWN, OutcomeState.UNKNOWN]
        client, _ = scripted((503, None))
        with pytest.raises(TheirsError):
            await client.confirm_shipments([notice()])


def listed(*claims: str) -> bytes:
    return soap(f"<claimReturnList>{''.join(claims)}</claimReturnList>")


class TestClaims:
    ONE = Claim("7", "204", "REQUESTED", NOW)

    async def test_pages_of_twenty(self) -> None:
        client, script = scripted(listed(*[claim(n) for n in range(20)]), listed(claim(20)))
        assert len(await every(client.claims(Window(NOW - timedelta(days=1), NOW)))) == 21
        assert [b"<currentPage>%d<" % n in script.requests[n].content for n in (0, 1)] == [True, True]
        assert b"<startDate>23/10/2026<" in script.requests[0].content
        assert "appkey" not in script.requests[0].headers

    async def test_a_page_that_follows_itself(self) -> None:
        full = listed(*[claim(n) for n in range(20)])
        client, _ = scripted(full, full)
        with pytest.raises(OursError, match="follows itself"):
            await every(client.claims(Window(NOW - timedelta(days=1), NOW)))

    async def test_a_failure_is_no_empty_list(self) -> None:
        client, _ = scripted(failure("SELLER_API.authenticationFailed"))
        with pytest.raises(YoursError, match=r"auth\.refused"):
            await every(client.claims(Window(NOW - timedelta(days=1), NOW)))

    async def test_accepting(self) -> None:
        client, _ = scripted(soap(""))
        assert (await client.accept_claim(self.ONE)).state is OutcomeState.DONE
        assert (await client.accept_claim(Claim("7", "204", "APPROVED", NOW))).state is OutcomeState.DONE

    @pytest.mark.parametrize(
        ("answers", "state"),
        [
            ((failure("SELLER_API.x"), listed(claim(7, status="APPROVED"))), OutcomeState.DONE),
            ((failure("SELLER_API.x"), listed(claim(7), claim(8, status="APPROVED"))), OutcomeState.REFUSED),
            (((500, None),), OutcomeState.UNKNOWN),
        ],
    )
    async def test_refused_or_lost(self, answers: tuple[Any, ...], state: OutcomeState) -> None:
        client, _ = scripted(*answers)
        assert (await client.accept_claim(self.ONE)).state is state

    async def test_not_sent(self) -> None:
        client, _ = scripted((429, None))
        with pytest.raises(ProviderError, match=r"rate\.limited"):
            await client.accept_claim(self.ONE)
