"""Tools that work: claim an idea, submit a change, follow it, take it back; and the queue."""

import time
from functools import partial
from pathlib import Path
from typing import Annotated

import anyio
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from whet.api import ideas, inside, noting
from whet.api.running import RunOptions
from whet.mcp.place import ADDS, AGAIN, GIVES_UP, LOOKS, Place, quietly
from whet.mcp.shapes import Claimed, Done, Gate, Submitted, Verdict
from whet.plan.state import ExperimentState, State
from whet.report.escape import cut
from whet.report.figures import moment
from whet.report.status import stage_of
from whet.report.story import comparable, config_of
from whet.report.why import asked, commands

_LOOK = 0.4
_MOST = 600.0
_WIDE = 300

Helper = Annotated[str, Field(description="tells helpers inside one agent apart")]
Predicted = Annotated[list[float] | None, Field(description="range of the gain, e.g. [0.02, 0.05]")]


class Working:
    """The tools that change something."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def register(self, server: MCPServer) -> None:
        """Offer the tools."""
        for one, about in (
            (self.claim, AGAIN), (self.release, GIVES_UP), (self.submit, AGAIN),
            (self.wait, LOOKS), (self.verdict, LOOKS), (self.cancel, GIVES_UP),
            (self.add_idea, ADDS), (self.move_idea, AGAIN), (self.drop_idea, AGAIN),
            (self.note, ADDS),
        ):  # fmt: skip
            server.tool(annotations=about)(one)

    async def claim(
        self,
        idea: Annotated[str, Field(description="its id; empty for the best one that is free")] = "",
        title: Annotated[str, Field(description="of an idea of your own, instead")] = "",
        hypothesis: Annotated[str, Field(description="why your own idea is faster")] = "",
        predicted: Predicted = None,
        hours: Annotated[float, Field(gt=0, le=48)] = 2.0,
        helper: Helper = "",
    ) -> Claimed:
        """Take an idea. Change the project in the folder `tree` and nowhere else, then submit."""
        new = inside.Wanted(
            title=title, mechanism=hypothesis, predicted=_range(predicted)
        ) if title else None  # fmt: skip
        by, place = self._place.who(helper), self._place
        taken = await quietly(
            partial(inside.claim, place.start, by, place.campaign, idea=idea, new=new,
                    seconds=hours * 3600)
        )  # fmt: skip
        return claimed(taken)

    async def release(self, idea: str, reason: str = "", helper: Helper = "") -> Done:
        """Give an idea back; its folder is removed with what was done in it."""
        place, by = self._place, self._place.who(helper)
        name = await quietly(
            partial(inside.release, place.start, idea, by, place.campaign, reason)
        )  # fmt: skip
        return Done(said=f"{name} is free again")

    async def submit(
        self,
        idea: str,
        hypothesis: Annotated[str, Field(description="what the change does, why it is faster")],
        helper: Helper = "",
    ) -> Submitted:
        """Have the folder of a claimed idea judged; returns at once. Then: wait."""
        return await submitted(self._place, idea, hypothesis, self._place.who(helper))

    async def wait(
        self,
        experiment: str,
        ctx: Context,
        seconds: Annotated[float, Field(ge=0, le=_MOST)] = 45.0,
    ) -> Verdict:
        """Wait for a verdict, at most so many seconds; `status` says whether it is there."""
        return await follow(self._place, experiment, ctx, seconds)

    async def verdict(self, experiment: str) -> Verdict:
        """The verdict of an experiment, or where it is; waits for nothing."""
        place = self._place
        waiting = await quietly(
            partial(inside.Waiting, place.start, experiment, place.campaign)
        )  # fmt: skip
        return shown(waiting)

    async def cancel(self, experiment: str, reason: str = "", helper: Helper = "") -> Done:
        """Take back what you submitted and has no verdict yet, also while it is measured."""
        place, by = self._place, self._place.who(helper)
        name = await quietly(
            partial(inside.cancel, place.start, experiment, by, place.campaign, reason)
        )  # fmt: skip
        return Done(said=f"{name} is withdrawn")

    async def add_idea(
        self,
        title: str,
        mechanism: Annotated[str, Field(description="why it is faster")] = "",
        evidence: Annotated[list[str] | None, Field(description="ids such as S07")] = None,
        predicted: Predicted = None,
    ) -> Done:
        """Put an idea at the end of the queue, for whoever claims it."""
        added = await quietly(
            partial(ideas.add, self._place.start, title, self._options(), mechanism=mechanism,
                    predicted=_range(predicted), evidence=tuple(evidence or ()), source="agent")
        )  # fmt: skip
        return Done(said=f"{added.id} is queued")

    async def move_idea(self, idea: str, place: Annotated[int, Field(ge=1)]) -> Done:
        """Put an idea at a place in the queue, 1 being the next."""
        moved, to = await quietly(
            partial(ideas.move, self._place.start, idea, place, self._options())
        )  # fmt: skip
        return Done(said=f"{moved.id} is number {to} in the queue")

    async def drop_idea(self, idea: str, reason: str) -> Done:
        """Take an idea out of the queue; it can be opened again."""
        gone = await quietly(
            partial(ideas.drop, self._place.start, idea, reason, self._options())
        )  # fmt: skip
        return Done(said=f"{gone.id} is out of the queue")

    async def note(
        self, text: Annotated[str, Field(description="what the person you work for wants")]
    ) -> Done:
        """Pass on what your user wants every agent to be told; it says that it came through you."""
        said = f"(through {self._place.by}) {text}"
        name = await quietly(
            partial(noting.note, self._place.start, said, self._place.campaign)
        )  # fmt: skip
        return Done(said=f"noted for {name}")

    def _options(self) -> RunOptions:
        return RunOptions(campaign=self._place.campaign)


async def submitted(place: Place, idea: str, hypothesis: str, by: str) -> Submitted:
    """Submit what was made of an idea."""
    said = await quietly(
        partial(inside.submit, place.start, idea, by, place.campaign, hypothesis=hypothesis)
    )  # fmt: skip
    return Submitted(
        experiment=said.experiment, idea=said.idea, known=said.known,
        will_be_rejected=said.remark or None, next=f"wait(experiment={said.experiment!r})",
    )  # fmt: skip


async def follow(place: Place, experiment: str, ctx: Context, seconds: float) -> Verdict:
    """Look until there is a verdict or the time is over, and tell how many pairs are taken."""
    waiting = await quietly(
        partial(inside.Waiting, place.start, experiment, place.campaign)
    )  # fmt: skip
    deadline, before, count = anyio.current_time() + seconds, "", 0
    while not await quietly(waiting.done):
        doing = _doing(waiting)
        if doing not in ("", before):
            count += 1  # a progress that never goes back; how much is left nobody knows
            await ctx.report_progress(count, None, doing)
            before = doing
        if anyio.current_time() >= deadline:
            break
        await anyio.sleep(_LOOK)
    return shown(waiting)


def claimed(taken: inside.Claimed) -> Claimed:
    """A claim as a tool answers it."""
    scope = config_of(taken.campaign.state).scope
    return Claimed(
        idea=taken.idea.id, title=cut(taken.idea.title, 200), tree=taken.claim.tree,
        until=moment(taken.claim.until), known=taken.known, allow=list(scope.allow),
        protect=list(scope.protect),
        next=f"change files below tree, then submit(idea={taken.idea.id!r}, hypothesis=...)",
    )  # fmt: skip


def shown(waiting: inside.Waiting) -> Verdict:
    """An experiment as a tool answers it."""
    state, one = waiting.seen.state, waiting.seen.state.experiments[waiting.id]
    given, effect = one.verdict, comparable(one)
    gates = [Gate(name=g.name, ok=g.ok, detail=cut(g.detail, 160)) for g in asked(state, one)]
    return Verdict(
        experiment=one.id, idea=one.candidate.idea, status=one.status, stage=_doing(waiting),
        verdict=given.kind if given is not None else None,
        code=given.code if given is not None else None,
        reason=cut(given.reason, _WIDE) if given is not None else None,
        held=cut(given.held, _WIDE) or None if given is not None else None,
        gain=round(effect.estimate, 6) if effect is not None else None,
        ci=[round(effect.low, 6), round(effect.high, 6)] if effect is not None else None,
        pairs=effect.pairs if effect is not None else None,
        in_stack=one.in_stack, gates=gates, next=_next(state, one),
    )  # fmt: skip


def _next(state: State, one: ExperimentState) -> list[str]:
    if one.verdict is None:
        return [f"wait(experiment={one.id!r})"]
    if one.in_stack:
        return ["claim()"]
    held = state.claims.get(one.candidate.idea)
    if held is not None and held.until > time.time():
        return [f"change {Path(held.tree)} and submit again, or release(idea={held.idea!r})"]
    return list(commands(one)) or ["next()"]


def _doing(waiting: inside.Waiting) -> str:
    for one in waiting.seen.underway:
        if one.what in (waiting.id, "calibration", "stack"):
            what = "" if one.what == waiting.id else f"{one.what}: "
            return what + stage_of(one)
    return ""


def _range(predicted: list[float] | None) -> tuple[float, float] | None:
    if not predicted:
        return None
    if len(predicted) != 2:
        raise ToolError("`predicted` is a range of two fractions\nhint: [0.02, 0.05]")
    return min(predicted), max(predicted)
