"""The fake Aras Kargo against the sentences of reference "## Aras Kargo": bare envelopes for both services, zeep through the WSDL."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from lxml import etree

from providers.sandboxes.aras import (
    CUSTOMER,
    ORDER_PASSWORD,
    ORDER_PATHS,
    ORDER_USER,
    QUERY_PASSWORD,
    QUERY_PATHS,
    QUERY_USER,
    create,
)
from providers.sandboxes.exact import ISTANBUL
from tests.providers.sandboxes.courier_rig import Rig, plain, reason, rig_of, xml

CODE = "2026112417"
GOOD: dict[str, Any] = {
    "UserName": ORDER_USER, "Password": ORDER_PASSWORD, "TradingWaybillNumber": "I2026000017", "IntegrationCode": CODE, "ReceiverName": "Elif Örnek",
    "ReceiverAddress": "Gül Mah. Lale Sok. 4/2", "ReceiverPhone1": "5551112233", "ReceiverCityName": "İZMİR", "ReceiverTownName": "BORNOVA",
    "PieceCount": "1", "PayorTypeCode": "1", "IsWorldWide": "0", "PieceDetails": {"PieceDetail": {"BarcodeNumber": "202611241701"}},
}  # fmt: skip
WHO = {"userName": ORDER_USER, "password": ORDER_PASSWORD}


@pytest.fixture
def rig() -> Iterator[Rig]:
    with rig_of(create(seed=5)) as found:
        yield found


def call(rig: Rig, operation: str, fields: dict[str, Any], version: str = "1.1", path: str = ORDER_PATHS[0]) -> Any:
    action = f"http://tempuri.org/{operation}"
    reply = rig.soap(path, f'<{operation} xmlns="http://tempuri.org/">{xml(fields)}</{operation}>', action, version)
    assert reply.status_code == 200, reply.text
    [answer] = etree.fromstring(reply.content).iter(f"{{http://tempuri.org/}}{operation}Result")
    return plain(answer)


def put(rig: Rig, *orders: dict[str, Any], who: dict[str, str] = WHO, version: str = "1.1") -> list[str]:
    answer = call(rig, "SetOrder", {"orderInfo": {"Order": list(orders)} if orders else "", **who}, version)
    return [one["ResultCode"][0] for one in answer["OrderResultInfo"]]


def cancel(rig: Rig, code: str = CODE) -> str:
    answer = call(rig, "CancelDispatch", {**WHO, "integrationCode": code})
    return str(answer if isinstance(answer, str) else answer["ResultCode"][0])


def look_up(rig: Rig, code: str = CODE) -> Any:
    return call(rig, "GetOrderWithIntegrationCode", {**WHO, "integrationCode": code})


def question(
    rig: Rig, kind: int, *, way: str = "GetQueryJSON", user: str = QUERY_USER, password: str = QUERY_PASSWORD, customer: str = CUSTOMER, **more: str
) -> httpx.Response:  # fmt: skip
    login = f"<LoginInfo>{xml({'UserName': user, 'Password': password, 'CustomerCode': customer})}</LoginInfo>"
    asked = f"<QueryInfo>{xml({'QueryType': kind, **more})}</QueryInfo>"
    body = f'<{way} xmlns="http://tempuri.org/">{xml({"loginInfo": login, "queryInfo": asked})}</{way}>'
    return rig.soap(QUERY_PATHS[0], body, f"http://tempuri.org/IArasCargoIntegrationService/{way}")


def rows(rig: Rig, kind: int, **more: str) -> Any:
    reply = question(rig, kind, **more)
    assert reply.status_code == 200, reply.text
    text = next(etree.fromstring(reply.content).iter("{http://tempuri.org/}GetQueryJSONResult")).text or ""
    return json.loads(text)["QueryResult"]["Collection"]


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_create_and_look_up_by_the_own_code(rig: Rig, version: str) -> None:
    assert put(rig, GOOD, version=version) == ["0"]
    found = look_up(rig)
    assert found["Order"][0]["ReceiverName"] == ["Elif Örnek"]
    assert found["Order"][0]["PieceDetails"][0]["PieceDetail"][0]["BarcodeNumber"] == ["202611241701"]
    assert "Password" not in found["Order"][0]
    assert "Order" not in look_up(rig, "999999")
    row = rig.truth(CODE)
    assert (row["receiver"], row["city"], row["district"], row["pieces"]) == ("Elif Örnek", "İZMİR", "BORNOVA", ["202611241701"])  # fmt: skip
    assert (rig.count("shipments"), rig.count(f"shipment:{CODE}")) == (1, 1)


def test_both_addresses_are_served_and_each_service_has_its_user(rig: Rig) -> None:
    assert len(call(rig, "SetOrder", {"orderInfo": {"Order": [GOOD]}, **WHO}, path=ORDER_PATHS[1])) == 1
    assert rows(rig, 39, IntegrationCode=CODE) == []
    assert put(rig, GOOD, who={"userName": QUERY_USER, "password": QUERY_PASSWORD}) == ["1000"]
    assert put(rig, {**GOOD, "Password": "yanlis"}) == ["1000"]
    assert call(rig, "CancelDispatch", {"userName": "x", "password": "y", "integrationCode": CODE})["ResultCode"] == [
        "-2"
    ]
    unknown = call(rig, "GetOrderWithIntegrationCode", {"userName": "x", "password": "y", "integrationCode": "1"})
    assert unknown["ResultCode"] == ["1000"]
    assert "şifre" in reason(question(rig, 31, user=ORDER_USER, password=ORDER_PASSWORD))
    assert "Müşteri kodu" in reason(question(rig, 31, customer="1"))
    assert rows(rig, 31) == [{"TESLIM_ADEDI": "0"}]


def test_a_second_order_of_one_code_changes_the_first(rig: Rig) -> None:
    assert put(rig, GOOD, {**GOOD, "ReceiverName": "Elif Yeni"}) == ["0", "0"]
    assert (rig.count("shipments"), rig.count(f"shipment:{CODE}"), rig.count("updates")) == (1, 1, 1)
    assert rig.truth(CODE)["receiver"] == "Elif Yeni"
    for _ in range(19):
        assert put(rig, GOOD) == ["0"]
    assert put(rig, GOOD) == ["70035"]
    other = {**GOOD, "IntegrationCode": "2026112418"}
    assert put(rig, other) == ["70027"]
    rig.later(5)
    assert put(rig, {**GOOD, "ReceiverName": "Geç Kaldı"}) == ["60020"]
    assert rig.truth(CODE)["receiver"] == "Elif Örnek"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"IntegrationCode": ""}, "937"), ({"ReceiverAddress": ""}, "938"), ({"ReceiverName": ""}, "939"), ({"ReceiverCityName": ""}, "940"),
        ({"ReceiverTownName": ""}, "941"), ({"ReceiverTownName": "x" * 17}, "70018"), ({"ReceiverAddress": "x" * 251}, "70018"),
        ({"ReceiverPhone1": "+905551112233"}, "935"), ({"ReceiverPhone1": "05551112233"}, "70019"), ({"Weight": "1,5"}, "70019"),
        ({"PayorTypeCode": "3"}, "70032"), ({"IsWorldWide": ""}, "70033"), ({"IsCod": "1", "CodAmount": "10.00"}, "70034"),
        ({"IsCod": "1", "CodAmount": "10.00", "CodCollectionType": "0", "CodBillingType": "0", "PayorTypeCode": "2"}, "942"),
        ({"PieceCount": "2"}, "70024"), ({"PieceDetails": {"PieceDetail": [{"BarcodeNumber": ""}]}}, "70020"),
        ({"PieceCount": "2", "PieceDetails": {"PieceDetail": [{"BarcodeNumber": "1"}, {"BarcodeNumber": "1"}]}}, "70030"),
    ],
)  # fmt: skip
def test_a_bad_field_is_refused_with_its_code(rig: Rig, change: dict[str, Any], code: str) -> None:
    assert put(rig, {**GOOD, **change}) == [code]
    assert rig.count("shipments") == 0


def test_a_lot_answers_row_by_row_and_none_is_an_empty_request(rig: Rig) -> None:
    cod = {"IsCod": "1", "CodAmount": "749.90", "CodCollectionType": "1", "CodBillingType": "0"}
    second = {
        **GOOD,
        **cod,
        "IntegrationCode": "2026112418",
        "PieceDetails": {"PieceDetail": {"BarcodeNumber": "202611241801"}},
    }
    assert put(rig, GOOD, {**GOOD, "ReceiverName": ""}, second) == ["0", "939", "0"]
    assert rig.truth("2026112418")["cod"] == "749.90"
    assert put(rig) == ["60021"]


def test_tracking_moves_on_the_clock(rig: Rig) -> None:
    put(rig, GOOD)
    seen = []
    for hours in (0, 5, 2, 12, 8, 4):
        rig.later(hours)
        found = rows(rig, 39, IntegrationCode=f"{CODE},999999")
        seen.append(found[0]["DURUM_KODU"] if found else "")
    assert seen == ["", "1", "2", "3", "4", "6"]
    [row] = rows(rig, 39, IntegrationCode=CODE)
    assert (row["MUSTERI_OZEL_KODU"], row["TESLIM_ALAN"], row["TIP_KODU"], row["ODEME_TIPI"]) == (
        CODE,
        "Elif Örnek",
        "1",
        "ÜG",
    )
    assert len(row["KARGO_TAKIP_NO"]) == 13
    assert rows(rig, 14, TrackingNumber=row["KARGO_TAKIP_NO"])[0]["KARGO TAKIP NO"] == row["KARGO_TAKIP_NO"]
    assert rows(rig, 24, Barcode="202611241701")[0]["MUSTERI OZEL KODU"] == CODE
    assert [one["DURUM_KODU"] for one in rows(rig, 9, IntegrationCode=CODE)] == ["1", "2", "3", "4", "6"]
    assert [len(rows(rig, kind, StartDate=row["CIKIS_TARIH"], EndDate=row["TESLIM_TARIHI"])) for kind in (12, 13)] == [
        1,
        1,
    ]
    assert [len(rows(rig, kind, Date=row["CIKIS_TARIH"])) for kind in (2, 4)] == [1, 0]
    assert len(rows(rig, 3, Date=row["TESLIM_TARIHI"])) == 1
    assert (rows(rig, 5), rows(rig, 8)) == ([], [])
    delivered_today = row["TESLIM_TARIHI"] == f"{rig.box.clock.now().astimezone(ISTANBUL):%d.%m.%Y}"
    assert rows(rig, 31) == [{"TESLIM_ADEDI": str(int(delivered_today))}]
    assert len(rows(rig, 10)) == 3
    rig.later(24 * 91)
    assert (rows(rig, 100, IntegrationCode=CODE), len(rows(rig, 39, IntegrationCode=CODE))) == ([], 1)


def test_other_ends_and_other_frames(rig: Rig) -> None:
    put(rig, GOOD)
    rig.switch(f"return:{CODE}")
    rig.later(31)
    assert rows(rig, 39, IntegrationCode=CODE)[0]["DEVIR_KODU"] == "AY"
    rig.later(24)
    [row] = rows(rig, 39, IntegrationCode=CODE)
    assert (row["TIP_KODU"], bool(row["IADE_NEDENI"]), row["TESLIM_ALAN"]) == ("3", True, "")
    assert len(rows(rig, 8)) == 1
    rig.switch("single_object")
    assert rows(rig, 39, IntegrationCode=CODE) == row
    assert rows(rig, 39, IntegrationCode="1") is None
    reply = question(rig, 11, way="GetQueryXML", IntegrationCode=CODE)
    [collection] = etree.fromstring(reply.content).iter("Collection")
    assert collection.findtext("MUSTERI_x0020_OZEL_x0020_KODU") == CODE
    rig.control("damage", {"remote_id": CODE})
    assert not rows(rig, 39, IntegrationCode=CODE)["DURUM_KODU"].isdecimal()


def test_cancel_only_before_the_waybill(rig: Rig) -> None:
    other = {**GOOD, "IntegrationCode": "2026112418", "PieceDetails": ""}
    assert put(rig, GOOD, other) == ["0", "0"]
    assert (cancel(rig), cancel(rig), cancel(rig, "999999")) == ("1", "0", "-1")
    assert put(rig, GOOD) == ["70031"]
    assert "Order" not in look_up(rig)
    rig.switch("pickup:2026112418")
    assert cancel(rig, "2026112418") == "999"
    rig.switch("bare_cancel")
    assert cancel(rig, "2026112418") == "999"
    assert (rig.count("cancels"), rig.truth("2026112418")["cancelled"], rig.truth(CODE)["cancelled"]) == (
        1,
        False,
        True,
    )


def test_labels_need_the_right(rig: Rig) -> None:
    two = {"PieceCount": "2", "PieceDetails": {"PieceDetail": [{"BarcodeNumber": f"20261124170{n}"} for n in (1, 2)]}}
    put(rig, {**GOOD, **two})
    ask = {"Username": ORDER_USER, "Password": ORDER_PASSWORD, "integrationCode": CODE}
    assert "ZebraZpl" not in call(rig, "GetArasBarcode", ask)
    rig.switch("label_right")
    label = call(rig, "GetArasBarcode", ask)
    assert label["ZebraZpl"][0].count("^XA") == 2
    assert "202611241702" in label["ZebraZpl"][0]
    assert base64.b64decode(label["ZebraPdf"][0]).startswith(b"%PDF-")
    assert all(base64.b64decode(one).startswith(b"\x89PNG") for one in label["Images"][0]["string"])
    models = label["BarcodeModel"][0]["BarcodeModel"]
    assert [(one["Barcode"][0], one["TrackingNumber"][0]) for one in models] == [
        ("202611241701", ""),
        ("202611241702", ""),
    ]
    rig.switch("no_label")
    assert call(rig, "GetArasBarcode", ask)["ZebraZpl"] == [""]
    assert call(rig, "GetArasBarcode", {**ask, "Password": "x"})["ResultCode"] == ["1000"]


def test_account_address_and_breakdown(rig: Rig) -> None:
    rig.switch("account_closed")
    assert put(rig, GOOD) == ["1001"]
    assert "kapalı" in reason(question(rig, 31))
    rig.switch("account_closed", False)
    rig.switch("unexpected")
    assert put(rig, GOOD) == ["936"]
    assert "internal error" in reason(question(rig, 31))
    rig.switch("unexpected", False)
    rig.switch("ip_refused")
    reply = question(rig, 31)
    assert (reply.status_code, "203.0.113.7" in reply.text) == (403, True)
    rig.switch("ip_refused", False)
    rig.switch("ignore_writes")
    assert put(rig, GOOD) == ["0"]
    assert rig.count("shipments") == 0


def test_an_answer_that_was_lost_after_the_act(rig: Rig) -> None:
    rig.control("faults", {"kind": "drop_after", "contains": "SetOrder"})
    with pytest.raises(httpx.TransportError):
        put(rig, GOOD)
    assert look_up(rig)["Order"][0]["IntegrationCode"] == [CODE]
    assert put(rig, GOOD) == ["0"]
    assert (rig.count("shipments"), rig.count(f"shipment:{CODE}")) == (1, 1)


def test_what_is_no_call_is_a_fault(rig: Rig) -> None:
    path, action = ORDER_PATHS[0], "http://tempuri.org/CancelDispatch"
    inside = xml({**WHO, "integrationCode": CODE})
    whole = f'<CancelDispatch xmlns="http://tempuri.org/">{inside}</CancelDispatch>'
    assert "SOAPAction" in reason(rig.soap(path, whole))
    assert "EPR" in reason(rig.soap(path, "<CancelDispatch/>", action))
    assert "Unexpected" in reason(rig.soap(path, whole.replace("integrationCode>", "IntegrationCode>"), action))
    assert "more than once" in reason(rig.soap(path, whole.replace(inside, inside + inside), action))
    assert "XML" in reason(rig.soap(path, "<broken", action))
    assert "DOCTYPE" in reason(rig.http.post(path, content=b"<!DOCTYPE x><x/>", headers={"Content-Type": "text/xml"}))
    assert rig.http.post(path, content=b"{}", headers={"Content-Type": "application/json"}).status_code == 415
    newer = rig.soap(QUERY_PATHS[1], "", version="1.2")
    assert newer.status_code == 415
    assert "LoginInfo" in reason(
        rig.soap(QUERY_PATHS[1], '<GetQueryJSON xmlns="http://tempuri.org/"><loginInfo>&lt;x/&gt;</loginInfo></GetQueryJSON>',
                 "http://tempuri.org/IArasCargoIntegrationService/GetQueryJSON")
    )  # fmt: skip
    assert "QueryType" in reason(question(rig, -1))
    assert "dd.MM.yyyy" in reason(question(rig, 2, Date="31.02.2026"))


def test_zeep_can_call_through_the_wsdl(rig: Rig) -> None:
    zeep = pytest.importorskip("zeep")
    base = str(rig.http.base_url).rstrip("/")
    client = zeep.Client(f"{base}{ORDER_PATHS[0]}?wsdl")
    made = client.service.SetOrder(orderInfo={"Order": [GOOD]}, **WHO)
    assert made[0].ResultCode == "0"
    queries = zeep.Client(f"{base}{QUERY_PATHS[0]}?wsdl")
    login = (
        f"<LoginInfo>{xml({'UserName': QUERY_USER, 'Password': QUERY_PASSWORD, 'CustomerCode': CUSTOMER})}</LoginInfo>"
    )
    asked = "<QueryInfo><QueryType>10</QueryType></QueryInfo>"
    assert len(json.loads(queries.service.GetQueryJSON(login, asked))["QueryResult"]["Collection"]) == 3
