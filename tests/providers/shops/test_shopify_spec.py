"""Every document that the Shopify client sends, against the official schema 2026-10: fields, arguments, and variables coerced by
their input types over generated inputs."""

from __future__ import annotations

import gzip
import inspect
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import pytest
from graphql import (
    GraphQLSchema,
    NoDeprecatedCustomRule,
    OperationDefinitionNode,
    build_client_schema,
    get_operation_ast,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.kit import Call
from app.model import AttributeValue, Choice, ListingRef, Money, PriceChange, ProductDraft, ShipmentNotice, Window
from providers.shops import shopify_products as products
from providers.shops import shopify_queries as queries
from providers.shops import shopify_taxonomy as taxonomy
from providers.shops.shopify_errors import shopify_errors
from providers.shops.shopify_wire import order_nodes, parse_orders
from providers.shops.shopify_writes import price_row
from tests.providers.shops.shopify_support import account, orders, reply
from tests.support.specs import shared_specs

SPECS = shared_specs()
pytestmark = pytest.mark.skipif(SPECS is None, reason="../shared/specs is absent")
ACCOUNT = account()

gids = st.integers(1, 10**13).map(lambda n: f"gid://shopify/Thing/{n}")
words = st.text(min_size=1, max_size=40)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
cursors = st.none() | st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=40)
amounts = st.decimals("0.01", "999999.99", places=2).map(lambda d: Money.of(d, "TRY"))
quantities = st.integers(0, 1_000_000)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    since = draw(instants)
    return Window(
        since, since + timedelta(seconds=draw(st.integers(1, 10**6)), microseconds=draw(st.integers(0, 999_999)))
    )


@st.composite
def price_rows(draw: st.DrawFn) -> list[dict[str, str | None]]:
    made = draw(st.lists(st.tuples(gids, amounts, st.none() | amounts, st.none() | amounts), min_size=1, max_size=5))
    return [price_row(PriceChange("k", ListingRef(g, "s"), p, lp, was)) for g, p, lp, was in made]


@st.composite
def notices(draw: st.DrawFn) -> ShipmentNotice:
    url = draw(st.sampled_from(["", "https://kargo.example/?kod=1", "kargo yok"]))
    return ShipmentNotice(
        "k", draw(gids), carrier=draw(st.just("") | words), tracking_number=draw(st.just("") | words), tracking_url=url
    )


PLACE = "gid://shopify/Location/1"


@st.composite
def drafts(draw: st.DrawFn) -> ProductDraft:
    """One that the client would send: nothing of it is refused."""
    price = draw(amounts)
    made = ProductDraft(
        "k", draw(words.filter(str.strip)), draw(words.filter(str.strip)), price, draw(quantities),
        barcode=draw(st.sampled_from(["", "8690000000777"])), description=draw(st.just("") | words),
        brand=draw(st.none() | words.map(lambda name: Choice("", name))),
        category_id=draw(st.sampled_from(["", "gid://shopify/TaxonomyCategory/aa-1-2"])),
        images=tuple(f"https://cdn.example/{n}.jpg" for n in range(draw(st.integers(0, 3)))),
        list_price=draw(st.sampled_from([None, price, price + price])),
        attributes=tuple(AttributeValue(name, text=draw(words)) for name in draw(st.sampled_from([(), ("Renk",), ("Renk", "Beden")]))),
    )  # fmt: skip
    assert products.refused_draft(made, "TRY") is None
    return made


def created(found: list[ProductDraft]) -> Call:
    names, _ = products.options_of(found)
    handle = products.handle_of(found[0].sku)
    return products.create_request(ACCOUNT, handle, products.new_input(found, names, handle, PLACE), len(found))


def added(draft: ProductDraft) -> Call:
    row = products.added_row(draft, list(products.values_of(draft)), PLACE)
    return products.add_request(ACCOUNT, "gid://shopify/Product/1", [row])


