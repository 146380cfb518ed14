"""The agent's part of research: it reads what was found, and forms ideas that cite it.

What it answers is a file, and nothing in it is believed: every idea must cite evidence that is in
the ledger, and then passes the same gates as any other.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from whet.model.event import Event
from whet.model.idea import Cost, Evidence, Idea
from whet.model.research import Findings
from whet.plan.gates import facts, measured_path
from whet.plan.intake import taken
from whet.plan.ranking import families
from whet.plan.spending import left
from whet.plan.state import State
from whet.plan.techniques import TECHNIQUES
from whet.ports import Brief
from whet.report.escape import cut, visible
from whet.steps.agent_work import hear_notes, worked
from whet.steps.brief import Quote, Thinking, analyst, researcher
from whet.steps.propose import prepare
from whet.steps.templates import Written
from whet.steps.world import World

ANSWER = "whet-ideas.json"
CANDIDATES = 40
"""Pieces of evidence in a brief: what can be read with care."""
MOST_IDEAS = 12

_LONGEST = 400
_LARGEST = 256 * 1024
_LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """What the agent proposed, and what was wrong with the rest.

    `lesson` and `order` are an analyst's: what the wave has shown, and the queue as it would be.
    """

    ideas: tuple[Idea, ...] = ()
    lesson: str = ""
    order: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


async def think(world: World, wish: str) -> Thought:
    """Ask the agent for ideas, and once more with what was wrong with its answer.

    Args:
        world: the campaign; it has an agent.
        wish: what is wanted this time, in one sentence, or nothing.
    """
    assert world.agent is not None
    tree = world.cache / "agents" / world.state.name / "research"
    problems: tuple[str, ...] = ()
    for _ in range(2):
        try:
            prepare(world, tree, world.state.incumbent)
            hear_notes(world)
            written = brief(world.state, wish, problems, world.repo.root)
            told = Brief(idea="research", text=written.text,
                         role="analyst" if wish else "researcher",
                         caps=left(world.state, world.config, "", 0))  # fmt: skip
            report = await world.agent.work(told, tree)
            world.record(worked(world, told, report, wave=0, template=written.template))
            thought = answer(tree / ANSWER, world.state)
        finally:
            shutil.rmtree(tree, ignore_errors=True)
        if thought.ideas or (wish and not thought.problems):
            return thought
        problems = thought.problems
        if report.outcome != "finished":
            return Thought(problems=(report.detail,))
    return Thought(problems=problems)


def proposed(state: State, ideas: Sequence[Idea], at: float) -> Iterator[Event]:
    """Events for the agent's ideas; one that is known already only gains evidence."""
    yield from taken(state, Findings(ideas=tuple(ideas)), at)


def brief(
    state: State, wish: str = "", problems: Sequence[str] = (), root: Path | None = None
) -> Written:
    """What the agent is told; at most `CANDIDATES` quotes, each in a fence.

    Args:
        state: the campaign.
        wish: what is wanted after a wave, in one sentence; without it the agent is a researcher.
        problems: what was wrong with its last answer.
        root: the repository whose own templates are used.

    Raises:
        UserError: a template of the user's has a mistake.
    """
    assert state.config is not None
    thinking = Thinking(
        answer=ANSWER,
        most=MOST_IDEAS,
        example=json.dumps(_ANALYSIS if wish else _EXAMPLE, indent=1),
        techniques=tuple(TECHNIQUES),
        wish=wish,
        problems=tuple(visible(problem) for problem in problems),
        hot=_path(state),
        smallest=f"{facts(state).detectable:.1%}",
        quotes=tuple(_quoted(one) for one in candidates(state)),
        known=_before(state),
    )
    write = analyst if wish else researcher
    return write(state, state.config, thinking, root)


