"""Alerts in Settings and on Today, with a real vault, a real mail server and a real webhook; notes on the screen."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.api.answers import sentence
from app.changes import ALERTS, ChangeReport
from app.console import utc_now
from app.contracts import Message, Secret
from app.jobs.alerting import AlertJobs
from app.monitor.alerting.courier import Courier
from app.monitor.alerting.desk import AlertDesk, DesktopNote
from app.monitor.alerting.facts import Facts
from app.monitor.alerting.sending import SendFailed
from app.store import AlertBody, AlertRow
from app.store.alerts import Moves, Notice
from app.vault import Profile, Vault
from tests.app.http.loopback import Visit, serving
from tests.support.smtp_sink import Sink, smtp_sink
from tests.ui.pages.desk import Desk, dialog, open_desk, until
from tests.ui.pages.orders_making import missing_words, texts
from ui.house import House
from ui.kit import LoopWatchdog, spawner
from ui.notifying import Notifier, note_words, tray_icon
from ui.pages.settings import SettingsPage
from ui.pages.settings_alerts_parts import ChannelDialog
from ui.pages.today_figures import gather_troubles
from ui.theme import Appearance
from ui.words import choose

DOWN = AlertBody("connection_down", "connection:1", "high", (1,), ("Ana mağaza",), {}, Message("server.error", {"host": "api.test"}))  # fmt: skip
DISK = AlertBody("disk_low", "", "critical", figures={"value": 400, "limit": 1000})


class Sight:
    async def look(self) -> Facts:
        return Facts()


class At:
    """A desk with a vault, the alerts' parts and the page."""

    def __init__(self, desk: Desk, folder: Path, vault: Vault) -> None:
        self.desk, self.store = desk, desk.store

        async def language() -> str:
            return "tr"

        services = desk.services
        courier = Courier(desk.store, vault, services.network, utc_now, sentence, language)
        self.alerts = AlertDesk(desk.store, vault, Sight(), courier, utc_now)
        services.engine.alerting = self.jobs = AlertJobs(
            desk.store, services.changes, utc_now, self.alerts, courier.deliver, SendFailed
        )
        self.page = SettingsPage(services)
        self.page.take_house(
            House(folder, vault, None, LoopWatchdog(), lambda: "tr", lambda _language: None, lambda _rehearsal: None)
        )

    async def show(self) -> None:
        self.desk.show(self.page)
        self.page.set_inner_width(1400)
        self.page.shown({"view": "alerts"})
        await self.quiet()

    async def quiet(self) -> None:
        await until(lambda: not len(spawner()), "quiet")

    async def opened(self, *bodies: AlertBody) -> list[AlertRow]:
        return await self.store.alerts.apply(Moves(opened=bodies), lambda *_: ())

    @property
    def part(self) -> Any:
        return self.page.alerts


@pytest.fixture
async def at(tmp_path: Path, look: Appearance, errors: list[Any]) -> AsyncIterator[At]:
    async with open_desk(tmp_path) as desk:
        vault, _ = await Vault.create(
            tmp_path / "v.paxzar", keyring=None, password=Secret("kasanın parolası"), profile=Profile.TEST
        )
        made = At(desk, tmp_path, vault)
        yield made
        made.page.hide()
        await made.quiet()
    assert errors == []


async def test_open_alerts_gravest_first_acknowledged_and_snoozed(at: At, qtbot: Any) -> None:
    await at.opened(DOWN, DISK)
    await at.show()
    assert at.page.section == "alerts"
    first, second = at.part.lines
    assert [line.row.rule for line in (first, second)] == ["disk_low", "connection_down"]
    assert "400 MB kaldı" in first.text
    second.acknowledge.click()
    await until(lambda: at.part.lines[1].row.acked_at is not None, "acknowledged")
    assert "üstlenildi" in at.part.lines[1].marks
    at.part.lines[0].snooze.click()
    await until(lambda: at.part.lines[0].row.snoozed_until is not None, "snoozed")
    assert "susturuldu" in at.part.lines[0].marks
    assert at.part.lines[0].snooze.isHidden()
    assert missing_words(at.page) == []
    await at.quiet()


