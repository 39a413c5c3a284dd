// SPDX-License-Identifier: GPL-3.0-or-later
#include "exporting/python_text.h"
#include "exporting/pytorch.h"
#include "exporting/training_texts.h"
#include "schema/optimizer.h"

#include <fmt/format.h>

#include <algorithm>

namespace feedline::inline exporting {
namespace {

/// The losses as the body of loss_of(), in which the model's outputs are variables.
Result<std::string> loss_lines(const ExportedModel& model, HelperList& helpers) {
  const ModelPlan& network = model.network();
  std::string lines;
  const auto field = [&](std::size_t index) {
    return fmt::format("batch[{}]", python_string(model.plan->train.fields[index].name));
  };
  const auto write = [&](const LayerPlan& opened) -> Result<std::string> {
    LayerPlan plan = opened;  // which was opened without the weights that are found in the data
    for (const Node& node : model.flat.nodes())
      if (node.id == plan.node && ParamReader(node.params).flag("balanced")) plan.params["balanced"] = Value(true);
    const auto writer = Writers::instance().find_layer(plan.type);
    if (!writer) return fail(Error(writer.error()).at_node(plan.node));
    auto written = (*writer)({.plan = plan, .in = model.expressions(plan, field)});
    if (!written) return fail(std::move(written.error()).at_node(plan.node));
    helpers.add(written->helpers);
    return std::move(written->call);
  };
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    if (network.layers[i].spec->role != Role::Loss) continue;
    auto call = write(network.layers[i]);
    if (!call) return fail(std::move(call.error()));
    lines += fmt::format("    {} = {}\n", model.layer_names[i], *call);
  }
  auto last = write(network.loss);
  if (!last) return fail(std::move(last.error()));
  return lines + fmt::format("    return {}\n", *last);
}

/// The body of scheduled(): what rate_behind() of schema/schedule.cpp computes.
std::string schedule_lines(const OptimizerSettings& settings) {
  const std::string end = fmt::format("RATE * {}", python_number(settings.final_factor));
  const std::string done = "    done = min(step / total, 1.0) if total else 0.0\n";
  if (settings.schedule == "step")
    return fmt::format("    return RATE * {} ** (step // max(steps_of({}, total), 1))\n",
                       python_number(settings.drop_factor), python_number(settings.drop_every));
  if (settings.schedule == "cosine") return done + fmt::format("    return along_cosine(RATE, {}, done)\n", end);
  if (settings.schedule == "one_cycle")
    return fmt::format(
        "    top = {} * total - 1  # where the rate is highest\n"
        "    if step <= top:\n"
        "        return along_cosine(RATE * {}, RATE, step / top if top > 0 else 1.0)\n"
        "    return along_cosine(RATE, {}, min((step - top) / max(total - 1 - top, 1.0), 1.0))\n",
        python_number(settings.peak_at), python_number(settings.start_factor), end);
  if (settings.schedule == "polynomial")
    return done +
           fmt::format("    return {0} + (RATE - {0}) * (1 - done) ** {1}\n", end, python_number(settings.power));
  if (settings.schedule == "exponential")
    return done + fmt::format("    return RATE * {} ** done\n", python_number(settings.final_factor));
  if (settings.schedule == "plateau")
    return fmt::format("    return max(RATE * {} ** drops, {}) if drops else RATE\n",
                       python_number(settings.drop_factor), end);
  return "    return RATE\n";
}

std::string joined_outputs(const ExportedModel& model) {
  std::string all;
  for (const std::size_t layer : model.outputs) all += (all.empty() ? "" : ", ") + model.layer_names[layer];
  return all;
}

/// Which field a loss of classes compares, and with what; empty: there is none.
struct ComparedClasses {
  std::string output{};
  std::string target{};
  bool one_score = false;
};

ComparedClasses compared_classes(const ExportedModel& model) {
  const ModelPlan& network = model.network();
  ComparedClasses found;
  const auto look_at = [&](const LayerPlan& loss) {
    if (!found.output.empty() || loss.spec->target != TargetKind::Classes) return;
    const int prediction = loss.spec->input("prediction");
    const int target = loss.spec->input("target");
    if (prediction < 0 || target < 0) return;
    const LayerPlan::Input& from = loss.from[static_cast<std::size_t>(prediction)];
    const LayerPlan::Input& to = loss.from[static_cast<std::size_t>(target)];
    if (from.layer < 0 || to.field < 0) return;
    found.output = model.layer_names[static_cast<std::size_t>(from.layer)];
    found.target = model.plan->train.fields[static_cast<std::size_t>(to.field)].name;
    const TensorDesc& scores = loss.inputs[static_cast<std::size_t>(prediction)];
    found.one_score = scores.shape.size() == 2 && scores.shape[1].known() && scores.shape[1].size() == 1;
  };
  for (const LayerPlan& layer : network.layers)
    if (layer.spec->role == Role::Loss) look_at(layer);
  look_at(network.loss);
  return found;
}

/// Is the target's field one of those that the layers do not read?
std::vector<std::string> target_fields(const ExportedModel& model) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < model.plan->train.fields.size(); ++i)
    if (std::find(model.inputs.begin(), model.inputs.end(), i) == model.inputs.end())
      names.push_back(model.plan->train.fields[i].name);
  return names;
}

