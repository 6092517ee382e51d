"""The PTT client's own decisions, on a transport that answers from a list: numbers, files, adopting, what is unknown."""

from __future__ import annotations

import pytest

from app.contracts import (
    Message,
    OursError,
    OutcomeState,
    ProviderError,
    TheirsError,
    YoursError,
    capabilities_of,
    fail,
)
from app.model import ShipmentStatus
from providers.cargo import ptt_calls as calls
from providers.cargo.ptt import Ptt
from tests.providers.cargo.ptt_support import (
    KEYS,
    REFERENCE,
    REQUEST,
    account,
    deleted,
    fault,
    move,
    none,
    number,
    refused,
    request,
    uploaded,
    way,
)
from tests.providers.cargo.soap_schemas import Script

UPLOAD, FIND, DELETE = "kabulEkle2", "gonderiSorgu_referansNo2", "barkodVeriSil"
USED = "Barkod daha önce kullanılmış."
SAME_FILE = refused("6", "Bu dosya adı daha önce kullanılmış.")
EPR = (500, fault("The endpoint reference (EPR) for the operation is not found: {http://takip.ptt.gov.tr}x"))
WSDL = b'<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" targetNamespace="%s"/>'


def client(script: Script, **changes: str) -> Ptt:
    return Ptt(script.client(), account("https://carrier.example", KEYS | changes))


def there(turn: int = 0, *codes: str) -> bytes:
    return way(*(move(code, n=str(n)) for n, code in enumerate(codes or ("701",))), barcode=number(turn))


def test_capabilities() -> None:
    assert capabilities_of(Ptt) == {"probe", "carrier", "tracking"}


async def test_create_gives_the_number_and_no_label() -> None:
    script = Script(uploaded(number()))
    found = await client(script).create(REQUEST)
    assert (found.status, found.labels, found.barcode, found.tracking_number) == (ShipmentStatus.CREATED, (), number(), number())  # fmt: skip
    assert found.tracking_url.endswith(f"?q={number()}")
    assert script.asked == [UPLOAD]


async def test_a_bad_request_never_leaves() -> None:
    script = Script()
    with pytest.raises(YoursError) as caught:
        await client(script).create(request(to_phone=""))
    assert (caught.value.message.code, caught.value.message.field) == ("address.refused", "phone")
    with pytest.raises(YoursError) as caught:
        await client(script, barcode_from="").create(REQUEST)
    assert (caught.value.message.code, caught.value.message.field) == ("config.field", "barcode_from")
    assert not script.asked


async def test_a_number_that_another_parcel_has_gives_way_to_the_next() -> None:
    script = Script(uploaded(number(), "13", USED), none(), uploaded(number(1)))
    assert (await client(script).create(REQUEST)).barcode == number(1)
    assert script.asked == [UPLOAD, FIND, UPLOAD]
    assert number(1).encode() in script.bodies[2]
    taken = [one for turn in range(calls.TURNS) for one in (uploaded(number(turn), "13", USED), none())]
    with pytest.raises(YoursError) as caught:
        await client(Script(*taken)).create(REQUEST)
    assert (caught.value.message.code, caught.value.message.field) == ("config.field", "barcode_to")


@pytest.mark.parametrize("text", [USED, "Müşteri referans numarası daha önce kullanılmış."])
async def test_what_is_there_already_is_adopted(text: str) -> None:
    found = await client(Script(uploaded(number(), "13", text), there(2, "1"))).create(REQUEST)
    assert (found.barcode, found.status) == (number(2), ShipmentStatus.ACCEPTED)
    with pytest.raises(YoursError) as caught:  # called off: the reference is used up
        await client(Script(uploaded(number(), "13", text), there(0, "701", "2"))).create(REQUEST)
    assert caught.value.message.code == "item.duplicate"
    with pytest.raises(TheirsError):
        await client(Script(uploaded(number(), "13", text), fail(Message("net.timeout")))).create(REQUEST)


async def test_a_reference_that_is_used_and_not_to_be_seen_yet() -> None:
    answer = uploaded(number(), "14", "Müşteri referans numarası daha önce kullanılmış.")
    with pytest.raises(YoursError) as caught:
        await client(Script(answer, none())).create(REQUEST)
    assert caught.value.message.code == "item.conflict", "with a new reference there would be two"


async def test_a_file_name_that_a_failed_upload_left_behind() -> None:
    script = Script(SAME_FILE, none(), uploaded(number()))
    assert (await client(script).create(REQUEST)).barcode == number()
    assert f"{calls.file_name(REFERENCE, 0, 1)}<".encode() in script.bodies[2]
    script = Script(SAME_FILE, there(), there())  # that one went through after all
    assert (await client(script).create(REQUEST)).barcode == number()
    assert script.asked == [UPLOAD, FIND, FIND]


