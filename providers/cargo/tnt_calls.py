"""What is asked of TNT ExpressConnect: the XML of its four services. Pure.

Must never let a letter out that is no ASCII (`tnt_letters` tells what changes). Source of the facts: specs/tnt (XSDs); TNT's guides
Shipping v3.8 and Tracking V3.1; the label service by a client's source (mikuso/tnt-lib); reference/cargo.md, "## TNT".
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from urllib.parse import urlencode

from app.contracts import Account, Message, fail
from app.kit import Call, Node, xml_bytes
from app.kit.abroad import Declared, address_lines, declared_goods, only_documents, refused_option
from app.kit.parcels import phone_abroad
from app.model import Address, Payer, ShipmentRequest
from providers.cargo.tnt_letters import plain
from providers.cargo.tnt_rules import (
    LINE,
    LINES,
    Box,
    boxes_of,
    contact_of,
    country_of,
    number_text,
    reference_key,
    sender_address,
    service_of,
    ship_day,
    split_phone,
    street_of,
    volume,
    wants_pickup,
)

SHIP, TRACK = "/expressconnect/shipping/ship", "/expressconnect/track.do"
PRICE, LABEL = "/expressconnect/pricing/getprice", "/expresslabel/documentation/getlabel"
APP, VERSION = "EC", "2.2"
CON = "P1"  # names the consignment within one document; TNT does not keep it
#: The label service has its own names for services (client evidence: mikuso/tnt-lib).
LABEL_PRODUCTS = {
    "09D": "EX09", "09N": "EX09", "10D": "EX10", "10N": "EX10", "12D": "EX12", "12N": "EX12", "15D": "EX", "15N": "EX", "48N": "EC",
}  # fmt: skip
_FORM = (("content-type", "application/x-www-form-urlencoded"),)
_XML = (("content-type", "text/xml; charset=utf-8"),)


# -- parts ---------------------------------------------------------------------------------------------------------------
def _where(address: Address) -> list[Node]:
    lines = address_lines(street_of(address), LINE, LINES) or ()
    company = plain(address.company) or plain(address.name)
    found: list[Node] = [("COMPANYNAME", company)]
    found += [(f"STREETADDRESS{n}", line) for n, line in enumerate(lines, 1)]
    return [
        *found,
        ("CITY", plain(address.city)),
        ("POSTCODE", plain(address.postcode)),
        ("COUNTRY", country_of(address)),
    ]


def _whom(address: Address, phone: str, email: str) -> list[Node]:
    dial, number = split_phone(phone)
    found: list[Node] = [
        ("CONTACTNAME", contact_of(address) or ""),
        ("CONTACTDIALCODE", dial),
        ("CONTACTTELEPHONE", number),
    ]
    return [*found, ("CONTACTEMAIL", email)] if email and email.isascii() and len(email) <= 50 else found


def _login(account: Account) -> Node:
    """Raises YoursError (`config.field`) naming the credential that is missing."""
    held = {"username": account.setting("username"), "password": account.secret("password")}
    for key, value in held.items():
        if not value:
            raise fail(refused_option(key, "missing"))
    return ("LOGIN", [("COMPANY", held["username"]), ("PASSWORD", held["password"]), ("APPID", APP), ("APPVERSION", VERSION)])  # fmt: skip


def _sender(account: Account) -> Node:
    sender = sender_address(account)
    collection: Node = ("COLLECTION", [
        ("SHIPDATE", f"{ship_day(account.now()):%d/%m/%Y}"), ("PREFCOLLECTTIME", [("FROM", "09:00"), ("TO", "16:00")]), ("COLLINSTRUCTIONS", ""),
    ])  # fmt: skip
    whom = _whom(sender, sender.phone, account.setting("sender_email"))
    return ("SENDER", [*_where(sender), ("ACCOUNT", account.setting("account_number")), *whom, collection])


def _details(account: Account, request: ShipmentRequest) -> Node:
    boxes, goods, to = boxes_of(request), declared_goods(request), request.receiver
    receiver = [*_where(to), *_whom(to, phone_abroad(request), request.options.get("email", ""))]
    pays = request.payer is Payer.RECEIVER
    if pays:
        receiver += [("ACCOUNT", request.options["payer_account"]), ("ACCOUNTCOUNTRY", country_of(to))]
    papers = only_documents(request)
    content = plain(request.content, 90) or reference_key(request.reference)
    found: list[Node] = [
        ("RECEIVER", receiver),
        ("CUSTOMERREF", reference_key(request.reference)),
        ("CONTYPE", "D" if papers else "N"),
        ("PAYMENTIND", "R" if pays else "S"),
        ("ITEMS", str(len(request.parcels))),
        ("TOTALWEIGHT", number_text(sum((one.count * one.weight for one in boxes), Decimal(0)))),
        ("TOTALVOLUME", "0.0" if papers else number_text(volume(boxes))),
    ]
    if isinstance(goods, Declared):
        found += [("CURRENCY", goods.value.currency), ("GOODSVALUE", goods.value.rounded().text())]
    found += [("SERVICE", service_of(account, request)), ("DESCRIPTION", content[:90]), ("DELIVERYINST", plain(request.note, 60)[:60])]  # fmt: skip
    return ("DETAILS", [*found, *(_package(box, content, goods if n == 0 else None) for n, box in enumerate(boxes))])


def _package(box: Box, content: str, goods: Declared | Message | None) -> Node:
    """The goods are told once, with the first kind of box: how they are spread over several the merchant does not say."""
    found: list[Node] = [
        ("ITEMS", str(box.count)), ("DESCRIPTION", content[:60]), ("LENGTH", number_text(box.length)), ("HEIGHT", number_text(box.height)),
        ("WIDTH", number_text(box.width)), ("WEIGHT", number_text(box.weight)),
    ]  # fmt: skip
    if isinstance(goods, Declared):
        found.append(("ARTICLE", [
            ("ITEMS", str(goods.quantity)), ("DESCRIPTION", content[:60]), ("WEIGHT", number_text(box.weight)),
            ("INVOICEVALUE", goods.value.rounded().text()), ("INVOICEDESC", content[:60]), ("HTS", goods.hs_code), ("COUNTRY", goods.made_in),
        ]))  # fmt: skip
    return ("PACKAGE", found)


# -- calls ---------------------------------------------------------------------------------------------------------------
def _form(path: str, operation: str, text: str, *, repeatable: bool) -> Call:
    return Call("POST", path, operation, (), _FORM, urlencode({"xml_in": text}).encode(), repeatable=repeatable)


def create_request(account: Account, request: ShipmentRequest) -> Call:
    """Makes a consignment and hands its data to TNT; with a collection where the merchant wants one for each. The answer is a code to
    fetch the result with. Not repeatable: TNT takes a reference twice. Raises YoursError for a sender that does not fit."""
    key: list[Node] = [("CONREF", CON)]
    todo: list[Node] = [("CREATE", key), *([("BOOK", key)] if wants_pickup(account, request) else []), ("SHIP", key)]
    batch: list[Node] = [_sender(account), ("CONSIGNMENT", [*key, _details(account, request)])]
    return _ship_call(account, batch, todo, "create")


def ship_again_request(account: Account, number: str) -> Call:
    """Hands the data of a consignment over that was made and not handed over. Twice is harmless: it is the same consignment."""
    batch: list[Node] = [_sender(account), ("CONSIGNMENT", [("CONREF", CON), ("CONNUMBER", number)])]
    return _ship_call(account, batch, [("SHIP", [("CONNUMBER", number)])], "create")


def _ship_call(account: Account, batch: list[Node], todo: list[Node], operation: str) -> Call:
    body: Node = ("ESHIPPER", [_login(account), ("CONSIGNMENTBATCH", batch), ("ACTIVITY", todo)])
    return _form(SHIP, operation, xml_bytes(body).decode(), repeatable=False)


def result_request(code: str, operation: str = "create") -> Call:
    """What came of a document; kept by TNT for 26 days."""
    return _form(SHIP, operation, f"GET_RESULT:{code}", repeatable=True)


def track_request(account: Account, keys: Sequence[str], operation: str = "track") -> Call:
    """Consignments of the account by our references, at most 50, with their events."""
    criteria: list[Node] = [("CustomerReference", key) for key in keys]
    number, country = account.setting("account_number"), account.setting("account_country", "TR")
    criteria.append(("Account", [("Number", number), ("CountryCode", country)]))
    body: Node = ("TrackRequest", [("SearchCriteria", criteria), ("LevelOfDetail", [("Complete", "")])])
    return _form(TRACK, operation, xml_bytes(body).decode(), repeatable=True)


def price_request(account: Account, request: ShipmentRequest) -> Call:
    """Prices of all services of this way, VAT included; nothing is booked. Raises YoursError for a sender that does not fit."""
    boxes, goods = boxes_of(request), declared_goods(request)
    currency = goods.value.currency if isinstance(goods, Declared) else account.setting("currency", "TRY")
    check: list[Node] = [
        ("rateId", "1"),
        ("sender", _town(sender_address(account))),
        ("delivery", _town(request.receiver)),
        ("collectionDateTime", f"{ship_day(account.now()):%Y-%m-%dT%H:%M:%S}"),
        ("product", [("type", "D" if only_documents(request) else "N")]),
        ("account", [("accountNumber", account.setting("account_number")), ("accountCountry", account.setting("account_country", "TR"))]),
        ("termsOfPayment", "R" if request.payer is Payer.RECEIVER else "S"),
        ("currency", currency),
        ("priceBreakDown", "false"),
        ("consignmentDetails", [
            ("totalWeight", number_text(sum((one.count * one.weight for one in boxes), Decimal(0)))), ("totalVolume", number_text(volume(boxes))),
            ("totalNumberOfPieces", str(len(request.parcels))),
        ]),
    ]  # fmt: skip
    for one in boxes:
        measures: list[Node] = [("length", number_text(one.length)), ("width", number_text(one.width)), ("height", number_text(one.height)), ("weight", number_text(one.weight))]  # fmt: skip
        if all((one.length, one.height, one.width)):
            check.append(
                (
                    "pieceLine",
                    [("numberOfPieces", str(one.count)), ("pieceMeasurements", measures), ("pallet", "false")],
                )
            )
    return _price_call([("priceCheck", check)], "rates")


def probe_request(account: Account) -> Call:
    """The price of one kilogram from İstanbul to Berlin: proves user, password and account; makes nothing."""
    check: list[Node] = [
        ("rateId", "1"),
        ("sender", [("country", "TR"), ("town", "Istanbul"), ("postcode", "34394")]),
        ("delivery", [("country", "DE"), ("town", "Berlin"), ("postcode", "10115")]),
        ("collectionDateTime", f"{ship_day(account.now()):%Y-%m-%dT%H:%M:%S}"),
        ("product", [("type", "N")]),
        ("account", [("accountNumber", account.setting("account_number")), ("accountCountry", account.setting("account_country", "TR"))]),
        ("currency", account.setting("currency", "TRY")),
        ("priceBreakDown", "false"),
        ("consignmentDetails", [("totalWeight", "1"), ("totalVolume", "0.001"), ("totalNumberOfPieces", "1")]),
    ]  # fmt: skip
    return _price_call([("priceCheck", check)], "probe")


def _price_call(checks: list[Node], operation: str) -> Call:
    body: Node = ("priceRequest", [("appId", "PC"), ("appVersion", "3.0"), *checks])
    return Call("POST", PRICE, operation, (), _XML, xml_bytes(body), repeatable=True)


def _town(address: Address) -> list[Node]:
    found: list[Node] = [("country", country_of(address)), ("town", plain(address.city))]
    return [*found, ("postcode", plain(address.postcode))] if address.postcode else found


def label_request(account: Account, request: ShipmentRequest, number: str) -> Call:
    """The data of the routing label. No schema of it is stored: the names are those of mikuso/tnt-lib (`consignmentNumber`: digits only)."""
    service = service_of(account, request)
    boxes = boxes_of(request)
    inside: list[Node] = [
        ("consignmentIdentity", [("consignmentNumber", "".join(c for c in number if c.isdigit())), ("customerReference", reference_key(request.reference))]),
        ("collectionDateTime", f"{ship_day(account.now()):%Y-%m-%dT%H:%M:%S}"),
        ("sender", _label_address(sender_address(account))),
        ("delivery", _label_address(request.receiver)),
        ("product", [
            ("lineOfBusiness", "1" if country_of(request.receiver) == account.setting("sender_country", "TR") else "2"), ("groupId", "0"),
            ("subGroupId", "0"), ("id", LABEL_PRODUCTS.get(service, service)), ("type", "D" if only_documents(request) else "N"),
        ]),
        ("account", [("accountNumber", account.setting("account_number")), ("accountCountry", account.setting("account_country", "TR"))]),
        ("totalNumberOfPieces", str(len(request.parcels))),
    ]  # fmt: skip
    first = 1
    for n, one in enumerate(boxes, 1):
        numbers = ",".join(str(first + k) for k in range(one.count))
        first += one.count
        inside.append(("pieceLine", [
            ("identifier", str(n)), ("goodsDescription", (plain(request.content) or reference_key(request.reference))[:30]),
            ("pieceMeasurements", [("length", number_text(one.length)), ("width", number_text(one.width)), ("height", number_text(one.height)), ("weight", number_text(one.weight))]),
            ("pieces", [("sequenceNumbers", numbers), ("pieceReference", reference_key(request.reference))]),
        ]))  # fmt: skip
    body: Node = ("labelRequest", [("consignment", [*inside])])
    return Call("POST", LABEL, "label", (), _XML, xml_bytes(body, {"consignment": {"key": "CON1"}}), repeatable=True)


def _label_address(address: Address) -> list[Node]:
    lines = address_lines(street_of(address), LINE, LINES) or ()
    found: list[Node] = [("name", (plain(address.company) or plain(address.name))[:40])]
    found += [(f"addressLine{n}", line) for n, line in enumerate(lines, 1)]
    return [*found, ("town", plain(address.city)), ("exactMatch", "Y"), ("province", ""), ("postcode", plain(address.postcode)), ("country", country_of(address))]  # fmt: skip