async def test_rules_take_effect_at_once_and_nonsense_is_told(at: At, qtbot: Any) -> None:
    await at.show()
    row = at.part.rules["outbox_stuck"]
    assert row.threshold.text() == "15 dk"
    row.threshold.setFocus()
    row.threshold.selectAll()
    QTest.keyClicks(row.threshold, "20 dk")
    QTest.keyClick(row.threshold, Qt.Key.Key_Return)
    await at.quiet()
    assert (await at.alerts.rules())["outbox_stuck"].threshold == 1200
    row.threshold.selectAll()
    QTest.keyClicks(row.threshold, "hemen")
    QTest.keyClick(row.threshold, Qt.Key.Key_Return)
    await at.quiet()
    assert at.desk.said[-1][:2] == ("unhealthy", "Gönderimler takıldı değişmedi")
    assert row.threshold.text() == "20 dk"
    row.switch.click()
    await at.quiet()
    assert not (await at.alerts.rules())["outbox_stuck"].on
    assert not row.threshold.isEnabled()
    slow = at.part.rules["slow"]
    slow.severity.setCurrentIndex(0)
    slow.severity.activated.emit(0)
    await at.quiet()
    assert str((await at.alerts.rules())["slow"].severity) == "critical"


async def test_a_mail_channel_is_set_up_tested_and_its_trouble_shown(at: At, qtbot: Any) -> None:
    await at.show()
    row = at.part.channels["email"]
    assert not row.test.isEnabled()
    with smtp_sink(Sink(login=("nar", "gizli parola"))) as sink:
        row.switch.click()  # not set up yet: that is asked for first
        form = await dialog(ChannelDialog)
        form.fields["host"].field.setText("posta sunucusu")
        form.primary.click()
        await until(lambda: form.fields["host"].trouble or form.fields["sender"].trouble, "told")
        for key, text in (
            ("host", "127.0.0.1"), ("port", str(sink.port)), ("username", "nar"), ("sender", "a@b.test"), ("to", "c@d.test"),
        ):  # fmt: skip
            form.fields[key].field.setText(text)
        form.fields["password"].field.set_secret("gizli parola")
        form.primary.click()
        await until(lambda: not form._saving and form.fields["username"].trouble == "", "asked")
        security = form.fields["security"].field
        security.setCurrentIndex(security.findData("none"))
        form.primary.click()
        await until(lambda: not form.isVisible(), "saved")
        await at.quiet()
        assert (row.switch.isChecked(), row.test.isEnabled()) == (True, True)
        assert "c@d.test" in row.text
        row.test.click()
        await until(lambda: sink.mails, "sent")
        await at.quiet()
    assert sink.mails[0].user == "nar"
    assert at.desk.said[-1][:2] == ("healthy", "E-posta: deneme gitti.")
    assert "gizli parola" not in " ".join(texts(at.page))
    row.test.click()
    await until(lambda: at.desk.said[-1][0] == "unhealthy", "failed")
    assert "ulaşılamıyor" in at.desk.said[-1][2]
    await at.quiet()


async def test_a_webhooks_test_and_what_today_says_of_it(at: At, qtbot: Any) -> None:
    told: list[dict[str, Any]] = []
    status = 200

    async def hook(visit: Visit) -> None:
        told.append(json.loads(visit.body))
        await visit.answer(status, b"")

    async with serving(hook) as server:
        await at.alerts.set_channel("webhook", on=True, secrets={"url": server.url, "key": "0123456789abcdef"})
        await at.show()
        at.part.channels["webhook"].test.click()
        await until(lambda: told, "sent")
        await at.quiet()
        assert told[0]["title"] == "Paxzar deneme uyarısı"
        status = 404
        plan = [Notice("webhook", "opened", utc_now())]
        await at.store.alerts.apply(Moves(opened=(DISK,)), lambda *_: plan)
        await at.jobs.deliver()
    troubles = {one.key.partition("-")[2].partition("-")[0]: one for one in await gather_troubles(at.desk.services, [])}
    assert troubles["disk_low"].title == "Diskte yer azaldı"
    assert troubles["webhook"].title == "Webhook: uyarı gönderilemedi"
    assert all(one.go == ("settings", {"view": "alerts"}) for one in troubles.values())
    at.desk.services.changes.publish(ChangeReport(ALERTS, source="sent"))
    await until(lambda: "tanımıyor (404)" in at.part.channels["webhook"].text, "shown")
    await at.quiet()


