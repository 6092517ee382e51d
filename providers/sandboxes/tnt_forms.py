"""The XML that the fake TNT takes, as compact rules: which children, in which order, how often, and which texts are numbers.

Made from TNT's XSDs (specs/tnt): ShipmentRequestIN, PriceRequestIN with commonDefinitions, TrackRequest v3.1. The label request has no XSD
here: its names are those of working clients ([U] which of them are required).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from lxml import etree

_ADDRESS = "COMPANYNAME STREETADDRESS1 STREETADDRESS2? STREETADDRESS3? CITY PROVINCE? POSTCODE COUNTRY"
_CONTACT = "CONTACTNAME CONTACTDIALCODE CONTACTTELEPHONE CONTACTEMAIL?"
_WHICH = "CONREF* CONNUMBER*"
_ALL = "&"  # children in any order


@dataclass(frozen=True)
class Grammar:
    """`rules`: element -> its children; a name with ?, * or + after it, ( | ) for a choice, `&` in front when any order will do; ""
    for an empty element. An element that has no rule holds text."""

    rules: Mapping[str, str]
    numbers: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()
    attributes: Mapping[str, str] = field(default_factory=dict)  # element -> names

    def wrong(self, node: etree._Element) -> Iterator[str]:
        """What is wrong below and at this element, in words."""
        name = str(node.tag)
        for attribute in map(str, node.attrib):
            if attribute not in self.attributes.get(name, "").split():
                yield f"Attribute {attribute} is not allowed in element {name}"
        if name not in self.rules:
            yield from self._text(node, name)
            return
        names = [str(one.tag) for one in node]
        if not _fits(self.rules[name], names):
            yield f"Element content is invalid according to the DTD/Schema: {name} has {' '.join(names) or 'nothing'}"
            return
        for child in node:
            yield from self.wrong(child)

    def _text(self, node: etree._Element, name: str) -> Iterator[str]:
        text = (node.text or "").strip()
        if len(node):
            yield f"Element {name} has children"
        elif name in self.whole and not re.fullmatch(r"-?\d+", text, re.ASCII):
            yield f"Element {name} is no whole number"
        elif name in self.numbers and not _is_number(text):
            yield f"Element {name} is no number"


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _fits(rule: str, names: list[str]) -> bool:
    if rule.startswith(_ALL):
        wanted = rule[1:].split()
        known = {one.rstrip("?") for one in wanted}
        return (
            len(set(names)) == len(names)
            and set(names) <= known
            and all(one in names for one in wanted if one[-1] != "?")
        )
    pattern = re.sub(r"\w+", lambda found: f"(?:{found[0]};)", rule).replace(" ", "")
    return re.fullmatch(pattern, "".join(f"{one};" for one in names)) is not None


SHIP = Grammar(
    {
        "ESHIPPER": "LOGIN CONSIGNMENTBATCH ACTIVITY", "LOGIN": "COMPANY PASSWORD APPID APPVERSION?",
        "CONSIGNMENTBATCH": "GROUPCODE? SENDER CONSIGNMENT*", "SENDER": f"{_ADDRESS} ACCOUNT VAT? {_CONTACT} COLLECTION",
        "COLLECTION": "COLLECTIONADDRESS? SHIPDATE PREFCOLLECTTIME ALTCOLLECTTIME? COLLINSTRUCTIONS CONFIRMATIONEMAILADDRESS?",
        "COLLECTIONADDRESS": f"{_ADDRESS} VAT? {_CONTACT}", "PREFCOLLECTTIME": "FROM TO", "ALTCOLLECTTIME": "FROM TO",
        "CONSIGNMENT": "CONREF (DETAILS|CONNUMBER)",
        "DETAILS": "RECEIVER DELIVERY? CONNUMBER? CUSTOMERREF CONTYPE PAYMENTIND ITEMS TOTALWEIGHT TOTALVOLUME CURRENCY? GOODSVALUE? "
        "INSURANCEVALUE? INSURANCECURRENCY? DIVISION? SERVICE OPTION* DESCRIPTION DELIVERYINST CUSTOMCONTROLIN? HAZARDOUS? UNNUMBER? "
        "PACKINGGROUP? PACKAGE*",
        "RECEIVER": f"{_ADDRESS} VAT? {_CONTACT} ACCOUNT? ACCOUNTCOUNTRY?", "DELIVERY": f"{_ADDRESS} VAT? {_CONTACT}",
        "PACKAGE": "ITEMS DESCRIPTION LENGTH HEIGHT WIDTH WEIGHT ARTICLE*",
        "ARTICLE": "ITEMS DESCRIPTION WEIGHT INVOICEVALUE INVOICEDESC HTS COUNTRY EMRN?",
        "ACTIVITY": "CREATE? RATE? BOOK? SHIP? PRINT? SHOW_GROUPCODE?", "CREATE": "CONREF+", "RATE": _WHICH, "BOOK": f"(GROUPCODE|({_WHICH}))",
        "SHIP": f"(GROUPCODE|({_WHICH}))", "PRINT": "REQUIRED? CONNOTE? LABEL? MANIFEST? INVOICE? EMAILTO? EMAILFROM?", "SHOW_GROUPCODE": "",
        "REQUIRED": _WHICH, "CONNOTE": _WHICH, "LABEL": _WHICH, "MANIFEST": f"(GROUPCODE|({_WHICH}))", "INVOICE": _WHICH,
    },
    frozenset("APPVERSION TOTALWEIGHT TOTALVOLUME GOODSVALUE INSURANCEVALUE LENGTH HEIGHT WIDTH WEIGHT INVOICEVALUE".split()),  # noqa: SIM905
    frozenset({"ITEMS"}),
    {"BOOK": "EMAILREQD ShowBookingRef FaxNumber LanguageId PrintAtDepot", "EMAILTO": "type"},
)  # fmt: skip
PRICE = Grammar(
    {
        "priceRequest": "appId appVersion priceCheck+",
        "priceCheck": "rateId sender delivery collectionDateTime product? account? insurance? termsOfPayment? currency priceBreakDown? "
        "consignmentDetails? pieceLine*",
        "sender": "& country town? postcode?", "delivery": "& country town? postcode?", "account": "& accountNumber accountCountry",
        "insurance": "& insuranceValue goodsValue", "consignmentDetails": "& totalWeight totalVolume? totalNumberOfPieces",
        "pieceLine": "& numberOfPieces pieceMeasurements pallet", "pieceMeasurements": "& length width height weight",
        "product": "& id? division? productDesc? type options?", "options": "option*", "option": "& optionCode optionDesc?",
    },
    frozenset("appVersion insuranceValue goodsValue totalWeight totalVolume length width height weight".split()),  # noqa: SIM905
    frozenset({"totalNumberOfPieces", "numberOfPieces"}),
)  # fmt: skip
TRACK = Grammar(
    {
        "TrackRequest": "SearchCriteria LevelOfDetail?",
        "SearchCriteria": "((Account Period)|((AlternativeConsignmentNumber+|ConsignmentNumber+|CustomerReference+|PieceReference+) Account* Period?))",
        "Account": "Number CountryCode", "Period": "DateFrom (DateTo|NumberOfDays)", "LevelOfDetail": "(Complete|Summary)", "Complete": "", "Summary": "",
    },
    attributes={
        "TrackRequest": "locale version", "SearchCriteria": "marketType originCountry", "DateFrom": "format", "DateTo": "format",
        "Complete": "originAddress destinationAddress shipment package podImage",
    },
)  # fmt: skip
_PLACE = "name addressLine1 addressLine2? addressLine3? town exactMatch? province? postcode? country"
LABEL = Grammar(
    {
        "labelRequest": "consignment+",
        "consignment": "consignmentIdentity collectionDateTime sender delivery contact? product account? cashAmount? bulkShipment? "
        "specialInstructions? totalNumberOfPieces pieceLine+",
        "consignmentIdentity": "consignmentNumber customerReference?", "sender": _PLACE, "delivery": _PLACE,
        "contact": "name telephoneNumber? emailAddress?", "product": "lineOfBusiness groupId subGroupId id type option*",
        "account": "accountNumber accountCountry", "pieceLine": "identifier goodsDescription barcodeForCustomer? pieceMeasurements pieces+",
        "pieceMeasurements": "length width height weight", "pieces": "sequenceNumbers pieceReference",
    },
    frozenset({"length", "width", "height", "weight"}),
    frozenset({"totalNumberOfPieces"}),
    {"consignment": "key"},
)  # fmt: skip
