"""The queue: what left is known to the label, nothing is printed twice unasked, nothing is printed half."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.contracts import Message
from app.formats.words import Words
from app.model import Label, LabelFormat, OrderStatus
from app.platform.printing import NetworkPort, PortError
from app.printing.choosing import checked, find_printer
from app.printing.desk import PrintDesk, Printed
from app.printing.gathering import PrintWish, Question
from app.printing.trouble import LabelTrouble, PrintTrouble
from app.store import Printer, Store
from tests.app.printing.making import NOW, decoded, order, pages_of, parcel, pdf, shop, text_of
from tests.app.printing.zebra import Zebra, plugged_in
from tests.support.waiting import until

ZPL = b"^XA^FO40,40^A0N,40,40^FDKargo^FS^XZ"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    made = await Store.open(tmp_path / "store.sqlite", now=lambda: NOW)
    await shop(made, *(order(str(9000 + n)) for n in range(1, 7)))
    yield made
    await made.close()


def desk_of(store: Store, **options: Any) -> PrintDesk:
    return PrintDesk(store, Words.load("tr"), lambda: NOW, **options)


def zebra_of(zebra: Zebra, **changes: Any) -> Printer:
    return Printer("Zebra", "network", zebra.address, **{"language": "zpl", **changes})


def wish(printer: Printer, *ids: int, kind: str = "label", **changes: Any) -> PrintWish:
    return PrintWish(kind, ids, printer, **changes)


async def states(store: Store, job: int) -> str:
    """A letter a unit."""
    return "".join(one.state[0] if one.state != "sending" else "!" for one in await store.print_queue.units(job))


async def journal(store: Store) -> list[tuple[int | None, int, bool]]:
    return [(one.order_id, one.copy_no, one.again) for one in (await store.prints.recent(500))[::-1]]


async def test_labels_leave_in_order_and_are_in_the_journal(store: Store) -> None:
    async with plugged_in() as zebra:
        seen: list[tuple[int, int]] = []
        done = await desk_of(store).print(
            wish(zebra_of(zebra), 3, 1, 2), lambda sent, total: seen.append((sent, total))
        )
    assert done == Printed(1, 3, 3)
    assert done.whole
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert len(zebra.labels) == 3
    assert zebra.asked == 4  # before the first, and after each
    rows = (await store.prints.recent())[::-1]
    assert [(one.order_id, one.printer, one.kind, one.job_id, one.again) for one in rows] == [
        (3, "Zebra", "label", 1, False), (1, "Zebra", "label", 1, False), (2, "Zebra", "label", 1, False)
    ]  # fmt: skip
    assert rows[0].who
    assert len({one.sha256 for one in rows}) == 3
    kept = await store.orders.get(3)
    assert kept is not None
    assert (kept.printed_at, kept.print_count) == (NOW, 1)
    assert await store.print_queue.open_jobs() == []


async def test_a_second_copy_is_asked_about_and_marked(store: Store) -> None:
    async with plugged_in() as zebra:
        desk, printer = desk_of(store), zebra_of(zebra)
        await desk.print(wish(printer, 1))
        asked = await desk.print(wish(printer, 1, 2))
        assert asked == Printed(questions=(Question("again", "9001"),))
        assert len(zebra.labels) == 1
        assert (await desk.print(wish(printer, 1, 2, again=True))).whole
    assert await journal(store) == [(1, 1, False), (1, 2, True), (2, 1, False)]
    assert decoded(zebra.labels[0]).tobytes() != decoded(zebra.labels[1]).tobytes()  # "Kopya 1" stands on it


async def test_a_cancelled_order_is_asked_about(store: Store) -> None:
    await shop(store, order("9002", status=OrderStatus.CANCELLED))
    async with plugged_in() as zebra:
        asked = await desk_of(store).print(wish(zebra_of(zebra), 1, 2))
        assert asked.questions == (Question("cancelled", "9002"),)
        assert zebra.labels == []
        assert (await desk_of(store).print(wish(zebra_of(zebra), 1, 2, anyway=True))).whole


@pytest.mark.parametrize(
    ("changes", "why"), [({"cancel_asked": True}, "cancel_asked"), ({"fulfilled_by_channel": True}, "by_channel")]
)
async def test_other_orders_that_should_have_no_label(store: Store, changes: dict[str, Any], why: str) -> None:
    await shop(store, order("9002", **changes, updated_at=NOW + timedelta(minutes=1)))
    asked = await desk_of(store).print(wish(Printer("f", "file", "x.zpl", "zpl"), 2))
    assert asked.questions == (Question(why, "9002"),)


async def test_copies_stand_behind_each_other(store: Store) -> None:
    async with plugged_in() as zebra:
        assert (await desk_of(store).print(wish(zebra_of(zebra, copies=2), 1, 2))).total == 4
        assert [a == b for a, b in zip(zebra.labels, zebra.labels[1:], strict=False)] == [True, False, True]
        with pytest.raises(PrintTrouble, match="copies"):
            await desk_of(store).print(wish(zebra_of(zebra), 3, copies=21))
    assert await journal(store) == [(1, 1, False), (1, 2, True), (2, 1, False), (2, 2, True)]


async def test_paper_runs_out_in_the_middle(store: Store) -> None:
    async with plugged_in(paper_after=2) as zebra:
        desk, printer = desk_of(store), zebra_of(zebra)
        done = await desk.print(wish(printer, 1, 2, 3, 4))
        assert (done.sent, done.waiting, done.doubt) == (2, 2, 0)
        assert done.message == Message("printer.paper_out", {"printer": "Zebra", "inside": "0", "behind": "2"})
        assert [one.id for one in await store.print_queue.open_jobs()] == [done.job]
        assert (await desk.resume(done.job)).message is not None  # still no paper: nothing is sent
        assert len(zebra.labels) == 2
        zebra.paper_after = 0
        assert (await desk.resume(done.job)).whole
        assert len(zebra.labels) == 4
    assert await journal(store) == [(n, 1, False) for n in (1, 2, 3, 4)]


@pytest.mark.parametrize(("flag", "key"), [("head_open", "printer.head_open"), ("paused", "printer.paused")])
async def test_a_printer_that_is_not_ready_gets_nothing(store: Store, flag: str, key: str) -> None:
    async with plugged_in() as zebra:
        setattr(zebra, flag, True)
        done = await desk_of(store).print(wish(zebra_of(zebra), 1))
        assert (done.message.code if done.message else "", done.sent, done.waiting) == (key, 0, 1)
        assert zebra.labels == []


async def test_a_printer_that_hangs_up_leaves_one_label_in_doubt(store: Store) -> None:
    async with plugged_in(stop_after=3) as zebra:
        desk, printer = desk_of(store), zebra_of(zebra)
        done = await desk.print(wish(printer, 1, 2, 3, 4, 5))
        assert (done.sent, done.doubt, done.waiting) == (2, 1, 2)
        assert done.message is not None
        assert done.message.code == "printer.cut"
        zebra.stop_after = 0
        asked = await desk.resume(done.job)
        assert asked.questions == (Question("doubt", "3"),)
        assert len(zebra.labels) == 3
        # It came out: only the rest is printed, and it is in the journal once.
        assert (await desk.resume(done.job, doubtful="out")).whole
        assert len(zebra.labels) == 5
    assert await journal(store) == [(1, 1, False), (2, 1, False), (3, 1, False), (4, 1, False), (5, 1, False)]


async def test_what_is_in_doubt_is_printed_again_when_told_and_marked(store: Store) -> None:
    async with plugged_in(stop_after=2) as zebra:
        desk = desk_of(store)
        done = await desk.print(wish(zebra_of(zebra), 1, 2, 3))
        zebra.stop_after = 0
        assert (await desk.resume(done.job, doubtful="again")).whole
        assert len(zebra.labels) == 4
    assert await journal(store) == [(1, 1, False), (2, 1, True), (3, 1, False)]


async def test_after_a_jam_from_a_label_on(store: Store) -> None:
    async with plugged_in() as zebra:
        desk = desk_of(store)
        done = await desk.print(wish(zebra_of(zebra), 1, 2, 3, 4))
        with pytest.raises(PrintTrouble, match="no_unit"):
            await desk.resume(done.job, start_at=9)
        assert (await desk.resume(done.job, start_at=3)).whole
        assert len(zebra.labels) == 6
        assert (await desk.resume(done.job)).whole  # nothing is left: nothing is printed
        assert len(zebra.labels) == 6
    assert (await journal(store))[4:] == [(3, 2, True), (4, 2, True)]


async def test_a_printer_without_answers_is_trusted_after_the_first_silence(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with plugged_in(dumb=True) as zebra:
        host, port = zebra.address.split(":")
        opened = lambda *_: NetworkPort(host, int(port), answer_s=0.1)  # noqa: E731
        assert (await desk_of(store, opened=opened).print(wish(zebra_of(zebra), 1, 2))).whole
        await until(lambda: len(zebra.labels) >= 2 and not zebra.talking, "the printer read all that was sent")
        assert (len(zebra.labels), zebra.asked) == (2, 1)


async def test_a_printer_that_takes_nothing_is_given_up(store: Store) -> None:
    async with plugged_in(drowning=True) as zebra:
        host, port = zebra.address.split(":")

        def opened(*_: Any) -> NetworkPort:
            made = NetworkPort(host, int(port), answer_s=0.1, send_s=0.3)
            made.ready = lambda: asyncio.sleep(0)  # type: ignore[method-assign,assignment,return-value]
            return made

        done = await desk_of(store, opened=opened).print(wish(zebra_of(zebra), 1, 2))
    assert done.message is not None
    assert done.message.code in ("printer.stuck", "printer.silent")
    assert (done.sent, done.doubt, done.waiting) == (0, 1, 1)


async def test_a_printer_that_is_off(store: Store) -> None:
    async with plugged_in() as zebra:
        printer = zebra_of(zebra)
    done = await desk_of(store).print(wish(printer, 1))
    assert done.message == Message("printer.off", {"address": printer.address})
    assert (done.sent, done.waiting) == (0, 1)
    kept = await store.orders.get(1)
    assert kept is not None
    assert kept.printed_at is None
    await store.print_queue.drop(done.job)
    assert await store.print_queue.open_jobs() == []


async def test_a_stop_by_hand_leaves_what_was_on_its_way_in_doubt(store: Store) -> None:
    on_its_way = asyncio.Event()

    class Slow(NetworkPort):
        async def open(self) -> None:
            return

        async def ready(self) -> None:
            return None

        async def send(self, parts: Any) -> None:
            on_its_way.set()
            await asyncio.sleep(60)

    async with plugged_in() as zebra:
        task = asyncio.create_task(desk_of(store, opened=lambda *_: Slow("x")).print(wish(zebra_of(zebra), 1, 2)))
        await until(on_its_way.is_set, "the first label is sent")
        assert await states(store, 1) == "!w"
        with pytest.raises(PrintTrouble, match="busy"):
            await desk_of(store).resume(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await states(store, 1) == "dw"
        assert (await desk_of(store).resume(1, doubtful="again")).whole


async def test_a_stop_before_anything_left_puts_nothing_in_doubt(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cancel comes when the label is noted as leaving and not a byte of it has gone."""
    advance, noted, go_on = store.print_queue.advance, asyncio.Event(), asyncio.Event()

    async def held_up(*args: Any) -> None:
        await advance(*args)
        noted.set()
        await go_on.wait()

    async with plugged_in() as zebra:
        monkeypatch.setattr(store.print_queue, "advance", held_up)
        task = asyncio.create_task(desk_of(store).print(wish(zebra_of(zebra), 1, 2)))
        await until(noted.is_set, "noted as leaving")
        task.cancel()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        monkeypatch.undo()
        assert (await states(store, 1), zebra.labels) == ("ww", [])
        assert (await desk_of(store).resume(1)).whole
        assert len(zebra.labels) == 2


