"""A task file of SkyPilot's, as far as it says what machine is wanted and how it is made ready."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from whet.errors import UserError
from whet.model.worker import WorkerConfig

_NOT_OURS = ("file_mounts", "storage_mounts", "volumes", "service", "inputs", "outputs")
"""What would have to travel with every trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """What is taken of a task file: `run` is not, because whet builds, checks and measures."""

    resources: Mapping[str, object]
    setup: str
    envs: Mapping[str, str]


def read(path: Path) -> Experiment:
    """Read a task file.

    Raises:
        UserError: it is none, or wants something that workers have not.
    """
    hint = "look at `experiment` in [[workers]]"
    try:
        text = path.read_text(encoding="utf-8")
        found: Any = yaml.safe_load(text)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}", hint=hint) from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        said = " ".join(str(error).split())[:200]
        raise UserError(f"{path} is not YAML: {said}", hint=hint) from error
    if not isinstance(found, dict):
        raise UserError(f"{path} is no task of SkyPilot's", hint=hint)
    for key in _NOT_OURS:
        if found.get(key):
            raise UserError(
                f"{path} has `{key}`, which would not travel with a trial",
                hint="bring it with `setup`, or commit it",
            )
    if found.get("num_nodes") not in (None, 1):
        raise UserError(f"{path} asks for several nodes, and a worker is one machine",
                        hint="write `count` in [[workers]]")  # fmt: skip
    setup = found.get("setup") or ""
    if not isinstance(setup, str):
        raise UserError(f"`setup` in {path} is no text", hint=hint)
    return Experiment(
        resources=_mapping(found, "resources", path), setup=setup,
        envs={str(name): _text(value) for name, value in _mapping(found, "envs", path).items()},
    )  # fmt: skip


def merged(config: WorkerConfig, root: Path) -> WorkerConfig:
    """A worker with what its task file says; what whet.toml says goes first."""
    if not config.experiment:
        return config
    found = read(root / config.experiment)
    return replace(
        config,
        resources={**found.resources, **config.resources},
        setup=config.setup or found.setup,
        envs={**found.envs, **config.envs},
    )


def _mapping(found: Mapping[str, Any], key: str, path: Path) -> Mapping[str, object]:
    value = found.get(key) or {}
    if not isinstance(value, dict):
        raise UserError(f"`{key}` in {path} is no mapping",
                        hint="look at `experiment` in [[workers]]")  # fmt: skip
    return value


def _text(value: object) -> str:
    """A variable as a shell has it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
