"""The catalogue: all integrations by id, from the generated index; manifests, clients and fakes load on first use.

Start-up reads only the index. No provider module is imported before somebody connects, probes or rehearses.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from app.contracts.manifest import Manifest, Readiness, parse_manifest

ENTRY_POINTS = "paxzar.providers"
INDEX = "index.json"


class Entry(msgspec.Struct, frozen=True):
    """One line of the index."""

    id: str
    name: str
    category: str
    website: str
    readiness: Readiness
    evidence: str
    file: str  # the manifest, relative to the index; absolute for a third party's
    aliases: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    family: str = ""
    tier: str = ""  # quality tier, printed by the contract suite; '' while none is proven


class UnknownIntegration(KeyError):
    """No integration of that id, name or alias."""


class Catalogue:
    """Built once at start. `root` is the folder that holds index.json (the providers package, found without importing it)."""

    def __init__(self, root: Path, *, with_plugins: bool = True) -> None:
        self.root = root
        self.with_plugins = with_plugins
        self._manifests: dict[str, Manifest] = {}

    @cached_property
    def entries(self) -> dict[str, Entry]:
        listed = msgspec.json.decode((self.root / INDEX).read_bytes(), type=list[Entry])
        found = {entry.id: entry for entry in listed}
        if self.with_plugins:
            for entry in _plugin_entries():
                found.setdefault(entry.id, entry)
        return found

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries.values())

    def resolve(self, text: str) -> Entry:
        """By id, else by name or alias without regard to case. Raises UnknownIntegration."""
        if text in self.entries:
            return self.entries[text]
        wanted = text.casefold()
        for entry in self:
            if wanted in (entry.name.casefold(), *(a.casefold() for a in entry.aliases)):
                return entry
        raise UnknownIntegration(text)

    def manifest(self, integration: str) -> Manifest:
        """Raises UnknownIntegration or ManifestError."""
        if integration not in self._manifests:
            if integration not in self.entries:
                raise UnknownIntegration(integration)
            path = self.root / self.entries[integration].file
            self._manifests[integration] = parse_manifest(path.read_bytes(), path.name)
        return self._manifests[integration]

    def client(self, integration: str) -> type[Any]:
        """The client class; imported on first use."""
        module, _, name = self.manifest(integration).client.partition(":")
        if not name:
            raise UnknownIntegration(f"{integration} has no client")
        found: type[Any] = getattr(importlib.import_module(module), name)
        return found

    def sandbox(self, integration: str, **options: int) -> Any:
        """A new fake server of this integration; call it only in a process of its own or in a test."""
        module = self.manifest(integration).sandbox
        if not module:
            raise UnknownIntegration(f"{integration} has no fake server")
        return importlib.import_module(module).create(**options)


def providers_root() -> Path:
    """Where the providers package lies, found without importing it."""
    spec = importlib.util.find_spec("providers")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("the providers package is not installed")
    return Path(next(iter(spec.submodule_search_locations)))


def entry_of(manifest: Manifest, file: str, tier: str = "") -> Entry:
    return Entry(
        id=manifest.id, name=manifest.name, category=manifest.category, website=manifest.website,
        readiness=manifest.readiness, evidence=manifest.evidence, file=file, aliases=manifest.aliases,
        capabilities=manifest.capabilities, family=manifest.family, tier=tier,
    )  # fmt: skip


def _plugin_entries() -> Iterator[Entry]:
    """Manifests of installed third-party packages: every *.toml in the package that an entry point names."""
    for point in importlib.metadata.entry_points(group=ENTRY_POINTS):
        spec = importlib.util.find_spec(point.module.partition(".")[0])
        for folder in spec.submodule_search_locations or () if spec else ():
            for path in sorted(Path(folder).glob("*.toml")):
                yield entry_of(parse_manifest(path.read_bytes(), path.name), str(path))
