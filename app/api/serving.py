"""`paxzar serve`: the same engine as the window's, without a window, until Ctrl+C or the system ends it. Other commands on the workspace
are handed to it meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from dataclasses import dataclass
from pathlib import Path

import click
import msgspec

from app.api.answers import Answer, message_data, sentence
from app.api.handover import HandoverServer
from app.api.local_api import LocalApi, token_of, wanted
from app.api.opening import opened
from app.console import Console
from app.contracts import ProviderError, Secret
from app.formats.words import Words
from app.store.workspace import write_private


@dataclass(frozen=True)
class Wishes:
    """For this run; what is None is as the settings say. The API is on while one serves."""

    port: int | None = None
    host: str | None = None
    token_file: Path | None = None
    as_json: bool = False


def stopping() -> asyncio.Event:
    """Set by Ctrl+C and by a polite end. Where signals cannot be listened to (Windows), Ctrl+C cancels instead."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(getattr(signal, name), stop.set)
    return stop


async def run_server(
    folder: Path | None, password: Secret | None, wishes: Wishes, lang: str, stop: asyncio.Event | None = None
) -> Answer:
    """Serves until `stop` (Ctrl+C when None). Exit 1 with a sentence when the workspace or the port cannot be had."""
    words = Words.load(lang)
    console = await opened(words, folder, password)
    if isinstance(console, Answer):
        return console
    stop = stop or stopping()
    handover = HandoverServer(console)
    try:
        await console.came_in("headless")
        console.local_api = LocalApi(console)
        held = await wanted(console)
        host = wishes.host or held.host
        port = held.port if wishes.port is None else wishes.port
        try:
            address = await console.local_api.start(msgspec.structs.replace(held, on=True, port=port, host=host))
        except ProviderError as error:
            return Answer(1, {"message": message_data(error.message)}, [sentence(words, error.message)])
        if wishes.token_file is not None:
            try:
                await asyncio.to_thread(_write, wishes.token_file, await token_of(console))
            except OSError as error:
                reason = os.strerror(error.errno) if error.errno else str(error)
                return Answer(
                    1, {"error": "file"}, [words("api.cli.no_file", path=str(wishes.token_file), reason=reason)]
                )
        await handover.start()
        await console.engine.start()
        _tell(console, words, address, wishes.as_json)
        await stop.wait()
    finally:
        await handover.close()
        await console.close()
    return Answer(0, {"stopped": True}, [words("api.cli.stopped")])


def _write(path: Path, token: Secret) -> None:
    write_private(path, token.reveal().encode())


def _tell(console: Console, words: Words, address: str, as_json: bool) -> None:
    """At once, for whoever waits for it to be up."""
    if as_json:
        click.echo(json.dumps({"address": address, "workspace": str(console.workspace.folder)}))
        return
    click.echo(words("api.cli.serves", address=address))
    click.echo(words("api.cli.where_token"))
