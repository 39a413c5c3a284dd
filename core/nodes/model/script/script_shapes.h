// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "schema/tensor_desc.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace feedline::inline nodes {

/// What a module of TorchScript says of itself when it is asked.
struct ScriptFacts {
  TensorDesc out{};             ///< of forward(), for the inputs that it was asked with
  std::int64_t parameters = 0;  ///< numbers that are learnt
  std::int64_t buffers = 0;     ///< numbers that are kept besides
};

/// Asks a copy of the module that is then thrown away: it is given two records of zeros of these shapes, in evaluation.
/// Every dimension of `in` but the first is known, or known how large it can be. Answers are kept, by the file's time
/// and size. None: where AskLater is on and nobody has asked before, and in a program without LibTorch, which looks at
/// the archive alone.
///
/// Errors: those of ScriptModule::load() and check_script_archive(); forward() takes another number of inputs
/// (`inputs`), throws (its own words), takes over ten seconds, gives no tensor, or one that is not float32 or has not a
/// row a record.
[[nodiscard]] std::optional<Result<ScriptFacts>> script_facts(const std::string& file,
                                                              const std::vector<std::string>& names,
                                                              const std::vector<TensorDesc>& in);

}  // namespace feedline::inline nodes
