"""`paxzar ship`, `shipment` and `track` from the outside, against a rehearsal carrier."""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pypdfium2
import pytest

from app.console import utc_now
from app.contracts import Page
from app.model import Order, OrderStatus
from app.store import Store
from providers.sandboxes.yurtici import create
from tests.app.api.conftest import Cli
from tests.app.shipping.making import GOOD, order
from tests.support.serving import serve


@pytest.fixture
def carrier() -> Iterator[httpx.Client]:
    with serve(create(seed=3).app) as address, httpx.Client(base_url=address) as control:
        control.post("/_control/limits", json={"on": False})
        yield control


@pytest.fixture
def dock(cli: Cli, carrier: httpx.Client, tmp_path: Path) -> Cli:
    held = {k: v for k, v in carrier.get("/_control/credentials").json().items() if v}
    secrets = tmp_path / "secrets.json"
    secrets.write_text(json.dumps(held), encoding="utf-8")
    connect = ["connect", "yurtici_kargo", "--name", "YK", "--base-url", str(carrier.base_url).rstrip("/")]
    assert cli(*connect, "--secrets-from", str(secrets)).exit_code == 0
    asyncio.run(
        fill(cli.folder, order("1"), order("2"), order("3", ship_to=msgspec.structs.replace(GOOD, phone="123")))
    )
    return cli


async def fill(folder: Path, *orders: Order) -> None:
    store = await Store.open(folder / "store.sqlite", now=utc_now)
    if await store.connections.by_name("Dükkân") is None:
        await store.accounts.add("shop", "woocommerce", "live")
        await store.connections.add("Dükkân", "woocommerce", "shop", "live")
    row = await store.connections.by_name("Dükkân")
    assert row is not None
    await store.orders.apply_page(row.id, "shop", Page(orders), now=utc_now())
    await store.close()


