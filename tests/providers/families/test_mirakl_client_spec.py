"""Every request of the Mirakl family against Mirakl's own OpenAPI document, and the document's example answers through our parsers."""

from __future__ import annotations

import csv
import inspect
import io
import json
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema_rs
import msgspec
import pytest

from app.contracts import Account
from app.kit import Call
from app.model import Window
from providers.families import mirakl_calls as calls
from providers.families.mirakl_base import parse_shop
from providers.families.mirakl_imports import parse_import, ticket_of
from providers.families.mirakl_money import parse_accepted, parse_claims, parse_settlements, seek_following
from providers.families.mirakl_offers import parse_listings, parse_offers
from providers.families.mirakl_orders import STATUSES, parse_orders
from providers.families.mirakl_prices import columns_of, price_rows
from providers.families.mirakl_shipping import parse_carriers
from providers.families.mirakl_walk import Walk
from tests.providers.families.mirakl_support import (
    NOW,
    account,
    notice,
    offer,
    price,
    price_change,
    raws,
    reply,
    stock_change,
)
from tests.support.specs import shared_specs

ROUNDS = 30
SKUS = ("SKU-1", "PX/00090 Şık", "a b&c=d?e#f", "Ürün%20+1", "İĞDIR.ı", "..x", '8"1;2')
IDS = ("K0000001-A", "Order 00010/A", "ç-B", "1", "a,b", "..", "x%2Fy")
SPECS = shared_specs()
FILE = SPECS / "mirakl" / "mirakl-mmp-seller-openapi.json" if SPECS is not None else None
pytestmark = pytest.mark.skipif(FILE is None or not FILE.is_file(), reason="../shared/specs/mirakl is not here")
#: What the platform's general pages say of paging and what single operations only refer to.
OFFSET = {"max": {"type": "integer", "minimum": 1, "maximum": 100}, "offset": {"type": "integer", "minimum": 0}}
SEEK = {"limit": {"type": "integer", "minimum": 1, "maximum": 100}, "page_token": {"type": "string", "minLength": 1}}


@cache
def document() -> dict[str, Any]:
    assert FILE is not None
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def operation(name: str) -> tuple[str, str, dict[str, Any]]:
    for path, found in document()["paths"].items():
        for method, one in found.items():
            if isinstance(one, dict) and one.get("operationId") == name:
                return method.upper(), path, one
    raise LookupError(name)


