// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/torch.h"
#include "training/devices/device_queue.h"
#include "training/flat_parameters.h"
#include "training/gradient_buckets.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace feedline::inline training {

/// Replicas that have a device each, with weights and gradients of their own there. Gradients come to the first one,
/// which has the optimiser: bucket by bucket while backward still runs, added in the replicas' order, so that the sum
/// has the bytes that replicas which share memory give. Behind a step its weights go to the others, which hand them on:
/// the way to N devices is as long as log2(N) copies.
///
/// Copies of gradients have a queue of their own on each device, and wait there for the layers that give them; the host
/// waits for nothing.
class DeviceMirrors {
 public:
  /// `first`: of the first replica; must outlive it. `devices`: of all.
  DeviceMirrors(const FlatParameters& first, std::vector<at::Device> devices, std::size_t bucket_bytes);
  DeviceMirrors(const DeviceMirrors&) = delete;
  DeviceMirrors& operator=(const DeviceMirrors&) = delete;

  /// The next replica's parameters, which come to lie flat on their device. Their values are those of the first one
  /// behind spread().
  void add(const std::vector<at::Tensor>& parameters);
  /// Is told when gradients are there: see GradientBuckets.
  void watch(const std::vector<at::Tensor>& parameters, std::size_t replica) { buckets_.watch(parameters, replica); }

  /// The backward passes begin whose gradients are the last of this step.
  void begin() { buckets_.begin(); }
  /// The first replica's gradients are the sum of all, those of the others 0. On the thread that began.
  void finish();
  /// All replicas have the first one's weights.
  void spread() const;

  [[nodiscard]] const std::vector<at::Device>& devices() const { return devices_; }
  [[nodiscard]] const at::Tensor& gradients(std::size_t replica) const { return of(replica).gradients(0); }
  [[nodiscard]] std::size_t buckets() const { return buckets_.count(); }

 private:
  [[nodiscard]] const FlatParameters& of(std::size_t replica) const {
    return replica == 0 ? first_ : *others_[replica - 1];
  }
  void add_up(std::size_t bucket);

  const FlatParameters& first_;
  std::vector<at::Device> devices_;
  std::vector<std::unique_ptr<FlatParameters>> others_{};
  std::vector<DeviceQueue> queues_{};             ///< by replica
  std::vector<std::vector<DeviceMark>> marks_{};  ///< by bucket and replica: its gradients are there
  bool finishing_ = false;
  GradientBuckets buckets_;
};

}  // namespace feedline::inline training
