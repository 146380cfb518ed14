"""A project to begin with: a repository of somebody's, brought here."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from whet.config import sources
from whet.config.edit import set_value
from whet.config.wish import target
from whet.errors import UserError
from whet.git.address import address
from whet.git.clone import clone
from whet.git.transfer import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A repository that is here, and what is still to be done in it."""

    folder: Path
    name: str
    branch: str
    fresh: bool
    configured: bool
    """Whether it says already what is measured."""
    modules: bool
    """Whether it has submodules; they were not fetched."""


def fetched(text: str, start: Path, folder: Path | None = None) -> Fetched:
    """Bring a repository here, or take up the one that an earlier call brought.

    Args:
        text: a URL, `git@host:path`, `owner/repo` of GitHub, or a folder.
        start: where relative paths begin, and where the new folder goes.
        folder: its path; by default the last part of the repository's name.

    Raises:
        UserError: that is no repository, or the folder holds something else.
        InfraError: it cannot be reached.
    """
    where = address(text, start)
    at = start / (folder or Path(where.name).name)
    if not at.name:
        raise UserError(f"`{text}` has no name for a folder", hint=f"whet start {text} --dir work")
    done = clone(where, at, Limits())
    return Fetched(
        folder=at, name=where.name, branch=done.branch, fresh=done.fresh,
        configured=any(sources.is_there(file.path) for file in sources.projects(at)),
        modules=done.fresh and (at / ".gitmodules").is_file(),
    )  # fmt: skip


def wished(words: str) -> Mapping[str, str]:
    """What a goal in a person's own words changes in the configuration, as overrides."""
    said = " ".join(words.split())
    if not said:
        return {}
    gain = target(said)
    return {"campaign.title": said} | ({"goal.target": f"{gain:g}"} if gain is not None else {})


def remember(folder: Path, words: str) -> None:
    """Write a goal in a person's own words into the configuration."""
    for key, value in wished(words).items():
        set_value(folder, key, value)
