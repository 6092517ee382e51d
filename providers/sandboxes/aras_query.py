"""The fake Aras query service: what a QueryInfo asks for, as rows. Source: reference/cargo.md, "## Aras Kargo", Track.

A parcel is in it once the branch has cut the waybill, never before. [U] marks what the reference leaves open.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from lxml import etree

from providers.sandboxes.aras_tables import BRANCHES, CARRY_OVER, STATES, STEPS
from providers.sandboxes.courier import Depot, Parcel
from providers.sandboxes.exact import DAY, local
from providers.sandboxes.soap import FaultError, parsed

Row = dict[str, str]
#: Types whose columns are written with underscores; the others have spaces ([U] for all but 39).
UNDERSCORED = {"39", "9", "15", "10", "31", "100", "101", "102"}
LAST_90_DAYS = {"21", "24", "25", "100"}


def fields(text: str, root: str) -> Row:
    """The XML text inside an argument: `<LoginInfo>` or `<QueryInfo>` with leaves."""
    node = parsed(text.encode())
    if node.tag != root:
        raise FaultError(f"{root} bekleniyordu.")
    return {str(one.tag): (one.text or "").strip() for one in node}


def ask(depot: Depot, given: Row) -> list[Row]:
    kind = given.get("QueryType", "")
    if not re.fullmatch(r"\d{1,3}", kind, re.ASCII):
        raise FaultError("QueryType hatalı.")
    if kind == "10":
        return [
            {"SUBE_ADI": name, "IL_ADI": city, "ILCE_ADI": town} for name, city, town in BRANCHES
        ]  # [U] the columns
    if kind == "31":
        today = local(depot.now(), "%d.%m.%Y")
        done = [one for one in depot.parcels.values() if _day(depot.reached(one, "delivered")) == today]
        return [{"TESLIM_ADEDI": str(len(done))}]  # [U] the column
    if kind in ("9", "15"):
        return [row for one in _listed(depot, given) for row in _movements(depot, one)]
    chosen = _chosen(depot, kind, given)
    since = depot.now() - 90 * DAY if kind in LAST_90_DAYS else 0
    rows = [_row(depot, one) for one in chosen if (cut := depot.reached(one, "accepted")) and cut >= since]
    return rows if kind in UNDERSCORED else [{k.replace("_", " "): v for k, v in row.items()} for row in rows]


def _listed(depot: Depot, given: Row) -> list[Parcel]:
    codes = [one.strip() for one in given.get("IntegrationCode", "").split(",")]
    return [depot.parcels[one] for one in codes if one in depot.parcels]


def _chosen(depot: Depot, kind: str, given: Row) -> Iterable[Parcel]:
    everything = depot.parcels.values()
    if kind in ("1", "11", "37", "39", "100", "101", "102"):
        found = _listed(depot, given)
        return found[:1] if kind == "1" else found
    if kind == "14":
        return list(depot.found(number=given.get("TrackingNumber", "")))
    if kind == "24":
        return list(depot.found(piece=given.get("Barcode", "")))
    if kind == "5":
        return [one for one in everything if depot.step(one) not in ("delivered", "returned")]
    if kind == "8":
        return [one for one in everything if depot.step(one) in ("returning", "returned")]
    # [U] what of "one Date" is whose: 2 cut that day, 3 delivered that day, 4 cut that day and not delivered.
    step = "delivered" if kind == "3" else "accepted"
    if kind in ("2", "3", "4"):
        day = _date(given, "Date")
        found = [one for one in everything if _day(depot.reached(one, step)) == f"{day:%d.%m.%Y}"]
        return [one for one in found if kind != "4" or not depot.reached(one, "delivered")]
    if kind in ("12", "13", "16", "18", "19"):
        first, last = _date(given, "StartDate"), _date(given, "EndDate")
        cut = ((one, depot.reached(one, "accepted")) for one in everything)
        return [one for one, at in cut if at and first <= _date({"at": _day(at)}, "at") <= last]
    return []


def _date(given: Row, name: str) -> datetime:
    raw = given.get(name, "")
    try:
        if re.fullmatch(r"\d\d\.\d\d\.\d{4}", raw, re.ASCII):
            return datetime.strptime(raw, "%d.%m.%Y")  # noqa: DTZ007 - days are compared with days
    except ValueError:
        pass
    raise FaultError(f"{name} dd.MM.yyyy biçiminde olmalıdır.")


def _day(at: int) -> str:
    return local(at, "%d.%m.%Y") if at else ""


def _time(at: int) -> str:
    return local(at, "%H:%M:%S") if at else ""  # [U] with seconds


def _row(depot: Depot, one: Parcel) -> Row:
    """The columns of type 39."""
    order, (step, at) = one.sent, depot.steps(one)[-1]
    state, kind, carried = STEPS[step]
    cut, done = depot.reached(one, "accepted"), depot.reached(one, "delivered") or depot.reached(one, "returned")
    turkish, english = STATES[state]
    cod = order.get("IsCod") == "1"
    return {
        "MUSTERI_OZEL_KODU": one.reference, "IRSALIYE_NUMARA": order["TradingWaybillNumber"], "KARGO_LINK_NO": one.number[:10],
        "KARGO_TAKIP_NO": one.number, "KARGO_KODU": one.number[-9:], "CIKIS_SUBE": "ŞİŞLİ", "VARIS_SUBE": order["ReceiverTownName"],
        "CIKIS_TARIH": _day(cut), "CIKIS_SAATI": _time(cut), "ADET": str(len(one.pieces) or 1),
        "KG_DESI": order.get("VolumetricWeight") or order.get("Weight") or "1", "ODEME_TIPI": "ÜG" if order["PayorTypeCode"] == "1" else "ÜA",
        "TUTAR": "95.00",  # [U] a dot; without VAT
        "TESLIM_ALAN": one.told["receiver"] if step == "delivered" else "", "TESLIM_TARIHI": _day(done), "TESLIM_SAATI": _time(done),
        "TIP_KODU": kind, "DURUM_KODU": "bozuk" if one.damaged else state, "DURUMU": turkish, "DURUM_EN": english,
        "WORLDWIDE": order["IsWorldWide"], "TAHSILAT_TUTARI": order.get("CodAmount", "") if cod else "",
        "TAHSILAT_TIPI": {"0": "1", "1": "6"}[order["CodCollectionType"]] if cod else "",
        "IADE_NEDENI": "ALICI KABUL ETMEDİ" if kind == "3" else "", "DEVIR_KODU": carried, "DEVIR_NEDENI": CARRY_OVER[carried],
        "ISLEM_TARIHI": local(at, "%d.%m.%Y %H:%M:%S"),
    }  # fmt: skip


def _movements(depot: Depot, one: Parcel) -> list[Row]:
    """[U] the columns of a movement."""
    return [
        {
            "MUSTERI_OZEL_KODU": one.reference, "KARGO_TAKIP_NO": one.number, "DURUM_KODU": STEPS[step][0],
            "ISLEM": STATES[STEPS[step][0]][0], "BIRIM": "ŞİŞLİ" if step in ("accepted", "left") else one.told["district"],
            "ISLEM_TARIHI": local(at, "%d.%m.%Y %H:%M:%S"),
        }
        for step, at in depot.steps(one) if step in STEPS
    ]  # fmt: skip


def as_json(rows: list[Row], single: bool) -> str:
    """[U] the frame. `single`: one row is an object and none is null, as converters of XML write it."""
    told: Any = rows if not single or len(rows) > 1 else (rows[0] if rows else None)
    return json.dumps({"QueryResult": {"Collection": told}}, ensure_ascii=False)


def as_xml(rows: list[Row]) -> etree._Element:
    root = etree.Element("QueryResult")
    for row in rows:
        node = etree.SubElement(root, "Collection")
        for name, value in row.items():
            etree.SubElement(node, name.replace(" ", "_x0020_")).text = value
    return root


WRITERS: dict[str, Callable[[list[Row], bool], Any]] = {
    "GetQueryJSON": as_json,
    "GetQueryXML": lambda rows, _: as_xml(rows),
}