async def test_one_bad_label_prints_nothing(store: Store) -> None:
    await parcel(store, (1,), Label(LabelFormat.ZPL, ZPL))
    await parcel(store, (2,), Label(LabelFormat.ZPL, ZPL.replace(b"^FO", b"^JUS^FO", 1)))
    async with plugged_in() as zebra:
        with pytest.raises(LabelTrouble) as caught:
            await desk_of(store).print(wish(zebra_of(zebra), 1, 2, kind="carrier"))
        assert caught.value.message.code == "label.unsafe"
        assert zebra.labels == []
    assert await store.print_queue.open_jobs() == []
    assert await journal(store) == []


async def test_carriers_labels_and_ours_between_them(store: Store) -> None:
    first = await parcel(store, (1, 2), Label(LabelFormat.ZPL, ZPL))
    second = await parcel(store, (3,))
    async with plugged_in() as zebra:
        assert (await desk_of(store).print(wish(zebra_of(zebra), 3, 1, kind="carrier"))).whole
        assert [ZPL in one for one in zebra.labels] == [False, True]
        asked = await desk_of(store).print(wish(zebra_of(zebra), 2, kind="carrier"))
        assert [one.why for one in asked.questions] == ["again"]
    rows = {row.id: row for row in await store.parcels.get_many([first, second])}
    assert {row.state for row in rows.values()} == {"labelled"}
    assert await journal(store) == [(3, 1, False), (1, 1, False), (2, 1, False)]