def resolved(schema: Any) -> Any:
    if isinstance(schema, list):
        return [resolved(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        target: Any = document()
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return resolved(target)
    return {key: resolved(value) for key, value in schema.items()}


def closed(schema: Any) -> Any:
    """Every object closed that lists its properties: an invented field fails as well."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict):
        found.setdefault("additionalProperties", False)
    return found


def problems(schema: dict[str, Any], value: Any) -> list[str]:
    found = jsonschema_rs.Draft202012Validator(schema, validate_formats=True).iter_errors(value)
    return [f"{list(one.instance_path)}: {one.message}" for one in found]


def as_typed(schema: dict[str, Any], text: str) -> Any:
    """A query value in the type that its schema names: arrays are exploded, so one value is an array of one."""
    kind = schema.get("type")
    if kind == "array":
        return [text]
    if kind == "integer":
        return int(text)
    if kind == "boolean":
        return {"true": True, "false": False}[text]
    return text


def check(call: Call, name: str) -> dict[str, Any]:
    """Method, path, query and body of a call against one operation; returns the operation."""
    method, path, found = operation(name)
    assert call.method == method
    given = path_values(urlsplit(call.url).path, path)
    query = parse_qsl(urlsplit(call.url).query, keep_blank_values=True, strict_parsing=bool(call.params))
    assert dict(query) == dict(call.params)
    assert len(dict(query)) == len(query)
    declared = resolved(found.get("parameters", []))
    schemas = {one["name"]: one["schema"] for one in declared if one["in"] == "query"} | paging(found)
    assert set(dict(query)) <= set(schemas), f"unknown parameters {set(dict(query)) - set(schemas)}"
    assert {one["name"] for one in declared if one.get("required")} <= set(dict(query)) | set(given)
    for key, text in query:
        assert problems(schemas[key], as_typed(schemas[key], text)) == [], f"{key}={text}"
    body = resolved(found.get("requestBody"))
    assert (call.body is not None) == (body is not None)
    if body is not None and "application/json" in body["content"]:
        assert dict(call.headers)["content-type"] == "application/json"
        assert problems(closed(body["content"]["application/json"]["schema"]), json.loads(call.body or b"")) == []
    return found


def path_values(path: str, wanted: str) -> dict[str, str]:
    parts, names = path.split("/"), wanted.split("/")
    assert len(parts) == len(names), path
    pairs = list(zip(parts, names, strict=True))
    assert [p for p, n in pairs if not n.startswith("{")] == [n for n in names if not n.startswith("{")]
    return {n.strip("{}"): unquote(p) for p, n in pairs if n.startswith("{")}


def paging(found: dict[str, Any]) -> dict[str, Any]:
    """By what the operation's description says of its pages; the words that `sort` takes stand there, too."""
    text = found.get("description", "")
    words = re.findall(r"<li><b>(\w+)</b>", text.partition("Sort fields")[2])
    sort = {"sort": {"enum": words}, "order": {"enum": ["asc", "desc"]}} if words else {}
    most = re.search(r"maximum allowed value for parameter <code>limit</code> is <code>(\d+)</code>", text)
    seek = {**SEEK, "limit": {**SEEK["limit"], "maximum": int(most[1])}} if most else SEEK
    return (OFFSET | sort if "offset pagination" in text else {}) | (seek | sort if "seek pagination" in text else {})


# -- requests --------------------------------------------------------------------------------------------------------------
def some_account(rng: random.Random) -> Account:
    return account(**rng.choice(({}, {"shop_id": "2001"}, {"shop_id": "99999999999", "channel_code": "TR"}, {"channel_code": "FR_1"})))  # fmt: skip


def window(rng: random.Random) -> Window:
    since = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=rng.uniform(0, 9e7))
    return Window(since, since + timedelta(seconds=rng.uniform(1, 9e6)))


def file_of(call: Call) -> tuple[list[str], list[dict[str, str]]]:
    """Columns and rows of the one part `file` of a multipart body, read by the standard library."""
    head = f"content-type: {dict(call.headers)['content-type']}\r\n\r\n".encode()
    (part,) = message_from_bytes(head + (call.body or b"")).get_payload()
    assert part.get_param("name", header="content-disposition") == "file"
    assert part.get_filename()
    text = part.get_payload(decode=True).decode("utf-8")
    assert all(line.startswith('"') for line in text.splitlines())
    rows = csv.DictReader(io.StringIO(text), delimiter=";", strict=True)
    return list(rows.fieldnames or ()), list(rows)


def multipart_schema(found: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = resolved(found["requestBody"])["content"]["multipart/form-data"]["schema"]
    assert set(schema["properties"]) == set(schema["required"]) == {"file"}
    return schema


def documented_columns(found: dict[str, Any]) -> set[str]:
    """Those that the description quotes or sets in code, and those of the examples' first lines."""
    content = resolved(found["requestBody"])["content"]["multipart/form-data"]
    text = multipart_schema(found)["properties"]["file"]["description"]
    heads = [str(one["value"]["file"]).partition("\n") for one in content.get("examples", {}).values()]
    return {
        *re.findall(r'"([a-z-]+)"', text),
        *re.findall(r"<code>([a-z-]+)</code>", text),
        *(name for head, rest, _ in heads if rest for name in head.split(";")),
    } - {"file"}


def try_set_prices(rng: random.Random) -> None:
    rows = []
    for number in range(rng.randint(1, 6)):
        sku = f"{rng.choice(SKUS)}{number}"
        told = [price(f"{rng.randint(2, 9999)}.{rng.randint(10, 99)}", **rng.choice(({}, {"discount_start_date": "2027-01-01T00:00:00Z", "unit_discount_price": 1.5})))]  # fmt: skip
        if rng.random() < 0.5:
            told.append(price("77.5", context={"channel_codes": ["US", "CA"], "customer_group_ids": ["G"], "start_date": "2026-01-01T00:00:00Z"}))  # fmt: skip
        if rng.random() < 0.5:
            told[0]["volume_prices"].append({"quantity_threshold": 10, "unit_origin_price": 1.25, "unit_discount_price": 1.0})  # fmt: skip
        wire = parse_offers(raws(offer(sku, *told)), frozenset({sku}))[sku]
        made = price_rows(wire, price_change(f"{rng.randint(2, 9999)}.05", sku=sku, listed=rng.choice(("", "10000"))), "", NOW)  # fmt: skip
        rows += made if isinstance(made, list) else []
    call = calls.set_prices_request(some_account(rng), columns_of(rows), rows)
    found = check(call, "PRI01")
    columns, told_rows = file_of(call)
    assert set(columns) <= documented_columns(found)
    assert {"offer-sku", "price", "discount-price", "discount-start-date", "discount-end-date"} <= set(columns)
    for row in told_rows:
        assert row["offer-sku"].startswith(tuple(SKUS))
        assert re.fullmatch(r"\d+(\.\d+)?", row["price"])
        assert re.fullmatch(r"(\d+(\.\d+)?)?", row["discount-price"])
        for ranges in (row.get("price-ranges", ""), row.get("discount-ranges", "")):
            assert re.fullmatch(r"(\d+\|\d+(\.\d+)?(,\d+\|\d+(\.\d+)?)*)?", ranges)


def try_set_stocks(rng: random.Random) -> None:
    changes = [stock_change(rng.choice((0, 1, 99_999)), f"k{n}", f"{rng.choice(SKUS)}{n}", **rng.choice(({}, {"warehouses": "DEPO-1"}))) for n in range(rng.randint(1, 9))]  # fmt: skip
    call = calls.set_stocks_request(some_account(rng), changes)
    columns, rows = file_of(call)
    assert set(columns) == documented_columns(check(call, "STO01"))
    assert [(r["offer-sku"], r["quantity"]) for r in rows] == [(c.listing.remote_id, str(c.quantity)) for c in changes]


def try_orders(rng: random.Random) -> None:
    call = calls.orders_request(some_account(rng), window(rng), patient=rng.random() < 0.5)
    check(call, "OR11")
    walk = Walk(call)
    walk.take(reply({"orders": [{"order_id": f"K{n}"} for n in range(100)], "total_count": rng.randint(101, 9999)}))
    assert walk.call is not None
    check(walk.call, "OR11")


def try_claims(rng: random.Random) -> None:
    call = calls.claims_request(some_account(rng), window(rng))
    check(call, "RT11")
    following = seek_following(call, reply({"data": [], "next_page_token": f"a+/={rng.random()}"}))
    assert following is not None
    check(following, "RT11")


def try_settlements(rng: random.Random) -> None:
    call = calls.settlements_request(some_account(rng), window(rng))
    check(call, "TL02")
    assert dict(call.params)["limit"] == "2000"


def try_tracking(rng: random.Random) -> None:
    one = notice(order_id=rng.choice(IDS), carrier=rng.choice(("Işık Kargo", "UPS")), number=rng.choice(("", "1Z")), tracking_url=rng.choice(("", "https://x.tr/?a=1&b=2")))  # fmt: skip
    call = calls.tracking_request(some_account(rng), one, rng.choice((None, ("UPS", "UPS"))))
    check(call, "OR23")
    body = json.loads(call.body or b"")
    assert body.get("carrier_code") or body["carrier_name"]  # "mandatory for an (un)registered carrier"


def simple(name: str, make: Callable[[random.Random], Call]) -> Callable[[random.Random], None]:
    def try_it(rng: random.Random) -> None:
        check(make(rng), name)

    return try_it


#: Every `…_request` of the module and how it is tried.
TRIES: dict[str, Callable[[random.Random], None]] = {
    "probe_request": simple("OR11", lambda rng: calls.probe_request(some_account(rng))),
    "account_request": simple("A01", lambda rng: calls.account_request(some_account(rng))),
    "orders_request": try_orders,
    "order_request": simple("OR11", lambda rng: calls.order_request(some_account(rng), rng.choice(IDS))),
    "offers_request": simple("OF21", lambda rng: calls.offers_request(some_account(rng), for_write=rng.random() < 0.5)),
    "offer_request": simple("OF21", lambda rng: calls.offer_request(some_account(rng), rng.choice(SKUS))),
    "set_prices_request": try_set_prices,
    "set_stocks_request": try_set_stocks,
    "price_status_request": simple("PRI02", lambda rng: calls.price_status_request(some_account(rng), rng.choice(IDS))),
    "stock_status_request": simple("STO02", lambda rng: calls.stock_status_request(some_account(rng), rng.choice(IDS))),
    "error_report_request": lambda rng: [simple(name, lambda r, k=kind: calls.error_report_request(some_account(r), k, r.choice(IDS)))(rng) for name, kind in (("PRI03", "price"), ("STO03", "stock"))] and None,
    "carriers_request": simple("SH21", lambda rng: calls.carriers_request(some_account(rng))),
    "tracking_request": try_tracking,
    "ship_request": simple("OR24", lambda rng: calls.ship_request(some_account(rng), rng.choice(IDS))),
    "accept_request": simple("OR21", lambda rng: calls.accept_request(some_account(rng), rng.choice(IDS), {one: rng.random() < 0.5 for one in rng.sample(IDS, 3)})),
    "claims_request": try_claims,
    "claim_request": simple("RT11", lambda rng: calls.claim_request(some_account(rng), rng.choice(IDS))),
    "accept_claim_request": simple("RT21", lambda rng: calls.accept_claim_request(some_account(rng), rng.choice(IDS))),
    "settlements_request": try_settlements,
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(TRIES))
def test_requests(name: str) -> None:
    rng = random.Random(name)
    for _ in range(ROUNDS):
        TRIES[name](rng)


def test_every_request_is_tried() -> None:
    made = {name for name, _ in inspect.getmembers(calls, inspect.isfunction) if name.endswith("_request")}
    assert made == set(TRIES)


def test_the_check_notices_what_is_wrong() -> None:
    """A judge that never says no judges nothing."""
    good = calls.orders_request(account(), Window(NOW - timedelta(days=1), NOW))
    for changes in (
        {"method": "POST"}, {"path": "/api/order"}, {"params": (*good.params, ("max_size", "1"))}, {"body": b"{}"},
        {"params": (("max", "101"),)}, {"params": (("sort", "dateUpdated"),)}, {"params": (("start_update_date", "gestern"),)},
        {"params": (("order_state_codes", "SHIPPNG"),)}, {"params": (("shop_id", "neun"),)},
    ):  # fmt: skip
        with pytest.raises((AssertionError, ValueError)):
            check(msgspec.structs.replace(good, **changes), "OR11")
    bad = msgspec.structs.replace(calls.accept_claim_request(account(), "r"), body=b'{"returns":[{"id":"r"}]}')
    with pytest.raises(AssertionError):
        check(bad, "RT21")


# -- the document's own answers ------------------------------------------------------------------------------------------
def examples(name: str, status: str = "200") -> list[Any]:
    content = operation(name)[2]["responses"][status]["content"]["application/json"]
    return [resolved(one)["value"] for one in content["examples"].values()]


def test_example_orders() -> None:
    found = 0
    for body in examples("OR11"):
        walk = Walk(calls.orders_request(account(), Window(NOW - timedelta(days=1), NOW)))
        page = parse_orders(walk.take(reply({"total_count": len(body["orders"]), **body})))
        for one in page.items:
            assert one.remote_id
            assert one.lines
            found += 1
        assert {r.message.code for r in page.rejects} <= {"answer.odd_field"}
    assert found >= 2


def test_every_order_state_of_the_document_is_known() -> None:
    states = next(p for p in operation("OR11")[2]["parameters"] if resolved(p)["name"] == "order_state_codes")
    assert set(resolved(states)["schema"]["enum"]) == set(STATUSES)


def test_example_offers() -> None:
    found = 0
    for body in examples("OF21"):
        rows = raws(*body["offers"])
        page = parse_listings(rows)
        assert page.rejects == ()
        for one in page.items:
            found += 1
            (wire,) = parse_offers(rows, frozenset({one.remote_id})).values()
            made = price_rows(wire, price_change("1234", sku=one.remote_id, currency=wire.currency_iso_code), "", NOW)
            assert not isinstance(made, list) or len(made) == max(1, len(wire.all_prices))
    assert found >= 2


def test_other_examples() -> None:
    for body in examples("A01"):
        assert parse_shop(reply(body)).shop_name
    for name, kind in (("PRI01", "price"), ("STO01", "stock")):
        for body in examples(name, "201"):
            assert ticket_of(reply(body), kind, 1).startswith(f"{kind}:1:")
    for name, kind in (("PRI02", "price"), ("STO02", "stock")):
        for body in examples(name):
            assert parse_import(reply(body), kind, "string") is not None
    assert any(one.code == "FED" for body in examples("SH21") for one in parse_carriers(reply(body)))
    for body in examples("RT11"):
        page = parse_claims(reply(body))
        assert page.items
        assert not page.rejects
    for body in examples("RT21"):
        for one in body.get("return_success") or []:
            assert parse_accepted(reply(body), one["id"]).state.value == "done"
    ever = Window(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
    lines = [parse_settlements(reply(body), ever) for body in examples("TL02")]
    assert lines[0].items
    assert not lines[0].rejects  # the others' currency is the word "string"
    assert any(
        one.vendor_kind == "SELLER_PENALTY_FEE" and one.amount.amount == -1 for page in lines for one in page.items
    )
