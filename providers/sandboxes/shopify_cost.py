"""The calculated query cost of the fake Shopify and its leaky bucket (shopify.dev "GraphQL Admin API rate limits").

Documented: a scalar or enum costs 0, an object 1, an interface the dearest of its selections, a mutation 10, a connection
grows with `first`/`last`; a query above 1,000 points is refused; the bucket must hold the requested cost and gets the
unused part back. How a connection grows is not published: here 2 + a quarter of `first` × its node's cost
(`CONNECTION_SHARE`). The bucket of a Standard shop restores 100 points a second and holds `BUCKET` (not documented).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    value_from_ast_untyped,
)

from providers.sandboxes.kit import SandboxClock

MAX_QUERY_COST = 1000
MUTATION_COST = 10
CONNECTION_SHARE = 4  # a quarter
BUCKET = 2000.0
RESTORE = 100.0

Parent = GraphQLObjectType | GraphQLInterfaceType
#: Stands for "not run yet": every object is then taken as present and every page as full.
UNKNOWN: Any = object()


@dataclass
class Meter:
    """Weighs one operation, before it ran (`data` left out) or after."""

    schema: GraphQLSchema
    document: DocumentNode
    variables: Mapping[str, Any]

    def weigh(self, operation: OperationDefinitionNode, data: Any = UNKNOWN) -> int:
        if operation.operation is OperationType.MUTATION:
            root = self.schema.mutation_type
            fields = self._fields(operation.selection_set, root) if root else []
            return MUTATION_COST * len(fields)
        root = self.schema.query_type
        return self._inside(operation.selection_set, root, data) if root else 0

    def _fragment(self, name: str) -> FragmentDefinitionNode | None:
        found = (one for one in self.document.definitions if isinstance(one, FragmentDefinitionNode))
        return next((one for one in found if one.name.value == name), None)

    def _fields(self, selections: SelectionSetNode, parent: Parent) -> list[tuple[FieldNode, Parent]]:
        """The fields below, fragments opened, with the type that each is read from."""
        rows: list[tuple[FieldNode, Parent]] = []
        for one in selections.selections:
            if isinstance(one, FieldNode):
                rows.append((one, parent))
                continue
            if isinstance(one, FragmentSpreadNode):
                fragment = self._fragment(one.name.value)
                condition, inner = (fragment.type_condition, fragment.selection_set) if fragment else (None, None)
            elif isinstance(one, InlineFragmentNode):
                condition, inner = one.type_condition, one.selection_set
            else:
                continue
            if inner is None:
                continue
            kind = self.schema.get_type(condition.name.value) if condition else parent
            if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
                rows.extend(self._fields(inner, kind))
        return rows

    def _inside(self, selections: SelectionSetNode | None, parent: Parent, data: Any) -> int:
        if selections is None:
            return 0
        per_type: dict[str, int] = {}
        for field, owner in self._fields(selections, parent):
            per_type[owner.name] = per_type.get(owner.name, 0) + self._field(field, owner, data)
        own = per_type.pop(parent.name, 0)
        return own + max(per_type.values(), default=0)

    def _field(self, field: FieldNode, owner: Parent, data: Any) -> int:
        definition = owner.fields.get(field.name.value)
        if definition is None:
            return 0
        kind = get_named_type(definition.type)
        if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            return 0
        value = data
        if data is not UNKNOWN:
            key = field.alias.value if field.alias else field.name.value
            value = data.get(key) if isinstance(data, Mapping) else None
            if value is None:
                return 0
        if kind.name.endswith("Connection"):
            return self._connection(field, kind, value)
        if isinstance(value, list):
            return sum(1 + self._inside(field.selection_set, kind, one) for one in value if one is not None)
        return 1 + self._inside(field.selection_set, kind, value)

    def _connection(self, field: FieldNode, kind: Parent, value: Any) -> int:
        total = 0
        for inner, owner in self._fields(field.selection_set, kind) if field.selection_set else []:
            key = inner.alias.value if inner.alias else inner.name.value
            if inner.name.value not in ("edges", "nodes") or inner.selection_set is None:
                continue
            node_kind = get_named_type(owner.fields[inner.name.value].type)
            if not isinstance(node_kind, GraphQLObjectType | GraphQLInterfaceType):
                continue
            edges = inner.name.value == "edges"
            if value is UNKNOWN:
                one = self._inside(inner.selection_set, node_kind, UNKNOWN) + (0 if edges else 1)
                total += one * self._size(field)
            else:
                rows = value.get(key) or []
                total += sum(self._inside(inner.selection_set, node_kind, row) + (0 if edges else 1) for row in rows)
        return 2 + -(-total // CONNECTION_SHARE)

    def _size(self, field: FieldNode) -> int:
        for argument in field.arguments or ():
            if argument.name.value in ("first", "last"):
                value = value_from_ast_untyped(argument.value, dict(self.variables))
                if isinstance(value, int):
                    return value
        return 0


class CostBucket:
    """The app's bucket of points. Time is the sandbox clock."""

    def __init__(self, clock: SandboxClock) -> None:
        self.clock = clock
        self.level, self.at = BUCKET, clock.timestamp()

    def _refill(self) -> None:
        now = self.clock.timestamp()
        self.level = min(BUCKET, self.level + max(0.0, now - self.at) * RESTORE)
        self.at = now

    def take(self, cost: int) -> bool:
        self._refill()
        if self.level < cost:
            return False
        self.level -= cost
        return True

    def give_back(self, points: int) -> None:
        self.level = min(BUCKET, self.level + points)

    def drain(self) -> None:
        """Another client of the same app and shop has used everything up."""
        self._refill()
        self.level = 0.0

    def status(self) -> dict[str, float]:
        self._refill()
        return {"maximumAvailable": BUCKET, "currentlyAvailable": float(int(self.level)), "restoreRate": RESTORE}
