"""`paxzar vault …`: only the parsing. Secrets come from files or standard input, never from the command line. Imports nothing
heavy: it is read at every start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from app.api.cli_fields import pairs, secrets_of
from app.api.cli_safety import Shell
from app.contracts import Secret
from app.formats.words import Words

_FILE = click.Path(dir_okay=False, path_type=Path)
_KDF = click.option("--kdf", type=click.Choice(["argon2id", "pbkdf2"]), help="How a typed secret is stretched; kept, else argon2id.")  # fmt: skip


#: Runs a command with the vault's password as it was read: standard input gives it only once.
RunWith = Callable[[str, dict[str, Any], Path | None, Secret | None, bool], None]


def register(main: click.Group, shell: Shell, run_with: RunWith) -> None:
    """Add the commands to the command line."""

    def ask(
        name: str,
        args: dict[str, Any],
        workspace: Path | None,
        unlock_from: str | None,
        as_json: bool,
        other: str | None = None,
    ) -> None:
        """`other`: where another secret comes from. The password is read once and handed on: an owner asks for it too."""
        import app.api.commands_vault  # noqa: F401 - adds the commands that `run` looks up

        if unlock_from == "-" and other == "-":
            raise click.UsageError(Words.load(shell.lang())("keys.cli.one_stdin"))
        password = shell.read_text(unlock_from).rstrip("\r\n") if unlock_from else None
        if password is not None:
            args = {**args, "secrets": {**args.get("secrets", {}), "password": password}}
        run_with(name, args, workspace, None if password is None else Secret(password), as_json)

    @main.group()
    def vault() -> None:
        """The vault that keeps the keys: how it stands, its ways in, new keys."""

    @vault.command()
    @shell.common
    def status(workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Ways in, whether this computer's key store still opens it, age and end of each account's keys."""
        ask("vault_status", {}, workspace, unlock_from, as_json)

    @vault.command()
    @click.option(
        "--add-keyring", is_flag=True, help="Let this computer's key store open it, also when its key was lost."
    )
    @click.option("--drop", type=click.Choice(["keyring", "password", "recovery"]), help="Remove a way in.")
    @shell.common
    def slots(add_keyring: bool, drop: str | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """The ways in; add the key store, remove one."""
        ask("vault_slots", {"add_keyring": add_keyring, "drop": drop}, workspace, unlock_from, as_json)

    @vault.command()
    @click.option("--new-from", required=True, help="File with the new password, or - for standard input.")
    @_KDF
    @shell.common
    def password(new_from: str, kdf: str | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Set or change the master password."""
        if unlock_from == "-" and new_from == "-":
            raise click.UsageError(Words.load(shell.lang())("keys.cli.one_stdin"))
        new = shell.read_text(new_from).rstrip("\r\n")
        ask("vault_password", {"kdf": kdf, "secrets": {"new": new}}, workspace, unlock_from, as_json, new_from)

    @vault.command()
    @click.option("--out", required=True, type=_FILE, help="The PDF to write; it must not exist yet.")
    @_KDF
    @shell.common
    def recovery(out: Path, kdf: str | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """A new recovery code as a sheet to print. The former code is void from then on."""
        ask("vault_recovery", {"out": str(out.resolve()), "kdf": kdf}, workspace, unlock_from, as_json)

    @vault.command()
    @click.option("--recovery-out", type=_FILE, help="Also a new recovery code, into this PDF; without it the code is removed.")  # fmt: skip
    @shell.common
    def rekey(recovery_out: Path | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Seal every entry with a new vault key, after a password or a backup fell into wrong hands."""
        out = str(recovery_out.resolve()) if recovery_out else None
        ask("vault_rekey", {"recovery_out": out}, workspace, unlock_from, as_json)

    @vault.command()
    @click.argument("name")
    @click.option("--secrets-from", help="File with a JSON object of the new secrets, or - for standard input.")
    @click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A field that is no secret.")
    @shell.common
    def renew(name: str, secrets_from: str | None, settings: tuple[str, ...], workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """New keys for a connection. They are tested first; the old ones are in force until the test is passed."""
        words = Words.load(shell.lang())
        held = secrets_of(words, shell.read_text, secrets_from, unlock_from)
        plain = pairs(settings, words)
        ask("vault_renew", {"name": name, "set": plain, "secrets": held}, workspace, unlock_from, as_json, secrets_from)

    @vault.command()
    @click.argument("name")
    @click.option("--days", type=click.IntRange(1, 365), default=30, show_default=True)
    @shell.common
    def snooze(name: str, days: int, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Ask again later for new keys of a connection. An end is told all the same."""
        ask("vault_snooze", {"name": name, "days": days}, workspace, unlock_from, as_json)
