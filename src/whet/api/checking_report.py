"""Is a report true? Asked of `report.json` alone, in any clone of the project."""

import hashlib
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import anyio
from pydantic import TypeAdapter, ValidationError

from whet.api.verifying import Told, Verified
from whet.api.workspace import repository
from whet.errors import IntegrityError, NotReady, UserError
from whet.git.repo import Repo
from whet.git.store import DoesNotApply, Store
from whet.judge.boundaries import interval_t
from whet.judge.designing import fixed_pairs
from whet.judge.fixed import fixed_effect
from whet.judge.ratios import effect
from whet.judge.reproduction import Answer, reproduction
from whet.model.config import Config
from whet.model.metric import Direction
from whet.model.trial import TrialOutcome
from whet.model.verdict import Effect
from whet.model.worker import WorkerConfig
from whet.ports import Progress
from whet.report import seal
from whet.report.figures import change, estimate, plural
from whet.report.jsonable import Document
from whet.steps import trials
from whet.steps.trials import Lab
from whet.wiring import local_executor, open_objects

Value = TypeVar("Value")
Consent = Callable[[tuple[str, ...]], bool]
"""Is shown the commands of a report and says whether they may run here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How the questions were answered; `answer` is the one that counts."""

    answer: Answer
    why: str
    answers: tuple[Verified, ...]
    recorded: Effect | None = None
    again: Effect | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stack:
    base: str
    tree: str
    """What the patches must make; empty where the report does not say."""
    patches: tuple[bytes, ...]
    effect: Effect
    outcome: TrialOutcome


def check_report(
    start: Path,
    path: Path,
    *,
    experiment: str = "",
    measure: bool = True,
    consent: Consent = lambda _: False,
    told: Told = lambda _: None,
    moved: Callable[[Progress], None] = lambda _: None,
) -> Checked:
    """Check a report: its bytes, its arithmetic, its patches, and its number on this machine.

    The number is that of the stack, or of one `experiment`. Where nothing was kept there is none.

    Raises:
        IntegrityError: a part is not what was written, or a number does not follow from samples.
        UserError: it is no report.
        NotReady: its commands may not run here.
    """
    report = _read(path)
    answers: list[Verified] = []

    def answer(text: str, *, ok: bool | None = True) -> None:
        answers.append(Verified(text=text, ok=ok))
        told(answers[-1])

    def end(kind: Answer, why: str, again: Effect | None = None) -> Checked:
        return Checked(answer=kind, why=why, answers=tuple(answers), again=again,
                       recorded=stack.effect if stack is not None else None)  # fmt: skip

    stack: _Stack | None = None
    config = _decoded(Config, report.get("config"), "config")
    answer(f"{path.name} is what was written, {len(_list(report, 'experiments'))} experiments")
    answer(f"{_recomputed(report, config)} effects follow from their samples")
    stack = _single(report, experiment) if experiment else _stack(report)
    if not experiment and report.get("stack") == []:
        answer(why := "nothing was kept, so the report claims no gain")
        return end("cannot_tell", f"{why}; repeat one experiment with --experiment")
    if stack is None:
        why = f"the report has no {experiment or 'stack'} that was measured, with its patches"
        answer(why, ok=None)
        return end("cannot_tell", why)
    repo = repository(start)
    if not repo.is_commit(stack.base):
        why = f"the base {stack.base[:12]} is not in this repository"
        answer(f"{why}: git fetch origin {stack.base}", ok=None)
        return end("cannot_tell", why)
    store = open_objects(repo)
    commit = _rebuilt(store, stack)
    count = plural(len(stack.patches), "patch", "patches")
    answer(f"{experiment or 'the stack'} builds from {stack.base[:7]} and {count}")
    if not measure:
        answer("it was not measured: --no-measure", ok=None)
        return end("cannot_tell", "nothing was measured")
    _ask(repo, store, config, stack, consent)
    outcome = anyio.run(_measure, repo, store, config, stack, commit, moved)
    kind, why, again = _judged(config, stack, outcome)
    said = f"{again.metric} {change(again)}, {plural(again.pairs, 'pair')} here" if again else why
    answer(f"{said} (report: {estimate(stack.effect)})", ok=_OK[kind])
    return end(kind, why, again)


_OK: Mapping[Answer, bool | None] = {
    "reproduced": True,
    "not_reproduced": False,
    "cannot_tell": None,
}


