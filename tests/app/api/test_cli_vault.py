"""`paxzar vault …` from the outside: ways in, the recovery sheet, sealing anew, new keys; here and at an owner whose window
may be locked."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from click.testing import CliRunner

from app.api import commands_vault
from app.api.backup_ways import KEY_ENTRY
from app.api.handover import HandoverServer
from app.cli import main
from app.console import open_console
from app.contracts import Secret
from app.printing import recovery_sheet
from app.vault import Vault
from tests.app.api.backing import Keyring
from tests.app.api.conftest import Cli

PASSWORD = "a password for tests"


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    """What the vault's commands find; opening the workspace still goes by the password."""
    made = Keyring()

    async def find() -> Keyring:
        return made

    monkeypatch.setattr(commands_vault, "system_keyring", find)
    return made


@pytest.fixture
def made(cli: Cli) -> Cli:
    assert cli("connections").exit_code == 0
    return cli


def code_in(pdf: Path) -> str:
    (found,) = zxingcpp.read_barcodes(pypdfium2.PdfDocument(pdf)[0].render(scale=2).to_pil())
    return found.text


def with_password(cli: Cli, *args: str, source: Path, given: str | None = None) -> Any:
    extra = ["--workspace", str(cli.folder), "--unlock-from", str(source)]
    return CliRunner().invoke(main, [*args, *extra], input=given, env={"PAXZAR_LANG": cli.lang})


def test_status_and_slots(made: Cli, keyring: Keyring) -> None:
    data = made.json("vault", "status")
    assert ([s["kind"] for s in data["slots"]], data["accounts"], data["keyring_trouble"]) == (["password"], [], None)
    assert "No account holds a key yet" in made("vault", "status").output
    added = made("vault", "slots", "--add-keyring")
    assert added.exit_code == 0, added.output
    assert "key store of this computer opens the vault" in added.output
    assert len(keyring.kept) == 1
    keyring.kept.clear()
    told = made("vault", "status")
    assert "no longer opens the vault" in told.output
    assert "--add-keyring" in told.output
    assert made.json("vault", "status")["keyring_trouble"] == "vault.keyring_missing"
    assert made("vault", "slots", "--add-keyring").exit_code == 0
    assert made.json("vault", "status")["keyring_trouble"] is None
    dropped = made("vault", "slots", "--drop", "keyring")
    assert "Removed: this computer’s key store" in dropped.output
    assert keyring.kept == {}
    none = made("vault", "slots", "--drop", "recovery")
    assert (none.exit_code, "no such way" in none.output) == (1, True)
    last = made("vault", "slots", "--drop", "password")
    assert (last.exit_code, "last way in" in last.output) == (1, True)
    done = [e["subject_id"] for e in made.json("audit", "--action", "vault.changed")]
    assert done == ["keyring", "keyring", "keyring"]


def test_without_a_key_store(made: Cli) -> None:
    refused = made("vault", "slots", "--add-keyring")
    assert (refused.exit_code, "no key store" in refused.output) == (1, True)


