"""The commands of the vault: how it stands, its ways in, sealing anew, new keys for a connection. Importing this adds them to
`COMMANDS`. What changes a way in wants the password first where there is one; no secret is ever in an answer."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from app.api.answers import Answer, message_data, sentence
from app.api.commands import COMMANDS, Usage, chosen, words_of
from app.api.key_words import key_sentence, keys_data
from app.console import Console, utc_now
from app.contracts import Kind, ProviderError, Secret
from app.monitor.keys import SNOOZE_DAYS
from app.platform.keyrings import system_keyring
from app.store.audit import Action
from app.store.connections import ConnectionRow
from app.vault import KdfChoice, SlotInfo, Vault, VaultLocked

KDF_NAMES = {"argon2id": KdfChoice.ARGON2ID, "pbkdf2": KdfChoice.PBKDF2}


class _SheetError(Exception):
    """The recovery sheet could not be written; `key` and `params` of the sentence."""

    def __init__(self, key: str, **params: str) -> None:
        super().__init__(key)
        self.key, self.params = key, params


def _vault(console: Console, args: dict[str, Any]) -> Vault:
    if console.vault is None:
        raise Usage(words_of(args)("keys.cli.no_vault"))
    return console.vault


def _slot(vault: Vault, kind: str) -> SlotInfo | None:
    return next((slot for slot in vault.slots if slot.kind == kind), None)


async def _proved(vault: Vault, args: dict[str, Any]) -> Secret:
    """The password (or code) that was handed in, tried; an empty one where the vault has no password. Raises Usage,
    VaultRefused, VaultLocked."""
    typed = Secret(args.get("secrets", {}).get("password") or "")
    if vault.locked:  # the window that owns it is locked: only a person at it unlocks it
        raise VaultLocked
    if _slot(vault, "password") is None:
        return Secret("")
    if not typed:
        raise Usage(words_of(args)("keys.cli.need_password"))
    await vault.unlock_with(typed)
    return typed


async def vault_status(console: Console, args: dict[str, Any]) -> Answer:
    words, vault = words_of(args), _vault(console, args)
    keyring, standings = await system_keyring(), await console.key_watch.all()
    trouble = "" if keyring is None else await vault.check_keyring(keyring)
    entries = len(vault.ids(tokens=True))
    answer = Answer(data={
        "id": vault.id, "locked": vault.locked, "healed": vault.healed, "entries": entries,
        "slots": _slots(vault), "keyring_usable": keyring is not None, "keyring_trouble": trouble or None,
        "accounts": [
            {"account": one.account_id, "connections": [name for _, name in one.connections], **(keys_data(one) or {})}
            for one in standings.values()
        ],
    })  # fmt: skip
    answer.say(words("keys.cli.opened", count=entries))
    if vault.healed:
        answer.say(words("vault.healed"))
    _say_slots(vault, answer, args)
    if trouble:
        answer.say(words("keys.cli.keyring_gone", reason=words(trouble, backend="")))
    for one in standings.values():
        names = ", ".join(name for _, name in one.connections)
        answer.say(words("keys.cli.account", names=names, state=key_sentence(words, one)))
    if not standings:
        answer.say(words("keys.cli.no_accounts"))
    return answer


def _slots(vault: Vault) -> list[dict[str, str]]:
    return [{"kind": s.kind, "created_at": s.created_at.isoformat(), "kdf": s.kdf} for s in vault.slots]


def _say_slots(vault: Vault, answer: Answer, args: dict[str, Any]) -> None:
    words = words_of(args)
    for slot in vault.slots:
        date = words.figures.date_short(slot.created_at.astimezone(), year=True)
        answer.say(words("keys.cli.way", kind=words(f"keys.kind.{slot.kind}"), date=date, kdf=slot.kdf))


async def vault_slots(console: Console, args: dict[str, Any]) -> Answer:
    """The ways in; `add_keyring` and `drop` (a kind) change them."""
    words, vault, answer = words_of(args), _vault(console, args), Answer()
    drop, keyring = args.get("drop") or "", None
    if args.get("add_keyring") or drop:
        await _proved(vault, args)
        keyring = await system_keyring()
    if args.get("add_keyring"):
        if keyring is None:
            return Answer(1, {"error": "no_keyring"}, [words("keys.cli.no_keyring")])
        await vault.add_keyring(keyring)
        await _note(console, "keyring")
        answer.say(words("keys.cli.added"))
    if drop:
        slot, name = _slot(vault, drop), words(f"keys.kind.{drop}")
        if slot is None:
            return Answer(1, {"error": "vault.no_slot"}, [words("keys.cli.no_way", kind=name)])
        await vault.drop_slot(slot.id, keyring)
        await _note(console, drop)
        answer.say(words("keys.cli.removed", kind=name))
    answer.data = {"slots": _slots(vault)}
    _say_slots(vault, answer, args)
    return answer


async def vault_password(console: Console, args: dict[str, Any]) -> Answer:
    words, vault = words_of(args), _vault(console, args)
    await _proved(vault, args)
    await vault.add_password(Secret(args["secrets"].get("new") or ""), KDF_NAMES.get(args.get("kdf") or ""))
    await _note(console, "password")
    slot = _slot(vault, "password")
    kdf = slot.kdf if slot is not None else ""
    return Answer(0, {"kdf": kdf}, [words("keys.cli.password_set", kdf=kdf)])


async def vault_recovery(console: Console, args: dict[str, Any]) -> Answer:
    """A new code into a PDF. The former one opens until the new one is on the paper's file and in the vault."""
    words, vault, path = words_of(args), _vault(console, args), Path(args["out"])
    await _proved(vault, args)
    sheet = _Sheet(vault, path, args)
    try:
        await vault.add_recovery(KDF_NAMES.get(args.get("kdf") or "", KdfChoice.ARGON2ID), keep=sheet.write)
    except _SheetError as error:
        return Answer(1, {"error": error.key}, [words(error.key, **error.params)])
    except BaseException:
        await sheet.take_back()
        raise
    await _note(console, "recovery")
    return Answer(0, {"path": str(path)}, [words("keys.cli.sheet", path=str(path))])


