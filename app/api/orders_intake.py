"""An order sheet from the merchant's hand as a job of its connection, for the command line and the window alike: a backup first, then
read and stored. A sheet that holds no orders stores nothing and says what it holds."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import msgspec

from app.contracts import Manifest, Message
from app.contracts.account import SHEET_IN
from app.jobs.engine import Engine
from app.jobs.runner import Handle, Result
from app.kit.sheet_columns import ORDERS
from app.kit.sheet_orders import Reading
from app.orders.intake import Intake, Pairs, Taken, by_sheet, changed_at
from app.store import Store
from app.store.connections import ConnectionRow


class Imported(msgspec.Struct, frozen=True):
    """`trouble`: nothing was stored, and why; `doubts`: what is told beside (a backup that could not be made)."""

    reading: Reading
    taken: Taken = Taken()
    trouble: Message | None = None
    doubts: tuple[Message, ...] = ()


async def typed_columns(store: Store, row: ConnectionRow) -> str:
    """The mapping that a connection by file has of its own."""
    account = await store.accounts.get(row.account_id)
    return account.settings.get("columns", "") if account is not None else ""


def refusal(reading: Reading, file: str) -> Message | None:
    """Why a reading cannot be stored as orders; None when it can. A file with some good orders can."""
    if reading.orders:
        return None
    if reading.kind and reading.kind != ORDERS:
        return Message("orders.sheet.products", {"file": file})
    if not reading.rejects:
        return Message("orders.sheet.empty", {"file": file})
    # Where the columns are known the rows are told one by one; else the sheet as a whole is.
    return None if reading.kind == ORDERS else reading.rejects[0].message


async def import_orders(
    intake: Intake, engine: Engine, row: ConnectionRow, manifest: Manifest, reading: Reading, path: Path, now: datetime,
    own: Pairs = (),
) -> Imported:  # fmt: skip
    """Store what was read. Never raises for what the file holds; what the store refuses is the job's message."""
    trouble = refusal(reading, path.name)
    if trouble is not None:
        return Imported(reading, trouble=trouble)
    doubts: list[Message] = []
    if engine.housekeeping is not None:
        made = await engine.housekeeping.back_up(force=True)
        doubts += [made.message] if made.message is not None else []
    done: list[Taken] = []

    async def work(handle: Handle) -> Result:
        del handle
        taken = await intake.take(row, manifest, reading, path.name, own)
        done.append(taken)
        if by_sheet(manifest) and reading.orders:
            link = await engine.links.get(row.id)  # the connection's health is how old its last sheet is
            at = (await asyncio.to_thread(changed_at, path, now)).isoformat(timespec="seconds")
            link.account.learnt[SHEET_IN] = max(link.account.learnt.get(SHEET_IN, ""), at)
            await engine.links.keep_learnt(row.account_id)
        counts = {name: count for name, count in msgspec.to_builtins(taken).items() if count}
        return Result("partly" if taken.rejected else "done", counts)

    result = await engine.runner.run("sheet", work, connection_id=row.id, account_id=row.account_id, asked_by="user")
    if not done:
        return Imported(reading, trouble=result.message or Message("job.interrupted"), doubts=tuple(doubts))
    return Imported(reading, done[0], None, tuple(doubts))
