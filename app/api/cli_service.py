"""`paxzar questions`, `answer`, `invoice-link`, `split`, `boxes`, `accept`: only the parsing. Imports nothing heavy: it is read at every start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.api.cli_safety import Shell


def register(main: click.Group, shell: Shell) -> None:
    """Add the commands to the command line."""

    def ask(name: str, args: dict[str, Any], workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        import app.api.commands_service  # noqa: F401 - adds the commands that `run` looks up

        shell.run(name, args, workspace, unlock_from, as_json)

    @main.command()
    @click.argument("name", required=False)
    @click.option("--days", type=int, default=14, show_default=True, help="Asked within so many days.")
    @click.option("--open", "only_open", is_flag=True, help="Only those that wait for an answer.")
    @shell.common
    def questions(name: str | None, days: int, only_open: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Buyers' questions, asked of the channel now."""
        ask("questions", {"name": name, "days": days, "open": only_open}, workspace, unlock_from, as_json)

    @main.command()
    @click.argument("name")
    @click.argument("question")
    @click.argument("text")
    @shell.common
    def answer(name: str, question: str, text: str, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Answer the QUESTION (its number) of a buyer. The channel may read the answer before it shows it."""
        ask("answer", {"name": name, "question": question, "text": text}, workspace, unlock_from, as_json)

    @main.command("invoice-link")
    @click.argument("order")
    @click.argument("url")
    @click.option("--number", help="The invoice's number.")
    @click.option("--date", help="When it was issued: ISO date or instant.")
    @shell.common
    def invoice_link(order: str, url: str, number: str | None, date: str | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Tell the channel where the invoice of an ORDER (its number, or the package's) lies."""
        args = {"order": order, "url": url, "number": number, "date": date}
        ask("invoice_link", args, workspace, unlock_from, as_json)

    @main.command()
    @click.argument("order")
    @click.argument("shares", nargs=-1, metavar="[LINE:QTY]...")
    @click.option("--into", type=click.IntRange(2, 50), help="Spread them, or all lines, evenly over so many packages.")
    @shell.common
    def split(order: str, shares: tuple[str, ...], into: int | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Split an order's package. The lines named (id, SKU or barcode, and pieces) go into one of their own, the rest into
        another."""
        ask("split", {"order": order, "shares": list(shares), "into": into}, workspace, unlock_from, as_json)

    @main.command()
    @click.argument("order")
    @click.argument("count", type=click.IntRange(1, 999))
    @click.option("--desi", required=True, help="Volumetric weight of the package: 3.5 or 3,5.")
    @shell.common
    def boxes(order: str, count: int, desi: str, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Tell the channel that an order's package has COUNT boxes."""
        ask("boxes", {"order": order, "count": count, "desi": desi}, workspace, unlock_from, as_json)

    @main.command()
    @click.argument("orders", nargs=-1, required=True, metavar="ORDER...")
    @click.option(
        "--line", "lines", multiple=True, help="Take only this line (id, SKU or barcode) and refuse the others."
    )
    @click.option("--refuse", is_flag=True, help="Refuse the orders instead.")
    @shell.common
    def accept(orders: tuple[str, ...], lines: tuple[str, ...], refuse: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Take ORDERs that wait for your word, at channels that ask for it."""
        ask("accept", {"orders": list(orders), "lines": list(lines), "refuse": refuse}, workspace, unlock_from, as_json)
