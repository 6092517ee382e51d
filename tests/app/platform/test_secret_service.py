"""The keyring slot against a real Secret Service: gnome-keyring in a D-Bus session of its own. The key vanishes, the service is
locked, the service is gone: password and recovery code open, and the slot is offered and mended. Nothing of this machine's
own keyring is touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux" or not shutil.which("gnome-keyring-daemon") or not shutil.which("dbus-run-session"),
        reason="needs Linux with gnome-keyring-daemon and dbus-run-session (Debian: gnome-keyring, dbus)",
    ),
]

CORE = """
import asyncio, sys
from pathlib import Path
import keyring
from app.contracts import Secret
from app.platform.keyrings import OsKeyring, system_keyring
from app.vault import Profile, Vault, VaultRefused

async def refused(work):
    try:
        await work
    except VaultRefused as error:
        return error.key
    raise AssertionError("it opened")

async def main(folder):
    port = await system_keyring()
    assert isinstance(port, OsKeyring)
    assert type(keyring.get_keyring()).__module__ == "keyring.backends.SecretService"
    password = Secret("parola")
    vault, code = await Vault.create(
        folder / "v", keyring=port, password=password, recovery=True, profile=Profile.TEST
    )
    await vault.put("trendyol-1", {"api_secret": "değer"})
    assert await vault.check_keyring(port) == ""

    # two vaults share one service and do not meet
    other, _ = await Vault.create(folder / "w", keyring=port, password=None, profile=Profile.TEST)
    assert await port.get(other.id) != await port.get(vault.id)

    # the entry vanishes; the password opens; the slot is offered and mended
    await port.drop(vault.id)
    again = await Vault.open(folder / "v")
    assert await refused(again.unlock_with_keyring(port)) == "vault.keyring_missing"
    await again.unlock_with(password)
    assert again.notices == ["vault.keyring_offer"]
    await again.add_keyring(port)
    assert again.notices == []
    await again.lock()
    await again.unlock_with_keyring(port)
    assert (await again.get("trendyol-1"))["api_secret"].reveal() == "değer"

    # a key of something else stands there; the recovery code opens, and it is mended too
    keyring.set_password("paxzar", vault.id, "bm90IG91ciBrZXk=")
    third = await Vault.open(folder / "v")
    assert await third.check_keyring(port) == "vault.keyring_wrong"
    await third.unlock_with(code)
    await third.add_keyring(port)
    assert await third.check_keyring(port) == ""

    # sealed anew: the former key in the service opens nothing, the new one does
    await third.rekey(keyring=port, password=password)
    fourth = await Vault.open(folder / "v")
    await fourth.unlock_with_keyring(port)
    (slot,) = (one for one in fourth.slots if one.kind == "keyring")
    await fourth.drop_slot(slot.id, port)
    assert await port.get(vault.id) is None
    assert await port.get(other.id) is not None
    print("good")

asyncio.run(main(Path(sys.argv[1])))
"""

GONE = """
import asyncio, os, signal, sys
from pathlib import Path
from app.contracts import Secret
from app.platform.keyrings import OsKeyring
from app.vault import Profile, Vault, VaultRefused

async def main(folder):
    port = OsKeyring(limit_s=5)
    vault, _ = await Vault.create(folder / "v", keyring=port, password=Secret("parola"), profile=Profile.TEST)
    await vault.lock()
    os.kill(int(os.environ["DAEMON"]), signal.SIGKILL)
    await asyncio.sleep(0.5)
    try:
        await vault.unlock_with_keyring(port)
    except VaultRefused as error:
        assert error.key.startswith("vault.keyring_"), error.key
    else:
        raise AssertionError("it opened without the service")
    await vault.unlock_with(Secret("parola"))
    assert await vault.check_keyring(port) != ""
    print("good")

asyncio.run(main(Path(sys.argv[1])))
"""

CLI = """
import json, os, subprocess, sys
from pathlib import Path
folder = Path(sys.argv[1])
(folder / "p").write_text("parola", "utf-8")

def paxzar(*args, code=0):
    run = subprocess.run(
        [sys.executable, "-m", "app.cli", *args, "--workspace", str(folder / "ws")],
        capture_output=True, text=True, env={**os.environ, "PAXZAR_LANG": "en"},
    )
    assert run.returncode == code, (args, run.stdout, run.stderr)
    return run.stdout + run.stderr

assert "No account" in paxzar("vault", "status")            # a new vault, made and opened by the Secret Service
paxzar("vault", "password", "--new-from", str(folder / "p"))
ways = json.loads(paxzar("vault", "slots", "--json"))["slots"]
assert sorted(one["kind"] for one in ways) == ["keyring", "password"], ways
import keyring
vault = json.loads(paxzar("vault", "status", "--json"))["id"]
keyring.delete_password("paxzar", vault)
assert "password or the recovery code" in paxzar("vault", "status", code=1)
told = paxzar("vault", "status", "--unlock-from", str(folder / "p"))
assert "no longer opens the vault" in told and "--add-keyring" in told, told
paxzar("vault", "slots", "--add-keyring", "--unlock-from", str(folder / "p"))
assert "no longer" not in paxzar("vault", "status")
print("good")
"""


def in_session(tmp_path: Path, script: str) -> subprocess.CompletedProcess[str]:
    file = tmp_path / "script.py"
    file.write_text(script, "utf-8")
    home = tmp_path / "home"
    (home / "run").mkdir(parents=True, mode=0o700)
    inside = (
        "printf test | gnome-keyring-daemon --unlock --components=secrets --foreground >/dev/null 2>&1 & "
        'DAEMON=$!; export DAEMON; sleep 1; "$0" "$1" "$2"; code=$?; kill $DAEMON 2>/dev/null; '
        "wait $DAEMON 2>/dev/null; exit $code"
    )
    return subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", inside, sys.executable, str(file), str(tmp_path)],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(home / "run"),
            "XDG_DATA_HOME": str(home / "data"),
            "PYTHONPATH": str(ROOT),
            "PYTHONUTF8": "1",
            "PAXZAR_TEST_PROFILE": "1",
            "PAXZAR_HOME": str(home / "paxzar"),
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.mark.parametrize("script", [CORE, GONE, CLI], ids=["vanishes", "service-gone", "headless"])
def test_with_a_real_secret_service(tmp_path: Path, script: str) -> None:
    done = in_session(tmp_path, script)
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-1000:]
    assert done.stdout.split()[-1] == "good"
