// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/segment_runner.h"

#include "engine/collate.h"
#include "engine/guarded.h"
#include "engine/paired_steps.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <span>
#include <thread>
#include <utility>

namespace feedline::inline engine {
namespace {

constexpr std::size_t kTileBytes = 256 * 1024;
constexpr std::size_t kMaxTile = 128;

/// Steps whose values go nowhere but into caches, directly or through each other.
std::vector<bool> read_by_caches_alone(const DataPlan& plan) {
  std::vector<bool> alone(plan.steps.size(), true);
  std::vector<bool> open(plan.slots, false);  // read by what is no cache and does not lead to caches alone
  for (const BatchField& field : plan.fields) open[field.slot] = true;
  for (std::size_t i = plan.steps.size(); i-- > 0;) {
    const PlanStep& step = plan.steps[i];
    for (const SlotIndex slot : step.outputs) alone[i] = alone[i] && !open[slot];
    if (step.cache || alone[i]) continue;
    for (const auto& slot : step.inputs)
      if (slot) open[*slot] = true;
  }
  return alone;
}

}  // namespace

SegmentRunner::SegmentRunner(const DataPlan& plan, const SegmentLayout& layout, std::size_t segment, StepTimer timer,
                             Heartbeat& heartbeat, const Quarantine& quarantine, const CacheShelf& caches,
                             std::deque<SequentialGate>& gates, VirtualSpeedup::Account& account,
                             const std::atomic<bool>& stop, bool goes_on)
    : plan_(plan),
      layout_(layout),
      segment_(layout.segments[segment]),
      index_(segment),
      timer_(std::move(timer)),
      heartbeat_(heartbeat),
      quarantine_(quarantine),
      gates_(gates),
      account_(account),
      stop_(stop),
      router_(plan, &caches),
      ops_(paired_ops(plan)),
      kept_(goes_on && router_.caches() > 0 ? read_by_caches_alone(plan) : std::vector<bool>(plan.steps.size())) {
  for (SlotIndex slot = 0; slot < plan.slots; ++slot)
    if (layout.producer[slot] == segment && !layout.homes[slot].in_chunk) local_slots_.push_back(slot);
  std::set<SlotIndex> taken;
  for (std::size_t f = 0; f < plan.fields.size(); ++f) {
    const SlotIndex slot = plan.fields[f].slot;
    row_bytes_.push_back(plan.fields[f].record_bytes());
    const bool here = segment_.collates && layout.producer[slot] == segment && !layout.homes[slot].in_chunk;
    const bool whole_row = plan.fields[f].capacity == 0;  // a shorter value could not be told from one that is bound
    if (here && whole_row && taken.insert(slot).second) bound_fields_.push_back(f);
  }
  find_blocks();
}

/// Leaves nothing to measure of a value that nobody wants.
void SegmentRunner::make_empty(Datum& value) {
  static constexpr std::int64_t kNothing[] = {0};
  value.view(nullptr, DType::U8, kNothing);
}

void SegmentRunner::make_room(Chunk& chunk) {
  if (chunk.cells.size() < chunk.count * layout_.crossing) chunk.cells.resize(chunk.count * layout_.crossing);
  if (segment_.reads) chunk.cached.resize(chunk.count * router_.caches());
  if (tile_cells_.size() < longest_tile() * layout_.local) tile_cells_.resize(longest_tile() * layout_.local);
}

bool SegmentRunner::run(Chunk& chunk) {
  timer_.start();
  heartbeat_.begin();
  bool whole = true;
  for (std::size_t begin = 0; whole && begin < chunk.count;) {
    make_room(chunk);
    const std::size_t end = chunk.count - begin <= longest_tile() ? chunk.count : begin + tile_;
    tile_begin_ = begin;
    bind(chunk, begin, end);
    std::size_t node = 0;
    if (segment_.reads) {
      whole = read(chunk, begin, end);
      ++node;
    }
    for (std::size_t i = segment_.first_step; whole && i < segment_.last_step; ++i, ++node)
      whole = run_step(plan_.steps[i], node, chunk, begin, end);
    if (whole && segment_.collates) collate_tile(chunk, begin, end);
    if (whole) measure(chunk, begin, end);
    begin = end;
  }
  heartbeat_.rest();
  chunk.work += timer_.stop();
  return whole;
}

void SegmentRunner::close(BatchWork& batch) {
  timer_.start();
  gather(batch, plan_.fields);
  close_up(batch, plan_.fields);
  timer_.lap(segment_.nodes() - 1, 0, 0);
  timer_.stop();
}

void SegmentRunner::bind(const Chunk& chunk, std::size_t begin, std::size_t end) {
  for (const std::size_t f : bound_fields_) {
    const std::size_t home = layout_.homes[plan_.fields[f].slot].index;
    const std::size_t bytes = row_bytes_[f];
    for (std::size_t r = begin; r < end; ++r)
      tile_cells_[(r - begin) * layout_.local + home].bind({row_of(*chunk.buffer, f, bytes, chunk.row + r), bytes});
  }
}

/// Asks the caches what they hold of a record that is about to be read.
const CacheRoute* SegmentRunner::look_up(Chunk& chunk, std::size_t record) {
  const std::size_t caches = router_.caches();
  if (caches > 0) router_.look_up(chunk.record_ids[record], std::span(chunk.cached).subspan(record * caches, caches));
  return route(chunk, record);
}

/// What of the plan has to run for the record; null: all of it, because there are no caches.
const CacheRoute* SegmentRunner::route(const Chunk& chunk, std::size_t record) {
  const std::size_t caches = router_.caches();
  return caches == 0 ? nullptr : &router_.route(std::span(chunk.cached).subspan(record * caches, caches));
}

/// Lets a cache node show what it holds. False: it is no cache, or held nothing when the record was to be read.
bool SegmentRunner::show_cached(const Chunk& chunk, std::size_t record, std::size_t step, Datum& out) const {
  const std::size_t cache = router_.cache_of(step);
  if (cache == CacheRouter::kNone) return false;
  const CacheEntry* entry = chunk.cached[record * router_.caches() + cache];
  if (entry != nullptr) entry->show(out);
  return entry != nullptr;
}

/// Keeps what a cache node has passed on.
void SegmentRunner::keep(const Chunk& chunk, std::size_t record, std::size_t step, const Datum& value) {
  const std::size_t cache = router_.cache_of(step);
  if (cache == CacheRouter::kNone || chunk.cached[record * router_.caches() + cache] != nullptr) return;
  router_.store(cache).put(chunk.record_ids[record], value);
}

/// A node's work on a record ended with this status; as long as the machine is at fault, it is done again after a
/// pause. False: the worker is to leave, because of a stop or of failure_.
template <class Work>
bool SegmentRunner::patiently(Tally& tally, std::size_t row, Status& status, Work&& work) {
  for (Patience patience; !status && is_machine_fault(status.error());) {
    took(tally.node, tally.done, lap(tally.node, tally.done, tally.bytes, tally.first));
    tally.done = tally.bytes = 0;
    const auto pause = patience.next();
    if (patience.is_long()) heartbeat_.complain(Error(status.error()).at_node(tally.name));
    if (!pause) failure_ = std::move(status.error()).at_node(tally.name);
    if (!pause || !rest(*pause, tally.node)) return false;
    account_.begin(place(tally.node));
    tally.timed = timer_.begin(tally.node);
    heartbeat_.work_on(tally.node, row);
    status = guarded(work);
  }
  return true;
}

/// What ended the run names the record that it met. False, as what it answers to.
bool SegmentRunner::blame(std::uint64_t record) {
  if (failure_ && failure_->file.empty()) failure_->file = plan_.source->locate(record);
  return false;
}

/// The node waits, for the machine: that is no work, and no record that is slow. False: the run ends.
bool SegmentRunner::rest(Patience::Pause pause, std::size_t node) {
  constexpr Patience::Pause kLookUp{20};  // a stop rings no bell here
  heartbeat_.rest();
  timer_.enter_wait(node);
  for (; pause.count() > 0 && !stopped(); pause -= kLookUp) std::this_thread::sleep_for(std::min(pause, kLookUp));
  timer_.leave_wait(node);
  account_.forgive();
  return !stopped();
}

bool SegmentRunner::read(Chunk& chunk, std::size_t begin, std::size_t end) {
  out_.resize(plan_.source_outputs.size());
  account_.begin(place(0));
  Tally tally{.node = 0, .name = plan_.source_node, .timed = timer_.begin(0)};
  plan_.sampler.records(chunk.epoch, chunk.position + begin, std::span(chunk.record_ids).subspan(begin, end - begin));
  tally.first = chunk.record_ids[begin];
  for (std::size_t r = begin; r < end; ++r) {
    if (stopped()) return false;
    if (source_blocks_ != nullptr && !tally.timed) r += read_block(tally, chunk, r, end);
    if (r == end) break;
    const std::uint64_t record = chunk.record_ids[r];
    if (chunk.bad[r] != 0) continue;
    if (const auto known = quarantine_.find(record)) {
      chunk.bad[r] = 1;
      chunk.faults.push_back({.row = r, .record = record, .known = known});
      continue;
    }
    heartbeat_.work_on(0, r);
    for (std::size_t p = 0; p < out_.size(); ++p)
      out_[p] = plan_.source_outputs[p] ? &cell(chunk, r, *plan_.source_outputs[p]) : nullptr;
    if (const CacheRoute* way = look_up(chunk, r); way != nullptr) {
      for (std::size_t p = 0; p < out_.size(); ++p)
        if (way->ports[p] == 0 && out_[p] != nullptr) make_empty(*std::exchange(out_[p], nullptr));
      if (!way->read) continue;
    }
    const auto work = [&] { return plan_.source->read(record, out_); };
    Status read = guarded(work);
    if (!read && !patiently(tally, r, read, work)) return blame(record);
    if (tally.timed) timer_.record(0, record);
    if (!read) {
      reject(chunk, r, std::move(read.error()), plan_.source_node);
      continue;
    }
    ++tally.done;
    for (const Datum* value : out_) tally.bytes += value != nullptr ? value->bytes() : 0;
  }
  took(0, tally.done, lap(0, tally.done, tally.bytes, tally.first));
  return true;
}

std::uint32_t SegmentRunner::drawn_epoch(const PlanStep& step, std::uint32_t epoch) const {
  const auto index = static_cast<std::size_t>(&step - plan_.steps.data());
  return kept_[index] ? 1U : epoch;
}

/// Who reads the step's output, with the random numbers that it will draw for this record.
std::optional<NextNode> SegmentRunner::next_node(const PlanStep& step, const Chunk& chunk, std::uint64_t record,
                                                 std::uint64_t key) const {
  if (!step.next) return std::nullopt;
  const PlanStep& reader = plan_.steps[*step.next];
  const Rng rng(plan_.seed, drawn_epoch(reader, chunk.epoch), key, reader.stream);
  return NextNode(*reader.op, {.rng = rng, .training = plan_.training, .record = record});
}

/// Waits until this worker may enter a sequential step: time starved, no work. None: the run ends.
std::optional<SequentialGate::Stay> SegmentRunner::wait_turn(std::size_t step, std::size_t node) {
  SequentialGate& gate = gates_[step];
  heartbeat_.rest();
  timer_.enter_wait(node);
  const bool entered = gate.enter(heartbeat_, stop_);
  timer_.leave_wait(node);
  if (!entered) return std::nullopt;
  account_.forgive();
  return std::optional<SequentialGate::Stay>(std::in_place, gate, heartbeat_);
}

bool SegmentRunner::run_step(const PlanStep& step, std::size_t node, Chunk& chunk, std::size_t begin, std::size_t end) {
  const auto index = static_cast<std::size_t>(&step - plan_.steps.data());
  in_.resize(step.inputs.size());
  out_.resize(step.outputs.size());
  std::optional<SequentialGate::Stay> stay;
  if (step.op->sequential()) {
    if (auto entered = wait_turn(index, node)) stay.emplace(std::move(*entered));
    if (!stay) return false;
  }
  account_.begin(place(node));
  const std::uint32_t epoch = drawn_epoch(step, chunk.epoch);
  Tally tally{.node = node, .name = step.node, .first = chunk.record_ids[begin], .timed = timer_.begin(node)};
  // A node that is slow, or was so lately, is watched record by record.
  if (step_blocks_[index] != nullptr && !tally.timed) {
    if (!run_block(step, epoch, tally, chunk, begin, end)) return false;
  } else {
    for (std::size_t r = begin; r < end; ++r) {
      if (chunk.bad[r] != 0) continue;
      if (stopped() || !run_record(step, epoch, tally, chunk, r)) return false;
    }
  }
  took(node, tally.done, lap(node, tally.done, tally.bytes, tally.first));
  return true;
}

/// One record; what is wrong with it is written down. False: the worker is to leave.
bool SegmentRunner::run_record(const PlanStep& step, std::uint32_t epoch, Tally& tally, Chunk& chunk, std::size_t r) {
  const auto index = static_cast<std::size_t>(&step - plan_.steps.data());
  heartbeat_.work_on(tally.node, r);
  for (std::size_t i = 0; i < in_.size(); ++i) in_[i] = step.inputs[i] ? &cell(chunk, r, *step.inputs[i]) : nullptr;
  for (std::size_t o = 0; o < out_.size(); ++o) out_[o] = &cell(chunk, r, step.outputs[o]);
  const CacheRoute* way = route(chunk, r);
  if (way != nullptr && way->steps[index] == 0) {
    for (Datum* value : out_) make_empty(*value);
    return true;
  }
  const std::uint64_t record = chunk.record_ids[r];
  const bool draws = step.random || step.next;
  const std::uint64_t key = draws ? plan_.sampler.key(chunk.epoch, chunk.position + r, record) : record;
  const std::optional<NextNode> next = next_node(step, chunk, record, key);
  const bool cached = way != nullptr && show_cached(chunk, r, index, *out_[0]);
  const auto work = [&]() -> Status {
    if (cached) return {};
    OpContext context{.rng = Rng(plan_.seed, epoch, key, step.stream),
                      .training = plan_.training,
                      .record = record,
                      .next = next ? &*next : nullptr};
    return ops_[index]->run(in_, out_, context);
  };
  Status ran = guarded(work);
  if (!ran && !patiently(tally, r, ran, work)) return blame(record);
  if (tally.timed) timer_.record(tally.node, record);
  if (!ran) {
    reject(chunk, r, std::move(ran.error()), step.node);
    return true;
  }
  if (way != nullptr) keep(chunk, r, index, *out_[0]);
  ++tally.done;
  for (const Datum* value : out_) tally.bytes += value->bytes();
  return true;
}

void SegmentRunner::collate_tile(Chunk& chunk, std::size_t begin, std::size_t end) {
  account_.begin(place(segment_.nodes() - 1));
  for (std::size_t f = 0; f < plan_.fields.size(); ++f) collate_field(f, chunk, begin, end);
  const auto bad = std::count_if(chunk.bad.data() + begin, chunk.bad.data() + end, [](auto b) { return b != 0; });
  const std::uint64_t done = end - begin - static_cast<std::uint64_t>(bad);
  const std::size_t row_bytes = std::accumulate(row_bytes_.begin(), row_bytes_.end(), std::size_t{0});
  lap(segment_.nodes() - 1, done, done * row_bytes, chunk.record_ids[begin]);
}

void SegmentRunner::collate_field(std::size_t f, Chunk& chunk, std::size_t begin, std::size_t end) {
  const BatchField& field = plan_.fields[f];
  const SlotCells values = cells(chunk, field.slot);
  std::byte* to = row_of(*chunk.buffer, f, row_bytes_[f], chunk.row + begin);
  for (std::size_t r = begin; r < end; ++r, to += row_bytes_[f]) {
    if (chunk.bad[r] != 0) continue;
    const CacheRoute* way = route(chunk, r);
    if (way != nullptr && way->fields[f] == 0) {  // nobody looks at the row
      if (field.capacity > 0) chunk.buffer->lengths[f][chunk.row + r] = 0;
      continue;
    }
    const Datum& value = values.at(r - begin);
    if (lies_in_row(value, field, to) || put_number(value, field, to)) continue;
    Status put = field.capacity == 0 ? collate(value, field, to)
                                     : collate_ragged(value, field, to, chunk.buffer->lengths[f][chunk.row + r]);
    if (!put) reject(chunk, r, std::move(put.error()), writer_of(plan_, field.slot));
  }
}

void SegmentRunner::reject(Chunk& chunk, std::size_t record, Error error, const std::string& node) {
  const std::uint64_t id = chunk.record_ids[record];
  chunk.bad[record] = 1;
  error.code = ErrorCode::BadRecord;
  if (error.file.empty()) {
    (void)guarded([&]() -> Status {
      error.file = plan_.source->locate(id);
      return {};
    });
  }
  chunk.faults.push_back({.row = record, .record = id, .error = std::move(error).at_node(node)});
}

Nanos SegmentRunner::lap(std::size_t node, std::uint64_t done, std::uint64_t bytes, std::uint64_t first) {
  const Nanos wall = timer_.lap(node, done, bytes, first);
  account_.end();
  if (account_.catch_up(stop_)) timer_.skip();
  return wall;
}

/// The watchdog learns how long the node's records take.
void SegmentRunner::took(std::size_t node, std::uint64_t done, Nanos wall) {
  if (done > 0) heartbeat_.took(node, wall / static_cast<Nanos>(done));
}

/// Sizes the next tile by the values of this one, and tells the queue how much the chunk holds.
void SegmentRunner::measure(Chunk& chunk, std::size_t begin, std::size_t end) {
  std::size_t local = 0;
  for (std::size_t r = begin; r < end; ++r) {
    if (chunk.bad[r] != 0) continue;
    for (const SlotIndex slot : local_slots_) local += cell(chunk, r, slot).bytes();
    break;
  }
  if (local > 0) tile_ = std::clamp<std::size_t>(kTileBytes / local, 1, kMaxTile);
  if (local_slots_.empty()) tile_ = kMaxTile;

  for (SlotIndex slot = 0; slot < plan_.slots; ++slot) {
    if (layout_.producer[slot] != index_ || !layout_.homes[slot].in_chunk) continue;
    for (std::size_t r = begin; r < end; ++r)
      if (chunk.bad[r] == 0) chunk.bytes += cell(chunk, r, slot).bytes();
  }
}

}  // namespace feedline::inline engine
