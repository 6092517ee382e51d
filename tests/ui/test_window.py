"""The shell over a real store: pages on their first visit, errors that surface, change reports, badges, banners, keys,
the palette's records, reflow, another language, and closing that waits to be allowed."""

from __future__ import annotations

import dataclasses
import gc
import sys
import types
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from app.changes import ORDERS, OUTBOX, ChangeReport
from app.contracts import Message
from app.jobs.runner import Result
from app.store import StoreBusy
from tests.ui.pages.desk import Desk, dialog, listing, open_desk, until
from tests.ui.pages.orders_making import missing_words, order, pull, texts
from ui import face as face_of
from ui.collecting import Collector
from ui.commands import HelpDialog
from ui.face import Face, read_face, write_face
from ui.house import House
from ui.kit import Action, LoopWatchdog, Spawner, set_spawner, spawner
from ui.pages import ICONS, PAGES
from ui.services import Page, Services
from ui.standing import Standing
from ui.telling import reason_of
from ui.theme import Appearance
from ui.theme.icons import source
from ui.widgets import DialogFrame
from ui.window import MainWindow
from ui.words import choose, t

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


class Plain(Page):
    """A page of a test: keeps what it was told."""

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        self.requests: list[Any] = []
        self.reports: list[ChangeReport] = []
        self.widths: list[int] = []
        self.field = QLineEdit()
        self.field.setAccessibleName("field")
        QVBoxLayout(self).addWidget(self.field)
        self.houses: list[House] = []

    def shown(self, request: object = None) -> None:
        self.requests.append(request)

    def changed(self, report: ChangeReport) -> None:
        self.reports.append(report)

    def set_inner_width(self, width: int) -> None:
        self.widths.append(width)

    def take_house(self, house: House) -> None:
        self.houses.append(house)


class Acting(Plain):
    """One that adds actions, one of them meant from anywhere."""

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        self.ran: list[str] = []
        services.actions.add(
            Action("orders.act", "common.save", lambda: self.ran.append("own"), keys=("Ctrl+P",), scope="orders"),
            Action("orders.any", "common.show", lambda: self.ran.append("any"), keys=("F9",)),
        )


class Broken(Plain):
    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        raise ZeroDivisionError("a page's own fault")


MADE = {"today": Plain, "orders": Acting, "prices": Plain, "health": Plain, "jobs": Broken, "settings": Plain}


@pytest.fixture
def table() -> Iterator[list[tuple[str, str, str]]]:
    """The sidebar's pages, served by classes of this file."""
    rows = []
    for page, kind in MADE.items():
        module = types.ModuleType(f"test_page_{page}")
        module.Made = kind  # type: ignore[attr-defined]
        sys.modules[module.__name__] = module
        rows.append((page, module.__name__, "Made"))
    yield [*rows, ("print", "test_page_that_is_not_there", "Made")]
    for _, name, _ in rows:
        sys.modules.pop(name, None)


@dataclasses.dataclass
class Shell:
    window: MainWindow
    desk: Desk
    languages: list[str]
    switched: list[bool]


@pytest.fixture
async def shell(tmp_path: Path, look: Appearance, errors: list[Any], qtbot: Any, table: Any) -> AsyncIterator[Shell]:
    async with open_desk(tmp_path) as desk:
        made = shell_of(desk, qtbot, table, tmp_path)
        made.window.go("today")
        yield made
        await emptied(made)
    assert errors == []


def shell_of(desk: Desk, qtbot: Any, table: Any, folder: Path, *, rehearsal: bool = False) -> Shell:
    if rehearsal:
        desk.services = dataclasses.replace(desk.services, rehearsal=True)
    window = MainWindow(table)
    qtbot.addWidget(window)
    window.resize(1440, 900)
    window.show()
    languages: list[str] = []
    switched: list[bool] = []
    house = House(folder, None, None, LoopWatchdog(), lambda: "tr", languages.append, switched.append)
    window.fill(desk.services, house)
    return Shell(window, desk, languages, switched)


async def emptied(shell: Shell) -> None:
    await until(lambda: not len(spawner()), "tasks ended")
    shell.window.empty()
    shell.window.may_close = True
    await until(lambda: not len(spawner()), "tasks ended")


