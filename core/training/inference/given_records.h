// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "training/inference/given_source.h"

#include <stop_token>
#include <string>
#include <vector>

namespace feedline::inline training {

/// What an input of a prediction names: a picture's file, all pictures of a folder and below it by name, or the picture
/// that standard input ("-") brings. `lines`: the lines of a text file, or of standard input, that are not empty.
/// Errors: there is no such file or folder, a folder without pictures, standard input that is empty or no picture;
/// stopped.
[[nodiscard]] Result<std::vector<GivenRecord>> given_records(const std::string& input, bool lines,
                                                             const std::stop_token& stop);

}  // namespace feedline::inline training
