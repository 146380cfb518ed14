"""What a run would do, without doing it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from whet.api.running import RunOptions, opening
from whet.api.workspace import repository
from whet.ledger import log
from whet.model.config import Agent, Config
from whet.model.event import WorkerCalibrated
from whet.places import STATE, campaign_folder
from whet.plan.ready import may_read
from whet.plan.replay import replay
from whet.plan.spending import Forecast, forecast
from whet.plan.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A run before it begins. Times are seconds of measurement, None before a calibration."""

    campaign: str
    base: str
    judged: int
    waiting: int
    ideas_per_wave: int
    max_experiments: int
    hours: float
    agent: str
    reads: tuple[str, ...]
    """Readers that are asked before the first wave."""
    foreseen: Forecast | None
    """What the agents of the next wave will probably take, by what they took so far."""
    least_seconds: float | None
    most_seconds: float | None
    writes: tuple[str, ...]


def plan(start: Path, options: RunOptions) -> Plan:
    """The plan of a run.

    Raises:
        ConfigError: whet.toml is not as it must be.
        NotReady: the work tree has changes.
    """
    repo = repository(start)
    begun = opening(repo, options)
    config, folder = begun.config, campaign_folder(repo.root, begun.name)
    state = replay(log.read(folder)) if log.exists(folder) else replay(())
    pair = _seconds_per_pair(state.calibrations.values())
    return Plan(
        campaign=begun.name,
        base=begun.base,
        judged=sum(1 for e in state.experiments.values() if e.verdict is not None),
        waiting=len(state.queue()),
        ideas_per_wave=config.run.ideas_per_wave,
        max_experiments=config.run.max_experiments,
        hours=config.run.hours,
        agent=_agent(config.agent),
        reads=_reads(state, config),
        foreseen=forecast(state, min(len(state.queue()), config.run.ideas_per_wave)),
        least_seconds=None if pair is None else 4 * pair,
        most_seconds=None if pair is None else config.measure.pairs_max * pair,
        writes=(f"{STATE}/", f"refs/whet/{begun.name}/"),
    )


def _reads(state: State, config: Config) -> tuple[str, ...]:
    done = {one.reader for one in state.readings}
    wanted = config.research.sources if may_read(state, config) else ()
    return tuple(name for name in wanted if name not in done)


def _agent(agent: Agent) -> str:
    if agent.kind == "none":
        return ""
    named = agent.name or ("built in" if agent.kind == "builtin" else agent.command)
    where = f" with {agent.model}" if agent.model else ""
    return f"{named}{where}" + (f" at {agent.endpoint}" if agent.endpoint else "")


def _seconds_per_pair(calibrations: Iterable[WorkerCalibrated]) -> float | None:
    known = next(iter(calibrations), None)
    return None if known is None else known.noise.seconds_per_pair
