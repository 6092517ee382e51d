"""`paxzar ship`, `track` and `shipment` with DHL eCommerce Türkiye and Sendeo: labels in the carrier's language, multi-piece, cash
on delivery, a lost answer, and cancelling."""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tests.app.api.conftest import Cli
from tests.app.api.test_cli_shipping import fill, truth
from tests.app.shipping.making import GOOD, order
from tests.support.serving import serve

CARRIERS = {"mng": "mng_kargo", "sendeo": "sendeo"}


@pytest.fixture(params=sorted(CARRIERS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def carrier(name: str) -> Iterator[httpx.Client]:
    sandbox = importlib.import_module(f"providers.sandboxes.{name}").create(seed=3)
    with serve(sandbox.app) as address, httpx.Client(base_url=address) as control:
        control.post("/_control/limits", json={"on": False})
        yield control


@pytest.fixture
def dock(cli: Cli, carrier: httpx.Client, name: str, tmp_path: Path) -> Cli:
    held = carrier.get("/_control/credentials").json()
    held |= {"email": "siparis@magaza.example"} if name == "mng" else {}
    secrets = tmp_path / "secrets.json"
    secrets.write_text(json.dumps(held), encoding="utf-8")
    connect = ["connect", CARRIERS[name], "--name", "Kargo", "--base-url", str(carrier.base_url).rstrip("/")]
    done = cli(*connect, "--secrets-from", str(secrets))
    assert done.exit_code == 0, done.output
    lost = msgspec.structs.replace(GOOD, district="Kadikoyy")
    asyncio.run(fill(cli.folder, order("1"), order("2"), order("3", ship_to=lost)))
    return cli


def counters(carrier: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = carrier.get("/_control/state").json()["counters"]
    return found


def test_from_order_to_parcel(dock: Cli, carrier: httpx.Client, tmp_path: Path) -> None:
    out = tmp_path / "labels.pdf"
    done = dock.json("ship", "S-1", "S-2", "--carrier", "Kargo", "--desi", "2,5", "--pieces", "2", "--out", str(out))
    assert [one["state"] for one in done["parcels"]] == ["labelled", "labelled"]
    rows = truth(carrier)
    assert {row["reference"] for row in rows} == {one["reference"] for one in done["parcels"]}
    assert [(row["desi"], row["count"], row["receiver"]) for row in rows] == [("6", 2, "Ayşe Yılmaz")] * 2
    labels = sorted(tmp_path.glob("*.zpl"))
    assert len(labels) == 4, "one a piece, in the printer's language"
    assert all(one.read_bytes().startswith(b"^XA") for one in labels)
    carrier.post("/_control/clock", json={"advance": 7 * 3600})
    (tracked,) = dock.json("track", "Kargo")
    assert [one["state"] for one in tracked["parcels"]] == ["on_the_way", "on_the_way"]
    assert tracked["parcels"][0]["events"]
    assert tracked["parcels"][0]["tracking_number"] in {row["tracking_number"] for row in rows}


def test_cash_on_delivery_and_cancelling(dock: Cli, carrier: httpx.Client) -> None:
    done = dock.json("ship", "S-1", "--carrier", "Kargo", "--cod", "--desi", "1")
    assert done["parcels"][0]["cash_on_delivery"] == "259.80"
    assert [float(row["cod"]) for row in truth(carrier)] == [259.8]
    (row,) = dock.json("shipment", "cancel", "S-1")
    assert row["state"] == "cancelled"
    assert [row["cancelled"] for row in truth(carrier)] == [True]
    assert dock("ship", "S-1", "--carrier", "Kargo", "--desi", "1").exit_code == 0


def test_a_district_that_does_not_exist_stops_before_the_carrier(dock: Cli, carrier: httpx.Client) -> None:
    told = dock("ship", "S-3", "--carrier", "Kargo", "--desi", "1")
    assert told.exit_code == 1
    assert "Kadıköy" in told.output
    assert truth(carrier) == []


def test_a_weight_of_nothing_names_the_field(dock: Cli, carrier: httpx.Client) -> None:
    told = dock("ship", "S-1", "--carrier", "Kargo")
    assert told.exit_code == 1
    assert "desi/kg > 0" in told.output
    assert truth(carrier) == []


def test_a_lost_answer_is_looked_up(
    dock: Cli, carrier: httpx.Client, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("app.jobs.carrying.LOOK_AFTER_S", 0.5)
    path = {"mng": "createOrder", "sendeo": "SETDELIVERY"}[name]
    carrier.post("/_control/faults", json={"kind": "drop_after", "path": path})
    done = dock.json("ship", "S-1", "--carrier", "Kargo", "--desi", "1", "--patience", "20")
    assert done["parcels"][0]["state"] == "labelled"
    assert counters(carrier)["shipments"] == 1
    assert counters(carrier).get(f"barcode:{done['parcels'][0]['reference']}", 1) == 1
