"""`paxzar orders`: the list, and `import`, `combine`, `split`, `separate` below it. Only the parsing. Imports nothing heavy: it is read
at every start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.api.cli_safety import Shell

_FILE = click.Path(dir_okay=False, path_type=Path)


class ListFirst(click.Group):
    """A group that is its `list` command where no other is named: `paxzar orders "My shop" --search x` goes on working."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


def register(main: click.Group, shell: Shell) -> None:
    """Add the commands to the command line."""

    def ask(name: str, args: dict[str, Any], workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        import app.api.commands_orders  # noqa: F401 - adds the commands that `run` looks up

        shell.run(name, args, workspace, unlock_from, as_json)

    @main.group(cls=ListFirst)
    def orders() -> None:
        """The stored orders; taking them from a sheet, combining and splitting what is shipped."""

    @orders.command("list")
    @click.argument("name", required=False)
    @click.option("--search", help="Number, name, SKU or phone.")
    @click.option("--status", help="One or more, with commas: pending, open, shipped, delivered, cancelled, returned.")
    @click.option("--limit", type=int, default=0)
    @shell.common
    def orders_list(name: str | None, search: str | None, status: str | None, limit: int, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """The stored orders; what `paxzar orders` alone does."""
        args = {"name": name, "search": search, "status": status, "limit": limit}
        shell.run("orders", args, workspace, unlock_from, as_json)

    @orders.command("import")
    @click.argument("file", type=_FILE)
    @click.option("--as", "name", required=True, metavar="NAME", help="The connection that the orders belong to.")
    @click.option("--map", "pairs", multiple=True, metavar="FIELD=HEADER", help="What a column is, where its header says it otherwise; kept for files of this shape.")  # fmt: skip
    @click.option("--look", is_flag=True, help="Only show what the columns are taken for; store nothing.")
    @shell.common
    def orders_import(file: Path, name: str, pairs: tuple[str, ...], look: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Take the orders of a sheet: Trendyol's and Hepsiburada's Excel exports, or any other with order numbers. What cannot be read
        is told by row and column, the rest is stored; the same file twice doubles nothing."""
        args = {"file": str(file.resolve()), "as": name, "map": list(pairs), "look": look}
        ask("orders_import", args, workspace, unlock_from, as_json)

    @orders.command("combine")
    @click.argument("numbers", nargs=-1, required=True, metavar="ORDER...")
    @shell.common
    def orders_combine(
        numbers: tuple[str, ...], workspace: Path | None, unlock_from: str | None, as_json: bool
    ) -> None:
        """One parcel and one label for ORDERs of one buyer to one address; each channel is told the same tracking number. One ORDER
        alone: which others there are."""
        ask("orders_combine", {"orders": list(numbers)}, workspace, unlock_from, as_json)

    @orders.command("split")
    @click.argument("order")
    @click.option("--lines", multiple=True, metavar="LINE:QTY,…", help="What goes into a parcel of its own (id, SKU or barcode, and pieces); again for each further parcel. The rest goes into one more.")  # fmt: skip
    @click.option("--into", type=click.IntRange(2, 50), help="Spread all pieces evenly over so many parcels instead.")
    @click.option("--own", is_flag=True, help="Parcels of our own, although the channel could split its package.")
    @shell.common
    def orders_split(order: str, lines: tuple[str, ...], into: int | None, own: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Ship an ORDER in several parcels: at the channel where it splits packages itself, else as parcels of our own."""
        args = {"order": order, "lines": list(lines), "into": into, "own": own}
        ask("orders_split", args, workspace, unlock_from, as_json)

    @orders.command("separate")
    @click.argument("numbers", nargs=-1, required=True, metavar="ORDER...")
    @shell.common
    def orders_separate(
        numbers: tuple[str, ...], workspace: Path | None, unlock_from: str | None, as_json: bool
    ) -> None:
        """Undo `combine` and `split`, while no parcel was made of it."""
        ask("orders_separate", {"orders": list(numbers)}, workspace, unlock_from, as_json)
