"""The vault against damage: flipped bytes, cut, swapped and old files, costs out of bounds."""

from __future__ import annotations

from pathlib import Path

import pytest
from vaulting import (
    GOOD,
    PASSWORD,
    Clock,
    blobs_at,
    flipped,
    key_of,
    plain,
    resealed,
    two_entries,
)

from app.platform.files import previous_of
from app.vault import KdfChoice, Vault, VaultAbsent, VaultDamaged, VaultError, VaultRefused, World
from app.vault.container import FORMAT, LARGEST, MAGIC, open_image, parse
from app.vault.file import damaged_of

pytestmark = pytest.mark.faults


async def test_every_flipped_byte_is_healed_from_the_copy_before(path: Path) -> None:
    vault = await two_entries(path)
    raw = path.read_bytes()
    previous_of(path).write_bytes(raw)
    world = World(state=path.parent / "none")
    for at in range(len(raw)):
        path.write_bytes(flipped(raw, at, 0x01))
        again = await Vault.open(path, world=world)
        assert again.healed
        assert again.notices == ["vault.healed"]
        assert again.id == vault.id
    await again.unlock_with_password(PASSWORD)
    assert {entry: await plain(again, entry) for entry in again.ids()} == GOOD
    # The healed state is on the disk, and what was damaged is put aside.
    assert damaged_of(path).read_bytes() == flipped(raw, len(raw) - 1, 0x01)
    third = await Vault.open(path)
    assert not third.healed


async def test_every_flipped_byte_with_the_hash_made_good_is_refused_through_the_key(path: Path) -> None:
    """The seals alone: header, index and entries, every byte, three masks. None may open."""
    vault = await two_entries(path)
    raw, key = path.read_bytes(), key_of(vault)
    opened = open_image(parse(raw), key)
    assert opened is not None
    tried = 0
    for at in range(len(raw) - 32):
        for mask in (0x01, 0x20, 0xFF):
            tried += 1
            try:
                image = parse(resealed(flipped(raw, at, mask)))
            except (VaultDamaged, VaultRefused):
                continue
            assert open_image(image, key) is None, f"byte {at} mask {mask:#x}"
    assert tried > 2000


@pytest.mark.parametrize("kdf", list(KdfChoice))
async def test_every_flipped_byte_of_the_header_is_refused_through_the_kdf(path: Path, kdf: KdfChoice) -> None:
    await two_entries(path, kdf=kdf)
    raw = path.read_bytes()
    end = blobs_at(raw)[0][0]
    previous_of(path).unlink()
    clock = Clock()
    told = []
    for at in range(end):
        path.write_bytes(resealed(flipped(raw, at, 0x01)))
        clock.pass_s(1000)
        try:
            again = await Vault.open(path, world=World(now=clock, state=path.parent / "s"))
            await again.unlock_with_password(PASSWORD)
        except VaultError as error:
            told.append(error.key)
    assert len(told) == end
    assert set(told) <= {"vault.damaged", "vault.refused", "vault.newer", "vault.no_slot"}
    path.write_bytes(raw)  # nothing was erased, and the right password still opens
    clock.pass_s(1000)
    again = await Vault.open(path, world=World(now=clock, state=path.parent / "s"))
    await again.unlock_with_password(PASSWORD)


async def test_every_cut_length_is_refused_or_healed(path: Path) -> None:
    await two_entries(path)
    raw = path.read_bytes()
    kept = previous_of(path).read_bytes()
    for length in range(len(raw)):
        path.write_bytes(raw[:length])
        assert (await Vault.open(path)).healed
        with pytest.raises(VaultDamaged):
            parse(raw[:length])
        if length < len(raw) - 32:  # and with a hash that fits the rest
            with pytest.raises(VaultDamaged):
                parse(resealed(raw[:length] + bytes(32)))
    previous_of(path).unlink()
    path.write_bytes(raw[:100])
    with pytest.raises(VaultDamaged) as refused:
        await Vault.open(path)
    assert refused.value.key == "vault.damaged"
    assert path.read_bytes() == raw[:100]
    previous_of(path).write_bytes(kept)


