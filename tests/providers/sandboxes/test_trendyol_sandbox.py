"""The fake Trendyol against the sentences of reference/marketplaces-tr.md, over a real socket, with a bare HTTP client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from providers.sandboxes.trendyol import create
from providers.sandboxes.trendyol_state import unlisted_barcode
from tests.providers.sandboxes.trendyol_rig import PACKS, PRODUCTS, STOCK, Rig, error, rigged

ORDERS = "/integration/order/sellers/2738/orders"
DAY = 86_400_000


@pytest.fixture
def rig() -> Iterator[Rig]:
    with rigged() as one:
        yield one


# -- the door ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "agent", ["", "python-httpx/0.28", "2738", "2738 -", "9999 - SelfIntegration", "2738 - " + "a" * 31]
)
def test_user_agent_must_have_the_documented_form(rig: Rig, agent: str) -> None:
    assert rig.http.get(ORDERS, headers={"user-agent": agent}).status_code == 403


def test_wrong_key_wrong_seller_and_no_key_are_401(rig: Rig) -> None:
    key, secret = rig.box.credentials["api_key"], rig.box.credentials["api_secret"]
    for auth in ((key, "yanlış"), ("yanlış", secret), ("", "")):
        reply = rig.http.get(ORDERS, auth=auth)
        assert reply.status_code == 401
        assert error(reply)["exception"] == "ClientApiAuthenticationException"
    bare = rig.http.build_request("GET", ORDERS, headers={"authorization": "Basic %%%"})
    assert rig.http.send(bare, auth=None).status_code == 401
    assert rig.http.get(ORDERS.replace("2738", "2739")).status_code == 401
    assert rig.http.get(ORDERS).status_code == 200


def test_errors_may_be_plain_strings(rig: Rig) -> None:
    rig.control("switch", {"feature": "plain_errors", "on": True})
    assert isinstance(rig.http.get(ORDERS, params={"size": 201}).json()["errors"][0], str)


def test_fifty_calls_in_ten_seconds_per_endpoint(rig: Rig) -> None:
    statuses = [rig.http.get(ORDERS, params={"size": 1}).status_code for _ in range(51)]
    assert statuses == [200] * 50 + [429]
    refused = rig.http.get(ORDERS)
    assert error(refused)["key"] == "too.many.requests"
    assert "retry-after" not in refused.headers
    rig.control("switch", {"feature": "retry_after", "on": True})
    assert 1 <= int(rig.http.get(ORDERS).headers["retry-after"]) <= 11
    assert rig.http.get(ORDERS + "/stream").status_code == 200  # another endpoint
    rig.control("clock", {"advance": 10.5})
    assert rig.http.get(ORDERS).status_code == 200
    rig.control("limits", {"on": False})
    assert {rig.http.get(ORDERS, params={"size": 1}).status_code for _ in range(55)} == {200}


def test_addresses_once_an_hour_and_claim_decisions_five_a_minute(rig: Rig) -> None:
    path = "/integration/sellers/2738/addresses"
    assert [rig.http.get(path).status_code for _ in range(2)] == [200, 429]
    rig.control("clock", {"advance": 3601})
    assert rig.http.get(path).status_code == 200
    decide = "/integration/order/sellers/2738/claims/none/items/approve"
    calls = [rig.http.put(decide, json={"claimLineItemIdList": []}).status_code for _ in range(6)]
    assert calls == [404] * 5 + [429]


# -- reading orders ------------------------------------------------------------------------------------------------
def test_pages_cover_the_window_and_carry_exact_numbers(rig: Rig) -> None:
    end = rig.now
    start = end - 14 * DAY
    seen: list[Any] = []
    page = 0
    while True:
        args = {"startDate": start, "endDate": end, "orderByField": "CreatedDate", "orderByDirection": "ASC"}
        data = rig.get(ORDERS, page=page, size=7, **args)
        seen += data["content"]
        page += 1
        if page >= data["totalPages"]:
            break
    truth = {row["remote_id"]: row for row in rig.box.truth_orders()}
    placed = {k for k, row in truth.items() if datetime.fromisoformat(row["placed_at"]).timestamp() * 1000 >= start}
    assert {str(row["id"]) for row in seen} == placed
    assert len(seen) == data["totalElements"] == len(placed)
    assert [row["orderDate"] for row in seen] == sorted(row["orderDate"] for row in seen)
    for row in seen:
        wanted = truth[str(row["id"])]
        assert str(row["totalPrice"]) == wanted["total"]
        assert row["grossAmount"] - row["totalDiscount"] == row["totalPrice"]
        assert row["orderNumber"] == wanted["number"]
        assert [(line["merchantSku"], line["quantity"], str(line["price"])) for line in row["lines"]] == [
            (line["sku"], line["quantity"], line["unit_price"]) for line in wanted["lines"]
        ]


def test_order_date_is_three_hours_ahead_and_everything_else_is_gmt(rig: Rig) -> None:
    package = rig.new()
    row = next(r for r in rig.get(ORDERS, size=200)["content"] if r["id"] == package.id)
    assert row["orderDate"] == package.placed + 3 * 3_600_000
    assert row["lastModifiedDate"] == package.modified == row["packageHistories"][0]["createdDate"]
    assert abs(row["lastModifiedDate"] - rig.now) < 60_000


def test_windows_sizes_and_words_are_checked(rig: Rig) -> None:
    now = rig.now
    for params in (
        {"size": 201}, {"size": 0}, {"page": -1}, {"page": "x"}, {"status": "Gone"}, {"orderByField": "id"},
        {"startDate": now - 14 * DAY - 1, "endDate": now}, {"startDate": now, "endDate": now - 1}, {"orderByDirection": "asc"},
    ):  # fmt: skip
        assert rig.http.get(ORDERS, params=params).status_code == 400, params
    too_wide = {"lastModifiedStartDate": now - 15 * DAY, "lastModifiedEndDate": now}
    assert rig.http.get(ORDERS + "/stream", params=too_wide).status_code == 400
    assert rig.http.get(ORDERS + "/stream", params={"nextCursor": "???"}).status_code == 400


def test_without_dates_only_the_last_week_and_never_more_than_three_months(rig: Rig) -> None:
    shop = rig.box.shop
    old, ancient = shop.place(rig.now - 8 * DAY), shop.place(rig.now - 91 * DAY)
    ids = {row["id"] for row in rig.get(ORDERS, size=200)["content"]}
    assert not ids & {old.id, ancient.id}
    window = {"startDate": old.placed, "endDate": old.placed + DAY}
    assert old.id in {row["id"] for row in rig.get(ORDERS, size=200, **window)["content"]}
    window = {"startDate": ancient.placed, "endDate": ancient.placed + DAY}
    assert rig.get(ORDERS, **window)["content"] == []
    assert [r["id"] for r in rig.get(ORDERS, shipmentPackageIds=f"{old.id},1")["content"]] == [old.id]
    assert [r["id"] for r in rig.get(ORDERS, orderNumber=old.number)["content"]] == [old.id]


def test_status_filter_takes_a_list(rig: Rig) -> None:
    end = rig.now
    found = rig.get(ORDERS, status="Shipped,Delivered", startDate=end - 14 * DAY, endDate=end, size=200)["content"]
    assert {row["status"] for row in found} == {"Shipped", "Delivered"}


def test_past_ten_thousand_records_is_429_since_june_2026(rig: Rig) -> None:
    assert rig.http.get(ORDERS, params={"page": 50, "size": 200}).status_code == 200
    refused = rig.http.get(ORDERS, params={"page": 51, "size": 200})
    assert (refused.status_code, error(refused)["key"]) == (429, "too.many.requests")
    before = datetime.fromisoformat("2026-06-01T00:00:00+00:00").timestamp()
    rig.control("clock", {"advance": before - rig.box.clock.timestamp()})
    assert rig.http.get(ORDERS, params={"page": 51, "size": 200}).status_code == 200


def test_the_stream_walks_by_cursor_in_v2_names(rig: Rig) -> None:
    rig.box.touch_orders(10, 3)
    end = rig.now
    args = {"lastModifiedStartDate": end - 14 * DAY, "lastModifiedEndDate": end}
    seen: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        data = rig.get(ORDERS + "/stream", size=9, **args, **cursor)
        assert set(data) == {"content", "size", "hasMore", "nextCursor"}
        seen += data["content"]
        if not data["hasMore"]:
            break
        cursor = {"nextCursor": data["nextCursor"]}
    truth = {row["remote_id"]: row for row in rig.box.truth_orders()}
    wanted = {
        k for k, r in truth.items()
        if datetime.fromisoformat(r["updated_at"]).timestamp() * 1000 >= args["lastModifiedStartDate"]
    }  # fmt: skip
    assert {str(row["shipmentPackageId"]) for row in seen} == wanted
    assert len(seen) == len(wanted)
    assert [row["lastModifiedDate"] for row in seen] == sorted(row["lastModifiedDate"] for row in seen)
    for row in seen:
        assert "id" not in row
        assert str(row["packageTotalPrice"]) == truth[str(row["shipmentPackageId"])]["total"]
        assert str(row["lines"][0]["lineUnitPrice"]) == truth[str(row["shipmentPackageId"])]["lines"][0]["unit_price"]
        assert {"lineId", "stockCode", "contentId", "vatRate"} <= row["lines"][0].keys()


def test_shapes_may_be_mixed_and_records_may_be_damaged_or_hidden(rig: Rig) -> None:
    rig.control("switch", {"feature": "mixed_shapes", "on": True})
    rows = rig.get(ORDERS, size=200)["content"]
    assert {"id" in row for row in rows} == {True, False}
    assert all(("id" in row) != ("shipmentPackageId" in row) for row in rows)
    rig.control("switch", {"feature": "mixed_shapes", "on": False})
    rig.control("damage", {"remote_id": str(rows[0].get("id") or rows[0]["shipmentPackageId"])})
    assert sum(isinstance(row["lines"], str) for row in rig.get(ORDERS, size=200)["content"]) == 1
    rig.control("switch", {"feature": "empty_orders", "on": True})
    assert rig.get(ORDERS)["totalElements"] == 0
    assert rig.get(ORDERS + "/stream")["content"] == []
    assert len(rig.box.truth_orders()) == 60


def test_awaiting_packages_lack_fields_and_cannot_be_picked(rig: Rig) -> None:
    package = rig.new()
    rig.box.shop.set_status(package, "Awaiting")
    row = rig.get(ORDERS, shipmentPackageIds=str(package.id))["content"][0]
    assert (row["status"], row["shipmentAddress"], row["cargoTrackingNumber"]) == ("Awaiting", None, None)
    assert rig.move(package, "Picking").status_code == 400
    assert str(package.id) not in {row["reference"] for row in rig.box.truth_shipments()}


def test_records_move_between_two_pages(rig: Rig) -> None:
    before = len(rig.box.truth_orders())
    rig.control("between", [{"new": 2, "touch": 3, "seed": 5}])
    rig.get(ORDERS, size=5)
    assert len(rig.box.truth_orders()) == before + 2
    rig.get(ORDERS, size=5)
    assert len(rig.box.truth_orders()) == before + 2


def test_cancelling_moves_the_package_into_the_stream(rig: Rig) -> None:
    start = rig.now
    chosen = rig.box.truth_orders()[0]["remote_id"]
    rig.control("cancel", {"remote_id": chosen})
    found = rig.get(ORDERS + "/stream", lastModifiedStartDate=start, lastModifiedEndDate=rig.now)["content"]
    assert [(str(r["shipmentPackageId"]), r["status"]) for r in found] == [(chosen, "Cancelled")]


# -- packages ------------------------------------------------------------------------------------------------------
def test_picking_then_invoiced_and_nothing_else(rig: Rig) -> None:
    package = rig.new()
    assert rig.move(package, "Invoiced", invoiceNumber="PXZ2026000000001").status_code == 400  # not picked yet
    assert rig.move(package, "Shipped").status_code == 400
    done = rig.move(package, "Picking")
    assert (done.status_code, done.content) == (200, b"")
    assert rig.move(package, "Invoiced").status_code == 400  # no invoice number
    assert rig.move(package, "Invoiced", invoiceNumber="PXZ2026000000001").status_code == 200
    assert rig.move(package, "Picking").status_code == 400  # no way back
    assert [s for _, s in package.histories] == ["Created", "Picking", "Invoiced"]
    assert rig.box.counters()[f"status:{package.id}"] == 2
    assert rig.http.put(f"{PACKS}/1", json={}).status_code == 404


def test_status_needs_all_lines_with_their_quantities(rig: Rig) -> None:
    package = rig.new()
    line = package.lines[0]
    body = {"lines": [{"lineId": line.id, "quantity": line.quantity + 1}], "params": {}, "status": "Picking"}
    assert rig.put(package, "", body).status_code == 400
    assert rig.put(package, "", {"lines": [], "params": {}, "status": "Picking"}).status_code == 400
    assert rig.put(package, "", {"status": "Picking", "params": {}}).status_code == 400
    assert package.status == "Created"


def test_carrier_once_in_five_minutes_tracking_and_boxes(rig: Rig) -> None:
    package = rig.new()
    assert rig.put(package, "/cargo-providers", {"cargoProvider": "NOPE"}).status_code == 400
    assert rig.put(package, "/cargo-providers", {"cargoProvider": "YKMP"}).status_code == 200
    assert rig.put(package, "/cargo-providers", {"cargoProvider": "TEXMP"}).status_code == 429
    rig.control("clock", {"advance": 301})
    assert rig.put(package, "/cargo-providers", {"cargoProvider": "TEXMP"}).status_code == 200
    assert package.carrier == "Trendyol Express Marketplace"
    assert rig.put(package, "/update-tracking-number", {"trackingNumber": ""}).status_code == 400
    assert rig.put(package, "/update-tracking-number", {"trackingNumber": "7330000000099999"}).status_code == 200
    assert rig.put(package, "/box-info", {"boxQuantity": 0, "deci": 1}).status_code == 400
    assert rig.put(package, "/box-info", {"boxQuantity": 2, "deci": 4.4}).status_code == 200
    truth = next(row for row in rig.box.truth_shipments() if row["reference"] == str(package.id))
    assert (truth["tracking_number"], truth["boxes"]) == ("7330000000099999", 2)


def big_package(rig: Rig) -> Any:
    package = rig.new()
    while len(package.lines) < 2 or package.lines[0].quantity < 2:
        package = rig.new()
    return package


def test_unsupplied_leaves_the_rest_under_a_new_id(rig: Rig) -> None:
    package = big_package(rig)
    total, pieces = package.total, sum(line.quantity for line in package.lines)
    body = {"lines": [{"lineId": package.lines[0].id, "quantity": 1}], "reasonId": 500}
    assert rig.put(package, "/items/unsupplied", body | {"reasonId": 503}).status_code == 400
    before = set(rig.box.shop.packages)
    assert rig.put(package, "/items/unsupplied", body).status_code == 200
    (new_id,) = set(rig.box.shop.packages) - before
    row = rig.get(ORDERS, shipmentPackageIds=str(new_id))["content"][0]
    assert (row["originPackageIds"], row["createdBy"], row["orderNumber"]) == ([package.id], "cancel", package.number)
    assert sum(line["quantity"] for line in row["lines"]) == pieces - 1
    assert package.status == "UnSupplied"
    assert package.total + rig.box.shop.packages[new_id].total == total


def test_unsupplied_of_everything_makes_no_new_package(rig: Rig) -> None:
    package = rig.new()
    before = set(rig.box.shop.packages)
    lines = [{"lineId": line.id, "quantity": line.quantity} for line in package.lines]
    assert rig.put(package, "/items/unsupplied", {"lines": lines, "reasonId": 501}).status_code == 200
    assert (set(rig.box.shop.packages), package.status) == (before, "UnSupplied")


@pytest.mark.parametrize("how", ["split", "multi-split", "quantity-split"])
def test_split_gives_new_ids_linked_to_the_old_one(rig: Rig, how: str) -> None:
    package = big_package(rig)
    first = package.lines[0]
    bodies = {
        "split": {"orderLineIds": [first.id]},
        "multi-split": {"splitGroups": [{"orderLineIds": [first.id]}]},
        "quantity-split": {"quantitySplit": [{"orderLineId": first.id, "quantities": [1, first.quantity - 1]}]},
    }
    before = set(rig.box.shop.packages)
    assert rig.put(package, f"/{how}", bodies[how], "POST").status_code == 200
    made = [rig.box.shop.packages[i] for i in set(rig.box.shop.packages) - before]
    assert len(made) == (3 if how == "quantity-split" else 2)
    assert {(tuple(p.origins), p.created_by, p.number) for p in made} == {((package.id,), "split", package.number)}
    assert sum(p.total for p in made) == package.total
    assert package.status == "UnPacked"
    assert rig.put(package, f"/{how}", bodies[how], "POST").status_code == 400


def test_labels_only_for_three_carriers_after_picking_and_one_per_box(rig: Rig) -> None:
    package = rig.new()
    rig.put(package, "/cargo-providers", {"cargoProvider": "YKMP"})
    path = f"/integration/sellers/2738/common-label/{package.tracking}"
    ask = {"format": "ZPL", "boxQuantity": 2, "volumetricHeight": 1.5}
    rig.move(package, "Picking")
    assert rig.http.post(path, json=ask).status_code == 400
    package = rig.new()
    rig.put(package, "/cargo-providers", {"cargoProvider": "ARASMP"})
    path = f"/integration/sellers/2738/common-label/{package.tracking}"
    assert rig.http.post(path, json=ask).status_code == 400  # still Created
    rig.move(package, "Picking")
    assert rig.http.get(path).status_code == 404  # not asked for yet
    assert rig.http.post(path, json=ask).status_code == 200
    labels = rig.get(path)["data"]
    assert [label["format"] for label in labels] == ["ZPL", "ZPL"]
    assert all(
        x["label"].startswith("^XA") and x["label"].endswith("^XZ") and str(package.tracking) in x["label"]
        for x in labels
    )


def test_invoice_links_are_stored_once(rig: Rig) -> None:
    package = rig.new()
    path = "/integration/sellers/2738/seller-invoice-links"
    body = {
        "invoiceLink": "https://e.example.com/1.pdf", "shipmentPackageId": package.id, "invoiceDateTime": 1795421700,
        "invoiceNumber": "PXZ2026000000001",
    }  # fmt: skip
    assert rig.http.post(path, json=body | {"invoiceNumber": "PXZ1"}).status_code == 400
    assert rig.http.post(path, json=body | {"shipmentPackageId": 5}).status_code == 404
    assert [rig.http.post(path, json=body).status_code for _ in range(2)] == [201, 409]
    gone = {"serviceSourceId": package.id, "channelId": 1, "customerId": package.customer_id}
    assert rig.http.post(path + "/delete", json=gone | {"customerId": 1}).status_code == 400
    assert rig.http.post(path + "/delete", json=gone).status_code == 202
    file = {
        "data": {"shipmentPackageId": str(package.id)},
        "files": {"file": ("f.pdf", b"%PDF-1.7 x", "application/pdf")},
    }
    upload = "/integration/sellers/2738/seller-invoice-file"
    assert rig.http.post(upload, **file).status_code == 201
    assert rig.http.post(upload, **file).status_code == 409
    text = {"data": {"shipmentPackageId": str(package.id)}, "files": {"file": ("f.txt", b"x", "text/plain")}}
    assert rig.http.post(upload, **text).status_code == 400


# -- listings ------------------------------------------------------------------------------------------------------
def test_v2_lists_cover_the_truth_together(rig: Rig) -> None:
    rows: dict[str, dict[str, Any]] = {}
    token: dict[str, str] = {}
    while True:
        data = rig.get(PRODUCTS + "/approved/inventory-and-price", size=4, **token)
        rows |= {v["barcode"]: v for content in data["content"] for v in content["variants"]}
        if data["nextPageToken"] is None:
            break
        token = {"nextPageToken": data["nextPageToken"]}
    titles = {
        v["barcode"]: c["title"] for c in rig.get(PRODUCTS + "/approved", size=100)["content"] for v in c["variants"]
    }
    for row in rig.box.truth_listings():
        got = rows.pop(row["barcode"])
        assert (got["stockCode"], str(got["salePrice"]), str(got["listPrice"]), got["quantity"]) == (
            row["sku"], row["price"], row["list_price"], row["stock"],
        )  # fmt: skip
        assert titles[row["barcode"]] == row["title"]
    assert rows == {}


def test_listing_limits_filters_and_v1_retirement(rig: Rig) -> None:
    inventory = PRODUCTS + "/approved/inventory-and-price"
    assert rig.http.get(inventory, params={"size": 101}).status_code == 400
    assert rig.http.get(inventory, params={"status": "gone"}).status_code == 400
    assert rig.http.get(inventory, params={"page": 101, "size": 100}).status_code == 400
    assert rig.http.get(inventory, params={"nextPageToken": "x"}).status_code == 400
    sizes = {
        name: rig.get(inventory, status=name, size=100)["totalElements"]
        for name in ("archived", "locked", "blacklisted")
    }
    assert sizes == {"archived": 1, "locked": 1, "blacklisted": 0}
    first = rig.box.truth_listings()[0]
    assert rig.get(f"/integration/product/sellers/2738/product/{first['barcode']}")["stockCode"] == first["sku"]
    assert rig.http.get("/integration/product/sellers/2738/product/1").status_code == 404
    rig.control(
        "clock",
        {"advance": datetime.fromisoformat("2026-09-16T00:00:00+00:00").timestamp() - rig.box.clock.timestamp()},
    )
    assert rig.http.get(PRODUCTS).status_code == 404
    rig.control("switch", {"feature": "v1_products", "on": True})
    rig.box.clock.offset = 0.0
    data = rig.get(PRODUCTS, page=0, size=200, approved="true")
    assert data["totalElements"] == 45
    assert [r["title"] for r in rig.get(PRODUCTS, barcode=first["barcode"])["content"]] == [first["title"]]


def test_a_batch_lives_processing_then_item_results_then_gone_after_four_hours(rig: Rig) -> None:
    first, second = rig.box.truth_listings()[:2]
    reply = rig.push(
        {"barcode": first["barcode"], "quantity": 7, "salePrice": 199.90, "listPrice": 249.9},
        {"barcode": unlisted_barcode(1), "quantity": 1},
        {"barcode": second["barcode"], "quantity": 20_001},
        {"barcode": second["barcode"], "salePrice": 50, "listPrice": 49.99},
    )
    path = f"{PRODUCTS}/batch-requests/{reply.json()['batchRequestId']}"
    working = rig.get(path)
    assert (working["itemCount"], working["failedItemCount"]) == (4, 0)
    assert {item["status"] for item in working["items"]} == {"PROCESSING"}
    done = rig.get(path)
    assert "status" not in working
    assert "status" not in done
    assert [item["status"] for item in done["items"]] == ["SUCCESS", "FAILED", "FAILED", "FAILED"]
    assert [bool(item["failureReasons"]) for item in done["items"]] == [False, True, True, True]
    assert done["failedItemCount"] == 3
    assert done["items"][0]["requestItem"]["salePrice"] == Decimal("199.9")
    assert (rig.box.truth_listings()[0] | {"title": ""}) == first | {
        "title": "", "stock": 7, "price": "199.90", "list_price": "249.90",
    }  # fmt: skip
    assert rig.box.truth_listings()[1] == second
    counters = rig.box.counters()
    assert (counters["batches_taken"], counters["writes_applied"], counters[f"write:{first['sku']}"]) == (1, 1, 1)
    rig.control("clock", {"advance": 4 * 3600 + 1})
    assert rig.http.get(path).status_code == 404


def test_the_same_body_waits_fifteen_minutes(rig: Rig) -> None:
    item = {"barcode": rig.box.truth_listings()[0]["barcode"], "quantity": 3}
    assert rig.push(item).status_code == 200
    again = rig.push(item)
    assert again.status_code == 400
    assert "15 dakika" in error(again)["message"]
    assert rig.push(item | {"quantity": 4}).status_code == 200
    rig.control("clock", {"advance": 15 * 60 + 1})
    assert rig.push(item).status_code == 200


def test_a_batch_is_refused_whole_when_its_shape_is_wrong(rig: Rig) -> None:
    barcode = rig.box.truth_listings()[0]["barcode"]
    for items in ([], [{"barcode": barcode, "quantity": "5"}], [{"quantity": 1}], [{"barcode": barcode}] * 1001, ["x"]):
        assert rig.http.post(STOCK, json={"items": items}).status_code == 400
    assert rig.http.post(STOCK, content=b"{").status_code == 400
    assert rig.push(*[{"barcode": barcode, "quantity": 1}] * 1000).status_code == 200


def test_ignored_shared_and_refused_writes(rig: Rig) -> None:
    rows = rig.box.truth_listings()[:10]
    rig.control("switch", {"feature": "ignore_writes", "on": True})
    said = rig.result(rig.push({"barcode": rows[0]["barcode"], "quantity": 99}))
    assert said["items"][0]["status"] == "SUCCESS"
    assert rig.box.truth_listings()[0] == rows[0]
    rig.control("switch", {"feature": "ignore_writes", "on": False})
    rig.control("switch", {"feature": "apply_70", "on": True})
    said = rig.result(rig.push(*({"barcode": row["barcode"], "quantity": 98} for row in rows)))
    assert {item["status"] for item in said["items"]} == {"SUCCESS"}
    assert sum(row["stock"] == 98 for row in rig.box.truth_listings()) == 7
    rig.control("switch", {"feature": "apply_70", "on": False})
    rig.control("switch", {"feature": f"refuse_sku:{rows[0]['sku']}", "on": True})
    assert rig.result(rig.push({"barcode": rows[0]["barcode"], "quantity": 2}))["items"][0]["status"] == "FAILED"
    with pytest.raises(KeyError):
        rig.box.switch("no such thing", True)


# -- the smaller services ------------------------------------------------------------------------------------------
def test_claims_are_approved_disputed_or_accepted_by_time(rig: Rig) -> None:
    base = "/integration/order/sellers/2738/claims"
    shop = rig.box.shop
    mine = [shop.add_claim(rig.new(), claimed=rig.now - 1000) for _ in range(3)]
    found = rig.get(base, claimItemStatus="WaitingInAction", size=200)["content"]
    assert {claim.id for claim in mine} <= {row["id"] for row in found}
    body = {"claimLineItemIdList": [mine[0].item_id], "params": {}}
    assert [rig.http.put(f"{base}/{mine[0].id}/items/approve", json=body).status_code for _ in range(2)] == [200, 400]
    issue = {"claimIssueReasonId": 201, "claimItemIdList": mine[1].item_id, "description": "Yanlış ürün geldi"}
    assert rig.http.post(f"{base}/{mine[1].id}/issue", params=issue).status_code == 400  # this reason needs a file
    files = {"files": ("kanit.png", b"\x89PNG....", "image/png")}
    assert rig.http.post(f"{base}/{mine[1].id}/issue", params=issue, files=files).status_code == 200
    assert mine[1].status == "InAnalysis"
    rig.control("clock", {"advance": 48 * 3600 + 5})
    row = rig.get(base, claimIds=mine[2].id)["content"][0]["items"][0]["claimItems"][0]
    assert (row["claimItemStatus"]["name"], row["autoAccepted"], row["acceptedBySeller"]) == ("Accepted", True, False)
    assert len(rig.get(f"{base}/items/{mine[2].item_id}/audit")) == 2
    assert {1651, 451, 2101} <= {row["id"] for row in rig.get("/integration/order/claim-issue-reasons")}


def test_questions_need_the_supplier_and_a_decent_answer(rig: Rig) -> None:
    base = "/integration/qna/sellers/2738/questions"
    assert rig.http.get(base + "/filter").status_code == 400
    rows = rig.get(base + "/filter", supplierId=2738, status="WAITING_FOR_ANSWER")["content"]
    assert rows
    path = f"{base}/{rows[0]['id']}"
    assert rig.http.post(path + "/answers", json={"text": "Kısa"}).status_code == 400
    assert rig.http.post(path + "/answers", json={"text": "Ürünümüz yarın kargoda."}).status_code == 200
    assert rig.get(path)["status"] == "WAITING_FOR_APPROVE"


def test_webhooks_live_and_are_at_most_fifteen(rig: Rig) -> None:
    base = "/integration/webhook/sellers/2738/webhooks"
    body = {
        "url": "https://h.example.com/x", "authenticationType": "API_KEY", "apiKey": "s3cret",
        "subscribedStatuses": ["CREATED", "UNSUPPLIED"],
    }  # fmt: skip
    assert rig.http.post(base, json=body | {"authenticationType": "BASIC_AUTHENTICATION"}).status_code == 400
    assert rig.http.post(base, json=body | {"subscribedStatuses": ["SOLD"]}).status_code == 400
    ids = [rig.http.post(base, json=body).json()["id"] for _ in range(15)]
    assert rig.http.post(base, json=body).status_code == 400
    assert rig.http.put(f"{base}/{ids[0]}/deactivate").status_code == 200
    listed = {row["id"]: row for row in rig.get(base)}
    assert (listed[ids[0]]["status"], listed[ids[1]]["status"]) == ("PASSIVE", "ACTIVE")
    assert "s3cret" not in json.dumps(list(listed.values()), default=str)
    assert rig.http.delete(f"{base}/{ids[0]}").status_code == 200
    assert rig.http.delete(f"{base}/{ids[0]}").status_code == 404


def test_settlements_need_a_type_and_two_dates(rig: Rig) -> None:
    base = "/integration/finance/che/sellers/2738/settlements"
    now = rig.now
    args = {"startDate": now - 15 * DAY, "endDate": now}
    before = {"startDate": now - 30 * DAY, "endDate": now - 15 * DAY - 1}
    assert rig.http.get(base, params=args).status_code == 400
    assert rig.http.get(base, params=args | {"transactionType": "Sale", "size": 100}).status_code == 400
    pages = [rig.get(base, **window, transactionType="Sale", size=500) for window in (before, args)]
    delivered = sum(len(row["lines"]) for row in rig.box.truth_orders() if row["status"] == "Delivered")
    assert sum(data["totalElements"] for data in pages) == delivered > 0
    rows = [row for data in pages for row in data["content"]]
    assert all(r["credit"] - r["commissionAmount"] == r["sellerRevenue"] for r in rows)


# -- faults --------------------------------------------------------------------------------------------------------
def test_drop_after_acts_and_cuts_the_socket(rig: Rig) -> None:
    first = rig.box.truth_listings()[0]
    rig.control("faults", {"kind": "drop_after", "path": "price-and-inventory"})
    item = {"barcode": first["barcode"], "quantity": 55}
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        rig.push(item)
    assert rig.box.truth_listings()[0]["stock"] == 55
    assert rig.push(item).status_code == 400  # it had been taken: the same body within 15 minutes


def test_drop_does_not_act_and_reset_starts_anew(rig: Rig) -> None:
    first = rig.box.truth_listings()[0]
    rig.control("faults", {"kind": "drop", "path": "price-and-inventory"})
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        rig.push({"barcode": first["barcode"], "quantity": 56})
    assert rig.box.truth_listings()[0] == first
    rig.control("reset", {"orders": 2, "listings": 1, "seed": 9})
    assert (len(rig.box.truth_orders()), len(rig.box.truth_listings())) == (2, 1)


def test_records_are_the_same_for_the_same_seed() -> None:
    def bare(box: Any) -> Any:
        return [{k: v for k, v in row.items() if not k.endswith("_at")} for row in box.truth_orders()]

    assert bare(create(seed=4, orders=30, listings=9)) == bare(create(seed=4, orders=30, listings=9))
    assert bare(create(seed=4, orders=30, listings=9)) != bare(create(seed=5, orders=30, listings=9))
