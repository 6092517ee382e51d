"""Once on, once off: holding, clearing, flapping, sleep, snooze, switched-off rules."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from alert_making import NOW, row, rules
from hypothesis import given
from hypothesis import strategies as st

from app.monitor.alerting.ledger import Memory, step
from app.store.alerts import AlertBody, AlertRow, Moves

BODY = AlertBody("connection_down", "connection:1", "high", (1,), ("Shop",))
KNOWN = rules()


class Book:
    """The ledger with what a store would do between two looks."""

    def __init__(self) -> None:
        self.memory, self.open, self.at, self.ids = Memory(), list[AlertRow](), NOW, 0
        self.events: list[tuple[int, str]] = []

    def look(self, *bodies: AlertBody, after: float = 30, **more: object) -> Moves:
        self.at += timedelta(seconds=after)
        self.memory, moves = step(self.memory, self.at, bodies, self.open, more.pop("rules", KNOWN), **more)  # type: ignore[arg-type]
        gone = {one.id for one in (*moves.ended, *moves.quiet)}
        self.open = [one for one in self.open if one.id not in gone]
        for body in moves.opened:
            self.ids += 1
            self.open.append(AlertRow(self.ids, body, self.at, self.at))
        seconds = round((self.at - NOW).total_seconds())
        self.events += [(seconds, "on")] * len(moves.opened) + [(seconds, "off")] * len(moves.ended)
        return moves


def test_on_after_it_held_and_off_after_it_was_gone() -> None:
    book = Book()
    for _ in range(6):
        book.look(BODY)
    for _ in range(8):
        book.look()
    assert book.events == [(90, "on"), (330, "off")]  # 60 s after the first look, 120 s after the first without


def test_a_flapping_connection_is_one_alert() -> None:
    book = Book()
    for _ in range(4):
        book.look(BODY)
    for _ in range(40):
        book.look()
        book.look(BODY)
    assert book.events == [(90, "on")]
    short = Book()
    for _ in range(40):  # and one that never lasts is none
        short.look(BODY)
        short.look()
    assert short.events == []


def test_a_machine_that_slept_begins_anew() -> None:
    book = Book()
    book.look(BODY)
    book.look(BODY, after=8 * 3600)
    assert book.events == []
    book.look(BODY, after=60)
    assert [what for _, what in book.events] == ["on"]
    book.look(after=8 * 3600)
    assert [what for _, what in book.events] == ["on"]
    book.look(after=-3600)  # a clock that was put back neither ends nor begins anything
    assert [what for _, what in book.events] == ["on"]


def test_what_is_not_known_or_covered_stays() -> None:
    body = AlertBody("key_ends", "account:a", "medium", (1,), ("Shop",), {"value": 3, "limit": 7})
    book = Book()
    book.look(body)
    for _ in range(20):
        book.look(unknown=frozenset({"key_ends"}))
        book.look(holds=lambda _row: True)
    assert [what for _, what in book.events] == ["on"]
    for _ in range(6):
        book.look()
    assert [what for _, what in book.events] == ["on", "off"]


def test_a_rule_that_is_switched_off_ends_its_alerts_untold() -> None:
    book = Book()
    for _ in range(4):
        book.look(BODY)
    moves = book.look(rules=rules(connection_down={"on": False}))
    assert ([one.id for one in moves.quiet], moves.ended, book.open) == ([1], (), [])


def test_it_is_told_again_when_the_snooze_is_over_and_it_is_still_on() -> None:
    resting = row(7, BODY, snoozed_until=NOW + timedelta(minutes=5))
    memory, moves = step(Memory(), NOW, [BODY], [resting], KNOWN)
    assert not moves.any
    _, moves = step(memory, NOW + timedelta(minutes=5), [BODY], [resting], KNOWN)
    assert [one.id for one in moves.again] == [7]


def test_news_is_written_at_once_and_figures_once_a_minute() -> None:
    late = AlertBody("pull_late", "connection:1", "medium", (1,), ("Shop",), {"value": 4000, "limit": 3600})
    more = msgspec.structs.replace(late, figures={"value": 4030, "limit": 3600})
    both = msgspec.structs.replace(late, connections=(1, 2), names=("Shop", "Other"))
    for body, after, written in ((late, 300, 0), (more, 30, 0), (more, 60, 1), (both, 1, 1)):
        _, moves = step(Memory(), NOW + timedelta(seconds=after), [body], [row(1, late)], KNOWN)
        assert len(moves.seen) == written, (body, after)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 140)), max_size=120))
def test_on_and_off_take_turns_whatever_happens(looks: list[tuple[bool, int]]) -> None:
    book = Book()
    for is_on, after in looks:
        book.look(*([BODY] if is_on else []), after=after)
        assert len(book.open) <= 1
    order = [what for _, what in book.events]
    assert all(what == ("on", "off")[n % 2] for n, what in enumerate(order))
