"""Hepsiburada's listing host: the list, the uploads of stock, price and the rest with their later results, one listing's own calls.

Source: reference/marketplaces-tr.md, "## Hepsiburada", "List products (listings)", "Update stock / price", "Poll", "One listing".
An upload is refused as a whole only for its form or a quota; what is wrong with one row shows in the polled result.
"""

from __future__ import annotations

from typing import Any

from providers.sandboxes.exact import DAY, HOUR, decimal_text, is_int, kurus_of, number
from providers.sandboxes.hepsiburada_state import CARRIERS, Listing, Shop, Upload
from providers.sandboxes.hepsiburada_wire import Answer, Call, Refusal, bad, local, missing

KINDS = {
    "stock-uploads": {"availableStock", "maximumPurchasableQuantity"},
    "price-uploads": {"price"},
    "inventory-uploads": {"availableStock", "maximumPurchasableQuantity", "price", "dispatchTime", "cargoCompany1", "cargoCompany2", "cargoCompany3"},
    "shipping-info-uploads": {"dispatchTime", "cargoCompany1", "cargoCompany2", "cargoCompany3"},
    "additional-info-uploads": {"maximumPurchasableQuantity"},
}  # fmt: skip
MOST_ROWS = 4000
MOST_UNFINISHED = 5
KEPT = 24 * HOUR
#: The allowed band is a tenth to ten times of what the listing cost first; the true width is nowhere documented. One that came
#: without a price takes any.
BAND = 10


def listing_list(shop: Shop, call: Call) -> Answer:
    offset, limit = call.number("offset", None), call.number("limit", None, 1, 1000)
    hb_skus, skus, product = call.words("hbSkuList"), call.words("merchantSkuList"), call.query.get("productId", "")
    salable, not_salable = call.flag("salable-listings"), call.flag("notsalable-listings")
    start, end = call.span("updateStartDate", "updateEndDate")
    rows = [
        one
        for one in shop.listings.values()
        if (not hb_skus or one.hb_sku in hb_skus)
        and (not skus or one.sku in skus)
        and (not product or product == one.hb_sku)
        and (not salable or one.salable)
        and (not not_salable or not one.salable)
        and (start is None or start <= one.updated)
        and (end is None or one.updated <= end)
    ]
    page = [_row(one) for one in rows[offset : offset + limit]]
    return Answer(200, {"listings": page, "totalCount": len(rows), "limit": limit, "offset": offset})


def _row(one: Listing) -> dict[str, Any]:
    carriers = [CARRIERS[code][1] for code in one.carriers] + [None, None, None]
    reasons = ([] if one.stock else ["StockIsZero"]) + ([] if one.active else ["DeactivatedByMerchant"])
    return {
        "listingId": one.id, "uniqueIdentifier": one.id, "hepsiburadaSku": one.hb_sku, "merchantSku": one.sku,
        "price": number(one.price), "availableStock": one.stock, "dispatchTime": one.dispatch, "cargoCompany1": carriers[0],
        "cargoCompany2": carriers[1], "cargoCompany3": carriers[2], "maximumPurchasableQuantity": one.most,
        "isSalable": one.salable, "deactivationReasons": reasons, "isLocked": one.locked,
        "lockReasons": ["PriceIsSuspicious"] if one.locked else [], "isFulfilledByHB": False,
    }  # fmt: skip


