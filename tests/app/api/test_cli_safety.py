"""`paxzar backup`, `restore`, `audit`, `diagnostics` from the outside: exit codes, sentences, JSON, the hand-over."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sqlite3
import time
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook

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
    """Entry 1 is the first command's own: it made the vault. 2 to 7 are those of `entries`, 8 the next command's: before it
    a try was refused."""
    assert cli("connections").exit_code == 0
    asyncio.run(entries(cli.folder))
    return cli


def test_backup_and_restore(filled: Cli, passphrase: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.paxzb"
    result = filled("backup", str(file), "--passphrase-from", str(passphrase))
    assert result.exit_code == 0, result.output
    assert "0 orders, 0 listings, 1 connections, 8 audit entries" in result.output
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
    mine, *rows, first = filled.json("audit")
    assert [(row["action"], row["subject_id"], row["details"]) for row in (first, mine)] == [
        ("vault.unlocked", "headless", {"failed": 0, "way": "created"}),
        ("vault.unlocked", "headless", {"failed": 1, "way": "typed"}),
    ]  # fmt: skip
    assert [row["action"] for row in rows] == [
        "vault.unlocked", "buyer.erased", "data.exported", "price.wished", "keys.changed", "connection.added",
    ]  # fmt: skip
    assert rows[3]["connection"] == "Dükkân"
    assert rows[3]["details"] == {"count": 2, "ids": [1, 2]}
    assert [row["id"] for row in filled.json("audit", "--action", "keys")] == [3]
    assert [row["id"] for row in filled.json("audit", "--actor", "veli", "--outcome", "done")] == [5, 4]
    assert [row["id"] for row in filled.json("audit", "--connection", "Dükkân", "--limit", "2")] == [4, 3]
    assert filled.json("audit", "--since", "2099-01-01") == []
    assert filled.json("audit", "--until", "2000-01-01") == []
    text = filled("audit").output
    assert "veli  price set  Dükkân  count=2" in text
    assert "failed=3  failed" in text
    for args in (("--action", "dancing"), ("--connection", "Nobody"), ("--since", "yesterday")):
        assert filled("audit", *args).exit_code == 2
    assert len(filled.json("audit", "--export")) == 8
    assert filled.json("audit", "--limit", "1")[0]["action"] == "audit.exported"


def test_the_log_in_pages(filled: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.api.commands_safety.PAGE", 2)
    assert [row["id"] for row in filled.json("audit", "--limit", "0")] == [8, 7, 6, 5, 4, 3, 2, 1]
    assert [row["id"] for row in filled.json("audit", "--limit", "5")] == [8, 7, 6, 5, 4]


def test_verify(filled: Cli) -> None:
    whole = filled("audit", "verify")
    assert whole.exit_code == 0
    data = filled.json("audit", "verify")
    head = f"8:{data['head']}"
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
    assert [(u["action"], u["outcome"]) for u in data["unlocks"] if u["actor"] == "veli"] == [
        ("vault.unlocked", "failed")
    ]
    assert {one["actor"]: one["count"] for one in data["people"]}.items() >= {"ayse": 3, "veli": 3}.items()
    text = filled("audit", "report").output
    assert "ayse · keys changed · Dükkân · trendyol-1a2b · done · 1×" in text
    assert "buyer erased" in text
    empty = filled("audit", "report", "--since", "2099-01-01").output
    assert empty.count("nothing") == 5
    assert len(filled.json("audit", "report", "--until", "2000-01-01")["everything"]) == 0


def test_exports(filled: Cli, tmp_path: Path) -> None:
    sheet = tmp_path / "log.csv"
    done = filled.json("audit", "export", "--out", str(sheet), "--actor", "veli")
    assert done == {"path": str(sheet), "entries": 3}
    text = sheet.read_bytes().decode("utf-8-sig")
    assert text.splitlines()[0].startswith("No.,Time,Person,Action")
    assert "price set,Dükkân" in text
    assert '"{""count"":2,""ids"":[1,2]}"' in text
    assert filled("audit", "export", "--out", str(sheet)).exit_code == 1
    assert filled("audit", "export", "--out", str(tmp_path / "no" / "x.csv")).exit_code == 1
    book = tmp_path / "report.xlsx"
    assert str(book) in filled("audit", "report", "--out", str(book)).output
    rows = CalamineWorkbook.from_path(str(book)).get_sheet_by_index(0).to_python()
    assert ["veli", "price set", "Dükkân", "trendyol-1a2b", "done", 1.0] in [row[:6] for row in rows]
    assert filled("audit", "report", "--out", str(book)).exit_code == 1
    taken = filled.json("audit", "--action", "audit")
    assert [(row["subject_id"], row["details"]["count"]) for row in taken] == [("report", len(rows) - 1), ("csv", 3)]


def test_who_came_in(filled: Cli) -> None:
    filled.password.write_text("wrong\n", encoding="utf-8")
    assert filled("connections").exit_code == 1
    assert filled("connections").exit_code == 1  # has to wait: that is no try
    filled.password.write_text("a password for tests\n", encoding="utf-8")
    time.sleep(1.1)
    for _ in range(2):  # the second one within the hour is the same visitor
        rows = filled.json("audit", "--action", "vault")
        assert [(r["subject_id"], r["outcome"], r["details"].get("failed")) for r in rows[:2]] == [
            ("headless", "done", 2), ("refused", "failed", None),
        ]  # fmt: skip
        assert len(rows) == 4


def test_automatic_backups(filled: Cli, tmp_path: Path) -> None:
    state = filled.json("backups")
    assert (state["files"], state["worry"], state["chosen"]) == ([], "", False)
    state = filled.json("backups", "--now")
    assert [Path(one["path"]).parent for one in state["files"]] == [filled.folder / "backups"]
    (tmp_path / "disk").mkdir()
    state = filled.json("backups", "--folder", str(tmp_path / "disk"), "--now")
    assert (state["folder"], len(state["files"]), state["chosen"]) == (str(tmp_path / "disk"), 1, True)
    assert filled("backups", "--folder", str(tmp_path / "none")).exit_code == 1
    shutil.rmtree(tmp_path / "disk")
    gone = filled("backups", "--now")
    assert (gone.exit_code, "There is no folder" in gone.output) == (1, True)
    told = filled("backups")
    assert (told.exit_code, "The last backup was not made" in told.output) == (1, True)
    assert filled.json("backups", "--folder", "", "--now")["worry"] == ""
    assert [row["subject_id"] for row in filled.json("audit", "--action", "settings")] == ["backup.folder"] * 2


def test_in_turkish(filled: Cli) -> None:
    filled.lang = "tr"
    assert "fiyat verildi" in filled("audit").output
    assert "Denetim kaydı bütün: 8 kayıt." in filled("audit", "verify").output
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
