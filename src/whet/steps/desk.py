"""Requests of persons and agents to whoever writes the ledger, as events."""

from functools import singledispatch
from pathlib import Path
from typing import Any

from whet.errors import (
    InfraError,
    IntegrityError,
    LimitReached,
    NotReady,
    UnknownId,
    UserError,
    WhetError,
)
from whet.git.call import GitError
from whet.ledger import mail
from whet.model.event import (
    ExperimentOpened,
    IdeaAdded,
    IdeaDropped,
    IdeaReopened,
    PersonPaused,
    PersonResumed,
    VerdictGiven,
)
from whet.model.idea import Candidate, Idea
from whet.model.inside import ExperimentRemarked, IdeaClaimed, IdeaReleased
from whet.model.reading import IdeaMoved
from whet.model.request import (
    AddIdea,
    Answer,
    Attend,
    Claim,
    Continue,
    Drain,
    DropIdea,
    Halt,
    MoveIdea,
    Pause,
    Readmit,
    Refusal,
    Release,
    Remark,
    ReopenIdea,
    Submit,
    Withdraw,
)
from whet.model.verdict import Verdict
from whet.plan import claims
from whet.plan.state import State
from whet.steps import candidates, draining
from whet.steps.agent_work import hear_notes
from whet.steps.propose import next_id
from whet.steps.world import World

_RENEWED = 0.9
"""A claim that has more than this share of its time left is not written down again."""

_ERRORS = {kind.__name__: kind for kind in
           (UserError, UnknownId, NotReady, LimitReached, InfraError, IntegrityError)}  # fmt: skip


def serve(world: World, *, sweeps: bool = False) -> int:
    """Do what the letters in the inbox ask; returns how many there were.

    With `sweeps` claims whose time has run out end, so that their ideas wait for a wave again.
    """
    hear_notes(world)
    now, count = world.clock.now(), 0
    for claim in claims.expired(world.state, now) if sweeps else ():
        why = f"{claim.by} let the time run out"
        world.record(IdeaReleased(at=now, idea=claim.idea, by=claim.by, reason=why))
        count += 1
    for letter in mail.letters(world.ledger.folder):
        count += 1
        mail.answer(world.ledger.folder, letter.name, _said(letter, world))
    return count


def _said(letter: mail.Letter, world: World) -> Answer | Refusal:
    if letter.request is None:
        return Refusal(error="UserError", message=f"nobody understands this: {letter.problem}")
    try:
        return answer(letter.request, world)
    except WhetError as error:
        name = next((k for k in _ERRORS if isinstance(error, _ERRORS[k])), "InfraError")
        kind = type(error).__name__
        return Refusal(error=kind if kind in _ERRORS else name, message=error.message,
                       hint=error.hint, details=error.details)  # fmt: skip
    except GitError as error:
        return Refusal(error="InfraError", message=str(error), hint="git fsck")


def raised(refusal: Refusal) -> WhetError:
    """The error that a refusal stands for."""
    kind = _ERRORS.get(refusal.error, InfraError)
    return kind(refusal.message, hint=refusal.hint, details=refusal.details)


@singledispatch
def answer(request: Any, world: World) -> Answer:
    """Do what is asked and record it.

    Raises:
        UserError: it makes no sense.
        UnknownId: there is no such idea or experiment.
        NotReady: it cannot be done now: somebody else works on that.
        LimitReached: the campaign may have no more experiments.
    """
    raise NotImplementedError(f"{request} in {world.state.name}")


@answer.register
def _attend(request: Attend, world: World) -> Answer:
    del request
    return Answer(campaign=world.state.name)


@answer.register
def _pause(request: Pause, world: World) -> Answer:
    del request
    if world.state.paused is None:
        world.record(PersonPaused(at=world.clock.now()))
    return Answer(campaign=world.state.name)


@answer.register
def _continue(request: Continue, world: World) -> Answer:
    del request
    if world.state.paused is not None:
        world.record(PersonResumed(at=world.clock.now()))
    return Answer(campaign=world.state.name)


@answer.register
def _halt(request: Halt, world: World) -> Answer:
    world.halted = "now" if request.now else world.halted or "finish"
    return Answer(campaign=world.state.name)


