"""The ways into a vault: keyring, password, recovery code; adding, dropping, changing, a new key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from vaulting import PASSWORD, Clock, FakeKeyring, new_vault, plain

from app.contracts import Secret
from app.platform.files import previous_of
from app.platform.keyrings import KeyringError
from app.vault import (
    KdfChoice,
    Vault,
    VaultError,
    VaultLocked,
    VaultRefused,
    World,
)


async def test_all_three_ways_in(path: Path) -> None:
    keyring = FakeKeyring()
    vault, code = await new_vault(path, keyring=keyring, recovery=True)
    assert code is not None
    await vault.put("e", {"k": "v"})
    assert [slot.kind for slot in vault.slots] == ["password", "recovery", "keyring"]
    assert vault.slots[0].kdf.startswith("Argon2id")
    assert vault.slots[0].created_at.tzinfo is not None
    (kept,) = keyring.kept.values()
    assert len(kept.reveal()) == 44  # 32 bytes in base64
    for unlock in (
        lambda v: v.unlock_with_password(PASSWORD),
        lambda v: v.unlock_with_recovery(code),
        lambda v: v.unlock_with_keyring(keyring),
        # as people type it: small letters, no dashes, a Turkish keyboard's i
        lambda v: v.unlock_with_recovery(
            Secret(code.reveal().replace("-", " ").lower().replace("1", "ı").replace("0", "o"))
        ),
    ):
        again = await Vault.open(path)
        await unlock(again)
        assert await plain(again, "e") == {"k": "v"}
        assert again.notices == []


async def test_a_password_typed_on_a_mac_is_the_same(path: Path) -> None:
    await new_vault(path, password=Secret("şifre-güç"))
    vault = await Vault.open(path)
    await vault.unlock_with_password(Secret("s\u0327ifre-gu\u0308c\u0327"))
    assert not vault.locked


async def test_a_slip_in_the_recovery_code_is_told_and_costs_nothing(path: Path, clock: Clock) -> None:
    _, code = await new_vault(path, recovery=True)
    assert code is not None
    vault = await Vault.open(path, world=World(now=clock))
    text = code.reveal()
    slips = 0
    for at in (i for i, c in enumerate(text) if c != "-"):
        wrong = text[:at] + ("2" if text[at] != "2" else "3") + text[at + 1 :]
        try:
            await vault.unlock_with_recovery(Secret(wrong))
        except VaultRefused as refused:
            slips += refused.key == "vault.recovery_typo"
            clock.pass_s(1000)
    assert slips >= 31  # two check signs let about one slip in a thousand through
    for odd in ("", "short", text + "AAAA", "!" * 32):
        with pytest.raises(VaultRefused) as typo:
            await vault.unlock_with_recovery(Secret(odd))
        assert typo.value.key == "vault.recovery_typo"
    await vault.unlock_with_recovery(code)
    assert not vault.locked


async def test_a_vanished_keyring_is_offered_again(path: Path) -> None:
    keyring = FakeKeyring()
    vault, _ = await new_vault(path, keyring=keyring)
    await vault.put("e", {"k": "v"})
    keyring.kept.clear()
    again = await Vault.open(path)
    with pytest.raises(VaultRefused) as refused:
        await again.unlock_with_keyring(keyring)
    assert refused.value.key == "vault.keyring_missing"
    assert again.keyring_missing
    await again.unlock_with_password(PASSWORD)
    assert again.notices == ["vault.keyring_offer"]
    await again.add_keyring(keyring)
    assert not again.keyring_missing
    third = await Vault.open(path)
    await third.unlock_with_keyring(keyring)
    assert await plain(third, "e") == {"k": "v"}


@pytest.mark.parametrize("wrong", ["A" * 43 + "=", "not base64", "AAAA", "ğ"])
async def test_a_keyring_with_another_secret(path: Path, wrong: str) -> None:
    keyring = FakeKeyring()
    vault, _ = await new_vault(path, keyring=keyring)
    keyring.kept[vault.id] = Secret(wrong)
    again = await Vault.open(path)
    with pytest.raises(VaultRefused) as refused:
        await again.unlock_with_keyring(keyring)
    assert refused.value.key == "vault.keyring_wrong"
    assert refused.value.retry_after == 0
    assert again.keyring_missing


async def test_a_keyring_that_is_refused_or_silent(path: Path) -> None:
    keyring = FakeKeyring()
    keyring.trouble = KeyringError("vault.keyring_unsafe", "keyring.backends.null.Keyring")
    with pytest.raises(VaultError) as refused:
        await new_vault(path, keyring=keyring)
    assert refused.value.params["backend"] == "keyring.backends.null.Keyring"
    assert not path.exists()
    keyring.trouble = None
    await new_vault(path, keyring=keyring)
    keyring.trouble = KeyringError("vault.keyring_silent")
    vault = await Vault.open(path)
    with pytest.raises(VaultRefused) as silent:
        await vault.unlock_with_keyring(keyring)
    assert silent.value.key == "vault.keyring_silent"
    assert not vault.keyring_missing  # it may only be slow: no reason to write a new secret
    await vault.unlock_with_password(PASSWORD)


async def test_a_keyring_that_forgets_makes_no_slot(path: Path) -> None:
    keyring = FakeKeyring()
    keyring.forgets = True
    with pytest.raises(VaultError) as refused:
        await new_vault(path, keyring=keyring)
    assert refused.value.key == "vault.keyring_failed"
    assert not path.exists()


async def test_no_secret_stays_in_the_keyring_when_the_vault_could_not_be_made(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"something else")
    keyring = FakeKeyring()
    with pytest.raises(VaultError):
        await new_vault(path, keyring=keyring)
    assert keyring.kept == {}


async def test_slots_come_and_go_but_the_last(path: Path) -> None:
    keyring = FakeKeyring()
    vault, _ = await new_vault(path)
    code = await vault.add_recovery()
    await vault.add_keyring(keyring)
    newer = await vault.add_recovery(KdfChoice.PBKDF2)
    by_kind = {slot.kind: slot for slot in vault.slots}
    assert len(vault.slots) == 3
    assert by_kind["recovery"].kdf.startswith("PBKDF2")
    assert by_kind["keyring"].kdf.startswith("HKDF")
    keyring.trouble = KeyringError("vault.keyring_failed")
    await vault.drop_slot(by_kind["keyring"].id, keyring)  # a keyring that fails keeps no slot alive
    keyring.trouble = None
    await vault.add_keyring(keyring)
    (slot,) = (one for one in vault.slots if one.kind == "keyring")
    await vault.drop_slot(slot.id, keyring)
    assert keyring.kept == {}
    await vault.drop_slot(by_kind["password"].id)
    with pytest.raises(VaultError) as last:
        await vault.drop_slot(by_kind["recovery"].id)
    assert last.value.key == "vault.last_slot"
    with pytest.raises(VaultError) as none:
        await vault.drop_slot("no such")
    assert none.value.key == "vault.no_slot"

    again = await Vault.open(path)
    for call in (again.unlock_with_password(PASSWORD), again.unlock_with_keyring(keyring)):
        with pytest.raises(VaultRefused) as refused:
            await call
        assert refused.value.key == "vault.no_slot"
    with pytest.raises(VaultRefused):
        await again.unlock_with_recovery(code)
    clock = Clock()
    clock.now = datetime.now(UTC) + timedelta(hours=1)
    later = await Vault.open(path, world=World(now=clock))
    await later.unlock_with_recovery(newer)


async def test_changing_the_password(path: Path, clock: Clock) -> None:
    vault, _ = await new_vault(path, kdf=KdfChoice.PBKDF2, world=World(now=clock))
    await vault.put("e", {"k": "v"})
    new = Secret("yeni parola")
    with pytest.raises(VaultRefused):
        await vault.change_password(new, new)
    assert not vault.locked  # a slip does not lock what is open
    clock.pass_s(5)
    await vault.change_password(PASSWORD, new)
    assert [slot.kdf.startswith("PBKDF2") for slot in vault.slots] == [True]
    for file in (path, previous_of(path)):  # the copy before must not open with the old one either
        copy = path.parent.parent / file.name
        copy.write_bytes(file.read_bytes())
        again = await Vault.open(copy, world=World(now=clock))
        with pytest.raises(VaultRefused):
            await again.unlock_with_password(PASSWORD)
        clock.pass_s(5)
        await again.unlock_with_password(new)
        assert await plain(again, "e") == {"k": "v"}


async def test_rekey(path: Path, clock: Clock) -> None:
    keyring = FakeKeyring()
    world = World(now=clock)
    vault, code = await new_vault(path, keyring=keyring, recovery=True, world=world)
    await vault.put("e", {"k": "v"})
    await vault.put("e", {"k": "w"})
    was, secret_before = path.read_bytes(), dict(keyring.kept)
    for call in (vault.rekey(), vault.rekey(password=Secret("wrong"))):
        with pytest.raises(VaultError):
            await call
    assert path.read_bytes() == was
    clock.pass_s(5)
    done = await vault.rekey(keyring=keyring, password=PASSWORD)
    assert done.dropped == ("recovery",)
    assert done.recovery is None
    assert keyring.kept == secret_before  # not replaced: a crash in between must not lock anyone out
    assert vault.age("e").version == 2
    again = await Vault.open(path, world=world)
    with pytest.raises(VaultRefused):
        await again.unlock_with_recovery(code or Secret(""))
    await again.unlock_with_keyring(keyring)
    assert await plain(again, "e") == {"k": "w"}
    new_code = (await again.rekey(recovery=True)).recovery
    third = await Vault.open(path, world=world)
    assert [slot.kind for slot in third.slots] == ["recovery"]
    await third.unlock_with_recovery(new_code or Secret(""))
    assert await plain(third, "e") == {"k": "w"}
    await third.rekey(password=Secret("yeni parola"))  # no password slot before: a new one is made
    await third.lock()
    with pytest.raises(VaultLocked):
        await third.rekey(recovery=True)
    await third.unlock_with_password(Secret("yeni parola"))


async def test_the_vault_key_is_another_after_rekey(path: Path) -> None:
    vault, _ = await new_vault(path)
    await vault.put("e", {"k": "v"})
    before = vault._open
    await vault.rekey(password=PASSWORD)
    assert before is not None
    assert vault._open is not None
    assert before.key != vault._open.key
    assert before.records["e"].blob != vault._open.records["e"].blob


async def test_a_machine_that_cannot_derive(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await new_vault(path)
    vault = await Vault.open(path)

    def no_memory(*_: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr("app.vault.slots.derive", no_memory)
    with pytest.raises(VaultError) as refused:
        await vault.unlock_with_password(PASSWORD)
    assert refused.value.key == "vault.kdf_failed"
