"""Sheets of prices in and out of the page: asks for the file, lets the columns be seen to, makes the plan under an operation, lists what was
not taken; writes the prices out. Nothing is sent from here: the plan's own page does, after it was looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.api.answers import sentence
from app.api.commands_price_sheets import summary
from app.api.price_sheets import PriceSheets
from app.pricing.plan import Plans
from app.pricing.sheet_plan import SheetPlan
from app.pricing.sheet_read import PriceSheet
from app.store import ConnectionRow
from ui.kit import ACCEPTED, Action, Operation, OpState, ask, ask_open_file, ask_save_file, spawn
from ui.pages.plan_preview import Scope
from ui.pages.price_sheet import PriceSheetDialog
from ui.services import Services
from ui.widgets import DialogFrame, Scroller, Text
from ui.words import t, words

Say = Callable[[str, str, str], None]
#: The actions' ids, for a menu.
SHEETS = ("prices.sheet_in", "prices.sheet_paste", "prices.sheet_out")
MOST_LISTED = 200  # rows that the dialog of what was not taken names one by one


class PriceSheetWork:
    """`PriceSheetWork(services, page, plans, say, opened, scope)`: `opened(plan id)` shows a plan, `scope()` tells which listings are meant.
    `choose` and `choose_place` may be replaced in tests."""

    def __init__(
        self, services: Services, page: QWidget, plans: Plans, say: Say, opened: Callable[[int], object],
        scope: Callable[[], Awaitable[Scope]],
    ) -> None:  # fmt: skip
        self._services, self._page, self._say, self._opened, self._scope = services, page, say, opened, scope
        self.sheets = PriceSheets(services.store, services.catalogue, plans, self._compute)

    async def _compute(self, work: Callable[..., Any], *args: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._services.worker.executor(), work, *args)

    def actions(self, scope: str) -> tuple[Action, ...]:
        """In the order of SHEETS; `scope` is the page's id."""
        todo = (
            ("in", self.take, "download-simple"),
            ("paste", self.paste, "clipboard-text"),
            ("out", self.save, "export"),
        )

        def run(work: Callable[[], Coroutine[Any, Any, object]], name: str) -> Callable[[], object]:
            return lambda: spawn(work(), f"sheet of prices: {name}")

        return tuple(
            Action(f"prices.sheet_{name}", f"pricesheet.action_{name}", run(work, name), icon, (), scope)
            for name, work, icon in todo
        )

    async def choose(self) -> Path | None:
        """The file to be read, in the system's own dialog."""
        return await ask_open_file(self._page, t("pricesheet.choose"), [t("pricesheet.files")])

    async def choose_place(self) -> Path | None:
        """Where to write, in the system's own dialog."""
        day = self._services.now().astimezone().strftime("%Y-%m-%d")
        filters = ["Excel (*.xlsx)", "CSV (*.csv)"]
        path = await ask_save_file(self._page, t("pricesheet.save"), f"{t('pricesheet.file_name')}-{day}.xlsx", filters)
        return path if path is None or path.suffix else path.with_suffix(".xlsx")

    # -- in

    async def take(self) -> Operation | None:
        """A file; None when no plan is being made of it."""
        path = await self.choose()
        return None if path is None else await self._take(path, path.name)

    async def paste(self) -> Operation | None:
        """What a spreadsheet has put into the clipboard."""
        text = QGuiApplication.clipboard().text()
        if "\t" not in text:
            self._say("degraded", t("pricesheet.no_table"), t("pricesheet.no_table_next"))
            return None
        return await self._take(text.encode(), t("pricesheet.clipboard"))

    async def _take(self, source: Path | bytes, name: str) -> Operation | None:
        rows = await self.sheets.rows()
        if not rows:
            self._say("degraded", t("pricesheet.no_channel"), "")
            return None
        dialog = PriceSheetDialog(self._page, self.sheets, source, name, rows)
        try:
            await dialog.look()
            if await ask(dialog) != ACCEPTED or dialog.sheet is None or dialog.sheet.doubts:
                return None
            sheet, chosen, pairs, signs = dialog.sheet, dialog.rows, dialog.pairs, dialog.signs
        finally:
            dialog.deleteLater()
        return self._make(sheet, chosen, pairs, signs)

    def _make(
        self, sheet: PriceSheet, rows: Sequence[ConnectionRow], pairs: Sequence[tuple[str, str]], signs: dict[str, str]
    ) -> Operation:
        async def work(_operation: Operation) -> SheetPlan:
            return await self.sheets.make(sheet, rows, pairs, signs)

        operation = self._services.operations.start(t("planpage.making"), work, note=sheet.file)

        def done() -> None:
            if operation.state is OpState.DONE:
                self._made(sheet, operation.result)

        operation.finished.connect(done)
        return operation

    def _made(self, sheet: PriceSheet, made: SheetPlan) -> None:
        bad = made.trouble_count + len(made.unknown)
        title = t("pricesheet.read", file=sheet.file, rows=sheet.rows, count=made.matched)
        parts = summary(words(), sheet, made)
        parts += [t("pricesheet.not_taken", count=bad)] if bad else []
        self._say("degraded" if bad or made.plan_id is None else "healthy", title, " ".join(parts))
        if made.plan_id is not None:
            self._opened(made.plan_id)
        if bad:
            spawn(self._list(made, bad), "what a sheet did not give")

    async def _list(self, made: SheetPlan, count: int) -> None:
        dialog = LeftOut(self._page, made, count)
        try:
            await ask(dialog)
        finally:
            dialog.deleteLater()

    # -- out

    async def save(self) -> Operation | None:
        """The prices of the listings that are meant, on channels that take prices; None when the person thought better of it."""
        choice = (await self._scope()).choice
        rows = [row for row in await self.sheets.rows() if choice.query.connection_id in (None, row.id)]
        if not rows:
            self._say("degraded", t("pricesheet.no_channel"), "")
            return None
        path = await self.choose_place()
        if path is None:
            return None

        async def work(_operation: Operation) -> int:
            try:
                count = await self.sheets.save(path, rows, words(), choice.query, choice.ids)
            except OSError as error:
                reason = error.strerror or str(error)
                self._say("unhealthy", t("pricesheet.not_saved"), t("sheet.file_failed", path=str(path), reason=reason))
                return 0
            self._say("healthy", t("pricesheet.written", path=path.name, count=count), "")
            return count

        return self._services.operations.start(t("pricesheet.saving"), work, note=path.name)


class LeftOut(DialogFrame):
    """`LeftOut(parent, made, count)`: the rows of a sheet that no plan has, and why."""

    def __init__(self, parent: QWidget, made: SheetPlan, count: int) -> None:
        text = t("pricesheet.left_text") if made.plan_id is not None else t("pricesheet.left_all")
        super().__init__(parent, t("pricesheet.not_taken", count=count), text, t("common.close"), width=640)
        self.cancel.hide()  # there is nothing to think better of
        lines = [sentence(words(), one) for one in made.troubles[:MOST_LISTED]]
        for one in made.unknown[: MOST_LISTED - len(lines)]:
            key = "pricesheet.near" if one.near else "pricesheet.unknown_row"
            lines.append(t(key, row=one.row, name=one.name, near=one.near))
        if count > len(lines):
            lines.append(t("pricesheet.more", count=count - len(lines)))
        self.lines = Text("\n".join(lines), "body", wrap=True)
        self.lines.setAlignment(Qt.AlignmentFlag.AlignTop)
        scroll = Scroller(self.lines)
        scroll.setMinimumHeight(min(320, 60 + 22 * len(lines)))
        self.body.addWidget(scroll, 1)
