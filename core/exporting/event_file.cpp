// SPDX-License-Identifier: GPL-3.0-or-later
#include "exporting/event_file.h"

#include "base/plain_text.h"
#include "exporting/protobuf.h"
#include "graph/flatten.h"
#include "runs/run_record.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace feedline::inline exporting {
namespace {

constexpr Nanos kFlushEvery = 1'000'000'000;

// Fields of event.proto, summary.proto and node_def.proto.
constexpr unsigned kEventTime = 1, kEventStep = 2, kEventVersion = 3, kEventGraph = 4, kEventSummary = 5;
constexpr unsigned kSummaryValue = 1, kValueTag = 1, kValueNumber = 2;
constexpr unsigned kGraphNode = 1, kNodeName = 1, kNodeOperator = 2, kNodeInput = 3;

std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? crc >> 1U ^ 0x82F63B78U : crc >> 1U;
    table[i] = crc;
  }
  return table;
}

ProtobufMessage event_at(std::uint64_t step) {
  ProtobufMessage event;
  event.wide_real(kEventTime, wall_clock());
  event.number(kEventStep, static_cast<std::int64_t>(step));
  return event;
}

/// TensorBoard's form of a graph: nodes with their types, and which node feeds which. A slash opens a group in it, as a
/// sub-graph is one here.
ProtobufMessage graph_message(const Document& document) {
  const Flat flat = flatten(document);
  std::map<std::string, std::vector<std::string>, std::less<>> inputs;
  for (const Link& link : flat.document.links()) inputs[link.to.node].push_back(link.from.node);
  ProtobufMessage graph;
  for (const Node& node : flat.document.nodes()) {
    ProtobufMessage one;
    one.text(kNodeName, node.id).text(kNodeOperator, node.type);
    for (const std::string& input : inputs[node.id]) one.text(kNodeInput, input);
    graph.message(kGraphNode, one);
  }
  return graph;
}

template <class Number>
std::string little_endian(Number number) {
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

}  // namespace

std::uint32_t masked_crc32c(std::string_view bytes) {
  static const std::array<std::uint32_t, 256> table = crc_table();
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char byte : bytes) crc = crc >> 8U ^ table[(crc ^ static_cast<unsigned char>(byte)) & 0xFFU];
  crc ^= 0xFFFFFFFFU;
  return (crc >> 15U | crc << 17U) + 0xA282EAD8U;
}

Result<std::unique_ptr<EventFile>> EventFile::open(const std::filesystem::path& folder, const Document& document) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const auto began = static_cast<std::int64_t>(wall_clock());
  std::unique_ptr<EventFile> made(
      new EventFile(folder / fmt::format("events.out.tfevents.{:010}.feedline.{}", began, ::getpid())));
  ProtobufMessage first;
  first.wide_real(kEventTime, wall_clock()).text(kEventVersion, "brain.Event:2");
  made->put(first.bytes());
  made->put(event_at(0).message(kEventGraph, graph_message(document)).bytes());
  made->file_.flush();
  if (Status fine = made->status(); !fine) return fail(std::move(fine.error()));
  return made;
}

Status EventFile::status() const {
  if (file_) return {};
  return fail(Error{.reason = "it cannot be written",
                    .remedy = "Choose a folder that may be written and has room: --tensorboard FOLDER",
                    .file = escape_name(path_.string())});
}

void EventFile::put(std::string_view event) {
  const std::string length = little_endian(static_cast<std::uint64_t>(event.size()));
  file_ << length << little_endian(masked_crc32c(length)) << event << little_endian(masked_crc32c(event));
}

void EventFile::scalar(std::uint64_t step, const std::string& tag, double value) {
  if (!std::isfinite(value)) return;
  const ProtobufMessage one = ProtobufMessage().text(kValueTag, tag).real(kValueNumber, static_cast<float>(value));
  put(event_at(step).message(kEventSummary, ProtobufMessage().message(kSummaryValue, one)).bytes());
}

void EventFile::take(const Snapshot& now) {
  const TrainerSample& trainer = now.trainer;
  if (trainer.steps > last_step_ && !trainer.validating) {
    last_step_ = trainer.steps;
    scalar(trainer.steps, "loss/running", trainer.loss);
  }
  if (now.at - flushed_at_ < kFlushEvery) return;
  flushed_at_ = now.at;
  file_.flush();
}

void EventFile::take(const Fact& fact) {
  if (std::holds_alternative<Finished>(fact)) file_.flush();
  const auto* done = std::get_if<EpochDone>(&fact);
  if (done == nullptr) return;
  const EpochResult& epoch = done->result;
  const std::uint64_t step = epoch.step > 0 ? epoch.step : last_step_;
  for (const MetricValue& metric : epoch.metrics)
    scalar(step, metric_key(metric.name) + "/" + metric.split, metric.value);
  scalar(step, "learning_rate", epoch.learning_rate);
  scalar(step, "samples_per_second", epoch.samples_per_s);
  scalar(step, "epoch", epoch.epoch);
}

}  // namespace feedline::inline exporting
