"""A strict authorization server for tests, written from RFC 6749, 7636 (PKCE), 8252 (loopback), 8628 (device) and 7009
(revocation), with a little shop behind it. Shares nothing with the client's code. Codes live 60 s and work once; refresh
tokens rotate, and one that comes twice revokes its whole family.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

CODE_LIFE_S = 60
VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass
class Client:
    """`secret` "" is a public client. `auth`: "basic", "post" or "none", and no other way is taken."""

    id: str
    secret: str
    auth: str
    redirects: tuple[str, ...] = ()
    pkce: bool = True


@dataclass
class Grant:
    """What a merchant agreed to: the family of all tokens that come of it."""

    client: str
    scope: str
    refresh: str = ""
    used: set[str] = field(default_factory=set)
    access: dict[str, float] = field(default_factory=dict)  # token → end of life on the server's clock
    revoked: bool = False


@dataclass
class Code:
    client: str
    redirect: str
    challenge: str
    scope: str
    until: float
    used: bool = False
    grant: Grant | None = None


@dataclass
class Device:
    client: str
    scope: str
    user_code: str
    until: float
    interval: int
    last: float = 0.0
    answer: str = ""  # "", "yes", "no"
    used: bool = False


class Refused(Exception):
    def __init__(self, error: str, description: str = "", status: int = 400) -> None:
        super().__init__(error)
        self.error, self.description, self.status = error, description, status


class OAuthServer:
    """`app` is served by `tests.support.serving.serve`. `fault("token", "500")` arms a misbehaviour of one endpoint:
    "500", "429", "html", "garbage", "slow_down", "access_denied", "expired" or "drop" (acts, then hangs up)."""

    def __init__(self) -> None:
        self.clients = {
            "public-app": Client("public-app", "", "none", ("http://127.0.0.1/paxzar",)),
            "paste-app": Client("paste-app", "s3cr&t of the/paste+app", "basic", ("https://shop.example/landed",)),
            "device-app": Client("device-app", "", "none"),
            "machine-app": Client("machine-app", "secret-of-the-machine", "post"),
        }
        self.offset = 0.0  # seconds by which this server's clock is ahead
        self.access_life = 3600
        self.told_life: Any = None  # what expires_in says, if not the truth
        self.rotate = True
        self.say_no = False  # the merchant presses "no"
        self.landing: dict[str, str] = {}  # further parameters of the redirect
        self.device_life, self.device_interval = 600, 1
        self.codes: dict[str, Code] = {}
        self.grants: list[Grant] = []
        self.devices: dict[str, Device] = {}
        self.counts: Counter[str] = Counter()
        self.faults: dict[str, list[str]] = {}
        self.bodies: list[dict[str, str]] = []
        self.secrets: set[str] = set()  # everything that must never be seen in a log
        self.app = _Hanging(
            self,
            Starlette(
                routes=[
                    Route("/authorize", self._authorize),
                    Route("/token", self._token, methods=["POST"]),
                    Route("/device", self._device, methods=["POST"]),
                    Route("/revoke", self._revoke, methods=["POST"]),
                    Route("/shop", self._shop),
                ]
            ),
        )

    def now(self) -> float:
        return time.time() + self.offset

    def fault(self, endpoint: str, kind: str, count: int = 1) -> None:
        self.faults.setdefault(endpoint, []).extend([kind] * count)

    def fresh(self) -> str:
        made = secrets.token_urlsafe(24)
        self.secrets.add(made)
        return made

    # -- the merchant's hand
    def decide(self, user_code: str, answer: str = "yes") -> None:
        next(d for d in self.devices.values() if d.user_code == user_code).answer = answer

    def revoke_all(self) -> None:
        for grant in self.grants:
            grant.revoked = True

    def forget_access(self) -> None:
        for grant in self.grants:
            grant.access.clear()

    @property
    def living(self) -> list[Grant]:
        return [g for g in self.grants if not g.revoked]

    # -- endpoints
    async def _authorize(self, request: Request) -> Response:
        self.counts["authorize"] += 1
        asked = request.query_params
        client = self.clients.get(asked.get("client_id", ""))
        redirect = asked.get("redirect_uri", "")
        if client is None or not self._may_land(client, redirect):
            return HTMLResponse("<h1>unknown client or redirect</h1>", 400)  # RFC 6749 4.1.2.1: never redirect then
        landing = {**self.landing, **({"state": asked["state"]} if "state" in asked else {})}
        if asked.get("response_type") != "code":
            landing["error"] = "unsupported_response_type"
        elif client.pkce and (
            asked.get("code_challenge_method") != "S256" or len(asked.get("code_challenge", "")) != 43
        ):
            landing |= {"error": "invalid_request", "error_description": "PKCE with S256 is needed"}
        elif self.say_no or self._take_fault("authorize") == "access_denied":
            landing |= {"error": "access_denied", "error_description": "The merchant said no"}
        else:
            code = self.fresh()
            self.codes[code] = Code(
                client.id, redirect, asked.get("code_challenge", ""), asked.get("scope", ""), self.now() + CODE_LIFE_S
            )
            landing["code"] = code
        return RedirectResponse(f"{redirect}?{urlencode(landing)}", 302)

    def _may_land(self, client: Client, redirect: str) -> bool:
        """Exact match; of a loopback address the port may be any (RFC 8252 7.3)."""
        if redirect in client.redirects:
            return True
        parts = urlsplit(redirect)
        if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "localhost"):
            return False
        return f"http://{parts.hostname}{parts.path}" in client.redirects and not parts.query and not parts.fragment

    async def _token(self, request: Request) -> Response:
        form, fault = await self._form(request), self._take_fault("token")
        grant_type = form.get("grant_type", "")
        self.counts["token"] += 1
        self.counts[grant_type] += 1
        early = _early(fault)
        if early is not None:
            return early
        try:
            client = self._client(request, form)
            if grant_type == "authorization_code":
                answer = self._by_code(client, form, expired=fault == "expired")
            elif grant_type == "refresh_token":
                answer = self._by_refresh(client, form)
            elif grant_type == "client_credentials":
                if not client.secret:
                    raise Refused("unauthorized_client")
                answer = self._issue(self._grant(client, form.get("scope", "")), refresh=False)
            elif grant_type == DEVICE_GRANT:
                answer = self._by_device(client, form, fault)
            else:
                raise Refused("unsupported_grant_type")
        except Refused as no:
            return JSONResponse({"error": no.error, "error_description": no.description}, no.status)
        return JSONResponse(answer, headers={"cache-control": "no-store"})

    def _by_code(self, client: Client, form: dict[str, str], *, expired: bool) -> dict[str, Any]:
        code = self.codes.get(form.get("code", ""))
        if code is None or code.client != client.id:
            raise Refused(
                "invalid_grant", f"no such code {form.get('code')}"
            )  # it echoes the code: clients must hide it
        if code.used:
            if code.grant is not None:
                code.grant.revoked = True  # RFC 6749 4.1.2
            raise Refused("invalid_grant", "the code was used before")
        code.used = True
        if expired or code.until < self.now():
            raise Refused("invalid_grant", "the code has expired")
        if code.redirect != form.get("redirect_uri"):
            raise Refused("invalid_grant", "another redirect_uri")
        if client.pkce:
            verifier = form.get("code_verifier", "")
            digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
            if not VERIFIER.fullmatch(verifier) or digest != code.challenge:
                raise Refused("invalid_grant", "the verifier does not fit")
        code.grant = self._grant(client, code.scope)
        return self._issue(code.grant)

    def _by_refresh(self, client: Client, form: dict[str, str]) -> dict[str, Any]:
        shown = form.get("refresh_token", "")
        for grant in self.grants:
            if grant.client != client.id or shown not in (grant.refresh, *grant.used):
                continue
            if shown in grant.used:
                grant.revoked = True
                self.counts["reuse"] += 1
            if grant.revoked:
                break
            return self._issue(grant, refresh=self.rotate)
        raise Refused("invalid_grant", "Token has been expired or revoked.")

    def _by_device(self, client: Client, form: dict[str, str], fault: str) -> dict[str, Any]:
        device = self.devices.get(form.get("device_code", ""))
        if device is None or device.client != client.id or device.used:
            raise Refused("invalid_grant")
        early, device.last = self.now() - device.last < device.interval * 0.9, self.now()
        if fault in ("slow_down", "access_denied"):
            raise Refused(fault)
        if fault == "expired" or device.until < self.now():
            raise Refused("expired_token")
        if early:
            device.interval += 5
            self.counts["too_early"] += 1
            raise Refused("slow_down")
        if device.answer == "no":
            raise Refused("access_denied")
        if device.answer != "yes":
            raise Refused("authorization_pending")
        device.used = True
        return self._issue(self._grant(client, device.scope))

    async def _device(self, request: Request) -> Response:
        form, fault = await self._form(request), self._take_fault("device")
        self.counts["device"] += 1
        early = _early(fault)
        if early is not None:
            return early
        try:
            client = self._client(request, form)
        except Refused as no:
            return JSONResponse({"error": no.error}, no.status)
        device_code = self.fresh()
        made = "-".join("".join(secrets.choice("BCDFGHJKLMNPQRSTVWXZ") for _ in range(4)) for _ in range(2))
        self.devices[device_code] = Device(
            client.id, form.get("scope", ""), made, self.now() + self.device_life, self.device_interval
        )
        where = f"{request.url.scheme}://{request.url.netloc}/activate"
        return JSONResponse(
            {
                "device_code": device_code, "user_code": made, "verification_uri": where,
                "verification_uri_complete": f"{where}?user_code={made}", "expires_in": self.device_life,
                "interval": self.device_interval,
            }
        )  # fmt: skip

    async def _revoke(self, request: Request) -> Response:
        form, fault = await self._form(request), self._take_fault("revoke")
        self.counts["revoke"] += 1
        early = _early(fault)
        if early is not None:
            return early
        try:
            client = self._client(request, form)
        except Refused as no:
            return JSONResponse({"error": no.error}, no.status)
        for grant in self.grants:
            if grant.client == client.id and form.get("token") in (grant.refresh, *grant.access):
                grant.revoked = True
        return Response(status_code=200)  # RFC 7009 2.2: also for a token nobody knows

    async def _shop(self, request: Request) -> Response:
        self.counts["shop"] += 1
        shown = request.headers.get("authorization", "").removeprefix("Bearer ")
        for grant in self.grants:
            if not grant.revoked and grant.access.get(shown, 0.0) > self.now():
                return JSONResponse({"name": "Sırça Dükkân", "scope": grant.scope})
        return JSONResponse({"error": "invalid_token"}, 401, {"www-authenticate": 'Bearer error="invalid_token"'})

    # -- parts
    async def _form(self, request: Request) -> dict[str, str]:
        body = (await request.body()).decode()
        if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return {}
        found = parse_qs(body, keep_blank_values=True)
        form = {k: v[0] for k, v in found.items() if len(v) == 1}  # a doubled parameter is as none: RFC 6749 3.2
        self.bodies.append(form)
        return form

    def _client(self, request: Request, form: dict[str, str]) -> Client:
        """RFC 6749 2.3.1: one way to say who one is, and only the client's own."""
        header = request.headers.get("authorization", "")
        if header and "client_secret" in form:
            raise Refused("invalid_request", "two ways to authenticate")
        if header.startswith("Basic "):
            way = "basic"
            name, _, secret = base64.b64decode(header[6:]).decode().partition(":")
            name, secret = unquote_plus(name), unquote_plus(secret)
        else:
            way = "post" if "client_secret" in form else "none"
            name, secret = form.get("client_id", ""), form.get("client_secret", "")
        client = self.clients.get(name)
        if client is None or client.auth != way or not secrets.compare_digest(secret.encode(), client.secret.encode()):
            raise Refused("invalid_client", "unknown client or wrong secret", 401)
        return client

    def _grant(self, client: Client, scope: str) -> Grant:
        made = Grant(client.id, scope)
        self.grants.append(made)
        return made

    def _issue(self, grant: Grant, *, refresh: bool = True) -> dict[str, Any]:
        access = self.fresh()
        grant.access[access] = self.now() + self.access_life
        told = self.access_life if self.told_life is None else self.told_life
        answer: dict[str, Any] = {"access_token": access, "token_type": "Bearer", "scope": grant.scope}
        if told != "":
            answer["expires_in"] = told
        if refresh:
            if grant.refresh:
                grant.used.add(grant.refresh)
            grant.refresh = self.fresh()
            answer["refresh_token"] = grant.refresh
        return answer

    def _take_fault(self, endpoint: str) -> str:
        armed = self.faults.get(endpoint, [])
        kind = armed.pop(0) if armed else ""
        if kind == "drop":
            self.faults.setdefault(f"hang-up {endpoint}", []).append(kind)
        return kind


def _early(fault: str) -> Response | None:
    """Answers that come without acting."""
    if fault == "500":
        return JSONResponse({"error": "server_error"}, 500)
    if fault == "429":
        return JSONResponse({"error": "too_many_requests"}, 429, {"retry-after": "1"})
    if fault == "html":
        return HTMLResponse("<!doctype html><title>Maintenance</title>")
    if fault == "garbage":
        return Response(b'{"access_token": ', media_type="application/json")
    return None


class _Hanging:
    """Cuts the socket instead of answering, after the endpoint has acted."""

    def __init__(self, server: OAuthServer, inner: Starlette) -> None:
        self._server, self._inner = server, inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = f"hang-up {scope.get('path', '')[1:]}"

        async def maybe(message: Message) -> None:
            if self._server.faults.get(endpoint):
                if message["type"] == "http.response.start":
                    cycle = send.__self__  # type: ignore[attr-defined]  # uvicorn's request cycle holds the transport
                    cycle.disconnected = cycle.response_complete = True
                    cycle.transport.abort()
                else:
                    self._server.faults[endpoint].pop()
                return
            await send(message)

        await self._inner(scope, receive, maybe)
        await asyncio.sleep(0)
