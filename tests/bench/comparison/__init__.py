# SPDX-License-Identifier: GPL-3.0-or-later
"""The comparison of Feedline with PyTorch and with loops written by hand; compare.py starts it."""
