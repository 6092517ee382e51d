"""Signing in at a vendor (OAuth): asks a person through a `Front`, gets the token through the connection's own pipeline and
keeps it in the vault before anything uses it. No code, state or token may reach a message, a log line or the audit trail.
"""

from __future__ import annotations

import asyncio
import logging
import secrets as random_source
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from html import escape
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from app.contracts import Message, ProviderError, Secret, Token
from app.formats.words import Words
from app.jobs.connect import Connecting, Wish
from app.jobs.links import Link
from app.kit import Reply, httpx
from app.kit.oauth import (
    LOOPBACK,
    PENDING,
    SIGNED_OUT,
    DeviceCode,
    SignInError,
    Started,
    begin,
    browsable,
    client_request,
    code_request,
    device_request,
    poll_request,
    read_device,
    read_pasted,
    read_redirect,
    read_token,
    secrets_of,
    warm_up,
)
from app.kit.oauth_refresh import keep_signed_in
from app.platform.loopback import Loopback, PortTaken, Verdict
from app.store.connections import ConnectionRow

log = logging.getLogger(__name__)
BROWSER_S = 300.0  # how long the browser may take
PASTE_S = 1800.0
SLOWER_S = 5.0  # RFC 8628 3.5
SLOWEST_S = 60.0


class Front(Protocol):
    """The window or the terminal. `language` is that of the page which the browser shows at the end."""

    language: str

    def browse(self, address: str) -> None:
        """Open the consent page in the system's browser, and show its address."""

    def show_code(self, code: str, address: str, complete: str, until: datetime) -> None:
        """A code to be typed at `address`; `complete` has it in the address already ('' where the vendor has none)."""

    async def pasted(self, address: str, wrong: Message | None) -> str:
        """Open `address` (the first time) and give back the address at which the browser ended. `wrong`: what was not right
        with the one before. Raises CancelledError or SignInError `signin.cancelled`."""


