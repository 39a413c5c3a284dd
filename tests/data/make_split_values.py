#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes split_values.json: into how large parts scikit-learn divides classes and groups.

Run once with Debian 12's python3-sklearn (1.2.1):  /usr/bin/python3 tests/data/make_split_values.py
"""

import json
import pathlib

import numpy
import sklearn
from sklearn.model_selection import GroupKFold, StratifiedKFold


def labels(sizes):
    return numpy.repeat(numpy.arange(len(sizes)), sizes)


def strata(sizes, folds):
    y = labels(sizes)
    split = StratifiedKFold(folds).split(y, y)
    return {"sizes": sizes, "folds": folds,
            "held_out": [numpy.bincount(y[held], minlength=len(sizes)).tolist() for _, held in split]}


def groups(sizes, folds):
    of = labels(sizes)
    split = GroupKFold(folds).split(of, of, of)
    return {"sizes": sizes, "folds": folds, "held_out": sorted(len(held) for _, held in split)}


values = {
    "scikit-learn": sklearn.__version__,
    "strata": [strata([50, 30, 13, 7], 5), strata([11, 9, 8], 3), strata([101, 57], 10)],
    "groups": [groups([40, 31, 17, 12, 9, 8, 5, 3], 3), groups([6, 6, 6, 6, 6], 5), groups([90, 1, 2, 3], 4)],
}
pathlib.Path(__file__).with_name("split_values.json").write_text(json.dumps(values, indent=1) + "\n")