def truth(carrier: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = carrier.get("/_control/shipments").json()
    return found


def test_ship_track_label_and_list(dock: Cli, carrier: httpx.Client, tmp_path: Path) -> None:
    out = tmp_path / "labels.pdf"
    done = dock.json("ship", "S-1", "S-2", "--carrier", "YK", "--desi", "2,5", "--pieces", "2", "--out", str(out))
    assert [one["state"] for one in done["parcels"]] == ["labelled", "labelled"]
    assert done["refused"] == []
    rows = truth(carrier)
    assert {row["reference"] for row in rows} == {one["reference"] for one in done["parcels"]}
    assert [(row["desi"], row["count"]) for row in rows] == [("5", 2), ("5", 2)]
    pdf = pypdfium2.PdfDocument(out)
    texts = [page.get_textpage().get_text_range() for page in pdf]
    pdf.close()
    assert len(texts) == 4
    assert "Ayşe Yılmaz" in texts[0]
    assert done["parcels"][0]["reference"] in texts[0]
    assert "piece 1/2" in texts[0]
    carrier.post("/_control/clock", json={"advance": 7 * 3600})
    (tracked,) = dock.json("track", "YK")
    assert [one["state"] for one in tracked["parcels"]] == ["on_the_way", "on_the_way"]
    assert tracked["parcels"][0]["events"]
    assert tracked["parcels"][0]["channel_told"]
    waiting = dock.json("outbox", "Dükkân")
    assert [(one["kind"], one["state"]) for one in waiting["items"]] == [("shipment", "queued")] * 2
    listed = dock("shipment", "list", "--view", "on_the_way")
    assert listed.exit_code == 0
    assert "On the way" in listed.output
    assert "2 parcels" in listed.output
    again = dock("shipment", "label", "S-1", "--out", str(tmp_path / "again.pdf"))
    assert again.exit_code == 0, again.output
    assert (tmp_path / "again.pdf").exists()


def test_a_second_ship_makes_no_second_parcel(dock: Cli, carrier: httpx.Client) -> None:
    dock.json("ship", "S-1", "--carrier", "YK")
    again = dock("ship", "S-1", "--carrier", "YK")
    assert again.exit_code == 1
    assert "in a parcel already" in again.output
    assert len(truth(carrier)) == 1
    assert dock("ship", "S-1", "--carrier", "YK", "--second").exit_code == 0
    assert len(truth(carrier)) == 2


def test_a_wrong_field_is_named_corrected_in_place_and_remembered(dock: Cli, carrier: httpx.Client) -> None:
    first = dock.json("ship", "S-3", "--carrier", "YK", exit_code=1)
    assert [one["field"] for one in first["refused"][0]["problems"]] == ["phone"]
    told = dock("ship", "S-3", "--carrier", "YK")
    assert "Phone: no Turkish number." in told.output
    assert truth(carrier) == []
    assert dock("ship", "S-3", "--set", "phone=0555 111 22 33").exit_code == 0
    assert [row["phone"] for row in truth(carrier)] == ["05551112233"]
    asyncio.run(
        fill(
            dock.folder,
            order("3", status=OrderStatus.OPEN, updated_at=utc_now(), ship_to=msgspec.structs.replace(GOOD, phone="9")),
        )
    )
    assert dock("ship", "S-3", "--second").exit_code == 0
    assert [row["phone"] for row in truth(carrier)] == ["05551112233"] * 2


def test_proposals_are_taken_when_asked_for(dock: Cli, carrier: httpx.Client) -> None:
    swapped = msgspec.structs.replace(GOOD, city="34710", postcode="İstanbul")
    asyncio.run(fill(dock.folder, order("4", ship_to=swapped)))
    told = dock("ship", "S-4")
    assert told.exit_code == 1
    assert "Perhaps: City “İstanbul”, Post code “34710”." in told.output
    assert dock("ship", "S-4", "--fix").exit_code == 0
    assert [row["city"] for row in truth(carrier)] == ["İstanbul"]


def test_what_cannot_be_shipped_says_why(dock: Cli, carrier: httpx.Client) -> None:
    asyncio.run(fill(dock.folder, order("5", status=OrderStatus.CANCELLED), order("6", status=OrderStatus.PENDING)))
    told = dock("ship", "S-5", "S-6", "S-99")
    assert told.exit_code == 1
    for text in ("The order is cancelled", "payment is not confirmed", "S-99"):
        assert text in told.output
    assert dock("ship", "S-1", "--carrier", "Dükkân").exit_code == 2
    assert dock("ship", "S-1", "--carrier", "Yok").exit_code == 2
    assert dock("ship", "S-1", "--pieces", "100").exit_code == 2
    assert dock("ship", "S-1", "--set", "tax_number=1").exit_code == 2
    assert dock("ship", "S-1", "--desi", "viel").exit_code == 2
    assert truth(carrier) == []


def test_cash_on_delivery_uses_its_own_user(dock: Cli, carrier: httpx.Client) -> None:
    done = dock.json("ship", "S-1", "--carrier", "YK", "--cod")
    assert done["parcels"][0]["cash_on_delivery"] == "259.80"
    (row,) = truth(carrier)
    assert (row["payment"], row["cod_amount"]) == ("cod_cash", "259.80")


def test_cancel(dock: Cli, carrier: httpx.Client) -> None:
    dock.json("ship", "S-1", "--carrier", "YK")
    (row,) = dock.json("shipment", "cancel", "S-1")
    assert row["state"] == "cancelled"
    assert [one["status"] for one in truth(carrier)] == ["CNL"]
    assert dock("shipment", "cancel", "nothing").exit_code == 1
    assert dock("ship", "S-1", "--carrier", "YK").exit_code == 0


def test_a_lost_answer_is_waited_for(dock: Cli, carrier: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.jobs.carrying.LOOK_AFTER_S", 0.5)
    carrier.post("/_control/faults", json={"kind": "drop_after", "contains": "createShipment"})
    done = dock.json("ship", "S-1", "--carrier", "YK", "--patience", "20")
    assert done["parcels"][0]["state"] == "created"
    assert len(truth(carrier)) == 1


def test_a_refused_parcel_is_sent_again_and_not_made_twice(dock: Cli, carrier: httpx.Client) -> None:
    refusing = {"kind": "status", "status": 200, "contains": "createShipment", "body": refusal()}
    carrier.post("/_control/faults", json=refusing)
    first = dock("ship", "S-1", "--carrier", "YK")
    assert first.exit_code == 1
    assert "Refused by the carrier" in first.output
    again = dock.json("ship", "S-1", "--carrier", "YK")
    assert [one["state"] for one in again["parcels"]] == ["created"]
    assert len(dock.json("shipment", "list")) == 1
    assert len(truth(carrier)) == 1


def refusal() -> str:
    detail = "<shippingOrderDetailVO><cargoKey></cargoKey><errCode>82516</errCode><errMessage>Telefon hatalı</errMessage></shippingOrderDetailVO>"
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><n:createShipmentResponse'
        ' xmlns:n="http://yurticikargo.com.tr/ShippingOrderDispatcherServices"><ShippingOrderResultVO><outFlag>1</outFlag>'
        f"{detail}</ShippingOrderResultVO></n:createShipmentResponse></s:Body></s:Envelope>"
    )


def test_rules_choose_where_no_carrier_is_named(dock: Cli, carrier: httpx.Client, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.json"
    address = str(carrier.base_url).rstrip("/")
    assert (
        dock(
            "connect",
            "yurtici_kargo",
            "--name",
            "YK2",
            "--base-url",
            address,
            "--secrets-from",
            str(secrets),
            "--again",
        ).exit_code
        == 0
    )
    assert "not clear which carrier" in dock("ship", "S-1").output
    assert dock("shipment", "rules", "--add", "carrier=YK2,city=İstanbul,most_desi=5").exit_code == 0
    listed = dock.json("shipment", "rules", "--add", "carrier=YK")
    assert [one["carrier"] for one in listed] == ["YK2", "YK"]
    done = dock.json("ship", "S-1", "--desi", "2")
    assert done["parcels"][0]["connection"] == "YK2"
    done = dock.json("ship", "S-2", "--desi", "20")
    assert done["parcels"][0]["connection"] == "YK"
    assert dock.json("shipment", "rules", "--remove", "1")[0]["carrier"] == "YK"
    assert dock("shipment", "rules", "--remove", "9").exit_code == 2
    assert dock("shipment", "rules", "--add", "city=İzmir").exit_code == 2
    told = dock("shipment", "rules")
    assert "1. YK – every order" in told.output


def test_everything_is_said_in_turkish_too(dock: Cli) -> None:
    dock.lang = "tr"
    told = dock("ship", "S-3")
    assert "Telefon: Türkiye numarası değil." in told.output
    assert "gönderi" in dock("shipment", "list").output


@pytest.mark.parametrize(("name", "pieces"), [("aras", "1"), ("aras", "3"), ("ptt", "1")])
def test_other_carriers_from_order_to_door(cli: Cli, tmp_path: Path, name: str, pieces: str) -> None:
    """Shipped, printed, tracked, called off; an answer that is lost makes no second parcel."""
    fake = importlib.import_module(f"providers.sandboxes.{name}").create(seed=3)
    with serve(fake.app) as address, httpx.Client(base_url=address) as control:
        held = {k: v for k, v in control.get("/_control/credentials").json().items() if v}
        secrets = tmp_path / "secrets.json"
        secrets.write_text(json.dumps(held), encoding="utf-8")
        connect = ["connect", f"{name}_kargo", "--name", "K", "--base-url", address, "--secrets-from", str(secrets)]
        done = cli(*connect)
        assert done.exit_code == 0, done.output
        asyncio.run(fill(cli.folder, order("1"), order("2"), order("3")))
        out = tmp_path / "labels.pdf"
        ship = ["--carrier", "K", "--desi", "2,5", "--weight", "1200", "--pieces", pieces]
        made = cli.json("ship", "S-1", *ship, "--out", str(out))
        assert [one["state"] for one in made["parcels"]] == ["labelled"], made
        (row,) = truth(control)
        pdf = pypdfium2.PdfDocument(out)
        texts = [page.get_textpage().get_text_range() for page in pdf]
        pdf.close()
        assert len(texts) == len(row["pieces"]) == int(pieces)
        assert all(code in text for code, text in zip(row["pieces"], texts, strict=True)), "each piece its own barcode"
        control.post("/_control/faults", json={"kind": "drop_after", "contains": "SetOrder" if name == "aras" else "kabulEkle2"})  # fmt: skip
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("app.jobs.carrying.LOOK_AFTER_S", 0.5)
            lost = cli.json("ship", "S-2", *ship, "--cod", "--patience", "20")
        assert [one["state"] for one in lost["parcels"]] == ["created"]
        assert [one["cod"] for one in truth(control)] == ["", "259.80"]
        cli.json("ship", "S-3", *ship)
        (gone,) = cli.json("shipment", "cancel", "S-3")
        assert gone["state"] == "cancelled"
        assert [one["cancelled"] for one in truth(control)] == [False, False, True]
        control.post("/_control/clock", json={"advance": 31 * 3600})
        (tracked,) = cli.json("track", "K")
        assert [one["state"] for one in tracked["parcels"]] == ["delivered", "delivered"]
        assert {one["tracking_number"] for one in tracked["parcels"]} == {
            one["tracking_number"] for one in truth(control)[:2]
        }
