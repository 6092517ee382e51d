"""The headless program from the outside: commands, exit codes, JSON shapes, sentences, against a real rehearsal server."""

from __future__ import annotations

import json
import re

import pytest

from app.cli import main
from tests.app.api.conftest import Cli


def test_every_command_has_help(cli):
    assert cli("--help", workspace=False).exit_code == 0
    for name in main.commands:
        result = cli(name, "--help", workspace=False)
        assert result.exit_code == 0, name
        assert len(result.output) > 40


def test_catalogue_as_json(cli):
    result = cli("catalogue", "--json", workspace=False)
    entries = json.loads(result.stdout)
    assert len(entries) == 129
    assert set(entries[0]) == {
        "id", "name", "aliases", "category", "website", "readiness", "evidence", "capabilities", "tier",
    }  # fmt: skip
    only = json.loads(cli("catalogue", "--json", "--category", "cargo", workspace=False).stdout)
    assert len(only) == 17
    ready = json.loads(cli("catalogue", "--json", "--readiness", "live", workspace=False).stdout)
    assert {"trendyol", "woocommerce", "shopify", "amazon_turkiye"} <= {e["id"] for e in ready}


def test_from_connection_to_settled_price(connected, shop):
    cli = connected
    (row,) = cli.json("connections")
    assert row["name"] == "Dükkân"
    assert row["integration"] == "woocommerce"
    (probe,) = cli.json("probe", "Dükkân")
    assert probe["ok"] is True
    synced = cli.json("sync")
    assert [(s["kind"], s["new"]) for s in synced] == [("orders", 12), ("listings", 9)]
    truth = {o["remote_id"]: o for o in shop.control.get("/_control/orders").json()}
    orders = cli.json("orders")
    assert {o["remote_id"] for o in orders} == set(truth)
    for one in orders:
        assert one["number"] == truth[one["remote_id"]]["number"]
        assert [(x["sku"], x["quantity"]) for x in one["lines"]] == [
            (x["sku"], x["quantity"]) for x in truth[one["remote_id"]]["lines"]
        ]
    listing = cli.json("listings")[0]
    queued = cli.json("price", "set", "Dükkân", listing["sku"], "1249,90")
    assert queued[0]["value"] == "1249.90 TRY"
    assert cli.json("stock", "set", "Dükkân", listing["sku"], "7")[0]["kind"] == "stock"
    assert cli.json("outbox")["counts"] == {"queued": 2}
    drained = cli.json("outbox", "--drain")
    assert drained["counts"] == {"done": 2}
    goods = {g["sku"]: g for g in shop.control.get("/_control/listings").json()}
    assert goods[listing["sku"]]["price"] == "1249.90"
    assert goods[listing["sku"]]["stock"] == 7
    (state,) = cli.json("health")
    assert state["state"] == "healthy"
    assert state["calls_24h"] > 3
    assert state["goal_ms"] == 3000
    again = cli.json("sync", "--orders")
    assert again[0]["new"] == 0


def test_search_finds_turkish_letters(connected):
    cli = connected
    cli.json("sync", "--orders")
    for one in cli.json("orders"):
        last = one["buyer"].split()[-1]
        assert one["id"] in {o["id"] for o in cli.json("orders", "--search", last.replace("ı", "I").replace("i", "İ"))}
        break


def test_label_pdf_holds_the_address(connected, tmp_path):
    import pypdfium2

    cli = connected
    cli.json("sync", "--orders")
    one = next(o for o in cli.json("orders") if o["city"])
    out = tmp_path / "etiket.pdf"
    done = cli.json("label", one["number"], "--out", str(out))
    assert done == {"path": str(out), "orders": 1, "pages": 1}
    page = pypdfium2.PdfDocument(out)[0]
    text = " ".join(page.get_textpage().get_text_range().split())
    assert one["city"] in text
    assert one["number"] in text
    missing = cli("label", "no-such-order", "--out", str(out))
    assert missing.exit_code == 1
    assert "no-such-order" in missing.output


def test_fetch_one_order_again(connected):
    cli = connected
    cli.json("sync", "--orders")
    number = cli.json("orders")[0]["number"]
    assert cli.json("fetch", "Dükkân", number)["outcome"] == "done"
    lost = cli("fetch", "Dükkân", "99999999")
    assert lost.exit_code == 1
    assert "Dükkân" in lost.output


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("probe", "nobody"), 2, "nobody"),
        (("sync", "--since", "yesterday"), 2, "yesterday"),
        (("price", "set", "Dükkân", "PX-00001", "fiyat sor"), 2, "fiyat sor"),
        (("price", "set", "Dükkân", "PX-00001", "1.249"), 2, "1.249"),
        (("price", "set", "Dükkân", "PX-00001", "1,249"), 2, "1,249"),
        (("price", "set", "Dükkân", "PX-00001", "0"), 2, "--zero"),
        (("price", "set", "Dükkân", "PX-00001", "10.0051"), 2, "10.0051"),
        (("price", "set", "Dükkân", "PX-00001", "١٢٣"), 2, "١٢٣"),
        (("price", "set", "Dükkân", "PX-00001", "1e999"), 2, "1e999"),
        (("price", "set", "Dükkân", "PX-00001", "NaN"), 2, "NaN"),
        (("stock", "set", "Dükkân", "PX-00001", "2.5"), 2, "2.5"),
        (("stock", "set", "Dükkân", "no-such", "1"), 1, "no-such"),
        (("connect", "horoz_lojistik", "--name", "x"), 1, "Horoz"),
        (("connect", "gittigidiyor", "--name", "x"), 1, "GittiGidiyor"),
        (("connect", "nothing-like-it", "--name", "x"), 2, "nothing-like-it"),
        (("connect", "trendyol", "--name", "x", "--set", "no-equals"), 2, "no-equals"),
        (("connect", "trendyol", "--name", "x", "--set", "seller_id=abc"), 1, "seller_id"),
        (("connect", "woocommerce", "--name", "Dükkân", "--base-url", "ftp://x"), 1, "consumer_key"),
    ],
)
def test_wrong_usage_and_refusals(connected, args, code, says):
    connected.json("sync", "--listings")
    result = connected(*args)
    assert result.exit_code == code, result.output
    assert says in result.output
    assert "Traceback" not in result.output


