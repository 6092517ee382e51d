"""The system's keyring: backends refused by name, one that hangs, and a real Secret Service."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import keyring.backend
import keyring.backends.chainer
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import pytest

from app.contracts import Secret
from app.platform.keyrings import SERVICE, KeyringError, OsKeyring, refused_name
from tests.support.waiting import until


class Memory(keyring.backend.KeyringBackend):
    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.kept:
            raise keyring.errors.PasswordDeleteError
        del self.kept[service, username]


def named(module: str, name: str, *, base: type = Memory) -> object:
    """An instance of a class that calls itself `module.name`, as keyrings.alt is not installed here."""
    return type(name, (base,), {"__module__": module, "__qualname__": name})()


class Chain(keyring.backends.chainer.ChainerBackend):
    backends: list[object] = []  # type: ignore[assignment]  # noqa: RUF012 – the library's own shape


def chain(*backends: object) -> Chain:
    made = Chain()
    made.backends = list(backends)
    return made


async def test_round_trip_under_the_agreed_name() -> None:
    backend = Memory()
    port = OsKeyring(lambda: backend)
    assert await port.usable() is None
    assert await port.get("vault-id") is None
    await port.put("vault-id", Secret("s"))
    assert backend.kept == {(SERVICE, "vault-id"): "s"}
    assert SERVICE == "paxzar"
    assert await port.get("vault-id") == Secret("s")
    await port.drop("vault-id")
    await port.drop("vault-id")
    assert backend.kept == {}


@pytest.mark.parametrize(
    "backend",
    [
        keyring.backends.null.Keyring(),
        keyring.backends.fail.Keyring(),
        named("keyrings.alt.file", "PlaintextKeyring"),
        named("keyrings.alt.file", "EncryptedKeyring"),
        named("keyrings.alt.Windows", "RegistryKeyring"),
        named("keyrings.cryptfile.cryptfile", "CryptFileKeyring"),
        named("somebody.elses", "Child", base=type(named("keyrings.alt.file", "PlaintextKeyring"))),
        chain(Memory(), named("keyrings.alt.file", "PlaintextKeyring")),
        chain(chain(keyring.backends.null.Keyring())),
        chain(),
    ],
    ids=lambda b: f"{type(b).__module__}.{type(b).__name__}",
)
async def test_refused_by_name(backend: keyring.backend.KeyringBackend) -> None:
    port = OsKeyring(lambda: backend)
    assert await port.usable() == "vault.keyring_unsafe"
    for call in (port.get("v"), port.put("v", Secret("geheim")), port.drop("v")):
        with pytest.raises(KeyringError) as refused:
            await call
        assert refused.value.key == "vault.keyring_unsafe"
        assert refused.value.backend == refused_name(backend)
        assert "geheim" not in repr(refused.value)


@pytest.mark.parametrize("backend", [Memory(), chain(Memory(), Memory()), named("keyring.backends.nullable", "Fine")])
def test_not_refused(backend: object) -> None:
    assert refused_name(backend) is None


async def test_a_keyring_that_hangs_costs_the_limit_and_no_more() -> None:
    release, calls = threading.Event(), []

    class Hanging(Memory):
        def get_password(self, service: str, username: str) -> str | None:
            calls.append(username)
            release.wait(60)
            return "late"

    backend = Hanging()
    port = OsKeyring(lambda: backend, limit_s=0.4)
    turns = 0

    async def beat() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.002)

    heart = asyncio.create_task(beat())
    began = time.perf_counter()
    with pytest.raises(KeyringError) as silent:
        await port.get("v")
    assert silent.value.key == "vault.keyring_silent"
    assert time.perf_counter() - began < 30
    assert turns >= 5  # the loop went on
    port._limit_s = 60
    began = time.perf_counter()
    with pytest.raises(KeyringError):  # a second call does not pile up a second thread, and waits for nothing
        await port.get("v")
    assert time.perf_counter() - began < 30
    assert calls == ["v"]
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "paxzar-keyring")
    release.set()
    await until(lambda: port._stuck is not None and not port._stuck.is_alive(), "it woke up")
    assert await port.get("v") == Secret("late")  # it woke up: used again
    heart.cancel()


def test_an_answer_after_the_loop_is_closed_is_dropped() -> None:
    release = threading.Event()

    class Slow(Memory):
        def get_password(self, service: str, username: str) -> str | None:
            release.wait(20)
            return None

    backend = Slow()
    port = OsKeyring(lambda: backend, limit_s=0.05)
    with pytest.raises(KeyringError):
        asyncio.run(port.get("v"))
    release.set()
    assert port._stuck is not None
    port._stuck.join(5)
    assert not port._stuck.is_alive()


@pytest.mark.parametrize(
    ("trouble", "key", "backend"),
    [
        (keyring.errors.NoKeyringError("x"), "vault.keyring_unsafe", "NoKeyringError"),
        (keyring.errors.KeyringLocked("x"), "vault.keyring_failed", "KeyringLocked"),
        (keyring.errors.InitError("x"), "vault.keyring_failed", "InitError"),
        (ConnectionResetError("D-Bus went away, had geheim"), "vault.keyring_failed", "ConnectionResetError"),
    ],
)
async def test_a_keyring_that_vanishes(trouble: Exception, key: str, backend: str) -> None:
    def find() -> keyring.backend.KeyringBackend:
        raise trouble

    with pytest.raises(KeyringError) as told:
        await OsKeyring(find).get("v")
    assert (told.value.key, told.value.backend) == (key, backend)
    assert "geheim" not in str(told.value)


REAL = """
import asyncio, sys
from pathlib import Path
import keyring
from app.contracts import Secret
from app.platform.keyrings import OsKeyring
from app.vault import Profile, Vault

