"""The only module that imports httpx by name: the day of change (httpx2) is a rename here."""

from __future__ import annotations

import logging
import sys
from types import ModuleType

if "httpx" not in sys.modules:
    # httpx looks for its own command line while it is imported, and with it loads click, rich and pygments where they
    # are installed: half a second of our start, and 15 MB, for nothing.
    _without = ModuleType("httpx._main")
    _without.main = lambda: None  # type: ignore[attr-defined]
    sys.modules["httpx._main"] = _without

import httpx as httpx

#: It writes every address that it asks for, whole, and some vendors want the key in the query. The pipeline has its own lines.
logging.getLogger("httpx").setLevel(logging.WARNING)
