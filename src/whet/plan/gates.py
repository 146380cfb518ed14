"""Why an idea is not worth a try, decided before anything is spent on it. Pure.

Every ruling says what would open the idea again. A person may open it anyway, with a reason.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from whet.model.idea import Evidence, Idea, Reason, Ruling
from whet.model.verdict import Verdict
from whet.plan.bounds import Hot, at_the_ceiling, bound, path
from whet.plan.state import State
from whet.plan.techniques import TECHNIQUES

ENOUGH = 0.8
"""Share of the time that a profile must explain before what is not in it is off the path."""

_OURS = ("user", "try")
_FAILED = ("discarded", "checks_failed", "failed", "rejected", "retired")
_NEVER_TRIED = frozenset({"agent", "no_change", "does_not_apply", "withdrawn"})
_ELSEWHERE = ("experiment", "earlier-run")
_SAID = re.compile(r" \((?:failed|kept) before, [^()]*\)$")
_SAME_WORDS = 0.6
_SHORTEST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What gates know: the measured path, the evidence, what was tried, what can be seen at all."""

    hot: Mapping[str, Hot]
    covered: float
    """Share of the time that the profile explains."""
    evidence: Mapping[str, Evidence]
    detectable: float
    """The smallest gain the benchmark can show, or that is worth keeping: the larger of both."""
    failed: Mapping[str, tuple[Idea, str]]
    """Ideas that were tried and not kept, by id, with the experiment that says so; what other
    campaigns and loops have tried by the id of that evidence, with its place."""
    require_source: bool = True


def facts(state: State) -> Facts:
    """What a campaign knows now."""
    config = state.config
    noise = [found.noise.detectable for found in state.calibrations.values()]
    least = config.goal.min_effect if config is not None else 0.0
    hot = measured_path(state.evidence.values())
    return Facts(
        hot=hot,
        covered=sum(one.share for one in hot.values()),
        evidence=state.evidence,
        detectable=max([least, *noise]),
        failed={**_failed_elsewhere(state), **_failed_in(state)},
        require_source=config is None or config.research.require_source,
    )


def never_tried(given: Verdict) -> bool:
    """Whether a verdict says nothing about the idea: no change was judged to its end."""
    return given.code in _NEVER_TRIED and given.kind != "retired"


def _failed_in(state: State) -> Mapping[str, tuple[Idea, str]]:
    found = {}
    for experiment in state.experiments.values():
        idea, given = state.ideas.get(experiment.candidate.idea), experiment.verdict
        if idea and given and given.kind in _FAILED and not never_tried(given):
            found[idea.id] = (idea, experiment.id)
    return found


def _failed_elsewhere(state: State) -> Mapping[str, tuple[Idea, str]]:
    """What was tried outside of this campaign, as far as evidence of it says what it was."""
    found = {}
    for one in state.evidence.values():
        if one.kind in _ELSEWHERE and one.status in _FAILED:
            title = _SAID.sub("", one.title)
            technique = one.techniques[0] if one.techniques else ""
            idea = Idea(id=one.id, title=title, technique=technique, functions=one.functions)
            found[one.id] = (idea, one.locator)
    return found


def measured_path(evidence: Collection[Evidence]) -> Mapping[str, Hot]:
    """The newest profile, each function with the ceiling it is at, where one is known."""
    profiled = [one for one in evidence if one.kind == "hot-function" and one.value is not None]
    if not profiled:
        return {}
    newest = profiled[-1].commit
    ceilings: dict[str, Evidence] = {}
    for one in evidence:
        if one.kind == "ceiling":
            ceilings |= dict.fromkeys(one.functions or ("",), one)
    hot = []
    for one in profiled:
        if one.commit == newest:
            for name in one.functions[:1]:
                at = ceilings.get(name) or ceilings.get("")
                limit = at.status if at is not None else "unknown"
                used = at.value if at is not None and at.value is not None else 0.0
                hot.append(Hot(name=name, share=one.value or 0.0, limit=limit, used=used))
    return path(hot)


def bounded(idea: Idea, known: Facts) -> float | None:
    """The largest gain an idea can have, or None where nobody knows.

    A fusion is worth the time of what it absorbs, so the longest of its functions is left out.
    """
    touched = on_path(idea.functions, known.hot)
    if not touched:
        return None
    names = sorted(touched, key=lambda name: -known.hot[name].share)
    if idea.technique == "fusion" and len(names) > 1:
        names = names[1:]
    return bound(names, known.hot, moves_less=TECHNIQUES.get(idea.technique, True))


def on_path(functions: Collection[str], hot: Mapping[str, Hot]) -> tuple[str, ...]:
    """Hot functions that some names mean; templates, namespaces and clones are looked through."""
    wanted = {plain(name) for name in functions} - {""}
    return tuple(name for name in hot if any(_same(one, plain(name)) for one in wanted))


