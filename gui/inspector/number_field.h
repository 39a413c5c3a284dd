// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/param_spec.h"

#include <QLineEdit>

#include <cstdint>
#include <optional>
#include <string>

namespace feedline::gui::inline inspector {

/// What a field for counts is made of.
[[nodiscard]] ParamSpec whole_number(std::string name, std::int64_t low, std::int64_t high);

/// A field for one number, which reads what is typed as a whole (evaluate(): "8*4", "1e-3", "12,5", "2 GiB" where the
/// unit is MiB). What cannot be read, or is out of range, stays as it was typed, red, with the reason; it never counts.
/// A number counts while it is typed; when a digit more makes it wrong, what was there before the edit counts again.
/// Arrow keys step within the range, the wheel does not: it scrolls the form. Escape gives the edit up.
class NumberField : public QLineEdit {
  Q_OBJECT

 public:
  /// The parameter's kind, range, unit and default. Of a kind that is no number: undefined.
  explicit NumberField(ParamSpec spec, QWidget* parent = nullptr);

  /// What the field stands for. What is being typed, or stands there in red, stays while `value` is what it was. Emits
  /// nothing.
  void show_number(const Value& value);
  /// No number, because several are edited together that differ. Emits nothing.
  void show_mixed();
  /// What stands in a file and is no number.
  void show_text(const QString& text);
  /// From now on these are the limits; a number outside is moved to the nearer one. Emits nothing.
  void set_limits(double low, double high);

  /// None while it is mixed, or shows what is no number.
  [[nodiscard]] const std::optional<Value>& number() const { return number_; }
  [[nodiscard]] double maximum() const { return spec_.hard_max; }
  [[nodiscard]] double value() const;  ///< of number(); NaN if there is none
  /// Why what stands in it does not count; empty if it does.
  [[nodiscard]] const QString& fault() const { return fault_; }
  /// What stands in it is the user's, and not finished or not taken.
  [[nodiscard]] bool pending() const { return typing_ || !fault_.isEmpty(); }
  void step_by(int steps);

 Q_SIGNALS:
  void edited(const feedline::Value& value);  ///< typed or stepped to
  void withdrawn();                           ///< the edit that is going on counts no more: back to what was before
  void gesture_ended();                       ///< what comes next is another edit
  void fault_changed(const QString& fault);

 protected:
  bool event(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void keyReleaseEvent(QKeyEvent* event) override;

 private:
  void read(const QString& text);
  void finish();
  void give_up();
  void take(const Value& value);
  void write();
  void set_fault(const QString& fault);
  ParamSpec spec_;
  double first_step_;
  std::optional<Value> number_{};
  std::optional<Value> before_{};  ///< the edit
  bool mixed_ = false;
  bool was_mixed_ = false;  ///< before the edit
  bool typing_ = false;     ///< the text is the user's, and not yet finished
  bool telling_ = false;    ///< a signal is out: what it leads to is known already
  QString fault_{};
  QString own_tip_{};  ///< the tooltip while nothing is wrong
};

}  // namespace feedline::gui::inline inspector
