"""What `whet init` sees in a repository: benchmark, goal, build, tests, what may change.

Only files are read, and a list of them from git; nothing is run, nothing is written.
"""

import posixpath
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from whet.config import benches, loops
from whet.config.found import Benchmark, Found, GoalFound, Loop, System
from whet.config.systems import FILES, TESTS, systems
from whet.config.tree import Tree, listing

SOURCES = ("src", "source", "lib", "include", "crates", "cmd", "internal", "pkg", "core", "app")
_BUILD_FILES = (
    "CMakeLists.txt", "CMakePresets.json", "Makefile", "GNUmakefile", "makefile", "Makefile.am",
    "configure", "configure.ac", "meson.build", "meson_options.txt", "meson.options", "Cargo.toml",
    "Cargo.lock", "build.rs", "rust-toolchain.toml", "go.mod", "go.sum", "pyproject.toml",
    "setup.py", "setup.cfg", "tox.ini", "pytest.ini", "conftest.py", "uv.lock", "poetry.lock",
    "package.json", "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "tsconfig.json", "pom.xml",
    "build.gradle", "build.gradle.kts", "settings.gradle", "experiment.yaml",
)  # fmt: skip
_BUILD_FOLDERS = ("cmake", ".cargo")
_CODE = (".c", ".h", ".cc", ".cpp", ".hpp", ".cxx", ".go", ".py", ".rs", ".js", ".ts", ".java",
         ".zig", ".f90", ".ml", ".hs", ".jl", ".rb", ".cu")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of what `init` says it found."""

    label: str
    value: str
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """Everything that was found; the first benchmark and the first system are the likeliest."""

    tree: Tree
    benches: tuple[Benchmark, ...]
    systems: tuple[System, ...]
    loop: Loop | None
    allow: tuple[str, ...]
    allow_where: str
    protect: tuple[str, ...]

    @property
    def bench(self) -> Benchmark | None:
        """The benchmark to take when nobody names one."""
        return self.benches[0] if self.benches else None

    @property
    def goal(self) -> GoalFound | None:
        """The metric that an earlier loop improved, or the only one the benchmark prints."""
        if self.loop is not None and self.loop.goal is not None:
            return self.loop.goal
        return goal_of(self.bench) if self.bench else None

    @property
    def system(self) -> System | None:
        """The build system that builds the program."""
        return next((s for s in self.systems if s.build), next(iter(self.systems), None))

    @property
    def setup(self) -> Found | None:
        """What prepares a tree for building; a build that a loop named prepares itself."""
        found = self.system
        if found is None or not found.setup or (self.loop and self.loop.build):
            return None
        return Found(value=found.setup, where=found.where)

    @property
    def build(self) -> Found | None:
        """What builds the program."""
        found = self.system
        own = Found(value=found.build, where=found.where) if found and found.build else None
        return self.loop.build if self.loop and self.loop.build else own

    @property
    def checks(self) -> Found | None:
        """What tests it."""
        if self.loop and self.loop.checks:
            return self.loop.checks
        order = ([self.system] if self.system else []) + list(self.systems)
        return next((Found(value=s.checks, where=s.where) for s in order if s.checks), None)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person should know before the first run."""
        said = list(self.loop.remarks) if self.loop else []
        said += self.system.remarks if self.system else ()
        if self.bench and not (self.loop and self.loop.bench):
            said += _uncommitted(self.tree, self.bench)
        if len(self.benches) > 1:
            others = ", ".join(f"`{found.command}`" for found in self.benches[1:4])
            said.append(f"other benchmarks here: {others}")
        return tuple(said)

    @property
    def looked_for(self) -> tuple[str, ...]:
        """Where a benchmark and a build were looked for."""
        return (*loops.LOOKED_FOR, *benches.LOOKED_FOR, *FILES)


def detect(root: Path) -> Detected:
    """Look at the repository in `root`.

    Raises:
        NotReady: git does not know the folder.
    """
    tree = listing(root)
    loop = loops.loop(tree)
    found = benches.benchmarks(tree)
    if loop is not None and loop.bench is not None:
        found = (loop.bench, *found)
    allow, where = _allow(tree, loop)
    return Detected(
        tree=tree,
        benches=found,
        systems=systems(tree),
        loop=loop,
        allow=allow,
        allow_where=where,
        protect=tuple(dict.fromkeys(_protect(tree, loop, found))),
    )


def goal_of(bench: Benchmark) -> GoalFound | None:
    """The metric of a benchmark that is known to print exactly one."""
    if len(bench.metrics) != 1:
        return None
    return goal_named(bench, bench.metrics[0], bench.where)


