"""EPL2 for label printers: our own documents as one picture, and what of a carrier's EPL may reach a printer. Forms, fonts and
pictures that are stored for good, settings, resets and macros never do.

Facts: EPL2 Programmer's Manual (Zebra). GW's bits: 0 is black.
"""

from __future__ import annotations

import re

from app.contracts.messages import Message, fail

MOST_BYTES = 2_000_000
MOST_LABELS = 500
#: Text, barcodes, lines, boxes, and the place, speed, darkness and number of this label.
_COMMAND = re.compile(rb"(LO|LE|LW|LS|ZT|ZB|JF|JB|[ABbXNqQRPSDI])(?=[\d,]|\s*$)")
_PICTURE = re.compile(rb"GW(\d{1,5}),(\d{1,5}),(\d{1,4}),(\d{1,5}),")


def graphic(width: int, height: int, rows: bytes, *, cut: bool = False) -> bytes:
    """One label: a picture as in `zpl.graphic`."""
    stride = (width + 7) // 8
    black = rows.translate(_FLIPPED)
    head = f"\nN\nq{width}\nQ{height},24\nGW0,0,{stride},{height},".encode()
    return b"".join((head, black, b"\n", b"C\n" if cut else b"", b"P1\n"))


_FLIPPED = bytes(255 - one for one in range(256))


def only_labels(stream: bytes) -> bytes:
    """A carrier's stream, as it came, when every line of it only draws. Raises TheirsError `label.unsafe` (params: command) and
    `label.broken` (params: why)."""
    if len(stream) > MOST_BYTES:
        raise fail(Message("label.broken", {"why": "long"}))
    at = labels = 0
    while at < len(stream):
        picture = _PICTURE.match(stream, at)
        if picture is not None:
            at = picture.end() + int(picture[3]) * int(picture[4])
            if at > len(stream):
                raise fail(Message("label.broken", {"why": "cut"}))
            continue
        end = stream.find(b"\n", at)
        end = len(stream) if end < 0 else end
        line = stream[at:end].strip(b"\r \t\x00")
        if line:
            found = _COMMAND.match(line)
            if found is None:
                raise fail(Message("label.unsafe", {"command": line[:2].decode("latin-1")}))
            labels += found[1] == b"P"
        at = end + 1
    if not 0 < labels <= MOST_LABELS:
        raise fail(Message("label.broken", {"why": "many" if labels else "empty"}))
    return stream if stream.endswith(b"\n") else stream + b"\n"