@answer.register
def _claim(request: Claim, world: World) -> Answer:
    state, now = world.state, world.clock.now()
    idea = _own(request, world) if request.new is not None else _chosen(request, world, now)
    held = state.claims.get(idea.id)
    if held is not None and held.by == request.by:
        if held.until - now < _RENEWED * request.seconds:
            world.record(IdeaClaimed(at=now, idea=idea.id, by=held.by, tree=held.tree,
                                     commit=held.commit, until=now + request.seconds))  # fmt: skip
        return Answer(campaign=state.name, idea=idea.id, known=True)
    if held is not None:
        why = f"{held.by} had it and let its time run out"
        world.record(IdeaReleased(at=now, idea=idea.id, by=held.by, reason=why))
    tree, commit = str(_tree(request, idea)), state.incumbent
    before = state.released.get(idea.id)
    if before is not None and before.by == request.by and Path(before.tree).is_dir():
        tree, commit = before.tree, before.commit  # they may have gone on in it
    world.record(IdeaClaimed(at=now, idea=idea.id, by=request.by, tree=tree, commit=commit,
                             until=now + request.seconds))  # fmt: skip
    return Answer(campaign=state.name, idea=idea.id)


def _own(request: Claim, world: World) -> Idea:
    """An idea of the claimer's own; asked for again, it is the same one."""
    assert request.new is not None
    state, title = world.state, request.new.title.strip()
    for claim in state.claims.values():
        if claim.by == request.by and state.ideas[claim.idea].title == title:
            return state.ideas[claim.idea]
    name = _add(AddIdea(idea=request.new), world).idea
    return state.ideas[name]


def _chosen(request: Claim, world: World, now: float) -> Idea:
    state = world.state
    if not request.idea:
        free = claims.free(state, now)
        if not free:
            raise NotReady("no idea is free", hint='whet claim --new "what to try"')
        return free[0]
    idea = _idea(state, request.idea)
    why = claims.refused(state, idea, request.by, now)
    if why is not None:
        raise NotReady(why.message, hint=why.hint)
    return idea


def _tree(request: Claim, idea: Idea) -> Path:
    if request.exactly:
        return Path(request.tree)
    folder = Path(request.tree) / idea.id
    number = 1
    while folder.exists():  # somebody's who came before: what is in it is not for this one
        number += 1
        folder = folder.with_name(f"{idea.id}-{number}")
    return folder


@answer.register
def _release(request: Release, world: World) -> Answer:
    claim = _held(world.state, request.idea, request.by)
    reason = request.reason.strip() or f"given back by {request.by}"
    now = world.clock.now()
    world.record(IdeaReleased(at=now, idea=claim.idea, by=request.by, reason=reason))
    return Answer(campaign=world.state.name, idea=claim.idea)


def _held(state: State, idea: str, by: str) -> IdeaClaimed:
    claim = state.claims.get(_idea(state, idea).id)
    if claim is None:
        raise NotReady(f"{idea} is not claimed", hint=f"whet claim {idea}")
    if claim.by != by:
        raise NotReady(f"{idea} is claimed by {claim.by}, and you are {by}", hint="whet claim")
    return claim


@answer.register
def _submit(request: Submit, world: World) -> Answer:
    state = world.state
    claim = _held(state, request.idea, request.by)
    if not world.store.has(request.tree):
        raise UserError("there is no such tree among the objects", hint="whet submit " + claim.idea)
    made = candidates.from_tree(world, claim.idea, request.tree, claim.commit, "agent")
    if not made.commit:
        raise UserError(f"no file is changed in {claim.tree}: there is nothing to judge",
                        hint="git status")  # fmt: skip
    known = _known(state, made)
    if known:
        return Answer(campaign=state.name, idea=claim.idea, experiment=known, known=True)
    most = world.config.run.max_experiments
    if len(state.experiments) >= most:
        raise LimitReached(f"{most} {'experiment is' if most == 1 else 'experiments are'} all this "
                           "campaign may have: a person may allow more",
                           hint=f"whet measure --experiments {2 * most}")  # fmt: skip
    name = next_id(world)
    candidates.publish(world, name, made.commit)
    opened = ExperimentOpened(
        at=world.clock.now(),
        experiment=name,
        wave=0,
        candidate=made,
        by=request.by,
        hypothesis=request.hypothesis,
    )
    world.record(opened)
    remark = candidates.out_of_scope(world, made.changes)
    return Answer(campaign=state.name, idea=claim.idea, experiment=name, remark=remark)


def _known(state: State, made: Candidate) -> str:
    """The experiment that this very change has already: chance gets one try with it."""
    for one in state.experiments.values():
        taken_back = one.verdict is not None and one.verdict.code == "withdrawn"
        same = (one.candidate.parent, one.candidate.patch) == (made.parent, made.patch)
        if same and not taken_back and not one.alone:
            return one.id
    return ""


