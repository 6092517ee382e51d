"""An account, a request and answers of TNT for tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.contracts import Account, Secret
from app.kit import MemoryTokens, Reply
from app.model import Address, Parcel, ShipmentRequest

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday, noon in İstanbul
KEYS = {
    "username": "ornek", "password": "gizli&sifre", "account_number": "000123456", "account_country": "TR", "sender_name": "Ayşe Yılmaz",
    "sender_company": "Örnek Ticaret", "sender_phone": "0532 111 22 33", "sender_street": "Gül Mah. Lale Sok. 4 Şişli",
    "sender_city": "İstanbul", "sender_postcode": "34394", "sender_country": "TR",
}  # fmt: skip
RECEIVER = Address(
    "Elif Örnek", "", "Çiçek Mah. Şehit Ömer Sok. No:4", "Bornova", "İzmir", "", "35040", "TR", "0555 111 22 33"
)
ABROAD = Address("Jürgen Groß", "Groß GmbH", "Unter den Linden 7", "", "Berlin", "", "10117", "DE", "+49 30 1234567")
BOX = Parcel(1200, 200, 100, 150)
REQUEST = ShipmentRequest(
    "PX-2026-0001", RECEIVER, (BOX, BOX), order_number="#1042", content="Ahşap Işıldak", note="Zili çalın"
)
EXPORT = {"declared_value": "149.90", "currency": "EUR", "hs_code": "442019", "quantity": "2"}
NUMBER = "GE000003364GB"


def account(
    base_url: str = "https://express.tnt.com", keys: Mapping[str, str] | None = None, **changes: str
) -> Account:
    held = {**KEYS, **(keys or {}), **changes}
    return Account(
        id="tnt", integration="tnt_kargo", environment="live", urls={"api": base_url}, tokens=MemoryTokens(), now=lambda: NOW,
        nonce=lambda: "0123456789abcdef", settings={k: v for k, v in held.items() if k != "password"},
        secrets={"password": Secret(held["password"])},
    )  # fmt: skip


def request(**changes: Any) -> ShipmentRequest:
    """The good request with other fields; `to_…` ones change the receiver."""
    to = {k.removeprefix("to_"): v for k, v in changes.items() if k.startswith("to_")}
    rest = {k: v for k, v in changes.items() if not k.startswith("to_")}
    base = msgspec.structs.replace(REQUEST, **rest)
    return msgspec.structs.replace(base, receiver=msgspec.structs.replace(base.receiver, **to))


def reply(text: str | bytes, status: int = 200, operation: str = "find") -> Reply:
    return Reply(status, {"content-type": "text/xml"}, text.encode() if isinstance(text, str) else text, operation)


def result(inside: str = "", number: str = NUMBER, ship: str = "Y", create: str = "Y") -> str:
    made = (
        f"<CREATE><CONREF>P1</CONREF><CONNUMBER>{number}</CONNUMBER><SUCCESS>{create}</SUCCESS></CREATE>"
        if create
        else ""
    )
    sent = (
        f"<SHIP><CONSIGNMENT><CONREF>P1</CONREF><CONNUMBER>{number}</CONNUMBER><SUCCESS>{ship}</SUCCESS></CONSIGNMENT></SHIP>"
        if ship
        else ""
    )
    return f'<?xml version="1.0" encoding="utf-8" standalone="yes"?><document><GROUPCODE>1736</GROUPCODE>{made}{inside}{sent}</document>'


def refused(code: str, text: str) -> str:
    return f"<document><PRINT/><ERROR><CODE>{code}</CODE><DESCRIPTION>{text}</DESCRIPTION><SOURCE>P1</SOURCE></ERROR></document>"


def failed(reason: str, source: str = "") -> str:
    return (
        f"<runtime_error><error_reason>{reason}</error_reason><error_srcText>{source}</error_srcText></runtime_error>"
    )


def status(code: str, day: str = "20261125", time: str = "1000", text: str = "") -> str:
    return (
        f"<StatusData><StatusCode>{code}</StatusCode><StatusDescription><![CDATA[{text or code}]]></StatusDescription>"
        f'<LocalEventDate format="YYYYMMDD">{day}</LocalEventDate><LocalEventTime format="HHMM">{time}</LocalEventTime>'
        "<Depot>IST</Depot><DepotName><![CDATA[Istanbul]]></DepotName></StatusData>"
    )


def consignment(
    summary: str = "INT", *events: str, reference: str = "PX-2026-0001", number: str = NUMBER, before: str = ""
) -> str:
    told = f"<ConsignmentNumber>{number}</ConsignmentNumber>" if number else ""
    return (
        f'<Consignment access="public">{told}<CustomerReference>{reference}</CustomerReference>{before}'
        f"<SummaryCode>{summary}</SummaryCode>{''.join(events)}</Consignment>"
    )


def tracked(*consignments: str) -> str:
    return f'<?xml version="1.0" encoding="utf-8"?><TrackResponse>{"".join(consignments)}</TrackResponse>'


def priced(*rows: tuple[str, str], currency: str = "TRY") -> str:
    inside = "".join(
        f"<ratedService><product><id>{service}</id><productDesc>x</productDesc><type>N</type></product><totalPrice>{price}</totalPrice>"
        "<totalPriceExclVat>1</totalPriceExclVat><vatAmount>1</vatAmount><chargeElements/></ratedService>"
        for service, price in rows
    )
    return f"<document><requestId>7</requestId><errors/><priceResponse><ratedServices><rateId>1</rateId><currency>{currency}</currency>{inside}</ratedServices></priceResponse></document>"


def labelled(*codes: str) -> str:
    pieces = "".join(
        f"<pieceLabelData><pieceNumber>{n}</pieceNumber><barcode>{code}</barcode></pieceLabelData>"
        for n, code in enumerate(codes, 1)
    )
    data = "<consignmentLabelData><originDepot><depotCode>IST</depotCode></originDepot><destinationDepot><depotCode>ADB</depotCode></destinationDepot><product>Express</product></consignmentLabelData>"
    return f'<labelResponse><consignment key="CON1">{pieces}{data}</consignment></labelResponse>'
