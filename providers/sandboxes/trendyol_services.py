"""Trendyol's smaller services: labels, invoices, claims, questions, webhooks, finance, addresses.

Source: reference/marketplaces-tr.md, "## Trendyol", paragraphs Label, Invoice, Claims, Questions, Webhooks, Finance. The row
fields of finance and addresses are not in the reference; they are plausible, not proven.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from providers.sandboxes.trendyol_shapes import SHIFT_MS
from providers.sandboxes.trendyol_state import LABELLED, STATUSES, Claim, Package, Question, Shop
from providers.sandboxes.trendyol_wire import (
    DAY_MS,
    HOUR_MS,
    Answer,
    Call,
    Refusal,
    bad,
    missing,
    money,
    page_of,
    window_of,
)

ISSUE_REASONS = {
    1651: "İade gelen ürün hasarlı değil", 451: "İade paketi boş geldi", 2101: "Ürün bana ait değil",
    1: "İade gelen ürün sahte", 201: "İade gelen ürün yanlış", 251: "İade gelen ürün kullanılmış",
}  # fmt: skip
WITHOUT_FILE = {1651, 451, 2101}
CLAIM_STATUSES = (
    "Created", "WaitingInAction", "WaitingFraudCheck", "Accepted", "Cancelled", "Rejected", "Unresolved", "InAnalysis",
)  # fmt: skip
QUESTION_STATUSES = ("WAITING_FOR_ANSWER", "WAITING_FOR_APPROVE", "ANSWERED", "REPORTED", "REJECTED")
SETTLEMENTS = ("Sale", "Return", "Discount", "DiscountCancel", "Coupon", "CouponCancel")
OTHER = ("CashAdvance", "WireTransfer", "IncomingTransfer", "ReturnInvoice", "CommissionAgreementInvoice", "PaymentOrder", "DeductionInvoices", "Stoppage")  # fmt: skip


# -- labels --------------------------------------------------------------------------------------------------------
def _labelled(shop: Shop, call: Call) -> Package:
    tracking = call.identity("T")
    package = next((p for p in shop.packages.values() if p.tracking == tracking), None)
    if package is None:
        raise missing("Kargo takip numarası")
    if package.carrier not in LABELLED:
        raise bad("label.carrier", f"{package.carrier} için ortak etiket üretilemez")
    return package


def ask_label(shop: Shop, call: Call) -> Answer:
    package, body = _labelled(shop, call), call.json()
    if body.get("format") != "ZPL":
        raise bad("label.format", "format ZPL olmalıdır")
    boxes = body.get("boxQuantity", 1)
    if not isinstance(boxes, int) or isinstance(boxes, bool) or boxes < 1:
        raise bad("label.boxQuantity", "boxQuantity en az 1 olmalıdır")
    if package.status not in ("Picking", "Invoiced"):
        raise bad("label.status", "Etiket Picking veya Invoiced statüsünden sonra istenebilir")
    if shop.may_apply():
        shop.labels[package.tracking] = boxes
        shop.counts["labels_asked"] += 1
    return Answer()


def get_label(shop: Shop, call: Call) -> Answer:
    package = _labelled(shop, call)
    boxes = shop.labels.get(package.tracking)
    if boxes is None:
        raise missing("Etiket (önce etiket talebi oluşturulmalıdır)")
    labels = [{"label": _zpl(package, n, boxes), "format": "ZPL"} for n in range(1, boxes + 1)]
    return Answer(200, {"data": labels})


def _zpl(package: Package, box: int, boxes: int) -> str:
    buyer = package.buyer
    return (
        f"^XA^CI28^PW800^LL1200^FO40,40^A0N,40,40^FD{package.carrier}^FS"
        f"^FO40,110^BCN,160,Y,N,N^FD{package.tracking}^FS"
        f"^FO40,330^A0N,34,34^FD{buyer.first} {buyer.last}^FS^FO40,380^A0N,28,28^FD{buyer.street}^FS"
        f"^FO40,420^A0N,28,28^FD{buyer.district} / {buyer.city}^FS^FO40,480^A0N,34,34^FD{package.number} {box}/{boxes}^FS^XZ"
    )


# -- invoices ------------------------------------------------------------------------------------------------------
def _invoiced_package(shop: Shop, raw: Any) -> Package:
    package = shop.packages.get(raw) if isinstance(raw, int) and not isinstance(raw, bool) else None
    if package is None:
        raise missing("Paket")
    return package


def _already() -> Refusal:
    return Refusal(409, "invoice.exists", "Bu paket için fatura zaten yüklenmiş", "ClientApiConflictException")


def invoice_link(shop: Shop, call: Call) -> Answer:
    body = call.json()
    link, number, at = body.get("invoiceLink"), body.get("invoiceNumber"), body.get("invoiceDateTime")
    if not isinstance(link, str) or not re.fullmatch(r"https?://\S+", link):
        raise bad("invoiceLink.invalid", "invoiceLink geçersiz")
    if not isinstance(number, str) or not re.fullmatch(r"[A-Za-z0-9]{3}\d{13}", number, re.ASCII):
        raise bad("invoiceNumber.invalid", "invoiceNumber 3 alfanümerik ve 13 rakamdan oluşmalıdır")
    if not isinstance(at, int) or isinstance(at, bool) or not 10 <= len(str(at)) <= 13:
        raise bad("invoiceDateTime.invalid", "invoiceDateTime saniye veya milisaniye olmalıdır")
    package = _invoiced_package(shop, body.get("shipmentPackageId"))
    if package.invoice_link:
        raise _already()
    if shop.may_apply():
        package.invoice_link, package.invoice_number = link, number
        shop.touch(package)
        shop.wrote()
        shop.counts["invoices"] += 1
    return Answer(201)


def delete_invoice_link(shop: Shop, call: Call) -> Answer:
    body = call.json()
    package = _invoiced_package(shop, body.get("serviceSourceId"))
    if body.get("channelId") != 1 or body.get("customerId") != package.customer_id:
        raise bad("invoice.delete", "channelId veya customerId hatalı")
    if not package.invoice_link:
        raise missing("Fatura")
    if shop.may_apply():
        package.invoice_link = package.invoice_number = ""
        shop.touch(package)
        shop.wrote()
    return Answer(202)


def invoice_file(shop: Shop, call: Call) -> Answer:
    parts = call.parts()
    raw = parts.get("shipmentPackageId", ("", b""))[1].decode("latin-1")
    package = _invoiced_package(shop, int(raw) if re.fullmatch(r"\d{1,18}", raw, re.ASCII) else None)
    name, content = parts.get("file", ("", b""))
    starts = {".pdf": b"%PDF", ".jpeg": b"\xff\xd8", ".jpg": b"\xff\xd8", ".png": b"\x89PNG"}
    ending = name[name.rfind(".") :] if "." in name else ""
    if ending not in starts or not content.startswith(starts[ending]):
        raise bad("file.type", "Dosya pdf, jpeg veya png olmalıdır")
    if len(content) > 10 * 1024 * 1024:
        raise bad("file.size", "Dosya en fazla 10 MB olabilir")
    if package.invoice_link:
        raise _already()
    if shop.may_apply():
        package.invoice_link = f"https://fatura.example.invalid/{package.id}{ending}"
        shop.touch(package)
        shop.wrote()
        shop.counts["invoices"] += 1
    return Answer(201)


# -- claims --------------------------------------------------------------------------------------------------------
def claims_list(shop: Shop, call: Call) -> Answer:
    shop.settle_claims()
    page, size = call.number("page", 0), call.number("size", 50, 1, 200)
    state = call.query.get("claimItemStatus")
    if state and state not in CLAIM_STATUSES:
        raise bad("param.invalid", "claimItemStatus geçersiz")
    ids, number = set(call.words("claimIds")), call.query.get("orderNumber")
    start, end = call.number("startDate", 0), call.number("endDate", call.now_ms)
    rows = [
        claim
        for claim in shop.claims.values()
        if (not ids or claim.id in ids)
        and (not number or claim.package.number == number)
        and (not state or claim.status == state)
        and start <= claim.claimed <= end
    ]
    rows.sort(key=lambda claim: (-claim.claimed, claim.id))
    data = page_of(rows, page, size)
    data["content"] = [_claim_row(claim) for claim in data["content"]]
    return Answer(200, data)


def _claim_row(claim: Claim) -> dict[str, Any]:
    line, package = claim.line, claim.package
    number, name, code = claim.reason
    return {
        "id": claim.id, "orderNumber": package.number, "orderDate": package.placed + SHIFT_MS, "claimDate": claim.claimed,
        "cargoTrackingNumber": package.tracking, "cargoProviderName": package.carrier,
        "items": [{
            "orderLine": {
                "id": line.id, "productName": line.title, "barcode": line.barcode, "merchantSku": line.sku,
                "price": money(line.unit - line.seller_discount), "vatBaseAmount": line.vat,
            },
            "claimItems": [{
                "id": claim.item_id, "orderLineItemId": line.id,
                "customerClaimItemReason": {"id": number, "name": name, "externalReasonId": number, "code": code},
                "claimItemStatus": {"name": claim.status}, "autoAccepted": claim.auto,
                "acceptedBySeller": claim.status == "Accepted" and not claim.auto, "note": "",
            }],
        }],
    }  # fmt: skip


def _claim_of(shop: Shop, call: Call, items: Any) -> Claim:
    shop.settle_claims()
    claim = shop.claims.get(call.path["C"])
    if claim is None:
        raise missing("İade")
    if not isinstance(items, list) or items != [claim.item_id]:
        raise bad("claimItems.invalid", "İade satırları bu iadeye ait değil")
    if claim.status != "WaitingInAction":
        raise bad("claim.status", "Yalnızca WaitingInAction statüsündeki iadelerde işlem yapılabilir")
    return claim


def _decide(shop: Shop, claim: Claim, status: str) -> Answer:
    if shop.may_apply():
        claim.audit.append((shop.now(), claim.status, status))
        claim.status = status
        shop.wrote()
    return Answer()


def approve_claim(shop: Shop, call: Call) -> Answer:
    return _decide(shop, _claim_of(shop, call, call.json().get("claimLineItemIdList")), "Accepted")


def issue_claim(shop: Shop, call: Call) -> Answer:
    reason = call.number("claimIssueReasonId", None)
    if reason not in ISSUE_REASONS:
        raise bad("claimIssueReasonId.invalid", "claimIssueReasonId geçersiz")
    if not call.query.get("description", "").strip():
        raise bad("description.required", "description zorunludur")
    claim = _claim_of(shop, call, call.words("claimItemIdList"))
    if reason not in WITHOUT_FILE and not any(name for name, _ in call.parts().values()):
        raise bad("files.required", "Bu itiraz nedeni için dosya zorunludur")
    return _decide(shop, claim, "InAnalysis")


def claim_reasons(shop: Shop, call: Call) -> Answer:
    return Answer(200, [{"id": number, "name": name} for number, name in ISSUE_REASONS.items()])


def claim_audit(shop: Shop, call: Call) -> Answer:
    claim = next((c for c in shop.claims.values() if c.item_id == call.path["I"]), None)
    if claim is None:
        raise missing("İade satırı")
    return Answer(200, [{"date": at, "previousStatus": old, "newStatus": new} for at, old, new in claim.audit])


# -- questions -----------------------------------------------------------------------------------------------------
def questions_list(shop: Shop, call: Call) -> Answer:
    if call.number("supplierId", None) != shop.seller:
        raise bad("supplierId.invalid", "supplierId geçersiz")
    page, size = call.number("page", 0), call.number("size", 50, 1, 100)
    state = call.query.get("status")
    if state and state not in QUESTION_STATUSES:
        raise bad("param.invalid", "status geçersiz")
    start, end = window_of(call, "startDate", "endDate", 14, 7)
    rows = [q for q in shop.questions.values() if start <= q.asked <= end and (not state or q.status == state)]
    data = page_of(rows, page, size)
    data["content"] = [_question_row(q) for q in data["content"]]
    return Answer(200, data)


def _question(shop: Shop, call: Call) -> Question:
    question = shop.questions.get(call.identity("Q"))
    if question is None:
        raise missing("Soru")
    return question


def _question_row(question: Question) -> dict[str, Any]:
    answer = {"text": question.answer, "creationDate": question.answered} if question.answer else None
    return {
        "id": question.id, "text": question.text, "creationDate": question.asked, "customerId": question.customer_id,
        "productName": question.product, "public": True, "status": question.status, "answer": answer,
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


# -- webhooks ------------------------------------------------------------------------------------------------------
def webhooks_list(shop: Shop, call: Call) -> Answer:
    secret = ("password", "apiKey")
    return Answer(200, [{k: v for k, v in hook.items() if k not in secret} for hook in shop.webhooks.values()])


def _hook_fields(call: Call) -> dict[str, Any]:
    body = call.json()
    kind = body.get("authenticationType")
    needed = ["apiKey"]
    if kind == "BASIC_AUTHENTICATION":
        needed = ["username", "password"]
    elif kind != "API_KEY":
        raise bad("authenticationType.invalid", "authenticationType geçersiz")
    if not isinstance(body.get("url"), str) or not re.fullmatch(r"https?://\S+", body["url"]):
        raise bad("url.invalid", "url geçersiz")
    if not all(isinstance(body.get(name), str) and body[name] for name in needed):
        raise bad("authentication.required", f"{', '.join(needed)} zorunludur")
    known = {_shout(status) for status in STATUSES}
    wanted = body.get("subscribedStatuses", [])
    if not isinstance(wanted, list) or any(not isinstance(status, str) or status not in known for status in wanted):
        raise bad("subscribedStatuses.invalid", "subscribedStatuses geçersiz")
    names = ("url", "authenticationType", "username", "password", "apiKey", "subscribedStatuses")
    return {name: body[name] for name in names if name in body}


def _shout(status: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", status).upper()


def add_webhook(shop: Shop, call: Call) -> Answer:
    fields = _hook_fields(call)
    if len(shop.webhooks) >= 15:
        raise bad("webhook.limit", "En fazla 15 webhook tanımlanabilir")
    key = f"{shop.next_number():08x}-3eb0-4000-8000-{shop.seller:012d}"
    shop.webhooks[key] = {"id": key, "createdDate": shop.now(), "status": "ACTIVE"} | fields
    return Answer(200, {"id": key})


def _hook(shop: Shop, call: Call) -> dict[str, Any]:
    hook = shop.webhooks.get(call.path["W"])
    if hook is None:
        raise missing("Webhook")
    return hook


def change_webhook(shop: Shop, call: Call) -> Answer:
    _hook(shop, call).update(_hook_fields(call))
    return Answer()


def delete_webhook(shop: Shop, call: Call) -> Answer:
    del shop.webhooks[_hook(shop, call)["id"]]
    return Answer()


def activate_webhook(shop: Shop, call: Call) -> Answer:
    _hook(shop, call)["status"] = "ACTIVE"
    return Answer()


def deactivate_webhook(shop: Shop, call: Call) -> Answer:
    _hook(shop, call)["status"] = "PASSIVE"
    return Answer()


# -- finance and addresses -----------------------------------------------------------------------------------------
def settlements(shop: Shop, call: Call) -> Answer:
    kind = call.one_of("transactionType", SETTLEMENTS, None)
    start, end, page, size = _finance_window(call)
    rows = []
    wanted = {"Sale": "Delivered", "Return": "Returned"}.get(kind)
    for package in shop.packages.values():
        if package.status == wanted and start <= package.modified <= end:
            rows += [_settled(shop, package, n, kind) for n in range(len(package.lines))]
    return Answer(200, page_of(rows, page, size))


def other_financials(shop: Shop, call: Call) -> Answer:
    call.one_of("transactionType", OTHER, None)
    _, _, page, size = _finance_window(call)
    return Answer(200, page_of([], page, size))


def _finance_window(call: Call) -> tuple[int, int, int, int]:
    start, end = call.number("startDate", None), call.number("endDate", None)
    size = call.number("size", 500)
    if size not in (500, 1000):
        raise bad("size.invalid", "size 500 veya 1000 olmalıdır")
    return start, end, call.number("page", 0), size


def _settled(shop: Shop, package: Package, n: int, kind: str) -> dict[str, Any]:
    line = package.lines[n]
    gross = (line.unit - line.seller_discount) * line.quantity
    commission = gross * 15 // 100
    sale = kind == "Sale"
    return {
        "id": f"{package.id}{n}", "transactionDate": package.modified, "barcode": line.barcode, "transactionType": kind,
        "receiptId": package.id, "description": "Satış" if sale else "İade", "debt": money(0 if sale else gross),
        "credit": money(gross if sale else 0), "paymentPeriod": 21, "commissionRate": Decimal("15.00"),
        "commissionAmount": money(commission), "sellerRevenue": money(gross - commission), "orderNumber": package.number,
        "shipmentPackageId": package.id, "paymentOrderId": None, "paymentDate": package.modified + 21 * DAY_MS + HOUR_MS,
        "sellerId": shop.seller, "currency": "TRY",
    }  # fmt: skip


def addresses(shop: Shop, call: Call) -> Answer:
    row = {
        "id": 1, "addressType": "Shipment", "country": "Türkiye", "city": "İstanbul", "cityCode": 34, "district": "Kadıköy",
        "districtId": 1000, "postCode": "34710", "address": "Örnek Sk. No:1", "isReturningAddress": True, "isDefault": True,
        "fullAddress": "Örnek Sk. No:1 Kadıköy İstanbul", "isShipmentAddress": True, "isInvoiceAddress": True,
    }  # fmt: skip
    return Answer(200, {"supplierAddresses": [row], "defaultShipmentAddress": row, "defaultInvoiceAddress": row})
