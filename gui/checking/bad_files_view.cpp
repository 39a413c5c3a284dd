// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/checking/bad_files_view.h"

#include "gui/base/save_path.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSaveFile>
#include <QShortcut>
#include <QTableView>

namespace feedline::gui::inline checking {

BadFilesView::BadFilesView(QWidget* parent)
    : QWidget(parent),
      table_(new QTableView(this)),
      note_(new QLabel(this)),
      save_(new QPushButton(tr("Save as &CSV…"), this)),
      writer_(this, "a list of bad files") {
  save_->setAutoDefault(false);
  table_->setModel(&model_);
  table_->setObjectName("bad_files");
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setTextElideMode(Qt::ElideMiddle);
  table_->setWordWrap(false);
  table_->setTabKeyNavigation(false);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 8);
  table_->horizontalHeader()->setStretchLastSection(false);
  table_->setAccessibleName(tr("Bad files"));
  note_->setWordWrap(true);
  auto* below = new QHBoxLayout;
  below->addWidget(note_, 1);
  below->addWidget(save_);
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->addWidget(table_, 1);
  all->addLayout(below);
  connect(save_, &QPushButton::clicked, this, &BadFilesView::save);
  connect(new QShortcut(QKeySequence::Copy, table_, nullptr, nullptr, Qt::WidgetShortcut), &QShortcut::activated, this,
          &BadFilesView::copy);
  connect(this, &BadFilesView::saved, note_, [this](const QString& path, const QString& fault) {
    note_->setText(fault.isEmpty() ? tr("Written to %1").arg(path) : tr("%1 was not written: %2").arg(path, fault));
  });
  show_files({}, 0, {});
}

BadFilesView::~BadFilesView() = default;

void BadFilesView::show_files(std::shared_ptr<const BadFileList> files, std::size_t count, MakeCsv csv) {
  model_.set_files(std::move(files));
  const auto shown = static_cast<std::size_t>(model_.rowCount());
  csv_ = std::move(csv);
  save_->setEnabled(csv_ != nullptr && count > 0);
  const QLocale locale;
  note_->setText(count == 0 ? QString()
                 : shown < count
                     ? tr("%1 of %2 files; the CSV holds all").arg(locale.toString(shown), locale.toString(count))
                 : count == 1 ? tr("1 file")
                              : tr("%1 files").arg(locale.toString(static_cast<qulonglong>(count))));
  QHeaderView* header = table_->horizontalHeader();
  header->setSectionResizeMode(BadFilesModel::FileColumn, QHeaderView::Stretch);
  header->setSectionResizeMode(BadFilesModel::ReasonColumn, QHeaderView::Stretch);
}

void BadFilesView::copy() {
  QStringList lines;
  for (const QModelIndex& index : table_->selectionModel()->selectedRows()) lines << model_.file(index.row()).file;
  if (!lines.isEmpty()) QGuiApplication::clipboard()->setText(lines.join('\n'));
}

void BadFilesView::save() {
  const QString path =
      ask_save_path(this, tr("Save the list"), "bad.csv", tr("CSV files (*.csv)"), QStringLiteral("csv"));
  if (!path.isEmpty()) save_to(path);
}

void BadFilesView::save_to(const QString& path) {
  writer_.start([this, outbox = writer_.outbox(), path, make = csv_] {
    const std::string text = make();
    QSaveFile file(path);
    QString fault;
    if (!file.open(QIODevice::WriteOnly) || file.write(text.data(), static_cast<qint64>(text.size())) < 0 ||
        !file.commit())
      fault = file.errorString();
    outbox->post([this, path, fault] { Q_EMIT saved(path, fault); });
  });
}

}  // namespace feedline::gui::inline checking
