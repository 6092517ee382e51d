"""Aras Kargo's requests against the element lists of the reference, as schemas; its codes and field rules. No network."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from app.contracts import Message, YoursError
from app.kit import Call
from app.model import Address, Money, Parcel, Payer, ShipmentRequest
from providers.cargo import aras_calls as calls
from providers.cargo.aras_calls import check_request, integration_code, piece_barcodes
from tests.providers.cargo.aras_support import CODE, KEYS, REQUEST, account, request
from tests.providers.cargo.soap_schemas import body_of, group, schema, text

NS = "http://tempuri.org/"
#: Fields of Order as the reference lists them, with their greatest lengths: required ones, then the optional ones.
REQUIRED = {
    "UserName": 100, "Password": 100, "TradingWaybillNumber": 16, "IntegrationCode": 32, "ReceiverName": 100,
    "ReceiverAddress": 250, "ReceiverPhone1": 10, "ReceiverCityName": 40, "ReceiverTownName": 16, "PayorTypeCode": 1,
    "IsWorldWide": 1,
}  # fmt: skip
OPTIONAL = {
    "InvoiceNumber": 20, "ReceiverPhone2": 10, "ReceiverPhone3": 10, "VolumetricWeight": 10, "Weight": 10, "PieceCount": 3,
    "SpecialField1": 200, "SpecialField2": 200, "SpecialField3": 200, "IsCod": 1, "CodAmount": 19, "CodCollectionType": 1,
    "CodBillingType": 1, "Description": 255, "TaxNumber": 11, "TaxOffice": 60, "PrivilegeOrder": 10, "CityCode": 10,
    "TownCode": 10, "ReceiverDistrictName": 100, "ReceiverQuarterName": 100, "ReceiverAvenueName": 100,
    "ReceiverStreetName": 100, "SenderAccountAddressId": 20,
}  # fmt: skip
PATTERNS = {
    "ReceiverPhone1": "[0-9]{10}", "PayorTypeCode": "[12]", "IsWorldWide": "[01]", "IsCod": "[01]", "CodCollectionType": "[01]",
    "CodBillingType": "0", "PieceCount": "[0-9]{1,3}", "CodAmount": r"[0-9]+\.[0-9]{2}", "Weight": r"[0-9]{1,6}(\.[0-9]{1,3})?",
    "VolumetricWeight": r"[0-9]{1,6}(\.[0-9]{1,3})?", "IntegrationCode": "[0-9]{6,32}", "BarcodeNumber": "[0-9]{8,64}",
    "integrationCode": "[0-9]{6,32}",
}  # fmt: skip


def element(name: str, most: int = 200, optional: bool = False) -> str:
    return text(name, most, optional, PATTERNS.get(name, ""))


PIECE = group(
    "PieceDetail",
    element("VolumetricWeight", 6, True) + element("Weight", 6, True) + element("BarcodeNumber", 64) + element("ProductNumber", 64, True) + element("Description", 64, True),
    "all", ' maxOccurs="99"',
)  # fmt: skip
ORDER = group("Order", "".join(element(n, m) for n, m in REQUIRED.items()) + "".join(element(n, m, True) for n, m in OPTIONAL.items()) + group("PieceDetails", PIECE), "all")  # fmt: skip
WHO = element("userName") + element("password")
SCHEMAS = {
    "SetOrder": schema(group("SetOrder", group("orderInfo", ORDER) + WHO), NS),
    "GetOrderWithIntegrationCode": schema(group("GetOrderWithIntegrationCode", WHO + element("integrationCode")), NS),
    "CancelDispatch": schema(group("CancelDispatch", WHO + element("integrationCode")), NS),
    "GetArasBarcode": schema(
        group("GetArasBarcode", element("Username") + element("Password") + element("integrationCode")), NS
    ),
    "GetQueryXML": schema(group("GetQueryXML", element("loginInfo", 1000) + element("queryInfo", 1000)), NS),
}
LOGIN = schema(group("LoginInfo", element("UserName") + element("Password") + element("CustomerCode")))
QUESTION = schema(group("QueryInfo", element("QueryType", 3) + element("IntegrationCode", 900, True).replace(PATTERNS["IntegrationCode"], "[0-9]{6,32}(,[0-9]{6,32})*")))  # fmt: skip


def judge(call: Call, action: str) -> etree._Element:
    """The operation element, valid by the reference's list, in an envelope of SOAP 1.1."""
    queries = action == "GetQueryXML"
    assert (call.method, call.path) == ("POST", calls.QUERY_PATH if queries else calls.ORDERS_PATH)
    interface = "IArasCargoIntegrationService/" if queries else ""
    assert dict(call.headers) == {
        "content-type": "text/xml; charset=utf-8",
        "soapaction": f'"http://tempuri.org/{interface}{action}"',
    }
    found = body_of(call.body or b"")
    SCHEMAS[action].assertValid(found)
    return found


