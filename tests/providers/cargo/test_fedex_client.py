"""The FedEx client against scripted answers: two tokens, lost answers, refusals, cancellations and the connection test."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
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
from app.model import ShipmentStatus
from providers.cargo.fedex import Fedex
from providers.cargo.fedex_wire import SETTLES
from tests.providers.cargo.fedex_support import (
    FIRST,
    NOW,
    REQUEST,
    ZPL,
    account,
    created,
    not_found,
    piece,
    problems,
    request,
    tracked,
)
from tests.providers.cargo.scripted import Answer, Script

LOST = Message("net.cut", {"sent": "yes"})
MADE: Answer = (200, created(ZPL, ZPL))
NONE: Answer = (200, not_found())
KNOWN: Answer = (200, tracked(piece()))
CALLED_OFF: Answer = (200, tracked(piece(code="CA")))
CANCELLED: Answer = (200, {"output": {"cancelledShipment": True}})
PRICES: Answer = (200, {"output": {"rateReplyDetails": [{"serviceType": "X", "ratedShipmentDetails": [{"currency": "TRY", "totalNetCharge": 12.5}]}]}})  # fmt: skip
CREATE, CANCEL = "POST /ship/v1/shipments", "PUT /ship/v1/shipments/cancel"
TRACK, RATES, NUMBER = "POST /track/v1/referencenumbers", "POST /rate/v1/rates/quotes", "POST /track/v1/trackingnumbers"


class Fedexed(Script):
    """Tells whole paths, and which token signed."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(self.token_path):
            ship = b"client_id=k" in request.content
            data = {"access_token": "ship" if ship else "track", "expires_in": 3599}
            return httpx.Response(200, content=json.dumps(data).encode())
        answer = super().__call__(request)
        self.asked[-1] = f"{request.method} {request.url.path}"
        return answer


def client(*answers: Answer, held: Account | None = None) -> tuple[Fedex, Fedexed]:
    script = Fedexed(None, "/oauth/token", *answers)
    held = held or account()
    return Fedex(script.http(held.base_url), held), script


def test_capabilities() -> None:
    assert capabilities_of(Fedex) == {"probe", "carrier", "tracking", "rates"}


async def test_each_project_signs_its_own() -> None:
    carrier, script = client(MADE, KNOWN, PRICES, KNOWN, CANCELLED)
    made = await carrier.create(REQUEST)
    assert (made.tracking_number, len(made.labels), made.status) == (FIRST, 2, ShipmentStatus.CREATED)
    await carrier.track(["PX20260001"])
    await carrier.rates(REQUEST)
    await carrier.cancel("PX20260001")
    assert script.asked == [CREATE, TRACK, RATES, TRACK, CANCEL]
    assert [one["authorization"] for one in script.headers] == ["Bearer ship", "Bearer track", "Bearer ship", "Bearer track", "Bearer ship"]  # fmt: skip
    assert script.bodies[4] == {"accountNumber": {"value": "740561073"}, "trackingNumber": FIRST, "deletionControl": "DELETE_ALL_PACKAGES", "senderCountryCode": "TR"}  # fmt: skip
    assert carrier.account.learnt == {}, "what is cancelled is forgotten"
    for name in ("fedex_ship", "fedex_track"):
        assert await carrier.account.tokens.get(name) is not None


async def test_a_bad_request_never_leaves() -> None:
    carrier, script = client()
    with pytest.raises(YoursError):
        await carrier.create(request(to_phone=""))
    with pytest.raises(YoursError):
        await carrier.rates(request(to_postcode=""))
    assert (script.asked, carrier.account.learnt) == ([], {})


@pytest.mark.parametrize("answer", [LOST, (500, b""), (200, {}), (200, {"output": {"transactionShipments": []}})])
async def test_after_a_lost_answer_no_is_no_proof(answer: Answer) -> None:
    carrier, script = client(answer, NONE, NONE)
    with pytest.raises(ProviderError):
        await carrier.create(REQUEST)
    with pytest.raises(TheirsError):
        await carrier.find("PX20260001")
    with pytest.raises(TheirsError):
        await carrier.cancel("PX20260001")
    assert script.asked == [CREATE, TRACK, TRACK]


async def test_a_lost_answer_is_believed_later_or_found() -> None:
    now = [NOW]
    held = account()
    held = Account(**{**{name: getattr(held, name) for name in held.__dataclass_fields__}, "now": lambda: now[0]})
    carrier, _ = client(LOST, NONE, held=held)
    with pytest.raises(ProviderError):
        await carrier.create(REQUEST)
    now[0] = NOW + SETTLES + timedelta(seconds=1)
    assert await carrier.find("PX20260001") is None
    assert held.learnt == {}
    carrier, _ = client(LOST, KNOWN, NONE)
    with pytest.raises(ProviderError):
        await carrier.create(REQUEST)
    found = await carrier.find("PX20260001")
    assert found is not None
    assert (found.tracking_number, found.labels, found.status) == (FIRST, (), ShipmentStatus.CREATED)
    assert await carrier.find("PX20260001") is None


@pytest.mark.parametrize("answer", [(400, problems("CITY.INVALID")), Message("net.unreachable"), (429, problems("QUOTA"))])  # fmt: skip
async def test_what_did_nothing_leaves_nothing_behind(answer: Answer) -> None:
    carrier, _ = client(answer, NONE)
    with pytest.raises(ProviderError):
        await carrier.create(REQUEST)
    assert await carrier.find("PX20260001") is None


