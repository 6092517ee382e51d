"""The diagnostics bundle: what helps is in it; no vault value in any coding, and no buyer."""

from __future__ import annotations

import base64
import json
import os
import re
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from app.api import diagnostics
from app.api.diagnostics import DiagnosticsError, bundle
from app.console import Console, RehearsalKeys, assemble, utc_now
from app.contracts import Message, Page, Secret
from app.model import Address, Buyer, Money, Order, OrderStatus
from app.store import Store
from app.store.migrations import LATEST
from app.store.workspace import Workspace, WorkspaceKind
from app.vault import Profile, Vault
from app.vault.redact import Redactor

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PASSWORD = Secret("kasanın parolası")
KEY = 'sır/Değer+="<&>\\ğüş-Qz81xW'


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Console]:
    workspace = Workspace(tmp_path / "ws")
    workspace.prepare(WorkspaceKind.LIVE)
    owned = workspace.acquire()
    vault, _ = await Vault.create(workspace.vault, keyring=None, password=PASSWORD, profile=Profile.TEST)
    await vault.put("acc", {"api_key": KEY, "user": "ali", "pin": "7431"})
    store = await Store.open(workspace.store, now=utc_now)
    made = assemble(workspace, owned, store, vault, vault)
    await store.accounts.add("acc", "woocommerce", "live")
    row = await store.connections.add("Ayşe Butik", "woocommerce", "acc", "live")
    order = Order(
        remote_id="1", number="N-7001", status=OrderStatus.OPEN, vendor_status="", placed_at=NOW, updated_at=NOW,
        total=Money.from_micros(1, "TRY"), lines=(), buyer=Buyer("Fatma Öztürk", "+905321234567"),
        ship_to=Address(name="Fatma Öztürk", street="Bağdat Caddesi 12"),
    )  # fmt: skip
    await store.orders.apply_page(row.id, "acc", Page((order,)), now=NOW)
    job = await store.jobs.start("orders", row.id)
    text = f"key {KEY} refused for fatma@example.com, tel 0532 123 45 67"
    await store.jobs.end(job, "failed", Message("auth.refused", {"operation": "orders", "buyer": "Fatma"}, "E7", text))
    yield made
    await made.close()


def log(console: Console, *lines: str) -> None:
    (console.workspace.logs / "paxzar.log").write_text("\n".join(lines) + "\n", encoding="utf-8")


