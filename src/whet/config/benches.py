"""Benchmarks that are in a repository already: commands, formats, and the metrics they print.

Only what the files say is believed: nothing is run, and a format that no file names stays unknown.
"""

import posixpath
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace

from whet.config.found import Benchmark
from whet.config.systems import (
    cargo_dependencies,
    cmake_folder,
    make_targets,
    python_path,
    python_project,
    scripts,
)
from whet.config.tree import Tree, pattern_of

SCRIPTS = tuple(
    posixpath.join(folder, name)
    for folder in ("", "bench", "benchmark", "benchmarks", "scripts", "tools", "perf")
    for name in ("bench.sh", "benchmark.sh", "run_bench.sh", "run.sh", "bench.py", "benchmark.py",
                 "run.py")
    if folder not in ("", "scripts", "tools") or not name.startswith("run.")
)  # fmt: skip
LOOKED_FOR = (
    "bench.sh and the like, at the top and in bench/, benchmarks/ and scripts/",
    "a `bench` target of the makefile",
    "pytest-benchmark, Go benchmarks, Criterion, Google Benchmark, JMH",
    "a `bench` script of package.json",
)
"""What is looked for, for the message that nothing was found."""

FOLDERS = ("bench", "benches", "benchmark", "benchmarks", "perf")

_METRIC_LINE = re.compile(r"\bMETRIC\s+([\w.µ]+)=")
_TARGETS = ("bench", "benchmark", "benchmarks")
_FORMATS = (
    ("llama-bench", re.compile(r"llama-bench\b[^\n]*(?:-o|--output)\s+jsonl?\b")),
    ("google-benchmark", re.compile(r"--benchmark_format=json")),
)
_EXPORT = re.compile(r"hyperfine\b(?:[^\n]|\\\n)*--export-json[ =]([\w./-]+)")


def benchmarks(tree: Tree) -> tuple[Benchmark, ...]:
    """Every benchmark that was found, the likeliest first."""
    readers: tuple[Callable[[Tree], Iterator[Benchmark]], ...] = (
        _scripts, _make, _node, _go, _criterion, _pytest, _google, _jmh,
    )  # fmt: skip
    return tuple(found for read in readers for found in read(tree))


def patterns(bench: Benchmark) -> tuple[str, ...]:
    """What of a benchmark must be protected."""
    return (*map(pattern_of, bench.files), *bench.patterns)


def metric_names(text: str) -> tuple[str, ...]:
    """Names of the METRIC lines that a script prints, as far as they stand in it."""
    return tuple(dict.fromkeys(_METRIC_LINE.findall(text)))


def of_command(tree: Tree, command: str) -> Benchmark:
    """A command that the user named: what the files it names say about it."""
    known = next((found for found in benchmarks(tree) if found.command == command), None)
    if known is not None:
        return known
    files = [word for word in map(posixpath.normpath, _words(command)) if tree.exists(word)]
    text = "\n".join([command, *(tree.read(path) for path in files)])
    return _described(text, command=command, where="named by you", files=tuple(files))


def missing_file(tree: Tree, command: str) -> str:
    """The program that a command names by its path, where there is no such file."""
    word = next(iter(_words(command)), "")
    return word if "/" in word and not word.startswith("/") and not tree.exists(word) else ""


def _described(text: str, *, command: str, where: str, files: tuple[str, ...]) -> Benchmark:
    """A benchmark with the format that its text shows."""
    names = metric_names(text)
    bench = Benchmark(command=command, where=where, metrics=names, files=files)
    export = _EXPORT.search(text)
    if names:
        return replace(bench, format="metric-lines")
    if export and not export[1].startswith(("-", "/")):
        return replace(bench, format="hyperfine", output=export[1], unit="s", direction="lower")
    return replace(bench, format=next((name for name, s in _FORMATS if s.search(text)), ""))


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def _scripts(tree: Tree) -> Iterator[Benchmark]:
    for path in SCRIPTS:
        if tree.exists(path):
            command = run_file(tree, path)
            found = _described(tree.read(path), command=command, where=path, files=(path,))
            yield replace(found, env=python_path(tree)) if path.endswith(".py") else found


def run_file(tree: Tree, path: str) -> str:
    """The command that runs a script, which may not be executable."""
    if path.endswith(".py"):
        return f"python3 {shlex.quote(path)}"
    if not tree.runs(path):
        return f"bash {shlex.quote(path)}"
    return shlex.quote(path if "/" in path else f"./{path}")


def _make(tree: Tree) -> Iterator[Benchmark]:
    for target, recipe in make_targets(tree).items():
        if target in _TARGETS:
            # without -s make prints the commands between the numbers
            command = f"make -s {target}"
            yield _described(recipe, command=command, where=f"`make {target}`", files=())


def _node(tree: Tree) -> Iterator[Benchmark]:
    for name, text in scripts(tree).items():
        if name in _TARGETS:
            where = f"`{name}` in package.json"
            yield _described(text, command=f"npm run -s {name}", where=where, files=())


