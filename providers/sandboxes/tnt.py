"""A stateful fake of TNT ExpressConnect: shipping (XML in a form, results by access code), tracking, prices, data for labels.

Written from TNT's XSDs (specs/tnt) and reference/cargo.md, "## TNT (ExpressConnect)" – never from a client. Shipping takes ASCII only; there
is no label picture and no way to take a consignment back.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import parse_qs

from lxml import etree
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from providers.sandboxes import tnt_answers as answers
from providers.sandboxes import tnt_forms as forms
from providers.sandboxes import tnt_ship as ships
from providers.sandboxes.courier import CALLER, CarrierRoom, Parcel
from providers.sandboxes.exact import local
from providers.sandboxes.sender import SENDER
from providers.sandboxes.soap import FaultError, parsed
from providers.sandboxes.tnt_ship import ACCOUNT, COUNTRY, SERVICES, TntDepot, add, text

USER, PASSWORD = "TNTSANDBOX01", "TntSandbox1"
SHIPPING, TRACKING, PRICING, LABELS = (
    "/expressconnect/shipping/ship", "/expressconnect/track.do", "/expressconnect/pricing/getprice", "/expresslabel/documentation/getlabel",
)  # fmt: skip
#: A parcel's step -> (summary, status code, text). [U] the codes beside the four summaries, and the texts.
STATES = {
    "registered": ("INT", "SD", "Shipment data received"), "accepted": ("INT", "PU", "Collected from sender"), "left": ("INT", "OS", "Left origin depot"),
    "arrived": ("INT", "AR", "Arrived at destination depot"), "out": ("INT", "OD", "Out for delivery"), "delivered": ("DEL", "OK", "Delivered in good condition"),
    "failed": ("EXC", "NH", "Receiver not at home"), "returning": ("EXC", "RT", "Being returned to sender"), "returned": ("EXC", "RS", "Returned to sender"),
    "lost": ("EXC", "LS", "Consignment cannot be located"), "cancelled": ("CNF", "", ""), "ordered": ("CNF", "", ""),
}  # fmt: skip


class _Refused(Exception):
    """The whole answer. `status`: HTTP."""

    def __init__(self, answer: etree._Element, status: int = 200) -> None:
        super().__init__(answer.tag)
        self.answer, self.status = answer, status


def _tree(name: str, *fields: tuple[str, str]) -> etree._Element:
    root = etree.Element(name)
    for key, value in fields:
        add(root, key, value)
    return root


def _parse_error(reason: str, line: int = 1) -> _Refused:
    rows = (("error_reason", reason), ("error_line", str(line)), ("error_linepos", "1"), ("error_srcText", ""))
    return _Refused(_tree("parse_error", *rows))


def _runtime_error(reason: str) -> _Refused:
    return _Refused(_tree("runtime_error", ("error_reason", reason), ("error_srcText", "")))


class TntSandbox(CarrierRoom):
    """Beside the switches: `guide_lengths` (the guide's lengths of fields, from memory, are asked for)."""

    name: ClassVar[str] = "tnt"
    switches: ClassVar[frozenset[str]] = CarrierRoom.switches | {"guide_lengths"}
    shop: TntDepot

    def routes(self) -> list[BaseRoute]:
        doors: tuple[tuple[str, Callable[[bytes, str], Response]], ...] = (
            (SHIPPING, self._ship), (TRACKING, self._track), (PRICING, self._price), (LABELS, self._label),
        )  # fmt: skip
        return [Route(path, self._door(path, act), methods=["POST"]) for path, act in doors]

    def reset(self, *, orders: int, listings: int, seed: int) -> None:
        self.shop = TntDepot(self.clock, seed)
        door = {"username": USER, "password": PASSWORD, "account_number": ACCOUNT, "account_country": COUNTRY}
        self.credentials = {**door, **SENDER}

    def state_of(self, parcel: Parcel) -> str:
        """SummaryCode."""
        return STATES[self.shop.step(parcel)][0]

    def _door(self, path: str, act: Callable[[bytes, str], Response]) -> Any:
        async def handle(request: Request) -> Response:
            if self.shop.on("ip_refused"):
                return Response(
                    f"<html><body><h1>403 Forbidden</h1><p>{CALLER}</p></body></html>", 403, media_type="text/html"
                )
            if path != SHIPPING and not self._is_user(request):
                return Response(
                    "<html><body><h1>401 Unauthorized</h1></body></html>",
                    401,
                    {"WWW-Authenticate": 'Basic realm="TNT"'},
                    "text/html",
                )
            try:
                return act(await request.body(), request.headers.get("content-type", "").partition(";")[0].strip())
            except _Refused as refused:
                self.shop.counts["refused"] += 1
                return _xml(refused.answer, refused.status)

        return handle

    def _is_user(self, request: Request) -> bool:
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        try:
            told = base64.b64decode(given, validate=True)
        except (binascii.Error, ValueError):
            return False
        return kind == "Basic" and hmac.compare_digest(told, f"{USER}:{PASSWORD}".encode())

    # -- shipping ------------------------------------------------------------------------------------------------
    def _ship(self, body: bytes, kind: str) -> Response:
        told = _form(body, kind)
        if not told.strip():
            answer = etree.Element("document")
            ships.error(answer, "1", "No data received", "ExpressConnect")
            raise _Refused(answer)
        if self.shop.on("unexpected"):
            raise _runtime_error("An unexpected error occurred in ExpressConnect")
        verb, _, code = told.strip().partition(":")
        if verb.startswith("GET_"):
            return self._fetch(verb, code)
        root = self._read(told, forms.SHIP, "ESHIPPER")
        login = "\0".join(text(root, f"LOGIN/{one}") for one in ("COMPANY", "PASSWORD"))
        if not hmac.compare_digest(login.encode(), f"{USER}\0{PASSWORD}".encode()) or text(root, "LOGIN/APPID") not in (
            "IN",
            "EC",
        ):
            raise _runtime_error("The login details are not recognised")
        if self.shop.on("account_closed"):
            raise _runtime_error("The user is not allowed to use ExpressConnect")
        return Response(f"COMPLETE:{ships.perform(self.shop, root)}", media_type="text/plain")

    def _fetch(self, verb: str, code: str) -> Response:
        group = self.shop.groups.get(code)
        paper = verb.removeprefix("GET_")
        if (
            group is None
            or self.shop.now() - group.made > ships.DOCUMENTS_LIVE
            or paper not in ("RESULT", "LABEL", "CONNOTE", "MANIFEST", "INVOICE")
        ):
            raise _runtime_error("The access code is not valid")
        found = group.result if paper == "RESULT" else group.papers.get(paper)
        if found is None:
            raise _runtime_error(f"No {paper} was created")
        return _xml(found)

    def _read(self, told: str, grammar: forms.Grammar, root_name: str, *, ascii_only: bool = True) -> etree._Element:
        """Raises a parse_error: no XML, letters beyond ASCII (also as references), another form than the schema's."""
        try:
            root = parsed(re.sub(r"^\s*<\?xml[^>]*\?>", "", told).encode())
        except (FaultError, ValueError) as error:
            raise _parse_error(str(error)) from None
        if root.tag != root_name:
            raise _parse_error(f"Element {root_name} is expected")
        for node in root.iter():
            if ascii_only and not (node.text or "").isascii():
                line = getattr(node, "sourceline", None) or 1
                raise _parse_error(f"An invalid character was found in text content of {node.tag}", line)
        wrong = next(grammar.wrong(root), "")
        if wrong:
            raise _parse_error(wrong)
        return root

    # -- tracking ------------------------------------------------------------------------------------------------
    def _track(self, body: bytes, kind: str) -> Response:
        root = self._questioned(body, kind, forms.TRACK, "TrackRequest", "TrackResponse")
        criteria = root.find("SearchCriteria")
        if criteria is None:
            raise KeyError("SearchCriteria")
        complete = root.find("LevelOfDetail/Complete") is not None
        answer = etree.Element("TrackResponse")
        asked = [(str(one.tag), (one.text or "").strip()) for one in criteria if one.tag not in ("Account", "Period")]
        if len(asked) > 50 or any(not value for _, value in asked):
            raise _Refused(answers.track_error("2", "Too many or empty search criteria"))
        first, last = self._period(criteria)
        account = [text(one, "Number") for one in criteria.findall("Account")]
        shipped = [one for one in self.shop.parcels.values() if one.born and not one.cancelled]
        seen = [
            one for one in shipped if first <= local(one.born, "%Y%m%d") <= last and (not account or ACCOUNT in account)
        ]
        if not asked:
            for one in seen:
                self._consignment(answer, one, complete)
            if not len(answer):
                raise _Refused(answers.track_error("3", "No consignments found"))  # [U]
        for name, value in asked:
            found = [one for one in seen if value in _keys(one, name)]
            for one in found:
                self._consignment(answer, one, complete)
            if not found:
                lost = add(answer, "Consignment")
                lost.set("access", "public")
                if name in ("ConsignmentNumber", "AlternativeConsignmentNumber", "CustomerReference"):
                    add(lost, name, value)
                add(lost, "SummaryCode", "CNF")
        return _xml(answer)

    def _period(self, criteria: etree._Element) -> tuple[str, str]:
        period = criteria.find("Period")
        if period is None:
            return "00000000", "99999999"
        first, last = text(period, "DateFrom"), text(period, "DateTo")
        day = ships.day_of(first)
        days = text(period, "NumberOfDays")
        if day is not None and days in ("1", "2", "3", "4"):
            last = f"{day + timedelta(days=int(days) - 1):%Y%m%d}"
        if day is None or ships.day_of(last) is None:
            raise _Refused(answers.track_error("4", "The period is not valid"))  # [U]
        return first, last

    def _consignment(self, answer: etree._Element, parcel: Parcel, complete: bool) -> None:
        steps = self.shop.steps(parcel)
        last, at = steps[-1]
        one = add(answer, "Consignment")
        one.set("access", "full")
        add(one, "ConsignmentNumber", parcel.more["digits"])
        add(one, "AlternativeConsignmentNumber", parcel.number)
        if complete:
            add(one, "OriginDepot", "IST")
            add(one, "OriginDepotName", "Istanbul")
        if parcel.more["customer_reference"]:
            add(one, "CustomerReference", parcel.more["customer_reference"])
        picked = self.shop.reached(parcel, "accepted")
        if picked:
            add(one, "CollectionDate", local(picked, "%Y%m%d")).set("format", "YYYYMMDD")
        if complete:
            add(one, "DeliveryTown", parcel.told["city"])
        if last == "delivered":
            add(one, "DeliveryDate", local(at, "%Y%m%d")).set("format", "YYYYMMDD")
            add(one, "DeliveryTime", local(at, "%H%M")).set("format", "HHMM")
            add(one, "Signatory", parcel.told["receiver"])
        add(one, "SummaryCode", "BOZUK" if parcel.damaged else STATES[last][0])
        for name, code in (("DestinationCountry", parcel.told["country"]), ("OriginCountry", "TR")):
            add(add(one, name), "CountryCode", code)
        add(one, "PieceQuantity", str(len(parcel.pieces)))
        if complete:
            for step, when in reversed(steps):
                _, state, words = STATES[step]
                row = add(one, "StatusData")
                add(row, "StatusCode", state)
                add(row, "StatusDescription", words)
                add(row, "LocalEventDate", local(when, "%Y%m%d")).set("format", "YYYYMMDD")
                add(row, "LocalEventTime", local(when, "%H%M")).set("format", "HHMM")
                far = step in ("arrived", "out", "delivered", "failed", "returning")
                add(row, "Depot", "DST" if far else "IST")
                add(row, "DepotName", parcel.told["city"] if far else "Istanbul")

    # -- prices and labels ---------------------------------------------------------------------------------------
    def _questioned(self, body: bytes, kind: str, grammar: forms.Grammar, root: str, answer: str) -> etree._Element:
        """The request; what is wrong with it is told in the answer's own shape."""
        told = _form(body, kind) if body.lstrip().startswith(b"xml_in=") else body.decode("utf-8", "replace")
        try:
            if self.shop.on("unexpected"):
                raise _parse_error("An unexpected error occurred")
            return self._read(told, grammar, root, ascii_only=False)
        except _Refused as refused:
            reason = text(refused.answer, "error_reason")
            if answer == "TrackResponse":
                raise _Refused(answers.track_error("1", reason)) from None
            made = etree.Element(answer)
            if answer == "document":
                one = add(add(made, "errors"), "parseError")
                for key, value in (
                    ("errorReason", reason),
                    ("errorLine", "1"),
                    ("errorLinepos", "1"),
                    ("errorSrcText", ""),
                ):
                    add(one, key, value)
            else:
                answers.broken(made, "1", reason, "")
            raise _Refused(made) from None

    def _price(self, body: bytes, kind: str) -> Response:
        root = self._questioned(body, kind, forms.PRICE, "priceRequest", "document")
        answer = etree.Element("document")
        add(answer, "requestId", self.shop.digits(8))
        wrongs: list[tuple[str, str, str]] = []
        rows: list[tuple[str, list[str], Decimal]] = []
        for check in root.findall("priceCheck"):
            mark, service = text(check, "rateId"), text(check, "product/id")
            number = text(check, "account/accountNumber")
            kilos = text(check, "consignmentDetails/totalWeight")
            pieces = [
                (int(text(one, "numberOfPieces")), Decimal(text(one, "pieceMeasurements/weight")))
                for one in check.findall("pieceLine")
            ]
            kg = Decimal(kilos) if kilos else sum((count * each for count, each in pieces), Decimal(0))
            kinds = text(check, "product/type") or "N"
            if text(root, "appId") != "PC" or Decimal(text(root, "appVersion")) != 3:
                wrongs.append((mark, "P901", "appId or appVersion is not valid"))
            elif (number and (number != ACCOUNT or text(check, "account/accountCountry") != COUNTRY)) or self.shop.on(
                "account_closed"
            ):
                wrongs.append((mark, "P902", "The account is not valid"))
            elif kg <= 0 or (service and service not in SERVICES):
                wrongs.append((mark, "P903", "The weight or the product is not valid"))
            else:
                rows.append((mark, [service] if service else [one for one in SERVICES if one.endswith(kinds)], kg))
        if wrongs:
            errors = add(answer, "errors")
            for mark, code, reason in wrongs:
                one = add(errors, "brokenRule")
                for key, value in (("rateId", mark), ("messageType", "E"), ("code", code), ("description", reason)):
                    add(one, key, value)
        for mark, services, kg in rows:
            answers.priced(answer, mark, services, kg)
        return _xml(answer)

    def _label(self, body: bytes, kind: str) -> Response:
        """[U] that any consignment number will do, as the service draws data from the request alone."""
        root = self._questioned(body, kind, forms.LABEL, "labelRequest", "labelResponse")
        answer = etree.Element("labelResponse")
        for asked in root.findall("consignment"):
            count = int(text(asked, "totalNumberOfPieces"))
            numbers = [each for one in asked.findall(".//sequenceNumbers") for each in (one.text or "").split(",")]
            if sorted(numbers) != sorted(str(i) for i in range(1, count + 1)) or self.shop.on("no_label"):
                answers.broken(answer, "P801", "The pieces do not add up to totalNumberOfPieces", asked.get("key", ""))
                continue
            self.shop.counts["labels"] += 1
            answers.labelled(answer, asked, self.shop.now())
        return _xml(answer)


def _keys(parcel: Parcel, name: str) -> tuple[str, ...]:
    if name == "CustomerReference":
        return (parcel.more["customer_reference"],)
    return tuple(parcel.pieces) if name == "PieceReference" else (parcel.number, parcel.more["digits"])


def _form(body: bytes, kind: str) -> str:
    """The field xml_in; "" when there is none or the body is no form."""
    if kind != "application/x-www-form-urlencoded":
        return ""
    return parse_qs(body.decode("latin-1")).get("xml_in", [""])[0]


def _xml(root: etree._Element, status: int = 200) -> Response:
    page = etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")
    return Response(page, status, media_type="text/xml; charset=utf-8")


def create(*, seed: int = 1, orders: int = 0, listings: int = 0) -> TntSandbox:
    """The fake server for tests, `rehearse` and the demo workspace. Orders and listings mean nothing here."""
    return TntSandbox(seed=seed, orders=orders, listings=listings)
