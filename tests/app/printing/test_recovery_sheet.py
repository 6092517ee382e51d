"""The recovery sheet: the code in its QR and in its text opens the vault; it is written for its owner only, whole or not."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp

from app.contracts import Secret
from app.formats.words import Words
from app.printing.recovery_sheet import draw_sheet, sheet_words, write_sheet
from app.vault import Profile, Vault

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("language", ["tr", "en"])
async def test_the_sheet_opens_the_vault(tmp_path: Path, language: str) -> None:
    vault, code = await Vault.create(tmp_path / "v", keyring=None, password=None, recovery=True, profile=Profile.TEST)
    assert code is not None
    words = Words.load(language)
    path = tmp_path / "new" / "kurtarma.pdf"
    write_sheet(path, code, sheet_words(words, vault.id, NOW))
    page = pypdfium2.PdfDocument(path)[0]
    assert [round(size / 72 * 25.4) for size in page.get_size()] == [210, 297]
    (found,) = zxingcpp.read_barcodes(page.render(scale=100 / 72).to_pil())
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    again = await Vault.open(tmp_path / "v")
    await again.unlock_with_recovery(Secret(found.text))
    text = page.get_textpage().get_text_range()
    for pair in code.reveal().split("-"):
        assert pair in text
    assert vault.id[:8] in text
    assert vault.id not in text
    assert words("keys.sheet.warning").split()[0] in text
    assert "\ufffd" not in text
    if language == "tr":
        assert "Kâğıdı" in text


def test_same_code_same_bytes_and_embedded_fonts() -> None:
    words = sheet_words(Words.load("tr"), "ab" * 16, NOW)
    code = Secret("8AN0-S3VW-XC5H-67PS-47KJ-PVQV-N8N5-6P3B")
    data = draw_sheet(code, words)
    assert data == draw_sheet(code, words)
    assert data.count(b"/FontFile2") >= 2


def test_for_its_owner_only_and_not_over_another(tmp_path: Path) -> None:
    path, words = tmp_path / "s.pdf", sheet_words(Words.load("en"), "ab" * 16, NOW)
    write_sheet(path, Secret("AAAA-BBBB"), words)
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        write_sheet(path, Secret("CCCC-DDDD"), words)
    assert path.read_bytes() == before
    write_sheet(path, Secret("CCCC-DDDD"), words, replace=True)
    assert path.read_bytes() != before
    assert [p.name for p in tmp_path.iterdir()] == ["s.pdf"], "neither a temp file nor a copy of the former code"
