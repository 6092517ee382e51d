"""Labels and slips from stored orders into a PDF, for the pages that print: refusal of cancelled orders, file names, the
operation, the toast with *show* and *undo*. A label of a cancelled order must never come out unasked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import QWidget

from app.changes import ORDERS, PRINTS, ChangeReport
from app.formats.names import safe_file_name
from app.printing.documents import Kind as DocumentKind
from app.printing.documents import make_document
from app.store import StoredOrder
from app.store.workspace import Workspace
from ui.kit import ACCEPTED, Operation, Step, ask, ask_save_file, spawn
from ui.pages.orders_model import refuses_label
from ui.services import Services
from ui.widgets import Button, DialogFrame, Text, ToastHost
from ui.words import t, words

_NAMED = 8  # refused orders that the question names one by one

Said = Callable[[str, str, str], Any]


class DocumentError(Exception):
    """A document that could not be made: `key` and `params` are the words, which the window shows."""

    def __init__(self, key: str, **params: str) -> None:
        super().__init__(f"{key} {params}" if params else key)
        self.key = key
        self.params = params


def documents_folder(services: Services) -> Path:
    """The workspace's folder for documents."""
    return Workspace(services.store.db.path.parent).documents


def _open(path: Path) -> bool:
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


class DocumentDesk:
    """`DocumentDesk(services, page, toasts, said)`. `make` draws one PDF; `show_file` and `show_folder` open what there is.

    `open_path(path)` hands a file to the system's viewer; tests put their own in its place.
    """

    def __init__(self, services: Services, page: QWidget, toasts: ToastHost, said: Said) -> None:
        self._services = services
        self._page = page
        self._toasts = toasts
        self._said = said
        self.open_path: Callable[[Path], bool] = _open

    # -- making ------------------------------------------------------------------------------------------------
    async def make(self, ids: Sequence[int], kind: DocumentKind = "label", *, choose: bool = False) -> Operation | None:
        """Draws the orders' labels or slips in the order given, after asking about those that should not have one; into
        the workspace's documents, or with `choose` where the merchant says. None when there was nothing to draw."""
        stored = await self._services.store.orders.get_many(ids)
        if kind == "label":
            stored = await self._allowed(stored)
        if not stored:
            return None
        folder = documents_folder(self._services)
        name = self._name(stored, kind)
        if choose:
            filters = (t("orders.document.pdf_files"),)
            path = await ask_save_file(self._page, t(f"orders.document.save_{kind}"), name, filters, folder)
            if path is None:
                return None
            path = path if path.suffix else path.with_suffix(".pdf")
        else:
            path = await asyncio.to_thread(_free, folder / name)
        title = t(f"orders.document.making_{kind}", count=len(stored))
        return self._services.operations.start(
            title, lambda op: self._draw(op, stored, kind, path), note=path.name, can_cancel=False
        )

    async def _draw(self, op: Operation, stored: list[StoredOrder], kind: DocumentKind, path: Path) -> Path:
        ids = [one.id for one in stored]
        executor = self._services.worker.executor()
        try:
            _, pages = await make_document(self._services.store, ids, kind, path, words(), executor)
        except OSError as error:
            raise DocumentError("orders.document.failed_disk", reason=error.strerror or str(error)) from error
        except BrokenExecutor as error:
            raise DocumentError("orders.document.failed_hint") from error
        op.report = (kind, ids, path)
        self._publish(ids)
        step = self._undo(stored) if kind == "label" else None
        self._tell(kind, len(ids), pages, path, step)
        return path

    def _undo(self, stored: list[StoredOrder]) -> Step | None:
        """Undo makes the orders count as not printed again; the file stays where it is, and so does its journal row."""
        fresh = [one.id for one in stored if one.printed_at is None]
        if not fresh:
            return None

        async def back() -> None:
            await self._services.store.orders.set_local(fresh, printed=False)
            self._publish(fresh)

        step = Step(t("orders.document.step", count=len(fresh)), back)
        self._services.undo.push(step)
        return step

    def _publish(self, ids: Sequence[int]) -> None:
        self._services.changes.publish(ChangeReport(ORDERS, frozenset(ids), "user"))
        self._services.changes.publish(ChangeReport(PRINTS, source="user"))

    def _tell(self, kind: str, count: int, pages: int, path: Path, step: Step | None) -> None:
        undo = self._services.undo
        self._toasts.show(
            "healthy",
            t(f"orders.document.made_{kind}", count=count),
            t("orders.document.file", file=path.name, pages=pages),
            t("common.show"),
            lambda: self.show_file(path),
            other=t("common.undo") if step is not None else "",
            run_other=None if step is None else lambda: spawn(undo.undo(step), "undo labels"),
        )

    # -- refusal -----------------------------------------------------------------------------------------------
    async def _allowed(self, stored: list[StoredOrder]) -> list[StoredOrder]:
        """Those whose label may be printed: all, the merchant's choice where some should not be, or none."""
        refused = [(one, reason) for one in stored if (reason := refuses_label(one))]
        if not refused:
            return stored
        others = [one for one in stored if not refuses_label(one)]
        dialog = RefusalDialog(self._page, refused, len(others))
        try:
            code = await ask(dialog)
        finally:
            dialog.deleteLater()
        if code != ACCEPTED:
            return []
        return stored if dialog.all_of_them else others

    # -- files -------------------------------------------------------------------------------------------------
    def show_file(self, path: Path) -> None:
        """Opens a document with the system's viewer."""
        spawn(self._show(path, path), "open document")

    def show_folder(self, path: Path) -> None:
        """Opens the folder that a document lies in."""
        spawn(self._show(path.parent, path.parent), "open folder")

    async def _show(self, path: Path, needed: Path) -> None:
        if not await asyncio.to_thread(needed.exists):
            self._said("degraded", t("orders.document.gone"), t("orders.document.gone_hint", file=str(path)))
        elif not self.open_path(path):
            self._said("degraded", t("orders.document.no_viewer"), t("orders.document.at", file=str(path)))

    def _name(self, stored: Sequence[StoredOrder], kind: str) -> str:
        """ "etiket-7330118405.pdf" for one order, "etiketler-20261124-1402.pdf" for more."""
        if len(stored) == 1:
            number = stored[0].order.number or str(stored[0].id)
            return safe_file_name(f"{t(f'orders.document.name_{kind}')}-{number}", ".pdf")
        at = self._services.now().astimezone()
        return f"{t(f'orders.document.names_{kind}')}-{at:%Y%m%d-%H%M}.pdf"


