"""A vault file against every hand and accident, from its opening to the plain text: refused or healed, never a wrong value,
never a crash. Through the keyring's slot, which needs no key derivation worth the name.

Single flips, cuts, swaps and roll-backs of the file alone are in tests/app/vault/test_vault_faults.py; here are heavier
mutations of file and copy together, and what the merchant reads.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from pathlib import Path

import pytest

from app.contracts import Secret
from app.formats.words import Words
from app.platform.files import previous_of
from app.vault import Profile, Vault, VaultError, World
from tests.faults.running import LANGUAGES, PASSWORD, Terminal
from tests.faults.stopping_disk import ROUNDS

pytestmark = pytest.mark.faults
TRIES = 250 if ROUNDS <= 10 else 40 * ROUNDS
VALUES = {"a": {"k": "alpha"}, "b": {"k": "beta"}, "c": {"k": "gamma", "user": "ayşe"}}


class Keyring:
    def __init__(self) -> None:
        self.kept: dict[str, Secret] = {}

    async def get(self, user: str) -> Secret | None:
        return self.kept.get(user)

    async def put(self, user: str, secret: Secret) -> None:
        self.kept[user] = secret

    async def drop(self, user: str) -> None:
        self.kept.pop(user, None)


async def made(path: Path) -> tuple[Keyring, list[bytes]]:
    """A vault of three entries, and all its states on the way there, the last one last."""
    keyring = Keyring()
    vault, _ = await Vault.create(path, keyring=keyring, password=Secret(PASSWORD), profile=Profile.TEST)
    states = [path.read_bytes()]
    for entry, values in VALUES.items():
        await vault.put(entry, values)
        states.append(path.read_bytes())
    return keyring, states


def resealed(raw: bytes) -> bytes:
    return raw[:-32] + hashlib.sha256(raw[:-32]).digest()


def mutated(rng: random.Random, raw: bytes, other: bytes) -> bytes:
    """Some bytes changed, cut, put in, repeated, or taken from another state; half of them with a closing hash that fits."""
    data = bytearray(raw)
    for _ in range(rng.randint(1, 4)):
        at, length = rng.randrange(len(data)), rng.choice((1, 2, 4, 28, 64, 500))
        how = rng.randrange(6)
        if how == 0:
            data[at] ^= rng.randint(1, 255)
        elif how == 1:
            del data[at : at + length]
        elif how == 2:
            data[at:at] = rng.randbytes(length)
        elif how == 3:
            data[at:at] = data[at : at + length]
        elif how == 4:
            data[at : at + length] = other[at : at + length]
        else:
            to = rng.randrange(len(data))
            data[at : at + length], data[to : to + length] = data[to : to + length], data[at : at + length]
        if not data:
            break
    return resealed(bytes(data)) if rng.random() < 0.5 and len(data) > 32 else bytes(data)


async def opened(path: Path, keyring: Keyring, state: Path) -> dict[str, dict[str, str]] | str:
    """Every plain value, or the key of the refusal."""
    try:
        vault = await Vault.open(path, world=World(state=state))
        await vault.unlock_with_keyring(keyring)
        return {entry: {k: v.reveal() for k, v in (await vault.get(entry)).items()} for entry in vault.ids()}
    except VaultError as error:
        return error.key


async def test_mutated_files_are_refused_or_healed_and_never_read_wrong(tmp_path: Path) -> None:
    path = tmp_path / "vault.paxv"
    keyring, states = await made(path)
    rng, told = random.Random(2026), Counter[str]()
    for number in range(TRIES):
        raw = mutated(rng, states[-1], rng.choice(states))
        copy = rng.choice((states[-2], b"", mutated(rng, states[-2], states[-1])))
        path.write_bytes(raw)
        previous_of(path).write_bytes(copy) if copy else previous_of(path).unlink(missing_ok=True)
        found = await opened(path, keyring, tmp_path / f"notes{number}")
        if isinstance(found, str):
            told[found] += 1
            # Nothing was erased, and nothing was written over what was there.
            assert path.read_bytes() == raw
            continue
        told["read"] += 1
        for entry, values in found.items():
            assert values == VALUES[entry], f"try {number} gave a wrong value"
        assert len(found) >= 2, f"try {number} lost more than the last change"
    assert set(told) <= {"read", "vault.damaged", "vault.newer", "vault.no_slot", "vault.keyring_wrong", "vault.refused"} | {
        "vault.keyring_missing"
    }  # fmt: skip
    assert told["read"] > TRIES // 10
    assert told["vault.damaged"] > TRIES // 10
    for key in set(told) - {"read"}:
        for lang in LANGUAGES:
            assert Words.load(lang).has(key)


async def test_every_state_but_the_last_is_told_as_older(tmp_path: Path) -> None:
    path = tmp_path / "vault.paxv"
    keyring, states = await made(path)
    state = tmp_path / "notes"
    assert await opened(path, keyring, state) == VALUES  # this computer remembers now how far it was
    for older in states[:-1]:
        path.write_bytes(older)
        previous_of(path).write_bytes(older)
        assert await opened(path, keyring, state) == "vault.rolled_back"
        assert path.read_bytes() == older
    path.write_bytes(states[-1])
    assert await opened(path, keyring, state) == VALUES


def test_the_merchant_reads_what_happened_and_what_to_do(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "ws", tmp_path)
    assert terminal("connections")[0] == 0
    path = tmp_path / "ws" / "vault.paxv"
    raw = path.read_bytes()
    for lang in LANGUAGES:
        path.write_bytes(raw[:100])
        previous_of(path).write_bytes(raw[:-1])
        code, told = terminal("connections", lang=lang)
        assert (code, told.strip()) == (1, Words.load(lang)("vault.damaged"))
        assert path.read_bytes() == raw[:100]
    previous_of(path).write_bytes(raw)
    assert terminal("connections")[0] == 0, "the copy before did not heal it"
