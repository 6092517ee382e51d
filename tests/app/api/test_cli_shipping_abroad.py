"""`paxzar ship` abroad: customs details asked once, prices without a parcel, another carrier offered and never taken by itself,
and the rules for choosing as JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from providers.sandboxes.fedex import create as fedex
from providers.sandboxes.yurtici import create as yurtici
from tests.app.api.conftest import Cli
from tests.app.api.test_cli_shipping import fill, truth
from tests.app.shipping.making import GOOD, order
from tests.support.serving import serve

BERLIN = msgspec.structs.replace(
    GOOD, name="Hanna Weber", street="Torstrasse 12", district="", city="Berlin", postcode="10119", country="DE",
    phone="+49 30 1234567",
)  # fmt: skip


def connect(cli: Cli, control: httpx.Client, integration: str, name: str, folder: Path) -> None:
    held = {k: v for k, v in control.get("/_control/credentials").json().items() if v}
    secrets = folder / f"{integration}.json"
    secrets.write_text(json.dumps(held), encoding="utf-8")
    url = str(control.base_url).rstrip("/")
    done = cli("connect", integration, "--name", name, "--base-url", url, "--secrets-from", str(secrets))
    assert done.exit_code == 0, done.output


@pytest.fixture
def express() -> Iterator[httpx.Client]:
    with serve(fedex(seed=3).app) as address, httpx.Client(base_url=address) as control:
        control.post("/_control/limits", json={"on": False})
        yield control


@pytest.fixture
def home() -> Iterator[httpx.Client]:
    with serve(yurtici(seed=3).app) as address, httpx.Client(base_url=address) as control:
        control.post("/_control/limits", json={"on": False})
        yield control


def test_customs_are_asked_once_and_prices_make_nothing(cli: Cli, express: httpx.Client, tmp_path: Path) -> None:
    connect(cli, express, "fedex_kargo", "FedEx", tmp_path)
    asyncio.run(fill(cli.folder, order("1", ship_to=BERLIN), order("2", ship_to=BERLIN)))
    ship = ("ship", "S-1", "--carrier", "FedEx", "--weight", "800", "--desi", "1")
    first = cli.json(*ship, exit_code=1)
    assert [(one["field"], one["why"]) for one in first["refused"][0]["problems"]] == [("hs_code", "not_known"), ("made_in", "not_known")]  # fmt: skip
    assert "HS code: not known yet for SKU-1; type it once, it is remembered." in cli(*ship).output
    assert "an HS code has 6 to 12 digits" in cli(*ship, "--set", "hs_code=12").output
    priced = cli.json(*ship, "--prices")["prices"]
    assert priced[0]["carrier"] == "FedEx"
    assert priced[0]["rates"]
    assert all(one["service"] and one["price"] and one["currency"] for one in priced[0]["rates"])
    assert truth(express) == []
    done = cli.json(*ship, "--set", "hs_code=0902.40", "--set", "made_in:SKU-1=TR")
    assert [one["state"] for one in done["parcels"]] == ["labelled"]
    service = priced[0]["rates"][0]["service"]
    again = cli.json("ship", "S-2", "--carrier", "FedEx", "--weight", "800", "--desi", "1", "--set", f"service={service}")  # fmt: skip
    assert again["refused"] == []
    assert len(truth(express)) == 2


def test_a_carrier_that_tells_no_prices_says_so(cli: Cli, home: httpx.Client, tmp_path: Path) -> None:
    connect(cli, home, "yurtici_kargo", "YK", tmp_path)
    asyncio.run(fill(cli.folder, order("1")))
    told = cli("ship", "S-1", "--carrier", "YK", "--prices")
    assert told.exit_code == 2
    assert "YK tells no prices." in told.output
    assert truth(home) == []


def test_another_carrier_is_offered_and_only_taken_when_said(cli: Cli, home: httpx.Client, tmp_path: Path) -> None:
    with serve(yurtici(seed=4).app) as address, httpx.Client(base_url=address) as gone:
        connect(cli, gone, "yurtici_kargo", "YK", tmp_path)
    connect(cli, home, "yurtici_kargo", "Yedek", tmp_path)
    asyncio.run(fill(cli.folder, order("1"), order("2")))
    unasked = cli("ship", "S-2", "--carrier", "YK", "--patience", "0")  # nothing was known of it before
    assert 'paxzar ship S-2 --carrier "Yedek" --instead' in unasked.output
    assert cli("probe", "YK").exit_code == 1
    assert [(one["connection"], one["write_state"]) for one in cli.json("shipment", "list")] == [("YK", "queued")]
    offered = cli("ship", "S-1", "--carrier", "YK")
    assert offered.exit_code == 1
    assert "Another carrier is offered: Yedek" in offered.output
    assert truth(home) == []
    taken = cli.json("ship", "S-1", "--carrier", "YK", "--another")
    assert [one["connection"] for one in taken["parcels"]] == ["Yedek"]
    moved = cli.json("ship", "S-2", "--carrier", "Yedek", "--instead")
    assert [one["connection"] for one in moved["parcels"]] == ["Yedek"]
    again = cli.json("ship", "S-2", "--carrier", "Yedek", "--instead", exit_code=1)
    assert [one["reason"] for one in again["refused"]] == ["stays"]  # that carrier knows of it
    assert len(truth(home)) == 2


def test_rules_go_out_and_in_as_json(cli: Cli, home: httpx.Client, tmp_path: Path) -> None:
    connect(cli, home, "yurtici_kargo", "YK", tmp_path)
    rules = [
        {"carrier": "YK", "city": "İzmir", "most_weight_g": 5000, "on": False},
        {"carrier": "YK", "least_desi": "2.5", "most_total": 500, "own": True},
    ]
    set_ = ("carrier-rules", "set", "--from", "-")
    kept = cli.json(*set_, given=json.dumps(rules))
    assert kept == cli.json("carrier-rules", "list")
    assert kept == [
        {"carrier": "YK", "channel": "", "city": "İzmir", "own": False, "on": False, "most_weight_g": 5000},
        {"carrier": "YK", "channel": "", "city": "", "own": True, "on": True, "least_desi": "2.5", "most_total": "500"},
    ]
    assert cli.json(*set_, given=json.dumps(kept)) == kept
    wrong: list[Any] = [{"carrier": "YOK"}, {"carrier": "YK", "city": "Atlantis"}, {"carrier": "YK", "most_desi": -1}, {"carrier": "YK", "x": 1}, {"carrier": "YK", "most_weight_g": "1.5"}]  # fmt: skip
    for one in wrong:
        told = cli(*set_, given=json.dumps([{"carrier": "YK"}, one]))
        assert told.exit_code == 2
        assert "Rule 2" in told.output
    assert cli(*set_, given="{}").exit_code == 2
    assert cli(*set_, given="[").exit_code == 2
    assert cli.json("carrier-rules", "list") == kept
