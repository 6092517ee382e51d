"""Every message code and every word key that the core uses stands in both languages, with the same parameters."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.api.answers import sentence
from app.contracts import CODES, Message
from app.formats.words import LANGUAGES, Words, parameters

ROOT = Path(__file__).resolve().parents[3]
KEY = re.compile(r"""words\(\s*(f?)["']([a-z_.{}\[\]'"A-Za-z0-9]+?)["'][,)]""")
STORE = re.compile(r'"(store\.[a-z_]+)"')


@pytest.fixture(scope="module", params=LANGUAGES)
def words(request):
    return Words.load(request.param)


def test_every_code_has_what_happened_and_what_to_do(words):
    for code in CODES:
        assert words.has(f"message.{code}.text"), code
        assert words.has(f"message.{code}.next"), code


def test_no_words_for_codes_that_do_not_exist(words):
    for key in words.texts:
        if key.startswith("message.") and key.endswith((".text", ".next")):
            assert key.removeprefix("message.").rpartition(".")[0] in CODES, key


def test_every_key_in_the_core_exists(words):
    for path in (ROOT / "app").rglob("*.py"):
        for dynamic, key in KEY.findall(path.read_text(encoding="utf-8")):
            if not dynamic:
                assert words.has(key), f"{path.name}: {key}"


def test_every_key_of_the_store_exists(words):
    for path in (ROOT / "app/store").glob("*.py"):
        for key in STORE.findall(path.read_text(encoding="utf-8")):
            if key not in ("store.sqlite",):
                assert words.has(key), f"{path.name}: {key}"


def test_both_languages_have_the_same_keys_and_parameters():
    tr, en = (Words.load(language).texts for language in LANGUAGES)
    assert set(tr) == set(en)
    for key, text in tr.items():
        assert parameters(text) == parameters(en[key]), key


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_message_with_nothing_in_it_still_reads_well(words, code):
    text = sentence(words, Message(code), "Dükkân")
    assert text.startswith("Dükkân: ")
    assert "{" not in text
    assert "⟦" not in text


def test_where_what_and_what_to_do(words):
    message = Message("auth.refused", {"connection": "Trendyol", "operation": "orders"}, vendor_text="Yetkisiz")
    text = sentence(words, message)
    assert text.startswith("Trendyol · ")
    assert "Yetkisiz" in text