async def test_find_says_none_only_for_fedex_s_own_word() -> None:
    for answer in (NONE, (404, problems("TRACKING.TRACKINGNUMBER.NOTFOUND")), (200, tracked())):
        carrier, _ = client(answer)  # type: ignore[arg-type]
        assert await carrier.find("PX20260001") is None
    for bad in ((404, b""), (404, problems("NOT.FOUND.ERROR")), (500, b"x"), (200, not_found("TRACKING.REFERENCETYPE.INVALID")), LOST, (200, {})):  # fmt: skip
        carrier, _ = client(bad)  # type: ignore[arg-type]
        with pytest.raises(ProviderError):
            await carrier.find("PX20260001")


async def test_cancelling() -> None:
    carrier, script = client(CALLED_OFF)
    assert (await carrier.cancel("PX20260001")).state is OutcomeState.DONE, "cancelled already"
    script.answers += [NONE]
    never = await carrier.cancel("PX20260001")
    assert (never.state, never.message and never.message.code) == (OutcomeState.REFUSED, "item.not_found")
    late: Answer = (400, problems("SHIPMENT.TENDERED", "Teslim alındı"))
    script.answers += [KNOWN, late, (200, tracked(piece(code="PU")))]
    outcome = await carrier.cancel("PX20260001")
    assert outcome.state is OutcomeState.REFUSED
    assert outcome.message is not None
    assert (outcome.message.code, outcome.message.vendor_text) == ("item.conflict", "Teslim alındı")
    script.answers += [KNOWN, (200, {"output": {"cancelledShipment": False}}), KNOWN]
    assert (await carrier.cancel("PX20260001")).state is OutcomeState.REFUSED
    script.answers += [KNOWN, late, CALLED_OFF]
    assert (await carrier.cancel("PX20260001")).state is OutcomeState.DONE
    script.answers += [KNOWN, late, NONE]
    assert (await carrier.cancel("PX20260001")).state is OutcomeState.REFUSED, "that is no proof"
    for lost in (LOST, (500, b"x"), (200, {})):
        script.answers += [KNOWN, lost]  # type: ignore[list-item]
        assert (await carrier.cancel("PX20260001")).state is OutcomeState.UNKNOWN
    for nothing in (Message("breaker.open"), Message("auth.refused")):
        script.answers += [KNOWN, nothing]
        with pytest.raises(ProviderError):
            await carrier.cancel("PX20260001")


async def test_what_tracking_does_not_know_yet() -> None:
    """A shipment that we made is there, whatever tracking says in its first hours, and can be called off."""
    carrier, script = client(MADE, NONE, NONE, CANCELLED, NONE)
    await carrier.create(REQUEST)
    found = await carrier.find("PX20260001")
    assert found is not None
    assert (found.tracking_number, found.status) == (FIRST, ShipmentStatus.CREATED)
    assert (await carrier.cancel("PX20260001")).state is OutcomeState.DONE
    assert script.bodies[3]["trackingNumber"] == FIRST
    assert await carrier.find("PX20260001") is None
    for n in range(200):
        carrier._note(f"PX{n}", FIRST)
    assert len(carrier._noted()) == 60


async def test_track() -> None:
    moved: Answer = (200, tracked(piece(code="IT")))
    carrier, script = client(moved, NONE, (200, {}), moved)
    reports = await carrier.track(["PXA", "PXB", "PXC", "PXD"])
    assert [one.reference for one in reports] == ["PXA", "PXD"]
    assert script.bodies[0]["referencesInformation"]["value"] == "PXA"
    carrier, _ = client((200, {}), (200, []))
    with pytest.raises(OursError):
        await carrier.track(["PXA", "PXB"])
    carrier, _ = client((500, b""))
    with pytest.raises(TheirsError):
        await carrier.track(["PXA"])


async def test_prices() -> None:
    carrier, _ = client(PRICES)
    (rate,) = await carrier.rates(request(reference=""))
    assert (rate.service, rate.price.text()) == ("X", "12.50")


async def test_probe() -> None:
    carrier, script = client(NONE, PRICES)
    assert (await carrier.probe()).facts == {"user": "740561073"}
    assert script.asked == [NUMBER, RATES]
    carrier, _ = client(NONE, (400, problems("SERVICE.NOT.AVAILABLE", "No service")))
    assert not (await carrier.probe()).warnings, "a way that is refused proves the keys as well"
    carrier, _ = client(NONE, (403, problems("FORBIDDEN.ERROR")))
    (warning,) = (await carrier.probe()).warnings
    assert (warning.code, warning.params["product"]) == ("auth.forbidden", "Rates API")
    for answers in (((500, b"x"),), (NONE, (500, b"x")), (NONE, (400, problems("ACCOUNTNUMBER.REGISTRATION.REQUIRED"))), ((403, problems("FORBIDDEN.ERROR")),), (NONE, (400, problems("SHIPPER.CITY.INVALID")))):  # fmt: skip
        carrier, _ = client(*answers)  # type: ignore[arg-type]
        with pytest.raises(ProviderError):
            await carrier.probe()


@pytest.mark.parametrize("secret", ["ship_secret", "track_secret"])
async def test_a_wrong_key_names_its_field(secret: str) -> None:
    wrong: Any = (401, problems("NOT.AUTHORIZED.ERROR"))
    script = Script(wrong, "/oauth/token", NONE)
    held = account()
    with pytest.raises(YoursError) as caught:
        carrier = Fedex(script.http(held.base_url), held)
        await (carrier.find("PX1") if secret == "track_secret" else carrier.create(REQUEST))
    assert caught.value.message.field == secret
