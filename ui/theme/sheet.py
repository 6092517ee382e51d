"""The one sheet of the program, made from the tokens and set on the application once per theme change. Widgets choose a
look by a property (`kind`, `role`, `box`), never by a sheet of their own."""

from __future__ import annotations

from string import Template

from ui.theme.tokens import Theme

_SHEET = Template(
    """
QWidget[box="window"], QMainWindow { background: $window; }
QWidget[box="sidebar"] { background: $sidebar; }
QWidget[box="surface"] { background: $surface; }
QWidget[box="sunken"] { background: $sunken; }
QWidget[box="raised"] { background: $raised; }
QFrame[box="card"] { background: $surface; border: 1px solid $border; border-radius: 8px; }
QFrame[box="card"][tone="danger"] { border-color: $unhealthy_mark; }
QFrame[box="card"][tone="quiet"] { background: $sunken; }
QFrame[box="footer"] { background: $sunken; border: none; border-top: 1px solid $border; }
QFrame[box="planbar"] { background: $raised; border: none; border-top: 1px solid $border; }
QFrame[box="status"] { background: $window; border: none; border-top: 1px solid $border; }
QFrame[box="line"] { background: $border; border: none; max-height: 1px; min-height: 1px; }
QFrame[box="hair"] { background: $hair; border: none; max-height: 1px; min-height: 1px; }
QFrame[box="vline"] { background: $border; border: none; max-width: 1px; min-width: 1px; }
QDialog { background: $raised; }

QLabel { color: $text; background: transparent; }
QLabel[role="text_2"] { color: $text_2; }
QLabel[role="text_3"] { color: $text_3; }
QLabel[role="accent_text"] { color: $accent_text; }
QLabel[role="up_text"] { color: $up_text; }
QLabel[role="down_text"] { color: $down_text; }
QLabel[role="healthy_text"] { color: $healthy_text; }
QLabel[role="degraded_text"] { color: $degraded_text; }
QLabel[role="unhealthy_text"] { color: $unhealthy_text; }
QLabel[role="offline_text"] { color: $offline_text; }
QLabel[role="info_text"] { color: $info_text; }
QLabel[role="paused_text"] { color: $paused_text; }
QLabel[role="rehearsal_text"] { color: $rehearsal_text; }
QLabel[role="frozen_text"] { color: $frozen_text; }

QPushButton { background: $btn; color: $text; border: 1px solid $btn_border; border-radius: 6px; padding: 0 11px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $selected; }
QPushButton:disabled { background: $sunken; color: $disabled; border-color: $border; }
QPushButton[kind="primary"] { background: $accent; color: $on_accent; border: 1px solid $accent; }
QPushButton[kind="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[kind="primary"]:pressed { background: $accent_hover; }
QPushButton[kind="primary"]:disabled { background: $track; color: $disabled; border-color: $track; }
QPushButton[kind="quiet"] { background: transparent; border-color: transparent; color: $text_2; }
QPushButton[kind="quiet"]:hover { background: $hover; }
QPushButton[kind="quiet"]:disabled { background: transparent; color: $disabled; }
QPushButton[kind="danger"] { background: $surface; color: $down_text; border: 1px solid $unhealthy_mark; }
QPushButton[kind="danger"]:hover { background: $unhealthy_bg; }
QPushButton[kind="danger"]:disabled { background: $sunken; color: $disabled; border-color: $border; }
QPushButton[kind="link"] { background: transparent; border: 1px solid transparent; color: $accent_text; padding: 0 2px; }
QPushButton[kind="link"]:disabled { color: $disabled; }

QCheckBox, QRadioButton { spacing: 8px; color: $text; background: transparent; padding: 3px; }
QCheckBox:disabled, QRadioButton:disabled { color: $disabled; }
QCheckBox::indicator, QRadioButton::indicator { width: 16px; height: 16px; }

QPlainTextEdit, QTextEdit, QTextBrowser {
  background: $surface; color: $text; border: 1px solid $border_strong; border-radius: 6px; padding: 4px 6px;
  selection-background-color: $selected; selection-color: $text;
}
QPlainTextEdit:focus, QTextEdit:focus, QTextBrowser:focus { border: ${ring}px solid $focus; }

QLineEdit { lineedit-password-character: 8226; }
QLineEdit[bare="true"] { background: transparent; border: none; padding: 0; }

QTableView {
  background: $surface; border: none; gridline-color: $hair; outline: 0;
  selection-background-color: $selected; selection-color: $text;
}
QListView, QListWidget, QTreeView { background: transparent; border: none; outline: 0; }
QHeaderView { background: $sunken; border: none; }
QHeaderView::section {
  background: $sunken; color: $text_2; border: none; border-bottom: 1px solid $border; padding: 0 8px;
}
QTableCornerButton::section { background: $sunken; border: none; }

QTabBar { background: transparent; border: none; }
QTabBar::tab {
  background: transparent; color: $text_2; border: none; border-bottom: 2px solid transparent; padding: 7px 8px;
  margin-right: 8px;
}
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:disabled { color: $disabled; }
QTabWidget::pane { border: none; border-top: 1px solid $border; }

QScrollArea { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; border: none; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; border: none; }
QScrollBar::handle { background: $btn_border; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $border_strong; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; background: none; border: none; }
QScrollBar::add-page, QScrollBar::sub-page { background: none; }

QMenu { background: $raised; color: $text; border: 1px solid $border; border-radius: 8px; padding: 4px; }
QMenu::item { padding: 7px 30px 7px 10px; border-radius: 6px; background: transparent; }
QMenu::item:selected { background: $hover; color: $text; }
QMenu::item:disabled { color: $disabled; }
QMenu::icon { padding-left: 10px; }
QMenu::separator { height: 1px; background: $hair; margin: 4px 6px; }
QMenuBar { background: $sidebar; color: $text; }
QMenuBar::item { padding: 4px 10px; background: transparent; border-radius: 4px; }
QMenuBar::item:selected { background: $hover; }
QComboBox QAbstractItemView {
  background: $raised; color: $text; border: 1px solid $border; selection-background-color: $hover;
  selection-color: $text; padding: 4px;
}

QSplitter::handle { background: $border; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QToolTip { background: $tip; color: $on_tip; border: 1px solid $tip; padding: 5px 8px; }
QProgressBar { background: $track; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }
"""
)


def sheet(theme: Theme) -> str:
    """The sheet of a theme. Raises KeyError when it names a role that the theme lacks."""
    return _SHEET.substitute(theme.roles, ring=str(theme.focus_width))
