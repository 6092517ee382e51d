"""How keys stand: age, rotation by environment and integration, ends that tokens, certificates, vendors and merchants tell,
snoozing; and the watch over a real vault and store."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, pkcs12
from cryptography.x509.oid import NameOID

from app.api.key_words import key_details, key_sentence, key_short, keys_data, trouble_words
from app.contracts import Secret, Token
from app.contracts.catalogue import Catalogue, providers_root
from app.contracts.manifest import Environment, Manifest, check_manifest
from app.formats.words import Words
from app.monitor.keys import (
    Ending,
    KeyState,
    KeyWatch,
    certificate_end,
    key_standing,
    rotation_days,
    token_end,
    typed_end,
)
from app.store import Store
from app.vault import Profile, Vault, World

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def manifest(**more: Any) -> Manifest:
    fields: dict[str, Any] = {
        "id": "x", "name": "X", "category": "shop", "website": "", "readiness": "link", "evidence": "unconfirmed",
        "evidence_date": NOW.date(), "features": (),
    }  # fmt: skip
    return Manifest(**{**fields, **more})


def days(number: float) -> timedelta:
    return timedelta(days=number)


# -- judging -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("own", "places", "environment", "wanted"),
    [
        (0, {}, "live", 30),
        (0, {}, "sandbox", 90),
        (60, {}, "live", 60),
        (60, {"sandbox": Environment(rotation_days=7)}, "sandbox", 7),
        (60, {"sandbox": Environment()}, "sandbox", 60),
    ],
)
def test_rotation_by_environment_and_integration(own: int, places: Any, environment: str, wanted: int) -> None:
    assert rotation_days(manifest(rotation_days=own, environments=places), environment) == wanted


def test_figures_below_zero_are_refused() -> None:
    bad = manifest(rotation_days=-1, environments={"live": Environment(key_life_days=-2)})
    assert check_manifest(bad) == ["rotation_days below 0", "key_life_days below 0"]


@pytest.mark.parametrize(
    ("age", "state"),
    [(0, KeyState.FRESH), (29.99, KeyState.FRESH), (30, KeyState.DUE), (400, KeyState.DUE), (-3, KeyState.FRESH)],
)
def test_age(age: float, state: KeyState) -> None:
    one = key_standing("a", NOW - days(age), manifest(), "live", NOW)
    assert (one.state, one.age_days, one.asks) == (state, max(0, int(age)), state is KeyState.DUE)
    assert one.rotate_at == one.changed_at + days(30)


@pytest.mark.parametrize(
    ("left", "state", "told"),
    [(14, KeyState.FRESH, 14), (13.9, KeyState.ENDING, 13), (0.1, KeyState.ENDING, 0), (0, KeyState.EXPIRED, 0), (-2, KeyState.EXPIRED, -2)],
)  # fmt: skip
def test_an_end_is_counted_down(left: float, state: KeyState, told: int) -> None:
    endings = [Ending(NOW + days(left), "certificate"), Ending(NOW + days(99), "token")]
    one = key_standing("a", NOW, manifest(), "live", NOW, endings=endings)
    assert (one.state, one.days_left, one.ends_by) == (state, told, "certificate")


def test_a_vendors_rule_and_the_date_that_the_merchant_read() -> None:
    m = manifest(key_life_days=365)
    by_rule = key_standing("a", NOW - days(360), m, "live", NOW)
    assert (by_rule.state, by_rule.ends_by, by_rule.days_left) == (KeyState.ENDING, "vendor", 5)
    end = typed_end(" 2027-11-20 ")
    assert end == Ending(datetime(2027, 11, 20, 23, 59, 59, tzinfo=UTC), "typed")
    typed = key_standing("a", NOW - days(360), m, "live", NOW, endings=[end])
    assert (typed.state, typed.ends_by) == (KeyState.DUE, "typed")
    assert typed_end("soon") is None


def test_a_snooze_quietens_age_and_not_an_end() -> None:
    until = NOW + days(10)
    assert key_standing("a", NOW - days(50), manifest(), "live", NOW, snoozed_until=until).state is KeyState.SNOOZED
    assert key_standing("a", NOW - days(50), manifest(), "live", until, snoozed_until=until).state is KeyState.DUE
    end = [Ending(NOW + days(1), "token")]
    one = key_standing("a", NOW - days(50), manifest(), "live", NOW, snoozed_until=until, endings=end)
    assert one.state is KeyState.ENDING


def test_tokens_that_nothing_renews() -> None:
    long = (NOW + days(60)).isoformat()
    assert token_end(long, NOW, refresh=False) == Ending(NOW + days(60), "token")
    assert token_end(long, NOW, refresh=True) is None
    assert token_end((NOW + timedelta(hours=24)).isoformat(), NOW, refresh=False) is None, "fetched anew by its client"
    assert token_end("", NOW, refresh=False) is None
    assert token_end("2027-01-01T00:00:00", NOW, refresh=False) is None, "no zone, no instant"


# -- certificates --------------------------------------------------------------------------------------------------
def certificate(end: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Dükkân")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - days(400))
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    return made, key


def test_the_end_of_certificates() -> None:
    early, late = NOW + days(20), NOW + days(300)
    (first, key), (second, _) = certificate(early), certificate(late)
    pem = (second.public_bytes(Encoding.PEM) + first.public_bytes(Encoding.PEM)).decode()
    assert certificate_end(pem) == Ending(early, "certificate")
    assert certificate_end(base64.b64encode(pem.encode()).decode()) == Ending(early, "certificate")

    def sealed(password: bytes | None) -> str:
        how = BestAvailableEncryption(password) if password else NoEncryption()
        return base64.b64encode(pkcs12.serialize_key_and_certificates(b"x", key, first, [second], how)).decode()

    assert certificate_end(sealed(None)) == Ending(early, "certificate")
    assert certificate_end(sealed(b"parola"), ["yanl\u0131\u015f", "parola"]) == Ending(early, "certificate")
    assert certificate_end(sealed(b"parola"), ["wrong"]) is None
    for other in ("{}", "", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "MAAA", "\u011f"):
        assert certificate_end(other) is None


# -- words ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["tr", "en"])
def test_every_standing_has_its_sentence(language: str) -> None:
    words = Words.load(language)
    standings = [key_standing("a", NOW - days(age), manifest(), "live", NOW) for age in (3, 34)]
    standings.append(key_standing("a", NOW - days(34), manifest(), "live", NOW, snoozed_until=NOW + days(5)))
    for source in ("token", "certificate", "typed", "vendor"):
        standings += [
            key_standing("a", NOW, manifest(), "live", NOW, endings=[Ending(NOW + days(n), source)])
            for n in (9, -1, 99)
        ]
    for one in standings:
        told = [key_sentence(words, one), key_short(words, one), key_details(words, one)]
        told += trouble_words(words, one, "Dükkân") if one.asks else ()
        for text in told:
            assert "⟦" not in text
            assert "{" not in text
        assert (keys_data(one) or {})["state"] == str(one.state)
    assert keys_data(None) is None
    assert key_sentence(Words.load("en"), standings[3]) == "The sign-in ends in 9 days"


# -- the watch -----------------------------------------------------------------------------------------------------
class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def watched(tmp_path: Path):
    clock = Clock()
    world = World(now=clock, state=tmp_path / "state")
    vault, _ = await Vault.create(
        tmp_path / "v", keyring=None, password=Secret("parola"), profile=Profile.TEST, world=world
    )
    store = await Store.open(tmp_path / "s.sqlite", now=clock)
    watch = KeyWatch(store, vault, Catalogue(providers_root(), with_plugins=False), clock)
    yield clock, vault, store, watch
    await store.close()


async def account(store: Store, vault: Vault, name: str = "a", integration: str = "pazarama", **settings: str) -> int:
    await store.accounts.add(name, integration, "live", "", settings)
    row = await store.connections.add(f"Mağaza {name}", integration, name, "live")
    await vault.put(name, {"client_secret": "gizli"})
    return row.id


async def test_ages_come_from_the_vault(watched) -> None:
    clock, vault, store, watch = watched
    connection = await account(store, vault)
    await vault.put("left-over", {"k": "v"})
    clock.now += days(31)
    one = await watch.of("a")
    assert (one.state, one.age_days, one.connections) == (KeyState.DUE, 31, ((connection, "Mağaza a"),))
    assert set(await watch.all()) == {"a"}
    until = await watch.snooze("a")
    assert until == clock.now + days(30)
    assert (await watch.of("a")).state is KeyState.SNOOZED
    clock.now += days(31)
    assert (await watch.of("a")).state is KeyState.DUE
    await vault.put("a", {"client_secret": "yeni"})
    assert (await watch.of("a")).state is KeyState.FRESH
    await vault.put("next/a", {"client_secret": "sırada"})
    assert (await watch.of("a")).waiting
    await vault.lock()
    assert await watch.all() == {}
    assert await KeyWatch(store, None, watch._catalogue, clock).all() == {}


async def test_ends_of_tokens_dates_and_certificates(watched) -> None:
    clock, vault, store, watch = watched
    await account(store, vault, secret_expires_on="2026-12-01")
    assert ((await watch.of("a")).ends_by, (await watch.of("a")).days_left) == ("typed", 7)
    await account(store, vault, "b")
    tokens = vault.tokens("b")
    await tokens.put("main", Token(Secret("t"), NOW + days(10)))
    assert (await watch.of("b")).ends_by == "token"
    await tokens.put("main", Token(Secret("t"), NOW + days(10), Secret("r")))
    assert (await watch.of("b")).ends_by == "vendor", "a token that renews itself has no end; the secret does"
    pem = certificate(NOW + days(5))[0].public_bytes(Encoding.PEM).decode()
    await account(store, vault, "c", "google_shopping")
    await vault.put("c", {"service_account": pem})
    one = await watch.of("c")
    assert (one.state, one.ends_by, one.days_left) == (KeyState.ENDING, "certificate", 5)
    clock.now += days(6)
    assert (await watch.of("c")).state is KeyState.EXPIRED, "a certificate that was read once is judged by today"
