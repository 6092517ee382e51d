"""The bench over a real store: each piece is on the disk, a cancel stops it, an end is one end, and its label is asked for once."""

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

from app.api.packing_desk import PackingDesk
from app.changes import ORDERS, ChangeReport, Changes
from app.contracts import Page
from app.model import Label, LabelFormat, Listing, Money, Order, OrderStatus
from app.orders import rules
from app.orders.bench import Bench, Told
from app.orders.due import Outcome as Came
from app.orders.due import drain, note_news
from app.orders.packing import Verdict
from app.orders.rules import Rule, RuleError
from app.store import DuePrint, DueWish, Printer, Store
from tests.app.printing.making import EAN, NOW, line, listed, order, parcel, pdf, shop
from tests.app.printing.zebra import plugged_in
from tests.support.waiting import until


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    made = await Store.open(tmp_path / "store.sqlite", now=lambda: NOW)
    await shop(
        made, order("9001", lines=(line("PX-1", 2, barcode=EAN), line("PX-2")), tracking_number="TR-77"), order("9002"), order("0042"),
    )  # fmt: skip
    yield made
    await made.close()


async def said(bench: Bench, *codes: str) -> list[str]:
    return [str((await bench.scan(code)).verdict) for code in codes]


async def dues(store: Store) -> list[tuple[int, str, str]]:
    found = []
    for order_id in range(1, 8):
        found += [(one.order_id, one.document, one.state) for one in await store.packing.dues(order_id)]
    return found


def later(**changes: Any) -> dict[str, Any]:
    return {"updated_at": NOW + timedelta(minutes=5), **changes}


async def test_an_order_is_scanned_filled_and_packed(store: Store) -> None:
    bench = Bench(store)
    assert await said(bench, "9001", EAN, "PX-2") == ["opened", "right", "right"]
    assert (await store.orders.get(1)).local_state == "new"  # type: ignore[union-attr]
    assert await dues(store) == []
    told = await bench.scan("PX-1")
    assert (told.verdict, told.finished, told.title) == (Verdict.COMPLETE, True, "Ürün PX-1")
    assert told.stored is not None
    assert (told.stored.local_state, told.stored.packed_at) == ("packed", NOW)
    assert await dues(store) == [(1, "parcel", "due")]
    assert await said(bench, EAN, "9001", "9002") == ["too_many", "already_packed", "opened"]
    assert await dues(store) == [(1, "parcel", "due")]


@pytest.mark.parametrize("code", ["9001", "#9001", "r9001", "TR-77", "TR*77"])
async def test_an_order_is_found_by_its_codes(store: Store, code: str) -> None:
    told = await Bench(store).scan(code)
    assert told.packing is not None
    assert (told.verdict, told.packing.number) == (Verdict.OPENED, "9001")


async def test_leading_zeros_are_kept(store: Store) -> None:
    assert await said(Bench(store), "42", "0042") == ["unknown", "opened"]


async def test_a_parcel_finds_its_orders_one_after_the_other(store: Store) -> None:
    await parcel(store, (1, 2))
    reference = (await store.parcels.of_orders((1,)))[1][0].reference
    bench = Bench(store)
    assert (await bench.scan(reference)).packing.order_id == 1  # type: ignore[union-attr]
    await store.orders.set_local((1,), state="packed")
    assert (await bench.scan(reference)).verdict is Verdict.ALREADY_PACKED
    await bench.put_aside()
    assert (await bench.scan(reference)).packing.order_id == 2  # type: ignore[union-attr]


async def test_wrong_too_many_and_unknown(store: Store) -> None:
    await listed(store, Listing("l1", "PX-9", "Kırmızı Şapka", Money.of("9", "TRY"), barcode="8690000000999"))
    bench = Bench(store)
    assert await said(bench, "PX-9", "nothing-of-ours") == ["nothing", "unknown"]
    assert await said(bench, "9001", "PX-2", "PX-2", "nothing-of-ours") == ["opened", "right", "too_many", "unknown"]
    told = await bench.scan("8690000000999")
    assert (told.verdict, told.title) == (Verdict.WRONG, "Kırmızı Şapka")
    assert await store.packing.scans(1) == [("PX-2", "")]


async def test_a_listings_barcode_is_the_products_too(store: Store) -> None:
    await listed(store, Listing("l1", "PX-2", "Kupa", Money.of("9", "TRY"), barcode="8690000000999"))
    assert await said(Bench(store), "9001", "8690000000999") == ["opened", "right"]


