"""Where the vendors' own specifications lie, for tests that judge requests and answers by them."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def shared_specs() -> Path | None:
    """The folder `../shared/specs` beside the repository; None where it is absent (then a test skips with a reason)."""
    found = ROOT.parent / "shared" / "specs"
    return found if found.is_dir() else None
