"""`paxzar backup`, `restore`, `audit`, `diagnostics` from the outside: exit codes, sentences, JSON, the hand-over."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

import app.api.commands_safety  # noqa: F401 - as the owner of a workspace does
from app.api.handover import HandoverServer
from app.cli import main
from app.console import open_console, utc_now
from app.contracts import Secret
from app.formats.words import Words
from app.store import Action, Outcome, Store
from tests.app.api.conftest import Cli


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text("yedeğin parolası\n", encoding="utf-8")
    return path


def restore(cli: Cli, *args: str, given: str | None = None):
    return CliRunner().invoke(
        main, ["restore", *args, "--workspace", str(cli.folder)], input=given, env={"PAXZAR_LANG": cli.lang}
    )


async def entries(folder: Path) -> None:
    store = await Store.open(folder / "store.sqlite", now=utc_now)
    await store.accounts.add("trendyol-1a2b", "trendyol", "live")
    row = await store.connections.add("Dükkân", "trendyol", "trendyol-1a2b", "live")
    log = store.audit
    await log.note(Action.CONNECTION_ADDED, connection_id=row.id, actor="ayse", subject=("account", "trendyol-1a2b"))
    await log.note(Action.KEYS_CHANGED, connection_id=row.id, actor="ayse")
    await log.note(Action.PRICE_WISHED, connection_id=row.id, actor="veli", details={"count": 2, "ids": [1, 2]})
    await log.note(Action.DATA_EXPORTED, actor="veli", subject=("orders", "csv"), details={"count": 12})
    await log.note(Action.BUYER_ERASED, actor="ayse", subject=("order", 7))
    await log.note(Action.VAULT_UNLOCKED, actor="veli", outcome=Outcome.FAILED, details={"failed": 3})
    await store.close()


@pytest.fixture
def filled(cli: Cli) -> Cli:
    assert cli("connections").exit_code == 0
    asyncio.run(entries(cli.folder))
    return cli


def test_backup_and_restore(filled: Cli, passphrase: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.paxzb"
    result = filled("backup", str(file), "--passphrase-from", str(passphrase))
    assert result.exit_code == 0, result.output
    assert "0 orders, 0 listings, 1 connections, 6 audit entries" in result.output
    assert "password" in result.output
    again = filled("backup", str(file), "--passphrase-from", str(passphrase))
    assert again.exit_code == 1
    assert "already" in again.output
    data = filled.json("backup", str(file), "--passphrase-from", str(passphrase), "--replace")
    assert (data["path"], data["counts"]["connections"], data["vault_slots"]) == (str(file), 1, ["password"])

    shown = restore(filled, str(file), "--passphrase-from", str(passphrase), given="n\n")
    assert shown.exit_code == 1
    assert "1 connections" in shown.output
    assert "Nothing was changed" in shown.output
    only = restore(filled, str(file), "--passphrase-from", str(passphrase), "--json")
    assert json.loads(only.stdout)["inside"]["counts"]["connections"] == 1
    assert not list(filled.folder.glob("replaced-*"))
    done = restore(filled, str(file), "--passphrase-from", str(passphrase), given="y\n")
    assert done.exit_code == 0, done.output
    (kept,) = filled.folder.glob("replaced-*")
    assert str(kept) in done.output
    done = restore(filled, str(file), "--passphrase-from", "-", "--yes", "--json", given="yedeğin parolası\n")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["paused"] == 0
    assert filled("connections").exit_code == 0
    assert filled.json("audit", "--action", "backup")[0]["action"] == "backup.restored"


def test_what_backup_and_restore_refuse(filled: Cli, passphrase: Path, tmp_path: Path) -> None:
    file, wrong = tmp_path / "b.paxzb", tmp_path / "wrong"
    wrong.write_text("wrong", encoding="utf-8")
    (tmp_path / "blank").write_text("", encoding="utf-8")
    short = filled("backup", str(file), "--passphrase-from", str(tmp_path / "blank"))
    assert (short.exit_code, "characters" in short.output) == (1, True)
    assert not file.exists()
    both = CliRunner().invoke(
        main, ["backup", str(file), "--passphrase-from", "-", "--unlock-from", "-"], env={"PAXZAR_LANG": "en"}
    )
    assert both.exit_code == 2
    assert filled("backup", str(file), "--passphrase-from", str(passphrase)).exit_code == 0
    for args, code, words in (
        ((str(file), "--passphrase-from", str(wrong), "--yes"), 1, "did not open"),
        ((str(file), "--passphrase-from", "-"), 2, "--yes"),
        ((str(file), "--yes"), 1, "--passphrase-from"),
        ((str(passphrase), "--passphrase-from", str(passphrase), "--yes"), 1, "no Paxzar backup"),
        ((str(tmp_path / "none"), "--passphrase-from", str(passphrase), "--yes"), 1, "no file"),
    ):
        result = restore(filled, *args, given="x\n")
        assert (result.exit_code, words in result.output) == (code, True), result.output
    assert not list(filled.folder.glob("replaced-*"))


async def test_the_owner_makes_the_backup_and_a_restore_waits_for_it_to_leave(
    cli: Cli, passphrase: Path, tmp_path: Path
) -> None:
    console = await open_console(cli.folder, unlock=Secret("a password for tests"))
    server = HandoverServer(console)
    await server.start()
    file = tmp_path / "b.paxzb"
    try:
        made = await asyncio.to_thread(cli.json, "backup", str(file), "--passphrase-from", str(passphrase))
        assert made["counts"]["orders"] == 0
        assert [e["action"] for e in await asyncio.to_thread(cli.json, "audit")] == ["backup.made"]
        assert (await asyncio.to_thread(cli, "audit", "verify")).exit_code == 0
        zipped = await asyncio.to_thread(cli.json, "diagnostics", "--out", str(tmp_path / "d.zip"))
        assert "about.json" in zipped["members"]
        owned = await asyncio.to_thread(restore, cli, str(file), "--passphrase-from", str(passphrase), "--yes")
        assert owned.exit_code == 1
        assert str(os.getpid()) in owned.output.replace(",", "").replace(".", "")
    finally:
        await server.close()
        await console.close()
    done = await asyncio.to_thread(restore, cli, str(file), "--passphrase-from", str(passphrase), "--yes")
    assert done.exit_code == 0, done.output


def test_the_log(filled: Cli) -> None:
    rows = filled.json("audit")
    assert [row["action"] for row in rows] == [
        "vault.unlocked", "buyer.erased", "data.exported", "price.wished", "keys.changed", "connection.added",
    ]  # fmt: skip
    assert rows[3]["connection"] == "Dükkân"
    assert rows[3]["details"] == {"count": 2, "ids": [1, 2]}
    assert [row["id"] for row in filled.json("audit", "--action", "keys")] == [2]
    assert [row["id"] for row in filled.json("audit", "--actor", "veli", "--outcome", "done")] == [4, 3]
    assert [row["id"] for row in filled.json("audit", "--connection", "Dükkân", "--limit", "2")] == [3, 2]
    assert filled.json("audit", "--since", "2099-01-01") == []
    assert filled.json("audit", "--until", "2000-01-01") == []
    text = filled("audit").output
    assert "veli  price set  Dükkân  count=2" in text
    assert "failed=3  failed" in text
    for args in (("--action", "dancing"), ("--connection", "Nobody"), ("--since", "yesterday")):
        assert filled("audit", *args).exit_code == 2
    assert len(filled.json("audit", "--export")) == 6
    assert filled.json("audit", "--limit", "1")[0]["action"] == "audit.exported"


def test_the_log_in_pages(filled: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.api.commands_safety.PAGE", 2)
    assert [row["id"] for row in filled.json("audit", "--limit", "0")] == [6, 5, 4, 3, 2, 1]
    assert [row["id"] for row in filled.json("audit", "--limit", "5")] == [6, 5, 4, 3, 2]


def test_verify(filled: Cli) -> None:
    whole = filled("audit", "verify")
    assert whole.exit_code == 0
    data = filled.json("audit", "verify")
    head = f"6:{data['head']}"
    assert head in whole.output
    assert data["broken"] is None
    assert filled("audit", "verify", "--against", head).exit_code == 0
    assert filled("audit", "verify", "--against", "nonsense").exit_code == 2
    with closing(sqlite3.connect(filled.folder / "store.sqlite", isolation_level=None)) as conn:
        (guard,) = conn.execute("SELECT sql FROM sqlite_schema WHERE name = 'audit_never_changes'").fetchone()
        conn.execute("DROP TRIGGER audit_never_changes")
        conn.execute("UPDATE audit SET actor = 'nobody' WHERE id = 4")
        conn.execute(guard)
    broken = filled("audit", "verify")
    assert broken.exit_code == 1
    assert "Entry 4" in broken.output
    assert filled.json("audit", "verify", exit_code=1)["broken"] == {"id": 4, "why": "changed"}


@pytest.mark.parametrize("why", ["changed", "missing", "cut", "replaced", "unguarded"])
def test_every_break_has_words(why: str) -> None:
    for language in ("tr", "en"):
        assert Words.load(language).has(f"audit.broken.{why}")


def test_every_action_and_outcome_has_words() -> None:
    for language in ("tr", "en"):
        words = Words.load(language)
        assert [a for a in Action if not words.has(f"audit.action.{a}")] == []
        assert [o for o in Outcome if not words.has(f"audit.outcome.{o}")] == []


def test_the_report(filled: Cli) -> None:
    data = filled.json("audit", "report")
    assert {(u["actor"], u["action"], u["connection"], u["account"]) for u in data["access"]} == {
        ("ayse", "connection.added", "Dükkân", "trendyol-1a2b"), ("ayse", "keys.changed", "Dükkân", "trendyol-1a2b"),
        ("veli", "price.wished", "Dükkân", "trendyol-1a2b"),
    }  # fmt: skip
    assert [(u["actor"], u["action"]) for u in data["left"]] == [("veli", "data.exported")]
    assert [(e["actor"], e["subject_id"]) for e in data["erasures"]] == [("ayse", "7")]
    assert [(u["action"], u["outcome"]) for u in data["unlocks"]] == [("vault.unlocked", "failed")]
    text = filled("audit", "report").output
    assert "ayse · keys changed · Dükkân · trendyol-1a2b · done · 1×" in text
    assert "buyer erased" in text
    empty = filled("audit", "report", "--since", "2099-01-01").output
    assert empty.count("nothing") == 4


def test_in_turkish(filled: Cli) -> None:
    filled.lang = "tr"
    assert "fiyat verildi" in filled("audit").output
    assert "Denetim kaydı bütün: 6 kayıt." in filled("audit", "verify").output
    assert "alıcı silindi" in filled("audit", "report").output


def test_diagnostics(filled: Cli, tmp_path: Path) -> None:
    result = filled("diagnostics", "--out", str(tmp_path / "d.zip"))
    assert result.exit_code == 0, result.output
    assert "none is in it" in result.output
    with zipfile.ZipFile(tmp_path / "d.zip") as held:
        assert "about.json" in held.namelist()
    again = filled("diagnostics", "--out", str(tmp_path / "d.zip"))
    assert (again.exit_code, "already" in again.output) == (1, True)


def test_every_key_of_backups_and_bundles_has_words() -> None:
    root = Path(__file__).resolve().parents[3] / "app" / "api"
    names = ("sealed", "backup", "backup_ways", "restoring", "diagnostics", "commands_safety", "cli_safety")
    text = "".join((root / f"{name}.py").read_text(encoding="utf-8") for name in names)
    keys = set(re.findall(r'"((?:backup|diagnostics)\.[a-z_.]+)"', text)) - {str(a) for a in Action} | {"backup.made"}
    assert len(keys) > 20
    for language in ("tr", "en"):
        assert [key for key in keys if not Words.load(language).has(key)] == []
