"""Keys, certificates and configuration for the servers that peers need; made once, for this run alone."""

import os
import shutil
import subprocess
from pathlib import Path

ME = "localhost"


def make(folder):
    """Makes what can be made with the programs that are here."""
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.which("openssl"):
        _certificate(folder)
    if shutil.which("ssh-keygen"):
        for name in ("host", "user"):
            _quietly("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name)
        shutil.copy(folder / "user.pub", folder / "authorized")
        for name in ("authorized", "user"):
            os.chmod(folder / name, 0o600)


def _certificate(folder):
    _quietly("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-days", "2", "-subj", f"/CN={ME}", "-addext", f"subjectAltName=DNS:{ME},IP:127.0.0.1",
             "-keyout", folder / "key.pem", "-out", folder / "cert.pem")
    both = (folder / "key.pem").read_text() + (folder / "cert.pem").read_text()
    (folder / "both.pem").write_text(both)


def _quietly(*argv):
    subprocess.run(list(map(str, argv)), check=True, timeout=60, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def sshd(folder, host, port):
    """The command of an SSH server of our own."""
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    config = folder / "sshd.conf"
    config.write_text(f"""\
Port {port}
ListenAddress {host}
HostKey {folder}/host
AuthorizedKeysFile {folder}/authorized
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
PidFile none
Subsystem sftp internal-sftp
""")
    return [shutil.which("sshd") or "/usr/sbin/sshd", "-D", "-e", "-f", config]


def ssh_options(folder, cipher):
    """What scp and ssh need to reach that server."""
    options = ["-F", "none", "-i", folder / "user", "-o", "StrictHostKeyChecking=no",
               "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "BatchMode=yes"]
    return options + (["-c", cipher] if cipher else [])


def nginx(folder, root, port, scheme):
    """The command of an nginx that serves `root`."""
    secret = "ssl_certificate {0}/cert.pem; ssl_certificate_key {0}/key.pem;".format(folder)
    config = folder / "nginx.conf"
    config.write_text(f"""\
{"user root;" if os.geteuid() == 0 else ""}
daemon off; worker_processes 2; pid {folder}/nginx.pid; error_log stderr;
events {{ worker_connections 256; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen 127.0.0.1:{port} {"ssl" if scheme == "https" else ""}; root {root};
    {secret if scheme == "https" else ""}
  }}
}}
""")
    return [shutil.which("nginx") or "/usr/sbin/nginx", "-c", config, "-p", folder, "-e", "stderr"]


def rsyncd(folder, inbox, host, port):
    """The command of an rsync daemon that takes files into `inbox`."""
    config = folder / "rsyncd.conf"
    owner = "uid = root\ngid = root\n" if os.geteuid() == 0 else ""
    config.write_text(f"use chroot = no\nreverse lookup = no\n{owner}[inbox]\npath = {inbox}\nread only = no\n")
    return ["rsync", "--daemon", "--no-detach", f"--address={host}", f"--port={port}", f"--config={config}"]