async def main(folder):
    port = OsKeyring()
    backend = type(keyring.get_keyring())
    assert await port.usable() is None, (await port.usable(), backend)
    vault, _ = await Vault.create(folder / "v", keyring=port, password=Secret("parola"), profile=Profile.TEST)
    await vault.put("e", {"k": "değer"})
    again = await Vault.open(folder / "v")
    await again.unlock_with_keyring(port)
    assert (await again.get("e"))["k"].reveal() == "değer"
    (slot,) = (one for one in again.slots if one.kind == "keyring")
    await again.drop_slot(slot.id, port)
    assert await port.get(again.id) is None
    await again.add_keyring(port)
    await port.drop(again.id)
    third = await Vault.open(folder / "v")
    try:
        await third.unlock_with_keyring(port)
    except Exception as error:
        print(backend.__module__, error.key, third.keyring_missing)

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("gnome-keyring-daemon") or not shutil.which("dbus-run-session"),
    reason="needs Linux with gnome-keyring-daemon and dbus-run-session (Debian: gnome-keyring, dbus)",
)
def test_a_real_secret_service(tmp_path: Path) -> None:
    """gnome-keyring under a D-Bus session of its own; nothing of this machine's keyring is touched."""
    script = tmp_path / "real.py"
    script.write_text(REAL, "utf-8")
    home = tmp_path / "home"
    (home / "run").mkdir(parents=True, mode=0o700)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home / "run"),
        "XDG_DATA_HOME": str(home / "data"),
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "PYTHONUTF8": "1",
        "PAXZAR_TEST_PROFILE": "1",
        "PAXZAR_HOME": str(home / "paxzar"),
    }
    inside = (
        "printf test | gnome-keyring-daemon --unlock --components=secrets --foreground >/dev/null 2>&1 & daemon=$!; "
        'sleep 1; "$0" "$1" "$2"; code=$?; kill $daemon; wait $daemon 2>/dev/null; exit $code'
    )
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", inside, sys.executable, str(script), str(tmp_path)],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["keyring.backends.SecretService", "vault.keyring_missing", "True"]
