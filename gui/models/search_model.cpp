// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/search_model.h"

#include "graph/node_file.h"
#include "gui/models/fuzzy_match.h"
#include "gui/models/palette_model.h"
#include "gui/models/text.h"
#include "schema/structure.h"

#include <QFileInfo>

#include <algorithm>

namespace feedline::gui::inline models {

SearchModel::SearchModel(const Registry& registry, QObject* parent) : QAbstractListModel(parent), registry_(registry) {
  set_filter({});
}

void SearchModel::set_filter(const std::function<bool(const NodeSpec&)>& accepts) {
  offered_.clear();
  for (const NodeSpec* spec : registry_.all())
    if (!accepts || accepts(*spec)) offered_.push_back(spec);
  find_matches();
}

void SearchModel::set_files(const QStringList& files) {
  beginResetModel();  // rows refer to them
  found_.clear();
  files_.clear();
  endResetModel();
  const NodeSpec* subgraph = registry_.find(kSubgraphType);
  for (const QString& file : files) {
    NodeSpec spec = subgraph == nullptr ? NodeSpec{} : *subgraph;
    spec.type = type_of(file).toStdString();
    const QString example = to_qstring(kExampleNode);
    const bool ours = file.startsWith(example);
    spec.title = (ours ? file.mid(example.size()) : QFileInfo(file).completeBaseName()).toStdString();
    spec.summary = (ours ? tr("A node that comes with Feedline: %1") : tr("Your node: %1")).arg(file).toStdString();
    files_.push_back(std::move(spec));
  }
  find_matches();
}

QString SearchModel::file_of(const QString& type) {
  const QString prefix = type_of({});
  return type.startsWith(prefix) ? type.mid(prefix.size()) : QString();
}

void SearchModel::set_pattern(const QString& pattern) {
  pattern_ = pattern;
  find_matches();
}

void SearchModel::find_matches() {
  std::vector<std::pair<int, const NodeSpec*>> scored;
  const auto add = [&](const NodeSpec& spec) {
    if (const int score = fuzzy_score(pattern_, spec); score >= 0) scored.emplace_back(score, &spec);
  };
  for (const NodeSpec* spec : offered_) add(*spec);
  for (const NodeSpec& file : files_) add(file);
  std::stable_sort(scored.begin(), scored.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  beginResetModel();
  found_.clear();
  for (const auto& [score, spec] : scored) found_.push_back(spec);
  endResetModel();
}

int SearchModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(found_.size());
}

QVariant SearchModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const NodeSpec& spec = *found_[static_cast<std::size_t>(index.row())];
  switch (role) {
    case Qt::DisplayRole:
      return to_qstring(spec.title);
    case Qt::ToolTipRole:
    case Qt::AccessibleDescriptionRole:
    case PaletteModel::SummaryRole:
      return to_qstring(spec.summary);
    case PaletteModel::TypeRole:
      return to_qstring(spec.type);
    case PaletteModel::CategoryRole:
      return static_cast<int>(spec.category);
    case PaletteModel::HeadingRole:
      return heading_text(spec);
    default:
      return {};
  }
}

}  // namespace feedline::gui::inline models
