"""The freeze of one channel or of all, from the prices page: a menu, and the banner over the page that names what is frozen and says how
much waits. Reading goes on while a channel is frozen."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QMenu, QWidget

from app.changes import OUTBOX, ChangeReport
from app.store import ConnectionRow
from ui.kit import spawn
from ui.services import Services
from ui.widgets import Banner, BannerPlace
from ui.words import t


class Freezing:
    """`Freezing(services, place)`: `frozen` as the store said last (0 stands for all)."""

    def __init__(self, services: Services, place: BannerPlace) -> None:
        self._services, self._place = services, place
        self.frozen: frozenset[int] = frozenset()
        self._told: tuple[object, ...] = ()

    async def look(self, connections: Mapping[int, ConnectionRow]) -> None:
        """Asks the store, and shows the banner. Raises StoreError."""
        outbox = self._services.store.outbox
        frozen = await outbox.frozen()
        ids = sorted(one for one in frozen if one in connections)
        waiting = 0
        for one in ids:
            waiting += (await outbox.counts(one)).get("queued", 0)
        self.frozen = frozen
        self._show([connections[one] for one in ids], waiting)

    @property
    def all(self) -> bool:
        """Whether all sending is frozen."""
        return 0 in self.frozen

    def _show(self, rows: list[ConnectionRow], waiting: int) -> None:
        """The window itself tells of a freeze of everything."""
        told = (tuple(row.id for row in rows), waiting, self.all)
        if told == self._told:
            return
        self._told = told
        if not rows or self.all:
            self._place.take("frozen")
            return
        names = ", ".join(row.name for row in rows)
        one = len(rows) == 1  # Turkish has one form for all counts
        title = (
            t("planpage.freeze.one", name=names) if one else t("planpage.freeze.title", count=len(rows), names=names)
        )
        banner = Banner("frozen", title, t("planpage.freeze.text", count=waiting), t("shell.unfreeze_short"))
        banner.action_asked.connect(lambda: self.turn(False, *(row.id for row in rows)))
        self._place.put(banner)

    def turn(self, on: bool, *connections: int) -> None:
        """Freezes or releases channels; 0 is all of them."""
        spawn(self._turn(on, connections), "prices freeze")

    async def _turn(self, on: bool, connections: tuple[int, ...]) -> None:
        outbox, scheduler = self._services.store.outbox, self._services.engine.scheduler
        for one in connections:
            await (outbox.freeze if on else outbox.unfreeze)(one or None)
        self._services.changes.publish(ChangeReport(OUTBOX, source="user"))
        if on or scheduler is None:
            return
        every = [row.id for row in await self._services.store.connections.list()]
        for one in every if 0 in connections else connections:
            scheduler.hurry("send", one)

    def fill(self, menu: QMenu, connections: Mapping[int, ConnectionRow]) -> None:
        """All channels and each of them, ticked where frozen."""
        every = menu.addAction(t("planpage.freeze.all"))
        every.setCheckable(True)
        every.setChecked(self.all)
        every.triggered.connect(lambda on: self.turn(on, 0))
        menu.addSeparator()
        for row in connections.values():
            action = menu.addAction(row.name.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(row.id in self.frozen)
            action.triggered.connect(lambda on, one=row.id: self.turn(on, one))

    def menu(self, parent: QWidget, connections: Mapping[int, ConnectionRow]) -> QMenu:
        """The menu, to be shown."""
        made = QMenu(parent)
        made.setAccessibleName(t("planpage.freeze.menu"))
        self.fill(made, connections)
        return made
