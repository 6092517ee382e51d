"""Addresses before the carrier is asked: what is found, in which field, and what is proposed. And which carrier."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model import Address, Money, Order, OrderStatus
from app.shipping.address import FIELDS, AddressRules, check_address, corrected, normalised, rules_of
from app.shipping.choosing import Rule, choose, read_rules
from app.shipping.desk import parcels_of
from app.shipping.places import Places
from app.store.connections import ConnectionRow
from tests.app.shipping.making import GOOD, T0

RULES = AddressRules((5, 100), (10, 200), (0, 40), (0, 40), 4)
PLACES = Places.load()


def found(rules: AddressRules = RULES, **changes: str) -> dict[str, Any]:
    address = normalised(msgspec.structs.replace(GOOD, **changes))
    return {one.field: one for one in check_address(address, rules)}


def test_the_list_is_the_country() -> None:
    assert [one.plate for one in PLACES.provinces] == list(range(1, 82))
    assert PLACES.provinces[33].name == "İstanbul"
    assert all(one.districts for one in PLACES.provinces)
    assert sum(len(one.districts) for one in PLACES.provinces) > 920


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("istanbul", "İstanbul"),
        ("ISTANBUL", "İstanbul"),
        ("İSTANBUL (Anadolu)", "İstanbul"),
        ("Izmir", "İzmir"),
        ("Afyon", "Afyonkarahisar"),
        ("ŞANLIURFA", "Şanlıurfa"),
        ("K.MARAŞ", "Kahramanmaraş"),
        ("içel", "Mersin"),
    ],
)
def test_a_province_is_known_however_it_is_written(text: str, name: str) -> None:
    province = PLACES.province(text)
    assert province is not None
    assert province.name == name


def test_a_good_address_passes_and_is_written_one_way() -> None:
    assert found() == {}
    made = normalised(
        msgspec.structs.replace(
            GOOD, city="ISTANBUL", district="KADIKOY", phone="0 (532) 123 45 67", name=" Ayşe   Yılmaz "
        )
    )
    assert (made.city, made.district, made.phone, made.name) == ("İstanbul", "Kadıköy", "+905321234567", "Ayşe Yılmaz")


@pytest.mark.parametrize(
    ("changes", "field", "why"),
    [
        ({"name": ""}, "name", "blank"),
        ({"name": "A. B."}, "name", "letters"),
        ({"name": "Ay"}, "name", "short"),
        ({"name": "A***e Y****z"}, "name", "masked"),
        ({"street": "x" * 400}, "street", "long"),
        ({"street": "Sk. 4"}, "street", "short"),
        ({"phone": ""}, "phone", "blank"),
        ({"phone": "12345"}, "phone", "phone"),
        ({"phone": "+49 170 1234567"}, "phone", "phone"),
        ({"phone": "0532***4567"}, "phone", "masked"),
        ({"city": ""}, "city", "blank"),
        ({"city": "Atlantis"}, "city", "unknown"),
        ({"country": "DE"}, "country", "abroad"),
    ],
)
def test_what_the_carrier_would_refuse_is_named(changes: dict[str, str], field: str, why: str) -> None:
    problems = found(**changes)
    assert problems[field].why == why
    assert problems[field].blocking


@pytest.mark.parametrize(
    ("changes", "proposal"),
    [
        ({"city": "34710", "postcode": "İstanbul"}, {"city": "İstanbul", "postcode": "34710"}),
        ({"city": "Kadıköy", "district": "İstanbul"}, {"city": "İstanbul", "district": "Kadıköy"}),
        ({"city": "Kadıköy", "district": ""}, {"city": "İstanbul", "district": "Kadıköy"}),
        ({"city": "İstnbul"}, {"city": "İstanbul"}),
        ({"city": "", "district": "Bornova", "postcode": ""}, {"city": "İzmir"}),
        ({"city": "", "district": "", "postcode": "06100"}, {"city": "Ankara"}),
    ],
)
def test_a_likely_reading_is_proposed_and_mends_it(changes: dict[str, str], proposal: dict[str, str]) -> None:
    problem = found(**changes)["city"]
    assert problem.proposal == proposal
    mended = corrected(msgspec.structs.replace(GOOD, **changes), problem.proposal)
    assert not [one for one in check_address(mended, RULES) if one.blocking]


def test_where_two_hints_disagree_nothing_is_proposed() -> None:
    assert found(city="", district="Bornova", postcode="34710")["city"].proposal == {}


def test_a_doubtful_district_blocks_only_where_the_carrier_has_a_list() -> None:
    assert not found(district="Kadıkoyy")["district"].blocking
    strict = AddressRules(strict_districts=True)
    problem = found(strict, district="Kadıkoyy")["district"]
    assert (problem.blocking, problem.proposal) == (True, {"district": "Kadıköy"})
    assert found(strict, district="")["district"].why == "blank"
    assert found(strict, district="Merkez") == {}
    assert found(district="Bornova")["district"].proposal == {"city": "İzmir"}
    assert not found(postcode="35000")["postcode"].blocking


def test_rules_come_from_the_manifest() -> None:
    params = {
        "name_length": "5-100",
        "street_length": "10-200",
        "name_letters": "4",
        "phone": "optional",
        "districts": "strict",
    }
    assert rules_of(params) == AddressRules((5, 100), (10, 200), letters_in_name=4, phone=False, strict_districts=True)
    assert rules_of({"name_length": "rubbish"}) == AddressRules()


def test_only_fields_of_the_form_can_be_corrected() -> None:
    with pytest.raises(KeyError):
        corrected(GOOD, {"tax_number": "1"})


@given(st.fixed_dictionaries({name: st.text(max_size=60) for name in FIELDS}))
def test_any_text_gives_findings_and_no_error(values: dict[str, str]) -> None:
    address = normalised(Address(**values))
    for one in check_address(address, RULES):
        assert one.why
        corrected(address, one.proposal)
    assert normalised(address) == address


# -- which carrier -----------------------------------------------------------------------------------------------------


def carrier(number: int, name: str) -> ConnectionRow:
    return ConnectionRow(number, name, name, f"acc{number}", "live", {}, None, False, T0)


YK, ARAS = carrier(7, "yurtici_kargo"), carrier(8, "aras_kargo")
NAMES = {7: "Yurtiçi Kargo", 8: "Aras Kargo"}


def chosen(rules: list[Rule], *, carriers: tuple[ConnectionRow, ...] = (YK, ARAS), desi: str = "0", city: str = "İzmir", **changes: Any) -> int:  # fmt: skip
    made = Order("1", "1", OrderStatus.OPEN, "", T0, T0, Money.of("250.00", "TRY"), ())
    row = choose(msgspec.structs.replace(made, **changes), 3, city, Decimal(desi), rules, carriers, NAMES)
    return row.id if row is not None else 0


def test_the_first_rule_that_fits_wins() -> None:
    rules = [Rule(8, city="IZMIR", most_desi=Decimal(5)), Rule(7)]
    assert chosen(rules, desi="3") == 8
    assert chosen(rules, desi="6") == 7
    assert chosen(rules) == 7  # nobody knows the desi: a bound on it does not fit
    assert chosen(rules, desi="3", city="Ankara") == 7


def test_rules_know_channel_price_and_the_channels_own_cargo() -> None:
    assert chosen([Rule(8, channel=4), Rule(7, channel=3)]) == 7
    assert chosen([Rule(8, least_total=Decimal(1000)), Rule(7)]) == 7
    assert chosen([Rule(8, most_total=Decimal(1000)), Rule(7)]) == 8
    own = [Rule(8, own=True), Rule(7, own=True)]
    assert chosen(own, carrier="Yurtiçi Kargo Marketplace") == 7
    assert chosen(own, carrier="Sürat Kargo") == 0


def test_without_a_rule_only_a_single_carrier_is_taken() -> None:
    assert chosen([]) == 0
    assert chosen([], carriers=(YK,)) == 7
    assert chosen([Rule(99)], carriers=(YK, ARAS)) == 0


def test_rules_survive_the_settings_and_rubbish_is_no_rule() -> None:
    rules = [Rule(7, city="İzmir", most_desi=Decimal("2.5")), Rule(8, own=True)]
    stored = msgspec.json.decode(msgspec.json.encode(rules))
    assert read_rules(stored) == rules
    assert read_rules([{"carrier": "x"}, 3, {"carrier": 8}]) == [Rule(8)]
    assert read_rules("rubbish") == []


@pytest.mark.parametrize("desi", ["0.5", "1", "2.37", "5", "12", "30.04", "99"])
def test_desi_alone_becomes_a_box_of_just_that_volume(desi: str) -> None:
    boxes = parcels_of(2, Decimal(desi), 800)
    assert [(box.desi, box.weight_g) for box in boxes] == [(Decimal(desi), 800)] * 2
