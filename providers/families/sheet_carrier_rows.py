"""A shipment as a row of the day's manifest and of our own record of it, and back. Pure, and callable in another process. Must never
read a row of a sheet whose headers are not the ones that we write: such a sheet is someone else's by now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache

import msgspec

from app.contracts import ProviderError
from app.kit import Sheet, read_grids, sheet_template, text_cell, write_csv, xlsx_bytes
from app.model import Payer, Shipment, ShipmentRequest, ShipmentStatus, clean

FORMATS = ("xlsx", "csv", "csv_1254")
ENDINGS = {"xlsx": ".xlsx", "csv": ".csv", "csv_1254": ".csv"}
#: States of our own record. PENDING: about to be written into the manifest.
PENDING, WRITTEN, CANCELLED = "bekliyor", "yazıldı", "iptal"
_FREE = frozenset({"name", "company", "street", "district", "city", "content", "note"})
_FORMULA = ("=", "+", "-", "@", "\t")
_PAYERS = {Payer.SENDER: "Gönderici", Payer.RECEIVER: "Alıcı"}


class Record(msgspec.Struct, frozen=True):
    """All cells as text, figures with a decimal point. `sscc`: one a piece with blanks between. `state` and `file` are of our own
    record only."""

    reference: str
    order_number: str = ""
    invoice_number: str = ""
    name: str = ""
    company: str = ""
    phone: str = ""
    street: str = ""
    district: str = ""
    city: str = ""
    postcode: str = ""
    country: str = ""
    content: str = ""
    pieces: str = "1"
    desi: str = ""
    weight_kg: str = ""
    payer: str = ""
    cod: str = ""
    currency: str = ""
    note: str = ""
    sscc: str = ""
    state: str = ""
    file: str = ""

    @property
    def numbers(self) -> tuple[str, ...]:
        return tuple(self.sscc.split())


@cache
def columns(kind: str) -> Mapping[str, str]:
    """Field → header of the `manifest`, or of our own `record` of it."""
    data = sheet_template("carrier")
    found: dict[str, str] = dict(data["manifest"])
    return {**found, **data["record"]} if kind == "record" else found


def record_of(request: ShipmentRequest, sscc: Sequence[str] = ()) -> Record:
    """Zero means unknown, and stays blank."""
    to, cash = request.receiver, request.cash_on_delivery
    desi = sum((one.desi for one in request.parcels), Decimal(0)).quantize(Decimal("0.01"))
    grams = sum(one.weight_g for one in request.parcels)
    return Record(
        clean(request.reference, 60), clean(request.order_number, 60), clean(request.invoice_number, 60), clean(to.name, 120),
        clean(to.company, 120), clean(to.phone, 40), clean(to.street, 500), clean(to.district, 80), clean(to.city, 80),
        clean(to.postcode, 16), to.country or "TR", clean(request.content, 200), str(len(request.parcels)),
        format(desi, "f") if desi else "", format(Decimal(grams) / 1000, "f") if grams else "", _PAYERS[request.payer],
        format(cash.rounded().amount, "f") if cash else "", cash.currency if cash else "", clean(request.note, 200),
        " ".join(sscc),
    )  # fmt: skip


def sheet_bytes(kind: str, format_: str, records: Sequence[Record]) -> bytes:
    """The whole file. Raises YoursError `sheet.letters` for what the encoding lacks."""
    fields = columns(kind)
    if format_ == "xlsx":
        rows = [[getattr(one, field) or None for field in fields] for one in records]
        return xlsx_bytes([Sheet(sheet_template("carrier")["words"]["sheet"], [*fields.values()], rows)])
    rows = [[_safe(field, getattr(one, field)) for field in fields] for one in records]
    encoding = "cp1254" if format_ == "csv_1254" else "utf-8-sig"
    return write_csv([*fields.values()], rows, delimiter=";", encoding=encoding, comma=True)


def _safe(field: str, text: str) -> str:
    """People open a CSV of ours in a spreadsheet, and a buyer's name may be a formula."""
    return f"'{text}" if field in _FREE and text.startswith(_FORMULA) else text


def read_records(kind: str, data: bytes) -> tuple[Record, ...] | None:
    """None when it is no sheet of ours (any more): another header, or nothing that can be read."""
    try:
        grids = read_grids(data)
    except ProviderError:
        return None
    fields = columns(kind)
    for grid in grids:
        if not grid.rows or [text_cell(one).strip() for one in grid.rows[0]] != [*fields.values()]:
            continue
        found = []
        for row in grid.rows[1:]:
            cells = dict(zip(fields, (text_cell(one).strip() for one in row), strict=False))
            if cells.get("reference"):
                found.append(Record(**{field: _bare(field, text) for field, text in cells.items()}))
        return tuple(found)
    return None


def _bare(field: str, text: str) -> str:
    return text[1:] if field in _FREE and text.startswith("'") and text[1:].startswith(_FORMULA) else text


def to_shipment(one: Record, *, cancelled: bool = False) -> Shipment:
    """What we know of it: it stands in a sheet. Its tracking number comes by sheet later."""
    status = ShipmentStatus.CANCELLED if cancelled else ShipmentStatus.CREATED
    extra = {"manifest": one.file} if one.file else {}
    return Shipment(one.reference, status, barcode=one.sscc or one.reference, extra=extra)
