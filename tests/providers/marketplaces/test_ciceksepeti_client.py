"""The ÇiçekSepeti client on scripted answers: which calls it makes, in which order, and how their ends are judged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.contracts import Message, OutcomeState, ProviderError
from app.contracts.results import Page
from app.model import Claim, ListingRef, Money, PriceChange, ShipmentNotice, StockChange, Window
from tests.providers.marketplaces.ciceksepeti_support import CANCELLED, NOW, cancelled, orders, row, scripted

NONE = orders()
RECENT = Window(NOW - timedelta(minutes=15), NOW)
LIMIT = (400, {"Message": "Limit aşımı. Kalan Süre: 4 saniye"})


async def pull(client: Any, window: Window = RECENT) -> list[Page[Any]]:
    return [page async for page in client.orders(window)]


async def test_every_call_is_signed() -> None:
    client, script = scripted({"products": [], "totalCount": 7}, integrator_name="Paxzar")
    found = await client.probe()
    assert found.facts == {"seller_id": "123456", "listings": "7"}
    assert script.requests[0].headers["x-api-key"] == "anahtar-1"
    assert script.requests[0].headers["user-agent"] == "123456-Paxzar"
    client, script = scripted({"products": []}, (401, {"Message": "Geçersiz API Key"}))
    assert (await client.probe()).facts == {"seller_id": "123456"}
    with pytest.raises(ProviderError, match=r"auth\.refused"):
        await client.probe()
    assert script.requests[0].url.params["SortMethod"] != script.requests[1].url.params["SortMethod"]
    client, _ = scripted((200, {"Message": "Bir hata oluştu"}))
    with pytest.raises(ProviderError, match="field_missing"):
        await client.probe()


async def test_a_pull_reads_both_lists_of_three_pieces() -> None:
    fresh = row(orderId=2, orderModifyDate="23/11/2026", orderModifyTime="11:50")
    client, script = scripted(cancelled(), NONE, NONE, NONE, NONE, orders(row(), fresh), NONE)
    pages = await pull(client)
    assert script.paths() == ["/Order/getcanceledorders", *["/Order/GetOrders"] * 6]
    assert [one.number for page in pages for one in page.items] == ["2"], "the other one did not change"
    assert all(page.covered_until is None for page in pages)
    asked = script.bodies()[1:]
    assert [one.get("isOrderStatusActive") for one in asked] == [None, False] * 3
    assert asked[0]["startDate"] == "2026-10-16T05:45:00"
    assert asked[-1]["endDate"] == "2026-11-23T12:00:17"


async def test_pages_are_gathered_before_an_order_is_told() -> None:
    full = [row(orderItemId=n, orderId=9 if n > 98 else 1000 + n) for n in range(100)]
    rest = row(orderItemId=100, orderId=9)
    answers = [cancelled(), orders(*full, count=101), orders(rest, count=101), NONE, NONE, NONE, NONE, NONE]
    client, script = scripted(*answers)
    window = Window(NOW - timedelta(days=4), NOW)  # 38 and 4 days and three hours: four pieces
    client, script = scripted(*answers, NONE, NONE)
    pages = await pull(client, window)
    order = next(one for page in pages for one in page.items if one.number == "9")
    assert len(order.lines) == 2
    assert [one["page"] for one in script.bodies()[1:4]] == [0, 1, 0]


async def test_an_unreadable_order_is_told_once_where_pieces_overlap() -> None:
    bad = orders(row(quantity="iki", orderModifyDate="23/11/2026", orderModifyTime="11:50"))
    client, _ = scripted(cancelled({"orderItemId": 5}), bad, NONE, bad, NONE, NONE, NONE)
    pages = await pull(client)
    assert [(one.remote_id, one.message.code) for page in pages for one in page.rejects] == [
        ("5", "answer.field_missing"), ("40000001", "answer.unreadable"),
    ]  # fmt: skip


async def test_an_old_order_is_told_when_it_is_cancelled() -> None:
    old = row(orderCreateDate="01/06/2026", isOrderStatusActive=False)
    client, script = scripted(cancelled({**CANCELLED, "cancelType": 1}), *[NONE] * 6, NONE, orders(old))
    pages = await pull(client)
    assert [one.number for page in pages for one in page.items] == ["40000001"]
    assert [one.get("orderNo") for one in script.bodies()[-2:]] == [40000001, 40000001]


async def test_one_order() -> None:
    client, script = scripted(orders(row()), orders(row(orderItemId=2, isOrderStatusActive=False)))
    (order,) = await client.order("40000001")
    assert [line.cancelled for line in order.lines] == [True, False]
    for odd in ("", "A-1", "²", "1" * 30):
        assert await client.order(odd) == ()
    assert len(script.requests) == 2, "no call for what is no number"
    client, _ = scripted(orders(row(quantity=None)), NONE)
    with pytest.raises(ProviderError) as caught:
        await client.order("40000001")
    assert caught.value.message.params["operation"] == "order"


async def test_listings_to_the_last_page() -> None:
    def page(count: int, total: int | None) -> dict[str, Any]:
        return {"totalCount": total, "products": [{"stockCode": f"K{n}"} for n in range(count)]}

    for answers in (
        [page(50, 110), page(50, 110), page(10, 110)],  # smaller pages than asked for
        [page(60, None), page(60, None), page(3, None)],
        [page(60, 200), page(60, 200), page(0, 200)],  # an empty page is the end, whatever the total says
    ):
        client, script = scripted(*answers)
        found = [one async for one in client.listings(None)]
        assert len(found) == 3
        assert [one.url.params["Page"] for one in script.requests] == ["1", "2", "3"]
        assert len({one.url.params["PageSize"] for one in script.requests}) == 1


async def test_prices_wait_for_their_batch() -> None:
    changes = [
        PriceChange("good", ListingRef("A", "A"), Money.of("5", "TRY")),
        PriceChange("bad", ListingRef("B", "B"), Money.of("5", "EUR")),
    ]
    client, script = scripted({"batchId": "b-1"}, {"items": []}, (404, {"Message": "Batch bulunamadı"}), LIMIT)
    receipt = await client.set_prices(changes)
    assert {one.key: one.state for one in receipt.outcomes} == {
        "good": OutcomeState.PENDING,
        "bad": OutcomeState.REFUSED,
    }
    assert receipt.ticket == "b-1"
    for _ in range(2):  # the second time within a minute costs no call
        again = await client.batch_result("b-1", changes[:1])
        assert [one.state for one in again.outcomes] == [OutcomeState.PENDING]
    assert len(script.requests) == 2
    gone = await client.batch_result("b-2", changes[:1])
    assert [one.state for one in gone.outcomes] == [OutcomeState.UNKNOWN]
    with pytest.raises(ProviderError, match=r"rate\.limited"):
        await client.batch_result("b-3", changes[:1])
    assert (await client.set_prices(changes[1:])).ticket == "", "nothing good, no call"
    assert len(script.requests) == 4


async def test_the_same_stock_within_half_an_hour_waits() -> None:
    client, _ = scripted((429, {"Message": "Aynı istek 30 dakika içinde yalnızca 1 kez gönderilebilir"}))
    with pytest.raises(ProviderError) as caught:
        await client.set_stocks([StockChange("s", ListingRef("A", "A"), 1)])
    assert (caught.value.message.code, caught.value.message.retry_after) == ("rate.repeated", 1800.0)


# -- shipping ------------------------------------------------------------------------------------------------------------
DONE = {"statusUpdateResponse": [{"orderItems": [{"orderItemId": 1, "partialNumber": "7-10"}], "isSuccess": True}]}
NO = {
    "statusUpdateResponse": [{"orderItems": [], "isSuccess": False, "message": "Order not available for this status!"}]
}
OTHER_MODEL = (400, {"Message": "This branch's integration type is not supported this method"})


def notice(key: str = "n", **extra: str) -> ShipmentNotice:
    return ShipmentNotice(key, "40000001", "40000001", "Sürat Kargo", "734", extra=extra)


async def confirm(script: tuple[Any, Any], *notices: ShipmentNotice) -> list[tuple[OutcomeState, str, str]]:
    receipt = await script[0].confirm_shipments(notices)
    return [(one.state, one.message.code if one.message else "", one.remote_ref) for one in receipt.outcomes]


@pytest.mark.parametrize(
    ("extra", "answers", "expected", "calls"),
    [
        ({"items": "50000001:1", "model": "1"}, [DONE], (OutcomeState.DONE, "", "7-10"), ["ready"]),
        ({"items": "50000001:11"}, [], (OutcomeState.DONE, "", "40000001"), []),
        ({}, [NONE, NONE], (OutcomeState.REFUSED, "item.not_found", ""), ["Get", "Get"]),
        ({}, [orders(row()), NONE, DONE], (OutcomeState.DONE, "", "7-10"), ["Get", "Get", "ready"]),
        ({}, [orders(row(orderItemStatusId=5)), NONE], (OutcomeState.DONE, "", "40000001"), ["Get", "Get"]),
        ({}, [NONE, orders(row(isOrderStatusActive=False))], (OutcomeState.REFUSED, "item.conflict", ""), ["Get", "Get"]),
        ({"items": "50000001:1"}, [NO, orders(row(orderItemStatusId=11)), NONE], (OutcomeState.DONE, "", "40000001"), ["ready", "Get", "Get"]),
        ({"items": "50000001:1"}, [NO, orders(row()), NONE], (OutcomeState.REFUSED, "item.refused", ""), ["ready", "Get", "Get"]),
        ({"items": "50000001:1"}, [(400, {}), NONE, NONE], (OutcomeState.REFUSED, "request.refused", ""), ["ready", "Get", "Get"]),
        ({"items": "1:1", "model": "2"}, [OTHER_MODEL, DONE], (OutcomeState.DONE, "", "7-10"), ["status", "ready"]),
        ({"items": "1:1", "model": "1"}, [OTHER_MODEL, DONE], (OutcomeState.DONE, "", "7-10"), ["ready", "status"]),
        ({"items": "1:1"}, [OTHER_MODEL, DONE], (OutcomeState.DONE, "", "7-10"), ["ready", "status"]),
    ],
)  # fmt: skip
async def test_a_confirmation(extra: dict[str, str], answers: list[Any], expected: Any, calls: list[str]) -> None:
    made = scripted(*answers)
    assert await confirm(made, notice(**extra)) == [expected]
    assert [
        path.removeprefix("/Order/")[: len(call)] for path, call in zip(made[1].paths(), calls, strict=True)
    ] == calls


async def test_an_own_parcel_without_its_carrier() -> None:
    made = scripted(orders(row(cargoModelType=2)), NONE)
    own = ShipmentNotice("n", "40000001", "40000001", "Bilinmeyen", "734", extra={"items": "50000001:1", "model": "2"})
    assert await confirm(made, own) == [(OutcomeState.REFUSED, "item.refused", "")]


async def test_a_failure_among_confirmations() -> None:
    made = scripted(DONE, (503, {}))
    one = notice("a", items="1:1")
    found = await confirm(made, one, notice("b", items="2:1"), notice("c", items="3:1"))
    assert [state for state, _, _ in found] == [OutcomeState.DONE, OutcomeState.UNKNOWN, OutcomeState.UNKNOWN]
    with pytest.raises(ProviderError, match=r"server\.unavailable"):
        await confirm(scripted((503, {})), one)


# -- returns -------------------------------------------------------------------------------------------------------------
async def test_claims_with_their_quantities() -> None:
    first = {**CANCELLED, "orderItemStatus": "İade Kargoda", "orderItemId": 1}
    off = {**CANCELLED, "cancelType": 1, "orderItemId": 3}
    client, script = scripted(
        cancelled(),
        cancelled(first, CANCELLED, off, {**CANCELLED, "orderId": 8}),
        orders(row(quantity=2)),
        NONE,
        NONE,
        NONE,
    )
    window = Window(NOW - timedelta(days=10), NOW)
    claims = [one async for page in client.claims(window) for one in page.items]
    assert [(one.remote_id, one.order_number) for one in claims] == [
        ("50000001", "40000001"), ("50000001", "8"), ("1", "40000001"),
    ]  # fmt: skip
    assert [one.lines[0][1] for one in claims] == [2, 0, 0], "0: its item could not be found"
    assert len(script.requests) == 6, "each order is asked for once"


def claim(status: str = "İade Tedarikçide") -> Claim:
    return Claim("50000001", "40000001", status, NOW)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([{"isSuccess": True}], (OutcomeState.DONE, "")),
        ([{"isSuccess": False, "message": "x"}, cancelled(), cancelled()], (OutcomeState.REFUSED, "item.refused")),
        ([(400, {"Message": "x"}), cancelled(), cancelled(CANCELLED)], (OutcomeState.REFUSED, "request.refused")),
        (
            [(400, {}), cancelled(CANCELLED, {**CANCELLED, "orderItemCancelStatus": "Bayi Onay"})],
            (OutcomeState.DONE, ""),
        ),
        ([(500, {})], (OutcomeState.UNKNOWN, "server.error")),
    ],
)
async def test_accepting_a_return(answers: list[Any], expected: Any) -> None:
    client, script = scripted(*answers)
    outcome = await client.accept_claim(claim())
    message: Message | None = outcome.message
    assert (outcome.state, message.code if message else "") == expected
    assert script.bodies()[0] == {"orderItemId": 50000001, "process": 1}


async def test_accepting_what_is_decided_or_cannot_be_asked() -> None:
    client, script = scripted(LIMIT)
    assert (await client.accept_claim(claim("Firmaya İade Edildi"))).state is OutcomeState.DONE
    assert script.requests == []
    with pytest.raises(ProviderError, match=r"rate\.limited"):
        await client.accept_claim(claim())
