"""Keys and tokens: a wrong key is refused and said to be wrong, tokens are renewed in time, a withdrawn grant ends at once."""

from __future__ import annotations

from app.contracts import Kind
from tests.contract import peculiar
from tests.contract.checks import check, failure
from tests.contract.rig import Rig, Subject


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
