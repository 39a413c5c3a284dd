#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes table_values.json: what scikit-learn gives for some rows of well-known tables, fitted to all of their rows.

Run once with Debian 12's python3-sklearn (1.2.1), with the folder of the real data sets:
  /usr/bin/python3 tests/data/make_table_values.py /work/shared/data
"""

import json
import pathlib
import sys

import numpy as np
import sklearn
from sklearn.feature_extraction import FeatureHasher
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (KBinsDiscretizer, MinMaxScaler, OneHotEncoder, OrdinalEncoder, PolynomialFeatures,
                                   RobustScaler, StandardScaler)

DATA = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/work/shared/data")
TABLES = {  # file, lines to be passed over, rows at most, is "?" a missing cell?
    "iris": ("tables/sklearn/iris.csv", 1, 1000, True),
    "wine": ("tables/sklearn/wine_data.csv", 1, 1000, True),
    "cancer": ("tables/sklearn/breast_cancer.csv", 1, 1000, True),
    "horse": ("tables/uci/horse-colic.csv", 0, 1000, True),
    "adult": ("tables/uci/adult-train.csv", 0, 500, False),
    "adult_missing": ("tables/uci/adult-train.csv", 0, 500, True),
}
TOLD = 5  # rows of each case


def number(cell):
    try:
        return float(cell)
    except ValueError:
        return None


class Table:
    def __init__(self, name):
        file, skipped, most, missing = TABLES[name]
        lines = (DATA / file).read_bytes().decode().split("\n")[skipped:]
        self.rows = [[cell.strip() for cell in line.split(",")] for line in lines if line.strip()][:most]
        self.missing = "?" if missing else None
        width = range(len(self.rows[0]))
        self.is_number = [all(row[i] == self.missing or number(row[i]) is not None for row in self.rows) for i in width]
        self.numbers = [i for i in width if self.is_number[i]]
        self.texts = [i for i in width if not self.is_number[i]]

    def of_numbers(self, columns):
        return np.array([[np.nan if row[i] == self.missing else float(row[i]) for i in columns] for row in self.rows])

    def of_texts(self, columns):
        return np.array([[None if row[i] == self.missing else row[i] for i in columns] for row in self.rows], object)


def told(values):
    return [None if value is None or (isinstance(value, float) and np.isnan(value)) else
            value if isinstance(value, str) else float(f"{float(value):.12g}") for value in values]


CASES = []


def case(table, node, params, columns, made):
    """`columns`: indices in the node's output that hold `made`, a matrix of all rows."""
    made = np.asarray(made)
    assert made.shape[1] == len(columns), (table, node, made.shape, len(columns))
    rows = sorted({round(i * (len(made) - 1) / (TOLD - 1)) for i in range(TOLD)})
    CASES.append({"table": table, "node": node, "params": params, "columns": list(columns),
                  "rows": rows, "expected": [told(made[row]) for row in rows]})


def scalers():
    for name in ("iris", "wine", "cancer", "horse"):
        table = Table(name)
        numbers = table.of_numbers(table.numbers)
        for node, params, by in (
                ("standardise", {}, StandardScaler()),
                ("standardise", {"centre": False}, StandardScaler(with_mean=False)),
                ("min_max", {}, MinMaxScaler()),
                ("min_max", {"low": -1.0, "high": 2.0}, MinMaxScaler((-1, 2))),
                ("robust", {}, RobustScaler()),
                ("robust", {"lower": 10.0, "upper": 80.0}, RobustScaler(quantile_range=(10, 80)))):
            case(name, node, params, table.numbers, by.fit_transform(numbers))


def bins():
    for name in ("iris", "wine", "cancer"):
        table = Table(name)
        numbers = table.of_numbers(table.numbers)
        for edges in ("quantile", "uniform"):
            made = KBinsDiscretizer(4, encode="ordinal", strategy=edges, subsample=None).fit_transform(numbers)
            case(name, "bins", {"bins": 4, "edges": edges}, table.numbers, made)
    numbers = Table("iris").of_numbers(range(5))
    made = KBinsDiscretizer(3, encode="onehot-dense", strategy="uniform", subsample=None).fit_transform(numbers)
    case("iris", "bins", {"bins": 3, "edges": "uniform", "encode": "one_hot"}, range(made.shape[1]), made)


