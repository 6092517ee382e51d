"""Which rows are ticked. Costs nothing for the rows that are not."""

from __future__ import annotations

from collections.abc import Hashable


class Ticks:
    """Which rows are ticked, by key: a few, or all of the filter but a few. Costs nothing for the unticked."""

    def __init__(self) -> None:
        self.all = False
        self._odd: set[Hashable] = set()

    def has(self, key: Hashable) -> bool:
        """Whether the row with this key is ticked."""
        return (key in self._odd) is not self.all

    def put(self, key: Hashable, on: bool) -> None:
        """Ticks or unticks one row."""
        if on is self.all:
            self._odd.discard(key)
        else:
            self._odd.add(key)

    def everything(self, on: bool) -> None:
        """Ticks all of the filter, or none."""
        self.all = on
        self._odd.clear()

    def count(self, total: int) -> int:
        """How many of `total` rows are ticked."""
        return max(0, total - len(self._odd)) if self.all else len(self._odd)

    @property
    def odd(self) -> frozenset[Hashable]:
        """The ticked keys, or with `all` the unticked ones."""
        return frozenset(self._odd)
