"""A campaign's numbers for other tools. Pure: State in, rows and documents out."""

import csv
import io
import itertools
import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields

from whet.errors import NotReady, UserError
from whet.judge.summary import mad_sd
from whet.model.event import StackMeasured
from whet.model.trial import Pair, TrialOutcome
from whet.model.verdict import Effect
from whet.plan.state import State
from whet.report.figures import change, moment, plural, value
from whet.report.story import config_of, headline, title


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One metric of one invocation; times in seconds, `at` since the trial began."""

    campaign: str
    kind: str
    """calibration, experiment, stack or branch."""
    experiment: str
    title: str
    verdict: str
    worker: str
    commit: str
    pair: int
    side: str
    """a, what it is compared with, or b."""
    first: bool
    """Whether this side ran first in its pair."""
    metric: str
    value: float
    wall: float
    cpu: float
    at: float


def samples(state: State) -> Iterator[Sample]:
    """Every number of every invocation, in the order of the campaign."""
    for worker, found in state.calibrations.items():
        yield from _of(state, "calibration", found.outcome, worker, (state.base, state.base))
    for one in state.experiments.values():
        if one.outcome is None or one.started is None:
            continue
        yield from _of(
            state, "experiment", one.outcome, one.started.worker,
            (one.started.incumbent, one.started.commit), one.id, title(state, one),
            one.verdict.kind if one.verdict is not None else "",
        )  # fmt: skip
    for stack in state.measured:
        yield from _of(state, "stack", stack.outcome, "", (stack.base, stack.commit))
    for seen in state.on_branch.values():
        if seen.outcome is not None:
            yield from _of(state, "branch", seen.outcome, "", (seen.against, seen.commit),
                           seen.experiment)  # fmt: skip


def _of(
    state: State, kind: str, outcome: TrialOutcome, worker: str, commits: tuple[str, str],
    experiment: str = "", called: str = "", verdict: str = "",
) -> Iterator[Sample]:  # fmt: skip
    for number, pair in enumerate(outcome.pairs, 1):
        for side, seen, commit in zip(("a", "b"), (pair.a, pair.b), commits, strict=True):
            for metric, number_of_it in seen.values.items():
                yield Sample(
                    campaign=state.name, kind=kind, experiment=experiment, title=called,
                    verdict=verdict, worker=worker, commit=commit, pair=number, side=side,
                    first=pair.first == side, metric=metric, value=number_of_it, wall=seen.wall,
                    cpu=seen.cpu, at=seen.at,
                )  # fmt: skip


COLUMNS = tuple(field.name for field in fields(Sample))


def as_csv(state: State) -> str:
    """Every sample as a line."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in samples(state):
        cells = asdict(row)
        # a title that begins like a formula is one to a spreadsheet
        cells["title"] = f"'{row.title}" if row.title[:1] in ("=", "+", "-", "@") else row.title
        writer.writerow(cells)
    return out.getvalue()


def _stack(state: State) -> tuple[StackMeasured, Effect]:
    top = headline(state)
    if top.stack is None or top.effect is None:
        raise NotReady("no stack was measured, so there is no number to give on",
                       hint="whet export --format csv")  # fmt: skip
    return top.stack, top.effect


def as_bencher(state: State) -> str:
    """Bencher's metric format: the stack's values with their intervals.

    Raises:
        NotReady: no stack was measured.
    """
    stack, goal = _stack(state)
    config = config_of(state)
    directions = {config.goal.metric: config.goal.direction,
                  **{guard.metric: guard.direction for guard in config.guard}}  # fmt: skip
    measures = {}
    for e in (goal, *stack.guards):
        low, high = (e.a * (1 + e.low), e.a * (1 + e.high))
        if directions[e.metric] == "lower":
            low, high = e.a / (1 + e.high), e.a / (1 + e.low)
        measures[e.metric] = {"value": e.b, "lower_value": low, "upper_value": high}
    return json.dumps({state.name: measures}, indent=1) + "\n"