class RefusalDialog(DialogFrame):
    """Names each order that should not get a label, and why. What is safe is the primary button; `anyway` is the way past,
    after which `all_of_them` is true."""

    def __init__(self, parent: QWidget, refused: Sequence[tuple[StoredOrder, str]], others: int) -> None:
        self.all_of_them = False
        self.anyway = Button(t("orders.refusal.anyway"), "danger")
        super().__init__(
            parent,
            t("orders.refusal.title", count=len(refused)),
            t("orders.refusal.text"),
            t("orders.refusal.others", count=others),
            helper=self.anyway,
        )
        self.anyway.clicked.connect(self._go_past)
        for one, reason in refused[:_NAMED]:
            line = t("orders.refusal.line", number=one.order.number, reason=t(f"orders.reason.{reason}"))
            self.body.addWidget(Text(line, "body", wrap=True))
        if len(refused) > _NAMED:
            more = t("orders.refusal.more", count=len(refused) - _NAMED)
            self.body.addWidget(Text(more, "small", "text_2"))
        if not others:
            self.primary.hide()
            self.primary.setEnabled(False)
            self.cancel.setDefault(True)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self.primary.isEnabled():
            self.cancel.setFocus(Qt.FocusReason.PopupFocusReason)

    def _go_past(self) -> None:
        self.all_of_them = True
        self.accept()


def _free(path: Path) -> Path:
    """A name that is not taken: the journal must go on pointing at what was printed then."""
    found, number = path, 2
    while found.exists():
        found = path.with_stem(f"{path.stem}-{number}")
        number += 1
    return found
