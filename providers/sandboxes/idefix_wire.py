"""How idefix speaks: `{"message"}` errors, `yyyy/MM/dd HH:mm:ss` in Turkish time in, ISO with +03:00 out, pages from 1.

Source: reference/marketplaces-tr.md, "## D&R (dr.com.tr) and idefix", and digests of developer.idefix.com.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from providers.sandboxes.exact import ISTANBUL, Form, Refusal, local


def bad(message: str) -> Refusal:
    return Refusal(400, message)


def missing(what: str) -> Refusal:
    return Refusal(404, f"{what} bulunamadı")


FORM = Form(bad)
formed = FORM.formed


def whole(params: Mapping[str, str], name: str, default: int | None, most: int) -> int:
    """From 1 to `most`; past it 422, which is what makes clients fall back to smaller pages. No default: required."""
    raw = params.get(name)
    if raw is None:
        if default is None:
            raise bad(f"{name} zorunludur")
        return default
    if not re.fullmatch(r"\d{1,9}", raw, re.ASCII) or int(raw) < 1:
        raise bad(f"{name} sıfırdan büyük bir tam sayı olmalıdır")
    if int(raw) > most:
        raise Refusal(422, f"{name} en fazla {most} olabilir")
    return int(raw)


def moment(params: Mapping[str, str], name: str) -> int | None:
    """`2026/09/30 23:59:59`, the wall clock of Istanbul, as epoch seconds."""
    raw = params.get(name)
    if raw is None:
        return None
    if re.fullmatch(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d", raw, re.ASCII):
        try:
            return int(datetime.strptime(raw, "%Y/%m/%d %H:%M:%S").replace(tzinfo=ISTANBUL).timestamp())
        except ValueError:
            pass
    raise bad(f"{name} yyyy/MM/dd HH:mm:ss biçiminde olmalıdır")


def stamp(at: int) -> str:
    return local(at, "%Y-%m-%dT%H:%M:%S+03:00")


def page(rows: list[dict[str, Any]], number: int, size: int) -> dict[str, Any]:
    part = rows[(number - 1) * size : number * size]
    return {
        "totalCount": len(rows), "itemCount": len(part), "pageCount": -(-len(rows) // size), "currentPage": number, "limit": size,
        "items": part,
    }  # fmt: skip
