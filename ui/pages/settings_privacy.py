"""Settings: how long what is kept, a buyer's rights, and the way to the audit log. Nothing is erased that was not switched
on here, and what a switch would erase is counted and agreed to before."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget

from app.jobs.housekeeping import KINDS, Housekeeping
from ui.kit import ACCEPTED, ask, spawn
from ui.pages.settings_parts import Section, SettingRow
from ui.services import Services
from ui.widgets import Button, DialogFrame
from ui.words import t

CHOICES = (30, 90, 180, 365, 730, 1095, 1825, 3650)
Say = Callable[[str, str, str], None]


class StillBox(QComboBox):
    """The wheel scrolls the page and changes nothing: a rule must not be set in passing."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class KeepRow(SettingRow):
    """One kind of data: always, or for so many days. `show_days`, `days`; `on_choice(kind, days)` when the person chose."""

    def __init__(self, kind: str, on_choice: Callable[[str, int | None], None]) -> None:
        self.kind = kind
        self.box = StillBox()
        self.box.setMinimumWidth(120)
        name = t(f"privacy.kind.{kind}")
        self.box.setAccessibleName(name)
        proposed, least = KINDS[kind]
        self._days = sorted({*(days for days in CHOICES if days >= least), proposed})
        self.box.addItem(t("privacy.card.always"), None)
        for days in self._days:
            self.box.addItem(t("privacy.card.days", count=days), days)
        super().__init__(name, t(f"privacy.kind_text.{kind}"), self.box)
        self.box.activated.connect(lambda _place: on_choice(kind, self.days))

    @property
    def days(self) -> int | None:
        found = self.box.currentData()
        return found if isinstance(found, int) else None

    def show_days(self, days: int | None, due: int) -> None:
        """What is in force, and how much it would erase now."""
        if days is not None and self.box.findData(days) < 0:  # chosen on the command line
            self.box.addItem(t("privacy.card.days", count=days), days)
        self.box.setCurrentIndex(max(0, self.box.findData(days)) if days is not None else 0)
        about = t(f"privacy.kind_text.{self.kind}")
        if days is not None:
            now = t("privacy.card.now_due", count=due) if due else t("privacy.card.none_due")
            about = f"{about} {now}"
        self.set_text(about)


class PrivacySection:
    """`PrivacySection(section, services, parent, say, go)`: fills the section; `refresh()` asks again."""

    def __init__(
        self, section: Section, services: Services, parent: QWidget, say: Say, go: Callable[[str, object], None]
    ) -> None:
        self._services, self._parent, self._say = services, parent, say
        self.keeping: Housekeeping | None = services.engine.housekeeping
        self.rows: dict[str, KeepRow] = {}
        self._in_force: dict[str, int] = {}
        if self.keeping is not None:
            card = section.card(t("privacy.card.keep"), t("privacy.card.keep_note"))
            for kind in KINDS:
                self.rows[kind] = KeepRow(kind, self._chosen)
                Section.add(card, self.rows[kind])
        card = section.card(t("privacy.card.rights"), t("privacy.card.rights_note"))
        self.find = Button(t("privacy.card.find_do"), icon="users", small=True)
        self.find.clicked.connect(lambda: spawn(self._find(), "find a buyer"))
        Section.add(card, SettingRow(t("privacy.card.find"), t("privacy.card.find_text"), self.find))
        card = section.card(t("privacy.card.audit"))
        self.open_log = Button(t("privacy.card.open_log"), icon="notebook", small=True)
        self.open_log.clicked.connect(lambda: go("audit", {}))
        self.chain = SettingRow(t("privacy.card.chain"), " ", self.open_log)
        Section.add(card, self.chain)

    def refresh(self) -> None:
        """Asks again."""
        spawn(self.load(), "privacy")

    async def load(self) -> None:
        """The rules in force and what they would erase."""
        head = await self._services.store.audit.head()
        self.chain.set_text(t("privacy.card.chain_text", count=head.id))
        if self.keeping is None:
            return
        self._in_force = await self.keeping.rules()
        due = await self.keeping.preview(self._in_force)
        for kind, row in self.rows.items():
            row.show_days(self._in_force.get(kind), due.get(kind, 0))

    async def _find(self) -> None:
        from ui.pages.buyer_dialog import show_buyers

        await show_buyers(self._parent, self._services)
        await self.load()

    # -- rules ---------------------------------------------------------------------------------------------------
    def _chosen(self, kind: str, days: int | None) -> None:
        if days != self._in_force.get(kind):
            spawn(self._set(kind, days), f"keep {kind}")

    async def _set(self, kind: str, days: int | None) -> None:
        """Takes a rule over; a stricter one is asked about first, with how much it would erase now."""
        keeping = self.keeping
        if keeping is None:
            return
        due = 0 if days is None else (await keeping.preview({kind: days}))[kind]
        before = self._in_force.get(kind)
        if days is None or (before is not None and days >= before) or await self._sure(kind, days, due):
            await keeping.set_rule(kind, days)
            told = t("privacy.card.always") if days is None else t("privacy.card.days", count=days)
            name = t(f"privacy.kind.{kind}")
            if due:
                done = await keeping.apply()
                self._say("healthy", name, t("privacy.card.applied", count=done.get(kind, 0)))
            else:
                self._say("healthy", name, told)
        await self.load()

    async def _sure(self, kind: str, days: int, due: int) -> bool:
        name = t(f"privacy.kind.{kind}")
        none = t("privacy.card.sure_title_none", days=days)
        dialog = DialogFrame(
            self._parent,
            t("privacy.card.sure_title", count=due) if due else none,
            t("privacy.card.sure_text", what=name, days=days),
            t("privacy.card.sure_do"),
            kind="danger",
        )
        try:
            return await ask(dialog) == ACCEPTED
        finally:
            dialog.deleteLater()
