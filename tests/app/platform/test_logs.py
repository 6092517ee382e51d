"""One record, one line, whatever is in it."""

from __future__ import annotations

import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.platform.logs import MOST, LineFormatter, one_line


def written(text: str, *args: object, error: BaseException | None = None) -> str:
    info = (type(error), error, error.__traceback__) if error else None
    return LineFormatter().format(logging.LogRecord("app.x", logging.WARNING, "f.py", 1, text, args, info))


def test_a_vendor_cannot_write_a_line_of_ours():
    text = written("refused: %s", "bad\n2026-11-24 10:00:00,000 INFO app.vault: unlocked\r\x1b[31m\u202e")
    assert len(text.splitlines()) == 1
    assert "\\n2026-11-24" in text
    assert "\\x1b[31m\\u202e" in text


def test_a_long_text_is_cut_and_says_so():
    assert one_line("x" * (MOST + 7)) == "x" * MOST + "… (+7)"


def test_turkish_letters_stay():
    assert one_line("Ayşe’nin siparişi: ₺12,50") == "Ayşe’nin siparişi: ₺12,50"


@given(st.text())
def test_any_text_is_one_printable_line(text):
    assert one_line(text).isprintable()
    one_line(text).encode()


@pytest.mark.parametrize("made_before", [True, False])
def test_a_traceback_is_set_in_and_cannot_pose_as_a_record(made_before):
    try:
        raise ValueError("first\n2026-11-24 10:00:00,000 INFO app.vault: unlocked")
    except ValueError as error:
        caught = error
    if made_before:
        record = logging.LogRecord("app.x", logging.ERROR, "f.py", 1, "boom", (), None)
        record.exc_text = "Traceback:\nValueError: first\n2026-11-24 INFO app.vault: unlocked"
        text = LineFormatter().format(record)
    else:
        text = written("boom", error=caught)
    assert "boom" in text
    assert all(line.startswith("    ") for line in text.splitlines()[1:])
    assert sys.getsizeof(text) < 20_000
