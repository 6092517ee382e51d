"""Guards of a bulk change: which lines wait for somebody's eye, which can never go, and what the whole of it comes to. Pure. Nothing
here corrects a price; a doubtful line is held with its reasons, and only a person releases it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from app.store.plan_query import Base
from app.store.plans import Line

#: Held until a person releases them.
ZERO, JUMP, FLOOR, CEILING, UNDER_COST, LIST, CURRENCY = (
    "zero", "jump", "floor", "ceiling", "under_cost", "list", "currency",
)  # fmt: skip
#: There is no price that could go: `missing:<variable>`, and these. Nobody can release them.
NO_PRICE, NEGATIVE, LARGE, DIVISION = "no_price", "negative", "large", "division"

MOST_MICROS = 10**18  # what the store holds, as for a typed price: 10^12 of the currency
SETTING = "pricing.guards"


class Guards(msgspec.Struct, frozen=True):
    """The merchant's limits. `jump_percent`: a change beyond ± that many per cent is held (None: never). `daily_cap`: lines that may
    be queued on one day, 0 for no limit. The others: whether such lines are held."""

    jump_percent: Decimal | None = Decimal(50)
    daily_cap: int = 0
    zero: bool = True
    floor: bool = True
    ceiling: bool = True
    under_cost: bool = True
    list_price: bool = True


class Extreme(msgspec.Struct, frozen=True):
    """The biggest rise or fall: which listing, from what to what, in micros of its currency."""

    listing_id: int
    old: int
    new: int
    currency: str


class Totals(msgspec.Struct):
    """What a plan comes to. `looked`: listings looked at; `same`: whose price stays (they have no line); `ready`, `held`,
    `blocked`: lines; `reasons`: lines by why they are held or blocked; `change`: sum of new − old by currency, in micros a
    piece, over all lines with a new price."""

    looked: int = 0
    same: int = 0
    ready: int = 0
    held: int = 0
    blocked: int = 0
    rises: int = 0
    falls: int = 0
    biggest_rise: Extreme | None = None
    biggest_fall: Extreme | None = None
    reasons: dict[str, int] = {}
    change: dict[str, int] = {}

    @property
    def lines(self) -> int:
        return self.ready + self.held + self.blocked


def new_list_price(old: int | None, old_list: int | None, new: int) -> tuple[int | None, bool]:
    """The crossed-out price that must come along (None: it stays), and whether that must be looked at. Vendors want it never below
    the price. One that equals the old price crosses nothing out and follows a rise silently; a real one is held, because the
    discount that buyers see would vanish."""
    if old_list is None or new <= old_list:
        return None, False
    return new, old is None or old_list > old


class Judge:
    """Judges the lines of one plan. `needs_amounts`: the formula asks for the product's cost or limits."""

    def __init__(self, guards: Guards, *, needs_amounts: bool = False) -> None:
        self.guards = guards
        self.needs_amounts = needs_amounts
        self.totals = Totals()
        percent = guards.jump_percent
        # A change of p % is a jump when |new − old| · 10^6 > old · p · 10^4: whole numbers, no rounding.
        self._jump = None if percent is None else int(percent * 10_000)
        self._best = (0, 0)  # biggest rise and fall so far, in millionths of the old price

    def blocked(self, base: tuple[Any, ...], why: str) -> Line:
        """A line without a new price."""
        found = Base(*base)
        totals = self.totals
        totals.looked += 1
        totals.blocked += 1
        totals.reasons[why] = totals.reasons.get(why, 0) + 1
        return (
            found.listing_id,
            found.connection_id,
            found.currency,
            found.price,
            None,
            found.list_price,
            None,
            why,
            "",
        )

    def line(self, base: tuple[Any, ...], new: int, list_price: int | None = None) -> Line | None:
        """A line with a new price in micros, rounded to the currency's minor unit; None when the price stays as it is. `list_price`:
        another crossed-out price that is wanted too, not below the new price."""
        listing, connection, currency, old, old_list, _, cost, floor, ceiling, _, _, other = base
        if old is None:
            return self.blocked(base, NO_PRICE)
        if other and self.needs_amounts:
            return self.blocked(base, CURRENCY)
        if new < 0:
            return self.blocked(base, NEGATIVE)
        if new > MOST_MICROS:
            return self.blocked(base, LARGE)
        totals = self.totals
        totals.looked += 1
        if new == old and list_price is None:
            totals.same += 1
            return None
        hold, crossed = "", list_price
        if list_price is None and old_list is not None and new > old_list:
            crossed, seen = new_list_price(old, old_list, new)
            if seen and self.guards.list_price:
                hold = LIST
        if (
            (floor is not None and new < floor)
            or (ceiling is not None and new > ceiling)
            or new == 0
            or other
            or (cost is not None and new < cost)
        ):
            hold = self._amounts(new, cost, floor, ceiling, other, hold)
        change = new - old
        if old > 0:
            share = change * 1_000_000 // old
            if change > 0:
                totals.rises += 1
                if share > self._best[0]:
                    self._best = (share, self._best[1])
                    totals.biggest_rise = Extreme(listing, old, new, currency)
            elif change:
                totals.falls += 1
                if share < self._best[1]:
                    self._best = (self._best[0], share)
                    totals.biggest_fall = Extreme(listing, old, new, currency)
            if self._far(change, old) or (list_price and old_list and self._far(list_price - old_list, old_list)):
                hold = f"{hold} {JUMP}" if hold else JUMP
        elif change:
            totals.rises += 1
        if hold:
            totals.held += 1
            for why in hold.split():
                totals.reasons[why] = totals.reasons.get(why, 0) + 1
        else:
            totals.ready += 1
        totals.change[currency] = totals.change.get(currency, 0) + change
        return (listing, connection, currency, old, new, old_list, crossed, hold, "")

    def _far(self, change: int, old: int) -> bool:
        return self._jump is not None and abs(change) * 1_000_000 > old * self._jump

    def many(self, bases: Sequence[tuple[Any, ...]], prices: Sequence[int]) -> list[Line]:
        """`line` for many at once, without those whose price stays: what is ordinary is judged in one go."""
        found: list[Line] = []
        jump = self._jump if self._jump is not None else 10**30
        (best_rise, best_fall), rises, falls, same = self._best, 0, 0, 0
        sums = self.totals.change
        for base, new in zip(bases, prices, strict=True):
            listing, connection, currency, old, old_list, _, cost, floor, ceiling, _, _, other = base
            if old is None or old <= 0 or not 0 < new <= MOST_MICROS or other:
                odd = True
            else:
                change = new - old
                odd = (
                    (cost is not None and new < cost)
                    or (floor is not None and new < floor)
                    or (ceiling is not None and new > ceiling)
                    or (old_list is not None and new > old_list > old)
                    or abs(change) * 1_000_000 > old * jump
                )
            if odd:
                self._best = (best_rise, best_fall)
                line = self.line(base, new)
                best_rise, best_fall = self._best
                if line is not None:
                    found.append(line)
                continue
            if not change:
                same += 1
                continue
            share = change * 1_000_000 // old
            if change > 0:
                rises += 1
                if share > best_rise:
                    best_rise = share
                    self.totals.biggest_rise = Extreme(listing, old, new, currency)
            else:
                falls += 1
                if share < best_fall:
                    best_fall = share
                    self.totals.biggest_fall = Extreme(listing, old, new, currency)
            sums[currency] = sums.get(currency, 0) + change
            crossed = new if old_list is not None and new > old_list else None
            found.append((listing, connection, currency, old, new, old_list, crossed, "", ""))
        self._best = (best_rise, best_fall)
        totals = self.totals
        totals.looked += rises + falls + same
        totals.ready += rises + falls
        totals.same, totals.rises, totals.falls = totals.same + same, totals.rises + rises, totals.falls + falls
        return found

    def _amounts(self, new: int, cost: int | None, floor: int | None, ceiling: int | None, other: int, hold: str) -> str:  # fmt: skip
        guards = self.guards
        found = [hold] if hold else []
        found += [ZERO] if guards.zero and new == 0 else []
        found += [FLOOR] if guards.floor and floor is not None and new < floor else []
        found += [CEILING] if guards.ceiling and ceiling is not None and new > ceiling else []
        found += [UNDER_COST] if guards.under_cost and cost is not None and new < cost else []
        found += [CURRENCY] if other else []
        return " ".join(found)
