// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/pipeline_past.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace feedline::inline engine {
namespace {

nlohmann::json past_error_json(const Error& error) {
  nlohmann::json json = {{"reason", error.reason}};
  const auto put = [&json](const char* key, const std::string& text) {
    if (!text.empty()) json[key] = text;
  };
  put("remedy", error.remedy);
  put("node", error.node);
  put("port", error.port);
  put("parameter", error.parameter);
  put("file", error.file);
  return json;
}

Error past_error_of(const nlohmann::json& json) {
  const auto text = [&json](const char* key) { return json.value(key, std::string()); };
  return {.code = ErrorCode::BadRecord,
          .reason = text("reason"),
          .remedy = text("remedy"),
          .node = text("node"),
          .port = text("port"),
          .parameter = text("parameter"),
          .file = text("file")};
}

}  // namespace

std::string to_text(const PipelinePast& past) {
  nlohmann::json json = {
      {"batches", past.batches}, {"tried", past.tried}, {"bad", past.bad}, {"error_count", past.error_count}};
  nlohmann::json& errors = json["errors"] = nlohmann::json::array();
  for (const PastError& one : past.errors)
    errors.push_back({{"error", past_error_json(one.error.error)},
                      {"count", one.error.count},
                      {"records", one.error.records},
                      {"batch", one.batch},
                      {"row", one.row}});
  nlohmann::json& records = json["records"] = nlohmann::json::array();
  for (const BadRecord& bad : past.records)
    records.push_back({{"error", past_error_json(bad.error)},
                       {"record", bad.record},
                       {"times", bad.times},
                       {"epochs", bad.epochs},
                       {"last_epoch", bad.last_epoch}});
  // A file's name need not be UTF-8.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<PipelinePast> pipeline_past_of(std::string_view text) {
  try {
    const auto json = nlohmann::json::parse(text);
    PipelinePast past{.batches = json.at("batches").get<std::uint64_t>(),
                      .tried = json.at("tried").get<std::uint64_t>(),
                      .bad = json.at("bad").get<std::uint64_t>(),
                      .error_count = json.at("error_count").get<std::uint64_t>()};
    for (const auto& one : json.at("errors"))
      past.errors.push_back({.error = {.error = past_error_of(one.at("error")),
                                       .count = one.at("count").get<std::uint64_t>(),
                                       .records = one.at("records").get<std::uint64_t>()},
                             .batch = one.at("batch").get<std::uint64_t>(),
                             .row = one.at("row").get<std::uint64_t>()});
    for (const auto& one : json.at("records"))
      past.records.push_back({.error = past_error_of(one.at("error")),
                              .record = one.at("record").get<std::uint64_t>(),
                              .times = one.at("times").get<std::uint64_t>(),
                              .epochs = one.at("epochs").get<std::uint32_t>(),
                              .last_epoch = one.at("last_epoch").get<std::uint32_t>()});
    return past;
  } catch (const nlohmann::json::exception&) {
    return fail("what is known of bad records is damaged");
  }
}

}  // namespace feedline::inline engine
