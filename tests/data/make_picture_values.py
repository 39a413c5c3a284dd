#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes picture_values.json: what PIL, torchvision and OpenCV give for the picture nodes.

`cases` are single operations on small pictures (hexadecimal bytes, rows of R G B), compared by
tests/nodes/test_picture_nodes.cpp. `goldens` are the mean and deviation of each node's example on the standard
picture of the registry-driven tests, with Feedline's own random numbers; they stand in the nodes' files.

Run once with Debian 12's python3-torchvision (0.14.1), python3-pil (9.4) and python3-opencv (4.6):
/usr/bin/python3 tests/data/make_picture_values.py
"""

import io
import json
import math
import pathlib
import statistics

import cv2
import numpy as np
from PIL import Image, ImageOps
import torchvision.transforms.functional as F
from torchvision.transforms import InterpolationMode

NEAREST = InterpolationMode.NEAREST
BILINEAR = InterpolationMode.BILINEAR


class Rng:
    """core/base/random.h"""

    def __init__(self, seed, epoch, record, node):
        self.counter = [0, record & 0xFFFFFFFF, record >> 32, epoch]
        self.key = [seed & 0xFFFFFFFF, (seed >> 32) ^ (node * 0x85EBCA6B & 0xFFFFFFFF)]
        self.block = []

    def bits(self):
        if not self.block:
            c, k = list(self.counter), list(self.key)
            for _ in range(10):
                a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
                c = [(b >> 32) ^ c[1] ^ k[0], b & 0xFFFFFFFF, (a >> 32) ^ c[3] ^ k[1], a & 0xFFFFFFFF]
                k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
            self.counter[0] += 1
            self.block = c
        return self.block.pop(0)

    def uniform(self, low=0.0, high=1.0):
        return low + (high - low) * ((self.bits() >> 8) * 2.0**-24)

    def below(self, count):
        return self.bits() * count >> 32


def waves(width, height):
    """standard_pixel() of tests/support/standard_input.h"""
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    wave = (x * 5 + y * 3 + c * 90) % 510
    return np.where(wave < 256, wave, 510 - wave).astype(np.uint8)


def noisy(width, height):
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return ((x * 37 + y * 59 + c * 83 + x * y * 7 * (c + 1)) % 256).astype(np.uint8)


INPUTS = {"waves": waves(20, 14), "noisy": noisy(19, 16), "dull": (40 + noisy(19, 16) % 150).astype(np.uint8)}


# What nodes do, written anew with the libraries' own functions.


def affine(picture, degrees=0.0, shift=(0, 0), scale=1.0, shear=(0.0, 0.0), filter=NEAREST, centre=None, fill=0):
    return F.affine(picture, degrees, list(shift), scale, list(shear), filter, fill=fill, center=centre)


def augmented(picture, what, strength, sign):
    """torchvision.transforms.autoaugment._apply_op() with RandAugment's table."""
    width, height = picture.size
    by = sign * strength
    slant = math.degrees(math.atan(0.3 * by))
    factor = 1 + 0.9 * by
    corner = [0, 0]
    return [
        lambda: picture,
        lambda: affine(picture, shear=(slant, 0.0), centre=corner),
        lambda: affine(picture, shear=(0.0, slant), centre=corner),
        lambda: affine(picture, shift=(int(150.0 / 331.0 * width * by), 0)),
        lambda: affine(picture, shift=(0, int(150.0 / 331.0 * height * by))),
        lambda: F.rotate(picture, 30 * by, NEAREST, fill=0),
        lambda: F.adjust_brightness(picture, factor),
        lambda: F.adjust_saturation(picture, factor),
        lambda: F.adjust_contrast(picture, factor),
        lambda: F.adjust_sharpness(picture, factor),
        lambda: F.posterize(picture, 8 - round(strength * 4)),
        lambda: F.solarize(picture, 255 * (1 - strength)),
        lambda: F.autocontrast(picture),
        lambda: F.equalize(picture),
    ][what]()


def hue_turned(pixels, turns):
    """torchvision's adjust_hue() of tensors, in real numbers until the end."""
    tensor = F.convert_image_dtype(F.pil_to_tensor(Image.fromarray(pixels)))
    turned = F.adjust_hue(tensor, turns).numpy().transpose(1, 2, 0)
    return np.clip(np.floor(turned * 255 + 0.5), 0, 255).astype(np.uint8)


