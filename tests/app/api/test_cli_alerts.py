"""`paxzar alerts …` in a workspace of its own: rules, channels and tests from the command line, secrets only by file."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.contracts import Message
from app.store import AlertBody, AlertRow, Store
from app.store.alerts import Moves
from app.store.workspace import Workspace
from tests.support.smtp_sink import Sink, smtp_sink

BODY = AlertBody("connection_down", "integration:trendyol", "high", (1, 2, 3, 4), ("A", "B", "C", "D"), {}, Message("server.error", {"host": "api.test"}))  # fmt: skip


def opened(folder: Path) -> AlertRow:
    """An alert as a window would have left it."""

    async def run() -> AlertRow:
        store = await Store.open(Workspace(folder).store, now=lambda: datetime.now(UTC))
        try:
            (row,) = await store.alerts.apply(Moves(opened=(BODY,)), lambda *_: ())
            return row
        finally:
            await store.close()

    return asyncio.run(run())


def test_the_list_acknowledge_and_snooze(cli) -> None:
    assert cli("alerts").stdout.splitlines() == ["No open alerts."]
    row = opened(cli.folder)
    told = cli("alerts").stdout
    assert "High     A, B, C and 1 more: not working" in told
    assert "1 alert." in told
    assert cli("alerts", "ack", str(row.id)).stdout.strip() == "Alert 1 is acknowledged."
    assert "snoozed until" in cli("alerts", "snooze", "1", "2h").stdout
    (one,) = cli.json("alerts")
    assert (one["rule"], one["severity"], one["cause"]["code"]) == ("connection_down", "high", "server.error")
    assert one["acked_at"]
    assert one["snoozed_until"]
    cli.json("alerts", "ack", "1", "--undo")
    cli.json("alerts", "snooze", "1", "--undo")
    (one,) = cli.json("alerts")
    assert (one["acked_at"], one["snoozed_until"]) == (None, None)
    for wrong in (("ack", "99"), ("snooze", "99", "1h")):
        result = cli("alerts", *wrong)
        assert (result.exit_code, "There is no open alert 99." in result.output) == (1, True)
    assert cli("alerts", "snooze", "1", "soon").exit_code == 2


def test_rules(cli) -> None:
    rules = {one["name"]: one for one in cli.json("alerts", "rules")}
    assert rules["availability"]["typed"] == "99.9%"
    changed = cli.json("alerts", "rule", "outbox_stuck", "--threshold", "20m", "--severity", "critical", "--off")
    assert (changed["threshold"], changed["severity"], changed["on"]) == (1200, "critical", False)
    assert "off Sending stuck: 20 min, Critical" in cli("alerts", "rules").stdout
    back = cli.json("alerts", "rule", "outbox_stuck", "--reset")
    assert (back["threshold"], back["on"]) == (900, True)
    for args, told in (
        (("nothing", "--off"), "There is no rule nothing."),
        (("slow", "--threshold", "1"), "from 20 to 1000"),
        (("slow", "--threshold", "fast"), "fast is not a number."),
        (("slow",), "Nothing was given to change."),
    ):
        result = cli("alerts", "rule", *args)
        assert (result.exit_code, told in result.output) == (2, True), result.output


def test_a_channel_is_set_up_by_file_and_tested(cli, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.json"
    secrets.write_text(json.dumps({"password": "topsecret-mail"}), encoding="utf-8")
    with smtp_sink(Sink(login=("nar", "topsecret-mail"))) as sink:
        settings = (
            "host=127.0.0.1",
            f"port={sink.port}",
            "security=none",
            "username=nar",
            "sender=a@b.test",
            "to=c@d.test",
        )
        sets = [part for text in settings for part in ("--set", text)]
        made = cli.json(
            "alerts", "channel", "email", *sets, "--secrets-from", str(secrets), "--on", "--least", "medium"
        )
        assert (made["on"], made["least"], made["secrets"]) == (True, "medium", ["password"])
        sent = cli("alerts", "test", "email")
        assert (sent.exit_code, sent.stdout.strip()) == (0, "E-mail: the test was sent.")
        assert sink.mails[0].user == "nar"
    dead = cli("alerts", "test", "email")
    assert dead.exit_code == 1
    assert "cannot be reached" in dead.output
    everything = made, dead.output, cli.json("alerts", "channel"), cli("audit", "--json").output
    assert "topsecret" not in str(everything)
    assert b"topsecret" not in Workspace(cli.folder).store.read_bytes()


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("slack", "--on"), "url is missing."),
        (("slack", "--set", "url=https://x.test"), "url is a secret"),
        (("email", "--set", "host"), "host"),
        (("email", "--set", "colour=red"), "has no field colour"),
    ],
)
def test_wishes_that_cannot_be_met(cli, args: tuple[str, ...], told: str) -> None:
    result = cli("alerts", "channel", *args)
    assert (result.exit_code, told in result.output) == (2, True), result.output


def test_quiet_hours_and_retention(cli) -> None:
    assert cli.json("alerts", "quiet", "--from", "9.30", "--to", "23:00", "--on") == {"on": True, "from": "09:30", "to": "23:00"}  # fmt: skip
    assert cli("alerts", "quiet").stdout.startswith("Quiet hours: 09:30 – 23:00.")
    assert cli("alerts", "quiet", "--from", "25:00").exit_code == 2
    assert cli("alerts", "keep", "30").stdout.strip() == "Alerts that ended are kept for 30 days."
    assert cli("alerts", "keep", "0").exit_code == 2


def test_in_turkish(tmp_path: Path, cli) -> None:
    cli.lang = "tr"
    assert cli("alerts").stdout.strip() == "Açık uyarı yok."
    assert "Gönderimler takıldı: 15 dk, Yüksek" in cli("alerts", "rules").stdout
