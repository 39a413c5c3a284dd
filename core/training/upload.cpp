// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/upload.h"

#include "training/device.h"
#include "training/double_buffer.h"
#include "training/tensors.h"

#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <optional>

namespace feedline::inline training {
namespace {

std::vector<std::int64_t> shape_of(const TensorDesc& record, std::size_t rows) {
  std::vector<std::int64_t> shape{static_cast<std::int64_t>(rows)};
  for (const Dim& dim : record.shape) shape.push_back(dim.most());
  return shape;
}

/// The batch's own memory as a tensor; of a ragged field only as far as the longest row reaches.
at::Tensor host_tensor(const Batch& batch, std::size_t field, const TensorDesc& record) {
  at::Tensor all = torch::from_blob(batch.buffer->fields[field], shape_of(record, batch.records),
                                    at::TensorOptions().dtype(scalar_type(record.dtype)));
  return record.ragged() ? all.narrow(1, 0, batch.longest(field)) : all;
}

/// The part of a full batch's memory on a device that a batch takes. That of a ragged field is as dense as if all
/// batches were so long, so that what its rows lack is neither copied nor read.
at::Tensor part_for(const at::Tensor& all, const at::Tensor& host) {
  if (host.dim() < 2 || host.size(1) == all.size(1)) return all.narrow(0, 0, host.size(0));
  return all.flatten().narrow(0, 0, host.numel()).view(host.sizes());
}

}  // namespace

/// A stream for copies beside the thread's current stream, where the steps go; events order the two.
class BatchUploader::StreamLane final : public UploadLane {
 public:
  StreamLane(at::Device device, const std::vector<TensorDesc>& fields, std::size_t rows)
      : guard_(device.type()), device_(device), copies_(guard_.getStreamFromGlobalPool(device)), fields_(fields) {
    for (std::size_t slot = 0; slot < DoubleBuffer::kSlots; ++slot) {
      slots_.emplace_back(device.type());
      for (const TensorDesc& field : fields)
        slots_.back().tensors.push_back(
            at::empty(shape_of(field, rows), at::TensorOptions().dtype(scalar_type(field.dtype)).device(device)));
      // Memory that was just allocated may still be read by earlier work of the stream that it belongs to.
      slots_.back().read.record(steps());
    }
  }

  /// Of the batches that come: all of them, or some rows.
  void take(std::optional<Rows> rows) { rows_ = rows; }

  void copy(std::size_t slot, const Batch& batch) override {
    Slot& to = slots_[slot];
    const c10::StreamGuard on_copies(copies_);
    to.read.block(copies_);
    to.parts.clear();
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      at::Tensor host = host_tensor(batch, i, fields_[i]);
      if (rows_) host = host.narrow(0, rows_->first, rows_->count);
      to.parts.push_back(part_for(to.tensors[i], host));
      to.parts.back().copy_(host, /*non_blocking=*/true);
    }
    to.copied.record(copies_);
  }
  bool copied(std::size_t slot) override { return slots_[slot].copied.query(); }
  void begin_step(std::size_t slot) override { slots_[slot].copied.block(steps()); }
  void end_step(std::size_t slot) override { slots_[slot].read.record(steps()); }

  [[nodiscard]] const std::vector<at::Tensor>& parts(std::size_t slot) const { return slots_[slot].parts; }

 private:
  struct Slot {
    explicit Slot(at::DeviceType type) : copied(type), read(type) {}
    std::vector<at::Tensor> tensors{};  ///< for a full batch
    std::vector<at::Tensor> parts{};    ///< of these what the batch in it takes
    c10::Event copied;
    c10::Event read;
  };
  [[nodiscard]] c10::Stream steps() const { return guard_.getStream(device_); }

  c10::impl::VirtualGuardImpl guard_;
  at::Device device_;
  c10::Stream copies_;
  const std::vector<TensorDesc>& fields_;
  std::vector<Slot> slots_{};
  std::optional<Rows> rows_{};
};

BatchUploader::BatchUploader(at::Device device, std::vector<TensorDesc> fields, std::size_t rows)
    : fields_(std::move(fields)) {
  if (!is_asynchronous(device)) return;
  lane_ = std::make_unique<StreamLane>(device, fields_, rows);
  buffer_ = std::make_unique<DoubleBuffer>(*lane_);
}

BatchUploader::~BatchUploader() = default;

std::vector<at::Tensor> BatchUploader::upload(const Batch& batch) {
  if (!buffer_) return shown(batch, fields_);
  lane_->take(std::nullopt);
  return lane_->parts(buffer_->put(batch));
}

std::vector<at::Tensor> BatchUploader::upload(const Batch& batch, const Rows& rows) {
  if (buffer_) {
    lane_->take(rows);
    return lane_->parts(buffer_->put(batch));
  }
  std::vector<at::Tensor> tensors = shown(batch, fields_);
  for (at::Tensor& tensor : tensors) tensor = tensor.narrow(0, rows.first, rows.count);
  return tensors;
}

std::vector<at::Tensor> BatchUploader::shown(const Batch& batch, const std::vector<TensorDesc>& fields) {
  std::vector<at::Tensor> tensors;
  for (std::size_t i = 0; i < fields.size(); ++i) tensors.push_back(host_tensor(batch, i, fields[i]));
  return tensors;
}

void BatchUploader::finish_step() {
  if (buffer_) buffer_->step_queued();
}

}  // namespace feedline::inline training
