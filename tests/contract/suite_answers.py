"""Answers that are no answers: status 200 and nonsense, depth without end, sizes without end. A read or a connection test that
meets one raises; it never ends as an empty list, as a working key, or as a program that stands still.
"""

from __future__ import annotations

import time

from app.contracts import Kind, Message, ProviderError
from tests.contract.checks import check, failure
from tests.contract.rig import Rig

MIB = 1024 * 1024
_DOCTYPE = '<!DOCTYPE a [<!ENTITY b "xxxxxxxxxx"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>'
#: Name → body. All come with status 200 and without a content type.
NONSENSE: dict[str, str] = {
    "nothing": "",
    "null": "null",
    "true": "true",
    "word": '"tamam"',
    "number": "12345",
    "list": "[]",
    "object": "{}",
    "list-of-null": "[null]",
    "object-of-null": '{"data":null,"items":null,"content":null,"orders":null}',
    "deep-lists": "[" * 200_000,
    "deep-objects": '{"a":' * 100_000,
    "xml": "<a/>",
    "deep-xml": "<a>" * 100_000,
    "doctype": _DOCTYPE,
    "a-million-values": "[" + "0," * 1_000_000 + "0]",
    "a-long-number": "9" * 100_000,
    "huge": " " * (25 * MIB),
}
SLOWEST_S = 5.0


@check(each=NONSENSE)
async def nonsense_is_no_answer(rig: Rig, name: str) -> None:
    """The read raises, or has one unreadable record to show. Where an empty list is what this vendor says of an account
    without orders, it may be taken as one."""
    rig.reset(orders=3)
    provider = rig.provider()
    await rig.read(provider)
    rig.advance(rig.peculiar.settle_s)
    before, began = rig.calls(), time.process_time()  # our own work: waits are virtual
    rig.fault("status", -1, status=200, body=NONSENSE[name])
    try:
        rejects = await rig.read(provider)
    except ProviderError as error:
        unreadable(error.message)
        assert rig.calls() - before <= 6, f"{rig.calls() - before} calls"
    else:
        assert rejects or _no_rows(rig, name), "read as an empty list"
    assert time.process_time() - began < SLOWEST_S


def _no_rows(rig: Rig, name: str) -> bool:
    """Where a bare array is a list, a row of null in it is no row."""
    return name in rig.peculiar.means_none or (name == "list-of-null" and "list" in rig.peculiar.means_none)


@check("probe", each=("nothing", "null", "word", "list", "object", "list-of-null", "deep-lists", "xml"))
async def nonsense_proves_no_key(rig: Rig, name: str) -> None:
    """A server that says yes to everything is not the vendor, and the connection test must not say that the key works."""
    rig.reset(orders=3)
    provider = rig.provider()
    await provider.probe()
    rig.advance(rig.peculiar.settle_s)
    rig.fault("status", -1, status=200, body=NONSENSE[name])
    try:
        await provider.probe()
    except ProviderError as error:
        unreadable(error.message)
    else:
        assert _no_rows(rig, name), "it works, says the connection test"


def unreadable(message: Message) -> None:
    """Nobody tells the merchant that the key or the data are wrong because of it – save that the address may be."""
    assert message.kind is not Kind.YOURS or message.code == "config.wrong_url", message
    assert message.code.partition(".")[0] in ("answer", "server", "config", "net"), message
    assert message.params.get("operation"), f"which operation? {message}"


@check("listing_source", each=("null", "word", "object", "deep-objects", "doctype"))
async def nonsense_is_no_list_of_listings(rig: Rig, name: str) -> None:
    """An empty list here would end every listing that the merchant has."""
    rig.reset(listings=5)
    provider = rig.provider()
    assert await rig.listings(provider)
    rig.advance(rig.peculiar.settle_s)
    rig.fault("status", -1, status=200, body=NONSENSE[name])
    unreadable((await failure(rig.listings(provider))).message)
