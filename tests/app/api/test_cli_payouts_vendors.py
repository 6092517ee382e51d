"""`paxzar payouts` with the rehearsal Hepsiburada and Amazon: what their accounts say of orders that the store knows."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.console import utc_now
from providers.sandboxes import amazon_sp, hepsiburada
from providers.sandboxes.kit import Sandbox
from tests.app.api.conftest import Cli
from tests.support.serving import serve


def data(cli: Cli, *args: str) -> dict[str, Any]:
    done = cli("payouts", *args, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("integration", "create", "reasons"),
    [
        # What fell due within the fake's four weeks is paid.
        ("hepsiburada", hepsiburada.create, {"paid", "waiting"}),
        ("amazon_turkiye", amazon_sp.create, {"waiting", "returned"}),
    ],
)
def test_expected_against_paid(
    cli: Cli, tmp_path: Path, integration: str, create: Callable[..., Sandbox], reasons: set[str]
) -> None:
    with serve(create(seed=3).app) as address, httpx.Client(base_url=address, timeout=60) as control:
        control.post("/_control/reset", json={"orders": 60, "listings": 5, "seed": 3})
        control.post("/_control/limits", json={"on": False})
        secrets = tmp_path / "secrets.json"
        secrets.write_text(json.dumps(control.get("/_control/credentials").json()), encoding="utf-8")
        done = cli("connect", integration, "--name", "Dükkân", "--base-url", address, "--secrets-from", str(secrets))
        assert done.exit_code == 0, done.output
        assert cli("sync").exit_code == 0
        since = f"{utc_now() - timedelta(days=28):%Y-%m-%d}"
        first = data(cli, "--sync", "--since", since)
        assert first["read"][0]["outcome"] == "done"
        assert first["read"][0]["new"] > 0
        assert data(cli, "--sync", "--since", since)["read"][0]["new"] == 0
        known = [row for row in first["orders"] if row["total"] is not None]
        assert known
        for one in known:
            assert one["sale"] == one["total"]
            assert Decimal(one["commission"]) < 0 or Decimal(one["returned"]) < 0
        assert set(first["reasons"]) - {"no_order"} == reasons
        paid = sum(Decimal(one["paid"]) for one in first["orders"])
        told = data(cli, "--by", "payouts")["payouts"]
        assert (paid > 0) == ("paid" in reasons)
        assert told
        if "paid" in reasons:
            assert sum(Decimal(one["due"]) for one in told) == paid
