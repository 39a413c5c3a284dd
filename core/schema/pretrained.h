// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Layers that are networks by themselves (nodes/model/resnet.cpp ...): they may begin from the weights of a file, and
// part of them may stay as it is. The node says what it is asked for, the training reads the file and leaves frozen
// tensors out of the optimiser, and the layer knows its stages.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace at {
class Tensor;
}

namespace feedline::inline schema {

/// What every backbone is asked for besides its own parameters; nodes/model/backbone/backbone_params.h declares them.
struct PretrainedSettings {
  std::string weights{};                      ///< file of named tensors; empty: random starting weights
  bool strict = true;                         ///< each tensor must be in the file, with its shape, and no other
  std::string frozen = "none";                ///< none, all, stages
  std::int64_t trainable_stages = 1;          ///< with frozen = stages: as many learn, counted from the output
  bool freeze_statistics = true;              ///< norms whose scale is frozen use and keep their running statistics
  std::vector<std::string> freeze_pattern{};  ///< names of tensors that stay besides, with * and ?
  std::int64_t unfreeze_every = 0;            ///< epochs after which one stage more learns, from the output; 0: never
  std::string cache = "auto";  ///< auto, off: is what it gives of a record kept, where that never changes?
  std::string digest{};        ///< how the SHA-256 of `weights` must begin; empty: it may be any file
};

/// A part of a backbone between its input and its output: what is frozen and thawed as a whole.
struct BackboneStage {
  std::string name{};                   ///< for people: "layer3"
  std::vector<std::string> prefixes{};  ///< of its tensors: "layer3" is that of "layer3.0.conv1.weight"
};

/// Is this the name, or the beginning of one that goes on with a dot?
[[nodiscard]] bool has_prefix(std::string_view name, std::string_view prefix);
/// How many stages learn from the start, by the settings alone.
[[nodiscard]] std::int64_t learning_stages(const PretrainedSettings& settings, std::size_t stages);
/// How many of them in this epoch, from 1 on: more and more with unfreeze_every.
[[nodiscard]] std::int64_t learning_stages(const PretrainedSettings& settings, std::size_t stages, std::uint32_t epoch);
/// Does the tensor `name` stay as it is while the last `learning` stages learn?
[[nodiscard]] bool is_frozen(const PretrainedSettings& settings, std::span<const BackboneStage> stages,
                             std::int64_t learning, std::string_view name);

/// What a layer that may begin from weights offers besides; see Layer::pretrained().
class Pretrained {
 public:
  virtual ~Pretrained() = default;
  [[nodiscard]] virtual const PretrainedSettings& settings() const = 0;
  /// From the input to the output.
  [[nodiscard]] virtual const std::vector<BackboneStage>& stages() const = 0;
  /// Prefixes of tensors that a file of the whole network has besides, its classifier: "fc".
  [[nodiscard]] virtual const std::vector<std::string>& head() const = 0;
  /// The layer's name of a tensor that a file names so: itself, unless the network has been named differently over
  /// time.
  [[nodiscard]] virtual std::string own_name(std::string_view in_file) const = 0;
  /// What the layer can take of a tensor of a file: itself, or position embeddings resized to the layer's pictures. An
  /// undefined tensor is given back as such.
  [[nodiscard]] virtual at::Tensor adapted(std::string_view own_name, const at::Tensor& found) const = 0;
  /// From now on the last `count` stages learn and the others stay, whatever `frozen` says; the pattern holds besides.
  /// Frozen parameters do not require gradients. Not while a pass runs.
  virtual void learn_last(std::int64_t count) = 0;
  /// Is nothing left that learns or draws, so that a record gives the same in every epoch, in training as in
  /// evaluation?
  [[nodiscard]] virtual bool constant() const = 0;
};

}  // namespace feedline::inline schema
