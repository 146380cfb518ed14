"""The one way that objects of others come here: what may be fetched, how much, and for how long.

Allowed are https, ssh and folders that a person named. Every object is checked on arrival, no file
that is written may be larger than the limit, and no hook, helper or configuration of anybody's
runs. What a server says is only shown.
"""

import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from whet.errors import InfraError, UserError
from whet.git.address import Address
from whet.git.call import call, environment
from whet.proc import Completed
from whet.space import blame_the_disk

_PASSED_ON = (
    *("SSH_AUTH_SOCK", "http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO"),
)
"""How this machine reaches others. Nothing of it names a command."""

_SETTINGS = {
    "fetch.fsckObjects": "true",
    "fetch.unpackLimit": "1",  # what arrived stays in one file, which the limit counts
    "fetch.recurseSubmodules": "false",
    "fetch.showForcedUpdates": "false",
    "transfer.bundleURI": "false",
    "core.bigFileThreshold": "16m",
    "core.sshCommand": "ssh -o BatchMode=yes -o ConnectTimeout=30",
    "credential.helper": "",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "60",
    "submodule.recurse": "false",
    # what old and harmless histories are full of
    **{
        f"fetch.fsck.{what}": "ignore"
        for what in (
            *("badTimezone", "missingEmail", "missingNameBeforeEmail", "missingSpaceBeforeDate"),
            *("missingSpaceBeforeEmail", "missingTaggerEntry", "zeroPaddedDate", "badDate"),
            *("zeroPaddedFilemode", "badName", "badDateOverflow", "badFilemode"),
        )
    },
}

# Python ignores SIGXFSZ and hands that on, so git says that a file is too large and cleans up
_LIMITED = (
    "import os, resource, sys; n = int(sys.argv[1]); "
    "resource.setrlimit(resource.RLIMIT_FSIZE, (n, n)); os.execvp(sys.argv[2], sys.argv[2:])"
)

_GONE = re.compile(
    r"not found|does not appear to be a git repository|does not exist", re.IGNORECASE
)
_SIGN_IN = re.compile(
    r"could not read (Username|Password)|Permission denied|Authentication", re.IGNORECASE
)
_BROKEN = re.compile(
    r"early EOF|bad pack header|protocol error|unexpected disconnect|RPC failed|hung up|"
    r"Connection (reset|timed out|closed)|"
    r"transfer closed|Operation too slow|timed out|index-pack failed|invalid index-pack|"
    r"Could not resolve host|Failed to connect",
    re.IGNORECASE,
)
_REFUSED = re.compile(r"fsck|is not allowed|File too large|pack exceeds", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of somebody else's is taken."""

    bytes: int = 4 << 30
    """Of one transfer."""
    seconds: float = 3600.0
    """For one transfer."""
    refs: int = 5000
    """Refs looked at; of more, the last by number or name are left out."""


class BrokenOff(InfraError):
    """The other end stopped in the middle: trying again may help."""


class OutOfReach(InfraError):
    """There is nothing there, or it does not let us in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a repository offers: the branch it calls its own, and commits by ref."""

    head: str
    refs: dict[str, str]


def listed(git_dir: Path, where: Address, patterns: Sequence[str], limits: Limits) -> Listing:
    """The refs that a repository has, by the patterns of `git ls-remote`.

    Raises:
        InfraError: it cannot be reached.
    """
    done = _run(["ls-remote", "--symref", "--", where.url, *patterns], git_dir, b"", limits)
    _blame(done, where, limits)
    refs: dict[str, str] = {}
    head = ""
    for line in done.stdout.decode(errors="surrogateescape").splitlines():
        left, _, name = line.partition("\t")
        if left.startswith("ref: ") and name == "HEAD":
            head = left.removeprefix("ref: ")
        elif name and name != "HEAD":
            refs[name] = left
    return Listing(head=head, refs=refs)


def fetch(
    git_dir: Path, where: Address, refspecs: Iterable[str], limits: Limits, *more: str
) -> None:
    """Take refs and what they need.

    Args:
        git_dir: a repository of whet's own.
        where: whose.
        refspecs: of `git fetch`.
        limits: bytes and seconds.
        more: options of `git fetch`, such as `--depth`.

    Raises:
        BrokenOff: the connection broke.
        InfraError: it cannot be reached, is too large or too slow, or a check of its objects fails.
    """
    done = _run(
        ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--force",
         "--no-recurse-submodules", "--no-auto-maintenance", *more, "--stdin", "--", where.url],
        git_dir, "".join(f"{spec}\n" for spec in refspecs).encode(), limits,
    )  # fmt: skip
    _blame(done, where, limits, git_dir)


def _run(args: Sequence[str], git_dir: Path, stdin: bytes, limits: Limits) -> Completed:
    env = environment(git_dir, settings=_SETTINGS)
    env |= {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    env["GIT_ALLOW_PROTOCOL"] = "https:ssh:file"
    env |= {"GIT_ASKPASS": "true", "SSH_ASKPASS": "true", "GIT_SSH_VARIANT": "ssh"}
    limited = [sys.executable, "-I", "-S", "-c", _LIMITED, str(limits.bytes), "git", *args]
    return call(limited, git_dir, env, stdin, limits.seconds)


def _blame(done: Completed, where: Address, limits: Limits, git_dir: Path | None = None) -> None:
    if done.ok:
        return
    said = done.stderr.decode(errors="replace")
    again = f"what has arrived is kept; does it answer? `git ls-remote {where.url}`"
    if done.timed_out:
        raise BrokenOff(f"{where.name} took longer than {limits.seconds:.0f} s", hint=again)
    if git_dir is not None:
        blame_the_disk(git_dir, said)
    why = _why(said) or done.how
    if "File too large" in said:
        raise InfraError(
            f"{where.name} is larger than {limits.bytes >> 20} MiB",
            hint="take a part of it: `git clone --single-branch URL part`, and name the folder",
        )
    if _REFUSED.search(said):
        raise InfraError(
            f"{where.name} is refused: {why}", hint="look at it where it is: `git fsck`"
        )
    if _SIGN_IN.search(said):
        raise OutOfReach(f"{where.name} wants a sign-in: {why}",
                         hint="use a key: `git@HOST:OWNER/REPO`")  # fmt: skip
    if _GONE.search(said) and not _BROKEN.search(said):
        kind = UserError if where.local else OutOfReach
        raise kind(f"there is no repository at {where.url}", hint=f"git ls-remote {where.url}")
    if _BROKEN.search(said):
        raise BrokenOff(f"{where.name} broke off: {why}", hint=again)
    raise InfraError(f"{where.name} cannot be fetched: {why}", hint=f"git ls-remote {where.url}")


def _why(said: str) -> str:
    """What our git says, not what the other end says through it."""
    lines = [
        line.partition(": ")[2].strip()
        for line in said.splitlines()
        if line.startswith(("fatal: ", "error: ", "ssh: "))
    ]
    return lines[0][:200] if lines else ""