def changed(draft: ProductDraft) -> Call:
    row = products.changed_row(draft, "gid://shopify/ProductVariant/1")
    return queries.prices_request(ACCOUNT, "gid://shopify/Product/1", [row])


parts = st.lists(st.tuples(gids, st.lists(st.tuples(gids, st.integers(1, 99)), max_size=4)), min_size=1, max_size=4)
REQUESTS: dict[str, st.SearchStrategy[Call]] = {
    "probe_request": st.just(queries.probe_request(ACCOUNT)),
    "orders_request": st.builds(queries.orders_request, st.just(ACCOUNT), windows(), cursors, st.integers(5, 50)),
    "order_request": st.builds(queries.order_request, st.just(ACCOUNT), words | gids),
    "lines_request": st.builds(queries.lines_request, st.just(ACCOUNT), gids, words),
    "listings_request": st.builds(queries.listings_request, st.just(ACCOUNT), st.none() | instants, cursors),
    "currency_request": st.just(queries.currency_request(ACCOUNT)),
    "places_request": st.just(queries.places_request(ACCOUNT)),
    "products_request": st.builds(queries.products_request, st.just(ACCOUNT), st.lists(gids, min_size=1, max_size=9)),
    "stock_request": st.builds(queries.stock_request, st.just(ACCOUNT), st.lists(gids, min_size=1, max_size=9), gids),
    "prices_request": st.builds(queries.prices_request, st.just(ACCOUNT), gids, price_rows()),
    "stocks_request": st.builds(
        queries.stocks_request, st.just(ACCOUNT), gids, st.lists(st.tuples(gids, quantities), min_size=1, max_size=9),
        st.lists(words, min_size=1, max_size=9),
    ),
    "to_ship_request": st.builds(queries.to_ship_request, st.just(ACCOUNT), gids),
    "ship_request": st.builds(queries.ship_request, st.just(ACCOUNT), notices(), parts),
    "categories_request": st.builds(taxonomy.categories_request, st.just(ACCOUNT), st.none() | gids, cursors),
    "publications_request": st.just(products.publications_request(ACCOUNT)),
    "variants_request": st.builds(
        products.variants_request, st.just(ACCOUNT), st.lists(words, min_size=1, max_size=9), cursors
    ),
    "product_request": st.builds(products.product_request, st.just(ACCOUNT), id_=st.just("") | gids, handle=words),
    "create_request": st.lists(drafts(), min_size=1, max_size=3).map(created),
    "content_request": st.builds(
        products.content_request, st.just(ACCOUNT), gids, drafts().map(products.content_of)
    ),
    "add_request": drafts().map(added),
    "publish_request": st.builds(products.publish_request, st.just(ACCOUNT), gids, st.lists(gids, max_size=2)),
}  # fmt: skip
#: Not GraphQL: the token is fetched by a form of its own, which the schema does not describe.
OTHERS = {"token_request"}


@lru_cache(maxsize=1)
def schema() -> GraphQLSchema:
    assert SPECS is not None
    packed = (SPECS / "shopify" / "admin_2026-10.introspection.json.gz").read_bytes()
    return build_client_schema(json.loads(gzip.decompress(packed))["data"], assume_valid=True)


@lru_cache(maxsize=64)
def operation(document: str) -> OperationDefinitionNode:
    """Validated once; raises AssertionError with what the schema does not know."""
    tree = parse(document)
    wrong = validate(schema(), tree) + validate(schema(), tree, [NoDeprecatedCustomRule])
    assert not wrong, [str(error) for error in wrong]
    found = get_operation_ast(tree)
    assert found is not None
    return found


def judge(call: Call) -> dict[str, Any]:
    assert (call.method, call.path) == ("POST", "/admin/api/2026-10/graphql.json")
    body = json.loads(call.body or b"")
    assert body.keys() == {"query", "variables"}
    found = operation(body["query"])
    values = get_variable_values(schema(), found.variable_definitions or (), body["variables"])
    assert not isinstance(values, list), [str(error) for error in values]
    assert body["variables"].keys() == {d.variable.name.value for d in found.variable_definitions or ()}
    return body["variables"]


