"""A vendor without an API: it drops order sheets into a folder, offers the last one behind a link, and picks up what lies in the
folder `giden`. Written from reference/marketplaces-tr.md, "Shared: file exchange"; shares no code with the client.

Switches: `csv` (drops are CSV in Windows 1254 instead of XLSX), `ignore_writes` (it picks up and applies nothing), `never_picks_up`.
"""

from __future__ import annotations

import base64
import csv
import io
import os
import random
import shutil
import tempfile
import weakref
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import xlsxwriter
from lxml import etree
from python_calamine import CalamineWorkbook
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from providers.sandboxes.kit import Sandbox
from providers.sandboxes.people import Good, Person, good, person

#: The confirmed headers of Trendyol's order export that a shop needs; the others stay out, as in a cut sheet of a retailer.
HEADER = (
    "Barkod", "Paket No", "Kargo Firması", "Sipariş Tarihi", "Termin Süresinin Bittiği Tarih", "Kargoya Teslim Tarihi", "Kargo Kodu",
    "Sipariş Numarası", "Alıcı", "Teslimat Adresi", "İl", "İlçe", "Ürün Adı", "Sipariş Statüsü", "E-Posta", "Marka", "Stok Kodu",
    "Adet", "Birim Fiyatı", "Satış Tutarı", "İndirim Tutarı", "Faturalanacak Tutar", "Teslim Tarihi", "Müşteri Telefon No",
)  # fmt: skip
PRODUCTS = ("Barkod", "Stok Kodu", "Ürün Adı", "Marka", "Liste Fiyatı", "Satış Fiyatı", "KDV Oranı", "Stok")
SHIPPED, NEW, CANCELLED = "Kargoya Verildi", "Yeni", "İptal Edildi"
STATES = {SHIPPED: "shipped", NEW: "open", CANCELLED: "cancelled"}
ISTANBUL = timedelta(hours=3)


@dataclass
class Line:
    good: Good
    quantity: int
    unit: Decimal


@dataclass
class SheetOrder:
    number: str
    package: str
    placed: datetime
    buyer: Person
    lines: list[Line]
    status: str = NEW
    moved: datetime | None = None
    damaged: bool = False

    @property
    def total(self) -> Decimal:
        return sum((one.unit * one.quantity for one in self.lines), Decimal(0))


@dataclass
class Offer:
    good: Good
    price: Decimal
    list_price: Decimal | None
    stock: int


@dataclass
class Drop:
    """One sheet as it lies in the folder, and whose orders are in it."""

    name: str
    numbers: list[str] = field(default_factory=list)