def candidates(state: State) -> tuple[Evidence, ...]:
    """The evidence worth reading, the best first; of one kind no more than half of the places."""
    skipped = ("hot-function", "ceiling", "convention")
    found = [one for one in state.evidence.values()
             if one.kind not in skipped and one.copy_ok != "no"]  # fmt: skip
    found.sort(key=lambda one: (-one.score, one.id))
    counts: dict[str, int] = {}
    first: list[Evidence] = []
    rest: list[Evidence] = []
    for one in found:
        (kind,) = families([one])
        counts[kind] = counts.get(kind, 0) + 1
        (first if counts[kind] <= CANDIDATES // 2 else rest).append(one)
    return tuple([*first, *rest][:CANDIDATES])


def answer(path: Path, state: State) -> Thought:
    """The ideas in a file that an agent wrote, checked one by one."""
    if path.is_symlink() or not path.is_file():
        return Thought(problems=(f"there is no file `{ANSWER}`",))
    data = path.read_bytes()[: _LARGEST + 1]
    if len(data) > _LARGEST:
        return Thought(problems=(f"`{ANSWER}` is larger than {_LARGEST // 1024} kB",))
    try:
        whole = _adapter().validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[:5]
        told = [f"{'.'.join(map(str, one['loc'])) or ANSWER}: {one['msg']}" for one in first]
        return Thought(problems=tuple(told))
    ideas, problems = [], []
    for number, one in enumerate(whole.ideas, start=1):
        wrong = _wrong(one, state)
        if wrong:
            problems.append(f"idea {number}, {cut(one.title, 60)}: {wrong}")
        else:
            ideas.append(_idea(one))
    if not (whole.ideas or whole.lesson or whole.order):
        problems.append("the list of ideas is empty")
    waiting = {idea.id for idea in state.queue()}
    return Thought(
        ideas=tuple(ideas),
        lesson=cut(whole.lesson, _LONGEST),
        order=tuple(name for name in dict.fromkeys(whole.order) if name in waiting),
        problems=tuple(problems),
    )


_Text = Annotated[str, Field(max_length=600)]
_Gain = Annotated[float, Field(ge=-0.9, le=100, allow_inf_nan=False)]
_Name = Annotated[str, Field(max_length=200)]
_Names = Annotated[tuple[_Name, ...], Field(max_length=24)]


@checked(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class _Proposal:
    title: Annotated[str, Field(min_length=4, max_length=160)]
    mechanism: Annotated[str, Field(min_length=10, max_length=600)]
    evidence: Annotated[tuple[str, ...], Field(max_length=24)]
    predicted: tuple[
        Annotated[float, Field(ge=-0.9, le=100)], Annotated[float, Field(ge=-0.9, le=100)]
    ]
    refuted_by: _Text = ""
    technique: _Name = ""
    functions: _Names = ()
    files: _Names = ()
    condition: _Text = ""
    cost: Cost = ""
    risk: _Text = ""
    differs_from_failed: _Text = ""


@checked(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class _Answer:
    ideas: Annotated[tuple[_Proposal, ...], Field(max_length=MOST_IDEAS)]
    lesson: _Text = ""
    order: Annotated[tuple[_Name, ...], Field(max_length=200)] = ()


def _adapter() -> TypeAdapter[_Answer]:
    return TypeAdapter(_Answer)


_EXAMPLE = {
    "ideas": [
        {
            "title": "Fuse the scale into the sum",
            "mechanism": "One pass over the rows is read from memory instead of two.",
            "evidence": ["S03", "S11"],
            "predicted": [0.01, 0.04],
            "refuted_by": "the profile shows the same time in both",
            "technique": "fusion",
            "functions": ["scale_rows"],
            "files": ["src/rows.c"],
            "cost": "small",
            "risk": "rounding",
            "differs_from_failed": "",
        }
    ]
}


_ANALYSIS = {
    "lesson": "Reading the rows is what takes time: arithmetic that was saved did not show.",
    "order": ["I04", "I02"],
    **_EXAMPLE,
}


def _wrong(one: _Proposal, state: State) -> str:
    if not one.evidence and (state.config is None or state.config.research.require_source):
        return "it cites no evidence"
    unknown = [name for name in one.evidence if name not in state.evidence]
    if unknown:
        return f"there is no evidence {', '.join(visible(name)[:20] for name in unknown[:5])}"
    if one.technique and one.technique not in TECHNIQUES:
        return f"there is no technique `{visible(one.technique)[:30]}`"
    return ""


def _idea(one: _Proposal) -> Idea:
    low, high = sorted(one.predicted)
    return Idea(
        id="", title=" ".join(one.title.split()), mechanism=one.mechanism, evidence=one.evidence,
        predicted=(low, high), refuted_by=one.refuted_by, source="agent", technique=one.technique,
        functions=one.functions, files=one.files, condition=one.condition, cost=one.cost,
        risk=one.risk, differs_from_failed=one.differs_from_failed,
    )  # fmt: skip


def _path(state: State) -> tuple[str, ...]:
    hot = sorted(measured_path(tuple(state.evidence.values())).values(), key=lambda one: -one.share)
    return tuple(
        f"`{visible(one.name)}`: {one.share:.1%} of the time"
        + (f", {one.limit} at {one.used:.0%} of the ceiling" if one.limit != "unknown" else "")
        for one in hot[:12]
    )


def _quoted(one: Evidence) -> Quote:
    facts_of = [one.reader, one.kind, one.status, one.published, one.licence]
    about = ", ".join(visible(fact) for fact in facts_of if fact)
    claims = ", ".join(f"claims {claim.gain:+.1%}" for claim in one.claims[:2])
    where = cut(one.locator, 120)
    title = f"{cut(one.title, 100)}\n" if one.title else ""
    return Quote(
        about=f"{one.id} ({about}{', ' + claims if claims else ''}) {where}",
        text=f"{title}{one.quote[:_LONGEST]}",
    )


def _before(state: State) -> tuple[str, ...]:
    waiting = [f"{idea.id} waits: {cut(idea.title, 100)}" for idea in state.queue()[:_LISTED]]
    gone = [
        f"{name} was ruled out: {cut(state.ideas[name].title, 80)}: {cut(ruled.reason, 120)}"
        for name, ruled in list(state.ruled_out.items())[-_LISTED:]
        if name in state.ideas
    ]
    tried = []
    for experiment in state.experiments.values():
        idea, given = state.ideas.get(experiment.candidate.idea), experiment.verdict
        if idea is not None and given is not None:
            gain = f" ({given.effect.estimate:+.1%})" if given.effect else ""
            tried.append(f"{idea.id} {given.kind}{gain}: {cut(idea.title, 80)}")
    return (*waiting, *gone, *tried[-_LISTED:])
