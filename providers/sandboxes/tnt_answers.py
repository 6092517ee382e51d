"""The longer answers of the fake TNT: data for labels, prices, errors of tracking and labels.

Source: PriceResponseOUT and TrackResponse of specs/tnt; the label answer's names are those that working clients read.
"""

from __future__ import annotations

from decimal import Decimal

from lxml import etree

from providers.sandboxes import tnt_ship as ships
from providers.sandboxes.exact import DAY, decimal_text, local
from providers.sandboxes.tnt_ship import SERVICES, add, text

#: Value added tax of prices, in per cent.
VAT = 20


def broken(parent: etree._Element, code: str, reason: str, key: str) -> None:
    """[U] the names."""
    one = add(parent, "brokenRules")
    if key:
        one.set("key", key)
    add(one, "errorCode", code)
    add(one, "errorMessage", reason)


def labelled(answer: etree._Element, asked: etree._Element, now: int) -> None:
    made = add(answer, "consignment")
    made.set("key", asked.get("key", ""))
    number = text(asked, "consignmentIdentity/consignmentNumber")
    digits = "".join(one for one in number if one.isdigit()).zfill(9)[-9:]
    count = int(text(asked, "totalNumberOfPieces"))
    for line in asked.findall("pieceLine"):
        weight = text(line, "pieceMeasurements/weight")
        for group in line.findall("pieces"):
            for each in text(group, "sequenceNumbers").split(","):
                piece = add(made, "pieceLabelData")
                add(piece, "pieceNumber", each)
                shown = add(piece, "weightDisplay", f"{Decimal(weight):.2f}kg")
                shown.set("code", weight)
                shown.set("renderInstructions", "yes")
                add(piece, "pieceReference", text(group, "pieceReference"))
                add(piece, "barcode", f"{digits}{int(each):03d}104990847310").set("symbology", "128C")
                add(piece, "twoDBarcode", f"{digits}|{digits}||{each}|{count}").set("symbology", "pdf417")
    data = add(made, "consignmentLabelData")
    add(data, "consignmentNumber", digits)
    for who in ("sender", "delivery"):
        place = add(data, who)
        for name in ("name", "addressLine1", "addressLine2", "town", "province", "postcode", "country"):
            add(place, name, text(asked, f"{who}/{name}"))
    account = add(data, "account")
    for name in ("accountNumber", "accountCountry"):
        add(account, name, text(asked, f"account/{name}"))
    add(data, "totalNumberOfPieces", str(count))
    product = text(asked, "product/id")
    add(data, "product", "Express").set("id", product)
    for one in asked.findall("product/option"):
        add(data, "option", one.text or "").set("id", one.text or "")
    add(data, "collectionDate", text(asked, "collectionDateTime")[:10])
    for name, code, words in (
        ("marketDisplay", "2", "INTL"),
        ("transportDisplay", "2", "AIR"),
        ("freeCirculationDisplay", "", ""),
        ("xrayDisplay", "", ""),
    ):
        shown = add(data, name, words)
        shown.set("code", code)
        shown.set("renderInstructions", "yes" if words else "no")
    add(data, "sortSplitText", "1")
    add(add(data, "originDepot"), "depotCode", "IST")
    add(add(add(data, "transitDepots"), "transitDepot"), "depotCode", "LGG")
    depot = add(data, "destinationDepot")
    due = local(now + 2 * DAY, "%Y-%m-%d")
    for name, words in (("depotCode", "DST"), ("dueDayOfMonth", due[-2:]), ("dueDate", due)):
        add(depot, name, words)
    add(data, "clusterCode", "5C")


def priced(answer: etree._Element, mark: str, services: list[str], kg: Decimal) -> None:
    rated = add(add(answer, "priceResponse"), "ratedServices")
    add(rated, "rateId", mark)
    add(rated, "currency", "TRY")
    for service in services:
        net = ships.price(service, kg)
        tax = net * VAT // 100
        one = add(rated, "ratedService")
        product = add(one, "product")
        for name, words in (("id", service), ("productDesc", SERVICES[service][0]), ("type", service[-1])):
            add(product, name, words)
        for name, kurus in (("totalPrice", net + tax), ("totalPriceExclVat", net), ("vatAmount", tax)):
            add(one, name, decimal_text(kurus))
        charge = add(add(one, "chargeElements"), "chargeElement")
        for name, words in (
            ("chargeItem", "1"), ("chargeCategory", "VAT"), ("chargeCode", "VAT"), ("description", "VAT"), ("chargeValue", decimal_text(tax)),
            ("vatIndicator", "false"),
        ):  # fmt: skip
            add(charge, name, words)


def track_error(code: str, message: str) -> etree._Element:
    root = etree.Element("TrackResponse")
    one = add(root, "Error")
    add(one, "Code", code)
    add(one, "Message", message)
    return root
