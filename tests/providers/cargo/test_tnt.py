"""TNT's rules and answers: ASCII shown and never silent, lengths, results, ways, prices, errors. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest
from lxml import etree

from app.contracts import Kind, OursError, ProviderError, TheirsError, YoursError
from app.model import Address, Money, Parcel, Payer, ShipmentStatus
from app.shipping.address import AddressRules, check_address, rules_of
from providers.cargo import tnt_calls as calls
from providers.cargo import tnt_letters as letters
from providers.cargo import tnt_rules as rules
from providers.cargo import tnt_wire as wire
from providers.cargo.tnt_errors import tnt_errors
from tests.providers.cargo.tnt_support import (
    ABROAD,
    BOX,
    EXPORT,
    NUMBER,
    RECEIVER,
    account,
    consignment,
    failed,
    labelled,
    priced,
    refused,
    reply,
    request,
    result,
    status,
    tracked,
)

S = ShipmentStatus


# -- letters -------------------------------------------------------------------------------------------------------------
def test_what_changes_is_told() -> None:
    to = Address("Çağrı Işık", "", "Şehit Ömer Sk. No:12", "Şişli", "İstanbul", "", "34394", "TR")
    assert letters.changes(to, {"note": "Zili çal", "content": "Cup"}) == {
        "name": "Çağrı Işık → Cagri Isik", "street": "Şehit Ömer Sk. No:12 → Sehit Omer Sk. No:12", "district": "Şişli → Sisli",
        "city": "İstanbul → Istanbul", "note": "Zili çal → Zili cal",
    }  # fmt: skip
    assert letters.changes(Address("Elif", city="Izmir")) == {}
    wrong = letters.unwritable(Address(name="محمد"))
    assert wrong is not None
    assert wrong.field == "name"
    assert letters.unwritable(Address(street="Kim? Sokak")) is None


def test_the_draft_shows_it_before_anything_is_asked() -> None:
    """The hook of the shipping desk: `letters = "ascii"` in the manifest."""
    to = Address("Çağrı Işık", "", "Lale Sok. 4", "Şişli", "İstanbul", "", "34394", "TR", "+905321234567")
    told = check_address(to, rules_of({"letters": "ascii", "abroad": "yes"}))
    assert {(one.field, one.why, one.rule, one.blocking) for one in told} == {
        ("name", "plain", "Çağrı Işık → Cagri Isik", False), ("district", "plain", "Şişli → Sisli", False),
        ("city", "plain", "İstanbul → Istanbul", False),
    }  # fmt: skip
    assert check_address(to, AddressRules()) == ()
    away = Address("Jürgen", "", "Straße 7", "", "Köln", "", "50667", "DE", "+49301234567")
    assert [one.rule for one in check_address(away, rules_of({"letters": "ascii", "abroad": "yes"}))] == [
        "Jürgen → Jurgen", "Straße 7 → Strasse 7", "Köln → Koln",
    ]  # fmt: skip
    (lost,) = check_address(Address("محمد علي", "", "Gasse 7", "", "Wien", "", "1010", "AT", "+431234567"), rules_of({"letters": "ascii", "abroad": "yes"}))  # fmt: skip
    assert (lost.field, lost.blocking) == ("name", True)


# -- rules ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to_name": "محمد"}, "name"),
        ({"to_name": "", "to_company": ""}, "name"),
        ({"to_name": "x" * 51}, "name"),
        ({"to_name": "x" * 23}, "name"),
        ({"to_name": "Elif " * 5, "to_company": "Firma"}, "name"),
        ({"to_company": "x" * 51}, "company"),
        ({"to_city": "x" * 31}, "city"),
        ({"to_city": ""}, "city"),
        ({"to_postcode": ""}, "postcode"),
        ({"to_postcode": "1234567890"}, "postcode"),
        ({"to_street": "", "to_district": ""}, "street"),
        ({"to_street": "Lale Sokak " * 9}, "street"),
        ({"to_phone": "12"}, "phone"),
        ({"to_country": "de", "to_phone": "+49301234567"}, "country"),
        ({"parcels": ()}, "parcels"),
        ({"parcels": (BOX,) * 100}, "parcels"),
        ({"parcels": tuple(Parcel(1000 + n, 10, 10, 10) for n in range(4))}, "parcels"),
        ({"parcels": (Parcel(0, 10, 10, 10),)}, "parcels"),
        ({"parcels": (Parcel(70_001, 10, 10, 10),)}, "parcels"),
        ({"parcels": (Parcel(1000),)}, "parcels"),
        ({"parcels": (Parcel(1000, 2401, 10, 10),)}, "parcels"),
        ({"parcels": (Parcel(1000, 1600, 1600, 10),)}, "parcels"),
        ({"cash_on_delivery": Money.of("10", "TRY")}, "cash_on_delivery"),
        ({"payer": Payer.RECEIVER}, "payer_account"),
        ({"options": {"service": "15N!"}}, "service"),
        ({"options": {"declared_value": "0"}}, "declared_value"),
        ({"receiver": ABROAD}, "declared_value"),
        ({"receiver": ABROAD, "options": EXPORT, "content": "x"}, "content"),
    ],
)
def test_what_tnt_would_refuse(changes: dict[str, Any], field: str) -> None:
    wrong = rules.check_request(account(), request(**changes))
    assert wrong is not None
    assert (wrong.field, wrong.kind) == (field, Kind.YOURS)


def test_only_a_price_needs_less() -> None:
    assert rules.check_rates(request(to_name="", to_phone="", to_street="")) is None
    for changes, field in (
        ({"to_city": ""}, "city"),
        ({"parcels": ()}, "parcels"),
        ({"parcels": (Parcel(),)}, "parcels"),
    ):
        wrong = rules.check_rates(request(**changes))  # type: ignore[arg-type]
        assert wrong is not None
        assert wrong.field == field


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sender_name": ""}, "sender_name"),
        ({"sender_name": "x" * 23}, "sender_name"),
        ({"sender_city": "x" * 31}, "sender_city"),
        ({"sender_street": "x" * 31}, "sender_street"),
        ({"sender_company": "شركة"}, "sender_company"),
        ({"password": ""}, "password"),
        ({"username": ""}, "username"),
    ],
)
def test_a_connection_that_does_not_fit(change: dict[str, str], field: str) -> None:
    with pytest.raises(YoursError) as caught:
        calls.create_request(account(**change), request())
    assert (caught.value.message.code, caught.value.message.field) == ("config.field", field)


def test_equal_boxes_go_together() -> None:
    one = request(parcels=(BOX, Parcel(500, 101, 99, 333), BOX))
    assert rules.boxes_of(one) == [
        rules.Box(2, Decimal("0.20"), Decimal("0.15"), Decimal("0.10"), Decimal("1.2")),
        rules.Box(1, Decimal("0.34"), Decimal("0.11"), Decimal("0.10"), Decimal("0.5")),
    ]  # fmt: skip
    assert rules.volume(rules.boxes_of(one)) == Decimal("0.010")
    assert rules.volume([]) == Decimal("0.001")


def test_phones_days_names_and_references() -> None:
    assert rules.split_phone("+905551112233") == ("90555", "1112233")
    assert (
        rules.split_phone("+49301234567") == ("493", "01234567")
        or "".join(rules.split_phone("+49301234567")) == "49301234567"
    )
    for phone in ("+905551112233", "+49301234567", "+4930123", "+123456789012345"):
        dial, number = rules.split_phone(phone)
        assert "+" + dial + number == phone
        assert 1 <= len(dial) <= 7
        assert 1 <= len(number) <= 9
    assert rules.ship_day(datetime(2026, 11, 29, 9, 0, tzinfo=UTC)).strftime("%d/%m/%Y") == "30/11/2026"
    assert rules.ship_day(datetime(2026, 11, 24, 22, 0, tzinfo=UTC)).strftime("%d/%m/%Y") == "25/11/2026"
    assert rules.contact_of(Address(name="Muhammed Abdurrahman Karaosmanoğlu")) == "Muhammed Abdurrahman"
    assert rules.contact_of(Address(company="Örnek Ticaret")) == "Ornek Ticaret"
    assert rules.street_of(Address(street="Lale Sok. 4 Şişli", district="Şişli")) == "Lale Sok. 4 Sisli"
    assert rules.reference_key("PX-1") == "PX-1"
    assert all(len(rules.reference_key(one)) == 18 for one in ("px-1", "X" * 21, "ş", "a b"))


def test_the_document_holds_what_was_ordered() -> None:
    one = request(
        receiver=ABROAD, options={**EXPORT, "payer_account": "000654321", "pickup": "yes"}, payer=Payer.RECEIVER
    )
    call = calls.create_request(account(), one)

    root = etree.fromstring(parse_qs((call.body or b"").decode())["xml_in"][0].encode())
    assert root.findtext("LOGIN/PASSWORD") == "gizli&sifre"
    assert root.findtext(".//SENDER/COMPANYNAME") == "Ornek Ticaret"
    details = root.find(".//DETAILS")
    assert details is not None
    told = {child.tag: child.text for child in details}
    assert (told["PAYMENTIND"], told["ITEMS"], told["TOTALWEIGHT"], told["TOTALVOLUME"]) == ("R", "2", "2.4", "0.006")
    assert (told["CURRENCY"], told["GOODSVALUE"], told["SERVICE"], told["DELIVERYINST"]) == (
        "EUR",
        "149.90",
        "15N",
        "Zili calin",
    )
    assert details.findtext("RECEIVER/COMPANYNAME") == "Gross GmbH"
    assert (details.findtext("RECEIVER/ACCOUNT"), details.findtext("RECEIVER/ACCOUNTCOUNTRY")) == ("000654321", "DE")
    assert details.findtext("PACKAGE/ARTICLE/INVOICEVALUE") == "149.90"
    assert [child.tag for child in root.findall("ACTIVITY/*")] == ["CREATE", "BOOK", "SHIP"]
    assert call.repeatable is False


# -- answers -------------------------------------------------------------------------------------------------------------
def test_codes() -> None:
    assert wire.parse_code(reply("COMPLETE:12345")) == "12345"
    assert wire.parse_code(reply(" COMPLETE: 12-A_5\r\n")) == "12-A_5"
    for bad in ("", "COMPLETE:", "PENDING:1", "<a/>"):
        with pytest.raises(OursError):
            wire.parse_code(reply(bad))


def test_results() -> None:
    assert wire.parse_result(reply(result())) == wire.Result(NUMBER, shipped=True)
    assert wire.parse_result(reply(result(ship="N"))).shipped is False
    assert wire.parse_result(reply(result(ship=""))).shipped is None
    assert wire.parse_result(reply(result(create=""))) == wire.Result("", shipped=True)
    booked = "<BOOK><CONSIGNMENT><CONREF>P1</CONREF><SUCCESS>N</SUCCESS></CONSIGNMENT></BOOK>"
    assert wire.parse_result(reply(result(booked))).booked is False
    assert wire.parse_result(reply(result("<BOOK/>"))).booked is False
    extra = "<ERROR><CODE>118</CODE><DESCRIPTION>x</DESCRIPTION></ERROR>"
    assert wire.parse_result(reply(result(extra))).number == NUMBER, "what is made is made"
    with pytest.raises(TheirsError) as caught:
        wire.parse_result(reply(result(create="N", ship="")))
    assert caught.value.message.params["sent"] == "no"
    for bad in ("<document/>", "<other/>", result(number=""), result(number="?x"), "<document", ""):
        with pytest.raises(OursError):
            wire.parse_result(reply(bad))


@pytest.mark.parametrize(
    ("code", "text", "standard", "field"),
    [
        ("1", "No data received at gateway", "server.error", ""),
        ("107", "Weight exceeds", "item.refused", "weight"),
        ("227", "The account number is invalid", "config.field", "account_number"),
        ("203", "A town for the sender address must be entered", "config.field", "sender_city"),
        ("304", "post code", "address.refused", "postcode"),
        ("309", "dial code too long", "address.refused", "phone"),
        ("325", "Domestic shipments are not allowed for this country", "item.refused", "service"),
        ("336", "The total weight must be greater than zero", "item.refused", "weight"),
        ("524", "Invalid receiver postcode format", "address.refused", "postcode"),
        ("555", "The receiver address town could not be found", "address.refused", "city"),
        ("312", "Unable to determine the TNT delivery depot", "address.refused", "city"),
        ("999", "?", "item.refused", ""),
        ("999", "Account 123 is closed", "auth.suspended", ""),
        ("", "login details not recognised", "auth.refused", "password"),
        ("7004", "Invalid account specified for search", "config.field", "account_number"),
    ],
)
def test_numbers(code: str, text: str, standard: str, field: str) -> None:
    with pytest.raises(ProviderError) as caught:
        wire.parse_result(reply(refused(code, text)))
    told = caught.value.message
    assert (told.code, told.field, told.vendor_code, told.vendor_text) == (standard, field, code, text)


@pytest.mark.parametrize(
    ("body", "status_", "code"),
    [
        ("COMPLETE:1", 200, ""),
        (result(), 200, ""),
        (refused("301", "x"), 200, ""),  # read with the result
        (failed("The request has failed", "login details not recognised"), 200, "auth.refused"),
        (failed("IP address 203.0.113.7 not allowed"), 200, "auth.ip_not_allowed"),
        (failed("The request to ExpressConnect Shipping has failed."), 200, "server.error"),
        (failed("?"), 200, "server.error"),
        ("<parse_error><error_reason>Element content is invalid</error_reason></parse_error>", 200, "request.refused"),
        ("<TrackResponse><Error><Code>0001</Code><Message>A system error</Message></Error></TrackResponse>", 200, "server.error"),
        ("<TrackRequest><Error><Code>7001</Code><Message>Null account</Message></Error></TrackRequest>", 200, "config.field"),
        (tracked(consignment(before="<error/>")), 200, ""),
        ("<document><errors><brokenRule><rateId>1</rateId><messageType>E</messageType><code>P13</code><description>The town is unknown</description></brokenRule></errors></document>", 200, "address.refused"),
        ("<document><errors><brokenRule><messageType>W</messageType><code>P78</code><description>town</description></brokenRule></errors></document>", 200, ""),
        ("<document><errors><runtimeError><errorReason>Service not available</errorReason></runtimeError></errors></document>", 200, "server.error"),
        ("<document><errors><parseError><errorReason>Element</errorReason></parseError></errors></document>", 200, "request.refused"),
        (priced(("15N", "10")), 200, ""),
        ("<labelResponse><brokenRules><errorCode>L1</errorCode><errorDescription>weight missing</errorDescription></brokenRules></labelResponse>", 200, "item.refused"),
        ("<errors><parseError><errorReason>bad</errorReason></parseError></errors>", 200, "request.refused"),
        ("<labelResponse><a>error</a></labelResponse>", 200, ""),
        ("<other>error</other>", 200, ""),
        ("an error", 200, ""),
        (failed("The user is not allowed to use ExpressConnect"), 200, "auth.forbidden"),
        ("<labelResponse><brokenRules><errorCode>L1</errorCode><errorMessage>weight</errorMessage></brokenRules></labelResponse>", 200, "item.refused"),
        ("", 401, "auth.refused"),
        ("error", 500, "server.error"),
        ("<runtime_error/>", 429, "rate.limited"),
        ("<html>error</html>", 200, "server.html"),
        ("<html>", 403, "auth.ip_not_allowed"),
        ("Access from 203.0.113.7 is not allowed", 403, "auth.ip_not_allowed"),
    ],
)  # fmt: skip
def test_errors(body: str, status_: int, code: str) -> None:
    wrong = tnt_errors(reply(body, status_))
    assert (wrong.code if wrong else "") == code
    if code == "auth.ip_not_allowed" and wrong is not None and status_ == 200:
        assert wrong.params == {"address": "203.0.113.7"}


@pytest.mark.parametrize(
    ("summary", "codes", "expected"),
    [
        ("INT", (), S.CREATED),
        ("INT", ("Shipment data received",), S.CREATED),
        ("INT", ("PU",), S.ACCEPTED),
        ("INT", ("PU", "AS"), S.IN_TRANSIT),
        ("INT", ("PU", "OD"), S.OUT_FOR_DELIVERY),
        ("DEL", ("OD", "OK"), S.DELIVERED),
        ("DEL", (), S.DELIVERED),
        ("EXC", ("OD", "NH"), S.PROBLEM),
        ("XXX", ("PU",), S.UNKNOWN),
    ],
)
def test_where_a_parcel_is(summary: str, codes: tuple[str, ...], expected: ShipmentStatus) -> None:
    rows = [status(one, f"202611{25 + n}") for n, one in enumerate(codes)]
    found = wire.parse_found(reply(tracked(consignment(summary, *reversed(rows)))), ["PX-2026-0001"])["PX-2026-0001"]
    assert found is not None
    assert found.status is expected
    report = wire.to_report("PX-2026-0001", found)
    assert [one.at for one in report.events] == sorted(one.at for one in report.events)
    assert (report.delivered_at is not None) is (bool(codes) and expected is S.DELIVERED)
    if summary == "EXC":
        assert report.events[-1].status is S.PROBLEM


def test_whose_consignment_it_is() -> None:
    keys = ["A", "B", "C", "D"]
    rows = tracked(
        consignment("CNF", reference="A", number=""),
        consignment("INT", status("PU", "20261125"), reference="B", number="1"),
        consignment("INT", status("PU", "20261126"), reference="B", number="2"),
        consignment("CNF", reference="B", number=""),
        consignment("INT", status("PU", "20261124"), reference="B", number="0000"),
        consignment("INT", reference="another"),
        consignment("", reference="C"),
        consignment("INT", reference="", number="9"),
    )
    found = wire.parse_found(reply(rows), keys)
    assert set(found) == {"A", "B"}
    assert found["A"] is None
    assert found["B"] is not None
    assert found["B"].number == "2"
    assert wire.parse_found(reply(tracked(consignment("CNF", reference="", number=""))), ["A"]) == {"A": None}
    assert wire.parse_found(reply(tracked()), ["A"]) == {}
    for other, number in ((NUMBER, NUMBER), ("WW1", "000003364"), ("GE999999999GB", "000003364")):
        both = f"<AlternativeConsignmentNumber>{other}</AlternativeConsignmentNumber>"
        whole = wire.parse_found(reply(tracked(consignment(reference="A", number="000003364", before=both))), ["A"])[
            "A"
        ]
        assert whole is not None
        assert whole.number == number
    odd = wire.parse_found(
        reply(tracked(consignment("INT", status("PU", "yok"), status("PU", "20261345"), status("AS", "20261125", "")))),
        ["PX-2026-0001"],
    )
    first = odd["PX-2026-0001"]
    assert first is not None
    assert [one.at.isoformat() for one in first.moves] == ["2026-11-24T21:00:00+00:00"]
    with pytest.raises(OursError):
        wire.parse_found(reply("<other/>"), ["A"])


def test_prices() -> None:
    found = wire.parse_rates(reply(priced(("15N", "120.50"), ("48N", "80"), ("15N", "110"), ("12N", "0"), ("", "5"))))
    assert [(one.service, one.price, one.days) for one in found] == [
        ("48N", Money.of(80, "TRY"), None),
        ("15N", Money.of(110, "TRY"), None),
    ]
    assert wire.parse_rates(reply(priced())) == ()
    with pytest.raises(OursError):
        wire.parse_rates(reply("<document/>"))
    for bad in (priced(("15N", "120"), ("48N", "x")), priced(("15N", "120"), currency="lira"), priced(("[]", "120"))):
        with pytest.raises(OursError):
            wire.parse_rates(reply(bad))


def test_barcodes_of_the_routing_label() -> None:
    codes, route = wire.parse_barcodes(reply(labelled("0901 1", "0902")), 2)
    assert codes == "09011 0902"
    assert route == {"route.origin": "IST", "route.destination": "ADB", "route.service": "Express"}
    assert wire.parse_barcodes(reply(labelled("09011")), 2)[0] == ""
    assert wire.parse_barcodes(reply("<labelResponse><pieceLabelData/></labelResponse>"), 1) == ("", {})


def test_the_receiver_is_turkish() -> None:
    assert not RECEIVER.city.isascii()
