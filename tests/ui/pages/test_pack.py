"""The pack page and the helper's window over a real store: scans, verdicts, the label, a cancel that comes, what a helper cannot reach."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.contracts import Secret
from app.model import OrderStatus
from app.orders import rules
from app.orders.packing import Verdict
from app.store import Printer
from app.vault import Profile, Vault
from tests.ui.pages.desk import Desk, dialog, open_desk, until
from tests.ui.pages.orders_making import NOW, missing_words, order, prepare, pull, texts
from ui.house import House
from ui.kit import LoopWatchdog, Registry, spawner
from ui.pages.pack import CodeDialog, PackPage
from ui.pages.pack_helper import LeaveDialog, PinDialog
from ui.pages.pack_parts import LOOKS, BenchRow
from ui.pages.settings import SettingsPage
from ui.theme import STATES, Appearance, theme
from ui.window import MainWindow
from ui.words import choose, t

Key = Qt.Key
PASSWORD = Secret("correct horse 1")


@pytest.fixture
async def desk(
    tmp_path: Path, look: Appearance, errors: list[Any], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as made:
        prepare(made)
        yield made
        await until(lambda: not len(spawner()), "tasks ended")
    assert errors == []


@pytest.fixture
def beeps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    heard: list[int] = []
    monkeypatch.setattr(QApplication, "beep", lambda: heard.append(1))
    return heard


async def opened(desk: Desk, *numbers: int) -> PackPage:
    row = await desk.connection()
    await pull(desk, row, *[order(n) for n in numbers or (1, 2, 3)], tell=False)
    page = PackPage(desk.services)
    desk.show(page)
    desk.services.actions.install(page)
    desk.services.actions.set_scope("pack")
    page.shown()
    await ended()
    return page


async def ended() -> None:
    await until(lambda: not len(spawner()), "tasks ended")


def burst(page: Any, code: str) -> None:
    """As a scanner types it, through the window."""
    window, at = page.window().windowHandle(), 5_000_000
    for sign in code + "\r":
        at += 8
        key = (
            Key.Key_Return if sign == "\r" else Key(ord(sign)) if sign.isascii() and sign.isalnum() else Key.Key_unknown
        )
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, sign)
            event.setTimestamp(at)
            QCoreApplication.sendEvent(window, event)


async def scanned(page: PackPage, *codes: str) -> list[str]:
    found = []
    for code in codes:
        burst(page, code)
        await ended()
        assert page.told is not None
        found.append(str(page.told.verdict))
    return found


def rows(page: PackPage) -> list[tuple[str, int, int, bool]]:
    made = [page.rows.itemAt(at).widget() for at in range(page.rows.count())]
    return [(one.line.sku, one.line.scanned, one.line.needed, one.current) for one in made if isinstance(one, BenchRow)]


def test_every_verdict_has_a_look_and_words(look: Appearance) -> None:
    for language in ("tr", "en"):
        choose(language)
        for verdict in Verdict:
            assert LOOKS[verdict][0] in (*STATES, "critical")
            assert t(f"pack.verdict.{verdict}")
    choose("tr")
    assert theme().hex("on_critical") != theme().hex("critical_bg")


async def test_an_order_is_packed_without_a_mouse(desk: Desk, beeps: list[int], tmp_path: Path) -> None:
    page = await opened(desk)
    out = tmp_path / "label.pdf"
    await desk.store.printers.save(Printer("PDF", "file", str(out)))
    assert page.verdict.title == "Sipariş okutun"
    assert await scanned(page, "73300001", "NC-0001", "NC-0001") == ["opened", "right", "right"]
    assert rows(page) == [("NC-0001", 2, 2, False), ("NC-PST-0017", 0, 1, True)]
    assert page.next.text() == "Okutun: Peştemal 90×180, İncir"
    assert (beeps, out.exists()) == ([], False)
    assert await scanned(page, "NC-PST-0017") == ["complete"]
    assert (page.verdict.title, page.next_note.text()) == ("Paketlendi", "Etiket basıldı.")
    assert out.read_bytes().startswith(b"%PDF")
    stored = await desk.store.orders.get(1)
    assert stored is not None
    assert (stored.local_state, stored.print_count) == ("packed", 1)
    assert await scanned(page, "73300002") == ["opened"]


async def test_what_is_wrong_is_red_and_heard(desk: Desk, beeps: list[int]) -> None:
    page = await opened(desk)
    await scanned(page, "73300001", "NC-PST-0017")
    assert await scanned(page, "NC-PST-0017", "nothing") == ["too_many", "unknown"]
    assert (page.verdict.state, len(beeps)) == ("unhealthy", 2)
    QTest.keyClick(page, Key.Key_F7)
    await ended()
    await scanned(page, "nothing")
    assert len(beeps) == 2
    assert await desk.store.settings.get("pack.sound") is False


async def test_a_cancel_turns_the_card_red_and_enter_sets_it_aside(desk: Desk, beeps: list[int]) -> None:
    page = await opened(desk)
    await scanned(page, "73300001", "NC-0001")
    row = (await desk.store.connections.list())[0]
    await pull(desk, row, order(1, status=OrderStatus.CANCELLED, updated_at=NOW))
    await until(lambda: page.verdict.state == "critical", "red")
    assert page.verdict.title == "Paketlemeyin, alıcı iptal etti"
    assert beeps == [1]
    assert await scanned(page, "NC-0001") == ["cancelled"]
    page.activateWindow()
    QTest.keyClick(page, Key.Key_Return)
    await ended()
    assert (page.bench.order_id, page.verdict.verdict) == (0, None)
    assert await desk.store.packing.scans(1) == []


async def test_a_wrong_scan_stays_on_screen_when_others_change(desk: Desk, beeps: list[int]) -> None:
    page = await opened(desk)
    await scanned(page, "73300001", "nothing")
    row = (await desk.store.connections.list())[0]
    await pull(desk, row, order(9))
    await ended()
    assert page.verdict.verdict is Verdict.UNKNOWN


async def test_keys_of_the_bench(desk: Desk, beeps: list[int]) -> None:
    page = await opened(desk)
    await scanned(page, "73300001", "NC-0001")
    for key, counts in ((Key.Key_F4, (0, 0)), (Key.Key_F3, (1, 0)), (Key.Key_F3, (2, 0)), (Key.Key_F3, (2, 1))):
        QTest.keyClick(page, key)
        await ended()
        assert tuple(one[1] for one in rows(page)) == counts
    assert page.told is not None
    assert page.told.finished
    assert page.next_note.text().startswith("Etiket basılamadı. Henüz yazıcı")
    QTest.keyClick(page, Key.Key_Escape)
    await ended()
    assert page.bench.order_id == 0
    left: list[str] = []
    page.go.connect(lambda where, _request: left.append(where))
    QTest.keyClick(page, Key.Key_Escape)
    assert left == ["orders"]


async def test_a_code_typed_by_hand_and_a_burst_into_that_field(desk: Desk, beeps: list[int]) -> None:
    page = await opened(desk)
    QTest.keyClick(page, Key.Key_F2)
    asked = await dialog(CodeDialog)
    page.scanner.watch(asked.windowHandle())
    burst(asked, "73300001")
    await until(lambda: page.told is not None, "the burst")
    assert asked.edit.text() == ""
    asked.edit.setText("NC-0001")
    asked.primary.click()
    await ended()
    assert page.told is not None
    assert page.told.verdict is Verdict.RIGHT


async def test_a_kill_loses_nothing_and_a_page_picks_it_up(desk: Desk) -> None:
    page = await opened(desk)
    await scanned(page, "73300001", "NC-0001")
    again = PackPage(dataclasses.replace(desk.services, actions=Registry()))
    desk.show(again)
    again.shown({"id": 1})
    await ended()
    assert again.told is not None
    assert again.told.packing is not None
    assert again.told.packing.scanned == 1
    assert again.counts.text() == "1 okutuldu, 2 kaldı"


@pytest.mark.parametrize("language", ["tr", "en"])
async def test_no_word_is_missing_and_no_price_shows(desk: Desk, language: str, beeps: list[int]) -> None:
    choose(language)
    page = await opened(desk)
    await scanned(page, "73300001", "NC-0001", "nothing")
    assert missing_words(page) == []
    assert not [one for one in texts(page) if "₺" in one or "869" in one or "289" in one]


async def test_many_lines_show_the_current_one(desk: Desk) -> None:
    row = await desk.connection()
    line = order(1).lines[0]
    lines = tuple(msgspec.structs.replace(line, remote_id=f"l{n}", sku=f"S-{n}", quantity=1) for n in range(30))
    await pull(desk, row, order(1, lines=lines), tell=False)
    page = PackPage(desk.services)
    desk.show(page)
    page.shown({"id": 1})
    await ended()
    for n in range(12):
        await page.take(page.bench.scan(f"S-{n}"))
    shown = rows(page)
    assert [one[0] for one in shown if one[3]] == ["S-12"]
    assert len(shown) < 10
    assert page.more.isVisibleTo(page)
    assert page.rows.geometry().bottom() <= page.height()


# -- the helper's window ------------------------------------------------------------------------------------------------
async def window_of(tmp_path: Path, desk: Desk, qtbot: Any, vault: Vault | None = None) -> MainWindow:
    window = MainWindow()
    qtbot.addWidget(window)
    window.resize(1200, 800)
    window.show()
    nothing: Any = lambda *_: None  # noqa: E731
    window.fill(desk.services, House(tmp_path, vault, None, LoopWatchdog(), lambda: "tr", nothing, nothing, None))
    window.go("orders")
    await until(lambda: window.current == "orders", "orders")
    await ended()
    return window


async def locked(window: MainWindow) -> None:
    helper = window.helper
    assert helper is not None
    await helper.helper.set_pin(Secret("4071"))
    helper.lock()
    await until(lambda: window.current == "pack", "the bench")
    await ended()


async def typed(window: MainWindow, text: str) -> None:
    asked = await dialog(LeaveDialog)
    asked.field.edit.setText(text)
    asked.primary.click()
    await until(lambda: not asked.isVisible(), "an answer")


async def test_a_helper_reaches_packing_and_printing_only(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    window = await window_of(tmp_path, desk, qtbot)
    await locked(window)
    assert list(window.pages) == ["pack"]
    for page in ("prices", "settings", "connections", "orders", "today", "health", "audit", "payouts"):
        window.go(page)
        desk.services.actions.trigger(f"go.{page}")
    await ended()
    assert window.current == "pack"
    window.go("print")
    await until(lambda: window.current == "print", "print")
    await ended()
    assert window.isVisible()
    assert [name for name, item in window.sidebar.items.items() if item.isVisibleTo(window.sidebar)] == [
        "print",
        "pack",
    ]
    assert not window.sidebar.search.isVisibleTo(window.sidebar)
    may = {desk.services.actions.qaction(one.id) for one in desk.services.actions if one.scope in ("pack", "print")}
    bound = [one.text() for one in window.actions() if one not in may]
    assert set(bound) <= {t(f"nav.{one}") for one in ("pack", "print")} | {
        t("helper.leave"),
        t("pack.action"),
        t("shell.quit"),
    }
    window.open_palette()
    assert window.finder is None or not window.finder.isVisible()
    window.empty()


async def test_the_pin_leads_back_and_a_wrong_one_does_not(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    window = await window_of(tmp_path, desk, qtbot)
    await locked(window)
    desk.services.actions.trigger("helper.leave")
    await typed(window, "4072")
    again = await until(
        lambda: next((w for w in QApplication.topLevelWidgets() if isinstance(w, LeaveDialog) and w.isVisible()), None)
    )
    assert t("helper.pin_wrong") in texts(again)
    await typed(window, "4071")
    await until(lambda: window.current == "orders", "orders")
    await ended()
    assert window.sidebar.items["prices"].isVisibleTo(window.sidebar)
    assert await desk.store.settings.get("helper.on") is False
    window.empty()


async def test_the_vaults_password_leads_back_too(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    vault, _ = await Vault.create(tmp_path / "v.paxv", keyring=None, password=PASSWORD, profile=Profile.TEST)
    window = await window_of(tmp_path, desk, qtbot, vault)
    await locked(window)
    desk.services.actions.trigger("helper.leave")
    await typed(window, PASSWORD.reveal())
    await until(lambda: window.current == "orders", "orders")
    await ended()
    assert window.helper is not None
    assert not window.helper.on
    window.empty()


async def test_a_restart_comes_back_locked(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    window = await window_of(tmp_path, desk, qtbot)
    await locked(window)
    window.empty()
    window.fill(
        desk.services, House(tmp_path, None, None, LoopWatchdog(), lambda: "tr", lambda *_: None, lambda *_: None, None)
    )
    window.go("today")
    await until(lambda: window.current == "pack", "the bench")
    await ended()
    assert list(window.pages) == ["pack"]
    window.empty()


async def test_a_pin_is_chosen_before_the_first_lock(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    window = await window_of(tmp_path, desk, qtbot)
    desk.services.actions.trigger("helper.lock")
    asked = await dialog(PinDialog)
    asked.first.edit.setText("4071")
    assert not asked.primary.isEnabled()
    asked.second.edit.setText("4071")
    asked.primary.click()
    await until(lambda: window.current == "pack", "the bench")
    await ended()
    assert await desk.store.settings.get("helper.on") is True
    window.empty()


async def test_the_bench_fills_the_screen_and_gives_it_back(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    window = await window_of(tmp_path, desk, qtbot)
    window.go("pack")
    await until(lambda: window.current == "pack", "the bench")
    assert (window.isFullScreen(), window.sidebar.isVisible()) == (True, False)
    window.go("orders")
    assert (window.isFullScreen(), window.sidebar.isVisible()) == (False, True)
    await ended()
    window.empty()


async def test_rules_are_edited_in_settings(desk: Desk, qtbot: Any) -> None:
    await desk.store.printers.save(Printer("Zebra", "network", "127.0.0.1:9", "zpl"))
    page = SettingsPage(desk.services)
    desk.show(page)
    await ended()
    card = page.rules
    assert "Koli paketlenince: koli etiketi, tek yazıcı" in texts(card)
    card.document.setCurrentIndex(card.document.findData("slip"))
    card.printer.setCurrentIndex(card.printer.findData("Zebra"))
    card.add.click()
    await ended()
    kept = rules.read(await desk.store.settings.get(rules.SETTING))
    assert [(one.event, one.document, one.printer) for one in kept] == [
        ("packed", "parcel", ""),
        ("packed", "slip", "Zebra"),
    ]
    card.add.click()
    assert card.trouble.text()
    assert missing_words(card) == []
