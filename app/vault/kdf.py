"""From a password to a key: Argon2id or PBKDF2-HMAC-SHA256, the merchant's choice, its cost named in the header.

Cost never leaves the floor and the ceiling of its profile, neither when tuned nor when read from a file.
Profile.TEST is cheap and opens nothing unless PAXZAR_TEST_PROFILE=1 is in the environment (tests' conftest sets it).
"""

from __future__ import annotations

import functools
import math
import os
import time
import unicodedata
from collections.abc import Callable
from enum import StrEnum

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from app.contracts import Secret

TEST_VARIABLE = "PAXZAR_TEST_PROFILE"
KEY_BYTES = 32
SALT_BYTES = 16
LANES = 4
AIM_S = (0.4, 1.0)  # how long one derivation may take on this machine, in seconds
_MIDDLE_S = 0.6


class KdfChoice(StrEnum):
    ARGON2ID = "argon2id"
    PBKDF2 = "pbkdf2-hmac-sha256"


class Profile(StrEnum):
    NORMAL = "normal"
    TEST = "test"


class Kdf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A KDF and its cost, as the header holds it. `memory` in KiB; `rounds` is Argon2's t or PBKDF2's iterations."""

    name: str
    rounds: int
    memory: int = 0
    lanes: int = 0

    def __str__(self) -> str:
        if self.name == KdfChoice.ARGON2ID:
            return f"Argon2id, {self.memory // 1024} MiB, t={self.rounds}, p={self.lanes}"
        if self.name == KdfChoice.PBKDF2:
            return f"PBKDF2-HMAC-SHA256, {self.rounds:,}"
        return "HKDF-SHA256"


# For the keyring's secret, which is random already: stretching it would only cost time.
HKDF_NAME = "hkdf-sha256"
PLAIN = Kdf(HKDF_NAME, 1)

# (lowest, highest) of rounds and memory.
_ARGON2 = {Profile.NORMAL: ((3, 20), (64 * 1024, 256 * 1024)), Profile.TEST: ((1, 2), (8 * LANES, 1024))}
_PBKDF2 = {Profile.NORMAL: (600_000, 20_000_000), Profile.TEST: (1, 1_000)}


def within_bounds(kdf: Kdf, profile: Profile) -> bool:
    """Whether a cost is between floor and ceiling: neither guessed in a moment nor a trap that eats the memory."""
    if kdf.name == KdfChoice.ARGON2ID:
        (least, most), (small, large) = _ARGON2[profile]
        return least <= kdf.rounds <= most and small <= kdf.memory <= large and kdf.lanes == LANES
    if kdf.name == KdfChoice.PBKDF2:
        least, most = _PBKDF2[profile]
        return least <= kdf.rounds <= most and kdf.memory == 0 and kdf.lanes == 0
    return kdf == PLAIN


def test_profile_allowed() -> bool:
    return os.environ.get(TEST_VARIABLE) == "1"


def derive(kdf: Kdf, salt: bytes, secret: bytes) -> bytes:
    """32 bytes. Takes its time (see AIM_S): run it in a thread. Raises MemoryError."""
    if kdf.name == KdfChoice.ARGON2ID:
        return Argon2id(
            salt=salt, length=KEY_BYTES, iterations=kdf.rounds, lanes=kdf.lanes, memory_cost=kdf.memory
        ).derive(secret)
    if kdf.name == KdfChoice.PBKDF2:
        return PBKDF2HMAC(hashes.SHA256(), KEY_BYTES, salt, kdf.rounds).derive(secret)
    return HKDF(hashes.SHA256(), KEY_BYTES, salt, b"paxzar vault slot").derive(secret)


def password_bytes(password: Secret) -> bytes:
    """UTF-8 of the composed form: a Mac types "ş" as one sign or as two, and both are the same password."""
    return unicodedata.normalize("NFC", password.reveal()).encode("utf-8", "surrogatepass")


def cost_for(choice: KdfChoice, profile: Profile) -> Kdf:
    """The cost for a new slot: the cheapest for tests, else tuned to this machine once a process."""
    if profile is Profile.TEST:
        return Kdf(choice, 1, 8 * LANES, LANES) if choice is KdfChoice.ARGON2ID else Kdf(choice, 10)
    return _tuned(choice)


@functools.cache
def _tuned(choice: KdfChoice) -> Kdf:
    return tune(choice)


def tune(choice: KdfChoice, measure: Callable[[Kdf], float] | None = None) -> Kdf:
    """A cost that takes AIM_S here, as far as floor and ceiling let it. `measure` gives seconds, `inf` for "cannot"."""
    measure = measure or seconds_for
    return _tune_argon2(measure) if choice is KdfChoice.ARGON2ID else _tune_pbkdf2(measure)


def seconds_for(kdf: Kdf) -> float:
    began = time.perf_counter()
    try:
        derive(kdf, b"\0" * SALT_BYTES, b"how long does it take")
    except (MemoryError, UnsupportedAlgorithm):
        return math.inf
    return time.perf_counter() - began


def _tune_argon2(measure: Callable[[Kdf], float]) -> Kdf:
    # Memory first: it is what makes a guesser's graphics card expensive.
    (least, most), (memory, large) = _ARGON2[Profile.NORMAL]
    best, took = Kdf(KdfChoice.ARGON2ID, least, memory, LANES), 0.0
    took = measure(best)
    while took < AIM_S[0] and memory < large:
        more = Kdf(KdfChoice.ARGON2ID, least, memory * 2, LANES)
        longer = measure(more)
        if longer > AIM_S[1]:
            break
        best, took, memory = more, longer, memory * 2
    if took < AIM_S[0]:
        rounds = min(most, max(least, int(least * _MIDDLE_S / max(took, 1e-6))))
        return msgspec.structs.replace(best, rounds=rounds)
    return best


def _tune_pbkdf2(measure: Callable[[Kdf], float]) -> Kdf:
    least, most = _PBKDF2[Profile.NORMAL]
    took = measure(Kdf(KdfChoice.PBKDF2, least))
    rounds = least if math.isinf(took) else int(least * _MIDDLE_S / max(took, 1e-6)) // 10_000 * 10_000
    return Kdf(KdfChoice.PBKDF2, min(most, max(least, rounds)))
