"""The fake Trendyol's returns, questions, webhooks, statement, places and switches. A test per rule that it enforces."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from providers.sandboxes.trendyol_routes import CAPABILITIES, ENDPOINTS
from tests.providers.sandboxes.trendyol_rig import PRODUCTS, STOCK, Rig, error, rigged

CLAIMS = "/integration/order/sellers/2738/claims"
QUESTIONS = "/integration/qna/sellers/2738/questions"
HOOKS = "/integration/webhook/sellers/2738/webhooks"
CHE = "/integration/finance/che/sellers/2738"
CITIES = "/integration/member/countries/domestic/TR/cities"
DAY = 86_400_000
HOUR = 3600


@pytest.fixture(scope="module")
def served() -> Iterator[Rig]:
    with rigged() as one:
        yield one


@pytest.fixture
def rig(served: Rig) -> Rig:
    served.control("reset", {"orders": 0, "listings": 20, "seed": 1})
    return served


# -- returns -------------------------------------------------------------------------------------------------------
def returned(rig: Rig, *, lines: int = 1, status: str = "WaitingInAction") -> Any:
    while True:
        package = rig.new()
        if len(package.lines) == lines:
            return rig.box.shop.add_claim(package, status, rig.now)


def approve(rig: Rig, claim: Any, ids: Any) -> int:
    body = {"claimLineItemIdList": ids, "params": {}}
    return rig.http.put(f"{CLAIMS}/{claim.id}/items/approve", json=body).status_code


def object_to(rig: Rig, claim: Any, reason: int, *, text: str = "Yanlış ürün", file: bool = True) -> int:
    args: dict[str, Any] = {"claimIssueReasonId": reason, "claimItemIdList": claim.item_id, "description": text}
    files = {"files": ("kanit.jpeg", b"\xff\xd8x", "image/jpeg")} if file else None
    return rig.http.post(f"{CLAIMS}/{claim.id}/issue", params=args, files=files).status_code


def statuses(rig: Rig, claim: Any) -> list[str]:
    (row,) = rig.get(CLAIMS, claimIds=claim.id)["content"]
    return [one["claimItemStatus"]["name"] for item in row["items"] for one in item["claimItems"]]


def test_claims_are_filtered_by_status_order_and_day_and_ids_overrule_all(rig: Rig) -> None:
    first, second = returned(rig), returned(rig, status="Created")
    now = rig.now

    def found(**params: Any) -> list[str]:
        return [row["id"] for row in rig.get(CLAIMS, **params)["content"]]

    assert set(found()) == {first.id, second.id}
    assert found(claimItemStatus="Created") == [second.id]
    assert found(orderNumber=first.package.number) == [first.id]
    assert found(startDate=now - 2 * DAY, endDate=now - DAY) == []
    assert found(claimIds=f"{first.id},x", claimItemStatus="Created", startDate=1, endDate=2) == [first.id]
    for wrong in ({"claimItemStatus": "Open"}, {"size": 201}, {"startDate": now, "endDate": now - 1}):
        assert rig.http.get(CLAIMS, params=wrong).status_code == 400


def test_a_claim_is_decided_piece_by_piece(rig: Rig) -> None:
    claim = returned(rig, lines=2)
    first, second = (item.id for item in claim.items)
    assert approve(rig, claim, [first]) == 200
    assert statuses(rig, claim) == ["Accepted", "WaitingInAction"]
    assert approve(rig, claim, [first, second]) == 400  # the first is done
    assert approve(rig, claim, [second]) == 200
    assert statuses(rig, claim) == ["Accepted", "Accepted"]


@pytest.mark.parametrize("how", ["none", "empty", "foreign", "twice"])
def test_the_pieces_must_be_the_claims_own(rig: Rig, how: str) -> None:
    claim, other = returned(rig), returned(rig)
    ids: dict[str, Any] = {
        "none": None, "empty": [], "foreign": [other.item_id], "twice": [claim.item_id, claim.item_id],
    }  # fmt: skip
    assert approve(rig, claim, ids[how]) == 400
    assert claim.status == "WaitingInAction"


@pytest.mark.parametrize(
    "status", ["Created", "WaitingFraudCheck", "Accepted", "Cancelled", "Rejected", "Unresolved", "InAnalysis"]
)
def test_only_what_waits_for_the_seller_is_decided(rig: Rig, status: str) -> None:
    claim = returned(rig, status=status)
    assert approve(rig, claim, [claim.item_id]) == 400
    assert object_to(rig, claim, 201) == 400


def test_an_approval_may_wait_for_a_fraud_check(rig: Rig) -> None:
    claim = returned(rig)
    rig.on("fraud_check")
    assert approve(rig, claim, [claim.item_id]) == 200
    assert statuses(rig, claim) == ["WaitingFraudCheck"]
    rig.later(HOUR + 5)
    assert statuses(rig, claim) == ["Accepted"]


def test_forty_eight_hours_without_an_answer_are_a_yes(rig: Rig) -> None:
    claim = returned(rig)
    rig.later(48 * HOUR - 10)
    assert statuses(rig, claim) == ["WaitingInAction"]
    rig.later(20)
    (row,) = rig.get(CLAIMS, claimIds=claim.id)["content"]
    piece = row["items"][0]["claimItems"][0]
    assert (piece["claimItemStatus"]["name"], piece["autoAccepted"], piece["acceptedBySeller"]) == (
        "Accepted",
        True,
        False,
    )
    assert approve(rig, claim, [claim.item_id]) == 400


@pytest.mark.parametrize(("reason", "status"), [(451, 200), (2101, 200), (201, 400), (251, 400)])
def test_three_reasons_need_no_file(rig: Rig, reason: int, status: int) -> None:
    assert object_to(rig, returned(rig), reason, file=False) == status


def test_a_parcel_that_did_not_come_may_be_told_after_a_day(rig: Rig) -> None:
    claim = returned(rig)
    assert object_to(rig, claim, 1651, file=False) == 400
    rig.later(24 * HOUR + 1)
    assert object_to(rig, claim, 1651, file=False) == 200


def test_an_objection_has_a_known_reason_and_up_to_five_hundred_characters(rig: Rig) -> None:
    claim = returned(rig)
    assert object_to(rig, claim, 999) == 400
    assert object_to(rig, claim, 201, text=" ") == 400
    rig.later(61)  # five decisions a minute
    assert object_to(rig, claim, 201, text="ş" * 501) == 400
    assert object_to(rig, claim, 201, text="ş" * 500) == 200
    assert (claim.items[0].issue, claim.items[0].files) == ((201, "ş" * 500), 1)


def test_the_history_of_a_piece_names_who_moved_it(rig: Rig) -> None:
    claim = returned(rig)
    approve(rig, claim, [claim.item_id])
    rows = rig.get(f"{CLAIMS}/items/{claim.item_id}/audit")
    assert [(r["previousStatus"], r["newStatus"], r["userInfoDocument"]["executorApp"]) for r in rows] == [
        ("", "WaitingInAction", "Seller Center Orders BFF"), ("WaitingInAction", "Accepted", "SellerIntegrationApi"),
    ]  # fmt: skip
    assert rig.http.get(f"{CLAIMS}/items/none/audit").status_code == 404


def test_an_empty_list_of_claims_may_be_a_404(rig: Rig) -> None:
    assert rig.get(CLAIMS)["content"] == []
    rig.on("no_claims_404")
    assert rig.http.get(CLAIMS).status_code == 404


# -- questions -----------------------------------------------------------------------------------------------------
def asked(rig: Rig, **params: Any) -> list[Any]:
    rows: list[Any] = rig.get(f"{QUESTIONS}/filter", supplierId=2738, **params)["content"]
    return rows


def test_questions_are_filtered_by_window_status_and_barcode(rig: Rig) -> None:
    shop = rig.box.shop
    item = next(iter(shop.items.values()))
    old = shop.ask("Eski soru: kaç kilo?", item)
    old.asked = rig.now - 8 * DAY
    new = shop.ask("Yeni soru: kaç santim?", item)
    other = shop.ask("Başka ürün: rengi ne?")
    mine = {new.id, other.id}
    assert {row["id"] for row in asked(rig, size=100)} >= mine
    assert old.id not in {row["id"] for row in asked(rig, size=100)}
    assert {row["id"] for row in asked(rig, barcode=item.barcode)} >= {new.id}
    assert other.id not in {row["id"] for row in asked(rig, barcode=item.barcode)}
    end = rig.now
    wide = {"startDate": end - 14 * DAY, "endDate": end}
    dates = [row["creationDate"] for row in asked(rig, orderByDirection="ASC", size=100, **wide)]
    assert dates == sorted(dates)
    assert dates[0] == old.asked
    assert asked(rig, status="REPORTED") == []
    for wrong in (
        {"startDate": rig.now - 15 * DAY, "endDate": rig.now}, {"status": "OPEN"}, {"size": 101}, {"supplierId": 1},
        {"orderByDirection": "UP"},
    ):  # fmt: skip
        assert rig.http.get(f"{QUESTIONS}/filter", params={"supplierId": 2738} | wrong).status_code == 400
    assert rig.http.get(f"{QUESTIONS}/filter").status_code == 400


@pytest.mark.parametrize(("length", "status"), [(9, 400), (10, 200), (2000, 200), (2001, 400)])
def test_an_answer_has_ten_to_two_thousand_characters(rig: Rig, length: int, status: int) -> None:
    question = rig.box.shop.ask("Kaç günde gelir?")
    assert rig.http.post(f"{QUESTIONS}/{question.id}/answers", json={"text": "ğ" * length}).status_code == status


def test_an_answer_is_read_by_the_vendor_and_then_shown(rig: Rig) -> None:
    question = rig.box.shop.ask("Kaç günde gelir?")
    path = f"{QUESTIONS}/{question.id}"
    text = "Üç gün içinde elinizde."
    assert [rig.http.post(path + "/answers", json={"text": text}).status_code for _ in range(2)] == [200, 400]
    assert rig.get(path)["status"] == "WAITING_FOR_APPROVE"
    rig.later(601)
    row = rig.get(path)
    assert (row["status"], row["answer"]["text"], row["rejectedAnswer"]) == ("ANSWERED", text, None)
    assert rig.http.get(f"{QUESTIONS}/1").status_code == 404


def test_an_answer_may_be_refused_by_the_vendor(rig: Rig) -> None:
    question = rig.box.shop.ask("Kaç günde gelir?")
    path = f"{QUESTIONS}/{question.id}"
    rig.on("answers_rejected")
    rig.http.post(path + "/answers", json={"text": "Beni arayın: 0532 000 00 00"})
    rig.later(601)
    row = rig.get(path)
    assert (row["status"], row["answer"], bool(row["rejectedAnswer"]), bool(row["reason"])) == (
        "REJECTED",
        None,
        True,
        True,
    )


# -- webhooks ------------------------------------------------------------------------------------------------------
HOOK = {
    "url": "https://h.example.com/x",
    "authenticationType": "API_KEY",
    "apiKey": "s3cret",
    "subscribedStatuses": ["CREATED"],
}


def hook(rig: Rig, **more: Any) -> Any:
    return rig.http.post(HOOKS, json={k: v for k, v in (HOOK | more).items() if v is not None})


@pytest.mark.parametrize(
    "wrong",
    [
        {"authenticationType": "BEARER"}, {"apiKey": ""}, {"apiKey": None}, {"url": "ftp://x"}, {"url": None},
        {"authenticationType": "BASIC_AUTHENTICATION"}, {"authenticationType": "BASIC_AUTHENTICATION", "username": "u"},
        {"subscribedStatuses": ["SOLD"]}, {"subscribedStatuses": ["Created"]}, {"subscribedStatuses": "CREATED"},
        {"url": "https://Trendyol.example.com"}, {"url": "https://x/dolap"}, {"url": "http://localhost:80/x"},
    ],
    ids=str,
)  # fmt: skip
def test_a_webhook_is_checked(rig: Rig, wrong: dict[str, Any]) -> None:
    assert hook(rig, **wrong).status_code == 400
    assert rig.get(HOOKS) == []


def test_both_ways_of_signing_in_and_no_secret_comes_back(rig: Rig) -> None:
    assert hook(rig).status_code == 200
    basic = {"authenticationType": "BASIC_AUTHENTICATION", "username": "u", "password": "s3cret", "apiKey": None}
    assert hook(rig, **basic).status_code == 200
    rows = rig.get(HOOKS)
    assert [row["authenticationType"] for row in rows] == ["API_KEY", "BASIC_AUTHENTICATION"]
    assert "s3cret" not in str(rows)


def test_no_status_named_means_every_status(rig: Rig) -> None:
    hook(rig, subscribedStatuses=None)
    hook(rig, subscribedStatuses=[])
    assert [len(row["subscribedStatuses"]) for row in rig.get(HOOKS)] == [13, 13]


def test_a_passive_webhook_counts_against_the_fifteen(rig: Rig) -> None:
    ids = [hook(rig).json()["id"] for _ in range(15)]
    assert rig.http.put(f"{HOOKS}/{ids[0]}/deactivate").status_code == 200
    assert (hook(rig).status_code, len(rig.get(HOOKS))) == (400, 15)
    assert rig.http.delete(f"{HOOKS}/{ids[0]}").status_code == 200
    assert hook(rig).status_code == 200


def test_an_update_replaces_all_and_leaves_the_activity(rig: Rig) -> None:
    number = hook(rig).json()["id"]
    rig.http.put(f"{HOOKS}/{number}/deactivate")
    assert rig.http.put(f"{HOOKS}/{number}", json={"url": "https://other.example.com"}).status_code == 400
    new = {"url": "https://other.example.com", "authenticationType": "API_KEY", "apiKey": "k"}
    assert rig.http.put(f"{HOOKS}/{number}", json=new).status_code == 200
    (row,) = rig.get(HOOKS)
    assert (row["url"], row["status"], len(row["subscribedStatuses"])) == (new["url"], "PASSIVE", 13)
    assert row["lastModifiedDate"] >= row["createdDate"]
    assert rig.http.put(f"{HOOKS}/{number}/activate").status_code == 200
    assert rig.get(HOOKS)[0]["status"] == "ACTIVE"
    for method, path in (("PUT", ""), ("DELETE", ""), ("PUT", "/activate"), ("PUT", "/deactivate")):
        assert rig.http.request(method, f"{HOOKS}/none{path}", json=new).status_code == 404


# -- the account statement -----------------------------------------------------------------------------------------
def sold(rig: Rig, days_ago: int, discount: int = 0) -> Any:
    """A package of one line, delivered so many days ago."""
    while True:
        package = rig.new()
        if len(package.lines) == 1:
            break
    at = rig.now - days_ago * DAY
    package.placed, package.lines[0].seller_discount = at - DAY, discount
    rig.box.shop.set_status(package, "Delivered", at)
    return package


def statement(rig: Rig, kind: str, path: str = "settlements", back: int = 15) -> list[Any]:
    now = rig.now  # once: the clock goes on
    window = {"startDate": now - back * DAY, "endDate": now - (back - 15) * DAY}
    rows: list[Any] = rig.get(f"{CHE}/{path}", transactionType=kind, **window)["content"]
    return rows


@pytest.mark.parametrize("path", ["settlements", "otherfinancials"])
def test_a_statement_needs_both_dates_fifteen_days_and_a_known_kind(rig: Rig, path: str) -> None:
    kind = {"settlements": "Sale", "otherfinancials": "PaymentOrder"}[path]
    now = rig.now
    good = {"transactionType": kind, "startDate": now - 15 * DAY, "endDate": now}
    assert rig.http.get(f"{CHE}/{path}", params=good | {"endDate": good["startDate"] + 15 * DAY}).status_code == 200
    for wrong in (
        {"transactionType": None}, {"transactionType": "Sold"}, {"startDate": None}, {"endDate": None}, {"size": 200},
        {"endDate": int(str(good["startDate"])) + 15 * DAY + 1}, {"endDate": int(str(good["startDate"])) - 1},
    ):  # fmt: skip
        params = {name: value for name, value in (good | wrong).items() if value is not None}
        assert rig.http.get(f"{CHE}/{path}", params=params).status_code == 400, wrong


def test_records_begin_with_the_delivery(rig: Rig) -> None:
    package = rig.new()
    rig.box.shop.set_status(package, "Shipped")
    assert statement(rig, "Sale") == []
    rig.box.shop.set_status(package, "Delivered")
    rig.later(1)
    assert {row["orderNumber"] for row in statement(rig, "Sale")} == {package.number}


def test_a_sellers_discount_is_a_debit_of_its_own(rig: Rig) -> None:
    package = sold(rig, 3, discount=500)
    line = package.lines[0]
    (sale,), (discount,) = statement(rig, "Sale"), statement(rig, "Discount")
    assert (sale["transactionType"], sale["credit"], sale["debt"]) == (
        "Satış",
        Decimal(line.unit * line.quantity) / 100,
        0,
    )
    assert (discount["credit"], discount["debt"]) == (0, Decimal(500 * line.quantity) / 100)
    for row in (sale, discount):
        assert row["credit"] + row["debt"] - row["commissionAmount"] == row["sellerRevenue"]
        assert (row["shipmentPackageId"], row["paymentOrderId"]) == (package.id, None)
    assert sale["credit"] - discount["debt"] == Decimal(package.total) / 100


def test_an_accepted_return_is_a_debit_of_one_piece(rig: Rig) -> None:
    package = sold(rig, 3, discount=500)
    claim = rig.box.shop.add_claim(package, "WaitingInAction", rig.now)
    assert statement(rig, "Return") == []
    approve(rig, claim, [claim.item_id])
    rig.later(1)
    (back,), (given,) = statement(rig, "Return"), statement(rig, "DiscountCancel")
    assert (back["debt"], given["credit"]) == (Decimal(package.lines[0].unit) / 100, Decimal("5.00"))


def test_what_is_due_is_paid_on_a_wednesday_and_adds_up(rig: Rig) -> None:
    for days in (26, 27, 40):
        sold(rig, days, discount=500)
    orders = statement(rig, "PaymentOrder", "otherfinancials") + statement(rig, "PaymentOrder", "otherfinancials", 30)
    rows = [
        (sign, row)
        for kind, sign in (("Sale", 1), ("Discount", -1))
        for back in (30, 45)
        for row in statement(rig, kind, back=back)
    ]
    assert orders
    for order in orders:
        assert datetime.fromtimestamp(order["transactionDate"] / 1000, UTC).weekday() == 2
        mine = [sign * row["sellerRevenue"] for sign, row in rows if row["paymentOrderId"] == order["paymentOrderId"]]
        assert sum(mine) == order["debt"] > 0
    assert {row["paymentOrderId"] for _, row in rows} - {None} == {order["paymentOrderId"] for order in orders}


def test_a_payment_may_be_short(rig: Rig) -> None:
    sold(rig, 40)
    right = [row["debt"] for back in (15, 30) for row in statement(rig, "PaymentOrder", "otherfinancials", back)]
    rig.on("short_payment")
    short = [row["debt"] for back in (15, 30) for row in statement(rig, "PaymentOrder", "otherfinancials", back)]
    assert right
    assert [a - b for a, b in zip(right, short, strict=True)] == [1] * len(right)


def test_freight_is_charged_by_invoice(rig: Rig) -> None:
    sold(rig, 3)
    sold(rig, 3)
    invoices = statement(rig, "DeductionInvoices", "otherfinancials")
    assert {row["transactionType"] for row in invoices} == {"Kargo Fatura"}
    assert sum(row["debt"] for row in invoices) == Decimal("68.48")


# -- places --------------------------------------------------------------------------------------------------------
def test_places_go_down_to_the_neighbourhood(rig: Rig) -> None:
    city = next(row for row in rig.get(CITIES) if row["name"] == "İstanbul")
    districts = rig.get(f"{CITIES}/{city['id']}/districts")
    assert {row["name"] for row in districts} == {"Kadıköy", "Şişli"}
    assert rig.get(f"{CITIES}/{city['id']}/districts/{districts[0]['id']}/neighborhoods")
    for path in ("/99/districts", f"/{city['id']}/districts/1/neighborhoods", "/x/districts"):
        assert rig.http.get(CITIES + path).status_code == 404


# -- switches ------------------------------------------------------------------------------------------------------
def filled_in(path: str) -> str:
    for name, value in (("S", "2738"), ("city", "34"), ("district", "3401"), ("category", "411"), ("attribute", "14")):
        path = path.replace("{" + name + "}", value)
    return path


@pytest.mark.parametrize("capability", sorted(CAPABILITIES))
def test_a_service_that_is_not_enabled_is_a_401(rig: Rig, capability: str) -> None:
    rig.on(f"closed:{capability}")
    for endpoint in ENDPOINTS:
        if endpoint.capability == capability:
            reply = rig.http.request(
                endpoint.method, filled_in(endpoint.path).replace("{", "").replace("}", ""), json={}
            )
            assert reply.status_code == 401, endpoint.path
    rig.on(f"closed:{capability}", False)


@pytest.mark.parametrize(
    ("capability", "path", "params", "rows"),
    [
        ("orders", "/integration/order/sellers/2738/orders", {}, "content"),
        ("orders", "/integration/order/sellers/2738/v2/orders", {}, "content"),
        ("orders", "/integration/order/sellers/2738/orders/stream", {}, "content"),
        ("claims", CLAIMS, {}, "content"), ("questions", f"{QUESTIONS}/filter", {"supplierId": 2738}, "content"),
        ("listings", f"{PRODUCTS}/approved/inventory-and-price", {}, "content"), ("webhooks", HOOKS, {}, ""),
        ("catalogue", "/integration/product/brands", {}, "brands"),
        ("catalogue", "/integration/product/product-categories", {}, "categories"), ("locations", CITIES, {}, ""),
    ],
)  # fmt: skip
def test_a_capability_taken_away_lists_nothing(
    rig: Rig, capability: str, path: str, params: dict[str, Any], rows: str
) -> None:
    returned(rig)
    hook(rig)
    before = rig.get(path, **params)
    assert before[rows] if rows else before
    rig.on(f"no_{capability}")
    after = rig.get(path, **params)
    assert (after[rows] if rows else after) == []
    if rows:
        assert set(after) == set(before)


def test_a_capability_taken_away_says_yes_and_does_nothing(rig: Rig) -> None:
    shop = rig.box.shop
    claim, question, package = (
        returned(rig),
        shop.ask("Kaç günde gelir?"),
        rig.shipped_by("Trendyol Express Marketplace"),
    )
    barcode = next(iter(shop.items))
    stock = shop.items[barcode].quantity
    number = hook(rig).json()["id"]
    for capability in ("claims", "questions", "webhooks", "status", "stock", "carrier", "box", "invoices"):
        rig.on(f"no_{capability}")
    assert approve(rig, claim, [claim.item_id]) == 200
    assert rig.http.post(f"{QUESTIONS}/{question.id}/answers", json={"text": "Yarın kargoda."}).status_code == 200
    assert rig.http.delete(f"{HOOKS}/{number}").status_code == 200
    assert rig.move(package, "Picking").status_code == 200
    assert rig.put(package, "/cargo-providers", {"cargoProvider": "YKMP"}).status_code == 200
    assert rig.put(package, "/box-info", {"boxQuantity": 7, "deci": 1}).status_code == 200
    invoice = {
        "invoiceLink": "https://e.example.com/1.pdf",
        "shipmentPackageId": package.id,
        "invoiceNumber": "PXZ2026000000001",
    }
    package.micro = False
    assert rig.http.post("/integration/sellers/2738/seller-invoice-links", json=invoice).status_code == 201
    assert rig.http.post(STOCK, json={"items": [{"barcode": barcode, "quantity": stock + 1}]}).status_code == 200
    assert (claim.status, question.answer, list(shop.webhooks)) == ("WaitingInAction", "", [number])
    assert (package.status, package.carrier, package.boxes) == ("Created", "Trendyol Express Marketplace", 1)
    assert (package.invoice_link, shop.items[barcode].quantity) == ("", stock)
    assert rig.box.counters()["writes_applied"] == 1  # the webhook, before the switches
    rig.on("no_status", False)
    assert rig.move(package, "Picking").status_code == 200
    assert package.status == "Picking"


def test_a_label_taken_away_is_never_there(rig: Rig) -> None:
    package = rig.shipped_by("Trendyol Express Marketplace", "Picking")
    path = f"/integration/sellers/2738/common-label/{package.tracking}"
    rig.on("no_label")
    assert rig.http.post(path, json={"format": "ZPL"}).status_code == 200
    assert rig.http.get(path).status_code == 404


def test_only_known_switches(rig: Rig) -> None:
    for feature in ("no_such", "closed:such", "orders", "closed", "no_"):
        with pytest.raises(KeyError):
            rig.box.switch(feature, True)


def test_catalogue_fifty_a_minute_over_all_its_addresses(rig: Rig) -> None:
    paths = ["/integration/product/brands/by-name?name=x", "/integration/product/categories/411/attributes"]
    assert [rig.http.get(paths[n % 2]).status_code for n in range(51)] == [200] * 50 + [429]
    assert error(rig.http.get(paths[0]))["key"] == "too.many.requests"
