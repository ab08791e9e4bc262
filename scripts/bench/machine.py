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


def airlift_version(program):
    said = _say([program, "--version"]).replace("airlift ", "")
    commit = _say(["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"])
    return f"{said} ({commit})" if commit else said


VERSIONS = {
    "cp": ["cp", "--version"], "nc": ["dpkg-query", "-Wf", "OpenBSD netcat ${Version}", "netcat-openbsd"],
    "socat": ["socat", "-V"], "socat TLS": ["openssl", "version"], "nginx, curl": ["nginx", "-v"],
    "nginx TLS, curl": ["curl", "--version"], "rsync daemon": ["rsync", "--version"], "scp": ["ssh", "-V"],
    "croc": ["croc", "--version"], "magic-wormhole": ["wormhole", "--version"],
}


def version(peer):
    """The first line of what a peer says of its version; empty where that is asked under another name."""
    command = VERSIONS.get(peer)
    if not command:
        return ""
    said = _say([shutil.which(command[0], path=os.environ["PATH"] + ":/usr/sbin") or command[0], *command[1:]])
    lines = [line for line in said.splitlines() if re.search(r"\d+\.\d+", line)]
    return lines[0].split(" (")[0].strip() if lines else ""


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
