// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"
#include "exporting/pytorch.h"
#include "exporting/whole_files.h"
#include "state/safetensors.h"
#include "training/torchscript_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace feedline::inline exporting {
namespace {

namespace fs = std::filesystem;

/// A reader of safetensors that needs nothing but PyTorch.
constexpr std::string_view kWeightsModule = R"py("""The weights beside this file, in the format of safetensors."""
import json
import pathlib

import torch

TYPES = {"F32": torch.float32, "F64": torch.float64, "F16": torch.float16, "BF16": torch.bfloat16,
         "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8,
         "BOOL": torch.bool}


def read_weights(file=pathlib.Path(__file__).parent / "weights.safetensors"):
    """Tensors by name: what load_state_dict() takes."""
    content = bytearray(pathlib.Path(file).read_bytes())
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        first, end = entry["data_offsets"]
        part = content[start + first : start + end]
        kind = TYPES[entry["dtype"]]
        flat = torch.frombuffer(part, dtype=kind) if part else torch.empty(0, dtype=kind)
        tensors[name] = flat.reshape(entry["shape"]).clone()
    return tensors
)py";

/// Layers that are programs of TorchScript: each as a file, and start.safetensors, with which they began.
/// `weights` gets the names of tensors that are others besides.
Status write_programs(const ExportedModel& model, const fs::path& folder, std::vector<TensorView>& weights) {
  if (!has_programs(model)) return {};
  NamedTensors start;
  for (std::size_t i = 0; i < model.network().layers.size(); ++i) {
    const LayerPlan& layer = model.network().layers[i];
    if (!is_program(layer)) continue;
    const std::string prefix = model.layer_names[i] + ".";
    auto program = trained_program(layer, model.weights, prefix);
    if (!program) return fail(std::move(program.error()));
    if (Status written = write_whole_file(folder / program_file(model.layer_names[i]), program->archive); !written)
      return written;
    for (auto& [name, value] : program->start) start.emplace(prefix + name, std::move(value));
    for (const auto& [name, is] : program->ties) {
      const std::string known = prefix + is;
      const auto first =
          std::find_if(weights.begin(), weights.end(), [&](const auto& one) { return one.name == known; });
      if (first == weights.end()) continue;
      TensorView same = *first;
      same.name = prefix + name;
      weights.push_back(std::move(same));
    }
  }
  return start.empty() ? Status{} : write_safetensors(folder / "start.safetensors", views_of(start));
}

/// Its first words: what tells an earlier export from a folder of something else.
constexpr std::string_view kMark = "Written by Feedline";

}  // namespace

bool has_programs(const ExportedModel& model) {
  if (model.estimator() != nullptr) return false;
  const std::vector<LayerPlan>& layers = model.network().layers;
  return std::any_of(layers.begin(), layers.end(), is_program);
}

std::string pytorch_readme(const ExportedModel& model) {
  std::string inputs;
  for (const std::size_t field : model.inputs)
    inputs += fmt::format("{}{} ({})", inputs.empty() ? "" : ", ", model.field_names[field],
                          model.plan->train.fields[field].batch.text());
  const bool fitted = model.estimator() != nullptr;
  return fmt::format(
      "# {}\n"
      "\n"
      "{} {}, from step {} (epoch {}) of a run.\n"
      "\n"
      "- `model.py`: the {}; `trained()` has what `weights.safetensors` keeps. It takes {}.\n"
      "- `data.py`: `prepare(record)` makes the fields of a batch of a record, `collate()` a batch of them.\n"
      "- `preparation.json`: what nodes had learnt from the training records, and the names of the classes.\n"
      "- `train.py`: {}: `python train.py DATA`.\n"
      "- `splits.py`: which records train and which validate: the same ones as in Feedline.\n"
      "{}"
      "\n"
      "```python\n"
      "import torch\n"
      "import data\n"
      "from model import trained\n"
      "\n"
      "batch = data.collate([data.prepare(record) for record in data.read(PATH)[:8]])\n"
      "with torch.no_grad():\n"
      "    print(trained()({}))\n"
      "```\n"
      "\n"
      "It needs torch and numpy; pictures need Pillow, some augmentation torchvision, pieces of words sentencepiece.\n"
      "With OpenCV (`cv2`) pictures are\n"
      "scaled as Feedline scales them, with PyICU texts are cut into words as it cuts them; without, nearly so. "
      "Random\n"
      "numbers (order, augmentation, starting weights) are other ones than Feedline's, "
      "and\n"
      "a target encoding takes the means of all training records in training too.\n",
      model.title, kMark, FEEDLINE_VERSION, model.position.step, model.position.epoch, fitted ? "model" : "network",
      inputs,
      fitted ? "fits it anew to such data, most with scikit-learn"
             : "the same losses, optimiser, schedule and stopping",
      has_programs(model) ? "- `*.script.pt`: programs of TorchScript with what they have learnt; with the numbers of "
                            "`start.safetensors`\n  `train.py` begins.\n"
                          : "",
      [&] {
        std::string fields;
        for (const std::size_t field : model.inputs)
          fields += fmt::format("{}batch[\"{}\"]", fields.empty() ? "" : ", ", model.plan->train.fields[field].name);
        return fields;
      }());
}

Status write_pytorch(const ExportedModel& model, const fs::path& folder) {
  auto network = pytorch_model(model);
  if (!network) return fail(std::move(network.error()));
  auto data = pytorch_data(model);
  if (!data) return fail(std::move(data.error()));
  auto training = pytorch_training(model);
  if (!training) return fail(std::move(training.error()));
  return write_whole_folder(folder, "README.md", kMark, [&](const fs::path& part) -> Status {
    const std::pair<std::string_view, std::string_view> files[] = {
        {"model.py", *network},  {"data.py", data->module},       {"preparation.json", data->preparation},
        {"train.py", *training}, {"splits.py", pytorch_splits()}, {"weights.py", kWeightsModule},
        {"README.md", ""}};
    for (const auto& [name, text] : files)
      if (Status written =
              write_whole_file(part / name, name == "README.md" ? pytorch_readme(model) : std::string(text));
          !written)
        return written;
    for (const auto& [name, content] : data->files)
      if (Status written = write_whole_file(part / name, content); !written) return written;
    auto weights = views_of(model.weights);
    if (model.estimator() != nullptr) {
      const auto written = written_estimator(model);
      if (!written) return fail(written.error());
      const std::string prefix = model.layer_names.front() + ".";
      std::erase_if(weights, [&](const TensorView& view) {
        return std::ranges::none_of(written->tensors,
                                    [&](const std::string& kept) { return view.name == prefix + kept; });
      });
    }
    if (Status written = write_programs(model, part, weights); !written) return written;
    return write_safetensors(part / "weights.safetensors", weights);
  });
}

}  // namespace feedline::inline exporting
