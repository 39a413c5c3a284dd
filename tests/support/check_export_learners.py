# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs exported models under PyTorch and compares them with what Feedline gave: check_export_learners.py FOLDER...

Each FOLDER has export/ (model.py and so on), case.safetensors (fields of a batch, "scores", perhaps pixels),
records.json and how.json: "near" says how far what train.py fits may be from what Feedline fitted, "file" what it reads.
"""
import importlib
import json
import os
import pathlib
import sys
import warnings

try:
    import numpy as np  # noqa: F401
    import torch
except ImportError as missing:
    print("SKIP:", missing)
    sys.exit(0)
try:
    import sklearn
except ImportError:
    sklearn = None

sys.dont_write_bytecode = True
torch.set_num_threads(1)
warnings.simplefilter("ignore")


def near(name, got, want, most):
    got, want = torch.as_tensor(got).double(), torch.as_tensor(want).double()
    assert got.shape == want.shape, f"{name}: shape {tuple(got.shape)}, not {tuple(want.shape)}"
    apart = (got - want).abs().max().item() if got.numel() else 0.0
    assert apart <= most, f"{name}: {apart} apart"


def check(folder):
    export = str(folder / "export")
    sys.path.insert(0, export)
    for name in ("weights", "data", "model", "train", "splits"):
        sys.modules.pop(name, None)
    weights, data, model, train = (importlib.import_module(name) for name in ("weights", "data", "model", "train"))
    sys.path.remove(export)

    tensors = weights.read_weights(folder / "case.safetensors")
    scores, pixels = tensors.pop("scores"), tensors.pop("pixels", None)
    softmax = tensors.pop("kind").item() and not hasattr(train, "fit")  # a network gives what stands before it
    fields = {name.removeprefix("field "): value for name, value in tensors.items()}
    records = json.loads((folder / "records.json").read_text(encoding="utf-8"))
    for index, record in enumerate(records):
        if pixels is not None:
            record["image"] = pixels[index].numpy()
        if "row" in record:
            row = record["row"]  # in the order of the table
            record["row"] = {name: float("nan") if row[name] == "NaN" else row[name] for name in data.COLUMNS}
    batch = data.collate([data.prepare(record) for record in records])
    for name, value in batch.items():
        near("field " + name, value, fields[name], 1e-5)

    inputs = [batch[name] for name in fields if name != "label"]
    with torch.no_grad():
        said = model.trained()(*inputs)
    near("model.py", torch.softmax(said, 1) if softmax else said, scores, 1e-5)

    how = json.loads((folder / "how.json").read_text(encoding="utf-8"))
    if not hasattr(train, "fit") or how["near"] is None or sklearn is None:
        return
    divide, divided = train.splits.divide, []

    def divide_and_note(records, **split):
        divided.append((records, divide(records, **split)))
        return divided[-1][1]

    train.splits.divide = divide_and_note
    sys.argv = ["train.py", how["file"]]
    os.chdir(folder)  # where trained.pt goes
    train.main()
    [(records, sides)] = divided
    assert [record["number"] for record in records] == list(range(len(records)))
    anew = train.fitted(*train.rows_of([records[place] for place in sides[0]], True))
    again = model.Model()
    again.load_state_dict(anew.state_dict())  # whatever the sizes of what it keeps
    with torch.no_grad():
        near("train.py, loaded", again(*inputs), anew(*inputs), 0)
        if how["near"] > 0:
            near("train.py", anew(*inputs), scores, how["near"])
        else:  # it only decides, or draws: most of it is the same
            alike = (anew(*inputs).argmax(1) == scores.argmax(1)).double().mean().item()
            assert alike >= 0.75, f"train.py: {alike:.0%} of the decisions are the same"


for given in sys.argv[1:]:
    try:
        check(pathlib.Path(given))
    except Exception as fault:
        raise RuntimeError(f"{(pathlib.Path(given) / 'how.json').read_text(encoding='utf-8')}: {fault}") from fault
print("OK")
