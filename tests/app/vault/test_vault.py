"""The vault as its callers use it: making, opening, entries, tokens, slots, keys."""

from __future__ import annotations

import asyncio
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vaulting import PASSWORD, SECRET, Clock, new_vault, plain

from app.contracts import Secret, Token, TokenStore
from app.platform.files import previous_of
from app.vault import (
    TEST_VARIABLE,
    KdfChoice,
    Profile,
    Vault,
    VaultAbsent,
    VaultError,
    VaultLocked,
    VaultRefused,
    World,
)


@pytest.mark.parametrize("kdf", list(KdfChoice))
async def test_what_was_put_is_there_after_opening_again(path: Path, kdf: KdfChoice) -> None:
    vault, code = await new_vault(path, kdf=kdf)
    assert code is None
    assert not vault.locked
    await vault.put("acc/1", {"api_key": SECRET, "api_secret": "ikinci"})

    again = await Vault.open(path)
    assert again.locked
    assert again.id == vault.id
    with pytest.raises(VaultLocked):
        again.ids()
    await again.unlock_with_password(PASSWORD)
    assert again.ids() == ["acc/1"]
    assert await plain(again, "acc/1") == {"api_key": SECRET, "api_secret": "ikinci"}
    with pytest.raises(KeyError):
        await again.get("acc/2")
    with pytest.raises(KeyError):
        again.age("acc/2")


async def test_nothing_plain_is_in_the_file(path: Path) -> None:
    vault, _ = await new_vault(path)
    await vault.put("trendyol-main", {"api_key": "PLAINVALUE-123456"})
    for file in path.parent.iterdir():
        raw = file.read_bytes()
        assert b"PLAINVALUE" not in raw
        assert b"trendyol-main" not in raw  # ids are sealed too
        assert b"api_key" not in raw


async def test_the_length_of_a_secret_does_not_show(path: Path) -> None:
    vault, _ = await new_vault(path)
    sizes = set()
    for value in ("a", "a longer one", "x" * 30):
        await vault.put("e", {"k": value})
        sizes.add(path.stat().st_size)
    assert len(sizes) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no mode bits; the profile's folder guards the file")