def judge_create(call: Call) -> None:
    found = judge(call, "SetOrder")
    order = found.find(".//{*}Order")
    assert order is not None
    said = {etree.QName(one).localname: one.text or "" for one in order}
    pieces = [one.text for one in order.iter("{*}BarcodeNumber")]
    assert len(pieces) == len(set(pieces)) == int(said["PieceCount"])
    cod = [name for name in said if "Cod" in name and name != "IntegrationCode" and name != "PayorTypeCode"]
    assert sorted(cod) in ([], ["CodAmount", "CodBillingType", "CodCollectionType", "IsCod"])
    assert not (cod and said["PayorTypeCode"] == "2")  # the carrier's 942
    assert call.repeatable is False


def judge_query(call: Call) -> None:
    found = judge(call, "GetQueryXML")
    LOGIN.assertValid(etree.fromstring(found.findtext("{*}loginInfo", "")))
    QUESTION.assertValid(etree.fromstring(found.findtext("{*}queryInfo", "")))


def judge_one(action: str) -> Callable[[Call], None]:
    return lambda call: (judge(call, action), None)[1]


letters = st.text(st.sampled_from("abcçğıiöşüÇĞİIÖŞÜ"), min_size=5, max_size=16)
free = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=300)
codes = st.text(st.sampled_from("0123456789"), min_size=6, max_size=16)
parcels = st.lists(
    st.builds(Parcel, st.integers(0, 900_000), st.integers(0, 1900), st.integers(0, 900), st.integers(0, 900)),
    min_size=1,
    max_size=4,
)


@st.composite
def accounts(draw: st.DrawFn) -> Any:
    odd = st.text(st.sampled_from("ab12<&>\"'şİ]]>"), min_size=2, max_size=20)
    more = {"order_password": draw(odd), "query_password": draw(odd), "sender_address_id": draw(st.sampled_from(["", "7"]))}  # fmt: skip
    return account(keys=KEYS | more)


@st.composite
def requests(draw: st.DrawFn) -> ShipmentRequest:
    to = Address(
        draw(letters), "", draw(letters) + " Mah. No: 4", draw(letters), draw(letters), "", "35000", "TR", "5551112233",
        draw(letters), draw(st.sampled_from(["", "1234567890", "12345678901"])),
    )  # fmt: skip
    cash = draw(st.none() | st.decimals("0.01", "9999.99", places=2).map(lambda d: Money.of(d, "TRY")))
    options = {"cod_method": draw(st.sampled_from(["cash", "card"]))} | draw(
        st.sampled_from([{}, {"waybill_no": "IRS2026001"}])
    )
    return ShipmentRequest(
        draw(codes | st.uuids().map(lambda u: u.hex)), to, tuple(draw(parcels)), draw(free),
        draw(st.sampled_from(["", "F2026000123"])), draw(free), Payer.SENDER if cash else draw(st.sampled_from(Payer)), cash,
        draw(free), options,
    )  # fmt: skip


lists = st.lists(codes, min_size=1, max_size=50)
REQUESTS: dict[str, tuple[st.SearchStrategy[Call], Callable[[Call], None]]] = {
    "create_request": (st.builds(calls.create_request, accounts(), requests()), judge_create),
    "order_request": (st.builds(calls.order_request, accounts(), codes), judge_one("GetOrderWithIntegrationCode")),
    "cancel_request": (st.builds(calls.cancel_request, accounts(), codes), judge_one("CancelDispatch")),
    "label_request": (st.builds(calls.label_request, accounts(), codes), judge_one("GetArasBarcode")),
    "track_request": (st.builds(calls.track_request, accounts(), lists), judge_query),
    "probe_request": (st.builds(calls.probe_request, accounts()), judge_query),
}


@pytest.mark.parametrize("name", sorted(REQUESTS))
def test_every_request_has_the_elements_of_the_reference(name: str) -> None:
    made, judge_it = REQUESTS[name]

    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(made)
    def run(call: Call) -> None:
        judge_it(call)

    run()


def test_no_request_goes_unjudged() -> None:
    made = {n for n, f in vars(calls).items() if n.endswith("_request") and inspect.isfunction(f)}
    assert made - {"check_request"} == REQUESTS.keys()


def test_the_schemas_notice() -> None:
    """The judge itself: a field too many, one too few, one too long."""
    body = (calls.create_request(account(), REQUEST).body or b"").decode()
    for old, new in (
        ("IsWorldWide>0<", "IsWorldWide>x<"), ("ReceiverName>Elif Örnek<", "ReceiverName><"), ("PieceCount", "Pieces"),
        (">BORNOVA<", f">{'B' * 17}<"),
    ):  # fmt: skip
        assert old in body
        broken = calls.create_request(account(), REQUEST)
        with pytest.raises(etree.DocumentInvalid):
            judge(Call("POST", broken.path, "create", (), broken.headers, body.replace(old, new).encode()), "SetOrder")


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(requests())
def test_what_is_generated_passes_the_rules(made: ShipmentRequest) -> None:
    assert check_request(made) is None


