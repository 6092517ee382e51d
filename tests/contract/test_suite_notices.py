"""The suite can fail: each way of being wrong is noticed by the check that is there for it. Tried on the scaffold's provider."""

from __future__ import annotations

import base64
import importlib
import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from app.contracts import Limit, Message, Outcome, OutcomeState, Page, ProbeResult, ProviderError, Receipt, fail
from app.contracts.catalogue import providers_root
from tests.contract.checks import run
from tests.contract.rig import Hosts, Subject
from tests.contract.scaffolded import subject
from tests.contract.suite import CHECKS

log = logging.getLogger(__name__)
Patch = Callable[[ModuleType, pytest.MonkeyPatch], None]


def only_the_first_page(m: ModuleType, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(m, "following", lambda call, reply: None)


def promises_too_much(m: ModuleType, patch: pytest.MonkeyPatch) -> None:
    good = m.parse_orders

    def parse(reply: Any) -> Page[Any]:
        page = good(reply)
        ahead = page.covered_until + timedelta(days=2) if page.covered_until else None
        return msgspec.structs.replace(page, covered_until=ahead)

    patch.setattr(m, "parse_orders", parse)


def ignores_the_window(m: ModuleType, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(m, "orders_request", lambda window: m.Call("GET", "/v1/orders", "orders", (("limit", "100"),)))


def turns_letters(m: ModuleType, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(m, "clean", lambda text, limit=0: text.lower())


def drops_a_bad_record(m: ModuleType, patch: pytest.MonkeyPatch) -> None:
    good = m.parse_orders
    patch.setattr(m, "parse_orders", lambda reply: msgspec.structs.replace(good(reply), rejects=()))


def one_bad_record_costs_all(m: ModuleType, patch: pytest.MonkeyPatch) -> None:
    good = m.parse_orders

    def parse(reply: Any) -> Page[Any]:
        page = good(reply)
        if page.rejects:
            raise fail(page.rejects[0].message.about(operation="orders"))
        found: Page[Any] = page
        return found

    patch.setattr(m, "parse_orders", parse)


def says_done_to_everything(m: ModuleType, patch: pytest.MonkeyPatch) -> None:
    def parse(reply: Any, keys: list[str]) -> Receipt:
        return Receipt(tuple(Outcome(key, OutcomeState.DONE) for key in keys))

    patch.setattr(m, "parse_results", parse)


def forgets_an_item(m: ModuleType, patch: pytest.MonkeyPatch) -> None:
    good = m.parse_results
    patch.setattr(m, "parse_results", lambda reply, keys: good(reply, keys[:-1]))


def reads_errors_as_empty(m: ModuleType, patch: pytest.MonkeyPatch) -> None:
    good = m.parse_orders
    patch.setattr(m, "vendor_errors", lambda reply: None)
    patch.setattr(m, "parse_orders", lambda reply: good(reply) if reply.status == 200 else Page(()))


def calls_it_their_fault(m: ModuleType, patch: pytest.MonkeyPatch) -> None:
    good = m.vendor_errors
    patch.setattr(m, "vendor_errors", lambda r: None if good(r) is None else Message("server.error", status=r.status))


def walks_round_the_breaker(m: ModuleType, patch: pytest.MonkeyPatch) -> None:
    async def insist(self: Any, call: Any) -> Any:
        for left in range(20, -1, -1):
            try:
                yield await self._send(call)
                return
            except ProviderError:
                if not left:
                    raise

    patch.setattr(m.OrnekPazar, "_pages", insist)


def logs_the_key(m: ModuleType, patch: pytest.MonkeyPatch) -> None:
    _on_every_call(m, patch, lambda key: log.debug("signing with %s", key))


def logs_the_key_in_base64(m: ModuleType, patch: pytest.MonkeyPatch) -> None:
    _on_every_call(m, patch, lambda key: log.debug(base64.b64encode(key.encode()).decode()))


def _on_every_call(m: ModuleType, patch: pytest.MonkeyPatch, tell: Callable[[str], None]) -> None:
    good = m.OrnekPazar._send

    async def told(self: Any, call: Any) -> Any:
        tell(self.account.secret("api_key"))
        return await good(self, call)

    patch.setattr(m.OrnekPazar, "_send", told)


def hides_the_key_in_a_cause(m: ModuleType, patch: pytest.MonkeyPatch) -> None:
    good = m.OrnekPazar._send

    async def told(self: Any, call: Any) -> Any:
        try:
            return await good(self, call)
        except ProviderError as error:
            raise error from KeyError(self.account.secret("api_key"))

    patch.setattr(m.OrnekPazar, "_send", told)


def takes_anything_for_an_empty_list(m: ModuleType, patch: pytest.MonkeyPatch) -> None:
    for name in ("parse_orders", "parse_listings"):
        _forgiving(m, patch, name)
    patch.setattr(m, "following", lambda call, reply: None)


def _forgiving(m: ModuleType, patch: pytest.MonkeyPatch, name: str) -> None:
    good = getattr(m, name)

    def parse(*args: Any) -> Page[Any]:
        try:
            found: Page[Any] = good(*args)
        except ProviderError:
            return Page(())
        return found

    patch.setattr(m, name, parse)


def believes_every_probe(m: ModuleType, patch: pytest.MonkeyPatch) -> None:
    async def probe(self: Any) -> ProbeResult:
        await self._send(m.probe_request())
        return ProbeResult()

    patch.setattr(m.OrnekPazar, "probe", probe)


def believes_its_own_writes(m: ModuleType, patch: pytest.MonkeyPatch) -> None:
    """The read-back shows what was sent, not what the vendor has: no audit would ever find a difference."""
    good, written = m.OrnekPazar.listings, {}
    push = m.OrnekPazar.set_stocks

    async def set_stocks(self: Any, changes: Any) -> Receipt:
        written.update({one.listing.remote_id: one.quantity for one in changes})
        receipt: Receipt = await push(self, changes)
        return receipt

    async def listings(self: Any, since: Any) -> Any:
        async for page in good(self, since):
            items = tuple(
                msgspec.structs.replace(one, stock=written.get(one.remote_id, one.stock)) for one in page.items
            )
            yield msgspec.structs.replace(page, items=items)

    patch.setattr(m.OrnekPazar, "set_stocks", set_stocks)
    patch.setattr(m.OrnekPazar, "listings", listings)


def sends_a_change_once_only(m: ModuleType, patch: pytest.MonkeyPatch) -> None:
    """Remembers what it has told the vendor, and says "done" the second time without asking."""
    good, told = m.OrnekPazar.set_prices, set()

    async def set_prices(self: Any, changes: Any) -> Receipt:
        new = [one for one in changes if (one.listing.remote_id, one.price) not in told]
        told.update((one.listing.remote_id, one.price) for one in changes)
        done = tuple(Outcome(one.key, OutcomeState.DONE) for one in changes if one not in new)
        receipt: Receipt = await good(self, new) if new else Receipt(())
        return msgspec.structs.replace(receipt, outcomes=(*done, *receipt.outcomes))

    patch.setattr(m.OrnekPazar, "set_prices", set_prices)


WRONGS: list[tuple[Patch, str]] = [
    (only_the_first_page, "many_pages_with_moving_records-1"),
    (promises_too_much, "many_pages_with_moving_records-1"),
    (ignores_the_window, "incremental_pull_brings_what_changed"),
    (turns_letters, "all_fields_of_forty_orders"),
    (drops_a_bad_record, "one_malformed_order_among_good_ones"),
    (one_bad_record_costs_all, "one_malformed_order_among_good_ones"),
    (says_done_to_everything, "one_refused_price_among_good_ones"),
    (forgets_an_item, "stocks_are_set"),
    (reads_errors_as_empty, "trouble-503"),
    (reads_errors_as_empty, "a_failed_page_is_not_the_last"),
    (calls_it_their_fault, "trouble-401"),
    (calls_it_their_fault, "a_wrong_key_is_refused"),
    (walks_round_the_breaker, "trouble-429-without"),
    (logs_the_key, "connection_test"),
    (takes_anything_for_an_empty_list, "nonsense_is_no_answer-object"),
    (takes_anything_for_an_empty_list, "nonsense_is_no_list_of_listings-object"),
    (believes_every_probe, "nonsense_proves_no_key-word"),
    (believes_its_own_writes, "stocks_that_were_not_applied-ignore_writes"),
    (sends_a_change_once_only, "prices_that_were_not_applied-ignore_writes"),
    (logs_the_key_in_base64, "connection_test"),
    (hides_the_key_in_a_cause, "a_wrong_key_is_refused"),
]


@pytest.mark.logs_secrets  # some of these wrongs do nothing else
@pytest.mark.parametrize(("wrong", "name"), WRONGS, ids=lambda one: one if isinstance(one, str) else one.__name__)
async def test_it_is_noticed(
    wrong: Patch, name: str, written: Path, own_hosts: Hosts, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    made = subject(written)
    wrong(importlib.import_module(made.manifest.client.partition(":")[0]), monkeypatch)
    check = next(one for one in CHECKS if one.name == name)
    with pytest.raises((AssertionError, pytest.fail.Exception, ProviderError)):
        await run(check, made, own_hosts, caplog)


async def test_a_manifest_that_is_too_fast_is_noticed(hosts: Hosts, caplog: pytest.LogCaptureFixture) -> None:
    """Trendyol's fake counts fifty calls in ten seconds whatever our manifest says."""
    real = Subject.read(providers_root() / "marketplaces" / "trendyol.toml")
    hasty = Subject(msgspec.structs.replace(real.manifest, limits=(Limit(100_000, 1.0),)))
    check = next(one for one in CHECKS if one.name == "limits_are_kept")
    with pytest.raises(AssertionError, match="the vendor had to refuse"):
        await run(check, hasty, hosts, caplog)