def goal_named(bench: Benchmark, metric: str, where: str) -> GoalFound:
    """A metric of a benchmark, with what is known about it."""
    known = not bench.metrics or metric in bench.metrics
    return GoalFound(
        metric=metric,
        where=where,
        unit=bench.unit if known else "",
        direction=bench.direction if known else None,
    )


def summary(found: Detected) -> tuple[Row, ...]:
    """What was found, one row a line, with where it was found."""
    goal, bench = found.goal, found.bench
    rows = [
        Row(label="Benchmark", value=bench.command, where=bench.where) if bench else None,
        _row("Build", found.build),
        _row("Checks", found.checks),
        Row(label="Goal", value=_goal_words(goal), where=goal.where) if goal else None,
        Row(label="May change", value=" ".join(found.allow), where=found.allow_where),
        Row(label="Protected", value=" ".join(found.protect)),
    ]
    return tuple(row for row in rows if row is not None)


def rows(text: str, where: str) -> tuple[Row, ...]:
    """The same rows for a configuration that is known."""
    said = tomllib.loads(text)
    goal, scope = said["goal"], said.get("scope", {})
    checks = said.get("checks", {})
    found = {
        "Benchmark": said["bench"]["command"],
        "Build": said.get("build", {}).get("command", ""),
        "Checks": checks.get("command", "") or checks.get("equivalence", ""),
        "Goal": f"{goal['metric']}, {goal['direction']} is better",
        "May change": " ".join(scope.get("allow", ())),
        "Protected": " ".join(scope.get("protect", ())),
    }
    return tuple(
        Row(label=label, value=value, where=where if label == "Benchmark" else "")
        for label, value in found.items()
        if value
    )


def heading(found: Detected) -> str:
    """What was looked at: `cmark (git, CMake, 1,412 files)`."""
    names = ", ".join(["git", *(system.name for system in found.systems[:3])])
    count = len(found.tree.modes)
    files = f"{count:,} file{'s' * (count != 1)}"
    return f"{found.tree.root.resolve().name} ({names}, {files})"


def _row(label: str, found: Found | None) -> Row | None:
    return Row(label=label, value=found.value, where=found.where) if found else None


def _goal_words(goal: GoalFound) -> str:
    unit = f" in {goal.unit}" if goal.unit else ""
    better = f", {goal.direction} is better" if goal.direction else ""
    return f"{goal.metric}{unit}{better}"


def _uncommitted(tree: Tree, bench: Benchmark) -> list[str]:
    missing = [path for path in bench.files if tree.exists(path) and not tree.tracks(path)]
    return [f"{path} is not committed, so no trial can see it: git add {path} && git commit"
            for path in missing]  # fmt: skip


def _allow(tree: Tree, loop: Loop | None) -> tuple[tuple[str, ...], str]:
    """Patterns of what may change, and why these."""
    if loop is not None and loop.allow:
        return loop.allow, loop.allow_where
    folders = [name for name in SOURCES if tree.has_folder(name)]
    packages = [
        name
        for name in tree.folders()
        if tree.tracks(f"{name}/__init__.py") and name not in (*TESTS, *benches.FOLDERS, "docs")
    ]
    patterns = [f"{name}/**" for name in dict.fromkeys([*folders, *packages])]
    if tree.tracks("go.mod"):
        return ("**/*.go",), "Go sources"
    at_top = {suffix for suffix in _CODE for _ in tree.at_top(suffix)}
    if not patterns or at_top & {".c", ".cc", ".cpp", ".rs"}:
        patterns += [f"/*{suffix}" for suffix in _CODE if suffix in at_top]
    return (tuple(patterns), "sources") if patterns else (("**",), "no folder of sources found")


def _protect(tree: Tree, loop: Loop | None, found: Sequence[Benchmark]) -> Iterator[str]:
    """Patterns of what judges a change: benchmark, tests, build, and the goal itself."""
    yield "/whet.toml"
    if loop is not None:
        yield from loop.protect
    yield from (pattern for bench in found for pattern in benches.patterns(bench))
    yield from (f"{name}/**" for name in (*benches.FOLDERS, *TESTS) if tree.has_folder(name))
    if tree.tracks("go.mod"):
        yield "*_test.go"
    names = {posixpath.basename(path) for path in tree.modes}
    yield from (name for name in _BUILD_FILES if name in names)
    yield from (f"{name}/**" for name in (*_BUILD_FOLDERS, ".github") if tree.has_folder(name))
