// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/start/help_window.h"

#include "gui/base/theme.h"

#include <QDesktopServices>
#include <QDir>
#include <QFile>
#include <QListWidget>
#include <QRegularExpression>
#include <QSplitter>
#include <QTextBlock>
#include <QTextBrowser>
#include <QTextCursor>
#include <QUrl>
#include <QVBoxLayout>

namespace feedline::gui::inline start {

namespace {

QString text_of(const QString& name) {
  QFile file(QStringLiteral(":/help/") + name);
  return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

/// The first heading.
QString title_of(const QString& name) {
  static const QRegularExpression heading(QStringLiteral("^# (.+)$"), QRegularExpression::MultilineOption);
  QString title = heading.match(text_of(name)).captured(1);
  title.remove(QLatin1Char('`'));
  return title.isEmpty() ? name : title;
}

/// The name by which a link finds a heading, as GitHub makes it: "What learns, and how fast" is
/// what-learns-and-how-fast.
QString anchor_of(const QString& heading) {
  QString anchor;
  for (const QChar c : heading.toLower())
    if (c.isLetterOrNumber() || c == QLatin1Char('_') || c == QLatin1Char('-'))
      anchor += c;
    else if (c == QLatin1Char(' '))
      anchor += QLatin1Char('-');
  return anchor;
}

/// Markdown's headings have no anchors in Qt.
void name_headings(QTextDocument& page) {
  for (QTextBlock block = page.begin(); block.isValid(); block = block.next()) {
    if (block.blockFormat().headingLevel() == 0 || block.text().isEmpty()) continue;
    QTextCharFormat format;
    format.setAnchor(true);
    format.setAnchorNames({anchor_of(block.text())});
    QTextCursor first(block);
    first.movePosition(QTextCursor::NextCharacter, QTextCursor::KeepAnchor);
    first.mergeCharFormat(format);
  }
}

/// What a newcomer reads comes before what a contributor reads.
QStringList pages() {
  QStringList names = QDir(QStringLiteral(":/help")).entryList({QStringLiteral("*.md")}, QDir::Files, QDir::Name);
  int at = 0;
  for (const char* first : {"getting-started.md", "editor.md", "live-view.md", "command-line.md"})
    if (const auto found = names.indexOf(QLatin1String(first)); found >= 0) names.move(found, at++);
  return names;
}

}  // namespace

HelpWindow::HelpWindow(QWidget* parent) : QDialog(parent), list_(new QListWidget(this)), text_(new QTextBrowser(this)) {
  setWindowTitle(tr("Help"));
  setObjectName(QStringLiteral("help"));
  setWindowFlag(Qt::Window);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  auto* split = new QSplitter(this);
  split->addWidget(list_);
  split->addWidget(text_);
  split->setStretchFactor(1, 1);
  split->setSizes({34 * Theme::kUnit, 90 * Theme::kUnit});
  layout->addWidget(split);
  list_->setAccessibleName(tr("Pages"));
  list_->setFrameShape(QFrame::NoFrame);
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);  // long titles end in "…"
  text_->setAccessibleName(tr("Page"));
  text_->setFrameShape(QFrame::NoFrame);
  text_->setOpenLinks(false);
  text_->document()->setDocumentMargin(3 * Theme::kUnit);
  for (const QString& name : pages()) {
    auto* item = new QListWidgetItem(title_of(name), list_);
    item->setToolTip(item->text());
    item->setData(Qt::UserRole, name);
  }
  connect(list_, &QListWidget::currentItemChanged, this, &HelpWindow::fill);
  connect(text_, &QTextBrowser::anchorClicked, this, &HelpWindow::follow);
  connect(&Theme::instance(), &Theme::changed, this, &HelpWindow::style);
  list_->setCurrentRow(0);
  style();
  resize(126 * Theme::kUnit, 88 * Theme::kUnit);
}

QString HelpWindow::page() const {
  return list_->currentItem() == nullptr ? QString() : list_->currentItem()->data(Qt::UserRole).toString();
}

void HelpWindow::show_page(const QString& name) {
  const QString file = name.endsWith(QLatin1String(".md")) ? name : name + QStringLiteral(".md");
  for (int row = 0; row < list_->count(); ++row)
    if (list_->item(row)->data(Qt::UserRole).toString() == file) list_->setCurrentRow(row);
}

void HelpWindow::follow(const QUrl& link) {
  if (!link.scheme().isEmpty()) {
    QDesktopServices::openUrl(link);
    return;
  }
  if (link.path().endsWith(QLatin1String(".md"))) show_page(link.fileName());
  text_->scrollToAnchor(link.fragment());  // none: stays
}

void HelpWindow::fill() {
  const Theme::Colors& c = Theme::instance().colors();
  // Markdown has no style of its own: what it becomes is given one.
  QTextDocument page;
  page.setMarkdown(text_of(this->page()));
  name_headings(page);
  QString html = page.toHtml();
  html.replace(QStringLiteral("<table "),
               QStringLiteral("<table cellpadding=\"5\" style=\"border-color: %1; border-collapse: collapse\" ")
                   .arg(c.border.name()));
  text_->setHtml(html);
}

void HelpWindow::style() {
  text_->document()->setDefaultFont(font());
  fill();
}

}  // namespace feedline::gui::inline start