def imputers():
    table = Table("horse")
    numbers = table.of_numbers(table.numbers)
    assert np.isnan(numbers).sum() > 1000
    for rule in ("mean", "median", "most_frequent"):
        made = SimpleImputer(strategy=rule).fit_transform(numbers)
        case("horse", "impute", {"numbers": rule}, table.numbers, made)
    made = SimpleImputer(strategy="constant", fill_value=-7).fit_transform(numbers)
    case("horse", "impute", {"numbers": "constant", "number": -7.0}, table.numbers, made)
    made = SimpleImputer(strategy="median", add_indicator=True).fit_transform(numbers)
    told_of = made.shape[1] - len(table.numbers)
    columns = table.numbers + [len(table.rows[0]) + i for i in range(told_of)]
    case("horse", "impute", {"indicator": True}, columns, made)
    table = Table("adult_missing")
    texts = table.of_texts(table.texts)
    assert (texts == None).sum() > 10  # noqa: E711
    made = SimpleImputer(strategy="most_frequent", missing_values=None).fit_transform(texts)
    case("adult_missing", "impute", {}, table.texts, made)


def categories():
    table = Table("adult")
    texts = table.of_texts(table.texts)
    case("adult", "ordinal", {}, table.texts, OrdinalEncoder().fit_transform(texts))
    # One-hot columns stand where the old ones stood: look for them between the numbers.
    for params, by in (({}, OneHotEncoder(sparse_output=False, handle_unknown="ignore")),
                       ({"most": 5}, OneHotEncoder(sparse_output=False, max_categories=5, handle_unknown="ignore")),
                       ({"most": 4, "unseen": "other"},
                        OneHotEncoder(sparse_output=False, max_categories=4, handle_unknown="infrequent_if_exist"))):
        # scikit-learn has the column of the others only where there are some, and scikit-learn 1.2 makes one where there
        # are just as many categories as may be.
        if "most" in params:
            wide = [i for i in table.texts if len({row[i] for row in table.rows}) > params["most"]]
        else:
            wide = table.texts
        made = by.fit_transform(table.of_texts(wide))
        widths = [len(one) for one in split_names(by, wide)]
        columns, at = [], 0
        for i in range(len(table.rows[0])):
            width = widths[wide.index(i)] if i in wide else 1
            if i in wide:
                columns += range(at, at + width)
            at += width
        case("adult", "one_hot", {**params, "columns": [f"c{i}" for i in wide]}, columns, made)
    hasher = FeatureHasher(16, input_type="dict")
    made = hasher.transform([{f"c{i}": row[i] for i in table.texts} for row in table.rows]).toarray()
    case("adult", "hash_columns", {"buckets": 16}, range(len(table.numbers), len(table.numbers) + 16), made)
    # The m-estimate of category_encoders' MEstimateEncoder, worked out as its formula says.
    target = np.array([float(i % 3 == 0) for i in range(len(table.rows))])
    made = np.empty((len(table.rows), len(table.texts)))
    for at, i in enumerate(table.texts):
        column = texts[:, at]
        for value in set(column):
            of = target[column == value]
            made[column == value, at] = (of.sum() + 10 * target.mean()) / (len(of) + 10)
    case("adult", "target_encoding", {"smoothing": 10.0}, table.texts, made)


def split_names(encoder, columns):
    names = [list(group) for group in ([] for _ in columns)]
    for name in encoder.get_feature_names_out([f"c{i}" for i in columns]):
        names[columns.index(int(name[1:].split("_")[0]))].append(name)
    return names


def products():
    for name in ("iris", "wine"):
        table = Table(name)
        few = table.numbers[:4]
        made = PolynomialFeatures(2, include_bias=False).fit_transform(table.of_numbers(few))[:, len(few):]
        width = len(table.rows[0])
        case(name, "polynomial", {"columns": [f"c{i}" for i in few]}, range(width, width + made.shape[1]), made)
        made = PolynomialFeatures(2, include_bias=False, interaction_only=True)
        made = made.fit_transform(table.of_numbers(few))[:, len(few):]
        case(name, "polynomial", {"columns": [f"c{i}" for i in few], "squares": False},
             range(width, width + made.shape[1]), made)


def main():
    scalers()
    bins()
    imputers()
    categories()
    products()
    path = pathlib.Path(__file__).with_name("table_values.json")
    tables = json.dumps({name: {"file": file, "skipped": skipped, "most": most, "keep_missing": not missing}
                         for name, (file, skipped, most, missing) in TABLES.items()})
    lines = ",\n".join(json.dumps(one) for one in CASES)
    path.write_text(f'{{"sklearn": "{sklearn.__version__}", "tables": {tables}, "cases": [\n{lines}\n]}}\n')


main()
