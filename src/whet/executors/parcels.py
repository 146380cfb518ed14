"""One file that takes a block to another machine: code, spec and the commits that it lacks there.

What travels is made of the standard-library half of whet and of snapshots of commits: no history,
no untracked file, no configuration of git, no variable of this process.
"""

import functools
import hashlib
import io
import shlex
import tempfile
import zipfile
from base64 import b64encode
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from whet.git.store import open_store
from whet.model.trial import Block
from whet.trial import wire
from whet.trial.parcel import BLOCK, OLDEST_PYTHON, SLIP, SOURCE, Slip

TRAVELS = (
    "__init__.py", "errors.py", "family.py", "ports.py", "proc.py", "sandbox.py", "space.py",
    "whole.py", "formats", "git", "judge", "model", "trial",
)  # fmt: skip
"""What a trial is made of."""

# Unpacked beside the runs of its worker, so that Python compiles it once and not for each command.
_MAIN = """\
import os, shutil, sys, zipfile
at = os.path.join(os.path.dirname(os.path.dirname(sys.argv[0])), "code-{digest}")
if not os.path.isdir(at):
    new = "%s.%d" % (at, os.getpid())
    with zipfile.ZipFile(sys.argv[0]) as parcel:
        parcel.extractall(new, [one for one in parcel.namelist() if one.startswith("whet/")])
    try:
        os.rename(new, at)
    except OSError:
        shutil.rmtree(new)
sys.path[0] = at
from whet.trial.away import main
main()
"""
_DATE = (1980, 1, 1, 0, 0, 0)

# Read by whatever Python is there, so nothing newer than Python 2 before the version is known.
_OPENER = f"""\
import sys
if sys.version_info < {OLDEST_PYTHON}: sys.exit("whet-python %d.%d" % sys.version_info[:2])
import hashlib, os
at, size, digest = os.path.expanduser(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
def read(file, size):
    while size:
        data = file.read(min(size, 1048576))
        if not data: sys.exit("whet-cut-off")
        size -= len(data)
        yield data
os.makedirs(os.path.dirname(at), mode=0o700, exist_ok=True)
found = hashlib.sha256()
if sys.argv[4] == "-":
    with open(at, "wb") as file:
        for data in read(sys.stdin.buffer, size): file.write(data); found.update(data)
else:
    import shutil
    shutil.move(os.path.expanduser(sys.argv[4]), at)
    with open(at, "rb") as file:
        for data in read(file, size): found.update(data)
if found.hexdigest() != digest: sys.exit("whet-damaged")
os.execv(sys.executable, [sys.executable, "-I", "-S", at] + sys.argv[5:])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A packed parcel; `name` is its place on the machine, from the home folder on."""

    path: Path
    size: int
    sha256: str
    name: str
    commits: frozenset[str] = frozenset()
    """What the machine has once this one has been there."""

    def opened(self, python: str, command: str, *, lies: str = "-") -> str:
        """The shell command that takes the parcel in, compares its digest, and runs it.

        Args:
            python: the interpreter there.
            command: what the parcel is asked to do.
            lies: where the parcel is there; by default it comes on standard input.
        """
        opener = b64encode(_OPENER.encode()).decode()
        # one line without quotes of its own, because the login shell may be any
        code = f'import base64;exec(base64.b64decode("{opener}"))'
        words = (f"~/{self.name}", str(self.size), self.sha256, lies, command)
        return f"{python} -I -S -c {shlex.quote(code)} {' '.join(map(shlex.quote, words))}"

    def again(self, python: str, *words: str) -> str:
        """The shell command that runs the parcel where it was taken in before."""
        return f"{python} -I -S ~/{shlex.quote(self.name)} {' '.join(map(shlex.quote, words))}"


@contextmanager
def packed(
    slip: Slip,
    block: Block | None = None,
    source: Path | None = None,
    commits: Collection[str] = (),
    known: Collection[str] = (),
) -> Iterator[Parcel]:
    """Pack a parcel into a file that is gone afterwards.

    Args:
        slip: how it is to be run.
        block: the trials.
        source: a store with the commits, or a bundle of them.
        commits: snapshots that must be there.
        known: those that are there already.
    """
    with tempfile.TemporaryDirectory(prefix="whet-parcel-") as name:
        folder = Path(name)
        path = folder / "parcel.pyz"
        path.write_bytes(_code())
        bundle = _bundle(folder, source, frozenset(commits), frozenset(known))
        with zipfile.ZipFile(path, "a") as file:
            file.writestr(SLIP, wire.encode(slip))
            if block is not None:
                file.writestr(BLOCK, wire.encode(block))
            if bundle is not None:
                file.write(bundle, SOURCE)
        with path.open("rb") as packing:
            digest = hashlib.file_digest(packing, "sha256").hexdigest()
        where = f".cache/whet/runs/{slip.key}/{slip.run or 'here'}/parcel.pyz"
        yield Parcel(
            path=path, size=path.stat().st_size, sha256=digest, name=where,
            commits=frozenset(commits),
        )  # fmt: skip


def commits_of(block: Block) -> frozenset[str]:
    """The snapshots that a block's trials need, and nothing else."""
    return frozenset(one for spec in block.trials for one in (spec.base, spec.a, spec.b))


def _bundle(
    folder: Path, source: Path | None, commits: frozenset[str], known: frozenset[str]
) -> Path | None:
    wanted = sorted(commits - known)
    if source is None or not wanted:
        return None
    if source.is_file():
        return source
    # refs are made in a store of its own, so that the user's keeps none of a journey
    store = open_store(folder / "travel.git", borrow=source)
    refs = {f"refs/whet/travel/{commit}": commit for commit in wanted}
    for ref, commit in refs.items():
        store.point(ref, commit)
    # trees, not commits: snapshots have no parents, and git leaves out only what these reach
    there = [f"^{commit}^{{tree}}" for commit in sorted(commits & known)]
    at = folder / SOURCE
    store.git("bundle", "create", "--quiet", str(at), *refs, *there)
    return at


@functools.cache
def _code() -> bytes:
    """The code of every parcel: the same bytes for the same version, whenever it is packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        root = resources.files("whet")
        for name in TRAVELS:
            _walk(file, root.joinpath(name), f"whet/{name}")
        digest = hashlib.sha256("".join(f"{one.filename} {one.CRC}" for one in file.filelist)
                                .encode()).hexdigest()[:16]  # fmt: skip
        _add(file, "__main__.py", _MAIN.format(digest=digest).encode())
    return out.getvalue()


def _walk(file: zipfile.ZipFile, entry: Traversable, name: str) -> None:
    if entry.is_file():
        _add(file, name, entry.read_bytes())
        return
    for child in sorted(entry.iterdir(), key=lambda one: one.name):
        if child.name != "__pycache__":
            _walk(file, child, f"{name}/{child.name}")


def _add(file: zipfile.ZipFile, name: str, data: bytes) -> None:
    info = zipfile.ZipInfo(name, _DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    file.writestr(info, data)
