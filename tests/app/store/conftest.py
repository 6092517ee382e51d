from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from store_making import Clock

from app.store import Store


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[Store]:
    made = await Store.open(tmp_path / "store.sqlite", now=clock)
    yield made
    await made.close()
