"""Orders from a file in the window: whose they are, which column is what, what could be read; then one operation that stores them. What
was said of the columns is remembered for files of the same shape. Nothing is stored before a person said so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QComboBox, QGridLayout, QWidget

from app.api.answers import sentence
from app.api.orders_intake import Imported, import_orders, refusal, typed_columns
from app.contracts import Message, ProviderError
from app.kit.sheet_orders import Reading
from app.orders.intake import FIELDS, Intake, can_take, chosen_pairs
from app.store import ConnectionRow
from ui.kit import ACCEPTED, Burst, Operation, ask, ask_open_file, spawn
from ui.pages.orders_documents import Said
from ui.services import Services
from ui.widgets import DialogFrame, FormField, Scroller, Text
from ui.words import t, words

_TOLD = 3  # troubles that the dialog names one by one


class ImportDialog(DialogFrame):
    """`ImportDialog(parent, services, intake, path, connections)`: `await look()` before it is shown. `reading`, `connection`, `pairs`
    are what was chosen."""

    def __init__(
        self, parent: QWidget, services: Services, intake: Intake, path: Path, connections: Sequence[ConnectionRow]
    ) -> None:
        super().__init__(parent, t("orders.sheet.title"), path.name, t("orders.sheet.go", count=0), width=680)
        self._services, self._intake, self._path = services, intake, path
        self._rows = {row.id: row for row in connections}
        self._asked, self._touched = 0, False
        self.reading: Reading | None = None
        self.connection = QComboBox()
        for row in connections:
            self.connection.addItem(row.name, row.id)
        self.body.addWidget(FormField(t("orders.sheet.connection"), self.connection, t("orders.sheet.connection_hint")))
        self.body.addWidget(Text(t("orders.sheet.columns"), "strong"))
        self.body.addWidget(Text(t("orders.sheet.columns_hint"), "small", "text_2", wrap=True))
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        self.columns: dict[str, QComboBox] = {}
        for at, field in enumerate(FIELDS):
            box = QComboBox()
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(14)
            box.currentIndexChanged.connect(self._chosen)
            grid.addWidget(FormField(t(f"orders.sheet.field.{field}"), box), at // 2, at % 2)
            self.columns[field] = box
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        scroll = Scroller(inside)
        scroll.setMinimumHeight(240)
        self.body.addWidget(scroll, 1)
        self.told = Text(t("orders.sheet.reading"), "medium", wrap=True)
        self.troubles = Text("", "small", "text_2", wrap=True)
        self.body.addWidget(self.told)
        self.body.addWidget(self.troubles)
        self.primary.disable(t("orders.sheet.reading"))
        self._burst = Burst(self._look_soon, 200, self)
        self.connection.currentIndexChanged.connect(lambda _n: self._burst.poke())

    @property
    def row(self) -> ConnectionRow:
        return self._rows[int(self.connection.currentData())]

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """What a person has chosen; nothing while she has touched no column."""
        if not self._touched:
            return ()
        return chosen_pairs({field: str(box.currentData() or "") for field, box in self.columns.items()})

    def _look_soon(self, _keys: object) -> None:
        spawn(self.look(), "read an order sheet")

    def _chosen(self) -> None:
        self._touched = True
        self._burst.poke()

    async def look(self) -> None:
        """Reads the file anew with what is chosen; a later look wins. Nothing is written."""
        self._asked += 1
        asked, row = self._asked, self.row
        manifest = self._services.catalogue.manifest(row.integration)
        try:
            typed = await typed_columns(self._services.store, row)
            reading = await self._intake.read(self._path, manifest, self.pairs, typed)
        except OSError as error:
            self._fail(t("sheet.file_failed", path=str(self._path), reason=error.strerror or str(error)))
            return
        except ProviderError as error:
            self._fail(sentence(words(), error.message))
            return
        if asked == self._asked:
            self.reading = reading
            self._show(reading)

    def _fail(self, text: str) -> None:
        self.told.setText(text)
        self.troubles.setText("")
        self.primary.disable(text)

    def _show(self, reading: Reading) -> None:
        titles = [title for title in reading.titles if title]
        for field, box in self.columns.items():
            was = box.blockSignals(True)
            box.clear()
            box.addItem(t("orders.sheet.none"), "")
            for title, sample in zip(reading.titles, reading.samples, strict=True):
                if title:
                    shown = t("orders.sheet.column_with", title=title, sample=sample[:24]) if sample else title
                    box.addItem(shown, title)
            box.setCurrentIndex(max(0, box.findData(reading.found.get(field, ""))))
            box.setEnabled(bool(titles))
            box.blockSignals(was)
        why = refusal(reading, self._path.name)
        count = len(reading.orders)
        parts = [t("orders.sheet.summary", count=count)] if count else [t("orders.sheet.nothing")]
        parts += [t("orders.sheet.doubtful", count=len(reading.rejects))] if reading.rejects and count else []
        self.told.setText(" · ".join(parts))
        troubles = [sentence(words(), one.message) for one in reading.rejects[:_TOLD]]
        troubles += [sentence(words(), why)] if why is not None and not troubles else []
        if len(reading.rejects) > _TOLD:
            troubles.append(t("orders.sheet.more", count=len(reading.rejects) - _TOLD))
        self.troubles.setText("\n".join(troubles))
        self.primary.setText(t("orders.sheet.go", count=count))
        self.primary.disable("" if count else t("orders.sheet.nothing"))


class ImportWork:
    """`ImportWork(services, page, said)`; `run()` asks for everything. `choose()` may be replaced in tests."""

    def __init__(self, services: Services, page: QWidget, said: Said) -> None:
        self._services, self._page, self._said = services, page, said
        self.intake = Intake(services.store, services.changes, services.now, self._compute)

    async def _compute(self, work: Callable[..., Any], *args: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._services.worker.executor(), work, *args)

    async def choose(self) -> Path | None:
        """The file, in the system's own dialog."""
        return await ask_open_file(self._page, t("orders.sheet.choose"), [t("orders.sheet.files")])

    async def run(self) -> Operation | None:
        """None when nothing was stored."""
        services = self._services
        rows = [
            row for row in await services.store.connections.list()
            if can_take(services.catalogue.manifest(row.integration))
        ]  # fmt: skip
        if not rows:
            self._said("degraded", t("orders.sheet.no_connections"), "")
            return None
        path = await self.choose()
        if path is None:
            return None
        dialog = ImportDialog(self._page, services, self.intake, path, rows)
        try:
            await dialog.look()
            if await ask(dialog) != ACCEPTED or dialog.reading is None:
                return None
            row, reading, pairs = dialog.row, dialog.reading, dialog.pairs
        finally:
            dialog.deleteLater()
        return services.operations.start(
            t("orders.sheet.working"), lambda op: self._store(op, row, reading, path, pairs), note=path.name, can_cancel=False
        )  # fmt: skip

    async def _store(
        self, op: Operation, row: ConnectionRow, reading: Reading, path: Path, pairs: Sequence[tuple[str, str]]
    ) -> Imported:
        del op
        services = self._services
        manifest = services.catalogue.manifest(row.integration)
        found = await import_orders(self.intake, services.engine, row, manifest, reading, path, services.now(), pairs)
        if found.trouble is not None:
            self._tell(found.trouble)
            return found
        taken = found.taken
        parts = [t("orders.sheet.done_text", new=taken.new, changed=taken.changed, same=taken.same + taken.known)]
        parts += [t("orders.sheet.known", name=row.name, count=taken.known)] if taken.known else []
        parts += [t("orders.sheet.doubtful", count=taken.rejected)] if taken.rejected else []
        parts += [t("backups.failed_because", reason=sentence(words(), one)) for one in found.doubts]
        state = "degraded" if taken.rejected or found.doubts else "healthy"
        self._said(state, t("orders.sheet.done", count=len(reading.orders)), " · ".join(parts))
        return found

    def _tell(self, message: Message) -> None:
        self._said("unhealthy", t("orders.sheet.failed"), sentence(words(), message))
