"""`paxzar backup`, `restore`, `audit`, `diagnostics`: only the parsing. Imports nothing heavy: it is read at every start."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click

from app.api.answers import Answer
from app.contracts import Secret
from app.formats.words import Words

_FILE = click.Path(dir_okay=False, path_type=Path)


class Shell(NamedTuple):
    """What the command line itself lends: this floor may not import it."""

    common: Callable[[Callable[..., Any]], Callable[..., Any]]
    run: Callable[[str, dict[str, Any], Path | None, str | None, bool], None]
    read_text: Callable[[str], str]
    finish: Callable[[Answer, bool], None]
    lang: Callable[[], str]


def register(main: click.Group, shell: Shell) -> None:
    """Add the commands to the command line."""

    def ask(name: str, args: dict[str, Any], workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        import app.api.commands_safety  # noqa: F401 - adds the commands that `run` looks up

        shell.run(name, args, workspace, unlock_from, as_json)

    def first_line(source: str) -> str:
        return shell.read_text(source).rstrip("\r\n")

    @main.command()
    @click.argument("file", type=_FILE)
    @click.option(
        "--passphrase-from", required=True, help="File with the backup's passphrase, or - for standard input."
    )
    @click.option("--replace", is_flag=True, help="Write over a file of that name, once the new one is proved.")
    @shell.common
    def backup(file: Path, passphrase_from: str, replace: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Write store, vault and settings into one sealed file, and open it again to prove it."""
        if passphrase_from == "-" and unlock_from == "-":  # noqa: S105 - a file name
            raise click.UsageError(Words.load(shell.lang())("backup.one_stdin"))
        args = {"file": str(file.resolve()), "replace": replace, "secrets": {"passphrase": first_line(passphrase_from)}}
        ask("backup", args, workspace, unlock_from, as_json)

    @main.command()
    @click.argument("file", type=_FILE)
    @click.option("--passphrase-from", help="File with the passphrase, or - for standard input. For an automatic backup: the vault's password or recovery code; without it, the key store of this computer.")  # fmt: skip
    @click.option("--workspace", type=click.Path(file_okay=False, path_type=Path), help="Folder of the workspace.")
    @click.option("--yes", is_flag=True, help="Do not ask.")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON; without --yes only what is inside.")
    def restore(file: Path, passphrase_from: str | None, workspace: Path | None, yes: bool, as_json: bool) -> None:
        """Show what is inside a backup, ask, and put it back. What it replaces is kept."""
        words = Words.load(shell.lang())
        if passphrase_from == "-" and not yes and not as_json:  # noqa: S105 - a file name
            raise click.UsageError(words("backup.yes_needed"))
        secret = Secret(first_line(passphrase_from)) if passphrase_from else None
        shown = asyncio.run(_shown(file, secret, words))
        if shown.exit or (as_json and not yes):
            shell.finish(shown, as_json)
        if not as_json:
            for line in shown.lines:
                click.echo(line)
        if not yes and not click.confirm(words("backup.ask")):
            click.echo(words("backup.left"), err=True)
            sys.exit(1)
        shell.finish(asyncio.run(_restored(file, secret, workspace, words)), as_json)

    @main.command()
    @click.option("--now", is_flag=True, help="Make one now, also when the last is young.")
    @click.option("--folder", help='Keep them in this folder from now on; "" for the workspace\'s own.')
    @shell.common
    def backups(now: bool, folder: str | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """The automatic backups: where they are, which there are, how the last try ended."""
        place = str(Path(folder).resolve()) if folder else folder
        ask("backups", {"now": now, "folder": place}, workspace, unlock_from, as_json)

    @main.group(invoke_without_command=True)
    @click.option("--since", help="ISO date or instant.")
    @click.option("--until", help="ISO date or instant, not included.")
    @click.option("--action", help="Like price, connection or keys.changed.")
    @click.option("--actor", help="User name on this computer.")
    @click.option("--connection", help="Name of a connection.")
    @click.option("--outcome", type=click.Choice(["done", "refused", "failed"]))
    @click.option("--limit", type=int, default=200, show_default=True, help="0: all.")
    @click.option("--export", is_flag=True, help="All of it, and a note that it was taken out. With --json for a file.")
    @shell.common
    @click.pass_context
    def audit(context: click.Context, since: str | None, until: str | None, action: str | None, actor: str | None,
              connection: str | None, outcome: str | None, limit: int, export: bool, workspace: Path | None,
              unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Who did what: settings, keys, prices, prints, exports, unlocks. The log cannot be edited."""
        if context.invoked_subcommand is not None:
            return
        args = {
            "since": since, "until": until, "action": action, "actor": actor, "connection": connection,
            "outcome": outcome, "limit": 0 if export else max(0, limit), "export": export,
        }  # fmt: skip
        ask("audit", args, workspace, unlock_from, as_json)

    @audit.command("verify")
    @click.option("--against", help="NUMBER:HASH that an earlier verify printed or a backup shows.")
    @shell.common
    def audit_verify(against: str | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Check that no entry was changed, removed or slipped in."""
        ask("audit_verify", {"against": against}, workspace, unlock_from, as_json)

    @audit.command("export")
    @click.option("--out", required=True, type=_FILE, help="The file to write: .csv or .xlsx.")
    @click.option("--since", help="ISO date or instant.")
    @click.option("--until", help="ISO date or instant, not included.")
    @click.option("--action", help="Like price, connection or keys.changed.")
    @click.option("--actor", help="User name on this computer.")
    @click.option("--connection", help="Name of a connection.")
    @click.option("--outcome", type=click.Choice(["done", "refused", "failed"]))
    @shell.common
    def audit_export(out: Path, since: str | None, until: str | None, action: str | None, actor: str | None,
                     connection: str | None, outcome: str | None, workspace: Path | None, unlock_from: str | None,
                     as_json: bool) -> None:  # fmt: skip
        """The log as a sheet, with its hashes; that it was taken out is noted in it."""
        args = {
            "out": str(out.resolve()), "since": since, "until": until, "action": action, "actor": actor,
            "connection": connection, "outcome": outcome,
        }  # fmt: skip
        ask("audit_export", args, workspace, unlock_from, as_json)

    @audit.command("report")
    @click.option("--since", help="ISO date or instant.")
    @click.option("--until", help="ISO date or instant, not included.")
    @click.option("--out", type=_FILE, help="The counts as a sheet too: .csv or .xlsx.")
    @shell.common
    def audit_report(since: str | None, until: str | None, out: Path | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Who had access to what, what left the program, what was erased: for questions under KVKK and GDPR."""
        args = {"since": since, "until": until, "out": None if out is None else str(out.resolve())}
        ask("audit_report", args, workspace, unlock_from, as_json)

    @main.command()
    @click.option("--out", required=True, type=_FILE, help="The zip to write.")
    @shell.common
    def diagnostics(out: Path, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """A zip for whoever helps you: versions, figures, last messages, logs. No key and no buyer is in it."""
        ask("diagnostics", {"out": str(out.resolve())}, workspace, unlock_from, as_json)


async def _shown(file: Path, secret: Secret | None, words: Words) -> Answer:
    from app.api.backup import facts_data, inspect
    from app.api.commands_safety import inside
    from app.platform.keyrings import system_keyring
    from app.store.errors import StoreError
    from app.vault import VaultError

    try:
        keyring = None if secret is not None else await system_keyring()
        facts = await inspect(file, secret, keyring=keyring)
    except (StoreError, VaultError) as error:
        return Answer(1, {"error": error.key}, [words(error.key, **error.params)])
    return Answer(data={"inside": facts_data(facts)}, lines=inside(words, facts))


async def _restored(file: Path, secret: Secret | None, folder: Path | None, words: Words) -> Answer:
    from app.api.backup import facts_data, restore
    from app.platform.keyrings import system_keyring
    from app.platform.paths import live_folder
    from app.store.errors import StoreError
    from app.vault import VaultError

    place = folder or live_folder()
    try:
        keyring = None if secret is not None else await system_keyring()
        facts = await restore(file, secret, place, keyring=keyring)
    except (StoreError, VaultError) as error:
        return Answer(1, {"error": error.key}, [words(error.key, **error.params)])
    answer = Answer(data={
        "inside": facts_data(facts.backup), "workspace": str(place), "paused": facts.paused,
        "replaced": None if facts.replaced is None else str(facts.replaced),
    })  # fmt: skip
    answer.say(words("backup.restored", path=str(place)))
    if facts.replaced is not None:
        answer.say(words("backup.kept", path=str(facts.replaced)))
    if facts.paused:
        answer.say(words("backup.paused", count=facts.paused))
    return answer
