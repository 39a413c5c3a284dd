// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/runs_model.h"

#include "base/numbers.h"
#include "gui/models/text.h"
#include "recording/figure_text.h"

#include <QRegularExpression>

#include <algorithm>
#include <cmath>
#include <set>

namespace feedline::gui::inline models {
namespace {

/// A dash where there is no number.
QString figure(double value, std::string (*text)(double)) {
  return std::isfinite(value) ? to_qstring(text(value)) : QStringLiteral("–");
}

/// How good it is in one number, which is named where it is no share.
QString headline_text(const RunSummary& run) {
  const MetricValue* metric = headline(run.metrics, kValSplit);
  if (metric == nullptr) return QStringLiteral("–");
  const QString value = to_qstring(metric_text(*metric));
  return metric->unit == kShareUnit ? value : QStringLiteral("%1 %2").arg(to_qstring(metric->name), value);
}

double headline_value(const RunSummary& run) {
  const MetricValue* metric = headline(run.metrics, kValSplit);
  return metric != nullptr ? metric->value : RunFigures::kNone;
}

double training_loss(const RunSummary& run) { return value_of(run.metrics, kLossMetric, kTrainSplit); }

/// The time alone of today's.
QString started_text(double at) {
  const QString whole = to_qstring(local_time_text(at));
  const QString today = to_qstring(local_time_text(wall_clock()));
  return whole.left(10) == today.left(10) ? whole.mid(11) : whole;
}

bool same_order(const std::vector<RunSummary>& a, const std::vector<RunSummary>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const RunSummary& x, const RunSummary& y) { return x.id == y.id; });
}

}  // namespace

void RunsModel::set_runs(const std::vector<RunSummary>& runs) {
  remove_missing(runs);
  insert_new(runs);
  if (!same_order(runs_, runs)) {  // one was pinned: the others move
    beginResetModel();
    runs_ = runs;
    endResetModel();
    return;
  }
  for (int row = 0; row < rowCount(); ++row) {
    RunSummary& present = runs_[static_cast<std::size_t>(row)];
    const RunSummary& newer = runs[static_cast<std::size_t>(row)];
    bool changed = is_active(newer.status);
    for (int column = 0; column < ColumnCount && !changed; ++column)
      changed = text(present, column) != text(newer, column);
    present = newer;
    if (changed) Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
  }
}

void RunsModel::remove_missing(const std::vector<RunSummary>& runs) {
  std::set<std::int64_t> wanted;
  for (const RunSummary& run : runs) wanted.insert(run.id);
  for (int row = rowCount() - 1; row >= 0; --row) {
    if (wanted.count(runs_[static_cast<std::size_t>(row)].id) > 0) continue;
    beginRemoveRows({}, row, row);
    runs_.erase(runs_.begin() + row);
    endRemoveRows();
  }
}

void RunsModel::insert_new(const std::vector<RunSummary>& runs) {
  std::set<std::int64_t> present;
  for (const RunSummary& run : runs_) present.insert(run.id);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (present.count(runs[i].id) > 0) continue;
    const int row = static_cast<int>(std::min(i, runs_.size()));
    beginInsertRows({}, row, row);
    runs_.insert(runs_.begin() + row, runs[i]);
    endInsertRows();
  }
}

int RunsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(runs_.size());
}
int RunsModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QString RunsModel::text(const RunSummary& run, int column) {
  switch (column) {
    case RunColumn:
      return QString::number(run.id) + (run.pinned ? QStringLiteral(" ★") : QString());
    case StartedColumn:
      return started_text(run.started_at);
    case GraphColumn:
      return to_qstring(graph_name(run));
    case StateColumn:
      switch (run.status) {
        case RunStatus::Preparing:
          return tr("preparing");
        case RunStatus::Running:
          return tr("running");
        case RunStatus::Finished:
          return tr("finished");
        case RunStatus::Stopped:
          return tr("stopped");
        case RunStatus::Failed:
          return tr("failed");
        case RunStatus::Died:
          return tr("died");
      }
      return {};
    case ProgressColumn: {
      const auto left = seconds_left(run);
      const QString progress = to_qstring(progress_text(run));
      return left ? tr("%1, %2 to go").arg(progress, to_qstring(numbers::countdown(*left))) : progress;
    }
    case RateColumn:
      return figure(run.figures.samples_per_s, numbers::rate);
    case LossColumn:
      return figure(training_loss(run), numbers::loss);
    case ValidationColumn:
      return headline_text(run);
    case TimeColumn:
      return to_qstring(numbers::duration(lasted(run)));
    case TagsColumn: {
      QStringList tags;
      for (const std::string& tag : run.tags) tags << to_qstring(tag);
      return tags.join(QLatin1Char(' '));
    }
    case NoteColumn:
      return to_qstring(run.note);
    default:
      return {};
  }
}

