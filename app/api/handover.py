"""The hand-over: a command for a workspace that another process owns goes to that owner over a loopback socket.

One JSON line each way, a random token that only this user can read (the owner's file), never listening beyond loopback.
"""

from __future__ import annotations

import asyncio
import hmac
import importlib
import json
import logging
from typing import Any

import msgspec

from app.api.answers import Answer
from app.api.commands import COMMANDS, run_command
from app.console import Console

log = logging.getLogger(__name__)
LINE_LIMIT = 16 * 1024 * 1024
#: Each adds its commands. Read when the first of them is handed over and not at the window's start, which they would cost 3 MB
#: and a tenth of a second.
ROOMS = (
    "alerts", "api", "carrier_rules", "costs", "money", "orders", "pack", "plan_rules", "plans", "price_sheets", "print", "privacy", "publishing", "reports", "safety", "service", "sheets",
    "shipping", "sign_in", "stock", "vault",
)  # fmt: skip


def read_rooms() -> None:
    """Every command is known afterwards."""
    for room in ROOMS:
        importlib.import_module(f"app.api.commands_{room}")


class HandoverServer:
    """Runs in the owner's process. `start` writes the address into the workspace's owner file."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._token = ""
        self._server: asyncio.Server | None = None
        self.raised = asyncio.Event()  # set when a second start asks the window to come to the front

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._client, "127.0.0.1", 0, limit=LINE_LIMIT)
        port = self._server.sockets[0].getsockname()[1]
        self._token = await asyncio.to_thread(self._console.owned.publish, port)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await asyncio.wait_for(reader.readline(), 10)
            answer = await self._answer(line)
            writer.write(msgspec.json.encode(answer) + b"\n")
            await writer.drain()
        except (TimeoutError, ConnectionError, ValueError) as error:
            log.warning("a hand-over broke off: %s", type(error).__name__)
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> Answer:
        try:
            asked = json.loads(line)
            token, name, args = str(asked["token"]), str(asked["command"]), dict(asked["args"])
        except (ValueError, KeyError, TypeError):
            return Answer(2, {"error": "malformed"}, ["malformed"])
        if not self._token or not hmac.compare_digest(token.encode(), self._token.encode()):
            log.warning("a hand-over with a wrong token was refused")
            if self._console.engine.alerting is not None:
                self._console.engine.alerting.security("wrong_token")
            return Answer(2, {"error": "refused"}, ["refused"])
        if name == "raise":
            self.raised.set()
            return Answer()
        if name not in COMMANDS:
            await asyncio.to_thread(read_rooms)
        if name not in COMMANDS:
            return Answer(2, {"error": "unknown command"}, ["unknown command"])
        return await run_command(self._console, name, args)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()


async def hand_over(port: int, token: str, command: str, args: dict[str, Any], patience_s: float = 3600) -> Answer:
    """Let the owner run a command. Raises ConnectionError when nobody answers there."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=LINE_LIMIT)
    try:
        writer.write(json.dumps({"token": token, "command": command, "args": args}).encode() + b"\n")
        await writer.drain()
        line = await asyncio.wait_for(reader.readline(), patience_s)
    finally:
        writer.close()
    if not line:
        raise ConnectionResetError("the owner closed the connection")
    return msgspec.json.decode(line, type=Answer)
