"""A profile of one commit: built and run as a trial builds and runs it."""

from dataclasses import dataclass, replace
from pathlib import Path

import anyio.from_thread

from whet.errors import NotReady
from whet.git.store import Store
from whet.model.config import Config
from whet.model.profile import Profile
from whet.model.sampling import Examination, Examined
from whet.model.trial import Block, TrialOutcome, TrialSpec
from whet.model.worker import here
from whet.ports import Clock, Executor, Watch
from whet.profiling.kept import load, place, save


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where profiles are taken: the target, and who lends a worker.

    `label` begins the mark of every process that is started.
    """

    root: Path
    config: Config
    base: str
    """The commit whose protected files judge."""
    store: Store
    executor: Executor
    clock: Clock
    label: str


def profile(
    bench: Bench,
    commit: str,
    asked: Examination,
    watch: Watch = lambda _: None,
    *,
    again: bool = False,
) -> Profile:
    """The profile of a commit: the one that is kept if it answers what is asked, else a new one.

    Raises:
        NotReady: the target does not build, or its benchmark does not run.
        InfraError: the worker failed.
    """
    path = place(bench.root, commit, bench.config)
    kept = None if again else load(path)
    if kept is not None and _answers(kept.examined, asked):
        return kept
    outcome = examine(bench, commit, asked, watch)
    taken = Profile(
        commit=commit,
        command=bench.config.bench.command,
        at=bench.clock.now(),
        fingerprint=outcome.fingerprint,
        stages=outcome.stages,
        invocations=outcome.invocations,
        examined=outcome.examined or Examined(),
        seconds=outcome.seconds,
    )
    save(path, taken)
    return taken


def examine(
    bench: Bench, commit: str, asked: Examination, watch: Watch = lambda _: None
) -> TrialOutcome:
    """What a worker finds out about a commit.

    May be called from a thread of an event loop, and where there is none.

    Raises:
        NotReady: the target does not build, or its benchmark does not run.
        InfraError: the worker failed.
    """
    with anyio.from_thread.start_blocking_portal() as portal:
        outcome = portal.call(_on_a_worker, bench, spec(bench, commit, asked), watch)
    fault = outcome.fault
    if fault is not None:
        raise NotReady(
            f"there is nothing to profile: {fault.detail}",
            hint=fault.hint or "whet doctor",
            details=fault.log.splitlines()[-12:],
        )
    return outcome


async def _on_a_worker(bench: Bench, spec: TrialSpec, watch: Watch) -> TrialOutcome:
    name = here(bench.config.workers).name
    async with bench.executor.lease(name) as worker:
        (outcome,) = await worker.run(Block(trials=(spec,)), bench.store.path, watch)
    return replace(outcome, id="profile")


def spec(bench: Bench, commit: str, asked: Examination) -> TrialSpec:
    """A trial that watches a commit and compares nothing."""
    config, store = bench.config, bench.store
    snapshot = store.snapshot(commit)
    inside = tuple(p for p in config.integrity.read_only if not p.startswith(("/", "~")))
    return TrialSpec(
        id=f"{bench.label}:profile",
        mode="examine",
        base=store.snapshot(bench.base),
        a=snapshot,
        b=snapshot,
        bench=config.bench,
        metrics=(config.goal.metric,),
        build=config.build,
        integrity=config.integrity,
        protect=(*config.scope.protect, *inside),
        cpus=here(config.workers).cpus,
        examination=asked,
    )


def _answers(kept: Examined, asked: Examination) -> bool:
    sampled = bool(kept.samplings) or not asked.profile
    measured = kept.ceilings is not None or not asked.ceilings
    return sampled and measured and (asked.count != "always" or bool(kept.counted))
