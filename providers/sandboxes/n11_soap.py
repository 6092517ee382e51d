"""What remains of N11's SOAP: returns and the invoice link; of the other services only the door (and the limit of the questions).

Source: reference/marketplaces-tr.md, "## N11", "SOAP that remains" and Errors: HTTP 200 even for a refusal. The reference names operations,
not all elements: children are found by their local names at any depth, operations with and without "Request". DTDs are refused.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from lxml import etree

from providers.sandboxes.exact import decimal_text
from providers.sandboxes.n11_state import Claim, Shop
from providers.sandboxes.n11_wire import HOUR_MS

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
NAMESPACE = "http://www.n11.com/ws/schemas"
PAGE = 20
ISTANBUL = timezone(timedelta(hours=3))
CLAIM_STATUSES = ("REQUESTED", "CANCELLED", "DENIED", "PENDING", "PENDED", "APPROVED", "MANUAL_REFUND", "ALL")
#: Services that still stand, by their names without ".wsdl" and with a small first letter.
SERVICES = ("returnService", "claimCancelService", "sellerInvoiceService", "productQuestionService", "catalogService")


class FaultError(Exception):
    """A SOAP fault: HTTP 500, for what is no call at all."""


class FailureError(Exception):
    """`<result><status>failure…` in an answer of HTTP 200."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


Node = dict[str, Any]
Act = Callable[[Shop, dict[str, str]], Node]


def answer(
    shop: Shop, service: str, body: bytes, keys: tuple[str, str], allowed: Callable[[], bool]
) -> tuple[int, bytes]:
    """HTTP status and XML. `allowed` takes one call of the question service's window."""
    try:
        operation, auth, fields = _read(body)
    except FaultError as fault:
        return 500, _fault(str(fault))
    name = operation.removesuffix("Request")
    act = OPERATIONS.get((service, name))
    try:
        given = "\0".join(auth).encode()
        if not hmac.compare_digest(given, "\0".join(keys).encode()):
            raise FailureError("SELLER_API.authenticationFailed", "Kullanıcı doğrulanamadı")
        if service == "productQuestionService" and not allowed():
            raise FailureError("SELLER_API.limitExceeded", "Dakikada en fazla bir istek gönderilebilir")
        if act is None:
            return 500, _fault(f"No endpoint mapping found for {operation}")
        result: Node = {"result": {"status": "success"}} | act(shop, fields)
    except FailureError as failure:
        result = {"result": {"status": "failure", "errorCode": failure.code, "errorMessage": str(failure)}}
    return 200, _write(f"{name}Response", result)


def _read(body: bytes) -> tuple[str, tuple[str, str], dict[str, str]]:
    """The operation's name, the two keys (`auth` must be its first child), its leaves by local name."""
    if b"<!DOCTYPE" in body:
        raise FaultError("DOCTYPE is not allowed")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise FaultError("The message is not well-formed") from error
    inner = root.find(f"{{{SOAP}}}Body") if root.tag == f"{{{SOAP}}}Envelope" else None
    calls = _children(inner) if inner is not None else []
    if len(calls) != 1 or etree.QName(calls[0]).namespace != NAMESPACE:
        raise FaultError("The body must hold one operation of this service")
    parts = _children(calls[0])
    auth = {etree.QName(x).localname: (x.text or "").strip() for x in _children(parts[0])} if parts else {}
    if not parts or etree.QName(parts[0]).localname != "auth":
        auth = {}
    fields = {
        etree.QName(x).localname: (x.text or "").strip()
        for part in parts[1:]
        for x in part.iter()
        if isinstance(x.tag, str) and not len(x)
    }
    return etree.QName(calls[0]).localname, (auth.get("appKey", ""), auth.get("appSecret", "")), fields


def _children(node: etree._Element) -> list[etree._Element]:
    return [one for one in node if isinstance(one.tag, str)]


def _write(operation: str, result: Node) -> bytes:
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"SOAP-ENV": SOAP})
    body = etree.SubElement(root, f"{{{SOAP}}}Body")
    _fill(etree.SubElement(body, f"{{{NAMESPACE}}}{operation}", nsmap={"ns3": NAMESPACE}), result)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _fill(parent: etree._Element, values: Node) -> None:
    for name, value in values.items():
        for one in value if isinstance(value, list) else [value]:
            child = etree.SubElement(parent, name)
            if isinstance(one, dict):
                _fill(child, one)
            else:
                child.text = str(one)


def _fault(message: str) -> bytes:
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"SOAP-ENV": SOAP})
    one = etree.SubElement(etree.SubElement(root, f"{{{SOAP}}}Body"), f"{{{SOAP}}}Fault")
    etree.SubElement(one, "faultcode").text = "SOAP-ENV:Client"
    etree.SubElement(one, "faultstring").text = message
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


