"""What a fake TNT account may do with consignments: create, rate, book, ship and print in one document, then fetch the results by access code.

Source: specs/tnt (ShipmentRequestIN, ShipmentResponseOUT) and reference/cargo.md, "## TNT (ExpressConnect)". ASCII only. TNT has no call
that takes a consignment back. A used CONREF makes another consignment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from lxml import etree

from providers.sandboxes.courier import Parcel
from providers.sandboxes.courier_global import GlobalDepot
from providers.sandboxes.exact import DAY, decimal_text
from providers.sandboxes.kit import SandboxClock

ACCOUNT, COUNTRY = "0003582917", "TR"
DOCUMENTS_LIVE, DATA_LIVES = 26 * DAY, 7 * DAY
#: Service -> (name, price of the first kilogram and of each further one in kuruş, without VAT). `D` for documents.
SERVICES = {
    "09N": ("9:00 Express", 341_000, 37_000), "10N": ("10:00 Express", 318_000, 35_000), "12N": ("12:00 Express", 287_000, 32_000),
    "15N": ("Express", 246_000, 29_000), "48N": ("Economy Express", 158_000, 13_000), "09D": ("9:00 Express", 321_000, 36_000),
    "12D": ("12:00 Express", 266_000, 31_000), "15D": ("Express", 225_000, 28_000),
}  # fmt: skip
OPTIONS = {"PR": "Priority", "IN": "Insurance"}
MOST_PACKAGES, MOST_KG, MOST_CONSIGNMENTS, MOST_OPTIONS = 99, 70, 50, 5
#: The guide's lengths as remembered ([U]): asked for under the switch `guide_lengths` only.
LENGTHS = {
    "COMPANYNAME": 50, "STREETADDRESS1": 30, "STREETADDRESS2": 30, "STREETADDRESS3": 30, "CITY": 30, "PROVINCE": 30, "POSTCODE": 9, "COUNTRY": 3,
    "ACCOUNT": 13, "VAT": 20, "CONTACTNAME": 22, "CONTACTDIALCODE": 7, "CONTACTTELEPHONE": 9, "CONTACTEMAIL": 30, "COLLINSTRUCTIONS": 100,
    "CONREF": 20, "CUSTOMERREF": 24, "DELIVERYINST": 60,
}  # fmt: skip


@dataclass
class Group:
    """What an access code leads to."""

    made: int
    result: etree._Element
    papers: dict[str, etree._Element] = field(default_factory=dict)


class TntDepot(GlobalDepot):
    def __init__(self, clock: SandboxClock, seed: int) -> None:
        super().__init__(clock, seed)
        self.groups: dict[str, Group] = {}

    def numbered(self, number: str) -> Parcel | None:
        """By the whole number or its nine digits."""
        return next(
            (one for one in self.parcels.values() if number and number in (one.number, one.more["digits"])), None
        )


def text(node: etree._Element, name: str) -> str:
    return (node.findtext(name) or "").strip()


def add(parent: etree._Element, name: str, value: str = "") -> etree._Element:
    child = etree.SubElement(parent, name)
    if value:
        child.text = value
    return child


def error(parent: etree._Element, code: str, description: str, source: str) -> None:
    one = add(parent, "ERROR")
    for name, value in (("CODE", code), ("DESCRIPTION", description), ("SOURCE", source)):
        add(one, name, value)


def perform(depot: TntDepot, root: etree._Element) -> str:
    """Does all activities; the access code."""
    batch, activity = root.find("CONSIGNMENTBATCH"), root.find("ACTIVITY")
    if batch is None or activity is None:
        raise KeyError("ACTIVITY")
    answer = etree.Element("document")
    code = depot.digits(9)
    add(answer, "GROUPCODE", text(batch, "GROUPCODE") or depot.digits(8))
    wrongs: list[tuple[str, str, str]] = []
    found: dict[str, Parcel] = {}
    details = {text(one, "CONREF"): one for one in batch.findall("CONSIGNMENT")}
    _common(batch, wrongs)
    for mark, one in details.items():
        if one.find("CONNUMBER") is not None:
            known = depot.numbered(text(one, "CONNUMBER"))
            if known is None or depot.now() - known.created > DATA_LIVES:
                wrongs.append(("P03", "The consignment is not known", mark))  # [U] the code
            else:
                found[mark] = known
    for mark in _refs(activity, "CREATE"):
        found.update(_create(depot, answer, batch, mark, details.get(mark), wrongs))
    _rate(activity, answer, details)
    _book_and_ship(depot, activity, answer, found)
    group = Group(depot.now(), answer)
    _print(depot, activity, answer, found, group)
    for row in wrongs:
        error(answer, *row)
    depot.counts["refused"] += bool(wrongs)
    depot.groups[code] = group
    return code


def _refs(activity: etree._Element, name: str) -> list[str]:
    return [(one.text or "").strip() for one in activity.findall(f"{name}/CONREF")]


def _common(batch: etree._Element, wrongs: list[tuple[str, str, str]]) -> None:
    """[U] all codes."""
    if text(batch, "SENDER/ACCOUNT") != ACCOUNT:
        wrongs.append(("P01", "The account number is not valid", "SENDER"))
    if len(batch.findall("CONSIGNMENT")) > MOST_CONSIGNMENTS:
        wrongs.append(("P02", f"More than {MOST_CONSIGNMENTS} consignments", "CONSIGNMENTBATCH"))
    if not re.fullmatch(r"\d\d/\d\d/\d{4}", text(batch, "SENDER/COLLECTION/SHIPDATE"), re.ASCII):
        wrongs.append(("P04", "SHIPDATE must be DD/MM/YYYY", "SENDER"))


def _wrong(depot: TntDepot, batch: etree._Element, one: etree._Element | None, mark: str) -> list[tuple[str, str, str]]:
    if one is None or one.find("DETAILS") is None:
        return [("P03", "The consignment is not in this batch", mark)]
    found = []
    details = one.find("DETAILS")
    if details is None or text(details, "SERVICE") not in SERVICES:
        found.append(("P10", "The service is not available", mark))
    else:
        kind = text(details, "CONTYPE")
        if (
            kind not in ("N", "D")
            or text(details, "PAYMENTIND") not in ("S", "R")
            or text(details, "SERVICE")[-1] != kind
        ):
            found.append(("P11", "CONTYPE, PAYMENTIND or SERVICE is not valid", mark))
        if len(details.findall("OPTION")) > MOST_OPTIONS or any(
            (each.text or "") not in OPTIONS for each in details.findall("OPTION")
        ):
            found.append(("P12", "An option is not available", mark))
        packages = details.findall("PACKAGE")
        count = sum(int(text(each, "ITEMS")) for each in packages)
        if not 1 <= int(text(details, "ITEMS")) <= MOST_PACKAGES or (packages and count != int(text(details, "ITEMS"))):
            found.append(("P13", f"ITEMS is not valid (at most {MOST_PACKAGES})", mark))
        sizes = (
            ("LENGTH", Decimal("2.4")),
            ("WIDTH", Decimal("1.2")),
            ("HEIGHT", Decimal("1.5")),
            ("WEIGHT", Decimal(MOST_KG)),
        )
        if any(not 0 < Decimal(text(each, name)) <= most for each in packages for name, most in sizes):
            found.append(("P14", "A package is too large or too heavy", mark))
        if Decimal(text(details, "TOTALWEIGHT")) <= 0:
            found.append(("P14", "TOTALWEIGHT is not valid", mark))
    if depot.on("guide_lengths"):
        nodes = [*batch.find("SENDER").iter(), *one.iter()]  # type: ignore[union-attr]
        found += [("P20", f"{each.tag} is longer than {LENGTHS[str(each.tag)]}", mark) for each in nodes if len((each.text or "").strip()) > LENGTHS.get(str(each.tag), 10_000)]  # fmt: skip
    return found


def _create(
    depot: TntDepot,
    answer: etree._Element,
    batch: etree._Element,
    mark: str,
    one: etree._Element | None,
    wrongs: list[tuple[str, str, str]],
) -> dict[str, Parcel]:
    bad = _wrong(depot, batch, one, mark)
    row = add(answer, "CREATE")
    add(row, "CONREF", mark)
    if wrongs or bad or one is None:
        wrongs += bad
        add(row, "CONNUMBER")
        add(row, "SUCCESS", "N")
        return {}
    parcel = _parcel(depot, one)
    if depot.may_apply():
        depot.enter(parcel)
    add(row, "CONNUMBER", parcel.number)
    add(row, "SUCCESS", "Y")
    return {mark: parcel}


def _parcel(depot: TntDepot, one: etree._Element) -> Parcel:
    details = one.find("DETAILS")
    if details is None:
        raise KeyError("DETAILS")
    to = details.find("DELIVERY") if details.find("DELIVERY") is not None else details.find("RECEIVER")
    if to is None:
        raise KeyError("RECEIVER")
    lines = [text(to, f"STREETADDRESS{i}") for i in (1, 2, 3)]
    told = {
        "receiver": text(to, "COMPANYNAME"), "address": " ".join(each for each in lines if each), "city": text(to, "CITY"), "district": text(to, "PROVINCE"),
        "phone": text(to, "CONTACTDIALCODE") + text(to, "CONTACTTELEPHONE"), "payer": text(details, "PAYMENTIND"), "cod": "",
        "kg": text(details, "TOTALWEIGHT"), "desi": "", "country": text(to, "COUNTRY"), "postcode": text(to, "POSTCODE"),
    }  # fmt: skip
    digits = depot.digits(9)
    number = text(details, "CONNUMBER") or f"GE{digits}{COUNTRY}"
    reference = text(details, "CUSTOMERREF") or text(one, "CONREF")
    pieces = [f"{digits}{i:03d}" for i in range(1, int(text(details, "ITEMS")) + 1)]
    parcel = Parcel(reference, depot.now(), number, pieces, {}, told)
    parcel.more |= {
        "digits": re.sub(r"\D", "", number), "service": text(details, "SERVICE"), "conref": text(one, "CONREF"),
        "customer_reference": text(details, "CUSTOMERREF"), "goods": text(details, "DESCRIPTION"),
    }  # fmt: skip
    return parcel


def _rate(activity: etree._Element, answer: etree._Element, details: dict[str, etree._Element]) -> None:
    if activity.find("RATE") is None:
        return
    rate = add(answer, "RATE")
    for mark in _refs(activity, "RATE"):
        one = details.get(mark)
        service = text(one, "DETAILS/SERVICE") if one is not None else ""
        if one is None or service not in SERVICES:
            error(rate, "P10", "The service is not available", mark)
            continue
        row = add(rate, "PRICE")
        option = text(one, "DETAILS/OPTION")
        cost = price(service, Decimal(text(one, "DETAILS/TOTALWEIGHT")))
        for name, value in (
            ("RATEID", mark), ("SERVICE", service), ("SERVICEDESC", SERVICES[service][0]), ("OPTION", option), ("OPTIONDESC", OPTIONS.get(option, "")),
            ("CURRENCY", "TRY"), ("RATE", decimal_text(cost)), ("RESULT", "Y"),
        ):  # fmt: skip
            add(row, name, value)


def price(service: str, kg: Decimal) -> int:
    """Kuruş without VAT."""
    _, first, further = SERVICES[service]
    return first + further * max(0, int(kg.to_integral_value("ROUND_CEILING")) - 1)


def _book_and_ship(depot: TntDepot, activity: etree._Element, answer: etree._Element, found: dict[str, Parcel]) -> None:
    """SHIP tells the carrier: from then on the consignment can be tracked."""
    for name in ("BOOK", "SHIP"):
        asked = activity.find(name)
        if asked is None:
            continue
        row = add(answer, name)
        chosen = [(mark, found.get(mark)) for mark in _refs(activity, name)]
        chosen += [
            (parcel.more["conref"], parcel)
            for each in asked.findall("CONNUMBER")
            if (parcel := depot.numbered((each.text or "").strip()))
        ]
        for mark, parcel in chosen:
            one = add(row, "CONSIGNMENT")
            add(one, "CONREF", mark)
            add(one, "CONNUMBER", parcel.number if parcel else "")
            add(one, "SUCCESS", "Y" if parcel else "N")
            if name == "BOOK" and parcel:
                add(one, "FIRSTTIMETRADER", "N")
                depot.counts["bookings"] += 1
                if asked.get("ShowBookingRef") == "Y":
                    add(one, "BOOKINGREF", f"ISTA{depot.digits(6)}")
            if name == "SHIP" and parcel and parcel.reference in depot.parcels and not parcel.born:
                parcel.born = depot.now()


def _print(
    depot: TntDepot, activity: etree._Element, answer: etree._Element, found: dict[str, Parcel], group: Group
) -> None:
    asked = activity.find("PRINT")
    if asked is None:
        return
    row = add(answer, "PRINT")
    required = _refs(activity, "PRINT/REQUIRED")
    for name in ("CONNOTE", "LABEL", "MANIFEST", "INVOICE"):
        wanted = asked.find(name)
        marks = [(each.text or "").strip() for each in wanted.findall("CONREF")] if wanted is not None else required
        chosen = [found[mark] for mark in marks if mark in found]
        if (wanted is None and not required) or not chosen or (name == "LABEL" and depot.on("no_label")):
            continue
        add(row, name, "CREATED")
        depot.counts["labels"] += name == "LABEL"
        group.papers[name] = _paper(name, chosen)
    for name in ("EMAILTO", "EMAILFROM"):
        if asked.find(name) is not None:
            add(row, name, text(asked, name))


def _paper(name: str, chosen: list[Parcel]) -> etree._Element:
    """[U] the names inside: documents are XML with a stylesheet, not pictures."""
    root = etree.Element("CONSIGNMENTBATCH")
    for parcel in chosen:
        one = add(root, "CONSIGNMENT")
        for key, value in (
            ("CONREF", parcel.more["conref"]), ("CONNUMBER", parcel.number), ("CUSTOMERREF", parcel.more["customer_reference"]),
            ("SERVICE", parcel.more["service"]), ("RECEIVER", parcel.told["receiver"]), ("CITY", parcel.told["city"]), ("COUNTRY", parcel.told["country"]),
            ("TOTALWEIGHT", parcel.told["kg"]), ("TOTALITEMS", str(len(parcel.pieces))),
        ):  # fmt: skip
            add(one, key, value)
    sheet = etree.ProcessingInstruction(
        "xml-stylesheet",
        f'href="https://express.tnt.com/expresswebservices-website/stylesheets/HTML{name.title()}Renderer.xsl" type="text/xsl"',
    )
    root.addprevious(sheet)
    return root


def day_of(value: str) -> date | None:
    """YYYYMMDD"""
    try:
        return (
            date(int(value[:4]), int(value[4:6]), int(value[6:])) if re.fullmatch(r"\d{8}", value, re.ASCII) else None
        )
    except ValueError:
        return None
