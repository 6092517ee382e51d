"""`paxzar payouts` from the outside: read from a rehearsal Trendyol, three views, a sheet, what nobody tells."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from python_calamine import CalamineWorkbook

from app.console import utc_now
from app.contracts import Page
from app.model import Money, SettlementKind, SettlementLine
from app.store import AuditFilter, Store
from providers.sandboxes.trendyol import create
from tests.app.api.conftest import Cli
from tests.support.serving import serve


@pytest.fixture(scope="module")
def channel() -> Iterator[httpx.Client]:
    with serve(create(seed=3).app) as address, httpx.Client(base_url=address, timeout=60) as control:
        control.post("/_control/reset", json={"orders": 60, "listings": 5, "seed": 3})
        control.post("/_control/limits", json={"on": False})
        yield control


@pytest.fixture
def shop_cli(cli: Cli, channel: httpx.Client, tmp_path: Path) -> Cli:
    held = {k: v for k, v in channel.get("/_control/credentials").json().items() if v}
    secrets = tmp_path / "secrets.json"
    secrets.write_text(json.dumps(held), encoding="utf-8")
    connect = ["connect", "trendyol", "--name", "Şık Dükkân", "--base-url", str(channel.base_url).rstrip("/")]
    assert cli(*connect, "--secrets-from", str(secrets)).exit_code == 0
    return cli


def data(cli: Cli, *args: str) -> dict[str, Any]:
    done = cli("payouts", *args, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


async def put(folder: Path, *lines: SettlementLine) -> None:
    store = await Store.open(folder / "store.sqlite", now=utc_now)
    row = await store.connections.by_name("Şık Dükkân")
    assert row is not None
    await store.settlements.apply_page(row.id, row.account_id, Page(lines), now=utc_now())
    await store.close()


async def exports(folder: Path) -> list[dict[str, Any]]:
    store = await Store.open(folder / "store.sqlite", now=utc_now)
    try:
        return [one.details for one in await store.audit.query(AuditFilter(action="data.exported"))]
    finally:
        await store.close()


def test_read_compare_and_write(shop_cli: Cli, tmp_path: Path) -> None:
    assert shop_cli("sync").exit_code == 0
    since = f"{utc_now() - timedelta(days=12):%Y-%m-%d}"
    first = data(shop_cli, "--sync", "--since", since)
    assert first["tell"] == ["Şık Dükkân"]
    assert first["read"][0]["outcome"] == "done"
    assert first["read"][0]["new"] > 0
    assert data(shop_cli, "Şık Dükkân", "--sync", "--since", since)["read"][0]["new"] == 0
    assert first["orders"]
    one = next(row for row in first["orders"] if row["total"] is not None and Decimal(row["sale"]) > 0)
    assert Decimal(one["commission"]) < 0
    assert Decimal(one["expected"]) == Decimal(one["total"]) + sum(
        Decimal(one[name]) for name in ("returned", "commission", "cargo", "service_fee", "withheld", "other")
    )
    assert Decimal(one["difference"]) == Decimal(one["paid"]) - Decimal(one["expected"])
    assert sum(first["reasons"].values()) == len(first["orders"])
    (total,) = first["totals"]
    assert (total["currency"], total["orders"]) == ("TRY", len(first["orders"]))
    odd = data(shop_cli, "--odd")["orders"]
    assert len(odd) < len(first["orders"])
    assert data(shop_cli, "--search", one["order_number"])["orders"] == [one]
    assert data(shop_cli, "--since", "2099-01-01")["orders"] == []
    months = data(shop_cli, "--by", "months")["months"]
    assert sum(Decimal(row["commission"]) for row in months) < 0
    sheet = tmp_path / "hakediş.xlsx"
    assert data(shop_cli, "--out", str(sheet))["written"] == {"path": str(sheet), "rows": len(first["orders"])}
    book = CalamineWorkbook.from_path(str(sheet))
    assert book.sheet_names == ["By order", "By payout", "By month"]
    rows = book.get_sheet_by_name("By order").to_python()
    assert rows[0][:2] == ["Connection", "Order no."]
    assert len(rows) == len(first["orders"]) + 1
    assert {row[1] for row in rows[1:]} == {row["order_number"] for row in first["orders"]}
    flat = tmp_path / "months.csv"
    data(shop_cli, "--by", "months", "--out", str(flat))
    lines = list(csv.reader(flat.read_text(encoding="utf-8-sig").splitlines()))
    assert len(lines) == len(months) + 1
    assert lines[1][0] == "Şık Dükkân"
    assert [one["count"] for one in asyncio.run(exports(shop_cli.folder))] == [len(months), len(first["orders"])]


def test_words_for_people(shop_cli: Cli) -> None:
    at = utc_now() - timedelta(days=3)
    line = SettlementLine("t", SettlementKind.PAYMENT, Money(Decimal("-85.50"), "TRY"), at, payout_id="112360")
    asyncio.run(put(shop_cli.folder, line))
    done = shop_cli("payouts", "--by", "payouts")
    assert "112360" in done.output
    assert "85.50" in done.output
    assert "transfer differs" in done.output
    assert "1 payout." in done.output
    shop_cli.lang = "tr"
    done = shop_cli("payouts")
    assert done.exit_code == 0
    assert "0 sipariş." in done.output


def test_nobody_tells(cli: Cli) -> None:
    done = cli("payouts")
    assert done.exit_code == 0
    assert "None of these connections tells payouts" in done.output
    assert "Trendyol" in done.output
    assert cli("payouts", "Yok").exit_code == 2
    assert cli("payouts", "--since", "dün").exit_code == 2


def test_a_folder_that_is_not_there(shop_cli: Cli, tmp_path: Path) -> None:
    done = shop_cli("payouts", "--out", str(tmp_path / "no" / "x.csv"))
    assert done.exit_code == 1


def test_a_channel_that_fails_is_told(shop_cli: Cli, channel: httpx.Client) -> None:
    channel.post("/_control/faults", json={"kind": "status", "status": 401, "path": "/finance", "count": -1})
    try:
        done = shop_cli("payouts", "--sync")
        assert done.exit_code == 1
        assert "Şık Dükkân" in done.output
    finally:
        channel.delete("/_control/faults")
