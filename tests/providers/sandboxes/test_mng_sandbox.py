"""The fake MNG (DHL eCommerce Türkiye) against the sentences of reference "## MNG Kargo": a bare HTTP client, gateway, token, order, barcode."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from providers.sandboxes.exact import ISTANBUL
from providers.sandboxes.mng import BASE, CLIENT_ID, CLIENT_SECRET, CUSTOMER, PASSWORD, MngSandbox, create
from tests.providers.sandboxes.courier_rig import Rig, rig_of

KEYS = {"X-IBM-Client-Id": CLIENT_ID, "X-IBM-Client-Secret": CLIENT_SECRET}
LOGIN = {"customerNumber": int(CUSTOMER), "password": PASSWORD, "identityType": 1}
REFERENCE = "PX20260001"
#: The reference's example.
ORDER: dict[str, Any] = {
    "referenceId": REFERENCE, "barcode": REFERENCE, "billOfLandingId": "", "isCOD": 0, "codAmount": 0, "shipmentServiceType": 1,
    "packagingType": 3, "content": "Kupa", "smsPreference1": 0, "smsPreference2": 0, "smsPreference3": 0, "paymentType": 1, "deliveryType": 1,
    "description": "Kupa", "marketPlaceShortCode": "", "marketPlaceSaleCode": "",
}  # fmt: skip
PIECES = [{"barcode": f"{REFERENCE}_1", "desi": 2, "kg": 1, "content": "Kupa"}]
PERSON: dict[str, Any] = {
    "refCustomerId": "", "cityCode": 35, "districtCode": 100, "cityName": "İZMİR", "districtName": "BORNOVA", "address": "Gül Mah. 4",
    "fullName": "ELİF ÖRNEK", "mobilePhoneNumber": "5551112233", "email": "e@example.invalid", "taxOffice": "", "taxNumber": "",
}  # fmt: skip


class MngRig(Rig):
    jwt = ""

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        known = KEYS | ({"Authorization": f"Bearer {self.jwt}"} if self.jwt else {})
        return self.http.request(method, BASE + path, json=body, headers=known | headers)

    def good(self, method: str, path: str, body: Any = None) -> Any:
        reply = self.call(method, path, body)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def login(self) -> None:
        self.jwt = self.good("POST", "/token", LOGIN)["jwt"]

    def create(self, reference: str = REFERENCE, order: dict[str, Any] | None = None, **person: Any) -> httpx.Response:
        own = {**ORDER, "referenceId": reference, "barcode": reference, **(order or {})}
        pieces = [{**PIECES[0], "barcode": f"{reference}_1"}]
        body = {"order": own, "orderPieceList": pieces, "recipient": {**PERSON, **person}}
        return self.call("POST", "/standardcmdapi/createOrder", body)

    def barcode(self, reference: str = REFERENCE, **more: Any) -> httpx.Response:
        body = {
            "referenceId": reference, "billOfLandingId": "", "isCOD": 0, "codAmount": 0, "packagingType": 3, "printReferenceBarcodeOnError": 0,
            "message": "", "orderPieceList": [{**PIECES[0], "barcode": f"{reference}_1"}], **more,
        }  # fmt: skip
        return self.call("POST", "/barcodecmdapi/createbarcode", body)

    def shipped(self, reference: str = REFERENCE) -> str:
        """Creates an order and its barcode; the shipmentId."""
        assert self.create(reference).status_code == 200
        reply = self.barcode(reference)
        assert reply.status_code == 200, reply.text
        return str(reply.json()[0]["shipmentId"])

    def status(self, reference: str = REFERENCE) -> Any:
        return self.good("GET", f"/standardqueryapi/getshipmentstatus/{reference}")[0]


@pytest.fixture
def rig() -> Iterator[MngRig]:
    with rig_of(create(seed=5)) as found:
        rig = MngRig(found.box, found.http)
        rig.login()
        yield rig


def code(reply: httpx.Response) -> str:
    assert reply.status_code >= 400, reply.text
    return str(reply.json()["error"]["code"])


def test_the_gateway_wants_its_keys_and_a_subscription_of_each_product(rig: MngRig) -> None:
    for wrong in ({"X-IBM-Client-Id": "x"}, {"X-IBM-Client-Secret": "x"}):
        reply = rig.call("GET", "/cbsinfoapi/getcities", **wrong)
        assert (reply.status_code, reply.json()["httpCode"], reply.json()["httpMessage"]) == (
            401,
            "401",
            "Unauthorized",
        )
    rig.switch("unsubscribed:barcodecmdapi")
    assert rig.create().status_code == 200
    assert "subscription" in rig.barcode().json()["moreInformation"]
    assert len(rig.http.get(f"{BASE}/cbsinfoapi/getcities", headers=KEYS).json()) == 81
    assert rig.count("shipments") == 1


def test_tokens_are_for_eight_hours_and_can_be_renewed(rig: MngRig) -> None:
    for wrong in ({"customerNumber": 111111}, {"password": "gecici"}):
        assert rig.call("POST", "/token", LOGIN | wrong).status_code == 401
    assert rig.call("POST", "/token", LOGIN | {"customerNumber": CUSTOMER}).json()["title"] == "Bad Request"
    made = rig.good("POST", "/token", LOGIN)
    assert set(made) == {"jwt", "refreshToken", "jwtExpireDate", "refreshTokenExpireDate"}
    until = rig.box.clock.now().astimezone(ISTANBUL) + timedelta(hours=8)
    assert made["jwtExpireDate"][:15] in {f"{until - timedelta(seconds=s):%d.%m.%Y %H:%M:%S}"[:15] for s in (0, 9)}
    rig.later(8.1)
    late = rig.create()
    assert (late.status_code, late.json()["httpCode"]) == (401, "401")
    rig.jwt = rig.good("POST", f"/refresh/{made['refreshToken']}")["jwt"]
    assert rig.create().status_code == 200
    assert rig.call("POST", f"/refresh/{made['refreshToken']}").status_code == 401
    rig.jwt = ""
    assert rig.call("GET", f"/standardqueryapi/getorder/{REFERENCE}").status_code == 401


def test_create_and_look_up_by_the_own_reference(rig: MngRig) -> None:
    reply = rig.create()
    [made] = reply.json()
    assert set(made) == {"orderInvoiceId", "orderInvoiceDetailId", "shipperBranchCode"}
    [found] = rig.good("GET", f"/standardqueryapi/getorder/{REFERENCE}")
    assert (found["order"]["referenceId"], found["recipient"]["fullName"]) == (REFERENCE, "ELİF ÖRNEK")
    assert rig.status()["shipmentStatusCode"] == 0
    assert code(rig.call("GET", f"/standardqueryapi/getshipment/{REFERENCE}")) == "20002"
    told = rig.truth(REFERENCE)
    assert (told["receiver"], told["city"], told["district"], told["invoiced"]) == (
        "ELİF ÖRNEK",
        "35",
        "BORNOVA",
        False,
    )
    assert (rig.count("shipments"), rig.count(f"shipment:{REFERENCE}"), rig.count("barcodes")) == (1, 1, 0)
    again = rig.create()
    assert (again.status_code, code(again)) == (400, "20003")
    assert rig.call("GET", "/standardqueryapi/getorder/YOK").status_code == 404


def test_a_barcode_invoices_once_and_is_zpl(rig: MngRig) -> None:
    rig.create()
    [made] = rig.barcode().json()
    assert (made["referenceId"], len(made["shipmentId"])) == (REFERENCE, 12)
    [piece] = made["barcodes"]
    assert (piece["pieceNumber"], piece["barcode"]) == (1, f"{REFERENCE}_1")
    assert piece["value"].startswith("^XA")
    assert piece["value"].endswith("^XZ")
    assert "EL_C4_B0F _C3_96RNEK" in piece["value"]
    assert code(rig.barcode()) == "20005"
    rig.switch("barcode_again")
    assert rig.barcode().json()[0]["shipmentId"] == made["shipmentId"]
    assert (rig.count("barcodes"), rig.count(f"barcode:{REFERENCE}"), rig.truth(REFERENCE)["invoiced"]) == (1, 1, True)
    rig.switch("no_label")
    assert rig.barcode().json()[0]["barcodes"][0]["value"] == ""
    assert code(rig.barcode("YOK")) == "20002"


def test_a_branch_takes_minutes_unless_the_receiver_was_told_before(rig: MngRig) -> None:
    rig.switch("slow_branches")
    assert rig.create().json()[0]["shipperBranchCode"] == ""
    assert code(rig.barcode()) == "20001"
    [own] = rig.barcode(printReferenceBarcodeOnError=1).json()
    assert (own["shipmentId"], own["barcodes"][0]["barcode"]) == ("", REFERENCE)
    assert rig.count("barcodes") == 0
    rig.later(0.06)
    assert rig.barcode().status_code == 200
    early = {**PERSON, "address": "Lale Mah. 5"}
    assert rig.good("POST", "/pluscmdapi/createRecipient", {"recipient": early}) == [{"shipperBranchCode": ""}]
    rig.later(0.06)
    assert rig.create("PX2", address="Lale Mah. 5").json()[0]["shipperBranchCode"]
    assert rig.barcode("PX2").status_code == 200


@pytest.mark.parametrize(
    ("order", "person"),
    [
        ({"referenceId": "px1", "barcode": "px1"}, {}), ({"referenceId": "X" * 21, "barcode": "X" * 21}, {}), ({"barcode": "BASKA"}, {}),
        ({"isCOD": 1}, {}), ({"codAmount": 10}, {}), ({"paymentType": 3}, {}), ({"deliveryType": 3}, {}), ({"smsPreference1": 2}, {}),
        ({}, {"customerId": 5}), ({}, {"fullName": ""}), ({}, {"mobilePhoneNumber": "05551112233"}), ({}, {"email": ""}),
        ({}, {"taxNumber": "123"}), ({}, {"address": "x" * 201}), ({}, {"address": "Gül"}), ({}, {"districtCode": 999}), ({}, {"cityCode": 82}),
        ({}, {"districtCode": 0, "districtName": "BORNAVA"}),
    ],
)  # fmt: skip
def test_a_bad_field_is_refused(rig: MngRig, order: dict[str, Any], person: dict[str, Any]) -> None:
    assert code(rig.create(order=order, **person)) == "20004"
    assert rig.count("shipments") == 0


def test_unknown_and_missing_fields_and_zero_weights_are_refused(rig: MngRig) -> None:
    assert "bilinmeyen" in rig.create(order={"note": "x"}).json()["detail"]
    assert "zorunlu" in rig.create(order={"content": None}).json()["detail"]
    assert rig.create(order={"isCOD": "0"}).json()["status"] == 400
    for piece in ({"kg": 0}, {"desi": 0}, {"barcode": ""}):
        body = {"order": ORDER, "orderPieceList": [{**PIECES[0], **piece}], "recipient": PERSON}
        assert code(rig.call("POST", "/standardcmdapi/createOrder", body)) == "20004"
    body = {"order": ORDER, "orderPieceList": [{**PIECES[0], "kg": 1.5}], "recipient": PERSON}
    assert rig.call("POST", "/standardcmdapi/createOrder", body).json()["title"] == "Bad Request"
    assert rig.call("POST", "/standardcmdapi/createOrder", {**body, "orderPieceList": []}).status_code == 400
    rig.switch("tax_number_needed")
    assert code(rig.create()) == "26056"
    rig.switch("capital_errors")
    assert rig.create().json()["error"]["Code"] == "26056"
    assert rig.create(taxNumber="1234567890", districtCode=0, cityCode=0).status_code == 200
    assert rig.count("shipments") == 1


def test_detailed_orders_collection_and_returns(rig: MngRig) -> None:
    cod = {**ORDER, "isCOD": 1, "codAmount": 749.9, "paymentType": 3}
    body = {"order": cod, "orderPieceList": PIECES, "shipper": PERSON, "recipient": PERSON}
    assert len(rig.good("POST", "/pluscmdapi/createDetailedOrder", body)) == 1
    assert rig.truth(REFERENCE)["cod"] == "749.9"
    back = {"order": {**ORDER, "referenceId": "IADE1", "barcode": "IADE1"}, "orderPieceList": PIECES, "shipper": PERSON}
    [made] = rig.good("POST", "/standardcmdapi/createReturnOrder", back)
    assert made["returnOrderLabelURL"].startswith("https://")
    assert rig.call("POST", "/standardcmdapi/createReturnOrder", back).status_code == 400
    assert rig.count("returns") == 1


def test_tracking_moves_on_the_clock(rig: MngRig) -> None:
    number = rig.shipped()
    seen = []
    for hours in (0, 5, 2, 12):
        rig.later(hours)
        rig.login()
        seen.append(rig.status()["shipmentStatusCode"])
    rig.later(8)
    rig.login()
    seen.append(rig.status()["shipmentStatusCode"])
    rig.later(4)
    told = rig.status()
    assert [*seen, told["shipmentStatusCode"]] == [1, 1, 2, 3, 4, 5]
    assert (told["isDelivered"], told["deliveryTo"], len(told["deliveryDateTime"])) == (1, "ELİF ÖRNEK", 16)
    assert rig.good("GET", f"/standardqueryapi/getshipmentstatusByShipmentId/{number}") == [told]
    events = rig.good("GET", f"/standardqueryapi/trackshipment/{REFERENCE}")
    assert [one["eventSequence"] for one in events] == [1, 2, 3, 4, 5, 6]
    assert events == rig.good("GET", f"/standardqueryapi/trackshipmentByShipmentId/{number}")
    [found] = rig.good("GET", f"/standardqueryapi/getshipment/{REFERENCE}")
    assert (found["shipment"]["shipmentId"], found["shipment"]["finalTotal"]) == (number, 109.2)
    assert rig.good("GET", f"/standardqueryapi/getshipmentByShipmentId/{number}") == [found]
    rig.switch("bare_objects")
    assert rig.good("GET", f"/standardqueryapi/getshipment/{REFERENCE}") == found
    assert rig.good("GET", f"/plusqueryapi/GetShipmentInfoByShipmentId/{number}")["cargoBarcode"] == f"{REFERENCE}_1"
    assert rig.good("GET", f"/plusqueryapi/getShipmentByBarcode/{REFERENCE}_1") == found
    assert rig.call("GET", "/standardqueryapi/trackshipmentByShipmentId/000000000000").status_code == 404


@pytest.mark.parametrize(("fate", "last"), [("return", 7), ("problem", 6), ("lost", 8)])
def test_other_ends(rig: MngRig, fate: str, last: int) -> None:
    rig.shipped()
    rig.switch(f"{fate}:{REFERENCE}")
    rig.later(60)
    rig.login()
    assert (rig.status()["shipmentStatusCode"], rig.status()["isDelivered"]) == (last, 0)
    rig.control("damage", {"remote_id": REFERENCE})
    assert not isinstance(rig.status()["shipmentStatusCode"], int)


def test_what_changed_in_bulk(rig: MngRig) -> None:
    rig.shipped()
    rig.create("PX2")
    rig.switch(f"pickup:{REFERENCE}")
    day = next(one for one in rig.truth(REFERENCE)["events"] if one["step"] == "registered")["at"]
    local = datetime.fromisoformat(day).astimezone(ISTANBUL)
    end = quote(f"{local + timedelta(days=1):%d.%m.%Y %H:%M:%S}")
    [row] = rig.good("GET", f"/bulkqueryapi/getStatusChangedShipments/{local:%d.%m.%Y}/{end}")
    assert row["referenceId"] == REFERENCE
    assert len(rig.good("GET", f"/bulkqueryapi/getShipmentByDate/{local:%d.%m.%Y}")) == 1
    assert rig.good("GET", f"/bulkqueryapi/getDeliveredShipment/{local:%d.%m.%Y}") == []
    assert rig.call("GET", "/bulkqueryapi/getShipmentByDate/2026-11-24").status_code == 400


def test_cancel_the_shipment_then_the_order_before_a_scan(rig: MngRig) -> None:
    number = rig.shipped()
    assert code(rig.call("PUT", f"/standardcmdapi/cancelorder/{REFERENCE}")) == "20007"
    body = {"referenceId": REFERENCE, "shipmentId": number}
    assert code(rig.call("PUT", "/barcodecmdapi/cancelshipment", {**body, "shipmentId": "1"})) == "20002"
    assert len(rig.good("PUT", "/barcodecmdapi/updateshipment", body)) == 1
    rig.good("PUT", "/barcodecmdapi/cancelshipment", body)
    assert rig.status()["shipmentStatusCode"] == 0
    assert code(rig.call("PUT", f"/standardcmdapi/cancelorder/{REFERENCE}", {})) == "20004"
    rig.good("PUT", f"/standardcmdapi/cancelorder/{REFERENCE}")
    assert rig.call("GET", f"/standardqueryapi/getorder/{REFERENCE}").status_code == 404
    assert code(rig.create()) == "20003"
    assert (rig.count("cancels"), rig.count("cancelled_shipments"), rig.truth(REFERENCE)["cancelled"]) == (1, 1, True)


def test_cancel_after_pick_up_or_the_next_day_is_refused(rig: MngRig) -> None:
    number = rig.shipped()
    rig.switch(f"pickup:{REFERENCE}")
    body = {"referenceId": REFERENCE, "shipmentId": number}
    assert code(rig.call("PUT", "/barcodecmdapi/cancelshipment", body)) == "20007"
    assert code(rig.call("PUT", f"/standardcmdapi/cancelorder/{REFERENCE}")) == "20007"
    rig.switch("never_accept")
    other = rig.shipped("PX2")
    rig.later(24)
    rig.login()
    late = rig.call("PUT", "/barcodecmdapi/cancelshipment", {"referenceId": "PX2", "shipmentId": other})
    assert code(late) == "20006"
    assert rig.count("cancels") == rig.count("cancelled_shipments") == 0


def test_places_and_prices(rig: MngRig) -> None:
    names = {one["code"]: one["name"] for one in rig.good("GET", "/cbsinfoapi/getcities")}
    assert names["35"] == "İZMİR  35"
    rows = rig.good("GET", "/cbsinfoapi/getdistricts/35")
    assert {"cityCode": "35", "cityName": "İZMİR  35", "code": "100", "name": "BORNOVA"} in rows
    assert rig.good("GET", "/cbsinfoapi/getneighborhoods/35/100")
    assert rig.good("GET", "/cbsinfoapi/getmobileareas/35/100") == []
    assert rig.call("GET", "/cbsinfoapi/getdistricts/99").status_code == 404
    asked = {"cityCode": 35, "districtCode": 100, "orderPieceList": PIECES}
    assert rig.good("POST", "/standardqueryapi/calculate", asked) == {
        "subTotal": 91.0,
        "kdv": 18.2,
        "finalTotal": 109.2,
    }


def test_account_environment_address_and_breakdown(rig: MngRig) -> None:
    rig.create()
    rig.switch("ip_refused")
    refused = rig.barcode()
    assert (refused.status_code, "203.0.113.7" in refused.text) == (500, True)
    rig.switch("ip_refused", False)
    rig.switch("wrong_environment")
    assert (rig.create("PX2").status_code, code(rig.create("PX2"))) == (500, "20013")
    rig.switch("wrong_environment", False)
    rig.switch("account_closed")
    assert "kapalı" in rig.call("POST", "/token", LOGIN).text
    assert rig.barcode().status_code == 401
    rig.switch("account_closed", False)
    rig.switch("unexpected")
    assert rig.barcode().status_code == 500
    rig.switch("unexpected", False)
    rig.switch("ignore_writes")
    assert rig.create("PX3").status_code == 200
    assert rig.barcode().status_code == 200
    assert (rig.count("shipments"), rig.count("barcodes")) == (1, 0)
    assert rig.http.post(f"{BASE}/token", content="x=1", headers=KEYS).status_code == 415


def test_too_much_is_429_from_the_gateway(rig: MngRig) -> None:
    assert isinstance(rig.box, MngSandbox)
    rig.box.bucket.rate, rig.box.bucket.level = 0, 1
    assert rig.call("GET", "/cbsinfoapi/getcities").status_code == 200
    late = rig.call("GET", "/cbsinfoapi/getcities")
    assert (late.status_code, late.json()["httpCode"], late.headers["retry-after"]) == (429, "429", "1")
    rig.control("limits", {"on": False})
    assert rig.call("GET", "/cbsinfoapi/getcities").status_code == 200
    assert rig.count("throttled") == 1


@pytest.mark.parametrize("step", ["createOrder", "createbarcode"])
def test_an_answer_that_was_lost_after_the_act(rig: MngRig, step: str) -> None:
    rig.control("faults", {"kind": "drop_after", "path": step})
    if step == "createOrder":
        with pytest.raises(httpx.TransportError):
            rig.create()
    else:
        rig.create()
        with pytest.raises(httpx.TransportError):
            rig.barcode()
        assert len(rig.good("GET", f"/standardqueryapi/getshipment/{REFERENCE}")[0]["shipment"]["shipmentId"]) == 12
        assert code(rig.barcode()) == "20005"
    assert rig.good("GET", f"/standardqueryapi/getorder/{REFERENCE}")
    assert code(rig.create()) == "20003"
    assert (rig.count("shipments"), rig.count(f"shipment:{REFERENCE}")) == (1, 1)
    assert rig.count("barcodes") == int(step == "createbarcode")
