"""The lock of the window: by time and by hand; what it covers, what it stops, what comes back; the ways to unlock it; and the
offer to mend a key store that lost the vault's key."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from app.contracts import Secret
from app.monitor.keys import KeyWatch
from app.store.audit import AuditFilter
from app.vault import Profile, Vault
from tests.ui.pages.desk import Desk, dialog, open_desk, until
from tests.ui.pages.orders_making import missing_words, texts
from tests.ui.pages.test_settings import Keyring
from ui.house import House
from ui.kit import LoopWatchdog, spawner
from ui.kit.clipboard import copy_secret, forget_secret
from ui.locking import Locker
from ui.theme import Appearance
from ui.unlock import NewPasswordDialog, UnlockDialog
from ui.widgets import DialogFrame
from ui.window import MainWindow
from ui.words import t

PASSWORD = Secret("correct horse 1")
CTRL = Qt.KeyboardModifier.ControlModifier


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@dataclasses.dataclass
class Locked:
    window: MainWindow
    desk: Desk
    vault: Vault
    keyring: Keyring
    locker: Locker
    clock: Clock
    code: Secret | None

    async def ended(self) -> None:
        await until(lambda: not len(spawner()), "tasks ended")

    async def audit(self) -> list[tuple[str, dict[str, Any]]]:
        return [(e.action, e.details) for e in await self.desk.store.audit.query(AuditFilter(action="vault"))]


async def make(
    tmp_path: Path, desk: Desk, qtbot: Any, *, password: bool = True, keyring: bool = False, patience_s: float = 5.0
) -> Locked:
    store = Keyring()
    vault, code = await Vault.create(
        tmp_path / "v.paxv",
        keyring=store if keyring or not password else None,
        password=PASSWORD if password else None,
        recovery=password,
        profile=Profile.TEST,
    )
    watch = KeyWatch(desk.store, vault, desk.services.catalogue, desk.services.now)
    desk.services = dataclasses.replace(desk.services, key_watch=watch)
    clock = Clock()
    locker = Locker(vault, store, desk.services, clock=clock, patience_s=patience_s)
    window = MainWindow()
    qtbot.addWidget(window)
    window.resize(1200, 800)
    window.show()
    nothing: Any = lambda *_: None  # noqa: E731
    window.fill(desk.services, House(tmp_path, vault, store, LoopWatchdog(), lambda: "tr", nothing, nothing, locker))
    window.go("connections")
    made = Locked(window, desk, vault, store, locker, clock, code)
    await made.ended()
    return made


@pytest.fixture
async def desk(tmp_path: Path, look: Appearance, errors: list[Any]) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as made:
        yield made
    assert errors == []


async def close(one: Locked) -> None:
    await until(lambda: not len(spawner()), "tasks ended")
    one.window.empty()
    one.window.may_close = True
    await until(lambda: not len(spawner()), "tasks ended")


def type_in(asked: UnlockDialog, text: str) -> None:
    asked.field.setText(text)
    asked.primary.click()


# -- when ----------------------------------------------------------------------------------------------------------
async def test_by_default_after_a_quarter_of_an_hour_without_a_hand(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    one = await make(tmp_path, desk, qtbot)
    assert one.locker.minutes == 15
    one.clock.at += 14 * 60 + 59
    one.locker.look()
    assert not one.locker.locked
    handle = one.window.windowHandle()
    none = Qt.KeyboardModifier.NoModifier
    for event in (
        QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_A, none, "a"),
        QMouseEvent(
            QEvent.Type.MouseMove, QPointF(5, 5), QPointF(5, 5), Qt.MouseButton.NoButton, Qt.MouseButton.NoButton, none
        ),
    ):
        one.clock.at += 60
        QApplication.sendEvent(handle, event)
        assert one.locker.idle_s < 1
    one.clock.at += 15 * 60
    one.locker.look()
    assert one.locker.locked
    await one.ended()
    assert one.vault.locked
    assert (await one.audit())[0] == ("vault.locked", {"why": "idle"})
    await close(one)


async def test_sleep_counts_and_never_means_never(desk: Desk, qtbot: Any, tmp_path: Path, monkeypatch: Any) -> None:
    one = await make(tmp_path, desk, qtbot)
    await one.locker.set_minutes(0)
    one.clock.at += 1e6
    one.locker.look()
    assert not one.locker.locked
    await one.locker.set_minutes(30)
    assert await desk.store.settings.get("vault.lock_minutes") == 30
    now = desk.services.now()
    assert one.locker._hands is not None
    monkeypatch.setattr(one.locker._hands, "_wall", lambda: now + timedelta(hours=2))  # the other clock stood still
    one.locker.look()
    assert one.locker.locked
    await close(one)


async def test_without_a_password_it_does_not_lock_by_itself(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    one = await make(tmp_path, desk, qtbot, password=False)
    assert one.locker.minutes == 0
    QTest.keyClick(one.window, Qt.Key.Key_L, CTRL)
    await one.ended()
    assert one.vault.locked
    assert one.locker.cover is not None
    one.locker.cover.open.click()  # this computer opens it, nobody is asked
    await until(lambda: not one.locker.locked, "open")
    one.locker.lock()
    await one.ended()
    kept = dict(one.keyring.held)
    one.keyring.held.clear()
    one.locker.ask()
    await one.ended()
    assert one.locker.locked
    assert any("anahtarlığında bu kasanın anahtarı yok" in text for text in texts(one.locker.cover))
    one.keyring.held.update(kept)
    one.locker.ask()
    await until(lambda: not one.locker.locked, "open")
    await close(one)


async def test_a_vault_that_could_not_be_opened_again_is_covered_and_not_sealed(
    desk: Desk, qtbot: Any, tmp_path: Path
) -> None:
    one = await make(tmp_path, desk, qtbot, password=False)
    one.keyring.held.clear()  # the only way in is gone
    one.locker.lock()
    await one.ended()
    assert one.locker.cover is not None
    assert not one.vault.locked
    one.locker.cover.open.click()
    await until(lambda: not one.locker.locked, "open")
    assert "degraded" in one.window.banners._banners, "and the slot is offered"
    await close(one)


# -- what it covers ------------------------------------------------------------------------------------------------
async def test_everything_is_covered_and_comes_back(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    one = await make(tmp_path, desk, qtbot)
    window = one.window
    open_dialog = DialogFrame(window, "Gizli", "kalsın")
    half = QLineEdit("yarım kal")
    open_dialog.body.addWidget(half)
    open_dialog.open()
    copy_secret(Secret("panodaki"), 60)
    one.locker.lock()
    assert QApplication.clipboard().text() == ""
    assert not open_dialog.isVisible()
    cover = one.locker.cover
    assert cover is not None
    assert cover.geometry() == window.rect()
    assert window.childAt(60, 60) is cover or cover.isAncestorOf(window.childAt(60, 60))
    assert not window.frame.isEnabled()
    assert window.actions() == []
    window.resize(1000, 700)
    await until(lambda: cover.geometry() == window.rect(), "it grows with the window")
    QTest.keyClick(window, Qt.Key.Key_K, CTRL)
    assert window.finder is not None
    assert not window.finder.isVisible()
    assert not missing_words(cover)
    await one.ended()
    one.locker.lock()  # twice is once
    cover.open.click()
    asked = await dialog(UnlockDialog)
    type_in(asked, PASSWORD.reveal())
    await until(lambda: not one.locker.locked, "open")
    assert one.locker.cover is None
    assert window.frame.isEnabled()
    assert open_dialog.isVisible()
    assert half.text() == "yarım kal"
    assert any(action.text() == t("keys.lock.action") for action in window.actions())
    open_dialog.reject()
    open_dialog.deleteLater()
    assert [name for name, _ in await one.audit()] == ["vault.unlocked", "vault.locked"]
    await close(one)


async def test_wrong_passwords_later_and_the_code(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    one = await make(tmp_path, desk, qtbot)
    one.locker.lock()
    await one.ended()
    one.locker.ask()
    asked = await dialog(UnlockDialog)
    one.locker.ask()  # once at a time
    type_in(asked, "wrong")
    again: UnlockDialog = await until(lambda: other(asked), "asked again")
    assert "Parola yanlış" in again.form.trouble
    assert again.cancel.text() == "Sonra"
    again.reject()
    await one.ended()
    assert one.locker.locked
    await asyncio.sleep(1.1)  # the wrong password's own delay
    one.locker.ask()
    asked = await dialog(UnlockDialog)
    asked.by_code.click()
    new: NewPasswordDialog = await dialog(NewPasswordDialog)
    assert new.before is not None
    assert one.code is not None
    new.before.setText(one.code.reveal())
    for field in (new.first, new.second):
        field.setText("another horse 2")
    new.primary.click()
    await until(lambda: not one.locker.locked, "open")
    assert (await one.audit())[0] == ("vault.unlocked", {"way": "recovery"})
    await one.vault.unlock_with_password(Secret("another horse 2"))
    await close(one)


def other(first: UnlockDialog) -> UnlockDialog | None:
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, UnlockDialog) and w.isVisible()]
    return next((w for w in found if w is not first), None)


# -- what it stops -------------------------------------------------------------------------------------------------
async def test_jobs_end_first_and_a_person_who_is_back_before_finds_them_running(
    desk: Desk, qtbot: Any, tmp_path: Path
) -> None:
    one = await make(tmp_path, desk, qtbot, patience_s=30)
    row = await desk.connection()
    engine, ended = desk.services.engine, asyncio.Event()

    async def work(_handle: Any) -> Any:
        from app.jobs.runner import Result

        await ended.wait()
        return Result()

    job = asyncio.ensure_future(engine._run("orders", row, work, "user"))
    await until(lambda: engine.runner._running, "the job runs")
    one.locker.lock()
    assert one.locker.cover is not None
    await asyncio.sleep(0.05)
    assert not one.vault.locked, "not while a job needs it"
    assert engine.held is not None
    one.locker.ask()
    type_in(await dialog(UnlockDialog), PASSWORD.reveal())
    await until(lambda: not one.locker.locked, "open")
    assert (engine.held, one.vault.locked, job.done()) == (None, False, False)
    one.locker.lock()
    ended.set()
    await one.ended()
    assert (await job).outcome == "done"
    assert one.vault.locked
    assert (await engine.probe(row))[0].message.code == "vault.locked"  # type: ignore[union-attr]
    assert (await desk.store.connections.get(row.id)).last_error is None  # type: ignore[union-attr]
    await close(one)


# -- the key store -------------------------------------------------------------------------------------------------
async def test_a_key_store_that_lost_the_key_is_offered_again(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    one = await make(tmp_path, desk, qtbot, keyring=True)
    assert one.window.banners.shown() == ""
    one.keyring.held.clear()
    await one.locker._begin()  # as at the next start, which the password opened
    banner = one.window.banners._banners["degraded"]
    assert "Bu bilgisayar kasayı artık açmıyor" in banner.accessibleName()
    banner.button.click()
    await one.ended()
    assert one.window.banners.shown() == ""
    assert await one.vault.check_keyring(one.keyring) == ""
    assert (await one.audit())[0][0] == "vault.changed"
    forget_secret()
    await close(one)


async def test_the_key_locks_from_within_a_dialog(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    one = await make(tmp_path, desk, qtbot)
    first = DialogFrame(one.window, "Dış", "")
    first.open()
    second = DialogFrame(first, "İç", "")
    half = QLineEdit("yarım kal")
    second.body.addWidget(half)
    second.open()
    await until(lambda: QApplication.activeWindow() is second, "the inner dialog")
    QTest.keyClick(half, Qt.Key.Key_L, CTRL)
    assert one.locker.locked
    assert not first.isVisible()
    assert not second.isVisible()
    await one.ended()
    cover = one.locker.cover
    assert cover is not None
    QTest.mouseClick(cover, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    (await dialog(UnlockDialog)).reject()
    await one.ended()
    QTest.keyClick(cover.open, Qt.Key.Key_Return)
    asked = await dialog(UnlockDialog)
    await until(lambda: QApplication.activeWindow() is asked, "the question")
    QTest.keyClick(asked.field.edit, Qt.Key.Key_L, CTRL)  # locked already: nothing more happens
    type_in(asked, PASSWORD.reveal())
    await until(lambda: not one.locker.locked, "open")
    assert second.isVisible()
    assert half.text() == "yarım kal"
    second.reject()
    first.reject()
    await close(one)
