"""`paxzar report …` in a workspace of its own: text, PDF drawn in the worker, e-mail, and the schedule."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pypdfium2
import pytest

from app.api.asking import Usage
from app.api.commands_reports import schedule
from app.console import open_console
from app.contracts import Secret
from tests.support.smtp_sink import Sink, smtp_sink
from tests.support.waiting import until

YESTERDAY = (date.today() - timedelta(days=1)).isoformat()  # noqa: DTZ011 - the computer's own day is meant


def mail_channel(cli, port: int) -> None:
    fields = ("host=127.0.0.1", f"port={port}", "security=none", "sender=a@b.test", "to=c@d.test")
    cli.json("alerts", "channel", "email", *(part for text in fields for part in ("--set", text)))


def test_a_summary_as_text_and_as_data(connected) -> None:
    assert connected("sync").exit_code == 0
    told = connected("report", "daily", "--day", date.today().isoformat()).stdout  # noqa: DTZ011
    assert told.startswith("Daily report\n")
    assert "- Dükkân: Availability" in told
    data = connected.json("report", "weekly")
    assert (data["kind"], data["last"], data["connections"][0]["name"]) == ("weekly", YESTERDAY, "Dükkân")
    today = connected.json("report", "daily", "--day", date.today().isoformat())  # noqa: DTZ011
    assert today["calls"] > 0
    assert today["connections"][0]["integration"] == "WooCommerce"


def test_a_pdf_from_the_worker(cli, tmp_path: Path) -> None:
    out = tmp_path / "new" / "rapor.pdf"
    data = cli.json("report", "daily", "--out", str(out))
    assert Path(data["out"]) == out
    text = pypdfium2.PdfDocument(out.read_bytes())[0].get_textpage().get_text_range()
    assert "Daily report" in text
    assert "There are no connections." in text
    assert "report" in cli("audit").stdout
    taken = tmp_path / "folder.pdf"
    taken.mkdir()
    assert cli("report", "daily", "--out", str(taken / "x" / ".." / "..")).exit_code in (1, 2)


def test_it_is_mailed_when_asked(cli) -> None:
    refused = cli("report", "daily", "--send")
    assert (refused.exit_code, "The report was not sent. host is missing." in refused.output) == (1, True), (
        refused.output
    )
    with smtp_sink(Sink()) as sink:
        mail_channel(cli, sink.port)
        told = cli("report", "daily", "--send")
        assert (told.exit_code, told.stdout.splitlines()[-1]) == (0, "The report was sent by e-mail.")
        assert b"application/pdf" in sink.mails[0].data
    assert cli.json("report", "daily", "--send", exit_code=1)["sent"] is False


def test_wrong_days(cli) -> None:
    for day, told in (("soon", "soon"), ("2999-01-01", "has not been yet")):
        result = cli("report", "daily", "--day", day)
        assert (result.exit_code, told in result.output) == (2, True), result.output


def test_the_schedule(cli) -> None:
    assert cli("report", "schedule").stdout.splitlines() == ["Daily report: off.", "Weekly report: off."]
    early = cli("report", "schedule", "daily", "--on")
    assert (early.exit_code, "set that up first" in early.output) == (2, True)
    assert cli("report", "schedule", "--on").exit_code == 2
    assert cli("report", "schedule", "daily", "--hour", "24").exit_code == 2
    mail_channel(cli, 2525)
    cli.json("report", "schedule", "daily", "--on", "--hour", "7")
    found = cli.json("report", "schedule", "weekly", "--on", "--weekday", "friday")
    assert [(one["kind"], one["on"], one["hour"], one["weekday"], one["last"]) for one in found] == [
        ("daily", True, 7, 0, None), ("weekly", True, 8, 4, None),
    ]  # fmt: skip
    assert cli("report", "schedule").stdout.splitlines() == [
        "Daily report: every day at 07:00, by e-mail.", "Weekly report: every Friday at 08:00, by e-mail.",
    ]  # fmt: skip
    assert cli.json("report", "schedule", "daily", "--off")[0]["on"] is False


async def test_the_programs_clock_sends_it(tmp_path: Path) -> None:
    """Switched on two days ago: the engine of a running program sends yesterday's by itself, once."""
    with smtp_sink(Sink()) as sink:
        folder = tmp_path / "ws"
        console = await open_console(folder, unlock=Secret("a password for tests"))
        try:
            fields = {"host": "127.0.0.1", "port": str(sink.port), "security": "none", "sender": "a@b.test", "to": "c@d.test"}  # fmt: skip
            await console.store.settings.set("alerts.channel.email.settings", fields)
            assert console.engine.reporting is not None
            await console.engine.reporting.set_schedule("daily", on=True)
            await console.store.settings.set("reports.daily.since", 0)
            await console.engine.start()
            assert console.engine.scheduler is not None
            assert ("reports", 0) in console.engine.scheduler.next_due()
            console.engine.scheduler.hurry("reports", 0)

            async def written() -> bool:
                """The mail arrives a moment before its end is written."""
                told = await console.engine.reporting.last("daily")  # type: ignore[union-attr]
                return bool(sink.mails) and told is not None and told.state == "done"

            await until(written, "sent, and its end written")
            await console.engine.reporting.run()
            assert len(sink.mails) == 1
            last = await console.engine.reporting.last("daily")
            assert last is not None
            assert last.state == "done"
        finally:
            await console.close()


async def test_a_rehearsal_mails_nothing(tmp_path: Path) -> None:
    console = await open_console(tmp_path / "ws", rehearsal=True)
    try:
        made = await console.reporter.make("daily")
        assert made.pdf.startswith(b"%PDF")
        with pytest.raises(Usage, match="A rehearsal sends no alerts outside"):
            await schedule(console, {"lang": "en", "kind": "daily", "on": True})
    finally:
        await console.close()
