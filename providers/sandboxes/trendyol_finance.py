"""Trendyol's account statement: what each delivered piece earns (settlements) and what was paid and charged (other financials).

Source: reference/marketplaces-tr.md, "## Trendyol", "Finance"; fields, 15 days, Wednesdays and debit/credit from the vendor's page
that it names. Computed from the packages and returns at every call. Switch `short_payment`: each payment order pays one lira less
than its rows say. Commission (15 per cent), the term (21 days) and the freight per package are invented.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from providers.sandboxes.trendyol_records import Line, Package
from providers.sandboxes.trendyol_shapes import SHIFT_MS
from providers.sandboxes.trendyol_state import Shop
from providers.sandboxes.trendyol_wire import DAY_MS, Answer, Call, bad, money, page_of

#: Kind -> (the word in the row, credit for the seller). The words past the first two are guesses.
SETTLEMENTS = {
    "Sale": ("Satış", True), "Return": ("İade", False), "Discount": ("İndirim", False),
    "DiscountCancel": ("İndirim İptal", True), "Coupon": ("Kupon", False), "CouponCancel": ("Kupon İptal", True),
    "ProvisionPositive": ("Provizyon +", True), "ProvisionNegative": ("Provizyon -", False),
}  # fmt: skip
OTHER = (
    "CashAdvance", "WireTransfer", "IncomingTransfer", "ReturnInvoice", "CommissionAgreementInvoice", "PaymentOrder",
    "DeductionInvoices", "Stoppage",
)  # fmt: skip
WIDEST_MS = 15 * DAY_MS
TERM_MS = 21 * DAY_MS
COMMISSION = 15
FREIGHT = 3424


def settlements(shop: Shop, call: Call) -> Answer:
    kind = call.one_of("transactionType", tuple(SETTLEMENTS), None)
    start, end, page, size = _window(call)
    rows = [row for row in _rows(shop) if row[0] == kind and start <= row[1] <= end]
    rows.sort(key=lambda row: (row[1], row[2].id, row[3].id))
    data = page_of(rows, page, size)
    data["content"] = [_settled(shop, *row) for row in data["content"]]
    return Answer(200, data)


def other_financials(shop: Shop, call: Call) -> Answer:
    kind = call.one_of("transactionType", OTHER, None)
    start, end, page, size = _window(call)
    found: list[dict[str, Any]] = []
    if kind == "PaymentOrder":
        found = [_payment(shop, at, kurus) for at, kurus in sorted(_payments(shop).items())]
    elif kind == "DeductionInvoices":
        found = _deductions(shop)
    return Answer(200, page_of([row for row in found if start <= row["transactionDate"] <= end], page, size))


def _window(call: Call) -> tuple[int, int, int, int]:
    start, end = call.number("startDate", None), call.number("endDate", None)
    if start > end:
        raise bad("date.invalid", "startDate, endDate tarihinden büyük olamaz")
    if end - start > WIDEST_MS:
        raise bad("date.range", "Tarih aralığı 15 günden fazla olamaz")
    size = call.number("size", 500)
    if size not in (500, 1000):
        raise bad("size.invalid", "size 500 veya 1000 olmalıdır")
    return start, end, call.number("page", 0), size


_Row = tuple[str, int, Package, Line, int]  # kind, instant, package, line, amount in kuruş


def _rows(shop: Shop) -> Iterator[_Row]:
    """Records come into being with the delivery; a return that was accepted takes back one piece."""
    shop.settle_claims()
    for package in shop.packages.values():
        at = package.delivered_at
        for line in package.lines if at is not None else ():
            yield ("Sale", at or 0, package, line, line.unit * line.quantity)
            if line.seller_discount:
                yield ("Discount", at or 0, package, line, line.seller_discount * line.quantity)
    for claim in shop.claims.values():
        for item in claim.items:
            if item.status == "Accepted" and claim.package.delivered_at is not None:
                yield ("Return", item.accepted_at, claim.package, item.line, item.line.unit)
                if item.line.seller_discount:
                    yield ("DiscountCancel", item.accepted_at, claim.package, item.line, item.line.seller_discount)


def _revenue(kurus: int) -> int:
    return kurus - kurus * COMMISSION // 100


def _paid_on(at: int) -> int:
    """The Wednesday on or after the day that the record falls due; noon UTC."""
    due = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at + TERM_MS)
    day = due.replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=(2 - due.weekday()) % 7)
    return int(day.timestamp() * 1000)


def _order_id(paid: int) -> int:
    return 100_000 + paid // DAY_MS


def _payments(shop: Shop) -> dict[int, int]:
    """Payment day -> kuruş, of the days that have come."""
    totals: dict[int, int] = {}
    for kind, at, _, _, kurus in _rows(shop):
        paid = _paid_on(at)
        if paid <= shop.now():
            totals[paid] = totals.get(paid, 0) + (_revenue(kurus) if SETTLEMENTS[kind][1] else -_revenue(kurus))
    return totals


def _blank(shop: Shop, number: str, at: int, word: str) -> dict[str, Any]:
    return {
        "id": number, "transactionDate": at, "barcode": None, "transactionType": word, "receiptId": None,
        "description": None, "debt": money(0), "credit": money(0), "paymentPeriod": None, "commissionRate": None,
        "commissionAmount": None, "commissionInvoiceSerialNumber": None, "sellerRevenue": None, "orderNumber": None,
        "paymentOrderId": None, "paymentDate": None, "sellerId": shop.seller, "storeId": None, "storeName": None,
        "storeAddress": None, "country": "Türkiye", "orderDate": None, "affiliate": "TRENDYOLTR",
        "shipmentPackageId": None, "currency": "TRY",
    }  # fmt: skip


def _settled(shop: Shop, kind: str, at: int, package: Package, line: Line, kurus: int) -> dict[str, Any]:
    word, credit = SETTLEMENTS[kind]
    paid = _paid_on(at)
    number = f"{package.id}{line.id % 1000:03d}{tuple(SETTLEMENTS).index(kind)}"
    return _blank(shop, number, at, word) | {
        "barcode": line.barcode, "receiptId": package.id, "description": word,
        "debt": money(0 if credit else kurus), "credit": money(kurus if credit else 0), "paymentPeriod": 21,
        "commissionRate": Decimal(f"{COMMISSION}.00"), "commissionAmount": money(kurus - _revenue(kurus)),
        "sellerRevenue": money(_revenue(kurus)), "orderNumber": package.number,
        "paymentOrderId": _order_id(paid) if paid <= shop.now() else None, "paymentDate": at + TERM_MS,
        "orderDate": package.placed + SHIFT_MS, "shipmentPackageId": package.id,
    }  # fmt: skip


def _payment(shop: Shop, paid: int, kurus: int) -> dict[str, Any]:
    amount = kurus - (100 if shop.on("short_payment") else 0)
    return _blank(shop, str(_order_id(paid)), paid, "Ödeme") | {
        "debt": money(max(0, amount)), "credit": money(max(0, -amount)), "paymentOrderId": _order_id(paid)
    }  # fmt: skip


def _deductions(shop: Shop) -> list[dict[str, Any]]:
    """One freight invoice for every day on which packages arrived. Its id is the invoice's serial number."""
    days: dict[int, int] = {}
    for package in shop.packages.values():
        if package.delivered_at is not None:
            day = package.delivered_at // DAY_MS
            days[day] = days.get(day, 0) + FREIGHT
    end = shop.now()
    return [
        _blank(shop, f"DDF{day:013d}", (day + 1) * DAY_MS, "Kargo Fatura") | {"debt": money(kurus)}
        for day, kurus in sorted(days.items())
        if (day + 1) * DAY_MS <= end
    ]
