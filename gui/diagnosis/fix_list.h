// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/fix.h"
#include "tuning/prove.h"

#include <QHash>
#include <QString>
#include <QWidget>

#include <vector>

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace feedline::gui {

/// Fixes, best first: what each does, what it is predicted to bring, and buttons that apply it or put it to the proof.
/// While the same fixes are offered, rows stay where they are and only their numbers change.
class FixList : public QWidget {
  Q_OBJECT

 public:
  explicit FixList(QWidget* parent = nullptr);

  void show_fixes(const std::vector<Fix>& fixes);
  void show_proof(const Fix& fix, const Proof& proof);
  /// While a proof goes on, no other can be begun.
  void set_busy(bool busy);
  [[nodiscard]] const std::vector<Fix>& fixes() const { return fixes_; }
  /// For tests: the button of a fix, "apply" or "prove".
  [[nodiscard]] QPushButton* button(const QString& fix, const QString& which) const;

 Q_SIGNALS:
  void apply_wanted(const feedline::Fix& fix);
  void prove_wanted(const feedline::Fix& fix);

 private:
  struct Row {
    QWidget* widget = nullptr;
    QLabel* numbers = nullptr;
    QPushButton* apply = nullptr;
    QPushButton* prove = nullptr;
  };
  void rebuild();
  Row make_row(const Fix& fix);
  void tell(const Fix& fix);

  std::vector<Fix> fixes_{};
  QHash<QString, Row> rows_{};
  QHash<QString, QString> proofs_{};
  QVBoxLayout* layout_;
  QLabel* empty_;
  bool busy_ = false;
};

}  // namespace feedline::gui
