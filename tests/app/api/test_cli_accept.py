"""`paxzar accept` from the outside, on the Mirakl rehearsal server: orders are taken, refused, taken in part, each with its audit entry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from providers.sandboxes.mirakl import create
from tests.app.api.conftest import Cli
from tests.support.serving import serve

SHOP = "Koçtaş Mağazam"


@pytest.fixture
def room(cli: Cli, tmp_path: Path) -> Iterator[httpx.Client]:
    with serve(create(seed=3).app) as address, httpx.Client(base_url=f"{address}/_control", timeout=60) as control:
        control.post("/reset", json={"orders": 0, "listings": 20, "seed": 3})
        control.post("/switch", json={"feature": "manual_acceptance", "on": True})
        control.post("/orders", json={"count": 12})
        secrets = tmp_path / "secrets.json"
        held = control.get("/credentials").json()
        secrets.write_text(json.dumps({"api_key": held["api_key"]}), encoding="utf-8")
        done = cli(
            "connect", "koctas", "--name", SHOP, "--base-url", address, "--set", f"shop_id={held['shop_id']}", "--secrets-from", str(secrets)
        )  # fmt: skip
        assert done.exit_code == 0, done.output
        assert cli("sync", SHOP, "--orders").exit_code == 0
        yield control


def rows(room: httpx.Client) -> dict[str, dict[str, Any]]:
    return {one["remote_id"]: one for one in room.get("/orders").json()}


def test_orders_are_taken_and_again_is_harmless(cli: Cli, room: httpx.Client) -> None:
    first, second = list(rows(room))[:2]
    for _ in range(2):
        done = cli("accept", first, second)
        assert done.exit_code == 0, done.output
    assert f"{SHOP}: order {first} was accepted." in done.output
    assert rows(room)[first]["status"] != "WAITING_ACCEPTANCE"
    late = cli("accept", first, "--refuse")
    assert (late.exit_code, "decided this order already" in late.output) == (1, True)
    told = [
        (one["action"], one["outcome"], one["details"]["taken"] > 0)
        for one in cli.json("audit", "--action", "service.accepted")
    ]
    assert sorted(told) == [("service.accepted", "done", True)] * 4 + [("service.accepted", "refused", False)]


def test_one_that_is_not_there_does_not_keep_the_others(cli: Cli, room: httpx.Client) -> None:
    order = next(iter(rows(room)))
    done = cli.json("accept", "yok", order, exit_code=1)
    assert [one.get("state", one.get("error")) for one in done] == ["no_order", "done"]


def test_lines_are_named_and_whole_orders_refused(cli: Cli, room: httpx.Client) -> None:
    found = rows(room)
    partly = next(key for key, one in found.items() if len(one["lines"]) > 1)
    other = next(key for key in found if key != partly)
    taken = found[partly]["lines"][0]["remote_id"]
    done = cli("accept", partly, "--line", taken)
    assert done.exit_code == 0, done.output
    assert f"1 of {len(found[partly]['lines'])} lines" in done.output
    assert cli("accept", other, "--refuse").exit_code == 0
    assert rows(room)[other]["status"] == "REFUSED"
    assert cli("accept", other, partly, "--line", taken).exit_code == 2
    assert cli("accept", other, "--line", "x", "--refuse").exit_code == 2
    assert cli("accept", other, "--line", "x").exit_code == 2
