// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/picture_store.h"

#include "base/cores.h"
#include "nodes/preprocess/codec/codec.h"
#include "nodes/source/file_io.h"
#include "nodes/source/picture_shapes.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

namespace feedline::inline nodes {
namespace {

namespace fs = std::filesystem;

/// The random numbers of generated pictures are keyed apart from those of any node of a graph.
constexpr std::uint32_t kPainterStream = 0x67656E21;

/// One error for all workers: the first that fails ends the others.
class FirstError {
 public:
  void set(Error error) {
    const std::scoped_lock lock(mutex_);
    if (!error_) error_ = std::move(error);
    failed_.store(true, std::memory_order_release);
  }
  [[nodiscard]] bool failed() const { return failed_.load(std::memory_order_acquire); }
  [[nodiscard]] Status status() {
    const std::scoped_lock lock(mutex_);
    if (error_) return fail(std::move(*error_));
    return {};
  }

 private:
  std::mutex mutex_{};
  std::optional<Error> error_{};
  std::atomic<bool> failed_{false};
};

}  // namespace

std::string PictureRecipe::key() const {
  const std::string all = fmt::format("v{}|{}|{}|{}|{}|{}|{:.6f}", kPainterVersion, count, classes, quality, seed,
                                      style.size, style.difficulty);
  return fmt::format("{}x{}px-{}", count, style.size, fingerprint(all));
}

std::string PictureStore::path(std::uint64_t index) const {
  return (folder_ / shape_name(index % recipe_.classes) / fmt::format("{:07}.jpg", index)).string();
}

Result<std::vector<std::byte>> PictureStore::make(std::uint64_t index) const {
  Rng rng(recipe_.seed, 0, index, kPainterStream);
  const auto pixels = paint_picture(index % recipe_.classes, recipe_.style, rng);
  return codec::encode_jpeg(pixels.data(), recipe_.style.size, recipe_.style.size, 3, recipe_.quality);
}

Status PictureStore::make_file(std::uint64_t index) const {
  const fs::path file = path(index);
  std::error_code error;
  const auto size = fs::file_size(file, error);
  if (!error && size > 0) return {};  // renamed into place by an earlier run
  const auto bytes = make(index);
  if (!bytes) return fail(bytes.error());
  return write_atomically(file, *bytes);
}

Status PictureStore::complete(const SourceContext& context, unsigned threads) const {
  std::error_code error;
  if (fs::exists(marker(), error)) return {};
  if (context.make_nothing || context.stop.stop_requested()) return fail_cancelled();
  for (std::size_t i = 0; i < recipe_.classes; ++i)
    if (auto made = make_folder(folder_ / shape_name(i)); !made) return made;

  std::atomic<std::uint64_t> next{0};
  FirstError first_error;
  const auto work = [&](bool reports) {
    try {
      for (std::uint64_t i = next.fetch_add(1); i < recipe_.count && !first_error.failed(); i = next.fetch_add(1)) {
        if (context.stop.stop_requested()) return;
        if (reports && context.progress)
          context.progress(fmt::format("Painting {} pictures", recipe_.count),
                           static_cast<double>(i) / static_cast<double>(recipe_.count));
        if (auto made = make_file(i); !made) first_error.set(std::move(made.error()));
      }
    } catch (const std::exception& exception) {
      first_error.set(
          {.code = ErrorCode::Failed, .reason = std::string("pictures cannot be made: ") + exception.what()});
    }
  };
  if (threads == 0) threads = static_cast<unsigned>(std::min<std::size_t>(usable_cores(), 16));
  {
    std::vector<std::jthread> helpers;
    for (unsigned i = 1; i < threads; ++i) helpers.emplace_back(work, false);
    work(true);
  }
  if (context.stop.stop_requested()) return fail_cancelled();
  if (auto status = first_error.status(); !status) return status;
  return write_atomically(marker(), {});
}

}  // namespace feedline::inline nodes
