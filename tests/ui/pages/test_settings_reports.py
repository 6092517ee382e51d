"""Reports in Settings: the schedule, a refusal without an e-mail channel, and a PDF made now – over a real console."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget

from app.console import Console, open_console
from app.contracts import Secret
from tests.ui.pages.desk import tasks_end, until
from ui.kit import Operations
from ui.pages import settings_reports
from ui.pages.settings_parts import Section
from ui.pages.settings_reports import ReportsCard


class Shown:
    def __init__(self, console: Console, qtbot: Any) -> None:
        self.console = console
        self.said: list[tuple[str, str, str]] = []
        self.page, self.parent = Section(), QWidget()
        qtbot.addWidget(self.page)
        qtbot.addWidget(self.parent)
        services: Any = SimpleNamespace(engine=console.engine, store=console.store, operations=Operations())
        self.card = ReportsCard(
            self.page, services, console.reporter, self.parent, lambda *told: self.said.append(told)
        )
        self.page.resize(760, 400)
        self.page.show()

    async def schedule(self, kind: str) -> Any:
        assert self.console.engine.reporting is not None
        return (await self.console.engine.reporting.schedules())[kind]


@pytest.fixture
async def shown(tmp_path: Path, look: Any, qtbot: Any, errors: list[Any]) -> AsyncIterator[Shown]:
    console = await open_console(tmp_path / "w", unlock=Secret("Kasa-parolası/9"))
    made = Shown(console, qtbot)
    await made.card.load()
    yield made
    await tasks_end()
    await console.close()
    assert not errors


async def test_without_an_e_mail_channel_it_cannot_be_switched_on(shown: Shown) -> None:
    row = shown.card.rows["daily"]
    row.switch.click()
    await until(lambda: shown.said, "told")
    assert shown.said[0][:2] == ("degraded", "Günlük rapor")
    assert shown.said[0][2].startswith("Önce e-posta kanalını kurun.")
    await until(lambda: not row.switch.isChecked(), "put back")
    assert not (await shown.schedule("daily")).on


async def test_hour_and_day_are_kept(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    async def ready() -> None:
        return

    monkeypatch.setattr(shown.console.reporter, "ready", ready)
    row = shown.card.rows["weekly"]
    row.hour.activated.emit(17)
    row.day.activated.emit(4)
    row.switch.click()
    await tasks_end()
    kept = await shown.schedule("weekly")
    assert (kept.on, kept.hour, kept.weekday) == (True, 17, 4)
    assert (row.hour.currentText(), row.day.currentText(), row.switch.isChecked()) == ("17:00", "Cuma", True)
    assert not shown.said


async def test_a_report_is_written_now(shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "rapor.pdf"

    async def chosen(*_: Any) -> Path:
        return target

    monkeypatch.setattr(settings_reports, "ask_save_file", chosen)
    shown.card.save.click()
    await until(lambda: shown.said, "written", 40)
    assert shown.said[0][0] == "healthy"
    assert str(target) in shown.said[0][2]
    assert target.read_bytes().startswith(b"%PDF")
    assert any(one.subject_kind == "report" for one in await shown.console.store.audit.query(limit=5))
    target = tmp_path / "yok" / "rapor.pdf"
    shown.said.clear()
    shown.card.save.click()
    await until(lambda: shown.said, "refused", 40)
    assert (shown.said[0][0], "yazılamadı" in shown.said[0][2]) == ("degraded", True)
