"""The three tools of pi-autoresearch, for people and prompts that know them.

They take the same arguments. Whatever is a command, a number or a verdict of the agent's own is
not used, and the answer says so: whet has its own.
"""

from functools import partial
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from pydantic import Field

from whet.api import inside
from whet.errors import NotReady
from whet.mcp.place import ADDS, AGAIN, Place, quietly
from whet.mcp.shapes import Claimed, Verdict
from whet.mcp.working import claimed, follow, submitted
from whet.plan.state import State

_UNUSED = "not used, whet has its own: "


class Aliases:
    """`init_experiment`, `run_experiment` and `log_experiment`."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def register(self, server: MCPServer) -> None:
        """Offer the tools."""
        server.tool(annotations=ADDS)(self.init_experiment)
        server.tool(annotations=AGAIN)(self.run_experiment)
        server.tool(annotations=AGAIN)(self.log_experiment)

    async def init_experiment(
        self,
        name: Annotated[str, Field(description="what you want to try")] = "",
        metric_name: str = "",
        metric_unit: str = "",
        direction: str = "",
    ) -> Claimed:
        """Like claim: an idea of your own by `name`, or the best one that is free."""
        new = inside.Wanted(title=name) if name.strip() else None
        place = self._place
        taken = await quietly(
            partial(inside.claim, place.start, place.by, place.campaign, new=new)
        )  # fmt: skip
        found = claimed(taken)
        unused = _named(metric_name=metric_name, metric_unit=metric_unit, direction=direction)
        return found.model_copy(update={"next": f"{found.next}{unused}"})

    async def run_experiment(
        self,
        ctx: Context,
        description: Annotated[
            str, Field(description="what the change does, why it is faster")
        ] = "",
        command: str = "",
        timeout_seconds: Annotated[float, Field(ge=0, le=600)] = 45.0,
        checks_timeout_seconds: float = 0.0,
    ) -> Verdict:
        """Like submit and wait: judges the folder of your newest claim.

        When the time is over before the verdict is there, wait(experiment=...) goes on.
        """
        place = self._place
        idea = await quietly(lambda: _newest(place.situation(), place.by))
        said = await submitted(place, idea, description, place.by)
        seen = await follow(place, said.experiment, ctx, timeout_seconds)
        unused = _named(command=command, checks_timeout_seconds=checks_timeout_seconds)
        return seen.model_copy(update={"remark": unused.strip()})

    async def log_experiment(
        self,
        ctx: Context,
        commit: str = "",
        metric: float | None = None,
        status: str = "",
        description: str = "",
        metrics: dict[str, Any] | None = None,
        asi: Annotated[
            dict[str, Any] | None, Field(description="what others should know of it, in words")
        ] = None,
    ) -> Verdict:
        """Say what whet recorded for your last experiment, and keep what you noted in `asi`."""
        place = self._place
        name = await quietly(lambda: _last(place.situation(), place.by))
        if asi:
            said = "; ".join(f"{key}: {value}" for key, value in asi.items())
            await quietly(
                partial(inside.remark, place.start, name, place.by, said, place.campaign)
            )  # fmt: skip
        seen = await follow(place, name, ctx, 0.0)
        unused = _named(
            commit=commit, metric=metric, status=status, description=description, metrics=metrics,
        )  # fmt: skip
        return seen.model_copy(update={"remark": unused.strip()})


def _named(**given: object) -> str:
    """Which arguments were given and not used."""
    used = [name for name, value in given.items() if value not in ("", None, 0.0, {})]
    return f" ({_UNUSED}{', '.join(used)})" if used else ""


def _newest(state: State, by: str) -> str:
    mine = [one for one in state.claims.values() if one.by == by]
    if not mine:
        raise NotReady("you have claimed nothing", hint="init_experiment(name=...), or claim()")
    return max(mine, key=lambda one: one.at).idea


def _last(state: State, by: str) -> str:
    mine = [one.id for one in state.experiments.values() if one.by == by]
    if not mine:
        raise NotReady("you have submitted nothing", hint="run_experiment(description=...)")
    return mine[-1]
