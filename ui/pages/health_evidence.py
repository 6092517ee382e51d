"""The evidence of one connection: its last requests and errors, and the last message with its codes. Only operation, outcome,
status, time, duration and size: no address, header or body is ever kept, so none can be shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from PySide6.QtWidgets import QWidget

from app.contracts import Message
from app.http.samples import Sample
from app.store.samples import ErrorRow, RequestRow
from ui.charts.data import round_ms
from ui.tables import Column, DenseTable, Kind, Status, WindowedTableModel
from ui.theme import COMPACT
from ui.widgets import Card, EmptyState, Text
from ui.words import figures, t, words

ASKED = 50
COLUMNS = (
    Column("at", "health.at", Kind.QUIET, rank=1, width=130, sortable=False),
    Column("operation", "health.operation", Kind.TEXT, rank=1, width=170, sortable=False),
    Column("outcome", "health.outcome", Kind.STATUS, rank=1, width=150, sortable=False),
    Column("status", "health.http", Kind.NUMBER, rank=2, width=70, sortable=False),
    Column("took", "health.took", Kind.NUMBER, rank=1, width=90, sortable=False),
    Column("size", "health.size", Kind.NUMBER, rank=3, width=90, sortable=False),
)
_STATES = {"ok": "healthy", "throttled": "degraded", "client_error": "degraded", "breaker": "offline"}


def operation_words(operation: str) -> str:
    """The operation in words where there are some, else as the provider names it."""
    key = f"operation.{operation}"
    return t(key) if words().has(key) else operation


def evidence_rows(
    recent: Sequence[Sample], errors: Sequence[ErrorRow], kept: Sequence[RequestRow] = ()
) -> list[tuple[Any, ...]]:
    """Newest first: the requests since the start, those that the store kept from before it, and older errors; none twice."""
    found: dict[tuple[int, str, str], tuple[Any, ...]] = {}
    for old in (*errors, *kept):
        at = round(old.at.timestamp() * 1000)
        found[(at, old.operation, old.outcome)] = (old.outcome, old.status, old.duration_ms, None)
    for sample in recent:  # the same attempt in both: the request of this session knows its size too
        key = (int(sample.at * 1000), sample.operation, str(sample.outcome))
        found[key] = (str(sample.outcome), sample.status, sample.duration_ms, sample.size)
    return [
        _row(number, at, operation, *found[(at, operation, outcome)])
        for number, (at, operation, outcome) in enumerate(sorted(found, reverse=True))
    ]


def _row(
    number: int, at: int, operation: str, outcome: str, status: int, took: float, size: int | None
) -> tuple[Any, ...]:
    moment = datetime.fromtimestamp(at / 1000, UTC).astimezone()
    state = _STATES.get(outcome, "unhealthy")
    return (
        f"{at} {operation} {outcome} {number}",
        f"{figures().date_short(moment)} {moment:%H:%M:%S}",
        operation_words(operation),
        Status(state, t(f"health.outcome_{outcome}")),
        str(status) if status else "—",
        figures().response(round_ms(took)) if outcome != "breaker" else "—",
        figures().size(size) if size else "—",
    )


def codes_of(message: Message) -> str:
    """What stands behind a sentence: the code, the status, the vendor's own code."""
    parts = [message.code]
    if message.status:
        parts.append(f"HTTP {message.status}")
    if message.vendor_code:
        parts.append(t("health.vendor_code", code=message.vendor_code))
    return " · ".join(parts)


class Evidence(Card):
    """`Evidence()`; `await show_rows(rows, message, said_at)`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(t("common.evidence"), t("health.evidence_note"), padded=False, parent=parent)
        self.rows: list[tuple[Any, ...]] = []
        self._message = Text("", "body", "text_2", wrap=True)
        self._message.setContentsMargins(14, 8, 14, 4)
        self.body.addWidget(self._message)
        self.model = WindowedTableModel(COLUMNS, self._fetch, self._count)
        self.table = DenseTable(self.model, t("common.evidence"), density=COMPACT)
        self.table.set_empty(EmptyState("magnifying-glass", t("health.no_requests"), t("health.no_requests_next")))
        self.table.setMinimumHeight(150)
        self.body.addWidget(self.table, 1)

    async def _fetch(self, offset: int, limit: int, _sort: Any, _filter: Any) -> list[tuple[Any, ...]]:
        return self.rows[offset : offset + limit]

    async def _count(self, _filter: Any) -> int:
        return len(self.rows)

    @property
    def message(self) -> str:
        """What stands above the table."""
        return self._message.text()

    async def show_rows(self, rows: list[tuple[Any, ...]], message: Message | None, sentence: str) -> None:
        """`sentence` is the last message in words; its codes are added here."""
        self.rows = rows
        self._message.setText(f"{sentence} ({codes_of(message)})" if message is not None else sentence)
        self._message.setVisible(bool(sentence))
        await self.model.refresh()
