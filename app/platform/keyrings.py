"""The operating system's keyring: Credential Locker, Keychain, Secret Service. Holds one short secret a vault.

A backend that keeps secrets in the clear, or nowhere, is refused by name. A Secret Service that hangs costs a
time limit in a thread of its own, never the window.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Protocol, TypeVar

import keyring
import keyring.backend
import keyring.errors

from app.contracts import Secret

SERVICE = "paxzar"
LIMIT_S = 15.0  # long enough for a person to answer the keyring's own password window, short enough to give up

# Module or module.Class of backends that keep secrets in the clear or in files of their own, or keep nothing.
REFUSED = (
    "keyring.backends.null",
    "keyring.backends.fail",
    "keyrings.alt",
    "keyrings.cryptfile",
    "keyring.backend.NullCrypter",
)

T = TypeVar("T")


class KeyringError(Exception):
    """The keyring cannot be used. `key` is a message key, `backend` the backend's class name. Holds no secret."""

    def __init__(self, key: str, backend: str = "") -> None:
        super().__init__(key, backend)
        self.key = key
        self.backend = backend


class KeyringPort(Protocol):
    """A place for one short secret a user name. All methods raise KeyringError and answer within a time limit."""

    async def get(self, user: str) -> Secret | None:
        """The secret, None when there is none."""
        ...

    async def put(self, user: str, secret: Secret) -> None: ...

    async def drop(self, user: str) -> None:
        """Remove the secret; nothing happens when there is none."""
        ...


class OsKeyring:
    """`KeyringPort` over the `keyring` library. `find` gives the backend (it may load, ask D-Bus, hang)."""

    def __init__(
        self, find: Callable[[], keyring.backend.KeyringBackend] = keyring.get_keyring, *, limit_s: float = LIMIT_S
    ) -> None:
        self._find = find
        self._limit_s = limit_s
        self._stuck: threading.Thread | None = None

    async def get(self, user: str) -> Secret | None:
        def call() -> Secret | None:
            found = self._backend().get_password(SERVICE, user)
            return None if found is None else Secret(found)

        return await self._within_limit(call)

    async def put(self, user: str, secret: Secret) -> None:
        await self._within_limit(lambda: self._backend().set_password(SERVICE, user, secret.reveal()))

    async def drop(self, user: str) -> None:
        def call() -> None:
            backend = self._backend()
            if backend.get_password(SERVICE, user) is not None:
                backend.delete_password(SERVICE, user)

        await self._within_limit(call)

    async def usable(self) -> str | None:
        """None when the keyring can be used, else the message key of why not. For the first-run page."""
        try:
            await self._within_limit(self._backend)
        except KeyringError as trouble:
            return trouble.key
        return None

    def _backend(self) -> keyring.backend.KeyringBackend:
        backend = self._find()
        bad = refused_name(backend)
        if bad is not None:
            raise KeyringError("vault.keyring_unsafe", bad)
        return backend

    async def _within_limit(self, call: Callable[[], T]) -> T:
        # A daemon thread and not the pool: a pool's thread that hangs keeps the program from ending.
        if self._stuck is not None and self._stuck.is_alive():
            raise KeyringError("vault.keyring_silent")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def tell(value: T | None, trouble: KeyringError | None) -> None:
            if answer.done():
                return
            if trouble is not None:
                answer.set_exception(trouble)
            else:
                answer.set_result(value)  # type: ignore[arg-type]

        def work() -> None:
            value: T | None = None
            trouble: KeyringError | None = None
            try:
                value = call()
            except KeyringError as known:
                trouble = known
            except Exception as unknown:  # backends raise D-Bus, COM and ctypes errors of their own
                trouble = _translated(unknown)
            # Nobody waits any more when the loop is closed; the answer is dropped.
            if not loop.is_closed():
                try:
                    loop.call_soon_threadsafe(tell, value, trouble)
                except RuntimeError:
                    return

        thread = threading.Thread(target=work, name="paxzar-keyring", daemon=True)
        thread.start()
        try:
            return await asyncio.wait_for(answer, self._limit_s)
        except TimeoutError:
            self._stuck = thread
            raise KeyringError("vault.keyring_silent") from None


def refused_name(backend: object) -> str | None:
    """The dotted name that makes a backend unfit (its own, a parent class's, a chained one's), None when it is fit."""
    for kind in type(backend).__mro__:
        name = f"{kind.__module__}.{kind.__qualname__}"
        if any(name == bad or name.startswith(bad + ".") for bad in REFUSED):
            return name
    chained = getattr(backend, "backends", None)
    if isinstance(chained, (list, tuple)):
        if not chained:  # a chain of nothing keeps nothing
            return f"{type(backend).__module__}.{type(backend).__qualname__}"
        for one in chained:
            bad_name = refused_name(one)
            if bad_name is not None:
                return bad_name
    return None


def _translated(trouble: Exception) -> KeyringError:
    # The text of a backend's error is left out: it may quote what was to be stored.
    if isinstance(trouble, keyring.errors.NoKeyringError):
        return KeyringError("vault.keyring_unsafe", type(trouble).__name__)
    return KeyringError("vault.keyring_failed", type(trouble).__name__)


async def system_keyring() -> OsKeyring | None:
    """The system's key store when it may be used (a real one that answers), else None: the vault then needs a password."""
    port = OsKeyring()
    return port if await port.usable() is None else None