async def test_quiet_hours_and_retention(at: At, qtbot: Any) -> None:
    await at.show()
    at.part.quiet.click()
    at.part.since.setFocus()
    at.part.since.selectAll()
    QTest.keyClicks(at.part.since, "21.30")
    QTest.keyClick(at.part.since, Qt.Key.Key_Return)
    await at.quiet()
    found = await at.alerts.quiet()
    assert (found.on, found.since, at.part.since.text()) == (True, "21:30", "21:30")
    at.part.keep.setFocus()
    at.part.keep.selectAll()
    QTest.keyClicks(at.part.keep, "0")
    QTest.keyClick(at.part.keep, Qt.Key.Key_Return)
    await at.quiet()
    assert (at.desk.said[-1][0], at.part.keep.text()) == ("unhealthy", "7")


async def test_in_english(at: At, qtbot: Any) -> None:
    choose("en")
    try:
        page = SettingsPage(at.desk.services)
        page.take_house(
            House(Path(), None, None, LoopWatchdog(), lambda: "en", lambda _language: None, lambda _rehearsal: None)
        )
        at.desk.show(page)
        page.shown({"view": "alerts"})
        await at.quiet()
        assert "Where to tell" in texts(page)
        assert page.alerts is not None
        assert page.alerts.rules["outbox_stuck"].threshold.text() == "15m"
        assert missing_words(page) == []
        page.hide()
    finally:
        choose("tr")


class Front(QWidget):
    """What a notifier wants of the window."""

    def __init__(self, active: bool) -> None:
        super().__init__()
        self.active, self.told, self.went = active, list[tuple[str, ...]](), list[Any]()

    def isActiveWindow(self) -> bool:
        return self.active

    def say(self, *words: str) -> None:
        self.told.append(words)

    def come_forward(self) -> None:
        self.went.append("forward")

    def go(self, page: str, request: object) -> None:
        self.went.append((page, request))


async def test_notes_in_front_are_toasts_and_counted(at: At, qtbot: Any) -> None:
    (row,) = await at.opened(DOWN)
    front = Front(active=True)
    qtbot.addWidget(front)
    notifier = Notifier(front, at.desk.services, available=lambda: False)  # type: ignore[arg-type]
    at.jobs.show(DesktopNote("opened", row))
    assert front.told[0][:2] == ("unhealthy", "Yüksek: Ana mağaza çalışmıyor")
    await until(lambda: notifier.count == 1, "counted")
    assert note_words(DesktopNote("ended", row))[:2] == ("healthy", "Düzeldi: Ana mağaza çalışmıyor")
    await at.alerts.acknowledge(row.id)
    await until(lambda: notifier.count == 0, "counted again")
    notifier.close()
    at.jobs.show(DesktopNote("opened", row))
    assert len(front.told) == 1
    await at.quiet()


async def test_behind_other_windows_the_system_shows_them(at: At, qtbot: Any) -> None:
    (row,) = await at.opened(DISK)
    front = Front(active=False)
    qtbot.addWidget(front)
    notifier = Notifier(front, at.desk.services, available=lambda: True)  # type: ignore[arg-type]
    tray = notifier.tray
    assert tray is not None
    shown: list[Any] = []
    tray.showMessage = lambda *words: shown.append(words)  # type: ignore[method-assign]
    at.jobs.show(DesktopNote("opened", row))
    assert (shown[0][0], front.told) == ("Kritik: Diskte yer azaldı", [])
    await until(lambda: "1 uyarı" in tray.toolTip(), "badge")
    tray.messageClicked.emit()
    assert front.went == ["forward", ("settings", {"view": "alerts"})]
    assert tray_icon(0).pixmap(64, 64).toImage() != tray_icon(7).pixmap(64, 64).toImage()
    notifier.close()
    await at.quiet()