def plain(function: str) -> str:
    """`ns::f<int>(char*) [clone .cold]` to `f`."""
    bare = re.sub(r"\s*\[clone.*", "", function)
    while (shorter := re.sub(r"<[^<>]*>|\([^()]*\)", "", bare)) != bare:
        bare = shorter
    last = bare.strip().rpartition("::")[2].rpartition(" ")[2]
    return re.sub(r"\.(?:constprop|isra|part|cold|lto_priv|llvm)\b.*$", "", last).lower()


def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    return len(short) >= _SHORTEST and short in long


def ruling(idea: Idea, known: Facts) -> Ruling | None:
    """The first gate that says no, or None."""
    for gate in _GATES:
        found = gate(idea, known)
        if found is not None:
            return found
    return None


def _no_evidence(idea: Idea, known: Facts) -> Ruling | None:
    if idea.source in _OURS or not known.require_source:
        return None
    if any(name in known.evidence for name in idea.evidence):
        return None
    return _ruled("no-evidence", "it cites nothing that was read", "evidence for it is found")


def _failed_here(idea: Idea, known: Facts) -> Ruling | None:
    if idea.differs_from_failed or idea.source in _OURS:
        return None
    for name, (earlier, experiment) in known.failed.items():
        if name != idea.id and alike(idea, earlier):
            why = f"{name} tried that and was not kept ({experiment})"
            cited = name if name in known.evidence else ""
            return _ruled("failed-here", why, "it is said what is different this time", cited)
    return None


def alike(one: Idea, other: Idea) -> bool:
    """Whether two ideas are the same change to the same place, however they are worded."""
    if one.key and one.key == other.key:
        return True
    if one.technique and one.technique == other.technique and one.functions and other.functions:
        mine, theirs = ({plain(name) for name in idea.functions} for idea in (one, other))
        return bool(mine & theirs)
    words = [set(re.findall(r"[a-z0-9]{3,}", idea.title.lower())) for idea in (one, other)]
    union = words[0] | words[1]
    return bool(union) and len(words[0] & words[1]) / len(union) >= _SAME_WORDS


def _upstream(idea: Idea, known: Facts) -> Ruling | None:
    cited = _cited(idea, known, "commit", "pull-request", "revert")
    undone = next((one for one in cited if one.status == "reverted" or one.kind == "revert"), None)
    if undone is not None and not idea.differs_from_failed:
        why = f"it was done and undone: {undone.locator}"
        return _ruled("undone-upstream", why, "the reason for undoing it is gone", undone.id)
    there = [one for one in cited if one.status in ("merged", "ported", "ported-from-upstream")]
    if cited and len(there) == len(cited):
        why = f"the project has it already: {there[0].locator}"
        return _ruled("already-upstream", why, "it is taken out again", there[0].id)
    return None


def _licence(idea: Idea, known: Facts) -> Ruling | None:
    cited = _cited(idea, known)
    if cited and all(one.copy_ok == "no" for one in cited):
        named = cited[0].licence or "no licence that is known"
        return _ruled("licence", f"what it comes from may not be used: {named}",
                      "it is found under a licence that fits", cited[0].id)  # fmt: skip
    return None


def _off_path(idea: Idea, known: Facts) -> Ruling | None:
    if not idea.functions or known.covered < ENOUGH or on_path(idea.functions, known.hot):
        return None
    some = ", ".join(idea.functions[:3])
    why = f"none of {some} is among the {known.covered:.0%} of the time that the profile explains"
    return _ruled("off-path", why, "a profile shows one of them")


def _ceiling(idea: Idea, known: Facts) -> Ruling | None:
    touched = on_path(idea.functions, known.hot)
    if not touched or TECHNIQUES.get(idea.technique, True):
        return None
    if not all(at_the_ceiling(known.hot[name]) for name in touched):
        return None
    one = known.hot[touched[0]]
    why = (
        f"{one.name} moves bytes at {one.used:.0%} of what this machine can ({one.limit}): "
        f"computing in another way ({idea.technique}) cannot help"
    )
    return _ruled("bandwidth-ceiling", why, "it moves fewer bytes, or the function is faster")


def _below_noise(idea: Idea, known: Facts) -> Ruling | None:
    most = bounded(idea, known) if idea.bound is None else idea.bound
    if most is None or most >= known.detectable:
        return None
    why = (
        f"it can bring {most:.2%} at most, and the benchmark shows {known.detectable:.2%}: "
        "a benchmark of that operation alone would show it"
    )
    return _ruled("below-noise", why, "the goal is measured on the operation itself")


_GATES: tuple[Callable[[Idea, Facts], Ruling | None], ...] = (
    _no_evidence, _failed_here, _upstream, _licence, _off_path, _ceiling, _below_noise,
)  # fmt: skip


def _cited(idea: Idea, known: Facts, *kinds: str) -> list[Evidence]:
    found = [known.evidence[name] for name in idea.evidence if name in known.evidence]
    return [one for one in found if not kinds or one.kind in kinds]


def _ruled(code: Reason, reason: str, reopen_if: str, evidence: str = "") -> Ruling:
    return Ruling(code=code, reason=reason, reopen_if=reopen_if, evidence=evidence)
