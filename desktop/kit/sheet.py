# SPDX-License-Identifier: GPL-3.0-or-later
"""One style sheet for everything, filled from the tokens.

Widgets say what they are with the properties `kind`, `role`, `tone`.
"""

from __future__ import annotations

from dataclasses import asdict

from desktop.kit.tokens import TONES, Scale, Tokens, mixed


def sheet(tokens: Tokens, scale: Scale) -> str:
    """The QSS string for one look at one scale."""
    colours = asdict(tokens)
    shades = {
        "hover": mixed(tokens.surface, tokens.text, 0.05),
        "pressed": mixed(tokens.surface, tokens.text, 0.11),
        "primary_hover": mixed(tokens.primary, tokens.text, 0.16),
        "danger_hover": mixed(tokens.danger, tokens.text, 0.16),
        "off": mixed(tokens.surface, tokens.text, 0.06),
    }
    sizes = {f"px_{part}": value for part, value in asdict(scale).items()}
    sizes["px_focused_pad"] = max(0, scale.pad - scale.focus + 1)
    sizes["px_half"] = scale.control // 2
    sizes["px_slim"] = max(4, scale.gap // 2)
    sizes["px_pill"] = (scale.caption + 10) // 2
    sizes["px_row"] = scale.control + scale.gap
    sizes["px_search"] = scale.icon + 20
    sizes["px_scroll"] = 10 if scale.name == "desktop" else 28
    return _SHEET % {**colours, **shades, **sizes} + "".join(_tone(tokens, tone) for tone in TONES)


def _tone(tokens: Tokens, tone: str) -> str:
    ink, wash = tokens.ink(tone), tokens.wash(tone)
    edge = mixed(wash, ink, 0.35)
    return f"""
QLabel[tone="{tone}"] {{ color: {ink}; }}
QFrame[kind="chip"][tone="{tone}"] {{ background: {wash}; }}
QFrame[kind="chip"][tone="{tone}"] QLabel {{ color: {ink}; }}
QFrame[kind="notice"][tone="{tone}"] {{ background: {wash}; border: 1px solid {edge}; }}
"""


_SHEET = """
QWidget { color: %(text)s; font-size: %(px_body)dpx; }
QMainWindow, QDialog, QWidget[kind="page"] { background: %(bg)s; }
QWidget[kind="plain"], QScrollArea, QScrollArea > QWidget > QWidget, QStackedWidget { background: transparent; }
QLabel { background: transparent; }
QScrollArea { border: none; }
QToolTip { background: %(text)s; color: %(surface)s; border: none; padding: 6px 8px; }
QSplitter::handle { background: %(line)s; }

QLabel[role="display"] { font-size: %(px_display)dpx; font-weight: 700; }
QLabel[role="title"] { font-size: %(px_title)dpx; font-weight: 600; }
QLabel[role="heading"] { font-size: %(px_heading)dpx; font-weight: 600; }
QLabel[role="strong"] { font-weight: 600; }
QLabel[role="muted"] { color: %(muted)s; }
QLabel[role="caption"] { color: %(muted)s; font-size: %(px_caption)dpx; font-weight: 500; }
QLabel[role="value"] { font-size: %(px_value)dpx; font-weight: 600; }

QFrame[kind="card"], QFrame[kind="bar"] { background: %(surface)s; border: 1px solid %(line)s; border-radius: %(px_card)dpx; }
QFrame[kind="card"][pressable="true"]:hover { border-color: %(edge)s; }
QFrame[kind="card"][pressable="true"][chosen="true"] { border: 1px solid %(primary)s; }
QFrame[kind="card"][pressable="true"]:focus { border: %(px_focus)dpx solid %(focus)s; }
QFrame[kind="bar"] { border-radius: 0; border-left: none; border-right: none; border-top: none; }
QFrame[kind="rail"] { background: %(surface)s; border: none; border-right: 1px solid %(line)s; }
QFrame[kind="rule"] { background: %(line)s; border: none; max-height: 1px; min-height: 1px; }
QFrame[kind="chip"] { border: none; border-radius: %(px_pill)dpx; }
QFrame[kind="chip"] QLabel { font-size: %(px_caption)dpx; font-weight: 600; }
QFrame[kind="notice"] { border-radius: %(px_radius)dpx; }
QFrame[kind="toast"] { background: %(text)s; border-radius: %(px_radius)dpx; }
QFrame[kind="toast"] QLabel { color: %(surface)s; font-weight: 500; }
QFrame[kind="toast"] QPushButton { background: transparent; color: %(surface)s; border: 1px solid %(surface)s; }

QPushButton, QToolButton {
  background: %(surface)s; color: %(text)s; border: 1px solid %(line)s; border-radius: %(px_radius)dpx;
  min-height: %(px_control)dpx; padding: 0 %(px_pad)dpx; font-weight: 600;
}
QPushButton:hover, QToolButton:hover { background: %(hover)s; }
QPushButton:pressed, QToolButton:pressed, QPushButton:checked, QToolButton:checked { background: %(pressed)s; }
QPushButton:disabled, QToolButton:disabled { background: %(off)s; color: %(muted)s; border-color: %(line)s; }
QPushButton:focus, QToolButton:focus { border: %(px_focus)dpx solid %(focus)s; padding: 0 %(px_focused_pad)dpx; }
QPushButton[kind="primary"] { background: %(primary)s; color: %(on_primary)s; border: 1px solid %(primary)s; }
QPushButton[kind="primary"]:hover { background: %(primary_hover)s; }
QPushButton[kind="primary"]:pressed { background: %(text)s; }
QPushButton[kind="primary"]:focus { border: %(px_focus)dpx solid %(text)s; }
QPushButton[kind="primary"]:disabled { background: %(off)s; color: %(muted)s; border-color: %(line)s; }
QPushButton[kind="danger"] { background: %(danger)s; color: %(surface)s; border: 1px solid %(danger)s; }
QPushButton[kind="danger"]:hover { background: %(danger_hover)s; }
QPushButton[kind="danger"]:focus { border: %(px_focus)dpx solid %(text)s; }
QPushButton[kind="danger"]:disabled { background: %(off)s; color: %(muted)s; border-color: %(line)s; }
QPushButton[kind="quiet"] { background: transparent; color: %(primary)s; border: 1px solid transparent; }
QPushButton[kind="quiet"]:hover { background: %(tint)s; }
QPushButton[kind="quiet"]:focus { border: %(px_focus)dpx solid %(focus)s; }
QToolButton[kind="icon"] { padding: 0; min-width: %(px_control)dpx; max-width: %(px_control)dpx; max-height: %(px_control)dpx; }
QToolButton[kind="icon"][bare="true"] { background: transparent; border: 1px solid transparent; }
QToolButton[kind="icon"][bare="true"]:hover { background: %(hover)s; }
QToolButton[kind="icon"]:checked { background: %(tint)s; border-color: %(primary)s; }
QToolButton[kind="icon"]:focus { border: %(px_focus)dpx solid %(focus)s; }

QPushButton[kind="railitem"] {
  background: transparent; border: 1px solid transparent; color: %(muted)s; text-align: left; padding: 0 12px;
  min-height: %(px_row)dpx; max-height: %(px_row)dpx;
}
QPushButton[kind="railitem"]:hover { background: %(hover)s; color: %(text)s; }
QPushButton[kind="railitem"]:checked { background: %(tint)s; color: %(primary)s; }
QPushButton[kind="railitem"]:focus { border: %(px_focus)dpx solid %(focus)s; }
QPushButton[kind="tab"] {
  background: transparent; border: 2px solid transparent; border-radius: 0; color: %(muted)s;
  padding: 0 12px; min-height: %(px_control)dpx;
}
QPushButton[kind="tab"]:hover { color: %(text)s; border-bottom: 2px solid %(line)s; }
QPushButton[kind="tab"]:checked { color: %(primary)s; border-bottom: 2px solid %(primary)s; }
QPushButton[kind="tab"]:focus { border: 2px solid %(focus)s; border-radius: %(px_slim)dpx; padding: 0 12px; }
QPushButton[kind="tab"][tight="true"], QPushButton[kind="tab"][tight="true"]:focus { padding: 0 5px; }
QPushButton[big="true"] { min-height: %(px_row)dpx; }
QPushButton[kind="key"] { font-size: %(px_title)dpx; min-height: 72px; min-width: 72px; padding: 0; }
QPushButton[kind="key"][tone="primary"] { background: %(primary)s; color: %(on_primary)s; border-color: %(primary)s; }
QPushButton[kind="key"]:focus { border: %(px_focus)dpx solid %(focus)s; padding: 0; }
QPushButton[kind="key"][proxy="true"]:focus { border: 1px solid %(line)s; }
QPushButton[kind="yes"], QPushButton[kind="no"] { font-size: %(px_heading)dpx; min-height: %(px_row)dpx; }
QPushButton[kind="yes"] { background: %(ok)s; color: %(surface)s; border: 1px solid %(ok)s; border-radius: %(px_half)dpx; }
QPushButton[kind="no"] { background: %(surface)s; color: %(danger)s; border: 3px solid %(danger)s; border-radius: 6px; }
QPushButton[kind="yes"]:focus, QPushButton[kind="no"]:focus { border: %(px_focus)dpx solid %(text)s; }

QLineEdit, QPlainTextEdit, QTextEdit, QComboBox, QSpinBox, QDateEdit {
  background: %(surface)s; color: %(text)s; border: 1px solid %(edge)s; border-radius: %(px_radius)dpx;
  padding: 0 10px; placeholder-text-color: %(muted)s; selection-background-color: %(primary)s; selection-color: %(on_primary)s;
}
QLineEdit, QComboBox, QSpinBox, QDateEdit { min-height: %(px_control)dpx; }
QPlainTextEdit, QTextEdit { padding: 6px; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QComboBox:focus, QSpinBox:focus, QDateEdit:focus {
  border: %(px_focus)dpx solid %(focus)s;
}
QLineEdit:disabled, QPlainTextEdit:disabled, QComboBox:disabled { background: %(off)s; color: %(muted)s; }
QPlainTextEdit[readOnly="true"], QLineEdit[readOnly="true"] { background: %(bg)s; }
QLineEdit[kind="search"] { background: %(bg)s; padding-left: %(px_search)dpx; }
QLineEdit[kind="typed"] { font-size: %(px_value)dpx; font-weight: 600; }
QLineEdit[kind="typed"][held="true"] { border: %(px_focus)dpx solid %(focus)s; }
QComboBox::drop-down, QDateEdit::drop-down { border: none; background: transparent; width: 30px; }
QComboBox::down-arrow, QDateEdit::down-arrow { image: none; }
QComboBox QAbstractItemView {
  background: %(surface)s; border: 1px solid %(line)s; selection-background-color: %(tint)s; selection-color: %(text)s;
  outline: none;
}
QComboBox QAbstractItemView::item { min-height: %(px_control)dpx; padding: 0 10px; }
QCheckBox, QRadioButton { spacing: 8px; min-height: %(px_target)dpx; }
QCheckBox::indicator, QRadioButton::indicator {
  width: 14px; height: 14px; border: 2px solid %(muted)s; background: %(surface)s; border-radius: 4px;
}
QRadioButton::indicator { border-radius: 9px; }
QCheckBox::indicator:checked { border: 2px solid %(primary)s; background: %(primary)s; }
QRadioButton::indicator:checked { width: 8px; height: 8px; border: 5px solid %(primary)s; }
QCheckBox:focus, QRadioButton:focus { color: %(focus)s; }

QListView, QTableView, QTreeView {
  background: %(surface)s; border: 1px solid %(line)s; border-radius: %(px_card)dpx; outline: none;
  selection-background-color: %(tint)s; selection-color: %(text)s; alternate-background-color: %(bg)s;
  gridline-color: %(line)s;
}
QListView[kind="inside"], QTableView[kind="inside"], QTreeView[kind="inside"] { border: none; background: transparent; }
QListView:focus, QTableView:focus, QTreeView:focus { border: %(px_focus)dpx solid %(focus)s; }
QListView::item, QTableView::item { padding: 4px 8px; }
QHeaderView { background: transparent; border: none; }
QHeaderView::section {
  background: %(surface)s; color: %(muted)s; border: none; border-bottom: 1px solid %(line)s; padding: 6px 8px;
  font-size: %(px_caption)dpx; font-weight: 600;
}
QProgressBar { background: %(line)s; border: none; border-radius: 4px; max-height: 8px; min-height: 8px; }
QProgressBar::chunk { background: %(primary)s; border-radius: 4px; }
QSlider::groove:horizontal { background: %(line)s; height: 8px; border-radius: 4px; }
QSlider::sub-page:horizontal { background: %(primary)s; border-radius: 4px; }
QSlider::handle:horizontal {
  background: %(surface)s; border: 3px solid %(primary)s; width: 26px; height: 26px; margin: -12px 0; border-radius: 16px;
}
QSlider::handle:horizontal:hover { background: %(tint)s; }
QSlider::handle:horizontal:focus { border-color: %(focus)s; background: %(tint)s; }
QMenu { background: %(surface)s; border: 1px solid %(line)s; padding: 6px; }
QMenu::item { padding: 6px 22px; border-radius: 6px; }
QMenu::item:selected { background: %(tint)s; color: %(text)s; }
QScrollBar:vertical { background: transparent; width: %(px_scroll)dpx; margin: 2px; }
QScrollBar:horizontal { background: transparent; height: %(px_scroll)dpx; margin: 2px; }
QScrollBar::handle { background: %(edge)s; border-radius: 3px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {
  background: none; border: none; width: 0; height: 0;
}
"""
