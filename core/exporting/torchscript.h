// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "exporting/exported_model.h"
#include "training/torchscript_file.h"

#include <filesystem>

namespace feedline::inline exporting {

/// The network as modules of TorchScript, one a layer. It shows the tensors of `model`, which must outlive it.
/// Errors name the node that cannot be written.
[[nodiscard]] Result<ScriptedModule> scripted_model(const ExportedModel& model);

/// Writes it as one file, which torch.jit.load() and LibTorch read without anything of Feedline's. In it stand also
/// `classes.json` (names of the classes) and `graph.feedline`, as extra files.
/// Errors: those of above; LibTorch refuses it; it cannot be written.
Status write_torchscript(const ExportedModel& model, const std::filesystem::path& file);

}  // namespace feedline::inline exporting
