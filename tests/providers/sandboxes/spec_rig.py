"""A vendor's OpenAPI document as a judge: its example requests, and validators for what a fake answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.support.specs import shared_specs


def document(path: str) -> Any:
    """The document at that path below the specifications; skips where it, or a YAML reader for it, is absent."""
    root = shared_specs()
    found: Path | None = root / path if root else None
    if found is None or not found.is_file():
        pytest.skip(f"{path} is not beside the repository")
    text = found.read_text(encoding="utf-8").replace("\t", "  ")
    if found.suffix == ".json":
        return json.loads(text)
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def sharpened(schema: Any, drop: tuple[str, ...]) -> Any:
    """No member that the document does not name; without the keywords of `drop`."""
    if isinstance(schema, list):
        return [sharpened(one, drop) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: sharpened(value, drop) for key, value in schema.items() if key not in (*drop, "example", "examples")}
    if "properties" in schema and isinstance(schema["properties"], dict) and "allOf" not in schema:
        made["properties"] = {name: sharpened(one, drop) for name, one in schema["properties"].items()}
        made.setdefault("additionalProperties", False)
    return made


def judge(data: Any, component: str, drop: tuple[str, ...] = ()) -> Any:
    """A validator of one component. `drop`: keywords by which the vendor's own examples are wrong."""
    schemas = sharpened(data["components"]["schemas"], ("pattern", "format", *drop))
    return jsonschema_rs.Draft4Validator(
        {"$ref": f"#/components/schemas/{component}", "components": {"schemas": schemas}}
    )


def examples(data: Any, method: str, path: str) -> dict[str, Any]:
    """The example bodies of an operation by name."""
    content = data["paths"][path][method]["requestBody"]["content"]["application/json"]
    return {str(name): one["value"] for name, one in content.get("examples", {}).items() if "value" in one}
