"""Trendyol's services beside orders and listings: questions, invoice links, splits, box counts. Requests, wire shapes and parsers. Pure.
Must never send what Trendyol is known to refuse: its refusals of these calls are sentences without codes.

Source of the facts: reference/marketplaces-tr.md, "## Trendyol" (Questions, Invoice, Confirm / ship); the bodies of the split, the
paging of questions and when a 409 comes from Trendyol's public pages (splitShipmentPackage, getQuestionsFilter, sendInvoiceLink).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from app.contracts import Account, Message, Page
from app.kit import Call, Reply, decode_json, json_call, maybe, read_records, segment
from app.model import Order, Question, QuestionStatus, Window, clean, from_epoch_ms, to_epoch_ms
from providers.marketplaces.trendyol_calls import headers, seller
from providers.marketplaces.trendyol_wire import PagedWire

QUESTION_SIZE = 50
ANSWER_CHARACTERS = (10, 2000)
INVOICE_NUMBER = re.compile(r"[A-Za-z0-9]{3}\d{13}", re.ASCII)
_STATES = {
    "WAITING_FOR_ANSWER": QuestionStatus.OPEN,
    "WAITING_FOR_APPROVE": QuestionStatus.IN_REVIEW,
    "ANSWERED": QuestionStatus.ANSWERED,
    "REPORTED": QuestionStatus.REPORTED,
    "REJECTED": QuestionStatus.CLOSED,
    "UNANSWERED": QuestionStatus.CLOSED,
}

Groups = Sequence[Sequence[tuple[str, int]]]
MakeCall = Callable[[], Call]


# -- questions -----------------------------------------------------------------------------------------------------------
class AnswerWire(msgspec.Struct, rename="camel"):
    text: str | None = None
    creation_date: int | None = None
    reason: str | None = None


class QuestionWire(msgspec.Struct, rename="camel"):
    id: int | str
    text: str
    creation_date: int
    status: str
    user_name: str | None = None
    product_name: str | None = None
    product_main_id: str | None = None
    web_url: str | None = None
    answer: AnswerWire | None = None
    rejected_answer: AnswerWire | None = None
    reason: str | None = None


def _questions(account: Account, more: str = "") -> str:
    return f"/integration/qna/sellers/{seller(account)}/questions{more}"


def questions_request(account: Account, window: Window) -> Call:
    """Questions asked within the window, at most two weeks (Trendyol cuts a wider one without a word). Oldest first: what is asked
    meanwhile comes at the end and moves nothing to an earlier page."""
    params = {
        "supplierId": account.setting("seller_id"), "startDate": str(to_epoch_ms(window.since)),
        "endDate": str(to_epoch_ms(window.until)), "orderByField": "CreatedDate", "orderByDirection": "ASC",
        "page": "0", "size": str(QUESTION_SIZE),
    }  # fmt: skip
    path = _questions(account, "/filter")
    return Call("GET", path, "questions", tuple(params.items()), headers(account), group="questions")


def question_request(account: Account, question_id: str) -> Call:
    path = _questions(account, f"/{segment(question_id)}")
    return Call("GET", path, "questions", (), headers(account), group="questions")


def answer_request(account: Account, question_id: str, text: str) -> Call:
    path = _questions(account, f"/{segment(question_id)}/answers")
    return json_call(
        "POST", path, "answer", {"text": text}, headers=headers(account), group="questions", repeatable=False
    )


def refused_answer(text: str) -> Message | None:
    least, most = ANSWER_CHARACTERS
    if not least <= len(text) <= most:
        return Message("item.refused", {"reason": f"answer_{least}_{most}"}, field="text")
    return None


def to_question(wire: QuestionWire) -> Question:
    answer, refused = wire.answer or AnswerWire(), wire.rejected_answer or AnswerWire()
    return Question(
        remote_id=str(wire.id),
        text=clean(wire.text, 4000),
        status=_STATES.get(wire.status, QuestionStatus.UNKNOWN),
        vendor_status=clean(wire.status, 40),
        asked_at=from_epoch_ms(wire.creation_date),
        buyer=clean(wire.user_name or "", 80),
        product=clean(wire.product_name or "", 200),
        product_id=clean(wire.product_main_id or "", 120),
        url=clean(wire.web_url or "", 500),
        answer=clean(answer.text or "", 4000),
        answered_at=maybe(from_epoch_ms, answer.creation_date),
        refused_answer=clean(refused.text or "", 4000),
        refused_reason=clean(refused.reason or (wire.reason or "" if refused.text else ""), 300),
    )


def _id_of(record: Mapping[str, object]) -> str:
    return str(record["id"])


def parse_questions(reply: Reply) -> Page[Question]:
    found = decode_json(reply, PagedWire)
    items, rejects = read_records(found.content, QuestionWire, to_question, _id_of)
    return Page(items, rejects, total=found.total_elements)


def parse_question(reply: Reply) -> Question:
    """The one question that was asked for: no envelope around it."""
    return to_question(decode_json(reply, QuestionWire))


class _Taken(msgspec.Struct, rename="camel"):
    answer_id: int | str | None = None


def parse_answer_id(reply: Reply) -> str:
    """Trendyol's id of an answer. It says `{answerId}`, a bare sentence or nothing: all three mean that it was taken."""
    try:
        return str(msgspec.json.decode(reply.body, type=_Taken).answer_id or "")
    except (msgspec.DecodeError, msgspec.ValidationError):
        return ""


