"""Where the fake Shopify's products are for sale and what they are: publications, the taxonomy, pictures, and what the control room tells.

Source: the official schema under `shared/specs/shopify` (Publication, Taxonomy, TaxonomyCategory, Media). The numbers of the taxonomy's
categories here are like the vendor's, not his; its names are English as his are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLError

from providers.sandboxes.shopify_store import Picture, Product, Store
from providers.sandboxes.shopify_wire import Info, connect, gid, guard, number_of, price

Row = dict[str, Any]
PUBLICATIONS = {1: "Online Store", 2: "Point of Sale", 3: "Shop"}
_TREE = (
    ("aa", "Apparel & Accessories"), ("aa-1", "Clothing"), ("aa-1-13", "Clothing Tops"), ("aa-1-13-8", "T-Shirts"),
    ("aa-1-13-12", "Sweaters"), ("aa-5", "Handbags, Wallets & Cases"), ("aa-5-4", "Handbags"), ("hg", "Home & Garden"),
    ("hg-11", "Kitchen & Dining"), ("hg-11-10", "Tableware"), ("hg-11-10-4", "Drinkware"), ("hg-11-10-4-1", "Mugs"),
    ("hg-11-10-4-2", "Tea Glasses"), ("hg-15", "Linens & Bedding"), ("hg-15-2", "Pillows"), ("na", "Uncategorized"),
)  # fmt: skip
TAXONOMY = dict(_TREE)
_PLACES = {code: place for place, code in enumerate(TAXONOMY, 1)}


def _chain(code: str) -> list[str]:
    """The category's ancestors from the root, itself last."""
    parts = code.split("-")
    return ["-".join(parts[:n]) for n in range(1, len(parts) + 1)]


def code_of(category: str) -> str:
    """The code in a category's gid, '' for one that does not exist."""
    head, _, code = category.rpartition("/")
    return code if head == "gid://shopify/TaxonomyCategory" and code in TAXONOMY else ""


def category_row(code: str) -> Row:
    chain = _chain(code)
    children = [one for one in TAXONOMY if _chain(one)[:-1] == chain]
    return {
        "__typename": "TaxonomyCategory", "id": gid("TaxonomyCategory", code), "name": TAXONOMY[code], "level": len(chain),
        "fullName": " > ".join(TAXONOMY[one] for one in chain), "isArchived": False, "isLeaf": not children, "isRoot": len(chain) == 1,
        "ancestorIds": [gid("TaxonomyCategory", one) for one in reversed(chain[:-1])],
        "childrenIds": [gid("TaxonomyCategory", one) for one in children],
        "parentId": gid("TaxonomyCategory", chain[-2]) if len(chain) > 1 else None,
    }  # fmt: skip


def taxonomy(info: Info) -> Row:
    def categories(info: Info, **args: Any) -> Any:
        """Without a filter the roots, as the vendor's explorer shows them."""
        search = (args.get("search") or "").casefold()
        given = {
            name: code_of(args[name] or "") for name in ("childrenOf", "descendantsOf", "siblingsOf") if args.get(name)
        }
        if len(given) + bool(search) > 1:
            text = "Only one of search, childrenOf, siblingsOf and descendantsOf may be given."
            raise GraphQLError(text, extensions={"code": "BAD_REQUEST"})
        rows = [code for code in TAXONOMY if _kept(code, search, given)]
        return connect(info, rows, category_row, args, number=lambda code: _PLACES[code])

    return {"__typename": "Taxonomy", "categories": categories}


def _kept(code: str, search: str, given: dict[str, str]) -> bool:
    chain = _chain(code)
    if search:
        return search in " > ".join(TAXONOMY[one] for one in chain).casefold()
    if "childrenOf" in given:
        return chain[:-1] == _chain(given["childrenOf"])
    if "descendantsOf" in given:
        return given["descendantsOf"] in chain[:-1]
    if "siblingsOf" in given:
        return chain[:-1] == _chain(given["siblingsOf"])[:-1] and code != given["siblingsOf"]
    return len(chain) == 1


def publications(info: Info, **args: Any) -> Any:
    guard(info, "read_publications")
    rows = [] if args.get("catalogType") not in (None, "APP") else list(PUBLICATIONS)
    return connect(info, rows, publication_row, args, number=lambda number: number)


def publication_row(number: int) -> Row:
    return {
        "__typename": "Publication", "id": gid("Publication", number), "name": PUBLICATIONS[number], "autoPublish": False,
        "supportsFuturePublishing": number == 1,
    }  # fmt: skip


def published_readers(store: Store, product: Product) -> dict[str, Callable[..., Any] | Row | None]:
    """The fields of a product about its channels, its category and its pictures."""
    everywhere = product.publications is None
    held = len(PUBLICATIONS) if product.publications is None else len(product.publications)

    def on(info: Info, publicationId: str) -> bool:
        return everywhere or number_of("Publication", publicationId) in (product.publications or ())

    def media(info: Info, **args: Any) -> Any:
        return connect(info, product.pictures, lambda one: picture_row(store, one), args, number=lambda one: one.id)

    first = picture_row(store, product.pictures[0]) if product.pictures else None
    return {
        "category": category_row(product.category) if product.category else None, "media": media, "featuredMedia": first,
        "featuredImage": first["image"] if first else None, "publishedOnPublication": on,
        "mediaCount": {"count": len(product.pictures), "precision": "EXACT"},
        "resourcePublicationsCount": lambda info, **_: {"count": held, "precision": "EXACT"},
    }  # fmt: skip


def picture_row(store: Store, one: Picture) -> Row:
    """A picture is fetched after the answer; until then it has no address of the shop's own."""
    ready = store.now() > one.created
    name = one.source.rsplit("/", 1)[-1]
    image = {"id": gid("ProductImage", one.id), "url": f"https://cdn.example.invalid/s/files/1/{one.id}/{name}", "altText": one.alt or None,
             "width": 1000, "height": 1000} if ready else None  # fmt: skip
    return {
        "__typename": "MediaImage", "id": gid("MediaImage", one.id), "alt": one.alt or None, "image": image,
        "preview": {"image": image}, "status": "READY" if ready else "PROCESSING", "mediaContentType": "IMAGE",
    }  # fmt: skip


def products_truth(store: Store) -> list[dict[str, Any]]:
    """One row a variant. Attributes are its options by name; a default variant has none. `state` is the product's status."""
    rows = []
    for one in store.variants.values():
        head = store.products[one.product_id]
        named = one.options or ([] if one.title == "Default Title" else [("Beden", one.title)])
        rows.append({
            "sku": one.sku, "barcode": one.barcode, "title": head.title, "category_id": gid("TaxonomyCategory", head.category) if head.category else "", "brand": head.vendor,
            "attributes": {name: value for name, value in named if (name, value) != ("Title", "Default Title")},
            "images": [picture.source for picture in head.pictures], "price": price(one.price),
            "list_price": None if one.compare is None else price(one.compare), "quantity": store.stock(one), "vat_rate": None,
            "remote_id": gid("ProductVariant", one.id), "parent_id": gid("Product", head.id), "description": head.description,
            "state": head.status, "publications": len(PUBLICATIONS) if head.publications is None else len(head.publications),
        })  # fmt: skip
    return rows
