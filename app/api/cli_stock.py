"""`paxzar stock on-hand`, `buffer`, `show`, `rule`, `sheet` and `push`: only the parsing. Imports nothing heavy: it is read at every
start. `stock set`, which is about one channel, stands with the goods."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.api.cli_safety import Shell

_FILE = click.Path(dir_okay=False, path_type=Path)
_TYPED = {"ignore_unknown_options": True}  # -5 is a figure, if a wrong one
_sure = click.option("--zero", "--sure", "sure", is_flag=True, help="Zero is meant.")


def register(stock: click.Group, shell: Shell) -> None:
    """Add the commands to the group `stock`."""

    def ask(name: str, args: dict[str, Any], workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        import app.api.commands_stock  # noqa: F401 - adds the commands that `run` looks up

        shell.run(name, args, workspace, unlock_from, as_json)

    @stock.command("on-hand", context_settings=_TYPED)
    @click.argument("sku")
    @click.argument("count")
    @_sure
    @shell.common
    def on_hand(
        sku: str, count: str, sure: bool, workspace: Path | None, unlock_from: str | None, as_json: bool
    ) -> None:
        """Say how many pieces lie on the shelf. From then on orders reserve, and channels are told what is available."""
        ask("stock_on_hand", {"sku": sku, "count": count, "sure": sure}, workspace, unlock_from, as_json)

    @stock.command("buffer", context_settings=_TYPED)
    @click.argument("sku")
    @click.argument("count")
    @shell.common
    def buffer(sku: str, count: str, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Keep so many pieces back from every channel."""
        ask("stock_buffer", {"sku": sku, "count": count}, workspace, unlock_from, as_json)

    @stock.command("show")
    @click.argument("sku", required=False)
    @click.option("--search", help="A part of the SKU or the barcode.")
    @click.option("--low", type=int, help="Only those with no more available than this.")
    @click.option("--lacking", is_flag=True, help="Only those of which orders lack some.")
    @click.option("--limit", type=int, default=0)
    @shell.common
    def show(sku: str | None, search: str | None, low: int | None, lacking: bool, limit: int, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """On hand, reserved, buffer, available; of one SKU also what each channel shows and should show."""
        args = {"sku": sku, "search": search, "low": low, "lacking": lacking, "limit": limit}
        ask("stock_show", args, workspace, unlock_from, as_json)

    @stock.command("rule")
    @click.argument("name")
    @click.option("--percent", help="How much of what is available the channel shows, 0–100.")
    @click.option("--max", "most", help="Never more than this; - for no limit.")
    @click.option("--min", "least", help="Below this it shows none.")
    @click.option("--minus", help="So many pieces less.")
    @shell.common
    def rule(name: str, percent: str | None, most: str | None, least: str | None, minus: str | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Show or change how much of the available stock a channel shows."""
        args = {"name": name, "percent": percent, "most": most, "least": least, "minus": minus}
        ask("stock_rule", args, workspace, unlock_from, as_json)

    @stock.command("sheet")
    @click.argument("file", type=_FILE)
    @click.option("--map", "mapping", help='Which column is what: "sku=Ürün Kodu; on_hand=Depo".')
    @_sure
    @shell.common
    def sheet(file: Path, mapping: str | None, sure: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Take counts and buffers from the sheet FILE. A blank is no change; what cannot be read is told by row and column."""
        ask("stock_sheet", {"file": str(file.resolve()), "map": mapping, "sure": sure}, workspace, unlock_from, as_json)

    @stock.command("push")
    @click.argument("sku", required=False)
    @shell.common
    def push(sku: str | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Queue what channels should show and do not."""
        ask("stock_push", {"sku": sku}, workspace, unlock_from, as_json)
