// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/base/style_sheet.h"

#include <utility>

namespace feedline::gui::inline base {

namespace {

constexpr char kSheet[] = R"(
QToolTip { background: @raised; color: @text; border: 1px solid @border; padding: 6px; }
QMainWindow::separator { background: @window; width: 4px; height: 4px; }
QMainWindow::separator:hover { background: @accent; }

QMenuBar { background: @panel; border-bottom: 1px solid @border; }
QMenuBar::item { padding: 5px 10px; background: transparent; border-radius: 4px; }
QMenuBar::item:selected { background: @hover; }
QMenu { background: @raised; border: 1px solid @border; padding: 4px; }
QMenu::item { padding: 6px 28px 6px 12px; border-radius: 4px; }
QMenu::item:selected { background: @accent; color: @accent_text; }
QMenu::item:disabled { color: @disabled; background: transparent; }
QMenu::separator { height: 1px; background: @border; margin: 4px 8px; }
QMenu::icon { padding-left: 8px; }

QToolBar { background: @panel; border: none; border-bottom: 1px solid @border; padding: 4px 8px; spacing: 4px; }
QToolBar::separator { width: 1px; background: @border; margin: 6px 6px; }
QToolBar QToolButton { padding: 5px 6px; border: 1px solid transparent; border-radius: 6px; }
QToolBar QToolButton:hover:enabled { background: @hover; }
QToolBar QToolButton:pressed, QToolBar QToolButton:checked { background: @pressed; }
QWidget#work_modes QToolButton { padding: 3px 12px; border: 1px solid transparent; border-radius: 6px; }
QWidget#work_modes QToolButton:hover { background: @hover; }
QWidget#work_modes QToolButton:checked { background: @accent; color: @accent_text; }
QToolBar QToolButton#primary { background: @accent; color: @accent_text; padding: 5px 14px; }
QToolBar QToolButton#primary:hover:enabled { background: @accent_hover; }
QToolBar QToolButton#primary:disabled { background: @hover; color: @disabled; }

QDockWidget { titlebar-close-icon: none; titlebar-normal-icon: none; }
QDockWidget::title { background: @panel; padding: 7px 10px; border: none; border-bottom: 1px solid @border;
                     text-align: left; }
QDockWidget > QWidget { background: @panel; }
QScrollArea, QScrollArea > QWidget > QWidget#ground { background: @panel; border: none; }

QTabBar { background: @window; }
QTabBar::tab { background: transparent; color: @muted; padding: 6px 14px; border: none;
               border-top: 2px solid transparent; }
QTabBar::tab:hover { color: @text; }
QTabBar::tab:selected { background: @panel; color: @text; border-top: 2px solid @accent; }
QTabWidget::pane { border: 1px solid @border; }

QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit, QTextEdit {
  background: @field; color: @text; border: 1px solid @edge; border-radius: 5px; padding: 4px 6px;
  selection-background-color: @accent; selection-color: @accent_text; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus, QTextEdit:focus {
  border: 1px solid @accent; }
QLineEdit[faulty="true"] { border: 1px solid @error; color: @error; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled { color: @disabled; }

QLabel[tone="text"] { color: @text; background: transparent; }
QLabel[tone="muted"] { color: @muted; background: transparent; }
QLabel[tone="error"] { color: @error; background: transparent; }
QLabel[tone="warning"] { color: @warning; background: transparent; }

QPushButton { background: @raised; border: 1px solid @border; border-radius: 6px; padding: 6px 14px; }
QPushButton:hover:enabled { background: @hover; }
QPushButton:pressed { background: @pressed; }
QPushButton:default { background: @accent; color: @accent_text; border-color: @accent; }
QPushButton:focus { border-color: @accent; }
QPushButton:disabled { color: @disabled; }

QCheckBox { padding: 4px 5px; }
QCheckBox::indicator, QListView::indicator, QTreeView::indicator {
  width: 13px; height: 13px; border: 1px solid @muted; border-radius: 3px; background: @field; }
QCheckBox::indicator:checked, QListView::indicator:checked, QTreeView::indicator:checked {
  border-color: @accent; background: @accent; image: url(:/icons/tick-@shade.svg); }
QCheckBox::indicator:disabled { border-color: @disabled; }
QCheckBox::indicator:checked:disabled { border-color: @disabled; background: @disabled; }

QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow { image: url(:/icons/chevron-@shade.svg); width: 12px; height: 12px; }

QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }

QPlainTextEdit#log { background: @panel; border: none; border-radius: 0; }

QTreeView, QListView, QTableView { background: @panel; border: none; outline: none;
                                   alternate-background-color: @window; }
QTreeView::item, QListView::item { padding: 3px 4px; background: transparent; }
QTreeView::item:hover, QListView::item:hover { background: @hover; }
QTreeView::item:selected, QListView::item:selected { background: @accent; color: @accent_text; }
QHeaderView::section { background: @window; color: @muted; border: none; border-bottom: 1px solid @border;
                       padding: 5px 8px; }

QTableCornerButton::section { background: @window; border: none; }
QAbstractScrollArea::corner { background: @panel; border: none; }

QScrollBar:vertical { background: transparent; width: 11px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 11px; margin: 0; }
QScrollBar::handle { background: @scroll; border-radius: 4px; margin: 2px; min-height: 28px; min-width: 28px; }
QScrollBar::handle:hover { background: @muted; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {
  background: none; border: none; width: 0; height: 0; }

QProgressBar { background: @pressed; border: none; border-radius: 3px; }
QProgressBar::chunk { background: @accent; border-radius: 3px; }
QStatusBar { background: @panel; border-top: 1px solid @border; color: @muted; }
QStatusBar::item { border: none; }
)";

QColor blend(const QColor& a, const QColor& b, double share) {
  return QColor::fromRgbF(static_cast<float>(a.redF() * (1 - share) + b.redF() * share),
                          static_cast<float>(a.greenF() * (1 - share) + b.greenF() * share),
                          static_cast<float>(a.blueF() * (1 - share) + b.blueF() * share));
}

}  // namespace

QPalette make_palette(const Theme::Colors& c) {
  QPalette p;
  const auto set = [&p](QPalette::ColorRole role, const QColor& normal, const QColor& disabled) {
    p.setColor(QPalette::Active, role, normal);
    p.setColor(QPalette::Inactive, role, normal);
    p.setColor(QPalette::Disabled, role, disabled);
  };
  set(QPalette::Window, c.window, c.window);
  set(QPalette::WindowText, c.text, c.disabled);
  set(QPalette::Base, c.panel, c.window);
  set(QPalette::AlternateBase, c.window, c.window);
  set(QPalette::Text, c.text, c.disabled);
  set(QPalette::PlaceholderText, c.muted, c.disabled);
  set(QPalette::Button, c.raised, c.window);
  set(QPalette::ButtonText, c.text, c.disabled);
  set(QPalette::BrightText, c.error, c.disabled);
  set(QPalette::Highlight, c.accent, c.disabled);
  set(QPalette::HighlightedText, c.accent_text, c.accent_text);
  set(QPalette::ToolTipBase, c.raised, c.raised);
  set(QPalette::ToolTipText, c.text, c.text);
  set(QPalette::Link, c.accent, c.disabled);
  set(QPalette::LinkVisited, c.accent, c.disabled);
  set(QPalette::Light, blend(c.raised, c.text, 0.06), c.raised);
  set(QPalette::Midlight, blend(c.raised, c.text, 0.03), c.raised);
  set(QPalette::Mid, c.border, c.border);
  set(QPalette::Dark, blend(c.border, c.text, 0.2), c.border);
  set(QPalette::Shadow, blend(c.border, Qt::black, 0.5), c.border);
  return p;
}

QString make_style_sheet(const Theme::Colors& c) {
  // Longer names first, so that @accent does not eat the head of @accent_text.
  const std::pair<const char*, QColor> colors[] = {
      {"@accent_hover", blend(c.accent, c.text, 0.15)},
      {"@accent_text", c.accent_text},
      {"@accent", c.accent},
      {"@error", c.error},
      {"@warning", c.warning},
      {"@window", c.window},
      {"@panel", c.panel},
      {"@raised", c.raised},
      {"@border", c.border},
      {"@edge", blend(c.border, c.muted, 0.35)},  // of what one types into: it has no word of its own
      {"@text", c.text},
      {"@muted", c.muted},
      {"@disabled", c.disabled},
      {"@hover", blend(c.panel, c.text, 0.07)},
      {"@pressed", blend(c.panel, c.text, 0.13)},
      {"@field", blend(c.panel, c.window, 0.45)},
      {"@scroll", blend(c.border, c.muted, 0.35)},
  };
  QString sheet = QString::fromLatin1(kSheet);
  // Pictures have their colours in the file.
  sheet.replace(QLatin1String("@shade"), QLatin1String(c.accent_text.lightness() > 128 ? "light" : "dark"));
  for (const auto& [name, color] : colors) sheet.replace(QLatin1String(name), color.name());
  return sheet;
}

}  // namespace feedline::gui::inline base
