"""`paxzar report …`: only the parsing. Imports nothing heavy: it is read at every start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.api.cli_safety import Shell

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def register(main: click.Group, shell: Shell) -> None:
    """Add the commands to the command line."""

    def ask(name: str, args: dict[str, Any], workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        import app.api.commands_reports  # noqa: F401 - adds the commands that `run` looks up

        shell.run(name, args, workspace, unlock_from, as_json)

    @main.group()
    def report() -> None:
        """Summaries of a day or a week: availability, incidents, calls, orders and revenue, alerts."""

    def one(kind: str, told: str) -> None:
        @report.command(kind, help=told)
        @click.option("--day", help="Its last day, 2026-11-23; else yesterday.")
        @click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it into this PDF.")
        @click.option("--send", is_flag=True, help="E-mail it now, through the channel that alerts are mailed on.")
        @shell.common
        def command(day: str | None, out: Path | None, send: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
            args = {"kind": kind, "day": day, "out": str(out.resolve()) if out else "", "send": send}
            ask("report", args, workspace, unlock_from, as_json)

    one("daily", "The summary of a day.")
    one("weekly", "The summary of seven days.")

    @report.command()
    @click.argument("kind", required=False, type=click.Choice(["daily", "weekly"]))
    @click.option("--on/--off", "on", default=None)
    @click.option("--hour", type=click.IntRange(0, 23), help="When it is e-mailed, by this computer's clock.")
    @click.option("--weekday", type=click.Choice(_DAYS), help="Of the weekly one; it tells of the seven days before.")
    @shell.common
    def schedule(kind: str | None, on: bool | None, hour: int | None, weekday: str | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """When reports are e-mailed by themselves, or a change of that."""
        args = {"kind": kind, "on": on, "hour": hour, "weekday": None if weekday is None else _DAYS.index(weekday)}
        ask("report_schedule", args, workspace, unlock_from, as_json)
