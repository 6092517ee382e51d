"""A command for a workspace that another process owns goes to its owner; nobody else gets in."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.api import handover
from app.api.handover import HandoverServer, hand_over
from app.cli import on_workspace
from app.console import open_console, utc_now
from app.contracts import Secret
from app.jobs.connect import Wish
from app.platform import keyrings
from app.store.workspace import WorkspaceOwned
from tests.support.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
async def owner(tmp_path, shop):
    console = await open_console(tmp_path / "ws", unlock=Secret("a password for tests"))
    await console.connecting.save(Wish("woocommerce", "Dükkân", "live", shop.secrets, shop.address), utc_now())
    server = HandoverServer(console)
    await server.start()
    yield server, console
    await server.close()
    await console.close()


async def address(console):
    with pytest.raises(WorkspaceOwned) as caught:
        await asyncio.to_thread(console.workspace.acquire)
    return caught.value.handover


async def test_the_owner_runs_the_command(owner, tmp_path, monkeypatch):
    _, console = owner

    async def none():
        return None

    monkeypatch.setattr(keyrings, "system_keyring", none)
    answer = await on_workspace("connections", {"lang": "en"}, tmp_path / "ws", None)
    assert answer.exit == 0
    assert answer.data[0]["name"] == "Dükkân"
    synced = await on_workspace("sync", {"lang": "en", "orders": True}, tmp_path / "ws", None)
    assert synced.data[0]["new"] == 12
    assert (await console.store.jobs.recent(1))[0].kind == "orders"


async def test_a_second_start_raises_the_window(owner):
    server, console = owner
    where = await address(console)
    assert (await hand_over(where["port"], where["token"], "raise", {})).exit == 0
    assert server.raised.is_set()


async def test_wrong_token_command_and_form_are_refused(owner):
    _, console = owner
    where = await address(console)
    assert (await hand_over(where["port"], "wrong", "connections", {})).data == {"error": "refused"}
    assert (await hand_over(where["port"], where["token"], "os.system", {})).data == {"error": "unknown command"}
    for line in (b"\n", b"[1]\n", b"{}\n", b"GET / HTTP/1.1\r\n", b"\xff\xfe\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", where["port"])
        writer.write(line)
        await writer.drain()
        answer = json.loads(await asyncio.wait_for(reader.readline(), PATIENCE_S))
        assert answer["exit"] == 2
        writer.close()
    assert (await hand_over(where["port"], where["token"], "connections", {"lang": "en"})).exit == 0


async def test_a_console_that_cannot_open_frees_the_folder(tmp_path):
    from app.vault import VaultError

    console = await open_console(tmp_path / "ws", unlock=Secret("a password for tests"))
    await console.close()
    with pytest.raises(VaultError):
        await open_console(tmp_path / "ws", unlock=Secret("wrong"))
    await asyncio.sleep(1.1)  # the delay after a wrong password
    console = await open_console(tmp_path / "ws", unlock=Secret("a password for tests"))
    await console.close()


def test_every_room_of_commands_is_handed_over() -> None:
    """`commands` itself imports health and writes. A room that is forgotten would work headless and not beside a window."""
    folder = Path(handover.__file__).parent
    rooms = {path.stem.removeprefix("commands_") for path in folder.glob("commands_*.py")}
    assert rooms - {"health", "writes"} == set(handover.ROOMS)


def test_the_window_starts_without_them() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import sys, app.api.handover; print(*[m for m in sys.modules if '.commands_' in m])"],
        capture_output=True, text=True, check=True, cwd=ROOT,
    ).stdout.split()  # fmt: skip
    assert sorted(told) == ["app.api.commands_health", "app.api.commands_writes"]
