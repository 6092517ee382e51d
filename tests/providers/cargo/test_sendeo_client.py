"""The Sendeo client against scripted answers: what it asks, in which order, and what it never asks twice."""

from __future__ import annotations

import pytest

from app.contracts import Account, Message, OursError, OutcomeState, ProviderError, TheirsError, YoursError
from app.contracts.capabilities import capabilities_of
from app.model import ShipmentStatus
from providers.cargo.sendeo import LOST, MOST_KEPT, Sendeo
from tests.providers.cargo.scripted import Answer, Script
from tests.providers.cargo.sendeo_support import NOW, REQUEST, ZPL, account, envelope, labelled, record, request

KEY = "PX-2026-0001"
MADE: Answer = (200, envelope(labelled()))
EMPTY: Answer = (200, envelope([]))
UNKNOWN: Answer = (500, envelope(None, 702, "Gönderi bulunamadı."))
USED: Answer = (500, envelope(None, 106, "Daha önce oluşturulmuş."))
GONE = Message("net.cut", {"sent": "yes"})
CREATE, LIST, LABEL, CANCEL = "POST Cargo/SETDELIVERY", "POST Cargo/GetCargoList", "POST Cargo/GETBARCODE", "POST Cargo/CANCELDELIVERY"  # fmt: skip


def listed(state: int = 101, reference: str = KEY) -> Answer:
    return 200, envelope([record(state, reference)])


def client(*answers: Answer, held: Account | None = None) -> tuple[Sendeo, Script]:
    script = Script(envelope({"Token": "tok", "CustomerId": 1}), "/LoginAES", *answers)
    held = held or account()
    return Sendeo(script.http(held.base_url), held), script


def test_capabilities() -> None:
    assert capabilities_of(Sendeo) == {"probe", "carrier", "tracking"}


async def test_labels_come_with_the_delivery() -> None:
    carrier, script = client(MADE)
    made = await carrier.create(REQUEST)
    assert (made.reference, made.tracking_number, [one.data for one in made.labels]) == (
        KEY,
        "171999863748",
        [ZPL.encode()] * 2,
    )
    assert script.asked == [CREATE]
    assert script.headers[0]["authorization"] == "Bearer tok"
    assert script.headers[0]["accept"] == "application/json"


async def test_a_bad_request_never_leaves() -> None:
    carrier, script = client()
    with pytest.raises(YoursError) as caught:
        await carrier.create(request(to_district="Bornowa"))
    assert caught.value.message.field == "district"
    assert script.asked == []


async def test_a_delivery_that_is_there_is_adopted() -> None:
    carrier, script = client(USED, listed(), MADE)
    made = await carrier.create(REQUEST)
    assert (len(made.labels), made.barcode, str(made.status)) == (2, "171999863748001", "created")
    assert made.tracking_url.startswith("https://")
    assert script.asked == [CREATE, LIST, LABEL]
    carrier, script = client(USED, listed(109))
    assert (await carrier.create(REQUEST)).status is ShipmentStatus.OUT_FOR_DELIVERY
    assert script.asked == [CREATE, LIST], "nobody prints its label any more"


async def test_a_refusal_is_no_shipment() -> None:
    for answers, code in (
        ((USED, listed(139)), "item.duplicate"),
        ((USED, EMPTY), "item.refused"),
        (((500, envelope(None, 205, "telefon")),), "address.refused"),
        (((500, envelope(None, 500, "Müşteri hesabınız kapalıdır.")),), "auth.suspended"),
        (((403, envelope(None, 403, "1.2.3.4 IP adresi")),), "auth.ip_not_allowed"),
    ):
        carrier, _ = client(*answers)  # type: ignore[misc]
        with pytest.raises(YoursError) as caught:
            await carrier.create(REQUEST)
        assert caught.value.message.code == code
        assert carrier.account.learnt == {}


async def test_a_lost_answer_is_looked_for_in_two_places() -> None:
    held = account()
    carrier, script = client(GONE, EMPTY, MADE, held=held)
    with pytest.raises(TheirsError):
        await carrier.create(REQUEST)
    assert held.learnt == {LOST: KEY}
    found = await carrier.find(KEY)  # the list does not know it yet, the label service does
    assert found is not None
    assert len(found.labels) == 2
    assert script.asked == [CREATE, LIST, LABEL]
    script.answers += [EMPTY, UNKNOWN]
    assert await carrier.find(KEY) is None
    script.answers += [listed(), MADE]
    assert await carrier.find(KEY) is not None
    assert held.learnt == {}
    script.answers += [EMPTY]
    assert await carrier.find(KEY) is None
    assert script.asked[-1] == LIST