def test_the_example_of_the_reference() -> None:
    made = request(options={"waybill_no": "I2026000017"}, parcels=(Parcel(0, 300, 100, 300),))
    assert calls.order_fields(account(), made) == {
        "TradingWaybillNumber": "I2026000017", "IntegrationCode": "2026112417", "ReceiverName": "Elif Örnek",
        "ReceiverAddress": "Gül Mah. Lale Sok. 4/2", "ReceiverPhone1": "5551112233", "ReceiverCityName": "İZMİR",
        "ReceiverTownName": "BORNOVA", "PayorTypeCode": "1", "IsWorldWide": "0", "InvoiceNumber": "F2026000123",
        "VolumetricWeight": "3", "PieceCount": "1", "SpecialField1": "#1042", "Description": "Kazak Zili çalın",
    }  # fmt: skip
    assert piece_barcodes("2026112417", 1) == ("202611241701",)


def test_weights_pieces_and_cash_on_delivery() -> None:
    made = calls.order_fields(account(keys=KEYS | {"sender_address_id": "7"}), request(cash_on_delivery=Money.of("749.9", "TRY"), payer=Payer.SENDER))  # fmt: skip
    assert (made["VolumetricWeight"], made["Weight"], made["PieceCount"]) == ("2", "1.7", "2")
    assert (made["IsCod"], made["CodAmount"], made["CodCollectionType"], made["CodBillingType"]) == ("1", "749.90", "0", "0")  # fmt: skip
    assert made["SenderAccountAddressId"] == "7"
    card = request(cash_on_delivery=Money.of("10", "TRY"), options={"cod_method": "card"})
    assert calls.order_fields(account(), card)["CodCollectionType"] == "1"
    heavy = etree.fromstring(calls.create_request(account(), request(parcels=(Parcel(123_456_700),))).body or b"")
    assert [one.text for one in heavy.iter("{*}Weight")] == ["123456.7", "123457"]  # a piece's weight has six letters
    assert calls.order_fields(account(), request(payer=Payer.RECEIVER))["PayorTypeCode"] == "2"


# -- codes and users -----------------------------------------------------------------------------------------------------
def test_the_code_comes_from_our_reference() -> None:
    assert integration_code("2611241234567890") == "2611241234567890"
    long = integration_code("b3b7c0de" * 4)
    assert len(long) == 16
    assert long.isdigit()
    assert integration_code("b3b7c0de" * 4) == long != integration_code("b3b7c0df" * 4)
    assert integration_code("PX0000000001").isdigit()
    assert integration_code("٢٦١١٢٤١٢").isascii()  # digits of other scripts are no code
    assert len({integration_code(f"{n:032x}") for n in range(2000)}) == 2000
    assert piece_barcodes(CODE, 3) == (f"{CODE}01", f"{CODE}02", f"{CODE}03")


@pytest.mark.parametrize("key", sorted(KEYS))
def test_a_missing_credential_is_named(key: str) -> None:
    bare = account(keys={k: v for k, v in KEYS.items() if k != key})
    with pytest.raises(YoursError) as caught:
        calls.create_request(bare, REQUEST)
        calls.track_request(bare, [CODE])
    assert (caught.value.message.code, caught.value.message.field) == ("config.field", key)
    assert "nd2580" not in repr(calls.orders_user(account()))


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"to_name": ""}, "address.refused", "name"),
        ({"to_name": "Ş" * 101}, "address.refused", "name"),
        ({"to_name": "", "to_company": "Örnek A.Ş."}, "", ""),
        ({"to_street": "x" * 251}, "address.refused", "street"),
        ({"to_phone": "12345"}, "address.refused", "phone"),
        ({"to_phone": "+15125550100"}, "address.refused", "phone"),
        ({"to_phone": "+90 (555) 111 22 33"}, "", ""),
        ({"to_city": ""}, "address.refused", "city"),
        ({"to_district": ""}, "address.refused", "district"),
        ({"to_district": "x" * 17}, "address.refused", "district"),
        ({"to_country": "DE"}, "address.refused", "country"),
        ({"invoice_number": "x" * 21}, "config.field", "invoice_number"),
        ({"options": {"waybill_no": "x" * 17}}, "config.field", "waybill_no"),
        ({"parcels": ()}, "config.field", "parcels"),
        ({"parcels": (Parcel(1),) * 100}, "config.field", "parcels"),
        ({"parcels": (Parcel(10**10),)}, "config.field", "parcels"),
        ({"cash_on_delivery": Money.of("0", "TRY")}, "config.field", "cash_on_delivery"),
        ({"cash_on_delivery": Money.of("5", "EUR")}, "config.field", "cash_on_delivery"),
        ({"cash_on_delivery": Money.of("5", "TRY"), "payer": Payer.RECEIVER}, "config.field", "payer"),
        (
            {"cash_on_delivery": Money.of("5", "TRY"), "options": {"cod_method": "cheque"}},
            "config.field",
            "cod_method",
        ),
    ],
)
def test_field_rules(changes: dict[str, Any], code: str, field: str) -> None:
    found = check_request(request(**changes)) or Message("")
    assert (found.code, found.field) == (code, field)
