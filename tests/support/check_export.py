# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs an exported model under PyTorch and compares it with what Feedline gave: check_export.py EXPORT CASE.

CASE has case.safetensors (fields of a batch, "scores", perhaps pixels), records.json and perhaps model.pt, model.onnx.
"""
import json
import pathlib
import py_compile
import sys

try:
    import numpy as np
    import torch
except ImportError as missing:
    print("SKIP:", missing)
    sys.exit(0)

export, case = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
sys.dont_write_bytecode = True
sys.path.insert(0, str(export))
torch.set_num_threads(1)


def near(name, got, want, most):
    got, want = torch.as_tensor(got).double(), torch.as_tensor(want).double()
    assert got.shape == want.shape, f"{name}: shape {tuple(got.shape)}, not {tuple(want.shape)}"
    apart = (got - want).abs().max().item() if got.numel() else 0.0
    assert apart <= most, f"{name}: {apart} apart"


from weights import read_weights  # noqa: E402

try:
    import data  # noqa: E402
except ImportError as missing:  # sentencepiece
    print("SKIP:", missing)
    sys.exit(0)
import model as network  # noqa: E402
import train  # noqa: E402

tensors = read_weights(case / "case.safetensors")
scores = tensors.pop("scores")
pixels = tensors.pop("pixels", None)
kind = tensors.pop("kind").item()  # 1: probabilities, 0: numbers
fields = {name.removeprefix("field "): value for name, value in tensors.items()}
fields = {name: value.long() if value.dtype == torch.int32 else value for name, value in fields.items()}

records = json.loads((case / "records.json").read_text(encoding="utf-8"))
for index, record in enumerate(records):
    if pixels is not None:
        record["image"] = pixels[index].numpy()
    if "row" in record:
        row = record["row"]  # in the order of the table
        record["row"] = {name: float("nan") if row[name] == "NaN" else row[name] for name in data.COLUMNS}
if hasattr(data, "clahe") and data.cv2 is None:
    print("no OpenCV: nothing is prepared")
else:
    for name, value in data.collate([data.prepare(record) for record in records]).items():
        near("field " + name, value, fields[name][: len(value)], 1e-5)

trained = network.trained()
with torch.no_grad():
    said = train.outputs_of(trained, fields)
    near("PyTorch", torch.softmax(said, 1) if kind else said, scores, 1e-5)
    if (case / "model.pt").exists():
        order = trained.forward.__code__.co_varnames[1 : trained.forward.__code__.co_argcount]
        beside = {"preparation.json": "", "classes.json": "", "graph.feedline": ""}
        script = torch.jit.load(str(case / "model.pt"), _extra_files=beside).eval()
        near("TorchScript", script(*(fields[name] for name in order)), said, 1e-5)
        assert json.loads(beside["classes.json"]) == data.CLASSES
        fitted = {step["node"] for step in json.loads(beside["preparation.json"]) if "fitted" in step}
        assert len(fitted) == len(data.FITTED), fitted

assert (train.SPLIT["share"], train.EPOCHS, train.BATCH, train.DROP_LAST) == (0.25, 1, 16, False), train.SPLIT
fresh = network.Model().train()
if (case / "splits.json").exists():
    told = json.loads((case / "splits.json").read_text(encoding="utf-8"))
    for split in told["splits"]:
        data.KEY = split["rules"]["column"]
        sides = train.splits.divide(data.read(told["file"]), **split["rules"])
        assert [sorted(side) for side in sides] == split["sides"], split["rules"]
if (case / "frozen.json").exists():
    train.begin(fresh)
    frozen = sorted(name for name, parameter in fresh.named_parameters() if not parameter.requires_grad)
    assert frozen == sorted(json.loads((case / "frozen.json").read_text(encoding="utf-8"))), frozen
    assert all(torch.equal(fresh.state_dict()[name], trained.state_dict()[name]) for name in frozen)
    norms = [part for part in fresh.modules() if isinstance(part, torch.nn.BatchNorm2d)]
    assert not any(part.training for part in norms if not part.weight.requires_grad)
if (export / "start.safetensors").exists():
    began = read_weights(export / "start.safetensors")
    fresh.load_state_dict(began, strict=False)
    assert any(not torch.equal(value, trained.state_dict()[name]) for name, value in began.items())
    assert trained.own.a is trained.own.c and set(began) < set(trained.state_dict())
optimizer_groups = train.groups_of(fresh)
assert sum(len(group["params"]) for group in optimizer_groups) == len(list(fresh.parameters()))
loss = train.mixed_loss(fresh, train.outputs_of(fresh, fields), fields)
loss.backward()
assert torch.isfinite(loss), loss
assert 0 < train.learning_rate(3, 10) <= 1
py_compile.compile(str(export / "train.py"), cfile=str(case / "train.pyc"), doraise=True)

if (case / "model.onnx").exists():
    try:
        import onnx
    except ImportError:
        print("no onnx")
    else:
        made = onnx.load(str(case / "model.onnx"))
        onnx.checker.check_model(made, full_check=True)
        import onnx_run  # beside this file

        given = onnx_run.fed(made, fields)
        told = {one.key: one.value for one in made.metadata_props}
        assert bool(json.loads(told["pixels"])) == (pixels is not None)  # which it scales itself
        for step in json.loads(told["preparation"]):
            assert step["type"] and "parameters" in step, step
        assert json.loads(told["classes"]) == data.CLASSES
        for out in onnx_run.run(made, given).values():
            near("ONNX", out, said, 1e-4)
        try:
            import cv2
        except ImportError:
            print("no OpenCV")
        else:
            if len(made.graph.input) == 1 and fields[made.graph.input[0].name].dtype == torch.float32:
                try:
                    net = cv2.dnn.readNetFromONNX(str(case / "model.onnx"))
                except cv2.error as error:  # 4.6 has not all that ONNX has: no norms of a vector
                    print("OpenCV cannot read it:", str(error).splitlines()[-1])
                else:
                    net.setInput(given[made.graph.input[0].name].numpy())
                    near("ONNX", net.forward(), said, 1e-4)
                    print("ran in OpenCV")
print("OK")
