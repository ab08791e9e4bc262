"""Links of known speed, delay and loss, between two network namespaces of this script's own.

The way there is a pair of virtual Ethernet devices with a token bucket; where the link has a delay, the way
back goes through `delay.py`. Packets are cut as a wire has them. The bucket leaves out what a wire takes for
preamble, checksum and gap of each packet, so that content can take at most 94.1% of a link. Loss is in the
way there.
"""

import os
import shutil
import signal
import statistics
import subprocess
import sys
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import material
from .measure import RECEIVER, SENDER, Clock, Failure
from .peers import BEFORE, OWN, Job
from .setting import say, sized
from .work import tired, transfer

HERE, THERE = "10.207.0.1", "10.207.0.2"
A, B = f"airlift-a{os.getpid()}", f"airlift-b{os.getpid()}"
ALLOWED = Path("/proc/sys/net/ipv4/tcp_allowed_congestion_control")
TAKING_PART = (OWN, BEFORE, "nc", "scp")
MIB = 1 << 20
FRAME, WIRE = 1514 * 1000, 1538
"""Bytes of a full packet as the bucket counts it, a thousand times for kbit, and as it takes a wire."""


@dataclass
class Link:
    name: str
    mbit: int
    content: int
    """Bytes of the file that is sent over it."""
    delay: int = 0
    """Round trip in milliseconds."""
    loss: int = 0
    """Per cent of the packets."""
    congestion: str = ""
    """Congestion control of both ends; otherwise the system's."""
    make: Callable[[Path, int], Path] = material.incompressible
    """What the file is made of."""


