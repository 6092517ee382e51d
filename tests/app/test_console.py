"""The assembled program: what is wired here is told here, for each part by itself would not miss it."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.console import Console, open_console
from app.contracts import Message, Outcome, OutcomeState, Page, Receipt, Secret
from app.jobs.runner import Result
from app.model import Listing, Money
from app.store import OutboxFilter

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
KEY = "sk-live-cok-gizli-anahtar-7341"


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Console]:
    made = await open_console(tmp_path / "ws", unlock=Secret("kasanın parolası"))
    assert made.vault is not None
    await made.vault.put("acc", {"api_key": KEY})
    await made.store.accounts.add("acc", "trendyol", "live")
    await made.store.connections.add("Dükkân", "trendyol", "acc", "live", {"price_sink": True})
    yield made
    await made.close()


def process_id(_: object) -> int:
    return os.getpid()


async def test_large_sheets_are_computed_in_the_worker(console: Console) -> None:
    assert await console.links.compute(process_id, None) != os.getpid()


async def test_a_key_that_a_vendor_repeats_is_kept_nowhere(console: Console, tmp_path: Path) -> None:
    """In a refusal of one item, in what a batch came to, in a record that could not be read."""
    message = Message("item.refused", {"reason": f"bad key {KEY}"}, vendor_text=f"who is {KEY}?")
    page = Page((Listing("1", "S", "Çanta", Money.of("5", "TRY")),))
    await console.store.listings.apply_page(1, "acc", page, cursor=None, now=NOW)
    await console.store.listings.want_price(1, Money.of("6", "TRY"), None)
    link = await console.links.get(1)
    rows = await console.store.outbox.take(1, "price", 10, datetime.now(UTC))
    receipt = Receipt(tuple(Outcome(row.key, OutcomeState.REFUSED, message) for row in rows))
    await console.engine.relay._settle(link, rows, receipt, Result())
    (row,) = await console.store.outbox.query(OutboxFilter())
    assert row.message is not None
    assert row.message.vendor_text.startswith("who is ")
    assert KEY not in repr(row.message)
    for part in (console.engine.runner.clean, console.engine.pulls.clean, console.engine.relay.clean):
        assert KEY not in part(f"text {KEY} text")


async def test_the_log_is_one_line_a_record_and_holds_no_key(console: Console, tmp_path: Path) -> None:
    logging.getLogger("app.test").warning("said\n2026-11-24 00:00:00,000 INFO app.vault: unlocked %s", KEY)
    for handler in logging.getLogger().handlers:
        handler.flush()
    text = await asyncio.to_thread((tmp_path / "ws" / "logs" / "paxzar.log").read_text, "utf-8")
    (line,) = [one for one in text.splitlines() if "said" in one]
    assert "\\n2026-11-24" in line
    assert KEY not in text
