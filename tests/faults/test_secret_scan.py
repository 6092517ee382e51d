"""After connecting, probing, pulling, pricing, printing, a backup, diagnostics and a crash, all at DEBUG level: no secret in
anything that was written or printed, in no coding, not even its first or last six characters.

The scan shares no code with the program's own redactor. The whole suite's logs are scanned too, each test's for the secrets
that it made: tests/support/secret_watch.py, on in `.ci/run`.
"""

from __future__ import annotations

import base64
import html
import io
import json
import logging
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, quote_plus

import httpx
import pytest

from app.api.backup import back_up, daily
from app.api.commands import run_command
from app.api.diagnostics import bundle
from app.console import Console, open_console
from app.contracts import Secret
from app.store.listing_query import ListingQuery
from app.store.order_query import OrderQuery
from providers.sandboxes import trendyol, woocommerce
from tests.faults.running import ROOT
from tests.support.serving import serve
from ui.entry import log_hook

pytestmark = pytest.mark.faults
PASSWORD, PASSPHRASE = "Kasa-parolası/9zQ7", "Yedek+parolası=4kW2"
ODD = 'sır/Değer+="<&>\\ğüş-Qz81xW'
EDGE = 6


def codings(value: str) -> Iterator[str]:
    """The value as it may stand in a text, each form whole."""
    yield value
    yield from (quote(value, safe=""), quote(value), quote_plus(value), quote(value, safe="").lower())
    yield from (
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(value))[3:-3],
    )
    yield from (html.escape(value), repr(value)[1:-1], repr(value.encode())[2:-1], value.encode().hex())
    for before in range(3):
        raw = value.encode()[(3 - before) % 3 :]
        whole = raw[: len(raw) // 3 * 3]  # groups of three bytes look the same whatever stands around them
        for coded in (base64.b64encode(whole), base64.urlsafe_b64encode(whole)):
            if len(coded) >= 8:
                yield coded.decode()


def traces(values: set[str]) -> dict[bytes, str]:
    """Byte pattern → what it is a trace of."""
    found = {}
    for number, value in enumerate(sorted(values)):
        for form in codings(value):
            found[form.encode()] = f"secret {number}"
        for edge in (value[:EDGE], value[-EDGE:]):
            if len(set(edge)) > 2:
                found[edge.encode()] = f"edge of secret {number}"
    return found


def hits(named: dict[str, bytes], values: set[str]) -> list[str]:
    patterns = traces(values)
    return [f"{what} in {name}" for name, raw in named.items() for mark, what in patterns.items() if mark in raw]


def everything(folder: Path, *, but: set[Path]) -> dict[str, bytes]:
    """Every file below the folder, and what is inside of zips."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and path not in but:
            raw = path.read_bytes()
            found[str(path.relative_to(folder))] = raw
            if raw[:4] == b"PK\3\4":
                with zipfile.ZipFile(io.BytesIO(raw)) as held:
                    found |= {f"{path.name}/{name}": held.read(name) for name in held.namelist()}
    return found


@contextmanager
def at_debug() -> Iterator[None]:
    """All loggers tell everything, through whatever handlers the program itself has set."""
    root = logging.getLogger()
    level, root.level = root.level, logging.DEBUG
    kept = [handler for handler in root.handlers if type(handler).__module__.startswith("_pytest")]
    for handler in kept:
        root.removeHandler(handler)
    try:
        yield
    finally:
        root.level = level
        for handler in kept:
            root.addHandler(handler)


async def connected(console: Console, integration: str, address: str, given: dict[str, str]) -> str:
    manifest = console.catalogue.manifest(integration)
    secret = {f.key for f in manifest.credentials if f.kind in ("secret", "file")}
    args = {
        "lang": "tr", "integration": integration, "name": integration, "base_url": address, "test": True,
        "set": {k: v for k, v in given.items() if v and k not in secret},
        "secrets": {k: v for k, v in given.items() if k in secret},
    }  # fmt: skip
    answer = await run_command(console, "connect", args)
    assert answer.exit == 0, answer.lines
    return integration


async def worked_on(console: Console, name: str, control: httpx.Client, secrets: list[str], out: Path) -> list[str]:
    """Everything that a merchant does in a day with one shop; gives all that was answered."""
    answers = []

    async def ask(command: str, **args: object) -> None:
        answer = await run_command(console, command, {"lang": "en", "name": name, **args})
        answers.append(json.dumps(answer.data, default=str, ensure_ascii=False) + "\n".join(answer.lines))

    await ask("probe")
    await ask("sync")
    row = await console.store.connections.by_name(name)
    assert row is not None
    (listing,) = await console.store.listings.query(ListingQuery(connection_id=row.id, limit=1))
    await ask("set", kind="price", sku=listing.sku, value="123.45", sure=True)
    await ask("outbox", drain=True, patience=20)
    (order,) = await console.store.orders.query(OrderQuery(connection_id=row.id, limit=1))
    await ask("label", orders=[str(order.number)], document="label", out=str(out / f"{name}.pdf"))
    # A vendor that repeats what it was sent, in its error and in a page of another kind.
    for status, body in (
        (401, json.dumps({"code": "x", "message": f"key {secrets[0]} refused, secret {secrets[-1]}"})),
        (500, "trace: " + " ".join((*secrets, *(quote(s, safe="") for s in secrets)))),
        (200, json.dumps([{"id": secrets[-1], "nonsense": {"Authorization": secrets}}])),
    ):
        control.post("/_control/faults", json={"kind": "status", "status": status, "count": 4, "body": body})
        await ask("sync")
        await ask("probe")
        control.delete("/_control/faults")
        console.network.reset_breaker(row.id)
    await ask("health")
    await ask("connections")
    return answers


@pytest.mark.logs_secrets  # a crash with a secret in it, for the program's own redactor
async def test_no_secret_is_left_behind(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder, out = tmp_path / "ws", tmp_path / "out"
    out.mkdir()
    shops = {
        "woocommerce": woocommerce.create(seed=3, orders=8, listings=4),
        "trendyol": trendyol.create(seed=3, orders=8, listings=4),
    }
    values, answers = {PASSWORD, PASSPHRASE, ODD}, []
    with at_debug():
        console = await open_console(folder, unlock=Secret(PASSWORD))
        assert console.vault is not None
        await console.vault.put("other", {"password": ODD})
        for name, made in shops.items():
            with serve(made.app) as address, httpx.Client(base_url=address) as control:
                held = control.get("/_control/credentials").json()
                await connected(console, name, address, held)
                mine = [value for value in held.values() if value in set(console.vault.values())]
                assert mine
                values |= set(mine)
                answers += await worked_on(console, name, control, mine, out)
        await back_up(console, out / "b.paxzb", Secret(PASSPHRASE))
        await daily(console)
        try:
            raise RuntimeError(f"a crash with {ODD} and {sorted(console.vault.values())}")
        except RuntimeError:
            log_hook(*sys.exc_info())  # type: ignore[arg-type]
        logging.getLogger("any.library").debug("sent %r with %s", {"Authorization": list(console.vault.values())}, ODD)
        await bundle(console, out / "d.zip")
        values |= {value for value in console.vault.values() if len(value) > EDGE}
        await console.close()
    printed = capfd.readouterr()
    log = (folder / "logs" / "paxzar.log").read_text("utf-8")
    assert " DEBUG " in log
    assert "a crash with" in log
    assert len(log) > 2000
    found = everything(tmp_path, but=set())
    assert any(name.startswith("d.zip/logs") for name in found)
    found |= {"stdout": printed.out.encode(), "stderr": printed.err.encode()}
    found |= {f"answer {number}": text.encode() for number, text in enumerate(answers)}
    left = hits(found, values)
    assert left == [], "\n".join(left)
    print(f"scanned {len(found)} files and texts, {sum(map(len, found.values()))} bytes, {len(values)} secrets")


@pytest.mark.parametrize("number", range(len(list(codings(ODD)))))
def test_the_scan_sees_every_coding(number: int) -> None:
    planted = f"before {list(codings(ODD))[number]} after"
    assert hits({"x": planted.encode()}, {ODD})
    assert hits({"x": b"nothing of it"}, {ODD}) == []


def test_the_suites_own_scan_finds_a_secret_in_a_log(tmp_path: Path) -> None:
    """`.ci/run` leans on it: a scan that is blind would be green for ever."""
    (tmp_path / "test_made.py").write_text(
        "import base64, logging\nfrom app.contracts import Secret\nlog = logging.getLogger('x')\n"
        "def test_plain(): log.debug('key %s', Secret('ab12cd34ef').reveal())\n"
        "def test_coded(): log.debug('key %s', base64.b64encode(Secret('gh12cd34ef').reveal().encode()))\n"
        "def test_in_a_traceback():\n"
        "    try: raise ValueError(Secret('xy12cd34ef').reveal())\n"
        "    except ValueError: log.exception('odd')\n"
        "def test_dots(): log.debug('key %s', Secret('zz12cd34ef'))\n"
    )
    line = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "tests.support.secret_watch",
        "-p",
        "no:randomly",
        str(tmp_path),
    ]
    told = subprocess.run(line, capture_output=True, text=True, check=False, timeout=90, cwd=ROOT).stdout
    assert "4 passed, 3 errors" in told, told
    assert [f"::{name}" in told for name in ("test_plain", "test_coded", "test_in_a_traceback", "test_dots")] == [
        True, True, True, False,
    ], told  # fmt: skip
