"""Low and lacking stock as alerts: what is counted, from which figure on."""

from __future__ import annotations

import msgspec

from app.monitor.alerting.facts import Facts
from app.monitor.alerting.judge import judge
from app.monitor.alerting.rules import RULES, read_threshold
from app.store import StockLevels


def told(levels: StockLevels, **thresholds: int) -> dict[str, dict[str, int]]:
    names = ("stock_low", "stock_short")
    rules = {n: msgspec.structs.replace(RULES[n], threshold=thresholds.get(n, RULES[n].threshold)) for n in names}
    return {body.rule: dict(body.figures) for body in judge(Facts(stock=levels), rules)}


def test_skus_at_the_limit_are_counted_and_their_own_limits_too() -> None:
    levels = StockLevels({0: 2, 2: 3, 3: 9}, own=1)
    assert told(levels) == {"stock_low": {"value": 0, "limit": 2, "count": 6}}
    assert told(levels, stock_low=3)["stock_low"]["count"] == 15
    assert told(StockLevels({3: 9})) == {}


def test_pieces_that_lack_are_told_from_the_threshold_on() -> None:
    levels = StockLevels(orders=2, pieces=5)
    assert told(levels) == {"stock_short": {"value": 5, "limit": 1, "count": 2}}
    assert told(levels, stock_short=6) == {}
    assert read_threshold(RULES["stock_short"], "6 adet") == 6
