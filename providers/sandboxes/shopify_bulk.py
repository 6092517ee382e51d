"""Bulk operations and staged uploads of the fake Shopify: JSONL out, JSONL of variables in.

Source: reference "## Shopify", items Bulk read and Bulk write. The work is done when the sandbox clock says so; a result
lives seven days and is fetched without a token, as a signed address is.
"""

# ruff: noqa: A002 – resolvers take the argument names of the schema (`id`, `input`, `type`).
from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    parse,
    validate,
)

from providers.sandboxes.shopify_cost import Meter, Parent
from providers.sandboxes.shopify_wire import Context, Info, gid, instant, number_of, user_error

Row = dict[str, Any]
RUNNING_AFTER, DONE_AFTER = 1.0, 2.0
AT_ONCE = 5
UPLOAD_LIMIT = 100 * 1024 * 1024


@dataclass
class Bulk:
    """One operation. `lines` is set once it is done."""

    id: int
    kind: str
    query: str
    created: float
    base: str
    scopes: frozenset[str]
    grouped: bool
    upload: str = ""
    status: str = "CREATED"
    lines: list[str] | None = None
    roots: int = 0
    done_at: float = 0.0
    error: str | None = None

    @property
    def body(self) -> bytes:
        return "".join(line + "\n" for line in self.lines or []).encode()


def bulk_row(bulk: Bulk, context: Context) -> Row:
    store = context.store
    created = store.now() - timedelta(seconds=int(store.clock.timestamp() - bulk.created))
    done = store.now() - timedelta(seconds=int(store.clock.timestamp() - bulk.done_at)) if bulk.done_at else None
    url = (
        f"{bulk.base}/bulk-results/{bulk.id}-{bulk.id * 7919}.jsonl"
        if bulk.status == "COMPLETED" and bulk.lines
        else None
    )
    return {
        "__typename": "BulkOperation", "id": gid("BulkOperation", bulk.id), "status": bulk.status, "type": bulk.kind, "query": bulk.query,
        "errorCode": bulk.error, "createdAt": instant(created), "completedAt": instant(done), "objectCount": str(len(bulk.lines or [])),
        "rootObjectCount": str(bulk.roots), "fileSize": str(len(bulk.body)) if url else None, "url": url, "partialDataUrl": None,
    }  # fmt: skip


def run_query(info: Info, query: str, groupObjects: bool = False) -> Row:
    context: Context = info.context
    problem = _problem(context, query)
    if problem is not None:
        return {"bulkOperation": None, "userErrors": [user_error(["query"], problem, "INVALID")]}
    if _under_way(context, "QUERY") >= AT_ONCE:
        text = f"A bulk query operation limit of {AT_ONCE} for this app and shop is reached."
        return {"bulkOperation": None, "userErrors": [user_error(None, text, "LIMIT_REACHED")]}
    return {"bulkOperation": _start(context, "QUERY", query, groupObjects), "userErrors": []}


def run_mutation(info: Info, mutation: str, stagedUploadPath: str, groupObjects: bool | None = True, **_: Any) -> Row:
    context: Context = info.context
    try:
        document = parse(mutation)
        operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
        single = len(operations) == 1 and operations[0].operation is OperationType.MUTATION
        sound = (
            single and not validate(context.box.schema, document) and len(operations[0].selection_set.selections) == 1
        )
    except GraphQLError:
        sound = False
    if not sound:
        error = user_error(
            ["mutation"], "The mutation is invalid: exactly one mutation field is expected.", "INVALID_MUTATION"
        )
        return {"bulkOperation": None, "userErrors": [error]}
    if stagedUploadPath not in context.box.uploads:
        error = user_error(
            None,
            "The JSONL file could not be found. Try uploading the file again, and check that you've entered the URL correctly for the stagedUploadPath mutation argument.",
            "NO_SUCH_FILE",
        )
        return {"bulkOperation": None, "userErrors": [error]}
    if _under_way(context, "MUTATION") >= AT_ONCE:
        error = user_error(
            None, f"A bulk mutation operation limit of {AT_ONCE} for this app and shop is reached.", "LIMIT_REACHED"
        )
        return {"bulkOperation": None, "userErrors": [error]}
    return {
        "bulkOperation": _start(context, "MUTATION", mutation, bool(groupObjects), stagedUploadPath),
        "userErrors": [],
    }


def cancel(info: Info, id: str) -> Row:
    context: Context = info.context
    bulk = context.box.bulks.get(number_of("BulkOperation", id))
    if bulk is None:
        return {"bulkOperation": None, "userErrors": [user_error(["id"], "Bulk operation does not exist")]}
    if bulk.status not in ("CREATED", "RUNNING"):
        text = "A bulk operation cannot be canceled when it is " + bulk.status.lower()
        return {"bulkOperation": bulk_row(bulk, context), "userErrors": [user_error(None, text)]}
    bulk.status = "CANCELED"
    return {"bulkOperation": bulk_row(bulk, context), "userErrors": []}


