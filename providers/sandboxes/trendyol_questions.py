"""Trendyol's questions of buyers and the seller's answers.

Source: reference/marketplaces-tr.md, "## Trendyol", "Questions"; filters and fields from the vendor's page that it names. An answer
is read by the vendor first: it shows after ten minutes (a guess), or is refused with the switch `answers_rejected`.
"""

from __future__ import annotations

from typing import Any

from providers.sandboxes.trendyol_records import Question
from providers.sandboxes.trendyol_state import Shop
from providers.sandboxes.trendyol_wire import Answer, Call, bad, missing, page_of, window_of

QUESTION_STATUSES = ("WAITING_FOR_ANSWER", "WAITING_FOR_APPROVE", "ANSWERED", "REPORTED", "REJECTED")


def questions_list(shop: Shop, call: Call) -> Answer:
    shop.settle_questions()
    if call.number("supplierId", None) != shop.seller:
        raise bad("supplierId.invalid", "supplierId geçersiz")
    page, size = call.number("page", 0), call.number("size", 50, 1, 100)
    state, barcode = call.query.get("status"), call.query.get("barcode")
    if state and state not in QUESTION_STATUSES:
        raise bad("param.invalid", "status geçersiz")
    field = call.one_of("orderByField", ("CreatedDate", "PackageLastModifiedDate"), "CreatedDate")
    direction = call.one_of("orderByDirection", ("ASC", "DESC"), "DESC")
    start, end = window_of(call, "startDate", "endDate", 14, 7)
    rows = [
        q
        for q in shop.questions.values()
        if start <= q.asked <= end and (not state or q.status == state) and (not barcode or q.barcode == barcode)
    ]

    def at(question: Question) -> tuple[int, int]:
        moved = max(question.asked, question.answered, question.rejected_at)
        return (question.asked if field == "CreatedDate" else moved, question.id)

    rows.sort(key=at, reverse=direction == "DESC")
    data = page_of(rows, page, size)
    data["content"] = [_question_row(q) for q in data["content"]]
    return Answer(200, data)


def _question(shop: Shop, call: Call) -> Question:
    shop.settle_questions()
    question = shop.questions.get(call.identity("Q"))
    if question is None:
        raise missing("Soru")
    return question


def _question_row(question: Question) -> dict[str, Any]:
    told = None
    if question.answer:
        told = {
            "id": question.id + 1_000_000, "text": question.answer, "creationDate": question.answered,
            "reason": question.reason, "hasPrivateInfo": question.status == "REJECTED",
        }  # fmt: skip
    rejected = question.status == "REJECTED"
    return {
        "id": question.id, "text": question.text, "creationDate": question.asked, "customerId": question.customer_id,
        "userName": "A** Ö**", "showUserName": False, "productName": question.product, "public": True,
        "imageUrl": "https://cdn.example.invalid/soru.jpg", "webUrl": "https://www.example.invalid/p",
        "status": question.status, "answer": None if rejected else told, "rejectedAnswer": told if rejected else None,
        "rejectedDate": question.rejected_at or None, "reason": question.reason, "reportReason": None,
        "reportedDate": None, "answeredDateMessage": "",
    }  # fmt: skip


def one_question(shop: Shop, call: Call) -> Answer:
    return Answer(200, _question_row(_question(shop, call)))


def answer_question(shop: Shop, call: Call) -> Answer:
    question, text = _question(shop, call), call.json().get("text")
    if not isinstance(text, str) or not 10 <= len(text) <= 2000:
        raise bad("text.length", "Cevap 10 ile 2000 karakter arasında olmalıdır")
    if question.status != "WAITING_FOR_ANSWER":
        raise bad("question.status", "Bu soru daha önce cevaplanmış")
    if shop.may_apply():
        question.answer, question.answered, question.status = text, shop.now(), "WAITING_FOR_APPROVE"
        shop.wrote()
    return Answer()
