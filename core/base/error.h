// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <tl/expected.hpp>

#include <string>
#include <utility>

namespace feedline::inline base {

/// What kind of thing went wrong; the command line maps it to an exit code.
enum class ErrorCode {
  BadInput,   ///< a file, parameter or graph that the user can mend (exit 2)
  BadRecord,  ///< one record of a data set is unreadable; the run may go on
  Failed,     ///< a run that broke: out of memory, device lost, non-finite loss (exit 3)
  Cancelled,  ///< stopped on request (exit 130 when by a signal)
};

/// An expected failure as a value. It always says what is wrong (`reason`) and, wherever it is known, where
/// (`node`, `port`, `parameter`, `file`) and what to do about it (`remedy`). Fields that do not apply stay empty.
struct Error {
  ErrorCode code = ErrorCode::BadInput;
  std::string reason{};
  std::string remedy{};
  std::string node{};
  std::string port{};
  std::string parameter{};
  std::string file{};

  /// One line for people: "source.folder: '/x': there is no such folder. Choose a folder with ...".
  [[nodiscard]] std::string line() const;

  // Chainable setters, so that a low-level error gains context on its way up. A setter never overwrites what a
  // deeper level already knew.
  Error&& at_node(std::string id) &&;
  Error&& at_port(std::string name) &&;
  Error&& at_parameter(std::string name) &&;
  Error&& in_file(std::string path) &&;
};

/// Either a value or an Error.
template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

// Cold, and one for each way of calling them: there are over two thousand calls, whose strings were made, moved and
// destroyed in the midst of what is done where nothing fails.

/// `return fail("reason", "remedy");` for bad input.
[[nodiscard, gnu::cold]] tl::unexpected<Error> fail(const char* reason, const char* remedy = "");
[[nodiscard, gnu::cold]] tl::unexpected<Error> fail(std::string reason, const char* remedy);
[[nodiscard, gnu::cold]] tl::unexpected<Error> fail(std::string reason, std::string remedy = {});
[[nodiscard, gnu::cold]] tl::unexpected<Error> fail(Error&& error);
[[nodiscard, gnu::cold]] tl::unexpected<Error> fail(const Error& error);
/// `return fail_record("reason");` for one unreadable record.
[[nodiscard, gnu::cold]] tl::unexpected<Error> fail_record(std::string reason, std::string remedy = {});
/// `return fail_cancelled();` where a stop was asked for.
[[nodiscard, gnu::cold]] tl::unexpected<Error> fail_cancelled();

}  // namespace feedline::inline base
