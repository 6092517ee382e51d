"""EPL: our own picture, and what of a carrier's stream may reach the printer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contracts import ProviderError
from app.formats.epl import MOST_BYTES, graphic, only_labels

LABEL = b'N\r\nq800\r\nQ1200,24\r\nA50,50,0,4,1,1,N,"Kargo"\r\nB50,100,0,1,3,6,120,B,"7330118405"\r\nLO10,10,780,3\r\nP1\r\n'


def refused(stream: bytes) -> str:
    with pytest.raises(ProviderError) as caught:
        only_labels(stream)
    message = caught.value.message
    return f"{message.code} {message.params.get('command') or message.params.get('why')}"


def test_a_label_passes_byte_for_byte():
    assert only_labels(LABEL) == LABEL
    assert only_labels(b"\n" + LABEL[:-2]) == b"\n" + LABEL[:-2] + b"\n"


def test_our_own_picture_passes_whatever_its_dots_are():
    made = graphic(16, 3, b"\n^FK\x00\xff", cut=False)
    assert made == b"\nN\nq16\nQ3,24\nGW0,0,2,3,\xf5\xa1\xb9\xb4\xff\x00\nP1\n"
    assert only_labels(made) == made


@pytest.mark.parametrize(
    "command", [b'FK"X"', b'GM"X"100', b'FS"X"', b"^@", b"Y96,N,8,1", b"EK", b"OD", b"U", b"xa", b"^XA", b"~JA"]
)
def test_what_no_label_needs_is_refused(command):
    assert refused(LABEL.replace(b"q800", command)) == f"label.unsafe {command[:2].decode()}"


def test_broken_streams():
    assert refused(b"N\nq800\n") == "label.broken empty"
    assert refused(b"N\nGW0,0,100,1200,abc\nP1\n") == "label.broken cut"
    assert refused(b"P1\n" * 501) == "label.broken many"
    assert refused(b"P1\n" * (MOST_BYTES // 3 + 1)) == "label.broken long"


@given(st.binary(max_size=200))
def test_noise_never_passes_by_an_accident_of_ours(noise):
    try:
        assert only_labels(noise).rstrip(b"\n") == noise.rstrip(b"\n")
    except ProviderError as error:
        assert error.message.code in ("label.unsafe", "label.broken")  # noqa: PT017 - either is right
