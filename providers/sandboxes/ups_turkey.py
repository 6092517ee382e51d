"""The domestic side of the fake UPS: two SOAP services of UPS Türkiye, one session each, errors inside good answers.

Written from reference/cargo.md, "## UPS Türkiye (domestic SOAP)"; no WSDL is public, so [U] marks what is chosen here: orders of elements,
which fields are required, error numbers beside 12 and 20. Status codes: the carrier's table WSDurumKodlari as transcribed in a public
repository. Not there: OnDemandPickupRequest_Type1, CreateShipment_Type3_XML and _Type4, GetPackageInfo…, GetTiNT… (no fields known).
"""

from __future__ import annotations

import hmac
import re
from decimal import Decimal
from typing import Any

from providers.sandboxes import ups_wire as wire
from providers.sandboxes.courier import Parcel
from providers.sandboxes.courier_global import encoded
from providers.sandboxes.courier_labels import png, zpl
from providers.sandboxes.exact import MINUTE, local
from providers.sandboxes.places import CITIES
from providers.sandboxes.soap import Node, Service
from providers.sandboxes.ups_ship import UpsDepot

CUSTOMER, USER, PASSWORD = "A1B2C3", "UPSSANDBOX", "UpsTrSandbox1"
CREATE, QUERY = "/wsCreateShipment/wsCreateShipment.asmx", "/QueryPackageInfo/wsQueryPackagesInfo.asmx"
PATHS = (CREATE, QUERY)
IDLE = 5 * MINUTE
TOKEN_BAD, SESSION_GONE = 12, 20
LOGIN, CLOSED, FIELD, UNKNOWN, LATE, DONE, UNEXPECTED = 1, 2, 100, 101, 102, 103, 999  # [U]
#: A parcel's step -> (StatusCode, ExceptionCode, text).
STATES = {
    "registered": ("34", "", "EDİ BİLGİ TRANSFER"), "accepted": ("1", "", "GİRİŞ SCAN EDİLDİ"), "left": ("6", "", "ŞUBEYE GÖNDERİLDİ"),
    "arrived": ("7", "", "ŞUBEDEN GELDİ"), "out": ("4", "", "KURYE DAĞITMAK ÜZERE ÇIKARDI"), "delivered": ("2", "", "ALICIYA TESLİM EDİLDİ"),
    "failed": ("3", "48", "1 UĞRAMA YETKİLİ YOK"), "returning": ("17", "", "GÖNDERENE İADE AMAÇLI ÇIKIŞ"),
    "returned": ("17", "GI", "GÖNDERİ İADE"), "lost": ("3", "34", "YANLIŞ HEDEFLENMİŞ"), "cancelled": ("3", "AM", "SİPARİŞİ İPTAL ETMİŞ"),
}  # fmt: skip
PARTY = (
    "AccountNumber", "Name", "ContactName", "Address", "CityCode", "AreaCode", "PostalCode", "PhoneNumber", "PhoneExtension", "MobilePhoneNumber",
    "EMail", "ExpenseCode",
)  # fmt: skip
_INFO = dict.fromkeys((
    *(who + name for who in ("Shipper", "Consignee") for name in PARTY), "ServiceLevel", "PaymentType", "PackageType", "NumberOfPackages",
    "CustomerReferance", "CustomerInvoiceNumber", "DeliveryNotificationEmail", "DescriptionOfGoods", "IdControlFlag", "PhonePrealertFlag",
    "SmsToShipper", "SmsToConsignee", "InsuranceValue", "InsuranceValueCurrency", "ValueOfGoods", "ValueOfGoodsCurrency",
    "ValueOfGoodsPaymentType", "ThirdPartyAccountNumber", "ThirdPartyExpenseCode",
), "text")  # fmt: skip
_ERROR = {"ErrorCode": "text", "ErrorDefinition": "text"}
TYPES = {
    "Session": {"SessionID": "text", **_ERROR},
    "Info": {**_INFO, "PackageDimensions": "Dimensions"},
    "Dimensions": {"DimensionInfo": "Dimension*"},
    "Dimension": dict.fromkeys(("DescriptionOfGoods", "Length", "Height", "Width", "Weight"), "text"),
    "Strings": {"string": "text*"},
    "Made": {"ShipmentNo": "text", "LinkForLabelPrinting": "text", "BarkodArrayPng": "Strings", "BarkodArrayZpl": "Strings", **_ERROR},
    "Outcome": _ERROR,
    "Transactions": {"PackageTransaction": "Transaction*"},
    "Transaction": {
        "TrackingNumber": "text", "CustomerReferance": "text", "StatusCode": "text", "ExceptionCode": "text", "ProcessTimeStamp": "text",
        "ProcessDescription1": "text", "ProcessDescription2": "text", "OperationBranchName": "text", "RecordId": "text", **_ERROR,
    },
    "References": {"referansType": "text", "referansList": "Strings"},
}  # fmt: skip
_LOGIN = dict.fromkeys(("CustomerNumber", "UserName", "Password"), "text")
_SHIP = {"SessionID": "text", "ShipmentInfo": "Info", "ReturnLabelLink": "text", "ReturnLabelImage": "text"}
_ASK = {"SessionID": "text", "InformationLevel": "text"}
SHIPMENTS = ("CreateShipment_Type2", "CreateShipment_Type3", "CreateShipment_Type3_ZPL")


