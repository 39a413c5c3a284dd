// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/error.h"
#include "schema/node_spec.h"
#include "state/training_state.h"
#include "training/inference/typed_record.h"

#include <memory>
#include <string>
#include <vector>

namespace feedline::inline training {

/// A record that somebody gives: a picture's file, or a line of text.
struct GivenRecord {
  std::string name{};  ///< of the file, as it is opened, or "file:line"
  std::string text{};  ///< of a line; of a picture that is here already its bytes
  bool here = false;   ///< a picture that came by standard input: no file is opened
};

/// What stands for the records of this source; of rows, given_tables(). Error: nothing does.
[[nodiscard]] Result<GivenForm> given_form(const NodeSpec& source, const ParamMap& params);

/// A source of these records, in place of that of a graph: as far as a model can tell, they are what the training
/// source of this checkpoint gave. Labels are unknown, and 0. A picture of another size than a source of plain pixels
/// has is a bad record.
[[nodiscard]] Result<std::shared_ptr<const Source>> given_source(
    const NodeSpec& source, const ParamMap& params, const TrainingState& state,
    std::shared_ptr<const std::vector<GivenRecord>> records);

}  // namespace feedline::inline training
