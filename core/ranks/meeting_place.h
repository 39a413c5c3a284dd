// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "base/temporary_folder.h"
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

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
  [[nodiscard]] const std::string& secret() const { return secret_; }
  /// This process as the first of so many ranks that meet here.
  [[nodiscard]] Result<World> first_of(int ranks) const;

 private:
  MeetingPlace(TemporaryFolder folder, std::string secret);

  TemporaryFolder folder_;
  std::string secret_;
};

}  // namespace feedline::inline ranks
