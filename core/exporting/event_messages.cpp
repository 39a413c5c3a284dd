// SPDX-License-Identifier: GPL-3.0-or-later
#include "exporting/event_messages.h"

#include "engine/png_picture.h"
#include "exporting/value_histogram.h"
#include "graph/flatten.h"
#include "runs/run_record.h"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <span>
#include <vector>

namespace feedline::inline exporting {
namespace {

constexpr unsigned kEventTime = 1, kEventStep = 2, kEventVersion = 3, kEventGraph = 4, kEventSummary = 5;
constexpr unsigned kSummaryValue = 1, kValueTag = 1, kValueNumber = 2, kValueImage = 4, kValueHistogram = 5;
constexpr unsigned kImageHeight = 1, kImageWidth = 2, kImageColours = 3, kImagePng = 4;
constexpr unsigned kGraphNode = 1, kNodeName = 1, kNodeOperator = 2, kNodeInput = 3;

ProtobufMessage event_at(std::uint64_t step) {
  ProtobufMessage event;
  event.wide_real(kEventTime, wall_clock());
  event.number(kEventStep, static_cast<std::int64_t>(step));
  return event;
}

ProtobufMessage summary_event(std::uint64_t step, const ProtobufMessage& summary) {
  return event_at(step).message(kEventSummary, summary);
}

}  // namespace

ProtobufMessage version_event() {
  ProtobufMessage first;
  first.wide_real(kEventTime, wall_clock()).text(kEventVersion, "brain.Event:2");
  return first;
}

ProtobufMessage graph_event(const Document& document) {
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
  return event_at(0).message(kEventGraph, graph);
}

ProtobufMessage scalar_event(std::uint64_t step, const std::string& tag, double value) {
  const ProtobufMessage one = ProtobufMessage().text(kValueTag, tag).real(kValueNumber, static_cast<float>(value));
  return summary_event(step, ProtobufMessage().message(kSummaryValue, one));
}

ProtobufMessage pictures_event(const WatchedRows& rows) {
  std::map<std::string, std::size_t, std::less<>> numbers;  // by field
  ProtobufMessage summary;
  for (const WatchedRow& row : rows.rows) {
    const std::size_t number = numbers[row.value.port]++;
    const Raster picture = picture_of(row.value);
    const Result<std::string> png = png_of(picture);
    if (!png) continue;
    const ProtobufMessage image = ProtobufMessage()
                                      .number(kImageHeight, picture.height)
                                      .number(kImageWidth, picture.width)
                                      .number(kImageColours, 3)
                                      .text(kImagePng, *png);
    summary.message(kSummaryValue, ProtobufMessage()
                                       .text(kValueTag, fmt::format("pictures/{}/{}", row.value.port, number))
                                       .message(kValueImage, image));
  }
  return summary_event(rows.step, summary);
}

ProtobufMessage histograms_event(const WatchedTensors& tensors) {
  ProtobufMessage summary;
  const auto add = [&](const char* group, const WatchedTensors::Part& part, std::span<const float> all) {
    if (part.first > all.size() || part.count > all.size() - part.first) return;
    const ValueHistogram histogram(all.subspan(part.first, part.count));
    if (histogram.count() == 0) return;
    summary.message(kSummaryValue, ProtobufMessage()
                                       .text(kValueTag, fmt::format("{}/{}", group, part.name))
                                       .message(kValueHistogram, histogram.message()));
  };
  for (const WatchedTensors::Part& part : tensors.parts) {
    add("weights", part, tensors.weights);
    add("gradients", part, tensors.gradients);
  }
  return summary_event(tensors.step, summary);
}

}  // namespace feedline::inline exporting
