// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/bad_files_model.h"

#include "gui/models/text.h"

#include <algorithm>
#include <utility>

namespace feedline::gui::inline models {

namespace {

class CheckedFiles final : public BadFileList {
 public:
  explicit CheckedFiles(std::shared_ptr<const CheckReport> report) : report_(std::move(report)) {
    for (const SourceCheck& source : report_->sources) bad_ends_.push_back(size_ += source.bad.size());
    for (const DuplicateGroup& group : report_->duplicates.groups)
      group_ends_.push_back(size_ += group.places.size() - 1);  // the first place is the one to keep
  }

  std::size_t size() const override { return size_; }
  bool has_times() const override { return false; }

  BadFileRow row(std::size_t index) const override {
    const auto in = [&](const std::vector<std::size_t>& ends) {
      return static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), index) - ends.begin());
    };
    const std::size_t source = in(bad_ends_);
    if (source < bad_ends_.size()) return bad(report_->sources[source], bad_ends_[source] - index);
    const std::size_t group = in(group_ends_);
    return repeated(report_->duplicates.groups[group], group_ends_[group] - index);
  }

 private:
  /// Rows are counted from the end of their source or group.
  [[nodiscard]] BadFileRow bad(const SourceCheck& source, std::size_t before_end) const {
    const BadRef& record = source.bad[source.bad.size() - before_end];
    const Error& fault = report_->faults[record.fault - 1];
    return {to_qstring(source.name_of(record.record)), to_qstring(fault.reason), to_qstring(fault.node),
            to_qstring(fault.remedy)};
  }

  [[nodiscard]] BadFileRow repeated(const DuplicateGroup& group, std::size_t before_end) const {
    const auto name = [&](const DuplicateGroup::Place& place) {
      return to_qstring(report_->sources[place.source].name_of(place.record));
    };
    const QString reason = group.across        ? QObject::tr("in training and validation: the same bytes as %1")
                           : group.conflicting ? QObject::tr("in several classes: the same bytes as %1")
                                               : QObject::tr("the same bytes as %1");
    const DuplicateGroup::Place& place = group.places[group.places.size() - before_end];
    return {name(place), reason.arg(name(group.places.front())), to_qstring(report_->sources[place.source].node),
            QObject::tr("Delete one of them")};
  }

  std::shared_ptr<const CheckReport> report_;
  std::size_t size_ = 0;
  std::vector<std::size_t> bad_ends_{};    ///< rows up to the end of each source
  std::vector<std::size_t> group_ends_{};  ///< ... of each group
};

class LeftOutFiles final : public BadFileList {
 public:
  explicit LeftOutFiles(std::shared_ptr<const std::vector<BadRecord>> records) : records_(std::move(records)) {}
  std::size_t size() const override { return records_->size(); }
  bool has_times() const override { return true; }
  BadFileRow row(std::size_t index) const override {
    const BadRecord& bad = (*records_)[index];
    return {to_qstring(bad.error.file), to_qstring(bad.error.reason), to_qstring(bad.error.node),
            to_qstring(bad.error.remedy), bad.times};
  }

 private:
  std::shared_ptr<const std::vector<BadRecord>> records_;
};

}  // namespace

std::shared_ptr<const BadFileList> files_of(std::shared_ptr<const CheckReport> report) {
  return std::make_shared<CheckedFiles>(std::move(report));
}

std::shared_ptr<const BadFileList> files_of(std::shared_ptr<const std::vector<BadRecord>> records) {
  return std::make_shared<LeftOutFiles>(std::move(records));
}

void BadFilesModel::set_files(std::shared_ptr<const BadFileList> files) {
  beginResetModel();
  files_ = std::move(files);
  endResetModel();
}

int BadFilesModel::rowCount(const QModelIndex& parent) const {
  if (parent.isValid() || files_ == nullptr) return 0;
  return static_cast<int>(std::min<std::size_t>(files_->size(), kMostRows));
}

int BadFilesModel::columnCount(const QModelIndex& parent) const {
  if (parent.isValid()) return 0;
  return files_ != nullptr && files_->has_times() ? ColumnCount : TimesColumn;
}

QVariant BadFilesModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  if (role == Qt::TextAlignmentRole && index.column() == TimesColumn)
    return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
  if (role != Qt::DisplayRole && role != Qt::ToolTipRole) return {};
  const BadFileRow row = file(index.row());
  if (role == Qt::ToolTipRole)
    return row.file + '\n' + row.reason + (row.remedy.isEmpty() ? QString() : '\n' + row.remedy);
  switch (index.column()) {
    case FileColumn:
      return row.file;
    case ReasonColumn:
      return row.reason;
    case NodeColumn:
      return row.node;
    default:
      return row.times;
  }
}

QVariant BadFilesModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
  switch (section) {
    case FileColumn:
      return tr("File");
    case ReasonColumn:
      return tr("Reason");
    case NodeColumn:
      return tr("Node");
    default:
      return tr("Times left out");
  }
}

}  // namespace feedline::gui::inline models
