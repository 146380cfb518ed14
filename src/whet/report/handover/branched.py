"""What has been made ready for handing over: branches on the project of that day."""

from dataclasses import dataclass

from whet.model.event import BranchMade
from whet.model.verdict import Effect
from whet.plan.state import State
from whet.report import story, sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One branch; `effect` is None where it was only rebased."""

    name: str
    experiment: str
    """Empty for all changes together."""
    commit: str
    effect: Effect | None
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Branched:
    """The branches that were made last, all on one base."""

    base: str
    branches: tuple[Branch, ...]
    sum: str
    """Single gains against all of them together, where there is such a question."""


def branched(state: State) -> Branched | None:
    """The branches on the base that was taken last; None while there are none."""
    last = max(state.branches.values(), key=lambda made: made.at, default=None)
    if last is None:
        return None
    made = [one for one in state.branches.values() if one.base == last.base]
    rows = tuple(_branch(state, one) for one in sorted(made, key=_place))
    together = next((row.effect for row in rows if not row.experiment), None)
    told = sums.handed((row.effect for row in rows if row.experiment), together)
    return Branched(base=last.base[: story.SHORT_COMMIT], branches=rows, sum=told)


def _place(made: BranchMade) -> tuple[bool, int, float]:
    """Single changes by their numbers, then all of them."""
    return (not made.experiment, made.number, made.at)


def _branch(state: State, made: BranchMade) -> Branch:
    role = "alone" if made.experiment else "stack"
    seen = state.on_branch.get((role, made.experiment))
    fresh = seen is not None and seen.base == made.base and made.measured
    return Branch(
        name=made.branch,
        experiment=made.experiment,
        commit=made.commit[: story.SHORT_COMMIT],
        effect=seen.effect if seen is not None and fresh else None,
        needs=seen.needs if seen is not None and fresh else (),
    )
