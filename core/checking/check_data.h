// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "checking/check_report.h"
#include "plan/plan.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <stop_token>
#include <string>

namespace feedline::inline checking {

/// How far a check is, for whoever watches it; from any thread.
struct CheckProgress {
  std::atomic<std::uint64_t> records{0};  ///< 0 while sources are opened
  std::atomic<std::uint64_t> checked{0};
  std::atomic<std::uint64_t> reused{0};  ///< of them, known from an earlier check
  std::atomic<std::uint64_t> bad{0};
  std::atomic<std::uint64_t> bytes{0};  ///< read
  std::atomic<double> opening{0};       ///< fraction of what what() says
  [[nodiscard]] std::string what() const;
  void set_what(std::string_view text, double fraction);

 private:
  mutable std::mutex mutex_{};
  std::string what_{};
};

struct CheckOptions {
  std::size_t workers = 0;               ///< 0: as many as cores
  std::filesystem::path cache_folder{};  ///< empty: default_cache_folder()
  bool afresh = false;                   ///< use nothing of earlier checks
  std::stop_token stop{};
};

/// Looks at every record of every source of the graph once, on several threads, with the graph's own sources and
/// decoders: what it calls bad is what a run leaves out. Pictures are decoded whole, where a run may read only a part
/// of them. The graph need not be finished. What was found out about a file is kept in `check` in the cache folder, by
/// its name, size and time, every 64 records: a check that is stopped or killed goes on where it was.
///
/// Memory: about 25 bytes a record besides the source's own list of names. Stopped, it returns what it has
/// (CheckReport::complete). Errors: no source; cannot be prepared; the machine is at fault
/// (base/machine_fault.h): no record is blamed for that.
[[nodiscard]] Result<CheckReport> check_data(const Document& document, const CheckOptions& options,
                                             CheckProgress& progress, const Registry& registry = Registry::instance());

}  // namespace feedline::inline checking