# -- before a workspace ------------------------------------------------------------------------------------------
def test_the_table_names_every_page_once_with_an_icon_that_exists(qapp: QApplication) -> None:
    ids = [page for page, _, _ in PAGES]
    assert ids == ["today", "orders", "prices", "print", "parcels", "connections", "health", "jobs", "pack", "settings"]
    assert all(source().has(ICONS[page]) and source().has(ICONS[page], "fill") for page in ids)
    for language in ("tr", "en"):
        choose(language)
        assert not any("⟦" in t(f"nav.{page}") for page in ids)


def test_the_skeleton_stands_without_a_workspace(look: Appearance, qtbot: Any) -> None:
    window = MainWindow()
    qtbot.addWidget(window)
    window.show()
    window.go("orders")
    window.open_palette()
    assert window.current == ""
    assert window.sync(listings=False) is None
    assert not any(item.isEnabled() for item in window.sidebar.items.values())
    assert sorted(window.sidebar.items) == sorted(page for page, _, _ in PAGES)
    assert list(window.sidebar.items)[:6] == ["today", "orders", "prices", "print", "pack", "parcels"]
    assert not missing_words(window)


# -- pages -------------------------------------------------------------------------------------------------------
async def test_the_sidebar_marks_where_a_page_belongs(shell: Shell) -> None:
    marked: Callable[[], list[str]] = lambda: [n for n, i in shell.window.sidebar.items.items() if i.isChecked()]  # noqa: E731
    assert marked() == ["today"]
    shell.window.go("payouts")
    assert marked() == [], "payouts belong to no page of the sidebar"
    shell.window.go("audit")
    assert marked() == ["settings"]
    await until(lambda: shell.window.current == "audit", "the audit page")
    shell.window.sidebar.items["prices"].click()
    assert marked() == ["prices"]


async def test_a_page_is_built_on_its_first_visit_and_kept(shell: Shell) -> None:
    window = shell.window
    assert list(window.pages) == ["today"]
    window.go("prices", {"search": "nar"})
    first = window.pages["prices"]
    window.go("today")
    window.go("prices")
    assert window.pages["prices"] is first
    assert first.requests == [{"search": "nar"}, None]  # type: ignore[attr-defined]
    assert window.windowTitle() == "Paxzar — Ürünler ve Fiyatlar"
    assert window.sidebar.items["prices"].isChecked()


async def test_pages_can_lead_to_each_other_and_say_things(shell: Shell) -> None:
    window = shell.window
    window.pages["today"].go.emit("prices", {"id": 7})
    assert window.current == "prices"
    assert window.pages["prices"].requests == [{"id": 7}]  # type: ignore[attr-defined]
    window.pages["prices"].said.emit("healthy", "Kaydedildi", "")
    window.pages["prices"].said.emit("healthy", "Kaydedildi", "")
    assert [toast.accessibleName() for toast in window.teller.toasts.toasts] == ["Kaydedildi"]
    assert window.pages["prices"].houses != []  # type: ignore[attr-defined]


async def test_an_error_of_a_page_surfaces(shell: Shell, caplog: pytest.LogCaptureFixture) -> None:
    shell.window.go("jobs")
    assert "jobs" not in shell.window.pages
    assert "“İşler” sayfası açılamadı" in texts(shell.window.stack.currentWidget())
    assert "ZeroDivisionError" in caplog.text
    shell.window.go("today")
    assert shell.window.current == "today"


async def test_a_missing_module_surfaces_too(shell: Shell, caplog: pytest.LogCaptureFixture) -> None:
    shell.window.go("print")
    await until(lambda: "test_page_that_is_not_there" in caplog.text, "the import's error")
    assert "“Yazdırma” sayfası açılamadı" in texts(shell.window.stack.currentWidget())


# -- what changes ------------------------------------------------------------------------------------------------
async def test_change_reports_reach_living_pages_together(shell: Shell) -> None:
    window = shell.window
    window.go("prices")
    for number in range(100):
        shell.desk.services.changes.publish(ChangeReport(ORDERS, frozenset({number}), "pull"))
    pages = [window.pages["today"], window.pages["prices"]]
    await until(lambda: all(sum(len(r.ids) for r in p.reports) == 100 for p in pages), "told")  # type: ignore[attr-defined]
    assert all(len(p.reports) <= 3 for p in pages)  # type: ignore[attr-defined]
    assert window.pages["prices"].reports[-1].table == ORDERS  # type: ignore[attr-defined]


