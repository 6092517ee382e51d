"""Shopify's standard taxonomy as categories, and the options that tell a product's variants apart. Pure; the document is validated against
the official schema 2026-10 in the spec test. Must never leave out a category that can be read: nobody could choose it.

Source of the facts: the schema's own descriptions (Taxonomy, TaxonomyCategory).
"""

from __future__ import annotations

from app.contracts import Account, Message, Page, fail
from app.kit import Call, Reply, decode_json, graphql_call, read_records
from app.model import Attribute, Category, clean
from providers.shops.shopify_queries import api_path
from providers.shops.shopify_wire import RawNodes, Wire, id_of

PAGE = 250
#: Shopify's options are words of the merchant's own; these are the usual ones of a Turkish shop.
OPTIONS = ("Renk", "Beden", "Model")
CATEGORIES = """query Categories($below: ID, $first: Int!, $after: String) {
  taxonomy {
    categories(descendantsOf: $below, first: $first, after: $after) {
      pageInfo { hasNextPage endCursor } nodes { id fullName isArchived }
    }
  }
}"""


class _CategoryWire(Wire, frozen=True):
    id: str
    full_name: str
    is_archived: bool = False


class _Taxonomy(Wire, frozen=True):
    categories: RawNodes


class _TaxonomyData(Wire, frozen=True):
    taxonomy: _Taxonomy


class _TaxonomyAnswer(Wire, frozen=True):
    data: _TaxonomyData


def categories_request(account: Account, below: str | None = None, after: str | None = None) -> Call:
    """Shopify's standard taxonomy: its top without `below`, else all that lies below."""
    variables = {"below": below, "first": PAGE, "after": after}
    return graphql_call(api_path(account), "categories", CATEGORIES, variables)


def parse_categories(reply: Reply) -> tuple[Page[Category], str | None]:
    """The page, and the cursor of the next one. A product may go into any category, whether others lie below it or not."""

    def to_category(wire: _CategoryWire) -> Category | None:
        if wire.is_archived:
            return None
        path = tuple(name for one in wire.full_name.split(" > ") if (name := clean(one, 200)))
        if not path:
            raise fail(Message("answer.field_missing", {"field": "fullName"}))
        return Category(wire.id, path)

    nodes = decode_json(reply, _TaxonomyAnswer).data.taxonomy.categories
    found, rejects = read_records(nodes.nodes, _CategoryWire, to_category, id_of)
    return Page(found, rejects), nodes.page_info.end_cursor if nodes.page_info.has_next_page else None


def options() -> tuple[Attribute, ...]:
    return tuple(Attribute(name, name, free=True, varies=True) for name in OPTIONS)
