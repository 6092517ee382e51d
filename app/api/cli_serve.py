"""`paxzar serve` and `paxzar api`: only the parsing. Imports nothing heavy: it is read at every start."""

from __future__ import annotations

from pathlib import Path

import click

from app.api.cli_safety import Shell
from app.contracts import Secret


def register(main: click.Group, shell: Shell) -> None:
    """Add the commands to the command line."""

    @main.command()
    @click.option("--api-port", type=click.IntRange(0, 65535), help="Port of the loopback API; 0 picks a free one.")
    @click.option("--api-host", help="Listen on this address instead of 127.0.0.1.")
    @click.option("--token-file", type=click.Path(dir_okay=False, path_type=Path), help="Write the API's token into this file.")  # fmt: skip
    @shell.common
    def serve(
        api_port: int | None, api_host: str | None, token_file: Path | None, workspace: Path | None, unlock_from: str | None,
        as_json: bool,
    ) -> None:  # fmt: skip
        """Work without a window until Ctrl+C: pulls, sends, watches, and answers the loopback API."""
        import asyncio

        from app.api.serving import Wishes, run_server

        password = Secret(shell.read_text(unlock_from).rstrip("\r\n")) if unlock_from else None
        wishes = Wishes(api_port, api_host, token_file, as_json)
        shell.finish(asyncio.run(run_server(workspace, password, wishes, shell.lang())), as_json)

    @main.command()
    @click.option("--on/--off", "on", default=None, help="Turn the API on or off.")
    @click.option("--port", type=click.IntRange(1, 65535))
    @click.option("--host", help="Another address than 127.0.0.1 lets other computers in.")
    @click.option("--new-token", is_flag=True, help="Another token; the old one opens nothing any more.")
    @click.option("--show-token", is_flag=True, help="Print the token.")
    @shell.common
    def api(
        on: bool | None, port: int | None, host: str | None, new_token: bool, show_token: bool, workspace: Path | None,
        unlock_from: str | None, as_json: bool,
    ) -> None:  # fmt: skip
        """The loopback API: on, off, its port and token."""
        import app.api.commands_api  # noqa: F401 - adds the command that `run` looks up

        args = {"on": on, "port": port, "host": host, "new_token": new_token, "show_token": show_token}
        shell.run("api", args, workspace, unlock_from, as_json)