async def test_an_answer_that_cannot_be_read_is_a_lost_one() -> None:
    carrier, script = client((200, envelope(labelled(TrackingNumber=None))), MADE)
    with pytest.raises(OursError):
        await carrier.create(REQUEST)
    assert carrier.account.learnt == {LOST: KEY}
    await carrier.create(REQUEST)
    assert carrier.account.learnt == {}
    assert script.asked == [CREATE, CREATE]


async def test_find_says_none_only_when_it_is_sure() -> None:
    for answer in (
        (500, envelope(None, 500, "?")),
        (200, envelope(None)),
        GONE,
        listed(reference="another"),
        (404, b""),
    ):
        carrier, _ = client(answer)  # type: ignore[arg-type]
        with pytest.raises(ProviderError):
            await carrier.find(KEY)


async def test_find_brings_labels_only_while_they_are_of_use() -> None:
    carrier, script = client(listed(), UNKNOWN)
    found = await carrier.find(KEY)
    assert found is not None
    assert (found.labels, found.status, found.tracking_number) == ((), ShipmentStatus.CREATED, "171999863748")
    for state in (109, 111, 139):
        script.answers += [listed(state)]
        found = await carrier.find(KEY)
        assert found is not None
        assert script.asked[-1] == LIST
    carrier, _ = client(listed(), GONE)
    with pytest.raises(TheirsError):
        await carrier.find(KEY)


async def test_cancel() -> None:
    carrier, script = client((200, envelope({"IsSuccess": True})))
    assert (await carrier.cancel(KEY)).state is OutcomeState.DONE
    assert script.asked == [CANCEL]
    for answers, state, code in (
        ((UNKNOWN, listed(139)), OutcomeState.DONE, ""),
        ((UNKNOWN, EMPTY), OutcomeState.REFUSED, "item.not_found"),
        (((500, envelope(None, 703, "Alındı")), listed(138)), OutcomeState.REFUSED, "item.conflict"),
        (((200, envelope({"IsSuccess": False})), listed(109)), OutcomeState.REFUSED, "item.conflict"),
        ((GONE,), OutcomeState.UNKNOWN, "net.cut"),
        (((500, b""),), OutcomeState.UNKNOWN, "server.error"),
        (((200, envelope({})),), OutcomeState.UNKNOWN, "answer.field_missing"),
    ):
        carrier, _ = client(*answers)  # type: ignore[misc]
        outcome = await carrier.cancel(KEY)
        assert outcome.state is state
        assert (outcome.message.code if outcome.message is not None else "") == code
    for message in (Message("breaker.open"), Message("auth.refused")):
        carrier, _ = client(message)
        with pytest.raises(ProviderError):  # nothing was sent
            await carrier.cancel(KEY)


async def test_track() -> None:
    carrier, script = client((200, envelope(record(111, "a"))), UNKNOWN, (200, envelope(record(109, "c"))))
    assert [(one.reference, one.status) for one in await carrier.track(["ref-a", "ref-b", "ref-c"])] == [
        ("ref-a", ShipmentStatus.DELIVERED),
        ("ref-c", ShipmentStatus.OUT_FOR_DELIVERY),
    ]
    assert script.asked == ["GET Cargo/TRACKDELIVERY"] * 3
    carrier, _ = client((500, envelope(None, 500, "?")))
    with pytest.raises(TheirsError):
        await carrier.track(["ref-a"])
    unread: Answer = (200, envelope({"State": None}))
    carrier, _ = client(unread, (200, envelope(record(109, "b"))))
    assert [one.reference for one in await carrier.track(["ref-a", "ref-b"])] == ["ref-b"], "it costs no other"
    carrier, _ = client(unread)
    with pytest.raises(OursError):
        await carrier.track(["ref-a"])


async def test_probe() -> None:
    carrier, script = client((200, envelope([{"DistrictId": 1}])))
    assert (await carrier.probe()).facts == {"user": "ornek-api"}
    assert script.asked == ["GET Cargo/GetCityDistricts"]
    carrier, _ = client(EMPTY)
    with pytest.raises(OursError):
        await carrier.probe()


async def test_the_token_is_kept() -> None:
    held = account()
    carrier, _ = client(EMPTY, held=held)
    await carrier.find(KEY)
    token = await held.tokens.get("sendeo")
    assert token is not None
    assert token.access.reveal() == "tok"
    assert token.expires_at is not None
    assert token.expires_at > NOW


def test_the_notebook_stays_short() -> None:
    held = account()
    carrier, _ = client(held=held)
    for n in range(200):
        carrier._note(f"PX{n}", lost=True)
    assert len(held.learnt[LOST].split()) == MOST_KEPT
    for n in range(200):
        carrier._note(f"PX{n}", lost=False)
    assert held.learnt == {}
