"""What was typed opens by itself as a password or as a code; a keyring that lost the key is noticed and mended; a new code takes
the place of the old one only when it was kept; new values wait beside those in force."""

from __future__ import annotations

from pathlib import Path

import pytest
from vaulting import PASSWORD, Clock, FakeKeyring, new_vault, plain

from app.contracts import Secret
from app.platform.keyrings import KeyringError
from app.vault import KdfChoice, Vault, VaultError, VaultLocked, VaultRefused, World
from app.vault.slots import new_keyring_secret
from app.vault.tokens import next_of


async def test_password_or_code_as_typed(path: Path) -> None:
    vault, code = await new_vault(path, recovery=True)
    assert code is not None
    for typed, kind in ((PASSWORD, "password"), (code, "recovery"), (Secret(code.reveal().lower()), "recovery")):
        await vault.lock()
        assert await vault.unlock_with(typed) == kind
    await vault.lock()
    with pytest.raises(VaultRefused) as refused:
        await vault.unlock_with(Secret("wrong"))
    assert refused.value.key == "vault.refused"


async def test_a_password_that_looks_like_a_code_where_there_is_no_code(path: Path, tmp_path: Path) -> None:
    _, code = await new_vault(tmp_path / "other", recovery=True)
    assert code is not None
    vault, _ = await new_vault(path, password=code)
    await vault.lock()
    assert await vault.unlock_with(code) == "password"


async def test_a_keyring_that_lost_the_key_is_noticed_and_mended(path: Path, clock: Clock) -> None:
    keyring = FakeKeyring()
    vault, _ = await new_vault(path, keyring=keyring, world=World(now=clock))
    assert await vault.check_keyring(keyring) == ""
    kept = dict(keyring.kept)
    keyring.kept.clear()
    assert await vault.check_keyring(keyring) == "vault.keyring_missing"
    assert vault.notices == ["vault.keyring_offer"]
    keyring.kept = {user: new_keyring_secret(lambda n: b"x" * n) for user in kept}
    assert await vault.check_keyring(keyring) == "vault.keyring_wrong"
    keyring.trouble = KeyringError("vault.keyring_silent")
    assert await vault.check_keyring(keyring) == "vault.keyring_silent"
    keyring.trouble = None
    await vault.add_keyring(keyring)
    assert (await vault.check_keyring(keyring), vault.notices) == ("", [])
    again = await Vault.open(path)
    assert await again.check_keyring(keyring) == "", "also while it is locked"
    await again.unlock_with_keyring(keyring)
    bare, _ = await new_vault(path.with_name("bare"))
    assert await bare.check_keyring(FakeKeyring()) == "", "no way in, nothing to mend"


async def test_a_code_that_was_not_kept_voids_nothing(path: Path) -> None:
    vault, code = await new_vault(path, recovery=True)
    assert code is not None
    seen: list[Secret] = []

    async def refuse(new: Secret) -> None:
        seen.append(new)
        raise OSError("no paper")

    with pytest.raises(OSError, match="no paper"):
        await vault.add_recovery(keep=refuse)
    with pytest.raises(OSError, match="no paper"):
        await vault.rekey(password=PASSWORD, recovery=True, keep=refuse)
    await vault.lock()
    with pytest.raises(VaultLocked):
        await vault.add_recovery(keep=refuse)
    assert len(seen) == 2
    await vault.unlock_with_recovery(code)

    async def kept(new: Secret) -> None:
        seen.append(new)

    assert await vault.add_recovery(keep=kept) == seen[-1]
    assert (await vault.rekey(password=PASSWORD, recovery=True, keep=kept)).recovery == seen[-1]
    await vault.lock()
    await vault.unlock_with_recovery(seen[-1])
    await vault.lock()
    with pytest.raises(VaultError):
        await vault.unlock_with_recovery(code)


async def test_a_new_password_with_another_kdf(path: Path) -> None:
    vault, _ = await new_vault(path)
    await vault.change_password(PASSWORD, Secret("yeni parola"), KdfChoice.PBKDF2)
    (slot,) = vault.slots
    assert slot.kdf.startswith("PBKDF2")
    await vault.change_password(Secret("yeni parola"), PASSWORD)
    assert vault.slots[0].kdf.startswith("PBKDF2"), "kept where none is named"


async def test_new_values_wait_and_go_with_their_entry(path: Path) -> None:
    vault, _ = await new_vault(path)
    await vault.put("a", {"k": "old"})
    await vault.put(next_of("a"), {"k": "new"})
    assert await plain(vault, "a") == {"k": "old"}
    await vault.drop("a")
    assert vault.ids(tokens=True) == []
