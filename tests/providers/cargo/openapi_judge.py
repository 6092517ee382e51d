"""Calls of a carrier's client against the vendor's own OpenAPI document: path, parameters and body, and no member that the document does
not name. And example answers, made of the examples that stand beside the document's properties.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import unquote

import jsonschema_rs

from app.kit import Call
from tests.providers.sandboxes import spec_rig

Amend = Callable[[dict[str, Any]], None]
#: What a client sends with every call and no document lists: `authorization` stands in the auth of the client.
PLAIN = frozenset({"accept", "content-type", "authorization"})


def _merge(schema: dict[str, Any], schemas: dict[str, Any]) -> None:
    """What is composed of others becomes one object with all of their members, so that any other member can be told."""
    parts = [schemas[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in schema.get("allOf", ())]
    if not parts or not all("properties" in one for one in parts):
        return
    del schema["allOf"]
    schema["type"] = "object"
    schema["properties"] = {key: value for one in parts for key, value in one["properties"].items()}
    needed = [key for one in parts for key in one.get("required", ())]
    if needed:
        schema["required"] = sorted(set(needed))


class Judge:
    """One document. `amend` mends schemas that the document's own examples break; `bodies`: path → component to judge by, where the
    document only says "one of these"; `prefix` of the client's paths."""

    def __init__(
        self, path: str, prefix: str = "", amend: Amend | None = None, bodies: Mapping[str, str] | None = None
    ) -> None:
        self.path, self.prefix, self.amend, self.bodies = path, prefix, amend, bodies or {}

    @cache  # noqa: B019 - one judge a document lives as long as the tests
    def document(self) -> dict[str, Any]:
        found = copy.deepcopy(spec_rig.document(self.path))
        schemas = found["components"]["schemas"]
        for one in schemas.values():
            _merge(one, schemas)
            for inner in (one.get("properties") or {}).values():
                _merge(inner, schemas)
        if self.amend is not None:
            self.amend(schemas)
        made: dict[str, Any] = found
        return made

    @cache  # noqa: B019
    def _schema(self, method: str, path: str) -> Any:
        named = self.bodies.get(path)
        body = self.document()["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
        if named is None and "oneOf" in body and len(body["oneOf"]) == 1:
            body = body["oneOf"][0]
        top = {"$ref": f"#/components/schemas/{named}"} if named is not None else body
        schemas = spec_rig.sharpened(self.document()["components"]["schemas"], ("format",))
        return jsonschema_rs.Draft4Validator({**top, "components": {"schemas": schemas}})

    def check(self, call: Call, method: str, path: str) -> None:
        """Raises AssertionError or ValidationError for what the document does not know."""
        assert call.method.lower() == method
        pattern = re.sub(r"\\\{.*?\\\}", r"([^/?]+)", re.escape(self.prefix + path))
        assert re.fullmatch(pattern, call.path), call.path
        operation = self.document()["paths"][path][method]
        known = {(one["in"], one["name"].casefold()): one for one in operation.get("parameters", ())}
        given = {("query", key.casefold()): value for key, value in call.params}
        given |= {("header", key.casefold()): value for key, value in call.headers}
        assert len({key for key, _ in call.params}) == len(call.params)
        for (place, name), value in given.items():
            if place == "header" and name in PLAIN:
                continue
            assert (place, name) in known, (place, name)
            assert isinstance(value, str)
            assert value
        for (place, name), one in known.items():
            if one.get("required") and place in ("query", "header") and name not in PLAIN:
                assert (place, name) in given, name
        if "requestBody" in operation:
            assert dict(call.headers).get("content-type") == "application/json"
            self._schema(method, path).validate(json.loads(call.body or b""))
        else:
            assert not call.body

    def texts(self, call: Call, method: str, path: str) -> list[str]:
        """What stands in the path's holes, unquoted."""
        pattern = re.sub(r"\\\{.*?\\\}", r"([^/?]+)", re.escape(self.prefix + path))
        found = re.fullmatch(pattern, call.path)
        assert found is not None
        return [unquote(one) for one in found.groups()]

    def answer(self, method: str, path: str, status: str = "200") -> Any:
        """An answer with every member of the document, made of its examples; where there is none, of the least that fits."""
        content = self.document()["paths"][path][method]["responses"][status]["content"]["application/json"]
        return self._sample(content["schema"], ())

    def _sample(self, schema: dict[str, Any], above: tuple[str, ...]) -> Any:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            inner = self.document()["components"]["schemas"][name]
            return {} if name in above else self._sample(inner, (*above, name))
        for word in ("allOf", "oneOf", "anyOf"):
            if word in schema:
                made = [self._sample(one, above) for one in schema[word]]
                return {k: v for one in made for k, v in one.items()} if word == "allOf" and all(isinstance(one, dict) for one in made) else made[0]  # fmt: skip
        kind = schema.get("type", "object" if "properties" in schema else "string")
        if kind == "object":
            return {key: self._sample(one, above) for key, one in schema.get("properties", {}).items()}
        if kind == "array":
            return [self._sample(schema.get("items", {"type": "string"}), above)]
        if "example" in schema and not isinstance(schema["example"], dict | list):
            return schema["example"]
        if "enum" in schema:
            return schema["enum"][0]
        return {"boolean": True, "integer": 1, "number": 1.5}.get(kind, "1" * max(1, schema.get("minLength", 1)))
