"""What carriers that cross borders ask alike: lines of an address, declared goods, a shipment by its pieces."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.contracts import Message
from app.kit.abroad import Declared, address_lines, declared_goods, whole_status
from app.model import Address, Money, ShipmentRequest, ShipmentStatus


def asked(options: dict[str, str]) -> ShipmentRequest:
    return ShipmentRequest("PX1", Address(), content="2 × Seramik kupa", options=options)


@pytest.mark.parametrize(
    ("text", "lines"),
    [("Gül Sok 4", ("Gül Sok 4",)), ("Gül Mahallesi Lale Sokak 4", ("Gül", "Mahallesi", "Lale Sokak", "4")), ("x" * 11, None), ("", None), ("a b " * 20, None)],
)  # fmt: skip
def test_lines_are_broken_between_words(text: str, lines: tuple[str, ...] | None) -> None:
    assert address_lines(text, 10, 4) == lines


def test_goods_and_their_unit_value() -> None:
    assert declared_goods(asked({})) is None
    assert declared_goods(asked({"goods": "documents", "declared_value": "1"})) is None
    found = declared_goods(asked({"declared_value": "10", "quantity": "3"}))
    assert isinstance(found, Declared)
    assert (found.unit_value, found.value, found.made_in) == (Decimal("3.333333"), Money.of("10", "TRY"), "TR")
    for bad in ({"currency": "LİRA"}, {"quantity": "x"}, {"hs_code": "1"}, {"made_in": "tr"}, {"incoterm": "DDU"}):
        wrong = declared_goods(asked({"declared_value": "10", **bad}))
        assert isinstance(wrong, Message)
        assert wrong.field == next(iter(bad))


C, A, I, O, D = (  # noqa: E741 - one letter a state keeps the table readable
    ShipmentStatus.CREATED, ShipmentStatus.ACCEPTED, ShipmentStatus.IN_TRANSIT, ShipmentStatus.OUT_FOR_DELIVERY, ShipmentStatus.DELIVERED,
)  # fmt: skip
P, R, X, U = ShipmentStatus.PROBLEM, ShipmentStatus.RETURNED, ShipmentStatus.CANCELLED, ShipmentStatus.UNKNOWN


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        ([], U), ([C], C), ([X], X), ([X, X], X), ([X, I], I), ([D, D], D), ([D, C], I), ([D, O], O), ([C, A], A), ([C, O], O), ([P, D], P),
        ([R, R], R), ([R, D], P), ([U, U], U), ([U, C], C), ([U, D], U),
    ],
)  # fmt: skip
def test_a_shipment_is_as_far_as_its_pieces(pieces: list[ShipmentStatus], whole: ShipmentStatus) -> None:
    assert whole_status(pieces) is whole
