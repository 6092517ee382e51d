"""`paxzar sheet in` and `sheet out`: only the parsing. Imports nothing heavy: it is read at every start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.api.cli_plans import sheet_options
from app.api.cli_safety import Shell

_FILE = click.Path(dir_okay=False, path_type=Path)


def register(main: click.Group, shell: Shell) -> None:
    """Add the commands to the command line."""

    def ask(name: str, args: dict[str, Any], workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        import app.api.commands_price_sheets
        import app.api.commands_sheets  # noqa: F401 - add the commands that `run` looks up

        shell.run(name, args, workspace, unlock_from, as_json)

    @main.group()
    def sheet() -> None:
        """Sheets of prices, and the order, price, stock and product sheets of connections that work by file."""

    @sheet.command("in")
    @click.argument("name", metavar="[NAME]")
    @click.argument("file", type=_FILE, required=False)
    @click.option("--connection", help="Sheets of prices: only this connection.")
    @sheet_options
    @shell.common
    def sheet_in(name: str, file: Path | None, connection: str | None, pairs: tuple[str, ...], decimal: str | None,
                 workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """With NAME, a connection that works by file: take its order or product sheet FILE. What cannot be read is told by row and
        column; the rest is stored. Without NAME: a sheet of prices becomes a plan, as with `plan new --sheet FILE`."""
        if file is None:
            args = {"sheet": str(Path(name).resolve()), "name": connection, "map": list(pairs), "decimal": decimal}
            ask("plan_sheet", args, workspace, unlock_from, as_json)
            return
        if connection or pairs or decimal:
            raise click.UsageError("NAME / --connection, --map, --decimal")
        ask("sheet_in", {"name": name, "file": str(file.resolve())}, workspace, unlock_from, as_json)

    @sheet.command("out")
    @click.argument("name", required=False)
    @click.option("--kind", type=click.Choice(["price", "stock", "products"]), default="products", show_default=True)
    @click.option("--file", type=_FILE, help="Write to FILE (.xlsx, .csv, .xml) instead of the connection's folder.")
    @click.option("--connection", help="With --out: only this connection.")
    @click.option("--out", type=_FILE, help="Prices of any connections into FILE (.xlsx, .csv), to be edited and taken back with `sheet in FILE`.")  # fmt: skip
    @shell.common
    def sheet_out(name: str | None, kind: str, file: Path | None, connection: str | None, out: Path | None,
                  workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Write a sheet of all stored products, with the prices and stocks that you want. Changes go by themselves, as `outbox`."""
        if out is not None:
            if name and connection:
                raise click.UsageError("NAME / --connection")
            ask("prices_out", {"out": str(out.resolve()), "name": name or connection}, workspace, unlock_from, as_json)
            return
        if name is None:
            raise click.UsageError("NAME / --out")
        args = {"name": name, "kind": kind, "file": str(file.resolve()) if file else ""}
        ask("sheet_out", args, workspace, unlock_from, as_json)
