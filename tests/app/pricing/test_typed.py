"""What a merchant types for a price or a stock: the one judge of the window and of the command line."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.pricing.typed import Doubt, Trouble, change_percent, doubts, nearest, read_value

D = Decimal


@pytest.mark.parametrize(
    ("kind", "text", "currency", "trouble", "values"),
    [
        ("price", "1.249,90", "TRY", Trouble.NONE, ["1249.90"]),
        ("price", "1249.90", "TRY", Trouble.NONE, ["1249.90"]),
        ("price", "1.249", "TRY", Trouble.NONE, ["1249.00", "1.25"]),
        ("price", "1.249", "JPY", Trouble.NONE, ["1249"]),
        ("price", "1.249", "KWD", Trouble.NONE, ["1249.000", "1.249"]),
        ("price", "12,3456", "TRY", Trouble.PLACES, []),
        ("price", "-5", "TRY", Trouble.NEGATIVE, []),
        ("price", "  ", "TRY", Trouble.BLANK, []),
        ("price", "ucuz", "TRY", Trouble.UNREADABLE, []),
        ("price", "9" * 20, "TRY", Trouble.LARGE, []),
        ("stock", "1.249", "", Trouble.NONE, ["1249"]),
        ("stock", "1,5", "", Trouble.UNREADABLE, []),
        ("stock", "-1", "", Trouble.NEGATIVE, []),
        ("stock", "9999999999", "", Trouble.LARGE, []),
    ],
)
def test_cells_are_read(kind: str, text: str, currency: str, trouble: Trouble, values: list[str]) -> None:
    assert read_value(kind, text, currency or "TRY") == (trouble, [D(v) for v in values] if values else ())


@pytest.mark.parametrize(
    ("old", "new", "crossed", "expected"),
    [
        ("100", "149.99", None, []), ("100", "150", None, [Doubt.FAR]), ("100", "50", None, [Doubt.FAR]),
        ("100", "50.01", None, []), ("100", "0", None, [Doubt.ZERO]), ("100", "110", "105", [Doubt.LIST]),
        ("100", "110", "110", []), ("100", "200", "150", [Doubt.FAR, Doubt.LIST]), (None, "10", None, []),
        ("0", "10", None, []),
    ],
)  # fmt: skip
def test_doubts(old: str | None, new: str, crossed: str | None, expected: list[Doubt]) -> None:
    found = doubts("price", None if old is None else D(old), D(new), None if crossed is None else D(crossed))
    assert found == expected


def test_the_likely_reading_is_the_nearest() -> None:
    assert nearest([D(1249), D("1.25")], D(1200)) == 1249
    assert nearest([D(1249), D("1.25")], D(300)) == 1249
    assert nearest([D(1249), D("1.25")], D(0)) == 1249
    assert nearest([D(1249), D("1.25")], D(2)) == D("1.25")
    assert nearest([D(1249), D("1.25")], None) == 1249
    assert change_percent(D(200), D(150)) == -25


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [("41", "20", []), ("41", "409", []), ("41", "410", [Doubt.FAR]), ("5", "0", [Doubt.ZERO]), ("0", "900", []), (None, "0", [Doubt.ZERO])],
)  # fmt: skip
def test_doubts_about_stock(old: str | None, new: str, expected: list[Doubt]) -> None:
    assert doubts("stock", None if old is None else D(old), D(new)) == expected