# -- returns -------------------------------------------------------------------------------------------------------
def _day(at: int) -> datetime:
    return datetime.fromtimestamp(at // 1000, ISTANBUL)


def _moment(fields: dict[str, str], name: str) -> int | None:
    """dd/MM/yyyy, the local midnight that the day begins with."""
    raw = fields.get(name, "")
    if not raw:
        return None
    try:
        if re.fullmatch(r"\d\d/\d\d/\d{4}", raw, re.ASCII):
            return int(datetime.strptime(raw, "%d/%m/%Y").replace(tzinfo=ISTANBUL).timestamp()) * 1000
    except ValueError:
        pass
    raise FailureError("SELLER_API.invalidDate", f"{name} dd/MM/yyyy biçiminde olmalıdır")


def return_list(shop: Shop, fields: dict[str, str]) -> Node:
    status = fields.get("status", "ALL")
    if status not in CLAIM_STATUSES:
        raise FailureError("SELLER_API.invalidStatus", "status geçersiz")
    start, end = _moment(fields, "startDate"), _moment(fields, "endDate")
    page = fields.get("currentPage", "") or "0"
    if not re.fullmatch(r"\d{1,6}", page, re.ASCII):
        raise FailureError("SELLER_API.invalidPage", "currentPage geçersiz")
    rows = [
        one
        for one in shop.claims.values()
        if status in ("ALL", one.status)
        and (start is None or start <= one.created)
        and (end is None or one.created < end + 24 * HOUR_MS)
    ]
    first = int(page) * PAGE
    paging = {"currentPage": page, "pageSize": PAGE, "totalCount": len(rows), "pageCount": -(-len(rows) // PAGE)}
    return {
        "claimReturnList": {"claimReturn": [_claim_node(one) for one in rows[first : first + PAGE]]},
        "pagingData": paging,
    }


def _claim_node(one: Claim) -> Node:
    return {
        "claimReturnId": one.id, "orderNumber": one.package.number, "orderItemId": one.line.id, "status": one.status,
        "quantity": one.line.quantity, "productName": one.line.title, "productSellerCode": one.line.sku,
        "refundAmount": decimal_text(one.line.to_invoice), "claimReason": "Vazgeçtim", "requestDate": _day(one.created).strftime("%d/%m/%Y"),
    }  # fmt: skip


def _decide(status: str, wanted: tuple[str, ...]) -> Act:
    def act(shop: Shop, fields: dict[str, str]) -> Node:
        raw = fields.get("claimReturnId", "")
        claim = shop.claims.get(int(raw)) if re.fullmatch(r"\d{1,12}", raw, re.ASCII) else None
        if claim is None:
            raise FailureError("SELLER_API.claimNotFound", "Talep bulunamadı")
        if claim.status not in wanted:
            raise FailureError(
                "SELLER_API.claimStatus", f"{claim.status} durumundaki talep üzerinde bu işlem yapılamaz"
            )
        if shop.may_apply():
            claim.status = status
            shop.counts[f"claim:{claim.id}"] += 1
            shop.wrote()
        return {}

    return act


# -- the invoice link ----------------------------------------------------------------------------------------------
def save_link(shop: Shop, fields: dict[str, str]) -> Node:
    """The link is kept, never opened."""
    url, number = fields.get("url", ""), fields.get("invoiceNumber", "")
    packages = [one for one in shop.packages.values() if one.number == fields.get("orderNumber", "")]
    if not packages:
        raise FailureError("SELLER_API.orderNotFound", "Sipariş bulunamadı")
    if len(url) > 2048 or not re.fullmatch(r"https://[^\s?#]+\.(pdf|png|jpg)", url, re.ASCII | re.IGNORECASE):
        raise FailureError("SELLER_API.invalidUrl", "url https ile başlayan bir pdf, png veya jpg adresi olmalıdır")
    if not re.fullmatch(r"[A-Za-z0-9]{3}20\d\d\d{9}", number, re.ASCII):
        raise FailureError("SELLER_API.invalidInvoiceNumber", "invoiceNumber 3 harf/rakam + yıl + 9 rakam olmalıdır")
    if not fields.get("invoiceDateTime"):
        raise FailureError("SELLER_API.invalidInvoiceDate", "invoiceDateTime zorunludur")
    if shop.may_apply():
        for one in packages:
            one.invoice = {"url": url, "number": number, "at": fields["invoiceDateTime"]}
        shop.counts[f"invoice:{packages[0].number}"] += 1
        shop.wrote()
    return {}


OPERATIONS: dict[tuple[str, str], Act] = {
    ("returnService", "ClaimReturnList"): return_list,
    ("returnService", "ClaimReturnApprove"): _decide("APPROVED", ("REQUESTED", "PENDING", "PENDED")),
    ("returnService", "ClaimReturnPending"): _decide("PENDING", ("REQUESTED",)),
    ("returnService", "ClaimReturnDeny"): _decide("DENIED", ("REQUESTED", "PENDING", "PENDED")),
    ("sellerInvoiceService", "SaveLinkSellerInvoice"): save_link,
}
