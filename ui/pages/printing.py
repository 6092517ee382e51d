"""What waits for its label, the queue, what was printed, and how it looks on paper; printers, or a PDF where there is none. A
second copy must never go out without being marked."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from pathlib import Path
from typing import cast

import msgspec
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from app.api.answers import sentence
from app.changes import CONNECTIONS, ORDERS, PRINTS, ChangeReport
from app.formats.names import safe_file_name
from app.printing import drawing
from app.printing.data import Work
from app.printing.documents import Kind as DocumentKind
from app.printing.gathering import PrintWish, gather
from app.printing.trouble import LabelTrouble, PrintTrouble
from app.store import Printer, PrintRow
from ui.kit import Action, Burst, begin, show_menu
from ui.pages.orders_documents import DocumentDesk, documents_folder
from ui.pages.orders_model import OrdersSource
from ui.pages.printing_choice import PrintChoice
from ui.pages.printing_model import JOURNAL_COLUMNS, PAGE_KINDS, WAITING, WAITING_COLUMNS, Journal, waiting_row
from ui.pages.printing_preview import LabelPreview, Picture, PreviewError, picture_of
from ui.pages.printing_queue import QueueCard
from ui.pages.printing_shelf import print_shelf
from ui.pages.printing_work import PrintWork
from ui.services import Page, Services
from ui.tables import DenseTable, WindowedTableModel
from ui.theme import COMPACT
from ui.widgets import Button, Card, EmptyState, IconButton, Note, PageHeader, Text, ToastHost
from ui.words import t, words

_TABLES = {ORDERS: "waiting", PRINTS: "journal", CONNECTIONS: "connections"}
_PREVIEW = 380


class PrintPage(Page):
    """Requests it understands: "id" (an order that waits: it becomes the current one)."""

    id = "print"
    icon_name = "printer"

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        self._stale: set[str] = {"all"}
        self._asked = 0
        self._front = "waiting"  # which table the preview follows
        self._ask_for: int | None = None
        self.toasts = ToastHost(self)
        self.desk = DocumentDesk(services, self, self.toasts, self.said.emit)
        self.source = OrdersSource(services.store, services.now, waiting_row)
        self.waiting = WindowedTableModel(WAITING_COLUMNS, self.source.fetch, self.source.count, ticks=True)
        self.waiting.filter = WAITING
        self.waiting.sorting = ("ship_by", True)
        self.journal_source = Journal(services.store, self.source.zone_now)
        self.journal = WindowedTableModel(JOURNAL_COLUMNS, self.journal_source.fetch, self.journal_source.count)
        self.waiting_table = DenseTable(self.waiting, t("printpage.waiting"), density=COMPACT)
        self.waiting_table.set_empty(
            EmptyState("printer", t("printpage.empty_waiting"), t("printpage.empty_waiting_next"))
        )
        self.journal_table = DenseTable(self.journal, t("printpage.journal"), density=COMPACT)
        self.journal_table.set_empty(
            EmptyState("file-pdf", t("printpage.empty_journal"), t("printpage.empty_journal_next"))
        )
        self.header = PageHeader(t("nav.print"), t("printpage.fact"))
        self.save_button = Button(t("printpage.save"), icon="file-pdf")
        self.header.add_plain(self.save_button)
        self.printers_button = Button(t("printpage.printers.button"), icon="gear-six")
        self.header.add_plain(self.printers_button)
        self.print_button = Button(t("orders.print", count=0), "primary", "printer", "Ctrl+P")
        self.header.set_primary(self.print_button)
        self.note = Note("offline", "", t("printpage.no_printers"), (t("printpage.printers.add"),), icon="info")
        self.note.hide()  # until it is known that there is no printer
        self.queue_card = QueueCard()
        self.choice = PrintChoice(services.store)
        self.work = PrintWork(services, self, self.said.emit)
        self.trouble = Note("unhealthy", t("table.failed"), t("error.task_hint"), (t("common.retry"),))
        self.preview = LabelPreview()
        self._lay_out()
        self._burst = Burst(lambda keys: begin(self._refresh(keys), "print refresh"), 250, self)
        self._previews = Burst(lambda _keys: begin(self._draw_preview(), "print preview"), 120, self)
        self._connect()
        self._add_actions()
        self._update_buttons()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        body = QHBoxLayout()
        body.setContentsMargins(20, 0, 20, 20)
        body.setSpacing(12)
        left = QVBoxLayout()
        left.setSpacing(12)
        self.trouble.hide()
        left.addWidget(self.trouble)
        left.addWidget(self.note)
        self.waiting_card = Card(t("printpage.waiting"), padded=False)
        self.to_orders = Button(t("printpage.to_orders"), "link", trailing="caret-right", small=True)
        self.waiting_card.head.addWidget(self.to_orders)
        self.shelf_button = Button(t("printpage.shelf.button"), icon="tag", small=True)
        self.waiting_card.head.addWidget(self.shelf_button)
        self.waiting_card.body.addWidget(self.waiting_table)
        left.addWidget(self.queue_card)
        left.addWidget(self.waiting_card, 1)
        self.journal_card = Card(t("printpage.journal"), padded=False)
        self.open_button = Button(t("printpage.open"), icon="file-pdf", small=True)
        self.folder_button = Button(t("printpage.folder"), icon="folder-open", small=True)
        self.again_button = Button(t("printpage.again"), icon="printer", small=True)
        for button in (self.open_button, self.folder_button, self.again_button):
            self.journal_card.head.addWidget(button)
        self.journal_card.body.addWidget(self.journal_table)
        left.addWidget(self.journal_card, 1)
        body.addLayout(left, 1)
        self.preview_card = Card(t("printpage.preview.title"), " ", padded=False)
        self.back = IconButton("caret-left", t("printpage.preview.back"), small=True)
        self.forth = IconButton("caret-right", t("printpage.preview.forth"), small=True)
        self.preview_card.head.addWidget(self.back)
        self.preview_card.head.addWidget(self.forth)
        self.preview_card.body.addWidget(self.preview, 1)
        self.paper = Text("", "small", "text_2")
        self.paper.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.paper.setContentsMargins(0, 0, 0, 8)
        self.preview_card.body.addWidget(self.paper)
        self.preview_card.body.addWidget(self.choice)
        self.preview_card.setFixedWidth(_PREVIEW)
        body.addWidget(self.preview_card)
        column.addLayout(body, 1)

    def _connect(self) -> None:
        self.print_button.clicked.connect(lambda: self._print())
        self.save_button.clicked.connect(lambda: self._print(choose=True))
        self.printers_button.clicked.connect(self._printers_menu)
        self.shelf_button.clicked.connect(self._shelf)
        self.note.button(0).clicked.connect(lambda: begin(self._edit_printer(None), "add a printer"))
        self.choice.changed.connect(self._choice_changed)
        self.queue_card.resume.connect(lambda job: begin(self.work.resume(job), "resume printing"))
        self.queue_card.resume_from.connect(lambda job: begin(self.work.resume_from(job), "resume printing"))
        self.queue_card.drop.connect(lambda job: begin(self.work.drop(job), "drop printing"))
        self.to_orders.clicked.connect(lambda: self.go.emit("orders", {"view": "unprinted"}))
        self.open_button.clicked.connect(self._open_file)
        self.folder_button.clicked.connect(self._open_folder)
        self.again_button.clicked.connect(self._print_again)
        self.back.clicked.connect(lambda: self._walk(-1))
        self.forth.clicked.connect(lambda: self._walk(1))
        self.trouble.button(0).clicked.connect(lambda: begin(self._refresh(frozenset({"all"})), "print refresh"))
        for name, model, table in (
            ("waiting", self.waiting, self.waiting_table),
            ("journal", self.journal, self.journal_table),
        ):
            table.current_key_changed.connect(lambda key, n=name: self._current(n, key))
            table.installEventFilter(self)
            model.failed.connect(lambda _error: self.trouble.show())
            model.refreshed.connect(self._previews.poke)
            model.count_changed.connect(lambda _n: self._counted())
            model.modelReset.connect(lambda m=model, tab=table: self._first_row(m, tab))
        self.waiting.ticks_changed.connect(self._update_buttons)
        self.waiting_table.opened.connect(lambda key: self.go.emit("orders", {"id": key}))
        self.journal_table.opened.connect(lambda _key: self._open_file())

    def _add_actions(self) -> None:
        actions = self.services.actions
        made = (
            Action("print.labels", "printpage.action.labels", self._print, "printer", ("Ctrl+P",), "print"),
            Action("print.save", "printpage.action.save", lambda: self._print(choose=True), "file-pdf",
                   ("Ctrl+Shift+P",), "print"),
            Action("print.open", "printpage.action.open", self._open_file, "file-pdf", (), "print"),
            Action("print.folder", "printpage.action.folder", self._open_folder, "folder-open", (), "print"),
            Action("print.again", "printpage.action.again", self._print_again, "printer", (), "print"),
            Action("print.shelf", "printpage.shelf.action", self._shelf, "tag", (), "print"),
        )  # fmt: skip
        for action in made:
            if action.id in actions:
                actions.remove(action.id)  # of a page that was built in another language
        actions.add(*made)

    # -- what the window tells ---------------------------------------------------------------------------------
    def shown(self, request: object = None) -> None:
        order = request.get("id") if isinstance(request, dict) else None
        if isinstance(order, int) and not self.waiting_table.set_current_key(order):
            self._ask_for = order
        stale, self._stale = frozenset(self._stale), set()
        if stale:
            begin(self._refresh(stale), "print refresh")
        self.waiting_table.setFocus(Qt.FocusReason.OtherFocusReason)

    def changed(self, report: ChangeReport) -> None:
        key = _TABLES.get(report.table)
        if key is None:
            return
        if self.isVisible():
            self._burst.poke(key)
        else:
            self._stale.add(key)

    def set_inner_width(self, width: int) -> None:
        self.header.set_narrow(width < 1100)
        self.preview_card.setVisible(width >= 900)
        self.preview_card.setFixedWidth(_PREVIEW if width >= 1100 else 300)
        for table in (self.waiting_table, self.journal_table):
            table.set_inner_width(width)

    # -- loading -----------------------------------------------------------------------------------------------
    async def _refresh(self, keys: frozenset[Hashable]) -> None:
        everything = bool(keys & {"all", "connections"})
        if everything or not self.source.connections:
            await self.source.learn_connections()
            rows = self.source.connections.values()
            self.journal_source.integrations = {row.id: row.integration for row in rows}
        self.trouble.hide()
        if everything or "waiting" in keys:
            await self.waiting.refresh()
        if everything or "journal" in keys:
            await self.journal.refresh()
            self.queue_card.set_jobs(await self.services.store.print_queue.open_jobs())
        if "all" in keys:
            await self.choice.load()
            self.note.setVisible(self.choice.where.count() == 1)
        self._counted()

    def _counted(self) -> None:
        waiting, journal = self.waiting.total, self.journal.total
        self.waiting_card.set_title(t("printpage.waiting"), t("printpage.waiting_note", count=waiting))
        self.journal_card.set_title(t("printpage.journal"), t("printpage.journal_note", count=journal))
        self._update_buttons()

    def _first_row(self, model: WindowedTableModel, table: DenseTable) -> None:
        wanted, found = self._ask_for, False
        if model is self.waiting and wanted is not None:
            self._ask_for, found = None, table.set_current_key(wanted)
        if model.total and not found:
            front = self._front
            table.setCurrentIndex(model.index(0, model.offset))
            self._front = front  # a first load does not take the preview away from the table in front
        self._previews.poke()

    def _update_buttons(self) -> None:
        count = self.waiting.tick_count or self.waiting.total
        kind = self.choice.kind
        self.print_button.setText(t("orders.print" if kind == "label" else f"printpage.do.{kind}", count=count))
        reason = "" if count or kind == "handover" else t("printpage.empty_waiting")
        self.print_button.disable(reason)
        self.save_button.disable(reason)
        row = self._document()
        chosen = "" if row is not None else t("printpage.choose_document")
        no_file = chosen or ("" if row is not None and row.path else t("printpage.preview.no_file"))
        self.open_button.disable(no_file)
        self.folder_button.disable(no_file)
        can = row is not None and row.order_id is not None and row.kind in PAGE_KINDS
        self.again_button.disable("" if can else chosen or t("printpage.not_again"))

    # -- the preview -------------------------------------------------------------------------------------------
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn:
            front = "journal" if watched is self.journal_table else "waiting"
            if front != self._front:
                self._front = front
                self._previews.poke()
        return super().eventFilter(watched, event)

    def _current(self, name: str, key: Hashable) -> None:
        if key is not None:
            self._front = name
        self._update_buttons()
        self._previews.poke()

    def _tables(self) -> tuple[DenseTable, WindowedTableModel]:
        if not self.waiting.total or (self._front == "journal" and self.journal.total):
            return self.journal_table, self.journal
        return self.waiting_table, self.waiting

    def _walk(self, step: int) -> None:
        table, model = self._tables()
        row = min(max(0, table.currentIndex().row() + step), model.total - 1)
        if row >= 0:
            table.setCurrentIndex(model.index(row, model.offset))

    async def _draw_preview(self) -> None:
        self._asked += 1
        asked = self._asked
        table, model = self._tables()
        key, at = table.current_key(), table.currentIndex().row()
        where = t("table.row_of", row=at + 1, count=model.total) if key is not None else " "
        self.preview_card.set_title(t("printpage.preview.title"), where)
        self.back.setEnabled(at > 0)
        self.forth.setEnabled(at + 1 < model.total)
        if not isinstance(key, int):
            self.preview.show_words(t("printpage.preview.nothing"))
            self.paper.setText("")
            return
        try:
            drawn = await (self._of_order(key) if model is self.waiting else self._of_document(key, at))
        except PreviewError as error:
            if asked == self._asked:
                self.preview.show_words(error.words or t(f"printpage.preview.{error.key}"))
                self.paper.setText("")
            return
        if asked == self._asked and drawn is not None:
            picture, name = drawn
            self.preview.show_picture(picture, t("printpage.preview.of", name=name))
            self.paper.setText(size_words(picture))

    async def _of_order(self, order_id: int) -> tuple[Picture, str] | None:
        """The document as it would come out now, on the chosen paper. Raises PreviewError."""
        stored = await self.services.store.orders.get(order_id)
        if stored is None:
            return None
        wish = msgspec.structs.replace(self.choice.wish((order_id,)), again=True, anyway=True)
        loop = asyncio.get_running_loop()
        try:
            gathered = await gather(self.services.store, wish, words(), self.services.now())
            data, _ = await loop.run_in_executor(self.services.worker.executor(), drawing.proof, gathered.work)
        except (PrintTrouble, LabelTrouble) as error:
            raise PreviewError("refused", sentence(words(), error.message)) from error
        return await picture_of(data), stored.order.number

    async def _of_document(self, print_id: int, at: int) -> tuple[Picture, str] | None:
        """The page of the file that was made then."""
        row = self.journal_source.row(print_id)
        if row is None:
            return None
        if not row.path:
            raise PreviewError("no_file")
        place = await self.journal_source.place(row, at)
        number = self.journal_source.number(row.order_id)
        return await picture_of(Path(row.path), place, row.sha256), number

    # -- doing -------------------------------------------------------------------------------------------------
    def _document(self) -> PrintRow | None:
        key = self.journal_table.current_key()
        return self.journal_source.row(key) if isinstance(key, int) else None

    def _print(self, *, choose: bool = False) -> None:
        begin(self._print_chosen(choose), "print labels")

    async def _print_chosen(self, choose: bool) -> None:
        if self.choice.kind == "handover":
            ids = []
        elif self.waiting.tick_count:
            ids = [row[0] for row in await self.waiting.ticked_rows()]
        else:
            ids = await self.source.all_ids(WAITING, self.waiting.sorting)
        await self.choice.keep()
        if self.choice.plain or (choose and self.choice.kind in PAGE_KINDS):
            done = await self.desk.make(ids, cast(DocumentKind, self.choice.kind), choose=choose) is not None
        else:
            done = await self._print_out(tuple(ids))
        if done:
            self.waiting.tick_all(False)

    async def _print_out(self, ids: tuple[int, ...]) -> bool:
        """On the chosen printer, or into a PDF of its own in the documents' folder."""
        path = None
        if self.choice.to_file:
            at = self.services.now().astimezone()
            name = safe_file_name(f"{t(f'print.document.{self.choice.kind}')}-{at:%Y%m%d-%H%M%S}", ".pdf")
            path = documents_folder(self.services) / name
        done = await self.work.print(self.choice.wish(ids, path))
        if done is None or not done.whole:
            return False
        if path is None:
            self.said.emit("healthy", t("printpage.work.done", printer=self.choice.printer.name, count=done.total), "")
        else:
            self.toasts.show("healthy", path.name, "", t("common.show"), lambda: self.desk.show_file(path))
        return True

    def _choice_changed(self) -> None:
        self._update_buttons()
        self._previews.poke()

    # -- printers ------------------------------------------------------------------------------------------------
    def _shelf(self) -> None:
        begin(print_shelf(self, self.services, self.work), "shelf labels")

    def _printers_menu(self) -> None:
        begin(self._show_printers(), "printers")

    async def _show_printers(self) -> None:
        menu = QMenu(self)
        menu.addAction(t("printpage.printers.add")).triggered.connect(
            lambda: begin(self._edit_printer(None), "add a printer")
        )
        for printer in await self.services.store.printers.list():
            menu.addSeparator()
            for key, work in (("edit", self._edit_printer), ("test", self.work.test), ("remove", self._remove_printer)):
                act = menu.addAction(t(f"printpage.printers.{key}", name=printer.name))
                act.triggered.connect(lambda _c=False, w=work, p=printer: begin(w(p), "printer"))
        menu.addSeparator()
        menu.addAction(t("printpage.look.button")).triggered.connect(lambda: begin(self._change_look(), "look"))
        show_menu(menu, self.printers_button.mapToGlobal(self.printers_button.rect().bottomLeft()))

    async def _change_look(self) -> None:
        if await self.work.look(self._sample):
            self._previews.poke()

    async def _sample(self) -> Work | None:
        """The document of the order in front, as the look's example."""
        key = self.waiting_table.current_key()
        if not isinstance(key, int):
            return None
        wish = msgspec.structs.replace(self.choice.wish((key,)), again=True, anyway=True)
        return (await gather(self.services.store, wish, words(), self.services.now())).work

    async def _edit_printer(self, printer: Printer | None) -> None:
        if await self.work.edit(printer) is not None:
            await self._refresh(frozenset({"all"}))

    async def _remove_printer(self, printer: Printer) -> None:
        await self.work.remove(printer)
        await self._refresh(frozenset({"all"}))

    def _open_file(self) -> None:
        row = self._document()
        if row is not None and row.path:
            self.desk.show_file(Path(row.path))

    def _open_folder(self) -> None:
        row = self._document()
        if row is not None and row.path:
            self.desk.show_folder(Path(row.path))

    def _print_again(self) -> None:
        row = self._document()
        if row is not None and row.order_id is not None and row.kind in PAGE_KINDS:
            begin(self._again(row, row.order_id), "print again")

    async def _again(self, row: PrintRow, order_id: int) -> None:
        """On the printer that it came out of, or as a PDF."""
        printer = await self.services.store.printers.by_name(row.printer) if row.printer else None
        if printer is None:
            await self.desk.make([order_id], cast(DocumentKind, row.kind))
        else:
            await self.work.print(PrintWish(row.kind, (order_id,), printer))


def size_words(picture: Picture) -> str:
    """ "100 × 150 mm · 1 / 3"."""
    wide, tall = round(picture.width_mm), round(picture.height_mm)
    return t("printpage.preview.size", wide=wide, tall=tall, page=picture.page, pages=picture.pages)
