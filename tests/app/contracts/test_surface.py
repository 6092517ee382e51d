"""What a plug-in may lean on – the names of `app.model`, `app.contracts` and `app.kit` – is written down in
tests/fixtures/surface.json. A change of it is noticed here.

Renew, after thinking of those outside who use it:  python -m tests.app.contracts.test_surface
"""

from __future__ import annotations

import dataclasses
import enum
import importlib
import inspect
import json
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

SNAPSHOT = Path(__file__).resolve().parents[2] / "fixtures" / "surface.json"
PACKAGES = ("app.model", "app.contracts", "app.kit")
RENEW = "if that is meant: python -m tests.app.contracts.test_surface, and a line in CHANGELOG.md"


def surface() -> dict[str, dict[str, Any]]:
    return {name: _package(importlib.import_module(name)) for name in PACKAGES}


def _package(module: types.ModuleType) -> dict[str, Any]:
    return {name: _told(getattr(module, name)) for name in sorted(module.__all__)}


def _told(value: Any) -> Any:
    """What of a name a plug-in can depend on, as JSON. The same on every supported Python."""
    if isinstance(value, types.ModuleType):
        return f"module {value.__name__}"
    if inspect.isclass(value):
        return _class(value)
    if inspect.isfunction(value):
        return _signature(value)
    if isinstance(value, Mapping):
        return {str(k): v.__name__ if inspect.isclass(v) else v for k, v in sorted(value.items())}
    if isinstance(value, frozenset | set):
        return sorted(value)
    return value if isinstance(value, str | int) else "alias"


def _class(cls: type[Any]) -> Any:
    if not cls.__module__.startswith("app."):
        return "class of another library"
    if issubclass(cls, enum.Enum):
        return {"members": {one.name: one.value for one in cls}}
    told: dict[str, Any] = {"bases": [base.__name__ for base in cls.__bases__ if base is not object]}
    types_of = {k: v for base in reversed(cls.__mro__) for k, v in inspect.get_annotations(base).items()}
    if issubclass(cls, msgspec.Struct):
        told["fields"] = {
            field.name: f"{types_of[field.name]}{'' if field.required else ' = …'}"
            for field in msgspec.structs.fields(cls)
        }
    elif dataclasses.is_dataclass(cls):
        told["fields"] = {
            field.name: f"{types_of[field.name]}{' = …' if _optional(field) else ''}"
            for field in dataclasses.fields(cls)
        }
    elif cls.__init__ is not object.__init__ and "__init__" in vars(cls) and not getattr(cls, "_is_protocol", False):
        told["init"] = _signature(cls.__init__)
    told["methods"] = {
        name: _member(value)
        for name, value in sorted(vars(cls).items())
        if not name.startswith("_") and _is_member(value)
    }
    return {key: value for key, value in told.items() if value}


def _optional(field: dataclasses.Field[Any]) -> bool:
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def _is_member(value: Any) -> bool:
    return inspect.isfunction(value) or isinstance(value, classmethod | staticmethod | property)


def _member(value: Any) -> str:
    if isinstance(value, property):
        return f"property {_signature(value.fget)}" if value.fget else "property"
    if isinstance(value, classmethod | staticmethod):
        return f"{type(value).__name__} {_signature(value.__func__)}"
    return _signature(value)


def _signature(function: Any) -> str:
    """Names, kinds, written types, and whether there is a default; a coroutine says so."""
    parts, starred = [], False
    for one in inspect.signature(function).parameters.values():
        if one.kind is one.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        starred = starred or one.kind is one.VAR_POSITIONAL
        mark = {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}.get(one.kind, "")
        typed = "" if one.annotation is one.empty else f": {one.annotation}"
        parts.append(f"{mark}{one.name}{typed}{'' if one.default is one.empty else ' = …'}")
    back = inspect.signature(function).return_annotation
    awaited = "async " if inspect.iscoroutinefunction(function) else ""
    return f"{awaited}({', '.join(parts)}) -> {'' if back is inspect.Signature.empty else back}"


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    lines = []
    for package in PACKAGES:
        old, new = before.get(package, {}), now[package]
        lines += [f"gone: {package}.{name}" for name in old if name not in new]
        lines += [f"new: {package}.{name}" for name in new if name not in old]
        lines += [
            f"changed: {package}.{name}\n    was {json.dumps(old[name], ensure_ascii=False)}\n    is  "
            f"{json.dumps(new[name], ensure_ascii=False)}"
            for name in new
            if name in old and old[name] != new[name]
        ]
    return lines


def test_the_surface_is_as_written_down() -> None:
    changes = differences(json.loads(SNAPSHOT.read_text(encoding="utf-8")), surface())
    assert not changes, "\n".join([*changes, RENEW])


def test_every_name_can_be_imported_once() -> None:
    for name in PACKAGES:
        module = importlib.import_module(name)
        assert len(set(module.__all__)) == len(module.__all__), name
        assert not [one for one in module.__all__ if not hasattr(module, one)], name


@pytest.mark.parametrize(
    ("change", "noticed"),
    [
        (lambda s: s["app.model"].pop("Money"), "new: app.model.Money"),
        (lambda s: s["app.kit"].update(gone="(x: int) -> int"), "gone: app.kit.gone"),
        (lambda s: s["app.model"]["Order"]["fields"].pop("note"), "changed: app.model.Order"),
        (lambda s: s["app.kit"].update(send="() -> "), "changed: app.kit.send"),
        (lambda s: s["app.contracts"]["CODES"].pop("bug"), "changed: app.contracts.CODES"),
        (lambda s: s["app.contracts"]["OrderSource"]["methods"].pop("order"), "changed: app.contracts.OrderSource"),
    ],
)
def test_a_change_is_noticed(change: Any, noticed: str) -> None:
    before = surface()
    change(before)
    (line,) = differences(before, surface())
    assert line.startswith(noticed)


def main() -> None:
    SNAPSHOT.write_text(
        json.dumps(surface(), ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8", newline="\n"
    )


if __name__ == "__main__":
    main()
