// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/forked_program.h"

#include "support/places.h"

#include <QDeadlineTimer>
#include <QFile>

#include <array>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

/// cli/all_commands.cpp, which is only linked with the tests of the room integration.
extern "C" __attribute__((weak)) int feedline_run_program(int argc, char** argv);

namespace feedline::test {
namespace {

/// A pipe whose ends do not outlive this process's own programs.
struct ProgramPipe {
  int read = -1;
  int write = -1;

  ProgramPipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) qFatal("no pipe");
    read = ends[0];
    write = ends[1];
  }
  ProgramPipe(const ProgramPipe&) = delete;
  ProgramPipe& operator=(const ProgramPipe&) = delete;
  ~ProgramPipe() {
    close_end(read);
    close_end(write);
  }
  static void close_end(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }
};

/// Words with a null pointer behind them, as main() and environ have them.
class WordList {
 public:
  void add(const QString& word) { words_.push_back(QFile::encodeName(word).toStdString()); }
  [[nodiscard]] int count() const { return static_cast<int>(words_.size()); }
  [[nodiscard]] char** pointers() {
    pointers_.clear();
    for (std::string& word : words_) pointers_.push_back(word.data());
    pointers_.push_back(nullptr);
    return pointers_.data();
  }

 private:
  std::vector<std::string> words_{};
  std::vector<char*> pointers_{};
};

/// What exec does: what this process handles itself is left to the system; what is passed over stays so.
void forget_signal_handlers() {
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction now {};
    if (::sigaction(signal, nullptr, &now) == 0 && now.sa_handler != SIG_IGN && now.sa_handler != SIG_DFL)
      static_cast<void>(std::signal(signal, SIG_DFL));
  }
}

/// Reads to the end of both; false if that does not come in time.
bool read_both(std::array<int*, 2> ends, std::array<QByteArray*, 2> into, const QDeadlineTimer& deadline) {
  while (*ends[0] >= 0 || *ends[1] >= 0) {
    std::array<pollfd, 2> waiting = {{{*ends[0], POLLIN, 0}, {*ends[1], POLLIN, 0}}};
    if (::poll(waiting.data(), waiting.size(), static_cast<int>(deadline.remainingTime())) == 0) return false;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (waiting[i].revents == 0) continue;
      std::array<char, 16384> bytes{};
      const ssize_t count = ::read(*ends[i], bytes.data(), bytes.size());
      if (count > 0) {
        into[i]->append(bytes.data(), static_cast<qsizetype>(count));
      } else {
        ProgramPipe::close_end(*ends[i]);
      }
    }
  }
  return true;
}

/// Waits for the end of `child`; false if it had to be killed.
bool wait_for_end(pid_t child, bool in_time, const QDeadlineTimer& deadline, int& status) {
  while (in_time && ::waitpid(child, &status, WNOHANG) == 0) {
    if (deadline.hasExpired()) in_time = false;
    ::usleep(500);
  }
  if (in_time) return true;
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  return false;
}

}  // namespace

bool can_fork_program(const QStringList& arguments) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  static_cast<void>(arguments);
  return false;
#else
  // And doctor, which measures how the threads of the BLAS do: a copy has none.
  static const QStringList of_the_file = {"check", "validate", "node", "nodes", "new", "--version", "launch", "doctor"};
  return feedline_run_program != nullptr && !arguments.isEmpty() && !of_the_file.contains(arguments.front());
#endif
}

CliResult run_forked_program(const QStringList& arguments, const QProcessEnvironment& environment,
                             const QString& folder, int deadline_ms) {
  const QDeadlineTimer deadline(deadline_ms);
  // All that the copy needs, before it is made.
  WordList words;
  words.add(cli_path());
  for (const QString& argument : arguments) words.add(argument);
  char** const argv = words.pointers();
  WordList variables;
  for (const QString& variable : environment.toStringList()) variables.add(variable);
  char** const envp = variables.pointers();
  const QByteArray place = QFile::encodeName(folder);
  ProgramPipe in;
  ProgramPipe out;
  ProgramPipe err;
  std::fflush(nullptr);  // or the copy writes it once more

  const pid_t child = ::fork();
  if (child < 0) qFatal("no process");
  if (child == 0) {
    ::dup2(in.read, STDIN_FILENO);
    ::dup2(out.write, STDOUT_FILENO);
    ::dup2(err.write, STDERR_FILENO);
    ::close_range(STDERR_FILENO + 1, ~0U, 0);
    forget_signal_handlers();
    std::setlocale(LC_ALL, "C");
    environ = envp;
    if (::chdir(place.constData()) != 0) ::_exit(127);
    const int code = feedline_run_program(words.count(), argv);
    std::fflush(nullptr);
    ::_exit(code);
  }
  for (int* end : {&in.read, &in.write, &out.write, &err.write}) ProgramPipe::close_end(*end);

  CliResult result;
  const bool in_time = read_both({&out.read, &err.read}, {&result.out, &result.err}, deadline);
  int status = 0;
  const bool ended = wait_for_end(child, in_time, deadline, status);
  result.crashed = !ended || !WIFEXITED(status);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
  return result;
}

}  // namespace feedline::test
