"""The fake Sendeo against the sentences of reference "## Sendeo" and its table of districts: a bare HTTP client."""

from __future__ import annotations

import base64
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import etree

from providers.sandboxes.places import DISTRICTS
from providers.sandboxes.sendeo import PASSWORD, USER, create
from tests.providers.sandboxes.courier_rig import Rig, rig_of

TABLE = Path(__file__).resolve().parents[4] / "shared/specs/sendeo/il-ilce.csv"
REFERENCE = "PX-2026-0001"
#: The reference's example, with Bornova's id from the table.
GOOD: dict[str, Any] = {
    "deliveryType": 1, "referenceNo": REFERENCE, "receiver": "Elif Örnek", "receiverAddress": "Gül Mah. Lale Sok. 4/2", "receiverCityId": 35,
    "receiverDistrictId": 1069208, "receiverGSM": "5551112233", "paymentType": 1, "collectionType": 0, "collectionPrice": 0, "serviceType": 1,
    "barcodeLabelType": 2,
    "products": [{"count": 1, "productCode": "", "description": "Kupa", "deci": 2, "weigth": 1, "deciWeight": 2, "price": 0}],
}  # fmt: skip
SENDER = {
    "sender": "Örnek Mağaza", "senderAddress": "Depo Sok. 1", "senderCityId": 34, "senderDistrictId": 1068865, "senderPhone": "2125551122",
}  # fmt: skip
NO_RECEIVER = dict.fromkeys([one for one in GOOD if one.startswith("receiver")])


class SendeoRig(Rig):
    token = ""

    def call(self, method: str, path: str, body: Any = None, accept: str = "application/json") -> httpx.Response:
        headers = {"Accept": accept} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        return self.http.request(method, f"/api/{path}", json=body, headers=headers)

    def good(self, method: str, path: str, body: Any = None) -> Any:
        reply = self.call(method, path, body)
        assert reply.status_code == 200, reply.text
        told = reply.json()
        assert (told["StatusCode"], told["exceptionMessage"]) == (200, None)
        return told["result"]

    def login(self) -> None:
        self.token = self.good("POST", "Token/LoginAES", {"musteri": USER, "sifre": PASSWORD})["Token"]

    def create(self, **change: Any) -> httpx.Response:
        return self.call("POST", "Cargo/SETDELIVERY", GOOD | change)

    def made(self, **change: Any) -> Any:
        return self.good("POST", "Cargo/SETDELIVERY", GOOD | change)

    def track(self, reference: str = REFERENCE) -> Any:
        return self.good("GET", f"Cargo/TRACKDELIVERY?referenceNo={reference}")

    def listed(self, **more: Any) -> list[Any]:
        found: list[Any] = self.good("POST", "Cargo/GetCargoList", {"PageNumber": 0, "PageCount": 50, **more})
        return found


@pytest.fixture
def rig() -> Iterator[SendeoRig]:
    with rig_of(create(seed=5)) as found:
        rig = SendeoRig(found.box, found.http)
        rig.login()
        yield rig


def code(reply: httpx.Response) -> int:
    """StatusCode of a business error, which is HTTP 500 with the whole envelope."""
    assert reply.status_code == 500, reply.text
    told = reply.json()
    assert told["result"] is None
    assert told["exceptionMessage"]
    return int(told["StatusCode"])


def test_a_token_is_for_twenty_hours(rig: SendeoRig) -> None:
    for wrong in ({"sifre": "yanlis"}, {"musteri": "x"}):
        refused = rig.call("POST", "Token/LoginAES", {"musteri": USER, "sifre": PASSWORD} | wrong)
        assert (refused.status_code, refused.json()["StatusCode"]) == (401, 401)
    assert rig.good("POST", "Token/Login", {"MUSTERI": USER, "Sifre": PASSWORD})["CustomerId"]
    rig.later(20.1)
    assert rig.create().status_code == 401
    rig.login()
    assert rig.create().status_code == 200
    rig.token = ""
    assert rig.create(referenceNo="B").status_code == 401


def test_districts_are_those_of_the_table(rig: SendeoRig) -> None:
    rows = rig.good("GET", "Cargo/GetCityDistricts?CityName=Ankara")
    assert len(rows) == 26
    assert {"CityId": 6, "CityName": "Ankara", "DistrictId": 1069268, "DistrictName": "Çankaya"} in rows
    assert rig.good("GET", "Cargo/GetCityDistricts?cityname=izmir") == rig.good(
        "GET", "Cargo/GetCityDistricts?CityName=İZMİR"
    )
    assert rig.good("GET", "Cargo/GetCityDistricts?CityName=Yok") == []
    assert len(rig.good("GET", "Cargo/GetCityDistricts")) == 1009


