"""A folder on an SFTP server behind the port of `app.kit.folders`. The server's key is pinned at first use, before any password
is shown to it. Must never go on with another key than the pinned one, leave its root, or leave a half-written file of a final name.
"""

from __future__ import annotations

import asyncio
import contextlib
import posixpath
import stat
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from app.contracts.account import Secret, Token, TokenStore
from app.contracts.messages import Message, fail
from app.formats.names import safe_file_name
from app.kit.folders import MOST_BYTES, MOST_FILES, FileInfo, Folder, _parted, checked_name, is_ready_name, numbered

if TYPE_CHECKING:
    import asyncssh

CONNECT_S = 15.0
WORK_S = 120.0  # for all that is done on one connection
_SLICE = 256 * 1024


@dataclass(frozen=True)
class SftpPlace:
    """Where and as whom. `key`: a private key in OpenSSH or PEM form, its passphrase is then `password`. `pin`: the host key's
    SHA256 fingerprint, typed by the merchant; '' takes the one that was pinned at first use."""

    host: str
    port: int
    user: str
    password: Secret
    key: Secret
    root: str
    pin: str = ""

    @property
    def pin_name(self) -> str:
        """Under which the account's token store keeps the pinned key: in the vault, for a change of it must be noticed."""
        return f"host_key:{self.host}:{self.port}"


async def pinned(place: SftpPlace, tokens: TokenStore) -> str:
    """The fingerprint that the server must have; '' before the first use."""
    if place.pin:
        return place.pin
    kept = await tokens.get(place.pin_name)
    return kept.access.reveal() if kept is not None else ""


@asynccontextmanager
async def sftp_folder(place: SftpPlace, below: tuple[str, ...], tokens: TokenStore) -> AsyncGenerator[Folder, None]:
    """The open folder. Raises YoursError for a wrong key, password or folder, TheirsError for a server that does not answer."""
    try:
        import asyncssh
    except ImportError as error:
        raise fail(Message("sheet.folder", {"field": place.host, "reason": "sheet_no_sftp"}, field="way")) from error
    wanted, shown = await pinned(place, tokens), []

    class Client(asyncssh.SSHClient):
        def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
            shown.append(key.get_fingerprint("sha256"))
            return not wanted or shown[-1] == wanted

    try:
        async with asyncio.timeout(WORK_S):
            async with asyncssh.connect(
                place.host, place.port, username=place.user, client_factory=Client, known_hosts=([], [], []), config=None,
                agent_path=None, client_keys=_keys(place), password=place.password.reveal() or None,
                connect_timeout=CONNECT_S, login_timeout=CONNECT_S, x509_trusted_certs=None,
            ) as connection:  # fmt: skip
                if not wanted and shown:
                    await tokens.put(place.pin_name, Token(Secret(shown[-1])))
                async with connection.start_sftp_client() as sftp:
                    yield _Remote(sftp, place, below)
    except asyncssh.HostKeyNotVerifiable as error:
        told = {"host": place.host, "value": shown[-1] if shown else "", "kept": wanted}
        raise fail(Message("sheet.host_key", told, field="host_key")) from error
    except asyncssh.PermissionDenied as error:
        raise fail(Message("auth.refused", {"host": place.host}, field="password")) from error
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPNotADirectory) as error:
        raise fail(_folder_message(place, "sheet_no_folder")) from error
    except (asyncssh.SFTPPermissionDenied, asyncssh.SFTPWriteProtect) as error:
        raise fail(_folder_message(place, "sheet_denied")) from error
    except (asyncssh.SFTPNoSpaceOnFilesystem, asyncssh.SFTPQuotaExceeded) as error:
        raise fail(_folder_message(place, "sheet_full")) from error
    except TimeoutError as error:
        raise fail(Message("net.timeout", {"host": place.host})) from error
    except (asyncssh.ConnectionLost, asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection) as error:
        raise fail(Message("net.cut", {"host": place.host})) from error
    except asyncssh.SFTPError as error:
        raise fail(_folder_message(place, error.reason[:120] or "sheet_denied")) from error
    except (asyncssh.Error, OSError) as error:
        raise fail(Message("net.unreachable", {"host": place.host, "reason": str(error)[:120]})) from error


def _folder_message(place: SftpPlace, reason: str) -> Message:
    return Message("sheet.folder", {"field": f"{place.host}:{place.root}", "reason": reason}, field="folder")


