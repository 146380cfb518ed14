"""The first `whet.toml`: what was found and what the user said, written for a person to read."""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from whet.config import benches, sources
from whet.config.complaints import Complaints, short
from whet.config.detect import Detected, detect, goal_named, goal_of
from whet.config.found import Benchmark, Found, GoalFound
from whet.config.load import decode
from whet.config.presets import Preset
from whet.config.sources import Project
from whet.errors import ConfigError, NotReady, UserError
from whet.formats.number import unit_of
from whet.model.metric import Direction

_HIGHER = ("per_s", "per_sec", "_ops", "ops_", "throughput", "qps", "rps", "tps", "fps", "mb_s",
           "gb_s", "flops", "bandwidth", "score", "accuracy", "speed", "hits")  # fmt: skip
_TIMED = ("wall_s", "cpu_s")


class NotEnough(UserError):
    """Neither the files nor the user say what to measure; `details` are what was looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the user said; empty is what they left to `init`."""

    bench: str = ""
    metric: str = ""
    unit: str = ""
    direction: Direction | None = None
    checks: str = ""
    build: str = ""
    format: str = ""
    allow: tuple[str, ...] = ()
    agent: Mapping[str, str] = field(default_factory=dict)
    """Keys of `[agent]`, by their whole names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The file that was written, and what a person should know."""

    text: str
    path: Path
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every choice made; `assumed` is set where the direction is a guess from the name."""

    bench: Benchmark
    goal: GoalFound
    assumed: bool
    setup: Found | None
    build: Found | None
    checks: Found | None
    allow: tuple[str, ...]
    protect: tuple[str, ...]


def start(root: Path, answers: Answers | None = None, known: Preset | None = None) -> Started:
    """Write `whet.toml` in `root`; nothing else is touched.

    Args:
        root: the repository.
        answers: what the user said.
        known: the preset to write as it is; nothing is looked for then.

    Raises:
        NotEnough: it cannot be known what to measure.
        ConfigError: an answer is not what a configuration may say.
        UserError: the file is there already.
        NotReady: this is no git repository, or it cannot be written.
    """
    path = unwritten(root)
    begun = proposed(root, answers or Answers(), known)
    try:
        path.write_text(begun.text, encoding="utf-8")
    except OSError as error:
        raise NotReady(
            f"cannot write {path}: {error.strerror}", hint="print it instead: `whet init --dry-run`"
        ) from error
    return begun


def proposed(root: Path, answers: Answers, known: Preset | None = None) -> Started:
    """What `start` would write.

    Raises:
        NotEnough: it cannot be known what to measure.
        ConfigError: an answer is not what a configuration may say.
        NotReady: this is no git repository.
    """
    path = root / sources.FILE
    if known is not None:
        text = "\n".join([known.text.rstrip(), *_agent_lines(answers)]) + "\n"
        return Started(text=_valid(text, path), path=path, notes=known.first)
    found = detect(root)
    return Started(text=render(found, answers), path=path, notes=notes(found, answers))


def unwritten(root: Path) -> Path:
    """Where `whet.toml` goes.

    Raises:
        UserError: there is a configuration already.
    """
    path = root / sources.FILE
    is_empty = path.is_file() and not path.read_bytes().strip()
    if sources.is_there(path) and not is_empty:
        raise UserError(
            "`whet.toml` is here already",
            hint="look at it with `whet config show`, or `rm whet.toml` first",
        )
    if any(file.path != path for file in sources.projects(root)):
        raise UserError("`[tool.whet]` is in pyproject.toml already", hint="whet config show")
    return path


def render(found: Detected, answers: Answers, *, format: str = "") -> str:  # noqa: A002
    """The text of `whet.toml`, which `load` accepts.

    Args:
        found: what is in the repository.
        answers: what the user said, which wins.
        format: the output format, where it is known from output (`whet.formats.guessing`).

    Raises:
        NotEnough: it cannot be known what to measure.
        ConfigError: an answer is not what a configuration may say.
    """
    plan = settle(found, replace(answers, format=answers.format or format))
    text = "\n".join(_text(found, plan, answers)).rstrip() + "\n"
    if text != text.encode(errors="replace").decode():  # the shell hands over any bytes
        raise ConfigError("an answer is not UTF-8", hint="whet init --help")
    return _valid(text, found.tree.root / sources.FILE)


def settle(found: Detected, answers: Answers) -> Plan:
    """Choose between what was found and what was said.

    Raises:
        NotEnough: there is no benchmark, or no metric.
    """
    bench = benches.of_command(found.tree, answers.bench) if answers.bench else found.bench
    if bench is None:
        raise _no_bench(found, answers)
    goal = _goal(found, bench, answers)
    if goal is None:
        raise _no_metric(bench)
    bench = _fitted(bench, goal.metric, answers)
    direction = answers.direction or goal.direction or _certain(goal.metric)
    return Plan(
        bench=bench,
        goal=replace(
            goal,
            unit=answers.unit or goal.unit or _unit(goal.metric),
            direction=direction or _likely(goal.metric),
        ),
        assumed=direction is None,
        setup=found.setup,
        build=_said(answers.build) or found.build,
        checks=_said(answers.checks) or found.checks,
        allow=answers.allow or found.allow,
        protect=tuple(dict.fromkeys((*found.protect, *benches.patterns(bench)))),
    )


def notes(found: Detected, answers: Answers) -> tuple[str, ...]:
    """What a person should know after `init`, one sentence each."""
    plan = settle(found, answers)
    said = list(found.remarks)
    if answers.bench and (missing := benches.missing_file(found.tree, answers.bench)):
        said.append(f"{missing} is not in the repository: the build has to make it")
    if plan.assumed:
        said.append(
            f"assumed that {plan.goal.direction} {plan.goal.metric} is better; if not: "
            f"whet config set goal.direction {_other(plan.goal.direction)}"
        )
    if not plan.bench.format:
        said.append(
            f"`{plan.bench.command}` must print a line `METRIC {plan.goal.metric}=12.5`, or say "
            "what it prints: whet config set bench.format hyperfine"
        )
    if plan.checks is None:
        said.append("no tests found: without [checks] a fast wrong answer is kept")
    if found.loop is not None and found.loop.runs:
        said.append(
            f"{found.loop.runs} earlier runs of {found.loop.name} are single measurements, so "
            "none counts as evidence"
        )
    return tuple(said)


def _valid(text: str, path: Path) -> str:
    complaints = Complaints()
    layer = Project(path=path, label=sources.FILE, prefix="", text=text).layer(complaints)
    decode([layer], path, complaints)
    return text


def _goal(found: Detected, bench: Benchmark, answers: Answers) -> GoalFound | None:
    if not answers.metric:
        # a goal of an earlier loop belongs to that loop's benchmark
        return found.goal if bench == found.bench else goal_of(bench)
    known = found.goal
    if known is not None and known.metric == answers.metric:
        return known
    return goal_named(bench, answers.metric, "named by you")


def _fitted(bench: Benchmark, metric: str, answers: Answers) -> Benchmark:
    """The benchmark for one metric, with the format that is known."""
    command = bench.command
    if bench.narrow and metric in bench.metrics and len(bench.metrics) > 1:
        command = bench.narrow.replace("{metric}", metric)
    known = answers.format or bench.format
    # these two names are whet's own: no benchmark is needed to print them
    if not known and metric in _TIMED:
        known = "time"
    return replace(bench, command=command, format=known)


def _no_bench(found: Detected, answers: Answers) -> NotEnough:
    metric = answers.metric or (found.goal.metric if found.goal else "p50_ms")
    return NotEnough(
        "found no benchmark here",
        hint=f"whet init --bench './bench.sh' --metric {shlex.quote(metric)}",
        details=[f"looked for {name}" for name in found.looked_for],
    )


def _no_metric(bench: Benchmark) -> NotEnough:
    command = shlex.quote(bench.command)
    if bench.metrics:
        shown = bench.metrics[:12]
        return NotEnough(
            f"`{short(bench.command)}` prints {len(bench.metrics)} metrics: which is the goal?",
            hint=f"whet init --bench {command} --metric {shlex.quote(shown[0])}",
            details=[f"it prints {name}" for name in shown],
        )
    return NotEnough(
        f"found `{short(bench.command)}`, but not which metric it prints",
        hint=f"whet init --bench {command} --metric p50_ms",
        details=[
            f"looked for METRIC lines in {', '.join(bench.files) or bench.where}",
            f"its time as a whole: whet init --bench {command} --metric wall_s",
        ],
    )


def _said(command: str) -> Found | None:
    return Found(value=command, where="named by you") if command else None


def _unit(metric: str) -> str:
    return "s" if metric in _TIMED else unit_of(metric)


def _certain(metric: str) -> Direction | None:
    return "lower" if metric in _TIMED else None


def _likely(metric: str) -> Direction:
    """Times and sizes should fall, rates should rise; the file says that it was assumed."""
    return "higher" if any(word in metric.lower() for word in _HIGHER) else "lower"


def _other(direction: Direction | None) -> Direction:
    return "lower" if direction == "higher" else "higher"


def _text(found: Detected, plan: Plan, answers: Answers) -> Iterator[str]:
    """The file, line by line."""
    yield "# What whet measures, and what a change may touch. Every key: whet config show"
    if found.loop is not None and (found.loop.notes or found.loop.title):
        yield ""
        yield "[campaign]"
        if found.loop.title:
            yield f"title = {_toml(found.loop.title)}"
        if found.loop.notes:
            yield f"notes = {_toml(found.loop.notes)}  # the agent reads it"
    yield from _goal_lines(plan)
    yield from _bench_lines(plan)
    yield from _build_lines(plan)
    yield from _scope_lines(plan)
    yield from _limit_lines(found, plan)
    yield from _agent_lines(answers)


def _agent_lines(answers: Answers) -> Iterator[str]:
    if answers.agent:
        yield "\n[agent]"
    for key, value in answers.agent.items():
        if value:
            yield f"{key.removeprefix('agent.')} = {_toml(value)}"


def _goal_lines(plan: Plan) -> Iterator[str]:
    goal = plan.goal
    assumed = " (assumed)" if plan.assumed else ""
    yield "\n[goal]"
    said = "taken by whet from outside" if plan.bench.format == "time" else "as it is printed"
    yield f"metric = {_toml(goal.metric)}  # {said}"
    if goal.unit:
        yield f"unit = {_toml(goal.unit)}"
    yield f"direction = {_toml(goal.direction)}  # {goal.direction} is better{assumed}"
    least = plan.bench.limits.get("goal.min_effect", '"2%"')
    yield f"min_effect = {least}  # a smaller gain is not worth keeping"


def _bench_lines(plan: Plan) -> Iterator[str]:
    bench = plan.bench
    yield "\n[bench]"
    if not bench.format:
        yield f"# it must print a line: METRIC {plan.goal.metric}=12.5"
    yield f"command = {_toml(bench.command)}  # one run of it is one observation"
    if bench.format not in ("", "metric-lines"):
        yield f"format = {_toml(bench.format)}"
    if bench.output != "stdout":
        yield f"output = {_toml(bench.output)}  # the file it writes"
    if bench.env:
        pairs = ", ".join(f"{name} = {_toml(value)}" for name, value in bench.env.items())
        yield f"env = {{ {pairs} }}"
    yield from _limits(plan, "bench")


def _build_lines(plan: Plan) -> Iterator[str]:
    if plan.setup or plan.build:
        yield "\n[build]"
    if plan.setup:
        yield f"setup = {_toml(plan.setup.value)}  # before the build, in every new tree"
    if plan.build:
        yield f"command = {_toml(plan.build.value)}"
    yield "\n[checks]"
    if plan.checks:
        yield f"command = {_toml(plan.checks.value)}  # must fail when the program is wrong"
    else:
        yield '# command = "make test"  # must fail when the program is wrong'
    yield from _limits(plan, "checks")


def _scope_lines(plan: Plan) -> Iterator[str]:
    yield "\n[scope]"
    yield f"allow = {_list(plan.allow)}  # what a change may touch"
    yield "# taken from the base commit, whatever a change does to them"
    yield f"protect = {_list(plan.protect)}"


def _limit_lines(found: Detected, plan: Plan) -> Iterator[str]:
    measure = list(_limits(plan, "measure"))
    if measure:
        yield "\n[measure]"
        yield from measure
    if found.loop is not None and found.loop.max_experiments:
        yield "\n[run]"
        yield f"max_experiments = {found.loop.max_experiments}"


def _limits(plan: Plan, table: str) -> Iterator[str]:
    for key, value in plan.bench.limits.items():
        head, _, name = key.partition(".")
        if head == table:
            yield f"{name} = {value}"


def _list(patterns: tuple[str, ...]) -> str:
    whole = f"[{', '.join(map(_toml, patterns))}]"
    if len(whole) <= 72:
        return whole
    return "[\n" + "".join(f"  {_toml(pattern)},\n" for pattern in patterns) + "]"


def _toml(text: str | None) -> str:
    """A TOML string, in single quotes where that saves backslashes."""
    assert text is not None
    if ('"' in text or "\\" in text) and "'" not in text and text.isprintable():
        return f"'{text}'"
    # a string of JSON is one of TOML too, but for the DEL character
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
