"""Trendyol's order lists: by page (V1 and V2 names) and as a stream.

Source: reference/marketplaces-tr.md, "## Trendyol", "List orders". `/v2/orders` is not in the reference: the vendor announced it
as the successor of `/orders`, which it closes on 15 October 2026 (here: the switch `v1_orders_closed`).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from datetime import UTC, datetime

from providers.sandboxes.trendyol_records import STATUSES, Package
from providers.sandboxes.trendyol_shapes import package_row
from providers.sandboxes.trendyol_state import Shop
from providers.sandboxes.trendyol_wire import DAY_MS, Answer, Call, Refusal, bad, page_of, too_many, window_of

HISTORY_DAYS = 90
#: From here on the page cap answers 429.
CAP_FROM_MS = int(datetime(2026, 6, 8, tzinfo=UTC).timestamp() * 1000)


def page_list(shop: Shop, call: Call) -> Answer:
    if shop.on("v1_orders_closed"):
        raise Refusal(426, "upgrade.required", "Bu servis kapatılmıştır, v2/orders kullanınız")
    return _pages(shop, call, 1)


def page_list_v2(shop: Shop, call: Call) -> Answer:
    return _pages(shop, call, 2)


def _pages(shop: Shop, call: Call, version: int) -> Answer:
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
    data["content"] = [package_row(shop, p, version) for p in data["content"]]
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
    now = shop.now()
    return () if shop.on("empty_orders") else [p for p in shop.packages.values() if p.visible_from <= now]


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
