"""GraphQL over POST: one call helper and the reading of `errors`, which come with HTTP 200."""

from __future__ import annotations

from typing import Any

import msgspec

from app.contracts.messages import Message
from app.kit.calls import Call, Reply, json_call


class GraphQLErrorItem(msgspec.Struct, frozen=True):
    message: str = ""
    path: list[Any] | None = None
    extensions: dict[str, Any] | None = None

    @property
    def code(self) -> str:
        found = (self.extensions or {}).get("code", "")
        return found if isinstance(found, str) else ""


class _Errors(msgspec.Struct, frozen=True):
    errors: list[GraphQLErrorItem] | str | None = None


_decoder = msgspec.json.Decoder(_Errors)


def graphql_call(
    path: str, operation: str, query: str, variables: dict[str, Any] | None = None, *, group: str = "default", repeatable: bool | None = None
) -> Call:  # fmt: skip
    """Queries are repeatable, mutations are not unless the caller says so."""
    safe = repeatable if repeatable is not None else not query.lstrip().startswith("mutation")
    return json_call(
        "POST", path, operation, {"query": query, "variables": variables or {}}, group=group, repeatable=safe
    )


def graphql_errors(reply: Reply) -> list[GraphQLErrorItem]:
    """Top-level errors of the answer; empty when there are none or the body is no JSON (the status tells then)."""
    if b'"errors"' not in reply.body:
        return []
    try:
        found = _decoder.decode(reply.body).errors
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError):
        return []
    if isinstance(found, str):
        return [GraphQLErrorItem(found)]
    return found or []


def as_message(item: GraphQLErrorItem, code: str) -> Message:
    return Message(code, vendor_code=item.code, vendor_text=item.message[:300])
