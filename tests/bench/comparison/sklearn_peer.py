#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The libraries' side of the comparison of learners and PCA: scikit-learn (libsvm, liblinear, L-BFGS) and XGBoost's C
interface, on arrays in memory. What is timed is a fit alone, again and again; the quickest counts.

Prints one JSON object, or writes the arrays that both sides read.
"""

from __future__ import annotations

import argparse
import ctypes
import gzip
import json
import time
from collections.abc import Callable

import numpy as np

ROUNDS, DEPTH = 100, 6  # of boosted trees


def write_table(path: str, schema: str, rows: int, out: str) -> None:
    """The first rows of a table, prepared as torch_tables.py does."""
    from torch_tables import Rows  # only where it is asked for

    table = Rows(path, schema, False)
    pairs = [table[i] for i in range(min(rows, len(table)))]
    np.savez(out, x=np.stack([row.numpy() for row, _ in pairs]), y=np.array([label for _, label in pairs], np.int64))


def write_pictures(images: str, labels: str, out: str) -> None:
    """Pictures of an IDX file as vectors of 0 to 1."""
    def content(path: str) -> bytes:
        with gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb") as file:
            return file.read()

    classes = np.frombuffer(content(labels), np.uint8, offset=8).astype(np.int64)
    pixels = np.frombuffer(content(images), np.uint8, offset=16).reshape(len(classes), -1)
    np.savez(out, x=pixels.astype(np.float32) / 255, y=classes)


def kernel_svm(x: np.ndarray, y: np.ndarray, threads: int) -> None:
    from sklearn.svm import SVC

    SVC(cache_size=200).fit(x, y)


def linear_svm(x: np.ndarray, y: np.ndarray, threads: int) -> None:
    from sklearn.svm import LinearSVC

    LinearSVC().fit(x, y)


def logistic_regression(x: np.ndarray, y: np.ndarray, threads: int) -> None:
    from sklearn.linear_model import LogisticRegression

    LogisticRegression(max_iter=1000).fit(x, y)


class XgBoost:
    """Of Debian's libxgboost0."""

    def __init__(self) -> None:
        self.library = ctypes.CDLL("libxgboost.so.0")
        self.library.XGBGetLastError.restype = ctypes.c_char_p

    def call(self, name: str, *arguments: object) -> None:
        if getattr(self.library, name)(*arguments) != 0:
            raise SystemExit(f"{name}: {self.library.XGBGetLastError().decode()}")

    def fit(self, x: np.ndarray, y: np.ndarray, threads: int) -> None:
        x, targets = np.ascontiguousarray(x, np.float32), y.astype(np.float32)
        rows, model = ctypes.c_void_p(), ctypes.c_void_p()
        self.call("XGDMatrixCreateFromMat", x.ctypes.data_as(ctypes.c_void_p), ctypes.c_uint64(x.shape[0]),
                  ctypes.c_uint64(x.shape[1]), ctypes.c_float(float("nan")), ctypes.byref(rows))
        self.call("XGDMatrixSetFloatInfo", rows, b"label", targets.ctypes.data_as(ctypes.c_void_p),
                  ctypes.c_uint64(len(targets)))
        self.call("XGBoosterCreate", ctypes.byref(rows), ctypes.c_uint64(1), ctypes.byref(model))
        settings = {"verbosity": 0, "nthread": threads, "tree_method": "hist", "max_depth": DEPTH, "eta": 0.3,
                    "objective": "binary:logistic"}
        for key, value in settings.items():
            self.call("XGBoosterSetParam", model, key.encode(), str(value).encode())
        for number in range(ROUNDS):
            self.call("XGBoosterUpdateOneIter", model, ctypes.c_int(number), rows)
        self.call("XGBoosterFree", model)
        self.call("XGDMatrixFree", rows)


def pca(solver: str) -> Callable:
    def fit(x: np.ndarray, y: np.ndarray, threads: int) -> None:
        from sklearn.decomposition import PCA

        PCA(50, svd_solver=solver, random_state=0).fit(x)

    return fit


FITS = {"kernel_svm": kernel_svm, "linear_svm": linear_svm, "logistic_regression": logistic_regression,
        "boosted_trees": lambda *a: XgBoost().fit(*a), "pca_full": pca("full"), "pca_randomized": pca("randomized")}


def measure(fit: Callable, x: np.ndarray, y: np.ndarray, threads: int, seconds: float) -> dict:
    fit(x[:200], y[:200], threads)  # imports, threads
    quickest, quickest_cpu, start = float("inf"), float("inf"), time.perf_counter()
    while quickest == float("inf") or time.perf_counter() - start < seconds:
        began, cpu = time.perf_counter(), time.process_time()
        fit(x, y, threads)
        taken = time.perf_counter() - began
        if taken < quickest:
            quickest, quickest_cpu = taken, time.process_time() - cpu
    return {"samples_per_s": len(x) / quickest, "samples_per_cpu_s": len(x) / max(quickest_cpu, 1e-9), "seconds": quickest}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=["table", "pictures", *FITS])
    parser.add_argument("file", help="the table, the IDX file of pictures, or an .npz with x and y")
    parser.add_argument("--labels")
    parser.add_argument("--schema")
    parser.add_argument("--rows", type=int, default=1 << 40)
    parser.add_argument("--out")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    if options.job == "table":
        write_table(options.file, options.schema, options.rows, options.out)
        print("{}")
    elif options.job == "pictures":
        write_pictures(options.file, options.labels, options.out)
        print("{}")
    else:
        with np.load(options.file) as arrays:
            x, y = arrays["x"][: options.rows], arrays["y"][: options.rows]
        print(json.dumps(measure(FITS[options.job], x, y, options.threads, options.seconds)))


if __name__ == "__main__":
    main()
