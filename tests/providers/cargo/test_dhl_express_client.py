"""The DHL Express client against scripted answers: what it asks, in which order, and what it never asks twice."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.contracts import Account, Message, OursError, OutcomeState, ProviderError, TheirsError, YoursError, fail
from app.contracts.capabilities import capabilities_of
from app.model import ShipmentStatus
from providers.cargo.dhl_express import PICKUPS, DhlExpress
from tests.providers.cargo.dhl_express_support import NOW, PDF, REQUEST, account, event, made, problem, request, tracked

KEY = "PX-2026-0001"
Answer = tuple[int, Any] | Message
MADE: Answer = (201, made())
NONE: Answer = (404, problem(404, "No Shipments Found for ReferenceID | PX"))
IMAGES: Answer = (200, {"documents": [{"shipmentTrackingNumber": "5", "typeCode": "waybill", "encodingFormat": "PDF", "content": base64.b64encode(PDF).decode()}]})  # fmt: skip
NO_IMAGE: Answer = (404, problem(404, "1504: No document images found for the provided search criteria."))
GONE = Message("net.cut", {"sent": "yes"})
CREATE, FIND, IMAGE, PICKUP = (
    "POST /shipments",
    "GET /tracking",
    "GET /shipments/5374534546/get-image",
    "DELETE /pickups/PRG1",
)


class Script:
    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.path.removeprefix('/mydhlapi')}")
        self.requests.append(request)
        assert self.answers, f"nobody expected {self.asked[-1]}"
        answer = self.answers.pop(0)
        if isinstance(answer, Message):
            raise fail(answer)
        status, data = answer
        body = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
        return httpx.Response(status, content=body, headers={"content-type": "application/json"})


def client(*answers: Answer, held: Account | None = None) -> tuple[DhlExpress, Script]:
    script, held = Script(*answers), held or account()
    return DhlExpress(httpx.AsyncClient(transport=httpx.MockTransport(script), base_url=held.base_url), held), script


def later(held: Account, minutes: float) -> Account:
    """The same account, some minutes on."""
    moved = account()
    object.__setattr__(moved, "now", lambda: NOW + timedelta(minutes=minutes))
    moved.learnt.update(held.learnt)
    return moved


def found(*events: dict[str, Any]) -> Answer:
    return 200, tracked(*events)


def test_capabilities() -> None:
    assert capabilities_of(DhlExpress) == {"probe", "carrier", "tracking", "rates"}


async def test_labels_come_with_the_shipment() -> None:
    carrier, script = client(MADE)
    shipment = await carrier.create(REQUEST)
    assert (shipment.reference, shipment.tracking_number, [one.data for one in shipment.labels]) == (
        KEY,
        "5374534546",
        [PDF],
    )
    assert script.asked == [CREATE]
    asked = script.requests[0]
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(b"ornek-api:gizli-sifre").decode()
    assert asked.headers["x-version"] == "3.1.0"
    assert carrier.account.learnt == {}


async def test_the_test_environment_has_its_own_path() -> None:
    held = account()
    object.__setattr__(held, "urls", {"api": held.base_url, "rest": "https://express.api.dhl.com/mydhlapi/test"})
    carrier, script = client(MADE, held=held)
    await carrier.create(REQUEST)
    assert script.asked == ["POST /test/shipments"]


async def test_a_bad_request_never_leaves() -> None:
    carrier, script = client()
    with pytest.raises(YoursError) as caught:
        await carrier.create(request(to_city=""))
    assert caught.value.message.field == "city"
    with pytest.raises(YoursError):
        await carrier.rates(request(to_city=""))
    assert script.asked == []


async def test_a_refusal_is_no_lost_answer() -> None:
    for answer in (
        (400, problem(400, "420504: The postal code is not valid")),
        (401, {}),
        (429, {}),
        Message("net.unreachable", {"sent": "no"}),
        Message("net.cut", {"sent": "no"}),
    ):
        carrier, _ = client(answer)
        with pytest.raises(ProviderError):
            await carrier.create(REQUEST)
        assert carrier.account.learnt == {}


async def test_after_a_lost_answer_not_found_is_not_believed() -> None:
    held = account()
    carrier, script = client(GONE, NONE, NONE, held=held)
    with pytest.raises(TheirsError):
        await carrier.create(REQUEST)
    for doing in (carrier.find(KEY), carrier.cancel(KEY)):
        with pytest.raises(TheirsError) as caught:
            await doing
        assert caught.value.message.code == "net.cut"
    script.answers = [NONE]
    with pytest.raises(TheirsError):
        await carrier.create(REQUEST)
    assert script.asked == [CREATE, FIND, FIND, FIND], "and never made again meanwhile"
    waited, script = client(NONE, MADE, held=later(held, 31))
    assert await waited.find(KEY) is None
    await waited.create(REQUEST)
    assert script.asked == [FIND, CREATE]
    assert waited.account.learnt == {}


async def test_what_shows_up_after_a_lost_answer_is_ours() -> None:
    carrier, script = client((201, made(shipmentTrackingNumber="")), found(), IMAGES)
    with pytest.raises(OursError):
        await carrier.create(REQUEST)
    shipment = await carrier.create(REQUEST)
    assert (shipment.tracking_number, [one.data for one in shipment.labels]) == ("5374534546", [PDF])
    assert script.asked == [CREATE, FIND, IMAGE]
    assert carrier.account.learnt == {}
    assert dict(script.requests[-1].url.params)["pickupYearAndMonth"] == "2026-11"
    assert dict(script.requests[1].url.params)["shipmentReference"] == KEY


async def test_find_brings_the_waybill_only_while_it_is_of_use() -> None:
    carrier, script = client(found(), NO_IMAGE)
    shipment = await carrier.find(KEY)
    assert shipment is not None
    assert (shipment.status, shipment.labels) == (ShipmentStatus.CREATED, ())
    script.answers = [found(event("PU", "2026-11-25"))]
    shipment = await carrier.find(KEY)
    assert shipment is not None
    assert (shipment.status, shipment.vendor_status) == (ShipmentStatus.ACCEPTED, "PU")
    assert script.asked == [FIND, IMAGE, FIND]
    for answer in (GONE, (401, {})):
        carrier, _ = client(found(), answer)
        with pytest.raises(ProviderError):
            await carrier.find(KEY)


async def test_find_says_none_only_when_it_is_sure() -> None:
    carrier, _ = client(NONE)
    assert await carrier.find(KEY) is None
    for answer in (
        (404, b""),
        (404, {"message": "no Route matched"}),
        (500, {}),
        (200, tracked(reference="another")),
        GONE,
    ):
        carrier, _ = client(answer)
        with pytest.raises(ProviderError):
            await carrier.find(KEY)


async def test_there_is_no_cancelling() -> None:
    for answer, code in (
        (NONE, "item.not_found"),
        (found(), "item.no_cancel"),
        (found(event("PU", "2026-11-25")), "item.conflict"),
    ):
        carrier, script = client(answer)
        outcome = await carrier.cancel(KEY)
        assert outcome.message is not None
        assert (outcome.state, outcome.message.code) == (OutcomeState.REFUSED, code)
        assert script.asked == [FIND]


async def test_a_pickup_is_called_off() -> None:
    held = account()
    carrier, script = client((201, made(dispatchConfirmationNumber="PRG1")), found(), (200, b""), found(), held=held)
    await carrier.create(request(options={"pickup": "yes"}))
    assert held.learnt == {PICKUPS: f"{KEY}=PRG1"}
    for _ in range(2):
        outcome = await carrier.cancel(KEY)
        assert outcome.message is not None
        assert outcome.message.code == "item.no_cancel"
    assert script.asked == [CREATE, FIND, PICKUP, FIND], "once"
    assert held.learnt == {}
    for answer, state in (
        (GONE, OutcomeState.UNKNOWN),
        ((404, problem(404, "Pickup not found")), OutcomeState.REFUSED),
    ):
        held = account()
        held.learnt[PICKUPS] = f"PX-9=PRG9 {KEY}=PRG1"
        carrier, _ = client(found(), answer, held=held)
        assert (await carrier.cancel(KEY)).state is state
        assert ("PRG1" in held.learnt[PICKUPS]) is (state is OutcomeState.UNKNOWN)
    held.learnt[PICKUPS] = f"{KEY}=PRG1"
    carrier, _ = client(found(), (401, {}), held=held)
    with pytest.raises(YoursError):
        await carrier.cancel(KEY)


async def test_tracking() -> None:
    ours = found(event("PU", "2026-11-25"), event("OK", "2026-11-26", signedBy="ELİF"))
    carrier, script = client(ours, NONE, (200, {"shipments": [{}]}))
    (report,) = await carrier.track([KEY, "PX-9", "PX-8"])
    assert (report.reference, report.status, report.signed_by) == (KEY, ShipmentStatus.DELIVERED, "ELİF")
    assert script.asked == [FIND] * 3
    carrier, _ = client((200, {"shipments": [{}]}))
    with pytest.raises(OursError):
        await carrier.track([KEY])
    carrier, _ = client(ours, (401, {}))
    with pytest.raises(YoursError):
        await carrier.track([KEY, "PX-9"])
    assert await client()[0].track([]) == ()


async def test_prices_and_the_probe() -> None:
    row = {"productCode": "P", "totalPrice": [{"currencyType": "BILLC", "priceCurrency": "TRY", "price": 10.5}]}
    carrier, script = client((200, {"products": [row]}), (404, problem(404, "996: No products found")))
    (rate,) = await carrier.rates(REQUEST)
    assert (rate.service, rate.price.text()) == ("P", "10.50")
    assert await carrier.rates(REQUEST) == ()
    assert script.asked == ["POST /rates"] * 2
    carrier, script = client((404, problem(404, "Products not found")))
    assert (await carrier.probe()).facts == {"user": "123456789"}
    assert script.asked == ["GET /products"]
    for answer, code in (
        ((400, problem(400, "The account number is not found or invalid.")), "config.field"),
        ((401, {}), "auth.refused"),
    ):
        for name in ("probe", "rates"):
            carrier, _ = client(answer)
            with pytest.raises(YoursError) as caught:
                await getattr(carrier, name)(*([REQUEST] if name == "rates" else []))
            assert caught.value.message.code == code
