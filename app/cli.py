"""`paxzar`: the headless composition root. Parses, opens the workspace or hands the command to its owner, prints."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from app.api import (
    cli_alerts,
    cli_goods,
    cli_money,
    cli_orders,
    cli_pack,
    cli_plans,
    cli_print,
    cli_privacy,
    cli_publishing,
    cli_reports,
    cli_safety,
    cli_serve,
    cli_service,
    cli_sheets,
    cli_shipping,
    cli_sign_in,
    cli_vault,
)
from app.api.answers import Answer
from app.api.cli_fields import pairs, secrets_of
from app.api.cli_safety import Shell
from app.contracts import Secret
from app.contracts.catalogue import Catalogue, UnknownIntegration, providers_root
from app.formats.words import Words, system_language

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
#: Commands that go on while the disk is full or takes no writes.
READING = frozenset(
    {
        "orders",
        "listings",
        "connections",
        "health",
        "outbox",
        "label",
        "audit",
        "shipment_list",
        "payouts",
        "alerts",
        "journal",
        "printers",
        "rules",
        "plan_list",
        "plan_show",
    }
)


def lang() -> str:
    return os.environ.get("PAXZAR_LANG") or system_language()


def finish(answer: Answer, as_json: bool) -> None:
    """Print and leave with the answer's exit code."""
    if as_json:
        click.echo(json.dumps(answer.data, ensure_ascii=False, indent=2, default=str))
        if answer.exit:
            for line in answer.lines:
                click.echo(line, err=True)
    else:
        for line in answer.lines:
            click.echo(line, err=bool(answer.exit))
    sys.exit(answer.exit)


def loop_run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def common(function: F) -> F:
    """`--workspace`, `--unlock-from` and `--json` for every command on a workspace."""
    function = click.option("--workspace", type=click.Path(file_okay=False, path_type=Path), help="Folder of the workspace.")(function)  # fmt: skip
    function = click.option("--unlock-from", help="File with the vault's password, or - for standard input.")(function)
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(function)


def read_text(source: str) -> str:
    """A file's text, or standard input for '-'. Wrong usage when it cannot be read."""
    try:
        return sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(Words.load(lang())("cli.cannot_read", path=source)) from error


def run(name: str, args: dict[str, Any], workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
    """Run a command on the workspace, here or at its owner."""
    password = Secret(read_text(unlock_from).rstrip("\r\n")) if unlock_from else None
    run_with(name, args, workspace, password, as_json)


def run_with(name: str, args: dict[str, Any], workspace: Path | None, password: Secret | None, as_json: bool) -> None:
    """The same with the password as it was read."""
    finish(loop_run(on_workspace(name, {**args, "lang": lang()}, workspace, password)), as_json)


async def on_workspace(name: str, args: dict[str, Any], folder: Path | None, password: Secret | None) -> Answer:
    """Own the workspace and run, or let its owner run. Trouble with the workspace itself is exit 1 with a sentence."""
    from app.api.commands import run_command
    from app.api.opening import opened
    from app.api.waiting import telling

    words = Words.load(args["lang"])
    console = await opened(
        words, folder, password, command=name, args=args, reading=name in READING and not args.get("drain")
    )
    if isinstance(console, Answer):
        return console
    try:
        if (why := console.store.db.why) is not None:
            click.echo(words(why.key, **why.params), err=True)
        await console.came_in("headless")
        async with telling(console, words, lambda line: click.echo(line, err=True)):
            return await run_command(console, name, args)
    finally:
        await console.close()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="paxzar", prog_name="paxzar")
def main() -> None:
    """The merchant's own console, without its window."""


@main.command("catalogue")
@click.option("--category", help="Only this category.")
@click.option("--readiness", help="Only this readiness: live, partner, file, link, planned, retired.")
@click.option("--json", "as_json", is_flag=True)
def catalogue_command(category: str | None, readiness: str | None, as_json: bool) -> None:
    """The integrations and what each of them can do."""
    words, answer = Words.load(lang()), Answer(data=[])
    for entry in Catalogue(providers_root()):
        if (category and entry.category != category) or (readiness and str(entry.readiness) != readiness):
            continue
        answer.data.append({
            "id": entry.id, "name": entry.name, "aliases": list(entry.aliases), "category": entry.category,
            "website": entry.website, "readiness": str(entry.readiness), "evidence": entry.evidence,
            "capabilities": list(entry.capabilities), "tier": entry.tier or None,
        })  # fmt: skip
        answer.say(f"{entry.id:<26} {entry.name:<28} {entry.category:<18} {words(f'readiness.{entry.readiness}')}")
    answer.say(words("cli.count_integrations", count=len(answer.data)))
    finish(answer, as_json)


