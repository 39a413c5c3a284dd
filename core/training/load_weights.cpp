// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/load_weights.h"

#include "base/example_weights.h"
#include "base/numbers.h"
#include "schema/pretrained.h"
#include "state/weights_file.h"
#include "training/collect_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <string_view>

namespace feedline::inline training {
namespace {

constexpr std::string_view kExampleWeights = "example:";
constexpr std::size_t kNamesListed = 8;

/// Where the weights that torchvision publishes lie, for what is told where there is no file.
constexpr const char* kWhereWeightsAre =
    "Choose a file of weights of this network (the help page on backbones says where torchvision's are to be had), "
    "example:small for mobilenet_v2 of width 0.35, or set frozen to none";

/// A count that torch.save() of before 0.4.1 did not have, and that says nothing of the norm.
bool may_be_missing(std::string_view name) { return name.ends_with("num_batches_tracked"); }

bool in_head(const Pretrained& backbone, std::string_view name) {
  const std::vector<std::string>& head = backbone.head();
  return std::any_of(head.begin(), head.end(), [&](const std::string& prefix) { return has_prefix(name, prefix); });
}

std::string sizes_text(at::IntArrayRef shape) {
  return shape.empty() ? "one number" : fmt::format("{}", fmt::join(shape, "x"));
}

/// Loads one backbone.
class WeightsLoader {
 public:
  WeightsLoader(Layer& layer, std::string node, const std::stop_token& stop)
      : layer_(layer), backbone_(*layer.pretrained()), settings_(backbone_.settings()), stop_(stop) {
    loaded_.node = std::move(node);
  }

  Result<LoadedWeights> load() {
    auto place = weights_place(settings_.weights);
    if (!place) return refused(std::move(place.error()));
    auto file = WeightsFile::open(*place);
    if (!file) return refused(std::move(file.error()));
    loaded_.file = file->path();
    if (Status same = check_digest(*file, *place); !same) return fail(std::move(same.error()));
    if (Status taken = take(*file); !taken) return refused(std::move(taken.error()));
    if (Status fine = judge(); !fine) return refused(std::move(fine.error()));
    return std::move(loaded_);
  }

 private:
  [[nodiscard]] tl::unexpected<Error> refused(Error error) const {
    return fail(std::move(error).at_node(loaded_.node).at_parameter("weights").in_file(loaded_.file));
  }