def inverse_affine(degrees=0.0, shift=(0.0, 0.0), scale=1.0, shear=(0.0, 0.0), centre=(0.0, 0.0)):
    """Between the middles of pixels, as cv2.warpAffine() counts."""
    map = F._get_inverse_affine_matrix(list(centre), degrees, list(shift), scale, list(shear))
    map[2] += 0.5 * (map[0] + map[1] - 1)
    map[5] += 0.5 * (map[3] + map[4] - 1)
    return np.array(map).reshape(2, 3)


def warped(pixels, matrix):
    size = (pixels.shape[1], pixels.shape[0])
    return cv2.warpAffine(pixels, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderValue=(0, 0, 0))


def middle(pixels, height, width):
    return np.array(F.center_crop(Image.fromarray(pixels), [height, width]))


def clahe(pixels, limit, tiles):
    lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)
    lab[:, :, 0] = cv2.createCLAHE(limit, (tiles, tiles)).apply(np.ascontiguousarray(lab[:, :, 0]))
    return cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)


def jpeg(pixels, quality):
    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, "JPEG", quality=quality, subsampling=2)
    return np.array(Image.open(packed))


def grey(pixels):
    return np.array(F.rgb_to_grayscale(Image.fromarray(pixels), 3))


def blurred(pixels, sigma):
    side = 2 * math.ceil(3 * sigma) + 1
    return cv2.GaussianBlur(pixels, (side, side), sigma, sigmaY=sigma, borderType=cv2.BORDER_REFLECT_101)


# Goldens: the nodes' examples.


