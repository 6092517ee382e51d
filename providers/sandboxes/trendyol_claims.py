"""Trendyol's returns: the list, the seller's yes, the seller's objection and the history of a piece.

Source: reference/marketplaces-tr.md, "## Trendyol", "Claims"; the reasons, the 500 characters and the 24 hours of reason 1651 from
the vendor's pages that it names. Switches: `fraud_check` (an approved return waits an hour), `no_claims_404` (an empty list is a
404, as an SDK's authors saw on stage).
"""

from __future__ import annotations

from typing import Any

from providers.sandboxes.trendyol_records import Claim, ClaimItem
from providers.sandboxes.trendyol_shapes import SHIFT_MS
from providers.sandboxes.trendyol_state import Shop
from providers.sandboxes.trendyol_wire import HOUR_MS, Answer, Call, bad, missing, money, page_of

ISSUE_REASONS = {
    1: "İade gelen ürün sahte", 51: "İade gelen ürün kullanılmış", 201: "İade gelen ürün yanlış",
    251: "İade gelen ürün defolu / zarar görmüş", 401: "Eksik ürün", 101: "Fazla ürün",
    151: "Ürünün bir parçası / aksesuarı eksik", 301: "Ürün bana ait değil", 351: "İade paketi boş geldi",
    1651: "İade paketi elime ulaşmadı", 1701: "Ürün yanlış değil", 1751: "Ürün kusurlu değil",
    451: "Müşteriden gelen ürünü analize göndereceğim", 2101: "Sipariş sorusundan gelen değişim talebi",
}  # fmt: skip
WITHOUT_FILE = {1651, 451, 2101}
CLAIM_STATUSES = (
    "Created", "WaitingInAction", "WaitingFraudCheck", "Accepted", "Cancelled", "Rejected", "Unresolved", "InAnalysis",
)  # fmt: skip
SELLER = "SellerIntegrationApi"


def claims_list(shop: Shop, call: Call) -> Answer:
    """`claimIds` overrules every other filter. With a status, a claim shows when one of its pieces has it."""
    shop.settle_claims()
    page, size = call.number("page", 0), call.number("size", 50, 1, 200)
    state = call.query.get("claimItemStatus")
    if state and state not in CLAIM_STATUSES:
        raise bad("param.invalid", "claimItemStatus geçersiz")
    ids, number = set(call.words("claimIds")), call.query.get("orderNumber")
    start, end = call.number("startDate", 0), call.number("endDate", call.now_ms)
    if start > end:
        raise bad("date.invalid", "startDate, endDate tarihinden büyük olamaz")
    rows = [
        claim
        for claim in shop.claims.values()
        if (
            claim.id in ids
            if ids
            else (not number or claim.package.number == number)
            and (not state or any(item.status == state for item in claim.items))
            and start <= claim.claimed <= end
        )
    ]
    rows.sort(key=lambda claim: (-claim.modified, claim.id))
    if not rows and shop.on("no_claims_404"):
        raise missing("İade")
    data = page_of(rows, page, size)
    data["content"] = [_claim_row(claim) for claim in data["content"]]
    return Answer(200, data)


def _claim_row(claim: Claim) -> dict[str, Any]:
    package = claim.package
    return {
        "id": claim.id, "orderNumber": package.number, "orderDate": package.placed + SHIFT_MS,
        "customerFirstName": package.buyer.first, "customerLastName": package.buyer.last, "claimDate": claim.claimed,
        "cargoTrackingNumber": package.tracking, "cargoProviderName": package.carrier,
        "orderShipmentPackageId": package.id, "orderOutboundPackageId": package.id, "lastModifiedDate": claim.modified,
        "items": [_piece_row(claim, item) for item in claim.items],
    }  # fmt: skip


