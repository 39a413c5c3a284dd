#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small sound files that the fuzz targets begin with: make_seeds.py FOLDER [HOSTILE].

Writes FOLDER/<target>/..., with Python's standard library alone. HOSTILE is shared/data/hostile where it is present:
files of at most 64 KiB of the formats that a target reads are copied.
"""
import gzip
import io
import json
import pathlib
import pickle
import shutil
import struct
import sys
import tarfile
import zipfile
import zlib

MOST_BYTES = 64 << 10
# Folders of HOSTILE for each target.
HOSTILE = {
    "csv": ["csv"],
    "gzip": ["gzip"],
    "project": ["json"],
    "pictures": ["jpeg", "png", "gif", "bmp", "pillow", "image-rs-bad", "image-rs-valid"],
}


def npy(shape, descr="<f4", fortran="False", width=4):
    """A .npy file of zeros: NumPy's NEP 1."""
    count = 1
    for size in shape:
        count *= size
    header = f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + bytes(count * width)


def zipped(members, packing=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def tarred(members, form):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def safetensors(tensors):
    header, data = {"__metadata__": {"made": "by hand"}}, b""
    for name, kind, shape, numbers in tensors:
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(numbers)]}
        data += numbers
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


class Global:
    """Pickled as a name, as torch's functions and classes are: no torch is needed to write it."""

    def __init__(self, name):
        self.name = name


class StateDictPickler(pickle._Pickler):  # the one in Python, whose methods can be added to
    dispatch = dict(pickle._Pickler.dispatch)

    def save_global_name(self, value):
        module, _, name = value.name.rpartition(".")
        self.write(pickle.GLOBAL + f"{module}\n{name}\n".encode())

    dispatch[Global] = save_global_name

    def persistent_id(self, value):
        return value.fields if isinstance(value, Storage) else None


class Storage:
    def __init__(self, *fields):
        self.fields = fields


class Tensor:
    def __init__(self, storage, offset, shape, strides):
        self.arguments = (storage, offset, shape, strides, False, {})


def save_tensor(pickler, value):
    pickler.save(Global("torch._utils._rebuild_tensor_v2"))
    pickler.save(value.arguments)
    pickler.write(pickle.REDUCE)


StateDictPickler.dispatch[Tensor] = save_tensor


def state_dict_pickle(legacy):
    """What torch.save() writes of two tensors, the second a transposed one."""
    def storage(key, count, kind="FloatStorage"):
        more = (None,) if legacy else ()
        return Storage("storage", Global("torch." + kind), key, "cpu", count, *more)
    tensors = {"layer.weight": Tensor(storage("0", 6), 0, (2, 3), (3, 1)),
               "layer.turned": Tensor(storage("0", 6), 0, (3, 2), (1, 3)),
               "steps": Tensor(storage("1", 1, "LongStorage"), 0, (), ())}
    out = io.BytesIO()
    StateDictPickler(out, protocol=2).dump({"state_dict": tensors, "epoch": 3, "rate": 0.5})
    return out.getvalue()


def legacy_state_dict():
    head = [pickle.dumps(value, protocol=2) for value in
            (0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True,
                                            "type_sizes": {"short": 2, "int": 4, "long": 4}})]
    tail = [pickle.dumps(["0", "1"], protocol=2), struct.pack("<Q6f", 6, *range(6)), struct.pack("<Qq", 1, 7)]
    return b"".join(head + [state_dict_pickle(True)] + tail)


def bmp():
    pixels = bytes(range(48))  # 4 x 4, 24 bits
    return b"BM" + struct.pack("<IHHI", 54 + 48, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, 4, 4, 1, 24, 0, 48, 0, 0,
                                                                         0, 0) + pixels


def png():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes(range(12)) for _ in range(4))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def tiff():
    tags = [(256, 3, 4), (257, 3, 4), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1), (278, 3, 4),
            (279, 4, 16)]
    directory = struct.pack("<H", len(tags))
    for tag, kind, value in tags:
        directory += struct.pack("<HHII", tag, kind, 1, value)
    return b"II*\0" + struct.pack("<I", 24) + bytes(range(16)) + directory + struct.pack("<I", 0)


