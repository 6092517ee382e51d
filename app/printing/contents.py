"""What stands on each document, from rows of the store: cleaned, sorted the Turkish way, written as the merchant writes. Pure: reads
nothing, asks nothing, draws nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from app.formats.words import Words
from app.model import Address, Money, Order, clean
from app.printing.data import (
    LabelData,
    LabelWords,
    ManifestData,
    ManifestRow,
    PickData,
    PickLine,
    SlipData,
    SlipLine,
    SlipWords,
)
from app.store import ParcelRow, StoredOrder
from app.store.audit import os_user

_PARTS = re.compile(r"(\d+)")
_ALPHABET = {letter: chr(32 + at) for at, letter in enumerate("aâbcçdefgğhıiîjklmnoöpqrsştuûüvwxyz", 64)}


def label_words(words: Words) -> LabelWords:
    return LabelWords(**{name: words(f"print.label.{name}") for name in LabelWords.__struct_fields__})


def slip_words(words: Words) -> SlipWords:
    return SlipWords(**{name: words(f"print.slip.{name}") for name in SlipWords.__struct_fields__})


def documents_words(kind: Any, area: str, words: Words) -> Any:
    return kind(**{name: words(f"{area}.{name}") for name in kind.__struct_fields__})


def label_of(
    order: Order, channel: str, sender: str, words: Words, copies: int = 0, to: Address | None = None
) -> LabelData:
    """What stands on an order's own label. `to`: the merchant's own correction of its address. Pure."""
    to = to or order.ship_to
    cash = words.figures.money(order.total.amount, order.total.currency) if order.cash_on_delivery else ""
    items = ", ".join(f"{line.quantity} × {line.title}" for line in order.lines if not line.cancelled)
    return address_label(
        to, to.name or order.buyer.name, to.phone or order.buyer.phone, order_number=clean(order.number, 60),
        channel=clean(channel, 60), code=order.tracking_number or order.number, carrier=clean(order.carrier, 60),
        sender=clean(sender, 200), cash_on_delivery=cash, items=clean(items, 300), reprint=copies,
    )  # fmt: skip


def address_label(to: Address, name: str, phone: str, **rest: Any) -> LabelData:
    """A label with its address cleaned; `rest` are LabelData's other fields. Pure."""
    return LabelData(
        name=clean(f"{name} ({to.company})" if to.company and to.company != name else name, 200),
        street=clean(to.street, 500),
        district=clean(to.district, 80),
        city=clean(to.city or to.state, 80),
        postcode=clean(to.postcode, 12),
        country="" if to.country == "TR" else clean(to.country, 12),
        phone=clean(phone, 24),
        **rest,
    )


def slip_of(order: Order, channel: str, sender: str, words: Words) -> SlipData:
    """What stands on an order's packing slip. Pure."""
    to, figures = order.ship_to, words.figures
    lines = tuple(
        SlipLine(
            sku=clean(line.sku, 60),
            barcode=clean(line.barcode, 40),
            title=clean(line.title, 300),
            quantity=line.quantity,
            amount=figures.money(line.unit_price.money.amount * line.quantity, line.unit_price.money.currency),
        )
        for line in order.lines
        if not line.cancelled
    )
    address = ", ".join(x for x in (to.street, to.district, to.city, to.postcode, to.country) if x)
    return SlipData(
        order_number=clean(order.number, 60),
        channel=clean(channel, 60),
        placed_at=figures.date(order.placed_at.astimezone()),
        buyer=clean(to.name or order.buyer.name, 200),
        address=clean(address, 600),
        lines=lines,
        total=figures.money(order.total.amount, order.total.currency),
        note=clean(order.note, 800),
        sender=clean(sender, 120),
    )


def pick_of(stored: Sequence[StoredOrder], shelves: dict[str, str], made_at: str, batch: str) -> PickData:
    """Grouped by shelf, then SKU. A single-item order has one piece to fetch. Pure."""
    single = [one for one in stored if sum(max(1, x.quantity) for x in one.order.lines if not x.cancelled) == 1]
    alone = {one.id for one in single}
    rest = [one for one in stored if one.id not in alone]
    return PickData(
        clean(batch, 20),
        made_at,
        os_user(),
        len(stored),
        _grouped(single, shelves),
        _grouped(rest, shelves),
        len(single),
    )


