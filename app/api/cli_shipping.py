"""`paxzar ship`, `paxzar shipment` and `paxzar track`: only the parsing. Imports nothing heavy: it is read at every start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from app.api.cli_fields import pairs
from app.api.cli_safety import Shell
from app.formats.words import Words

_FILE = click.Path(dir_okay=False, path_type=Path)
_PATIENCE = click.option(
    "--patience", type=float, default=60.0, show_default=True, help="Seconds to wait for an answer that was lost."
)


def register(main: click.Group, shell: Shell) -> None:
    """Add the commands to the command line."""

    def ask(name: str, args: dict[str, Any], workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        import app.api.commands_shipping  # noqa: F401 - adds the commands that `run` looks up

        shell.run(name, args, workspace, unlock_from, as_json)

    @main.command()
    @click.argument("orders", nargs=-1, required=True)
    @click.option("--carrier", help="The carrier's connection; else by your rules.")
    @click.option("--desi", help="Desi of one piece (width × height × depth in cm ÷ 3000).")
    @click.option("--weight", "weight_g", type=int, help="Grams of one piece.")
    @click.option("--pieces", type=int, default=1, show_default=True)
    @click.option("--cod/--no-cod", default=None, help="Cash on delivery; else as the order says.")
    @click.option("--card", is_flag=True, help="Cash on delivery is paid by card.")
    @click.option("--receiver-pays", is_flag=True, help="The receiver pays the carrier.")
    @click.option("--note", help="For the carrier.")
    @click.option("--together", is_flag=True, help="All these orders in one parcel.")
    @click.option("--second", is_flag=True, help="Although an order is in a parcel already.")
    @click.option("--set", "changes", multiple=True, metavar="FIELD=VALUE", help="Correct the address of one order, or tell customs (hs_code, made_in, hs_code:SKU …); it is remembered.")  # fmt: skip
    @click.option("--fix", is_flag=True, help="Take what is proposed for wrong fields.")
    @click.option("--prices", is_flag=True, help="Only what the carrier would charge; nothing is made.")
    @click.option("--another", is_flag=True, help="Take the other carrier that is offered when this one is down.")
    @click.option("--wait", is_flag=True, help="Wish it although the carrier is down: it waits in the outbox.")
    @click.option("--instead", is_flag=True, help="Call a parcel off that was never sent, and give it to this carrier.")
    @click.option("--out", type=_FILE, help="Write the labels into this PDF.")
    @_PATIENCE
    @shell.common
    def ship(orders: tuple[str, ...], carrier: str | None, desi: str | None, weight_g: int | None, pieces: int,
             cod: bool | None, card: bool, receiver_pays: bool, note: str | None, together: bool, second: bool,
             changes: tuple[str, ...], fix: bool, prices: bool, another: bool, wait: bool, instead: bool, out: Path | None, patience: float, workspace: Path | None,
             unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Hand orders to a carrier: one parcel an order, each asked for once."""
        args = {
            "orders": list(orders), "carrier": carrier, "desi": desi, "weight_g": weight_g, "pieces": pieces, "cod": cod,
            "card": card, "receiver_pays": receiver_pays, "note": note, "together": together, "second": second,
            "set": pairs(changes, Words.load(shell.lang())), "fix": fix, "out": str(out.resolve()) if out else "", "patience": patience,
            "prices": prices, "another": another, "wait": wait, "instead": instead,
        }  # fmt: skip
        ask("ship", args, workspace, unlock_from, as_json)

    @main.group()
    def shipment() -> None:
        """Parcels: what was asked of carriers, and what became of it."""

    @shipment.command("list")
    @click.argument("name", required=False)
    @click.option("--view", help="waiting, on_the_way, delivered, problem, returned or cancelled.")
    @click.option("--search", help="Order number, tracking number or reference.")
    @click.option("--limit", type=int, default=1000, show_default=True)
    @shell.common
    def shipment_list(name: str | None, view: str | None, search: str | None, limit: int, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Parcels, newest first; NAME: only of this carrier's connection."""
        args = {"name": name, "view": view, "search": search, "limit": limit}
        ask("shipment_list", args, workspace, unlock_from, as_json)

    @shipment.command("cancel")
    @click.argument("parcels", nargs=-1, required=True)
    @_PATIENCE
    @shell.common
    def shipment_cancel(parcels: tuple[str, ...], patience: float, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Call parcels off, by order number, tracking number or reference."""
        ask("shipment_cancel", {"parcels": list(parcels), "patience": patience}, workspace, unlock_from, as_json)

    @shipment.command("label")
    @click.argument("parcels", nargs=-1, required=True)
    @click.option("--out", required=True, type=_FILE, help="The PDF; ZPL and EPL labels are written beside it.")
    @shell.common
    def shipment_label(parcels: tuple[str, ...], out: Path, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Write the labels of parcels again."""
        ask("shipment_label", {"parcels": list(parcels), "out": str(out.resolve())}, workspace, unlock_from, as_json)

    @shipment.command("rules")
    @click.option(
        "--add",
        help="A rule for the end of the list: carrier=NAME,channel=NAME,city=CITY,most_desi=10,most_weight_g=5000,own=yes",
    )
    @click.option("--remove", type=int, help="Take this number away.")
    @shell.common
    def shipment_rules(add: str | None, remove: int | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Which carrier an order goes with when you name none: the first rule that fits."""
        ask("shipment_rules", {"add": add, "remove": remove}, workspace, unlock_from, as_json)

    def ask_rules(
        name: str, args: dict[str, Any], workspace: Path | None, unlock_from: str | None, as_json: bool
    ) -> None:
        import app.api.commands_carrier_rules  # noqa: F401 - adds the commands that `run` looks up

        shell.run(name, args, workspace, unlock_from, as_json)

    @main.group("carrier-rules")
    def carrier_rules() -> None:
        """Which carrier an order goes with when you name none: the whole list, to read and to set."""

    @carrier_rules.command("list")
    @shell.common
    def carrier_rules_list(workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """The rules in their order; with --json as `set` takes them."""
        ask_rules("carrier_rules_list", {}, workspace, unlock_from, as_json)

    @carrier_rules.command("set")
    @click.option("--from", "source", required=True, help="A JSON list of rules: a file, or - for standard input.")
    @shell.common
    def carrier_rules_set(source: str, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Put this list in the place of all rules: carrier, channel, city, own, on, least_/most_ desi, total, weight_g."""
        try:
            rules = json.loads(shell.read_text(source))
        except json.JSONDecodeError as error:
            raise click.UsageError(Words.load(shell.lang())("parcels.rules.json")) from error
        ask_rules("carrier_rules_set", {"rules": rules}, workspace, unlock_from, as_json)

    @main.command()
    @click.argument("name", required=False)
    @shell.common
    def track(name: str | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Ask the carriers, or one, where the parcels are."""
        ask("track", {"name": name}, workspace, unlock_from, as_json)