std::string functions_of_model(const ExportedModel& model, const std::string& loss) {
  std::string inputs;
  for (const std::size_t field : model.inputs)
    inputs +=
        fmt::format("{}batch[{}]", inputs.empty() ? "" : ", ", python_string(model.plan->train.fields[field].name));
  std::string text = fmt::format("def outputs_of(model, batch):\n    return model({})\n\n\n", inputs);
  text += fmt::format("def loss_of(out, batch):\n    {} = out\n{}\n\n", joined_outputs(model), loss);

  const ComparedClasses classes = compared_classes(model);
  text += "def accuracy_of(out, batch):\n";
  if (classes.output.empty()) {
    text += "    return math.nan  # there are no classes\n\n\n";
  } else {
    const std::string said = classes.one_score ? fmt::format("({}.flatten() > 0)", classes.output)
                                               : fmt::format("{}.argmax(1)", classes.output);
    text += fmt::format("    {} = out\n    return ({} == batch[{}]).float().mean().item()\n\n\n", joined_outputs(model),
                        said, python_string(classes.target));
  }
  std::string mixer;
  for (std::size_t i = 0; i < model.network().layers.size(); ++i)
    if (model.network().layers[i].spec->mixes_rows) mixer = model.layer_names[i];
  text += "def mixed_loss(model, out, batch):\n";
  if (mixer.empty()) {
    text += "    return loss_of(out, batch)\n\n\n";
  } else {
    text += fmt::format(
        "    \"\"\"Where rows were mixed, the mean of the losses of both targets.\"\"\"\n"
        "    if model.{0}.mix is None:\n"
        "        return loss_of(out, batch)\n"
        "    share, partner = model.{0}.mix\n"
        "    partners = {{name: batch[name][partner] for name in {1}}}\n"
        "    return share * loss_of(out, batch) + (1 - share) * loss_of(out, {{**batch, **partners}})\n\n\n",
        mixer, python_list(target_fields(model)));
  }
  return text;
}

/// Are records drawn class by class?
bool exports_class_draw(const ExportedModel& model) {
  for (const Node& node : model.flat.nodes()) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    if (spec == nullptr || spec->role != Role::Sampler) continue;
    const ParamMap params = spec->complete(node.params);
    if (ParamReader(params).text("balance") == "classes") return true;
  }
  return false;
}

