"""A stateful fake of Aras Kargo's two SOAP services: orders (SetOrder …, ASMX) and questions (GetQuery…, WCF), each with its own user.

Written from reference/cargo.md, "## Aras Kargo" – never from a client. A second SetOrder of one IntegrationCode changes the first, it never
makes a second parcel, and nothing changes once the branch has cut the waybill.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from providers.sandboxes import aras_query as query
from providers.sandboxes import aras_rules as rules
from providers.sandboxes import courier, soap
from providers.sandboxes.aras_tables import ORDERS, QUERIES, STEPS
from providers.sandboxes.courier import CALLER, CarrierRoom, Depot, Parcel
from providers.sandboxes.courier_labels import pdf, png, zpl
from providers.sandboxes.exact import local
from providers.sandboxes.soap import FaultError, Node

#: Live and test address of each service.
ORDER_PATHS = ("/arascargoservice.asmx", "/arascargoservice/arascargoservice.asmx")
QUERY_PATHS = (
    "/ArasCargoCustomerIntegrationService/ArasCargoIntegrationService.svc", "/ArasCargoIntegrationService.svc",
)  # fmt: skip
ORDER_USER, ORDER_PASSWORD = "neodyum", "nd2580"
QUERY_USER, QUERY_PASSWORD = "neodyum-sorgu", "nds2580"
CUSTOMER = "1932448851342"
RESENDS = 20
#: `label_right`: the account may ask for labels · `bare_cancel`: CancelDispatch answers a bare number · `single_object`: one row of
#: JSON is an object and none is null.
SWITCHES = courier.SWITCHES | {"label_right", "bare_cancel", "single_object"}


class ArasSandbox(CarrierRoom):
    """`never_accept`: no waybill is cut, so no query finds the parcel. `unexpected`: each call answers 936 or a server's fault."""

    name: ClassVar[str] = "aras"
    switches: ClassVar[frozenset[str]] = SWITCHES

    def reset(self, *, orders: int, listings: int, seed: int) -> None:
        self.shop = Depot(self.clock, seed)
        self.credentials = {
            "order_username": ORDER_USER, "order_password": ORDER_PASSWORD, "query_username": QUERY_USER,
            "query_password": QUERY_PASSWORD, "customer_code": CUSTOMER, "sender_address_id": "",
        }  # fmt: skip

    def state_of(self, parcel: Parcel) -> str:
        """DURUM_KODU, `waiting` or `cancelled`."""
        step = self.shop.step(parcel)
        return STEPS[step][0] if step in STEPS else {"cancelled": "cancelled"}.get(step, "waiting")

    # -- the door ------------------------------------------------------------------------------------------------
    def routes(self) -> list[BaseRoute]:
        orders = [Route(one, self._orders, methods=["GET", "POST"]) for one in ORDER_PATHS]
        return [*orders, *(Route(one, self._queries, methods=["GET", "POST"]) for one in QUERY_PATHS)]

    async def _orders(self, request: Request) -> Response:
        return self._barred() or await soap.answer(self._served(), request, self._order_call)

    async def _queries(self, request: Request) -> Response:
        return self._barred() or await soap.answer(QUERIES, request, self._question)

    def _barred(self) -> Response | None:
        """[U] the carrier's documents know no allowed addresses; this is what its web server would say."""
        if not self.shop.on("ip_refused"):
            return None
        page = f"<html><body><h1>403 - Forbidden: Access is denied.</h1><p>IP adresi yetkili değil: {CALLER}</p></body></html>"
        return Response(page, 403, media_type="text/html; charset=utf-8")

    def _served(self) -> soap.Service:
        if not self.shop.on("bare_cancel"):
            return ORDERS
        takes, _ = ORDERS.operations["CancelDispatch"]
        bare = {**ORDERS.operations, "CancelDispatch": (takes, {"CancelDispatchResult": "text"})}
        return soap.Service(ORDERS.name, ORDERS.namespace, ORDERS.types, bare, ORDERS.action)

    def _admitted(self, user: str | None, password: str | None) -> str:
        """OK or the code of what is wrong with the account."""
        told = f"{user}\0{password}".encode()
        if not hmac.compare_digest(told, f"{ORDER_USER}\0{ORDER_PASSWORD}".encode()):
            return rules.BAD_LOGIN
        if self.shop.on("account_closed"):
            return rules.SET_UP
        return rules.UPDATE_FAILED if self.shop.on("unexpected") else rules.OK

    def _order_call(self, operation: str, given: Node) -> Node:
        low = {name[0].lower() + name[1:]: value for name, value in given.items()}
        code = self._admitted(low.get("userName", low.get("username")), low.get("password"))
        acts: dict[str, Callable[[str, Node], Any]] = {
            "SetOrder": self._set_order, "CancelDispatch": self._cancel, "GetOrder": self._of_day,
            "GetOrderWithIntegrationCode": self._of_code, "GetArasBarcode": self._label,
        }  # fmt: skip
        return {f"{operation}Result": acts[operation](code, low)}

    # -- orders --------------------------------------------------------------------------------------------------
    def _set_order(self, code: str, given: Node) -> Node:
        orders: list[Node] = (given.get("orderInfo") or {}).get("Order", [])
        if not orders:
            return {"OrderResultInfo": [_result(code if code != rules.OK else rules.EMPTY_REQUEST)]}
        return {"OrderResultInfo": [self._one(code, order) for order in orders]}

    def _one(self, code: str, order: Node) -> Node:
        inside = self._admitted(order.get("UserName"), order.get("Password"))
        reference = order.get("IntegrationCode", "")
        code = next(
            (one for one in (code, inside, rules.check(order), self._taken(order)) if one != rules.OK), rules.OK
        )
        if code == rules.OK and self.shop.may_apply():
            self._write(reference, order)
        if code != rules.OK:
            self.shop.counts["refused"] += 1
        return {**_result(code), "IntegrationCode": reference, "InvoiceKey": reference if code == rules.OK else ""}

    def _taken(self, order: Node) -> str:
        reference = order["IntegrationCode"] if order.get("IntegrationCode") else ""
        parcel = self.shop.parcels.get(reference)
        if parcel is not None:
            if parcel.cancelled:
                return rules.PROCESSED  # [U] a cancelled order does not rise again
            if self.shop.scanned(parcel):
                return rules.WAYBILL_CUT
            if parcel.more["resends"] >= RESENDS:
                return rules.TOO_OFTEN
        codes = {one.get("BarcodeNumber", "") for one in rules.pieces_of(order)}
        others = (one for one in self.shop.parcels.values() if one.reference != reference)
        return rules.PIECE_USED if any(codes.intersection(one.pieces) for one in others) else rules.OK

    def _write(self, reference: str, order: Node) -> None:
        told = {
            "receiver": order["ReceiverName"], "address": order["ReceiverAddress"], "city": order["ReceiverCityName"],
            "district": order["ReceiverTownName"], "phone": order["ReceiverPhone1"], "payer": order["PayorTypeCode"],
            "cod": order.get("CodAmount", "") if order.get("IsCod") == "1" else "", "kg": order.get("Weight", ""),
            "desi": order.get("VolumetricWeight", ""),
        }  # fmt: skip
        pieces = [one["BarcodeNumber"] for one in rules.pieces_of(order)]
        parcel = self.shop.parcels.get(reference)
        if parcel is not None:
            parcel.sent, parcel.told, parcel.pieces = order, told, pieces
            parcel.more["resends"] += 1
            self.shop.counts["updates"] += 1
            return
        now = self.shop.now()
        more: Node = {"resends": 0}
        self.shop.keep(Parcel(reference, now, self.shop.digits(13), pieces, order, told, born=now, more=more))

    def _cancel(self, code: str, given: Node) -> Any:
        outcome = {rules.BAD_LOGIN: "-2", rules.SET_UP: "-2", rules.UPDATE_FAILED: "936"}.get(code, "")
        parcel = self.shop.parcels.get(given.get("integrationCode", ""))
        if not outcome and parcel is None:
            outcome = "-1"
        if not outcome and parcel is not None:
            outcome = (
                "999" if self.shop.scanned(parcel) else ("0" if parcel.cancelled else "1")
            )  # [U] 0: it was already
            if outcome == "1":
                self.shop.call_off(parcel)
        texts = {"1": "İptal edildi.", "0": "Daha önce iptal edilmiş.", "-1": "Kayıt bulunamadı.", "-2": "Kullanıcı adı veya şifre hatalı.",
                 "999": "İrsaliyesi kesilmiş gönderi iptal edilemez.", "936": "Beklenmeyen hata."}  # fmt: skip
        return outcome if self.shop.on("bare_cancel") else {"ResultCode": outcome, "ResultMessage": texts[outcome]}

    def _found(self, code: str, parcels: list[Parcel]) -> Node:
        """[U] an unknown code is an empty list with code 0. Passwords are not told again."""
        if code != rules.OK:
            return _result(code)
        rows = [
            {name: value for name, value in one.sent.items() if name not in ("UserName", "Password")} for one in parcels
        ]
        return {**_result(rules.OK), "ResultMessage": "Kayıt bulundu." if rows else "Kayıt bulunamadı.", "Order": rows}

    def _of_code(self, code: str, given: Node) -> Node:
        one = self.shop.parcels.get(given.get("integrationCode", ""))
        return self._found(code, [one] if one is not None and not one.cancelled else [])

    def _of_day(self, code: str, given: Node) -> Node:
        day = given.get("date", "")
        rows = [
            one for one in self.shop.parcels.values() if local(one.created, "%d.%m.%Y") == day and not one.cancelled
        ]
        return self._found(code, rows)

    def _label(self, code: str, given: Node) -> Node:
        parcel = self.shop.parcels.get(given.get("integrationCode", ""))
        if code != rules.OK:
            return _result(code)
        if not self.shop.on("label_right"):
            return {
                "ResultCode": "-3",
                "ResultMessage": "Barkod servisi için yetkiniz bulunmamaktadır.",
            }  # [U] the code
        if parcel is None or parcel.cancelled:
            return {"ResultCode": "-1", "ResultMessage": "Kayıt bulunamadı."}
        self.shop.counts["labels"] += 1
        codes = parcel.pieces or [parcel.reference]
        cut = self.shop.scanned(parcel)
        models = [
            {"TrackingNumber": parcel.number if cut else "", "Barcode": one, "WaybillNumber": parcel.number[:10] if cut else ""}
            for one in codes
        ]  # fmt: skip
        if self.shop.on("no_label"):
            return {**_result(rules.OK), "ZebraZpl": "", "ZebraPdf": "", "BarcodeModel": {"BarcodeModel": models}}
        told = parcel.told
        pages = [(one, (told["receiver"], told["address"], f"{told['district']} {told['city']}")) for one in codes]
        return {
            **_result(rules.OK), "ZebraZpl": "".join(zpl(*one) for one in pages), "ZebraPdf": base64.b64encode(pdf(pages)).decode(),
            "Images": {"string": [base64.b64encode(png(one)).decode() for one in codes]}, "BarcodeModel": {"BarcodeModel": models},
        }  # fmt: skip

    # -- questions -----------------------------------------------------------------------------------------------
    def _question(self, operation: str, given: Node) -> Node:
        """[U] a wrong user is a fault here, as WCF services throw it."""
        login = query.fields(given.get("loginInfo", ""), "LoginInfo")
        told = f"{login.get('UserName')}\0{login.get('Password')}".encode()
        if not hmac.compare_digest(told, f"{QUERY_USER}\0{QUERY_PASSWORD}".encode()):
            raise FaultError("Kullanıcı adı veya şifre hatalı.")
        if login.get("CustomerCode") != CUSTOMER:
            raise FaultError("Müşteri kodu hatalı.")
        if self.shop.on("account_closed"):
            raise FaultError("Müşteri hesabı kapalıdır.")
        if self.shop.on("unexpected"):
            raise FaultError("The server was unable to process the request due to an internal error.", client=False)
        self.shop.counts["queries"] += 1
        rows = query.ask(self.shop, query.fields(given.get("queryInfo", ""), "QueryInfo"))
        return {f"{operation}Result": query.WRITERS[operation](rows, self.shop.on("single_object"))}


def _result(code: str) -> Node:
    return {"ResultCode": code, "ResultMessage": rules.TEXTS[code]}


def create(*, seed: int = 1, orders: int = 0, listings: int = 0) -> ArasSandbox:
    """The fake server for tests, `rehearse` and the demo workspace. Orders and listings mean nothing here."""
    return ArasSandbox(seed=seed, orders=orders, listings=listings)
