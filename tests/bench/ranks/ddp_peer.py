#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""PyTorch's side: DistributedDataParallel over Gloo as its tutorial has it, started by torchrun; one core a process.

The model, loss and optimiser of a graph like example:idx, and the faster of the loaders of torch_peer.py (numpy). Rank 0
prints one JSON object: samples per second of all ranks, from the end of a warm-up to so many steps.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "comparison"))

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler
from torch_model import Graph, Trainer
from torch_peer import augmentation, grey


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graph", required=True)
    parser.add_argument("--images", required=True)
    parser.add_argument("--labels", required=True)
    parser.add_argument("--batch", type=int, required=True, help="of all ranks")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--cores", default="", help="one a rank: 0,1")
    parser.add_argument("--flip", type=float, default=0.5)
    return parser.parse_args()


def main() -> None:
    options = parse()
    rank, ranks, local = (int(os.environ[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"))
    if options.cores:
        os.sched_setaffinity(0, {int(options.cores.split(",")[local])})
    torch.set_num_threads(1)
    torch.manual_seed(1)
    random.seed(1 + rank)
    dist.init_process_group("gloo")
    data = grey(options.images, options.labels, *augmentation(options), "numpy")
    sampler = DistributedSampler(data, shuffle=True)
    loader = DataLoader(data, batch_size=options.batch // ranks, sampler=sampler, drop_last=True)
    trainer = Trainer(Graph(options.graph))
    trainer.model = DistributedDataParallel(trainer.model)
    warm_up, done, epoch = 5, 0, 0
    start = 0.0
    while done < warm_up + options.steps:
        sampler.set_epoch(epoch)
        epoch += 1
        for batch in loader:
            trainer.step(batch)
            done += 1
            if done == warm_up:
                dist.barrier()
                start = time.perf_counter()
            if done == warm_up + options.steps:
                break
    dist.barrier()
    taken = time.perf_counter() - start
    if rank == 0:
        print(json.dumps({"samples_per_s": options.steps * (options.batch // ranks) * ranks / taken,
                          "torch": torch.__version__, "threads": torch.get_num_threads()}))
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
