"""What a check of the contract suite is: a coroutine on a rig, the capabilities that it needs, and the ones it exercises."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial

import pytest

from app.contracts import CAPABILITIES, CODES, Kind, ProviderError
from tests.contract.rig import Hosts, Rig, Subject

Body = Callable[[Rig], Awaitable[None]]


@dataclass(frozen=True)
class Check:
    """`needs`: run only for an integration that has all of these. `when`: a further condition."""

    name: str
    body: Body
    needs: frozenset[str]
    when: Callable[[Subject], bool] | None = None
    room: str = ""  # the module that it stands in

    def applies(self, subject: Subject) -> bool:
        return self.needs <= subject.capabilities and (self.when is None or self.when(subject))


#: Every check of the suite, in the order of the files.
CHECKS: list[Check] = []


def check(
    *needs: str, each: Iterable[object] = (), when: Callable[[Subject], bool] | None = None
) -> Callable[[Callable[..., Awaitable[None]]], Callable[..., Awaitable[None]]]:
    """Registers a check; with `each`, one check a value, handed over as second argument."""
    unknown = set(needs) - set(CAPABILITIES)
    if unknown:
        raise ValueError(f"no such capability: {unknown}")

    def keep(body: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        values, room = list(each), body.__module__.rpartition(".")[2]
        if not values:
            CHECKS.append(Check(body.__name__, body, frozenset(needs), when, room))
        for value in values:
            CHECKS.append(Check(f"{body.__name__}-{value}", partial(_with, body, value), frozenset(needs), when, room))
        return body

    return keep


async def _with(body: Callable[..., Awaitable[None]], value: object, rig: Rig) -> None:
    await body(rig, value)


async def run(
    one: Check,
    subject: Subject,
    hosts: Hosts,
    caplog: pytest.LogCaptureFixture,
    switches: tuple[tuple[str, bool], ...] = (),
) -> list[str]:
    """One check on one integration. Whatever it does: no secret in any log line or exception, every error well formed, and
    the capabilities that the check stands for were really used. Returns what the check noted."""
    caplog.set_level(logging.DEBUG)
    sandbox, url = hosts.get(subject)
    async with Rig(subject, sandbox, url, switches=switches) as rig:
        await one.body(rig)
    for error in rig.raised:
        assert isinstance(error, ProviderError), f"not a ProviderError: {error!r}"
        assert error.message.code in CODES, error.message
        assert error.message.kind is not Kind.OURS or error.message.code != "bug", error.message
    unused = [name for name in one.needs if not rig.called & _methods(name)]
    assert not unused, f"{one.name} never called {unused}"
    leaks = rig.leaks(caplog.text)
    assert not leaks, leaks
    return rig.notes


def _methods(capability: str) -> set[str]:
    return {
        name for name, value in vars(CAPABILITIES[capability]).items() if callable(value) and not name.startswith("_")
    }


async def failure(doing: Awaitable[object]) -> ProviderError:
    """The error that `doing` must end with."""
    with pytest.raises(ProviderError) as caught:
        await doing
    return caught.value


def was_lost(error: ProviderError) -> None:
    """The answer to a write was lost: the vendor is at fault, may have acted, and it must be said."""
    assert error.message.kind is Kind.THEIRS, error.message
    assert error.message.params.get("sent") == "yes", error.message


def was_refused(error: ProviderError) -> None:
    assert error.message.kind is Kind.YOURS, error.message
    assert error.message.code.startswith("auth."), error.message