@pytest.mark.parametrize(("state", "key"), [("waiting", "printer.parcel_waiting"), ("cancelled", "printer.no_parcel")])
async def test_a_parcel_that_has_no_label_yet(store: Store, state: str, key: str) -> None:
    await parcel(store, (1,), Label(LabelFormat.ZPL, ZPL), state=state)
    with pytest.raises(PrintTrouble) as caught:
        await desk_of(store).print(wish(Printer("f", "file", "x.zpl", "zpl"), 1, kind="carrier"))
    assert caught.value.key == key


async def test_a_label_of_another_size_is_asked_about(store: Store) -> None:
    await parcel(store, (1,), Label(LabelFormat.PDF, pdf(210, 297, (90, 140))))
    async with plugged_in() as zebra:
        asked = await desk_of(store).print(wish(zebra_of(zebra), 1, kind="carrier"))
        (question,) = asked.questions
        assert (question.why, question.params["wide"], question.params["content_high"], question.params["paper_wide"]) == (
            "size", "210", "140", "100"
        )  # fmt: skip
        assert zebra.labels == []
        assert (await desk_of(store).print(wish(zebra_of(zebra), 1, kind="carrier", anyway=True))).whole


async def test_into_a_file(store: Store, tmp_path: Path) -> None:
    out = tmp_path / "new" / "l.pdf"
    printer = await find_printer(store, str(out))
    done = await desk_of(store).print(wish(printer, 1, 2, 3, paper="a4-4", first=4))
    assert (done.total, done.whole) == (2, True)
    made = pages_of(out.read_bytes())
    assert len(made) == 2
    assert "9001" in text_of(made[0])
    assert "9003" in text_of(made[1])
    assert [(one.order_id, one.path) for one in (await store.prints.recent())[::-1]] == [
        (n, str(out)) for n in (1, 2, 3)
    ]
    zpl = tmp_path / "l.zpl"
    await desk_of(store).print(wish(await find_printer(store, str(zpl)), 4, 5))
    assert zpl.read_bytes().count(b"^XA") == 2
    (tmp_path / "taken").write_text("x")
    failed = await desk_of(store).print(wish(await find_printer(store, str(tmp_path / "taken" / "l.pdf")), 6))
    assert failed.message is not None
    assert (failed.message.code, failed.waiting) == ("printer.file", 1)


