"""Tasks, operations, actions, palette, undo, watchdog, bursts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from tests.support.waiting import PATIENCE_MS, until
from ui.kit import (
    Action,
    ActionError,
    Burst,
    CommandPalette,
    Hit,
    LoopWatchdog,
    Operation,
    Operations,
    OpState,
    Registry,
    Spawner,
    Step,
    UndoStack,
    begin,
    check_key,
    fold,
    match,
    spawn,
    spawner,
)
from ui.theme import Appearance

Settle = Callable[[], Any]


async def boom() -> None:
    await asyncio.sleep(0)
    raise OSError("disk full")


async def test_spawner_reports_an_error_by_name(errors: list[Any], settle: Settle) -> None:
    spawn(boom(), "save order")
    assert len(spawner()) == 1
    await settle()
    assert [(n, str(e)) for n, e in errors] == [("save order", "disk full")]
    assert len(spawner()) == 0


async def test_spawner_says_nothing_of_cancel_and_closes(errors: list[Any], settle: Settle) -> None:
    task = spawn(asyncio.sleep(60), "wait")
    task.cancel()
    await settle()
    assert errors == []
    stubborn = asyncio.Event()

    async def stay() -> None:
        while not stubborn.is_set():
            try:
                await stubborn.wait()
            except asyncio.CancelledError:
                continue

    here = Spawner()
    here.spawn(asyncio.sleep(60), "polite")
    here.spawn(stay(), "stubborn")
    await asyncio.sleep(0)
    assert await here.close(grace=0.01) == ["stubborn"]
    with pytest.raises(RuntimeError):
        here.spawn(asyncio.sleep(0), "late")
    stubborn.set()
    await until(lambda: not len(here), "the stubborn one ended too")


def test_what_a_timer_asks_for_when_no_loop_runs_begins_nothing(errors: list[Any]) -> None:
    """Warnings are errors here: the coroutine that never ran was closed too."""
    with pytest.raises(RuntimeError):
        spawn(boom(), "late")
    assert begin(boom(), "late") is None
    assert (len(spawner()), errors) == (0, [])


async def test_an_error_handler_that_fails_is_written_down(caplog: pytest.LogCaptureFixture) -> None:
    def bad(_name: str, _error: BaseException) -> None:
        raise ValueError("handler")

    here = Spawner(bad)
    here.spawn(boom(), "x")
    await until(lambda: "handler itself failed on x" in caplog.text, "written down")


async def test_operation_runs_counts_and_ends(look: Appearance, errors: list[Any], settle: Settle) -> None:
    operations = Operations()
    done: list[Any] = []
    operations.completed.connect(done.append)

    async def work(op: Operation) -> str:
        op.advance(30, 60)
        await asyncio.sleep(0)
        op.report = {"orders": [1, 2]}
        return "ok"

    one = operations.start("Siparişleri çek", work, note="6 bağlantı")
    await asyncio.sleep(0)
    assert one.share == 0.5
    one._clock = lambda: one._began + 0.299
    assert operations.visible() == []  # younger than 300 ms
    one._clock = lambda: one._began + 0.301
    assert operations.visible() == [one]
    await settle()
    assert (one.state, one.result, one.report) == (OpState.DONE, "ok", {"orders": [1, 2]})
    assert done == [one]
    assert operations.items == []


async def test_operation_that_fails_stays_until_read(look: Appearance, errors: list[Any], settle: Settle) -> None:
    operations = Operations()
    failed: list[Any] = []
    operations.failed.connect(failed.append)
    one = operations.start("Etiket basımı", lambda _op: boom())
    await settle()
    assert one.state is OpState.FAILED
    assert isinstance(one.error, OSError)
    assert operations.visible() == [one]
    assert failed == [one]
    operations.dismiss(one)
    assert operations.items == []
    assert errors == []


async def test_operation_can_be_cancelled(look: Appearance, errors: list[Any], settle: Settle) -> None:
    operations = Operations()
    one = operations.start("Fiyat gönderimi", lambda _op: asyncio.sleep(60))
    await asyncio.sleep(0)
    one.cancel()
    await settle()
    assert one.state is OpState.CANCELLED
    assert operations.items == []


def test_time_left_is_told_by_the_pace() -> None:
    clock = iter([0.0, 10.0, 10.0]).__next__
    one = Operation("x", total=100, clock=clock)
    one.done = 3
    assert one.left() is None
    one.done = 20
    left = one.left()
    assert left is not None
    assert left.total_seconds() == pytest.approx(40)


def action(name: str, *keys: str, scope: str = "", **more: Any) -> Action:
    return Action(name, more.pop("title", "nav.orders"), more.pop("run", lambda: None), keys=keys, scope=scope, **more)


def test_registry_refuses_doubled_keys_and_ids(look: Appearance) -> None:
    registry = Registry()
    registry.add(action("a", "Ctrl+K"), action("b", "P", scope="orders"), action("c", "P", scope="print"))
    with pytest.raises(ActionError, match="twice"):
        registry.add(action("d", "Ctrl+K"))
    with pytest.raises(ActionError, match="twice"):
        registry.add(action("e", "P"))
    with pytest.raises(ActionError, match="twice"):
        registry.add(action("a"))
    assert {a.id for a in registry} == {"a", "b", "c"}


@pytest.mark.parametrize("key", ["Ctrl+Alt+T", "Ctrl+Alt+Q", "Ctrl+Alt+2", "/", "nonsense+"])
def test_keys_of_a_turkish_keyboard_are_left_alone(key: str) -> None:
    with pytest.raises(ActionError):
        check_key(key)


@pytest.mark.parametrize("key", ["Ctrl+K", "F5", "Ctrl+Shift+L", "Ctrl+Return", "P", "Ctrl+,", "Space", "Ctrl+Alt+F1"])
def test_usual_keys_can_be_bound(key: str) -> None:
    assert not check_key(key).isEmpty()


def test_shortcuts_menu_help_and_reason_come_from_the_registry(look: Appearance, qtbot: Any) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    ran: list[str] = []
    why = {"key": ""}
    registry = Registry()
    registry.add(
        action("sync", "F5", run=lambda: ran.append("sync"), icon="arrows-clockwise"),
        action("print", "Ctrl+P", run=lambda: ran.append("print"), enabled=lambda: why["key"], title="nav.print"),
        action("pack", "P", run=lambda: ran.append("pack"), scope="orders"),
    )
    registry.install(window)
    with qtbot.waitActive(window, timeout=PATIENCE_MS):
        window.show()
        window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_F5)
    QTest.keyClick(window, Qt.Key.Key_P)
    registry.set_scope("orders")
    QTest.keyClick(window, Qt.Key.Key_P)
    assert ran == ["sync", "pack"]
    why["key"] = "table.empty"
    menu = registry.menu(["sync", "", "print"], window)
    assert [a.isSeparator() for a in menu.actions()] == [False, True, False]
    assert menu.actions()[2].isEnabled() is False
    assert menu.actions()[2].toolTip() == "Gösterilecek satır yok"
    assert not registry.trigger("print")
    assert ("", "Siparişler", "F5") in registry.help_rows()
    assert len(registry.help_rows()) == 3


def test_folding_and_matching_the_turkish_way() -> None:
    assert fold("IŞIK İğne ığdır") == "isik igne igdir"
    assert match("etiket", "Seçili siparişlerin etiketini bas") == [(20, 26)]
    assert match("etk", "Etiket") is None
    assert match("sule ozt", "Şule Öztürk") == [(0, 4), (5, 8)]
    assert len(fold("İstanbul")) == len("İstanbul")


async def test_palette_finds_walks_and_runs(look: Appearance, errors: list[Any], qtbot: Any, settle: Settle) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1000, 700)
    window.show()
    ran: list[str] = []
    registry = Registry()
    registry.add(
        action("print", "Ctrl+P", run=lambda: ran.append("print"), title="nav.print"),
        action("orders", run=lambda: ran.append("orders"), title="nav.orders"),
    )

    async def records(query: str) -> list[Hit]:
        return [Hit(f"7330 1184 067 · Şule Öztürk {query}", "receipt", lambda: ran.append("record"))]

    pages = [Hit("Sipariş sayfası", "receipt", lambda: ran.append("page"), "palette.pages")]
    palette = CommandPalette(window, registry, lambda: pages, records)
    palette.open()
    assert palette.isVisible()
    QTest.keyClicks(palette.edit, "sipar")
    assert palette.texts == ["Siparişler", "Sipariş sayfası"]
    palette._look_up()
    await settle()
    assert palette.texts[-1].startswith("7330 1184 067")
    QTest.keyClick(palette.edit, Qt.Key.Key_Down)
    QTest.keyClick(palette.edit, Qt.Key.Key_Return)
    assert ran == ["page"]
    assert not palette.isVisible()
    palette.open()
    QTest.keyClicks(palette.edit, "qqqq")
    assert palette.texts == []
    picture = palette.grab()
    assert not picture.isNull()
    QTest.keyClick(palette.edit, Qt.Key.Key_Escape)
    assert not palette.isVisible()


async def test_undo_by_name_and_a_step_that_cannot_be_undone(look: Appearance) -> None:
    stack = UndoStack()
    log: list[str] = []

    async def say(word: str) -> None:
        log.append(word)

    stack.push(Step("1.270 fiyat", lambda: say("undo"), lambda: say("redo")))
    assert stack.undo_text == "Geri al: 1.270 fiyat"
    assert await stack.undo()
    assert stack.redo_text == "Yinele: 1.270 fiyat"
    assert await stack.redo()
    assert log == ["undo", "redo"]
    failed: list[Any] = []
    stack.failed.connect(lambda step, error: failed.append((step.name, str(error))))
    stack.push(Step("3 etiket", boom))
    assert not await stack.undo()
    assert stack.undo_text == "Geri al: 3 etiket"
    assert failed == [("3 etiket", "disk full")]


def test_undo_stack_is_bounded() -> None:
    stack = UndoStack(limit=3)
    for n in range(9):
        stack.push(Step(str(n), boom))
    assert len(stack._back) == 3


def test_watchdog_counts_stalls(qapp: Any) -> None:
    now = {"at": 0.0}
    dog = LoopWatchdog(every_ms=8, limit_ms=16.0, clock=lambda: now["at"])
    seen: list[float] = []
    dog.stalled.connect(seen.append)
    dog.start()
    for gap in (0.008, 0.009, 0.060, 0.008, 0.020):
        now["at"] += gap
        dog.tick()
    dog.stop()
    assert dog.count == 1
    assert seen == [pytest.approx(52.0)]
    assert dog.longest_ms == pytest.approx(52.0)
    assert dog.percentile(0.5) < 5
    dog.reset()
    assert dog.count == 0


def test_burst_makes_many_one_and_loses_none(qtbot: Any) -> None:
    calls: list[frozenset[Any]] = []
    burst = Burst(calls.append, pause_ms=30)
    for n in range(100):
        burst.poke(n)
    assert calls == [frozenset({0})]
    qtbot.waitUntil(lambda: len(calls) == 2, timeout=PATIENCE_MS)
    assert calls[1] == frozenset(range(1, 100))
    burst.poke("late")
    burst.flush()
    assert calls[-1] == frozenset({"late"})


def test_no_key_of_the_look_is_altgr() -> None:
    keys = (
        "Ctrl+K Ctrl+F F5 Ctrl+P Ctrl+N Ctrl+Return F2 Ctrl+A Ctrl+Shift+L Ctrl+, F1 Ctrl+B Ctrl+Z Ctrl+Shift+Z Esc T"
    )
    for key in keys.split():
        assert not re.search(r"Ctrl\+Alt", check_key(key).toString())
