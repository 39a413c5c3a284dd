// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/gallery_model.h"

#include "base/embedded.h"
#include "graph/json.h"
#include "gui/models/text.h"

#include <algorithm>
#include <utility>

namespace feedline::gui::inline models {

GalleryModel::GalleryModel(Draw draw, QObject* parent) : QAbstractListModel(parent), draw_(std::move(draw)) {
  for (const EmbeddedFile& file : embedded_examples()) {
    const Result<Loaded> loaded = from_json(file.text);
    if (!loaded) continue;
    const QString title = to_qstring(loaded->document.title());
    const qsizetype colon = title.indexOf(QStringLiteral(": "));
    const QString summary = colon < 0 ? QString() : capitalised(title.mid(colon + 2));
    rows_.push_back({.name = to_qstring(file.name),
                     .title = title.left(colon),
                     .summary = summary,
                     .graph = std::string(file.text)});
  }
  // Where to begin stands first.
  std::stable_partition(rows_.begin(), rows_.end(),
                        [](const Row& row) { return row.name.startsWith(QLatin1String("quickstart")); });
}

void GalleryModel::forget_pictures() {
  for (Row& row : rows_) row.picture = {};
  if (!rows_.empty()) Q_EMIT dataChanged(index(0), index(rowCount() - 1), {Qt::DecorationRole});
}

int GalleryModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QVariant GalleryModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Row& row = rows_[static_cast<std::size_t>(index.row())];
  switch (role) {
    case Qt::DisplayRole:
      return row.title;
    case Qt::AccessibleTextRole:
      return row.title + QStringLiteral(". ") + row.summary;
    case Qt::ToolTipRole:
    case SummaryRole:
      return row.summary;
    case NameRole:
      return row.name;
    case Qt::DecorationRole:
      if (row.picture.isNull()) row.picture = draw_(row.graph);
      return row.picture;
    default:
      return {};
  }
}

}  // namespace feedline::gui::inline models
