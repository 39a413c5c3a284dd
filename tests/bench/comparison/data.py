# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures that all contestants read: given ones, or made ones where none are at hand."""

from __future__ import annotations

import os
import random
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path

from .measure import Unavailable, say

PHOTOS = 1000
SIDE = 28


@dataclass(frozen=True)
class Grey:
    """28x28 pictures and labels as IDX files, to learn from and to test with."""

    images: Path
    labels: Path
    test_images: Path
    test_labels: Path
    made: bool


def photo_folder(given: Path, work: Path, count: int = PHOTOS) -> Path:
    """A folder of `count` photos in class folders: links to the given ones, repeated as often as it takes."""
    files = sorted(p for p in given.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg") and p.is_file())
    if not files:
        raise Unavailable(f"there are no JPEG files below {given}")
    folder = work / "photos"
    shutil.rmtree(folder, ignore_errors=True)
    for number in range(count):
        file = files[number % len(files)]
        group = file.parent.name if file.parent != given else "all"
        place = folder / group / f"{number:05}.jpg"
        place.parent.mkdir(parents=True, exist_ok=True)
        os.symlink(file.resolve(), place)
    return folder


def fashion_mnist(folder: Path, work: Path) -> Grey:
    """The files of MNIST or Fashion-MNIST if `folder` has them, else made ones."""
    names = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
    found = [next((p for p in (folder / f"{n}.gz", folder / n) if p.is_file()), None) for n in names]
    if all(found):
        paths = [p for p in found if p is not None]
        return Grey(*paths, made=False)
    say(f"There is no MNIST in {folder}; 28x28 pictures are made instead.")
    made = work / "grey"
    made.mkdir(parents=True, exist_ok=True)
    files = [made / name for name in names]
    write_grey(files[0], files[1], 60000, seed=1)
    write_grey(files[2], files[3], 10000, seed=2)
    return Grey(*files, made=True)


def write_grey(images: Path, labels: Path, count: int, seed: int) -> None:
    """Dark noise with a bright square, whose place tells the class: something to learn, but not at once."""
    numbers = random.Random(seed)
    pixels = bytearray(numbers.randbytes(count * SIDE * SIDE))
    classes = bytearray(count)
    side = 8
    for item in range(count):
        kind = numbers.randrange(10)
        classes[item] = kind
        x = 1 + kind % 5 * 4 + numbers.randrange(4)
        y = 2 + kind // 5 * 12 + numbers.randrange(4)
        for row in range(y, y + side):
            start = item * SIDE * SIDE + row * SIDE + x
            pixels[start : start + side] = bytes(255 - b // 3 for b in pixels[start : start + side])
    images.write_bytes(struct.pack(">4I", 0x803, count, SIDE, SIDE) + pixels)
    labels.write_bytes(struct.pack(">2I", 0x801, count) + classes)
