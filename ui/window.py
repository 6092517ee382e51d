"""The window's shell: sidebar, page stack, banners, toasts, palette, keys. It stands, empty, before a workspace is open, is
filled with one, and is emptied again; it never opens or closes a workspace itself (`ui.entry` does)."""

from __future__ import annotations

import asyncio
import base64
import importlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QPoint, Qt, Signal
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QStackedWidget, QVBoxLayout, QWidget

from ui.frame import Frame, put_banners
from ui.kit import Burst, CommandPalette, Operation, Operations, ask, show_menu, spawn
from ui.pages import MORE, PAGES, UNDER
from ui.sidebar import Sidebar
from ui.telling import Teller
from ui.widgets import Banner, BannerPlace, Button, DialogFrame, EmptyState, ProgressList
from ui.words import t

if TYPE_CHECKING:
    from app.changes import ChangeReport
    from ui.house import House
    from ui.pages.pack_helper import HelperMode
    from ui.services import Page, Services
    from ui.standing import Standing

SMALLEST = (920, 560)
FIRST_SIZE = (1440, 900)
RAIL_UNDER = 1100
CHANGES_MS = 150

PageTable = Sequence[tuple[str, str, str]]


class MainWindow(QMainWindow):
    """`MainWindow(pages)`: `fill(services, house)`, `empty()`, `go(page, request)`.

    Signals: `page_shown(id)`; `leave_asked()`: the person closes the window (it stays until `may_close` is set).
    """

    page_shown = Signal(str)
    leave_asked = Signal()

    def __init__(self, pages: PageTable = tuple(PAGES), more: PageTable = tuple(MORE)) -> None:
        super().__init__()
        self._listed = [page for page, _, _ in pages]  # those of the sidebar
        self._table = {page: (module, name) for page, module, name in (*pages, *more)}
        self.services: Services | None = None
        self.house: House | None = None
        self.may_close = False
        self.pages: dict[str, Page] = {}
        self._errors: dict[str, QWidget] = {}
        self.current = ""
        self._wanted = ""
        self._owned: dict[str, list[str]] = {}  # page → ids of the actions that it added
        self._stop: list[Any] = []
        self._reports: dict[tuple[str, str], frozenset[int] | None] = {}
        self._burst: Burst | None = None
        self._watch: Any = None
        self.standing: Standing | None = None
        self.finder: CommandPalette | None = None
        self.helper: HelperMode | None = None
        self.setWindowTitle(t("app.name"))
        self.setMinimumSize(*SMALLEST)
        self.resize(*FIRST_SIZE)
        self._build(None)

    # -- building ----------------------------------------------------------------------------------------------
    def _build(self, operations: Operations | None) -> None:
        self.frame = Frame()
        self.sidebar = Sidebar(self._listed, operations)
        self.sidebar.chosen.connect(self.go)
        self.sidebar.search_asked.connect(self.open_palette)
        self.sidebar.tray_asked.connect(self.open_tray)
        self.sidebar.workspaces_asked.connect(self._workspaces)
        self.content = QWidget()
        column = QVBoxLayout(self.content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.banners = BannerPlace()
        column.addWidget(self.banners)
        self.stack = QStackedWidget()
        column.addWidget(self.stack, 1)
        self.teller = Teller(self.content)
        self.frame.row.addWidget(self.sidebar)
        self.frame.row.addWidget(self.content, 1)
        self.setCentralWidget(self.frame)
        self.sidebar.set_quiet(operations is None)
        self._reflow()

    def fill(self, services: Services, house: House) -> None:
        """Takes a workspace's parts in: the sidebar can be pressed from now on, pages come on their first visit."""
        from ui.commands import page_hits, record_hits, window_actions
        from ui.notifying import Notifier
        from ui.pages.pack_helper import HelperMode
        from ui.standing import Watch

        self.services, self.house = services, house
        self._build(services.operations)
        self.frame.set_rehearsal(services.rehearsal)
        pages = list(self._table)
        self._owned[""] = []
        for action in window_actions(self, services, pages):
            services.actions.add(action)
            self._owned[""].append(action.id)
        services.actions.install(self)
        self.finder = CommandPalette(
            self, services.actions, lambda: page_hits(self, pages), lambda query: record_hits(self, services, query)
        )
        self._burst = Burst(lambda _keys: self._tell_pages(), CHANGES_MS, self)
        self._watch = Watch(services, self.show_standing, self)
        self._stop = [services.changes.listen(self._changed)]
        self.teller.listen(services.operations, services.undo)
        services.undo.changed.connect(self._undo_changed)
        self._stop.append(lambda: services.undo.changed.disconnect(self._undo_changed))
        name = t("shell.rehearsal" if services.rehearsal else "shell.live")
        self.sidebar.switch.set_workspace(name, "")
        self._title()
        if services.rehearsal:
            self.banners.put(Banner("rehearsal", t("shell.rehearsal_title"), t("shell.rehearsal_text")))
        self._watch.start()
        self._stop.append(Notifier(self, services).close)
        if house.lock is not None:
            house.lock.attach(self)
        self.helper = HelperMode(self, services, house)
        services.actions.install(self)
        self.helper.begin()

    def empty(self) -> None:
        """Lets everything of the workspace go; the skeleton stays."""
        if self.house is not None and self.house.lock is not None:
            self.house.lock.detach()
        if self.helper is not None:
            self.helper.close()
            self.helper = None
        for stop in self._stop:
            stop()
        self._stop = []
        self.teller.close()
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        if self.services is not None:
            for page in list(self.pages):
                self._drop(page)
            for action in self._owned.pop("", []):
                self.services.actions.remove(action)
        self._errors.clear()
        if self.finder is not None:
            self.finder.close_palette()
            self.finder.deleteLater()
            self.finder = None
        if self._burst is not None:
            self._burst.deleteLater()
            self._burst = None
        self._reports.clear()
        self.services = self.house = self.standing = None
        self.current = self._wanted = ""
        self._build(None)
        self._title()

    def rebuild(self) -> None:
        """The same workspace in another language: everything with words is made anew, the same page comes back."""
        services, house, page = self.services, self.house, self.current
        if services is None or house is None:
            return
        self.empty()
        self.fill(services, house)
        self.go(page or next(iter(self._table)))

    def keep_only(self, pages: Sequence[str]) -> None:
        """Lets every other page go."""
        for page in [one for one in self.pages if one not in pages]:
            self._drop(page)

    def _drop(self, page: str) -> None:
        old = self.pages.pop(page)
        services = self.services
        if services is not None:
            mine = set(self._owned.pop(page, [])) | {a.id for a in services.actions if a.scope == page}
            for action in mine:
                services.actions.remove(action)
        self.stack.removeWidget(old)
        old.hide()
        old.deleteLater()

    # -- pages -------------------------------------------------------------------------------------------------
    def go(self, page: str, request: object = None) -> None:
        """Shows a page, with what another one asks of it. It is imported and built on its first visit."""
        if page not in self._table or self.services is None:
            return
        if self.helper is not None and not self.helper.allows(page):
            return
        self._wanted = page
        self.sidebar.set_current(UNDER.get(page, page))
        module = self._table[page][0]
        if page in self.pages or module in sys.modules:
            self._show(page, request)
        else:
            spawn(self._import(page, request), f"page {page}")

    async def _import(self, page: str, request: object) -> None:
        """Importing takes up to a second: it is done off the loop."""
        try:
            await asyncio.to_thread(importlib.import_module, self._table[page][0])
        except Exception as error:
            self._cannot_show(page, request)
            self.report(f"page {page}", error)
            return
        if self._wanted == page:
            self._show(page, request)

    def _show(self, page: str, request: object) -> None:
        services = self.services
        if services is None:
            return
        made = self.pages.get(page)
        if made is None:
            try:
                made = self._make(page, services)
            except Exception as error:
                self._cannot_show(page, request)
                self.report(f"page {page}", error)
                return
        if self.helper is not None and not self.helper.coming(page):
            return  # the window was locked while the page was being imported
        self.current = page
        self.stack.setCurrentWidget(made)
        services.actions.set_scope(page)
        made.set_inner_width(self.width())
        made.shown(request)
        self._title()
        self.page_shown.emit(page)

    def _make(self, page: str, services: Services) -> Page:
        from ui.house import Housekeeping

        module, name = self._table[page]
        before = {action.id for action in services.actions}
        made: Page = getattr(sys.modules[module], name)(services)
        made.go.connect(self.go)
        made.said.connect(self.say)
        if self.house is not None and isinstance(made, Housekeeping):
            made.take_house(self.house)
        self._owned[page] = [action.id for action in services.actions if action.id not in before]
        services.actions.install(self)
        if self.helper is not None:
            self.helper.confine()
        self.pages[page] = made
        broken = self._errors.pop(page, None)
        if broken is not None:
            self.stack.removeWidget(broken)
            broken.deleteLater()
        self.stack.addWidget(made)
        return made

    def _cannot_show(self, page: str, request: object) -> None:
        old = self._errors.pop(page, None)
        if old is not None:
            self.stack.removeWidget(old)
            old.deleteLater()
        again = Button(t("common.retry"))
        again.clicked.connect(lambda: self.go(page, request))
        title = t("shell.page_failed", name=t(f"nav.{page}"))
        told = EmptyState("warning-circle", title, t("error.task_hint"), primary=again)
        self._errors[page] = told
        self.stack.addWidget(told)
        self.stack.setCurrentWidget(told)
        self.current = page
        self._title()

    # -- what changes ------------------------------------------------------------------------------------------
    def _changed(self, report: ChangeReport) -> None:
        """From whoever wrote, perhaps a hundred times a second; pages hear of it together."""
        if self._burst is None:
            return
        key = (report.table, report.source)
        had = self._reports.get(key, frozenset())
        self._reports[key] = None if had is None or not report.ids else had | report.ids
        self._burst.poke()
        if self._watch is not None:
            self._watch.changed(report.table)

    def _tell_pages(self) -> None:
        from app.changes import ChangeReport

        reports, self._reports = self._reports, {}
        for (table, source), ids in reports.items():
            for name, page in list(self.pages.items()):
                try:
                    page.changed(ChangeReport(table, ids or frozenset(), source))
                except Exception as error:  # a page's fault must not reach the job that wrote
                    self.report(f"page {name}", error)

    def show_standing(self, standing: Standing) -> None:
        """Badges and banners."""
        self.standing = standing
        services = self.services
        if services is None:
            return
        for page, (count, tone) in standing.badges.items():
            self.sidebar.set_badge(page, count, tone)
        note = t("shell.connections", count=standing.connections)
        self.sidebar.switch.set_workspace(t("shell.rehearsal" if services.rehearsal else "shell.live"), note)
        put_banners(self.banners, standing, services.now(), lambda: self.freeze(False))

    def freeze(self, on: bool) -> None:
        """Freezes or releases all sending."""
        services = self.services
        if services is not None:
            spawn(self._freeze(services, on), "freeze")

    @staticmethod
    async def _freeze(services: Services, on: bool) -> None:
        from app.changes import OUTBOX, ChangeReport

        await (services.store.outbox.freeze() if on else services.store.outbox.unfreeze())
        services.changes.publish(ChangeReport(OUTBOX, source="user"))

    def _undo_changed(self) -> None:
        if self.services is not None:
            self.services.actions.set_scope(self.current)  # their keys work again

    def say(self, state: str, title: str, text: str = "") -> None:
        """A toast."""
        self.teller.say(state, title, text)

    def report(self, name: str, error: BaseException) -> None:
        """An error that no page took."""
        self.teller.report(name, error)

    # -- actions -----------------------------------------------------------------------------------------------
    def open_palette(self) -> None:
        """Ctrl+K."""
        if self.finder is not None and not (self.helper is not None and self.helper.on):
            self.finder.open()

    def open_help(self) -> None:
        """F1."""
        from ui.commands import show_help

        if self.services is not None:
            spawn(show_help(self, self.services.actions), "help")

    def open_tray(self) -> None:
        """The list behind the progress tray."""
        if self.services is not None:
            spawn(self._tray(self.services.operations), "tray")

    async def _tray(self, operations: Operations) -> None:
        dialog = DialogFrame(self, t("tray.title"), "", t("common.close"), width=520)
        dialog.cancel.hide()
        dialog.body.addWidget(ProgressList(operations))
        dialog.body.addStretch(1)
        try:
            await ask(dialog)
        finally:
            for one in [o for o in operations.items if not o.running]:
                operations.dismiss(one)  # seen: a failure need not stay red
            dialog.deleteLater()

    def sync_now(self) -> None:
        """F5: orders of all connections; the rehearsal's first sync asks for the listings too."""
        self.sync(listings=False)

    def sync(self, *, listings: bool) -> Operation | None:
        """Pulls under one operation; None without a workspace, or while one runs already."""
        from ui.syncing import sync_all

        services = self.services
        if services is None or any(o.title == t("shell.syncing") for o in services.operations.items if o.running):
            return None
        return services.operations.start(
            t("shell.syncing"), lambda operation: sync_all(services, operation, listings=listings)
        )

    def _workspaces(self, at: QPoint) -> None:
        if self.services is None or self.house is None:
            return
        menu = QMenu(self)
        here = self.services.rehearsal
        for rehearsal, key in ((False, "shell.live"), (True, "shell.rehearsal")):
            entry = menu.addAction(t(key))
            entry.setCheckable(True)
            entry.setChecked(rehearsal is here)
            if rehearsal is not here:
                entry.triggered.connect(lambda _on=False: self.other_workspace())
        show_menu(menu, at)

    def other_workspace(self) -> None:
        """From the live workspace to the rehearsal, or back."""
        if self.services is not None and self.house is not None:
            self.house.switch(not self.services.rehearsal)

    # -- the frame ---------------------------------------------------------------------------------------------
    def _title(self) -> None:
        parts = [t("app.name")]
        if self.services is not None and self.services.rehearsal:
            parts.append(t("app.rehearsal_mark"))
        if self.current:
            parts.append(t(f"nav.{self.current}"))
        self.setWindowTitle(" — ".join(parts))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._reflow()

    def _reflow(self) -> None:
        rail = self.width() < RAIL_UNDER
        if rail is not self.sidebar.rail:
            self.sidebar.set_rail(rail)
        for page in self.pages.values():
            page.set_inner_width(self.width())

    def come_forward(self) -> None:
        """A second start asks for this window."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized | Qt.WindowState.WindowActive)
        self.show()
        self.raise_()
        self.activateWindow()

    def keep_geometry(self) -> str:
        """Place and size, for the next start."""
        return base64.b64encode(bytes(self.saveGeometry().data())).decode()

    def restore_place(self, kept: str) -> bool:
        """Back to where it was; False when that cannot be read."""
        try:
            raw = base64.b64decode(kept, validate=True)
        except ValueError:
            return False
        return bool(raw) and self.restoreGeometry(QByteArray(raw))

    def closeEvent(self, event: QCloseEvent) -> None:
        """The window goes when everything behind it is closed; the one who closes is told at once."""
        if self.may_close:
            event.accept()
            return
        event.ignore()
        self.leave_asked.emit()
