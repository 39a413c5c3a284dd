// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/ranks.

#include "base/error.h"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace feedline::inline ranks {

/// A child process that is one rank. It is in a process group of its own, so that Ctrl-C in a terminal reaches the
/// launcher alone, which passes it on once; it gets SIGTERM when the thread that started it ends.
class RankProcess {
 public:
  /// `shows`: keeps standard output and error; else its standard error comes by read_lines(). `cores`: the numbers of
  /// those that it may run on; empty: this process's. Error: it cannot be started.
  [[nodiscard]] static Result<RankProcess> start(const std::filesystem::path& program,
                                                 const std::vector<std::string>& arguments,
                                                 const std::vector<std::pair<std::string, std::string>>& environment,
                                                 int rank, bool shows, const std::vector<int>& cores = {});
  RankProcess(RankProcess&& other) noexcept;
  RankProcess& operator=(RankProcess&&) = delete;
  ~RankProcess();

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] pid_t id() const { return id_; }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] int status() const { return status_; }  ///< as waitpid() tells it, once it has ended
  [[nodiscard]] int output() const { return output_; }  ///< to wait for; -1: nothing comes (any more)
  /// Has it ended just now?
  bool look();
  /// Somebody has stopped it (SIGSTOP), as look() saw it last.
  [[nodiscard]] bool stopped() const { return stopped_ && !ended_; }
  void send(int signal) const;
  /// What it said last of an error ("error: ..."), else its last line; of what read_lines() has read.
  [[nodiscard]] const std::string& last_words() const { return last_words_; }
  /// Whole lines of what there is, as "[rank 3] text"; all that is left once it has ended.
  void read_lines(const std::function<void(std::string_view)>& line);

 private:
  RankProcess(int rank, pid_t id, int output) : rank_(rank), id_(id), output_(output) {}
  void give_line(const std::function<void(std::string_view)>& line);

  int rank_;
  pid_t id_;
  int output_;
  int status_ = 0;
  bool ended_ = false;
  bool stopped_ = false;
  std::string begun_{};  ///< of a line
  std::string last_words_{};
};

}  // namespace feedline::inline ranks
