"""The Hepsiburada client over a scripted transport: what it asks after what, and what it makes of refusals and lost answers."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.contracts import Outcome, OutcomeState, Page, ProviderError, TheirsError, YoursError
from app.model import Claim, ListingRef, Money, OrderStatus, PriceChange, ShipmentNotice, StockChange, Window
from tests.providers.marketplaces.hepsiburada_support import (
    CONFLICT,
    MERCHANT,
    NOT_FOUND,
    NOW,
    detail,
    line,
    paged,
    scripted,
)

NUMBER = "9700000000000000091"
A = line()["id"]
OMS = f"/orders/merchantid/{MERCHANT}"
PACKAGES = f"/packages/merchantid/{MERCHANT}"
WINDOW = Window(NOW - timedelta(hours=2), NOW)
RECENT = "2026-11-23T11:00:00"
EMPTY = paged()


async def every(pages: AsyncIterator[Page[Any]]) -> tuple[list[Any], list[Any], list[Any]]:
    found = [page async for page in pages]
    return (
        [one for page in found for one in page.items],
        [one for page in found for one in page.rejects],
        [page.covered_until for page in found if page.covered_until],
    )


class TestOrders:
    async def test_each_order_once_as_a_whole(self) -> None:
        open_lines = paged(line(lastStatusUpdateDate=RECENT), line(id="b", lastStatusUpdateDate=RECENT))
        packed = [{"id": "p", "packageNumber": "5001", "items": [{"orderNumber": NUMBER}, {"orderNumber": "2"}]}]
        shipped = {"TotalCount": 1, "Items": [{"Id": "q", "PackageNumber": "5002", "Items": []}]}
        client, script = scripted(
            open_lines, EMPTY, EMPTY, packed, shipped, NOT_FOUND, EMPTY, detail(), detail(orderNumber="2")
        )
        orders, rejects, covered = await every(client.orders(WINDOW))
        assert [one.number for one in orders] == [NUMBER, "2"]
        assert [one.remote_id for one in rejects] == ["5002"]  # a package that names no order
        assert covered == [WINDOW.until]
        assert script.paths[-2:] == [f"GET {OMS}/ordernumber/{NUMBER}", f"GET {OMS}/ordernumber/2"]
        assert {r.headers["user-agent"] for r in script.requests} == {"firma_dev"}
        assert {r.headers["authorization"] for r in script.requests} == {
            "Basic " + base64.b64encode(f"{MERCHANT}:a1B2c3D4e5F6".encode()).decode()
        }

    async def test_lines_that_did_not_change_in_the_window(self) -> None:
        old, later = "2026-11-20T11:00:00", "2026-11-23T12:00:01"
        rows = [line(lastStatusUpdateDate=old), line(id="b", orderNumber="2", lastStatusUpdateDate=later)]
        cancelled = paged({"orderNumber": "3", "lineItemId": "x", "cancelDate": old})
        rest = (cancelled, EMPTY, [], EMPTY, EMPTY, EMPTY)
        client, script = scripted(paged(*rows), *rest, detail(), detail(orderNumber="2"))
        assert [one.number for one in (await every(client.orders(WINDOW)))[0]] == [NUMBER, "2"]  # never seen before
        script.answers = [paged(*rows), *rest]
        assert (await every(client.orders(WINDOW)))[0] == []
        # Paid for late: the row is new here, though its date is old.
        script.answers = [paged(*rows, line(id="c", orderNumber="4", lastStatusUpdateDate=old)), *rest, (500, None)]
        with pytest.raises(TheirsError):
            await every(client.orders(WINDOW))
        script.answers = [
            paged(*rows, line(id="c", orderNumber="4", lastStatusUpdateDate=old)),
            *rest,
            detail(orderNumber="4"),
        ]
        assert [one.number for one in (await every(client.orders(WINDOW)))[0]] == ["4"]  # not lost by the failure

    async def test_unpaid_ones_that_are_gone_and_rows_without_a_number(self) -> None:
        client, _ = scripted(
            paged({"id": "z"}), EMPTY, paged({"OrderNumber": "4"}), [], EMPTY, EMPTY, EMPTY, NOT_FOUND
        )  # fmt: skip
        orders, rejects, _ = await every(client.orders(WINDOW))
        assert orders == []
        assert [one.message.field for one in rejects] == ["orderNumber"]

    async def test_a_wide_window_goes_in_pieces_and_tells_how_far(self) -> None:
        window = Window(NOW - timedelta(hours=50), NOW)
        client, script = scripted(EMPTY, EMPTY, EMPTY, *[EMPTY, EMPTY, EMPTY, EMPTY] * 3)
        covered = (await every(client.orders(window)))[2]
        assert covered == [window.since + timedelta(hours=23), window.since + timedelta(hours=46), window.until]
        assert len(script.requests) == 15

    async def test_chunks(self) -> None:
        rows = [line(id=str(n), orderNumber=str(n), lastStatusUpdateDate=RECENT) for n in range(30)]
        details = [detail(orderNumber=str(n)) for n in range(26)]
        client, _ = scripted(paged(*rows), EMPTY, EMPTY, [], EMPTY, EMPTY, EMPTY, *details, (500, None))
        got: list[Any] = []
        with pytest.raises(TheirsError):
            async for page in client.orders(WINDOW):
                got += page.items
        assert len(got) == 25

    async def test_a_bare_404_is_no_empty_list(self) -> None:
        client, _ = scripted((404, None))
        with pytest.raises(YoursError, match=r"item\.not_found"):
            await every(client.orders(WINDOW))

    async def test_by_number(self) -> None:
        client, _ = scripted(detail(), NOT_FOUND, detail(items=[]))
        assert [one.status for one in await client.order(NUMBER)] == [OrderStatus.OPEN]
        assert await client.order("1") == ()
        with pytest.raises(ProviderError, match="items"):
            await client.order(NUMBER)


async def test_probe() -> None:
    client, script = scripted({"listings": [], "totalCount": 0})
    assert (await client.probe()).facts == {"merchant_id": MERCHANT}
    assert script.requests[0].url.host == "listing.example"


async def test_a_blocked_catalogue_is_no_wrong_key() -> None:
    client, _ = scripted((403, None))
    with pytest.raises(TheirsError, match=r"rate\.limited"):
        await every(client.listings(None))


class TestUploads:
    PRICES = (
        PriceChange("p1", ListingRef("HBV1", "PX-1"), Money.of("5.00", "TRY")),
        PriceChange("p2", ListingRef("HBV2", "PX-2"), Money.of("5.00", "EUR")),
    )

    async def test_what_would_be_refused_is_not_sent(self) -> None:
        client, script = scripted({"id": "u1"})
        receipt = await client.set_prices(self.PRICES)
        assert [o.state for o in receipt.outcomes] == [OutcomeState.PENDING, OutcomeState.REFUSED]
        assert receipt.ticket == "price:u1"
        assert script.bodies == [[{"hepsiburadaSku": "HBV1", "merchantSku": "PX-1", "price": 5.0}]]
        assert (await client.set_prices(self.PRICES[1:])).ticket == ""

    async def test_a_forgotten_upload(self) -> None:
        client, script = scripted(NOT_FOUND, (500, None))
        changes = [StockChange("s", ListingRef("HBV1", "PX-1"), 1)]
        result = await client.batch_result("stock:u1", changes)
        assert [o.state for o in result.outcomes] == [OutcomeState.UNKNOWN]
        assert script.paths == [f"GET /listings/merchantid/{MERCHANT}/stock-uploads/id/u1"]
        with pytest.raises(TheirsError):
            await client.batch_result("stock:u1", changes)


def notice(extra: dict[str, str] | None = None, **changes: Any) -> ShipmentNotice:
    told = {"lines": f"{A}:2", "cargoCompany": "hepsiJET"} if extra is None else extra
    return ShipmentNotice(**{"key": "n", "order_id": NUMBER, "order_number": NUMBER, "extra": told, **changes})


OWN = {"carrier": "Kendi Kargom", "tracking_number": "734"}
PACKED = detail(line(status="Packaged", packageNumber="5001"))
OPEN_PACKAGE = {"packageNumber": "5001", "status": "Open", "trackingInfoCode": None}
LEFT = {**OPEN_PACKAGE, "status": "InTransit", "trackingInfoCode": "734"}


class TestShipments:
    async def outcome(self, one: ShipmentNotice, *answers: Any) -> tuple[Outcome, list[str]]:
        client, script = scripted(*answers)
        (outcome,) = (await client.confirm_shipments([one])).outcomes
        assert script.answers == []
        return outcome, [path.rpartition("/")[2] for path in script.paths]

    async def test_contracted_cargo_is_told_by_packing(self) -> None:
        outcome, paths = await self.outcome(notice(carrier="HepsiJET", tracking_number="x"), {"packageNumber": 5001})
        assert (outcome.state, outcome.remote_ref, paths) == (OutcomeState.DONE, "5001", [MERCHANT])

    async def test_an_own_carrier_is_told_its_number(self) -> None:
        outcome, paths = await self.outcome(notice(**OWN), {"packageNumber": "5001"}, (204, None))
        assert (outcome.state, paths[-1]) == (OutcomeState.DONE, "intransit")

    async def test_a_number_that_contracted_cargo_refuses(self) -> None:
        outcome, _ = await self.outcome(notice(**OWN), {"packageNumber": "5001"}, CONFLICT, OPEN_PACKAGE)
        assert outcome.state is OutcomeState.DONE

    async def test_a_number_that_is_refused_for_another_reason(self) -> None:
        bad = (400, {"code": "BadNumber", "message": "Takip numarası geçersiz"})
        outcome, _ = await self.outcome(notice(**OWN), {"packageNumber": "5001"}, bad, OPEN_PACKAGE)
        assert outcome.state is OutcomeState.REFUSED
        assert outcome.message is not None
        assert outcome.message.vendor_code == "BadNumber"
        undone = {**OPEN_PACKAGE, "status": "Unpacked"}
        outcome, _ = await self.outcome(notice(**OWN), {"packageNumber": "5001"}, CONFLICT, undone)
        assert outcome.state is OutcomeState.REFUSED

    async def test_packed_before(self) -> None:
        outcome, paths = await self.outcome(notice(**OWN), CONFLICT, PACKED, LEFT)
        assert (outcome.state, paths) == (OutcomeState.DONE, [MERCHANT, NUMBER, "5001"])
        outcome, paths = await self.outcome(notice(**OWN), CONFLICT, PACKED, OPEN_PACKAGE, (204, None))
        assert (outcome.state, paths[-1]) == (OutcomeState.DONE, "intransit")
        outcome, _ = await self.outcome(notice({"packed": f"{A}:5001"}, **OWN), OPEN_PACKAGE, CONFLICT, LEFT)
        assert outcome.state is OutcomeState.DONE

    @pytest.mark.parametrize(
        ("now", "code"),
        [
            (detail(line(status="CancelledByCustomer")), "item.conflict"),
            (detail(), "item.conflict"),  # still open: the vendor's own refusal
            (NOT_FOUND, "item.not_found"),
        ],
    )
    async def test_refused(self, now: Any, code: str) -> None:
        outcome, _ = await self.outcome(notice(), CONFLICT, now)
        assert outcome.state is OutcomeState.REFUSED
        assert outcome.message is not None
        assert outcome.message.code == code

    async def test_without_handles_the_order_is_looked_up(self) -> None:
        outcome, _ = await self.outcome(notice({}), detail(), {"packageNumber": "5001"})
        assert outcome.state is OutcomeState.DONE
        outcome, _ = await self.outcome(notice({}), NOT_FOUND)
        assert outcome.state is OutcomeState.REFUSED

    async def test_a_lost_number_is_unknown(self) -> None:
        lost = httpx.ReadTimeout("weg")
        client, _ = scripted({"packageNumber": "5001"}, (502, None))
        (outcome,) = (await client.confirm_shipments([notice(**OWN)])).outcomes
        assert outcome.state is OutcomeState.UNKNOWN
        client, _ = scripted(lost)
        with pytest.raises(httpx.ReadTimeout):
            await client.confirm_shipments([notice()])

    async def test_the_rest_of_a_broken_lot_is_unknown(self) -> None:
        client, _ = scripted({"packageNumber": "5001"}, (503, None))
        states = [
            o.state for o in (await client.confirm_shipments([notice(), notice(key="m"), notice(key="o")])).outcomes
        ]
        assert states == [OutcomeState.DONE, OutcomeState.UNKNOWN, OutcomeState.UNKNOWN]
        client, _ = scripted((503, None))
        with pytest.raises(TheirsError):
            await client.confirm_shipments([notice()])


class TestLabels:
    async def test_one_a_package(self) -> None:
        lines = [line(status="Packaged", packageNumber="5001"), line(id="b", packageNumber="5002")]
        client, script = scripted(detail(*lines), {"data": ["^XA1^XZ"]}, NOT_FOUND)
        (order,) = await client.order(NUMBER)
        assert [one.data for one in await client.label(order)] == [b"^XA1^XZ"]
        assert [path.split("/")[-2] for path in script.paths[1:]] == ["5001", "5002"]

    async def test_packed_after_it_was_read(self) -> None:
        client, _ = scripted(detail(), PACKED, {"data": ["^XA^XZ"]})
        (order,) = await client.order(NUMBER)
        assert len(await client.label(order)) == 1
        client, _ = scripted(detail(), detail())
        (order,) = await client.order(NUMBER)
        assert await client.label(order) == ()

    async def test_a_failure_is_no_missing_label(self) -> None:
        client, _ = scripted(PACKED, (500, None))
        (order,) = await client.order(NUMBER)
        with pytest.raises(TheirsError):
            await client.label(order)


CLAIM = {
    "number": "8", "orderNumber": NUMBER, "claimDate": "2026-11-06T13:22:27", "status": "AwaitingAction",
    "sku": "HBV00000ABCDE", "quantity": 1,
}  # fmt: skip


class TestClaims:
    async def test_lines_come_from_the_order(self) -> None:
        rows = [CLAIM, {**CLAIM, "number": "9"}, {**CLAIM, "number": "10", "orderNumber": "2"}]
        client, script = scripted(rows, detail(), detail())
        claims, _, _ = await every(client.claims(WINDOW))
        assert [one.lines for one in claims] == [((A, 1),)] * 3
        assert len(script.requests) == 3
        assert dict(script.requests[0].url.params)["beginDate"] == "2026-10-24 10:00"

    def claim(self, status: str = "AwaitingAction") -> Claim:
        return Claim("8", NUMBER, status, NOW)

    async def test_accepting(self) -> None:
        client, script = scripted((204, None))
        assert (await client.accept_claim(self.claim())).state is OutcomeState.DONE
        assert script.paths == ["POST /claims/number/8/accept"]
        assert (await client.accept_claim(self.claim("Refunded"))).state is OutcomeState.DONE

    async def test_accepted_before(self) -> None:
        client, _ = scripted(CONFLICT, [], [CLAIM])
        assert (await client.accept_claim(self.claim())).state is OutcomeState.DONE

    @pytest.mark.parametrize(
        ("answers", "state"),
        [
            ((CONFLICT, [], []), OutcomeState.REFUSED),
            (((403, None),), OutcomeState.REFUSED),
            (((500, None),), OutcomeState.UNKNOWN),
        ],
    )
    async def test_refused_or_lost(self, answers: tuple[Any, ...], state: OutcomeState) -> None:
        client, _ = scripted(*answers)
        assert (await client.accept_claim(self.claim())).state is state

    async def test_not_sent(self) -> None:
        client, _ = scripted((429, None))
        with pytest.raises(TheirsError):
            await client.accept_claim(self.claim())