def _piece_row(claim: Claim, item: ClaimItem) -> dict[str, Any]:
    line = item.line
    number, name, code = claim.reason
    reason = {"id": number, "name": name, "externalReasonId": number, "code": code}
    return {
        "orderLine": {
            "id": line.id, "productName": line.title, "barcode": line.barcode, "merchantSku": line.sku,
            "productColor": line.colour, "productSize": "Tek Ebat", "price": money(line.unit - line.seller_discount),
            "vatBaseAmount": line.vat,
        },
        "claimItems": [{
            "id": item.id, "orderLineItemId": line.id, "customerClaimItemReason": reason, "trendyolClaimItemReason": reason,
            "claimItemStatus": {"name": item.status}, "autoAccepted": item.auto,
            "acceptedBySeller": item.status in ("Accepted", "WaitingFraudCheck") and not item.auto,
            "resolved": item.status in ("Accepted", "Rejected", "Cancelled"), "note": item.issue[1], "customerNote": "",
        }],
    }  # fmt: skip


def _pieces_of(shop: Shop, call: Call, ids: Any) -> tuple[Claim, list[ClaimItem]]:
    """The named pieces of one claim; every one of them must still wait for the seller."""
    shop.settle_claims()
    claim = shop.claims.get(call.path["C"])
    if claim is None:
        raise missing("İade")
    own = {item.id: item for item in claim.items}
    if not isinstance(ids, list) or not ids or len(ids) != len(set(map(str, ids))) or any(i not in own for i in ids):
        raise bad("claimItems.invalid", "İade satırları bu iadeye ait değil")
    items = [own[i] for i in ids]
    if any(item.status != "WaitingInAction" for item in items):
        raise bad("claim.status", "Yalnızca WaitingInAction statüsündeki iadelerde işlem yapılabilir")
    return claim, items


def approve_claim(shop: Shop, call: Call) -> Answer:
    body = call.json()
    claim, items = _pieces_of(shop, call, body.get("claimLineItemIdList"))
    if not isinstance(body.get("params", {}), dict):
        raise bad("params.invalid", "params geçersiz")
    if shop.may_apply():
        for item in items:
            shop.set_claim(claim, item, "WaitingFraudCheck" if shop.on("fraud_check") else "Accepted", SELLER)
        shop.wrote()
    return Answer()


def issue_claim(shop: Shop, call: Call) -> Answer:
    """The objection goes to the vendor's people; the reference does not say which status a piece has meanwhile."""
    reason = call.number("claimIssueReasonId", None)
    words = call.query.get("description", "")
    if reason not in ISSUE_REASONS:
        raise bad("claimIssueReasonId.invalid", "claimIssueReasonId geçersiz")
    if not words.strip():
        raise bad("description.required", "description zorunludur")
    if len(words) > 500:
        raise bad("description.length", "description en fazla 500 karakter olabilir")
    claim, items = _pieces_of(shop, call, call.words("claimItemIdList"))
    if reason == 1651 and any(call.now_ms - item.waiting_since < 24 * HOUR_MS for item in items):
        raise bad(
            "claimIssueReasonId.early", "Bu neden, iade aksiyon bekliyor statüsüne geçtikten 24 saat sonra seçilebilir"
        )
    files = [content for name, content in call.parts().values() if name]
    if reason not in WITHOUT_FILE and not any(files):
        raise bad("files.required", "Bu itiraz nedeni için dosya zorunludur")
    if shop.may_apply():
        for item in items:
            item.issue, item.files = (reason, words), len(files)
            shop.set_claim(claim, item, "InAnalysis", SELLER)
        shop.wrote()
    return Answer()


def claim_reasons(shop: Shop, call: Call) -> Answer:
    return Answer(200, [{"id": number, "name": name} for number, name in ISSUE_REASONS.items()])


def claim_audit(shop: Shop, call: Call) -> Answer:
    shop.settle_claims()
    for claim in shop.claims.values():
        for item in claim.items:
            if item.id == call.path["I"]:
                return Answer(200, [_audit_row(claim, item, row) for row in item.audit])
    raise missing("İade satırı")


def _audit_row(claim: Claim, item: ClaimItem, row: tuple[int, str, str, str]) -> dict[str, Any]:
    at, before, after, who = row
    return {
        "claimId": claim.id, "claimItemId": item.id, "previousStatus": before, "newStatus": after,
        "userInfoDocument": {"executorId": "1", "executorApp": who, "executorUser": "satici@example.com"}, "date": at,
    }  # fmt: skip