class SheetsSandbox(Sandbox):
    """`credentials` name a folder of this machine: the fake vendor's side of it. It ends with the process."""

    name: ClassVar[str] = "sheets"

    def __init__(self, *, seed: int = 1, orders: int = 0, listings: int = 0) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="paxzar-sheets-")).resolve()
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        super().__init__(seed=seed, orders=orders, listings=listings)

    # -- the vendor's records -------------------------------------------------------------------------------------------
    def reset(self, *, orders: int, listings: int, seed: int) -> None:
        self.rng = random.Random(seed)
        self.switches: dict[str, bool] = {}
        self.counts: Counter[str] = Counter()
        self.orders: dict[str, SheetOrder] = {}
        self.offers: dict[str, Offer] = {}
        self.drops: list[Drop] = []
        self.taken: list[str] = []
        self._numbers, self._ticks = 900_000 + seed, 0
        for path in self.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.credentials = {"way": "folder", "folder": str(self.folder), "user": "magaza", "password": "Gizli-Parola-1"}
        for index in range(1, max(listings, 8) + 1):
            one = good(self.rng, index)
            listed = Decimal(one.list_price_kurus) / 100
            price = Decimal(one.price_kurus) / 100
            self.offers[one.sku] = Offer(one, price, listed if listed > price else None, one.stock)
        self._known = listings
        if listings:
            self._drop_products()
        if orders:
            self.add_orders(orders)

    def add_orders(self, count: int) -> list[str]:
        made = []
        for _ in range(count):
            self._numbers += 1
            lines = [self._line() for _ in range(self.rng.choice((1, 1, 1, 2, 3)))]
            placed = self.clock.now() - timedelta(minutes=self.rng.randint(5, 600))
            order = SheetOrder(str(self._numbers), f"P{self._numbers}", placed.replace(second=0, microsecond=0), person(self.rng), lines)  # fmt: skip
            self.orders[order.package] = order
            made.append(order.package)
        self._drop(made)
        return made

    def _line(self) -> Line:
        offer = self.rng.choice(list(self.offers.values()))
        return Line(offer.good, self.rng.randint(1, 3), offer.price)

    def touch_orders(self, count: int, seed: int) -> list[str]:
        chosen = random.Random(seed).sample(sorted(self.orders), min(count, len(self.orders)))
        for package in chosen:
            self.orders[package].status, self.orders[package].moved = (
                SHIPPED,
                self.clock.now().replace(second=0, microsecond=0),
            )
        self._drop(chosen)
        return chosen

    def cancel_order(self, remote_id: str) -> None:
        self.orders[remote_id].status = CANCELLED
        self._drop([remote_id])

    def damage_order(self, remote_id: str) -> None:
        """In every sheet that has it, its quantity is a word."""
        self.orders[remote_id].damaged = True
        for drop in self.drops:
            if remote_id in drop.numbers:
                self._write(drop)

    # -- its files ------------------------------------------------------------------------------------------------------
    def _drop(self, packages: list[str]) -> None:
        ending = "csv" if self.switches.get("csv") else "xlsx"
        drop = Drop(f"siparisler-{len(self.drops) + 1:03d}.{ending}", list(packages))
        self.drops.append(drop)
        self._write(drop)

    def _write(self, drop: Drop) -> None:
        rows = [row for package in drop.numbers for row in self._rows(self.orders[package])]
        data = _csv(HEADER, rows) if drop.name.endswith("csv") else _xlsx("Siparişler", HEADER, rows)
        self._put(drop.name, data)

    def _rows(self, order: SheetOrder) -> list[list[Any]]:
        moved, who = (_local(order.moved) if order.moved else ""), order.buyer
        rows = []
        for one in order.lines:
            amount = one.unit * one.quantity
            rows.append([
                one.good.barcode, order.package, "Yurtiçi Kargo", _local(order.placed), _local(order.placed + timedelta(days=2)), moved,
                f"73{order.number}", order.number, f"{who.first} {who.last}", who.street, who.city, who.district, one.good.title,
                order.status, who.email, "Deneme", one.good.sku, "iki" if order.damaged else one.quantity, one.unit, amount,
                Decimal(0), amount, "", who.phone,
            ])  # fmt: skip
        return rows

    def _drop_products(self) -> None:
        rows = [
            [
                o.good.barcode,
                o.good.sku,
                o.good.title,
                "Deneme",
                o.list_price or "",
                o.price,
                o.good.vat_percent,
                o.stock,
            ]
            for o in list(self.offers.values())[: self._known]
        ]
        self._put("urunler.xlsx", _xlsx("Ürünler", PRODUCTS, rows))

    def _put(self, name: str, data: bytes) -> None:
        """Whole at once, and of an age at which nobody takes it for a file that is still being copied."""
        fresh, target = self.folder / f".{name}.tmp", self.folder / name
        fresh.write_bytes(data)
        self._ticks += 1
        at = self.clock.timestamp() - 60 + self._ticks / 1000
        os.utime(fresh, (at, at))
        fresh.replace(target)

    def collect(self) -> None:
        """The vendor picks up what lies in `giden`, oldest first, and applies it."""
        outbox = self.folder / "giden"
        if self.switches.get("never_picks_up") or not outbox.is_dir():
            return
        for path in sorted(outbox.iterdir(), key=lambda one: (one.stat().st_mtime, one.name)):
            if path.name.startswith(".") or not path.is_file():
                continue
            rows = _read(path)
            self.counts["sheets_taken"] += 1
            self.taken.append(path.name)
            path.unlink()
            if not self.switches.get("ignore_writes"):
                for row in rows:
                    self._apply(row)

    def _apply(self, row: dict[str, str]) -> None:
        by_code = {one.good.barcode: one for one in self.offers.values()} | self.offers
        offer = by_code.get(row.get("Barkod", "")) or by_code.get(row.get("Stok Kodu", ""))
        if offer is None:
            self.counts["unknown_rows"] += 1
            return
        for title, name in (("Satış Fiyatı", "price"), ("Liste Fiyatı", "list_price")):
            if row.get(title):
                setattr(offer, name, Decimal(row[title].replace(",", ".")))
        if row.get("Stok"):
            offer.stock = int(Decimal(row["Stok"]))
        self.counts[f"write:{offer.good.sku}"] += 1

    # -- truth ----------------------------------------------------------------------------------------------------------
    def truth_orders(self) -> list[dict[str, Any]]:
        return [
            {
                "remote_id": o.package, "number": o.number, "status": STATES[o.status], "placed_at": o.placed.isoformat(),
                "updated_at": (o.moved or o.placed).isoformat(), "buyer": f"{o.buyer.first} {o.buyer.last}", "total": str(o.total),
                "currency": "TRY",
                "lines": [
                    {"remote_id": x.good.barcode, "sku": x.good.sku, "quantity": x.quantity, "unit_price": str(x.unit)} for x in o.lines
                ],
            }
            for o in self.orders.values()
        ]  # fmt: skip

    def truth_listings(self) -> list[dict[str, Any]]:
        self.collect()
        return [
            {
                "remote_id": o.good.barcode, "sku": o.good.sku, "barcode": o.good.barcode, "title": o.good.title, "price": str(o.price),
                "list_price": str(o.list_price) if o.list_price else None, "stock": o.stock, "currency": "TRY",
            }
            for o in list(self.offers.values())[: self._known]
        ]  # fmt: skip

    def counters(self) -> dict[str, int]:
        return dict(self.counts)

    def switch(self, feature: str, on: bool) -> None:
        if feature not in ("csv", "ignore_writes", "never_picks_up"):
            raise KeyError(feature)
        self.switches[feature] = on

    # -- over HTTP ------------------------------------------------------------------------------------------------------
    def routes(self) -> list[BaseRoute]:
        return [Route("/siparisler.csv", self._link), Route("/pick-up", self._pick_up, methods=["POST"])]

    async def _link(self, request: Request) -> Response:
        """All orders behind a link with user and password, with an ETag."""
        told = base64.b64encode(f"{self.credentials['user']}:{self.credentials['password']}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {told}":
            return Response("yetkisiz", 401, media_type="text/plain")
        body = _csv(HEADER, [row for one in self.orders.values() for row in self._rows(one)])
        tag = f'"{abs(hash(body)):x}"'
        if request.headers.get("if-none-match") == tag:
            self.counts["not_modified"] += 1
            return Response(status_code=304, headers={"etag": tag})
        return Response(body, media_type="text/csv", headers={"etag": tag})

    async def _pick_up(self, request: Request) -> Response:
        self.collect()
        return JSONResponse({"taken": self.taken})


def _local(at: datetime) -> str:
    return (at.astimezone(UTC) + ISTANBUL).strftime("%d.%m.%Y %H:%M")


def _xlsx(name: str, header: tuple[str, ...], rows: list[list[Any]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet(name)
        page.write_row(0, 0, header)
        for at, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                page.write_string(at, column, cell) if isinstance(cell, str) else page.write_number(
                    at, column, float(cell)
                )
    return out.getvalue()


def _csv(header: tuple[str, ...], rows: list[list[Any]]) -> bytes:
    out = io.StringIO(newline="")
    write = csv.writer(out, delimiter=";")
    write.writerow(header)
    for row in rows:
        write.writerow([f"{cell:f}".replace(".", ",") if isinstance(cell, Decimal) else cell for cell in row])
    return out.getvalue().encode("cp1254", "replace")


def _read(path: Path) -> list[dict[str, str]]:
    """Rows by header, as a vendor's program would read them: the last sheet of a workbook, CSV with semicolons, or the feed."""
    if path.suffix == ".xml":
        names = {
            "Barcode": "Barkod",
            "Product_code": "Stok Kodu",
            "Price": "Satış Fiyatı",
            "ListPrice": "Liste Fiyatı",
            "Stock": "Stok",
        }
        return [
            {names.get(str(c.tag), str(c.tag)): c.text or "" for c in item} for item in etree.parse(str(path)).getroot()
        ]
    if path.suffix == ".csv":
        data = path.read_bytes()
        text = data.decode("utf-8-sig") if data.startswith(b"\xef\xbb\xbf") else data.decode("cp1254")
        return list(csv.DictReader(io.StringIO(text), delimiter=";"))
    book = CalamineWorkbook.from_path(str(path))
    rows = book.get_sheet_by_index(len(book.sheet_names) - 1).to_python()
    return [dict(zip(map(str, rows[0]), map(_shown, row), strict=False)) for row in rows[1:]]


def _shown(cell: object) -> str:
    return format(Decimal(repr(cell)), "f") if isinstance(cell, float) else str(cell)


def create(**options: int) -> SheetsSandbox:
    return SheetsSandbox(**options)
