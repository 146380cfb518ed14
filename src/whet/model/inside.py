"""What can happen when somebody works on an idea by themselves, outside of a wave."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaClaimed:
    """Somebody works on an idea in a private tree: nobody else is given it meanwhile."""

    at: float
    idea: str
    by: str
    """Who: the name they gave, or what is known of their process."""
    tree: str
    """The folder with the files of `commit`, which they change."""
    commit: str
    """What their change is taken against."""
    until: float
    """From then on the idea may be claimed by others."""
    type: Literal["idea.claimed"] = "idea.claimed"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaReleased:
    """An idea that was claimed is free again."""

    at: float
    idea: str
    by: str
    reason: str
    type: Literal["idea.released"] = "idea.released"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentRemarked:
    """What whoever submitted an experiment wants those after them to know; no number is read."""

    at: float
    experiment: str
    by: str
    text: str
    type: Literal["experiment.remarked"] = "experiment.remarked"
