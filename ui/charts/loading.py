"""Brings pyqtgraph and the rooms that stand on it into the process, in a thread, on the first chart that is shown. On the
loop the import would stall it for a second or two."""

from __future__ import annotations

import asyncio
import importlib
from types import ModuleType

_plot: ModuleType | None = None


def loaded() -> bool:
    """Whether a plot can be built at once."""
    return _plot is not None


async def load() -> ModuleType:
    """`ui.charts.plot`, imported. Several may wait for it: Python's own import lock lets only one do the work."""
    global _plot
    if _plot is None:
        _plot = await asyncio.to_thread(importlib.import_module, "ui.charts.plot")
    return _plot
