// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/process.h"

#include "support/forked_program.h"
#include "support/places.h"

#include <QDeadlineTimer>

namespace feedline::test {

QStringList CliResult::errors() const {
  QStringList found;
  for (const QByteArray& line : err.split('\n'))
    if (line.startsWith("error: ")) found << QString::fromUtf8(line.mid(7));
  return found;
}

QJsonDocument CliResult::json() const { return QJsonDocument::fromJson(out); }

QByteArray CliResult::text() const {
  return "exit " + QByteArray::number(exit_code) + (crashed ? " (crashed or hung)" : "") + "\n--- out\n" +
         out.left(4000) + "\n--- err\n" + err.left(4000);
}

Cli::Cli() : environment_(QProcessEnvironment::systemEnvironment()) {
  environment_.insert(QStringLiteral("FEEDLINE_CACHE"), folder_.filePath(QStringLiteral("cache")));
  environment_.insert(QStringLiteral("FEEDLINE_DATA"), folder_.filePath(QStringLiteral("record")));
  environment_.remove(QStringLiteral("COLUMNS"));
}

void Cli::start(QProcess& process, const QStringList& arguments) const {
  process.setProcessEnvironment(environment_);
  process.setWorkingDirectory(folder_.path());
  process.start(cli_path(), arguments);
  process.setReadChannel(QProcess::StandardError);  // what waitForReadyRead() waits for
}

CliResult Cli::run(const QStringList& arguments, int deadline_ms) const {
  if (can_fork_program(arguments)) return run_forked_program(arguments, environment_, folder_.path(), deadline_ms);
  return run_file(arguments, deadline_ms);
}

CliResult Cli::run_file(const QStringList& arguments, int deadline_ms) const {
  QProcess process;
  start(process, arguments);
  process.closeWriteChannel();
  return finish(process, {}, deadline_ms);
}

bool Cli::wait_for_error_text(QProcess& process, const QByteArray& text, QByteArray& seen, int deadline_ms) {
  const QDeadlineTimer deadline(deadline_ms);
  while (!seen.contains(text)) {
    const bool more = process.waitForReadyRead(static_cast<int>(deadline.remainingTime()));
    seen += process.readAllStandardError();
    if (!more && (process.state() == QProcess::NotRunning || deadline.hasExpired())) break;
  }
  return seen.contains(text);
}

CliResult Cli::finish(QProcess& process, const QByteArray& seen_error, int deadline_ms) {
  CliResult result;
  const bool ended = process.state() == QProcess::NotRunning || process.waitForFinished(deadline_ms);
  if (!ended) {
    process.kill();
    process.waitForFinished();
  }
  result.crashed = !ended || process.exitStatus() == QProcess::CrashExit || process.error() == QProcess::FailedToStart;
  result.exit_code = process.exitCode();
  result.out = process.readAllStandardOutput();
  result.err = seen_error + process.readAllStandardError();
  return result;
}

}  // namespace feedline::test
