"""From two commits to an outcome: the spec, the snapshots, and a worker that is given back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from whet.errors import NotReady
from whet.git.store import Store
from whet.judge.designing import metrics
from whet.judge.verdict import NOT_THE_CANDIDATE
from whet.model.config import Config
from whet.model.design import Design
from whet.model.trial import Block, Mode, TrialOutcome, TrialSpec
from whet.model.worker import WorkerConfig, expanded, here
from whet.ports import Executor, Progress, Watch

Moved = Callable[[str, Progress], None]
"""Told what is being measured, by the name it is known by, and where it is."""

ATTEMPTS = 3
"""How often a trial is begun whose machine fails, before the campaign stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """What a trial needs, whether a campaign asks for it or a single question.

    `base` is the commit whose protected files judge. `label` marks every process of its trials, so
    no two labs that are at work on a machine at the same time may have the same.
    """

    config: Config
    store: Store
    base: str
    executor: Executor
    label: str


def spec(
    lab: Lab,
    name: str,
    *,
    a: str,
    b: str,
    mode: Mode,
    design: Design | None = None,
    pairs: int = 0,
    seed: int = 0,
    worker: str = "",
    warm: bool = True,
) -> TrialSpec:
    """The spec of a trial of commit b against commit a, under the lab's configuration."""
    config, store = lab.config, lab.store
    chosen = of(config, worker)
    # one tree is one snapshot, so equal code is seen in the ids
    snapshots = {commit: store.snapshot(commit) for commit in {lab.base, a, b}}
    return TrialSpec(
        id=f"{lab.label}:{name}",
        mode=mode,
        base=snapshots[lab.base],
        a=snapshots[a],
        b=snapshots[b],
        bench=config.bench,
        metrics=metrics(config),
        build=config.build,
        checks=config.checks,
        integrity=config.integrity,
        protect=(*config.scope.protect, *_inside(config.integrity.read_only)),
        design=design,
        pairs=pairs,
        failures_max=config.measure.failures_max,
        screen=config.measure.screen if mode == "judge" else "off",
        together=config.measure.shared_control,
        warm=warm,
        layouts=config.measure.layouts if mode != "checks" else 1,
        same_code=snapshots[a] == snapshots[b] and mode == "fixed",
        cpus=chosen.cpus,
        seed=seed,
    )


def _always() -> None:
    pass


async def run(
    lab: Lab,
    spec: TrialSpec,
    what: str,
    watch: Watch,
    worker: str = "",
    check: Callable[[], None] = _always,
) -> TrialOutcome:
    """Run a trial on a worker; whatever happens, the worker is given back.

    Raises:
        InfraError: the worker failed.
    """
    (outcome,) = await together(lab, ((what, spec),), lambda _, told: watch(told), worker, check)
    return outcome


async def together(
    lab: Lab,
    named: Sequence[tuple[str, TrialSpec]],
    moved: Moved,
    worker: str = "",
    check: Callable[[], None] = _always,
) -> tuple[TrialOutcome, ...]:
    """Run the trials of a block on a worker, or here, each under the name it is known by.

    `check` may object when the worker is held and nothing was run.

    Raises:
        InfraError: the worker failed.
    """
    names = {spec.id: what for what, spec in named}
    first = next(iter(names.values()))

    def watch(progress: Progress) -> None:
        moved(names.get(progress.trial, first), progress)

    block = Block(trials=tuple(spec for _, spec in named))
    async with lab.executor.lease(worker or of(lab.config, "").name) as leased:
        check()
        outcomes = await leased.run(block, lab.store.path, watch)
    return tuple(replace(outcome, id=names[outcome.id]) for outcome in outcomes)


def of(config: Config, name: str) -> WorkerConfig:
    """The worker of this name; this machine where there is none."""
    known = (one for one in expanded(config.workers) if one.name == name)
    return next(known, here(config.workers))


def blame_target(outcome: TrialOutcome, what: str) -> None:
    """Stop the campaign when the fault is not the candidate's: nothing can be judged then.

    Raises:
        NotReady: the incumbent, the benchmark or the machine is not fit.
    """
    fault = outcome.fault
    if fault is not None and fault.fault in NOT_THE_CANDIDATE:
        raise NotReady(
            f"{what}: {fault.detail}",
            hint=fault.hint or "whet doctor",
            details=fault.log.splitlines()[-12:],
        )


def _inside(patterns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(p for p in patterns if not p.startswith(("/", "~")))
