#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs PyTorch's DataLoader, the loops written by hand and Feedline in turn, and prints the ratios.

Several rounds, interleaved, so that a busy moment of the machine hits all of them. See
resources/help/benchmarks.md, or: compare.py --help. One command installs, builds and runs all: packaging/bench.sh.
"""

import sys

from comparison.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
