"""`paxzar plan`, `cost`, `recipe` and `freeze` from the outside, against a rehearsal Trendyol: previewed, held, sent, taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

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


def truth(channel: httpx.Client) -> dict[str, Decimal]:
    return {one["sku"]: Decimal(one["price"]) for one in channel.get("/_control/listings").json()}


def lines(plan: dict[str, Any], state: str = "") -> dict[str, dict[str, Any]]:
    return {one["sku"]: one for one in plan["lines"] if not state or one["state"] == state}


def test_the_whole_way_to_the_channel_and_back(desk: Cli, channel: httpx.Client) -> None:
    before = truth(channel)
    made = desk.json("plan", "new", "--formula", "round_to(fiyat * 1,05; 0,90)", "--connection", NAME)
    assert (made["kind"], made["state"], made["totals"]["looked"]) == ("formula", "ready", len(before))
    number = str(made["id"])
    assert desk.json("outbox")["counts"] == {}
    shown = desk.json("plan", "show", number)
    wanted = {sku: Decimal(one["new"].split()[0]) for sku, one in lines(shown, "ready").items()}
    assert wanted
    assert all(str(price).endswith(".90") for price in wanted.values())
    applied = desk.json("plan", "apply", number)
    assert applied["queued"] == {NAME: len(wanted)}
    assert desk.json("outbox", NAME, "--drain")["left"] == []
    now = truth(channel)
    assert {sku: now[sku] for sku in wanted} == wanted
    shown = desk.json("plan", "show", number)
    assert shown["states"]["done"] == len(wanted)
    assert shown["connections"][0]["connection"] == NAME
    first, *others = wanted
    assert desk("price", "set", NAME, first, "777,70").exit_code == 0
    assert desk.json("outbox", NAME, "--drain")["left"] == []
    undone = desk.json("plan", "undo", number, exit_code=1)
    assert undone["read_back"] == {NAME: True}
    assert (undone["back"], undone["not_back"]) == (len(others), {"not_ours": 1})
    assert desk.json("outbox", NAME, "--drain")["left"] == []
    back = truth(channel)
    assert {sku: back[sku] for sku in others} == {sku: before[sku] for sku in others}
    assert back[first] == Decimal("777.70")
    listed = desk.json("plan", "list")
    assert [(one["kind"], one["undo_of"], one["undone_by"]) for one in listed] == [
        ("undo", made["id"], None),
        ("formula", None, listed[0]["id"]),
    ]
    told = desk("plan", "list").output
    assert "Taking back plan 1" in told
    assert "the channel no longer carries our price 1" in told


def test_what_the_channel_did_behind_our_back_is_found(desk: Cli, channel: httpx.Client) -> None:
    made = desk.json("plan", "new", "--formula", "price + 1")
    ready = list(lines(desk.json("plan", "show", str(made["id"])), "ready"))
    desk.json("plan", "apply", str(made["id"]))
    desk.json("outbox", NAME, "--drain")
    channel.post("/_control/reset", json={"orders": 2, "listings": 12, "seed": 3})  # all prices are the old ones again
    undone = desk.json("plan", "undo", str(made["id"]), exit_code=1)
    assert (undone["back"], undone["not_back"]) == (0, {"not_ours": len(ready)})


def test_costs_hold_lines_and_a_release_lets_them_go(desk: Cli, channel: httpx.Client) -> None:
    sku, other, *_ = truth(channel)
    assert "Is the cost" in desk("cost", "set", sku, "0").output
    assert desk("cost", "set", sku, "-5").exit_code == 2
    assert desk.json("cost", "set", sku, "100000", "--vat-rate", "20")["cost"] == "100000.00 TRY"
    assert (
        desk.json("cost", "set", other, "100", "--without-vat", "--vat-rate", "%20", "--floor", "1,5", "--desi", "2")[
            "cost"
        ]
        == "120.00 TRY"
    )
    assert [one["sku"] for one in desk.json("cost", "list")] == sorted([sku, other])
    made = desk.json("plan", "new", "--formula", "price * 1.02")
    number = str(made["id"])
    held = lines(desk.json("plan", "show", number, "--held"))
    assert held[sku]["held_for"] == ["under_cost"]
    told = desk("plan", "show", number, "--held").output
    assert "below cost" in told
    line = str(held[sku]["line"])
    assert desk("plan", "release", number).exit_code == 2
    assert desk("plan", "release", number, "--line", line, "--all").exit_code == 2
    assert desk.json("plan", "release", number, "--line", line) == {"released": 1}
    assert desk.json("plan", "release", number, "--line", line, exit_code=1) == {"released": 0}
    assert lines(desk.json("plan", "show", number))[sku]["state"] == "ready"
    entries = desk.json("audit", "--action", "price.wished")
    (entry,) = [one for one in entries if one["subject_kind"] == "plan"]
    assert entry["details"]["released"] is True
    missing = desk.json("plan", "new", "--formula", "maliyet / (1 - komisyon - 10%)", "--commission", "21%")
    assert missing["totals"]["reasons"]["missing:cost"] == len(truth(channel)) - 2
    assert "cost is not known" in desk("plan", "show", str(missing["id"]), "--held").output


@pytest.mark.parametrize(
    ("formula", "told"),
    [("1/0", "divided by zero"), ("__import__('os')", "cannot stand in a formula"), ("(" * 400 + "1" + ")" * 400, "may be nested"), ("1e999", "exponent"),
     ("price + 10%", "* (1 + …%)"), ("pirce", "Did you mean price?"), ("price * 1.249,90", "thousands"), ("", "empty")],
    ids=["zero", "import", "nested", "exponent", "percent", "typo", "thousands", "empty"],
)  # fmt: skip
def test_formulas_that_are_refused(desk: Cli, formula: str, told: str) -> None:
    found = desk("plan", "new", "--formula", formula)
    assert (found.exit_code, told in found.output) == (2, True), found.output
    assert "^" in found.output
    assert desk.json("plan", "list") == []


def test_recipes_filters_and_guards(desk: Cli, channel: httpx.Client) -> None:
    sku = next(iter(truth(channel)))
    assert desk("recipe", "list").output.startswith("No formula")
    assert desk("recipe", "save", "Zam", "fiyat * ").exit_code == 2
    assert desk("recipe", "save", "Zam", "fiyat * 2").exit_code == 0
    assert [one["formula"] for one in desk.json("recipe", "list")] == ["fiyat * 2"]
    assert "Zam" in desk("plan", "new", "--recipe", "yok").output
    made = desk.json("plan", "new", "--recipe", "Zam", "--filter", sku)
    assert (made["totals"]["looked"], made["totals"]["reasons"].get("jump")) == (1, 1)
    assert desk.json("plan", "apply", str(made["id"]))["queued"] == {}
    assert desk("plan", "new").exit_code == 2
    assert desk("plan", "guards", "--jump", "çok").exit_code == 2
    assert desk.json("plan", "guards", "--jump", "300", "--daily-cap", "1") == {
        "jump_percent": "300", "daily_cap": 1, "zero": True, "floor": True, "ceiling": True, "under_cost": True, "list_price": True,
    }  # fmt: skip
    made = desk.json("plan", "new", "--formula", "max(price; 1) * 1,01")
    capped = desk.json("plan", "apply", str(made["id"]), exit_code=1)
    assert (sum(capped["queued"].values()), capped["capped"] > 0) == (1, True)
    for wrong in ("show", "apply", "undo"):
        found = desk("plan", wrong, "99")
        assert (found.exit_code, "There is no plan 99" in found.output) == (1, True)
    assert desk("plan", "new", "--formula", "price", "--connection", "yok").exit_code == 2
    assert desk("plan", "new", "--formula", "price", "--commission", "21x").exit_code == 2


def test_freeze_holds_everything_and_says_so(desk: Cli, channel: httpx.Client) -> None:
    before = truth(channel)
    assert desk.json("freeze", NAME) == {"all": False, "connections": [NAME]}
    made = desk.json("plan", "new", "--formula", "price + 1")
    told = desk("plan", "apply", str(made["id"]))
    assert (told.exit_code, f"Sending to {NAME} is frozen" in told.output) == (0, True)
    assert desk("outbox", NAME, "--drain").exit_code == 1
    assert truth(channel) == before
    assert desk.json("unfreeze", NAME)["connections"] == []
    assert desk("freeze").exit_code == 0
    assert desk("unfreeze", NAME).exit_code == 1, "all are still frozen"
    assert desk.json("unfreeze")["all"] is False
    undone = desk.json("plan", "undo", str(made["id"]))
    assert undone["withdrawn"] > 0
    assert desk.json("outbox")["counts"].get("queued", 0) == 0
    assert truth(channel) == before
    entries = desk.json("audit", "--action", "settings.changed")
    assert "outbox.frozen" in json.dumps(entries)


def test_a_sheet_of_costs(desk: Cli, channel: httpx.Client, tmp_path: Path) -> None:
    sku, other, *_ = truth(channel)
    path = tmp_path / "Maliyetler.csv"
    path.write_text(f"SKU;Maliyet;KDV\n{sku};12,50;20\n{other};ucuz;20\nYOK-1;3;1\n", encoding="utf-8")
    found = desk.json("cost", "import", str(path), exit_code=1)
    assert (found["kept"], found["rows"], found["unknown_skus"]) == (2, 3, ["YOK-1"])
    assert [one["params"]["cell"] for one in found["troubles"]] == ["B3"]
    told = desk("cost", "import", str(path)).output
    assert "Maliyetler.csv · B3" in told
    assert "YOK-1" in told
    assert desk("cost", "import", str(tmp_path / "yok.csv")).exit_code == 1
    path.write_text("Belge;Mal\n1;2\n", encoding="utf-8")
    assert desk("cost", "import", str(path)).exit_code == 1
    turkish = Cli(desk.folder, "tr")
    assert "KDV dahil" in turkish("cost", "set", sku, "1,5").output
    assert "hiçbir bağlantıda yok" in turkish("cost", "set", "BAŞKA", "1,5").output
