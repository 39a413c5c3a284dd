// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/tensor_desc.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace feedline::inline engine {

/// Which value of a graph somebody wants to see.
struct PreviewRequest {
  std::string node{};
  std::uint64_t record = 0;  ///< index in the source
  std::uint32_t epoch = 1;   ///< random nodes draw anew in each: what the dice throws
  bool training = true;      ///< false: random nodes take their fixed form, as on validation records
};

/// What leaves one port for one record.
struct PreviewValue {
  std::string port{};
  TensorDesc desc{};              ///< of this very record: every dimension known, no N
  std::vector<std::byte> data{};  ///< dense, as `desc` says
};

/// What leaves a node for one record, and of which record it is.
struct Preview {
  std::string node{};
  std::vector<PreviewValue> values{};  ///< one a port, in the order of the node's outputs
  std::uint64_t record = 0;
  std::uint64_t records = 0;            ///< of the source
  std::string where{};                  ///< the record's file
  std::optional<std::int64_t> label{};  ///< where the source gives one
  std::string class_name{};             ///< of the label, where it has one
  bool several_labels = false;          ///< class_name is a list then: "drama, comedy"; empty: the record has none
  bool random = false;                  ///< another epoch may give other values
  bool untrained = false;  ///< it went through layers with initial weights, which are those that a run begins with
};

}  // namespace feedline::inline engine
