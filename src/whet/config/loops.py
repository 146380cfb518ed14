"""Files that other optimisation loops leave in a repository, read in place.

pi-autoresearch keeps `.auto/` or, before that, `autoresearch.*` beside the code; where any file of
the newer kind is there, the older ones are not looked at. karpathy/autoresearch has `program.md`
and `train.py`. SkyPilot's examples add an `experiment.yaml`.
"""

import fnmatch
import json
import posixpath
import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping

from whet.config.benches import metric_names
from whet.config.found import Benchmark, Found, GoalFound, Loop
from whet.config.presets import preset
from whet.config.tree import Tree, pattern_of
from whet.model.metric import Direction

LOOKED_FOR = (".auto/measure.sh", "autoresearch.sh", "program.md with train.py", "experiment.yaml")
"""What is looked for, for the message that nothing was found."""

_CURRENT: Mapping[str, str] = {
    "log": "log.jsonl", "prompt": "prompt.md", "ideas": "ideas.md", "measure": "measure.sh",
    "checks": "checks.sh", "config": "config.json", "research": "research.json",
    "ideation": "ideation.jsonl",
}  # fmt: skip
_LEGACY: Mapping[str, str] = {
    "log": "autoresearch.jsonl", "prompt": "autoresearch.md", "ideas": "autoresearch.ideas.md",
    "measure": "autoresearch.sh", "checks": "autoresearch.checks.sh",
    "config": "autoresearch.config.json", "research": "autoresearch.research.json",
    "ideation": "autoresearch.ideation.jsonl",
}  # fmt: skip
_LARGEST_LOG = 16 * 1024 * 1024
_METRIC = re.compile(r"[\w.µ]+")
_PRIMARY = re.compile(r"\*\*Primary\*\*:?\s*`?([\w.µ]+)`?\s*(?:\(([^)\n]*)\))?")
_KARPATHY = (
    "{ uv run train.py > run.log 2>&1 || { tail -n 40 run.log; exit 1; }; } && "
    "awk '/^val_bpb:/ { print \"METRIC val_bpb=\" $2 }' run.log"
)


def loop(tree: Tree) -> Loop | None:
    """The loop that was at work here, if one was."""
    return _pi(tree) or _karpathy(tree)


def _pi(tree: Tree) -> Loop | None:
    settings = _settings(tree)
    inside = settings.get("workingDir", "")
    at = posixpath.normpath(inside) if isinstance(inside, str) and inside else ""
    at = "" if at == "." or at.startswith(("/", "..")) else at
    files = _files(tree, at)
    if not {"measure", "log", "prompt"} & files.keys():
        return None
    goal = _goal_of_log(tree, files) or _goal_of_prompt(tree, files)
    most = settings.get("maxIterations", 0)
    allow = _files_in_scope(tree, tree.read(files.get("prompt", "")), at)
    return Loop(
        name="pi-autoresearch",
        bench=_measure(tree, files, at),
        checks=_command(tree, files, at, "checks"),
        build=_build_of_experiment(tree),
        goal=goal,
        allow=allow,
        allow_where=f'{files["prompt"]}, "Files in Scope"' if allow else "",
        notes=files.get("prompt", ""),
        title=_title(tree, files),
        max_experiments=most if isinstance(most, int) and 0 < most < 10**6 else 0,
        runs=sum("run" in entry for entry in _entries(tree, files)),
        protect=_protect(files, at),
        remarks=(*_untracked(tree, files), *_elsewhere(tree)),
    )


def _protect(files: Mapping[str, str], at: str) -> tuple[str, ...]:
    folder = posixpath.join(at, ".auto")
    if any(path.startswith(f"{folder}/") for path in files.values()):
        return (f"{folder}/**",)
    return tuple(map(pattern_of, files.values()))


def _files(tree: Tree, at: str) -> Mapping[str, str]:
    """Paths of the files that are there, by kind."""
    current = {kind: posixpath.join(at, ".auto", name) for kind, name in _CURRENT.items()}
    legacy = {kind: posixpath.join(at, name) for kind, name in _LEGACY.items()}
    is_current = any(map(tree.exists, current.values()))
    is_current = is_current or (tree.root / at / ".auto" / "hooks").is_dir()
    chosen = current if is_current else legacy
    return {kind: path for kind, path in chosen.items() if tree.exists(path)}


