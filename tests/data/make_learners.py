#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes learner_values.json: what scikit-learn's learners come to on iris, wine, breast cancer and digits.

Features are standardised and then rounded to float32, as Feedline takes them in; every fourth row is left for the test.
Run once with Debian 12's python3-sklearn (1.2.1):  /usr/bin/python3 tests/data/make_learners.py
"""

import json
import pathlib

import numpy as np
import sklearn
from sklearn import datasets, linear_model, naive_bayes, neighbors, svm, tree


def rounded(values, digits=9):
    return [float(f"{value:.{digits}g}") for value in np.asarray(values, dtype=np.float64).ravel()]


def classes(name, data, target):
    mean, scale = data.mean(axis=0), data.std(axis=0)
    scale[scale == 0] = 1
    features = ((data - mean) / scale).astype(np.float32).astype(np.float64)
    test = np.arange(len(target)) % 4 == 0
    x, y, xt, yt = features[~test], target[~test], features[test], target[test]
    logistic = linear_model.LogisticRegression(tol=1e-9, max_iter=100000).fit(x, y)
    sparse = linear_model.LogisticRegression(penalty="l1", solver="saga", tol=1e-10, max_iter=200000).fit(x, y) \
        if name == "iris" else None
    linear = svm.LinearSVC(tol=1e-8, max_iter=1000000, random_state=0).fit(x, y) if name != "digits" else None
    # Shrinking stops a few steps sooner or later, and then keeps rows whose weight is all but 0.
    kernel = svm.SVC(tol=1e-6, shrinking=False).fit(x, y)
    bayes = naive_bayes.GaussianNB().fit(x, y)
    nearest = neighbors.KNeighborsClassifier().fit(x, y)
    grown = tree.DecisionTreeClassifier(random_state=0).fit(x, y)
    return {
        "means": data.mean(axis=0).tolist(), "scales": scale.tolist(),
        "logistic": {"coefficients": rounded(logistic.coef_), "intercepts": rounded(logistic.intercept_),
                     "accuracy": logistic.score(xt, yt)},
        "sparse": None if sparse is None else {"coefficients": rounded(sparse.coef_), "accuracy": sparse.score(xt, yt)},
        "linear": None if linear is None else {"coefficients": rounded(linear.coef_), "accuracy": linear.score(xt, yt)},
        "kernel": {"support": kernel.support_.tolist(), "accuracy": kernel.score(xt, yt)},
        "bayes": {"probabilities": rounded(bayes.predict_proba(xt[:12])), "accuracy": bayes.score(xt, yt)},
        "nearest": nearest.score(xt, yt),
        "tree": grown.score(xt, yt),
    }


def numbers(data):
    """The last column of iris from the others."""
    x, y = data[:, :3].astype(np.float32).astype(np.float64), data[:, 3].astype(np.float32).astype(np.float64)
    plain = linear_model.LinearRegression().fit(x, y)
    ridge = linear_model.Ridge(alpha=2.0).fit(x, y)
    kernel = svm.SVR(tol=1e-7, shrinking=False).fit(x, y)
    return {"linear": rounded([*plain.coef_, plain.intercept_], 12), "ridge": rounded([*ridge.coef_, ridge.intercept_], 12),
            "svr": rounded(kernel.predict(x[:12])), "support": kernel.support_.tolist()}


def main():
    sets = {"iris": datasets.load_iris, "wine_data": datasets.load_wine, "breast_cancer": datasets.load_breast_cancer,
            "digits": datasets.load_digits}
    values = {"sklearn": sklearn.__version__}
    for name, load in sets.items():
        values[name] = classes(name, *load(return_X_y=True))
    values["numbers"] = numbers(datasets.load_iris(return_X_y=True)[0])
    path = pathlib.Path(__file__).parent / "learner_values.json"
    path.write_text(json.dumps(values, indent=None, separators=(",", ":")) + "\n")


main()
