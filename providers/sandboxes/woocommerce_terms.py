"""wc/v3 product categories, brands, global attributes and their terms: lists and new ones.

Source: the vendor's public REST reference (products/categories, products/brands, products/attributes, products/attributes/<id>/terms); the
project's reference names none of them. The attribute list is not paged, the others are. The words for a taken slug are a guess.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from providers.sandboxes.exact import slug
from providers.sandboxes.people import COLOURS, MATERIALS
from providers.sandboxes.woocommerce_state import Site, Term
from providers.sandboxes.woocommerce_wire import Answer, Call, Problem, fold, invalid, trim, unknown

#: Every shop has it, and a product without a category is in it.
UNCATEGORISED = 15


def fill(site: Site) -> None:
    """What the shop's owner has made by hand."""
    tree = (
        (UNCATEGORISED, "Genel", 0), (16, "Ev & Yaşam", 0), (17, "Mutfak", 16), (18, "Kupa & Bardak", 17), (19, "Çay Takımları", 17),
        (20, "Giyim", 0), (21, "Kazak", 20), (22, "Tişört", 20), (23, "Aksesuar", 0), (24, "Şemsiye", 23), (25, "Çanta", 23),
    )  # fmt: skip
    site.categories = {number: Term(number, name, slug(name), parent) for number, name, parent in tree}
    site.brands = {40 + n: Term(40 + n, name, slug(name)) for n, name in enumerate(("Örnek", "Paşabahçe", "Işıl"))}
    kinds: tuple[tuple[int, str, tuple[str, ...]], ...] = (
        (1, "Renk", COLOURS),
        (2, "Beden", ("S", "M", "L", "XL")),
        (3, "Materyal", MATERIALS),
    )
    site.last_term = 60
    for number, name, words in kinds:
        site.attributes[number] = Term(number, name, f"pa_{slug(name)}")
        site.terms[number] = {}
        for word in words:
            _add(site, site.terms[number], word, 0)


def _add(site: Site, among: dict[int, Term], name: str, parent: int) -> Term:
    site.last_term += 1
    made = Term(site.last_term, name, slug(name), parent)
    among[made.id] = made
    return made


def value_named(site: Site, attribute: int, name: str) -> str:
    """The word of a global attribute's value; a new one is made of a word that is not there."""
    among = site.terms[attribute]
    same = next((one for one in among.values() if fold(one.name) == fold(name)), None)
    return (same or _add(site, among, name, 0)).name


def _counted(site: Site, term: Term, kind: str) -> int:
    if kind == "terms":
        return 0
    return sum(term.id in (one.categories if kind == "categories" else one.brands) for one in site.products.values())


def _row(site: Site, one: Term, kind: str) -> dict[str, Any]:
    row: dict[str, Any] = {"id": one.id, "name": one.name, "slug": one.slug}
    if kind != "terms":
        row |= {"parent": one.parent, "display": "default", "image": None}
    return row | {"description": "", "menu_order": 0, "count": _counted(site, one, kind)}


def _list(site: Site, call: Call, among: dict[int, Term], kind: str) -> Answer:
    page, size = call.number("page", 1, 1), call.number("per_page", 10, 1, 100)
    order = call.one_of("order", ("asc", "desc"), "asc")
    by = call.one_of("orderby", ("id", "include", "name", "slug", "term_group", "description", "count"), "name")
    search, include, slugs = (
        fold(call.query.get("search", "").strip()),
        call.numbers("include"),
        call.query.get("slug", ""),
    )
    rows = [
        one
        for one in among.values()
        if search in fold(one.name)
        and (not include or one.id in include)
        and slugs in ("", one.slug)
        and ("parent" not in call.query or one.parent == call.number("parent", 0, 0))
        and (not call.flag("hide_empty") or _counted(site, one, kind))
    ]
    rows.sort(key=lambda one: (one.id,) if by == "id" else (fold(one.name), one.id), reverse=order == "desc")
    first = (page - 1) * size + call.number("offset", 0, 0)
    fields = call.query.get("_fields", "")
    return Answer([trim(_row(site, one, kind), fields) for one in rows[first : first + size]], total=len(rows))


def _new(site: Site, call: Call, among: dict[int, Term], kind: str) -> Answer:
    body = call.json()
    name, parent = _name(body), body.get("parent", 0)
    if isinstance(parent, bool) or not isinstance(parent, int) or (parent and (kind == "terms" or parent not in among)):
        raise Problem(400, "woocommerce_rest_term_invalid", "Parent resource does not exist.")
    same = next((one for one in among.values() if fold(one.name) == fold(name) and one.parent == parent), None)
    if same is not None:
        text = "A term with the name provided already exists with this parent."
        raise Problem(400, "term_exists", text, resource_id=same.id)
    return Answer(_row(site, _add(site, among, name, parent), kind), 201)


def _name(body: dict[str, Any]) -> str:
    name = body.get("name")
    if name is None:
        raise Problem(400, "rest_missing_callback_param", "Missing parameter(s): name", params=["name"])
    if not isinstance(name, str) or not name.strip():
        raise invalid("name", "name is not of type string.")
    return name.strip()


def _attribute_row(one: Term) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "slug": one.slug,
        "type": "select",
        "order_by": "menu_order",
        "has_archives": False,
    }


def attribute_list(site: Site, call: Call) -> Answer:
    fields = call.query.get("_fields", "")
    return Answer([trim(_attribute_row(one), fields) for one in site.attributes.values()])


def add_attribute(site: Site, call: Call) -> Answer:
    body = call.json()
    name = _name(body)
    wanted = body.get("slug") or name
    if not isinstance(wanted, str):
        raise invalid("slug", "slug is not of type string.")
    word = slug(wanted.removeprefix("pa_"))
    if len(word) > 27:
        text = f'Slug "{word}" is too long (28 characters max). Shorten it, please.'
        raise Problem(400, "woocommerce_rest_cannot_create", text)
    if any(one.slug == f"pa_{word}" for one in site.attributes.values()):
        raise Problem(400, "woocommerce_rest_cannot_create", f'Slug "{word}" is already in use. Change it, please.')
    made = Term(max(site.attributes, default=0) + 1, name, f"pa_{word}")
    site.attributes[made.id], site.terms[made.id] = made, {}
    return Answer(_attribute_row(made), 201)


def _values(site: Site, call: Call) -> dict[int, Term]:
    if call.ids[0] not in site.terms:
        raise unknown("taxonomy")
    return site.terms[call.ids[0]]


def value_list(site: Site, call: Call) -> Answer:
    return _list(site, call, _values(site, call), "terms")


def add_value(site: Site, call: Call) -> Answer:
    return _new(site, call, _values(site, call), "terms")


LISTS: dict[str, Callable[[Site, Call], Answer]] = {
    "categories": lambda site, call: _list(site, call, site.categories, "categories"),
    "brands": lambda site, call: _list(site, call, site.brands, "brands"),
    "attributes": attribute_list,
}
ADDS: dict[str, Callable[[Site, Call], Answer]] = {
    "categories": lambda site, call: _new(site, call, site.categories, "categories"),
    "brands": lambda site, call: _new(site, call, site.brands, "brands"),
    "attributes": add_attribute,
}