# -- packages ------------------------------------------------------------------------------------------------------------
def _number(package_id: str) -> int:
    return int(package_id)


def no_package(order: Order) -> Message | None:
    """Trendyol's package ids are numbers; anything else never came from it."""
    if order.remote_id.isascii() and order.remote_id.isdigit():
        return None
    return Message("item.not_found", {"order": order.remote_id})


def invoice_link_request(account: Account, package_id: str, url: str, number: str, issued_at: datetime | None) -> Call:
    body: dict[str, object] = {"invoiceLink": url, "shipmentPackageId": _number(package_id)}
    if number:
        body["invoiceNumber"] = number
    if issued_at is not None:
        body["invoiceDateTime"] = to_epoch_ms(issued_at)
    path = f"/integration/sellers/{seller(account)}/seller-invoice-links"
    return json_call("POST", path, "invoice_link", body, headers=headers(account), group="invoices", repeatable=False)


def refused_invoice(order: Order, url: str, number: str, issued_at: datetime | None) -> Message | None:
    """Number and date have to be there for micro-export packages only; a number has to look like one wherever it is sent."""
    if not re.match(r"https?://[^\s/]+", url):
        return Message("item.refused", {"reason": "link"}, field="invoiceLink")
    if number and not INVOICE_NUMBER.fullmatch(number):
        return Message("item.refused", {"reason": "invoice_number"}, field="invoiceNumber")
    if order.extra.get("micro") and not (number and issued_at):
        return Message("item.refused", {"reason": "invoice_of_export"}, field="invoiceNumber")
    return no_package(order)


def _package(account: Account, package_id: str, suffix: str) -> str:
    return f"/integration/order/sellers/{seller(account)}/shipment-packages/{segment(package_id)}{suffix}"


def split_request(account: Account, package_id: str, groups: Groups) -> Call:
    """One new package a group; what no group names comes in one more."""
    parts = [
        {"packageDetails": [{"orderLineId": _number(line), "quantities": count} for line, count in group]}
        for group in groups
    ]
    path = _package(account, package_id, "/split-packages")
    body = {"splitPackages": parts}
    return json_call("POST", path, "split", body, headers=headers(account), group="package_edits", repeatable=False)


def refused_split(order: Order, groups: Groups) -> Message | None:
    """Groups of lines that the package has, each at least one piece, and together two packages at least."""
    left = {line.remote_id: line.quantity for line in order.lines if not line.cancelled}
    for line, count in (share for group in groups for share in group):
        if line not in left:
            return Message("item.refused", {"reason": "split_line", "value": line}, field="orderLineId")
        left[line] -= count
        if count < 1 or left[line] < 0:
            return Message("item.refused", {"reason": "split_pieces", "value": line}, field="quantities")
    packages = len(groups) + any(left.values())
    if packages < 2 or not all(groups):
        return Message("item.refused", {"reason": "split_nothing"}, field="splitPackages")
    return no_package(order)


def box_info_request(account: Account, package_id: str, boxes: int, desi: Decimal) -> Call:
    path = _package(account, package_id, "/box-info")
    body = {"boxQuantity": boxes, "deci": desi}
    return json_call("PUT", path, "box_info", body, headers=headers(account), group="package_edits", repeatable=True)


def refused_boxes(order: Order, boxes: int, desi: Decimal) -> Message | None:
    if boxes < 1:
        return Message("item.refused", {"reason": "boxes"}, field="boxQuantity")
    if not desi.is_finite() or desi <= 0:
        return Message("item.refused", {"reason": "desi"}, field="deci")
    return no_package(order)
