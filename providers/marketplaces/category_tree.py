"""A tree of categories as Trendyol and N11 tell it, `{id, name, subCategories: [...]}`, made flat. Pure.
Must never call a node a leaf whose children could not be read: products go into leaves only.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from app.contracts import Message, Page, Reject, fail
from app.kit import Reply, decode_json, read_records
from app.model import Category, clean

MOST_NODES = 100_000  # the largest tree known has some ten thousand


class NodeWire(msgspec.Struct, rename="camel"):
    id: int | str
    name: str
    sub_categories: list[msgspec.Raw] | None = None


class TreeWire(msgspec.Struct):
    categories: list[msgspec.Raw]


class _Node(msgspec.Struct, frozen=True):
    category: Category
    below: tuple[msgspec.Raw, ...]


def parse_tree(reply: Reply) -> Page[Category]:
    """All nodes, parents before their children; `{"categories": [...]}` or a bare array. A node that cannot be read is a reject, and
    what lies below it is not told."""
    bare = reply.body.lstrip()[:1] == b"["
    first = decode_json(reply, list[msgspec.Raw]) if bare else decode_json(reply, TreeWire).categories
    found: list[Category] = []
    rejects: list[Reject] = []
    waiting: list[tuple[tuple[str, ...], Sequence[msgspec.Raw]]] = [((), first)]
    while waiting:
        above, raws = waiting.pop()
        nodes, bad = _level(above, raws)
        rejects += bad
        found += [node.category for node in nodes]
        waiting += [(node.category.path, node.below) for node in reversed(nodes) if node.below]
        if len(found) > MOST_NODES:
            raise fail(Message("server.too_large", {"operation": reply.operation, "bytes": str(len(reply.body))}))
    return Page(tuple(found), tuple(rejects), total=len(found))


def _level(above: tuple[str, ...], raws: Sequence[msgspec.Raw]) -> tuple[tuple[_Node, ...], tuple[Reject, ...]]:
    def to_node(wire: NodeWire) -> _Node:
        id_, name = clean(str(wire.id), 80), clean(wire.name, 200)
        if not id_ or not name:
            raise fail(Message("answer.field_missing", {"field": "id" if not id_ else "name"}))
        below = tuple(wire.sub_categories or ())
        return _Node(Category(id_, (*above, name), leaf=not below), below)

    return read_records(raws, NodeWire, to_node, lambda record: str(record["id"]))
