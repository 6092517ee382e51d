"""The Yurtiçi client's own decisions, on a transport that answers from a list: adopting, asking each user, what is unknown."""

from __future__ import annotations

import httpx
import pytest
from lxml import etree

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
from app.model import Money, Payer, ShipmentStatus
from providers.cargo.yurtici import Yurtici
from providers.cargo.yurtici_wire import parse_details
from tests.providers.cargo.yurtici_support import (
    KEYS,
    REQUEST,
    account,
    answer,
    cancelled,
    created,
    detail,
    queried,
    reply,
    request,
    state,
)


# -- the client on a list of answers -------------------------------------------------------------------------------------
class Script:
    """Answers in turn; keeps what was asked as (operation, user)."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str]] = []
        self.bodies: list[bytes] = []

    def __call__(self, made: httpx.Request) -> httpx.Response:
        [found] = list(etree.fromstring(made.content)[1])
        self.asked.append((etree.QName(found).localname, found.findtext("wsUserName", "")))
        self.bodies.append(made.content)
        given_back = self.answers.pop(0)
        if isinstance(given_back, Exception):
            raise given_back
        return httpx.Response(200, content=given_back, headers={"content-type": "text/xml; charset=utf-8"})


def client(script: Script, **changes: str) -> Yurtici:
    acct = account(keys={**{k: v for k, v in KEYS.items() if not k.startswith("cod")}, **changes})
    return Yurtici(httpx.AsyncClient(transport=httpx.MockTransport(script), base_url=acct.base_url), acct)


NOT_OURS = queried(state(errCode="82519", errMessage="Anahtar bu kullanıcıya ait değil."))
SOON = queried(state(errCode="82526", errMessage="Aynı anahtar bir dakika içinde yeniden sorgulanamaz."))


def test_capabilities() -> None:
    assert capabilities_of(Yurtici) == {"probe", "carrier", "tracking"}


async def test_create_gives_a_barcode_and_no_label() -> None:
    script = Script(created(invoiceKey="F2026000123", errCode="0"))
    found = await client(script).create(REQUEST)
    assert (found.status, found.barcode, found.labels, found.tracking_number) == (
        ShipmentStatus.CREATED,
        "2026112400017",
        (),
        "",
    )
    assert found.extra == {"invoice_key": "F2026000123", "payment": "sender"}
    assert script.asked == [("createShipment", "YKTEST")]


async def test_a_bad_request_never_leaves() -> None:
    script = Script()
    with pytest.raises(YoursError) as caught:
        await client(script).create(request(to_phone=""))
    assert (caught.value.message.code, caught.value.message.field) == ("address.refused", "phone")
    with pytest.raises(YoursError) as caught:
        await client(script).create(request(cash_on_delivery=Money.of("1", "TRY")))
    assert caught.value.message.field == "cod_cash_username"
    assert not script.asked


async def test_a_key_that_exists_is_adopted() -> None:
    there = created(errCode="60020", errMessage="mevcut")
    script = Script(there, queried(state(operationStatus="ISR", item="<docId>72</docId>")))
    assert (await client(script).create(REQUEST)).tracking_number == "72"
    adopted = await client(Script(there, SOON)).create(REQUEST)  # asked for a moment ago: it is ours all the same
    assert (adopted.status, adopted.barcode) == (ShipmentStatus.CREATED, "2026112400017")
    for bad in ([NOT_OURS, NOT_OURS], [queried(state(operationStatus="CNL"))]):
        with pytest.raises(YoursError) as caught:
            await client(Script(there, *bad)).create(REQUEST)
        assert caught.value.message.code == "item.duplicate"
    with pytest.raises(TheirsError):
        await client(Script(there, fail(Message("net.timeout")))).create(REQUEST)


async def test_refusals_of_create() -> None:
    with pytest.raises(YoursError) as caught:
        await client(Script(created(errCode="82502", errMessage="Adres hatalı"))).create(REQUEST)
    assert (caught.value.message.code, caught.value.message.field) == ("address.refused", "street")
    with pytest.raises(YoursError) as caught:
        await client(Script(created(errCode="82512"))).create(request(payer=Payer.RECEIVER))
    assert caught.value.message.field == "receiver_username"
    with pytest.raises(YoursError) as caught:  # an error about the key itself need not repeat it
        await client(Script(created(key="", errCode="82500"))).create(REQUEST)
    assert caught.value.message.field == "reference"
    with pytest.raises(OursError):  # silence about our key is no yes
        await client(Script(created(key="other"))).create(REQUEST)


async def test_find_asks_every_user_before_it_says_none() -> None:
    script = Script(NOT_OURS, queried(state(operationStatus="NOP")))
    found = await client(script).find("2026112400017")
    assert found is not None
    assert found.extra["payment"] == "receiver"
    assert [user for _, user in script.asked] == ["YKTEST", "ALICI"]
    assert await client(Script(NOT_OURS, NOT_OURS)).find("2026112400017") is None
    for answer_, code in ((SOON, "rate.limited"), (queried(state(errCode="5", errMessage="?")), "item.refused")):
        with pytest.raises(ProviderError) as caught:  # whatever we do not understand is not "no such shipment"
            await client(Script(answer_)).find("2026112400017")
        assert caught.value.message.code == code


@pytest.mark.parametrize(
    ("answers", "expected", "code"),
    [
        ([cancelled(errCode="0", operationStatus="CNL")], OutcomeState.DONE, ""),
        ([cancelled()], OutcomeState.DONE, ""),
        ([cancelled(errCode="82520", errMessage="iptal edilmiş")], OutcomeState.DONE, ""),
        ([cancelled(operationStatus="ISC")], OutcomeState.DONE, ""),
        ([cancelled(operationStatus="DLV", errMessage="Belgesi düzenlenmiş")], OutcomeState.REFUSED, "item.conflict"),
        ([cancelled(operationStatus="ISR")], OutcomeState.REFUSED, "item.conflict"),
        ([cancelled(errCode="82517")], OutcomeState.REFUSED, "item.refused"),
        ([cancelled(errCode="82519"), cancelled(errCode="0")], OutcomeState.DONE, ""),
        ([cancelled(errCode="82519"), cancelled(errCode="82519")], OutcomeState.REFUSED, "item.not_found"),
        ([fail(Message("net.timeout"))], OutcomeState.UNKNOWN, "net.timeout"),
    ],
)
async def test_cancel(answers: list[bytes | Exception], expected: OutcomeState, code: str) -> None:
    found = await client(Script(*answers)).cancel("2026112400017")
    assert (found.key, found.state, found.message.code if found.message else "") == ("2026112400017", expected, code)


async def test_a_cancellation_that_never_left_is_raised() -> None:
    for code in ("net.unreachable", "auth.refused"):
        with pytest.raises(ProviderError):
            await client(Script(fail(Message(code)))).cancel("2026112400017")


async def test_track_in_one_call_a_user() -> None:
    keys_ = ["AAAAAA", "BBBBBB", "CCCCCC"]
    first = queried(
        state("AAAAAA", operationStatus="IND"),
        state("BBBBBB", errCode="82519"),
        state("CCCCCC", errCode="936"),
        state("ZZZZZZ"),
    )
    script = Script(first, queried(state("BBBBBB", operationStatus="DLV")))
    found = await client(script).track(keys_)
    assert {r.reference: r.status for r in found} == {
        "AAAAAA": ShipmentStatus.IN_TRANSIT,
        "BBBBBB": ShipmentStatus.DELIVERED,
    }
    assert b"<keys>AAAAAA</keys>" not in script.bodies[1]
    assert b"<addHistoricalData>true<" in script.bodies[0]
    assert await client(Script()).track([]) == ()


async def test_track_too_soon() -> None:
    with pytest.raises(TheirsError) as caught:
        await client(Script(SOON)).track(["2026112400017"])
    assert caught.value.message.retry_after == 60
    both = queried(state(errCode="82526", errMessage="bir dakika"), state("AAAAAA", operationStatus="IND"))
    assert [r.reference for r in await client(Script(both)).track(["2026112400017", "AAAAAA"])] == ["AAAAAA"]


async def test_many_keys_go_in_pieces() -> None:
    references = [f"KEY{n:05d}" for n in range(120)]
    answers = [queried(*(state(r, operationStatus="IND") for r in references[i : i + 50])) for i in (0, 50, 100)]
    script = Script(*answers)
    assert [r.reference for r in await client(script).track(references)] == references
    assert [body.count(b"<keys>") for body in script.bodies] == [50, 50, 20]


async def test_probe_asks_with_each_user() -> None:
    bad = answer("queryShipment", "", "1", "Kullanıcı adı veya şifre hatalı.")
    found = await client(Script(NOT_OURS, bad)).probe()
    assert found.facts == {"user": "YKTEST", "payments": "sender"}
    assert [(w.code, w.field) for w in found.warnings] == [("auth.refused", "receiver_password")]
    with pytest.raises(YoursError):
        await client(Script(bad)).probe()
    with pytest.raises(TheirsError):
        await client(Script(NOT_OURS, fail(Message("net.timeout")))).probe()


def test_details_of_any_kind_are_found_by_key() -> None:
    both = answer("createShipment", detail("shippingOrderDetailVO", "A") + detail("shippingCancelDetailVO", "B"))
    assert set(parse_details(reply(both))) == {"A", "B"}
