// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/rank_helpers.h"

#include "graph/json.h"
#include "gui/session/step_back.h"
#include "gui/session/work_fault.h"
#include "ranks/launch.h"
#include "training/apply_options.h"

#include <QCoreApplication>
#include <QFile>
#include <QFileInfo>
#include <QStandardPaths>

#include <csignal>
#include <exception>
#include <utility>

namespace feedline::gui::inline session {

namespace {

/// So long after rank 0 they end by themselves; later they are told to, and at last made to.
constexpr Nanos kOwnEnd = from_seconds(3);
constexpr Nanos kToldEnd = from_seconds(6);
/// Where nobody wants to wait.
constexpr Nanos kHurriedEnd = from_seconds(1);

/// Beside the window's program where it is installed, else in the build tree, else in PATH.
QString command_line_program() {
  const QString folder = QCoreApplication::applicationDirPath();
  for (const char* place : {"/feedline-cli", "/../core/feedline-cli"})
    if (const QFileInfo file(folder + QLatin1String(place)); file.isExecutable()) return file.canonicalFilePath();
  return QStandardPaths::findExecutable(QStringLiteral("feedline-cli"));
}

}  // namespace

Result<std::shared_ptr<RankHelpers>> RankHelpers::prepare(int processes) {
  const QString program = command_line_program();
  if (program.isEmpty())
    return fail("feedline-cli, which the other processes run, is not beside the window's program",
                "Install both together, or train in one process: Run > Processes > 1");
  auto place = MeetingPlace::make();
  if (!place) return fail(std::move(place.error()));
  auto world = (*place)->first_of(processes);
  if (!world) return fail(std::move(world.error()));
  return std::shared_ptr<RankHelpers>(
      new RankHelpers(std::move(*place), std::move(*world), std::filesystem::path(program.toStdString())));
}

RankHelpers::RankHelpers(std::shared_ptr<const MeetingPlace> place, World world, std::filesystem::path program)
    : place_(std::move(place)), world_(std::move(world)), program_(std::move(program)) {}

RankHelpers::~RankHelpers() { over(); }

void RankHelpers::over() {
  Nanos running = 0;
  over_since_.compare_exchange_strong(running, Clock::system().now());
}

int RankHelpers::signal() const {
  const bool hurry = hurry_ && *hurry_;
  const Nanos since = over_since_;
  if (since == 0) return hurry ? SIGTERM : 0;
  const Nanos waited = Clock::system().now() - since;
  if (hurry) return waited < kHurriedEnd ? SIGTERM : SIGKILL;
  return waited < kOwnEnd ? 0 : waited < kToldEnd ? SIGTERM : SIGKILL;
}

void RankHelpers::start(const Document& document, const RunOptions& options, HelperNews told,
                        std::shared_ptr<const std::atomic<bool>> hurry) {
  hurry_ = std::move(hurry);
  std::vector<std::string> words = {"--no-checkpoints", "--no-record"};
  if (options.resume.state) words.insert(words.end(), {"--resume", options.resume.path});
  if (options.max_steps) words.insert(words.end(), {"--max-steps", std::to_string(*options.max_steps)});
  if (options.workers) words.insert(words.end(), {"--workers", std::to_string(*options.workers)});
  if (options.device) words.insert(words.end(), {"--device", *options.device});
  RunOptions in_graph = options;  // all else stands in the graph: ranks compare it
  in_graph.workers.reset();
  in_graph.device.reset();
  Document graph = document;
  static_cast<void>(apply_options(graph, in_graph));  // what is wrong with it, rank 0 tells
  thread_ = std::jthread([this, document = std::move(graph), words = std::move(words), told = std::move(told)] {
    step_back();  // they inherit it
    try {
      run(document, words, told);
    } catch (const std::exception& fault) {
      told.failed(work_fault(fault));
    }
  });
}

void RankHelpers::run(const Document& document, const std::vector<std::string>& options, const HelperNews& told) {
  const std::filesystem::path graph = place_->folder() / "graph.feedline";
  QFile file(QString::fromStdString(graph.string()));
  const std::string text = to_json(document);
  if (!file.open(QIODevice::WriteOnly) || file.write(text.data(), static_cast<qint64>(text.size())) < 0 ||
      !file.flush())
    return told.failed(Error{.code = ErrorCode::Failed,
                             .reason = file.errorString().toStdString(),
                             .remedy = "Set TMPDIR to a folder that can be written",
                             .file = graph.string()});
  file.close();
  LaunchPlan plan{.program = program_, .processes = world_.size, .leads = place_};
  plan.arguments = {"run", graph.string()};
  plan.arguments.insert(plan.arguments.end(), options.begin(), options.end());
  const auto say = [&told](std::string_view line) {
    told.line(QString::fromUtf8(line.data(), static_cast<qsizetype>(line.size())));
  };
  const auto end = launch(plan, {.signal = [this] { return signal(); }, .line = say});
  if (!end) return told.failed(end.error());
  if (over_since_ != 0) return;
  for (const std::string& failure : end->failures) say(failure);
}

}  // namespace feedline::gui::inline session
