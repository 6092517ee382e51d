"""Keys where a person meets them: the vault's card in Settings (KDF, lock, recovery sheet, sealing anew), age and copying in a
connection's settings, the fact on its card, the line on Today."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from PySide6.QtWidgets import QApplication

from app.contracts import Secret
from app.monitor.keys import KeyWatch
from app.store import ConnectionRow
from app.store.audit import AuditFilter
from app.vault import Profile, Vault, VaultRefused, World
from tests.ui.pages.desk import Desk, dialog, open_desk, until
from tests.ui.pages.orders_making import missing_words, texts
from tests.ui.pages.test_settings import Keyring
from ui.house import House
from ui.kit import LoopWatchdog, spawner
from ui.kit.clipboard import forget_secret
from ui.locking import Locker
from ui.pages.connection_keys import StoredKeys
from ui.pages.connection_settings import KeysDialog, SettingsDialog
from ui.pages.connections import ConnectionsPage
from ui.pages.settings import SettingsPage
from ui.pages.today_figures import gather_troubles
from ui.theme import Appearance
from ui.unlock import CodeDialog, NewPasswordDialog, UnlockDialog
from ui.widgets import DialogFrame
from ui.words import choose

PASSWORD = Secret("correct horse 1")
KEY = "gizli-anahtar-123456"


class Time:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@dataclasses.dataclass
class Safe:
    desk: Desk
    vault: Vault
    keyring: Keyring
    house: House
    row: ConnectionRow
    time: Time


@pytest.fixture
async def safe(tmp_path: Path, look: Appearance, errors: list[Any]) -> AsyncIterator[Safe]:
    async with open_desk(tmp_path) as desk:
        keyring, time = Keyring(), Time(desk.services.now())
        vault, _ = await Vault.create(
            tmp_path / "v.paxv", keyring=keyring, password=PASSWORD, recovery=True, profile=Profile.TEST,
            world=World(now=time, state=tmp_path / "state"),
        )  # fmt: skip
        row = await desk.connection("Dükkân", "woocommerce")
        await vault.put(row.account_id, {"consumer_key": "ck", "consumer_secret": KEY})
        watch = KeyWatch(desk.store, vault, desk.services.catalogue, time)
        desk.services = dataclasses.replace(desk.services, key_watch=watch)
        locker = Locker(vault, keyring, desk.services)
        nothing: Any = lambda *_: None  # noqa: E731
        house = House(tmp_path, vault, keyring, LoopWatchdog(), lambda: "tr", nothing, nothing, locker)
        yield Safe(desk, vault, keyring, house, row, time)
        forget_secret()
    assert errors == []


async def quiet() -> None:
    await until(lambda: not len(spawner()), "tasks ended")


async def settings(safe: Safe) -> SettingsPage:
    page = SettingsPage(safe.desk.services)
    page.take_house(safe.house)
    safe.desk.show(page)
    page.shown({"view": "vault"})
    await quiet()
    return page


async def connections(safe: Safe) -> ConnectionsPage:
    page = ConnectionsPage(safe.desk.services)
    page.take_house(safe.house)
    safe.desk.show(page)
    await until(lambda: page.mine.cards, "the cards")
    return page


def pressed(kind: type, first: Any) -> Any:
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible() and w is not first]
    return found[0] if found else None


# -- settings ------------------------------------------------------------------------------------------------------
async def test_the_merchant_chooses_the_kdf(safe: Safe, qtbot: Any) -> None:
    card = (await settings(safe)).vault_card
    assert card is not None
    card.buttons["password.change"].click()
    asks: NewPasswordDialog = await dialog(NewPasswordDialog)
    assert asks.kdf.value == "argon2id"
    assert not missing_words(asks)
    asks.kdf.set_value("pbkdf2-hmac-sha256")
    assert asks.before is not None
    asks.before.setText(PASSWORD.reveal())
    for field in (asks.first, asks.second):
        field.setText("another horse 2")
    asks.primary.click()
    await until(lambda: safe.desk.said, "set")
    (slot,) = (one for one in safe.vault.slots if one.kind == "password")
    assert slot.kdf.startswith("PBKDF2")
    card.buttons["password.change"].click()
    asks = await dialog(NewPasswordDialog)
    assert asks.kdf.value == "pbkdf2-hmac-sha256", "the one in force"
    asks.reject()
    await quiet()


async def test_idle_minutes_and_lock_now(safe: Safe, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    page = await settings(safe)
    card, lock = page.vault_card, safe.house.lock
    assert card is not None
    assert card.idle is not None
    assert lock is not None
    card.idle.set_value("15")
    card.idle._choose("30")
    await quiet()
    assert (lock.minutes, await safe.desk.store.settings.get("vault.lock_minutes")) == (30, 30)
    asked: list[str] = []
    monkeypatch.setattr(lock, "lock", lambda why="asked": asked.append(why))
    card.buttons["lock"].click()
    assert asked == ["asked"]
    choose("en")
    card.refresh()
    assert not missing_words(page.sections["vault"])


async def test_a_new_code_is_saved_as_a_sheet_and_counts_when_it_was_kept(
    safe: Safe, qtbot: Any, tmp_path: Path
) -> None:
    card = (await settings(safe)).vault_card
    assert card is not None
    former = [s.id for s in safe.vault.slots if s.kind == "recovery"]
    card.buttons["recovery.change"].click()
    told: CodeDialog = await dialog(CodeDialog)
    told.reject()
    await quiet()
    assert [s.id for s in safe.vault.slots if s.kind == "recovery"] == former, "not kept: the former one stays"
    card.buttons["recovery.change"].click()
    told = await dialog(CodeDialog)
    told.copy.click()
    assert QApplication.clipboard().text() == told.code.text().replace("\n", "")
    assert "30 saniye sonra silinir." in texts(told)
    parts = (told.code, told.told)
    await until(lambda: all(p.height() >= p.sizeHint().height() for p in parts), "room for what the dialog says")
    path = tmp_path / "kurtarma.pdf"
    await told.save_to(path)
    assert any("basın ve silin" in text for text in texts(told))
    await told.save_to(tmp_path)  # a folder stands there
    assert any("Sayfa yazılamadı" in text for text in texts(told))
    assert not missing_words(told)
    told.primary.click()
    await quiet()
    (found,) = zxingcpp.read_barcodes(pypdfium2.PdfDocument(path)[0].render(scale=2).to_pil())
    await safe.vault.lock()
    await safe.vault.unlock_with_recovery(Secret(found.text))
    shown = await safe.desk.store.audit.query(AuditFilter(action="keys.shown"))
    assert [(e.subject_kind, e.subject_id) for e in shown] == [("vault", "recovery")]


async def test_sealing_anew(safe: Safe, qtbot: Any) -> None:
    card = (await settings(safe)).vault_card
    assert card is not None
    card.buttons["rekey"].click()
    sure = await dialog(DialogFrame)
    sure.primary.click()
    asked: UnlockDialog = await dialog(UnlockDialog)
    asked.field.setText("wrong")
    asked.primary.click()
    again: UnlockDialog = await until(lambda: pressed(UnlockDialog, asked), "asked again")
    assert again.form.trouble
    safe.time.now += timedelta(seconds=2)  # the wrong password's own delay
    again.field.setText(PASSWORD.reveal())
    again.primary.click()
    told: CodeDialog = await dialog(CodeDialog)
    code = Secret(told.code.text().replace("\n", ""))
    told.primary.click()
    await until(lambda: safe.desk.said, "done")
    assert safe.desk.said[-1] == ("healthy", "Kasa yeniden mühürlendi", "Bütün yollar duruyor.")
    await safe.vault.lock()
    await safe.vault.unlock_with_keyring(safe.keyring)
    await safe.vault.unlock_with_recovery(code)


# -- a connection's settings ---------------------------------------------------------------------------------------
async def test_a_stored_key_is_copied_after_the_password(safe: Safe, qtbot: Any) -> None:
    page = await connections(safe)
    page.mine.set_up_asked.emit(safe.row.id)
    asked: SettingsDialog = await dialog(SettingsDialog)
    stored = asked.findChild(StoredKeys)
    assert stored is not None
    assert set(stored.buttons) == {"consumer_key", "consumer_secret"}
    assert "Anahtar 0 günlük. Her 30 günde bir yeni anahtar istenir." in texts(asked)
    assert KEY not in " ".join(texts(asked))
    assert not missing_words(asked)
    stored.buttons["consumer_secret"].click()
    proof: UnlockDialog = await dialog(UnlockDialog)
    proof.reject()
    await until(lambda: len(spawner()) == 1, "only the settings' own task")
    assert QApplication.clipboard().text() != KEY
    stored.buttons["consumer_secret"].click()
    proof = await dialog(UnlockDialog)
    proof.field.setText(PASSWORD.reveal())
    proof.primary.click()
    await until(lambda: QApplication.clipboard().text() == KEY, "copied")
    await until(lambda: len(spawner()) == 1, "only the settings' own task")
    assert "30 saniye sonra silinir." in texts(asked)
    (entry,) = await safe.desk.store.audit.query(AuditFilter(action="keys.shown"))
    assert (entry.connection_id, entry.details) == (safe.row.id, {"field": "consumer_secret"})
    asked.reject()
    await quiet()


async def test_without_a_password_it_is_copied_at_once(safe: Safe, qtbot: Any) -> None:
    (slot,) = (s for s in safe.vault.slots if s.kind == "password")
    await safe.vault.drop_slot(slot.id)
    page = await connections(safe)
    page.mine.set_up_asked.emit(safe.row.id)
    asked: SettingsDialog = await dialog(SettingsDialog)
    stored = asked.findChild(StoredKeys)
    assert stored is not None
    stored.buttons["consumer_secret"].click()
    await until(lambda: QApplication.clipboard().text() == KEY, "copied")
    await safe.vault.drop(safe.row.account_id)
    stored.buttons["consumer_key"].click()
    await until(lambda: "Bu anahtar kasada yok." in texts(asked), "said so")
    asked.reject()
    await quiet()


# -- age on the card and on Today ----------------------------------------------------------------------------------
async def test_age_is_a_fact_and_a_reminder_that_can_be_snoozed(safe: Safe, qtbot: Any) -> None:
    page = await connections(safe)
    card = page.mine.cards[safe.row.id]
    await until(lambda: "0 gün" in texts(card), "the fact")
    assert await gather_troubles(safe.desk.services, []) == ()
    safe.time.now += timedelta(days=34)
    page.shown()
    await until(lambda: "yenileyin (34 gün)" in texts(card), "due")
    assert any("Anahtar 34 günlük; yenileme zamanı." in text for text in texts(card))
    (trouble,) = await gather_troubles(safe.desk.services, [])
    assert (trouble.state, trouble.title, trouble.button) == ("info", "Dükkân için yeni anahtar", "Anahtarı yenile")
    assert "34 günlük" in trouble.text
    page.shown(trouble.go[1])
    keys: KeysDialog = await dialog(KeysDialog)
    assert "Yenisi sınanana dek eski anahtar geçerli kalır." in texts(keys)
    keys.reject()
    await quiet()
    page.mine.set_up_asked.emit(safe.row.id)
    asked: SettingsDialog = await dialog(SettingsDialog)
    stored = asked.findChild(StoredKeys)
    assert stored is not None
    stored.snooze.click()
    await until(lambda: not stored.snooze.isEnabled(), "snoozed")
    asked.reject()
    await quiet()
    assert await gather_troubles(safe.desk.services, []) == ()
    await safe.vault.lock()
    page.shown()
    await quiet()
    assert await gather_troubles(safe.desk.services, []) == (), "a locked vault tells no ages"
    with pytest.raises(VaultRefused):
        await safe.vault.unlock_with(Secret("wrong"))
