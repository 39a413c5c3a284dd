// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace feedline::inline state {

/// A hash over a sequence of texts and numbers (XXH3, 128 bits), by which what was computed from them is found again.
/// Each text counts with its length, so that no two sequences run together. Not for secrets.
class Fingerprint {
 public:
  Fingerprint();
  ~Fingerprint();
  Fingerprint(const Fingerprint&) = delete;
  Fingerprint& operator=(const Fingerprint&) = delete;

  Fingerprint& add(std::string_view text);
  Fingerprint& add(std::uint64_t number);
  /// Of all so far: 32 digits.
  [[nodiscard]] std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace feedline::inline state
