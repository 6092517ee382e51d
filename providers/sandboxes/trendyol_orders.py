"""Trendyol's order service: the page and stream lists and what a seller may do to a package.

Source: reference/marketplaces-tr.md, "## Trendyol", "List orders", "Confirm / ship". An answer 200 to a write is always empty.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeGuard

from providers.sandboxes.trendyol_shapes import package_row
from providers.sandboxes.trendyol_state import CARRIERS, STATUSES, Line, Package, Shop
from providers.sandboxes.trendyol_wire import (
    DAY_MS,
    MINUTE_MS,
    Answer,
    Call,
    Refusal,
    bad,
    missing,
    page_of,
    too_many,
    window_of,
)

HISTORY_DAYS = 90
#: From here on the page cap answers 429.
CAP_FROM_MS = int(datetime(2026, 6, 8, tzinfo=UTC).timestamp() * 1000)
UNSUPPLIED_REASONS = {500, 501, 502, 504, 505, 506}
OPEN = ("Created", "Picking", "Invoiced")


def page_list(shop: Shop, call: Call) -> Answer:
    """The window and the order both look at the field that `orderByField` names."""
    page, size = call.number("page", 0), call.number("size", 50, 1, 200)
    field = call.one_of("orderByField", ("PackageLastModifiedDate", "CreatedDate"), "PackageLastModifiedDate")
    direction = call.one_of("orderByDirection", ("ASC", "DESC"), "DESC")
    wanted = _statuses(call, "status")
    number, ids = call.query.get("orderNumber", ""), set(call.words("shipmentPackageIds"))
    if page * size > 10_000 and call.now_ms >= CAP_FROM_MS:
        raise too_many("page*size en fazla 10000 olabilir, tarih aralığını daraltın")
    named = bool(number or ids) and not ("startDate" in call.query or "endDate" in call.query)
    start, end = (0, call.now_ms) if named else window_of(call, "startDate", "endDate", 14, 7)
    oldest = max(start, call.now_ms - HISTORY_DAYS * DAY_MS)

    def at(package: Package) -> int:
        return package.modified if field == "PackageLastModifiedDate" else package.placed

    rows = [
        p
        for p in _visible(shop)
        if oldest <= at(p) <= end
        and (not wanted or p.status in wanted)
        and (not number or p.number == number)
        and (not ids or str(p.id) in ids)
    ]
    rows.sort(key=lambda p: (at(p), p.id), reverse=direction == "DESC")
    data = page_of(rows, page, size)
    data["content"] = [package_row(shop, p, 1) for p in data["content"]]
    return Answer(200, data)


def stream_list(shop: Shop, call: Call) -> Answer:
    """By modification time, oldest first, from an opaque cursor; no totals."""
    size = call.number("size", 50, 1, 200)
    wanted = _statuses(call, "packageItemStatuses")
    start, end = window_of(call, "lastModifiedStartDate", "lastModifiedEndDate", 14, 7)
    oldest = max(start, call.now_ms - HISTORY_DAYS * DAY_MS)
    after = _read_cursor(call.query.get("nextCursor", ""))
    rows = sorted(
        (
            p
            for p in _visible(shop)
            if oldest <= p.modified <= end
            and (p.modified, p.id) > after
            and (not wanted or any(line.status in wanted for line in p.lines))
        ),
        key=lambda p: (p.modified, p.id),
    )
    taken, more = rows[:size], len(rows) > size
    cursor = base64.urlsafe_b64encode(f"{taken[-1].modified}:{taken[-1].id}".encode()).decode() if more else None
    content = [package_row(shop, p, 2) for p in taken]
    return Answer(200, {"content": content, "size": size, "hasMore": more, "nextCursor": cursor})


def _visible(shop: Shop) -> Iterable[Package]:
    return () if shop.on("empty_orders") else shop.packages.values()


def _statuses(call: Call, name: str) -> set[str]:
    words = set(call.words(name))
    if words - set(STATUSES):
        raise bad("param.invalid", f"Geçersiz statü: {', '.join(sorted(words - set(STATUSES)))}")
    return words


def _read_cursor(text: str) -> tuple[int, int]:
    if not text:
        return (-1, -1)
    try:
        modified, package_id = base64.urlsafe_b64decode(text.encode()).decode().split(":")
        return (int(modified), int(package_id))
    except (ValueError, binascii.Error):
        raise bad("cursor.invalid", "nextCursor geçersiz") from None


# -- writes --------------------------------------------------------------------------------------------------------
def update_status(shop: Shop, call: Call) -> Answer:
    package, body = _package(shop, call), call.json()
    status, params = body.get("status"), body.get("params")
    if status not in ("Picking", "Invoiced"):
        raise bad("status.invalid", "Yalnızca Picking ve Invoiced statüleri bildirilebilir")
    if not isinstance(params, dict):
        raise bad("params.required", "params zorunludur")
    asked = _quantities(package, body)
    if asked != {line.id: line.quantity for line in package.lines}:
        raise bad("lines.incomplete", "Paketteki tüm satırlar tam adetleriyle gönderilmelidir")
    number = params.get("invoiceNumber")
    if status == "Invoiced" and not (isinstance(number, str) and number.strip()):
        raise bad("invoiceNumber.required", "Invoiced için invoiceNumber zorunludur")
    before = {"Picking": "Created", "Invoiced": "Picking"}[status]
    if package.status not in (before, status):
        raise bad("status.transition", f"{package.status} statüsündeki paket {status} yapılamaz")
    if package.status != status and shop.may_apply():
        shop.set_status(package, status)
        if status == "Invoiced":
            package.invoice_number = str(number)
        shop.wrote()
        shop.counts[f"status:{package.id}"] += 1
    return Answer()


def update_tracking(shop: Shop, call: Call) -> Answer:
    package, body = _package(shop, call), call.json()
    number = body.get("trackingNumber")
    if not isinstance(number, str) or not number.strip().isdecimal() or len(number) > 18:
        raise bad("trackingNumber.invalid", "trackingNumber geçersiz")
    if shop.may_apply():
        package.tracking = int(number)
        shop.touch(package)
        shop.wrote()
    return Answer()


def change_carrier(shop: Shop, call: Call) -> Answer:
    """Once per five minutes and package."""
    package, body = _package(shop, call), call.json()
    code = body.get("cargoProvider")
    if not isinstance(code, str) or code not in CARRIERS:
        raise bad("cargoProvider.invalid", "cargoProvider geçersiz")
    _must_be_open(package)
    if package.carrier_changed and call.now_ms - package.carrier_changed < 5 * MINUTE_MS:
        raise too_many("Kargo firması 5 dakikada en fazla bir kez değiştirilebilir")
    package.carrier_changed = call.now_ms
    if shop.may_apply():
        package.carrier = CARRIERS[code][1]
        shop.touch(package)
        shop.wrote()
    return Answer()


def box_info(shop: Shop, call: Call) -> Answer:
    package, body = _package(shop, call), call.json()
    boxes, deci = body.get("boxQuantity"), body.get("deci")
    if not _is_int(boxes) or boxes < 1:
        raise bad("boxQuantity.invalid", "boxQuantity en az 1 olmalıdır")
    if isinstance(deci, bool) or not isinstance(deci, int | Decimal) or deci <= 0:
        raise bad("deci.invalid", "deci sıfırdan büyük olmalıdır")
    if shop.may_apply():
        package.boxes, package.deci = boxes, str(deci)
        shop.touch(package)
        shop.wrote()
    return Answer()


def unsupplied(shop: Shop, call: Call) -> Answer:
    """The named pieces stay in the old package as UnSupplied; what is left moves to a package with a new id."""
    package, body = _package(shop, call), call.json()
    if not _is_int(body.get("reasonId")) or body["reasonId"] not in UNSUPPLIED_REASONS:
        raise bad("reasonId.invalid", "reasonId geçersiz")
    _must_be_open(package)
    asked = _quantities(package, body)
    if not shop.may_apply():
        return Answer()
    rest = [replace(line, quantity=line.quantity - asked.get(line.id, 0)) for line in package.lines]
    rest = [line for line in rest if line.quantity > 0]
    if rest:
        shop.derive(package, rest, "cancel")
    package.lines = [replace(line, quantity=asked[line.id]) for line in package.lines if line.id in asked]
    shop.set_status(package, "UnSupplied")
    shop.wrote()
    return Answer()


def split(shop: Shop, call: Call) -> Answer:
    """`{"orderLineIds": […]}`: these lines go to one new package, the others to another."""
    package, body = _package(shop, call), call.json()
    return _split(shop, package, [_ids(package, body.get("orderLineIds"))])


def multi_split(shop: Shop, call: Call) -> Answer:
    """`{"splitGroups": [{"orderLineIds": […]}, …]}`."""
    package, body = _package(shop, call), call.json()
    groups = body.get("splitGroups")
    if not isinstance(groups, list) or not groups or not all(isinstance(group, dict) for group in groups):
        raise bad("splitGroups.invalid", "splitGroups geçersiz")
    return _split(shop, package, [_ids(package, group.get("orderLineIds")) for group in groups])


def quantity_split(shop: Shop, call: Call) -> Answer:
    """`{"quantitySplit": [{"orderLineId": 1, "quantities": [1, 2]}]}`: each quantity becomes a package of its own."""
    package, body = _package(shop, call), call.json()
    _must_be_open(package)
    wishes = body.get("quantitySplit")
    if not isinstance(wishes, list) or len(wishes) != 1 or not isinstance(wishes[0], dict):
        raise bad("quantitySplit.invalid", "quantitySplit geçersiz")
    line = next((line for line in package.lines if line.id == wishes[0].get("orderLineId")), None)
    parts = wishes[0].get("quantities")
    if line is None or not isinstance(parts, list) or not all(_is_int(n) and n > 0 for n in parts):
        raise bad("quantitySplit.invalid", "quantitySplit geçersiz")
    if len(parts) < 2 or sum(parts) != line.quantity:
        raise bad("quantitySplit.sum", "Adetlerin toplamı satır adedine eşit olmalıdır")
    groups = [[replace(line, quantity=n)] for n in parts]
    others = [replace(other) for other in package.lines if other is not line]
    _divide(shop, package, [*groups, others] if others else groups)
    return Answer()


def _split(shop: Shop, package: Package, groups: list[set[int]]) -> Answer:
    _must_be_open(package)
    named = [i for group in groups for i in group]
    if len(named) != len(set(named)):
        raise bad("orderLineIds.repeated", "Bir satır iki kez verilemez")
    parts = [[replace(line) for line in package.lines if line.id in group] for group in groups]
    rest = [replace(line) for line in package.lines if line.id not in set(named)]
    parts += [rest] if rest else []
    if len(parts) < 2:
        raise bad("split.single", "Paket bölünemez: bölünecek başka satır yok")
    _divide(shop, package, parts)
    return Answer()


def _divide(shop: Shop, package: Package, parts: list[list[Line]]) -> None:
    if not shop.may_apply():
        return
    for lines in parts:
        shop.derive(package, lines, "split")
    shop.set_status(package, "UnPacked")
    shop.wrote()


def _package(shop: Shop, call: Call) -> Package:
    package = shop.packages.get(call.identity("P"))
    if package is None:
        raise missing("Paket")
    return package


def _must_be_open(package: Package) -> None:
    if package.status not in OPEN:
        raise bad("status.transition", f"{package.status} statüsündeki paket üzerinde bu işlem yapılamaz")


def _is_int(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _ids(package: Package, raw: Any) -> set[int]:
    known = {line.id for line in package.lines}
    if not isinstance(raw, list) or not raw or any(not _is_int(i) or i not in known for i in raw):
        raise bad("orderLineIds.invalid", "orderLineIds geçersiz")
    return set(raw)


def _quantities(package: Package, body: dict[str, Any]) -> dict[int, int]:
    """`lines` of a body as line id -> quantity, each within what the package holds."""
    refusal: Refusal = bad("lines.invalid", "lines geçersiz")
    rows = body.get("lines")
    if not isinstance(rows, list) or not rows:
        raise refusal
    held = {line.id: line.quantity for line in package.lines}
    asked: dict[int, int] = {}
    for row in rows:
        number, quantity = (row.get("lineId"), row.get("quantity")) if isinstance(row, dict) else (None, None)
        if not _is_int(number) or not _is_int(quantity) or number in asked or not 0 < quantity <= held.get(number, 0):
            raise refusal
        asked[number] = quantity
    return asked