def _keys(place: SftpPlace) -> list[Any]:
    """The private key, or none: keys of this computer's user are not offered to a vendor."""
    import asyncssh

    if not place.key:
        return []
    try:
        return [asyncssh.import_private_key(place.key.reveal(), place.password.reveal() or None)]
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError) as error:
        raise fail(Message("config.field", {"field": "key_file", "why": "pattern"}, field="key_file")) from error


class _Remote:
    """One open SFTP session. Paths are the root's, its folder's and a plain name, joined here and nowhere else."""

    def __init__(self, sftp: asyncssh.SFTPClient, place: SftpPlace, below: tuple[str, ...]) -> None:
        self._sftp, self._place, self._below = sftp, place, below
        self._found, self._made = "", False

    async def _folder(self, *, make: bool = False) -> str:
        if not self._found or (make and not self._made):
            root = await self._text(self._sftp.realpath(self._place.root or "."))
            wanted = posixpath.join(root, *self._below)
            if make and self._below:
                await self._sftp.makedirs(wanted, exist_ok=True)
            found = await self._text(self._sftp.realpath(wanted))
            if found != root and not found.startswith(root.rstrip("/") + "/"):
                raise fail(_folder_message(self._place, "sheet_outside"))
            self._found, self._made = found, make
        return self._found

    @staticmethod
    async def _text(asked: Any) -> str:
        found = await asked
        return found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found)

    async def look(self) -> list[FileInfo]:
        import asyncssh

        try:
            names = await self._sftp.readdir(await self._folder())
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            if not self._below:
                raise
            return []
        found = []
        for one in names:
            name = one.filename.decode("utf-8", "replace") if isinstance(one.filename, bytes) else one.filename
            mode = one.attrs.permissions or 0
            if is_ready_name(name) and "/" not in name and "\\" not in name and stat.S_ISREG(mode):
                at = datetime.fromtimestamp(one.attrs.mtime or 0, UTC)
                found.append(FileInfo(name, one.attrs.size or 0, at))
        return sorted(found, key=lambda one: (one.modified_at, one.name))[-MOST_FILES:]

    async def read(self, name: str, cap: int = MOST_BYTES) -> bytes:
        path = posixpath.join(await self._folder(), checked_name(name))
        if not stat.S_ISREG((await self._sftp.lstat(path)).permissions or 0):
            raise fail(Message("sheet.file", {"field": name, "reason": "sheet_none"}))
        parts: list[bytes] = []
        size = 0
        async with self._sftp.open(path, "rb") as file:
            while True:
                part: Any = await file.read(_SLICE)  # bytes: the file is open in binary mode
                if not part:
                    break
                parts.append(part)
                size += len(part)
                if size > cap:
                    raise fail(Message("sheet.file", {"field": name, "reason": "sheet_large"}))
        return b"".join(parts)

    async def write(self, name: str, data: bytes, *, replace: bool) -> str:
        folder, wanted, number = await self._folder(make=True), safe_file_name(*_parted(checked_name(name))), 1
        name = wanted
        while not replace and await self._sftp.lexists(posixpath.join(folder, name)):
            number += 1
            name = numbered(wanted, number)
        await self._put(folder, name, data, replace)
        return name

    async def _put(self, folder: str, name: str, data: bytes, replace: bool) -> None:
        """Under a name of its own first, renamed when it is whole. A server that cannot rename over a file (old ones) has a
        moment without it; the fresh one then lies there under its first name."""
        import asyncssh

        fresh, target = posixpath.join(folder, f".{name}.tmp"), posixpath.join(folder, name)
        async with self._sftp.open(fresh, "wb") as file:
            for at in range(0, len(data), _SLICE):
                await file.write(data[at : at + _SLICE])
        if (await self._sftp.stat(fresh)).size != len(data):
            raise fail(Message("net.cut", {"host": self._place.host}))
        try:
            await (self._sftp.posix_rename(fresh, target) if replace else self._sftp.rename(fresh, target))
        except asyncssh.SFTPError:
            if not replace:
                raise
            with contextlib.suppress(asyncssh.SFTPNoSuchFile):
                await self._sftp.remove(target)
            await self._sftp.rename(fresh, target)

    async def prove_writable(self) -> None:
        path = posixpath.join(await self._folder(make=True), ".paxzar-test")
        async with self._sftp.open(path, "wb") as file:
            await file.write(b"paxzar")
        await self._sftp.remove(path)
