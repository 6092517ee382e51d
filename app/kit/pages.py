"""Walking a list that comes in pages. A failed page raises: it is never read as the last one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import msgspec

from app.contracts.messages import Message, fail
from app.http.lib import httpx
from app.kit.calls import Call, Classifier, Reply, send

#: The call for the page after this reply, None after the last one. Pure.
Following = Callable[[Call, Reply], Call | None]


async def pages(
    http: httpx.AsyncClient,
    first: Call,
    following: Following,
    *,
    auth: httpx.Auth | None = None,
    errors: Classifier | None = None,
) -> AsyncIterator[Reply]:
    """Every page from `first` on. Raises ProviderError; and OursError when a vendor's cursor leads back to the same page."""
    call: Call | None = first
    while call is not None:
        reply = await send(http, call, auth=auth, errors=errors)
        yield reply
        after = following(call, reply)
        if after == call:
            raise fail(Message("answer.unexpected", {"operation": call.operation, "reason": "a page follows itself"}))
        call = after


def with_params(call: Call, **changes: str | None) -> Call:
    """The call with query parameters set (or taken out by None), order kept."""
    kept = [(k, changes.get(k, v)) for k, v in call.params]
    kept += [(k, v) for k, v in changes.items() if k not in {name for name, _ in call.params}]
    return msgspec.structs.replace(call, params=tuple((k, v) for k, v in kept if v is not None))
