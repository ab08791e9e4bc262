"""The peers: how each one moves a file or a folder from here to there, and what it promises.

One function a peer. It gets a `Run`, in which it starts its commands, and a `Job`, and ends with the
commands started; the caller waits, takes the time, and compares what arrived.
"""

import getpass
import json
import os
import shutil
import socket as sockets
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from . import keys
from .measure import BETWEEN, RECEIVER, SENDER, free_port

MIB = 1 << 20


@dataclass
class Job:
    source: Path
    """The file or folder to be sent."""
    inbox: Path
    """The folder that it goes into, under its own name."""
    keys: Path
    host: str = "127.0.0.1"
    """The receiver's address."""
    homes: Path | None = None
    """New homes for this job alone; otherwise those that a program has kept since its first one."""

    @property
    def target(self):
        return self.inbox / self.source.name

    @property
    def is_tree(self):
        return self.source.is_dir()

    def pack(self):
        return ["tar", "-c", "-C", self.source.parent, self.source.name]

    def unpack(self):
        return ["tar", "-x", "-C", self.inbox]


@dataclass
class Peer:
    name: str
    move: Callable
    encrypts: bool
    verifies: bool
    programs: tuple
    package: str
    tree_name: str = ""
    only_files: bool = False
    syncs: bool = False
    """Whether it says that it has ended only when what it stored would survive a power cut."""

    def missing(self):
        return [name for name in self.programs
                if not (shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin"))]

    def name_for(self, tree):
        return self.tree_name or self.name if tree else self.name


PEERS = []


def peer(name, **facts):
    def add(move):
        PEERS.append(Peer(name, move, **facts))
        return move
    return add


OWN, BEFORE = "Airlift", "Airlift before"


def airlift(name, program, kept):
    """A build of Airlift, with a home for each side so that they are two devices. Both builds are given the
    same commands: those of 189b2a8 are still those of today."""
    _make_homes(program, kept)

    def move(run, job):
        homes = job.homes or kept
        if job.homes:
            _make_homes(program, homes)
        receiver = run.first(
            RECEIVER, [program, "--home", homes / "receiver", "--json", "receive", "--dir", job.inbox,
                       "--port", "0", "--accept", "all", "--once"], stdout=_file(run.notes / "told", "wb"))
        port = listening_port(run, receiver)
        run.second(SENDER, [program, "--home", homes / "sender", "--quiet", "send", job.source,
                            "--to", f"{job.host}:{port}"])
    return Peer(name, move, encrypts=True, verifies=True, programs=(), package="", syncs=True)


def _make_homes(program, homes):
    for side in ("sender", "receiver"):
        subprocess.run([program, "--home", homes / side, "id"], check=True, timeout=60, stdout=subprocess.DEVNULL)


def listening_port(run, receiver):
    """The port that a waiting Airlift tells of."""
    told = run.notes / "told"
    run.wait_until(lambda: b"\n" in told.read_bytes(), receiver, "does not listen")
    return json.loads(told.read_bytes().split(b"\n")[0])["port"]


def _file(path, mode):
    return open(path, mode, buffering=0)


@peer("cp", encrypts=False, verifies=False, programs=("cp",), package="Debian: coreutils", tree_name="cp -r")
def copy(run, job):
    run.second(SENDER, ["cp", "-r", job.source, job.inbox] if job.is_tree else
               ["cp", job.source, job.inbox])


@peer("nc", encrypts=False, verifies=False, programs=("nc",), package="Debian: netcat-openbsd",
      tree_name="tar through nc")
def netcat(run, job):
    port = str(free_port())
    listen, send = ["nc", "-l", job.host, port], ["nc", "-N", job.host, port]
    _stream(run, job, int(port), listen, send)


def _stream(run, job, port, listen, send):
    """A program that moves one stream of bytes: a file as it is, a folder packed by tar."""
    if job.is_tree:
        run.first(RECEIVER, listen, job.unpack(), port=port)
        run.second(SENDER, job.pack(), send)
    else:
        run.first(RECEIVER, listen, stdout=_file(job.target, "wb"), port=port)
        run.second(SENDER, send, stdin=_file(job.source, "rb"))


@peer("socat", encrypts=False, verifies=False, programs=("socat",), package="Debian: socat",
      tree_name="tar through socat")
def socat(run, job):
    port = free_port()
    _socat(run, job, port, f"TCP-LISTEN:{port},bind={job.host},reuseaddr", f"TCP:{job.host}:{port}")


@peer("socat TLS", encrypts=True, verifies=False, programs=("socat", "openssl"), package="Debian: socat openssl",
      tree_name="tar through socat TLS")
def socat_tls(run, job):
    port, secret = free_port(), job.keys / "both.pem"
    _socat(run, job, port,
           f"OPENSSL-LISTEN:{port},bind={job.host},reuseaddr,cert={secret},verify=0",
           f"OPENSSL:{job.host}:{port},cafile={job.keys / 'cert.pem'},commonname={keys.ME}")


def _socat(run, job, port, listen, call):
    block = ["socat", "-u", f"-b{MIB}"]
    if job.is_tree:
        _stream(run, job, port, [*block, listen, "STDOUT"], [*block, "STDIN", call])
    else:
        run.first(RECEIVER, [*block, listen, f"CREATE:{job.target}"], port=port)
        run.second(SENDER, [*block, f"OPEN:{job.source},rdonly", call])


@peer("quick-file-transfer", encrypts=False, verifies=False, programs=("qft",), only_files=True,
      package="crates.io: cargo install quick-file-transfer@0.10.2 --locked")
def quick_file_transfer(run, job):
    port = free_port()
    run.first(RECEIVER, ["qft", "listen", "--ip", job.host, "--port", port, "--output", job.target], port=port)
    run.second(SENDER, ["qft", "send", "ip", job.host, "--port", port, "--file", job.source])


@peer("nginx, curl", encrypts=False, verifies=False, programs=("nginx", "curl"),
      package="Debian: nginx-light curl")
def http(run, job):
    _curl(run, job, "http", [])


@peer("nginx TLS, curl", encrypts=True, verifies=False, programs=("nginx", "curl", "openssl"),
      package="Debian: nginx-light curl openssl")
def https(run, job):
    _curl(run, job, "https", ["--cacert", job.keys / "cert.pem", "--tls13-ciphers", "TLS_AES_128_GCM_SHA256"])


def _curl(run, job, scheme, options):
    port = free_port()
    run.server(SENDER, keys.nginx(job.keys, job.source.parent, port, scheme), port)
    at, get = f"{scheme}://127.0.0.1:{port}", ["curl", "-sS", "--fail", *options]
    if not job.is_tree:
        run.second(RECEIVER, [*get, "-o", job.target, f"{at}/{job.source.name}"])
        return
    wanted = run.notes / "urls"
    with open(wanted, "w") as urls:
        for folder, _, files in os.walk(job.source):
            inside = Path(folder).relative_to(job.source.parent)
            urls.writelines(f'url = "{at}/{inside}/{name}"\noutput = "{job.inbox}/{inside}/{name}"\n'
                            for name in files)
    run.second(RECEIVER, [*get, "--parallel", "--parallel-max", "8", "--create-dirs", "--config", wanted])


@peer("rsync daemon", encrypts=False, verifies=True, programs=("rsync",), package="Debian: rsync")
def rsync_daemon(run, job):
    port = free_port()
    run.server(RECEIVER, keys.rsyncd(job.keys, job.inbox, job.host, port), port)
    run.second(SENDER, ["rsync", "-aW", "--no-compress", job.source, f"rsync://{job.host}:{port}/inbox/"])


GCM = "aes128-gcm@openssh.com"
SSH = {"programs": ("sshd", "ssh", "scp"), "package": "Debian: openssh-server openssh-client"}


@peer("rsync over ssh", encrypts=True, verifies=True, programs=("rsync", "sshd", "ssh"),
      package="Debian: rsync openssh-server openssh-client")
def rsync_ssh(run, job):
    port = _sshd(run, job)
    shell = " ".join(map(str, ["ssh", "-p", port, *keys.ssh_options(job.keys, GCM)]))
    run.second(SENDER, ["rsync", "-aW", "--no-compress", "-e", shell, job.source,
                        f"{getpass.getuser()}@{job.host}:{job.inbox}/"])


@peer("scp", encrypts=True, verifies=False, **SSH)
def scp(run, job):
    _scp(run, job, GCM)


@peer("scp, default cipher", encrypts=True, verifies=False, only_files=True, **SSH)
def scp_default(run, job):
    _scp(run, job, None)


def _sshd(run, job):
    port = free_port()
    run.server(RECEIVER, keys.sshd(job.keys, job.host, port), port)
    return port


def _scp(run, job, cipher):
    port = _sshd(run, job)
    run.second(SENDER, ["scp", "-q", *(["-r"] if job.is_tree else []), "-P", port,
                        *keys.ssh_options(job.keys, cipher), job.source,
                        f"{getpass.getuser()}@{job.host}:{job.inbox}/"])


@peer("croc", encrypts=True, verifies=True, programs=("croc",),
      package="no Debian or PyPI package; as its own page says, go install github.com/schollz/croc/v11@latest")
def croc(run, job):
    port = _ports(5)
    secret = {**os.environ, "CROC_SECRET": "1234-bench-peers-run"}
    common = ["croc", "--local", "--no-compress", "--yes", "--disable-clipboard", "--ignore-stdin"]
    sender = run.first(SENDER, [*common, "send", "--port", port, job.source], env=secret)
    _wait_for_word(run, sender, "On the other computer")
    run.second(RECEIVER, [*common, "--ip", f"{job.host}:{port}", "--out", job.inbox], env=secret)


def _wait_for_word(run, child, word):
    said = Path(f"{child.notes}.stderr")
    run.wait_until(lambda: word in said.read_text(errors="replace"), child, "offers nothing")


def _ports(count):
    """The first of so many free ports in a row."""
    while True:
        first = free_port()
        if first + count < 65536 and all(_is_free(first + more) for more in range(1, count)):
            return first


def _is_free(port):
    with sockets.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@peer("magic-wormhole", encrypts=True, verifies=True, programs=("wormhole", "twist"),
      package="PyPI: magic-wormhole magic-wormhole-mailbox-server")
def wormhole(run, job):
    port = free_port()
    run.server(BETWEEN, ["twist", "--log-level=error", "wormhole-mailbox",
                         f"--port=tcp:{port}:interface=127.0.0.1",
                         "--channel-db=:memory:", "--usage-db=:memory:"], port)
    common = ["wormhole", "--relay-url", f"ws://127.0.0.1:{port}/v1", "--transit-helper", ""]
    code = "7-bench-peers"
    sender = run.first(SENDER, [*common, "send", "--hide-progress", "--code", code, job.source])
    _wait_for_word(run, sender, "On the other computer")
    run.second(RECEIVER, [*common, "receive", "--hide-progress", "--accept-file", "-o", job.inbox, code])
