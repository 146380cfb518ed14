"""Two versions side by side: refs, folders or patches; no agent, no campaign, no ledger."""

import hashlib
import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio

from whet.api.workspace import configuration, repository, sealed
from whet.errors import NotReady, UserError
from whet.git.repo import Repo
from whet.git.store import DoesNotApply, Store
from whet.judge import lint
from whet.judge.comparison import Comparison, compare
from whet.model.config import Config
from whet.model.trial import TrialOutcome
from whet.ports import Progress
from whet.steps import trials
from whet.steps.trials import Lab
from whet.wiring import local_executor, open_objects


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareOptions:
    """What a command line may say about a comparison."""

    pairs: int = 12
    checks: bool = False
    overrides: Mapping[str, str] = field(default_factory=dict)
    moved: Callable[[Progress], None] = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Every metric of b against a; the goal comes first."""

    a: str
    b: str
    config: Config
    rows: tuple[Comparison, ...]
    outcome: TrialOutcome
    same: bool = False
    """Both sides are the same program, so that whatever differs is noise."""

    @property
    def goal(self) -> Comparison:
        """The comparison of the goal metric."""
        return self.rows[0]

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why these numbers may not be what they are said to be: `whet.judge.lint`."""
        cores = self.outcome.fingerprint.cores
        return tuple(map(str, lint.of_candidate(self.config, self.outcome.pairs, cores)))


def compare_versions(start: Path, a: str, b: str, options: CompareOptions) -> Compared:
    """Build both, take interleaved pairs, and say what they say.

    The benchmark and every protected file are taken from `a` for both sides.

    Raises:
        UserError: a side is neither a ref, a folder nor a patch.
        NotReady: a side does not build, or gives no number.
    """
    if options.pairs < 4:
        raise UserError(
            "fewer than 4 pairs say nothing",
            hint=shlex.join(["whet", "compare", a, b, "--pairs", "12"]),
        )
    repo = repository(start)
    config = configuration(repo, options.overrides).config
    if not options.checks:
        config = replace(config, checks=replace(config.checks, command="", equivalence=""))
    store = open_objects(repo)
    left = side(repo, store, start, a, "")
    config = sealed(repo, config, left) if repo.is_commit(left) else config
    right = side(repo, store, start, b, left)
    outcome = anyio.run(_measure, repo, store, config, left, right, options)
    _fit(outcome, _name(start, a), _name(start, b))
    same = outcome.identical or store.snapshot(left) == store.snapshot(right)
    goal = config.goal
    measured = [(goal.metric, goal.direction), *((g.metric, g.direction) for g in config.guard)]
    try:
        rows = tuple(
            compare(
                outcome.pairs,
                metric,
                direction,
                confidence=config.measure.confidence,
                min_effect=goal.min_effect,
                same=same,
            )
            for metric, direction in measured
        )
    except ValueError as error:
        raise NotReady(str(error), hint="whet doctor") from error
    shown = {"a": _name(start, a), "b": _name(start, b)}
    return Compared(**shown, config=config, rows=rows, outcome=outcome, same=same)


def _name(start: Path, text: str) -> str:
    """What a table calls a side: a ref as it was typed, a file or folder without its way."""
    path = start / text
    return path.resolve().stem if path.exists() else text


def side(repo: Repo, store: Store, start: Path, text: str, onto: str) -> str:
    """The commit that a word of the command line means; a patch is applied on `onto` or HEAD.

    Raises:
        UserError: it means none.
    """
    path = start / text
    if repo.is_commit(text):
        return repo.resolve(text)
    if path.is_dir():
        base = repo.resolve("HEAD")
        return store.commit(store.take(path, base), "folder\n", (base,))
    if path.is_file():
        base = onto or repo.resolve("HEAD")
        try:
            return store.commit(store.apply(path.read_bytes(), base), "patch\n", (base,))
        except DoesNotApply as error:
            hint = shlex.join(["git", "apply", "--check", text])
            raise UserError(f"{text} does not apply: {error}", hint=hint) from error
    raise UserError(f"`{text}` is not a ref, a folder or a patch", hint="git branch --all")


async def _measure(
    repo: Repo, store: Store, config: Config, a: str, b: str, options: CompareOptions
) -> TrialOutcome:
    lab = Lab(
        config=config,
        store=store,
        base=a,
        executor=local_executor(repo, config),
        label=f"{repo.root}:compare.{os.getpid()}",
    )
    seed = int(hashlib.sha256(f"{a}{b}".encode()).hexdigest()[:7], 16)
    spec = trials.spec(
        lab, f"{a[:12]}.{b[:12]}", a=a, b=b, mode="fixed", pairs=options.pairs, seed=seed
    )
    return await trials.run(lab, spec, "compare", options.moved)


def _fit(outcome: TrialOutcome, a: str, b: str) -> None:
    fault = outcome.fault
    if fault is None:
        return
    who = a if fault.fault == "incumbent" else b
    raise NotReady(
        f"{who}: {fault.detail}",
        hint=fault.hint or "whet doctor",
        details=fault.log.splitlines()[-12:],
    )
