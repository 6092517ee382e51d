"""From price and stock changes, and from whole listings, to the sheet or feed that a vendor takes. Pure, and callable in another
process. Must never write zero or a guess where nothing is to change: such a cell stays blank.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, Literal

import msgspec
from lxml import etree

from app.contracts import Message, fail
from app.kit import Sheet, sheet_template, write_csv, xlsx_bytes
from app.kit.sheet_columns import PRODUCTS, aliases, plain
from app.model import Listing, ListingRef, Money, PriceChange, StockChange, clean

Kind = Literal["price", "stock", "products"]
KINDS: tuple[Kind, ...] = ("price", "stock", "products")
FORMATS = ("xlsx", "csv", "csv_1254", "xml")
ENDINGS = {"xlsx": ".xlsx", "csv": ".csv", "csv_1254": ".csv", "xml": ".xml"}
#: In file names: what a person in a seller panel looks for.
NAMES: Mapping[Kind, str] = {"price": "fiyat", "stock": "stok", "products": "urun"}
Values = Mapping[str, str | int | Decimal]


class Column(msgspec.Struct, frozen=True):
    title: str
    field: str  # '': the vendor wants the column, we have nothing for it


class Feed(msgspec.Struct, frozen=True):
    root: str = "Products"
    item: str = "Product"
    elements: dict[str, str] = {}  # element → field


class Template(msgspec.Struct, frozen=True):
    """One file of resources/sheets. `needs`: one of these fields must be there, or the vendor cannot tell what is meant."""

    sheet: str
    format: str = "xlsx"
    before: str = ""  # a sheet that stands before the one that counts
    needs: tuple[str, ...] = ("barcode", "sku")
    price: tuple[Column, ...] = ()
    stock: tuple[Column, ...] = ()
    products: tuple[Column, ...] = ()
    feed: Feed | None = None

    def columns(self, kind: Kind) -> tuple[Column, ...]:
        found: tuple[Column, ...] = getattr(self, kind)
        return found or getattr(template("generic"), kind)


@cache
def template(name: str) -> Template:
    """Raises YoursError `config.field` for a name that is none."""
    try:
        return msgspec.convert(sheet_template(name or "generic"), Template)
    except KeyError as error:
        raise fail(Message("config.field", {"field": "template", "why": "choice"}, field="template")) from error


def own_columns(text: str) -> tuple[Column, ...]:
    """What the merchant mapped once: `Ürün Kodu=Barkod; Yeni Fiyat=Satış Fiyatı`, the vendor's header before ours, in the order of
    the vendor's sheet. Raises YoursError `config.field`."""
    known = {**aliases(PRODUCTS), plain("Liste Fiyatı (boş kalmaz)"): "list_price_or_price"}
    found = []
    for part in filter(None, (one.strip() for one in text.replace("\n", ";").split(";"))):
        title, sign, wanted = part.partition("=")
        field = known.get(plain(wanted), "")
        if not title.strip() or (sign and wanted.strip() and not field):
            told = {"field": "out_columns", "why": "pattern", "example": "Ürün Kodu=Barkod; Yeni Fiyat=Satış Fiyatı"}
            raise fail(Message("config.field", {**told, "value": part[:60]}, field="out_columns"))
        found.append(Column(title.strip(), field))
    return tuple(found)


def values_of(item: PriceChange | StockChange | Listing) -> dict[str, str | int | Decimal]:
    """Field → value of one row; what is not known or not to change is left out."""
    ref: ListingRef | Listing = item if isinstance(item, Listing) else item.listing
    found: dict[str, str | int | Decimal] = {
        "barcode": ref.barcode, "sku": ref.sku, "remote_id": ref.remote_id, **{k: v for k, v in ref.extra.items() if v}
    }  # fmt: skip
    if isinstance(item, StockChange):
        found["stock"] = item.quantity
    elif isinstance(item, PriceChange):
        _put_prices(found, item.price, item.list_price, item.was_list_price)
    else:
        found["title"] = item.title
        if item.price is not None:
            _put_prices(found, item.price, item.list_price, None)
        if item.stock is not None:
            found["stock"] = item.stock
        if item.vat_rate is not None:
            found["vat_rate"] = item.vat_rate
    return {key: value for key, value in found.items() if value != ""}


def _put_prices(found: dict[str, str | int | Decimal], price: Money, listed: Money | None, was: Money | None) -> None:
    found["price"], found["currency"] = price.rounded().amount, price.currency
    if listed is not None:
        found["list_price"] = listed.rounded().amount
    # Vendors whose sheet wants both: the crossed-out price that stands there already, never below the new one.
    kept = listed or was
    floor = kept if kept is not None and kept.currency == price.currency and price < kept else price
    found["list_price_or_price"] = floor.rounded().amount


def lacking(form: Template, columns: Sequence[Column], values: Values) -> str:
    """The header of the key that the row lacks; '' when the vendor can tell what is meant."""
    written = [one for one in columns if one.field]
    keys = [one for one in written if one.field in ("barcode", "sku", "remote_id")]
    wanted = [one for one in keys if one.field in form.needs] or keys
    if any(values.get(one.field, "") != "" for one in wanted):
        return ""
    return " / ".join(one.title for one in wanted) or "Barkod"


def sheet_bytes(
    name: str, kind: Kind, columns: tuple[Column, ...], format_: str, rows: list[dict[str, str | int | Decimal]]
) -> bytes:
    """The file. `columns` () takes the template's. Raises YoursError for what the format cannot hold."""
    form = template(name)
    columns = columns or form.columns(kind)
    if format_ == "xml":
        return _feed(form.feed or template("generic").feed or Feed(), columns if kind != "products" else (), rows)
    header = [one.title for one in columns]
    table = [[row.get(one.field) if one.field else None for one in columns] for row in rows]
    if format_ == "xlsx":
        sheets = [Sheet(form.before, (), ())] if form.before else []
        return xlsx_bytes([*sheets, Sheet(form.sheet, header, table)])
    return write_csv(
        header, table, delimiter=";", encoding="cp1254" if format_ == "csv_1254" else "utf-8-sig", comma=True
    )


def _feed(feed: Feed, columns: Sequence[Column], rows: Sequence[Values]) -> bytes:
    """XML with one element a product. A price sheet holds only keys and prices: the rest is not to change."""
    wanted = {one.field for one in columns} | {"remote_id"}
    root = etree.Element(feed.root)
    for row in rows:
        item = etree.SubElement(root, feed.item)
        for element, field in feed.elements.items():
            value: Any = row.get(field, "")
            if value == "" or (columns and field not in wanted):
                continue
            text = format(value, "f") if isinstance(value, Decimal) else clean(str(value), 20_000)
            etree.SubElement(item, element).text = "".join(c for c in text if c >= " " and c not in "\ufffe\uffff")
    etree.indent(root)
    # The comment is how a feed of ours is known when the next one takes its place.
    body: bytes = etree.tostring(root, encoding="UTF-8")
    return b"<?xml version='1.0' encoding='UTF-8'?>\n<!-- Paxzar -->\n" + body + b"\n"
