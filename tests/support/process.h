// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QJsonDocument>
#include <QProcess>
#include <QProcessEnvironment>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>

namespace feedline::test {

/// What a finished program left behind.
struct CliResult {
  int exit_code = -1;
  bool crashed = false;  ///< ended by a signal, or not within the deadline
  QByteArray out{};
  QByteArray err{};

  /// Lines of standard error that begin with "error: ", without that.
  [[nodiscard]] QStringList errors() const;
  /// All of standard output as JSON; null if it is not.
  [[nodiscard]] QJsonDocument json() const;
  /// For failure messages.
  [[nodiscard]] QByteArray text() const;
};

/// The real feedline-cli as a child process, with cache and record of its own.
class Cli {
 public:
  Cli();

  /// Runs to the end; killed (crashed) after `deadline_ms`, which is for hangs, not for speed. Where it can, in a copy
  /// of the test's process, which has LibTorch loaded: see forked_program.h.
  [[nodiscard]] CliResult run(const QStringList& arguments, int deadline_ms = 120'000) const;
  /// The same by the program's own file, as start() does it: for what depends on how it is loaded.
  [[nodiscard]] CliResult run_file(const QStringList& arguments, int deadline_ms = 120'000) const;
  /// Starts `process` and returns at once.
  void start(QProcess& process, const QStringList& arguments) const;
  /// Waits until standard error holds `text`; false at the end of the program or after the deadline. What was read so
  /// far is kept in `seen`.
  [[nodiscard]] static bool wait_for_error_text(QProcess& process, const QByteArray& text, QByteArray& seen,
                                                int deadline_ms = 120'000);
  [[nodiscard]] static CliResult finish(QProcess& process, const QByteArray& seen_error = {},
                                        int deadline_ms = 120'000);

  /// A path in this object's temporary folder.
  [[nodiscard]] QString path(const QString& name) const { return folder_.filePath(name); }
  void set_environment(const QString& name, const QString& value) { environment_.insert(name, value); }

 private:
  QTemporaryDir folder_{};
  QProcessEnvironment environment_{};
};

}  // namespace feedline::test
