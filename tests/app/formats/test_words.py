"""The catalogue: both languages hold the same keys and parameters; plurals, numbers, suffixes, pseudo-locale."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from app.formats.words import Words
from ui import words
from ui.paths import WORDS
from ui.words import WordsError, flatten, parameters, pseudo, read_folder


def test_both_languages_hold_the_same_keys_and_parameters() -> None:
    turkish, english = read_folder(WORDS, "tr"), read_folder(WORDS, "en")
    assert set(turkish) == set(english)
    unlike = {k for k in turkish if parameters(turkish[k]) != parameters(english[k])}
    assert unlike == set()


def test_plurals_have_both_forms_in_english_and_no_text_is_empty() -> None:
    turkish, english = read_folder(WORDS, "tr"), read_folder(WORDS, "en")
    for key, text in english.items():
        forms = text.values() if isinstance(text, dict) else (text,)
        assert all(form.strip() for form in forms), key
        if isinstance(text, dict):
            assert set(text) == {"one", "other"}, key
        assert isinstance(turkish[key], dict) == isinstance(text, dict), key


def test_no_typed_suffix_after_a_parameter() -> None:
    bad = [
        k
        for k, v in read_folder(WORDS, "tr").items()
        for f in (v.values() if isinstance(v, dict) else (v,))
        if "}’" in f or "}'" in f
    ]
    assert bad == []


def catalogue(language: str, tmp_path: Path) -> Words:
    (tmp_path / "x_tr.toml").write_text(
        '[a]\nprint = {other = "{count} etiketi bas"}\nuntil = "{time:+dat} kadar"\nconnect = "{name:+acc} bağla"\n',
        "utf-8",
    )
    (tmp_path / "x_en.toml").write_text(
        '[a]\nprint = {one = "Print {count} label", other = "Print {count} labels"}\nuntil = "until {time:+dat}"\n'
        'connect = "Connect {name:+acc}"\n',
        "utf-8",
    )
    return Words.load(language, tmp_path)


def test_texts_with_parameters(tmp_path: Path) -> None:
    tr, en = catalogue("tr", tmp_path), catalogue("en", tmp_path)
    assert tr("a.print", count=1270) == "1.270 etiketi bas"
    assert en("a.print", count=1) == "Print 1 label"
    assert en("a.print", count=1270) == "Print 1,270 labels"
    assert tr("a.until", time="16:00") == "16:00’ya kadar"
    assert en("a.until", time="16:00") == "until 16:00"
    assert tr("a.connect", name="N11") == "N11’i bağla"
    assert "{time}" in tr("a.until")
    assert tr("a.until", time="—") == "— kadar"
    assert tr("a.nothing") == "⟦a.nothing⟧"
    assert tr("a.print", count=Decimal("4.5")) == "4,5 etiketi bas"


def test_pseudo_locale_keeps_parameters_and_is_longer(tmp_path: Path) -> None:
    made = catalogue("xx", tmp_path)
    assert made("a.print", count=3) != "3 etiketi bas"
    assert "3" in made("a.print", count=3)
    assert "16:00’ya" in made("a.until", time="16:00")
    assert len(pseudo("Etiketleri bas")) > 1.3 * len("Etiketleri bas")
    assert parameters(pseudo("{count} iş {name:+acc}")) == {"count", "name"}


def test_every_text_of_the_program_can_be_written_in_all_three() -> None:
    for language in ("tr", "en", "xx"):
        made = Words.load(language)
        for key, text in made.texts.items():
            params = dict.fromkeys(parameters(text), "Trendyol") | {"count": 2}
            written = made(key, **params)
            assert "{" not in written, key
            assert "⟦" not in written, key


def test_wrong_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WordsError):
        flatten({"a": {"b": 3}})
    (tmp_path / "a_tr.toml").write_text('[a]\nb = "x"\n', "utf-8")
    (tmp_path / "b_tr.toml").write_text('[a]\nb = "y"\n', "utf-8")
    with pytest.raises(WordsError, match=r"a\.b"):
        read_folder(tmp_path, "tr")


def test_language_can_be_chosen() -> None:
    assert words.choose("en").language == "en"
    assert words.t("nav.orders") == "Orders"
    assert words.figures().language == "en"
    words.choose("tr")
    assert words.t("nav.orders") == "Siparişler"
    assert words.system_language() in ("tr", "en")
