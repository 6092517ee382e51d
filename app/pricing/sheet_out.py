"""Prices as a sheet that leaves the program: read in slices, written in the worker process. What comes back without an edit changes nothing,
so the prices in it are those that a plan would start from, and ids are texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from app.formats.tables import Cell, Sheet, csv_bytes, xlsx_bytes
from app.pricing.plan import PART
from app.store import ListingQuery, Store

#: The columns, in their order; their headers are the words `pricesheet.column.*`, which the import knows.
COLUMNS = ("connection", "remote_id", "sku", "barcode", "title", "currency", "price", "list_price", "stock")
Row = tuple[str, str, str, str, str, str, int | None, int | None, int | None]
_rows = msgspec.json.Decoder(list[Row])


async def out_rows(
    store: Store, query: ListingQuery, names: Mapping[int, str], ids: Sequence[int] = ()
) -> tuple[bytes, ...]:
    """JSON lists of rows in the order of COLUMNS, amounts in micros, of the connections in `names`; exactly `ids` where given, else
    what `query` finds. Wanted prices where a wish is open, else the channel's."""
    parts: list[bytes] = []
    if query.search and not ids:
        await store.listings.index.ready()
    after, left = 0, sorted(ids)
    while True:
        if ids:
            bases, left = await store.plans.bases_of(left[:PART]), left[PART:]
        else:
            bases = await store.plans.bases(query, after, PART)
            after = bases[-1][0] if bases else after
        if not bases:
            return tuple(parts)
        called = {one[0]: one[1:] for one in await store.plans.names([base[0] for base in bases])}
        rows = [
            (names[base[1]], *called[base[0]], base[2], base[3], base[4], base[5])
            for base in bases
            if base[1] in names and base[0] in called
        ]
        parts.append(msgspec.json.encode(rows))


def sheet_bytes(
    parts: Sequence[bytes], title: str, header: Sequence[str], kind: str, turkish: bool
) -> tuple[bytes, int]:
    """An XLSX, or a CSV (`kind` csv), and how many rows it has. Computing: it runs in the worker process."""
    rows: list[list[Cell]] = []
    for part in parts:
        for *texts, price, list_price, stock in _rows.decode(part):
            rows.append([*texts, _amount(price), _amount(list_price), stock])
    sheet = Sheet(title, header, rows)
    return (csv_bytes(sheet, turkish=turkish) if kind == "csv" else xlsx_bytes([sheet])), len(rows)


def _amount(micros: int | None) -> Decimal | None:
    """With two digits at least, as prices are written."""
    if micros is None:
        return None
    value = Decimal(micros).scaleb(-6).normalize()
    return value.quantize(Decimal("0.01")) if int(value.as_tuple().exponent) > -2 else value
