"""`paxzar plan`, `cost`, `recipe`, `freeze` and `unfreeze`: only the parsing. Imports nothing heavy: it is read at every start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.api.cli_safety import Shell

_FILE = click.Path(dir_okay=False, path_type=Path)
_TYPED = {"ignore_unknown_options": True}  # -5 is an amount, if a wrong one


def sheet_options(function: Any) -> Any:
    """`--map` and `--decimal`: what a person says of a sheet's columns."""
    function = click.option("--decimal", type=click.Choice([",", "."]), help="The decimal sign of its prices, where they do not tell.")(function)  # fmt: skip
    return click.option("--map", "pairs", multiple=True, metavar="FIELD=HEADER", help="What a column is, such as price=Fiyat; kept for files of this shape. Fields: sku barcode remote_id price list_price currency connection.")(function)  # fmt: skip


def register(main: click.Group, shell: Shell) -> None:
    """Add the commands to the command line."""

    def ask(name: str, args: dict[str, Any], workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        import app.api.commands_costs
        import app.api.commands_plan_rules
        import app.api.commands_plans
        import app.api.commands_price_sheets  # noqa: F401 - add the commands that `run` looks up

        shell.run(name, args, workspace, unlock_from, as_json)

    @main.group()
    def plan() -> None:
        """Bulk changes of prices: previewed, held where doubtful, sent, taken back."""

    @plan.command("new")
    @click.option(
        "--formula",
        help="Such as: round_to(price * 1.05; 0.90). Variables: price list_price cost stock commission vat min_price max_price"
        " (fiyat liste_fiyatı maliyet stok komisyon kdv en_az en_çok).",
    )
    @click.option("--recipe", help="A saved formula instead.")
    @click.option("--connection", "name", help="Only this connection.")
    @click.option("--filter", "filter_", help="Only listings that this search finds (SKU, barcode, title).")
    @click.option("--commission", metavar="PERCENT", help="What `commission` stands for, such as 21%.")
    @click.option(
        "--sheet",
        type=_FILE,
        help="Prices from a sheet instead: XLSX, XLS, ODS, CSV with a column of SKUs or barcodes.",
    )
    @sheet_options
    @shell.common
    def new(formula: str | None, recipe: str | None, name: str | None, filter_: str | None, commission: str | None, sheet: Path | None,
            pairs: tuple[str, ...], decimal: str | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Compute a plan and show it. Nothing is sent."""
        if [formula is None, recipe is None, sheet is None].count(False) != 1:
            raise click.UsageError("--formula / --recipe / --sheet")
        if (sheet is None and (pairs or decimal)) or (sheet is not None and (filter_ or commission)):
            raise click.UsageError("--formula, --recipe: --filter, --commission / --sheet: --map, --decimal")
        if sheet is not None:
            args = {"sheet": str(sheet.resolve()), "name": name, "map": list(pairs), "decimal": decimal}
            ask("plan_sheet", args, workspace, unlock_from, as_json)
            return
        args = {"formula": formula, "recipe": recipe, "name": name, "filter": filter_, "commission": commission}
        ask("plan_new", args, workspace, unlock_from, as_json)

    @plan.command("list")
    @click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
    @shell.common
    def list_(limit: int, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """The plans, newest first."""
        ask("plan_list", {"limit": limit}, workspace, unlock_from, as_json)

    @plan.command("show")
    @click.argument("number", type=int)
    @click.option("--held", is_flag=True, help="Only lines that wait for you, or have no price.")
    @click.option("--limit", type=click.IntRange(0), default=0, help="Lines at most; JSON has all without it.")
    @shell.common
    def show(number: int, held: bool, limit: int, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """A plan: totals, its lines, where they are."""
        ask("plan_show", {"id": number, "held": held, "limit": limit}, workspace, unlock_from, as_json)

    @plan.command("release")
    @click.argument("number", type=int)
    @click.option("--line", "lines", type=int, multiple=True, help="This line; may be given several times.")
    @click.option("--all", "all_", is_flag=True, help="All held lines.")
    @shell.common
    def release(number: int, lines: tuple[int, ...], all_: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Let held lines go at the next apply. The audit log has it."""
        ask("plan_release", {"id": number, "lines": list(lines), "all": all_}, workspace, unlock_from, as_json)

    @plan.command("apply")
    @click.argument("number", type=int)
    @shell.common
    def apply(number: int, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Queue the plan's lines for their channels; `outbox --drain` sends at once."""
        ask("plan_apply", {"id": number}, workspace, unlock_from, as_json)

    @plan.command("undo")
    @click.argument("number", type=int)
    @shell.common
    def undo(number: int, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Take a plan back: only where the channel still carries its price."""
        ask("plan_undo", {"id": number}, workspace, unlock_from, as_json)

    @plan.command("guards")
    @click.option("--jump", help="Hold changes beyond so many per cent.")
    @click.option("--daily-cap", type=click.IntRange(0), help="Lines at most on one day; 0 for no limit.")
    @shell.common
    def guards(jump: str | None, daily_cap: int | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """The limits of all plans, shown or set."""
        ask("plan_guards", {"jump": jump, "daily_cap": daily_cap}, workspace, unlock_from, as_json)

    @main.command()
    @click.argument("name", required=False)
    @shell.common
    def freeze(name: str | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Stop all outgoing changes of a connection, or of all; reading goes on."""
        ask("freeze", {"name": name, "on": True}, workspace, unlock_from, as_json)

    @main.command()
    @click.argument("name", required=False)
    @shell.common
    def unfreeze(name: str | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Let outgoing changes go again."""
        ask("freeze", {"name": name, "on": False}, workspace, unlock_from, as_json)

    @main.group()
    def recipe() -> None:
        """Saved formulas."""

    @recipe.command("save")
    @click.argument("recipe_name", metavar="NAME")
    @click.argument("formula")
    @shell.common
    def recipe_save(recipe_name: str, formula: str, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Save FORMULA under NAME."""
        ask("recipe_save", {"recipe_name": recipe_name, "formula": formula}, workspace, unlock_from, as_json)

    @recipe.command("list")
    @shell.common
    def recipe_list(workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """The saved formulas."""
        ask("recipe_list", {}, workspace, unlock_from, as_json)

    _costs(main, shell, ask)


def _costs(main: click.Group, shell: Shell, ask: Any) -> None:
    @main.group()
    def cost() -> None:
        """What products cost, and how low and high their prices may be."""

    @cost.command("set", context_settings=_TYPED)
    @click.argument("sku")
    @click.argument("amount")
    @click.option("--vat-rate", help="Per cent, such as 20.")
    @click.option("--without-vat", is_flag=True, help="AMOUNT is without VAT; it is kept with VAT.")
    @click.option("--floor", help="No price below, with VAT.")
    @click.option("--ceiling", help="No price above, with VAT.")
    @click.option("--shelf")
    @click.option("--desi")
    @click.option("--currency", default="TRY", show_default=True)
    @click.option("--zero", "sure", is_flag=True, help="Zero is meant.")
    @shell.common
    def set_(sku: str, amount: str, vat_rate: str | None, without_vat: bool, floor: str | None, ceiling: str | None, shelf: str | None,
             desi: str | None, currency: str, sure: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Keep what a product costs, with VAT."""
        args = {
            "sku": sku, "cost": amount, "vat_rate": vat_rate, "without_vat": without_vat, "floor": floor, "ceiling": ceiling,
            "shelf": shelf, "desi": desi, "currency": currency, "sure": sure,
        }  # fmt: skip
        ask("cost_set", args, workspace, unlock_from, as_json)

    @cost.command("list")
    @click.option("--limit", type=click.IntRange(0), default=0)
    @shell.common
    def list_(limit: int, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """The products with their costs."""
        ask("cost_list", {"limit": limit}, workspace, unlock_from, as_json)

    @cost.command("import")
    @click.argument("file", type=_FILE)
    @click.option("--zero", "sure", is_flag=True, help="Zeros are meant.")
    @shell.common
    def import_(file: Path, sure: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Costs from a sheet (XLSX, XLS, ODS, CSV) with a column of SKUs. A blank cell is no change."""
        ask("cost_import", {"file": str(file.resolve()), "sure": sure}, workspace, unlock_from, as_json)
