"""What of a carrier's ZPL may reach a printer: label formats, and nothing that sets the printer up for good, fills its
memory or reads it. A stream is a program that the printer runs; this room decides, and it must never guess. Our own documents
go as one picture each, because what letters a printer's fonts have nobody knows.

Facts: ZPL II Programming Guide (Zebra); reference/labels-and-printing.md, "Safety filter for carrier ZPL".
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib

from app.contracts.messages import Message, fail

MOST_BYTES = 2_000_000
MOST_LABELS = 500

#: Drawing, fields, barcodes, the printer's own fonts, and the media, place and quantity of this format.
_ALLOWED = frozenset(
    name.encode()
    for name in (
        *("XA", "XZ", "FB", "FC", "FD", "FE", "FH", "FM", "FN", "FO", "FP", "FR", "FS", "FT", "FV", "FW", "FX", "SN", "SF"),
        *("A@", "CF", "CI", "CV", "CW", "GB", "GC", "GD", "GE", "GF", "GS", "XG"),
        *("B0", "B1", "B2", "B3", "B4", "B5", "B7", "B8", "B9", "BA", "BB", "BC", "BD", "BE", "BF", "BI", "BJ", "BK", "BL"),
        *("BM", "BO", "BP", "BQ", "BR", "BS", "BT", "BU", "BX", "BY", "BZ", "JM", "LH", "LL", "LR", "LS", "LT", "MC", "MD"),
        *("MM", "MN", "MT", "MU", "PA", "PM", "PO", "PQ", "PR", "PW"),
    )
)  # fmt: skip
_FONT = re.compile(rb"A[0-9A-Z]")
_CHANGERS = (b"CC", b"CT", b"CD")  # they change the letters that mark a command: all that follows would hide from us
_SETTING = frozenset({b"~JS", b"~SD", b"~TA"})  # tear-off and darkness within a label: the printer profile says those
_STORED = frozenset({b"A@", b"CW", b"XG"})
_FLASH = re.compile(rb"[EB]:", re.IGNORECASE)  # flash and the memory card: whatever lies there would be on the parcel
_COMMAND = re.compile(rb"[\^~][^\^~]*")
_FORMAT = re.compile(rb"\^XA(?:(?!\^XA).)*?\^XZ", re.DOTALL | re.IGNORECASE)


def only_formats(stream: bytes) -> bytes:
    """The label formats (`^XA … ^XZ`) of a carrier's stream, each on a line; their bytes stay as they came but for tear-off and
    darkness. Formats that draw nothing are set-up and left out, as is harmless set-up between formats.

    Raises TheirsError `label.unsafe` (params: command) for a command which no label needs, `label.broken` (params: why) for a
    stream that is no ZPL, is cut, or is longer than 2 MB or 500 labels.
    """
    if len(stream) > MOST_BYTES:
        raise _broken("long")
    upper = stream.upper()
    for changer in _CHANGERS:
        if b"^" + changer in upper or b"~" + changer in upper:
            raise _unsafe(b"^" + changer)
    formats = _FORMAT.findall(stream)
    if upper.count(b"^XA") != len(formats) or upper.count(b"^XZ") != len(formats):
        raise _broken("cut")
    for between in _FORMAT.split(stream):
        for found in _COMMAND.findall(between):
            if found[:3].upper() not in _SETTING:
                raise _unsafe(found)
    labels = [_label(one) for one in formats if b"^FS" in one.upper()]
    if not labels or len(labels) > MOST_LABELS:
        raise _broken("many" if labels else "empty")
    return b"\n".join(labels) + b"\n"


def _label(one: bytes) -> bytes:
    kept = []
    for found in _COMMAND.findall(one):
        name = found[1:3].upper()
        if found[:3].upper() in _SETTING:
            continue
        if found[:1] == b"~" or not (name in _ALLOWED or _FONT.fullmatch(name)):
            raise _unsafe(found)
        if name in _STORED and _FLASH.search(found):
            raise _unsafe(found)
        kept.append(found)
    return b"".join(kept)


def _unsafe(found: bytes) -> Exception:
    return fail(Message("label.unsafe", {"command": found[:3].decode("latin-1").upper()}))


def _broken(why: str) -> Exception:
    return fail(Message("label.broken", {"why": why}))


def graphic(width: int, height: int, rows: bytes, *, cut: bool = False) -> bytes:
    """One label: a picture of `width` × `height` dots, one bit a dot, 1 is black, rows padded to whole bytes. `^GFA` with Z64
    (deflate, base64, and CRC-16/CCITT of the letters). What the label before may have shifted or turned is put back first."""
    stride = (width + 7) // 8
    packed = base64.b64encode(zlib.compress(rows, 3))
    head = f"^XA^PW{width}^LL{height}^LH0,0^LS0^LT0^PON{'^MMC' if cut else ''}^FO0,0^GFA,{len(rows)},{len(rows)},{stride},:Z64:"
    tail = f":{binascii.crc_hqx(packed, 0):04X}^FS^PQ1,0,0,N^XZ\n"
    return head.encode() + packed + tail.encode()
