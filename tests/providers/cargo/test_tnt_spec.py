"""Every request of the TNT client against TNT's own schemas (the routing label, of which none is public, against the names of its one
known client), and answers of the guides that fit the schemas through our parsers."""

from __future__ import annotations

import random
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from lxml import etree

from app.kit import Call
from app.model import Parcel, Payer, ShipmentRequest, ShipmentStatus
from providers.cargo import tnt_calls as calls
from providers.cargo import tnt_rules as rules
from providers.cargo import tnt_wire as wire
from tests.providers.cargo.tnt_support import ABROAD, EXPORT, RECEIVER, account, reply, request, status
from tests.support.specs import shared_specs

ROUNDS = 30
SPECS = shared_specs()
ROOM = SPECS / "tnt" if SPECS is not None else None
pytestmark = pytest.mark.skipif(ROOM is None or not ROOM.is_dir(), reason="../shared/specs/tnt is not here")
WORDS = ("Şişe", "İğne işi", 'a "b" & <c>', "½ kâse", "emoji 🎁")
#: Function → (path, schema; None: a text).
SHAPES = {
    "create_request": (calls.SHIP, "ShipmentRequestIN.xsd"),
    "ship_again_request": (calls.SHIP, "ShipmentRequestIN.xsd"),
    "result_request": (calls.SHIP, None),
    "track_request": (calls.TRACK, "TrackRequest-v3.1.xsd"),
    "price_request": (calls.PRICE, "PriceRequestIN.xsd"),
    "probe_request": (calls.PRICE, "PriceRequestIN.xsd"),
    "label_request": (calls.LABEL, "label"),
}
_ADDRESS = (
    "<xs:sequence>" + "".join(f'<xs:element name="{name}" type="xs:string"{" minOccurs=" + chr(34) + "0" + chr(34) if name in ("addressLine2", "addressLine3") else ""}/>' for name in
    ("name", "addressLine1", "addressLine2", "addressLine3", "town", "exactMatch", "province", "postcode", "country")) + "</xs:sequence>"
)  # fmt: skip
#: lib/requests/label.xml of mikuso/tnt-lib.
LABEL = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:complexType name="address">{_ADDRESS}</xs:complexType>
<xs:element name="labelRequest"><xs:complexType><xs:sequence><xs:element name="consignment"><xs:complexType><xs:sequence>
<xs:element name="consignmentIdentity"><xs:complexType><xs:sequence>
<xs:element name="consignmentNumber"><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="[0-9]+"/></xs:restriction></xs:simpleType></xs:element>
<xs:element name="customerReference" type="xs:string"/></xs:sequence></xs:complexType></xs:element>
<xs:element name="collectionDateTime" type="xs:dateTime"/><xs:element name="sender" type="address"/><xs:element name="delivery" type="address"/>
<xs:element name="product"><xs:complexType><xs:sequence><xs:element name="lineOfBusiness" type="xs:integer"/><xs:element name="groupId" type="xs:integer"/>
<xs:element name="subGroupId" type="xs:integer"/><xs:element name="id" type="xs:string"/><xs:element name="type" type="xs:string"/></xs:sequence></xs:complexType></xs:element>
<xs:element name="account"><xs:complexType><xs:sequence><xs:element name="accountNumber" type="xs:string"/><xs:element name="accountCountry" type="xs:string"/></xs:sequence></xs:complexType></xs:element>
<xs:element name="totalNumberOfPieces" type="xs:integer"/>
<xs:element name="pieceLine" maxOccurs="unbounded"><xs:complexType><xs:sequence><xs:element name="identifier" type="xs:integer"/><xs:element name="goodsDescription" type="xs:string"/>
<xs:element name="pieceMeasurements"><xs:complexType><xs:sequence><xs:element name="length" type="xs:decimal"/><xs:element name="width" type="xs:decimal"/>
<xs:element name="height" type="xs:decimal"/><xs:element name="weight" type="xs:decimal"/></xs:sequence></xs:complexType></xs:element>
<xs:element name="pieces" maxOccurs="unbounded"><xs:complexType><xs:sequence><xs:element name="sequenceNumbers" type="xs:string"/><xs:element name="pieceReference" type="xs:string"/></xs:sequence></xs:complexType></xs:element>
</xs:sequence></xs:complexType></xs:element>
</xs:sequence><xs:attribute name="key" use="required"/></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element></xs:schema>"""


class Beside(etree.Resolver):
    """`commonDefinitions.xsd` stands in the folder under the name of its service."""

    def __init__(self, room: Path, prefix: str) -> None:
        self.room, self.prefix = room, prefix

    def resolve(self, url: str | None, public_id: str | None, context: Any) -> Any:
        if url is not None and url.endswith("commonDefinitions.xsd"):
            return self.resolve_string((self.room / f"{self.prefix}-commonDefinitions.xsd").read_bytes(), context)
        return None


@cache
def schema(name: str) -> etree.XMLSchema:
    if name == "label":
        return etree.XMLSchema(etree.fromstring(LABEL))
    assert ROOM is not None
    parser = etree.XMLParser()
    parser.resolvers.add(Beside(ROOM, "Price" if name.startswith("Price") else "Ship"))
    return etree.XMLSchema(etree.parse(str(ROOM / name), parser))


def judge(name: str, call: Call) -> etree._Element | None:
    path, judged = SHAPES[name]
    assert (call.method, call.path, call.params) == ("POST", path, ())
    body = call.body or b""
    if path in (calls.SHIP, calls.TRACK):
        assert dict(call.headers)["content-type"] == "application/x-www-form-urlencoded"
        [(field, text)] = parse_qsl(body.decode("ascii"), strict_parsing=True)
        assert field == "xml_in"
        body = text.encode()
    assert body.isascii(), "TNT takes nothing else"
    if judged is None:
        assert re.fullmatch(rb"GET_RESULT:[A-Za-z0-9_-]+", body)
        return None
    root = etree.fromstring(body)
    schema(judged).assertValid(root)
    return root


def generated(seed: int) -> ShipmentRequest:
    chance = random.Random(seed)
    away = seed % 2 == 1
    goods = chance.choice(({**EXPORT}, {**EXPORT, "quantity": "1", "hs_code": ""}, {"goods": "documents"}))
    payer = chance.choice(list(Payer))
    options = {
        **(goods if away else chance.choice(({}, goods))),
        **chance.choice(({}, {"email": "elif@ornek.example"}, {"pickup": "yes"})),
    }
    if payer is Payer.RECEIVER:
        options["payer_account"] = "000654321"
    kinds = [
        Parcel(chance.choice((1, 999, 1200, 70_000)), *(chance.randint(1, 1200) for _ in range(3)))
        for _ in range(chance.randint(1, 3))
    ]
    return request(
        reference=chance.choice((f"PX-2026-{seed:04d}", f"küçük / {seed}", "X" * 64)), receiver=ABROAD if away else RECEIVER,
        parcels=tuple(chance.choice(kinds) for _ in range(chance.randint(1, 9))), content=chance.choice(WORDS[:4]) * chance.randint(1, 40),
        note=chance.choice(WORDS), payer=payer, options=options, to_name=chance.choice(("Elif Örnek", "Muhammed Abdurrahman Karaosmanoğlu")) if not away else "Jürgen Groß",
    )  # fmt: skip


def made_calls(name: str, seed: int) -> list[Call]:
    one, held = generated(seed), account(sender_email=("", "k@m.example")[seed % 2])
    assert rules.check_request(held, one) is None
    assert rules.check_rates(one) is None
    keys = [rules.reference_key(f"PX {n}") for n in range(seed % 50 + 1)]
    given: dict[str, tuple[Any, ...]] = {
        "create_request": (held, one),
        "ship_again_request": (held, f"GE{seed:09d}TR"),
        "result_request": (f"{seed}4711", ("create", "find")[seed % 2]),
        "track_request": (held, keys, ("find", "track")[seed % 2]),
        "price_request": (held, one),
        "probe_request": (held,),
        "label_request": (held, one, f"GE{seed:09d}TR"),
    }
    return [getattr(calls, name)(*given[name])]


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_every_request_fits_the_schema(name: str) -> None:
    for seed in range(ROUNDS):
        for call in made_calls(name, seed):
            judge(name, call)


def test_every_request_is_judged() -> None:
    made = {name for name in vars(calls) if name.endswith("_request")}
    assert made == set(SHAPES)
    assert "check_request" in vars(rules), "which makes none"


def test_the_judge_can_say_no() -> None:
    (call,) = made_calls("track_request", 1)
    bad = Call("POST", calls.TRACK, "track", (), call.headers, (call.body or b"").replace(b"SearchCriteria", b"Search"))
    with pytest.raises(etree.DocumentInvalid):
        judge("track_request", bad)


def test_lengths_and_sums_of_the_guide() -> None:
    """Appendix A: the lengths that the schema leaves open; appendix D: the sums."""
    most = {
        "COMPANYNAME": 50, "STREETADDRESS1": 30, "STREETADDRESS2": 30, "STREETADDRESS3": 30, "CITY": 30, "POSTCODE": 9, "CONTACTNAME": 22,
        "CONTACTDIALCODE": 7, "CONTACTTELEPHONE": 9, "CUSTOMERREF": 24, "CONREF": 20, "SERVICE": 3, "DESCRIPTION": 90, "DELIVERYINST": 60,
        "INVOICEDESC": 60, "HTS": 15, "ACCOUNT": 13,
    }  # fmt: skip
    for seed in range(ROUNDS):
        (call,) = made_calls("create_request", seed)
        root = judge("create_request", call)
        assert root is not None
        for name, length in most.items():
            for one in root.iter(name):
                assert len(one.text or "") <= length, (name, one.text)
        details = root.find(".//DETAILS")
        assert details is not None
        packages = details.findall("PACKAGE")
        assert 1 <= len(packages) <= 3
        assert (
            sum(int(one.findtext("ITEMS", "")) for one in packages)
            == int(details.findtext("ITEMS", ""))
            == len(generated(seed).parcels)
        )
        assert re.fullmatch(r"\d\d/\d\d/\d{4}", root.findtext(".//SHIPDATE", ""))
        asked = [one.tag for one in root.findall("ACTIVITY/*")]
        assert asked == ["CREATE", *(["BOOK"] if "pickup" in generated(seed).options else []), "SHIP"]


#: Shipping guide, chapter 6.1; tracking guide, chapter 4.3 (with the parts that its schema asks for).
RESULT = """<?xml version="1.0" encoding="utf-8" standalone="yes"?><document><GROUPCODE>1736</GROUPCODE><CREATE><CONREF>ref01_008</CONREF>
<CONNUMBER>GE000003364GB</CONNUMBER><SUCCESS>Y</SUCCESS></CREATE><RATE><PRICE><RATEID>ref01_008</RATEID><SERVICE>15N</SERVICE><SERVICEDESC>Express</SERVICEDESC>
<OPTION>IN</OPTION><OPTIONDESC>Insurance</OPTIONDESC><CURRENCY>GBP</CURRENCY><RATE>996.61</RATE><RESULT>Y</RESULT></PRICE></RATE><BOOK><CONSIGNMENT>
<CONREF>ref01_008</CONREF><CONNUMBER>GE000003364GB</CONNUMBER><SUCCESS>Y</SUCCESS><FIRSTTIMETRADER>Y</FIRSTTIMETRADER><BOOKINGREF>CVT 803567</BOOKINGREF></CONSIGNMENT></BOOK><SHIP><CONSIGNMENT>
<CONREF>ref01_008</CONREF><CONNUMBER>GE000003364GB</CONNUMBER><SUCCESS>Y</SUCCESS></CONSIGNMENT></SHIP><PRINT><CONNOTE>CREATED</CONNOTE></PRINT></document>"""
WAY = f"""<?xml version="1.0" encoding="UTF-8"?><TrackResponse><Consignment access="full"><ConsignmentNumber>GE123456785NL</ConsignmentNumber>
<CustomerReference><![CDATA[DISKS]]></CustomerReference><CollectionDate format="YYYYMMDD">20071012</CollectionDate><DeliveryDate format="YYYYMMDD">20071016</DeliveryDate>
<DeliveryTime format="HHMM">0840</DeliveryTime><Signatory><![CDATA[SMITH]]></Signatory><SummaryCode>DEL</SummaryCode>
{status("OK", "20071016", "0840", "Delivered")}{status("OD", "20071016", "0700", "Out For Delivery")}{status("AS", "20071015", "2100", "Arrived")}</Consignment></TrackResponse>"""


def test_the_guides_answers_are_read() -> None:
    found = wire.parse_result(reply(RESULT, operation="create"))
    assert found == wire.Result("GE000003364GB", shipped=True, booked=True, booking="CVT 803567")
    schema("TrackResponse-v3.1.xsd").assertValid(etree.fromstring(WAY.encode()))
    way = wire.parse_found(reply(WAY), ["DISKS"])["DISKS"]
    assert way is not None
    assert (way.number, way.status, way.signed_by) == ("GE123456785NL", ShipmentStatus.DELIVERED, "SMITH")
    assert [event.text for event in way.moves] == ["Arrived", "Out For Delivery", "Delivered"]
    assert way.delivered_at is not None
    assert way.delivered_at.isoformat() == "2007-10-16T05:40:00+00:00"


def test_the_summaries_are_those_of_the_schema() -> None:
    assert ROOM is not None
    text = (ROOM / "TrackResponse-v3.1.xsd").read_text(encoding="utf-8")
    block = text.partition('name="SummaryCode"')[2].partition("</xs:element>")[0]
    assert set(re.findall(r'enumeration value="(\w+)"', block)) == {*wire.SUMMARIES, wire.NOT_FOUND}
