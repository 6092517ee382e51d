"""What there is, what is promised and what a channel may show of it: whole pieces and arithmetic only. No quantity that leaves
here is below zero, and no more is promised than there is."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

MOST = 2**31 - 1  # pieces of one SKU, as the channels' own fields take


class ChannelRule(msgspec.Struct, frozen=True):
    """How much of what is available a channel shows: `percent` of it (0–100, rounded down), less `minus` pieces; below `least` it
    shows none, and never more than `most` (None: no such limit)."""

    percent: int = 100
    most: int | None = None
    least: int = 0
    minus: int = 0


PLAIN = ChannelRule()


def checked(rule: ChannelRule) -> ChannelRule:
    """The rule itself. Raises ValueError with the name of the field that cannot be."""
    if not 0 <= rule.percent <= 100:
        raise ValueError("percent")
    for name, value in (("most", rule.most), ("least", rule.least), ("minus", rule.minus)):
        if value is not None and not 0 <= value <= MOST:
            raise ValueError(name)
    return rule


def available(on_hand: int, reserved: int, buffer: int) -> int:
    """What may still be sold."""
    return max(0, on_hand - reserved - buffer)


def shown(there: int, rule: ChannelRule = PLAIN) -> int:
    """What a channel should show when so many pieces are available."""
    value = max(0, there) * rule.percent // 100 - rule.minus
    if value <= 0 or value < rule.least:
        return 0
    return min(value, MOST) if rule.most is None else min(value, rule.most)


def allot(on_hand: int, wanted: Sequence[int]) -> list[int]:
    """How many pieces each of the waiting lines gets, the first one first: never more in all than there are."""
    left, held = max(0, on_hand), []
    for want in wanted:
        gets = min(max(0, want), left)
        held.append(gets)
        left -= gets
    return held