class _Sheet:
    """A recovery sheet that is taken back when its code did not get into the vault."""

    def __init__(self, vault: Vault, path: Path, args: dict[str, Any]) -> None:
        self._vault, self._path, self._args, self._written = vault, path, args, False

    async def write(self, code: Secret) -> None:
        """Raises _SheetError."""
        from app.printing.recovery_sheet import sheet_words, write_sheet  # reportlab: the window must not carry it

        told = sheet_words(words_of(self._args), self._vault.id, utc_now())
        try:
            await asyncio.to_thread(write_sheet, self._path, code, told)
        except FileExistsError:
            raise _SheetError("keys.cli.file_there", path=str(self._path)) from None
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise _SheetError("keys.cli.not_written", path=str(self._path), reason=reason) from None
        self._written = True

    async def take_back(self) -> None:
        if self._written:
            await asyncio.to_thread(self._path.unlink, missing_ok=True)


async def vault_rekey(console: Console, args: dict[str, Any]) -> Answer:
    """Every entry sealed anew. A way whose secret is not at hand is dropped and named."""
    words, vault = words_of(args), _vault(console, args)
    password = await _proved(vault, args)
    keyring = await system_keyring() if _slot(vault, "keyring") is not None else None
    out = args.get("recovery_out") or ""
    sheet = _Sheet(vault, Path(out), args)
    try:
        done = await vault.rekey(
            keyring=keyring, password=password or None, recovery=bool(out), keep=sheet.write if out else None
        )
    except _SheetError as error:
        return Answer(1, {"error": error.key}, [words(error.key, **error.params)])
    except BaseException:
        await sheet.take_back()
        raise
    await _note(console, "key")
    answer = Answer(0, {"dropped": list(done.dropped), "path": out or None}, [words("keys.cli.rekeyed")])
    if done.dropped:
        answer.say(words("keys.cli.dropped", kinds=", ".join(words(f"keys.kind.{kind}") for kind in done.dropped)))
    if out:
        answer.say(words("keys.cli.sheet", path=out))
    return answer


async def vault_renew(console: Console, args: dict[str, Any]) -> Answer:
    """New keys for a connection's account: tested first, the old ones are in force until then."""
    words, row = words_of(args), await _one(console, args)
    values = {**args.get("set", {}), **args.get("secrets", {})}
    values.pop("password", None)
    try:
        done = await console.connecting.renew(row, values)
    except ProviderError as error:
        told = error.message
        answer = Answer(1, {"message": message_data(told)}, [sentence(words, told, row.name)])
        if told.code != "config.field" and await console.connecting.renewing.waits(row.account_id):
            answer.say(words("keys.cli.renew_waits", name=row.name))
        elif told.kind is Kind.YOURS and told.code != "config.field":
            answer.say(words("keys.cli.renew_refused", name=row.name))
        return answer
    standing = await console.key_watch.of(row.account_id)
    key = "keys.cli.renewed" if done is not None else "keys.cli.same"
    return Answer(0, {"changed": done is not None, "keys": keys_data(standing)}, [words(key, name=row.name)])


async def vault_snooze(console: Console, args: dict[str, Any]) -> Answer:
    words, row = words_of(args), await _one(console, args)
    if await console.key_watch.of(row.account_id) is None:
        return Answer(1, {"error": "no_key"}, [words("keys.cli.no_key", name=row.name)])
    until = await console.key_watch.snooze(row.account_id, int(args.get("days") or SNOOZE_DAYS))
    date = words.figures.date_short(until.astimezone(), year=True)
    return Answer(0, {"until": until.isoformat()}, [words("keys.cli.snoozed", name=row.name, date=date)])


async def _one(console: Console, args: dict[str, Any]) -> ConnectionRow:
    (row,) = await chosen(console, args)
    return row


async def _note(console: Console, what: str) -> None:
    await console.store.audit.note(Action.VAULT_CHANGED, subject=("vault", what))


COMMANDS.update({
    "vault_status": vault_status, "vault_slots": vault_slots, "vault_password": vault_password,
    "vault_recovery": vault_recovery, "vault_rekey": vault_rekey, "vault_renew": vault_renew,
    "vault_snooze": vault_snooze,
})  # fmt: skip
