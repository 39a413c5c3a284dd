// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/unpacked_copy.h"

#include <fmt/format.h>

#include <system_error>

namespace feedline::inline nodes {
namespace fs = std::filesystem;

fs::path cached_name(const std::string& path, const FileFacts& facts, const SourceContext& context,
                     std::string_view folder, std::string_view what) {
  std::error_code ignored;
  const fs::path whole = fs::weakly_canonical(path, ignored);
  std::string key = fmt::format("{}|{}|{}", whole.string(), facts.size, facts.modified_ns);
  if (!what.empty()) key += fmt::format("|{}", what);
  return cache_folder_or_default(context.cache_folder) / folder /
         fmt::format("{}-{}", fingerprint(key), fs::path(path).stem().string());
}

Status unpack_once(const fs::path& target, const std::string& path, std::uint64_t most,
                   const std::function<Status(const UnpackedSink&)>& unpack) {
  if (open_file(target.string())) return {};
  FileInMaking copy(target);
  if (Status started = copy.start(); !started) return started;
  const Status unpacked = unpack([&](std::span<const std::byte> bytes) -> Status {
    if (bytes.size() > most - copy.written())
      return fail_file(path, fmt::format("it unpacks to more than {} MiB", most >> 20U),
                       "Unpack it yourself if you trust it, and choose what comes out");
    return copy.write(bytes);
  });
  if (!unpacked) return unpacked;
  return copy.keep();
}

}  // namespace feedline::inline nodes
