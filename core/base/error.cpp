// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/error.h"

#include "base/plain_text.h"

namespace feedline::inline base {
namespace {

void fill(std::string& field, std::string value) {
  if (field.empty()) field = std::move(value);
}

}  // namespace

std::string Error::line() const {
  std::string text = node;
  if (!port.empty()) text += (text.empty() ? "" : ":") + port;
  if (!parameter.empty()) text += (text.empty() ? "" : ".") + parameter;
  if (!file.empty()) text += (text.empty() ? "'" : ": '") + file + "'";
  text += (text.empty() ? "" : ": ") + reason;
  if (!remedy.empty()) text += ". " + remedy;
  return plain_line(text);
}

Error&& Error::at_node(std::string id) && {
  fill(node, std::move(id));
  return std::move(*this);
}

Error&& Error::at_port(std::string name) && {
  fill(port, std::move(name));
  return std::move(*this);
}

Error&& Error::at_parameter(std::string name) && {
  fill(parameter, std::move(name));
  return std::move(*this);
}

Error&& Error::in_file(std::string path) && {
  fill(file, std::move(path));
  return std::move(*this);
}

tl::unexpected<Error> fail(const char* reason, const char* remedy) {
  return fail(std::string(reason), std::string(remedy));
}

tl::unexpected<Error> fail(std::string reason, const char* remedy) {
  return fail(std::move(reason), std::string(remedy));
}

tl::unexpected<Error> fail(Error&& error) { return tl::unexpected<Error>(std::move(error)); }

tl::unexpected<Error> fail(const Error& error) { return tl::unexpected<Error>(error); }

tl::unexpected<Error> fail(std::string reason, std::string remedy) {
  return tl::unexpected<Error>({.code = ErrorCode::BadInput, .reason = std::move(reason), .remedy = std::move(remedy)});
}

tl::unexpected<Error> fail_record(std::string reason, std::string remedy) {
  return tl::unexpected<Error>(
      {.code = ErrorCode::BadRecord, .reason = std::move(reason), .remedy = std::move(remedy)});
}

tl::unexpected<Error> fail_cancelled() {
  return tl::unexpected<Error>({.code = ErrorCode::Cancelled, .reason = "stopped"});
}

}  // namespace feedline::inline base
