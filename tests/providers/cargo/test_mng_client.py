"""The DHL eCommerce Türkiye client against scripted answers: what it asks, in which order, and what it never asks twice."""

from __future__ import annotations

from typing import Any

import pytest

from app.contracts import Account, Message, OursError, OutcomeState, ProviderError, TheirsError, YoursError
from app.contracts.capabilities import capabilities_of
from app.model import ShipmentStatus
from providers.cargo.mng import CALLED_OFF, MOST_KEPT, Mng
from tests.providers.cargo.mng_support import NOW, REQUEST, ZPL, account, barcodes, error, order, request, shipment
from tests.providers.cargo.scripted import Answer, Script

CITIES: Answer = (200, [{"code": "34", "name": "İSTANBUL  34"}, {"code": "35", "name": "İZMİR  35"}])
DISTRICTS: Answer = (200, [{"code": "100", "name": "BORNOVA"}, {"code": "101", "name": "BUCA"}, {"code": "7", "name": "KARŞIYAKA"}])  # fmt: skip
MADE: Answer = (200, [{"orderInvoiceId": "1", "orderInvoiceDetailId": "2", "shipperBranchCode": ""}])
NONE: Answer = (404, error("20002", "Bulunamadı"))
LOST = Message("net.cut", {"sent": "yes"})
ORDER: Answer = (200, [order()])
CREATE, BARCODE = "POST standardcmdapi/createOrder", "POST barcodecmdapi/createbarcode"
GET_ORDER, GET_SHIPMENT = "GET standardqueryapi/getorder/PX20260001", "GET standardqueryapi/getshipment/PX20260001"
CANCEL_ORDER, CANCEL_SHIPMENT = "PUT standardcmdapi/cancelorder/PX20260001", "PUT barcodecmdapi/cancelshipment"
PLACES = ["GET cbsinfoapi/getcities", "GET cbsinfoapi/getdistricts/35"]


def client(*answers: Answer, held: Account | None = None, places: bool = False) -> tuple[Mng, Script]:
    script = Script({"jwt": "ey.token", "jwtExpireDate": "24.11.2026 20:00:00"}, "/token", *((CITIES, DISTRICTS) if places else ()), *answers)  # fmt: skip
    held = held or account()
    return Mng(script.http(held.base_url), held), script


def test_capabilities() -> None:
    assert capabilities_of(Mng) == {"probe", "carrier", "tracking"}


async def test_order_then_barcode() -> None:
    carrier, script = client(MADE, (200, barcodes(ZPL, ZPL)), places=True)
    made = await carrier.create(REQUEST)
    assert (made.tracking_number, len(made.labels), made.status) == ("935351532923", 2, ShipmentStatus.CREATED)
    assert script.asked == [*PLACES, CREATE, BARCODE]
    assert script.bodies[2]["recipient"]["districtCode"] == 100
    assert script.bodies[2]["recipient"]["cityName"] == "İZMİR"
    assert all(one["x-ibm-client-id"] and one["x-ibm-client-secret"] for one in script.headers)
    assert ["authorization" in one for one in script.headers] == [False, False, True, True]
    script.answers += [MADE, (200, barcodes(ZPL))]
    await carrier.create(REQUEST)
    assert script.asked[4:] == [CREATE, BARCODE], "the lists are asked for once"


async def test_a_bad_request_never_leaves() -> None:
    carrier, script = client()
    with pytest.raises(YoursError) as caught:
        await carrier.create(request(to_phone=""))
    assert caught.value.message.field == "phone"
    assert script.asked == []


@pytest.mark.parametrize(
    ("changes", "field", "near"),
    [({"to_district": "Bornowa"}, "district", "BORNOVA"), ({"to_city": "Izmirr", "to_district": "Bornova"}, "city", "İZMİR"), ({"to_district": "Zzzz"}, "district", "")],
)  # fmt: skip
async def test_places_that_do_not_exist(changes: dict[str, str], field: str, near: str) -> None:
    carrier, _ = client(places=True)
    with pytest.raises(YoursError) as caught:
        await carrier.create(request(**changes))
    wrong = caught.value.message
    assert (wrong.code, wrong.field) == ("address.refused", field)
    assert near in wrong.vendor_text


