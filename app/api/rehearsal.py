"""The rehearsal servers from the parent's side: what is ready-made, and the child process that serves it.

Nothing of a server is imported here: the window starts without it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path

#: The five connections of the rehearsal workspace and how much lies in each.
READY_MADE: dict[str, dict[str, int]] = {
    "trendyol": {"orders": 120, "listings": 1200, "seed": 11},
    "woocommerce": {"orders": 80, "listings": 900, "seed": 12},
    "shopify": {"orders": 60, "listings": 700, "seed": 13},
    "amazon_turkiye": {"orders": 60, "listings": 500, "seed": 14},
    "yurtici_kargo": {"orders": 0, "listings": 0, "seed": 15},
}


#: The child finds the packages by its working folder, wherever the parent was started.
ROOT = Path(__file__).resolve().parent.parent.parent


class RehearsalServers:
    """The child process, from the parent's side."""

    def __init__(self, process: asyncio.subprocess.Process, addresses: dict[str, str]) -> None:
        self._process, self.addresses = process, addresses

    @classmethod
    async def start(cls, plan: Mapping[str, Mapping[str, int]] | None = None) -> RehearsalServers:
        """Raises RuntimeError when the child does not come up within 60 s."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app.api.rehearse", json.dumps(plan or READY_MADE),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip
        if process.stdout is None:
            raise RuntimeError("the rehearsal servers have no output")
        try:
            line = await asyncio.wait_for(process.stdout.readline(), 60)
            addresses = json.loads(line)
        except (TimeoutError, json.JSONDecodeError) as error:
            process.kill()
            raise RuntimeError("the rehearsal servers did not start") from error
        return cls(process, addresses)

    async def close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 5)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