async def test_two_entries_swapped(path: Path) -> None:
    vault = await two_entries(path)
    raw, key = path.read_bytes(), key_of(vault)
    (a0, a1), (b0, b1) = blobs_at(raw)
    assert a1 - a0 == b1 - b0
    swapped = resealed(raw[:a0] + raw[b0:b1] + raw[a1:b0] + raw[a0:a1] + raw[b1:])
    assert open_image(parse(swapped), key) is None
    path.write_bytes(swapped)
    again = await Vault.open(path)
    await again.unlock_with_password(PASSWORD)
    assert again.healed  # the copy before: only "a" was in it
    assert await plain(again, "a") == {"k": "alpha"}
    assert damaged_of(path).read_bytes() == swapped

    previous_of(path).unlink()
    path.write_bytes(swapped)
    third = await Vault.open(path)
    with pytest.raises(VaultDamaged):
        await third.unlock_with_password(PASSWORD)
    assert third.locked


async def test_one_entry_rolled_back(path: Path) -> None:
    vault = await two_entries(path)
    old = path.read_bytes()
    await vault.put("a", {"k": "ALPHA"})
    new, key = path.read_bytes(), key_of(vault)
    # The order in the file follows the entries: "a" stays first.
    (o0, o1), (n0, n1) = blobs_at(old)[0], blobs_at(new)[0]
    mixed = resealed(new[:n0] + old[o0:o1] + new[n1:])
    assert open_image(parse(mixed), key) is None


async def test_an_entry_from_before_it_was_dropped(path: Path) -> None:
    """Same id and same version as the new one: only the index knows which of the two it is."""
    vault = await two_entries(path)
    old = path.read_bytes()
    await vault.drop("b")
    await vault.put("b", {"k": "gamma"})
    new, key = path.read_bytes(), key_of(vault)
    (o0, o1), (n0, n1) = blobs_at(old)[1], blobs_at(new)[1]
    assert vault.age("b").version == 1
    assert open_image(parse(resealed(new[:n0] + old[o0:o1] + new[n1:])), key) is None


async def test_another_vaults_parts_do_not_fit(path: Path) -> None:
    vault = await two_entries(path)
    other = await two_entries(path.with_name("other"))
    mine, theirs = path.read_bytes(), path.with_name("other").read_bytes()
    (a0, a1), (b0, b1) = blobs_at(mine)[0], blobs_at(theirs)[0]
    assert open_image(parse(resealed(mine[:a0] + theirs[b0:b1] + mine[a1:])), key_of(vault)) is None
    assert open_image(parse(theirs), key_of(vault)) is None
    assert open_image(parse(theirs), key_of(other)) is not None
    # A damaged file beside the copy of another vault: that vault shows, and its own password is asked for.
    path.write_bytes(flipped(mine, 50, 1))
    previous_of(path).write_bytes(theirs)
    assert (await Vault.open(path)).id == other.id
    # Whole by its hash but not by its seals: another vault's copy is no help.
    path.write_bytes(resealed(flipped(mine, a0 + 3, 1)))
    broken = await Vault.open(path)
    with pytest.raises(VaultDamaged):
        await broken.unlock_with_password(PASSWORD)


async def test_an_older_copy_of_the_whole_file_is_refused_until_the_merchant_says_so(path: Path) -> None:
    vault = await two_entries(path)
    old = path.read_bytes()
    await vault.put("a", {"k": "rotated"})
    path.write_bytes(old)
    again = await Vault.open(path)
    with pytest.raises(VaultRefused) as refused:
        await again.unlock_with_password(PASSWORD)
    assert refused.value.key == "vault.rolled_back"
    assert refused.value.retry_after == 0
    assert again.locked
    assert path.read_bytes() == old
    wanted = await Vault.open(path, accept_older=True)
    await wanted.unlock_with_password(PASSWORD)
    assert {entry: await plain(wanted, entry) for entry in wanted.ids()} == GOOD
    once = await Vault.open(path)  # asked once, not for ever
    await once.unlock_with_password(PASSWORD)
    path.write_bytes(b"damaged")  # and the copy before is of this state
    healed = await Vault.open(path)
    await healed.unlock_with_password(PASSWORD)
    assert healed.ids() == ["a", "b"]


