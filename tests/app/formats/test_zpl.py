"""Only labels reach the printer: what a carrier's stream may hold, and what it may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contracts import ProviderError
from app.formats.zpl import MOST_BYTES, only_formats

LABEL = b"^XA^CI28^PW800^LL1200^FO40,40^A0N,40,40^FDAy\xc5\x9fe Y\xc4\xb1lmaz^FS^BY3,3,90^FO40,200^BCN,90,Y,N,N^FD7330118405^FS^XZ"
# What ZebraDesigner puts before every label, and many carriers with it.
SET_UP = b"\x10CT~~CD,~CC^~CT~"
PREAMBLE = b"^XA~TA000~JSN^LT0^MNW^MTT^PON^PMN^LH0,0^JMA^PR4,4~SD15^JUS^LRN^CI0^XZ"


def refused(stream: bytes) -> str:
    with pytest.raises(ProviderError) as caught:
        only_formats(stream)
    message = caught.value.message
    return f"{message.code} {message.params.get('command') or message.params.get('why')}"


def test_a_label_passes_byte_for_byte():
    assert only_formats(LABEL) == LABEL + b"\n"
    assert only_formats(b"\r\n" + LABEL + b"\r\n" + LABEL) == LABEL + b"\n" + LABEL + b"\n"


def test_small_letters_are_commands_too():
    assert only_formats(b"^xa^fo1,1^fdx^fs^xz") == b"^xa^fo1,1^fdx^fs^xz\n"
    assert refused(b"^xa^fo1,1^fdx^fs^jus^xz") == "label.unsafe ^JU"


def test_set_up_without_a_drawing_is_left_out():
    assert only_formats(PREAMBLE + b"\n" + LABEL) == LABEL + b"\n"
    assert only_formats(b"~SD20" + LABEL) == LABEL + b"\n"


def test_darkness_within_a_label_is_the_printer_profiles():
    assert only_formats(LABEL.replace(b"^CI28", b"~SD30^CI28")) == LABEL + b"\n"


@pytest.mark.parametrize(
    "command",
    [b"^JUS", b"~JR", b"^IDR:*.*", b"~DYE:X,B,T,4,,ABCD", b"~DUR:X", b"~DGR:X.GRF,8,1,FF", b"^ND1", b"^NSa,1.1.1.1",
     b"^KNname", b"^KPsecret", b"^SCa,b", b"~JA", b"^DFR:A.ZPL", b"^XFE:A.ZPL", b"^A@N,9,9,E:X.TTF", b"^XGE:LOGO.GRF",
     b"^CWZ,B:X.TTF", b"~HS", b"^HWE:*.*", b"^HH", b"^TOR:A,E:A", b"^SE", b"^ZZ"],
    ids=lambda c: c[:3].decode(),
)  # fmt: skip
def test_what_no_label_needs_is_refused_by_name(command):
    assert refused(LABEL.replace(b"^CI28", command + b"^CI28")) == f"label.unsafe {command[:3].decode()}"


@pytest.mark.parametrize(
    "stream", [b"~JA" + LABEL, LABEL + b"^JUS", LABEL + b"~DGR:X,1,1,00" + LABEL, b"^FDx^FS" + LABEL]
)
def test_nothing_stands_between_labels(stream):
    assert refused(stream).startswith("label.unsafe")


@pytest.mark.parametrize("changer", [b"^CC+", b"~CC+", b"^CT-", b"~CT-", b"^CD;", b"^cc+", SET_UP])
def test_new_command_letters_would_hide_the_rest(changer):
    assert refused(changer + LABEL).startswith("label.unsafe ^C")
    assert refused(LABEL.replace(b"^CI28", changer)).startswith("label.unsafe ^C")


@pytest.mark.parametrize(
    ("stream", "why"),
    [(b"", "empty"), (b"%PDF-1.7", "empty"), (LABEL[:-3], "cut"), (LABEL[3:], "cut"), (b"^XA" + LABEL, "cut"),
     (PREAMBLE, "empty"), (LABEL * 501, "many"), (b"^XA" + b" " * MOST_BYTES + b"^XZ", "long")],
    ids=["nothing", "pdf", "no end", "no start", "two starts", "only set-up", "many", "long"],
)  # fmt: skip
def test_what_is_no_label_is_said(stream, why):
    assert refused(stream) == f"label.broken {why}"


@given(
    st.lists(st.sampled_from([b"^XA", b"^XZ", b"^FDx", b"^FS", b"~JA", b"^JUS", b"^CC+", b"^", b"~", b"\x00", b"text"]))
)
def test_whatever_comes_only_whole_formats_leave(parts):
    try:
        kept = only_formats(b"".join(parts))
    except ProviderError:
        return
    assert kept.startswith(b"^XA")
    assert kept.endswith(b"^XZ\n")
    assert not any(bad in kept for bad in (b"~", b"^JU", b"^CC"))
