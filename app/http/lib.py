"""The only module that names httpx. httpx rests since 2024-12; the day we move to its continuation, one line changes."""

from __future__ import annotations

import httpx as httpx

__all__ = ["httpx"]
