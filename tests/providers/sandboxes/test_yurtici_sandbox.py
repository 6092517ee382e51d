"""The fake Yurtiçi Kargo against the sentences of reference "## Yurtiçi Kargo": bare envelopes, and zeep through its WSDL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

import httpx
import pytest
from lxml import etree

from providers.sandboxes.yurtici import PATH, YurticiSandbox, create
from providers.sandboxes.yurtici_wsdl import NAMESPACE
from tests.support.serving import serve

GOOD = {
    "cargoKey": "2026112400017", "invoiceKey": "F2026000123", "receiverCustName": "Elif Örnek", "receiverAddress": "Gül Mah. Lale Sok. No:4 D:2",
    "receiverPhone1": "05551112233", "cityName": "İzmir", "townName": "Bornova", "cargoCount": "1", "desi": "3", "waybillNo": "IRS2026001",
}  # fmt: skip
COD = {"ttCollectionType": "0", "ttInvoiceAmount": "749.90", "ttDocumentId": "202611240017", "ttDocumentSaveType": "0"}


class Rig:
    def __init__(self, box: YurticiSandbox, http: httpx.Client) -> None:
        self.box, self.http = box, http

    def post(self, body: str, content_type: str = "text/xml; charset=utf-8") -> httpx.Response:
        text = f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{body}</s:Body></s:Envelope>'
        return self.http.post(PATH, content=text.encode(), headers={"Content-Type": content_type, "SOAPAction": '""'})

    def call(
        self, operation: str, inner: str, *, kind: str = "sender", language: str | None = None, password: str = ""
    ) -> etree._Element:
        user = next(one for one in self.box.accounts.values() if one.payment == kind)
        tongue = language or ("userLanguage" if operation in ("createShipment", "cancelShipment") else "wsLanguage")
        who = f"<wsUserName>{user.user}</wsUserName><wsPassword>{password or user.password}</wsPassword><{tongue}>TR</{tongue}>"
        reply = self.post(f'<o:{operation} xmlns:o="{NAMESPACE}">{who}{inner}</o:{operation}>')
        assert reply.status_code == 200, reply.text
        assert reply.headers["content-type"].startswith("text/xml")
        [answer] = etree.fromstring(reply.content).iter(f"{{{NAMESPACE}}}{operation}Response")
        return answer[0]

    def create(self, *orders: dict[str, str], kind: str = "sender") -> etree._Element:
        rows = ("".join(f"<{k}>{escape(v)}</{k}>" for k, v in one.items()) for one in orders)
        return self.call(
            "createShipment", "".join(f"<ShippingOrderVO>{row}</ShippingOrderVO>" for row in rows), kind=kind
        )

    def query(self, *keys: str, key_type: int = 0, more: str = "", kind: str = "sender") -> etree._Element:
        rows = "".join(f"<keys>{key}</keys>" for key in keys)
        return self.call("queryShipment", f"{rows}<keyType>{key_type}</keyType>{more}", kind=kind)

    def cancel(self, *keys: str) -> etree._Element:
        return self.call("cancelShipment", "".join(f"<cargoKeys>{key}</cargoKeys>" for key in keys))

    def control(self, path: str, body: Any) -> None:
        assert self.http.post(f"/_control/{path}", json=body).status_code == 200


@pytest.fixture
def rig() -> Iterator[Rig]:
    box = create(seed=5)
    assert isinstance(box, YurticiSandbox)
    with serve(box.app) as base, httpx.Client(base_url=base, timeout=10) as http:
        yield Rig(box, http)


def codes(answer: etree._Element) -> list[str]:
    return [one.text or "" for one in answer.iter("errCode")]


def test_create_then_query_by_both_keys(rig: Rig) -> None:
    made = rig.create(GOOD)
    assert made.tag == "ShippingOrderResultVO"
    assert (made.findtext("outFlag"), made.findtext("count")) == ("0", "1")
    assert made.findtext("shippingOrderDetailVO/cargoKey") == GOOD["cargoKey"]
    assert not list(made.iter("docId"))
    for key, kind in ((GOOD["cargoKey"], 0), (GOOD["invoiceKey"], 1)):
        found = rig.query(key, key_type=kind)
        assert found.tag == "ShippingDeliveryVO"
        assert found.findtext("shippingDeliveryDetailVO/jobId") == made.findtext("jobId")
        assert found.findtext("shippingDeliveryDetailVO/operationStatus") == "NOP"
        assert found.find("shippingDeliveryDetailVO/shippingDeliveryItemDetailVO") is None
    [row] = rig.box.truth_shipments()
    assert (row["reference"], row["receiver"], row["city"], row["desi"], row["count"]) == (
        GOOD["cargoKey"],
        "Elif Örnek",
        "İzmir",
        "3",
        1,
    )
    assert rig.box.counters()["shipments"] == 1


def test_a_taken_key_stays_taken_for_every_user(rig: Rig) -> None:
    rig.create(GOOD)
    again = rig.create(GOOD)
    assert again.findtext("outFlag") == "1"
    assert codes(again) == ["60020"]
    assert codes(rig.create(GOOD, kind="receiver")) == ["60020"]
    rig.cancel(GOOD["cargoKey"])
    assert codes(rig.create(GOOD)) == ["60020"]


def test_a_batch_answers_row_by_row(rig: Rig) -> None:
    second = {**GOOD, "cargoKey": "2026112400018"}
    made = rig.create(GOOD, {**GOOD, "cargoKey": ""}, second, second)
    assert made.findtext("outFlag") == "0"
    assert codes(made) == ["0", "80859", "0", "60020"]
    assert len(rig.box.truth_shipments()) == 2
    rig.control("switch", {"feature": "no_err_code", "on": True})
    assert codes(rig.create({**GOOD, "cargoKey": "2026112400019"})) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"cargoKey": "1" * 21}, 82500), ({"invoiceKey": ""}, 60017), ({"invoiceKey": "1" * 21}, 82501), ({"receiverCustName": ""}, 60018),
        ({"receiverCustName": "Elif"}, 82503), ({"receiverCustName": "A 1234"}, 82503), ({"receiverAddress": ""}, 60019),
        ({"receiverAddress": "Gül Sk."}, 82502), ({"receiverAddress": "x" * 201}, 82502), ({"receiverPhone1": ""}, 82516),
        ({"receiverPhone1": "+905551112233"}, 82516), ({"receiverPhone1": "0555"}, 82516), ({"emailAddress": "x"}, 82515),
        ({"desi": "3,5"}, 82517), ({"kg": "1.2345"}, 82517), ({"cargoCount": "iki"}, 82517), ({"cityName": "x" * 41}, 82517),
        ({"waybillNo": "1" * 21}, 82517), ({"description": "x" * 256}, 82517), ({"specialField1": "3=1"}, 82517),
        ({"ttInvoiceAmount": "10.00", "ttCollectionType": "0"}, 82512),
    ],
)  # fmt: skip
def test_a_bad_field_is_refused_with_its_code(rig: Rig, change: dict[str, str], code: int) -> None:
    assert codes(rig.create({**GOOD, **change})) == [str(code)]
    assert rig.box.truth_shipments() == []


def test_what_bound_clients_send_is_accepted(rig: Rig) -> None:
    empties = {
        "receiverPhone2": "",
        "kg": "0",
        "ttInvoiceAmount": "0",
        "ttDocumentId": "0",
        "emailAddress": "",
        "specialField1": "3$5550001#14$77#",
    }
    assert codes(rig.create({**GOOD, "receiverPhone1": "5551112233", **empties})) == ["0"]


def test_each_payment_type_has_its_user(rig: Rig) -> None:
    assert codes(rig.create({**GOOD, **COD}, kind="cod_cash")) == ["0"]
    card = {**GOOD, **COD, "cargoKey": "2026112400020"}
    assert codes(rig.create(card, kind="cod_card")) == ["82512"]  # cash asked of the card user
    card |= {"ttCollectionType": "1"}
    assert codes(rig.create(card, kind="cod_card")) == ["82511"]
    assert codes(rig.create({**card, "dcSelectedCredit": "1", "dcCreditRule": "7"}, kind="cod_card")) == ["82518"]
    assert codes(rig.create({**card, "dcSelectedCredit": "1", "dcCreditRule": "0"}, kind="cod_card")) == ["0"]
    other = {**GOOD, **COD, "cargoKey": "2026112400021"}
    for change, code in (
        ({"ttCollectionType": ""}, 82505), ({"ttCollectionType": "5"}, 82513), ({"ttInvoiceAmount": "0.00"}, 82506), ({"ttInvoiceAmount": "7,5"}, 82507),
        ({"ttDocumentId": ""}, 82508), ({"ttDocumentId": "1" * 13}, 82509), ({"ttDocumentSaveType": ""}, 82510), ({"ttDocumentSaveType": "2"}, 82514),
    ):  # fmt: skip
        assert codes(rig.create({**other, **change}, kind="cod_cash")) == [str(code)]
    assert {row["payment"]: row["cod_amount"] for row in rig.box.truth_shipments()} == {
        "cod_cash": "749.90",
        "cod_card": "749.90",
    }
    assert codes(rig.query(GOOD["cargoKey"], kind="sender")) == ["82519"]


def test_wrong_user_wrong_password_and_wrong_language_element(rig: Rig) -> None:
    nonsense = "<keys>yok-boyle-anahtar</keys><keyType>0</keyType>"
    bad = rig.call("queryShipment", nonsense, password="yanlis")
    assert bad.findtext("outFlag") == "1"
    assert bad.find("shippingDeliveryDetailVO") is None
    fine = rig.call("queryShipment", nonsense)
    assert fine.findtext("outFlag") == "0"
    assert codes(fine) == ["82519"]
    for operation, wrong in (("queryShipment", "userLanguage"), ("cancelShipment", "wsLanguage")):
        assert "language may not be empty" in (
            rig.call(operation, nonsense, language=wrong).findtext("outResult") or ""
        )


def test_an_address_that_is_not_allowed_is_told_apart(rig: Rig) -> None:
    rig.control("switch", {"feature": "ip_refused", "on": True})
    answer = rig.query("x")
    assert answer.findtext("outFlag") == "1"
    assert "IP" in (answer.findtext("outResult") or "")
    rig.control("switch", {"feature": "ip_refused", "on": False})
    assert rig.query("x").findtext("outFlag") == "0"


def test_a_parcel_moves_on_the_clock(rig: Rig) -> None:
    rig.create(GOOD)
    key, seen, tracking = GOOD["cargoKey"], [], set()
    for hours in (0, 4.5, 2, 30):
        rig.control("clock", {"advance": hours * 3600})
        answer = rig.query(key, more="<addHistoricalData>true</addHistoricalData><onlyTracking>false</onlyTracking>")
        row = answer.find("shippingDeliveryDetailVO")
        assert row is not None
        seen.append((row.findtext("operationStatus"), row.findtext("operationCode")))
        tracking |= {one.text for one in row.iter("docId")}
    assert seen == [("NOP", "0"), ("ISR", "2"), ("IND", "1"), ("DLV", "5")]
    item = row.find("shippingDeliveryItemDetailVO")
    assert item is not None
    assert len(tracking) == 1
    doc = tracking.pop() or ""
    assert len(doc) == 12
    assert doc.isdecimal()
    assert (
        item.findtext("trackingUrl") == f"https://www.yurticikargo.com/tr/online-servisler/gonderi-sorgula?code={doc}"
    )
    assert len(item.findtext("deliveryDate") or "") == 8
    assert len(item.findtext("deliveryTime") or "") == 6
    assert item.findtext("returnStatus") == "1"
    events = [one.findtext("eventName") for one in item.findall("invDocCargoVOArray")]
    assert events[-1] == "Teslim Edildi"
    assert len(events) == 4
    assert rig.box.truth_shipments()[0]["tracking_number"] == doc


def test_only_tracking_gives_number_and_address_only(rig: Rig) -> None:
    rig.create(GOOD)
    rig.control("clock", {"advance": 7 * 3600})
    item = rig.query(GOOD["cargoKey"], more="<onlyTracking>true</onlyTracking>").find(
        "shippingDeliveryDetailVO/shippingDeliveryItemDetailVO"
    )
    assert item is not None
    assert [one.tag for one in item] == ["docId", "trackingUrl"]


def test_one_key_once_a_minute(rig: Rig) -> None:
    rig.create(GOOD)
    assert rig.query(GOOD["cargoKey"]).findtext("shippingDeliveryDetailVO/operationStatus") == "NOP"
    early = rig.query(GOOD["cargoKey"])
    assert early.findtext("shippingDeliveryDetailVO/operationStatus") is None
    assert codes(early)[0] != "0"
    rig.control("clock", {"advance": 61})
    assert rig.query(GOOD["cargoKey"]).findtext("shippingDeliveryDetailVO/operationStatus") == "NOP"
    rig.control("limits", {"on": False})
    assert rig.query(GOOD["cargoKey"]).findtext("shippingDeliveryDetailVO/operationStatus") == "NOP"


def test_cancel_only_before_the_document(rig: Rig) -> None:
    other = {**GOOD, "cargoKey": "2026112400018"}
    rig.create(GOOD, other)
    gone = rig.cancel(GOOD["cargoKey"])
    assert gone.findtext("outFlag") == "0"
    assert gone.findtext("shippingCancelDetailVO/operationStatus") == "CNL"
    again = rig.cancel(GOOD["cargoKey"], "yok")
    assert codes(again) == ["82520", "82519"]
    assert again.findtext("shippingCancelDetailVO/operationStatus") == "ISC"
    rig.control("clock", {"advance": 5 * 3600})
    late = rig.cancel(other["cargoKey"])
    assert late.findtext("outFlag") == "1"
    assert late.findtext("shippingCancelDetailVO/operationStatus") == "ISR"
    assert late.findtext("shippingCancelDetailVO/docId")
    assert rig.query(GOOD["cargoKey"]).findtext("shippingDeliveryDetailVO/operationStatus") == "CNL"
    assert [row["status"] for row in rig.box.truth_shipments()] == ["CNL", "ISR"]
    assert rig.box.counters()["cancels"] == 1


@pytest.mark.parametrize(
    ("fate", "status", "returned"), [("return", "DLV", "3"), ("block", "CNL", None), ("invoice_cancel", "BI", "0")]
)
def test_other_ends(rig: Rig, fate: str, status: str, returned: str | None) -> None:
    rig.create(GOOD)
    rig.control("switch", {"feature": f"{fate}:{GOOD['cargoKey']}", "on": True})
    rig.control("clock", {"advance": 40 * 3600})
    answer = rig.query(GOOD["cargoKey"])
    assert answer.findtext("shippingDeliveryDetailVO/operationStatus") == status
    assert answer.findtext("shippingDeliveryDetailVO/shippingDeliveryItemDetailVO/returnStatus") == returned


def test_query_parameters(rig: Rig) -> None:
    assert codes(rig.query(key_type=0)) == ["82526"]
    assert codes(rig.query("x", key_type=5)) == ["82527"]
    rig.control("switch", {"feature": "unexpected", "on": True})
    answer = rig.query("x")
    assert answer.findtext("outFlag") == "2"
    assert codes(answer) == ["936"]


def test_return_codes(rig: Rig) -> None:
    good = "<fieldName>53</fieldName><returnCode>IADE1</returnCode><startDate>20261101</startDate><endDate>20261231</endDate><maxCount>1</maxCount>"
    assert codes(rig.call("saveReturnShipmentCode", good)) == ["0"]
    assert codes(rig.call("saveReturnShipmentCode", good)) == ["60027"]
    assert codes(
        rig.call("saveReturnShipmentCode", good.replace("20261231", "20261001").replace("IADE1", "IADE2"))
    ) == ["60026"]
    assert codes(rig.call("saveReturnShipmentCode", good.replace("20261101", "1 Kasım"))) == ["82653"]
    gone = "<fieldName>53</fieldName><returnCode>IADE1</returnCode>"
    assert codes(rig.call("cancelReturnShipmentCode", gone)) == ["0"]
    assert codes(rig.call("cancelReturnShipmentCode", gone)) == ["80838"]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<createShipment><wsUserName>YKTEST</wsUserName></createShipment>", "Client"),
        (f'<o:cancelDispatch xmlns:o="{NAMESPACE}"/>', "Client"),
        ("", "Client"),
        ("<broken", "Client"),
    ],
)
def test_what_is_no_call_is_a_fault(rig: Rig, body: str, fault: str) -> None:
    reply = rig.post(body)
    assert reply.status_code == 500
    assert (etree.fromstring(reply.content).findtext(".//faultcode") or "").endswith(fault)


def test_hostile_xml_other_versions_and_other_types(rig: Rig) -> None:
    bomb = f'<!DOCTYPE x [<!ENTITY a "aaaa">]><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><o:queryShipment xmlns:o="{NAMESPACE}"><keys>&a;</keys></o:queryShipment></s:Body></s:Envelope>'
    headers = {"Content-Type": "text/xml"}
    assert rig.http.post(PATH, content=bomb, headers=headers).status_code == 500
    newer = '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body/></s:Envelope>'
    reply = rig.http.post(PATH, content=newer, headers=headers)
    assert "VersionMismatch" in reply.text
    assert rig.post("", content_type="application/json").status_code == 415


def test_qualified_children_are_not_seen(rig: Rig) -> None:
    reply = rig.post(
        f'<queryShipment xmlns="{NAMESPACE}"><wsUserName>YKTEST</wsUserName><wsPassword>YK</wsPassword><wsLanguage>TR</wsLanguage></queryShipment>'
    )
    assert "language may not be empty" in reply.text


def test_an_answer_that_was_lost_after_the_act(rig: Rig) -> None:
    rig.control("faults", {"kind": "drop_after", "contains": "createShipment"})
    with pytest.raises(httpx.TransportError):
        rig.create(GOOD)
    assert len(rig.box.truth_shipments()) == 1
    assert codes(rig.create(GOOD)) == ["60020"]
    assert rig.query(GOOD["cargoKey"]).findtext("shippingDeliveryDetailVO/operationStatus") == "NOP"


def test_ignored_writes_and_control_without_orders(rig: Rig) -> None:
    rig.control("switch", {"feature": "ignore_writes", "on": True})
    assert codes(rig.create(GOOD)) == ["0"]
    assert rig.box.truth_shipments() == []
    assert rig.http.post("/_control/orders", json={"count": 3}).json() == {"remote_ids": []}
    assert rig.http.get("/_control/listings").json() == []
    held = rig.http.get("/_control/credentials").json()
    assert (held["username"], held["language"]) == ("YKTEST", "TR")
    assert held["cod_cash_username"]
    rig.control("reset", {"seed": 9})
    assert codes(rig.create(GOOD)) == ["0"]
    assert len(rig.box.truth_shipments()) == 1


def test_zeep_can_call_through_the_wsdl(rig: Rig) -> None:
    zeep = pytest.importorskip("zeep")
    client = zeep.Client(f"{str(rig.http.base_url).rstrip('/')}{PATH}?wsdl")
    who = {"wsUserName": "YKTEST", "wsPassword": "YK"}
    made = client.service.createShipment(**who, userLanguage="TR", ShippingOrderVO=[GOOD])
    assert made.outFlag == "0"
    assert made.shippingOrderDetailVO[0].cargoKey == GOOD["cargoKey"]
    again = client.service.createShipment(**who, userLanguage="EN", ShippingOrderVO=[GOOD])
    assert again.shippingOrderDetailVO[0].errCode == 60020
    rig.control("clock", {"advance": 31 * 3600})
    found = client.service.queryShipment(
        **who, wsLanguage="TR", keys=[GOOD["cargoKey"]], keyType=0, addHistoricalData=True, onlyTracking=False
    )
    [detail] = found.shippingDeliveryDetailVO
    assert detail.operationStatus == "DLV"
    assert len(detail.shippingDeliveryItemDetailVO.invDocCargoVOArray) == 4
    late = client.service.cancelShipment(**who, userLanguage="TR", cargoKeys=[GOOD["cargoKey"]])
    assert late.outFlag == "1"
    saved = client.service.saveReturnShipmentCode(
        **who, wsLanguage="TR", fieldName="53", returnCode="A", startDate="20261101", endDate="20261102", maxCount=1
    )
    assert saved.errCode == 0