def _go(tree: Tree) -> Iterator[Benchmark]:
    names: dict[str, str] = {}
    if tree.tracks("go.mod"):
        for path in tree.ending("_test.go"):
            shape = r"^func (Benchmark(?![a-z])\w*)\(\w+ \*testing\.B\)"
            for name in re.findall(shape, tree.read(path), re.MULTILINE):
                names[name] = path
    if names:
        folders = sorted({posixpath.dirname(path) for path in names.values()})
        where = f"./{folders[0]}".rstrip("/") if len(folders) == 1 else "./..."
        yield Benchmark(
            command=f"go test -run '^$' -bench . {where}",
            narrow=f"go test -run '^$' -bench '^{{metric}}$' {where}",
            where=f"{len(names)} Benchmark functions, {next(iter(names.values()))}",
            format="gobench",
            metrics=tuple(names),
            unit="ns/op",
            direction="lower",
            patterns=("*_test.go",),
        )


def _criterion(tree: Tree) -> Iterator[Benchmark]:
    if "criterion" not in cargo_dependencies(tree):
        return
    files = tree.ending(".rs", below="benches")
    shape = r"\.bench_function\(\s*\"([^\"]+)\""
    names = [name for path in files for name in re.findall(shape, tree.read(path))]
    stems = [posixpath.basename(path).removesuffix(".rs") for path in files]
    only = f" --bench {stems[0]}" if len(stems) == 1 else ""
    yield Benchmark(
        # this is the output that names every benchmark
        command=f"cargo bench{only} -- --output-format bencher",
        where="criterion in Cargo.toml",
        format="criterion",
        metrics=tuple(dict.fromkeys(names)),
        unit="ns",
        direction="lower",
        patterns=("benches/**",) if files else (),
    )


def _pytest(tree: Tree) -> Iterator[Benchmark]:
    shape = r"^(?:async )?def (test_\w+)\([^)]*\bbenchmark\b[^)]*\)"
    found: dict[str, list[str]] = {}
    for path in tree.ending(".py"):
        if names := re.findall(shape, tree.read(path), re.MULTILINE):
            found[path] = names
    if not found and "pytest-benchmark" not in python_project(tree):
        return
    words = " ".join(map(shlex.quote, list(found)[:5])) if len(found) <= 5 else ""
    command = f"python3 -m pytest -q {words} --benchmark-only --benchmark-json=benchmark.json"
    yield Benchmark(
        command=" ".join(command.split()),
        where=f"pytest-benchmark, {next(iter(found))}" if found else "pytest-benchmark",
        format="pytest-benchmark",
        output="benchmark.json",
        metrics=tuple(name for names in found.values() for name in names),
        unit="s",
        direction="lower",
        files=tuple(found),
        env=python_path(tree),
    )


def _google(tree: Tree) -> Iterator[Benchmark]:
    names: dict[str, str] = {}
    for path in tree.ending(".cc", ".cpp", ".cxx"):
        text = tree.read(path)
        if "benchmark/benchmark.h" in text:
            names |= dict.fromkeys(re.findall(r"^BENCHMARK\((\w+)\)", text, re.MULTILINE), path)
    target = _google_target(tree) if names else ""
    if target:
        yield Benchmark(
            command=f"{target} --benchmark_format=json",
            narrow=f"{target} --benchmark_format=json --benchmark_filter='^{{metric}}$'",
            where=f"Google Benchmark, {next(iter(names.values()))}",
            format="google-benchmark",
            metrics=tuple(names),
            unit="ns",
            direction="lower",
            files=tuple(dict.fromkeys(names.values())),
        )


def _google_target(tree: Tree) -> str:
    """The program that is linked with the library, where CMake puts it."""
    for path in tree.ending("CMakeLists.txt"):
        text = tree.read(path)
        linked = re.search(r"target_link_libraries\s*\(\s*(\w+)[^)]*benchmark::benchmark", text)
        if linked:
            return f"./{posixpath.join(cmake_folder(tree), posixpath.dirname(path), linked[1])}"
    return ""


def _jmh(tree: Tree) -> Iterator[Benchmark]:
    if "jmh-core" not in tree.read("pom.xml"):
        return
    names: list[str] = []
    files: list[str] = []
    timed = False
    for path in tree.ending(".java"):
        text = tree.read(path)
        package = re.search(r"^package ([\w.]+);", text, re.MULTILINE)
        methods = re.findall(r"@Benchmark\b[^;{]*?\b(\w+)\s*\(", text)
        own = posixpath.basename(path).removesuffix(".java")
        names += [f"{package[1]}.{own}.{method}" if package else f"{own}.{method}"
                  for method in methods]  # fmt: skip
        files += [path] if methods else []
        timed = timed or "Mode.AverageTime" in text
    yield Benchmark(
        command="java -jar target/benchmarks.jar -rf json -rff jmh.json",
        narrow="java -jar target/benchmarks.jar '^{metric}$' -rf json -rff jmh.json",
        where="JMH in pom.xml",
        format="jmh",
        output="jmh.json",
        metrics=tuple(names),
        unit="ns/op" if timed else "ops/s",
        direction="lower" if timed else "higher",
        files=tuple(files),
    )
