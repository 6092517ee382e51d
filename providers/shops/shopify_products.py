"""How a draft becomes a product of Shopify's: the documents, the inputs of productSet and its kin, and what the answers tell. Pure; every
document is validated against the official schema 2026-10 in the spec test.
Must never send productSet a list that is not whole: what a list of it leaves out, Shopify deletes.

Source of the facts: the schema's own descriptions (productSet, ProductSetInput, ProductVariantSetInput, Publication, Taxonomy).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from app.contracts import Account, Message
from app.kit import Call, Reply, decode_json, graphql_call
from app.model import ProductDraft, clean, fold
from providers.marketplaces.drafts import answers, lacking, refused_money, refused_texts, wrong
from providers.shops.shopify_errors import UserError
from providers.shops.shopify_queries import api_path, quoted
from providers.shops.shopify_wire import PageInfo, Wire

TITLE, MOST_IMAGES, MOST_PIECES, MOST_OPTIONS = 255, 250, 1_000_000_000, 3
LOOKED_UP, PAGE = 25, 250
#: Shopify's own words for the option and the value of a product without options.
NO_OPTION, NO_VALUE = "Title", "Default Title"
WORDS = {
    "NOT_FOUND": "item.not_found",
    "PRODUCT_DOES_NOT_EXIST": "item.not_found",
    "PRODUCT_VARIANT_DOES_NOT_EXIST": "item.not_found",
}

PUBLICATIONS = """query Publications($first: Int!) {
  publications(first: $first, catalogType: APP) { nodes { id supportsFuturePublishing } }
}"""
VARIANTS_BY_SKU = """query VariantsBySku($query: String!, $first: Int!, $after: String) {
  productVariants(first: $first, after: $after, query: $query, sortKey: ID) {
    pageInfo { hasNextPage endCursor } nodes { id sku product { id } }
  }
}"""
PRODUCT = """query Product($identifier: ProductIdentifierInput!) {
  productByIdentifier(identifier: $identifier) { id options { name } variants(first: 250) { nodes { id sku } } }
}"""
SET_PRODUCT = """mutation SetProduct($identifier: ProductSetIdentifiers!, $input: ProductSetInput!, $first: Int!) {
  productSet(identifier: $identifier, input: $input, synchronous: true) {
    product { id variants(first: $first) { nodes { id sku } } } userErrors { field message code }
  }
}"""
ADD_VARIANTS = """mutation AddVariants($product: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkCreate(productId: $product, variants: $variants) {
    productVariants { id sku } userErrors { field message code }
  }
}"""
PUBLISH = """mutation Publish($id: ID!, $input: [PublicationInput!]!) {
  publishablePublish(id: $id, input: $input) { userErrors { field message } }
}"""


def _call(account: Account, operation: str, document: str, variables: dict[str, Any], group: str = "default") -> Call:
    safe = True if group == "write" and document != ADD_VARIANTS else None
    return graphql_call(api_path(account), operation, document, variables, group=group, repeatable=safe)


# -- what is there -------------------------------------------------------------------------------------------------------
class _Id(Wire, frozen=True):
    id: str


class _PublicationWire(Wire, frozen=True):
    id: str
    supports_future_publishing: bool


class _PublicationNodes(Wire, frozen=True):
    nodes: list[_PublicationWire]


class _PublicationsData(Wire, frozen=True):
    publications: _PublicationNodes


class _Publications(Wire, frozen=True):
    data: _PublicationsData


def publications_request(account: Account) -> Call:
    return _call(account, "publish_products", PUBLICATIONS, {"first": 50})


def parse_storefronts(reply: Reply) -> list[str]:
    """The online store's publication: only an online store can publish at a later date. Empty for a shop that sells at a till alone."""
    nodes = decode_json(reply, _Publications).data.publications.nodes
    return [one.id for one in nodes if one.supports_future_publishing]


class Variant(Wire, frozen=True):
    id: str
    sku: str | None = None
    product: _Id | None = None


class _VariantNodes(Wire, frozen=True):
    nodes: list[Variant]
    page_info: PageInfo | None = None


class _VariantPage(Wire, frozen=True):
    product_variants: _VariantNodes


class _Variants(Wire, frozen=True):
    data: _VariantPage


def variants_request(account: Account, skus: Sequence[str], after: str | None = None) -> Call:
    """The search is loose: what it finds is compared by the exact SKU."""
    query = " OR ".join(f"sku:{quoted(sku)}" for sku in skus)
    return _call(
        account, "publish_products", VARIANTS_BY_SKU, {"query": query, "first": PAGE, "after": after}, "listings"
    )


