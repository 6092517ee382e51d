"""The store: everything that Paxzar knows, in one SQLite file. All SQL of the program lives in this package.

One file an aggregate; one writer thread; no secret, ever.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from app.store.accounts import AccountRow, Accounts
from app.store.addresses import Addresses
from app.store.alerts import AlertBody, AlertRow, Alerts, DeliveryRow
from app.store.attention import Attention, AttentionRow
from app.store.audit import Action, Audit, AuditEntry, AuditFilter, BrokenLink, Head, Outcome
from app.store.business import Business, BusinessDay
from app.store.connections import ConnectionRow, Connections
from app.store.cursors import Cursors
from app.store.db import Database
from app.store.erasing import Erased, Erasing
from app.store.errors import StoreBusy, StoreDamaged, StoreError, StoreFull, StoreReadOnly
from app.store.jobs import JobRow, Jobs
from app.store.listing_query import ListingQuery, ListingRow, StoredListing
from app.store.listings import Listings
from app.store.order_bundles import Bundle, BundleLine, Bundles
from app.store.order_invoices import Invoices, OrderInvoice
from app.store.order_local import LocalState
from app.store.order_query import OrderQuery, OrderRow, StatusChange, StoredOrder, TodayFigures
from app.store.orders import Orders
from app.store.outbox import Outbox, OutboxFilter, OutboxRow
from app.store.packing import DuePrint, DueWish, PackingRows
from app.store.pages import Applied
from app.store.parcel_fate import ParcelState
from app.store.parcel_query import KeptLabel, ParcelDetail, ParcelQuery, ParcelRow
from app.store.parcels import Parcels, ParcelWish
from app.store.people import HeldOrder, People, Person
from app.store.plan_query import PlanLineRow, PlanRow, Progress
from app.store.plans import NewPlan, Plans, Recipe
from app.store.print_queue import NewUnit, PrintJob, PrintQueue, UnitRow
from app.store.printers import Printer, Printers
from app.store.prints import PrintRow, Prints
from app.store.process import Process, ProcessPoint
from app.store.products import Product, ProductChange, Products
from app.store.publishing import Content, Memory, Publication, Publishing
from app.store.samples import ErrorRow, RequestRow, Samples, SeriesPoint
from app.store.settings import Settings
from app.store.settlement_query import MonthRow, OrderPayout, PayoutQuery, PayoutRow, PayoutTotal
from app.store.settlements import SettlementRow, Settlements
from app.store.stock import ChannelStock, Shortage, Stock, StockLevels, StockQuery, StockRow
from app.store.stock_ledger import Count
from app.store.trouble import ServerOrders, Trouble, Troubles
from app.store.watching import Watching

__all__ = [
    "AccountRow", "Action", "AlertBody", "AlertRow", "Applied", "AttentionRow", "Audit", "AuditEntry", "AuditFilter",
    "BrokenLink", "Bundle", "BundleLine", "BusinessDay", "ChannelStock", "ConnectionRow", "Content", "Count", "Database", "DeliveryRow", "DuePrint", "DueWish", "Erased", "ErrorRow", "Head",
    "HeldOrder", "JobRow", "KeptLabel", "ListingQuery", "ListingRow", "LocalState", "Memory", "MonthRow", "NewPlan", "NewUnit",
    "OrderInvoice", "OrderPayout", "OrderQuery", "OrderRow", "OutboxFilter", "OutboxRow", "Outcome", "PackingRows", "ParcelDetail", "ParcelQuery",
    "ParcelRow", "ParcelState", "ParcelWish", "PayoutQuery", "PayoutRow", "PayoutTotal", "Person", "PlanLineRow",
    "PlanRow", "PrintJob", "PrintQueue", "PrintRow", "Printer", "Printers", "ProcessPoint", "Product",
    "ProductChange", "Progress", "Publication", "Recipe", "RequestRow", "SeriesPoint", "ServerOrders", "SettlementRow",
    "Settlements", "Shortage", "StatusChange", "StockLevels", "StockQuery", "StockRow", "Store", "StoreBusy", "StoreDamaged", "StoreError", "StoreFull", "StoreReadOnly",
    "StoredListing", "StoredOrder", "TodayFigures", "Trouble", "UnitRow",
]  # fmt: skip

# Each fails when its index does not hold exactly the words of its rows.
_INDEX_CHECKS = (
    ("order_words", "INSERT INTO order_words(order_words, rank) VALUES ('integrity-check', 1)"),
    ("order_digits", "INSERT INTO order_digits(order_digits, rank) VALUES ('integrity-check', 1)"),
    ("listing_words", "INSERT INTO listing_words(listing_words, rank) VALUES ('integrity-check', 1)"),
)


class Store:
    """One open store. Made by `open`; every method of its parts is async and off the loop."""

    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self.db = db
        self.accounts = Accounts(db, now)
        self.connections = Connections(db, now)
        self.orders = Orders(db, now)
        self.listings = Listings(db, now)
        self.cursors = Cursors(db, now)
        self.outbox = Outbox(db, now)
        self.samples = Samples(db, now)
        self.process = Process(db, now)
        self.business = Business(db, now)
        self.troubles = Troubles(db, now)
        self.attention = Attention(db, now)
        self.jobs = Jobs(db, now)
        self.prints = Prints(db, now)
        self.printers = Printers(db, now)
        self.print_queue = PrintQueue(db, now)
        self.parcels = Parcels(db, now)
        self.packing = PackingRows(db, now)
        self.addresses = Addresses(db, now)
        self.bundles = Bundles(db, now)
        self.invoices = Invoices(db, now)
        self.alerts = Alerts(db, now)
        self.watching = Watching(db, now)
        self.settings = Settings(db)
        self.products = Products(db, now)
        self.publishing = Publishing(db, now)
        self.plans = Plans(db, now)
        self.stock = Stock(db, now)
        self.settlements = Settlements(db, now)
        self.audit = Audit(db, now)
        self.erasing = Erasing(db, now)
        self.people = People(db, self.orders.index)

    @classmethod
    async def open(
        cls, path: Path, *, now: Callable[[], datetime], read_only: bool = False, afresh: bool = False
    ) -> Store:
        """Open or create the file at `path`; raises what `Database.open` raises. The owner of the workspace then calls
        `outbox.recover` and `jobs.interrupted` before anything else works on it."""
        return cls(await Database.open(path, read_only=read_only, afresh=afresh, now=now), now)

    async def close(self) -> None:
        """Drain the writer, checkpoint, close. Twice is fine."""
        await self.db.close()

    async def integrity(self) -> list[str]:
        """A full check, which reads the whole file: what is wrong, in SQLite's words. Empty when all is well."""
        wrong = await self.db.read(_look)
        if not wrong and not self.db.read_only:
            wrong += await self.db.write(self._look_at_indexes)
        return wrong

    def _look_at_indexes(self, conn: sqlite3.Connection) -> list[str]:
        """On the writer, because the check is spelt as an insert; it blocks writes for a second per 100,000 orders."""
        wrong = []
        for fill in (self.orders.index.fill, self.listings.index.fill):
            while fill(conn):
                pass
        for name, check in _INDEX_CHECKS:
            try:
                conn.execute(check)
            except sqlite3.DatabaseError as error:
                wrong.append(f"{name}: {error}")
        return wrong


def _look(conn: sqlite3.Connection) -> list[str]:
    wrong = [str(row[0]) for row in conn.execute("PRAGMA integrity_check(20)") if row[0] != "ok"]
    wrong += [
        f"{table}: row {row} names a missing {parent}"
        for table, row, parent, _ in conn.execute("PRAGMA foreign_key_check")
    ]
    return wrong