def _grouped(stored: Iterable[StoredOrder], shelves: dict[str, str]) -> tuple[PickLine, ...]:
    found: dict[tuple[str, str, str], PickLine] = {}
    for one in stored:
        for line in one.order.lines:
            if line.cancelled:
                continue
            key = (shelves.get(line.sku, ""), line.sku, "" if line.sku else line.title)
            # No whole number of pieces (1.5 kg): the figure stands in the title, and a person looks at it.
            whom = f"{clean(one.order.number, 40)} × {line.quantity if line.quantity > 0 else '?'}"
            had = found.get(key)
            found[key] = PickLine(
                clean(key[0], 30), clean(line.sku, 60), clean(line.barcode, 40), clean(line.title, 200),
                (had.quantity if had else 0) + max(0, line.quantity), (*(had.orders if had else ()), whom),
            )  # fmt: skip
    return tuple(
        sorted(found.values(), key=lambda x: (not x.shelf, sort_key(x.shelf), sort_key(x.sku), sort_key(x.title)))
    )


def sort_key(text: str) -> list[tuple[int, int, str]]:
    """The Turkish order of letters (ç after c, ı before i), and figures by their value: A-2 before A-10. For sorting only."""
    lower = text.replace("I", "ı").replace("İ", "i").lower()
    return [
        (0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, "".join(_ALPHABET.get(c, c) for c in part))
        for part in _PARTS.split(lower)
        if part
    ]


def labels_of(
    row: ParcelRow, orders: Sequence[StoredOrder], own: dict[int, Address], names: dict[int, str], sender: str, words: Words
) -> list[LabelData]:  # fmt: skip
    """Our own label, one a piece; the carrier scans the parcel's barcode, or that of the piece where each has its own, else our
    reference. Pure."""
    to = own.get(orders[0].id, orders[0].order.ship_to) if orders else Address(name=row.receiver, city=row.city)
    items = ", ".join(f"{x.quantity} × {x.title}" for one in orders for x in one.order.lines if not x.cancelled)
    data = address_label(
        to, to.name or to.company, to.phone, order_number=clean(row.numbers, 60),
        channel=clean(names.get(orders[0].connection_id, "") if orders else "", 60), code=row.barcode or row.reference,
        carrier=clean(row.carrier, 60), sender=clean(sender, 200),
        cash_on_delivery=words.figures.money(row.cod.amount, row.cod.currency) if row.cod else "", items=clean(items, 300),
        reprint=row.print_count,
    )  # fmt: skip
    if row.pieces == 1:
        return [data]
    codes = row.barcode.split()
    if len(codes) != row.pieces:
        codes = [data.code] * row.pieces
    pieces = [words("parcels.piece", number=n, count=row.pieces) for n in range(1, row.pieces + 1)]
    return [
        msgspec.structs.replace(data, carrier=clean(f"{row.carrier} · {text}", 80), code=code)
        for text, code in zip(pieces, codes, strict=True)
    ]


def manifest_of(
    carrier: str, rows: Sequence[ParcelRow], words: Words, day: date, at: datetime, sender: str
) -> ManifestData:
    """Pure."""
    figures = words.figures
    cash: dict[str, Money] = {}
    for row in rows:
        if row.cod is not None:
            had = cash.get(row.cod.currency)
            cash[row.cod.currency] = row.cod if had is None else had + row.cod
    lines = tuple(
        ManifestRow(
            clean(row.tracking_number or row.barcode.partition(" ")[0] or row.reference, 40), clean(row.numbers, 80), clean(row.receiver, 60),
            clean(row.city, 40), row.pieces, _desi(row.desi_milli, words),
            figures.money(row.cod.amount, row.cod.currency) if row.cod else "",
        )
        for row in sorted(rows, key=lambda one: one.id)
    )  # fmt: skip
    total = ", ".join(figures.money(one.amount, one.currency) for one in cash.values())
    desi = _desi(sum(row.desi_milli for row in rows), words)
    return ManifestData(clean(carrier, 60), figures.date(noon(day)), f"{figures.date(at)} {figures.time(at)}", sender, lines, desi, total)  # fmt: skip


def _desi(milli: int, words: Words) -> str:
    return words.figures.number((Decimal(milli) / 1000).normalize()) if milli else ""


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12).astimezone()
