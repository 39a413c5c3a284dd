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

namespace feedline::gui::inline diagnosis {

class PairStrip;

/// Fixes: what each does, what it is predicted to bring, buttons that apply it or put it to the proof, and the pairs of
/// a proof. A row that is there stays where it is, so that nothing moves under the mouse: what is new comes below, what
/// the newest measurement does not offer turns grey. Only clear() takes rows away.
class FixList : public QWidget {
  Q_OBJECT

 public:
  explicit FixList(QWidget* parent = nullptr);

  /// What the newest verdict offers, best first.
  void show_fixes(const std::vector<Fix>& fixes);
  /// The list is of an earlier moment, because it is measured again: it stays, in grey.
  void set_stale(bool stale);
  /// Said where there is no fix.
  void set_empty_text(const QString& text);
  void clear();
  /// The pairs of a proof that goes on.
  void show_pairs(const Fix& fix, const Proof& so_far);
  void show_proof(const Fix& fix, const Proof& proof);
  /// While a proof goes on, no other can be begun.
  void set_busy(bool busy);
  /// This fix stands in the graph now; empty: none does.
  void set_applied(const QString& id);

  /// In the order in which they stand, the grey ones included.
  [[nodiscard]] std::vector<Fix> fixes() const;
  [[nodiscard]] bool offered(const QString& id) const;
  /// For tests: the button of a fix, "apply" or "prove"; its strip of pairs.
  [[nodiscard]] QPushButton* button(const QString& fix, const QString& which) const;
  [[nodiscard]] PairStrip* strip(const QString& fix) const;

 Q_SIGNALS:
  void apply_wanted(const feedline::Fix& fix);
  void prove_wanted(const feedline::Fix& fix);
  /// The mouse or the keyboard has come to this fix, or left it.
  void pointed_at(const feedline::Fix& fix, bool at);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  struct Row {
    Fix fix{};
    bool offered = true;
    bool applied = false;
    QWidget* widget = nullptr;
    QLabel* title = nullptr;
    QLabel* numbers = nullptr;
    PairStrip* strip = nullptr;
    QPushButton* apply = nullptr;
    QPushButton* prove = nullptr;
  };
  Row make_row(const Fix& fix);
  static void take_away(const Row& row);
  void tell(const Row& row);
  void begin_proof(const Row& row);
  void allow_proof(const Row& row) const;
  [[nodiscard]] Row* find(const QString& id);
  [[nodiscard]] const Row* find(const QString& id) const;

  std::vector<Row> rows_{};
  QHash<QString, QString> proofs_{};  ///< by id and title: a proof is of one setting
  QVBoxLayout* layout_;
  QLabel* empty_;
  bool busy_ = false;
  bool stale_ = false;
};

}  // namespace feedline::gui::inline diagnosis
