#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes loss_values.json: what PyTorch gives for each loss, its value and its gradient over ten steps of SGD.

Run once with Debian 12's python3-torch (1.13.1):  /usr/bin/python3 tests/data/make_loss_values.py
"""

import json
import pathlib

import torch
import torch.nn.functional as F

STEPS = 10
RATE = 0.5


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().double().reshape(-1).tolist()]


def focal(logits, target, gamma, alpha=None):
    """Lin et al., "Focal loss for dense object detection", 2017, over classes."""
    cross = F.cross_entropy(logits, target, reduction="none")
    loss = cross * (1 - torch.exp(-cross)) ** gamma
    return (loss if alpha is None else loss * torch.tensor(alpha)[target]).mean()


def sigmoid_focal(logits, target, gamma, alpha):
    """torchvision.ops.sigmoid_focal_loss(reduction="mean")."""
    truth = target.float().view_as(logits)
    p = torch.sigmoid(logits)
    cross = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    p_true = p * truth + (1 - p) * (1 - truth)
    return (cross * (1 - p_true) ** gamma * (alpha * truth + (1 - alpha) * (1 - truth))).mean()


def main():
    torch.manual_seed(7)
    scores = torch.randn(6, 4) * 2
    classes = torch.tensor([0, 3, 1, 2, 3, 0])
    one = torch.randn(6, 1) * 2
    two = torch.tensor([0, 1, 1, 0, 1, 0])
    guesses = torch.randn(6, 1) * 2
    truths = guesses.squeeze(1) + torch.tensor([0.1, -0.2, 3.0, -4.0, 0.6, 0.3])
    weights = [0.5, 1.0, 2.0, 4.0]
    labels = torch.tensor([[0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 0, 1], [0, 0, 1, 0], [1, 0, 0, 1], [1, 1, 1, 1.0]])
    by_bce = F.binary_cross_entropy_with_logits
    cases = [
        ("cross_entropy", {}, scores, classes, F.cross_entropy),
        ("cross_entropy", {"label_smoothing": 0.1}, scores, classes,
         lambda x, t: F.cross_entropy(x, t, label_smoothing=0.1)),
        ("cross_entropy", {"class_weights": weights}, scores, classes,
         lambda x, t: F.cross_entropy(x, t, weight=torch.tensor(weights))),
        ("cross_entropy", {"class_weights": weights, "label_smoothing": 0.2}, scores, classes,
         lambda x, t: F.cross_entropy(x, t, weight=torch.tensor(weights), label_smoothing=0.2)),
        ("binary_cross_entropy", {}, one, two, lambda x, t: by_bce(x, t.float().view_as(x))),
        ("binary_cross_entropy", {"positive_weight": 2.5}, one, two,
         lambda x, t: by_bce(x, t.float().view_as(x), pos_weight=torch.tensor([2.5]))),
        ("multi_label_cross_entropy", {}, scores, labels, by_bce),
        ("multi_label_cross_entropy", {"positive_weight": 3.0}, scores, labels,
         lambda x, t: by_bce(x, t, pos_weight=torch.tensor([3.0]))),
        ("mse", {}, guesses, truths, lambda x, t: F.mse_loss(x, t.view_as(x))),
        ("mae", {}, guesses, truths, lambda x, t: F.l1_loss(x, t.view_as(x))),
        ("huber", {}, guesses, truths, lambda x, t: F.huber_loss(x, t.view_as(x))),
        ("huber", {"delta": 0.4}, guesses, truths, lambda x, t: F.huber_loss(x, t.view_as(x), delta=0.4)),
        ("hinge", {}, scores, classes, F.multi_margin_loss),
        ("hinge", {"power": "2", "margin": 0.7}, scores, classes,
         lambda x, t: F.multi_margin_loss(x, t, p=2, margin=0.7)),
        ("focal", {}, scores, classes, lambda x, t: focal(x, t, 2)),
        ("focal", {"gamma": 0.5, "alpha": weights}, scores, classes, lambda x, t: focal(x, t, 0.5, weights)),
        ("focal", {"gamma": 2.0, "alpha": [0.25]}, one, two, lambda x, t: sigmoid_focal(x, t, 2, 0.25)),
    ]
    made = []
    for node, params, start, target, loss_of in cases:
        x = start.clone().requires_grad_(True)
        optimizer = torch.optim.SGD([x], lr=RATE)
        losses, gradients = [], []
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss = loss_of(x, target)
            loss.backward()
            losses.append(loss)
            gradients.append(numbers(x.grad))
            optimizer.step()
        made.append({"node": node, "params": params, "shape": list(start.shape), "prediction": numbers(start),
                     "classes": target.dtype == torch.int64, "target": target.reshape(-1).tolist(),
                     "losses": numbers(torch.stack(losses)), "gradients": gradients, "end": numbers(x)})
    path = pathlib.Path(__file__).with_name("loss_values.json")
    lines = ",\n".join(json.dumps(case) for case in made)
    path.write_text(f'{{"torch": "{torch.__version__}", "rate": {RATE}, "cases": [\n{lines}\n]}}\n')


main()
