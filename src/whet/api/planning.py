"""What a run would do, without doing it."""

from collections.abc import Iterable
from pathlib import Path

from whet.api.running import RunOptions, opening
from whet.api.workspace import repository
from whet.ledger import log
from whet.model.event import WorkerCalibrated
from whet.places import STATE, campaign_folder
from whet.plan.replay import replay


def plan(start: Path, options: RunOptions) -> tuple[str, ...]:
    """The plan of a run, line by line.

    Raises:
        ConfigError: whet.toml is not as it must be.
        NotReady: the work tree has changes.
    """
    repo = repository(start)
    begun = opening(repo, options)
    config, folder = begun.config, campaign_folder(repo.root, begun.name)
    state = replay(log.read(folder)) if log.exists(folder) else replay(())
    waiting = len(state.queue())
    agent = config.agent.command if config.agent.kind == "command" else "none"
    seconds = _seconds_per_experiment(state.calibrations.values(), config.measure.pairs_max)
    judged = sum(1 for e in state.experiments.values() if e.verdict is not None)
    limits = f"at most {config.run.max_experiments} experiments and {config.run.hours:g} h"
    return (
        f"Campaign  {begun.name} from {begun.base[:7]}" + (f", {judged} judged" if judged else ""),
        f"Plan      {waiting} ideas in the queue, waves of {config.run.ideas_per_wave}, {limits}",
        f"Agent     {agent}",
        f"Time      {seconds}",
        f"Writes    {STATE}/ (ignored through .git/info/exclude) and refs/whet/{begun.name}/",
        "Never     your checkout, your branches, a remote",
        "Nothing was started.",
    )


def _seconds_per_experiment(calibrations: Iterable[WorkerCalibrated], cap: int) -> str:
    known = next(iter(calibrations), None)
    if known is None:
        return "not known before the first calibration: whet doctor"
    pair = known.noise.seconds_per_pair
    return f"{4 * pair:.0f} s to {cap * pair:.0f} s of measurement an experiment, and its build"
