"""Eight channels sell the last pieces at once, a thousand seeds: never below zero, never more promised than there is, the sums agree,
and in the end every channel shows what is there. Ten thousand: tests/faults/test_oversell.py."""

from __future__ import annotations

import pytest

from tests.app.store.stock_running import new_store, ran


@pytest.mark.parametrize("first", range(0, 1000, 250))
def test_however_eight_channels_sell_the_last_pieces_the_ledger_holds(first: int) -> None:
    conn = new_store()
    runs = [ran(conn, seed) for seed in range(first, first + 250)]
    conn.close()
    assert any(run.oversold for run in runs)  # the seeds do reach the shortage that they are about
    assert any(not run.oversold for run in runs)


#: What longer runs have found, each mended: a channel that shows a share sells one piece of an odd number, and is left showing too few.
FOUND = (4495, 6216, 7959, 8941, 11736, 12397)


def test_what_longer_runs_found_stays_mended() -> None:
    conn = new_store()
    for seed in FOUND:
        ran(conn, seed)
    conn.close()