async def test_an_order_without_lines_and_one_with_odd_quantities(store: Store, tmp_path: Path) -> None:
    from tests.app.printing.making import line

    await shop(store, order("9007", lines=()), order("9008", lines=(line("PX-1", 0), line("PX-2", -3))))
    ids = [(await store.orders.find(number))[0] for number in ("9007", "9008")]
    for kind in ("slip", "pick", "label"):
        out = tmp_path / f"{kind}.pdf"
        printer = await find_printer(store, str(out))
        assert (await desk_of(store).print(PrintWish(kind, tuple(ids), printer))).whole
    assert "9008 × ?" in text_of(pages_of((tmp_path / "pick.pdf").read_bytes())[0])


async def test_the_queue_forgets_no_order_that_is_gone(store: Store) -> None:
    async with plugged_in(paper_after=1) as zebra:
        done = await desk_of(store).print(wish(zebra_of(zebra), 1, 2))
        await store.db.write(lambda conn: conn.execute("UPDATE print_jobs SET wish = replace(wish, '[1,2]', '[1]')"))
        zebra.paper_after = 0
        with pytest.raises(PrintTrouble, match="changed"):
            await desk_of(store).resume(done.job)
        assert len(zebra.labels) == 1


async def test_the_test_page(store: Store) -> None:
    async with plugged_in() as zebra:
        status = await desk_of(store).test(zebra_of(zebra))
        assert status is not None
        assert not status.trouble
        assert len(zebra.labels) == 1
        zebra.head_open = True
        with pytest.raises(PortError, match="head_open"):
            await desk_of(store).test(zebra_of(zebra))
    assert [(one.kind, one.printer) for one in await store.prints.recent()] == [("test", "Zebra")]


