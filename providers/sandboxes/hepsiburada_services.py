"""Hepsiburada's claims and questions.

Source: reference/marketplaces-tr.md, "## Hepsiburada", "Claims (returns)", "Questions". The shapes of the questions are in no document
that we have: they are the plainest that fit what the reference names, and no proof of anything.
"""

from __future__ import annotations

from typing import Any

from providers.sandboxes.exact import is_int, number
from providers.sandboxes.hepsiburada_state import Claim, Issue, Shop
from providers.sandboxes.hepsiburada_wire import Answer, Call, bad, conflict, envelope, local, missing

CLAIM_STATUSES = (
    "NewRequest", "AwaitingAction", "AwaitingPreApproval", "Accepted", "InDispute", "Rejected", "Refunded", "Cancelled",
)  # fmt: skip


# -- claims --------------------------------------------------------------------------------------------------------
def claim_list(shop: Shop, call: Call) -> Answer:
    """`limit` is in fact required. The window is on the creation of the claim; `status` in the path may bring its own."""
    if not call.query.get("limit"):
        raise bad("LimitCannotBeEmpty", "Limit cannot be empty")
    offset, limit = call.number("offset", 0), call.number("limit", None, 1, 100)
    status = call.path.get("status", "")
    if status and status not in CLAIM_STATUSES:
        raise bad("InvalidStatus", f"status şunlardan biri olmalıdır: {', '.join(CLAIM_STATUSES)}")
    begin, end = call.span("beginDate", "endDate")
    status_begin, status_end = call.span("statusBeginDate", "statusEndDate") if status else (None, None)
    rows = [
        one
        for one in shop.claims.values()
        if (not status or one.status == status)
        and _within(one.claimed, begin, end)
        and _within(one.status_at, status_begin, status_end)
    ]
    return Answer(200, [_claim_row(one) for one in rows[offset : offset + limit]])


def _within(at: int, begin: int | None, end: int | None) -> bool:
    return (begin is None or begin <= at) and (end is None or at <= end)


def _claim_row(claim: Claim) -> dict[str, Any]:
    line, order = claim.line, claim.order
    total = line.unit * line.quantity
    accepted = claim.status in ("Accepted", "Refunded")
    return {
        "id": f"{int(claim.number):08x}-c1a1-4000-8000-000000000000", "number": claim.number, "orderNumber": order.number,
        "claimDate": local(claim.claimed), "orderDate": local(order.placed), "claimType": "Return", "status": claim.status,
        "sku": line.hb_sku, "merchantSku": line.sku, "quantity": line.quantity,
        "customerName": f"{order.buyer.first} {order.buyer.last}", "explanation": "Beklediğim gibi değil",
        "merchantRejectionStatement": claim.answer.get("MerchantStatement", ""), "priceAmount": number(line.unit),
        "priceCurrency": "TRY", "totalPriceAmount": number(total), "refundAmount": number(total if accepted else 0),
        "refundCurrency": "TRY", "refundDate": local(claim.status_at) if accepted else None,
        "finalizedWith": claim.answer.get("FinalizedWith"),
    }  # fmt: skip


def _claim(shop: Shop, call: Call, *states: str) -> Claim:
    claim = shop.claims.get(call.path["N"])
    if claim is None:
        raise missing("Talep")
    if claim.status not in states:
        raise conflict(f"{claim.status} durumundaki talep üzerinde bu işlem yapılamaz")
    return claim


def accept_claim(shop: Shop, call: Call) -> Answer:
    claim, body = _claim(shop, call, "NewRequest", "AwaitingAction"), call.json()
    call.text(body, "FinalizedWith")
    return _decide(shop, claim, "Accepted", body)


def reject_claim(shop: Shop, call: Call) -> Answer:
    claim, body = _claim(shop, call, "NewRequest", "AwaitingAction"), call.json()
    reason = body.get("ClaimRejectionReason")
    if not is_int(reason) or not 0 <= reason <= 11:
        raise bad("InvalidReason", "ClaimRejectionReason 0 ile 11 arasında olmalıdır")
    call.text(body, "MerchantStatement")
    return _decide(shop, claim, "InDispute", body)


def confirm_preapproval(shop: Shop, call: Call) -> Answer:
    return _decide(shop, _claim(shop, call, "AwaitingPreApproval"), "AwaitingAction", {})


def _decide(shop: Shop, claim: Claim, status: str, body: dict[str, Any]) -> Answer:
    if shop.may_apply():
        claim.status, claim.status_at, claim.answer = status, shop.now(), body
        shop.counts[f"claim:{claim.number}"] += 1
        shop.wrote()
    return Answer(204)


# -- questions -----------------------------------------------------------------------------------------------------
def issue_list(shop: Shop, call: Call) -> Answer:
    offset, limit = call.number("offset", 0), call.number("limit", 10, 1, 100)
    status = call.query.get("status", "")
    begin, end = call.span("beginDate", "endDate")
    rows = [one for one in shop.issues.values() if status in ("", one.status) and _within(one.asked, begin, end)]
    data = envelope(rows, offset, limit, "data")
    data["data"] = [_issue_row(one) for one in data["data"]]
    return Answer(200, data)


def issue_count(shop: Shop, call: Call) -> Answer:
    return Answer(200, {"count": sum(one.status == "WaitingForAnswer" for one in shop.issues.values())})


def one_issue(shop: Shop, call: Call) -> Answer:
    return Answer(200, _issue_row(_issue(shop, call)))


def _issue(shop: Shop, call: Call) -> Issue:
    issue = shop.issues.get(call.path["N"])
    if issue is None:
        raise missing("Soru")
    return issue


def _issue_row(one: Issue) -> dict[str, Any]:
    return {
        "issueNumber": one.number, "status": one.status, "createdAt": local(one.asked), "question": one.text,
        "answer": one.answer or None, "product": {"sku": one.product.hb_sku, "name": one.product.title},
    }  # fmt: skip


def answer_issue(shop: Shop, call: Call) -> Answer:
    return _close(shop, _issue(shop, call), "Answered", call.text(call.json(), "answer"))


def reject_issue(shop: Shop, call: Call) -> Answer:
    issue, body = _issue(shop, call), call.json()
    if body.get("reasonCode") is None:
        raise bad("InvalidBody", "reasonCode zorunludur")
    return _close(shop, issue, "Rejected", call.text(body, "reason"))


def _close(shop: Shop, issue: Issue, status: str, text: str) -> Answer:
    if issue.status != "WaitingForAnswer":
        raise conflict("Soru zaten yanıtlanmış")
    if shop.may_apply():
        issue.status, issue.answer = status, text
        shop.wrote()
    return Answer()
