"""Products: what the merchant knows of an SKU and no channel tells – cost, VAT rate, lowest and highest price, shelf, desi. Keyed by
the SKU exactly as it is written. No pull ever writes here."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from app.model import Money, from_epoch_ms, to_epoch_ms
from app.store.db import Database
from app.store.errors import StoreError
from app.store.rows import json_text

_COLUMNS = "SELECT sku, cost_micros, currency, vat_bp, floor_micros, ceiling_micros, shelf, desi_milli, changed_at FROM products"
# What is None in a change stays as it was.
_UPSERT = (
    "INSERT INTO products(sku, cost_micros, currency, vat_bp, floor_micros, ceiling_micros, shelf, desi_milli, changed_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, coalesce(?7, ''), ?8, ?9) ON CONFLICT(sku) DO UPDATE SET"
    " cost_micros = coalesce(?2, cost_micros), currency = ?3, vat_bp = coalesce(?4, vat_bp),"
    " floor_micros = coalesce(?5, floor_micros), ceiling_micros = coalesce(?6, ceiling_micros),"
    " shelf = coalesce(?7, shelf), desi_milli = coalesce(?8, desi_milli), changed_at = ?9"
)


class ProductChange(msgspec.Struct, frozen=True):
    """What is to be written of a product; None leaves as it is. `cost`, `floor`, `ceiling` with VAT, all in one `currency`;
    `vat_rate` in per cent; `desi` of one piece."""

    sku: str
    currency: str = "TRY"
    cost: Decimal | None = None
    vat_rate: Decimal | None = None
    floor: Decimal | None = None
    ceiling: Decimal | None = None
    shelf: str | None = None
    desi: Decimal | None = None


class Product(msgspec.Struct, frozen=True):
    """A product as it is kept. Amounts with VAT; `vat_rate` in per cent."""

    sku: str
    cost: Money | None
    currency: str
    vat_rate: Decimal | None
    floor: Money | None
    ceiling: Money | None
    shelf: str
    desi: Decimal | None
    changed_at: datetime


class Products:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def put(self, changes: Sequence[ProductChange]) -> int:
        """Write all of them in one transaction; returns how many. Raises StoreError `store.bad_product` (param `sku`) for an
        empty SKU or a value that does not fit; `store.product_currency` when amounts of another currency would stay beside
        a new one: give all of them anew."""
        at = to_epoch_ms(self._now())
        rows = [_row(one, at) for one in changes]

        def job(conn: sqlite3.Connection) -> int:
            for row in rows:
                other = conn.execute(
                    "SELECT 1 FROM products WHERE sku = ?1 AND currency <> ?2 AND ((cost_micros IS NOT NULL AND ?3 IS NULL)"
                    " OR (floor_micros IS NOT NULL AND ?4 IS NULL) OR (ceiling_micros IS NOT NULL AND ?5 IS NULL))",
                    (row[0], row[2], row[1], row[4], row[5]),
                ).fetchone()
                if other:
                    raise StoreError("store.product_currency", sku=str(row[0])[:60])
            conn.executemany(_UPSERT, rows)
            return len(rows)

        return await self._db.write(job)

    async def get(self, sku: str) -> Product | None:
        found = await self.get_many((sku,))
        return found[0] if found else None

    async def get_many(self, skus: Sequence[str]) -> list[Product]:
        """Those that are kept, by SKU."""
        query = " ".join((_COLUMNS, "WHERE sku IN (SELECT value FROM json_each(?)) ORDER BY sku"))
        return await self._db.read(lambda conn: [_read(row) for row in conn.execute(query, (json_text(list(skus)),))])

    async def list(self, *, after: str = "", limit: int = 200) -> list[Product]:
        """By SKU, those after `after`."""
        query = " ".join((_COLUMNS, "WHERE sku > ? ORDER BY sku LIMIT ?"))
        return await self._db.read(lambda conn: [_read(row) for row in conn.execute(query, (after, limit))])

    async def unlisted(self, skus: Sequence[str]) -> tuple[str, ...]:
        """Those of which no channel has a listing, in their order."""
        query = "SELECT value FROM json_each(?) WHERE value NOT IN (SELECT sku FROM listings) ORDER BY key"
        text = json_text(list(skus))
        return await self._db.read(lambda conn: tuple(row[0] for row in conn.execute(query, (text,))))

    async def count(self) -> int:
        return await self._db.read(lambda conn: int(conn.execute("SELECT count(*) FROM products").fetchone()[0]))


def _row(one: ProductChange, at: int) -> tuple[object, ...]:
    try:
        amounts = [None if v is None else Money.of(v, one.currency).micros for v in (one.cost, one.floor, one.ceiling)]
        rate = None if one.vat_rate is None else _whole(one.vat_rate, 2)
        desi = None if one.desi is None else _whole(one.desi, 3)
    except ValueError as error:
        raise StoreError("store.bad_product", sku=one.sku[:60]) from error
    given = [v for v in (*amounts, rate, desi) if v is not None]
    if not one.sku.strip() or any(v < 0 for v in given) or (rate or 0) > 10_000:
        raise StoreError("store.bad_product", sku=one.sku[:60])
    return (one.sku, amounts[0], one.currency, rate, amounts[1], amounts[2], one.shelf, desi, at)


def _whole(value: Decimal, places: int) -> int:
    """Raises ValueError for more digits behind the point than that, and for what is no usable number."""
    if not value.is_finite() or abs(value) > 10**9:
        raise ValueError(str(value))
    scaled = value.scaleb(places)
    if scaled != scaled.to_integral_value():
        raise ValueError(str(value))
    return int(scaled)


def _read(row: tuple[object, ...]) -> Product:
    sku, cost, currency, rate, floor, ceiling, shelf, desi, at = row

    def money(micros: object) -> Money | None:
        return Money.from_micros(micros, str(currency)) if isinstance(micros, int) else None

    return Product(
        str(sku), money(cost), str(currency), Decimal(rate).scaleb(-2) if isinstance(rate, int) else None, money(floor),
        money(ceiling), str(shelf), Decimal(desi).scaleb(-3) if isinstance(desi, int) else None, from_epoch_ms(int(str(at))),
    )  # fmt: skip
