"""A summary's figures from a real store, its words, its PDF and its mail."""

from __future__ import annotations

import email
import email.policy
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import time_machine

from app.contracts import Page, Secret
from app.contracts.catalogue import Catalogue, providers_root
from app.formats.words import Words
from app.http import Sample, SampleClass
from app.model import Money, OrderStatus
from app.monitor.alerting.sending import SendFailed
from app.monitor.report_words import mail_text, report_data
from app.monitor.reporting import Reporter, file_name
from app.monitor.summary import Summary, slowest, span, summary_of, told
from app.printing import drawing
from app.printing.report_data import COLUMNS, ReportData, ReportSection
from app.store import AlertBody, AlertRow, Store
from app.store.alerts import Moves
from tests.app.monitor.alerting.alert_making import Clock
from tests.app.store.store_making import order
from tests.support.smtp_sink import Sink, smtp_sink

TR = timezone(timedelta(hours=3))
NOW = datetime(2026, 11, 24, 5, tzinfo=UTC)  # Tuesday, eight o'clock in Türkiye
YESTERDAY = date(2026, 11, 23)
CATALOGUE = Catalogue(providers_root(), with_plugins=False)
SLOW = AlertBody("slow", "connection:1", "low", (1,), ("Isırgan Çayı",), {"value": 9000, "limit": 5000})
DOWN = AlertBody("connection_down", "integration:trendyol", "high", (1,), ("Isırgan Çayı",))


def test_days_from_midnight_to_midnight() -> None:
    assert span("daily", YESTERDAY, TR) == (YESTERDAY, datetime(2026, 11, 23, tzinfo=TR), datetime(2026, 11, 24, tzinfo=TR))  # fmt: skip
    assert span("weekly", YESTERDAY, TR)[:2] == (date(2026, 11, 17), datetime(2026, 11, 17, tzinfo=TR))
    with pytest.raises(KeyError):
        span("hourly", YESTERDAY, TR)


