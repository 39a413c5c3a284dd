// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/rank_helpers.h"

#include "gui/session/step_back.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QStandardPaths>

#include <utility>

namespace feedline::gui::inline session {

namespace {

/// Beside the window's program where it is installed, else in the build tree, else in PATH.
QString command_line_program() {
  const QString folder = QCoreApplication::applicationDirPath();
  for (const char* place : {"/feedline-cli", "/../core/feedline-cli"})
    if (const QFileInfo file(folder + QLatin1String(place)); file.isExecutable()) return file.canonicalFilePath();
  return QStandardPaths::findExecutable(QStringLiteral("feedline-cli"));
}

}  // namespace

Result<HelperPlan> helper_plan(int processes) {
  const QString program = command_line_program();
  if (program.isEmpty())
    return fail("feedline-cli, which the other processes run, is not beside the window's program",
                "Install both together, or train in one process: Run > Processes > 1");
  return HelperPlan{.program = program.toStdString(), .processes = processes};
}

Result<std::shared_ptr<RankHelpers>> prepare_helpers(int processes) {
  auto plan = helper_plan(processes);
  if (!plan) return fail(std::move(plan.error()));
  plan->first = &step_back;
  return RankHelpers::prepare(std::move(*plan));
}

}  // namespace feedline::gui::inline session
