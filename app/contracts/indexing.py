"""Writes providers/index.json from the manifests: `python -m app.contracts.indexing`. A developer's tool, not start-up.

Must never import a provider, and must never invent or drop a quality tier: only the contract suite prints those.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

import msgspec

from app.contracts.catalogue import INDEX, Entry, entry_of, providers_root
from app.contracts.manifest import Category, Manifest, ManifestError, parse_manifest

_CATEGORIES: tuple[str, ...] = get_args(Category)


def build_index(root: Path) -> list[Entry]:
    """One entry a manifest under `root`, in the catalogue's order; tiers as in the present index.

    Raises ManifestError for a manifest that cannot be used, two of one id, or one whose file is not called after its id.
    """
    tiers = {entry.id: entry.tier for entry in read_index(root)}
    found: dict[str, tuple[Manifest, str]] = {}
    for path in sorted(root.glob("*/*.toml")):
        file = path.relative_to(root).as_posix()
        manifest = parse_manifest(path.read_bytes(), file)
        if manifest.id != path.stem:
            raise ManifestError(f"{file}: the id is {manifest.id!r}")
        if manifest.id in found:
            raise ManifestError(f"{file}: {manifest.id!r} is also in {found[manifest.id][1]}")
        found[manifest.id] = (manifest, file)
    ordered = sorted(found.values(), key=lambda one: _place(one[0]))
    return [entry_of(manifest, file, tiers.get(manifest.id, "")) for manifest, file in ordered]


def read_index(root: Path) -> list[Entry]:
    """The present index; empty when there is none yet. Raises ManifestError when it is no index."""
    path = root / INDEX
    if not path.exists():
        return []
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Entry])
    except msgspec.DecodeError as error:
        raise ManifestError(f"{INDEX}: {error}") from error


def index_bytes(entries: list[Entry]) -> bytes:
    """The file's content: one entry a line, so that a change of one integration is a change of one line."""
    lines = b",\n".join(msgspec.json.encode(entry) for entry in entries)
    return b"[\n" + lines + b"\n]\n"


def write_index(root: Path) -> list[Entry]:
    """Write the index and return what is in it. Raises as `build_index`; then the present file stays."""
    entries = build_index(root)
    (root / INDEX).write_bytes(index_bytes(entries))
    return entries


def _place(manifest: Manifest) -> tuple[int, bool, int, str]:
    return (_CATEGORIES.index(manifest.category), manifest.number == 0, manifest.number, manifest.id)


def main() -> int:
    root = providers_root()
    try:
        entries = write_index(root)
    except ManifestError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{root / INDEX}: {len(entries)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
