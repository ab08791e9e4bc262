"""What the measurements were made on."""

import os
import platform
import re
import shutil
import subprocess
from datetime import datetime, timezone
from pathlib import Path


def facts(setting):
    return {
        "processor": _field("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "memory": int((_field("/proc/meminfo", "MemTotal") or "0 kB").split()[0]) * 1024,
        "kernel": f"{platform.system()} {platform.release()}",
        "system": _system(),
        "memory_fs": file_system(setting.memory),
        "disk_fs": file_system(setting.disk),
        "congestion": _read("/proc/sys/net/ipv4/tcp_congestion_control"),
        "aes": " aes " in f" {_field('/proc/cpuinfo', 'flags') or ''} ",
    }


def now():
    return datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def file_system(path):
    """The kind of the file system that a folder is on."""
    wanted, best = str(path.resolve()), ("", "unknown")
    for line in _read("/proc/mounts").splitlines():
        _, point, kind = line.split()[:3]
        inside = wanted == point or wanted.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best[0]):
            best = (point, kind)
    return best[1]


def said_version(program):
    """What a build of Airlift says of itself."""
    return _say([program, "--version"]).replace("airlift ", "")


def airlift_version(program):
    said = said_version(program)
    commit = _say(["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"])
    return f"{said} ({commit})" if commit else said


VERSIONS = {
    "cp": ("coreutils", "cp --version"),
    "nc": ("OpenBSD netcat", "dpkg-query -Wf ${Version} netcat-openbsd"),
    "quick-file-transfer": ("quick-file-transfer", "qft --version"),
    "socat": ("socat", "socat -V"),
    "socat TLS": ("OpenSSL", "openssl version"),
    "nginx, curl": ("nginx", "nginx -v"),
    "nginx TLS, curl": ("curl", "curl --version"),
    "rsync daemon": ("rsync", "rsync --version"),
    "scp": ("OpenSSH", "ssh -V"),
    "croc": ("croc", "croc --version"),
    "magic-wormhole": ("magic-wormhole", "wormhole --version"),
}


def version(peer):
    """A program behind a peer and its version; empty where another peer tells it."""
    if peer not in VERSIONS:
        return ""
    name, command = VERSIONS[peer]
    program, *rest = command.split()
    said = _say([shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin") or program, *rest])
    found = re.search(r"\d+\.\d[\w.]*", said)
    return f"{name} {found.group()}" if found else name


def _say(argv):
    try:
        done = subprocess.run(list(map(str, argv)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode(errors="replace").strip()


def _system():
    found = re.search(r'^PRETTY_NAME="?([^"\n]*)', _read("/etc/os-release"), re.MULTILINE)
    return found.group(1) if found else platform.platform()


def _field(path, name):
    found = re.search(rf"^{name}\s*:\s*(.*)$", _read(path), re.MULTILINE)
    return found.group(1).strip() if found else None


def _read(path):
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""
