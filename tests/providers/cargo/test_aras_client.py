"""The Aras client's own decisions, on a transport that answers from a list: adopting, asking both services, what is unknown."""

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
from app.model import LabelFormat, ShipmentStatus
from providers.cargo.aras import Aras
from tests.providers.cargo.aras_support import (
    CODE,
    KEYS,
    REQUEST,
    account,
    asked,
    cancelled,
    created,
    fault,
    known,
    label,
    request,
    row,
    rows,
)
from tests.providers.cargo.soap_schemas import Script

ORDER, QUERY, SET, LABEL = "GetOrderWithIntegrationCode", "GetQueryXML", "SetOrder", "GetArasBarcode"
NONE = rows()
ON_ITS_WAY = rows(row(DURUM_KODU="2", KARGO_TAKIP_NO="2111381949380", ADET="2"))


def client(script: Script, **changes: str) -> Aras:
    return Aras(script.client(), account("https://carrier.example", KEYS | changes))


def test_capabilities() -> None:
    assert capabilities_of(Aras) == {"probe", "carrier", "tracking"}


async def test_create_gives_a_barcode_for_each_piece_and_no_label() -> None:
    script = Script(created())
    found = await client(script).create(REQUEST)
    assert (found.status, found.labels, found.tracking_number) == (ShipmentStatus.CREATED, (), "")
    assert found.barcode == f"{CODE}01 {CODE}02"
    assert script.asked == [SET]


async def test_the_carrier_s_label_is_taken_where_it_was_chosen() -> None:
    script = Script(created(), label(ZebraZpl="^XA^XZ"))
    found = await client(script, carrier_label="zpl").create(REQUEST)
    assert [(one.format, one.data) for one in found.labels] == [(LabelFormat.ZPL, b"^XA^XZ")]
    assert script.asked == [SET, LABEL]
    for bad in (label(), label("-3", ResultMessage="Yetkiniz yok"), label(ZebraPdf="?"), fail(Message("net.timeout"))):
        made = await client(Script(created(), bad), carrier_label="pdf").create(REQUEST)
        assert (made.status, made.labels) == (ShipmentStatus.CREATED, ()), "its lack never costs the shipment"


async def test_a_bad_request_never_leaves() -> None:
    script = Script()
    with pytest.raises(YoursError) as caught:
        await client(script).create(request(to_district="x" * 17))
    assert (caught.value.message.code, caught.value.message.field) == ("address.refused", "district")
    with pytest.raises(YoursError) as caught:
        await client(script, order_password="").create(REQUEST)
    assert caught.value.message.field == "order_password"
    assert not script.asked


@pytest.mark.parametrize("code", ["60020", "70027", "70030", "70031", "70035"])
async def test_a_code_that_exists_is_adopted(code: str) -> None:
    there = created(code, "var")
    script = Script(there, known(CODE, f"{CODE}01", f"{CODE}02"), ON_ITS_WAY)
    found = await client(script).create(REQUEST)
    assert (found.tracking_number, found.status) == ("2111381949380", ShipmentStatus.IN_TRANSIT)
    assert script.asked == [SET, ORDER, QUERY]
    with pytest.raises(YoursError) as caught:  # called off: the code is used up
        await client(Script(there, asked(), NONE)).create(REQUEST)
    assert (caught.value.message.code, caught.value.message.vendor_code) == ("item.duplicate", code)
    with pytest.raises(TheirsError):
        await client(Script(there, fail(Message("net.timeout")))).create(REQUEST)


async def test_refusals_of_create() -> None:
    for code, kind, standard in (("938", YoursError, "address.refused"), ("1000", YoursError, "auth.refused"), ("936", TheirsError, "server.error")):  # fmt: skip
        with pytest.raises(kind) as caught:
            await client(Script(created(code, "?"))).create(REQUEST)
        assert caught.value.message.code == standard
    with pytest.raises(OursError):  # silence about our code is no yes
        await client(Script(created(code="99"))).create(REQUEST)


async def test_find_asks_both_services_before_it_says_none() -> None:
    script = Script(asked(), NONE)
    assert await client(script).find(CODE) is None
    assert script.asked == [ORDER, QUERY]
    found = await client(Script(asked(), ON_ITS_WAY)).find(CODE)  # the order service forgets what is on its way
    assert found is not None
    assert (found.status, found.barcode) == (ShipmentStatus.IN_TRANSIT, f"{CODE}01 {CODE}02")
    found = await client(Script(known(CODE, f"{CODE}01"), fail(Message("net.timeout")))).find(CODE)
    assert found is not None
    assert (found.status, found.barcode) == (ShipmentStatus.CREATED, f"{CODE}01")
    with pytest.raises(TheirsError):
        await client(Script(asked(), fail(Message("net.timeout")))).find(CODE)
    with pytest.raises(ProviderError) as caught:  # whatever we do not understand is not "no such shipment"
        await client(Script(asked("4711", "?"))).find(CODE)
    assert caught.value.message.code == "item.refused"


