"""`paxzar buyer` and `paxzar retention`: only the parsing. Imports nothing heavy: it is read at every start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.api.cli_safety import Shell

_FILE = click.Path(dir_okay=False, path_type=Path)
_PERSON = click.option(
    "--person", type=int, default=0, help="Which one, when several are found: the number in the list."
)


def register(main: click.Group, shell: Shell) -> None:
    """Add the commands to the command line."""

    def ask(name: str, args: dict[str, Any], workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        import app.api.commands_privacy  # noqa: F401 - adds the commands that `run` looks up

        shell.run(name, args, workspace, unlock_from, as_json)

    @main.group()
    def buyer() -> None:
        """A buyer's rights under KVKK and GDPR: find, export, erase."""

    @buyer.command("find")
    @click.argument("text")
    @shell.common
    def buyer_find(text: str, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Who is meant by TEXT (phone, e-mail, name or order number), with all their orders."""
        ask("buyer_find", {"text": text}, workspace, unlock_from, as_json)

    @buyer.command("export")
    @click.argument("text")
    @click.option("--out", required=True, type=_FILE, help="The file to write: .json, or .xlsx for reading.")
    @_PERSON
    @shell.common
    def buyer_export(text: str, out: Path, person: int, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """All that is held of a buyer, into a file."""
        args = {"text": text, "out": str(out.resolve()), "person": person}
        ask("buyer_export", args, workspace, unlock_from, as_json)

    @buyer.command("erase")
    @click.argument("text")
    @_PERSON
    @click.option(
        "--open-too", is_flag=True, help="Orders too that still have to be sent: no label can be printed then."
    )
    @click.option("--yes", is_flag=True, help="Erase; without it you only see what would be erased.")
    @shell.common
    def buyer_erase(text: str, person: int, open_too: bool, yes: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Forget a buyer: name, address, phone, e-mail, notes, documents. Numbers, goods and amounts of the orders stay."""
        args = {"text": text, "person": person, "open_too": open_too, "yes": yes}
        ask("buyer_erase", args, workspace, unlock_from, as_json)

    @main.group()
    def retention() -> None:
        """How long which data are kept. All is kept until you switch a kind on; the audit log always is."""

    @retention.command("show")
    @shell.common
    def retention_show(workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """The rules, and how much they would erase now."""
        ask("retention_show", {}, workspace, unlock_from, as_json)

    @retention.command("set")
    @click.argument("kind")
    @click.argument("days")
    @shell.common
    def retention_set(kind: str, days: str, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Keep KIND (orders, documents, notices, sent, logs) for DAYS days, or "off" to keep it always."""
        ask("retention_set", {"kind": kind, "days": days}, workspace, unlock_from, as_json)

    @retention.command("apply")
    @click.option("--preview", is_flag=True, help="Only count.")
    @shell.common
    def retention_apply(preview: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Erase now what the rules let go; the running program does so once a day."""
        ask("retention_apply", {"preview": preview}, workspace, unlock_from, as_json)
