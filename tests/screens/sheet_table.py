"""The small tables of the component sheet, with rows that are in memory."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from ui.tables import (
    Channel,
    Column,
    Deadline,
    DenseTable,
    Diff,
    Group,
    Kind,
    Progress,
    Spark,
    Status,
    Strip,
    WindowedTableModel,
    fixed_rows,
)
from ui.theme import COMPACT

COLUMNS = (
    Column("what", "", Kind.TEXT, width=110, sortable=False),
    Column("price", "", Kind.DIFF, width=160, sortable=False, editable=True),
    Column("check", "", Kind.STATUS, width=120, sortable=False),
)


def price(old: str, new: str | None = None, *, loss: bool = False, note: str = "") -> Diff:
    return Diff(Decimal(old), Decimal(new) if new else None, "TRY", note, loss)


def diff_table() -> DenseTable:
    rows = [
        (1, "Değişti", price("289.90", "303.90"), None),
        (2, "Odakta, yazılıyor", price("279.90", "293.90"), None),
        (3, "Maliyet altı", price("169.90", "177.90"), Status("degraded", "Maliyet altı")),
        (4, "Aynı kalıyor", price("319.90"), None),
        (5, "12 listede farklı", price("0", note="129,90 … 1.249,90"), None),
        (6, "Gönderildi, yanıt yok", price("744.00", "780.90"), Status("write.unknown")),
    ]
    model = WindowedTableModel(COLUMNS, *fixed_rows(rows))
    asyncio.run(model.reload())
    table = DenseTable(model, "Eski → yeni")
    table.setCurrentIndex(model.index(1, 1))
    return table


def wall_table() -> DenseTable:
    columns = (
        Column("channel", "nav.connections", Kind.CHANNEL, width=190),
        Column("line", "nav.health", Kind.SPARK, width=110, sortable=False),
        Column("days", "connection.days_30", Kind.STRIP, width=150, sortable=False),
        Column("work", "nav.jobs", Kind.PROGRESS, width=160),
        Column("due", "nav.today", Kind.DEADLINE, width=90),
    )
    wave = tuple(float((n * 7) % 5) for n in range(20))
    rows: list[object] = [
        Group("16:00’ya kadar", "1 sa 58 dk", "degraded", "14 sipariş, 6 hazır"),
        (
            1,
            Channel("trendyol", "Trendyol", "Ana mağaza"),
            Spark(wave, "healthy_mark"),
            Strip("h" * 20 + "d" + "h" * 9),
            Progress(72, 300, "failed"),
            Deadline("16:00", True),
        ),
        (
            2,
            Channel("n11", "N11"),
            Spark(wave, "degraded_mark"),
            Strip("h" * 28 + "du"),
            Progress(183, 300),
            Deadline("yarın"),
        ),
    ]
    model = WindowedTableModel(columns, *fixed_rows(rows), ticks=True)  # type: ignore[arg-type]
    asyncio.run(model.reload())
    model.tick((1,), True)
    return DenseTable(model, "Duvar", density=COMPACT)
