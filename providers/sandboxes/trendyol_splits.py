"""Trendyol's calls that make new packages out of one: what cannot be supplied, and the four ways of splitting.

Source: reference/marketplaces-tr.md, "## Trendyol", "Confirm / ship" and "Quirks"; bodies from the vendor's page that it names. The
old package id is dead afterwards: the new ones point to it by `originPackageIds`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from providers.sandboxes.trendyol_packages import must_be_open, package_of, quantities
from providers.sandboxes.trendyol_records import Line, Package
from providers.sandboxes.trendyol_state import Shop
from providers.sandboxes.trendyol_wire import Answer, Call, bad, is_int

UNSUPPLIED_REASONS = {500, 501, 502, 504, 505, 506}


def unsupplied(shop: Shop, call: Call) -> Answer:
    """The named pieces stay in the old package as UnSupplied; what is left moves to a package with a new id."""
    package, body = package_of(shop, call), call.json()
    if not is_int(body.get("reasonId")) or body["reasonId"] not in UNSUPPLIED_REASONS:
        raise bad("reasonId.invalid", "reasonId geçersiz")
    must_be_open(package)
    asked = quantities(package, body)
    if not shop.may_apply():
        return Answer()
    rest = [replace(line, quantity=line.quantity - asked.get(line.id, 0)) for line in package.lines]
    rest = [line for line in rest if line.quantity > 0]
    if rest:
        shop.derive(package, rest, "cancel")
    package.lines = [replace(line, quantity=asked[line.id]) for line in package.lines if line.id in asked]
    shop.set_status(package, "UnSupplied")
    shop.wrote()
    return Answer()


def split(shop: Shop, call: Call) -> Answer:
    """`{"orderLineIds": […]}`: these lines go to one new package, the others to another."""
    package, body = package_of(shop, call), call.json()
    return _split(shop, package, [_ids(package, body.get("orderLineIds"))])


def multi_split(shop: Shop, call: Call) -> Answer:
    """`{"splitGroups": [{"orderLineIds": […]}, …]}`. Not with every line: what is left over makes the last package."""
    package, body = package_of(shop, call), call.json()
    groups = body.get("splitGroups")
    if not isinstance(groups, list) or not groups or not all(isinstance(group, dict) for group in groups):
        raise bad("splitGroups.invalid", "splitGroups geçersiz")
    named = [_ids(package, group.get("orderLineIds")) for group in groups]
    if set().union(*named) == {line.id for line in package.lines}:
        raise bad("splitGroups.all", "Paketteki tüm satırlar gönderilemez")
    return _split(shop, package, named)


def quantity_split(shop: Shop, call: Call) -> Answer:
    """`{"quantitySplit": [{"orderLineId": 1, "quantities": [1, 2]}]}`: each quantity becomes a package of its own."""
    package, body = package_of(shop, call), call.json()
    must_be_open(package)
    wishes = body.get("quantitySplit")
    if not isinstance(wishes, list) or len(wishes) != 1 or not isinstance(wishes[0], dict):
        raise bad("quantitySplit.invalid", "quantitySplit geçersiz")
    line = next((line for line in package.lines if line.id == wishes[0].get("orderLineId")), None)
    parts = wishes[0].get("quantities")
    if line is None or not isinstance(parts, list) or not all(is_int(n) and n > 0 for n in parts):
        raise bad("quantitySplit.invalid", "quantitySplit geçersiz")
    if len(parts) < 2 or sum(parts) != line.quantity:
        raise bad("quantitySplit.sum", "Adetlerin toplamı satır adedine eşit olmalıdır")
    groups = [[replace(line, quantity=n)] for n in parts]
    others = [replace(other) for other in package.lines if other is not line]
    _divide(shop, package, [*groups, others] if others else groups)
    return Answer()


def split_packages(shop: Shop, call: Call) -> Answer:
    """`{"splitPackages": [{"packageDetails": [{"orderLineId": 1, "quantities": 2}, …]}, …]}`; the rest makes one more."""
    package, body = package_of(shop, call), call.json()
    must_be_open(package)
    wishes = body.get("splitPackages")
    refusal = bad("splitPackages.invalid", "splitPackages geçersiz")
    if not isinstance(wishes, list) or not wishes:
        raise refusal
    left = {line.id: line.quantity for line in package.lines}
    parts: list[list[Line]] = []
    for wish in wishes:
        rows = wish.get("packageDetails") if isinstance(wish, dict) else None
        if not isinstance(rows, list) or not rows:
            raise refusal
        taken: dict[int, int] = {}
        for row in rows:
            number, count = (row.get("orderLineId"), row.get("quantities")) if isinstance(row, dict) else (None, None)
            if not is_int(number) or not is_int(count) or number in taken or not 0 < count <= left.get(number, 0):
                raise refusal
            taken[number] = count
            left[number] -= count
        parts.append([replace(line, quantity=taken[line.id]) for line in package.lines if line.id in taken])
    rest = [replace(line, quantity=left[line.id]) for line in package.lines if left[line.id]]
    parts += [rest] if rest else []
    if len(parts) < 2:
        raise bad("split.single", "Paket bölünemez: bölünecek başka ürün yok")
    _divide(shop, package, parts)
    return Answer()


def _split(shop: Shop, package: Package, groups: list[set[int]]) -> Answer:
    must_be_open(package)
    named = [i for group in groups for i in group]
    if len(named) != len(set(named)):
        raise bad("orderLineIds.repeated", "Bir satır iki kez verilemez")
    parts = [[replace(line) for line in package.lines if line.id in group] for group in groups]
    rest = [replace(line) for line in package.lines if line.id not in set(named)]
    parts += [rest] if rest else []
    if len(parts) < 2:
        raise bad("split.single", "Paket bölünemez: bölünecek başka satır yok")
    _divide(shop, package, parts)
    return Answer()


def _divide(shop: Shop, package: Package, parts: list[list[Line]]) -> None:
    if not shop.may_apply():
        return
    for lines in parts:
        shop.derive(package, lines, "split")
    shop.set_status(package, "UnPacked")
    shop.wrote()


def _ids(package: Package, raw: Any) -> set[int]:
    known = {line.id for line in package.lines}
    if not isinstance(raw, list) or not raw or any(not is_int(i) or i not in known for i in raw):
        raise bad("orderLineIds.invalid", "orderLineIds geçersiz")
    return set(raw)
