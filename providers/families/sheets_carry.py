"""How sheets travel: a folder of this computer, a link that is downloaded, an SFTP server. Which of them were read already is in
the account's notebook, by content. Must never move, change or delete a file that lies there: it is the merchant's or the vendor's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from typing import NamedTuple
from urllib.parse import urlsplit

from app.contracts import Account, Message, ProviderError, Secret, fail
from app.contracts.account import SHEET_IN, SHEET_OUT
from app.kit import (
    BasicAuth,
    Call,
    FileInfo,
    Folder,
    LocalFolder,
    Reply,
    SftpPlace,
    http_errors,
    httpx,
    opened,
    send,
    sftp_folder,
    sub_path,
)

OUTBOX = "giden"  # the folder for our sheets below the merchant's
LINK = "@link"  # in the notebook: the file behind the download link
_IN = "in:"
MARK = b"<!-- Paxzar -->"  # by which a feed of ours is known
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_MS = timedelta(milliseconds=1)


class Carried(NamedTuple):
    """A whole file. `seen`: at which pull it was first read (aware UTC); `fresh`: it was at this one."""

    name: str
    data: bytes
    modified_at: datetime
    seen: datetime
    fresh: bool


class Known(NamedTuple):
    """What the notebook says of a file: size and time of the last look, the content's hash ('' while it was not read), when it was
    first read, and what kind of sheet it is ('' unknown)."""

    mark: str
    digest: str = ""
    seen: str = ""
    kind: str = ""

    @classmethod
    def of(cls, text: str) -> Known | None:
        parts = text.split("|")
        return cls(*parts) if len(parts) == 4 else None

    @property
    def text(self) -> str:
        return "|".join(self)

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.seen)


class Carrier:
    """`until` of a pull is the pull's end by the job's clock: a file that is read in it counts as of that instant, so that a pull
    whose rows were not stored reads it again, and a later one does not."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self._http, self.account = http, account

    @property
    def way(self) -> str:
        return self.account.setting("way", "folder")

    # -- places ------------------------------------------------------------------------------------------------------
    def inbox(self) -> AbstractAsyncContextManager[Folder]:
        return self._open(self._below("inbox"))

    def outbox(self) -> AbstractAsyncContextManager[Folder]:
        return self._open(self._below("outbox", OUTBOX))

    def _below(self, key: str, default: str = "") -> tuple[str, ...]:
        return sub_path(self.account.setting(key, default), key)

    def _open(self, below: tuple[str, ...]) -> AbstractAsyncContextManager[Folder]:
        """Raises YoursError `config.field` when the merchant has not said where."""
        if self.way == "sftp":
            return sftp_folder(self.sftp_place(), below, self.account.tokens)
        root = self.account.setting("folder")
        if not root:
            raise _field("folder")
        return opened(LocalFolder(root, below))

    def sftp_place(self) -> SftpPlace:
        account = self.account
        host, _, port = account.setting("host").strip().removeprefix("sftp://").rstrip("/").partition(":")
        for key, value in (("host", host), ("user", account.setting("user"))):
            if not value:
                raise _field(key)
        if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise _field("host", "pattern")
        if account.environment == "rehearsal" and host not in _LOOPBACK:  # a rehearsal never leaves this computer
            raise fail(Message("config.host_not_allowed", {"host": host}, field="host"))
        return SftpPlace(
            host, int(port or 22), account.setting("user"), Secret(account.secret("password")), Secret(account.secret("key_file")),
            account.setting("folder"), account.setting("host_key"),
        )  # fmt: skip

    # -- in ------------------------------------------------------------------------------------------------------------
    async def arrived(self, since: datetime, until: datetime, kind: str) -> AsyncIterator[Carried]:
        """Every sheet that was first read at or after `since`, and every new one, oldest file first. `kind`: those that are known
        to be of another are left out. One that is still being copied waits for the next pull."""
        if self.way == "download":
            async for one in self._downloaded(since, until):
                yield one
            return
        async with self.inbox() as folder:
            files = await folder.look()
            self._forget({one.name for one in files})
            for info in files:
                known = self._known(info.name)
                if known is not None and known.mark == info.mark and known.digest:
                    if known.at < since or (known.kind and known.kind != kind):
                        continue
                elif not info.is_settled(self.account.now()) and (known is None or known.mark != info.mark):
                    self._note(info.name, Known(info.mark))
                    continue
                carried = await self._read(folder, info, since, until)
                if carried is not None:
                    yield carried

    async def _read(self, folder: Folder, info: FileInfo, since: datetime, until: datetime) -> Carried | None:
        """None for a file that changed under our hands, and for one whose content was stored before under another name."""
        data = await folder.read(info.name)
        if len(data) != info.size:
            self._note(info.name, Known(info.mark))
            return None
        digest = blake2b(data, digest_size=12).hexdigest()
        twin = next((one for one in self._all() if one.digest == digest), None)
        seen = twin.at if twin is not None else until - _MS
        self._note(info.name, Known(info.mark, digest, seen.isoformat(), twin.kind if twin is not None else ""))
        if twin is not None and seen < since:
            return None
        return Carried(info.name, data, info.modified_at, seen, fresh=twin is None)

    async def _downloaded(self, since: datetime, until: datetime) -> AsyncIterator[Carried]:
        url = self.account.secret("order_url").strip()
        host = urlsplit(url).hostname
        if not host:
            raise _field("order_url", "pattern" if url else "missing")
        if self.account.environment == "rehearsal" and host not in _LOOPBACK:
            raise fail(Message("config.host_not_allowed", {"host": host}, field="order_url"))
        known = self._known(LINK)
        headers: tuple[tuple[str, str], ...] = ()
        if known is not None and known.digest and known.at < since and known.mark:
            headers = (("if-none-match" if known.mark.startswith(('"', "W/")) else "if-modified-since", known.mark),)
        auth = None
        if self.account.setting("user"):
            auth = BasicAuth(self.account.setting("user"), self.account.secret("password"))
        call = Call("GET", url, "orders", headers=headers, group="orders", deadline_s=60)
        reply = await send(self._http, call, auth=auth, errors=_download_errors)
        if reply.status == 304:
            return
        digest = blake2b(reply.body, digest_size=12).hexdigest()
        mark = reply.header("etag") or reply.header("last-modified")
        same = known is not None and known.digest == digest
        seen = known.at if known is not None and same else until - _MS
        self._note(LINK, Known(mark.replace("|", ""), digest, seen.isoformat()))
        if not same or seen >= since:
            yield Carried(
                _name_of(self.account.integration, url),
                reply.body,
                _modified(reply, self.account.now()),
                seen,
                fresh=not same,
            )

    def is_kind(self, name: str, kind: str) -> None:
        """Remember what kind of sheet a file turned out to be."""
        known = self._known(name)
        if known is not None and kind:
            self._note(name, known._replace(kind=kind))

    # -- out -----------------------------------------------------------------------------------------------------------
    async def put(self, name: str, data: bytes, *, replace: bool) -> str:
        """Write one of our files; the name under which it lies. A whole state (`replace`) takes the place of our own last one, and
        of nothing else: a file of that name without our mark stays, and ours gets a number."""
        async with self.outbox() as folder:
            if replace and name in {one.name for one in await folder.look()}:
                replace = MARK in (await folder.read(name))[:512]
            written = await folder.write(name, data, replace=replace)
        self.account.learnt[SHEET_OUT] = self.account.now().isoformat(timespec="seconds")
        return written

    # -- the notebook ----------------------------------------------------------------------------------------------------
    def came_in(self, at: datetime) -> None:
        """An order sheet as of `at` was read. The time of the last one never goes back."""
        at = min(at, self.account.now())
        told = self.account.learnt.get(SHEET_IN, "")
        if not told or datetime.fromisoformat(told) < at:
            self.account.learnt[SHEET_IN] = at.isoformat(timespec="seconds")

    def _known(self, name: str) -> Known | None:
        return Known.of(self.account.learnt.get(_IN + name, ""))

    def _note(self, name: str, known: Known) -> None:
        self.account.learnt[_IN + name] = known.text

    def _all(self) -> list[Known]:
        found = (Known.of(text) for key, text in self.account.learnt.items() if key.startswith(_IN))
        return [one for one in found if one is not None and one.digest]

    def _forget(self, there: set[str]) -> None:
        """Files that were taken away. (A share that shows nothing for a while costs reading them once more.)"""
        for key in [k for k in self.account.learnt if k.startswith(_IN) and k.removeprefix(_IN) not in there | {LINK}]:
            del self.account.learnt[key]


def _field(key: str, why: str = "missing") -> ProviderError:
    return fail(Message("config.field", {"field": key, "why": why}, field=key))


def _download_errors(reply: Reply) -> Message | None:
    return None if reply.status == 304 else http_errors(reply)


def _name_of(integration: str, url: str) -> str:
    """What people call the file behind the link. Nothing of the link itself: it is a secret, and would be dotted out."""
    ending = urlsplit(url).path.rpartition(".")[2].casefold()
    return f"{integration}-link.{ending}" if ending in ("csv", "xlsx", "xls", "ods") else f"{integration}-link"


def _modified(reply: Reply, now: datetime) -> datetime:
    try:
        return min(now, parsedate_to_datetime(reply.header("last-modified")).astimezone(UTC))
    except (ValueError, TypeError, OverflowError):
        return now
