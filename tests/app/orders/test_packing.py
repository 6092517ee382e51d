"""The machine of packing, without a store: what each code means, what undo takes back, what a changed order does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model import OrderStatus
from app.orders.packing import Packing, Scan, Verdict, begin, by_hand, refusal, scan, undo
from app.orders.scanning import ScannerSetup, key_of, readings, same, setup_of, stripped
from tests.app.printing.making import line, order

EAN, UPC = "8690000000036", "036000291452"


def bench(*lines: Any, scans: tuple[Scan, ...] = ()) -> Packing:
    return begin(1, order("9000", lines=lines), scans)


def counts(packing: Packing) -> list[tuple[int, int]]:
    return [(one.scanned, one.needed) for one in packing.lines]


def test_pieces_are_counted_until_it_is_complete() -> None:
    packing = bench(line("PX-1", 2, barcode=EAN), line("PX-2"))
    first = scan(packing, EAN)
    assert (first.verdict, first.line, counts(first.packing)) == (Verdict.RIGHT, 0, [(1, 2), (0, 1)])
    assert not first.packing.complete
    assert first.packing.current == 0
    second = scan(first.packing, "PX-1")
    assert second.packing.current == 1
    last = scan(second.packing, "PX-2")
    assert (last.verdict, last.line, counts(last.packing)) == (Verdict.COMPLETE, 1, [(2, 2), (1, 1)])
    assert (last.packing.complete, last.packing.current, last.packing.scanned, last.packing.needed) == (True, -1, 3, 3)
    assert last.packing.scans == (Scan(EAN), Scan("PX-1"), Scan("PX-2"))


def test_what_is_not_right_counts_nothing() -> None:
    packing = scan(bench(line("PX-1", 1, barcode=EAN), line("PX-2")), EAN).packing
    for code, known, verdict in (
        (EAN, True, Verdict.TOO_MANY), ("PX-9", True, Verdict.WRONG), ("PX-9", False, Verdict.UNKNOWN), ("px-2", True, Verdict.WRONG),
        ("PX-", False, Verdict.UNKNOWN), ("", False, Verdict.UNKNOWN),
    ):  # fmt: skip
        step = scan(packing, code, lambda _code, known=known: known)
        assert (step.verdict, step.scan, step.packing) == (verdict, None, packing), code


def test_codes_are_exact_but_for_upc_and_ean() -> None:
    assert key_of(UPC) == "0" + UPC
    assert same(UPC, "0" + UPC)
    assert same("0" + UPC, UPC)
    assert not same("036000291453", "0036000291453")  # no UPC-A: its check digit is wrong
    assert not same("00042", "42")
    assert not same("", "")
    assert not same("ı", "i")
    packing = bench(line("S", 1, barcode="00" + "042"))
    assert scan(packing, "42").verdict is Verdict.UNKNOWN
    assert scan(packing, "00042").verdict is Verdict.COMPLETE
    assert scan(bench(line("S", 1, barcode=UPC)), "0" + UPC).verdict is Verdict.COMPLETE


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("PX*10", "PX-10"), ("(PX*1(", "*PX-1*"), ("ŞİĞ", ':"{'), ("8690000000036", "8690000000036"), ("ıt*1", "it-1"), ("PÖ/10", "PX-10")],
)  # fmt: skip
def test_a_scanner_of_a_us_keyboard_is_read_back(typed: str, meant: str) -> None:
    assert readings(typed)[0] == typed
    assert meant in readings(typed)


def test_a_bent_code_counts_the_right_piece_and_a_straight_one_comes_first() -> None:
    packing = bench(line("NC-1"), line("NC*2"))
    assert scan(packing, "NC*1").line == 0
    assert scan(packing, "NC*2").line == 1
    assert scan(packing, "NC*1").packing.scans == (Scan("NC-1"),)


def test_prefix_and_suffix_fall_off() -> None:
    setup = ScannerSetup("~", "#")
    for text in ("~8690#", "8690", " 8690 \r", "\x1d~8690#\r\n"):
        assert stripped(text, setup) == "8690", text
    assert stripped("~", setup) == "~"
    assert len(stripped("9" * 5000, setup)) == 200


@pytest.mark.parametrize("kept", [None, {}, {"least": 1}, {"gap_ms": 900}, {"prefix": 4}, "nonsense", [1]])
def test_a_scanner_setup_that_makes_no_sense_is_the_default(kept: Any) -> None:
    assert setup_of(kept) == ScannerSetup()
    assert setup_of({"prefix": "~", "least": 3}) == ScannerSetup("~", "", 3)


def test_two_lines_of_one_product_fill_one_after_the_other() -> None:
    packing = bench(line("A", 1, remote_id="1", barcode=EAN), line("A", 2, remote_id="2", barcode=EAN))
    for wanted in ([(1, 1), (0, 2)], [(1, 1), (1, 2)], [(1, 1), (2, 2)]):
        packing = scan(packing, EAN).packing
        assert counts(packing) == wanted
    assert packing.complete


def test_undo_takes_the_last_piece_back() -> None:
    packing = scan(scan(bench(line("A", 2), line("B")), "A").packing, "B").packing
    step = undo(packing)
    assert (step.verdict, step.line, step.code, counts(step.packing)) == (Verdict.UNDONE, 1, "B", [(1, 2), (0, 1)])
    assert undo(undo(step.packing).packing).verdict is Verdict.NOTHING


def test_a_piece_without_a_barcode_is_counted_by_hand() -> None:
    packing = bench(line("A"), line("", 1, remote_id="x", title="Zeytin × 1.5", barcode=""))
    step = by_hand(packing, 1)
    assert (step.verdict, step.scan) == (Verdict.RIGHT, Scan("", "x"))
    assert by_hand(step.packing, 1).verdict is Verdict.TOO_MANY
    assert by_hand(step.packing).verdict is Verdict.COMPLETE
    assert by_hand(step.packing, 7).verdict is Verdict.NOTHING


@pytest.mark.parametrize("quantity", [0, -3])
def test_an_odd_quantity_is_one_piece_to_look_at(quantity: int) -> None:
    packing = bench(line("A", quantity))
    assert (packing.lines[0].needed, packing.lines[0].odd) == (1, True)
    assert scan(packing, "A").verdict is Verdict.COMPLETE


def test_an_order_that_shrank_has_strays_until_they_are_out() -> None:
    kept = (Scan("A"), Scan("A"), Scan("B"))
    packing = begin(1, order("9000", lines=(line("A", 1), line("B", cancelled=True), line("C"))), kept)
    assert packing.strays == ("A", "B")
    assert not scan(packing, "C").packing.complete
    assert undo(packing).packing.strays == ("A",)
    assert undo(undo(packing).packing).packing.strays == ()


@pytest.mark.parametrize(
    ("changes", "local", "superseded", "why"),
    [
        ({}, "new", False, None), ({}, "picked", False, None), ({"status": OrderStatus.PARTIALLY_SHIPPED}, "new", False, None),
        ({}, "packed", False, Verdict.ALREADY_PACKED), ({}, "shipped", False, Verdict.ALREADY_PACKED),
        ({"status": OrderStatus.CANCELLED}, "packed", False, Verdict.CANCELLED), ({"cancel_asked": True}, "packed", False, Verdict.CANCEL_ASKED),
        ({"status": OrderStatus.RETURNED}, "new", False, Verdict.CANCELLED), ({}, "new", True, Verdict.SUPERSEDED),
        ({"fulfilled_by_channel": True}, "new", False, Verdict.BY_CHANNEL), ({"status": OrderStatus.PENDING}, "new", False, Verdict.NOT_OPEN),
        ({"status": OrderStatus.UNKNOWN}, "new", False, Verdict.NOT_OPEN), ({"lines": ()}, "new", False, Verdict.EMPTY),
        ({"lines": (line(cancelled=True),)}, "new", False, Verdict.EMPTY),
    ],
)  # fmt: skip
def test_what_may_be_packed(changes: dict[str, Any], local: str, superseded: bool, why: Verdict | None) -> None:
    assert refusal(order("9000", **changes), local, superseded) is why


@given(st.lists(st.sampled_from(["A", "B", "C", "D", "UNDO"]), max_size=30))
def test_what_is_kept_gives_the_same_picture(codes: list[str]) -> None:
    """Whatever is scanned: no line is over-filled, the kept scans alone make the same picture, complete means complete."""
    made = order("9000", lines=(line("A", 2), line("B", 1), line("C", 3)))
    packing = begin(1, made)
    for code in codes:
        packing = (undo(packing) if code == "UNDO" else scan(packing, code)).packing
        assert begin(1, made, packing.scans) == packing
        assert all(0 <= one.scanned <= one.needed for one in packing.lines)
        assert packing.complete == (packing.scanned == packing.needed == len(packing.scans))
