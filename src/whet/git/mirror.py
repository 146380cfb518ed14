"""Bare copies of foreign repositories in the user's cache: the only place they are read from.

A mirror is made by whet and holds objects and refs of others, and nothing else of theirs: no
configuration, no hook, no alternates, no work tree. Whoever reads it does so with `git.call`, which
runs no filter, textconv or external diff, and never asks the network for what is missing.
"""

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet import whole
from whet.errors import NotReady
from whet.git.address import Address
from whet.git.call import git
from whet.git.transfer import BrokenOff, Limits, Listing, OutOfReach, fetch, listed

HEADS = ("refs/heads/*",)
REQUESTS = ("refs/pull/*/head", "refs/merge-requests/*/head")
"""Every pull request of GitHub and merge request of GitLab, without asking their APIs."""

_STATE = "whet.json"
_STEPWISE = "whet.deepening"
_FIRST_STEP = 64
_BREAKS = 4
"""Broken connections in one call before it is given up; what has arrived stays."""

ATTRIBUTES = """\
* -text -ident -filter !working-tree-encoding !diff !merge !eol !export-ignore !export-subst
*.c diff=cpp
*.h diff=cpp
*.cc diff=cpp
*.cpp diff=cpp
*.cxx diff=cpp
*.hpp diff=cpp
*.cu diff=cpp
*.py diff=python
*.pyx diff=python
*.rs diff=rust
*.go diff=golang
*.java diff=java
*.kt diff=kotlin
*.cs diff=csharp
*.rb diff=ruby
*.php diff=php
"""
"""Stronger than any .gitattributes: no file is hidden from a diff, and hunks name functions."""

