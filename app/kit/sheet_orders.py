"""From a sheet's bytes to orders and listings. Pure, and callable in another process. Must never store an order that lacks one of
its lines because a cell could not be read: it would be packed like that. A part that only informs is left out, and told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import msgspec

from app.contracts import Message, ProviderError, Reject
from app.kit.sheet_columns import (
    ORDERS,
    CellTrouble,
    Columns,
    Kept,
    Row,
    decimal_signs,
    find_columns,
    likely_header,
    plain,
    shape_of,
    statuses,
    titles_of,
)
from app.kit.sheets import Grid, read_grids, text_cell
from app.model import (
    Address,
    Buyer,
    Listing,
    ListingStatus,
    Money,
    Order,
    OrderLine,
    OrderStatus,
    Price,
    clean,
    currency_code,
    fold,
    phone_e164,
)

T = TypeVar("T")
RAW = 65_536
_SAMPLED = 20  # rows below the headers that are looked at for a value of each column
_MONEY = ("unit_price", "line_total", "discount", "net_total", "vat_rate", "list_price", "price", "desi")
_WHO = ("order_number", "package_number", "ordered_at", "buyer")  # all blank: the row belongs to the order above
_EXTRA = ("model", "brand", "category", "desi", "colour", "size", "description", *(f"image{n}" for n in range(1, 9)))
_HOME = frozenset({"turkiye", "turkey", "tr", "tur", "turkiye cumhuriyeti"})
_LEAST = Decimal("0.000001")
#: How far on its way an order is, for one whose lines differ.
_WAY = (OrderStatus.PENDING, OrderStatus.OPEN, OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.RETURNED)


class Reading(msgspec.Struct, frozen=True):
    """What a file held. `kind` is '' when no sheet of it is known by its headers; `unknown` are headers without a meaning.

    `shape` is what the file is known again by; `titles` its headers in their places with a `samples` value each; `found` which of
    them is which field. All four are there for a file whose headers nobody knows too, so that a person can say what they are."""

    kind: str = ""
    orders: tuple[Order, ...] = ()
    listings: tuple[Listing, ...] = ()
    rejects: tuple[Reject, ...] = ()
    unknown: tuple[str, ...] = ()
    rows: int = 0
    shape: str = ""
    titles: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    found: dict[str, str] = {}


def read_sheet(
    data: bytes, name: str, at: datetime, own: tuple[tuple[str, str], ...] = (), currency: str = "TRY",
    kept: Kept | None = None,
) -> Reading:  # fmt: skip
    """All that the file says. `at`: when it was last changed, for orders without a date; `own`: what the merchant has said of its
    columns, `kept`: what she said of files of this shape. A file that is no sheet, or none that is known, is a reading with one
    reject; nothing is raised."""
    try:
        grids = read_grids(data)
    except ProviderError as error:
        return Reading(rejects=(Reject("", name, error.message.about(field=name)),))
    best: tuple[Grid, Columns] | None = None
    for grid in grids:
        columns = find_columns(grid, own, kept)
        if columns is not None and (best is None or (best[1].missing and not columns.missing)):
            best = grid, columns
    if best is None:
        head = next((row for grid in grids for row in grid.rows if any(row)), [])
        told = Message("sheet.columns", {"field": name, "value": "Sipariş No, Barkod, Stok Kodu"})
        widest = max(grids, key=lambda one: len(one.rows), default=None)
        read = Reading(rejects=(Reject("", "\t".join(map(str, head))[:RAW], told),))
        return read if widest is None else _shaped(read, widest, likely_header(widest), {})
    grid, columns = best
    if columns.missing:
        told = Message("sheet.columns", {"field": name, "value": ", ".join(columns.missing)})
        head = grid.rows[columns.header]
        read = Reading(
            columns.kind, rejects=(Reject("", "\t".join(map(str, head))[:RAW], told),), unknown=columns.unknown
        )
    else:
        read = (_orders if columns.kind == ORDERS else _listings)(_Sheet(name, at, currency, grid, columns))
    return _shaped(read, grid, columns.header, dict(columns.titles))


def _shaped(read: Reading, grid: Grid, header: int, found: dict[str, str]) -> Reading:
    """With what a person needs to say which column is what."""
    if header < 0:
        return read
    titles = titles_of(grid.rows[header])
    samples = [""] * len(titles)
    for row in grid.rows[header + 1 : header + 1 + _SAMPLED]:
        for at, cell in enumerate(row[: len(titles)]):
            samples[at] = samples[at] or clean(text_cell(cell), 60)
    return msgspec.structs.replace(
        read, shape=shape_of(grid.rows[header]), titles=tuple(titles), samples=tuple(samples), found=found
    )


class _Sheet:
    """The rows of a sheet and the troubles with them."""

    def __init__(self, name: str, at: datetime, currency: str, grid: Grid, columns: Columns) -> None:
        self.name, self.at, self.currency, self.grid, self.columns = name, at, currency, grid, columns
        self.signs = decimal_signs(grid, columns, _MONEY)
        self.rejects: list[Reject] = []
        self.rows = 0
        self.told_undated = False

    def lines(self) -> Iterator[Row]:
        """The rows that say something: no blank ones, no totals, no header that is repeated on a further page."""
        head = self.grid.rows[self.columns.header]
        for number in range(self.columns.header + 1, len(self.grid.rows)):
            row = Row(self.grid, self.columns, number, self.signs)
            if row.is_blank or row.is_total or self.grid.rows[number] == head:
                continue
            self.rows += 1
            yield row

    def tell(self, row: Row, remote_id: str, field: str, value: str, why: str) -> None:
        title = self.columns.titles.get(field, field)
        place = row.place(field)
        told = {
            "field": f"{self.name} · {title} · {place}", "value": value, "why": why, "file": self.name, "column": title,
            "row": str(self.grid.top + row.number + 1), "cell": place,
        }  # fmt: skip
        self.rejects.append(Reject(remote_id, row.raw[:RAW], Message("sheet.cell", told, field=field)))

    def soft(self, row: Row, remote_id: str, read: Callable[[str], T], field: str, blank: T) -> T:
        """A part that only informs: `blank` when it cannot be read, and that is told."""
        try:
            return read(field)
        except CellTrouble as trouble:
            self.tell(row, remote_id, trouble.field, trouble.value, trouble.why)
            return blank

    def money(self, row: Row) -> str:
        typed = row.text("currency", 12)
        try:
            return currency_code(typed.upper() if typed.isascii() else typed) if typed else self.currency
        except ValueError:
            raise CellTrouble("currency", typed, "sheet_currency") from None


# -- orders ------------------------------------------------------------------------------------------------------
def _orders(sheet: _Sheet) -> Reading:
    groups: dict[str, list[Row]] = {}
    last = ""
    for row in sheet.lines():
        try:
            number, package = row.ident("order_number"), row.ident("package_number")
        except CellTrouble as trouble:
            sheet.tell(row, "", trouble.field, trouble.value, trouble.why)
            last = ""  # what follows without a number of its own must not go to the order above
            continue
        key = package or number
        if not number:
            if last and not any(row.text(field) for field in _WHO):
                key = last  # merged cells, as CSV and some portals write them
            elif any(row.text(field) for field in ("barcode", "sku", "title", "buyer", "quantity")):
                sheet.tell(row, "", "order_number", "", "sheet_blank")
                last = ""
                continue
            else:
                continue  # a remark below the table
        groups.setdefault(key, []).append(row)
        last = key
    found = []
    for key, rows in groups.items():
        order = _order(sheet, key, rows)
        if order is not None:
            found.append(order)
    return Reading(ORDERS, tuple(found), (), tuple(sheet.rejects), sheet.columns.unknown, sheet.rows)


def _order(sheet: _Sheet, key: str, rows: Sequence[Row]) -> Order | None:
    lines, discount, total, whole = [], Decimal(0), Decimal(0), True
    words = [row.text("status", 60) for row in rows]
    states = [_state(row, word, sheet, key) for row, word in zip(rows, words, strict=True)]
    currency = ""
    for place, (row, state) in enumerate(zip(rows, states, strict=True)):
        try:
            money = sheet.money(row)
            if currency and money != currency:
                raise CellTrouble("currency", money, "sheet_currency")
            currency = money
            line, net, less = _line(sheet, row, key, place, currency, cancelled=state is OrderStatus.CANCELLED)
        except CellTrouble as trouble:
            sheet.tell(row, key, trouble.field, trouble.value, trouble.why)
            whole = False
            continue
        lines.append(line)
        if not line.cancelled or all(one is OrderStatus.CANCELLED for one in states):
            total, discount = total + net, discount + less
    if not whole:
        return None
    first = rows[0]
    dates = {one: _date(sheet, rows, one, key) for one in ("ordered_at", "handed_at", "delivered_at", "ship_by")}
    placed = dates["ordered_at"] or sheet.at
    dated = (
        "ordered_at" in sheet.columns.places or not sheet.told_undated
    )  # without such a column each would say the same
    if dates["ordered_at"] is None and dated and not any(one.remote_id == key for one in sheet.rejects):
        sheet.tell(first, key, "ordered_at", first.text("ordered_at"), "sheet_blank")
        sheet.told_undated = True
    moved = [one for one in (placed, dates["handed_at"], dates["delivered_at"]) if one is not None]
    unpriced = not any(field in sheet.columns.places for field in ("unit_price", "line_total", "net_total"))
    status = _together(states)
    buyer, address, bill = _people(first)
    return Order(
        remote_id=key, number=first.ident("order_number") or key, status=status,
        vendor_status=", ".join(dict.fromkeys(filter(None, words))), placed_at=placed, updated_at=max(moved),
        total=Money.of(total, currency), lines=tuple(_distinct(lines)), buyer=buyer, ship_to=address, bill_to=bill,
        ship_by=dates["ship_by"], discount=Money.of(discount, currency) if discount else None, note=first.text("note", 1000),
        carrier=first.text("carrier", 80), tracking_number=_tracking(first), unpriced=unpriced,
    )  # fmt: skip


def _tracking(row: Row) -> str:
    try:
        return row.ident("tracking")
    except CellTrouble:  # rounded: worse than none
        return ""


def _line(
    sheet: _Sheet, row: Row, key: str, place: int, currency: str, *, cancelled: bool
) -> tuple[OrderLine, Decimal, Decimal]:
    """The line, its amount after the seller's discount and the discount. Raises CellTrouble for what decides what is packed."""
    quantity = row.whole("quantity")
    if not quantity:
        raise CellTrouble("quantity", row.text("quantity"), "sheet_blank" if quantity is None else "sheet_whole")
    sku, title = row.ident("sku"), row.text("title")
    code = sheet.soft(row, key, row.ident, "vendor_code", "")
    barcode = sheet.soft(row, key, row.ident, "barcode", "") if sku or title or code else row.ident("barcode")
    if not (sku or title or barcode or code):
        raise CellTrouble("sku" if "sku" in sheet.columns.places else "barcode", "", "sheet_blank")
    unit, gross, net = row.amount("unit_price"), row.amount("line_total"), row.amount("net_total")
    less = abs(row.number_of("discount") or Decimal(0))
    if net is None:
        if gross is None and unit is None and "unit_price" in sheet.columns.places:
            raise CellTrouble("unit_price", "", "sheet_blank")
        full = gross if gross is not None else (unit or Decimal(0)) * quantity
        net = max(full - less, Decimal(0))
    each = (net / quantity).quantize(_LEAST).normalize() + Decimal("0.00")
    line = OrderLine(
        remote_id=row.text("line_number", 80) or barcode or sku or str(place + 1), sku=sku or code or barcode,
        title=title or sku or barcode, quantity=quantity, unit_price=Price(Money.of(each, currency)), barcode=barcode,
        vat_rate=sheet.soft(row, key, row.amount, "vat_rate", None), listing_id=code, cancelled=cancelled,
    )  # fmt: skip
    return line, net, less


