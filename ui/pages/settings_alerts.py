"""Settings: alerts – what is on, where it is told, in which hours not, and from which figure on. Each change takes effect at
once; only what is typed for a channel waits for its "save"."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import shiboken6
from PySide6.QtWidgets import QLineEdit, QWidget

from app.api.answers import sentence
from app.monitor.alerting.channels import FIELDS
from app.monitor.alerting.courier import TEST
from app.monitor.alerting.desk import AlertDesk, DesktopNote
from app.monitor.alerting.rules import RULES, AlertError, Severity, read_threshold
from app.monitor.alerting.sending import SendFailed
from app.store import AlertBody, AlertRow, StoreError
from app.vault import VaultError
from ui.kit import ACCEPTED, Operation, ask, spawn
from ui.pages.settings_alerts_parts import AlertLine, ChannelDialog, ChannelRow, RuleRow, told
from ui.pages.settings_parts import Section, SettingRow
from ui.services import Services
from ui.widgets import Card, Switch, Text
from ui.words import t, words

SNOOZE = timedelta(hours=1)
Say = Callable[[str, str, str], None]


class AlertsSection:
    """`AlertsSection(section, services, parent, say)`: fills the section; `refresh()` asks again how things stand."""

    def __init__(self, section: Section, services: Services, parent: QWidget, say: Say) -> None:
        self._services, self._parent, self._say = services, parent, say
        self.jobs = services.engine.alerting
        desk = self.jobs.desk if self.jobs is not None else None
        self.desk = desk if isinstance(desk, AlertDesk) else None
        self.open_card: Card | None = None
        self.lines: list[AlertLine] = []
        self.channels: dict[str, ChannelRow] = {}
        self.rules: dict[str, RuleRow] = {}
        self._shown: list[AlertRow] | None = None
        if self.desk is None:
            return
        self.open_card = section.card(t("alerts.page.open"))
        card = section.card(t("alerts.page.channels"))
        for name in FIELDS:
            self.channels[name] = ChannelRow(name, self._set_up, self._test, self._change_channel)
            Section.add(card, self.channels[name])
        card = section.card(t("alerts.page.quiet"))
        self.quiet = Switch(t("alerts.page.quiet"))
        self.quiet.toggled.connect(lambda on: self._begin(self._set_quiet(on=on), t("alerts.page.quiet")))
        self.since, self.until = self._clock("alerts.page.quiet_since"), self._clock("alerts.page.quiet_until")
        Section.add(
            card,
            SettingRow(
                t("alerts.page.quiet"), t("alerts.page.quiet_text"), self.since, Text("–"), self.until, self.quiet
            ),
        )
        self.keep = QLineEdit()
        self.keep.setFixedWidth(64)
        self.keep.setAccessibleName(t("alerts.page.keep"))
        self.keep.editingFinished.connect(self._keep_typed)
        Section.add(card, SettingRow(t("alerts.page.keep"), t("alerts.page.keep_text"), self.keep))
        card = section.card(t("alerts.page.rules"), t("alerts.page.rules_note"))
        for rule in RULES.values():
            self.rules[rule.name] = RuleRow(rule, self._change_rule)
            Section.add(card, self.rules[rule.name])

    def _clock(self, key: str) -> QLineEdit:
        made = QLineEdit()
        made.setFixedWidth(64)
        made.setAccessibleName(t(key))
        made.editingFinished.connect(self._hours_typed)
        return made

    # -- how things stand ------------------------------------------------------------------------------------------
    def refresh(self) -> None:
        """Asks again."""
        if self.desk is not None:
            spawn(self.load(), "alerts")

    async def load(self) -> None:
        """Everything as it is now."""
        desk, store = self.desk, self._services.store
        if desk is None:
            return
        self._show_open(await store.alerts.list())
        channels, troubles = await desk.channels(), await store.alerts.troubles()
        for name, row in self.channels.items():
            trouble = sentence(words(), troubles[name]) if name in troubles and channels[name].on else ""
            row.show_channel(channels[name], trouble, await self._reason(desk, name))
        quiet = await desk.quiet()
        for edit, text in (
            (self.since, quiet.since),
            (self.until, quiet.until),
            (self.keep, str(await desk.keep_days())),
        ):
            if not edit.isModified():
                edit.setText(text)
        was = self.quiet.blockSignals(True)
        self.quiet.setChecked(quiet.on)
        self.quiet.blockSignals(was)
        self.quiet.update()
        for name, rule in (await desk.rules()).items():
            self.rules[name].show_rule(rule)

    async def _reason(self, desk: AlertDesk, name: str) -> str:
        """Why nothing can be sent on a channel now; "" when it can."""
        if name == "desktop":
            return ""
        if desk.rehearsal:
            return t("alerts.page.rehearsal")
        try:
            held = await desk.held(name)
        except VaultError as error:
            return told(error)
        needed = {field.key for field in FIELDS[name] if field.needed and field.secret}
        ready = needed <= held and (name != "email" or bool((await desk.channels())[name].settings.get("host")))
        return "" if ready else t("alerts.page.not_ready")

    def _show_open(self, rows: list[AlertRow]) -> None:
        card = self.open_card
        if card is None or rows == self._shown:
            return
        self._shown = rows
        Section.clear(card)
        now = self._services.now()
        by_weight = sorted(rows, key=lambda row: (Severity(row.body.severity).rank, -row.id))
        self.lines = [AlertLine(row, now, self._acknowledge, self._snooze) for row in by_weight]
        shown: list[SettingRow] = [*self.lines] or [SettingRow(t("alerts.page.open_none"))]
        Section.add(card, *shown)
        # Made later than what stands below them, and walked through before it.
        first = self.channels["desktop"].least
        chain = [first.previousInFocusChain() or first]
        chain += [button for one in self.lines for button in (one.acknowledge, one.snooze)]
        for before, after in itertools.pairwise(chain):
            QWidget.setTabOrder(before, after)

    # -- what is pressed -------------------------------------------------------------------------------------------
    def _begin(self, work: Any, name: str) -> None:
        spawn(self._run(work, name), name)

    async def _run(self, work: Any, name: str) -> None:
        """Does it; a wish that cannot be met is told, and the row shows again what is in force."""
        try:
            await work
        except (AlertError, StoreError, VaultError) as error:
            self._say("unhealthy", t("alerts.page.bad", name=name), told(error))
        await self.load()

    def _acknowledge(self, alert_id: int) -> None:
        if self.desk is not None:
            self._begin(self.desk.acknowledge(alert_id), t("alerts.page.acknowledge"))

    def _snooze(self, alert_id: int) -> None:
        if self.desk is not None:
            self._begin(self.desk.snooze(alert_id, SNOOZE), t("alerts.page.snooze"))

    def _change_rule(self, name: str, *, typed: str | None = None, **what: Any) -> None:
        shown = t(f"alerts.rule.{name}")
        if self.desk is not None:
            self._begin(self._set_rule(self.desk, name, typed, what), shown)

    @staticmethod
    async def _set_rule(desk: AlertDesk, name: str, typed: str | None, what: dict[str, Any]) -> None:
        if typed is not None:
            what["threshold"] = read_threshold(RULES[name], typed)
        await desk.set_rule(name, **what)

    def _change_channel(self, name: str, **what: Any) -> None:
        if self.desk is not None:
            self._begin(self._set_channel(self.desk, name, what), t(f"alerts.channel.{name}"))

    async def _set_channel(self, desk: AlertDesk, name: str, what: dict[str, Any]) -> None:
        """Switching on what is not set up yet opens its dialog."""
        if what.get("on") and await self._reason(desk, name) == t("alerts.page.not_ready"):
            await self._dialog(name)
            return
        await desk.set_channel(name, **what)

    def _hours_typed(self) -> None:
        if self.since.isModified() or self.until.isModified():
            since, until = self.since.text(), self.until.text()
            for edit in (self.since, self.until):
                edit.setModified(False)
            self._begin(self._set_quiet(since=since, until=until), t("alerts.page.quiet"))

    async def _set_quiet(self, **what: Any) -> None:
        if self.desk is not None:
            await self.desk.set_quiet(**what)

    def _keep_typed(self) -> None:
        if self.keep.isModified():
            self.keep.setModified(False)
            self._begin(self._set_keep(self.keep.text()), t("alerts.page.keep"))

    async def _set_keep(self, text: str) -> None:
        text = text.strip()
        if not (text.isascii() and text.isdigit()):
            raise AlertError("alerts.bad_number", text=text)
        if self.desk is not None:
            await self.desk.set_keep_days(int(text))

    # -- channels --------------------------------------------------------------------------------------------------
    def _set_up(self, name: str) -> None:
        self._begin(self._dialog(name), t(f"alerts.channel.{name}"))

    async def _dialog(self, name: str) -> None:
        desk = self.desk
        if desk is None:
            return
        if desk.rehearsal:
            raise AlertError("alerts.rehearsal")
        dialog = ChannelDialog(self._parent, desk, (await desk.channels())[name], sorted(await desk.held(name)))
        try:
            if await ask(dialog) == ACCEPTED:
                self._say("healthy", t("alerts.page.saved", name=t(f"alerts.channel.{name}")), "")
        finally:
            if shiboken6.isValid(dialog):  # the window may have been closed under it
                dialog.deleteLater()

    def _test(self, name: str) -> None:
        if name == "desktop":
            self._show_test()
            return
        shown = t(f"alerts.channel.{name}")
        self._services.operations.start(t("alerts.page.testing", name=shown), lambda operation: self._send_test(operation, name, shown))  # fmt: skip

    def _show_test(self) -> None:
        now = self._services.now()
        if self.jobs is not None:
            self.jobs.show(DesktopNote(TEST, AlertRow(0, AlertBody(TEST, "", Severity.LOW), now, now)))

    async def _send_test(self, operation: Operation, name: str, shown: str) -> None:
        del operation
        desk = self.desk
        if desk is None:
            return
        try:
            left = await desk.test(name)
        except SendFailed as error:
            self._say("unhealthy", t("alerts.page.test_failed", name=shown), sentence(words(), error.message))
        except (AlertError, StoreError, VaultError) as error:
            self._say("unhealthy", t("alerts.page.test_failed", name=shown), told(error))
        else:
            state, why = ("healthy", "") if left is None else ("degraded", sentence(words(), left))
            self._say(state, t("alerts.test.done", channel=shown), why)
        await self.load()
