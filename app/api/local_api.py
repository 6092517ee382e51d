"""The loopback API's life: its switch and port (settings), its token (vault), its socket. Off until the merchant turns it on; while it
is off nothing listens and no web framework is loaded.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from app.console import Console
from app.contracts import Message, Secret, fail
from app.formats.words import Words, system_language
from app.monitor.alerting.desk import language_of

if TYPE_CHECKING:
    import uvicorn

log = logging.getLogger(__name__)
SETTING, ENTRY, TOKEN = "api", "local-api", "token"
PORT = 8790
LOOPBACK = "127.0.0.1"
_PATIENCE_S = 3.0


class Wanted(msgspec.Struct, frozen=True):
    """As the merchant set it. `host`: the address that is listened on; another than loopback is for those who know why."""

    on: bool = False
    port: int = PORT
    host: str = LOOPBACK


async def wanted(console: Console) -> Wanted:
    held = await console.store.settings.get(SETTING, {})
    try:
        return msgspec.convert(held, Wanted)
    except msgspec.ValidationError:
        return Wanted()


async def token_of(console: Console, *, new: bool = False) -> Secret:
    """The token, made when there is none; `new` makes another one, and the old one opens nothing any more."""
    if not new:
        try:
            return (await console.keys.get(ENTRY))[TOKEN]
        except KeyError:
            pass
    made = Secret(secrets.token_urlsafe(32))
    await console.keys.put(ENTRY, {TOKEN: made.reveal()})
    return made


class LocalApi:
    """`await start(Wanted(True))`, `await stop()`; `address` while it listens."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[Any] | None = None
        self._token = Secret("")
        self._words = Words.load(system_language())
        self.address = ""

    async def wanted(self) -> Wanted:
        """As the settings say."""
        return await wanted(self._console)

    async def token(self) -> Secret:
        """For showing and copying; made when there is none. Raises VaultError."""
        return await token_of(self._console)

    async def choose(self, now: Wanted) -> None:
        """Keep it, with its audit entry, and follow it. Raises as `follow`."""
        if await self._console.store.audit.choose(SETTING, msgspec.to_builtins(now)):
            await self.follow()

    async def follow(self) -> None:
        """As the settings say now. Raises YoursError `config.field` when the port is taken."""
        now = await self.wanted()
        await self.stop()
        if now.on:
            await self.start(now)

    async def start(self, wish: Wanted) -> str:
        """Listens; the address. Raises YoursError `config.field` (field `port`) when the port or host cannot be had."""
        from app.api.http_answers import Look
        from app.api.http_api import Door, application, bound, server_of

        self._token = await token_of(self._console)
        self._words = Words.load(await language_of(self._console.store, system_language))
        try:
            sock = bound(wish.host, wish.port)
        except OSError as error:
            raise fail(
                Message(
                    "config.field", {"field": "port", "why": "api_port_taken", "value": str(wish.port)}, field="port"
                )
            ) from error
        port = sock.getsockname()[1]
        app = application(Look(self._console), lambda: self._words)
        door = Door(
            app, lambda: self._token.reveal(), lambda key: self._words(key), self._security(), hosts=_names(wish.host)
        )
        server, run = server_of(door)
        self._server, self._task = server, asyncio.ensure_future(run(sock))
        while not server.started and not self._task.done():  # noqa: ASYNC110 - uvicorn offers no event
            await asyncio.sleep(0.01)
        if self._task.done():
            self._task.result()
        name = f"[{wish.host}]" if ":" in wish.host else wish.host
        self.address = f"http://{name}:{port}"
        return self.address

    def _security(self) -> Callable[[str], None]:
        alerting = self._console.engine.alerting

        def note(kind: str) -> None:
            log.warning("the loopback API refused a call: %s", kind)
            if alerting is not None:
                alerting.security(kind)

        return note

    async def renew_token(self) -> Secret:
        """Another token; the old one opens nothing from now on."""
        self._token = await token_of(self._console, new=True)
        return self._token

    async def stop(self) -> None:
        server, task, self._server, self._task = self._server, self._task, None, None
        if server is None or task is None:
            return
        server.should_exit = True
        _, pending = await asyncio.wait([task], timeout=_PATIENCE_S)
        if pending:
            task.cancel()
            await asyncio.wait([task], timeout=1)
        self.address = ""


def _names(host: str) -> set[str]:
    """What a caller may call this computer when more than loopback is listened on."""
    if host in (LOOPBACK, "::1", "localhost"):
        return set()
    found = {f"[{host}]" if ":" in host else host, socket.gethostname()}
    return found | {name.partition(".")[0] for name in found if not name[:1].isdigit()}
