"""The fake Mirakl against Mirakl's own seller document: every answer fits its schema, every rule of the fake is one of the document's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema_rs
import pytest

from providers.sandboxes import mirakl_rules as rules
from providers.sandboxes.mirakl import ENDPOINTS, MiraklSandbox, create
from tests.support.serving import serve
from tests.support.specs import shared_specs

SPECS = shared_specs()
FOLDER = SPECS / "mirakl" if SPECS else None
pytestmark = pytest.mark.skipif(
    FOLDER is None or not FOLDER.is_dir(), reason="Mirakl's specification is not beside the repository"
)
CSV, BYTES = {"STO03", "PRI03"}, {"OR73", "OF03", "M13"}
EMPTY = {"OR21", "OR23", "OR24", "OR29", "OR76"}
NO_BODY = {"V01"}  # its answer has no schema


@pytest.fixture(scope="module")
def document() -> Any:
    assert FOLDER is not None
    return json.loads((FOLDER / "mirakl-mmp-seller-openapi.json").read_bytes())


@pytest.fixture(scope="module")
def operations(document: Any) -> dict[str, Any]:
    return {one["operationId"]: one for item in document["paths"].values() for one in item.values()}


def strict(schema: Any) -> Any:
    """The schema, sharpened: no member that it does not name, the values that its prose lists, and null only for what is optional
    or where the prose speaks of null (the document writes no nullable type at all)."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items() if key not in ("properties", "example", "examples")}
    listed = re.search(r"Enum: (.*)", schema.get("description", ""), re.DOTALL)
    if schema.get("type") == "string" and listed:
        made["enum"] = re.findall(r'`"([^"`]+)"`', listed[1])
    if "properties" in schema:
        required = schema.get("required", [])
        made["properties"] = {
            name: {"anyOf": [{"type": "null"}, strict(one)]}
            if name not in required or re.search(r"\bnull\b", one.get("description", ""), re.IGNORECASE)
            else strict(one)
            for name, one in schema["properties"].items()
        }
        if "discriminator" not in schema:
            made["additionalProperties"] = False
    return made


@pytest.fixture(scope="module")
def components(document: Any) -> Any:
    schemas = {name: strict(one) for name, one in document["components"]["schemas"].items()}
    # The document's own example of OR11 has a null here, where its schema has a required string.
    line = schemas["OR11_Response_200_Orders_OrderLines"]["properties"]
    line["description"] = {"anyOf": [{"type": "null"}, line["description"]]}
    return {"schemas": schemas}


@pytest.fixture(scope="module")
def box() -> Iterator[tuple[MiraklSandbox, httpx.Client]]:
    made = create(orders=120, listings=60)
    assert isinstance(made, MiraklSandbox)
    made.limits_on = False
    headers = {"authorization": made.credentials["api_key"]}
    with serve(made.app) as base, httpx.Client(base_url=base, headers=headers, trust_env=False) as http:
        yield made, http


def _import(box: MiraklSandbox, http: httpx.Client, path: str, text: str, **fields: str) -> str:
    reply = http.post(path, files={"file": ("in.csv", text.encode(), "text/csv")}, data=fields)
    key = str(reply.json()["import_id"])
    box.clock.offset += 200
    return key


