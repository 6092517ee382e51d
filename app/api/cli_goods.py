"""`paxzar fetch`, `listings`, `price`, `stock`, `outbox` and `label`: only the parsing. Imports nothing heavy: it is
read at every start."""

from __future__ import annotations

from pathlib import Path

import click

from app.api import cli_stock
from app.api.cli_safety import Shell

by_option = click.option(
    "--by",
    type=click.Choice(["auto", "sku", "barcode", "id"]),
    default="auto",
    show_default=True,
    help="What SKU is: the SKU, the barcode or the channel's id of the listing.",
)


sure_option = click.option("--zero", "--sure", "sure", is_flag=True, help="Zero is meant.")


def register(main: click.Group, shell: Shell) -> None:
    """Add the commands to the command line."""

    @main.command()
    @click.argument("name")
    @click.argument("number")
    @shell.common
    def fetch(name: str, number: str, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Fetch one order again by its number."""
        shell.run("fetch", {"name": name, "number": number}, workspace, unlock_from, as_json)

    @main.command()
    @click.argument("name", required=False)
    @click.option("--search", help="SKU, barcode or title.")
    @click.option("--limit", type=int, default=0)
    @shell.common
    def listings(name: str | None, search: str | None, limit: int, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """The stored listings."""
        shell.run("listings", {"name": name, "search": search, "limit": limit}, workspace, unlock_from, as_json)

    @main.group()
    def price() -> None:
        """Prices."""

    @price.command("set", context_settings={"ignore_unknown_options": True})  # -5 is an amount, if a wrong one
    @click.argument("name")
    @click.argument("sku")
    @click.argument("amount")
    @by_option
    @click.option("--list-price", help="The crossed-out price.")
    @sure_option
    @shell.common
    def price_set(name: str, sku: str, amount: str, by: str, list_price: str | None, sure: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Queue a price for a listing."""
        args = {
            "name": name,
            "sku": sku,
            "value": amount,
            "list_price": list_price,
            "sure": sure,
            "by": by,
            "kind": "price",
        }
        shell.run("set", args, workspace, unlock_from, as_json)

    @main.group()
    def stock() -> None:
        """Stock."""

    cli_stock.register(stock, shell)

    @stock.command("set", context_settings={"ignore_unknown_options": True})
    @click.argument("name")
    @click.argument("sku")
    @click.argument("count")
    @by_option
    @sure_option
    @shell.common
    def stock_set(name: str, sku: str, count: str, by: str, sure: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Queue a stock figure for a listing."""
        shell.run(
            "set",
            {"name": name, "sku": sku, "value": count, "sure": sure, "by": by, "kind": "stock"},
            workspace,
            unlock_from,
            as_json,
        )

    @main.command()
    @click.argument("name", required=False)
    @click.option("--drain", is_flag=True, help="Send now and wait for the vendors' results.")
    @click.option("--patience", type=float, default=120.0, show_default=True, help="Seconds to wait for later results.")
    @click.option("--limit", type=int, default=1000)
    @shell.common
    def outbox(name: str | None, drain: bool, patience: float, limit: int, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """What waits to be sent, and what became of it."""
        shell.run(
            "outbox",
            {"name": name, "drain": drain, "patience": patience, "limit": limit},
            workspace,
            unlock_from,
            as_json,
        )

    @main.command()
    @click.argument("orders", nargs=-1, required=True)
    @click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The PDF to write.")
    @click.option("--document", type=click.Choice(["label", "slip"]), default="label", show_default=True)
    @shell.common
    def label(orders: tuple[str, ...], out: Path, document: str, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Print address labels or packing slips of stored orders into a PDF."""
        shell.run(
            "label",
            {"orders": list(orders), "out": str(out.resolve()), "document": document},
            workspace,
            unlock_from,
            as_json,
        )
