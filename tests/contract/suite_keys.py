"""Keys and tokens: a wrong key is refused and said to be wrong, tokens are renewed in time, a withdrawn grant ends at once."""

from __future__ import annotations

import asyncio

from app.contracts import Kind, Message, Token, fail
from tests.contract import peculiar
from tests.contract.checks import check, failure
from tests.contract.rig import Rig, Subject, WatchedTokens


def _other(value: str) -> str:
    """Another value of the same shape: letters and digits turned, everything else kept."""
    return "".join(_turned(c) for c in value)


def _turned(c: str) -> str:
    if c.isdigit():
        return str((int(c) + 3) % 10)
    if c in "abcdef":
        return "abcdef"[("abcdef".index(c) + 1) % 6]
    if c.isascii() and c.isalpha():
        return {"z": "a", "Z": "A"}.get(c, chr(ord(c) + 1))
    return c


@check("probe")
async def a_wrong_key_is_refused(rig: Rig) -> None:
    """Each secret in turn. The error says that the key is wrong, and the pipeline does not hammer the door."""
    rig.reset(orders=1)
    _, hidden = rig.settings()
    assert hidden, "the fake names no secret"
    for key, value in hidden.items():
        rig.tokens = type(rig.tokens)()
        before = rig.calls()
        provider = rig.provider(change={key: _other(value)})
        field = next(one for one in rig.subject.manifest.credentials if one.key == key)
        if field.required or len(hidden) == 1:
            message = (await failure(provider.probe())).message
        else:  # a further user, for another way to pay: the connection works without it, and the merchant is warned
            message = next(one for one in (await provider.probe()).warnings if one.field == key)
        assert message.kind is Kind.YOURS, message
        assert message.code.startswith("auth."), message
        assert rig.calls() - before <= 6


def _has_tokens(subject: Subject) -> bool:
    return peculiar.of(subject.sandbox_name).token is not None


@check("probe", when=_has_tokens)
async def an_expired_token_is_renewed(rig: Rig) -> None:
    """First the vendor ends it before we think, then its time runs out on both sides."""
    facts = rig.peculiar.token
    assert facts is not None
    provider = rig.provider()
    await provider.probe()
    assert rig.counters()[facts.counter] == 1
    rig.advance(600)  # a token that is refused when it is brand new was not refused for its age
    rig.age_vendor(facts.life_s + 60)
    await provider.probe()
    assert rig.counters()[facts.counter] == 2
    rig.advance(facts.life_s + 60)
    await provider.probe()
    assert rig.counters()[facts.counter] == 3
    await rig.provider().probe()  # another connection of the account uses the token at hand
    assert rig.counters()[facts.counter] == 3


@check("probe", when=_has_tokens)
async def a_withdrawn_grant_is_said_at_once(rig: Rig) -> None:
    facts = rig.peculiar.token
    assert facts is not None
    provider = rig.provider()
    await provider.probe()
    rig.advance(600)
    rig.switch(facts.revoke)
    rig.age_vendor(facts.life_s + 60)
    error = await failure(provider.probe())
    assert error.message.kind is Kind.YOURS, error.message
    assert error.message.code in facts.revoked_codes, error.message
    tries = [one for one in rig.get("calls") if facts.path in one["path"]]
    assert len(tries) <= 3, "the first token and at most two tries to renew it"


class _FullDisk(WatchedTokens):
    """A store whose disk takes nothing for a while."""

    full = True

    async def put(self, name: str, token: Token) -> None:
        if self.full:
            self.seen.append(token.access.reveal())
            raise fail(Message("answer.unexpected", {"operation": "token", "reason": "disk full"}))
        await super().put(name, token)


@check("probe", when=_has_tokens)
async def a_token_is_on_disk_before_it_is_used(rig: Rig) -> None:
    """A token that the disk did not take is used by nobody: with a rotating one, a crash now would cost the account. As soon as
    the disk takes it, all goes on; and what was kept is used after a restart."""
    facts = rig.peculiar.token
    assert facts is not None
    rig.tokens = disk = _FullDisk()
    await failure(rig.provider().probe())
    others = [one for one in rig.get("calls") if facts.path not in one["path"]]
    assert not others, f"a call with a token that is nowhere: {others[0]['path']}"
    disk.full = False
    rig.advance(60)
    await rig.provider().probe()
    asked = rig.counters()[facts.counter]
    restarted = type(disk)()
    restarted.full = False
    restarted._tokens = dict(disk._tokens)
    rig.tokens = restarted
    await rig.provider().probe()
    assert rig.counters()[facts.counter] == asked, "a good token on the disk was not used"


@check("probe", when=_has_tokens)
async def two_connections_ask_for_one_token(rig: Rig) -> None:
    """At once: a vendor that rotates would end the first token with the second."""
    facts = rig.peculiar.token
    assert facts is not None
    await asyncio.gather(rig.provider().probe(), rig.provider().probe(), rig.provider().probe())
    assert rig.counters()[facts.counter] == 1