# -- which printer --------------------------------------------------------------------------------------------------------
async def test_which_printer_is_meant(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async def queues() -> list[str]:
        return ["Ofis"]

    monkeypatch.setattr("app.printing.choosing.system_queues", queues)
    kept = await store.printers.save(Printer("Depo", "network", "10.0.0.5", "zpl", right_um=500))
    assert await find_printer(store, "Depo") == kept
    assert await find_printer(store, "Ofis") == Printer("Ofis", "queue", "Ofis")
    assert (await find_printer(store, "zebra.local:9100")).port == "network"
    assert (await find_printer(store, "x.EPL")).language == "epl"
    with pytest.raises(PrintTrouble) as caught:
        await find_printer(store, "Yok")
    assert caught.value.params == {"printer": "Yok", "printers": "Depo, Ofis"}


@pytest.mark.parametrize(("changes", "key"), [
    ({"name": " "}, "printer.name"), ({"port": "usb"}, "printer.port"), ({"language": "tspl"}, "printer.language"),
    ({"dpi": 72}, "printer.dpi"), ({"copies": 0}, "printer.copies"), ({"right_um": 20_001}, "printer.offset"),
    ({"language": "driver"}, "printer.raw_driver"), ({"port": "queue"}, "printer.queue_raw"), ({"paper": "a9"}, "printer.paper"),
    ({"address": "host:99999"}, "printer.address"), ({"address": "ev yazıcısı"}, "printer.address"),
    ({"port": "file", "address": ""}, "printer.address"),
])  # fmt: skip
def test_a_profile_that_makes_no_sense(changes: dict[str, Any], key: str) -> None:
    good = {"name": "Z", "port": "network", "address": "10.0.0.5:9100", "language": "zpl"}
    assert checked(Printer(**good))
    with pytest.raises(PrintTrouble) as caught:
        checked(Printer(**{**good, **changes}))
    assert caught.value.key == key


async def test_profiles_are_kept_changed_and_removed(store: Store) -> None:
    made = await store.printers.save(Printer("Depo", "network", "10.0.0.5", "zpl", 300, "4x6", 100, -200, 2, True))
    assert await store.printers.list() == [made]
    from app.store import StoreError

    with pytest.raises(StoreError, match="printer_name"):
        await store.printers.save(Printer("Depo", "file", "x.pdf"))
    assert await store.printers.remove("Depo")
    assert not await store.printers.remove("Depo")
    assert await store.printers.by_name("Depo") is None


async def test_a_printer_that_moved_is_found_at_its_new_address(store: Store) -> None:
    async with plugged_in(paper_after=1) as old, plugged_in() as new:
        kept = await store.printers.save(zebra_of(old))
        done = await desk_of(store).print(wish(kept, 1, 2))
        await store.printers.save(Printer("Zebra", "network", new.address, "zpl", id=kept.id))
        assert (await desk_of(store).resume(done.job)).whole
        assert (len(old.labels), len(new.labels)) == (1, 1)


# -- a power cut ----------------------------------------------------------------------------------------------------------
CUT = """
    import asyncio, sys
    from pathlib import Path
    from app.formats.words import Words
    from app.printing.desk import PrintDesk
    from app.printing.gathering import PrintWish
    from app.store import Printer, Store
    from tests.app.printing.making import NOW

    async def main():
        store = await Store.open(Path(sys.argv[1]), now=lambda: NOW)
        printer = Printer("Zebra", "network", sys.argv[2], "zpl")
        await PrintDesk(store, Words.load("tr"), lambda: NOW).print(PrintWish("label", tuple(range(1, 301)), printer))

    asyncio.run(main())
"""


async def test_a_power_cut_in_the_middle_of_300_labels(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    store = await Store.open(path, now=lambda: NOW)
    await shop(store, *(order(str(10_000 + n)) for n in range(300)))
    await store.close()
    async with plugged_in() as zebra:
        child = subprocess.Popen(  # noqa: ASYNC220 - started at once, and waited for in a thread
            [sys.executable, "-c", textwrap.dedent(CUT), str(path), zebra.address],
            env={**os.environ, "PYTHONPATH": "."},
        )
        await until(lambda: len(zebra.labels) >= 120 or child.poll() is not None, "120 labels", 90)
        assert child.poll() is None
        child.kill() if sys.platform == "win32" else child.send_signal(signal.SIGKILL)
        await asyncio.to_thread(child.wait, 60)
        await until(lambda: not zebra.talking, "the printer read to the end")
        came_out = len(zebra.labels)
        assert 120 <= came_out < 300
        store = await Store.open(path, now=lambda: NOW)
        await store.print_queue.recover()  # as the console does when it opens
        (job,) = await store.print_queue.open_jobs()
        # What the journal says left did; of one at most nobody knows.
        assert job.sent <= came_out <= job.sent + job.doubt
        assert job.doubt <= 1
        assert len(await store.prints.recent(500)) == job.sent
        desk = desk_of(store)
        before = set(zebra.labels)
        if job.doubt:
            assert (await desk.resume(job.id)).questions
            assert len(zebra.labels) == came_out
        done = await desk.resume(job.id, doubtful="out" if came_out > job.sent else "again")
        assert done.whole
        assert len(zebra.labels) == 300
        assert len(set(zebra.labels)) == 300
        assert before < set(zebra.labels)
        assert sorted(one.order_id or 0 for one in await store.prints.recent(500)) == list(range(1, 301))
        await store.close()
