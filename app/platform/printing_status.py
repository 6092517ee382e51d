"""What a Zebra says of itself: the three lines with which it answers `~HS`. Pure.

Facts: ZPL II Programming Guide, "~HS Host Status Return". Each line stands between STX and ETX, CR LF.
"""

from __future__ import annotations

import re

import msgspec

ASK = b"~HS\r\n"
_LINE = re.compile(rb"\x02([^\x02\x03]*)\x03")
_LINES = 3


class HostStatus(msgspec.Struct, frozen=True):
    """`waiting`: formats in its receive buffer; `remaining`: labels of the batch under way that are still to come."""

    paper_out: bool = False
    paused: bool = False
    buffer_full: bool = False
    too_cold: bool = False
    too_hot: bool = False
    head_open: bool = False
    ribbon_out: bool = False
    damaged: bool = False
    waiting: int = 0
    remaining: int = 0

    @property
    def trouble(self) -> str:
        """A word under `printer.` for what keeps it from printing, the one that must be mended first; '' when it is ready."""
        for flag, word in (
            (self.head_open, "head_open"), (self.paper_out, "paper_out"), (self.ribbon_out, "ribbon_out"), (self.damaged, "damaged"),
            (self.too_hot, "too_hot"), (self.too_cold, "too_cold"), (self.paused, "paused"),
        ):  # fmt: skip
            if flag:
                return word
        return ""


def whole(answer: bytes) -> bool:
    """Whether all three lines have come."""
    return len(_LINE.findall(answer)) >= _LINES


def read_status(answer: bytes) -> HostStatus | None:
    """None for anything else than an answer to `~HS`."""
    lines = [one.split(b",") for one in _LINE.findall(answer)[:_LINES]]
    if len(lines) < _LINES or len(lines[0]) < 12 or len(lines[1]) < 9:
        return None
    first, second = lines[0], lines[1]
    return HostStatus(
        paper_out=_on(first[1]), paused=_on(first[2]), buffer_full=_on(first[5]), damaged=_on(first[9]), too_cold=_on(first[10]),
        too_hot=_on(first[11]), head_open=_on(second[2]), ribbon_out=_on(second[3]), waiting=_count(first[4]),
        remaining=_count(second[8]),
    )  # fmt: skip


def _on(text: bytes) -> bool:
    return text.strip() == b"1"


def _count(text: bytes) -> int:
    text = text.strip()
    return int(text) if text.isdigit() and len(text) <= 8 else 0
