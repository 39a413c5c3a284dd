// SPDX-License-Identifier: GPL-3.0-or-later
#include "checking/check_window.h"

#include "base/clock.h"
#include "base/numbers.h"
#include "checking/bad_files_view.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QProgressBar>
#include <QPushButton>
#include <QTabWidget>
#include <QTextBrowser>

#include <algorithm>

namespace feedline::gui {

namespace {

constexpr int kPollMs = 100;
constexpr int kSteps = 1000;

QString text(const std::string& words) { return QString::fromStdString(words); }
QString number(std::uint64_t n) { return text(numbers::count(n)); }

QString level_text(DataFinding::Level level) {
  return level == DataFinding::Level::Wrong     ? CheckWindow::tr("Wrong: ")
         : level == DataFinding::Level::Warning ? CheckWindow::tr("Warning: ")
                                                : CheckWindow::tr("Note: ");
}

QString role_of(const SourceCheck& source) {
  if (source.training && source.validation) return CheckWindow::tr("training and validation");
  if (source.validation) return CheckWindow::tr("validation");
  return source.training ? CheckWindow::tr("training") : CheckWindow::tr("not read by a trainer");
}

}  // namespace

CheckWindow::CheckWindow(QWidget* parent)
    : QDialog(parent, Qt::Window),
      heading_(new QLabel(this)),
      state_(new QLabel(this)),
      bar_(new QProgressBar(this)),
      button_(new QPushButton(this)),
      pages_(new QTabWidget(this)),
      findings_(new QListWidget(this)),
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
  findings_->setWordWrap(true);
  findings_->setAccessibleName(tr("Findings"));
  button_->setObjectName("stop_check");
  pages_->addTab(findings_, tr("&Findings"));
  pages_->addTab(files_, tr("&Bad files"));
  pages_->addTab(overview_, tr("&Overview"));
  button_->setAutoDefault(false);
  auto* top = new QHBoxLayout;
  top->addWidget(state_, 1);
  top->addWidget(button_);
  auto* all = new QVBoxLayout(this);
  all->addWidget(heading_);
  all->addLayout(top);
  all->addWidget(bar_);
  all->addWidget(pages_, 1);

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
  connect(findings_, &QListWidget::itemActivated, this, [this](QListWidgetItem* item) {
    if (const QString node = item->data(Qt::UserRole).toString(); !node.isEmpty()) Q_EMIT node_wanted(node);
  });
}

void CheckWindow::check(const QString& name, const Document& document) {
  name_ = name;
  document_ = document;
  since_ = 0;
  report_.reset();
  findings_->clear();
  files_->show_files({}, 0, {});
  overview_->clear();
  pages_->setTabText(0, tr("&Findings"));
  pages_->setTabText(1, tr("&Bad files"));
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
    const QString what = text(progress.what());
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
                .arg(text(numbers::rate(static_cast<double>(anew) / lasted)),
                     text(numbers::countdown(lasted * (1 - part) / part)));
  }
  state_->setText(line);
}

void CheckWindow::show_fault(const Error& error) {
  const QString words =
      error.code == ErrorCode::Cancelled ? tr("Stopped before a record was checked") : text(error.line());
  state_->setText(words);
  Q_EMIT done(name_, words);
}

void CheckWindow::show_report(std::shared_ptr<const CheckReport> report) {
  report_ = std::move(report);
  for (const DataFinding& finding : report_->findings) {
    QString words = level_text(finding.level) + text((finding.node.empty() ? "" : finding.node + ": ") + finding.text);
    for (const std::string& example : finding.examples) words += "\n    " + text(Error{.reason = example}.line());
    if (!finding.remedy.empty()) words += "\n→ " + text(finding.remedy);
    auto* item = new QListWidgetItem(words, findings_);
    item->setData(Qt::UserRole, text(finding.node));
    item->setToolTip(finding.node.empty() ? QString() : tr("Double-click to select the node"));
  }
  if (report_->findings.empty() && report_->complete) new QListWidgetItem(tr("Every record can be used."), findings_);
  const std::size_t files = report_->bad() + report_->duplicates.extra;
  files_->show_files(rows_of(*report_), files, [report = report_] { return check_csv(*report); });
  overview_->setHtml(overview());
  pages_->setTabText(0, tr("&Findings (%1)").arg(report_->findings.size()));
  pages_->setTabText(1, tr("&Bad files (%1)").arg(number(files)));
  const QString work =
      tr("%1 of %2 records checked in %3")
          .arg(number(report_->checked), number(report_->records), text(numbers::duration(report_->seconds)));
  const QString verdict = !report_->complete          ? tr("stopped: the next check goes on from here")
                          : report_->wrong()          ? tr("a run would be wrong")
                          : report_->findings.empty() ? tr("nothing to complain of")
                                                      : tr("nothing that would make a run wrong");
  state_->setText(work + ": " + verdict);
  Q_EMIT done(name_, work + ": " + verdict);
}

QString CheckWindow::overview() const {
  QString html;
  for (const SourceCheck& source : report_->sources) {
    html += QStringLiteral("<h4>%1 (%2)</h4><table cellpadding='3'>")
                .arg(text(source.node).toHtmlEscaped(), role_of(source));
    const auto row = [&](const QString& name, const QString& value) {
      html += QStringLiteral("<tr><td>%1</td><td>%2</td></tr>").arg(name, value.toHtmlEscaped());
    };
    row(tr("Records"), tr("%1, %2 bad").arg(number(source.records), number(source.bad.size())));
    QStringList parts;
    for (std::size_t i = 0; i < std::min<std::size_t>(source.classes.size(), 50); ++i)
      parts << text(source.classes[i].name) + " " + number(source.classes[i].records);
    if (source.classes.size() > 50) parts << tr("and %1 more").arg(source.classes.size() - 50);
    if (!parts.isEmpty()) row(tr("Classes"), QString::number(source.classes.size()) + ": " + parts.join(", "));
    parts.clear();
    for (const auto& [mode, count] : source.modes) parts << text(mode) + ": " + number(count);
    if (!parts.isEmpty()) row(tr("Pictures"), parts.join("; "));
    parts.clear();
    for (std::size_t i = 0; i < std::min<std::size_t>(source.sizes.size(), 8); ++i)
      parts << QStringLiteral("%1 × %2: %3")
                   .arg(source.sizes[i].width)
                   .arg(source.sizes[i].height)
                   .arg(source.sizes[i].count);
    if (source.sizes.size() > 8) parts << tr("%1 more sizes").arg(source.sizes.size() - 8);
    if (!parts.isEmpty()) row(tr("Sizes in pixels"), parts.join("; "));
    if (source.low <= source.high) row(tr("Values"), tr("%1 to %2 of 255").arg(source.low).arg(source.high));
    html += "</table>";
  }
  return html;
}

}  // namespace feedline::gui