def answers(box: MiraklSandbox, http: httpx.Client) -> Iterator[tuple[str, httpx.Response]]:
    """At least one good answer of every operation, with the state behind it worth looking at."""
    shop = box.shop
    sku = next(iter(shop.offers))
    yield "V01", http.get("/api/version")
    for operation, path in (
        ("A01", "account"), ("CH11", "channels"), ("SH21", "shipping/carriers"), ("H11", "hierarchies"), ("RE01", "reasons"),
        ("PM11", "products/attributes"), ("P31", "products?product_references=EAN%7C8690009000000"), ("DO01", "documents?entities=ORDER"),
        ("OF61", "offers/states"), ("OF21", "offers?max=60"), ("OF22", "offers/3000001"), ("TL02", "sellerpayment/transactions_logs?limit=2000"),
        ("M11", "inbox/threads"), ("M11", "inbox/threads?with_messages=true&limit=3"), ("RT11", "returns"),
    ):  # fmt: skip
        yield operation, http.get(f"/api/{path}")
    # refunds, cancelations and an uneven acceptance, so that OR11 has something of everything to show
    sent = next(one for one in shop.orders.values() if one.state == "CLOSED" and not one.taxed)
    row = {"order_line_id": sent.lines[0].id, "amount": 1, "shipping_amount": 0, "reason_code": "15"}
    yield "OR28", http.put("/api/orders/refund", json={"refunds": [row]})
    fresh = [shop.orders[one] for one in box.add_orders(9)]
    open_ = [one for one in fresh if one.state == "SHIPPING"]
    line = open_[0].lines[0]
    taxes = [{"code": f"KDV{line.offer.product.vat}", "amount": 0.5}]
    row = {
        "order_line_id": line.id,
        "amount": 1,
        "shipping_amount": 0,
        "reason_code": "34",
        "quantity": 1,
        "taxes": taxes,
    }
    yield "OR30", http.put("/api/orders/cancel", json={"cancelations": [row]})
    new = next(one for one in fresh if one.state == "WAITING_ACCEPTANCE")
    decisions = [{"id": one.id, "accepted": n == 0} for n, one in enumerate(new.lines)]
    yield "OR21", http.put(f"/api/orders/{new.id}/accept", json={"order_lines": decisions})
    yield (
        "OR23",
        http.put(f"/api/orders/{open_[1].id}/tracking", json={"carrier_name": "Kurye", "tracking_number": "1"}),
    )
    yield "OR24", http.put(f"/api/orders/{open_[1].id}/ship")
    yield "OR29", http.put(f"/api/orders/{open_[2].id}/cancel")
    info = {
        "order_documents": [
            {"file_name": "f.pdf", "type_code": "CUSTOMER_INVOICE"},
            {"file_name": "x.exe", "type_code": "OTHER"},
        ]
    }
    parts = [("files", ("f.pdf", b"%PDF-1.4")), ("order_documents", (None, json.dumps(info), "application/json"))]
    yield "OR74", http.post(f"/api/orders/{open_[1].id}/documents", files=parts)
    yield "OR72", http.get("/api/orders/documents", params={"order_ids": ",".join(list(shop.orders)[-40:])})
    yield "OR73", http.get("/api/orders/documents/download", params={"order_ids": open_[1].id})
    mine = next(one for one in shop.documents.values() if not one.operator)
    yield "OR11", http.get("/api/orders?max=100")
    yield "OR11", http.get("/api/orders?paginate=false")
    yield "OR76", http.delete(f"/api/orders/documents/{mine.id}")
    thread = {"body": "Merhaba", "to": ["CUSTOMER"], "topic": {"type": "FREE_TEXT", "value": "Sipariş"}}
    parts = [("files", ("a.txt", b"x")), ("thread_input", (None, json.dumps(thread), "application/json"))]
    opened = http.post(f"/api/orders/{open_[0].id}/threads", files=parts)
    yield "OR43", opened
    key = opened.json()["thread_id"]
    answer = {"body": "Yarın", "to": [{"type": "CUSTOMER"}]}
    yield (
        "M12",
        http.post(
            f"/api/inbox/threads/{key}/message",
            files=[("message_input", (None, json.dumps(answer), "application/json"))],
        ),
    )
    one = http.get(f"/api/inbox/threads/{key}")
    yield "M10", one
    yield "M13", http.get(f"/api/inbox/threads/{one.json()['messages'][0]['attachments'][0]['id']}/download")
    yield "STO01", http.post("/api/offers/stock/imports", files={"file": ("s.csv", b"offer-sku;quantity\n")})
    key = _import(box, http, "/api/offers/stock/imports", f"offer-sku;quantity\n{sku};4\nYOK;1\n")
    yield "STO02", http.get(f"/api/offers/stock/imports/{key}/status")
    yield "STO03", http.get(f"/api/offers/stock/imports/{key}/error_report")
    yield "PRI01", http.post("/api/offers/pricing/imports", files={"file": ("s.csv", b"offer-sku;price\n")})
    key = _import(box, http, "/api/offers/pricing/imports", f"offer-sku;price\n{sku};4.50\nYOK;1\n")
    yield "PRI02", http.get("/api/offers/pricing/imports")
    yield "PRI03", http.get(f"/api/offers/pricing/imports/{key}/error_report")
    yield (
        "OF01",
        http.post("/api/offers/imports", files={"file": ("s.csv", b"sku;price\n")}, data={"import_mode": "NORMAL"}),
    )
    offer = {
        "shop_sku": sku,
        "product_id": "",
        "product_id_type": "",
        "state_code": "11",
        "price": 9.5,
        "update_delete": "",
    }
    yield "OF24", http.post("/api/offers", json={"offers": [offer]})
    key = _import(box, http, "/api/offers/imports", f"sku;price\n{sku};4.50\nYOK;1\n", import_mode="NORMAL")
    yield "OF02", http.get(f"/api/offers/imports/{key}")
    yield "OF03", http.get(f"/api/offers/imports/{key}/error_report")
    back = [one.id for one in shop.returns.values() if one.state == "WAITING_ACCEPTANCE"]
    assert len(back) > 2
    yield (
        "RT21",
        http.put("/api/returns/accept", json={"returns": [{"id": one, "accepted": True} for one in (*back, "yok")]}),
    )
    yield "RT29", http.put("/api/returns/cancel", json={"returns": [{"id": back[2]}]})
    yield "RT25", http.put("/api/returns/receive", json={"returns": [{"id": back[0]}, {"id": "yok"}]})
    lines = [{"order_line_id": shop.returns[back[0]].lines[0][0].id, "compliant": True}]
    yield "RT26", http.put("/api/returns/compliance", json={"returns": [{"id": back[0], "return_lines": lines}]})
    yield "RT27", http.put("/api/returns/close", json={"returns": [{"id": back[0]}]})
    yield "RT11", http.get("/api/returns", params={"limit": 2})
    yield "OF21", http.get("/api/offers?max=100&sort=productTitle&order=desc")