def test_of_an_alert_counts_what_lies_within() -> None:
    since, until, hour = NOW, NOW + timedelta(hours=10), timedelta(hours=1)

    def row(body: AlertBody, began: int, ended: int | None) -> AlertRow:
        return AlertRow(0, body, NOW + hour * began, NOW, None if ended is None else NOW + hour * ended)

    found = told(
        [row(SLOW, -5, -1), row(SLOW, -5, 2), row(DOWN, 9, None), row(SLOW, 3, 12), row(DOWN, 11, None)], since, until
    )
    assert [(one.body.rule, one.lasted // hour, one.open) for one in found] == [
        ("connection_down", 1, True), ("slow", 7, True), ("slow", 2, False),
    ]  # fmt: skip


def test_the_slowest_are_measured_by_their_own_goals() -> None:
    found = slowest([("A", 4000, 5000), ("B", 6000, 10_000), ("A", 4500, 5000), ("C", None, 5000), *((f"Z{n}", 10, 5000) for n in range(9))])  # fmt: skip
    assert [(one.integration, one.p95_ms) for one in found][:2] == [("A", 4500), ("B", 6000)]
    assert len(found) == 5


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    clock = Clock(NOW)
    opened = await Store.open(tmp_path / "store.sqlite", now=clock)
    await opened.accounts.add("acc", "trendyol", "live")
    await opened.accounts.add("acc2", "n11", "live")
    first = await opened.connections.add("Isırgan Çayı", "trendyol", "acc", "live")
    second = await opened.connections.add("Yeni Dükkân", "n11", "acc2", "live")
    await opened.connections.add("Boş", "trendyol", "acc", "live")
    at = (NOW - timedelta(hours=12)).timestamp()

    def calls(connection: int, count: int, ms: float, outcome: SampleClass, operation: str = "orders") -> list[Sample]:
        return [Sample(connection, "a", operation, outcome, 200, at + n, ms, 10) for n in range(count)]

    await opened.samples.add(
        [
            *calls(first.id, 990, 300, SampleClass.OK), *calls(first.id, 10, 300, SampleClass.SERVER_ERROR),
            *calls(second.id, 50, 4000, SampleClass.OK, "listings"),
            Sample(first.id, "a", "orders", SampleClass.OK, 200, NOW.timestamp() - 60, 300, 10),  # of today
        ]
    )  # fmt: skip
    placed, kinds = NOW - timedelta(hours=10), [("1", "TRY", "open"), ("2", "TRY", "shipped"), ("3", "EUR", "open"), ("4", "TRY", "cancelled")]  # fmt: skip
    rows = [
        order(number, placed_at=placed, total=Money(Decimal("1249.90"), currency), status=OrderStatus(status))
        for number, currency, status in kinds
    ]
    await opened.orders.apply_page(first.id, "acc", Page(tuple(rows), ()), now=NOW)
    clock.now = NOW - timedelta(hours=20)
    (_, down) = await opened.alerts.apply(Moves(opened=(SLOW, DOWN)), lambda *_: ())
    clock.now = NOW - timedelta(hours=19)
    await opened.alerts.apply(Moves(ended=(down,)), lambda *_: ())
    clock.now = NOW
    yield opened
    await opened.close()


async def summary(store: Store, kind: str = "daily") -> Summary:
    return await summary_of(store, CATALOGUE, kind, YESTERDAY, TR, now=NOW, keep_days=7)


async def test_the_figures_of_a_day(store: Store) -> None:
    found = await summary(store)
    assert (found.calls, found.failed, found.availability) == (1050, 10, 1 - 10 / 1050)
    assert [(one.name, one.calls, one.orders) for one in found.connections] == [
        ("Isırgan Çayı", 1000, 4), ("Yeni Dükkân", 50, 0), ("Boş", 0, 0),
    ]  # fmt: skip
    assert found.operations == (("orders", 1000, 10), ("listings", 50, 0))
    assert [one.integration for one in found.slowest] == [CATALOGUE.entries["n11"].name, CATALOGUE.entries["trendyol"].name]  # fmt: skip
    assert (found.orders, found.cancelled) == (4, 1)
    assert found.revenue == (Money(Decimal("1249.90"), "EUR"), Money(Decimal("2499.80"), "TRY"))
    assert [(one.body.rule, one.lasted, one.open) for one in found.incidents] == [("connection_down", timedelta(hours=1), False)]  # fmt: skip
    assert [(one.body.rule, one.open) for one in found.alerts] == [("slow", True)]
    assert not found.incomplete
    week = await summary(store, "weekly")
    assert (week.calls, week.first, week.incomplete) == (1050, date(2026, 11, 17), True)


async def test_an_empty_workspace_has_a_report_too(tmp_path: Path) -> None:
    empty = await Store.open(tmp_path / "empty.sqlite", now=lambda: NOW)
    found = await summary(empty)
    assert (found.availability, found.connections, found.slowest) == (None, (), ())
    for language in ("tr", "en"):
        text = mail_text(report_data(Words.load(language), found, NOW.astimezone(TR)))
        assert not set("⟦{}") & set(text)
    await empty.close()


async def test_the_words_in_both_languages(store: Store) -> None:
    found = await summary(store)
    turkish = mail_text(report_data(Words.load("tr"), found, NOW.astimezone(TR)))
    for told_ in ("Günlük rapor", "23 Kasım 2026 Pazartesi", "- Isırgan Çayı: Erişilebilirlik %99, Çağrı 1.000", "₺2.499,80", "€1.249,90",
                  "Isırgan Çayı çalışmıyor", "sürüyor", "Paxzar, 24 Kasım 2026 08:00"):  # fmt: skip
        assert told_ in turkish, told_
    english = mail_text(report_data(Words.load("en"), await summary(store, "weekly"), NOW.astimezone(TR)))
    for told_ in ("Weekly report", "Tuesday 17 November 2026 – Monday 23 November 2026", "₺2,499.80", "no longer kept"):
        assert told_ in english, told_
    for text in (turkish, english):
        assert not set("⟦{}") & set(text)
        assert "Ayşe" not in text  # nothing of a buyer
    data = report_data(Words.load("tr"), found, NOW.astimezone(TR))
    assert all(len(row) <= COLUMNS for section in data.sections for row in (section.heads, *section.rows))


def text_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    return [" ".join(document[n].get_textpage().get_text_range().split()) for n in range(len(document))]


async def test_the_pdf_in_turkish(store: Store) -> None:
    pdf, pages = drawing.report(report_data(Words.load("tr"), await summary(store), NOW.astimezone(TR)))
    (text,) = text_of(pdf)
    assert pages == 1
    for told_ in ("Günlük rapor", "Erişilebilirlik", "Isırgan Çayı", "₺2.499,80", "Kesintiler", "Sayfa 1 / 1", "%99"):
        assert told_ in text, told_
    assert "?" not in text  # no letter that the font lacks
    again, _ = drawing.report(report_data(Words.load("tr"), await summary(store), NOW.astimezone(TR)))
    assert again == pdf


def test_a_long_report_goes_on_over_pages_and_loses_no_row() -> None:
    rows = tuple((f"Bağlantı {n} {'ğüşıöç ' * (n % 12)}", "%100", "1", "2 sn", "3") for n in range(150))
    heads = ("Ad", "E", "Ç", "Y", "S")
    data = ReportData("Rapor", "Gün", (ReportSection("Bağlantılar", heads, rows), ReportSection("Boş", empty="Yok.")), "Sayfa", "Paxzar", "Not. " * 40)  # fmt: skip
    pdf, pages = drawing.report(data)
    texts = text_of(pdf)
    assert (len(texts), pages > 3) == (pages, True)
    assert all(f"Sayfa {n} / {pages}" in text for n, text in enumerate(texts, 1))
    assert all(sum(f"Bağlantı {n} " in text for text in texts) == 1 for n in range(150))
    assert "Yok." in texts[-1]


# -- by mail -----------------------------------------------------------------------------------------------------------
class Keys:
    def __init__(self, **held: str) -> None:
        self.held = {k: Secret(v) for k, v in held.items()}

    async def get(self, entry_id: str) -> dict[str, Secret]:
        if not self.held:
            raise KeyError(entry_id)
        return self.held

    async def put(self, entry_id: str, values: Any) -> None:
        raise AssertionError("a report writes no keys")


def reporter(store: Store, **more: Any) -> Reporter:
    async def language() -> str:
        return "tr"

    async def draw(data: ReportData) -> tuple[bytes, int]:
        return drawing.report(data)

    keys: Any = more.pop("keys", Keys())
    return Reporter(store, CATALOGUE, keys, lambda: NOW, language, draw, local=lambda at: at.astimezone(TR), **more)


async def set_up(store: Store, port: int, **more: str) -> None:
    settings = {"host": "127.0.0.1", "port": str(port), "security": "none", "sender": "a@b.test", "to": "c@d.test"}
    await store.settings.set("alerts.channel.email.settings", {**settings, **more})


async def test_the_mail_carries_text_and_pdf(store: Store) -> None:
    with smtp_sink(Sink(login=("nar", "gizli"))) as sink:
        await set_up(store, sink.port, username="nar")
        made = reporter(store, keys=Keys(password="gizli"))
        assert await made.send(await made.make("daily"), "0f" * 16) is None
        (got,) = sink.mails
    message = email.message_from_bytes(got.data, policy=email.policy.default)
    assert message["Subject"] == "[Paxzar] Günlük rapor · 23 Kasım 2026 Pazartesi"
    assert message["Message-ID"] == f"<{'0f' * 16}@paxzar.invalid>"
    body = message.get_body(("plain",))
    assert body is not None
    assert "Isırgan Çayı" in body.get_content()
    (pdf,) = message.iter_attachments()
    assert (pdf.get_filename(), pdf.get_content_type()) == ("paxzar-daily-2026-11-23.pdf", "application/pdf")
    assert "Günlük rapor" in text_of(pdf.get_content())[0]
    assert file_name("weekly", YESTERDAY) == "paxzar-weekly-2026-11-23.pdf"


@pytest.mark.parametrize(
    ("sink", "code", "doubtful"),
    [
        (Sink(cut=True), "smtp_cut", True),
        (Sink(answers={"CONNECT": "421 busy"}), "", False),
        (Sink(answers={"DATA": "452 4.2.2 full"}), "smtp_busy", False),
        (Sink(answers={"DATA": "552 5.2.2 too large"}), "smtp_refused", False),
    ],
)
async def test_only_an_answer_that_was_lost_leaves_a_doubt(store: Store, sink: Sink, code: str, doubtful: bool) -> None:
    made = reporter(store)
    with smtp_sink(sink):
        await set_up(store, sink.port)
        with pytest.raises(SendFailed) as caught:
            await made.send(await made.make("daily"), "k")
    assert caught.value.doubtful is doubtful
    assert code in caught.value.message.code
    with pytest.raises(SendFailed) as dead:  # nobody listens there now
        await made.send(await made.make("daily"), "k")
    assert (dead.value.message.code, dead.value.doubtful) == ("alerts.fail.smtp_unreachable", False)


async def test_a_channel_that_is_not_set_up_and_a_rehearsal(store: Store) -> None:
    for made, code in (
        (reporter(store), "alerts.field_missing"),
        (reporter(store, rehearsal=True), "alerts.rehearsal"),
    ):
        with pytest.raises(SendFailed) as caught:
            await made.send(await made.make("daily"), "k")
        assert (caught.value.message.code, caught.value.again) == (code, False)


async def test_yesterday_is_the_merchants(store: Store) -> None:
    with time_machine.travel(NOW, tick=False):
        made = await reporter(store).make("daily", words=Words.load("en"))
    assert made.summary.last == YESTERDAY
    assert made.data.title == "Daily report"
