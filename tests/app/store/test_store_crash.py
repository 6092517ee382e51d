"""A process killed in the middle of a pull loses nothing that was covered by the cursor, and doubles nothing."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from store_making import T0, Clock, order, page, shop

from app.store import OrderQuery, Store

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PAGE = 40
# Pulls pages from the cursor on, with an overlap of ten orders, until it is killed.
CHILD = """
import asyncio, sys
from datetime import timedelta
from pathlib import Path
from store_making import T0, Clock, order, page, shop
from app.store import Store

async def main():
    store = await Store.open(Path(sys.argv[1]), now=Clock())
    found = await store.connections.by_name("Shop")
    connection = found or await shop(store)
    cursor = await store.cursors.get(connection.id, "orders")
    start = 0 if cursor is None else max(0, int((cursor - T0).total_seconds()) - 10)
    print("go", flush=True)
    while True:
        stop = start + int(sys.argv[2])
        orders = [order(str(n), updated_at=T0 + timedelta(seconds=n), note=str(n) * 50) for n in range(start, stop)]
        at = T0 + timedelta(seconds=stop)
        await store.orders.apply_page(connection.id, "acc", page(*orders), cursor=("orders", at), now=T0)
        start = stop - 10

asyncio.run(main())
"""


async def check(path: Path) -> int:
    store = await Store.open(path, now=Clock())
    cursor = await store.cursors.get(1, "orders")
    covered = 0 if cursor is None else round((cursor - T0) / timedelta(seconds=1))
    assert await store.integrity() == []

    def ids(conn):  # type: ignore[no-untyped-def]
        return [int(row[0]) for row in conn.execute("SELECT remote_id FROM orders")]

    stored = await store.db.read(ids)
    assert sorted(stored) == list(range(covered))
    counts = await store.db.read(
        lambda conn: conn.execute(
            "SELECT (SELECT count(*) FROM order_documents), (SELECT count(*) FROM order_lines)"
        ).fetchone()
    )
    assert counts == (covered, 2 * covered)
    assert await store.orders.count(OrderQuery(search="isirgan"), cap=10**9) == covered
    await store.close()
    return covered


def test_killed_in_the_middle_of_pulls(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    r = random.Random(5)
    covered = 0
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path), str(PAGE)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(HERE)))},
        )
        assert child.stdout is not None
        with child, child.stdout:
            assert child.stdout.readline().strip() == b"go"
            time.sleep(r.uniform(0.15, 0.6))
            child.kill()
            child.wait(10)
        now = asyncio.run(check(path))
        assert now >= covered
        covered = now
    assert covered > PAGE


@pytest.mark.slow
async def test_memory_and_speed_do_not_depend_on_rows(tmp_path: Path) -> None:
    """The bench measures; here only that a hundred pages take no time that grows with what is stored."""
    store = await Store.open(tmp_path / "store.sqlite", now=Clock())
    c = await shop(store)
    took = []
    for lot in range(4):
        pages = [page(*(order(str(lot * 2000 + p * 100 + n)) for n in range(100))) for p in range(20)]
        begun = time.process_time()  # our own work: other programs' does not count
        for one in pages:
            await store.orders.apply_page(c.id, "acc", one, now=T0)
        took.append(time.process_time() - begun)
    assert min(took[2:]) < 3 * min(took[:2])
    rows = await store.orders.query(OrderQuery(search="isirgan"))
    assert len(rows) == 100
    await store.close()
