"""From start to end: the real `main` in a process of its own, with real rehearsal servers in a child of it; and the ways in
which a workspace is refused or unlocked."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

import app.console
import app.platform.keyrings
from app.contracts import Message, ProviderError, Secret, fail
from app.store import Store
from app.store.errors import StoreDamaged
from app.store.workspace import WorkspaceOwned
from app.vault import KdfChoice, Profile, Vault, VaultRefused
from tests.support import waiting
from tests.ui.pages.desk import dialog, until
from tests.ui.pages.orders_making import missing_words, texts
from ui.kit import spawn, spawner
from ui.opening import Opener, Place, Refused, askable
from ui.theme import Appearance
from ui.unlock import NewPasswordDialog, UnlockDialog
from ui.widgets import DialogFrame
from ui.window import MainWindow

ROOT = Path(__file__).resolve().parents[2]
DRIVER = Path(__file__).with_name("entry_driver.py")
TWO = {
    "woocommerce": {"orders": 12, "listings": 30, "seed": 2},
    "yurtici_kargo": {"orders": 0, "listings": 0, "seed": 3},
}
PATIENCE_S = 100


def surroundings(home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PAXZAR_HOME": str(home),
        "PAXZAR_TEST_PROFILE": "1",
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "default",
    }


def begin(home: Path, plan: dict[str, Any], *flags: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(DRIVER), json.dumps(plan), *flags]
    return subprocess.Popen(
        command, cwd=ROOT, env=surroundings(home), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def finish(process: subprocess.Popen[str]) -> tuple[dict[str, Any], str]:
    """(what the driver says, standard error). The process must end by itself."""
    try:
        out, err = process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        pytest.fail(f"it did not end\n{out}\n{err}")
    lines = [line for line in out.splitlines() if line.startswith("{")]
    assert lines, f"exit {process.returncode}\n{out}\n{err}"
    facts: dict[str, Any] = json.loads(lines[-1])
    assert facts["code"] == process.returncode
    return facts, err


def run(home: Path, plan: dict[str, Any], *flags: str) -> tuple[dict[str, Any], str]:
    return finish(begin(home, plan, *flags))


def quiet(err: str) -> bool:
    """No traceback and no warning that a task or a coroutine was forgotten."""
    return "Traceback" not in err and "never awaited" not in err and "was destroyed" not in err


async def orders_in(folder: Path) -> int:
    from app.console import utc_now
    from app.store import OrderQuery

    store = await Store.open(folder / "store.sqlite", now=utc_now)
    try:
        assert await store.integrity() == []
        return await store.orders.count(OrderQuery())
    finally:
        await store.close()


# -- a whole life ------------------------------------------------------------------------------------------------
@pytest.mark.slow
async def test_a_rehearsal_opens_shows_syncs_and_closes(tmp_path: Path) -> None:
    picture = tmp_path / "first.png"
    home = tmp_path / "home"
    facts, err = await asyncio.to_thread(
        run, home, {"ready": TWO}, "--rehearsal", "--lang", "tr", "--screenshot", str(picture)
    )
    assert facts["code"] == 0, err
    assert quiet(err), err
    assert facts["painted_before_core"] is True
    assert facts["pages"] == ["today"]
    assert facts["providers_at_first_page"] == []
    assert any("app.api.rehearse" in line for line in facts["children_open"])
    assert facts["children_left"] == []
    image = QImage(str(picture))
    shades = {image.pixel(x, y) for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)}
    assert len(shades) > 20
    folder = home / "data" / "rehearsal"
    assert await orders_in(folder) == 12
    assert not (folder / "owner.json").exists()
    assert (home / "state" / "window.json").exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a polite kill is a POSIX thing")
async def test_a_second_start_raises_the_first_and_a_polite_kill_closes_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = begin(home, {"ready": TWO}, "--rehearsal", "--lang", "en")
    try:
        assert first.stdout is not None
        assert (await asyncio.to_thread(first.stdout.readline)).strip() == "open"
        began = time.monotonic()
        second, err = await asyncio.to_thread(run, home, {"ready": TWO}, "--rehearsal", "--lang", "en")
        assert second["code"] == 0, err
        assert second["pages"] == []
        assert time.monotonic() - began < 60
        assert (await asyncio.to_thread(first.stdout.readline)).strip() == "raised"
        servers = psutil.Process(first.pid).children(recursive=True)
        assert servers
        first.send_signal(signal.SIGTERM)
        facts, err = await asyncio.to_thread(finish, first)
        assert facts["code"] == 0
        assert facts["raised"] == 1
        assert quiet(err), err
        assert not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in servers)
        assert not (home / "data" / "rehearsal" / "owner.json").exists()
    finally:
        if first.poll() is None:
            first.kill()


@pytest.mark.slow
@pytest.mark.parametrize("how", ["close", "quit", "end session"])
async def test_every_way_to_end_is_orderly(tmp_path: Path, how: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("correct horse 1\n")
    home = tmp_path / "home"
    facts, err = await asyncio.to_thread(run, home, {"do": how}, "--unlock-from", str(secret))
    assert facts["code"] == 0, err
    assert quiet(err), err
    assert facts["children_left"] == []
    folder = home / "data" / "live"
    assert (folder / "vault.paxv").exists()
    assert not (folder / "owner.json").exists()
    assert await orders_in(folder) == 0


@pytest.mark.slow
async def test_language_and_place_are_kept_for_the_next_start(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("correct horse 1")
    home = tmp_path / "home"
    flags = ("--unlock-from", str(secret), "--workspace", str(tmp_path / "shop"))
    (home / "state").mkdir(parents=True)
    (home / "state" / "window.json").write_text('{"language": "tr", "scheme": "dark"}')
    first, err = await asyncio.to_thread(run, home, {"do": "english"}, *flags)
    assert first["code"] == 0, err
    assert quiet(err), err
    assert first["language"] == "en"
    kept = json.loads((home / "state" / "window.json").read_text())
    assert (kept["language"], kept["scheme"]) == ("en", "dark")
    assert kept["geometry"]
    second, err = await asyncio.to_thread(run, home, {"do": "close"}, *flags)
    assert second["language"] == "en", err


@pytest.mark.slow
async def test_from_the_rehearsal_to_the_shop_in_one_window(tmp_path: Path) -> None:
    # No key store and nobody who types: the live workspace asks for a new password, and its dialog waits. What counts
    # here is that the rehearsal is closed and its servers are gone before that; then the window is closed.
    home = tmp_path / "home"
    process = begin(home, {"ready": TWO, "do": "switch"}, "--rehearsal")
    try:
        assert process.stdout is not None
        assert (await asyncio.to_thread(process.stdout.readline)).strip() == "open"
        live = home / "data" / "live" / "owner.lock"
        rehearsal = home / "data" / "rehearsal" / "owner.json"
        await waiting.until(lambda: live.exists() and not rehearsal.exists(), "the live workspace is entered", 60)
        await waiting.until(
            lambda: not psutil.Process(process.pid).children(recursive=True), "the servers are gone", 60
        )
        process.send_signal(signal.SIGTERM)
        facts, err = await asyncio.to_thread(finish, process)
        assert facts["code"] == 0
        assert quiet(err), err
    finally:
        if process.poll() is None:
            process.kill()


# -- refused -----------------------------------------------------------------------------------------------------
@pytest.mark.slow
async def test_refusals_are_told_in_a_sentence(tmp_path: Path) -> None:
    home, shop, picture = tmp_path / "home", tmp_path / "shop", str(tmp_path / "x.png")
    shop.mkdir()
    (shop / "workspace.json").write_text('{"kind": "live", "format": 1}')
    flags = ("--workspace", str(shop), "--lang", "en", "--screenshot", picture)
    facts, err = await asyncio.to_thread(run, home, {}, "--rehearsal", *flags)
    assert facts["code"] == 1
    assert "This folder holds another kind of workspace" in err
    facts, err = await asyncio.to_thread(run, home, {}, *flags)
    assert facts["code"] == 1
    assert "--unlock-from" in err  # no key store, no password, nobody to ask
    secret = tmp_path / "secret"
    secret.write_text("correct horse 1")
    (shop / "store.sqlite").write_bytes(b"not a database at all, but long enough to look" * 40)
    facts, err = await asyncio.to_thread(run, home, {}, *flags, "--unlock-from", str(secret))
    assert facts["code"] == 1
    assert "store.damaged-" in err
    assert "correct horse" not in err
    assert facts["children_left"] == []


def test_wrong_usage_is_exit_2(tmp_path: Path) -> None:
    process = begin(tmp_path, {}, "--no-such-flag")
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert "--no-such-flag" in err


def test_a_password_file_that_is_not_there_is_exit_2(tmp_path: Path) -> None:
    facts, err = run(tmp_path, {}, "--lang", "en", "--unlock-from", str(tmp_path / "nothing"))
    assert facts["code"] == 2
    assert str(tmp_path / "nothing") in err
    assert quiet(err)


@pytest.mark.slow
def test_a_closing_that_hangs_has_an_end(tmp_path: Path) -> None:
    code = "import time; from ui.entry import hard_exit; hard_exit(0.3); time.sleep(60)"
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=surroundings(tmp_path), timeout=50, check=False)
    assert done.returncode == 1
    assert time.monotonic() - began < 45


# -- unlocking, in this process ----------------------------------------------------------------------------------
@pytest.fixture
def window(look: Appearance, qtbot: Any, errors: list[Any], monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    async def none() -> None:
        return None

    monkeypatch.setattr(app.platform.keyrings, "system_keyring", none)
    made = MainWindow()
    qtbot.addWidget(made)
    made.show()
    return made


class Opened:
    """Takes the place of `open_console`: answers in turn, and remembers how it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.passwords: list[Secret | None] = []
        self.kdf: KdfChoice | None = None

    async def __call__(
        self, folder: Path, *, rehearsal: bool, unlock: Secret | None, keyring: Any, kdf: KdfChoice
    ) -> Any:
        self.passwords.append(unlock)
        self.kdf = kdf
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def no_keyring() -> ProviderError:
    return fail(Message("config.field", {"field": "unlock", "why": "no_keyring"}, field="unlock"))


