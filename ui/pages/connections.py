"""Connections: what is connected and how it does, and the catalogue of what can be. Keys are taken by the dialog and go
into the vault; nothing on this page ever shows one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMenu, QStackedWidget, QVBoxLayout, QWidget

from app.changes import CONNECTIONS, HEALTH, ChangeReport
from app.contracts.catalogue import UnknownIntegration
from app.contracts.manifest import Manifest
from app.store import ConnectionRow
from app.vault import VaultError
from ui.house import House
from ui.kit import ACCEPTED, Action, Burst, Operation, OpState, ask, begin, show_menu, spawn
from ui.pages.catalogue_info import InfoDialog
from ui.pages.catalogue_view import CatalogueView, button_word
from ui.pages.connect_dialog import ConnectDialog, web_address
from ui.pages.connection_keys import StoredKeys
from ui.pages.connection_list import ConnectionList
from ui.pages.connection_settings import KeysDialog, SettingsDialog
from ui.pages.connection_words import fact_line, plain
from ui.pages.connection_work import ConnectionWork
from ui.pages.sign_in import is_signed_out, sign_in_again
from ui.services import Page, Services
from ui.theme import icon
from ui.widgets import Button, PageHeader, TypedConfirm, ViewTabs
from ui.widgets.base import line
from ui.words import t

MINE, CATALOGUE = "mine", "catalogue"
REFRESH_MS = 1000


class ConnectionsPage(Page):
    """Understands requests {"view": "mine" | "catalogue", "search": text, "integration": id to connect, "keys": id of a
    connection that wants new keys}."""

    id = "connections"
    icon_name = "link"

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        self.work = ConnectionWork(services)
        self._burst = Burst(lambda _keys: begin(self._refresh(), "connections refresh"), REFRESH_MS, self)
        self._busy: set[int] = set()
        self._house: House | None = None
        self._keys_wanted = 0  # the connection whose keys another page wants renewed
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = PageHeader(t("nav.connections"), t("common.loading"))
        self.add = self.header.set_primary(Button(t("connections.add"), "primary", "plus", "Ctrl+N"))
        self.add.clicked.connect(self.show_catalogue)
        column.addWidget(self.header)
        self.tabs = ViewTabs([(MINE, t("connections.view.mine")), (CATALOGUE, t("connections.view.catalogue"))])
        self.tabs.chosen.connect(self._show_view)
        column.addWidget(self.tabs)
        column.addWidget(line("line"))
        self.mine = ConnectionList(services)
        self.catalogue = CatalogueView(services.catalogue)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.mine)
        self._stack.addWidget(self.catalogue)
        column.addWidget(self._stack, 1)
        self.mine.test_asked.connect(self.test)
        self.mine.pause_asked.connect(lambda i: self._with(i, self._pause))
        self.mine.set_up_asked.connect(lambda i: self._with(i, self._mend))
        self.mine.more_asked.connect(self._more)
        self.mine.add_asked.connect(self.show_catalogue)
        self.catalogue.connect_asked.connect(self.connect_to)
        self.catalogue.info_asked.connect(lambda i: spawn(self._info(i), "integration info"))
        self._add_actions()
        self._burst.poke()

    def _add_actions(self) -> None:
        wanted = (
            Action("connections.add", "connections.add", self.show_catalogue, "plus", ("Ctrl+N",), self.id),
            Action("connections.find", "connections.find", self.find, "magnifying-glass", ("Ctrl+F",), self.id),
        )
        for old in (a.id for a in wanted if a.id in self.services.actions):
            self.services.actions.remove(old)  # of a page of an earlier window, in another language
        self.services.actions.add(*wanted)

    def take_house(self, house: House) -> None:
        """The vault, for copying a stored key out of it."""
        self._house = house

    # -- views ---------------------------------------------------------------------------------------------------
    def shown(self, request: object = None) -> None:
        self._burst.poke()
        if not isinstance(request, dict):
            return
        if request.get("view") == CATALOGUE or request.get("search"):
            self.show_catalogue()
            self.catalogue.search.setText(str(request.get("search") or ""))
        elif request.get("view") == MINE:
            self._show_view(MINE)
        if isinstance(request.get("keys"), int):
            self._show_view(MINE)
            self._keys_wanted = request["keys"]
        if request.get("integration") in self.services.catalogue.entries:
            self.connect_to(request["integration"])

    def changed(self, report: ChangeReport) -> None:
        if report.table in (CONNECTIONS, HEALTH):
            self._burst.poke()

    def set_inner_width(self, width: int) -> None:
        self.header.set_narrow(width < 1100)

    def _show_view(self, view: str) -> None:
        self.tabs.set_current(view)
        self._stack.setCurrentWidget(self.catalogue if view == CATALOGUE else self.mine)

    def show_catalogue(self) -> None:
        """The catalogue, ready to be searched."""
        self._show_view(CATALOGUE)
        self.find()

    def find(self) -> None:
        """The search field of the catalogue gets the focus."""
        self._show_view(CATALOGUE)
        self.catalogue.search.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.catalogue.search.edit.selectAll()

    async def _refresh(self) -> None:
        await self.mine.refresh()
        wanted, self._keys_wanted = self._keys_wanted, 0
        if wanted:
            self._with(wanted, self._new_keys)
        count = len(self.mine.rows)
        self.header.set_fact(t("connections.fact_count", count=count))
        self.tabs.set_count(MINE, count)
        self.tabs.set_count(CATALOGUE, len(self.services.catalogue.entries))
        self.catalogue.show_counts(Counter(row.integration for row in self.mine.rows.values()))

    # -- one connection ------------------------------------------------------------------------------------------
    def _with(self, connection_id: int, do: Callable[[ConnectionRow], Coroutine[Any, Any, None]]) -> None:
        row = self.mine.rows.get(connection_id)
        if row is not None and connection_id not in self._busy:
            spawn(do(row), "connection")

    def test(self, connection_id: int) -> None:
        """The cheapest call that proves the key, as an operation."""
        row = self.mine.rows.get(connection_id)
        if row is None or connection_id in self._busy:
            return
        self._busy.add(connection_id)

        async def work(_operation: Operation) -> Any:
            return await self.work.test(row)

        operation = self.services.operations.start(t("connections.dialog.testing", name=row.name), work)
        operation.finished.connect(lambda: self._tested(row, operation))

    def _tested(self, row: ConnectionRow, operation: Operation) -> None:
        self._busy.discard(row.id)
        self._burst.poke()
        if operation.state is not OpState.DONE:
            return
        result, found = operation.result
        if found is None:
            text = plain(result.message) if result.message is not None else ""
            self.said.emit("unhealthy", t("connections.toast.bad", name=row.name), text)
        elif found.warnings:
            text = " ".join(plain(one) for one in found.warnings)
            self.said.emit("degraded", t("connections.toast.doubt", name=row.name), text)
        else:
            facts = " · ".join(fact_line(name, value) for name, value in found.facts.items())
            self.said.emit("healthy", t("connections.toast.ok", name=row.name), facts)

    async def _pause(self, row: ConnectionRow) -> None:
        await self.work.pause(row, not row.paused)
        word = "resumed" if row.paused else "paused"
        self.said.emit("paused", t(f"connections.toast.{word}", name=row.name), t(f"connections.toast.{word}_text"))

    async def _mend(self, row: ConnectionRow) -> None:
        """What the card's button does: a new sign-in where the old one has ended, else the settings."""
        await (self._sign_in(row) if is_signed_out(row) else self._set_up(row))

    async def _sign_in(self, row: ConnectionRow) -> None:
        if await sign_in_again(self, self.services, row):
            for other in list(self.mine.rows.values()):
                if other.account_id == row.account_id:
                    await self.work.planned_anew(other.id)
            self.said.emit("healthy", t("signin.done_toast", name=row.name), t("signin.done_toast_text"))
            self.test(row.id)

    async def _set_up(self, row: ConnectionRow) -> None:
        manifest = self.services.catalogue.manifest(row.integration)
        names = [r.name for r in self.mine.rows.values()]
        dialog = SettingsDialog(self, self.work, row, manifest, names, await self._stored_keys(row, manifest))
        try:
            await ask(dialog)
            keys = dialog.keys_asked
        finally:
            dialog.deleteLater()
        if keys:
            await self._new_keys(row)

    async def _stored_keys(self, row: ConnectionRow, manifest: Manifest) -> StoredKeys | None:
        """The part of the settings about the keys in the vault; None where it holds none."""
        vault, watch = self._house.vault if self._house is not None else None, self.services.key_watch
        if vault is None or watch is None:
            return None
        try:
            held = frozenset(await vault.get(row.account_id))
        except (KeyError, VaultError):
            return None
        standing = await watch.of(row.account_id)
        return StoredKeys(self.services, vault, row, manifest, held, standing) if held else None

    async def _new_keys(self, row: ConnectionRow) -> None:
        manifest = self.services.catalogue.manifest(row.integration)
        sharing = [r.name for r in self.mine.rows.values() if r.account_id == row.account_id]
        dialog = KeysDialog(self, self.work, row, manifest, sharing)
        try:
            done = await ask(dialog) == ACCEPTED
            changed = dialog.changed
        finally:
            dialog.deleteLater()
        self._burst.poke()
        if done and changed:
            self.said.emit("healthy", t("keys.renewed.title", name=row.name), t("keys.renewed.text"))
        elif done:
            self.said.emit("info", row.name, t("keys.renewed.nothing"))

    async def _remove(self, row: ConnectionRow) -> None:
        text = t("connections.remove.text", name=row.name)
        label = t("connections.remove.label", word=row.name)
        title = t("connections.remove.title", name=row.name)
        dialog = TypedConfirm(self, title, text, t("connections.remove.do"), row.name, label)
        try:
            sure = await ask(dialog) == ACCEPTED
        finally:
            dialog.deleteLater()
        if sure:
            await self.work.remove(row)
            self.said.emit("healthy", t("connections.toast.removed", name=row.name), t("connections.remove.kept"))

    def _more(self, connection_id: int) -> None:
        row = self.mine.rows.get(connection_id)
        if row is None:
            return
        card = self.mine.cards[connection_id]
        menu = self.menu_of(row)
        show_menu(menu, card.mapToGlobal(QPoint(card.width() - menu.sizeHint().width(), card.height())))

    def menu_of(self, row: ConnectionRow) -> QMenu:
        """Everything that can be done with a connection."""
        menu = QMenu(self)
        menu.setAccessibleName(row.name)
        manifest = self.services.catalogue.manifest(row.integration)

        def add(word: str, picture: str, run: Callable[[], Any]) -> None:
            action = menu.addAction(icon(picture, 16, "text_2"), t(f"connections.menu.{word}"))
            action.triggered.connect(lambda _on=False: run())

        if manifest.sign_in is not None and manifest.sign_in.asks_a_person:
            again = menu.addAction(icon("arrow-square-out", 16, "text_2"), t("signin.again"))
            again.triggered.connect(lambda _on=False: self._with(row.id, self._sign_in))
        if self.work.syncs(row):
            add("sync", "arrows-clockwise", lambda: self.first_sync(row))
        add("settings", "gear-six", lambda: self._with(row.id, self._set_up))
        if manifest.credentials:
            add("keys", "key", lambda: self._with(row.id, self._new_keys))
        add("orders", "receipt", lambda: self.go.emit("orders", {"connection": row.id, "view": "all"}))
        if "listing_source" in manifest.capabilities:
            add("prices", "tag", lambda: self.go.emit("prices", {"connection": row.id}))
        add("health", "activity", lambda: self.go.emit("health", {"connection": row.id}))
        address = web_address(manifest.portal) or web_address(manifest.website)
        if address:
            add("portal", "arrow-square-out", partial(QDesktopServices.openUrl, QUrl(address)))
        menu.addSeparator()
        add("remove", "trash", lambda: self._with(row.id, self._remove))
        return menu

    # -- connecting ----------------------------------------------------------------------------------------------
    def connect_to(self, integration: str) -> None:
        """Opens the connect dialog, or the portal of an integration that has nothing else."""
        spawn(self._connect(integration), "connect")

    async def _connect(self, integration: str) -> None:
        try:
            manifest = self.services.catalogue.manifest(integration)
        except UnknownIntegration:
            return
        if not manifest.readiness.connectable or not manifest.client:
            address = web_address(manifest.portal) or web_address(manifest.website)
            if manifest.readiness.connectable and address:
                QDesktopServices.openUrl(QUrl(address))
            return
        rows = await self.services.store.connections.list()
        accounts = [a for a in await self.services.store.accounts.list() if a.family == manifest.family]
        dialog = ConnectDialog(self, self.services, manifest, [row.name for row in rows], accounts)
        try:
            done = await ask(dialog) == ACCEPTED
            row, proven = dialog.row, dialog.proven
        finally:
            dialog.deleteLater()
        if done and row is not None:
            self.services.engine.schedule(row)
            self._show_view(MINE)
            if proven:
                self.first_sync(row)
            else:
                self.said.emit("degraded", t("connections.toast.kept", name=row.name), t("connections.toast.kept_text"))

    def first_sync(self, row: ConnectionRow) -> Operation:
        """Pulls orders and listings, as an operation."""
        operation = self.services.operations.start(
            t("connections.syncing", name=row.name), lambda op: self.work.sync(row, op)
        )
        operation.finished.connect(lambda: self._synced(row, operation))
        return operation

    def _synced(self, row: ConnectionRow, operation: Operation) -> None:
        self._burst.poke()
        if operation.state is not OpState.DONE:
            return
        found, trouble = operation.result
        if trouble is not None:
            self.said.emit("degraded", t("connections.toast.sync_trouble", name=row.name), plain(trouble))
            return
        parts = [t(f"connections.toast.new_{kind}", count=count) for kind, count in found.items()]
        self.said.emit("healthy", t("connections.toast.synced", name=row.name), ", ".join(parts))

    async def _info(self, integration: str) -> None:
        manifest = self.services.catalogue.manifest(integration)
        names = [row.name for row in self.mine.rows.values() if row.integration == integration]
        word = button_word(self.services.catalogue.entries[integration])
        dialog = InfoDialog(self, manifest, names, t(f"connection.{word}") if word else "")
        try:
            wanted = await ask(dialog) == ACCEPTED
        finally:
            dialog.deleteLater()
        if wanted and word:
            self.connect_to(integration)
