// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Two classes of errors meet where files are read: what is wrong with one file (ErrorCode::BadRecord: it is left out
// and named), and what is wrong with the machine on which it is read (ErrorCode::Failed: no descriptor or memory left,
// a disk or a server that does not answer). The second may pass, so the same is tried again for a while; if it stays,
// the run ends and says what to do. It never counts against the file.

#include "base/error.h"

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace feedline::inline base {

/// Is this errno the machine's fault, whatever file was asked for?
[[nodiscard]] bool is_machine_fault(int error_number);
[[nodiscard]] inline bool is_machine_fault(const Error& error) { return error.code == ErrorCode::Failed; }

/// The error for a fault of the machine's: `what` could not be done ("the file cannot be opened"), why, and what helps.
[[nodiscard]] Error machine_error(int error_number, const std::string& what);

/// The same for any errno: the machine's fault, or "what: message" with `remedy`.
[[nodiscard]] Error errno_error(int error_number, const std::string& what, std::string remedy = {});

/// Pauses between attempts: they double from 5 ms to half a second, and last 10 s in all.
class Patience {
 public:
  using Pause = std::chrono::milliseconds;
  /// None: it has lasted long enough.
  [[nodiscard]] std::optional<Pause> next();

  /// True once, when the pauses have come to a second.
  [[nodiscard]] bool is_long();

  /// How long all pauses may last.
  [[nodiscard]] static Pause limit();
  /// For tests. Returns what it was.
  static Pause set_limit(Pause limit);

 private:
  Pause next_{5};
  Pause spent_{0};
  bool told_ = false;
};

/// Waits on this thread. False: a stop was asked for.
[[nodiscard]] bool rest(Patience::Pause pause, const std::stop_token& stop);

/// Does `attempt`, which returns a Result, again and again while the machine is at fault. Stopped: Cancelled.
template <class Attempt>
[[nodiscard]] auto patiently(const std::stop_token& stop, Attempt&& attempt) -> decltype(attempt()) {
  for (Patience patience;;) {
    auto result = attempt();
    if (result || !is_machine_fault(result.error())) return result;
    const auto pause = patience.next();
    if (!pause) return result;
    if (!rest(*pause, stop)) return fail_cancelled();
  }
}

}  // namespace feedline::inline base
