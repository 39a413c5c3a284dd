// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "exporting/export_files.h"
#include "runs/run_record.h"

#include <QString>
#include <QStringList>

namespace feedline::gui::inline runs {

/// What a dialog of files offers, in its own form: "ONNX (*.onnx)".
[[nodiscard]] QStringList export_filters();
/// The ending of what such a choice writes; empty: a folder.
[[nodiscard]] QString export_ending(const QString& filter);
/// Where the model goes with this choice.
[[nodiscard]] ExportTargets export_targets(const QString& filter, const QString& file);
/// The best checkpoint of a run in that format. Takes a while: call it off the window's thread. Errors: the run has
/// kept no checkpoint; those of export_files().
[[nodiscard]] Status export_run(const RunRecord& run, const ExportTargets& targets);

}  // namespace feedline::gui::inline runs