async def test_the_branch_of_arrival_is_not_known_yet() -> None:
    carrier, script = client(MADE, (400, error("20001")), places=True)
    made = await carrier.create(REQUEST)
    assert (made.labels, made.barcode, made.status) == ((), "PX20260001", ShipmentStatus.CREATED)
    script.answers += [ORDER, NONE, (400, error("20001"))]
    still = await carrier.find("PX20260001")
    assert still is not None
    assert still.labels == ()
    script.answers += [ORDER, NONE, (200, barcodes(ZPL))]
    later = await carrier.find("PX20260001")
    assert later is not None
    assert [one.data for one in later.labels] == [ZPL.encode()]
    assert script.asked.count(CREATE) == 1


async def test_an_order_that_is_there_is_adopted() -> None:
    carrier, script = client(
        (400, error("20003", "daha önce oluşturulmuş")), ORDER, NONE, (200, barcodes(ZPL)), places=True
    )
    assert len((await carrier.create(REQUEST)).labels) == 1
    assert script.asked[2:] == [CREATE, GET_ORDER, GET_SHIPMENT, BARCODE]
    carrier, script = client((400, error("20003")), ORDER, (200, [shipment()]), places=True)
    made = await carrier.create(REQUEST)
    assert (made.tracking_number, made.labels) == ("935351532923", ())
    assert BARCODE not in script.asked, "it has one"


async def test_a_reference_that_is_used_up() -> None:
    """Of a cancelled order, or of one that goes somewhere else."""
    elsewhere: Answer = (200, [{**order(), "recipient": {"address": "Lale Sok. 9", "fullName": "ELİF ÖRNEK"}}])
    for there in (NONE, elsewhere):
        carrier, script = client((400, error("20003", "daha önce oluşturulmuş")), there, places=True)
        with pytest.raises(YoursError) as caught:
            await carrier.create(REQUEST)
        assert caught.value.message.code == "item.duplicate"
        assert BARCODE not in script.asked
    carrier, _ = client((400, error("7", "telefon hatalı")), NONE, places=True)
    with pytest.raises(YoursError) as caught:
        await carrier.create(REQUEST)
    assert caught.value.message.code == "item.refused"


async def test_a_refused_barcode_calls_the_order_off() -> None:
    """So that a corrected address is not sent with the old order."""
    held = account()
    carrier, script = client(MADE, (400, error("26056", "Vergi no")), NONE, (200, [{}]), places=True, held=held)
    with pytest.raises(YoursError) as caught:
        await carrier.create(REQUEST)
    assert caught.value.message.field == "tax_number"
    assert script.asked[-2:] == [GET_SHIPMENT, CANCEL_ORDER]
    assert held.learnt[CALLED_OFF] == "PX20260001"
    carrier, script = client(MADE, (400, error("26056")), NONE, LOST, ORDER, NONE, (200, [{}]), places=True)
    with pytest.raises(YoursError) as caught:  # the answer to that was lost: the refusal is told all the same
        await carrier.create(REQUEST)
    assert caught.value.message.field == "tax_number"
    found = await carrier.find("PX20260001")  # and finished here
    assert found is not None
    assert found.status is ShipmentStatus.CANCELLED
    assert script.asked[-1] == CANCEL_ORDER
    script.answers += [(400, error("20003")), ORDER]
    with pytest.raises(YoursError) as caught:
        await carrier.create(REQUEST)
    assert caught.value.message.code == "item.duplicate"


async def test_a_barcode_that_came_meanwhile() -> None:
    carrier, _ = client(MADE, (400, error("20005", "daha önce")), (200, [shipment()]), places=True)
    assert (await carrier.create(REQUEST)).tracking_number == "935351532923"


@pytest.mark.parametrize(
    "answer", [LOST, (500, error("99")), (401, error("9", "hesabı kapalı")), (500, error("1", "IP yetkisi"))]
)
async def test_what_is_no_refusal_of_the_data_is_raised(answer: Answer) -> None:
    """Of the order and of its barcode; nothing is called off for it."""
    for before in ((), (MADE,)):
        carrier, script = client(*before, answer, places=True)
        with pytest.raises(ProviderError):
            await carrier.create(REQUEST)
        assert CANCEL_ORDER not in script.asked