def _read(path: Path) -> Document:
    hint = "get the file again, from whoever ran `whet report`"
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}", hint="whet report") from error
    except UnicodeDecodeError as error:
        raise IntegrityError(f"{path.name}: byte {error.start} is not what was written",
                             hint=hint) from error  # fmt: skip
    if problem := seal.complaint(text):
        raise IntegrityError(f"{path.name}: {problem}", hint=hint)
    report = seal.read(text)
    if report.get("kind") != "report":
        raise UserError(f"{path.name} is no report", hint="whet report --format json")
    return report


def _decoded(kind: type[Value], value: object, where: str) -> Value:
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise IntegrityError(
            f"{where} is not of this version of whet: {place}: {first['msg']}",
            hint="read it with the whet that wrote it: `pip install whet`",
        ) from error


def _list(report: Document, name: str) -> list[Document]:
    found = report.get(name)
    return found if isinstance(found, list) else []


def _recomputed(report: Document, config: Config) -> int:
    """How many effects were computed again from their samples.

    Raises:
        IntegrityError: one of them comes out otherwise.
    """
    rows = [(str(row["id"]), row) for row in _list(report, "experiments")]
    rows += [
        (f"the stack of wave {row['wave']}", row) for row in _list(report, "stack_measurements")
    ]
    count = 0
    for name, row in rows:
        claimed, raw = row.get("effect"), row.get("outcome")
        if not isinstance(claimed, dict) or raw is None:
            continue
        outcome = _decoded(TrialOutcome, raw, f"the outcome of {name}")
        said = _effect_of(claimed)
        seen = _again(outcome, config.goal.metric, config.goal.direction, said)
        plain = _plainly(outcome, config.goal.metric, config.goal.direction, said)
        if not any(_equal(one.estimate, said.estimate) for one in (seen, plain)):
            raise IntegrityError(
                f"{name}: its samples give {change(seen)}, and it says {change(said)}",
                hint="whet why E01",
            )
        count += 1
    return count


def _equal(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)


def _again(outcome: TrialOutcome, metric: str, direction: Direction, said: Effect) -> Effect:
    """The effect of the pairs that were used, over layouts where there are several."""
    try:
        return fixed_effect(outcome.pairs[: said.pairs], metric, direction, said.confidence)
    except ValueError as error:
        raise IntegrityError(f"an effect without samples: {error}", hint="whet report") from error


def _plainly(outcome: TrialOutcome, metric: str, direction: Direction, said: Effect) -> Effect:
    """The same over pairs alone, as a verdict has it that was given before the last layout."""
    pairs = outcome.pairs[: said.pairs]
    t = interval_t(len(pairs), said.confidence)
    return effect(pairs, metric, direction, t=t, confidence=said.confidence)


def _effect_of(shown: Document) -> Effect:
    """An effect as documents show it, read again."""
    ci = shown.get("ci")
    low, high = (ci[0], ci[1]) if isinstance(ci, list) and len(ci) == 2 else (None, None)
    plain = {**shown, "low": low, "high": high, "pairs": shown.get("n_pairs")}
    wanted = {key: plain[key] for key in ("metric", "estimate", "low", "high", "confidence",
                                          "pairs", "a", "b", "method")}  # fmt: skip
    return _decoded(Effect, wanted, "an effect")


def _stack(report: Document) -> _Stack | None:
    """What has to be built and measured, if all of it is there."""
    names, patches = report.get("stack"), report.get("patches")
    headline, tree = report.get("headline"), report.get("stack_tree")
    commit = headline.get("commit") if isinstance(headline, dict) else None
    rows = _list(report, "stack_measurements")
    measured = [row for row in rows if commit and row.get("commit") == commit]
    if not (isinstance(names, list) and names and measured and isinstance(patches, dict) and tree):
        return None
    digests = {row["id"]: row["patch_sha256"] for row in _list(report, "experiments")}
    texts = [patches.get(digests.get(name)) for name in names]
    if not all(isinstance(text, str) for text in texts):
        return None
    found = tuple(str(text).encode() for text in texts)
    for name, data in zip(names, found, strict=True):
        if hashlib.sha256(data).hexdigest() != digests[name]:
            raise IntegrityError(f"the patch of {name} is not what was stored", hint="whet report")
    row = measured[-1]
    claimed = row["effect"]
    assert isinstance(claimed, dict)
    return _Stack(
        base=str(report["base"]), tree=str(tree), patches=found, effect=_effect_of(claimed),
        outcome=_decoded(TrialOutcome, row["outcome"], "the outcome of the stack"),
    )  # fmt: skip