def _operations(table: dict[str, tuple[dict[str, str], str]]) -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    return {name: (takes, {f"{name}Result": gives}) for name, (takes, gives) in table.items()}


_CREATES = _operations({
    "Login_Type1": (_LOGIN, "Session"), **dict.fromkeys(SHIPMENTS, (_SHIP, "Made")),
    "Cancel_Shipment_V1": (dict.fromkeys(("sessionId", "customerCode", "waybillNumber"), "text"), "Outcome"),
})  # fmt: skip
_QUERIES = _operations({
    "Login_V1": (_LOGIN, "Session"),
    "GetTransactionsByTrackingNumber_V1": ({**_ASK, "TrackingNumber": "text"}, "Transactions"),
    "GetLastTransactionByTrackingNumber_V1": ({**_ASK, "TrackingNumber": "text"}, "Transaction"),
    "GetTransactionsByList_V2": ({**_ASK, "refList": "References", "trnType": "text"}, "Transactions"),
})  # fmt: skip


def service(path: str, plain: bool) -> Service:
    """`plain`: the query service's namespace begins with http."""
    if path == CREATE:
        space = "https://ws.ups.com.tr/wsCreateShipment"
        return Service("wsCreateShipment", space, TYPES, _CREATES, f"{space}/")
    space = f"http{'' if plain else 's'}://ws.ups.com.tr/wsPaketIslemSorgulamaEng/"
    return Service("wsQueryPackagesInfo", space, TYPES, _QUERIES, space)


class _Refused(Exception):
    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def act(depot: UpsDepot, name: str, given: Node) -> Node:
    """One call. Everything that is refused is a good answer with an ErrorCode."""
    many = "Transactions" if name.startswith("GetTransactions") else ""
    try:
        if depot.on("unexpected"):
            raise _Refused(UNEXPECTED, "BEKLENMEYEN HATA")
        made = _act(depot, name, given)
    except _Refused as refused:
        depot.counts["refused"] += 1
        made = {"ErrorCode": str(refused.code), "ErrorDefinition": str(refused)}
        if many:
            made = {"PackageTransaction": [made]}
    return {f"{name}Result": made}


