"""Builders for the tests of the order and print pages: orders by number, a pull, an executor in a thread, words on screen."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QWidget

from app.changes import ORDERS, ChangeReport
from app.contracts import Page as Records
from app.contracts import Reject
from app.model import Address, Buyer, Money, Order, OrderLine, OrderStatus, Price
from app.store import ConnectionRow
from tests.ui.pages.desk import Desk

NOW = datetime(2026, 11, 24, 11, 2, tzinfo=UTC)  # the page's clock stands still


def order(number: int, /, **changes: Any) -> Order:
    """Order `number`, placed `number` minutes ago, to be shipped within a day."""
    made = Order(
        remote_id=f"r{number}", number=f"7330{number:04d}", status=OrderStatus.OPEN, vendor_status="Created",
        placed_at=NOW - timedelta(minutes=number), updated_at=NOW - timedelta(minutes=number),
        total=Money(Decimal("869.70"), "TRY"),
        lines=(
            OrderLine("l1", f"NC-{number:04d}", "Bambu Banyo Havlusu 70×140, Çağla", 2, Price(Money(Decimal("289.90"), "TRY"))),
            OrderLine("l2", "NC-PST-0017", "Peştemal 90×180, İncir", 1, Price(Money(Decimal("289.90"), "TRY"))),
        ),
        buyer=Buyer("Işıl Güçlü", f"+90532555{number:04d}"),
        ship_to=Address(name="Işıl Güçlü", street="Yenişehir Mah. 214. Sk. No 8", district="Haliliye", city="Şanlıurfa",
                        postcode="63050", country="TR", phone="+90 555 000 00 67"),
        ship_by=NOW + timedelta(hours=24, minutes=number), carrier="Yurtiçi Kargo", tracking_number=f"PX{number:06d}",
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


async def pull(
    desk: Desk, row: ConnectionRow, *orders: Order, rejects: tuple[Reject, ...] = (), tell: bool = True
) -> None:
    """What a pull does: rows and cursor, then the report."""
    cursor = ("orders", NOW - timedelta(minutes=4))
    page = Records(orders, rejects)
    await desk.store.orders.apply_page(row.id, row.account_id, page, cursor=cursor, now=NOW)
    if tell:
        desk.services.changes.publish(ChangeReport(ORDERS, source="pull"))


class Threads:
    """The worker's place taken by a thread: starting a process in each test would cost a second."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)

    def executor(self) -> Executor:
        return self._pool

    def close(self) -> None:
        self._pool.shutdown(wait=True)


def prepare(desk: Desk) -> None:
    """Draws documents in a thread; the clock stands still."""
    desk.services.worker.close()
    desk.services = replace(desk.services, worker=Threads(), now=lambda: NOW)  # type: ignore[arg-type]


def documents(desk: Desk) -> list[Path]:
    """The PDF files of the workspace."""
    return sorted((desk.store.db.path.parent / "documents").glob("*.pdf"))


def texts(widget: QWidget) -> list[str]:
    """Every word that a widget shows or says."""
    found = [widget.accessibleName(), widget.accessibleDescription(), widget.toolTip()]
    for one in widget.findChildren(QWidget):
        found += [one.accessibleName(), one.accessibleDescription(), one.toolTip()]
        if isinstance(one, QLabel | QAbstractButton):
            found.append(one.text())
        if isinstance(one, QLineEdit):
            found.append(one.placeholderText())
    return [text for text in found if text]


def missing_words(widget: QWidget) -> list[str]:
    """Keys without words, and parameters that were not given."""
    return sorted({text for text in texts(widget) if "⟦" in text or "{" in text})
