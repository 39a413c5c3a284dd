// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/worst_model.h"

#include <algorithm>
#include <utility>

namespace feedline::gui::inline models {

namespace {

constexpr qsizetype kCaptionWords = 240;   // about three lines of a list
constexpr qsizetype kTooltipWords = 2000;  // and a tooltip that a screen has room for

QString first_words(const QString& words, qsizetype most) {
  return words.size() <= most ? words : words.left(most - 1) + QChar(0x2026);
}

/// "misses drama; not comedy"
QString label_faults(const Evaluation& evaluation, const WorstSample& sample) {
  QStringList parts;
  if (!sample.missed.empty())
    parts << WorstModel::tr("misses %1").arg(QString::fromStdString(evaluation.names_of(sample.missed)));
  if (!sample.extra.empty())
    parts << WorstModel::tr("not %1").arg(QString::fromStdString(evaluation.names_of(sample.extra)));
  return parts.join(QStringLiteral("; "));
}

}  // namespace

void WorstModel::set_evaluation(const Evaluation& evaluation) {
  beginResetModel();
  evaluation_ = evaluation;
  pictures_.clear();
  words_.clear();
  choose_rows();
  endResetModel();
}

void WorstModel::clear() {
  only_.reset();
  worded_ = false;
  set_evaluation({});
}

void WorstModel::set_pictures(QList<QImage> pictures) {
  pictures_ = std::move(pictures);
  if (!rows_.empty()) Q_EMIT dataChanged(index(0), index(rowCount() - 1), {Qt::DecorationRole});
}

void WorstModel::set_words(QStringList words) {
  const bool any = std::any_of(words.begin(), words.end(), [](const QString& text) { return !text.isEmpty(); });
  if (!any && !worded_) return;
  beginResetModel();  // items get another size
  words_ = std::move(words);
  worded_ = any;
  endResetModel();
}

QString WorstModel::words(std::size_t sample) const { return words_.value(static_cast<qsizetype>(sample)); }

void WorstModel::show_only(std::optional<Confusion> confusion) {
  beginResetModel();
  only_ = confusion;
  choose_rows();
  endResetModel();
}

void WorstModel::choose_rows() {
  rows_.clear();
  for (std::size_t i = 0; i < evaluation_.worst.size(); ++i) {
    const WorstSample& sample = evaluation_.worst[i];
    if (!only_ || *only_ == Confusion{sample.label, sample.predicted}) rows_.push_back(i);
  }
}

/// Until it has been made, room for it: views lay out their items once.
QImage WorstModel::picture(std::size_t sample) const {
  const auto at = static_cast<qsizetype>(sample);
  if (at < pictures_.size() && !pictures_[at].isNull()) return pictures_[at];
  QImage room(kSide, kSide, QImage::Format_ARGB32_Premultiplied);
  room.fill(Qt::transparent);
  return room;
}

int WorstModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QVariant WorstModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const std::size_t at = rows_[static_cast<std::size_t>(index.row())];
  const WorstSample& sample = evaluation_.worst[at];
  const QString label = QString::fromStdString(evaluation_.name_of(sample.label));
  const QString predicted = QString::fromStdString(evaluation_.name_of(sample.predicted));
  const auto share = [](double part) { return QString::number(part * 100, 'f', part < 0.1 ? 1 : 0); };
  switch (role) {
    case Qt::DisplayRole: {
      const bool several = evaluation_.several_labels;
      const QString caption = several && sample.right() ? tr("✓ %1 %").arg(share(sample.truth))
                              : several                 ? label_faults(evaluation_, sample)
                              : sample.right()          ? tr("%1 ✓ %2 %").arg(label, share(sample.truth))
                                                        : tr("%1 → %2").arg(label, predicted);
      QStringList lines;
      for (const QString& line : words(at).split(QLatin1Char('\n')))
        if (const QString read = line.simplified(); !read.isEmpty()) lines << read;
      const QString read = lines.join(QStringLiteral(" · "));
      return read.isEmpty() ? caption : caption + QLatin1Char('\n') + first_words(read, kCaptionWords);
    }
    case Qt::DecorationRole:
      return has_words() ? QVariant() : QVariant(picture(at));
    case Qt::ToolTipRole:
    case Qt::AccessibleTextRole: {
      const QString place = tr("record %1\n%2").arg(sample.record).arg(QString::fromStdString(sample.file));
      const QString judged =
          !evaluation_.several_labels ? tr("True class %1 (%2 %), predicted %3 (%4 %)")
                                            .arg(label, share(sample.truth), predicted, share(sample.confidence))
          : sample.right() ? tr("All labels right, the least sure one with %1 %").arg(share(sample.truth))
                           : tr("Labels: %1 (%2 % for what is true of the worst one)")
                                 .arg(label_faults(evaluation_, sample), share(sample.truth));
      const QString told = judged + QLatin1Char('\n') + place;
      return words(at).isEmpty() ? told : told + QStringLiteral("\n\n") + first_words(words(at), kTooltipWords);
    }
    case RecordRole:
      return QVariant::fromValue<qulonglong>(sample.record);
    case FileRole:
      return QString::fromStdString(sample.file);
    default:
      return {};
  }
}

}  // namespace feedline::gui::inline models