async def test_only_the_owner_may_read(path: Path) -> None:
    vault, _ = await new_vault(path)
    await vault.put("e", {"k": "v"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(previous_of(path).stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_long_token_round_trips(path: Path) -> None:
    vault, _ = await new_vault(path)
    long = "ğ" + "x" * 19_999
    await vault.tokens("amazon").put("lwa", Token(Secret(long)))
    again = await Vault.open(path)
    await again.unlock_with_password(PASSWORD)
    token = await again.tokens("amazon").get("lwa")
    assert token is not None
    assert token.access.reveal() == long


async def test_age_and_version_of_an_entry(path: Path, clock: Clock) -> None:
    world = World(now=clock)
    vault, _ = await new_vault(path, world=world)
    born = clock.now
    await vault.put("e", {"k": "1"})
    clock.pass_s(3600)
    await vault.put("e", {"k": "2"})
    await vault.put("f", {"k": "2"})
    again = await Vault.open(path, world=world)
    await again.unlock_with_password(PASSWORD)
    age = again.age("e")
    assert (age.created_at, age.changed_at, age.version) == (born, born + timedelta(hours=1), 2)
    assert again.age("f").version == 1
    assert age.created_at.tzinfo is not None


async def test_dropping_takes_the_tokens_along_and_leaves_no_copy(path: Path) -> None:
    vault, _ = await new_vault(path)
    await vault.put("a", {"k": "1"})
    await vault.put("ab", {"k": "2"})
    await vault.tokens("a").put("t", Token(Secret("x")))
    await vault.tokens("ab").put("t", Token(Secret("y")))
    await vault.drop("a")
    await vault.drop("never there")
    assert vault.ids(tokens=True) == ["ab", "token/ab/t"]
    path.unlink()  # what the copy before holds
    spare = await Vault.open(path)
    await spare.unlock_with_password(PASSWORD)
    assert spare.ids() == ["ab"]


async def test_an_unchanged_vault_is_not_saved(path: Path) -> None:
    vault, _ = await new_vault(path)
    before = path.read_bytes()
    await vault.drop("never there")
    assert path.read_bytes() == before


async def test_tokens_keep_everything(path: Path) -> None:
    vault, _ = await new_vault(path)
    store: TokenStore = vault.tokens("acc")
    ends = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
    full = Token(Secret("acc"), ends, Secret("ref"), "read write")
    assert await store.get("main") is None
    await store.put("main", full)
    await store.put("bare", Token(Secret("only")))
    again = await Vault.open(path)
    await again.unlock_with_password(PASSWORD)
    assert await again.tokens("acc").get("main") == full
    assert await again.tokens("acc").get("bare") == Token(Secret("only"))
    assert again.ids() == []
    await again.tokens("acc").drop("main")
    assert await again.tokens("acc").get("main") is None
    with pytest.raises(ValueError, match="time zone"):
        await store.put("main", Token(Secret("a"), datetime(2026, 1, 1)))  # noqa: DTZ001 – that is the point


async def test_ids_with_slashes_do_not_share_tokens(path: Path) -> None:
    vault, _ = await new_vault(path)
    await vault.tokens("a").put("b/c", Token(Secret("one")))
    await vault.tokens("a/b").put("c", Token(Secret("two")))
    assert await vault.tokens("a").get("b/c") == Token(Secret("one"))


async def test_values_for_the_filter_only_while_unlocked(path: Path) -> None:
    vault, _ = await new_vault(path)
    await vault.put("e", {"k": "geheim", "empty": ""})
    await vault.tokens("e").put("t", Token(Secret("tok"), datetime(2026, 1, 1, tzinfo=UTC), Secret("ref"), "scope"))
    assert sorted(vault.values()) == ["geheim", "ref", "tok"]
    await vault.lock()
    assert list(vault.values()) == []
    assert vault.locked
    for call in (vault.get("e"), vault.put("e", {}), vault.drop("e"), vault.add_password(PASSWORD)):
        with pytest.raises(VaultLocked):
            await call
    await vault.unlock_with_password(PASSWORD)
    assert await plain(vault, "e") == {"k": "geheim", "empty": ""}


async def test_what_cannot_be_kept_is_refused(path: Path) -> None:
    vault, _ = await new_vault(path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="1 to 400"):
        await vault.put("", {"k": "v"})
    with pytest.raises(ValueError, match="1 to 400"):
        await vault.put("x" * 401, {"k": "v"})
    with pytest.raises(ValueError, match="surrogate"):
        await vault.put("e", {"k": "\ud800"})
    assert path.read_bytes() == before


# -- making and opening


async def test_a_vault_needs_a_slot_and_a_free_place(path: Path) -> None:
    with pytest.raises(VaultError) as refused:
        await new_vault(path, password=None)
    assert refused.value.key == "vault.slot_needed"
    with pytest.raises(VaultError) as refused:
        await new_vault(path, password=Secret(""))
    assert refused.value.key == "vault.password_short"
    await new_vault(path)
    before = path.read_bytes()
    with pytest.raises(VaultError) as refused:
        await new_vault(path)
    assert refused.value.key == "vault.exists"
    assert path.read_bytes() == before
    with pytest.raises(VaultAbsent):
        await Vault.open(path.with_name("other"))


async def test_a_short_password_is_refused_outside_tests(path: Path) -> None:
    with pytest.raises(VaultError) as refused:
        await Vault.create(path, keyring=None, password=Secret("1234567"), profile=Profile.NORMAL)
    assert (refused.value.key, refused.value.params) == ("vault.password_short", {"least": "8"})


async def test_a_release_refuses_the_cheap_profile(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await new_vault(path)
    monkeypatch.delenv(TEST_VARIABLE)
    with pytest.raises(VaultRefused) as refused:
        await Vault.open(path)
    assert refused.value.key == "vault.test_profile"
    with pytest.raises(VaultRefused):
        await new_vault(path.with_name("new"))
    path.write_bytes(b"damaged")  # nor by way of the copy before
    with pytest.raises(VaultRefused):
        await Vault.open(path)


# -- together and interrupted


async def test_many_changes_at_once_are_all_kept(path: Path) -> None:
    vault, _ = await new_vault(path)
    await asyncio.gather(*(vault.put(f"e{n}", {"k": str(n)}) for n in range(30)), vault.add_recovery(), vault.drop("x"))
    again = await Vault.open(path)
    await again.unlock_with_password(PASSWORD)
    assert sorted(again.ids()) == sorted(f"e{n}" for n in range(30))


async def test_a_cancelled_put_is_whole_on_disk_and_in_memory(path: Path) -> None:
    vault, _ = await new_vault(path)
    for turns in range(6):
        task = asyncio.create_task(vault.put("e", {"k": str(turns)}))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await vault.put("last", {"k": "v"})
    again = await Vault.open(path)
    await again.unlock_with_password(PASSWORD)
    assert again.ids() == vault.ids()
    if "e" in vault.ids():
        assert await plain(again, "e") == await plain(vault, "e")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    entries=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
        st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"]))
        ),
        max_size=5,
    ),
    password=st.text(min_size=1),
)
def test_anything_round_trips(tmp_path_factory: pytest.TempPathFactory, entries: dict, password: str) -> None:  # type: ignore[type-arg]
    path = tmp_path_factory.mktemp("v") / "vault"

    async def run() -> None:
        vault, _ = await new_vault(path, password=Secret(password))
        for entry_id, values in entries.items():
            await vault.put(entry_id, values)
        again = await Vault.open(path)
        await again.unlock_with_password(Secret(password))
        assert set(again.ids(tokens=True)) == set(entries)
        for entry_id, values in entries.items():
            assert await plain(again, entry_id) == values

    asyncio.run(run())
