"""What a run would do, without doing it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from whet.api.running import RunOptions, opening
from whet.api.workspace import repository
from whet.ledger import log
from whet.model.event import WorkerCalibrated
from whet.places import STATE, campaign_folder
from whet.plan.replay import replay


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
        agent=config.agent.command if config.agent.kind == "command" else "",
        least_seconds=None if pair is None else 4 * pair,
        most_seconds=None if pair is None else config.measure.pairs_max * pair,
        writes=(f"{STATE}/", f"refs/whet/{begun.name}/"),
    )


def _seconds_per_pair(calibrations: Iterable[WorkerCalibrated]) -> float | None:
    known = next(iter(calibrations), None)
    return None if known is None else known.noise.seconds_per_pair