def _distinct(lines: Sequence[OrderLine]) -> Iterator[OrderLine]:
    """One product in two rows is two lines: each gets an id of its own, the same at every reading."""
    seen: dict[str, int] = {}
    for line in lines:
        seen[line.remote_id] = seen.get(line.remote_id, 0) + 1
        times = seen[line.remote_id]
        yield line if times == 1 else msgspec.structs.replace(line, remote_id=f"{line.remote_id}-{times}")


def _date(sheet: _Sheet, rows: Sequence[Row], field: str, key: str) -> datetime | None:
    """The latest that the order's rows tell (a second parcel leaves later); the first for the order's own day."""
    told = [one for row in rows if (one := sheet.soft(row, key, row.instant, field, None)) is not None]
    if not told:
        return None
    return min(told) if field in ("ordered_at", "ship_by") else max(told)


def _state(row: Row, word: str, sheet: _Sheet, key: str) -> OrderStatus:
    """The channel's word; where there is no such column, what the dates say."""
    if word:
        return statuses().get(plain(word), OrderStatus.UNKNOWN)
    if row.text("delivered_at").strip("-–. "):
        return OrderStatus.DELIVERED
    return OrderStatus.SHIPPED if row.text("handed_at").strip("-–. ") else OrderStatus.OPEN