async def test_a_new_vault_asks_for_a_password_twice(window: MainWindow, tmp_path: Path, monkeypatch: Any) -> None:
    opened = Opened(no_keyring(), "console")
    monkeypatch.setattr(app.console, "open_console", opened)
    opening = spawn(Opener(window).open(Place(tmp_path, False)), "opening")
    asks = await dialog(NewPasswordDialog)
    assert not missing_words(asks)
    asks.first.setText("correct horse 1")
    asks.second.setText("correct horse 1")
    asks.kdf.set_value(KdfChoice.PBKDF2)
    asks.primary.click()
    assert (await opening)[0] == "console"
    assert opened.kdf is KdfChoice.PBKDF2, "the merchant's choice"
    assert [p.reveal() if p else None for p in opened.passwords] == [None, "correct horse 1"]
    assert asks.first.text() == ""


async def test_a_wrong_password_is_told_and_asked_again(window: MainWindow, tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "vault.paxv").write_bytes(b"there")
    opened = Opened(no_keyring(), VaultRefused("vault.refused", 2.0), "console")
    monkeypatch.setattr(app.console, "open_console", opened)
    opening = spawn(Opener(window).open(Place(tmp_path, False)), "opening")
    first = await dialog(UnlockDialog)
    assert not first.primary.isEnabled()
    first.field.setText("wrong")
    first.primary.click()
    again = await until(
        lambda: next(
            (
                w
                for w in QApplication.topLevelWidgets()
                if isinstance(w, UnlockDialog) and w.isVisible() and w is not first
            ),
            None,
        )
    )
    assert "Parola yanlış" in again.form.trouble
    again.field.setText("right one")
    again.primary.click()
    assert (await opening)[0] == "console"
    assert opened.passwords[-1] == Secret("right one")


