"""The audit page: what is in the log is shown, narrowed, verified and taken out; the window leads there."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.store import Action, AuditFilter, Outcome
from tests.ui.pages.desk import Desk, dialog, open_desk, until
from tests.ui.pages.orders_making import missing_words, texts
from ui.kit import spawner
from ui.pages import MORE, PAGES
from ui.pages.audit import AuditPage, EntryDialog
from ui.pages.audit_model import Asked, details_words, outcome_status, subject_words
from ui.theme import Appearance
from ui.words import choose


@pytest.fixture
async def desk(tmp_path: Path, look: Appearance, errors: list[Any]) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as made:
        yield made
        for page in made.pages:
            page.hide()
        await until(lambda: not len(spawner()), "tasks ended")
    assert errors == []


async def written(desk: Desk) -> int:
    row = await desk.connection()
    log = desk.store.audit
    await log.note(Action.CONNECTION_ADDED, connection_id=row.id, actor="ayse", subject=("account", row.account_id))
    await log.note(Action.KEYS_CHANGED, connection_id=row.id, actor="ayse")
    await log.wished("price", [(row.id, n) for n in range(1, 31)])
    await log.note(Action.VAULT_UNLOCKED, subject=("vault", "refused"), outcome=Outcome.FAILED, actor="veli")
    await log.choose("ui.scheme", "dark")
    return row.id


async def shown(desk: Desk, request: object = None) -> AuditPage:
    page = AuditPage(desk.services)
    desk.show(page)
    page.set_inner_width(1400)
    page.shown(request)
    await until(lambda: page.model.ready and not page._busy and not len(spawner()), "loaded")
    return page


def cells(page: AuditPage) -> list[tuple[str, ...]]:
    return [tuple(row) for row in csv.reader(io.StringIO(page.table.as_tsv(range(page.model.total))), delimiter="\t")]


async def test_the_log_is_shown_and_narrowed(desk: Desk, qtbot: Any) -> None:
    connection = await written(desk)
    page = await shown(desk)
    assert page.model.total == 5
    await until(lambda: page.header._fact.text() == "5 kayıt", "counted")
    page.ask_for(Asked("month", action="price"))
    await until(lambda: page.model.total == 1 and not page._busy, "narrowed")
    assert [text for text, _ in [(chip[1], 0) for chip in page._chips()]] == ["İşlem: Fiyatlar"]
    page.ask_for(Asked("all", actor="ayse", connection=connection))
    await until(lambda: page.model.total == 2 and not page._busy, "by person and connection")
    assert [chip[0] for chip in page._chips()] == ["actor", "connection"]
    page.bar.filter_removed.emit("actor")
    await until(lambda: page.model.total == 3 and not page._busy, "one chip away")
    page.bar.cleared.emit()
    await until(lambda: page.model.total == 5 and not page._busy, "all again")
    page.ask_for(Asked("all", outcome="failed"))
    await until(lambda: page.model.total == 1 and not page._busy, "by outcome")
    page.ask_for(Asked("all", action="diagnostics.made"))
    await until(lambda: page.model.total == 0 and not page._busy, "nothing")
    await until(lambda: page.export.toolTip() == "Bu süzgeçte kayıt yok", "nothing to export")
    menu = page.menu()
    assert [a.text() for a in menu.actions()] == ["İşlem", "Kişi", "Bağlantı", "Sonuç", "", "Süzgeci kaldır"]
    menu.deleteLater()


async def test_an_entry_in_full(desk: Desk, qtbot: Any) -> None:
    await written(desk)
    page = await shown(desk, {"view": "all"})
    await until(lambda: page.table.set_current_key(3), "the price entry")
    assert page.told.text().startswith("fiyat verildi · Ana mağaza")
    page.table.setFocus()
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    opened = await dialog(EntryDialog)
    told = texts(opened)
    assert any("adet: 30" in one and "Numaralar: 1, 2, 3" in one and one.endswith("…") for one in told)
    assert "price.wished" in told
    opened.accept()
    await until(lambda: not len(spawner()), "closed")


async def test_verify_says_what_it_found(desk: Desk, qtbot: Any) -> None:
    await written(desk)
    page = await shown(desk)
    page.check.click()
    await until(lambda: page.verdict.isVisible() and not len(spawner()), "verified")
    assert "5 kaydın hepsi bir öncekine bağlı" in " ".join(texts(page.verdict))
    with closing(sqlite3.connect(desk.store.db.path, isolation_level=None)) as conn:
        (guard,) = conn.execute("SELECT sql FROM sqlite_schema WHERE name = 'audit_never_changes'").fetchone()
        conn.execute("DROP TRIGGER audit_never_changes")
        conn.execute("UPDATE audit SET actor = 'nobody' WHERE id = 2")
        conn.execute(guard)
    page.verify()
    await until(lambda: "Kayıt bütün değil" in texts(page.verdict), "found")
    assert any("2 numaralı" in one or "2." in one or " 2 " in one for one in texts(page.verdict))


async def test_it_is_taken_out_and_noted(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    await written(desk)
    page = await shown(desk)
    page.ask_for(Asked("all", action="price"))
    await until(lambda: page.model.total == 1 and not page._busy, "narrowed")
    operation = page.write(tmp_path / "out.csv")
    await until(lambda: not operation.running, "written", 60)
    assert operation.error is None, operation.error
    rows = list(csv.reader(io.StringIO((tmp_path / "out.csv").read_bytes().decode("utf-8-sig")), delimiter=";"))
    assert (len(rows), rows[0][:4], rows[1][3:5]) == (
        2,
        ["No", "Zaman", "Kişi", "İşlem"],
        ["fiyat verildi", "Ana mağaza"],
    )
    (entry,) = await desk.store.audit.query(AuditFilter(action="audit"))
    assert (entry.action, entry.details) == ("audit.exported", {"count": 1})


async def test_empty_and_words(desk: Desk, qtbot: Any) -> None:
    page = await shown(desk)
    assert page.model.total == 0
    assert "Bu süzgeçte kayıt yok." in texts(page)
    assert missing_words(page) == []
    await written(desk)
    choose("en")
    for action in [a.id for a in desk.services.actions]:
        desk.services.actions.remove(action)
    english = await shown(desk)
    assert english.model.total == 5
    assert missing_words(english) == []
    english.set_inner_width(900)
    assert {outcome_status(one).state for one in ("done", "refused", "failed")} == {
        "order.delivered",
        "degraded",
        "job.failed",
    }


def test_the_window_leads_there() -> None:
    assert "audit" in [page for page, _, _ in MORE]
    assert "audit" not in [page for page, _, _ in PAGES]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("tr", ["kasa · kurtarma kodu", "ne: bildirim", "yol: yeni kasa", "alan: api_key", "yedek (kasayla)"]),
        ("en", ["vault · recovery code", "what: notice", "way: new vault", "field: api_key", "backup (with the vault)"]),
    ],
)  # fmt: skip
async def test_the_logs_own_names_are_words(desk: Desk, language: str, said: list[str]) -> None:
    choose(language)
    log = desk.store.audit
    await log.note(Action.VAULT_CHANGED, subject=("vault", "recovery"))
    await log.note(Action.VAULT_UNLOCKED, subject=("vault", "window"), details={"way": "created", "failed": 0})
    await log.note(Action.KEYS_SHOWN, subject=("account", "a1"), details={"field": "api_key"})
    await log.note(Action.BACKUP_MADE, subject=("backup", "vault"))
    await log.note(Action.SHIPMENT_WISHED, subject=("parcel", "7"), details={"what": "create"})
    entries = await desk.store.audit.query()
    shown_ = " | ".join(f"{subject_words(one)} | {details_words(one)}" for one in entries)
    assert [one for one in said if one not in shown_] == []
