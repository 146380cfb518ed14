"""Is the benchmark telling the truth? Asked before anything is spent."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from whet.api.workspace import configuration, repository, sealed
from whet.model.diagnosis import Diagnosis, Finding
from whet.ports import Progress
from whet.steps.doctor.examine import examine
from whet.steps.doctor.visit import Visit
from whet.steps.trials import Lab
from whet.wiring import local_executor, open_objects

Watch = Callable[[Finding], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorOptions:
    """What a command line may say to doctor.

    `base` is a ref, by default the one that a campaign would start from. `moved` is told what is
    being tried, in a few words, and where its trial is.
    """

    quick: bool = False
    layouts: bool = False
    overrides: Mapping[str, str] = field(default_factory=dict)
    base: str = ""
    moved: Callable[[str, Progress], None] = lambda _, __: None


def doctor(start: Path, options: DoctorOptions, watch: Watch = lambda _: None) -> Diagnosis:
    """Ask every question about a target and tell each answer as it is found.

    Nothing is kept and nothing of the user's checkout is touched: changes in it are named and not
    measured. A target that is not ready is an answer, not an error.

    Args:
        start: a folder in the repository.
        options: how thoroughly, and of which commit.
        watch: is told every finding at once.

    Raises:
        ConfigError: whet.toml is not as it must be.
        NotReady: there is no repository, or it has no commit.
        InfraError: the worker failed.
    """
    repo = repository(start)
    config = configuration(repo, options.overrides).config
    ref = options.base or config.campaign.base
    base = repo.resolve(ref)
    config = sealed(repo, config, base)
    lab = Lab(
        config=config,
        store=open_objects(repo),
        base=base,
        executor=local_executor(repo, config),
        label=f"{repo.root}:doctor.{os.getpid()}",
    )
    visit = Visit(
        lab=lab, repo=repo, ref=ref, quick=options.quick, layouts=options.layouts, watch=watch,
        moved=options.moved,
    )  # fmt: skip
    return anyio.run(examine, visit)
