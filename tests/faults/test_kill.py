"""kill -9 at random moments of a sync with pulls and price pushes: nothing lost, nothing doubled, the store whole.

10 rounds in the suite, PAXZAR_ROUNDS in `.ci/run`; every round starts a real process and kills it.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from providers.sandboxes.woocommerce import create
from tests.support.serving import serve

pytestmark = [pytest.mark.faults]
ROUNDS = int(os.environ.get("PAXZAR_ROUNDS", "10"))
ROOT = Path(__file__).resolve().parents[2]


def start(folder: Path, address: str, secrets: dict[str, str], seed: int, how: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "tests.faults.kill_child",
        str(folder),
        address,
        json.dumps(secrets),
        str(seed),
        how,
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


@pytest.mark.timeout(120 + 12 * ROUNDS)
def test_nothing_is_lost_or_doubled_by_kill_9(tmp_path: Path) -> None:
    rng = random.Random(int(os.environ.get("PAXZAR_SEED", "2026")))
    wanted: dict[str, str] = {}
    slowest = 0.0
    with serve(create(seed=5, orders=300, listings=60).app) as address, httpx.Client(base_url=address) as control:
        secrets = {k: v for k, v in control.get("/_control/credentials").json().items() if v}
        for number in range(ROUNDS):
            began = time.monotonic()
            child = start(tmp_path / "ws", address, secrets, number, "forever")
            assert child.stdout is not None
            assert child.stdout.readline().strip() == "ready"
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(rng.uniform(0.0, 1.2))
            control.post("/_control/orders", json={"count": 3})
            control.post("/_control/touch", json={"count": 5, "seed": number})
            time.sleep(rng.uniform(0.0, 0.4))
            child.kill()
            # A line was printed only after the wish was committed: from then on it may not be lost.
            for line in child.stdout.read().splitlines():
                if line.startswith("{") and line.endswith("}"):
                    wish = json.loads(line)
                    wanted[wish["sku"]] = wish["price"]
            child.stdout.close()
            child.wait(10)
        time.sleep(1.1)  # WooCommerce's instants are whole seconds
        last = start(tmp_path / "ws", address, secrets, 999, "once")
        out, _ = last.communicate(timeout=100)
        assert last.returncode == 0
        assert json.loads(out.splitlines()[-1])["integrity"] == []
        truth = {o["remote_id"]: o for o in control.get("/_control/orders").json()}
        goods = {g["sku"]: g for g in control.get("/_control/listings").json()}
    stored = dump(tmp_path / "ws")
    assert len(stored["orders"]) == len({o["remote_id"] for o in stored["orders"]}), "an order stands twice"
    assert {o["remote_id"] for o in stored["orders"]} == set(truth), "an order is missing"
    for sku, price in wanted.items():
        assert goods[sku]["price"] == price, f"the wish for {sku} was lost"
    assert stored["open"] == [], "an intent was not settled"
    assert wanted, "no round came as far as a price"
    print(f"rounds {ROUNDS}, slowest start to ready {slowest:.2f} s")


def dump(folder: Path) -> dict[str, list[dict[str, str]]]:
    """What the store holds, read from the file itself and not through the program."""
    import sqlite3

    with sqlite3.connect(folder / "store.sqlite") as conn:
        orders = [{"remote_id": r[0]} for r in conn.execute("SELECT remote_id FROM orders")]
        open_rows = [
            {"key": r[0], "state": r[1]}
            for r in conn.execute("SELECT key, state FROM outbox WHERE state NOT IN ('done', 'superseded')")
        ]
    conn.close()
    return {"orders": orders, "open": open_rows}
