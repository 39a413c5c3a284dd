// SPDX-License-Identifier: GPL-3.0-or-later
// How a SegmentRunner does many records of a tile in one call. What is wrong with one of them is found out by doing
// that one alone, so that blocks know nothing of faults.
#include "engine/guarded.h"
#include "engine/paired_steps.h"
#include "engine/segment_runner.h"
#include "schema/in_memory.h"

#include <span>

namespace feedline::inline engine {

/// Which nodes can. A source is not asked to where it may wait for a disk, or where caches decide what of a record is
/// read.
void SegmentRunner::find_blocks() {
  const auto* memory = dynamic_cast<const InMemory*>(plan_.source.get());
  if (memory != nullptr && memory->in_memory() && router_.caches() == 0)
    source_blocks_ = dynamic_cast<const ReadsBlocks*>(plan_.source.get());
  for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
    const PlanStep& step = plan_.steps[i];
    const bool plain = step.inputs.size() == 1 && step.inputs[0] && step.outputs.size() == 1 && !step.random &&
                       !step.next && !step.cache && !step.op->sequential();
    step_blocks_.push_back(plain ? dynamic_cast<const InBlocks*>(ops_[i].get()) : nullptr);
    // What comes from another segment is needed again where this chunk is taken away from its worker.
    const SlotIndex read = plain ? *step.inputs[0] : 0;
    const bool own = plain && layout_.producer[read] == index_ && !layout_.homes[read].in_chunk;
    may_change_.push_back(own && only_reader(plan_, read) == i);
  }
}

/// Reads records at once up to one that is bad already or cannot be read. Returns how many.
std::size_t SegmentRunner::read_block(Tally& tally, Chunk& chunk, std::size_t begin, std::size_t end) {
  const std::size_t ports = plan_.source_outputs.size();
  const bool none_known = quarantine_.size() == 0;
  std::size_t good = begin;
  while (good < end && chunk.bad[good] == 0 && (none_known || !quarantine_.find(chunk.record_ids[good]))) ++good;
  block_out_.resize((good - begin) * ports);
  for (std::size_t p = 0; p < ports; ++p) {
    const auto slot = plan_.source_outputs[p];
    const SlotCells values = slot ? cells(chunk, *slot) : SlotCells{};
    for (std::size_t i = 0; i < good - begin; ++i)
      block_out_[i * ports + p] = slot ? &values.at(begin - tile_begin_ + i) : nullptr;
  }
  if (good == begin) return 0;
  heartbeat_.work_on(0, begin);
  std::size_t done = 0;
  (void)guarded([&]() -> Status {
    done = source_blocks_->read_block(std::span(chunk.record_ids).subspan(begin, good - begin), block_out_);
    return {};
  });
  tally.done += done;
  for (const Datum* value : std::span(block_out_).first(done * ports))
    tally.bytes += value != nullptr ? value->bytes() : 0;
  return done;
}

/// All records of a tile, as many at once as nothing is wrong with; the next one then alone, which tells what it is.
bool SegmentRunner::run_block(const PlanStep& step, std::uint32_t epoch, Tally& tally, Chunk& chunk, std::size_t begin,
                              std::size_t end) {
  const auto index = static_cast<std::size_t>(&step - plan_.steps.data());
  const SlotCells ins = cells(chunk, *step.inputs[0]);
  const SlotCells outs = cells(chunk, step.outputs[0]);
  const std::size_t rows = end - begin;
  block_in_.resize(rows);
  block_out_.resize(rows);
  block_records_.resize(rows);
  std::size_t taken = 0;
  for (std::size_t r = begin; r < end; ++r) {
    if (chunk.bad[r] != 0) continue;
    Datum& out = outs.at(r - begin);
    if (const CacheRoute* way = route(chunk, r); way != nullptr && way->steps[index] == 0) {
      make_empty(out);
      continue;
    }
    block_in_[taken] = &ins.at(r - begin);
    block_out_[taken] = &out;
    block_records_[taken++] = r;
  }
  block_in_.resize(taken);
  block_out_.resize(taken);
  block_records_.resize(taken);
  for (std::size_t at = 0; at < block_records_.size(); ++at) {
    if (stopped()) return false;
    heartbeat_.work_on(tally.node, block_records_[at]);
    std::size_t done = 0;
    const auto work = [&]() -> Status {
      const InBlocks& blocks = *step_blocks_[index];
      const std::span<Datum* const> ins_left = std::span(block_in_).subspan(at);
      const std::span<Datum* const> outs_left = std::span(block_out_).subspan(at);
      done = may_change_[index] ? blocks.change_block(ins_left, outs_left)
                                : blocks.run_block({ins_left.data(), ins_left.size()}, outs_left);
      return {};
    };
    if (!tally.timed) (void)guarded(work);
    tally.done += done;
    for (const Datum* value : std::span(block_out_).subspan(at, done)) tally.bytes += value->bytes();
    at += done;
    if (at < block_records_.size() && !run_record(step, epoch, tally, chunk, block_records_[at])) return false;
  }
  return true;
}

}  // namespace feedline::inline engine
