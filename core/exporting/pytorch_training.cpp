// SPDX-License-Identifier: GPL-3.0-or-later
#include "exporting/python_text.h"
#include "exporting/pytorch.h"
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

constexpr std::string_view kScheduleParts = R"py(def steps_of(given, total):
    """A count of steps, given as one or (below 1) as a share of all."""
    return math.floor(given * total + 1e-9 if given < 1 else given)


def along_cosine(start, end, done):
    return end + (start - end) / 2 * (1 + math.cos(math.pi * done))


)py";

constexpr std::string_view kAverage = R"py(class Average:
    """An exponential moving average of weights and buffers, with which the model is validated and saved."""

    def __init__(self, model):
        self.values = {name: value.clone() for name, value in model.state_dict().items()}
        self.steps = 0

    @torch.no_grad()
    def update(self, model):
        self.steps += 1
        for name, value in model.state_dict().items():
            if self.steps == 1 or not value.is_floating_point():
                self.values[name].copy_(value)
            else:
                self.values[name].lerp_(value, 1 - EMA)


)py";

constexpr std::string_view kGroups = R"py(def groups_of(model):
    """Parameters with their weight decay, their L1 penalty and the factor of their learning rate."""
    groups = []
    for name, parameter in model.named_parameters():
        penalised = DECAY_NORM_AND_BIAS or parameter.dim() > 1
        factor = next((f for prefix, f in FACTORS if name.startswith(prefix + ".") or name == prefix), 1.0)
        groups.append({"params": [parameter], "weight_decay": WEIGHT_DECAY if penalised else 0.0,
                       "l1": L1 if penalised else 0.0, "factor": factor})
    return groups


def is_better(value, best, least_change, higher):
    return best is None or (value > best + least_change if higher else value < best - least_change)


)py";

constexpr std::string_view kJudge = R"py(@torch.no_grad()
def judge(model, loader):
    """Loss and, of classes, accuracy over all records."""
    model.eval()
    loss = right = rows = 0
    for batch in loader:
        batch = {name: value.to(DEVICE) for name, value in batch.items()}
        out = outputs_of(model, batch)
        count = len(next(iter(batch.values())))
        loss += loss_of(out, batch).item() * count
        right += accuracy_of(out, batch) * count
        rows += count
    return {"loss": loss / max(rows, 1), "accuracy": right / max(rows, 1)}


)py";

constexpr std::string_view kMain = R"py(def main():
    torch.manual_seed(SEED)
    random.seed(SEED)
SIDES
    training = data.Records(training, training=True)
    validation = data.Records(validation)
    train_loader = DataLoader(training, BATCH, ORDER, drop_last=DROP_LAST, collate_fn=data.collate)
    validation_loader = DataLoader(validation, BATCH, collate_fn=data.collate)
COUNT
    model = Model().to(DEVICE)
BEGIN
    optimizer = OPTIMIZER
AVERAGE
    step = drops = waited = plateau = 0
    total = EPOCHS * math.ceil(len(train_loader) / ACCUMULATE)
    best = plateau_best = best_state = None
    for epoch in range(1, EPOCHS + 1):
        LEARN
        gathered = seen = 0
        sums = {"loss": 0.0, "accuracy": 0.0}
        optimizer.zero_grad()
        for index, batch in enumerate(train_loader, 1):
            batch = {name: value.to(DEVICE) for name, value in batch.items()}
            count = len(next(iter(batch.values())))
            out = outputs_of(model, batch)
            loss = mixed_loss(model, out, batch)
            (loss * count).backward()
            gathered += count
            seen += count
            sums["loss"] += loss.item() * count
            sums["accuracy"] += accuracy_of(out, batch) * count
            if index % ACCUMULATE and index < len(train_loader):
                continue
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step, total, drops) * group["factor"]
                for parameter in group["params"]:
                    if parameter.grad is not None:
                        parameter.grad /= gathered
CLIP
            for group in optimizer.param_groups:
                for parameter in group["params"]:
                    if group["l1"] and parameter.grad is not None:
                        parameter.grad.add_(parameter.detach().sign(), alpha=group["l1"])
            optimizer.step()
            optimizer.zero_grad()
UPDATE
            step, gathered = step + 1, 0
JUDGED
        measured = {"train_" + name: value / max(seen, 1) for name, value in sums.items()}
        if len(validation):
            measured.update(("val_" + name, value) for name, value in judge(judged, validation_loader).items())
        print(f"epoch {epoch}: " + ", ".join(f"{name} {value:.4f}" for name, value in measured.items()))
STOPPING
    torch.save((judged if best_state is None else model).state_dict(), "trained.pt")


if __name__ == "__main__":
    main()
)py";

constexpr std::string_view kDividedSides = R"py(    records = data.read(*sys.argv[1:])
    training, validation = ([records[place] for place in side] for side in splits.divide(records, **SPLIT))
)py";

constexpr std::string_view kOwnSides =
    R"py(    at = sys.argv.index("--validation") if "--validation" in sys.argv else len(sys.argv)
    training = data.read(*sys.argv[1:at])
    validation = data.read(*sys.argv[at + 1 :]) if at < len(sys.argv) else []
)py";

constexpr std::string_view kByClass = R"py(def by_class(training):
    """Draws the records of each class equally often."""
    labels = [record["label"] for record in training.records]
    counts = [max(labels.count(i), 1) for i in range(len(data.CLASSES))]
    return WeightedRandomSampler([1 / counts[label] for label in labels], len(labels))


)py";