def _act(depot: UpsDepot, name: str, given: Node) -> Node:
    if name in ("Login_Type1", "Login_V1"):
        return _login(depot, given, "create" if name == "Login_Type1" else "query")
    if name in SHIPMENTS:
        _session(depot, given.get("SessionID", ""), "create")
        return _create(depot, name, given)
    if name == "Cancel_Shipment_V1":
        _session(depot, given.get("sessionId", ""), "create")
        return _cancel(depot, given)
    _session(depot, given.get("SessionID", ""), "query")
    if name == "GetTransactionsByList_V2":
        asked = given.get("refList") or {}
        if asked.get("referansType") != "WAYBILL_TYPE" or given.get("trnType") not in (
            "ALL_TRANSACTIONS",
            "LAST_TRANSACTIONS",
        ):
            raise _Refused(FIELD, "REFERANS TİPİ VEYA İŞLEM TİPİ HATALI")
        last = given["trnType"] == "LAST_TRANSACTIONS"
        numbers = (asked.get("referansList") or {}).get("string", [])
        rows = [row for one in numbers for row in _rows(depot, one)[-1 if last else 0 :]]
        return {"PackageTransaction": rows}
    rows = _rows(depot, given.get("TrackingNumber", ""))
    if not rows:
        raise _Refused(UNKNOWN, "KAYIT BULUNAMADI")
    return rows[-1] if name.startswith("GetLast") else {"PackageTransaction": rows}


def _login(depot: UpsDepot, given: Node, door: str) -> Node:
    told = "\0".join(given.get(one, "") for one in ("CustomerNumber", "UserName", "Password"))
    if not hmac.compare_digest(told.encode(), f"{CUSTOMER}\0{USER}\0{PASSWORD}".encode()):
        raise _Refused(LOGIN, "KULLANICI ADI VEYA ŞİFRE HATALI")
    if depot.on("account_closed"):
        raise _Refused(CLOSED, "MÜŞTERİ HESABI KAPALI")
    session = depot.guid(7)
    depot.sessions[f"{door}:{session}"] = depot.now()
    depot.counts["sessions"] += 1
    return {"SessionID": session, "ErrorCode": "0", "ErrorDefinition": ""}


def _session(depot: UpsDepot, session: str, door: str) -> None:
    """A session dies after five idle minutes. Raises 12 for what is none, 20 for one that is gone."""
    key = f"{door}:{session}"
    if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", session, re.ASCII):
        raise _Refused(TOKEN_BAD, "TOKEN DECODE ERROR")
    if depot.now() - depot.sessions.get(key, -IDLE) >= IDLE:
        raise _Refused(SESSION_GONE, "SESSION BULUNAMADI")
    depot.sessions[key] = depot.now()


def _check(name: str, info: Node) -> int:
    """How many packages. Raises _Refused."""
    if info.get("ShipperAccountNumber") != CUSTOMER:
        raise _Refused(FIELD, "GÖNDERİCİ HESAP NUMARASI HATALI")
    for who in ("Shipper", "Consignee"):
        city, area = info.get(f"{who}CityCode", ""), info.get(f"{who}AreaCode", "")
        if not all(info.get(who + one) for one in ("Name", "Address")):
            raise _Refused(FIELD, f"{who} AD VEYA ADRES BOŞ OLAMAZ")
        if not city.isdecimal() or int(city) not in CITIES or not area.isdecimal() or int(area) <= 0:
            raise _Refused(FIELD, f"{who} İL VEYA BÖLGE KODU HATALI")
    if not (info.get("ConsigneePhoneNumber") or info.get("ConsigneeMobilePhoneNumber")):
        raise _Refused(FIELD, "ALICI TELEFONU BOŞ OLAMAZ")
    if (
        not info.get("ServiceLevel", "").isdecimal()
        or info.get("PaymentType") not in ("1", "2", "4")
        or info.get("PackageType") not in ("K", "D")
    ):
        raise _Refused(FIELD, "SERVİS, ÖDEME VEYA PAKET TİPİ HATALI")
    count = info.get("NumberOfPackages", "")
    if not count.isdecimal() or not 1 <= int(count) <= 99:
        raise _Refused(FIELD, "PAKET SAYISI HATALI")
    rows = (info.get("PackageDimensions") or {}).get("DimensionInfo", [])
    if name == "CreateShipment_Type2":
        if rows or not info.get("DescriptionOfGoods"):
            raise _Refused(FIELD, "DescriptionOfGoods BOŞ OLAMAZ")
    elif len(rows) != int(count) or any(
        not re.fullmatch(r"\d{1,4}(\.\d{1,2})?", one.get("Weight", ""), re.ASCII) for one in rows
    ):
        raise _Refused(FIELD, "PAKET ÖLÇÜLERİ PAKET SAYISI İLE UYUMLU DEĞİL")
    return int(count)


