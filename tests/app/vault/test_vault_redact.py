"""Secrets print as dots everywhere, and the redactor finds every form of a vault value."""

from __future__ import annotations

import base64
import io
import json
import logging
import re
import time
import traceback
from collections.abc import Awaitable, Iterator
from html import escape
from pathlib import Path
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from vaulting import PASSWORD, SECRET, new_vault

from app.contracts import DOTS, Secret, Token
from app.vault import RedactFilter, Redactor, Vault, VaultRefused

WRONG = "Yanlış-Parola-42"


async def test_secrets_print_as_dots(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        vault, code = await new_vault(path, recovery=True)
        await vault.put("e", {"k": SECRET})
        await vault.tokens("e").put("t", Token(Secret("tok-" + SECRET)))
        values = await vault.get("e")
        token = await vault.tokens("e").get("t")
        told = f"{values} {values['k']} {values['k']!r} {values['k']:>40} {token} {vault} {vault.__dict__} {code}"
        told += "%s %r" % (values["k"], token)  # noqa: UP031 – this way of printing too
        logging.getLogger("x").info("%s %r %s %s", vault, values, token, code)
    assert code is not None
    for plain in (SECRET, "Değer", "tok-", code.reveal(), PASSWORD.reveal()):
        assert plain not in told
        assert plain not in caplog.text
    assert DOTS in told


async def told_with_locals(call: Awaitable[None]) -> str:
    try:
        await call
    except VaultRefused as refused:
        told = "".join(traceback.TracebackException.from_exception(refused, capture_locals=True).format())
        return told + f"{refused} {refused!r} {refused.params} {refused.__context__!r}"
    return ""


async def test_a_traceback_with_all_locals_shows_no_secret(path: Path) -> None:
    vault, _ = await new_vault(path, recovery=True)
    await vault.put("e", {"k": SECRET})
    assert vault._open is not None
    again = await Vault.open(path)
    told = await told_with_locals(again.unlock_with_password(Secret(WRONG)))
    told += await told_with_locals(again.unlock_with_recovery(Secret("0" * 32)))
    told += await told_with_locals(vault.change_password(Secret(WRONG), Secret("yeni-Parola-43")))
    assert "vault.refused" in told
    assert "vault.recovery_typo" in told
    for plain in (WRONG, SECRET, "0" * 32, "yeni-Parola-43", repr(vault._open.key), repr(WRONG.encode())[2:-1]):
        assert plain not in told


def redactor(*values: str) -> Redactor:
    return Redactor(lambda: values)


FORMS = {
    "plain": lambda v: v,
    "base64": lambda v: base64.b64encode(v.encode()).decode(),
    "basic auth": lambda v: "Basic " + base64.b64encode(f"key:{v}".encode()).decode(),
    "base64 shift 1": lambda v: base64.b64encode(b"x" + v.encode() + b"tail").decode(),
    "base64 shift 2": lambda v: base64.b64encode(b"xx" + v.encode() + b"more").decode(),
    "base64 url": lambda v: base64.urlsafe_b64encode(v.encode()).decode(),
    "base64 unpadded": lambda v: base64.urlsafe_b64encode(v.encode()).decode().rstrip("="),
    "quote": lambda v: quote(v),
    "quote all": lambda v: quote(v, safe=""),
    "quote lower": lambda v: re.sub("%..", lambda hit: hit.group().lower(), quote(v, safe="")),
    "form": lambda v: urlencode({"client_secret": v}),
    "quote plus": lambda v: quote_plus(v),
    "json": lambda v: json.dumps({"k": v}),
    "json utf-8": lambda v: json.dumps({"k": v}, ensure_ascii=False),
    "json with \\/": lambda v: json.dumps({"k": v}).replace("/", "\\/"),
    "json in json": lambda v: json.dumps({"body": json.dumps({"k": v})}),
    "json utf-8 in json": lambda v: json.dumps({"body": json.dumps({"k": v}, ensure_ascii=False)}, ensure_ascii=False),
    "xml": lambda v: f"<a>{escape(v)}</a>",
    "xml text": lambda v: f"<a>{escape(v, quote=False)}</a>",
    "repr": lambda v: repr({"k": v}),
    "repr of bytes": lambda v: repr(v.encode()),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", [SECRET, "s3cr3t-KEY/with+plus==", "Şifre-Öğe 9", "iki\nsatır\tve \x01"])
def test_every_form_is_found(form: str, value: str) -> None:
    text = f"before {FORMS[form](value)} after"
    guard = redactor(value, "another-value")
    assert guard.finds(text)
    clean = guard.redact(text)
    assert DOTS in clean
    assert clean.startswith("before ")
    assert clean.endswith(" after")
    assert not guard.finds(clean)
    for piece in (value, value[:6], value[-6:], FORMS[form](value)):
        assert piece not in clean


def test_the_first_and_last_six() -> None:
    guard = redactor("ABCDEFghijklMNOPQR")
    assert guard.redact("key ABCDEF… ok") == f"key {DOTS}… ok"
    assert guard.redact("key …MNOPQR ok") == f"key …{DOTS} ok"
    assert guard.redact("cut ABCDEFghij| and |jklMNOPQR") == f"cut {DOTS}| and |{DOTS}"
    assert guard.redact("ABCDE and NOPQR stay") == "ABCDE and NOPQR stay"
    assert guard.redact("ABCDEFghijklMNOPQRABCDEFghijklMNOPQR") == DOTS
    assert redactor("şşşğğğüüü").redact(quote("şşşğğğ") + "…") == f"{DOTS}…"


def test_what_is_public_stays_readable() -> None:
    guard = redactor(
        "https://hooks.example.com/T000/B000/abcdef",
        "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\n-----END KEY-----\n",
    )
    assert guard.redact("GET https://api.trendyol.com/ 200") == "GET https://api.trendyol.com/ 200"
    assert guard.redact("-----BEGIN CERTIFICATE-----") == "-----BEGIN CERTIFICATE-----"
    assert guard.redact("x MIIEvQIBADANBgkqhkiG9w0B y") == f"x {DOTS} y"  # one line of a key file
    assert guard.redact("x https://hooks.example.com/T000/B000/abcdef y") == f"x {DOTS} y"
    assert redactor("abc", "").redact("abc abc") == "abc abc"  # too short to be told from text
    assert redactor("aaaaaaaaaaaa").redact("aaaaaaa") == "aaaaaaa"
    assert redactor().redact("anything") == "anything"
    assert redactor("\ud800secret-value").redact("x secret-value") == f"x {DOTS}"


def test_the_patterns_follow_the_vault() -> None:
    values = ["first-value"]
    guard = Redactor(lambda: iter(values))
    assert guard.redact("first-value other-secret") == f"{DOTS} other-secret"
    values[:] = ["other-secret"]
    assert guard.redact("first-value other-secret") == f"first-value {DOTS}"
    values.clear()
    assert guard.redact("other-secret") == "other-secret"


@settings(max_examples=300, deadline=None)
@given(
    value=st.text(st.characters(exclude_categories=["Cs"]), min_size=6, max_size=40),
    before=st.text(max_size=5),
    form=st.sampled_from(sorted(FORMS)),
)
def test_any_value_in_any_form(value: str, before: str, form: str) -> None:
    assume(len(set(value)) > 3)
    coded = FORMS[form](value)
    assert redactor(value).finds(before + coded)
    assert value not in redactor(value).redact(before + coded) or value in DOTS


@pytest.fixture
def lines() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    handler.addFilter(RedactFilter(redactor(SECRET, "tok-123456")))
    logger = logging.getLogger("redact-test")
    logger.propagate = False
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield logger, stream
    logger.removeHandler(handler)


def test_the_log_filter(lines: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = lines
    logger.info("token %s for %d", "tok-123456", 7)
    logger.info("%s", {"k": SECRET})
    logger.info("bad arguments %d", "tok-123456")
    logger.info("plain line")
    try:
        raise RuntimeError("refused: tok-123456")
    except RuntimeError:
        logger.exception("it failed", stack_info=True)
    told = stream.getvalue()
    assert "tok-123456" not in told
    assert "Değer" not in told
    assert f"INFO token {DOTS} for 7\n" in told
    assert "INFO plain line\n" in told
    assert "bad arguments" in told
    assert f"RuntimeError: refused: {DOTS}" in told
    assert "Stack (most recent call last)" in told


def test_extras_of_a_log_record() -> None:
    record = logging.LogRecord("x", logging.INFO, "f", 1, "m", None, None)
    kept = object()
    record.url, record.request, record.other, record.count = "/?t=tok-123456", {"t": "tok-123456"}, kept, 3
    assert RedactFilter(redactor("tok-123456")).filter(record)
    assert record.url == f"/?t={DOTS}"
    assert record.request == f"{{'t': '{DOTS}'}}"
    assert record.other is kept
    assert record.count == 3


async def test_the_vault_feeds_the_redactor(path: Path) -> None:
    vault, _ = await new_vault(path)
    await vault.put("e", {"k": "vault-secret-77"})
    guard = Redactor(vault.values)
    assert guard.redact("x vault-secret-77") == f"x {DOTS}"
    await vault.lock()
    assert guard.redact("x vault-secret-77") == "x vault-secret-77"  # nothing is remembered while locked


def test_it_is_quick_enough_for_a_log_line() -> None:
    """Hundreds of values and a long text in well under a second: patterns are looked up, not tried one by one."""
    guard = redactor(*(base64.b64encode(bytes([n % 256, n // 256] * 12)).decode() + str(n) for n in range(300)))
    guard.redact("warm up")
    text = "GET /orders 200 in 120 ms; page 3 of 40; nothing secret here. " * 2000
    began = time.process_time()  # our own work: other programs' does not count
    assert guard.redact(text) == text
    assert time.process_time() - began < 2
