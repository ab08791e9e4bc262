"""A way between two network namespaces on which every packet takes its time, and some are lost.

Makes an Ethernet device "wire" in both and carries what is sent into the one to the other: so many
milliseconds later, but for so many per cent, which a seed chooses. SIGUSR1 stalls it for 8 s: what is sent
meanwhile arrives after that.

    python3 weather.py SPACE SPACE MILLISECONDS PERCENT SEED
"""

import fcntl
import os
import random
import select
import signal
import struct
import subprocess
import sys
import time
from collections import deque

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
STALL = 8
# Packets that wait in one direction: what is beyond is lost, as in any queue.
HELD = 4000


class Way:
    def __init__(self, source, target, seed):
        self.source, self.target = source, target
        self.held = deque()
        self.chance = random.Random(seed)


def device(space, name):
    handle = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(handle, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TAP | IFF_NO_PI))
    subprocess.run(["ip", "link", "set", name, "netns", space, "name", "wire"], check=True)
    return handle


def carry(ways, seconds, lost):
    stalled = 0.0

    def stall(*_):
        nonlocal stalled
        stalled = time.monotonic() + STALL

    signal.signal(signal.SIGUSR1, stall)
    print("ready", flush=True)
    while True:
        now = time.monotonic()
        due = [max(way.held[0][0], stalled) for way in ways if way.held]
        wait = max(0.0, min(due) - now) if due else None
        readable, _, _ = select.select([way.source for way in ways], [], [], wait)
        for way in ways:
            if way.source in readable:
                now = time.monotonic()
                for _ in range(64):
                    try:
                        packet = os.read(way.source, 65536)
                    except BlockingIOError:
                        break
                    if way.chance.random() * 100 >= lost and len(way.held) < HELD:
                        way.held.append((now + seconds, packet))
            now = time.monotonic()
            while way.held and way.held[0][0] <= now and stalled <= now:
                try:
                    os.write(way.target, way.held.popleft()[1])
                except OSError:
                    # Not up yet, or its queue is full: lost.
                    pass


if __name__ == "__main__":
    first, second = (device(space, f"weather{os.getpid()}{end}"[-15:]) for space, end in zip(sys.argv[1:3], "ab"))
    seed = int(sys.argv[5])
    carry([Way(first, second, seed), Way(second, first, seed + 1)], float(sys.argv[3]) / 1000, float(sys.argv[4]))