def test_every_answer_fits_its_schema(
    box: tuple[MiraklSandbox, httpx.Client], operations: dict[str, Any], components: Any
) -> None:
    seen: set[str] = set()
    for name, reply in answers(*box):
        seen.add(name)
        (status,) = [code for code in operations[name]["responses"] if code.startswith("2")]
        assert reply.status_code == int(status), (name, reply.text)
        content = operations[name]["responses"][status].get("content", {})
        kind = reply.headers.get("content-type", "").partition(";")[0]
        if name in EMPTY:
            assert (reply.content, content) == (b"", {})
        elif name not in NO_BODY:
            assert kind in content, (name, kind)
        if kind == "application/json" and name not in NO_BODY:
            schema = {**strict(content[kind]["schema"]), "components": components}
            faults = list(jsonschema_rs.validator_for(schema, validate_formats=True).iter_errors(reply.json()))
            assert not faults, [(name, list(one.instance_path), one.message[:200]) for one in faults[:3]]
    assert seen == {one.operation for one in ENDPOINTS}


def test_the_sharpened_schema_can_refuse(components: Any) -> None:
    """The check above has teeth: a misspelt member, a wrong word, a null in the wrong place."""
    schema = {"$ref": "#/components/schemas/STO02_Response_200", "components": components}
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    good = {
        "date_created": "2026-11-20T07:15:00Z", "has_error_report": False, "import_id": "a", "lines_in_error": None, "shop_id": 1,
        "status": "WAITING",
    }  # fmt: skip
    assert validator.is_valid(good)
    for change in ({"line_in_error": 1}, {"status": "DONE"}, {"shop_id": None}, {"date_created": "20.11.2026"}):
        assert not validator.is_valid({**good, **change}), change


