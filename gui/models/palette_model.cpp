// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/palette_model.h"

#include "gui/models/fuzzy_match.h"
#include "gui/models/text.h"

#include <QMimeData>

#include <algorithm>

namespace feedline::gui::inline models {
namespace {

constexpr quintptr kHeadingLevel = 0;  // internal id of a heading; a type carries its heading's row + 1

}  // namespace

PaletteModel::PaletteModel(const Registry& registry, QObject* parent) : QAbstractItemModel(parent) {
  for (const NodeSpec* spec : registry.all()) {
    if (groups_.empty() || groups_.back().heading != heading_of(*spec))
      groups_.push_back({.heading = heading_of(*spec)});
    groups_.back().specs.push_back(spec);
  }
}

QModelIndex PaletteModel::index(int row, int column, const QModelIndex& parent) const {
  if (!hasIndex(row, column, parent)) return {};
  return createIndex(row, column, parent.isValid() ? static_cast<quintptr>(parent.row()) + 1 : kHeadingLevel);
}

QModelIndex PaletteModel::parent(const QModelIndex& child) const {
  if (!child.isValid() || child.internalId() == kHeadingLevel) return {};
  return createIndex(static_cast<int>(child.internalId()) - 1, 0, kHeadingLevel);
}

int PaletteModel::rowCount(const QModelIndex& parent) const {
  if (!parent.isValid()) return static_cast<int>(groups_.size());
  if (parent.internalId() != kHeadingLevel || parent.column() != 0) return 0;
  return static_cast<int>(groups_[static_cast<std::size_t>(parent.row())].specs.size());
}

int PaletteModel::columnCount(const QModelIndex&) const { return 1; }

const NodeSpec* PaletteModel::spec(const QModelIndex& index) const {
  if (!index.isValid() || index.internalId() == kHeadingLevel) return nullptr;
  return groups_[index.internalId() - 1].specs[static_cast<std::size_t>(index.row())];
}

QVariant PaletteModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  if (const NodeSpec* type = spec(index)) {
    switch (role) {
      case Qt::DisplayRole:
      case Qt::AccessibleTextRole:
        return to_qstring(type->title);
      case Qt::ToolTipRole:
        return QStringLiteral("<qt><b>%1</b><br>%2</qt>")
            .arg(to_qstring(type->title).toHtmlEscaped(), to_qstring(type->summary).toHtmlEscaped());
      case Qt::AccessibleDescriptionRole:
      case SummaryRole:
        return to_qstring(type->summary);
      case TypeRole:
        return to_qstring(type->type);
      case CategoryRole:
        return static_cast<int>(type->category);
      case HeadingRole:
        return heading_text(*type);
      default:
        return {};
    }
  }
  const NodeSpec& first = *groups_[static_cast<std::size_t>(index.row())].specs.front();
  if (role == Qt::DisplayRole || role == Qt::AccessibleTextRole || role == HeadingRole) return heading_text(first);
  if (role == CategoryRole) return static_cast<int>(first.category);
  return {};
}

Qt::ItemFlags PaletteModel::flags(const QModelIndex& index) const {
  if (!index.isValid()) return Qt::NoItemFlags;
  if (spec(index) == nullptr) return Qt::ItemIsEnabled;
  return Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsDragEnabled | Qt::ItemNeverHasChildren;
}

QStringList PaletteModel::mimeTypes() const { return {QString::fromLatin1(kNodeMime)}; }

QMimeData* PaletteModel::mimeData(const QModelIndexList& indexes) const {
  for (const QModelIndex& index : indexes) {
    const NodeSpec* type = spec(index);
    if (type == nullptr) continue;
    auto* mime = new QMimeData;
    mime->setData(QString::fromLatin1(kNodeMime), QByteArray::fromStdString(type->type));
    return mime;
  }
  return nullptr;
}

PaletteFilter::PaletteFilter(PaletteModel& model, QObject* parent) : QSortFilterProxyModel(parent), model_(model) {
  setRecursiveFilteringEnabled(true);
  setSourceModel(&model);
}

void PaletteFilter::set_pattern(const QString& pattern) {
  pattern_ = pattern.trimmed();
  invalidateFilter();
}

bool PaletteFilter::filterAcceptsRow(int row, const QModelIndex& parent) const {
  if (pattern_.isEmpty()) return true;
  const NodeSpec* type = model_.spec(model_.index(row, 0, parent));
  return type != nullptr && fuzzy_score(pattern_, *type) >= 0;
}

QModelIndex PaletteFilter::best() const {
  QModelIndex found;
  int found_score = -1;
  for (int group = 0; group < rowCount(); ++group) {
    const QModelIndex category = index(group, 0);
    for (int row = 0; row < rowCount(category); ++row) {
      const QModelIndex candidate = index(row, 0, category);
      const int score = fuzzy_score(pattern_, *model_.spec(mapToSource(candidate)));
      if (score > found_score) {
        found = candidate;
        found_score = score;
      }
    }
  }
  return found;
}

}  // namespace feedline::gui::inline models
