"""Where the time goes and what bounds it, at the base and with the stack. Pure.

Both are evidence: a profile's shares of the time, and shares of ceilings that were measured.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from whet.model.idea import Evidence
from whet.model.roof import Roof
from whet.plan.state import State
from whet.report import story
from whet.report.figures import share
from whet.report.prose import Sentence, code, sentence

_MOST = 10
"""Functions that are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A function's share of the time, or a share of a ceiling; None where nobody has looked."""

    name: str
    of: str
    """What it is a share of: "the time", "the ceiling"."""
    before: float | None
    after: float | None
    ceiling: bool

    @property
    def said(self) -> str:
        """The numbers in words: "55% → 92% of the ceiling"."""
        if self.before is not None and self.after is not None:
            return f"{_part(self.before)} → {_part(self.after)} of {self.of}"
        if self.after is not None:
            return f"{_part(self.after)} of {self.of}, with the stack"
        return f"{_part(self.before or 0.0)} of {self.of}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """The benchmark or a function below the roofs; None where nobody has looked."""

    name: str
    share: float
    """Of the time, from 0 to 1, as far as anybody knows."""
    before: Roof | None
    after: Roof | None
    looked_again: bool
    """Whether the stack was looked at as well."""


def spots(state: State) -> tuple[Spot, ...]:
    """What stands below the roofs, the benchmark first; all of one basis, that of the first."""
    last = _last(state)
    base = _roofs(state, [one for one in _measured(state) if one.commit in ("", state.base)])
    stack = _roofs(state, [one for one in _measured(state) if last and one.commit == last])
    parts = _hot([one for one in _measured(state) if one.kind == "hot-function"])
    goal = story.config_of(state).goal.metric
    found = [
        Spot(
            name=name, share=1.0 if name == goal else min(1.0, parts.get(name, 0.0)),
            before=base.get(name), after=stack.get(name), looked_again=bool(last),
        )
        for name in dict.fromkeys((*base, *stack))
    ]  # fmt: skip
    counted = {roof.counted for one in found[:1] for roof in (one.before, one.after) if roof}
    return tuple(
        one
        for one in found[:_MOST]
        if all(roof.counted in counted for roof in (one.before, one.after) if roof)
    )


def _roofs(state: State, found: Sequence[Evidence]) -> dict[str, Roof]:
    goal, roofs = story.config_of(state).goal.metric, dict[str, Roof]()
    ceilings = [one for one in found if one.kind == "ceiling"]
    for one in ceilings:
        name = "" if one is ceilings[0] else ", ".join(one.functions)
        if one.roof is not None:
            roofs.setdefault(name or goal, one.roof)
    return roofs


def rows(state: State) -> tuple[Row, ...]:
    """Functions, the largest at the base first, then ceilings; nothing where nobody looked."""
    last = _last(state)
    base = [one for one in _measured(state) if one.commit in ("", state.base)]
    stack = [one for one in _measured(state) if last and one.commit == last]
    return (*_functions(base, stack), *_ceilings(state, base, stack))


def looked(state: State) -> Sentence:
    """What "before" and "after" are, or why there is no "after"."""
    last = _last(state)
    if not last:
        if not state.stack or not rows(state):
            return ()
        profile = f"whet profile --base refs/whet/{state.name}/stack"
        return sentence("The stack was not profiled: ", code(profile))
    which = "the stack" if last == state.incumbent else "the stack as it was at"
    return sentence(f"Before is the base, after is {which} ", code(last[: story.SHORT_COMMIT]), ".")


def _measured(state: State) -> Iterator[Evidence]:
    return (one for one in state.evidence.values() if one.kind in ("hot-function", "ceiling"))


def _last(state: State) -> str:
    """The newest commit, other than the base, that was profiled; empty where there is none."""
    found = [one.commit for one in _measured(state) if one.commit not in ("", state.base)]
    return found[-1] if found else ""


def _functions(base: Sequence[Evidence], stack: Sequence[Evidence]) -> Iterator[Row]:
    before, after = _hot(base), _hot(stack)
    names = sorted(
        {*before, *after}, key=lambda name: -max(before.get(name, 0), after.get(name, 0))
    )
    for name in names[:_MOST]:
        # who is below what a profile tells is not known to be gone
        yield Row(name=name, of="the time", before=before.get(name), after=after.get(name),
                  ceiling=False)  # fmt: skip


def _hot(found: Sequence[Evidence]) -> dict[str, float]:
    return {
        ", ".join(one.functions) or one.title or one.locator: one.value
        for one in found
        if one.kind == "hot-function" and one.value is not None
    }


def _ceilings(
    state: State, base: Sequence[Evidence], stack: Sequence[Evidence]
) -> Iterator[Row]:  # fmt: skip
    """Of the whole benchmark, which every reading tells first, and of functions by themselves."""
    before, after = _bounds(state, base), _bounds(state, stack)
    for key in dict.fromkeys((*before, *after)):
        name, kind = key
        yield Row(
            name=f"{name}: {kind}", of="the ceiling", before=before.get(key),
            after=after.get(key), ceiling=True,
        )  # fmt: skip


def _bounds(state: State, found: Sequence[Evidence]) -> dict[tuple[str, str], float]:
    bounds: dict[tuple[str, str], float] = {}
    ceilings = [one for one in found if one.kind == "ceiling"]
    for one in ceilings:
        name = "" if one is ceilings[0] else ", ".join(one.functions)
        kind = one.status if one.status and one.status != "unknown" else "known"
        if one.value is not None:
            bounds.setdefault((name or story.config_of(state).goal.metric, kind), one.value)
    return bounds


def _part(value: float) -> str:
    return share(round(value, 3))
