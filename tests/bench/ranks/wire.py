#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network cable with a rate and a delay, between two TUN devices: wire.py DEVICE DEVICE BITS_PER_S DELAY_S.

What tc netem does, for kernels that lack it. Each direction sends packets one after the other at the rate, keeps them
for the delay, and drops what would wait longer than a switch's buffer. Devices may be moved into network namespaces.
"""

from __future__ import annotations

import fcntl
import os
import selectors
import struct
import subprocess
import sys
import time
from collections import deque

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
LARGEST = 9000  # bytes of a packet, as of jumbo frames: fewer packets for Python
BUFFER = 0.05  # seconds that a packet may wait to be sent


def open_device(name: str) -> int:
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(file, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    subprocess.run(["ip", "link", "set", name, "mtu", str(LARGEST), "txqueuelen", "2000"], check=True)
    return file


class Direction:
    def __init__(self, source: int, target: int, rate: float, delay: float):
        self.source, self.target, self.rate, self.delay = source, target, rate / 8, delay
        self.under_way: deque[tuple[float, bytes]] = deque()
        self.sent_at = 0.0

    def take(self) -> None:
        now = time.monotonic()
        for _ in range(256):
            try:
                packet = os.read(self.source, LARGEST + 100)
            except OSError:  # nothing there, or the device is down
                return
            if self.sent_at - now > BUFFER:
                continue
            self.sent_at = max(self.sent_at, now) + len(packet) / self.rate
            self.under_way.append((self.sent_at + self.delay, packet))

    def give(self) -> None:
        now = time.monotonic()
        while self.under_way and self.under_way[0][0] <= now:
            try:
                os.write(self.target, self.under_way.popleft()[1])
            except OSError:  # the device is down: the packet is lost
                continue


def main(arguments: list[str]) -> None:
    one, other = open_device(arguments[0]), open_device(arguments[1])
    rate, delay = float(arguments[2]), float(arguments[3])
    ways = [Direction(one, other, rate, delay), Direction(other, one, rate, delay)]
    selector = selectors.DefaultSelector()
    for way in ways:
        selector.register(way.source, selectors.EVENT_READ, way)
    print("ready", flush=True)
    while True:
        due = min((way.under_way[0][0] for way in ways if way.under_way), default=None)
        wait = None if due is None else max(due - time.monotonic(), 0)
        for key, _ in selector.select(wait):
            key.data.take()
        for way in ways:
            way.give()


if __name__ == "__main__":
    main(sys.argv[1:])