async def test_find_says_none_only_for_the_carrier_s_own_word() -> None:
    carrier, script = client(NONE)
    assert await carrier.find("PX20260001") is None
    assert script.asked == [GET_ORDER]
    for answer in ((404, b""), (404, {"httpMessage": "Not Found"}), (500, b"x"), LOST):
        carrier, _ = client(answer)  # type: ignore[arg-type]
        with pytest.raises(ProviderError):
            await carrier.find("PX20260001")
    carrier, _ = client((200, [order("PX999")]))
    with pytest.raises(OursError):
        await carrier.find("PX20260001")


async def test_an_invoiced_shipment_gets_no_second_barcode() -> None:
    for answer in (shipment(), shipment(shipmentStatusCode=4)):
        carrier, script = client(ORDER, (200, [answer]))
        found = await carrier.find("PX20260001")
        assert found is not None
        assert found.labels == ()
        assert BARCODE not in script.asked
    carrier, script = client(ORDER, (200, [shipment(shipmentId="")]), (200, barcodes(ZPL)))
    found = await carrier.find("PX20260001")
    assert found is not None
    assert found.labels, "without a number it has none yet"


async def test_the_merchant_may_ask_for_a_lost_label_again() -> None:
    carrier, script = client(ORDER, (200, [shipment()]), (200, barcodes(ZPL)), held=account(label_again="yes"))
    found = await carrier.find("PX20260001")
    assert found is not None
    assert [one.data for one in found.labels] == [ZPL.encode()]
    assert found.price is not None
    assert found.price.text() == "122.40"
    assert script.asked[-1] == BARCODE
    carrier, script = client(ORDER, (200, [shipment(shipmentStatusCode=2)]), held=account(label_again="yes"))
    assert await carrier.find("PX20260001") is not None
    assert BARCODE not in script.asked, "it is on its way"


async def test_an_order_that_does_not_tell_its_goods() -> None:
    carrier, script = client((200, [{**order(), "orderPieceList": None}]), NONE)
    found = await carrier.find("PX20260001")
    assert found is not None
    assert (found.labels, found.barcode) == ((), "PX20260001")
    assert BARCODE not in script.asked


# -- cancelling ----------------------------------------------------------------------------------------------------------
async def test_first_the_barcode_then_the_order() -> None:
    carrier, script = client(ORDER, (200, [shipment()]), (200, [{}]), (200, [{}]), NONE, NONE)
    assert (await carrier.cancel("PX20260001")).state is OutcomeState.DONE
    assert script.asked == [GET_ORDER, GET_SHIPMENT, CANCEL_SHIPMENT, CANCEL_ORDER]
    assert script.bodies[2] == {"referenceId": "PX20260001", "shipmentId": "935351532923"}
    assert (await carrier.cancel("PX20260001")).state is OutcomeState.DONE, "the second time, too"
    assert await carrier.find("PX20260001") is None


async def test_an_order_without_a_barcode_and_one_that_is_gone() -> None:
    carrier, script = client(ORDER, NONE, (200, [{}]))
    assert (await carrier.cancel("PX20260001")).state is OutcomeState.DONE
    assert script.asked[-1] == CANCEL_ORDER
    carrier, _ = client(ORDER, (200, [shipment()]), NONE, NONE)
    assert (await carrier.cancel("PX20260001")).state is OutcomeState.DONE
    carrier, _ = client(NONE)
    never = await carrier.cancel("PX20260001")
    assert never.state is OutcomeState.REFUSED
    assert never.message is not None
    assert never.message.code == "item.not_found"


async def test_too_late_or_lost() -> None:
    carrier, script = client(ORDER, (200, [shipment()]), (400, error("20006", "Şube okuttu")))
    late = await carrier.cancel("PX20260001")
    assert late.state is OutcomeState.REFUSED
    assert late.message is not None
    assert (late.message.code, late.message.vendor_text) == ("item.conflict", "Şube okuttu")
    assert script.asked[-1] == CANCEL_SHIPMENT, "the order stays"
    for answers in ((LOST,), ((200, [{}]), LOST), ((200, [{}]), Message("breaker.open"))):
        held = account()
        carrier, _ = client(ORDER, (200, [shipment()]), *answers, held=held)  # type: ignore[arg-type]
        assert (await carrier.cancel("PX20260001")).state is OutcomeState.UNKNOWN
        assert "PX20260001" in held.learnt[CALLED_OFF]
    for message in (Message("breaker.open"), Message("auth.refused")):
        carrier, _ = client(ORDER, (200, [shipment()]), message)
        with pytest.raises(ProviderError):  # nothing was sent
            await carrier.cancel("PX20260001")
    carrier, _ = client(ORDER, NONE, (401, error("9", "hesabı kapalı")), ORDER)
    with pytest.raises(YoursError):
        await carrier.cancel("PX20260001")


