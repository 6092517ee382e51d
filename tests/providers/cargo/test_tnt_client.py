"""The TNT client against scripted answers: what it asks, in which order, and what it never asks twice."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs

import httpx
import pytest
from lxml import etree

from app.contracts import Account, Message, OursError, OutcomeState, ProviderError, TheirsError, YoursError, fail
from app.contracts.capabilities import capabilities_of
from app.model import ShipmentStatus
from providers.cargo.tnt import RESULTS, Tnt
from tests.providers.cargo.tnt_support import (
    NOW,
    NUMBER,
    REQUEST,
    account,
    consignment,
    failed,
    labelled,
    priced,
    refused,
    request,
    result,
    status,
    tracked,
)

KEY = "PX-2026-0001"
Answer = str | tuple[int, str] | Message
CODE, NONE = "COMPLETE:4711", tracked(consignment("CNF", number=""))
GONE = Message("net.cut", {"sent": "yes"})
LABEL = labelled("0901", "0902")


class Script:
    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        text = request.content.decode()
        inside = parse_qs(text)["xml_in"][0] if text.startswith("xml_in=") else text
        self.asked.append(
            inside if inside.startswith("GET_") else etree.QName(etree.fromstring(inside.encode())).localname
        )
        self.requests.append(request)
        assert self.answers, f"nobody expected {self.asked[-1]}"
        answer = self.answers.pop(0)
        if isinstance(answer, Message):
            raise fail(answer)
        code, data = answer if isinstance(answer, tuple) else (200, answer)
        return httpx.Response(code, content=data.encode(), headers={"content-type": "text/xml"})


SHIP, RESULT, TRACK, LABELS = "ESHIPPER", "GET_RESULT:4711", "TrackRequest", "labelRequest"


def client(*answers: Answer, held: Account | None = None) -> tuple[Tnt, Script]:
    script, held = Script(*answers), held or account()
    return Tnt(httpx.AsyncClient(transport=httpx.MockTransport(script), base_url=held.base_url), held), script


def later(held: Account, minutes: float) -> Account:
    moved = account()
    object.__setattr__(moved, "now", lambda: NOW + timedelta(minutes=minutes))
    moved.learnt.update(held.learnt)
    return moved


def test_capabilities() -> None:
    assert capabilities_of(Tnt) == {"probe", "carrier", "tracking", "rates"}


async def test_made_with_the_barcode_of_each_piece() -> None:
    carrier, script = client(CODE, result(), LABEL)
    made = await carrier.create(REQUEST)
    assert (made.reference, made.tracking_number, made.barcode, made.status) == (
        KEY,
        NUMBER,
        "0901 0902",
        ShipmentStatus.CREATED,
    )
    assert made.extra["letters.street"] == "Çiçek Mah. Şehit Ömer Sok. No:4 → Cicek Mah. Sehit Omer Sok. No:4"
    assert made.extra["letters.content"] == "Ahşap Işıldak → Ahsap Isildak"
    assert made.extra["route.destination"] == "ADB"
    assert script.asked == [SHIP, RESULT, LABELS]
    assert "authorization" not in script.requests[0].headers, "the shipping service has its login in the document"
    assert script.requests[2].headers["authorization"].startswith("Basic ")
    assert carrier.account.learnt == {RESULTS: f"{KEY}=4711"}


async def test_a_label_service_that_fails_costs_no_parcel() -> None:
    for answer in (GONE, (500, ""), labelled("0901")):
        carrier, _ = client(CODE, result(), answer)
        made = await carrier.create(REQUEST)
        assert (made.tracking_number, made.barcode) == (NUMBER, NUMBER)
    for answer in ("<a", "<html>"):
        carrier, script = client(CODE, result(), answer, NONE, result())
        with pytest.raises(ProviderError):
            await carrier.create(REQUEST)
        again = await carrier.create(REQUEST)
        assert (again.tracking_number, again.barcode) == (NUMBER, NUMBER)
        assert script.asked == [SHIP, RESULT, LABELS, TRACK, RESULT], "not made again"


async def test_pickups_are_told() -> None:
    row = "<BOOK><CONSIGNMENT><CONREF>P1</CONREF><SUCCESS>{}</SUCCESS>{}</CONSIGNMENT></BOOK>"
    for success, booking, told in (("Y", "<BOOKINGREF>CVT 8</BOOKINGREF>", "CVT 8"), ("Y", "", "yes"), ("N", "", "no")):
        carrier, _ = client(CODE, result(row.format(success, booking)), LABEL)
        assert (await carrier.create(request(options={"pickup": "yes"}))).extra["pickup"] == told


async def test_what_was_not_handed_over_is_handed_over_once_more() -> None:
    carrier, script = client(CODE, result(ship="N"), "COMPLETE:4712", result(create=""), LABEL)
    assert (await carrier.create(REQUEST)).tracking_number == NUMBER
    assert script.asked == [SHIP, RESULT, SHIP, "GET_RESULT:4712", LABELS]
    carrier, script = client(CODE, result(ship="N"), "COMPLETE:4712", result(create="", ship="N"))
    with pytest.raises(TheirsError):
        await carrier.create(REQUEST)
    assert RESULTS in carrier.account.learnt
    script.answers = [NONE, result(ship="N"), "COMPLETE:4713", result(create="")]
    found = await carrier.find(KEY)
    assert found is not None
    assert found.tracking_number == NUMBER


async def test_a_bad_request_never_leaves() -> None:
    carrier, script = client()
    for doing in (carrier.create(request(to_city="")), carrier.rates(request(to_city=""))):
        with pytest.raises(YoursError) as caught:
            await doing
        assert caught.value.message.field == "city"
    assert script.asked == []


async def test_a_refusal_is_no_shipment() -> None:
    for answers, code in (
        ((CODE, refused("555", "The receiver address town could not be found")), "address.refused"),
        ((CODE, refused("227", "The account number is invalid")), "config.field"),
        ((CODE, result(create="N", ship="")), "server.error"),
        ((failed("x", "login details not recognised"),), "auth.refused"),
        (((403, "<html>"),), "auth.ip_not_allowed"),
        ((Message("net.unreachable", {"sent": "no"}),), "net.unreachable"),
    ):
        carrier, _ = client(*answers)  # type: ignore[misc]
        with pytest.raises(ProviderError) as caught:
            await carrier.create(REQUEST)
        assert caught.value.message.code == code
        assert carrier.account.learnt == {}


async def test_the_code_of_a_result_outlives_a_lost_answer() -> None:
    carrier, script = client(CODE, GONE)
    with pytest.raises(TheirsError):
        await carrier.create(REQUEST)
    script.answers = [NONE, result()]
    found = await carrier.find(KEY)
    assert found is not None
    assert (found.tracking_number, found.status) == (NUMBER, ShipmentStatus.CREATED)
    assert script.asked == [SHIP, RESULT, TRACK, RESULT]
    assert carrier.account.learnt == {RESULTS: f"{KEY}=4711"}
    carrier, script = client(CODE, GONE, NONE, refused("301", "x"))
    with pytest.raises(TheirsError):
        await carrier.create(REQUEST)
    assert await carrier.find(KEY) is None, "TNT says that it made nothing"
    assert carrier.account.learnt == {}
    carrier, script = client(CODE, GONE, NONE, GONE)
    with pytest.raises(TheirsError):
        await carrier.create(REQUEST)
    with pytest.raises(TheirsError):
        await carrier.find(KEY)


async def test_after_a_lost_answer_not_found_is_not_believed() -> None:
    held = account()
    carrier, script = client(GONE, NONE, NONE, NONE, held=held)
    with pytest.raises(TheirsError):
        await carrier.create(REQUEST)
    with pytest.raises(TheirsError):
        await carrier.find(KEY)
    with pytest.raises(TheirsError):
        await carrier.create(REQUEST)
    assert (await carrier.cancel(KEY)).state is OutcomeState.UNKNOWN
    assert script.asked == [SHIP, TRACK, TRACK, TRACK], "and never made again meanwhile"
    waited, script = client(NONE, CODE, result(), LABEL, held=later(held, 31))
    await waited.create(REQUEST)
    assert script.asked == [TRACK, SHIP, RESULT, LABELS]
    shown, script = client(tracked(consignment("INT")), held=later(held, 5))
    assert (await shown.create(REQUEST)).tracking_number == NUMBER
    assert script.asked == [TRACK]
    assert shown.account.learnt == {}


async def test_find_says_none_only_when_it_is_sure() -> None:
    carrier, _ = client(NONE)
    assert await carrier.find(KEY) is None
    for answer in (
        tracked(consignment(reference="another")),
        tracked(),
        "",
        "<a",
        (500, ""),
        GONE,
        tracked(consignment("")),
    ):
        carrier, _ = client(answer)
        with pytest.raises(ProviderError):
            await carrier.find(KEY)


async def test_there_is_no_cancelling() -> None:
    for answer, code in (
        (NONE, "item.not_found"),
        (tracked(consignment("INT")), "item.no_cancel"),
        (tracked(consignment("INT", status("PU"))), "item.conflict"),
    ):
        carrier, script = client(answer)
        outcome = await carrier.cancel(KEY)
        assert outcome.message is not None
        assert (outcome.state, outcome.message.code) == (OutcomeState.REFUSED, code)
        assert script.asked == [TRACK]
    carrier, _ = client((401, ""))
    with pytest.raises(YoursError):
        await carrier.cancel(KEY)


async def test_fifty_parcels_a_question() -> None:
    names = [f"PX-{n}" for n in range(60)]
    rows = [consignment("DEL", status("OK"), reference=one, number=str(1000 + n)) for n, one in enumerate(names)]
    carrier, script = client(
        tracked(*rows[:50]), tracked(*rows[50:59], consignment("CNF", reference="PX-59", number=""))
    )
    reports = await carrier.track(names)
    assert [one.reference for one in reports] == names[:59]
    assert {one.status for one in reports} == {ShipmentStatus.DELIVERED}
    assert script.asked == [TRACK] * 2
    assert await carrier.track([]) == ()
    carrier, _ = client(tracked(consignment(reference="another")))
    with pytest.raises(OursError):
        await carrier.track([KEY, "PX-1"])


async def test_prices_and_the_probe() -> None:
    carrier, script = client(priced(("15N", "120.50")), priced(("48N", "80")))
    assert (await carrier.probe()).facts == {"user": "000123456"}
    (rate,) = await carrier.rates(REQUEST)
    assert (rate.service, rate.price.text()) == ("48N", "80.00")
    assert script.asked == ["priceRequest"] * 2
    rule = "<document><errors><brokenRule><messageType>E</messageType><code>P13</code><description>{}</description></brokenRule></errors></document>"
    for answer, code in (
        (rule.format("Invalid account number"), "config.field"),
        ((401, ""), "auth.refused"),
        (rule.format("Account is closed"), "auth.suspended"),
    ):
        carrier, _ = client(answer)
        with pytest.raises(YoursError) as caught:
            await carrier.probe()
        assert caught.value.message.code == code
