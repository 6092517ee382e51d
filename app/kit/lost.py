"""Creations whose answer was lost, for carriers that take a reference twice and learn of a parcel with a delay: a "not found" right
after a lost answer proves nothing. Must never let such a "not found" pass for a no: the caller would make the parcel again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from app.contracts import NOT_SENT, Account, Kind, Message, ProviderError, fail

MOST_KEPT = 60


class LostAnswers:
    """In the account's notebook: our references, without spaces, and when their creation got no answer."""

    def __init__(self, account: Account, patience: timedelta) -> None:
        """`patience`: after so long "not found" is believed."""
        self._account, self._patience = account, patience

    @contextmanager
    def asking(self, key: str) -> Iterator[None]:
        """Round a creation. It is noted before it is sent, for whatever may end this – a cancel as well – its answer is out; and let
        go when there is one, or when it is certain that there was nothing to answer."""
        before = key in self
        self.note(key)
        try:
            yield
        except ProviderError as error:
            if not before:  # what was lost earlier is not found by this
                self.settle(key)
            self.after(key, error.message)
            raise
        self.settle(key)

    def after(self, key: str, error: Message) -> None:
        """A creation failed so: noted unless the carrier refused it, or never saw it."""
        if error.kind is not Kind.YOURS and error.code not in NOT_SENT and error.params.get("sent") != "no":
            self.note(key)

    def note(self, key: str) -> None:
        """The answer to a creation under this reference was lost just now."""
        kept = {**self._all(), key: int(self._account.now().timestamp())}
        self._account.learnt["lost"] = " ".join(f"{name}@{at}" for name, at in list(kept.items())[-MOST_KEPT:])

    def settle(self, key: str) -> None:
        """It is known what became of it."""
        kept = self._all()
        if kept.pop(key, None) is None:
            return
        if kept:
            self._account.learnt["lost"] = " ".join(f"{name}@{at}" for name, at in kept.items())
        else:
            del self._account.learnt["lost"]

    def waits(self, key: str) -> bool:
        """Whether "not found" proves nothing yet."""
        at = self._all().get(key)
        return at is not None and self._account.now() < datetime.fromtimestamp(at, UTC) + self._patience

    def __contains__(self, key: str) -> bool:
        return key in self._all()

    def believe(self, key: str) -> None:
        """The carrier does not know the reference. Raises TheirsError (`net.cut`) while that proves nothing."""
        if self.waits(key):
            raise fail(Message("net.cut", {"operation": "create"}))
        self.settle(key)

    def _all(self) -> dict[str, int]:
        rows = (one.rpartition("@") for one in self._account.learnt.get("lost", "").split())
        return {name: int(at) for name, _, at in rows if name and at.isascii() and at.isdigit() and len(at) < 12}
