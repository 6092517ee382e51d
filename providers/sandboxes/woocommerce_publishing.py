"""What a wc/v3 product is made of beside price and stock: texts, categories, brands, images by address, attributes, a variation's choices.

Source: the vendor's public REST reference (products, product variations); the project's reference names only the fields that are read.
As WordPress does: unknown fields are ignored, unknown terms dropped, each list given replaces the one before, words of a global attribute
that are not there yet are made, and a choice that the parent does not vary by is dropped.
"""

from __future__ import annotations

import re
from typing import Any

from providers.sandboxes.woocommerce_state import Product, Site
from providers.sandboxes.woocommerce_terms import UNCATEGORISED, value_named
from providers.sandboxes.woocommerce_wire import Problem, fold, invalid, money

#: A write with one of these is a publishing, not a change of price or stock.
CONTENT = frozenset({
    "name", "description", "short_description", "categories", "brands", "images", "image", "attributes", "global_unique_id", "tax_class",
    "type",
})  # fmt: skip
#: The classes that a new shop has, with the VAT that this shop's owner set; an unknown class falls back to the standard one.
TAX_CLASSES = {"": 20, "reduced-rate": 10, "zero-rate": 0}


def take_content(site: Site, draft: Product, body: dict[str, Any]) -> None:
    """Writes into a draft that nobody sees yet; lists are replaced, never changed in place."""
    for name in ("description", "short_description", "tax_class"):
        if not isinstance(body.get(name, ""), str):
            raise invalid(name, f"{name} is not of type string.")
    draft.description = body.get("description", draft.description)
    draft.short = body.get("short_description", draft.short)
    if "tax_class" in body:
        draft.tax_class = body["tax_class"] if body["tax_class"] in TAX_CLASSES else ""
        draft.vat = TAX_CLASSES[draft.tax_class]
    if draft.parent:
        if body.get("image"):
            draft.images = _images(site, [body["image"]], "image")
        if "attributes" in body:
            draft.picks = _picks(site, site.products[draft.parent], _rows(body, "attributes"))
        return
    if "categories" in body:
        draft.categories = [number for number in _ids(body, "categories") if number in site.categories]
    if "brands" in body:
        draft.brands = [number for number in _ids(body, "brands") if number in site.brands]
    if "images" in body:
        draft.images = _images(site, _rows(body, "images"), "images")
    if "attributes" in body:
        draft.attributes = _attributes(site, _rows(body, "attributes"))


def _rows(body: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = body[name]
    if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
        raise invalid(name, f"{name} is not of type array.")
    return rows


def _ids(body: dict[str, Any], name: str) -> list[int]:
    numbers = [one.get("id") for one in _rows(body, name)]
    if not all(isinstance(one, int) and not isinstance(one, bool) for one in numbers):
        raise invalid(name, f"{name}[0][id] is not of type integer.")
    return [one for one in numbers if isinstance(one, int)]


def _images(site: Site, rows: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """`id` is a picture that the shop has, `src` one that it fetches anew each time."""
    found = []
    for one in rows:
        number, src = one.get("id") or 0, one.get("src") or ""
        if not isinstance(number, int) or not isinstance(src, str):
            raise invalid(name, f"{name}[0] is not valid.")
        if number:
            if number not in site.images:
                raise Problem(400, "woocommerce_product_invalid_image_id", f"#{number} is an invalid image ID.")
        elif not re.fullmatch(r"https?://[^\s/]+/\S+", src):
            raise Problem(
                400,
                "woocommerce_product_image_upload_error",
                f"Error getting remote image {src}. Error: A valid URL was not provided.",
            )
        else:
            number = site.next_id()
            site.images[number] = src
        found.append({"id": number, "src": site.images[number]})
    return found


def _attributes(site: Site, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for place, one in enumerate(rows):
        number, name, options = one.get("id") or 0, one.get("name") or "", one.get("options", [])
        if isinstance(options, str):
            options = [word.strip() for word in options.split("|")]
        if not isinstance(number, int) or not isinstance(name, str) or not isinstance(options, list):
            raise invalid("attributes", f"attributes[{place}] is not valid.")
        if not all(isinstance(word, str) for word in options):
            raise invalid("attributes", f"attributes[{place}][options][0] is not of type string.")
        if number:
            if number not in site.attributes:
                continue
            name, options = site.attributes[number].name, [value_named(site, number, word) for word in options]
        if name and options:
            found.append({
                "id": number, "name": name, "position": one.get("position", place), "visible": bool(one.get("visible", False)),
                "variation": bool(one.get("variation", False)), "options": options,
            })  # fmt: skip
    return found


def _picks(site: Site, parent: Product, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    varying = [one for one in parent.attributes if one["variation"]]
    found = []
    for one in rows:
        number, name, option = one.get("id") or 0, one.get("name") or "", one.get("option") or ""
        if not isinstance(number, int) or not isinstance(name, str) or not isinstance(option, str):
            raise invalid("attributes", "attributes[0] is not valid.")
        known = next((a for a in varying if (a["id"] == number if number else fold(a["name"]) == fold(name))), None)
        word = next((word for word in known["options"] if fold(word) == fold(option)), None) if known else None
        if known and word:
            found.append({"id": known["id"], "name": known["name"], "option": word})
    return found


# -- the control room ----------------------------------------------------------------------------------------------
def products_truth(site: Site) -> list[dict[str, Any]]:
    """What can be sold: simple products and variations. Attributes by name; a brand is a brand of the shop or an attribute "Marka"."""
    now = site.now()
    rows = []
    for one in site.products.values():
        if one.type == "variable":
            continue
        head = site.products[one.parent] if one.parent else one
        words = {a["name"]: ", ".join(a["options"]) for a in head.attributes if not (one.parent and a["variation"])}
        words |= {a["name"]: a["option"] for a in one.picks}
        price = one.price(now)
        rows.append({
            "sku": one.sku, "barcode": one.gtin, "title": head.name, "category_id": str((head.categories or [UNCATEGORISED])[0]),
            "brand": next((site.brands[number].name for number in head.brands), words.get("Marka", "")), "attributes": words,
            "images": [image["src"] for image in one.images or head.images], "price": "" if price is None else money(price),
            "list_price": None if one.regular is None else money(one.regular), "quantity": one.stock, "vat_rate": str(one.vat),
            "remote_id": str(one.id), "parent_id": str(one.parent) if one.parent else None, "description": one.description or head.description,
            "state": head.status,
        })  # fmt: skip
    return rows
