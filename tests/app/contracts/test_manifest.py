"""parse_manifest and check_manifest: what a manifest may not say, and that the refusal names file and field."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from app.contracts.capabilities import CAPABILITIES
from app.contracts.manifest import (
    CredentialField,
    Environment,
    Feature,
    Limit,
    Manifest,
    ManifestError,
    ProbeRule,
    Readiness,
    Words,
    check_manifest,
    parse_manifest,
)

BOTH = Words("Anahtar", "Key")
PLANNED = Manifest(
    id="deneme", name="Deneme", category="shop", website="deneme.example", readiness=Readiness.PLANNED,
    evidence="unconfirmed", evidence_date=date(2026, 11, 1), features=(),
)  # fmt: skip
LIVE = msgspec.structs.replace(
    PLANNED,
    readiness=Readiness.LIVE,
    evidence="official-docs",
    client="providers.shops.deneme:Deneme",
    sandbox="providers.sandboxes.deneme",
    capabilities=("probe", "order_source"),
    environments={"live": Environment(api="https://api.deneme.example")},
    probe=ProbeRule("orders"),
)
TOML = b"""
id = "deneme"
name = "Deneme"
category = "shop"
website = "deneme.example"
readiness = "planned"
evidence = "unconfirmed"
evidence_date = 2026-11-01

[[features]]
name = "Order Sync"
capability = "order_source"
"""


def but(m: Manifest, **changes: object) -> list[str]:
    return check_manifest(msgspec.structs.replace(m, **changes))


def test_sound_ones_have_no_complaints() -> None:
    assert check_manifest(PLANNED) == []
    assert check_manifest(LIVE) == []


def test_defaults_of_the_shortest_manifest() -> None:
    m = parse_manifest(TOML, "deneme.toml")
    assert (m.family, m.time_zone, m.order_interval_s, m.number) == ("deneme", "UTC", 300, 0)
    assert m.features == (Feature("Order Sync", "order_source"),)


def test_a_family_word_overrules_the_id() -> None:
    assert msgspec.structs.replace(PLANNED, account_family="amazon_sp_eu").family == "amazon_sp_eu"


@pytest.mark.parametrize("readiness", list(Readiness))
def test_only_planned_and_retired_cannot_be_connected(readiness: Readiness) -> None:
    assert readiness.connectable is (readiness not in ("planned", "retired"))


@pytest.mark.parametrize("name", sorted(CAPABILITIES))
def test_every_capability_is_known(name: str) -> None:
    assert but(LIVE, capabilities=(name,), features=(Feature("x", name),)) == []


def test_unknown_capabilities_are_named() -> None:
    assert but(LIVE, capabilities=("probe", "teleport")) == ["unknown capability 'teleport'"]
    assert but(PLANNED, features=(Feature("Fast", "teleport"),)) == ["feature 'Fast': unknown capability 'teleport'"]


@pytest.mark.parametrize(
    "feature",
    [
        Feature("Ads"),
        Feature("Ads", reason=Words(tr="Reklam değil")),
        Feature("Ads", reason=Words(en="No ads")),
        Feature("Ads", "order_source", Words("Reklam değil", "No ads")),
    ],
)
def test_a_feature_has_a_capability_or_a_reason_in_both_languages_never_both(feature: Feature) -> None:
    assert but(PLANNED, features=(feature,)) == ["feature 'Ads' needs either a capability or a reason in tr and en"]


@pytest.mark.parametrize(
    ("field", "told"),
    [
        (CredentialField("key", "secret", Words(tr="Anahtar")), "credential 'key' needs a label in tr and en"),
        (CredentialField("key", "secret", Words(en="Key")), "credential 'key' needs a label in tr and en"),
        (CredentialField("way", "choice", BOTH), "credential 'way' is a choice without choices"),
        (CredentialField("key", "text", BOTH, pattern="["), "credential 'key': bad pattern"),
    ],
)
def test_credentials(field: CredentialField, told: str) -> None:
    assert but(PLANNED, credentials=(field,)) == [told]
    assert but(PLANNED, credentials=(CredentialField("key", "choice", BOTH, pattern="a|b", choices=("a", "b")),)) == []


def test_what_the_vendor_does_not_have_is_told_in_both_languages_and_never_claimed() -> None:
    assert but(LIVE, without={"labels": BOTH, "settlements": BOTH}) == []
    assert but(LIVE, without={"labels": Words(en="None")}) == ["without 'labels' needs words in tr and en"]
    assert but(LIVE, without={"etiket": BOTH}) == [
        "without 'etiket': one of labels, returns, settlements, tracking is meant"
    ]
    claimed = ("probe", "order_source", "claims")
    assert but(LIVE, capabilities=claimed, without={"returns": BOTH}) == [
        "without 'returns', yet it names the capability 'claims'"
    ]


@pytest.mark.parametrize("note", [Words(tr="Yalnız sözleşmeyle"), Words(en="By contract only")])
def test_a_note_in_one_language_is_half_a_note(note: Words) -> None:
    assert but(PLANNED, note=note) == ["a note needs both languages"]


@pytest.mark.parametrize("readiness", [Readiness.LIVE, Readiness.PARTNER])
@pytest.mark.parametrize("missing", ["client", "sandbox", "capabilities", "environments", "probe"])
def test_what_live_and_partner_demand(readiness: Readiness, missing: str) -> None:
    nothing = {"client": "", "sandbox": "", "capabilities": (), "environments": {}, "probe": None}[missing]
    assert but(LIVE, readiness=readiness, **{missing: nothing}) == [f"{readiness} needs {missing}"]


@pytest.mark.parametrize("claim", [{"client": "providers.shops.deneme:Deneme"}, {"capabilities": ("probe",)}])
def test_planned_may_not_pretend(claim: dict[str, object]) -> None:
    assert but(PLANNED, **claim) == ["planned, yet it names a client or capabilities"]


def test_all_problems_are_told_at_once_with_the_file() -> None:
    text = TOML.replace(b'capability = "order_source"', b'capability = "teleport"') + b'[note]\ntr = "Yalniz"\n'
    with pytest.raises(ManifestError) as caught:
        parse_manifest(text, "deneme.toml")
    assert str(caught.value).startswith("deneme.toml: ")
    assert "teleport" in str(caught.value)
    assert "both languages" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b'id = "deneme"', b"id = 7", "`$.id`"),
        (b'category = "shop"', b'category = "bazaar"', "`$.category`"),
        (b'readiness = "planned"', b'readiness = "soon"', "`$.readiness`"),
        (b'evidence = "unconfirmed"', b'evidence = "hearsay"', "`$.evidence`"),
        (b"2026-11-01", b'"yesterday"', "`$.evidence_date`"),
        (b'website = "deneme.example"', b'web = "deneme.example"', "web"),
        (b'capability = "order_source"', b'capabilty = "order_source"', "capabilty"),
        (b"[[features]]", b"[[features", "deneme.toml"),
        (b'"Deneme"', b'"Dene\xfe"', "utf-8"),
    ],
)
def test_bad_toml_names_the_file_and_the_field(old: bytes, new: bytes, told: str) -> None:
    assert old in TOML
    with pytest.raises(ManifestError) as caught:
        parse_manifest(TOML.replace(old, new), "deneme.toml")
    assert str(caught.value).startswith("deneme.toml: ")
    assert told in str(caught.value)


def test_a_limit_may_be_written_with_whole_seconds() -> None:
    text = TOML + b'[[limits]]\ngroup = "orders"\ncalls = 50\nseconds = 10\n'
    assert parse_manifest(text, "deneme.toml").limits == (Limit(50, 10.0, "orders"),)
