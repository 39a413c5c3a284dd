// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/exporting: pieces of train.py. Lines and words in capitals (SIDES, ORDER) are replaced by put_in()
// and put_word().

#include <string>
#include <string_view>

namespace feedline::inline exporting {

/// These lines in place of the one that is `mark`.
inline void put_in(std::string& text, std::string_view mark, std::string_view lines) {
  const std::string line = std::string(mark) + "\n";
  const std::size_t at = text.find("\n" + line);
  if (at == std::string::npos) return;
  text.replace(at + 1, line.size(), lines);
}

/// In place of the first such word.
inline void put_word(std::string& text, std::string_view word, std::string_view by) {
  if (const std::size_t at = text.find(word); at != std::string::npos) text.replace(at, word.size(), by);
}

inline constexpr std::string_view kPythonScheduleParts = R"py(def steps_of(given, total):
    """A count of steps, given as one or (below 1) as a share of all."""
    return math.floor(given * total + 1e-9 if given < 1 else given)


def along_cosine(start, end, done):
    return end + (start - end) / 2 * (1 + math.cos(math.pi * done))


)py";

inline constexpr std::string_view kPythonAverage = R"py(class Average:
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

inline constexpr std::string_view kPythonGroups = R"py(def groups_of(model):
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

inline constexpr std::string_view kPythonEvaluate = R"py(@torch.no_grad()
def evaluate(model, loader):
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

inline constexpr std::string_view kPythonNumbered = R"py(def numbered(records):
    """Notes the place of each record in its source."""
    for number, record in enumerate(records):
        record["number"] = number
    return records


)py";

inline constexpr std::string_view kPythonMain = R"py(def main():
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
EVALUATED
        measured = {"train_" + name: value / max(seen, 1) for name, value in sums.items()}
        if len(validation):
            measured.update(("val_" + name, value) for name, value in evaluate(evaluated, validation_loader).items())
        print(f"epoch {epoch}: " + ", ".join(f"{name} {value:.4f}" for name, value in measured.items()))
STOPPING
    torch.save((evaluated if best_state is None else model).state_dict(), "trained.pt")


if __name__ == "__main__":
    main()
)py";

inline constexpr std::string_view kPythonProgramStart =
    R"py(    began = read_weights(pathlib.Path(__file__).parent / "start.safetensors")  # of programs: what their files held
    model.load_state_dict(began, strict=False)
)py";

inline constexpr std::string_view kPythonDividedSides =
    R"py(    if len(sys.argv) < 2 and data.read.__code__.co_argcount:  # no path, and it takes one
        sys.exit(__doc__)
    records = numbered(data.read(*sys.argv[1:]))
    training, validation = ([records[place] for place in side] for side in splits.divide(records, **SPLIT))
)py";

inline constexpr std::string_view kPythonOwnSides =
    R"py(    if len(sys.argv) < 2 and data.read.__code__.co_argcount:  # no path, and it takes one
        sys.exit(__doc__)
    at = sys.argv.index("--validation") if "--validation" in sys.argv else len(sys.argv)
    training = numbered(data.read(*sys.argv[1:at]))
    validation = numbered(data.read(*sys.argv[at + 1 :])) if at < len(sys.argv) else []
)py";

inline constexpr std::string_view kPythonByClass = R"py(def by_class(training):
    """Draws the records of each class equally often."""
    labels = [record["label"] for record in training.records]
    counts = [max(labels.count(i), 1) for i in range(len(data.CLASSES))]
    return WeightedRandomSampler([1 / counts[label] for label in labels], len(labels))


)py";

inline constexpr std::string_view kPythonPlateau =
    R"py(        if WATCH in measured:  # a plateau lowers the learning rate
            value, higher = measured[WATCH], not WATCH.endswith("loss")
            if is_better(value, plateau_best, abs(plateau_best or 0) * PLATEAU_LEAST_CHANGE, higher):
                plateau_best, plateau = value, 0
            else:
                plateau += 1
                if plateau > PLATEAU_PATIENCE:
                    plateau, drops = 0, drops + 1
)py";

inline constexpr std::string_view kPythonStopping =
    R"py(        if STOP_EARLY in measured:  # it ends when this no longer improves
            value, higher = measured[STOP_EARLY], not STOP_EARLY.endswith("loss")
            if is_better(value, best, LEAST_CHANGE, higher):
                best, waited = value, 0
                best_state = {name: kept.clone() for name, kept in evaluated.state_dict().items()}
            else:
                waited += 1
                if waited >= PATIENCE:
                    break
)py";

}  // namespace feedline::inline exporting
