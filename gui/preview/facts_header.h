// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHeaderView>

#include <cstdint>
#include <vector>

namespace feedline::gui::inline preview {

class RecordModel;

/// The head of a table of records: of each column its name, its type, how much is missing, and how its values are
/// distributed: bars for numbers, the most frequent ones of others. The label is marked.
class FactsHeader : public QHeaderView {
  Q_OBJECT

 public:
  explicit FactsHeader(const RecordModel& model, QWidget* parent = nullptr);
  [[nodiscard]] QSize sizeHint() const override;

 protected:
  void paintSection(QPainter* painter, const QRect& rect, int section) const override;

 private:
  void paint_bins(QPainter& painter, const QRect& room, const std::vector<std::uint64_t>& bins) const;
  void paint_top(QPainter& painter, const QRect& room, int section) const;

  const RecordModel& records_;
};

}  // namespace feedline::gui::inline preview