def _together(states: Sequence[OrderStatus]) -> OrderStatus:
    """One state for all lines of an order."""
    living = {one for one in states if one is not OrderStatus.CANCELLED}
    if not living:
        return OrderStatus.CANCELLED
    if len(living) == 1 or OrderStatus.UNKNOWN in living:
        return living.pop() if len(living) == 1 else OrderStatus.UNKNOWN
    if living & {OrderStatus.OPEN, OrderStatus.PENDING} and living & {OrderStatus.SHIPPED, OrderStatus.DELIVERED}:
        return OrderStatus.PARTIALLY_SHIPPED
    return min(living, key=_WAY.index)


def _people(row: Row) -> tuple[Buyer, Address, Address | None]:
    name, phone = row.text("buyer", 120), phone_e164(row.text("phone", 40))
    country = row.text("country", 40)
    code = (
        "TR"
        if not country or fold(country) in _HOME
        else country.upper()
        if len(country) == 2 and country.isascii()
        else ""
    )
    address = Address(
        name=name, street=row.text("address"), district=row.text("district", 80), city=row.text("city", 80),
        postcode=row.text("postcode", 16), country=code, phone=phone,
    )  # fmt: skip
    bill = None
    if row.text("bill_address") or row.text("tax_number") or row.text("company"):
        bill = Address(
            name=row.text("bill_name", 120) or name, company=row.text("company", 200), street=row.text("bill_address"),
            country=code, tax_office=row.text("tax_office", 80), tax_number=row.text("tax_number", 20),
        )  # fmt: skip
    return Buyer(name=name, phone=phone, email=row.text("email", 200)), address, bill


