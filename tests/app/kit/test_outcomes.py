"""Writes one at a time: what is known, what is not, and what was never sent. And what Turkish addresses have in common."""

from __future__ import annotations

import pytest

from app.contracts import Message, Outcome, OutcomeState, ProviderError, fail
from app.kit import each_alone, phone_text, with_quarter
from app.model import ShipmentNotice

NOTICES = [ShipmentNotice(key=str(n), order_id=str(n), order_number=str(n)) for n in range(4)]
DOWN = Message("server.unavailable")


async def trouble_at(broken: set[str]) -> tuple[list[str], list[tuple[str, OutcomeState]]]:
    asked: list[str] = []

    async def confirm(notice: ShipmentNotice) -> Outcome:
        asked.append(notice.key)
        if notice.key in broken:
            raise fail(DOWN)
        return Outcome(notice.key, OutcomeState.DONE)

    receipt = await each_alone(NOTICES, confirm)
    assert all((one.message == DOWN) is (one.state is OutcomeState.UNKNOWN) for one in receipt.outcomes)
    return asked, [(one.key, one.state) for one in receipt.outcomes]


async def test_all_well():
    asked, told = await trouble_at(set())
    assert asked == ["0", "1", "2", "3"]
    assert told == [(key, OutcomeState.DONE) for key in asked]


async def test_trouble_later_stops_and_leaves_the_rest_unknown():
    asked, told = await trouble_at({"2"})
    assert asked == ["0", "1", "2"], "a vendor that is down is not asked again for each"
    assert [state for _, state in told] == [OutcomeState.DONE] * 2 + [OutcomeState.UNKNOWN] * 2


async def test_trouble_with_the_first_is_raised():
    with pytest.raises(ProviderError, match=r"server\.unavailable"):
        await trouble_at({"0"})


@pytest.mark.parametrize(
    ("street", "quarter", "made"),
    [("Moda Cad. 12", "Caferağa", "Caferağa Moda Cad. 12"), ("CAFERAĞA Mah. Moda Cad.", "Caferağa", "CAFERAĞA Mah. Moda Cad."),
     ("Moda Cad.", "", "Moda Cad."), ("", "Caferağa", "Caferağa"), ("ISIRGAN Sk.", "ısırgan", "ISIRGAN Sk.")],
)  # fmt: skip
def test_the_quarter_stands_once(street, quarter, made):
    assert with_quarter(street, quarter) == made


@pytest.mark.parametrize(
    ("text", "made"), [("0532 123 45 67", "+905321234567"), ("532*****67", "532*****67"), ("", ""), ("yok", "yok")]
)
def test_a_phone_is_a_number_or_what_was_written(text, made):
    assert phone_text(text) == made
