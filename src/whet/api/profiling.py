"""Where the benchmark spends its time, and what bounds it."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from whet.api.workspace import configuration, repository, sealed
from whet.errors import UserError
from whet.model.profile import HotFunction, Limit, Profile
from whet.model.sampling import Count, Examination
from whet.ports import Progress
from whet.profiling import hot
from whet.profiling.take import profile
from whet.report.flame import flame
from whet.report.theme import Theme
from whet.wiring import profile_bench


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileOptions:
    """What a command line may say about a profile.

    `base` is a ref, by default the one that a campaign would start from. `again` takes it anew
    where one is kept.
    """

    base: str = ""
    again: bool = False
    count: Count = "auto"
    overrides: Mapping[str, str] = field(default_factory=dict)
    moved: Callable[[str, Progress], None] = lambda _, __: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiled:
    """A profile, and what follows from it."""

    profile: Profile
    functions: tuple[HotFunction, ...]
    """The largest first."""
    limit: Limit


def profiled(start: Path, options: ProfileOptions) -> Profiled:
    """Build a commit as a trial does, watch its benchmark, and say what bounds it.

    The profile is kept in `.whet/profiles`, where readers and reports find it.

    Raises:
        ConfigError: whet.toml is not as it must be.
        NotReady: there is no repository, or the target does not build or run.
        InfraError: the worker failed.
    """
    repo = repository(start)
    config = configuration(repo, options.overrides).config
    base = repo.resolve(options.base or config.campaign.base)
    config = sealed(repo, config, base)
    taken = profile(
        profile_bench(repo, config, base, f"{repo.root}:profile.{os.getpid()}"),
        base,
        Examination(count=options.count, cached=config.roofline.cached_command),
        lambda progress: options.moved("profile", progress),
        again=options.again,
    )
    return Profiled(
        profile=taken,
        functions=hot.functions(taken, config.roofline, config.goal),
        limit=hot.limit(taken, config.roofline, config.goal),
    )


def write_flame(found: Profiled, path: Path, theme: Theme = "light") -> None:
    """Write the flame graph.

    Raises:
        UserError: nothing was sampled, or the file cannot be written.
    """
    samplings = found.profile.examined.samplings
    if not samplings:
        raise UserError("nothing was sampled, so there is no flame graph", hint="whet profile")
    try:
        path.write_text(flame(samplings[0], found.profile.command, theme) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"cannot write {path}: {error.strerror}", hint="whet profile --svg profile.svg"
        ) from error
