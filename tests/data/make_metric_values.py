#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes metric_values.json: what scikit-learn gives for each metric, on made-up predictions.

Run once with Debian 12's python3-sklearn (1.2.1):  /usr/bin/python3 tests/data/make_metric_values.py
"""

import json
import pathlib

import numpy
import sklearn
from sklearn import metrics as m


def softmax(logits):
    shares = numpy.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def of_counts(truth, guess):
    return {
        "accuracy": m.accuracy_score(truth, guess),
        "macro_f1": m.f1_score(truth, guess, average="macro", zero_division=0),
        "weighted_f1": m.f1_score(truth, guess, average="weighted", zero_division=0),
        "macro_precision": m.precision_score(truth, guess, average="macro", zero_division=0),
        "macro_recall": m.recall_score(truth, guess, average="macro", zero_division=0),
        "micro_f1": m.f1_score(truth, guess, average="micro", zero_division=0),
    }


def main():
    draw = numpy.random.default_rng(11)
    cases = []

    def classes(name, logits, truth, ranked=True):
        logits = logits.astype(numpy.float32)
        values = of_counts(truth, logits.argmax(axis=1))
        shares = softmax(logits.astype(numpy.float64))
        if ranked and shares.shape[1] == 2:
            values["auc"] = m.roc_auc_score(truth, shares[:, 1])
        elif ranked:
            values["auc"] = m.roc_auc_score(truth, shares, multi_class="ovr", average="macro")
            for k in (3, 5):
                values[f"top_{k}_accuracy"] = m.top_k_accuracy_score(truth, logits, k=k, labels=range(logits.shape[1]))
        cases.append({"name": name, "classes": True, "shape": list(logits.shape),
                      "prediction": [float(v) for v in logits.reshape(-1)], "target": truth.tolist(), "values": values})

    truth = draw.integers(0, 8, 60)
    classes("eight classes", draw.normal(size=(60, 8)) + 0.8 * numpy.eye(8)[truth], truth)
    # Eighths are exact, so that equal differences are equal probabilities: ties.
    truth = draw.integers(0, 2, 50)
    classes("two classes with ties", numpy.round(8 * (draw.normal(size=(50, 2)) + numpy.eye(2)[truth])) / 8, truth)
    # Class 3 is predicted and never true, class 4 true and never predicted, class 5 neither.
    truth = draw.choice([0, 1, 2, 4], 40)
    logits = draw.normal(size=(40, 6)) + numpy.eye(6)[truth]
    logits[:, 4:] -= 20
    classes("absent classes", logits, truth, ranked=False)

    def numbers(name, truth, guess):
        truth, guess = truth.astype(numpy.float32), guess.astype(numpy.float32)
        t, g = truth.astype(numpy.float64), guess.astype(numpy.float64)
        values = {"mae": m.mean_absolute_error(t, g), "rmse": m.mean_squared_error(t, g) ** 0.5}
        if t.shape[1] == 1:
            values["r2"] = m.r2_score(t, g)
        cases.append({"name": name, "classes": False, "shape": list(guess.shape),
                      "prediction": [float(v) for v in guess.reshape(-1)],
                      "target": [float(v) for v in truth.reshape(-1)], "values": values})

    truth = draw.normal(size=(45, 1)) * 3 + 100
    numbers("one number", truth, truth + draw.normal(size=(45, 1)))
    truth = draw.normal(size=(20, 3))
    numbers("three numbers", truth, truth + draw.normal(size=(20, 3)))

    def labels(name, truth, logits):
        known = [c for c in range(truth.shape[1]) if 0 < truth[:, c].sum() < len(truth)]
        shares = 1 / (1 + numpy.exp(-logits.astype(numpy.float64)))
        values = {"label_accuracy": 1 - m.hamming_loss(truth, logits > 0),
                  "label_f1": m.f1_score(truth, logits > 0, average="macro", zero_division=0),
                  "micro_f1": m.f1_score(truth, logits > 0, average="micro", zero_division=0),
                  "auc": m.roc_auc_score(truth[:, known], shares[:, known], average="macro")}
        cases.append({"name": name, "classes": False, "labels": True, "shape": list(logits.shape),
                      "prediction": [float(v) for v in logits.reshape(-1)],
                      "target": [float(v) for v in truth.reshape(-1)], "values": values})

    truth = draw.integers(0, 2, (35, 4))
    truth[:, 3] = 0  # a label that no record has
    logits = (draw.normal(size=(35, 4)) + 0.8 * (2 * truth - 1)).astype(numpy.float32)
    labels("labels", truth, logits)
    truth = draw.integers(0, 2, (40, 5))
    labels("labels with ties", truth,
           (numpy.round(4 * (draw.normal(size=(40, 5)) + truth - 0.5)) / 4).astype(numpy.float32))

    path = pathlib.Path(__file__).with_name("metric_values.json")
    lines = ",\n".join(json.dumps(case) for case in cases)
    path.write_text(f'{{"sklearn": "{sklearn.__version__}", "cases": [\n{lines}\n]}}\n')


main()
