"""A link's way back, on which every packet takes its time. Run as a program of its own.

Makes two network devices and carries what is sent through the first one to the second one, so many
milliseconds later. Only acknowledgements go this way, so that a program in Python is fast enough; and a
connection knows nothing but the round trip, wherever in it the time is spent.

    python3 delay.py FIRST SECOND MILLISECONDS
"""

import fcntl
import os
import select
import struct
import sys
import time
from collections import deque

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


def device(name):
    handle = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(handle, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return handle


def carry(first, second, seconds):
    held = deque()
    while True:
        wait = max(0, held[0][0] - time.monotonic()) if held else None
        select.select([first], [], [], wait)
        due = time.monotonic()
        try:
            while True:
                held.append((due + seconds, os.read(first, 65536)))
        except BlockingIOError:
            pass
        now = time.monotonic()
        while held and held[0][0] <= now:
            os.write(second, held.popleft()[1])


if __name__ == "__main__":
    ends = device(sys.argv[1]), device(sys.argv[2])
    print("ready", flush=True)
    carry(*ends, float(sys.argv[3]) / 1000)