# -- uploads -------------------------------------------------------------------------------------------------------
def upload(shop: Shop, call: Call) -> Answer:
    kind, rows = _kind(call), call.rows()
    if len(rows) > MOST_ROWS:
        raise bad("TooManyItems", f"Tek istekte en fazla {MOST_ROWS} satır gönderilebilir")
    for row in rows:
        for name in ("hepsiburadaSku", "merchantSku"):
            if not isinstance(row.get(name, ""), str):
                raise bad("InvalidBody", f"{name} metin olmalıdır")
    day = (call.now + 3 * HOUR) // DAY
    if shop.limits_on():
        if sum(not one.done for one in shop.uploads.values()) >= MOST_UNFINISHED:
            raise Refusal(429, "TooManyUploads", f"Aynı anda en fazla {MOST_UNFINISHED} yükleme işlenebilir")
        if shop.uploaded.get(day, 0) + len(rows) > 10 * len(shop.listings):
            raise Refusal(429, "DailyLimitExceeded", "Günlük yükleme sınırı aşıldı")
    shop.uploaded[day] = shop.uploaded.get(day, 0) + len(rows)
    taken = Upload(shop.guid(0xB47C), kind, call.now, len(rows), [], [], [])
    for index, row in enumerate(rows):
        listing, reasons, changes = _judge(shop, kind, row, taken)
        if reasons:
            names = {name: row.get(name) for name in ("hepsiburadaSku", "merchantSku")}
            taken.errors.append({"elementNo": index, **names, "errors": reasons})
        elif listing is not None and shop.may_apply():
            taken.pending.append((listing, changes))
    shop.uploads[taken.id] = taken
    shop.counts["batches_taken"] += 1
    if not shop.on("late_writes"):
        shop.apply(taken)
    return Answer(200, {"id": taken.id})


def upload_result(shop: Shop, call: Call) -> Answer:
    kind = _kind(call)
    one = shop.uploads.get(call.path["id"])
    if one is None or one.kind != kind or call.now - one.created > KEPT:
        raise missing("Yükleme")
    one.polls += 1
    shop.settle()
    status = "PROCESSING"
    if one.done:
        status = "COMPLETED_WITH_ERRORS" if one.errors else "COMPLETED"
        status = "FAILED" if len(one.errors) == one.total else status
    return Answer(
        200,
        {
            "id": one.id, "status": status, "createdAt": local(one.created), "total": one.total,
            "errors": one.errors if one.done else [], "priceValidations": one.bands if one.done else [],
        },
    )  # fmt: skip


def _kind(call: Call) -> str:
    if call.path["kind"] not in KINDS:
        raise missing("Sayfa")
    return call.path["kind"]


def find(shop: Shop, hb_sku: str, sku: str) -> Listing | None:
    """Either name is enough; when both are given, both must be the same listing's."""
    found = shop.listings.get(hb_sku) if hb_sku else shop.by_sku.get(sku)
    return None if found and sku and found.sku != sku else found