std::string constants_of(const ExportedModel& model, const OptimizerSettings& optimizer) {
  const TrainerSettings& trainer = model.trainer;
  std::string notes;  // of what this program does in another way
  const std::string& stop = trainer.stop_early;
  for (const std::string& key : {stop, optimizer.schedule == "plateau" ? optimizer.watch : std::string("off")})
    if (key != "off" && !key.ends_with("_loss") && !key.ends_with("_accuracy"))
      notes += fmt::format("# {} is not measured here: what Feedline does by it is left out.\n", python_comment(key));
  std::string text = notes + fmt::format("EPOCHS = {}\nBATCH = {}\nDROP_LAST = {}\nSEED = {}\n",
                                         trainer.epochs > 0 ? trainer.epochs : 100, model.batch.size,
                                         python_bool(model.batch.drop_last), trainer.seed);
  if (!has_own_validation(model)) text += python_split(trainer);
  text += fmt::format("ACCUMULATE = {}  # batches whose gradients make one step\n", trainer.accumulate);
  text += fmt::format("RATE = {}\nWEIGHT_DECAY = {}\nL1 = {}\nDECAY_NORM_AND_BIAS = {}\n",
                      python_number(optimizer.learning_rate), python_number(optimizer.weight_decay),
                      python_number(optimizer.l1), python_bool(optimizer.decay_norm_and_bias));
  if (optimizer.ema > 0) text += fmt::format("EMA = {}\n", python_number(optimizer.ema));
  if (optimizer.schedule == "plateau")
    text +=
        fmt::format("WATCH = {}\nPLATEAU_PATIENCE = {}\nPLATEAU_LEAST_CHANGE = {}\n", python_string(optimizer.watch),
                    optimizer.plateau_patience, python_number(optimizer.plateau_least_change));
  if (trainer.stop_early != "off")
    text += fmt::format("STOP_EARLY = {}\nPATIENCE = {}\nLEAST_CHANGE = {}\n", python_string(trainer.stop_early),
                        trainer.patience, python_number(trainer.least_change));
  text += "DEVICE = \"cuda\" if torch.cuda.is_available() else \"cpu\"\n";
  return text;
}

}  // namespace

bool has_own_validation(const ExportedModel& model) {
  return model.plan->validation && model.plan->validation->source_node != model.plan->train.source_node;
}

std::string python_split(const TrainerSettings& trainer) {
  return fmt::format(
      "SPLIT = {{\"by\": {}, \"column\": {}, \"share\": {}, \"folds\": {}, \"fold\": {}, \"seed\": {},\n"
      "         \"validation\": {}, \"training\": {}}}  # see splits.py\n",
      python_string(trainer.split_by), python_string(trainer.split_column), python_number(trainer.validation_split),
      trainer.folds, trainer.fold, trainer.seed, python_list(trainer.validation_values),
      python_list(trainer.training_values));
}