def drawn_goldens():
    """With Rng(7, 1, 3, 5), as the registry-driven tests draw."""
    picture = waves(64, 48)
    height, width = picture.shape[:2]
    centre = (width / 2, height / 2)
    image = Image.fromarray(picture)

    rng = Rng(7, 1, 3, 5)
    rng.uniform()
    rotated = warped(picture, inverse_affine(rng.uniform(-30, 30), centre=centre))

    rng = Rng(7, 1, 3, 5)
    degrees = rng.uniform(-20, 20)
    shift = [round(rng.uniform(-0.1, 0.1) * width), round(rng.uniform(-0.1, 0.1) * height)]
    scale = rng.uniform(0.9, 1.1)
    moved = warped(picture, inverse_affine(degrees, shift, scale, (rng.uniform(-10, 10), 0.0), centre))

    rng = Rng(7, 1, 3, 5)
    rng.uniform()
    far = [int(0.4 * (width // 2)), int(0.4 * (height // 2))]
    before = np.float32([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]])
    after = []
    for corner in before:
        x, y = rng.below(far[0] + 1), rng.below(far[1] + 1)
        after.append([x if corner[0] == 0 else width - 1 - x, y if corner[1] == 0 else height - 1 - y])
    matrix = cv2.getPerspectiveTransform(np.float32(after), before)
    tilted = cv2.warpPerspective(picture, matrix, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)

    rng = Rng(7, 1, 3, 5)
    order = [0, 1, 2, 3]
    for i in (3, 2, 1):
        j = rng.below(i + 1)
        order[i], order[j] = order[j], order[i]
    brightness, contrast, saturation = (rng.uniform(0.6, 1.4) for _ in range(3))
    hue = rng.uniform(-0.1, 0.1)
    jittered = image
    for what in order:
        jittered = [
            lambda p: F.adjust_brightness(p, brightness),
            lambda p: F.adjust_contrast(p, contrast),
            lambda p: F.adjust_saturation(p, saturation),
            lambda p: Image.fromarray(hue_turned(np.array(p), hue)),
        ][what](jittered)

    rng = Rng(7, 1, 3, 5)
    rng.uniform()
    normal = statistics.NormalDist()
    values = picture.reshape(-1)
    bits = [rng.bits() for _ in range(len(values) // 2)]
    steps = np.array([[b % 4096, (b >> 16) % 4096] for b in bits]).reshape(-1)
    noise = np.array([normal.inv_cdf((step + 0.5) / 4096) for step in steps])
    noised = np.floor(np.clip(values + 20 * noise, 0, 255) + 0.5)

    rng = Rng(7, 1, 3, 5)
    changed = image
    for _ in range(2):
        what = rng.below(14)
        changed = augmented(changed, what, 0.5, -1.0 if rng.uniform() < 0.5 else 1.0)

    return {
        "rotate": rotated,
        "affine": moved,
        "perspective": tilted,
        "colour_jitter": np.array(jittered),
        "noise": noised,
        "rand_augment": np.array(changed),
        "centre_crop": middle(picture, 40, 32),
        "grey": grey(picture),
        "equalise": np.array(ImageOps.equalize(image)),
        "clahe": clahe(picture, 3.0, 4),
        "blur": blurred(picture, 1.5),
        "sharpen": np.array(F.adjust_sharpness(image, 3.0)),
        "jpeg_artefacts": jpeg(picture, 40),
    }


def cases():
    found = []

    def add(call, of, output, **arguments):
        found.append({"call": call, "input": of, "arguments": arguments, "height": output.shape[0],
                      "width": output.shape[1], "output": output.tobytes().hex()})

    for of in ("noisy", "dull"):
        pixels = INPUTS[of]
        image = Image.fromarray(pixels)
        for factor in (0.0, 0.35, 1.0, 1.7):
            add("brightness", of, np.array(F.adjust_brightness(image, factor)), factor=factor)
            add("contrast", of, np.array(F.adjust_contrast(image, factor)), factor=factor)
            add("saturation", of, np.array(F.adjust_saturation(image, factor)), factor=factor)
            add("sharpness", of, np.array(F.adjust_sharpness(image, factor)), factor=factor)
        for turns in (-0.5, -0.13, 0.0, 0.3):
            add("hue", of, hue_turned(pixels, turns), factor=turns)
        for bits in (1, 4, 7):
            add("posterise", of, np.array(ImageOps.posterize(image, bits)), factor=bits)
        for threshold in (0.0, 101.5, 255.0):
            add("solarise", of, np.array(ImageOps.solarize(image, threshold)), factor=threshold)
        add("grey", of, grey(pixels), factor=0)
        add("auto_contrast", of, np.array(ImageOps.autocontrast(image)), factor=0)
        add("equalise", of, np.array(ImageOps.equalize(image)), factor=0)

    image = Image.fromarray(INPUTS["waves"])
    for degrees, shift, scale, shear in ((17.0, (0, 0), 1.0, (0.0, 0.0)), (-40.0, (3, -2), 1.3, (8.0, -5.0)),
                                         (0.0, (0, 4), 0.6, (0.0, 12.0))):
        for name, filter in (("nearest", NEAREST), ("linear", BILINEAR)):
            output = np.array(affine(image, degrees, shift, scale, shear, filter, fill=[9, 9, 9]))
            add("affine", "waves", output, filter=name, degrees=degrees, shift_x=shift[0], shift_y=shift[1],
                scale=scale, shear_x=shear[0], shear_y=shear[1])

    for height, width in ((9, 7), (14, 20), (20, 9), (31, 33)):
        add("centre_crop", "waves", middle(INPUTS["waves"], height, width))

    for strength in (0.3, 0.9):
        for what in range(14):
            for sign in (-1, 1) if 0 < what < 10 else (1,):
                output = np.array(augmented(image, what, strength, sign))
                add("rand_augment", "waves", output, what=what, strength=strength, sign=sign)
    return found


def main():
    goldens = {name: {"mean": float(f"{np.mean(value.astype(float)):.7g}"),
                      "stddev": float(f"{np.std(value.astype(float)):.7g}")}
               for name, value in drawn_goldens().items()}
    inputs = {name: {"height": pixels.shape[0], "width": pixels.shape[1], "bytes": pixels.tobytes().hex()}
              for name, pixels in INPUTS.items()}
    target = pathlib.Path(__file__).with_name("picture_values.json")
    parts = [f'"goldens": {json.dumps(goldens, indent=1)}', f'"inputs": {json.dumps(inputs, indent=1)}']
    lines = ",\n".join(json.dumps(case) for case in cases())
    target.write_text("{\n" + ",\n".join(parts) + ',\n"cases": [\n' + lines + "\n]\n}\n")


if __name__ == "__main__":
    main()
