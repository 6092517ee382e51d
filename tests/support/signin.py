"""For tests of signing in: the plug-in's manifests, the plug-in as an installed package or as a catalogue, accounts and
merchants with a browser."""

from __future__ import annotations

import asyncio
import importlib
import itertools
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from app.contracts import Account, Manifest, Message, Secret, TokenStore, parse_manifest
from app.contracts.catalogue import ENTRY_POINTS, INDEX, entry_of
from app.http.pipeline import Network
from app.http.policy import Policy
from app.http.samples import SampleRing
from app.jobs.links import host_of
from app.kit import MemoryTokens
from app.kit.oauth import SignInError
from tests.support.oauth_server import OAuthServer

PLUGIN = Path(__file__).resolve().parents[1] / "fixtures" / "signin_plugin"
PACKAGE = "paxzar_signin"
FLOWS = ("loopback", "paste", "device", "client")
CLIENTS = {"loopback": "public-app", "paste": "paste-app", "device": "device-app", "client": "machine-app"}


def manifest_of(flow: str) -> Manifest:
    file = PLUGIN / PACKAGE / f"signin_{flow}.toml"
    return parse_manifest(file.read_bytes(), file.name)


def values_of(server: OAuthServer, flow: str) -> dict[str, str]:
    """The credential fields that a merchant types."""
    client = server.clients[CLIENTS[flow]]
    return {"client_id": client.id, **({"client_secret": client.secret} if client.secret else {})}


@contextmanager
def importable() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(PLUGIN))
        importlib.invalidate_caches()
        yield patch
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@contextmanager
def installed(site: Path) -> Iterator[None]:
    """As pip would leave it: the package on the path, and the metadata that names its entry point."""
    info = site / f"{PACKAGE}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[{ENTRY_POINTS}]\nsignin = {PACKAGE}\n", encoding="utf-8")
    with importable() as patch:
        patch.syspath_prepend(str(site))
        yield


def catalogue_root(folder: Path) -> Path:
    """A catalogue that holds nothing but the plug-in's four."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = [entry_of(manifest_of(flow), str(PLUGIN / PACKAGE / f"signin_{flow}.toml")) for flow in FLOWS]
    (folder / INDEX).write_bytes(msgspec.json.encode(entries))
    return folder


class Clock:
    """Aware UTC, moved by hand."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(datetime.now(UTC).timestamp() + self.ahead, UTC)


def account_of(
    server: OAuthServer,
    address: str,
    flow: str = "loopback",
    *,
    tokens: TokenStore | None = None,
    now: Callable[[], datetime] | None = None,
    **secrets: str,
) -> Account:
    """An account of the plug-in whose addresses are those of a served `OAuthServer`."""
    numbers = itertools.count()
    typed = {**values_of(server, flow), **secrets}
    hidden = {k: Secret(v) for k, v in typed.items() if k != "client_id"}
    return Account(
        id="account", integration=f"signin_{flow}", environment="live",
        urls={name: f"{address}/{name}" for name in ("authorize", "token", "device", "revoke")} | {"api": address},
        tokens=MemoryTokens() if tokens is None else tokens, now=now or Clock(),
        nonce=lambda: random.Random(next(numbers)).randbytes(16).hex(),
        settings={"client_id": typed["client_id"]}, secrets=hidden,
    )  # fmt: skip


class Pipeline:
    """`async with Pipeline(address) as line:` clients of the real pipeline, as connections have them."""

    def __init__(self, address: str) -> None:
        self.address, self.network = address, Network(on_sample=SampleRing(), rng=random.Random(1))

    def client(self, connection_id: int = 1) -> httpx.AsyncClient:
        policy = Policy(
            connection_id=connection_id, account_id="account", connection_name="Dükkân", deadline_s=10,
            hosts=frozenset({host_of(self.address)}),
        )  # fmt: skip
        return self.network.client(policy, self.address)

    async def __aenter__(self) -> Pipeline:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.network.close()


async def consent(address: str) -> str:
    """What a browser does with a consent page: the address that it is sent to."""
    async with httpx.AsyncClient() as browser:
        return str((await browser.get(address)).headers["location"])


class Merchant:
    """A Front whose browser says yes at once. `before` may bend the address at which the browser lands; `after` is told of
    every page that came back."""

    language = "tr"

    def __init__(self, server: OAuthServer | None = None, *, decides: str = "yes") -> None:
        self.server, self.decides = server, decides
        self.opened: list[str] = []
        self.landed: list[str] = []
        self.pages: list[httpx.Response] = []
        self.codes: list[tuple[str, str, str, datetime]] = []
        self.wrong: list[Message] = []
        self.answers: list[Any] = []  # pasted texts: str, or a function of the right one
        self.stays_away = False
        self.bend: Callable[[str], list[str]] = lambda landing: [landing]
        self._tasks: list[asyncio.Task[None]] = []

    def browse(self, address: str) -> None:
        self.opened.append(address)
        if not self.stays_away:
            self._tasks.append(asyncio.create_task(self._visit(address)))

    async def _visit(self, address: str) -> None:
        landing = await consent(address)
        self.landed.append(landing)
        async with httpx.AsyncClient() as browser:
            for target in self.bend(landing):
                self.pages.append(await browser.get(target))

    def show_code(self, code: str, address: str, complete: str, until: datetime) -> None:
        self.codes.append((code, address, complete, until))
        if self.server is not None and self.decides:
            self.server.decide(code, self.decides)

    async def pasted(self, address: str, wrong: Message | None) -> str:
        if wrong is not None:
            self.wrong.append(wrong)
        else:
            self.opened.append(address)
            self.landed.append(await consent(address))
        if not self.answers:
            return self.landed[-1]
        answer = self.answers.pop(0)
        if answer is None:
            raise SignInError("signin.cancelled")
        return str(answer(self.landed[-1]) if callable(answer) else answer)

    async def settled(self) -> None:
        await asyncio.gather(*self._tasks)