  Status check_digest(const WeightsFile& file, const std::filesystem::path& place) {
    auto digest = file.digest(stop_);
    if (!digest) return refused(std::move(digest.error()));
    loaded_.digest = std::move(*digest);
    const auto differs = [&](const std::string& wanted, const char* by, std::string remedy) {
      return refused(
          Error{.reason = fmt::format("its SHA-256 begins with {}, and should with {}, as {} says",
                                      loaded_.digest.substr(0, std::max<std::size_t>(wanted.size(), 8)), wanted, by),
                .remedy = std::move(remedy),
                .parameter = std::string(by) == "digest" ? "digest" : "weights"});
    };
    if (!settings_.digest.empty()) {
      std::string wanted = settings_.digest;
      std::transform(wanted.begin(), wanted.end(), wanted.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      if (!loaded_.digest.starts_with(wanted))
        return differs(wanted, "digest", "Choose the file that is meant, or clear digest");
      return {};
    }
    const std::string promised = promised_digest(place);
    if (!loaded_.digest.starts_with(promised))
      return differs(promised, "its name", "Download it again, or rename it if it was changed on purpose");
    return {};
  }

  Status take(const WeightsFile& file) {
    const torch::NoGradGuard no_gradients;
    // By the layer's own names: what the file calls them.
    std::map<std::string, std::string, std::less<>> in_file;
    for (const auto& [name, entry] : file.entries()) {
      std::string own = backbone_.own_name(name);
      if (!in_head(backbone_, own)) in_file.emplace(std::move(own), name);
    }
    const auto module = layer_.module();
    std::map<std::string, at::Tensor, std::less<>> tensors;
    for (const auto& item : module->named_parameters()) tensors.emplace(item.key(), item.value());
    for (const auto& item : module->named_buffers()) tensors.emplace(item.key(), item.value());
    for (auto& [name, tensor] : tensors) {
      if (stop_.stop_requested()) return fail_cancelled();
      const auto found = in_file.find(name);
      at::Tensor value;
      if (found != in_file.end()) {
        auto read = file.read(found->second);
        if (!read) return fail(std::move(read.error()));
        value = tensor_of(*read);
        in_file.erase(found);
      }
      const std::string shape = value.defined() ? sizes_text(value.sizes()) : std::string{};
      value = backbone_.adapted(name, value);
      if (!value.defined()) {
        if (!may_be_missing(name)) loaded_.missing.push_back(name);
      } else if (value.sizes() != tensor.sizes()) {
        loaded_.unfit.push_back(fmt::format("{} ({}, here {})", name, shape, sizes_text(tensor.sizes())));
      } else {
        tensor.copy_(value);
        ++loaded_.taken;
      }
    }
    for (const auto& [name, given] : in_file) loaded_.unexpected.push_back(given);
    return {};
  }

  [[nodiscard]] Status judge() const {
    if (loaded_.taken == 0)
      return fail("no tensor of the file has the name and shape of one of this network",
                  "Choose weights of this very network: depth and width must be the same");
    if (!settings_.strict || loaded_.whole()) return {};
    return fail(Error{.reason = loaded_.text(),
                      .remedy = "Choose weights of this very network, or set strict to false to take what fits"});
  }

  Layer& layer_;
  Pretrained& backbone_;
  const PretrainedSettings& settings_;
  const std::stop_token& stop_;
  LoadedWeights loaded_{};
};

}  // namespace

std::string LoadedWeights::text() const {
  std::string all = fmt::format("it begins with {} tensors of the file (SHA-256 {})", taken, digest);
  if (!missing.empty()) all += fmt::format("; not in it: {}", numbers::listed(missing, kNamesListed));
  if (!unfit.empty()) all += fmt::format("; of another shape in it: {}", numbers::listed(unfit, kNamesListed));
  if (!unexpected.empty()) all += fmt::format("; in it alone: {}", numbers::listed(unexpected, kNamesListed));
  return all;
}

Result<std::filesystem::path> weights_place(const std::string& weights) {
  if (!weights.starts_with(kExampleWeights)) return std::filesystem::path(weights);
  const std::string name = weights.substr(kExampleWeights.size()) + ".safetensors";
  for (const std::filesystem::path& folder : example_weights_folders()) {
    std::error_code none;
    if (std::filesystem::is_regular_file(folder / name, none)) return folder / name;
  }
  return fail(Error{.reason = fmt::format("there are no weights '{}' with this Feedline", weights),
                    .remedy = "Choose example:small, or a file",
                    .parameter = "weights"});
}

Result<std::vector<LoadedWeights>> load_weights(const Model& model, const std::stop_token& stop, bool begun) {
  std::vector<LoadedWeights> all;
  for (std::size_t i = 0; i < model.layer_count(); ++i) {
    Layer& layer = model.layer(i);
    const Pretrained* backbone = layer.pretrained();
    if (backbone == nullptr) continue;
    const std::string& node = model.plan().layers[i].node;
    if (backbone->settings().weights.empty()) {
      if (begun || backbone->settings().frozen != "all" || backbone->settings().unfreeze_every > 0) continue;
      return fail(Error{.reason = "it is frozen, and has random weights: what it gives says nothing of a record",
                        .remedy = kWhereWeightsAre,
                        .node = node,
                        .parameter = "weights"});
    }
    try {
      auto loaded = WeightsLoader(layer, node, stop).load();
      if (!loaded) return fail(std::move(loaded.error()));
      all.push_back(std::move(*loaded));
    } catch (const std::exception& fault) {
      return fail(library_error(fault, node));
    }
  }
  return all;
}

}  // namespace feedline::inline training
