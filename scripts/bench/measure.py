"""Runs both sides of a transfer as processes under one clock, and counts what they used.

Knows processes, ports and clocks; knows no peer and no kind of work. A `Run` is one transfer: servers that
run before the clock, a first command that waits and a second one that sets the transfer off. Processor
time is what the kernel counted for a process and all that it waited for. Peak memory is GNU time's, since
the kernel's figure for a process started by this one includes this one.
"""

import os
import select
import shlex
import shutil
import signal
import socket
import subprocess
import time
from enum import Enum
from pathlib import Path

SENDER, RECEIVER, BETWEEN = "sender", "receiver", "between"
TIME = shutil.which("time") or "/usr/bin/time"
"""GNU time."""


class Clock(Enum):
    """What the clock covers."""

    BOTH = "both commands, from the start of the first to the end of both"
    WAITED_FOR = "from the start of the second command, the first one waiting already, to the end of both"
    COMMAND = "the second command, from its start to its end, the first one waiting already"


class Failure(Exception):
    """A run that did not do its work: what happened, in a sentence."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def children(pid):
    """The processes that `pid` has started and not yet waited for."""
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []


def is_listening(pid, port):
    """Whether the port is open in the network namespace of `pid`."""
    wanted = f":{port:04X}"
    for table in ("tcp", "tcp6"):
        try:
            lines = Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[1].endswith(wanted) and fields[3] == "0A":
                return True
    return False


class Child:
    """A process of one side."""

    def __init__(self, side, place, argv, notes, **where):
        self.side, self.argv, self.notes = side, [str(part) for part in argv], notes
        watched = [TIME, "-q", "-f", "%M", "-o", f"{notes}.peak"]
        with open(f"{notes}.stderr", "wb") as problems:
            self.process = subprocess.Popen(
                [*place, *watched, *self.argv], stderr=problems, start_new_session=True, **where)
        self.pid, self.status, self.cpu = self.process.pid, None, 0.0

    def wait(self, seconds):
        """Waits for the end. False when the time is over."""
        if self.status is not None:
            return True
        handle = os.pidfd_open(self.pid)
        try:
            if not select.select([handle], [], [], max(0, seconds))[0]:
                return False
        finally:
            os.close(handle)
        _, status, used = os.wait4(self.pid, 0)
        self.status = self.process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu = used.ru_utime + used.ru_stime
        return True

    def has_ended(self):
        return self.wait(0)

    def command(self):
        """The process that runs the command itself."""
        below = children(self.pid)
        return int(below[0]) if below else self.pid

    def stop(self):
        """Ends a server: politely, so that it waits for its own and they are counted."""
        if not self.has_ended():
            os.kill(self.command(), signal.SIGTERM)
            if not self.wait(5):
                self.kill()

    def kill(self):
        if not self.has_ended():
            os.killpg(self.pid, signal.SIGKILL)
            self.wait(5)

    def peak(self):
        """Bytes; None where it could not be counted."""
        try:
            return int(Path(f"{self.notes}.peak").read_text().split()[-1]) * 1024
        except (OSError, IndexError, ValueError):
            return None

    def complaint(self):
        said = Path(f"{self.notes}.stderr").read_text(errors="replace").strip().splitlines()
        return " / ".join(said[-3:]) or "it said nothing"


class Run:
    """One transfer. Use as a context: whatever still runs at the end is killed."""

    def __init__(self, notes, clock=Clock.BOTH, limit=600, place=None):
        self.notes, self.clock, self.limit, self.place = Path(notes), clock, limit, place or {}
        self.notes.mkdir(parents=True, exist_ok=True)
        self.children, self.servers, self.crowd = [], [], {}
        self.started = self.commanded = None
        self.deadline = time.monotonic() + limit
        self.commands = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in self.children + self.servers:
            child.kill()

    def _spawn(self, side, pipeline, stdin, stdout, **where):
        made = []
        source = subprocess.DEVNULL if stdin is None else stdin
        for position, argv in enumerate(pipeline):
            last = position == len(pipeline) - 1
            sink = (subprocess.DEVNULL if stdout is None else stdout) if last else subprocess.PIPE
            notes = self.notes / f"{len(self.children) + len(self.servers) + len(made)}"
            made.append(Child(side, self.place.get(side, []), argv, notes,
                              stdin=source, stdout=sink, **where))
            if position:
                source.close()
            source = made[-1].process.stdout
        self.commands.append((side, " | ".join(shlex.join(map(str, argv)) for argv in pipeline)))
        return made

    def start_clock(self):
        if self.started is None:
            self.started = time.monotonic()

    def wait_until(self, ready, child, what):
        while not ready():
            if child.has_ended() or time.monotonic() > self.deadline:
                raise Failure(f"{child.argv[0]} {what}: {child.complaint()}")
            time.sleep(0.0005)

    def server(self, side, argv, port):
        """Starts what runs before any command is given."""
        child, = self._spawn(side, [argv], None, None)
        self.servers.append(child)
        self.wait_until(lambda: is_listening(child.pid, port), child, "opens no port")
        self.crowd[child] = len(children(child.command()))

    def first(self, side, *pipeline, stdin=None, stdout=None, port=None, **where):
        """The command that waits for the other; ready when `port` is open."""
        if self.clock is Clock.BOTH:
            self.start_clock()
        made = self._spawn(side, pipeline, stdin, stdout, **where)
        self.children += made
        if port:
            self.wait_until(lambda: is_listening(made[0].pid, port), made[0], "opens no port")
        return made[0]

    def second(self, side, *pipeline, stdin=None, stdout=None, **where):
        """The command that sets the transfer off."""
        self.start_clock()
        made = self._spawn(side, pipeline, stdin, stdout, **where)
        self.children += made
        self.commanded = made[0]
        return made[0]

    def finish(self, flush=None):
        """Waits for both sides and, with `flush`, until that folder's file system is on its disk."""
        ends = {}
        for child in sorted(self.children, key=lambda child: child is not self.commanded):
            if not child.wait(self.deadline - time.monotonic()):
                raise Failure(f"{child.argv[0]} did not end within {self.limit} s")
            ends[child] = time.monotonic()
        if flush:
            subprocess.run(["sync", "-f", str(flush)], check=True, timeout=self.limit)
        end = ends[self.commanded] if self.clock is Clock.COMMAND else time.monotonic()
        for child in self.children:
            if child.status != 0:
                raise Failure(f"{child.argv[0]} ended with {child.status}: {child.complaint()}")
        for server in self.servers:
            until = time.monotonic() + 2
            while len(children(server.command())) > self.crowd[server] and time.monotonic() < until:
                time.sleep(0.005)
            server.stop()
        return {"seconds": end - self.started, **self._usage()}

    def _usage(self):
        cpu, peak = {}, {}
        for child in self.children + self.servers:
            cpu[child.side] = cpu.get(child.side, 0.0) + child.cpu
            if child.peak() is not None:
                peak[child.side] = peak.get(child.side, 0) + child.peak()
        return {"cpu": cpu, "peak": peak}
