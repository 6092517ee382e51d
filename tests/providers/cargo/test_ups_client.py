"""The UPS client against scripted answers: lost answers, refusals, cancellations and the connection test."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from app.contracts import (
    Account,
    Message,
    OursError,
    OutcomeState,
    ProviderError,
    TheirsError,
    YoursError,
    capabilities_of,
)
from app.model import LabelFormat, ShipmentStatus
from providers.cargo.ups import NOBODY, Ups
from providers.cargo.ups_wire import SETTLES
from tests.providers.cargo.scripted import Answer, Script
from tests.providers.cargo.ups_support import (
    FIRST,
    NOW,
    REQUEST,
    ZPL,
    account,
    activity,
    created,
    package,
    recovered,
    request,
    tracked,
)

LOST = Message("net.cut", {"sent": "yes"})
MADE: Answer = (200, created(ZPL, ZPL))
LABELS: Answer = (200, recovered(ZPL, ZPL))
NO_LABEL: Answer = (400, {"response": {"errors": [{"code": "300500", "message": "The label could not be found"}]}})
NO_TRACK: Answer = (404, {"response": {"errors": [{"code": "TW0001", "message": "Tracking Information Not Found"}]}})
KNOWN: Answer = (200, tracked(package()))
VOIDED: Answer = (200, {"VoidShipmentResponse": {"SummaryResult": {"Status": {"Code": "1"}}}})
CREATE, LABEL = "POST shipments/v2409/ship", "POST labels/v1/recovery"
TRACK, VOID = "GET track/v1/reference/details/PX20260001", f"DELETE shipments/v2409/void/cancel/{FIRST}"


def refused(text: str, code: str = "1", status: int = 400) -> Answer:
    return (status, {"response": {"errors": [{"code": code, "message": text}]}})


def client(*answers: Answer, held: Account | None = None) -> tuple[Ups, Script]:
    script = Script({"access_token": "ey.token", "expires_in": "14399"}, "/oauth/token", *answers)
    held = held or account()
    return Ups(script.http(held.base_url), held), script


def test_capabilities() -> None:
    assert capabilities_of(Ups) == {"probe", "carrier", "tracking", "rates"}


async def test_a_shipment_and_its_headers() -> None:
    carrier, script = client(MADE)
    made = await carrier.create(REQUEST)
    assert (made.tracking_number, len(made.labels), made.status) == (FIRST, 2, ShipmentStatus.CREATED)
    assert script.asked == [CREATE]
    assert script.headers[0]["authorization"] == "Bearer ey.token"
    assert len(script.headers[0]["transid"]) == 32
    assert script.headers[0]["transactionsrc"]
    assert carrier.account.learnt == {}


async def test_a_bad_request_never_leaves() -> None:
    carrier, script = client()
    for changes in ({"to_phone": ""}, {"cash_on_delivery": None, "parcels": ()}):
        with pytest.raises(YoursError):
            await carrier.create(request(**changes))
        with pytest.raises(YoursError):
            await carrier.rates(request(parcels=()))
    assert (script.asked, carrier.account.learnt) == ([], {})


async def test_pdf_is_drawn_of_what_exists() -> None:
    pdf: Answer = (200, recovered("%PDF", "%PDF", form="PDF"))
    carrier, script = client(MADE, pdf, held=account(label_format="pdf"))
    made = await carrier.create(REQUEST)
    assert [one.format for one in made.labels] == [LabelFormat.PDF] * 2
    assert script.bodies[0]["ShipmentRequest"]["LabelSpecification"]["LabelImageFormat"]["Code"] == "ZPL"
    assert script.asked == [CREATE, LABEL]
    for trouble in (LOST, NO_LABEL, (500, b"x")):
        carrier, _ = client(MADE, trouble, held=account(label_format="pdf"))  # type: ignore[arg-type]
        made = await carrier.create(REQUEST)
        assert (made.tracking_number, made.labels) == (FIRST, ()), "it is made all the same"


@pytest.mark.parametrize("answer", [LOST, (500, b""), (200, {}), (200, created(ShipmentIdentificationNumber=""))])
async def test_after_a_lost_answer_no_is_no_proof(answer: Answer) -> None:
    carrier, script = client(answer, NO_TRACK, NO_LABEL, NO_TRACK, NO_LABEL)
    with pytest.raises(ProviderError):
        await carrier.create(REQUEST)
    with pytest.raises(TheirsError):
        await carrier.find("PX20260001")
    with pytest.raises(TheirsError):
        await carrier.cancel("PX20260001")
    assert script.asked == [CREATE, TRACK, LABEL, TRACK, LABEL]


async def test_a_lost_answer_is_believed_later() -> None:
    now = [NOW]
    held = account()
    held = Account(**{**{name: getattr(held, name) for name in held.__dataclass_fields__}, "now": lambda: now[0]})
    carrier, script = client(LOST, NO_TRACK, NO_LABEL, held=held)
    with pytest.raises(ProviderError):
        await carrier.create(REQUEST)
    now[0] = NOW + SETTLES + timedelta(seconds=1)
    assert await carrier.find("PX20260001") is None
    assert held.learnt == {}
    assert script.answers == []


@pytest.mark.parametrize("answer", [refused("Missing or invalid ship to city"), Message("net.unreachable"), refused("x", "10429", 429)])  # fmt: skip
async def test_what_did_nothing_leaves_nothing_behind(answer: Answer) -> None:
    carrier, _ = client(answer, NO_TRACK, NO_LABEL)
    with pytest.raises(ProviderError):
        await carrier.create(REQUEST)
    assert await carrier.find("PX20260001") is None


async def test_find_says_none_only_for_both_of_them() -> None:
    carrier, script = client(NO_TRACK, NO_LABEL)
    assert await carrier.find("PX20260001") is None
    assert script.asked == [TRACK, LABEL]
    for answers in (
        ((500, b"x"),),
        (NO_TRACK, (500, b"x")),
        ((404, b""),),
        (NO_TRACK, refused("Bad label format")),
        (LOST,),
    ):
        carrier, _ = client(*answers)  # type: ignore[arg-type]
        with pytest.raises(ProviderError):
            await carrier.find("PX20260001")


async def test_find_brings_labels_while_they_are_needed() -> None:
    carrier, script = client(KNOWN, LABELS)
    found = await carrier.find("PX20260001")
    assert found is not None
    assert (len(found.labels), found.status, found.tracking_number) == (2, ShipmentStatus.CREATED, FIRST)
    script.answers += [NO_TRACK, LABELS]  # tracking knows it later
    found = await carrier.find("PX20260001")
    assert found is not None
    assert (len(found.labels), found.status) == (2, ShipmentStatus.CREATED)
    script.answers += [KNOWN, NO_LABEL]
    found = await carrier.find("PX20260001")
    assert found is not None
    assert (found.labels, found.tracking_number) == ((), FIRST)
    script.answers += [(200, tracked(package(kind="I")))]
    found = await carrier.find("PX20260001")
    assert found is not None
    assert (found.labels, found.status) == ((), ShipmentStatus.IN_TRANSIT)
    assert script.answers == []


# -- cancelling ----------------------------------------------------------------------------------------------------------
async def test_voiding() -> None:
    carrier, script = client(KNOWN, LABELS, VOIDED)
    assert (await carrier.cancel("PX20260001")).state is OutcomeState.DONE
    assert script.asked == [TRACK, LABEL, VOID]
    script.answers += [(200, tracked(package(kind="MV")))]
    assert (await carrier.cancel("PX20260001")).state is OutcomeState.DONE, "void already"
    script.answers += [KNOWN, NO_LABEL, VOIDED]
    assert (await carrier.cancel("PX20260001")).state is OutcomeState.DONE, "by the number of tracking"
    script.answers += [NO_TRACK, NO_LABEL]
    never = await carrier.cancel("PX20260001")
    assert (never.state, never.message and never.message.code) == (OutcomeState.REFUSED, "item.not_found")


async def test_too_late_void_already_or_lost() -> None:
    late = refused("Time for voiding has expired", "190101")
    carrier, _ = client(KNOWN, LABELS, late, (200, tracked(package(kind="I"))))
    outcome = await carrier.cancel("PX20260001")
    assert outcome.state is OutcomeState.REFUSED
    assert outcome.message is not None
    assert (outcome.message.code, outcome.message.vendor_code) == ("item.conflict", "190101")
    no: Answer = (200, {"VoidShipmentResponse": {"SummaryResult": {"Status": {"Code": "0"}}}})
    carrier, _ = client(KNOWN, LABELS, no, KNOWN)
    assert (await carrier.cancel("PX20260001")).state is OutcomeState.REFUSED
    carrier, _ = client(KNOWN, LABELS, refused("The shipment has already been voided", "190117"))
    assert (await carrier.cancel("PX20260001")).state is OutcomeState.DONE
    carrier, _ = client(KNOWN, LABELS, late, (200, tracked(package(kind="MV"))))
    assert (await carrier.cancel("PX20260001")).state is OutcomeState.DONE
    for lost in (LOST, (500, b"x"), (200, {})):
        carrier, _ = client(KNOWN, LABELS, lost)  # type: ignore[arg-type]
        assert (await carrier.cancel("PX20260001")).state is OutcomeState.UNKNOWN
    for nothing in (Message("breaker.open"), Message("auth.refused")):
        carrier, _ = client(KNOWN, LABELS, nothing)
        with pytest.raises(ProviderError):
            await carrier.cancel("PX20260001")


# -- tracking, prices and the connection test ----------------------------------------------------------------------------
async def test_track() -> None:
    moved: Answer = (200, tracked(package(FIRST, "I", activity("I"))))
    carrier, script = client(moved, NO_TRACK, (200, tracked()))
    reports = await carrier.track(["PXA", "PXB", "PXC"])
    assert [(one.reference, one.status) for one in reports] == [("PXA", ShipmentStatus.IN_TRANSIT)]
    assert "toPickUpDate" not in script.asked[0]
    carrier, _ = client((200, {}), moved)
    assert [one.reference for one in await carrier.track(["PXA", "PXB"])] == ["PXB"]
    carrier, _ = client((200, {}), (200, []))
    with pytest.raises(OursError):
        await carrier.track(["PXA", "PXB"])
    carrier, _ = client((500, b""))
    with pytest.raises(TheirsError):
        await carrier.track(["PXA"])


async def test_prices() -> None:
    row = {"Service": {"Code": "65"}, "TotalCharges": {"CurrencyCode": "TRY", "MonetaryValue": "12.50"}}
    carrier, script = client((200, {"RateResponse": {"RatedShipment": [row]}}))
    (rate,) = await carrier.rates(request(reference=""))
    assert (rate.service, rate.price.text()) == ("65", "12.50")
    assert script.asked == ["POST rating/v2409/Shop"]


async def test_probe() -> None:
    carrier, script = client(NO_TRACK)
    assert (await carrier.probe()).facts == {"user": "a1b2c3"}
    assert script.asked == [f"GET track/v1/details/{NOBODY}"]
    carrier, _ = client((200, tracked()))
    assert await carrier.probe()
    carrier, _ = client((200, {}))
    with pytest.raises(OursError):
        await carrier.probe()
    wrong: Any = (401, {"response": {"errors": [{"code": "10401", "message": "ClientId is Invalid"}]}})
    script = Script(wrong, "/oauth/token")
    held = account()
    with pytest.raises(YoursError) as caught:
        await Ups(script.http(held.base_url), held).probe()
    assert caught.value.message.field == "client_secret"


async def test_the_token_is_kept() -> None:
    held = account()
    carrier, _ = client(NO_TRACK, NO_LABEL, held=held)
    await carrier.find("PX20260001")
    token = await held.tokens.get("ups")
    assert token is not None
    assert token.access.reveal() == "ey.token"
    assert msgspec.structs.asdict(REQUEST)["reference"] == "PX20260001"
