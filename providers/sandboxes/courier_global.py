"""What the fakes of the four global carriers share: used references serve again, tokens, labels in the language asked for, a GIF writer.

These carriers do not refuse a used reference, so a resend makes a second shipment and the counters must show it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import Any

from providers.sandboxes.courier import Depot, Parcel
from providers.sandboxes.courier_labels import epl, pdf, png, zpl
from providers.sandboxes.kit import SandboxClock


class GlobalDepot(Depot):
    """`tokens`: until when (epoch seconds), by the token."""

    def __init__(self, clock: SandboxClock, seed: int) -> None:
        super().__init__(clock, seed)
        self.tokens: dict[str, int] = {}
        self.seed = seed

    def enter(self, parcel: Parcel) -> None:
        """Kept as `<reference>`, then as `<reference>#2` …; the counter of the reference shows how many there are."""
        reference, parcel.more["reference"] = parcel.reference, parcel.reference
        number = self.counts[f"shipment:{reference}"] + 1
        parcel.reference = reference if number == 1 else f"{reference}#{number}"
        self.parcels[parcel.reference] = parcel
        self.counts["shipments"] += 1
        self.counts[f"shipment:{reference}"] += 1

    def referred(self, reference: str) -> Iterator[Parcel]:
        """Every parcel of that reference, the oldest first."""
        return (one for one in self.parcels.values() if one.more.get("reference") == reference)

    def token(self, lives: int) -> str:
        made = base64.b64encode(f"{self.guid(1)}.{self.guid(2)}.{self.guid(3)}".encode()).decode().rstrip("=")
        self.tokens[made] = self.now() + lives
        self.counts["tokens"] += 1
        return made

    def is_live(self, token: str) -> bool:
        return self.tokens.get(token, 0) > self.now()


def label(kind: str, code: str, lines: Sequence[str]) -> bytes:
    """`kind`: PDF, ZPL, EPL, PNG or GIF. KeyError: another one."""
    if kind == "PDF":
        return pdf([(code, lines)])
    if kind == "ZPL":
        return zpl(code, lines).encode()
    if kind == "EPL":
        return epl(code, lines).encode()
    if kind == "PNG":
        return png(code)
    if kind == "GIF":
        return gif(code)
    raise KeyError(kind)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def without_blanks(value: Any) -> Any:
    """A JSON tree without members and items that are only white space, and without null."""
    if isinstance(value, dict):
        kept = {name: without_blanks(one) for name, one in value.items()}
        return {name: one for name, one in kept.items() if not _blank(one)}
    if isinstance(value, list):
        return [one for one in (without_blanks(each) for each in value) if not _blank(one)]
    return value


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def gif(barcode: str, width: int = 400, height: int = 600) -> bytes:
    """Two colours, 4 by 6 inches at 100 dpi. Its bars say nothing."""
    bits = "".join(f"{ord(one):08b}" for one in barcode)
    white = bytes(width)
    bars = bytes(int(20 <= x < width - 20 and bits[(x - 20) // 2 % len(bits)] == "1") for x in range(width))
    pixels = white * 20 + bars * 120 + white * (height - 140)
    head = b"GIF89a" + width.to_bytes(2, "little") + height.to_bytes(2, "little") + b"\x80\x00\x00"
    image = b"\x2c" + bytes(4) + width.to_bytes(2, "little") + height.to_bytes(2, "little") + b"\x00\x02"
    packed = _lzw(pixels)
    blocks = b"".join(bytes([len(one)]) + one for one in (packed[i : i + 255] for i in range(0, len(packed), 255)))
    return head + b"\xff\xff\xff\x00\x00\x00" + image + blocks + b"\x00\x3b"


def _lzw(pixels: bytes) -> bytes:
    """GIF's variable-length codes with a smallest code size of 2 bits."""
    clear, end = 4, 5
    table: dict[bytes, int] = {}
    size, buffer, held, out = 3, 0, 0, bytearray()

    def put(code: int) -> None:
        nonlocal buffer, held
        buffer |= code << held
        held += size
        while held >= 8:
            out.append(buffer & 0xFF)
            buffer >>= 8
            held -= 8

    put(clear)
    table = {bytes([i]): i for i in range(4)}
    following, run = 6, b""
    for value in pixels:
        longer = run + bytes([value])
        if longer in table:
            run = longer
            continue
        put(table[run])
        if following < 4096:
            table[longer] = following
            if following == 1 << size and size < 12:
                size += 1
            following += 1
        else:
            put(clear)
            table = {bytes([i]): i for i in range(4)}
            following, size = 6, 3
        run = bytes([value])
    put(table[run])
    put(end)
    if held:
        out.append(buffer & 0xFF)
    return bytes(out)
