"""Publishing from the prices page: the products meant, the dialog, the sending followed to the end of each, and what became of it in
words. Each sending is one operation through the outbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from PySide6.QtWidgets import QWidget

from app.api.answers import sentence
from app.api.publishing_desk import Line, PublishingDesk
from app.changes import OUTBOX, ChangeReport
from app.contracts import Message
from app.publishing import Planned
from app.store import ConnectionRow
from ui.kit import ACCEPTED, Operation, OpState, ask, begin, spawn
from ui.pages.publish_dialog import PublishDialog
from ui.pages.publish_rows import RESULT_COLUMNS, reason_of, result_counts, result_rows
from ui.services import Services
from ui.tables import DenseTable, WindowedTableModel, fixed_rows
from ui.theme import COMPACT
from ui.widgets import DialogFrame, Text
from ui.words import t, words

Say = Callable[[str, str, str], None]
MOST = 1_000  # products of one dialog
PATIENCE_S = 1_800.0  # how long late results are followed; the scheduler goes on asking after it


class Sent(NamedTuple):
    lines: list[Line]
    trouble: Message | None


class PublishWork:
    """`PublishWork(services, parent, say)`."""

    def __init__(self, services: Services, parent: QWidget, say: Say) -> None:
        self._services, self._parent, self._say = services, parent, say
        self.desk = PublishingDesk(
            services.store, services.engine, services.catalogue, services.changes, services.now
        )  # fmt: skip

    async def open(self, listing_ids: Sequence[int]) -> Operation | None:
        """Asks about the products of these listings, and sends those that are ready. None when nothing was sent."""
        store = self._services.store
        listings = await store.listings.get_many(list(listing_ids)[: MOST + 1])
        skus = list(dict.fromkeys(one.listing.sku for one in listings if one.listing.sku))
        if not skus or len(listing_ids) > MOST:
            key = "too_many" if len(listing_ids) > MOST else "no_sku"
            self._say("degraded", t(f"publishing.page.{key}", most=MOST), "")
            return None
        channels = await self.desk.able()
        if not channels:
            self._say("degraded", t("publishing.page.no_channel"), t("publishing.page.no_channel_next"))
            return None
        rows = {row.id: row for row in await store.connections.list()}
        sources = [rows[one] for one in sorted({x.connection_id for x in listings}) if one in rows]
        own = {one.connection_id for one in listings}
        channels.sort(key=lambda row: row.id in own)  # first one where they are not yet
        dialog = PublishDialog(self._parent, self.desk, store, channels, sources, skus)
        try:
            code = await ask(dialog)
            await dialog.end()
            return self.send(dialog.row, dialog.ready) if code == ACCEPTED else None
        finally:
            dialog.deleteLater()

    def send(self, row: ConnectionRow, ready: Sequence[Planned]) -> Operation:
        title = t("publishing.page.sending", count=len(ready), name=row.name)
        operation = self._services.operations.start(title, lambda op: self._send(op, row, ready), total=len(ready))
        operation.finished.connect(lambda: self._sent(operation, row))
        return operation

    async def _send(self, operation: Operation, row: ConnectionRow, ready: Sequence[Planned]) -> Sent:
        name = await self.desk.send(row, ready)

        async def look() -> None:
            counts = result_counts(await self.desk.results(name))
            operation.advance(len(ready) - counts.get("waiting", 0) - counts.get("unknown", 0), len(ready))

        def heard(report: ChangeReport) -> None:
            if report.table == OUTBOX:
                begin(look(), "publishing progress")

        stop = self._services.changes.listen(heard)
        try:
            result = await self._services.engine.settle_all(row, patience_s=PATIENCE_S)
        finally:
            stop()
        self._services.changes.publish(ChangeReport(OUTBOX, source="publishing"))
        lines = await self.desk.results(name)
        return Sent(lines, None if result_counts(lines).get("refused") else result.message)

    def _sent(self, operation: Operation, row: ConnectionRow) -> None:
        if operation.state is not OpState.DONE:
            return
        sent: Sent = operation.result
        counts = result_counts(sent.lines)
        text = ", ".join(t(f"publishing.page.sent.{name}", count=count) for name, count in counts.items()) + "."
        if counts.get("refused") or counts.get("unknown"):
            self._say(
                "unhealthy" if counts.get("refused") else "degraded",
                t("publishing.page.sent.some", name=row.name),
                text,
            )
            spawn(self.show_results(row, sent.lines), "publishing results")
        elif sent.trouble is not None:
            self._say("degraded", t("prices.sent.trouble"), f"{text} {sentence(words(), sent.trouble)}")
        else:
            self._say("healthy", t("publishing.page.sent.title", name=row.name), text)

    async def show_results(self, row: ConnectionRow, lines: Sequence[Line]) -> None:
        """Each product with what became of it, in words."""
        dialog = ResultsDialog(self._parent, row, lines)
        await dialog.model.reload()
        try:
            await ask(dialog)
        finally:
            dialog.deleteLater()


class ResultsDialog(DialogFrame):
    """What became of a sending, those that need somebody first."""

    def __init__(self, parent: QWidget, row: ConnectionRow, lines: Sequence[Line]) -> None:
        super().__init__(parent, t("publishing.page.sent.some", name=row.name), "", t("common.close"), width=900)
        self.cancel.hide()
        order = ("refused", "unknown", "queued", "sending", "pending", "done")
        self.lines = sorted(lines, key=lambda one: order.index(one.state) if one.state in order else len(order))
        rows: list[Any] = list(result_rows(self.lines))
        self.model = WindowedTableModel(RESULT_COLUMNS, *fixed_rows(rows), parent=self)
        self.table = DenseTable(self.model, t("publishing.page.products"), density=COMPACT)
        self.table.set_inner_width(1400)
        self.table.setMinimumHeight(min(420, 60 + 28 * len(rows)))
        self.body.addWidget(self.table, 1)
        self.why = Text("", "body", "text_2", wrap=True)
        self.why.setMinimumHeight(36)
        self.body.addWidget(self.why)
        self.table.current_key_changed.connect(self._tell)
        self.model.modelReset.connect(self._first_row)

    def _first_row(self) -> None:
        if self.model.total:
            self.table.setCurrentIndex(self.model.index(0, self.model.section_of("sku")))

    def _tell(self, key: object) -> None:
        self.why.setText(reason_of(self.lines[key]) if isinstance(key, int) and key < len(self.lines) else "")
