// SPDX-License-Identifier: GPL-3.0-or-later
#include "ranks/rank_process.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace feedline::inline ranks {
namespace {

constexpr std::size_t kLongestLine = 4096;
constexpr std::string_view kErrorWord = "error: ";

/// This process's environment with some variables set; an empty value takes one out.
std::vector<std::string> with_variables(const std::vector<std::pair<std::string, std::string>>& set) {
  std::vector<std::string> all;
  for (char** one = environ; one != nullptr && *one != nullptr; ++one) {
    const std::string_view entry = *one;
    bool replaced = false;
    for (const auto& [name, value] : set)
      replaced = replaced || (entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name));
    if (!replaced) all.emplace_back(entry);
  }
  for (const auto& [name, value] : set)
    if (!value.empty()) all.push_back(name + '=' + value);
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

tl::unexpected<Error> fail_start(const std::filesystem::path& program, int fault) {
  return fail(Error{.code = ErrorCode::Failed,
                    .reason = fmt::format("cannot be started: {}", std::strerror(fault)),
                    .remedy = "Start fewer processes, or raise what this user may have (ulimit -u, ulimit -n)",
                    .file = program.string()});
}

struct PipeEnds {
  int read = -1;
  int write = -1;
};

PipeEnds open_pipe() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  return {ends[0], ends[1]};
}

void close_open(int file) {
  if (file >= 0) ::close(file);
}

}  // namespace

Result<RankProcess> RankProcess::start(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                                       const std::vector<std::pair<std::string, std::string>>& environment, int rank,
                                       bool shows, const std::vector<int>& cores) {
  // All memory is taken before the fork: the child of a program with threads may take none.
  std::vector<std::string> words = {program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = with_variables(environment);
  const std::vector<char*> argument_list = pointers_to(words);
  const std::vector<char*> variable_list = pointers_to(variables);
  const PipeEnds output = shows ? PipeEnds{} : open_pipe();
  const PipeEnds fault = open_pipe();  // closed by a successful exec
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  const auto close_all = [&] {
    for (const int file : {output.write, fault.write, fault.read, nothing}) close_open(file);
  };
  if (fault.read < 0 || nothing < 0 || (!shows && output.read < 0)) {
    const int why = errno;
    close_all();
    close_open(output.read);
    return fail_start(program, why);
  }
  cpu_set_t bound;
  CPU_ZERO(&bound);
  for (const int core : cores) CPU_SET(core, &bound);
  const pid_t parent = ::getpid();
  const pid_t id = ::fork();
  if (id == 0) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(127);
    if (!cores.empty()) ::sched_setaffinity(0, sizeof bound, &bound);  // where it may not, it runs on all
    for (const int signal : {SIGINT, SIGTERM, SIGPIPE}) ::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2(nothing, STDIN_FILENO);
    if (!shows) {
      ::dup2(nothing, STDOUT_FILENO);
      ::dup2(output.write, STDERR_FILENO);
    }
    ::execve(program.c_str(), argument_list.data(), variable_list.data());
    const int why = errno;
    static_cast<void>(!::write(fault.write, &why, sizeof why));
    ::_exit(127);
  }
  int why = id < 0 ? errno : 0;
  if (id > 0) {
    ::setpgid(id, id);
    ::close(fault.write);
    int said = 0;
    if (::read(fault.read, &said, sizeof said) == sizeof said) why = said;
    ::close(fault.read);
    close_open(output.write);
    ::close(nothing);
    if (why == 0) {
      if (!shows) ::fcntl(output.read, F_SETFL, O_NONBLOCK);
      return RankProcess(rank, id, output.read);
    }
    ::waitpid(id, nullptr, 0);
  } else {
    close_all();
  }
  close_open(output.read);
  return fail_start(program, why);
}

RankProcess::RankProcess(RankProcess&& other) noexcept
    : rank_(other.rank_),
      id_(other.id_),
      output_(std::exchange(other.output_, -1)),
      status_(other.status_),
      ended_(std::exchange(other.ended_, true)),
      stopped_(other.stopped_),
      begun_(std::move(other.begun_)),
      last_words_(std::move(other.last_words_)) {}

RankProcess::~RankProcess() {
  close_open(output_);
  if (ended_) return;
  ::kill(id_, SIGKILL);
  ::waitpid(id_, nullptr, 0);
}

bool RankProcess::look() {
  int news = 0;
  if (ended_ || ::waitpid(id_, &news, WNOHANG | WUNTRACED | WCONTINUED) != id_) return false;
  stopped_ = WIFSTOPPED(news);
  if (stopped_ || WIFCONTINUED(news)) return false;
  status_ = news;
  ended_ = true;
  return true;
}

void RankProcess::send(int signal) const {
  if (!ended_) ::kill(id_, signal);
}

void RankProcess::give_line(const std::function<void(std::string_view)>& line) {
  if (!begun_.empty()) line(fmt::format("[rank {}] {}", rank_, begun_));
  if (!begun_.empty() && (begun_.starts_with(kErrorWord) || !last_words_.starts_with(kErrorWord))) last_words_ = begun_;
  begun_.clear();
}

void RankProcess::read_lines(const std::function<void(std::string_view)>& line) {
  if (output_ < 0) return;
  std::array<char, 4096> text{};
  // Bounded, so that a rank which never stops talking does not keep the launcher from the others.
  for (int piece = 0; piece < 64; ++piece) {
    const ssize_t got = ::read(output_, text.data(), text.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
      give_line(line);
      close_open(std::exchange(output_, -1));
      return;
    }
    for (const char c : std::string_view(text.data(), static_cast<std::size_t>(got))) {
      if (c == '\n' || c == '\r' || begun_.size() >= kLongestLine) give_line(line);
      if (c != '\n' && c != '\r') begun_ += c;
    }
  }
}

}  // namespace feedline::inline ranks
