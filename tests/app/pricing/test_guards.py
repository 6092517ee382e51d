"""Which lines wait, which never go, and what a plan comes to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.pricing.guards import Extreme, Guards, Judge, new_list_price

M = 1_000_000


def base(price: int | None = 100, crossed: int | None = None, cost: int | None = None, floor: int | None = None,
         ceiling: int | None = None, other: int = 0, number: int = 1, currency: str = "TRY") -> tuple[Any, ...]:  # fmt: skip
    def micros(value: int | None) -> int | None:
        return None if value is None else value * M

    return (
        number,
        1,
        currency,
        micros(price),
        micros(crossed),
        5,
        micros(cost),
        micros(floor),
        micros(ceiling),
        None,
        None,
        other,
    )


CASES = [
    (base(), 149, "", None), (base(), 150, "", None), (base(), 151, "jump", None), (base(), 49, "jump", None), (base(), 0, "zero jump", None),
    (base(cost=90), 89, "under_cost", None), (base(cost=90), 90, "", None), (base(floor=95), 94, "floor", None),
    (base(ceiling=105), 106, "ceiling", None), (base(ceiling=105), 105, "", None), (base(other=1), 101, "currency", None),
    (base(crossed=100), 110, "", 110), (base(crossed=120), 110, "", None), (base(crossed=105), 110, "list", 110),
    (base(crossed=105, cost=200, floor=190), 160, "list floor under_cost jump", 160), (base(price=0), 10, "", None),
]  # fmt: skip


@pytest.mark.parametrize(("row", "new", "hold", "crossed"), CASES, ids=range(len(CASES)))
def test_held_lines(row: tuple[Any, ...], new: int, hold: str, crossed: int | None) -> None:
    judge = Judge(Guards())
    expected = (1, 1, "TRY", row[3], new * M, row[4], None if crossed is None else crossed * M, hold, "")
    assert judge.line(row, new * M) == expected
    assert Judge(Guards()).many([row], [new * M]) == [expected]
    assert (judge.totals.held, judge.totals.ready) == ((1, 0) if hold else (0, 1))
    assert judge.totals.reasons == dict.fromkeys(hold.split(), 1)


@pytest.mark.parametrize(
    ("row", "new", "why"),
    [(base(None), 5 * M, "no_price"), (base(), -1, "negative"), (base(), 10**18 + 1, "large")], ids=["none", "below", "large"],
)  # fmt: skip
def test_lines_that_can_never_go(row: tuple[Any, ...], new: int, why: str) -> None:
    judge = Judge(Guards())
    (line,) = judge.many([row], [new])
    assert (line[4], line[7]) == (None, why)
    assert (judge.totals.blocked, judge.totals.lines, judge.totals.looked) == (1, 1, 1)


def test_guards_that_are_off_hold_nothing() -> None:
    off = Guards(None, 0, False, False, False, False, False)
    row = base(crossed=105, cost=300, floor=250, ceiling=50)
    line = Judge(off).line(row, 200 * M)
    assert line is not None
    assert line[6:8] == (200 * M, "")


def test_totals() -> None:
    judge = Judge(Guards(jump_percent=Decimal("12.5")))
    rows = [base(number=n) for n in range(1, 6)] + [base(number=6, currency="EUR", cost=99)]
    lines = judge.many(rows, [110 * M, 100 * M, 95 * M, 113 * M, 112_500_000, 98 * M])
    assert [(line[0], line[7]) for line in lines] == [(1, ""), (3, ""), (4, "jump"), (5, ""), (6, "under_cost")]
    totals = judge.totals
    assert (totals.looked, totals.same, totals.ready, totals.held, totals.rises, totals.falls) == (6, 1, 3, 2, 3, 2)
    assert totals.biggest_rise == Extreme(4, 100 * M, 113 * M, "TRY")
    assert totals.biggest_fall == Extreme(3, 100 * M, 95 * M, "TRY")
    assert totals.change == {"TRY": 30_500_000, "EUR": -2 * M}


def test_the_crossed_out_price_follows_silently_only_where_it_crossed_nothing_out() -> None:
    assert new_list_price(100, 100, 110) == (110, False)
    assert new_list_price(100, 105, 110) == (110, True)
    assert new_list_price(100, 90, 110) == (110, False)  # it was below the price already
    assert new_list_price(100, 120, 110) == (None, False)
    assert new_list_price(100, None, 110) == (None, False)