def test_paths_and_methods_are_the_documents(document: Any) -> None:
    known = {
        (one["operationId"], m.upper(), path) for path, item in document["paths"].items() for m, one in item.items()
    }
    assert {(one.operation, one.method, one.path) for one in ENDPOINTS} <= known


#: Parameters of the document that the fake leaves out, because nothing in it could tell them apart.
LEFT_OUT = {
    "TL02": {
        "order_reference_for_customer", "order_reference_for_seller", "accounting_document_id", "shop_model", "pay_out_psp_codes",
        "other_reference",
    },
}  # fmt: skip
PAGING = {"offset", "max", "sort", "order", "limit", "page_token"}


def test_query_parameters_are_the_documents(operations: dict[str, Any]) -> None:
    for one in ENDPOINTS:
        told = {p["name"] for p in operations[one.operation].get("parameters", []) if p["in"] == "query"}
        ours = set(rules.PARAMS.get(one.operation, {})) | {"shop_id"}
        further = PAGING | ({"paginate"} if one.operation == "OR11" else set())
        assert told - LEFT_OUT.get(one.operation, set()) <= ours, one.operation
        assert ours <= told | further, one.operation


#: Body fields of the document that the fake does not take: features that no Turkish operator is known to use.
SKIPPED = {"eco_contributions", "retail_prices"}


def names(shape: Any, document: Any, schema: Any, where: str) -> None:
    """The fake's body shape has the members of the schema, and the same of them are required."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if isinstance(shape, rules.Many):
        assert schema["type"] == "array", where
        names(shape.item, document, schema["items"], where)
    elif isinstance(shape, dict):
        told = {key for key in schema["properties"] if key not in SKIPPED}
        ours = {key.rstrip("!") for key in shape}
        value = {"value"} - set(schema["properties"]) if "discriminator" in schema else set()
        assert ours - value == told, where
        assert {key.rstrip("!") for key in shape if key.endswith("!")} == set(schema.get("required", [])), where
        for key, inner in shape.items():
            plain = key.rstrip("!")
            if plain not in value:
                names(inner, document, schema["properties"][plain], f"{where}.{plain}")
    else:
        kinds = {"text": "string", "int": "integer", "number": "number", "flag": "boolean"}
        assert schema["type"] == (kinds[shape] if isinstance(shape, str) else "string"), where


@pytest.mark.parametrize("operation", sorted(rules.BODIES))
def test_bodies_are_the_documents(operation: str, document: Any, operations: dict[str, Any]) -> None:
    content = operations[operation]["requestBody"]["content"]
    if "application/json" in content:
        names(rules.BODIES[operation], document, content["application/json"]["schema"], operation)
        return
    form = content["multipart/form-data"]["schema"]
    while "$ref" in form:
        form = document["components"]["schemas"][form["$ref"].rpartition("/")[2]]
    part = {"OR43": "thread_input", "OR74": "order_documents", "M12": "message_input"}[operation]
    names(rules.BODIES[operation], document, form["properties"][part], operation)


WORDS = {
    "Once per day": (1, 86_400), "Every hour": (1, 3600), "Once per minute": (1, 60), "Once every 15 seconds": (1, 15), "Every 5 minutes": (1, 300),
    "- Asynchronous: once per minute - Synchronous: at each order page display": (1, 60),
    "Once per minute with offers only, once every 15 minutes with offers and products, for each seller": (1, 60),
}  # fmt: skip


def test_the_pace_is_the_published_one() -> None:
    assert FOLDER is not None
    text = (FOLDER / "mirakl-rate-limits.yml").read_text("utf-8")
    told = dict(
        re.findall(
            r'spec: mirakl-mmp-seller-openapi\.json\n\s+operationId: "(\w+)"(?:\n(?!\s+- spec).*)*?\n\s+maximum_usage: "(.*)"',
            text,
        )
    )
    for one in ENDPOINTS:
        usage = told.get(one.operation, "")
        assert rules.PACE.get(one.operation) == WORDS.get(usage), (one.operation, usage)
    assert told["TL02"] == "20 times per min, 60 times per hour"
    assert rules.WINDOWS == {"TL02": ((20, 60), (60, 3600))}