def boosted(classes=0):
    """A model of XGBoost with one tree of three nodes, in Universal Binary JSON."""
    def size(count):
        return b"L" + struct.pack(">q", count)

    def item(value):
        if isinstance(value, dict):
            return b"{" + b"".join(size(len(key)) + key.encode() + item(one) for key, one in value.items()) + b"}"
        if isinstance(value, str):
            return b"S" + size(len(value)) + value.encode()
        if isinstance(value, tuple):  # numbers of a type
            kind, form = value[0], {"l": ">i", "L": ">q", "d": ">f", "U": "B"}[value[0]]
            packed = b"".join(struct.pack(form, one) for one in value[1])
            return b"[$" + kind.encode() + b"#" + size(len(value[1])) + packed
        if isinstance(value, list):
            return b"[#" + size(len(value)) + b"".join(map(item, value))
        return b"i" + struct.pack("b", value)

    reals, flags, none = ("d", [0.5, 1.5, -1.5]), ("U", [0, 0, 0]), ("l", [])
    tree = {"base_weights": reals, "categories": none, "categories_nodes": none, "categories_segments": ("L", []),
            "categories_sizes": ("L", []), "default_left": flags, "id": 0, "left_children": ("l", [1, -1, -1]),
            "loss_changes": reals, "parents": ("l", [2147483647, 0, 0]), "right_children": ("l", [2, -1, -1]),
            "split_conditions": reals, "split_indices": ("l", [3, 0, 0]), "split_type": flags, "sum_hessian": reals,
            "tree_param": {"num_deleted": "0", "num_feature": "4", "num_nodes": "3", "size_leaf_vector": "0"}}
    model = {"gbtree_model_param": {"num_parallel_tree": "1", "num_trees": "1", "size_leaf_vector": "0"},
             "tree_info": [0], "trees": [tree]}
    aim = {"name": "multi:softprob", "softmax_multiclass_param": {"num_class": str(classes)}} if classes else {
        "name": "binary:logistic"}
    told = {"base_score": "5E-1", "num_class": str(classes), "num_feature": "4", "num_target": "1"}
    learner = {"feature_names": [], "feature_types": [], "gradient_booster": {"model": model, "name": "gbtree"},
               "learner_model_param": told, "objective": aim}
    return item({"learner": learner, "version": [1, 7, 4]})


def seeds():
    members = [("set/daisy/1.jpg", b"one"), ("set/roses/2.jpg", b"two" * 500), ("set/" + "long" * 40 + "/3.jpg", b"3")]
    idx = bytes([0, 0, 8, 3]) + struct.pack(">III", 3, 4, 4) + bytes(48)
    parts = [("model/data.pkl", state_dict_pickle(False)), ("model/byteorder", b"little"),
             ("model/data/0", struct.pack("<6f", *range(6))), ("model/data/1", struct.pack("<q", 7)),
             ("model/version", b"3\n")]
    tensors = safetensors([("layer.weight", "F32", [2, 3], bytes(24)), ("steps", "I64", [], bytes(8)),
                           ("half", "BF16", [3], bytes(6))])
    program = (b"class Own(Module):\n  __parameters__ = [\"a\", ]\n  a : Tensor\n  training : bool\n"
               b"  def forward(self: __torch__.Own,\n    x: Tensor) -> Tensor:\n    a = self.a\n"
               b"    return torch.linear(x, a, None)\n")
    script = [("own/data.pkl", b"\x80\x02}."), ("own/code/__torch__.py", program), ("own/constants.pkl", b"\x80\x02)."),
              ("own/data/0", bytes(16)), ("own/version", b"3\n")]
    table = b"age,job,\"in,come\"\n39,clerk,low\n50,\"a \"\"b\"\"\",high\n?,sales,low\n"
    return {
        "csv": [table, table.replace(b",", b";"), gzip.compress(table), table.decode().encode("utf-16"),
                b"\xef\xbb\xbf" + table.replace(b"\n", b"\r\n")],
        "idx": [idx, gzip.compress(idx), bytes([0, 0, 8, 1]) + struct.pack(">I", 5) + bytes(5)],
        "gzip": [gzip.compress(table), gzip.compress(table) + gzip.compress(b"more")],
        "tar": [tarred(members, tarfile.GNU_FORMAT), tarred(members, tarfile.PAX_FORMAT),
                tarred(members[:2], tarfile.USTAR_FORMAT)],
        "zip": [zipped(members), zipped(members, zipfile.ZIP_STORED)],
        "npy": [npy((3, 4, 4)), npy((5,), "<i8", width=8), npy((2, 3), "|u1", width=1),
                zipped([("x.npy", npy((3, 4))), ("y.npy", npy((3,), "<i8", width=8))]),
                zipped([("x.npy", npy((3, 4)))], zipfile.ZIP_STORED)],
        "pictures": [bmp(), png(), tiff()],
        "safetensors": [tensors],
        "pickle": [state_dict_pickle(False), state_dict_pickle(True)],
        "weights": [zipped(parts, zipfile.ZIP_STORED), legacy_state_dict(), tensors],
        "script": [zipped(script, zipfile.ZIP_STORED), zipped(script), program],
        "boosted": [boosted(), boosted(3)],
        "project": [],
    }


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    examples = pathlib.Path(__file__).resolve().parents[2] / "resources" / "examples"
    for target, files in seeds().items():
        to = folder / target
        to.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(files):
            (to / f"seed{number}").write_bytes(data)
        if target == "project":
            for example in examples.glob("*.feedline"):
                shutil.copyfile(example, to / example.name)
        for source in HOSTILE.get(target, []) if len(sys.argv) == 3 else []:
            for number, file in enumerate(sorted(pathlib.Path(sys.argv[2], source).rglob("*"))):
                if file.is_file() and 0 < file.stat().st_size <= MOST_BYTES:
                    shutil.copyfile(file, to / f"{source}{number}")


main()
