"""`paxzar pick`, `print`, `printers` and `journal`: only the parsing. Imports nothing heavy: it is read at every start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.api.cli_safety import Shell

_FILE = click.Path(dir_okay=False, path_type=Path)
_KINDS = ("label", "carrier", "slip", "pick", "handover", "shelf")
_FILES = (".pdf", ".zpl", ".prn", ".epl")


def _whole(printer: str | None) -> str | None:
    """A file is meant from here, wherever the command runs in the end."""
    return str(Path(printer).resolve()) if printer and Path(printer).suffix.casefold() in _FILES else printer


def register(main: click.Group, shell: Shell) -> None:
    """Add the commands to the command line."""

    def ask(name: str, args: dict[str, Any], workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        import app.api.commands_print  # noqa: F401 - adds the commands that `run` looks up

        shell.run(name, args, workspace, unlock_from, as_json)

    @main.command()
    @click.argument("orders", nargs=-1)
    @click.option("--out", type=_FILE, help="Write the list into this PDF.")
    @shell.common
    def pick(orders: tuple[str, ...], out: Path | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """What to fetch from the shelves for these orders, or for all that are new; single-item orders first."""
        ask("pick", {"orders": list(orders), "out": str(out.resolve()) if out else ""}, workspace, unlock_from, as_json)

    @main.command("print")
    @click.argument("orders", nargs=-1)
    @click.option("--document", type=click.Choice(_KINDS), default="label", show_default=True, help="shelf takes SKUs or barcodes; handover a day.")  # fmt: skip
    @click.option("--printer", help="A kept printer, a system queue, host:9100, or a .pdf, .zpl or .epl file.")
    @click.option("--paper", help="100x150, 100x100, 4x6, a6, a4-2, a4-4, 60x40 …, or WIDTHxHEIGHT in mm; else the printer's.")  # fmt: skip
    @click.option("--first-cell", type=int, default=1, show_default=True, help="First free cell of a sheet of labels.")
    @click.option("--copies", type=int, default=0, help="Else as the printer's profile says.")
    @click.option("--again", is_flag=True, help="Labels that are printed already too; the journal marks them.")
    @click.option("--anyway", is_flag=True, help="Cancelled orders too, and labels of another size than the paper.")
    @click.option("--day", help="Of the handover manifest: 2026-11-24; else today.")
    @click.option("--carrier", help="Of the handover manifest; else all.")
    @click.option("--resume", is_flag=False, flag_value=-1, type=int, help="Go on with this print job, or with all.")
    @click.option("--from", "start_at", type=int, help="With --resume after a jam: from this piece on once more.")
    @click.option("--doubtful", type=click.Choice(["again", "out"]), help="With --resume: pieces that nobody knows of are printed once more, or came out.")  # fmt: skip
    @click.option("--drop", type=int, help="Give up the rest of this print job.")
    @shell.common
    def print_(orders: tuple[str, ...], document: str, printer: str | None, paper: str | None, first_cell: int, copies: int,
               again: bool, anyway: bool, day: str | None, carrier: str | None, resume: int | None, start_at: int | None,
               doubtful: str | None, drop: int | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Print stored orders' documents; nothing is asked of the network but the printer."""
        args = {
            "orders": list(orders), "document": document, "printer": _whole(printer), "paper": paper, "first": first_cell,
            "copies": copies, "again": again, "anyway": anyway, "day": day, "carrier": carrier, "resume": resume,
            "from": start_at, "doubtful": doubtful, "drop": drop,
        }  # fmt: skip
        ask("print", args, workspace, unlock_from, as_json)

    @main.group(invoke_without_command=True)
    @click.pass_context
    @shell.common
    def printers(context: click.Context, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """The printers that are kept, and the system's queues."""
        if context.invoked_subcommand is None:
            ask("printers", {}, workspace, unlock_from, as_json)

    @printers.command("add")
    @click.argument("name")
    @click.argument("address")
    @click.option(
        "--port", help="queue (its driver), raw (bytes as they are), network or file; else told from the address."
    )
    @click.option("--language", help="zpl, epl or driver; else told from the port.")
    @click.option("--dpi", type=int, default=203, show_default=True)
    @click.option("--paper", default="100x150", show_default=True)
    @click.option("--right", "right_mm", default="0", help="Move everything to the right, in mm (−20 … 20).")
    @click.option("--down", "down_mm", default="0", help="Move everything down, in mm.")
    @click.option("--copies", type=int, default=1, show_default=True)
    @click.option("--cut", is_flag=True, help="It has a cutter.")
    @shell.common
    def printers_add(name: str, address: str, port: str | None, language: str | None, dpi: int, paper: str, right_mm: str,
                     down_mm: str, copies: int, cut: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Keep a printer: NAME, and a queue's name, host:9100 or a file. An existing NAME is changed."""
        args = {
            "name": name, "address": _whole(address), "port": port, "language": language, "dpi": dpi, "paper": paper,
            "right": right_mm, "down": down_mm, "copies": copies, "cut": cut,
        }  # fmt: skip
        ask("printers_add", args, workspace, unlock_from, as_json)

    @printers.command("remove")
    @click.argument("name")
    @shell.common
    def printers_remove(name: str, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Forget a printer; its journal stays."""
        ask("printers_remove", {"name": name}, workspace, unlock_from, as_json)

    @printers.command("test")
    @click.argument("printer")
    @shell.common
    def printers_test(printer: str, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Print the calibration page."""
        ask("printers_test", {"printer": _whole(printer)}, workspace, unlock_from, as_json)

    @printers.command("look")
    @click.option("--logo", type=_FILE, help="A picture for the documents' head.")
    @click.option("--no-logo", is_flag=True)
    @click.option("--footer", help="A line at the foot of every document; '' for none.")
    @click.option(
        "--hide", multiple=True, metavar="FIELD", help="sender, phone, items, channel, carrier, note, amounts."
    )
    @click.option("--show", multiple=True, metavar="FIELD")
    @shell.common
    def printers_look(logo: Path | None, no_logo: bool, footer: str | None, hide: tuple[str, ...], show: tuple[str, ...],
                      workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """How documents look: logo, footer, fields. Without an option it tells."""
        args = {
            "logo": str(logo.resolve()) if logo else None, "no_logo": no_logo, "footer": footer, "hide": list(hide), "show": list(show),
        }  # fmt: skip
        ask("printers_look", args, workspace, unlock_from, as_json)

    @main.command()
    @click.option("--limit", type=int, default=100, show_default=True)
    @click.option("--order", help="Only of this order.")
    @shell.common
    def journal(limit: int, order: str | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """What was printed: when, by whom, on which printer, which copy. Newest first."""
        ask("journal", {"limit": limit, "order": order}, workspace, unlock_from, as_json)
