"""One run of the benchmark, watched from outside: what ran, and what the build made of the tree.

The trial's checks are replaced by a command that watches the benchmark and then fails, since what
a failed check printed comes back from the worker.
"""

import json
import shlex
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import PurePosixPath
from typing import Any

from whet.model.config import Bench, Checks
from whet.model.trial import TrialOutcome
from whet.steps.doctor.visit import Visit

_MARK = "whet-probe "
_MARGIN = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that ran, or a library of the tree; `inside` is its path in the tree.

    `blob` is its contents as git names them; `optimised` is None when that does not show.
    """

    path: str
    inside: str = ""
    blob: str = ""
    optimised: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """The CMAKE_BUILD_TYPE of a build, and where it is written."""

    path: str
    line: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What was seen. Paths outside the tree are absolute, those inside relative to it.

    `programs` are in the order of how long they ran; `built` are programs and libraries in the
    tree; `same` tells whether two builds of one commit are alike, None when it is not known.
    `running` is how many threads ran at one moment, `cores` how many were busy on average.
    """

    programs: tuple[Program, ...] = ()
    libraries: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    built: tuple[str, ...] = ()
    builds: tuple[Build, ...] = ()
    running: int = 0
    cores: float = 0.0
    same: bool | None = None
    tree: str = field(default="", repr=False)


async def trace(visit: Visit, packages: tuple[str, ...]) -> Trace | None:
    """Watch one run of the benchmark; None when nothing could be seen.

    Args:
        visit: the benchmark is that of its base commit.
        packages: names of Python packages in the tree, whose other copies are looked for.
    """
    bench = visit.config.bench
    checks = Checks(command=command(bench, packages), timeout=bench.timeout + _MARGIN)
    spec = replace(
        visit.spec("trace"), mode="checks", run_checks=True, distinct=True, checks=checks
    )
    return _read(await visit.trial(spec, "what the benchmark runs"))


def marks(outcome: TrialOutcome) -> frozenset[int]:
    """The numbers of the functions that were called, where they were marked."""
    try:
        bits = int(_said(outcome)["marks"], 16)
    except (ValueError, KeyError, TypeError):
        return frozenset()
    return frozenset(n for n in range(bits.bit_length()) if bits >> n & 1)


def command(bench: Bench, packages: tuple[str, ...], seen: str = "") -> str:
    """The shell command that lets the benchmark run under the probe and then fails.

    Args:
        bench: what runs.
        packages: names of Python packages whose copies outside the tree are looked for.
        seen: the file that marked functions write their numbers to.
    """
    probe = resources.files("whet.steps.doctor").joinpath("probe.py").read_text("utf-8")
    env = [f"export {name}={shlex.quote(value)}" for name, value in sorted(bench.env.items())]
    if packages:
        env.append("export PYTHONVERBOSE=1")
    inner = "; ".join(
        ['read -r go <"$TMPDIR/go"', *env, f"exec /bin/sh -c {shlex.quote(bench.command)}"]
    )
    asked = shlex.quote(json.dumps({"packages": packages, "seen": seen}))
    return "\n".join([
        'mkfifo "$TMPDIR/go" || exit 1',
        *([f"({bench.prepare}) >/dev/null 2>&1"] if bench.prepare else []),
        f'({inner}) >"$TMPDIR/out" 2>"$TMPDIR/err" &',
        f"python3 -I -c {shlex.quote(probe)} $! {asked}",
        "exit 1",
    ])  # fmt: skip


def _read(outcome: TrialOutcome) -> Trace | None:
    try:
        return _decode(_said(outcome))
    except (ValueError, KeyError, TypeError):
        return None  # there is no python3 on the worker, or the benchmark did not come to its end


def _said(outcome: TrialOutcome) -> Any:
    """What the probe printed, decoded; ValueError when it printed nothing."""
    stage = next((stage for stage in outcome.stages if stage.name == "checks"), None)
    lines = stage.log.splitlines() if stage is not None else []
    said = next((line for line in lines if line.startswith(_MARK)), "")
    return json.loads(said.removeprefix(_MARK))


def _decode(said: dict[str, Any]) -> Trace:
    tree = str(said["tree"])
    return Trace(
        tree=tree,
        programs=tuple(_program(entry, tree) for entry in said["programs"]),
        libraries=tuple(_relative(path, tree) for path in said["libraries"]),
        files=tuple(_relative(path, tree) for path in said["files"]),
        modules=tuple(said["modules"]),
        built=tuple(said["built"]),
        builds=tuple(Build(path=path, line=line, kind=kind) for path, line, kind in said["cmake"]),
        running=int(said["running"]),
        cores=float(said["cores"]),
        same=said["same"],
    )


def _program(entry: dict[str, Any], tree: str) -> Program:
    path = str(entry["path"])
    relative = _relative(path, tree)
    return Program(
        path=path,
        inside="" if relative == path else relative,
        blob=entry.get("blob", ""),
        optimised=entry.get("optimised"),
    )


def _relative(path: str, tree: str) -> str:
    inside = PurePosixPath(path)
    return str(inside.relative_to(tree)) if PurePosixPath(tree) in inside.parents else path