constexpr std::string_view kPlateau = R"py(        if WATCH in measured:  # a plateau lowers the learning rate
            value, higher = measured[WATCH], not WATCH.endswith("loss")
            if is_better(value, plateau_best, abs(plateau_best or 0) * PLATEAU_LEAST_CHANGE, higher):
                plateau_best, plateau = value, 0
            else:
                plateau += 1
                if plateau > PLATEAU_PATIENCE:
                    plateau, drops = 0, drops + 1
)py";

constexpr std::string_view kStopping = R"py(        if STOP_EARLY in measured:  # it ends when this no longer improves
            value, higher = measured[STOP_EARLY], not STOP_EARLY.endswith("loss")
            if is_better(value, best, LEAST_CHANGE, higher):
                best, waited = value, 0
                best_state = {name: kept.clone() for name, kept in judged.state_dict().items()}
            else:
                waited += 1
                if waited >= PATIENCE:
                    break
)py";

void put_in(std::string& text, std::string_view mark, std::string_view lines) {
  const std::string line = std::string(mark) + "\n";
  const std::size_t at = text.find("\n" + line);
  if (at == std::string::npos) return;
  text.replace(at + 1, line.size(), lines);
}

void put_word(std::string& text, std::string_view word, std::string_view by) {
  if (const std::size_t at = text.find(word); at != std::string::npos) text.replace(at, word.size(), by);
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

/// Does validation have a source of its own?
bool has_own_validation(const ExportedModel& model) {
  return model.plan->validation && model.plan->validation->source_node != model.plan->train.source_node;
}

/// Are records drawn class by class?
bool draws_by_class(const ExportedModel& model) {
  for (const Node& node : model.flat.nodes()) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    if (spec == nullptr || spec->role != Role::Sampler) continue;
    const ParamMap params = spec->complete(node.params);
    if (ParamReader(params).text("balance") == "classes") return true;
  }
  return false;
}

std::string constants_of(const ExportedModel& model, const OptimizerSettings& optimizer) {
  const TrainerSettings& trainer = model.plan->trainer;
  std::string notes;  // of what this program does in another way
  const std::string& stop = trainer.stop_early;
  for (const std::string& key : {stop, optimizer.schedule == "plateau" ? optimizer.watch : std::string("off")})
    if (key != "off" && !key.ends_with("_loss") && !key.ends_with("_accuracy"))
      notes += fmt::format("# {} is not measured here: what Feedline does by it is left out.\n", python_comment(key));
  std::string text = notes + fmt::format("EPOCHS = {}\nBATCH = {}\nDROP_LAST = {}\nSEED = {}\n",
                                         trainer.epochs > 0 ? trainer.epochs : 100, model.plan->train.batch.size,
                                         python_bool(model.plan->train.batch.drop_last), trainer.seed);
  if (!has_own_validation(model))
    text += fmt::format(
        "SPLIT = {{\"by\": {}, \"column\": {}, \"share\": {}, \"folds\": {}, \"fold\": {}, \"seed\": {},\n"
        "         \"validation\": {}, \"training\": {}}}  # see splits.py\n",
        python_string(trainer.split_by), python_string(trainer.split_column), python_number(trainer.validation_split),
        trainer.folds, trainer.fold, trainer.seed, python_list(trainer.validation_values),
        python_list(trainer.training_values));
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

Result<std::string> pytorch_training(const ExportedModel& model) {
  const ModelPlan& network = model.network();
  const auto write = Writers::instance().find_optimizer(network.optimizer->type);
  if (!write) return fail(Error(write.error()).at_node(network.optimizer_node));
  const WrittenOptimizer optimizer = (*write)(network.optimizer_params);
  const OptimizerSettings settings = network.optimizer->optimizer_settings(network.optimizer_params);
  const PytorchFreezing freezing = pytorch_freezing(model, settings);
  const bool freezes = !freezing.functions.empty();
  const bool own = has_own_validation(model);
  const bool by_class = draws_by_class(model);
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
      freezes ? "import fnmatch\n" : "", freezes ? "import pathlib\n" : "", by_class ? ", WeightedRandomSampler" : "",
      own ? "" : "import splits\n", freezes ? "from weights import read_weights\n" : "");
  text += constants_of(model, settings) + freezing.constants + "\n\n" + freezing.functions + helpers.text() +
          functions_of_model(model, *loss);
  text += kScheduleParts;
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
  text += kGroups;
  if (settings.ema > 0) text += kAverage;
  text += kJudge;

  std::string main(kMain);
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
  put_in(main, "SIDES", own ? kOwnSides : kDividedSides);
  put_in(main, "BEGIN", freezes ? "    begin(model)\n" : "");
  put_word(main, "LEARN", freezes ? "learn_in(model, epoch)" : "model.train()");
  const std::string shuffle = fmt::format("shuffle={}", python_bool(model.plan->train.sampler.shuffle));
  put_word(main, "ORDER", by_class ? std::string("sampler=by_class(training)") : shuffle);
  if (by_class) text += kByClass;
  const bool averages = settings.ema > 0;
  put_in(main, "AVERAGE",
         averages ? "    average, judged = Average(model), Model().to(DEVICE)\n" : "    judged = model\n");
  put_in(main, "UPDATE", averages ? "            average.update(model)\n" : "");
  put_in(main, "JUDGED", averages ? "        judged.load_state_dict(average.values)\n" : "");
  std::string stopping;
  if (settings.schedule == "plateau") stopping += kPlateau;
  if (model.plan->trainer.stop_early != "off") stopping += kStopping;
  put_in(main, "STOPPING", stopping);
  if (model.plan->trainer.stop_early != "off" && model.plan->trainer.restore_best)
    put_word(main, "    torch.save(",
             "    if best_state is not None:\n        model.load_state_dict(best_state)\n    torch.save(");
  else
    put_word(main, "(judged if best_state is None else model)", "judged");
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
