"""What the printing tests print: labels, orders, a shop in a fresh store, pages and pictures."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pypdfium2
from PIL import Image

from app.contracts import Page
from app.model import (
    Address,
    Buyer,
    Label,
    Listing,
    Money,
    Order,
    OrderLine,
    OrderStatus,
    Parcel,
    Price,
    ShipmentRequest,
)
from app.printing.data import LabelData
from app.store import ParcelWish, Store

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
TO = Address(
    name="Ayşe Yılmaz", street="Lale Sk. 4", district="Kadıköy", city="İstanbul", phone="+905321234567", country="TR"
)
EAN = "8690000000036"


def label(**changes: Any) -> LabelData:
    values = {
        "name": "Ayşe Şükrüoğlu", "street": "Gül Sk. No:4", "district": "Çankaya", "city": "Ankara", "postcode": "06420",
        "country": "", "phone": "+905321234567", "order_number": "9000000001", "channel": "Trendyol",
        "code": "7330000000000001",
    }  # fmt: skip
    return LabelData(**{**values, **changes})


def line(sku: str = "PX-1", quantity: int = 1, **changes: Any) -> OrderLine:
    made = {
        "remote_id": sku,
        "sku": sku,
        "title": f"Ürün {sku}",
        "quantity": quantity,
        "unit_price": Price(Money.of("10", "TRY")),
    }
    return OrderLine(**{**made, **changes})


def order(number: str = "9000", **changes: Any) -> Order:
    values = {
        "remote_id": f"r{number}", "number": number, "status": OrderStatus.OPEN, "vendor_status": "Created", "placed_at": NOW,
        "updated_at": NOW, "total": Money.of("20", "TRY"), "lines": (line(),), "buyer": Buyer("Ayşe Öz"), "ship_to": TO,
    }  # fmt: skip
    return Order(**{**values, **changes})


async def shop(store: Store, *orders: Order) -> None:
    """Connection 1, with these orders as 1, 2 …"""
    if await store.accounts.get("a") is None:
        await store.accounts.add("a", "trendyol", "live")
        await store.connections.add("Mağaza", "trendyol", "a", "live")
    await store.orders.apply_page(1, "a", Page(orders), now=NOW)


async def listed(store: Store, *listings: Listing) -> None:
    await store.listings.apply_page(1, "a", Page(listings), now=NOW)


async def parcel(store: Store, orders: tuple[int, ...], *labels: Label, state: str = "created", **changes: Any) -> int:
    request = ShipmentRequest("", TO, changes.pop("boxes", (Parcel(1000),)), cash_on_delivery=changes.pop("cash", None))
    wish = ParcelWish(
        connection_id=1, carrier=changes.pop("carrier", "Yurtiçi Kargo"), orders=orders, request=request,
        numbers=" ".join(str(9000 + one) for one in orders), own_label=not labels, **changes,
    )  # fmt: skip
    made = await store.parcels.create(wish)
    await store.parcels.keep_labels(made, labels)
    await store.db.write(lambda conn: conn.execute("UPDATE parcels SET state = ? WHERE id = ?", (state, made)))
    return made


def pages_of(data: bytes) -> list[Any]:
    document = pypdfium2.PdfDocument(data)
    return [document[at] for at in range(len(document))]


def text_of(page: Any) -> str:
    return " ".join(page.get_textpage().get_text_range().split())


def pdf(width_mm: float = 100, height_mm: float = 150, box_mm: tuple[float, float] = (80, 120)) -> bytes:
    """A carrier's page with a black frame of this size in its left upper corner."""
    from reportlab.lib.units import mm
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(width_mm * mm, height_mm * mm))
    canvas.rect(2 * mm, (height_mm - 2 - box_mm[1]) * mm, box_mm[0] * mm, box_mm[1] * mm)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def png(width: int, height: int, dpi: int = 0) -> bytes:
    out, image = io.BytesIO(), Image.new("1", (width, height), 1)
    image.paste(0, (10, 10, width - 10, height - 10))
    image.save(out, "PNG", **({"dpi": (dpi, dpi)} if dpi else {}))
    return out.getvalue()


def decoded(graphic: bytes) -> Image.Image:
    """The picture that one of our ZPL labels holds, read without our own code."""
    import base64
    import binascii
    import re
    import zlib

    found = re.search(rb"\^GFA,(\d+),(\d+),(\d+),:Z64:([A-Za-z0-9+/=]+):([0-9A-F]{4})", graphic)
    assert found is not None
    rows = zlib.decompress(base64.b64decode(found[4]))
    assert binascii.crc_hqx(found[4], 0) == int(found[5], 16)
    assert len(rows) == int(found[1]) == int(found[2])
    stride = int(found[3])
    return Image.frombytes("1", (stride * 8, len(rows) // stride), rows, "raw", "1;I")