@pytest.mark.parametrize("name", sorted(REQUESTS))
def test_every_request_fits_the_schema(name: str) -> None:
    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(REQUESTS[name])
    def run(call: Call) -> None:
        judge(call)

    run()


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(drafts())
def test_a_variant_that_publishing_changes_fits_too(draft: ProductDraft) -> None:
    judge(changed(draft))


def test_no_request_goes_unjudged() -> None:
    made: dict[str, Callable[..., Any]] = {
        name: one
        for module in (queries, products, taxonomy)
        for name, one in vars(module).items()
        if name.endswith("_request") and inspect.isfunction(one) and one.__module__ == module.__name__
    }
    assert made.keys() == REQUESTS.keys() | OTHERS


def test_the_judge_can_say_no() -> None:
    good = queries.to_ship_request(ACCOUNT, "gid://shopify/Order/1")
    body = json.loads(good.body or b"")
    import msgspec

    for wrong in (
        {**body, "query": body["query"].replace("remainingQuantity", "leftQuantity")},
        {**body, "variables": {"id": None}},
    ):
        with pytest.raises(AssertionError):
            judge(msgspec.structs.replace(good, body=json.dumps(wrong).encode()))


def test_stock_carries_what_the_schema_says_in_words_only() -> None:
    """`changeFromQuantity` must be there, even as null, and the mutation must be @idempotent with a key that is not blank."""
    call = queries.stocks_request(ACCOUNT, "gid://shopify/Location/1", [("gid://shopify/InventoryItem/1", 3)], ["k"])
    variables = judge(call)
    assert all("changeFromQuantity" in row for row in variables["input"]["quantities"])
    assert variables["key"].strip()
    assert "@idempotent(key: $key)" in json.loads(call.body or b"")["query"]
    assert call.repeatable is True


def test_pages_stay_below_the_caps() -> None:
    assert (
        max(
            queries.ORDERS_PAGE, queries.MORE_LINES_PAGE, queries.LISTINGS_PAGE, queries.LOOKUP_SIZE, queries.WRITE_SIZE
        )
        <= 250
    )


def test_the_reference_answer_is_read() -> None:
    """The example of the reference, with the fields that it leaves out set to what the schema calls nullable."""
    example = json.loads(
        '{"id":"gid://shopify/Order/5550001","name":"#1042","createdAt":"2026-11-20T09:14:03Z","displayFinancialStatus":"PAID",'
        '"displayFulfillmentStatus":"UNFULFILLED","taxesIncluded":true,"currencyCode":"TRY","currentTotalPriceSet":{"shopMoney":'
        '{"amount":"749.90","currencyCode":"TRY"}},"shippingAddress":{"name":"Deniz Ak","address1":"Gül Sk. 4/2","city":"İzmir",'
        '"zip":"35000","countryCodeV2":"TR","phone":"+905550000000"},"lineItems":{"nodes":[{"id":"gid://shopify/LineItem/77001",'
        '"sku":"KZK-M-LAC","title":"Kazak","quantity":1,"discountedUnitPriceAfterAllDiscountsSet":{"shopMoney":{"amount":"699.90",'
        '"currencyCode":"TRY"}},"taxLines":[{"rate":0.1,"priceSet":{"shopMoney":{"amount":"63.63","currencyCode":"TRY"}}}]}]}}'
    )
    example["updatedAt"] = "2026-11-20T09:14:03Z"
    example["lineItems"]["pageInfo"] = {"hasNextPage": False}
    example["lineItems"]["nodes"][0]["currentQuantity"] = 1
    answer = reply(orders(example))
    assert shopify_errors(answer) is None
    page = parse_orders(order_nodes(answer))
    assert not page.rejects
    assert page.items[0].ship_to.city == "İzmir"
    assert str(page.items[0].lines[0].vat_rate) == "10"
