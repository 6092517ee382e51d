"""Eight channels that sell the last pieces at once, against the real rules of the store in one file in memory: orders through the
orders' own page, intents through the outbox's own settling. Channels are figures in memory; the seed says who does what when."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import msgspec

from app.contracts.results import Outcome, OutcomeState
from app.model import Listing, Money, Order, OrderLine, OrderStatus, Price, StockChange, from_epoch_ms
from app.model.stock import ChannelRule, shown
from app.store import listings, orders, settling, stock_ledger, stock_push
from app.store.migrations import migrate
from app.store.pages import Sealed
from app.store.stock_ledger import Count

CHANNELS, SKU, START = 8, "SKU-1", 1_764_000_000_000
_change = msgspec.json.Decoder(StockChange)
_price = Price(Money(Decimal(10), "TRY"))
#: One channel shows half, one keeps a piece back.
RULES = {7: ChannelRule(percent=50), 8: ChannelRule(minus=1)}


def new_store() -> sqlite3.Connection:
    """Eight connections, each with a listing of the SKU."""
    conn = sqlite3.connect(":memory:", isolation_level=None)
    migrate(conn)
    for at in range(1, CHANNELS + 1):
        conn.execute("INSERT INTO accounts VALUES (?, 'f', 'live', '', '{}', '{}', 0, NULL)", (f"acc{at}",))
        conn.execute(
            "INSERT INTO connections(id, name, integration, account_id, environment, switches, created_at)"
            " VALUES (?, ?, 'i', ?, 'live', '{}', 0)",
            (at, f"C{at}", f"acc{at}"),
        )
        one = Sealed(Listing(f"L{at}", SKU, "Bardak", None, stock=0))
        listings._apply(conn, at, f"acc{at}", {f"L{at}": one}, {}, [], None, START)
    for at, rule in RULES.items():
        values = (at, rule.percent, rule.most, rule.least, rule.minus)
        conn.execute("INSERT INTO stock_rules VALUES (?, ?, ?, ?, ?, 0)", values)
    return conn


@contextmanager
def undone(conn: sqlite3.Connection) -> Iterator[None]:
    """Whatever happens inside has never been."""
    conn.execute("BEGIN")
    try:
        yield
    finally:
        conn.execute("ROLLBACK")


class Run:
    """One seed. `oversold`: pieces that buyers bought and nobody has, as the channels could not know better in time."""

    def __init__(self, conn: sqlite3.Connection, seed: int) -> None:
        self.conn, self.rng, self.now = conn, random.Random(seed), START + 1_000
        self.pieces = self.rng.randrange(1, 9)
        self.shown = dict.fromkeys(range(1, CHANNELS + 1), 0)
        self.orders: dict[str, tuple[int, Order]] = {}
        self.untold: dict[int, list[str]] = {at: [] for at in self.shown}
        self.flying: list[tuple[int, str, int]] = []  # connection, key, quantity: sent, the answer still to come

    def go(self, steps: int) -> None:
        stock_ledger.count(self.conn, [Count(SKU, self.pieces)], "hand", self.now)
        self.check()
        self._settle()
        for _ in range(steps):
            self.now += self.rng.choice((1, 1_000, 20_000, 400_000))
            step = self.rng.choice(
                (self._sell, self._sell, self._sell, self._pull, self._pull, self._send, self._change, self._arrive)
            )
            step()
            self.check()
        self._end()

    # -- what may happen
    def _sell(self) -> None:
        """Buyers on one or several channels at the same moment."""
        for at in self.rng.sample(sorted(self.shown), self.rng.choice((1, 1, 1, 1, 8))):
            if self.shown[at] > 0:
                pieces = self.rng.randrange(1, min(self.shown[at], 2) + 1)
                self.shown[at] -= pieces
                self._write(at, f"O{len(self.orders)}", OrderStatus.OPEN, pieces, self.now)

    def _write(self, at: int, remote_id: str, status: OrderStatus, pieces: int, placed: int) -> None:
        line = OrderLine("1", SKU, "Bardak", pieces, _price)
        instants = (from_epoch_ms(placed), from_epoch_ms(self.now))
        made = Order(remote_id, remote_id, status, status.value, *instants, Money(Decimal(10), "TRY"), (line,))
        self.orders[remote_id] = (at, made)
        self.untold[at].append(remote_id)

    def _change(self) -> None:
        """An order is cancelled or shipped at its channel; none is both."""
        going = [k for k, (_, one) in self.orders.items() if one.status is OrderStatus.OPEN]
        if going:
            key = self.rng.choice(going)
            at, one = self.orders[key]
            status = self.rng.choice((OrderStatus.CANCELLED, OrderStatus.SHIPPED))
            if (
                status is OrderStatus.CANCELLED and self.rng.random() < 0.5
            ):  # some channels put the pieces back by themselves
                self.shown[at] += one.lines[0].quantity
            self._write(at, key, status, one.lines[0].quantity, round(one.placed_at.timestamp() * 1000))

    def _pull(self) -> None:
        """A page of a channel's orders; sometimes all of them again."""
        at = self.rng.choice(sorted(self.shown))
        again = self.rng.random() < 0.3
        ids = [k for k, (of, _) in self.orders.items() if of == at] if again else list(dict.fromkeys(self.untold[at]))
        self._take(at, ids)

    def _take(self, at: int, ids: list[str]) -> None:
        self.untold[at] = [one for one in self.untold[at] if one not in ids]
        sealed = {one: Sealed(self.orders[one][1]) for one in ids}
        orders._apply(self.conn, at, f"acc{at}", sealed, {}, [], None, self.now)

    def _send(self) -> None:
        """The relay takes what waits for some channels; their answers come later."""
        self._take_intents(self.rng.sample(sorted(self.shown), 4))

    def _take_intents(self, ids: Sequence[int]) -> None:
        for at, key, payload in self.conn.execute(
            "SELECT connection_id, key, payload FROM outbox WHERE state = 'queued' AND kind = 'stock'"
            " AND connection_id IN (SELECT value FROM json_each(?))"
            " AND NOT EXISTS (SELECT 1 FROM outbox b WHERE b.connection_id = outbox.connection_id AND b.state = 'sending')",
            (str(list(ids)),),
        ).fetchall():
            self.conn.execute("UPDATE outbox SET state = 'sending', sent_at = ? WHERE key = ?", (self.now, key))
            self.flying.append((at, key, _change.decode(payload).quantity))

    def _arrive(self) -> None:
        """What was sent reaches its channel, some time after it was taken."""
        self._reach(self.rng.randrange(len(self.flying) + 1))

    def _reach(self, count: int) -> None:
        reached, self.flying = self.flying[:count], self.flying[count:]
        for at, _, quantity in reached:
            self.shown[at] = quantity
        settling.settle(self.conn, [Outcome(key, OutcomeState.DONE) for _, key, _ in reached], "", self.now)

    # -- what must hold
    def check(self) -> None:
        on_hand, reserved, lacking = self.conn.execute("SELECT on_hand, reserved, lacking FROM stock").fetchone()
        held, wanted, taken = self.conn.execute(
            "SELECT coalesce(sum(held) FILTER (WHERE state = 'held'), 0), coalesce(sum(wanted) FILTER (WHERE state = 'held'), 0),"
            " coalesce(sum(held) FILTER (WHERE state = 'taken'), 0) FROM reservations"
        ).fetchone()
        assert 0 <= reserved <= on_hand, (on_hand, reserved)
        assert (reserved, lacking) == (held, wanted - held)
        assert on_hand + taken == self.pieces
        assert lacking == 0 or reserved == on_hand  # nobody lacks what lies there
        quantities = self.conn.execute("SELECT min(wanted_stock) FROM listings").fetchone()[0]
        assert quantities is None or quantities >= 0

    def _settle(self) -> None:
        """Until nothing is on its way any more."""
        for _ in range(100):
            self._take_intents(list(self.shown))
            if not self.flying:
                return
            self._reach(len(self.flying))
        raise AssertionError("the channels are told for ever")

    def _end(self) -> None:
        """All is pulled and sent: every channel shows what is there, and every order that lacks is told of."""
        self.now += int(timedelta(hours=1).total_seconds() * 1000)
        for at in [one for one, untold in self.untold.items() if untold]:
            self._take(at, list(dict.fromkeys(self.untold[at])))
            self.check()
        self._settle()
        on_hand, reserved, lacking = self.conn.execute("SELECT on_hand, reserved, lacking FROM stock").fetchone()
        should = {at: shown(on_hand - reserved, RULES.get(at, stock_push.PLAIN)) for at in self.shown}
        assert self.shown == should
        short = self.conn.execute(
            "SELECT count(*) FROM reservations WHERE state = 'held' AND wanted > held"
        ).fetchone()[0]
        told = self.conn.execute(
            "SELECT count(*) FROM attention WHERE resolved_at IS NULL AND stream = 'stock'"
        ).fetchone()[0]
        assert (short, bool(short)) == (told, bool(lacking))
        self.oversold = int(lacking)


def ran(conn: sqlite3.Connection, seed: int, steps: int = 16) -> Run:
    """Raises AssertionError with the seed in it."""
    run = Run(conn, seed)
    with undone(conn):
        try:
            run.go(steps)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
    return run
