// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "training/evaluation.h"

#include <QAbstractListModel>
#include <QImage>
#include <QList>
#include <QString>
#include <QStringList>

#include <optional>
#include <utility>
#include <vector>

namespace feedline::gui::inline models {

/// The validation samples that a model got most wrong, worst first, with their pictures, or the words of their texts
/// and rows, once these have been made.
class WorstModel : public QAbstractListModel {
  Q_OBJECT

 public:
  enum Role { RecordRole = Qt::UserRole, FileRole };
  /// A true class and what it was taken for.
  using Confusion = std::pair<std::int64_t, std::int64_t>;

  static constexpr int kSide = 72;  ///< pixels of a picture, and of the room that is kept for it

  using QAbstractListModel::QAbstractListModel;

  void set_evaluation(const Evaluation& evaluation);
  void clear();
  /// One a sample of the evaluation, in its order; null ones where there is nothing to see.
  void set_pictures(QList<QImage> pictures);
  /// The same of records that are read, not looked at: a text, or "column: value" line by line. Shortened below the
  /// caption, whole in the tooltip. Where there is any, no room is kept for pictures from then on.
  void set_words(QStringList words);
  [[nodiscard]] bool has_words() const { return worded_; }
  /// Only samples of this kind of mistake; none: all.
  void show_only(std::optional<Confusion> confusion);

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

 private:
  void choose_rows();
  [[nodiscard]] QImage picture(std::size_t sample) const;
  [[nodiscard]] QString words(std::size_t sample) const;

  Evaluation evaluation_{};
  QList<QImage> pictures_{};
  QStringList words_{};
  bool worded_ = false;  ///< also while those of another evaluation are awaited
  std::optional<Confusion> only_{};
  std::vector<std::size_t> rows_{};  ///< indices into judgement_.worst
};

}  // namespace feedline::gui::inline models
