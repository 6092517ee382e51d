"""The fake Trendyol's package services: labels, invoices, carriers, boxes, deliveries, splits. A test per rule that it enforces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from providers.sandboxes.trendyol_records import CARRIERS, TEX, UPS
from tests.providers.sandboxes.trendyol_rig import PACKS, Rig, error, rigged

ORDERS = "/integration/order/sellers/2738/orders"
LABELS = "/integration/sellers/2738/common-label"
LINKS = "/integration/sellers/2738/seller-invoice-links"
FILES = "/integration/sellers/2738/seller-invoice-file"
ASK = {"format": "ZPL", "boxQuantity": 1, "volumetricHeight": 1.5}


@pytest.fixture(scope="module")
def served() -> Iterator[Rig]:
    with rigged() as one:
        yield one


@pytest.fixture
def rig(served: Rig) -> Rig:
    served.control("reset", {"orders": 0, "listings": 20, "seed": 1})
    return served


def row_of(rig: Rig, package: Any) -> Any:
    (row,) = rig.get(ORDERS, shipmentPackageIds=str(package.id))["content"]
    return row


def wide(rig: Rig) -> Any:
    """A package of at least two lines, the first of at least two pieces."""
    while True:
        package = rig.new()
        if len(package.lines) > 1 and package.lines[0].quantity > 1:
            return package


# -- labels --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("carrier", [TEX, CARRIERS["ARASMP"][1], UPS])
def test_three_carriers_have_a_common_label(rig: Rig, carrier: str) -> None:
    package = rig.shipped_by(carrier, "Picking")
    assert rig.http.post(f"{LABELS}/{package.tracking}", json=ASK).content == b""
    assert rig.get(f"{LABELS}/{package.tracking}")["data"][0]["label"].startswith("^XA")


@pytest.mark.parametrize("code", sorted(set(CARRIERS) - {"TEXMP", "ARASMP"}))
def test_every_other_carrier_is_a_400(rig: Rig, code: str) -> None:
    package = rig.shipped_by(CARRIERS[code][1], "Invoiced")
    reply = rig.http.post(f"{LABELS}/{package.tracking}", json=ASK)
    assert (reply.status_code, error(reply)["key"]) == (400, "label.carrier")
    assert rig.http.get(f"{LABELS}/{package.tracking}").status_code == 400


def test_an_unknown_tracking_number_is_a_400(rig: Rig) -> None:
    assert rig.http.post(f"{LABELS}/7330000000099999", json=ASK).status_code == 400
    assert rig.http.get(f"{LABELS}/7330000000099999").status_code == 400


@pytest.mark.parametrize("status", ["Created", "Shipped", "Delivered", "Cancelled", "UnPacked"])
def test_a_label_only_of_a_picked_or_invoiced_package(rig: Rig, status: str) -> None:
    package = rig.shipped_by(TEX, status)
    reply = rig.http.post(f"{LABELS}/{package.tracking}", json=ASK)
    assert (reply.status_code, error(reply)["key"]) == (400, "label.status")


@pytest.mark.parametrize(
    "change", [{"format": "PDF"}, {"format": None}, {"boxQuantity": 0}, {"boxQuantity": True}, {"volumetricHeight": 0}]
)
def test_the_label_request_is_checked(rig: Rig, change: dict[str, Any]) -> None:
    package = rig.shipped_by(TEX, "Invoiced")
    assert rig.http.post(f"{LABELS}/{package.tracking}", json=ASK | change).status_code == 400
    assert rig.http.get(f"{LABELS}/{package.tracking}").status_code == 404


def test_one_label_per_box(rig: Rig) -> None:
    package = rig.shipped_by(UPS, "Picking")
    rig.http.post(f"{LABELS}/{package.tracking}", json=ASK | {"boxQuantity": 3})
    labels = [row["label"] for row in rig.get(f"{LABELS}/{package.tracking}")["data"]]
    assert [f" {n}/3^FS" in label for n, label in enumerate(labels, 1)] == [True, True, True]


def test_a_label_may_take_its_time_or_be_refused_altogether(rig: Rig) -> None:
    package = rig.shipped_by(TEX, "Picking")
    path = f"{LABELS}/{package.tracking}"
    rig.on("slow_label")
    assert rig.http.post(path, json=ASK).status_code == 200
    assert rig.http.get(path).status_code == 404
    rig.later(6)
    assert rig.http.get(path).status_code == 200
    rig.on("refuse_label")
    assert [rig.http.post(path, json=ASK).status_code, rig.http.get(path).status_code] == [400, 400]


# -- invoices ------------------------------------------------------------------------------------------------------
def link(package: Any, **more: Any) -> dict[str, Any]:
    body = {
        "invoiceLink": f"https://e.example.com/{package.id}.pdf", "shipmentPackageId": package.id,
        "invoiceDateTime": 1795421700, "invoiceNumber": "PXZ2026000000001",
    }  # fmt: skip
    return {name: value for name, value in (body | more).items() if value is not None}


def test_a_second_invoice_of_a_package_is_a_409(rig: Rig) -> None:
    package = rig.new()
    assert rig.http.post(LINKS, json=link(package)).status_code == 201
    reply = rig.http.post(LINKS, json=link(package, invoiceLink="https://e.example.com/other.pdf"))
    assert (reply.status_code, error(reply)["key"]) == (409, "invoice.exists")
    assert rig.box.shop.packages[package.id].invoice_link.endswith(f"{package.id}.pdf")


def test_a_link_of_another_package_is_a_409_too(rig: Rig) -> None:
    first, second = rig.new(), rig.new()
    assert rig.http.post(LINKS, json=link(first)).status_code == 201
    reply = rig.http.post(LINKS, json=link(second, invoiceLink=link(first)["invoiceLink"]))
    assert (reply.status_code, error(reply)["key"]) == (409, "invoice.link.used")
    assert second.invoice_link == ""


@pytest.mark.parametrize("number", ["PXZ12345", "PX-2026000000001", "PXZ20260000000012", "ÇXZ2026000000001", 5])
def test_an_invoice_number_is_three_letters_and_thirteen_digits(rig: Rig, number: Any) -> None:
    assert rig.http.post(LINKS, json=link(rig.new(), invoiceNumber=number)).status_code == 400


@pytest.mark.parametrize(
    ("at", "status"),
    [(1795421700, 201), (1795421700000, 201), (179542170, 400), (17954217000, 400), (0, 400), (-1795421700, 400)],
)
def test_an_invoice_instant_is_seconds_or_milliseconds(rig: Rig, at: int, status: int) -> None:
    assert rig.http.post(LINKS, json=link(rig.new(), invoiceDateTime=at)).status_code == status


def test_number_and_instant_are_needed_for_micro_export_only(rig: Rig) -> None:
    package = rig.new()
    package.micro = False
    assert rig.http.post(LINKS, json=link(package, invoiceNumber=None, invoiceDateTime=None)).status_code == 201
    package = rig.new()
    package.micro = True
    assert rig.http.post(LINKS, json=link(package, invoiceNumber=None)).status_code == 400
    assert rig.http.post(LINKS, json=link(package, invoiceDateTime=None)).status_code == 400
    assert rig.http.post(LINKS, json=link(package)).status_code == 201


def test_a_link_is_deleted_with_its_customer_and_channel_and_then_sent_again(rig: Rig) -> None:
    package = rig.new()
    gone = {"serviceSourceId": package.id, "channelId": 1, "customerId": package.customer_id}
    assert rig.http.post(LINKS + "/delete", json=gone).status_code == 404
    rig.http.post(LINKS, json=link(package))
    for wrong in ({"channelId": 2}, {"customerId": package.customer_id + 1}):
        assert rig.http.post(LINKS + "/delete", json=gone | wrong).status_code == 400
    assert rig.http.post(LINKS + "/delete", json=gone).status_code == 202
    assert row_of(rig, package)["invoiceLink"] == ""
    assert rig.http.post(LINKS, json=link(package)).status_code == 201


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("f.pdf", b"%PDF-1.7 x", 201), ("f.jpeg", b"\xff\xd8x", 201), ("f.png", b"\x89PNGx", 201),
        ("f.txt", b"x", 400), ("f.pdf", b"not a pdf", 400), ("f.pdf", b"%PDF" + b"x" * 10 * 1024 * 1024, 400),
    ],
    ids=["pdf", "jpeg", "png", "text", "liar", "heavy"],
)  # fmt: skip
def test_invoice_files(rig: Rig, name: str, content: bytes, status: int) -> None:
    package = rig.new()
    package.micro = False
    reply = rig.http.post(FILES, data={"shipmentPackageId": str(package.id)}, files={"file": (name, content)})
    assert reply.status_code == status, reply.text


def test_an_invoice_file_needs_a_file_a_package_and_no_future(rig: Rig) -> None:
    package = rig.new()
    file = {"file": ("f.pdf", b"%PDF-1.7 x")}
    assert rig.http.post(FILES, data={"shipmentPackageId": "1"}, files=file).status_code == 404
    late = {"shipmentPackageId": str(package.id), "invoiceDateTime": str(rig.now + 60_000)}
    assert error(rig.http.post(FILES, data=late, files=file))["key"] == "invoiceDateTime.future"
    none = {"shipmentPackageId": (None, str(package.id))}
    assert error(rig.http.post(FILES, files=none))["key"] == "file.required"


# -- carrier and boxes ---------------------------------------------------------------------------------------------
def test_another_carrier_brings_its_own_number(rig: Rig) -> None:
    package = rig.shipped_by(TEX)
    assert rig.put(package, "/cargo-providers", {"cargoProvider": "YKMP"}).status_code == 200
    row = row_of(rig, package)
    assert (row["cargoProviderName"], str(row["cargoTrackingNumber"])[:3]) == ("Yurtiçi Kargo Marketplace", "725")


def test_a_full_trendyol_express_takes_no_package(rig: Rig) -> None:
    package = rig.shipped_by(UPS)
    rig.on("tex_full")
    assert rig.put(package, "/cargo-providers", {"cargoProvider": "TEXMP"}).status_code == 400
    assert rig.put(package, "/cargo-providers", {"cargoProvider": "ARASMP"}).status_code == 200


@pytest.mark.parametrize("status", ["Awaiting", "Shipped", "Delivered", "Cancelled", "UnPacked", "UnSupplied"])
def test_only_an_open_package_changes_carrier_boxes_or_is_split(rig: Rig, status: str) -> None:
    package = wide(rig)
    rig.box.shop.set_status(package, status)
    lines = [{"lineId": package.lines[0].id, "quantity": 1}]
    assert rig.put(package, "/cargo-providers", {"cargoProvider": "YKMP"}).status_code == 400
    assert rig.put(package, "/box-info", {"boxQuantity": 2, "deci": 1}).status_code == 400
    assert rig.put(package, "/split", {"orderLineIds": [package.lines[0].id]}, "POST").status_code == 400
    assert rig.put(package, "/items/unsupplied", {"lines": lines, "reasonId": 500}).status_code == 400
    assert rig.put(package, "/delivered-by-service", {}).status_code == 400


def test_ups_needs_the_boxes_only_everyone_else_the_deci_too(rig: Rig) -> None:
    assert rig.put(rig.shipped_by(UPS), "/box-info", {"boxQuantity": 4}).status_code == 200
    assert rig.put(rig.shipped_by(CARRIERS["CEVAMP"][1]), "/box-info", {"boxQuantity": 4}).status_code == 400
    assert (
        rig.put(rig.shipped_by(CARRIERS["CEVAMP"][1]), "/box-info", {"boxQuantity": 4, "deci": 4.4}).status_code == 200
    )


# -- deliveries by other means -------------------------------------------------------------------------------------
BY_LINK = {"isPhoneNumber": False, "trackingInfo": "https://kargo.example.com/1", "params": {}}
BY_PHONE = {"isPhoneNumber": True, "trackingInfo": "5555555555", "params": {}}


def test_a_link_makes_the_package_shipped_under_a_new_number(rig: Rig) -> None:
    package = rig.shipped_by(TEX, "Invoiced")
    reply = rig.put(package, "/alternative-delivery", BY_LINK)
    assert (reply.status_code, reply.content) == (200, b"")
    row = row_of(rig, package)
    assert (row["status"], row["cargoTrackingLink"]) == ("Shipped", BY_LINK["trackingInfo"])
    assert str(row["cargoTrackingNumber"]).startswith("732")


@pytest.mark.parametrize(
    "wrong",
    [
        {"isPhoneNumber": "false"}, {"trackingInfo": ""}, {"trackingInfo": "555"}, {"params": None}, {"params": {"x": 1}},
        {"isPhoneNumber": False}, {"params": {"digitalCode": "12345"}}, {"params": {"digitalCode": "x" * 121}},
        {"boxQuantity": 0}, {"deci": 0},
    ],
    ids=["flag", "nothing", "short", "no params", "params", "phone as link", "short code", "long code", "boxes", "deci"],
)  # fmt: skip
def test_an_alternative_delivery_is_checked(rig: Rig, wrong: dict[str, Any]) -> None:
    package = rig.shipped_by(TEX, "Picking")
    assert rig.put(package, "/alternative-delivery", BY_PHONE | wrong).status_code == 400
    assert package.status == "Picking"


def test_a_digital_code_goes_to_a_telephone(rig: Rig) -> None:
    package = rig.shipped_by(TEX, "Picking")
    code = {"params": {"digitalCode": "AX4567fasdf"}}
    assert rig.put(package, "/alternative-delivery", BY_LINK | code).status_code == 400
    assert rig.put(package, "/alternative-delivery", BY_PHONE | code).status_code == 200
    assert (package.status, package.digital_code) == ("Shipped", "AX4567fasdf")


def test_an_alternative_delivery_starts_from_a_picked_package(rig: Rig) -> None:
    package = rig.shipped_by(TEX)
    assert rig.put(package, "/alternative-delivery", BY_PHONE).status_code == 400
    rig.move(package, "Picking")
    assert [rig.put(package, "/alternative-delivery", BY_PHONE).status_code for _ in range(2)] == [200, 400]


@pytest.mark.parametrize(("call", "status"), [("manual-invoice-delivery", "Delivered"), ("manual-return", "Returned")])
def test_the_seller_ends_an_alternative_delivery_only(rig: Rig, call: str, status: str) -> None:
    by_carrier = rig.shipped_by(TEX, "Shipped")
    assert rig.put(by_carrier, f"/{call}", None).status_code == 400
    package = rig.shipped_by(TEX, "Picking")
    rig.put(package, "/alternative-delivery", BY_LINK)
    assert [rig.put(package, f"/{call}", None).status_code for _ in range(2)] == [200, 400]
    assert row_of(rig, package)["status"] == status


def test_delivery_by_a_service_leaves_the_status(rig: Rig) -> None:
    package = rig.shipped_by(CARRIERS["HOROZMP"][1])
    assert rig.put(package, "/delivered-by-service", None).status_code == 200
    assert (package.status, package.by_service) == ("Created", True)


# -- promises, places, costs ---------------------------------------------------------------------------------------
def test_a_promise_is_extended_once_shortly_before_it_is_due(rig: Rig) -> None:
    package = rig.new()
    path = "/extended-agreed-delivery-date"
    assert row_of(rig, package)["agreedDeliveryDateExtendible"] is False
    assert rig.put(package, path, {"extendedDayCount": 1}).status_code == 400
    rig.later(2.5 * 86_400)
    row = row_of(rig, package)
    assert row["agreedDeliveryDateExtendible"] is True
    for days in (0, 4, "1", True):
        assert rig.put(package, path, {"extendedDayCount": days}).status_code == 400
    assert [rig.put(package, path, {"extendedDayCount": 2}).status_code for _ in range(2)] == [200, 400]
    after = row_of(rig, package)
    assert after["extendedAgreedDeliveryDate"] == row["agreedDeliveryDate"] + 2 * 86_400_000


def test_a_warehouse_is_a_shipment_address_and_for_trendyol_express(rig: Rig) -> None:
    rows = rig.get("/integration/sellers/2738/addresses")["supplierAddresses"]
    (other,) = (row["id"] for row in rows if row["shipmentAddress"] and not row["default"])
    back = next(row["id"] for row in rows if row["returningAddress"])
    package = rig.shipped_by(TEX)
    assert rig.put(package, "/warehouse", {"warehouseId": back}).status_code == 400
    assert rig.put(rig.shipped_by(UPS), "/warehouse", {"warehouseId": other}).status_code == 400
    assert rig.put(rig.shipped_by(TEX, "Shipped"), "/warehouse", {"warehouseId": other}).status_code == 400
    assert rig.put(package, "/warehouse", {"warehouseId": other}).status_code == 200
    assert row_of(rig, package)["warehouseId"] == other


def test_labour_costs_are_a_bare_list_within_the_price(rig: Rig) -> None:
    package = rig.new()
    line = package.lines[0]
    one = {"orderLineId": line.id, "laborCostPerItem": 12.5}
    most = line.unit - line.seller_discount
    wrong: list[Any] = [
        {"items": [one]}, [], [one, one], [one | {"orderLineId": 1}], [one | {"laborCostPerItem": -1}],
        [one | {"laborCostPerItem": most / 100 + 1}],
    ]  # fmt: skip
    assert [rig.put(package, "/labor-costs", body).status_code for body in wrong] == [400] * len(wrong)
    assert rig.put(package, "/labor-costs", [one]).status_code == 200
    assert str(row_of(rig, package)["lines"][0]["laborCost"]) == "12.50"
    rig.box.shop.set_status(package, "Delivered")
    assert rig.put(package, "/labor-costs", [one]).status_code == 400


# -- splits --------------------------------------------------------------------------------------------------------
def pieces(package: Any) -> dict[int, int]:
    total: dict[int, int] = {}
    for line in package.lines:
        total[line.id] = total.get(line.id, 0) + line.quantity
    return total


def made_from(rig: Rig, package: Any) -> list[Any]:
    return [one for one in rig.box.shop.packages.values() if one.origins == [package.id]]


def test_split_packages_by_pieces_and_the_rest_makes_one_more(rig: Rig) -> None:
    package = wide(rig)
    first, second = package.lines[0], package.lines[1]
    body = {
        "splitPackages": [
            {"packageDetails": [{"orderLineId": first.id, "quantities": 1}]},
            {"packageDetails": [{"orderLineId": second.id, "quantities": second.quantity}]},
        ]
    }
    held = pieces(package)
    assert rig.put(package, "/split-packages", body, "POST").status_code == 200
    made = made_from(rig, package)
    assert [pieces(one) for one in made[:2]] == [{first.id: 1}, {second.id: second.quantity}]
    assert len(made) == 3
    assert {i: sum(pieces(one).get(i, 0) for one in made) for i in held} == held
    assert package.status == "UnPacked"


@pytest.mark.parametrize("how", ["too many", "twice", "unknown", "everything", "empty", "none"])
def test_split_packages_is_checked(rig: Rig, how: str) -> None:
    package = wide(rig)
    first = package.lines[0]
    row = {"orderLineId": first.id, "quantities": 1}
    details: dict[str, Any] = {
        "too many": [row | {"quantities": first.quantity + 1}], "twice": [row, row], "unknown": [row | {"orderLineId": 1}],
        "everything": [{"orderLineId": line.id, "quantities": line.quantity} for line in package.lines], "empty": [],
        "none": None,
    }  # fmt: skip
    body = {"splitPackages": [{"packageDetails": details[how]}]}
    assert rig.put(package, "/split-packages", body, "POST").status_code == 400
    assert package.status == "Created"


def test_split_needs_another_line_and_multi_split_must_leave_one(rig: Rig) -> None:
    package = wide(rig)
    ids = [line.id for line in package.lines]
    assert rig.put(package, "/split", {"orderLineIds": ids}, "POST").status_code == 400
    groups = {"splitGroups": [{"orderLineIds": [i]} for i in ids]}
    assert rig.put(package, "/multi-split", groups, "POST").status_code == 400
    twice = {"splitGroups": [{"orderLineIds": ids[:1]}, {"orderLineIds": ids[:1]}]}
    assert rig.put(package, "/multi-split", twice, "POST").status_code == 400
    assert made_from(rig, package) == []


def test_a_quantity_split_must_use_up_the_line(rig: Rig) -> None:
    package = wide(rig)
    line = package.lines[0]
    for parts in ([line.quantity], [1, line.quantity], [line.quantity, 0], []):
        body = {"quantitySplit": [{"orderLineId": line.id, "quantities": parts}]}
        assert rig.put(package, "/quantity-split", body, "POST").status_code == 400


def test_new_packages_may_take_a_while_to_show(rig: Rig) -> None:
    package = wide(rig)
    rig.on("slow_split")
    assert rig.put(package, "/split", {"orderLineIds": [package.lines[0].id]}, "POST").status_code == 200
    assert len(rig.get(ORDERS, orderNumber=package.number)["content"]) == 1
    rig.later(61)
    assert len(rig.get(ORDERS, orderNumber=package.number)["content"]) == 3


@pytest.mark.parametrize("reason", [500, 501, 502, 504, 505, 506])
def test_six_reasons_for_what_cannot_be_supplied(rig: Rig, reason: int) -> None:
    package = rig.new()
    lines = [{"lineId": line.id, "quantity": line.quantity} for line in package.lines]
    assert rig.put(package, "/items/unsupplied", {"lines": lines, "reasonId": reason}).status_code == 200
    assert package.status == "UnSupplied"


@pytest.mark.parametrize("reason", [0, 503, 507, "500", None])
def test_no_other_reason(rig: Rig, reason: Any) -> None:
    package = rig.new()
    lines = [{"lineId": line.id, "quantity": line.quantity} for line in package.lines]
    assert rig.put(package, "/items/unsupplied", {"lines": lines, "reasonId": reason}).status_code == 400


def test_splits_and_cancellations_share_a_hundred_calls_a_minute(rig: Rig) -> None:
    calls = [f"{PACKS}/1/split", f"{PACKS}/1/multi-split", f"{PACKS}/1/quantity-split"]
    statuses = [rig.http.post(calls[n // 40], json={}).status_code for n in range(101)]
    assert statuses == [404] * 100 + [429]


# -- order lists ---------------------------------------------------------------------------------------------------
def test_the_second_version_of_the_page_list_speaks_v2_and_outlives_the_first(rig: Rig) -> None:
    package = rig.new()
    rows = rig.get("/integration/order/sellers/2738/v2/orders", orderNumber=package.number)["content"]
    assert [row["shipmentPackageId"] for row in rows] == [package.id]
    rig.on("v1_orders_closed")
    refused: httpx.Response = rig.http.get(ORDERS)
    assert refused.status_code == 426
    assert rig.http.get("/integration/order/sellers/2738/v2/orders").status_code == 200
