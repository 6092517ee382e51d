"""The command line where it used to say too little or the wrong thing: work that is left, trouble before a pull, amounts
below zero, listings without a SKU, accounts that are there already."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import httpx
import pytest

from app.store.workspace import Workspace
from tests.support.serving import serve


def queued_price(cli, name="Dükkân"):
    cli.json("sync", "--listings")
    listing = next(one for one in cli.json("listings") if one["sku"])
    cli.json("price", "set", name, listing["sku"], "1249,90")
    return listing


def test_a_drain_that_leaves_work_says_what_and_when(connected, shop):
    queued_price(connected)
    shop.control.post("/_control/faults", json={"kind": "status", "status": 503, "path": "/batch", "count": -1})
    left = connected("outbox", "--drain")
    assert left.exit_code == 1, left.output
    assert "1 change is waiting. It goes on: " in left.output
    told = connected.json("outbox", "--drain", exit_code=1)  # its turn has not come yet
    (one,) = told["left"]
    assert (one["connection"], one["queued"], one["pending"]) == ("Dükkân", 1, 0)
    assert one["next_at"].endswith("Z")
    shop.control.delete("/_control/faults")


def test_a_drain_that_ends_its_work_is_a_success(connected):
    queued_price(connected)
    done = connected("outbox", "--drain")
    assert done.exit_code == 0, done.output
    assert "waiting" not in done.output.replace("0 waiting", "")
    assert connected.json("outbox", "--drain")["left"] == []


# -- amounts and listings ------------------------------------------------------------------------------------------------
def test_an_amount_below_zero_gets_a_sentence_of_ours(connected):
    listing = queued_price(connected)
    for amount in ("-5", "-5,50", "-0.01"):
        told = connected("price", "set", "Dükkân", listing["sku"], amount)
        assert told.exit_code == 2
        assert f"“{amount}” is less than zero. A price is 0 or more." in told.output
        assert "No such option" not in told.output
    told = connected("stock", "set", "Dükkân", listing["sku"], "-3")
    assert (told.exit_code, "“-3” is less than zero. Stock is 0 or more." in told.output) == (2, True)
    assert connected("price", "set", "Dükkân", listing["sku"], "5", "--no-such").exit_code == 2


def test_a_listing_without_a_sku_is_named_by_barcode_or_id(connected, shop):
    connected.json("sync", "--listings")
    one, two = connected.json("listings")[:2]
    (queued,) = connected.json("price", "set", "Dükkân", one["remote_id"], "12.34")
    assert (queued["remote_id"], queued["value"]) == (one["remote_id"], "12.34 TRY")
    (queued,) = connected.json("stock", "set", "Dükkân", two["remote_id"], "4", "--by", "id")
    assert queued["remote_id"] == two["remote_id"]
    refused = connected("price", "set", "Dükkân", one["remote_id"], "12.34", "--by", "sku")
    assert (refused.exit_code, one["remote_id"] in refused.output) == (1, True)
    if one["barcode"]:
        (queued,) = connected.json("price", "set", "Dükkân", one["barcode"], "12.35", "--by", "barcode")
        assert queued["remote_id"] == one["remote_id"]


def test_what_could_be_two_listings_is_told_and_left_alone(connected):
    connected.json("sync", "--listings")
    one, two = connected.json("listings")[:2]
    with closing(sqlite3.connect(Workspace(connected.folder).store)) as conn, conn:
        conn.execute("UPDATE listings SET barcode = ? WHERE remote_id = ?", (one["sku"], two["remote_id"]))
    told = connected("price", "set", "Dükkân", one["sku"], "9.99")
    assert told.exit_code == 1
    assert "2 different listings" in told.output
    assert one["remote_id"] in told.output
    assert two["remote_id"] in told.output
    assert connected.json("outbox")["counts"] == {}
    (queued,) = connected.json("price", "set", "Dükkân", one["sku"], "9.99", "--by", "sku")
    assert queued["remote_id"] == one["remote_id"]


# -- trouble -------------------------------------------------------------------------------------------------------------
def test_a_failed_pull_does_not_begin_with_nothing_new(connected, shop):
    shop.control.post("/_control/faults", json={"kind": "status", "status": 401, "path": "/orders", "count": -1})
    told = connected("sync", "--orders")
    shop.control.delete("/_control/faults")
    assert told.exit_code == 1
    assert "0 new" not in told.output
    assert "key was refused" in told.output


def test_a_page_or_a_json_body_is_not_quoted_as_the_vendor_s_words(connected, shop):
    for body in ("<!doctype html><html><body><h1>Bad Gateway</h1></body></html>", '{"trace":"x","nested":{"a":[1]}}'):
        fault = {"kind": "status", "status": 400, "path": "/orders", "count": 1, "body": body}
        shop.control.post("/_control/faults", json=fault)
        told = connected("sync", "--orders").output
        assert "{" not in told
        assert "<h1>" not in told
        assert "trace" not in told
    shop.control.delete("/_control/faults")


def test_a_connection_test_that_fails_says_that_nothing_was_kept(cli, shop, tmp_path):
    secrets = tmp_path / "s.json"
    wrong = {k: v[:-4] + "0000" for k, v in shop.secrets.items()}
    connect = ("connect", "woocommerce", "--name", "Yeni", "--base-url", shop.address, "--secrets-from", str(secrets))
    secrets.write_text(json.dumps(wrong), encoding="utf-8")
    told = cli(*connect, "--test")
    assert told.exit_code == 1
    assert "Yeni · connection test: The key was refused." in told.output
    assert "Yeni was not kept." in told.output
    secrets.write_text(json.dumps(shop.secrets), encoding="utf-8")
    good = cli(*connect, "--test")
    assert good.exit_code == 0, good.output
    assert "the key was tested and works" in good.output


# -- the same shop twice -------------------------------------------------------------------------------------------------
def test_a_second_account_of_one_shop_is_never_made_unseen(connected, shop, tmp_path):
    secrets = tmp_path / "again.json"
    secrets.write_text(json.dumps(shop.secrets), encoding="utf-8")
    args = (
        "connect",
        "woocommerce",
        "--name",
        "İkinci",
        "--base-url",
        shop.address + "/",
        "--secrets-from",
        str(secrets),
    )
    told = connected(*args)
    assert told.exit_code == 1
    assert "The connection “Dükkân” has this shop already" in told.output
    assert '--account "Dükkân"' in told.output
    assert "--again" in told.output
    assert [c["name"] for c in connected.json("connections")] == ["Dükkân"]
    assert connected.json("connect", "woocommerce", "--name", "Ortak", "--account", "Dükkân")["name"] == "Ortak"
    made = connected(*args, "--again")
    assert made.exit_code == 0, made.output


# -- permissions ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def shopify(tmp_path):
    from providers.sandboxes.shopify import create

    with serve(create(seed=3, orders=2, listings=2).app) as address, httpx.Client(base_url=address) as control:
        held = {k: v for k, v in control.get("/_control/credentials").json().items() if v}
        (tmp_path / "shopify.json").write_text(
            json.dumps({k: held[k] for k in ("client_secret", "access_token") if k in held}), encoding="utf-8"
        )
        pairs = [x for k in ("client_id", "shop_domain") if k in held for x in ("--set", f"{k}={held[k]}")]
        files = ("--base-url", address, "--secrets-from", str(tmp_path / "shopify.json"))
        yield control, ("connect", "shopify", "--name", "Vitrin", *pairs, *files)


def test_a_permission_that_the_app_lacks_is_told_in_plain_words(cli, shopify):
    control, connect = shopify
    control.post("/_control/switch", json={"feature": "no_scope:read_orders", "on": True})
    told = cli(*connect, "--test")
    assert told.exit_code == 0, told.output
    assert "Needed: read_orders." in told.output
    probed = cli("probe", "Vitrin")
    assert probed.exit_code == 0, probed.output
    assert "Needed: read_orders." in probed.output
    pulled = cli("sync", "--orders")
    assert (pulled.exit_code, "read_orders" in pulled.output) == (1, True)