def _settings(tree: Tree) -> Mapping[str, object]:
    files = _files(tree, "")
    return _object(tree.read(files["config"])) if "config" in files else {}


def _measure(tree: Tree, files: Mapping[str, str], at: str) -> Benchmark | None:
    found = _command(tree, files, at, "measure")
    if found is None:
        return None
    return Benchmark(
        command=found.value,
        where=found.where,
        format="metric-lines",
        metrics=metric_names(tree.read(files["measure"])),
        files=(files["measure"],),
        limits=_limits_of_experiment(tree),
    )


def _command(tree: Tree, files: Mapping[str, str], at: str, kind: str) -> Found | None:
    if kind not in files:
        return None
    path = posixpath.relpath(files[kind], at or ".")
    word = shlex.quote(path if "/" in path else f"./{path}")
    command = word if tree.runs(files[kind]) else f"bash {shlex.quote(path)}"
    inside = f"cd {shlex.quote(at)} && " if at else ""
    return Found(value=inside + command, where=f"{files[kind]}, used by pi-autoresearch")


def _untracked(tree: Tree, files: Mapping[str, str]) -> tuple[str, ...]:
    needed = [files[kind] for kind in ("measure", "checks") if kind in files]
    missing = [path for path in needed if not tree.tracks(path)]
    if not missing:
        return ()
    words = " ".join(map(shlex.quote, missing))
    return (f"not committed, so no trial can see it: git add -f {words} && git commit",)


def _entries(tree: Tree, files: Mapping[str, str]) -> Iterator[Mapping[str, object]]:
    if "log" in files:
        for line in tree.read(files["log"], _LARGEST_LOG).split("\n"):
            yield _object(line)


def _goal_of_log(tree: Tree, files: Mapping[str, str]) -> GoalFound | None:
    """The last `config` line: it begins the segment that is being worked on."""
    configs = [entry for entry in _entries(tree, files) if entry.get("type") == "config"]
    metric = configs[-1].get("metricName") if configs else None
    if not isinstance(metric, str) or not _METRIC.fullmatch(metric):
        return None
    unit, better = configs[-1].get("metricUnit"), configs[-1].get("bestDirection")
    return GoalFound(
        metric=metric,
        where=files["log"],
        unit=unit if isinstance(unit, str) and unit.isprintable() else "",
        direction=_direction(better),
    )


def _goal_of_prompt(tree: Tree, files: Mapping[str, str]) -> GoalFound | None:
    match = _PRIMARY.search(tree.read(files["prompt"])) if "prompt" in files else None
    if match is None:
        return None
    unit, _, better = (match[2] or "").partition(",")
    word = next((word for word in ("lower", "higher") if word in better.lower()), None)
    return GoalFound(
        metric=match[1], where=files["prompt"], unit=unit.strip(), direction=_direction(word)
    )


def _direction(word: object) -> Direction | None:
    return "lower" if word == "lower" else "higher" if word == "higher" else None


def _title(tree: Tree, files: Mapping[str, str]) -> str:
    names = [entry.get("name") for entry in _entries(tree, files) if entry.get("type") == "config"]
    title = names[-1] if names else ""
    return title if isinstance(title, str) and title.isprintable() else ""


def _files_in_scope(tree: Tree, text: str, at: str) -> tuple[str, ...]:
    """Patterns for the files that the prompt's section names and that are in the tree."""
    parts = re.split(r"(?im)^#+\s*files\s+in\s+scope\b.*$", text, maxsplit=1)
    if len(parts) < 2:
        return ()
    section = re.split(r"(?m)^#", parts[1], maxsplit=1)[0]
    words = (word for line in section.split("\n") for word in _words(line))
    patterns = (_pattern(tree, posixpath.join(at, word)) for word in words)
    return tuple(dict.fromkeys(filter(None, patterns)))