def planned(quick):
    links = [
        Link("100 Mbit/s", 100, 64 * MIB),
        Link("100 Mbit/s, a file of words", 100, 64 * MIB, make=material.words),
        Link("1 Gbit/s", 1000, 512 * MIB),
        Link("1 Gbit/s, 20 ms", 1000, 512 * MIB, delay=20),
        Link("1 Gbit/s, 20 ms, 1% loss", 1000, 256 * MIB, delay=20, loss=1),
        # Some 10 Mbit/s for one connection: a larger file would take minutes. In a smaller one, a transfer that
        # finds out while it runs how many connections help would have ended before it knows.
        Link("1 Gbit/s, 20 ms, 1% loss, cubic", 1000, 32 * MIB, delay=20, loss=1, congestion="cubic"),
    ]
    for link in links:
        link.content = min(link.content, 8 * MIB * (link.mbit // 100)) // 4 if quick else link.content
    return links


def measure(setting, contestants, keys):
    if os.geteuid() != 0:
        return setting.skip("links: network namespaces need root")
    missing = [name for name in ("ip", "tc", "nft", "ethtool", "sysctl")
               if not shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin:/usr/bin:/bin")]
    if missing:
        return setting.skip(f"links: {', '.join(missing)} not found. "
                            "To install: Debian: iproute2 nftables ethtool procps")
    result = {"title": "Shaped links", "rounds": setting.rounds, "clock": Clock.WAITED_FOR.value, "links": []}
    for link in planned(setting.quick):
        say(f"\n{link.name}: {sized(link.content)}")
        entry = {"name": link.name, "mbit": link.mbit, "delay": link.delay, "loss": link.loss,
                 "bytes": link.content, "peers": {}}
        try:
            with namespaces(link) as entry["congestion"]:
                _rounds(link, entry, setting, contestants, keys)
        except (Failure, subprocess.SubprocessError, OSError) as why:
            setting.skip(f"links: {link.name} could not be made: {why}")
        result["links"].append(entry)
    return result


def _rounds(link, entry, setting, contestants, keys):
    source = link.make(setting.memory / "link-source", link.content)
    taking_part = [peer for peer in contestants if peer.name in TAKING_PART]
    try:
        for number in range(setting.rounds):
            turn = number % len(taking_part)
            for peer in taking_part[turn:] + taking_part[:turn]:
                samples = entry["peers"].setdefault(peer.name, {"samples": []})["samples"]
                if not tired(peer, samples):
                    _one(link, number, peer, samples, source, setting, keys)
    finally:
        source.unlink()
    entry["share"] = {name: statistics.median(one["share"] for one in peer["samples"])
                      for name, peer in entry["peers"].items() if peer["samples"]}


def _one(link, number, peer, samples, source, setting, keys):
    place = {SENDER: ["ip", "netns", "exec", A], RECEIVER: ["ip", "netns", "exec", B]}
    folder = setting.memory / f"link-{number}-{peer.name.replace(' ', '-')}"
    job = Job(source, folder / "inbox", keys, THERE)
    job.inbox.mkdir(parents=True)
    material.warm(job.inbox, link.content)
    try:
        sample, _ = transfer(peer, job, folder / "notes", Clock.WAITED_FOR, place=place, limit=120)
        sample |= {"round": number, "share": link.content * 8 / sample["seconds"] / (link.mbit * 1e6)}
        samples.append(sample)
        say(f"  {peer.name:24} {sample['seconds']:8.3f} s  {sample['share']:6.1%} of the link")
    except Failure as why:
        setting.skip(f"links: {link.name}: {peer.name} failed: {why}")
    shutil.rmtree(folder)


def _do(*argv, inside=None):
    argv = [*(["ip", "netns", "exec", inside] if inside else []), *map(str, argv)]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    if done.returncode:
        raise Failure(f"{' '.join(argv)}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode().strip()


@contextmanager
def namespaces(link):
    """Two hosts and the link between them. Gives the congestion control that is in force there."""
    allowed, back = ALLOWED.read_text(), None
    try:
        for name in (A, B):
            _do("ip", "netns", "add", name)
        _do("ip", "link", "add", "wire", "netns", A, "type", "veth", "peer", "name", "wire", "netns", B)
        for name, address in ((A, HERE), (B, THERE)):
            for which in ("all", "default"):
                _do("sysctl", "-qw", f"net.ipv4.conf.{which}.rp_filter=0",
                    f"net.ipv6.conf.{which}.disable_ipv6=1", inside=name)
            _do("ip", "address", "add", f"{address}/24", "dev", "wire", inside=name)
            _do("ethtool", "-K", "wire", "tso", "off", "gso", "off", "gro", "off", inside=name)
            for device in ("lo", "wire"):
                _do("ip", "link", "set", device, "up", inside=name)
            # The queue of a switch: 20 ms of the link, and never less than 256 KiB.
            _do("tc", "qdisc", "add", "dev", "wire", "root", "tbf", "rate", f"{link.mbit * FRAME // WIRE}kbit",
                "burst", "64kb", "limit", max(256 * 1024, link.mbit * 125 * 20), inside=name)
        if link.delay:
            back = _delay(link.delay)
        if link.loss:
            _do("nft", "add table netdev loss; add chain netdev loss there { type filter hook ingress device "
                f"\"wire\" priority 0; }}; add rule netdev loss there numgen random mod 100 < {link.loss} drop",
                inside=B)
        if link.congestion:
            _congestion(link.congestion)
        yield _do("sysctl", "-n", "net.ipv4.tcp_congestion_control", inside=A)
        if back and back.poll() is not None:
            raise Failure("the program that makes the delay ended too early")
    finally:
        if back:
            back.send_signal(signal.SIGKILL)
            back.wait(10)
            back.stdout.close()
        for name in (A, B):
            subprocess.run(["ip", "netns", "delete", name], stderr=subprocess.DEVNULL, timeout=30)
        if ALLOWED.read_text() != allowed:
            ALLOWED.write_text(allowed)


def _delay(milliseconds):
    """Sends what goes from B to A through a program that holds it."""
    # The far end of the way is up before anything can be sent into it.
    ends = {A: f"back-a{os.getpid()}", B: f"back-b{os.getpid()}"}
    program = subprocess.Popen([sys.executable, "-I", Path(__file__).with_name("delay.py"), ends[B], ends[A],
                                str(milliseconds)], stdout=subprocess.PIPE)
    if program.stdout.readline() != b"ready\n":
        raise Failure("the devices for the delay can't be made")
    for name, device in ends.items():
        _do("ip", "link", "set", device, "netns", name)
        _do("ip", "link", "set", device, "txqueuelen", 10000, "up", inside=name)
    _do("ip", "route", "add", f"{HERE}/32", "dev", ends[B], "src", THERE, inside=B)
    return program


def _congestion(name):
    """Both hosts use it. A namespace may only choose what the system allows to everybody."""
    now = ALLOWED.read_text().split()
    if name not in now:
        ALLOWED.write_text(" ".join([*now, name]))
    for host in (A, B):
        _do("sysctl", "-qw", f"net.ipv4.tcp_congestion_control={name}", inside=host)
