"""The llama.cpp campaign from an empty folder to a table, by one command.

    python examples/llama.cpp/run.py FOLDER                      source from GitHub
    python examples/llama.cpp/run.py FOLDER --source pypi        from the sdist of llama-cpp-python
    python examples/llama.cpp/run.py FOLDER --source ~/llama.cpp a tree that is here already

Run again with the same folder, it goes on where it stopped.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tarfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
COMMIT = "f49e9178767d557a522618b16ce8694f9ddac628"
"""April 2026: the last weeks in which none of the five changes was in llama.cpp."""
WEIGHTS = 29_368_832
"""Of the small model."""
REPOSITORY = "https://github.com/ggml-org/llama.cpp"
SDIST = "llama-cpp-python==0.3.20"
"""Carries the same commit as `vendor/llama.cpp`."""
_SETUP = (
    "cmake -S . -B build -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON -DBUILD_SHARED_LIBS=OFF "
    "-DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_SERVER=OFF"
)
READERS = "profile,roofline,backends,conventions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the command line says."""

    folder: Path
    source: str
    threads: int
    repeats: int
    pairs: str
    stack_pairs: str
    full: bool
    until: str

    @property
    def tree(self) -> Path:
        """The target's repository."""
        return self.folder / "llama.cpp"

    @property
    def model(self) -> Path:
        """The model with random weights."""
        return self.folder / "model" / "tiny.gguf"


def main() -> None:
    """Prepare, then one campaign for each part, then the numbers of all of them."""
    settings = _arguments()
    settings.folder.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    try:
        _everything(settings)
    finally:
        _record(settings, begun)
    if not settings.until:
        _run(sys.executable, str(HERE / "table.py"), str(settings.folder))


def _everything(settings: Settings) -> None:
    if not (settings.tree / "whet.toml").exists():
        _say("source")
        _fetch(settings)
        _say("model")
        settings.model.parent.mkdir(exist_ok=True)
        _run(sys.executable, str(HERE / "make_model.py"), "tiny", str(settings.model))
        _say("whet init --preset llama.cpp")
        _configure(settings)
    plan = tomllib.loads((HERE / "ideas.toml").read_text(encoding="utf-8"))
    for name, part in plan["parts"].items():
        _say(f"part {name}: {part['about']}")
        _part(settings, name, part, [one for one in plan["ideas"] if one["part"] == name])
        if name == settings.until:
            return
    _together(settings, plan)


def _record(settings: Settings, begun: float) -> None:
    took = _earlier(settings) + time.monotonic() - begun
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    facts = {"seconds": took, "bytes": memory, "threads": settings.threads}
    (settings.folder / "facts.json").write_text(json.dumps(facts), encoding="utf-8")


def _arguments() -> Settings:
    parser = argparse.ArgumentParser(description="The llama.cpp campaign, by one command.")
    say = parser.add_argument
    say("folder", type=Path, help="is made; everything is in it")
    say("--source", default=os.environ.get("LLAMA_CPP", "github"),
        help="github, pypi, or a folder (default: $LLAMA_CPP, or github)")  # fmt: skip
    say("--threads", type=int, default=os.cpu_count(),
        help="of the checks, and of the part that needs several (default: all cores)")  # fmt: skip
    say("--repeats", type=int, default=5, help="of each test in an invocation")
    say("--pairs", default="40", choices=["12", "20", "40"], help="at most")
    say("--stack-pairs", default="24", help="of the stack against the base")
    say("--full", action="store_true",
        help="also look at what was kept on a model of 1.1 billion parameters")  # fmt: skip
    say("--until", default="", metavar="PART", help="stop after this part")
    found = parser.parse_args()
    return Settings(
        folder=found.folder.resolve(), source=found.source, threads=found.threads,
        repeats=found.repeats, pairs=found.pairs, stack_pairs=found.stack_pairs,
        full=found.full,
        until=found.until,
    )  # fmt: skip


def _fetch(settings: Settings) -> None:
    shutil.rmtree(settings.tree, ignore_errors=True)
    if settings.source == "github":
        _git(settings, "init", "-q", str(settings.tree), here=False)
        _git(settings, "fetch", "-q", "--depth", "1", REPOSITORY, COMMIT)
        _git(settings, "checkout", "-q", "-b", "campaign", "FETCH_HEAD")
        return
    if settings.source == "pypi":
        _unpack(settings)
    else:
        unwanted = shutil.ignore_patterns(".git", ".whet", "build", "whet.toml")
        shutil.copytree(settings.source, settings.tree, symlinks=True, ignore=unwanted)
    _git(settings, "init", "-q", "-b", "campaign")
    _git(settings, "add", "-A", "-f")
    _commit(settings, f"llama.cpp, as it is in {settings.source}")


