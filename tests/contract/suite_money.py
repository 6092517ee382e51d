"""Payouts: signed amounts, each line once, all within the span that was asked for."""

from __future__ import annotations

from datetime import timedelta

from app.model import Window
from tests.contract.checks import check
from tests.contract.rig import Rig


@check("settlements")
async def settlement_lines(rig: Rig) -> None:
    rig.reset(orders=80)
    window = Window(rig.now() - timedelta(days=25), rig.now())
    lines = []
    async for page in rig.provider().settlements(window):
        assert not page.rejects
        lines += page.items
    assert lines
    assert len({one.remote_id for one in lines}) == len(lines), "a line came twice"
    assert all(window.since <= one.booked_at < window.until for one in lines)
    assert all(one.kind and one.amount.currency for one in lines)
    numbers = {row["number"] for row in rig.truth("orders")}
    assert {one.order_number for one in lines if one.order_number} <= numbers
    assert any(one.amount.amount > 0 for one in lines)
