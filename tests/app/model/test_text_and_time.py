"""Folding the Turkish way, cleaning, phones; instants, zones, windows."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model import Window, clean, digits, fold, from_epoch_ms, iso_z, parse_iso, phone_e164, to_epoch_ms
from app.model.text import _fold_any


@pytest.mark.parametrize("written", ["ISIRGAN", "ısırgan", "Isırgan", "ISİRGAN", "isirgan"])
def test_the_four_i_are_one(written):
    assert fold(written) == "isirgan"


@given(st.text())
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet="İIıiŞşĞğÜüÖöÇçÂâÎîÛûßẞaZ K\u212aéÉ\u0307\u0327'-1"))
def test_the_quick_way_folds_as_the_long_one_does(text):
    assert fold(text) == _fold_any(text)


def test_every_letter_folds_the_same_both_ways():
    for first in range(0, 0x30000, 64):
        for code in range(first, first + 64):
            if not 0xD800 <= code < 0xE000:
                assert fold(chr(code)) == _fold_any(chr(code)), hex(code)


@given(st.text(alphabet="0123456789+- ()²٣a"))
def test_digits_are_what_is_a_digit(text):
    assert digits(text) == "".join(c for c in text if c.isdecimal())


def test_folding_keeps_words_apart():
    assert fold("Şemsiye Çelik 40×60") == "semsiye celik 40×60"


@given(st.text())
def test_clean_text_can_be_stored_and_drawn(text):
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert cleaned == clean(cleaned)
    assert all(c.isprintable() for c in cleaned)


def test_direction_marks_and_surrogates_are_gone():
    assert clean("Ay\u202eşe\ud800 \u200fÖz") == "Ayşe? Öz"


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("0 (532) 123 45 67", "+905321234567"), ("905321234567", "+905321234567"), ("+90 532 1234567", "+905321234567"),
        ("5321234567", "+905321234567"), ("00905321234567", "+905321234567"), ("+49 170 1234567", "+491701234567"),
        ("", ""), ("yok", ""), ("1234", ""),
    ],
)  # fmt: skip
def test_phones(written, number):
    assert phone_e164(written) == number


@given(st.integers(min_value=-(10**13), max_value=10**14))
def test_epoch_round_trip(value):
    assert to_epoch_ms(from_epoch_ms(value)) == value


def test_no_instant_without_a_zone():
    with pytest.raises(ValueError, match="without a zone"):
        parse_iso("2026-11-24T10:00:00")
    with pytest.raises(ValueError, match="without a zone"):
        to_epoch_ms(datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="no such instant"):
        from_epoch_ms(10**20)


def test_a_vendor_zone_is_taken_for_text_without_offset():
    assert iso_z(parse_iso("2026-11-24T10:00:00", ZoneInfo("Europe/Istanbul"))) == "2026-11-24T07:00:00Z"
    assert iso_z(parse_iso("2026-11-24T10:00:00+01:00", ZoneInfo("Europe/Istanbul"))) == "2026-11-24T09:00:00Z"


@given(st.integers(1, 10_000), st.integers(1, 3000))
def test_windows_split_without_gaps(hours, widest):
    since = datetime(2026, 1, 1, tzinfo=UTC)
    window = Window(since, since + timedelta(hours=hours))
    pieces = list(window.split(timedelta(hours=widest)))
    assert pieces[0].since == window.since
    assert pieces[-1].until == window.until
    assert all(a.until == b.since for a, b in pairwise(pieces))
    assert all(p.until - p.since <= timedelta(hours=widest) for p in pieces)


def test_an_empty_window_is_refused():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="empty window"):
        Window(now, now)