def _judge(
    shop: Shop, kind: str, row: dict[str, Any], taken: Upload
) -> tuple[Listing | None, list[str], dict[str, Any]]:
    listing = find(shop, row.get("hepsiburadaSku", ""), row.get("merchantSku", ""))
    if listing is None:
        return None, ["ListingNotFound"], {}
    if shop.on(f"refuse_sku:{listing.sku}"):
        return listing, ["ListingIsFrozen"], {}
    fields = {name: row[name] for name in KINDS[kind] if name in row}
    if not fields or (kind == "stock-uploads" and "availableStock" not in fields):
        return listing, ["NothingToUpdate"], {}
    reasons, changes = judge_fields(listing, fields)
    price = changes.get("price")
    if price is not None and listing.base and not listing.base // BAND <= price <= listing.base * BAND:
        reasons.append("PriceOutOfRange")
        taken.bands.append(
            {
                "type": "PRICE_RANGE", "hepsiburadaSku": listing.hb_sku, "merchantSku": listing.sku, "price": number(price),
                "minPrice": number(listing.base // BAND), "maxPrice": number(listing.base * BAND),
            }
        )  # fmt: skip
    return listing, reasons, changes


def judge_fields(listing: Listing, fields: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """Wire fields -> (what is wrong, attributes of the listing with their new values)."""
    reasons: list[str] = []
    changes: dict[str, Any] = {}
    whole = {"availableStock": ("stock", 0), "maximumPurchasableQuantity": ("most", 1), "dispatchTime": ("dispatch", 0)}
    for name, (attribute, least) in whole.items():
        if name in fields:
            if is_int(fields[name]) and fields[name] >= least:
                changes[attribute] = fields[name]
            else:
                reasons.append(f"{name} is invalid")
    if "price" in fields:
        price = kurus_of(fields["price"])
        if price is None:
            reasons.append("price is invalid")
        else:
            changes["price"] = price
    carriers = list(listing.carriers)
    for place in range(3):
        name = f"cargoCompany{place + 1}"
        if fields.get(name):
            code = next((code for code, (_, title, _) in CARRIERS.items() if title == fields[name]), None)
            if code is None:
                reasons.append(f"{name} is invalid")
            else:
                carriers[place : place + 1] = [code]
                changes["carriers"] = carriers
    return reasons, changes


# -- one listing ---------------------------------------------------------------------------------------------------
def _one(shop: Shop, call: Call) -> Listing:
    found = find(shop, call.path["hb"], call.path.get("sku", ""))
    if found is None:
        raise missing("Listing")
    return found


def change_one(shop: Shop, call: Call) -> Answer:
    listing, body = _one(shop, call), call.json()
    fields: dict[str, Any] = {}
    for name, wire in (("newAvailableStock", "availableStock"), ("newDispatchTime", "dispatchTime")):
        if body.get(name) is not None:
            fields[wire] = body[name]
    money = body.get("newPrice")
    if money is not None:
        if not isinstance(money, dict) or money.get("currency") != "TRY":
            raise bad("InvalidPrice", "newPrice {currency: TRY, amount} olmalıdır")
        fields["price"] = money.get("amount")
    reasons, changes = judge_fields(listing, fields)
    if reasons or not changes or shop.on(f"refuse_sku:{listing.sku}"):
        raise bad("InvalidListing", ", ".join(reasons) or "Güncellenemedi")
    price = changes.get("price", listing.base)
    if listing.base and not listing.base // BAND <= price <= listing.base * BAND:
        raise bad("PriceOutOfRange", f"{decimal_text(price)} izin verilen aralıkta değil")
    if shop.may_apply():
        for name, value in changes.items():
            setattr(listing, name, value)
        listing.updated = call.now
        shop.wrote(listing.sku)
    return Answer()


def delete_one(shop: Shop, call: Call) -> Answer:
    listing = _one(shop, call)
    if shop.may_apply():
        del shop.listings[listing.hb_sku], shop.by_sku[listing.sku]
        shop.wrote(listing.sku)
    return Answer()


def activate(shop: Shop, call: Call) -> Answer:
    return _set(shop, [_one(shop, call)], "active", True)


def deactivate(shop: Shop, call: Call) -> Answer:
    return _set(shop, [_one(shop, call)], "active", False)


def unlock(shop: Shop, call: Call) -> Answer:
    return _set(shop, [one for one in shop.listings.values() if one.locked], "locked", False)


def _set(shop: Shop, listings: list[Listing], attribute: str, value: bool) -> Answer:
    if shop.may_apply():
        for one in listings:
            setattr(one, attribute, value)
            one.updated = shop.now()
            shop.wrote(one.sku)
    return Answer()


def commissions(shop: Shop, call: Call) -> Answer:
    wanted = call.words("skuList")
    found = [one for one in shop.listings.values() if one.hb_sku in wanted or one.sku in wanted]
    return Answer(
        200, [{"hepsiburadaSku": one.hb_sku, "merchantSku": one.sku, "commissionRate": number(1500)} for one in found]
    )


def buybox(shop: Shop, call: Call) -> Answer:
    wanted = call.words("skuList")
    found = [one for one in shop.listings.values() if not wanted or one.hb_sku in wanted]
    rows = [
        {"hepsiburadaSku": one.hb_sku, "merchantSku": one.sku, "rank": 1, "price": number(one.price)}
        for one in found[:100]
    ]
    return Answer(200, rows)
