"""What customs are told: from the lines, from what was typed once, and never made up; rules for a carrier by weight."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.model import Money, Order, OrderLine, Payer, Price
from app.shipping.abroad import FactError, Facts, articles_of, choice_problems, fact_of, goods_options, read_goods
from app.shipping.choosing import Rule, choose
from app.store import ConnectionRow
from tests.app.shipping.making import order
from tests.app.shipping.test_addresses import ARAS, YK

CUP = OrderLine("l1", "CUP", "Fincan", 2, Price(Money.of("129.90", "TRY")))
TEA = OrderLine("l2", "TEA", "Çay", 3, Price(Money.of("40", "TRY")))
KNOWN = {"CUP": Facts("691200", "TR"), "TEA": Facts("691200", "TR")}


def asked(*lines: OrderLine, known: dict[str, Facts] | None = None, told: dict[str, str] | None = None, part: Any = None, **more: Any) -> tuple[dict[str, str], dict[str, str]]:  # fmt: skip
    made: Order = order("1", lines=lines or (CUP, TEA), **more)
    options, wrong = goods_options(articles_of([(made, part)], KNOWN if known is None else known), told or {})
    return options, {one.field: one.why for one in wrong}


def test_the_lines_say_value_and_pieces() -> None:
    options, wrong = asked()
    assert wrong == {}
    assert options == {"declared_value": "379.80", "currency": "TRY", "quantity": "5", "hs_code": "691200", "made_in": "TR"}  # fmt: skip


def test_a_part_of_an_order_is_worth_its_pieces() -> None:
    options, wrong = asked(part={"l1": 1})
    assert (options["declared_value"], options["quantity"], wrong) == ("129.90", "1", {})


def test_what_nobody_named_is_missing_with_its_field() -> None:
    assert asked(known={"CUP": Facts("691200", "TR")})[1] == {"hs_code": "not_known", "made_in": "not_known"}
    assert asked(unpriced=True)[1] == {"declared_value": "no_price"}
    euro = OrderLine("l3", "TEA", "Çay", 1, Price(Money.of("4", "EUR")))
    assert asked(CUP, euro)[1] == {"declared_value": "currencies"}
    loose = OrderLine("l4", "TEA", "Zeytin × 1.5", 0, Price(Money.of("4", "TRY")))
    assert asked(CUP, loose)[1] == {"quantity": "blank", "declared_value": "no_price"}
    differ = {"CUP": Facts("691200", "TR"), "TEA": Facts("090240", "LK")}
    assert asked(known=differ)[1] == {"hs_code": "several", "made_in": "several"}


def test_what_a_person_tells_for_the_parcel_counts_first() -> None:
    told = {"declared_value": "20", "currency": "EUR", "hs_code": "6912.00", "made_in": "de", "incoterm": "DDP"}
    options, wrong = asked(known={}, told=told)
    assert wrong == {}
    assert (options["declared_value"], options["currency"], options["hs_code"], options["made_in"]) == ("20", "EUR", "691200", "DE")  # fmt: skip
    assert asked(told={"incoterm": "XXX"})[1] == {"incoterm": "one_of"}
    assert asked(told={"declared_value": "20,5", "currency": "eur"})[0]["declared_value"] == "20.5"
    assert asked(told={"declared_value": "0"})[1] == {"declared_value": "bad_value"}
    assert asked(told={"currency": "lira"})[1] == {"currency": "bad_currency"}
    assert asked(told={"hs_code": "12"})[1] == {"hs_code": "bad_hs_code"}
    assert asked(known={}, told={"goods": "documents"}) == ({"goods": "documents"}, {})


def test_a_currency_of_its_own_never_goes_with_the_lines_value() -> None:
    options, wrong = asked(told={"currency": "EUR"})
    assert "declared_value" not in options
    assert wrong == {"declared_value": "currencies"}


@pytest.mark.parametrize(("field", "text", "kept"), [("hs_code", "6912.00", "691200"), ("hs_code", "", ""), ("made_in", " de ", "DE")])  # fmt: skip
def test_facts_are_kept_one_way(field: str, text: str, kept: str) -> None:
    assert fact_of(field, text) == kept


@pytest.mark.parametrize(("field", "text"), [("hs_code", "12345"), ("hs_code", "69120x"), ("made_in", "TUR"), ("made_in", "ı1")])  # fmt: skip
def test_what_is_no_code_is_refused(field: str, text: str) -> None:
    with pytest.raises(FactError):
        fact_of(field, text)


def test_rubbish_in_the_setting_is_not_known() -> None:
    assert read_goods({"A": {"hs_code": "691200"}, "B": 3, "C": {"hs_code": 7}}) == {"A": Facts("691200")}
    assert read_goods([1]) == {}


def test_weight_and_the_payers_account_are_wanted() -> None:
    assert [one.field for one in choice_problems({}, Payer.RECEIVER, 0)] == ["weight", "payer_account"]
    assert choice_problems({"payer_account": "A1B2C3"}, Payer.RECEIVER, 500) == []


def test_rules_by_weight_and_rules_that_are_off() -> None:
    carriers: list[ConnectionRow] = [YK, ARAS]
    rules = [Rule(YK.id, on=False), Rule(ARAS.id, most_weight_g=2000), Rule(YK.id)]

    def taken(weight_g: int) -> int:
        row = choose(order("1"), 3, "İzmir", Decimal(0), rules, carriers, {}, weight_g)
        return row.id if row is not None else 0

    assert (taken(2000), taken(2001), taken(0)) == (ARAS.id, YK.id, YK.id)
