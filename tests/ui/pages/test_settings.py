"""Settings: each choice takes effect at once and is kept; the vault's ways are added, changed and taken away; no secret shows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from app.changes import OUTBOX
from app.contracts import Secret
from app.vault import Profile, Vault, VaultRefused
from tests.ui.pages.desk import Desk, dialog, open_desk, until
from tests.ui.pages.orders_making import missing_words, texts
from ui.house import House, Housekeeping
from ui.kit import LoopWatchdog, spawner
from ui.pages.settings import SECTIONS, SettingsPage
from ui.theme import Appearance, Scheme
from ui.unlock import CodeDialog, NewPasswordDialog, UnlockDialog
from ui.widgets import DialogFrame
from ui.words import choose


class Keyring:
    """A system's key store of a test."""

    def __init__(self) -> None:
        self.held: dict[str, Secret] = {}

    async def get(self, user: str) -> Secret | None:
        return self.held.get(user)

    async def put(self, user: str, secret: Secret) -> None:
        self.held[user] = secret

    async def drop(self, user: str) -> None:
        self.held.pop(user, None)


@pytest.fixture
async def desk(tmp_path: Path, look: Appearance, errors: list[Any]) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as made:
        yield made
        for page in made.pages:
            page.hide()
        await until(lambda: not len(spawner()), "tasks ended")
    assert errors == []
    look.set_scheme(Scheme.LIGHT)


class Asked:
    """What the page asked of the house."""

    def __init__(self) -> None:
        self.languages: list[str] = []
        self.switched: list[bool] = []


async def shown(
    desk: Desk, qtbot: Any, folder: Path, vault: Vault | None = None, keyring: Any = None, language: str = "tr"
) -> tuple[SettingsPage, Asked]:
    asked = Asked()
    page = SettingsPage(desk.services)
    assert isinstance(page, Housekeeping)
    page.take_house(
        House(folder, vault, keyring, LoopWatchdog(), lambda: language, asked.languages.append, asked.switched.append)
    )
    desk.show(page)
    page.set_inner_width(1400)
    page.shown()
    await until(lambda: not len(spawner()), "loaded")
    return page, asked


async def set_of(desk: Desk, key: str, wanted: Any) -> None:
    await until(lambda: not len(spawner()), "kept")
    assert await desk.store.settings.get(key) == wanted


async def test_look_takes_effect_and_is_kept(desk: Desk, qtbot: Any, tmp_path: Path, look: Appearance) -> None:
    page, asked = await shown(desk, qtbot, tmp_path)
    QTest.keyClick(page.scheme, Qt.Key.Key_Right)
    assert look.scheme is Scheme.DARK
    await set_of(desk, "ui.scheme", "dark")
    QTest.keyClick(page.density, Qt.Key.Key_Right)
    assert look.density.name == "compact"
    await set_of(desk, "ui.density", "compact")
    page.motion.setChecked(False)
    page.motion.click()
    assert look.reduce_motion
    await set_of(desk, "ui.reduce_motion", True)
    assert page.language.value == "tr"
    QTest.keyClick(page.language, Qt.Key.Key_Right)
    await until(lambda: asked.languages == ["en"], "asked after the click")