def _unpack(settings: Settings) -> None:
    down = settings.folder / "sdist"
    _run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:",
         "-d", str(down), SDIST)  # fmt: skip
    with tarfile.open(next(down.glob("*.tar.gz"))) as archive:
        archive.extractall(down, filter="data")
    shutil.move(next(down.glob("*/vendor/llama.cpp")), settings.tree)
    shutil.rmtree(down)


def _configure(settings: Settings) -> None:
    _whet(settings, "init", "--preset", "llama.cpp", "--yes")
    shutil.copytree(HERE / "checks", settings.tree / "whet")
    build = 'cmake --build build -j"$(nproc)" --target llama-bench'
    changed = {
        "bench.command": 'build/bin/llama-bench -m "$MODEL" -p 512 -n 128 -t "$THREADS" '
                         '-r "$REPEATS" -fa "$FLASH" -o json',
        "bench.env.MODEL": str(settings.model),
        "bench.env.THREADS": "1",
        "bench.env.REPEATS": str(settings.repeats),
        "bench.env.FLASH": "1",
        "checks.command": f"MODEL='{settings.model}' THREADS={settings.threads} sh whet/check.sh",
        "scope.protect": json.dumps(["/whet.toml", "whet/**", "tests/**", "tools/**", "examples/**",
                                     "CMakeLists.txt", "cmake/**", ".github/**"]),
        "integrity.read_only": json.dumps([str(settings.model.parent)]),
        "measure.pairs_max": settings.pairs,
        "measure.stack_pairs": settings.stack_pairs,
        "agent.attempts": "0",
        "research.sources": json.dumps(READERS.split(",")),
    }  # fmt: skip
    if shutil.which("ninja"):
        changed["build.setup"] = _SETUP + " -G Ninja"
    cache = settings.folder / "ccache"
    if shutil.which("ccache"):
        cache.mkdir(exist_ok=True)
        # llama.cpp uses ccache where it is; trees differ in their path alone
        build = f"export CCACHE_DIR='{cache}' CCACHE_BASEDIR=\"$PWD\" CCACHE_NOHASHDIR=1; {build}"
        changed |= {"build.command": build, "build.cache": json.dumps([str(cache)])}
    for key, value in changed.items():
        _whet(settings, "config", "set", key, value)
    _git(settings, "add", "-A", "-f", "whet.toml", "whet")
    _commit(settings, "whet.toml and the checks of the campaign")


def _part(settings: Settings, name: str, part: dict[str, Any], ideas: list[dict[str, Any]]) -> None:
    """One campaign: read, then wave by wave."""
    here = {
        "goal.metric": part["metric"],
        "guard.0.metric": part["guard"],
        "guard.0.max_loss": part["max_loss"],
        "measure.pairs_max": settings.pairs,
        "bench.env.FLASH": str(part["flash"]),
        "bench.env.THREADS": str(part["threads"] or settings.threads),
    }
    # a token reads all weights once; in a prompt it is two operations for each of them
    if part["metric"].startswith("tg"):
        here["roofline.bytes_per_unit"] = str(settings.model.stat().st_size)
    else:
        here["roofline.flops_per_unit"] = str(2 * WEIGHTS)
    given = ["--campaign", name, *(f"--set={key}={value}" for key, value in here.items())]
    done = settings.folder / f"{name}.json"
    assigned = json.loads(done.read_text(encoding="utf-8")) if done.exists() else {}
    agent = f"'{sys.executable}' '{HERE / 'agent.py'}' '{done}'"
    if not assigned and any("cites" in one for one in ideas):
        _whet(settings, "profile", *given[2:])
        _whet(settings, "research", "--offline", "--no-agent", *given)
        _drop_all(settings, name)
    for wave in sorted({one["wave"] for one in ideas}):
        for one in (one for one in ideas if one["wave"] == wave):
            if one["patch"] in assigned.values():
                continue
            cited = _cited(settings, name, one.get("cites", []))
            idea = _json(settings, "ideas", "add", one["title"], "--mechanism", one["mechanism"],
                         "--predict", one["predict"], *cited, *given)  # fmt: skip
            assigned[idea["id"]] = one["patch"]
            done.write_text(json.dumps(assigned), encoding="utf-8")
        if _waits(settings, name):
            # 5: the limit of so many waves was reached
            _whet(settings, "run", "--agent", agent, "--waves", str(wave), *given, allow=(0, 5))
    _whet(settings, "report", "--campaign", name, "--out", str(settings.folder / f"report-{name}"))


