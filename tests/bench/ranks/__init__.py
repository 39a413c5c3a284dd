# SPDX-License-Identifier: GPL-3.0-or-later
"""Campaigns of training over several processes and machines: what is promised, tried on the real program."""