Result<std::string> pytorch_training(const ExportedModel& model) {
  if (model.estimator() != nullptr) return pytorch_fitting(model);
  const ModelPlan& network = model.network();
  const auto write = Writers::instance().find_optimizer(network.optimizer->type);
  if (!write) return fail(Error(write.error()).at_node(network.optimizer_node));
  const WrittenOptimizer optimizer = (*write)(network.optimizer_params);
  const OptimizerSettings settings = network.optimizer->optimizer_settings(network.optimizer_params);
  const PytorchFreezing freezing = pytorch_freezing(model, settings);
  const bool freezes = !freezing.functions.empty();
  const bool programs = has_programs(model);
  const bool own = has_own_validation(model);
  const bool by_class = exports_class_draw(model);
  HelperList helpers;
  helpers.add(optimizer.helpers);
  auto loss = loss_lines(model, helpers);
  if (!loss) return fail(std::move(loss.error()));

  std::string text = fmt::format(
      "\"\"\"Trains the network of {} as Feedline {} did.\n"
      "\n"
      "python train.py DATA...{}   the paths that read() of data.py takes\n"
      "\"\"\"\n"
      "{}"
      "import math\n"
      "{}"
      "import random\n"
      "import sys\n"
      "\n"
      "import torch\n"
      "from torch import nn\n"
      "from torch.utils.data import DataLoader{}\n"
      "\n"
      "import data\n"
      "{}"
      "from model import Model\n"
      "{}"
      "\n",
      python_comment(model.title), FEEDLINE_VERSION, own ? " --validation DATA..." : "",
      freezes ? "import fnmatch\n" : "", freezes || programs ? "import pathlib\n" : "",
      by_class ? ", WeightedRandomSampler" : "", own ? "" : "import splits\n",
      freezes || programs ? "from weights import read_weights\n" : "");
  text += constants_of(model, settings) + freezing.constants + "\n\n" + freezing.functions + helpers.text() +
          functions_of_model(model, *loss);
  text += kPythonScheduleParts;
  text += "def scheduled(step, total, drops):\n" + schedule_lines(settings);
  text += fmt::format(
      "\n\n"
      "def learning_rate(step, total, drops=0):\n"
      "    \"\"\"Of a step, from 0 on; a warm-up leads to where the schedule begins.\"\"\"\n"
      "    warmup = steps_of({}, total)\n"
      "    behind = max(total - warmup, 0)\n"
      "    if step >= warmup:\n"
      "        return scheduled(step - warmup, behind, drops)\n"
      "    return scheduled(0, behind, drops) * (step + 1) / warmup\n"
      "\n\n",
      python_number(settings.warmup));
  text += kPythonGroups;
  if (settings.ema > 0) text += kPythonAverage;
  text += kPythonEvaluate;
  text += kPythonNumbered;

  std::string main(kPythonMain);
  std::string make = optimizer.make;
  put_word(make, "groups", "groups_of(model)");
  put_word(main, "OPTIMIZER", make);
  std::string clip;
  if (settings.clip_value > 0)
    clip += fmt::format("            nn.utils.clip_grad_value_(model.parameters(), {})\n",
                        python_number(settings.clip_value));
  if (settings.clip_norm > 0)
    clip += fmt::format("            nn.utils.clip_grad_norm_(model.parameters(), {})\n",
                        python_number(settings.clip_norm));
  put_in(main, "CLIP", clip);
  put_in(main, "SIDES", own ? kPythonOwnSides : kPythonDividedSides);
  put_in(main, "BEGIN",
         std::string(programs ? kPythonProgramStart : std::string_view()) + (freezes ? "    begin(model)\n" : ""));
  put_word(main, "LEARN", freezes ? "learn_in(model, epoch)" : "model.train()");
  const std::string shuffle = fmt::format("shuffle={}", python_bool(model.plan->train.sampler.shuffle));
  put_word(main, "ORDER", by_class ? std::string("sampler=by_class(training)") : shuffle);
  if (by_class) text += kPythonByClass;
  const bool averages = settings.ema > 0;
  put_in(main, "AVERAGE",
         averages ? "    average, evaluated = Average(model), Model().to(DEVICE)\n" : "    evaluated = model\n");
  put_in(main, "UPDATE", averages ? "            average.update(model)\n" : "");
  put_in(main, "EVALUATED", averages ? "        evaluated.load_state_dict(average.values)\n" : "");
  std::string stopping;
  if (settings.schedule == "plateau") stopping += kPythonPlateau;
  if (model.trainer.stop_early != "off") stopping += kPythonStopping;
  put_in(main, "STOPPING", stopping);
  if (model.trainer.stop_early != "off" && model.trainer.restore_best)
    put_word(main, "    torch.save(",
             "    if best_state is not None:\n        model.load_state_dict(best_state)\n    torch.save(");
  else
    put_word(main, "(evaluated if best_state is None else model)", "evaluated");
  const bool balanced = text.find("balanced_weights(") != std::string::npos;
  put_in(
      main, "COUNT",
      balanced
          ? "    global CLASS_COUNTS\n"
            "    CLASS_COUNTS = [sum(r[\"label\"] == i for r in training.records) for i in range(len(data.CLASSES))]\n"
          : "");
  return text + main;
}

}  // namespace feedline::inline exporting
