"""What is available, what a channel shows of it and who gets what there is: whole pieces, never below zero."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model.stock import ChannelRule, allot, available, checked, shown

pieces = st.integers(0, 10**6)


@pytest.mark.parametrize(
    ("there", "rule", "value"),
    [
        (10, ChannelRule(), 10),
        (0, ChannelRule(), 0),
        (10, ChannelRule(percent=50), 5),
        (9, ChannelRule(percent=50), 4),
        (10, ChannelRule(minus=3), 7),
        (2, ChannelRule(minus=3), 0),
        (10, ChannelRule(most=4), 4),
        (10, ChannelRule(least=11), 0),
        (12, ChannelRule(most=4, least=11), 4),
        (10, ChannelRule(percent=0), 0),
        (10, ChannelRule(50, 3, 2, 1), 3),
        (5, ChannelRule(50, 3, 2, 1), 0),
    ],
)
def test_what_a_channel_shows(there: int, rule: ChannelRule, value: int) -> None:
    assert shown(there, checked(rule)) == value


@given(pieces, pieces, pieces, st.builds(ChannelRule, st.integers(0, 100), st.none() | pieces, pieces, pieces))
def test_a_channel_never_shows_more_than_there_is(on_hand: int, reserved: int, buffer: int, rule: ChannelRule) -> None:
    there = available(on_hand, reserved, buffer)
    assert 0 <= shown(there, rule) <= there <= max(0, on_hand - reserved)


@given(pieces, st.lists(st.integers(0, 1000), max_size=30))
def test_never_more_is_promised_than_there_is_and_nothing_lies_while_somebody_lacks(
    on_hand: int, wanted: list[int]
) -> None:
    held = allot(on_hand, wanted)
    assert all(0 <= gets <= want for gets, want in zip(held, wanted, strict=True))
    assert sum(held) == min(on_hand, sum(wanted))
    lacks = [want > gets for gets, want in zip(held, wanted, strict=True)]
    if any(lacks):  # the first come first
        assert not any(held[lacks.index(True) + 1 :])


@pytest.mark.parametrize(
    ("rule", "field"),
    [(ChannelRule(101), "percent"), (ChannelRule(-1), "percent"), (ChannelRule(most=-1), "most"), (ChannelRule(least=2**31), "least"), (ChannelRule(minus=-1), "minus")],
)  # fmt: skip
def test_a_rule_that_cannot_be_is_refused(rule: ChannelRule, field: str) -> None:
    with pytest.raises(ValueError, match=field):
        checked(rule)