async def test_many_swallow_single_ids(shell: Shell) -> None:
    today = shell.window.pages["today"]
    publish = shell.desk.services.changes.publish
    publish(ChangeReport(ORDERS, frozenset({1}), "a"))
    publish(ChangeReport(ORDERS, frozenset({2}), "b"))
    publish(ChangeReport(ORDERS, frozenset(), "b"))
    publish(ChangeReport(ORDERS, frozenset({3}), "b"))
    await until(lambda: len(today.reports) == 2, "told")  # type: ignore[attr-defined]
    assert today.reports[1].ids == frozenset()  # type: ignore[attr-defined]


async def test_a_page_that_fails_on_a_report_does_not_stop_who_wrote(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def bad(report: ChangeReport) -> None:
        raise ValueError(report.table)

    monkeypatch.setattr(shell.window.pages["today"], "changed", bad)
    shell.desk.services.changes.publish(ChangeReport(ORDERS))
    await until(lambda: "ValueError" in caplog.text, "reported")
    assert shell.window.teller.toasts.toasts


async def test_badges_and_banners_follow_the_store(shell: Shell) -> None:
    desk, window = shell.desk, shell.window
    row = await desk.connection()
    await pull(desk, row, order(1, ship_by=desk.services.now()), order(2, ship_by=desk.services.now()))
    await until(lambda: window.sidebar.items["orders"].accessibleName() == "Siparişler, 2", "badge")
    assert window.sidebar.switch.accessibleDescription() == "1 bağlantı"
    await desk.store.outbox.enqueue(row.id, "price", 1, b"{}")
    window.freeze(True)
    await until(lambda: window.banners.shown() == "frozen", "frozen shows")
    assert any("1 gönderim bekliyor." in text for text in texts(window.banners))
    await desk.store.connections.note_error(row.id, Message("net.offline"), desk.services.now())
    desk.services.changes.publish(ChangeReport(OUTBOX))
    await until(lambda: window.banners.shown() == "offline", "offline outranks frozen")
    assert window.sidebar.items["health"].accessibleName() == "Sağlık, 1"
    window.freeze(False)
    await desk.store.connections.note_ok(row.id, desk.services.now())
    desk.services.changes.publish(ChangeReport(OUTBOX))
    await until(lambda: window.banners.shown() == "", "both gone")
    assert await desk.store.outbox.frozen() == frozenset()


async def test_the_rehearsal_cannot_be_overlooked(
    tmp_path: Path, look: Appearance, errors: list[Any], qtbot: Any, table: Any
) -> None:
    async with open_desk(tmp_path) as desk:
        made = shell_of(desk, qtbot, table, tmp_path, rehearsal=True)
        window = made.window
        window.go("today")
        assert window.windowTitle() == "Paxzar — PROVA — Bugün"
        assert window.banners.shown() == "rehearsal"
        await until(lambda: window.frame.height() == window.height(), "laid out")
        picture = window.grab().toImage()
        corner = picture.pixelColor(1, picture.height() - 2).name()
        assert corner == look.theme.ink("rehearsal_mark").name()
        window.show_standing(Standing(offline=True))
        assert window.banners.shown() == "offline"
        window.show_standing(Standing())
        assert window.banners.shown() == "rehearsal"
        window.other_workspace()
        assert made.switched == [False]
        await emptied(made)
        assert window.banners.shown() == ""
    assert errors == []


# -- keys --------------------------------------------------------------------------------------------------------
def press(window: MainWindow, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(window, key, held)
    QApplication.processEvents()


async def test_every_page_has_its_key(shell: Shell) -> None:
    window = shell.window
    window.activateWindow()
    press(window, Qt.Key.Key_3, CTRL)
    assert window.current == "prices"
    press(window, Qt.Key.Key_Comma, CTRL)
    assert window.current == "settings"
    press(window, Qt.Key.Key_1, CTRL)
    assert window.current == "today"


async def test_actions_of_a_page_work_in_front_of_it_only(shell: Shell) -> None:
    window = shell.window
    window.activateWindow()
    window.go("orders")
    page = window.pages["orders"]
    press(window, Qt.Key.Key_P, CTRL)
    window.go("today")
    press(window, Qt.Key.Key_P, CTRL)
    press(window, Qt.Key.Key_F9)
    assert page.ran == ["own", "any"]  # type: ignore[attr-defined]


async def test_palette_finds_actions_pages_and_records(shell: Shell) -> None:
    desk, window = shell.desk, shell.window
    row = await desk.connection()
    await pull(desk, row, order(1), order(2))
    await desk.pull(row, listing(7))
    window.activateWindow()
    press(window, Qt.Key.Key_K, CTRL)
    finder = window.finder
    assert finder is not None
    assert finder.isVisible()
    finder.edit.setText("eşitle")
    assert "Şimdi eşitle" in finder.texts
    finder.edit.setText("fiyat")
    assert "Ürünler ve Fiyatlar" in finder.texts
    finder.edit.setText("73300001")
    await until(lambda: any("73300001 · Işıl Güçlü · Ana mağaza" in text for text in finder.texts), "the order")
    finder.edit.setText("nevresim")
    await until(lambda: any("NC-0007" in text for text in finder.texts), "the listing")
    QTest.keyClick(finder.edit, Qt.Key.Key_Return)
    assert window.current == "prices"
    asked = window.pages["prices"].requests[-1]  # type: ignore[attr-defined]
    assert asked["search"] == "nevresim"
    assert isinstance(asked["id"], int)


async def test_help_lists_every_key(shell: Shell) -> None:
    shell.window.activateWindow()
    press(shell.window, Qt.Key.Key_F1)
    opened = await dialog(HelpDialog)
    words = texts(opened)
    for word in ("F5", "Ctrl K", "Ctrl Z", "Ctrl Shift Z", "Ctrl 1", "F1"):
        assert any(word in text for text in words), word
    assert not missing_words(opened)
    opened.reject()


async def test_undo_and_redo_by_key_and_their_failure(shell: Shell) -> None:
    from ui.kit import Step

    done: list[str] = []

    async def back() -> None:
        done.append("back")

    async def forth() -> None:
        raise StoreBusy("store.busy", path="x")

    window, undo = shell.window, shell.desk.services.undo
    window.activateWindow()
    press(window, Qt.Key.Key_Z, CTRL)
    assert done == []
    shell.desk.services.actions.refresh()  # a menu was open when there was nothing to undo
    undo.push(Step("2 fiyat", back, forth))
    press(window, Qt.Key.Key_Z, CTRL)
    await until(lambda: done == ["back"] and undo.can_redo, "undone")
    press(window, Qt.Key.Key_Z, CTRL | SHIFT)
    await until(lambda: bool(window.teller.toasts.toasts), "told")
    assert window.teller.toasts.toasts[0].accessibleName().startswith("Geri alınamadı: 2 fiyat")


# -- sync --------------------------------------------------------------------------------------------------------
async def test_f5_pulls_every_connection_under_one_operation(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, window = shell.desk, shell.window
    asked: list[tuple[str, str]] = []

    def puller(kind: str, result: Result) -> Any:
        async def pull_(row: Any, **_: Any) -> Any:
            asked.append((kind, row.name))
            return result

        return pull_

    good = Result("done", {"new": 3})
    monkeypatch.setattr(desk.services.engine, "sync_orders", puller("orders", good))
    monkeypatch.setattr(desk.services.engine, "sync_listings", puller("listings", Result("failed")))
    await desk.connection()
    await desk.connection("Web", "woocommerce")
    paused = await desk.connection("Dur", "woocommerce")
    await desk.store.connections.set_paused(paused.id, True)
    window.activateWindow()
    press(window, Qt.Key.Key_F5)
    await until(lambda: bool(window.teller.toasts.toasts), "told")
    assert sorted(asked) == [("orders", "Ana mağaza"), ("orders", "Web")]
    assert window.teller.toasts.toasts[0].accessibleName() == "Eşitleme 6 yeni sipariş"
    one = window.sync(listings=True)
    assert one is not None
    assert window.sync(listings=True) is None  # one at a time
    await until(lambda: not one.running, "ended")
    assert one.result["failed"] == 2
    assert "2 çekiş tamamlanamadı" in one.report


async def test_the_tray_opens_the_list_and_a_seen_failure_goes(shell: Shell) -> None:
    async def work(_operation: Any) -> None:
        raise StoreBusy("store.busy", path="x")

    operations = shell.desk.services.operations
    operations.start("Gönderim", work)
    tray = shell.window.sidebar.tray
    assert tray is not None
    await until(lambda: tray.isVisible(), "the tray")
    tray.click()
    opened = await dialog(DialogFrame)
    assert "Gönderim" in texts(opened)
    opened.primary.click()
    await until(lambda: operations.items == [], "seen")


async def test_an_operation_that_fails_tells_its_sentence(shell: Shell) -> None:
    async def work(_operation: Any) -> None:
        raise StoreBusy("store.busy", path="veri.sqlite")

    shell.desk.services.operations.start("Gönderim", work)
    await until(lambda: bool(shell.window.teller.toasts.toasts), "told")
    name = shell.window.teller.toasts.toasts[0].accessibleName()
    assert name.startswith("Gönderim tamamlanamadı Veri dosyasını başka bir program tutuyor")
    assert reason_of(ValueError("x")) == t("error.task_hint")


# -- the frame ---------------------------------------------------------------------------------------------------
async def test_under_1100_px_the_sidebar_is_a_rail(shell: Shell) -> None:
    window = shell.window
    window.resize(1000, 700)
    await until(lambda: window.sidebar.rail, "a rail")
    assert window.sidebar.width() == 51
    assert window.pages["today"].widths[-1] == 1000  # type: ignore[attr-defined]
    assert window.sidebar.items["orders"].toolTip() == "Siparişler"
    window.resize(1440, 900)
    await until(lambda: not window.sidebar.rail, "wide again")
    assert window.minimumSize() == QSize(920, 560)


async def test_another_language_makes_everything_anew_on_the_same_page(shell: Shell) -> None:
    window = shell.window
    window.go("orders")
    before = window.pages["orders"]
    choose("en")
    window.rebuild()
    assert window.current == "orders"
    assert window.pages["orders"] is not before
    assert window.windowTitle() == "Paxzar — Orders"
    assert window.sidebar.items["prices"].text() == "Products & Prices"
    labels = [shell.desk.services.actions.qaction(a.id).text() for a in shell.desk.services.actions]
    assert "Sync now" in labels
    assert list(window.pages) == ["orders"]
    assert not missing_words(window)


async def test_emptying_leaves_nothing_listening(shell: Shell) -> None:
    window, services = shell.window, shell.desk.services
    window.go("orders")
    page = window.pages["orders"]
    window.empty()
    services.changes.publish(ChangeReport(ORDERS))
    assert page.reports == []  # type: ignore[attr-defined]
    assert list(services.actions) == []
    assert window.services is None
    assert window.windowTitle() == "Paxzar"


async def test_closing_asks_first_and_goes_when_it_may(shell: Shell) -> None:
    window = shell.window
    asked: list[bool] = []
    window.leave_asked.connect(lambda: asked.append(True))
    assert not window.close()
    assert asked == [True]
    assert window.isVisible()
    window.may_close = True
    assert window.close()


async def test_place_and_size_come_back(shell: Shell, qtbot: Any) -> None:
    window = shell.window
    window.resize(1111, 777)
    kept = window.keep_geometry()
    other = MainWindow()
    qtbot.addWidget(other)
    assert other.restore_place(kept)
    assert other.size().width() in (1111, other.screen().availableGeometry().width(), other.width())
    assert not other.restore_place("not base64 !")
    assert not other.restore_place("")


def test_the_kept_look_survives_a_file_that_cannot_be_read() -> None:
    assert read_face() == Face()
    write_face(Face("en", "dark", "compact", "QUJD"))
    assert read_face() == Face("en", "dark", "compact", "QUJD")
    face_of.face_file().write_bytes(b"{half")
    assert read_face() == Face()
    strange = Face("tr", "mauve", "airy")
    assert (strange.known_scheme.value, strange.known_density) == ("system", "comfortable")


def test_the_collector_takes_over_and_gives_back(qapp: QApplication) -> None:
    done: list[int] = []
    counts = [(10, 0, 0), (2000, 3, 3), (2000, 11, 3), (2000, 11, 11), (9, 11, 0)]
    made = Collector(
        count=lambda: counts.pop(0), threshold=lambda: (700, 10, 10), collect=lambda g: done.append(g) or 0  # type: ignore[func-returns-value]
    )  # fmt: skip
    made.start()
    try:
        assert not gc.isenabled()
        while counts:
            made.turn()
        assert done == [0, 1, 2, 1]
    finally:
        made.stop()
    assert gc.isenabled()


def test_errors_of_tasks_are_told(look: Appearance, qtbot: Any, caplog: pytest.LogCaptureFixture) -> None:
    window = MainWindow()
    qtbot.addWidget(window)
    set_spawner(Spawner(window.report))
    spawner().on_error("standing", ValueError("x"))
    assert "standing ended with an error" in caplog.text
    assert window.teller.toasts.toasts[0].accessibleName().startswith("Bir iş tamamlanamadı")
    set_spawner(Spawner())
