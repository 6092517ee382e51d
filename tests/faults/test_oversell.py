"""Eight channels sell the last pieces at once: the long run of tests/app/store/test_stock_interleavings.py.

PAXZAR_ROUNDS: a thousand seeds each (10,000 in the full run); PAXZAR_SEED: where they begin.
"""

from __future__ import annotations

import os

import pytest

from tests.app.store.stock_running import new_store, ran

pytestmark = [pytest.mark.deep]
ROUNDS = int(os.environ.get("PAXZAR_ROUNDS", "10"))
SEED = int(os.environ.get("PAXZAR_SEED", "2026"))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", range(ROUNDS))
def test_however_eight_channels_sell_the_last_pieces_the_ledger_holds(part: int) -> None:
    conn = new_store()
    first = SEED + 1000 + part * 1000
    oversold = [ran(conn, seed).oversold for seed in range(first, first + 1000)]
    conn.close()
    assert any(oversold)
