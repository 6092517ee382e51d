"""2,000 mutated answers fed to every client through the real pipeline: no crash, no wrong row, nothing lost without a word.

PAXZAR_ROUNDS (10 in the suite) times 200 mutations, spread over all clients and what they can do; PAXZAR_SEED chooses others.
"""

from __future__ import annotations

import itertools
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.console import utc_now
from app.contracts.catalogue import providers_root
from app.contracts.results import Page
from app.model import Listing, Order
from app.store import Store
from tests.contract.rig import Hosts, Subject, subjects
from tests.faults.exercises import EXERCISES, Exercise, Got, Run
from tests.faults.mutations import Answer, mutate
from tests.faults.tape import Player, RecordingRig, Replay, Tape
from tests.faults.verdict import problems

pytestmark = [pytest.mark.faults]
ROUNDS = int(os.environ.get("PAXZAR_ROUNDS", "10"))
SEED = int(os.environ.get("PAXZAR_SEED", "2026"))
SUBJECTS = [one for one in subjects(providers_root())[0] if not one.missing()]
EACH = 200 * ROUNDS // len(SUBJECTS) + 1
SLOWEST_S = 3.0
ACCOUNT = "hostile"
LONG = 12  # calls
MEMORY = 150 * 1024 * 1024


@pytest.fixture(scope="module")
def fakes() -> Iterator[Hosts]:
    running = Hosts()
    yield running
    running.close()


class Recorded:
    """One exercise on tape: how to run it, what it gives when nothing is mutated."""

    def __init__(self, exercise: Exercise, run: Run, tape: Tape, truth: Got) -> None:
        self.exercise, self.run, self.tape, self.truth = exercise, run, tape, truth


async def record(rig: RecordingRig, exercise: Exercise) -> Recorded:
    run = await exercise.prepare(rig)
    rig.advance(rig.peculiar.settle_s)
    client, truth = rig.fresh(), Got()
    tape = rig.recording.tape
    await run(client, truth)
    assert tape.exchanges, f"{exercise.name} asked nothing"
    return Recorded(exercise, run, tape, truth)


def in_turn(recorded: list[Recorded]) -> Iterator[Recorded]:
    """Each in its turn; one of many calls only every sixth time, for it takes as long as all the others."""
    for lap in itertools.count():
        for place, one in enumerate(recorded):
            heavy = len(one.tape.exchanges) > LONG or one.exercise.name.endswith("pages")
            if not heavy or lap % 6 == place % 6:
                yield one


async def play(player: Player, one: Recorded, chosen: int, answer: Answer) -> tuple[Got, Exception | None]:
    wire = Replay(one.tape, chosen, answer, most=len(one.tape.exchanges) * 3 + 12)
    assert one.tape.at is not None
    at, got = one.tape.at, Got()
    try:
        await one.run(player.client(wire, lambda: at), got)
    except Exception as error:
        return got, error
    return got, None


@pytest.mark.timeout(60 + 12 * ROUNDS)
@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda one: one.id)
async def test_mutated_answers(subject: Subject, fakes: Hosts, tmp_path: Path) -> None:
    sandbox, url = fakes.get(subject)
    rng = random.Random(f"{SEED}-{subject.id}")
    wrong: list[str] = []
    kinds: Counter[str] = Counter()
    ends: Counter[str] = Counter()
    store = await Store.open(tmp_path / "store.sqlite", now=utc_now)
    connection = await a_connection(store, subject)
    slowest = 0.0
    async with RecordingRig(subject, sandbox, url) as rig:
        recorded = []
        for exercise in EXERCISES:
            if exercise.needs <= subject.capabilities:
                recorded.append(await record(rig, exercise))
        player = Player(rig)
        for one in recorded:  # a replay without a mutation is the truth, or nothing below means anything
            got, error = await play(player, one, -1, one.tape.exchanges[0][1])
            assert error is None, f"{one.exercise.name}: {error!r}"
            assert got.rows == one.truth.rows, one.exercise.name
        turns = in_turn(recorded)
        before = psutil.Process().memory_info().rss
        for number in range(EACH):
            one = next(turns)
            chosen = rng.randrange(len(one.tape.exchanges))
            original = one.tape.exchanges[chosen][1]
            mutated = mutate(original, rng)
            began = time.process_time()  # our own work: waits are virtual, and other programs' does not count
            got, error = await play(player, one, chosen, mutated.answer)
            took = time.process_time() - began
            slowest = max(slowest, took)
            kinds[mutated.kind] += 1
            ends[outcome_of(got, error, one.truth)] += 1
            found = list(problems(one.exercise, one.truth, got, error, original, mutated))
            found += await stored(store, connection, got, one.truth)
            if took > SLOWEST_S:
                found.append(f"took {took:.1f} s")
            wrong += [f"#{number} {one.exercise.name}[{chosen}] {mutated.kind} {mutated.place}: {x}" for x in found]
        risen = psutil.Process().memory_info().rss - before
    await store.close()
    print(
        f"{subject.id}: {EACH} answers, {dict(ends)}, kinds {dict(kinds)}, slowest {slowest:.2f} s, memory +{risen >> 20} MB"
    )
    assert not wrong, f"{len(wrong)} of {EACH}:\n" + "\n".join(wrong[:40])
    assert risen < MEMORY
    assert len(kinds) >= 12
    assert ends["as true"] < EACH


def outcome_of(got: Got, error: Exception | None, truth: Got) -> str:
    if error is not None:
        return "error"
    if got.rejects:
        return "reject"
    return "as true" if got.rows == truth.rows else "other"


async def a_connection(store: Store, subject: Subject) -> int:
    await store.accounts.add(ACCOUNT, subject.id, "live")
    return (await store.connections.add("Mağaza", subject.id, ACCOUNT, "live")).id


async def stored(store: Store, connection: int, got: Got, truth: Got) -> list[str]:
    """Pages that hold something untrue go into a real store: it takes a record as it is or makes a reject of it, no more."""
    wrong = []
    for page in got.pages:
        odd = [one for one in page.items if isinstance(one, (Order, Listing)) and truth.rows.get(row_key(one)) != one]
        if not odd:
            continue
        room = store.orders if isinstance(odd[0], Order) else store.listings
        applied = await room.apply_page(connection, ACCOUNT, Page(tuple(odd), page.rejects), now=utc_now())  # type: ignore[arg-type]
        told = {row_key(one) for one in odd}
        if len(applied.new) + len(applied.changed) + applied.same + applied.rejected < len(told):
            wrong.append(f"the store lost one of {len(told)} records")
        if isinstance(odd[0], Order):
            kept = [row.order for row in await store.orders.get_many(applied.new)]
            wrong += [f"the store made {one.remote_id} another" for one in kept if one not in odd]
    return wrong


def row_key(one: Order | Listing) -> tuple[str, str]:
    return type(one).__name__, one.remote_id
