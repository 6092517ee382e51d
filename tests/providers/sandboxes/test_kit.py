"""The base of the fake servers: what a vendor must fill in is asked for when the fake is made, not when a test needs it."""

from __future__ import annotations

import pytest

from providers.sandboxes.kit import Sandbox


def test_a_fake_that_lacks_a_part_cannot_be_made() -> None:
    class Half(Sandbox):
        def routes(self) -> list[object]:  # type: ignore[override]
            return []

    with pytest.raises(TypeError, match="abstract"):
        Half(seed=1)  # type: ignore[abstract]
    assert Half.__abstractmethods__ == {"reset"}


def test_a_vendor_without_orders_has_none() -> None:
    class Goods(Sandbox):
        def routes(self) -> list[object]:  # type: ignore[override]
            return []

        def reset(self, *, orders: int, listings: int, seed: int) -> None:
            del orders, listings, seed

    made = Goods(seed=1)
    assert (made.add_orders(3), made.touch_orders(3, 1), made.truth_orders()) == ([], [], [])
    for act in (made.cancel_order, made.damage_order):
        with pytest.raises(KeyError):
            act("1")
