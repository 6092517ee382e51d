"""Widgets by keyboard alone, and with a name for who cannot see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget

from tests.screens.component_sheet import make_sheet
from tests.support.waiting import PATIENCE_MS
from ui import words
from ui.kit import Operation, Operations, OpState
from ui.theme import COMPACT, Appearance, Scheme
from ui.widgets import (
    Banner,
    BannerPlace,
    Button,
    Chip,
    ConnectionCard,
    EmptyState,
    FilterBar,
    FilterChip,
    FormField,
    IconButton,
    Kpi,
    NavItem,
    Note,
    PageHeader,
    ProgressRow,
    ProgressTray,
    SearchField,
    SecretField,
    Segment,
    Stepper,
    Switch,
    ToastHost,
    ViewTabs,
)

Key = Qt.Key


def pressed(button: QAbstractButton, key: Qt.Key) -> int:
    hits: list[int] = []
    button.clicked.connect(lambda: hits.append(1))
    QTest.keyClick(button, key)
    return len(hits)


@pytest.mark.parametrize("key", [Key.Key_Space, Key.Key_Return])
@pytest.mark.parametrize(
    "make",
    [
        lambda: Kpi("Bugünkü sipariş", "receipt"),
        lambda: NavItem("Siparişler", "receipt"),
        lambda: FilterChip("Kanal: tümü"),
        lambda: Switch("Kilitle"),
    ],
)
def test_painted_buttons_are_pressed_by_key(
    look: Appearance, qtbot: Any, make: Callable[[], QAbstractButton], key: Qt.Key
) -> None:
    button = make()
    qtbot.addWidget(button)
    assert button.accessibleName()
    assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert pressed(button, key) == 1


def test_button_says_why_it_is_off(look: Appearance, qtbot: Any) -> None:
    button = Button("3 etiketi bas", "primary", "printer", "Ctrl+P")
    qtbot.addWidget(button)
    plain = button.sizeHint().width()
    button.disable("Seçili sipariş yok")
    assert not button.isEnabled()
    assert button.toolTip() == "Seçili sipariş yok"
    button.disable("")
    assert button.isEnabled()
    button.setText("1.270 fiyatı gönder")
    assert button.sizeHint().width() > plain
    assert button.accessibleName() == "1.270 fiyatı gönder"
    look.set_density(COMPACT)
    assert button.sizeHint().height() == 28


def test_names_carry_what_colour_carries(look: Appearance, qtbot: Any) -> None:
    item = NavItem("Sağlık", "activity")
    item.set_badge(2, "unhealthy")
    chip = Chip("order.cancelled")
    tile = Kpi("Bugünkü sipariş", "receipt")
    tile.show_figure("36", "8 dünkü aynı saate göre", trend="up")
    banner = Banner("offline", "Çevrimdışı.", "9 iş sırada.")
    steps = Stepper(["Yeni", "Toplandı", "Paketlendi"], 1)
    for one in (item, chip, tile, banner, steps):
        qtbot.addWidget(one)
    assert item.accessibleName() == "Sağlık, 2"
    assert chip.accessibleName() == "İptal edildi"
    assert tile.accessibleName() == "Bugünkü sipariş: 36"
    assert banner.accessibleName() == "Çevrimdışı. 9 iş sırada."
    assert steps.accessibleDescription() == "Yeni: bitti, Toplandı: şimdi, Paketlendi: sırada"


def test_segment_walks_by_arrows(look: Appearance, qtbot: Any) -> None:
    segment = Segment("Ne", [("price", "Fiyat"), ("stock", "Stok"), ("campaign", "Kampanya")])
    qtbot.addWidget(segment)
    seen: list[str] = []
    segment.chosen.connect(seen.append)
    QTest.keyClick(segment, Key.Key_Right)
    QTest.keyClick(segment, Key.Key_Left)
    QTest.keyClick(segment, Key.Key_Left)
    assert seen == ["stock", "price", "campaign"]
    assert segment.accessibleName() == "Ne: Kampanya"
    with pytest.raises(ValueError, match="no such option"):
        segment.set_value("x")


def test_filter_chip_is_removed_by_key_and_mouse(look: Appearance, qtbot: Any) -> None:
    chip = FilterChip("Kanal: N11")
    qtbot.addWidget(chip)
    chip.resize(chip.sizeHint())
    removed: list[int] = []
    chip.removed.connect(lambda: removed.append(1))
    QTest.keyClick(chip, Key.Key_Delete)
    QTest.mouseClick(
        chip,
        Qt.MouseButton.LeftButton,
        pos=chip.rect().center() + (chip.rect().topRight() - chip.rect().center()) * 0.8,
    )
    assert len(removed) == 2


def test_filter_bar_clears_from_two_on_and_folds_when_narrow(look: Appearance, qtbot: Any) -> None:
    bar = FilterBar("No, ad, SKU")
    qtbot.addWidget(bar)
    removed: list[str] = []
    bar.filter_removed.connect(removed.append)
    bar.set_filters([("a", "Kanal: N11", True)])
    assert bar._clear.isHidden()
    bar.set_narrow(True)
    bar.set_filters([("a", "Kanal: N11", True), ("b", "İl: Muş", True), ("c", "Süre", True)])
    assert not bar._clear.isHidden()
    assert bar._more.text() == "+1 filtre"
    QTest.keyClick(bar.findChildren(FilterChip)[-1], Key.Key_Backspace)
    assert removed == ["b"]


def test_view_tabs_walk(look: Appearance, qtbot: Any) -> None:
    tabs = ViewTabs([("open", "Açık"), ("all", "Tümü")])
    qtbot.addWidget(tabs)
    tabs.set_count("open", 42)
    seen: list[str] = []
    tabs.chosen.connect(seen.append)
    QTest.keyClick(tabs, Key.Key_Right)
    assert seen == ["all"]
    assert tabs.current == "all"


def test_field_shows_trouble_in_words_and_shape(look: Appearance, qtbot: Any) -> None:
    edit = QLineEdit("2005")
    field = FormField("Gönderen posta kodu", edit, hint="5 rakam")
    qtbot.addWidget(field)
    field.resize(300, 90)
    calm = field.grab().toImage()
    assert edit.accessibleName() == "Gönderen posta kodu"
    field.set_trouble("5 rakam yazın, ör. 20050")
    assert edit.accessibleDescription() == "5 rakam yazın, ör. 20050"
    assert field.trouble == "5 rakam yazın, ör. 20050"
    assert field.grab().toImage() != calm
    field.set_trouble("")
    assert field.trouble == ""
    assert edit.accessibleDescription() == "5 rakam"


def test_secret_is_dots_until_the_eye_is_pressed(look: Appearance, qtbot: Any) -> None:
    field = SecretField()
    qtbot.addWidget(field)
    trimmed: list[int] = []
    field.trimmed.connect(trimmed.append)
    QApplication.clipboard().setText("  abc \n")
    eye, paste = field.findChildren(IconButton)
    assert (eye.accessibleName(), paste.accessibleName()) == ("Göster", "Yapıştır")
    paste.click()
    assert field.text() == "abc"
    assert trimmed == [4]
    assert field.edit.displayText() == "•••"
    assert not field.edit.text().startswith("•")
    eye.click()
    assert field.edit.echoMode() == QLineEdit.EchoMode.Normal
    assert eye.accessibleName() == "Gizle"


def test_search_waits_for_a_pause(look: Appearance, qtbot: Any) -> None:
    field = SearchField("No, ad, SKU")
    qtbot.addWidget(field)
    seen: list[str] = []
    field.searched.connect(seen.append)
    QTest.keyClicks(field.edit, "nevresim")
    assert seen == []
    qtbot.waitUntil(lambda: seen == ["nevresim"], timeout=PATIENCE_MS)


def test_only_the_banner_of_the_highest_rank_is_shown(look: Appearance, qtbot: Any) -> None:
    place = BannerPlace()
    qtbot.addWidget(place)
    assert place.isHidden()
    place.put(Banner("rehearsal", "Prova."))
    place.put(Banner("offline", "Çevrimdışı."))
    place.put(Banner("frozen", "Donduruldu."))
    assert place.shown() == "offline"
    place.take("offline")
    assert place.shown() == "frozen"
    place.take("frozen")
    place.take("rehearsal")
    assert place.isHidden()


def test_toasts_are_three_at_most_and_errors_stay(look: Appearance, qtbot: Any) -> None:
    content = QWidget()
    qtbot.addWidget(content)
    content.resize(900, 600)
    content.show()
    host = ToastHost(content)
    undone: list[int] = []
    first = host.show("unhealthy", "3 satır reddedildi")
    assert first.stay_ms == 0
    second = host.show("healthy", "1.270 fiyat sıraya girdi", "Trendyol 742", "Geri al", lambda: undone.append(1))
    assert second.stay_ms == 10_000
    assert host.show("healthy", "Bitti").stay_ms == 6_000
    host.show("healthy", "Dördüncü")
    assert len(host.toasts) == 3
    assert first in host.toasts
    assert second not in host.toasts
    boxes = [t.geometry() for t in host.toasts]
    assert all(a.bottom() > b.top() for a, b in zip(boxes[1:], boxes, strict=False))
    again = host.show("healthy", "1.270 fiyat sıraya girdi", "", "Geri al", lambda: undone.append(1))
    again._action.click()
    assert undone == [1]
    assert again not in host.toasts
    QTest.keyClick(host.toasts[0], Key.Key_Escape)
    assert first not in host.toasts


def test_page_header_holds_one_primary_and_two_plain(look: Appearance, qtbot: Any) -> None:
    header = PageHeader("Siparişler", "42 sipariş")
    qtbot.addWidget(header)
    header.set_primary(Button("3 etiketi bas", "primary"))
    header.add_plain(Button("Bir"))
    header.add_plain(Button("İki"))
    with pytest.raises(ValueError, match="two plain"):
        header.add_plain(Button("Üç"))
    with pytest.raises(ValueError, match="one primary"):
        header.set_primary(Button("x", "primary"))


def test_tray_shows_work_and_keeps_failures(look: Appearance, qtbot: Any) -> None:
    operations = Operations()
    tray = ProgressTray(operations)
    qtbot.addWidget(tray)
    assert tray.isHidden()
    clock = iter([0.0] + [5.0] * 999).__next__
    one = Operation("Fiyat gönderimi", "Trendyol", 1270, clock=clock)
    one.advance(742)
    operations.add(one)
    assert not tray.isHidden()
    assert tray.accessibleName() == "İşler sürüyor: Fiyat gönderimi"
    assert tray.accessibleDescription() == "742 / 1.270"
    row = ProgressRow(one, operations)
    qtbot.addWidget(row)
    one.state = OpState.FAILED
    one.changed.emit()
    assert "durdu" in row.accessibleName()
    row._cancel.click()
    assert operations.items == []
    assert tray.isHidden()


def test_cards_say_what_they_are(look: Appearance, qtbot: Any) -> None:
    card = ConnectionCard("hepsiburada", "Hepsiburada", "Nar Çiçeği")
    empty = EmptyState("receipt", "Sipariş yok", "Yarına 19 sipariş var.")
    note = Note("degraded", "Sunucuları yavaş.", "6,2 sn", ("Kanıt",))
    for one in (card, empty, note):
        qtbot.addWidget(one)
    asked: list[int] = []
    card.test_asked.connect(lambda: asked.append(1))
    card.show_state("degraded", "Sunucuları yavaş: 6,2 sn, hedef 5 sn.", "13:58", "%99,82", "süresiz")
    next(b for b in card.findChildren(Button) if b.text() == "Sına").click()
    assert asked == [1]
    assert card.accessibleDescription() == "Sunucuları yavaş: 6,2 sn, hedef 5 sn."
    assert empty.accessibleName() == "Sipariş yok"
    assert note.button(0).accessibleName() == "Kanıt"


def distinct(picture: QImage) -> int:
    return len({picture.pixel(x, y) for x in range(0, picture.width(), 3) for y in range(0, picture.height(), 3)})


@pytest.mark.parametrize("language", ["tr", "xx"])
@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK, Scheme.CONTRAST])
def test_component_sheet_is_drawn(look: Appearance, qtbot: Any, tmp_path: Any, scheme: Scheme, language: str) -> None:
    words.choose(language)
    look.set_scheme(scheme)
    sheet = make_sheet()
    qtbot.addWidget(sheet)
    sheet.show()
    picture = sheet.grab()
    assert picture.save(str(tmp_path / f"{scheme}.png"))
    image = picture.toImage()
    assert distinct(image) > 200
    assert image.pixelColor(2, 2).name().upper() == look.theme.window


def test_every_control_of_the_sheet_has_a_name_and_the_keyboard(look: Appearance, qtbot: Any) -> None:
    sheet = make_sheet()
    qtbot.addWidget(sheet)
    controls = [w for w in sheet.findChildren(QWidget) if isinstance(w, QAbstractButton | QLineEdit | Segment)]
    controls = [w for w in controls if not w.objectName().startswith("qt_") and not w.isHidden()]
    assert len(controls) > 40
    nameless = [w for w in controls if not w.accessibleName() and not getattr(w, "text", str)()]
    assert nameless == []
    deaf = [w for w in controls if not w.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert deaf == []