# -- listings ----------------------------------------------------------------------------------------------------
def _listings(sheet: _Sheet) -> Reading:
    found: dict[str, Listing] = {}
    for row in sheet.lines():
        try:
            one = _listing(sheet, row)
        except CellTrouble as trouble:
            sheet.tell(row, "", trouble.field, trouble.value, trouble.why)
            continue
        if one is None:
            continue
        if one.remote_id in found:
            sheet.tell(row, one.remote_id, "barcode" if one.barcode else "sku", one.remote_id, "sheet_twice")
            continue
        found[one.remote_id] = one
    return Reading(
        sheet.columns.kind, (), tuple(found.values()), tuple(sheet.rejects), sheet.columns.unknown, sheet.rows
    )


def _listing(sheet: _Sheet, row: Row) -> Listing | None:
    """None for a remark below the table. Raises CellTrouble."""
    barcode, sku, remote_id = row.ident("barcode"), row.ident("sku"), row.ident("remote_id")
    if not (barcode or sku or remote_id):
        if not row.text("title") or not (row.text("price") or row.text("stock")):
            return None
        raise CellTrouble("barcode" if "barcode" in sheet.columns.places else "sku", "", "sheet_blank")
    currency, price, listed = sheet.money(row), row.amount("price"), row.amount("list_price")
    vat = row.amount("vat_rate")
    extra = {field: row.text(field, 2000) for field in _EXTRA if row.text(field, 2000)}
    return Listing(
        remote_id=remote_id or barcode or sku, sku=sku or barcode or remote_id, title=row.text("title"),
        price=Money.of(price, currency) if price is not None else None,
        list_price=Money.of(listed, currency) if listed is not None and price is not None and listed > price else None,
        stock=row.whole("stock"), barcode=barcode, status=ListingStatus.ACTIVE, vat_rate=vat, extra=extra,
    )  # fmt: skip


def number_matches(order: Order, number: str) -> bool:
    """Whether the number that a merchant typed is this order's or its parcel's."""
    return clean(number, 200).removeprefix("#") in (order.number, order.remote_id)
