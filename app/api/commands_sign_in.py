"""Signing in from the command line. The command may run in another process (the owner of the workspace), so it talks with the
terminal over a loopback socket that the terminal opened: addresses and codes one way, what was pasted the other way.
Importing this adds the commands to `COMMANDS`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from app.api.answers import Answer, message_data, sentence
from app.api.asking import Usage, chosen, failed, words_of
from app.api.commands import COMMANDS, connection_data
from app.console import Console, utc_now
from app.contracts import Message, ProviderError
from app.contracts.catalogue import UnknownIntegration
from app.formats.words import Words
from app.jobs.connect import Wish
from app.jobs.signing_in import SigningIn
from app.kit.oauth import SignInError
from app.store.errors import StoreError
from app.vault import VaultError

LINE_LIMIT = 64 * 1024


class TerminalFront:
    """A `Front` at the other end of the terminal's socket. `gone` is done when the terminal hung up."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, words: Words) -> None:
        self.language = words.language
        self._reader, self._writer, self._words = reader, writer, words
        self._pasted: asyncio.Queue[str | None] = asyncio.Queue()
        self.gone = asyncio.create_task(self._listen())

    @classmethod
    async def reach(cls, talk: dict[str, Any], words: Words) -> TerminalFront:
        """Raises OSError when nobody listens there."""
        reader, writer = await asyncio.open_connection("127.0.0.1", int(talk["port"]), limit=LINE_LIMIT)
        writer.write(f"{talk['token']}\n".encode())
        return cls(reader, writer, words)

    async def _listen(self) -> None:
        while True:
            try:
                line = await self._reader.readline()
                told = json.loads(line) if line else None
            except (ConnectionError, ValueError):
                return
            if told is None:
                return
            self._pasted.put_nowait(told.get("pasted"))

    def _say(self, **what: Any) -> None:
        self._writer.write(json.dumps(what).encode() + b"\n")

    def browse(self, address: str) -> None:
        self._say(say="browse", address=address)

    def show_code(self, code: str, address: str, complete: str, until: datetime) -> None:
        del complete  # the person reads and types: the short address is the better one
        self._say(say="code", code=code, address=address, until=until.isoformat())

    async def pasted(self, address: str, wrong: Message | None) -> str:
        self._say(say="paste", address=address, wrong=sentence(self._words, wrong) if wrong is not None else "")
        found = await self._pasted.get()
        if not found:
            raise SignInError("signin.cancelled")
        return found

    async def close(self) -> None:
        self.gone.cancel()
        self._writer.close()


async def _talked(args: dict[str, Any], words: Words, work: Callable[[TerminalFront], Awaitable[Any]]) -> Any:
    """Does the work with the terminal at the other end; it ends when the terminal is closed. Raises SignInError and what
    the work raises."""
    try:
        front = await TerminalFront.reach(args["talk"], words)
    except OSError:
        raise SignInError("signin.cancelled") from None
    task = asyncio.ensure_future(work(front))
    try:
        await asyncio.wait({task, front.gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise SignInError("signin.cancelled")
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
        await front.close()


async def sign_in(console: Console, args: dict[str, Any]) -> Answer:
    """`paxzar sign-in NAME`: again, for a connection that is there."""
    words, answer = words_of(args), Answer()
    row = (await chosen(console, args))[0]
    for other in await console.store.connections.list():
        if other.account_id == row.account_id:
            console.network.reset_breaker(other.id)
    signing, paste = SigningIn(console.connecting, utc_now), bool(args.get("paste"))
    try:
        await _talked(args, words, lambda front: signing.sign_in_again(row, front, paste=paste))
    except (SignInError, ProviderError, VaultError) as error:
        return _broken(words, error, row.name)
    answer.say(words("signin.cli.done", name=row.name))
    result, found = await console.engine.probe(row)
    answer.data = {
        "connection": row.name, "signed_in": True, "ok": result.outcome == "done", "facts": found.facts if found else {},
        "message": message_data(result.message),
    }  # fmt: skip
    if result.outcome == "done":
        answer.say(words("cli.probe_ok", name=row.name))
    failed(answer, words, result, row)
    return answer


async def connect_sign_in(console: Console, args: dict[str, Any]) -> Answer:
    """`paxzar connect … --sign-in`: sign in, test, keep; nothing is kept when one of them fails."""
    words = words_of(args)
    try:
        entry = console.catalogue.resolve(args["integration"])
    except UnknownIntegration as error:
        raise Usage(words("cli.no_integration", name=args["integration"])) from error
    wish = Wish(
        entry.id, args["name"], args.get("env") or "live", {**args.get("set", {}), **args.get("secrets", {})},
        args.get("base_url") or "", "", args.get("switches", {}), args.get("own_rate"), bool(args.get("again")),
    )  # fmt: skip
    signing, paste = SigningIn(console.connecting, utc_now), bool(args.get("paste"))
    try:
        if await console.store.connections.by_name(wish.name) is not None:
            raise Usage(words("signin.cli.name_taken", name=wish.name))  # before a browser opens
        wish = await _talked(args, words, lambda front: signing.sign_in(wish, front, paste=paste))
        await console.connecting.attempt(wish, utc_now())
        row = await console.connecting.save(wish, utc_now())
    except (SignInError, ProviderError, VaultError, StoreError) as error:
        await signing.discard(wish)
        return _broken(words, error, wish.name)
    except asyncio.CancelledError:  # Ctrl+C after the sign-in
        await signing.discard(wish)
        raise
    console.engine.schedule(row)
    answer = Answer(data=connection_data(console, row))
    answer.say(words("signin.cli.done", name=row.name))
    answer.say(words("cli.connected", name=row.name, integration=entry.name))
    return answer


def _broken(words: Words, error: SignInError | ProviderError | VaultError | StoreError, name: str) -> Answer:
    message = Message(error.key, error.params) if isinstance(error, VaultError) else error.message
    return Answer(1, {"message": message_data(message)}, [sentence(words, message, name)])


COMMANDS.update({"sign_in": sign_in, "connect_sign_in": connect_sign_in})
