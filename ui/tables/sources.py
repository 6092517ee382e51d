"""What a table reads from: the shapes of the injected coroutines, and one over a short list."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Hashable, Sequence
from typing import Any

from ui.tables.columns import Group

Row = Sequence[Any] | Group
Sort = tuple[str, bool] | None  # column key, ascending
Fetch = Callable[[int, int, Sort, Any], Awaitable[Sequence[Row]]]
Count = Callable[[Any], Awaitable[int]]
Locate = Callable[[Hashable, Sort, Any], Awaitable[int | None]]
Spawn = Callable[[Coroutine[Any, Any, Any], str], Any]


def fixed_rows(rows: Sequence[Row]) -> tuple[Fetch, Count]:
    """`fetch` and `count` over a short list that is in memory anyway (Today, a dialog); order as given, no filter."""

    async def fetch(offset: int, limit: int, _sort: Sort, _filter: Any) -> Sequence[Row]:
        return rows[offset : offset + limit]

    async def count(_filter: Any) -> int:
        return len(rows)

    return fetch, count
