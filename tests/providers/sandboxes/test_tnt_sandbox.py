"""The fake TNT against TNT's XSDs and the reference: a bare HTTP client, shipping by access code, tracking, prices, data for labels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import etree

from providers.sandboxes import tnt_forms as forms
from providers.sandboxes.tnt import LABELS, PASSWORD, PRICING, SHIPPING, TRACKING, USER, TntSandbox, create
from providers.sandboxes.tnt_ship import ACCOUNT
from tests.providers.sandboxes.courier_rig import Rig, rig_of, xml
from tests.support.specs import shared_specs

SPECS = shared_specs()
FOLDER = SPECS / "tnt" if SPECS else None


def place(name: str, city: str, postcode: str, country: str) -> dict[str, Any]:
    return {"COMPANYNAME": name, "STREETADDRESS1": "Gul Sk. 4", "CITY": city, "POSTCODE": postcode, "COUNTRY": country}


CONTACT = {"CONTACTNAME": "Ayse Yilmaz", "CONTACTDIALCODE": "90212", "CONTACTTELEPHONE": "1234567"}


def shipper(
    reference: str = "PX-1", items: int = 2, conref: str = "C1", login: str = PASSWORD, **details: Any
) -> dict[str, Any]:
    collection = {"SHIPDATE": "25/11/2026", "PREFCOLLECTTIME": {"FROM": "09:00", "TO": "17:00"}, "COLLINSTRUCTIONS": ""}
    package = {"ITEMS": items, "DESCRIPTION": "box", "LENGTH": "0.2", "HEIGHT": "0.1", "WIDTH": "0.15", "WEIGHT": "1.5"}
    inside = {
        "RECEIVER": {**place("Muller GmbH", "Berlin", "10115", "DE"), **CONTACT}, "CUSTOMERREF": reference, "CONTYPE": "N", "PAYMENTIND": "S",
        "ITEMS": items, "TOTALWEIGHT": "3.0", "TOTALVOLUME": "0.006", "CURRENCY": "EUR", "GOODSVALUE": "20.00", "SERVICE": "15N", "OPTION": ["PR"],
        "DESCRIPTION": "Mug", "DELIVERYINST": "", "PACKAGE": [package], **details,
    }  # fmt: skip
    which = {"CONREF": conref}
    return {"ESHIPPER": {
        "LOGIN": {"COMPANY": USER, "PASSWORD": login, "APPID": "EC", "APPVERSION": "2.2"},
        "CONSIGNMENTBATCH": {
            "SENDER": {**place("Ornek Ltd", "Istanbul", "34710", "TR"), "ACCOUNT": ACCOUNT, **CONTACT, "COLLECTION": collection},
            "CONSIGNMENT": {"CONREF": conref, "DETAILS": inside},
        },
        "ACTIVITY": {"CREATE": which, "RATE": which, "BOOK": which, "SHIP": which, "PRINT": {
            "CONNOTE": which, "LABEL": which, "EMAILTO": "a@example.invalid", "EMAILFROM": "b@example.invalid",
        }},
    }}  # fmt: skip


class TntRig(Rig):
    box: TntSandbox

    def post(self, path: str, text: str, *, form: bool = True, password: str = PASSWORD) -> httpx.Response:
        auth = None if path == SHIPPING else (USER, password)
        if form:
            return self.http.post(path, data={"xml_in": text}, auth=auth)
        return self.http.post(path, content=text.encode(), headers={"Content-Type": "text/xml"}, auth=auth)

    def ship(self, **how: Any) -> etree._Element:
        """The result of one consignment."""
        reply = self.post(SHIPPING, xml(shipper(**how)))
        assert reply.text.startswith("COMPLETE:"), reply.text
        self.code = reply.text.partition(":")[2]
        return self.result()

    def result(self, paper: str = "RESULT") -> etree._Element:
        return etree.fromstring(self.post(SHIPPING, f"GET_{paper}:{self.code}").content)

    def track(self, *criteria: tuple[str, str], complete: bool = True) -> etree._Element:
        inside = "".join(f"<{name}>{value}</{name}>" for name, value in criteria)
        level = "<LevelOfDetail><Complete/></LevelOfDetail>" if complete else ""
        text = f'<TrackRequest locale="en_US" version="3.1"><SearchCriteria>{inside}</SearchCriteria>{level}</TrackRequest>'
        reply = self.post(TRACKING, text)
        assert reply.status_code == 200, reply.text
        return etree.fromstring(reply.content)


@pytest.fixture
def rig() -> Iterator[TntRig]:
    with rig_of(create(seed=5)) as found:
        yield TntRig(found.box, found.http)


def reason(reply: httpx.Response, kind: str) -> str:
    root = etree.fromstring(reply.content)
    assert root.tag == kind, reply.text
    return root.findtext("error_reason") or ""


def test_a_consignment_is_made_booked_shipped_and_printed_in_one_document(rig: TntRig) -> None:
    root = rig.ship()
    number = root.findtext("CREATE/CONNUMBER") or ""
    assert (
        root.findtext("CREATE/SUCCESS"),
        root.findtext("SHIP/CONSIGNMENT/SUCCESS"),
        root.findtext("BOOK/CONSIGNMENT/SUCCESS"),
    ) == ("Y", "Y", "Y")
    assert (number[:2], number[-2:], root.findtext("PRINT/LABEL"), root.findtext("PRINT/INVOICE")) == (
        "GE",
        "TR",
        "CREATED",
        None,
    )
    assert root.find("ERROR") is None
    assert rig.result("LABEL").findtext("CONSIGNMENT/CONNUMBER") == number
    assert "access code" in reason(rig.post(SHIPPING, "GET_RESULT:1"), "runtime_error")
    assert (rig.truth("PX-1")["kg"], rig.truth("PX-1")["count"], rig.count("bookings")) == ("3.0", 2, 1)
    rig.later(27 * 24)
    assert "access code" in reason(rig.post(SHIPPING, f"GET_LABEL:{rig.code}"), "runtime_error")


def test_shipping_takes_ascii_only(rig: TntRig) -> None:
    for letter in ("ş", "&#351;", "é"):
        text = xml(shipper()).replace("Ornek", letter + "rnek")
        assert "invalid character" in reason(rig.post(SHIPPING, text), "parse_error")
    assert (rig.count("shipments"), rig.count("refused")) == (0, 3)


def test_what_is_wrong_is_told_in_the_vendors_shapes(rig: TntRig) -> None:
    assert etree.fromstring(rig.post(SHIPPING, "").content).findtext("ERROR/CODE") == "1"
    assert "login" in reason(rig.post(SHIPPING, xml(shipper(login="x"))), "runtime_error")
    assert reason(rig.post(SHIPPING, "<ESHIPPER>"), "parse_error")
    assert reason(rig.post(SHIPPING, "<!DOCTYPE a><ESHIPPER/>"), "parse_error")
    assert "DETAILS" in reason(rig.post(SHIPPING, xml(shipper(COLOUR="red"))), "parse_error")
    assert "ITEMS" in reason(rig.post(SHIPPING, xml(shipper(items="two"))), "parse_error")  # type: ignore[arg-type]
    for details, code in (
        (({"SERVICE": "99N"}), "P10"),
        ({"CONTYPE": "D"}, "P11"),
        ({"ITEMS": 3}, "P13"),
        ({"TOTALWEIGHT": "0"}, "P14"),
    ):
        root = rig.ship(**details)
        assert (root.findtext("CREATE/SUCCESS"), root.findtext("ERROR/CODE"), root.findtext("ERROR/SOURCE")) == (
            "N",
            code,
            "C1",
        )
    assert rig.post(TRACKING, "<TrackRequest/>", password="x").status_code == 401
    assert rig.count("shipments") == 0
    rig.switch("guide_lengths")
    assert rig.ship(reference="x" * 25).findtext("ERROR/CODE") == "P20"


def test_a_parcel_is_tracked_once_it_is_shipped(rig: TntRig) -> None:
    number = rig.ship().findtext("CREATE/CONNUMBER") or ""
    assert rig.track(("ConsignmentNumber", number)).findtext("Consignment/SummaryCode") == "INT"
    rig.switch("problem:PX-1")
    rig.later(31)
    root = rig.track(("ConsignmentNumber", number[2:11]), ("ConsignmentNumber", "999999999"))
    assert [one.findtext("SummaryCode") for one in root.findall("Consignment")] == ["EXC", "CNF"]
    assert [one.text for one in root.iter("StatusCode")] == ["NH", "OD", "AR", "OS", "PU", "SD"]
    rig.switch("problem:PX-1", False)
    short = rig.track(("CustomerReference", "PX-1"), complete=False)
    assert (short.findtext("Consignment/SummaryCode"), short.find("Consignment/StatusData")) == ("DEL", None)
    assert rig.truth("PX-1")["status"] == "DEL"
    rig.control("damage", {"remote_id": "PX-1"})
    assert rig.track(("CustomerReference", "PX-1")).findtext("Consignment/SummaryCode") == "BOZUK"


def test_a_used_reference_makes_another_consignment(rig: TntRig) -> None:
    numbers = {rig.ship().findtext("CREATE/CONNUMBER") for _ in range(2)}
    found = rig.track(("CustomerReference", "PX-1")).findall("Consignment")
    assert ({one.findtext("AlternativeConsignmentNumber") for one in found}, rig.count("shipment:PX-1")) == (numbers, 2)


def test_the_switches_of_every_carrier(rig: TntRig) -> None:
    rig.switch("ignore_writes")
    number = rig.ship().findtext("CREATE/CONNUMBER") or ""
    assert (rig.count("shipments"), rig.track(("ConsignmentNumber", number)).findtext("Consignment/SummaryCode")) == (
        0,
        "CNF",
    )
    rig.switch("ignore_writes", False)
    rig.switch("no_label")
    assert rig.ship().find("PRINT/LABEL") is None
    for feature, kind in (("unexpected", "runtime_error"), ("account_closed", "runtime_error")):
        rig.switch(feature)
        assert reason(rig.post(SHIPPING, xml(shipper())), kind)
        rig.switch(feature, False)
    rig.switch("ip_refused")
    assert rig.post(SHIPPING, xml(shipper())).status_code == 403


PRICES = {"priceRequest": {"appId": "PC", "appVersion": "3.0", "priceCheck": {
    "rateId": "r1", "sender": {"country": "TR", "town": "Istanbul", "postcode": "34710"}, "delivery": {"country": "DE", "town": "Berlin", "postcode": "10115"},
    "collectionDateTime": "2026-11-25T12:00:00", "product": {"type": "N"}, "account": {"accountNumber": ACCOUNT, "accountCountry": "TR"}, "currency": "TRY",
    "consignmentDetails": {"totalWeight": "3.0", "totalVolume": "0.006", "totalNumberOfPieces": 2},
}}}  # fmt: skip
LABEL = {
    "consignmentIdentity": {"consignmentNumber": "123456782", "customerReference": "PX-1"}, "collectionDateTime": "2026-11-25T13:00:00",
    "sender": {"name": "Ornek Ltd", "addressLine1": "Gul Sk. 4", "town": "Istanbul", "postcode": "34710", "country": "TR"},
    "delivery": {"name": "Muller", "addressLine1": "Hauptstr. 1", "town": "Berlin", "postcode": "10115", "country": "DE"},
    "product": {"lineOfBusiness": 2, "groupId": 0, "subGroupId": 0, "id": "EX", "type": "N", "option": ["PR"]},
    "account": {"accountNumber": ACCOUNT, "accountCountry": "TR"}, "totalNumberOfPieces": 2, "pieceLine": {
        "identifier": 1, "goodsDescription": "Mug", "pieceMeasurements": {"length": "0.2", "width": "0.15", "height": "0.1", "weight": "1.5"},
        "pieces": {"sequenceNumbers": "1,2", "pieceReference": "box"},
    },
}  # fmt: skip


def test_prices_and_data_for_labels(rig: TntRig) -> None:
    root = etree.fromstring(rig.post(PRICING, xml(PRICES), form=False).content)
    assert [one.text for one in root.iter("id")] == ["09N", "10N", "12N", "15N", "48N"]
    wrong = xml(PRICES).replace(ACCOUNT, "1")
    assert etree.fromstring(rig.post(PRICING, wrong, form=False).content).findtext("errors/brokenRule/code") == "P902"
    assert (
        etree.fromstring(rig.post(PRICING, "<priceRequest/>", form=False).content).find("errors/parseError") is not None
    )
    text = f'<labelRequest><consignment key="CON1">{xml(LABEL)}</consignment></labelRequest>'
    made = etree.fromstring(rig.post(LABELS, text, form=False).content)
    barcodes = [one.text or "" for one in made.iter("barcode")]
    assert [(len(one), one[:12]) for one in barcodes] == [(24, "123456782001"), (24, "123456782002")]
    assert made.findtext("consignment/consignmentLabelData/destinationDepot/depotCode") == "DST"
    short = text.replace("1,2", "1")
    assert etree.fromstring(rig.post(LABELS, short, form=False).content).find("brokenRules") is not None


# -- against the vendor's schemas ------------------------------------------------------------------------------------
def schema(name: str, common: str = "") -> etree.XMLSchema:
    """The XSDs name their common part by another name than it has here."""
    if FOLDER is None or not FOLDER.is_dir():
        pytest.skip("TNT's schemas are not beside the repository")
    found: Path = FOLDER / name
    text = found.read_text(encoding="utf-8", errors="replace").replace(
        "commonDefinitions.xsd", (FOLDER / common).as_uri() if common else ""
    )
    return etree.XMLSchema(etree.fromstring(text.encode()))


def test_the_schemas_and_the_rules_agree_on_requests() -> None:
    ship = schema("ShipmentRequestIN.xsd", "Ship-commonDefinitions.xsd")
    price = schema("PriceRequestIN.xsd", "Price-commonDefinitions.xsd")
    track = schema("TrackRequest-v3.1.xsd")
    asked = "<TrackRequest version='3.1'><SearchCriteria><ConsignmentNumber>1</ConsignmentNumber></SearchCriteria></TrackRequest>"
    period = "<Account><Number>1</Number><CountryCode>TR</CountryCode></Account><Period><DateFrom>20261101</DateFrom><NumberOfDays>3</NumberOfDays></Period>"
    by_period = f"<TrackRequest><SearchCriteria>{period}</SearchCriteria><LevelOfDetail><Summary/></LevelOfDetail></TrackRequest>"
    good = [
        (ship, forms.SHIP, xml(shipper())),
        (price, forms.PRICE, xml(PRICES)),
        (track, forms.TRACK, asked),
        (track, forms.TRACK, by_period),
    ]
    for judge, rules, text in good:
        root = etree.fromstring(text)
        assert (judge.validate(root), list(rules.wrong(root))) == (True, []), judge.error_log
        for i, _ in enumerate(list(root.iter())):  # without one element each: both say the same
            cut = etree.fromstring(text)
            gone = list(cut.iter())[i]
            parent = gone.getparent()
            if parent is not None:
                parent.remove(gone)
                assert judge.validate(cut) == (not list(rules.wrong(cut))), (gone.tag, judge.error_log)


def test_answers_fit_the_schemas(rig: TntRig) -> None:
    ship = schema("ShipmentResponseOUT.xsd", "Ship-commonDefinitions.xsd")
    for part in rig.ship():  # the whole would need an ERROR, says the schema
        if part.tag in ("CREATE", "RATE", "BOOK", "SHIP", "PRINT", "ERROR"):
            ship.assertValid(etree.fromstring(etree.tostring(part)))
    ship.assertValid(etree.fromstring(rig.post(SHIPPING, "<ESHIPPER>").content))
    ship.assertValid(etree.fromstring(rig.post(SHIPPING, "GET_RESULT:1").content))
    track = schema("TrackResponse-v3.1.xsd")
    rig.later(31)
    track.assertValid(rig.track(("CustomerReference", "PX-1")))
    track.assertValid(rig.track(("ConsignmentNumber", "999999999"), complete=False))
    track.assertValid(etree.fromstring(rig.post(TRACKING, "<TrackRequest/>").content))
    price = schema("PriceResponseOUT.xsd", "Price-commonDefinitions.xsd")
    price.assertValid(etree.fromstring(rig.post(PRICING, xml(PRICES), form=False).content))