def contents(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as held:
        return {name: held.read(name).decode("utf-8") for name in held.namelist()}


#: The value as it shows up in logs.
CODINGS = {
    "plain": KEY,
    "base64": base64.b64encode(KEY.encode()).decode(),
    "base64 of a pair": base64.b64encode(f"ali:{KEY}".encode()).decode(),
    "base64 for URLs": base64.urlsafe_b64encode(f"x{KEY}y".encode()).decode(),
    "URL": quote(KEY, safe=""),
    "URL, small": re.sub("%..", lambda hit: hit.group().lower(), quote(KEY, safe="")),
    "JSON": json.dumps(KEY),
    "JSON as it is": json.dumps(KEY, ensure_ascii=False),
    "first six": f"token={KEY[:6]}…",
    "last six": f"ends in {KEY[-6:]}.",
    "pin": "pin 7431 sent",
}


async def test_what_helps_is_inside(console: Console, tmp_path: Path) -> None:
    log(console, "2026-11-24 09:00:00,123 WARNING app.jobs: a pull took 12.5 s", f"written to {Path.home()}/x/y.pdf")
    (console.workspace.logs / "paxzar.log.1").write_bytes(b"older \xff line\n")
    facts = await bundle(console, tmp_path / "d.zip", stalls={"count": 3, "longest_ms": 41.5}, now=lambda: NOW)
    found = contents(facts.path)
    assert tuple(found) == facts.members
    assert set(found) == {
        "about.json", "counts.json", "health.json", "jobs.json", "outbox.json", "stalls.json", "logs/1.log", "logs/2.log",
    }  # fmt: skip
    about = json.loads(found["about.json"])
    assert (about["schema"], about["kind"], about["made"]) == (LATEST, "live", NOW.isoformat())
    assert about["python"].startswith("3.")
    assert "msgspec" in about["libraries"]
    counts = json.loads(found["counts.json"])
    assert (counts["orders"], counts["connections"], counts["audit_broken"]) == (1, 1, None)
    (health,) = json.loads(found["health.json"])
    assert (health["integration"], health["state"]) == ("woocommerce", "unknown")
    (job,) = json.loads(found["jobs.json"])
    assert (job["message"]["code"], job["message"]["vendor_code"], job["message"]["operation"]) == (
        "auth.refused",
        "E7",
        "orders",
    )
    assert json.loads(found["stalls.json"]) == {"count": 3, "longest_ms": 41.5}
    assert "2026-11-24 09:00:00,123 WARNING app.jobs: a pull took 12.5 s" in found["logs/1.log"]
    assert "~/x/y.pdf" in found["logs/1.log"]
    assert "older" in found["logs/2.log"]
    (entry,) = await console.store.audit.query()
    assert (entry.action, entry.outcome, entry.details["files"]) == ("diagnostics.made", "done", 8)
    assert facts.values == 2  # "ali" is too short to be told from other text
    assert not list(tmp_path.glob(".d.zip*"))


async def test_no_secret_in_any_coding_and_no_buyer(console: Console, tmp_path: Path) -> None:
    log(console, *CODINGS.values(), "Fatma: fatma@example.com, 0532 123 45 67, +905321234567, 12345678901")
    facts = await bundle(console, tmp_path / "d.zip")
    whole = "\n".join(contents(facts.path).values())
    for name, text in CODINGS.items():
        assert text not in whole, name
    for trace in (
        KEY[:6],
        KEY[-6:],
        "7431",
        "fatma@",
        "123 45 67",
        "5321234567",
        "12345678901",
        "Öztürk",
        "Bağdat",
        "N-7001",
        "Butik",
    ):
        assert trace not in whole, trace
    assert "refused for" in whole
    assert os.name != "posix" or facts.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("coding", CODINGS)
async def test_the_scan_finds_what_the_redactor_let_through(
    console: Console, tmp_path: Path, coding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Redactor, "redact", lambda self, text: text)
    await console.store.jobs.start("x")
    log(console, *("an innocent line" for _ in range(2000)), CODINGS[coding])
    with pytest.raises(DiagnosticsError) as caught:
        await bundle(console, tmp_path / "d.zip")
    assert caught.value.key == "diagnostics.leak"
    assert caught.value.params["member"] in ("jobs.json", "logs/1.log")
    assert not list(tmp_path.glob("*d.zip*"))
    (entry,) = await console.store.audit.query()
    assert entry.outcome == "refused"


@pytest.mark.parametrize("coding", [c for c in CODINGS if "six" not in c])
async def test_whole_values_are_found_without_the_redactors_patterns(
    console: Console, tmp_path: Path, coding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Redactor, "finds", lambda self, text: False)
    path = tmp_path / "planted.zip"
    assert console.vault is not None
    redactor = Redactor(console.vault.values)
    for text, found in ((CODINGS[coding], "logs/1.log"), ("nothing of it", "")):
        with zipfile.ZipFile(path, "w") as out:
            out.writestr("about.json", "{}")
            out.writestr("logs/1.log", f"before {text} after")
        assert await diagnostics.find_leak(path, console.vault.values, redactor) == found


async def test_a_trace_over_the_edge_of_a_window_is_found(console: Console, tmp_path: Path) -> None:
    path = tmp_path / "planted.zip"
    assert console.vault is not None
    for at in range(diagnostics._SLICE - 6, diagnostics._SLICE + 1):
        with zipfile.ZipFile(path, "w") as out:
            out.writestr("x", "." * at + KEY[:6] + "." * 100)
        assert await diagnostics.find_leak(path, console.vault.values, Redactor(console.vault.values)) == "x"


async def test_what_is_refused(console: Console, tmp_path: Path) -> None:
    (tmp_path / "there.zip").write_bytes(b"mine")
    with pytest.raises(DiagnosticsError, match=r"diagnostics\.exists"):
        await bundle(console, tmp_path / "there.zip")
    assert (tmp_path / "there.zip").read_bytes() == b"mine"
    with pytest.raises(DiagnosticsError, match=r"diagnostics\.unwritten"):
        await bundle(console, tmp_path / "no" / "d.zip")
    assert console.vault is not None
    await console.vault.lock()  # what is not known cannot be searched for
    with pytest.raises(DiagnosticsError, match=r"diagnostics\.locked"):
        await bundle(console, tmp_path / "d.zip")
    assert not (tmp_path / "d.zip").exists()


async def test_a_rehearsal_needs_no_vault(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "ws")
    workspace.prepare(WorkspaceKind.REHEARSAL)
    store = await Store.open(workspace.store, now=utc_now)
    console = assemble(workspace, workspace.acquire(), store, RehearsalKeys(), None)
    facts = await bundle(console, tmp_path / "d.zip")
    assert json.loads(contents(facts.path)["about.json"])["kind"] == "rehearsal"
    assert facts.values == 0
    await console.close()


def test_only_the_end_of_a_long_log(tmp_path: Path) -> None:
    line = "x" * 99 + "\n"
    (tmp_path / "paxzar.log").write_text("first\n" + line * 6000 + "last\n", encoding="utf-8")
    (text,) = diagnostics._logs(tmp_path).values()
    assert text.endswith("last\n")
    assert text.startswith(line)
    assert diagnostics._LOG_TAIL - 200 < len(text) <= diagnostics._LOG_TAIL
