// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/load_maker.h"

#include "base/machine_fault.h"
#include "nodes/source/file_io.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <fcntl.h>
#include <mutex>
#include <time.h>
#include <unistd.h>
#include <vector>

namespace feedline::inline nodes {
namespace {

constexpr std::uint64_t kFileBytes = std::uint64_t{128} << 20;
constexpr std::size_t kBlock = std::size_t{1} << 20;

/// Work that a compiler cannot leave out; some microseconds.
void compute_a_little() {
  volatile double x = 1;
  for (int i = 0; i < 500; ++i) x = x * 1.0000001 + 1e-9;
}

Result<int> make_file() {
  const std::filesystem::path folder = cache_folder_or_default({});
  if (Status made = make_folder(folder); !made) return fail(std::move(made.error()));
  std::string name = (folder / "load-XXXXXX").string();
  const int descriptor = mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0) return write_error(errno, name);
  ::unlink(name.c_str());
  Rng rng(1, 0, 0, 0);
  std::vector<std::uint32_t> block(kBlock / sizeof(std::uint32_t));
  for (std::uint32_t& word : block) word = rng.bits();
  for (std::uint64_t at = 0; at < kFileBytes; at += kBlock) {
    if (::pwrite(descriptor, block.data(), kBlock, static_cast<off_t>(at)) == static_cast<ssize_t>(kBlock)) continue;
    const int error = errno;
    ::close(descriptor);
    return write_error(error, name);
  }
  ::fsync(descriptor);  // dirty pages cannot be dropped
  ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
  ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_RANDOM);
  return descriptor;
}

}  // namespace

void compute_for(Nanos cpu) {
  if (cpu <= 0) return;
  const Clock& clock = Clock::system();
  const Nanos end = clock.thread_cpu() + cpu;
  while (clock.thread_cpu() < end) compute_a_little();
}

void wait_for(Nanos time) {
  if (time <= 0) return;
  // By the machine's clock: the system's Clock leaves out the time in which the process was stopped.
  timespec until{};
  clock_gettime(CLOCK_MONOTONIC, &until);
  const Nanos end = until.tv_nsec + time;
  until.tv_sec += end / 1'000'000'000;
  until.tv_nsec = end % 1'000'000'000;
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

double load_factor(double spread, Rng& rng) {
  if (spread <= 0) return 1;
  const double variance = std::log(1 + spread * spread);
  return std::exp(std::sqrt(variance) * rng.normal() - variance / 2);
}

Result<std::shared_ptr<const LoadMaker>> LoadMaker::open() {
  static std::mutex mutex;
  static std::weak_ptr<const LoadMaker> present;
  const std::lock_guard lock(mutex);
  if (auto maker = present.lock()) return maker;
  auto descriptor = make_file();
  if (!descriptor) return fail(std::move(descriptor.error()));
  std::shared_ptr<const LoadMaker> maker(new LoadMaker(*descriptor));
  present = maker;
  return maker;
}

LoadMaker::~LoadMaker() { ::close(descriptor_); }

Status LoadMaker::read(double kilobytes, Rng& rng) const {
  thread_local std::vector<char> buffer;
  const auto bytes = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(kilobytes * 1024), 1, kFileBytes);
  buffer.resize(std::min<std::size_t>(bytes, kBlock));
  const auto start = static_cast<std::uint64_t>(rng.uniform() * static_cast<double>(kFileBytes - bytes + 1)) & ~4095ULL;
  for (std::uint64_t done = 0; done < bytes;) {
    const std::size_t part = std::min<std::uint64_t>(buffer.size(), bytes - done);
    const ssize_t got = ::pread(descriptor_, buffer.data(), part, static_cast<off_t>(start + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return fail(machine_error(got < 0 ? errno : EIO, "the load's file cannot be read"));
    done += static_cast<std::uint64_t>(got);
  }
  ::posix_fadvise(descriptor_, static_cast<off_t>(start), static_cast<off_t>(bytes), POSIX_FADV_DONTNEED);
  return {};
}

}  // namespace feedline::inline nodes
