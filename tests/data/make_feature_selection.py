#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes feature_selection.json: what scikit-learn's PCA and feature selection give for well-known tables.

Run once with Debian 12's python3-sklearn (1.2.1), with the folder of the real data sets:
  /usr/bin/python3 tests/data/make_feature_selection.py /work/shared/data
"""

import gzip
import json
import pathlib
import sys
import warnings

import numpy as np
import sklearn
from sklearn.decomposition import PCA
from sklearn.feature_selection import (RFE, RFECV, VarianceThreshold, chi2, f_classif, f_regression,
                                       mutual_info_classif)
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.model_selection import PredefinedSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelBinarizer, StandardScaler

warnings.simplefilter("ignore")
DATA = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/work/shared/data")
TABLES = {  # file, lines to be passed over
    "iris": ("tables/sklearn/iris.csv", 1),
    "wine": ("tables/sklearn/wine_data.csv", 1),
    "cancer": ("tables/sklearn/breast_cancer.csv", 1),
    "digits": ("tables/sklearn/digits.csv.gz", 0),
}
BINS = 16


def table(name):
    file, skipped = TABLES[name]
    data = (DATA / file).read_bytes()
    lines = (gzip.decompress(data) if file.endswith(".gz") else data).decode().split("\n")[skipped:]
    rows = np.array([[float(cell) for cell in line.split(",")] for line in lines if line.strip()])
    return rows[:, :-1].astype(np.float32).astype(np.float64), rows[:, -1].astype(int)


def told(values):
    return [told(v) for v in values] if np.ndim(values) > 1 else [0.0 if np.isnan(v) else float(f"{v:.10g}")
                                                                  for v in np.asarray(values, float)]


def bins(column):
    """By the same rule as ours, written another way."""
    different, place = np.unique(column, return_inverse=True)
    if len(different) <= BINS:
        return place
    return np.searchsorted(np.sort(column), column, side="left") * BINS // len(column)


def upright(components):
    largest = np.abs(components).argmax(axis=1)
    return components * np.sign(components[range(len(components)), largest])[:, None]


def pca(x, **params):
    made = PCA(svd_solver="full", **params).fit(x)
    return {"components": told(upright(made.components_)[:5]), "count": len(made.components_),
            "variance": told(made.explained_variance_), "ratio": told(made.explained_variance_ratio_)}


def squared_error(model, x, y):
    truth = LabelBinarizer(pos_label=1, neg_label=-1).fit(model.classes_ if hasattr(model, "classes_") else
                                                          model[-1].classes_).transform(y)
    found = model.decision_function(x)
    return -np.mean((truth - found.reshape(truth.shape)) ** 2)


def elimination(x, y, keep, step, standardise, alpha=1.0, number=False):
    model = Ridge(alpha=alpha) if number else RidgeClassifier(alpha=alpha)
    return RFE(model, n_features_to_select=keep, step=step).fit(StandardScaler().fit_transform(x) if standardise else x,
                                                                y).ranking_.tolist()


def best_by_folds(x, y, folds):
    fold = PredefinedSplit(np.arange(len(x)) % folds)
    made = RFECV(RidgeClassifier(), step=1, cv=fold, scoring=squared_error, min_features_to_select=1).fit(x, y)
    return {"folds": folds, "count": int(made.n_features_), "ranking": made.ranking_.tolist(),
            "error": told(-made.cv_results_["mean_test_score"][::-1])}


def of_table(name):
    x, y = table(name)
    told_of = {
        "variance": told(VarianceThreshold(1e-12).fit(x).variances_),
        "f_test": told(f_classif(x, y)[0]),
        "f_test_number": told(f_regression(x[:, :-1], x[:, -1])[0]),
        "chi2": told(chi2(x, y)[0]),
        "mutual_information": told(mutual_info_classif(np.apply_along_axis(bins, 0, x), y, discrete_features=True)),
        "pca": [{"params": params, **pca(x, **made)} for params, made in (
            ({"components": 3}, {"n_components": 3}),
            ({"variance": 0.9}, {"n_components": 0.9}))],
        "eliminations": [],
    }
    if name != "digits":  # pixels of one value everywhere: their order is that of rounding
        for keep, step, standardise in ((2, 1, True), (1, 3, True), (3, 1, False)):
            told_of["eliminations"].append({"keep": keep, "step": step, "standardise": standardise, "number": False,
                                            "ranking": elimination(x, y, keep, step, standardise)})
        told_of["eliminations"].append({"keep": 1, "step": 1, "standardise": True, "number": True,
                                        "ranking": elimination(x[:, :-1], x[:, -1], 1, 1, True, number=True)})
        told_of["by_folds"] = best_by_folds(StandardScaler().fit_transform(x).astype(np.float32).astype(np.float64), y,
                                            4)
    whitened = PCA(n_components=2, whiten=True, svd_solver="full").fit(x)
    signs = np.sign(whitened.components_[range(2), np.abs(whitened.components_).argmax(axis=1)])
    told_of["whitened"] = told(whitened.transform(x[:3]) * signs)
    return {"file": TABLES[name][0], "skipped": TABLES[name][1], **told_of}


OUT = pathlib.Path(__file__).with_name("feature_selection.json")
OUT.write_text(json.dumps({"scikit-learn": sklearn.__version__, **{name: of_table(name) for name in TABLES}},
                          separators=(",", ":")).replace('"iris"', '\n"iris"').replace('"wine"', '\n"wine"')
               .replace('"cancer"', '\n"cancer"').replace('"digits"', '\n"digits"') + "\n")