async def test_an_old_copy_in_the_place_of_the_copy_before_is_refused(path: Path) -> None:
    vault = await two_entries(path)
    old = path.read_bytes()
    for n in range(3):
        await vault.put("a", {"k": str(n)})
    path.write_bytes(b"damaged by a hand")
    good = previous_of(path).read_bytes()
    previous_of(path).write_bytes(old)
    again = await Vault.open(path)
    with pytest.raises(VaultRefused) as refused:
        await again.unlock_with_password(PASSWORD)
    assert refused.value.key == "vault.rolled_back"
    previous_of(path).write_bytes(good)
    healed = await Vault.open(path)
    await healed.unlock_with_password(PASSWORD)
    assert await plain(healed, "a") == {"k": "1"}
    path.write_bytes(b"damaged again")  # the copy before is the healed state by now
    twice = await Vault.open(path)
    await twice.unlock_with_password(PASSWORD)
    assert await plain(twice, "a") == {"k": "1"}


async def test_a_new_machine_knows_no_mark(path: Path) -> None:
    await two_entries(path)
    again = await Vault.open(path, world=World(state=path.parent / "elsewhere"))
    await again.unlock_with_password(PASSWORD)
    assert not again.healed


async def test_a_damaged_or_forged_mark_locks_nobody_out(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    state = path.parent / "state"
    vault = await two_entries(path, world=World(state=state))
    mark = state / f"{vault.id}.mark.json"
    for text in (b"{", b'{"counter":999,"previous":999,"mac":"AAAA"}', b"\xff"):
        mark.write_bytes(text)
        again = await Vault.open(path, world=World(state=state))
        await again.unlock_with_password(PASSWORD)
        assert again.ids() == ["a", "b"]


async def test_a_missing_file_is_healed_and_a_newer_one_is_not_touched(path: Path) -> None:
    await two_entries(path)
    raw = path.read_bytes()
    path.unlink()
    again = await Vault.open(path)
    assert again.healed
    await again.unlock_with_password(PASSWORD)
    assert again.ids() == ["a"]
    newer = resealed(MAGIC + (FORMAT + 1).to_bytes(2, "big") + b"whatever is new" + bytes(32))
    path.write_bytes(newer)
    with pytest.raises(VaultRefused) as refused:
        await Vault.open(path)
    assert refused.value.key == "vault.newer"
    assert path.read_bytes() == newer
    with pytest.raises(VaultDamaged):
        parse(resealed(raw[:8] + b"\0\0" + raw[10:]))


async def test_a_file_that_cannot_be_read(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(VaultError) as refused:
        await Vault.open(path)
    assert refused.value.key == "vault.unreadable"
    with pytest.raises(VaultAbsent):
        await Vault.open(path / "none")
    huge = path / "huge"
    with huge.open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(VaultDamaged):
        await Vault.open(huge)


# -- costs that a header may name


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"rounds":1,"memory":32,"lanes":4', b'"rounds":9,"memory":32,"lanes":4'),
        (b'"rounds":1,"memory":32,"lanes":4', b'"rounds":1,"memory":31,"lanes":4'),
        (b'"rounds":1,"memory":32,"lanes":4', b'"rounds":1,"memory":32,"lanes":1'),
        (b'"rounds":1,"memory":32,"lanes":4', b'"rounds":0,"memory":32,"lanes":4'),
        (b'"argon2id"', b'"argon2xx"'),
        (b'"kind":"password"', b'"kind":"passw0rd"'),
        (b'"profile":"test"', b'"profile":"nope"'),
    ],
)
async def test_a_header_outside_of_floor_and_ceiling(path: Path, old: bytes, new: bytes) -> None:
    await two_entries(path)
    raw = path.read_bytes()
    assert raw.count(old) == 1
    with pytest.raises(VaultDamaged):
        parse(resealed(raw.replace(old, new)))
