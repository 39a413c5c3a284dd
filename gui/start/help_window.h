// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <QString>

class QListWidget;
class QTextBrowser;

namespace feedline::gui::inline start {

/// The pages of resources/help, readable in the window: a list, a page, links between them.
class HelpWindow : public QDialog {
  Q_OBJECT

 public:
  explicit HelpWindow(QWidget* parent = nullptr);

  /// "getting-started", or "getting-started.md".
  void show_page(const QString& name);
  [[nodiscard]] QString page() const;

 private:
  void follow(const QUrl& link);
  void fill();
  void style();

  QListWidget* list_;
  QTextBrowser* text_;
};

}  // namespace feedline::gui::inline start