def test_a_new_password_with_its_kdf(made: Cli, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.write_text("another password\n", encoding="utf-8")
    result = made("vault", "password", "--new-from", str(new), "--kdf", "pbkdf2")
    assert result.exit_code == 0, result.output
    assert "PBKDF2" in result.output
    assert "another" not in result.output
    assert made("vault", "status").exit_code == 1, "the former one is void"
    made.password = new
    for path in (tmp_path / "home").rglob("*.tries.json"):
        path.unlink()  # the wrong try's delay
    (slot,) = made.json("vault", "status")["slots"]
    assert slot["kdf"].startswith("PBKDF2")
    kept = made.json("vault", "password", "--new-from", str(new))
    assert kept["kdf"].startswith("PBKDF2"), "the choice stays where none is given"
    assert made.json("vault", "password", "--new-from", str(new), "--kdf", "argon2id")["kdf"].startswith("Argon2id")
    both = CliRunner().invoke(
        main, ["vault", "password", "--new-from", "-", "--unlock-from", "-"], env={"PAXZAR_LANG": "en"}
    )
    assert both.exit_code == 2
    (tmp_path / "blank").write_text("", encoding="utf-8")
    short = made("vault", "password", "--new-from", str(tmp_path / "blank"))
    assert (short.exit_code, "at least" in short.output) == (1, True)


def test_the_recovery_sheet_opens_the_workspace(made: Cli, tmp_path: Path) -> None:
    pdf = tmp_path / "sheet.pdf"
    result = made("vault", "recovery", "--out", str(pdf))
    assert result.exit_code == 0, result.output
    code = code_in(pdf)
    assert code not in result.output
    assert code.split("-")[0] not in result.output
    typed = tmp_path / "code"
    typed.write_text(code.lower().replace("-", " ") + "\n", encoding="utf-8")
    assert with_password(made, "vault", "status", source=typed).exit_code == 0
    again = made("vault", "recovery", "--out", str(pdf))
    assert (again.exit_code, "exists already" in again.output) == (1, True)
    assert with_password(made, "vault", "status", source=typed).exit_code == 0, "and the former code is still good"
    second = made("vault", "recovery", "--out", str(tmp_path / "second.pdf"))
    assert second.exit_code == 0
    assert with_password(made, "vault", "status", source=typed).exit_code == 1, "void"


def test_a_sheet_that_cannot_be_written_voids_nothing(made: Cli, tmp_path: Path, monkeypatch: Any) -> None:
    pdf = tmp_path / "sheet.pdf"
    assert made("vault", "recovery", "--out", str(pdf)).exit_code == 0
    typed = tmp_path / "code"
    typed.write_text(code_in(pdf), encoding="utf-8")

    def full(*_args: Any, **_more: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(recovery_sheet, "write_sheet", full)
        refused = made("vault", "recovery", "--out", str(tmp_path / "other.pdf"))
    assert refused.exit_code == 1
    assert "No space left" in refused.output
    assert with_password(made, "vault", "status", source=typed).exit_code == 0

    async def unsaved(*_args: Any, **_more: Any) -> None:
        raise OSError(5, "gone")

    with monkeypatch.context() as patched:
        patched.setattr(Vault, "_change", unsaved)
        made("vault", "recovery", "--out", str(tmp_path / "third.pdf"))
    assert not (tmp_path / "third.pdf").exists(), "a sheet whose code opens nothing is taken back"
    assert with_password(made, "vault", "status", source=typed).exit_code == 0


def test_rekey(made: Cli, keyring: Keyring, tmp_path: Path) -> None:
    assert made("vault", "recovery", "--out", str(tmp_path / "one.pdf")).exit_code == 0
    assert made("vault", "slots", "--add-keyring").exit_code == 0
    done = made.json("vault", "rekey", "--recovery-out", str(tmp_path / "two.pdf"))
    assert done["dropped"] == []
    typed = tmp_path / "code"
    typed.write_text(code_in(tmp_path / "two.pdf"), encoding="utf-8")
    assert with_password(made, "vault", "status", source=typed).exit_code == 0
    told = made("vault", "rekey")
    assert told.exit_code == 0, told.output
    assert "These ways no longer open it: recovery code" in told.output
    assert {s["kind"] for s in made.json("vault", "status")["slots"]} == {"password", "keyring"}


def test_new_keys_and_their_age(connected: Cli, shop: Any, tmp_path: Path) -> None:
    (row,) = connected.json("connections")
    assert (row["keys"]["state"], row["keys"]["age_days"], row["keys"]["rotation_days"]) == ("fresh", 0, 30)
    new = tmp_path / "new.json"
    new.write_text(json.dumps({"consumer_secret": "cs_" + "0" * 40}), encoding="utf-8")
    refused = connected("vault", "renew", "Dükkân", "--secrets-from", str(new))
    assert refused.exit_code == 1
    assert "the old one is still in force" in refused.output
    assert connected("probe", "Dükkân").exit_code == 0
    new.write_text(json.dumps({"consumer_secret": shop.secrets["consumer_secret"]}), encoding="utf-8")
    assert "nothing was changed" in connected("vault", "renew", "Dükkân", "--secrets-from", str(new)).output
    moved = connected("vault", "renew", "Dükkân", "--set", f"store_url={shop.address}")
    assert (moved.exit_code, "was tested and is in force" in moved.output) == (0, True), moved.output
    assert connected("vault", "renew", "Dükkân", "--set", "store_url=not an address").exit_code == 1
    assert connected("vault", "renew", "Nobody").exit_code == 2
    assert connected("vault", "snooze", "Dükkân", "--days", "5").exit_code == 0
    status = connected.json("vault", "status")
    (account,) = status["accounts"]
    assert account["connections"] == ["Dükkân"]
    assert account["snoozed_until"] is not None
    assert "Dükkân: Key 0 days old" in connected("vault", "status").output
    for secret in shop.secrets.values():
        assert secret not in json.dumps(status)


async def test_at_an_owner_the_password_is_asked_for_and_a_locked_window_stays_locked(cli: Cli, tmp_path: Path) -> None:
    console = await open_console(cli.folder, unlock=Secret(PASSWORD))
    server = HandoverServer(console)
    await server.start()
    pdf = tmp_path / "sheet.pdf"

    def plain(*args: str) -> Any:
        command = [*args, "--workspace", str(cli.folder)]
        return CliRunner().invoke(main, command, env={"PAXZAR_LANG": "en"})

    try:
        assert console.vault is not None
        bare = await asyncio.to_thread(plain, "vault", "recovery", "--out", str(pdf))
        assert (bare.exit_code, "--unlock-from" in bare.output, pdf.exists()) == (2, True, False)
        assert (await asyncio.to_thread(plain, "vault", "status")).exit_code == 0
        good = await asyncio.to_thread(cli, "vault", "recovery", "--out", str(pdf))
        assert good.exit_code == 0, good.output
        await console.vault.lock()
        for args in (("vault", "recovery", "--out", str(tmp_path / "x.pdf")), ("vault", "status"), ("vault", "rekey")):
            refused = await asyncio.to_thread(cli, *args)
            assert (refused.exit_code, "locked" in refused.output) == (1, True), refused.output
        assert console.vault.locked
        await console.vault.unlock_with(Secret(PASSWORD))
        assert KEY_ENTRY not in console.vault.ids()
    finally:
        await server.close()
        await console.close()


def test_a_rehearsal_has_no_vault(tmp_path: Path) -> None:
    from app.api.commands import Usage

    class Bare:
        vault = None

    with pytest.raises(Usage, match="no vault"):
        asyncio.run(commands_vault.vault_status(Bare(), {"lang": "en"}))  # type: ignore[arg-type]
