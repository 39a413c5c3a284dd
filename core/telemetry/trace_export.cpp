// SPDX-License-Identifier: GPL-3.0-or-later
#include "telemetry/trace_export.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <limits>

namespace feedline::inline telemetry {
namespace {

constexpr int kProcess = 1;

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Written by hand rather than as one nlohmann::json: a long run has a million slices.
class Writer {
 public:
  Writer(const Trace::View& view, const Locate& locate) : view_(view), locate_(locate) {
    origin_ = std::numeric_limits<Nanos>::max();
    for (const Trace::Lane& lane : view.lanes)
      for (const TraceSlice& slice : lane.slices) origin_ = std::min(origin_, slice.start);
    for (const std::string& label : view.labels) labels_.push_back(quoted(label));
  }

  std::string run() {
    text_ = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n";
    fmt::format_to(out(), R"({{"ph":"M","pid":{},"name":"process_name","args":{{"name":"Feedline"}}}})", kProcess);
    for (std::size_t i = 0; i < view_.lanes.size(); ++i) lane(view_.lanes[i], i + 1);
    return std::move(text_) + "\n]}\n";
  }

 private:
  std::back_insert_iterator<std::string> out() { return std::back_inserter(text_); }
  [[nodiscard]] double micros(Nanos time) const { return static_cast<double>(time) / 1e3; }
  [[nodiscard]] const std::string& label(const TraceSlice& slice) const {
    static const std::string kNone = "\"?\"";
    return slice.label < labels_.size() ? labels_[slice.label] : kNone;
  }

  void lane(const Trace::Lane& lane, std::size_t thread) {
    const std::string name = quoted(lane.name);
    const bool queue = !lane.slices.empty() && lane.slices.front().kind == TraceKind::Level;
    if (!queue) {
      fmt::format_to(out(),
                     ",\n"
                     R"({{"ph":"M","pid":{0},"tid":{1},"name":"thread_name","args":{{"name":{2}}}}})",
                     kProcess, thread, name);
      fmt::format_to(out(),
                     ",\n"
                     R"({{"ph":"M","pid":{0},"tid":{1},"name":"thread_sort_index","args":{{"sort_index":{1}}}}})",
                     kProcess, thread);
    }
    for (const TraceSlice& slice : lane.slices) {
      text_ += ",\n";
      if (slice.kind == TraceKind::Level) {
        fmt::format_to(out(), R"({{"ph":"C","pid":{},"ts":{:.3f},"name":{},"args":{{"entries":{}}}}})", kProcess,
                       micros(slice.start - origin_), name, slice.records);
      } else {
        event(slice, lane.name, thread);
      }
    }
  }

  void event(const TraceSlice& slice, const std::string& lane, std::size_t thread) {
    const bool work = slice.kind == TraceKind::Work;
    const char* const category = work                               ? "work"
                                 : slice.kind == TraceKind::Phase   ? "step"
                                 : slice.kind == TraceKind::Starved ? "starved"
                                                                    : "blocked";
    const std::string wait = slice.kind == TraceKind::Starved ? "\"starved\"" : "\"blocked\"";
    const bool waits = slice.kind == TraceKind::Starved || slice.kind == TraceKind::Blocked;
    fmt::format_to(out(), R"({{"ph":"X","pid":{},"tid":{},"ts":{:.3f},"dur":{:.3f},"cat":"{}","name":{})", kProcess,
                   thread, micros(slice.start - origin_), micros(slice.duration), category,
                   waits ? wait : label(slice));
    if (waits) fmt::format_to(out(), R"(,"args":{{"node":{}}})", label(slice));
    if (work && slice.records > 0) {
      fmt::format_to(out(), R"(,"args":{{"record":{},"records":{})", slice.record, slice.records);
      if (locate_)
        if (const std::string file = locate_(lane, slice.record); !file.empty())
          fmt::format_to(out(), R"(,"file":{})", quoted(file));
      text_ += '}';
    }
    text_ += '}';
  }

  const Trace::View& view_;
  const Locate& locate_;
  std::vector<std::string> labels_{};
  Nanos origin_ = 0;
  std::string text_{};
};

}  // namespace

std::string trace_json(const Trace::View& view, const Locate& locate) { return Writer(view, locate).run(); }

}  // namespace feedline::inline telemetry
