// SPDX-License-Identifier: GPL-3.0-or-later
#include "checking/fault_list.h"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <fstream>
#include <unistd.h>

namespace feedline::inline checking {

FaultList::~FaultList() {
  if (file_ >= 0) ::close(file_);
}

std::uint32_t FaultList::insert(const Kind& kind) {
  kinds_.push_back(kind);
  return numbers_.emplace(kind, static_cast<std::uint32_t>(kinds_.size())).first->second;
}

std::uint32_t FaultList::add(const Error& error) {
  Kind kind{error.node, error.reason, error.remedy};
  const std::lock_guard lock(mutex_);
  if (const auto found = numbers_.find(kind); found != numbers_.end()) return found->second;
  if (kinds_.size() >= kMost) return static_cast<std::uint32_t>(kMost);
  if (kinds_.size() + 1 == kMost) kind = {error.node, "one of many further faults", {}};
  const std::uint32_t number = insert(kind);
  if (file_ < 0) return number;
  // In one write: a line that a full disk or a kill cuts off is no JSON, and ends the list when it is read.
  const std::string line = nlohmann::json({std::get<0>(kind), std::get<1>(kind), std::get<2>(kind)})
                               .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
                           '\n';
  if (::write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    ::close(file_);
    file_ = -1;
  }
  return number;
}

bool FaultList::has(std::uint32_t number) const {
  const std::lock_guard lock(mutex_);
  return number >= 1 && number <= kinds_.size();
}

Error FaultList::at(std::uint32_t number) const {
  const std::lock_guard lock(mutex_);
  const auto& [node, reason, remedy] = kinds_.at(number - 1);
  return {.code = ErrorCode::BadRecord, .reason = reason, .remedy = remedy, .node = node};
}

bool FaultList::keep_in(const std::string& path) {
  const std::lock_guard lock(mutex_);
  std::size_t good = 0;
  {
    std::ifstream in(path);
    for (std::string line; kinds_.size() < kMost && std::getline(in, line) && !in.eof(); good += line.size() + 1) {
      const auto json = nlohmann::json::parse(line, nullptr, false);
      if (!json.is_array() || json.size() != 3 || !json[0].is_string() || !json[1].is_string() || !json[2].is_string())
        break;
      (void)insert({json[0].get<std::string>(), json[1].get<std::string>(), json[2].get<std::string>()});
    }
  }
  file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file_ >= 0 && ::ftruncate(file_, static_cast<off_t>(good)) == 0) return true;
  if (file_ >= 0) ::close(file_);
  file_ = -1;
  return false;
}

}  // namespace feedline::inline checking
