"""Whether a carrier will take an address, before it is asked: blank, masked, too long, a province that does not exist, city and
post code swapped. Every finding names its field and, where one reading is likely, proposes it. Nothing is cut to fit."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from app.kit.parcels import ascii_text
from app.model import Address, clean, phone_e164
from app.shipping.places import Places, Province

#: Fields that a person may correct, in the order of a form.
FIELDS = ("name", "company", "phone", "street", "district", "city", "postcode")
#: More of them, where an address lies abroad.
ABROAD_FIELDS = ("state", "country")


class AddressRules(msgspec.Struct, frozen=True):
    """What one carrier takes, from its manifest's `params`. (least, most) letters; `strict_districts`: the carrier knows its
    own list of districts and refuses others; `abroad`: it carries beyond Türkiye; `ascii`: it takes no Turkish letters."""

    name: tuple[int, int] = (2, 120)
    street: tuple[int, int] = (5, 250)
    city: tuple[int, int] = (0, 80)
    district: tuple[int, int] = (0, 80)
    letters_in_name: int = 2
    phone: bool = True
    strict_districts: bool = False
    abroad: bool = False
    ascii: bool = False


class FieldProblem(msgspec.Struct, frozen=True):
    """`why`: blank, masked, short, long, letters, phone, unknown, elsewhere, swapped, abroad, plain (written in other letters: `rule`
    tells before → after). `rule`: the limit, as text.
    `proposal`: fields and the values that would mend it, empty when a person must know. Not `blocking`: only doubtful."""

    field: str
    why: str
    rule: str = ""
    proposal: dict[str, str] = {}
    blocking: bool = True


def rules_of(params: Mapping[str, str]) -> AddressRules:
    """From a manifest: `name_length = "5-100"`, `street_length`, `city_length`, `district_length`, `name_letters = "4"`,
    `phone = "optional"`, `districts = "strict"`, `abroad = "yes"`, `letters = "ascii"`. What is not said stays as it is by default."""
    plain = AddressRules()

    def span(key: str, usual: tuple[int, int]) -> tuple[int, int]:
        least, mark, most = params.get(key, "").partition("-")
        return (int(least), int(most)) if mark and least.isdecimal() and most.isdecimal() else usual

    letters = params.get("name_letters", "")
    return AddressRules(
        span("name_length", plain.name),
        span("street_length", plain.street),
        span("city_length", plain.city),
        span("district_length", plain.district),
        int(letters) if letters.isdecimal() else plain.letters_in_name,
        params.get("phone", "") != "optional",
        params.get("districts", "") == "strict",
        params.get("abroad", "") == "yes",
        params.get("letters", "") == "ascii",
    )


def at_home(address: Address) -> bool:
    return address.country in ("", "TR")


def normalised(address: Address, places: Places | None = None) -> Address:
    """The same address in one way of writing: spaces, phone as +90…, province and district as the list spells them. Nothing
    that means something else; what the list does not know stays as it came."""
    places = places or Places.load()
    made = Address(**{name: clean(getattr(address, name), 500) for name in Address.__struct_fields__})
    phone = phone_e164(made.phone, made.country or "TR") if made.phone and "*" not in made.phone else ""
    made = msgspec.structs.replace(made, phone=phone or made.phone)
    if not at_home(made):
        return made
    province = places.province(made.city)
    if province is None:
        return made
    district = places.district(province, made.district) if made.district else ""
    return msgspec.structs.replace(made, city=province.name, district=district or made.district)


def corrected(address: Address, changes: Mapping[str, str]) -> Address:
    """With a person's corrections. Raises KeyError for a field that is none of FIELDS and ABROAD_FIELDS."""
    for name in changes:
        if name not in FIELDS and name not in ABROAD_FIELDS:
            raise KeyError(name)
    return normalised(msgspec.structs.replace(address, **dict(changes)))


def check_address(address: Address, rules: AddressRules, places: Places | None = None) -> tuple[FieldProblem, ...]:
    """All that is wrong, in the order of a form. `address` is normalised before."""
    places = places or Places.load()
    found: list[FieldProblem] = []
    name = address.name or address.company
    found += _text("name", name, rules.name)
    if name and "*" not in name and sum(c.isalpha() for c in name) < rules.letters_in_name:
        found.append(FieldProblem("name", "letters", str(rules.letters_in_name)))
    found += _phone(address, rules)
    found += _text("street", address.street, rules.street)
    if not at_home(address):
        if not rules.abroad:
            found.append(FieldProblem("country", "abroad"))
        return tuple(_once([*found, *_plain(address, rules)]))
    found += _place(address, rules, places)
    return tuple(_once([*found, *_plain(address, rules)]))