async def test_what_is_being_called_off_gets_no_barcode() -> None:
    held = account()
    held.learnt[CALLED_OFF] = "PX20260001"
    carrier, script = client(ORDER, (200, [shipment()]), held=held)
    found = await carrier.find("PX20260001")
    assert found is not None
    assert found.status is ShipmentStatus.CREATED, "its barcode is still there: the cancellation did not come through"
    carrier, script = client(ORDER, NONE, LOST, held=held)
    with pytest.raises(TheirsError):
        await carrier.find("PX20260001")
    assert BARCODE not in script.asked


def test_the_notebook_stays_short() -> None:
    held = account()
    carrier, _ = client(held=held)
    for n in range(200):
        carrier._note(f"PX{n}")
        carrier._note(f"PX{n}")
    kept = held.learnt[CALLED_OFF].split()
    assert (len(kept), kept[-1]) == (MOST_KEPT, "PX199")


# -- tracking and the connection test ------------------------------------------------------------------------------------
async def test_track() -> None:
    status = {"shipmentStatusCode": 4, "shipmentId": "935351532923"}
    move = {"eventDateTime": "25-11-2026 10:00", "eventStatus": "Dağıtıma çıktı"}
    answers: list[Any] = [
        (200, [status]), (200, [move]), NONE, (200, status), (200, move), (200, [{"shipmentStatusCode": 0}]), (200, [status]), NONE,
    ]  # fmt: skip
    carrier, script = client(*answers)
    reports = await carrier.track(["PXA", "PXB", "PXC", "PXD", "PXE"])
    assert [one.reference for one in reports] == ["PXA", "PXC", "PXD", "PXE"]
    assert [len(one.events) for one in reports] == [1, 1, 0, 0]
    assert "GET standardqueryapi/trackshipment/PXD" not in script.asked
    carrier, _ = client((500, b""))
    with pytest.raises(TheirsError):
        await carrier.track(["PXA"])
    carrier, _ = client((200, [{}]), (200, [status]), (200, [move]))
    assert [one.reference for one in await carrier.track(["PXA", "PXB"])] == ["PXB"], (
        "one that cannot be read costs no other"
    )
    carrier, _ = client((200, [{}]), (200, [status]), (200, ["x"]))
    with pytest.raises(OursError):
        await carrier.track(["PXA", "PXB"])


async def test_probe() -> None:
    carrier, script = client(NONE, CITIES)
    assert (await carrier.probe()).facts == {"user": "123456789"}
    assert script.asked == ["GET standardqueryapi/getorder/PX0123456789ABCD", "GET cbsinfoapi/getcities"]
    subscription: Answer = (401, {"httpMessage": "Unauthorized", "moreInformation": "Cannot find valid subscription"})
    for answers, product in (((subscription,), "Standard Query"), ((NONE, subscription), "CBS Info")):
        carrier, _ = client(*answers)
        with pytest.raises(YoursError) as caught:
            await carrier.probe()
        assert (caught.value.message.code, caught.value.message.params["product"]) == ("auth.forbidden", product)
    carrier, _ = client((200, [order("PX0123456789ABCD")]), CITIES)
    assert await carrier.probe()
    carrier, _ = client((200, [order("PX1")]), CITIES)
    with pytest.raises(OursError):
        await carrier.probe()


async def test_the_token_is_kept() -> None:
    held = account()
    carrier, _ = client(NONE, held=held)
    await carrier.find("PX20260001")
    token = await held.tokens.get("mng")
    assert token is not None
    assert token.access.reveal() == "ey.token"
    assert token.expires_at is not None
    assert token.expires_at > NOW
