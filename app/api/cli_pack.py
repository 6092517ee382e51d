"""`paxzar pack`, `paxzar rules` and `paxzar scanner`: only the parsing. Imports nothing heavy: it is read at every start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.api.cli_safety import Shell
from app.orders.rules import DOCUMENTS, EVENTS


def register(main: click.Group, shell: Shell) -> None:
    """Add the commands to the command line."""

    def ask(name: str, args: dict[str, Any], workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        import app.api.commands_pack  # noqa: F401 - adds the commands that `run` looks up

        shell.run(name, args, workspace, unlock_from, as_json)

    @main.command()
    @click.argument("order")
    @click.option("--scan", multiple=True, metavar="CODE", help="A piece by its barcode or SKU; again for each piece.")
    @click.option("--hand", multiple=True, metavar="LINE", help="A piece of this line (1, 2 …) without its barcode.")
    @click.option("--undo", is_flag=True, help="Take the last scan back first.")
    @click.option("--start-over", is_flag=True, help="All pieces out again first.")
    @shell.common
    def pack(order: str, scan: tuple[str, ...], hand: tuple[str, ...], undo: bool, start_over: bool, workspace: Path | None,
             unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Pack ORDER (its number, or its parcel's barcode) piece by piece; complete, it is packed and its label prints."""
        args = {"order": order, "scan": list(scan), "hand": list(hand), "undo": undo, "start_over": start_over}
        ask("pack", args, workspace, unlock_from, as_json)

    @main.group(invoke_without_command=True)
    @click.pass_context
    @shell.common
    def rules(context: click.Context, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """What prints by itself, and when."""
        if context.invoked_subcommand is None:
            ask("rules", {}, workspace, unlock_from, as_json)

    @rules.command("add")
    @click.argument("event", type=click.Choice(EVENTS))
    @click.argument("document", type=click.Choice(DOCUMENTS))
    @click.option("--printer", help="A kept printer's name; without it the only one there is.")
    @click.option("--copies", type=int, default=0, help="0: as the printer's profile says.")
    @shell.common
    def rules_add(event: str, document: str, printer: str | None, copies: int, workspace: Path | None, unlock_from: str | None,
                  as_json: bool) -> None:  # fmt: skip
        """When EVENT happens, print DOCUMENT (parcel: the carrier's label, else our own)."""
        args = {"event": event, "document": document, "printer": printer, "copies": copies}
        ask("rules_add", args, workspace, unlock_from, as_json)

    @rules.command("remove")
    @click.argument("place", type=int)
    @shell.common
    def rules_remove(place: int, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Take rule no. PLACE out."""
        ask("rules_remove", {"place": place}, workspace, unlock_from, as_json)

    @rules.command("on")
    @click.argument("place", type=int)
    @shell.common
    def rules_on(place: int, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Rule no. PLACE prints again."""
        ask("rules_switch", {"place": place, "on": True}, workspace, unlock_from, as_json)

    @rules.command("off")
    @click.argument("place", type=int)
    @shell.common
    def rules_off(place: int, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Rule no. PLACE stays in the list and prints nothing."""
        ask("rules_switch", {"place": place, "on": False}, workspace, unlock_from, as_json)

    @main.command()
    @click.option("--prefix", help="Signs that the scanner puts before each code; '' for none.")
    @click.option("--suffix", help="Signs that it puts behind each code (Enter and Tab need not be named).")
    @click.option("--least", type=int, help="A burst is at least so many signs.")
    @click.option("--gap", "gap_ms", type=int, help="Milliseconds between two signs of a burst at most.")
    @shell.common
    def scanner(prefix: str | None, suffix: str | None, least: int | None, gap_ms: int | None, workspace: Path | None,
                unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """How your barcode scanner types. Without an option it tells."""
        args = {"prefix": prefix, "suffix": suffix, "least": least, "gap_ms": gap_ms}
        ask("scanner", args, workspace, unlock_from, as_json)

    @rules.command("default")
    @shell.common
    def rules_default(workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """The list as it was: the label prints when a parcel is packed."""
        ask("rules_default", {}, workspace, unlock_from, as_json)
