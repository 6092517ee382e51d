"""Odd optional parts cost a record nothing but themselves; what decides what is sent or charged still costs the record."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contracts import ProviderError
from app.kit import maybe, named, read_lenient, tracking_number


class Line(msgspec.Struct, rename="camel"):
    quantity: int
    title: str = ""
    vat_rate: Decimal | None = None


class Wire(msgspec.Struct, rename="camel"):
    id: int
    total: Decimal
    lines: list[Line]
    ship_by: str | None = None
    tags: list[str] = []
    paid_cash: bool = False


GOOD: dict[str, Any] = {"id": 7, "total": 10.25, "lines": [{"quantity": 2, "title": "Zeytin"}], "shipBy": "x"}


def read(*records: Any) -> tuple[tuple[Wire, ...], tuple[Any, ...]]:
    raws = [msgspec.Raw(msgspec.json.encode(one)) for one in records]
    return read_lenient(
        raws,
        Wire,
        lambda wire: wire,
        lambda r: str(r["id"]),
        firm=frozenset({"paidCash"}),
        pieces={"quantity": "title"},
    )


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"shipBy": 5}, "shipBy", "5"),
        ({"tags": None}, "tags", "null"),
        ({"tags": [1]}, "", ""),  # a place within a list is no field of its own
        ({"lines": [{"quantity": 1}, {"quantity": 1, "vatRate": "on"}]}, "lines[1].vatRate", "on"),
    ],
)
def test_an_odd_optional_part_is_left_out_and_told(change: dict[str, Any], field: str, value: str) -> None:
    items, rejects = read({**GOOD, **change})
    (beside,) = rejects
    assert beside.remote_id == "7"
    if not field:
        assert items == ()
        return
    assert [one.id for one in items] == [7]
    assert (beside.message.code, beside.message.params) == ("answer.odd_field", {"field": field, "value": value})


def test_a_quantity_that_is_no_whole_number_is_never_rounded() -> None:
    (one,), (beside,) = read({**GOOD, "lines": [{"quantity": 1.5, "title": "Zeytin"}, {"quantity": 3}]})
    assert [(line.quantity, line.title) for line in one.lines] == [(0, "Zeytin × 1.5"), (3, "")]
    assert beside.message.params == {"field": "lines[0].quantity", "value": "1.5"}
    (whole,), _ = read({**GOOD, "lines": [{"quantity": 2.0, "title": "Zeytin"}]})
    assert (whole.lines[0].quantity, whole.lines[0].title) == (2, "Zeytin")


@pytest.mark.parametrize(
    "change",
    [
        {"total": None}, {"total": "on"}, {"paidCash": "?"}, {"lines": None}, {"lines": [None]}, {"lines": [{"title": "x"}]},
        {"lines": [{"quantity": "çok"}]}, {"lines": [{"quantity": -1.5}]}, {"id": "x"}, {"id": None},
    ],
)  # fmt: skip
def test_what_decides_still_costs_the_record(change: dict[str, Any]) -> None:
    items, rejects = read(GOOD | {"id": 1}, {**GOOD, **change}, GOOD | {"id": 3})
    assert [one.id for one in items] == [1, 3]
    assert [one.message.code in ("answer.unreadable", "answer.field_missing") for one in rejects] == [True]


def test_the_order_of_a_page_stays() -> None:
    items, rejects = read(*({**GOOD, "id": n, "shipBy": n if n % 2 else "x"} for n in range(6)))
    assert [one.id for one in items] == list(range(6))
    assert [one.remote_id for one in rejects] == ["1", "3", "5"]


def test_money_beside_an_odd_part_keeps_every_digit() -> None:
    raw = msgspec.Raw(b'{"id":1,"total":12345678901234567.89,"lines":[],"shipBy":1}')
    (one,), _ = read_lenient([raw], Wire, lambda wire: wire, lambda r: str(r["id"]))
    assert one.total == Decimal("12345678901234567.89")


def test_several_odd_parts_are_told_together_and_endless_ones_give_up() -> None:
    (_,), (beside,) = read({**GOOD, "shipBy": 1, "tags": 2})
    assert beside.message.params["field"] == "shipBy, tags"
    items, rejects = read({**GOOD, "lines": [{"quantity": 1, "vatRate": "x"} for _ in range(40)]})
    assert (len(items), len(rejects)) == (0, 1)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "total", "lines", "quantity", "tags", "shipBy"]), inner, max_size=4), max_leaves=12))  # fmt: skip
def test_nothing_is_lost_whatever_comes(record: Any) -> None:
    items, rejects = read(GOOD, record)
    assert items[0].id == 7
    assert len(items) - 1 + len(rejects) >= 1


def test_a_value_that_cannot_be_read_names_its_place() -> None:
    with pytest.raises(ProviderError) as caught, named("a.b"):
        int("x")
    assert caught.value.message.field == "a.b"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", ""),
        ("000", ""),
        ("-", ""),
        ("null", ""),
        (" ", ""),
        ("None", ""),
        ("1Z0", "1Z0"),
        (" 7330 ", "7330"),
        ("N/A", ""),
    ],
)
def test_a_zero_is_no_tracking_number(text: str, number: str) -> None:
    assert tracking_number(text) == number


def test_what_only_informs_may_be_unreadable() -> None:
    assert (maybe(int, "5"), maybe(int, "x"), maybe(int, None), maybe(int, "")) == (5, None, None, None)