async def test_sending_is_frozen_and_released(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    connection = await desk.connection()
    await desk.store.outbox.enqueue(connection.id, "price", 1, b"{}")
    page, _ = await shown(desk, qtbot, tmp_path)
    page.freeze.click()
    await until(lambda: any(r.table == OUTBOX for r in desk.reports) and not len(spawner()), "frozen")
    assert await desk.store.outbox.frozen() == {0}
    await until(lambda: page.freeze_row.text.startswith("Donduruldu. 1 gönderim"), "says so")
    page.freeze.click()
    await until(lambda: not page.freeze_row.text.startswith("Donduruldu"), "released")
    assert await desk.store.outbox.frozen() == frozenset()


async def test_the_sender_is_kept_and_can_be_undone(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    page, _ = await shown(desk, qtbot, tmp_path)
    assert page.keep.toolTip() == "Değişiklik yok"
    page.sender.setText(" Nar Çiçeği Ev, Kadıköy ")
    QTest.keyClick(page.sender, Qt.Key.Key_Return)
    await set_of(desk, "sender", "Nar Çiçeği Ev, Kadıköy")
    assert desk.services.undo.undo_text == "Geri al: Gönderen"
    assert await desk.services.undo.undo()
    await set_of(desk, "sender", None)
    assert page.sender.text() == ""
    assert await desk.services.undo.redo()
    await set_of(desk, "sender", "Nar Çiçeği Ev, Kadıköy")


async def test_what_is_being_typed_survives_a_refresh(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    page, _ = await shown(desk, qtbot, tmp_path)
    page.sender.setText("half a na")
    page._burst.flush()
    page.shown()
    await until(lambda: not len(spawner()), "loaded again")
    assert page.sender.text() == "half a na"


async def test_a_rehearsal_says_that_it_has_no_vault(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    page, asked = await shown(desk, qtbot, tmp_path)
    assert "Provada kasa yoktur." in texts(page.sections["vault"])
    page.other_workspace.click()
    assert asked.switched == [True]
    assert str(tmp_path) in texts(page.sections["workspace"])


async def test_ways_into_the_vault(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    keyring = Keyring()
    password = Secret("correct horse 1")
    vault, _ = await Vault.create(tmp_path / "v.paxv", keyring=None, password=password, profile=Profile.TEST)
    page, _ = await shown(desk, qtbot, tmp_path, vault, keyring)
    card = page.vault_card
    assert card is not None
    assert set(card.buttons) == {"keyring.add", "password.change", "password.remove", "recovery.add", "rekey"}
    assert not card.buttons["password.remove"].isEnabled()  # the last way

    card.buttons["keyring.add"].click()
    proof = await dialog(UnlockDialog)
    proof.field.setText("wrong")
    proof.primary.click()
    await until(lambda: not proof.isVisible(), "it was tried")
    assert keyring.held == {}, "an open window alone adds no way in"
    proof = await dialog(UnlockDialog)
    assert proof.form.trouble
    await asyncio.sleep(1.1)  # the wait after a wrong one
    proof.field.setText(password.reveal())
    proof.primary.click()
    await until(lambda: "keyring.remove" in card.buttons, "the keyring is a way now")
    assert len(keyring.held) == 1

    card.buttons["recovery.add"].click()
    told = await dialog(CodeDialog)
    code = Secret(told.code.text().replace("\n", ""))
    told.primary.click()
    await until(lambda: "recovery.change" in card.buttons, "the code is a way now")
    assert not told.code.text()

    card.buttons["password.change"].click()
    asks = await dialog(NewPasswordDialog)
    assert asks.before is not None
    asks.before.setText("wrong")
    asks.first.setText("another horse 2")
    assert not asks.primary.isEnabled()
    asks.second.setText("another horse 3")
    assert asks.second_form.trouble == "İki parola aynı değil"
    asks.second.setText("another horse 2")
    asks.primary.click()
    again = await until(lambda: other(asks), "asked again")
    assert any("Parola yanlış" in text for text in texts(again))
    again.reject()
    await until(lambda: not len(spawner()), "given up")

    card.buttons["keyring.remove"].click()
    sure = await dialog(DialogFrame)
    sure.primary.click()
    await until(lambda: "keyring.add" in card.buttons, "taken away")
    assert keyring.held == {}
    await vault.lock()
    with pytest.raises(VaultRefused):
        await vault.unlock_with_keyring(keyring)
    await asyncio.sleep(1.1)  # the wrong password's own delay
    await vault.unlock_with_recovery(code)


def other(first: QDialog) -> NewPasswordDialog | None:
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, NewPasswordDialog) and w.isVisible()]
    return next((w for w in found if w is not first), None)


async def test_without_a_keyring_the_button_says_why(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    vault, _ = await Vault.create(
        tmp_path / "v.paxv", keyring=None, password=Secret("correct horse 1"), profile=Profile.TEST
    )
    page, _ = await shown(desk, qtbot, tmp_path, vault)
    assert page.vault_card is not None
    assert page.vault_card.buttons["keyring.add"].toolTip() == "Bu bilgisayarda kullanılabilir bir anahtarlık yok"


async def test_diagnostics_name_versions_and_stalls_and_nothing_else(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    page, _ = await shown(desk, qtbot, tmp_path)
    assert page.house is not None
    page.house.watchdog._late.append(31.0)
    page.house.watchdog.count, page.house.watchdog.longest_ms = 3, 31.0
    page._copy_facts()
    copied = QApplication.clipboard().text()
    assert "PySide6: " in copied
    assert "3 kez" in copied
    assert "31 ms" in copied
    assert str(tmp_path) not in copied


async def test_all_sections_have_words_in_both_languages(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    for language in ("tr", "en"):
        choose(language)
        for action in [a.id for a in desk.services.actions]:
            desk.services.actions.remove(action)
        page, _ = await shown(desk, qtbot, tmp_path, language=language)
        for name in SECTIONS:
            page.show_section(name)
            assert page.section == name
        assert not missing_words(page)
        page.shown({"view": "vault"})
        assert page.section == "vault"
        resting = page._burst._timer
        await until(lambda resting=resting: not len(spawner()) and not resting.isActive(), "quiet")
