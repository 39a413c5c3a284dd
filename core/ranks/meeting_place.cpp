// SPDX-License-Identifier: GPL-3.0-or-later
#include "ranks/meeting_place.h"

#include <fmt/format.h>

#include <cstdlib>
#include <optional>
#include <random>
#include <string_view>
#include <utility>

namespace feedline::inline ranks {
namespace {

std::string random_secret() {
  std::random_device source;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", source(), source(), source(), source());
}

}  // namespace

Result<std::unique_ptr<MeetingPlace>> MeetingPlace::make() {
  auto folder = TemporaryFolder::make("ranks");
  if (!folder) return fail(std::move(folder.error()));
  return std::unique_ptr<MeetingPlace>(new MeetingPlace(std::move(*folder), random_secret()));
}

MeetingPlace::MeetingPlace(TemporaryFolder folder, std::string secret)
    : folder_(std::move(folder)), secret_(std::move(secret)) {}

Result<World> MeetingPlace::first_of(int ranks) const {
  const std::string size = std::to_string(ranks);
  return world_from([&](std::string_view name) -> std::optional<std::string> {
    if (name == "RANK" || name == "LOCAL_RANK") return "0";
    if (name == "WORLD_SIZE" || name == "LOCAL_WORLD_SIZE") return size;
    if (name == "FEEDLINE_STORE") return folder_.path().string();
    if (name == "FEEDLINE_SECRET") return secret_;
    if (name != "FEEDLINE_PATIENCE") return std::nullopt;
    const char* const patience = std::getenv("FEEDLINE_PATIENCE");
    return patience == nullptr ? std::nullopt : std::optional<std::string>(patience);
  });
}

}  // namespace feedline::inline ranks
