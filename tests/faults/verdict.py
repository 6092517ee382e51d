"""Judges what a client made of one mutated answer: a row is the true one, or its difference stands on the wire, or it is not
there and somebody was told. Knows no vendor.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from app.contracts import CODES, OutcomeState, ProviderError
from app.model import Label, Listing, Order, clean
from tests.faults.exercises import Exercise, Got
from tests.faults.mutations import (
    DESTROYING,
    UNREADABLE,
    Answer,
    Mutated,
    at,
    differences,
    leaves,
    tree_of,
)
from tests.faults.mutations import (
    Path as Place,
)

#: Texts that a careless str() makes of what is no text.
NONSENSE_IDS = frozenset(
    {"", "None", "null", "True", "False", "nan", "NaN", "inf", "Infinity", "-Infinity", "[]", "{}"}
)
MAGIC = {"pdf": b"%PDF", "zpl": b"^XA", "png": b"\x89PNG", "epl": b"N"}


def problems(
    exercise: Exercise, truth: Got, got: Got, error: BaseException | None, original: Answer, mutated: Mutated
) -> Iterator[str]:
    """What is wrong with one run; nothing when all is well."""
    if error is not None:
        yield from _error(error)
    before, after = tree_of(original.body), tree_of(mutated.answer.body)
    known = after is not UNREADABLE and before is not UNREADABLE
    for reject in got.rejects:
        if reject.message.code not in CODES or (not reject.raw and original.body):
            yield f"a reject without a reason or its raw text: {reject}"
        if reject.remote_id in NONSENSE_IDS - {""} and (not known or reject.remote_id not in _scalars(after)):
            yield f"a reject of no record: {reject.remote_id!r}"
    changed = list(differences(before, after)) if known else []
    if mutated.path and known:  # a key that stands twice and 1e-999 leave the same tree behind
        changed.append(mutated.path)
    touched, whole = _touched(before, changed, truth) if known else (set(), [])
    for key, row in got.rows.items():
        yield from _sane(key, row)
        true = truth.rows.get(key)
        if row == true or key[0] in ("Outcome", "ProbeResult"):
            continue
        if not known:  # nobody can read it, and yet a row came of it
            if mutated.kind not in ("head", "status"):
                yield f"{key} came out of an answer that cannot be read"
        elif true is None:
            # Labels are numbered here; a header that says "one more page" makes a client ask for what the tape does not hold.
            if key[0] != "Label" and mutated.kind != "head":
                yield from _new_key(key, after)
        elif key not in touched and not _elsewhere(before, changed, truth):
            yield f"{key} differs though another record was touched: {_diff(true, row)}"
        else:
            yield from _changed(key, true, row, mutated, _scalars(after))
    missing = [key for key in truth.rows if key not in got.rows and key[0] not in ("Outcome", "ProbeResult")]
    if exercise.name == "order" and known:  # asked for by its number: one that has another is not meant
        said = _scalars(after)
        missing = [key for key in missing if truth.rows[key].number in said and mutated.kind not in ("text", "raw")]
    if mutated.kind == "xml-gone":  # a record that was never sent
        missing = [key for key in missing if key not in touched]
    renamed = len([key for key in got.rows if key not in truth.rows])
    if (
        len(missing) > renamed
        and error is None
        and not got.rejects
        and mutated.kind in DESTROYING | {"cut", "html", "encoding"}
    ):
        yield from _lost(missing, touched, whole, before, mutated)
    if exercise.writes:
        yield from _outcomes(truth, got, error, known, mutated, original)


def _error(error: BaseException) -> Iterator[str]:
    if not isinstance(error, ProviderError):
        where = traceback.extract_tb(error.__traceback__)[-4:]
        places = " ".join(f"{Path(one.filename).name}:{one.lineno}" for one in where)
        yield f"{type(error).__name__}: {error} at {places}"[:400]
    elif error.message.code not in CODES or error.message.code == "bug":
        yield f"a code that nobody knows: {error.message}"


def _sane(key: tuple[str, str], row: Any) -> Iterator[str]:
    if key[1] in NONSENSE_IDS:
        yield f"{key}: an id that is none"
    for place, value in _fields(row):
        if isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError:
                yield f"{key}.{place}: half a surrogate pair"
        elif isinstance(value, datetime) and value.tzinfo is None:
            yield f"{key}.{place}: an instant without a zone"
        elif isinstance(value, Decimal) and not value.is_finite():
            yield f"{key}.{place}: {value} is no amount"
        elif isinstance(value, float):
            yield f"{key}.{place}: a float"
    if isinstance(row, Label) and not row.data.lstrip().startswith(MAGIC[row.format.value]):
        yield f"{key}: not a {row.format.value}: {row.data[:12]!r}"
    if isinstance(row, Order):
        negative = row.total.amount < 0 or any(x.quantity < 0 or x.unit_price.money.amount < 0 for x in row.lines)
        if negative:
            yield f"{key}: less than nothing: {row.total} {[(x.quantity, str(x.unit_price.money)) for x in row.lines]}"
    if isinstance(row, Listing) and row.price is not None and row.price.amount < 0:
        yield f"{key}: a price below nothing: {row.price}"


def _fields(row: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(row, msgspec.Struct):
        for name in row.__struct_fields__:
            yield from _fields(getattr(row, name), f"{place}.{name}" if place else name)
    elif isinstance(row, dict):
        for name, value in row.items():
            yield from _fields(value, f"{place}.{name}")
    elif isinstance(row, (tuple, list)):
        for index, value in enumerate(row):
            yield from _fields(value, f"{place}.{index}")
    else:
        yield place, row


# -- what was touched ------------------------------------------------------------------------------------------------------
def _scalars(tree: Any) -> set[str]:
    """As texts; half a surrogate pair becomes the mark that the decoder puts in its place."""
    raw = {str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace") for _, value in leaves(tree)}
    return raw | {clean(text) for text in raw}


def _owners(tree: Any, truth: Got) -> set[tuple[str, str]]:
    """Rows whose id stands in this part of the answer; of an id of several parts (market:sku) one is enough."""
    told = {text for text in _scalars(tree) if len(text) > 3}
    found = set()
    for key in truth.rows:
        parts = {key[1], *key[1].split(":"), *key[1].split("/")}
        if parts & told or any(text.endswith("/" + key[1]) for text in told):
            found.add(key)
    return found


def _touched(before: Any, changed: list[Place], truth: Got) -> tuple[set[tuple[str, str]], list[Place]]:
    """The rows whose record was changed, and the changes that lie in no record: in what is around them."""
    touched: set[tuple[str, str]] = set()
    around: list[Place] = []
    for path in changed:
        cuts = [n + 1 for n, step in enumerate(path) if isinstance(step, int)]
        owners: set[tuple[str, str]] = set()
        for cut in cuts:
            try:
                owners = _owners(at(before, path[:cut]), truth)
            except (KeyError, IndexError, TypeError):
                owners = set()
            if owners:
                break
        if not owners:  # what lies in no record of its own belongs to the only one of the answer
            whole = _owners(before, truth)
            owners = whole if len(whole) <= 1 else set()
        if owners:
            touched |= owners
        else:
            around.append(path)
    return touched, around


def _elsewhere(before: Any, changed: list[Place], truth: Got) -> bool:
    """Whether the answer holds no id at all of any row (names of products, prices by another key): then any row may differ."""
    return not _owners(before, truth)


# -- what a row may be -------------------------------------------------------------------------------------------------------
def _new_key(key: tuple[str, str], after: Any) -> Iterator[str]:
    """An id that the truth does not know must stand on the wire, letter for letter."""
    told = _scalars(after)
    parts = {key[1], *key[1].split(":")}
    if not any(part in told or any(text.endswith("/" + part) for text in told) for part in parts):
        yield f"{key}: an id that stands nowhere in the answer"


_IDENTITY = (
    "remote_id",
    "number",
    "sku",
    "barcode",
    "reference",
    "order_number",
    "quantity",
    "currency",
    "tracking_number",
)


def _changed(key: tuple[str, str], true: Any, row: Any, mutated: Mutated, told: set[str]) -> Iterator[str]:
    old = dict(_fields(true))
    for place, value in _fields(row):
        was = old.get(place)
        if value == was or place not in old:
            continue
        name = place.rpartition(".")[2]
        if name in _IDENTITY and value not in ("", None) and not _stands(value, told):
            yield f"{key}.{place}: {was!r} became {value!r}, which stands nowhere in the answer"
        lost = (
            mutated.kind in DESTROYING
            and name in ("amount", "quantity", "stock")
            and "0" not in told
            and "0.0" not in told
        )
        optional = "discount" in place or "shipping" in place
        if lost and not optional and value == 0 and was not in (0, None):
            yield f"{key}.{place}: {was} became nothing ({mutated.kind})"


def _stands(value: Any, told: set[str]) -> bool:
    text = str(value)
    return text in told or any(text in one or (one and one in text) for one in told)


def _diff(true: Any, row: Any) -> str:
    old = dict(_fields(true))
    return ", ".join(f"{p}: {old.get(p)!r} → {v!r}" for p, v in _fields(row) if old.get(p) != v)[:300]


def _lost(
    missing: list[tuple[str, str]], touched: set[tuple[str, str]], around: list[Place], before: Any, mutated: Mutated
) -> Iterator[str]:
    """Rows that are gone and nobody was told."""
    # A channel that has no label for an order, and a carrier that does not know a parcel, say so by leaving it out.
    missing = [key for key in missing if key[0] not in ("Label", "TrackingReport")]
    innocent = [key for key in missing if key not in touched]
    containers = [p for p in around if _is_container(before, p)]
    if missing and UNREADABLE in (before, tree_of(mutated.answer.body)):
        yield f"{len(missing)} rows gone without a word"
    elif touched and not around and missing and [key for key in missing if key in touched]:
        yield f"{[k for k in missing if k in touched][:3]} gone without a word"
    elif innocent and containers and mutated.kind in ("null", "nulls", "gone"):
        yield f"{len(innocent)} rows gone without a word: {containers[:2]} was lost"


def _is_container(tree: Any, path: Place) -> bool:
    try:
        found = at(tree, path)
    except (KeyError, IndexError, TypeError):
        return False
    return isinstance(found, (list, dict)) and bool(found)


def _outcomes(
    truth: Got, got: Got, error: BaseException | None, known: bool, mutated: Mutated, original: Answer
) -> Iterator[str]:
    """A write ends with one outcome an item or with an error; silence is never a yes."""
    asked = {key for key in truth.rows if key[0] == "Outcome"}
    outcomes = {key: row for key, row in got.rows.items() if key[0] == "Outcome"}
    if error is None and set(outcomes) != asked:
        yield f"asked for {len(asked)} outcomes, got {sorted(outcomes)}"
    for key, one in outcomes.items():
        if one.state in (OutcomeState.REFUSED, OutcomeState.UNKNOWN) and one.message is None:
            yield f"{key}: {one.state} without a reason"
        if one.message is not None and one.message.code not in CODES:
            yield f"{key}: a code that nobody knows: {one.message}"
        if key not in truth.rows:
            yield f"{key}: nobody asked for it"