def as_action_benchmark(state: State) -> str:
    """What github-action-benchmark reads as customSmallerIsBetter or customBiggerIsBetter.

    One file has one direction, so guards that are better the other way are left out.

    Raises:
        NotReady: no stack was measured.
    """
    stack, goal = _stack(state)
    config = config_of(state)
    units = {config.goal.metric: config.goal.unit}
    units |= {g.metric: g.unit for g in config.guard if g.direction == config.goal.direction}
    rows = [
        {
            "name": e.metric,
            "unit": units[e.metric] or "value",
            "value": e.b,
            "range": f"± {value(_spread(stack.outcome.pairs, e.metric))}",
            "extra": f"{change(e)} against {stack.base[:7]}, {plural(e.pairs, 'pair')}",
        }
        for e in (goal, *stack.guards)
        if e.metric in units
    ]
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


def _spread(pairs: Sequence[Pair], metric: str) -> float:
    return mad_sd([pair.b.values[metric] for pair in pairs]) if len(pairs) > 1 else 0.0


LLAMA_BENCH: Mapping[str, str] = {
    "build_commit": "TEXT", "build_number": "INTEGER", "cpu_info": "TEXT", "gpu_info": "TEXT",
    "backends": "TEXT", "model_filename": "TEXT", "model_type": "TEXT", "model_size": "INTEGER",
    "model_n_params": "INTEGER", "n_batch": "INTEGER", "n_ubatch": "INTEGER",
    "n_threads": "INTEGER", "cpu_mask": "TEXT", "cpu_strict": "INTEGER", "poll": "INTEGER",
    "type_k": "TEXT", "type_v": "TEXT", "n_gpu_layers": "INTEGER", "split_mode": "TEXT",
    "main_gpu": "INTEGER", "no_kv_offload": "INTEGER", "flash_attn": "INTEGER",
    "tensor_split": "TEXT", "tensor_buft_overrides": "TEXT", "use_mmap": "INTEGER",
    "embeddings": "INTEGER", "no_op_offload": "INTEGER", "n_prompt": "INTEGER",
    "n_gen": "INTEGER", "n_depth": "INTEGER", "test_time": "TEXT", "avg_ns": "INTEGER",
    "stddev_ns": "INTEGER", "avg_ts": "REAL", "stddev_ts": "REAL", "n_cpu_moe": "INTEGER",
    "fit_target": "INTEGER", "fit_min_ctx": "INTEGER",
}  # fmt: skip
"""Columns of the table `llama_bench`, as llama.cpp's scripts/compare-llama-bench.py reads it."""

_TEST = re.compile(r"(?:pp(\d+))?(?:\+?tg(\d+))?(?:@d(\d+))?")


def llama_bench_rows(state: State) -> Iterator[tuple[object, ...]]:
    """The stack's invocations of both sides, one row for each test.

    What llama-bench knows of a model and whet does not is empty, and equal on both sides.

    Raises:
        NotReady: no stack was measured.
        UserError: no metric is a test of llama-bench.
    """
    stack, _ = _stack(state)
    model, threads = _model(config_of(state).bench.command)
    found = False
    for pair in stack.outcome.pairs:
        for commit, seen in ((stack.base, pair.a), (stack.commit, pair.b)):
            for metric, rate in seen.values.items():
                test = _TEST.fullmatch(metric)
                if test is None or not (test[1] or test[2]) or rate <= 0:
                    continue
                found = True
                prompt, gen, depth = (int(part or 0) for part in test.groups())
                row: dict[str, object] = {
                    name: "" if kind == "TEXT" else 0 for name, kind in LLAMA_BENCH.items()
                }
                row |= {
                    "build_commit": commit[:8], "cpu_info": stack.outcome.fingerprint.cpu,
                    "backends": "CPU", "model_filename": model,
                    "model_type": model.rpartition("/")[2].removesuffix(".gguf"),
                    "n_threads": threads, "n_prompt": prompt, "n_gen": gen, "n_depth": depth,
                    "test_time": moment(stack.at), "avg_ts": rate,
                    "avg_ns": round((prompt + gen) / rate * 1e9),
                }  # fmt: skip
                yield tuple(row.values())
    if not found:
        raise UserError("no metric here is a test of llama-bench, such as pp512 or tg128",
                        hint="whet export --format csv")  # fmt: skip


def _model(command: str) -> tuple[str, int]:
    """The model and the threads that a command line of llama-bench names."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    after = dict(itertools.pairwise(words))
    model = after.get("-m") or after.get("--model") or ""
    threads = after.get("-t") or after.get("--threads") or ""
    return model, int(threads) if threads.isdigit() else 0
