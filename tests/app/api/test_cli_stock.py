"""`paxzar stock` from the outside, against a rehearsal Trendyol: counted, ruled, read from a sheet, and at the channel."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from providers.sandboxes.trendyol import create
from tests.app.api.conftest import Cli
from tests.support.serving import serve

NAME = "Şık Dükkân"


def test_counts_rules_and_sheets_reach_the_channel(cli: Cli, tmp_path: Path) -> None:
    with serve(create(seed=3).app) as address, httpx.Client(base_url=address, timeout=60) as channel:
        channel.post("/_control/reset", json={"orders": 2, "listings": 12, "seed": 3})
        channel.post("/_control/limits", json={"on": False})
        secrets = tmp_path / "secrets.json"
        held = {k: v for k, v in channel.get("/_control/credentials").json().items() if v}
        secrets.write_text(json.dumps(held), encoding="utf-8")
        connect = ["connect", "trendyol", "--name", NAME, "--base-url", address]
        assert cli(*connect, "--secrets-from", str(secrets)).exit_code == 0
        assert cli("sync", NAME, "--listings").exit_code == 0
        goods = channel.get("/_control/listings").json()
        skus = [one["sku"] for one in goods[:3]]

        def truth() -> dict[str, int]:
            return {one["sku"]: int(one["stock"]) for one in channel.get("/_control/listings").json()}

        assert cli.json("stock", "show") == []
        assert cli("stock", "on-hand", skus[0], "beş").exit_code == 2
        assert cli("stock", "on-hand", skus[0], "-5").exit_code == 2
        assert cli("stock", "on-hand", skus[0], "0").exit_code == 2  # asked first
        assert cli("stock", "buffer", skus[0], "3").exit_code == 2  # not managed yet
        made = cli.json("stock", "on-hand", skus[0], "777")
        assert (made["on_hand"], made["available"], made["queued"]) == (777, 777, 1)
        assert cli.json("stock", "buffer", skus[0], "7")["available"] == 770
        rule = cli.json("stock", "rule", NAME, "--percent", "50", "--max", "300")
        assert (rule["percent"], rule["most"], rule["queued"]) == (50, 300, 1)
        assert cli("stock", "rule", NAME, "--percent", "101").exit_code == 2
        sheet = tmp_path / "sayım.csv"
        sheet.write_text(f"Kod;Depo;Tampon\n{skus[1]};40;\n{skus[2]};0;\nyok-1;3;1\n{skus[1]};4;\n", encoding="utf-8")
        done = cli("stock", "sheet", str(sheet), "--map", "sku=Kod; on_hand=Depo", "--json")
        told = json.loads(done.stdout)
        assert (done.exit_code, told["rows"], told["taken"], told["zeros"]) == (1, 4, 2, [skus[2]])
        assert (told["new"], told["unlisted"]) == ([skus[1], "yok-1"], ["yok-1"])
        assert [one["params"]["why"] for one in told["troubles"]] == ["sheet_twice"]
        shown = cli.json("stock", "show", skus[0])
        assert [(one["connection"], one["should"], one["told"]) for one in shown["channels"]] == [(NAME, 300, True)]
        assert cli.json("outbox", NAME, "--drain")["left"] == []
        assert {sku: truth()[sku] for sku in skus[:2]} == {skus[0]: 300, skus[1]: 20}
        assert cli.json("stock", "push") == {"queued": 0}
        assert "770" in cli("stock", "show").stdout
