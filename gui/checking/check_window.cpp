// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/checking/check_window.h"

#include "base/clock.h"
#include "base/numbers.h"
#include "gui/base/caption.h"
#include "gui/checking/bad_files_view.h"
#include "gui/models/text.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QListView>
#include <QProgressBar>
#include <QPushButton>
#include <QTabWidget>
#include <QTextBrowser>

#include <algorithm>

namespace feedline::gui::inline checking {

namespace {

constexpr int kPollMs = 100;
constexpr int kSteps = 1000;
constexpr int kLaidOutAtOnce = 16;

/// In the order in which they are added.
enum Tab { FindingsTab, FilesTab, OverviewTab };

}  // namespace

CheckWindow::CheckWindow(QWidget* parent)
    : QDialog(parent, Qt::Window),
      heading_(new Caption(Caption::Tone::Title, {}, this)),
      state_(new QLabel(this)),
      bar_(new QProgressBar(this)),
      button_(new QPushButton(this)),
      tabs_(new QTabWidget(this)),
      findings_(new QListView(this)),
      files_(new BadFilesView(this)),
      overview_(new QTextBrowser(this)) {
  setObjectName("check_window");
  setWindowTitle(tr("Check data"));
  resize(860, 560);
  heading_->setObjectName("heading");
  state_->setWordWrap(true);
  bar_->setRange(0, kSteps);
  bar_->setTextVisible(false);
  findings_->setObjectName("findings");
  findings_->setModel(&findings_model_);
  findings_->setWordWrap(true);
  findings_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  findings_->setLayoutMode(QListView::Batched);  // each is as high as its words: a few at a time
  findings_->setBatchSize(kLaidOutAtOnce);
  findings_->setAccessibleName(tr("Findings"));
  button_->setObjectName("stop_check");
  tabs_->addTab(findings_, tr("&Findings"));
  tabs_->addTab(files_, tr("&Bad files"));
  tabs_->addTab(overview_, tr("&Overview"));
  button_->setAutoDefault(false);
  auto* top = new QHBoxLayout;
  top->addWidget(state_, 1);
  top->addWidget(button_);
  auto* all = new QVBoxLayout(this);
  all->addWidget(heading_);
  all->addLayout(top);
  all->addWidget(bar_);
  all->addWidget(tabs_, 1);

  poll_.setInterval(kPollMs);
  connect(&poll_, &QTimer::timeout, this, &CheckWindow::show_progress);
  connect(&checker_, &DataChecker::finished, this, &CheckWindow::show_report);
  connect(&checker_, &DataChecker::failed, this, &CheckWindow::show_fault);
  connect(&checker_, &DataChecker::busy_changed, this, &CheckWindow::set_busy);
  connect(button_, &QPushButton::clicked, this, [this] {
    if (checker_.busy()) {
      checker_.stop();
      state_->setText(tr("Stopping…"));
    } else {
      check(name_, document_);
    }
  });
  connect(findings_, &QListView::activated, this, [this](const QModelIndex& index) {
    if (const QString node = index.data(FindingsModel::NodeRole).toString(); !node.isEmpty()) Q_EMIT node_wanted(node);
  });
  connect(tabs_, &QTabWidget::currentChanged, this, &CheckWindow::show_overview);
}

void CheckWindow::check(const QString& name, const Document& document) {
  name_ = name;
  document_ = document;
  since_ = 0;
  pages_.reset();
  findings_model_.set_findings(nullptr);
  files_->show_files({}, 0, {});
  overview_->clear();
  tabs_->setTabText(FindingsTab, tr("&Findings"));
  tabs_->setTabText(FilesTab, tr("&Bad files"));
  heading_->setText(tr("Data of %1").arg(name));
  setWindowTitle(tr("Check data of %1").arg(name));
  checker_.start(document);
}

void CheckWindow::set_busy(bool busy) {
  button_->setText(busy ? tr("&Stop") : tr("Check &again"));
  bar_->setVisible(busy);
  if (busy) {
    poll_.start();
    show_progress();
  } else {
    poll_.stop();
  }
}

void CheckWindow::show_progress() {
  const CheckProgress& progress = checker_.progress();
  const std::uint64_t records = progress.records;
  if (records == 0) {
    bar_->setValue(static_cast<int>(progress.opening * kSteps));
    const QString what = to_qstring(progress.what());
    state_->setText(what.isEmpty() ? tr("Opening the sources…") : what);
    return;
  }
  const std::uint64_t checked = progress.checked;
  const double part = static_cast<double>(checked) / static_cast<double>(records);
  bar_->setValue(static_cast<int>(part * kSteps));
  if (since_ == 0) since_ = Clock::system().now();
  const double lasted = seconds(Clock::system().now() - since_);
  QString line = tr("%1 of %2 records checked, %3 bad").arg(number(checked), number(records), number(progress.bad));
  if (lasted > 1 && part > 0) {
    const std::uint64_t anew = checked - std::min<std::uint64_t>(checked, progress.reused);
    line += tr(" · %1 files/s · %2 to go")
                .arg(to_qstring(numbers::rate(static_cast<double>(anew) / lasted)),
                     to_qstring(numbers::countdown(lasted * (1 - part) / part)));
  }
  state_->setText(line);
}

void CheckWindow::show_fault(const Error& error) {
  const QString words =
      error.code == ErrorCode::Cancelled ? tr("Stopped before a record was checked") : to_qstring(error.line());
  state_->setText(words);
  Q_EMIT done(name_, words);
}

void CheckWindow::show_report(std::shared_ptr<const CheckPages> pages) {
  pages_ = std::move(pages);
  const CheckReport& report = *pages_->report;
  findings_model_.set_findings({pages_, &pages_->findings});  // kept as long as the pages
  files_->show_files(pages_->files, pages_->bad_files, [kept = pages_->report] { return check_csv(*kept); });
  show_overview();
  tabs_->setTabText(FindingsTab, tr("&Findings (%1)").arg(report.findings.size()));
  tabs_->setTabText(FilesTab, tr("&Bad files (%1)").arg(number(pages_->bad_files)));
  state_->setText(pages_->summary);
  Q_EMIT done(name_, pages_->summary);
}

/// Its tables are laid out only where somebody looks at them.
void CheckWindow::show_overview() {
  if (tabs_->currentIndex() == OverviewTab && pages_ != nullptr) overview_->setHtml(pages_->overview);
}

}  // namespace feedline::gui::inline checking
