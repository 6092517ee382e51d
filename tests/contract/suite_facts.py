"""The manifest: complete in tr and en, true to its client, and usable as it stands. No call is made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from app.contracts import CAPABILITIES, Manifest
from app.contracts.capabilities import capabilities_of
from app.contracts.manifest import Words
from tests.contract.checks import check
from tests.contract.rig import Rig

#: Which size a capability is nothing without.
SIZES = {"order_source": "orders", "listing_source": "listings", "price_sink": "prices", "stock_sink": "stocks"}
#: Shorter texts may be the same in both languages (a path through a panel, a product's name).
LEAST_WORDS = 5


def told(m: Manifest) -> Iterator[tuple[str, Words]]:
    """Every text for people, with its place."""
    yield "note", m.note
    for feature in m.features:
        yield f"feature {feature.name}", feature.reason
    for name, place in m.environments.items():
        yield f"environment {name}", place.note
    for field in m.credentials:
        yield f"label of {field.key}", field.label
        yield f"where of {field.key}", field.where


@check()
async def the_manifest_speaks_both_languages(rig: Rig) -> None:
    m = rig.subject.manifest
    half = [place for place, words in told(m) if bool(words.tr.strip()) != bool(words.en.strip())]
    assert not half, f"one language only: {half}"
    bare = [field.key for field in m.credentials if not (field.label.tr and field.where.tr)]
    assert not bare, f"the merchant is not told where to find {bare}"
    long = [(place, words) for place, words in told(m) if len(words.en.split()) > LEAST_WORDS]
    same = [place for place, words in long if words.tr == words.en and "→" not in words.en]
    assert not same, f"not translated: {same}"


@check()
async def the_manifest_is_whole(rig: Rig) -> None:
    m = rig.subject.manifest
    assert m.evidence_note, "on which documents?"
    assert m.environments
    assert m.probe is not None
    assert m.probe.least_interval_s > 0
    assert ZoneInfo(m.time_zone)
    assert m.limits, "how fast may it be asked?"
    assert all(one.calls > 0 and one.seconds > 0 for one in m.limits)
    lacking = [name for name, size in SIZES.items() if name in m.capabilities and not getattr(m.sizes, size)]
    assert not lacking, f"no size for {lacking}"
    for field in m.credentials:
        assert field.kind == "choice" or field.pattern, f"{field.key} takes anything"
        if field.pattern and field.example and "…" not in field.example:
            assert re.fullmatch(field.pattern, field.rewritten(field.example)), f"{field.key}: its own example"
    typed = rig.settings()
    for field in m.credentials:
        value = typed[0].get(field.key, "") or typed[1].get(field.key, "")
        if value and field.pattern and value != rig.url:
            assert re.fullmatch(field.pattern, value), f"{field.key}: the fake's own key does not fit"


@check()
async def the_client_can_what_the_manifest_says(rig: Rig) -> None:
    """No more, no less: a power that is not named is offered by nobody, one that is not there breaks in the merchant's hand."""
    m = rig.subject.manifest
    can = capabilities_of(rig.subject.client())
    assert set(m.capabilities) <= set(CAPABILITIES)
    assert set(m.capabilities) <= can, f"promised and not there: {set(m.capabilities) - can}"
    offered = {feature.capability for feature in m.features if feature.capability}
    fails = {name for name in offered - set(m.capabilities) if name in can}
    assert not fails, f"a feature points at {fails}, which the client has and the manifest does not name"