def test_the_table_is_the_carrier_s() -> None:
    if not TABLE.exists():
        pytest.skip("../shared is absent")
    with TABLE.open(encoding="utf-8-sig", newline="") as file:
        rows = [(int(city), int(number), name.strip()) for number, city, name in list(csv.reader(file))[1:]]
    assert rows == [(city, number, name) for city, found in DISTRICTS.items() for number, name in found.items()]


def test_create_and_look_up_by_the_own_reference(rig: SendeoRig) -> None:
    made = rig.made()
    assert (len(made["TrackingNumber"]), made["BarcodeNumbers"]) == (12, [f"{made['TrackingNumber']}001"])
    assert made["TrackingUrl"].endswith(made["TrackingNumber"])
    told = rig.track()
    assert (told["TrackingNo"], told["ReferenceNo"], told["State"]) == (made["TrackingNumber"], REFERENCE, 101)
    assert rig.good("GET", f"Cargo/TRACKDELIVERY?trackingNo={made['TrackingNumber']}") == told
    truth = rig.truth(REFERENCE)
    assert (truth["receiver"], truth["city"], truth["district"], truth["desi"]) == (
        "Elif Örnek",
        "İzmir",
        "Bornova",
        "2",
    )
    assert (rig.count("shipments"), rig.count(f"shipment:{REFERENCE}")) == (1, 1)
    assert code(rig.create()) == 106
    assert rig.count(f"shipment:{REFERENCE}") == 1
    rig.switch("twins")
    assert rig.made()["TrackingNumber"] != made["TrackingNumber"]
    assert (rig.count("shipments"), rig.count(f"shipment:{REFERENCE}")) == (2, 2)


@pytest.mark.parametrize(
    ("kind", "field", "start"),
    [(0, "BarcodeZpl", "^XA"), (2, "BarcodeZpl", "^XA"), (5, "BarcodeZpl", "\nN\n"), (8, "BarcodeZpl", "^XA"), (1, "Barcode", "\x89PNG"), (9, "Barcode", "%PDF"), (10, "Barcode", "\x89PNG")],
)  # fmt: skip
def test_a_label_in_each_language(rig: SendeoRig, kind: int, field: str, start: str) -> None:
    made = rig.made(barcodeLabelType=kind, additionalValue="^FO10,780^A0N,20,20^FDKupa x1^FS")
    told = made[field] if field != "Barcode" else base64.b64decode(made[field]).decode("latin-1")
    assert told.startswith(start)
    assert ("Kupa x1" in told) is (kind == 8)
    assert [name for name in ("Barcode", "BarcodeZpl", "BarcodeZpls") if made[name]] == [field]


def test_labels_again_in_pieces_and_missing(rig: SendeoRig) -> None:
    made = rig.made(products=[{**GOOD["products"][0], "count": 3}], barcodeLabelType=3)
    assert [one.startswith("^XA") for one in made["BarcodeZpls"]] == [True] * 3
    assert len(made["BarcodeNumbers"]) == 3
    again = rig.good("POST", "Cargo/GETBARCODE", {"barcodeLabelType": 0, "referenceNo": REFERENCE})
    assert again["BarcodeZpl"].count("^XA") == 3
    number = {"trackingNumber": made["TrackingNumber"]}
    assert rig.good("POST", "Cargo/GETBARCODEBYTRACKINGNUMBER", number) == made
    assert code(rig.call("POST", "Cargo/GETBARCODE", {"referenceNo": "yok"})) == 702
    assert code(rig.call("POST", "Cargo/GETBARCODE", {})) == 701
    assert code(rig.call("POST", "Cargo/GETBARCODE", {"referenceNo": REFERENCE, "barcodeLabelType": 7})) == 412
    rig.switch("no_label")
    bare = rig.made(referenceNo="B")
    assert (bare["BarcodeZpl"], bare["Barcode"], bool(bare["TrackingNumber"])) == (None, None, True)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"referenceNo": ""}, 102), ({"deliveryType": 7}, 103), ({"products": []}, 104), ({"products": [{**GOOD["products"][0], "weigth": 0}]}, 104),
        ({"products": [{**GOOD["products"][0], "deci": 501}]}, 104), ({"paymentType": 2}, 105), ({"payType": 9}, 105), ({"serviceType": 0}, 105),
        ({"collectionType": 3}, 410), ({"collectionType": 1}, 411), ({"collectionPrice": 10}, 411),
        ({"collectionType": 1, "collectionPrice": "5000.01"}, 411), ({"receiver": ""}, 201), ({"receiverAddress": ""}, 202),
        ({"receiverAddress": "x" * 256}, 202), ({"receiverCityId": 99}, 203), ({"receiverDistrictId": 1068865}, 204), ({"receiverDistrictId": 0}, 204),
        ({"receiverGSM": "05551112233"}, 205), ({"receiverGSM": None}, 205), ({"deliveryType": 5, "receiverBranchCode": "9"}, 206),
        (SENDER, 307), ({**SENDER, "deliveryType": 2}, 207), ({**NO_RECEIVER, "deliveryType": 2}, 301),
        ({**SENDER, **NO_RECEIVER, "deliveryType": 2, "senderDistrictId": 5}, 304), ({"barcodeLabelType": 4}, 412),
    ],
)  # fmt: skip
def test_a_bad_field_is_refused_with_its_code(rig: SendeoRig, change: dict[str, Any], expected: int) -> None:
    assert code(rig.create(**change)) == expected
    assert rig.count("shipments") == 0


