"""Rules as data: what is kept of the merchant's changes, thresholds as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats.words import Words
from app.monitor.alerting.channels import FIELDS
from app.monitor.alerting.courier import TEST
from app.monitor.alerting.rules import (
    EVENTS,
    RULES,
    AlertError,
    Severity,
    checked_rule,
    read_span,
    read_threshold,
    rules_of,
    typed_threshold,
)


def test_what_is_kept_are_differences_and_nonsense_is_left_out() -> None:
    kept = {
        "alerts.rule.slow.threshold": 150, "alerts.rule.slow.on": False, "alerts.rule.slow.severity": "high",
        "alerts.rule.offline.threshold": -5, "alerts.rule.offline.on": 1, "alerts.rule.offline.severity": "loud",
        "alerts.rule.disk_low.threshold": True, "alerts.rule.gone.on": False,
    }  # fmt: skip
    found = rules_of(kept)
    assert (found["slow"].threshold, found["slow"].on, found["slow"].severity) == (150, False, Severity.HIGH)
    assert {name: rule for name, rule in found.items() if name != "slow"} == {
        name: rule for name, rule in RULES.items() if name != "slow"
    }


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("90s", 90),
        ("15m", 900),
        ("15 dk", 900),
        ("2h", 7200),
        ("2sa", 7200),
        ("3d", 259_200),
        ("3gün", 259_200),
    ],
)
def test_spans_as_people_type_them(text: str, seconds: int) -> None:
    assert read_span(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "2x", "-5", "1.5h", "2h30m", "٣h"])
def test_what_is_no_span(text: str) -> None:
    with pytest.raises(AlertError, match=r"alerts\.bad_span"):
        read_span(text)


def test_thresholds_by_unit() -> None:
    assert read_threshold(RULES["availability"], "%99,95") == 9995
    assert read_threshold(RULES["availability"], "99.9") == 9990
    assert read_threshold(RULES["disk_low"], "500 MB") == read_threshold(RULES["disk_low"], "500") == 500
    assert read_threshold(RULES["key_ends"], "7 gün") == 7
    assert read_threshold(RULES["slow"], "%150") == read_threshold(RULES["slow"], "150 %") == 150
    assert read_threshold(RULES["outbox_stuck"], "20m") == 1200
    for name, text in (
        ("availability", "99.999"),
        ("availability", "NaN"),
        ("disk_low", "5.5"),
        ("disk_low", "5 GB"),
        ("key_ends", "%7"),
        ("disk_low", "٥"),
    ):
        with pytest.raises(AlertError, match=r"alerts\.bad_number"):
            read_threshold(RULES[name], text)


@given(st.sampled_from(sorted(RULES)), st.data(), st.sampled_from(["tr", "en"]))
def test_what_is_shown_for_typing_reads_back(name: str, data: st.DataObject, language: str) -> None:
    import msgspec

    rule = RULES[name]
    rule = msgspec.structs.replace(rule, threshold=data.draw(st.integers(rule.least, rule.most)))
    assert read_threshold(rule, typed_threshold(rule, language)) == rule.threshold


def test_bounds_and_names() -> None:
    with pytest.raises(AlertError, match=r"alerts\.no_rule"):
        checked_rule("nothing", None)
    with pytest.raises(AlertError, match=r"alerts\.bad_threshold"):
        checked_rule("slow", 1)
    assert checked_rule("slow", 100) is RULES["slow"]
    for rule in RULES.values():
        assert rule.least <= rule.threshold <= rule.most, rule.name
    # Looked at every 30 s: on within 120 s of the first failed call.
    assert RULES["connection_down"].wait_s + 30 <= 120
    assert RULES["key_refused"].wait_s + 30 <= 120


def test_severities_rank() -> None:
    assert Severity.CRITICAL.reaches(Severity.HIGH)
    assert Severity.HIGH.reaches(Severity.HIGH)
    assert not Severity.LOW.reaches(Severity.MEDIUM)


@pytest.mark.parametrize("language", ["tr", "en"])
def test_every_rule_channel_and_field_has_its_words(language: str) -> None:
    words = Words.load(language)
    wanted = [f"alerts.{part}.{name}" for name in RULES for part in ("rule", "rule_text", "title")]
    wanted += [f"alerts.severity.{one}" for one in Severity]
    wanted += [f"alerts.{part}.{name}" for name in FIELDS for part in ("channel", "channel_text")]
    wanted += [
        f"alerts.{part}.{f.key}" for fields in FIELDS.values() for f in fields for part in ("field", "field_hint")
    ]
    wanted += [f"alerts.security.{way}" for f in FIELDS["email"] for way in f.choices]
    assert [key for key in wanted if not words.has(key)] == []
    assert set(EVENTS) <= set(RULES)
    assert words(f"alerts.{TEST}.title")