class SigningIn:
    """Holds nothing between two sign-ins; `now` is aware UTC."""

    def __init__(
        self,
        connecting: Connecting,
        now: Callable[[], datetime],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        patience_s: float = BROWSER_S,
    ) -> None:
        self._connecting, self._now, self._sleep, self._clock = connecting, now, sleep, clock
        self._patience = patience_s

    async def sign_in(self, wish: Wish, front: Front, *, paste: bool = False) -> Wish:
        """Sign in for a connection that is still to be made: the wish comes back with `signed` (the account under which the
        token waits in the vault) and with the fields that the vendor told. Then `attempt` and `save`, or `discard`.
        Raises SignInError, ProviderError."""
        if wish.account:
            raise ValueError("a shared account has its own sign-in: sign_in_again")
        family = self._connecting.catalogue.manifest(wish.integration).family
        signed = wish.signed or f"{family}-{random_source.token_hex(4)}"
        link = await self._connecting.draft(msgspec.structs.replace(wish, signed=signed), self._now(), signed_in=False)
        token, kept = await self._obtain(link, front, paste)
        await keep_signed_in(link.account.tokens, token)
        return msgspec.structs.replace(wish, signed=signed, values={**wish.values, **kept})

    async def sign_in_again(self, row: ConnectionRow, front: Front, *, paste: bool = False) -> None:
        """A new sign-in for an account that has one, or had. Nothing changes until it has come about.
        Raises SignInError, ProviderError."""
        link = await self._connecting.links.get(row.id)
        token, kept = await self._obtain(link, front, paste)
        await keep_signed_in(link.account.tokens, token)
        await self._connecting.signed_in_again(row, kept)

    async def discard(self, wish: Wish) -> None:
        """Forget a sign-in whose connection was not made, here and (best effort) at the vendor. Raises VaultError."""
        if wish.signed:
            await self._connecting.forget_sign_in(wish, self._now())

    # -- flows
    async def _obtain(self, link: Link, front: Front, paste: bool) -> tuple[Token, dict[str, str]]:
        """The token, and the credential fields that came with it."""
        sign_in = link.manifest.sign_in
        if sign_in is None:
            raise SignInError("signin.none", name=link.manifest.name)
        await asyncio.to_thread(warm_up)  # a tenth of a second that the window's loop would feel
        if sign_in.flow == "client":
            return await self._token(link, client_request(link.account, sign_in)), {}
        if sign_in.flow == "device":
            return await self._by_device(link, front), {}
        if sign_in.flow == "paste" or paste:
            started, landed = await self._by_paste(link, front)
        else:
            started, landed = await self._by_loopback(link, front)
        code = Secret(landed.pop("code"))
        try:
            token = await self._token(link, code_request(link.account, sign_in, started, code))
        except ProviderError as error:
            if error.message.code == SIGNED_OUT:  # said of a code, it means: used, or too old
                raise SignInError("signin.code_spent") from None
            raise
        return token, {key: landed[name] for name, key in sign_in.kept.items() if landed.get(name)}

    async def _by_loopback(self, link: Link, front: Front) -> tuple[Started, dict[str, str]]:
        assert link.manifest.sign_in is not None  # noqa: S101 - narrows the type
        place = urlsplit(link.manifest.sign_in.redirect or LOOPBACK)
        listener = Loopback(place.path or "/", name=place.hostname or "127.0.0.1", port=place.port or 0)
        ended: list[dict[str, str] | SignInError] = []
        words = await asyncio.to_thread(Words.load, front.language)
        try:
            async with listener:
                started = begin(link.account, link.manifest.sign_in, _as_written(listener.address, place.path))

                def judge(query: str) -> Verdict:
                    try:
                        ended.append(read_redirect(query, started))
                    except SignInError as error:
                        if error.key in ("signin.wrong_state", "signin.no_code"):  # not the answer that is waited for
                            log.info("a request that is not the sign-in's answer was turned away")
                            return Verdict(_page(words, "stray"), 400)
                        ended.append(error)
                        return Verdict(_page(words, "refused"), 200, done=True)
                    return Verdict(_page(words, "done"), 200, done=True)

                front.browse(_checked(started.address))
                await listener.answer(judge, self._patience)
        except PortTaken:
            raise SignInError("signin.port_taken", port=str(place.port or 0)) from None
        except TimeoutError:
            raise SignInError("signin.timeout") from None
        found = ended[0]
        if isinstance(found, SignInError):
            raise found
        return started, found

    async def _by_paste(self, link: Link, front: Front) -> tuple[Started, dict[str, str]]:
        sign_in, account = link.manifest.sign_in, link.account
        assert sign_in is not None  # noqa: S101 - narrows the type
        if sign_in.redirect_from:
            redirect = account.setting(sign_in.redirect_from) or account.secret(sign_in.redirect_from)
        elif sign_in.flow == "paste":
            redirect = sign_in.redirect
        else:  # the vendor knows a loopback address only: the browser ends at a page that nobody serves, its address is right
            place = urlsplit(sign_in.redirect or LOOPBACK)
            port = place.port or 49152 + random_source.randbelow(16384)
            redirect = _as_written(f"http://{place.hostname}:{port}{place.path}", place.path)
        started = begin(account, sign_in, redirect)
        address, wrong = _checked(started.address), None
        try:
            async with asyncio.timeout(PASTE_S):
                while True:
                    try:
                        return started, read_pasted(await front.pasted(address, wrong), started)
                    except SignInError as error:
                        if error.key not in ("signin.wrong_paste", "signin.wrong_state", "signin.no_code"):
                            raise
                        wrong = error.message
        except TimeoutError:
            raise SignInError("signin.timeout") from None

    async def _by_device(self, link: Link, front: Front) -> Token:
        sign_in = link.manifest.sign_in
        assert sign_in is not None  # noqa: S101 - narrows the type
        request = device_request(link.account, sign_in)
        device = read_device(await _sent(link, request), secrets_of(request))
        until = self._clock() + device.lives
        front.show_code(
            device.user_code, device.address, device.complete, self._now() + timedelta(seconds=device.lives)
        )
        wait = device.interval
        while True:
            await self._sleep(wait)
            if self._clock() >= until:
                raise SignInError("signin.code_expired")
            token, wait = await self._poll(link, device, wait)
            if token is not None:
                return token

    async def _poll(self, link: Link, device: DeviceCode, wait: float) -> tuple[Token | None, float]:
        """One question (RFC 8628 3.4): the token, or how many seconds to wait before the next."""
        assert link.manifest.sign_in is not None  # noqa: S101 - narrows the type
        try:
            return await self._token(link, poll_request(link.account, link.manifest.sign_in, device)), wait
        except ProviderError as error:
            told, code = error.message.vendor_code, error.message.code
            if told in PENDING:
                return None, wait + (SLOWER_S if told == "slow_down" else 0.0)
            if told == "access_denied":
                raise SignInError("signin.denied") from None
            if told == "expired_token":
                raise SignInError("signin.code_expired") from None
            if code == SIGNED_OUT:
                raise SignInError("signin.code_spent") from None
            if code.partition(".")[0] in ("net", "rate", "server", "breaker"):
                return None, min(max(wait * 2, wait + SLOWER_S), max(SLOWEST_S, wait))  # "reduce polling frequency"
            raise

    async def _token(self, link: Link, request: httpx.Request) -> Token:
        return read_token(await _sent(link, request), self._now(), hide=secrets_of(request))


async def _sent(link: Link, request: httpx.Request) -> Reply:
    """Through the connection's pipeline. Raises ProviderError."""
    response = await link.http.send(request, auth=None)
    return Reply(response.status_code, dict(response.headers), response.content, "token")


def _as_written(address: str, path: str) -> str:
    """Vendors compare redirect addresses letter by letter: no slash at the end that the manifest does not have."""
    return address if path else address.rstrip("/")


def _checked(address: str) -> str:
    """Raises SignInError: a browser is sent to https only, or to this computer."""
    if not browsable(address):
        raise SignInError("signin.bad_address")
    return address


def _page(words: Words, name: str) -> str:
    """The small page that the browser shows at the end. Nothing of the answer stands in it."""
    title, text = (escape(words(f"signin.page.{name}_{part}")) for part in ("title", "text"))
    return (
        f'<!doctype html><html lang="{escape(words.language)}"><head><meta charset="utf-8"><title>{title}</title>'
        "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:34em;margin:15vh auto;padding:0 1em}</style></head>"
        f"<body><h1>{title}</h1><p>{text}</p></body></html>"
    )
