"""File names from order numbers and shop names are safe everywhere."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats.names import safe_file_name


@pytest.mark.parametrize(
    ("text", "name"),
    [("7330118405", "7330118405.pdf"), ("#1001/2", "#1001-2.pdf"), ("../../etc/passwd", "etc-passwd.pdf"),
     ("C:\\temp\\a", "C-temp-a.pdf"), ("NUL", "paxzar-NUL.pdf"), ("com1.txt", "paxzar-com1.txt.pdf"), ("COM¹", "paxzar-COM¹.pdf"),
     ("", "paxzar.pdf"), ("...", "paxzar.pdf"), ("Ayşe’nin Çantası ", "Ayşe’nin Çantası.pdf"), ("a\u202egpj.exe", "a gpj.exe.pdf"),
     ("a\nb\x00c", "a b c.pdf"), ("-rf", "rf.pdf"), ("~root", "root.pdf"), ("consol", "consol.pdf")],
)  # fmt: skip
def test_known_traps(text, name):
    assert safe_file_name(text, ".pdf") == name


@given(st.text(max_size=300))
def test_any_text_is_one_plain_name(text):
    name = safe_file_name(text, ".pdf")
    assert PureWindowsPath(name).name == name == PurePosixPath(name).name
    assert not PureWindowsPath(name).is_reserved() if hasattr(PureWindowsPath, "is_reserved") else True
    assert 0 < len(name.encode()) <= 140
    assert name == name.strip()
    assert name.isprintable()
