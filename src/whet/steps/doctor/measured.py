"""Does the benchmark measure the program that was just built? What a planted slowdown says."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.model.metric import Goal
from whet.model.trial import Invocation
from whet.report import figures
from whet.steps.doctor import benchmark, edited
from whet.steps.doctor.edited import Part
from whet.steps.doctor.program import Suspect
from whet.steps.doctor.scripts import Script
from whet.steps.doctor.slowed import Response, respond
from whet.steps.doctor.visit import Visit

_NO_TIME = re.compile(
    r"rss|mem|size|bytes|alloc|count|instr|cycles|watt|joule|energy|acc|loss|perplex|ratio|hit",
    re.IGNORECASE,
)
_NO_TIME_UNITS = frozenset({"b", "kb", "mb", "gb", "kib", "mib", "gib", "bytes", "%", "w", "j"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is known of the benchmark before a delay is planted."""

    texts: tuple[Script, ...]
    suspects: tuple[Suspect, ...]
    parts: tuple[Part, ...]
    usual: Invocation


def suspicious(visit: Visit, suspects: Sequence[Suspect]) -> None:
    """Tell what ran and was not built here, when no delay can be planted to be sure."""
    if not suspects:
        return
    worst = suspects[0]
    visit.tell(
        "Benchmark",
        "error" if worst.sure else "warning",
        f"{'does' if worst.sure else 'may'} not measure {_subject(visit)}",
        hint=worst.hint or "`whet doctor` without --quick plants a slowdown to be sure",
        detail=_lines(suspects),
    )


async def planted(visit: Visit, scene: Scene) -> None:
    """Plant a slowdown and tell whether the result notices."""
    if not timed(visit.config.goal):
        visit.tell(
            "Benchmark",
            "warning",
            f"not tested with a planted slowdown: {visit.config.goal.metric} is not a time or rate",
        )
        suspicious(visit, scene.suspects)
        return
    response = await respond(visit, scene.parts, scene.usual.wall)
    if response is None or response.kind == "broken":
        why = response.detail if response is not None else _why_not(visit)
        visit.tell(
            "Benchmark",
            "warning",
            f"not tested with a planted slowdown: {why}",
            hint="judge a change that you know is slower: `whet try slower.patch`",
        )
        suspicious(visit, scene.suspects)
    elif response.kind == "detected":
        _detected(visit, response)
    else:
        await _undetected(visit, scene, response)


def timed(goal: Goal) -> bool:
    """Whether a goal is a time or a rate, which a delay has to change."""
    no_time = goal.exact or goal.unit.lower() in _NO_TIME_UNITS
    return not no_time and _NO_TIME.search(goal.metric) is None


def _subject(visit: Visit) -> str:
    built = bool(visit.config.build.command or visit.config.build.setup)
    return "the program that was just built" if built else "the code of this tree"


def _why_not(visit: Visit) -> str:
    allowed = ", ".join(visit.config.scope.allow)
    return (
        f"`[scope] allow` ({allowed}) holds no function in C, C++, Rust, Go, JavaScript or Python"
    )


def _detected(visit: Visit, response: Response) -> None:
    visit.tell("Benchmark", "ok", f"measures {_subject(visit)}")
    assert response.effect is not None
    size = f"{100 * response.planted:.0f}%"
    found = figures.change(response.effect)
    visit.tell("Benchmark", "ok", f"control, slowed {size}: {found}, detected, as it must be")


async def _undetected(visit: Visit, scene: Scene, response: Response) -> None:
    effect = response.effect
    assert effect is not None
    what = edited.named(response.parts)
    moved = f"changed {effect.metric} by {figures.change(effect)}"
    if response.kind == "silent":
        longer = f"made a run take {1 + response.longer:.2g} times as long and {moved}"
        text = f"{effect.metric} does not follow the run: a delay in {what} {longer}"
        hint = benchmark.look(visit, "print what this run took, not an earlier result")
        visit.tell("Benchmark", "error", text, hint=hint, detail=_lines(scene.suspects))
        return
    detail = [f"A delay in {what} {moved}.", *_lines(scene.suspects)]
    hint = scene.suspects[0].hint if scene.suspects else ""
    if scene.suspects:
        other = await _alternative(visit, scene)
        detail += [other] if other else []
    elif await _same_program(visit, response.commit):
        detail.append("The build makes the same program from the slowed code.")
        hint = "see what is compiled, and what may change: `whet config get scope.allow`"
    text = f"does not measure {_subject(visit)}"
    if not scene.suspects:
        text = f"does not run the code that may change: {what}"
        hint = hint or "see what runs, and what may change: `whet config get scope.allow`"
    visit.tell("Benchmark", "error", text, hint=hint, detail=tuple(detail))


def _lines(suspects: Sequence[Suspect]) -> tuple[str, ...]:
    return tuple(f"The benchmark {suspect.text}." for suspect in suspects[:3])


async def _same_program(visit: Visit, commit: str) -> bool:
    spec = replace(visit.spec("slowed.same", commit=commit), mode="checks")
    return (await visit.trial(spec, "whether the build sees the change")).identical


async def _alternative(visit: Visit, scene: Scene) -> str:
    """What the benchmark prints when the program of the tree takes the other one's place."""
    suspect = scene.suspects[0]
    if not suspect.path or not suspect.twin:
        return ""
    bench, lab, goal = visit.config.bench, visit.lab, visit.config.goal
    base = lab.base
    if suspect.path in bench.command:
        bench = replace(bench, command=bench.command.replace(suspect.path, f"./{suspect.twin}"))
    else:
        files = {
            text.label: text.text.replace(suspect.path, f"./{suspect.twin}").encode()
            for text in scene.texts
            if text.is_file and suspect.path in text.text
        }
        if not files:
            return ""
        base = edited.commit(lab.store, base, files)
    spec = replace(
        visit.spec("alternative", pairs=1),
        base=lab.store.snapshot(base),
        a=lab.store.snapshot(base),
        b=lab.store.snapshot(base),
        bench=bench,
    )
    outcome = await visit.trial(spec, "the program of this tree")
    if outcome.fault is not None or not outcome.pairs:
        return ""
    value = figures.value(outcome.pairs[0].a.values[goal.metric])
    usual = figures.value(scene.usual.values[goal.metric])
    return f"With {suspect.twin} in its place: {goal.metric}={value}, not {usual}."