@main.command()
@click.argument("integration")
@click.option("--name", required=True, help="What you call the connection.")
@click.option("--account", help="Share the account of this connection.")
@click.option("--env", default="live", show_default=True, help="live or sandbox.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A field that is no secret.")
@click.option("--base-url", help="A self-hosted shop or a test server.")
@click.option("--secrets-from", help="File with a JSON object of secrets, or - for standard input.")
@click.option("--switch", "switches", multiple=True, metavar="CAPABILITY=on|off")
@click.option("--own-rate", type=float, help="Calls per second, if you want fewer than the vendor allows.")
@click.option("--test", is_flag=True, help="Test first; keep nothing when it fails.")
@click.option("--again", is_flag=True, help="Make it although another connection has this shop already.")
@click.option("--sign-in", is_flag=True, help="Sign in at the vendor; test, and keep nothing when one of them fails.")
@click.option(
    "--paste", is_flag=True, help="With --sign-in: no browser here, paste the address at which one elsewhere ended."
)
@common
def connect(integration: str, name: str, account: str | None, env: str, settings: tuple[str, ...], base_url: str | None,
            secrets_from: str | None, switches: tuple[str, ...], own_rate: float | None, test: bool, again: bool,
            sign_in: bool, paste: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
    """Make a connection. Secrets never go on the command line."""
    words = Words.load(lang())
    held = secrets_of(words, read_text, secrets_from, unlock_from)
    on = {k: v == "on" for k, v in pairs(switches, words).items()}
    args = {
        "integration": integration, "name": name, "account": account, "env": env, "set": pairs(settings, words),
        "base_url": base_url, "secrets": held, "switches": on, "own_rate": own_rate, "test": test,
        "again": again,
    }  # fmt: skip
    if sign_in:
        if account:
            raise click.UsageError(words("signin.cli.new_account"))
        cli_sign_in.refuse_two_readers(lang(), paste, unlock_from, secrets_from)
        with cli_sign_in.talking(lang()) as talk:
            run("connect_sign_in", {**args, "paste": paste, "talk": talk}, workspace, unlock_from, as_json)
    run("connect", args, workspace, unlock_from, as_json)


@main.command()
@common
def connections(workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
    """The connections."""
    run("connections", {}, workspace, unlock_from, as_json)


@main.command()
@click.argument("name", required=False)
@common
def probe(name: str | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
    """Test a connection, or all."""
    run("probe", {"name": name}, workspace, unlock_from, as_json)


@main.command()
@click.argument("name", required=False)
@click.option("--orders", is_flag=True, help="Only orders.")
@click.option("--listings", is_flag=True, help="Only listings.")
@click.option("--since", help="ISO date or instant; else where the last pull ended.")
@click.option("--full", is_flag=True, help="All listings, not only the changed ones.")
@common
def sync(name: str | None, orders: bool, listings: bool, since: str | None, full: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
    """Pull orders and listings."""
    args = {"name": name, "orders": orders, "listings": listings, "since": since, "full": full}
    run("sync", args, workspace, unlock_from, as_json)


@main.command()
@click.argument("name", required=False)
@click.option("--evidence", is_flag=True, help="Also whose fault, the score's parts, operations and the last requests.")
@common
def health(name: str | None, evidence: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
    """State, response times and availability of the connections."""
    run("health", {"name": name, "evidence": evidence}, workspace, unlock_from, as_json)


@main.command()
@click.argument("integration")
@click.option("--port", type=int, default=0, help="0 picks a free one.")
@click.option("--orders", type=int, default=25, show_default=True)
@click.option("--listings", type=int, default=50, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
def rehearse(integration: str, port: int, orders: int, listings: int, seed: int) -> None:
    """Serve an integration's fake server on loopback until Ctrl+C."""
    from app.api.rehearse import listen, serve_one

    words, found = Words.load(lang()), Catalogue(providers_root())
    try:
        entry = found.resolve(integration)
        sandbox = found.sandbox(entry.id, orders=orders, listings=listings, seed=seed)
    except UnknownIntegration:
        click.echo(words("cli.no_sandbox", name=integration), err=True)
        sys.exit(2)
    try:
        sock = listen(port)
    except OSError as error:
        click.echo(words("cli.port_taken", port=str(port), reason=str(error)), err=True)
        sys.exit(1)
    address = f"http://127.0.0.1:{sock.getsockname()[1]}"
    click.echo(json.dumps({"integration": entry.id, "base_url": address, "credentials": sandbox.credentials}, ensure_ascii=False))  # fmt: skip
    sys.stdout.flush()
    try:
        loop_run(serve_one(sandbox.app, sock))
    except KeyboardInterrupt:
        sys.exit(0)


@main.command()
@click.option("--workspace", type=click.Path(file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True)
def demo(workspace: Path | None, as_json: bool) -> None:
    """The whole job without a window and without an account: pull, look, re-price, print, on the rehearsal servers."""
    from app.api.demo import run_demo
    from app.platform.paths import rehearsal_folder

    finish(loop_run(run_demo(workspace or rehearsal_folder(), lang())), as_json)


@main.command("new-provider")
@click.argument("id_")
@click.option("--name", required=True)
@click.option("--category", required=True)
@click.option("--website", default="")
@click.option(
    "--root", type=click.Path(file_okay=False, path_type=Path), help="The repository; else where Paxzar lies."
)
def new_provider(id_: str, name: str, category: str, website: str, root: Path | None) -> None:
    """Scaffold an integration: one manifest, one client, one fake server, one test."""
    from app.api.scaffold import ScaffoldError, scaffold

    words = Words.load(lang())
    try:
        for path in scaffold(root or providers_root().parent, id_, name, category, website):
            click.echo(str(path))
    except ScaffoldError as error:
        click.echo(words(f"cli.scaffold.{error.reason}", value=error.value), err=True)
        sys.exit(2)


@main.command()
@click.option("--workspace", type=click.Path(file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True)
def doctor(workspace: Path | None, as_json: bool) -> None:
    """What this computer has and lacks for Paxzar, line by line."""
    from app.api.doctor import examine
    from app.platform.paths import live_folder

    finish(loop_run(examine(workspace or live_folder(), lang())), as_json)


SHELL = Shell(common, run, read_text, finish, lang)
for room in (
    cli_orders,
    cli_goods,
    cli_safety,
    cli_sign_in,
    cli_privacy,
    cli_money,
    cli_pack,
    cli_sheets,
    cli_service,
    cli_shipping,
    cli_print,
    cli_plans,
    cli_publishing,
    cli_reports,
):
    room.register(main, SHELL)
cli_alerts.register(main, SHELL)
cli_serve.register(main, SHELL)
cli_vault.register(main, SHELL, run_with)

if __name__ == "__main__":
    main()
