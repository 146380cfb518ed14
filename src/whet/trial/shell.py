"""Commands of the target, each in a jail, each with a private home and temporary folder."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from whet import proc, sandbox
from whet.sandbox import Jail
from whet.trial.trees import remove

_PASSED = (
    "PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TERM", "CC", "CXX", "LD_LIBRARY_PATH",
    "JAVA_HOME", "CUDA_HOME", "CUDA_VISIBLE_DEVICES", "ROCM_PATH", "HIP_VISIBLE_DEVICES",
    "VIRTUAL_ENV", "CONDA_PREFIX", "PKG_CONFIG_PATH", "OMP_NUM_THREADS",
)  # fmt: skip

MARK = "WHET_TRIAL"
"""In the environment of everything a trial starts, so that a later start can find what is left."""


@dataclass(slots=True)
class Meter:
    """Seconds spent in the target's own commands; the rest of a trial is whet's."""

    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Where and how this trial's commands run."""

    trial: str
    kind: sandbox.Kind
    work: Path
    repo: Path | None
    network: bool
    cpus: frozenset[int]
    read_only: tuple[Path, ...] = ()
    env: Mapping[str, str]
    meter: Meter

    def run(
        self,
        command: str,
        tree: Path,
        *,
        timeout: float,
        env: Mapping[str, str] | None = None,
        sealed: tuple[Path, ...] = (),
        look: tuple[Path, ...] = (),
        writable: tuple[Path, ...] = (),
    ) -> proc.Completed:
        """Run a shell command in a tree, with a home that nobody has used before.

        Args:
            command: for /bin/sh.
            tree: working folder, the only one of the target's that can be written.
            timeout: seconds.
            env: more variables.
            sealed: files in the tree that cannot be written.
            look: other folders the command needs to see.
            writable: other folders the command may write, and leave something in for the next one.
        """
        with self._private() as (home, temporary):
            jail = Jail(
                kind=self.kind,
                writable=(tree, home, temporary, *writable),
                read_only=(*self.read_only, *look, *sealed),
                network=self.network,
                home=Path.home(),
            )
            full = self._environment(home, temporary, tree) | dict(env or {})
            done = proc.run(
                sandbox.wrap(jail, ["/bin/sh", "-c", command]),
                cwd=tree,
                env=full,
                timeout=timeout,
                cpus=self.cpus,
                family=True,
            )
        self.meter.seconds += done.wall
        return done

    def with_env(self, env: Mapping[str, str]) -> "Shell":
        """The same with more variables for every command."""
        return replace(self, env={**self.env, **env})

    @contextmanager
    def _private(self) -> Iterator[tuple[Path, Path]]:
        # names of one length, so that no environment is longer than another
        base = Path(tempfile.mkdtemp(prefix="h-", dir=self.work))
        home, temporary = base / "home", base / "tmp"
        home.mkdir()
        temporary.mkdir()
        try:
            yield home, temporary
        finally:
            remove(base)

    def _environment(self, home: Path, temporary: Path, tree: Path) -> dict[str, str]:
        env = {name: os.environ[name] for name in _PASSED if name in os.environ}
        real = Path.home()
        for name, folder in sandbox.TOOL_HOMES.items():
            if name in os.environ:
                env[name] = os.environ[name]
            elif (real / folder).is_dir():
                env[name] = str(real / folder)
        env |= {
            "HOME": str(home),
            "TMPDIR": str(temporary),
            "XDG_CACHE_HOME": str(home / ".cache"),
            "WHET_TREE": str(tree),
            MARK: self.trial,
            **self.env,
        }
        if self.repo is not None:
            env["WHET_REPO"] = str(self.repo)
        return env
