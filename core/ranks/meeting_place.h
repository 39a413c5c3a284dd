// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "ranks/world.h"

#include <filesystem>
#include <memory>
#include <string>

namespace feedline::inline ranks {

/// Where the ranks of this machine meet: a folder for this user alone, removed at the end with all that is in it, and a
/// word that only they know.
class MeetingPlace {
 public:
  /// Errors: there is no folder that can be written.
  [[nodiscard]] static Result<std::unique_ptr<MeetingPlace>> make();
  MeetingPlace(const MeetingPlace&) = delete;
  MeetingPlace& operator=(const MeetingPlace&) = delete;
  ~MeetingPlace();

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] const std::string& secret() const { return secret_; }
  /// This process as the first of so many ranks that meet here.
  [[nodiscard]] Result<World> first_of(int ranks) const;

 private:
  MeetingPlace(std::filesystem::path folder, std::string secret);

  std::filesystem::path folder_;
  std::string secret_;
};

}  // namespace feedline::inline ranks