def _waits(settings: Settings, name: str) -> bool:
    """Whether there is something to judge: not where an earlier run of this script ended."""
    ideas = _json(settings, "ideas", "list", "--campaign", name)["ideas"]
    experiments = _json(settings, "list", "--campaign", name)["experiments"]
    return bool(ideas) or any(one["verdict"] is None for one in experiments)


def _drop_all(settings: Settings, name: str) -> None:
    """What readers propose by themselves is dropped: no one is here who could write it."""
    for idea in _json(settings, "ideas", "list", "--campaign", name)["ideas"]:
        _whet(settings, "ideas", "drop", idea["id"], "--reason", "nobody writes it here",
              "--campaign", name)  # fmt: skip


def _cited(settings: Settings, name: str, words: list[str]) -> list[str]:
    """The first piece of evidence with all the words, as options."""
    if not words:
        return []
    at = settings.folder / f"report-{name}"
    _whet(settings, "report", "--campaign", name, "--format", "json", "--out", str(at))
    evidence = json.loads((at / "report.json").read_text(encoding="utf-8"))["evidence"]
    has = (one["id"] for one in evidence if all(word in json.dumps(one) for word in words))
    return [part for found in list(has)[:1] for part in ("--evidence", found)]


def _together(settings: Settings, plan: dict[str, Any]) -> None:
    """Everything that was kept in any part, on one tree, against the base."""
    whole = settings.folder / "kept.patch"
    tree = settings.folder / "kept"
    shutil.rmtree(tree, ignore_errors=True)
    _run("git", "clone", "-q", str(settings.tree), str(tree))
    for name in plan["parts"]:
        for patch in _kept(settings, name):
            _run("git", "-C", str(tree), "apply", "--3way", patch)
    difference = _output("git", "-C", str(tree), "diff", "HEAD")
    shutil.rmtree(tree)
    if not difference.strip():
        return
    whole.write_text(difference, encoding="utf-8")
    for label, changed in _views(settings).items():
        _say(f"everything that was kept, {label}")
        sets = [f"--set={key}={value}" for key, value in changed.items()]
        found = _json(
            settings, "compare", "HEAD", str(whole), "--pairs", settings.stack_pairs, *sets
        )
        path = settings.folder / f"together-{label}.json"
        path.write_text(json.dumps(found), encoding="utf-8")


def _views(settings: Settings) -> dict[str, dict[str, str]]:
    """What all of it together is looked at with: overrides of whet.toml by a name."""
    found = {
        "with flash attention": {},
        "without flash attention": {"bench.env.FLASH": "0"},
    }
    full = settings.model.with_name("full.gguf")
    if settings.full:
        if not full.exists():
            _run(sys.executable, str(HERE / "make_model.py"), "full", str(full))
        # three hundred times the work of the small model: fewer tokens, once
        found["1.1 billion parameters"] = {
            "bench.env.MODEL": str(full),
            "bench.env.REPEATS": "1",
            "bench.command": 'build/bin/llama-bench -m "$MODEL" -p 128 -n 32 -t "$THREADS" '
                             '-r "$REPEATS" -fa "$FLASH" -o json',
            "goal.metric": "tg32",
            "guard.0.metric": "pp128",
        }  # fmt: skip
    return found


def _kept(settings: Settings, name: str) -> list[str]:
    assigned = json.loads((settings.folder / f"{name}.json").read_text(encoding="utf-8"))
    experiments = _json(settings, "list", "--campaign", name)["experiments"]
    names = [assigned[one["idea"]] for one in experiments if one["in_stack"]]
    return [str(HERE / "patches" / f"{name}.patch") for name in names]


def _earlier(settings: Settings) -> float:
    facts = settings.folder / "facts.json"
    return json.loads(facts.read_text(encoding="utf-8"))["seconds"] if facts.exists() else 0.0


def _say(text: str) -> None:
    print(f"\n=== {text}", flush=True)


def _whet(settings: Settings, *words: str, allow: tuple[int, ...] = (0,)) -> None:
    print(f"$ whet {' '.join(words)}", flush=True)
    done = subprocess.run(_command(settings, words), check=False)
    if done.returncode not in allow:
        sys.exit(done.returncode)


def _json(settings: Settings, *words: str) -> dict[str, Any]:
    return dict(json.loads(_output(*_command(settings, (*words, "--json")))))


def _output(*command: str) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout


def _command(settings: Settings, words: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "whet", *words, "-C", str(settings.tree)]


def _git(settings: Settings, *words: str, here: bool = True) -> None:
    _run("git", *(("-C", str(settings.tree)) if here else ()), *words)


def _commit(settings: Settings, message: str) -> None:
    _git(settings, "-c", "user.name=campaign", "-c", "user.email=campaign@localhost",
         "commit", "-qm", message)  # fmt: skip


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on")
