"""What readers work with. A reader's module has `reader(tools)`, which makes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from whet.git.repo import Repo
from whet.git.store import Store
from whet.model.config import Config
from whet.ports import Clock, Executor
from whet.readers.door import Door


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Made once for all readers of one run."""

    repo: Repo
    store: Store
    """The objects whet makes for this repository; trees are checked out of it."""
    cache: Path
    """A folder of their own, outside the repository, that may be deleted: clones, answers."""
    label: str
    """Begins the mark of every process that is started."""
    clock: Clock
    door: Door
    """To the network, for what is not git."""
    environ: Mapping[str, str]
    """Where tokens are; nothing of it is ever stored."""
    lend: Callable[[Config], Executor] | None = None
    """Lends a worker for what must be run to be read, such as a profile."""