_NAME = re.compile(r"refs/(?!whet/)[^\s:^~?*\[\\\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """A copy of somebody's repository; `path` is its bare folder."""

    path: Path
    where: Address
    head: str
    """The branch they call their own, such as refs/heads/main; empty if they name none."""
    fetched: float
    """When it was last brought up to date, in seconds since the epoch."""

    def refs(self, *patterns: str) -> Mapping[str, str]:
        """Commits by ref, for patterns of `git for-each-ref`."""
        out = git("for-each-ref", "--format=%(objectname) %(refname)", *patterns,
                  git_dir=self.path)  # fmt: skip
        rows = (line.partition(" ") for line in out.decode(errors="surrogateescape").splitlines())
        return {name: commit for commit, _, name in rows}


def kept(root: Path) -> Iterator[tuple[Path, str]]:
    """Every mirror in the folder of all of them, with the name of what it copies."""
    for path in sorted(root.iterdir()) if root.is_dir() else ():
        if path.is_dir():
            yield path, str(_state(path).get("name") or path.name)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep others from a mirror meanwhile; waits for who has it."""
    with _locked(path):
        yield


def mirror(
    where: Address,
    root: Path,
    *,
    now: float,
    wanted: Sequence[str] = HEADS,
    offline: bool = False,
    limits: Limits | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> Mirror:
    """A repository's mirror, brought up to date first.

    Args:
        where: the repository.
        root: the folder of all mirrors.
        now: seconds since the epoch.
        wanted: the refs to have, as patterns.
        offline: take the mirror as it is. A folder on this machine is read all the same.
        limits: what is taken at most.
        told: hears what takes long.

    Raises:
        NotReady: offline, and there is no whole mirror.
        InfraError: it cannot be reached, broke off, is too large, or is not sound.
        UserError: the folder is no repository.
    """
    path = root / _folder(where)
    limits = limits or Limits()
    with _locked(path):
        gone = where.local and not Path(where.url).exists()
        if (offline and not where.local) or gone:
            return _as_it_is(path, where, wanted)
        _make(path)
        offered = listed(path, where, ("HEAD", *wanted), limits)
        refs = _chosen(offered, wanted, limits.refs)
        if not refs:
            raise OutOfReach(f"{where.name} has no {' or '.join(wanted)}",
                             hint=f"git ls-remote {where.url}")  # fmt: skip
        _forget(path, wanted, refs)
        new = {name: commit for name, commit in refs.items() if _at(path).get(name) != commit}
        lender = _partial(where)
        if lender is not None:
            _borrow(path, lender, new)
        elif new or (path / _STEPWISE).exists():
            told(f"Fetching {where.name}")
            try:
                _take(path, where, new or refs, limits, told)
            finally:
                _sweep(path)
        state = {"name": where.name, "url": where.url, "head": offered.head, "fetched": now,
                 "wanted": sorted({*wanted, *_state(path).get("wanted", ())})}  # fmt: skip
        _write(path, state)
        return Mirror(path=path, where=where, head=offered.head, fetched=now)


def _as_it_is(path: Path, where: Address, wanted: Sequence[str]) -> Mirror:
    state = _state(path)
    if not set(wanted) <= set(state.get("wanted", ())):
        raise NotReady(
            f"there is no whole mirror of {where.name} on this machine",
            hint=f"fetch it once with a network: `git ls-remote {where.url}`",
        )
    return Mirror(path=path, where=where, head=str(state["head"]), fetched=float(state["fetched"]))


def _partial(where: Address) -> Path | None:
    """The objects of a folder that has not all it speaks of, as `git clone --filter` leaves it."""
    if not where.local:
        return None
    places = (Path(where.url) / ".git" / "objects", Path(where.url) / "objects")
    objects = next((place for place in places if place.is_dir()), None)
    found = objects is not None and any((objects / "pack").glob("*.promisor"))
    return objects if found else None


def _borrow(path: Path, objects: Path, refs: Mapping[str, str]) -> None:
    """Read objects where they are: git hands none on from where some are missing."""
    (path / "objects" / "info").mkdir(parents=True, exist_ok=True)
    (path / "objects" / "info" / "alternates").write_bytes(alternate(objects))
    orders = "".join(f"update {name} {commit}\n" for name, commit in refs.items())
    git("update-ref", "--stdin", git_dir=path, stdin=orders.encode(errors="surrogateescape"))


def alternate(objects: Path) -> bytes:
    """A line of git's `alternates` for a folder of objects."""
    path = os.fsencode(objects.resolve())
    quoted = path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + quoted + b'"\n'


def _take(
    path: Path, where: Address, refs: Mapping[str, str], limits: Limits, told: Callable[[str], None]
) -> None:
    """Fetch in one go; after a break in steps, each of which stays when the next one breaks."""
    specs = [f"+{name}:{name}" for name in refs]
    stepwise = path / _STEPWISE
    breaks = 0
    if not stepwise.exists():
        try:
            fetch(path, where, specs, limits, "--update-shallow")
        except BrokenOff:
            breaks += 1
            _sweep(path)
            stepwise.touch()
            told(f"{where.name} broke off: going on in steps")
        else:
            return
    step = _FIRST_STEP
    while True:
        try:
            fetch(path, where, specs, limits, _deeper(path, step))
        except BrokenOff:
            breaks += 1
            _sweep(path)
            if breaks >= _BREAKS:
                raise
            continue
        if not (path / "shallow").exists():
            stepwise.unlink()
            return
        step *= 4


def _deeper(path: Path, step: int) -> str:
    if not (path / "shallow").exists():
        return f"--depth={step}"
    return f"--deepen={step}" if step < 1 << 16 else "--unshallow"


def _make(path: Path) -> None:
    if not (path / "HEAD").exists():
        path.mkdir(parents=True, exist_ok=True)
        git("init", "--quiet", "--bare", "--template=", git_dir=path)
        (path / "info").mkdir(exist_ok=True)
    (path / "info" / "attributes").write_text(ATTRIBUTES, encoding="utf-8")
    _sweep(path)


def _sweep(path: Path) -> None:
    """Remove what a process that was killed has left; nobody else is at work here."""
    for pattern in ("objects/pack/tmp_*", "objects/pack/.tmp-*", "*.lock", "refs/**/*.lock"):
        for left in path.glob(pattern):
            left.unlink(missing_ok=True)


def _chosen(offered: Listing, wanted: Sequence[str], most: int) -> Mapping[str, str]:
    """The refs that are taken: those with plain names, the highest numbers first."""
    found = [name for name in offered.refs if _NAME.fullmatch(name) and ".." not in name]
    found = [name for name in found if any(_fits(name, pattern) for pattern in wanted)]
    found.sort(key=_number, reverse=True)
    return {name: offered.refs[name] for name in found[:most]}


def _fits(name: str, pattern: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), name) is not None


def _number(name: str) -> tuple[bool, int]:
    number = re.search(r"/(\d{1,9})/head$", name)
    return number is None, int(number.group(1)) if number else 0


def _forget(path: Path, wanted: Sequence[str], refs: Mapping[str, str]) -> None:
    gone = [n for n in _at(path) if n not in refs and any(_fits(n, p) for p in wanted)]
    if gone:
        orders = "".join(f"delete {name}\n" for name in gone)
        git("update-ref", "--stdin", git_dir=path, stdin=orders.encode(errors="surrogateescape"))


def _at(path: Path) -> Mapping[str, str]:
    out = git("for-each-ref", "--format=%(objectname) %(refname)", git_dir=path)
    rows = (line.partition(" ") for line in out.decode(errors="surrogateescape").splitlines())
    return {name: commit for commit, _, name in rows}


def _folder(where: Address) -> str:
    plain = re.sub(r"[^A-Za-z0-9]+", "-", where.name).strip("-")[-48:]
    return f"{plain}-{hashlib.sha256(where.url.encode()).hexdigest()[:12]}.git"


def _state(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads((path / _STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and found.keys() >= {"head", "fetched"} else {}


def _write(path: Path, state: Mapping[str, object]) -> None:
    whole.write(path / _STATE, json.dumps(state, indent=1))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Two processes never write one mirror; the second waits, and then finds the work done."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