def test_case_and_quotes_do_not_matter_but_unknown_fields_do(rig: SendeoRig) -> None:
    body = {name.upper(): value for name, value in GOOD.items()} | {"RECEIVERCITYID": "35", "DELIVERYTYPE": "1"}
    assert rig.good("POST", "Cargo/SETDELIVERY", body)["TrackingNumber"]
    assert rig.create(referenceNo="B", receiverDistrict="Bornova").status_code == 400
    assert rig.create(referenceNo="B", products=[{**GOOD["products"][0], "weight": 1}]).status_code == 400
    assert rig.create(referenceNo="B", receiverCityId="İzmir").status_code == 400
    assert rig.create(referenceNo="B", receivercityid=35).status_code == 400
    assert rig.call("GET", "Cargo/TRACKDELIVERY?reference=B").status_code == 400
    assert rig.count("shipments") == 1


def test_the_other_kinds_of_delivery(rig: SendeoRig) -> None:
    rig.made(referenceNo="2", deliveryType=2, **SENDER, **NO_RECEIVER)
    rig.made(referenceNo="3", deliveryType=3, **SENDER)
    rig.made(referenceNo="5", deliveryType=5, receiverBranchCode="3501", receiverAddress=None)
    rig.made(referenceNo="6", deliveryType=6, **SENDER, **NO_RECEIVER, senderBranchCode="1001")
    cod = rig.made(referenceNo="7", collectionType=2, collectionPrice="749.90")
    assert cod["TrackingNumber"] == rig.truth("7")["tracking_number"]
    assert (rig.truth("7")["cod"], rig.truth("2")["receiver"], rig.count("shipments")) == ("749.90", "Örnek Mağaza", 5)


def test_answers_are_xml_for_who_does_not_ask_for_json(rig: SendeoRig) -> None:
    rig.made()
    reply = rig.call("GET", f"Cargo/TRACKDELIVERY?referenceNo={REFERENCE}", accept="*/*")
    root = etree.fromstring(reply.content)
    assert (root.findtext("result/State"), root.findtext("StatusCode")) == ("101", "200")
    refused = rig.call("GET", "Cargo/TRACKDELIVERY?referenceNo=yok", accept="text/xml")
    assert (refused.status_code, etree.fromstring(refused.content).findtext("StatusCode")) == (500, "702")


def test_tracking_moves_on_the_clock(rig: SendeoRig) -> None:
    rig.made()
    seen = []
    for hours in (0, 5, 2, 12):
        rig.later(hours)
        seen.append(rig.track()["State"])
    rig.later(8)
    rig.login()
    seen.append(rig.track()["State"])
    rig.later(4)
    told = rig.track()
    assert [*seen, told["State"]] == [101, 138, 103, 107, 109, 111]
    assert [one["StatusId"] for one in told["statusHistories"]] == [101, 138, 103, 107, 109, 111]
    assert (len(told["SendDate"]), told["deliveryPlannedDate"][-6:], told["CargoAmount"]) == (19, "+03:00", 89.9)


def test_tracking_is_cached_for_half_an_hour(rig: SendeoRig) -> None:
    rig.made()
    assert rig.track()["State"] == 101
    rig.switch(f"pickup:{REFERENCE}")
    rig.later(0.45)
    assert (rig.track()["State"], rig.truth(REFERENCE)["status"]) == (101, "138")
    assert rig.listed()[0]["State"] == 138
    rig.later(0.06)
    assert rig.track()["State"] == 138
    assert (rig.count("tracked"), rig.count("from_cache")) == (3, 1)
    rig.control("limits", {"on": False})
    rig.later(6)
    assert rig.track()["State"] == 103


@pytest.mark.parametrize(("fate", "last"), [("return", 151), ("problem", 130), ("lost", 118)])
def test_other_ends(rig: SendeoRig, fate: str, last: int) -> None:
    rig.made()
    rig.switch(f"{fate}:{REFERENCE}")
    rig.later(60)
    rig.login()
    assert rig.track()["State"] == last
    rig.later(1)
    rig.control("damage", {"remote_id": REFERENCE})
    assert not isinstance(rig.track()["State"], int)


