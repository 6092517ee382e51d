"""The idefix client over a scripted transport: what it asks after what, and what it makes of refusals and lost answers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from app.contracts import OursError, Outcome, OutcomeState, Page, ProviderError, TheirsError, YoursError
from app.model import Claim, ListingRef, Money, PriceChange, ShipmentNotice, ShippedLine, StockChange, Window
from tests.providers.marketplaces.idefix_support import LINE, NOW, claim, page, scripted, shipment


async def every(pages: AsyncIterator[Page[Any]]) -> list[Any]:
    return [one async for found in pages for one in found.items]


def ids(found: list[Any]) -> list[str]:
    return [one.remote_id for one in found]


class TestKeys:
    async def test_a_secret_leaves_one_way(self) -> None:
        client, script = scripted((401, {"message": "VENDOR_TOKEN_NOT_EXIST"}))
        with pytest.raises(YoursError, match=r"auth\.refused"):
            await client.probe()
        assert script.keys == ["YW5haHRhci0xOnNpci0x"]
        client, _ = scripted({"products": []})
        await client.probe()
        assert client.account.learnt == {}

    async def test_without_one_the_ways_are_tried_and_remembered(self) -> None:
        refused = (401, {"message": "VENDOR_TOKEN_NOT_EXIST"})
        client, script = scripted(refused, {"products": []}, {"products": []}, refused, secret="")
        found = await client.probe()
        assert found.facts == {"vendor_id": "123/4"}
        assert script.keys == ["anahtar-1", "YW5haHRhci0xOg=="]
        assert client.account.learnt == {"key_form": "colon"}
        await client.probe()
        with pytest.raises(YoursError):  # a way that worked is not left for one refusal
            await client.probe()
        assert script.keys[2:] == ["YW5haHRhci0xOg=="] * 2

    async def test_no_way_is_let_in(self) -> None:
        client, script = scripted(*[(401, b"")] * 3, (503, b""), secret="")
        with pytest.raises(YoursError, match=r"auth\.refused"):
            await client.probe()
        assert len(script.keys) == 3
        with pytest.raises(TheirsError):
            await client.probe()
        assert client.account.learnt == {}


class TestOrders:
    async def test_the_newest_and_the_changed_each_told_once(self) -> None:
        new, old = shipment(id=1), shipment(id=2)
        client, script = scripted(page(new), page(new, pages=2), page(old, pages=2))
        found = [one async for one in client.orders(Window(NOW - timedelta(days=20), NOW))]
        assert [ids(list(one.items)) for one in found] == [["1"], [], ["2"]]
        assert all(one.covered_until is None for one in found)
        assert script.asked(0)["startDate"] == "2026/11/16 12:00:00"
        assert [script.asked(n).get("lastUpdatedAt") for n in (1, 2)] == ["2026/11/03 12:00:00"] * 2
        assert [script.asked(n)["page"] for n in (1, 2)] == ["1", "2"]

    async def test_a_filter_that_misses_a_new_one_is_not_believed(self) -> None:
        client, script = scripted(
            page(shipment(id=1)), page(), page(shipment(id=3)), page(shipment(id=1), shipment(id=2))
        )
        found = await every(client.orders(Window(NOW - timedelta(days=10), NOW)))
        assert ids(found) == ["1", "3", "2"]
        assert [script.asked(n)["startDate"] for n in (2, 3)] == ["2026/11/13 12:00:00", "2026/11/20 12:00:00"]

    async def test_a_list_without_a_count_of_pages(self) -> None:
        many = [shipment(id=n) for n in range(50)]
        client, script = scripted(page(), page(*many, pages=None), page(shipment(id=99), pages=None))
        assert len(await every(client.orders(Window(NOW - timedelta(days=1), NOW)))) == 51
        assert not script.answers

    async def test_an_order_by_its_number(self) -> None:
        client, _ = scripted(page(shipment(), shipment(id=5), shipment(orderNumber="IDE80000191")), page())
        assert ids(list(await client.order("IDE8000019"))) == ["3000019", "5"]
        assert await client.order("1") == ()
        client, _ = scripted(page(shipment(items=[])))
        with pytest.raises(OursError, match="items"):
            await client.order("IDE8000019")


def products(first: int, count: int) -> dict[str, Any]:
    return {"products": [{"barcode": str(n), "title": "A", "price": 5} for n in range(first, first + count)]}


class TestListings:
    async def test_until_a_page_is_not_full(self) -> None:
        client, script = scripted(products(0, 100), products(100, 100), products(200, 3))
        assert len(await every(client.listings(None))) == 203
        assert [script.asked(n)["page"] for n in range(3)] == ["1", "2", "3"]
        assert client.account.learnt == {}

    async def test_smaller_pages_where_large_ones_are_refused(self) -> None:
        client, script = scripted((422, b""), (400, b""), products(0, 2), products(0, 2))
        assert len(await every(client.listings(None))) == 2
        assert [script.asked(n)["limit"] for n in range(3)] == ["100", "50", "20"]
        assert client.account.learnt == {"listing_size": "20"}
        assert len(await every(client.listings(None))) == 2
        assert script.asked(3)["limit"] == "20"
        client.account.learnt["listing_size"] = "7"
        script.answers = [products(0, 1)]
        assert len(await every(client.listings(None))) == 1

    async def test_other_failures_are_failures(self) -> None:
        for answers in ([(503, b"")], [products(0, 100), (422, b"")], [(422, b"")] * 3):
            client, script = scripted(*answers)
            with pytest.raises(ProviderError):
                await every(client.listings(None))
            assert not script.answers


def stock(key: str, count: int = 1) -> StockChange:
    return StockChange(key, ListingRef(key, ""), count)


class TestUploads:
    async def test_what_cannot_be_sent_is_refused_alone(self) -> None:
        client, script = scripted({"batchRequestId": "b-1", "status": "created"})
        receipt = await client.set_stocks([stock("1"), stock("2", -1)])
        assert [(one.key, one.state) for one in receipt.outcomes] == [
            ("1", OutcomeState.PENDING),
            ("2", OutcomeState.REFUSED),
        ]
        assert receipt.ticket == "b-1"
        bad = PriceChange("p", ListingRef("1", ""), Money.of("5", "USD"))
        receipt = await client.set_prices([bad])
        assert (receipt.outcomes[0].state, receipt.ticket) == (OutcomeState.REFUSED, "")
        assert len(script.requests) == 1

    async def test_taken_without_an_id_is_unknown(self) -> None:
        client, _ = scripted({})
        (outcome,) = (await client.set_stocks([stock("1")])).outcomes
        assert (outcome.state, outcome.message is not None) == (OutcomeState.UNKNOWN, True)

    async def test_a_forgotten_upload(self) -> None:
        rows = {"status": "completed", "items": [{"barcode": "1", "status": "completed"}]}
        client, _ = scripted((404, {"message": "BATCH_NOT_EXIST"}), (503, b""), rows)
        assert (await client.batch_result("b", [stock("1")])).outcomes[0].state is OutcomeState.UNKNOWN
        with pytest.raises(TheirsError):
            await client.batch_result("b", [stock("1")])
        assert (await client.batch_result("b", [stock("1")])).outcomes[0].state is OutcomeState.DONE


def notice(**changes: Any) -> ShipmentNotice:
    told = {"carrier": "Sürat Kargo", "tracking_number": "734512", **changes}
    return ShipmentNotice("n1", "3000019", "IDE8000019", **told)


async def confirmed(*answers: Any, **changes: Any) -> tuple[Outcome, list[Any]]:
    client, script = scripted(*answers)
    (outcome,) = (await client.confirm_shipments([notice(**changes)])).outcomes
    assert not script.answers, "fewer calls than expected"
    return outcome, [json.loads(one.content) for one in script.requests if one.method == "POST"]


class TestShipping:
    async def test_a_number_of_the_merchant_s_own(self) -> None:
        outcome, told = await confirmed(page(shipment()), {"id": 1})
        assert outcome.state is OutcomeState.DONE
        assert told == [{"trackingNumber": "734512", "trackingUrl": "https://www.suratkargo.com.tr"}]
        _, told = await confirmed(page(shipment()), {"id": 1}, tracking_url="https://t", carrier="?")
        assert told[0]["trackingUrl"] == "https://t"

    @pytest.mark.parametrize("number", ["", "883000019"])
    async def test_the_platform_s_contract_is_left_alone(self, number: str) -> None:
        outcome, told = await confirmed(page(shipment()), {"id": 1}, tracking_number=number)
        assert (outcome.state, told) == (OutcomeState.DONE, [{"status": "picking"}])
        outcome, told = await confirmed(page(shipment(status="shipment_invoiced")), tracking_number=number)
        assert (outcome.state, told) == (OutcomeState.DONE, [])

    @pytest.mark.parametrize("status", ["shipment_in_cargo", "shipment_delivered", "shipment_returned"])
    async def test_what_was_told_is_not_told_again(self, status: str) -> None:
        outcome, told = await confirmed(page(shipment(status=status)))
        assert (outcome.state, told) == (OutcomeState.DONE, [])

    @pytest.mark.parametrize(
        ("rows", "changes", "code", "field"),
        [
            ([], {}, "item.not_found", ""),
            ([shipment(status="shipment_cancelled")], {}, "item.conflict", ""),
            ([shipment()], {"carrier": "Kervan"}, "item.refused", "tracking_url"),
            ([shipment()], {"lines": (ShippedLine("60000190", 1),)}, "item.refused", "lines"),
            (
                [shipment(items=[LINE, {**LINE, "id": 2}])],
                {"lines": (ShippedLine("60000190", 2),)},
                "item.refused",
                "lines",
            ),
        ],
    )
    async def test_refused_before_anything_is_sent(
        self, rows: list[Any], changes: dict[str, Any], code: str, field: str
    ) -> None:
        outcome, told = await confirmed(page(*rows), **changes)
        assert (outcome.state, told) == (OutcomeState.REFUSED, [])
        assert outcome.message is not None
        assert (outcome.message.code, outcome.message.field) == (code, field)

    async def test_lines_that_are_all_of_it(self) -> None:
        row = shipment(items=[LINE, {**LINE, "id": 2, "itemStatus": "shipment_cancelled"}])
        outcome, told = await confirmed(page(row), {"id": 1}, lines=(ShippedLine("60000190", 2),))
        assert (outcome.state, len(told)) == (OutcomeState.DONE, 1)

    async def test_a_refusal_is_looked_at(self) -> None:
        """Somebody was quicker; or the buyer cancelled; or idefix just does not want it."""
        no = (400, {"message": "Kargo profili uyuşmuyor"})
        quicker, _ = await confirmed(page(shipment()), no, page(shipment(status="shipment_in_cargo")))
        assert quicker.state is OutcomeState.DONE
        for row, code in ((page(shipment(status="shipment_cancelled")), "item.conflict"), (page(), "item.not_found")):
            gone, _ = await confirmed(page(shipment()), no, row)
            assert gone.message is not None
            assert gone.message.code == code
        plain, _ = await confirmed(page(shipment()), no, page(shipment()))
        assert plain.state is OutcomeState.REFUSED
        assert plain.message is not None
        assert plain.message.vendor_text == "Kargo profili uyuşmuyor"

    async def test_lost_answers(self) -> None:
        client, script = scripted(page(shipment()), (500, b""))
        with pytest.raises(TheirsError):
            await client.confirm_shipments([notice()])
        script.answers = [page(shipment(status="shipment_in_cargo")), (503, b"")]
        receipt = await client.confirm_shipments([notice(), notice(), notice()])
        assert [one.state.value for one in receipt.outcomes] == ["done", "unknown", "unknown"]


def back(status: str = "ready") -> Claim:
    return Claim("247", "IDE8", status, NOW - timedelta(days=2))


class TestClaims:
    async def test_list(self) -> None:
        client, script = scripted(page(claim("ready"), pages=2), page(claim("ready", id=5), pages=2), *[page()] * 4)
        assert ids(await every(client.claims(Window(NOW - timedelta(days=2), NOW)))) == ["247", "5"]
        assert script.asked(0)["startDate"] == "2026/10/22 12:00:00"

    async def test_accept_says_first_that_it_has_arrived(self) -> None:
        client, script = scripted(page(claim("in_cargo", "waiting_vendor_approve", "decline")), {"id": 1}, {"id": 1})
        assert (await client.accept_claim(back())).state is OutcomeState.DONE
        assert [(one.url.path.rpartition("/")[2], json.loads(one.content)) for one in script.requests[1:]] == [
            ("claim-delivered-to-vendor", {"claimLineIds": ["70"]}),
            ("claim-approve", {"claimLineIds": ["70", "71"]}),
        ]
        client, script = scripted(page(claim("waiting_vendor_approve")), {"id": 1})
        assert (await client.accept_claim(back())).state is OutcomeState.DONE

    async def test_accept_what_was_decided(self) -> None:
        client, script = scripted()
        assert (await client.accept_claim(back("approved"))).state is OutcomeState.DONE
        for states, state, code in (
            (("approved", "decline"), OutcomeState.DONE, ""),
            (("vendor_decline_request",), OutcomeState.REFUSED, "item.conflict"),
            ((), OutcomeState.REFUSED, "item.not_found"),
        ):
            script.answers = [page(claim(*states))]
            outcome = await client.accept_claim(back())
            assert outcome.state is state
            assert (outcome.message.code if outcome.message else "") == code

    async def test_accept_refused_or_lost(self) -> None:
        no, waiting = (400, {"message": "Olmaz"}), page(claim("waiting_vendor_approve"))
        client, script = scripted(waiting, no, page(claim("approved")))
        assert (await client.accept_claim(back())).state is OutcomeState.DONE
        script.answers = [waiting, no, waiting]
        assert (await client.accept_claim(back())).state is OutcomeState.REFUSED
        script.answers = [waiting, (500, b"")]
        assert (await client.accept_claim(back())).state is OutcomeState.UNKNOWN
        script.answers = [waiting, (429, b"")]
        with pytest.raises(ProviderError, match=r"rate\.limited"):
            await client.accept_claim(back())
        script.answers = [page(claim("ready")), {"id": 1}, (429, b"")]
        assert (await client.accept_claim(back())).state is OutcomeState.UNKNOWN
