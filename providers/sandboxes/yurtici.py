"""A stateful fake of Yurtiçi Kargo's ShippingOrderDispatcherServices: SOAP 1.1, a user per payment type, moving parcels.

Written from `shared/reference/cargo.md`, "## Yurtiçi Kargo" – never from a client; no WSDL of the carrier is public. A key
that was used must never be free again, and nothing may be cancelled once the branch has cut the document.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from providers.sandboxes import yurtici_rules as rules
from providers.sandboxes.kit import Sandbox
from providers.sandboxes.yurtici_rules import Account, Fields
from providers.sandboxes.yurtici_soap import FaultError, Node, envelope, fault_page, read_call
from providers.sandboxes.yurtici_wsdl import OPERATIONS, document

PATH = "/KOPSWebServices/ShippingOrderDispatcherServices"
TRACK = "https://www.yurticikargo.com/tr/online-servisler/gonderi-sorgula?code="
TURKEY = timezone(timedelta(hours=3))  # no daylight saving since 2016
HOUR = 3600.0
#: operationStatus → operationCode and text.
STATES = {
    "NOP": (0, "Kargo İşlem Görmemiş."), "IND": (1, "Kargo Teslimattadır."), "ISR": (2, "Kargo işlem görmüş, faturası henüz düzenlenmemiştir."),
    "CNL": (3, "Kargo Çıkışı Engellendi."), "ISC": (4, "Kargo daha önceden iptal edilmiştir."), "DLV": (5, "Kargo Teslim Edilmiştir."),
    "BI": (6, "Fatura şube tarafından iptal edilmiştir."),
}  # fmt: skip
QUERY_PAUSE = 60.0
DETAILS = {
    "createShipment": "shippingOrderDetailVO", "queryShipment": "shippingDeliveryDetailVO", "cancelShipment": "shippingCancelDetailVO",
}  # fmt: skip


@dataclass
class Parcel:
    key: str
    invoice: str
    account: Account
    order: Fields
    job: int
    created: float  # sandbox clock, seconds since the epoch
    doc_id: str
    cancelled: float | None = None
    fate: str = ""  # "", "return", "block" or "invoice_cancel", set by a switch
    damaged: bool = False


class YurticiSandbox(Sandbox):
    """The carrier's outgoing-cargo service. It has no orders and no listings.

    A parcel moves on the sandbox clock: NOP, document cut after `accept_after` (ISR), under way after `leave_after`
    (IND), delivered after `deliver_after` (DLV), in seconds since its creation.
    Switches: `ip_refused` (this address may not call) · `never_accept` (the branch scans nothing) · `no_err_code`
    (records without an error carry no errCode instead of 0) · `ignore_writes` (create and cancel answer well and do
    nothing) · `unexpected` (each call answers 936) · `return:<key>`, `block:<key>`, `invoice_cancel:<key>` (fate of a
    parcel: back to the sender, departure blocked, document cancelled by the branch).
    """

    name: ClassVar[str] = "yurtici"

    def reset(self, *, orders: int, listings: int, seed: int) -> None:
        self.rng = random.Random(seed)
        self.accept_after, self.leave_after, self.deliver_after = 4 * HOUR, 6 * HOUR, 30 * HOUR
        self.parcels: dict[str, Parcel] = {}
        self.return_codes: dict[tuple[str, str, str], Fields] = {}
        self.asked: dict[tuple[str, str, str], float] = {}
        self.features: set[str] = set()
        self.tally: Counter[str] = Counter()
        self.job = 900_000 + seed
        kinds = {"sender": "YKTEST", "receiver": "YKTESTALICI", "cod_cash": "YKTESTNAKIT", "cod_card": "YKTESTKART"}
        accounts = [
            Account(user, "YK" if kind == "sender" else f"YK{seed}{kind}", kind) for kind, user in kinds.items()
        ]
        self.accounts = {one.user: one for one in accounts}
        self.credentials = {"username": "YKTEST", "password": "YK", "language": "TR"}
        for one in accounts[1:]:
            self.credentials |= {f"{one.payment}_username": one.user, f"{one.payment}_password": one.password}

    # -- the control room's hands -------------------------------------------------------------------------------
    def add_orders(self, count: int) -> list[str]:
        return []

    def touch_orders(self, count: int, seed: int) -> list[str]:
        return []

    def cancel_order(self, remote_id: str) -> None:
        """The branch calls a parcel off by its cargoKey; an unknown key is nothing to do."""
        if remote_id in self.parcels:
            self.parcels[remote_id].fate = "block"

    def damage_order(self, remote_id: str) -> None:
        if remote_id in self.parcels:
            self.parcels[remote_id].damaged = True

    def truth_shipments(self) -> list[dict[str, Any]]:
        rows = []
        for one in self.parcels.values():
            order, state = one.order, self.state(one)
            rows.append({
                "reference": one.key, "invoice_key": one.invoice, "tracking_number": one.doc_id if self._cut(one) else "",
                "status": state, "payment": one.account.payment, "receiver": order["receiverCustName"], "address": order["receiverAddress"],
                "phone": order["receiverPhone1"], "city": order.get("cityName", ""), "town": order.get("townName", ""),
                "desi": order.get("desi", ""), "kg": order.get("kg", ""), "count": int(order.get("cargoCount") or 1),
                "cod_amount": order.get("ttInvoiceAmount", "") if one.account.payment.startswith("cod") else "",
            })  # fmt: skip
        return rows

    def counters(self) -> dict[str, int]:
        return {"shipments": len(self.parcels), **self.tally}

    def switch(self, feature: str, on: bool) -> None:
        plain = ("ip_refused", "never_accept", "no_err_code", "ignore_writes", "unexpected")
        fate, _, key = feature.partition(":")
        if feature in plain:
            (self.features.add if on else self.features.discard)(feature)
        elif fate in ("return", "block", "invoice_cancel") and key in self.parcels:
            self.parcels[key].fate = fate if on else ""
        else:
            raise KeyError(feature)

    # -- the parcel's life ---------------------------------------------------------------------------------------
    def _age(self, parcel: Parcel) -> float:
        return self.clock.timestamp() - parcel.created

    def _cut(self, parcel: Parcel) -> bool:
        """Whether the branch has cut the document, and so the docId exists."""
        never = "never_accept" in self.features or parcel.cancelled is not None or parcel.fate == "block"
        return not never and self._age(parcel) >= self.accept_after

    def state(self, parcel: Parcel) -> str:
        """The operationStatus now."""
        if parcel.cancelled is not None or parcel.fate == "block":
            return "CNL"
        if not self._cut(parcel):
            return "NOP"
        if parcel.fate == "invoice_cancel":
            return "BI"
        if self._age(parcel) < self.leave_after:
            return "ISR"
        return "IND" if self._age(parcel) < self.deliver_after else "DLV"

    def _local(self, timestamp: float) -> datetime:
        return datetime.fromtimestamp(timestamp, UTC).astimezone(TURKEY)

    # -- SOAP -----------------------------------------------------------------------------------------------------
    def routes(self) -> list[BaseRoute]:
        return [Route(PATH, self._wsdl, methods=["GET"]), Route(PATH, self._call, methods=["POST"])]

    async def _wsdl(self, request: Request) -> Response:
        if "wsdl" not in request.query_params:
            return Response("<html><body>No service here; ask with ?wsdl</body></html>", 405, media_type="text/html")
        address = f"{request.url.scheme}://{request.url.netloc}{PATH}"
        return Response(document(address), media_type="text/xml; charset=utf-8")

    async def _call(self, request: Request) -> Response:
        if not request.headers.get("content-type", "").startswith("text/xml"):
            return Response("Unsupported Media Type", 415, media_type="text/plain")
        try:
            operation, given, repeated = read_call(await request.body())
            answer = self._dispatch(operation, given, repeated)
        except FaultError as fault:
            return Response(fault_page(fault), 500, media_type="text/xml; charset=utf-8")
        return Response(envelope(operation, OPERATIONS[operation][1], answer), media_type="text/xml; charset=utf-8")

    def _dispatch(self, operation: str, given: Fields, repeated: dict[str, list[Any]]) -> Node:
        if "ip_refused" in self.features:
            return {"outFlag": "1", "outResult": "IP adresiniz (203.0.113.7) servis kullanımı için yetkili değildir."}
        language = given.get("userLanguage" if operation in ("createShipment", "cancelShipment") else "wsLanguage", "")
        if not language:
            return {"outFlag": "1", "outResult": "Dil bilgisi boş olamaz. (language may not be empty)"}
        if language not in ("TR", "EN"):
            return {"outFlag": "1", "outResult": "Dil bilgisi TR veya EN olmalıdır."}
        account = self.accounts.get(given.get("wsUserName", ""))
        if account is None or given.get("wsPassword") != account.password:
            wrong = "User name or password is wrong." if language == "EN" else "Kullanıcı adı veya şifre hatalı."
            return {"outFlag": "1", "outResult": wrong}
        if "unexpected" in self.features:
            row = self._row(rules.UNEXPECTED, language)
            answer: Node = {"outFlag": "2", "outResult": row["errMessage"]}
            return answer | ({DETAILS[operation]: [row]} if operation in DETAILS else {"errCode": row["errCode"]})
        acts: dict[str, Callable[[Fields, dict[str, list[Any]], Account, str], Node]] = {
            "createShipment": self._create, "queryShipment": self._query, "cancelShipment": self._cancel,
            "saveReturnShipmentCode": self._save_return, "cancelReturnShipmentCode": self._cancel_return,
        }  # fmt: skip
        return acts[operation](given, repeated, account, language)

    def _row(self, code: int | None, language: str) -> Node:
        """The error part of a record."""
        if code is None:
            return {} if "no_err_code" in self.features else {"errCode": 0}
        return {"errCode": code, "errMessage": rules.text(code, language)}

    def _outcome(self, rows: list[Node], good: int, language: str) -> Node:
        done = "Successful" if language == "EN" else "Başarılı"
        failed = "Failed" if language == "EN" else "Başarısız"
        return {"outFlag": "0" if good else "1", "outResult": done if good else failed, "count": len(rows)}

    def _create(self, given: Fields, repeated: dict[str, list[Any]], account: Account, language: str) -> Node:
        orders: list[Fields] = repeated.get("ShippingOrderVO", [])
        self.job += 1
        rows, good = [], 0
        for order in orders:
            key = order.get("cargoKey", "")
            code = rules.check_order(order, account)
            if code is None and key in self.parcels:
                code = rules.CARGO_KEY_TAKEN
            if code is None:
                good += 1
                if "ignore_writes" not in self.features:
                    doc_id = f"{self.rng.randint(100_000_000_000, 999_999_999_999)}"
                    self.parcels[key] = Parcel(
                        key, order["invoiceKey"], account, order, self.job, self.clock.timestamp(), doc_id
                    )
            rows.append({"cargoKey": key, "invoiceKey": order.get("invoiceKey", ""), **self._row(code, language)})
        return {**self._outcome(rows, good, language), "jobId": self.job, "shippingOrderDetailVO": rows}

    def _query(self, given: Fields, repeated: dict[str, list[Any]], account: Account, language: str) -> Node:
        keys: list[str] = [one for one in repeated.get("keys", []) if one]
        kind = given.get("keyType", "")
        if not keys or kind not in ("0", "1"):
            code = rules.KEY_TYPE_BAD if keys else rules.KEYS_MISSING
            row = self._row(code, language)
            return {"outFlag": "1", "outResult": row["errMessage"], "count": 0, "shippingDeliveryDetailVO": [row]}
        self.tally["queries"] += 1
        rows: list[Node] = []
        for key in keys:
            name = {"cargoKey" if kind == "0" else "invoiceKey": key}
            if self._too_soon(account, kind, key):
                text = "Aynı anahtar bir dakika içinde yeniden sorgulanamaz."
                rows.append({**name, "errCode": rules.KEYS_MISSING, "errMessage": text})
                self.tally["too_soon"] += 1
                continue
            found = [
                one
                for one in self.parcels.values()
                if (one.key if kind == "0" else one.invoice) == key and one.account == account
            ]
            if not found:
                rows.append({**name, **self._row(rules.NOT_YOURS, language)})
            rows.extend(self._delivery(one, given, language) for one in found)
        done = "Successful" if language == "EN" else "Başarılı"
        return {
            "outFlag": "0",
            "outResult": done,
            "count": len(rows),
            "senderCustId": 110033,
            "shippingDeliveryDetailVO": rows,
        }

    def _too_soon(self, account: Account, kind: str, key: str) -> bool:
        now, mark = self.clock.timestamp(), (account.user, kind, key)
        last = self.asked.get(mark)
        if self.limits_on and last is not None and now - last < QUERY_PAUSE:
            return True
        self.asked[mark] = now
        return False

    def _delivery(self, parcel: Parcel, given: Fields, language: str) -> Node:
        state = self.state(parcel)
        code, message = STATES[state]
        row: Node = {
            "cargoKey": parcel.key, "invoiceKey": parcel.invoice, "jobId": parcel.job, **self._row(None, language),
            "operationCode": "bozuk" if parcel.damaged else code, "operationMessage": message, "operationStatus": state,
        }  # fmt: skip
        if self._cut(parcel):
            short = given.get("onlyTracking", "").lower() in ("true", "1")
            row["shippingDeliveryItemDetailVO"] = self._item(parcel, state, given, short=short)
        return row

    def _item(self, parcel: Parcel, state: str, given: Fields, *, short: bool) -> Node:
        item: Node = {"docId": parcel.doc_id, "trackingUrl": TRACK + parcel.doc_id}
        if short:
            return item
        order = parcel.order
        cut = self._local(parcel.created + self.accept_after)
        desi, count = order.get("desi") or "1", order.get("cargoCount") or "1"
        city = order.get("cityName") or "İstanbul"
        events = self._events(parcel, state, city, order.get("townName") or city)
        item |= {
            "documentDate": f"{cut:%Y%m%d}", "documentTime": f"{cut:%H%M%S}", "totalDesi": desi, "totalKg": order.get("kg") or "1",
            "totalDesiKg": desi, "totalCargo": count, "totalPrice": "95.00", "totalVat": "19.00", "totalAmount": "114.00",
            "departureUnitName": "ÇAĞLAYAN", "arrivalUnitName": f"{city} MERKEZ", "arrivalTrCenterName": f"{city} AKTARMA",
            "cargoEventId": events[-1]["eventId"], "cargoEventExplanation": events[-1]["eventName"],
            "estimatedDeliveryDate": f"{self._local(parcel.created + self.deliver_after):%Y%m%d}",
            "rejectStatus": "", "returnStatus": "0",
        }  # fmt: skip
        if state == "DLV":
            end = self._local(parcel.created + self.deliver_after)
            item |= {
                "deliveryDate": f"{end:%Y%m%d}", "deliveryTime": f"{end:%H%M%S}", "deliveryUnitName": f"{city} MERKEZ",
                "receiverInfo": order["receiverCustName"], "returnStatus": "1",
            }  # fmt: skip
            if parcel.fate == "return":
                back = {"returnStatus": "3", "returnDocId": parcel.doc_id[::-1], "returnDeliveryDate": f"{end:%Y%m%d}"}
                item |= {**back, "receiverInfo": "GÖNDERİCİ", "cargoReasonExplanation": "Alıcı kabul etmedi"}
        if given.get("addHistoricalData", "").lower() in ("true", "1"):
            item["invDocCargoVOArray"] = events
        return item

    def _events(self, parcel: Parcel, state: str, city: str, town: str) -> list[Node]:
        steps = [
            (self.accept_after, "CI", "Kargo Teslim Alındı", "İstanbul", "Şişli", "ÇAĞLAYAN"),
            (self.leave_after, "YC", "Yükleme Yapıldı", "İstanbul", "Şişli", "ÇAĞLAYAN"),
            ((self.leave_after + self.deliver_after) / 2, "VA", "Varış Birimine Ulaştı", city, town, f"{city} MERKEZ"),
            (self.deliver_after, "TE", "Teslim Edildi", city, town, f"{city} MERKEZ"),
        ]
        rows = []
        for number, (after, event, name, where, district, unit) in enumerate(steps):
            if self._age(parcel) >= after and not (state == "BI" and number):
                when = self._local(parcel.created + after)
                rows.append({
                    "unitId": str(1000 + number), "unitName": unit, "eventId": event, "eventName": name, "reasonId": "", "reasonName": "",
                    "eventDate": f"{when:%Y%m%d}", "eventTime": f"{when:%H%M%S}", "cityName": where, "townName": district,
                })  # fmt: skip
        return rows

    def _cancel(self, given: Fields, repeated: dict[str, list[Any]], account: Account, language: str) -> Node:
        rows, good = [], 0
        for key in repeated.get("cargoKeys", []):
            parcel = self.parcels.get(key)
            if parcel is None or parcel.account != account:
                rows.append({"cargoKey": key, **self._row(rules.NOT_YOURS, language)})
                continue
            row: Node = {"cargoKey": key, "invoiceKey": parcel.invoice, "jobId": parcel.job}
            if parcel.cancelled is not None:
                state, error = "ISC", self._row(rules.ALREADY_CANCELLED, language)
            elif self._cut(parcel):
                state = self.state(parcel)
                row["docId"] = parcel.doc_id
                error = {"errMessage": "Belgesi düzenlenmiş kargo iptal edilemez."}
            else:
                state, error, good = "CNL", self._row(None, language), good + 1
                if "ignore_writes" not in self.features:
                    parcel.cancelled = self.clock.timestamp()
                    self.tally["cancels"] += 1
            code, message = STATES[state]
            rows.append({**row, "operationCode": code, "operationMessage": message, "operationStatus": state, **error})
        return {**self._outcome(rows, good, language), "shippingCancelDetailVO": rows}

    # -- return codes ---------------------------------------------------------------------------------------------
    def _save_return(self, given: Fields, repeated: dict[str, list[Any]], account: Account, language: str) -> Node:
        start, end = _day(given.get("startDate", "")), _day(given.get("endDate", ""))
        mark = (account.user, given.get("fieldName", ""), given.get("returnCode", ""))
        checks = (
            (mark[1] not in ("16", "53", "3"), 82651), (not mark[2], 82652), (start is None, 82653), (end is None, 82654),
            (not given.get("maxCount", "").isdecimal(), 82655), (bool(start and end and end < start), 60026), (mark in self.return_codes, 60027),
        )  # fmt: skip
        code = next((one for failed, one in checks if failed), None)
        if code is None:
            self.return_codes[mark] = dict(given)
            self.tally["return_codes"] += 1
        return self._flat(code, language)

    def _cancel_return(self, given: Fields, repeated: dict[str, list[Any]], account: Account, language: str) -> Node:
        gone = self.return_codes.pop((account.user, given.get("fieldName", ""), given.get("returnCode", "")), None)
        return self._flat(80838 if gone is None else None, language)

    def _flat(self, code: int | None, language: str) -> Node:
        done = "Successful" if language == "EN" else "Başarılı"
        row = self._row(code, language)
        flat: Node = {"outFlag": "0" if code is None else "1", "outResult": row.get("errMessage", done)}
        return flat | ({"errCode": row["errCode"]} if "errCode" in row else {})


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=TURKEY)
    except ValueError:
        return None


def create(*, seed: int = 1, orders: int = 0, listings: int = 0) -> Sandbox:
    """The fake server for tests, `rehearse` and the demo workspace. Orders and listings mean nothing here."""
    return YurticiSandbox(seed=seed, orders=orders, listings=listings)
