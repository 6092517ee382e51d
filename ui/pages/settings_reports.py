"""Settings: the daily and the weekly report – when they go out by e-mail, and one made now as a PDF. Each change takes effect at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

from PySide6.QtWidgets import QComboBox, QWidget

from app.api.answers import sentence
from app.jobs.reporting import KINDS, Reporting
from app.monitor.alerting.rules import AlertError
from app.monitor.alerting.sending import SendFailed
from app.monitor.reporting import Reporter
from app.platform.files import save_atomically
from app.store import Action, StoreError
from app.vault import VaultError
from ui.kit import Operation, spawn
from ui.kit.dialogs import ask_save_file
from ui.pages.settings_parts import Section, SettingRow
from ui.services import Services
from ui.widgets import Button, Switch
from ui.words import t, words

Say = Callable[[str, str, str], None]


class ReportRow(SettingRow):
    """One kind of report: on or off, the hour, of the weekly one the day."""

    def __init__(self, kind: str, changed: Callable[..., None]) -> None:
        self.kind = kind
        name = t(f"reports.title.{kind}")
        self.hour, self.day = QComboBox(), QComboBox()
        self.hour.addItems([f"{hour:02d}:00" for hour in range(24)])
        self.hour.setAccessibleName(f"{name}: {t('reports.card.hour')}")
        self.day.addItems([t(f"reports.weekday.{day}") for day in range(7)])
        self.day.setAccessibleName(f"{name}: {t('reports.card.day')}")
        self.switch = Switch(name)
        days = (self.day,) if kind == "weekly" else ()
        super().__init__(name, t(f"reports.card.{kind}_text"), *days, self.hour, self.switch)
        if not days:
            self.day.deleteLater()
        else:
            self.day.activated.connect(lambda at: changed(kind, weekday=at))
        self.hour.activated.connect(lambda at: changed(kind, hour=at))
        self.switch.toggled.connect(lambda on: changed(kind, on=on))


class ReportsCard:
    """`ReportsCard(section, services, reporter, parent, say)`: adds its card to the section; `refresh()` asks again how things stand."""

    def __init__(self, section: Section, services: Services, reporter: Reporter, parent: QWidget, say: Say) -> None:
        self._services, self._reporter, self._parent, self._say = services, reporter, parent, say
        self.rows: dict[str, ReportRow] = {}
        reporting = services.engine.reporting
        self._reporting = reporting if isinstance(reporting, Reporting) else None
        if self._reporting is None:
            return
        card = section.card(t("reports.card.title"), t("reports.card.note"))
        for kind in KINDS:
            self.rows[kind] = ReportRow(kind, self._changed)
            section.add(card, self.rows[kind])
        self.save, self.send = (
            Button(t("reports.card.save"), icon="file-pdf", small=True),
            Button(t("reports.card.send"), small=True),
        )
        self.save.clicked.connect(self._save)
        self.send.clicked.connect(lambda: self._make(t("reports.card.sending"), self._sent))
        section.add(card, SettingRow(t("reports.card.now"), t("reports.card.now_text"), self.save, self.send))

    def refresh(self) -> None:
        """Asks again."""
        spawn(self.load(), "reports")

    async def load(self) -> None:
        """As the settings say now."""
        if self._reporting is None:
            return
        for kind, schedule in (await self._reporting.schedules()).items():
            row = self.rows[kind]
            row.hour.setCurrentIndex(schedule.hour)
            if kind == "weekly":
                row.day.setCurrentIndex(schedule.weekday)
            was = row.switch.blockSignals(True)
            row.switch.setChecked(schedule.on)
            row.switch.blockSignals(was)
            row.switch.update()

    def _changed(
        self, kind: str, *, on: bool | None = None, hour: int | None = None, weekday: int | None = None
    ) -> None:
        spawn(self._change(kind, on, hour, weekday), "reports")

    async def _change(self, kind: str, on: bool | None, hour: int | None, weekday: int | None) -> None:
        if self._reporting is None:
            return
        try:
            if on:
                await self._reporter.ready()  # switched on, it must be able to go out
            await self._reporting.set_schedule(kind, on=on, hour=hour, weekday=weekday)
        except AlertError as error:
            why = t(error.key, **error.params)
            self._say("degraded", t(f"reports.title.{kind}"), f"{t('reports.card.no_mail')} {why}")
        except (StoreError, VaultError) as error:
            self._say("unhealthy", t("reports.card.title"), t(error.key))
        await self.load()

    def _save(self) -> None:
        spawn(self._save_as(), "report")

    async def _save_as(self) -> None:
        day = self._reporter.here().date().isoformat()
        path = await ask_save_file(self._parent, t("reports.card.save"), f"paxzar-{day}.pdf", ["PDF (*.pdf)"])
        if path is None:
            return

        async def made() -> str:
            report = await self._reporter.make("daily")
            try:
                await asyncio.to_thread(save_atomically, path, report.pdf, keep_previous=False)
            except OSError as error:
                raise AlertError(
                    "reports.card.no_file", path=str(path), reason=error.strerror or type(error).__name__
                ) from error
            await self._services.store.audit.note(Action.DATA_EXPORTED, subject=("report", "daily"))
            return t("reports.written", path=str(path), count=report.pages)

        self._make(t("reports.card.making"), made)

    async def _sent(self) -> str:
        await self._reporter.ready()
        left = await self._reporter.send(await self._reporter.make("daily"), uuid4().hex)
        await self._services.store.audit.note(Action.DATA_EXPORTED, subject=("report", "daily"))
        return t("reports.sent") if left is None else sentence(words(), left)

    def _make(self, title: str, work: Callable[[], Awaitable[str]]) -> None:
        async def told(_operation: Operation) -> None:
            try:
                said = await work()
            except SendFailed as error:
                self._say("unhealthy", t("reports.card.title"), sentence(words(), error.message))
            except AlertError as error:
                self._say("degraded", t("reports.card.title"), t(error.key, **error.params))
            except (StoreError, VaultError) as error:
                self._say("unhealthy", t("reports.card.title"), t(error.key))
            else:
                self._say("healthy", t("reports.card.title"), said)

        self._services.operations.start(title, told)
