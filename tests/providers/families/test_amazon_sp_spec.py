"""Every request of the Amazon family against the vendor's own models, and the models' sandbox answers through our parsers."""

from __future__ import annotations

import importlib
import inspect
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema_rs
import pytest

from app.contracts import OutcomeState
from app.kit import Call
from app.model import Money, SettlementKind, ShippedLine, Window
from providers.families import amazon_sp_base as base
from providers.families import amazon_sp_feeds as feeds
from providers.families import amazon_sp_finances as finances
from providers.families import amazon_sp_listings as goods
from providers.families import amazon_sp_orders as sales
from providers.families import amazon_sp_shipments as parcels
from providers.families import amazon_sp_writes as writes
from tests.providers.families.amazon_sp_support import (
    DE,
    GB,
    KEYS,
    NOW,
    TR,
    US,
    account,
    notice,
    price,
    ref,
    reply,
    stock,
)
from tests.support.specs import shared_specs

ROUNDS = 40
ROOMS = ("base", "orders", "listings", "writes", "feeds", "shipments", "finances")
SKUS = ("SKU-1", "PX/00090 Şık", "a b&c=d?e#f", "Ürün%20+1", "İĞDIR.ı", "..x", "日本")
SPECS = shared_specs()
FOLDER = SPECS / "amazon-sp-api" if SPECS is not None else None
pytestmark = pytest.mark.skipif(FOLDER is None or not FOLDER.is_dir(), reason="../shared/specs/amazon-sp-api is not here")  # fmt: skip


@cache
def document(name: str) -> dict[str, Any]:
    assert FOLDER is not None
    found: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return found


def model(name: str) -> dict[str, Any]:
    return document(f"models/{name}.json")