def parse_variants(reply: Reply) -> tuple[list[Variant], str | None]:
    """All of the page or an error: what is missing here would be made a second time."""
    page = decode_json(reply, _Variants).data.product_variants
    info = page.page_info
    return page.nodes, info.end_cursor if info is not None and info.has_next_page else None


class _OptionWire(Wire, frozen=True):
    name: str


class Product(Wire, frozen=True):
    """A product that is there, the names of its options, and its variants (of more than 250 the first)."""

    id: str
    options: list[_OptionWire]
    variants: _VariantNodes

    @property
    def option_names(self) -> list[str]:
        return [one.name for one in self.options]


class _ProductData(Wire, frozen=True):
    product_by_identifier: Product | None = None


class _ProductAnswer(Wire, frozen=True):
    data: _ProductData


def product_request(account: Account, *, id_: str = "", handle: str = "") -> Call:
    """By id, or by handle: read at once, while a search may lag behind a creation."""
    return _call(account, "publish_products", PRODUCT, {"identifier": {"id": id_} if id_ else {"handle": handle}})


def parse_product(reply: Reply) -> Product | None:
    return decode_json(reply, _ProductAnswer).data.product_by_identifier


# -- drafts --------------------------------------------------------------------------------------------------------------
def handle_of(text: str) -> str:
    """The address of a product that we make, always the same for an SKU or a group: Shopify updates what has it, and makes no second.
    Its end keeps it from being another product's by chance."""
    words = re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")[:80].strip("-")
    return f"{words or 'px'}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def refused_draft(draft: ProductDraft, currency: str) -> Message | None:
    """What Shopify would refuse the draft for, or take in another sense than it is meant."""
    found = refused_money(draft, (currency,), MOST_PIECES) or refused_texts(draft, TITLE, MOST_IMAGES)
    if found is not None:
        return found
    if not draft.sku.strip():
        return lacking("sku")
    if draft.category_id and not draft.category_id.startswith("gid://shopify/TaxonomyCategory/"):
        return wrong("category_id")
    return None


def values_of(draft: ProductDraft) -> dict[str, str]:
    """Its options: one value each."""
    found = {name: clean(told[0].choice_id or told[0].text, 255) for name, told in answers(draft).items()}
    return {name: value for name, value in found.items() if value}


def options_of(members: Sequence[ProductDraft]) -> tuple[list[str], Message | None]:
    """By what the variants of a new product are told apart (empty for a single one that says nothing), or why they cannot be."""
    told = [values_of(draft) for draft in members]
    common = [name for name in told[0] if all(name in row for row in told)]
    chosen = common if len(members) == 1 else [n for n in common if len({row[n] for row in told}) > 1]
    if len(chosen) > MOST_OPTIONS:
        return [], wrong("attributes", "long", most=str(MOST_OPTIONS))
    if len({tuple(row[name] for name in chosen) for row in told}) < len(members):
        return [], lacking("attributes")
    return chosen, None


def content_of(draft: ProductDraft) -> dict[str, Any]:
    """What a product says of itself. What the draft does not tell stays as it is; the pictures come anew each time."""
    row: dict[str, Any] = {"title": draft.title.strip()}
    if draft.description:
        row["descriptionHtml"] = draft.description
    if draft.brand is not None and draft.brand.name.strip():
        row["vendor"] = draft.brand.name.strip()
    if draft.category_id:
        row["category"] = draft.category_id
    if draft.images:
        row["files"] = [
            {"originalSource": one, "contentType": "IMAGE", "alt": row["title"]} for one in dict.fromkeys(draft.images)
        ]
    return row


def price_of(draft: ProductDraft) -> dict[str, str | None]:
    crossed = draft.list_price
    shown = crossed.rounded().text() if crossed is not None and crossed > draft.price else None
    return {"price": draft.price.rounded().text(), "compareAtPrice": shown}


def _option_values(draft: ProductDraft, names: Sequence[str]) -> list[dict[str, str]]:
    values = values_of(draft)
    rows = [{"optionName": name, "name": values[name]} for name in names]
    return rows or [{"optionName": NO_OPTION, "name": NO_VALUE}]


def _barcode(draft: ProductDraft) -> dict[str, Any]:
    return {"barcode": draft.barcode} if draft.barcode else {}