def _single(report: Document, name: str) -> _Stack | None:
    """One experiment as if it were the stack, if it was measured against the base.

    Raises:
        UserError: there is none of this id, or it has no number to repeat.
    """
    row = next((one for one in _list(report, "experiments") if one["id"] == name), None)
    hint = "whet verify --from report.json"
    if row is None:
        raise UserError(f"the report has no experiment {name}", hint=hint)
    claimed, patches, digest = row.get("effect"), report.get("patches"), row.get("patch_sha256")
    if not isinstance(claimed, dict) or row.get("outcome") is None:
        raise UserError(f"{name} has no number that could be repeated: {row.get('reason')}",
                        hint=hint)  # fmt: skip
    if row.get("incumbent") != report["base"]:
        raise UserError(f"{name} was measured against a stack, not against the base", hint=hint)
    text = patches.get(digest) if isinstance(patches, dict) else None
    if not isinstance(text, str):
        return None
    if hashlib.sha256(text.encode()).hexdigest() != digest:
        raise IntegrityError(f"the patch of {name} is not what was stored", hint="whet report")
    return _Stack(
        base=str(report["base"]), tree="", patches=(text.encode(),), effect=_effect_of(claimed),
        outcome=_decoded(TrialOutcome, row["outcome"], f"the outcome of {name}"),
    )  # fmt: skip


def _rebuilt(store: Store, stack: _Stack) -> str:
    commit = store.commit(store.tree(stack.base), "base\n", (stack.base,))
    for number, patch in enumerate(stack.patches, 1):
        try:
            commit = store.commit(store.apply(patch, commit), f"{number}\n", (commit,))
        except DoesNotApply as error:
            raise IntegrityError(f"patch {number} of the stack does not apply: {error}",
                                 hint="git fsck") from error  # fmt: skip
    if stack.tree and store.tree(commit) != stack.tree:
        raise IntegrityError("the patches make other files than the stack had", hint="git fsck")
    return commit


def _ask(repo: Repo, store: Store, config: Config, stack: _Stack, consent: Consent) -> None:
    """Commands that the project itself names at its base need no consent; others do."""
    commands = tuple(
        command
        for command in (
            config.build.setup, config.build.command, config.bench.prepare, config.bench.command,
            config.bench.fresh_inputs, config.checks.command, config.checks.equivalence,
        )
        if command
    )  # fmt: skip
    texts = [store.show(stack.base, name) or b"" for name in ("whet.toml", "pyproject.toml")]
    known = b"\n".join(texts).decode(errors="replace").replace('\\"', '"')
    foreign = tuple(command for command in commands if command not in known)
    if foreign and not consent(foreign):
        raise NotReady(
            "the report names commands that this project does not, and they would run here",
            details=foreign,
            hint=f"read them, then: `whet -C {repo.root} verify --from report.json --yes`",
        )


async def _measure(
    repo: Repo, store: Store, config: Config, stack: _Stack, commit: str,
    moved: Callable[[Progress], None],
) -> TrialOutcome:  # fmt: skip
    here = replace(config, workers=(WorkerConfig(),),
                   integrity=replace(config.integrity, sandbox="auto"))  # fmt: skip
    lab = Lab(config=here, store=store, base=stack.base, executor=local_executor(repo, here),
              label=f"{repo.root}:verify.{os.getpid()}")  # fmt: skip
    pairs, seed = fixed_pairs(here, here.measure.stack_pairs), int(stack.base[:7], 16)
    spec = trials.spec(lab, "stack", a=stack.base, b=commit, mode="fixed", pairs=pairs, seed=seed)
    return await trials.run(lab, spec, "verify", moved)


def _judged(
    config: Config, stack: _Stack, outcome: TrialOutcome
) -> tuple[Answer, str, Effect | None]:
    fault = outcome.fault
    if fault is not None:
        ours = fault.fault in ("incumbent", "unavailable")
        who = "the base" if ours else "the stack"
        kind: Answer = "cannot_tell" if ours else "not_reproduced"
        return kind, f"{who} fails here: {fault.detail}", None
    again = _again(outcome, config.goal.metric, config.goal.direction,
                   replace(stack.effect, pairs=len(outcome.pairs)))  # fmt: skip
    then, now = stack.outcome.fingerprint, outcome.fingerprint
    same = (then.machine, then.cpu) == (now.machine, now.cpu)
    kind, why = reproduction(stack.effect, again, same_kind=same)
    return kind, why, again
