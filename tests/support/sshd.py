"""A real ssh server of this user on a high port of the loopback, with keys of its own."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

WHERE = "/usr/sbin:/usr/local/sbin:/sbin"


@dataclass(frozen=True)
class Server:
    """A running server; `home` is the home folder of whoever logs in."""

    port: int
    home: Path
    config: Path
    """What `ssh -F` needs to log in."""
    listening: int
    """The process that takes connections."""

    @property
    def address(self) -> str:
        return "box"

    @property
    def options(self) -> tuple[str, ...]:
        return ("-F", str(self.config))

    def sessions(self) -> list[int]:
        """The processes that serve connections."""
        found = subprocess.run(
            ["pgrep", "-P", str(self.listening)], check=False, capture_output=True, text=True
        )
        return [int(word) for word in found.stdout.split()]


def program() -> str:
    """The server, or a skipped test."""
    found = shutil.which("sshd", path=f"{os.environ['PATH']}:{WHERE}")
    if found is None or shutil.which("ssh") is None:
        pytest.skip("there is no sshd here: `apt install openssh-server openssh-client`")
    return found


@contextmanager
def serving(folder: Path):
    """A server whose sessions have a home folder of their own."""
    sshd = program()
    home = folder / "home"
    home.mkdir(parents=True)
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name],
                       check=True)  # fmt: skip
    (folder / "authorized").write_text((folder / "user.pub").read_text())
    port = _free()
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    _write(folder, home, port)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([sshd, "-D", "-e", "-f", folder / "sshd_config"],
                                  stdout=log, stderr=log)  # fmt: skip
    try:
        _until_open(port, server)
        yield Server(port, home, folder / "ssh_config", server.pid)
    finally:
        server.terminate()
        server.wait()


def _write(folder: Path, home: Path, port: int) -> None:
    (folder / "sshd_config").write_text(f"""\
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host
PidFile none
AuthorizedKeysFile {folder}/authorized
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100
SetEnv HOME={home}
""")
    key = (folder / "host.pub").read_text().rsplit(" ", 1)[0]
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {key}\n")
    (folder / "ssh_config").write_text(f"""\
Host box
    HostName 127.0.0.1
    Port {port}
    IdentityFile {folder}/user
    IdentitiesOnly yes
    UserKnownHostsFile {folder}/known_hosts
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking yes
""")


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _until_open(port: int, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert server.poll() is None, "the server has ended"
            assert time.monotonic() < until, "the server does not listen"
        else:
            return
