#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes text_values.json: counts and TF-IDF of a few texts by scikit-learn, cut into words as Unicode (UAX #29) has it.

Run once with Debian 12's python3-sklearn (1.2.1):  /usr/bin/python3 tests/data/make_text_values.py
"""

import json
import pathlib
import re

import sklearn
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

TEXTS = [
    "The quick brown fox jumps over the lazy dog.",
    "Don't panic! It's only 3.14 per cent, or 1,000,000 in all.",
    "The dog didn't jump; the fox did.",
    "Crème brûlée costs 7.50 at the café, they say.",
    "CAFÉ, Café and café are one word; naïve is another.",
    "snake_case and camelCase and kebab-case",
    "Fish & chips (hot!) at www.example.com, e.g. on Friday",
    "Über allen Gipfeln ist Ruh, in allen Wipfeln spürest du",
    "Ο σκύλος τρέχει, ο ΣΚΎΛΟΣ κοιμάται",
    "A dog is a dog is a dog, and a fox isn’t a dog.",
    "No numbers here, and the quick dog sleeps at the café.",
    "Rock'n'roll 24/7 in '68 and 1990's",
]
ONE = r"['.’]"
WORD = re.compile(rf"\w+(?:(?:(?<=[^\W\d_]){ONE}(?=[^\W\d_])|(?<=\d)['.,;’](?=\d))\w+)*")


def words(text):
    return [word for word in WORD.findall(text) if any(c.isalnum() for c in word)]


def counted(vectorizer):
    counts = vectorizer.fit_transform(TEXTS).sum(axis=0).tolist()[0]
    pairs = [(term, counts[at]) for term, at in vectorizer.vocabulary_.items()]
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0].encode()))


def weighted(vectorizer):
    values = vectorizer.fit_transform(TEXTS).toarray()
    return {"terms": vectorizer.get_feature_names_out().tolist(),
            "values": [[float(f"{value:.9g}") for value in row] for row in values.tolist()]}


def main():
    by_word = {"tokenizer": words, "token_pattern": None}
    made = {
        "sklearn": sklearn.__version__,
        "texts": TEXTS,
        "words": [words(text) for text in TEXTS],
        "counts": [
            {"params": {}, "pairs": counted(CountVectorizer(**by_word))},
            {"params": {"lower": False}, "pairs": counted(CountVectorizer(lowercase=False, **by_word))},
            {"params": {"tokens": "characters"}, "pairs": counted(CountVectorizer(analyzer="char"))},
            {"params": {"tokens": "char_ngrams", "shortest": 2, "longest": 4},
             "pairs": counted(CountVectorizer(analyzer="char_wb", ngram_range=(2, 4)))},
        ],
        "weights": [
            {"params": {}, **weighted(TfidfVectorizer(**by_word))},
            {"params": {"least_texts": 2, "sublinear": True},
             **weighted(TfidfVectorizer(min_df=2, sublinear_tf=True, **by_word))},
            {"params": {"tokens": "char_ngrams", "shortest": 3, "longest": 3, "least_texts": 3},
             **weighted(TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3), min_df=3))},
        ],
    }
    path = pathlib.Path(__file__).with_name("text_values.json")
    path.write_text(json.dumps(made, ensure_ascii=False, indent=None, separators=(",", ":")) + "\n")


main()