async def test_the_recovery_code_sets_a_new_password(window: MainWindow, tmp_path: Path, monkeypatch: Any) -> None:
    vault, code = await Vault.create(
        tmp_path / "vault.paxv", keyring=None, password=Secret("forgotten 1"), profile=Profile.TEST, recovery=True
    )
    await vault.lock()
    assert code is not None
    opened = Opened(no_keyring(), "console")
    monkeypatch.setattr(app.console, "open_console", opened)
    opening = spawn(Opener(window).open(Place(tmp_path, False)), "opening")
    asks = await dialog(UnlockDialog)
    asks.by_code.click()
    form = await dialog(NewPasswordDialog)
    assert form.before is not None
    form.before.setText(code.reveal())
    form.first.setText("new horse 22")
    form.second.setText("new horse 22")
    form.primary.click()
    assert (await opening)[0] == "console"
    assert opened.passwords[-1] == Secret("new horse 22")
    again = await Vault.open(tmp_path / "vault.paxv")
    await again.unlock_with_password(Secret("new horse 22"))


async def test_who_thinks_better_of_it_leaves_with_0(window: MainWindow, tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "vault.paxv").write_bytes(b"there")
    monkeypatch.setattr(app.console, "open_console", Opened(no_keyring()))

    async def attempt() -> int:
        with pytest.raises(Refused) as caught:
            await Opener(window).open(Place(tmp_path, False))
        return caught.value.code

    trying = spawn(attempt(), "opening")
    (await dialog(UnlockDialog)).reject()
    assert await trying == 0


async def test_trouble_is_a_plain_dialog(window: MainWindow, tmp_path: Path, monkeypatch: Any) -> None:
    kept = tmp_path / "store.damaged-20261124-080000.sqlite"
    monkeypatch.setattr(app.console, "open_console", Opened(StoreDamaged((kept,))))

    async def attempt() -> int:
        with pytest.raises(Refused) as caught:
            await Opener(window).open(Place(tmp_path, False))
        return caught.value.code

    trying = spawn(attempt(), "opening")
    told = await dialog(DialogFrame)
    assert any(str(kept) in text for text in texts(told))
    assert not told.cancel.isVisible()
    told.primary.click()
    assert await trying == 1
    await until(lambda: not len(spawner()))


async def test_an_owner_that_just_leaves_is_waited_for(window: MainWindow, tmp_path: Path, monkeypatch: Any) -> None:
    gone = WorkspaceOwned(4711, None, {"port": 9, "token": "x"})  # nobody answers there
    opened = Opened(gone, WorkspaceOwned(None, None, None), "console")
    monkeypatch.setattr(app.console, "open_console", opened)
    found, _ = await Opener(window).open(Place(tmp_path, True))
    assert found == "console"


def test_only_what_typing_can_mend_is_asked_again() -> None:
    assert askable("vault.refused")
    assert askable("vault.keyring_missing")
    assert not askable("vault.damaged")
    assert not askable("vault.newer")