def _words(line: str) -> list[str]:
    quoted = re.findall(r"`([^`]+)`", line)
    if quoted:
        return quoted
    plain = re.sub(r"^[\s|>*+-]*(?:\d+[.)])?\s*", "", line)
    return plain.split()[:1]


def _pattern(tree: Tree, word: str) -> str:
    path = posixpath.normpath(word.strip().rstrip(":,;|"))
    if path.startswith((".auto", "..", "/")) or path == ".":
        return ""
    if tree.tracks(path):
        return pattern_of(path)
    if tree.has_folder(path):
        return f"{path}/**"
    if "*" in path and fnmatch.filter(tree.modes, path):
        return path
    return ""


def _karpathy(tree: Tree) -> Loop | None:
    if not (tree.tracks("train.py") and tree.tracks("program.md")):
        return None
    texts = [tree.read(name) for name in ("program.md", "train.py", "prepare.py")]
    if not any("val_bpb" in text for text in texts):
        return None
    uses_uv = tree.tracks("uv.lock") or any("uv run" in text for text in texts)
    command = _seeded() if "torch.manual_seed(" in texts[1] else _KARPATHY
    command = command if uses_uv else re.sub(r"uv run (?:python )?", "python3 ", command)
    name = "SkyPilot's autoresearch" if tree.tracks("experiment.yaml") else "autoresearch"
    return Loop(
        name=name,
        bench=Benchmark(
            command=command,
            where="train.py, which prints `val_bpb: ...`",
            format="metric-lines",
            metrics=("val_bpb",),
            files=("prepare.py",) if tree.tracks("prepare.py") else (),
            # one run takes five minutes, so nothing is run more often than it must be
            limits={
                "goal.min_effect": '"0.2%"',
                "bench.new_seeds": "true",
                "bench.timeout": '"15m"',
                "bench.warmup": "0",
                "measure.pairs_max": "12",
                "measure.aa_pairs": "4",
                "measure.stack_pairs": "6",
            },
        ),
        goal=GoalFound(metric="val_bpb", where="program.md", direction="lower"),
        allow=("/train.py",),
        allow_where="program.md",
        notes="program.md",
        runs=_rows(tree.read("results.tsv")),
        protect=("/program.md",),
        remarks=("one run takes about 5 minutes: 12 pairs are two hours for one candidate",),
    )


def _seeded() -> str:
    """Sets the seed from outside, another one for every pair: a seed is not an improvement."""
    return str(tomllib.loads(preset("autoresearch").text)["bench"]["command"])


def _rows(text: str) -> int:
    return max(0, sum(bool(line.strip()) for line in text.split("\n")) - 1)


def _build_of_experiment(tree: Tree) -> Found | None:
    """`BUILD_CMD` of SkyPilot's template, where it is given."""
    command = _variable(tree, "BUILD_CMD")
    return Found(value=command, where="experiment.yaml") if command else None


def _limits_of_experiment(tree: Tree) -> Mapping[str, str]:
    """`BENCH_TIMEOUT` and `CHECK_TIMEOUT` of SkyPilot's template, in seconds."""
    said = {"bench.timeout": "BENCH_TIMEOUT", "checks.timeout": "CHECK_TIMEOUT"}
    found = {key: _variable(tree, name) for key, name in said.items()}
    return {
        key: f'"{value}s"' for key, value in found.items() if re.fullmatch("[1-9][0-9]*", value)
    }


def _variable(tree: Tree, name: str) -> str:
    """A variable that SkyPilot's template sets."""
    match = re.search(rf"(?m)^\s+{name}:[ \t]*(\S.*)$", tree.read("experiment.yaml"))
    return match[1].strip().strip("\"'") if match else ""


def _elsewhere(tree: Tree) -> tuple[str, ...]:
    """How the machines of SkyPilot's template are had: whet rents nothing by itself."""
    if not tree.read("experiment.yaml"):
        return ()
    return ("to measure on machines as experiment.yaml asks: whet workers add sky experiment.yaml",)


def _object(text: str) -> Mapping[str, object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