def stage(info: Info, input: list[Row]) -> Row:
    context: Context = info.context
    targets = []
    for row in input:
        key = f"tmp/1/bulk/{context.store.rng.getrandbits(64):016x}/{row['filename']}"
        wanted = {"key": key, "Content-Type": row["mimeType"], "success_action_status": "201", "acl": "private",
                  "policy": f"{context.store.rng.getrandbits(64):x}"}  # fmt: skip
        if row.get("httpMethod") == "POST":
            context.box.staged[key] = wanted
            url = f"{context.base}/staged-uploads/"
            parameters = [{"name": name, "value": value} for name, value in wanted.items()]
        else:
            context.box.staged[key] = {}
            url = f"{context.base}/staged-uploads/{key}"
            parameters = [{"name": "content_type", "value": row["mimeType"]}, {"name": "acl", "value": "private"}]
        targets.append({"url": url, "resourceUrl": f"{context.base}/staged-uploads/{key}", "parameters": parameters})
    return {"stagedTargets": targets, "userErrors": []}


def _under_way(context: Context, kind: str) -> int:
    return sum(1 for one in context.box.bulks.values() if one.kind == kind and one.status in ("CREATED", "RUNNING"))


def _start(context: Context, kind: str, text: str, grouped: bool, upload: str = "") -> Row:
    box = context.box
    bulk = Bulk(
        context.store.next_id(),
        kind,
        text,
        context.store.clock.timestamp(),
        context.base,
        context.scopes,
        grouped,
        upload,
    )
    box.bulks[bulk.id] = bulk
    box.count("bulk_queries" if kind == "QUERY" else "bulk_mutations")
    return bulk_row(bulk, context)


def settle(box: Any) -> None:
    """Move each operation as far as the clock allows."""
    now = box.clock.timestamp()
    for bulk in box.bulks.values():
        if bulk.status == "CREATED" and now >= bulk.created + RUNNING_AFTER:
            bulk.status = "RUNNING"
        if bulk.status == "RUNNING" and now >= bulk.created + DONE_AFTER:
            context = Context(box, box.store, bulk.base, bulk.scopes, bulk=bulk.kind == "QUERY")
            if bulk.kind == "QUERY":
                _finish_query(bulk, context)
            else:
                _finish_mutation(bulk, context)
            bulk.done_at = now


def _finish_query(bulk: Bulk, context: Context) -> None:
    document = parse(bulk.query)
    result = context.box.run(document, {}, context)
    if result.errors:
        denied = any((one.extensions or {}).get("code") == "ACCESS_DENIED" for one in result.errors)
        bulk.status, bulk.error, bulk.lines = "FAILED", "ACCESS_DENIED" if denied else "INTERNAL_SERVER_ERROR", []
        return
    meter = Meter(context.box.schema, document, {})
    operation = next(one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    levels: list[list[Row]] = []
    _flatten(meter, operation, result.data, levels, grouped=bulk.grouped)
    rows = [row for level in levels for row in level]
    bulk.roots = sum(1 for row in rows if "__parentId" not in row)
    bulk.lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows]
    bulk.status = "COMPLETED"


def _flatten(
    meter: Meter, operation: OperationDefinitionNode, data: Row, levels: list[list[Row]], *, grouped: bool
) -> None:
    root = meter.schema.query_type
    if root is None:
        return
    for field, owner in meter._fields(operation.selection_set, root):
        for row in _nodes(field, owner, data):
            _emit(meter, field, owner, row, None, levels, 0 if not grouped else -1)


def _nodes(field: FieldNode, owner: Parent, data: Row) -> Iterator[Row]:
    found = data.get(field.alias.value if field.alias else field.name.value) or {}
    for inner in field.selection_set.selections if field.selection_set else []:
        if isinstance(inner, FieldNode) and inner.name.value == "nodes":
            yield from found.get("nodes") or []
        elif isinstance(inner, FieldNode) and inner.name.value == "edges":
            yield from (edge["node"] for edge in found.get("edges") or [])


def _node_part(field: FieldNode) -> FieldNode | None:
    """The selection that describes one node of a connection field."""
    for inner in field.selection_set.selections if field.selection_set else []:
        if isinstance(inner, FieldNode) and inner.name.value == "nodes":
            return inner
        if isinstance(inner, FieldNode) and inner.name.value == "edges" and inner.selection_set:
            for deeper in inner.selection_set.selections:
                if isinstance(deeper, FieldNode) and deeper.name.value == "node":
                    return deeper
    return None


