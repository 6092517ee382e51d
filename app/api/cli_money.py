"""`paxzar payouts`: only the parsing. Imports nothing heavy: it is read at every start."""

from __future__ import annotations

from pathlib import Path

import click

from app.api.cli_safety import Shell

_FILE = click.Path(dir_okay=False, path_type=Path)


def register(main: click.Group, shell: Shell) -> None:
    """Add the command to the command line."""

    @main.command()
    @click.argument("name", required=False)
    @click.option("--since", help="ISO date or instant: booked from then on.")
    @click.option("--until", help="ISO date or instant, not included.")
    @click.option(
        "--by", "view", type=click.Choice(["orders", "payouts", "months"]), default="orders", show_default=True
    )
    @click.option("--odd", is_flag=True, help="Only orders at which somebody should look.")
    @click.option("--search", help="Part of an order's number or of a payout's.")
    @click.option(
        "--limit", type=click.IntRange(1), default=40, show_default=True, help="Lines shown; sheet and JSON have all."
    )
    @click.option("--sync", is_flag=True, help="Read the payout lines first, again from --since where it is given.")
    @click.option("--out", type=_FILE, help="The sheet to write: .xlsx with all three views, or .csv.")
    @shell.common
    def payouts(name: str | None, since: str | None, until: str | None, view: str, odd: bool, search: str | None, limit: int,
                sync: bool, out: Path | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """What the channels should pay and what they paid, by order, payout or month."""
        import app.api.commands_money  # noqa: F401 - adds the command that `run` looks up

        args = {
            "name": name, "since": since, "until": until, "view": view, "odd": odd, "search": search, "limit": limit,
            "sync": sync, "out": None if out is None else str(out.resolve()),
            "drain": sync or out is not None,  # then it writes; else it goes on while the disk is full
        }  # fmt: skip
        shell.run("payouts", args, workspace, unlock_from, as_json)