def test_lists_in_bulk(rig: SendeoRig) -> None:
    numbers = [rig.made(referenceNo=f"R{i}")["TrackingNumber"] for i in range(5)]
    rig.switch("pickup:R3")
    assert [one["ReferenceNo"] for one in rig.listed(StatusIds=[138])] == ["R3"]
    assert [
        one["ReferenceNo"] for one in rig.listed(TrackingNumbers=numbers[:1], CustomerReferenceNumbers=["R0", "R1"])
    ] == ["R0"]
    pages = [rig.listed(PageNumber=page, PageCount=2) for page in range(3)]
    assert [len(one) for one in pages] == [2, 2, 1]
    assert rig.listed(ShipmentStartDate="2020-01-01", ShipmentEndDate="31/12/2020") == []
    assert len(rig.listed(ShipmentStartDate="2020-01-01T00:00:00")) == 5
    assert rig.call("POST", "Cargo/GetCargoList", {"PageNumber": 0, "PageCount": 0}).status_code == 400
    assert rig.call("POST", "Cargo/GetCargoList", {"PageCount": 5, "ShipmentEndDate": "dün"}).status_code == 400


def test_measures_until_the_courier_comes(rig: SendeoRig) -> None:
    rig.made()
    row = {"quantity": 2, "width": 20, "length": 20, "height": 15, "deci": 2, "weight": 1.5}
    body = {"customerReferenceNo": REFERENCE, "measurements": [row]}
    assert rig.good("POST", "Cargo/CARGOMEASUREMENTUPDATE", body) == {"IsSuccess": True}
    assert (rig.truth(REFERENCE)["desi"], rig.truth(REFERENCE)["kg"]) == ("4", "3.0")
    nothing = {**body, "measurements": [{**row, "weight": 0}]}
    assert code(rig.call("POST", "Cargo/CARGOMEASUREMENTUPDATE", nothing)) == 104
    rig.switch(f"pickup:{REFERENCE}")
    assert code(rig.call("POST", "Cargo/CARGOMEASUREMENTUPDATE", body)) == 703


def test_cancel_only_in_state_101(rig: SendeoRig) -> None:
    rig.made()
    other = rig.made(referenceNo="B")["TrackingNumber"]
    rig.made(referenceNo="C")
    assert rig.good("POST", f"Cargo/CANCELDELIVERY?referenceNo={REFERENCE}") == {"IsSuccess": True}
    assert rig.good("POST", f"Cargo/CANCELDELIVERY?trackingNumber={other}") == {"IsSuccess": True}
    assert code(rig.call("POST", f"Cargo/CANCELDELIVERY?referenceNo={REFERENCE}")) == 702
    assert (rig.track()["State"], code(rig.create())) == (139, 106)
    assert code(rig.call("POST", "Cargo/GETBARCODE", {"referenceNo": REFERENCE})) == 702
    rig.switch("pickup:C")
    assert code(rig.call("POST", "Cargo/CANCELDELIVERY?referenceNo=C")) == 703
    assert code(rig.call("POST", "Cargo/CANCELDELIVERY")) == 701
    assert (rig.count("cancels"), rig.truth("C")["cancelled"]) == (2, False)


def test_account_address_and_breakdown(rig: SendeoRig) -> None:
    rig.switch("ip_refused")
    refused = rig.create()
    assert (refused.status_code, "203.0.113.7" in refused.text) == (403, True)
    rig.switch("ip_refused", False)
    for feature in ("account_closed", "unexpected"):
        rig.switch(feature)
        assert (
            code(rig.create()) == code(rig.call("POST", "Token/LoginAES", {"musteri": USER, "sifre": PASSWORD})) == 500
        )
        rig.switch(feature, False)
    rig.switch("ignore_writes")
    assert rig.made()["TrackingNumber"]
    assert code(rig.call("GET", f"Cargo/TRACKDELIVERY?referenceNo={REFERENCE}")) == 702
    assert rig.count("shipments") == 0
    plain = rig.http.post(
        "/api/Token/LoginAES", content="musteri=1", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert plain.status_code == 415
    assert rig.http.get("/_control/credentials").json() == {"musteri": USER, "sifre": PASSWORD}


def test_an_answer_that_was_lost_after_the_act(rig: SendeoRig) -> None:
    rig.control("faults", {"kind": "drop_after", "path": "SETDELIVERY"})
    with pytest.raises(httpx.TransportError):
        rig.create()
    assert rig.track()["ReferenceNo"] == REFERENCE
    label = rig.good("POST", "Cargo/GETBARCODE", {"barcodeLabelType": 2, "referenceNo": REFERENCE})
    assert label["TrackingNumber"] == rig.track()["TrackingNo"]
    assert code(rig.create()) == 106
    assert (rig.count("shipments"), rig.count(f"shipment:{REFERENCE}")) == (1, 1)
