"""`paxzar sheet in` and `sheet out`: only the parsing. Imports nothing heavy: it is read at every start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.api.cli_safety import Shell

_FILE = click.Path(dir_okay=False, path_type=Path)


def register(main: click.Group, shell: Shell) -> None:
    """Add the commands to the command line."""

    def ask(name: str, args: dict[str, Any], workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        import app.api.commands_sheets  # noqa: F401 - adds the commands that `run` looks up

        shell.run(name, args, workspace, unlock_from, as_json)

    @main.group()
    def sheet() -> None:
        """Connections that work by file: their order, price, stock and product sheets."""

    @sheet.command("in")
    @click.argument("name")
    @click.argument("file", type=_FILE)
    @shell.common
    def sheet_in(name: str, file: Path, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Take the order or product sheet FILE. What cannot be read is told by row and column; the rest is stored."""
        ask("sheet_in", {"name": name, "file": str(file.resolve())}, workspace, unlock_from, as_json)

    @sheet.command("out")
    @click.argument("name")
    @click.option("--kind", type=click.Choice(["price", "stock", "products"]), default="products", show_default=True)
    @click.option("--file", type=_FILE, help="Write to FILE (.xlsx, .csv, .xml) instead of the connection's folder.")
    @shell.common
    def sheet_out(name: str, kind: str, file: Path | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Write a sheet of all stored products, with the prices and stocks that you want. Changes go by themselves, as `outbox`."""
        args = {"name": name, "kind": kind, "file": str(file.resolve()) if file else ""}
        ask("sheet_out", args, workspace, unlock_from, as_json)