def test_a_wrong_address_is_refused(cli, shop, tmp_path):
    secrets = tmp_path / "s.json"
    secrets.write_text(json.dumps(shop.secrets), encoding="utf-8")
    for address in ("ftp://shop.test", "http://", "http://user:pw@shop.test", "https://shop.test:99999"):
        result = cli("connect", "woocommerce", "--name", "x", "--base-url", address, "--secrets-from", str(secrets))
        assert result.exit_code == 1, address
        assert "Traceback" not in result.output


def test_a_wrong_key_names_connection_and_cure(cli, shop, tmp_path):
    secrets = tmp_path / "s.json"
    wrong = {k: re.sub(r"\w$", "0", v) for k, v in shop.secrets.items()}
    secrets.write_text(json.dumps(wrong), encoding="utf-8")
    connect = ("connect", "woocommerce", "--name", "Kötü", "--base-url", shop.address, "--secrets-from", str(secrets))
    refused = cli(*connect, "--test")
    assert refused.exit_code == 1
    assert cli.json("connections") == []
    assert cli(*connect).exit_code == 0
    probe = cli("probe", "Kötü")
    assert probe.exit_code == 1
    assert "Kötü" in probe.output
    assert "key" in probe.output
    for value in wrong.values():
        assert value not in probe.output + refused.output
    (state,) = cli.json("health")
    assert (state["state"], state["blame"]) == ("unhealthy", "key")


def test_secrets_come_from_standard_input_and_stay_out_of_sight(cli, shop):
    given = json.dumps(shop.secrets)
    args = ("connect", "woocommerce", "--name", "a", "--base-url", shop.address, "--secrets-from", "-", "--json")
    result = cli(*args, given=given)
    assert result.exit_code == 0, result.output
    everything = result.output + b"".join(p.read_bytes() for p in cli.folder.rglob("*") if p.is_file()).decode(
        "latin-1"
    )
    for value in shop.secrets.values():
        assert value not in everything
    assert cli("connect", "woocommerce", "--name", "b", "--secrets-from", "-", given="[1]").exit_code == 2
    assert cli("connect", "woocommerce", "--name", "b", "--secrets-from", "-", given="{").exit_code == 2


def test_a_wrong_password_opens_nothing(connected, tmp_path):
    connected.password.write_text("another one", encoding="utf-8")
    result = connected("connections")
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert connected("connections", workspace=False).exit_code in (0, 1)


def test_names_are_unique_and_accounts_shared_by_family_only(connected, shop):
    same = connected("connect", "woocommerce", "--name", "Dükkân", "--account", "Dükkân")
    assert same.exit_code == 1
    second = connected.json("connect", "woocommerce", "--name", "ikinci", "--account", "Dükkân")
    (first,) = [c for c in connected.json("connections") if c["name"] == "Dükkân"]
    assert second["account"] == first["account"]
    other = connected("connect", "trendyol", "--name", "t", "--account", "Dükkân")
    assert other.exit_code == 1


def test_a_switch_that_is_off_stops_writing(connected, shop, tmp_path):
    cli = connected
    cli.json("connect", "woocommerce", "--name", "salt okur", "--account", "Dükkân", "--switch", "price_sink=off")
    cli.json("sync", "salt okur", "--listings")
    result = cli("price", "set", "salt okur", "PX-00001", "10")
    assert result.exit_code == 1
    assert "salt okur" in result.output


def test_one_bad_order_does_not_cost_the_page(connected, shop):
    bad = shop.control.get("/_control/orders").json()[4]["remote_id"]
    shop.control.post("/_control/damage", json={"remote_id": bad})
    result = connected("sync", "--orders", "--json")
    (synced,) = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (synced["new"], synced["rejected"], synced["outcome"]) == (11, 1, "partly")
    assert "1" in result.stderr


def test_turkish_is_spoken(connected, tmp_path):
    cli = Cli(connected.folder, lang="tr")
    assert "sipariş" in cli("sync", "--orders").output
    assert "yok" in cli("probe", "kimse").output


def test_doctor_and_language(cli):
    result = cli("doctor", "--workspace", str(cli.folder), "--json", workspace=False)
    assert result.exit_code == 0, result.output
    assert {"python", "catalogue", "folder"} <= {c["check"] for c in json.loads(result.stdout)}
