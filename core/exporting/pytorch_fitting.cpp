// SPDX-License-Identifier: GPL-3.0-or-later
#include "exporting/python_text.h"
#include "exporting/pytorch.h"
#include "exporting/training_texts.h"

#include <fmt/format.h>

#include <optional>

namespace feedline::inline exporting {
namespace {

constexpr std::string_view kFittingMain = R"py(def rows_of(records, training=False):
    """A row of features a record, and what is to be predicted, as arrays."""
    batch = data.collate([data.prepare(record, training) for record in records])
    return batch[FEATURES].reshape(len(records), -1).float().numpy(), batch[TARGET].flatten().numpy()


def fitted(features, targets):
    """A model of these rows."""
    model = Model()
    model.ESTIMATOR.take(fit(features, targets))
    return model.eval()


def main():
SIDES
    model = fitted(*rows_of(training, training=True))
    for name, records in (("training", training), ("validation", validation)):
        if records:
            print(f"{name}: {evaluate(model, *rows_of(records)):.4f}")
    torch.save(model.state_dict(), "trained.pt")


if __name__ == "__main__":
    main()
)py";

constexpr std::string_view kFittingAccuracy = R"py(@torch.no_grad()
def evaluate(model, features, targets):
    """The share of records whose class is right."""
    return (model(torch.as_tensor(features)).argmax(1).numpy() == targets).mean()


)py";

constexpr std::string_view kFittingError = R"py(@torch.no_grad()
def evaluate(model, features, targets):
    """The root of the mean squared error."""
    return math.sqrt(((model(torch.as_tensor(features))[:, 0].numpy() - targets) ** 2).mean())


)py";

}  // namespace

Result<std::string> pytorch_fitting(const ExportedModel& model) {
  const EstimatorPlan& plan = *model.estimator();
  auto written = written_estimator(model);
  if (!written) return fail(std::move(written.error()));
  const bool own = has_own_validation(model);
  const bool classes = plan.classes > 0;
  const auto field = [&](std::optional<std::size_t> index) {
    return python_string(index ? model.plan->train.fields[*index].name : std::string());
  };
  const auto features = model.inputs.empty() ? std::nullopt : std::optional(model.inputs.front());
  std::string text = fmt::format(
      "\"\"\"Fits the model of {} anew, to data such as Feedline {} had.\n"
      "\n"
      "python train.py DATA...{}   the paths that read() of data.py takes\n"
      "\"\"\"\n"
      "{}"
      "import sys\n"
      "\n"
      "import numpy as np\n"
      "import torch\n"
      "\n"
      "import data\n"
      "{}"
      "from model import Model\n"
      "\n"
      "FEATURES, TARGET = {}, {}  # fields of a batch\n"
      "SEED = {}\n",
      python_comment(model.title), FEEDLINE_VERSION, own ? " --validation DATA..." : "", classes ? "" : "import math\n",
      own ? "" : "import splits\n", field(features), field(plan.fields[plan.target]), model.trainer.seed);
  if (!own) text += python_split(model.trainer);
  text += fmt::format(
      "\n\n"
      "def fit(features, targets):\n"
      "    \"\"\"What a {} learns of these rows, by the names of model.py.\"\"\"\n"
      "{}\n\n",
      plan.type, written->fit);
  text += classes ? kFittingAccuracy : kFittingError;
  text += kPythonNumbered;
  std::string main(kFittingMain);
  put_in(main, "SIDES", own ? kPythonOwnSides : kPythonDividedSides);
  put_word(main, "ESTIMATOR", model.layer_names.front());
  return text + main;
}

}  // namespace feedline::inline exporting
