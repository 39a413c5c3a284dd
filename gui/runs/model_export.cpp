// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/runs/model_export.h"

#include "recording/checkpoint_places.h"
#include "state/checkpoint_files.h"

#include <QCoreApplication>

#include <array>
#include <filesystem>
#include <utility>

namespace feedline::gui::inline runs {
namespace {

struct ExportFormat {
  const char* title;
  const char* ending;  ///< of files; empty: a folder
  std::filesystem::path ExportTargets::*place;
};

constexpr std::array<ExportFormat, 5> kExportFormats = {{
    {QT_TRANSLATE_NOOP("ModelExport", "PyTorch project, a folder (*)"), "", &ExportTargets::pytorch},
    {QT_TRANSLATE_NOOP("ModelExport", "ONNX (*.onnx)"), "onnx", &ExportTargets::onnx},
    {QT_TRANSLATE_NOOP("ModelExport", "TorchScript (*.pt)"), "pt", &ExportTargets::torchscript},
    {QT_TRANSLATE_NOOP("ModelExport", "Weights (*.safetensors)"), "safetensors", &ExportTargets::safetensors},
    {QT_TRANSLATE_NOOP("ModelExport", "Model card (*.html *.md)"), "html", &ExportTargets::card},
}};

QString shown_format(const ExportFormat& format) { return QCoreApplication::translate("ModelExport", format.title); }

const ExportFormat& chosen_format(const QString& filter) {
  for (const ExportFormat& format : kExportFormats)
    if (shown_format(format) == filter) return format;
  return kExportFormats.front();
}

}  // namespace

QStringList export_filters() {
  QStringList all;
  for (const ExportFormat& format : kExportFormats) all << shown_format(format);
  return all;
}

QString export_ending(const QString& filter) { return QString::fromLatin1(chosen_format(filter).ending); }

ExportTargets export_targets(const QString& filter, const QString& file) {
  ExportTargets targets;
  targets.*chosen_format(filter).place = std::filesystem::path(file.toStdU16String());
  return targets;
}

Status export_run(const RunRecord& run, const ExportTargets& targets) {
  const std::filesystem::path folder = checkpoints_of(run);
  if (folder.empty()) {
    const char* const reason = QT_TRANSLATE_NOOP("ModelExport", "this run has kept no checkpoint");
    const char* const remedy = QT_TRANSLATE_NOOP("ModelExport", "Run the graph again with checkpoints");
    return fail(QCoreApplication::translate("ModelExport", reason).toStdString(),
                QCoreApplication::translate("ModelExport", remedy).toStdString());
  }
  const auto opened = open_best_checkpoint(folder);
  if (!opened) return fail(opened.error());
  const auto written = export_files(opened->state, opened->path, targets);
  if (!written) return fail(written.error());
  return {};
}

}  // namespace feedline::gui::inline runs
