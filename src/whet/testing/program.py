"""What a program that is only simulated is truly like: small files in its tree say it.

Every file in the folder `effects` is a list of lines, each a word and a value:

    seconds 0.05        5 % better than without this line, in the metric `seconds`
    rss -0.10           10 % worse in the metric `rss`
    fails checks        the stage that goes wrong: build, checks, output or run

Gains of all files multiply, so changes that add a file each can be stacked in any order. A file
that `effects` does not hold says nothing: it makes trees differ that are equally fast.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from whet.git.call import git
from whet.git.store import Store

FOLDER: Final = "effects"

Failing = Literal["", "build", "checks", "output", "run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The truth about one tree. `gains` are log ratios for each metric, above 0 is better."""

    gains: Mapping[str, float] = field(default_factory=dict)
    fails: Failing = ""

    def gain(self, metric: str) -> float:
        """How much better the program is in a metric than one without any effect, as a log."""
        return self.gains.get(metric, 0.0)


Truth = Callable[[Store, str], Program]
"""The program of a commit in a store. Commits in a spec are snapshots: equal trees, equal ids."""


def from_files(store: Store, commit: str) -> Program:
    """The program that the files of a commit describe.

    Raises:
        ValueError: a line is not a word and a value.
    """
    # one process for all files: every line that matches nothing in particular; 1 is none at all
    found = git("grep", "-h", "-e", "", commit, "--", FOLDER, git_dir=store.path, codes=(0, 1))
    return described(found.decode().splitlines())


def from_trees(programs: Mapping[str, Program]) -> Truth:
    """Programs by the id of their git tree (`Store.tree`); any other tree has no effect."""
    return lambda store, commit: programs.get(store.tree(commit), Program())


def described(lines: Iterable[str]) -> Program:
    """The program that lines of effect files describe.

    Raises:
        ValueError: a line is not a word and a value.
    """
    gains: dict[str, float] = {}
    fails: Failing = ""
    for line in lines:
        match line.split():
            case []:
                continue
            case ["fails", ("build" | "checks" | "output" | "run") as stage]:
                fails = stage
            case [metric, value]:
                gains[metric] = gains.get(metric, 0.0) + math.log1p(float(value))
            case _:
                raise ValueError(f"`{line}` is not a word and a value")
    return Program(gains=gains, fails=fails)
