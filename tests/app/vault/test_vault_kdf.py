"""Costs of the key derivation: tuned, bounded, and the museum of old files."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest

from app.contracts import Secret
from app.vault import TEST_VARIABLE, KdfChoice, Profile, Vault, VaultRefused, World
from app.vault.kdf import AIM_S, HKDF_NAME, PLAIN, Kdf, cost_for, derive, seconds_for, tune, within_bounds

MUSEUM = Path(__file__).parents[2] / "fixtures" / "museum"


def argon(seconds_per_mib_round: float, limit_mib: int = 10**6) -> object:
    def measure(kdf: Kdf) -> float:
        mib = kdf.memory / 1024
        return math.inf if mib > limit_mib else mib * kdf.rounds * seconds_per_mib_round

    return measure


@pytest.mark.parametrize(
    ("speed", "limit", "memory_mib", "rounds"),
    [
        (0.13 / 192, 10**6, 256, 3),  # 0.13 s at 64 MiB: memory goes to the ceiling, 0.52 s
        (0.002, 10**6, 128, 3),  # 0.38 s at 64: doubled, 0.77
        (0.0026, 10**6, 64, 3),  # 0.5 s at once
        (0.02, 10**6, 64, 3),  # a slow machine: the floor holds, 3.8 s
        (0.0001, 10**6, 256, 23 - 3),  # a fast one: then rounds, up to the ceiling of 20
        (0.0003, 10**6, 256, 7),  # 0.23 s at the ceiling of memory: rounds for 0.6 s
        (0.0006, 64, 64, 15),  # little memory: 128 MiB cannot be had
    ],
)
def test_argon2_raises_memory_first(speed: float, limit: int, memory_mib: int, rounds: int) -> None:
    measure = argon(speed, limit)
    kdf = tune(KdfChoice.ARGON2ID, measure)  # type: ignore[arg-type]
    assert (kdf.memory // 1024, kdf.rounds, kdf.lanes) == (memory_mib, rounds, 4)
    assert within_bounds(kdf, Profile.NORMAL)


@pytest.mark.parametrize(
    ("seconds_at_floor", "rounds"),
    [(0.085, 4_230_000), (0.6, 600_000), (5.0, 600_000), (math.inf, 600_000), (0.001, 20_000_000), (0.0, 20_000_000)],
)
def test_pbkdf2_is_tuned_between_floor_and_ceiling(seconds_at_floor: float, rounds: int) -> None:
    kdf = tune(KdfChoice.PBKDF2, lambda kdf: seconds_at_floor * kdf.rounds / 600_000)
    assert kdf.rounds == rounds
    assert within_bounds(kdf, Profile.NORMAL)


@pytest.mark.slow
@pytest.mark.parametrize("choice", list(KdfChoice))
def test_tuned_on_this_machine(choice: KdfChoice) -> None:
    """Wide of the aim on purpose: other tests run at the same time. The floor may take longer than the aim."""
    kdf = cost_for(choice, Profile.NORMAL)
    assert within_bounds(kdf, Profile.NORMAL)
    took = min(seconds_for(kdf) for _ in range(3))
    assert took > AIM_S[0] / 4
    assert cost_for(choice, Profile.NORMAL) is kdf  # measured once


def test_a_machine_without_memory_is_measured_as_never(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr("app.vault.kdf.derive", no_memory)
    assert seconds_for(Kdf(KdfChoice.ARGON2ID, 3, 65536, 4)) == math.inf


@pytest.mark.parametrize(
    ("kdf", "normal"),
    [
        (Kdf("argon2id", 3, 64 * 1024, 4), True),
        (Kdf("argon2id", 20, 256 * 1024, 4), True),
        (Kdf("argon2id", 2, 64 * 1024, 4), False),
        (Kdf("argon2id", 21, 64 * 1024, 4), False),
        (Kdf("argon2id", 3, 64 * 1024 - 1, 4), False),
        (Kdf("argon2id", 3, 256 * 1024 + 1, 4), False),
        (Kdf("argon2id", 3, 64 * 1024, 5), False),
        (Kdf("pbkdf2-hmac-sha256", 600_000), True),
        (Kdf("pbkdf2-hmac-sha256", 599_999), False),
        (Kdf("pbkdf2-hmac-sha256", 20_000_001), False),
        (Kdf("pbkdf2-hmac-sha256", 600_000, 1), False),
        (PLAIN, True),
        (Kdf(HKDF_NAME, 2), False),
        (Kdf("md5", 600_000), False),
    ],
)
def test_floor_and_ceiling(kdf: Kdf, normal: bool) -> None:
    assert within_bounds(kdf, Profile.NORMAL) is normal


def test_known_answers() -> None:
    """RFC 7914 §11 gives PBKDF2-HMAC-SHA256 vectors; Argon2id from the reference implementation's test.c (v1.3)."""
    assert derive(Kdf("pbkdf2-hmac-sha256", 1), b"salt", b"passwd").hex() == (
        "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
    )
    assert derive(Kdf("argon2id", 2, 65536, 1), b"somesalt", b"password").hex() == (
        "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"
    )


def test_how_a_cost_reads() -> None:
    assert str(Kdf("argon2id", 3, 65536, 4)) == "Argon2id, 64 MiB, t=3, p=4"
    assert str(Kdf("pbkdf2-hmac-sha256", 600_000)) == "PBKDF2-HMAC-SHA256, 600,000"
    assert str(PLAIN) == "HKDF-SHA256"


@pytest.mark.parametrize("story", sorted(MUSEUM.glob("vault_*.json")), ids=lambda p: p.stem)
async def test_every_released_vault_still_opens(story: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TEST_VARIABLE)  # a real profile at its floor
    told = json.loads(story.read_text("utf-8"))
    path = tmp_path / "vault"
    shutil.copy(story.with_suffix(".paxzar"), path)
    before = path.read_bytes()
    for way in ("password", "recovery"):
        vault = await Vault.open(path, world=World(state=tmp_path / way))
        assert {slot.kind: slot.kdf for slot in vault.slots} == told["slots"]
        if way == "password":
            await vault.unlock_with_password(Secret(told["password"]))
        else:
            await vault.unlock_with_recovery(Secret(told["recovery"]))
        found = {}
        for entry in vault.ids(tokens=True):
            found[entry] = {field: secret.reveal() for field, secret in (await vault.get(entry)).items()}
        assert found == told["entries"]
    assert path.read_bytes() == before  # looking changes nothing
    vault = await Vault.open(path)
    with pytest.raises(VaultRefused):
        await vault.unlock_with_password(Secret("bilmiyorum"))


def test_the_museum_is_not_empty() -> None:
    assert (MUSEUM / "vault_v1.json").exists()
    assert (MUSEUM / "vault_v1.paxzar").exists()
