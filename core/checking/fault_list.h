// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

namespace feedline::inline checking {

/// What was wrong with records, each kind (node, reason, remedy) once, numbered from 1. Bounded: beyond kMost kinds
/// all are told as one. Thread-safe.
class FaultList {
 public:
  static constexpr std::size_t kMost = 10'000;

  /// The number of this kind of fault, which may be new. The error's file is not kept.
  [[nodiscard]] std::uint32_t add(const Error& error);
  /// Is there a fault of this number?
  [[nodiscard]] bool has(std::uint32_t number) const;
  [[nodiscard]] Error at(std::uint32_t number) const;

  /// Kinds are kept in a file from now on, those that it holds come first. Only while the list is empty. False: it
  /// cannot be used.
  bool keep_in(const std::string& path);
  FaultList() = default;
  ~FaultList();
  FaultList(const FaultList&) = delete;
  FaultList& operator=(const FaultList&) = delete;

 private:
  using Kind = std::tuple<std::string, std::string, std::string>;
  [[nodiscard]] std::uint32_t insert(const Kind& kind);

  mutable std::mutex mutex_{};
  std::map<Kind, std::uint32_t> numbers_{};
  std::vector<Kind> kinds_{};
  int file_ = -1;
};

}  // namespace feedline::inline checking
