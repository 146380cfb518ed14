"""The order of the questions: the cheap ones first, and none that the answers before make idle."""

from whet.judge import lint
from whet.model.diagnosis import Diagnosis
from whet.model.trial import Invocation, TrialOutcome
from whet.steps.doctor import (
    agent,
    benchmark,
    ceilings,
    checking,
    control,
    machine,
    measured,
    noise,
    optimised,
    placed,
    program,
    repository,
    scripts,
    threads,
)
from whet.steps.doctor.edited import Part, changeable
from whet.steps.doctor.executed import narrowed
from whet.steps.doctor.measured import Scene
from whet.steps.doctor.scripts import Script
from whet.steps.doctor.traced import Trace, trace
from whet.steps.doctor.visit import Visit

_QUICK_PAIRS = 3


async def examine(visit: Visit) -> Diagnosis:
    """Ask everything; each answer is told as it is found.

    Raises:
        InfraError: the worker failed.
    """
    if not repository.look(visit):
        agent.look(visit)
        return visit.diagnosis
    before = machine.moment()
    first = await _first(visit)
    control_pairs, checked, seen = None, None, None
    if repository.built(first):
        control_pairs, checked, seen = await _target(visit, first)
    else:
        repository.build(visit, first, None)
    machine.look(visit, before, machine.moment(), first.fingerprint)
    if control_pairs is not None:
        noise.look(visit, control_pairs, _overhead(visit, first, checked))
        await placed.look(visit, seen)
    agent.look(visit)
    return visit.diagnosis


async def _first(visit: Visit) -> TrialOutcome:
    """The least that shows whether it builds and prints a number."""
    spec = visit.spec("first", pairs=_QUICK_PAIRS if visit.quick else 1)
    return await visit.trial(spec, "build and first run")


async def _target(
    visit: Visit, first: TrialOutcome
) -> tuple[TrialOutcome | None, TrialOutcome | None, Trace | None]:
    """Everything about a target that builds.

    Returns:
        Pairs of the same code, how the checks did, and what was seen to run.
    """
    texts = _texts(visit, "bench")
    files = visit.lab.store.files(visit.lab.base)
    seen = await trace(visit, program.packages(files)) if first.fault is None else None
    repository.build(visit, first, seen)
    parts = changeable(visit, [text.label for text in texts if text.is_file])
    pairs = None
    if benchmark.runs(visit, first):
        parts = parts if visit.quick else await narrowed(visit, parts)
        pairs = await _benchmark(visit, first, seen, texts, parts)
    checked = await checking.passes(visit)
    if checked is not None and not visit.quick:
        build = max(s.seconds for s in first.stages if s.name in ("build_a", "build_b"))
        await checking.catch(visit, checked, parts, build)
    return pairs, checked, seen


async def _benchmark(
    visit: Visit,
    first: TrialOutcome,
    seen: Trace | None,
    texts: tuple[Script, ...],
    parts: tuple[Part, ...],
) -> TrialOutcome | None:
    """Controls of the benchmark; the pairs of the same code, where the numbers are real."""
    suspects: tuple[program.Suspect, ...] = ()
    if seen is not None:
        files = visit.lab.store.files(visit.lab.base)
        suspects = program.suspects(visit, seen, texts, files)
        threads.look(visit, seen, texts, first.fingerprint.cores)
    optimised.look(visit, seen, _texts(visit, "build"))
    await ceilings.look(visit, first)
    outcome = first if visit.quick else await control.same_code(visit)
    if outcome is None:
        return None
    invocations = _invocations(outcome)
    if lint.constant(visit.config, invocations):
        benchmark.replayed(visit, texts, invocations)
        return None
    benchmark.steps(visit, invocations)
    if visit.quick:
        measured.suspicious(visit, suspects)
        return None
    scene = Scene(texts=texts, suspects=suspects, parts=parts, usual=first.pairs[0].a)
    await measured.planted(visit, scene)
    return outcome


def _texts(visit: Visit, what: str) -> tuple[Script, ...]:
    """The commands of the benchmark or of the build, with the scripts they call."""
    store, base, config = visit.lab.store, visit.lab.base, visit.config
    commands = [
        ("[bench] command", config.bench.command),
        ("[bench] prepare", config.bench.prepare),
    ]
    if what == "build":
        commands = [
            ("[build] setup", config.build.setup),
            ("[build] command", config.build.command),
        ]
    files = frozenset(store.files(base))
    return scripts.gather(commands, files, lambda path: store.show(base, path))


def _invocations(outcome: TrialOutcome) -> tuple[Invocation, ...]:
    return tuple(run for pair in outcome.pairs for run in (pair.a, pair.b))


def _overhead(visit: Visit, first: TrialOutcome, checked: TrialOutcome | None) -> float:
    """Seconds of an experiment that are not pairs: a build, the checks, a warm-up of each side."""
    build = max(s.seconds for s in first.stages if s.name in ("build_a", "build_b"))
    checks = (
        sum(s.seconds for s in checked.stages if s.name in ("checks", "equivalence"))
        if checked
        else 0.0
    )
    warm = visit.noise.seconds_per_pair if visit.noise is not None else 0.0
    return build + checks + warm * visit.config.bench.warmup
