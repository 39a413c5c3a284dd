# SPDX-License-Identifier: GPL-3.0-or-later
"""Two "machines" on this one: network namespaces with host names of their own, joined by a link of 1 Gbit/s and 10 ms."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from .claims import Unavailable

ADDRESSES = ("10.77.0.1", "10.77.0.2")
RATE = 1e9  # bits a second
DELAY = 0.010  # seconds each way


def call(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        raise Unavailable(f"{' '.join(words)}: {done.stderr.strip() or f'exit code {done.returncode}'}")


class TwoMachines:
    """A context. `link` tells what joins them: a veth with tc netem where the kernel has it, else a program between two
    TUN devices (wire.py), which delays and paces packets itself."""

    def __init__(self) -> None:
        self.spaces = [f"feedline-{os.getpid()}-{side}" for side in "ab"]
        self.devices = [f"fl{os.getpid() % 1_000_000}{side}" for side in "ab"]
        self.wire: subprocess.Popen | None = None
        self.link = ""

    def __enter__(self) -> TwoMachines:
        if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("unshare"):
            raise Unavailable("network namespaces want root, iproute2 and util-linux")
        try:
            for space in self.spaces:
                call("ip", "netns", "add", space)
            self.join()
            for space, device, address in zip(self.spaces, self.devices, ADDRESSES):
                call("ip", "-n", space, "address", "add", f"{address}/30", "dev", device)
            self.set_link("up")
            for space in self.spaces:
                call("ip", "-n", space, "link", "set", "lo", "up")
            self.try_link()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def join(self) -> None:
        one, other = self.devices
        try:
            call("ip", "link", "add", one, "type", "veth", "peer", "name", other)
            for device, space in zip(self.devices, self.spaces):
                call("ip", "link", "set", device, "netns", space)
                call("tc", "-n", space, "qdisc", "add", "dev", device, "root", "netem", "rate", f"{RATE / 1e9:g}gbit",
                     "delay", f"{DELAY * 1e3:g}ms", "limit", "20000")
            self.link = "veth with tc netem"
            return
        except Unavailable:
            subprocess.run(["ip", "-n", self.spaces[0], "link", "delete", one], capture_output=True)
            subprocess.run(["ip", "link", "delete", one], capture_output=True)
        program = Path(__file__).with_name("wire.py")
        self.wire = subprocess.Popen([sys.executable, str(program), *self.devices, f"{RATE:g}", f"{DELAY:g}"],
                                     stdout=subprocess.PIPE, text=True)
        if self.wire.stdout is None or self.wire.stdout.readline() != "ready\n":
            raise Unavailable("there is neither tc netem nor /dev/net/tun, so that no link has a delay")
        for device, space in zip(self.devices, self.spaces):
            call("ip", "link", "set", device, "netns", space)
        self.link = "TUN devices and wire.py, as the kernel has no netem"

    def try_link(self) -> None:
        """The other machine answers, if only that nothing listens there."""
        program = (f"import errno, socket; one = socket.socket(); one.settimeout(5); "
                   f"exit(one.connect_ex(('{ADDRESSES[1]}', 9)) not in (0, errno.ECONNREFUSED))")
        call(*self.on(0), sys.executable, "-c", program)

    def set_link(self, state: str, sides: tuple[int, ...] = (0, 1)) -> None:
        """Cuts ("down") or mends ("up") the network at these ends."""
        for side in sides:
            call("ip", "-n", self.spaces[side], "link", "set", self.devices[side], state)

    def on(self, machine: int) -> list[str]:
        """Words that start a program there, under its host name; the process id is that of the program."""
        name = f"machine-{'ab'[machine]}"
        return ["ip", "netns", "exec", self.spaces[machine], "unshare", "--uts", "sh", "-c",
                f'echo {name} > /proc/sys/kernel/hostname; exec "$@"', "sh"]

    def close(self) -> None:
        if self.wire is not None:
            self.wire.kill()
            self.wire.wait()
            if self.wire.stdout is not None:
                self.wire.stdout.close()
            self.wire = None
        for space in self.spaces:
            for _ in range(20):
                if subprocess.run(["ip", "netns", "delete", space], capture_output=True).returncode == 0:
                    break
                if not Path("/run/netns", space).exists():
                    break
                time.sleep(0.1)
