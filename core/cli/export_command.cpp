// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"
#include "base/user_path.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/inference_arguments.h"
#include "cli/terminal.h"
#include "exporting/export_files.h"
#include "recording/checkpoint_places.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <utility>

namespace feedline::cli {
namespace {

namespace fs = std::filesystem;

struct ExportArguments {
  std::string from{};
  std::string pytorch{};
  std::string onnx{};
  std::string torchscript{};
  std::string safetensors{};
  std::string card{};
};

/// Of a graph the newest run that has left a checkpoint.
Result<OpenedCheckpoint> opened_for_export(const std::string& from) {
  if (!from.ends_with(".feedline") && !from.starts_with(kExampleGraph)) return open_for_inference(from);
  const fs::path folder = newest_checkpoint_folder(from);
  std::error_code error;
  if (fs::is_directory(folder, error)) return open_for_inference(folder.string());
  return fail(Error{.reason = "no run of this graph has left a checkpoint",
                    .remedy = fmt::format("Train it first: feedline-cli run {}", escape_name(from)),
                    .file = escape_name(from)});
}

ExitCode run_export(const ExportArguments& arguments) {
  const auto place = [](const std::string& given) { return given.empty() ? fs::path() : fs::path(user_path(given)); };
  const ExportTargets targets{.pytorch = place(arguments.pytorch),
                              .onnx = place(arguments.onnx),
                              .torchscript = place(arguments.torchscript),
                              .safetensors = place(arguments.safetensors),
                              .card = place(arguments.card)};
  if (!targets.any())
    return refuse({.reason = "no format is named",
                   .remedy = "Add one of --pytorch, --onnx, --torchscript, --safetensors and --card"});
  const auto opened = opened_for_export(arguments.from);
  if (!opened) return refuse(opened.error());
  const auto written = export_files(opened->state, opened->path, targets);
  if (!written) return refuse(written.error());
  for (const fs::path& path : *written) put_line(stdout, escape_name(path.string()));
  return kOk;
}

}  // namespace

void add_export(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("export", "Write a trained model in the formats of other programs");
  explain(*command,
          "Writes the model of a checkpoint so that other programs run it as Feedline does: with its preprocessing, as "
          "far as the format can say it, and the names of its classes. Several formats may be asked for at once. The "
          "data are not opened.");
  command->footer(
      "Examples:\n"
      "  feedline-cli export CKPT --pytorch my-model            a folder with model.py, data.py, train.py\n"
      "  feedline-cli export CKPT/best.safetensors --onnx my.onnx --card my-model.md\n"
      "  feedline-cli export my.feedline --torchscript my.pt    the best checkpoint of its newest run\n");
  auto arguments = std::make_shared<ExportArguments>();
  command
      ->add_option("MODEL", arguments->from,
                   "A checkpoint, the folder of a run's checkpoints (its best one), or a graph that was trained")
      ->required();
  command->add_option("--pytorch", arguments->pytorch, "A folder of Python: the network, its data, its training")
      ->type_name("FOLDER");
  command->add_option("--onnx", arguments->onnx, "The network as an ONNX file, which scales pixels itself")
      ->type_name("FILE");
  command->add_option("--torchscript", arguments->torchscript, "The network as TorchScript")->type_name("FILE");
  command->add_option("--safetensors", arguments->safetensors, "The weights alone, under the names of nodes")
      ->type_name("FILE");
  command->add_option("--card", arguments->card, "A page about the model: Markdown, or HTML where it ends in .html")
      ->type_name("FILE");
  command->callback([arguments, &code] { code = run_export(*arguments); });
}

}  // namespace feedline::cli
