"""What is left of N11's SOAP services for returns: requests with the keys inside, answers with failures under HTTP 200. Pure.
Must never read a failure as an empty list.

Source of the facts: reference/marketplaces-tr.md, "## N11" (SOAP that remains, Auth, Errors). The names within the requests and
of a claim's fields are not documented there; those of N11's other services are used, and several are accepted.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from lxml import etree

from app.contracts import Account, Message, Page, Reject, fail
from app.kit import (
    Call,
    Element,
    Node,
    Reply,
    children,
    descendant,
    http_errors,
    plausible,
    soap_body,
    soap_call,
    soap_errors,
    text_of,
)
from app.model import Claim, Window, clean, fold

NAMESPACE = "http://www.n11.com/ws/schemas"
ZONE = ZoneInfo("Europe/Istanbul")
CLAIM_SIZE = 20
#: States that a seller has decided in the buyer's favour.
ACCEPTED = frozenset({"APPROVED", "MANUAL_REFUND"})
_DAY_FORMS = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y")


def _call(account: Account, name: str, operation: str, nodes: list[Node], *, repeatable: bool) -> Call:
    keys: Node = ("auth", [("appKey", account.secret("app_key")), ("appSecret", account.secret("app_secret"))])
    body: Node = (f"{name}Request", [keys, *nodes])
    path = "/ws/returnService.wsdl"
    return soap_call(path, operation, "", body, prefix="sch", namespace=NAMESPACE, group="soap", repeatable=repeatable)


def _day(instant: datetime) -> str:
    return instant.astimezone(ZONE).strftime("%d/%m/%Y")


def claims_request(account: Account, window: Window, page: int, state: str = "ALL") -> Call:
    """Returns asked for within the window's days (Turkish), 20 a page, pages from 0."""
    period: Node = ("period", [("startDate", _day(window.since)), ("endDate", _day(window.until))])
    nodes: list[Node] = [
        ("searchData", [("status", state), period]),
        ("pagingData", [("currentPage", str(page)), ("pageSize", str(CLAIM_SIZE))]),
    ]
    return _call(account, "ClaimReturnList", "claims", nodes, repeatable=True)


def accept_claim_request(account: Account, claim_id: str) -> Call:
    nodes: list[Node] = [("claimReturnId", claim_id)]
    return _call(account, "ClaimReturnApprove", "accept_claim", nodes, repeatable=False)


def n11_soap_errors(reply: Reply) -> Message | None:
    """Failures come with HTTP 200 and <result><status>failure</status><errorCode/>; a fault's text as elsewhere."""
    found = soap_errors(reply)
    if found is not None or http_errors(reply) is not None:
        return found
    result = descendant(soap_body(reply), "result")
    if result is None or fold(text_of(result, "status")) == "success":
        return None
    code, text = clean(text_of(result, "errorCode"), 80), clean(text_of(result, "errorMessage"), 300)
    folded = fold(code)
    known = (
        "auth.refused"
        if "authentication" in folded
        else "item.not_found"
        if "notfound" in folded
        else "request.refused"
    )
    return Message(known, vendor_code=code, vendor_text=text, status=reply.status)


def _first(element: Element, *names: str) -> str:
    return next((text for name in names if (text := text_of(element, name))), "")


def _instant(text: str) -> datetime:
    for form in _DAY_FORMS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=ZONE).astimezone(ZoneInfo("UTC"))
        except ValueError:
            continue
    raise ValueError(f"no such date: {text[:30]!r}")


def to_claim(element: Element) -> Claim:
    """Raises ValueError for a claim without id, order or date."""
    claim_id, number = _first(element, "claimReturnId", "claimId", "id"), _first(element, "orderNumber")
    if not claim_id or not number:
        raise ValueError("a claim without its id or order number")
    line, quantity = _first(element, "orderItemId", "orderLineId", "lineId"), _first(element, "quantity")
    return Claim(
        remote_id=claim_id,
        order_number=clean(number, 60),
        status=clean(_first(element, "status", "claimStatus"), 40),
        opened_at=_instant(_first(element, "requestDate", "claimDate", "createDate")),
        reason=clean(_first(element, "claimReason", "reason", "returnReason"), 200),
        lines=((line, int(quantity or "1")),) if line else (),
        tracking_number=clean(_first(element, "trackingNumber", "cargoTrackingNumber"), 60),
    )


def parse_claims(reply: Reply) -> Page[Claim]:
    """One page; a claim that cannot be read is a reject."""
    body = soap_body(reply)
    listed = descendant(body, "claimReturnList")
    if listed is None and descendant(body, "result") is None:  # not N11's answer: no list is not an empty one
        raise fail(Message("answer.unreadable", {"operation": reply.operation, "reason": "no claim list"}))
    good: list[Claim] = []
    bad: list[Reject] = []
    for element in children(listed, "claimReturn") if listed is not None else []:
        try:
            claim = to_claim(element)
            plausible(claim)
            good.append(claim)
        except ValueError as error:
            raw = etree.tostring(element, encoding="unicode")[:65_536]
            message = Message("answer.unreadable", {"reason": str(error)[:120]})
            bad.append(Reject(_first(element, "claimReturnId", "claimId", "id"), raw, message))
    return Page(tuple(good), tuple(bad))
