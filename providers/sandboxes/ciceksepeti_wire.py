"""How ÇiçekSepeti speaks: bodies checked field by field, `{"Message"}` errors, ISO dates in, split dd/MM/yyyy and HH:mm out.

Source: reference/marketplaces-tr.md, "## ÇiçekSepeti" (Operations, Rate limits, Errors) and the digest of ciceksepeti.dev that it names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from providers.sandboxes import exact
from providers.sandboxes.exact import ISTANBUL, Call, Form, local

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?(Z|[+-]\d\d:\d\d)?", re.ASCII)


class Refusal(exact.Refusal):
    key = "Message"


def bad(message: str) -> Refusal:
    return Refusal(400, message)


def missing(what: str) -> Refusal:
    return Refusal(404, f"{what} bulunamadı")


FORM = Form(bad)
whole = FORM.whole


def sameness(call: Call) -> str:
    """What makes two requests the same one: the query in any order, the body in any spelling of the same JSON."""
    try:
        body = json.dumps(json.loads(call.body), sort_keys=True) if call.body else ""
    except ValueError:
        body = repr(call.body)
    return f"{sorted(call.path.items())}{sorted(call.query)}{body}"


def rows_of(body: dict[str, Any], name: str, spec: Mapping[str, str], most: int = 0) -> list[dict[str, Any]]:
    """The objects in the list `name`, one at least, each of the form `spec`."""
    rows: list[dict[str, Any]] = body[name]
    if not rows:
        raise bad(f"{name} boş olamaz")
    if most and len(rows) > most:
        raise bad(f"Tek istekte en fazla {most} kayıt gönderilebilir")
    for row in rows:
        FORM.formed(row, spec)
    return rows


def moment(body: Mapping[str, Any], name: str) -> float | None:
    """An ISO date and time; without an offset it is the wall clock of Istanbul. Epoch seconds."""
    raw = body.get(name)
    if raw is None:
        return None
    if _MOMENT.fullmatch(raw):
        try:
            at = datetime.fromisoformat(raw)
        except ValueError:
            pass
        else:
            return (at if at.tzinfo else at.replace(tzinfo=ISTANBUL)).timestamp()
    raise bad(f"{name} geçerli bir tarih değil")


def span(body: Mapping[str, Any], begin: str, end: str, longest: int, words: str) -> tuple[float, float] | None:
    """Both ends or none; not the wrong way round and not wider than `longest` seconds."""
    since, until = moment(body, begin), moment(body, end)
    if since is None and until is None:
        return None
    if since is None or until is None:
        raise bad(f"{begin} ve {end} birlikte gönderilmelidir")
    if since > until:
        raise bad(f"{begin}, {end} tarihinden büyük olamaz")
    if until - since > longest:
        raise bad(f"Tarih aralığı en fazla {words} olabilir")
    return since, until


def page_of(body: Mapping[str, Any]) -> tuple[int, int]:
    """(page from 0, page size up to 100)."""
    page, size = body["page"], body["pageSize"]
    if page < 0 or not 1 <= size <= 100:
        raise bad("page 0'dan başlar, pageSize 1 ile 100 arasında olmalıdır")
    return page, size


def day(at: int) -> str:
    return local(at, "%d/%m/%Y")


def clock(at: int) -> str:
    return local(at, "%H:%M")
