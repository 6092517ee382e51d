"""`paxzar alerts …`: only the parsing. Secrets come from files or standard input, never from the command line. Imports
nothing heavy: it is read at every start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.api.cli_fields import pairs, secrets_of
from app.api.cli_safety import Shell
from app.formats.words import Words

_SEVERITIES = click.Choice(["critical", "high", "medium", "low"])
_CHANNELS = click.Choice(["desktop", "email", "slack", "webhook"])


def register(main: click.Group, shell: Shell) -> None:
    """Add the commands to the command line."""

    def ask(name: str, args: dict[str, Any], workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        import app.api.commands_alerts  # noqa: F401 - adds the commands that `run` looks up

        shell.run(name, args, workspace, unlock_from, as_json)

    @main.group(invoke_without_command=True)
    @click.option("--all", "everything", is_flag=True, help="Also those that ended.")
    @shell.common
    @click.pass_context
    def alerts(context: click.Context, everything: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Alerts that are on; their rules and channels."""
        if context.invoked_subcommand is None:
            ask("alerts", {"all": everything}, workspace, unlock_from, as_json)

    @alerts.command()
    @click.argument("id_", metavar="ID", type=int)
    @click.option("--undo", is_flag=True, help="Give it back.")
    @shell.common
    def ack(id_: int, undo: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Take an alert on: it stays in the list until it is over."""
        ask("alert_ack", {"id": id_, "undo": undo}, workspace, unlock_from, as_json)

    @alerts.command()
    @click.argument("id_", metavar="ID", type=int)
    @click.argument("span", metavar="SPAN", default="1h")
    @click.option("--undo", is_flag=True, help="End the rest now.")
    @shell.common
    def snooze(id_: int, span: str, undo: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Let an alert rest: 30m, 2h, 1d. If it is still on then, it is told again."""
        ask("alert_snooze", {"id": id_, "span": span, "undo": undo}, workspace, unlock_from, as_json)

    @alerts.command()
    @shell.common
    def rules(workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """The rules with their thresholds."""
        ask("alert_rules", {}, workspace, unlock_from, as_json)

    @alerts.command()
    @click.argument("name")
    @click.option("--threshold", help="90s, 15m, 2h, 3d; 99.9 for an availability; else a number.")
    @click.option("--severity", type=_SEVERITIES)
    @click.option("--on/--off", "on", default=None)
    @click.option("--reset", is_flag=True, help="Back to what it came with, before the other changes.")
    @shell.common
    def rule(name: str, threshold: str | None, severity: str | None, on: bool | None, reset: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Change a rule."""
        args = {"name": name, "threshold": threshold, "severity": severity, "on": on, "reset": reset}
        ask("alert_rule", args, workspace, unlock_from, as_json)

    @alerts.command()
    @click.argument("name", required=False, type=_CHANNELS)
    @click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A field that is no secret; blank forgets it.")  # fmt: skip
    @click.option("--secrets-from", help="File with a JSON object of secrets, or - for standard input.")
    @click.option("--least", type=_SEVERITIES, help="Tell alerts that are at least so grave.")
    @click.option("--on/--off", "on", default=None)
    @shell.common
    def channel(name: str | None, settings: tuple[str, ...], secrets_from: str | None, least: str | None, on: bool | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Where alerts are told, or how one of these is set up. Fields: email host, port, security (starttls, tls, none),
        username, sender, to, secret password; slack secret url; webhook secrets url and key."""
        words = Words.load(shell.lang())
        held = secrets_of(words, shell.read_text, secrets_from, unlock_from)
        plain = pairs(settings, words)
        args = {"name": name, "set": plain, "secrets": held, "least": least, "on": on}
        ask("alert_channel", args, workspace, unlock_from, as_json)

    @alerts.command()
    @click.argument("name", type=_CHANNELS)
    @shell.common
    def test(name: str, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """Send a test on a channel now, whether it is on or not."""
        ask("alert_test", {"name": name}, workspace, unlock_from, as_json)

    @alerts.command()
    @click.option("--from", "since", metavar="HH:MM")
    @click.option("--to", "until", metavar="HH:MM")
    @click.option("--on/--off", "on", default=None)
    @shell.common
    def quiet(since: str | None, until: str | None, on: bool | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Quiet hours: only critical alerts are told in them."""
        ask("alert_quiet", {"since": since, "until": until, "on": on}, workspace, unlock_from, as_json)

    @alerts.command()
    @click.argument("days", type=int)
    @shell.common
    def keep(days: int, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """For how many DAYS alerts that ended are kept."""
        ask("alert_keep", {"days": days}, workspace, unlock_from, as_json)