@answer.register
def _withdraw(request: Withdraw, world: World) -> Answer:
    state, name = world.state, request.experiment
    one = state.experiments.get(name)
    if one is None:
        raise UnknownId(f"there is no experiment {name}", hint="whet list")
    if one.by not in ("", request.by):
        raise NotReady(f"{name} was submitted by {one.by}, and you are {request.by}",
                       hint=f"whet drop {name}")  # fmt: skip
    if one.verdict is not None:
        known = one.verdict.code == "withdrawn"
        if known:
            return Answer(campaign=state.name, experiment=name, known=True)
        raise UserError(f"{name} has its verdict", hint=f"whet why {name}")
    usual = "by whoever submitted it" if one.by else f"by {request.by}"
    reason = request.reason.strip() or usual
    given = Verdict(kind="discarded", code="withdrawn", reason=reason, by="submitter")
    world.record(VerdictGiven(at=world.clock.now(), experiment=name, verdict=given))
    return Answer(campaign=state.name, experiment=name)


answer.register(Drain, draining.drain)
answer.register(Readmit, draining.readmit)


@answer.register
def _remark(request: Remark, world: World) -> Answer:
    state, name = world.state, request.experiment
    one = state.experiments.get(name)
    if one is None:
        raise UnknownId(f"there is no experiment {name}", hint="whet list")
    if one.by != request.by:
        raise NotReady(f"{name} was not submitted by {request.by}", hint=f"whet why {name}")
    known = any(remark.text == request.text for remark in one.remarks)
    if not known:
        world.record(ExperimentRemarked(
            at=world.clock.now(), experiment=name, by=request.by, text=request.text
        ))  # fmt: skip
    return Answer(campaign=state.name, experiment=name, known=known)


@answer.register
def _add(request: AddIdea, world: World) -> Answer:
    state, idea = world.state, request.idea
    unknown = [name for name in idea.evidence if name not in state.evidence]
    if unknown:
        raise UnknownId(f"there is no evidence {unknown[0]}", hint="whet ideas list")
    new = _numbered(state, idea)
    world.record(IdeaAdded(at=world.clock.now(), idea=new))
    return Answer(campaign=state.name, idea=new.id)


def _numbered(state: State, idea: Idea) -> Idea:
    return Idea(
        id=f"I{len(state.ideas) + 1:02d}", title=idea.title.strip(), mechanism=idea.mechanism,
        predicted=idea.predicted, evidence=idea.evidence, source=idea.source,
        refuted_by=idea.refuted_by,
    )  # fmt: skip


@answer.register
def _drop(request: DropIdea, world: World) -> Answer:
    found = next((i for i in world.state.queue() if i.id == request.idea), None)
    if found is None:
        raise UnknownId(f"no idea {request.idea} waits in the queue", hint="whet ideas")
    world.record(IdeaDropped(at=world.clock.now(), idea=found.id, reason=request.reason))
    return Answer(campaign=world.state.name, idea=found.id)


@answer.register
def _move(request: MoveIdea, world: World) -> Answer:
    state = world.state
    idea = _idea(state, request.idea)
    if idea.id not in {waiting.id for waiting in state.queue()}:
        what = "was ruled out" if idea.id in state.ruled_out else "does not wait in the queue"
        hint = f'whet ideas open {idea.id} --reason "..."' if state.given_up(idea.id) else (
            "whet ideas")  # fmt: skip
        raise UserError(f"{idea.id} {what}", hint=hint)
    to = max(1, min(request.place, len(state.queue())))
    world.record(IdeaMoved(at=world.clock.now(), idea=idea.id, place=to))
    return Answer(campaign=state.name, idea=idea.id, place=to)


@answer.register
def _reopen(request: ReopenIdea, world: World) -> Answer:
    idea = _idea(world.state, request.idea)
    if not world.state.given_up(idea.id):
        raise UserError(f"{idea.id} was neither ruled out nor dropped", hint="whet ideas")
    world.record(IdeaReopened(at=world.clock.now(), idea=idea.id, reason=request.reason))
    return Answer(campaign=world.state.name, idea=idea.id)


def _idea(state: State, name: str) -> Idea:
    if name not in state.ideas:
        raise UnknownId(f"there is no idea {name}", hint="whet ideas")
    return state.ideas[name]
