"""Sixty number texts: the same reading under every locale, or 'ask'. Round trips of what the program itself writes."""

from __future__ import annotations

import contextlib
import locale
from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats.figures import Figures
from app.formats.numbers import Why, read_number, read_whole

D = Decimal
LOCALES = ("C", "tr_TR.UTF-8", "en_US.UTF-8", "de_DE.UTF-8", "fr_FR.UTF-8", "de_CH.UTF-8")

READ: list[tuple[str, str]] = [
    ("0", "0"), ("7", "7"), ("1249", "1249"), ("0017", "17"), ("1249,9", "1249.9"), ("1249.9", "1249.9"),
    ("1249,90", "1249.90"), ("1249.90", "1249.90"), ("1.249,90", "1249.90"), ("1,249.90", "1249.90"),
    ("1.234.567,89", "1234567.89"), ("1,234,567.89", "1234567.89"), ("1.234.567", "1234567"), ("1,234,567", "1234567"),
    ("12.34", "12.34"), ("12,34", "12.34"), ("12.3", "12.3"), ("43,5", "43.5"), ("43.5", "43.5"), ("90,750.5", "90750.5"),
    ("0,249", "0.249"), ("0.249", "0.249"), (",5", "0.5"), (".5", "0.5"), (".249", "0.249"), ("1249.900", "1249.900"),
    ("1249,900", "1249.900"), ("1.249,900", "1249.900"), ("0.5", "0.5"), ("12345678", "12345678"), ("12,3456", "12.3456"),
    ("1 249,90", "1249.90"), ("1\u00a0249,90", "1249.90"), ("1\u202f249,90", "1249.90"), ("1 249 567", "1249567"),
    ("1'249.90", "1249.90"), ("1’249.90", "1249.90"), ("1 249,900", "1249.900"), ("₺1.249,90", "1249.90"),
    ("1.249,90 ₺", "1249.90"), ("1.249,90 TL", "1249.90"), ("TRY 1249.90", "1249.90"), ("$1,249.90", "1249.90"),
    ("1.249,90 €", "1249.90"), ("12,34,567.50", "1234567.50"), ("12,34,567", "1234567"), ("-5", "-5"), ("−5,50", "-5.50"),
    ("-₺5,50", "-5.50"), ("+12,50", "12.50"), ("  12,50  ", "12.50"), ("₺ -1,00", "-1.00"),
]  # fmt: skip
ASK = [("1.249", "1249", "1.249"), ("1,249", "1249", "1.249"), ("12.345", "12345", "12.345"), ("999,000", "999000", "999.000"),
       ("90.750", "90750", "90.750"), ("-1.249", "-1249", "-1.249"), ("₺1.249", "1249", "1.249")]  # fmt: skip
NOT = [
    "abc", "1E5", "8,69E+12", "12,", "12.", "1.23.4", "1,23.4,5", "1.2345.678", "1..2", "1,,2", "12 34", "1 24", "1.249,90,1",
    "%5", "5%", "NaN", "inf", "--5", "1-2", "(12)", "٣", "1 249 90", "1'24.9", "1.249.90", "=1+1", "0x10", "1_000", ".",
    "9" * 41, "TLX 5",
]  # fmt: skip


@contextlib.contextmanager
def under(name: str) -> Iterator[None]:
    before = locale.setlocale(locale.LC_ALL)
    with contextlib.suppress(locale.Error):  # not installed here: the machine's own is as good as any
        locale.setlocale(locale.LC_ALL, name)
    try:
        yield
    finally:
        locale.setlocale(locale.LC_ALL, before)


def test_there_are_sixty_texts() -> None:
    assert len(READ) + len(ASK) + len(NOT) >= 60


@pytest.mark.parametrize("name", LOCALES)
def test_every_text_reads_the_same_everywhere(name: str) -> None:
    with under(name):
        for text, value in READ:
            read = read_number(text)
            assert (text, read.why, read.value) == (text, Why.OK, D(value))
            assert read.value is not None
            assert str(read.value) == str(D(value)), "the digits that were typed stay"
        for text, big, small in ASK:
            assert (text, *read_number(text)) == (text, Why.AMBIGUOUS, None, (D(big), D(small)))
        for text in NOT:
            assert (text, read_number(text).why) == (text, Why.UNREADABLE)
        for text in ("", "   ", "\u00a0"):
            assert read_number(text).why is Why.BLANK


@pytest.mark.parametrize(
    ("text", "why", "value"),
    [
        ("41", Why.OK, 41), ("1.249", Why.OK, 1249), ("1,249", Why.OK, 1249), ("1 249", Why.OK, 1249), ("0", Why.OK, 0),
        ("-3", Why.OK, -3), ("12.000", Why.AMBIGUOUS, None), ("1,5", Why.UNREADABLE, None), ("7.0", Why.OK, 7),
        ("", Why.BLANK, None), ("çok", Why.UNREADABLE, None), ("1.249.000", Why.OK, 1_249_000),
    ],
)  # fmt: skip
def test_pieces(text: str, why: Why, value: int | None) -> None:
    read = read_whole(text)
    assert (read.why, read.value) == (why, None if value is None else D(value))


def test_twelve_or_twelve_thousand_is_asked() -> None:
    assert read_whole("12.000").choices == (D(12000), D("12.000"))


@given(st.decimals(min_value=0, max_value=10**9, places=2), st.sampled_from(["tr", "en"]))
def test_what_the_program_writes_reads_back(value: Decimal, language: str) -> None:
    """Amounts carry two decimals, so they are never ambiguous."""
    figures = Figures(language)
    for text in (figures.amount(value), figures.money(value, "TRY"), figures.money(value, "EUR")):
        assert read_number(text).value == value


@given(st.integers(0, 10**9), st.sampled_from(["tr", "en"]))
def test_pieces_read_back(value: int, language: str) -> None:
    read = read_whole(Figures(language).number(value))
    assert read.value == value or (read.why is Why.AMBIGUOUS and value in read.choices)


@given(st.text(max_size=50))
def test_no_text_is_too_odd(text: str) -> None:
    read = read_number(text)
    assert (read.value is not None) == (read.why is Why.OK)
    assert bool(read.choices) == (read.why is Why.AMBIGUOUS)
    assert read.value is None or read.value.is_finite()