def _emit(
    meter: Meter, field: FieldNode, owner: Parent, row: Row, parent: str | None, levels: list[list[Row]], depth: int
) -> None:
    """Write one node, its connections taken out and written below it. `depth` -1 keeps children right behind."""
    kind = _node_type(meter, field, owner)
    part = _node_part(field)
    plain = dict(row)
    below: list[tuple[FieldNode, Parent, list[Row]]] = []
    if part is not None and part.selection_set is not None and kind is not None:
        for inner, holder in meter._fields(part.selection_set, kind):
            if _is_connection(inner, holder):
                below.append((inner, holder, list(_nodes(inner, holder, row))))
                plain.pop(inner.alias.value if inner.alias else inner.name.value, None)
    if parent is not None:
        plain["__parentId"] = parent
    slot = max(depth, 0)
    while len(levels) <= slot:
        levels.append([])
    levels[slot].append(plain)
    for inner, holder, rows in below:
        for one in rows:
            _emit(meter, inner, holder, one, row.get("id"), levels, depth + 1 if depth >= 0 else -1)


def _is_connection(field: FieldNode, owner: Parent) -> bool:
    definition = owner.fields.get(field.name.value)
    return definition is not None and get_named_type(definition.type).name.endswith("Connection")


def _node_type(meter: Meter, field: FieldNode, owner: Parent) -> Parent | None:
    connection = get_named_type(owner.fields[field.name.value].type)
    kind = meter.schema.get_type(connection.name.removesuffix("Connection"))
    return kind if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) else None


def _problem(context: Context, query: str) -> str | None:
    """Why this is no bulk query, or None."""
    schema = context.box.schema
    try:
        document: DocumentNode = parse(query)
    except GraphQLError as error:
        return f"Invalid bulk query: {error.message}"
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
        return "Bulk queries must contain exactly one query operation."
    wrong = validate(schema, document)
    if wrong:
        return f"Invalid bulk query: {wrong[0].message}"
    counted = [0]
    meter = Meter(schema, document, {})
    root = schema.query_type
    if root is None:
        return "Bulk queries are not supported."
    top = list(meter._fields(operations[0].selection_set, root))
    problem = next(
        (text for field, owner in top if (text := _walk(meter, field, owner, 0, counted, in_list=False))), None
    )
    if problem is None and counted[0] == 0:
        return "Bulk queries must contain at least one connection."
    if problem is None and counted[0] > 5:
        return "Bulk queries cannot contain more than 5 connections."
    return problem


def _walk(
    meter: Meter, field: FieldNode, owner: Parent, depth: int, counted: list[int], *, in_list: bool
) -> str | None:
    definition = owner.fields.get(field.name.value)
    if definition is None or field.selection_set is None:
        return None
    kind = get_named_type(definition.type)
    if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        return None
    if not _is_connection(field, owner):
        inside = in_list or is_list_type(get_nullable_type(definition.type))
        rows = meter._fields(field.selection_set, kind)
        return next((t for one, who in rows if (t := _walk(meter, one, who, depth, counted, in_list=inside))), None)
    if in_list:
        return "Queries that contain a connection field within a list field are not supported."
    counted[0] += 1
    if depth + 1 > 2:
        return "Bulk queries cannot nest connections more than two levels deep."
    part, node_kind = _node_part(field), _node_type(meter, field, owner)
    if part is None or part.selection_set is None or node_kind is None:
        return "Bulk query connections must select edges { node } or nodes."
    rows = meter._fields(part.selection_set, node_kind)
    nested = any(_is_connection(one, who) for one, who in rows)
    if nested and not any(one.name.value == "id" and one.alias is None for one, _ in rows):
        return "The parent 'node' field for a nested connection must select the 'id' field without an alias and must be of 'ID' return type."
    return next((t for one, who in rows if (t := _walk(meter, one, who, depth + 1, counted, in_list=False))), None)


def _finish_mutation(bulk: Bulk, context: Context) -> None:
    document = parse(bulk.query)
    lines = []
    for number, line in enumerate(context.box.uploads[bulk.upload].decode("utf-8", "replace").splitlines()):
        if not line.strip():
            continue
        try:
            variables = json.loads(line)
        except ValueError:
            variables = None
        if not isinstance(variables, dict):
            answer: Row = {"errors": [{"message": "The line is not a JSON object of variables."}]}
        else:
            result = context.box.run(document, variables, context)
            answer = {"data": result.data} if result.data is not None else {}
            if result.errors:
                answer["errors"] = [context.box.error_row(error) for error in result.errors]
        lines.append(json.dumps({**answer, "__lineNumber": number}, ensure_ascii=False, separators=(",", ":")))
    bulk.lines, bulk.roots, bulk.status = lines, len(lines), "COMPLETED"


def read_multipart(content_type: str, body: bytes) -> dict[str, bytes]:
    """Parts of a multipart form in order; the file part under its own name. Raises ValueError on a broken form."""
    _, found, boundary = content_type.partition("boundary=")
    if not found:
        raise ValueError("no boundary")
    parts: dict[str, bytes] = {}
    for piece in body.split(b"--" + boundary.strip().strip('"').encode())[1:-1]:
        head, divided, value = piece.partition(b"\r\n\r\n")
        if not divided:
            raise ValueError("broken part")
        _, named, rest = head.decode("utf-8", "replace").partition('name="')
        if not named:
            raise ValueError("unnamed part")
        parts[rest.partition('"')[0]] = value.removesuffix(b"\r\n")
    return parts
