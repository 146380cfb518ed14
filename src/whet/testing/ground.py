"""A target made for testing an executor: tiny, real, and as fast as its files say.

Its benchmark prints a time made up from the folder `effects` (`whet.testing.program`) and a little
noise, so the same commits have the same truth on a simulated worker and on a real one. It needs a
POSIX shell and awk.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from whet.git.store import Store, open_store
from whet.model.config import Bench, Build, Checks, Integrity
from whet.model.trial import Mode, TrialSpec
from whet.testing.program import FOLDER

METRIC: Final = "made_up"

_BENCH = f"""\
seed=$(od -An -N4 -tu4 /dev/urandom)
cat {FOLDER}/* | awk -v seed="$seed" '
  BEGIN {{ srand(seed); time = 1 + 0.004 * (rand() - 0.5) }}
  $1 == "{METRIC}" {{ time /= 1 + $2 }}
  $1 == "fails" && $2 == "run" {{ broken = 1 }}
  END {{ if (broken) exit 3; printf "METRIC {METRIC}=%.9f\\nMETRIC size=7\\n", time }}'
"""
_FAILS = "! grep -q '^fails {}' " + f"{FOLDER}/*"

BASE: Final[Mapping[str, str]] = {"bench.sh": _BENCH, f"{FOLDER}/base": f"{METRIC} 0.0\n"}
"""The files of the base: the other commits have one file more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Commits whose truth is known, in a store that can be given to a worker."""

    store: Store
    base: str
    faster: str
    """20 % faster than the base."""
    same: str
    """Another tree that is no faster."""
    broken: Mapping[str, str]
    """By the stage that fails: build, checks, output, run."""

    def spec(self, name: str, *, a: str = "", b: str, mode: Mode = "judge") -> TrialSpec:
        """A trial of a commit against `a`, by default the base, without a design or pairs yet."""
        return TrialSpec(
            id=name,
            mode=mode,
            base=self.base,
            a=a or self.base,
            b=b,
            bench=Bench(command="sh bench.sh", timeout=60),
            metrics=(METRIC, "size"),
            build=Build(command=_FAILS.format("build"), timeout=60),
            checks=Checks(
                command=_FAILS.format("checks"),
                equivalence=f"grep -h '^fails output' {FOLDER}/* || true",
                timeout=60,
            ),
            integrity=Integrity(sandbox="none"),
            protect=("bench.sh",),
        )


def ground(folder: Path) -> Ground:
    """Make the target's store in a folder."""
    store = open_store(folder / "ground.git")
    return Ground(
        store=store,
        base=commit(store, BASE),
        faster=_with(store, f"{METRIC} 0.20\n"),
        same=_with(store, f"{METRIC} 0.00\n"),
        broken={
            stage: _with(store, f"fails {stage}\n")
            for stage in ("build", "checks", "output", "run")
        },
    )


def commit(store: Store, files: Mapping[str, str]) -> str:
    """A commit without a parent, of these contents by path."""
    nothing = store.git("mktree").decode().strip()
    with tempfile.TemporaryDirectory(prefix="whet-ground-") as folder:
        for name, text in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return store.commit(store.take(Path(folder), nothing), "files\n")


def _with(store: Store, text: str) -> str:
    return commit(store, {**BASE, f"{FOLDER}/change": text})
