"""`paxzar sign-in` and the terminal's half of every sign-in: shows addresses and codes, opens the browser, reads what is
pasted. Imports nothing heavy: it is read at every start. Nothing of a sign-in goes to standard output but its answer."""

from __future__ import annotations

import hmac
import json
import os
import secrets
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import click

from app.api.cli_safety import Shell
from app.formats.words import Words

_TICK_S = 0.2


def register(main: click.Group, shell: Shell) -> None:
    """Add the command to the command line."""

    @main.command("sign-in")
    @click.argument("name")
    @click.option("--paste", is_flag=True, help="No browser here: open the address elsewhere and paste where it ended.")
    @shell.common
    def sign_in(name: str, paste: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Sign in again at the vendor of a connection."""
        refuse_two_readers(shell.lang(), paste, unlock_from)
        with talking(shell.lang()) as talk:
            shell.run("sign_in", {"name": name, "paste": paste, "talk": talk}, workspace, unlock_from, as_json)


def refuse_two_readers(lang: str, paste: bool, *sources: str | None) -> None:
    """Wrong usage when standard input would be read for two things."""
    if paste and "-" in sources:
        raise click.UsageError(Words.load(lang)("signin.cli.one_stdin"))


@contextmanager
def talking(lang: str) -> Iterator[dict[str, Any]]:
    """Where the command, in whichever process it runs, reaches this terminal: {"port", "token"}."""
    import app.api.commands_sign_in  # noqa: F401 - adds the commands that `run` looks up

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(4)
    listener.settimeout(_TICK_S)
    over, token = threading.Event(), secrets.token_urlsafe(32)
    terminal = _Terminal(Words.load(lang))
    thread = threading.Thread(target=_serve, args=(listener, token, terminal, over), name="sign-in", daemon=True)
    thread.start()
    try:
        yield {"port": listener.getsockname()[1], "token": token}
    finally:
        over.set()
        thread.join(2 * _TICK_S)  # a thread that waits for a line typed is left behind, it is a daemon
        listener.close()


def _serve(listener: socket.socket, token: str, terminal: _Terminal, over: threading.Event) -> None:
    while not over.is_set():
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        except OSError:
            return
        with connection, connection.makefile("rw", encoding="utf-8", newline="\n") as talk:
            try:
                connection.settimeout(5)
                if not hmac.compare_digest(talk.readline().strip().encode(), token.encode()):
                    continue
                connection.settimeout(None)
                _converse(talk, terminal)
            except (OSError, ValueError):
                continue  # the command ended in the middle of a line


def _converse(talk: Any, terminal: _Terminal) -> None:
    for line in talk:
        told = json.loads(line)
        if told["say"] == "browse":
            terminal.browse(told["address"])
        elif told["say"] == "code":
            terminal.code(told["code"], told["address"], datetime.fromisoformat(told["until"]))
        elif told["say"] == "paste":
            talk.write(json.dumps({"pasted": terminal.paste(told["address"], told["wrong"])}) + "\n")
            talk.flush()


class _Terminal:
    def __init__(self, words: Words) -> None:
        self._words = words

    def browse(self, address: str) -> None:
        self._tell("open", address=address)
        self._tell("waiting")
        if has_browser():
            import webbrowser

            webbrowser.open(address)

    def code(self, code: str, address: str, until: datetime) -> None:
        self._tell("code", code=code, address=address)
        self._tell("until", time=self._words.figures.time(until.astimezone()))

    def paste(self, address: str, wrong: str) -> str | None:
        """A line from standard input; None at its end."""
        if wrong:
            click.echo(wrong, err=True)
        else:
            self._tell("open", address=address)
        self._tell("paste")
        typed: TextIO = sys.stdin
        return typed.readline().strip() or None

    def _tell(self, name: str, **params: str) -> None:
        click.echo(self._words(f"signin.cli.{name}", **params), err=True)


def has_browser() -> bool:
    """Whether a window can open here; without a display, `webbrowser` would start one that takes the terminal over."""
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
