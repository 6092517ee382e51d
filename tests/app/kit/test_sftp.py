"""SFTP behind the folder port, against a real server on loopback: the pinned key, the root, whole files, and whose fault what is."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from app.contracts import ProviderError, Secret, TheirsError, YoursError
from app.kit import MemoryTokens
from app.kit.sftp import SftpPlace, pinned, sftp_folder

PASSWORD = "Gizli-Parola-1"
#: Asked for a password, and how often: none may be shown to a server with another key.
ASKED: list[str] = []
CONNECTIONS: list[asyncssh.SSHServerConnection] = []


class Gate(asyncssh.SSHServer):
    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        CONNECTIONS.append(conn)

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        ASKED.append(password)
        return (username, password) == ("magaza", PASSWORD)


@contextlib.asynccontextmanager
async def server(root: Path, key: asyncssh.SSHKey | None = None, **more: Any) -> AsyncIterator[int]:
    listener = await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[key or asyncssh.generate_private_key("ssh-ed25519")], server_factory=more.pop("gate", Gate),
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=os.fsencode(root)), **more,
    )  # fmt: skip
    try:
        yield listener.get_port()
    finally:
        listener.close()
        await listener.wait_closed()


def place(port: int, **more: Any) -> SftpPlace:
    given: dict[str, Any] = {"user": "magaza", "password": Secret(PASSWORD), "key": Secret(""), "root": "/", "pin": ""}
    return SftpPlace("127.0.0.1", port, **{**given, **more})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    ASKED.clear()
    (tmp_path / "gelen").mkdir()
    (tmp_path / "gelen" / "siparis.csv").write_bytes(b"a;b\n" * 200_000)
    (tmp_path / "gelen" / ".yarim.part").write_bytes(b"x")
    return tmp_path


async def test_files_go_both_ways(root: Path) -> None:
    tokens = MemoryTokens()
    async with server(root) as port:
        async with sftp_folder(place(port), ("gelen",), tokens) as folder:
            (one,) = await folder.look()
            assert (one.name, one.size) == ("siparis.csv", 800_000)
            assert await folder.read("siparis.csv") == b"a;b\n" * 200_000
            with pytest.raises(YoursError):
                await folder.read("siparis.csv", cap=1000)
            with pytest.raises(YoursError):
                await folder.read("../gizli")
        async with sftp_folder(place(port), ("giden",), tokens) as folder:
            assert await folder.look() == []
            await folder.prove_writable()
            assert await folder.write("fiyat.xlsx", b"1" * 600_000, replace=False) == "fiyat.xlsx"
            assert await folder.write("fiyat.xlsx", b"2", replace=False) == "fiyat-2.xlsx"
            assert await folder.write("fiyat.xlsx", b"3", replace=True) == "fiyat.xlsx"
    assert {one.name: one.read_bytes() for one in (root / "giden").iterdir()} == {
        "fiyat.xlsx": b"3",
        "fiyat-2.xlsx": b"2",
    }


async def test_the_key_of_the_first_use_is_pinned_and_another_one_gets_no_password(root: Path) -> None:
    tokens, first = MemoryTokens(), asyncssh.generate_private_key("ssh-ed25519")
    async with server(root, first) as port:
        async with sftp_folder(place(port), (), tokens) as folder:
            await folder.look()
        print_ = await pinned(place(port), tokens)
        assert print_ == first.get_fingerprint()
        async with sftp_folder(place(port), (), tokens):
            pass
    ASKED.clear()
    other = asyncssh.generate_private_key("ssh-ed25519")
    async with server(root, other) as port:
        moved = place(port, pin=print_)
        with pytest.raises(YoursError) as caught:
            async with sftp_folder(moved, (), tokens):
                pytest.fail("it let us in")
        assert caught.value.message.code == "sheet.host_key"
        assert caught.value.message.params["value"] == other.get_fingerprint()
        assert ASKED == []
        async with sftp_folder(place(port, pin=other.get_fingerprint()), (), tokens):
            pass


async def test_a_private_key_opens_too(root: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")

    class ByKey(Gate):
        def password_auth_supported(self) -> bool:
            return False

        def public_key_auth_supported(self) -> bool:
            return True

        def validate_public_key(self, username: str, shown: asyncssh.SSHKey) -> bool:
            return shown == key.convert_to_public()

    locked = key.export_private_key("pkcs8-pem", passphrase="parola").decode()
    async with server(root, gate=ByKey) as port:
        async with sftp_folder(
            place(port, key=Secret(locked), password=Secret("parola")), ("gelen",), MemoryTokens()
        ) as folder:
            assert len(await folder.look()) == 1
        with pytest.raises(YoursError) as caught:
            async with sftp_folder(place(port, key=Secret("no key")), (), MemoryTokens()):
                pytest.fail("that was a key")
    assert caught.value.message.field == "key_file"


async def test_whose_fault_it_is(root: Path) -> None:
    async with server(root) as port:
        for change, code in (
            ({"password": Secret("yanlış")}, "auth.refused"),
            ({"root": "/yok"}, "sheet.folder"),
        ):
            with pytest.raises(YoursError) as caught:
                async with sftp_folder(place(port, **change), (), MemoryTokens()) as folder:
                    await folder.look()
            assert caught.value.message.code == code
    with pytest.raises(TheirsError) as late:
        async with sftp_folder(place(port), (), MemoryTokens()):
            pytest.fail("nobody listens there any more")
    assert late.value.message.code == "net.unreachable"


async def test_a_line_that_breaks_off_is_not_the_end_of_a_file(root: Path) -> None:
    async with server(root) as port:
        with pytest.raises(ProviderError) as caught:
            async with sftp_folder(place(port), ("giden",), MemoryTokens()) as folder:
                CONNECTIONS[-1].abort()
                await folder.write("fiyat.xlsx", b"1" * 600_000, replace=False)
    assert caught.value.message.code in ("net.cut", "net.unreachable")
    assert not (root / "giden" / "fiyat.xlsx").exists()
