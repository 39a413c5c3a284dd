// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/machine_fault.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <sys/resource.h>
#include <system_error>
#include <utility>

namespace feedline::inline base {
namespace {

std::atomic<Patience::Pause::rep> longest{10'000};

struct Explanation {
  std::string reason{};
  std::string remedy{};
};

Explanation explain(int error_number) {
  switch (error_number) {
    case EMFILE: {
      rlimit limit{};
      const bool known = ::getrlimit(RLIMIT_NOFILE, &limit) == 0;
      return {"this program has as many files open as it may" +
                  (known ? " (" + std::to_string(limit.rlim_cur) + ")" : std::string()),
              "Raise the limit before the start, with ulimit -n 4096, or use fewer workers"};
    }
    case ENFILE:
      return {"all programs together have as many files open as the system allows",
              "End other programs, or raise the limit with sysctl fs.file-max"};
    case ENOMEM:
    case ENOBUFS:
      return {"the machine has no memory left", "End other programs, or use fewer workers, smaller batches or caches"};
    case EIO:
    case EREMOTEIO:
    case ENODEV:
    case ENXIO:
      return {"the disk reports an error (" + std::generic_category().message(error_number) + ")",
              "Check the disk and its cable (dmesg, smartctl), and copy the data to another one"};
    case EINTR:
    case EAGAIN:
      return {"the system was interrupted again and again (" + std::generic_category().message(error_number) + ")",
              "Start again"};
    default:
      return {"the server of this folder does not answer (" + std::generic_category().message(error_number) + ")",
              "Check the network and the server, mount the folder anew, and start again"};
  }
}

}  // namespace

bool is_machine_fault(int error_number) {
  switch (error_number) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EIO:
    case EREMOTEIO:
    case ENODEV:
    case ENXIO:
    case EINTR:
    case EAGAIN:
    case ESTALE:
    case ETIMEDOUT:
    case ENOTCONN:
    case ECONNABORTED:
    case ECONNREFUSED:
    case ECONNRESET:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
      return true;
    default:
      return false;
  }
}

Error machine_error(int error_number, const std::string& what) {
  Explanation explanation = explain(error_number);
  return {
      .code = ErrorCode::Failed, .reason = what + ": " + explanation.reason, .remedy = std::move(explanation.remedy)};
}

Error errno_error(int error_number, const std::string& what, std::string remedy) {
  if (is_machine_fault(error_number)) return machine_error(error_number, what);
  return {.reason = what + ": " + std::generic_category().message(error_number), .remedy = std::move(remedy)};
}

std::optional<Patience::Pause> Patience::next() {
  constexpr Pause kLongestPause{500};
  const Pause left = limit() - spent_;
  if (left <= Pause(0)) return std::nullopt;
  const Pause pause = std::min(next_, left);
  spent_ += pause;
  next_ = std::min(2 * next_, kLongestPause);
  return pause;
}

bool Patience::is_long() { return spent_ >= Pause(1000) && !std::exchange(told_, true); }

Patience::Pause Patience::limit() { return Pause(longest.load(std::memory_order_relaxed)); }

Patience::Pause Patience::set_limit(Pause limit) { return Pause(longest.exchange(limit.count())); }

bool rest(Patience::Pause pause, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  (void)never.wait_for(lock, stop, pause, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace feedline::inline base