QVariant RunsModel::sort_value(const RunSummary& run, int column) {
  switch (column) {
    case RunColumn:
      return static_cast<qint64>(run.id);
    case StartedColumn:
      return run.started_at;
    case ProgressColumn:
      return run.figures.steps;
    case RateColumn:
      return run.figures.samples_per_s;
    case LossColumn:
      return training_loss(run);
    case ValidationColumn:
      return headline_value(run);
    case TimeColumn:
      return lasted(run);
    default:
      return text(run, column);
  }
}

QString RunsModel::tip(const RunSummary& run) {
  QStringList lines = {tr("Run %1, by the %2 on %3").arg(run.id).arg(to_qstring(run.origin), to_qstring(run.host))};
  if (!run.file.empty()) lines << to_qstring(run.file);
  if (!run.failure.empty()) lines << to_qstring(run.failure);
  if (!run.verdict.text.empty()) lines << to_qstring(run.verdict.text);
  QStringList metrics;
  for (const MetricValue& metric : run.metrics)
    metrics << QStringLiteral("%1 %2").arg(to_qstring(metric_title(metric)), to_qstring(metric_text(metric)));
  if (!metrics.isEmpty()) lines << metrics.join(QStringLiteral(", "));
  QString html;
  for (const QString& line : lines) html += QStringLiteral("<p>%1</p>").arg(line.toHtmlEscaped());
  return html;
}

QVariant RunsModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const RunSummary& run = this->run(index);
  const bool number = index.column() >= RateColumn && index.column() <= TimeColumn;
  switch (role) {
    case Qt::DisplayRole:
    case Qt::EditRole:
      return text(run, index.column());
    case Qt::ToolTipRole:
      return tip(run);
    case Qt::TextAlignmentRole:
      return static_cast<int>((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    case IdRole:
      return static_cast<qint64>(run.id);
    case SortRole:
      return sort_value(run, index.column());
    case ActiveRole:
      return is_active(run.status);
    default:
      return {};
  }
}

QVariant RunsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole)
    return static_cast<int>((section >= RateColumn && section <= TimeColumn ? Qt::AlignRight : Qt::AlignLeft) |
                            Qt::AlignVCenter);
  if (role != Qt::DisplayRole) return {};
  switch (section) {
    case RunColumn:
      return tr("Run");
    case StartedColumn:
      return tr("Started");
    case GraphColumn:
      return tr("Graph");
    case StateColumn:
      return tr("State");
    case ProgressColumn:
      return tr("Progress");
    case RateColumn:
      return tr("Samples/s");
    case LossColumn:
      return tr("Loss");
    case ValidationColumn:
      return tr("Validation");
    case TimeColumn:
      return tr("Time");
    case TagsColumn:
      return tr("Tags");
    case NoteColumn:
      return tr("Note");
    default:
      return {};
  }
}

Qt::ItemFlags RunsModel::flags(const QModelIndex& index) const {
  const Qt::ItemFlags all = QAbstractTableModel::flags(index);
  return index.isValid() && index.column() >= TagsColumn ? all | Qt::ItemIsEditable : all;
}

bool RunsModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  if (role != Qt::EditRole || !checkIndex(index, CheckIndexOption::IndexIsValid)) return false;
  const QString wanted = value.toString().trimmed();
  if (wanted == text(run(index), index.column())) return false;
  if (index.column() == NoteColumn) {
    Q_EMIT note_edited(run(index).id, wanted);
    return true;
  }
  if (index.column() != TagsColumn) return false;
  static const QRegularExpression between(QStringLiteral("[\\s,]+"));
  Q_EMIT tags_edited(run(index).id, wanted.split(between, Qt::SkipEmptyParts));
  return true;
}

}  // namespace feedline::gui::inline models
