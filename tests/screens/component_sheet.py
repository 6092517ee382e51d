"""Every component on one sheet, to look at: `python tests/screens/component_sheet.py OUT.png [light|dark|contrast] [tr|en|xx]`.

Not a test; `tests/ui/test_sheet.py` renders the same sheet and checks that it is not blank.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from tests.screens.sheet_table import diff_table, wall_table
from ui import words
from ui.kit import Operation, Operations
from ui.theme import Scheme, appearance
from ui.widgets import (
    Banner,
    Button,
    Card,
    Chip,
    ConnectionCard,
    EmptyState,
    FilterChip,
    FormField,
    IconButton,
    Kpi,
    NavItem,
    Note,
    PageHeader,
    ProgressRow,
    ProgressTray,
    SecretField,
    Segment,
    Stepper,
    Switch,
    Text,
    Toast,
    ViewTabs,
    WorkspaceSwitch,
)


def row(*parts: QWidget, stretch: bool = True) -> QHBoxLayout:
    made = QHBoxLayout()
    made.setSpacing(8)
    for part in parts:
        made.addWidget(part)
    if stretch:
        made.addStretch(1)
    return made


def buttons() -> Card:
    card = Card("Düğmeler")
    card.body.addLayout(
        row(
            Button("Etiket bas", "primary", "printer", "L"),
            Button("Filtrele", icon="funnel"),
            Button("Vazgeç", "quiet"),
            Button("Verileri sil…", "danger"),
        )
    )
    off = Button("Kapalı")
    off.disable("Seçili sipariş yok")
    card.body.addLayout(
        row(
            Button("Odakta", "primary"),
            off,
            Button("Küçük", small=True),
            IconButton("columns", "Sütunlar", small=True),
            Button("23 siparişin tümü", "link", trailing="arrow-right"),
        )
    )
    return card


def fields() -> Card:
    card = Card("Alanlar")
    first = QLineEdit("884201")
    secret = SecretField()
    secret.setText("abcdefghij")
    card.body.addLayout(row(FormField("Satıcı ID", first), FormField("API Secret", secret), stretch=False))
    bad = FormField("Gönderen posta kodu", QLineEdit("2005"))
    bad.set_trouble("5 rakam yazın, ör. 20050")
    card.body.addWidget(bad)
    choice = QComboBox()
    choice.addItems(["15 dakika", "30 dakika"])
    choice.setAccessibleName("Boşta kalınca kilitle")
    card.body.addWidget(choice)
    ticked, part, empty = QCheckBox("Seçili"), QCheckBox("Karışık"), QCheckBox("Boş")
    ticked.setChecked(True)
    part.setTristate(True)
    part.setCheckState(Qt.CheckState.PartiallyChecked)
    live, rehearsal = QRadioButton("Canlı"), QRadioButton("Prova")
    live.setChecked(True)
    card.body.addLayout(row(ticked, part, empty, live, rehearsal, Switch("Kilitle", True), Switch("Kilitle")))
    segment = Segment("Ne", [("price", "Fiyat"), ("stock", "Stok"), ("campaign", "Kampanya")])
    card.body.addLayout(row(segment, FilterChip("Kategori: Ev tekstili"), FilterChip("Kanal: tümü", removable=False)))
    return card


def states() -> Card:
    card = Card("Durum")
    card.body.addLayout(row(*(Chip(s) for s in ("healthy", "degraded", "unhealthy", "offline"))))
    card.body.addLayout(row(*(Chip(s) for s in ("paused", "rehearsal", "frozen", "info"))))
    card.body.addLayout(row(*(Chip(f"order.{s}") for s in ("new", "picked", "packed", "shipped"))))
    for level, text in (
        ("critical", "Satış duruyor. Ses, masaüstü ve e-posta"),
        ("high", "Bir bağlantı çalışmıyor. Masaüstü ve e-posta"),
        ("medium", "Yavaşladı ya da bir kayıt takıldı. Masaüstü"),
        ("low", "Yaklaşan iş. Yalnız listede"),
    ):
        card.body.addLayout(row(Chip(f"severity.{level}"), Text(text, "body", "text_2")))
    return card


def old_new() -> Card:
    card = Card("Eski → yeni")
    table = diff_table()
    table.horizontalHeader().hide()
    table.setMinimumHeight(206)
    card.body.addWidget(table)
    return card


def banners() -> Card:
    card = Card("Şeritler")
    card.body.addWidget(Banner("offline", "Çevrimdışı.", "Veriler 13:43 tarihli. 9 iş sırada.", rounded=True))
    card.body.addWidget(Banner("rehearsal", "Prova.", "Gerçek mağazaya bir şey gitmez.", rounded=True))
    card.body.addWidget(Banner("frozen", "Gönderim donduruldu.", "1.270 fiyat bekliyor.", "Çöz", rounded=True))
    note = Note(
        "degraded", "Sunucuları yavaş.", "6,2 sn, hedef 5 sn. Gönderimler sırada bekliyor.", ("Kanıt", "Ertele")
    )
    card.body.addWidget(note)
    return card


def toasts() -> Card:
    card = Card("Bildirim balonu ve geri al")
    card.body.setSpacing(0)
    first = Toast("healthy", "1.270 fiyat sıraya girdi", "Trendyol 742, Hepsiburada 311, diğer 217", "Geri al")
    second = Toast("degraded", "3 satır reddedildi", "N11: “fiyat tabanın altında”. Satırlar işaretlendi.", "Göster")
    card.body.addWidget(first)
    card.body.addWidget(second)
    return card


class _Still(Operation):
    def left(self) -> timedelta | None:
        return timedelta(seconds=41) if self.running and self.total > 100 else None


def tray(keep: list[object]) -> Card:
    card = Card("İş tepsisi")
    operations = Operations()
    keep.append(operations)
    for title, note, done, total, failed in (
        ("Fiyat gönderimi", "Trendyol", 742, 1270, False),
        ("Siparişleri çek", "6 bağlantı", 3, 6, False),
        ("Etiket basımı", "Depo Zebra", 72, 300, True),
    ):
        one = _Still(title, note, total, clock=iter([0.0] + [5.0] * 999).__next__)
        one.advance(done)
        if failed:
            from ui.kit import OpState

            one.state = OpState.FAILED
        operations.add(one)
        keep.append(one)
        card.body.addWidget(ProgressRow(one, operations))
    sidebar = QWidget()
    sidebar.setProperty("box", "sidebar")
    sidebar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    column = QVBoxLayout(sidebar)
    column.setSpacing(2)
    column.addWidget(WorkspaceSwitch("Nar Çiçeği Ev", "8 bağlantı"))
    today = NavItem("Bugün", "sun-horizon")
    today.setChecked(True)
    orders = NavItem("Siparişler", "receipt")
    orders.set_badge(23)
    health = NavItem("Sağlık", "activity")
    health.set_badge(2, "unhealthy")
    settings = NavItem("Ayarlar", "gear-six", "Ctrl+,")
    for item in (today, orders, health, settings):
        column.addWidget(item)
    column.addWidget(ProgressTray(operations))
    sidebar.setFixedWidth(212)
    card.body.addWidget(sidebar)
    return card


def right_column() -> list[QWidget]:
    connection = ConnectionCard("hepsiburada", "Hepsiburada", "Nar Çiçeği")
    connection.show_state("degraded", "Sunucuları yavaş: 6,2 sn, hedef 5 sn.", "13:58", "%99,82", "süresiz")
    tile = Kpi("Bugünkü sipariş", "receipt")
    tile.show_figure("36", "8 dünkü aynı saate göre", bars=(4, 4, 3, 3, 3, 5, 7), trend="up")
    due = Kpi("Bugün çıkmalı", "timer")
    due.show_figure("23", "6 hazır · 14’ü 16:00’ya kadar", share=0.26)
    tiles = QWidget()
    tiles.setLayout(row(due, tile, stretch=False))
    tiles.layout().setContentsMargins(0, 0, 0, 0)
    path = Card("Yol")
    path.body.addWidget(Stepper(["Yeni", "Toplandı", "Paketlendi", "Kargoda", "Teslim"], 1))
    path.body.addSpacing(6)
    path.body.addWidget(
        Stepper(
            [("Dil", "Türkçe"), ("Anahtarlarınızı koruyun", "Kasa nasıl açılsın?"), ("Kurtarma", "Saklayın")],
            1,
            vertical=True,
        )
    )
    empty = Card("Boş durum")
    empty.body.addWidget(
        EmptyState(
            "receipt",
            "Bugün çıkması gereken sipariş yok",
            "Sıradaki eşitleme 14:05’te. Yarına 19 sipariş var.",
            Button("Yarınki siparişler"),
            Button("Şimdi eşitle", "primary"),
        )
    )
    wall = Card("Duvar", padded=False)
    table = wall_table()
    table.setMinimumHeight(120)
    wall.body.addWidget(table)
    return [connection, tiles, path, wall, empty]


def make_sheet() -> QWidget:
    """The sheet as one widget of 1440 × 1290."""
    sheet = QWidget()
    sheet.setProperty("box", "window")
    sheet.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    keep: list[object] = []
    sheet._keep = keep  # type: ignore[attr-defined]
    outer = QVBoxLayout(sheet)
    header = PageHeader("Siparişler", "24 Kasım 2026 Salı · 14:02")
    header.add_plain(Button("Toplama listesi", icon="hand"))
    header.set_primary(Button("3 etiketi bas", "primary", "printer", "Ctrl+P"))
    outer.addWidget(header)
    tabs = ViewTabs([("open", "Açık"), ("today", "Bugün çıkmalı"), ("care", "Dikkat ister")])
    tabs.set_count("open", 42)
    tabs.set_count("care", 2, "unhealthy")
    outer.addWidget(tabs)
    grid = QGridLayout()
    grid.setSpacing(12)
    columns = [
        [buttons(), fields(), states(), old_new()],
        [banners(), toasts(), tray(keep)],
        right_column(),
    ]
    for place, parts in enumerate(columns):
        column = QVBoxLayout()
        column.setSpacing(12)
        for part in parts:
            column.addWidget(part)
        column.addStretch(1)
        grid.addLayout(column, 0, place)
        grid.setColumnStretch(place, 1)
    outer.addLayout(grid, 1)
    sheet.resize(1440, 1290)
    return sheet


def main() -> int:
    """Shows the sheet, takes its picture, ends."""
    out = sys.argv[1]
    scheme = Scheme(sys.argv[2] if len(sys.argv) > 2 else "light")
    words.choose(sys.argv[3] if len(sys.argv) > 3 else "tr")
    app = QApplication(sys.argv[:1])
    appearance().install(app, scheme)
    sheet = make_sheet()
    sheet.show()
    for _ in range(20):
        app.processEvents()
    sheet.findChild(Button, "").setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(5):
        app.processEvents()
    saved = sheet.grab().save(out)
    sheet.close()
    return 0 if saved else 1


if __name__ == "__main__":
    sys.exit(main())
