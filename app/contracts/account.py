"""The runtime side of a set of credentials: secrets that print as dots, and where tokens are kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from app.contracts.manifest import SignIn

DOTS = "•••"
LEARNT = "learnt."  # setting of the workspace: and the account's id; holds `Account.learnt`
#: Names in `Account.learnt` of an integration that exchanges files: when the last order sheet was read, the last of ours written
#: (ISO instants).
SHEET_IN, SHEET_OUT = "sheet_in_at", "sheet_out_at"
T = TypeVar("T")


class Secret:
    """A secret text. Prints, formats and pickles as dots; only `reveal()` gives it away, at the last moment."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return DOTS

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return DOTS

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        raise TypeError("a secret is not written anywhere but into the vault")


@dataclass(frozen=True)
class Token:
    """An access token, its end of life (aware UTC) and the refresh token that replaces it."""

    access: Secret
    expires_at: datetime | None = None
    refresh: Secret | None = None
    scope: str = ""


class TokenStore(Protocol):
    """Where an account's tokens are kept. The vault fulfils it. `put` returns only when the token is on disk."""

    async def get(self, name: str) -> Token | None: ...

    async def put(self, name: str, token: Token) -> None: ...

    async def drop(self, name: str) -> None: ...


class Compute(Protocol):
    """Calls a module-level function, with arguments and an answer that pickle, where it does not stall the window."""

    def __call__(self, work: Callable[..., T], /, *args: object) -> Awaitable[T]: ...


async def compute_here(work: Callable[..., T], /, *args: object) -> T:
    """For what is small, for tests and for the command line: at once, on the loop."""
    return work(*args)


@dataclass(frozen=True)
class Account:
    """One set of credentials at one vendor, as a provider sees it for one connection.

    `settings` are the non-secret credential fields, `params` come from the manifest (Amazon's marketplace id …),
    `urls` the environment's addresses by purpose (`api` always; `token`, `upload` … where the manifest names them).
    `now` and `nonce` are injected so that providers never read a clock or a random source themselves. `learnt` is the
    provider's own notebook about this account (an old shop that cannot sort by change …): written freely, kept over restarts
    by the jobs, never anything secret, and forgotten when the account's settings change.
    """

    id: str
    integration: str
    environment: str
    urls: Mapping[str, str]
    tokens: TokenStore
    now: Callable[[], datetime]
    nonce: Callable[[], str]
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    learnt: MutableMapping[str, str] = field(default_factory=dict)
    sign_in: SignIn | None = None  # how the merchant signs in, from the manifest
    compute: Compute = compute_here  # for work of more than a few milliseconds: large sheets

    @property
    def base_url(self) -> str:
        return self.urls["api"]

    def secret(self, key: str) -> str:
        """The secret's text, '' when it was left blank."""
        found = self.secrets.get(key)
        return found.reveal() if found is not None else ""

    def setting(self, key: str, default: str = "") -> str:
        return self.settings.get(key, "") or default
