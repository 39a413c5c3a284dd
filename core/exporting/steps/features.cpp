// SPDX-License-Identifier: GPL-3.0-or-later
// What makes fewer features of many, or features of a picture.
#include "exporting/python_text.h"
#include "exporting/writers.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <optional>

namespace feedline::inline exporting {
namespace {

using FeatureJson = nlohmann::ordered_json;

tl::unexpected<Error> other_features() {
  return fail("what it has learnt does not fit the node", "Choose another checkpoint");
}

template <class T>
std::optional<std::vector<T>> learnt_of(const StepToWrite& step, const char* name) {
  if (step.learnt == nullptr) return std::nullopt;
  const auto found = step.learnt->find(name);
  return found == step.learnt->end() ? std::nullopt : found->second.numbers<T>();
}

constexpr std::string_view kProject = R"py(def project(features, components):
    """Principal components: what a vector, less the mean, has of each."""
    for name in ("mean", "components"):
        components[name] = np.asarray(components[name], np.float32)
    return (components["components"] @ (features - components["mean"])).astype(np.float32)
)py";

Result<WrittenStep> write_pca(const StepToWrite& step) {
  const auto mean = learnt_of<double>(step, "mean");
  const auto variance = learnt_of<double>(step, "explained_variance");
  const auto components = learnt_of<float>(step, "components");
  if (!mean || !variance || !components || components->size() != mean->size() * variance->size())
    return other_features();
  const bool whiten = ParamReader(step.params).flag("whiten");
  FeatureJson rows = FeatureJson::array();
  for (std::size_t i = 0; i < variance->size(); ++i) {
    const double scale = whiten ? ((*variance)[i] > 0 ? 1 / std::sqrt((*variance)[i]) : 0) : 1;
    FeatureJson row = FeatureJson::array();
    for (std::size_t j = 0; j < mean->size(); ++j)
      row.push_back(static_cast<double>((*components)[i * mean->size() + j]) * scale);
    rows.push_back(std::move(row));
  }
  const FeatureJson table = {{"mean", *mean}, {"components", std::move(rows)}};
  return WrittenStep{.call = fmt::format("project({}, FITTED[\"{}\"])", step.in[0], step.name),
                     .helpers = {"project"},
                     .fitted = table.dump()};
}

/// variance_threshold, select_k_best and recursive_elimination: which features stay.
Result<WrittenStep> write_kept(const StepToWrite& step) {
  const auto kept = learnt_of<std::int64_t>(step, "kept_places");
  if (!kept) return other_features();
  return WrittenStep{.call = fmt::format("{}[FITTED[\"{}\"]]", step.in[0], step.name),
                     .fitted = FeatureJson(*kept).dump()};
}

Result<WrittenStep> write_pixels(const StepToWrite& step) {
  return WrittenStep{.call = fmt::format("pixels({})", step.in[0]), .helpers = {"pixels"}};
}

constexpr std::string_view kPixels = R"py(def pixels(image):
    """The numbers of a picture, pixel by pixel; bytes become 0 to 1."""
    if image.dtype == np.uint8:
        return image.reshape(-1).astype(np.float32) * np.float32(1 / 255)
    return np.moveaxis(image, 0, 2).reshape(-1)  # behind normalise channels come first
)py";

void add_feature_steps(Writers& writers) {
  writers.step("pca", write_pca);
  for (const char* type : {"variance_threshold", "select_k_best", "recursive_elimination"})
    writers.step(type, write_kept);
  writers.step("pixels", write_pixels);
  writers.helper("project", kProject);
  writers.helper("pixels", kPixels);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_feature_steps)