def _create(depot: UpsDepot, name: str, given: Node) -> Node:
    info = given.get("ShipmentInfo") or {}
    count = _check(name, info)
    pieces = [wire.tracking_number(CUSTOMER, "68", depot.next_number() + 1000 * depot.seed) for _ in range(count)]
    rows = (info.get("PackageDimensions") or {}).get("DimensionInfo", [])
    kg = sum(int(Decimal(one["Weight"]) * 100) for one in rows)
    told = {
        "receiver": info["ConsigneeName"], "address": info["ConsigneeAddress"], "city": CITIES[int(info["ConsigneeCityCode"])],
        "district": info["ConsigneeAreaCode"], "phone": info.get("ConsigneeMobilePhoneNumber") or info.get("ConsigneePhoneNumber", ""),
        "payer": info["PaymentType"], "cod": info.get("ValueOfGoods", "") if info.get("ValueOfGoods", "0").strip("0.") else "",
        "kg": f"{kg // 100}.{kg % 100:02d}", "desi": "",
    }  # fmt: skip
    now = depot.now()
    parcel = Parcel(info.get("CustomerReferance") or pieces[0], now, pieces[0], pieces, info, told, born=now)
    parcel.more |= {"domestic": True, "references": [], "voided": []}
    if depot.may_apply():
        depot.enter(parcel)
    made: Node = {"ShipmentNo": parcel.number, "ErrorCode": "0", "ErrorDefinition": ""}
    if depot.on("no_label"):
        return made
    depot.counts["labels"] += 1
    if given.get("ReturnLabelLink") == "true":
        made["LinkForLabelPrinting"] = f"https://ws.ups.example/etiket?no={parcel.number}"
    if name.endswith("ZPL"):
        lines = (told["receiver"], told["address"], told["city"])
        made["BarkodArrayZpl"] = {"string": [zpl(one, lines) for one in pieces]}
    elif given.get("ReturnLabelImage") == "true":
        made["BarkodArrayPng"] = {"string": [encoded(png(one)) for one in pieces]}
    return made


def _cancel(depot: UpsDepot, given: Node) -> Node:
    number: Any = given.get("waybillNumber", "")
    parcel = next((one for one in depot.parcels.values() if one.number == number and one.more.get("domestic")), None)
    if parcel is None or given.get("customerCode") != CUSTOMER:
        raise _Refused(UNKNOWN, "GÖNDERİ BULUNAMADI")
    if parcel.cancelled:
        raise _Refused(DONE, "GÖNDERİ DAHA ÖNCE İPTAL EDİLMİŞ")
    if depot.scanned(parcel):
        raise _Refused(LATE, "İŞLEM GÖRMÜŞ GÖNDERİ İPTAL EDİLEMEZ")
    depot.call_off(parcel)
    return {"ErrorCode": "0", "ErrorDefinition": ""}


def _rows(depot: UpsDepot, number: str) -> list[Node]:
    """The oldest first; empty for an unknown number and [U] for a cancelled parcel."""
    parcel = next((one for one in depot.parcels.values() if number in one.pieces and one.more.get("domestic")), None)
    if parcel is None or parcel.cancelled:
        return []
    found = []
    for i, (step, at) in enumerate(depot.steps(parcel), 1):
        code, why, text = STATES[step]
        found.append({
            "TrackingNumber": number, "CustomerReferance": parcel.more["reference"], "StatusCode": "bozuk" if parcel.damaged else code,
            "ExceptionCode": why, "ProcessTimeStamp": local(at, "%Y%m%d-%H%M%S"), "ProcessDescription1": text, "ProcessDescription2": "",
            "OperationBranchName": parcel.told["city"] if step in ("arrived", "out", "delivered", "failed") else "İSTANBUL",
            "RecordId": str(i), "ErrorCode": "0", "ErrorDefinition": "",
        })  # fmt: skip
    return found
