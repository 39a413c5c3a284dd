// SPDX-License-Identifier: GPL-3.0-or-later
// How records are divided, in Python: what plan/record_split.cpp, plan/split_rules.cpp, plan/record_codes.cpp and
// base/random.cpp do, so that the same records train and validate there. Rules that change there change here; a test
// (tests/training/test_export.cpp) compares both.
#include "exporting/pytorch.h"

namespace feedline::inline exporting {
namespace {

constexpr std::string_view kSplits =
    R"py("""Which records train and which validate: by their places in the source, the same ones as in Feedline."""
import math

import numpy as np

WORD = 0xFFFFFFFF  # 32 bits
LONG = 0xFFFFFFFFFFFFFFFF
STRATA = 0x5712A7A5  # what a stratified split draws with
MOST_GROUPS = 1 << 20  # of more, each is put by its hash


def philox(counter, key):
    """128 random bits for each counter (Philox4x32-10: Salmon et al., 2011): four words of a counter, two of a key."""
    word, half = np.uint64(WORD), np.uint64(32)
    a, b, c, d = np.broadcast_arrays(*(np.asarray(part, np.uint64) for part in counter))
    for turn in range(10):
        k0, k1 = (np.uint64((key[i] + turn * step) & WORD) for i, step in enumerate((0x9E3779B9, 0xBB67AE85)))
        p, q = a * np.uint64(0xD2511F53), c * np.uint64(0xCD9E8D57)
        a, b, c, d = (q >> half) ^ b ^ k0, q & word, (p >> half) ^ d ^ k1, p & word
    return a, b, c, d


def permuted(places, size, seed, stream=0):
    """Where places of a seeded permutation of range(size) go: a Feistel network, walked until it lands inside."""
    half = 1 if size <= 2 else ((size - 1).bit_length() + 1) // 2
    bits, mask, word, up = np.uint64(half), np.uint64((1 << half) - 1), np.uint64(WORD), np.uint64(32)
    places = np.array(places, np.uint64)
    outside = np.ones(len(places), bool)
    while outside.any():
        left, right = places[outside] >> bits, places[outside] & mask
        for turn in range(4):
            low, high, _, _ = philox((right & word, right >> up, turn, stream), (seed & WORD, seed >> 32))
            left, right = right, left ^ ((high << up | low) & mask)
        places[outside] = left << bits | right
        outside = places >= np.uint64(size)
    return places.astype(np.int64)


def code_of(text):
    """The number of a value of a column."""
    odd, data = 0x9E3779B97F4A7C15, text.encode("utf-8")

    def fold(number, word):
        number = (number ^ word) * odd & LONG
        return number ^ number >> 29

    number, at = len(data) * odd & LONG, 0
    for at in range(8, len(data) + 1, 8):
        number = fold(number, int.from_bytes(data[at - 8 : at], "little"))
    rest = data[at:]
    if len(rest) >= 4:
        number = fold(number, int.from_bytes(rest[:4] + rest[-4:], "little"))
    elif rest:
        number = fold(number, rest[0] | rest[len(rest) // 2] << 8 | rest[-1] << 16)
    number = number * odd & LONG
    return min((number ^ number >> 32) >> 32, WORD - 1)


def group_order(seed, code):
    number = (((seed + 0x9E3779B97F4A7C15) & LONG) * 0xD1342543DE82EF95 + code) & LONG
    number = (number ^ number >> 33) * 0xFF51AFD7ED558CCD & LONG
    number = (number ^ number >> 33) * 0xC4CEB9FE1A85EC53 & LONG
    return number ^ number >> 33


def by_strata(codes, counts, held_out, folds, fold, seed):
    """Of each code its share, drawn record by record (selection sampling: Knuth, TAOCP 2, 3.4.2)."""
    left, at, total = {}, 0, len(codes)
    for code in sorted(counts):
        end = at + counts[code]
        if folds > 1:
            left[code] = [(end + folds - 1 - part) // folds - (at + folds - 1 - part) // folds for part in range(folds)]
        else:
            held = min(end * held_out // total - at * held_out // total, counts[code] - 1)  # one of each trains
            left[code] = [held, counts[code] - held]
        at = end
    blocks = np.arange((total + 3) // 4)
    words = philox((blocks, 0, 0, 0), (seed & WORD, (seed >> 32) ^ (STRATA * 0x85EBCA6B & WORD)))
    bits = np.stack(words, 1).ravel().tolist()
    held_part, remaining, held = fold - 1 if folds > 1 else 0, dict(counts), []
    for place, code in enumerate(codes):
        drawn, part = bits[place] * remaining[code] >> 32, 0
        remaining[code] -= 1
        while drawn >= left[code][part]:
            drawn -= left[code][part]
            part += 1
        left[code][part] -= 1
        held.append(part == held_part)
    return held


def by_groups(codes, counts, held_out, folds, fold, seed):
    """Whole groups: as near to the share as they allow, or the largest first into the fold that has least."""
    order = sorted(counts, key=lambda code: (group_order(seed, code), code))
    if len(counts) > MOST_GROUPS:
        share = held_out / len(codes)
        ratio = {code: (group_order(seed, code) >> 11) * 2.0**-53 for code in counts}
        return [int(ratio[code] * folds) == fold - 1 if folds > 1 else ratio[code] < share for code in codes]
    held, records = set(), 0
    if folds > 1:
        sizes = [0] * folds
        for code in sorted(order, key=lambda code: -counts[code]):
            least = sizes.index(min(sizes))
            sizes[least] += counts[code]
            if least == fold - 1:
                held.add(code)
    else:
        for code in order:
            if len(held) + 1 == len(counts):
                break  # one trains
            if records < held_out and counts[code] < 2 * (held_out - records):
                held.add(code)
                records += counts[code]
        held = held or {min(order, key=lambda code: counts[code])}
    return [code in held for code in codes]


def divide(records, by, column, share, folds, fold, seed, validation=(), training=()):
    """The places of records that train, and of those that validate.

    `by` is random, stratified, group or column. Of all but random, the values under "key" divide the records, or, of
    stratified without a `column`, their classes. With `folds` one of so many parts validates, number `fold` from 1 on;
    else a `share` of the records.
    """
    count = len(records)
    held_out = math.floor(count * share + 0.5)
    if folds <= 1 and by != "column" and share <= 0:
        return list(range(count)), []
    if by == "random":
        begin = lambda fold: count // folds * fold + count % folds * fold // folds  # noqa: E731
        first, last = (begin(fold - 1), begin(fold)) if folds > 1 else (count - held_out, count)
        places = permuted(np.arange(count), count, seed)
        return places[:first].tolist() + places[last:].tolist(), places[first:last].tolist()
    known = {}
    if by == "stratified" and not column:
        codes = [int(record["label"]) for record in records]
    else:
        values = [record["key"] for record in records]
        for value in values:
            if value not in known:
                known[value] = code_of(value)
        codes = [known[value] for value in values]
    counts = {}
    for code in codes:
        counts[code] = counts.get(code, 0) + 1
    if by == "column":
        train = [value in training if training else value not in validation for value in values]
        held = [value in validation for value in values]
    else:
        held = (by_strata if by == "stratified" else by_groups)(codes, counts, held_out, folds, fold, seed)
        train = [not one for one in held]
    return [i for i, one in enumerate(train) if one], [i for i, one in enumerate(held) if one]
)py";

}  // namespace

std::string_view pytorch_splits() { return kSplits; }

}  // namespace feedline::inline exporting