async def test_find_brings_the_label_that_is_owed() -> None:
    found = await client(Script(known(), NONE, label(ZebraPdf="JVBERg==")), carrier_label="pdf").find(CODE)
    assert found is not None
    assert [one.data for one in found.labels] == [b"%PDF"]


@pytest.mark.parametrize(
    ("answer", "expected", "code"),
    [
        (cancelled("0"), OutcomeState.DONE, ""),
        (cancelled("1", "İptal edildi."), OutcomeState.DONE, ""),
        (cancelled("-1"), OutcomeState.REFUSED, "item.not_found"),
        (cancelled("999", "İrsaliyesi kesilmiş"), OutcomeState.REFUSED, "item.conflict"),
        (cancelled("936"), OutcomeState.UNKNOWN, "server.error"),
        (cancelled(""), OutcomeState.UNKNOWN, "answer.field_missing"),
        (fail(Message("net.timeout")), OutcomeState.UNKNOWN, "net.timeout"),
    ],
)
async def test_cancel(answer: bytes | Exception, expected: OutcomeState, code: str) -> None:
    found = await client(Script(answer)).cancel(CODE)
    assert (found.key, found.state, found.message.code if found.message else "") == (CODE, expected, code)


async def test_a_cancellation_that_never_left_or_was_barred_is_raised() -> None:
    for answer in (fail(Message("net.unreachable")), cancelled("-2"), (403, b"<html>IP 203.0.113.7</html>")):
        with pytest.raises(ProviderError):
            await client(Script(answer)).cancel(CODE)


async def test_track_asks_the_order_service_for_what_has_no_waybill_yet() -> None:
    script = Script(rows(row("111111", DURUM_KODU="6"), row("999999")), known("222222"), asked())
    found = await client(script).track(["111111", "222222", "333333"])
    assert {r.reference: r.status for r in found} == {
        "111111": ShipmentStatus.DELIVERED,
        "222222": ShipmentStatus.CREATED,
    }
    assert b"111111,222222,333333" in script.bodies[0]
    assert await client(Script()).track([]) == ()


async def test_track_tells_what_it_has_when_the_line_fails() -> None:
    first = rows(row("111111", DURUM_KODU="6"))
    lost = fail(Message("net.timeout"))
    assert [r.reference for r in await client(Script(first, lost)).track(["111111", "222222"])] == ["111111"]
    for answers in ([NONE, lost], [lost]):
        with pytest.raises(TheirsError):
            await client(Script(*answers)).track(["222222"])


async def test_many_codes_go_in_pieces() -> None:
    codes = [f"{n:06}" for n in range(100000, 100120)]
    answers = [rows(*(row(c, DURUM_KODU="2") for c in codes[i : i + 50])) for i in (0, 50, 100)]
    script = Script(*answers)
    assert [r.reference for r in await client(script).track(codes)] == codes
    assert script.asked == [QUERY] * 3


async def test_probe_needs_both_users() -> None:
    today = rows("<Collection><TESLIM_ADEDI>0</TESLIM_ADEDI></Collection>")
    assert (await client(Script(asked(), today)).probe()).facts == {"user": "neodyum, neodyum-sorgu"}
    for answers, field in (
        ([asked("1000", "Kullanıcı adı veya şifre hatalı.")], "order_password"),
        ([asked(), (500, fault("Kullanıcı adı veya şifre hatalı."))], "query_password"),
    ):
        with pytest.raises(YoursError) as caught:
            await client(Script(*answers)).probe()
        assert (caught.value.message.code, caught.value.message.field) == ("auth.refused", field)
    with pytest.raises(OursError):
        await client(Script(asked(), NONE)).probe()
    with pytest.raises(YoursError) as caught:
        await client(Script(), customer_code="").probe()
    assert caught.value.message.field == "customer_code"


async def test_probe_warns_of_a_label_right_that_is_missing() -> None:
    today = rows("<Collection><TESLIM_ADEDI>0</TESLIM_ADEDI></Collection>")
    for answer, codes in (
        (label("-3", ResultMessage="Yetkiniz bulunmamaktadır."), ["auth.forbidden"]),
        (label("-1", ResultMessage="Kayıt bulunamadı."), []),
        (label(), []),
    ):
        found = await client(Script(asked(), today, answer), carrier_label="zpl").probe()
        assert [one.code for one in found.warnings] == codes
        assert all(one.field == "carrier_label" for one in found.warnings)
