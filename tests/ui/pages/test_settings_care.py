"""Backups and buyers' data in Settings, the buyer's dialog, and what Today says of backups: a real vault, real files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.api.backup_daily import AutomaticBackups
from app.console import utc_now
from app.contracts import Page as Records
from app.contracts import Secret
from app.jobs.housekeeping import Housekeeping
from app.model import Buyer, OrderStatus
from app.store import AuditFilter
from app.store.workspace import Workspace
from app.vault import Profile, Vault
from tests.app.store.store_making import order
from tests.ui.pages.desk import Desk, dialog, open_desk, until
from tests.ui.pages.orders_making import missing_words, texts
from ui.house import House
from ui.kit import LoopWatchdog, spawn, spawner
from ui.pages.buyer_dialog import BuyerDialog, show_buyers
from ui.pages.settings import SettingsPage
from ui.pages.settings_backups import PassphraseDialog
from ui.pages.today_figures import gather_day
from ui.theme import Appearance
from ui.widgets import DialogFrame, TypedConfirm
from ui.words import choose

PASSWORD = Secret("kasanın parolası")
NAME, PHONE = "Nilüfer Çağlayangil", "+905551239876"


class Desked:
    """A desk with a vault, housekeeping and the page."""

    def __init__(self, desk: Desk, folder: Path, page: SettingsPage, keeping: Housekeeping) -> None:
        self.desk, self.folder, self.page, self.keeping = desk, folder, page, keeping
        self.asked: list[tuple[Path, Secret | None]] = []

    async def quiet(self) -> None:
        await until(lambda: not len(spawner()), "quiet")


@asynccontextmanager
async def desked(tmp_path: Path, *, rehearsal: bool = False) -> AsyncIterator[Desked]:
    async with open_desk(tmp_path) as desk:
        vault = None
        workspace = Workspace(tmp_path)
        backups = None
        if not rehearsal:
            vault, _ = await Vault.create(workspace.vault, keyring=None, password=PASSWORD, profile=Profile.TEST)
            backups = AutomaticBackups(workspace, desk.store, vault, utc_now)
        (tmp_path / "documents").mkdir(exist_ok=True)
        engine = desk.services.engine
        engine.housekeeping = keeping = Housekeeping(
            desk.store, engine.runner, desk.services.changes, utc_now, tmp_path, backups
        )
        page = SettingsPage(desk.services)
        made = Desked(desk, tmp_path, page, keeping)
        page.take_house(
            House(
                tmp_path, vault, None, LoopWatchdog(), lambda: "tr", lambda _l: None, lambda _r: None, None,
                lambda file, secret: made.asked.append((file, secret)),
            )
        )  # fmt: skip
        desk.show(page)
        page.set_inner_width(1400)
        page.shown({"view": "backups"})
        await made.quiet()
        yield made
        page.hide()
        await made.quiet()


@pytest.fixture
async def at(tmp_path: Path, look: Appearance, errors: list[Any]) -> AsyncIterator[Desked]:
    async with desked(tmp_path) as made:
        yield made
    assert errors == []


async def test_a_backup_now_shows_at_once(at: Desked, qtbot: Any) -> None:
    part = at.page.backups
    assert part is not None
    assert at.page.section == "backups"
    assert "Henüz yok" in part.last.text
    part.now.click()
    await until(lambda: part.state is not None and len(part.state.files) == 1, "made")
    await at.quiet()
    assert part.kept.text.startswith("1 yedek")
    assert "açılarak doğrulandı" in part.last.text
    assert at.desk.said[-1][1] == "Yedek alındı ve açılarak doğrulandı"
    assert [job.kind for job in await at.desk.store.jobs.recent(5)] == ["backup"]
    assert missing_words(at.page) == []


async def test_a_failed_one_is_told_here_and_on_today(at: Desked, qtbot: Any, tmp_path: Path) -> None:
    part, store = at.page.backups, at.desk.store
    assert part is not None
    assert not [x for x in (await gather_day(at.desk.services)).troubles if x.key == "backup"]
    gone = tmp_path / "takılı olmayan disk"
    await store.settings.set("backup.folder", str(gone))
    part.now.click()
    await until(lambda: part.state is not None and part.state.trouble is not None, "failed")
    await at.quiet()
    assert "takılı olmayan disk" in part.last.text
    (trouble,) = [x for x in (await gather_day(at.desk.services)).troubles if x.key == "backup"]
    assert (trouble.state, trouble.go) == ("unhealthy", ("settings", {"view": "backups"}))
    assert "takılı olmayan disk" in trouble.text
    part.own.click()
    await until(lambda: part.state is not None and not part.state.chosen, "the workspace's own again")
    await store.settings.set("backup.tried", None)
    since = utc_now() - timedelta(days=4)
    await store.settings.set("backup.since", int(since.timestamp() * 1000))
    (trouble,) = [x for x in (await gather_day(at.desk.services)).troubles if x.key == "backup"]
    assert (trouble.state, trouble.title) == ("degraded", "Son sağlam yedek eski")


async def test_a_backup_is_looked_into_before_it_replaces_anything(at: Desked, qtbot: Any) -> None:
    part = at.page.backups
    assert part is not None
    operation = part.write(at.folder / "kendi.paxzb", Secret("yedeğin kendi parolası"))
    await until(lambda: not operation.running, "written")
    assert operation.error is None
    part._begin(lambda: part.put_back(at.folder / "kendi.paxzb"), "restore")
    asking = await dialog(PassphraseDialog)
    asking.first.setText("yanlış")
    asking.accept()
    again = await until(
        lambda: next((w for w in [*_open(PassphraseDialog)] if w is not asking), None), "asked again", 20
    )
    assert any("açılmadı" in one for one in texts(again))
    again.first.setText("yedeğin kendi parolası")
    again.accept()
    sure = await until(
        lambda: next((w for w in _open(DialogFrame) if not isinstance(w, PassphraseDialog)), None), "shown", 20
    )
    assert any("0 sipariş" in one for one in texts(sure))
    assert at.asked == []
    sure.accept()
    await until(lambda: at.asked, "handed over")
    file, secret = at.asked[0]
    assert (file.name, secret is not None and secret.reveal()) == ("kendi.paxzb", "yedeğin kendi parolası")
    await at.quiet()
    assert len((await at.keeping.backups.state()).files) == 1  # type: ignore[union-attr]  # one of what is there now


def _open(kind: type[Any]) -> list[Any]:
    from PySide6.QtWidgets import QApplication

    return [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]


async def test_a_passphrase_is_typed_twice(at: Desked, qtbot: Any) -> None:
    asking = PassphraseDialog(at.page, new=True)
    asking.first.setText("yeterince uzun")
    assert not asking.primary.isEnabled()
    asking.second.setText("yeterince kısa")
    assert "İkisi aynı değil" in texts(asking)
    asking.second.setText("yeterince uzun")
    assert asking.primary.isEnabled()
    assert asking.take().reveal() == "yeterince uzun"
    assert asking.first.text() == asking.second.text() == ""
    asking.deleteLater()


# -- privacy


async def filled(at: Desked) -> None:
    row = await at.desk.connection()
    old = utc_now() - timedelta(days=800)
    hers = {"buyer": Buyer(NAME, PHONE), "status": OrderStatus.DELIVERED, "placed_at": old, "updated_at": old}
    now = {"status": OrderStatus.OPEN, "placed_at": utc_now(), "updated_at": utc_now()}
    items = (order("1", **hers), order("2", **hers), order("3", **{**hers, **now}))
    await at.desk.store.orders.apply_page(row.id, row.account_id, Records(items), now=utc_now())


async def test_a_rule_asks_before_it_erases(at: Desked, qtbot: Any) -> None:
    await filled(at)
    part = at.page.privacy
    assert part is not None
    at.page.show_section("privacy")
    row = part.rows["orders"]
    row.box.setCurrentIndex(row.box.findData(730))
    row.box.activated.emit(row.box.currentIndex())
    sure = await dialog(DialogFrame)
    assert "2 kayıt silinsin mi?" in texts(sure)
    sure.reject()
    await at.quiet()
    assert (row.days, await at.keeping.rules()) == (None, {})
    row.box.setCurrentIndex(row.box.findData(730))
    row.box.activated.emit(row.box.currentIndex())
    (await dialog(DialogFrame)).accept()
    await at.quiet()
    assert await at.keeping.rules() == {"orders": 730}
    assert at.desk.said[-1][2] == "2 kayıt silindi"
    assert len(await at.desk.store.people.find(PHONE)) == 1  # the open one
    row.box.setCurrentIndex(0)
    row.box.activated.emit(0)
    await at.quiet()
    assert await at.keeping.rules() == {}
    assert missing_words(at.page) == []


async def test_a_buyer_is_found_written_and_erased(at: Desked, qtbot: Any) -> None:
    await filled(at)
    spawn(show_buyers(at.page, at.desk.services), "buyers")
    asked = await dialog(BuyerDialog)
    assert "Kimi arıyorsunuz?" in texts(asked)
    QTest.keyClicks(asked.edit, "0555 123 98 76")
    QTest.keyClick(asked.edit, Qt.Key.Key_Return)
    await until(lambda: asked.cards, "found")
    assert asked.isVisible()
    told = " ".join(texts(asked.cards[0]))
    assert NAME in told
    assert "3 sipariş · 1 tanesi gönderilecek" in told
    operation = asked.write(asked.people[0], at.folder / "veri.json")
    await until(lambda: not operation.running, "written")
    assert PHONE in (at.folder / "veri.json").read_text(encoding="utf-8")
    asked.cards[0].erase.click()
    confirm = await dialog(TypedConfirm)
    assert "Alıcı 2 siparişten silinsin mi?" in texts(confirm)
    assert not confirm.primary.isEnabled()
    confirm.edit.setText("sil")
    confirm.accept()
    await until(lambda: any("Alıcı silindi" in one for one in texts(asked)), "erased")
    assert missing_words(asked) == []
    asked.accept()
    await at.quiet()
    (person,) = await at.desk.store.people.find(PHONE)
    assert [o.remote_id for o in person.orders] == ["3"]
    (entry,) = await at.desk.store.audit.query(AuditFilter(action="buyer.erased"))
    assert entry.details["count"] == 2


async def test_the_buyer_of_an_order(at: Desked, qtbot: Any) -> None:
    await filled(at)
    await at.desk.store.erasing.erase([1])
    for order_id, count in ((2, 1), (1, 0)):
        spawn(show_buyers(at.page, at.desk.services, order_id), "buyers")
        asked = await dialog(BuyerDialog)
        assert len(asked.cards) == count
        asked.accept()
        await until(lambda: not _open(BuyerDialog), "closed")


async def test_a_rehearsal_and_english(tmp_path: Path, look: Appearance, errors: list[Any], qtbot: Any) -> None:
    choose("en")
    async with desked(tmp_path, rehearsal=True) as at:
        assert "No backups are made of a rehearsal workspace." in texts(at.page)
        assert missing_words(at.page) == []
        assert not [x for x in (await gather_day(at.desk.services)).troubles if x.key == "backup"]
    assert errors == []