def closed(schema: Any) -> Any:
    """The schema with every object closed that lists its properties: an invented field fails as well."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        found.setdefault("additionalProperties", False)
    return found


def problems(whole: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    judged = closed({**schema, "definitions": whole["definitions"]})
    found = jsonschema_rs.Draft4Validator(judged, validate_formats=True).iter_errors(value)
    return [f"{list(one.instance_path)}: {one.message}" for one in found]


def parameter_problems(parameter: dict[str, Any], text: str) -> list[str]:
    """A path or query value against its declaration (Swagger 2: arrays are comma separated by default)."""
    value: Any = text
    if parameter["type"] == "array":
        assert parameter.get("collectionFormat", "csv") == "csv"
        value = text.split(",")
    elif parameter["type"] == "integer":
        value = int(text)
    keys = ("type", "enum", "format", "items", "maxItems", "minItems", "maximum", "minimum")
    schema = {key: parameter[key] for key in keys if key in parameter}
    return [one.message for one in jsonschema_rs.Draft4Validator(schema, validate_formats=True).iter_errors(value)]


def check(call: Call, name: str, path: str) -> None:
    """Method, path, query and body of a call against one operation of a model."""
    whole = model(name)
    operation = whole["paths"][path][call.method.lower()]
    declared = operation.get("parameters", []) + whole["paths"][path].get("parameters", [])
    parts, wanted = urlsplit(call.url).path.split("/"), path.split("/")
    assert len(parts) == len(wanted), call.url
    given = {w.strip("{}"): unquote(p) for p, w in zip(parts, wanted, strict=True) if w.startswith("{")}
    assert [p for p, w in zip(parts, wanted, strict=True) if not w.startswith("{")] == [w for w in wanted if not w.startswith("{")]  # fmt: skip
    query = parse_qsl(urlsplit(call.url).query, keep_blank_values=True, strict_parsing=bool(call.params))
    assert dict(query) == dict(call.params)
    assert len(dict(query)) == len(query)
    for place, values in (("path", given), ("query", dict(query))):
        known = {one["name"]: one for one in declared if one["in"] == place}
        assert set(values) <= set(known), f"unknown {place} parameters: {set(values) - set(known)}"
        assert {n for n, one in known.items() if one.get("required")} <= set(values)
        for key, text in values.items():
            assert parameter_problems(known[key], text) == [], f"{key}={text}"
    body = next((one for one in declared if one["in"] == "body"), None)
    assert (call.body is not None) == (body is not None)
    if body is not None and call.body is not None:
        assert problems(whole, body["schema"], json.loads(call.body)) == []
        assert dict(call.headers)["content-type"] == "application/json"


# -- requests --------------------------------------------------------------------------------------------------------------
def instant(rng: random.Random) -> datetime:
    return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=rng.uniform(0, 9e7))


def changes(rng: random.Random, count: int) -> list[writes.Change]:
    found: list[writes.Change] = []
    for number in range(count):
        sku = f"{rng.choice(SKUS)}{number}"
        if rng.random() < 0.5:
            found.append(stock(rng.choice((0, 1, 99_999)), sku, f"k{number}"))
        else:
            one = price(f"{rng.randint(1, 10**9)}.{rng.randint(0, 999):03}", sku, f"k{number}")
            listed = rng.choice((None, one.price * 2))
            extra = rng.choice(({}, {"product_type": "SHOES"}, {"offer": '{"discounted_price":[{"schedule":[{"value_with_tax":1.5}]}]}'}))  # fmt: skip
            found.append(writes.PriceChange(one.key, ref(sku, **extra), one.price, listed))
    return found


def try_orders(rng: random.Random) -> None:
    since = instant(rng)
    window = Window(since, since + timedelta(seconds=rng.uniform(1, 9e6)))
    call = sales.orders_request(account(rng.choice((TR, DE, US, GB))), window, since + timedelta(seconds=rng.uniform(0, 9e6)), personal=rng.random() < 0.5)  # fmt: skip
    check(call, "orders_2026-01-01", sales.ORDERS)
    given = dict(call.params)
    assert given["lastUpdatedAfter"] <= given.get("lastUpdatedBefore", "9")
    token = reply({"orders": [], "pagination": {"nextToken": f"2Yg+/={rng.random()}"}})
    following = sales.next_orders(call, token)
    assert following is not None
    check(following, "orders_2026-01-01", sales.ORDERS)


def try_order(rng: random.Random) -> None:
    call = sales.order_request(account(), f"402-{rng.randint(10**6, 10**7 - 1)}-1234567", personal=rng.random() < 0.5)
    check(call, "orders_2026-01-01", sales.ORDERS + "/{orderId}")


def try_listings(rng: random.Random) -> None:
    bound = rng.choice((None, instant(rng)))
    key = rng.choice(("created_since", "updated_since"))
    call = goods.listings_request(account(rng.choice((TR, US))), **{key: bound})
    check(call, "listingsItems_2021-08-01", goods.ITEMS + "/{sellerId}")
    following = goods.next_listings(call, reply({"numberOfResults": 99, "items": [], "pagination": {"nextToken": f"x={rng.random()}"}}))  # fmt: skip
    assert following is not None
    check(following, "listingsItems_2021-08-01", goods.ITEMS + "/{sellerId}")


def try_probe(rng: random.Random) -> None:
    check(goods.probe_request(account(rng.choice((TR, US)))), "listingsItems_2021-08-01", goods.ITEMS + "/{sellerId}")


def try_listing(rng: random.Random) -> None:
    call = goods.listing_request(account(), rng.choice(SKUS))
    check(call, "listingsItems_2021-08-01", goods.ITEMS + "/{sellerId}/{sku}")


def try_patch(rng: random.Random) -> None:
    for change in changes(rng, 3):
        mine = account(rng.choice((TR, US)))
        call = writes.patch_request(mine, base.site_of(mine), change)
        check(call, "listingsItems_2021-08-01", goods.ITEMS + "/{sellerId}/{sku}")
        assert call.repeatable


def try_feed_document(rng: random.Random) -> None:
    call = feeds.feed_document_request(account(), "set_prices")
    check(call, "feeds_2021-06-30", "/feeds/2021-06-30/documents")


def try_upload(rng: random.Random) -> None:
    """Not an operation of the model: a PUT to the signed address with the content type that the document was made with."""
    url = f"https://tortuga-prod-eu.s3.eu-west-1.amazonaws.com/a%2Fb?X-Amz-Signature={rng.randint(0, 9**9)}"
    call = feeds.feed_upload_request(account(), url, b"{}", "set_prices")
    document_call = feeds.feed_document_request(account(), "set_prices")
    assert (call.method, call.url, call.body) == ("PUT", url, b"{}")
    assert dict(call.headers) == {"content-type": json.loads(document_call.body or b"")["contentType"]}


def try_create_feed(rng: random.Random) -> None:
    call = feeds.create_feed_request(account(rng.choice((TR, US))), f"amzn1.tortuga.{rng.random()}", "set_stocks")
    check(call, "feeds_2021-06-30", "/feeds/2021-06-30/feeds")
    assert call.repeatable is None


def try_feed(rng: random.Random) -> None:
    check(feeds.feed_request(account(), str(rng.randint(1, 10**12))), "feeds_2021-06-30", "/feeds/2021-06-30/feeds/{feedId}")  # fmt: skip


def try_feed_result(rng: random.Random) -> None:
    call = feeds.feed_result_request(account(), f"amzn1.tortuga.4.eu.{rng.random()}")
    check(call, "feeds_2021-06-30", "/feeds/2021-06-30/documents/{feedDocumentId}")


def try_download(rng: random.Random) -> None:
    url = f"https://tortuga-prod-eu.s3.eu-west-1.amazonaws.com/r?X-Amz-Signature={rng.randint(0, 9**9)}"
    call = feeds.feed_download_request(account(), url)
    assert (call.method, call.url, call.headers, call.body) == ("GET", url, (), None)


def try_confirm(rng: random.Random) -> None:
    told = notice(
        f"key-{rng.random()}",
        carrier=rng.choice(("Yurtiçi Kargo", "UPS", "fedex", "Sürat Kargo")),
        shipped_at=rng.choice((None, instant(rng))),
        extra=rng.choice(({}, {"marketplace_id": DE})),
    )
    lines = tuple(ShippedLine(str(rng.randint(10**13, 10**14 - 1)), rng.randint(1, 9)) for _ in range(rng.randint(1, 4)))  # fmt: skip
    call = parcels.confirm_request(account(), told, lines, NOW)
    check(call, "ordersV0", "/orders/v0/orders/{orderId}/shipmentConfirmation")
    package = json.loads(call.body or b"")["packageDetail"]
    assert int(package["packageReferenceId"]) > 0
    assert package["carrierName"] or package["carrierCode"] != "Other"
    assert datetime.fromisoformat(package["shipDate"]) <= NOW


def try_transactions(rng: random.Random) -> None:
    since = instant(rng)
    window = Window(since, since + timedelta(seconds=rng.uniform(1, 9e6)))
    now = since + timedelta(seconds=rng.uniform(-9e4, 9e6))
    mine = account(rng.choice((TR, DE, US, GB)), now=lambda: now)
    call = finances.transactions_request(mine, window, base.site_of(mine))
    check(call, "finances_2024-06-19", finances.TRANSACTIONS)
    given = dict(call.params)
    bounds = [datetime.fromisoformat(given[name]) for name in ("postedAfter", "postedBefore")]
    assert bounds[0] < bounds[1] < now - timedelta(minutes=2)
    assert ("marketplaceId" in given) == (mine.params["marketplace_id"] != US)
    following = finances.next_transactions(call, reply({"payload": {"nextToken": f"t+/={rng.random()}"}}))
    assert following is not None
    check(following, "finances_2024-06-19", finances.TRANSACTIONS)
    assert finances.next_transactions(call, reply({"payload": {"transactions": []}})) is None


def try_token(rng: random.Random) -> None:
    """Login with Amazon has no model: the form that the reference names."""
    request = base.token_request(account(rng.choice((TR, US))))
    assert (request.method, str(request.url)) == ("POST", "https://api.amazon.com/auth/o2/token")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    form = dict(parse_qsl(request.content.decode(), strict_parsing=True))
    assert form == {
        "grant_type": "refresh_token",
        "refresh_token": KEYS["refresh_token"],
        "client_id": KEYS["lwa_client_id"],
        "client_secret": KEYS["lwa_client_secret"],
    }


TRIED: dict[str, Callable[[random.Random], None]] = {
    "base.token_request": try_token,
    "orders.orders_request": try_orders,
    "orders.order_request": try_order,
    "listings.listings_request": try_listings,
    "listings.probe_request": try_probe,
    "listings.listing_request": try_listing,
    "writes.patch_request": try_patch,
    "feeds.feed_document_request": try_feed_document,
    "feeds.feed_upload_request": try_upload,
    "feeds.create_feed_request": try_create_feed,
    "feeds.feed_request": try_feed,
    "feeds.feed_result_request": try_feed_result,
    "feeds.feed_download_request": try_download,
    "shipments.confirm_request": try_confirm,
    "finances.transactions_request": try_transactions,
}


def test_no_request_function_escapes_the_models() -> None:
    found = set()
    for room in ROOMS:
        module = importlib.import_module(f"providers.families.amazon_sp_{room}")
        own = [n for n, f in inspect.getmembers(module, inspect.isfunction) if f.__module__ == module.__name__]
        found |= {f"{room}.{name}" for name in own if name.endswith("_request")}
    assert found == set(TRIED)


@pytest.mark.parametrize("name", sorted(TRIED))
def test_requests_fit_the_models(name: str) -> None:
    rng = random.Random(name)
    for _ in range(ROUNDS):
        TRIED[name](rng)


def test_a_request_that_does_not_fit_is_noticed() -> None:
    call = goods.probe_request(account())
    for wrong in ((*call.params, ("bogus", "1")), (("pageSize", "1"),), (*call.params[:1], ("pageSize", "21"))):
        with pytest.raises(AssertionError):
            check(Call(call.method, call.path, "x", wrong), "listingsItems_2021-08-01", goods.ITEMS + "/{sellerId}")


def test_the_feed_file_fits_its_schema() -> None:
    rng = random.Random(7)
    schemas = [
        document("schemas/listings-feed-schema-v2.json"),
        document("schemas/listings-feed-message-schema-v2.json"),
    ]
    whole, message = (jsonschema_rs.Draft7Validator(schema) for schema in schemas)
    for _ in range(ROUNDS):
        mine = account(rng.choice((TR, US)))
        body = json.loads(feeds.feed_body(base.site_of(mine), changes(rng, rng.randint(1, 30))))
        assert [one.message for one in whole.iter_errors(body)] == []
        assert [one.message for part in body["messages"] for one in message.iter_errors(part)] == []
        assert [part["messageId"] for part in body["messages"]] == list(range(1, len(body["messages"]) + 1))


# -- the models' own answers -----------------------------------------------------------------------------------------------
def sandbox(name: str, path: str, method: str, status: str) -> list[dict[str, Any]]:
    answers = model(name)["paths"][path][method]["responses"][status]
    found: list[dict[str, Any]] = answers["x-amzn-api-sandbox"]["static"]
    assert found
    return found


def site(marketplace: str, currency: str, country: str = "") -> base.Site:
    return base.Site(marketplace, currency, country, "en_US", "A1")


def test_search_orders_sandbox() -> None:
    pairs = sandbox("orders_2026-01-01", sales.ORDERS, "get", "200")
    found = {}
    for pair in pairs:
        page = sales.parse_orders(reply(pair["response"]), site(pair["response"]["orders"][0]["salesChannel"]["marketplaceId"], "XXX"))  # fmt: skip
        assert page.rejects == ()
        found |= {order.remote_id: order for order in page.items}
        told = pair["response"].get("pagination", {}).get("nextToken")
        following = sales.next_orders(Call("GET", sales.ORDERS, "orders"), reply(pair["response"]))
        assert (dict(following.params)["paginationToken"] if following else None) == told
    assert set(found) == {order["orderId"] for pair in pairs for order in pair["response"]["orders"]}
    japan, london, brazil = found["250-1234567-8901234"], found["202-7654321-1098765"], found["171-2345678-9012345"]
    assert japan.fulfilled_by_channel
    assert (japan.total, [line.unit_price.money.text() for line in japan.lines]) == (Money.of("19940", "JPY"), ["5980", "6980"])  # fmt: skip
    assert japan.lines[0].title.startswith("Echo Dot (第4世代) スマートスピーカー")
    assert (london.carrier, london.tracking_number, london.status.value) == ("DPD", "15501234567890123456", "shipped")
    assert london.ship_to.street == "45 Oak Avenue, Flat 2A"
    assert london.extra["seller_order_id"] == "UK-CONSUMER-ORDER-2024-002"
    assert brazil.bill_to is not None
    assert (brazil.bill_to.company, brazil.bill_to.tax_number) == ("Oliveira Tecnologia Ltda", "1234567890")
    assert brazil.ship_by == datetime(2024, 12, 24, 23, 59, 59, tzinfo=UTC)


def test_get_order_sandbox() -> None:
    pairs = sandbox("orders_2026-01-01", sales.ORDERS + "/{orderId}", "get", "200")
    found = {}
    for pair in pairs:
        place = pair["response"]["order"]["salesChannel"]["marketplaceId"]
        order = sales.parse_order(reply(pair["response"]), site(place, "XXX", "US" if place == US else ""))
        found[order.remote_id] = order
        assert parcels.open_lines(sales.wire_order(reply(pair["response"]))) is not None
    gift, turkish, american = found["171-9876543-2109876"], found["028-1234567-8901234"], found["114-9876543-1234567"]
    assert gift.note.startswith("Feliz Natal!")
    assert turkish.bill_to is not None
    assert (turkish.bill_to.tax_office, turkish.bill_to.tax_number, turkish.bill_to.company) == ("tax office", "TR1234567890", "Test company name")  # fmt: skip
    assert (turkish.ship_to.city, turkish.ship_to.district) == ("Istanbul", "Beyoglu")
    assert turkish.extra["invoice_preference"] == "BUSINESS"
    assert turkish.lines[0].unit_price.vat.value == "included"
    assert (american.lines[0].unit_price.money.text(), american.lines[0].unit_price.vat.value) == ("39.99", "excluded")
    assert american.total == Money.of("49.99", "USD")


def test_listings_sandbox() -> None:
    (pair,) = sandbox("listingsItems_2021-08-01", goods.ITEMS + "/{sellerId}", "get", "200")
    leaf = goods.parse_listings(reply(pair["response"]), site(US, "USD", "US"))
    assert (leaf.found, leaf.records, leaf.page.rejects) == (3, 1, ())
    (listing,) = leaf.page.items
    assert (listing.remote_id, listing.price, listing.stock) == (f"{US}:GM-ZDPI-9B4E", Money.of("100.00", "USD"), 100)
    assert listing.product_url == "https://www.amazon.com/dp/B071VG5N9D"
    canada = goods.parse_listings(reply(pair["response"]), site("A2EUQ1WTGCTBG2", "CAD", "CA")).page.items[0]
    assert (canada.price, canada.status.value) == (Money.of("130.00", "CAD"), "refused")
    assert goods.parse_probe(reply(pair["response"])) == 3
    (pair,) = sandbox("listingsItems_2021-08-01", goods.ITEMS + "/{sellerId}/{sku}", "get", "200")
    view = goods.parse_item(reply(pair["response"]), site(US, "USD", "US"))
    assert view.listing() == listing
    assert [issue.code for issue in view.errors("size")] == ["90220"]


def test_patch_sandbox() -> None:
    states = []
    for pair in sandbox("listingsItems_2021-08-01", goods.ITEMS + "/{sellerId}/{sku}", "patch", "200"):
        outcome = writes.parse_submission(reply(pair["response"]), price())
        states.append(outcome.state)
        assert outcome.remote_ref == pair["response"]["submissionId"]
        if outcome.state is OutcomeState.REFUSED:
            assert outcome.message is not None
            assert (outcome.message.vendor_code, outcome.message.field) == ("90000900", "fake_attribute")
    # VALID belongs to the validation mode, which we never ask for.
    assert states == [OutcomeState.PENDING, OutcomeState.UNKNOWN, OutcomeState.REFUSED]


def test_feeds_sandbox() -> None:
    name = "feeds_2021-06-30"
    (pair,) = sandbox(name, "/feeds/2021-06-30/documents", "post", "201")
    made = feeds.parse_new_document(reply(pair["response"], 201))
    assert (made.feed_document_id, made.url) == (pair["response"]["feedDocumentId"], pair["response"]["url"])
    (pair,) = sandbox(name, "/feeds/2021-06-30/feeds", "post", "202")
    assert feeds.parse_new_feed(reply(pair["response"], 202)) == "3485934"
    (pair,) = sandbox(name, "/feeds/2021-06-30/feeds/{feedId}", "get", "200")
    feed = feeds.parse_feed(reply(pair["response"]))
    assert [one.state for one in feeds.stopped(feed, [price()])] == [OutcomeState.REFUSED]
    (pair,) = sandbox(name, "/feeds/2021-06-30/documents/{feedDocumentId}", "get", "200")
    assert feeds.parse_document(reply(pair["response"])).url == pair["response"]["url"]


def test_the_refusals_of_the_sandbox_are_the_merchants_affair() -> None:
    used = [
        ("orders_2026-01-01", sales.ORDERS, "get"),
        ("orders_2026-01-01", sales.ORDERS + "/{orderId}", "get"),
        ("ordersV0", "/orders/v0/orders/{orderId}/shipmentConfirmation", "post"),
        ("listingsItems_2021-08-01", goods.ITEMS + "/{sellerId}/{sku}", "get"),
        ("listingsItems_2021-08-01", goods.ITEMS + "/{sellerId}/{sku}", "patch"),
        ("feeds_2021-06-30", "/feeds/2021-06-30/documents", "post"),
        ("feeds_2021-06-30", "/feeds/2021-06-30/feeds", "post"),
        ("feeds_2021-06-30", "/feeds/2021-06-30/feeds/{feedId}", "get"),
        ("feeds_2021-06-30", "/feeds/2021-06-30/documents/{feedDocumentId}", "get"),
    ]
    for name, path, method in used:
        for pair in sandbox(name, path, method, "400"):
            message = base.amazon_errors(reply(pair["response"], 400))
            assert message is not None
            assert message.code == "request.refused"
            assert message.vendor_code == pair["response"]["errors"][0]["code"]
    assert base.amazon_errors(reply(b"", 204)) is None  # what confirmShipment answers


def test_transactions_sandbox() -> None:
    ever = Window(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
    for pair in sandbox("finances_2024-06-19", finances.TRANSACTIONS, "get", "200"):
        page = finances.parse_transactions(reply(pair["response"]), site("ATVPDKIKX0DER", "USD"), ever)
        (line,) = page.items
        assert page.rejects == ()
        assert (line.order_number, line.payout_id) == ("8129762527551", "4MVaHcsAfaYAlwlaPWrXJxrfUiKfYZ2ooWtY7528FUA")
        assert (line.kind, line.amount) == (SettlementKind.SALE, Money.of(10, "USD"))
    whole = model("finances_2024-06-19")["definitions"]["Transaction"]["example"]
    (line,) = finances.parse_transactions(
        reply({"payload": {"transactions": [whole]}}), site("ATVPDKIKX0DER", "USD"), ever
    ).items
    assert (line.remote_id, line.vendor_kind) == ("b1qD0oAliFkLiqRyGbmeT0DoS2Z2kHzi7TZ92z-vARI", "Shipment")
