// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled by -O3: runs over records.
#include "checking/record_check.h"

#include "base/machine_fault.h"
#include "engine/guarded.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <span>

namespace feedline::inline checking {
namespace {

/// Least and greatest value; 32 at a time, since every pixel of a data set comes by here.
std::pair<std::uint8_t, std::uint8_t> extremes(std::span<const std::uint8_t> values) {
  using Lanes = std::uint8_t __attribute__((vector_size(32)));
  Lanes least = ~Lanes{};
  Lanes most{};
  std::size_t i = 0;
  for (; i + sizeof(Lanes) <= values.size(); i += sizeof(Lanes)) {
    Lanes next;
    std::memcpy(&next, values.data() + i, sizeof next);
    least = next < least ? next : least;
    most = next > most ? next : most;
  }
  std::uint8_t low = 255;
  std::uint8_t high = 0;
  for (std::size_t lane = 0; i > 0 && lane < sizeof(Lanes); ++lane) {
    low = std::min<std::uint8_t>(low, least[lane]);
    high = std::max<std::uint8_t>(high, most[lane]);
  }
  for (; i < values.size(); ++i) {
    low = std::min(low, values[i]);
    high = std::max(high, values[i]);
  }
  return {low, high};
}

/// Stands behind a decoder and asks for the whole picture, made so small that its sides have eight pixels left.
class Glance final : public SampleOp {
 public:
  Status run(std::span<const Datum* const>, std::span<Datum* const>, OpContext&) const override {
    return fail("it only looks");
  }
  std::optional<PictureDemand> demand(std::int64_t width, std::int64_t height, OpContext&) const override {
    constexpr std::int64_t kLeast = 8;
    std::int64_t eighths = 8;
    while (eighths > 1 && std::min(width, height) * (eighths / 2) / 8 >= kLeast) eighths /= 2;
    return PictureDemand{
        .width = width, .height = height, .scaled_width = width * eighths / 8, .scaled_height = height * eighths / 8};
  }
};

}  // namespace

std::optional<std::uint32_t> SizeTrials::find(Size size) const {
  const std::lock_guard lock(mutex_);
  const auto found = faults_.find(size);
  if (found != faults_.end()) return found->second;
  return faults_.size() >= kMost ? std::optional<std::uint32_t>(0) : std::nullopt;
}

void SizeTrials::add(Size size, std::uint32_t fault) {
  const std::lock_guard lock(mutex_);
  faults_.emplace(size, fault);
}

RecordCheck::RecordCheck(const CheckLane& lane, FaultList& faults, SizeTrials& trials, std::stop_token stop)
    : lane_(lane),
      files_(dynamic_cast<const OwnFiles*>(lane.source.get())),
      faults_(faults),
      trials_(trials),
      stop_(std::move(stop)),
      rest_(XXH3_64bits(lane.rest.data(), lane.rest.size())),
      slots_(lane.slots) {
  for (std::size_t i = 0; i < lane.ports; ++i) {
    ports_.push_back(&slots_[i]);
    label_only_.push_back(lane.label_port == i ? &label_ : nullptr);
  }
}

Status RecordCheck::run(const PlanStep& step, std::uint64_t record, bool training, Scale scale) {
  in_.clear();
  out_.clear();
  for (const auto& slot : step.inputs) in_.push_back(slot ? &slots_[*slot] : nullptr);
  for (const SlotIndex slot : step.outputs) out_.push_back(&slots_[slot]);
  OpContext context{.rng = Rng(lane_.seed, 1, record, step.stream), .training = training, .record = record};
  static const Glance glance;
  const NextNode next(glance, context);
  if (scale == Scale::Small && step.op->partial()) context.next = &next;
  return patiently(stop_, [&] { return guarded([&] { return step.op->run(in_, out_, context); }); });
}

void RecordCheck::look_at(const Datum& picture, RecordFacts& facts) const {
  if (picture.layout() != Layout::HWC || picture.dims().size() != 3) return;
  const PicturePart* part = picture.part();
  facts.height = static_cast<std::uint32_t>(part ? part->whole_height : picture.dim(0));
  facts.width = static_cast<std::uint32_t>(part ? part->whole_width : picture.dim(1));
  if (picture.dtype() != DType::U8) return;
  const auto [low, high] = extremes({picture.as<std::uint8_t>(), picture.bytes()});
  facts.low = low;
  facts.high = high;
}

/// Of the open file, since its name may be another's a moment later.
Status RecordCheck::fetch(std::uint64_t record, RecordFacts& facts) {
  if (files_ == nullptr) return lane_.source->read(record, ports_);
  FileFacts file;
  Status read = files_->read_with_facts(record, ports_, file);
  facts.file_bytes = file.size;
  facts.modified_ns = file.modified_ns;
  return read;
}

Result<RecordFacts> RecordCheck::examine(std::uint64_t record) {
  RecordFacts facts;
  facts.known = 1;
  // A fault of the machine is none of the record.
  const auto bad = [&](Error error, const std::string& node) -> Result<RecordFacts> {
    if (error.code == ErrorCode::Cancelled || is_machine_fault(error))
      return fail(std::move(error).at_node(node).in_file(lane_.source->locate(record)));
    facts.fault = faults_.add(std::move(error).at_node(node));
    return facts;
  };
  if (Status read = patiently(stop_, [&] { return guarded([&] { return fetch(record, facts); }); }); !read) {
    facts.known = 0;  // the file may be there again next time
    return bad(std::move(read.error()), lane_.node);
  }
  if (lane_.picture_port) {
    const Datum& held = slots_[*lane_.picture_port];
    facts.content = XXH3_64bits(held.data(), held.bytes());
    if (lane_.encoded) {
      if (files_ == nullptr) facts.file_bytes = held.bytes();
      facts.header = picture_header(held.span());
    } else {
      look_at(held, facts);
    }
  }
  for (std::size_t i = 0; i < lane_.decoders; ++i) {
    const PlanStep& step = lane_.steps[i];
    Status ran = run(step, record, false, Scale::Small);
    if (!ran) ran = run(step, record, false);  // whether it is bad, and why, is said of the whole picture
    if (!ran) return bad(std::move(ran.error()), step.node);
    if (i == 0 && !step.outputs.empty()) look_at(slots_[step.outputs.front()], facts);
  }
  if (fault_behind(facts)) return facts;
  const Result<std::uint32_t> behind = try_size(record);
  if (!behind) return fail(behind.error());
  trials_.add({facts.width, facts.height}, *behind);
  return facts;
}

Result<std::uint32_t> RecordCheck::try_size(std::uint64_t record) {
  for (std::size_t i = 0; i < lane_.steps.size(); ++i) {
    Status ran = run(lane_.steps[i], record, lane_.training);
    if (ran) continue;
    Error error = std::move(ran.error()).at_node(lane_.steps[i].node);
    if (error.code == ErrorCode::Cancelled || is_machine_fault(error)) return fail(std::move(error));
    return faults_.add(error);
  }
  return 0;
}

std::optional<std::uint32_t> RecordCheck::fault_behind(const RecordFacts& facts) const {
  if (facts.fault != 0 || facts.through == rest_ || lane_.steps.size() == lane_.decoders) return 0;
  return trials_.find({facts.width, facts.height});
}

std::int64_t RecordCheck::label(std::uint64_t record) {
  if (!lane_.label_port) return -1;
  const Status read = guarded([&] { return lane_.source->read(record, label_only_); });
  return read && label_.dtype() == DType::I64 && label_.bytes() == 8 ? label_.label() : -1;
}

}  // namespace feedline::inline checking
