"""`paxzar plan new --sheet`, `sheet in FILE` and `sheet out --out` from the outside: out, edited, back as a plan; nothing sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from providers.sandboxes.trendyol import create
from tests.app.api.conftest import Cli
from tests.support.serving import serve

NAME = "Şık Dükkân"


@pytest.fixture(scope="module")
def channel() -> Iterator[httpx.Client]:
    with serve(create(seed=3).app) as address, httpx.Client(base_url=address, timeout=60) as control:
        yield control


@pytest.fixture
def desk(cli: Cli, channel: httpx.Client, tmp_path: Path) -> Cli:
    channel.post("/_control/reset", json={"orders": 2, "listings": 12, "seed": 3})
    channel.post("/_control/limits", json={"on": False})
    held = {k: v for k, v in channel.get("/_control/credentials").json().items() if v}
    secrets = tmp_path / "secrets.json"
    secrets.write_text(json.dumps(held), encoding="utf-8")
    connect = ["connect", "trendyol", "--name", NAME, "--base-url", str(channel.base_url).rstrip("/")]
    assert cli(*connect, "--secrets-from", str(secrets)).exit_code == 0
    assert cli("sync", NAME, "--listings").exit_code == 0
    return cli


def test_out_edited_and_back(desk: Cli, channel: httpx.Client, tmp_path: Path) -> None:
    path, count = tmp_path / "fiyat.csv", len(channel.get("/_control/listings").json())
    assert desk.json("sheet", "out", "--connection", NAME, "--out", str(path))["rows"] == count
    assert desk("sheet", "out", "--out", str(path)).exit_code == 1, "a file that is there is not overwritten"
    made = desk.json("sheet", "in", str(path), "--connection", NAME)
    assert (made["kind"], made["totals"]["looked"], made["totals"]["same"]) == ("sheet", count, count)
    assert desk.json("plan", "show", str(made["id"]))["lines"] == []

    sku = channel.get("/_control/listings").json()[0]["sku"]
    rows = ["SKU;Fiyat", f"{sku};1,50", "yok;5", f"{sku}X;fiyat sor"]
    path.write_text("\n".join(rows), encoding="utf-8")
    made = desk.json("plan", "new", "--sheet", str(path), "--connection", NAME, exit_code=1)
    assert [one["name"] for one in made["import"]["unknown"]] == ["yok"]
    assert [one["params"]["cell"] for one in made["import"]["troubles"]] == ["B4"]
    lines = desk.json("plan", "show", str(made["id"]))["lines"]
    assert [(one["sku"], one["new"].split()[0], one["state"]) for one in lines] == [(sku, "1.50", "held")]
    assert desk.json("outbox")["counts"] == {}

    path.write_text("Kod;Para\n" + sku + ";1.249\n", encoding="utf-8")
    asked = desk.json("sheet", "in", str(path), exit_code=1)
    assert [one["code"] for one in asked["doubts"]] == ["pricesheet.columns"]
    mapped = ["sheet", "in", str(path), "--map", "sku=Kod", "--map", "price=Para"]
    assert [one["code"] for one in desk.json(*mapped, exit_code=1)["doubts"]] == ["pricesheet.sign"]
    made = desk.json(*mapped, "--decimal", ",")
    lines = desk.json("plan", "show", str(made["id"]))["lines"]
    assert [one["new"].split()[0] for one in lines] == ["1249.00"]
    assert desk.json("sheet", "in", str(path))["import"]["columns"] == {"sku": "Kod", "price": "Para"}


@pytest.mark.parametrize(
    "args",
    [("plan", "new"), ("plan", "new", "--sheet", "x.csv", "--formula", "1"), ("sheet", "out"), ("sheet", "in", "N", "f", "--map", "a=b")],
    ids=["nothing", "two", "out", "in"],
)  # fmt: skip
def test_what_does_not_go_together_is_wrong_usage(cli: Cli, args: tuple[str, ...]) -> None:
    assert cli(*args).exit_code == 2