def _plain(address: Address, rules: AddressRules) -> list[FieldProblem]:
    """What a carrier of ASCII only gets to read, so that nobody is surprised by the label."""
    found = []
    for field in FIELDS if rules.ascii else ():
        before = getattr(address, field)
        after = ascii_text(before)
        if after != before:
            found.append(
                FieldProblem(field, "plain", f"{before} → {after}", blocking="?" in after and "?" not in before)
            )
    return found


def _once(found: list[FieldProblem]) -> list[FieldProblem]:
    """One finding a field: the first says enough."""
    seen: set[str] = set()
    return [one for one in found if not (one.field in seen or seen.add(one.field))]  # type: ignore[func-returns-value]


def _text(field: str, value: str, span: tuple[int, int]) -> list[FieldProblem]:
    least, most = span
    if not value.strip():
        return [FieldProblem(field, "blank")] if least else []
    if "*" in value:
        return [FieldProblem(field, "masked")]
    if len(value) > most:
        return [FieldProblem(field, "long", str(most))]
    return [FieldProblem(field, "short", str(least))] if len(value) < least else []


def _phone(address: Address, rules: AddressRules) -> list[FieldProblem]:
    if not address.phone:
        return [FieldProblem("phone", "blank")] if rules.phone else []
    if "*" in address.phone:
        return [FieldProblem("phone", "masked", blocking=rules.phone)]
    good = phone_e164(address.phone, address.country or "TR")
    at_home_good = good.startswith("+90") and len(good) == 13
    if not good.startswith("+") or (at_home(address) and not at_home_good):
        return [FieldProblem("phone", "phone", blocking=rules.phone)]
    return []


def _place(address: Address, rules: AddressRules, places: Places) -> list[FieldProblem]:
    swapped = places.of_postcode(address.city)
    if swapped is not None:
        real = places.province(address.postcode)
        proposal = {"city": real.name, "postcode": address.city} if real is not None else {"city": swapped.name, "postcode": address.city}  # fmt: skip
        return [FieldProblem("city", "swapped" if real is not None else "unknown", proposal=proposal)]
    province = places.province(address.city)
    if province is None:
        return [_lost_city(address, places)]
    found = _text("city", address.city, rules.city) + _text("district", address.district, rules.district)
    if address.district and not places.district(province, address.district):
        found.append(_lost_district(address, province, rules, places))
    elif not address.district and rules.strict_districts:
        found.append(FieldProblem("district", "blank"))
    by_code = places.of_postcode(address.postcode)
    if by_code is not None and by_code != province:
        found.append(FieldProblem("postcode", "elsewhere", by_code.name, {"postcode": ""}, blocking=False))
    return found


def _lost_city(address: Address, places: Places) -> FieldProblem:
    """No such province: perhaps a district was written there, the two are swapped, or it is misspelt."""
    if not address.city.strip():
        by_district = places.provinces_of(address.district)
        by_code = places.of_postcode(address.postcode)
        only = by_district[0] if len(by_district) == 1 else None
        likely = by_code if by_code in by_district or not by_district else only if by_code is None else None
        return FieldProblem("city", "blank", proposal={"city": likely.name} if likely else {})
    if "*" in address.city:
        return FieldProblem("city", "masked")
    province = places.province(address.district)
    if province is not None and places.district(province, address.city):
        return FieldProblem("city", "swapped", proposal={"city": province.name, "district": places.district(province, address.city)})  # fmt: skip
    homes = places.provinces_of(address.city)
    if len(homes) == 1 and (not address.district or places.district(homes[0], address.district)):
        inner = places.district(homes[0], address.city)
        return FieldProblem("city", "unknown", proposal={"city": homes[0].name, "district": inner})
    near = places.near_provinces(address.city)
    return FieldProblem("city", "unknown", proposal={"city": near[0]} if near else {})


def _lost_district(address: Address, province: Province, rules: AddressRules, places: Places) -> FieldProblem:
    near = places.near_districts(province, address.district)
    if near:
        return FieldProblem("district", "unknown", proposal={"district": near[0]}, blocking=rules.strict_districts)
    homes = places.provinces_of(address.district)
    if len(homes) == 1:
        proposal = {"city": homes[0].name}
        return FieldProblem("district", "elsewhere", homes[0].name, proposal, blocking=rules.strict_districts)
    return FieldProblem("district", "unknown", blocking=rules.strict_districts)