async def test_refusals_of_create() -> None:
    for answer, kind, standard in (
        (uploaded(number(), "10", "Alıcı ilçesi bulunamadı."), YoursError, "address.refused"),
        (refused("2", "Müşteri numarası veya şifre hatalı."), YoursError, "auth.refused"),
        (refused("99", "Beklenmeyen hata."), TheirsError, "server.error"),
        (uploaded(number(5)), OursError, "answer.field_missing"),  # silence about our parcel is no yes
    ):
        with pytest.raises(kind) as caught:
            await client(Script(answer)).create(REQUEST)
        assert caught.value.message.code == standard


async def test_find() -> None:
    assert await client(Script(none())).find(REFERENCE) is None
    found = await client(Script(there(0, "701", "1", "77"))).find(REFERENCE)
    assert found is not None
    assert (found.reference, found.status, found.barcode) == (REFERENCE, ShipmentStatus.IN_TRANSIT, number())
    with pytest.raises(ProviderError):  # whatever we do not understand is not "no such shipment"
        await client(Script(none("Bir söz"))).find(REFERENCE)


async def test_the_namespace_is_read_once_and_kept() -> None:
    script = Script(EPR, WSDL % b"http://pttak.ptt.gov.tr", there(), none())
    made = client(script)
    assert await made.find(REFERENCE) is not None
    assert await made.find(REFERENCE) is None
    assert script.asked == [FIND, "GET", FIND, FIND]
    assert b"http://pttak.ptt.gov.tr" in script.bodies[3]
    assert made.account.learnt == {"tracking_namespace": "http://pttak.ptt.gov.tr"}
    with pytest.raises(TheirsError):  # the WSDL says what we asked with: the fault is another one
        await client(Script(EPR, WSDL % b"http://takip.ptt.gov.tr")).find(REFERENCE)


@pytest.mark.parametrize(
    ("answers", "expected", "code"),
    [
        ([there(), deleted()], OutcomeState.DONE, ""),
        ([there(0, "701", "2")], OutcomeState.DONE, ""),
        ([none(), deleted("20", "Silinecek kayıt bulunamadı.")], OutcomeState.REFUSED, "item.not_found"),
        ([none(), deleted()], OutcomeState.DONE, ""),  # uploaded, and not shown before it is accepted
        ([there(0, "1"), deleted("21", "Kabulü yapılmış gönderi silinemez.")], OutcomeState.REFUSED, "item.conflict"),
        ([there(), *[deleted("20", "Silinecek kayıt bulunamadı.")] * 3], OutcomeState.REFUSED, "item.refused"),
        ([there(), deleted("20", "Silinecek kayıt bulunamadı."), deleted()], OutcomeState.DONE, ""),
        ([there(), deleted("99", "Beklenmeyen hata.")], OutcomeState.UNKNOWN, "server.error"),
        ([there(), deleted("30", "Bir söz")], OutcomeState.REFUSED, "item.refused"),
        ([there(), fail(Message("net.timeout"))], OutcomeState.UNKNOWN, "net.timeout"),
    ],
)
async def test_cancel(answers: list[bytes | Exception], expected: OutcomeState, code: str) -> None:
    found = await client(Script(*answers)).cancel(REFERENCE)
    assert (found.key, found.state, found.message.code if found.message else "") == (REFERENCE, expected, code)


async def test_a_cancellation_names_the_file_of_the_number_that_was_drawn() -> None:
    script = Script(there(3), deleted())
    await client(script).cancel(REFERENCE)
    assert script.asked == [FIND, DELETE]
    assert f"{calls.file_name(REFERENCE, 3, 0)}<".encode() in script.bodies[1]


async def test_a_cancellation_that_never_left_or_was_barred_is_raised() -> None:
    for answer in (
        fail(Message("net.unreachable")),
        deleted("2", "Müşteri numarası veya şifre hatalı."),
        fail(Message("auth.refused")),
    ):
        with pytest.raises(ProviderError):
            await client(Script(there(), answer)).cancel(REFERENCE)


async def test_track_leaves_out_what_is_not_known() -> None:
    found = await client(Script(there(0, "701", "1"), none(), there(1, "100"))).track(["A", "B", "C"])
    assert [(r.reference, r.status) for r in found] == [("A", ShipmentStatus.ACCEPTED), ("C", ShipmentStatus.DELIVERED)]
    assert await client(Script()).track([]) == ()


async def test_one_unreadable_parcel_and_a_line_that_fails() -> None:
    lost = fail(Message("net.timeout"))
    assert [r.reference for r in await client(Script(b"<a/>", there())).track(["A", "B"])] == ["B"]
    assert [r.reference for r in await client(Script(there(), lost)).track(["A", "B", "C"])] == ["A"]
    with pytest.raises(TheirsError):
        await client(Script(lost)).track(["A", "B"])
    with pytest.raises(OursError):
        await client(Script(b"<a/>")).track(["A"])


async def test_probe() -> None:
    assert (await client(Script(none())).probe()).facts == {"user": KEYS["customer_id"]}
    with pytest.raises(YoursError) as caught:
        await client(Script(none("Müşteri numarası veya şifre hatalı."))).probe()
    assert (caught.value.message.code, caught.value.message.field) == ("auth.refused", "password")
    with pytest.raises(YoursError) as caught:
        await client(Script(), barcode_to="").probe()
    assert caught.value.message.field == "barcode_to"
