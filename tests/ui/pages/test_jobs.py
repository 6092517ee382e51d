"""Jobs over a real store and the real runner: live rows, views, stopping, asking again, what comes next, the evidence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.changes import JOBS, ChangeReport
from app.contracts import Message, fail
from app.http.limiter import Waiting
from app.jobs.runner import Handle, Result
from app.store import StoreBusy
from tests.ui.pages.desk import Desk, dialog, open_desk, until
from tests.ui.pages.orders_making import missing_words, texts
from ui.kit import spawner
from ui.pages.jobs import JobDialog, JobsPage
from ui.pages.jobs_model import COLUMNS, told
from ui.theme import Appearance
from ui.words import choose

PLACE = {column.key: place for place, column in enumerate(COLUMNS)}


@pytest.fixture
async def desk(tmp_path: Path, look: Appearance, errors: list[Any]) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as made:
        yield made
        for page in made.pages:
            page.hide()
        await until(lambda: not len(spawner()), "tasks ended")
    assert errors == []


async def shown(desk: Desk, qtbot: Any, request: Any = None) -> JobsPage:
    page = JobsPage(desk.services)
    desk.show(page)
    page.set_inner_width(1400)
    page.shown(request)
    await until(lambda: page.model.ready or page.next_model.ready, "loaded")
    return page


def cell(page: JobsPage, row: int, key: str) -> Any:
    return page.model.index(row, PLACE[key]).data()


async def test_a_job_that_a_limit_holds_says_for_how_long(desk: Desk, qtbot: Any, monkeypatch: Any) -> None:
    row = await desk.connection()
    held = [Waiting("orders", 160.0, row.id, "orders_search")]
    monkeypatch.setattr(type(desk.services.network), "queue", lambda self, account_id: held)
    await desk.store.jobs.start("orders", row.id, "clock")
    page = await shown(desk, qtbot)
    assert cell(page, 0, "message").endswith("sınırı bekleniyor, kalan süre 2:40")
    held.clear()
    page._ticked()
    await until(lambda: not cell(page, 0, "message"), "the limit's end")


async def test_an_empty_list_says_so(desk: Desk, qtbot: Any) -> None:
    page = await shown(desk, qtbot)
    assert "Henüz iş yok." in texts(page)
    assert page.stop.toolTip() == "Seçili iş sürmüyor"
    assert not missing_words(page)


async def test_rows_say_what_happened_and_whose_side(desk: Desk, qtbot: Any) -> None:
    row = await desk.connection()
    jobs = desk.store.jobs
    good = await jobs.start("orders", row.id, "clock")
    await jobs.end(good, "done", detail={"new": 12, "changed": 3, "same": 9})
    bad = await jobs.start("listings", row.id, "user")
    await jobs.end(bad, "failed", Message("auth.refused", {"connection": row.name}, "401", "Unauthorized", 401))
    part = await jobs.start("send", row.id, "user")
    await jobs.end(part, "partly", detail={"done": 2, "refused": 1})
    page = await shown(desk, qtbot)
    assert [cell(page, n, "kind") for n in range(3)] == ["Gönderim", "Listeler", "Siparişler"]
    assert cell(page, 2, "message") == "12 yeni, 3 değişen"
    assert cell(page, 0, "state") == "Kısmen"
    assert cell(page, 1, "message").startswith("Anahtar reddedildi.")
    assert row.name not in cell(page, 1, "message")
    assert cell(page, 2, "by") == "saatle"
    assert cell(page, 1, "connection") == row.name
    page.table.setCurrentIndex(page.model.index(1, 0))
    assert page.retry.isEnabled()
    page.table.setCurrentIndex(page.model.index(2, 0))
    assert not page.retry.isEnabled()
    page.table.setCurrentIndex(page.model.index(1, 0))
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    opened = await dialog(JobDialog)
    assert any("auth.refused · 401 · 401 · Unauthorized" in text for text in texts(opened))
    opened.reject()
    await until(lambda: not len(spawner()), "closed")


async def test_views_filter_and_count(desk: Desk, qtbot: Any) -> None:
    row = await desk.connection()
    jobs = desk.store.jobs
    for outcome in ("done", "failed", "done", "partly"):
        await jobs.end(await jobs.start("orders", row.id), outcome)
    await jobs.start("orders", row.id)
    page = await shown(desk, qtbot, {"view": "failed"})
    await until(lambda: page.model.total == 2, "failed ones")
    page.tabs._tabs["running"].click()
    await until(lambda: page.model.total == 1 and cell(page, 0, "state") == "Sürüyor", "the running one")
    page.tabs._tabs["all"].click()
    await until(lambda: page.model.total == 5, "all")
    assert page.tabs._tabs["failed"].accessibleName() == "Duran, 2"


async def test_a_running_job_shows_progress_and_can_be_stopped(desk: Desk, qtbot: Any) -> None:
    row = await desk.connection()
    page = await shown(desk, qtbot)
    going = asyncio.Event()

    async def work(handle: Handle) -> Result:
        await handle.progress(30, 120)
        going.set()
        await asyncio.sleep(60)
        return Result()

    running = asyncio.ensure_future(
        desk.services.engine.runner.run("orders", work, connection_id=row.id, account_id="", asked_by="user")
    )
    await going.wait()
    desk.services.changes.publish(ChangeReport(JOBS))
    await until(lambda: page.model.total == 1 and cell(page, 0, "progress") == "30 / 120", "progress shows")
    page.table.setCurrentIndex(page.model.index(0, 0))
    assert page.stop.isEnabled()
    desk.services.actions.set_scope("jobs")
    assert desk.services.actions.trigger("jobs.stop")
    result = await running
    assert result.outcome == "cancelled"
    await until(lambda: cell(page, 0, "state") == "Durduruldu", "stopped shows")
    assert desk.said == [("offline", "İş durduruluyor", "Kaydedilenler kalır.")]
    await until(lambda: not page.stop.isEnabled(), "nothing left to stop")


async def test_a_failed_job_can_be_asked_for_again(desk: Desk, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    row = await desk.connection()
    calls: list[str] = []

    async def again(row_: Any, **_: Any) -> Result:
        calls.append(row_.name)
        raise fail(Message("net.offline"))

    monkeypatch.setattr(desk.services.engine, "sync_orders", again)
    await desk.store.jobs.end(await desk.store.jobs.start("orders", row.id), "failed", Message("net.timeout"))
    page = await shown(desk, qtbot)
    page.table.setCurrentIndex(page.model.index(0, 0))
    page.retry.click()
    await until(lambda: calls == [row.name] and not len(spawner()), "asked again")
    assert desk.services.operations.items[0].error is not None  # the window tells it


async def test_what_comes_next_is_listed_soonest_first(desk: Desk, qtbot: Any) -> None:
    row = await desk.connection()
    await desk.services.engine.start()
    page = await shown(desk, qtbot, {"view": "next"})
    await until(lambda: page.next_model.total >= 3, "the clock's plan")
    kinds = [page.next_model.index(n, 0).data() for n in range(page.next_model.total)]
    assert set(kinds) == {"Siparişler", "Listeler", "Gönderim", "Sınama", "Hakedişler"}
    assert all(page.next_model.index(n, 1).data() == row.name for n in range(len(kinds)))
    every = {page.next_model.index(n, 0).data(): page.next_model.index(n, 3).data() for n in range(len(kinds))}
    assert every["Siparişler"] == "5 dk aralıkla"
    assert len(desk.services.engine.scheduler.next_due()) == len(kinds)  # type: ignore[union-attr]


async def test_a_store_that_fails_is_told_and_tried_again(
    desk: Desk, qtbot: Any, monkeypatch: Any, errors: Any
) -> None:
    page = await shown(desk, qtbot)
    true = desk.store.jobs.recent

    async def busy(*_: Any, **__: Any) -> Any:
        raise StoreBusy("store.busy", path="x")

    monkeypatch.setattr(desk.store.jobs, "recent", busy)
    page.source.stale()
    page.set_view("running")
    await until(lambda: page.trouble.isVisible(), "trouble shows")
    monkeypatch.setattr(desk.store.jobs, "recent", true)
    await until(lambda: not len(spawner()), "quiet")
    errors.clear()
    page.trouble.button(0).click()
    await until(lambda: not page.trouble.isVisible(), "mended")


async def test_words_of_interrupted_and_unknown_jobs(desk: Desk, qtbot: Any) -> None:
    choose("en")
    job = await desk.store.jobs.start("weekly", None)
    await desk.store.jobs.interrupted()
    row = await desk.store.jobs.get(job)
    assert row is not None
    assert told(row).startswith("The program was closed")
    page = await shown(desk, qtbot, {"id": job})
    await until(lambda: page.table.current_key() == job, "the asked one is current")
    assert cell(page, 0, "kind") == "weekly"
    assert not missing_words(page)