async def test_a_cancel_after_the_label_stops_packing(store: Store) -> None:
    bench = Bench(store)
    await store.orders.set_local((1,), printed=True)
    assert await said(bench, "9001", EAN) == ["opened", "right"]
    await shop(store, order("9001", **later(status=OrderStatus.CANCELLED)))
    assert (await bench.look()).verdict is Verdict.CANCELLED
    assert await said(bench, EAN, "PX-2", "9001") == ["cancelled"] * 3
    assert len(await store.packing.scans(1)) == 1
    assert await dues(store) == []
    assert (await bench.put_aside()).verdict is Verdict.NOTHING
    assert (bench.order_id, await store.packing.scans(1)) == (0, [])


async def test_a_cancel_after_packing_is_red_too(store: Store) -> None:
    bench = Bench(store)
    await said(bench, "9002", "PX-1")
    await shop(store, order("9002", **later(status=OrderStatus.CANCELLED)))
    assert (await bench.look()).verdict is Verdict.CANCELLED


async def test_a_cancel_in_the_very_moment_of_the_end(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between judging the last piece and closing the parcel."""
    bench, add = Bench(store), store.packing.add

    async def cancelled_meanwhile(*args: Any) -> int:
        await shop(store, order("9002", **later(cancel_asked=True)))
        return await add(*args)

    monkeypatch.setattr(store.packing, "add", cancelled_meanwhile)
    assert await said(bench, "9002", "PX-1") == ["opened", "cancel_asked"]
    assert (await store.orders.get(2)).local_state == "new"  # type: ignore[union-attr]
    assert await dues(store) == []


async def test_the_order_shrank_meanwhile(store: Store) -> None:
    bench = Bench(store)
    await said(bench, "9001", EAN, EAN)
    await shop(store, order("9001", **later(lines=(line("PX-1", 1, barcode=EAN), line("PX-2")))))
    assert await said(bench, "PX-2") == ["changed"]
    assert (await bench.start_over()).verdict is Verdict.OPENED
    assert await said(bench, EAN, "PX-2") == ["right", "complete"]


async def test_another_order_is_gone_over_to_at_the_second_scan(store: Store) -> None:
    bench = Bench(store)
    assert await said(bench, "9001", "9002") == ["opened", "opened"]  # nothing in it yet
    assert await said(bench, "9001", "PX-2", "9002", "9002") == ["opened", "right", "other_order", "opened"]
    told = await bench.scan("9001")
    assert (told.verdict, told.packing.scanned) == (Verdict.OPENED, 1)  # type: ignore[union-attr]
    assert await store.packing.begun() == [1]


async def test_undo_and_by_hand(store: Store) -> None:
    bench = Bench(store)
    assert (await bench.undo()).verdict is Verdict.NOTHING
    assert (await bench.by_hand()).verdict is Verdict.NOTHING
    await said(bench, "9001", EAN)
    assert (await bench.undo()).verdict is Verdict.UNDONE
    assert await store.packing.scans(1) == []
    assert [(await bench.by_hand()).verdict for _ in range(3)] == ["right", "right", "complete"]
    assert (await bench.undo()).verdict is Verdict.ALREADY_PACKED


async def test_scans_that_come_at_once_are_counted_once_each(store: Store) -> None:
    bench = Bench(store)
    await bench.scan("9001")
    told = await asyncio.gather(*(bench.scan(code) for code in (EAN, EAN, EAN, "PX-2", "PX-2")))
    assert [str(one.verdict) for one in told] == ["right", "right", "too_many", "complete", "too_many"]
    assert await dues(store) == [(1, "parcel", "due")]


async def test_two_shops_with_one_number(store: Store) -> None:
    await store.accounts.add("other", "trendyol", "live")
    row = await store.connections.add("Öteki", "trendyol", "other", "live", {"order_source": True})
    page: Page[Order] = Page((order("9002"),), ())
    await store.orders.apply_page(row.id, "other", page, now=NOW)
    told = await Bench(store).scan("9002")
    assert (told.verdict, told.packing, told.code) == (Verdict.AMBIGUOUS, None, "9002")


async def test_a_kill_between_the_last_piece_and_the_end(store: Store) -> None:
    for code in (EAN, EAN, "PX-2"):
        await store.packing.add(1, code)
    told = await Bench(store).scan("9001")
    assert (told.verdict, told.finished) == (Verdict.COMPLETE, True)
    assert await dues(store) == [(1, "parcel", "due")]


KILLED = textwrap.dedent(
    """
    import asyncio, os, sys
    from datetime import UTC, datetime
    from pathlib import Path
    from app.orders.bench import Bench
    from app.store import Store

    async def main():
        store = await Store.open(Path(sys.argv[1]), now=lambda: datetime(2026, 11, 24, 8, 0, tzinfo=UTC))
        bench = Bench(store)
        for code in sys.argv[2:]:
            print((await bench.scan(code)).verdict, flush=True)
        await asyncio.sleep(60)

    asyncio.run(main())
    """
)


@pytest.mark.skipif(sys.platform == "win32", reason="a power cut is played with SIGKILL")
async def test_a_power_cut_loses_no_piece(store: Store) -> None:
    path = store.db.path
    await store.close()
    child = subprocess.Popen(  # noqa: ASYNC220
        [sys.executable, "-c", KILLED, str(path), "9001", EAN, "PX-2"], stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert child.stdout is not None
    assert [await asyncio.to_thread(child.stdout.readline) for _ in range(3)] == ["opened\n", "right\n", "right\n"]
    os.kill(child.pid, signal.SIGKILL)
    child.stdout.close()
    await asyncio.to_thread(child.wait)
    again = await Store.open(path, now=lambda: NOW)
    try:
        told = await Bench(again).scan("9001")
        assert (told.verdict, told.packing.scanned, told.packing.needed) == (Verdict.OPENED, 2, 3)  # type: ignore[union-attr]
        assert await said(Bench(again), "9001", EAN) == ["opened", "complete"]
    finally:
        await again.close()


# -- rules and what is due ----------------------------------------------------------------------------------------------
def desk_of(store: Store, **more: Any) -> PackingDesk:
    return PackingDesk(store, lambda: NOW, lambda: None, Changes(), **more)  # type: ignore[arg-type,return-value]


async def packed(store: Store) -> Told:
    bench = Bench(store)
    await bench.scan("9002")
    return await bench.scan("PX-1")


async def test_the_label_prints_by_itself_and_once(store: Store) -> None:
    async with plugged_in() as zebra:
        await store.printers.save(Printer("Zebra", "network", zebra.address, "zpl"))
        await packed(store)
        desk = desk_of(store)
        both = await asyncio.gather(desk.drain(), desk.drain())
        assert [(due.order_id, outcome.state) for one in both for due, outcome in one] == [(2, "done")]
        assert len(zebra.labels) == 1
        assert await desk.drain() == []
        assert [one.state for one in await desk.again(2)] == ["done"]
        assert len(zebra.labels) == 2
    assert [(one.copy_no, one.again) for one in await store.prints.of_order(2)] == [(1, False), (2, True)]


async def test_a_label_that_was_printed_before_is_not_printed_again(store: Store) -> None:
    async with plugged_in() as zebra:
        await store.printers.save(Printer("Zebra", "network", zebra.address, "zpl"))
        await store.prints.add(2, "label", "", "0" * 64, "Zebra")
        await packed(store)
        ((_, outcome),) = await desk_of(store).drain()
        assert (outcome.state, outcome.message.code if outcome.message else "") == ("done", "pack.print.had")
        assert zebra.labels == []


async def test_the_carriers_own_label_goes_first(store: Store) -> None:
    await parcel(store, (2,), Label(LabelFormat.ZPL, b"^XA^FO40,40^A0N,40,40^FDKargo^FS^XZ", 100, 150, 203))
    async with plugged_in() as zebra:
        await store.printers.save(Printer("Zebra", "network", zebra.address, "zpl"))
        await packed(store)
        ((_, outcome),) = await desk_of(store).drain()
        assert outcome.state == "done"
        assert b"Kargo" in zebra.labels[0]


async def test_without_a_printer_it_waits_and_says_so(store: Store) -> None:
    await packed(store)
    desk = desk_of(store)
    ((_, outcome),) = await desk.drain()
    assert (outcome.state, outcome.message.code if outcome.message else "") == ("failed", "pack.print.no_printer")
    async with plugged_in() as zebra:
        await store.printers.save(Printer("Zebra", "network", zebra.address, "zpl"))
        assert [one.state for one in await desk.again(2)] == ["done"]
        assert len(zebra.labels) == 1
    await store.printers.save(Printer("Other", "network", "127.0.0.1:9", "zpl"))
    await store.packing.ask(1, [DueWish("label")])
    ((_, outcome),) = await desk.drain()
    assert outcome.message is not None
    assert (outcome.message.code, outcome.message.params) == ("pack.print.which", {"printers": "Other, Zebra"})


async def test_a_printer_that_is_off_leaves_the_job_in_the_queue(store: Store) -> None:
    await store.printers.save(Printer("Zebra", "network", "127.0.0.1:9", "zpl"))
    await packed(store)
    ((_, outcome),) = await desk_of(store).drain()
    assert outcome.state == "done"
    assert outcome.message is not None
    (job,) = await store.print_queue.open_jobs()
    assert (job.id, job.waiting) == (outcome.job_id, 1)
    assert await desk_of(store).drain() == []


async def test_a_kill_before_and_after_the_print_queue_took_it(store: Store) -> None:
    async def killed(due: DuePrint) -> Came:
        raise asyncio.CancelledError

    await packed(store)
    with pytest.raises(asyncio.CancelledError):
        await drain(store, killed)
    assert await dues(store) == [(2, "parcel", "taken")]
    assert await store.packing.recover() == 1  # the queue never heard of it

    async with plugged_in() as zebra:
        await store.printers.save(Printer("Zebra", "network", zebra.address, "zpl"))
        real = desk_of(store)

        async def killed_after(due: DuePrint) -> Came:
            await real._press(due)
            raise asyncio.CancelledError

        with pytest.raises(asyncio.CancelledError):
            await drain(store, killed_after)
        assert len(zebra.labels) == 1
        assert await store.packing.recover() == 0
        assert await dues(store) == [(2, "parcel", "done")]
        assert await real.drain() == []
        assert len(zebra.labels) == 1


async def test_a_fault_while_printing_leaves_nothing_hanging(store: Store) -> None:
    async def broken(due: DuePrint) -> Came:
        raise ZeroDivisionError

    await packed(store)
    with pytest.raises(ZeroDivisionError):
        await drain(store, broken)
    assert await dues(store) == [(2, "parcel", "failed")]


async def test_rules_decide_documents_printers_and_copies(store: Store) -> None:
    wanted = (Rule("packed", "slip", "A4"), Rule("packed", "label", "Zebra", 2), Rule("packed", "carrier", on=False))
    await store.settings.set(rules.SETTING, list(wanted))
    await packed(store)
    found = await store.packing.dues(2)
    assert [(one.document, one.printer, one.copies) for one in found] == [("slip", "A4", 0), ("label", "Zebra", 2)]


async def test_what_was_packed_today_is_counted(store: Store) -> None:
    await packed(store)
    await store.orders.set_local((1,), state="packed")
    assert await store.packing.packed_since(NOW - timedelta(hours=1)) == 2
    assert await store.packing.packed_since(NOW + timedelta(hours=1)) == 0


async def test_beside_the_engine_what_comes_prints_by_itself(store: Store) -> None:
    changes = Changes()
    async with plugged_in() as zebra:
        await store.printers.save(Printer("Zebra", "network", zebra.address, "zpl"))
        await store.settings.set(rules.SETTING, [Rule("arrived", "label")])
        running = asyncio.ensure_future(PackingDesk(store, lambda: NOW, lambda: None, changes).run())  # type: ignore[arg-type,return-value]

        async def had_been_there() -> bool:
            return await store.settings.get("print.rules.seen") is not None

        async def written() -> bool:
            return await dues(store) == [(4, "label", "done")]

        await until(had_been_there, "what was there before is known")
        await shop(store, order("9100"))
        changes.publish(ChangeReport(ORDERS, source="pull"))
        await until(written, "its row is done: the label arrives a moment before")
        running.cancel()
        await asyncio.wait([running])
        assert len(zebra.labels) == 1


async def test_no_rule_prints_nothing(store: Store) -> None:
    await store.settings.set(rules.SETTING, [])
    assert (await packed(store)).finished
    assert await dues(store) == []


async def test_what_was_there_before_a_rule_prints_nothing_and_what_comes_prints_once(store: Store) -> None:
    await store.settings.set(rules.SETTING, [Rule("arrived", "slip"), Rule("labelled", "carrier")])
    assert await note_news(store) == 0
    await shop(store, order("9100"), order("9101", status=OrderStatus.CANCELLED))
    assert await note_news(store) == 1
    assert await note_news(store) == 0
    assert await dues(store) == [(4, "slip", "due")]
    await parcel(store, (1,), pdf_label())
    assert await note_news(store) == 1
    assert (1, "carrier", "due") in await dues(store)


def pdf_label() -> Any:
    return Label(LabelFormat.PDF, pdf(), 100, 150, 0)


@pytest.mark.parametrize(
    ("made", "part"),
    [
        ([Rule("sold", "label")], "event"), ([Rule("packed", "pick")], "document"), ([Rule("packed", "label", copies=51)], "copies"),
        ([Rule("packed", "label"), Rule("packed", "label", copies=2)], "twice"), ([Rule("packed", "label", str(n)) for n in range(21)], "many"),
    ],
)  # fmt: skip
def test_rules_that_make_no_sense(made: list[Rule], part: str) -> None:
    with pytest.raises(RuleError) as caught:
        rules.checked(made)
    assert caught.value.part == part


def test_a_list_that_cannot_be_read_prints_nothing() -> None:
    assert rules.read(None) == rules.DEFAULT
    for kept in ([], [{"event": "packed"}], [{"event": "later", "document": "label"}], "x", {"a": 1}):
        assert rules.read(kept) == ()