def new_input(members: Sequence[ProductDraft], names: Sequence[str], handle: str, place: str) -> dict[str, Any]:
    """A whole product, its stock at `place`."""
    told = [values_of(one) for one in members]
    slots = [
        {"name": name, "values": [{"name": one} for one in dict.fromkeys(row[name] for row in told)]} for name in names
    ]
    variants = [
        {
            "optionValues": _option_values(one, names), "sku": one.sku, **price_of(one), **_barcode(one),
            "inventoryItem": {"tracked": True},
            "inventoryQuantities": [{"locationId": place, "name": "available", "quantity": one.quantity}],
        }
        for one in members
    ]  # fmt: skip
    return {
        **content_of(members[0]),
        "handle": handle,
        "status": "ACTIVE",
        "productOptions": slots or [{"name": NO_OPTION, "values": [{"name": NO_VALUE}]}],
        "variants": variants,
    }


def added_row(draft: ProductDraft, names: Sequence[str], place: str) -> dict[str, Any]:
    """One more variant of a product that is there."""
    return {
        "optionValues": _option_values(draft, names),
        **price_of(draft),
        **_barcode(draft),
        "inventoryItem": {"sku": draft.sku, "tracked": True},
        "inventoryQuantities": [{"locationId": place, "availableQuantity": draft.quantity}],
    }


def changed_row(draft: ProductDraft, variant: str) -> dict[str, Any]:
    """A variant that is there, without its stock. It is counted from now on, or a quantity would mean nothing."""
    item = {"sku": draft.sku, "tracked": True}
    return {"id": variant, **price_of(draft), **_barcode(draft), "inventoryItem": item}


def create_request(account: Account, handle: str, product: Mapping[str, Any], variants: int) -> Call:
    variables = {"identifier": {"handle": handle}, "input": dict(product), "first": variants}
    return _call(account, "publish_products", SET_PRODUCT, variables, "write")


def content_request(account: Account, product_id: str, content: Mapping[str, Any]) -> Call:
    """Without the list of variants, which stays as it is."""
    variables = {"identifier": {"id": product_id}, "input": dict(content), "first": 1}
    return _call(account, "publish_products", SET_PRODUCT, variables, "write")


def add_request(account: Account, product_id: str, rows: Sequence[Mapping[str, Any]]) -> Call:
    variables = {"product": product_id, "variants": [dict(one) for one in rows]}
    return _call(account, "publish_products", ADD_VARIANTS, variables, "write")


def publish_request(account: Account, product_id: str, publications: Sequence[str]) -> Call:
    variables = {"id": product_id, "input": [{"publicationId": one} for one in publications]}
    return _call(account, "publish_products", PUBLISH, variables, "write")


# -- answers -------------------------------------------------------------------------------------------------------------
class _SetProduct(Wire, frozen=True):
    id: str
    variants: _VariantNodes


class _SetPayload(Wire, frozen=True):
    user_errors: list[UserError]
    product: _SetProduct | None = None


class _SetData(Wire, frozen=True):
    product_set: _SetPayload


class _SetAnswer(Wire, frozen=True):
    data: _SetData


class Made(msgspec.Struct, frozen=True):
    """What a write tells: the product, its variants by SKU, what was refused."""

    product: str
    variants: dict[str, str]
    errors: list[UserError]


def parse_set(reply: Reply) -> Made:
    told = decode_json(reply, _SetAnswer).data.product_set
    if told.product is None:
        return Made("", {}, told.user_errors)
    return Made(told.product.id, {one.sku: one.id for one in told.product.variants.nodes if one.sku}, told.user_errors)


class _AddPayload(Wire, frozen=True):
    user_errors: list[UserError]
    product_variants: list[Variant] | None = None


class _AddData(Wire, frozen=True):
    product_variants_bulk_create: _AddPayload


class _AddAnswer(Wire, frozen=True):
    data: _AddData


def parse_added(reply: Reply) -> Made:
    told = decode_json(reply, _AddAnswer).data.product_variants_bulk_create
    return Made("", {one.sku: one.id for one in told.product_variants or () if one.sku}, told.user_errors)


class _Refused(Wire, frozen=True):
    user_errors: list[UserError]


class _PublishData(Wire, frozen=True):
    publishable_publish: _Refused


class _PublishAnswer(Wire, frozen=True):
    data: _PublishData


def parse_published(reply: Reply) -> list[UserError]:
    return decode_json(reply, _PublishAnswer).data.publishable_publish.user_errors
