// SPDX-License-Identifier: GPL-3.0-or-later
#include "exporting/export_files.h"

#include "exporting/model_card.h"
#include "exporting/onnx.h"
#include "exporting/preparation.h"
#include "exporting/pytorch.h"
#include "exporting/torchscript.h"
#include "state/safetensors.h"

#include <utility>

namespace feedline::inline exporting {
namespace {

namespace fs = std::filesystem;

Status write_weights(const ExportedModel& model, const fs::path& file) {
  return write_safetensors(file, views_of(model.weights),
                           {{"format", "pt"},
                            {"title", model.title},
                            {"classes", classes_json(model)},
                            {"preparation", preparation_json(model)}});
}

}  // namespace

bool ExportTargets::any() const {
  return !(pytorch.empty() && onnx.empty() && torchscript.empty() && safetensors.empty() && card.empty());
}

Result<std::vector<fs::path>> export_files(const TrainingState& state, const fs::path& checkpoint,
                                           const ExportTargets& targets) {
  const auto model = exported_model(state);
  if (!model) return fail(model.error());
  std::vector<fs::path> written;
  const auto write = [&](const fs::path& place, const auto& work) -> Status {
    if (place.empty()) return {};
    if (Status done = work(place); !done) return done;
    written.push_back(place);
    return {};
  };
  Status done = write(targets.pytorch, [&](const fs::path& to) { return write_pytorch(*model, to); });
  if (done) done = write(targets.onnx, [&](const fs::path& to) { return write_onnx(*model, to); });
  if (done) done = write(targets.torchscript, [&](const fs::path& to) { return write_torchscript(*model, to); });
  if (done) done = write(targets.safetensors, [&](const fs::path& to) { return write_weights(*model, to); });
  if (done)
    done = write(targets.card, [&](const fs::path& to) { return write_model_card(*model, state, checkpoint, to); });
  if (!done) return fail(std::move(done.error()));
  return written;
}

}  // namespace feedline::inline exporting
