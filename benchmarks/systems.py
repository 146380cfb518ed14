"""Known systems on this machine: their preset, a change without effect, a planted slowdown of 5 %.

python benchmarks/systems.py sqlite --source ~/sqlite --folder build/systems
python benchmarks/systems.py page

Each system has a file `systems/NAME.toml`: what is set in the preset, all of it documented, and the
edit that plants real work where the benchmark spends its time. A source folder is copied, so it
stays as it is. What was measured is written to `systems/NAME.json`; docs/systems.md is made of all
of these. What is done is not done again, so a killed one goes on, and systems can be added one at
a time. `--step prepare` builds everything, `--step measure` is what needs a quiet machine.
"""

import argparse
import json
import shlex
import shutil
import statistics
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from systems_page import page

from whet.trial.fingerprint import fingerprint
from whet.version import version

HERE = Path(__file__).parent / "systems"
PAGE = Path(__file__).parents[1] / "docs" / "systems.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """What a file of `systems` says."""

    name: str
    title: str
    preset: str
    source: str = ""
    """What was measured: a version, and where it is from."""
    why_not: str = ""
    """Why it was not measured here; empty for those that were."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Documented keys of `whet.toml`; `{folder}` is the working folder."""
    make: Sequence[str] = ()
    """What a person has to do once, as the preset says: commands in the tree."""
    slow: Mapping[str, str] = field(default_factory=dict)
    """`file`, `find`, `put`: the text that is there once, and what takes its place."""
    comment: str = "/* no effect */"
    """What the change that does nothing adds to the same file, at its end."""
    same: Mapping[str, str] = field(default_factory=dict)
    """Where a comment would not do: `find` and `put` of the change that does nothing."""
    planted: str = ""
    """Where the work is planted, in words."""
    pairs: int = 12
    fixed: bool = False
    """A run takes a fixed time, whatever is done in it: its processor time says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a system is measured."""

    system: System
    folder: Path
    ccache: Path | None = None
    """Where compiled objects are kept, so that the second and third build take less."""

    @property
    def tree(self) -> Path:
        """The repository."""
        return self.folder / "tree"

    def git(self, *words: str) -> str:
        """Run git in the repository."""
        who = ["-c", "user.name=systems", "-c", "user.email=systems@localhost"]
        done = subprocess.run(
            ["git", *who, *words], cwd=self.tree, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def whet(self, *words: str) -> dict[str, Any]:
        """Run whet there: what it says as JSON, with its exit status and its seconds."""
        begun = time.monotonic()
        command = [sys.executable, "-P", "-m", "whet", *words, "--json"]
        print("$ whet", shlex.join(words), flush=True)
        done = subprocess.run(command, cwd=self.tree, check=False, capture_output=True, text=True)
        try:
            said = json.loads(done.stdout)
        except ValueError:
            sys.exit(f"whet {shlex.join(words)} ended with {done.returncode}\n{done.stderr}")
        if said.get("kind") == "error":
            sys.exit(f"whet {shlex.join(words)}: {said['message']}\n\nhint: {said['hint']}")
        took = round(time.monotonic() - begun, 1)
        return {"code": done.returncode, "seconds": took, "said": said}

    def kept(self, name: str, make: Any) -> Any:
        """What `make` gives, from an earlier call where there was one."""
        path = self.folder / f"{name}.json"
        if not path.exists():
            path.write_text(json.dumps(make()), encoding="utf-8")
        return json.loads(path.read_text(encoding="utf-8"))


def main() -> None:
    """One system, or the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="a system, or `page`")
    parser.add_argument("--source", type=Path, help="its source folder, which stays as it is")
    parser.add_argument("--folder", type=Path, default=Path("build/systems"), help="working folder")
    parser.add_argument("--ccache", type=Path, help="keep compiled objects in this folder")
    parser.add_argument(
        "--step", choices=["all", *STEPS], default="all", help="only up to this one"
    )
    said = parser.parse_args()
    if said.name != "page":
        place = Place(
            system=read(said.name),
            folder=(said.folder / said.name).resolve(),
            ccache=said.ccache and said.ccache.resolve(),
        )
        for name, step in STEPS.items():
            step(place, said.source)
            if name == said.step:
                break
        record = recorded(place)
        if record is not None:
            path = HERE / f"{said.name}.json"
            path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    told = [(system, known(system.name)) for system in systems()]
    if any(record for _, record in told):
        PAGE.write_text(page(told), encoding="utf-8")


def systems() -> list[System]:
    """All that have a file, those that were measured first."""
    everything = [read(path.stem) for path in HERE.glob("*.toml")]
    return sorted(everything, key=lambda one: (bool(one.why_not), one.title.lower()))


def read(name: str) -> System:
    """A system by its name."""
    said = tomllib.loads((HERE / f"{name}.toml").read_text(encoding="utf-8"))
    return System(name=name, **said)


def known(name: str) -> dict[str, Any] | None:
    """What was measured of a system."""
    path = HERE / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def prepare(place: Place, source: Path | None) -> None:
    """The repository with the preset, both changes, and all that is built before a measurement."""
    if not (place.folder / "prepared.json").exists():
        if source is None:
            sys.exit("--source FOLDER is needed the first time")
        shutil.rmtree(place.folder, ignore_errors=True)
        place.folder.mkdir(parents=True)
        left = shutil.ignore_patterns(".git", ".whet", "whet.toml")
        shutil.copytree(source, place.tree, symlinks=True, ignore=left)
        _repository(place)
        place.kept("prepared", dict)
    for side in ("same", "slow"):
        place.kept(f"built-{side}", partial(place.whet, "compare", "main", side, "--pairs", "4"))


def measure(place: Place, _: Path | None) -> None:
    """What needs a quiet machine."""
    pairs = str(place.system.pairs)
    for side in ("same", "slow"):
        place.kept(side, partial(place.whet, "compare", "main", side, "--pairs", pairs))


def judge(place: Place, _: Path | None) -> None:
    """The campaign, with the checks."""
    place.kept("tried", partial(place.whet, "try", "same", "slow", "--campaign", "systems"))
    place.kept("listed", partial(place.whet, "list", "--campaign", "systems"))


def doctor(place: Place, _: Path | None) -> None:
    """Everything that `whet doctor` asks."""
    place.kept("doctor", partial(place.whet, "doctor"))


STEPS: Mapping[str, Callable[[Place, Path | None], None]] = {
    "prepare": prepare, "measure": measure, "judge": judge, "doctor": doctor,
}  # fmt: skip


def _repository(place: Place) -> None:
    system = place.system
    place.git("init", "-q", "-b", "main")
    place.git("add", "-A", "-f")
    place.git("commit", "-q", "-m", system.source)
    for command in system.make:
        subprocess.run(
            command.format(folder=place.folder, here=HERE, python=sys.executable),
            shell=True,
            cwd=place.tree,
            check=True,
        )
    place.whet("init", "--preset", system.preset, "--yes")
    for key, value in system.settings.items():
        place.whet("config", "set", key, value.format(folder=place.folder))
    if place.ccache and "build" in tomllib.loads((place.tree / "whet.toml").read_text()):
        _keep_objects(place, place.ccache)
    place.git("add", "-A", "-f", "whet.toml")
    place.git("commit", "-q", "-m", "whet.toml")
    path = place.tree / system.slow["file"]
    text = path.read_text(encoding="utf-8")
    added = f"{text.rstrip()}\n{system.comment}\n"
    changed = {
        "same": replaced(path, text, system.same) if system.same else added,
        "slow": replaced(path, text, system.slow),
    }
    for branch, now in changed.items():
        place.git("checkout", "-q", "-b", branch, "main")
        path.write_text(now, encoding="utf-8")
        place.git("commit", "-q", "-a", "-m", branch)
        place.git("checkout", "-q", "main")


def _keep_objects(place: Place, folder: Path) -> None:
    build = tomllib.loads((place.tree / "whet.toml").read_text(encoding="utf-8"))["build"]
    kept = f'export CCACHE_DIR={folder} CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1 CC="ccache cc"; '
    if shutil.which("cmake") and "cmake" in build["command"]:
        kept = kept.replace(' CC="ccache cc"', "")  # these use it by themselves
    for key in ("setup", "command"):
        if key in build:
            place.whet("config", "set", f"build.{key}", kept + build[key])
    place.whet("config", "set", "build.cache", json.dumps([str(folder)]))


def replaced(path: Path, text: str, edit: Mapping[str, str]) -> str:
    """The text with the edit, whose place has to be there once."""
    if text.count(edit["find"]) != 1:
        sys.exit(f"{path} does not have {edit['find']!r} once")
    return text.replace(edit["find"], edit["put"])


def recorded(place: Place) -> dict[str, Any] | None:
    """What goes into the repository; None before both changes were compared."""
    names = ("same", "slow", "tried", "listed", "doctor")
    read_all = {
        name: json.loads(path.read_text(encoding="utf-8"))
        for name in names if (path := place.folder / f"{name}.json").exists()
    }  # fmt: skip
    if not {"same", "slow"} <= read_all.keys():
        return None
    here = fingerprint("none")
    timed = [read_all[name] for name in ("same", "slow", "tried") if name in read_all]
    listed = read_all["listed"]["said"]["experiments"] if "listed" in read_all else []
    asked = read_all.get("doctor")
    return {
        "machine": f"{here.cores} cores, {here.cpu}, {here.compiler}",
        "whet": version(),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "seconds": round(sum(one["seconds"] for one in timed)),
        "pairs": place.system.pairs,
        "planted": _planted(read_all["slow"]["said"]["outcome"]),
        **{side: _effect(read_all[side]["said"]["metrics"][0]) for side in ("same", "slow")},
        "tried": [{"verdict": one["verdict"], "why": one["reason"]} for one in listed[-2:]],
        "doctor": _diagnosis(asked["said"], asked["seconds"]) if asked else "",
    }


def _effect(said: Mapping[str, Any]) -> dict[str, Any]:
    return {key: said[key] for key in ("metric", "estimate", "ci", "n_pairs", "answer")}


def _diagnosis(said: Mapping[str, Any], seconds: float) -> str:
    told = [
        f"{one['section'].lower()}: {one['text']}" for one in said["findings"]
        if one["level"] in ("error", "warning") and one["section"] not in ("Machine", "Noise")
    ]  # fmt: skip
    ready = "ready" if said["ready"] else "not ready"
    return f"{ready} after {seconds / 60:.0f} min" + "".join(f"; {text}" for text in told)


def _planted(outcome: Mapping[str, Any]) -> float:
    """How much more processor time the slower side took: another clock than that of the goal."""
    sides = [[pair[side]["cpu"] for pair in outcome["pairs"]] for side in ("a", "b")]
    before, after = map(statistics.median, sides)
    return round(after / before - 1, 4) if before else 0.0


if __name__ == "__main__":
    main()
